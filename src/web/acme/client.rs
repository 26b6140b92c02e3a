//! HTTPS towards an authority: one connection a request, with bounds to what comes and to how long it takes.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a request may take.
const WITHIN: Duration = Duration::from_secs(30);
/// Octets of an answer. The longest is a certificate with its chain.
const MAX_ANSWER: usize = 1 << 20;
const HTTPS: u16 = 443;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// The URL leads nowhere.
    #[error("{0} is no URL that begins with https://")]
    Url(Uri),
    /// Nobody is there.
    #[error("{host} port {port}: {source}")]
    Connect {
        /// Whom it was to lead to.
        host: String,
        /// Its port.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// The server's certificate is not accepted.
    #[error("{0}")]
    Untrusted(String),
    /// It ended before the answer did.
    #[error("{0}")]
    Broken(String),
    /// It took too long.
    #[error("no answer within {} s", WITHIN.as_secs())]
    Late,
}

/// Asks with the authorities that this machine trusts, and further ones.
pub(super) struct Client(Arc<ClientConfig>);

impl Client {
    /// `ca` is PEM; empty: only those of this machine.
    pub(super) fn new(ca: &str) -> Result<Client, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        // They were looked at when they were entered.
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(ca.as_bytes()).filter_map(Result::ok));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(Client(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let exchange = exchange(self.0.clone(), request);
        Box::pin(async move {
            let answer = timeout(WITHIN, exchange).await.unwrap_or(Err(ClientError::Late));
            answer.map_err(|error| Error::Other(Box::new(error)))
        })
    }
}

async fn exchange(
    config: Arc<ClientConfig>,
    mut request: Request<BodyWrapper<Bytes>>,
) -> Result<BytesResponse, ClientError> {
    let uri = request.uri().clone();
    let wrong = || ClientError::Url(uri.clone());
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("https")).ok_or_else(wrong)?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = authority.port_u16().unwrap_or(HTTPS);
    let name = ServerName::try_from(host.to_owned()).map_err(|_| wrong())?;
    let connect = |source| ClientError::Connect { host: host.to_owned(), port, source };
    let stream = TcpStream::connect((host, port)).await.map_err(connect)?;
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => ClientError::Untrusted(why.to_string()),
            _ => connect(error),
        }
    })?;
    let broken = |error: &dyn std::fmt::Display| ClientError::Broken(format!("{host} port {port}: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let host = authority.as_str().parse().map_err(|_| wrong())?;
    request.headers_mut().insert(header::HOST, host);
    // A server is asked for the path alone (RFC 9112 3.2.1).
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().map_err(|_| wrong())?;
    let answer = async {
        let (parts, body) = sender.send_request(request).await.map_err(|error| broken(&error))?.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| broken(&error))?.to_bytes();
        Ok(BytesResponse { parts, body: Box::new(body) })
    };
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection's end may be seen before what it brought.
        ended = connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(broken(&error)),
        },
    }
}
