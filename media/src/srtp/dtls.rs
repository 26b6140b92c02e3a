//! Keys from a DTLS handshake on the path of the audio (RFC 5763, RFC 5764), without ICE.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use str0m::config::{CryptoProvider, DtlsCert};

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

/// Who we are in DTLS handshakes towards PBXs and phones: a self-signed certificate, made once for all legs.
pub struct DtlsIdentity {
    pub(super) crypto: CryptoProvider,
    pub(super) certificate: DtlsCert,
    fingerprint: Fingerprint,
}

impl DtlsIdentity {
    /// Makes a certificate; `None` when the system gives no random numbers.
    pub fn new() -> Option<Arc<Self>> {
        let crypto = str0m::crypto::from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate()?;
        let hash = FingerprintHash::Sha256;
        let fingerprint = Fingerprint { hash, octets: hash.of(&certificate.certificate).as_ref().to_vec() };
        Some(Arc::new(Self { crypto, certificate, fingerprint }))
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
