//! The site as readable documents, and from documents what must change.
//!
//! In documents, objects name each other as people do: users by login, groups and profiles by name. What has its default
//! value is left out.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::Value;

use super::change::read;
use super::problem::{Problem, ProblemCode};
use super::text::caseless;
use super::{Change, Kind, Object, ObjectId, Site, as_json, of_kind};

/// The kinds that documents hold. Administrators and tokens are not among them: without their secrets they open
/// nothing. Interfaces and certificates are of one machine.
pub const EXPORTED: [Kind; 8] = [
    Kind::Settings,
    Kind::Location,
    Kind::LineGroup,
    Kind::Line,
    Kind::Profile,
    Kind::User,
    Kind::Group,
    Kind::Computer,
];

/// Misfits that are told of one site.
const MAX_MISFITS: usize = 100;
/// Values of one document: it must not take much more memory than its text does.
const MAX_VALUES: usize = 4_000_000;

/// All objects of a kind as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name, `users.json`.
    pub name: String,
    /// JSON: a list of objects by their names, of settings the one object.
    pub text: String,
}

/// What a site should be. A kind that is not there stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Settings.
    pub settings: Option<Value>,
    /// Locations.
    pub locations: Option<Vec<Value>>,
    /// Line groups.
    pub line_groups: Option<Vec<Value>>,
    /// Lines.
    pub lines: Option<Vec<Value>>,
    /// Profiles.
    pub profiles: Option<Vec<Value>>,
    /// Users.
    pub users: Option<Vec<Value>>,
    /// Groups.
    pub groups: Option<Vec<Value>>,
    /// Computers.
    pub computers: Option<Vec<Value>>,
}

/// The kinds whose objects may have a password beside what they are.
pub const WITH_PASSWORD: [Kind; 3] = [Kind::LineGroup, Kind::Line, Kind::User];

/// A password of a document, whatever it is written as.
#[derive(Clone, PartialEq)]
pub struct GivenPassword {
    /// Kind of the object.
    pub kind: Kind,
    /// Which of its kind, from 0.
    pub at: usize,
    /// What stands there.
    pub password: Value,
}

impl fmt::Debug for GivenPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenPassword").field("kind", &self.kind).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What is wrong with what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Kind of the object.
    pub kind: Kind,
    /// Which of its kind, from 0.
    pub at: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Wanted {
    /// Reads documents; others than those of a kind are passed over.
    pub fn read<'d>(documents: impl IntoIterator<Item = (&'d str, &'d [u8])>) -> Result<Wanted, Misfit> {
        let mut wanted = Wanted::default();
        for (name, text) in documents {
            let Some(kind) = EXPORTED.into_iter().find(|kind| name == file_name(*kind)) else { continue };
            let unreadable = |error: serde_json::Error| {
                let problem = Problem::whole(ProblemCode::InvalidDocument).value(place(&error));
                Misfit { kind, at: 0, problem }
            };
            if is_too_much(text) {
                let problem = Problem::whole(ProblemCode::TooMany).value(MAX_VALUES);
                return Err(Misfit { kind, at: 0, problem });
            }
            match kind {
                Kind::Settings => wanted.settings = Some(serde_json::from_slice(text).map_err(unreadable)?),
                kind => {
                    let list = serde_json::from_slice(text).map_err(unreadable)?;
                    if let Some(place) = wanted.list_mut(kind) {
                        *place = Some(list);
                    }
                }
            }
        }
        Ok(wanted)
    }

    /// Reads one document with everything, an object with the kinds by their plural names. The passwords that it has are
    /// given beside it.
    pub fn whole(text: &[u8]) -> Result<(Wanted, Vec<GivenPassword>), Problem> {
        if is_too_much(text) {
            return Err(Problem::whole(ProblemCode::TooMany).value(MAX_VALUES));
        }
        let unreadable = |why: String| Problem::whole(ProblemCode::InvalidDocument).value(why);
        let mut document: Value = serde_json::from_slice(text).map_err(|error| unreadable(place(&error)))?;
        let mut passwords = Vec::new();
        for kind in WITH_PASSWORD {
            let list = document.get_mut(kind.plural()).and_then(Value::as_array_mut).into_iter().flatten().enumerate();
            let taken = list.filter_map(|(at, object)| Some((at, object.as_object_mut()?.remove("password")?)));
            passwords.extend(taken.map(|(at, password)| GivenPassword { kind, at, password }));
        }
        // What is wrong names the kinds that there are, and no value.
        let wanted = serde_path_to_error::deserialize(document).map_err(|error| {
            let text = error.inner().to_string();
            let unknown = text.split('`').nth(1).filter(|_| text.starts_with("unknown field"));
            unreadable(match unknown {
                Some(field) => format!("there is no kind of objects called {field:?}"),
                None => format!("{} has the wrong form", error.path()),
            })
        })?;
        Ok((wanted, passwords))
    }

    /// The object of a site that has the name of the one at a place of the list, and whether the configuration file sets it.
    pub fn named(&self, site: &Site, kind: Kind, at: usize) -> Option<(ObjectId, bool)> {
        let body = self.of(kind)?.get(at)?;
        of_kind!(kind, T => site.named::<T>(T::name_in(body)).map(|stored| (stored.id, stored.from_file)))
    }

    /// What the documents call their users, by the ids that these have there.
    pub fn logins(&self) -> FxHashMap<&str, &str> {
        let users = self.users.iter().flatten();
        users.filter_map(|user| Some((user.get("id")?.as_str()?, user.get("login")?.as_str()?))).collect()
    }

    fn list_mut(&mut self, kind: Kind) -> Option<&mut Option<Vec<Value>>> {
        match kind {
            Kind::Location => Some(&mut self.locations),
            Kind::LineGroup => Some(&mut self.line_groups),
            Kind::Line => Some(&mut self.lines),
            Kind::Profile => Some(&mut self.profiles),
            Kind::User => Some(&mut self.users),
            Kind::Group => Some(&mut self.groups),
            Kind::Computer => Some(&mut self.computers),
            Kind::Settings | Kind::Administrator | Kind::Token | Kind::Certificate | Kind::Interface => None,
        }
    }

    fn of(&self, kind: Kind) -> Option<&[Value]> {
        match kind {
            Kind::Settings => self.settings.as_ref().map(std::slice::from_ref),
            Kind::Location => self.locations.as_deref(),
            Kind::LineGroup => self.line_groups.as_deref(),
            Kind::Line => self.lines.as_deref(),
            Kind::Profile => self.profiles.as_deref(),
            Kind::User => self.users.as_deref(),
            Kind::Group => self.groups.as_deref(),
            Kind::Computer => self.computers.as_deref(),
            Kind::Administrator | Kind::Token | Kind::Certificate | Kind::Interface => None,
        }
    }
}

/// Whether a text has more values than are taken.
fn is_too_much(text: &[u8]) -> bool {
    text.iter().filter(|octet| matches!(octet, b',' | b'[' | b'{')).count() > MAX_VALUES
}

/// Where a document breaks, without what stands there.
fn place(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "it must be a list of objects".to_owned(),
        _ => format!("line {}, column {} is not JSON", error.line(), error.column()),
    }
}

fn file_name(kind: Kind) -> String {
    format!("{}.json", kind.plural())
}

/// The site as documents, one for each kind, the same text for the same site.
pub fn export(site: &Site) -> Vec<Document> {
    let document = |kind: Kind| {
        let objects = of_kind!(kind, T => exported::<T>(site));
        let json = match (kind, objects) {
            (Kind::Settings, objects) => objects.into_iter().next().unwrap_or_default(),
            (_, objects) => Value::Array(objects),
        };
        Document { name: file_name(kind), text: format!("{json:#}\n") }
    };
    EXPORTED.into_iter().map(document).collect()
}

fn exported<T: Object>(site: &Site) -> Vec<Value> {
    let default = as_json(&T::default());
    let mut objects: Vec<_> = site.iter::<T>().filter(|stored| !stored.from_file).collect();
    objects.sort_by_cached_key(|stored| (caseless(stored.object.name()), stored.id));
    let document = |stored: &std::sync::Arc<super::Stored<T>>| {
        let mut body = as_json(&stored.object);
        references(T::KIND, &mut body, &mut |kind, value, _| {
            let id = value.as_str().and_then(|id| id.parse().ok());
            if let Some(name) = id.and_then(|id| name(site, kind, id)) {
                *value = name.into();
            }
        });
        without_defaults(&mut body, &default);
        if let (Value::Object(body), true) = (&mut body, T::KIND != Kind::Settings) {
            body.insert("id".to_owned(), stored.id.to_string().into());
        }
        body
    };
    objects.into_iter().map(document).collect()
}

/// What documents call an object; none where it is not there.
pub fn name(site: &Site, kind: Kind, id: ObjectId) -> Option<String> {
    of_kind!(kind, T => site.get::<T>(id).map(|stored| stored.object.name().to_owned()))
}

fn without_defaults(value: &mut Value, default: &Value) {
    let (Value::Object(fields), Value::Object(defaults)) = (value, default) else { return };
    fields.retain(|key, value| defaults.get(key) != Some(value));
    for (key, value) in fields {
        if let Some(default) = defaults.get(key) {
            let kind = value.get("kind").cloned();
            without_defaults(value, default);
            // Of something that can be of several kinds, the rest says nothing without it.
            if let (Value::Object(fields), Some(kind)) = (value, kind) {
                fields.insert("kind".to_owned(), kind);
            }
        }
    }
}

/// Where bodies refer to other objects; `*` stands for every element of a list.
const REFERENCES: [(Kind, &[&str], Kind); 8] = [
    (Kind::LineGroup, &["location"], Kind::Location),
    (Kind::Line, &["group"], Kind::LineGroup),
    (Kind::User, &["profile"], Kind::Profile),
    (Kind::User, &["grants", "*", "to"], Kind::User),
    (Kind::Group, &["leader"], Kind::User),
    (Kind::Group, &["deputy"], Kind::User),
    (Kind::Group, &["members", "*"], Kind::User),
    (Kind::Group, &["monitor_groups", "*", "group"], Kind::Group),
];

/// The kinds of objects that others refer to, each once.
pub fn referred_to() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| REFERENCES.iter().any(|(_, _, to)| to == kind))
}

fn references(kind: Kind, body: &mut Value, visit: &mut dyn FnMut(Kind, &mut Value, &str)) {
    for (_, path, to) in REFERENCES.iter().filter(|(of, ..)| *of == kind) {
        follow(body, path, String::new(), &mut |value, pointer| visit(*to, value, pointer));
    }
}

fn follow(value: &mut Value, path: &[&str], pointer: String, visit: &mut dyn FnMut(&mut Value, &str)) {
    match (path, value) {
        ([], value) => visit(value, &pointer),
        (["*", rest @ ..], Value::Array(list)) => {
            for (at, value) in list.iter_mut().enumerate() {
                follow(value, rest, format!("{pointer}/{at}"), visit);
            }
        }
        ([field, rest @ ..], Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(*field) {
                follow(value, rest, format!("{pointer}/{field}"), visit);
            }
        }
        _ => {}
    }
}

/// The changes that make the site what is wanted; none where it is that already. An object is the one with its `id`, without
/// that the one of its name, or else a new one with an id of `new_id`. With `prune`, objects that are not wanted are deleted,
/// of the kinds that `wanted` has.
pub fn diff(
    site: &Site,
    wanted: &Wanted,
    prune: bool,
    new_id: &mut dyn FnMut() -> ObjectId,
) -> Result<Vec<Change>, Vec<Misfit>> {
    let mut misfits = Misfits::default();
    let mut ids: FxHashMap<(Kind, usize), ObjectId> = FxHashMap::default();
    let mut names: FxHashMap<(Kind, String), ObjectId> = FxHashMap::default();
    let mut kept: FxHashSet<(Kind, ObjectId)> = FxHashSet::default();
    for kind in EXPORTED {
        if wanted.of(kind).is_some_and(|bodies| bodies.len() > kind.most()) {
            return Err(vec![Misfit { kind, at: 0, problem: Problem::whole(ProblemCode::TooMany).value(kind.most()) }]);
        }
        for (at, body) in wanted.of(kind).into_iter().flatten().enumerate() {
            match of_kind!(kind, T => identify::<T>(site, body, new_id)) {
                Err(problem) => misfits.add(kind, at, problem),
                Ok((id, name)) => {
                    if !kept.insert((kind, id)) || names.insert((kind, name), id).is_some() {
                        misfits.add(kind, at, Problem::whole(ProblemCode::Repeated));
                    }
                    ids.insert((kind, at), id);
                }
            }
        }
    }
    let resolve = |kind: Kind, name: &str| {
        let found = names.get(&(kind, caseless(name.trim()))).copied();
        let found = found.or_else(|| of_kind!(kind, T => site.named::<T>(name).map(|stored| stored.id)));
        found.or_else(|| name.parse().ok().filter(|id| site.has(kind, *id) || kept.contains(&(kind, *id))))
    };
    let mut changes = Vec::new();
    for kind in EXPORTED {
        for (at, body) in wanted.of(kind).into_iter().flatten().enumerate() {
            let Some(id) = ids.get(&(kind, at)).copied() else { continue };
            let mut body = body.clone();
            if let Value::Object(body) = &mut body {
                body.remove("id");
            }
            references(kind, &mut body, &mut |to, value, pointer| {
                let Some(name) = value.as_str() else { return };
                match resolve(to, name) {
                    Some(id) => *value = id.to_string().into(),
                    None => {
                        let problem = Problem { pointer: pointer.to_owned(), ..Problem::whole(to.unknown()) };
                        misfits.add(kind, at, problem);
                    }
                }
            });
            match of_kind!(kind, T => change::<T>(site, id, &body)) {
                Ok(change) => changes.extend(change),
                // A name that leads nowhere is told already.
                Err(_) if misfits.last == Some((kind, at)) => {}
                Err(problem) => misfits.add(kind, at, problem),
            }
        }
        if prune && wanted.of(kind).is_some() {
            of_kind!(kind, T => {
                let is_unwanted = |id: &ObjectId| !kept.contains(&(kind, *id)) && !kind.is_built_in(*id);
                let mut unwanted: Vec<_> = site.iter::<T>().filter(|stored| !stored.from_file && is_unwanted(&stored.id)).collect();
                unwanted.sort_by_key(|stored| stored.id);
                let delete = |stored: &std::sync::Arc<super::Stored<T>>| {
                    Change::Delete { kind, id: stored.id, expected: Some(stored.version) }
                };
                changes.extend(unwanted.into_iter().map(delete));
            });
        }
    }
    if misfits.told.is_empty() { Ok(changes) } else { Err(misfits.told) }
}

/// What is wrong, as much of it as is told.
#[derive(Default)]
struct Misfits {
    told: Vec<Misfit>,
    /// The last object that something was wrong with.
    last: Option<(Kind, usize)>,
}

impl Misfits {
    fn add(&mut self, kind: Kind, at: usize, problem: Problem) {
        self.last = Some((kind, at));
        if self.told.len() < MAX_MISFITS {
            self.told.push(Misfit { kind, at, problem });
        }
    }
}

/// Which object is meant, and its name.
fn identify<T: Object>(
    site: &Site,
    body: &Value,
    new_id: &mut dyn FnMut() -> ObjectId,
) -> Result<(ObjectId, String), Problem> {
    let wrong = |pointer: &str, expected: &str| {
        Problem { pointer: pointer.to_owned(), ..Problem::whole(ProblemCode::WrongType) }.value(expected)
    };
    if !body.is_object() {
        return Err(wrong("", "an object"));
    }
    if T::KIND == Kind::Settings {
        return Ok((ObjectId::SETTINGS, String::new()));
    }
    let name = T::name_in(body);
    if name.trim().is_empty() {
        return Err(Problem { pointer: T::name_pointer().to_owned(), ..Problem::whole(ProblemCode::Required) });
    }
    let given = match body.get("id") {
        None => None,
        Some(id) => {
            let id = id.as_str().and_then(|id| id.parse::<ObjectId>().ok());
            Some(id.ok_or_else(|| wrong("/id", "20 characters of a-z and 0-9"))?)
        }
    };
    let existing = given.filter(|id| site.has(T::KIND, *id)).or_else(|| site.named::<T>(name).map(|stored| stored.id));
    Ok((existing.or(given).unwrap_or_else(new_id), caseless(name.trim())))
}

/// The change that gives an object this body; None where it has it.
fn change<T: Object>(site: &Site, id: ObjectId, body: &Value) -> Result<Option<Change>, Problem> {
    let mut object = read::<T>(body)?;
    object.tidy();
    let current = site.get::<T>(id);
    if current.is_some_and(|current| current.object.is_kept_of(&object)) {
        return Ok(None);
    }
    let expected = Some(current.map_or(0, |current| current.version));
    Ok(Some(Change::Put { kind: T::KIND, id, expected, body: as_json(&object) }))
}
