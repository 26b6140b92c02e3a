//! Somebody takes the place of one side of a call that stands: invited because that side asked for it (REFER, RFC
//! 3515), or coming itself (Replaces, RFC 3891). The other side stays and notices only whom it talks with.

use std::time::Instant;

use bytes::Bytes;
use offhook_media::session::Side;
use offhook_sip::header::Name;
use offhook_sip::uri::Uri;
use offhook_sip::{ReferId, SessionId};

use super::super::cause::CauseCode;
use super::super::effect::{Caller, Effect, MediaEffect, SipEffect, SipInput, Target, TargetUri};
use super::super::headers::{self, Headers};
use super::super::state::{Awaiting, Far, Near, Newcomer, SipLeg, Stage, Takeover, Told};
use super::super::view::{Direction, EndCause};
use super::super::{LEAVE_LIMIT, RING_LIMIT};
use super::{Flow, index};
use crate::ids::{LegId, LineGroupId, LineId};
use crate::numbers::ReportedAs;

impl Flow<'_> {
    /// A side asks us to call somebody in its place. It stays in the call until that one answers.
    pub(super) fn refer(
        &mut self,
        session: SessionId,
        refer: ReferId,
        target: &Uri,
        replaces: Option<String>,
        referred_by: Option<String>,
        now: Instant,
    ) {
        let (side, group, target) = match self.referred(session, target) {
            Ok(referred) => referred,
            Err(cause) => {
                let status = cause.sip_status();
                return self.effects.push_back(Effect::Sip(SipEffect::RejectRefer { session, refer, status }));
            }
        };
        let replaces = replaces.map(|value| (Name::Replaces, value));
        let mut headers = Headers::new();
        headers::add(&mut headers, replaces.into_iter().chain(referred_by.map(|value| (Name::ReferredBy, value))));
        let leg = SipLeg::new(self.next_leg(), target);
        let new = Newcomer::Invited { refer, leg, headers, told: 100 };
        self.call.takeover = Some(Box::new(Takeover { side, old: Some(session), new, until: now + RING_LIMIT }));
        self.effects.push_back(Effect::Sip(SipEffect::AcceptRefer { session, refer }));
        self.ask(Awaiting::NextOffer, MediaEffect::OfferNext { side, group });
        self.tell_clients();
    }

    /// An INVITE came in that takes the place of one of the call's sessions.
    pub(in crate::call) fn replace(
        &mut self,
        session: SessionId,
        replaces: SessionId,
        from: Caller,
        offer: Bytes,
        now: Instant,
    ) -> Result<(), CauseCode> {
        // RFC 3891 3: what does not stand, or is not ours to give, is as if it were not there.
        let (side, group, _) = self.replaceable(replaces).ok_or(CauseCode::UnknownCall)?;
        let effect = match offer.is_empty() {
            true => MediaEffect::Offer { side, group },
            false => MediaEffect::AnswerOffer { side, group, expected: self.call.codec, sdp: offer.clone() },
        };
        let new = Newcomer::Came { session, from, offer };
        self.call.takeover = Some(Box::new(Takeover { side, old: Some(replaces), new, until: now + RING_LIMIT }));
        self.ask(Awaiting::Newcomer, effect);
        self.tell_clients();
        Ok(())
    }

    /// Takes events of sessions that are no side of the call, or that are about to be none. Gives back what is left.
    pub(super) fn takeover_event(&mut self, session: SessionId, event: SipInput, now: Instant) -> Option<SipInput> {
        if self.call.leaving.is_some_and(|(leaving, _)| leaving == session) {
            if matches!(event, SipInput::Ended { .. }) {
                self.call.leaving = None;
            }
            return Some(event).filter(|event| matches!(event, SipInput::Offer { .. } | SipInput::Refer { .. }));
        }
        let Some(takeover) = &mut self.call.takeover else { return Some(event) };
        if takeover.old == Some(session) && matches!(event, SipInput::Ended { .. }) {
            // It need not wait for the outcome (RFC 5589 6.1); the other side does.
            takeover.old = None;
            self.listen();
            return None;
        }
        match &mut takeover.new {
            Newcomer::Invited { leg, .. } if leg.session == Some(session) => self.next_event(event, now),
            Newcomer::Came { session: came, .. } if *came == session => {
                if event.is_last() {
                    self.newcomer_gone();
                }
                None
            }
            _ => Some(event),
        }
    }

    /// What somebody does who was invited into the call.
    fn next_event(&mut self, event: SipInput, _now: Instant) -> Option<SipInput> {
        let takeover = self.call.takeover.as_mut()?;
        let side = takeover.side;
        let Newcomer::Invited { refer, leg, told, .. } = &mut takeover.new else { return Some(event) };
        match event {
            SipInput::Progress { status, .. } if *told != status => {
                *told = status;
                let refer = *refer;
                if let Some(session) = takeover.old {
                    self.effects.push_back(Effect::Sip(SipEffect::ReferProgress { session, refer, status }));
                }
            }
            SipInput::Answered { sdp: Some(sdp), abilities, .. } => {
                leg.abilities = abilities;
                self.ask(Awaiting::NextAcceptance, MediaEffect::AcceptNext { side, sdp });
            }
            SipInput::Answered { sdp: None, .. } => self.takeover_failed(CauseCode::NoCommonCodec.sip_status()),
            SipInput::Rejected { status, .. } => {
                leg.session = None;
                self.takeover_failed(status);
            }
            SipInput::Offer { .. } => return Some(event),
            _ => {}
        }
        None
    }

    /// Our description for who is to be invited stands.
    pub(super) fn invite_next(&mut self, sdp: Bytes) {
        let Some(takeover) = &self.call.takeover else { return };
        let Newcomer::Invited { leg, headers, .. } = &takeover.new else { return };
        let (leg, target, own, side) = (leg.id, leg.target.clone(), headers.clone(), takeover.side);
        let (from, mut headers) = match (target.line, side) {
            (Some(_), _) => (None, Headers::new()),
            (None, Side::B) => self.caller_for(target.group),
            (None, Side::A) => (self.callee(), Headers::new()),
        };
        headers::add(&mut headers, own);
        self.by_leg.insert(leg, self.call.id);
        let invite = SipEffect::Invite { leg, target, from, max_forwards: None, headers, sdp };
        self.effects.push_back(Effect::Sip(invite));
    }

    /// The endpoint sent the INVITE to somebody who is to come into the call, or could not. False where it was
    /// another leg's.
    pub(super) fn next_invited(&mut self, id: LegId, session: Result<SessionId, CauseCode>) -> bool {
        let Some(takeover) = &mut self.call.takeover else { return false };
        let Newcomer::Invited { leg, .. } = &mut takeover.new else { return false };
        if leg.id != id {
            return false;
        }
        match session {
            Ok(session) => leg.session = Some(session),
            Err(cause) => self.takeover_failed(cause.sip_status()),
        }
        true
    }

    /// Who was invited has answered, and the media side has put it in its place.
    pub(super) fn next_accepted(&mut self, now: Instant) {
        let Some(takeover) = self.call.takeover.take() else { return };
        let Takeover { side, old, new: Newcomer::Invited { refer, leg, .. }, .. } = *takeover else { return };
        self.by_leg.remove(&leg.id);
        match old {
            Some(session) => {
                let told = SipEffect::ReferProgress { session, refer, status: 200 };
                self.effects.push_back(Effect::Sip(told));
                if let Some((earlier, _)) = self.call.leaving.replace((session, now + LEAVE_LIMIT)) {
                    self.hang_up(earlier, None);
                }
            }
            None => self.listen(),
        }
        let number = number_of(&leg.target);
        self.seat(side, leg, None);
        self.show_other(Caller { number, name: None });
        self.reoffer();
    }

    /// Our description for who came stands: the place is taken.
    pub(super) fn welcome(&mut self, sdp: Bytes) {
        let Some(takeover) = self.call.takeover.take() else { return };
        let Takeover { side, old, new: Newcomer::Came { session, from, offer }, .. } = *takeover else { return };
        let Some((group, line)) = self.call.place(side) else { return };
        self.answer_with(session, Headers::new(), sdp);
        let target = Target { group, line, uri: TargetUri::Number(from.number.clone()) };
        let leg = SipLeg { session: Some(session), ..SipLeg::new(self.next_leg(), target) };
        self.seat(side, leg, Some(offer));
        if let Some(old) = old {
            self.hang_up(old, None);
        }
        self.show_other(from);
        self.reoffer();
    }

    /// Nobody comes: the call goes on as it was, unless who asked for it has left already.
    pub(super) fn takeover_failed(&mut self, status: u16) {
        let Some(takeover) = self.call.takeover.take() else { return };
        let Takeover { side, old, new, .. } = *takeover;
        match new {
            Newcomer::Invited { refer, leg, .. } => {
                self.by_leg.remove(&leg.id);
                if let Some(session) = leg.session {
                    self.hang_up(session, None);
                }
                self.media_effect(MediaEffect::DropNext);
                if let Some(session) = old {
                    self.effects.push_back(Effect::Sip(SipEffect::ReferProgress { session, refer, status }));
                }
                self.place_stays(side, old, status);
            }
            Newcomer::Came { session, .. } => {
                self.by_session.remove(&session);
                self.effects.push_back(Effect::Sip(SipEffect::Reject { session, status }));
                self.place_stays(side, old, status);
            }
        }
    }

    /// Who came has gone again.
    fn newcomer_gone(&mut self) {
        if let Some(takeover) = self.call.takeover.take() {
            self.place_stays(takeover.side, takeover.old, CauseCode::Cancelled.sip_status());
        }
    }

    /// Nobody has come: without who had the place before the call is over.
    fn place_stays(&mut self, side: Side, old: Option<SessionId>, status: u16) {
        if old.is_none() {
            let code = CauseCode::of_call_response(status);
            self.finish(Some(side), EndCause { code, sip_status: Some(status), detail: None }, None);
        }
        self.reoffer();
        self.tell_clients();
    }

    /// Which side asks, and whom it is to be replaced by.
    fn referred(&self, session: SessionId, target: &Uri) -> Result<(Side, LineGroupId, Target), CauseCode> {
        let (side, group, line) = self.replaceable(session).ok_or(CauseCode::NotPossibleNow)?;
        let method = target.param("method").flatten().unwrap_or("INVITE");
        let number = target.user_decoded().filter(|user| !user.is_empty() && method.eq_ignore_ascii_case("INVITE"));
        let uri = TargetUri::Number(number.ok_or(CauseCode::InvalidNumber)?);
        Ok((side, group, Target { group, line, uri }))
    }

    /// The side of a session whose place somebody may take now.
    fn replaceable(&self, session: SessionId) -> Option<(Side, LineGroupId, Option<LineId>)> {
        let free = self.call.stage == Stage::Connected
            && self.call.takeover.is_none()
            && self.call.transfer.is_none()
            && self.call.vacancy.is_none()
            && !matches!(self.call.far, Far::Service(_));
        let side = self.call.side_of(session).filter(|_| free)?;
        if !self.call.awaiting[index(side)].is_empty() {
            return None;
        }
        let (group, line) = self.call.place(side)?;
        Some((side, group, line))
    }

    /// Gives a side to another session. `offer` is that of one that came by itself; empty where it wants ours.
    fn seat(&mut self, side: Side, leg: SipLeg, offer: Option<Bytes>) {
        // Who held the call holds it no longer, and who comes has been told nothing.
        self.hold(side, false);
        self.call.told[index(side)] = Told::default();
        match (side, &mut self.call.near, &mut self.call.far) {
            (Side::A, Near::Sip(near), _) => {
                if let Some(session) = leg.session {
                    near.session = session;
                    near.abilities = leg.abilities;
                }
                near.offer = offer.unwrap_or_default();
            }
            (Side::B, _, Far::Sip(far)) => {
                let (id, kind) = match offer {
                    Some(_) => (leg.id, ReportedAs::ConnectedOutgoing),
                    None => (leg.id, ReportedAs::Forwarding),
                };
                far.answered = Some(id);
                far.answers_late = offer.is_some_and(|offer| offer.is_empty());
                for old in std::mem::replace(&mut far.legs, vec![leg]) {
                    self.by_leg.remove(&old.id);
                }
                self.know_leg(id, kind);
            }
            _ => {}
        }
    }

    /// The called side as the caller of somebody new.
    fn callee(&self) -> Option<Caller> {
        let leg = self.call.legs().next()?;
        Some(Caller { number: number_of(&leg.target), name: None })
    }

    /// The line's clients talk with somebody else from now on.
    fn show_other(&mut self, other: Caller) {
        if self.call.line().is_some() {
            let kind = match self.call.direction() {
                Direction::Incoming => ReportedAs::ConnectedIncoming,
                Direction::Outgoing => ReportedAs::ConnectedOutgoing,
            };
            self.set_remote(other, kind);
            self.tell_clients();
        }
    }

    pub(super) fn next_leg(&mut self) -> LegId {
        *self.last_leg += 1;
        LegId(*self.last_leg)
    }
}

fn number_of(target: &Target) -> String {
    match &target.uri {
        TargetUri::Number(number) => number.clone(),
        TargetUri::Uri(uri) => uri.user_decoded().unwrap_or_else(|| uri.host().to_string()),
    }
}
