//! What users may do with lines, ready for every event: made of the site when that changes, asked without it.
//!
//! Rights are kept as they are given, to everybody, to the members of a group or to one user, so that a table has as many
//! entries as the site has grants, and not one for each user and line.

use std::fmt;
use std::slice;

use rustc_hash::{FxHashMap, FxHashSet};

use super::may::services_of;
use super::right::{LineRight, Right, RightSet};
use super::service::{ServiceRight, ServiceSet};
use crate::ids::{LineId, UserId};
use crate::picture::PictureOf;
use crate::site::binding::{Bindings, LineKey, LineUser};
use crate::site::{Group, ObjectId, Site, User};

/// What somebody may do with a line, and how the line is shown to them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct OnLine(u16);

impl OnLine {
    /// Nothing.
    pub const NOTHING: OnLine = OnLine(0);
    /// Everything that can be done with a line.
    pub const OWN: OnLine = OnLine((1 << LineRight::ALL.len()) - 1);
    /// An administrator shows it: an additional line.
    pub const ADDITIONAL: OnLine = OnLine(1 << 8);
    /// Its user is shown in the monitor.
    const MONITOR: OnLine = OnLine(1 << 9);
    /// Its number is known through its user.
    const NUMBER: OnLine = OnLine(1 << 10);
    /// The name of its owner is known.
    const OWNER: OnLine = OnLine(1 << 11);
    /// The picture of its owner may be seen.
    const PICTURE: OnLine = OnLine(1 << 12);

    /// These rights alone.
    pub fn of(rights: impl IntoIterator<Item = LineRight>) -> OnLine {
        rights.into_iter().fold(OnLine::NOTHING, |all, right| all.with(OnLine(1 << right as u16)))
    }

    /// Both together.
    pub const fn with(self, other: OnLine) -> OnLine {
        OnLine(self.0 | other.0)
    }

    /// Whether that may be done.
    pub const fn may(self, right: LineRight) -> bool {
        self.0 & (1 << right as u16) != 0
    }

    /// The rights, in their order.
    pub fn rights(self) -> impl Iterator<Item = LineRight> {
        LineRight::ALL.into_iter().filter(move |&right| self.may(right))
    }

    /// Whether somebody who did not ask for the line is shown it: it is an additional line, or one of somebody in the
    /// monitor whose number and status may be seen.
    pub const fn is_shown(self) -> bool {
        let seen = OnLine::MONITOR.with(OnLine::NUMBER).with(OnLine(1 << LineRight::SeeStatus as u16));
        self.has(OnLine::ADDITIONAL) || self.has(seen)
    }

    /// Whether the name of the line's owner may be seen.
    pub const fn names_owner(self) -> bool {
        self.has(OnLine::OWNER)
    }

    /// Whether the picture of the line's owner may be seen.
    pub const fn shows_picture(self) -> bool {
        self.has(OnLine::PICTURE)
    }

    const fn has(self, other: OnLine) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the line can be among those that are shown.
    const fn is_offered(self) -> bool {
        self.0 & (OnLine::ADDITIONAL.0 | OnLine::MONITOR.0) != 0
    }
}

impl fmt::Debug for OnLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [
            ("additional", OnLine::ADDITIONAL),
            ("monitor", OnLine::MONITOR),
            ("number", OnLine::NUMBER),
            ("owner", OnLine::OWNER),
            ("picture", OnLine::PICTURE),
        ];
        let flags = flags.into_iter().filter(|(_, flag)| self.has(*flag)).map(|(name, _)| name);
        f.debug_struct("OnLine")
            .field("rights", &self.rights().collect::<Vec<_>>())
            .field("flags", &flags.collect::<Vec<_>>())
            .finish()
    }
}

/// To whom something is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// All active users.
    Everybody,
    /// The members of a group.
    Group(ObjectId),
    /// One user.
    User(UserId),
}

/// A user of the table.
#[derive(Debug, Clone, Default, PartialEq)]
struct Person {
    active: bool,
    /// The groups whose member the user is, sorted.
    groups: Vec<ObjectId>,
    services: ServiceSet,
}

impl Person {
    fn is_among(&self, user: UserId, audience: Audience) -> bool {
        match audience {
            Audience::Everybody => true,
            Audience::Group(group) => self.groups.binary_search(&group).is_ok(),
            Audience::User(one) => one == user,
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Default, PartialEq)]
struct Line {
    /// Each audience once.
    given: Vec<(Audience, OnLine)>,
    /// The name of its owner, for people.
    owner: Option<Box<str>>,
    /// The owner's picture.
    picture: Option<PictureOf>,
}

impl Line {
    fn give(&mut self, to: Audience, what: OnLine) {
        if what == OnLine::NOTHING {
            return;
        }
        match self.given.iter_mut().find(|(audience, _)| *audience == to) {
            Some((_, given)) => *given = given.with(what),
            None => self.given.push((to, what)),
        }
    }

    /// Whether somebody is shown it, who may see it.
    fn is_offered(&self) -> bool {
        self.given.iter().any(|(_, given)| given.is_offered())
    }
}

/// What all users may do with all lines, and what services they have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RightsTable {
    /// By [`LineId`].
    lines: Vec<Line>,
    /// By [`UserId`].
    people: Vec<Person>,
    /// The active members of active groups, sorted.
    groups: FxHashMap<ObjectId, Vec<UserId>>,
    /// Lines that an audience is shown, if it may see them.
    offered: FxHashMap<Audience, Vec<LineId>>,
    /// Nobody is asked for rights.
    without_limits: bool,
}

impl RightsTable {
    /// The table of a site. `keys` says what line each [`LineId`] is, `slot` which [`UserId`] a user has; `users` is how
    /// many of those there are.
    pub fn new(
        site: &Site,
        bindings: &Bindings,
        keys: &[Option<LineKey>],
        slot: &dyn Fn(ObjectId) -> Option<UserId>,
        users: usize,
    ) -> RightsTable {
        let mut table = RightsTable { people: vec![Person::default(); users], ..RightsTable::default() };
        for user in site.iter::<User>().filter(|user| user.object.active) {
            if let Some(person) = slot(user.id).and_then(|slot| table.people.get_mut(slot.0 as usize)) {
                *person = Person { active: true, services: services_of(site, user.id), ..Person::default() };
            }
        }
        for group in site.iter::<Group>().filter(|group| group.object.active) {
            let mut members: Vec<UserId> = group.object.members.iter().filter_map(|&id| slot(id)).collect();
            members.sort_unstable();
            members.dedup();
            members.retain(|user| table.person(*user).is_some());
            for user in &members {
                if let Some(person) = table.people.get_mut(user.0 as usize) {
                    person.groups.push(group.id);
                }
            }
            table.groups.insert(group.id, members);
        }
        table.people.iter_mut().for_each(|person| person.groups.sort_unstable());
        let giver = Giver::new(site, slot);
        table.lines = keys.iter().map(|key| giver.line(bindings, key.as_ref())).collect();
        for (line, id) in table.lines.iter().zip(0..) {
            for (to, _) in line.given.iter().filter(|(_, given)| given.is_offered()) {
                table.offered.entry(*to).or_default().push(LineId(id));
            }
        }
        table
    }

    /// Everybody may do everything, and nobody is shown a line that is not theirs: for a call machine without a site.
    pub fn without_limits() -> RightsTable {
        RightsTable { without_limits: true, ..RightsTable::default() }
    }

    /// A table of so many users, all active and with all services, who may do nothing with lines yet.
    pub fn of_users(users: usize) -> RightsTable {
        let person = Person { active: true, groups: Vec::new(), services: ServiceSet::all() };
        RightsTable { people: vec![person; users], ..RightsTable::default() }
    }

    /// Gives something on a line.
    pub fn give(&mut self, line: LineId, to: Audience, what: OnLine) {
        let place = line.0 as usize;
        if place >= self.lines.len() {
            self.lines.resize_with(place + 1, Line::default);
        }
        if let Some(entry) = self.lines.get_mut(place) {
            entry.give(to, what);
        }
        if what.is_offered() {
            self.offered.entry(to).or_default().push(line);
        }
    }

    /// Gives a user these services and no others.
    pub fn set_services(&mut self, user: UserId, services: ServiceSet) {
        if let Some(person) = self.people.get_mut(user.0 as usize) {
            person.services = services;
        }
    }

    /// An active user.
    fn person(&self, user: UserId) -> Option<&Person> {
        self.people.get(user.0 as usize).filter(|person| person.active)
    }

    fn line(&self, line: LineId) -> Option<&Line> {
        self.lines.get(line.0 as usize)
    }

    /// What a user may do with a line.
    pub fn on_line(&self, user: UserId, line: LineId) -> OnLine {
        if self.without_limits {
            return OnLine::OWN;
        }
        let (Some(person), Some(line)) = (self.person(user), self.line(line)) else { return OnLine::NOTHING };
        let theirs = line.given.iter().filter(|(to, _)| person.is_among(user, *to));
        theirs.fold(OnLine::NOTHING, |all, (_, given)| all.with(*given))
    }

    /// What a user may do with a line that the user is shown; none where it is not shown.
    pub fn shown(&self, user: UserId, line: LineId) -> Option<OnLine> {
        let on_line = self.on_line(user, line);
        (on_line.is_shown() && self.services(user).contains(ServiceRight::ControlLines)).then_some(on_line)
    }

    /// The lines that a user is shown, in their order, with what the user may do with each.
    pub fn shown_to(&self, user: UserId) -> Vec<(LineId, OnLine)> {
        let Some(person) = self.person(user) else { return Vec::new() };
        let groups = person.groups.iter().map(|&group| Audience::Group(group));
        let audiences = [Audience::Everybody, Audience::User(user)].into_iter().chain(groups);
        let mut lines: Vec<LineId> = audiences.filter_map(|to| self.offered.get(&to)).flatten().copied().collect();
        lines.sort_unstable();
        lines.dedup();
        lines.into_iter().filter_map(|line| Some((line, self.shown(user, line)?))).collect()
    }

    /// Those among whom are all who are shown a line: see [`RightsTable::shown`].
    pub fn offered(&self, line: LineId) -> impl Iterator<Item = Audience> + '_ {
        let given = self.line(line).map(|line| line.given.as_slice()).unwrap_or_default();
        given.iter().filter(|(_, given)| given.is_offered()).map(|(to, _)| *to)
    }

    /// The users of an audience; none where that is everybody.
    pub fn members<'t>(&'t self, audience: &'t Audience) -> Option<&'t [UserId]> {
        match audience {
            Audience::Everybody => None,
            Audience::Group(group) => Some(self.groups.get(group).map(Vec::as_slice).unwrap_or_default()),
            Audience::User(user) => Some(slice::from_ref(user)),
        }
    }

    /// The services of a user.
    pub fn services(&self, user: UserId) -> ServiceSet {
        if self.without_limits {
            return ServiceSet::all();
        }
        self.person(user).map(|person| person.services).unwrap_or_default()
    }

    /// The name of a line's owner, for people; none where it has none.
    pub fn owner(&self, line: LineId) -> Option<&str> {
        self.line(line)?.owner.as_deref()
    }

    /// The picture of a line's owner; none where it has none.
    pub fn picture(&self, line: LineId) -> Option<PictureOf> {
        self.line(line)?.picture
    }

    /// What can be shown otherwise than by the table before.
    pub fn touched(&self, before: &RightsTable) -> Touched {
        let sees = |table: &RightsTable, user: UserId| table.services(user).contains(ServiceRight::ControlLines);
        let differs = |user: &UserId| {
            let [was, is] = [before, self].map(|table| table.person(*user).map(|person| &person.groups));
            was != is || sees(before, *user) != sees(self, *user)
        };
        let everybody = (0..self.people.len().max(before.people.len()) as u32).map(UserId);
        let nothing = Line::default();
        let changed = |id: &LineId| {
            let (was, is) = (before.line(*id).unwrap_or(&nothing), self.line(*id).unwrap_or(&nothing));
            was != is && (was.is_offered() || is.is_offered())
        };
        let lines = (0..self.lines.len().max(before.lines.len()) as u32).map(LineId);
        Touched { users: everybody.filter(differs).collect(), lines: lines.filter(changed).collect() }
    }
}

/// What is shown otherwise by one table than by another: nothing else is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Users who may be shown other lines, or any of them otherwise.
    pub users: FxHashSet<UserId>,
    /// Lines that any user may be shown, or shown otherwise, in their order.
    pub lines: Vec<LineId>,
}

/// Finds what a site gives.
struct Giver<'s> {
    site: &'s Site,
    slot: &'s dyn Fn(ObjectId) -> Option<UserId>,
    /// The groups whose members are shown a group.
    shown_by: FxHashMap<ObjectId, Vec<ObjectId>>,
}

impl Giver<'_> {
    fn new<'s>(site: &'s Site, slot: &'s dyn Fn(ObjectId) -> Option<UserId>) -> Giver<'s> {
        let mut shown_by: FxHashMap<ObjectId, Vec<ObjectId>> = FxHashMap::default();
        for group in site.iter::<Group>().filter(|group| group.object.active) {
            for shown in group.object.monitor_groups.iter().filter(|shown| shown.monitor || shown.favorites) {
                shown_by.entry(shown.group).or_default().push(group.id);
            }
        }
        Giver { site, slot, shown_by }
    }

    /// What is given on a line, through each of its users.
    fn line(&self, bindings: &Bindings, key: Option<&LineKey>) -> Line {
        let mut line = Line::default();
        let Some(key) = key else { return line };
        let owner = bindings.owner(key);
        let name = owner.and_then(|owner| self.site.get::<User>(owner)).map(|owner| owner.object.display_name.as_str());
        line.owner = name.filter(|name| !name.is_empty()).map(Into::into);
        line.picture = owner.and_then(|user| self.site.picture(user).map(|version| PictureOf { user, version }));
        for of in bindings.users(key) {
            self.through(of, owner == Some(of.user), &mut line);
        }
        line
    }

    /// What is given on a line through one of its users: see [`super::may_on_line`], which says the same with reasons.
    fn through(&self, of: &LineUser, is_owner: bool, line: &mut Line) {
        let Some(user) = self.site.get::<User>(of.user) else { return };
        let own = OnLine::of(LineRight::ALL.into_iter().filter(|&right| of.may(right)));
        if let Some(slot) = (self.slot)(of.user) {
            let how = if of.is_own() { OnLine::NOTHING } else { OnLine::ADDITIONAL };
            line.give(Audience::User(slot), own.with(how));
        }
        let on_line = |rights: RightSet| {
            let rights_there =
                LineRight::ALL.into_iter().filter(|right| of.may(*right) && rights.contains(right.at(of.place)));
            let known = |knows: bool, flag| if knows { flag } else { OnLine::NOTHING };
            OnLine::of(rights_there)
                .with(known(rights.contains(Right::SeeNumbers), OnLine::NUMBER))
                .with(known(is_owner && rights.contains(Right::SeeDisplayName), OnLine::OWNER))
                .with(known(is_owner && rights.contains(Right::SeePicture), OnLine::PICTURE))
        };
        let settings = self.site.settings();
        let in_monitor =
            on_line(settings.monitor_grant.rights()).with(if of.is_own() { OnLine::MONITOR } else { OnLine::NOTHING });
        line.give(Audience::Everybody, on_line(settings.grant.rights()));
        if settings.all_in_monitor {
            line.give(Audience::Everybody, in_monitor);
        }
        for &id in &self.site.groups_of(of.user).member {
            let Some(group) = self.site.get::<Group>(id).filter(|group| group.object.active) else { continue };
            line.give(Audience::Group(id), on_line(group.object.member_grant.rights()));
            for leads in
                [group.object.leader, group.object.deputy].into_iter().flatten().filter_map(|id| (self.slot)(id))
            {
                line.give(Audience::User(leads), on_line(group.object.leader_grant.rights()));
            }
            for &shows in self.shown_by.get(&id).into_iter().flatten() {
                line.give(Audience::Group(shows), in_monitor);
            }
        }
        for grant in &user.object.grants {
            if let Some(to) = (self.slot)(grant.to) {
                line.give(Audience::User(to), on_line(grant.grant.rights()));
            }
        }
    }
}
