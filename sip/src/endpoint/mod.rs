//! The user agent: sessions, registrations and requests of one endpoint, driven from outside.

mod inspect;
mod types;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rustc_hash::FxHashMap;

pub use self::types::{
    Account, EndReason, EndpointConfig, Event, OutgoingId, Output, Refer, ReferId, RegisterOptions, RegistrationId,
    RegistrationState, RequestId, SessionId,
};
use crate::auth::Auth;
use crate::core::{Core, Received, Reply};
pub use crate::digest::ChallengeSeen;
use crate::flow::{Destination, Source};
use crate::header::Name;
use crate::message::{Message, default_reason};
use crate::method::Method;
use crate::outgoing::{self, Outgoing};
use crate::registration::Registration;
use crate::session::{MIN_SE, Session, Use};
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, Failure, Owner};
use crate::uri::Uri;

/// Requests received that are kept for repetitions, for each session that may exist: over UDP each INVITE and BYE
/// of a call is kept for 32 s after it was answered.
const SERVERS_PER_SESSION: usize = 16;

/// A SIP user agent (RFC 3261) for any number of calls and registrations.
///
/// After every call of a method, drain [`Endpoint::poll_output`] until it gives a [`Output::Timeout`]; then wait
/// for input, or until that time for [`Endpoint::handle_timeout`].
///
/// Commands about a session that has ended, or is in no state for them, do nothing: an event that tells so is
/// already on its way.
pub struct Endpoint {
    core: Core,
    max_sessions: usize,
    last_id: u64,
    sessions: FxHashMap<u64, Session>,
    registrations: FxHashMap<u64, Registration>,
    /// Requests of ours outside of sessions and registrations.
    outgoing: FxHashMap<u64, Outgoing>,
    /// Requests that wait for `respond`, with our To tag, by the number of their transaction.
    requests: FxHashMap<u64, (Received, Box<str>)>,
    /// Makes tags of answers that leave no transaction behind.
    secret: u64,
}

impl Endpoint {
    /// An endpoint without sessions and registrations.
    pub fn new(config: EndpointConfig) -> Endpoint {
        let EndpointConfig { user_agent, seed, max_sessions, large_over_tcp, session_expires, min_se, offers_again } =
            config;
        let server_limit = max_sessions.saturating_mul(SERVERS_PER_SESSION).max(1024);
        let mut core = Core::new(user_agent, seed, server_limit, large_over_tcp);
        core.min_se = min_se.max(MIN_SE);
        core.offers_again = offers_again;
        core.session_expires = if session_expires == 0 { 0 } else { session_expires.max(core.min_se) };
        let secret = core.random();
        Endpoint {
            core,
            max_sessions,
            last_id: 0,
            sessions: FxHashMap::default(),
            registrations: FxHashMap::default(),
            outgoing: FxHashMap::default(),
            requests: FxHashMap::default(),
            secret,
        }
    }

    /// Takes in a message that was received.
    pub fn handle_message(&mut self, source: Source, bytes: Bytes, now: Instant) {
        match Message::parse(bytes.clone()) {
            Ok(message) if message.is_request() => self.on_request(source, message, now),
            Ok(message) => self.on_response(&source, &message, now),
            Err(error) => self.on_unreadable(&source, bytes, &error),
        }
    }

    /// Takes in a message from an address that has nothing to ask here: responses and what belongs to a call are taken
    /// as from anybody, any other request is refused with 403, or silently where not `answered`, and leaves nothing
    /// behind. True where that was so.
    pub fn handle_stranger(&mut self, source: Source, bytes: Bytes, answered: bool, now: Instant) -> bool {
        match Message::parse(bytes) {
            Ok(message) if message.is_request() => self.on_strange_request(source, message, answered, now),
            Ok(message) => {
                self.on_response(&source, &message, now);
                false
            }
            Err(_) => true,
        }
    }

    /// Nothing can be sent there: requests that wait for an answer from there go to the next hop, or fail with 503
    /// (RFC 3261 8.1.3.1). With a connection in it, only what went by that connection counts.
    pub fn handle_transport_error(&mut self, destination: &Destination, now: Instant) {
        for failure in self.core.transactions.on_transport_error(destination, now) {
            self.on_failure(failure, now);
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, timer, owner)) = self.core.transactions.io.timers.pop(now) {
            match timer {
                Timer::Register => {
                    self.with_registration(owner, |registration, core| registration.on_timer(at, core, now));
                }
                Timer::AnswerRetransmit
                | Timer::AckMissing
                | Timer::CancelUnanswered
                | Timer::OfferAgain
                | Timer::ProvisionalRetransmit
                | Timer::PrackMissing
                | Timer::SessionInterval => {
                    self.with_session(owner, |session, core| {
                        if session.awaits(timer, at) {
                            session.on_timer(timer, at, core, now);
                        }
                    });
                }
                _ => {
                    if let Some(failure) = self.core.transactions.on_timer(at, timer, owner, now) {
                        self.on_failure(failure, now);
                    }
                    if timer == Timer::ServerEnd && !self.core.transactions.has_server(owner) {
                        self.requests.remove(&owner);
                    }
                }
            }
        }
    }

    /// The next thing to send, the next event, or how long to wait.
    pub fn poll_output(&mut self) -> Output {
        if let Some(transmit) = self.core.transactions.io.transmits.pop_front() {
            return Output::Transmit(transmit);
        }
        if let Some(event) = self.core.events.pop_front() {
            return Output::Event(event);
        }
        let Endpoint { core, sessions, registrations, .. } = self;
        Output::Timeout(core.transactions.next_timer(|at, timer, owner| match timer {
            Timer::Register => {
                registrations.get(&owner).is_some_and(|registration| registration.wakes_at() == Some(at))
            }
            _ => sessions.get(&owner).is_some_and(|session| session.awaits(timer, at)),
        }))
    }

    /// Whether nothing is going on: no session, no registration, no request without an answer, nothing to be drained.
    pub fn is_idle(&self) -> bool {
        self.sessions.is_empty()
            && self.registrations.is_empty()
            && self.outgoing.is_empty()
            && self.requests.is_empty()
            && self.core.events.is_empty()
            && self.core.transactions.io.transmits.is_empty()
            && !self.core.transactions.is_waiting()
    }

    /// Calls `target` by way of the account's peer, with an SDP offer (none: empty; the offer then comes in
    /// `Event::Offer` or `Answered`). `headers` are added to the INVITE; a Max-Forwards among them replaces ours, and
    /// a Replaces (RFC 3891) says which call of the callee this one takes the place of. 401 and 407 are answered from the account's credentials.
    ///
    /// A hop that does not answer, cannot be reached, or answers with 503 is followed by the next, unless the call
    /// made progress there (RFC 3263 4.3).
    ///
    /// Then come `Progress`, and `Answered` or `Rejected`. A forked INVITE gives several early dialogs; the first
    /// 2xx wins, further ones are acknowledged and ended here.
    pub fn invite(
        &mut self,
        account: Arc<Account>,
        target: Uri,
        sdp: Bytes,
        headers: Vec<(Name, String)>,
        now: Instant,
    ) -> SessionId {
        let id = self.next_id();
        if self.sessions.len() >= self.max_sessions {
            self.core.event(Event::Rejected {
                session: SessionId(id),
                status: 503,
                reason: default_reason(503).to_owned(),
                from_network: false,
                response: None,
            });
            return SessionId(id);
        }
        let session = Session::call(id, account, target, sdp, headers, &mut self.core, now);
        self.sessions.insert(id, session);
        SessionId(id)
    }

    /// Sends a provisional response, 101 to 199, to an incoming INVITE: reliably (RFC 3262) where the caller
    /// requires that, or where it understands it and there is a description. Reliable ones go one after the other,
    /// each after the PRACK of the one before; where that does not come within 32 s, the session ends (`Ended`).
    ///
    /// The description is left out of what is not reliable where the INVITE had no offer, and once a reliable one
    /// has had it.
    pub fn provisional(&mut self, session: SessionId, status: u16, sdp: Option<Bytes>, now: Instant) {
        self.with_session(session.0, |session, core| session.provisional(status, sdp, core, now));
    }

    /// Sets the header fields that responses to an incoming INVITE have from now on beside those that they must have;
    /// refusals have their own.
    pub fn set_response_headers(&mut self, session: SessionId, headers: Vec<(Name, String)>) {
        if let Some(session) = self.sessions.get_mut(&session.0) {
            session.set_headers(headers);
        }
    }

    /// Answers an incoming INVITE with 200 and this SDP, which is repeated until the ACK comes (`Confirmed`). Without
    /// one the session ends after 32 s with BYE (`Ended`). While a description waits for its PRACK, or an offer for
    /// our answer, the 200 waits too; where a reliable provisional response had a description, it has none.
    pub fn answer(&mut self, session: SessionId, sdp: Bytes, now: Instant) {
        self.with_session(session.0, |session, core| session.answer(sdp, core, now));
    }

    /// Refuses an incoming INVITE with a status from 300 to 699.
    pub fn reject(
        &mut self,
        session: SessionId,
        status: u16,
        reason: Option<&str>,
        headers: Vec<(Name, String)>,
        now: Instant,
    ) {
        self.with_session(session.0, |session, core| session.reject(status, reason, &headers, core, now));
    }

    /// Ends a session in whatever way its state asks for: CANCEL, 480 or BYE, now or as soon as it is allowed.
    /// `reason_header` is the value of a Reason header (RFC 3326) in it.
    pub fn hangup(&mut self, session: SessionId, reason_header: Option<String>, now: Instant) {
        self.with_session(session.0, |session, core| session.hang_up(reason_header, core, now));
    }

    /// Sets our Contact of an incoming session, for what is sent from now on. Without it, Contact is made of the user
    /// in the Request-URI and the address that the INVITE came to.
    pub fn set_contact(&mut self, session: SessionId, contact: Uri) {
        if let Some(session) = self.sessions.get_mut(&session.0) {
            session.set_contact(format!("<{contact}>").into());
        }
    }

    /// Answers [`Event::Offer`], or an offer in [`Event::Answered`]; where several early dialogs have one, the first.
    pub fn answer_offer(&mut self, session: SessionId, sdp: Bytes, now: Instant) {
        self.with_session(session.0, |session, core| session.answer_offer(None, sdp, core, now));
    }

    /// Answers [`Event::Offer`] of one early dialog of our INVITE.
    pub fn answer_offer_fork(&mut self, session: SessionId, fork: u32, sdp: Bytes, now: Instant) {
        self.with_session(session.0, |session, core| session.answer_offer(Some(fork), sdp, core, now));
    }

    /// Refuses [`Event::Offer`] with a status from 300 to 699; what was agreed before still holds. An offer in a
    /// response cannot be refused: the session ends, as with [`Endpoint::hangup`].
    pub fn reject_offer(&mut self, session: SessionId, status: u16, now: Instant) {
        self.with_session(session.0, |session, core| session.reject_offer(None, status, core, now));
    }

    /// Refuses [`Event::Offer`] of one early dialog of our INVITE.
    pub fn reject_offer_fork(&mut self, session: SessionId, fork: u32, status: u16, now: Instant) {
        self.with_session(session.0, |session, core| session.reject_offer(Some(fork), status, core, now));
    }

    /// Makes a new offer: `OfferAnswered` or `OfferRejected` follows. In an established session it goes by
    /// re-INVITE; an empty one asks the other side to offer (`Event::Offer`). In an incoming session without answer
    /// it goes by UPDATE (RFC 3311), where the caller takes that and the first offer was answered reliably.
    ///
    /// One that crosses an offer of the other side (491) is tried again a few times (RFC 3261 14.1); while one of
    /// theirs waits for our answer, it is refused at once with 491.
    pub fn offer(&mut self, session: SessionId, sdp: Bytes, now: Instant) {
        self.with_session(session.0, |session, core| session.offer(0, sdp, core, now));
    }

    /// The same in one early dialog of our INVITE.
    pub fn offer_fork(&mut self, session: SessionId, fork: u32, sdp: Bytes, now: Instant) {
        self.with_session(session.0, |session, core| session.offer(fork, sdp, core, now));
    }

    /// Asks the other side of an established session to call somebody (RFC 3515): `ReferAccepted`, `ReferProgress`
    /// and `ReferEnded` follow, or `ReferRejected`. None where the session is not established, is ending, or has
    /// four of them open. The session stays: who asked ends it when it has heard enough, and then hears no more.
    pub fn refer(&mut self, session: SessionId, refer: &Refer, now: Instant) -> Option<ReferId> {
        self.with_session(session.0, |session, core| session.refer(refer, core, now))?.map(ReferId)
    }

    /// Accepts [`Event::Refer`] and tells the other side that it is tried.
    pub fn accept_refer(&mut self, session: SessionId, refer: ReferId, now: Instant) {
        self.with_session(session.0, |session, core| session.accept_refer(refer.0, core, now));
    }

    /// Refuses [`Event::Refer`] with a status from 300 to 699.
    pub fn reject_refer(&mut self, session: SessionId, refer: ReferId, status: u16, now: Instant) {
        self.with_session(session.0, |session, core| session.reject_refer(refer.0, status, core, now));
    }

    /// Tells the other side how an accepted transfer goes: the status of our call, 100 to 699. A final one is the
    /// last. Where one comes before the last was taken, only the newest is told.
    pub fn refer_progress(
        &mut self,
        session: SessionId,
        refer: ReferId,
        status: u16,
        reason: Option<&str>,
        now: Instant,
    ) {
        self.with_session(session.0, |session, core| session.refer_progress(refer.0, status, reason, core, now));
    }

    /// Value of the Replaces header (RFC 3891) with which somebody else takes our place in this session: in an
    /// INVITE to the other side, so the tags are as that sees them. None where there is no dialog yet that could be
    /// replaced.
    pub fn replaces_of(&self, session: SessionId) -> Option<String> {
        self.sessions.get(&session.0)?.replaces().map(|replaces| replaces.to_string())
    }

    /// Call-ID of a session's requests.
    pub fn call_id(&self, session: SessionId) -> Option<&str> {
        self.sessions.get(&session.0)?.call_id()
    }

    /// Where the other side of a session is reached: its Contact, which a transfer to it goes to.
    pub fn remote_target(&self, session: SessionId) -> Option<Uri> {
        self.sessions.get(&session.0)?.remote_target().cloned()
    }

    /// Makes the offer again now that was refused with 491 and waits in this session; false where none does.
    pub fn offer_again(&mut self, session: SessionId, now: Instant) -> bool {
        let Some(at) = self.sessions.get(&session.0).and_then(Session::offers_again_at) else { return false };
        self.with_session(session.0, |session, core| session.on_timer(Timer::OfferAgain, at, core, now));
        true
    }

    /// Sends an INFO (RFC 6086) in an established session. Whether it was taken is not reported.
    pub fn send_info(&mut self, session: SessionId, content_type: &str, body: Bytes, now: Instant) {
        self.with_session(session.0, |session, core| session.info(content_type, body, core, now));
    }

    /// Keeps the account's contact registered at the first of its hops that answers. The binding is refreshed there
    /// until it fails; a hop that is back is returned to by [`update_account`](Endpoint::update_account).
    pub fn register(&mut self, account: Arc<Account>, options: RegisterOptions, now: Instant) -> RegistrationId {
        let id = self.next_id();
        let registration = Registration::start(id, account, options, &mut self.core, now);
        self.registrations.insert(id, registration);
        RegistrationId(id)
    }

    /// Removes the contact from the registrar; `Unregistered` follows.
    pub fn unregister(&mut self, registration: RegistrationId, now: Instant) {
        self.with_registration(registration.0, |registration, core| registration.remove(core, now));
    }

    /// Registers at once as if for the first time: with a new Call-ID, from the first hop, without what was known of
    /// challenges and without waiting for the next try.
    pub fn reregister(&mut self, registration: RegistrationId, now: Instant) {
        self.with_registration(registration.0, |registration, core| registration.anew(core, now));
    }

    /// Registers with other hops, another contact or password from now on, at once. Where name, contact and password
    /// stay, the registration's state does too until the answer.
    pub fn update_account(&mut self, registration: RegistrationId, account: Arc<Account>, now: Instant) {
        self.with_registration(registration.0, |registration, core| registration.update(account, core, now));
    }

    /// Answers [`Event::Request`]. A status below 200 leaves it open for a final one.
    pub fn respond(
        &mut self,
        request: RequestId,
        status: u16,
        reason: Option<&str>,
        headers: Vec<(Name, String)>,
        body: Option<(&str, Bytes)>,
        now: Instant,
    ) {
        let Some((received, tag)) = self.requests.get(&request.0) else { return };
        let status = if (101..=699).contains(&status) { status } else { 500 };
        let body = body.as_ref().map(|(content_type, body)| (*content_type, &**body));
        let reply = Reply { status, reason, tag: Some(tag), contact: None, headers: &headers, body };
        self.core.respond(received, reply, now);
        if status >= 200 {
            self.requests.remove(&request.0);
        }
    }

    /// Sends a request outside dialogs: OPTIONS, MESSAGE and the like, with `headers` added and a body of the given
    /// content type. 401 and 407 are answered from the account's credentials; hops that fail are followed by the next.
    /// [`Event::Response`] follows in any case: methods that belong to a session (INVITE, ACK, CANCEL, BYE, PRACK,
    /// UPDATE) give 405.
    pub fn request(
        &mut self,
        account: Arc<Account>,
        method: Method,
        target: Uri,
        headers: Vec<(Name, String)>,
        body: Option<(&str, Bytes)>,
        now: Instant,
    ) -> OutgoingId {
        use Method::{Ack, Bye, Cancel, Invite, Prack, Update};
        let id = self.next_id();
        if matches!(method, Invite | Ack | Cancel | Bye | Prack | Update) {
            outgoing::refuse(id, 405, &mut self.core);
        } else if self.outgoing.len() >= self.max_sessions {
            outgoing::refuse(id, 503, &mut self.core);
        } else {
            let body = body.map(|(content_type, body)| (content_type.into(), body));
            let content = outgoing::Content { method, target, headers, body };
            self.outgoing.insert(id, Outgoing::start(id, account, content, &mut self.core, now));
        }
        OutgoingId(id)
    }

    fn on_response(&mut self, source: &Source, response: &Message, now: Instant) {
        let Some((transaction, owner)) = self.core.transactions.on_response(response, now) else { return };
        match owner {
            Owner::Session(id) => {
                let used = match self.sessions.get(&id) {
                    Some(_) => self.with_session(id, |session, core| {
                        session.on_response(transaction, response, source, core, now)
                    }),
                    // A 2xx of a session that has ended meanwhile.
                    None => Some(Use::Surplus),
                };
                if used == Some(Use::Surplus) && response.status().is_some_and(|status| (200..300).contains(&status)) {
                    self.end_surplus(id, transaction, response, source, now);
                }
            }
            Owner::Registration(id) => {
                self.with_registration(id, |registration, core| {
                    registration.on_response(transaction, response, core, now);
                });
            }
            Owner::Outgoing(id) => {
                self.with_outgoing(id, |outgoing, core| outgoing.on_response(transaction, response, core, now));
            }
            Owner::Nobody => {}
        }
    }

    fn end_surplus(&mut self, id: u64, invite: ClientId, response: &Message, source: &Source, now: Instant) {
        let auth = self.sessions.get(&id).map_or_else(|| Auth::new(None), |session| session.auth().clone());
        let id = self.next_id();
        if let Some(session) = Session::end_surplus(id, invite, response, source, auth, &mut self.core, now) {
            self.sessions.insert(id, session);
        }
    }

    fn on_failure(&mut self, failure: Failure, now: Instant) {
        match failure.owner {
            Owner::Session(id) => {
                self.with_session(id, |session, core| session.on_failure(failure, core, now));
            }
            Owner::Registration(id) => {
                self.with_registration(id, |registration, core| registration.on_failure(failure, core, now));
            }
            Owner::Outgoing(id) => {
                self.with_outgoing(id, |outgoing, core| outgoing.on_failure(failure, core, now));
            }
            Owner::Nobody => {}
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Takes a step of a session, and forgets the session when that was its last.
    fn with_session<T>(&mut self, id: u64, step: impl FnOnce(&mut Session, &mut Core) -> T) -> Option<T> {
        let session = self.sessions.get_mut(&id)?;
        let result = step(session, &mut self.core);
        if session.is_over() {
            self.sessions.remove(&id);
        }
        Some(result)
    }

    /// Takes a step of a request, and forgets it when that says so.
    fn with_outgoing(&mut self, id: u64, step: impl FnOnce(&mut Outgoing, &mut Core) -> bool) {
        if let Some(outgoing) = self.outgoing.get_mut(&id)
            && step(outgoing, &mut self.core)
        {
            self.outgoing.remove(&id);
        }
    }

    fn with_registration(&mut self, id: u64, step: impl FnOnce(&mut Registration, &mut Core)) {
        if let Some(registration) = self.registrations.get_mut(&id) {
            step(registration, &mut self.core);
            if registration.is_over() {
                self.registrations.remove(&id);
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("sessions", &self.sessions.len())
            .field("registrations", &self.registrations.len())
            .field("requests", &(self.outgoing.len() + self.requests.len()))
            .field("transactions", &self.core.transactions.count())
            .finish_non_exhaustive()
    }
}
