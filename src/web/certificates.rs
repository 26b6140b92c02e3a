//! What stands in the server's own certificates: for whom they are, and until when. Read anew each time, since a file
//! may be replaced at any time.

use std::net::IpAddr;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate as X509;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::CertificateLabel;
use super::protocol::status::Certificate;

/// What a certificate's file says, or why it says nothing.
pub(super) fn read(label: &CertificateLabel) -> Certificate {
    let (read, problem) = match chain(&label.file) {
        Ok(chain) => (Some(chain), None),
        Err(problem) => (None, Some(problem)),
    };
    let chain = read.as_deref().unwrap_or_default();
    Certificate {
        used_by: label.used_by.clone(),
        file: label.file.display().to_string(),
        names: chain.first().map(names).unwrap_or_default(),
        // A chain is worth nothing once one of it has expired.
        expires_at: chain.iter().map(not_after).reduce(f64::min),
        problem,
    }
}

fn chain(file: &Path) -> Result<Vec<X509>, String> {
    let chain = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|problem| format!("The file cannot be read: {problem}."))?;
    let chain: Result<Vec<X509>, _> = chain.iter().map(|der| X509::from_der(der)).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err("There is no certificate in the file.".into()),
        Ok(chain) => Ok(chain),
        Err(problem) => Err(format!("The certificate cannot be read: {problem}.")),
    }
}

/// In ms since 1970.
fn not_after(certificate: &X509) -> f64 {
    certificate.tbs_certificate().validity().not_after.to_unix_duration().as_millis() as f64
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
    use std::fs;

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
