//! Capture files for administrators: who is captured, and the files.

use std::io;
use std::path::PathBuf;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::HttpFailure;
use super::files::{self, HasFiles, on_disk};
use super::table::{Method, Routes};
use crate::call::cause::CauseCode;
use crate::ids::{LineGroupId, LineId};
use crate::net::capture::{CaptureStatus, Captures, Selection};
use crate::shelf::ShelfFile;
use crate::web::protocol::captures as protocol;
use crate::web::{Labels, WebState};

/// The routes, with their whole paths.
pub fn routes() -> Routes {
    Routes::default()
        .read(Method::Get, "/api/v1/admin/captures", show)
        .full(Method::Put, "/api/v1/admin/captures/groups/{name}", select)
        .full(Method::Delete, "/api/v1/admin/captures/files", delete_all)
        .read(Method::Get, "/api/v1/admin/captures/files/{name}", download)
        .full(Method::Delete, "/api/v1/admin/captures/files/{name}", delete)
        .read(Method::Get, "/api/v1/admin/captures/zip", collect)
}

/// Where captures stand.
async fn show(State(state): State<WebState>) -> Result<Json<protocol::Captures>, HttpFailure> {
    let labels = state.labels();
    let status = on_disk(state.captures, |captures| Ok(captures.status())).await?;
    Ok(Json(shown(&labels, status)))
}

/// Switches capturing of a line group on or off.
async fn select(
    State(state): State<WebState>,
    Path(name): Path<String>,
    change: Result<Json<protocol::CaptureChange>, JsonRejection>,
) -> Result<StatusCode, HttpFailure> {
    let Json(protocol::CaptureChange { capturing, lines }) = change.map_err(|_| CauseCode::BadRequest)?;
    let captures = state.captures.as_ref().ok_or(CauseCode::NotFound)?;
    let labels = state.labels();
    let place = labels.groups.iter().position(|group| group.name == name).ok_or(CauseCode::NotFound)?;
    let group = LineGroupId(place as u32);
    let line = |number: String| {
        let place = labels.lines.iter().position(|line| line.group == group && line.number == number);
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
    files::delete(state.captures, name).await
}

/// Deletes all files that are not being written.
async fn delete_all(State(state): State<WebState>) -> Result<StatusCode, HttpFailure> {
    let deleted = on_disk(state.captures, Captures::delete_all).await?;
    tracing::info!(deleted, "captures deleted by an administrator");
    Ok(StatusCode::NO_CONTENT)
}

/// A file as it is now.
async fn download(State(state): State<WebState>, Path(name): Path<String>) -> Result<Response, HttpFailure> {
    files::download(state.captures, name, "application/x-pcapng").await
}

/// All files in a ZIP.
async fn collect(State(state): State<WebState>) -> Result<Response, HttpFailure> {
    let files = on_disk(state.captures, |captures| Ok(files::placed(captures))).await?;
    Ok(files::zip("captures.zip", files))
}

impl HasFiles for Captures {
    fn files(&self) -> Vec<ShelfFile> {
        self.status().files
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Captures::path(self, name)
    }

    fn delete(&self, name: &str) -> io::Result<bool> {
        Captures::delete(self, name)
    }
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
    protocol::Captures {
        groups: labels.groups.iter().zip(&status.groups).map(group).collect(),
        total: status.files.iter().map(|file| file.size).sum(),
        files: status.files.iter().map(files::shown).collect(),
        dropped: status.lost,
        stopped: status.stopped,
        total_limit: status.total_limit,
    }
}
