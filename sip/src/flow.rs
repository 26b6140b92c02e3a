//! Where messages come from and where they go.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::header::Protocol;
use crate::uri::{Host, Uri};

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
    /// Who has to be there, where a connection over TLS is opened. None: whoever `host` says.
    pub tls: Option<Arc<TlsPeer>>,
}

/// Whom a certificate must name, and which settings of the network layer judge it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsPeer {
    /// The name that was configured (RFC 5922 7.1): not one that DNS made of it.
    pub name: Arc<str>,
    /// Number of the network layer's set of trusted authorities and own certificate.
    pub profile: u16,
}

/// One way to a next hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Where requests go.
    pub to: Destination,
    /// Sent-by of Via: the address of ours that is known there.
    pub local: SocketAddr,
    /// Contact: where requests of the other side reach this endpoint.
    pub contact: Uri,
}

/// The ways to a next hop, best first (RFC 3263 4.3). There is always one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hops {
    first: Hop,
    others: Vec<Hop>,
}

impl Hops {
    /// From the best to the worst; None where there is none.
    pub fn new(hops: impl IntoIterator<Item = Hop>) -> Option<Hops> {
        let mut hops = hops.into_iter();
        Some(Hops { first: hops.next()?, others: hops.collect() })
    }

    /// The best.
    pub fn first(&self) -> &Hop {
        &self.first
    }

    /// All of them, best first.
    pub fn iter(&self) -> impl Iterator<Item = &Hop> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<Hop> for Hops {
    fn from(first: Hop) -> Hops {
        Hops { first, others: Vec::new() }
    }
}

impl Destination {
    /// An address, with no preference for a connection.
    pub fn at(protocol: Protocol, address: SocketAddr) -> Destination {
        Destination { protocol, host: Host::Ip(address.ip()), port: address.port(), connection: None, tls: None }
    }

    /// Whether what goes here is lost when nothing can be sent to `failed`.
    pub(crate) fn is_hit_by(&self, failed: &Destination) -> bool {
        match (self.connection, failed.connection) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.same_place(failed),
        }
    }

    /// Whether both lead to the same place: over the same connection, or to the same address and, where both say
    /// whom they expect there, the same one.
    pub fn same_place(&self, other: &Destination) -> bool {
        if self.connection.is_some() && self.connection == other.connection {
            return true;
        }
        let same_peer = self.tls.is_none() || other.tls.is_none() || self.tls == other.tls;
        same_peer && self.protocol == other.protocol && self.port == other.port && self.host == other.host
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
