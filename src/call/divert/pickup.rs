//! Directed Pickup Call of a call that rings: it is taken here, or by a code of the PBX.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome};
use super::super::state::{Far, Taker};
use crate::ids::{CallId, LineGroupId, LineId};

/// What stands for the number in a code of the PBX.
const NUMBER: &str = "<NUMBER>";

impl Calls {
    /// Takes a call that rings at a number: here where that is a line of the same connection, otherwise by the
    /// connection's code.
    pub(in crate::call) fn pickup_ringing(
        &mut self,
        asker: Asker,
        line: LineId,
        number: &str,
        sdp: String,
        now: Instant,
    ) -> Outcome {
        let id = self.directory.group_of(line).ok_or(CauseCode::UnknownLine)?;
        let group = self.directory.group(id).ok_or(CauseCode::UnknownLine)?;
        let here = group.pickup_in_server.then(|| self.rings_at(id, number)).flatten();
        let code = group.pickup_code.as_ref().map(|code| code.replace(NUMBER, number));
        match (here, code) {
            (Some(call), _) => {
                let Asker { client, user, request, .. } = asker;
                let taker = Taker { client, user, request, sdp };
                let taken = self.with(call, now, |flow| flow.pick_up(line, taker));
                taken.unwrap_or(Err(CauseCode::NothingToPickUp))
            }
            (None, Some(code)) => self.make_call(asker, line, &code, sdp, None, now),
            (None, None) => Err(CauseCode::NothingToPickUp),
        }
    }

    /// The call that rings longest at a number of a connection's lines.
    fn rings_at(&self, group: LineGroupId, number: &str) -> Option<CallId> {
        let rings = self.calls.values().filter(|call| match &call.far {
            Far::Clients { line, taker: None } => {
                let at = self.directory.line(*line);
                at.is_some_and(|at| at.group == group && at.number == number)
            }
            _ => false,
        });
        rings.map(|call| call.id).min()
    }
}
