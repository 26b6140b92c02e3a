//! Hold, Retrieve, Alternate, Consultation and Reconnect Call: at most one call of a client is not on hold.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome, Purpose};
use super::super::numbers::Typed;
use super::super::service::Service;
use super::super::state::TransferStep;
use super::super::view::EndCause;
use crate::ids::{CallId, ClientId};

impl Calls {
    pub(in crate::call) fn hold_call(&mut self, asker: Asker, id: CallId, now: Instant) -> Outcome {
        self.check(Service::HoldCall, id, asker)?;
        self.hold(id, true, now);
        Ok(Some(()))
    }

    pub(in crate::call) fn retrieve_call(&mut self, asker: Asker, id: CallId, now: Instant) -> Outcome {
        self.check(Service::RetrieveCall, id, asker)?;
        self.take_back(id, now);
        self.focus(asker.client, id, now);
        Ok(Some(()))
    }

    pub(in crate::call) fn alternate_call(
        &mut self,
        asker: Asker,
        active: CallId,
        held: CallId,
        now: Instant,
    ) -> Outcome {
        self.check_pair(Service::AlternateCall, active, held, asker)?;
        self.focus(asker.client, held, now);
        Ok(Some(()))
    }

    pub(in crate::call) fn consultation_call(
        &mut self,
        asker: Asker,
        id: CallId,
        number: &Typed,
        sdp: String,
        now: Instant,
    ) -> Outcome {
        let call = self.check(Service::ConsultationCall, id, asker)?;
        let line = call.line().ok_or(CauseCode::UnknownLine)?;
        self.make_call(asker, Purpose::Consultation { of: id }, line, number, sdp, now)
    }

    pub(in crate::call) fn reconnect_call(
        &mut self,
        asker: Asker,
        active: CallId,
        held: CallId,
        now: Instant,
    ) -> Outcome {
        self.check_pair(Service::ReconnectCall, active, held, asker)?;
        self.take_back(held, now);
        // One that rang for a transfer is gone with that.
        self.clear(active, now);
        self.focus(asker.client, held, now);
        Ok(Some(()))
    }

    /// The client talks in this call, or its conference: its other calls wait.
    pub(in crate::call) fn focus(&mut self, client: ClientId, id: CallId, now: Instant) {
        let Some(conference) = self.calls.get(&id).map(|call| call.conference) else { return };
        for other in self.calls_of(client) {
            let Some(call) = self.calls.get(&other) else { continue };
            let here = other == id || conference.is_some() && call.conference == conference;
            if call.on_hold == here {
                self.with(other, now, |flow| flow.set_hold(!here));
            }
        }
    }

    /// A call waits, or goes on; in a conference it is the user who does.
    fn hold(&mut self, id: CallId, on: bool, now: Instant) {
        let Some(call) = self.calls.get(&id) else { return };
        let members = call.conference.and_then(|conference| self.conferences.get(&conference)).cloned();
        for id in members.unwrap_or_else(|| vec![id]) {
            self.with(id, now, |flow| flow.set_hold(on));
        }
    }

    /// Gives up a transfer that still rings.
    fn take_back(&mut self, id: CallId, now: Instant) {
        let transfer = self.with(id, now, |flow| flow.set_transfer(None)).flatten();
        if let Some(TransferStep::Bridge { other }) = transfer.map(|transfer| transfer.way) {
            self.with(other, now, |flow| flow.end(EndCause::ours(CauseCode::Cancelled)));
        }
    }
}
