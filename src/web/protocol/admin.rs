//! What an administrator sees: the JSON of `/api/v1/admin`. `docs/admin-api.md` describes it in prose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Cause, LineState};
use crate::capture::trace::Trace;
use crate::capture::verdict::Verdict;
use crate::quality::CallReport;

/// Answer to `GET /api/v1/admin/line-groups`: everything at one moment. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LineGroups {
    /// The server's clock, since a browser's may differ.
    pub now: f64,
    /// All line groups, in the configuration's order.
    pub line_groups: Vec<LineGroup>,
    /// Where SIP is received.
    pub listeners: Vec<Listener>,
    /// Who knocks without being expected.
    pub strangers: Strangers,
}

/// Answer to `GET /api/v1/admin/calls`. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Calls {
    /// The server's clock.
    pub now: f64,
    /// The calls that run, the latest first.
    pub running: Vec<CallReport>,
    /// Answered calls that have ended, the latest first.
    pub ended: Vec<CallReport>,
}

/// Answer to `GET /api/v1/admin/calls/{id}/trace`: why a call went as it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CallTrace {
    /// All that is known of it.
    pub trace: Trace,
    /// What that comes to.
    pub verdict: Verdict,
}

/// A line group: one PBX connection and its lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LineGroup {
    /// Its place in the running server.
    pub id: String,
    /// The object that it is, where it is one: see `docs/site-api.md`.
    pub object: Option<String>,
    /// Whether the configuration file sets it.
    pub from_file: bool,
    /// Its name.
    pub name: String,
    /// How the PBX is connected.
    pub kind: LineGroupKind,
    /// Host name or address of the PBX with the port where one is set; None for a PBX that registers here.
    pub registrar: Option<String>,
    /// Domain of the lines' addresses, where it is not the registrar's.
    pub domain: Option<String>,
    /// The listener it uses, where it is not the usual one.
    pub listener: Option<String>,
    /// Why its PBX cannot be reached, where no line says so.
    pub cause: Option<Cause>,
    /// The places where its PBX may be, in the order in which they are tried.
    pub targets: Vec<Target>,
    /// When its name is looked up again.
    pub lookup_at: Option<f64>,
    /// Its lines.
    pub lines: Vec<LineReport>,
    /// Who is registered here, for a trunk that does so.
    pub bindings: Vec<Binding>,
    /// Wrong passwords that came for it since the start.
    #[ts(type = "number")]
    pub wrong_passwords: u64,
}

/// How a PBX is connected. The names are those of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "kebab-case")]
pub enum LineGroupKind {
    /// Every line registers.
    Softphones,
    /// One line registers and opens the whole number range.
    TrunkRegistration,
    /// The same, with one REGISTER for all numbers (RFC 6140).
    TrunkBulkRegistration,
    /// Both sides know each other's address.
    TrunkFixed,
    /// The PBX registers here.
    TrunkRegistrar,
}

/// A place where a PBX may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Target {
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// Address and port.
    pub address: String,
    /// Since when it does not answer; None: it does.
    pub down_since: Option<f64>,
}

/// A line, as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LineReport {
    /// Names the line in requests.
    pub id: String,
    /// The object that it is, where it is one: see `docs/site-api.md`.
    pub object: Option<String>,
    /// Whether the configuration file sets it.
    pub from_file: bool,
    /// Its number.
    pub number: String,
    /// User part of its address at the PBX.
    pub user_name: String,
    /// Whether it registers, or sends OPTIONS, for its whole trunk.
    pub pilot: bool,
    /// Whether it can be used.
    pub state: LineState,
    /// Why not.
    pub cause: Option<Cause>,
    /// Until when it is registered, without a refresh.
    pub until: Option<f64>,
    /// The place that registered it, like `udp 192.0.2.1:5060`.
    pub target: Option<String>,
    /// What went wrong last; stays when the line works again.
    pub last_error: Option<LastError>,
    /// Attempts that failed in a row.
    pub retries: u32,
    /// When the next attempt is made.
    pub next_try: Option<f64>,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LastError {
    /// What.
    pub cause: Cause,
    /// When.
    pub at: f64,
}

/// A contact registered here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Binding {
    /// Its URI.
    pub contact: String,
    /// Where it registered from.
    pub source: String,
    /// Until when, without a refresh.
    pub until: f64,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

/// An address that SIP is received at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Listener {
    /// Its name.
    pub name: String,
    /// Its transports, like `udp, tcp`.
    pub transport: String,
    /// Address and port.
    pub address: String,
    /// Why it does not listen, in English; None: it does.
    pub problem: Option<String>,
    /// The same in German.
    pub german: Option<String>,
}

/// Requests from addresses that no line group names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Strangers {
    /// Refused or dropped since the start.
    #[ts(type = "number")]
    pub requests: u64,
    /// The addresses that sent most of them.
    pub addresses: Vec<Stranger>,
}

/// An address that no line group names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Stranger {
    /// Address.
    pub address: String,
    /// Its requests since the start.
    #[ts(type = "number")]
    pub requests: u64,
}
