//! Server transaction of requests other than INVITE (RFC 3261 17.2.2).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tracing::trace;

use super::Io;
use super::timer::{PATIENCE, Timer};
use crate::flow::{Destination, Transmit};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No response yet.
    Trying,
    /// A provisional response was sent.
    Proceeding,
    /// The final response was sent, and is again whenever the request is.
    Completed,
}

/// A request received.
#[derive(Debug)]
pub(crate) struct Server {
    id: u64,
    state: State,
    key: Arc<str>,
    to: Destination,
    from: SocketAddr,
    response: Option<Bytes>,
    end_at: Option<Instant>,
}

impl Server {
    /// For a request whose responses go `to`. It ends by itself when nobody answers it while the client waits.
    pub(crate) fn start(
        id: u64,
        key: Arc<str>,
        to: Destination,
        from: SocketAddr,
        now: Instant,
        io: &mut Io,
    ) -> Server {
        let mut server = Server { id, state: State::Trying, key, to, from, response: None, end_at: None };
        server.end_in(now + PATIENCE, io);
        server
    }

    /// Sends a response, unless there was a final one before. True when the transaction ended with it.
    pub(crate) fn respond(&mut self, status: u16, bytes: Bytes, now: Instant, io: &mut Io) -> bool {
        if self.state == State::Completed {
            return false;
        }
        io.transmit(Transmit { to: self.to.clone(), from: self.from, bytes: bytes.clone() });
        self.response = Some(bytes);
        if status < 200 {
            self.enter(State::Proceeding);
            return false;
        }
        self.enter(State::Completed);
        if self.to.protocol.is_reliable() {
            return true;
        }
        self.end_in(now + PATIENCE, io);
        false
    }

    /// The request came again.
    pub(crate) fn on_repeated(&self, io: &mut Io) {
        if let Some(bytes) = self.response.clone() {
            io.transmit(Transmit { to: self.to.clone(), from: self.from, bytes });
        }
    }

    /// Under which it is found.
    pub(crate) fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether this timer is still to fire then.
    pub(crate) fn awaits(&self, at: Instant) -> bool {
        self.end_at == Some(at)
    }

    fn end_in(&mut self, at: Instant, io: &mut Io) {
        self.end_at = Some(at);
        io.timers.set(at, Timer::ServerEnd, self.id);
    }

    fn enter(&mut self, state: State) {
        trace!(transaction = self.id, from = ?self.state, to = ?state, "server");
        self.state = state;
    }
}
