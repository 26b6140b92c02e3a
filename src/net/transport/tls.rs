//! Certificates: what this side presents, and whom it trusts.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use tracing::{info, warn};

/// A certificate with its chain, and its key: PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, then those that issued it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What a TLS listener presents and demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsServer {
    /// Own certificate.
    pub own: CertificateFiles,
    /// PEM file of the authorities whose certificates clients must have (mutual TLS). None: no certificate is asked
    /// for.
    pub client_ca: Option<PathBuf>,
}

/// Who is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The authorities the system trusts, and these.
    SystemAnd(Vec<Authorities>),
    /// These alone. A self-signed certificate of the other side is trusted by naming it here.
    Only(Vec<Authorities>),
}

/// Authorities by their certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorities {
    /// In a PEM file.
    File(PathBuf),
    /// In PEM.
    Text(Arc<str>),
}

/// How connections to others are secured; [`TlsPeer::profile`](offhook_sip::TlsPeer) is its place in the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsProfile {
    /// Who is trusted.
    pub trust: Trust,
    /// Presented where the other side asks for it.
    pub own: Option<CertificateFiles>,
}

impl Default for TlsProfile {
    fn default() -> TlsProfile {
        TlsProfile { trust: Trust::SystemAnd(Vec::new()), own: None }
    }
}

/// What files hold, made new when they change.
#[derive(Debug)]
pub(super) struct Loaded<S, C> {
    settings: S,
    held: Mutex<Option<Held<C>>>,
}

#[derive(Debug)]
struct Held<C> {
    /// When the files were changed last; None: they are to be read again.
    stamps: Option<Vec<Option<SystemTime>>>,
    config: Result<Arc<C>, String>,
}

/// What is made of settings and the files they name.
pub(super) trait Load<C> {
    fn files(&self) -> Vec<&Path>;
    /// The error says file and cause.
    fn load(&self) -> Result<C, String>;
}

impl<S: Load<C>, C> Loaded<S, C> {
    pub(super) fn new(settings: S) -> Loaded<S, C> {
        Loaded { settings, held: Mutex::new(None) }
    }

    /// What it was made with.
    pub(super) fn settings(&self) -> &S {
        &self.settings
    }

    /// The configuration as the files are at this time. Files that have become unreadable leave the last good one in
    /// use. Reads files: not for a task that others wait for.
    pub(super) fn get(&self) -> Result<Arc<C>, String> {
        let files = self.settings.files();
        let stamps: Vec<_> =
            files.iter().map(|path| fs::metadata(path).and_then(|file| file.modified()).ok()).collect();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let last = match &*held {
            Some(known) if known.stamps.as_ref() == Some(&stamps) => return known.config.clone(),
            Some(known) => known.config.as_ref().ok().cloned(),
            None => None,
        };
        let config = match (self.settings.load(), last) {
            (Ok(config), last) => {
                if last.is_some() {
                    info!(?files, "certificates read again");
                }
                Ok(Arc::new(config))
            }
            (Err(problem), Some(last)) => {
                warn!(%problem, "the changed certificate files cannot be used; what was read before stays in use");
                Ok(last)
            }
            (Err(problem), None) => Err(problem),
        };
        *held = Some(Held { stamps: Some(stamps), config: config.clone() });
        config
    }

    /// Reads the files anew at the next use, whether they look changed or not.
    pub(super) fn forget(&self) {
        if let Some(held) = self.held.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            held.stamps = None;
        }
    }
}

impl Load<ServerConfig> for TlsServer {
    fn files(&self) -> Vec<&Path> {
        let own = [self.own.certificate.as_path(), &self.own.key];
        own.into_iter().chain(self.client_ca.as_deref()).collect()
    }

    fn load(&self) -> Result<ServerConfig, String> {
        let (chain, key) = own(&self.own)?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                add(&mut roots, path)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| format!("{}: {error}", path.display()))?)
            }
        };
        builder.with_single_cert(chain, key).map_err(|error| unusable(&self.own, &error))
    }
}

impl Load<ClientConfig> for TlsProfile {
    fn files(&self) -> Vec<&Path> {
        let (Trust::SystemAnd(trusted) | Trust::Only(trusted)) = &self.trust;
        let trusted = trusted.iter().filter_map(|authority| match authority {
            Authorities::File(path) => Some(path.as_path()),
            Authorities::Text(_) => None,
        });
        let own = self.own.iter().flat_map(|own| [own.certificate.as_path(), &own.key]);
        trusted.chain(own).collect()
    }

    fn load(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        let (Trust::SystemAnd(trusted) | Trust::Only(trusted)) = &self.trust;
        let mut pinned = Vec::new();
        for authority in trusted {
            pinned.extend(match authority {
                Authorities::File(path) => add(&mut roots, path)?,
                Authorities::Text(text) => {
                    let read = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
                    trusted_in(&mut roots, &"an authority of the line group", read)?
                }
            });
        }
        if matches!(self.trust, Trust::SystemAnd(_)) {
            let system = rustls_native_certs::load_native_certs();
            for error in &system.errors {
                warn!(%error, "a certificate of the system's cannot be read");
            }
            roots.add_parsable_certificates(system.certs);
        }
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().map_err(|_| {
            "nobody is trusted: the system has no certificate authorities, and no file with own ones is given"
                .to_owned()
        })?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(SipVerifier { inner, pinned }));
        let mut config = match &self.own {
            None => builder.with_no_client_auth(),
            Some(files) => {
                let (chain, key) = own(files)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| unusable(files, &error))?
            }
        };
        // Connections last long; each that is opened looks at the certificate.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

/// The one provider of cryptography, whatever the process has installed.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    found(&path.display(), CertificateDer::pem_file_iter(path).and_then(Iterator::collect))
}

type Read = Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error>;

/// The certificates that were read; there must be one.
fn found(place: &dyn Display, read: Read) -> Result<Vec<CertificateDer<'static>>, String> {
    match read {
        Ok(certificates) if certificates.is_empty() => Err(format!("{place}: there is no certificate in it")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(format!("{place}: no certificate can be read from it: {error}")),
    }
}

fn own(files: &CertificateFiles) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| format!("{}: no key can be read from it: {error}", files.key.display()))?;
    Ok((chain, key))
}

/// Trusts the certificates of a file; gives them.
fn add(roots: &mut RootCertStore, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    trusted_in(roots, &path.display(), CertificateDer::pem_file_iter(path).and_then(Iterator::collect))
}

fn trusted_in(
    roots: &mut RootCertStore,
    place: &dyn Display,
    read: Read,
) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = found(place, read)?;
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| format!("{place}: {error}"))?;
    }
    Ok(certificates)
}

fn unusable(files: &CertificateFiles, error: &rustls::Error) -> String {
    format!("{} with {}: {error}", files.certificate.display(), files.key.display())
}

/// Judges a SIP server's certificate (RFC 5922 7): a trusted authority, the time, and the name, which may stand there
/// as `sip:` URI too.
#[derive(Debug)]
struct SipVerifier {
    inner: Arc<WebPkiServerVerifier>,
    /// The certificates of our own files.
    pinned: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for SipVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let judged = match judged {
            // PBXs make themselves certificates that are authorities at the same time. The dates were found good
            // before this was noticed.
            Err(error) if is_authority(&error) && self.pinned.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)
                    .map(|()| ServerCertVerified::assertion())
            }
            judged => judged,
        };
        match judged {
            // The name is looked at last: everything else was good.
            Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. }))
                if names_sip_domain(end_entity, server_name) =>
            {
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether a certificate was refused because an authority's is no server's.
fn is_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// RFC 5922 7.1: a `sip` URI without a user names the domain that is its host.
fn names_sip_domain(certificate: &CertificateDer<'_>, expected: &ServerName<'_>) -> bool {
    let Ok(certificate) = webpki::EndEntityCert::try_from(certificate) else { return false };
    certificate.valid_uri_names().any(|name| {
        let domain = name.split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("sip"));
        domain.is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(&expected.to_str()))
    })
}
