//! What the configuration says of the log.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// What is logged, and where to.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// How lines are written.
    pub format: LogFormat,
    /// How much of all areas is logged that `levels` does not name.
    pub level: LogLevel,
    /// How much of single areas is.
    pub levels: Vec<(String, LogLevel)>,
    /// Whether there are files.
    pub files: bool,
    /// The folder of the files.
    pub directory: PathBuf,
    /// Octets after which a file is followed by another.
    pub max_file: u64,
    /// Octets that all files together may have.
    pub total: u64,
    /// How long a file is kept; None: until there is no room for it.
    pub keep: Option<Duration>,
    /// What the log of the system gets, too.
    pub system: LogSystem,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For eyes.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// How important a line must be to be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// None is.
    Off,
    /// What does not work.
    Error,
    /// What may go wrong.
    Warn,
    /// What is usual.
    #[default]
    Info,
    /// Every transition.
    Debug,
    /// Each step.
    Trace,
}

/// What the log of the system gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogSystem {
    /// Nothing.
    #[default]
    Off,
    /// Errors.
    Errors,
    /// Errors and warnings.
    Warnings,
}
