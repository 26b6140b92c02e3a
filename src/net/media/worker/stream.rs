//! Browsers whose network lets no UDP through: TCP connections at the browsers' port (RFC 6544), a frame for each
//! datagram (RFC 4571). The worker that accepts a connection reads it; whoever has the call writes to it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use slab::Slab;
use socket2::{Domain, Protocol, Socket, Type};
use tracing::debug;

use super::browser::Path;
use super::poll::Ready;
use super::run::Worker;

/// Connections of one worker; those beyond it are closed at once.
const MAX_CONNECTIONS: usize = 1_024;
/// Connections accepted before others have their turn.
const ACCEPTED: usize = 16;
/// A connection that says nothing for this long is closed when another one comes: browsers check their path every few
/// seconds.
const IDLE: Duration = Duration::from_secs(30);
/// Frames are at most as long as a datagram of a browser; a longer one is not WebRTC.
const MAX_FRAME: usize = 2_048;
/// What may wait for a slow reader: half a second of audio. More would only be late.
const MAX_PENDING: usize = 8 * 1024;

/// A worker's connections.
#[derive(Debug, Default)]
pub(super) struct Streams {
    listeners: Vec<TcpListener>,
    connections: Slab<Incoming>,
}

/// A connection as its reader has it.
#[derive(Debug)]
struct Incoming {
    connection: Arc<Connection>,
    from: SocketAddr,
    /// A frame that is not complete.
    partial: Vec<u8>,
    heard: Instant,
}

/// A connection as its writers have it.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// The rest of a frame that the system did not take at once. Nobody but the worker that has the call locks it.
    pending: Mutex<Vec<u8>>,
}

impl Connection {
    /// Sends a datagram. It is dropped where the reader is too slow: it would come too late.
    pub(super) fn send(&self, datagram: &[u8]) {
        let Ok(length) = u16::try_from(datagram.len()) else { return };
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.len() > MAX_PENDING {
            self.flush(&mut pending);
            return;
        }
        pending.extend_from_slice(&length.to_be_bytes());
        pending.extend_from_slice(datagram);
        self.flush(&mut pending);
    }

    /// Our address of it.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.stream.local_addr().ok()
    }

    fn flush(&self, pending: &mut Vec<u8>) {
        // A broken connection is noticed by its reader.
        if let Ok(written) = (&self.stream).write(pending) {
            pending.drain(..written);
        }
    }
}

impl Streams {
    pub(super) fn new(listeners: Vec<TcpListener>) -> Streams {
        Streams { listeners, connections: Slab::new() }
    }
}

impl Worker {
    /// Takes connections from a listener.
    pub(super) fn accept_streams(&mut self, listener: usize, now: Instant) {
        for _ in 0..ACCEPTED {
            let Some(Ok((stream, from))) = self.streams.listeners.get(listener).map(TcpListener::accept) else {
                return;
            };
            if self.streams.connections.len() >= MAX_CONNECTIONS {
                self.close_idle(now);
            }
            let usable = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true));
            if self.streams.connections.len() >= MAX_CONNECTIONS || usable.is_err() {
                debug!(%from, "connection of a browser refused");
                continue;
            }
            let entry = self.streams.connections.vacant_entry();
            if self.poller.add(&stream, Ready::Stream(entry.key())).is_err() {
                continue;
            }
            let connection = Arc::new(Connection { stream, pending: Mutex::default() });
            entry.insert(Incoming { connection, from, partial: Vec::new(), heard: now });
        }
    }

    /// Takes what has come by a connection.
    pub(super) fn receive_stream(&mut self, key: usize, now: Instant) {
        let Some(incoming) = self.streams.connections.get_mut(key) else { return };
        let mut buffer = [0; MAX_FRAME];
        let open = match (&incoming.connection.stream).read(&mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                incoming.partial.extend_from_slice(&buffer[..length]);
                incoming.heard = now;
                true
            }
            Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        };
        let mut received = std::mem::take(&mut incoming.partial);
        let (path, from) = (Path::Tcp(incoming.connection.clone()), incoming.from);
        let mut rest = received.as_slice();
        let mut sensible = true;
        while let Some((&length, frame)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(length));
            sensible &= length <= MAX_FRAME;
            let Some((frame, after)) = frame.split_at_checked(length).filter(|_| sensible) else { break };
            self.browser_packet((self.index, 0), &path, from, frame, now);
            rest = after;
        }
        let read = received.len() - rest.len();
        received.drain(..read);
        match self.streams.connections.get_mut(key) {
            Some(incoming) if open && sensible => incoming.partial = received,
            _ => self.close_stream(key),
        }
    }

    /// Closes the connections that nobody speaks by any more.
    fn close_idle(&mut self, now: Instant) {
        let idle = |incoming: &Incoming| now.saturating_duration_since(incoming.heard) > IDLE;
        let idle: Vec<usize> =
            self.streams.connections.iter().filter(|(_, incoming)| idle(incoming)).map(|(key, _)| key).collect();
        for key in idle {
            self.close_stream(key);
        }
    }

    fn close_stream(&mut self, key: usize) {
        if let Some(incoming) = self.streams.connections.try_remove(key) {
            // Sessions may know it for a while, so that dropping it here does not close it.
            self.poller.remove(&incoming.connection.stream);
            let _ = incoming.connection.stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Opens the browsers' port for TCP; the workers share it.
pub(super) fn listen_streams(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(128)?;
    Ok(socket.into())
}
