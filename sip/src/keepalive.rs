//! Keeps one flow open through NATs and firewalls, and notices when it is dead (RFC 5626 4.4).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::stun::{Stun, TransactionId};
use crate::transaction::timer::T1;

/// How long a pong may take on a stream (RFC 5626 4.4.1).
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// How often one binding request is sent (RFC 8489 6.2.1: Rc).
const STUN_ATTEMPTS: u32 = 7;
/// How long the last of them is waited for, in initial intervals (RFC 8489 6.2.1: Rm).
const STUN_LAST: u32 = 16;

/// What is sent on a flow, and what has to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeepAliveKind {
    /// A double CRLF that nobody answers.
    Crlf,
    /// A double CRLF that has to be answered with one CRLF (RFC 5626 4.4.1). Streams only; anything else that comes
    /// is taken for a sign of life too.
    Ping,
    /// A STUN binding request (RFC 5626 4.4.2). Datagrams only.
    Stun,
}

/// What is to be done about a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepAliveAction {
    /// Send this.
    Send(Vec<u8>),
    /// The other side no longer answers.
    Dead,
}

/// What a STUN answer says of the address that the other side sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    /// What it was, or it is the first that is known.
    Same,
    /// Another than before: a NAT on the way has forgotten this flow, and with it the registrations.
    Changed {
        /// What it was.
        before: SocketAddr,
        /// What it is.
        after: SocketAddr,
    },
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Something is sent then.
    Idle,
    /// A ping waits for its pong.
    Pinged,
    /// A binding request waits for its answer.
    Asked { id: TransactionId, attempts: u32, interval: Duration },
}

/// The keep-alives of one flow. Times and random numbers are arguments.
#[derive(Debug)]
pub struct KeepAlive {
    kind: KeepAliveKind,
    every: Duration,
    state: State,
    wake: Instant,
    mapped: Option<SocketAddr>,
}

impl KeepAlive {
    /// The first goes out within `every`, at least one second.
    pub fn start(kind: KeepAliveKind, every: Duration, now: Instant, random: u64) -> KeepAlive {
        let every = every.max(Duration::from_secs(1));
        let wake = now + jittered(every, random);
        KeepAlive { kind, every, state: State::Idle, wake, mapped: None }
    }

    /// When [`KeepAlive::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Instant {
        self.wake
    }

    /// Does what is due. `random` makes intervals and names of requests unpredictable.
    pub fn handle_timeout(&mut self, now: Instant, random: [u8; 16]) -> Option<KeepAliveAction> {
        if now < self.wake {
            return None;
        }
        match self.state {
            State::Idle => Some(KeepAliveAction::Send(self.send(now, random))),
            State::Pinged => {
                self.rest(now, random);
                Some(KeepAliveAction::Dead)
            }
            State::Asked { id, attempts, interval } if attempts < STUN_ATTEMPTS => {
                self.ask(now, id, attempts + 1, interval * 2);
                Some(KeepAliveAction::Send(Stun::Request(id).write()))
            }
            State::Asked { .. } => {
                self.rest(now, random);
                // Who never answered does not know STUN; the requests have kept the way open all the same.
                self.mapped.take().map(|_| KeepAliveAction::Dead)
            }
        }
    }

    /// Something came in on the flow, a pong or a message.
    pub fn on_received(&mut self, now: Instant, random: [u8; 16]) {
        if matches!(self.state, State::Pinged) {
            self.rest(now, random);
        }
    }

    /// A STUN answer came. None when it answers no request of this flow.
    pub fn on_stun(&mut self, answer: Stun, now: Instant, random: [u8; 16]) -> Option<Mapping> {
        let State::Asked { id: asked, .. } = self.state else { return None };
        let (id, after) = match answer {
            Stun::Mapped(id, address) => (id, Some(address)),
            Stun::Refused(id) => (id, None),
            Stun::Request(_) => return None,
        };
        if id != asked {
            return None;
        }
        self.rest(now, random);
        let before = after.and_then(|after| self.mapped.replace(after));
        match (before, after) {
            (Some(before), Some(after)) if before != after => Some(Mapping::Changed { before, after }),
            _ => Some(Mapping::Same),
        }
    }

    /// The request that waits for its answer.
    pub fn asked(&self) -> Option<TransactionId> {
        match self.state {
            State::Asked { id, .. } => Some(id),
            _ => None,
        }
    }

    fn send(&mut self, now: Instant, random: [u8; 16]) -> Vec<u8> {
        match self.kind {
            KeepAliveKind::Crlf => self.rest(now, random),
            KeepAliveKind::Ping => {
                self.state = State::Pinged;
                self.wake = now + PONG_WITHIN;
            }
            KeepAliveKind::Stun => {
                let id = random.first_chunk().copied().unwrap_or_default();
                self.ask(now, id, 1, T1);
                return Stun::Request(id).write();
            }
        }
        b"\r\n\r\n".to_vec()
    }

    fn ask(&mut self, now: Instant, id: TransactionId, attempts: u32, interval: Duration) {
        let wait = if attempts < STUN_ATTEMPTS { interval } else { T1 * STUN_LAST };
        self.state = State::Asked { id, attempts, interval };
        self.wake = now + wait;
    }

    fn rest(&mut self, now: Instant, random: [u8; 16]) {
        let [.., a, b, c, d] = random;
        self.state = State::Idle;
        self.wake = now + jittered(self.every, u64::from(u32::from_be_bytes([a, b, c, d])));
    }
}

/// Between 80 and 100 percent of the interval, so that not all flows speak at once (RFC 5626 4.4.1).
fn jittered(every: Duration, random: u64) -> Duration {
    every.mul_f64(0.8 + 0.2 * (random % 1000) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::transaction::tests::start;

    const EVERY: Duration = Duration::from_secs(20);

    /// Lets it do what is due next.
    fn step(flow: &mut KeepAlive, now: &mut Instant) -> Option<KeepAliveAction> {
        *now = flow.poll_timeout();
        flow.handle_timeout(*now, [9; 16])
    }

    fn asked(action: Option<KeepAliveAction>) -> TransactionId {
        match action {
            Some(KeepAliveAction::Send(bytes)) => match Stun::parse(&bytes) {
                Some(Stun::Request(id)) => id,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_stream_that_does_not_answer_is_dead_after_ten_seconds() {
        let mut now = start();
        let mut flow = KeepAlive::start(KeepAliveKind::Ping, EVERY, now, 0);
        assert_eq!(step(&mut flow, &mut now), Some(KeepAliveAction::Send(b"\r\n\r\n".to_vec())));
        assert_eq!(flow.handle_timeout(now + PONG_WITHIN - T1, [0; 16]), None);
        assert_eq!(flow.handle_timeout(now + PONG_WITHIN, [0; 16]), Some(KeepAliveAction::Dead));
    }

    #[test]
    fn a_stream_that_answers_is_pinged_again() {
        let mut now = start();
        let mut flow = KeepAlive::start(KeepAliveKind::Ping, EVERY, now, 999);
        for _ in 0..3 {
            assert!(matches!(step(&mut flow, &mut now), Some(KeepAliveAction::Send(_))));
            flow.on_received(now + T1, [0; 16]);
        }
    }

    #[test]
    fn a_new_mapping_is_told_and_the_first_is_not() {
        let mut now = start();
        let mut flow = KeepAlive::start(KeepAliveKind::Stun, EVERY, now, 0);
        let [first, second] = ["192.0.2.1:5060", "192.0.2.1:6000"].map(|text| text.parse().expect("address"));
        let id = asked(step(&mut flow, &mut now));
        assert_eq!(flow.on_stun(Stun::Mapped([0; 12], second), now, [0; 16]), None, "a forged answer");
        assert_eq!(flow.on_stun(Stun::Mapped(id, first), now, [0; 16]), Some(Mapping::Same));
        assert_eq!(flow.on_stun(Stun::Mapped(id, second), now, [0; 16]), None, "the answer comes twice");
        let id = asked(step(&mut flow, &mut now));
        let changed = Mapping::Changed { before: first, after: second };
        assert_eq!(flow.on_stun(Stun::Mapped(id, second), now, [0; 16]), Some(changed));
    }

    #[test]
    fn only_who_has_answered_before_can_fall_silent() {
        let mut now = start();
        let mut flow = KeepAlive::start(KeepAliveKind::Stun, EVERY, now, 0);
        let begin = flow.poll_timeout();
        let ids: Vec<_> = (0..7).map(|_| asked(step(&mut flow, &mut now))).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "one request, sent again");
        assert_eq!(step(&mut flow, &mut now), None);
        // RFC 8489 6.2.1: with 500 ms a request fails after 39.5 s.
        assert_eq!(now - begin, Duration::from_millis(39_500));
        let id = asked(step(&mut flow, &mut now));
        flow.on_stun(Stun::Mapped(id, "192.0.2.1:1".parse().expect("address")), now, [0; 16]);
        for _ in 0..7 {
            asked(step(&mut flow, &mut now));
        }
        assert_eq!(step(&mut flow, &mut now), Some(KeepAliveAction::Dead));
    }

    proptest! {
        #[test]
        fn it_always_wakes_later_and_within_its_interval(
            steps in proptest::collection::vec((any::<[u8; 16]>(), any::<bool>()), 1..60),
            kind in prop_oneof![Just(KeepAliveKind::Crlf), Just(KeepAliveKind::Ping), Just(KeepAliveKind::Stun)],
        ) {
            let mut now = start();
            let mut flow = KeepAlive::start(kind, EVERY, now, 5);
            for (random, answered) in steps {
                now = flow.poll_timeout();
                flow.handle_timeout(now, random);
                if answered {
                    flow.on_received(now, random);
                    if let Some(id) = flow.asked() {
                        flow.on_stun(Stun::Refused(id), now, random);
                    }
                }
                prop_assert!(flow.poll_timeout() > now);
                prop_assert!(flow.poll_timeout() <= now + EVERY);
            }
        }
    }
}
