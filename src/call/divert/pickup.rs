//! Directed Pickup Call of a call that rings: it is taken here, or by a code of the PBX.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome, Purpose, dialable};
use super::super::numbers::{Placed, Wanted};
use super::super::record::Number;
use super::super::state::{Call, Taker};
use super::trail::Written;
use crate::ids::{CallId, LineId};
use crate::rights::LineRight;

/// What stands for the number in a code of the PBX.
const NUMBER: &str = "<NUMBER>";

impl Calls {
    /// Takes a call that rings at a number: here where that is a line of the same connection, otherwise by the
    /// connection's code.
    pub(in crate::call) fn pickup_ringing(
        &mut self,
        asker: Asker,
        line: LineId,
        number: &Written,
        sdp: String,
        now: Instant,
    ) -> Outcome {
        let id = self.directory.group_of(line).ok_or(CauseCode::UnknownLine)?;
        let lines: Vec<LineId> = self.directory.lines_at(id, number).collect();
        self.may_pick_up(asker, &lines)?;
        let group = self.directory.group(id).ok_or(CauseCode::UnknownLine)?;
        let here = group.pickup_in_server.then(|| self.rings_at(&lines)).flatten();
        // The PBX knows a line by the number that it has there.
        let own = lines.first().and_then(|line| self.directory.line(*line)).map(|line| &line.number);
        let code = group.pickup_code.as_ref().map(|code| code.replace(NUMBER, own.unwrap_or(&number.number)));
        match (here, code) {
            (Some(call), _) => {
                let Asker { client, user, request, .. } = asker;
                let taken = self.with(call, now, |flow| match flow.call.vacancy {
                    Some(_) => flow.succeed(asker, line, sdp),
                    None => flow.pick_up(line, Taker { client, user, request, sdp }),
                });
                taken.unwrap_or(Err(CauseCode::NothingToPickUp))
            }
            (None, Some(code)) => {
                // The code is the PBX's, and the number is as the PBX has it.
                let result = dialable(&code).ok_or(CauseCode::InvalidNumber).map(|code| Placed::bare(code, false));
                let called = Number::Other(code);
                let wanted = Wanted { result, translation: None };
                self.call_wanted(asker, Purpose::Pickup, line, (wanted, called), sdp, now)
            }
            (None, None) => Err(CauseCode::NothingToPickUp),
        }
    }

    /// Whether the asker may pick up calls of the lines with a number. Numbers that are no lines here are the PBX's affair.
    fn may_pick_up(&self, asker: Asker, lines: &[LineId]) -> Result<(), CauseCode> {
        let may = |line: &LineId| self.may_on_line(asker.user, LineRight::PickUp, *line);
        if lines.iter().all(may) { Ok(()) } else { Err(CauseCode::PickUpNotAllowed) }
    }

    /// The call that rings longest at one of these lines.
    fn rings_at(&self, lines: &[LineId]) -> Option<CallId> {
        let at_them = |call: &Call| call.line().is_some_and(|line| lines.contains(&line));
        let rings = self.calls.values().filter(|call| call.can_be_picked_up() && at_them(call));
        rings.map(|call| call.id).min()
    }
}
