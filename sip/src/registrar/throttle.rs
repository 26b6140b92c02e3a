//! Slows down who guesses at passwords.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Wrong passwords in a row before the first pause.
const FREE: u32 = 3;
/// The first pause.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Wrong passwords are forgotten after this time without another.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(900);
/// Addresses and accounts remembered, each. Beyond it those that were quiet for longest are forgotten.
const MAX_ENTRIES: usize = 4096;
/// Longer names are counted by their beginning.
const MAX_NAME: usize = 64;

/// Who gave wrong passwords.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// Requests from an address; of IPv6 addresses the network of 64 bits.
    Address(IpAddr),
    /// Requests for an account, or for a name that is none.
    Account(String),
}

/// Wrong passwords of one address or for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// Whose.
    pub who: Who,
    /// How many in a row.
    pub count: u32,
    /// Until when more of them are refused unread.
    pub refused_until: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Throttle {
    entries: HashMap<Who, Entry>,
    addresses: usize,
}

#[derive(Debug)]
struct Entry {
    count: u32,
    last: Instant,
}

impl Entry {
    fn until(&self) -> Instant {
        let pauses = self.count.saturating_sub(FREE);
        if self.count < FREE {
            return self.last;
        }
        self.last + FIRST_PAUSE.saturating_mul(1_u32.checked_shl(pauses).unwrap_or(u32::MAX)).min(LONGEST_PAUSE)
    }

    fn is_forgotten(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= FORGOTTEN_AFTER
    }
}

impl Throttle {
    /// How long attempts from there, and for that account, are refused yet.
    pub(super) fn pause(&self, address: IpAddr, account: Option<&str>, now: Instant) -> Option<Duration> {
        let who = [Some(Who::Address(network(address))), account.map(named)];
        let until = who.into_iter().flatten().filter_map(|who| self.entries.get(&who)).map(Entry::until).max()?;
        Some(until.saturating_duration_since(now)).filter(|pause| !pause.is_zero())
    }

    /// A wrong password. No address where it is not sure that it came from there.
    pub(super) fn wrong(&mut self, address: Option<IpAddr>, account: &str, now: Instant) {
        if let Some(address) = address {
            self.count(Who::Address(network(address)), now);
        }
        self.count(named(account), now);
    }

    /// A right password from there.
    pub(super) fn right(&mut self, address: IpAddr) {
        let found = self.entries.remove(&Who::Address(network(address)));
        self.addresses -= usize::from(found.is_some());
    }

    pub(super) fn list(&self, now: Instant) -> Vec<Failures> {
        let standing = self.entries.iter().filter(|(_, entry)| !entry.is_forgotten(now));
        let mut all: Vec<Failures> = standing
            .map(|(who, entry)| Failures {
                who: who.clone(),
                count: entry.count,
                refused_until: Some(entry.until()).filter(|until| *until > now),
            })
            .collect();
        all.sort_by(|a, b| a.who.cmp(&b.who));
        all
    }

    fn count(&mut self, who: Who, now: Instant) {
        if !self.entries.contains_key(&who) {
            self.make_room(&who, now);
            self.addresses += usize::from(matches!(who, Who::Address(_)));
        }
        let entry = self.entries.entry(who).or_insert(Entry { count: 0, last: now });
        if entry.is_forgotten(now) {
            entry.count = 0;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
    }

    fn make_room(&mut self, newcomer: &Who, now: Instant) {
        let is_address = |who: &Who| matches!(who, Who::Address(_));
        let kind = is_address(newcomer);
        let held = if kind { self.addresses } else { self.entries.len() - self.addresses };
        if held < MAX_ENTRIES {
            return;
        }
        self.entries.retain(|_, entry| !entry.is_forgotten(now));
        self.addresses = self.entries.keys().filter(|who| is_address(who)).count();
        // A quarter at a time: looking at all of them for each newcomer would be work that a flood could ask for.
        let rank = |entry: &Entry| (entry.until(), entry.last);
        let same_kind = self.entries.iter().filter(|(who, _)| is_address(who) == kind);
        let mut ranks: Vec<_> = same_kind.map(|(_, entry)| rank(entry)).collect();
        if ranks.len() >= MAX_ENTRIES {
            let (_, limit, _) = ranks.select_nth_unstable(MAX_ENTRIES / 4);
            let limit = *limit;
            let mut left = MAX_ENTRIES / 4;
            self.entries.retain(|who, entry| {
                let goes = left > 0 && is_address(who) == kind && rank(entry) <= limit;
                left -= usize::from(goes);
                !goes
            });
            self.addresses = self.entries.keys().filter(|who| is_address(who)).count();
        }
    }
}

/// A host has a whole network of 64 bits in IPv6: counted one by one, its addresses would never end.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        four => four,
    }
}

fn named(account: &str) -> Who {
    let end = account.char_indices().nth(MAX_NAME).map_or(account.len(), |(at, _)| at);
    Who::Account(account[..end].to_owned())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test must begin somewhere")]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let mut throttle = Throttle::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..13 {
            throttle.wrong(Some(HERE), "a", now);
            let pause = throttle.pause(HERE, None, now);
            pauses.push(pause.map_or(0, |pause| pause.as_secs()));
            now += pause.unwrap_or_default();
            assert_eq!(throttle.pause(HERE, None, now), None);
        }
        assert_eq!(pauses, [0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert!(throttle.list(now + FORGOTTEN_AFTER).is_empty());
        throttle.wrong(Some(HERE), "a", now + FORGOTTEN_AFTER);
        assert_eq!(throttle.pause(HERE, None, now + FORGOTTEN_AFTER), None, "counted anew");
    }

    #[test]
    fn both_tables_stay_bounded_and_keep_who_is_paused() {
        let mut throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..FREE {
            throttle.wrong(Some(HERE), "victim", now);
        }
        for number in 0..MAX_ENTRIES as u32 * 2 {
            throttle.wrong(Some(IpAddr::V4(std::net::Ipv4Addr::from_bits(number))), &number.to_string(), now);
        }
        let accounts = throttle.entries.len() - throttle.addresses;
        assert!(throttle.addresses <= MAX_ENTRIES && accounts <= MAX_ENTRIES, "{accounts}");
        assert!(throttle.pause(HERE, None, now).is_some());
        let other = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 1));
        assert!(throttle.pause(other, Some("victim"), now).is_some());
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let mut throttle = Throttle::default();
        let now = Instant::now();
        for last in 0..FREE {
            throttle.wrong(format!("2001:db8::{last}").parse().ok(), &last.to_string(), now);
        }
        let pause = |text: &str| throttle.pause(text.parse().expect("an address"), None, now);
        assert!(pause("2001:db8::9").is_some());
        assert_eq!(pause("2001:db8:1::9"), None);
    }
}
