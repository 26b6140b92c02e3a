//! What concerns several calls: one waits for another, takes its place, or is joined with it.

mod clear;
mod conference;
mod hold;
mod office;
mod park;
pub(super) mod test_call;
pub(super) mod transfer;

use std::time::Instant;

use super::Calls;
use super::cause::CauseCode;
use super::state::{Asked, Call, Transfer, TransferStep, Vacancy};
use super::view::EndCause;
use crate::ids::{CallId, ClientId};

/// What follows for other calls from what happened to one.
#[derive(Debug)]
pub(super) enum Errand {
    /// A call is over.
    Gone(Box<Call>),
    /// A client talks in this call from now on: its others wait.
    Focus { client: ClientId, call: CallId },
    /// Whoever was called for a transfer has answered.
    Reached(CallId),
    /// A transfer by REFER is done, or has failed, with this status; none where nothing was heard of it.
    Referred { call: CallId, status: Option<u16> },
}

impl Calls {
    /// Does what follows for other calls, until nothing follows, and tells the clients.
    pub(super) fn settle(&mut self, now: Instant) {
        while let Some(errand) = self.errands.pop_front() {
            match errand {
                Errand::Gone(call) => self.gone(&call, now),
                Errand::Focus { client, call } => self.focus(client, call, now),
                Errand::Reached(call) => self.reached(call, now),
                Errand::Referred { call, status } => self.referred(call, status, now),
            }
        }
        self.show_changed();
        self.tell_busied();
    }

    /// A call is over: those that it was related to go on without it.
    fn gone(&mut self, call: &Call, now: Instant) {
        self.part_gone(call, now);
        let ended = EndCause::ours(CauseCode::NormalClearing);
        let cause = call.trouble.clone().unwrap_or(ended);
        if let Some(conference) = call.conference {
            self.left_conference(conference, call.id, now);
        }
        // A transfer that was taken back has not failed.
        if let Some(Vacancy::Target { of }) = call.vacancy
            && self.waits_for(of, call.id)
        {
            self.transfer_failed(of, cause.clone(), now);
        }
        match call.transfer {
            Some(Transfer { way: TransferStep::Bridge { other }, .. }) => {
                self.with(other, now, |flow| flow.end(EndCause::ours(CauseCode::Cancelled)));
            }
            Some(Transfer { way: TransferStep::Refer { asked: Asked::Call(other), .. }, .. })
                if self.is_left(other) =>
            {
                self.transfer_failed(other, cause, now);
            }
            Some(Transfer { way: TransferStep::Refer { asked: Asked::Call(other), .. }, .. }) => {
                self.with(other, now, |flow| flow.set_transfer(None));
            }
            Some(Transfer { way: TransferStep::Wanted { by }, .. }) => {
                self.with(by, now, |flow| flow.asked_is_gone());
            }
            Some(_) | None => {}
        }
    }

    /// The client that has a call's audio is gone for good.
    pub(super) fn left_by_client(&mut self, id: CallId, now: Instant) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.active_client().is_none() {
            // It has left with another call of the same conference.
            return;
        }
        match (&call.transfer, call.conference) {
            (_, Some(conference)) => self.leave_conference(conference, CauseCode::ClientLost, now),
            (Some(_), _) => {
                self.with(id, now, |flow| flow.let_go(CauseCode::ClientLost));
            }
            _ => {
                self.with(id, now, |flow| flow.end(EndCause::ours(CauseCode::ClientLost)));
            }
        }
    }
}
