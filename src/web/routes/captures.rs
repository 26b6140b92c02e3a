//! Capture files for administrators: who is captured, and the files.

use std::io;
use std::path::PathBuf;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, put};
use axum::{Json, Router};

use super::HttpFailure;
use super::files::{self, HasFiles, on_disk};
use super::session::By;
use crate::call::cause::CauseCode;
use crate::ids::{LineGroupId, LineId};
use crate::net::capture::{CaptureStatus, Captures, Selection};
use crate::shelf::ShelfFile;
use crate::web::protocol::captures as protocol;
use crate::web::{Labels, WebState};

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
    let status = on_disk(state.captures, |captures| Ok(captures.status())).await?;
    Ok(Json(shown(&state.labels, status)))
}

/// Switches capturing of a line group on or off.
async fn select(
    State(state): State<WebState>,
    Path(name): Path<String>,
    By(user): By,
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
    let numbers = lines.as_ref().map_or_else(|| "all".to_owned(), |lines| lines.join(", "));
    let selection = match (capturing, lines) {
        (false, _) => Selection::Off,
        (true, None) => Selection::All,
        (true, Some(numbers)) if numbers.is_empty() => return Err(CauseCode::BadRequest.into()),
        (true, Some(numbers)) => Selection::Lines(numbers.into_iter().map(line).collect::<Result<_, _>>()?),
    };
    match capturing {
        true => tracing::info!(user, group = name, lines = numbers, "capturing switched on by an administrator"),
        false => tracing::info!(user, group = name, "capturing switched off by an administrator"),
    }
    captures.select(group, selection);
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a file.
async fn delete(State(state): State<WebState>, Path(name): Path<String>, by: By) -> Result<StatusCode, HttpFailure> {
    files::delete(state.captures, name, by).await
}

/// Deletes all files that are not being written.
async fn delete_all(State(state): State<WebState>, By(user): By) -> Result<StatusCode, HttpFailure> {
    let deleted = on_disk(state.captures, Captures::delete_all).await?;
    tracing::info!(user, deleted, "captures deleted by an administrator");
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
