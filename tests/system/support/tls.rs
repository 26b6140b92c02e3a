//! Certificates for the peers: an authority of a test's own, and what it vouches for.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::SOON;
use super::site::Site;

/// An authority that nobody knows who is not told of it.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: PathBuf,
    name: &'static str,
}

/// A certificate with its key, as PEM files.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The certificate.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
}

impl Authority {
    /// Makes one; its files are called after it.
    pub(crate) fn new(site: &Site, name: &'static str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority can be made");
        let authority = Authority { issuer, dir: site.dir().to_owned(), name };
        write(&authority.file(), &authority.issuer.pem());
        authority
    }

    /// Its own certificate, PEM.
    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join(self.name).with_extension("pem")
    }

    /// The same as text.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a host name or an address.
    pub(crate) fn issue(&self, subject: &str) -> Identity {
        self.sign(subject, CertificateParams::new(vec![subject.to_owned()]).expect("a subject is a name or an address"))
    }

    /// The same, but it was good in 2020 only.
    pub(crate) fn issue_expired(&self, subject: &str) -> Identity {
        let mut params = CertificateParams::new(vec![subject.to_owned()]).expect("a subject is a name or an address");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
        self.sign(subject, params)
    }

    fn sign(&self, subject: &str, mut params: CertificateParams) -> Identity {
        params.distinguished_name.push(DnType::CommonName, subject);
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate can be signed");
        let stem = self.dir.join(format!("{}-{subject}", self.name));
        let files = Identity { certificate: add(&stem, ".crt"), key: add(&stem, ".key") };
        write(&files.certificate, &certificate.pem());
        write(&files.key, &key.serialize_pem());
        files
    }
}

/// What is answered to a request there, and the certificate that is shown, to who trusts an authority (PEM) and looks for a host
/// name or an address; None where nobody answers or the certificate is another one's.
fn ask(at: SocketAddr, name: &str, authority: &str, route: &str) -> Option<(CertificateDer<'static>, String)> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(authority.as_bytes()).expect("an authority is PEM");
    roots.add(ca).expect("it is a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions are known").with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).expect("it is a name or an address");
    let mut client = ClientConnection::new(Arc::new(config), name).expect("a client can be made");
    let mut stream = TcpStream::connect_timeout(&at, SOON).ok()?;
    stream.set_read_timeout(Some(SOON)).expect("a timeout can be set");
    let mut tls = rustls::Stream::new(&mut client, &mut stream);
    write!(tls, "GET {route} HTTP/1.0\r\n\r\n").ok()?;
    let mut text = Vec::new();
    // Not everybody says goodbye.
    let _ = tls.read_to_end(&mut text);
    let certificate = client.peer_certificates()?.first()?.clone().into_owned();
    Some((certificate, String::from_utf8_lossy(&text).into_owned()))
}

/// The certificate that is shown there to who trusts an authority and looks for a name.
pub(crate) fn shown(at: SocketAddr, name: &str, authority: &str) -> Option<CertificateDer<'static>> {
    ask(at, name, authority, "/").map(|(certificate, _)| certificate)
}

/// The body of what is there, of a server whose certificate an authority has given it.
pub(crate) fn fetch(at: SocketAddr, authority: &str, route: &str) -> Option<String> {
    let (_, answer) = ask(at, &at.ip().to_string(), authority, route)?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

/// `with_extension` would take the last part of an address for one.
fn add(stem: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}{extension}", stem.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the file can be written");
}
