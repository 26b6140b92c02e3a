//! One call that a PBX forks to several lines of the same person: it rings there once.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::state::{Call, Far};
use crate::ids::{CallId, UserId};

impl Calls {
    /// Notes the Call-ID of a call for a line: it is not shown to those at whom another part of it rings.
    pub(in crate::call) fn note_call_id(&mut self, id: CallId, call_id: String) {
        let of_line = self.calls.get(&id).is_some_and(|call| call.trail.line.is_some());
        if call_id.is_empty() || !of_line {
            return;
        }
        let parts = self.by_call_id.entry(call_id.clone()).or_default();
        let ringing = parts.iter().filter_map(|part| self.calls.get(part)).filter(|part| part.rings_at_clients());
        let users = ringing.flat_map(|part| {
            let line = part.line().map_or(&[][..], |line| self.directory.users_of(line));
            line.iter().copied().filter(|&user| part.is_for(user))
        });
        let but: Vec<UserId> = users.collect();
        parts.push(id);
        if let Some(call) = self.calls.get_mut(&id) {
            call.trail.but = but;
            call.trail.call_id = call_id;
        }
    }

    /// A part of a forked call is over. Who has declined it has declined all of it; otherwise another part may ring.
    pub(in crate::call) fn part_gone(&mut self, gone: &Call, now: Instant) {
        let Some(parts) = self.by_call_id.get_mut(&gone.trail.call_id) else { return };
        parts.retain(|&part| part != gone.id);
        let parts = parts.clone();
        if parts.is_empty() {
            self.by_call_id.remove(&gone.trail.call_id);
        }
        let declined = gone.trouble.clone().filter(|cause| {
            let refused = matches!(cause.code, CauseCode::Busy | CauseCode::Declined);
            refused && matches!(gone.far, Far::Clients { taker: None, .. })
        });
        // Whoever forked it ends the other parts of a call that was answered or given up.
        let given_up = gone
            .trouble
            .as_ref()
            .is_some_and(|cause| matches!(cause.code, CauseCode::AnsweredElsewhere | CauseCode::CallerHungUp));
        if gone.connected.is_some() || given_up {
            return;
        }
        for id in parts {
            let Some(part) = self.calls.get(&id).filter(|part| part.rings_at_clients()) else { continue };
            let users = part.line().map_or(&[][..], |line| self.directory.users_of(line));
            let free = self.clients.of(users).any(|(_, user)| part.is_for(user));
            self.with(id, now, |flow| match &declined {
                Some(cause) if !free => flow.end(cause.clone()),
                Some(_) => {}
                None => flow.show_to_all(),
            });
        }
    }
}
