//! Where a PBX can be reached, which of these places answer, and in which order they are tried.

use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

use offhook_sip::Protocol;

use crate::call::view::EndCause;

/// The places of one PBX, in the order that DNS or the configuration gives.
#[derive(Debug, Default)]
pub(super) struct Targets {
    list: Vec<Target>,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Transport.
    pub(super) protocol: Protocol,
    /// Address.
    pub(super) address: SocketAddr,
    /// The address of ours that is known there.
    pub(super) local: SocketAddr,
    /// Since when it does not answer, or not as it should.
    pub(super) down_since: Option<Instant>,
    /// Whether it says nothing, so that it may have forgotten everything when it is back.
    silent: bool,
    /// Why nothing can be sent there, where that is known.
    pub(super) problem: Option<EndCause>,
}

impl Target {
    /// A place that counts as answering until the opposite shows.
    pub(super) fn new(protocol: Protocol, address: SocketAddr, local: SocketAddr) -> Target {
        Target { protocol, address, local, down_since: None, silent: false, problem: None }
    }

    /// Whether it is this place.
    pub(super) fn is(&self, protocol: Protocol, address: SocketAddr) -> bool {
        (self.protocol, self.address) == (protocol, address)
    }
}

/// As it is shown: `udp 192.0.2.1:5060`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol.as_param(), self.address)
    }
}

impl Targets {
    /// Takes the places that were looked up; what is known of those that stay is kept. True when there are others than
    /// before: the order among the same ones changes with every answer of DNS, and says nothing.
    pub(super) fn set(&mut self, list: Vec<Target>) -> bool {
        let same = |a: &Target, b: &Target| a.is(b.protocol, b.address) && a.local == b.local;
        let has_all = list.iter().all(|target| self.list.iter().any(|known| same(known, target)));
        if has_all && list.len() == self.list.len() {
            return false;
        }
        let known = |target: Target| self.list.iter().find(|known| same(known, &target)).cloned().unwrap_or(target);
        self.list = list.into_iter().map(known).collect();
        true
    }

    /// A place did not answer, or refused (not `silent`). True when it did before.
    pub(super) fn failed(&mut self, protocol: Protocol, address: SocketAddr, silent: bool, now: Instant) -> bool {
        let Some(target) = self.list.iter_mut().find(|target| target.is(protocol, address)) else { return false };
        target.silent |= silent;
        if !silent {
            target.problem = None;
        }
        target.down_since.replace(target.down_since.unwrap_or(now)).is_none()
    }

    /// A place answered. Tells where it did not before whether it had been silent.
    pub(super) fn answered(&mut self, protocol: Protocol, address: SocketAddr) -> Option<bool> {
        let target = self.list.iter_mut().find(|target| target.is(protocol, address))?;
        target.problem = None;
        let silent = std::mem::take(&mut target.silent);
        target.down_since.take().map(|_| silent)
    }

    /// It is known why nothing can be sent to a place.
    pub(super) fn explain(&mut self, protocol: Protocol, address: SocketAddr, problem: EndCause) {
        if let Some(target) = self.list.iter_mut().find(|target| target.is(protocol, address)) {
            target.problem = Some(problem);
        }
    }

    /// Why nothing can be sent to the best of the places that do not answer.
    pub(super) fn problem(&self) -> Option<&EndCause> {
        self.list.iter().filter(|target| target.down_since.is_some()).find_map(|target| target.problem.as_ref())
    }

    /// The places in the order to try them: those that do not answer come last, so that they cost a call nothing, but
    /// they come.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Target> {
        let up = self.list.iter().filter(|target| target.down_since.is_none());
        up.chain(self.list.iter().filter(|target| target.down_since.is_some()))
    }

    /// As they were looked up.
    pub(super) fn as_listed(&self) -> &[Target] {
        &self.list
    }

    /// Whether this place is one of them.
    pub(super) fn has(&self, protocol: Protocol, address: SocketAddr) -> bool {
        self.list.iter().any(|target| target.is(protocol, address))
    }

    /// Whether none is known.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one of them answers, or may.
    pub(super) fn is_up(&self) -> bool {
        self.list.iter().any(|target| target.down_since.is_none())
    }

    /// Whether all of them answer, or may.
    pub(super) fn all_up(&self) -> bool {
        self.list.iter().all(|target| target.down_since.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: u8) -> Target {
        Target::new(Protocol::Udp, ([192, 0, 2, host], 5060).into(), ([192, 0, 2, 1], 5060).into())
    }

    fn order(targets: &Targets) -> Vec<u8> {
        let last = |target: &Target| match target.address {
            SocketAddr::V4(address) => address.ip().octets()[3],
            SocketAddr::V6(_) => 0,
        };
        targets.in_order().map(last).collect()
    }

    #[test]
    fn who_does_not_answer_is_asked_last_until_it_does() {
        let now = Instant::now();
        let mut targets = Targets::default();
        assert!(targets.set(vec![target(2), target(3)]));
        assert!(targets.failed(Protocol::Udp, target(2).address, true, now));
        assert!(!targets.failed(Protocol::Udp, target(2).address, false, now));
        assert_eq!(order(&targets), [3, 2]);
        assert!(targets.set(vec![target(2), target(4)]), "one went, one came");
        assert_eq!(order(&targets), [4, 2], "the new list does not make the dead one alive");
        assert_eq!(targets.answered(Protocol::Udp, target(2).address), Some(true), "it was silent");
        assert_eq!(targets.answered(Protocol::Udp, target(2).address), None);
        assert_eq!(order(&targets), [2, 4]);
        assert!(!targets.set(vec![target(4), target(2)]), "DNS gives the same ones in any order");
        assert_eq!(order(&targets), [2, 4]);
    }

    #[test]
    fn when_nobody_answers_all_are_tried() {
        let now = Instant::now();
        let mut targets = Targets::default();
        targets.set(vec![target(2), target(3)]);
        targets.failed(Protocol::Udp, target(2).address, true, now);
        targets.failed(Protocol::Udp, target(3).address, true, now);
        assert!(!targets.is_up() && !targets.all_up());
        assert_eq!(order(&targets), [2, 3]);
    }
}
