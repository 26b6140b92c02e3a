//! Provisional responses of ours that the caller acknowledges (RFC 3262 3).

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::callee::Ringing;
use super::{Base, Next, SDP, Stage, sdp};
use crate::core::{Core, Received, Reply};
use crate::endpoint::{EndReason, Event};
use crate::extension::{self, RELIABLE};
use crate::flow::Transmit;
use crate::header::{Name, RAck};
use crate::message::Message;
use crate::transaction::timer::{Backoff, PATIENCE, Timer};

/// Responses that wait until the one before is acknowledged; further ones are not sent.
const MAX_QUEUE: usize = 8;

/// Reliable provisional responses of one INVITE.
#[derive(Debug)]
pub(super) struct Reliable {
    /// The number of the last one.
    rseq: u32,
    waiting: Option<Waiting>,
    queue: VecDeque<(u16, Option<Bytes>)>,
}

/// A response without PRACK.
#[derive(Debug)]
struct Waiting {
    sent: Transmit,
    rack: RAck,
    backoff: Backoff,
    resend_at: Instant,
    give_up_at: Instant,
    has_sdp: bool,
}

impl Reliable {
    /// What a PRACK may still acknowledge after the final response.
    pub(super) fn into_rack(self) -> Option<RAck> {
        self.waiting.map(|waiting| waiting.rack)
    }

    /// Whether a description waits for its PRACK: until then no 2xx may be sent (RFC 3262 3).
    pub(super) fn holds_answer(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.has_sdp)
    }

    pub(super) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| match timer {
            Timer::ProvisionalRetransmit => waiting.resend_at == at,
            _ => waiting.give_up_at == at,
        })
    }
}

/// What a PRACK acknowledges; None where that cannot be read.
pub(super) fn rack(prack: &Message) -> Option<RAck> {
    RAck::parse(prack.header(Name::RAck)?).ok()
}

impl Ringing {
    /// Sends a provisional response: reliably where the caller requires that, or understands it and there is a
    /// description in it.
    pub(super) fn provisional(
        &mut self,
        base: &Base,
        status: u16,
        description: Option<Bytes>,
        core: &mut Core,
        now: Instant,
    ) {
        let invite = &self.invite.message;
        let reliably =
            extension::requires(invite, RELIABLE) || description.is_some() && extension::understands(invite, RELIABLE);
        if !reliably {
            // What is not reliable can have no offer (RFC 3261 13.2.1), and nothing once there is an answer.
            let described = description.filter(|_| self.has_offer() && !self.link.negotiated);
            let body = described.as_deref().map(|described| (SDP, described));
            let (tag, contact) = (Some(&*base.tag), Some(&**self.link.dialog.contact()));
            core.respond(
                &self.invite,
                Reply { status, tag, contact, headers: &self.headers, body, ..Reply::default() },
                now,
            );
            return;
        }
        match &mut self.reliable {
            Some(reliable) if reliable.waiting.is_some() => {
                if reliable.queue.len() < MAX_QUEUE {
                    reliable.queue.push_back((status, description));
                }
            }
            _ => self.send_reliably(base, status, description, core, now),
        }
    }

    fn send_reliably(&mut self, base: &Base, status: u16, description: Option<Bytes>, core: &mut Core, now: Instant) {
        let description = description.filter(|_| !self.link.negotiated);
        let rseq = match &self.reliable {
            Some(reliable) => reliable.rseq.wrapping_add(1),
            // RFC 3262 3: below 2^31, so that counting does not wrap.
            None => (core.random() as u32 >> 2) + 1,
        };
        let mut headers = vec![(Name::Require, RELIABLE.to_owned()), (Name::RSeq, rseq.to_string())];
        headers.extend_from_slice(&self.headers);
        let body = description.as_deref().map(|described| (SDP, described));
        let (tag, contact) = (Some(&*base.tag), Some(&**self.link.dialog.contact()));
        let reply = Reply { status, tag, contact, headers: &headers, body, ..Reply::default() };
        let sent = core.respond(&self.invite, reply, now);
        let (Some(sent), Ok(cseq)) = (sent, self.invite.message.cseq()) else { return };
        let has_sdp = description.is_some();
        if let Some(description) = description {
            self.link.described = description;
        }
        let mut backoff = Backoff::new(PATIENCE);
        let (resend_at, give_up_at) = (now + backoff.step(), now + PATIENCE);
        core.set_timer(resend_at, Timer::ProvisionalRetransmit, base.id);
        core.set_timer(give_up_at, Timer::PrackMissing, base.id);
        let rack = RAck { rseq, cseq };
        let waiting = Some(Waiting { sent, rack, backoff, resend_at, give_up_at, has_sdp });
        let queue = self.reliable.take().map(|reliable| reliable.queue).unwrap_or_default();
        self.reliable = Some(Box::new(Reliable { rseq, waiting, queue }));
    }

    /// A PRACK (RFC 3262 3): its description is the answer to our offer, or an offer once there was an answer.
    pub(super) fn on_prack(&mut self, base: &Base, received: Received, core: &mut Core, now: Instant) {
        let acknowledged = rack(&received.message);
        let reliable = self.reliable.as_mut();
        let waiting = reliable
            .and_then(|reliable| reliable.waiting.take_if(|waiting| acknowledged.as_ref() == Some(&waiting.rack)));
        let Some(waiting) = waiting else { return core.refuse(&received, 481, None, now) };
        let description = sdp(&received.message);
        let we_offered = waiting.has_sdp && !self.has_offer() && !self.link.negotiated;
        self.link.negotiated |= waiting.has_sdp;
        if we_offered {
            core.refuse(&received, 200, None, now);
            let (session, fork) = (base.session(), self.link.fork);
            base.event(core, Event::OfferAnswered { session, sdp: description, fork });
        } else if description.is_none() {
            core.refuse(&received, 200, None, now);
        } else if !self.link.negotiated || !self.link.is_free() {
            // An offer while another has no answer (RFC 6337 3.2); the response itself is acknowledged.
            core.refuse(&received, 488, None, now);
        } else {
            self.link.take_offer(base, received, core);
        }
        let next = self.reliable.as_mut().and_then(|reliable| reliable.queue.pop_front());
        if let (Some((status, description)), None) = (next, &self.answer) {
            self.send_reliably(base, status, description, core, now);
        }
    }

    /// The last reliable response once more.
    pub(super) fn repeat(&mut self, base: &Base, core: &mut Core, now: Instant) {
        if let Some(waiting) = self.reliable.as_mut().and_then(|reliable| reliable.waiting.as_mut()) {
            core.transactions.io.transmit(waiting.sent.clone());
            waiting.resend_at = now + waiting.backoff.step();
            core.set_timer(waiting.resend_at, Timer::ProvisionalRetransmit, base.id);
        }
    }

    /// No PRACK came: the INVITE is refused (RFC 3262 3).
    pub(super) fn on_prack_missing(&mut self, base: &mut Base, core: &mut Core, now: Instant) -> Next {
        self.link.refuse_offered(504, core, now);
        self.refuse(base, 504, None, &[], core, now);
        base.last_event(core, Event::Ended { session: base.session(), why: EndReason::NoPrack });
        Some(Stage::Over)
    }
}
