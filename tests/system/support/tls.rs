//! Certificates for the peers: an authority of a test's own, and what it vouches for.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

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

/// `with_extension` would take the last part of an address for one.
fn add(stem: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}{extension}", stem.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the file can be written");
}
