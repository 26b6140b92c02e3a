//! Guessing: who was wrong waits before the next attempt, longer each time. Nobody sleeps for it: an attempt that comes too
//! early is refused unchecked, and told how long to wait. Accounts are unknown here, so that a name that nobody has is
//! treated like any other.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// How often one may be wrong, and how long one waits then: a second, doubled with each further failure.
#[derive(Debug, Clone, Copy)]
struct Rule {
    free: u32,
    longest: Duration,
}

/// Of one login, from wherever it has not signed in before.
const LOGIN: Rule = Rule { free: 5, longest: Duration::from_secs(15 * 60) };
/// Of one address, whatever the login. A company's people may share one.
const ADDRESS: Rule = Rule { free: 20, longest: Duration::from_secs(15 * 60) };
/// Of one login from an address where it has signed in before. Others' failures do not count here.
const KNOWN: Rule = Rule { free: 10, longest: Duration::from_secs(5 * 60) };
/// Of one address, of logins that have signed in there before, so that nobody there tries a few passwords on each of them. The
/// failures of who signs in at last do not count any more.
const KNOWN_ADDRESS: Rule = Rule { free: 200, longest: Duration::from_secs(60) };
/// Failures of one login that count so. A few who have forgotten their passwords are no reason for others to wait.
const OF_EACH: u32 = 5;
/// Failures are forgotten when none has followed for so long.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Logins, addresses and pairs of both that are remembered, each.
pub const MOST: usize = 10_000;

impl Rule {
    /// The wait after so many failures.
    fn pause(self, failures: u32) -> Duration {
        match failures.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(more) => Duration::from_secs(1 << more.min(32)).min(self.longest),
        }
    }
}

/// An attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The login, in small letters.
    pub login: String,
    /// Where it comes from: [`network`], or what proves that somebody is signed in.
    pub from: String,
    /// Whether this login has signed in from there before.
    pub known: bool,
}

/// What an address is counted by: itself, or the 64 bits of IPv6 that one connection to the internet has.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    failures: u32,
    last: Instant,
    /// The one before, for taking the last back.
    earlier: Instant,
}

impl Count {
    fn is_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= FORGOTTEN_AFTER
    }
}

/// Somebody who has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// Failures in a row.
    pub failures: u32,
    /// From when on the next attempt counts.
    pub until: Instant,
}

/// Counts of one kind.
#[derive(Debug)]
struct Counts<K> {
    rule: Rule,
    counts: HashMap<K, Count>,
}

impl<K: Hash + Eq + Clone> Counts<K> {
    fn new(rule: Rule) -> Counts<K> {
        Counts { rule, counts: HashMap::new() }
    }

    fn lock(&self, key: &K, now: Instant) -> Option<Lock> {
        let Count { failures, last, .. } = *self.counts.get(key)?;
        let until = last + self.rule.pause(failures);
        (until > now).then_some(Lock { failures, until })
    }

    fn count(&mut self, key: K, now: Instant) {
        if self.counts.len() >= MOST && !self.counts.contains_key(&key) {
            self.counts.retain(|_, count| !count.is_old(now));
            // Who makes room for a login with many failures has to fail as often with each of the others.
            let least = self.counts.iter().min_by_key(|(_, count)| (count.failures, count.last));
            if let Some(least) = least.map(|(key, _)| key.clone()).filter(|_| self.counts.len() >= MOST) {
                self.counts.remove(&least);
            }
        }
        let count = self.counts.entry(key).or_insert(Count { failures: 0, last: now, earlier: now });
        let failures = if count.is_old(now) { 0 } else { count.failures };
        *count = Count { failures: failures.saturating_add(1), last: now, earlier: count.last };
    }

    fn take_back(&mut self, key: &K) {
        let Some(count) = self.counts.get_mut(key) else { return };
        *count = Count { failures: count.failures.saturating_sub(1), last: count.earlier, ..*count };
        if count.failures == 0 {
            self.counts.remove(key);
        }
    }

    fn locked(&self, now: Instant) -> impl Iterator<Item = (&K, Lock)> {
        self.counts.keys().filter_map(move |key| Some((key, self.lock(key, now)?)))
    }
}

/// Who has been wrong lately.
#[derive(Debug)]
pub struct Guard {
    logins: Counts<String>,
    addresses: Counts<String>,
    known: Counts<(String, String)>,
}

impl Default for Guard {
    fn default() -> Self {
        Guard { logins: Counts::new(LOGIN), addresses: Counts::new(ADDRESS), known: Counts::new(KNOWN) }
    }
}

impl Guard {
    /// Whether an attempt may be checked; otherwise how long to wait. It counts as a failure until it is known better, so
    /// that attempts made at the same time count.
    pub fn attempt(&mut self, attempt: &Attempt, now: Instant) -> Result<(), Duration> {
        let Attempt { login, from, known } = attempt;
        let pair = (login.clone(), from.clone());
        let locks = match known {
            true => [self.known.lock(&pair, now), self.known_address(from, now)],
            false => [self.logins.lock(login, now), self.addresses.lock(from, now)],
        };
        if let Some(until) = locks.into_iter().flatten().map(|lock| lock.until).max() {
            return Err(until.saturating_duration_since(now));
        }
        if *known {
            self.known.count(pair, now);
        } else {
            self.logins.count(login.clone(), now);
            self.addresses.count(from.clone(), now);
        }
        Ok(())
    }

    /// It was right. The failures of others at its address stay: who has one password may be guessing others.
    pub fn right(&mut self, Attempt { login, from, known }: &Attempt) {
        if *known {
            self.known.counts.remove(&(login.clone(), from.clone()));
        } else {
            self.logins.counts.remove(login);
            self.addresses.take_back(from);
        }
    }

    /// It was neither right nor wrong.
    pub fn undecided(&mut self, Attempt { login, from, known }: &Attempt) {
        if *known {
            self.known.take_back(&(login.clone(), from.clone()));
        } else {
            self.logins.take_back(login);
            self.addresses.take_back(from);
        }
    }

    /// What has to wait of those who are known at an address, because several of them were wrong there lately.
    fn known_address(&self, address: &str, now: Instant) -> Option<Lock> {
        let there = self.known.counts.iter().filter(|((_, from), count)| from == address && !count.is_old(now));
        let summed = there.map(|(_, count)| (count.failures.min(OF_EACH), count.last)).reduce(sum);
        known_lock(summed?, now)
    }

    /// The lock of a login that keeps it from signing in somewhere: the longest that there is.
    pub fn lock(&self, login: &str, now: Instant) -> Option<Lock> {
        let pairs = self.known.locked(now).filter(|((locked, _), _)| locked == login).map(|(_, lock)| lock);
        self.logins.lock(&login.to_owned(), now).into_iter().chain(pairs).max_by_key(|lock| lock.until)
    }

    /// Every login that has to wait.
    pub fn locked_logins(&self, now: Instant) -> Vec<(String, Lock)> {
        let pairs = self.known.locked(now).map(|((login, _), lock)| (login, lock));
        longest(self.logins.locked(now).chain(pairs))
    }

    /// Every address that has to wait.
    pub fn locked_addresses(&self, now: Instant) -> Vec<(String, Lock)> {
        let mut known: HashMap<&String, (u32, Instant)> = HashMap::new();
        for ((_, from), count) in self.known.counts.iter().filter(|(_, count)| !count.is_old(now)) {
            let of_login = (count.failures.min(OF_EACH), count.last);
            known.entry(from).and_modify(|summed| *summed = sum(*summed, of_login)).or_insert(of_login);
        }
        let known = known.into_iter().filter_map(|(from, summed)| Some((from, known_lock(summed, now)?)));
        longest(self.addresses.locked(now).chain(known))
    }

    /// Forgets the failures of a login. Says whether there were any.
    pub fn unlock(&mut self, login: &str) -> bool {
        let before = self.known.counts.len();
        self.known.counts.retain(|(locked, _), _| locked != login);
        self.logins.counts.remove(login).is_some() || self.known.counts.len() < before
    }

    /// Forgets the failures of an address. Says whether there were any.
    pub fn unlock_address(&mut self, address: &str) -> bool {
        let before = self.known.counts.len();
        self.known.counts.retain(|(_, from), _| from != address);
        self.addresses.counts.remove(address).is_some() || self.known.counts.len() < before
    }
}

/// Failures of two logins at one address, and the later of their latest.
fn sum((failures, last): (u32, Instant), (more, also): (u32, Instant)) -> (u32, Instant) {
    (failures + more, last.max(also))
}

fn known_lock((failures, last): (u32, Instant), now: Instant) -> Option<Lock> {
    let until = last + KNOWN_ADDRESS.pause(failures);
    (until > now).then_some(Lock { failures, until })
}

/// Each that is locked once, for as long as any of its locks lasts.
fn longest<'a>(locks: impl Iterator<Item = (&'a String, Lock)>) -> Vec<(String, Lock)> {
    let mut longest: HashMap<&String, Lock> = HashMap::new();
    for (name, lock) in locks {
        let kept = longest.entry(name).or_insert(lock);
        *kept = if lock.until > kept.until { lock } else { *kept };
    }
    longest.into_iter().map(|(name, lock)| (name.clone(), lock)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from(login: &str, address: u32, known: bool) -> Attempt {
        Attempt { login: login.into(), from: network(IpAddr::V4(address.into())), known }
    }

    #[test]
    fn each_failure_beyond_those_that_are_free_doubles_the_wait() {
        let (mut guard, mut now) = (Guard::default(), Instant::now());
        let mut waits = Vec::new();
        for address in 0..20 {
            let attempt = from("anna", address, false);
            if let Err(wait) = guard.attempt(&attempt, now) {
                waits.push(wait.as_secs());
                now += wait;
                assert_eq!(guard.attempt(&attempt, now), Ok(()), "who has waited is heard");
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900]);
        assert_eq!(guard.lock("anna", now).map(|lock| lock.failures), Some(20));
        let later = now + FORGOTTEN_AFTER;
        assert_eq!(guard.attempt(&from("anna", 1, false), later), Ok(()));
        assert_eq!(guard.attempt(&from("anna", 2, false), later), Ok(()), "an hour later all is forgotten");
    }

    #[test]
    fn one_address_cannot_try_many_logins() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        let heard = (0..100).filter(|login| guard.attempt(&from(&login.to_string(), 1, false), now).is_ok()).count();
        assert_eq!(heard, 20);
        assert!(guard.attempt(&from("anna", 2, false), now).is_ok(), "another address is not punished");
        assert_eq!(guard.locked_addresses(now).len(), 1);
        assert!(guard.unlock_address("0.0.0.1") && guard.attempt(&from("anna", 1, false), now).is_ok());
    }

    #[test]
    fn one_address_cannot_try_a_password_on_each_of_those_who_are_known_there() {
        let (mut guard, mut now) = (Guard::default(), Instant::now());
        let mut heard = 0;
        for login in 0..10_000 {
            heard += u32::from(guard.attempt(&from(&login.to_string(), 1, true), now).is_ok());
            // An hour in all.
            now += Duration::from_millis(360);
        }
        assert!((200..300).contains(&heard), "{heard}");
        assert!(guard.attempt(&from("anna", 2, true), now).is_ok(), "another address is not punished");
        assert_eq!(guard.locked_addresses(now).len(), 1);
        assert!(guard.unlock_address("0.0.0.1") && guard.attempt(&from("anna", 1, true), now).is_ok());
    }

    #[test]
    fn a_few_who_have_forgotten_their_passwords_keep_nobody_in_their_office_from_signing_in() {
        let (mut guard, mut now) = (Guard::default(), Instant::now());
        for round in 0..600_u64 {
            for forgetful in 0..10 {
                let _ = guard.attempt(&from(&format!("forgetful {forgetful}"), 1, true), now);
            }
            // All others mistype once, and then do not.
            let login = format!("colleague {}", round % 500);
            for right in [false, true] {
                let attempt = from(&login, 1, true);
                assert_eq!(guard.attempt(&attempt, now), Ok(()), "{login}");
                if right {
                    guard.right(&attempt);
                }
            }
            now += Duration::from_secs(10);
        }
    }

    #[test]
    fn who_is_right_begins_again_and_who_has_one_password_does_not_clear_the_address() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for _ in 0..100 {
            let own = from("mallory", 1, false);
            assert_eq!(guard.attempt(&own, now), Ok(()));
            guard.right(&own);
        }
        for login in 0..19 {
            assert!(guard.attempt(&from(&login.to_string(), 1, false), now).is_ok());
        }
        let own = from("mallory", 1, false);
        assert!(guard.attempt(&own, now).is_ok());
        guard.right(&own);
        assert!(guard.attempt(&from("one more", 1, false), now).is_ok());
        assert!(guard.attempt(&from("another", 1, false), now).is_err());
    }

    #[test]
    fn an_administrator_sees_who_is_locked_and_unlocks_them() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for address in 0..5 {
            assert_eq!(guard.lock("anna", now), None);
            guard.attempt(&from("anna", address, false), now).unwrap();
        }
        for _ in 0..11 {
            let _ = guard.attempt(&from("bob", 1, true), now);
        }
        let mut locked: Vec<_> =
            guard.locked_logins(now).into_iter().map(|(login, lock)| (login, lock.failures)).collect();
        locked.sort();
        assert_eq!(locked, [("anna".to_owned(), 5), ("bob".to_owned(), 10)]);
        assert!(guard.unlock("anna") && guard.unlock("bob") && !guard.unlock("bob"));
        assert!(guard.locked_logins(now).is_empty());
        assert!(
            guard.attempt(&from("anna", 1, false), now).is_ok() && guard.attempt(&from("bob", 1, true), now).is_ok()
        );
    }

    #[test]
    fn addresses_are_counted_as_connections_to_the_internet_are() {
        for (address, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ] {
            assert_eq!(network(address.parse().unwrap()), counted);
        }
    }

    /// What somebody does who guesses: an address, a login, and how long after the attempt before.
    fn attempts() -> impl Strategy<Value = Vec<(u32, u8, u64)>> {
        let pause = prop_oneof![Just(0), 0..2_000_u64, 0..3_700_000_u64];
        prop::collection::vec((0..50_u32, 0..4_u8, pause), 1..600)
    }

    proptest! {
        #[test]
        fn few_guesses_a_day_are_heard_whoever_makes_them(attempts in attempts()) {
            let (mut guard, begin) = (Guard::default(), Instant::now());
            let (mut now, mut heard) = (begin, HashMap::new());
            for (address, login, pause) in attempts {
                now += Duration::from_millis(pause);
                if now - begin > Duration::from_secs(24 * 3600) {
                    break;
                }
                let attempt = from(&login.to_string(), address, false);
                let lock = guard.lock(&attempt.login, now);
                match guard.attempt(&attempt, now) {
                    Ok(()) => {
                        prop_assert_eq!(lock, None);
                        *heard.entry(login).or_insert(0) += 1;
                    }
                    Err(wait) => {
                        prop_assert!(!wait.is_zero() && wait <= LOGIN.longest);
                        prop_assert!(lock.is_none_or(|lock| lock.until - now <= wait));
                    }
                }
            }
            prop_assert!(heard.values().all(|&heard| heard <= 300), "{:?}", heard);
        }

        #[test]
        fn nobody_elsewhere_keeps_a_person_from_signing_in_at_a_known_address(attempts in attempts()) {
            let (mut guard, mut now) = (Guard::default(), Instant::now());
            for (address, login, pause) in attempts {
                now += Duration::from_millis(pause);
                let _ = guard.attempt(&from(&login.to_string(), address, false), now);
                let person = from("0", address, true);
                prop_assert_eq!(guard.attempt(&person, now), Ok(()));
                guard.right(&person);
            }
        }

        #[test]
        fn what_is_neither_right_nor_wrong_changes_nothing(attempts in attempts(), known: bool) {
            let (mut guard, mut now) = (Guard::default(), Instant::now());
            for (address, login, pause) in attempts {
                now += Duration::from_millis(pause);
                let _ = guard.attempt(&from(&login.to_string(), address, known), now);
            }
            let other = from("0", 60, known);
            let before = guard.lock("0", now);
            if guard.attempt(&other, now).is_ok() {
                guard.undecided(&other);
            }
            prop_assert_eq!(guard.lock("0", now), before);
        }
    }

    #[test]
    fn many_logins_and_addresses_take_bounded_memory_and_do_not_wash_out_who_was_wrong_often() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for address in 0..10 {
            let _ = guard.attempt(&from("anna", address, false), now);
        }
        for other in 100..100 + MOST as u32 + 500 {
            guard.attempt(&from(&other.to_string(), other, false), now).unwrap();
            let _ = guard.attempt(&from(&other.to_string(), other, true), now);
        }
        let sizes = [guard.logins.counts.len(), guard.addresses.counts.len(), guard.known.counts.len()];
        assert_eq!(sizes, [MOST; 3]);
        assert!(guard.lock("anna", now).is_some());
    }
}
