//! Lines of others: who is shown them is told of what happens there, as far as each one's rights go.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::call::MonitoredCall;
use crate::call::settings::LineSettings;
use crate::ids::{ClientId, LineId, UserId};
use crate::line::LineState;
use crate::line::monitor::{Known, MonitoredLine};
use crate::net::core::Core;
use crate::net::role::Role;
use crate::rights::OnLine;

/// What is known of a line at this moment.
struct Now {
    line: LineId,
    state: LineState,
    calls: Vec<MonitoredCall>,
    settings: LineSettings,
}

impl<R: Role> Core<R> {
    /// Tells everybody who is shown a line that is not theirs how it is now.
    pub(in crate::net) fn show_monitored(&mut self, line: LineId) {
        let watching = self.calls.watching(line);
        if watching.is_empty() {
            return;
        }
        let Some(now) = self.line_now(line) else { return };
        // Most have the same rights.
        let mut seen: FxHashMap<OnLine, Arc<MonitoredLine>> = FxHashMap::default();
        for (client, on_line) in watching {
            let line = seen.entry(on_line).or_insert_with(|| Arc::new(self.seen_with(&now, on_line)));
            if let Some(listener) = self.desk.listeners.get_mut(&client) {
                listener.tell_monitored(line);
            }
        }
    }

    /// Tells the clients of some users what they see of lines of others from now on: rights have changed.
    pub(in crate::net) fn show_all_monitored(&mut self, users: &FxHashSet<UserId>) {
        let of = |client: &ClientId| client.api_user().or_else(|| self.desk.user_of(*client));
        let clients = self.desk.listeners.keys().filter_map(|client| Some((of(client)?, *client)));
        let mut clients: Vec<(UserId, ClientId)> = clients.filter(|(user, _)| users.contains(user)).collect();
        clients.sort_unstable();
        for together in clients.chunk_by(|(one, _), (other, _)| one == other) {
            let Some(&(user, _)) = together.first() else { continue };
            let monitored = self.monitored_by(user);
            for (_, client) in together {
                let Some(listener) = self.desk.listeners.get_mut(client) else { continue };
                listener.forget_monitored(&monitored);
                monitored.iter().for_each(|line| listener.tell_monitored(line));
            }
        }
    }

    /// Tells the clients of a user once more what they were told last: the user has other services, and what can be asked
    /// for depends on them.
    pub(in crate::net) fn show_monitored_again(&mut self, user: UserId) {
        let clients: Vec<ClientId> = self.desk.clients_of(user).collect();
        for client in clients {
            let Some(listener) = self.desk.listeners.get_mut(&client) else { continue };
            let mut lines: Vec<Arc<MonitoredLine>> = listener.monitored.drain().map(|(_, line)| line).collect();
            lines.sort_unstable_by_key(|line| line.line);
            lines.iter().for_each(|line| listener.tell_monitored(line));
        }
    }

    /// The lines of others that a user is shown.
    pub(super) fn monitored_by(&self, user: UserId) -> Vec<Arc<MonitoredLine>> {
        let lines = self.calls.lines_watched_by(user).into_iter();
        lines.filter_map(|(line, on_line)| Some(Arc::new(self.seen_with(&self.line_now(line)?, on_line)))).collect()
    }

    fn line_now(&self, line: LineId) -> Option<Now> {
        let state = self.lines.status(line)?.state;
        Some(Now { line, state, calls: self.calls.monitored(line), settings: self.calls.settings(line) })
    }

    fn seen_with(&self, now: &Now, on_line: OnLine) -> MonitoredLine {
        let group = self.directory.group_of(now.line).and_then(|group| self.directory.group(group));
        let known = Known {
            line: now.line,
            owner: self.calls.owner(now.line, on_line),
            state: now.state,
            calls: &now.calls,
            settings: &now.settings,
            offered: group.map(|group| group.line_services()).unwrap_or_default(),
        };
        known.seen_with(on_line)
    }
}
