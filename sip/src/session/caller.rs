//! Calling somebody: our INVITE, its final response, CANCEL.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::established::Established;
use super::fork::Fork;
use super::link::Link;
use super::offer::Offered;
use super::timer::SessionTimer;
use super::{Base, Next, SDP, Session, Stage, sdp};
use crate::auth::Auth;
use crate::core::Core;
use crate::dialog::Dialog;
use crate::endpoint::{Account, Event};
use crate::flow::Source;
use crate::header::{Name, NameAddr};
use crate::message::Message;
use crate::method::Method;
use crate::pass::{Miss, Pass};
use crate::request::Request;
use crate::transaction::timer::{PATIENCE, Timer};
use crate::transaction::{ClientId, Failure, Owner, write};
use crate::uri::Uri;

/// How often an INVITE is sent again with a larger session interval (422).
const MAX_INTERVALS: u32 = 3;

/// Our INVITE has no final response.
#[derive(Debug)]
pub(crate) struct Calling {
    pass: Pass,
    pub(super) request: Request,
    pub(super) transaction: ClientId,
    /// The early dialogs.
    pub(super) forks: Vec<Fork>,
    /// Whether a provisional response came: before, there is nothing that could be cancelled (RFC 3261 9.1).
    reached: bool,
    /// Whether one other than 100 came: the call is somewhere, and must not go elsewhere too.
    progressed: bool,
    hangup: Option<Hangup>,
    /// Refusals with 422 so far.
    intervals: u32,
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
        mut headers: Vec<(Name, String)>,
        core: &mut Core,
        now: Instant,
    ) -> Session {
        SessionTimer::first_headers(0, core, &mut headers);
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
        let calling = Calling {
            pass,
            request,
            transaction,
            forks: Vec::new(),
            reached: false,
            progressed: false,
            hangup: None,
            intervals: 0,
        };
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
            self.on_early_response(base, transaction, response, source, core, now);
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
                    self.progress(base, status, response, source, core, now);
                }
                None
            }
            200..=299 => Some(self.answered(base, response, source, core, now)),
            401 | 407 if self.hangup.is_none() && base.auth.challenged(response) => {
                self.again(base, core, now);
                None
            }
            422 if self.hangup.is_none() && self.intervals < MAX_INTERVALS && core.session_expires > 0 => {
                self.intervals += 1;
                let ours = |name: &Name| [Name::Supported, Name::SessionExpires, Name::MinSe].contains(name);
                self.request.headers.retain(|(name, _)| !ours(name));
                let min_se = response.number(Name::MinSe).unwrap_or_default();
                SessionTimer::first_headers(min_se, core, &mut self.request.headers);
                self.again(base, core, now);
                None
            }
            _ => Some(rejected(base, Miss { status, response: Some(response.clone()) }, core)),
        }
    }

    pub(super) fn on_failure(&mut self, base: &mut Base, failure: Failure, core: &mut Core, now: Instant) -> Next {
        if failure.transaction != self.transaction {
            self.on_early_failure(base, &failure, core);
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

    pub(super) fn is_ending(&self) -> bool {
        self.hangup.is_some()
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
        let invite = core.transactions.invite(self.transaction);
        let link = invite.as_ref().and_then(|invite| self.link_of(invite, response, source));
        let (Some(invite), Some(mut link)) = (invite, link) else {
            // A 2xx that no dialog can be made of: nobody could be acknowledged.
            return rejected(base, Miss { status: 500, response: None }, core);
        };
        link.early = false;
        link.hear(response);
        link.timer.granted(response, base.id, core, now);
        let description = sdp(response).filter(|_| !link.negotiated);
        let offers = description.is_some() && self.request.body.is_none();
        link.negotiated = true;
        let (transaction, cseq) = (self.transaction, self.request.cseq);
        let hangup = self.hangup.take();
        if offers && hangup.is_none() {
            // The ACK has the answer (RFC 3261 13.2.2.4); what offers were open in the early dialog are not now.
            link.offered = Some(Box::new(Offered::Answer { transaction, invite, cseq }));
        } else {
            link.acknowledge(transaction, &invite, cseq, None, core);
        }
        let mut established = Established::new(link, Some(transaction));
        match hangup {
            None => {
                base.event(
                    core,
                    Event::Answered {
                        session: base.session(),
                        sdp: description,
                        is_offer: offers,
                        response: response.clone(),
                    },
                );
            }
            Some(hangup) => established.bye(base, hangup.reason, core, now),
        }
        Stage::Established(Box::new(established))
    }

    /// The dialog of a 2xx: the early one where there is one.
    fn link_of(&mut self, invite: &Message, response: &Message, source: &Source) -> Option<Link> {
        let tag = write::to_tag(response);
        let index = self.forks.iter().position(|fork| *fork.tag == *tag);
        if let Some(early) = index.and_then(|index| self.forks.get_mut(index)?.early.take()) {
            let mut link = early.link;
            link.dialog.confirm(response, source);
            return Some(link);
        }
        let dialog = Dialog::caller(invite, response, source).ok()?;
        Some(Link::new(dialog, response, index.unwrap_or(self.forks.len()) as u32, self.described()))
    }

    /// Our offer in the INVITE; empty where there is none.
    pub(super) fn described(&self) -> Bytes {
        self.request.body.as_ref().map(|(_, description)| description.clone()).unwrap_or_default()
    }
}

/// The INVITE failed.
pub(super) fn rejected(base: &mut Base, miss: Miss, core: &mut Core) -> Stage {
    let (session, reason) = (base.session(), miss.reason());
    let Miss { status, response } = miss;
    let from_network = response.is_some();
    base.last_event(core, Event::Rejected { session, status, reason, from_network, response });
    Stage::Over
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
        let request = core.transactions.invite(invite)?;
        let dialog = Dialog::caller(&request, response, source).ok()?;
        let mut link = Link::new(dialog, response, 0, Bytes::new());
        link.acknowledge(invite, &request, response.cseq().ok()?.number, None, core);
        // PRACK and UPDATE may have gone before.
        link.dialog.skip_numbers();
        let mut established = Established::new(link, Some(invite));
        let mut base = Base { id, tag: core.tag(id), auth, silent: true };
        established.bye(&mut base, None, core, now);
        Some(Session { base, stage: Stage::Established(Box::new(established)) })
    }
}
