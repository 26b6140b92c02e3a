//! The early dialogs of an INVITE of ours: one for each callee that a proxy reached with it (RFC 3261 12.1.2).

use std::time::Instant;

use bytes::Bytes;

use super::caller::Calling;
use super::link::Link;
use super::offer::Offered;
use super::{Base, Next, sdp};
use crate::core::{Core, Received, Reply};
use crate::dialog::Dialog;
use crate::endpoint::Event;
use crate::extension::{self, RELIABLE};
use crate::flow::Source;
use crate::header::{Name, RAck, rack};
use crate::message::Message;
use crate::method::Method;
use crate::request::ALLOW;
use crate::transaction::timer::Timer;
use crate::transaction::{ClientId, Failure, write};

/// Early dialogs told apart; further ones count as the last, and nothing is acknowledged in them.
const MAX_FORKS: usize = 32;

/// One callee.
#[derive(Debug)]
pub(super) struct Fork {
    /// Its To tag.
    pub(super) tag: Box<str>,
    /// The first response, which the dialog is made of once one is needed.
    first: (Message, Source),
    /// The dialog, where something happened in it.
    pub(super) early: Option<Box<Early>>,
}

/// An early dialog in which something happened.
#[derive(Debug)]
pub(super) struct Early {
    pub(super) link: Link,
    /// The number of the last reliable response taken.
    rseq: Option<u32>,
}

impl Calling {
    /// A provisional response other than 100.
    pub(super) fn progress(
        &mut self,
        base: &mut Base,
        status: u16,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) {
        let tag = write::to_tag(response);
        let fork = self.fork(&tag, response, source);
        let reliable = extension::requires(response, RELIABLE).then(|| response.header(Name::RSeq)).flatten();
        let session = base.session();
        let reason = response.reason().to_owned();
        let Some(rseq) = reliable else {
            // Not an offer, however it looks (RFC 3261 13.2.1), and not an answer once there was one.
            let negotiated = self.early(fork).is_some_and(|early| early.link.negotiated);
            let sdp = sdp(response).filter(|_| self.request.body.is_some() && !negotiated);
            return base
                .event(core, Event::Progress { session, status, reason, sdp, fork, response: response.clone() });
        };
        let known = self.forks.get(fork as usize).is_some_and(|known| *known.tag == *tag);
        let (Some(rseq), true) = (rack::number(rseq), known && !tag.is_empty()) else { return };
        let we_offered = self.request.body.is_some();
        let Ok(cseq) = response.cseq() else { return };
        let Some(early) = self.make_early(fork, core) else { return };
        let in_order = early.rseq.is_none_or(|last| last.checked_add(1) == Some(rseq));
        // Acknowledged already, too early (RFC 3262 4), or beyond what is kept: in these cases it comes again.
        let waits = matches!(early.link.offered.as_deref(), Some(Offered::Provisional(_)));
        if !in_order || waits || !early.link.can_send() {
            return;
        }
        early.rseq = Some(rseq);
        early.link.hear(response);
        let rack = RAck { rseq, cseq };
        let description = sdp(response).filter(|_| !early.link.negotiated);
        if description.is_some() && !we_offered {
            early.link.offered = Some(Box::new(Offered::Provisional(rack)));
            base.event(core, Event::Progress { session, status, reason, sdp: None, fork, response: response.clone() });
            base.event(core, Event::Offer { session, sdp: description, fork });
            return;
        }
        early.link.negotiated |= description.is_some();
        early.link.prack(base, &rack, None, core, now);
        base.event(
            core,
            Event::Progress { session, status, reason, sdp: description, fork, response: response.clone() },
        );
    }

    /// A response to a request within an early dialog.
    pub(super) fn on_early_response(
        &mut self,
        base: &mut Base,
        transaction: ClientId,
        response: &Message,
        source: &Source,
        core: &mut Core,
        now: Instant,
    ) {
        if response.status().is_none_or(|status| status < 200) {
            return;
        }
        for Early { link, .. } in self.earlies() {
            if link.offering.as_ref().is_some_and(|offering| offering.is(transaction)) {
                if let Some(failed) = link.on_offer_response(base, response, source, core, now) {
                    link.offer_failed(base, failed, core);
                }
                return;
            }
            link.on_sent_response(base, transaction, response, core, now);
        }
    }

    /// A request within an early dialog failed. The INVITE tells what becomes of the callee.
    pub(super) fn on_early_failure(&mut self, base: &Base, failure: &Failure, core: &mut Core) {
        for Early { link, .. } in self.earlies() {
            link.on_sent_failure(failure);
            if link.offering.take_if(|offering| offering.is(failure.transaction)).is_some() {
                let (session, status, fork) = (base.session(), failure.status, link.fork);
                base.event(core, Event::OfferRejected { session, status, fork });
            }
        }
    }

    /// Requests within early dialogs.
    pub(super) fn on_request(
        &mut self,
        base: &Base,
        received: Received,
        method: &Method,
        core: &mut Core,
        now: Instant,
    ) -> Next {
        let tag = received.message.from().ok().and_then(|from| from.tag().map(str::to_owned)).unwrap_or_default();
        let fork = self.forks.iter().position(|fork| *fork.tag == *tag).map(|index| index as u32);
        let same_call = received.message.call_id().is_ok_and(|call_id| call_id == &*self.request.call_id);
        let we_offered = self.request.body.is_some();
        let ending = self.is_ending();
        let early = fork.filter(|_| same_call).and_then(|fork| self.make_early(fork, core));
        let Some(Early { link, .. }) = early else {
            core.refuse(&received, 481, None, now);
            return None;
        };
        let in_order = received.message.cseq().is_ok_and(|cseq| link.dialog.advance(cseq.number));
        if !in_order {
            core.refuse(&received, 500, None, now);
            return None;
        }
        let allow = [(Name::Allow, ALLOW.to_owned())];
        match method {
            Method::Update if ending => core.refuse(&received, 481, None, now),
            Method::Update => {
                let our_offer_is_out = we_offered && !link.negotiated
                    || link.offering.as_ref().is_some_and(|offering| offering.again_at().is_none());
                // RFC 3311 5.2; without any offer so far, theirs has to come in a response.
                let crossing = match (our_offer_is_out, link.offered.is_some() || !link.negotiated) {
                    (true, _) => Some(491),
                    (false, true) => Some(500),
                    (false, false) => None,
                };
                link.on_update(base, received, crossing, core, now);
            }
            Method::Info => {
                core.refuse(&received, 200, None, now);
                base.event(core, super::established::info(base, &received.message));
            }
            Method::Options => {
                core.respond(&received, Reply { status: 200, headers: &allow, ..Reply::default() }, now);
            }
            // A callee ends an early dialog with its final response (RFC 3261 15); nothing else can be meant yet.
            Method::Bye | Method::Invite | Method::Prack | Method::Notify => core.refuse(&received, 481, None, now),
            Method::Refer => {
                let later = core.retry_after();
                core.respond(&received, Reply { status: 500, headers: &later, ..Reply::default() }, now);
            }
            _ => {
                core.respond(&received, Reply { status: 405, headers: &allow, ..Reply::default() }, now);
            }
        }
        None
    }

    /// The early dialog whose offer a command is about: that of a fork, or the first that has one.
    pub(super) fn offered(&mut self, fork: Option<u32>) -> Option<&mut Link> {
        let mut links = self.earlies().map(|early| &mut early.link);
        links.find(|link| link.offered.is_some() && fork.is_none_or(|fork| link.fork == fork))
    }

    /// Makes an offer in an early dialog, by UPDATE (RFC 3311 5.1).
    pub(super) fn offer(&mut self, base: &mut Base, fork: u32, description: Bytes, core: &mut Core, now: Instant) {
        let ending = self.is_ending();
        let early = self.forks.get_mut(fork as usize).and_then(|fork| fork.early.as_mut());
        let status = match early {
            Some(early) if early.link.takes_offer() && !ending => {
                return early.link.offer(base, Method::Update, description, false, core, now);
            }
            Some(early) if early.link.takes_update() => 491,
            _ => 405,
        };
        base.event(core, Event::OfferRejected { session: base.session(), status, fork });
    }

    /// When an offer of ours is to be made again in one of them.
    pub(super) fn offers_again(&self, at: Instant) -> bool {
        let mut links = self.forks.iter().filter_map(|fork| fork.early.as_ref()).map(|early| &early.link);
        links.any(|link| link.offering.as_ref().is_some_and(|offering| offering.again_at() == Some(at)))
    }

    /// When that is first.
    pub(super) fn offers_again_at(&self) -> Option<Instant> {
        let links = self.forks.iter().filter_map(|fork| fork.early.as_ref()).map(|early| &early.link);
        links.filter_map(|link| link.offering.as_ref()?.again_at()).min()
    }

    /// The timer of [`Calling::offers_again`].
    pub(super) fn offer_again(&mut self, base: &mut Base, at: Instant, core: &mut Core, now: Instant) {
        for Early { link, .. } in self.earlies() {
            if link.offering.as_ref().is_some_and(|offering| offering.again_at() == Some(at))
                && let Some(failed) = link.offer_again(base, false, core, now)
            {
                link.offer_failed(base, failed, core);
            }
        }
    }

    /// Whether a timer is still to fire then.
    pub(super) fn awaits(&self, timer: Timer, at: Instant) -> bool {
        match timer {
            Timer::CancelUnanswered => self.gives_up_at() == Some(at),
            Timer::OfferAgain => self.offers_again(at),
            _ => false,
        }
    }

    /// Refuses what callees offered, since we are giving up.
    pub(super) fn refuse_offered(&mut self, core: &mut Core, now: Instant) {
        for Early { link, .. } in self.earlies() {
            link.refuse_offered(487, core, now);
        }
    }

    /// Whether an early dialog of ours has this tag on the other side.
    pub(super) fn has_fork(&self, tag: &str) -> bool {
        self.forks.iter().any(|fork| *fork.tag == *tag)
    }

    fn earlies(&mut self) -> impl Iterator<Item = &mut Early> {
        self.forks.iter_mut().filter_map(|fork| fork.early.as_deref_mut())
    }

    fn early(&self, fork: u32) -> Option<&Early> {
        self.forks.get(fork as usize)?.early.as_deref()
    }

    /// The early dialog of a fork, made of its first response when it is first needed.
    fn make_early(&mut self, fork: u32, core: &Core) -> Option<&mut Early> {
        let described = self.described();
        let known = self.forks.get_mut(fork as usize)?;
        if known.early.is_none() {
            let (first, source) = &known.first;
            let invite = core.transactions.invite(self.transaction)?;
            let dialog = Dialog::caller(&invite, first, source).ok()?;
            let link = Link::new(dialog, first, fork, described);
            known.early = Some(Box::new(Early { link, rseq: None }));
        }
        known.early.as_deref_mut()
    }

    fn fork(&mut self, tag: &str, response: &Message, source: &Source) -> u32 {
        let known = self.forks.iter().position(|fork| *fork.tag == *tag);
        let index = known.unwrap_or_else(|| {
            if self.forks.len() < MAX_FORKS {
                let first = (response.clone(), *source);
                self.forks.push(Fork { tag: tag.into(), first, early: None });
            }
            self.forks.len() - 1
        });
        index as u32
    }
}
