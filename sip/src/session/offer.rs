//! Offers within a dialog (RFC 3264, RFC 6337): theirs and ours, in whatever message they come, and when both cross.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::established::Unacknowledged;
use super::link::{Link, Pending};
use super::{Base, SDP, sdp, timer};
use crate::core::{Core, Received, Reply};
use crate::endpoint::Event;
use crate::flow::Source;
use crate::header::RAck;
use crate::message::Message;
use crate::method::Method;
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, ServerId};

/// How often an offer of ours that crosses one of theirs, or asks for too small a session interval, is tried again.
const MAX_AGAIN: u32 = 5;
/// How long an offer waits that is made again only when somebody says so.
const UNTIL_TOLD: Duration = Duration::from_secs(24 * 60 * 60);

/// An offer of the other side that waits for its answer: where it came, and so where the answer goes.
#[derive(Debug)]
pub(super) enum Offered {
    /// In a re-INVITE, an UPDATE or a PRACK: the 2xx has the answer. A re-INVITE without offer wants ours in it.
    Request { received: Received, wants_offer: bool },
    /// In a reliable provisional response: the PRACK has the answer.
    Provisional(RAck),
    /// In the 2xx to an INVITE of ours that had none: the ACK has the answer.
    Answer { transaction: ClientId, invite: Message, cseq: u32 },
}

/// An offer of ours that waits for its answer, or a refresh of the session that is done in the same way.
#[derive(Debug)]
pub(super) struct Offering {
    pending: Pending,
    /// Nobody asked for it, so nobody hears of it.
    refresh: bool,
    tries: u32,
    /// Set while it waits to be tried again.
    again_at: Option<Instant>,
}

/// An offer of ours that failed for good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed {
    pub(super) status: u16,
    /// The other side did not object to what it says: it may be refreshed again.
    pub(super) refresh: bool,
}

impl Offered {
    /// Whether it came in this request.
    pub(super) fn is(&self, server: ServerId) -> bool {
        matches!(self, Offered::Request { received, .. } if received.server == server)
    }

    /// Whether it came in a request: one in a response cannot be refused.
    pub(super) fn can_be_refused(&self) -> bool {
        matches!(self, Offered::Request { .. })
    }

    /// Whether it came in the 2xx to this INVITE.
    pub(super) fn is_answer_to(&self, invite: ClientId) -> bool {
        matches!(self, Offered::Answer { transaction, .. } if *transaction == invite)
    }
}

impl Offering {
    pub(super) fn is(&self, transaction: ClientId) -> bool {
        self.again_at.is_none() && self.pending.transaction == transaction
    }

    pub(super) fn transaction(&self) -> ClientId {
        self.pending.transaction
    }

    pub(super) fn again_at(&self) -> Option<Instant> {
        self.again_at
    }
}

impl Link {
    /// Answers an offer of the other side; with an offer where it wanted one. Gives the 2xx to repeat where it came
    /// in a re-INVITE.
    pub(super) fn answer(
        &mut self,
        base: &mut Base,
        description: Bytes,
        core: &mut Core,
        now: Instant,
    ) -> Option<Unacknowledged> {
        let offered = self.offered.take()?;
        self.described = description.clone();
        match *offered {
            Offered::Request { received, wants_offer } => {
                let method = received.message.method();
                let is_invite = method == Some(Method::Invite);
                let headers = match method {
                    Some(Method::Invite | Method::Update) => self.grant(&received.message, base, core, now),
                    _ => Vec::new(),
                };
                let contact = self.dialog.contact().clone();
                // A PRACK refreshes no target (RFC 3262 4).
                let contact = (method != Some(Method::Prack)).then_some(&*contact);
                let body = Some((SDP, &*description));
                let reply = Reply { status: 200, contact, headers: &headers, body, ..Reply::default() };
                let sent = core.respond(&received, reply, now).filter(|_| is_invite)?;
                let cseq = received.message.cseq().map(|cseq| cseq.number).unwrap_or_default();
                Some(Unacknowledged::start(base.id, cseq, sent, false, wants_offer, core, now))
            }
            Offered::Provisional(rack) => {
                self.negotiated = true;
                self.prack(base, &rack, Some(description), core, now);
                None
            }
            Offered::Answer { transaction, invite, cseq } => {
                self.negotiated = true;
                self.acknowledge(transaction, &invite, cseq, Some(description), core);
                None
            }
        }
    }

    /// Refuses what the other side offered, if anything. An offer in a 2xx cannot be refused: it is acknowledged,
    /// and the session has to end; the same is so for one in a provisional response, which is left unacknowledged.
    pub(super) fn refuse_offered(&mut self, status: u16, core: &mut Core, now: Instant) {
        let Some(offered) = self.offered.take() else { return };
        match *offered {
            Offered::Request { received, .. } => core.refuse(&received, status, None, now),
            Offered::Provisional(_) => {}
            Offered::Answer { transaction, invite, cseq } => {
                self.acknowledge(transaction, &invite, cseq, None, core);
            }
        }
    }

    /// Sends the ACK of a 2xx.
    pub(super) fn acknowledge(
        &self,
        transaction: ClientId,
        invite: &Message,
        cseq: u32,
        answer: Option<Bytes>,
        core: &mut Core,
    ) {
        let mut ack = self.dialog.ack(cseq);
        ack.body = answer.map(|answer| (SDP.into(), answer));
        core.acknowledge(transaction, invite, self.dialog.remote_tag(), &ack);
    }

    /// Whether nothing is open that an offer would cross.
    pub(super) fn is_free(&self) -> bool {
        self.offered.is_none() && self.offering.is_none()
    }

    /// Sends an offer, or a refresh: a re-INVITE without description wants theirs.
    pub(super) fn offer(
        &mut self,
        base: &mut Base,
        method: Method,
        description: Bytes,
        refresh: bool,
        core: &mut Core,
        now: Instant,
    ) {
        let body = (!description.is_empty()).then(|| (SDP.into(), description.clone()));
        if !description.is_empty() {
            self.described = description;
        }
        let mut request = self.dialog.request(method, body);
        request.headers = self.timer_headers(core);
        let transaction = base.send(&request, core, now);
        let pending = Pending { request, transaction };
        self.offering = Some(Box::new(Offering { pending, refresh, tries: 0, again_at: None }));
    }

    /// An UPDATE of the other side (RFC 3311 5.2); `crossing` is why an offer in it cannot be taken now.
    pub(super) fn on_update(
        &mut self,
        base: &Base,
        received: Received,
        crossing: Option<u16>,
        core: &mut Core,
        now: Instant,
    ) {
        if self.refuse_interval(&received, core, now) {
            return;
        }
        self.hear(&received.message);
        if sdp(&received.message).is_none() {
            // Refreshes the remote target and the session, and nothing else.
            self.dialog.refresh(&received.message, &received.source);
            let headers = self.grant(&received.message, base, core, now);
            let contact = self.dialog.contact().clone();
            let reply = Reply { status: 200, contact: Some(&contact), headers: &headers, ..Reply::default() };
            core.respond(&received, reply, now);
            return;
        }
        match crossing {
            Some(status) => refuse_crossing(&received, status, core, now),
            None => self.take_offer(base, received, core),
        }
    }

    /// Refuses a request that asks for too small a session interval (RFC 4028 9).
    pub(super) fn refuse_interval(&self, received: &Received, core: &mut Core, now: Instant) -> bool {
        let Some(headers) = timer::too_small(&received.message, core) else { return false };
        core.respond(received, Reply { status: 422, headers: &headers, ..Reply::default() }, now);
        true
    }

    /// Reports the offer in a request, or that it wants one.
    pub(super) fn take_offer(&mut self, base: &Base, received: Received, core: &mut Core) {
        if received.message.method() != Some(Method::Prack) {
            self.dialog.refresh(&received.message, &received.source);
        }
        let offer = sdp(&received.message);
        self.offered = Some(Box::new(Offered::Request { received, wants_offer: offer.is_none() }));
        base.event(core, Event::Offer { session: base.session(), sdp: offer, fork: self.fork });
    }

    /// A final response to our re-INVITE or UPDATE. Gives a failure for good.
    pub(super) fn on_offer_response(
        &mut self,
        base: &mut Base,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) -> Option<Failed> {
        let status = response.status()?;
        self.hear(response);
        if status < 300 {
            self.offer_answered(base, response, source, core, now);
            return None;
        }
        let offering = self.offering.as_mut()?;
        if offering.pending.challenged(base, &mut self.dialog, response, core, now) {
            return None;
        }
        let tries_left = offering.tries < MAX_AGAIN && !base.silent;
        offering.tries += 1;
        match status {
            // RFC 4028 7.3.
            422 if tries_left => {
                self.timer.raise(response);
                offering.pending.request.headers = self.timer.headers(core);
                offering.pending.send_again(base, &mut self.dialog, core, now);
                None
            }
            // RFC 3261 14.1, RFC 3311 5.3: who made the Call-ID waits longer, so that both do not cross again.
            491 if tries_left => {
                let (low, high) = if self.dialog.is_caller() { (2100, 4000) } else { (0, 2000) };
                let wait = match core.offers_again {
                    true => core.between(Duration::from_millis(low), Duration::from_millis(high)),
                    false => UNTIL_TOLD,
                };
                offering.again_at = Some(now + wait);
                core.set_timer(now + wait, Timer::OfferAgain, base.id);
                None
            }
            _ => {
                let refresh = self.offering.take().is_some_and(|offering| offering.refresh);
                Some(Failed { status, refresh })
            }
        }
    }

    /// A 2xx to our re-INVITE or UPDATE.
    fn offer_answered(&mut self, base: &Base, response: &Message, source: &Source, core: &mut Core, now: Instant) {
        let Some(offering) = self.offering.take() else { return };
        let Offering { pending: Pending { request, transaction }, refresh, .. } = *offering;
        self.dialog.refresh(response, source);
        if !self.early {
            self.timer.granted(response, base.id, core, now);
        }
        let description = sdp(response);
        let invite = core.transactions.invite(transaction).filter(|_| request.method == Method::Invite);
        if let Some(invite) = invite {
            if request.body.is_none() && description.is_some() && !base.silent {
                let cseq = request.cseq;
                self.offered = Some(Box::new(Offered::Answer { transaction, invite, cseq }));
                let (session, fork) = (base.session(), self.fork);
                return base.event(core, Event::Offer { session, sdp: description, fork });
            }
            self.acknowledge(transaction, &invite, request.cseq, None, core);
        }
        if !refresh {
            base.event(core, Event::OfferAnswered { session: base.session(), sdp: description, fork: self.fork });
        }
    }

    /// The offer that was refused with 491, once more; unless `crossed` by another that is open. Gives a failure
    /// for good.
    pub(super) fn offer_again(
        &mut self,
        base: &mut Base,
        crossed: bool,
        core: &mut Core,
        now: Instant,
    ) -> Option<Failed> {
        let offering = self.offering.as_mut()?;
        if crossed || self.offered.is_some() {
            let refresh = offering.refresh;
            self.offering = None;
            return Some(Failed { status: 491, refresh });
        }
        offering.again_at = None;
        offering.pending.send_again(base, &mut self.dialog, core, now);
        None
    }

    /// Tells that an offer failed.
    pub(super) fn offer_failed(&self, base: &Base, failed: Failed, core: &mut Core) {
        if !failed.refresh {
            let (session, status, fork) = (base.session(), failed.status, self.fork);
            base.event(core, Event::OfferRejected { session, status, fork });
        }
    }
}

/// Refuses an offer that crosses another.
pub(super) fn refuse_crossing(received: &Received, status: u16, core: &mut Core, now: Instant) {
    let later = core.retry_after();
    let headers: &[_] = if status == 500 { &later } else { &[] };
    core.respond(received, Reply { status, headers, ..Reply::default() }, now);
}
