//! The one place that says who may do what, and why.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use ts_rs::TS;

use super::right::{Level, LineRight, Right, RightSet};
use super::service::{ServiceRight, ServiceSet};
use crate::site::binding::{Bindings, LineKey, LineUser};
use crate::site::{Group, Kind, ObjectId, Site, Stored, User};

/// What somebody is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum GroupPart {
    /// One of its members.
    Member,
    /// Its head.
    Leader,
    /// Who stands in for its head.
    Deputy,
}

/// Where a right comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema, TS)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// It is about oneself.
    Own,
    /// The settings give it to everybody.
    Everybody,
    /// The settings give it to all who are shown each other, and show everybody everybody.
    EverybodyInMonitor,
    /// The settings give it to all who are shown each other, and a group shows another.
    MonitorGroup {
        /// The group that shows the other to its members.
        group: ObjectId,
        /// The group that is shown.
        shown: ObjectId,
    },
    /// A group gives it.
    Group {
        /// Which.
        group: ObjectId,
        /// To whom in it.
        part: GroupPart,
    },
    /// The user has granted it.
    Granted,
    /// The line is shown to the user, with this right.
    AdditionalLine,
    /// It was given to the user alone.
    User,
    /// It comes with a greater service.
    Includes {
        /// Which.
        service: ServiceRight,
    },
}

impl Source {
    /// As a part of a sentence, in English: "through group Sales".
    pub fn english(self, site: &Site) -> String {
        let title = |group| site.title(Kind::Group, group);
        match self {
            Source::Own => "one's own".to_owned(),
            Source::Everybody => "through the global settings".to_owned(),
            Source::EverybodyInMonitor => "through the global settings, which show everybody in the monitor".to_owned(),
            Source::MonitorGroup { group, shown } => {
                format!("through group {}, whose members are shown group {}", title(group), title(shown))
            }
            Source::Group { group, part: GroupPart::Member } => format!("through group {}", title(group)),
            Source::Group { group, part: GroupPart::Leader } => format!("as head of group {}", title(group)),
            Source::Group { group, part: GroupPart::Deputy } => format!("as deputy head of group {}", title(group)),
            Source::Granted => "granted by the user".to_owned(),
            Source::AdditionalLine => "through an additional line".to_owned(),
            Source::User => "given to the user".to_owned(),
            Source::Includes { service } => format!("included in {}", service.english()),
        }
    }

    /// The same in German: "durch die Gruppe Vertrieb".
    pub fn german(self, site: &Site) -> String {
        let title = |group| site.title(Kind::Group, group);
        match self {
            Source::Own => "die eigene Sache".to_owned(),
            Source::Everybody => "durch die globalen Einstellungen".to_owned(),
            Source::EverybodyInMonitor => "durch die globalen Einstellungen, die alle im Monitor zeigen".to_owned(),
            Source::MonitorGroup { group, shown } => {
                format!("durch die Gruppe {}, deren Mitglieder die Gruppe {} sehen", title(group), title(shown))
            }
            Source::Group { group, part: GroupPart::Member } => format!("durch die Gruppe {}", title(group)),
            Source::Group { group, part: GroupPart::Leader } => format!("als Leiter der Gruppe {}", title(group)),
            Source::Group { group, part: GroupPart::Deputy } => {
                format!("als stellvertretender Leiter der Gruppe {}", title(group))
            }
            Source::Granted => "vom Benutzer erlaubt".to_owned(),
            Source::AdditionalLine => "durch eine zusätzliche Leitung".to_owned(),
            Source::User => "dem Benutzer gegeben".to_owned(),
            Source::Includes { service } => format!("enthalten in {}", service.german()),
        }
    }
}

/// Why something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema, TS)]
#[schemars(rename = "RightReason")]
#[ts(rename = "RightReason")]
pub struct Reason {
    /// Whose it is: the user that the right is on, or a user of the line.
    pub of: ObjectId,
    /// Where the right comes from.
    #[serde(flatten)]
    pub source: Source,
}

/// Why something is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema, TS)]
#[serde(tag = "denied", rename_all = "snake_case")]
pub enum Denied {
    /// Who asks is not there or not active.
    NotActive,
    /// It is nobody's: the user is not there, or the line has none.
    Nobody,
    /// Nothing gives it. The least level that would.
    NeedsLevel {
        /// The level.
        level: Level,
    },
    /// Nothing gives it, and no level would: only a special right.
    NeedsSpecial,
    /// Nobody has given the service.
    NotGiven,
}

impl Denied {
    /// The sentence in English.
    pub fn english(self) -> String {
        match self {
            Denied::NotActive => "The user is not there or not active.".to_owned(),
            Denied::Nobody => "It is nobody's.".to_owned(),
            Denied::NeedsLevel { level } => {
                format!("Nothing gives this right. It would be given by level {}.", level.english())
            }
            Denied::NeedsSpecial => {
                "Nothing gives this right. No level has it: it must be granted by itself (special).".to_owned()
            }
            Denied::NotGiven => {
                "Nothing gives this. It would be given by the global settings, a group or the user's services."
                    .to_owned()
            }
        }
    }

    /// The sentence in German.
    pub fn german(self) -> String {
        match self {
            Denied::NotActive => "Den Benutzer gibt es nicht, oder er ist nicht aktiv.".to_owned(),
            Denied::Nobody => "Das gehört niemandem.".to_owned(),
            Denied::NeedsLevel { level } => {
                format!("Nichts gibt dieses Recht. Die Stufe {} würde es geben.", level.german())
            }
            Denied::NeedsSpecial => {
                "Nichts gibt dieses Recht. Keine Stufe hat es: Es muss einzeln erlaubt werden (speziell).".to_owned()
            }
            Denied::NotGiven => {
                "Nichts gibt das. Die globalen Einstellungen, eine Gruppe oder die Dienste des Benutzers würden es geben."
                    .to_owned()
            }
        }
    }
}

/// Whether something is allowed, and why or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[schemars(rename = "RightDecision")]
#[ts(rename = "RightDecision")]
pub struct Decision {
    /// Whether it is.
    pub allowed: bool,
    /// Everything that allows it; each alone would.
    pub because: Vec<Reason>,
    /// Why not.
    pub denied: Option<Denied>,
}

impl Decision {
    fn of(because: Vec<Reason>, denied: impl FnOnce() -> Denied) -> Decision {
        let allowed = !because.is_empty();
        Decision { allowed, because, denied: (!allowed).then(denied) }
    }
}

/// Whether one user may do that to another.
pub fn may(site: &Site, by: ObjectId, right: Right, of: ObjectId) -> Decision {
    let mut because = Vec::new();
    sources(site, by, of, |source, rights| {
        if rights.contains(right) {
            because.push(Reason { of, source });
        }
    });
    Decision::of(because, || denied(site, by, site.has(Kind::User, of).then_some(right)))
}

/// Everything that one user may do to another: what [`may`] says of each right, without the reasons.
pub fn rights_on(site: &Site, by: ObjectId, of: ObjectId) -> RightSet {
    let mut all = RightSet::EMPTY;
    sources(site, by, of, |_, rights| all = all.union(rights));
    all
}

/// Whether a user may do that with a line.
///
/// On a line of others it is their rights that count, as that of their lines which it is. Who is shown an additional line
/// passes on no more than what it shows.
pub fn may_on_line(site: &Site, lines: &Bindings, by: ObjectId, right: LineRight, line: &LineKey) -> Decision {
    let mut because = Vec::new();
    if is_active(site, by) {
        for user in lines.users(line).iter().filter(|user| user.may(right)) {
            on_line(site, by, right, user, |reason| because.push(reason));
        }
    }
    Decision::of(because, || {
        let rights = lines.users(line).iter().filter(|user| user.is_own()).map(|user| right.at(user.place));
        denied(site, by, rights.min_by_key(|right| Level::that_gives(*right).map_or(u8::MAX, |level| level as u8)))
    })
}

/// The same without the reasons, for every event of a line.
pub fn is_allowed_on_line(site: &Site, lines: &Bindings, by: ObjectId, right: LineRight, line: &LineKey) -> bool {
    let mut allowed = false;
    is_active(site, by)
        && lines.users(line).iter().filter(|user| user.may(right)).any(|user| {
            on_line(site, by, right, user, |_| allowed = true);
            allowed
        })
}

fn on_line(site: &Site, by: ObjectId, right: LineRight, user: &LineUser, mut visit: impl FnMut(Reason)) {
    if user.user == by {
        let source = if user.is_own() { Source::Own } else { Source::AdditionalLine };
        return visit(Reason { of: by, source });
    }
    let right = right.at(user.place);
    sources(site, by, user.user, |source, rights| {
        if rights.contains(right) {
            visit(Reason { of: user.user, source });
        }
    });
}

fn denied(site: &Site, by: ObjectId, right: Option<Right>) -> Denied {
    match right {
        _ if !is_active(site, by) => Denied::NotActive,
        None => Denied::Nobody,
        Some(right) => match Level::that_gives(right) {
            Some(level) => Denied::NeedsLevel { level },
            None => Denied::NeedsSpecial,
        },
    }
}

fn is_active(site: &Site, user: ObjectId) -> bool {
    site.get::<User>(user).is_some_and(|user| user.object.active)
}

/// Every source of rights of one user on another, with what it gives. They add up: none takes a right away.
fn sources(site: &Site, by: ObjectId, of: ObjectId, mut visit: impl FnMut(Source, RightSet)) {
    let Some(other) = site.get::<User>(of).filter(|_| is_active(site, by)) else { return };
    if by == of {
        return visit(Source::Own, RightSet::ALL);
    }
    let settings = site.settings();
    let (everybody, monitor) = (settings.grant.rights(), settings.monitor_grant.rights());
    visit(Source::Everybody, everybody);
    if settings.all_in_monitor {
        visit(Source::EverybodyInMonitor, monitor);
    }
    let (mine, theirs) = (site.groups_of(by), site.groups_of(of));
    for group in common(&mine.leads, &theirs.member).filter_map(|id| active(site, id)) {
        let part = if group.object.leader == Some(by) { GroupPart::Leader } else { GroupPart::Deputy };
        visit(Source::Group { group: group.id, part }, group.object.leader_grant.rights());
    }
    for group in common(&mine.member, &theirs.member).filter_map(|id| active(site, id)) {
        visit(Source::Group { group: group.id, part: GroupPart::Member }, group.object.member_grant.rights());
    }
    if !monitor.is_empty() {
        for group in mine.member.iter().filter_map(|id| active(site, *id)) {
            for shown in group.object.monitor_groups.iter().filter(|shown| shown.monitor || shown.favorites) {
                if theirs.member.binary_search(&shown.group).is_ok() && active(site, shown.group).is_some() {
                    visit(Source::MonitorGroup { group: group.id, shown: shown.group }, monitor);
                }
            }
        }
    }
    for grant in other.object.grants.iter().filter(|grant| grant.to == by) {
        visit(Source::Granted, grant.grant.rights());
    }
}

fn active(site: &Site, group: ObjectId) -> Option<&Stored<Group>> {
    site.get::<Group>(group).map(|group| &**group).filter(|group| group.object.active)
}

/// What is in both of two sorted lists.
fn common<'a>(a: &'a [ObjectId], b: &'a [ObjectId]) -> impl Iterator<Item = ObjectId> + 'a {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.iter().copied().filter(|id| long.binary_search(id).is_ok())
}

/// Whether a user sees the journal of another, and may change its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct JournalAccess {
    /// Whether calls that are not private are seen.
    pub see: bool,
    /// Whether private calls are seen: only one's own.
    pub see_private: bool,
    /// Whether entries that are seen may be changed.
    pub change: bool,
    /// Everything that allows to see it.
    pub because: Vec<Reason>,
}

/// Whether a user sees the journal of another, and may change its entries.
pub fn journal(site: &Site, by: ObjectId, of: ObjectId) -> JournalAccess {
    let mut access = JournalAccess::default();
    if !is_active(site, by) || !site.has(Kind::User, of) {
        return access;
    }
    let mut sees = |source, change| {
        access.see = true;
        access.change |= change;
        access.because.push(Reason { of, source });
    };
    if by == of {
        sees(Source::Own, true);
        access.see_private = true;
        return access;
    }
    let (mine, theirs) = (site.groups_of(by), site.groups_of(of));
    for group in common(&mine.leads, &theirs.member).filter_map(|id| active(site, id)) {
        let part = if group.object.leader == Some(by) { GroupPart::Leader } else { GroupPart::Deputy };
        if group.object.journal.leader_sees {
            sees(Source::Group { group: group.id, part }, group.object.journal.may_change);
        }
    }
    for group in common(&mine.member, &theirs.member).filter_map(|id| active(site, id)) {
        if group.object.journal.members_see {
            sees(Source::Group { group: group.id, part: GroupPart::Member }, group.object.journal.may_change);
        }
    }
    service_sources(site, by, ServiceRight::SeeAllJournals, |source| sees(source, false));
    access
}

/// A service of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct ServiceDecision {
    /// Which.
    pub service: ServiceRight,
    /// Whether the user may use it.
    pub allowed: bool,
    /// Everything that allows it.
    pub because: Vec<Source>,
    /// Why not.
    pub denied: Option<Denied>,
}

/// Every service, whether a user may use it, and why.
pub fn services(site: &Site, user: ObjectId) -> Vec<ServiceDecision> {
    let decide = |service: &ServiceRight| {
        let mut because = Vec::new();
        service_sources(site, user, *service, |source| because.push(source));
        let allowed = !because.is_empty();
        let denied = if is_active(site, user) { Denied::NotGiven } else { Denied::NotActive };
        ServiceDecision { service: *service, allowed, because, denied: (!allowed).then_some(denied) }
    };
    ServiceRight::ALL.iter().map(decide).collect()
}

/// Whether a user may use a service.
pub fn has_service(site: &Site, user: ObjectId, service: ServiceRight) -> bool {
    let mut has = false;
    service_sources(site, user, service, |_| has = true);
    has
}

fn service_sources(site: &Site, user: ObjectId, service: ServiceRight, mut visit: impl FnMut(Source)) {
    let Some(own) = site.get::<User>(user).filter(|user| user.object.active) else { return };
    let groups = &site.groups_of(user).member;
    let given = |asked: ServiceRight, visit: &mut dyn FnMut(Source)| {
        if site.settings().services.contains(&asked) {
            visit(Source::Everybody);
        }
        for group in groups.iter().filter_map(|id| active(site, *id)) {
            if group.object.services.contains(&asked) {
                visit(Source::Group { group: group.id, part: GroupPart::Member });
            }
        }
        if own.object.services.contains(&asked) {
            visit(Source::User);
        }
    };
    given(service, &mut visit);
    for greater in ServiceRight::ALL.iter().copied().filter(|greater| greater.includes() == Some(service)) {
        let mut has = false;
        given(greater, &mut |_| has = true);
        if has {
            visit(Source::Includes { service: greater });
        }
    }
}

/// The services of a user: what [`has_service`] says of each, for all at once.
pub fn services_of(site: &Site, user: ObjectId) -> ServiceSet {
    let Some(own) = site.get::<User>(user).filter(|user| user.object.active) else { return ServiceSet::default() };
    let set = |services: &BTreeSet<ServiceRight>| services.iter().copied().collect::<ServiceSet>();
    let groups = site.groups_of(user).member.iter().filter_map(|id| active(site, *id));
    let alone = set(&site.settings().services).union(set(&own.object.services));
    groups.fold(alone, |all, group| all.union(set(&group.object.services)))
}
