//! The log for administrators: how much is logged, the newest lines, and the files.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::HttpFailure;
use super::files::{self, HasFiles, on_disk};
use super::session::By;
use super::table::{Method, Operation, Routes};
use crate::call::cause::CauseCode;
use crate::log::{Area, Log, LogLevel, LogLine, LogStatus, Wanted};
use crate::shelf::ShelfFile;
use crate::web::protocol::log as protocol;
use crate::web::{WebState, convert};

/// Lines given when nothing is said, and at most.
const LINES: usize = 200;
const MAX_LINES: usize = 2_000;
/// How long a ZIP waits for lines that are not in a file yet.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// The routes, with their whole paths.
pub fn routes() -> Routes {
    let path = |rest: &str| format!("/api/v1/admin/log{rest}");
    let shown = Operation::giving::<protocol::Log>("show_log", "How much is logged, and the files");
    let levels = Operation::silent("set_log_levels", "Logs more or less of some areas")
        .taking::<protocol::LogChange>("application/json");
    let newest = Operation::giving::<protocol::LogLines>("list_log_lines", "The newest lines").asking::<Which>();
    let all = Operation::silent("delete_log_files", "Deletes all files of the log that are not being written");
    let file = Operation::file("download_log_file", "A file of the log as it is now", "text/plain");
    let deleted = Operation::silent("delete_log_file", "Deletes a file of the log");
    let zip = Operation::file("download_log", "All files of the log in a ZIP", "application/zip").asking::<Collect>();
    Routes::default()
        .read((Method::Get, &path("")), shown.refused(&[404]), show)
        .full((Method::Put, &path("")), levels.refused(&[400, 404]), set)
        .read((Method::Get, &path("/lines")), newest.refused(&[400, 404]), lines)
        .full((Method::Delete, &path("/files")), all.refused(&[404]), delete_all)
        .read((Method::Get, &path("/files/{name}")), file.refused(&[404]), download)
        .full((Method::Delete, &path("/files/{name}")), deleted.refused(&[404, 409]), delete)
        .read((Method::Get, &path("/zip")), zip.refused(&[400, 404]), collect)
}

/// Where the log stands.
async fn show(State(state): State<WebState>) -> Result<Json<protocol::Log>, HttpFailure> {
    let status = on_disk(state.log, |log: &Log| Ok(log.status())).await?;
    Ok(Json(shown(status)))
}

/// Logs more or less of some areas.
async fn set(
    State(state): State<WebState>,
    By(user): By,
    change: Result<Json<protocol::LogChange>, JsonRejection>,
) -> Result<StatusCode, HttpFailure> {
    let Json(protocol::LogChange { levels }) = change.map_err(|_| CauseCode::BadRequest)?;
    let log = state.log.ok_or(CauseCode::NotFound)?;
    tracing::info!(user, ?levels, "levels of the log set by an administrator");
    log.set_levels(levels);
    Ok(StatusCode::NO_CONTENT)
}

/// Which lines are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those after the line with this number.
    after: Option<u64>,
    /// Only those that are as important, or more.
    level: Option<LogLevel>,
    /// Only those of this part of the server.
    area: Option<Area>,
    /// Only those of this call.
    call: Option<String>,
    /// Only those of the line with this number.
    line: Option<String>,
    /// Only those of the user with this sign-in name.
    user: Option<String>,
    /// How many, 2,000 at most; by default 200.
    limit: Option<usize>,
}

/// The newest lines.
async fn lines(
    State(state): State<WebState>,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<Json<protocol::LogLines>, HttpFailure> {
    let Query(Which { after, level, area, call, line, user, limit }) = query.map_err(|_| CauseCode::BadRequest)?;
    let limit = limit.unwrap_or(LINES).min(MAX_LINES);
    let log = state.log.ok_or(CauseCode::NotFound)?;
    let lines = log.recent(&Wanted { after, level, area, call, line, user, limit });
    Ok(Json(protocol::LogLines { now: convert::unix_ms(), lines: lines.iter().map(|line| shown_line(line)).collect() }))
}

/// Deletes a file.
async fn delete(State(state): State<WebState>, Path(name): Path<String>, by: By) -> Result<StatusCode, HttpFailure> {
    files::delete(state.log, name, by).await
}

/// Deletes all files that are not being written.
async fn delete_all(State(state): State<WebState>, By(user): By) -> Result<StatusCode, HttpFailure> {
    let deleted = on_disk(state.log, Log::delete_all).await?;
    tracing::info!(user, deleted, "log files deleted by an administrator");
    Ok(StatusCode::NO_CONTENT)
}

/// A file as it is now.
async fn download(State(state): State<WebState>, Path(name): Path<String>) -> Result<Response, HttpFailure> {
    files::download(state.log, name, "text/plain; charset=utf-8").await
}

/// What is collected.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Collect {
    /// Captures, too.
    #[serde(default)]
    captures: bool,
}

/// All files in a ZIP.
async fn collect(
    State(state): State<WebState>,
    query: Result<Query<Collect>, QueryRejection>,
) -> Result<Response, HttpFailure> {
    let Query(Collect { captures }) = query.map_err(|_| CauseCode::BadRequest)?;
    let captures = state.captures.filter(|_| captures);
    let all = on_disk(state.log, move |log: &Log| {
        // So that the newest lines are there, too.
        log.flush(FLUSH_WITHIN);
        let captures = captures.iter().flat_map(files::placed);
        Ok(files::placed(log).into_iter().chain(captures).collect())
    });
    Ok(files::zip("logs.zip", all.await?))
}

impl HasFiles for Log {
    fn files(&self) -> Vec<ShelfFile> {
        Log::files(self)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Log::path(self, name)
    }

    fn delete(&self, name: &str) -> io::Result<bool> {
        Log::delete(self, name)
    }
}

fn shown(status: LogStatus) -> protocol::Log {
    let missing = protocol::LogMissing {
        files: status.missing_in_files,
        stderr: status.missing_on_stderr,
        system: status.missing_in_system,
    };
    protocol::Log {
        areas: status.levels.into_iter().map(|(area, level)| protocol::LogArea { area, level }).collect(),
        total: status.files.iter().map(|file| file.size).sum(),
        files: status.files.iter().map(files::shown).collect(),
        total_limit: status.total_limit,
        stopped: status.stopped,
        missing,
        system: status.system,
        system_problem: status.system_problem,
    }
}

fn shown_line(line: &LogLine) -> protocol::LogLine {
    let LogLine { seq, at, level, area, target, message, call, line, group, user, fields } = line.clone();
    protocol::LogLine {
        seq,
        at: at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1_000.0,
        level,
        area,
        target: target.into(),
        message,
        call,
        line,
        group,
        user,
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}
