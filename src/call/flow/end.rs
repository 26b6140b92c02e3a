//! The end of a call, and of the parts that somebody goes away from.

use std::time::Instant;

use offhook_media::session::Side;

use super::super::cause::CauseCode;
use super::super::effect::{CommandResult, Effect, MediaEffect, SipEffect};
use super::super::headers;
use super::super::record::{self, CallRecord};
use super::super::state::{Awaiting, Far, Near, Newcomer, Stage};
use super::super::view::{self, CallView, ConnectionState, EndCause};
use super::Flow;
use crate::ids::{ClientId, LineId, UserId};

impl Flow<'_> {
    /// A client ends the call; one that still rings is declined.
    pub(in crate::call) fn clear(&mut self) -> Result<(), CauseCode> {
        if self.call.rings_at_clients() {
            return self.decline(CauseCode::Declined);
        }
        let code = match (&self.call.near, self.call.stage) {
            (_, Stage::Connected) | (Near::Sip(_), _) => CauseCode::NormalClearing,
            _ => CauseCode::Cancelled,
        };
        self.end(EndCause::ours(code));
        Ok(())
    }

    /// A client at which the call rings, or that is about to take it, is gone for good.
    pub(in crate::call) fn client_gone(&mut self, client: ClientId) {
        if self.call.vacancy.is_some() {
            // Somebody else may still come for it.
            if self.call.successor().is_some_and(|successor| successor.client == client) {
                self.take_successor();
                self.tell_clients();
            }
        } else if self.call.rings_at_clients() {
            let nobody = self.call.line().is_none_or(|line| !self.clients.any_of(self.directory.users_of(line)));
            if nobody {
                self.arrive(false);
            }
        }
    }

    /// Ends the call on all sides.
    pub(in crate::call) fn end(&mut self, cause: EndCause) {
        self.finish(None, cause, None);
    }

    /// Ends the call on all sides but the one where it has ended already; `reason` is what that one said (RFC 3326).
    pub(super) fn finish(&mut self, gone: Option<Side>, cause: EndCause, reason: Option<String>) {
        if self.ended {
            return;
        }
        let was = self.call.stage;
        note!(debug, self.call, ?was, code = cause.code.code(), "call ended");
        let pending = self.call.awaiting.iter().flatten();
        let mut asked: Vec<_> = pending
            .filter_map(|awaiting| match awaiting {
                Awaiting::BrowserRestart(client, request) => Some((*client, *request)),
                _ => None,
            })
            .collect();
        asked.extend(self.take_successor().map(|successor| (successor.client, successor.request)));
        for (client, request) in asked {
            {
                let result = CommandResult::Error(cause.code);
                self.effects.push_back(Effect::Reply { client, request, result });
            }
        }
        // Who asked for a transfer need not have waited for it.
        let left = self.call.takeover.as_ref().filter(|takeover| takeover.old.is_none()).map(|takeover| takeover.side);
        let gone_from = |side| gone == Some(side) || left == Some(side);
        match &self.call.near {
            Near::Client { client, request, .. } => {
                if self.call.awaiting[0].contains(&Awaiting::BrowserAnswer) {
                    let result = CommandResult::Error(cause.code);
                    self.effects.push_back(Effect::Reply { client: *client, request: *request, result });
                }
            }
            Near::Sip(near) if !gone_from(Side::A) => {
                let session = near.session;
                // Whom we have answered to forward the call hears why that failed, as it would have before the answer.
                let late = self.call.trail.sent.is_some() && self.call.connected.is_none();
                let failed = late.then(|| headers::failure(cause.sip_status.unwrap_or(cause.code.sip_status())));
                self.effects.push_back(Effect::Sip(if self.call.is_answered(Side::A) {
                    SipEffect::Hangup { session, reason: reason.clone().or(failed.flatten()) }
                } else {
                    SipEffect::Reject { session, status: refusal(&cause) }
                }));
            }
            Near::Sip(_) => {}
        }
        match &self.call.far {
            Far::Sip(far) => {
                for leg in &far.legs {
                    let over = gone_from(Side::B) && (far.answered.is_none() || far.answered == Some(leg.id));
                    if let (Some(session), false) = (leg.session, over) {
                        let reason = reason.clone();
                        self.effects.push_back(Effect::Sip(SipEffect::Hangup { session, reason }));
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
        self.end_takeover();
        let record = CallRecord { cause: Some(cause.clone()), ..record::of(self.call) };
        self.effects.push_back(Effect::Ended(Box::new(record)));
        self.media_effect(MediaEffect::Close);
        self.ended = true;
        self.tell_end(&cause);
        self.call.trouble = Some(cause);
    }

    /// The call as it is shown to a user whose client it leaves.
    pub(super) fn view(&self, line: LineId, user: UserId, state: ConnectionState) -> CallView {
        view::base(self.call, (line, user), self.directory, self.rights, (state, ConnectionState::Null))
    }

    /// Other people on the line, at whom the call rang until now, see it go.
    pub(super) fn tell_others(&mut self) {
        let (Some(line), Far::Clients { .. }) = (self.call.shown_at(), &self.call.far) else { return };
        for (client, user) in self.clients.told(&self.directory.concerned(line, self.call.active_user())) {
            if self.call.is_for(user) && self.call.active_user() != Some(user) {
                let view = CallView {
                    cause: Some(EndCause::ours(CauseCode::AnsweredElsewhere)),
                    ..self.view(line, user, ConnectionState::Null)
                };
                self.effects.push_back(Effect::CallChanged { client, call: Box::new(view) });
            }
        }
    }

    /// Lets go of whoever was to come into the call, and of whoever was about to leave.
    fn end_takeover(&mut self) {
        let leaving = self.call.leaving.map(|(session, _): (_, Instant)| session);
        let mut newcomer = None;
        if let Some(takeover) = &self.call.takeover {
            newcomer = match &takeover.new {
                Newcomer::Invited { leg, .. } => {
                    self.by_leg.remove(&leg.id);
                    leg.session
                }
                Newcomer::Came { session, .. } => Some(*session),
            };
        }
        for session in leaving.into_iter().chain(newcomer) {
            self.hang_up(session, None);
        }
    }

    fn tell_end(&mut self, cause: &EndCause) {
        let Some(line) = self.call.shown_at() else { return };
        let failed = matches!(self.call.near, Near::Client { .. })
            && self.call.stage != Stage::Connected
            && cause.code != CauseCode::Cancelled;
        let state = if failed { ConnectionState::Failed } else { ConnectionState::Null };
        // Until somebody has it, it is everybody's.
        let open = self.call.stage == Stage::Answering && matches!(self.call.far, Far::Clients { .. });
        for (client, user) in self.clients.told(&self.directory.concerned(line, self.call.active_user())) {
            if self.call.is_for(user) && (open || self.call.active_user().is_none_or(|active| active == user)) {
                let here = self.call.active_client() == Some(client);
                let view = CallView { here, cause: Some(cause.clone()), ..self.view(line, user, state) };
                self.effects.push_back(Effect::CallChanged { client, call: Box::new(view) });
            }
        }
    }
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
