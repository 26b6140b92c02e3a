//! Changes: planned against one state, all or nothing, then committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use ts_rs::TS;

use super::administrator::Role;
use super::index::Touched;
use super::problem::{Problem, ProblemCode, Problems, Said, escaped};
use super::{Administrator, Kind, Object, ObjectId, Profile, Settings, Site, Stored, Table, as_json, of_kind};

/// Refusals that are told of one plan.
const MAX_REFUSALS: usize = 100;

/// Values of lists, by the names of the fields.
pub type Items = BTreeMap<String, Vec<Value>>;

/// What is to be changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The object gets this body; where it is not there, it is created.
    Put {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: ObjectId,
        /// The version it was changed from; 0: it must not be there; None: whatever is there.
        expected: Option<i64>,
        /// The whole body.
        body: Value,
    },
    /// Some of an object's fields change (JSON merge patch, RFC 7396).
    Patch {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: ObjectId,
        /// The version it was changed from; None: whatever is there.
        expected: Option<i64>,
        /// The fields.
        patch: Value,
    },
    /// Values come into lists of the object and leave them, whatever else those have.
    Items {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: ObjectId,
        /// The version it was changed from; None: whatever is there.
        expected: Option<i64>,
        /// What is to be in which list.
        add: Items,
        /// What is not to be in which list.
        remove: Items,
    },
    /// The object goes, and with it what refers to it.
    Delete {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: ObjectId,
        /// The version it was deleted at; None: whatever is there.
        expected: Option<i64>,
    },
}

impl Change {
    /// The kind of its object.
    pub fn kind(&self) -> Kind {
        match self {
            Change::Put { kind, .. }
            | Change::Patch { kind, .. }
            | Change::Items { kind, .. }
            | Change::Delete { kind, .. } => *kind,
        }
    }

    /// The id of its object.
    pub fn id(&self) -> ObjectId {
        match self {
            Change::Put { id, .. }
            | Change::Patch { id, .. }
            | Change::Items { id, .. }
            | Change::Delete { id, .. } => *id,
        }
    }

    fn expected(&self) -> Option<i64> {
        match self {
            Change::Put { expected, .. }
            | Change::Patch { expected, .. }
            | Change::Items { expected, .. }
            | Change::Delete { expected, .. } => *expected,
        }
    }
}

/// Why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which of the changes it is, from 0.
    pub change: usize,
    /// Kind of the object.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// What is wrong; at least one.
    pub problems: Vec<Problem>,
}

impl Refusal {
    /// The HTTP status of an answer that carries it: that of its first problem.
    pub fn http_status(&self) -> u16 {
        self.problems.first().map_or(422, |problem| problem.code.http_status())
    }
}

/// One object that a plan writes or deletes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct Write {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// Its version from then on; of a deleted one, its last.
    #[ts(type = "number")]
    pub version: i64,
    /// What a person reads of it.
    pub title: String,
    /// Its body until then; null: it was not there.
    #[ts(type = "unknown")]
    pub before: Option<Value>,
    /// Its body from then on; null: it is deleted.
    #[ts(type = "unknown")]
    pub after: Option<Value>,
    /// Whether it changes only because something that it refers to is deleted.
    pub follows: bool,
}

/// Changes that can be made, and what they come to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is to be written, those first that others refer to. Empty: everything is so already.
    pub writes: Vec<Write>,
    site: Site,
    base: u64,
}

impl Plan {
    /// The state that it leads to.
    pub fn site(&self) -> &Site {
        &self.site
    }
}

/// A plan was made of another state than that which it was to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("something else was changed after these changes were planned; plan them anew")]
pub struct StalePlan;

/// An object as the database has it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// Its version.
    pub version: i64,
    /// Whether the configuration file sets it.
    pub from_file: bool,
    /// Its body.
    pub body: Value,
}

impl Site {
    /// A site of what is kept, and what is wrong with that. What cannot be read at all is left out, but for what is always
    /// there: that has its defaults until somebody sets it again. Everything else is there, so that it can be mended.
    /// `change` counts the rows.
    pub fn load(rows: impl IntoIterator<Item = Row>) -> (Site, Vec<Refusal>) {
        let empty = Site {
            users: Table::default(),
            groups: Table::default(),
            computers: Table::default(),
            profiles: Table::default(),
            administrators: Table::default(),
            tokens: Table::default(),
            settings: Table::default(),
            certificates: Table::default(),
            interfaces: Table::default(),
            line_groups: Table::default(),
            lines: Table::default(),
            locations: Table::default(),
            identities: Arc::default(),
            numbers: Arc::default(),
            memberships: Arc::default(),
            line_users: Arc::default(),
            pictures: Arc::default(),
            seats: Arc::default(),
            revision: 0,
        };
        let mut site = empty.clone();
        let default = Profile { name: Profile::DEFAULT.to_owned(), ..Profile::default() };
        site.profiles.put(Stored::new(ObjectId::DEFAULT_PROFILE, 1, false, default));
        site.settings.put(Stored::new(ObjectId::SETTINGS, 1, false, Settings::default()));
        let mut touched = Touched::default();
        touched.add(Kind::Profile, ObjectId::DEFAULT_PROFILE);
        touched.add(Kind::Settings, ObjectId::SETTINGS);
        let mut refusals = Refusals::default();
        for (at, Row { kind, id, version, from_file, body }) in rows.into_iter().enumerate() {
            refusals.places.insert((kind, id), at);
            of_kind!(kind, T => match read::<T>(&body) {
                Ok(mut object) => {
                    object.tidy();
                    T::table_mut(&mut site).put(Stored::new(id, version, from_file, object));
                    touched.add(kind, id);
                }
                Err(problem) => {
                    if kind.is_built_in(id) && let Some(stored) = T::table(&site).get(id) {
                        // Whoever changes it changes what is kept.
                        let stands_in = Stored { version, ..Stored::clone(stored) };
                        T::table_mut(&mut site).put(stands_in);
                    }
                    refusals.add(kind, id, vec![problem]);
                }
            });
        }
        let taken = site.reindex(&empty, &touched);
        site.check_all(&touched, taken, &mut refusals);
        site.settle(&touched);
        (site, refusals.into_vec())
    }

    /// What changes come to: all of them are possible, or none is made.
    pub fn plan(&self, changes: &[Change]) -> Result<Plan, Vec<Refusal>> {
        let mut next = self.clone();
        let (mut touched, mut put) = (Touched::default(), FxHashSet::default());
        let mut gone: FxHashSet<(Kind, ObjectId)> = FxHashSet::default();
        let mut refusals = Refusals::default();
        for (at, change) in changes.iter().enumerate() {
            let (kind, id) = (change.kind(), change.id());
            refusals.places.insert((kind, id), at);
            let made = of_kind!(kind, T => next.make::<T>(self, change));
            match made {
                Err(problem) => refusals.add(kind, id, vec![problem]),
                Ok(changes) => match change {
                    Change::Put { .. } => {
                        touched.add(kind, id);
                        put.insert((kind, id));
                    }
                    Change::Patch { .. } | Change::Items { .. } if !changes => {}
                    Change::Patch { .. } | Change::Items { .. } => _ = touched.add(kind, id),
                    Change::Delete { .. } => {
                        touched.add(kind, id);
                        gone.insert((kind, id));
                    }
                },
            }
        }
        gone.retain(|(kind, id)| !next.has(*kind, *id));
        for (group, lines) in next.lines_left(&gone) {
            let problem = Problem::whole(ProblemCode::LineGroupHasLines).value(lines);
            refusals.add(Kind::LineGroup, group, vec![problem]);
            gone.remove(&(Kind::LineGroup, group));
        }
        let mut follows = FxHashSet::default();
        if !gone.is_empty() {
            for kind in Kind::ALL {
                of_kind!(kind, T => {
                    for id in next.forget::<T>(self, &gone, &put) {
                        if touched.add(kind, id) {
                            follows.insert((kind, id));
                        }
                    }
                });
            }
        }
        for &(kind, id) in gone.iter().filter(|(kind, _)| *kind == Kind::Certificate) {
            // What shows a certificate must not show another one unasked.
            let users: Vec<String> = self
                .references(kind, id)
                .into_iter()
                .filter(|user| next.has(user.kind, user.id) && !put.contains(&(user.kind, user.id)))
                .map(|user| user.title)
                .collect();
            if !users.is_empty() {
                refusals.add(kind, id, vec![Problem::whole(ProblemCode::InUse).value(users.join(", "))]);
            }
        }
        let taken = next.reindex(self, &touched);
        next.check_all(&touched, taken, &mut refusals);
        if self.has_full_administrator() && !next.has_full_administrator() {
            let is_administrator = |change: &&Change| change.kind() == Kind::Administrator;
            if let Some(change) = changes.iter().rfind(is_administrator) {
                refusals.add(change.kind(), change.id(), vec![Problem::whole(ProblemCode::LastAdministrator)]);
            }
        }
        if !refusals.list.is_empty() {
            return Err(refusals.into_vec());
        }
        next.settle(&touched);
        next.revision += 1;
        Ok(Plan { writes: self.writes(&next, &touched, &follows), site: next, base: self.revision })
    }

    /// Makes the changes of a plan.
    pub fn commit(&mut self, plan: Plan) -> Result<(), StalePlan> {
        if plan.base != self.revision {
            return Err(StalePlan);
        }
        *self = plan.site;
        Ok(())
    }

    /// Makes one change, in the tables only; false: everything is so already.
    fn make<T: Object>(&mut self, base: &Site, change: &Change) -> Result<bool, Problem> {
        let id = change.id();
        let before = T::table(base).get(id);
        let current = T::table(self).get(id).cloned();
        match (change.expected(), before) {
            (Some(0), Some(_)) => return Err(Problem::whole(ProblemCode::Exists)),
            // What the configuration file sets is not changed from any version.
            (Some(expected), Some(before)) if expected != before.version && !before.from_file => {
                return Err(Problem::whole(ProblemCode::VersionConflict).value(before.version));
            }
            (Some(1..), None) => return Err(Problem::whole(ProblemCode::NotFound)),
            _ => {}
        }
        let set_in_file = || match current.as_ref().is_some_and(|stored| stored.from_file) {
            true => Err(Problem::whole(ProblemCode::SetInFile)),
            false => Ok(()),
        };
        let body = match change {
            Change::Delete { .. } => {
                current.as_ref().ok_or(Problem::whole(ProblemCode::NotFound))?;
                set_in_file()?;
                if T::KIND.is_built_in(id) {
                    return Err(Problem::whole(ProblemCode::CannotBeDeleted));
                }
                T::table_mut(self).take(id);
                return Ok(true);
            }
            Change::Put { body, .. } => read::<T>(body),
            Change::Patch { patch, .. } => {
                let current = current.as_ref().ok_or(Problem::whole(ProblemCode::NotFound))?;
                let mut body = as_json(&current.object);
                merge(&mut body, patch);
                read::<T>(&body)
            }
            Change::Items { add, remove, .. } => {
                let current = current.as_ref().ok_or(Problem::whole(ProblemCode::NotFound))?;
                let mut body = as_json(&current.object);
                exchange_items(&mut body, add, remove)?;
                read::<T>(&body)
            }
        };
        let mut object = body?;
        object.tidy();
        if current.as_ref().is_some_and(|stored| stored.object.is_kept_of(&object)) {
            return Ok(false);
        }
        set_in_file()?;
        if T::KIND == Kind::Settings && id != ObjectId::SETTINGS {
            return Err(Problem::whole(ProblemCode::NotFound));
        }
        if current.is_none() && T::table(self).len() >= T::KIND.most() {
            return Err(Problem::whole(ProblemCode::TooMany).value(T::KIND.most()));
        }
        let version = before.map_or(0, |before| before.version) + 1;
        T::table_mut(self).put(Stored::new(id, version, false, object));
        Ok(true)
    }

    /// Takes references to what is gone out of all objects but those that were put: what somebody has just written must be
    /// right. Gives the objects that changed.
    fn forget<T: Object>(
        &mut self,
        base: &Site,
        gone: &FxHashSet<(Kind, ObjectId)>,
        put: &FxHashSet<(Kind, ObjectId)>,
    ) -> Vec<ObjectId> {
        let is_gone = |kind, id| gone.contains(&(kind, id));
        let refers = |stored: &&Arc<Stored<T>>| {
            let mut refers = false;
            stored.object.references(&mut |kind, id, _| refers |= is_gone(kind, id));
            refers && !put.contains(&(T::KIND, stored.id))
        };
        let found: Vec<_> = T::table(self).iter().filter(refers).cloned().collect();
        for stored in &found {
            let mut object = stored.object.clone();
            object.forget(&is_gone);
            let version = T::table(base).get(stored.id).map_or(0, |before| before.version) + 1;
            T::table_mut(self).put(Stored::new(stored.id, version, stored.from_file, object));
        }
        found.iter().map(|stored| stored.id).collect()
    }

    fn check_all(&self, touched: &Touched, taken: Vec<(Kind, ObjectId, Problem)>, refusals: &mut Refusals) {
        let mut taken_by: FxHashMap<(Kind, ObjectId), Vec<Problem>> = FxHashMap::default();
        for (kind, id, problem) in taken {
            taken_by.entry((kind, id)).or_default().push(problem);
        }
        for kind in Kind::ALL {
            of_kind!(kind, T => for stored in touched.of(kind).iter().filter_map(|id| self.get::<T>(*id)) {
                let mut problems = Problems::default();
                Object::check(&stored.object, stored.id, &mut problems);
                stored.object.check_among(stored.id, self, &mut problems);
                stored.object.references(&mut |to_kind, to, pointer| {
                    if !self.has(to_kind, to) {
                        problems.add(pointer, to_kind.unknown());
                    }
                });
                taken_by.remove(&(kind, stored.id)).into_iter().flatten().for_each(|problem| problems.push(problem));
                if !problems.is_empty() {
                    refusals.add(kind, stored.id, problems.into_vec());
                }
            });
        }
        // Objects that nobody touched have lost their identity to a new presence domain.
        for ((kind, id), problems) in taken_by {
            refusals.add(kind, id, problems);
        }
    }

    /// Brings what was touched into the order in which it is kept.
    fn settle(&mut self, touched: &Touched) {
        for kind in Kind::ALL {
            of_kind!(kind, T => for id in touched.of(kind) {
                let settled = self.get::<T>(*id).and_then(|stored| {
                    Some(Stored::new(stored.id, stored.version, stored.from_file, stored.object.settled()?))
                });
                if let Some(settled) = settled {
                    T::table_mut(self).put(settled);
                }
            });
        }
    }

    /// Line groups that are gone and still have lines, and how many.
    fn lines_left(&self, gone: &FxHashSet<(Kind, ObjectId)>) -> Vec<(ObjectId, usize)> {
        let groups = gone.iter().filter(|(kind, _)| *kind == Kind::LineGroup).map(|(_, id)| *id);
        let counted = groups.map(|group| (group, self.lines_of(group).count()));
        counted.filter(|(_, lines)| *lines > 0).collect()
    }

    fn has_full_administrator(&self) -> bool {
        self.iter::<Administrator>().any(|stored| stored.object.active && stored.object.role == Role::Full)
    }

    fn writes(&self, next: &Site, touched: &Touched, follows: &FxHashSet<(Kind, ObjectId)>) -> Vec<Write> {
        let mut writes = Vec::new();
        for kind in Kind::ALL {
            let mut ids: Vec<ObjectId> = touched.of(kind).iter().copied().collect();
            ids.sort();
            of_kind!(kind, T => writes.extend(ids.into_iter().filter_map(|id| {
                let (before, after) = (self.get::<T>(id), next.get::<T>(id));
                let shown = after.or(before)?;
                let is_same = before.map(|stored| stored.version) == after.map(|stored| stored.version);
                (!shown.from_file && !is_same).then(|| Write {
                    kind,
                    id,
                    version: shown.version,
                    title: shown.object.title().to_owned(),
                    before: before.map(|stored| as_json(&stored.object)),
                    after: after.map(|stored| as_json(&stored.object)),
                    follows: follows.contains(&(kind, id)),
                })
            })));
        }
        writes
    }
}

/// Refusals, and which change each object belongs to.
#[derive(Default)]
struct Refusals {
    places: FxHashMap<(Kind, ObjectId), usize>,
    list: Vec<Refusal>,
}

impl Refusals {
    fn add(&mut self, kind: Kind, id: ObjectId, problems: Vec<Problem>) {
        let change = self.places.get(&(kind, id)).copied().unwrap_or_default();
        self.list.push(Refusal { change, kind, id, problems });
    }

    fn into_vec(mut self) -> Vec<Refusal> {
        self.list.sort_by_key(|refusal| refusal.change);
        self.list.truncate(MAX_REFUSALS);
        self.list
    }
}

/// A body as an object, or as what a request asks. What is wrong names no value: it may be a secret in the wrong place.
pub fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Problem> {
    if !body.is_object() {
        // A list would be taken for the fields in their order.
        return Err(Problem::whole(ProblemCode::WrongType).said(Said::new("an object", "ein Objekt")));
    }
    serde_path_to_error::deserialize(body).map_err(|error| {
        let mut pointer = String::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => pointer += &format!("/{index}"),
                Segment::Map { key } => pointer += &format!("/{}", escaped(key)),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        let text = error.inner().to_string();
        let unknown = text.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
        if let Some((field, _)) = unknown {
            let last = format!("/{}", escaped(field));
            if !pointer.ends_with(&last) {
                pointer += &last;
            }
            return Problem { pointer, ..Problem::whole(ProblemCode::UnknownField) }.value(field);
        }
        if let Some(field) = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            return Problem { pointer: format!("{pointer}/{field}"), ..Problem::whole(ProblemCode::Required) };
        }
        let expected = text.rsplit_once("expected ").map_or("another one", |(_, expected)| expected);
        Problem { pointer, ..Problem::whole(ProblemCode::WrongType) }.value(expected)
    })
}

/// Puts values into lists that do not have them, and takes others out.
fn exchange_items(body: &mut Value, add: &Items, remove: &Items) -> Result<(), Problem> {
    let is_list = |field: &String| body.get(field).is_none_or(Value::is_array);
    if let Some(field) = add.keys().chain(remove.keys()).find(|field| !is_list(field)) {
        let list = Said::new("the name of a list", "der Name einer Liste");
        let problem = Problem::whole(ProblemCode::WrongType).said(list);
        return Err(Problem { pointer: format!("/{}", escaped(field)), ..problem });
    }
    let Value::Object(fields) = body else { return Ok(()) };
    for (field, values) in remove {
        if let Some(Value::Array(list)) = fields.get_mut(field) {
            list.retain(|value| !values.contains(value));
        }
    }
    for (field, values) in add {
        // A field that there is not is refused with the rest of the body.
        let list = fields.entry(field).or_insert_with(|| Value::Array(Vec::new()));
        let Value::Array(list) = list else { continue };
        for value in values {
            if !list.contains(value) {
                list.push(value.clone());
            }
        }
    }
    Ok(())
}

/// Changes some fields of a JSON value (RFC 7396).
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        match value {
            Value::Null => _ = target.remove(key),
            value => merge(target.entry(key.as_str()).or_insert(Value::Null), value),
        }
    }
}
