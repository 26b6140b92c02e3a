//! The files in their directory: how many, how large, how old.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use time::{Date, OffsetDateTime};

use super::CaptureSettings;
use crate::capture::file::{file_name, is_file_name};

/// Files of one second.
const MAX_SAME_SECOND: u32 = 1000;

/// What happens when there is no room for another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The oldest goes.
    DeleteOldest,
    /// Capturing ends.
    Stop,
}

/// A capture file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureFile {
    /// Its name, without folders.
    pub name: String,
    /// Its octets.
    pub size: u64,
    /// When it was last written to.
    pub modified: SystemTime,
    /// Whether it is being written.
    pub open: bool,
}

/// What a file is written on.
pub(super) trait Medium: Write + Send {
    /// Cuts off what is behind this place.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

impl Medium for File {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Makes a file that is not there yet.
type Create = fn(&Path) -> io::Result<Box<dyn Medium>>;

/// Why nothing more can be written, in a sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    #[error("{path}: the capture cannot be written: {source}.")]
    Disk { path: PathBuf, source: io::Error },
    #[error("The disk with {path} has only {free_mb} MB left.")]
    NearlyFull { path: PathBuf, free_mb: u64 },
    #[error("The capture files have reached {total_mb} MB (capture.total_mb). Delete some, or allow more.")]
    Full { total_mb: u64 },
}

/// The files.
pub(super) struct Shelf {
    directory: PathBuf,
    total: u64,
    keep: Option<Duration>,
    when_full: WhenFull,
    min_free: u64,
    current: Option<Current>,
    /// The second of the last file, and how many of that second there were.
    last: (i64, u32),
    /// Octets of the files that are not being written.
    closed: u64,
    create: Create,
}

struct Current {
    name: String,
    path: PathBuf,
    medium: Box<dyn Medium>,
    length: u64,
    day: Date,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Shelf {
    pub(super) fn new(settings: &CaptureSettings) -> Shelf {
        Shelf::with(settings, |path| {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            Ok(Box::new(file))
        })
    }

    pub(super) fn with(settings: &CaptureSettings, create: Create) -> Shelf {
        Shelf {
            directory: settings.directory.clone(),
            total: settings.total,
            keep: settings.keep,
            when_full: settings.when_full,
            min_free: settings.min_free,
            current: None,
            last: (i64::MIN, 0),
            closed: 0,
            create,
        }
    }

    /// The files, the oldest first. None where the directory cannot be read.
    pub(super) fn files(&self) -> Vec<CaptureFile> {
        let open = self.current.as_ref().map(|current| &current.name);
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let file = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok().filter(|name| is_file_name(name))?;
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(CaptureFile { open: Some(&name) == open, name, size: metadata.len(), modified })
        };
        let mut files: Vec<_> = entries.filter_map(file).collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }

    /// Where a file is.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        let path = is_file_name(name).then(|| self.directory.join(name))?;
        path.is_file().then_some(path)
    }

    /// Deletes a file that is not being written; false where there is none.
    pub(super) fn delete(&mut self, name: &str) -> io::Result<bool> {
        let is_open = self.current.as_ref().is_some_and(|current| current.name == name);
        let Some(path) = self.path(name).filter(|_| !is_open) else { return Ok(false) };
        let deleted = fs::remove_file(path);
        self.count();
        deleted.map(|()| true)
    }

    /// Octets of the file that is being written.
    pub(super) fn length(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.length)
    }

    /// Whether the file was begun on another day (UTC).
    pub(super) fn is_of_yesterday(&self, now: SystemTime) -> bool {
        self.current.as_ref().is_some_and(|current| current.day != OffsetDateTime::from(now).date())
    }

    /// Begins a file; what is too old goes.
    pub(super) fn begin(&mut self, now: SystemTime) -> Result<(), ShelfError> {
        self.close();
        let path = self.directory.clone();
        let disk = |source| ShelfError::Disk { path, source };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(disk.clone())?;
        self.discard_old(now);
        self.count();
        let at = OffsetDateTime::from(now);
        // Names that deleted files had are not used again, which would bring the order of files into disorder.
        let begun = if self.last.0 == at.unix_timestamp() { self.last.1 } else { 0 };
        for same_second in begun..begun + MAX_SAME_SECOND {
            let name = file_name(at, same_second);
            let path = self.directory.join(&name);
            match (self.create)(&path) {
                Ok(medium) => {
                    self.last = (at.unix_timestamp(), same_second + 1);
                    self.current = Some(Current { name, path, medium, length: 0, day: at.date() });
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(ShelfError::Disk { path, source }),
            }
        }
        Err(disk(io::ErrorKind::AlreadyExists.into()))
    }

    /// Writes whole blocks. After an error the file ends with those before it, and is closed.
    pub(super) fn append(&mut self, octets: &[u8]) -> Result<(), ShelfError> {
        let made_room = self.make_room(octets.len() as u64);
        let Some(current) = &mut self.current else { return Ok(()) };
        let written = made_room.and_then(|()| {
            let disk = |source| ShelfError::Disk { path: current.path.clone(), source };
            current.medium.write_all(octets).and_then(|()| current.medium.flush()).map_err(disk)
        });
        match written {
            Ok(()) => current.length += octets.len() as u64,
            Err(_) => {
                // Half a block would make the file unreadable from there on.
                let _ = current.medium.truncate(current.length);
                self.close();
            }
        }
        written
    }

    /// The file is complete.
    pub(super) fn close(&mut self) {
        if let Some(Current { path, length: 0, .. }) = self.current.take() {
            // Nobody needs a file without anything in it.
            let _ = fs::remove_file(path);
        }
        self.count();
    }

    /// Deletes files that are kept for long enough.
    pub(super) fn discard_old(&mut self, now: SystemTime) {
        let Some(keep) = self.keep else { return };
        for file in self.files().into_iter().filter(|file| !file.open) {
            if now.duration_since(file.modified).is_ok_and(|age| age > keep) {
                let _ = fs::remove_file(self.directory.join(file.name));
            }
        }
        self.count();
    }

    fn count(&mut self) {
        self.closed = self.files().iter().filter(|file| !file.open).map(|file| file.size).sum();
    }

    /// So that all files together stay below their limit with this much more.
    fn make_room(&mut self, more: u64) -> Result<(), ShelfError> {
        let free = self.free();
        if free < self.min_free.saturating_add(more) {
            return Err(ShelfError::NearlyFull { path: self.directory.clone(), free_mb: free >> 20 });
        }
        let needed = self.length() + more;
        if self.closed + needed > self.total && self.when_full == WhenFull::DeleteOldest {
            let mut over = (self.closed + needed).saturating_sub(self.total);
            for file in self.files().into_iter().filter(|file| !file.open) {
                if over == 0 {
                    break;
                }
                if fs::remove_file(self.directory.join(file.name)).is_ok() {
                    over = over.saturating_sub(file.size);
                }
            }
            self.count();
        }
        match self.closed + needed > self.total {
            true => Err(ShelfError::Full { total_mb: self.total >> 20 }),
            false => Ok(()),
        }
    }

    /// Octets of the disk that nobody has; all where the system does not say.
    fn free(&self) -> u64 {
        rustix::fs::statvfs(&self.directory).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}
