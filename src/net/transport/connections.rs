//! The table of connections: whom they lead to, and who waits for them.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use offhook_sip::header::Protocol;
use offhook_sip::{ConnectionId, Destination, Source, TlsPeer};
use rustc_hash::FxHashMap;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::failure::{TransportFailure, Why};
use crate::net::figures::QueueLength;

/// Messages waiting for one connection; a peer that reads slower than this is cut off.
const CONNECTION_BACKLOG: usize = 256;
/// Connections at once that others opened; and as many that we did.
const MAX_CONNECTIONS: usize = 1_000;
/// Connections of one remote address: a PBX needs one or two, a stranger shall not take them all.
pub(super) const MAX_CONNECTIONS_OF_HOST: usize = 32;

/// What makes two requests share a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FlowKey {
    pub(super) remote: SocketAddr,
    pub(super) protocol: Protocol,
    /// The address of ours that the other side knows.
    pub(super) local: SocketAddr,
    /// Whose certificate was demanded.
    pub(super) tls: Option<Arc<TlsPeer>>,
}

#[derive(Debug)]
struct Connection {
    key: FlowKey,
    /// Our end of it.
    local: SocketAddr,
    /// What it was opened for; None: the other side opened it.
    destination: Option<Destination>,
    /// Whether requests of ours went over it, which may wait for their responses.
    asked: bool,
    writer: mpsc::Sender<Bytes>,
}

/// What became of a message for a connection.
#[derive(Debug)]
pub(super) enum Written {
    /// It waits for its turn.
    Queued,
    /// Too many wait.
    Full,
    /// The connection is ending; here is the message back.
    Ending(Bytes),
}

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Connections {
    by_id: FxHashMap<ConnectionId, Connection>,
    by_key: FxHashMap<FlowKey, ConnectionId>,
    last: u64,
}

impl Connections {
    /// Room for one that another opened.
    pub(super) fn may_accept(&self, remote: SocketAddr) -> bool {
        let accepted = self.by_id.values().filter(|known| known.destination.is_none());
        let (mut all, mut of_host) = (0, 0);
        for known in accepted {
            all += 1;
            of_host += usize::from(known.key.remote.ip() == remote.ip());
        }
        all < MAX_CONNECTIONS && of_host < MAX_CONNECTIONS_OF_HOST
    }

    /// Room for one of our own.
    pub(super) fn may_open(&self) -> bool {
        self.by_id.values().filter(|known| known.destination.is_some()).count() < MAX_CONNECTIONS
    }

    /// A new one, with what is to be written to it. `local` is our end of it.
    pub(super) fn add(
        &mut self,
        key: FlowKey,
        local: SocketAddr,
        destination: Option<Destination>,
    ) -> (ConnectionId, mpsc::Receiver<Bytes>) {
        self.last += 1;
        let id = ConnectionId(self.last);
        let (writer, outgoing) = mpsc::channel(CONNECTION_BACKLOG);
        self.by_key.insert(key.clone(), id);
        self.by_id.insert(id, Connection { key, local, destination, asked: false, writer });
        (id, outgoing)
    }

    /// Forgets one, which ends it. Gives the failure of those who wait for it.
    pub(super) fn remove(&mut self, id: ConnectionId, why: Why) -> Option<TransportFailure> {
        let connection = self.by_id.remove(&id)?;
        if self.by_key.get(&connection.key) == Some(&id) {
            self.by_key.remove(&connection.key);
        }
        let destination = match connection.destination {
            Some(destination) => destination,
            None if connection.asked => Destination::at(connection.key.protocol, connection.key.remote),
            // Nobody here has asked a stranger anything.
            None => return None,
        };
        Some(TransportFailure { destination: Destination { connection: Some(id), ..destination }, why })
    }

    /// The one that leads there.
    pub(super) fn find(&self, key: &FlowKey) -> Option<ConnectionId> {
        self.by_key.get(key).copied()
    }

    /// Whom one leads to.
    pub(super) fn key(&self, id: ConnectionId) -> Option<&FlowKey> {
        self.by_id.get(&id).map(|connection| &connection.key)
    }

    /// Our end of one.
    pub(super) fn local(&self, id: ConnectionId) -> Option<SocketAddr> {
        self.by_id.get(&id).map(|connection| connection.local)
    }

    /// Where what comes over one comes from.
    pub(super) fn source(&self, id: ConnectionId) -> Option<Source> {
        let key = self.key(id)?;
        Some(Source { protocol: key.protocol, local: key.local, remote: key.remote, connection: Some(id) })
    }

    /// Has a message written. None when there is no such connection.
    pub(super) fn write(&mut self, id: ConnectionId, bytes: Bytes) -> Option<Written> {
        let connection = self.by_id.get_mut(&id)?;
        connection.asked |= !is_response(&bytes);
        Some(match connection.writer.try_send(bytes) {
            Ok(()) => Written::Queued,
            Err(TrySendError::Full(_)) => Written::Full,
            Err(TrySendError::Closed(bytes)) => Written::Ending(bytes),
        })
    }

    /// What waits to be written.
    pub(super) fn queue(&self) -> QueueLength {
        let waiting = self.by_id.values().map(|connection| CONNECTION_BACKLOG - connection.writer.capacity());
        let length = waiting.max().unwrap_or_default();
        QueueLength { name: "connection", length, limit: CONNECTION_BACKLOG }
    }

    /// Whether nothing waits to be written.
    pub(super) fn is_flushed(&self) -> bool {
        self.by_id.values().all(|connection| connection.writer.capacity() == CONNECTION_BACKLOG)
    }
}

/// Whether a message of ours is a response.
pub(super) fn is_response(bytes: &[u8]) -> bool {
    bytes.starts_with(b"SIP/2.0 ")
}
