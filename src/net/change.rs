//! Lines, line groups and their users come, change and go while the server runs. Calls go on.

use std::sync::Arc;
use std::time::Instant;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::oneshot;
use tracing::info;

use super::clients::Personal;
use super::core::{Core, CoreHandle, Message};
use super::gateway::GatewayGroup;
use super::groups::{GroupSettings, LineSettings};
use super::role::Role;
use super::transport::TlsProfile;
use crate::call::cause::CauseCode;
use crate::call::directory::Directory;
use crate::call::effect::Input;
use crate::call::settings;
use crate::ids::{LineId, UserId};
use crate::numbers::DialPlan;
use crate::numbers::route::Routes;
use crate::rights::{RightsTable, Touched};

/// What counts from now on, where it is something else than before.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Lines and line groups; none where they are as they were.
    pub lines: Option<Lines>,
    /// What users may do, and what they may be shown otherwise by that than before; none where it is as it was.
    pub rights: Option<(Arc<RightsTable>, Touched)>,
    /// What the clients of some users go by from now on.
    pub personal: Vec<(UserId, Personal)>,
    /// Users who may not be signed in any more.
    pub gone: Vec<UserId>,
}

/// Lines and line groups that count from now on. Everything that there was has its old place: what is gone is there still,
/// without users and not in use.
#[derive(Debug)]
pub struct Lines {
    /// Lines and PBX connections, as the call machine sees them.
    pub directory: Arc<Directory>,
    /// The same, as the network sees them.
    pub groups: Vec<GroupSettings>,
    /// The lines.
    pub lines: Vec<LineSettings>,
    /// Where calls come from and go.
    pub gateway: Vec<GatewayGroup>,
    /// Ways from one line group to another.
    pub routes: Routes,
    /// By the number that groups have of them.
    pub tls_profiles: Vec<TlsProfile>,
    /// What was set before for lines that come.
    pub settings: Vec<(LineId, settings::LineSettings)>,
}

impl Configuration {
    /// Whether everything is as before.
    pub fn is_empty(&self) -> bool {
        self.lines.is_none() && self.rights.is_none() && self.personal.is_empty() && self.gone.is_empty()
    }
}

impl CoreHandle {
    /// Takes another configuration; when it returns, it counts.
    pub async fn configure(&self, configuration: Configuration) -> Result<(), CauseCode> {
        let (reply, done) = oneshot::channel();
        let message = Message::Configure { configuration: Box::new(configuration), reply };
        self.inbox.send(message).await.map_err(|_| CauseCode::ShuttingDown)?;
        done.await.map_err(|_| CauseCode::ShuttingDown)
    }
}

impl<R: Role> Core<R> {
    pub(super) fn configure(&mut self, configuration: Configuration, now: Instant) {
        let Configuration { lines, rights, personal, gone } = configuration;
        let before = self.directory.clone();
        if let Some(lines) = &lines {
            self.directory = lines.directory.clone();
            self.recorder.directory(lines.directory.clone(), now);
            self.calls.handle(Input::Directory(lines.directory.clone()), now);
        }
        let touched = rights.map(|(rights, touched)| {
            self.calls.handle(Input::Rights(rights), now);
            touched
        });
        let lines = lines.map(|lines| self.take_lines(lines, now)).unwrap_or_default();
        self.users_changed(&before, &lines, &gone, now);
        self.show_choices(&before);
        self.show_touched(&touched.unwrap_or_default());
        self.tell_personal(personal);
    }

    /// Takes lines and line groups; gives the lines that are not as they were.
    fn take_lines(&mut self, lines: Lines, now: Instant) -> FxHashSet<LineId> {
        let Lines { directory: _, groups, lines, gateway, routes, tls_profiles, settings } = lines;
        for (line, settings) in settings {
            self.tell(Input::LineSettings { line, settings }, now);
        }
        self.note_standing(now);
        self.role.configure(gateway, routes);
        let profiles = self.transport.set_tls_profiles(tls_profiles);
        let begun = self.groups.beginning(&groups, &lines, &profiles);
        for &group in &begun {
            self.keep_alive_no_more(group);
            self.role.group_at(group, &[]);
        }
        let change = self.groups.change(groups, lines, begun);
        for registration in change.taken_back {
            // What becomes of it is not the line's state any more.
            self.registrations.remove(&registration);
            self.endpoint.unregister(registration, now);
        }
        let begun: Vec<LineId> = change.begun.iter().flat_map(|&group| self.groups.lines_of(group)).collect();
        for line in self.lines.change(self.groups.active().collect::<Vec<_>>(), &begun) {
            self.line_changed(line, now);
        }
        for &group in &change.begun {
            self.look_up(group);
        }
        for group in change.touched {
            self.stand_as_group(group, now);
        }
        for line in change.registering {
            self.queue_registration(line);
        }
        self.trunks_changed(now);
        self.groups_due(now);
        info!(lines = change.lines.len(), begun = change.begun.len(), "other lines count");
        change.lines.into_iter().collect()
    }

    /// Shows the lines on which something else can be chosen for calls than before.
    fn show_choices(&mut self, before: &Directory) {
        let after = self.directory.clone();
        let mut compared = Compared::default();
        for line in (0..after.lines.len() as u32).map(LineId) {
            if offers_otherwise(before.plan_of(line), after.plan_of(line), &mut compared) {
                self.show_line(line);
            }
        }
    }

    /// Shows those who have other lines than before, or whose lines are others, all anew, and lets go of those who may
    /// not be here.
    fn users_changed(&mut self, before: &Directory, lines: &FxHashSet<LineId>, gone: &[UserId], now: Instant) {
        let mut changed = FxHashSet::default();
        let (count, after) = (before.lines.len().max(self.directory.lines.len()), self.directory.clone());
        for line in (0..count as u32).map(LineId) {
            let (old, new) = (before.users_of(line), after.users_of(line));
            let own = lines.contains(&line);
            changed.extend(old.iter().filter(|user| own || !new.contains(user)));
            changed.extend(new.iter().filter(|user| own || !old.contains(user)));
        }
        self.begin_again(&changed);
        for &user in gone {
            self.sign_out(user, now);
        }
    }
}

/// Dial plans, by where they are, and whether another one offers something else.
type Compared = FxHashMap<(*const DialPlan, *const DialPlan), bool>;

/// Whether something else can be chosen for calls by a dial plan than by the one before. Most lines have the same two as many
/// others, and each two are compared once: there may be very many lines and very many projects.
fn offers_otherwise(before: Option<&DialPlan>, after: Option<&DialPlan>, compared: &mut Compared) -> bool {
    match (before, after) {
        (Some(before), Some(after)) if std::ptr::eq(before, after) => false,
        (Some(before), Some(after)) => {
            let both = (std::ptr::from_ref(before), std::ptr::from_ref(after));
            *compared.entry(both).or_insert_with(|| !before.offers_as(after))
        }
        (before, after) => before.is_some() || after.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::numbers::country::Countries;
    use crate::numbers::{Location, Numbers};

    fn numbers(projects: &Value) -> Numbers {
        let location = json!({ "name": "Berlin", "country": "DE", "area_code": "30", "projects": projects });
        let location: Location = serde_json::from_value(location).unwrap();
        Numbers::new([("berlin", &location)], &Countries::default())
    }

    #[test]
    fn lines_are_shown_anew_where_something_else_can_be_chosen_and_plans_are_compared_once() {
        let (none, bridge) = (json!([]), json!([{ "name": "Bridge", "code": "77", "use": "dial" }]));
        let (before, same, other) = (numbers(&none), numbers(&none), numbers(&bridge));
        let plan = |numbers: &Numbers| numbers.plan("berlin").cloned().unwrap();
        let (before, same, other) = (plan(&before), plan(&same), plan(&other));
        let mut compared = Compared::default();
        for _ in 0..3 {
            assert!(!offers_otherwise(Some(&before), Some(&before), &mut compared));
            assert!(!offers_otherwise(None, None, &mut compared));
            assert!(offers_otherwise(None, Some(&other), &mut compared));
        }
        assert!(compared.is_empty(), "what is the same needs no look");
        for _ in 0..3 {
            assert!(!offers_otherwise(Some(&before), Some(&same), &mut compared));
            assert!(offers_otherwise(Some(&before), Some(&other), &mut compared));
        }
        assert_eq!(compared.len(), 2);
        // It is what was found that counts.
        compared.values_mut().for_each(|otherwise| *otherwise = !*otherwise);
        assert!(offers_otherwise(Some(&before), Some(&same), &mut compared));
    }
}
