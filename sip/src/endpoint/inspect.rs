//! What becomes of a received request: the checks of RFC 3261 8.2, and to whom it belongs.

use std::hash::Hasher;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tracing::debug;

use super::{Endpoint, Event, RequestId, SessionId};
use crate::core::{Received, Reply};
use crate::error::ParseError;
use crate::extension;
use crate::flow::{Source, Transmit};
use crate::header::{Name, Replaces, Via};
use crate::message::Message;
use crate::method::Method;
use crate::request::ALLOW;
use crate::session::{SDP, Session, too_small};
use crate::transaction::{Request, ServerId, write};
use crate::transport::Protocol;
use crate::uri::{Host, Scheme, Uri};

/// Value of Accept in an answer to INVITE.
const ACCEPT: &str = "application/sdp, multipart/mixed, multipart/alternative";

impl Endpoint {
    pub(super) fn on_request(&mut self, source: Source, request: Message, now: Instant) {
        let Some(method) = request.method() else { return };
        let via = match request.top_via() {
            Ok(via) => via,
            Err(error) => return self.refuse_malformed(&source, &request, &request.validate().err().unwrap_or(error)),
        };
        if let Err(error) = request.validate() {
            return self.refuse_malformed(&source, &request, &error);
        }
        let server = match self.core.transactions.on_request(&source, &request, &method, &via, now) {
            Request::Known => return,
            Request::Ack => return self.on_ack(&request, now),
            Request::Overload => return self.refuse_overload(&source, &request, &via),
            Request::Merged(server) => {
                return self.core.refuse(&Received { server, source, message: request }, 482, None, now);
            }
            Request::New(server) => server,
        };
        let received = Received { server, source, message: request };
        match method {
            Method::Cancel => self.on_cancel(&received, &via, now),
            _ => self.on_new(received, method, now),
        }
    }

    /// A request from an address that has nothing to ask here. True when it was refused.
    pub(super) fn on_strange_request(
        &mut self,
        source: Source,
        request: Message,
        answered: bool,
        now: Instant,
    ) -> bool {
        let belongs = request.to().is_ok_and(|to| to.tag().is_some_and(|tag| self.session_of(tag).is_some()));
        if belongs {
            self.on_request(source, request, now);
            return false;
        }
        if let (Ok(via), Some(method)) = (request.top_via(), request.method())
            && method != Method::Ack
            && answered
        {
            self.refuse_statelessly(&source, &request, &via, Reply { status: 403, ..Reply::default() });
        }
        true
    }

    /// A request that is the first of its transaction.
    fn on_new(&mut self, received: Received, method: Method, now: Instant) {
        let tag = received.message.to().ok().and_then(|to| to.tag().map(str::to_owned));
        let unsupported = extension::unsupported(&received.message);
        if !unsupported.is_empty() {
            let headers = [(Name::Unsupported, unsupported)];
            self.core.respond(&received, Reply { status: 420, headers: &headers, ..Reply::default() }, now);
            return;
        }
        match tag {
            Some(tag) => self.on_inside(received, &method, &tag, now),
            None => self.on_outside(received, method, now),
        }
    }

    /// A request within a dialog (RFC 3261 12.2.2).
    fn on_inside(&mut self, received: Received, method: &Method, tag: &str, now: Instant) {
        let Some(id) = self.session_of(tag) else {
            return self.core.refuse(&received, 481, None, now);
        };
        self.core.transactions.set_session(received.server, id);
        self.with_session(id, |session, core| session.on_request(received, method, core, now));
    }

    /// A request that belongs to no dialog.
    fn on_outside(&mut self, received: Received, method: Method, now: Instant) {
        let allow = [(Name::Allow, ALLOW.to_owned())];
        let status = match method {
            Method::Bye | Method::Info | Method::Update | Method::Prack => 481,
            Method::Other(_) => 405,
            _ => match received.message.request_uri().map(|uri| uri.scheme()) {
                Ok(Scheme::Other) => 416,
                Err(_) => 400,
                // A server that passes calls on must end loops (RFC 7332 4); OPTIONS is answered here in any case.
                Ok(_) if received.message.max_forwards() == Some(0) && method != Method::Options => 483,
                Ok(_) => 200,
            },
        };
        if status != 200 {
            let headers: &[_] = if status == 405 { &allow } else { &[] };
            self.core.respond(&received, Reply { status, headers, ..Reply::default() }, now);
            return;
        }
        match method {
            Method::Invite => self.on_invite(received, now),
            Method::Options => {
                let [allow] = allow;
                let supported = (Name::Supported, extension::SUPPORTED.to_owned());
                let headers = [allow, (Name::Accept, SDP.to_owned()), supported];
                let tag = self.tag_of(&received.message);
                let reply = Reply { status: 200, tag: Some(&tag), headers: &headers, ..Reply::default() };
                self.core.respond(&received, reply, now);
            }
            _ => {
                // Its own transaction numbers it, and takes it away when nobody answers.
                let ServerId::Other(id) = received.server else { return };
                let tag = self.tag_of(&received.message).into();
                let (source, request) = (received.source, received.message.clone());
                self.requests.insert(id, (received, tag));
                self.core.event(Event::Request { id: RequestId(id), source, request });
            }
        }
    }

    fn on_invite(&mut self, received: Received, now: Instant) {
        let Received { source, message, .. } = &received;
        if self.sessions.len() >= self.max_sessions {
            let later = self.core.retry_after();
            self.core.respond(&received, Reply { status: 503, headers: &later, ..Reply::default() }, now);
            return;
        }
        if message.has_unknown_body(SDP) {
            let accept = [(Name::Accept, ACCEPT.to_owned())];
            self.core.respond(&received, Reply { status: 415, headers: &accept, ..Reply::default() }, now);
            return;
        }
        if let Some(headers) = too_small(message, &self.core) {
            self.core.respond(&received, Reply { status: 422, headers: &headers, ..Reply::default() }, now);
            return;
        }
        let replaces = match self.replaced(message) {
            Ok(replaces) => replaces,
            Err(status) => return self.core.refuse(&received, status, None, now),
        };
        let (source, request) = (*source, message.clone());
        let contact = contact(&request, &source);
        self.last_id += 1;
        let id = self.last_id;
        match Session::ring(id, received.clone(), contact, &mut self.core) {
            Ok(session) => {
                self.core.refuse(&received, 100, None, now);
                self.core.transactions.set_session(received.server, id);
                self.sessions.insert(id, session);
                self.core.event(Event::Incoming { session: SessionId(id), source, request, replaces });
            }
            Err(error) => {
                let reason = error.to_string();
                let reply = Reply { status: 400, reason: Some(&reason), ..Reply::default() };
                self.core.respond(&received, reply, now);
            }
        }
    }

    fn on_ack(&mut self, ack: &Message, now: Instant) {
        let Ok(to) = ack.to() else { return };
        if let Some(id) = to.tag().and_then(|tag| self.session_of(tag)) {
            self.with_session(id, |session, core| session.on_ack(ack, core, now));
        }
    }

    /// RFC 3261 9.2.
    fn on_cancel(&mut self, received: &Received, via: &Via, now: Instant) {
        let Some((invite, session)) = self.core.transactions.cancelled(&received.message, via) else {
            return self.core.refuse(received, 481, None, now);
        };
        let tag = session.and_then(|id| self.sessions.get(&id)).map(|session| session.tag().to_owned());
        self.core.refuse(received, 200, tag.as_deref(), now);
        if let Some(id) = session {
            self.with_session(id, |session, core| session.on_cancel(invite, &received.message, core, now));
        }
    }

    /// The session that an INVITE is to replace (RFC 3891 3); otherwise how to refuse it.
    fn replaced(&self, invite: &Message) -> Result<Option<SessionId>, u16> {
        let mut values = invite.raw_values(Name::Replaces);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() || invite.header(Name::Join).is_some() {
            return Err(400);
        }
        let replaces = Replaces::parse(value).map_err(|_| 400_u16)?;
        let id = self.session_of(&replaces.to_tag).ok_or(481_u16)?;
        self.sessions.get(&id).map_or(Err(481), |session| session.replaceable(&replaces))?;
        Ok(Some(SessionId(id)))
    }

    /// The session whose dialogs have this tag on our side.
    fn session_of(&self, tag: &str) -> Option<u64> {
        let id = u64::from_str_radix(tag.split_once('-')?.0, 16).ok()?;
        self.sessions.get(&id).is_some_and(|session| session.tag() == tag).then_some(id)
    }

    /// Answers without a transaction: a repetition is answered in the same way.
    fn refuse_statelessly(&mut self, source: &Source, request: &Message, via: &Via, reply: Reply<'_>) {
        let tag = self.tag_of(request);
        let bytes = self.core.write(request, source, Reply { tag: Some(&tag), ..reply });
        let to = write::response_destination(via, source);
        self.core.transactions.io.transmit(Transmit { to, from: source.local, bytes });
    }

    /// Bytes that are no message. What may be a request is told its fault (RFC 3261 18.3), anything else is dropped.
    pub(super) fn on_unreadable(&mut self, source: &Source, bytes: Bytes, error: &ParseError) {
        match Message::salvage(bytes).filter(Message::is_request) {
            Some(request) => self.refuse_malformed(source, &request, error),
            None => debug!(remote = %source.remote, %error, "not a SIP message"),
        }
    }

    /// Goes back to where the request came from when its Via does not say where to. Only with a Via of any kind, so
    /// that one who knows no SIP gets no SIP.
    fn refuse_malformed(&mut self, source: &Source, request: &Message, error: &ParseError) {
        debug!(remote = %source.remote, %error, "malformed request");
        if request.method() == Some(Method::Ack) || request.header(Name::Via).is_none() {
            return;
        }
        let reason = error.to_string();
        let reply = Reply { status: error.status(), reason: Some(&reason), ..Reply::default() };
        let local = Via::new(source.protocol, source.remote.ip(), Some(source.remote.port()), "");
        self.refuse_statelessly(source, request, &request.top_via().unwrap_or(local), reply);
    }

    fn refuse_overload(&mut self, source: &Source, request: &Message, via: &Via) {
        let later = self.core.retry_after();
        self.refuse_statelessly(source, request, via, Reply { status: 503, headers: &later, ..Reply::default() });
    }

    /// A To tag that is the same for repetitions of a request (RFC 3261 8.2.7).
    fn tag_of(&self, request: &Message) -> String {
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write_u64(self.secret);
        for name in [Name::Via, Name::CallId, Name::From, Name::CSeq] {
            hasher.write(request.header(name).unwrap_or_default().as_bytes());
        }
        format!("{:016x}", hasher.finish())
    }
}

/// Our Contact in an incoming call: the user that was called, at the address it was called at.
fn contact(request: &Message, source: &Source) -> Arc<str> {
    let called = request.request_uri().ok();
    let local = source.local;
    let (host, port) = (Host::Ip(local.ip()), Some(local.port()));
    let uri = match called.as_ref().and_then(Uri::user) {
        // As it came: escapes and all.
        Some(user) => Uri::parse(&format!("sip:{user}@{local}")).unwrap_or_else(|_| Uri::sip("", host, port)),
        None => Uri::sip("", host, port),
    };
    let uri = match source.protocol {
        Protocol::Udp => uri,
        other => uri.with_param("transport", Some(other.as_param())),
    };
    format!("<{uri}>").into()
}
