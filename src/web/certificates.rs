//! What stands in the server's own certificates: for whom they are, and until when. Read anew each time, since a file
//! may be replaced at any time.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use x509_cert::Certificate as X509;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::CertificateLabel;
use super::protocol::status::Certificate;

/// What a certificate's file says, or why it says nothing.
pub(super) fn read(label: &CertificateLabel) -> Certificate {
    told(label.used_by.clone(), label.file.display().to_string(), chain_of_file(&label.file))
}

/// The same of a certificate that the console manages.
pub(super) fn read_kept(used_by: String, name: String, text: &str) -> Certificate {
    told(used_by, name, chain_of(text))
}

fn told(used_by: String, file: String, read: Result<Chain, String>) -> Certificate {
    match read {
        Ok(chain) => {
            Certificate { used_by, file, names: chain.names(), expires_at: Some(chain.not_after()), problem: None }
        }
        Err(problem) => Certificate { used_by, file, names: Vec::new(), expires_at: None, problem: Some(problem) },
    }
}

/// A certificate and those that issued it.
pub(super) struct Chain {
    first: X509,
    further: Vec<X509>,
    fingerprint: String,
}

/// Reads a file. The error is a sentence.
pub(super) fn chain_of_file(file: &Path) -> Result<Chain, String> {
    let text = fs::read_to_string(file).map_err(|problem| format!("The file cannot be read: {problem}."))?;
    chain_of(&text)
}

/// Reads PEM text. The error is a sentence.
pub(super) fn chain_of(text: &str) -> Result<Chain, String> {
    let ders = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|problem| format!("The file cannot be read: {problem}."))?;
    let fingerprint = ders.first().map(|der| fingerprint(der)).unwrap_or_default();
    let parsed: Result<Vec<X509>, _> = ders.iter().map(|der| X509::from_der(der)).collect();
    let mut parsed = parsed.map_err(|problem| format!("The certificate cannot be read: {problem}."))?.into_iter();
    let first = parsed.next().ok_or("There is no certificate in the file.")?;
    Ok(Chain { first, further: parsed.collect(), fingerprint })
}

/// SHA-256, as browsers show it.
fn fingerprint(der: &[u8]) -> String {
    let octets: Vec<String> = Sha256::digest(der).iter().map(|octet| format!("{octet:02X}")).collect();
    octets.join(":")
}

impl Chain {
    /// Host names and addresses that it is for.
    pub(super) fn names(&self) -> Vec<String> {
        names(&self.first)
    }

    /// From when on all of it is valid, in ms since 1970.
    pub(super) fn not_before(&self) -> f64 {
        let begins = |certificate: &X509| ms(&certificate.tbs_certificate().validity().not_before);
        self.further.iter().map(begins).fold(begins(&self.first), f64::max)
    }

    /// Until when, in ms since 1970: a chain is worth nothing once one of it has expired.
    pub(super) fn not_after(&self) -> f64 {
        let ends = |certificate: &X509| ms(&certificate.tbs_certificate().validity().not_after);
        self.further.iter().map(ends).fold(ends(&self.first), f64::min)
    }

    /// Whom it was issued by.
    pub(super) fn issuer(&self) -> String {
        self.first.tbs_certificate().issuer().to_string()
    }

    /// Whom it was issued to.
    pub(super) fn subject(&self) -> String {
        self.first.tbs_certificate().subject().to_string()
    }

    /// SHA-256 of the first certificate.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

fn ms(time: &x509_cert::time::Time) -> f64 {
    time.to_unix_duration().as_millis() as f64
}

fn names(certificate: &X509) -> Vec<String> {
    let alternative = certificate.tbs_certificate().get_extension::<SubjectAltName>().ok().flatten();
    let names = alternative.map(|(_, SubjectAltName(names))| names).unwrap_or_default();
    names.iter().filter_map(name).collect()
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(octets) => address(octets.as_bytes()).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};
    use time::OffsetDateTime;

    use super::*;

    fn pem(names: &[&str], not_after: i64) -> String {
        let mut params =
            CertificateParams::new(names.iter().map(|&name| name.into()).collect::<Vec<String>>()).unwrap();
        params.subject_alt_names.push(SanType::IpAddress([192, 0, 2, 1].into()));
        params.not_after = OffsetDateTime::from_unix_timestamp(not_after).unwrap();
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    fn read_text(name: &str, text: &str) -> Certificate {
        let file = std::env::temp_dir().join(format!("offhook-certificate-{}-{name}", std::process::id()));
        fs::write(&file, text).unwrap();
        let found = read(&CertificateLabel { used_by: "office".into(), file: file.clone() });
        fs::remove_file(file).unwrap();
        found
    }

    #[test]
    fn a_chain_ends_with_whichever_ends_first_and_is_for_whom_its_first_is() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let chain = pem(&["a.example"], 2_208_988_800) + &pem(&["ca"], 1_893_456_000);
        let found = read_text("chain", &chain);
        assert_eq!(found.names, ["a.example", "192.0.2.1"]);
        assert_eq!(found.expires_at, Some(1_893_456_000_000.0));
        assert_eq!(found.problem, None);
    }

    #[test]
    fn a_file_that_is_none_or_holds_none_says_so() {
        let label = CertificateLabel { used_by: "x".into(), file: "/nowhere/at/all.pem".into() };
        for found in [
            read(&label),
            read_text("empty", ""),
            read_text("junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ] {
            assert!(found.problem.is_some(), "{found:?}");
            assert_eq!(found.expires_at, None);
        }
    }
}
