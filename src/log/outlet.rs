//! The way of lines to somebody who may be slow: bounded, and never waited for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tracing::Level;

use super::line::LogLine;

/// Lines that wait.
const BACKLOG: usize = 8 * 1024;
/// Octets of them.
const BACKLOG_OCTETS: usize = 8 << 20;
/// How long a line may wait before it is where it belongs.
pub(super) const WRITE_WITHIN: Duration = Duration::from_millis(200);
/// How often a writer that has nothing to do is asked what is due.
const IDLE: Duration = Duration::from_secs(60);

/// Writes lines, in a thread of its own.
pub(super) trait Writer: Send {
    /// Takes a line; true where it waits for [`Writer::flush`].
    fn write(&mut self, line: &LogLine) -> bool;

    /// Writes what waits, and does what is due now and then.
    fn flush(&mut self) {}
}

enum Message {
    Line(Arc<LogLine>),
    Flush(SyncSender<()>),
}

/// The way of lines to a [`Writer`].
#[derive(Debug)]
pub(super) struct Outlet {
    queue: SyncSender<Message>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    octets: AtomicUsize,
    /// Lines that did not fit: to be said yet, and all.
    dropped: AtomicU64,
    dropped_ever: AtomicU64,
}

impl Outlet {
    /// Starts a thread for a writer, which ends with the outlet.
    pub(super) fn start(name: &str, writer: impl Writer + 'static) -> io::Result<Outlet> {
        let (queue, messages) = sync_channel(BACKLOG);
        let counts = Arc::new(Counts::default());
        let thread = Thread { writer, counts: counts.clone(), waits: false, flushed_at: Instant::now() };
        std::thread::Builder::new().name(name.into()).spawn(move || thread.run(&messages))?;
        Ok(Outlet { queue, counts })
    }

    /// Gives a line on its way. One that does not fit is counted.
    pub(super) fn send(&self, line: &Arc<LogLine>) {
        let size = line.size();
        let fits = self.counts.octets.fetch_add(size, Ordering::Relaxed) + size <= BACKLOG_OCTETS;
        if !(fits && self.queue.try_send(Message::Line(line.clone())).is_ok()) {
            self.counts.octets.fetch_sub(size, Ordering::Relaxed);
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
            self.counts.dropped_ever.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that did not fit since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.counts.dropped_ever.load(Ordering::Relaxed)
    }

    /// Waits until everything is written that was sent, no longer than until then.
    pub(super) fn flush(&self, until: Instant) {
        let (done, written) = sync_channel(1);
        // A full queue does not move, or will have moved in a moment.
        while self.queue.try_send(Message::Flush(done.clone())).is_err() {
            if Instant::now() >= until {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let _ = written.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

struct Thread<W> {
    writer: W,
    counts: Arc<Counts>,
    /// The writer has something that is not written.
    waits: bool,
    flushed_at: Instant,
}

impl<W: Writer> Thread<W> {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            match messages.recv_timeout(if self.waits { WRITE_WITHIN } else { IDLE }) {
                Ok(Message::Line(line)) => {
                    self.counts.octets.fetch_sub(line.size(), Ordering::Relaxed);
                    self.say_dropped();
                    self.waits |= self.writer.write(&line);
                }
                Ok(Message::Flush(done)) => {
                    self.say_dropped();
                    self.flush();
                    let _ = done.try_send(());
                }
                Err(RecvTimeoutError::Timeout) => self.flush(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.waits && self.flushed_at.elapsed() >= WRITE_WITHIN {
                self.flush();
            }
        }
        self.flush();
    }

    fn flush(&mut self) {
        self.writer.flush();
        self.waits = false;
        self.flushed_at = Instant::now();
    }

    fn say_dropped(&mut self) {
        let dropped = self.counts.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let message = format!("{dropped} lines are missing here: they came faster than they could be written");
            self.waits |= self.writer.write(&LogLine::own(Level::WARN, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;

    /// Notes lines, each after having been let.
    struct Slow {
        let_on: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<String>>>,
    }

    impl Writer for Slow {
        fn write(&mut self, line: &LogLine) -> bool {
            let _ = self.let_on.recv();
            self.written.lock().unwrap().push(line.message.clone());
            false
        }
    }

    #[test]
    fn a_writer_that_hangs_holds_nobody_up_and_what_is_lost_is_said() {
        let (let_on, waits) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let outlet = Outlet::start("slow", Slow { let_on: waits, written: written.clone() }).unwrap();
        for number in 0..BACKLOG + 100 {
            outlet.send(&Arc::new(LogLine::own(Level::INFO, number.to_string())));
        }
        let dropped = outlet.dropped();
        assert!((99..=100).contains(&dropped), "one may be in the writer's hands: {dropped}");
        drop(let_on);
        outlet.flush(Instant::now() + Duration::from_secs(20));
        let written = written.lock().unwrap();
        assert_eq!(written.len() as u64, BACKLOG as u64 + 100 - dropped + 1);
        let said = written.iter().filter(|line| line.starts_with(&format!("{dropped} lines are missing here")));
        assert_eq!(said.count(), 1);
    }

    #[test]
    fn octets_are_bounded_too() {
        let (let_on, waits) = mpsc::channel::<()>();
        let outlet = Outlet::start("slow", Slow { let_on: waits, written: Arc::default() }).unwrap();
        let line = Arc::new(LogLine::own(Level::INFO, "x".repeat(1 << 20)));
        (0..16).for_each(|_| outlet.send(&line));
        assert!(outlet.dropped() >= 8, "{}", outlet.dropped());
        drop(let_on);
    }
}
