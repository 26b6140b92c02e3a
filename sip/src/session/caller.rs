//! Calling somebody: our INVITE, its early dialogs, CANCEL.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::established::Established;
use super::{Base, Next, SDP, Session, Stage, sdp};
use crate::auth::Auth;
use crate::core::{Core, Received, Reply};
use crate::dialog::Dialog;
use crate::endpoint::{Account, Event};
use crate::flow::Source;
use crate::header::{Name, NameAddr};
use crate::message::Message;
use crate::method::Method;
use crate::pass::{Miss, Pass};
use crate::request::{ALLOW, Request};
use crate::transaction::timer::{PATIENCE, Timer};
use crate::transaction::{ClientId, Failure, Owner, write};
use crate::uri::Uri;

/// Early dialogs told apart; further ones count as the last.
const MAX_FORKS: usize = 32;

/// Our INVITE has no final response.
#[derive(Debug)]
pub(crate) struct Calling {
    pass: Pass,
    request: Request,
    transaction: ClientId,
    /// To tags of the early dialogs.
    forks: Vec<Box<str>>,
    /// Whether a provisional response came: before, there is nothing that could be cancelled (RFC 3261 9.1).
    reached: bool,
    /// Whether one other than 100 came: the call is somewhere, and must not go elsewhere too.
    progressed: bool,
    hangup: Option<Hangup>,
}

/// It is to end.
#[derive(Debug)]
struct Hangup {
    reason: Option<String>,
    /// Set with the CANCEL: when to stop waiting for the final response.
    give_up_at: Option<Instant>,
}

impl Session {
    /// Sends an INVITE.
    pub(crate) fn call(
        id: u64,
        account: Arc<Account>,
        target: Uri,
        offer: Bytes,
        headers: Vec<(Name, String)>,
        core: &mut Core,
        now: Instant,
    ) -> Session {
        let tag = core.tag(id);
        let pass = Pass::new(account);
        let (account, hop) = (pass.account(), pass.hop());
        let name = account.display_name.as_deref().unwrap_or_default();
        let from = NameAddr::new(account.aor.clone()).with_display(name).with_tag(&tag).to_string();
        let request = Request {
            method: Method::Invite,
            to: format!("<{target}>").into(),
            uri: target,
            routes: account.routes.clone(),
            from: from.into(),
            call_id: core.call_id().into(),
            cseq: 1,
            contact: Some(format!("<{}>", hop.contact).into()),
            headers,
            body: (!offer.is_empty()).then(|| (Arc::from(SDP), offer)),
            hop: hop.to.clone(),
            local: hop.local,
        };
        let mut auth = Auth::new(account.credentials.clone());
        let transaction = core.send(&request, &mut auth, Owner::Session(id), now);
        let calling =
            Calling { pass, request, transaction, forks: Vec::new(), reached: false, progressed: false, hangup: None };
        Session::new(id, tag, auth, Stage::Calling(Box::new(calling)))
    }
}

impl Calling {
    pub(super) fn on_response(
        &mut self,
        base: &mut Base,
        transaction: ClientId,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) -> Next {
        let status = response.status()?;
        if transaction != self.transaction {
            return None;
        }
        if status == 503 && self.may_go_elsewhere() {
            return self.next_hop(base, Miss::response(response), core, now);
        }
        self.pass.answered(core);
        match status {
            100..=199 => {
                self.reached = true;
                self.progressed |= status > 100;
                if self.hangup.is_some() {
                    self.cancel(base, core, now);
                } else if status > 100 {
                    let fork = self.fork(&write::to_tag(response));
                    let reason = response.reason().to_owned();
                    let event = Event::Progress { session: base.session(), status, reason, sdp: sdp(response), fork };
                    base.event(core, event);
                }
                None
            }
            200..=299 => Some(self.answered(base, response, source, core, now)),
            401 | 407 if self.hangup.is_none() && base.auth.challenged(response) => {
                self.again(base, core, now);
                None
            }
            _ => Some(rejected(base, Miss { status, response: Some(response.clone()) }, core)),
        }
    }

    pub(super) fn on_failure(&mut self, base: &mut Base, failure: Failure, core: &mut Core, now: Instant) -> Next {
        if failure.transaction != self.transaction {
            return None;
        }
        if self.may_go_elsewhere() {
            return self.next_hop(base, failure.into(), core, now);
        }
        Some(rejected(base, failure.into(), core))
    }

    fn may_go_elsewhere(&self) -> bool {
        !self.progressed && self.hangup.is_none()
    }

    fn next_hop(&mut self, base: &mut Base, miss: Miss, core: &mut Core, now: Instant) -> Next {
        if let Err(miss) = self.pass.failed(miss, core) {
            return Some(rejected(base, miss, core));
        }
        base.auth.forget();
        self.request.take(self.pass.hop());
        self.again(base, core, now);
        None
    }

    /// Sends the INVITE once more, as a new request (RFC 3261 22.2).
    fn again(&mut self, base: &mut Base, core: &mut Core, now: Instant) {
        self.request.cseq += 1;
        self.forks.clear();
        self.reached = false;
        self.progressed = false;
        self.transaction = base.send(&self.request, core, now);
    }

    /// Requests within early dialogs. The offer in our INVITE has no reliable answer yet.
    pub(super) fn on_request(&mut self, received: &Received, method: &Method, core: &mut Core, now: Instant) -> Next {
        let same_call = received.message.call_id().is_ok_and(|call_id| call_id == &*self.request.call_id);
        let allow = [(Name::Allow, ALLOW.to_owned())];
        let reply = match method {
            _ if !same_call => Reply { status: 481, ..Reply::default() },
            // RFC 3311 5.2: an offer crosses ours.
            Method::Update if sdp(&received.message).is_some() => Reply { status: 491, ..Reply::default() },
            Method::Update => {
                let contact = self.request.contact.as_deref();
                Reply { status: 200, contact, ..Reply::default() }
            }
            Method::Options | Method::Info => Reply { status: 200, headers: &allow, ..Reply::default() },
            Method::Bye | Method::Invite => Reply { status: 481, ..Reply::default() },
            _ => Reply { status: 405, headers: &allow, ..Reply::default() },
        };
        core.respond(received, reply, now);
        None
    }

    pub(super) fn hang_up(&mut self, base: &Base, reason: Option<String>, core: &mut Core, now: Instant) {
        if self.hangup.is_none() {
            self.hangup = Some(Hangup { reason, give_up_at: None });
            if self.reached {
                self.cancel(base, core, now);
            }
        }
    }

    pub(super) fn gives_up_at(&self) -> Option<Instant> {
        self.hangup.as_ref().and_then(|hangup| hangup.give_up_at)
    }

    /// No final response to a cancelled INVITE.
    pub(super) fn on_give_up(&mut self, core: &mut Core) -> Next {
        core.transactions.abandon(self.transaction);
        Some(Stage::Over)
    }

    fn cancel(&mut self, base: &Base, core: &mut Core, now: Instant) {
        let Some(hangup) = &mut self.hangup else { return };
        if hangup.give_up_at.is_none() {
            core.transactions.cancel(self.transaction, hangup.reason.as_deref(), now);
            hangup.give_up_at = Some(now + PATIENCE);
            core.set_timer(now + PATIENCE, Timer::CancelUnanswered, base.id);
        }
    }

    /// The first 2xx: its callee has the call. One that crosses our CANCEL is acknowledged and ended.
    fn answered(
        &mut self,
        base: &mut Base,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) -> Stage {
        let Some(mut established) = accept(self.transaction, response, source, core) else {
            // A 2xx that no dialog can be made of: nobody could be acknowledged.
            return rejected(base, Miss { status: 500, response: None }, core);
        };
        match self.hangup.take() {
            None => base.event(core, Event::Answered { session: base.session(), sdp: sdp(response) }),
            Some(hangup) => established.bye(base, hangup.reason, core, now),
        }
        Stage::Established(Box::new(established))
    }

    fn fork(&mut self, tag: &str) -> u32 {
        let known = self.forks.iter().position(|fork| **fork == *tag);
        let index = known.unwrap_or_else(|| {
            if self.forks.len() < MAX_FORKS {
                self.forks.push(tag.into());
            }
            self.forks.len() - 1
        });
        index as u32
    }
}

/// The INVITE failed.
fn rejected(base: &mut Base, miss: Miss, core: &mut Core) -> Stage {
    let (session, reason) = (base.session(), miss.reason());
    let Miss { status, response } = miss;
    let from_network = response.is_some();
    base.last_event(core, Event::Rejected { session, status, reason, from_network, response });
    Stage::Over
}

/// Makes the dialog of a 2xx and acknowledges it.
fn accept(invite: ClientId, response: &Message, source: &Source, core: &mut Core) -> Option<Established> {
    let request = core.transactions.invite(invite)?;
    let dialog = Dialog::caller(&request, response, source).ok()?;
    let cseq = response.cseq().ok()?.number;
    core.acknowledge(invite, &request, dialog.remote_tag(), &dialog.ack(cseq));
    Some(Established::new(dialog, Some(invite)))
}

impl Session {
    /// Acknowledges and ends what a further callee of a forked INVITE answered (RFC 3261 13.2.2.4).
    pub(crate) fn end_surplus(
        id: u64,
        invite: ClientId,
        response: &Message,
        source: &Source,
        auth: Auth,
        core: &mut Core,
        now: Instant,
    ) -> Option<Session> {
        let mut established = accept(invite, response, source, core)?;
        let mut base = Base { id, tag: core.tag(id), auth, silent: true };
        established.bye(&mut base, None, core, now);
        Some(Session { base, stage: Stage::Established(Box::new(established)) })
    }
}
