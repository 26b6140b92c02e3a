//! Certificates of interfaces: the server's own, self-signed, made at the first start and kept in the data directory; and
//! those that administrators bring.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate as X509;
use x509_cert::der::Decode;

use crate::config::Secret;

/// Where the certificate and its key lie in the data directory.
const FOLDER: &str = "tls";

/// How long the certificate is valid that is made at the first start, in days.
const OWN_DAYS: i64 = 3650;

/// The certificate and its key, which the usual SIP listener for TLS shows, too.
pub fn files(data_dir: &Path) -> (PathBuf, PathBuf) {
    let folder = data_dir.join(FOLDER);
    (folder.join("certificate.pem"), folder.join("key.pem"))
}

/// The certificate cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("{path}: {source}.")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Making it.
    #[error("the self-signed certificate cannot be made: {0}.")]
    Make(#[from] rcgen::Error),
    /// What the files hold.
    #[error("{path}: no certificate or key can be read from this file: {source}.")]
    Pem {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not go together.
    #[error("the certificate in {path} cannot be used: {source}.")]
    Unusable {
        /// Folder of both.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// A certificate with its chain, and its key.
#[derive(Debug)]
pub struct Pair {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Why PEM text is no certificate with its key.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// There is no certificate in it.
    #[error("there is no certificate in it")]
    None,
    /// No certificate.
    #[error("{0}")]
    Certificate(String),
    /// No key.
    #[error("{0}")]
    Key(String),
    /// They are of two pairs.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
    /// A certificate is not followed by the one that issued it.
    #[error("the chain is not in order")]
    Order,
}

impl Pair {
    /// Reads PEM text: the certificate, then those that issued it; and its key.
    pub fn read(chain: &str, key: &str) -> Result<Pair, PairError> {
        let read = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>();
        let chain = read.map_err(|error| PairError::Certificate(error.to_string()))?;
        let parsed: Result<Vec<X509>, _> = chain.iter().map(|der| X509::from_der(der)).collect();
        let parsed = parsed.map_err(|error| PairError::Certificate(error.to_string()))?;
        if parsed.is_empty() {
            return Err(PairError::None);
        }
        let follows = |pair: &[X509]| match pair {
            [one, next] => one.tbs_certificate().issuer() == next.tbs_certificate().subject(),
            _ => true,
        };
        if !parsed.windows(2).all(follows) {
            return Err(PairError::Order);
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| PairError::Key(error.to_string()))?;
        let pair = Pair { chain, key };
        match pair.config() {
            Ok(_) => Ok(pair),
            Err(rustls::Error::InconsistentKeys(_)) => Err(PairError::Mismatch),
            Err(error) => Err(PairError::Key(error.to_string())),
        }
    }

    /// The same of files.
    fn of_files(certificate: &Path, key: &Path) -> Result<Pair, TlsError> {
        let pem = |path: &Path| {
            let path = path.to_owned();
            move |source| TlsError::Pem { path: path.clone(), source }
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(pem(certificate))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(pem(key))?;
        Ok(Pair { chain, key })
    }

    /// The TLS configuration of a web server that shows it.
    pub fn config(&self) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_single_cert(self.chain.clone(), self.key.clone_key())?;
        // WebSockets run over HTTP/1.1.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The TLS configuration with the certificate that the server has made itself. It is made for `addresses` where there is none
/// yet.
pub fn server_config(data_dir: &Path, addresses: &[IpAddr]) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificate, key) = files(data_dir);
    let folder = data_dir.join(FOLDER);
    if !certificate.exists() || !key.exists() {
        make(&folder, &certificate, &key, addresses)?;
    }
    Pair::of_files(&certificate, &key)?.config().map_err(|source| TlsError::Unusable { path: folder, source })
}

/// A self-signed certificate and its key.
#[derive(Debug)]
pub struct SelfSigned {
    /// The certificate, PEM.
    pub certificate: String,
    /// Its key.
    pub key: Secret,
}

/// Makes a certificate for these host names and addresses, valid for as many days.
pub fn self_signed(names: Vec<String>, days: i64) -> Result<SelfSigned, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Offhook");
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now - time::Duration::days(1);
    params.not_after = now + time::Duration::days(days);
    let pair = KeyPair::generate()?;
    let made = params.self_signed(&pair)?;
    Ok(SelfSigned { certificate: made.pem(), key: Secret::new(pair.serialize_pem()) })
}

fn make(folder: &Path, certificate: &Path, key: &Path, addresses: &[IpAddr]) -> Result<(), TlsError> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(addresses.iter().map(IpAddr::to_string));
    names.extend(host_name());
    let made = self_signed(names, OWN_DAYS)?;
    fs::create_dir_all(folder).map_err(|source| TlsError::File { path: folder.to_owned(), source })?;
    write_private(key, made.key.expose())?;
    write_private(certificate, &made.certificate)
}

/// What the machine is called, where that can stand in a certificate.
pub fn host_name() -> Option<String> {
    let name = fs::read_to_string("/etc/hostname").ok()?;
    let name = name.trim();
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))).then(|| name.to_owned())
}

fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// The PEM blocks whose label passes, as they stand in a text; what stands between them has no meaning.
fn blocks(text: &str, passes: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(label) = line.strip_prefix("-----BEGIN ") {
            inside = passes(label.trim_end_matches('-'));
        }
        if inside && !line.is_empty() {
            kept += line;
            kept.push('\n');
        }
        if line.starts_with("-----END ") {
            inside = false;
        }
    }
    kept
}

/// The certificates of a text, PEM.
pub(super) fn certificates_of(text: &str) -> String {
    blocks(text, |label| label == "CERTIFICATE")
}

/// The private keys of a text, PEM.
pub(super) fn key_of(text: &str) -> String {
    blocks(text, |label| label.ends_with("PRIVATE KEY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_and_key_of_one_file_are_told_apart() {
        let text = "Bag Attributes\r\n-----BEGIN PRIVATE KEY-----\r\nAA\r\n-----END PRIVATE KEY-----\nsubject=x\n\
                    -----BEGIN CERTIFICATE-----\nBB\n-----END CERTIFICATE-----\n";
        assert_eq!(certificates_of(text), "-----BEGIN CERTIFICATE-----\nBB\n-----END CERTIFICATE-----\n");
        assert_eq!(key_of(text), "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n");
    }

    #[test]
    fn certificate_and_key_must_belong_together_and_the_chain_be_in_order() {
        let [one, other] = ["a.example", "b.example"].map(|name| self_signed(vec![name.into()], 10).unwrap());
        assert!(Pair::read(&one.certificate, one.key.expose()).is_ok());
        let wrong = |chain: &str, key: &str| Pair::read(chain, key).unwrap_err();
        assert!(matches!(wrong(&one.certificate, other.key.expose()), PairError::Mismatch));
        assert!(matches!(wrong("", one.key.expose()), PairError::None));
        assert!(matches!(wrong(&one.certificate, "no key"), PairError::Key(_)));
        let issuer = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["ca".into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "A CA");
        let root = params.self_signed(&issuer).unwrap().pem();
        let both = one.certificate.clone() + &root;
        assert!(matches!(wrong(&both, one.key.expose()), PairError::Order), "it was not issued by the next");
    }

    #[test]
    fn the_certificate_stays_the_same_and_only_the_owner_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = std::env::temp_dir().join(format!("offhook-tls-{}", std::process::id()));
        server_config(&folder, &[IpAddr::from([127, 0, 0, 1])]).unwrap();
        let first = fs::read(folder.join("tls/certificate.pem")).unwrap();
        server_config(&folder, &[]).unwrap();
        assert_eq!(first, fs::read(folder.join("tls/certificate.pem")).unwrap());
        assert_eq!(fs::metadata(folder.join("tls/key.pem")).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(folder).unwrap();
    }
}
