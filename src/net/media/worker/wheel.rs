//! When each session of a worker wants to be called: a timing wheel (Varghese and Lauck, 1987), so that a session which
//! sets its timer anew 50 times a second costs a few instructions each time, however many there are.
//!
//! Times are rounded up to slots of a millisecond. All sessions that are due in a slot are served by one wake-up. What
//! is due later than the wheel reaches waits on coarser slots and is sorted in when its time comes near.

use std::time::{Duration, Instant};

/// Width of a fine slot.
const SLOT: Duration = Duration::from_millis(1);
/// Fine slots.
const FINE: u64 = 256;
/// Coarse slots, each as wide as all fine ones; what lies beyond them waits in the last and is sorted in again.
const COARSE: u64 = 64;
/// No place.
const NONE: u32 = u32::MAX;

/// Timers, one for each place of a slab.
#[derive(Debug)]
pub(super) struct Wheel {
    start: Instant,
    /// The slot that is served next; everything before it is done.
    at: u64,
    /// First place of the list of each slot: the fine ones, then the coarse ones.
    heads: Vec<u32>,
    /// Which slots have somebody, a bit each.
    used: [u64; ((FINE + COARSE) / 64) as usize],
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// The slot of time it is due in.
    due: u64,
    /// The list it is in.
    list: u32,
    next: u32,
    previous: u32,
}

const IDLE: Node = Node { due: 0, list: NONE, next: NONE, previous: NONE };

impl Wheel {
    pub(super) fn new(start: Instant) -> Wheel {
        let heads = vec![NONE; (FINE + COARSE) as usize];
        Wheel { start, at: 0, heads, used: Default::default(), nodes: Vec::new() }
    }

    /// Sets the timer of a place, which replaces the one it had; none takes it away.
    pub(super) fn set(&mut self, place: usize, at: Option<Instant>) {
        let Some(at) = at else { return self.clear(place) };
        let since = at.saturating_duration_since(self.start).as_nanos();
        let due = u64::try_from(since.div_ceil(SLOT.as_nanos())).unwrap_or(u64::MAX).max(self.at);
        if place >= self.nodes.len() {
            self.nodes.resize(place + 1, IDLE);
        }
        if self.nodes[place].list != NONE {
            if self.nodes[place].due == due {
                return;
            }
            self.unlink(place);
        }
        self.nodes[place].due = due;
        self.link(place);
    }

    /// Takes the timer of a place away.
    pub(super) fn clear(&mut self, place: usize) {
        if self.nodes.get(place).is_some_and(|node| node.list != NONE) {
            self.unlink(place);
        }
    }

    /// When to call [`Wheel::pop`] next.
    pub(super) fn next(&self) -> Option<Instant> {
        let fine = self.next_used(0, FINE, self.at % FINE).map(|ahead| self.at + ahead);
        // Coarse slots are sorted in when the fine ones come round.
        let turn = self.at.next_multiple_of(FINE);
        let coarse = self.next_used(FINE, COARSE, turn / FINE % COARSE).map(|ahead| turn + ahead * FINE);
        let slot = fine.into_iter().chain(coarse).min()?;
        Some(self.time(slot))
    }

    /// A place whose time has come, and when it was due; its timer is gone.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(usize, Instant)> {
        let elapsed = now.saturating_duration_since(self.start).as_nanos();
        let now = u64::try_from(elapsed / SLOT.as_nanos()).unwrap_or(u64::MAX);
        while self.at <= now {
            let head = self.heads[(self.at % FINE) as usize];
            if head != NONE {
                self.unlink(head as usize);
                return Some((head as usize, self.time(self.at)));
            }
            // On to the next slot in use, or to where coarse slots are sorted in.
            let turn = (self.at / FINE + 1) * FINE;
            let next = self.next_used(0, FINE, self.at % FINE).map_or(turn, |ahead| (self.at + ahead).min(turn));
            self.at = next.min(now + 1);
            if self.at == turn {
                self.sort_in();
            }
        }
        None
    }

    fn time(&self, slot: u64) -> Instant {
        self.start + Duration::from_millis(slot * SLOT.as_millis() as u64)
    }

    /// Spreads the coarse slot whose time has come over the fine ones.
    fn sort_in(&mut self) {
        let list = FINE + self.at / FINE % COARSE;
        let mut place = std::mem::replace(&mut self.heads[list as usize], NONE);
        self.used[(list / 64) as usize] &= !(1 << (list % 64));
        while place != NONE {
            let next = self.nodes[place as usize].next;
            self.link(place as usize);
            place = next;
        }
    }

    fn link(&mut self, place: usize) {
        let due = self.nodes[place].due;
        // A fine slot stands for one time only: those of the turn that `at` is in, up to where it ends.
        let list = if due / FINE == self.at / FINE {
            due % FINE
        } else {
            let ahead = (due / FINE - self.at / FINE).min(COARSE - 1);
            FINE + (self.at / FINE + ahead) % COARSE
        };
        let head = std::mem::replace(&mut self.heads[list as usize], place as u32);
        if let Some(head) = self.nodes.get_mut(head as usize) {
            head.previous = place as u32;
        }
        self.nodes[place] = Node { due, list: list as u32, next: head, previous: NONE };
        self.used[(list / 64) as usize] |= 1 << (list % 64);
    }

    fn unlink(&mut self, place: usize) {
        let Node { due, list, next, previous } = std::mem::replace(&mut self.nodes[place], IDLE);
        self.nodes[place].due = due;
        if let Some(next) = self.nodes.get_mut(next as usize) {
            next.previous = previous;
        }
        match self.nodes.get_mut(previous as usize) {
            Some(previous) => previous.next = next,
            None => self.heads[list as usize] = next,
        }
        if self.heads[list as usize] == NONE {
            self.used[(list / 64) as usize] &= !(1 << (list % 64));
        }
    }

    /// How far ahead of slot `from` the next one in use is, among `count` slots from `first`.
    fn next_used(&self, first: u64, count: u64, from: u64) -> Option<u64> {
        let words = &self.used[(first / 64) as usize..((first + count) / 64) as usize];
        let last = words.len() as u64;
        let start = from / 64;
        (0..=last).find_map(|step| {
            let word = (start + step) % last;
            let mask = match step {
                0 => u64::MAX << (from % 64),
                // Back in the word where it began: what lies before.
                _ if step == last => !(u64::MAX << (from % 64)),
                _ => u64::MAX,
            };
            let bits = words[word as usize] & mask;
            let slot = word * 64 + u64::from(bits.trailing_zeros());
            (bits != 0).then(|| (slot + count - from) % count)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn one_wake_up_serves_everybody_due_in_a_slot() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        wheel.set(3, Some(start + Duration::from_micros(19_200)));
        wheel.set(8, Some(start + Duration::from_micros(19_900)));
        wheel.set(1, Some(start + ms(21)));
        assert_eq!(wheel.next(), Some(start + ms(20)));
        assert_eq!(wheel.pop(start + ms(19)), None);
        let due: Vec<_> = std::iter::from_fn(|| wheel.pop(start + ms(20))).collect();
        assert_eq!(due.len(), 2);
        assert_eq!(wheel.next(), Some(start + ms(21)));
    }

    #[test]
    fn a_timer_that_is_set_anew_counts_once() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        for after in [5_000, 40, 70_000, 30] {
            wheel.set(0, Some(start + ms(after)));
        }
        assert_eq!(wheel.pop(start + ms(35)), Some((0, start + ms(30))));
        assert_eq!(wheel.pop(start + ms(100_000)), None);
        wheel.set(0, Some(start + ms(100_010)));
        wheel.clear(0);
        assert_eq!(wheel.next(), None);
    }

    #[test]
    fn what_is_long_past_is_due_at_once() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        assert_eq!(wheel.pop(start + ms(1_000)), None);
        wheel.set(2, Some(start));
        assert_eq!(wheel.pop(start + ms(1_001)).map(|(place, _)| place), Some(2));
    }

    proptest! {
        /// Against a plain list of times: nobody fires early, everybody by the end of the slot, once.
        #[test]
        fn fires_as_a_list_would(steps in prop::collection::vec((0_usize..20, 0_u64..40_000_000, 0_u64..3_000_000), 1..200)) {
            let start = Instant::now();
            let mut wheel = Wheel::new(start);
            let mut list = BTreeMap::new();
            let mut now = start;
            for (place, ahead, pass) in steps {
                let at = now + Duration::from_micros(ahead);
                wheel.set(place, Some(at));
                list.insert(place, at);
                let first = list.values().min().copied();
                // Coarse slots may wake it once more to sort them in, but never late.
                prop_assert!(wheel.next().is_some_and(|next| first.is_some_and(|first| next < first + SLOT)));
                now += Duration::from_micros(pass);
                while let Some((place, _)) = wheel.pop(now) {
                    let at = list.remove(&place);
                    prop_assert!(at.is_some_and(|at| at <= now), "{place} is early");
                }
                prop_assert!(list.values().all(|&at| at + SLOT > now), "somebody is late");
            }
        }
    }
}
