//! The far side where it is SIP: INVITEs, what rings, who answers first.

use std::time::Instant;

use bytes::Bytes;
use offhook_media::session::Side;
use offhook_sip::SessionId;
use offhook_sip::header::identity::DiversionReason;

use super::super::cause::CauseCode;
use super::super::desk::test_call;
use super::super::effect::{Abilities, Caller, Effect, MediaEffect, SipEffect, Sound, Target, TargetUri};
use super::super::headers::{self, Headers, Redirect};
use super::super::numbers::Placed;
use super::super::state::{Awaiting, Far, Near, NearSip, SipLeg, Stage, Vacancy};
use super::super::view::EndCause;
use super::Flow;
use crate::ids::{CallId, LegId, LineGroupId};
use crate::numbers::ReportedAs;

/// Reason for those that rang when another took the call (RFC 3326 3.1).
const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

impl Flow<'_> {
    /// A client dialled: its own audio comes first, so that it hears the ringing.
    pub(in crate::call) fn start_outgoing(&mut self, sdp: String) {
        let expected = self.group_of_line().and_then(|group| self.directory.expected_codec(group));
        self.ask(Awaiting::BrowserAnswer, MediaEffect::AnswerBrowser { side: Side::A, sdp, expected });
    }

    /// The server calls for the other side of a call that is being transferred: there is no browser.
    pub(in crate::call) fn start_for(&mut self, of: CallId) {
        self.call.vacancy = Some(Vacancy::Target { of });
        self.offer_far();
    }

    /// The server calls the user's telephone elsewhere, to call a number from there: there is no browser.
    pub(in crate::call) fn start_office(&mut self, to: Placed) {
        self.call.vacancy = Some(Vacancy::Office { to: Box::new(to) });
        self.offer_far();
    }

    /// The server calls to try a line out: there is no browser.
    pub(in crate::call) fn start_test(&mut self) {
        self.call.vacancy = Some(Vacancy::Test { tone_until: None });
        self.set_deadline(Some((self.now + test_call::RINGS, CauseCode::NoAnswer)));
        self.offer_far();
    }

    /// Makes the offer for the far side of a client's call.
    pub(super) fn offer_far(&mut self) {
        if let Some(group) = self.group_of_line() {
            self.ask(Awaiting::Offer, MediaEffect::Offer { side: Side::B, group });
        }
    }

    /// The endpoint sent an INVITE of ours, or could not.
    pub(in crate::call) fn invited(&mut self, leg: LegId, session: Result<SessionId, CauseCode>) {
        if self.next_invited(leg, session) {
            return;
        }
        match session {
            Ok(session) => {
                if let Far::Sip(far) = &mut self.call.far
                    && let Some(leg) = far.legs.iter_mut().find(|candidate| candidate.id == leg)
                {
                    leg.session = Some(session);
                }
            }
            Err(cause) => self.leg_failed(leg, EndCause::ours(cause), None),
        }
    }

    pub(super) fn invite_all(&mut self, sdp: Bytes) {
        let Far::Sip(far) = &mut self.call.far else { return };
        far.offer = sdp;
        if let Near::Client { line, number, .. } = &self.call.near {
            let Some(group) = self.directory.group_of(*line) else { return };
            *self.last_leg += 1;
            let target = Target { group, line: Some(*line), uri: TargetUri::Number(number.clone()) };
            far.legs.push(SipLeg::new(LegId(*self.last_leg), target));
        }
        let legs: Vec<_> = far.legs.iter().map(|leg| (leg.id, leg.target.clone())).collect();
        for (leg, target) in legs {
            self.invite(leg, target);
        }
    }

    /// Sends the INVITE of a leg.
    pub(super) fn invite(&mut self, leg: LegId, target: Target) {
        let Far::Sip(far) = &self.call.far else { return };
        let (sdp, diversions) = (far.offer.clone(), far.diversions.clone());
        let (from, mut headers) = self.caller_for(target.group);
        self.tell_diversion(&mut headers);
        if self.directory.trusts(target.group) {
            headers::add(&mut headers, diversions);
        }
        let max_forwards = match &self.call.near {
            Near::Client { .. } => None,
            Near::Sip(near) => Some(near.max_forwards.saturating_sub(1)),
        };
        self.by_leg.insert(leg, self.call.id);
        self.effects.push_back(Effect::Sip(SipEffect::Invite { leg, target, from, max_forwards, headers, sdp }));
    }

    /// Whom a side called by way of this connection sees as the caller, where the call is passed on.
    pub(super) fn caller_for(&self, to: LineGroupId) -> (Option<Caller>, Headers) {
        let Near::Sip(near) = &self.call.near else { return (None, Headers::new()) };
        let trusts = |group| self.directory.trusts(group);
        let (from, headers) = headers::passed_on(&near.headers, &self.call.remote, trusts(near.group), trusts(to));
        (Some(from), headers)
    }

    pub(super) fn progress(
        &mut self,
        session: SessionId,
        status: u16,
        sdp: Option<Bytes>,
        fork: u32,
        headers: Headers,
    ) {
        let Some(leg) = self.leg_of(session) else { return };
        if matches!(self.call.stage, Stage::Answering | Stage::Connected) {
            return;
        }
        let Far::Sip(far) = &mut self.call.far else { return };
        if status == 199 {
            // One early dialog of several is over (RFC 6228): that the near side has goes on.
            if far.heard == Some((leg, fork)) {
                self.unheard();
            }
            return;
        }
        // The first of several targets that has a sound is heard.
        let sdp = sdp.filter(|_| far.heard.is_none());
        if sdp.is_some() {
            far.heard = Some((leg, fork));
        }
        self.know_called(leg, headers);
        let redirected = self.show_called(leg);
        let initial = self.call.stage == Stage::Initiated;
        match sdp {
            Some(sdp) => {
                if status == 180 && initial {
                    self.set_stage(Stage::Alerting { early: false });
                }
                if let Near::Sip(near) = &mut self.call.near {
                    near.status = status;
                }
                self.ask(Awaiting::Acceptance, MediaEffect::AcceptAnswer { side: Side::B, sdp });
            }
            None => {
                // 181, 182 and a 183 without SDP say nothing of ringing; the person waits all the same.
                if initial {
                    self.set_stage(Stage::Alerting { early: false });
                }
                match self.call.near {
                    Near::Client { .. } if initial => {
                        self.play(Side::A, Sound::Ringback);
                        self.tell_clients();
                    }
                    Near::Client { .. } if redirected => self.tell_clients(),
                    Near::Client { .. } => {}
                    Near::Sip(_) => self.ring_near(status, None),
                }
            }
        }
    }

    pub(super) fn answered(
        &mut self,
        session: SessionId,
        abilities: Abilities,
        sdp: Option<Bytes>,
        headers: Headers,
        now: Instant,
    ) {
        let Some(winner) = self.leg_of(session) else { return };
        if matches!(self.call.stage, Stage::Answering | Stage::Connected) {
            return;
        }
        let had_early_media = self.call.has_early_media();
        self.set_stage(Stage::Answering);
        self.show_connected(&headers);
        self.know_called(winner, headers);
        self.show_called(winner);
        let mut losers = Vec::new();
        if let Far::Sip(far) = &mut self.call.far {
            far.answered = Some(winner);
            far.waiting.clear();
            losers.extend(far.legs.extract_if(.., |leg| leg.id != winner));
            for leg in &mut far.legs {
                leg.abilities = abilities;
            }
        }
        for loser in losers {
            // An INVITE that is not sent yet is ended when it is.
            self.by_leg.remove(&loser.id);
            if let Some(session) = loser.session {
                self.hang_up(session, Some(ELSEWHERE));
            }
        }
        match sdp {
            Some(sdp) => self.ask(Awaiting::Acceptance, MediaEffect::AcceptAnswer { side: Side::B, sdp }),
            None if had_early_media => self.accepted(now),
            None => self.end(EndCause::ours(CauseCode::NoCommonCodec)),
        }
    }

    /// The far side's description fits.
    pub(super) fn accepted(&mut self, now: Instant) {
        match (&self.call.near, self.call.stage) {
            (Near::Client { .. }, Stage::Answering) => self.join(now),
            (Near::Client { .. }, _) => {
                self.set_stage(Stage::Alerting { early: true });
                self.play_both();
                self.tell_clients();
            }
            (Near::Sip(NearSip { answer: None, .. }), _) => self.answer_near_offer(self.call.codec),
            (Near::Sip(_), _) => self.near_described(now),
        }
    }

    /// An INVITE of ours failed, or leads elsewhere.
    pub(super) fn leg_failed(&mut self, failed: LegId, cause: EndCause, redirect: Option<Box<Redirect>>) {
        let Far::Sip(far) = &mut self.call.far else { return };
        let Some(place) = far.legs.iter().position(|leg| leg.id == failed) else { return };
        let leg = far.legs.remove(place);
        self.by_leg.remove(&failed);
        if far.answered.is_some_and(|winner| winner != failed) {
            return;
        }
        let was_heard = far.heard.is_some_and(|(heard, _)| heard == failed);
        let target = leg.target.clone();
        far.tried.push(leg.target);
        let followed = redirect.is_some_and(|redirect| far.follow(&target, *redirect));
        if !followed && far.best.as_ref().is_none_or(|best| rank(&cause) < rank(best)) {
            far.best = Some(cause);
        }
        // RFC 3261 16.7 step 5: a 6xx speaks for everybody.
        if far.best.as_ref().and_then(|best| best.sip_status).is_some_and(|status| status >= 600) {
            far.waiting.clear();
        }
        if (followed || far.legs.is_empty()) && !far.waiting.is_empty() {
            self.invite_waiting();
        }
        let Far::Sip(far) = &mut self.call.far else { return };
        let (alone, why) = (far.legs.is_empty(), of_failure(far.best.as_ref()));
        if alone && self.next_of_list(why) {
            return;
        }
        let Far::Sip(far) = &mut self.call.far else { return };
        if far.legs.is_empty() {
            let cause = far.best.take().unwrap_or(EndCause::ours(CauseCode::Refused));
            self.end(cause);
        } else if was_heard {
            self.unheard();
        }
    }

    /// The early dialog whose sound was heard is no more; another one's may be heard.
    pub(super) fn unheard(&mut self) {
        if let Far::Sip(far) = &mut self.call.far {
            far.heard = None;
        }
        self.set_stage(Stage::Alerting { early: false });
        match &self.call.near {
            Near::Client { .. } => {
                self.play(Side::A, Sound::Ringback);
                self.tell_clients();
            }
            Near::Sip(near) => self.ring_near(near.status, None),
        }
    }

    /// What the near side may know of who is called: where both sides are trusted (RFC 3325).
    fn know_called(&mut self, leg: LegId, headers: Headers) {
        let group = self.call.legs().find(|candidate| candidate.id == leg).map(|leg| leg.target.group);
        if let (Near::Sip(near), Some(group)) = (&mut self.call.near, group)
            && self.directory.trusts(group)
            && self.directory.trusts(near.group)
        {
            near.called = headers;
        }
    }

    /// A client sees who is really connected, as far as that is believed and the location wants it.
    fn show_connected(&mut self, headers: &Headers) {
        let (Near::Client { number, .. }, Some(group)) = (&self.call.near, self.group_of_line()) else { return };
        let caller = headers::connected(headers).filter(|_| self.directory.trusts(group));
        let Some(connected) = caller else { return };
        // What the PBX got is known better than it can say: without what was entered for a code.
        let own = self.call.known.clone().filter(|_| connected.number == *number);
        let kind = ReportedAs::ConnectedOutgoing;
        if let Some(known) = self.note_reported(group, kind, &connected.number) {
            (self.call.remote, self.call.known) = (connected, own.or(Some(known)));
        }
    }

    /// A client sees the number that rings in the end, where a redirection led there. True when that is news.
    fn show_called(&mut self, leg: LegId) -> bool {
        let Near::Client { .. } = self.call.near else { return false };
        let leg = self.call.legs().find(|candidate| candidate.id == leg && candidate.redirected);
        let Some(TargetUri::Number(number)) = leg.map(|leg| &leg.target.uri) else { return false };
        if self.call.remote.number == *number {
            return false;
        }
        let remote = Caller { number: number.clone(), name: None };
        self.set_remote(remote, ReportedAs::Forwarding);
        true
    }
}

/// Why a call goes on from a number where it failed.
fn of_failure(cause: Option<&EndCause>) -> DiversionReason {
    match cause.map(|cause| cause.code) {
        Some(CauseCode::Busy) => DiversionReason::UserBusy,
        Some(CauseCode::NoAnswer) => DiversionReason::NoAnswer,
        _ => DiversionReason::Unavailable,
    }
}

/// RFC 3261 16.7 step 6: a 6xx outranks everything, otherwise the lowest class wins. A redirection that leads nowhere
/// says least.
fn rank(cause: &EndCause) -> u16 {
    match cause.sip_status.unwrap_or(503) {
        status @ 600.. => status - 600,
        status @ ..400 => status + 400,
        status => status,
    }
}
