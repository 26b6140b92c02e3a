//! Lines that wait for their REGISTER, so that many of them do not storm a PBX.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use crate::ids::LineId;

/// Lets one line after the other go, with a pause in between.
#[derive(Debug)]
pub(super) struct Pacer {
    pause: Duration,
    waiting: VecDeque<LineId>,
    queued: HashSet<LineId>,
    free_at: Option<Instant>,
}

impl Pacer {
    /// Nobody waits.
    pub(super) fn new(pause: Duration) -> Pacer {
        Pacer { pause, waiting: VecDeque::new(), queued: HashSet::new(), free_at: None }
    }

    /// A line wants to go; it waits once, however often it asks.
    pub(super) fn push(&mut self, line: LineId) {
        if self.queued.insert(line) {
            self.waiting.push_back(line);
        }
    }

    /// The line that may go now.
    pub(super) fn due(&mut self, now: Instant) -> Option<LineId> {
        if self.free_at.is_some_and(|free| free > now) {
            return None;
        }
        let line = self.waiting.pop_front()?;
        self.queued.remove(&line);
        // Counted from when it was due, so that a driver that wakes late does not fall behind.
        let due = self.free_at.map_or(now, |free| free.max(now.checked_sub(self.pause).unwrap_or(now)));
        self.free_at = Some(due + self.pause);
        Some(line)
    }

    /// When [`Pacer::due`] is worth asking.
    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        self.waiting.front().map(|_| self.free_at.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_at_a_time() {
        let mut now = Instant::now();
        let pause = Duration::from_millis(20);
        let mut pacer = Pacer::new(pause);
        (0..5).chain(0..3).for_each(|line| pacer.push(LineId(line)));
        let mut gone = Vec::new();
        let begin = now;
        while let Some(at) = pacer.poll_timeout(now) {
            now = now.max(at);
            gone.extend(pacer.due(now));
            assert_eq!(pacer.due(now), None, "the next has to wait");
        }
        assert_eq!(gone, [0, 1, 2, 3, 4].map(LineId));
        assert_eq!(now - begin, pause * 4);
    }

    #[test]
    fn without_a_pause_all_go() {
        let now = Instant::now();
        let mut pacer = Pacer::new(Duration::ZERO);
        (0..1000).for_each(|line| pacer.push(LineId(line)));
        assert_eq!(std::iter::from_fn(|| pacer.due(now)).count(), 1000);
    }
}
