//! INVITE server transaction (RFC 3261 17.2.1, RFC 6026 8.5).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tracing::trace;

use super::Io;
use super::timer::{Backoff, PATIENCE, T2, T4, Timer};
use crate::flow::{Destination, Transmit};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No final response yet.
    Proceeding,
    /// A failure was sent and is repeated until its ACK comes.
    Completed,
    /// The ACK came; its repetitions are absorbed.
    Confirmed,
    /// A 2xx was sent, which the session repeats; repetitions of the INVITE are absorbed.
    Accepted,
}

/// An INVITE received.
#[derive(Debug)]
pub(crate) struct ServerInvite {
    id: u64,
    state: State,
    key: Arc<str>,
    session: Option<u64>,
    to: Destination,
    from: SocketAddr,
    /// The last response, unless it is a 2xx.
    response: Option<Bytes>,
    backoff: Backoff,
    retransmit_at: Option<Instant>,
    end_at: Option<Instant>,
}

impl ServerInvite {
    /// For an INVITE whose responses go `to`.
    pub(crate) fn new(id: u64, key: Arc<str>, to: Destination, from: SocketAddr) -> ServerInvite {
        ServerInvite {
            id,
            state: State::Proceeding,
            key,
            session: None,
            to,
            from,
            response: None,
            backoff: Backoff::new(T2),
            retransmit_at: None,
            end_at: None,
        }
    }

    /// Sends a response. Gives back what was sent, which the session repeats where it is a 2xx; None when there was
    /// a final response before.
    pub(crate) fn respond(&mut self, status: u16, bytes: Bytes, now: Instant, io: &mut Io) -> Option<Transmit> {
        if self.state != State::Proceeding {
            return None;
        }
        let transmit = Transmit { to: self.to.clone(), from: self.from, bytes };
        io.transmit(transmit.clone());
        self.response = Some(transmit.bytes.clone());
        match status {
            100..=199 => {}
            200..=299 => {
                self.response = None;
                self.enter(State::Accepted);
                self.end_in(now + PATIENCE, io);
            }
            _ => {
                self.enter(State::Completed);
                self.end_in(now + PATIENCE, io);
                if !self.to.protocol.is_reliable() {
                    self.retransmit_after(now, io);
                }
            }
        }
        Some(transmit)
    }

    /// The INVITE came again.
    pub(crate) fn on_repeated(&self, io: &mut Io) {
        if let (State::Proceeding | State::Completed, Some(bytes)) = (self.state, self.response.clone()) {
            io.transmit(Transmit { to: self.to.clone(), from: self.from, bytes });
        }
    }

    /// An ACK with its branch came. True when the transaction ended with it.
    pub(crate) fn on_ack(&mut self, now: Instant, io: &mut Io) -> bool {
        if self.state != State::Completed {
            return false;
        }
        self.enter(State::Confirmed);
        self.retransmit_at = None;
        self.response = None;
        if self.to.protocol.is_reliable() {
            return true;
        }
        self.end_in(now + T4, io);
        false
    }

    /// The session it belongs to, which a CANCEL must find.
    pub(crate) fn session(&self) -> Option<u64> {
        self.session
    }

    /// Gives it to a session.
    pub(crate) fn set_session(&mut self, session: u64) {
        self.session = Some(session);
    }

    /// Under which it is found.
    pub(crate) fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether this timer is still to fire then.
    pub(crate) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match timer {
            Timer::FailureRetransmit => self.retransmit_at == Some(at),
            _ => self.end_at == Some(at),
        }
    }

    /// A timer fired. True when the transaction ended with it.
    pub(crate) fn on_timer(&mut self, timer: Timer, now: Instant, io: &mut Io) -> bool {
        if timer == Timer::FailureRetransmit {
            self.on_repeated(io);
            self.retransmit_after(now, io);
            return false;
        }
        true
    }

    fn retransmit_after(&mut self, now: Instant, io: &mut Io) {
        let at = now + self.backoff.step();
        self.retransmit_at = Some(at);
        io.timers.set(at, Timer::FailureRetransmit, self.id);
    }

    fn end_in(&mut self, at: Instant, io: &mut Io) {
        self.end_at = Some(at);
        io.timers.set(at, Timer::InviteServerEnd, self.id);
    }

    fn enter(&mut self, state: State) {
        trace!(transaction = self.id, from = ?self.state, to = ?state, "INVITE server");
        self.state = state;
    }
}
