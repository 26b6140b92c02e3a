//! Lines of others: who is shown them is told of what happens there, as far as each one's rights go.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::call::MonitoredCall;
use crate::call::settings::LineSettings;
use crate::ids::{ClientId, LineId, UserId};
use crate::line::LineState;
use crate::line::monitor::{Known, MonitoredLine};
use crate::net::core::Core;
use crate::net::role::Role;
use crate::rights::{OnLine, Touched};

/// What is known of a line at this moment.
struct Now {
    line: LineId,
    state: LineState,
    calls: Vec<MonitoredCall>,
    settings: LineSettings,
}

/// What lines look like at one moment, each looked at once however many see it. Most have the same rights.
#[derive(Default)]
struct Looks {
    now: FxHashMap<LineId, Option<Now>>,
    seen: FxHashMap<(LineId, OnLine), Arc<MonitoredLine>>,
}

impl<R: Role> Core<R> {
    /// Tells everybody who is shown a line that is not theirs how it is now.
    pub(in crate::net) fn show_monitored(&mut self, line: LineId) {
        let mut looks = Looks::default();
        for (client, on_line) in self.calls.watching(line) {
            let Some(seen) = self.look(&mut looks, line, on_line) else { return };
            if let Some(listener) = self.desk.listeners.get_mut(&client) {
                listener.tell_monitored(&seen);
            }
        }
    }

    /// Tells clients what they see of lines of others from now on, where rights have changed that.
    pub(in crate::net) fn show_touched(&mut self, touched: &Touched) {
        if *touched == Touched::default() {
            return;
        }
        let mut looks = Looks::default();
        let of = |client: &ClientId| client.api_user().or_else(|| self.desk.user_of(*client));
        let clients = self.desk.listeners.keys().filter_map(|client| Some((of(client)?, *client)));
        let mut clients: Vec<(UserId, ClientId)> = clients.collect();
        clients.sort_unstable();
        for together in clients.chunk_by(|(one, _), (other, _)| one == other) {
            let Some(&(user, _)) = together.first() else { continue };
            let all = touched.users.contains(&user).then(|| self.calls.lines_watched_by(user));
            for (_, client) in together {
                let Some(listener) = self.desk.listeners.get(client) else { continue };
                let due = match &all {
                    Some(shown) => {
                        let gone = listener.not_among(shown).into_iter().map(|line| (line, None));
                        let shown = shown.iter().map(|&(line, on_line)| (line, Some(on_line)));
                        listener.due(gone.chain(shown), |line, on_line| self.look(&mut looks, line, on_line))
                    }
                    None => {
                        let lines = touched.lines.iter().map(|&line| (line, self.calls.watched(user, line)));
                        listener.due(lines, |line, on_line| self.look(&mut looks, line, on_line))
                    }
                };
                if let Some(listener) = self.desk.listeners.get_mut(client) {
                    listener.tell_due(due);
                }
            }
        }
    }

    /// The lines of others that a user is shown.
    pub(super) fn monitored_by(&self, user: UserId) -> Vec<Arc<MonitoredLine>> {
        let mut looks = Looks::default();
        let lines = self.calls.lines_watched_by(user).into_iter();
        lines.filter_map(|(line, on_line)| self.look(&mut looks, line, on_line)).collect()
    }

    /// What is seen of a line with some rights; none where it is not there.
    fn look(&self, looks: &mut Looks, line: LineId, on_line: OnLine) -> Option<Arc<MonitoredLine>> {
        if let Some(seen) = looks.seen.get(&(line, on_line)) {
            return Some(seen.clone());
        }
        let now = looks.now.entry(line).or_insert_with(|| self.line_now(line)).as_ref()?;
        let seen = Arc::new(self.seen_with(now, on_line));
        looks.seen.insert((line, on_line), seen.clone());
        Some(seen)
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
            picture: self.calls.owner_picture(now.line, on_line),
            state: now.state,
            calls: &now.calls,
            settings: &now.settings,
            offered: group.map(|group| group.line_services()).unwrap_or_default(),
        };
        known.seen_with(on_line)
    }
}
