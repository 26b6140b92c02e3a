//! A call that was answered: ACK, BYE, offers, and the order of it all.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::link::{Link, Pending};
use super::offer::{Failed, refuse_crossing};
use super::refer::Refers;
use super::timer::Due;
use super::{Base, Next, SDP, Stage, Use, reason_header, reliable, sdp};
use crate::core::{Core, Received, Reply};
use crate::endpoint::{EndReason, Event};
use crate::flow::{Source, Transmit};
use crate::header::{Name, RAck};
use crate::message::Message;
use crate::method::Method;
use crate::request::ALLOW;
use crate::transaction::timer::{Backoff, PATIENCE, T2, Timer};
use crate::transaction::{ClientId, Failure, ServerId, write};

/// A 2xx was sent or received.
#[derive(Debug)]
pub(crate) struct Established {
    pub(super) link: Link,
    /// Our INVITE, whose further 2xx are surplus.
    invite: Option<ClientId>,
    /// The 2xx of ours that is repeated until its ACK comes.
    pub(super) unacknowledged: Option<Unacknowledged>,
    /// A reliable provisional response of ours that the 2xx overtook: its PRACK may still come (RFC 3262 3).
    pub(super) rack: Option<Box<RAck>>,
    /// Transfers.
    pub(super) refers: Option<Box<Refers>>,
    ending: Option<Ending>,
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
    pub(super) fn new(link: Link, invite: Option<ClientId>) -> Established {
        Established { link, invite, unacknowledged: None, rack: None, refers: None, ending: None }
    }

    pub(super) fn await_ack(&mut self, waiting: Unacknowledged) {
        self.unacknowledged = Some(waiting);
    }

    pub(super) fn on_ack(&mut self, base: &mut Base, ack: &Message, core: &mut Core, now: Instant) -> Next {
        let cseq = ack.cseq().ok()?.number;
        if !self.link.dialog.matches(ack) {
            return None;
        }
        let acknowledged = self.unacknowledged.take_if(|waiting| waiting.cseq == cseq)?;
        let (session, answer) = (base.session(), sdp(ack));
        if acknowledged.first {
            base.event(core, Event::Confirmed { session, sdp: answer });
        } else if acknowledged.we_offered {
            base.event(core, Event::OfferAnswered { session, sdp: answer, fork: self.link.fork });
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
        if !self.link.dialog.matches(&received.message) {
            core.refuse(&received, 481, None, now);
            return None;
        }
        let cseq = received.message.cseq().map(|cseq| cseq.number).unwrap_or_default();
        if !self.link.dialog.advance(cseq) {
            core.refuse(&received, 500, None, now);
            return None;
        }
        let allow = [(Name::Allow, ALLOW.to_owned())];
        match method {
            Method::Bye => {
                core.refuse(&received, 200, None, now);
                self.refuse_open(487, core, now);
                let reason = received.message.header(Name::Reason).map(str::to_owned);
                let why = EndReason::RemoteBye { reason };
                base.last_event(core, Event::Ended { session: base.session(), why });
                return self.over(core, now);
            }
            // Nothing new begins in a session that we are ending.
            Method::Invite | Method::Update | Method::Refer if self.ending.is_some() => {
                core.refuse(&received, 481, None, now);
            }
            Method::Invite => self.on_reinvite(base, received, core, now),
            Method::Update => {
                let crossing = self.crossing();
                self.link.on_update(base, received, crossing, core, now);
            }
            Method::Refer => self.on_refer(base, received, core, now),
            Method::Notify => self.on_notify(base, &received, core, now),
            Method::Prack => {
                let rack = reliable::rack(&received.message);
                let known = self.rack.take_if(|open| rack.as_ref() == Some(open)).is_some();
                core.refuse(&received, if known { 200 } else { 481 }, None, now);
            }
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
            // Another callee's; ours comes again while its ACK waits for an answer.
            let surplus = status < 300 && *write::to_tag(response) != *self.link.dialog.remote_tag();
            return (if surplus { Use::Surplus } else { Use::Taken }, None);
        }
        if let Some(Ending::Bye(bye)) = self.ending.as_mut().filter(|ending| ending.is(transaction)) {
            let again = bye.challenged(base, &mut self.link.dialog, response, core, now);
            return (Use::Taken, if again { None } else { self.over(core, now) });
        }
        if self.link.offering.as_ref().is_some_and(|offering| offering.is(transaction)) {
            let failed = self.link.on_offer_response(base, response, source, core, now);
            return (Use::Taken, failed.and_then(|failed| self.offer_failed(base, failed, core, now)));
        }
        if let Some(lost) = self.on_refer_response(base, transaction, response, core, now) {
            return (Use::Taken, if lost { self.lost_if_gone(base, status, core, now) } else { None });
        }
        if self.link.offered.as_ref().is_some_and(|offered| offered.is_answer_to(transaction)) {
            return (Use::Taken, None);
        }
        let sent = self.link.on_sent_response(base, transaction, response, core, now);
        if sent == Some(Method::Info) {
            return (Use::Taken, self.lost_if_gone(base, status, core, now));
        }
        // A 2xx to a re-INVITE that a hang-up overtook.
        let surplus = status < 300 && is_invite(response);
        (if surplus { Use::Surplus } else { Use::Taken }, None)
    }

    /// Nothing is left to do, but a re-INVITE of ours may still wait for an answer that never comes.
    fn over(&self, core: &mut Core, now: Instant) -> Next {
        if let Some(offering) = &self.link.offering {
            core.transactions.leave(offering.transaction(), now);
        }
        Some(Stage::Over)
    }

    pub(super) fn on_failure(&mut self, base: &mut Base, failure: Failure, core: &mut Core, now: Instant) -> Next {
        let Failure { transaction, status, .. } = failure;
        if self.ending.as_ref().is_some_and(|ending| ending.is(transaction)) {
            return self.over(core, now);
        }
        if self.on_refer_failure(base, &failure, core, now) {
            return None;
        }
        let offering = self.link.offering.take_if(|offering| offering.is(transaction)).is_some();
        let sent = self.link.on_sent_failure(&failure);
        if !offering && sent != Some(Method::Info) {
            return None;
        }
        if status == 503 {
            return self.lost(base, EndReason::TransportLost, core, now);
        }
        self.lost(base, EndReason::SessionLost(status), core, now)
    }

    /// When an offer of ours is to be made again.
    pub(super) fn offers_again_at(&self) -> Option<Instant> {
        self.link.offering.as_ref().and_then(|offering| offering.again_at())
    }

    pub(super) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match timer {
            Timer::AnswerRetransmit => self.unacknowledged.as_ref().is_some_and(|waiting| waiting.resend_at == at),
            Timer::AckMissing => self.unacknowledged.as_ref().is_some_and(|waiting| waiting.give_up_at == at),
            Timer::OfferAgain => self.offers_again_at() == Some(at),
            Timer::SessionInterval => self.link.timer.awaits(at),
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
                let crossed = self.is_ending() || self.unacknowledged.is_some();
                let failed = self.link.offer_again(base, crossed, core, now);
                failed.and_then(|failed| self.offer_failed(base, failed, core, now))
            }
            Timer::SessionInterval => {
                match self.link.timer.step(base.id, core, now) {
                    Due::Nothing => {}
                    Due::Refresh => self.refresh(base, core, now),
                    Due::End => return self.lost(base, EndReason::SessionExpired, core, now),
                }
                None
            }
            _ => None,
        }
    }

    pub(super) fn hang_up(&mut self, base: &mut Base, reason: Option<String>, core: &mut Core, now: Instant) -> Next {
        if self.ending.is_none() {
            self.refuse_open(487, core, now);
            self.ending = Some(Ending::AfterAck { reason });
            self.bye_if_due(base, core, now);
        }
        None
    }

    /// A CANCEL for an INVITE within the session; one that was answered cannot be cancelled (RFC 3261 9.2).
    pub(super) fn on_cancel(&mut self, server: ServerId, core: &mut Core, now: Instant) {
        if self.link.offered.as_ref().is_some_and(|offered| offered.is(server)) {
            self.link.refuse_offered(487, core, now);
        }
    }

    /// Sends BYE.
    pub(super) fn bye(&mut self, base: &mut Base, reason: Option<String>, core: &mut Core, now: Instant) {
        let mut request = self.link.dialog.request(Method::Bye, None);
        request.headers = reason_header(reason);
        let transaction = base.send(&request, core, now);
        self.ending = Some(Ending::Bye(Box::new(Pending { request, transaction })));
    }

    /// Sends an INFO.
    pub(super) fn info(&mut self, base: &mut Base, content_type: &str, body: Bytes, core: &mut Core, now: Instant) {
        if self.ending.is_none() {
            self.link.send(base, Method::Info, Vec::new(), Some((content_type.into(), body)), core, now);
        }
    }

    /// Whether the session is on its way out.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether an offer of ours would cross something.
    pub(super) fn is_busy(&self) -> bool {
        !self.link.is_free() || self.unacknowledged.is_some()
    }

    /// How to refuse an offer that crosses another (RFC 3261 14.2, RFC 3311 5.2).
    fn crossing(&self) -> Option<u16> {
        if self.link.offered.is_some() {
            return Some(500);
        }
        let ours_is_out = self.link.offering.as_ref().is_some_and(|offering| offering.again_at().is_none())
            || self.unacknowledged.as_ref().is_some_and(|waiting| waiting.we_offered);
        ours_is_out.then_some(491)
    }

    fn on_reinvite(&mut self, base: &Base, received: Received, core: &mut Core, now: Instant) {
        if let Some(status) = self.crossing() {
            return refuse_crossing(&received, status, core, now);
        }
        if self.link.refuse_interval(&received, core, now) {
            return;
        }
        if received.message.has_unknown_body(SDP) {
            let accept = [(Name::Accept, SDP.to_owned())];
            core.respond(&received, Reply { status: 415, headers: &accept, ..Reply::default() }, now);
            return;
        }
        // Who sends a re-INVITE has our 2xx: its ACK was lost or comes later.
        let acknowledged = self.unacknowledged.take_if(|waiting| !waiting.we_offered);
        if acknowledged.is_some_and(|acknowledged| acknowledged.first) {
            base.event(core, Event::Confirmed { session: base.session(), sdp: None });
        }
        core.refuse(&received, 100, None, now);
        self.link.hear(&received.message);
        self.link.take_offer(base, received, core);
    }

    /// Tells the other side that we are still there (RFC 4028 7.4): by UPDATE where it takes that. What is open
    /// refreshes too; and where neither can be done, there is another try soon.
    fn refresh(&mut self, base: &mut Base, core: &mut Core, now: Instant) {
        if self.is_busy() || self.is_ending() {
            return;
        }
        if self.link.takes_update() {
            self.link.offer(base, Method::Update, Bytes::new(), true, core, now);
        } else if !self.link.described.is_empty() {
            let described = self.link.described.clone();
            self.link.offer(base, Method::Invite, described, true, core, now);
        }
    }

    fn offer_failed(&mut self, base: &mut Base, failed: Failed, core: &mut Core, now: Instant) -> Next {
        let next = self.lost_if_gone(base, failed.status, core, now);
        // Silent where the session itself was lost.
        self.link.offer_failed(base, failed, core);
        next
    }

    /// The dialog is gone for the other side when it says so, or says nothing (RFC 3261 12.2.1.2). Before the ACK it
    /// may not have our 2xx, and then knows of no dialog that could be gone.
    pub(super) fn lost_if_gone(&mut self, base: &mut Base, status: u16, core: &mut Core, now: Instant) -> Next {
        match status {
            408 | 481 if !self.awaits_first_ack() => self.lost(base, EndReason::SessionLost(status), core, now),
            _ => None,
        }
    }

    /// Ends what is broken, with a BYE in case the other side still has it, or gets it with our 2xx.
    fn lost(&mut self, base: &mut Base, why: EndReason, core: &mut Core, now: Instant) -> Next {
        self.refuse_open(487, core, now);
        base.last_event(core, Event::Ended { session: base.session(), why });
        self.ending.get_or_insert(Ending::AfterAck { reason: None });
        self.bye_if_due(base, core, now);
        None
    }

    fn awaits_first_ack(&self) -> bool {
        self.unacknowledged.as_ref().is_some_and(|waiting| waiting.first)
    }

    fn bye_if_due(&mut self, base: &mut Base, core: &mut Core, now: Instant) {
        if self.awaits_first_ack() {
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
