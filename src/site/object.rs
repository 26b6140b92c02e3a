//! Objects: what an administrator sets, each with its kind, its id and its version.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use ts_rs::TS;

use super::Site;
use super::list::Query;
use super::problem::{ProblemCode, Problems};
use super::text::fold;

/// Letters and digits of an id.
const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Characters of an id.
const LEN: usize = 20;

/// The id of an object: 20 of `a-z0-9`, the same as long as the object is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, TS)]
#[ts(as = "String")]
pub struct ObjectId([u8; LEN]);

impl ObjectId {
    /// The profile of all users that have none of their own.
    pub const DEFAULT_PROFILE: ObjectId = ObjectId(*b"default0000000000000");

    /// The settings.
    pub const SETTINGS: ObjectId = ObjectId(*b"settings000000000000");

    /// The interface without TLS that a server begins with.
    pub const HTTP: ObjectId = ObjectId(*b"http0000000000000000");

    /// The interface with TLS that a server begins with.
    pub const HTTPS: ObjectId = ObjectId(*b"https000000000000000");

    /// An id of random octets. Twenty characters keep 100 of the 128 bits apart.
    pub fn random(random: [u8; 16]) -> ObjectId {
        let mut rest = u128::from_le_bytes(random);
        let mut id = [0; LEN];
        for character in &mut id {
            *character = ALPHABET[(rest % 36) as usize];
            rest /= 36;
        }
        ObjectId(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // Only made of `ALPHABET` and the constants above.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl JsonSchema for ObjectId {
    fn schema_name() -> Cow<'static, str> {
        "ObjectId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9]{20}$", "description": "The id of an object." })
    }
}

/// Text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 20 characters, each of a-z or 0-9")]
pub struct NoObjectId;

impl FromStr for ObjectId {
    type Err = NoObjectId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id: [u8; LEN] = text.as_bytes().try_into().map_err(|_| NoObjectId)?;
        match id.iter().all(|character| ALPHABET.contains(character)) {
            true => Ok(ObjectId(id)),
            false => Err(NoObjectId),
        }
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("an id, expected 20 characters of a-z and 0-9"))
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ObjectKind")]
#[ts(rename = "ObjectKind")]
pub enum Kind {
    /// A person who can sign in.
    User,
    /// Users together, with rights on each other.
    Group,
    /// A computer with telephones beside it.
    Computer,
    /// Settings for clients.
    Profile,
    /// A person who administers the server.
    Administrator,
    /// What a program signs in with.
    Token,
    /// What holds for the whole server; one object.
    Settings,
    /// A PBX connection and the properties of its lines.
    LineGroup,
    /// A line at a PBX.
    Line,
    /// A place of the company, and how its numbers are built.
    Location,
    /// A certificate that interfaces show.
    Certificate,
    /// A place where the browser app, the console and the API are reached.
    Interface,
}

impl Kind {
    /// All of them, those first that others refer to.
    pub const ALL: [Kind; 12] = [
        Kind::Settings,
        Kind::Location,
        Kind::LineGroup,
        Kind::Line,
        Kind::Profile,
        Kind::User,
        Kind::Group,
        Kind::Computer,
        Kind::Administrator,
        Kind::Token,
        Kind::Certificate,
        Kind::Interface,
    ];

    /// Its name in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Group => "group",
            Kind::Computer => "computer",
            Kind::Profile => "profile",
            Kind::Administrator => "administrator",
            Kind::Token => "token",
            Kind::Settings => "settings",
            Kind::LineGroup => "line_group",
            Kind::Line => "line",
            Kind::Location => "location",
            Kind::Certificate => "certificate",
            Kind::Interface => "interface",
        }
    }

    /// Its name for many, as in addresses and documents.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::User => "users",
            Kind::Group => "groups",
            Kind::Computer => "computers",
            Kind::Profile => "profiles",
            Kind::Administrator => "administrators",
            Kind::Token => "tokens",
            Kind::Settings => "settings",
            Kind::LineGroup => "line_groups",
            Kind::Line => "lines",
            Kind::Location => "locations",
            Kind::Certificate => "certificates",
            Kind::Interface => "interfaces",
        }
    }

    /// Objects of a site.
    pub fn most(self) -> usize {
        match self {
            Kind::User | Kind::Computer | Kind::Line => 100_000,
            Kind::Group => 10_000,
            Kind::Profile | Kind::Administrator | Kind::Token | Kind::LineGroup | Kind::Location => 1_000,
            Kind::Certificate | Kind::Interface => 100,
            Kind::Settings => 1,
        }
    }

    /// Whether that is an object that is always there.
    pub fn is_built_in(self, id: ObjectId) -> bool {
        [(Kind::Profile, ObjectId::DEFAULT_PROFILE), (Kind::Settings, ObjectId::SETTINGS)].contains(&(self, id))
    }

    /// Whether the running server goes by secrets of these objects that it has read before. Those that people and programs
    /// sign in with it reads when they do.
    pub fn secrets_count(self) -> bool {
        !matches!(self, Kind::User | Kind::Administrator | Kind::Token)
    }

    /// What is wrong where an object of this kind is named and none is there.
    pub fn unknown(self) -> ProblemCode {
        match self {
            Kind::User => ProblemCode::UnknownUser,
            Kind::Group => ProblemCode::UnknownGroup,
            Kind::Profile => ProblemCode::UnknownProfile,
            Kind::Certificate => ProblemCode::UnknownCertificate,
            Kind::LineGroup => ProblemCode::UnknownLineGroup,
            Kind::Location => ProblemCode::UnknownLocation,
            _ => ProblemCode::NotFound,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// An object as the site keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
#[schemars(rename = "Stored{T}")]
pub struct Stored<T> {
    /// Its id.
    pub id: ObjectId,
    /// One more with every change.
    #[ts(type = "number")]
    pub version: i64,
    /// Whether the configuration file sets it: then it is changed only there.
    pub from_file: bool,
    /// What was set.
    pub object: T,
    /// What a search looks through, folded.
    #[serde(skip)]
    pub(super) haystack: Box<str>,
}

impl<T: Object> Stored<T> {
    pub(super) fn new(id: ObjectId, version: i64, from_file: bool, object: T) -> Stored<T> {
        let mut text = String::new();
        object.searched(&mut |part| {
            if !part.is_empty() {
                text.push_str(part);
                text.push('\n');
            }
        });
        Stored { id, version, from_file, haystack: fold(&text).into(), object }
    }
}

/// One kind of object.
pub trait Object: Clone + PartialEq + Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its kind.
    const KIND: Kind;

    /// Columns that a list is sorted by; the first where none is asked for.
    const COLUMNS: &'static [&'static str];

    /// The name that no other of its kind has, whatever its case.
    fn name(&self) -> &str;

    /// Where that name stands in the body.
    fn name_pointer() -> &'static str {
        "/name"
    }

    /// The name that a body of JSON has.
    fn name_in(body: &Value) -> &str {
        body.pointer(Self::name_pointer()).and_then(Value::as_str).unwrap_or_default()
    }

    /// What a person reads.
    fn title(&self) -> &str {
        self.name()
    }

    /// Takes out what means nothing: spaces at the ends, marks between digits.
    fn tidy(&mut self);

    /// The same in the order in which it is kept; None: it is in that order. Checks come before, so that what is wrong is told
    /// by its place in what was sent; drafts keep theirs.
    fn settled(&self) -> Option<Self> {
        None
    }

    /// Whether this is what is kept of another.
    fn is_kept_of(&self, other: &Self) -> bool {
        self == other || other.settled().is_some_and(|settled| *self == settled)
    }

    /// Notes what is wrong, but for references and names that are taken.
    fn check(&self, id: ObjectId, problems: &mut Problems);

    /// Notes what is wrong with it among the other objects of the site.
    fn check_among(&self, _id: ObjectId, _site: &Site, _problems: &mut Problems) {}

    /// Names every object that this one refers to, and where.
    fn references(&self, visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>));

    /// Lets go of what is deleted.
    fn forget(&mut self, is_gone: &dyn Fn(Kind, ObjectId) -> bool);

    /// Every text that a search looks through.
    fn searched(&self, visit: &mut dyn FnMut(&str));

    /// What it is sorted by in a column, folded.
    fn sort_key(&self, column: &str) -> String;

    /// Whether it passes the filters of a list.
    fn passes(&self, _id: ObjectId, _site: &Site, _query: &Query) -> bool {
        true
    }

    /// All objects of this kind.
    fn table(site: &Site) -> &Table<Self>;

    /// The same, to change them.
    fn table_mut(site: &mut Site) -> &mut Table<Self>;
}

/// All objects of a kind. Cheap to clone: what is not changed is shared.
#[derive(Debug, Clone)]
pub struct Table<T> {
    objects: Arc<FxHashMap<ObjectId, Arc<Stored<T>>>>,
    names: Arc<FxHashMap<Arc<str>, ObjectId>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { objects: Arc::default(), names: Arc::default() }
    }
}

impl<T> Table<T> {
    /// The object with this id.
    pub fn get(&self, id: ObjectId) -> Option<&Arc<Stored<T>>> {
        self.objects.get(&id)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Stored<T>>> {
        self.objects.values()
    }

    /// Whether these are the very same objects, without a look at each; false also where they only look the same.
    pub fn is(&self, other: &Table<T>) -> bool {
        Arc::ptr_eq(&self.objects, &other.objects)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Whose name it is; `caseless` is a result of [`caseless`](super::text::caseless).
    pub(super) fn named(&self, caseless: &str) -> Option<ObjectId> {
        self.names.get(caseless).copied()
    }

    pub(super) fn put(&mut self, stored: Stored<T>) {
        Arc::make_mut(&mut self.objects).insert(stored.id, Arc::new(stored));
    }

    pub(super) fn take(&mut self, id: ObjectId) {
        Arc::make_mut(&mut self.objects).remove(&id);
    }

    pub(super) fn names_mut(&mut self) -> &mut FxHashMap<Arc<str>, ObjectId> {
        Arc::make_mut(&mut self.names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = ObjectId::random(*b"sixteen octets !");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 20);
        for known in [ObjectId::DEFAULT_PROFILE, ObjectId::SETTINGS] {
            assert_eq!(known.to_string().parse(), Ok(known));
        }
        for wrong in ["", "ABCDEFGHIJKLMNOPQRST", "abcdefghijklmnopqrs", "abcdefghijklmnopqrs-"] {
            assert_eq!(wrong.parse::<ObjectId>(), Err(NoObjectId), "{wrong}");
        }
    }
}
