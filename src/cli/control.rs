//! Asks the running server through its control socket.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::CliError;
use crate::config::Config;
use crate::web::control;
use crate::web::protocol::HttpError;

/// A server that answers at all does so within milliseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The control socket of a server.
pub(super) struct Control {
    path: PathBuf,
}

impl Control {
    /// Of the server that runs with this configuration.
    pub(super) fn of(config: &Config) -> Control {
        Control { path: control::path(&config.data_dir) }
    }

    /// Asks for something.
    pub(super) async fn get<T: DeserializeOwned>(&self, route: &str) -> Result<T, CliError> {
        let body = self.ask(Method::GET, route).await?;
        serde_json::from_slice(&body).map_err(|error| self.broken(&error))
    }

    /// Asks for something that is to be shown as it is.
    pub(super) async fn text(&self, route: &str) -> Result<Bytes, CliError> {
        self.ask(Method::GET, route).await
    }

    /// Has something done.
    pub(super) async fn post(&self, route: &str) -> Result<(), CliError> {
        self.ask(Method::POST, route).await.map(|_| ())
    }

    async fn ask(&self, method: Method, route: &str) -> Result<Bytes, CliError> {
        let stream = UnixStream::connect(&self.path).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => CliError::NotRunning(self.path.clone()),
            io::ErrorKind::PermissionDenied => CliError::NotPermitted(self.path.clone()),
            _ => self.broken(&error),
        })?;
        let answer = tokio::time::timeout(ANSWER_WITHIN, exchange(stream, method, route)).await;
        let answer = answer.map_err(|_| self.broken(&"it took too long"))?;
        let (status, body) = answer.map_err(|error| self.broken(&error))?;
        if status.is_success() {
            return Ok(body);
        }
        match serde_json::from_slice::<HttpError>(&body) {
            Ok(error) => Err(CliError::Refused(error.message)),
            Err(_) => Err(self.broken(&status)),
        }
    }

    fn broken(&self, problem: &dyn std::fmt::Display) -> CliError {
        CliError::Control { path: self.path.clone(), problem: problem.to_string() }
    }
}

/// What a person has typed, as a part of a path (RFC 3986 2.1).
pub(super) fn escaped(part: &str) -> String {
    let mut escaped = String::new();
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(byte.into()),
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

/// One request and its whole answer.
async fn exchange(stream: UnixStream, method: Method, route: &str) -> Result<(StatusCode, Bytes), hyper::Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.method_mut() = method;
    // What is not ours in it is escaped.
    *request.uri_mut() = route.parse().unwrap_or_default();
    request.headers_mut().insert(header::HOST, header::HeaderValue::from_static("localhost"));
    let exchange = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    };
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        // The connection's end may be seen before what it brought.
        ended = connection => { ended?; exchange.await }
    }
}
