//! What others than its users see of a line: who watches it, and which calls it has (ECMA-269 Monitor Start).

use std::sync::Arc;
use std::time::Instant;

use rustc_hash::FxHashSet;

use super::Calls;
use super::cause::CauseCode;
use super::divert::Hidden;
use super::effect::{Caller, Effect};
use super::service::{Service, Services};
use super::services::needed;
use super::state::{Call, Far, Vacancy};
use super::view::{ConnectionState, Direction, states};
use crate::ids::{CallId, ClientId, LineId, UserId};
use crate::picture::PictureOf;
use crate::rights::{LineRight, OnLine, RightsTable, ServiceRight};

/// A call of a line, as it is seen by who is not its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoredCall {
    /// The call.
    pub id: CallId,
    /// Who began.
    pub direction: Direction,
    /// The connection of the line's user.
    pub state: ConnectionState,
    /// The other side's connection.
    pub remote_state: ConnectionState,
    /// The other side; none where that is not to be seen.
    pub remote: Option<Caller>,
    /// The number of that as it is shown.
    pub shown: Option<String>,
    /// When the call appeared.
    pub created: Instant,
    /// When it was answered.
    pub connected: Option<Instant>,
    /// What can be asked for: to pick it up.
    pub services: Services,
}

impl Calls {
    /// The calls of a line, all that is known of them: what somebody may see of that is decided elsewhere.
    pub fn monitored(&self, line: LineId) -> Vec<MonitoredCall> {
        let group = self.directory.group_of(line).and_then(|group| self.directory.group(group));
        let picks = group.is_some_and(|group| group.line_services().contains(Service::DirectedPickupCall));
        let calls = self.by_line.get(&line).into_iter().flatten().filter_map(|id| self.calls.get(id));
        let monitored = calls.filter(|call| call.monitored_at() == Some(line)).map(|call| {
            let (state, remote_state) = states(call);
            let open = Some(Service::DirectedPickupCall).filter(|_| picks && call.can_be_picked_up());
            MonitoredCall {
                id: call.id,
                direction: call.direction(),
                state,
                remote_state,
                remote: (!call.private).then(|| call.shown_remote()),
                shown: (!call.private).then(|| call.shown_number().to_owned()),
                created: call.created,
                connected: call.connected,
                services: open.into_iter().collect(),
            }
        });
        monitored.collect()
    }

    /// The lines of others that a user is shown, with what the user may do with each.
    pub fn lines_watched_by(&self, user: UserId) -> Vec<(LineId, OnLine)> {
        let mut lines = self.rights.shown_to(user);
        lines.retain(|(line, _)| self.is_watchable(*line, user));
        lines
    }

    /// What a user may do with a line of others that the user is shown; none where it is not shown.
    pub fn watched(&self, user: UserId, line: LineId) -> Option<OnLine> {
        self.rights.shown(user, line).filter(|_| self.is_watchable(line, user))
    }

    /// Who is told of a line that is not theirs, with what each may do with it.
    pub fn watching(&self, line: LineId) -> Vec<(ClientId, OnLine)> {
        let mut users = Vec::new();
        for audience in self.rights.offered(line) {
            match self.rights.members(&audience) {
                None => users.extend(self.clients.all_told()),
                Some(members) => users.extend(members.iter().copied().filter(|user| self.clients.is_told(*user))),
            }
        }
        users.sort_unstable();
        users.dedup();
        users.retain(|user| self.is_watchable(line, *user));
        let shown = |(client, user)| Some((client, self.rights.shown(user, line)?));
        self.clients.told(&users).filter_map(shown).collect()
    }

    /// The name of a line's owner, for who may see it.
    pub fn owner(&self, line: LineId, on_line: OnLine) -> Option<&str> {
        self.rights.owner(line).filter(|_| on_line.names_owner())
    }

    /// The picture of a line's owner, for who may see it.
    pub fn owner_picture(&self, line: LineId, on_line: OnLine) -> Option<PictureOf> {
        self.rights.picture(line).filter(|_| on_line.shows_picture())
    }

    /// Whether a line is there, and not the user's own.
    fn is_watchable(&self, line: LineId, user: UserId) -> bool {
        self.directory.line(line).is_some_and(|entry| !entry.users.contains(&user))
    }

    /// Other rights count from now on: who has other services is shown what can be asked for now in the calls there are.
    pub(super) fn take_rights(&mut self, rights: Arc<RightsTable>) {
        let before = std::mem::replace(&mut self.rights, rights);
        let differs = |user: &UserId| before.services(*user) != self.rights.services(*user);
        let changed: FxHashSet<UserId> = self.clients.all_told().filter(differs).collect();
        if changed.is_empty() {
            return;
        }
        let concerns = |call: &Call| {
            let line = call.shown_at();
            line.is_some_and(|line| self.directory.users_of(line).iter().any(|user| changed.contains(user)))
        };
        self.changed.extend(self.calls.values().filter(|call| concerns(call)).map(|call| call.id));
    }

    /// Tells of lines that are others now to those who watch them.
    pub(super) fn tell_busied(&mut self) {
        for line in std::mem::take(&mut self.busied) {
            if self.rights.offered(line).next().is_some() {
                self.effects.push_back(Effect::LineCalls { line });
            }
        }
    }

    /// Whether a user has been given what it takes to ask for a service.
    pub(super) fn may_ask(&self, user: UserId, service: Service) -> Result<(), CauseCode> {
        let has = self.rights.services(user);
        match needed(service).iter().find(|&&needed| !has.contains(needed)) {
            None => Ok(()),
            Some(ServiceRight::Audio) => Err(CauseCode::AudioNotGiven),
            Some(_) => Err(CauseCode::LinesNotGiven),
        }
    }

    /// Whether a line is the user's own, to call from it.
    pub fn has_line(&self, user: UserId, line: LineId) -> Result<(), CauseCode> {
        match self.directory.users_of(line).contains(&user) {
            true => Ok(()),
            false if self.rights.shown(user, line).is_some() => Err(CauseCode::LineNotYours),
            false => Err(CauseCode::UnknownLine),
        }
    }

    /// Whether a user may do that with a line: with their own always.
    pub(super) fn may_on_line(&self, user: UserId, right: LineRight, line: LineId) -> bool {
        self.directory.users_of(line).contains(&user) || self.rights.on_line(user, line).may(right)
    }
}

/// How a call looks to those who watch its line, but for who is at its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Where it is seen.
    pub(super) at: Option<LineId>,
    states: (ConnectionState, ConnectionState),
    connected: Option<Instant>,
    open: bool,
}

impl Call {
    /// How it looks.
    pub(super) fn look(&self) -> Look {
        let (states, connected, open) = (states(self), self.connected, self.can_be_picked_up());
        Look { at: self.monitored_at(), states, connected, open }
    }

    /// The line at which others see it: also what its own clients are not shown, so that somebody may pick it up.
    fn monitored_at(&self) -> Option<LineId> {
        match self.vacancy {
            _ if self.trail.hidden == Some(Hidden::Left) => None,
            None | Some(Vacancy::Parked { .. } | Vacancy::Recalling { .. }) => self.line(),
            _ => None,
        }
    }

    /// Whether it rings at a line, and nobody is just taking it.
    pub(super) fn can_be_picked_up(&self) -> bool {
        match (&self.vacancy, &self.far) {
            (None, Far::Clients { taker, .. }) => taker.is_none(),
            (Some(Vacancy::Recalling { taker }), _) => taker.is_none(),
            _ => false,
        }
    }
}
