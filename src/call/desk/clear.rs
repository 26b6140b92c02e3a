//! Clear Connection and Clear Call: who leaves, and for whom it ends.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome};
use super::super::service::Service;
use super::super::view::EndCause;
use crate::ids::CallId;

impl Calls {
    /// The user leaves; with `remote` the other side does, which in a call of two is the same.
    pub(in crate::call) fn clear_connection(
        &mut self,
        asker: Asker,
        id: CallId,
        remote: bool,
        now: Instant,
    ) -> Outcome {
        let call = self.check(Service::ClearConnection, id, asker)?;
        if remote && call.conference.is_some() {
            self.with(id, now, |flow| flow.end(EndCause::ours(CauseCode::NormalClearing)));
        } else {
            self.clear(id, now);
        }
        Ok(Some(()))
    }

    pub(in crate::call) fn clear_call(&mut self, asker: Asker, id: CallId, now: Instant) -> Outcome {
        let call = self.check(Service::ClearCall, id, asker)?;
        let Some(conference) = call.conference else { return self.clear_connection(asker, id, false, now) };
        for member in self.conferences.remove(&conference).unwrap_or_default() {
            self.with(member, now, |flow| {
                flow.sit(None, false);
                flow.end(EndCause::ours(CauseCode::NormalClearing));
            });
        }
        Ok(Some(()))
    }

    /// The user leaves a call, its conference, or a transfer that goes on without the user.
    pub(super) fn clear(&mut self, id: CallId, now: Instant) {
        let Some(call) = self.calls.get(&id) else { return };
        match (&call.transfer, call.conference) {
            (_, Some(conference)) => self.leave_conference(conference, CauseCode::NormalClearing, now),
            (Some(_), _) => {
                self.with(id, now, |flow| flow.let_go(CauseCode::Transferred));
            }
            _ => {
                self.with(id, now, |flow| flow.clear());
            }
        }
    }
}
