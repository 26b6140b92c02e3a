//! Lines in files.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use tracing::Level;

use super::Shared;
use super::line::{Format, LogLine};
use super::outlet::Writer;
use crate::shelf::{Sentence, Shelf, ShelfError};

/// Octets that are written at once.
const CHUNK: usize = 64 * 1024;
/// How often files that are too old are looked for.
const DISCARD_EVERY: Duration = Duration::from_secs(3600);
/// How long it is left alone when files cannot be written.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// The files, and why nothing is written to them where that is so.
#[derive(Debug)]
pub(super) struct Files {
    shelf: Mutex<Shelf>,
    stopped: Mutex<Option<Sentence>>,
}

impl Files {
    pub(super) fn new(shelf: Shelf) -> Files {
        Files { shelf: Mutex::new(shelf), stopped: Mutex::new(None) }
    }

    /// Nobody leaves anything half done under this lock.
    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stopped(&self) -> MutexGuard<'_, Option<Sentence>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct FileWriter {
    pub(super) files: Arc<Files>,
    /// Where it is said that files cannot be written.
    pub(super) shared: Weak<Shared>,
    pub(super) format: Format,
    pub(super) max_file: u64,
    pub(super) waiting: String,
    /// Lines in it.
    pub(super) lines: u64,
    pub(super) discarded_at: Option<Instant>,
    pub(super) stopped_at: Option<Instant>,
}

impl Writer for FileWriter {
    fn write(&mut self, line: &LogLine) -> bool {
        self.waiting += &line.write(self.format);
        self.lines += 1;
        if self.waiting.len() >= CHUNK {
            self.write_out();
        }
        !self.waiting.is_empty()
    }

    fn flush(&mut self) {
        if self.discarded_at.is_none_or(|at| at.elapsed() >= DISCARD_EVERY) {
            self.discarded_at = Some(Instant::now());
            self.files.shelf().discard_old(SystemTime::now());
        }
        self.write_out();
    }
}

impl FileWriter {
    fn write_out(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let (text, lines) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.lines));
        let rests = self.stopped_at.is_some_and(|at| at.elapsed() < TRY_AGAIN);
        let written = if rests { None } else { Some(self.append(text.as_bytes())) };
        let shared = self.shared.upgrade();
        let say = |level, message| {
            if let Some(shared) = &shared {
                shared.emit(LogLine::own(level, message));
            }
        };
        match written {
            Some(Ok(())) => {
                if self.stopped_at.take().is_some() {
                    *self.files.stopped() = None;
                    say(Level::WARN, "the log is written to files again; lines are missing there".into());
                }
                return;
            }
            Some(Err(error)) => {
                *self.files.stopped() = Some(error.sentence());
                if self.stopped_at.replace(Instant::now()).is_none() {
                    say(Level::ERROR, format!("the log is not written to files until that is possible again: {error}"));
                }
            }
            None => {}
        }
        if let Some(shared) = &shared {
            shared.not_in_files(lines);
        }
    }

    fn append(&self, octets: &[u8]) -> Result<(), ShelfError> {
        let now = SystemTime::now();
        let mut shelf = self.files.shelf();
        let is_full = shelf.length() > 0 && shelf.length() + octets.len() as u64 > self.max_file;
        if !shelf.is_open() || is_full || shelf.is_of_yesterday(now) || shelf.is_gone() {
            shelf.begin(now)?;
        }
        shelf.append(octets)
    }
}
