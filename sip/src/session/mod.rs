//! One call: from the INVITE until nothing of it is left.
//!
//! The stages are types of their own; a session moves from one to the next and never back. [`Session::enter`] is
//! the only place where it does.

mod callee;
mod caller;
mod established;
mod fork;
mod link;
mod offer;
mod refer;
mod reliable;
mod timer;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tracing::debug;

pub(crate) use self::callee::Ringing;
pub(crate) use self::caller::Calling;
pub(crate) use self::established::Established;
pub(crate) use self::timer::{MIN_SE, too_small};
use crate::auth::Auth;
use crate::core::{Core, Received};
use crate::dialog::Dialog;
use crate::endpoint::{Event, SessionId};
use crate::flow::Source;
use crate::header::Replaces;
use crate::message::Message;
use crate::method::Method;
use crate::request::Request;
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, Failure, Owner, ServerId};
use crate::uri::Uri;

/// Content-Type of all session descriptions.
pub(crate) const SDP: &str = "application/sdp";

/// A call as this endpoint sees it.
#[derive(Debug)]
pub(crate) struct Session {
    base: Base,
    stage: Stage,
}

/// What all stages need.
#[derive(Debug)]
pub(crate) struct Base {
    id: u64,
    /// Our tag in its dialogs.
    tag: Box<str>,
    auth: Auth,
    /// Whoever uses the endpoint is done with it: nothing is reported any more.
    silent: bool,
}

/// How far a session is.
#[derive(Debug)]
enum Stage {
    /// Our INVITE has no final response.
    Calling(Box<Calling>),
    /// An INVITE received has no final response.
    Ringing(Box<Ringing>),
    /// A 2xx was sent or received.
    Established(Box<Established>),
    /// Nothing is left to do.
    Over,
}

/// The next stage, where a step leads to one.
type Next = Option<Stage>;

/// What a response was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// The session took it.
    Taken,
    /// A 2xx of a callee that lost against another: to be acknowledged and ended.
    Surplus,
}

impl Base {
    fn session(&self) -> SessionId {
        SessionId(self.id)
    }

    /// Sends a request of the session.
    fn send(&mut self, request: &Request, core: &mut Core, now: Instant) -> ClientId {
        core.send(request, &mut self.auth, Owner::Session(self.id), now)
    }

    /// Reports an event, unless nobody listens any more.
    fn event(&self, core: &mut Core, event: Event) {
        if !self.silent {
            core.event(event);
        }
    }

    /// Reports the last event.
    fn last_event(&mut self, core: &mut Core, event: Event) {
        self.event(core, event);
        self.silent = true;
    }
}

impl Session {
    fn new(id: u64, tag: Box<str>, auth: Auth, stage: Stage) -> Session {
        Session { base: Base { id, tag, auth, silent: false }, stage }
    }

    /// Our tag, which requests within it carry.
    pub(crate) fn tag(&self) -> &str {
        &self.base.tag
    }

    /// Whether it can be forgotten.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// The credentials it uses, for what grows out of it.
    pub(crate) fn auth(&self) -> &Auth {
        &self.base.auth
    }

    /// A response to a request of this session.
    pub(crate) fn on_response(
        &mut self,
        transaction: ClientId,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) -> Use {
        let Session { base, stage } = self;
        if response.status().is_some_and(|status| status >= 200) {
            base.auth.settled(response);
        }
        let (used, next) = match stage {
            Stage::Calling(calling) => {
                (Use::Taken, calling.on_response(base, transaction, response, source, core, now))
            }
            Stage::Established(established) => established.on_response(base, transaction, response, source, core, now),
            Stage::Ringing(ringing) => {
                ringing.on_response(base, transaction, response, source, core, now);
                (Use::Taken, None)
            }
            Stage::Over => (Use::Taken, None),
        };
        self.enter(next);
        used
    }

    /// A request of this session failed without a response.
    pub(crate) fn on_failure(&mut self, failure: Failure, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let next = match stage {
            Stage::Calling(calling) => calling.on_failure(base, failure, core, now),
            Stage::Established(established) => established.on_failure(base, failure, core, now),
            Stage::Ringing(ringing) => {
                ringing.on_failure(base, failure, core);
                None
            }
            Stage::Over => None,
        };
        self.enter(next);
    }

    /// A request within one of its dialogs, other than ACK and CANCEL.
    pub(crate) fn on_request(&mut self, received: Received, method: &Method, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let next = match stage {
            Stage::Calling(calling) => calling.on_request(base, received, method, core, now),
            Stage::Ringing(ringing) => ringing.on_request(base, received, method, core, now),
            Stage::Established(established) => established.on_request(base, received, method, core, now),
            Stage::Over => None,
        };
        self.enter(next);
        // A PRACK may be what the 200 waited for.
        self.answer_if_due(core, now);
    }

    /// An ACK for a 2xx of ours.
    pub(crate) fn on_ack(&mut self, ack: &Message, core: &mut Core, now: Instant) {
        if let Stage::Established(established) = &mut self.stage {
            let next = established.on_ack(&mut self.base, ack, core, now);
            self.enter(next);
        }
    }

    /// The INVITE with this transaction was cancelled.
    pub(crate) fn on_cancel(&mut self, server: ServerId, cancel: &Message, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let next = match stage {
            Stage::Ringing(ringing) if ringing.is(server) => ringing.on_cancel(base, cancel, core, now),
            Stage::Established(established) => {
                established.on_cancel(server, core, now);
                None
            }
            _ => None,
        };
        self.enter(next);
    }

    /// Whether this timer is still to fire then.
    pub(crate) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match &self.stage {
            Stage::Calling(calling) => calling.awaits(timer, at),
            Stage::Established(established) => established.awaits(timer, at),
            Stage::Ringing(ringing) => ringing.awaits(timer, at),
            Stage::Over => false,
        }
    }

    /// When an offer is made again that was refused with 491.
    pub(crate) fn offers_again_at(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Calling(calling) => calling.offers_again_at(),
            Stage::Established(established) => established.offers_again_at(),
            Stage::Ringing(ringing) => ringing.offers_again_at(),
            Stage::Over => None,
        }
    }

    /// A timer fired that [`Session::awaits`].
    pub(crate) fn on_timer(&mut self, timer: Timer, at: Instant, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let next = match stage {
            Stage::Calling(calling) if timer == Timer::OfferAgain => {
                calling.offer_again(base, at, core, now);
                None
            }
            Stage::Calling(calling) => calling.on_give_up(core),
            Stage::Ringing(ringing) => ringing.on_timer(base, timer, core, now),
            Stage::Established(established) => established.on_timer(base, timer, core, now),
            Stage::Over => None,
        };
        self.enter(next);
    }

    /// Ends it, whatever it takes now. Nothing is reported from here on.
    pub(crate) fn hang_up(&mut self, reason: Option<String>, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        base.silent = true;
        let next = match stage {
            Stage::Calling(calling) => {
                calling.refuse_offered(core, now);
                calling.hang_up(base, reason, core, now);
                None
            }
            Stage::Ringing(ringing) => ringing.refuse(base, 480, None, &reason_header(reason), core, now),
            Stage::Established(established) => established.hang_up(base, reason, core, now),
            Stage::Over => None,
        };
        self.enter(next);
    }

    /// Answers an offer of the other side; with an offer where it wanted one. `fork`: in that early dialog.
    pub(crate) fn answer_offer(&mut self, fork: Option<u32>, description: Bytes, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        match stage {
            Stage::Calling(calling) => {
                if let Some(link) = calling.offered(fork) {
                    link.answer(base, description, core, now);
                }
            }
            Stage::Ringing(ringing) => {
                ringing.link.answer(base, description, core, now);
            }
            Stage::Established(established) => {
                if let Some(waiting) = established.link.answer(base, description, core, now) {
                    established.await_ack(waiting);
                }
            }
            Stage::Over => {}
        }
        self.answer_if_due(core, now);
    }

    /// Refuses an offer of the other side. Where that cannot be done, the session ends.
    pub(crate) fn reject_offer(&mut self, fork: Option<u32>, status: u16, core: &mut Core, now: Instant) {
        let status = if (300..=699).contains(&status) { status } else { 488 };
        let link = match &mut self.stage {
            Stage::Calling(calling) => calling.offered(fork),
            Stage::Ringing(ringing) => Some(&mut ringing.link),
            Stage::Established(established) => Some(&mut established.link),
            Stage::Over => None,
        };
        let Some(link) = link else { return };
        let refusable = link.offered.as_ref().is_none_or(|offered| offered.can_be_refused());
        link.refuse_offered(status, core, now);
        if !refusable {
            self.hang_up(None, core, now);
        }
        self.answer_if_due(core, now);
    }

    /// Makes an offer: by re-INVITE once there was an answer, by UPDATE before (RFC 3311 5.1). `fork` is the early
    /// dialog of a caller.
    pub(crate) fn offer(&mut self, fork: u32, description: Bytes, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let session = base.session();
        match stage {
            Stage::Calling(calling) => calling.offer(base, fork, description, core, now),
            Stage::Ringing(ringing) => {
                let link = &mut ringing.link;
                if link.takes_offer() && ringing.answer.is_none() {
                    link.offer(base, Method::Update, description, false, core, now);
                } else {
                    let status = if link.takes_update() { 491 } else { 405 };
                    base.event(core, Event::OfferRejected { session, status, fork: 0 });
                }
            }
            Stage::Established(established) => {
                let fork = established.link.fork;
                if established.is_busy() {
                    // What the other side would say; see `Event::OfferRejected`.
                    base.event(core, Event::OfferRejected { session, status: 491, fork });
                } else if !established.is_ending() {
                    established.link.offer(base, Method::Invite, description, false, core, now);
                }
            }
            Stage::Over => {}
        }
    }

    /// The dialog as the other side names it (RFC 3891 3).
    pub(crate) fn replaces(&self) -> Option<Replaces> {
        let dialog = self.dialog()?;
        // A tag that is not there counts as 0.
        let to_tag = Some(dialog.remote_tag()).filter(|tag| !tag.is_empty()).unwrap_or("0").to_owned();
        let (call_id, from_tag) = (dialog.call_id().to_owned(), self.base.tag.to_string());
        Some(Replaces { call_id, to_tag, from_tag, early_only: false })
    }

    /// Call-ID of its requests.
    pub(crate) fn call_id(&self) -> Option<&str> {
        match &self.stage {
            Stage::Calling(calling) => Some(&calling.request.call_id),
            _ => self.dialog().map(Dialog::call_id),
        }
    }

    /// Contact of the other side.
    pub(crate) fn remote_target(&self) -> Option<&Uri> {
        self.dialog().map(Dialog::remote_target)
    }

    fn dialog(&self) -> Option<&Dialog> {
        match &self.stage {
            Stage::Ringing(ringing) => Some(&ringing.link.dialog),
            Stage::Established(established) => Some(&established.link.dialog),
            Stage::Calling(_) | Stage::Over => None,
        }
    }

    /// Whether a Replaces with our tag may replace this session; otherwise how to refuse the INVITE (RFC 3891 3).
    pub(crate) fn replaceable(&self, replaces: &Replaces) -> Result<(), u16> {
        let from_tag = if replaces.from_tag == "0" { "" } else { replaces.from_tag.as_str() };
        let names =
            |call_id: &str, tag: &str| call_id == replaces.call_id && (tag == replaces.from_tag || tag == from_tag);
        match &self.stage {
            Stage::Calling(calling) => {
                let known = calling.has_fork(&replaces.from_tag) && *calling.request.call_id == *replaces.call_id;
                if !known {
                    Err(481)
                } else if calling.is_ending() {
                    Err(603)
                } else {
                    Ok(())
                }
            }
            Stage::Established(established) => {
                let dialog = &established.link.dialog;
                if !names(dialog.call_id(), dialog.remote_tag()) {
                    Err(481)
                } else if established.is_ending() || self.base.silent {
                    Err(603)
                } else if replaces.early_only {
                    Err(486)
                } else {
                    Ok(())
                }
            }
            // An early dialog that the other side began cannot be replaced.
            Stage::Ringing(_) | Stage::Over => Err(481),
        }
    }

    /// Sends an INFO, in a session that is established.
    pub(crate) fn info(&mut self, content_type: &str, body: Bytes, core: &mut Core, now: Instant) {
        if let Stage::Established(established) = &mut self.stage {
            established.info(&mut self.base, content_type, body, core, now);
        }
    }

    /// Changes our Contact.
    pub(crate) fn set_contact(&mut self, contact: Arc<str>) {
        match &mut self.stage {
            Stage::Ringing(ringing) => ringing.link.dialog.set_contact(contact),
            Stage::Established(established) => established.link.dialog.set_contact(contact),
            Stage::Calling(_) | Stage::Over => {}
        }
    }

    fn enter(&mut self, next: Next) {
        if let Some(next) = next {
            debug!(session = self.base.id, from = self.stage.name(), to = next.name(), "session");
            self.stage = next;
        }
    }
}

impl Stage {
    fn name(&self) -> &'static str {
        match self {
            Stage::Calling(_) => "calling",
            Stage::Ringing(_) => "ringing",
            Stage::Established(_) => "established",
            Stage::Over => "over",
        }
    }
}

/// The session description in a message.
pub(crate) fn sdp(message: &Message) -> Option<Bytes> {
    message.part(SDP)
}

/// The Reason header (RFC 3326), where there is a reason.
fn reason_header(reason: Option<String>) -> Vec<(crate::header::Name, String)> {
    reason.map(|reason| (crate::header::Name::Reason, reason)).into_iter().collect()
}
