//! Offers within an established session (RFC 3261 14, RFC 3311, RFC 3264): theirs and ours, and when both cross.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::established::{Established, Pending, Unacknowledged};
use super::{Base, Next, SDP, Session, Stage, sdp};
use crate::core::{Core, Received, Reply};
use crate::endpoint::Event;
use crate::flow::Source;
use crate::message::Message;
use crate::method::Method;
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, ServerId};

/// How often an offer of ours that crosses one of theirs is tried again.
const MAX_GLARES: u32 = 5;

/// An offer of the other side that waits for its answer.
#[derive(Debug)]
pub(super) struct Offered {
    request: Received,
    is_invite: bool,
    /// A re-INVITE without offer: ours goes into the answer.
    wants_offer: bool,
}

/// An offer of ours that waits for its answer.
#[derive(Debug)]
pub(super) struct Offering {
    pending: Pending,
    glares: u32,
    /// Set while it waits to be tried again.
    again_at: Option<Instant>,
}

impl Offered {
    pub(super) fn is(&self, server: ServerId) -> bool {
        self.request.server == server
    }
}

impl Offering {
    pub(super) fn is(&self, transaction: ClientId) -> bool {
        self.again_at.is_none() && self.pending.transaction == transaction
    }

    pub(super) fn again_at(&self) -> Option<Instant> {
        self.again_at
    }
}

impl Session {
    /// Answers an offer of the other side; with an offer where it wanted one.
    pub(crate) fn answer_offer(&mut self, description: Bytes, core: &mut Core, now: Instant) {
        let Stage::Established(established) = &mut self.stage else { return };
        let Some(offered) = established.offered.take() else { return };
        let Offered { request, is_invite, wants_offer } = *offered;
        let contact = established.dialog.contact().clone();
        let body = Some((SDP, &*description));
        let reply = Reply { status: 200, contact: Some(&contact), body, ..Reply::default() };
        let sent = core.respond(&request, reply, now);
        if let (true, Some(sent)) = (is_invite, sent) {
            let cseq = request.message.cseq().map(|cseq| cseq.number).unwrap_or_default();
            let waiting = Unacknowledged::start(self.base.id, cseq, sent, false, wants_offer, core, now);
            established.await_ack(waiting);
        }
    }

    /// Refuses an offer of the other side.
    pub(crate) fn reject_offer(&mut self, status: u16, core: &mut Core, now: Instant) {
        if let Stage::Established(established) = &mut self.stage {
            let status = if (300..=699).contains(&status) { status } else { 488 };
            established.refuse_offered(status, core, now);
        }
    }

    /// Makes an offer.
    pub(crate) fn offer(&mut self, description: Bytes, core: &mut Core, now: Instant) {
        let Session { base, stage } = self;
        let Stage::Established(established) = stage else { return };
        if established.is_ending() {
            return;
        }
        let busy =
            established.offering.is_some() || established.offered.is_some() || established.unacknowledged.is_some();
        if busy {
            // What the other side would say; see `Event::OfferRejected`.
            base.event(core, Event::OfferRejected { session: base.session(), status: 491 });
            return;
        }
        let request = established.dialog.request(Method::Invite, Some((SDP.into(), description)));
        let transaction = base.send(&request, core, now);
        let pending = Pending { request, transaction };
        established.offering = Some(Box::new(Offering { pending, glares: 0, again_at: None }));
    }

    /// Sends an INFO, in a session that is established.
    pub(crate) fn info(&mut self, content_type: &str, body: Bytes, core: &mut Core, now: Instant) {
        if let Stage::Established(established) = &mut self.stage {
            established.info(&mut self.base, content_type, body, core, now);
        }
    }
}

impl Established {
    pub(super) fn on_reinvite(&mut self, base: &Base, received: Received, core: &mut Core, now: Instant) {
        if let Some(status) = self.crossing() {
            return self.refuse_crossing(&received, status, core, now);
        }
        // Who sends a re-INVITE has our 2xx: its ACK was lost or comes later.
        let acknowledged = self.unacknowledged.take_if(|waiting| !waiting.we_offered);
        if acknowledged.is_some_and(|acknowledged| acknowledged.is_first()) {
            base.event(core, Event::Confirmed { session: base.session(), sdp: None });
        }
        core.refuse(&received, 100, None, now);
        self.take_offer(base, received, true, core);
    }

    pub(super) fn on_update(&mut self, base: &Base, received: Received, core: &mut Core, now: Instant) {
        if sdp(&received.message).is_none() {
            // Refreshes the remote target and nothing else.
            self.dialog.refresh(&received.message, &received.source);
            let contact = self.dialog.contact().clone();
            core.respond(&received, Reply { status: 200, contact: Some(&contact), ..Reply::default() }, now);
            return;
        }
        if let Some(status) = self.crossing() {
            return self.refuse_crossing(&received, status, core, now);
        }
        self.take_offer(base, received, false, core);
    }

    /// Refuses what the other side offered, if anything.
    pub(super) fn refuse_offered(&mut self, status: u16, core: &mut Core, now: Instant) {
        if let Some(offered) = self.offered.take() {
            core.refuse(&offered.request, status, None, now);
        }
    }

    /// A final response to our re-INVITE.
    pub(super) fn on_offer_response(
        &mut self,
        base: &mut Base,
        status: u16,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) -> Next {
        let offering = self.offering.as_mut()?;
        let session = base.session();
        if status < 300 {
            let transaction = offering.pending.transaction;
            let cseq = offering.pending.request.cseq;
            self.offering = None;
            self.dialog.refresh(response, source);
            if let Some(request) = core.transactions.invite(transaction) {
                core.acknowledge(transaction, &request, self.dialog.remote_tag(), &self.dialog.ack(cseq));
            }
            base.event(core, Event::OfferAnswered { session, sdp: sdp(response) });
            return None;
        }
        if offering.pending.challenged(base, &mut self.dialog, response, core, now) {
            return None;
        }
        if status == 491 && offering.glares < MAX_GLARES && !base.silent {
            // RFC 3261 14.1: who made the Call-ID waits longer, so that both do not cross again.
            let (low, high) = if self.dialog.is_caller() { (2100, 4000) } else { (0, 2000) };
            let wait = core.between(Duration::from_millis(low), Duration::from_millis(high));
            offering.glares += 1;
            offering.again_at = Some(now + wait);
            core.set_timer(now + wait, Timer::OfferAgain, base.id);
            return None;
        }
        self.offering = None;
        let next = self.lost_if_gone(base, status, core, now);
        // Silent now where the session itself was lost.
        base.event(core, Event::OfferRejected { session, status });
        next
    }

    /// The offer that was refused with 491, once more; unless theirs still waits.
    pub(super) fn offer_again(&mut self, base: &mut Base, core: &mut Core, now: Instant) {
        let crossed = self.is_ending() || self.offered.is_some() || self.unacknowledged.is_some();
        let Some(offering) = self.offering.as_mut() else { return };
        if crossed {
            self.offering = None;
            base.event(core, Event::OfferRejected { session: base.session(), status: 491 });
            return;
        }
        offering.pending.request.cseq = self.dialog.next_cseq();
        offering.again_at = None;
        offering.pending.transaction = base.send(&offering.pending.request, core, now);
    }

    fn take_offer(&mut self, base: &Base, received: Received, is_invite: bool, core: &mut Core) {
        self.dialog.refresh(&received.message, &received.source);
        let offer = sdp(&received.message);
        self.offered = Some(Box::new(Offered { request: received, is_invite, wants_offer: offer.is_none() }));
        base.event(core, Event::Offer { session: base.session(), sdp: offer });
    }

    /// How to refuse an offer that crosses another (RFC 3261 14.2, RFC 3311 5.2).
    fn crossing(&self) -> Option<u16> {
        if self.offered.is_some() {
            return Some(500);
        }
        let ours_is_out = self.offering.as_ref().is_some_and(|offering| offering.again_at.is_none())
            || self.unacknowledged.as_ref().is_some_and(|waiting| waiting.we_offered);
        ours_is_out.then_some(491)
    }

    fn refuse_crossing(&self, received: &Received, status: u16, core: &mut Core, now: Instant) {
        let later = core.retry_after();
        let headers: &[_] = if status == 500 { &later } else { &[] };
        core.respond(received, Reply { status, headers, ..Reply::default() }, now);
    }
}
