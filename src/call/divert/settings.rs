//! What a line's users set: checked before it is taken over.

use super::super::cause::CauseCode;
use super::super::effect::Effect;
use super::super::settings::{Forwarding, ForwardingKind, LineSettings};
use super::super::{Calls, dialable};
use super::trail::same;
use crate::ids::{CallId, LineId, UserId};

/// Seconds that a call may ring before it is forwarded.
const SECONDS: std::ops::RangeInclusive<u32> = 1..=600;

impl LineSettings {
    /// Takes over a forwarding of the line with this number, in the place of the one of its kind and callers.
    ///
    /// # Errors
    /// [`CauseCode::InvalidNumber`], [`CauseCode::OwnNumber`] and [`CauseCode::InvalidSeconds`]; nothing changes then.
    pub fn set_forwarding(&mut self, own: &str, forwarding: Forwarding) -> Result<(), CauseCode> {
        let to = dialable(&forwarding.to).ok_or(CauseCode::InvalidNumber)?;
        if same(own, &to) {
            return Err(CauseCode::OwnNumber);
        }
        let rings = forwarding.kind == ForwardingKind::NoAnswer;
        if forwarding.after.is_some_and(|after| !rings || !SECONDS.contains(&after)) {
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

    /// Takes back the forwardings of a kind, or all.
    pub fn cancel_forwarding(&mut self, kind: Option<ForwardingKind>) {
        self.forwardings.retain(|set| kind.is_some_and(|kind| set.kind != kind));
    }
}

impl Calls {
    /// ECMA-269 Set Forwarding.
    pub(in crate::call) fn set_forwarding(
        &mut self,
        user: UserId,
        line: LineId,
        forwarding: Forwarding,
    ) -> Result<Option<()>, CauseCode> {
        self.set(user, line, |settings, own| settings.set_forwarding(own, forwarding))
    }

    /// Takes back what was set so.
    pub(in crate::call) fn cancel_forwarding(
        &mut self,
        user: UserId,
        line: LineId,
        kind: Option<ForwardingKind>,
    ) -> Result<Option<()>, CauseCode> {
        self.set(user, line, |settings, _| {
            settings.cancel_forwarding(kind);
            Ok(())
        })
    }

    /// ECMA-269 Set Do Not Disturb. What was kept away until now and still rings is shown.
    pub(in crate::call) fn set_do_not_disturb(
        &mut self,
        user: UserId,
        line: LineId,
        on: bool,
    ) -> Result<Option<()>, CauseCode> {
        self.set(user, line, |settings, _| {
            settings.do_not_disturb = on;
            Ok(())
        })?;
        if !on {
            let of_line = self.calls.values().filter(|call| call.line() == Some(line));
            let mut kept: Vec<CallId> = of_line.map(|call| call.id).collect();
            kept.sort_unstable();
            for id in kept {
                self.with(id, |flow| flow.reveal());
            }
        }
        Ok(Some(()))
    }

    /// The telephone that the line's calls go by way of.
    pub(in crate::call) fn set_remote_office(
        &mut self,
        user: UserId,
        line: LineId,
        number: Option<String>,
    ) -> Result<Option<()>, CauseCode> {
        self.set(user, line, |settings, own| {
            let number = number.map(|number| dialable(&number).ok_or(CauseCode::InvalidNumber)).transpose()?;
            if number.as_deref().is_some_and(|number| same(own, number)) {
                return Err(CauseCode::OwnNumber);
            }
            settings.remote_office = number;
            Ok(())
        })
    }

    /// Changes what is set for one of the user's lines, and says so where it is something else than before.
    fn set(
        &mut self,
        user: UserId,
        line: LineId,
        change: impl FnOnce(&mut LineSettings, &str) -> Result<(), CauseCode>,
    ) -> Result<Option<()>, CauseCode> {
        let entry = self.directory.line(line).filter(|entry| entry.users.contains(&user));
        let own = entry.ok_or(CauseCode::UnknownLine)?.number.as_str();
        let settings = self.settings.get_mut(line.0 as usize).ok_or(CauseCode::UnknownLine)?;
        let mut changed = settings.clone();
        change(&mut changed, own)?;
        if changed != *settings {
            *settings = changed.clone();
            self.effects.push_back(Effect::LineSettings { line, settings: changed });
        }
        Ok(Some(()))
    }
}
