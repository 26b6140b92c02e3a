//! Capture files while the server runs: who is captured, and the thread that writes.
//!
//! Signalling hands over what happens through a bounded queue and goes on; what does not fit is counted, and said in
//! the file and to administrators. A disk that is full or slow ends the capture, never a call.

#[cfg(test)]
mod tests;
mod thread;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::record::{Record, Sink};
use crate::ids::{LineGroupId, LineId};
use crate::shelf::{FileKind, Shelf, ShelfSettings};
pub use crate::shelf::{ShelfFile as CaptureFile, WhenFull};

/// Records that wait for the thread.
const BACKLOG: usize = 16 * 1024;
/// Octets of them.
const BACKLOG_OCTETS: usize = 32 << 20;

/// What capture files are called.
const CAPTURE_FILES: FileKind = FileKind { prefix: "sipav_", ending: ".pcapng", noun: "capture", table: "capture" };

/// How captures are kept.
#[derive(Debug, Clone)]
pub struct CaptureSettings {
    /// Where the files go; it is made where it is missing.
    pub directory: PathBuf,
    /// A file that has so many octets is followed by another.
    pub max_file: u64,
    /// All files together never have more octets.
    pub total: u64,
    /// How long a file is kept; None: until there is no room for it.
    pub keep: Option<Duration>,
    /// What happens when there is no room for another.
    pub when_full: WhenFull,
    /// Octets of the disk that are left to others.
    pub min_free: u64,
    /// The pseudonyms, where numbers and names get some.
    pub pseudonyms: Option<Pseudonyms>,
    /// Names of line groups, numbers of lines and names of users, for comments.
    pub names: CaptureNames,
}

impl From<&CaptureSettings> for ShelfSettings {
    fn from(settings: &CaptureSettings) -> ShelfSettings {
        ShelfSettings {
            directory: settings.directory.clone(),
            kind: CAPTURE_FILES,
            total: settings.total,
            keep: settings.keep,
            when_full: settings.when_full,
            min_free: settings.min_free,
        }
    }
}

/// What people call what records name by number.
#[derive(Debug, Clone, Default)]
pub struct CaptureNames {
    /// By [`LineGroupId`].
    pub groups: Vec<String>,
    /// By [`LineId`].
    pub lines: Vec<String>,
    /// By [`UserId`](crate::ids::UserId).
    pub users: Vec<String>,
}

/// What of a line group is captured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Selection {
    /// Nothing.
    #[default]
    Off,
    /// Everything.
    All,
    /// What belongs to these lines.
    Lines(FxHashSet<LineId>),
}

/// Where captures stand.
#[derive(Debug, Clone)]
pub struct CaptureStatus {
    /// By [`LineGroupId`].
    pub groups: Vec<Selection>,
    /// The files, the oldest first.
    pub files: Vec<CaptureFile>,
    /// Messages that were lost since the start.
    pub lost: u64,
    /// Why capturing has ended by itself, in a sentence.
    pub stopped: Option<String>,
    /// Octets that all files together may have.
    pub total_limit: u64,
}

/// Captures, as administrators have them.
#[derive(Debug, Clone)]
pub struct Captures {
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Debug)]
struct Shared {
    /// Whether anything is captured.
    open: AtomicBool,
    groups: RwLock<Vec<Selection>>,
    stopped: Mutex<Option<String>>,
    shelf: Mutex<Shelf>,
    total_limit: u64,
    pseudonyms: Option<Pseudonyms>,
    /// What the next packet must say, and all since the start.
    lost: AtomicU64,
    lost_ever: AtomicU64,
    queued: AtomicUsize,
}

/// The way of records to the thread, which ends when this goes.
#[derive(Debug)]
pub struct CaptureSink {
    shared: Arc<Shared>,
    records: SyncSender<Record>,
}

impl Captures {
    /// Starts the thread. `groups` is what is captured from the beginning, by [`LineGroupId`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: CaptureSettings, groups: Vec<Selection>) -> io::Result<(Captures, CaptureSink)> {
        let (records, receiver) = sync_channel(BACKLOG);
        let shared = Arc::new(Shared {
            open: AtomicBool::new(groups.iter().any(|selection| *selection != Selection::Off)),
            groups: RwLock::new(groups),
            stopped: Mutex::new(None),
            shelf: Mutex::new(Shelf::new(&settings)),
            total_limit: settings.total,
            pseudonyms: settings.pseudonyms.clone(),
            lost: AtomicU64::new(0),
            lost_ever: AtomicU64::new(0),
            queued: AtomicUsize::new(0),
        });
        let writer = thread::Thread::new(shared.clone(), settings);
        let thread = std::thread::Builder::new().name("captures".into()).spawn(move || writer.run(&receiver))?;
        let captures = Captures { shared: shared.clone(), thread: Arc::new(Mutex::new(Some(thread))) };
        Ok((captures, CaptureSink { shared, records }))
    }

    /// Says what of a line group is captured from now on.
    pub fn select(&self, group: LineGroupId, selection: Selection) {
        let mut groups = self.shared.groups.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = groups.get_mut(group.0 as usize) {
            if selection != Selection::Off {
                *lock(&self.shared.stopped) = None;
            }
            *known = selection;
        }
        let open = groups.iter().any(|selection| *selection != Selection::Off);
        self.shared.open.store(open, Ordering::Relaxed);
    }

    /// What of a line group is captured.
    pub fn selected(&self, group: LineGroupId) -> Selection {
        let groups = self.shared.groups.read().unwrap_or_else(PoisonError::into_inner);
        groups.get(group.0 as usize).cloned().unwrap_or_default()
    }

    /// Where captures stand. Reads the directory.
    pub fn status(&self) -> CaptureStatus {
        let groups = self.shared.groups.read().unwrap_or_else(PoisonError::into_inner).clone();
        CaptureStatus {
            groups,
            files: lock(&self.shared.shelf).files(),
            lost: self.shared.lost_ever.load(Ordering::Relaxed),
            stopped: lock(&self.shared.stopped).clone(),
            total_limit: self.shared.total_limit,
        }
    }

    /// Messages that were lost since the start.
    pub fn lost(&self) -> u64 {
        self.shared.lost_ever.load(Ordering::Relaxed)
    }

    /// Octets that wait to be written, and how many can.
    pub fn queued(&self) -> (usize, usize) {
        (self.shared.queued.load(Ordering::Relaxed), BACKLOG_OCTETS)
    }

    /// Why capturing has ended by itself, in a sentence.
    pub fn stopped(&self) -> Option<String> {
        lock(&self.shared.stopped).clone()
    }

    /// The pseudonyms of the files, where numbers and names get some.
    pub fn pseudonyms(&self) -> Option<Pseudonyms> {
        self.shared.pseudonyms.clone()
    }

    /// Where a file is, if there is one of this name.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        lock(&self.shared.shelf).path(name)
    }

    /// Deletes a file that is not being written; false where there is none.
    ///
    /// # Errors
    /// When the system does not let it go.
    pub fn delete(&self, name: &str) -> io::Result<bool> {
        lock(&self.shared.shelf).delete(name)
    }

    /// Deletes all files that are not being written; gives how many.
    ///
    /// # Errors
    /// When the system does not let one go; others may have gone.
    pub fn delete_all(&self) -> io::Result<usize> {
        lock(&self.shared.shelf).delete_all()
    }

    /// Waits until the thread has written everything and ended, which it does once its [`CaptureSink`] is gone.
    pub fn wait(&self) {
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Capturing ends for all, until somebody begins it anew.
    fn stop(&self, why: String) {
        tracing::warn!(%why, "capturing has ended");
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        groups.fill(Selection::Off);
        self.open.store(false, Ordering::Relaxed);
        *lock(&self.stopped) = Some(why);
    }

    fn wants(&self, record: &Record) -> bool {
        let Some(group) = record.group else { return false };
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        match groups.get(group.0 as usize) {
            None | Some(Selection::Off) => false,
            Some(Selection::All) => true,
            Some(Selection::Lines(lines)) => record.line.is_some_and(|line| lines.contains(&line)),
        }
    }

    fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        self.lost_ever.fetch_add(1, Ordering::Relaxed);
    }
}

impl Sink for CaptureSink {
    fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Relaxed)
    }

    fn wants(&self, record: &Record) -> bool {
        self.shared.wants(record)
    }

    fn take(&mut self, record: Record) {
        let size = record.size();
        let fits = self.shared.queued.fetch_add(size, Ordering::Relaxed) + size <= BACKLOG_OCTETS;
        if !(fits && self.records.try_send(record).is_ok()) {
            self.shared.queued.fetch_sub(size, Ordering::Relaxed);
            self.shared.lose();
        }
    }
}

/// Nobody leaves anything half done under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
