//! Transfer Call and Single Step Transfer Call: by REFER where both ends know it, otherwise here.

use std::time::Instant;

use offhook_sip::SessionId;

use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome};
use super::super::directory::TransferWay;
use super::super::numbers::{Placed, Wanted};
use super::super::service::Service;
use super::super::state::{Asked, Call, Stage, Transfer, TransferStep, Vacancy};
use super::super::view::EndCause;
use super::super::{Calls, REFER_LIMIT};
use crate::ids::{CallId, LineGroupId};

impl Calls {
    pub(in crate::call) fn transfer_call(
        &mut self,
        asker: Asker,
        active: CallId,
        held: CallId,
        now: Instant,
    ) -> Outcome {
        self.check_pair(Service::TransferCall, active, held, asker)?;
        if self.calls.get(&active).is_some_and(|call| call.stage != Stage::Connected) {
            self.wait_for(active, held, now);
        } else if let Some((asked, wanted)) = self.by_refer(held, active) {
            self.ask_to_replace(asked, wanted, now);
        } else {
            self.merge(held, active, CauseCode::Transferred, now);
        }
        Ok(Some(()))
    }

    pub(in crate::call) fn single_step_transfer_call(
        &mut self,
        asker: Asker,
        id: CallId,
        number: &str,
        now: Instant,
    ) -> Outcome {
        let call = self.check(Service::SingleStepTransferCall, id, asker)?;
        let line = call.line().ok_or(CauseCode::UnknownLine)?;
        let session = call.session_at(call.remote_side());
        let refers = self.refers(call).is_some() && call.abilities(call.remote_side()).refer;
        let Wanted { result, translation } = self.wanted(asker.client, line, &number.into());
        let to = result.and_then(|placed| self.may_call(asker.user, line, placed, Service::SingleStepTransferCall));
        self.note_number(Some(id), translation);
        let to = to?;
        // What follows after the answer only we can send.
        match session.filter(|_| refers && to.then.is_empty()) {
            Some(session) => {
                let way = TransferStep::Refer { session, asked: Asked::Number, progressed: false };
                let transfer = Transfer { to, way, until: Some(now + REFER_LIMIT) };
                self.with(id, now, |flow| {
                    flow.set_hold(true);
                    flow.ask_to_call(transfer, None);
                });
            }
            None => self.call_for(id, to, now)?,
        }
        Ok(Some(()))
    }

    /// The other side of `stays` and that of `goes` talk with each other; their user is told `cause`.
    pub(super) fn merge(&mut self, stays: CallId, goes: CallId, cause: CauseCode, now: Instant) {
        let end = |id| {
            let call: &Call = self.calls.get(&id)?;
            call.party(call.remote_side())
        };
        let (Some(_), Some(party)) = (end(stays), end(goes)) else { return };
        self.with(stays, now, |flow| flow.take_party(party, goes, cause));
        self.with(goes, now, |flow| flow.vanish(cause));
    }

    /// Whoever was called for a transfer has answered.
    pub(super) fn reached(&mut self, id: CallId, now: Instant) {
        let of = match self.calls.get(&id).and_then(|call| call.vacancy.as_ref()) {
            Some(Vacancy::Target { of }) => *of,
            Some(Vacancy::Office { to }) => {
                let to = Placed::clone(to);
                return self.office_reached(id, to, now);
            }
            _ => return,
        };
        if self.waits_for(of, id) {
            self.merge(of, id, CauseCode::Transferred, now);
        } else {
            self.with(id, now, |flow| flow.end(EndCause::ours(CauseCode::Cancelled)));
        }
    }

    /// Whether a call's other side is transferred to whoever is called by `target`.
    pub(super) fn waits_for(&self, id: CallId, target: CallId) -> bool {
        let transfer = self.calls.get(&id).and_then(|call| call.transfer.as_ref());
        transfer.is_some_and(|transfer| transfer.way == TransferStep::Bridge { other: target })
    }

    /// Nobody was reached: the user has the call back, or it rings there once more.
    pub(super) fn transfer_failed(&mut self, id: CallId, cause: EndCause, now: Instant) {
        let anybody = self.calls.get(&id).and_then(|call| call.line()).is_some_and(|line| self.anybody_at(line));
        self.with(id, now, |flow| flow.give_back(cause, anybody));
    }

    /// A REFER is done, or has failed: where nothing came of it at all, the transfer is made here.
    pub(super) fn referred(&mut self, id: CallId, status: Option<u16>, now: Instant) {
        let Some(transfer) = self.with(id, now, |flow| flow.set_transfer(None)).flatten() else { return };
        let TransferStep::Refer { asked, progressed, .. } = transfer.way else { return };
        let other = match asked {
            Asked::Call(other) => {
                self.with(other, now, |flow| flow.set_transfer(None));
                Some(other)
            }
            Asked::Number | Asked::Gone => None,
        };
        if status.is_some_and(|status| status < 300) {
            for id in [id].into_iter().chain(other) {
                self.with(id, now, |flow| flow.vacate(Vacancy::Leaving, CauseCode::Transferred));
            }
            return;
        }
        let code = status.map_or(CauseCode::NoAnswer, CauseCode::of_call_response);
        let failed = EndCause { code, sip_status: status, detail: None };
        let here = !progressed || status.is_some_and(|status| !is_of_the_called(status));
        // A user who has left one of two calls cannot have both back.
        let left = [Some(id), other].into_iter().flatten().any(|id| self.is_left(id));
        match (asked, other) {
            (_, Some(other)) if here || left => self.merge(id, other, CauseCode::Transferred, now),
            (Asked::Number, _) if here => {
                if let Err(code) = self.call_for(id, transfer.to, now) {
                    self.transfer_failed(id, EndCause::ours(code), now);
                }
            }
            _ => self.transfer_failed(id, failed, now),
        }
    }

    /// Whether its user has left a call that goes on.
    pub(super) fn is_left(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|call| call.vacancy.is_some())
    }

    /// The transfer waits until `target`, which the user has dialled, is answered; the user need not.
    fn wait_for(&mut self, target: CallId, id: CallId, now: Instant) {
        let Some(to) = self.calls.get(&target).map(|call| call.placed()) else { return };
        self.with(target, now, |flow| flow.vacate(Vacancy::Target { of: id }, CauseCode::Transferred));
        self.bridge(id, target, to, now);
    }

    /// Calls a number from the line of a call, for its other side.
    fn call_for(&mut self, id: CallId, to: Placed, now: Instant) -> Result<(), CauseCode> {
        let call = self.calls.get(&id).ok_or(CauseCode::UnknownCall)?;
        let (client, user) = call.last_client().ok_or(CauseCode::NotPossibleNow)?;
        let line = call.line().ok_or(CauseCode::UnknownLine)?;
        let target = self.place(Asker { client, user, request: 0, reply_to: client }, line, to.clone(), now)?;
        self.with(target, now, |flow| flow.start_for(id));
        self.bridge(id, target, to, now);
        Ok(())
    }

    fn bridge(&mut self, id: CallId, target: CallId, to: Placed, now: Instant) {
        let way = TransferStep::Bridge { other: target };
        self.with(id, now, |flow| {
            flow.set_hold(true);
            flow.set_transfer(Some(Transfer { to, way, until: None }));
        });
    }

    /// Asks the other end of `asked` to take the user's place in `wanted`.
    fn ask_to_replace(&mut self, asked: (CallId, SessionId), wanted: (CallId, SessionId), now: Instant) {
        let placed = |id| self.calls.get(id).map(|call| call.placed());
        let (Some(to), Some(from)) = (placed(&wanted.0), placed(&asked.0)) else { return };
        let way = TransferStep::Refer { session: asked.1, asked: Asked::Call(wanted.0), progressed: false };
        let transfer = Transfer { to, way, until: Some(now + REFER_LIMIT) };
        self.with(asked.0, now, |flow| flow.ask_to_call(transfer, Some(wanted.1)));
        let transfer = Transfer { to: from, way: TransferStep::Wanted { by: asked.0 }, until: None };
        self.with(wanted.0, now, |flow| flow.set_transfer(Some(transfer)));
    }

    /// Which of two calls is asked by REFER to replace us in which: the held one's other end, where it can, goes to the
    /// active one's. Both must be at the same PBX.
    fn by_refer(&self, held: CallId, active: CallId) -> Option<((CallId, SessionId), (CallId, SessionId))> {
        let (held, active) = (self.calls.get(&held)?, self.calls.get(&active)?);
        if self.refers(held)? != self.refers(active)? {
            return None;
        }
        let end = |call: &Call| Some((call.id, call.session_at(call.remote_side())?));
        let can = |call: &Call| call.abilities(call.remote_side());
        if can(held).refer && can(active).replaces {
            Some((end(held)?, end(active)?))
        } else if can(active).refer && can(held).replaces {
            Some((end(active)?, end(held)?))
        } else {
            None
        }
    }

    /// The connection of a call, where that is for transfers by REFER.
    fn refers(&self, call: &Call) -> Option<LineGroupId> {
        let group = self.directory.group_of(call.line()?)?;
        (self.directory.group(group)?.transfer == TransferWay::Auto).then_some(group)
    }
}

/// Whether the status that a REFER has come to says something of who was called; any other says that the PBX cannot do it.
pub(in crate::call) fn is_of_the_called(status: u16) -> bool {
    matches!(status, 404 | 408 | 410 | 480 | 484 | 486 | 487 | 600..)
}
