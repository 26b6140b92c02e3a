//! What is noted of signalling while the server runs, one thing at a time, as it happened: nothing is formatted before
//! somebody looks.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::influence::{Influence, Standing};
use super::recorder::Owner;
use super::trace::{FailureKind, MediaEvent, TraceTransport};
use crate::call::record::Party;
use crate::call::step::Step;
use crate::ids::{CallId, ClientId, LineGroupId, LineId, UserId};

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Record {
    /// When, since 1970-01-01 UTC.
    pub at: Duration,
    /// The line group that it concerns, where that is known.
    pub group: Option<LineGroupId>,
    /// The line that it concerns, where that is known.
    pub line: Option<LineId>,
    /// The call that it belongs to, where it belongs to one.
    pub call: Option<CallId>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A SIP message came or went.
    Sip(SipRecord),
    /// A message of the client protocol came or went.
    Client(ClientRecord),
    /// A step of the call machine.
    Step(Box<Step>),
    /// Something about the audio between the server and somebody.
    Media {
        /// Who is at the other end.
        party: Party,
        /// What.
        event: MediaEvent,
        /// More about it.
        detail: Option<Box<str>>,
    },
    /// A message could not be sent, or will not be answered.
    Failure {
        /// Where it should have gone.
        to: Option<Place>,
        /// Why not.
        why: FailureKind,
        /// The same in words.
        detail: Box<str>,
    },
    /// What calls are decided by beside messages.
    Influence(Arc<Influence>),
}

/// A SIP message.
#[derive(Debug, Clone)]
pub struct SipRecord {
    /// Whether this server sent it.
    pub sent: bool,
    /// What carried it.
    pub transport: TraceTransport,
    /// Address of this server.
    pub local: SocketAddr,
    /// The other side.
    pub remote: Place,
    /// The message as it was, secrets among it.
    pub bytes: Bytes,
}

/// A message between the server and a client.
#[derive(Debug, Clone)]
pub struct ClientRecord {
    /// Whether this server sent it.
    pub sent: bool,
    /// The client.
    pub client: ClientId,
    /// Who is signed in there.
    pub user: UserId,
    /// JSON as it was, secrets among it.
    pub text: Bytes,
}

/// Where a message goes or comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// An address.
    Address(SocketAddr),
    /// A name that is not looked up yet, and a port.
    Name(Box<str>, u16),
}

impl Place {
    /// The address, where it is known.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Place::Address(address) => Some(*address),
            Place::Name(..) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Address(address) => address.fmt(f),
            Place::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

impl Record {
    /// About how many octets it takes in memory.
    pub fn size(&self) -> usize {
        let content = match &self.what {
            What::Sip(sip) => sip.bytes.len(),
            What::Client(client) => client.text.len(),
            What::Step(_) => size_of::<Step>(),
            What::Media { detail, .. } => detail.as_ref().map_or(0, |detail| detail.len()),
            What::Failure { detail, .. } => detail.len(),
            What::Influence(influence) => influence.size(),
        };
        size_of::<Record>() + content
    }
}

/// Gets every record once the line group, the line and the call are known that it belongs to: a capture file, say. It
/// must neither wait nor format, since signalling waits meanwhile.
pub trait Sink: Send + fmt::Debug {
    /// Whether anything is wanted at all.
    fn is_open(&self) -> bool;

    /// Whether what belongs to this call, and to whom it is there for, is wanted.
    fn wants(&self, call: Option<CallId>, owner: Owner) -> bool;

    /// Takes a record that is wanted. Those of one moment come in order.
    fn take(&mut self, record: Record);

    /// Takes what calls are decided by, in order with the records, and since 1970-01-01 UTC when: what is about a call
    /// where that is wanted, and all about lines and clients.
    fn influence(&mut self, at: Duration, call: Option<CallId>, owner: Owner, influence: Influence);

    /// Takes how all lines and clients stand, and since 1970-01-01 UTC when.
    fn stand(&mut self, at: Duration, standing: Standing);
}
