//! The log: the JSON of `/api/v1/admin/log`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::captures::CaptureFile;
use crate::log::{Area, LogLevel};
use crate::shelf::Sentence;

/// Answer to `GET /api/v1/admin/log`. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Log {
    /// How much of each area is logged.
    pub areas: Vec<LogArea>,
    /// The files, the oldest first.
    pub files: Vec<CaptureFile>,
    /// Octets that all files together may have; 0 where the log goes to no files.
    #[ts(type = "number")]
    pub total_limit: u64,
    /// Octets that they have.
    #[ts(type = "number")]
    pub total: u64,
    /// Why nothing is written to files; None: it is.
    pub stopped: Option<Sentence>,
    /// Lines that are missing since the start: in files, on standard error, in the log of the system.
    pub missing: LogMissing,
    /// This and what is more important goes to the log of the system; None: nothing does.
    pub system: Option<LogLevel>,
    /// Why that takes no lines; None: it does.
    pub system_problem: Option<Sentence>,
}

/// How much of an area is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LogArea {
    /// The part of the server.
    pub area: Area,
    /// This and what is more important.
    pub level: LogLevel,
}

/// Lines that are missing because they came faster than they could be written, or could not be written at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LogMissing {
    /// In files.
    #[ts(type = "number")]
    pub files: u64,
    /// On standard error.
    #[ts(type = "number")]
    pub stderr: u64,
    /// In the log of the system.
    #[ts(type = "number")]
    pub system: u64,
}

/// Body of `PUT /api/v1/admin/log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct LogChange {
    /// How much of these areas is logged from now on; the others stay as they are.
    #[ts(type = "Partial<Record<Area, LogLevel>>")]
    pub levels: BTreeMap<Area, LogLevel>,
}

/// Answer to `GET /api/v1/admin/log/lines`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LogLines {
    /// The server's clock.
    pub now: f64,
    /// The newest lines that are wanted, the oldest first.
    pub lines: Vec<LogLine>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LogLine {
    /// Counted from the start of the server.
    #[ts(type = "number")]
    pub seq: u64,
    /// When.
    pub at: f64,
    /// How important.
    pub level: LogLevel,
    /// The part of the server.
    pub area: Area,
    /// The module of the program.
    pub target: String,
    /// What happened.
    pub message: String,
    /// The call that it belongs to.
    pub call: Option<String>,
    /// The number of the line.
    pub line: Option<String>,
    /// The name of the line group.
    pub group: Option<String>,
    /// The sign-in name of the user.
    pub user: Option<String>,
    /// Everything else that is said.
    #[ts(type = "Record<string, string | number | boolean>")]
    pub fields: BTreeMap<String, Value>,
}
