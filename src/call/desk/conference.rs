//! Conference Call: several calls of a user whose other sides hear each other.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome};
use super::super::service::Service;
use super::super::state::{Call, Vacancy};
use super::super::view::EndCause;
use crate::ids::{CallId, ConferenceId};

/// Calls in one conference; with the user that is how many a mixer takes.
const MAX_MEMBERS: usize = 63;

impl Calls {
    pub(in crate::call) fn conference_call(
        &mut self,
        asker: Asker,
        active: CallId,
        held: CallId,
        now: Instant,
    ) -> Outcome {
        self.check_pair(Service::ConferenceCall, active, held, asker)?;
        let of = |id| self.calls.get(&id).and_then(|call| call.conference);
        let (theirs, others) = (of(active), of(held));
        let members_of = |conference: Option<ConferenceId>, alone: CallId| {
            conference.and_then(|conference| self.conferences.get(&conference)).cloned().unwrap_or_else(|| vec![alone])
        };
        let mut members = members_of(theirs, active);
        members.extend(members_of(others, held));
        members.sort_unstable();
        if members.len() > MAX_MEMBERS {
            return Err(CauseCode::ConferenceFull);
        }
        let conference = theirs.or(others).unwrap_or_else(|| {
            self.last_conference = self.last_conference.wrapping_add(1);
            ConferenceId(self.last_conference)
        });
        // Of two conferences one goes on.
        if let Some(other) = others.filter(|&other| other != conference) {
            self.conferences.remove(&other);
        }
        let seat = members
            .iter()
            .copied()
            .find(|&id| self.calls.get(&id).is_some_and(|call| call.seat && call.conference == Some(conference)));
        let seat = seat.unwrap_or(active);
        self.conferences.insert(conference, members.clone());
        for id in members {
            self.with(id, now, |flow| flow.sit(Some(conference), id == seat));
        }
        self.focus(asker.client, active, now);
        Ok(Some(()))
    }

    /// A member's call is over. One that is left with the user is an ordinary call again; alone it ends.
    pub(super) fn left_conference(&mut self, conference: ConferenceId, gone: CallId, now: Instant) {
        let Some(members) = self.conferences.get_mut(&conference) else { return };
        members.retain(|&member| member != gone);
        let members = members.clone();
        let seated = members.iter().any(|member| self.calls.get(member).is_some_and(|call| call.seat));
        let client = members.first().and_then(|first| self.calls.get(first)?.active_client());
        match members[..] {
            [] => {
                self.conferences.remove(&conference);
            }
            [stays, goes] if client.is_none() && self.can_be_joined(&members) => {
                self.join_last(conference, stays, goes, CauseCode::NormalClearing, now);
            }
            [last] => {
                self.conferences.remove(&conference);
                self.with(last, now, |flow| match client {
                    Some(_) => flow.sit(None, false),
                    None => flow.end(EndCause::ours(CauseCode::NormalClearing)),
                });
            }
            [next, ..] => {
                if client.is_some() && !seated {
                    self.with(next, now, |flow| flow.sit(Some(conference), true));
                }
                for member in members {
                    self.changed.insert(member);
                }
            }
        }
    }

    /// The user goes: two that are left talk with each other, more go on with their conference.
    pub(super) fn leave_conference(&mut self, conference: ConferenceId, cause: CauseCode, now: Instant) {
        let Some(members) = self.conferences.get(&conference).cloned() else { return };
        match members[..] {
            [stays, goes] if self.can_be_joined(&members) => self.join_last(conference, stays, goes, cause, now),
            _ => {
                for id in members {
                    self.with(id, now, |flow| flow.vacate(Vacancy::Conference, cause));
                }
            }
        }
    }

    /// Whether nobody is about to take a place in these calls, and no digits are to be sent any more.
    fn can_be_joined(&self, members: &[CallId]) -> bool {
        let settled = |call: &Call| call.takeover.is_none() && !call.still_dials();
        members.iter().all(|id| self.calls.get(id).is_some_and(|call| settled(call)))
    }

    /// Two that are left of a conference talk with each other: nothing has to be mixed any more.
    fn join_last(&mut self, conference: ConferenceId, stays: CallId, goes: CallId, cause: CauseCode, now: Instant) {
        self.conferences.remove(&conference);
        for id in [stays, goes] {
            self.with(id, now, |flow| flow.call.conference = None);
        }
        self.merge(stays, goes, cause, now);
    }
}
