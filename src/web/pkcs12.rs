//! Certificates as PKCS#12 files (RFC 7292), which Windows and many authorities hand out: `.p12`, `.pfx`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::error::Error;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};

use crate::config::Secret;

/// Characters of a line of PEM (RFC 7468).
const LINE: usize = 64;

/// A certificate with its chain, and its key, as PEM.
pub(super) struct Contents {
    pub(super) chain: String,
    pub(super) key: Secret,
}

/// Why nothing can be read from it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Pkcs12Error {
    /// The password does not open it.
    #[error("the password is wrong")]
    Password,
    /// It is none, or one of a kind that is not known.
    #[error("{0}")]
    File(String),
}

/// Reads a file, in base64. What the file itself asks for, rounds of its password's hash above all, is bounded.
pub(super) fn read(file: &str, password: &str) -> Result<Contents, Pkcs12Error> {
    let octets = STANDARD.decode(file.trim()).map_err(|error| Pkcs12Error::File(error.to_string()))?;
    let store = KeyStore::from_pkcs12(&octets, password, Pkcs12ImportPolicy::Strict).map_err(|error| match error {
        // The one says it where there is a checksum, the others where there is none.
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => Pkcs12Error::Password,
        error => Pkcs12Error::File(error.to_string()),
    })?;
    let (_, found) = store
        .private_key_chain()
        .ok_or_else(|| Pkcs12Error::File("there is no private key with its certificate in it".into()))?;
    let chain = found.certs().iter().map(|certificate| pem("CERTIFICATE", certificate.as_der())).collect();
    Ok(Contents { chain, key: Secret::new(pem("PRIVATE KEY", found.key().as_der())) })
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII.
        let (line, after) = rest.split_at(rest.len().min(LINE));
        pem += line;
        pem.push('\n');
        rest = after;
    }
    pem + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use p12_keystore::{Certificate, KeyStoreEntry, PrivateKey, PrivateKeyChain};
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::*;
    use crate::web::tls::{Pair, self_signed};

    /// A file with a certificate for a name, locked with a password.
    fn file(password: &str) -> String {
        let made = self_signed(vec!["pbx.example".into()], 10).unwrap();
        let der = CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(made.key.expose().as_bytes()).unwrap();
        let (certificate, key) =
            (Certificate::from_der(&der).unwrap(), PrivateKey::from_der(key.secret_der()).unwrap());
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new("web", key, [certificate]);
        store.add_entry("web", KeyStoreEntry::PrivateKeyChain(chain));
        STANDARD.encode(store.writer(password).encryption_iterations(1000).write().unwrap())
    }

    #[test]
    fn what_is_read_is_a_certificate_with_its_key() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let contents = read(&file("geheim"), "geheim").unwrap();
        assert!(Pair::read(&contents.chain, contents.key.expose()).is_ok(), "{}", contents.chain);
    }

    #[test]
    fn a_wrong_password_is_told_from_a_file_of_another_kind() {
        assert_eq!(read(&file("geheim"), "falsch").err(), Some(Pkcs12Error::Password));
        for junk in ["", "not base64!", "AAAA", "MIIBAA=="] {
            assert!(matches!(read(junk, ""), Err(Pkcs12Error::File(_))), "{junk}");
        }
    }
}
