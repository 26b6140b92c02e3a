//! Lines and calls, as clients see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Cause, Dialling};
use crate::call::service::Service;
use crate::call::settings::{Callers, Forwarding, ForwardingKind};
use crate::rights::LineRight;

/// A softphone line of the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Line {
    /// Names the line in requests.
    pub id: String,
    /// The line's number.
    pub number: String,
    /// Name of the line group it belongs to.
    pub line_group: String,
    /// Whether calls are possible.
    pub state: LineState,
    /// Why the line is not registered.
    pub cause: Option<Cause>,
    /// What can be asked for on the line while no call is looked at.
    pub services: Vec<Service>,
    /// Functions of the PBX that are called up by dialling a code.
    pub feature_codes: Vec<FeatureCode>,
    /// Whether calls are kept away.
    pub do_not_disturb: bool,
    /// Where calls go instead.
    pub forwardings: Vec<Forwarding>,
    /// The telephone by way of which its calls are placed, where that is switched on.
    pub remote_office: Option<String>,
    /// What can be chosen for calls from it; null: it has no location, and numbers are dialled as they are typed.
    pub dialling: Option<Dialling>,
}

/// A line that is not the user's own, as far as the user's rights go (ECMA-269 Monitor Start).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MonitoredLine {
    /// Names the line in requests.
    pub id: String,
    /// The line's number.
    pub number: String,
    /// Name of the line group it belongs to.
    pub line_group: String,
    /// The name of its owner; null where it has none, or that is not to be seen.
    pub owner: Option<String>,
    /// Where the picture of its owner is, as in [`Account::picture`](super::Account::picture); null where there is none,
    /// or that is not to be seen.
    pub picture: Option<String>,
    /// Whether calls are possible.
    pub state: LineState,
    /// What the user may see and do.
    pub rights: Vec<LineRight>,
    /// Its calls.
    pub calls: Vec<MonitoredCall>,
    /// Whether calls are kept away; false without the right `see_diversions`.
    pub do_not_disturb: bool,
    /// Where calls go instead; none without the right `see_diversions`.
    pub forwardings: Vec<MonitoredForwarding>,
    /// What can be asked for on the line: `set_forwarding`, which `cancel_forwarding` takes back.
    pub services: Vec<Service>,
}

/// A call of a line that is not the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MonitoredCall {
    /// Names the call.
    pub id: String,
    /// Who began.
    pub direction: Direction,
    /// ECMA-269 state of the line's own connection.
    pub state: ConnectionState,
    /// ECMA-269 state of the other side's connection.
    pub remote_state: ConnectionState,
    /// The other side's number; null where that is not to be seen, by the rights `see_incoming` and `see_outgoing`, or because
    /// the call is private. Super-canonical where the line group has a location.
    pub number: Option<String>,
    /// The number as it is shown to people; null as `number`.
    pub shown: Option<String>,
    /// The other side's name, where the PBX sent one and it may be seen.
    pub name: Option<String>,
    /// When the call appeared, milliseconds since 1970-01-01 UTC.
    #[ts(type = "number")]
    pub created_at: u64,
    /// When it was answered, milliseconds since 1970-01-01 UTC.
    #[ts(type = "number | null")]
    pub connected_at: Option<u64>,
    /// What can be asked for: `directed_pickup_call` with the line's number, by a line of the same line group.
    pub services: Vec<Service>,
}

/// Where calls of a line go that is not the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MonitoredForwarding {
    /// When.
    pub kind: ForwardingKind,
    /// Of which callers.
    pub callers: Callers,
    /// The number; null without the right `see_diversion_number`.
    pub to: Option<String>,
    /// Seconds that it rings first.
    pub after: Option<u32>,
}

/// A function of the PBX that is called up by dialling a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FeatureCode {
    /// What it does.
    pub name: String,
    /// What is dialled.
    pub code: String,
}

/// The registration of a line at its PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Switched off in the configuration.
    Inactive,
    /// The PBX is being looked up, or the REGISTER waits for its turn.
    Waiting,
    /// The first REGISTER is under way.
    Registering,
    /// The PBX has the line.
    Registered,
    /// Calls are possible without a registration of the line's own.
    Ready,
    /// The PBX refused or did not answer; another attempt follows.
    Failed,
    /// Taken back, at shutdown.
    Unregistered,
}

/// A call as one user's client sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Call {
    /// Names the call in requests.
    pub id: String,
    /// The line it runs on.
    pub line: String,
    /// Who began.
    pub direction: Direction,
    /// ECMA-269 state of the user's own connection.
    pub state: ConnectionState,
    /// ECMA-269 state of the other side's connection.
    pub remote_state: ConnectionState,
    /// The other side's number: super-canonical where the line group has a location and it can be, otherwise as the PBX has it.
    pub number: String,
    /// The number as it is shown to people: `+49 (30) 123456`, or an extension.
    pub shown: String,
    /// The other side's name, where the PBX sent one, or the number is that of a line whose owner the user may see.
    pub name: Option<String>,
    /// Where the picture of that owner is, with `size=small` or as large as there is; null: there is none to be seen.
    pub picture: Option<String>,
    /// Whether this client has the audio. False on the user's other devices.
    pub here: bool,
    /// When the call appeared, milliseconds since 1970-01-01 UTC.
    pub created_at: f64,
    /// When it was answered, milliseconds since 1970-01-01 UTC.
    pub connected_at: Option<f64>,
    /// The codec towards the PBX, once known (`PCMA`, `PCMU`, `G722`, `opus`).
    pub codec: Option<String>,
    /// Whether the server records it.
    pub recorded: bool,
    /// Whether the audio towards the PBX is encrypted, once known.
    pub security: Option<Security>,
    /// From whom no audio arrives although it should, for two seconds and more.
    pub silence: Vec<Silence>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// What the client may ask for now; anything else is refused.
    pub services: Vec<Service>,
    /// The held call that this one was made for.
    pub consultation_of: Option<String>,
    /// The client's other calls that are in a conference with this one.
    pub conference: Vec<String>,
    /// Who has diverted it last, where somebody did.
    pub diverted_by: Option<Diverter>,
    /// Whom it is being transferred to, while that is on its way.
    pub transferring_to: Option<String>,
    /// The number where it waits to be picked up, while it is parked.
    pub parked_at: Option<String>,
}

/// Somebody who has sent a call on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Diverter {
    /// The number, as that of a call.
    pub number: String,
    /// The number as it is shown to people.
    pub shown: String,
    /// The name, where the PBX sent one.
    pub name: Option<String>,
}

/// How the audio towards the PBX is encrypted. That towards the browser always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Not at all.
    Plain,
    /// SRTP with keys from the signalling.
    Sdes,
    /// SRTP with keys from a DTLS handshake.
    Dtls,
}

/// Somebody from whom no audio arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Silence {
    /// Which way to suspect.
    pub party: SilentParty,
    /// Address and port that the audio should come from, where they are known.
    pub address: Option<String>,
}

/// The two ways that audio comes to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SilentParty {
    /// The user's own browser or microphone.
    Browser,
    /// The telephone system.
    Pbx,
}

/// Who began a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody calls the line.
    Incoming,
    /// The user calls somebody.
    Outgoing,
}

/// ECMA-269 connection states (6.1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// No connection: not yet there, or over.
    Null,
    /// Being set up.
    Initiated,
    /// Ringing.
    Alerting,
    /// In the call.
    Connected,
    /// In the call, and waiting.
    Held,
    /// Parked, or waiting for somebody to become free.
    Queued,
    /// Could not be set up; the call carries the cause.
    Failed,
}
