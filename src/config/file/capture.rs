//! Captures.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::super::{Capture, CaptureFull, CaptureNumbers};
use super::{Problem, problem, within};

/// Octets of a megabyte.
const MB: u64 = 1 << 20;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileCapture {
    directory: Option<PathBuf>,
    max_file_mb: Spanned<u32>,
    total_mb: Spanned<u32>,
    keep_days: Spanned<u32>,
    when_full: CaptureFull,
    pub(super) numbers: CaptureNumbers,
}

impl Default for FileCapture {
    fn default() -> Self {
        FileCapture {
            directory: None,
            max_file_mb: Spanned::new(0..0, 20),
            total_mb: Spanned::new(0..0, 500),
            keep_days: Spanned::new(0..0, 7),
            when_full: CaptureFull::default(),
            numbers: CaptureNumbers::default(),
        }
    }
}

impl FileCapture {
    /// `folder` is where the directory counts from when it is configured, `data_dir` when it is not.
    pub(super) fn validate(self, folder: &Path, data_dir: &Path) -> Result<Capture, Problem> {
        let (max_file, total, keep) = limits(&self.max_file_mb, &self.total_mb, &self.keep_days)?;
        Ok(Capture {
            directory: self.directory.map_or_else(|| data_dir.join("captures"), |path| folder.join(path)),
            max_file,
            total,
            keep,
            when_full: self.when_full,
            numbers: self.numbers,
        })
    }
}

/// Octets of a file and of all, and how long one is kept.
pub(super) fn limits(
    max_file_mb: &Spanned<u32>,
    total_mb: &Spanned<u32>,
    keep_days: &Spanned<u32>,
) -> Result<(u64, u64, Option<Duration>), Problem> {
    within(max_file_mb, "max_file_mb", "MB", 1..=1_000)?;
    within(total_mb, "total_mb", "MB", 2..=1_000_000)?;
    within(keep_days, "keep_days", "days", 0..=3_650)?;
    let (max_file, total) = (*max_file_mb.get_ref(), *total_mb.get_ref());
    if max_file > total / 2 {
        let sentence = format!("max_file_mb is {max_file}, but two files must fit into total_mb, {total}.");
        return Err(problem(max_file_mb, sentence));
    }
    let keep_days = *keep_days.get_ref();
    Ok((u64::from(max_file) * MB, u64::from(total) * MB, (keep_days > 0).then(|| DAY * keep_days)))
}
