//! The server's certificate: self-signed, made at the first start, kept in the data directory.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where the certificate and its key lie in the data directory.
const FOLDER: &str = "tls";

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

/// The TLS configuration of the web server. A certificate for `addresses` is made where there is none yet.
pub fn server_config(data_dir: &Path, addresses: &[IpAddr]) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificate, key) = files(data_dir);
    let folder = data_dir.join(FOLDER);
    if !certificate.exists() || !key.exists() {
        make(&folder, &certificate, &key, addresses)?;
    }
    let pem = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Pem { path: path.clone(), source }
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(pem(&certificate))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(pem(&key))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|source| TlsError::Unusable { path: folder, source })?;
    // WebSockets run over HTTP/1.1.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn make(folder: &Path, certificate: &Path, key: &Path, addresses: &[IpAddr]) -> Result<(), TlsError> {
    let mut params = CertificateParams::new(vec!["localhost".into()])?;
    params.distinguished_name.push(DnType::CommonName, "Offhook");
    params.subject_alt_names.extend(addresses.iter().map(|&address| SanType::IpAddress(address)));
    if let Ok(name) = fs::read_to_string("/etc/hostname")
        && let Ok(name) = name.trim().try_into()
    {
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now - time::Duration::days(1);
    params.not_after = now + time::Duration::days(3650);
    let pair = KeyPair::generate()?;
    let made = params.self_signed(&pair)?;
    fs::create_dir_all(folder).map_err(|source| TlsError::File { path: folder.to_owned(), source })?;
    write_private(key, &pair.serialize_pem())?;
    write_private(certificate, &made.pem())
}

fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|source| TlsError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

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
