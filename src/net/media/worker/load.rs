//! How busy a worker is, and when that is too much.
//!
//! A worker that cannot keep up is late for its timers long before its sockets lose packets. Two things say so: the
//! share of time in which it does not wait for anything, and how often it is late.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What one decision looks at.
const WINDOW: Duration = Duration::from_secs(1);
/// What is served this much later than it was due counts as late: a packet's worth of audio.
const LATE: Duration = Duration::from_millis(20);
/// Fewer turns than these in a window say nothing about lateness.
const MIN_TURNS: u32 = 20;

/// How busy a media thread was in its last second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct WorkerLoad {
    /// Share of time in which it had something to do.
    pub busy: f32,
    /// Share of what it served that came more than 20 ms late.
    pub late: f32,
    /// Whether that is too much: it takes no further call.
    pub overloaded: bool,
}

/// What a worker was like for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Window {
    /// Share of time that it was not waiting.
    pub(in super::super) busy: f32,
    /// Share of turns that came late.
    pub(in super::super) late: f32,
}

/// Decides whether a worker has too much to do. Begins after two windows above the upper bounds, since one may be
/// somebody else's fault, and ends after three below the lower ones.
#[derive(Debug, Default)]
pub(in super::super) struct Overload {
    overloaded: bool,
    /// Windows in a row that speak for the other state.
    against: u32,
}

impl Overload {
    /// Takes one window; gives whether there is too much to do.
    pub(in super::super) fn observe(&mut self, window: Window) -> bool {
        let (speaks_against, needed) = match self.overloaded {
            false => (window.busy > 0.9 || window.late > 0.2, 2),
            true => (window.busy < 0.75 && window.late < 0.05, 3),
        };
        self.against = if speaks_against { self.against + 1 } else { 0 };
        if self.against >= needed {
            self.overloaded = !self.overloaded;
            self.against = 0;
        }
        self.overloaded
    }
}

/// A worker's load, as the others see it.
#[derive(Debug, Default)]
pub(super) struct Load {
    overloaded: AtomicBool,
    /// In thousandths.
    busy: AtomicU32,
    /// In thousandths.
    late: AtomicU32,
}

impl Load {
    /// How it was in its last second.
    pub(super) fn last(&self) -> WorkerLoad {
        let share = |thousandths: &AtomicU32| thousandths.load(Ordering::Relaxed) as f32 / 1_000.0;
        WorkerLoad { busy: share(&self.busy), late: share(&self.late), overloaded: self.is_overloaded() }
    }

    pub(super) fn is_overloaded(&self) -> bool {
        self.overloaded.load(Ordering::Relaxed)
    }

    pub(super) fn busy(&self) -> u32 {
        self.busy.load(Ordering::Relaxed)
    }
}

/// Measures a worker, in its own thread.
#[derive(Debug)]
pub(super) struct Gauge {
    decision: Overload,
    since: Instant,
    busy: Duration,
    turns: u32,
    late: u32,
}

impl Gauge {
    pub(super) fn new(now: Instant) -> Gauge {
        Gauge { decision: Overload::default(), since: now, busy: Duration::ZERO, turns: 0, late: 0 }
    }

    /// Something was served that was due at a certain time.
    pub(super) fn served(&mut self, due: Instant, now: Instant) {
        self.turns += 1;
        self.late += u32::from(now.saturating_duration_since(due) > LATE);
    }

    /// A turn is done: the worker waited until `begun`, and will again.
    pub(super) fn turn(&mut self, begun: Instant, now: Instant, load: &Load) {
        self.busy += now.saturating_duration_since(begun);
        // Whoever came just after it had begun has waited for all of it.
        self.served(begun, now);
        let length = now.saturating_duration_since(self.since);
        if length < WINDOW {
            return;
        }
        let late = if self.turns < MIN_TURNS { 0.0 } else { self.late as f32 / self.turns as f32 };
        let window = Window { busy: self.busy.as_secs_f32() / length.as_secs_f32(), late };
        let was = load.is_overloaded();
        let is = self.decision.observe(window);
        if is != was {
            tracing::warn!(busy = window.busy, late = window.late, overloaded = is, "load of a media thread");
        }
        load.overloaded.store(is, Ordering::Relaxed);
        load.busy.store((window.busy * 1_000.0) as u32, Ordering::Relaxed);
        load.late.store((window.late * 1_000.0) as u32, Ordering::Relaxed);
        *self = Gauge { decision: std::mem::take(&mut self.decision), ..Gauge::new(now) };
    }

    /// How long a worker may wait that has nothing to do: figures of better times must not stay.
    pub(super) fn patience(&self, load: &Load) -> Option<Duration> {
        (load.last() != WorkerLoad::default()).then_some(WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Window = Window { busy: 0.3, late: 0.0 };
    const FULL: Window = Window { busy: 0.95, late: 0.0 };

    fn after(windows: &[Window]) -> bool {
        let mut overload = Overload::default();
        windows.iter().fold(false, |_, &window| overload.observe(window))
    }

    #[test]
    fn one_bad_second_refuses_nobody() {
        assert!(!after(&[CALM, FULL, CALM, FULL, CALM]));
        assert!(after(&[CALM, FULL, FULL]));
    }

    #[test]
    fn being_late_is_too_much_however_idle_it_looks() {
        let late = Window { busy: 0.2, late: 0.3 };
        assert!(after(&[late, late]));
    }

    #[test]
    fn it_ends_only_when_there_is_room_again() {
        let less = Window { busy: 0.85, late: 0.0 };
        assert!(after(&[FULL, FULL, less, less, less, less]));
        assert!(after(&[FULL, FULL, CALM, CALM, less, CALM, CALM]));
        assert!(!after(&[FULL, FULL, CALM, CALM, CALM]));
    }

    #[test]
    fn a_worker_that_idles_says_so() {
        let start = Instant::now();
        let (load, mut gauge) = (Load::default(), Gauge::new(start));
        for second in 1..=3 {
            let end = start + WINDOW * second;
            gauge.turn(end - Duration::from_millis(950), end, &load);
        }
        assert!(load.is_overloaded());
        // A turn that takes so long makes wait who came when it had begun.
        assert_eq!(load.last(), WorkerLoad { busy: 0.95, late: 0.0, overloaded: true });
        for second in 4..=6 {
            assert!(gauge.patience(&load).is_some());
            let end = start + WINDOW * second;
            gauge.turn(end, end, &load);
        }
        assert_eq!(load.last(), WorkerLoad::default());
    }

    #[test]
    fn lateness_is_told_with_the_load() {
        let start = Instant::now();
        let (load, mut gauge) = (Load::default(), Gauge::new(start));
        for _ in 0..29 {
            gauge.served(start, start + LATE * 2);
        }
        gauge.turn(start + WINDOW, start + WINDOW, &load);
        assert_eq!(load.last(), WorkerLoad { busy: 0.0, late: 0.966, overloaded: false });
    }
}
