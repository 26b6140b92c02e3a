//! What a line's users set: checked before it is taken over.

use std::time::Instant;

use super::super::Calls;
use super::super::cause::CauseCode;
use super::super::commands::Outcome;
use super::super::effect::Effect;
use super::super::numbers::Placed;
use super::super::service::Service;
use super::super::settings::{Callers, FORWARD_AFTER, Forwarding, ForwardingKind, LineSettings};
use crate::ids::{CallId, LineId, UserId};
use crate::rights::LineRight;

/// Whether a number leads back to the line.
type IsOwn<'a> = &'a dyn Fn(&Placed) -> bool;
/// What is kept of a number that a person sets, and what the PBX gets for it.
type Settable<'a> = &'a dyn Fn(&str) -> Result<(String, Placed), CauseCode>;

impl LineSettings {
    /// Takes over a forwarding in the place of the one of its kind and callers. `settable` says what is kept of a number and what
    /// the PBX gets for it, `is_own` whether that is the line itself.
    ///
    /// # Errors
    /// [`CauseCode::InvalidNumber`], [`CauseCode::OwnNumber`] and [`CauseCode::InvalidSeconds`]; nothing changes then.
    pub(in crate::call) fn set_forwarding(
        &mut self,
        is_own: impl Fn(&Placed) -> bool,
        settable: impl Fn(&str) -> Result<(String, Placed), CauseCode>,
        forwarding: Forwarding,
    ) -> Result<(), CauseCode> {
        let (to, placed) = settable(&forwarding.to)?;
        if is_own(&placed) {
            return Err(CauseCode::OwnNumber);
        }
        let rings = forwarding.kind == ForwardingKind::NoAnswer;
        if forwarding.after.is_some_and(|after| !rings || !FORWARD_AFTER.contains(&after)) {
            return Err(CauseCode::InvalidSeconds);
        }
        let is_it = |set: &&mut Forwarding| (set.kind, set.callers) == (forwarding.kind, forwarding.callers);
        let forwarding = Forwarding { to, ..forwarding };
        match self.forwardings.iter_mut().find(is_it) {
            Some(set) => *set = forwarding,
            None => self.forwardings.push(forwarding),
        }
        Ok(())
    }

    /// Takes back the forwardings of a kind, of callers, or all.
    pub fn cancel_forwarding(&mut self, kind: Option<ForwardingKind>, callers: Option<Callers>) {
        let is_it = |set: &Forwarding| {
            kind.is_none_or(|kind| set.kind == kind) && callers.is_none_or(|callers| set.callers == callers)
        };
        self.forwardings.retain(|set| !is_it(set));
    }
}

impl Calls {
    /// ECMA-269 Set Forwarding.
    pub(in crate::call) fn set_forwarding(&mut self, user: UserId, line: LineId, forwarding: Forwarding) -> Outcome {
        let right = Some(LineRight::SetDiversions);
        self.set(user, line, right, Some(Service::SetForwarding), |settings, is_own, settable| {
            settings.set_forwarding(is_own, settable, forwarding)
        })
    }

    /// Takes back what was set so.
    pub(in crate::call) fn cancel_forwarding(
        &mut self,
        user: UserId,
        line: LineId,
        kind: Option<ForwardingKind>,
        callers: Option<Callers>,
    ) -> Outcome {
        self.set(user, line, Some(LineRight::SetDiversions), None, |settings, _, _| {
            settings.cancel_forwarding(kind, callers);
            Ok(())
        })
    }

    /// ECMA-269 Set Do Not Disturb. What was kept away until now and still rings is shown.
    pub(in crate::call) fn set_do_not_disturb(
        &mut self,
        user: UserId,
        line: LineId,
        on: bool,
        now: Instant,
    ) -> Outcome {
        self.set(user, line, None, on.then_some(Service::SetDoNotDisturb), |settings, _, _| {
            settings.do_not_disturb = on;
            Ok(())
        })?;
        if !on {
            let of_line = self.calls.values().filter(|call| call.line() == Some(line));
            let mut kept: Vec<CallId> = of_line.map(|call| call.id).collect();
            kept.sort_unstable();
            for id in kept {
                self.with(id, now, |flow| flow.reveal());
            }
        }
        Ok(Some(()))
    }

    /// The telephone that the line's calls go by way of.
    pub(in crate::call) fn set_remote_office(&mut self, user: UserId, line: LineId, number: Option<String>) -> Outcome {
        let service = number.is_some().then_some(Service::SetRemoteOffice);
        self.set(user, line, None, service, |settings, is_own, settable| {
            let number = number.map(|number| settable(&number)).transpose()?;
            if number.as_ref().is_some_and(|(_, placed)| is_own(placed)) {
                return Err(CauseCode::OwnNumber);
            }
            settings.remote_office = number.map(|(kept, _)| kept);
            Ok(())
        })
    }

    /// Changes what is set for one of the user's lines, or another with a right, and says so where it is something else
    /// than before. What can be switched off is switched back whatever functions there are.
    fn set(
        &mut self,
        user: UserId,
        line: LineId,
        right: Option<LineRight>,
        service: Option<Service>,
        change: impl FnOnce(&mut LineSettings, IsOwn<'_>, Settable<'_>) -> Result<(), CauseCode>,
    ) -> Outcome {
        let entry = self.directory.line(line).ok_or(CauseCode::UnknownLine)?;
        let own = entry.users.contains(&user);
        if !own && !right.is_some_and(|right| self.may_on_line(user, right, line)) {
            // Who is not shown the line learns nothing of it.
            let shown = right.is_some() && self.rights.shown(user, line).is_some();
            return Err(if shown { CauseCode::DiversionsNotAllowed } else { CauseCode::UnknownLine });
        }
        if let Some(asked) = service.or((!own).then_some(Service::SetForwarding)) {
            self.may_ask(user, asked)?;
        }
        if service.is_some_and(|service| !self.directory.offers(entry.group, service)) {
            return Err(CauseCode::FunctionOff);
        }
        let own = self.directory.written(line).ok_or(CauseCode::UnknownLine)?;
        let settings = self.settings.get_mut(line.0 as usize).ok_or(CauseCode::UnknownLine)?;
        let mut changed = settings.clone();
        let directory = &self.directory;
        let is_own = |placed: &Placed| own.means(&directory.written_at(entry.group, placed.into()));
        change(&mut changed, &is_own, &|number| directory.settable(entry.group, number))?;
        if changed != *settings {
            *settings = changed.clone();
            self.effects.push_back(Effect::LineSettings { line, settings: changed });
        }
        Ok(Some(()))
    }
}
