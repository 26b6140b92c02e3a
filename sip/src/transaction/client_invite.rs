//! INVITE client transaction (RFC 3261 17.1.1, RFC 6026 8.4).

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use tracing::trace;

use super::Io;
use super::Verdict;
use super::timer::{Backoff, PATIENCE, Timer};
use super::write;
use crate::flow::{Destination, Transmit};
use crate::message::Message;

/// Callees that may answer one forked INVITE and have their ACK repeated here.
const MAX_FORKS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Sent; nothing has come.
    Calling,
    /// A provisional response came.
    Proceeding,
    /// A failure came and was acknowledged; its repetitions are too.
    Completed,
    /// A 2xx came; others, of other callees, may follow.
    Accepted,
}

/// An INVITE sent.
#[derive(Debug)]
pub(crate) struct ClientInvite {
    id: u64,
    state: State,
    request: Bytes,
    to: Destination,
    from: SocketAddr,
    /// The same by another way, for when this one fails.
    fallback: Option<Box<Transmit>>,
    backoff: Backoff,
    retransmit_at: Option<Instant>,
    end_at: Option<Instant>,
    /// Nobody waits for the answer: provisional responses do not put its end off.
    left: bool,
    /// ACK of the failure.
    failure_ack: Option<Bytes>,
    /// ACKs of the 2xx, by To tag.
    acks: Vec<(Box<str>, Transmit)>,
}

impl ClientInvite {
    /// Sends the INVITE.
    pub(crate) fn start(
        id: u64,
        transmit: Transmit,
        fallback: Option<Transmit>,
        now: Instant,
        io: &mut Io,
    ) -> ClientInvite {
        let Transmit { to, from, bytes: request } = transmit.clone();
        let mut invite = ClientInvite {
            id,
            state: State::Calling,
            request,
            to,
            from,
            fallback: fallback.map(Box::new),
            backoff: Backoff::new(PATIENCE),
            retransmit_at: None,
            end_at: None,
            left: false,
            failure_ack: None,
            acks: Vec::new(),
        };
        io.transmit(transmit);
        invite.end_in(now + PATIENCE, io);
        invite.retransmit_after(now, io);
        invite
    }

    /// A response with this branch arrived.
    pub(crate) fn on_response(&mut self, status: u16, response: &Message, now: Instant, io: &mut Io) -> Verdict {
        match (self.state, status) {
            (State::Calling | State::Proceeding, 100..=199) => {
                self.enter(State::Proceeding);
                self.retransmit_at = None;
                if !self.left {
                    self.end_at = None;
                }
                Verdict::Pass
            }
            (State::Calling | State::Proceeding, 200..=299) => {
                self.enter(State::Accepted);
                self.retransmit_at = None;
                self.fallback = None;
                self.end_in(now + PATIENCE, io);
                Verdict::Pass
            }
            (State::Calling | State::Proceeding, _) => {
                self.enter(State::Completed);
                self.retransmit_at = None;
                self.fallback = None;
                self.failure_ack = write::failure_ack(&self.request, response);
                self.acknowledge_failure(io);
                if self.to.protocol.is_reliable() {
                    return Verdict::PassAndEnd;
                }
                self.end_in(now + PATIENCE, io);
                Verdict::Pass
            }
            (State::Completed, 300..) => {
                self.acknowledge_failure(io);
                Verdict::Absorb
            }
            (State::Accepted, 200..=299) => {
                let tag = write::to_tag(response);
                match self.acks.iter().find(|(known, _)| **known == *tag) {
                    Some((_, ack)) => {
                        io.transmit(ack.clone());
                        Verdict::Absorb
                    }
                    None if self.acks.len() < MAX_FORKS => Verdict::Pass,
                    None => Verdict::Absorb,
                }
            }
            _ => Verdict::Absorb,
        }
    }

    /// Sends the ACK of a 2xx, and again whenever that 2xx is repeated (RFC 3261 13.2.2.4).
    pub(crate) fn acknowledge(&mut self, tag: &str, ack: Transmit, io: &mut Io) {
        io.transmit(ack.clone());
        if self.state == State::Accepted && self.acks.len() < MAX_FORKS {
            self.acks.push((tag.into(), ack));
        }
    }

    /// The INVITE as it was sent.
    pub(crate) fn request(&self) -> &Bytes {
        &self.request
    }

    /// A CANCEL for it, to the same place (RFC 3261 9.1). None once there is a final response.
    pub(crate) fn cancel(&self, reason: Option<&str>) -> Option<Transmit> {
        if !self.is_unanswered() {
            return None;
        }
        let bytes = write::cancel(&self.request, reason)?;
        Some(Transmit { to: self.to.clone(), from: self.from, bytes })
    }

    /// Ends it at the latest in 64*T1.
    pub(crate) fn leave(&mut self, now: Instant, io: &mut Io) {
        self.left = true;
        if self.end_at.is_none() {
            self.end_in(now + PATIENCE, io);
        }
    }

    /// Whether no final response has come.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self.state, State::Calling | State::Proceeding)
    }

    /// Where it goes.
    pub(crate) fn destination(&self) -> &Destination {
        &self.to
    }

    /// Nothing can be sent where it went: goes the other way. False where there is none.
    pub(crate) fn fall_back(&mut self, now: Instant, io: &mut Io) -> bool {
        let Some(transmit) = self.fallback.take() else { return false };
        let Transmit { to, from, bytes } = *transmit.clone();
        (self.to, self.from, self.request) = (to, from, bytes);
        io.transmit(*transmit);
        if self.state == State::Calling {
            self.backoff = Backoff::new(PATIENCE);
            self.end_in(now + PATIENCE, io);
            self.retransmit_after(now, io);
        }
        true
    }

    /// Where no stream could be opened for it, though it is too long for a datagram: known until an answer comes.
    pub(crate) fn refused_stream(&self) -> Option<&Destination> {
        let fallback = self.fallback.as_ref().filter(|_| self.state == State::Calling)?;
        (fallback.to.protocol != self.to.protocol).then_some(&fallback.to)
    }

    /// Whether this timer is still to fire then.
    pub(crate) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match timer {
            Timer::InviteRetransmit => self.retransmit_at == Some(at),
            _ => self.end_at == Some(at),
        }
    }

    /// A timer fired. True when the transaction ended with it.
    pub(crate) fn on_timer(&mut self, timer: Timer, now: Instant, io: &mut Io) -> bool {
        if timer == Timer::InviteRetransmit {
            io.transmit(Transmit { to: self.to.clone(), from: self.from, bytes: self.request.clone() });
            self.retransmit_after(now, io);
            return false;
        }
        true
    }

    fn acknowledge_failure(&self, io: &mut Io) {
        if let Some(bytes) = self.failure_ack.clone() {
            io.transmit(Transmit { to: self.to.clone(), from: self.from, bytes });
        }
    }

    fn retransmit_after(&mut self, now: Instant, io: &mut Io) {
        if !self.to.protocol.is_reliable() {
            let at = now + self.backoff.step();
            self.retransmit_at = Some(at);
            io.timers.set(at, Timer::InviteRetransmit, self.id);
        }
    }

    fn end_in(&mut self, at: Instant, io: &mut Io) {
        self.end_at = Some(at);
        io.timers.set(at, Timer::InviteEnd, self.id);
    }

    fn enter(&mut self, state: State) {
        trace!(transaction = self.id, from = ?self.state, to = ?state, "INVITE client");
        self.state = state;
    }
}
