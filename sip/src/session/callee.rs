//! Being called: an INVITE that waits for its answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::established::{Established, Unacknowledged};
use super::link::Link;
use super::reliable::Reliable;
use super::{Base, Next, SDP, Session, Stage, sdp};
use crate::auth::Auth;
use crate::core::{Core, Received, Reply};
use crate::dialog::Dialog;
use crate::endpoint::Event;
use crate::error::ParseError;
use crate::flow::Source;
use crate::header::Name;
use crate::message::Message;
use crate::method::Method;
use crate::request::ALLOW;
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, Failure, ServerId};

/// An INVITE received has no final response.
#[derive(Debug)]
pub(crate) struct Ringing {
    pub(super) invite: Received,
    pub(super) link: Link,
    pub(super) reliable: Option<Box<Reliable>>,
    /// The description for the 200, while that must not be sent yet.
    pub(super) answer: Option<Bytes>,
    /// Header fields of every response other than 100 and refusals.
    pub(super) headers: Vec<(Name, String)>,
}

impl Session {
    /// For an INVITE that begins something; `contact` is ours in what answers it.
    pub(crate) fn ring(id: u64, invite: Received, contact: Arc<str>, core: &mut Core) -> Result<Session, ParseError> {
        let tag = core.tag(id);
        let dialog = Dialog::callee(&invite.message, &invite.source, &tag, contact)?;
        let link = Link::new(dialog, &invite.message, 0, Bytes::new());
        let ringing = Ringing { invite, link, reliable: None, answer: None, headers: Vec::new() };
        Ok(Session::new(id, tag, Auth::new(None), Stage::Ringing(Box::new(ringing))))
    }

    /// Sends a provisional response.
    pub(crate) fn provisional(&mut self, status: u16, sdp: Option<Bytes>, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        if let Stage::Ringing(ringing) = stage
            && ringing.answer.is_none()
            && (101..=199).contains(&status)
        {
            ringing.provisional(base, status, sdp, core, now);
        }
    }

    /// Sets what responses say beside what they must, from now on.
    pub(crate) fn set_headers(&mut self, headers: Vec<(Name, String)>) {
        if let Stage::Ringing(ringing) = &mut self.stage {
            ringing.headers = headers;
        }
    }

    /// Answers with 200, as soon as that is allowed.
    pub(crate) fn answer(&mut self, description: Bytes, core: &mut Core, now: Instant) {
        let Stage::Ringing(ringing) = &mut self.stage else { return };
        ringing.answer.get_or_insert(description);
        self.answer_if_due(core, now);
    }

    /// Sends the 200 where one is to be sent, unless a PRACK, or our answer to an offer, has to come before.
    pub(super) fn answer_if_due(&mut self, core: &mut Core, now: Instant) {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let (description, ringing) = match stage {
            Stage::Ringing(mut ringing) if !ringing.must_wait() => match ringing.answer.take() {
                Some(description) => (description, ringing),
                None => {
                    self.stage = Stage::Ringing(ringing);
                    return;
                }
            },
            stage => {
                self.stage = stage;
                return;
            }
        };
        let we_offer = !ringing.link.negotiated && !ringing.has_offer();
        let Ringing { invite, mut link, reliable, headers: mut further, .. } = *ringing;
        link.early = false;
        let (id, tag) = (self.base.id, Some(&*self.base.tag));
        let mut headers = link.timer.grant(&invite.message, id, core, now);
        headers.append(&mut further);
        // A reliable provisional response has said it already (RFC 6337 3.1).
        let body = (!link.negotiated).then_some((SDP, &*description));
        let contact = link.dialog.contact().clone();
        let reply = Reply { status: 200, tag, contact: Some(&contact), headers: &headers, body, ..Reply::default() };
        let sent = core.respond(&invite, reply, now);
        if !link.negotiated {
            link.described = description;
        }
        link.negotiated = true;
        let mut established = Established::new(link, None);
        established.rack = reliable.and_then(|reliable| reliable.into_rack()).map(Box::new);
        if let Some(sent) = sent {
            let cseq = invite.message.cseq().map(|cseq| cseq.number).unwrap_or_default();
            established.await_ack(Unacknowledged::start(id, cseq, sent, true, we_offer, core, now));
        }
        self.enter(Some(Stage::Established(Box::new(established))));
    }

    /// Refuses. Nothing is reported from here on.
    pub(crate) fn reject(
        &mut self,
        status: u16,
        reason: Option<&str>,
        headers: &[(Name, String)],
        core: &mut Core,
        now: Instant,
    ) {
        if let Stage::Ringing(ringing) = &mut self.stage {
            self.base.silent = true;
            let status = if (300..=699).contains(&status) { status } else { 500 };
            let next = ringing.refuse(&self.base, status, reason, headers, core, now);
            self.enter(next);
        }
    }
}

impl Ringing {
    pub(super) fn is(&self, server: ServerId) -> bool {
        self.invite.server == server
    }

    /// Whether the INVITE has an offer.
    pub(super) fn has_offer(&self) -> bool {
        sdp(&self.invite.message).is_some()
    }

    /// Whether the 200 must not be sent yet.
    fn must_wait(&self) -> bool {
        self.link.offered.is_some() || self.reliable.as_ref().is_some_and(|reliable| reliable.holds_answer())
    }

    /// When an offer of ours is to be made again.
    pub(super) fn offers_again_at(&self) -> Option<Instant> {
        self.link.offering.as_ref().and_then(|offering| offering.again_at())
    }

    pub(super) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match timer {
            Timer::OfferAgain => self.offers_again_at() == Some(at),
            Timer::ProvisionalRetransmit | Timer::PrackMissing => {
                self.reliable.as_ref().is_some_and(|reliable| reliable.awaits(timer, at))
            }
            _ => false,
        }
    }

    pub(super) fn on_timer(&mut self, base: &mut Base, timer: Timer, core: &mut Core, now: Instant) -> Next {
        match timer {
            Timer::ProvisionalRetransmit => self.repeat(base, core, now),
            Timer::PrackMissing => return self.on_prack_missing(base, core, now),
            Timer::OfferAgain => {
                if let Some(failed) = self.link.offer_again(base, false, core, now) {
                    self.link.offer_failed(base, failed, core);
                }
            }
            _ => {}
        }
        None
    }

    pub(super) fn refuse(
        &mut self,
        base: &Base,
        status: u16,
        reason: Option<&str>,
        headers: &[(Name, String)],
        core: &mut Core,
        now: Instant,
    ) -> Next {
        self.link.refuse_offered(487, core, now);
        let reply = Reply { status, reason, tag: Some(&base.tag), headers, ..Reply::default() };
        core.respond(&self.invite, reply, now);
        Some(Stage::Over)
    }

    /// The caller gave up by `request`: CANCEL, or BYE.
    pub(super) fn on_cancel(&mut self, base: &mut Base, request: &Message, core: &mut Core, now: Instant) -> Next {
        self.link.refuse_offered(487, core, now);
        core.refuse(&self.invite, 487, Some(&base.tag), now);
        let reason = request.header(Name::Reason).map(str::to_owned);
        base.last_event(core, Event::Cancelled { session: base.session(), reason });
        Some(Stage::Over)
    }

    /// Requests within the early dialog.
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
        let in_order = received.message.cseq().is_ok_and(|cseq| self.link.dialog.advance(cseq.number));
        if !in_order {
            core.refuse(&received, 500, None, now);
            return None;
        }
        let allow = [(Name::Allow, ALLOW.to_owned())];
        match method {
            // The caller may end an early dialog this way too (RFC 3261 15).
            Method::Bye => {
                core.refuse(&received, 200, None, now);
                return self.on_cancel(base, &received.message, core, now);
            }
            Method::Prack => self.on_prack(base, received, core, now),
            Method::Update => {
                let crossing = self.crossing();
                self.link.on_update(base, received, crossing, core, now);
            }
            // RFC 3261 14.2: its first INVITE has no answer yet. A transfer has to wait as well.
            Method::Invite | Method::Refer => {
                let later = core.retry_after();
                core.respond(&received, Reply { status: 500, headers: &later, ..Reply::default() }, now);
            }
            Method::Info => {
                core.refuse(&received, 200, None, now);
                base.event(core, super::established::info(base, &received.message));
            }
            Method::Options => {
                core.respond(&received, Reply { status: 200, headers: &allow, ..Reply::default() }, now);
            }
            Method::Notify => core.refuse(&received, 481, None, now),
            _ => {
                core.respond(&received, Reply { status: 405, headers: &allow, ..Reply::default() }, now);
            }
        }
        None
    }

    /// A response to an UPDATE of ours.
    pub(super) fn on_response(
        &mut self,
        base: &mut Base,
        transaction: ClientId,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) {
        let ours = self.link.offering.as_ref().is_some_and(|offering| offering.is(transaction));
        if ours
            && response.status().is_some_and(|status| status >= 200)
            && let Some(failed) = self.link.on_offer_response(base, response, source, core, now)
        {
            self.link.offer_failed(base, failed, core);
        }
    }

    /// An UPDATE of ours failed. The caller ends what is left, or nothing is.
    pub(super) fn on_failure(&mut self, base: &Base, failure: Failure, core: &mut Core) {
        if self.link.offering.take_if(|offering| offering.is(failure.transaction)).is_some() {
            let (session, status) = (base.session(), failure.status);
            base.event(core, Event::OfferRejected { session, status, fork: 0 });
        }
    }

    /// Why an offer in an UPDATE cannot be taken now (RFC 3311 5.2).
    fn crossing(&self) -> Option<u16> {
        let our_offer_is_out = self.link.offering.as_ref().is_some_and(|offering| offering.again_at().is_none())
            || !self.has_offer() && self.reliable.as_ref().is_some_and(|reliable| reliable.holds_answer());
        if self.link.offered.is_some() {
            return Some(500);
        }
        if our_offer_is_out {
            return Some(491);
        }
        // Its first offer has no answer yet.
        (!self.link.negotiated).then_some(500)
    }
}
