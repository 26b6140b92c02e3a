//! The client protocol: JSON text messages over one WebSocket at `/api/v1/socket`, and the same messages over HTTP:
//! [`Request`] is the body of `POST /api/v1/commands`, [`ServerMessage`] what `GET /api/v1/events` sends.
//!
//! The types here are the protocol: the TypeScript types of the browser app are generated from them, and
//! `docs/client-protocol.md` describes them in prose. Services and states bear the names of ECMA-269 (CSTA).

pub mod admin;
pub mod captures;
mod dialling;
pub mod interfaces;
pub mod log;
mod request;
pub mod security;
pub mod setup;
pub mod site;
pub mod status;
mod telephony;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::dialling::{Dialling, Pin, Preview, ProjectChoice};
pub use self::request::{DeclineReason, Prompt, Request};
pub use self::telephony::{
    Call, ConnectionState, Direction, Diverter, FeatureCode, Line, LineState, MonitoredCall, MonitoredForwarding,
    MonitoredLine, Security, Silence, SilentParty,
};
use crate::call::cause::CauseCode;
use crate::line::events::CallEvent;
use crate::rights::ServiceRight;
use crate::site::Preset;

/// The protocol's version, sent in [`Hello`]. A client that reads another number must ask for a reload.
pub const PROTOCOL_VERSION: u32 = 1;

/// A message from the client: a request, numbered by the client so that the [`Reply`] can be matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientMessage {
    /// Chosen by the client; the reply repeats it. At most 2147483647.
    pub id: u32,
    /// What is asked for.
    #[serde(flatten)]
    pub request: Request,
}

/// A message from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to [`Request::Hello`]: everything the client needs to draw its first picture.
    Hello(Hello),
    /// Answer to any other request.
    Reply(Reply),
    /// The first message of `GET /api/v1/events`, unless what the asker missed is replayed.
    Picture(Picture),
    /// A line changed.
    Line {
        /// The event's number: one more than that of the event before.
        #[ts(type = "number")]
        seq: u64,
        /// The line as it is now.
        line: Line,
    },
    /// A line of others changed, or has come to those that the user is shown.
    MonitoredLine {
        /// The event's number.
        #[ts(type = "number")]
        seq: u64,
        /// The line as it is now.
        line: MonitoredLine,
    },
    /// A line of others is no longer shown to the user.
    UnmonitoredLine {
        /// The event's number.
        #[ts(type = "number")]
        seq: u64,
        /// The line.
        line: String,
    },
    /// What the user may use, or what is preset, changed.
    Account {
        /// The event's number.
        #[ts(type = "number")]
        seq: u64,
        /// How it is now.
        account: Account,
    },
    /// A call appeared or changed. A call whose state is `null` or `failed` is over and will not be
    /// mentioned again.
    Call {
        /// The event's number.
        #[ts(type = "number")]
        seq: u64,
        /// The call as it is now.
        call: Call,
        /// What happened to it since it was told of last, in the order of ECMA-269; nothing where only something else
        /// about it changed.
        events: Vec<CallEvent>,
    },
    /// New credentials for the STUN and TURN servers, for the calls that begin from now on.
    IceServers {
        /// All of them.
        ice_servers: Vec<IceServer>,
    },
    /// A DTMF digit arrived from the other side.
    Digit {
        /// The event's number.
        #[ts(type = "number")]
        seq: u64,
        /// The call.
        call: String,
        /// One of `0`-`9`, `*`, `#`, `A`-`D`.
        digit: String,
    },
    /// The user wants this client to do something with its audio, and has asked elsewhere for it (ECMA-269 6.4.4): the
    /// client sends the request with its own SDP.
    Prompt {
        /// The event's number.
        #[ts(type = "number")]
        seq: u64,
        /// What to do.
        prompt: Prompt,
    },
}

/// All that a user has, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Picture {
    /// The number of the last event that is part of it.
    #[ts(type = "number")]
    pub seq: u64,
    /// The user's lines.
    pub lines: Vec<Line>,
    /// The calls on them.
    pub calls: Vec<Call>,
    /// The lines of others that the user is shown.
    pub monitored_lines: Vec<MonitoredLine>,
}

/// What a user may use, and what an administrator has preset for the user's clients.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Account {
    /// What the user may use; a request that needs another service is refused.
    pub services: Vec<ServiceRight>,
    /// The settings of the user's profile by their keys: one that is `locked` is not changed by the user. A client takes
    /// those that it knows.
    #[ts(type = "{ [key in string]: Preset }")]
    pub settings: BTreeMap<String, Preset>,
    /// Where the user's own picture is, with `size=small` or as large as there is; null: there is none.
    pub picture: Option<String>,
}

/// A client that is signed in, in the answer to `GET /api/v1/clients`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Client {
    /// Names the client in requests.
    pub id: String,
    /// Whether it has a socket; else its socket broke and it may come back.
    pub online: bool,
}

/// The server's picture of the client's world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`].
    pub version: u32,
    /// Who is signed in.
    pub user: User,
    /// Names this client in requests of others.
    pub client: String,
    /// Give this in the next `hello` after the socket broke.
    pub resume: String,
    /// Whether an earlier client was taken over.
    pub resumed: bool,
    /// Whether the events after `since` follow. Then `lines`, `calls` and `ended` are empty: what the client knows
    /// still counts.
    pub replayed: bool,
    /// The number of the last event before those that follow.
    #[ts(type = "number")]
    pub seq: u64,
    /// How long the server keeps a client's calls after its socket broke, in milliseconds.
    pub resume_within_ms: u32,
    /// STUN and TURN servers for the audio, for as long as the next [`ServerMessage::IceServers`] has not come.
    pub ice_servers: Vec<IceServer>,
    /// The user's lines.
    pub lines: Vec<Line>,
    /// The calls on them.
    pub calls: Vec<Call>,
    /// The lines of others that the user is shown: additional lines, and those of people in the monitor.
    pub monitored_lines: Vec<MonitoredLine>,
    /// What the user may use, and what is preset.
    pub account: Account,
    /// The calls that ended while this client was away, with their causes.
    pub ended: Vec<Call>,
}

/// A STUN or TURN server, in the form of a browser's `RTCIceServer`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// User name, for TURN.
    pub username: Option<String>,
    /// Password, for TURN.
    pub credential: Option<String>,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// The signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct User {
    /// Sign-in name.
    pub name: String,
    /// Name for people to read.
    pub display_name: String,
}

/// Why something ended or was refused: a code to act on, and what to tell a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Cause {
    /// Stable code; the app has a sentence for each in every language.
    pub code: CauseCode,
    /// The SIP status behind it, where there is one.
    pub sip_status: Option<u16>,
    /// What the other side said in its own words (reason phrase), where it did.
    pub detail: Option<String>,
}

/// Answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reply {
    /// The request's number.
    pub id: u32,
    /// How it went.
    pub result: ReplyResult,
}

/// How a request went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ReplyResult {
    /// Done.
    Ok,
    /// Done; the audio path is set up by giving `sdp` to the browser as the answer.
    Media {
        /// The call.
        call: String,
        /// SDP answer.
        sdp: String,
    },
    /// How a number would be dialled.
    Preview {
        /// None where the line has no location: it is dialled as it was typed.
        preview: Option<Preview>,
    },
    /// Another client has been told to do it.
    Prompted {
        /// Which.
        client: String,
    },
    /// Refused; nothing changed.
    Error {
        /// Why.
        cause: Cause,
    },
}

/// Body of `POST /api/v1/session`: signs in and sets the session cookie.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// User name.
    pub name: String,
    /// Password.
    pub password: String,
    /// What the authenticator app shows, or a recovery code; asked for by 401 `code_needed`.
    #[serde(default)]
    #[ts(optional)]
    pub code: Option<String>,
}

/// Body of every HTTP error answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, TS)]
pub struct HttpError {
    /// Why.
    pub cause: Cause,
    /// The sentence, in English.
    pub message: String,
}
