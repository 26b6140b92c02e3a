//! A call that was answered: ACK, BYE, INFO, and the order of it all.

use std::time::{Duration, Instant};

use super::offer::{Offered, Offering};
use super::{Base, Next, Stage, Use, reason_header, sdp};
use crate::core::{Core, Received, Reply};
use crate::dialog::Dialog;
use crate::endpoint::{EndReason, Event};
use crate::flow::{Source, Transmit};
use crate::header::Name;
use crate::message::Message;
use crate::method::Method;
use crate::request::{ALLOW, Request};
use crate::transaction::timer::{Backoff, PATIENCE, T2, Timer};
use crate::transaction::{ClientId, Failure, ServerId};

/// INFO requests of ours that wait for their answer at once; more are not sent.
const MAX_INFOS: usize = 16;

/// A 2xx was sent or received.
#[derive(Debug)]
pub(crate) struct Established {
    pub(super) dialog: Dialog,
    /// Our INVITE, whose further 2xx are surplus.
    invite: Option<ClientId>,
    /// The 2xx of ours that is repeated until its ACK comes.
    pub(super) unacknowledged: Option<Unacknowledged>,
    /// An offer of the other side without answer.
    pub(super) offered: Option<Box<Offered>>,
    /// An offer of ours without answer.
    pub(super) offering: Option<Box<Offering>>,
    infos: Vec<Pending>,
    ending: Option<Ending>,
}

/// A request of ours without final response.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) request: Request,
    pub(super) transaction: ClientId,
}

/// How far the end is that we want.
#[derive(Debug)]
enum Ending {
    /// The callee must not send BYE before the ACK came (RFC 3261 15).
    AfterAck { reason: Option<String> },
    /// BYE is on its way.
    Bye(Box<Pending>),
}

/// A 2xx of ours without ACK.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    cseq: u32,
    answer: Transmit,
    backoff: Backoff,
    resend_at: Instant,
    give_up_at: Instant,
    /// Whether it answered the first INVITE.
    first: bool,
    /// Whether it had an offer, so that the ACK has the answer.
    pub(super) we_offered: bool,
}

impl Unacknowledged {
    /// Whether it answered the first INVITE.
    pub(super) fn is_first(&self) -> bool {
        self.first
    }

    /// Starts to repeat a 2xx (RFC 3261 13.3.1.4): over every transport, since it is repeated end to end.
    pub(super) fn start(
        owner: u64,
        cseq: u32,
        answer: Transmit,
        first: bool,
        we_offered: bool,
        core: &mut Core,
        now: Instant,
    ) -> Unacknowledged {
        let mut backoff = Backoff::new(T2);
        let resend_at = now + backoff.step();
        let give_up_at = now + PATIENCE;
        core.set_timer(resend_at, Timer::AnswerRetransmit, owner);
        core.set_timer(give_up_at, Timer::AckMissing, owner);
        Unacknowledged { cseq, answer, backoff, resend_at, give_up_at, first, we_offered }
    }
}

impl Established {
    pub(super) fn new(dialog: Dialog, invite: Option<ClientId>) -> Established {
        Established {
            dialog,
            invite,
            unacknowledged: None,
            offered: None,
            offering: None,
            infos: Vec::new(),
            ending: None,
        }
    }

    pub(super) fn await_ack(&mut self, waiting: Unacknowledged) {
        self.unacknowledged = Some(waiting);
    }

    pub(super) fn on_ack(&mut self, base: &mut Base, ack: &Message, core: &mut Core, now: Instant) -> Next {
        let cseq = ack.cseq().ok()?.number;
        if !self.dialog.matches(ack) {
            return None;
        }
        let acknowledged = self.unacknowledged.take_if(|waiting| waiting.cseq == cseq)?;
        let (session, answer) = (base.session(), sdp(ack));
        if acknowledged.first {
            base.event(core, Event::Confirmed { session, sdp: answer });
        } else if acknowledged.we_offered {
            base.event(core, Event::OfferAnswered { session, sdp: answer });
        }
        self.bye_if_due(base, core, now);
        None
    }

    pub(super) fn on_request(
        &mut self,
        base: &mut Base,
        received: Received,
        method: &Method,
        core: &mut Core,
        now: Instant,
    ) -> Next {
        if !self.dialog.matches(&received.message) {
            core.refuse(&received, 481, None, now);
            return None;
        }
        let cseq = received.message.cseq().map(|cseq| cseq.number).unwrap_or_default();
        if !self.dialog.advance(cseq) {
            core.refuse(&received, 500, None, now);
            return None;
        }
        let allow = [(Name::Allow, ALLOW.to_owned())];
        match method {
            Method::Bye => {
                core.refuse(&received, 200, None, now);
                self.refuse_offered(487, core, now);
                let reason = received.message.header(Name::Reason).map(str::to_owned);
                let why = EndReason::RemoteBye { reason };
                base.last_event(core, Event::Ended { session: base.session(), why });
                return Some(Stage::Over);
            }
            // Nothing new begins in a session that we are ending.
            Method::Invite | Method::Update if self.ending.is_some() => core.refuse(&received, 481, None, now),
            Method::Invite => self.on_reinvite(base, received, core, now),
            Method::Update => self.on_update(base, received, core, now),
            Method::Info => {
                core.refuse(&received, 200, None, now);
                let event = info(base, &received.message);
                base.event(core, event);
            }
            Method::Options => {
                core.respond(&received, Reply { status: 200, headers: &allow, ..Reply::default() }, now);
            }
            _ => {
                core.respond(&received, Reply { status: 405, headers: &allow, ..Reply::default() }, now);
            }
        }
        None
    }

    pub(super) fn on_response(
        &mut self,
        base: &mut Base,
        transaction: ClientId,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) -> (Use, Next) {
        let Some(status) = response.status().filter(|status| *status >= 200) else { return (Use::Taken, None) };
        if self.invite == Some(transaction) {
            let used = if status < 300 { Use::Surplus } else { Use::Taken };
            return (used, None);
        }
        if let Some(Ending::Bye(bye)) = self.ending.as_mut().filter(|ending| ending.is(transaction)) {
            let next =
                if bye.challenged(base, &mut self.dialog, response, core, now) { None } else { Some(Stage::Over) };
            return (Use::Taken, next);
        }
        if self.offering.as_ref().is_some_and(|offering| offering.is(transaction)) {
            return (Use::Taken, self.on_offer_response(base, status, response, source, core, now));
        }
        let Some(index) = self.infos.iter().position(|info| info.transaction == transaction) else {
            // A 2xx to a re-INVITE that a hang-up overtook.
            let used = if status < 300 && is_invite(response) { Use::Surplus } else { Use::Taken };
            return (used, None);
        };
        if self.infos[index].challenged(base, &mut self.dialog, response, core, now) {
            return (Use::Taken, None);
        }
        self.infos.swap_remove(index);
        (Use::Taken, self.lost_if_gone(base, status, core, now))
    }

    pub(super) fn on_failure(&mut self, base: &mut Base, failure: Failure, core: &mut Core, now: Instant) -> Next {
        let Failure { transaction, status, .. } = failure;
        if self.ending.as_ref().is_some_and(|ending| ending.is(transaction)) {
            return Some(Stage::Over);
        }
        let known = self.offering.take_if(|offering| offering.is(transaction)).is_some()
            || self.infos.iter().any(|info| info.transaction == transaction);
        self.infos.retain(|info| info.transaction != transaction);
        if !known {
            return None;
        }
        if status == 503 {
            return self.lost(base, EndReason::TransportLost, core, now);
        }
        self.lost(base, EndReason::SessionLost(status), core, now)
    }

    pub(super) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match timer {
            Timer::AnswerRetransmit => self.unacknowledged.as_ref().is_some_and(|waiting| waiting.resend_at == at),
            Timer::AckMissing => self.unacknowledged.as_ref().is_some_and(|waiting| waiting.give_up_at == at),
            Timer::OfferAgain => self.offering.as_ref().is_some_and(|offering| offering.again_at() == Some(at)),
            _ => false,
        }
    }

    pub(super) fn on_timer(&mut self, base: &mut Base, timer: Timer, core: &mut Core, now: Instant) -> Next {
        match timer {
            Timer::AnswerRetransmit => {
                if let Some(waiting) = &mut self.unacknowledged {
                    core.transactions.io.transmit(waiting.answer.clone());
                    waiting.resend_at = now + waiting.backoff.step();
                    core.set_timer(waiting.resend_at, Timer::AnswerRetransmit, base.id);
                }
                None
            }
            Timer::AckMissing => {
                self.unacknowledged = None;
                self.lost(base, EndReason::NoAck, core, now)
            }
            Timer::OfferAgain => {
                self.offer_again(base, core, now);
                None
            }
            _ => None,
        }
    }

    pub(super) fn hang_up(&mut self, base: &mut Base, reason: Option<String>, core: &mut Core, now: Instant) -> Next {
        if self.ending.is_none() {
            self.refuse_offered(487, core, now);
            self.ending = Some(Ending::AfterAck { reason });
            self.bye_if_due(base, core, now);
        }
        None
    }

    /// A CANCEL for an INVITE within the session; one that was answered cannot be cancelled (RFC 3261 9.2).
    pub(super) fn on_cancel(&mut self, server: ServerId, core: &mut Core, now: Instant) {
        if self.offered.as_ref().is_some_and(|offered| offered.is(server)) {
            self.refuse_offered(487, core, now);
        }
    }

    /// Sends BYE.
    pub(super) fn bye(&mut self, base: &mut Base, reason: Option<String>, core: &mut Core, now: Instant) {
        let mut request = self.dialog.request(Method::Bye, None);
        request.headers = reason_header(reason);
        let transaction = base.send(&request, core, now);
        self.ending = Some(Ending::Bye(Box::new(Pending { request, transaction })));
    }

    /// Sends an INFO.
    pub(super) fn info(
        &mut self,
        base: &mut Base,
        content_type: &str,
        body: bytes::Bytes,
        core: &mut Core,
        now: Instant,
    ) {
        if self.ending.is_none() && self.infos.len() < MAX_INFOS {
            let request = self.dialog.request(Method::Info, Some((content_type.into(), body)));
            let transaction = base.send(&request, core, now);
            self.infos.push(Pending { request, transaction });
        }
    }

    /// Whether the session is on its way out.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// The dialog is gone for the other side when it says so, or says nothing (RFC 3261 12.2.1.2).
    pub(super) fn lost_if_gone(&mut self, base: &mut Base, status: u16, core: &mut Core, now: Instant) -> Next {
        match status {
            408 | 481 => self.lost(base, EndReason::SessionLost(status), core, now),
            _ => None,
        }
    }

    /// Ends what is broken, with a BYE in case the other side still has it.
    fn lost(&mut self, base: &mut Base, why: EndReason, core: &mut Core, now: Instant) -> Next {
        self.refuse_offered(487, core, now);
        base.last_event(core, Event::Ended { session: base.session(), why });
        if !matches!(self.ending, Some(Ending::Bye(_))) {
            self.bye(base, None, core, now);
        }
        None
    }

    fn bye_if_due(&mut self, base: &mut Base, core: &mut Core, now: Instant) {
        if self.unacknowledged.as_ref().is_some_and(|waiting| waiting.first) {
            return;
        }
        if let Some(Ending::AfterAck { reason }) = &mut self.ending {
            let reason = reason.take();
            self.bye(base, reason, core, now);
        }
    }
}

impl Ending {
    fn is(&self, transaction: ClientId) -> bool {
        matches!(self, Ending::Bye(bye) if bye.transaction == transaction)
    }
}

impl Pending {
    /// Sends it again where the response is a challenge that can be answered.
    pub(super) fn challenged(
        &mut self,
        base: &mut Base,
        dialog: &mut Dialog,
        response: &Message,
        core: &mut Core,
        now: Instant,
    ) -> bool {
        if !matches!(response.status(), Some(401 | 407)) || !base.auth.challenged(response) {
            return false;
        }
        self.request.cseq = dialog.next_cseq();
        self.transaction = base.send(&self.request, core, now);
        true
    }
}

impl Core {
    /// When to try again what came too early (RFC 3261 14.2): up to 10 s.
    pub(crate) fn retry_after(&mut self) -> [(Name, String); 1] {
        let seconds = self.between(Duration::ZERO, Duration::from_secs(10)).as_secs();
        [(Name::RetryAfter, seconds.to_string())]
    }
}

fn is_invite(response: &Message) -> bool {
    response.cseq().is_ok_and(|cseq| cseq.method == Method::Invite)
}

/// The event of an INFO.
pub(super) fn info(base: &Base, request: &Message) -> Event {
    Event::Info {
        session: base.session(),
        content_type: request.content_type().unwrap_or_default().to_owned(),
        body: request.body(),
    }
}
