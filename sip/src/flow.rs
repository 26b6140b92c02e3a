//! Where messages come from and where they go.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::header::Protocol;
use crate::uri::Host;

/// A connection of the network layer, which gives the numbers and does not reuse them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// Transport it came by.
    pub protocol: Protocol,
    /// The address of ours that the peer sees: it goes into Via and Contact, so it must not be a wildcard.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The connection it came by, where the transport has such.
    pub connection: Option<ConnectionId>,
}

/// Where a message is to go. The network layer resolves names, and opens or reuses connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Transport to use.
    pub protocol: Protocol,
    /// Name or address.
    pub host: Host,
    /// Port.
    pub port: u16,
    /// Use this connection where it is still open (RFC 3261 18.2.2); otherwise host and port.
    pub connection: Option<ConnectionId>,
}

impl Destination {
    /// Whether both lead to the same place, whatever connection is preferred.
    pub fn same_place(&self, other: &Destination) -> bool {
        self.protocol == other.protocol && self.port == other.port && self.host == other.host
    }
}

/// A message to send.
#[derive(Debug, Clone)]
pub struct Transmit {
    /// Where to.
    pub to: Destination,
    /// The address of ours to send it from, which the peer will answer to.
    pub from: SocketAddr,
    /// The message.
    pub bytes: Bytes,
}
