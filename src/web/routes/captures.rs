//! Capture files for administrators: who is captured, and the files.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::HttpFailure;
use super::files::{self, HasFiles, on_disk};
use super::session::By;
use super::table::{Method, Operation, Routes};
use crate::call::cause::CauseCode;
use crate::ids::{CallId, LineGroupId, LineId};
use crate::net::capture::{Audio, CaptureStatus, Captures, GroupCapture, Selection};
use crate::shelf::ShelfFile;
use crate::web::protocol::captures as protocol;
use crate::web::{Labels, WebState};

/// The media type of a capture file.
pub(super) const PCAPNG: &str = "application/x-pcapng";

/// The routes, with their whole paths.
pub fn routes() -> Routes {
    let path = |rest: &str| format!("/api/v1/admin/captures{rest}");
    let shown = Operation::giving::<protocol::Captures>("show_captures", "Who is captured, and the files");
    let of_group = Operation::silent("capture_line_group", "Captures a line group, or no longer")
        .taking::<protocol::CaptureChange>("application/json");
    let of_call = Operation::silent("capture_call", "Captures a call whatever its line group, or no longer")
        .taking::<protocol::CaptureCallChange>("application/json");
    let all = Operation::silent("delete_captures", "Deletes all capture files that are not being written");
    let file = Operation::file("download_capture", "A capture file as it is now", PCAPNG);
    let deleted = Operation::silent("delete_capture", "Deletes a capture file");
    let zip = Operation::file("download_captures", "All capture files in a ZIP", "application/zip");
    Routes::default()
        .read((Method::Get, &path("")), shown.refused(&[404]), show)
        .full((Method::Put, &path("/groups/{name}")), of_group.refused(&[400, 404, 409]), select)
        .full((Method::Put, &path("/calls/{id}")), of_call.refused(&[400, 404, 409]), select_call)
        .full((Method::Delete, &path("/files")), all.refused(&[404]), delete_all)
        .read((Method::Get, &path("/files/{name}")), file.refused(&[404]), download)
        .full((Method::Delete, &path("/files/{name}")), deleted.refused(&[404, 409]), delete)
        .read((Method::Get, &path("/zip")), zip.refused(&[404]), collect)
}

/// Where captures stand.
async fn show(State(state): State<WebState>) -> Result<Json<protocol::Captures>, HttpFailure> {
    let labels = state.labels();
    let payload_allowed = state.captures.as_ref().is_some_and(|captures| captures.pseudonyms().is_none());
    let status = on_disk(state.captures, |captures| Ok(captures.status())).await?;
    Ok(Json(shown(&labels, status, payload_allowed)))
}

/// Switches capturing of a line group on or off.
async fn select(
    State(state): State<WebState>,
    Path(name): Path<String>,
    By(user): By,
    change: Result<Json<protocol::CaptureChange>, JsonRejection>,
) -> Result<StatusCode, HttpFailure> {
    let Json(protocol::CaptureChange { capturing, lines, audio }) = change.map_err(|_| CauseCode::BadRequest)?;
    let captures = state.captures.as_ref().ok_or(CauseCode::NotFound)?;
    let labels = state.labels();
    let audio = allowed(captures, audio)?;
    let place = labels.groups.iter().position(|group| group.name == name).ok_or(CauseCode::NotFound)?;
    let group = LineGroupId(place as u32);
    let line = |number: String| {
        let place = labels.lines.iter().position(|line| !line.removed && line.group == group && line.number == number);
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
        true => {
            tracing::info!(user, group = name, lines = numbers, ?audio, "capturing switched on by an administrator")
        }
        false => tracing::info!(user, group = name, "capturing switched off by an administrator"),
    }
    captures.select(group, GroupCapture { selection, audio });
    state.core.set_captures(captures.clone()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Captures a call that runs whatever its line group, or no longer.
async fn select_call(
    State(state): State<WebState>,
    Path(id): Path<String>,
    By(user): By,
    change: Result<Json<protocol::CaptureCallChange>, JsonRejection>,
) -> Result<StatusCode, HttpFailure> {
    let Json(protocol::CaptureCallChange { capturing, audio }) = change.map_err(|_| CauseCode::BadRequest)?;
    let captures = state.captures.as_ref().ok_or(CauseCode::NotFound)?;
    let audio = allowed(captures, audio)?;
    let call: CallId = id.parse().map_err(|_| CauseCode::UnknownCall)?;
    // What has ended can always be captured no longer.
    if capturing && !runs(&state, call).await? {
        return Err(CauseCode::UnknownCall.into());
    }
    tracing::info!(user, %call, capturing, ?audio, "capturing of a call changed by an administrator");
    captures.select_call(call, capturing.then_some(audio));
    state.core.set_captures(captures.clone()).await;
    if capturing && !runs(&state, call).await? {
        // It ended before it was chosen: nobody says so any more.
        captures.ended(call, Instant::now());
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn runs(state: &WebState, call: CallId) -> Result<bool, CauseCode> {
    let running = state.core.calls().await.ok_or(CauseCode::ShuttingDown)?;
    Ok(running.calls.iter().any(|known| known.record.id == call))
}

/// How much of the audio is captured, where that may be.
fn allowed(captures: &Captures, audio: protocol::CaptureAudio) -> Result<Audio, CauseCode> {
    match audio {
        protocol::CaptureAudio::Off => Ok(Audio::Off),
        protocol::CaptureAudio::Headers => Ok(Audio::Headers),
        protocol::CaptureAudio::Payload if captures.pseudonyms().is_some() => Err(CauseCode::AudioIsPersonal),
        protocol::CaptureAudio::Payload => Ok(Audio::Payload),
    }
}

fn audio(audio: Audio) -> protocol::CaptureAudio {
    match audio {
        Audio::Off => protocol::CaptureAudio::Off,
        Audio::Headers => protocol::CaptureAudio::Headers,
        Audio::Payload => protocol::CaptureAudio::Payload,
    }
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
    files::download(state.captures, name, PCAPNG).await
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

fn shown(labels: &Labels, status: CaptureStatus, payload_allowed: bool) -> protocol::Captures {
    let group = |(label, capture): (&crate::web::GroupLabel, &GroupCapture)| protocol::CaptureGroup {
        name: label.name.clone(),
        capturing: capture.selection != Selection::Off,
        audio: audio(capture.audio),
        lines: match &capture.selection {
            Selection::Off | Selection::All => None,
            Selection::Lines(lines) => {
                let mut lines: Vec<_> = lines.iter().copied().collect();
                lines.sort_unstable();
                Some(lines.into_iter().filter_map(|line| Some(labels.line(line)?.number.clone())).collect())
            }
        },
    };
    protocol::Captures {
        groups: labels.groups.iter().zip(&status.groups).filter(|(label, _)| !label.removed).map(group).collect(),
        total: status.files.iter().map(|file| file.size).sum(),
        files: status.files.iter().map(files::shown).collect(),
        calls: status
            .calls
            .iter()
            .map(|(call, wanted)| protocol::CaptureCall { id: call.to_string(), audio: audio(*wanted) })
            .collect(),
        dropped: status.lost.messages,
        dropped_packets: status.lost.packets,
        payload_allowed,
        stopped: status.stopped,
        total_limit: status.total_limit,
    }
}
