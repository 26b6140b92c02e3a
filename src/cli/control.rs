//! Asks the running server through its control socket.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;

use super::CliError;
use crate::config::Config;
use crate::web::control;
use crate::web::protocol::HttpError;

/// A server that answers at all does so within milliseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Octets of a refusal in place of a file.
const MAX_REFUSAL: usize = 4096;

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
        let body = self.ask(Method::GET, route, Bytes::new()).await?;
        serde_json::from_slice(&body).map_err(|error| self.broken(&error))
    }

    /// Asks for something that is to be shown as it is.
    pub(super) async fn text(&self, route: &str) -> Result<Vec<u8>, CliError> {
        self.ask(Method::GET, route, Bytes::new()).await
    }

    /// Has something done.
    pub(super) async fn post(&self, route: &str) -> Result<(), CliError> {
        self.ask(Method::POST, route, Bytes::new()).await.map(|_| ())
    }

    /// Has something done, and takes what became of it.
    pub(super) async fn post_for<T: DeserializeOwned>(&self, route: &str) -> Result<T, CliError> {
        let body = self.ask(Method::POST, route, Bytes::new()).await?;
        serde_json::from_slice(&body).map_err(|error| self.broken(&error))
    }

    /// Sends a document, and takes what becomes of it.
    pub(super) async fn post_with<T: DeserializeOwned>(
        &self,
        route: &str,
        body: &impl Serialize,
    ) -> Result<T, CliError> {
        let body = serde_json::to_vec(body).map_err(|error| self.broken(&error))?;
        let answer = self.ask(Method::POST, route, body.into()).await?;
        serde_json::from_slice(&answer).map_err(|error| self.broken(&error))
    }

    /// Sends a document for which the server may take longer, and takes whatever it answers.
    pub(super) async fn send(
        &self,
        route: &str,
        body: Vec<u8>,
        within: Duration,
    ) -> Result<(StatusCode, Vec<u8>), CliError> {
        self.exchange(Method::POST, route, body.into(), within).await
    }

    /// Has something set.
    pub(super) async fn put(&self, route: &str, body: &impl Serialize) -> Result<(), CliError> {
        let body = serde_json::to_vec(body).map_err(|error| self.broken(&error))?;
        self.ask(Method::PUT, route, body.into()).await.map(|_| ())
    }

    /// Has something deleted.
    pub(super) async fn delete(&self, route: &str) -> Result<(), CliError> {
        self.ask(Method::DELETE, route, Bytes::new()).await.map(|_| ())
    }

    /// Writes an answer of any length into a file. The inner error is the file's.
    pub(super) async fn save(&self, route: &str, mut file: &File) -> Result<io::Result<()>, CliError> {
        let stream = self.connect().await?;
        let (mut written, mut begin) = (Ok(()), Vec::new());
        let answer = exchange(stream, Method::GET, route, Bytes::new(), |piece| {
            let room = MAX_REFUSAL.saturating_sub(begin.len());
            begin.extend_from_slice(&piece[..piece.len().min(room)]);
            if written.is_ok() {
                written = file.write_all(piece);
            }
        });
        let status = answer.await.map_err(|error| self.broken(&error))?;
        match status.is_success() {
            true => Ok(written),
            false => Err(self.refused(status, &begin)),
        }
    }

    async fn connect(&self) -> Result<UnixStream, CliError> {
        UnixStream::connect(&self.path).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => CliError::NotRunning(self.path.clone()),
            io::ErrorKind::PermissionDenied => CliError::NotPermitted(self.path.clone()),
            _ => self.broken(&error),
        })
    }

    async fn exchange(
        &self,
        method: Method,
        route: &str,
        body: Bytes,
        within: Duration,
    ) -> Result<(StatusCode, Vec<u8>), CliError> {
        let stream = self.connect().await?;
        let mut answered = Vec::new();
        let answer = exchange(stream, method, route, body, |piece| answered.extend_from_slice(piece));
        let answer = tokio::time::timeout(within, answer).await;
        let answer = answer.map_err(|_| self.broken(&"it took too long"))?;
        let status = answer.map_err(|error| self.broken(&error))?;
        Ok((status, answered))
    }

    async fn ask(&self, method: Method, route: &str, body: Bytes) -> Result<Vec<u8>, CliError> {
        let (status, body) = self.exchange(method, route, body, ANSWER_WITHIN).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(self.refused(status, &body))
    }

    /// The server's own sentence, where it has one.
    fn refused(&self, status: StatusCode, body: &[u8]) -> CliError {
        match serde_json::from_slice::<HttpError>(body) {
            Ok(HttpError { message, cause }) => CliError::Refused(match cause.detail {
                Some(detail) => format!("{message} {detail}"),
                None => message,
            }),
            Err(_) => match serde_json::from_slice::<Refusal>(body) {
                Ok(refusal) => CliError::Refused(refusal.written()),
                Err(_) => self.broken(&status),
            },
        }
    }

    pub(super) fn broken(&self, problem: &dyn std::fmt::Display) -> CliError {
        CliError::Control { path: self.path.clone(), problem: problem.to_string() }
    }
}

/// Why the server refuses, with each place (RFC 9457).
#[derive(Deserialize)]
pub(super) struct Refusal {
    detail: String,
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    pointer: String,
    detail: String,
    name: Option<String>,
}

impl Refusal {
    /// Each fault in a line of its own.
    pub(super) fn written(&self) -> String {
        if self.errors.is_empty() {
            return self.detail.clone();
        }
        let fault = |Fault { pointer, detail, name }: &Fault| {
            let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            format!("\n  {pointer}{name}: {detail}")
        };
        self.errors.iter().map(fault).collect()
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

/// One request and its whole answer, piece by piece.
async fn exchange(
    stream: UnixStream,
    method: Method,
    route: &str,
    body: Bytes,
    mut take: impl FnMut(&[u8]),
) -> Result<StatusCode, hyper::Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    // What is not ours in it is escaped.
    *request.uri_mut() = route.parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(header::HOST, header::HeaderValue::from_static("localhost"));
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    let exchange = async {
        let mut answer = sender.send_request(request).await?;
        let status = answer.status();
        while let Some(frame) = answer.frame().await {
            if let Some(piece) = frame?.data_ref() {
                take(piece);
            }
        }
        Ok(status)
    };
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        // The connection's end may be seen before what it brought.
        ended = connection => { ended?; exchange.await }
    }
}

/// Writes an answer into a file that is not there yet.
pub(super) async fn save_new(control: &Control, route: &str, path: &Path) -> Result<(), CliError> {
    let problem = |source| CliError::File { path: path.to_owned(), what: "written", source };
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(problem)?;
    let saved = control.save(route, &new).await;
    if !matches!(saved, Ok(Ok(()))) {
        let _ = std::fs::remove_file(path);
    }
    saved?.map_err(problem)
}
