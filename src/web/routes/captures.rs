//! Capture files for administrators: who is captured, and the files.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use tokio::sync::mpsc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::HttpFailure;
use crate::call::cause::CauseCode;
use crate::ids::{LineGroupId, LineId};
use crate::net::capture::{CaptureFile, CaptureStatus, Captures, Selection};
use crate::web::protocol::captures as protocol;
use crate::web::{Labels, WebState};

/// Pieces of a file that wait for a slow reader.
const BACKLOG: usize = 4;
/// Octets of a piece.
const PIECE: usize = 64 * 1024;

/// The routes, with their whole paths.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/api/v1/admin/captures", get(show))
        .route("/api/v1/admin/captures/groups/{name}", put(select))
        .route("/api/v1/admin/captures/files", axum::routing::delete(delete_all))
        .route("/api/v1/admin/captures/files/{name}", get(download).delete(delete))
        .route("/api/v1/admin/captures/zip", get(collect))
}

/// Where captures stand.
async fn show(State(state): State<WebState>) -> Result<Json<protocol::Captures>, HttpFailure> {
    let status = on_disk(&state, |captures| Ok(captures.status())).await?;
    Ok(Json(shown(&state.labels, status)))
}

/// Switches capturing of a line group on or off.
async fn select(
    State(state): State<WebState>,
    Path(name): Path<String>,
    change: Result<Json<protocol::CaptureChange>, JsonRejection>,
) -> Result<StatusCode, HttpFailure> {
    let Json(protocol::CaptureChange { capturing, lines }) = change.map_err(|_| CauseCode::BadRequest)?;
    let captures = state.captures.as_ref().ok_or(CauseCode::NotFound)?;
    let place = state.labels.groups.iter().position(|group| group.name == name).ok_or(CauseCode::NotFound)?;
    let group = LineGroupId(place as u32);
    let line = |number: String| {
        let lines = &state.labels.lines;
        let place = lines.iter().position(|line| line.group == group && line.number == number);
        place.map(|place| LineId(place as u32)).ok_or(CauseCode::UnknownLine)
    };
    let selection = match (capturing, lines) {
        (false, _) => Selection::Off,
        (true, None) => Selection::All,
        (true, Some(numbers)) if numbers.is_empty() => return Err(CauseCode::BadRequest.into()),
        (true, Some(numbers)) => Selection::Lines(numbers.into_iter().map(line).collect::<Result<_, _>>()?),
    };
    tracing::info!(group = name, ?selection, "capturing changed by an administrator");
    captures.select(group, selection);
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a file.
async fn delete(State(state): State<WebState>, Path(name): Path<String>) -> Result<StatusCode, HttpFailure> {
    let deleted = {
        let name = name.clone();
        on_disk(&state, move |captures| captures.delete(&name).map(|deleted| (deleted, captures.path(&name)))).await?
    };
    match deleted {
        (true, _) => {
            tracing::info!(name, "capture deleted by an administrator");
            Ok(StatusCode::NO_CONTENT)
        }
        // It is being written.
        (false, Some(_)) => Err(CauseCode::NotPossibleNow.into()),
        (false, None) => Err(CauseCode::NotFound.into()),
    }
}

/// Deletes all files that are not being written.
async fn delete_all(State(state): State<WebState>) -> Result<StatusCode, HttpFailure> {
    let deleted = on_disk(&state, Captures::delete_all).await?;
    tracing::info!(deleted, "captures deleted by an administrator");
    Ok(StatusCode::NO_CONTENT)
}

/// A file as it is now.
async fn download(State(state): State<WebState>, Path(name): Path<String>) -> Result<Response, HttpFailure> {
    let wanted = name.clone();
    let found = on_disk(&state, move |captures| Ok(files(captures).find(|(file, _)| file.name == wanted))).await?;
    let (file, path) = found.ok_or(CauseCode::NotFound)?;
    let body = streamed(move |out| copy(&path, file.size, out));
    Ok(attachment(&name, "application/x-pcapng", body))
}

/// All files in a ZIP.
async fn collect(State(state): State<WebState>) -> Result<Response, HttpFailure> {
    let files = on_disk(&state, |captures| Ok(files(captures).collect::<Vec<_>>())).await?;
    let body = streamed(move |out| {
        let mut zip = ZipWriter::new_stream(out);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        for (file, path) in files {
            zip.start_file(file.name, options)?;
            copy(&path, file.size, &mut zip)?;
        }
        zip.finish()?;
        Ok(())
    });
    Ok(attachment("captures.zip", "application/zip", body))
}

/// All files with their places. Their sizes are those of whole blocks: nobody writes while they are looked at.
fn files(captures: &Captures) -> impl Iterator<Item = (CaptureFile, PathBuf)> {
    captures.status().files.into_iter().filter_map(|file| captures.path(&file.name).map(|path| (file, path)))
}

/// As many octets of a file. One that went meanwhile gives nothing.
fn copy(path: &std::path::Path, size: u64, out: &mut impl Write) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => io::copy(&mut file.take(size), out).map(drop),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Asks for something that may wait for the disk.
async fn on_disk<T: Send + 'static>(
    state: &WebState,
    ask: impl FnOnce(&Captures) -> io::Result<T> + Send + 'static,
) -> Result<T, HttpFailure> {
    let captures = state.captures.clone().ok_or(CauseCode::NotFound)?;
    match tokio::task::spawn_blocking(move || ask(&captures)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::error!(%error, "capture files");
            Err(CauseCode::Internal.into())
        }
        Err(_) => Err(CauseCode::Internal.into()),
    }
}

/// What a thread writes, as it writes it. An error ends the answer early, which its reader notices.
fn streamed(write: impl FnOnce(&mut Pieces) -> io::Result<()> + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(BACKLOG);
    tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces { gathered: Vec::with_capacity(PIECE), sender };
        if let Err(error) = write(&mut pieces).and_then(|()| pieces.flush()) {
            // Whoever reads may have gone; that is the most usual error.
            let _ = pieces.sender.blocking_send(Err(error));
        }
    });
    let stream = futures_util::stream::unfold(receiver, async |mut receiver: mpsc::Receiver<_>| {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    Body::from_stream(stream)
}

/// Gathers what is written into pieces and sends them.
struct Pieces {
    gathered: Vec<u8>,
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl Write for Pieces {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(octets);
        if self.gathered.len() >= PIECE {
            self.flush()?;
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.gathered).into();
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A file to save. Its name has nothing that would have to be escaped.
pub(super) fn attachment(name: &str, kind: &'static str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}

fn shown(labels: &Labels, status: CaptureStatus) -> protocol::Captures {
    let group = |(label, selection): (&crate::web::GroupLabel, &Selection)| protocol::CaptureGroup {
        name: label.name.clone(),
        capturing: *selection != Selection::Off,
        lines: match selection {
            Selection::Off | Selection::All => None,
            Selection::Lines(lines) => {
                let mut lines: Vec<_> = lines.iter().copied().collect();
                lines.sort_unstable();
                Some(lines.into_iter().filter_map(|line| Some(labels.line(line)?.number.clone())).collect())
            }
        },
    };
    let file = |file: &CaptureFile| protocol::CaptureFile {
        name: file.name.clone(),
        size: file.size,
        modified_at: file.modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64,
        open: file.open,
    };
    protocol::Captures {
        groups: labels.groups.iter().zip(&status.groups).map(group).collect(),
        total: status.files.iter().map(|file| file.size).sum(),
        files: status.files.iter().map(file).collect(),
        dropped: status.lost,
        stopped: status.stopped,
        total_limit: status.total_limit,
    }
}
