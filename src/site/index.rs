//! Who is found by what: names, identities, numbers, memberships; and what refers to an object.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::Serialize;
use ts_rs::TS;

use super::problem::{Problem, ProblemCode};
use super::text::{caseless, digits};
use super::{Group, Kind, Line, Object, ObjectId, Site, Stored, User, of_kind};

/// The groups that a user has to do with, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// Those that the user is a member of.
    pub member: Vec<ObjectId>,
    /// Those that the user is head or deputy of.
    pub leads: Vec<ObjectId>,
}

/// A place where an object refers to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct Reference {
    /// What refers to it.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// What a person reads of it.
    pub title: String,
    /// JSON pointer to the field.
    pub pointer: String,
}

impl Site {
    /// The user with this login, whatever its case.
    pub fn by_login(&self, login: &str) -> Option<ObjectId> {
        self.users.named(&caseless(login.trim()))
    }

    /// The user with this identity, `user@domain`, whatever its case.
    pub fn by_identity(&self, identity: &str) -> Option<ObjectId> {
        self.identities.get(caseless(identity.trim()).as_str()).copied()
    }

    /// The users that have this telephone number among theirs.
    pub fn by_number(&self, number: &str) -> &[ObjectId] {
        self.numbers.get(&*digits(number)).map(|users| users.as_slice()).unwrap_or_default()
    }

    /// The groups that a user has to do with, those that are not active among them.
    pub fn groups_of(&self, user: ObjectId) -> &Membership {
        static NONE: Membership = Membership { member: Vec::new(), leads: Vec::new() };
        self.memberships.get(&user).map_or(&NONE, |membership| membership)
    }

    /// What refers to an object. All of it loses the reference when the object is deleted.
    pub fn references(&self, kind: Kind, id: ObjectId) -> Vec<Reference> {
        let mut found = Vec::new();
        for of in Kind::ALL {
            of_kind!(of, T => {
                let before = found.len();
                for stored in self.iter::<T>() {
                    stored.object.references(&mut |to_kind, to, pointer| {
                        if (to_kind, to) == (kind, id) {
                            let title = stored.object.title().to_owned();
                            found.push(Reference { kind: of, id: stored.id, title, pointer: pointer.to_string() });
                        }
                    });
                }
                if let Some(found) = found.get_mut(before..) {
                    found.sort_by(|a, b| (&a.title, a.id, &a.pointer).cmp(&(&b.title, b.id, &b.pointer)));
                }
            });
        }
        found
    }

    /// Brings what objects are found by from the state of `base` to this one's, for the objects that differ. Names and
    /// identities that two objects would have are told.
    pub(super) fn reindex(&mut self, base: &Site, touched: &Touched) -> Vec<(Kind, ObjectId, Problem)> {
        let mut taken = Vec::new();
        for kind in Kind::ALL {
            of_kind!(kind, T => self.reindex_names::<T>(base, touched.of(kind), &mut taken));
        }
        let users = touched.of(Kind::User);
        if touched.of(Kind::Settings).is_empty() {
            self.reindex_identities(base, users, &mut taken);
        } else {
            Arc::make_mut(&mut self.identities).clear();
            let all = self.users.iter().map(|user| user.id).collect();
            self.reindex_identities(&Site { users: Default::default(), ..base.clone() }, &all, &mut taken);
        }
        self.reindex_line_users(base, touched.of(Kind::Line), &mut taken);
        self.reindex_numbers(base, users);
        self.reindex_groups(base, touched.of(Kind::Group));
        taken
    }

    fn reindex_names<T: Object>(
        &mut self,
        base: &Site,
        touched: &FxHashSet<ObjectId>,
        taken: &mut Vec<(Kind, ObjectId, Problem)>,
    ) {
        let table = T::table_mut(self);
        let is_renamed = |id: &ObjectId| {
            let (before, after) = (T::table(base).get(*id), table.get(*id));
            before.map(|stored| stored.object.name()) != after.map(|stored| stored.object.name())
        };
        let renamed: Vec<ObjectId> = touched.iter().copied().filter(is_renamed).collect();
        for stored in renamed.iter().filter_map(|id| T::table(base).get(*id)) {
            let name = caseless(stored.object.name());
            if table.named(&name) == Some(stored.id) {
                table.names_mut().remove(name.as_str());
            }
        }
        let mut renamed: Vec<Arc<Stored<T>>> = renamed.iter().filter_map(|id| table.get(*id)).cloned().collect();
        // Which of two objects has the name must not depend on chance.
        renamed.sort_by_key(|stored| (!stored.from_file, stored.id));
        for stored in renamed.into_iter().filter(|stored| !stored.object.name().is_empty()) {
            let name = caseless(stored.object.name());
            match table.named(&name) {
                Some(other) => {
                    let title = table.get(other).map(|other| other.object.title()).unwrap_or_default();
                    let problem =
                        Problem { pointer: T::name_pointer().to_owned(), ..Problem::whole(ProblemCode::NameTaken) };
                    taken.push((T::KIND, stored.id, problem.value(title)));
                }
                None => {
                    table.names_mut().insert(name.into(), stored.id);
                }
            }
        }
    }

    fn reindex_identities(
        &mut self,
        base: &Site,
        touched: &FxHashSet<ObjectId>,
        taken: &mut Vec<(Kind, ObjectId, Problem)>,
    ) {
        let (before, after) = (base.settings().presence_domain.clone(), self.settings().presence_domain.clone());
        let identity = |site: &Site, id: ObjectId, domain: &str| {
            let user = site.users.get(id)?;
            user.object.identity(domain).map(|identity| caseless(&identity))
        };
        let mut moved: Vec<_> = touched
            .iter()
            .map(|id| (*id, identity(base, *id, &before), identity(self, *id, &after)))
            .filter(|(_, before, after)| before != after)
            .collect();
        if moved.is_empty() {
            return;
        }
        moved.sort_by_key(|(id, ..)| *id);
        let identities = Arc::make_mut(&mut self.identities);
        for (id, before, _) in &moved {
            if let Some(before) = before
                && identities.get(before.as_str()) == Some(id)
            {
                identities.remove(before.as_str());
            }
        }
        for (id, _, after) in moved {
            let Some(after) = after else { continue };
            match identities.get(after.as_str()) {
                Some(other) => {
                    let title = self.users.get(*other).map(|other| other.object.title()).unwrap_or_default();
                    let problem =
                        Problem { pointer: "/identity".to_owned(), ..Problem::whole(ProblemCode::IdentityTaken) };
                    taken.push((Kind::User, id, problem.value(title)));
                }
                None => {
                    identities.insert(after.into(), id);
                }
            }
        }
    }

    fn reindex_line_users(
        &mut self,
        base: &Site,
        touched: &FxHashSet<ObjectId>,
        taken: &mut Vec<(Kind, ObjectId, Problem)>,
    ) {
        let key = |site: &Site, id: ObjectId| {
            let line = &site.lines.get(id)?.object;
            Some((line.group?, Arc::from(line.user_name.as_str())))
        };
        let mut moved: Vec<_> = touched
            .iter()
            .map(|id| (*id, key(base, *id), key(self, *id)))
            .filter(|(_, before, after)| before != after)
            .collect();
        if moved.is_empty() {
            return;
        }
        moved.sort_by_key(|(id, ..)| (self.lines.get(*id).is_some_and(|line| !line.from_file), *id));
        let names = Arc::make_mut(&mut self.line_users);
        for (id, before, _) in &moved {
            if let Some(before) = before
                && names.get(before) == Some(id)
            {
                names.remove(before);
            }
        }
        for (id, _, after) in moved {
            let Some(after) = after else { continue };
            match names.get(&after) {
                Some(other) => {
                    let title = self.lines.get(*other).map(|other| other.object.title()).unwrap_or_default();
                    let problem =
                        Problem { pointer: "/user_name".to_owned(), ..Problem::whole(ProblemCode::UserNameTaken) };
                    taken.push((Kind::Line, id, problem.value(title)));
                }
                None => {
                    names.insert(after, id);
                }
            }
        }
    }

    /// The line of a line group that has this user name.
    pub fn line_of(&self, group: ObjectId, user_name: &str) -> Option<ObjectId> {
        self.line_users.get(&(group, Arc::from(user_name))).copied()
    }

    /// The lines of a line group, in no order.
    pub fn lines_of(&self, group: ObjectId) -> impl Iterator<Item = &Arc<Stored<Line>>> {
        self.lines.iter().filter(move |line| line.object.group == Some(group))
    }

    fn reindex_numbers(&mut self, base: &Site, touched: &FxHashSet<ObjectId>) {
        let is_moved = |id: &&ObjectId| {
            let phones = |site: &Site| site.users.get(**id).map(|user| user.object.phones.clone());
            phones(base) != phones(self)
        };
        let mut moved: Vec<ObjectId> = touched.iter().filter(is_moved).copied().collect();
        if moved.is_empty() {
            return;
        }
        moved.sort();
        let numbers = Arc::make_mut(&mut self.numbers);
        for user in moved.iter().filter_map(|id| base.users.get(*id)) {
            for number in numbers_of(&user.object) {
                if let Some(users) = numbers.get_mut(number.as_str()).map(Arc::make_mut) {
                    users.retain(|id| *id != user.id);
                    if users.is_empty() {
                        numbers.remove(number.as_str());
                    }
                }
            }
        }
        for user in moved.iter().filter_map(|id| self.users.get(*id)) {
            for number in numbers_of(&user.object) {
                let users = Arc::make_mut(numbers.entry(number.into()).or_default());
                if let Err(place) = users.binary_search(&user.id) {
                    users.insert(place, user.id);
                }
            }
        }
    }

    fn reindex_groups(&mut self, base: &Site, touched: &FxHashSet<ObjectId>) {
        let mut moves = Vec::new();
        for id in touched {
            let sets = |site: &Site| site.groups.get(*id).map(|group| sets(&group.object)).unwrap_or_default();
            let (before, after) = (sets(base), sets(self));
            for (leads, before, after) in [(false, before.0, after.0), (true, before.1, after.1)] {
                moves.extend(before.difference(&after).map(|user| (*user, leads, *id, false)));
                moves.extend(after.difference(&before).map(|user| (*user, leads, *id, true)));
            }
        }
        if moves.is_empty() {
            return;
        }
        let memberships = Arc::make_mut(&mut self.memberships);
        for (user, leads, group, comes) in moves {
            let membership = Arc::make_mut(memberships.entry(user).or_default());
            let groups = if leads { &mut membership.leads } else { &mut membership.member };
            match (groups.binary_search(&group), comes) {
                (Err(place), true) => groups.insert(place, group),
                (Ok(place), false) => {
                    groups.remove(place);
                }
                _ => {}
            }
            if membership.member.is_empty() && membership.leads.is_empty() {
                memberships.remove(&user);
            }
        }
    }
}

/// Members, and who leads.
fn sets(group: &Group) -> (FxHashSet<ObjectId>, FxHashSet<ObjectId>) {
    (group.members.iter().copied().collect(), [group.leader, group.deputy].into_iter().flatten().collect())
}

/// The numbers that a user is found by.
fn numbers_of(user: &User) -> impl Iterator<Item = String> {
    let phones = &user.phones;
    let numbers = [&phones.business, &phones.business2, &phones.private, &phones.mobile, &phones.pager];
    numbers.into_iter().map(|number| digits(number).into_owned()).filter(|number| !number.is_empty())
}

/// Objects that a plan puts or deletes.
#[derive(Debug, Default)]
pub(super) struct Touched(FxHashMap<Kind, FxHashSet<ObjectId>>);

impl Touched {
    pub(super) fn add(&mut self, kind: Kind, id: ObjectId) -> bool {
        self.0.entry(kind).or_default().insert(id)
    }

    pub(super) fn of(&self, kind: Kind) -> &FxHashSet<ObjectId> {
        static NONE: std::sync::LazyLock<FxHashSet<ObjectId>> = std::sync::LazyLock::new(FxHashSet::default);
        self.0.get(&kind).unwrap_or(&NONE)
    }
}
