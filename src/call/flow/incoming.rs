//! The near side where it is a SIP session: its ringing and its answer.

use std::time::Instant;

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_media::session::Side;
use offhook_sip::SessionId;

use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome};
use super::super::effect::{Effect, MediaEffect, SipEffect};
use super::super::headers::Headers;
use super::super::state::{Awaiting, Far, Near, NearSip, Stage, Taker};
use super::super::view::EndCause;
use super::{Flow, index};
use crate::ids::ClientId;

impl Flow<'_> {
    /// An INVITE came in and has a destination.
    pub(in crate::call) fn start_incoming(&mut self, busy: bool) {
        match &self.call.far {
            Far::Clients { .. } => self.arrive(busy),
            Far::Sip(far) => {
                let Some(group) = far.legs.first().map(|leg| leg.target.group) else { return };
                self.ask(Awaiting::Offer, MediaEffect::Offer { side: Side::B, group });
            }
            Far::Service(_) => self.answer_near_offer(None),
        }
    }

    /// A client takes the call.
    pub(in crate::call) fn answer(&mut self, asker: Asker, sdp: String) -> Outcome {
        let Asker { client, user, request, .. } = asker;
        if let (Some(_), Some(line)) = (&self.call.vacancy, self.call.line()) {
            return self.succeed(asker, line, sdp);
        }
        let Far::Clients { taker, .. } = &mut self.call.far else { return Err(CauseCode::NotPossibleNow) };
        if taker.is_some() {
            return Err(CauseCode::AnsweredElsewhere);
        }
        *taker = Some(Taker { client, user, request, sdp });
        self.set_stage(Stage::Answering);
        self.answer_near_offer(None);
        Ok(None)
    }

    /// The client that has the audio changes its network path.
    pub(in crate::call) fn restart_media(&mut self, client: ClientId, request: u32, sdp: String) -> Outcome {
        let side = self.call.browser_side();
        let has_audio = self.call.active_client() == Some(client) && self.call.stage != Stage::Answering;
        if !has_audio || !self.call.awaiting[index(side)].is_empty() {
            return Err(CauseCode::NotPossibleNow);
        }
        self.ask(Awaiting::BrowserRestart(client, request), MediaEffect::RestartBrowser { side, sdp });
        Ok(None)
    }

    /// DTMF from a client to the other side.
    pub(in crate::call) fn digits(&mut self, digits: String) -> Result<(), CauseCode> {
        if self.call.stage != Stage::Connected && !self.call.has_early_media() {
            return Err(CauseCode::NotPossibleNow);
        }
        let side = self.call.browser_side().other();
        self.media_effect(MediaEffect::Digits { side, digits, secret: false });
        Ok(())
    }

    /// Our answer for the near side stands: what it was made for can happen.
    pub(super) fn near_described(&mut self, now: Instant) {
        let Near::Sip(NearSip { session, answer: Some(answer), offer, status, called, .. }) = &self.call.near else {
            return;
        };
        let (session, answer, offered, status) = (*session, answer.clone(), !offer.is_empty(), *status);
        match &mut self.call.far {
            Far::Clients { taker: Some(taker), .. } => {
                let sdp = std::mem::take(&mut taker.sdp);
                let usual = || self.group_of_line().and_then(|group| self.directory.expected_codec(group));
                let expected = self.call.codec.or_else(usual);
                self.ask(Awaiting::BrowserAnswer, MediaEffect::AnswerBrowser { side: Side::B, sdp, expected });
            }
            Far::Clients { taker: None, .. } => {}
            Far::Sip(_) if self.call.stage == Stage::Answering => {
                let headers = called.clone();
                if !self.call.is_called_late() {
                    self.answer_with(session, headers, answer);
                }
                self.join(now);
            }
            Far::Sip(_) => {
                self.set_stage(Stage::Alerting { early: true });
                // An offer of ours cannot go with a response that nobody acknowledges (RFC 3262 5).
                self.ring_near(status, offered.then_some(answer));
                self.play_both();
            }
            Far::Service(service) => {
                let sound = *service;
                self.answer_with(session, Headers::new(), answer);
                self.play(Side::A, sound);
                self.set_stage(Stage::Connected);
                self.set_deadline(None);
            }
        }
    }

    /// A side has our 200; where that had our offer, its answer comes now.
    pub(super) fn confirmed(&mut self, side: Side, sdp: Option<Bytes>) {
        let late = match (side, &self.call.near, &self.call.far) {
            (Side::A, Near::Sip(near), _) => near.offer.is_empty(),
            (Side::B, _, Far::Sip(far)) => far.answers_late,
            _ => false,
        };
        if !late {
            return;
        }
        match sdp {
            Some(sdp) => self.ask(Awaiting::LateAcceptance, MediaEffect::AcceptAnswer { side, sdp }),
            None => self.end(EndCause::ours(CauseCode::NoCommonCodec)),
        }
    }

    pub(super) fn answer_near_offer(&mut self, expected: Option<Codec>) {
        let Near::Sip(near) = &self.call.near else { return };
        let (side, group) = (Side::A, near.group);
        let effect = match near.offer.is_empty() {
            true => MediaEffect::Offer { side, group },
            false => MediaEffect::AnswerOffer { side, group, expected, sdp: near.offer.clone() },
        };
        self.ask(Awaiting::Answer, effect);
    }

    /// Sends a provisional response; not twice the same that says nothing new, and none after an answer.
    pub(super) fn ring_near(&mut self, status: u16, sdp: Option<Bytes>) {
        let late = self.call.is_called_late();
        let Near::Sip(near) = &mut self.call.near else { return };
        if late || near.told == Some(status) && sdp.is_none() {
            return;
        }
        near.told = Some(status);
        let (session, headers) = (near.session, near.called.clone());
        self.effects.push_back(Effect::Sip(SipEffect::Provisional { session, status, headers, sdp }));
    }

    pub(super) fn answer_with(&mut self, session: SessionId, headers: Headers, sdp: Bytes) {
        self.effects.push_back(Effect::Sip(SipEffect::Answer { session, headers, sdp }));
    }
}
