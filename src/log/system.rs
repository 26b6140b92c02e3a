//! Errors and warnings for the log of the system: the journal of systemd, or syslog (RFC 3164).

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tracing::Level;

use super::Shared;
use super::area::LogLevel;
use super::line::{LogLine, Plain};
use super::outlet::Writer;
use crate::shelf::Sentence;

/// Who logs, as others see it.
const IDENTIFIER: &str = "offhook";
/// The facility of servers.
const DAEMON: u8 = 3;
/// Octets of a message; some readers cut off or refuse longer ones.
const MAX_MESSAGE: usize = 4 * 1024;
/// A log of the system that does not take a message within this time does not get it.
const TAKEN_WITHIN: Duration = Duration::from_secs(1);
/// How often a log of the system that is not there is looked for.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Where the logs of the system listen.
#[derive(Debug, Clone)]
pub struct SystemSockets {
    /// The journal's own.
    pub journal: PathBuf,
    /// Syslog's.
    pub syslog: PathBuf,
}

impl Default for SystemSockets {
    fn default() -> Self {
        SystemSockets { journal: "/run/systemd/journal/socket".into(), syslog: "/dev/log".into() }
    }
}

/// How it goes with the log of the system.
#[derive(Debug, Default)]
pub(super) struct SystemState {
    problem: Mutex<Option<Sentence>>,
    /// Lines that it did not take.
    lost: AtomicU64,
}

impl SystemState {
    /// Why lines do not get there.
    pub(super) fn problem(&self) -> MutexGuard<'_, Option<Sentence>> {
        // Nobody leaves anything half done under this lock.
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines that did not since the start.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Sends lines to the log of the system.
pub(super) struct SystemWriter {
    sockets: SystemSockets,
    /// The one that is open, and whether it is the journal's.
    open: Option<(UnixDatagram, bool)>,
    tried_at: Option<Instant>,
    state: Arc<SystemState>,
    shared: Weak<Shared>,
}

impl SystemWriter {
    pub(super) fn new(sockets: SystemSockets, state: Arc<SystemState>, shared: Weak<Shared>) -> Self {
        SystemWriter { sockets, open: None, tried_at: None, state, shared }
    }

    fn send(&mut self, line: &LogLine) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(self.connect()?);
        }
        let Some((socket, is_journal)) = &self.open else { return Ok(()) };
        let message = if *is_journal { journal(line) } else { syslog(line) };
        socket.send(message.as_bytes()).map(drop)
    }

    fn connect(&self) -> io::Result<(UnixDatagram, bool)> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(TAKEN_WITHIN))?;
        if socket.connect(&self.sockets.journal).is_ok() {
            return Ok((socket, true));
        }
        socket.connect(&self.sockets.syslog)?;
        Ok((socket, false))
    }

    fn rests(&self) -> bool {
        self.open.is_none() && self.tried_at.is_some_and(|at| at.elapsed() < TRY_AGAIN)
    }
}

impl Writer for SystemWriter {
    fn write(&mut self, line: &LogLine) -> bool {
        if self.rests() {
            self.state.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let mut sent = self.send(line);
        if sent.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            // It may have been started anew.
            self.open = None;
            sent = self.send(line);
        }
        let problem = sent.err().map(|error| Sentence {
            english: format!("The log of the system does not take messages: {error}."),
            german: format!("Das Protokoll des Systems nimmt keine Meldungen an: {error}."),
        });
        let before = std::mem::replace(&mut *self.state.problem(), problem.clone());
        if let Some(problem) = problem {
            self.state.lost.fetch_add(1, Ordering::Relaxed);
            self.open = None;
            self.tried_at = Some(Instant::now());
            // At a level that does not come back here.
            if let (None, Some(shared)) = (before, self.shared.upgrade()) {
                shared.emit(LogLine::own(Level::INFO, problem.english));
            }
        }
        false
    }
}

/// RFC 5424 6.2.1.
fn severity(level: LogLevel) -> u8 {
    match level {
        LogLevel::Off | LogLevel::Error => 3,
        LogLevel::Warn => 4,
        LogLevel::Info => 6,
        LogLevel::Debug | LogLevel::Trace => 7,
    }
}

fn words(line: &LogLine) -> String {
    let mut text = format!("{}: {}", line.area, Plain(&line.message));
    let details = line.details();
    if !details.is_empty() {
        text.push(' ');
        text += &details;
    }
    text.truncate(text.floor_char_boundary(MAX_MESSAGE));
    text
}

/// What the C library's `syslog` sends, without the time, which the reader adds.
fn syslog(line: &LogLine) -> String {
    let priority = DAEMON * 8 + severity(line.level);
    format!("<{priority}>{IDENTIFIER}[{}]: {}", std::process::id(), words(line))
}

/// The journal's own protocol: a field a line. No text has a line end in it.
fn journal(line: &LogLine) -> String {
    let mut text = format!(
        "PRIORITY={}\nSYSLOG_FACILITY={DAEMON}\nSYSLOG_IDENTIFIER={IDENTIFIER}\nMESSAGE={}\nOFFHOOK_AREA={}\n",
        severity(line.level),
        words(line),
        line.area
    );
    let LogLine { call, line, group, user, .. } = line;
    for (name, value) in [("CALL", call), ("LINE", line), ("GROUP", group), ("USER", user)] {
        if let Some(value) = value {
            text += &format!("OFFHOOK_{name}={}\n", Plain(value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> LogLine {
        LogLine {
            line: Some("100".into()),
            fields: vec![("reason", "two\nlines".into())],
            ..LogLine::own(Level::ERROR, "the PBX\nis gone".into())
        }
    }

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn folder(name: &str) -> (Folder, SystemSockets) {
        let folder = std::env::temp_dir().join(format!("offhook-system-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let sockets = SystemSockets { journal: folder.join("journal"), syslog: folder.join("log") };
        (Folder(folder), sockets)
    }

    fn read(socket: &UnixDatagram) -> String {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut buffer = [0; 8192];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn syslog_gets_a_message_and_the_journal_fields() {
        let (_folder, sockets) = folder("both");
        let syslog = UnixDatagram::bind(&sockets.syslog).unwrap();
        let mut writer = SystemWriter::new(sockets.clone(), Arc::default(), Weak::new());
        writer.write(&line());
        let pid = std::process::id();
        assert_eq!(
            read(&syslog),
            format!("<27>offhook[{pid}]: server: the PBX\\nis gone line=100 reason=\"two\\nlines\"")
        );

        let journal = UnixDatagram::bind(&sockets.journal).unwrap();
        let mut writer = SystemWriter::new(sockets, Arc::default(), Weak::new());
        writer.write(&line());
        let told = read(&journal);
        for expected in ["PRIORITY=3", "SYSLOG_IDENTIFIER=offhook", "OFFHOOK_AREA=server", "OFFHOOK_LINE=100"] {
            assert!(told.lines().any(|line| line == expected), "{expected}\n{told}");
        }
        assert!(told.contains("\nMESSAGE=server: the PBX\\nis gone "), "{told}");
    }

    #[test]
    fn a_log_of_the_system_that_is_not_there_is_said_and_found_when_it_comes_back() {
        let (_folder, sockets) = folder("gone");
        let state = Arc::new(SystemState::default());
        let mut writer = SystemWriter::new(sockets.clone(), state.clone(), Weak::new());
        writer.write(&line());
        writer.write(&line());
        assert_eq!(state.lost(), 2);
        let said = state.problem().clone().unwrap();
        assert!(said.english.starts_with("The log of the system does not take messages: "), "{said:?}");
        assert!(said.german.starts_with("Das Protokoll des Systems nimmt keine Meldungen an: "), "{said:?}");
        let socket = UnixDatagram::bind(&sockets.syslog).unwrap();
        writer.tried_at = None;
        writer.write(&line());
        assert_eq!(*state.problem(), None);
        read(&socket);
        // Started anew.
        drop(socket);
        std::fs::remove_file(&sockets.syslog).unwrap();
        let socket = UnixDatagram::bind(&sockets.syslog).unwrap();
        writer.write(&line());
        read(&socket);
        assert_eq!(*state.problem(), None);
    }
}
