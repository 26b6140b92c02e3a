//! Every timer of the endpoint in one table, and the queue they wait in.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

/// Round-trip estimate (RFC 3261 17.1.1.1).
pub(crate) const T1: Duration = Duration::from_millis(500);
/// Longest interval between retransmissions of anything but INVITE requests.
pub(crate) const T2: Duration = Duration::from_secs(4);
/// How long a message may stay in the network.
pub(crate) const T4: Duration = Duration::from_secs(5);
/// When an unanswered request counts as failed: 64*T1.
pub(crate) const PATIENCE: Duration = Duration::from_secs(32);

/// What wakes the endpoint. Letters are those of RFC 3261 table 4 and RFC 6026 7.1; two roles of one letter pair
/// share a line where a transaction can only ever wait for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Timer {
    /// A: INVITE again over an unreliable transport; doubles from T1.
    InviteRetransmit,
    /// B: no response to INVITE; D: absorb repeated failures of INVITE; M: absorb repeated 2xx of INVITE.
    InviteEnd,
    /// E: another request again over an unreliable transport; doubles from T1 to T2.
    RequestRetransmit,
    /// F: no final response; K: absorb repeated responses.
    RequestEnd,
    /// G: failure response to INVITE again over an unreliable transport; doubles from T1 to T2.
    FailureRetransmit,
    /// H: no ACK for a failure response; I: absorb repeated ACKs; L: absorb repeated INVITEs after 2xx.
    InviteServerEnd,
    /// J: absorb repeated requests; before a response: the client has given up by now.
    ServerEnd,
    /// 2xx to INVITE again until the ACK comes; doubles from T1 to T2 (RFC 3261 13.3.1.4).
    AnswerRetransmit,
    /// No ACK for a 2xx: the session ends with BYE (RFC 3261 13.3.1.4).
    AckMissing,
    /// No final response to a cancelled INVITE (RFC 3261 9.1).
    CancelUnanswered,
    /// A re-INVITE refused with 491 is tried again (RFC 3261 14.1).
    OfferAgain,
    /// A reliable provisional response again until its PRACK comes; doubles from T1 without limit (RFC 3262 3).
    ProvisionalRetransmit,
    /// No PRACK for a reliable provisional response: the INVITE is refused (RFC 3262 3).
    PrackMissing,
    /// A look at whether a session is to be refreshed or has expired (RFC 4028 10); every minute, so that timers of
    /// sessions that have ended do not stay for long.
    SessionInterval,
    /// Time to refresh a registration, or to try again after a failure.
    Register,
}

/// When, what, and whom it wakes.
type Entry = (Instant, Timer, u64);

/// Queues for timers that are set in the order in which they fire.
const LANES: usize = 3;

/// Timers in order of time. Entries are never removed early: whoever pops one asks the owner whether it still
/// stands, which is cheaper than keeping positions for the many timers that a busy endpoint stops.
///
/// Most timers have one of a few fixed lengths, so that they are set in the order in which they fire: these only
/// stand in line, and the heap is left with the others.
#[derive(Debug, Default)]
pub(crate) struct TimerQueue {
    lanes: [VecDeque<Entry>; LANES],
    heap: BinaryHeap<Reverse<Entry>>,
}

impl TimerQueue {
    /// Wakes `owner` at `at`. The owner remembers `at`, to recognise entries that no longer count.
    pub(crate) fn set(&mut self, at: Instant, timer: Timer, owner: u64) {
        let entry = (at, timer, owner);
        // The line whose last one is nearest before it; else a new line.
        let fitting = self.lanes.iter_mut().filter(|lane| lane.back().is_none_or(|last| *last <= entry));
        match fitting.max_by_key(|lane| lane.back().copied()) {
            Some(lane) => lane.push_back(entry),
            None => self.heap.push(Reverse(entry)),
        }
    }

    /// The earliest entry that `stands`; those before it that do not are dropped.
    pub(crate) fn next(&mut self, stands: impl Fn(Instant, Timer, u64) -> bool) -> Option<Instant> {
        while let Some((from, (at, timer, owner))) = self.earliest() {
            if stands(at, timer, owner) {
                return Some(at);
            }
            self.remove(from);
        }
        None
    }

    /// Takes out the earliest entry that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Entry> {
        let (from, entry) = self.earliest()?;
        if entry.0 > now {
            return None;
        }
        self.remove(from);
        Some(entry)
    }

    /// The earliest entry, and in which lane it is; `LANES` is the heap.
    fn earliest(&self) -> Option<(usize, Entry)> {
        let fronts = self.lanes.iter().enumerate().filter_map(|(index, lane)| Some((index, *lane.front()?)));
        let top = self.heap.peek().map(|Reverse(entry)| (LANES, *entry));
        fronts.chain(top).min_by_key(|(_, entry)| *entry)
    }

    fn remove(&mut self, from: usize) {
        match self.lanes.get_mut(from) {
            Some(lane) => drop(lane.pop_front()),
            None => drop(self.heap.pop()),
        }
    }
}

/// An interval that doubles up to a limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    interval: Duration,
    limit: Duration,
}

impl Backoff {
    /// Starts with T1; `limit` is `T2`, or `PATIENCE` where nothing limits it before the request fails.
    pub(crate) fn new(limit: Duration) -> Backoff {
        Backoff { interval: T1, limit }
    }

    /// The interval to wait now; the next one is twice as long.
    pub(crate) fn step(&mut self) -> Duration {
        let interval = self.interval;
        self.interval = (interval * 2).min(self.limit);
        interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_no_longer_stand_do_not_wake() {
        // The one place where a real Instant is taken: any starting point does.
        let start = crate::transaction::tests::start();
        let mut queue = TimerQueue::default();
        queue.set(start + T1, Timer::InviteRetransmit, 1);
        queue.set(start + T4, Timer::InviteEnd, 2);
        assert_eq!(queue.next(|_, _, owner| owner == 2), Some(start + T4));
        assert_eq!(queue.pop(start + T2), None);
        assert_eq!(queue.pop(start + T4), Some((start + T4, Timer::InviteEnd, 2)));
        assert_eq!(queue.next(|_, _, _| true), None);
    }

    #[test]
    fn they_fire_in_order_however_they_were_set() {
        let start = crate::transaction::tests::start();
        let mut queue = TimerQueue::default();
        let mut all: Vec<u64> = (0..500).map(|number: u64| number.wrapping_mul(0x9e37_79b9) % 1000).collect();
        for at in &all {
            queue.set(start + Duration::from_millis(*at), Timer::InviteEnd, *at);
        }
        all.sort_unstable();
        let end = start + T4;
        let fired: Vec<u64> = std::iter::from_fn(|| queue.pop(end)).map(|(.., owner)| owner).collect();
        assert_eq!(fired, all);
    }

    #[test]
    fn intervals_double_up_to_the_limit() {
        let mut backoff = Backoff::new(T2);
        let steps: Vec<u128> = std::iter::repeat_with(|| backoff.step().as_millis()).take(6).collect();
        assert_eq!(steps, [500, 1000, 2000, 4000, 4000, 4000]);
    }
}
