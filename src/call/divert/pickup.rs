//! Directed Pickup Call: a call that rings at somebody else's line is taken here, or by a code of the PBX.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::state::{Far, Taker};
use crate::ids::{CallId, ClientId, LineId, UserId};

/// What stands for the number in a code of the PBX.
const NUMBER: &str = "<NUMBER>";

impl Calls {
    /// Takes the call that rings at `number` for a client of `line`: here where that is a line of the same connection,
    /// otherwise by the connection's code. `Ok(None)` means that the reply comes later.
    #[expect(clippy::too_many_arguments, reason = "the parts of one command")]
    pub(in crate::call) fn directed_pickup(
        &mut self,
        client: ClientId,
        user: UserId,
        request: u32,
        line: LineId,
        number: &str,
        sdp: String,
        now: Instant,
    ) -> Result<Option<()>, CauseCode> {
        if !self.directory.users_of(line).contains(&user) {
            return Err(CauseCode::UnknownLine);
        }
        let number = super::super::dialable(number).ok_or(CauseCode::InvalidNumber)?;
        let group = self.directory.group_of(line).and_then(|group| self.directory.group(group));
        let group = group.ok_or(CauseCode::UnknownLine)?;
        let here = group.pickup_in_server.then(|| self.rings_at(line, &number)).flatten();
        let code = group.pickup_code.as_ref().map(|code| code.replace(NUMBER, &number));
        match (here, code) {
            (Some(call), _) => {
                let taker = Taker { client, user, request, sdp };
                self.with(call, |flow| flow.pick_up(line, taker)).unwrap_or(Err(CauseCode::NothingToPickUp))
            }
            (None, Some(code)) => self.make_call(client, user, request, line, code, sdp, now),
            (None, None) => Err(CauseCode::NothingToPickUp),
        }
    }

    /// The call that rings longest at a line with this number and the connection of `by`.
    fn rings_at(&self, by: LineId, number: &str) -> Option<CallId> {
        let group = self.directory.group_of(by)?;
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
