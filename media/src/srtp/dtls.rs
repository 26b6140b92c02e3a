//! Who is who in a DTLS handshake on the path of the audio (RFC 5763): certificates and their fingerprints.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use dimpl::{Config, DtlsCertificate};

/// The hash of a certificate in `a=fingerprint` (RFC 8122).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FingerprintHash {
    /// `sha-256`, which we write.
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
}

impl FingerprintHash {
    const ALL: [FingerprintHash; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    fn of(self, certificate: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, certificate)
    }
}

/// What tells a certificate from every other (RFC 8122).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    hash: FingerprintHash,
    octets: Vec<u8>,
}

impl Fingerprint {
    /// Reads the value of `a=fingerprint`; `None` for hashes that are not known or not safe.
    pub fn parse(value: &str) -> Option<Self> {
        let (name, octets) = value.trim().split_once(' ')?;
        let hash = FingerprintHash::ALL.into_iter().find(|hash| hash.name().eq_ignore_ascii_case(name))?;
        let octets: Vec<u8> =
            octets.trim().split(':').take(65).map(|octet| u8::from_str_radix(octet, 16).ok()).collect::<Option<_>>()?;
        (octets.len() == hash.of(&[]).as_ref().len()).then_some(Self { hash, octets })
    }

    /// Whether it is that of a certificate in DER.
    pub(super) fn matches(&self, certificate: &[u8]) -> bool {
        self.hash.of(certificate).as_ref() == self.octets
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hash.name())?;
        for (i, octet) in self.octets.iter().enumerate() {
            write!(f, "{}{octet:02X}", if i == 0 { ' ' } else { ':' })?;
        }
        Ok(())
    }
}

/// Who we are in DTLS handshakes: a self-signed certificate, made once for all legs, because making one costs more than
/// the rest of a leg.
pub struct DtlsIdentity {
    pub(super) config: Arc<Config>,
    pub(super) certificate: DtlsCertificate,
    fingerprint: Fingerprint,
}

impl DtlsIdentity {
    /// Makes a certificate; `None` when the system gives no random numbers.
    pub fn new() -> Option<Arc<Self>> {
        // A cookie would keep strangers from making us work. With ICE they do not get here, and without it they have to
        // find the port of a call that has just begun.
        let config = Config::builder().use_server_cookie(false).build().ok()?;
        let certificate = dimpl::certificate::generate_self_signed_certificate().ok()?;
        let hash = FingerprintHash::Sha256;
        let fingerprint = Fingerprint { hash, octets: hash.of(&certificate.certificate).as_ref().to_vec() };
        Some(Arc::new(Self { config: Arc::new(config), certificate, fingerprint }))
    }

    /// What we write to `a=fingerprint`.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl PartialEq for DtlsIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for DtlsIdentity {}

impl fmt::Debug for DtlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DtlsIdentity").field(&self.fingerprint.to_string()).finish()
    }
}
