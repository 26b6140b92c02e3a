//! Carries out what the call machine asks for.

use std::time::Instant;

use offhook_media::codec::Codec;
use offhook_media::session::Side;
use offhook_sip::header::Name;
use offhook_sip::{Refer, ReferId, SessionId};
use tracing::debug;

use super::core::Core;
use super::role::Role;
use crate::call::cause::CauseCode;
use crate::call::effect::{Input, MediaEffect, MediaInput, SipEffect, SipInput, TargetUri};
use crate::capture::recorder::Owner;
use crate::ids::{CallId, LineGroupId};
use crate::log::Subject;

/// Seconds after which a peer may try again that was refused for overload (RFC 3261 20.33).
const OVERLOAD_RETRY: u32 = 5;
/// What a caller is told who should be sent elsewhere, and nobody knows where to.
const NO_CONTACT: u16 = 480;
/// What a transfer comes to that cannot be asked for: the session is not answered, or ending.
const NO_REFER: u16 = 481;
/// What a transfer comes to of which nobody says how it ended.
pub(super) const REFER_UNKNOWN: u16 = 408;

impl<R: Role> Core<R> {
    pub(super) fn perform_sip(&mut self, effect: SipEffect, now: Instant) {
        if let SipEffect::Hangup { session, .. } = &effect {
            self.referring.remove(session);
        }
        let Some(effect) = effect.perform(&mut self.endpoint, now) else { return };
        match effect {
            SipEffect::Invite { leg, target, from, max_forwards, mut headers, sdp } => {
                headers.extend(max_forwards.map(|hops| (Name::MaxForwards, hops.to_string())));
                let bound = match &target.uri {
                    TargetUri::Number(number) => self.role.bound(target.group, number, now),
                    TargetUri::Uri(_) => None,
                };
                let call = self.calls.call_of_leg(leg);
                match self.groups.account_for(&target, from.as_ref(), bound) {
                    Ok((account, uri)) => {
                        let session = self.invite(leg, account, uri, headers, sdp, now);
                        if let (Some(call), Some(call_id)) = (call, self.endpoint.call_id(session)) {
                            let owner = Owner { group: Some(target.group), line: target.line };
                            self.recorder.belongs(call_id, call, owner, now);
                        }
                    }
                    Err(cause) => {
                        if let Some(call) = call {
                            self.note_unreachable(call, target.group, cause, now);
                        }
                        self.calls.handle(Input::Invited { leg, session: Err(cause) }, now);
                    }
                }
            }
            SipEffect::Reject { session, status } => {
                let later = (status == CauseCode::Overloaded.sip_status() && self.media.is_overloaded())
                    .then(|| (Name::RetryAfter, OVERLOAD_RETRY.to_string()));
                self.endpoint.reject(session, status, None, later.into_iter().collect(), now);
            }
            SipEffect::Refer { session, to, replaces } => {
                let is_asked = self.refer(session, to.as_ref(), replaces, now);
                if !is_asked {
                    let event = SipInput::Referred { status: NO_REFER };
                    self.calls.handle(Input::Sip { session, event }, now);
                }
            }
            SipEffect::Redirect { session, group, to, mut headers } => {
                let contacts = self.groups.contacts(group, &to);
                let status = if contacts.is_empty() { NO_CONTACT } else { 302 };
                headers.extend(contacts.into_iter().map(|contact| (Name::Contact, contact)));
                self.endpoint.reject(session, status, None, headers, now);
            }
            // The endpoint alone has done those.
            _ => {}
        }
    }

    /// Asks the other end of a session to call somebody. False where that cannot be asked.
    fn refer(&mut self, session: SessionId, to: Option<&TargetUri>, replaces: Option<SessionId>, now: Instant) -> bool {
        let Some((group, line)) = self.calls.place_at(session) else { return false };
        let (target, replaces) = match replaces {
            // RFC 3891 9: to where its other end is reached.
            Some(replaces) => (self.endpoint.remote_target(replaces), Some(self.endpoint.replaces_of(replaces))),
            None => (to.and_then(|to| self.groups.uri(group, to)), None),
        };
        let (Some(target), None | Some(Some(_))) = (target, &replaces) else { return false };
        let referred_by = line.and_then(|line| self.groups.identity(line));
        let refer = Refer { target, replaces: replaces.flatten(), referred_by, notify: true };
        let id = self.endpoint.refer(session, &refer, now);
        self.referring.extend(id.map(|id| (session, id)));
        id.is_some()
    }

    /// How a transfer goes that was asked for; nothing is told after a final status.
    pub(super) fn referred(&mut self, session: SessionId, id: ReferId, status: u16, now: Instant) {
        if self.referring.get(&session) == Some(&id) {
            if status >= 200 {
                self.referring.remove(&session);
            }
            self.calls.handle(Input::Sip { session, event: SipInput::Referred { status } }, now);
        }
    }

    pub(super) fn perform_media(&mut self, call: CallId, effect: MediaEffect, now: Instant) {
        let user = self.calls.client_at(call).map(|(_, user)| user);
        let line = self.recorder.owners(call).iter().find_map(|owner| owner.line);
        let _at_work = Subject { call: Some(call), line, user }.at_work();
        let (side, result) = match effect {
            MediaEffect::AnswerBrowser { side, sdp, expected } => {
                let answer = self.media.answer_browser(call, side, &sdp, expected);
                (side, answer.map(|sdp| (sdp, None)))
            }
            // The leg lives with a worker, which answers.
            MediaEffect::RestartBrowser { side, sdp } => match self.media.restart_browser(call, side, sdp) {
                Some(answer) => (side, answer.map(|sdp| (sdp, None))),
                None => return,
            },
            MediaEffect::Offer { side, group } => (side, self.offer(call, side, group, now).map(|sdp| (sdp, None))),
            MediaEffect::AnswerOffer { side, group, expected, sdp } => {
                let answer = match self.groups.local_audio(group) {
                    Some((local, audio)) => self.media.answer_offer(call, side, local, &audio, expected, &sdp),
                    None => Err(CauseCode::PbxUnreachable),
                };
                if answer.is_ok() {
                    self.secured(call, side, now);
                }
                (side, answer.map(|(sdp, codec)| (sdp, Some(codec))))
            }
            MediaEffect::Describe { side } => (side, self.media.describe(call, side).map(|sdp| (sdp, None))),
            MediaEffect::AcceptAnswer { side, sdp } => {
                let accepted = self.media.accept_answer(call, side, &sdp);
                return self.accepted(call, side, accepted, now);
            }
            MediaEffect::OfferNext { side, group } => {
                let offer = match self.groups.local_audio(group) {
                    Some((local, audio)) => self.media.offer_next(call, side, local, &audio),
                    None => Err(CauseCode::PbxUnreachable),
                };
                (side, offer.map(|sdp| (sdp, None)))
            }
            MediaEffect::AcceptNext { side, sdp } => {
                let accepted = self.media.accept_next(call, side, &sdp);
                return self.accepted(call, side, accepted, now);
            }
            MediaEffect::Reoffer { side, wanted } => {
                (side, self.media.reoffer(call, side, wanted).map(|sdp| (sdp, None)))
            }
            MediaEffect::Take { side, from, from_side } => {
                self.recorder.joined(call, from);
                self.media.take(call, side, from, from_side);
                return self.secured(call, side, now);
            }
            MediaEffect::Release { side } => return self.media.release(call, side),
            MediaEffect::DropNext => return self.media.drop_next(call),
            MediaEffect::Play { side, sound } => return self.media.play(call, side, sound),
            MediaEffect::Digits { side, digits, secret } => {
                let noted = if secret { "*".repeat(digits.chars().count()) } else { digits.clone() };
                self.note_digits(call, side, &noted, now);
                return self.media.digits(call, side, digits);
            }
            MediaEffect::ReceiveDigit { side, digit } => return self.media.receive_digit(call, side, digit),
            MediaEffect::Record => return self.media.record_call(call),
            MediaEffect::Confirm => return self.media.confirm(call),
            MediaEffect::Expect => return self.media.expect(call),
            MediaEffect::Close => {
                if !self.media.close(call) {
                    self.media_ended(call, now);
                }
                return;
            }
        };
        if let Err(cause) = &result {
            debug!(%call, ?side, cause = cause.code(), "media refused");
        }
        self.media_result(call, side, result, now);
    }

    fn accepted(&mut self, call: CallId, side: Side, accepted: Result<Codec, CauseCode>, now: Instant) {
        let event = match accepted {
            Ok(codec) => {
                self.secured(call, side, now);
                MediaInput::Accepted { codec, held: self.media.is_held(call, side) }
            }
            Err(cause) => MediaInput::Refused { cause },
        };
        self.media_input(call, side, event, now);
    }

    /// Says how the audio of a side is encrypted.
    fn secured(&mut self, call: CallId, side: Side, now: Instant) {
        if let Some(security) = self.media.security(call, side) {
            self.media_input(call, side, MediaInput::Secured { security }, now);
        }
    }

    fn offer(&mut self, call: CallId, side: Side, group: LineGroupId, now: Instant) -> Result<bytes::Bytes, CauseCode> {
        let (local, audio) = self.groups.local_audio(group).ok_or(CauseCode::PbxUnreachable)?;
        if audio.demands_encryption() {
            self.media_input(call, side, MediaInput::EncryptionDemanded, now);
        }
        self.media.offer(call, side, local, &audio)
    }
}
