//! Client transaction of requests other than INVITE (RFC 3261 17.1.2).

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use tracing::trace;

use super::timer::{Backoff, PATIENCE, T2, T4, Timer};
use super::{Io, Verdict};
use crate::flow::{Destination, Transmit};
use crate::method::Method;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Sent; nothing has come.
    Trying,
    /// A provisional response came.
    Proceeding,
    /// The final response came; its repetitions are absorbed.
    Completed,
}

/// A request sent.
#[derive(Debug)]
pub(crate) struct Client {
    id: u64,
    method: Method,
    state: State,
    request: Bytes,
    to: Destination,
    from: SocketAddr,
    /// The same by another way, for when this one fails.
    fallback: Option<Box<Transmit>>,
    backoff: Backoff,
    retransmit_at: Option<Instant>,
    end_at: Option<Instant>,
}

impl Client {
    /// Sends the request.
    pub(crate) fn start(
        id: u64,
        method: Method,
        transmit: Transmit,
        fallback: Option<Transmit>,
        now: Instant,
        io: &mut Io,
    ) -> Client {
        let Transmit { to, from, bytes: request } = transmit.clone();
        let mut client = Client {
            id,
            method,
            state: State::Trying,
            request,
            to,
            from,
            fallback: fallback.map(Box::new),
            backoff: Backoff::new(T2),
            retransmit_at: None,
            end_at: None,
        };
        io.transmit(transmit);
        client.end_in(now + PATIENCE, io);
        let interval = client.backoff.step();
        client.retransmit_in(now + interval, io);
        client
    }

    /// A response with this branch arrived.
    pub(crate) fn on_response(&mut self, status: u16, now: Instant, io: &mut Io) -> Verdict {
        match (self.state, status) {
            (State::Completed, _) => Verdict::Absorb,
            (_, 100..=199) => {
                self.enter(State::Proceeding);
                Verdict::Pass
            }
            _ => {
                self.enter(State::Completed);
                self.retransmit_at = None;
                self.request = Bytes::new();
                self.fallback = None;
                if self.to.protocol.is_reliable() {
                    return Verdict::PassAndEnd;
                }
                self.end_in(now + T4, io);
                Verdict::Pass
            }
        }
    }

    /// Its method, which the CSeq of a response must repeat (RFC 3261 17.1.3).
    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// Whether no final response has come.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.state != State::Completed
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
        self.backoff = Backoff::new(T2);
        self.end_in(now + PATIENCE, io);
        let interval = self.backoff.step();
        self.retransmit_in(now + interval, io);
        true
    }

    /// Where no stream could be opened for it, though it is too long for a datagram: known until an answer comes.
    pub(crate) fn refused_stream(&self) -> Option<&Destination> {
        let fallback = self.fallback.as_ref().filter(|_| self.state == State::Trying)?;
        (fallback.to.protocol != self.to.protocol).then_some(&fallback.to)
    }

    /// Whether this timer is still to fire then.
    pub(crate) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match timer {
            Timer::RequestRetransmit => self.retransmit_at == Some(at),
            _ => self.end_at == Some(at),
        }
    }

    /// A timer fired. True when the transaction ended with it.
    pub(crate) fn on_timer(&mut self, timer: Timer, now: Instant, io: &mut Io) -> bool {
        if timer == Timer::RequestRetransmit {
            io.transmit(Transmit { to: self.to.clone(), from: self.from, bytes: self.request.clone() });
            let interval = if self.state == State::Proceeding { T2 } else { self.backoff.step() };
            self.retransmit_in(now + interval, io);
            return false;
        }
        true
    }

    fn retransmit_in(&mut self, at: Instant, io: &mut Io) {
        if !self.to.protocol.is_reliable() {
            self.retransmit_at = Some(at);
            io.timers.set(at, Timer::RequestRetransmit, self.id);
        }
    }

    fn end_in(&mut self, at: Instant, io: &mut Io) {
        self.end_at = Some(at);
        io.timers.set(at, Timer::RequestEnd, self.id);
    }

    fn enter(&mut self, state: State) {
        trace!(transaction = self.id, from = ?self.state, to = ?state, "client");
        self.state = state;
    }
}
