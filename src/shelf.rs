//! Files of one kind in their directory, one after the other: how many, how large, how old. Captures and the log are
//! kept this way.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use ts_rs::TS;

/// Files of one second.
const MAX_SAME_SECOND: u32 = 1000;

/// What files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileKind {
    /// What all names begin with.
    pub prefix: &'static str,
    /// What they end with.
    pub ending: &'static str,
    /// What is written, in a sentence.
    pub noun: &'static str,
    /// The same in German, with its article.
    pub german: &'static str,
    /// The table of the configuration with the limits.
    pub table: &'static str,
}

impl FileKind {
    /// `sipav_2026-11-21_17-12-03.pcapng`, in UTC: files in the order of their names are in that of their time. Another
    /// of the same second has `_002` behind it.
    pub fn name(&self, at: OffsetDateTime, same_second: u32) -> String {
        let (hour, minute, second) = at.time().as_hms();
        let more = if same_second > 0 { format!("_{:03}", same_second + 1) } else { String::new() };
        format!("{}{}_{hour:02}-{minute:02}-{second:02}{more}{}", self.prefix, at.date(), self.ending)
    }

    /// Whether a file of this name is one of them, and nothing but a name: no folder, nothing hidden.
    pub fn is_name(&self, name: &str) -> bool {
        let stem = name.strip_prefix(self.prefix).and_then(|rest| rest.strip_suffix(self.ending));
        stem.is_some_and(|stem| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
            !stem.is_empty() && stem.len() <= 64 && stem.bytes().all(fits)
        })
    }
}

/// How files are kept.
#[derive(Debug, Clone)]
pub struct ShelfSettings {
    /// Where they go; it is made where it is missing.
    pub directory: PathBuf,
    /// Which they are. Others in the directory are left alone.
    pub kind: FileKind,
    /// All together never have more octets.
    pub total: u64,
    /// How long one is kept; None: until there is no room for it.
    pub keep: Option<Duration>,
    /// What happens when there is no room for another.
    pub when_full: WhenFull,
    /// Octets of the disk that are left to others.
    pub min_free: u64,
}

/// What happens when there is no room for another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The oldest goes.
    DeleteOldest,
    /// Writing ends.
    Stop,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfFile {
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
pub(crate) trait Medium: Write + Send {
    /// Cuts off what is behind this place.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

impl Medium for File {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Makes a file that is not there yet.
pub(crate) type Create = fn(&Path) -> io::Result<Box<dyn Medium>>;

/// A sentence for people, in each language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Sentence {
    /// In English.
    pub english: String,
    /// In German.
    pub german: String,
}

/// Why nothing more can be written, in a sentence.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The system does not write it.
    #[error("{path}: the {} cannot be written: {source}. See that the disk is there and that the server may write to \
        it, or set {}.directory to another directory.", .kind.noun, .kind.table)]
    Disk {
        /// What is written.
        kind: FileKind,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is left of the disk is for others.
    #[error("The disk with {path} has only {free_mb} MB left. Delete something there, or set {}.directory to a \
        directory on another disk.", .kind.table)]
    NearlyFull {
        /// What is written.
        kind: FileKind,
        /// The directory.
        path: PathBuf,
        /// Megabytes.
        free_mb: u64,
    },
    /// No more is allowed.
    #[error("The {} files have reached {total_mb} MB ({}.total_mb). Delete some, or allow more.", .kind.noun, .kind.table)]
    Full {
        /// Which files.
        kind: FileKind,
        /// Megabytes.
        total_mb: u64,
    },
}

impl ShelfError {
    /// The same in each language.
    pub fn sentence(&self) -> Sentence {
        let german = match self {
            ShelfError::Disk { kind: FileKind { german, table, .. }, path, source } => format!(
                "{}: {german} kann nicht geschrieben werden: {source}. Sehen Sie nach, ob es den Datenträger gibt und ob \
                 der Server dort schreiben darf, oder setzen Sie {table}.directory auf ein anderes Verzeichnis.",
                path.display()
            ),
            ShelfError::NearlyFull { kind, path, free_mb } => format!(
                "Auf dem Datenträger mit {} sind nur noch {free_mb} MB frei. Löschen Sie dort etwas, oder setzen Sie \
                 {}.directory auf ein Verzeichnis eines anderen Datenträgers.",
                path.display(),
                kind.table
            ),
            ShelfError::Full { kind: FileKind { german, table, .. }, total_mb } => format!(
                "Für {german} sind nicht mehr als {total_mb} MB erlaubt ({table}.total_mb). Löschen Sie einige Dateien, \
                 oder erlauben Sie mehr."
            ),
        };
        Sentence { english: self.to_string(), german }
    }
}

/// The files.
pub struct Shelf {
    settings: ShelfSettings,
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
        f.debug_struct("Shelf").field("directory", &self.settings.directory).finish_non_exhaustive()
    }
}

impl Shelf {
    /// The files of a directory.
    pub fn new(settings: impl Into<ShelfSettings>) -> Shelf {
        Shelf::with(settings, |path| {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            Ok(Box::new(file))
        })
    }

    /// The same, with something else to write on.
    pub(crate) fn with(settings: impl Into<ShelfSettings>, create: Create) -> Shelf {
        Shelf { settings: settings.into(), current: None, last: (i64::MIN, 0), closed: 0, create }
    }

    /// The files, the oldest first. None where the directory cannot be read.
    pub fn files(&self) -> Vec<ShelfFile> {
        let open = self.current.as_ref().map(|current| &current.name);
        let entries = fs::read_dir(&self.settings.directory).into_iter().flatten().flatten();
        let file = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok().filter(|name| self.settings.kind.is_name(name))?;
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(ShelfFile { open: Some(&name) == open, name, size: metadata.len(), modified })
        };
        let mut files: Vec<_> = entries.filter_map(file).collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }

    /// Where a file is.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let path = self.settings.kind.is_name(name).then(|| self.settings.directory.join(name))?;
        path.is_file().then_some(path)
    }

    /// Deletes a file that is not being written; false where there is none.
    pub fn delete(&mut self, name: &str) -> io::Result<bool> {
        let is_open = self.current.as_ref().is_some_and(|current| current.name == name);
        let Some(path) = self.path(name).filter(|_| !is_open) else { return Ok(false) };
        let deleted = fs::remove_file(path);
        self.count();
        deleted.map(|()| true)
    }

    /// Deletes all files that are not being written; gives how many.
    ///
    /// # Errors
    /// When the system does not let one go; others may have gone.
    pub fn delete_all(&mut self) -> io::Result<usize> {
        let closed = self.files().into_iter().filter(|file| !file.open);
        let deleted: Vec<_> = closed.map(|file| fs::remove_file(self.settings.directory.join(file.name))).collect();
        self.count();
        let count = deleted.iter().filter(|deleted| deleted.is_ok()).count();
        deleted.into_iter().find_map(Result::err).map_or(Ok(count), Err)
    }

    /// Whether a file is being written.
    pub fn is_open(&self) -> bool {
        self.current.is_some()
    }

    /// Whether somebody else has removed the file that is being written: what is written goes nowhere.
    pub fn is_gone(&self) -> bool {
        self.current.as_ref().is_some_and(|current| !current.path.exists())
    }

    /// Octets of the file that is being written.
    pub fn length(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.length)
    }

    /// Whether the file was begun on another day (UTC).
    pub fn is_of_yesterday(&self, now: SystemTime) -> bool {
        self.current.as_ref().is_some_and(|current| current.day != OffsetDateTime::from(now).date())
    }

    /// Begins a file; what is too old goes.
    ///
    /// # Errors
    /// Where none can be made.
    pub fn begin(&mut self, now: SystemTime) -> Result<(), ShelfError> {
        self.close();
        let path = self.settings.directory.clone();
        let kind = self.settings.kind;
        let disk = |source| ShelfError::Disk { kind, path, source };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.settings.directory).map_err(disk.clone())?;
        self.discard_old(now);
        self.count();
        let at = OffsetDateTime::from(now);
        // Names that deleted files had are not used again, which would bring the order of files into disorder.
        let begun = if self.last.0 == at.unix_timestamp() { self.last.1 } else { 0 };
        for same_second in begun..begun + MAX_SAME_SECOND {
            let name = self.settings.kind.name(at, same_second);
            let path = self.settings.directory.join(&name);
            match (self.create)(&path) {
                Ok(medium) => {
                    self.last = (at.unix_timestamp(), same_second + 1);
                    self.current = Some(Current { name, path, medium, length: 0, day: at.date() });
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(ShelfError::Disk { kind, path, source }),
            }
        }
        Err(disk(io::ErrorKind::AlreadyExists.into()))
    }

    /// Writes whole blocks. After an error the file ends with those before it, and is closed.
    ///
    /// # Errors
    /// Where nothing more can be written.
    pub fn append(&mut self, octets: &[u8]) -> Result<(), ShelfError> {
        let made_room = self.make_room(octets.len() as u64);
        let kind = self.settings.kind;
        let Some(current) = &mut self.current else { return Ok(()) };
        let written = made_room.and_then(|()| {
            let disk = |source| ShelfError::Disk { kind, path: current.path.clone(), source };
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
    pub fn close(&mut self) {
        if let Some(Current { path, length: 0, .. }) = self.current.take() {
            // Nobody needs a file without anything in it.
            let _ = fs::remove_file(path);
        }
        self.count();
    }

    /// Deletes files that are kept for long enough.
    pub fn discard_old(&mut self, now: SystemTime) {
        let Some(keep) = self.settings.keep else { return };
        for file in self.files().into_iter().filter(|file| !file.open) {
            if now.duration_since(file.modified).is_ok_and(|age| age > keep) {
                let _ = fs::remove_file(self.settings.directory.join(file.name));
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
        if free < self.settings.min_free.saturating_add(more) {
            let (kind, path) = (self.settings.kind, self.settings.directory.clone());
            return Err(ShelfError::NearlyFull { kind, path, free_mb: free >> 20 });
        }
        let needed = self.length() + more;
        if self.closed + needed > self.settings.total && self.settings.when_full == WhenFull::DeleteOldest {
            let mut over = (self.closed + needed).saturating_sub(self.settings.total);
            for file in self.files().into_iter().filter(|file| !file.open) {
                if over == 0 {
                    break;
                }
                if fs::remove_file(self.settings.directory.join(file.name)).is_ok() {
                    over = over.saturating_sub(file.size);
                }
            }
            self.count();
        }
        match self.closed + needed > self.settings.total {
            true => Err(ShelfError::Full { kind: self.settings.kind, total_mb: self.settings.total >> 20 }),
            false => Ok(()),
        }
    }

    /// Octets of the disk that nobody has; all where the system does not say.
    fn free(&self) -> u64 {
        rustix::fs::statvfs(&self.settings.directory)
            .map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURES: FileKind =
        FileKind { prefix: "sipav_", ending: ".pcapng", noun: "capture", german: "der Mitschnitt", table: "capture" };

    #[test]
    fn why_nothing_is_written_is_said_in_both_languages() {
        let path = PathBuf::from("/x");
        let told = ShelfError::NearlyFull { kind: CAPTURES, path: path.clone(), free_mb: 3 }.sentence();
        assert_eq!(
            told.english,
            "The disk with /x has only 3 MB left. Delete something there, or set capture.directory to a directory on \
             another disk."
        );
        assert_eq!(
            told.german,
            "Auf dem Datenträger mit /x sind nur noch 3 MB frei. Löschen Sie dort etwas, oder setzen Sie \
             capture.directory auf ein Verzeichnis eines anderen Datenträgers."
        );
        let told = ShelfError::Disk { kind: CAPTURES, path, source: io::ErrorKind::StorageFull.into() }.sentence();
        assert!(told.german.starts_with("/x: der Mitschnitt kann nicht geschrieben werden: "), "{}", told.german);
    }

    #[test]
    fn names_of_files_tell_their_time_and_lead_nowhere_else() {
        let at = OffsetDateTime::from_unix_timestamp(1_763_760_000).unwrap();
        assert_eq!(CAPTURES.name(at, 0), "sipav_2025-11-21_21-20-00.pcapng");
        assert_eq!(CAPTURES.name(at, 1), "sipav_2025-11-21_21-20-00_002.pcapng");
        assert!((0..12).map(|more| CAPTURES.name(at, more)).is_sorted());
        assert!(CAPTURES.is_name(&CAPTURES.name(at, 0)) && CAPTURES.is_name(&CAPTURES.name(at, 7)));
        for name in
            ["sipav_.pcapng", "sipav_/../x.pcapng", "sipav_1.pcapng.part", "x_sipav_1.pcapng", "../sipav_1.pcapng"]
        {
            assert!(!CAPTURES.is_name(name), "{name}");
        }
    }
}
