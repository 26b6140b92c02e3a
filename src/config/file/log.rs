//! The log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::super::{Log, LogFormat, LogLevel, LogSystem};
use super::capture::limits;
use super::{Problem, problem};

/// The areas that log lines belong to.
pub const LOG_AREAS: [&str; 10] =
    ["calls", "sip", "registration", "media", "clients", "web", "store", "capture", "server", "libraries"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileLog {
    format: LogFormat,
    level: LogLevel,
    levels: BTreeMap<Spanned<String>, LogLevel>,
    files: bool,
    directory: Option<PathBuf>,
    max_file_mb: Spanned<u32>,
    total_mb: Spanned<u32>,
    keep_days: Spanned<u32>,
    system: LogSystem,
}

impl Default for FileLog {
    fn default() -> Self {
        FileLog {
            format: LogFormat::default(),
            level: LogLevel::default(),
            levels: BTreeMap::new(),
            files: true,
            directory: None,
            max_file_mb: Spanned::new(0..0, 20),
            total_mb: Spanned::new(0..0, 200),
            keep_days: Spanned::new(0..0, 14),
            system: LogSystem::default(),
        }
    }
}

impl FileLog {
    /// `folder` is where the directory counts from when it is configured; it is that of captures when it is not.
    pub(super) fn validate(self, folder: &Path, captures: &Path) -> Result<Log, Problem> {
        let level = |(area, level): (Spanned<String>, LogLevel)| match LOG_AREAS.contains(&area.get_ref().as_str()) {
            true => Ok((area.into_inner(), level)),
            false => {
                let areas = LOG_AREAS.join(", ");
                Err(problem(&area, format!("there is no area {:?} of the log; choose of {areas}.", area.get_ref())))
            }
        };
        let (max_file, total, keep) = limits(&self.max_file_mb, &self.total_mb, &self.keep_days)?;
        Ok(Log {
            format: self.format,
            level: self.level,
            levels: self.levels.into_iter().map(level).collect::<Result<_, _>>()?,
            files: self.files,
            directory: self.directory.map_or_else(|| captures.to_owned(), |path| folder.join(path)),
            max_file,
            total,
            keep,
            system: self.system,
        })
    }
}
