//! Remote office: calls of a line are placed by way of another telephone of its user. The server calls that one first,
//! then the number, and joins both; the PBX shows the line as the caller of both.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::Asker;
use super::super::numbers::Placed;
use super::super::state::{Near, Transfer, TransferStep};
use super::super::view::EndCause;
use crate::ids::{CallId, LineId};

impl Calls {
    /// Calls the user's telephone, to call `number` from there. The reply comes at once: from now on it is that
    /// telephone that shows how it goes.
    pub(in crate::call) fn call_by_office(
        &mut self,
        asker: Asker,
        line: LineId,
        office: Placed,
        to: Placed,
        now: Instant,
    ) -> Result<CallId, CauseCode> {
        let id = self.place(asker, line, office, now)?;
        self.with(id, now, |flow| flow.start_office(to));
        Ok(id)
    }

    /// The user's telephone has answered: it hears the ringing of whom it calls.
    pub(super) fn office_reached(&mut self, id: CallId, to: Placed, now: Instant) {
        let way = |other| TransferStep::Bridge { other };
        match self.call_from(id, to.clone(), now) {
            Ok(other) => {
                let transfer = Transfer { to, way: way(other), until: None };
                self.with(id, now, |flow| flow.set_transfer(Some(transfer)));
            }
            Err(cause) => {
                self.with(id, now, |flow| flow.end(EndCause::ours(cause)));
            }
        }
    }

    /// Calls a number from the line of a call that the server has placed, for whoever is its other side.
    fn call_from(&mut self, id: CallId, to: Placed, now: Instant) -> Result<CallId, CauseCode> {
        let call = self.calls.get(&id).ok_or(CauseCode::UnknownCall)?;
        let Near::Client { client, user, line, .. } = call.near else { return Err(CauseCode::NotPossibleNow) };
        let target = self.place(Asker { client, user, request: 0, reply_to: client }, line, to, now)?;
        self.with(target, now, |flow| flow.start_for(id));
        Ok(target)
    }
}
