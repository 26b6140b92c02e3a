//! How a call moves on. Every transition is here; the effects leave in the order they must be done.

mod after;
mod divert;
mod end;
mod hold;
mod incoming;
mod number;
mod outgoing;
mod redirect;
pub(super) mod seat;
mod transfer;

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use offhook_media::session::Side;
use offhook_sip::SessionId;
use rustc_hash::FxHashMap;

use super::cause::CauseCode;
use super::desk::{Errand, test_call};
use super::directory::Directory;
use super::divert::Sent;
use super::dtmf::{self, Digit};
use super::effect::{CommandResult, Effect, MediaEffect, MediaInput, SipEffect, SipInput, Sound};
use super::record;
use super::settings::LineSettings;
use super::state::{
    Awaiting, Call, Far, Near, NearSip, Newcomer, Silence, Stage, Successor, Taker, TransferStep, Vacancy,
};
use super::view::EndCause;
use super::{Clients, MEDIA_LIMIT, RECOVERY_LIMIT, headers};
use crate::ids::{CallId, ClientId, LegId, LineGroupId};
use crate::numbers::Moment;
use crate::rights::RightsTable;

/// One call in motion.
pub(super) struct Flow<'a> {
    pub(super) call: &'a mut Call,
    pub(super) directory: &'a Directory,
    pub(super) clients: &'a Clients,
    pub(super) settings: &'a [LineSettings],
    pub(super) rights: &'a RightsTable,
    pub(super) effects: &'a mut VecDeque<Effect>,
    pub(super) errands: &'a mut VecDeque<Errand>,
    pub(super) by_leg: &'a mut FxHashMap<LegId, CallId>,
    pub(super) by_session: &'a mut FxHashMap<SessionId, CallId>,
    pub(super) last_leg: &'a mut u64,
    pub(super) now: Instant,
    /// What time it is at the locations.
    pub(super) moment: Moment,
    pub(super) ended: bool,
}

impl Flow<'_> {
    /// Something happened in one of the call's SIP sessions.
    pub(super) fn sip(&mut self, session: SessionId, event: SipInput, now: Instant) {
        let event = self.fitting(session, event);
        let event = match self.takeover_event(session, event, now) {
            Some(event) => event,
            None => return,
        };
        let side = match &self.call.near {
            Near::Sip(near) if near.session == session => Side::A,
            _ => Side::B,
        };
        match event {
            SipInput::Progress { status, sdp, fork, headers } => self.progress(session, status, sdp, fork, headers),
            SipInput::Answered { abilities, sdp, headers } => self.answered(session, abilities, sdp, headers, now),
            SipInput::Rejected { status, reason, from_network, redirect } => {
                let code = match status {
                    408 if !from_network => CauseCode::PbxNotAnswering,
                    503 if !from_network => CauseCode::PbxUnreachable,
                    415 | 488 | 606 if self.call.demands_encryption => CauseCode::SrtpRefused,
                    _ => CauseCode::of_call_response(status),
                };
                let detail = (from_network && !reason.is_empty()).then_some(reason);
                let cause = EndCause { code, sip_status: Some(status), detail };
                if let Some(leg) = self.leg_of(session) {
                    self.leg_failed(leg, cause, redirect);
                }
            }
            SipInput::Confirmed { sdp } => {
                self.confirmed(side, sdp);
                self.send_on();
            }
            SipInput::OfferAnswered { sdp } if self.is_side(session) => {
                if !self.offer_answered(side, sdp.clone())
                    && let Some(sdp) = sdp
                {
                    self.ask(Awaiting::LateAcceptance, MediaEffect::AcceptAnswer { side, sdp });
                }
            }
            SipInput::OfferRejected { .. } if self.is_side(session) => self.offer_done(side, false),
            SipInput::OfferAnswered { .. } | SipInput::OfferRejected { .. } => self.ignored("an offer's outcome"),
            SipInput::Referred { status } if matches!(self.call.trail.sent, Some(Sent::Asked { .. })) => {
                self.sent(Some(status));
            }
            SipInput::Referred { status } => self.refer_progress(session, status),
            SipInput::Cancelled { reason } => {
                let code = headers::cancelled(reason.as_deref());
                self.finish(Some(side), EndCause::ours(code), headers::reason(reason));
            }
            SipInput::Ended { broken, reason } => {
                // Whose place with us was taken hangs up, often before we are told of it (RFC 5589 7.3).
                let wanted = self.call.transfer.as_ref().map(|transfer| transfer.way);
                let code = match wanted {
                    _ if broken => CauseCode::SessionLost,
                    Some(TransferStep::Wanted { .. }) => CauseCode::Transferred,
                    _ => CauseCode::NormalClearing,
                };
                self.finish(Some(side), EndCause::ours(code), headers::reason(reason));
            }
            SipInput::Digit(digit) => {
                if self.is_side(session) {
                    self.media_effect(MediaEffect::ReceiveDigit { side, digit });
                }
            }
            SipInput::Offer { sdp } => self.renegotiate(session, sdp),
            SipInput::Refer { refer, target, replaces, referred_by } => {
                self.refer(session, refer, &target, replaces, referred_by, now);
            }
        }
    }

    /// However the endpoint names the end of a session, it is one that fits what the session is to the call.
    fn fitting(&self, session: SessionId, event: SipInput) -> SipInput {
        let rings = self.call.session_at(Side::B) != Some(session) && self.leg_of(session).is_some();
        let comes = self.call.takeover.as_ref().is_some_and(|takeover| match &takeover.new {
            Newcomer::Invited { leg, .. } => leg.session == Some(session),
            Newcomer::Came { .. } => false,
        });
        let cancellable =
            matches!(self.call.near, Near::Sip(ref near) if near.session == session) && !self.call.is_answered(Side::A);
        match event {
            SipInput::Ended { .. } | SipInput::Cancelled { .. } if rings || comes => {
                SipInput::Rejected { status: 487, reason: String::new(), from_network: true, redirect: None }
            }
            SipInput::Rejected { .. } if !rings && !comes => SipInput::Ended { broken: true, reason: None },
            SipInput::Cancelled { reason } if !cancellable => SipInput::Ended { broken: false, reason },
            event => event,
        }
    }

    /// The media side answered a question, or has news.
    pub(super) fn media(&mut self, side: Side, event: MediaInput, now: Instant) {
        match event {
            MediaInput::Described { sdp, codec, held } => {
                let Some(awaiting) = self.call.awaiting[index(side)].pop_front() else {
                    return self.ignored("a description");
                };
                let browsers = matches!(awaiting, Awaiting::BrowserAnswer | Awaiting::Successor);
                if let (Some(codec), false) = (codec, browsers) {
                    self.call.codec = Some(codec);
                }
                if matches!(awaiting, Awaiting::Renegotiation(session) if self.is_side(session)) {
                    self.hold(side, held);
                    self.asked_anew(side);
                }
                self.described(side, awaiting, sdp, now);
                self.reoffer();
            }
            MediaInput::Accepted { codec, held } => {
                let awaiting = self.call.awaiting[index(side)].pop_front();
                self.call.codec = Some(codec);
                if let Some(Awaiting::ReofferAcceptance | Awaiting::LateAcceptance) = awaiting {
                    self.hold(side, held);
                }
                match awaiting {
                    Some(Awaiting::Acceptance) => self.accepted(now),
                    Some(Awaiting::NextAcceptance) => self.next_accepted(now),
                    Some(Awaiting::ReofferAcceptance) => self.offer_done(side, true),
                    _ => self.tell_clients(),
                }
                self.reoffer();
            }
            // The clients learn of it with what follows: the description or the acceptance.
            MediaInput::Secured { security } => self.call.security = Some(security),
            MediaInput::EncryptionDemanded => self.call.demands_encryption = true,
            MediaInput::Refused { cause } => {
                let Some(awaiting) = self.call.awaiting[index(side)].pop_front() else {
                    return self.ignored("a refusal");
                };
                self.refused(side, awaiting, cause);
                self.reoffer();
            }
            MediaInput::Connected => {
                if self.call.stage == Stage::Connected && self.has_browser(side) {
                    self.set_deadline(None);
                }
            }
            // A laptop that changes networks comes back with another path.
            MediaInput::Lost { cause: CauseCode::ClientLost }
                if self.call.stage == Stage::Connected && self.has_browser(side) =>
            {
                self.set_deadline(Some((now + RECOVERY_LIMIT, CauseCode::ClientLost)));
            }
            // Nobody talks yet: a page that is loaded anew comes back while it rings, and one that does not takes the
            // call with it.
            MediaInput::Lost { cause: CauseCode::ClientLost } if self.has_browser(side) => {
                self.ignored("a lost browser");
            }
            // The user has left, and its browser with it.
            MediaInput::Lost { .. } if self.call.vacancy.is_some() && side == self.call.browser_side() => {}
            MediaInput::Lost { cause } => self.end(EndCause::ours(cause)),
            MediaInput::Signal(digit) => self.signal(side, digit),
            MediaInput::Silent { from, never } => {
                self.call.silence[index(side)] = Some(Silence { from });
                let party = record::of(self.call).parties[index(side)];
                note!(warn, self.call, ?party, ?from, never, "no audio arrives");
                self.tell_clients();
            }
            MediaInput::Heard => {
                if self.call.silence[index(side)].take().is_some() {
                    note!(info, self.call, ?side, "audio arrives again");
                    self.tell_clients();
                }
            }
            // The person must not be told of a recording that is none.
            MediaInput::RecordingFailed { .. } => {
                self.call.recorded = false;
                self.tell_clients();
            }
            MediaInput::Digit { .. }
            | MediaInput::OtherSource { .. }
            | MediaInput::Recorded { .. }
            | MediaInput::LegEnded { .. }
            | MediaInput::Ended => {}
        }
    }

    /// Tells a side of a digit by INFO, once it can take requests.
    fn signal(&mut self, side: Side, digit: Digit) {
        let established = self.call.stage == Stage::Connected;
        if let Some(session) = self.call.session_at(side).filter(|_| established) {
            let effect = SipEffect::Info { session, content_type: dtmf::RELAY, body: digit.write() };
            self.effects.push_back(Effect::Sip(effect));
        }
    }

    /// The time of `at` has come.
    pub(super) fn deadline(&mut self, at: Instant) {
        if let Some((session, _)) = self.call.leaving.take_if(|(_, due)| *due <= at) {
            self.hang_up(session, None);
        }
        if self.call.takeover.as_ref().is_some_and(|takeover| takeover.until <= at) {
            self.takeover_failed(CauseCode::NoAnswer.sip_status());
        }
        if let Some(transfer) = &mut self.call.transfer
            && transfer.until.take_if(|until| *until <= at).is_some()
        {
            self.errands.push_back(Errand::Referred { call: self.call.id, status: None });
        }
        if let Some(Vacancy::Parked { until, .. }) = &self.call.vacancy
            && *until <= at
        {
            self.recall();
        }
        if let Some(Vacancy::Test { tone_until }) = &mut self.call.vacancy
            && tone_until.take_if(|until| *until <= at).is_some()
        {
            self.listen();
        }
        if self.call.trail.until.take_if(|due| *due <= at).is_some() {
            self.rung();
        }
        if self.call.then_at.take_if(|due| *due <= at).is_some() {
            self.after_answer();
        }
        if let Some((_, cause)) = self.call.deadline.take_if(|(due, _)| *due <= at) {
            self.end(EndCause::ours(cause));
        }
    }

    /// The other end of a side holds the call, or talks again: who waits meanwhile hears music.
    pub(super) fn hold(&mut self, side: Side, held: bool) {
        if std::mem::replace(&mut self.call.held[index(side)], held) != held {
            self.listen();
            self.tell_clients();
        }
    }

    fn described(&mut self, side: Side, awaiting: Awaiting, sdp: Bytes, now: Instant) {
        match awaiting {
            Awaiting::BrowserAnswer => self.browser_described(side, sdp, now),
            Awaiting::BrowserRestart(client, request) => {
                let sdp = String::from_utf8_lossy(&sdp).into_owned();
                let result = CommandResult::Media { call: self.call.id, sdp };
                self.effects.push_back(Effect::Reply { client, request, result });
            }
            Awaiting::Offer => self.invite_all(sdp),
            Awaiting::Answer => {
                if let Near::Sip(near) = &mut self.call.near {
                    near.answer = Some(sdp);
                }
                self.near_described(now);
            }
            // Somebody else may have its side by now.
            Awaiting::Renegotiation(session) if !self.is_side(session) => self.ignored("a description"),
            Awaiting::Renegotiation(session) => {
                self.effects.push_back(Effect::Sip(SipEffect::AnswerOffer { session, sdp }));
                self.tell_clients();
            }
            Awaiting::NextOffer => self.invite_next(sdp),
            Awaiting::Newcomer => self.welcome(sdp),
            Awaiting::Reoffer(session) => self.reoffered(side, session, sdp),
            Awaiting::Successor => self.succeeded(side, sdp),
            Awaiting::Acceptance
            | Awaiting::LateAcceptance
            | Awaiting::NextAcceptance
            | Awaiting::ReofferAcceptance => self.ignored("a description"),
        }
    }

    fn browser_described(&mut self, side: Side, sdp: Bytes, now: Instant) {
        let sdp = String::from_utf8_lossy(&sdp).into_owned();
        let call = self.call.id;
        match (side, &self.call.near, &self.call.far) {
            (Side::A, Near::Client { client, request, .. }, _) => {
                let result = CommandResult::Media { call, sdp };
                let client = *client;
                self.effects.push_back(Effect::Reply { client, request: *request, result });
                self.errands.push_back(Errand::Focus { client, call });
                self.tell_clients();
                self.offer_far();
            }
            (
                Side::B,
                Near::Sip(NearSip { session, answer: Some(answer), .. }),
                Far::Clients { taker: Some(taker), .. },
            ) => {
                let result = CommandResult::Media { call, sdp };
                let (session, answer, client) = (*session, answer.clone(), taker.client);
                self.effects.push_back(Effect::Reply { client, request: taker.request, result });
                self.errands.push_back(Errand::Focus { client, call });
                self.answer_with(session, Vec::new(), answer);
                self.join(now);
            }
            _ => {}
        }
    }

    fn refused(&mut self, side: Side, awaiting: Awaiting, cause: CauseCode) {
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
                self.put_back();
                self.tell_clients();
            }
            Awaiting::BrowserAnswer => {
                self.call.awaiting[0].push_front(Awaiting::BrowserAnswer);
                self.end(EndCause::ours(cause));
            }
            Awaiting::BrowserRestart(client, request) => {
                let result = CommandResult::Error(cause);
                self.effects.push_back(Effect::Reply { client, request, result });
            }
            Awaiting::Renegotiation(session) if !self.is_side(session) => self.ignored("a refusal"),
            Awaiting::Renegotiation(session) => {
                let status = cause.sip_status();
                self.effects.push_back(Effect::Sip(SipEffect::RejectOffer { session, status }));
            }
            // A sound before the answer can be done without.
            Awaiting::Acceptance if self.call.stage != Stage::Answering => self.unheard(),
            Awaiting::NextOffer | Awaiting::NextAcceptance | Awaiting::Newcomer => {
                self.takeover_failed(cause.sip_status());
            }
            Awaiting::Reoffer(_) | Awaiting::ReofferAcceptance => self.offer_done(side, false),
            Awaiting::Successor => {
                if let Some(Successor { client, request, .. }) = self.take_successor() {
                    let result = CommandResult::Error(cause);
                    self.effects.push_back(Effect::Reply { client, request, result });
                }
                self.tell_clients();
            }
            Awaiting::Offer | Awaiting::Answer | Awaiting::Acceptance | Awaiting::LateAcceptance => {
                self.end(EndCause::ours(cause))
            }
        }
    }

    /// A new offer within a session: each side agrees with our media server on its own, whatever the other does.
    fn renegotiate(&mut self, session: SessionId, sdp: Option<Bytes>) {
        // Two offers must not cross (RFC 3261 14.2).
        let free = |side: &Side| self.call.is_answered(*side) && self.call.told[index(*side)].under_way.is_none();
        let side = self.call.side_of(session).filter(free);
        let place = side.and_then(|side| Some((side, self.call.place(side)?)));
        let Some((side, (group, _))) = place else {
            self.effects.push_back(Effect::Sip(SipEffect::RejectOffer { session, status: 491 }));
            return;
        };
        let effect = match sdp {
            Some(sdp) => MediaEffect::AnswerOffer { side, group, expected: self.call.codec, sdp },
            None => MediaEffect::Describe { side },
        };
        self.ask(Awaiting::Renegotiation(session), effect);
    }

    /// Both sides talk from now on.
    fn join(&mut self, now: Instant) {
        self.set_stage(Stage::Connected);
        self.call.trail.until = None;
        self.call.connected = Some(now);
        let browser = self.call.active_client().is_some();
        // A browser that dialled had time to connect while it rang, but nothing says that it has.
        self.set_deadline(browser.then_some((now + MEDIA_LIMIT, CauseCode::MediaNotConnected)));
        match &mut self.call.vacancy {
            Some(Vacancy::Target { .. } | Vacancy::Office { .. }) => return self.after_answer(),
            Some(Vacancy::Test { tone_until }) => {
                *tone_until = Some(now + test_call::TONE);
                self.set_deadline(Some((now + test_call::LASTS, CauseCode::NormalClearing)));
            }
            _ => {}
        }
        self.listen_anew();
        self.record();
        self.media_effect(MediaEffect::Expect);
        self.after_answer();
        if browser {
            self.media_effect(MediaEffect::Confirm);
        }
        self.tell_clients();
        self.tell_others();
        // A caller who waited on hold and did not take it back then must not stay so.
        self.ask_anew();
        self.reoffer();
    }

    /// Records the call from now on, where a side's connection wants that.
    pub(super) fn record(&mut self) {
        if !self.call.recorded && [Side::A, Side::B].into_iter().any(|side| self.is_recorded(side)) {
            self.call.recorded = true;
            self.media_effect(MediaEffect::Record);
        }
    }

    /// Whether calls over a side's connection are recorded.
    fn is_recorded(&self, side: Side) -> bool {
        self.call.place(side).is_some_and(|(group, _)| self.directory.records(group))
    }

    /// Whoever has a side hears this; a user that is not there, or holds the call, hears nothing.
    fn play(&mut self, side: Side, sound: Sound) {
        let users = self.call.line().is_some() && side == self.call.browser_side();
        let sound = match users && self.call.on_hold {
            true => Sound::Silence,
            false => sound,
        };
        if users && self.call.vacancy.is_some() {
            return;
        }
        self.call.hears[index(side)] = sound;
        self.media_effect(MediaEffect::Play { side, sound });
    }

    fn play_both(&mut self) {
        self.play(Side::A, Sound::Peer);
        self.play(Side::B, Sound::Peer);
    }

    fn ask(&mut self, awaiting: Awaiting, effect: MediaEffect) {
        let side = match &effect {
            MediaEffect::AnswerBrowser { side, .. }
            | MediaEffect::RestartBrowser { side, .. }
            | MediaEffect::Offer { side, .. }
            | MediaEffect::AnswerOffer { side, .. }
            | MediaEffect::Describe { side }
            | MediaEffect::AcceptAnswer { side, .. }
            | MediaEffect::OfferNext { side, .. }
            | MediaEffect::Reoffer { side, .. }
            | MediaEffect::AcceptNext { side, .. } => *side,
            MediaEffect::DropNext
            | MediaEffect::Take { .. }
            | MediaEffect::Release { .. }
            | MediaEffect::Play { .. }
            | MediaEffect::Digits { .. }
            | MediaEffect::ReceiveDigit { .. }
            | MediaEffect::Record
            | MediaEffect::Confirm
            | MediaEffect::Expect
            | MediaEffect::Close => return,
        };
        self.call.awaiting[index(side)].push_back(awaiting);
        self.media_effect(effect);
    }

    fn media_effect(&mut self, effect: MediaEffect) {
        self.effects.push_back(Effect::Media { call: self.call.id, effect });
    }

    /// Ends one session; nothing more comes of it.
    fn hang_up(&mut self, session: SessionId, reason: Option<&str>) {
        self.by_session.remove(&session);
        let reason = reason.map(str::to_owned);
        self.effects.push_back(Effect::Sip(SipEffect::Hangup { session, reason }));
    }

    fn set_stage(&mut self, stage: Stage) {
        if self.call.stage != stage {
            note!(debug, self.call, from = ?self.call.stage, to = ?stage, "call");
            self.call.stage = stage;
        }
    }

    fn set_deadline(&mut self, deadline: Option<(Instant, CauseCode)>) {
        self.call.deadline = deadline;
    }

    fn leg_of(&self, session: SessionId) -> Option<LegId> {
        self.call.legs().find(|leg| leg.session == Some(session)).map(|leg| leg.id)
    }

    fn group_of_line(&self) -> Option<LineGroupId> {
        self.call.line().and_then(|line| self.directory.group_of(line))
    }

    /// The clients are told when all that follows has been done.
    fn tell_clients(&mut self) {
        self.call.changed = true;
    }

    /// Whether a session is a side of the call, and not over.
    fn is_side(&self, session: SessionId) -> bool {
        self.by_session.contains_key(&session) && self.call.side_of(session).is_some()
    }

    /// Whether a side is the browser of somebody.
    fn has_browser(&self, side: Side) -> bool {
        self.call.active_client().is_some() && side == self.call.browser_side()
    }

    /// Notes what came and does not fit.
    fn ignored(&self, what: &str) {
        note!(debug, self.call, stage = ?self.call.stage, what, "ignored");
    }
}

/// The client that is to see a digit which arrived on this side.
pub(super) fn hears_digit(call: &Call, side: Side) -> Option<ClientId> {
    if side != call.browser_side() { call.active_client() } else { None }
}

fn index(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}
