//! Park Call, and Directed Pickup of what is parked.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::{Asker, Outcome, dialable};
use super::super::service::Service;
use super::super::state::{Call, Vacancy};
use crate::ids::{CallId, LineGroupId, LineId};

impl Calls {
    pub(in crate::call) fn park_call(
        &mut self,
        asker: Asker,
        id: CallId,
        number: Option<&str>,
        now: Instant,
    ) -> Outcome {
        let call = self.check(Service::ParkCall, id, asker)?;
        let entry = call.line().and_then(|line| self.directory.line(line)).ok_or(CauseCode::UnknownLine)?;
        let number = dialable(number.unwrap_or(&entry.number)).ok_or(CauseCode::InvalidNumber)?;
        if self.parked_at(entry.group, &number).is_some() {
            return Err(CauseCode::ParkOccupied);
        }
        let returns = self.directory.group(entry.group).map(|group| group.park_returns).unwrap_or_default();
        let vacancy = Vacancy::Parked { number, until: now + returns, taker: None };
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
        let entry = self.directory.line(line).filter(|entry| entry.users.contains(&asker.user));
        let group = entry.ok_or(CauseCode::UnknownLine)?.group;
        if !self.directory.offers(group, Service::DirectedPickupCall) {
            return Err(CauseCode::FunctionOff);
        }
        self.may_ask(asker.user, Service::DirectedPickupCall)?;
        let number = dialable(number).ok_or(CauseCode::InvalidNumber)?;
        match self.parked_at(group, &number) {
            Some(id) => {
                self.with(id, now, |flow| flow.succeed(asker, line, sdp)).unwrap_or(Err(CauseCode::UnknownCall))
            }
            None => self.pickup_ringing(asker, line, &number, sdp, now),
        }
    }

    /// The call that is parked at a number of a connection.
    fn parked_at(&self, group: LineGroupId, number: &str) -> Option<CallId> {
        let parked = |call: &&Call| {
            let here = call.line().and_then(|line| self.directory.group_of(line)) == Some(group);
            here && call.parked_at() == Some(number)
        };
        self.calls.values().map(|call| &**call).find(parked).map(|call| call.id)
    }
}
