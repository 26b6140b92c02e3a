//! Requests from addresses that no line group names: refused, counted, and soon not even answered.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use crate::line::report::StrangerReport;

/// Answers for one address within [`WINDOW`]: enough for an administrator who tries out a connection, useless to a
/// scanner.
const ANSWERS: u32 = 5;
/// After which an address is answered anew.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered. Beyond it the one that was heard the longest time ago is forgotten.
const MAX_ADDRESSES: usize = 1024;
/// Addresses that a report names.
const REPORTED: usize = 20;

/// Who knocked.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    total: u64,
    addresses: FxHashMap<IpAddr, Seen>,
}

#[derive(Debug)]
struct Seen {
    requests: u64,
    answers: u32,
    window: Instant,
    last: Instant,
}

impl Strangers {
    /// Whether an address may still be answered; if not, what is refused is refused in silence.
    pub(super) fn is_answered(&mut self, address: IpAddr, now: Instant) -> bool {
        let Some(seen) = self.addresses.get_mut(&address) else { return true };
        if now.duration_since(seen.window) >= WINDOW {
            (seen.window, seen.answers) = (now, 0);
        }
        seen.answers < ANSWERS
    }

    /// A request came. True for the first from this address.
    pub(super) fn count(&mut self, address: IpAddr, now: Instant) -> bool {
        self.total += 1;
        if let Some(seen) = self.addresses.get_mut(&address) {
            seen.requests += 1;
            seen.answers = seen.answers.saturating_add(1);
            seen.last = now;
            return false;
        }
        if self.addresses.len() >= MAX_ADDRESSES {
            let oldest = self.addresses.iter().min_by_key(|(_, seen)| seen.last).map(|(&address, _)| address);
            oldest.map(|oldest| self.addresses.remove(&oldest));
        }
        self.addresses.insert(address, Seen { requests: 1, answers: 1, window: now, last: now });
        true
    }

    /// For an administrator: those who knocked most.
    pub(super) fn report(&self) -> StrangerReport {
        let mut addresses: Vec<_> = self.addresses.iter().map(|(&address, seen)| (address, seen.requests)).collect();
        addresses.sort_by_key(|&(address, requests)| (std::cmp::Reverse(requests), address));
        addresses.truncate(REPORTED);
        StrangerReport { requests: self.total, addresses }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: u32) -> IpAddr {
        IpAddr::V4((0x0a00_0000 + host).into())
    }

    #[test]
    fn a_scanner_is_answered_a_few_times_only() {
        let now = Instant::now();
        let mut strangers = Strangers::default();
        let mut answered = 0;
        for _ in 0..1000 {
            answered += u32::from(strangers.is_answered(address(1), now));
            strangers.count(address(1), now);
        }
        assert_eq!(answered, ANSWERS);
        assert!(strangers.is_answered(address(2), now), "another address is not punished");
        assert!(strangers.is_answered(address(1), now + WINDOW));
        assert_eq!(strangers.report(), StrangerReport { requests: 1000, addresses: vec![(address(1), 1000)] });
    }

    #[test]
    fn many_addresses_take_bounded_memory() {
        let now = Instant::now();
        let mut strangers = Strangers::default();
        for host in 0..10_000 {
            assert!(strangers.count(address(host), now + Duration::from_millis(host.into())));
        }
        assert_eq!(strangers.addresses.len(), MAX_ADDRESSES);
        assert!(strangers.addresses.contains_key(&address(9_999)));
        let report = strangers.report();
        assert_eq!((report.requests, report.addresses.len()), (10_000, REPORTED));
    }
}
