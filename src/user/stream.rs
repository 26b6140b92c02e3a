//! What a client is told, numbered: one that was away gets what it missed, nothing twice and nothing left out.

use std::collections::VecDeque;

/// Events that are kept for a client that was away.
pub const KEPT: usize = 256;

/// The events of one client, each one more than the one before. The latest [`KEPT`] are kept.
#[derive(Debug)]
pub struct Stream<T> {
    last: u64,
    kept: VecDeque<T>,
}

impl<T> Stream<T> {
    /// No events yet; the first gets the number after `begin`. Streams that follow one another must not share numbers:
    /// what was seen of the one would otherwise count for the other.
    pub fn new(begin: u64) -> Stream<T> {
        Stream { last: begin, kept: VecDeque::new() }
    }

    /// Adds an event; gives its number.
    pub fn push(&mut self, event: T) -> u64 {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(event);
        self.last += 1;
        self.last
    }

    /// The number of the last event.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// What came after the event `since`, oldest first. None where not all of that is kept, and where there was no such
    /// event.
    pub fn after(&self, since: u64) -> Option<impl Iterator<Item = (u64, &T)>> {
        let before = self.last - self.kept.len() as u64;
        let missed = since.checked_sub(before).filter(|_| since <= self.last)?;
        let numbers = since + 1..;
        Some(numbers.zip(self.kept.iter().skip(missed as usize)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let mut stream = Stream::new(100);
        assert_eq!(stream.after(100).unwrap().count(), 0);
        assert!(stream.after(99).is_none() && stream.after(101).is_none());
        for event in 0..KEPT {
            stream.push(event);
        }
        assert_eq!(stream.after(100).unwrap().count(), KEPT);
        assert_eq!(stream.push(KEPT), 101 + KEPT as u64);
        assert!(stream.after(100).is_none(), "the first is forgotten");
        assert_eq!(stream.after(101).unwrap().next(), Some((102, &1)));
    }

    proptest! {
        /// A client that comes and goes has every event once and in order, or is told to begin anew.
        #[test]
        fn nothing_is_missed_and_nothing_comes_twice(
            begin in 0_u64..1_000_000,
            visits in prop::collection::vec((0_usize..2 * KEPT, 0_usize..50), 1..20),
        ) {
            let mut stream = Stream::new(begin);
            let (mut told, mut seen) = (Vec::new(), begin);
            let mut said = 0_u64;
            for (away, there) in visits {
                for _ in 0..away {
                    stream.push(said);
                    said += 1;
                }
                match stream.after(seen) {
                    Some(missed) => {
                        prop_assert!(away <= KEPT);
                        told.extend(missed.map(|(number, &event)| (number, event)));
                    }
                    None => {
                        prop_assert!(away > KEPT);
                        told.clear();
                    }
                }
                for _ in 0..there {
                    told.push((stream.push(said), said));
                    said += 1;
                }
                seen = stream.last();
                prop_assert_eq!(seen, begin + said);
                let first = told.first().map_or(said, |&(_, event)| event);
                let wanted: Vec<_> = (first..said).map(|event| (begin + event + 1, event)).collect();
                prop_assert_eq!(&told, &wanted);
            }
        }
    }
}
