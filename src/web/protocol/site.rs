//! What administrators set, over HTTP: the JSON of `/api/v1/admin/users` and the like. `docs/site-api.md` describes it in
//! prose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::numbers::exchange::ListDifference;
use crate::rights::{Denied, Place, Reason, Right, ServiceRight, Source};
use crate::site::binding::{BoundBy, LineKey, Unbound};
use crate::site::{Items, Kind, ObjectId, Reference, Stored, Token, Write};

/// Why a request was refused (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ProblemReport {
    /// `urn:offhook:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What this code means, in English.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, in English.
    pub detail: String,
    /// What is wrong, in German.
    pub german: String,
    /// What is wrong first: a code of `docs/problems.md` or `docs/causes.md`.
    pub code: String,
    /// Everything that is wrong, with its place; empty where it is the request as a whole.
    pub errors: Vec<FieldProblem>,
}

/// Something that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct FieldProblem {
    /// JSON pointer into the object; empty: the object as a whole. In an import: into `users.json` and so on, or the column
    /// of a CSV file.
    pub pointer: String,
    /// A code of `docs/problems.md`.
    pub code: String,
    /// What is wrong, in English.
    pub detail: String,
    /// What is wrong, in German.
    pub german: String,
    /// Kind of the object, where several were sent.
    pub kind: Option<Kind>,
    /// Its id.
    pub id: Option<ObjectId>,
    /// Its name.
    pub name: Option<String>,
    /// The line of a CSV file, from 1.
    #[ts(type = "number | null")]
    pub line: Option<u64>,
}

/// Body of `POST /api/v1/admin/users/bulk` and the like: either `patch`, or `add` and `remove`, or `delete`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// The objects.
    pub ids: Vec<ObjectId>,
    /// What changes in all of them (JSON merge patch, RFC 7396).
    #[serde(default)]
    #[ts(optional, type = "Record<string, unknown>")]
    pub patch: Option<Value>,
    /// What comes into lists of all of them, by the names of the fields: `{"services": ["chat"]}`. What else they have
    /// stays.
    #[serde(default)]
    #[ts(optional, type = "Record<string, unknown[]>")]
    pub add: Option<Items>,
    /// What leaves lists of all of them.
    #[serde(default)]
    #[ts(optional, type = "Record<string, unknown[]>")]
    pub remove: Option<Items>,
    /// Whether they are deleted.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub delete: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct BulkResult {
    /// Those that are otherwise now.
    pub changed: Vec<ObjectVersion>,
    /// Those that are gone.
    pub deleted: Vec<ObjectId>,
}

/// An object and its version.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ObjectVersion {
    /// Its id.
    pub id: ObjectId,
    /// Its version.
    #[ts(type = "number")]
    pub version: i64,
}

/// Body of `PUT …/{id}/password`. Nothing shows what is in it.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "password": "correct horse battery staple" }]))]
pub struct NewPassword {
    /// The password.
    pub password: String,
}

/// Body of `POST /api/v1/admin/lines/passwords`: lines that have the same password. Nothing shows what is in it.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct LinePasswords {
    /// The lines.
    pub ids: Vec<ObjectId>,
    /// The password.
    pub password: String,
}

/// Body of `POST /api/v1/admin/line_groups/{id}/lines`: lines that differ in their user names. Nothing shows its password.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "user_names": "100-102;110", "number": "<*>", "active": true }]))]
pub struct NewLines {
    /// User names like `150;177;200-220`, 10,000 at most.
    pub user_names: String,
    /// User name for authentication; `<*>` in it stands for the user name. Empty: the user name.
    #[serde(default)]
    pub auth_name: String,
    /// The number; `<*>` in it stands for the user name. Empty: the user name.
    #[serde(default)]
    pub number: String,
    /// The password of all of them; empty: none.
    #[serde(default)]
    pub password: String,
    /// Whether they are in use.
    pub active: bool,
}

/// Answer to `POST /api/v1/admin/tokens`. Nothing else shows the token.
#[derive(Serialize, JsonSchema, TS)]
pub struct CreatedToken {
    /// The object.
    pub stored: Stored<Token>,
    /// What a program sends as `Authorization: Bearer …`.
    pub token: String,
}

/// Answer to `GET /api/v1/admin/users/{id}/lines`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct UserLines {
    /// The lines that the user has, the first one first.
    pub lines: Vec<UserLine>,
    /// What names a line in the user's settings and leads to none.
    pub loose: Vec<LooseLine>,
}

/// A line of a user.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct UserLine {
    /// Which.
    pub line: LineKey,
    /// Why it is the user's.
    pub by: BoundBy,
    /// Which of the user's lines it is.
    pub place: Place,
    /// Whether the user is the one whom it belongs to.
    pub owner: bool,
}

/// A name that leads to no line.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct LooseLine {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What stands there.
    pub line: String,
    /// Why it leads to no line.
    pub why: Unbound,
    /// The same in English.
    pub english: String,
    /// The same in German.
    pub german: String,
}

/// Whether something is allowed, and why or why not, in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ExplainedDecision {
    /// Whether it is.
    pub allowed: bool,
    /// Everything that allows it; each alone would.
    pub because: Vec<ExplainedReason>,
    /// Why not.
    pub denied: Option<ExplainedDenial>,
}

/// Why something is allowed, in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ExplainedReason {
    /// Why.
    pub reason: Reason,
    /// As a part of a sentence: "through group Sales".
    pub english: String,
    /// The same in German.
    pub german: String,
}

/// Why something is not allowed, in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ExplainedDenial {
    /// Why.
    pub reason: Denied,
    /// The sentence in English.
    pub english: String,
    /// The same in German.
    pub german: String,
}

/// Answer to `GET /api/v1/admin/users/{id}/rights?by=ID`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct RightsOnUser {
    /// Every right, in the order of `docs/rights.md`.
    pub rights: Vec<ExplainedRight>,
}

/// A right on a user.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ExplainedRight {
    /// Which.
    pub right: Right,
    /// Whether it is there.
    pub decision: ExplainedDecision,
}

/// Answer to `GET /api/v1/admin/users/{id}/services`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct UserServices {
    /// Every service.
    pub services: Vec<ExplainedService>,
}

/// Whether a user may use a service, and why, in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ExplainedService {
    /// Which.
    pub service: ServiceRight,
    /// Whether the user may use it.
    pub allowed: bool,
    /// Everything that allows it; each alone would.
    pub because: Vec<ExplainedSource>,
    /// Why not.
    pub denied: Option<ExplainedDenial>,
}

/// Where a service comes from, in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct ExplainedSource {
    /// Where from.
    pub from: Source,
    /// As a part of a sentence: "through group Sales".
    pub english: String,
    /// The same in German.
    pub german: String,
}

/// Answer to `GET …/{id}/references`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct References {
    /// The places that refer to the object, 500 at most; they let go of it when it is deleted.
    pub references: Vec<Reference>,
    /// How many there are.
    pub total: usize,
}

/// Answer to `GET /api/v1/admin/audit`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct Audit {
    /// Changes, the latest first.
    pub entries: Vec<AuditEntry>,
    /// `before` of the next page; null: this is the last one.
    #[ts(type = "number | null")]
    pub next: Option<i64>,
}

/// A change that somebody made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct AuditEntry {
    /// Its number.
    #[ts(type = "number")]
    pub id: i64,
    /// When, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: i64,
    /// Who: an object's id; for somebody of the configuration file, the name.
    pub actor: String,
    /// What that is: `administrator`, `command` and so on.
    pub actor_kind: String,
    /// What the actor is called, where the object is still there.
    pub actor_title: Option<String>,
    /// Where from.
    pub address: Option<String>,
    /// What was done: `create`, `change`, `delete`, `import`, `set_secret`, `remove_secret`, `set_picture`,
    /// `remove_picture`.
    pub action: String,
    /// The kind of object.
    pub kind: String,
    /// Its id.
    pub object: String,
    /// What it was called.
    pub title: String,
    /// The object before.
    #[ts(type = "unknown")]
    pub before: Option<Value>,
    /// The object afterwards; of a secret, which one it was.
    #[ts(type = "unknown")]
    pub after: Option<Value>,
}

/// Answer to `POST /api/v1/admin/import`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct Import {
    /// Whether it was carried out; false: it was only a preview.
    pub applied: bool,
    /// What it writes, those first that others refer to.
    pub writes: Vec<Write>,
    /// Lines of a CSV file that are there already, and stay as they are.
    pub skipped: usize,
    /// Passwords that it sets.
    pub passwords: usize,
    /// Logins of the users whose passwords are among them.
    pub logins: Vec<String>,
    /// Names of the line groups whose passwords are among them.
    pub line_groups: Vec<String>,
    /// Numbers of the lines whose passwords are among them.
    pub lines: Vec<String>,
    /// Passwords of what has one already: only when it is carried out it is found out whether these are others.
    pub uncompared: usize,
    /// Pictures of users that it sets.
    pub pictures: usize,
}

/// Answer to `POST /api/v1/admin/locations/{id}/rules/{list}/import`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct RuleImport {
    /// Whether it was carried out; false: it was only a preview.
    pub applied: bool,
    /// The list from then on, as the location has it.
    #[ts(type = "unknown")]
    pub list: Value,
    /// How it differs from what was there.
    pub difference: ListDifference,
}

/// Answer to `GET /api/v1/admin/computers/{id}/pairing`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct Pairing {
    /// Whether browsers can be paired with the computer.
    pub paired: bool,
    /// Who is signed in there.
    pub users: Vec<SeatedUser>,
}

/// Somebody who is signed in at a computer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SeatedUser {
    /// Who.
    pub id: ObjectId,
    /// What a person reads of them.
    pub title: String,
    /// What they sign in with.
    pub login: String,
}

/// Answer to `POST /api/v1/admin/computers/{id}/pairing`.
#[derive(Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct PairingCode {
    /// Stands behind `/#pair=` in the link that pairs a browser, once.
    pub code: String,
    /// Until when, in milliseconds since 1970.
    #[ts(type = "number")]
    pub until: i64,
}

impl std::fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PairingCode").field("until", &self.until).finish_non_exhaustive()
    }
}

/// Body of `POST /api/v1/computer`.
#[derive(Clone, PartialEq, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The code of the link.
    pub code: String,
}

/// Answer to `GET` and `POST /api/v1/computer`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct PairedComputer {
    /// The name of the computer that this browser is paired with; null: with none.
    pub name: Option<String>,
}
