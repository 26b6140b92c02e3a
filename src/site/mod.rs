//! The site: everything an administrator sets, as objects in memory. Pure.
//!
//! A change is planned ([`Site::plan`]), written by whoever keeps the database, and then committed ([`Site::commit`]). A
//! [`Site`] is cheap to clone, so that many can read one state while the next is made.

mod administrator;
pub mod binding;
mod certificate;
mod change;
mod computer;
mod difference;
mod emergency;
pub mod exchange;
mod group;
mod index;
mod interface;
mod line;
mod line_group;
pub mod lines_csv;
mod list;
mod location;
mod object;
mod problem;
mod profile;
mod settings;
mod text;
mod user;
pub mod users_csv;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

pub use self::administrator::{Administrator, Role, Scope, Token};
pub use self::certificate::{AcmeSettings, Certificate, MAX_CHAIN, Source as CertificateSource};
pub use self::change::{Change, Items, Plan, Refusal, Row, StalePlan, Write, merge, read};
pub use self::computer::Computer;
pub use self::difference::difference;
pub use self::group::{Group, Journal, Key, MonitorGroup};
pub use self::index::{Membership, Reference};
pub use self::interface::{Interface, Mode as InterfaceMode};
pub use self::line::Line;
pub use self::list::{MAX_PAGE, Page, Query};
pub use self::object::{Kind, NoObjectId, Object, ObjectId, Stored, Table};
pub use self::problem::{Problem, ProblemCode, Problems, Said};
pub use self::profile::{KNOWN, Known, Preset, Profile, Values};
pub use self::settings::{PasswordRules, SecondFactorRule, Settings};
pub use self::text::{caseless, digits, fold};
pub use self::user::{AdditionalLine, Address, Phones, User, UserGrant};
pub use crate::config::LineGroupBody as LineGroup;
pub use crate::numbers::Location;

/// Does something with the type of a [`Kind`].
macro_rules! of_kind {
    ($kind:expr, $object:ident => $body:expr) => {
        match $kind {
            $crate::site::Kind::User => {
                type $object = $crate::site::User;
                $body
            }
            $crate::site::Kind::Group => {
                type $object = $crate::site::Group;
                $body
            }
            $crate::site::Kind::Computer => {
                type $object = $crate::site::Computer;
                $body
            }
            $crate::site::Kind::Profile => {
                type $object = $crate::site::Profile;
                $body
            }
            $crate::site::Kind::Administrator => {
                type $object = $crate::site::Administrator;
                $body
            }
            $crate::site::Kind::Token => {
                type $object = $crate::site::Token;
                $body
            }
            $crate::site::Kind::Settings => {
                type $object = $crate::site::Settings;
                $body
            }
            $crate::site::Kind::Certificate => {
                type $object = $crate::site::Certificate;
                $body
            }
            $crate::site::Kind::Interface => {
                type $object = $crate::site::Interface;
                $body
            }
            $crate::site::Kind::LineGroup => {
                type $object = $crate::site::LineGroup;
                $body
            }
            $crate::site::Kind::Line => {
                type $object = $crate::site::Line;
                $body
            }
            $crate::site::Kind::Location => {
                type $object = $crate::site::Location;
                $body
            }
        }
    };
}
use of_kind;

/// That a user is signed in at a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat {
    /// Who.
    pub user: ObjectId,
    /// Where.
    pub computer: ObjectId,
}

/// Everything an administrator sets, and who is signed in at which computer.
#[derive(Debug, Clone)]
pub struct Site {
    users: Table<User>,
    groups: Table<Group>,
    computers: Table<Computer>,
    profiles: Table<Profile>,
    administrators: Table<Administrator>,
    tokens: Table<Token>,
    settings: Table<Settings>,
    certificates: Table<Certificate>,
    interfaces: Table<Interface>,
    line_groups: Table<LineGroup>,
    lines: Table<Line>,
    locations: Table<Location>,
    /// Whose identity it is, without case.
    identities: Arc<FxHashMap<Arc<str>, ObjectId>>,
    /// Whose telephone number it is, by its digits.
    numbers: Arc<FxHashMap<Arc<str>, Arc<Vec<ObjectId>>>>,
    memberships: Arc<FxHashMap<ObjectId, Arc<Membership>>>,
    /// Lines by their line groups and user names.
    line_users: Arc<FxHashMap<(ObjectId, Arc<str>), ObjectId>>,
    /// Versions of the pictures of those users that have one.
    pictures: Arc<FxHashMap<ObjectId, i64>>,
    /// Who is signed in at which computer.
    seats: Arc<BTreeSet<Seat>>,
    /// Plans made of another state are refused.
    revision: u64,
}

impl Default for Site {
    fn default() -> Self {
        Site::new()
    }
}

impl Site {
    /// A site with nothing but the default profile and settings.
    pub fn new() -> Site {
        Site::load([]).0
    }

    /// The object with this id.
    pub fn get<T: Object>(&self, id: ObjectId) -> Option<&Arc<Stored<T>>> {
        T::table(self).get(id)
    }

    /// All objects of a kind, in no order.
    pub fn iter<T: Object>(&self) -> impl Iterator<Item = &Arc<Stored<T>>> {
        T::table(self).iter()
    }

    /// How many objects of a kind there are.
    pub fn count<T: Object>(&self) -> usize {
        T::table(self).len()
    }

    /// The object of this name (users and administrators: login), whatever its case.
    pub fn named<T: Object>(&self, name: &str) -> Option<&Arc<Stored<T>>> {
        let table = T::table(self);
        table.named(&caseless(name.trim())).and_then(|id| table.get(id))
    }

    /// Whether nothing of a kind has changed from one site to the other: cheap, and false where that is not certain.
    pub fn shares<T: Object>(&self, other: &Site) -> bool {
        T::table(self).is(T::table(other))
    }

    /// The same for pictures of users.
    pub fn shares_pictures(&self, other: &Site) -> bool {
        Arc::ptr_eq(&self.pictures, &other.pictures)
    }

    /// The same for who is signed in at which computer.
    pub fn shares_seats(&self, other: &Site) -> bool {
        Arc::ptr_eq(&self.seats, &other.seats)
    }

    /// Whether there is such an object.
    pub fn has(&self, kind: Kind, id: ObjectId) -> bool {
        of_kind!(kind, T => self.get::<T>(id).is_some())
    }

    /// The body of an object as JSON.
    pub fn body(&self, kind: Kind, id: ObjectId) -> Option<Value> {
        of_kind!(kind, T => self.get::<T>(id).map(|stored| as_json(&stored.object)))
    }

    /// The version of an object.
    pub fn version(&self, kind: Kind, id: ObjectId) -> Option<i64> {
        of_kind!(kind, T => self.get::<T>(id).map(|stored| stored.version))
    }

    /// What a person reads of an object; empty where it is not there.
    pub fn title(&self, kind: Kind, id: ObjectId) -> &str {
        of_kind!(kind, T => self.get::<T>(id).map(|stored| stored.object.title()).unwrap_or_default())
    }

    /// What holds for the whole server.
    pub fn settings(&self) -> &Settings {
        static NONE: std::sync::LazyLock<Settings> = std::sync::LazyLock::new(Settings::default);
        self.settings.get(ObjectId::SETTINGS).map_or(&NONE, |stored| &stored.object)
    }

    /// The version of a user's picture; none where there is no picture.
    pub fn picture(&self, user: ObjectId) -> Option<i64> {
        self.pictures.get(&user).copied()
    }

    /// A user's picture is another one, or gone.
    pub fn set_picture(&mut self, user: ObjectId, version: Option<i64>) {
        match version {
            Some(version) => _ = Arc::make_mut(&mut self.pictures).insert(user, version),
            None if self.pictures.contains_key(&user) => _ = Arc::make_mut(&mut self.pictures).remove(&user),
            None => {}
        }
    }

    /// Who is signed in at which computer.
    pub fn seats(&self) -> &BTreeSet<Seat> {
        &self.seats
    }

    /// Others are signed in at computers.
    pub fn set_seats(&mut self, seats: Arc<BTreeSet<Seat>>) {
        // Who finds the same set knows that nothing has changed.
        if self.seats != seats {
            self.seats = seats;
        }
    }

    /// A number that is another after every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

/// An object's body as JSON. Bodies are structs of texts, numbers, lists and maps with text keys, which JSON has.
fn as_json<T: Object>(object: &T) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

#[cfg(test)]
mod tests;
