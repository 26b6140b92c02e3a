//! What sessions and registrations share: transactions, random numbers, and the events on their way out.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

use crate::auth::Auth;
use crate::endpoint::Event;
use crate::extension::SUPPORTED;
use crate::flow::{Destination, Source, Transmit};
use crate::header::Name;
use crate::message::{Builder, Message, default_reason};
use crate::request::{ALLOW, Request};
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, Owner, ServerId, Transactions};
use crate::transport::Protocol;

/// The shared part of the endpoint.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) user_agent: String,
    pub(crate) transactions: Transactions,
    pub(crate) events: VecDeque<Event>,
    /// Hops that failed and have not answered since.
    pub(crate) down: HashSet<Destination>,
    /// The session interval to ask for, in seconds; 0: none (RFC 4028).
    pub(crate) session_expires: u32,
    /// The shortest session interval to put up with, in seconds.
    pub(crate) min_se: u32,
    /// Whether an offer that was refused with 491 is made again by itself.
    pub(crate) offers_again: bool,
    rng: ChaCha12Rng,
}

/// A request received, with what its responses need.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) server: ServerId,
    pub(crate) source: Source,
    pub(crate) message: Message,
}

/// A response to write.
#[derive(Debug, Default)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) reason: Option<&'a str>,
    /// Our To tag.
    pub(crate) tag: Option<&'a str>,
    /// Contact: given in what sets up or refreshes a dialog, which then also says Allow.
    pub(crate) contact: Option<&'a str>,
    pub(crate) headers: &'a [(Name, String)],
    /// Content-Type and body.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
}

impl Core {
    /// `server_limit`: requests received that are kept at once. `large_over_tcp`: whether long requests leave UDP.
    pub(crate) fn new(user_agent: String, seed: [u8; 32], server_limit: usize, large_over_tcp: bool) -> Core {
        Core {
            user_agent,
            transactions: Transactions::new(server_limit, large_over_tcp),
            events: VecDeque::new(),
            down: HashSet::new(),
            session_expires: 0,
            min_se: 90,
            offers_again: true,
            rng: ChaCha12Rng::from_seed(seed),
        }
    }

    /// An unpredictable token of 64 bits.
    pub(crate) fn random(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A Call-ID that is unique everywhere.
    pub(crate) fn call_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.random(), self.random())
    }

    /// A tag that leads back to its session or registration.
    pub(crate) fn tag(&mut self, owner: u64) -> Box<str> {
        format!("{owner:x}-{:016x}", self.random()).into()
    }

    /// A time between both.
    pub(crate) fn between(&mut self, low: Duration, high: Duration) -> Duration {
        // 53 bits are what a double holds exactly.
        let share = (self.random() >> 11) as f64 / (1_u64 << 53) as f64;
        low + high.saturating_sub(low).mul_f64(share)
    }

    /// Reports an event.
    pub(crate) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Wakes `owner` at `at`.
    pub(crate) fn set_timer(&mut self, at: Instant, timer: Timer, owner: u64) {
        self.transactions.io.timers.set(at, timer, owner);
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, request: &Request, auth: &mut Auth, owner: Owner, now: Instant) -> ClientId {
        let credentials = auth.answer(&request.method, &request.uri, self);
        let secret = self.random();
        let branch = self.transactions.branch(secret);
        let first = request.transmit(branch, &self.user_agent, &credentials, &request.hop);
        let (transmit, fallback) = match self.transactions.oversize.stream_for(&first, now) {
            Some(to) => (request.transmit(branch, &self.user_agent, &credentials, &to), Some(first)),
            None => {
                let fallback = reconnected(request, &first);
                (first, fallback)
            }
        };
        self.transactions.send(branch, &request.method, transmit, fallback, owner, now)
    }

    /// Acknowledges a 2xx to an INVITE of ours, with the credentials of the INVITE (RFC 3261 22.1).
    pub(crate) fn acknowledge(&mut self, invite: ClientId, invite_message: &Message, to_tag: &str, ack: &Request) {
        let mut credentials = Vec::new();
        for name in [Name::Authorization, Name::ProxyAuthorization] {
            if let Some(value) = invite_message.header(name.clone()) {
                credentials.push((name, value.to_owned()));
            }
        }
        let secret = self.random();
        let branch = self.transactions.branch(secret);
        let transmit = ack.transmit(branch, &self.user_agent, &credentials, &ack.hop);
        self.transactions.acknowledge(invite, to_tag, transmit);
    }

    /// Answers a request. Gives back what was sent where the session repeats it: a 2xx or a reliable 1xx to INVITE.
    pub(crate) fn respond(&mut self, received: &Received, reply: Reply<'_>, now: Instant) -> Option<Transmit> {
        let status = reply.status;
        let bytes = self.write(&received.message, &received.source, reply);
        self.transactions.respond(received.server, status, bytes, now)
    }

    /// Answers with nothing but a status.
    pub(crate) fn refuse(&mut self, received: &Received, status: u16, tag: Option<&str>, now: Instant) {
        self.respond(received, Reply { status, tag, ..Reply::default() }, now);
    }

    /// Writes a response.
    pub(crate) fn write(&self, request: &Message, source: &Source, reply: Reply<'_>) -> Bytes {
        let Reply { status, reason, tag, contact, headers, body } = reply;
        let reason = reason.unwrap_or_else(|| default_reason(status));
        let mut builder = Builder::response_from(request, status, reason, tag, source.remote);
        if let Some(contact) = contact {
            builder = builder.header(Name::Contact, contact).header(Name::Allow, ALLOW);
            if status >= 200 {
                builder = builder.header(Name::Supported, SUPPORTED);
            }
        }
        builder = builder.headers(headers);
        if status > 100 {
            builder = builder.header(Name::Server, &self.user_agent);
        }
        if let Some((content_type, body)) = body {
            builder = builder.body(content_type, body);
        }
        builder.finish()
    }
}

/// What is tried once when the connection breaks under a request within a dialog, which has no other hop to go to: a
/// new one to the same place. Clients over WebSocket cannot be connected to (RFC 7118 5).
fn reconnected(request: &Request, first: &Transmit) -> Option<Transmit> {
    let connects = matches!(first.to.protocol, Protocol::Tcp | Protocol::Tls);
    (connects && request.is_inside()).then(|| {
        let to = Destination { connection: None, ..first.to.clone() };
        Transmit { to, ..first.clone() }
    })
}
