//! The transaction layer (RFC 3261 17, RFC 6026): finds the transaction of what arrives, repeats what must be
//! repeated, and hands on what is new.

mod client;
mod client_invite;
mod oversize;
mod server;
mod server_invite;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod timer;
pub(crate) mod write;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rustc_hash::FxHashMap;

use self::client::Client;
use self::client_invite::ClientInvite;
use self::oversize::Oversize;
use self::server::Server;
use self::server_invite::ServerInvite;
use self::timer::{Timer, TimerQueue};
use crate::flow::{Destination, Source, Transmit};
use crate::header::{Name, Via};
use crate::message::Message;
use crate::method::Method;

/// What every branch starts with (RFC 3261 8.1.1.7).
const COOKIE: &str = "z9hG4bK";

/// Where all transactions put what they send, and their timers.
#[derive(Debug, Default)]
pub(crate) struct Io {
    pub(crate) transmits: VecDeque<Transmit>,
    pub(crate) timers: TimerQueue,
}

impl Io {
    /// Sends a message.
    pub(crate) fn transmit(&mut self, transmit: Transmit) {
        self.transmits.push_back(transmit);
    }
}

/// What becomes of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It was expected here alone.
    Absorb,
    /// Whoever sent the request gets it.
    Pass,
    /// The same, and nothing more can come.
    PassAndEnd,
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A session, by its number.
    Session(u64),
    /// A registration, by its number.
    Registration(u64),
    /// A request of its own, by its number.
    Outgoing(u64),
    /// Nobody waits for the response.
    Nobody,
}

/// A request sent: the number that its branch carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientId(u64);

/// A request received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ServerId {
    /// An INVITE.
    Invite(u64),
    /// Anything else.
    Other(u64),
}

/// A branch of ours before its request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Branch {
    id: u64,
    /// Keeps others from guessing branches.
    secret: u64,
}

impl std::fmt::Display for Branch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{COOKIE}{:x}-{:016x}", self.id, self.secret)
    }
}

impl Branch {
    fn parse(text: &str) -> Option<Branch> {
        let (id, secret) = text.strip_prefix(COOKIE)?.split_once('-')?;
        Some(Branch { id: u64::from_str_radix(id, 16).ok()?, secret: u64::from_str_radix(secret, 16).ok()? })
    }
}

/// What a request turned out to be.
#[derive(Debug)]
pub(crate) enum Request {
    /// Seen before, and dealt with.
    Known,
    /// Too many wait already.
    Overload,
    /// The first of its transaction.
    New(ServerId),
    /// An ACK that acknowledges no failure: of a 2xx.
    Ack,
    /// The same request by another way, while the first still has a transaction (RFC 3261 8.2.2.2).
    Merged(ServerId),
}

/// What happened to a request of ours without a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) transaction: ClientId,
    pub(crate) owner: Owner,
    /// 408 where nothing came, 503 where it could not be sent (RFC 3261 8.1.3.1).
    pub(crate) status: u16,
}

#[derive(Debug)]
struct Owned<T> {
    transaction: T,
    owner: Owner,
    secret: u64,
}

/// All transactions.
#[derive(Debug)]
pub(crate) struct Transactions {
    pub(crate) io: Io,
    pub(crate) oversize: Oversize,
    last_id: u64,
    server_limit: usize,
    client_invites: FxHashMap<u64, Owned<ClientInvite>>,
    clients: FxHashMap<u64, Owned<Client>>,
    server_invites: FxHashMap<u64, ServerInvite>,
    servers: FxHashMap<u64, Server>,
    /// Server transactions by branch, sent-by and method (RFC 3261 17.2.3). The peer chooses the keys, so this and
    /// the next map hash with a secret.
    by_key: HashMap<Arc<str>, ServerId>,
    /// Call-ID, From tag and CSeq of the requests outside dialogs among them.
    origins: HashSet<Arc<str>>,
    origin_of: FxHashMap<u64, Arc<str>>,
    scratch: String,
}

impl Transactions {
    /// No transactions; at most `server_limit` requests received are kept at once.
    pub(crate) fn new(server_limit: usize, large_over_tcp: bool) -> Transactions {
        Transactions {
            io: Io::default(),
            oversize: Oversize::new(large_over_tcp),
            last_id: 0,
            server_limit,
            client_invites: FxHashMap::default(),
            clients: FxHashMap::default(),
            server_invites: FxHashMap::default(),
            servers: FxHashMap::default(),
            by_key: HashMap::new(),
            origins: HashSet::new(),
            origin_of: FxHashMap::default(),
            scratch: String::new(),
        }
    }

    /// A branch for the next request.
    pub(crate) fn branch(&mut self, secret: u64) -> Branch {
        self.last_id += 1;
        Branch { id: self.last_id, secret }
    }

    /// Sends a request other than ACK; `fallback` is the same request by the way that is taken, once, where the
    /// first cannot be sent.
    pub(crate) fn send(
        &mut self,
        branch: Branch,
        method: &Method,
        transmit: Transmit,
        fallback: Option<Transmit>,
        owner: Owner,
        now: Instant,
    ) -> ClientId {
        let Branch { id, secret } = branch;
        if *method == Method::Invite {
            let transaction = ClientInvite::start(id, transmit, fallback, now, &mut self.io);
            self.client_invites.insert(id, Owned { transaction, owner, secret });
        } else {
            let transaction = Client::start(id, method.clone(), transmit, fallback, now, &mut self.io);
            self.clients.insert(id, Owned { transaction, owner, secret });
        }
        ClientId(id)
    }

    /// Sends a CANCEL for an INVITE that has no final response.
    pub(crate) fn cancel(&mut self, invite: ClientId, reason: Option<&str>, now: Instant) {
        let Some(owned) = self.client_invites.get(&invite.0) else { return };
        let Some(transmit) = owned.transaction.cancel(reason) else { return };
        // A CANCEL shares the branch of its INVITE; the method in CSeq tells their responses apart.
        let branch = Branch { id: invite.0, secret: owned.secret };
        self.send(branch, &Method::Cancel, transmit, None, Owner::Nobody, now);
    }

    /// Acknowledges a 2xx.
    pub(crate) fn acknowledge(&mut self, invite: ClientId, to_tag: &str, ack: Transmit) {
        match self.client_invites.get_mut(&invite.0) {
            Some(owned) => owned.transaction.acknowledge(to_tag, ack, &mut self.io),
            None => self.io.transmit(ack),
        }
    }

    /// The INVITE as we sent it, while its transaction lasts.
    pub(crate) fn invite(&self, invite: ClientId) -> Option<Message> {
        let request = self.client_invites.get(&invite.0)?.transaction.request().clone();
        Message::parse(request).ok()
    }

    /// Forgets a request: whatever still comes for it is dropped.
    pub(crate) fn abandon(&mut self, transaction: ClientId) {
        self.client_invites.remove(&transaction.0);
        self.clients.remove(&transaction.0);
    }

    /// Nobody waits for the answer to an INVITE any more: what comes within 64*T1 is acknowledged, and then it is
    /// forgotten, however provisional its responses are.
    pub(crate) fn leave(&mut self, invite: ClientId, now: Instant) {
        if let Some(owned) = self.client_invites.get_mut(&invite.0) {
            owned.transaction.leave(now, &mut self.io);
        }
    }

    /// Transactions that are kept, those included that only absorb repetitions.
    pub(crate) fn count(&self) -> usize {
        // What a server transaction is found by goes with it.
        let servers = self.server_invites.len() + self.servers.len();
        debug_assert!(self.by_key.len() <= servers && self.origins.len() <= servers);
        self.client_invites.len() + self.clients.len() + servers
    }

    /// Whether a request of ours still waits for its final response.
    pub(crate) fn is_waiting(&self) -> bool {
        self.client_invites.values().any(|owned| owned.transaction.is_unanswered())
            || self.clients.values().any(|owned| owned.transaction.is_unanswered())
    }

    /// A response arrived: whose request it answers, unless it is a repetition or unknown.
    pub(crate) fn on_response(&mut self, response: &Message, now: Instant) -> Option<(ClientId, Owner)> {
        let status = response.status()?;
        let via = response.top_via().ok()?;
        let Branch { id, secret } = Branch::parse(via.branch()?)?;
        let method = response.cseq().ok()?.method;
        let (verdict, owner) = if method == Method::Invite {
            let owned = self.client_invites.get_mut(&id).filter(|owned| owned.secret == secret)?;
            (owned.transaction.on_response(status, response, now, &mut self.io), owned.owner)
        } else {
            let owned = self.clients.get_mut(&id).filter(|owned| owned.secret == secret)?;
            if *owned.transaction.method() != method {
                return None;
            }
            (owned.transaction.on_response(status, now, &mut self.io), owned.owner)
        };
        if verdict == Verdict::PassAndEnd {
            if method == Method::Invite {
                self.client_invites.remove(&id);
            } else {
                self.clients.remove(&id);
            }
        }
        (verdict != Verdict::Absorb).then_some((ClientId(id), owner))
    }

    /// Nothing can be sent there: the requests that wait for an answer from there go another way, or have failed.
    pub(crate) fn on_transport_error(&mut self, failed: &Destination, now: Instant) -> Vec<Failure> {
        let Transactions { io, oversize, client_invites, clients, .. } = self;
        let mut failures = Vec::new();
        for id in hit(client_invites, |invite| invite.is_unanswered() && invite.destination().is_hit_by(failed)) {
            let Some(owned) = client_invites.get_mut(&id) else { continue };
            if let Some(to) = owned.transaction.refused_stream() {
                oversize.refuse(to, now);
            }
            if !owned.transaction.fall_back(now, io) {
                failures.push(Failure { transaction: ClientId(id), owner: owned.owner, status: 503 });
                client_invites.remove(&id);
            }
        }
        for id in hit(clients, |client| client.is_unanswered() && client.destination().is_hit_by(failed)) {
            let Some(owned) = clients.get_mut(&id) else { continue };
            if let Some(to) = owned.transaction.refused_stream() {
                oversize.refuse(to, now);
            }
            if !owned.transaction.fall_back(now, io) {
                failures.push(Failure { transaction: ClientId(id), owner: owned.owner, status: 503 });
                clients.remove(&id);
            }
        }
        failures.sort_by_key(|failure| failure.transaction.0);
        failures
    }

    /// A request arrived that has what every request must have.
    pub(crate) fn on_request(
        &mut self,
        source: &Source,
        request: &Message,
        method: &Method,
        via: &Via,
        now: Instant,
    ) -> Request {
        let matched = if *method == Method::Ack { &Method::Invite } else { method };
        self.write_key(request, matched, via);
        if let Some(&known) = self.by_key.get(self.scratch.as_str()) {
            return self.on_known(known, method, now);
        }
        if *method == Method::Ack {
            return Request::Ack;
        }
        if self.by_key.len() >= self.server_limit {
            return Request::Overload;
        }
        let key: Arc<str> = self.scratch.as_str().into();
        self.last_id += 1;
        let id = self.last_id;
        let to = write::response_destination(via, source);
        let server = if *method == Method::Invite {
            self.server_invites.insert(id, ServerInvite::new(id, key.clone(), to, source.local));
            ServerId::Invite(id)
        } else {
            self.servers.insert(id, Server::start(id, key.clone(), to, source.local, now, &mut self.io));
            ServerId::Other(id)
        };
        self.by_key.insert(key, server);
        if self.is_merged(id, request, method) { Request::Merged(server) } else { Request::New(server) }
    }

    /// The INVITE that a CANCEL is about (RFC 3261 9.2), and its session.
    pub(crate) fn cancelled(&mut self, cancel: &Message, via: &Via) -> Option<(ServerId, Option<u64>)> {
        self.write_key(cancel, &Method::Invite, via);
        match self.by_key.get(self.scratch.as_str()) {
            Some(&ServerId::Invite(id)) => Some((ServerId::Invite(id), self.server_invites.get(&id)?.session())),
            _ => None,
        }
    }

    /// Gives an INVITE to a session.
    pub(crate) fn set_session(&mut self, server: ServerId, session: u64) {
        if let ServerId::Invite(id) = server
            && let Some(invite) = self.server_invites.get_mut(&id)
        {
            invite.set_session(session);
        }
    }

    /// Sends a response. Gives it back where it is one to INVITE that the session may have to repeat: 101 to 299.
    pub(crate) fn respond(&mut self, server: ServerId, status: u16, bytes: Bytes, now: Instant) -> Option<Transmit> {
        match server {
            ServerId::Invite(id) => {
                let sent = self.server_invites.get_mut(&id)?.respond(status, bytes, now, &mut self.io)?;
                (101..300).contains(&status).then_some(sent)
            }
            ServerId::Other(id) => {
                if self.servers.get_mut(&id)?.respond(status, bytes, now, &mut self.io) {
                    self.remove_server(id);
                }
                None
            }
        }
    }

    /// When [`Transactions::on_timer`] is due, and who else waits; `others` tells whether a timer that is none of a
    /// transaction still stands.
    pub(crate) fn next_timer(&mut self, others: impl Fn(Instant, Timer, u64) -> bool) -> Option<Instant> {
        let Transactions { io, client_invites, clients, server_invites, servers, .. } = self;
        io.timers.next(|at, timer, id| match timer {
            Timer::InviteRetransmit | Timer::InviteEnd => {
                client_invites.get(&id).is_some_and(|owned| owned.transaction.awaits(timer, at))
            }
            Timer::RequestRetransmit | Timer::RequestEnd => {
                clients.get(&id).is_some_and(|owned| owned.transaction.awaits(timer, at))
            }
            Timer::FailureRetransmit | Timer::InviteServerEnd => {
                server_invites.get(&id).is_some_and(|invite| invite.awaits(timer, at))
            }
            Timer::ServerEnd => servers.get(&id).is_some_and(|server| server.awaits(at)),
            _ => others(at, timer, id),
        })
    }

    /// A timer of a transaction fired. Gives the request that failed with it.
    pub(crate) fn on_timer(&mut self, at: Instant, timer: Timer, id: u64, now: Instant) -> Option<Failure> {
        match timer {
            Timer::InviteRetransmit | Timer::InviteEnd => {
                let owned = self.client_invites.get_mut(&id).filter(|owned| owned.transaction.awaits(timer, at))?;
                let (owner, unanswered) = (owned.owner, owned.transaction.is_unanswered());
                if !owned.transaction.on_timer(timer, now, &mut self.io) {
                    return None;
                }
                if let Some(to) = owned.transaction.refused_stream() {
                    self.oversize.refuse(to, now);
                }
                self.client_invites.remove(&id);
                unanswered.then_some(Failure { transaction: ClientId(id), owner, status: 408 })
            }
            Timer::RequestRetransmit | Timer::RequestEnd => {
                let owned = self.clients.get_mut(&id).filter(|owned| owned.transaction.awaits(timer, at))?;
                let (owner, unanswered) = (owned.owner, owned.transaction.is_unanswered());
                if !owned.transaction.on_timer(timer, now, &mut self.io) {
                    return None;
                }
                if let Some(to) = owned.transaction.refused_stream() {
                    self.oversize.refuse(to, now);
                }
                self.clients.remove(&id);
                unanswered.then_some(Failure { transaction: ClientId(id), owner, status: 408 })
            }
            Timer::FailureRetransmit | Timer::InviteServerEnd => {
                let invite = self.server_invites.get_mut(&id).filter(|invite| invite.awaits(timer, at))?;
                if invite.on_timer(timer, now, &mut self.io) {
                    self.remove_server(id);
                }
                None
            }
            Timer::ServerEnd => {
                if self.servers.get(&id).is_some_and(|server| server.awaits(at)) {
                    self.remove_server(id);
                }
                None
            }
            _ => None,
        }
    }

    fn on_known(&mut self, known: ServerId, method: &Method, now: Instant) -> Request {
        match known {
            ServerId::Invite(id) => {
                let Some(invite) = self.server_invites.get_mut(&id) else { return Request::Known };
                if *method != Method::Ack {
                    invite.on_repeated(&mut self.io);
                } else if invite.on_ack(now, &mut self.io) {
                    self.remove_server(id);
                }
            }
            ServerId::Other(id) => {
                if let Some(server) = self.servers.get(&id) {
                    server.on_repeated(&mut self.io);
                }
            }
        }
        Request::Known
    }

    /// Whether a request received is still kept.
    pub(crate) fn is_open(&self, server: ServerId) -> bool {
        match server {
            ServerId::Invite(id) => self.server_invites.contains_key(&id),
            ServerId::Other(id) => self.has_server(id),
        }
    }

    /// Whether a request other than INVITE is still kept.
    pub(crate) fn has_server(&self, id: u64) -> bool {
        self.servers.contains_key(&id)
    }

    fn remove_server(&mut self, id: u64) {
        let invite = self.server_invites.remove(&id).map(|invite| invite.key().clone());
        let other = self.servers.remove(&id).map(|server| server.key().clone());
        let Some(key) = invite.or(other) else { return };
        self.by_key.remove(&key);
        if let Some(origin) = self.origin_of.remove(&id) {
            self.origins.remove(&origin);
        }
    }

    /// Remembers where a request outside a dialog began, and tells whether it came before by another way. What was
    /// forked to several users of ours is for each of them, as if they were at agents of their own (RFC 3261 8.2.2.2).
    fn is_merged(&mut self, id: u64, request: &Message, method: &Method) -> bool {
        if *method == Method::Cancel {
            return false;
        }
        let (Ok(to), Ok(from), Ok(call_id)) = (request.to(), request.from(), request.call_id()) else { return false };
        let (None, Some(from_tag), Some(cseq)) = (to.tag(), from.tag(), request.header(Name::CSeq)) else {
            return false;
        };
        self.scratch.clear();
        let user = request.request_uri().ok().and_then(|uri| uri.user_decoded()).unwrap_or_default();
        let _ = write!(self.scratch, "{call_id}\n{from_tag}\n{cseq}\n{user}");
        if self.origins.contains(self.scratch.as_str()) {
            return true;
        }
        let origin: Arc<str> = self.scratch.as_str().into();
        self.origin_of.insert(id, origin.clone());
        self.origins.insert(origin);
        false
    }

    /// Writes what identifies a request's transaction.
    fn write_key(&mut self, request: &Message, method: &Method, via: &Via) {
        self.scratch.clear();
        let branch = via.branch().unwrap_or_default();
        let sent_by = &via.host;
        let port = via.port.unwrap_or_default();
        let _ = write!(self.scratch, "{branch}\n{sent_by}\n{port}");
        self.scratch.make_ascii_lowercase();
        if !branch.get(..COOKIE.len()).is_some_and(|start| start.eq_ignore_ascii_case(COOKIE)) {
            // A client older than RFC 3261 (17.2.3): what its branch says is not unique.
            let from_tag = request.from().ok().and_then(|from| from.tag().map(str::to_owned)).unwrap_or_default();
            let call_id = request.call_id().unwrap_or_default();
            let number = request.cseq().map(|cseq| cseq.number).unwrap_or_default();
            let uri = request.request_uri_str();
            let _ = write!(self.scratch, "\n{call_id}\n{from_tag}\n{number}\n{uri}");
        }
        let _ = write!(self.scratch, "\n{}", method.as_str());
    }
}

/// Which transactions are hit by something, in the order they were begun.
fn hit<T>(transactions: &FxHashMap<u64, Owned<T>>, is_hit: impl Fn(&T) -> bool) -> Vec<u64> {
    let mut ids: Vec<u64> =
        transactions.iter().filter(|(_, owned)| is_hit(&owned.transaction)).map(|(&id, _)| id).collect();
    ids.sort_unstable();
    ids
}
