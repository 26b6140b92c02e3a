//! SIP (RFC 3261) as pure state machines: no sockets, no clock, no randomness of its own.
//!
//! [`message`], [`uri`], [`header`] and [`digest`] read and write what is on the wire; [`framing`] cuts messages out
//! of a byte stream. [`Endpoint`] is the user agent on top of them: it takes received messages, commands and the
//! time, and is drained with [`Endpoint::poll_output`] for messages to send, events, and the time of the next timer.
//! [`lint`] tells a person how a message is understood. [`registrar`] is the other side of registration: where users
//! of a domain can be reached. [`locate`] finds the servers of a domain by DNS.
//!
//! Whoever drives the endpoint owns sockets, name resolution and connections, and passes the time in as an
//! argument, so that a test can run an hour of registrations in a millisecond.

pub mod digest;
mod error;
pub mod framing;
pub mod header;
pub mod keepalive;
mod lex;
pub mod lint;
pub mod message;
pub mod method;
pub mod stun;
pub mod transport;
pub mod uri;

mod auth;
mod core;
mod dialog;
mod endpoint;
mod extension;
mod flow;
pub mod locate;
mod outgoing;
mod pass;
pub mod registrar;
mod registration;
mod request;
mod session;
mod transaction;

pub use endpoint::{
    Account, ChallengeSeen, EndReason, Endpoint, EndpointConfig, Event, OutgoingId, Output, Refer, ReferId,
    RegisterOptions, RegistrationId, RegistrationState, RequestId, SessionId,
};
pub use error::ParseError;
pub use flow::{ConnectionId, Destination, Hop, Hops, Source, TlsPeer, Transmit};
pub use request::ALLOW;
pub use transport::Protocol;
