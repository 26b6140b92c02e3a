//! How a call moves on. Every transition is here; the effects leave in the order they must be done.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use offhook_media::session::Side;
use offhook_sip::SessionId;
use rustc_hash::FxHashMap;
use tracing::debug;

use super::cause::CauseCode;
use super::directory::Directory;
use super::effect::{
    CommandResult, Effect, MediaEffect, MediaInput, Service, SipEffect, SipInput, Sound, Target, TargetUri,
};
use super::state::{Awaiting, Call, Far, Near, SipLeg, Stage, Taker};
use super::view::{self, CallView, ConnectionState, EndCause};
use super::{Clients, MEDIA_LIMIT};
use crate::ids::{CallId, ClientId, LegId, UserId};

/// One call in motion.
pub(super) struct Flow<'a> {
    pub(super) call: &'a mut Call,
    pub(super) directory: &'a Directory,
    pub(super) clients: &'a Clients,
    pub(super) effects: &'a mut VecDeque<Effect>,
    pub(super) by_leg: &'a mut FxHashMap<LegId, CallId>,
    pub(super) last_leg: &'a mut u64,
    pub(super) ended: bool,
}

impl Flow<'_> {
    /// A client dialled: its own audio comes first, so that it hears the ringing.
    pub(super) fn start_outgoing(&mut self, sdp: String) {
        let expected = self.group_of_line().and_then(|group| self.directory.expected_codec(group));
        self.ask(Awaiting::BrowserAnswer, MediaEffect::AnswerBrowser { side: Side::A, sdp, expected });
    }

    /// An INVITE came in and has a destination.
    pub(super) fn start_incoming(&mut self) {
        match &self.call.far {
            Far::Clients { .. } => {
                self.set_stage(Stage::Alerting { early: false });
                self.ring_near(180, None);
                self.tell_clients();
            }
            Far::Sip { legs, .. } => {
                let Some(group) = legs.first().map(|leg| leg.target.group) else { return };
                self.ask(Awaiting::Offer, MediaEffect::Offer { side: Side::B, group });
            }
            Far::Service(_) => self.answer_near_offer(None),
        }
    }

    /// The endpoint sent an INVITE of ours, or could not.
    pub(super) fn invited(&mut self, leg: LegId, session: Result<SessionId, CauseCode>) {
        match session {
            Ok(session) => {
                if let Far::Sip { legs, .. } = &mut self.call.far
                    && let Some(leg) = legs.iter_mut().find(|candidate| candidate.id == leg)
                {
                    leg.session = Some(session);
                }
            }
            Err(cause) => self.leg_failed(leg, EndCause::ours(cause)),
        }
    }

    /// Something happened in one of the call's SIP sessions.
    pub(super) fn sip(&mut self, session: SessionId, event: SipInput, now: Instant) {
        let side = match &self.call.near {
            Near::Sip { session: near, .. } if *near == session => Side::A,
            _ => Side::B,
        };
        match event {
            SipInput::Progress { status, sdp } => self.progress(session, status, sdp),
            SipInput::Answered { sdp } => self.answered(session, sdp, now),
            SipInput::Rejected { status, reason, from_network } => {
                let code = match status {
                    408 if !from_network => CauseCode::PbxNotAnswering,
                    503 if !from_network => CauseCode::PbxUnreachable,
                    _ => CauseCode::of_call_response(status),
                };
                let detail = (from_network && !reason.is_empty()).then_some(reason);
                let cause = EndCause { code, sip_status: Some(status), detail };
                if let Some(leg) = self.leg_of(session) {
                    self.leg_failed(leg, cause);
                }
            }
            SipInput::Confirmed { sdp } => self.confirmed(sdp),
            SipInput::OfferAnswered { sdp: Some(sdp) } => {
                self.ask(Awaiting::LateAcceptance, MediaEffect::AcceptAnswer { side, sdp });
            }
            SipInput::OfferAnswered { sdp: None } => {}
            SipInput::Cancelled => self.end_without(side, EndCause::ours(CauseCode::CallerHungUp)),
            SipInput::Ended { broken } => {
                let code = if broken { CauseCode::SessionLost } else { CauseCode::NormalClearing };
                self.end_without(side, EndCause::ours(code));
            }
            SipInput::Offer { sdp } => self.renegotiate(session, side, sdp),
        }
    }

    /// The media side answered a question, or has news.
    pub(super) fn media(&mut self, side: Side, event: MediaInput, now: Instant) {
        match event {
            MediaInput::Described { sdp, codec } => {
                let Some(awaiting) = self.call.awaiting[index(side)].take() else { return };
                if let (Some(codec), false) = (codec, awaiting == Awaiting::BrowserAnswer) {
                    self.call.codec = Some(codec);
                }
                self.described(side, awaiting, sdp, now);
            }
            MediaInput::Accepted { codec } => {
                let awaiting = self.call.awaiting[index(side)].take();
                self.call.codec = Some(codec);
                match awaiting {
                    Some(Awaiting::Acceptance) => self.accepted(now),
                    _ => self.tell_clients(),
                }
            }
            MediaInput::Refused { cause } => {
                let Some(awaiting) = self.call.awaiting[index(side)].take() else { return };
                self.refused(awaiting, cause);
            }
            MediaInput::Connected => {
                if self.call.stage == Stage::Connected {
                    self.set_deadline(None);
                }
            }
            MediaInput::Lost { cause } => self.end(EndCause::ours(cause)),
            MediaInput::Digit { .. } => {}
        }
    }

    /// A client takes the call.
    pub(super) fn answer(
        &mut self,
        client: ClientId,
        user: UserId,
        request: u32,
        sdp: String,
    ) -> Result<Option<()>, CauseCode> {
        let Far::Clients { taker, .. } = &mut self.call.far else { return Err(CauseCode::NotPossibleNow) };
        if taker.is_some() {
            return Err(CauseCode::AnsweredElsewhere);
        }
        *taker = Some(Taker { client, user, request, sdp });
        self.set_stage(Stage::Answering);
        self.answer_near_offer(None);
        Ok(None)
    }

    /// A client refuses the call for its user's devices, and so for the line.
    pub(super) fn decline(&mut self, cause: CauseCode) -> Result<(), CauseCode> {
        if !self.call.rings_at_clients() {
            return Err(CauseCode::NotPossibleNow);
        }
        self.end(EndCause { code: cause, sip_status: Some(cause.sip_status()), detail: None });
        Ok(())
    }

    /// A client ends the call; one that still rings is declined.
    pub(super) fn clear(&mut self) -> Result<(), CauseCode> {
        if self.call.rings_at_clients() {
            return self.decline(CauseCode::Declined);
        }
        let code = match (&self.call.near, self.call.stage) {
            (_, Stage::Connected) | (Near::Sip { .. }, _) => CauseCode::NormalClearing,
            _ => CauseCode::Cancelled,
        };
        self.end(EndCause::ours(code));
        Ok(())
    }

    /// DTMF from a client to the other side.
    pub(super) fn digits(&mut self, digits: String) -> Result<(), CauseCode> {
        if self.call.stage != Stage::Connected && !self.call.has_early_media() {
            return Err(CauseCode::NotPossibleNow);
        }
        let side = match self.call.near {
            Near::Client { .. } => Side::B,
            Near::Sip { .. } => Side::A,
        };
        self.media_effect(MediaEffect::Digits { side, digits });
        Ok(())
    }

    /// A client is gone for good.
    pub(super) fn client_gone(&mut self, client: ClientId) {
        if self.call.active_client() == Some(client) {
            self.end(EndCause::ours(CauseCode::ClientLost));
        } else if self.call.rings_at_clients() {
            let nobody =
                self.call.line().is_none_or(|line| self.clients.of(self.directory.users_of(line)).next().is_none());
            if nobody {
                self.end(EndCause::ours(CauseCode::NobodySignedIn));
            }
        }
    }

    /// The time of `at` has come.
    pub(super) fn deadline(&mut self, at: Instant) {
        if let Some((_, cause)) = self.call.deadline.filter(|&(due, _)| due <= at) {
            self.call.deadline = None;
            self.end(EndCause::ours(cause));
        }
    }

    /// Ends the call on all sides.
    pub(super) fn end(&mut self, cause: EndCause) {
        self.finish(None, cause);
    }

    /// Ends the call on all sides but the one where it has ended already.
    fn end_without(&mut self, side: Side, cause: EndCause) {
        self.finish(Some(side), cause);
    }

    fn finish(&mut self, gone: Option<Side>, cause: EndCause) {
        if self.ended {
            return;
        }
        let was = self.call.stage;
        debug!(call = %self.call.id, ?was, code = cause.code.code(), "call ended");
        match &self.call.near {
            Near::Client { client, request, .. } => {
                if self.call.awaiting[0] == Some(Awaiting::BrowserAnswer) {
                    let result = CommandResult::Error(cause.code);
                    self.effects.push_back(Effect::Reply { client: *client, request: *request, result });
                }
            }
            Near::Sip { session, .. } if gone != Some(Side::A) => {
                let session = *session;
                self.effects.push_back(Effect::Sip(if was == Stage::Connected {
                    SipEffect::Hangup { session }
                } else {
                    SipEffect::Reject { session, status: refusal(&cause) }
                }));
            }
            Near::Sip { .. } => {}
        }
        match &self.call.far {
            Far::Sip { legs, answered, .. } => {
                for leg in legs {
                    let over = gone == Some(Side::B) && (answered.is_none() || *answered == Some(leg.id));
                    if let (Some(session), false) = (leg.session, over) {
                        self.effects.push_back(Effect::Sip(SipEffect::Hangup { session }));
                    }
                }
            }
            Far::Clients { taker: Some(taker), .. } if was == Stage::Answering => {
                let result = CommandResult::Error(cause.code);
                let (client, request) = (taker.client, taker.request);
                self.effects.push_back(Effect::Reply { client, request, result });
            }
            Far::Clients { .. } | Far::Service(_) => {}
        }
        self.media_effect(MediaEffect::Close);
        self.ended = true;
        self.tell_end(&cause);
    }

    fn described(&mut self, side: Side, awaiting: Awaiting, sdp: Bytes, now: Instant) {
        match awaiting {
            Awaiting::BrowserAnswer => self.browser_described(side, sdp, now),
            Awaiting::Offer => self.invite_all(sdp),
            Awaiting::Answer => {
                if let Near::Sip { answer, .. } = &mut self.call.near {
                    *answer = Some(sdp);
                }
                self.near_described(now);
            }
            Awaiting::Renegotiation(session) => {
                self.effects.push_back(Effect::Sip(SipEffect::AnswerOffer { session, sdp }));
                self.tell_clients();
            }
            Awaiting::Acceptance | Awaiting::LateAcceptance => {}
        }
    }

    fn browser_described(&mut self, side: Side, sdp: Bytes, now: Instant) {
        let sdp = String::from_utf8_lossy(&sdp).into_owned();
        let call = self.call.id;
        match (side, &self.call.near, &self.call.far) {
            (Side::A, Near::Client { client, request, .. }, _) => {
                let result = CommandResult::Media { call, sdp };
                self.effects.push_back(Effect::Reply { client: *client, request: *request, result });
                self.tell_clients();
                if let Some(group) = self.group_of_line() {
                    self.ask(Awaiting::Offer, MediaEffect::Offer { side: Side::B, group });
                }
            }
            (Side::B, Near::Sip { session, answer: Some(answer), .. }, Far::Clients { taker: Some(taker), .. }) => {
                let result = CommandResult::Media { call, sdp };
                let (session, answer) = (*session, answer.clone());
                self.effects.push_back(Effect::Reply { client: taker.client, request: taker.request, result });
                self.effects.push_back(Effect::Sip(SipEffect::Answer { session, sdp: answer }));
                self.join(now);
            }
            _ => {}
        }
    }

    /// Our answer for the near side stands: what it was made for can happen.
    fn near_described(&mut self, now: Instant) {
        let Near::Sip { session, answer: Some(answer), offer, .. } = &self.call.near else { return };
        let (session, answer, offered) = (*session, answer.clone(), !offer.is_empty());
        match &mut self.call.far {
            Far::Clients { taker: Some(taker), .. } => {
                let sdp = std::mem::take(&mut taker.sdp);
                let usual = || self.group_of_line().and_then(|group| self.directory.expected_codec(group));
                let expected = self.call.codec.or_else(usual);
                self.ask(Awaiting::BrowserAnswer, MediaEffect::AnswerBrowser { side: Side::B, sdp, expected });
            }
            Far::Clients { taker: None, .. } => {}
            Far::Sip { .. } if self.call.stage == Stage::Answering => {
                self.effects.push_back(Effect::Sip(SipEffect::Answer { session, sdp: answer }));
                self.join(now);
            }
            Far::Sip { .. } => {
                self.set_stage(Stage::Alerting { early: true });
                // An offer of ours cannot go with a 183 that nobody acknowledges (RFC 3262 5).
                match offered {
                    true => self.ring_near(183, Some(answer)),
                    false => self.ring_near(180, None),
                }
                self.play_both();
            }
            Far::Service(service) => {
                let sound = match service {
                    Service::Echo => Sound::Echo,
                    Service::Tone => Sound::TestTone,
                };
                self.effects.push_back(Effect::Sip(SipEffect::Answer { session, sdp: answer }));
                self.media_effect(MediaEffect::Play { side: Side::A, sound });
                self.set_stage(Stage::Connected);
                self.set_deadline(None);
            }
        }
    }

    fn invite_all(&mut self, sdp: Bytes) {
        if let (Near::Client { line, number, .. }, Far::Sip { legs, .. }) = (&self.call.near, &mut self.call.far) {
            let Some(group) = self.directory.group_of(*line) else { return };
            *self.last_leg += 1;
            let target = Target { group, line: Some(*line), uri: TargetUri::Number(number.clone()) };
            legs.push(SipLeg { id: LegId(*self.last_leg), target, session: None });
        }
        let (from, max_forwards) = match self.call.near {
            Near::Client { .. } => (None, None),
            Near::Sip { max_forwards, .. } => (Some(self.call.remote.clone()), Some(max_forwards.saturating_sub(1))),
        };
        let Far::Sip { legs, .. } = &self.call.far else { return };
        for leg in legs {
            self.by_leg.insert(leg.id, self.call.id);
            self.effects.push_back(Effect::Sip(SipEffect::Invite {
                leg: leg.id,
                target: leg.target.clone(),
                from: from.clone(),
                max_forwards,
                sdp: sdp.clone(),
            }));
        }
    }

    fn progress(&mut self, session: SessionId, status: u16, sdp: Option<Bytes>) {
        if matches!(self.call.stage, Stage::Answering | Stage::Connected) || self.leg_of(session).is_none() {
            return;
        }
        match sdp {
            // The first of several targets that has a sound is heard.
            Some(sdp) if !self.call.has_early_media() => {
                if status == 180 && self.call.stage == Stage::Initiated {
                    self.set_stage(Stage::Alerting { early: false });
                }
                self.ask(Awaiting::Acceptance, MediaEffect::AcceptAnswer { side: Side::B, sdp });
            }
            _ if self.call.stage == Stage::Initiated && status != 100 => {
                // 181, 182 and a 183 without SDP say nothing of ringing; the person waits all the same.
                self.set_stage(Stage::Alerting { early: false });
                match self.call.near {
                    Near::Client { .. } => {
                        self.media_effect(MediaEffect::Play { side: Side::A, sound: Sound::Ringback });
                    }
                    Near::Sip { .. } => self.ring_near(180, None),
                }
                self.tell_clients();
            }
            _ => {}
        }
    }

    fn answered(&mut self, session: SessionId, sdp: Option<Bytes>, now: Instant) {
        let Some(winner) = self.leg_of(session) else { return };
        if matches!(self.call.stage, Stage::Answering | Stage::Connected) {
            // Another target was faster; this one is let go at once.
            self.effects.push_back(Effect::Sip(SipEffect::Hangup { session }));
            return;
        }
        let had_early_media = self.call.has_early_media();
        self.set_stage(Stage::Answering);
        if let Far::Sip { legs, answered, .. } = &mut self.call.far {
            *answered = Some(winner);
            for leg in legs.iter().filter(|leg| leg.id != winner) {
                if let Some(session) = leg.session {
                    self.effects.push_back(Effect::Sip(SipEffect::Hangup { session }));
                }
            }
        }
        match sdp {
            Some(sdp) => self.ask(Awaiting::Acceptance, MediaEffect::AcceptAnswer { side: Side::B, sdp }),
            None if had_early_media => self.accepted(now),
            None => self.end(EndCause::ours(CauseCode::NoCommonCodec)),
        }
    }

    /// The far side's description fits.
    fn accepted(&mut self, now: Instant) {
        match (&self.call.near, self.call.stage) {
            (Near::Client { .. }, Stage::Answering) => self.join(now),
            (Near::Client { .. }, _) => {
                self.set_stage(Stage::Alerting { early: true });
                self.play_both();
                self.tell_clients();
            }
            (Near::Sip { answer: None, .. }, _) => self.answer_near_offer(self.call.codec),
            (Near::Sip { .. }, _) => self.near_described(now),
        }
    }

    fn refused(&mut self, awaiting: Awaiting, cause: CauseCode) {
        match awaiting {
            Awaiting::BrowserAnswer if matches!(self.call.far, Far::Clients { .. }) => {
                // Another device may still take the call: it goes on ringing.
                if let Far::Clients { taker, .. } = &mut self.call.far
                    && let Some(Taker { client, request, .. }) = taker.take()
                {
                    let result = CommandResult::Error(cause);
                    self.effects.push_back(Effect::Reply { client, request, result });
                }
                self.set_stage(Stage::Alerting { early: false });
                self.tell_clients();
            }
            Awaiting::BrowserAnswer => {
                self.call.awaiting[0] = Some(Awaiting::BrowserAnswer);
                self.end(EndCause::ours(cause));
            }
            Awaiting::Renegotiation(session) => {
                let status = cause.sip_status();
                self.effects.push_back(Effect::Sip(SipEffect::RejectOffer { session, status }));
            }
            Awaiting::Offer | Awaiting::Answer | Awaiting::Acceptance | Awaiting::LateAcceptance => {
                self.end(EndCause::ours(cause))
            }
        }
    }

    fn renegotiate(&mut self, session: SessionId, side: Side, sdp: Option<Bytes>) {
        let group = match (side, &self.call.near, &self.call.far) {
            (Side::A, Near::Sip { group, .. }, _) => Some(*group),
            (Side::B, _, Far::Sip { legs, .. }) => {
                legs.iter().find(|leg| leg.session == Some(session)).map(|leg| leg.target.group)
            }
            _ => None,
        };
        let Some(group) = group.filter(|_| self.call.stage == Stage::Connected) else {
            self.effects.push_back(Effect::Sip(SipEffect::RejectOffer { session, status: 491 }));
            return;
        };
        let effect = match sdp {
            Some(sdp) => MediaEffect::AnswerOffer { side, group, expected: self.call.codec, sdp },
            None => MediaEffect::Describe { side },
        };
        self.ask(Awaiting::Renegotiation(session), effect);
    }

    fn leg_failed(&mut self, failed: LegId, cause: EndCause) {
        let Far::Sip { legs, answered, best } = &mut self.call.far else { return };
        if answered.is_some_and(|winner| winner != failed) {
            legs.retain(|leg| leg.id != failed);
            return;
        }
        legs.retain(|leg| leg.id != failed);
        self.by_leg.remove(&failed);
        // RFC 3261 16.7 step 6: a 6xx outranks everything, otherwise the lowest class wins.
        let rank = |cause: &EndCause| match cause.sip_status.unwrap_or(503) {
            status @ 600.. => status - 600,
            status => status,
        };
        if best.as_ref().is_none_or(|best| rank(&cause) < rank(best)) {
            *best = Some(cause);
        }
        if legs.is_empty() {
            let cause = best.take().unwrap_or(EndCause::ours(CauseCode::Refused));
            self.end(cause);
        }
    }

    /// The near side has our 200; where that had our offer, its answer comes now.
    fn confirmed(&mut self, sdp: Option<Bytes>) {
        let Near::Sip { offer, .. } = &self.call.near else { return };
        match sdp {
            Some(sdp) if offer.is_empty() => {
                self.ask(Awaiting::LateAcceptance, MediaEffect::AcceptAnswer { side: Side::A, sdp });
            }
            None if offer.is_empty() => self.end(EndCause::ours(CauseCode::NoCommonCodec)),
            _ => {}
        }
    }

    /// Both sides talk from now on.
    fn join(&mut self, now: Instant) {
        self.set_stage(Stage::Connected);
        self.call.connected = Some(now);
        let browser = self.call.active_client().is_some();
        // A browser that dialled had time to connect while it rang, but nothing says that it has.
        self.set_deadline(browser.then_some((now + MEDIA_LIMIT, CauseCode::MediaNotConnected)));
        self.play_both();
        if browser {
            self.media_effect(MediaEffect::Confirm);
        }
        self.tell_clients();
        self.tell_others();
    }

    fn answer_near_offer(&mut self, expected: Option<offhook_media::codec::Codec>) {
        let Near::Sip { group, offer, .. } = &self.call.near else { return };
        let (side, group) = (Side::A, *group);
        let effect = match offer.is_empty() {
            true => MediaEffect::Offer { side, group },
            false => MediaEffect::AnswerOffer { side, group, expected, sdp: offer.clone() },
        };
        self.ask(Awaiting::Answer, effect);
    }

    fn ring_near(&mut self, status: u16, sdp: Option<Bytes>) {
        let Near::Sip { session, ringing, .. } = &mut self.call.near else { return };
        if *ringing && sdp.is_none() {
            return;
        }
        *ringing = true;
        self.effects.push_back(Effect::Sip(SipEffect::Provisional { session: *session, status, sdp }));
    }

    fn play_both(&mut self) {
        self.media_effect(MediaEffect::Play { side: Side::A, sound: Sound::Peer });
        self.media_effect(MediaEffect::Play { side: Side::B, sound: Sound::Peer });
    }

    fn ask(&mut self, awaiting: Awaiting, effect: MediaEffect) {
        let side = match &effect {
            MediaEffect::AnswerBrowser { side, .. }
            | MediaEffect::Offer { side, .. }
            | MediaEffect::AnswerOffer { side, .. }
            | MediaEffect::Describe { side }
            | MediaEffect::AcceptAnswer { side, .. } => *side,
            MediaEffect::Play { .. } | MediaEffect::Digits { .. } | MediaEffect::Confirm | MediaEffect::Close => return,
        };
        self.call.awaiting[index(side)] = Some(awaiting);
        self.media_effect(effect);
    }

    fn media_effect(&mut self, effect: MediaEffect) {
        self.effects.push_back(Effect::Media { call: self.call.id, effect });
    }

    fn set_stage(&mut self, stage: Stage) {
        if self.call.stage != stage {
            debug!(call = %self.call.id, from = ?self.call.stage, to = ?stage, "call");
            self.call.stage = stage;
        }
    }

    fn set_deadline(&mut self, deadline: Option<(Instant, CauseCode)>) {
        self.call.deadline = deadline;
    }

    fn leg_of(&self, session: SessionId) -> Option<LegId> {
        let Far::Sip { legs, .. } = &self.call.far else { return None };
        legs.iter().find(|leg| leg.session == Some(session)).map(|leg| leg.id)
    }

    fn group_of_line(&self) -> Option<crate::ids::LineGroupId> {
        self.call.line().and_then(|line| self.directory.group_of(line))
    }

    fn tell_clients(&mut self) {
        let Some(line) = self.call.line() else { return };
        for (client, user) in self.clients.of(self.directory.users_of(line)) {
            if let Some(view) = view::of(self.call, self.directory, client, user) {
                self.effects.push_back(Effect::CallChanged { client, call: Box::new(view) });
            }
        }
    }

    /// Other people on the line, at whom the call rang until now, see it go.
    fn tell_others(&mut self) {
        let (Some(line), Far::Clients { .. }) = (self.call.line(), &self.call.far) else { return };
        for (client, user) in self.clients.of(self.directory.users_of(line)) {
            if self.call.active_user() != Some(user) {
                let view = CallView {
                    cause: Some(EndCause::ours(CauseCode::AnsweredElsewhere)),
                    ..view::base(self.call, line, ConnectionState::Null, ConnectionState::Null)
                };
                self.effects.push_back(Effect::CallChanged { client, call: Box::new(view) });
            }
        }
    }

    fn tell_end(&mut self, cause: &EndCause) {
        let Some(line) = self.call.line() else { return };
        let failed = matches!(self.call.near, Near::Client { .. })
            && self.call.stage != Stage::Connected
            && cause.code != CauseCode::Cancelled;
        let state = if failed { ConnectionState::Failed } else { ConnectionState::Null };
        for (client, user) in self.clients.of(self.directory.users_of(line)) {
            if self.call.active_user().is_none_or(|active| active == user) {
                let here = self.call.active_client() == Some(client);
                let view = CallView {
                    here,
                    cause: Some(cause.clone()),
                    ..view::base(self.call, line, state, ConnectionState::Null)
                };
                self.effects.push_back(Effect::CallChanged { client, call: Box::new(view) });
            }
        }
    }
}

/// The client that is to see a digit which arrived on this side.
pub(super) fn hears_digit(call: &Call, side: Side) -> Option<ClientId> {
    let from_pbx = match call.near {
        Near::Client { .. } => Side::B,
        Near::Sip { .. } => Side::A,
    };
    if side == from_pbx { call.active_client() } else { None }
}

/// The status a caller gets for a call that ended before it was answered.
fn refusal(cause: &EndCause) -> u16 {
    match cause.sip_status {
        Some(status @ 400..=699) => status,
        _ => match cause.code.sip_status() {
            status @ 400..=699 => status,
            _ => 480,
        },
    }
}

fn index(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}
