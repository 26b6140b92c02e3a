//! An application that does what a schedule says, answers what it hears by throwing dice, and keeps account of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::method::Method;
use offhook_sip::{
    EndReason, Endpoint, Event, OutgoingId, Refer, ReferId, RegisterOptions, RegistrationId, RegistrationState,
    RequestId, SessionId,
};

use super::{Act, NODES};
use crate::net::{account, address, sdp, uri};

/// What an application knows of a session.
#[derive(Debug)]
pub struct Session {
    /// The call, which both sides have in common.
    pub number: String,
    pub peer: SocketAddr,
    pub caller: bool,
    /// Whether it was begun with an offer.
    pub offer: bool,
    /// Heard by the caller, said by the callee.
    pub answered: bool,
    pub confirmed: bool,
    /// Whether an offer of the other side may be one that cannot be refused.
    pub asked_for_offer: bool,
    /// Offers made, and what became of them.
    pub offers: usize,
    pub outcomes: usize,
    pub ended_by_us: Option<Instant>,
    pub last_events: usize,
    /// Transfers that we asked for and that are over.
    pub transferred: Vec<ReferId>,
}

impl Session {
    pub fn is_over(&self) -> bool {
        self.ended_by_us.is_some() || self.last_events > 0
    }
}

/// How far the schedule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// Anything goes.
    Wild,
    /// What is asked is answered, and nothing is begun.
    Quiet,
}

/// An application on an endpoint.
#[derive(Debug)]
pub struct App {
    pub at: SocketAddr,
    pub start: Instant,
    pub mood: Mood,
    pub dice: u64,
    /// Whether everybody is there, and most of what they send arrives.
    pub fair: bool,
    /// Calls made.
    pub made: usize,
    pub sessions: BTreeMap<SessionId, Session>,
    pub registrations: Vec<(RegistrationId, bool)>,
    pub asked: Vec<RequestId>,
    pub outgoing: BTreeMap<OutgoingId, usize>,
    pub refers: Vec<(SessionId, ReferId)>,
    pub log: Vec<String>,
    pub faults: Vec<String>,
}

fn refer() -> Refer {
    Refer { target: uri("sip:carol@127.0.0.9"), replaces: None, referred_by: None, notify: true }
}

impl App {
    pub fn new(at: SocketAddr, start: Instant, fair: bool, dice: u64) -> App {
        App {
            at,
            start,
            mood: Mood::Wild,
            dice: dice | 1,
            fair,
            made: 0,
            sessions: BTreeMap::new(),
            registrations: Vec::new(),
            asked: Vec::new(),
            outgoing: BTreeMap::new(),
            refers: Vec::new(),
            log: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// One of `sides`, from 0.
    fn throw(&mut self, sides: u64) -> u64 {
        // Xorshift, as the network does it.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 20) % sides
    }

    fn note(&mut self, now: Instant, what: impl std::fmt::Display) {
        let line: String = format!("{:>7} {} {what}", (now - self.start).as_millis(), self.at);
        self.log.push(line.chars().take(160).collect());
    }

    pub fn fault(&mut self, what: impl std::fmt::Display) {
        self.faults.push(format!("{}: {what}", self.at));
    }

    /// Mostly one that is in a state for it.
    fn pick(&self, act: &Act, which: usize) -> Option<SessionId> {
        let suits = |session: &Session| match act {
            Act::Provisional { .. } | Act::Answer | Act::Reject => !session.caller && !session.answered,
            Act::Refer { .. } | Act::Info => session.answered,
            _ => true,
        };
        let all: Vec<SessionId> = self.sessions.keys().copied().collect();
        let suited: Vec<SessionId> =
            self.standing().into_iter().filter(|id| self.sessions.get(id).is_some_and(suits)).collect();
        let from = if suited.is_empty() || which == 3 { all } else { suited };
        from.get(which % from.len().max(1)).copied()
    }

    fn standing(&self) -> Vec<SessionId> {
        self.sessions.iter().filter(|(_, session)| !session.is_over()).map(|(id, _)| *id).collect()
    }

    fn begin(&mut self, id: SessionId, number: String, peer: SocketAddr, caller: bool, offer: bool) {
        let session = Session {
            number,
            peer,
            caller,
            offer,
            answered: false,
            confirmed: false,
            asked_for_offer: false,
            offers: 0,
            outcomes: 0,
            ended_by_us: None,
            last_events: 0,
            transferred: Vec::new(),
        };
        if self.sessions.insert(id, session).is_some() {
            self.fault(format!("session {id} began twice"));
        }
    }

    pub fn act(&mut self, endpoint: &mut Endpoint, act: &Act, which: usize, now: Instant) {
        self.note(now, format!("does {act:?} {which}"));
        let peer = |to: &usize| address(NODES[*to]);
        match act {
            Act::Call { to, offer, require_reliable } => {
                self.made += 1;
                let number = format!("{}.{}", self.at, self.made).replace(':', "-");
                let account = Arc::new(account("alice", self.at, peer(to), None));
                let target = uri(&format!("sip:{number}@{}", peer(to)));
                let description = if *offer { sdp("offer") } else { Bytes::new() };
                let headers = if *require_reliable { vec![(Name::Require, "100rel".to_owned())] } else { Vec::new() };
                let id = endpoint.invite(account, target, description, headers, now);
                self.begin(id, number, peer(to), true, *offer);
            }
            Act::Register { to } => {
                let account = Arc::new(account("alice", self.at, peer(to), None));
                let options = RegisterOptions { expires: 120, ..RegisterOptions::default() };
                self.registrations.push((endpoint.register(account, options, now), true));
            }
            Act::Unregister => {
                if let Some((id, _)) = self.registrations.get(which) {
                    endpoint.unregister(*id, now);
                }
            }
            Act::Reregister => {
                if let Some((id, _)) = self.registrations.get(which) {
                    endpoint.reregister(*id, now);
                }
            }
            Act::Request { to } => {
                let account = Arc::new(account("alice", self.at, peer(to), None));
                let target = uri(&format!("sip:bob@{}", peer(to)));
                let body = Some(("text/plain", Bytes::from("hello")));
                let id = endpoint.request(account, Method::Message, target, Vec::new(), body, now);
                self.outgoing.insert(id, 0);
            }
            Act::AcceptRefer | Act::RejectRefer | Act::ReferProgress { .. } => {
                let Some((session, id)) = self.refers.get(which % self.refers.len().max(1)).copied() else { return };
                match act {
                    Act::AcceptRefer => endpoint.accept_refer(session, id, now),
                    Act::RejectRefer => endpoint.reject_refer(session, id, 603, now),
                    Act::ReferProgress { status } => endpoint.refer_progress(session, id, *status, None, now),
                    _ => {}
                }
            }
            Act::Vanish { .. } => {}
            _ => {
                if let Some(id) = self.pick(act, which) {
                    self.act_on(endpoint, act, id, now);
                }
            }
        }
    }

    /// What is done to one session.
    fn act_on(&mut self, endpoint: &mut Endpoint, act: &Act, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let standing = !session.is_over();
        match act {
            Act::Provisional { status, described } => {
                endpoint.provisional(id, *status, described.then(|| sdp("early")), now);
            }
            Act::Answer => {
                if !session.caller && standing {
                    session.answered = true;
                }
                endpoint.answer(id, sdp("answer"), now);
            }
            Act::Reject => {
                if !session.caller && !session.answered && standing {
                    session.ended_by_us = Some(now);
                }
                if !session.answered {
                    endpoint.reject(id, 486, None, Vec::new(), now);
                }
            }
            Act::HangUp => {
                if standing {
                    session.ended_by_us = Some(now);
                }
                endpoint.hangup(id, None, now);
            }
            Act::Offer { described } => {
                if standing && *described {
                    session.offers += 1;
                }
                session.asked_for_offer |= !described;
                endpoint.offer(id, if *described { sdp("again") } else { Bytes::new() }, now);
            }
            Act::AnswerOffer => endpoint.answer_offer(id, sdp("answer"), now),
            Act::RejectOffer => {
                endpoint.reject_offer(id, 488, now);
                // What cannot be refused ends the session without a word.
                if session.caller && !session.offer || session.asked_for_offer {
                    self.act_on(endpoint, &Act::HangUp, id, now);
                }
            }
            Act::Info => endpoint.send_info(id, "text/plain", Bytes::from("1"), now),
            Act::Refer { notify } => {
                endpoint.refer(id, &Refer { notify: *notify, ..refer() }, now);
            }
            _ => {}
        }
    }

    /// Takes note of an event, and maybe does something about it at once.
    pub fn on(&mut self, endpoint: &mut Endpoint, event: &Event, now: Instant) {
        self.note(now, format!("hears {event:?}"));
        if let Event::Incoming { session, source, request, .. } = event {
            let number = request.request_uri().ok().and_then(|uri| uri.user().map(str::to_owned)).unwrap_or_default();
            let offer = request.part("application/sdp").is_some();
            self.begin(*session, number, source.remote, false, offer);
        }
        if let Some(id) = session_of(event) {
            self.keep(id, event, now);
        }
        match event {
            Event::Registration { id, state } => {
                let known = self.registrations.iter_mut().find(|(known, _)| known == id);
                match known {
                    Some((_, standing)) if *standing => *standing = *state != RegistrationState::Unregistered,
                    _ => self.fault(format!("registration {id} is over: {event:?}")),
                }
            }
            Event::Response { id, .. } => *self.outgoing.entry(*id).or_default() += 1,
            Event::Refer { session, id, .. } => self.refers.push((*session, *id)),
            Event::Request { id, .. } => self.asked.push(*id),
            _ => {}
        }
        match self.mood {
            Mood::Wild => self.react(endpoint, event, now),
            Mood::Quiet => self.oblige(endpoint, event, now),
        }
    }

    /// Looks at the order of a session's events.
    fn keep(&mut self, id: SessionId, event: &Event, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return self.fault(format!("session {id} is unknown: {event:?}"));
        };
        // Where we offered in a response, the other application may be who was silent.
        let silence = match event {
            Event::Ended { why: EndReason::NoAck | EndReason::NoPrack, .. } => {
                session.offer && !session.caller && !session.confirmed
            }
            // An offer that nobody answers keeps the session from being refreshed.
            Event::Ended { why: EndReason::SessionExpired, .. } => self.mood == Mood::Quiet,
            Event::Ended { why: EndReason::SessionLost(408), .. } => true,
            Event::Rejected { status: 408, .. } => true,
            _ => false,
        };
        let silence = silence && self.fair;
        let late = session.last_events > 0 || session.ended_by_us.is_some_and(|at| at < now);
        match event {
            Event::Answered { .. } => session.answered = true,
            Event::Confirmed { .. } => session.confirmed = true,
            Event::OfferAnswered { .. } | Event::OfferRejected { .. } => session.outcomes += 1,
            Event::Rejected { .. } | Event::Cancelled { .. } | Event::Ended { .. } => session.last_events += 1,
            _ => {}
        }
        let refer = match event {
            Event::ReferAccepted { id, .. } | Event::ReferProgress { id, .. } => Some((*id, false)),
            Event::ReferRejected { id, .. } | Event::ReferEnded { id, .. } => Some((*id, true)),
            _ => None,
        };
        let mut late_refer = false;
        if let Some((refer, last)) = refer {
            late_refer = session.transferred.contains(&refer);
            if last {
                session.transferred.push(refer);
            }
        }
        if silence {
            self.fault(format!("session {id}: {event:?}, though most of it arrives"));
        }
        if late || late_refer {
            self.fault(format!("session {id} is over, or its transfer: {event:?}"));
        }
    }

    /// Anything.
    fn react(&mut self, endpoint: &mut Endpoint, event: &Event, now: Instant) {
        let die = self.throw(16);
        let act = match (event, die) {
            (Event::Incoming { .. }, 0..=2 | 12..=14) => Act::Answer,
            (Event::Incoming { .. }, 3 | 4) => Act::Provisional { status: 180, described: false },
            (Event::Incoming { .. }, 5..=7) => Act::Provisional { status: 183, described: true },
            (Event::Incoming { .. }, 8) => Act::Reject,
            (Event::Progress { .. }, 0 | 1) => Act::Offer { described: true },
            (Event::Offer { .. } | Event::Answered { is_offer: true, .. }, 0..=6 | 9..=12) => Act::AnswerOffer,
            (Event::Offer { .. } | Event::Answered { is_offer: true, .. }, 7) => Act::RejectOffer,
            (Event::Answered { .. } | Event::Confirmed { .. }, 8 | 9) => Act::Offer { described: true },
            (Event::Confirmed { .. } | Event::OfferAnswered { .. }, 10) => Act::Refer { notify: true },
            (Event::Cancelled { .. } | Event::Ended { .. }, _) => return,
            (_, 15) => Act::HangUp,
            _ => return self.react_to_request(endpoint, event, die, now),
        };
        if let Some(id) = session_of(event) {
            self.note(now, format!("does {act:?} in session {id}"));
            self.act_on(endpoint, &act, id, now);
        }
    }

    fn react_to_request(&mut self, endpoint: &mut Endpoint, event: &Event, die: u64, now: Instant) {
        match (event, die) {
            (Event::Refer { session, id, .. }, 0..=5) => {
                endpoint.accept_refer(*session, *id, now);
                endpoint.refer_progress(*session, *id, if die < 3 { 180 } else { 200 }, None, now);
            }
            (Event::Refer { session, id, .. }, 6) => endpoint.reject_refer(*session, *id, 603, now),
            (Event::Request { id, .. }, 0) => endpoint.respond(*id, 503, None, Vec::new(), None, now),
            (Event::Request { id, .. }, 1) => endpoint.respond(*id, 183, None, Vec::new(), None, now),
            (Event::Request { .. }, 2) => {}
            (Event::Request { .. }, _) => self.oblige(endpoint, event, now),
            _ => {}
        }
    }

    /// What a good application does that wants nothing itself.
    fn oblige(&mut self, endpoint: &mut Endpoint, event: &Event, now: Instant) {
        match event {
            Event::Incoming { session, .. } => self.act_on(endpoint, &Act::Reject, *session, now),
            Event::Offer { session, .. } | Event::Answered { session, is_offer: true, .. } => {
                endpoint.answer_offer(*session, sdp("answer"), now);
            }
            Event::Refer { session, id, .. } => endpoint.reject_refer(*session, *id, 603, now),
            Event::Request { id, request, .. } => {
                let contacts = request.contacts().unwrap_or_default();
                let headers =
                    contacts.iter().map(|contact| (Name::Contact, format!("<{}>;expires=120", contact.uri))).collect();
                endpoint.respond(*id, 200, None, headers, None, now);
            }
            _ => {}
        }
    }

    /// From here on it only answers.
    pub fn be_quiet(&mut self, endpoint: &mut Endpoint, now: Instant) {
        self.mood = Mood::Quiet;
        for id in self.standing() {
            endpoint.answer_offer(id, sdp("answer"), now);
        }
    }

    /// Ends what is left, or just the calls that it made.
    pub fn close(&mut self, endpoint: &mut Endpoint, callers_only: bool, now: Instant) {
        for id in self.standing() {
            if !callers_only || self.sessions[&id].caller {
                self.note(now, format!("closes session {id}"));
                self.act_on(endpoint, &Act::HangUp, id, now);
            }
        }
        for (id, _) in &self.registrations {
            endpoint.unregister(*id, now);
        }
    }

    /// Ends what rings: who called is not there any more, and there is no telling that to us.
    pub fn stop_ringing(&mut self, endpoint: &mut Endpoint, now: Instant) {
        for id in self.standing() {
            if !self.sessions[&id].answered {
                self.act_on(endpoint, &Act::HangUp, id, now);
            }
        }
    }
}

fn session_of(event: &Event) -> Option<SessionId> {
    match event {
        Event::Incoming { session, .. }
        | Event::Progress { session, .. }
        | Event::Answered { session, .. }
        | Event::Rejected { session, .. }
        | Event::Confirmed { session, .. }
        | Event::Cancelled { session, .. }
        | Event::Ended { session, .. }
        | Event::Offer { session, .. }
        | Event::OfferAnswered { session, .. }
        | Event::OfferRejected { session, .. }
        | Event::Refer { session, .. }
        | Event::ReferAccepted { session, .. }
        | Event::ReferRejected { session, .. }
        | Event::ReferProgress { session, .. }
        | Event::ReferEnded { session, .. }
        | Event::Info { session, .. } => Some(*session),
        Event::Request { .. }
        | Event::Response { .. }
        | Event::HopFailed { .. }
        | Event::HopAnswered { .. }
        | Event::Registration { .. } => None,
    }
}
