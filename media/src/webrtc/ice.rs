//! The lite side of ICE (RFC 8445 section 2.5): the browser makes the checks and decides which path is taken. It is
//! told that its checks arrived, and where they came from.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;

use super::stun::{self, Refusal, Request};
use crate::session::Channel;

/// After so long without a check the browser is gone. It checks its path every few seconds; RFC 7675 section 5.1 has 30 s
/// for who makes checks itself.
const CONSENT: Duration = Duration::from_secs(15);
/// For so long after the first check a path is not given up for one with a lower priority: browsers may nominate all
/// they check, and take the best in the end (RFC 5245 section 8.1.1.2).
const SETTLING: Duration = Duration::from_secs(3);
/// Paths of a browser that are remembered. It has a few; strangers cannot add any.
const MAX_PATHS: usize = 8;

/// The way to a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Path {
    /// By UDP or TCP.
    pub(super) channel: Channel,
    pub(super) address: SocketAddr,
}

/// Where a browser can be reached.
pub(super) struct Ice {
    /// User name of its checks.
    username: String,
    key: hmac::Key,
    /// From where authentic checks came, the latest last.
    paths: Vec<Path>,
    selected: Option<Path>,
    /// Priority of the selected path, as the browser sees it.
    priority: u32,
    /// When the first check under these credentials came.
    since: Option<Instant>,
    /// When the latest check came.
    checked: Option<Instant>,
    alive: bool,
}

impl Ice {
    /// With our name and password, and the name of the browser.
    pub(super) fn new(ufrag: &str, password: &str, browser: &str) -> Self {
        Self {
            username: format!("{ufrag}:{browser}"),
            key: stun::key(password),
            paths: Vec::new(),
            selected: None,
            priority: 0,
            since: None,
            checked: None,
            alive: false,
        }
    }

    /// Begins anew with other credentials (RFC 8445 section 9). The path stays until the browser has chosen another.
    pub(super) fn restart(&mut self, ufrag: &str, password: &str, browser: &str) {
        self.username = format!("{ufrag}:{browser}");
        self.key = stun::key(password);
        self.priority = 0;
        self.since = None;
    }

    /// The path to send by.
    pub(super) fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// Whether the browser has shown that it is there, and that it wants to hear us (RFC 7675).
    pub(super) fn is_alive(&self) -> bool {
        self.alive
    }

    /// Whether an authentic check came by this path.
    pub(super) fn knows(&self, path: Path) -> bool {
        self.selected == Some(path) || self.paths.contains(&path)
    }

    /// When [`Ice::handle_timeout`] has something to do.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.checked.filter(|_| self.alive).map(|checked| checked + CONSENT)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.timeout().is_some_and(|at| at <= now) {
            self.alive = false;
        }
    }

    /// Takes a check; gives the answer. What is not authentic is not answered: a browser tries again, and nobody else
    /// shall learn anything.
    pub(super) fn receive(&mut self, path: Path, datagram: &[u8], now: Instant) -> Option<Vec<u8>> {
        let request = Request::parse(datagram)?;
        if request.username != self.username.as_bytes() || !request.is_by(&self.key) {
            return None;
        }
        if request.unknown().next().is_some() {
            return Some(request.refusal(Refusal::UnknownAttribute, &self.key));
        }
        // RFC 8445 section 6.1.1: of a full and a lite agent the full one decides.
        if request.controlled {
            return Some(request.refusal(Refusal::RoleConflict, &self.key));
        }
        self.note(path, &request, now);
        Some(request.success(path.address, &self.key))
    }

    /// Draws the consequences of an authentic check (RFC 8445 section 7.3.2).
    fn note(&mut self, path: Path, request: &Request<'_>, now: Instant) {
        match self.paths.iter().position(|known| *known == path) {
            Some(place) => self.paths[place..].rotate_left(1),
            None => {
                if self.paths.len() >= MAX_PATHS {
                    self.paths.remove(0);
                }
                self.paths.push(path);
            }
        }
        let since = *self.since.get_or_insert(now);
        self.checked = Some(now);
        self.alive = true;
        let settled = now.saturating_duration_since(since) >= SETTLING;
        let chosen = request.nominates && (settled || request.priority >= self.priority);
        if chosen || self.selected.is_none() {
            self.selected = Some(path);
        }
        if chosen {
            self.priority = request.priority;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::start;

    const PRIORITY: u16 = 0x0024;
    const USE_CANDIDATE: u16 = 0x0025;
    const CONTROLLED: u16 = 0x8029;
    const NOMINATED: (u16, &[u8]) = (USE_CANDIDATE, &[]);

    fn agent() -> Ice {
        Ice::new("ours", "secret", "theirs")
    }

    fn path(host: u8) -> Path {
        Path { channel: Channel::Mux, address: SocketAddr::from(([127, 0, 0, host], 4_000)) }
    }

    fn check(agent: &mut Ice, from: Path, attributes: &[(u16, &[u8])], now: Instant) -> Option<u16> {
        let request = stun::check("ours:theirs", "secret", attributes);
        let answer = agent.receive(from, &request, now)?;
        Some(u16::from_be_bytes([answer[0], answer[1]]))
    }

    #[test]
    fn the_browser_chooses_its_path() {
        let (mut agent, now) = (agent(), start());
        assert_eq!(check(&mut agent, path(1), &[], now), Some(0x0101));
        assert_eq!(agent.selected(), Some(path(1)), "the only one that works");
        check(&mut agent, path(2), &[], now);
        assert_eq!(agent.selected(), Some(path(1)));
        check(&mut agent, path(2), &[NOMINATED, (PRIORITY, &[9, 0, 0, 0])], now);
        assert_eq!(agent.selected(), Some(path(2)));
        // All are nominated at first: the best counts.
        check(&mut agent, path(3), &[NOMINATED, (PRIORITY, &[8, 0, 0, 0])], now);
        assert_eq!(agent.selected(), Some(path(2)));
        // Later it has reasons of its own.
        check(&mut agent, path(3), &[NOMINATED, (PRIORITY, &[8, 0, 0, 0])], now + SETTLING);
        assert_eq!(agent.selected(), Some(path(3)));
        let stream = Path { channel: Channel::MuxTcp, ..path(3) };
        assert!(!agent.knows(stream));
        check(&mut agent, stream, &[NOMINATED], now + SETTLING);
        assert_eq!(agent.selected(), Some(stream));
    }

    #[test]
    fn only_who_knows_the_password_counts() {
        let (mut agent, now) = (agent(), start());
        for (name, password) in
            [("ours:theirs", "guess"), ("ours:another", "secret"), ("ours", "secret"), ("", "secret")]
        {
            let request = stun::check(name, password, &[NOMINATED]);
            assert_eq!(agent.receive(path(1), &request, now), None, "{name}");
        }
        assert!(!agent.is_alive() && agent.selected().is_none() && !agent.knows(path(1)));
    }

    #[test]
    fn a_browser_in_the_wrong_role_is_told() {
        let (mut agent, now) = (agent(), start());
        let request = stun::check("ours:theirs", "secret", &[NOMINATED, (CONTROLLED, &[0; 8])]);
        let answer = agent.receive(path(1), &request, now).unwrap();
        assert_eq!(answer[..2], [0x01, 0x11]);
        assert_eq!(answer[24..28], [0, 0, 4, 87]);
        assert!(agent.selected().is_none());
        assert_eq!(check(&mut agent, path(1), &[(0x7001, &[])], now), Some(0x0111));
        assert!(!agent.is_alive());
    }

    #[test]
    fn a_browser_that_checks_no_more_is_gone_and_may_come_back() {
        let (mut agent, now) = (agent(), start());
        assert_eq!(agent.timeout(), None);
        check(&mut agent, path(1), &[NOMINATED], now);
        agent.handle_timeout(now + CONSENT - Duration::from_millis(1));
        assert!(agent.is_alive());
        check(&mut agent, path(1), &[], now + Duration::from_secs(10));
        agent.handle_timeout(now + CONSENT);
        assert!(agent.is_alive());
        agent.handle_timeout(agent.timeout().unwrap());
        assert!(!agent.is_alive() && agent.timeout().is_none());
        check(&mut agent, path(1), &[], now + Duration::from_secs(60));
        assert!(agent.is_alive());
    }

    #[test]
    fn a_restart_leaves_the_path_until_another_is_chosen() {
        let (mut agent, now) = (agent(), start());
        check(&mut agent, path(1), &[NOMINATED, (PRIORITY, &[9, 0, 0, 0])], now);
        agent.restart("new", "word", "browser");
        assert_eq!(check(&mut agent, path(1), &[NOMINATED], now), None, "the old name is over");
        assert_eq!((agent.selected(), agent.is_alive()), (Some(path(1)), true));
        let request = |attributes| stun::check("new:browser", "word", attributes);
        assert!(agent.receive(path(2), &request(&[]), now).is_some());
        assert_eq!(agent.selected(), Some(path(1)));
        assert!(agent.receive(path(2), &request(&[NOMINATED, (PRIORITY, &[1, 0, 0, 0])]), now).is_some());
        assert_eq!(agent.selected(), Some(path(2)));
    }

    #[test]
    fn many_paths_do_not_grow_the_list() {
        let (mut agent, now) = (agent(), start());
        for host in 0..=255 {
            check(&mut agent, path(host), &[], now);
        }
        assert_eq!(agent.paths.len(), MAX_PATHS);
        assert!(agent.knows(path(255)) && !agent.knows(path(1)));
    }
}
