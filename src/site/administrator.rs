//! Who administers the server: people, and programs with tokens. What they sign in with is not part of it.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Site;
use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{ProblemCode, Problems};
use super::text::{MAX_NAME, check_description, check_email, check_login, check_name, check_text, fold, trim};

/// What an administrator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Full,
    /// Everything about users, groups, computers and profiles.
    Users,
    /// See everything, change nothing.
    #[default]
    ReadOnly,
}

/// A person who administers the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "AdministratorObject", extend(
    "required" = ["login"], "examples" = [{ "login": "dora", "display_name": "Dora", "role": "users", "active": true }]
))]
#[ts(rename = "AdministratorObject")]
pub struct Administrator {
    /// What the administrator signs in with. Unique whatever its case.
    #[schemars(length(min = 1))]
    pub login: String,
    /// The name for people to read.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// What the administrator may do.
    pub role: Role,
    /// Whether the administrator can sign in.
    pub active: bool,
}

impl Default for Administrator {
    fn default() -> Self {
        Administrator {
            login: String::new(),
            display_name: String::new(),
            email: String::new(),
            role: Role::default(),
            active: true,
        }
    }
}

impl Object for Administrator {
    const KIND: Kind = Kind::Administrator;

    const COLUMNS: &'static [&'static str] = &["login", "display_name", "email", "role", "active"];

    fn name(&self) -> &str {
        &self.login
    }

    fn name_pointer() -> &'static str {
        "/login"
    }

    fn title(&self) -> &str {
        if self.display_name.is_empty() { &self.login } else { &self.display_name }
    }

    fn tidy(&mut self) {
        [&mut self.login, &mut self.display_name, &mut self.email].into_iter().for_each(trim);
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        check_login(&self.login, "/login", problems);
        check_text(&self.display_name, MAX_NAME, "/display_name", problems);
        check_email(&self.email, "/email", problems);
    }

    fn references(&self, _visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {}

    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        [&self.login, &self.display_name, &self.email].into_iter().for_each(|text| visit(text));
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "display_name" => fold(&self.display_name),
            "email" => fold(&self.email),
            "role" => (self.role as u8).to_string(),
            "active" => u8::from(!self.active).to_string(),
            _ => fold(&self.login),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, query: &Query) -> bool {
        query.active.is_none_or(|active| active == self.active)
    }

    fn table(site: &Site) -> &Table<Administrator> {
        &site.administrators
    }

    fn table_mut(site: &mut Site) -> &mut Table<Administrator> {
        &mut site.administrators
    }
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Full,
    /// Everything about users, groups, computers and profiles.
    Users,
    /// See everything, change nothing.
    ReadOnly,
    /// Read the metrics.
    Metrics,
}

/// What a program signs in with; the secret itself is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "TokenObject", extend(
    "required" = ["name", "scopes"], "examples" = [{ "name": "monitoring", "scopes": ["metrics"] }]
))]
#[ts(rename = "TokenObject")]
pub struct Token {
    /// Its name. Unique whatever its case.
    #[schemars(length(min = 1))]
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it may do.
    #[schemars(length(min = 1))]
    pub scopes: BTreeSet<Scope>,
    /// When it ends, in seconds since 1970; null: never.
    #[ts(type = "number | null")]
    pub expires: Option<i64>,
    /// Whether it opens anything.
    pub active: bool,
}

impl Default for Token {
    fn default() -> Self {
        Token { name: String::new(), description: String::new(), scopes: BTreeSet::new(), expires: None, active: true }
    }
}

impl Object for Token {
    const KIND: Kind = Kind::Token;

    const COLUMNS: &'static [&'static str] = &["name", "description", "expires", "active"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        trim(&mut self.name);
        trim(&mut self.description);
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        check_name(&self.name, "/name", problems);
        check_description(&self.description, "/description", problems);
        if self.scopes.is_empty() {
            problems.add("/scopes", ProblemCode::ScopeNeeded);
        }
    }

    fn references(&self, _visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {}

    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.name);
        visit(&self.description);
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "description" => fold(&self.description),
            // Those that never end are last.
            "expires" => format!("{:020}", self.expires.map_or(i64::MAX, |end| end.max(0))),
            "active" => u8::from(!self.active).to_string(),
            _ => fold(&self.name),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, query: &Query) -> bool {
        query.active.is_none_or(|active| active == self.active)
    }

    fn table(site: &Site) -> &Table<Token> {
        &site.tokens
    }

    fn table_mut(site: &mut Site) -> &mut Table<Token> {
        &mut site.tokens
    }
}
