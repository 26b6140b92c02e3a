//! How all lines and clients stood lately.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::call::directory::Directory;
use crate::call::settings::ForwardingKind;
use crate::capture::influence::{Influence, Standing};
use crate::capture::record::{Record, What};
use crate::ids::{ClientId, LineId, UserId};

/// Changes that are remembered; of what is before the oldest it is known only what had become of it.
const MAX_CHANGES: usize = 32_768;

/// How all stood, and what has changed since.
#[derive(Debug, Default)]
pub(super) struct Past {
    standing: Standing,
    /// Oldest first.
    changes: VecDeque<Record>,
    /// Lines and line groups as they are.
    directory: Arc<Directory>,
}

impl Past {
    /// It begins like this.
    pub(super) fn begin(&mut self, standing: Standing) {
        *self = Past { directory: standing.directory.clone(), standing, changes: VecDeque::new() };
    }

    /// Lines and line groups are like this from now on; gives what is another thing than before.
    pub(super) fn replace(&mut self, directory: Arc<Directory>) -> Vec<Influence> {
        let before = Standing { directory: std::mem::replace(&mut self.directory, directory), ..Standing::default() };
        before.changes_to(&self.directory)
    }

    /// Something has changed.
    pub(super) fn change(&mut self, record: Record) {
        self.changes.push_back(record);
        while self.changes.len() > MAX_CHANGES {
            let oldest = self.changes.pop_front();
            oldest.as_ref().and_then(influence).into_iter().for_each(|oldest| self.standing.change(oldest));
        }
    }

    /// Whether calls for a line have gone elsewhere while it was busy, so that it counts what other calls there are.
    pub(super) fn forwards_when_busy(&self, line: LineId) -> bool {
        let settings = self.changes.iter().filter_map(influence).filter_map(|influence| match influence {
            Influence::LineSettings { line: of, settings, .. } if *of == line => Some(settings),
            _ => None,
        });
        let mut all = self.standing.settings.get(&line).into_iter().chain(settings);
        all.any(|settings| settings.forwardings.iter().any(|set| set.kind == ForwardingKind::Busy))
    }

    /// How these lines, their users and these stood before a time, and what changed of them from then until another.
    pub(super) fn between(
        &self,
        (from, until): (Duration, Duration),
        lines: &FxHashSet<LineId>,
        mut users: FxHashSet<UserId>,
    ) -> (Standing, Vec<Record>) {
        for directory in [&self.standing.directory, &self.directory] {
            users.extend(lines.iter().flat_map(|line| directory.users_of(*line)));
        }
        let of_users = self.standing.clients.iter().filter(|(_, user)| users.contains(user));
        let of_lines = self.standing.settings.iter().filter(|(line, _)| lines.contains(line));
        let mut standing = Standing {
            directory: self.standing.directory.clone(),
            settings: of_lines.map(|(line, settings)| (*line, settings.clone())).collect(),
            available: self.standing.available.clone(),
            clients: of_users.map(|(client, user)| (*client, *user)).collect(),
        };
        let mut clients: FxHashSet<ClientId> = standing.clients.keys().copied().collect();
        let mut changes = Vec::new();
        for record in self.changes.iter().take_while(|record| record.at <= until) {
            let Some(influence) = influence(record) else { continue };
            let concerns = match influence {
                Influence::ClientArrived { client, user } => {
                    users.contains(user) && {
                        clients.insert(*client);
                        true
                    }
                }
                Influence::ClientGone { client } => clients.contains(client),
                Influence::LineSettings { line, .. }
                | Influence::LineAvailable { line, .. }
                | Influence::Line { id: line, .. } => lines.contains(line),
                Influence::Command { command, .. } => command.line().is_some_and(|line| lines.contains(&line)),
                Influence::Server { .. } | Influence::LineGroup { .. } | Influence::Shutdown => true,
                Influence::Audio { .. } | Influence::Number(_) => false,
            };
            match concerns {
                true if record.at < from => standing.change(influence),
                true => changes.push(record.clone()),
                false => {}
            }
        }
        (standing, changes)
    }
}

fn influence(record: &Record) -> Option<&Influence> {
    match &record.what {
        What::Influence(influence) => Some(influence),
        _ => None,
    }
}
