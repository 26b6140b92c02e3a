//! Park Call, and Directed Pickup of what is parked.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome};
use super::super::divert::Written;
use super::super::numbers::{Placed, Wanted};
use super::super::service::Service;
use super::super::state::{Call, Vacancy};
use crate::ids::{CallId, LineGroupId, LineId, UserId};

impl Calls {
    pub(in crate::call) fn park_call(
        &mut self,
        asker: Asker,
        id: CallId,
        number: Option<&str>,
        now: Instant,
    ) -> Outcome {
        let call = self.check(Service::ParkCall, id, asker)?;
        let line = call.line().ok_or(CauseCode::UnknownLine)?;
        let group = self.directory.group_of(line).ok_or(CauseCode::UnknownLine)?;
        let at = match number {
            Some(number) => {
                let Wanted { result, translation } = self.wanted(asker.client, line, &number.into());
                self.note_number(Some(id), translation);
                self.directory.written_at(group, Written::from(&result?))
            }
            None => self.directory.written(line).ok_or(CauseCode::UnknownLine)?,
        };
        if self.parked_at(group, &at).is_some() {
            return Err(CauseCode::ParkOccupied);
        }
        let returns = self.directory.group(group).map(|group| group.park_returns).unwrap_or_default();
        let vacancy = Vacancy::Parked { at, until: now + returns, taker: None };
        self.with(id, now, |flow| {
            flow.set_hold(true);
            flow.vacate(vacancy, CauseCode::NormalClearing);
        });
        Ok(Some(()))
    }

    /// ECMA-269 Directed Pickup Call: what is parked at the number comes before what rings there.
    pub(in crate::call) fn directed_pickup(
        &mut self,
        asker: Asker,
        line: LineId,
        number: &str,
        sdp: String,
        now: Instant,
    ) -> Outcome {
        self.has_line(asker.user, line)?;
        let Wanted { result, translation } = self.wanted(asker.client, line, &number.into());
        self.note_number(None, translation);
        let number = result?;
        let line = self.taker(asker.user, line, &number);
        let group = self.directory.group_of(line).ok_or(CauseCode::UnknownLine)?;
        if !self.directory.offers(group, Service::DirectedPickupCall) {
            return Err(CauseCode::FunctionOff);
        }
        self.may_ask(asker.user, Service::DirectedPickupCall)?;
        let number = self.directory.written_at(group, Written::from(&number));
        match self.parked_at(group, &number) {
            Some(id) => {
                self.with(id, now, |flow| flow.succeed(asker, line, sdp)).unwrap_or(Err(CauseCode::UnknownCall))
            }
            None => self.pickup_ringing(asker, line, &number, sdp, now),
        }
    }

    /// The line of a user that takes a call at a number: the one that the user named, unless the number is at another
    /// connection where the user has a line, too. A call never goes from one connection's line to another's.
    fn taker(&self, user: UserId, named: LineId, number: &Placed) -> LineId {
        let waits = |line: LineId| {
            self.directory.group_of(line).is_some_and(|group| {
                let number = self.directory.written_at(group, Written::from(number));
                self.parked_at(group, &number).is_some() || self.directory.lines_at(group, &number).next().is_some()
            })
        };
        let picks = |line: &LineId| {
            let group = self.directory.group_of(*line);
            waits(*line) && group.is_some_and(|group| self.directory.offers(group, Service::DirectedPickupCall))
        };
        if waits(named) { named } else { self.directory.lines_of(user).find(picks).unwrap_or(named) }
    }

    /// The call that is parked at a number of a connection.
    fn parked_at(&self, group: LineGroupId, number: &Written) -> Option<CallId> {
        let parked = |call: &&Call| {
            let here = call.line().and_then(|line| self.directory.group_of(line)) == Some(group);
            here && call.parked_at().is_some_and(|at| at.is(number))
        };
        self.calls.values().map(|call| &**call).find(parked).map(|call| call.id)
    }
}
