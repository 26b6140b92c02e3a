//! One call: from the INVITE until nothing of it is left.
//!
//! The stages are types of their own; a session moves from one to the next and never back. [`Session::enter`] is
//! the only place where it does.

mod callee;
mod caller;
mod established;
mod offer;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tracing::debug;

pub(crate) use self::callee::Ringing;
pub(crate) use self::caller::Calling;
pub(crate) use self::established::Established;
use crate::auth::Auth;
use crate::core::{Core, Received};
use crate::endpoint::{Event, SessionId};
use crate::flow::Source;
use crate::message::Message;
use crate::method::Method;
use crate::request::Request;
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, Failure, Owner, ServerId};

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
            Stage::Ringing(_) | Stage::Over => (Use::Taken, None),
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
            Stage::Ringing(_) | Stage::Over => None,
        };
        self.enter(next);
    }

    /// A request within one of its dialogs, other than ACK and CANCEL.
    pub(crate) fn on_request(&mut self, received: Received, method: &Method, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let next = match stage {
            Stage::Calling(calling) => calling.on_request(&received, method, core, now),
            Stage::Ringing(ringing) => ringing.on_request(base, &received, method, core, now),
            Stage::Established(established) => established.on_request(base, received, method, core, now),
            Stage::Over => None,
        };
        self.enter(next);
    }

    /// An ACK for a 2xx of ours.
    pub(crate) fn on_ack(&mut self, ack: &Message, core: &mut Core, now: Instant) {
        if let Stage::Established(established) = &mut self.stage {
            let next = established.on_ack(&mut self.base, ack, core, now);
            self.enter(next);
        }
    }

    /// The INVITE with this transaction was cancelled.
    pub(crate) fn on_cancel(&mut self, server: ServerId, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let next = match stage {
            Stage::Ringing(ringing) if ringing.is(server) => ringing.on_cancel(base, core, now),
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
            Stage::Calling(calling) => timer == Timer::CancelUnanswered && calling.gives_up_at() == Some(at),
            Stage::Established(established) => established.awaits(timer, at),
            Stage::Ringing(_) | Stage::Over => false,
        }
    }

    /// A timer fired that [`Session::awaits`].
    pub(crate) fn on_timer(&mut self, timer: Timer, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let next = match stage {
            Stage::Calling(calling) => calling.on_give_up(core),
            Stage::Established(established) => established.on_timer(base, timer, core, now),
            Stage::Ringing(_) | Stage::Over => None,
        };
        self.enter(next);
    }

    /// Ends it, whatever it takes now. Nothing is reported from here on.
    pub(crate) fn hang_up(&mut self, reason: Option<String>, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        base.silent = true;
        let next = match stage {
            Stage::Calling(calling) => {
                calling.hang_up(base, reason, core, now);
                None
            }
            Stage::Ringing(ringing) => ringing.refuse(base, 480, None, &reason_header(reason), core, now),
            Stage::Established(established) => established.hang_up(base, reason, core, now),
            Stage::Over => None,
        };
        self.enter(next);
    }

    /// Changes our Contact.
    pub(crate) fn set_contact(&mut self, contact: Arc<str>) {
        match &mut self.stage {
            Stage::Ringing(ringing) => ringing.dialog.set_contact(contact),
            Stage::Established(established) => established.dialog.set_contact(contact),
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
    let body = message.body();
    let described = message.content_type().is_none() || message.has_body(SDP);
    (described && !body.is_empty()).then_some(body)
}

/// The Reason header (RFC 3326), where there is a reason.
fn reason_header(reason: Option<String>) -> Vec<(crate::header::Name, String)> {
    reason.map(|reason| (crate::header::Name::Reason, reason)).into_iter().collect()
}
