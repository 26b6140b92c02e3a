//! The log of the running server: structured lines, in files, on standard error, in the log of the system, and the
//! newest in memory.
//!
//! Whoever logs hands a line over and goes on. Each place that lines go to has a thread and a bounded queue of its own;
//! what does not fit there is counted, and said where it is missing.

mod area;
mod files;
mod line;
mod outlet;
mod subject;
mod system;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry, reload};

pub use self::area::{Area, Levels, LogLevel, UnknownArea, UnknownLevel};
use self::files::{FileWriter, Files};
pub use self::line::{Format, LogLine, LogNames};
use self::outlet::{Outlet, Writer};
pub use self::subject::{AtWork, Subject};
pub use self::system::SystemSockets;
use self::system::{SystemState, SystemWriter};
use crate::shelf::{FileKind, Sentence, Shelf, ShelfFile, ShelfSettings};

/// Lines that are kept in memory, and octets of them.
const RECENT: usize = 4_000;
const RECENT_OCTETS: usize = 4 << 20;

/// What log files are called.
pub const LOG_FILES: FileKind =
    FileKind { prefix: "offhook_", ending: ".log", noun: "log", german: "das Protokoll", table: "log" };

/// How the log is kept.
#[derive(Debug)]
pub struct LogSettings {
    /// What is logged at first.
    pub levels: Levels,
    /// How lines are written in files and on standard error.
    pub format: Format,
    /// Whether they go to standard error.
    pub stderr: bool,
    /// The files; None: there are none.
    pub files: Option<FileSettings>,
    /// What goes to the log of the system: this and what is more important; None: nothing does.
    pub system: Option<(LogLevel, SystemSockets)>,
    /// Names of line groups, numbers of lines and names of users.
    pub names: LogNames,
}

/// How files are kept.
#[derive(Debug)]
pub struct FileSettings {
    /// Their directory.
    pub shelf: ShelfSettings,
    /// A file that has so many octets is followed by another.
    pub max_file: u64,
}

/// The log, as administrators have it.
#[derive(Debug, Clone)]
pub struct Log {
    shared: Arc<Shared>,
    filter: Filter,
}

/// Makes other levels count.
#[derive(Clone)]
struct Filter(Arc<dyn Fn(&Levels) + Send + Sync>);

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filter")
    }
}

#[derive(Debug)]
struct Shared {
    names: RwLock<Arc<LogNames>>,
    levels: Mutex<Levels>,
    recent: Mutex<Recent>,
    stderr: Option<Outlet>,
    file: Option<(Arc<Files>, Outlet)>,
    /// Lines that are in no file because none could be written.
    not_in_files: AtomicU64,
    total_limit: u64,
    system: Option<System>,
}

#[derive(Debug)]
struct System {
    level: LogLevel,
    outlet: Outlet,
    state: Arc<SystemState>,
}

/// The newest lines.
#[derive(Debug, Default)]
struct Recent {
    lines: VecDeque<Arc<LogLine>>,
    octets: usize,
    seq: u64,
}

/// Where the log stands.
#[derive(Debug, Clone)]
pub struct LogStatus {
    /// Each area with its level.
    pub levels: Vec<(Area, LogLevel)>,
    /// The files, the oldest first.
    pub files: Vec<ShelfFile>,
    /// Octets that all files together may have; 0 where there are none.
    pub total_limit: u64,
    /// Why nothing is written to files, in a sentence.
    pub stopped: Option<Sentence>,
    /// Lines that are missing in files since the start.
    pub missing_in_files: u64,
    /// Lines that are missing on standard error.
    pub missing_on_stderr: u64,
    /// What goes to the log of the system.
    pub system: Option<LogLevel>,
    /// Lines that are missing there.
    pub missing_in_system: u64,
    /// Why it takes none, in a sentence.
    pub system_problem: Option<Sentence>,
}

/// Which of the newest lines are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Behind the one with this number.
    pub after: Option<u64>,
    /// This important or more.
    pub level: Option<LogLevel>,
    /// Of this area.
    pub area: Option<Area>,
    /// Of this call.
    pub call: Option<String>,
    /// Of the line with this number.
    pub line: Option<String>,
    /// Of this user.
    pub user: Option<String>,
    /// No more than so many; the newest.
    pub limit: usize,
}

impl Log {
    /// Starts the threads. What comes beside it makes lines of events, once it is installed.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: LogSettings) -> io::Result<(Log, impl Subscriber + Send + Sync)> {
        let LogSettings { levels, format, stderr, files, system, names } = settings;
        let (filter, handle) = reload::Layer::new(levels.filter());
        let mut failed = None;
        let shared = Arc::new_cyclic(|shared: &Weak<Shared>| {
            let mut started = |outlet: io::Result<Outlet>| outlet.map_err(|error| failed = Some(error)).ok();
            let stderr = stderr.then(|| started(Outlet::start("log-stderr", Stderr { format }))).flatten();
            let total_limit = files.as_ref().map_or(0, |files| files.shelf.total);
            let file = files.and_then(|FileSettings { shelf, max_file }| {
                let files = Arc::new(Files::new(Shelf::new(shelf)));
                let writer = FileWriter {
                    files: files.clone(),
                    shared: shared.clone(),
                    format,
                    max_file,
                    waiting: String::new(),
                    lines: 0,
                    discarded_at: None,
                    stopped_at: None,
                };
                Some((files, started(Outlet::start("log-files", writer))?))
            });
            let system = system.and_then(|(level, sockets)| {
                let state = Arc::default();
                let writer = SystemWriter::new(sockets, Arc::clone(&state), shared.clone());
                let outlet = started(Outlet::start("log-system", writer))?;
                Some(System { level, outlet, state })
            });
            Shared {
                names: RwLock::new(Arc::new(names)),
                levels: Mutex::new(levels),
                recent: Mutex::default(),
                stderr,
                file,
                not_in_files: AtomicU64::new(0),
                total_limit,
                system,
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let subscriber = Registry::default().with(filter).with(Lines(shared.clone()));
        let filter = Filter(Arc::new(move |levels: &Levels| {
            // Fails only where nothing is logged any more.
            let _ = handle.reload(levels.filter());
        }));
        Ok((Log { shared, filter }, subscriber))
    }

    /// How much of each area is logged.
    pub fn levels(&self) -> Levels {
        lock(&self.shared.levels).clone()
    }

    /// Line groups, lines and users are called like this from now on.
    pub fn set_names(&self, names: LogNames) {
        *self.shared.names.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(names);
    }

    /// Sets how much of some areas is logged from now on. The others stay as they are.
    pub fn set_levels(&self, changes: impl IntoIterator<Item = (Area, LogLevel)>) {
        let mut levels = lock(&self.shared.levels);
        changes.into_iter().for_each(|(area, level)| levels.set(area, level));
        (self.filter.0)(&levels);
    }

    /// Where the log stands. Reads the directory.
    pub fn status(&self) -> LogStatus {
        let Shared { stderr, file, system, .. } = &*self.shared;
        let files = file.as_ref();
        let not_in_files = self.shared.not_in_files.load(Ordering::Relaxed);
        LogStatus {
            levels: lock(&self.shared.levels).areas().collect(),
            files: self.files(),
            total_limit: self.shared.total_limit,
            stopped: files.and_then(|(files, _)| files.stopped().clone()),
            missing_in_files: not_in_files + files.map_or(0, |(_, outlet)| outlet.dropped()),
            missing_on_stderr: stderr.as_ref().map_or(0, Outlet::dropped),
            system: system.as_ref().map(|system| system.level),
            missing_in_system: system.as_ref().map_or(0, |system| system.outlet.dropped() + system.state.lost()),
            system_problem: system.as_ref().and_then(|system| system.state.problem().clone()),
        }
    }

    /// The newest lines that are wanted, the oldest first.
    pub fn recent(&self, wanted: &Wanted) -> Vec<Arc<LogLine>> {
        let lines: Vec<_> = lock(&self.shared.recent).lines.iter().cloned().collect();
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        let fits = |line: &&Arc<LogLine>| {
            wanted.after.is_none_or(|after| line.seq > after)
                && wanted.level.is_none_or(|level| line.level <= level)
                && wanted.area.is_none_or(|area| line.area == area)
                && is(&wanted.call, &line.call)
                && is(&wanted.line, &line.line)
                && is(&wanted.user, &line.user)
        };
        let mut found: Vec<_> = lines.iter().rev().filter(fits).take(wanted.limit).cloned().collect();
        found.reverse();
        found
    }

    /// The files, the oldest first. Reads the directory.
    pub fn files(&self) -> Vec<ShelfFile> {
        self.shared.file.as_ref().map(|(files, _)| files.shelf().files()).unwrap_or_default()
    }

    /// Where a file is, if there is one of this name.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.shared.file.as_ref()?.0.shelf().path(name)
    }

    /// Deletes a file that is not being written; false where there is none.
    ///
    /// # Errors
    /// When the system does not let it go.
    pub fn delete(&self, name: &str) -> io::Result<bool> {
        self.shared.file.as_ref().map_or(Ok(false), |(files, _)| files.shelf().delete(name))
    }

    /// Deletes all files that are not being written; gives how many.
    ///
    /// # Errors
    /// When the system does not let one go; others may have gone.
    pub fn delete_all(&self) -> io::Result<usize> {
        self.shared.file.as_ref().map_or(Ok(0), |(files, _)| files.shelf().delete_all())
    }

    /// Waits until everything is written that was logged, no longer than that.
    pub fn flush(&self, within: Duration) {
        let until = Instant::now() + within;
        let Shared { stderr, file, system, .. } = &*self.shared;
        let outlets =
            [stderr.as_ref(), file.as_ref().map(|(_, outlet)| outlet), system.as_ref().map(|system| &system.outlet)];
        outlets.into_iter().flatten().for_each(|outlet| outlet.flush(until));
    }
}

impl Shared {
    /// Gives a line to all that are to have it.
    fn emit(&self, mut line: LogLine) {
        let line = {
            let mut recent = lock(&self.recent);
            recent.seq += 1;
            line.seq = recent.seq;
            let line = Arc::new(line);
            recent.keep(line.clone());
            line
        };
        if let Some(stderr) = &self.stderr {
            stderr.send(&line);
        }
        if let Some((_, outlet)) = &self.file {
            outlet.send(&line);
        }
        if let Some(system) = self.system.as_ref().filter(|system| line.level <= system.level) {
            system.outlet.send(&line);
        }
    }

    fn not_in_files(&self, lines: u64) {
        self.not_in_files.fetch_add(lines, Ordering::Relaxed);
    }
}

impl Recent {
    fn keep(&mut self, line: Arc<LogLine>) {
        self.octets += line.size();
        self.lines.push_back(line);
        while self.lines.len() > RECENT || self.octets > RECENT_OCTETS {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.octets -= oldest.size();
        }
    }
}

/// Makes lines of events.
struct Lines(Arc<Shared>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let names = self.0.names.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.0.emit(LogLine::of(event, &names, SystemTime::now()));
    }
}

/// Writes lines to standard error.
struct Stderr {
    format: Format,
}

impl Writer for Stderr {
    fn write(&mut self, line: &LogLine) -> bool {
        // Whom could it be told?
        let _ = io::stderr().write_all(line.write(self.format).as_bytes());
        false
    }
}

/// Nobody leaves anything half done under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
