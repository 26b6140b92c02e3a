//! A group.

use std::collections::BTreeSet;
use std::fmt;

use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Site;
use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{ProblemCode, Problems};
use super::text::{
    MAX_NAME, check_description, check_len, check_name, check_number, check_text, fold, tidy_number, trim,
};
use crate::rights::{Grant, ServiceRight};

/// Users of a group.
pub(super) const MAX_MEMBERS: usize = 20_000;
/// Groups that a group's members are shown.
pub(super) const MAX_MONITOR_GROUPS: usize = 100;
/// Keys of a group.
pub(super) const MAX_KEYS: usize = 200;

/// Users together: what they may use, and what they may see and do of each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "GroupObject", extend(
    "required" = ["name"],
    "examples" = [{ "name": "Sales", "active": true, "member_grant": { "level": "business" } }]
))]
#[ts(rename = "GroupObject")]
pub struct Group {
    /// Its name. Unique whatever its case.
    #[schemars(length(min = 1))]
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it has any effect. Its members are active or not by themselves.
    pub active: bool,
    /// Its head; need not be a member.
    pub leader: Option<ObjectId>,
    /// Who stands in for the head.
    pub deputy: Option<ObjectId>,
    /// Its users.
    pub members: Vec<ObjectId>,
    /// What members may see and do of each other.
    pub member_grant: Grant,
    /// What head and deputy may see and do of members.
    pub leader_grant: Grant,
    /// What members may use.
    pub services: BTreeSet<ServiceRight>,
    /// Who sees the journals of its members.
    pub journal: Journal,
    /// Groups whose members this group's members are shown.
    pub monitor_groups: Vec<MonitorGroup>,
    /// Numbers that its members are shown to dial.
    pub keys: Vec<Key>,
}

impl Default for Group {
    fn default() -> Self {
        Group {
            name: String::new(),
            description: String::new(),
            active: true,
            leader: None,
            deputy: None,
            members: Vec::new(),
            member_grant: Grant::default(),
            leader_grant: Grant::default(),
            services: BTreeSet::new(),
            journal: Journal::default(),
            monitor_groups: Vec::new(),
            keys: Vec::new(),
        }
    }
}

/// Who sees the journals of a group's members. Private calls are never among it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "GroupJournal")]
#[ts(rename = "GroupJournal")]
pub struct Journal {
    /// Head and deputy see those of all members.
    pub leader_sees: bool,
    /// Members see those of each other.
    pub members_see: bool,
    /// Who sees an entry so may change it, too.
    pub may_change: bool,
}

/// A group that the members of another are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct MonitorGroup {
    /// Which.
    pub group: ObjectId,
    /// In the monitor.
    #[serde(default = "yes")]
    pub monitor: bool,
    /// Among the favorites.
    #[serde(default)]
    pub favorites: bool,
}

/// A number that a group's members are shown to dial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GroupKey")]
#[ts(rename = "GroupKey")]
pub struct Key {
    /// What it says.
    pub label: String,
    /// What it dials.
    pub number: String,
    /// In the monitor.
    #[serde(default = "yes")]
    pub monitor: bool,
    /// Among the favorites.
    #[serde(default)]
    pub favorites: bool,
}

fn yes() -> bool {
    true
}

impl Object for Group {
    const KIND: Kind = Kind::Group;

    const COLUMNS: &'static [&'static str] = &["name", "description", "members", "active"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        trim(&mut self.name);
        trim(&mut self.description);
        for key in &mut self.keys {
            trim(&mut key.label);
            tidy_number(&mut key.number);
        }
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        check_name(&self.name, "/name", problems);
        check_description(&self.description, "/description", problems);
        check_len(self.members.len(), MAX_MEMBERS, "/members", problems);
        let mut seen = FxHashSet::default();
        for (at, _) in self.members.iter().enumerate().filter(|(_, member)| !seen.insert(**member)) {
            problems.add(format_args!("/members/{at}"), ProblemCode::Repeated);
        }
        check_len(self.monitor_groups.len(), MAX_MONITOR_GROUPS, "/monitor_groups", problems);
        let mut shown = FxHashSet::default();
        for (at, _) in self.monitor_groups.iter().enumerate().filter(|(_, shows)| !shown.insert(shows.group)) {
            problems.add(format_args!("/monitor_groups/{at}/group"), ProblemCode::Repeated);
        }
        check_len(self.keys.len(), MAX_KEYS, "/keys", problems);
        for (at, key) in self.keys.iter().enumerate() {
            check_text(&key.label, MAX_NAME, format_args!("/keys/{at}/label"), problems);
            if key.number.is_empty() {
                problems.add(format_args!("/keys/{at}/number"), ProblemCode::Required);
            }
            check_number(&key.number, format_args!("/keys/{at}/number"), problems);
        }
    }

    fn references(&self, visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {
        for (field, user) in [("leader", self.leader), ("deputy", self.deputy)] {
            if let Some(user) = user {
                visit(Kind::User, user, format_args!("/{field}"));
            }
        }
        for (at, member) in self.members.iter().enumerate() {
            visit(Kind::User, *member, format_args!("/members/{at}"));
        }
        for (at, shown) in self.monitor_groups.iter().enumerate() {
            visit(Kind::Group, shown.group, format_args!("/monitor_groups/{at}/group"));
        }
    }

    fn forget(&mut self, is_gone: &dyn Fn(Kind, ObjectId) -> bool) {
        let is_user = |user: &ObjectId| !is_gone(Kind::User, *user);
        self.leader = self.leader.filter(is_user);
        self.deputy = self.deputy.filter(is_user);
        self.members.retain(is_user);
        self.monitor_groups.retain(|shown| !is_gone(Kind::Group, shown.group));
    }

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.name);
        visit(&self.description);
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "description" => fold(&self.description),
            "members" => format!("{:06}", self.members.len()),
            "active" => u8::from(!self.active).to_string(),
            _ => fold(&self.name),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, query: &Query) -> bool {
        query.active.is_none_or(|active| active == self.active)
    }

    fn table(site: &Site) -> &Table<Group> {
        &site.groups
    }

    fn table_mut(site: &mut Site) -> &mut Table<Group> {
        &mut site.groups
    }
}
