//! The client protocol: JSON text messages over one WebSocket at `/api/v1/socket`.
//!
//! The types here are the protocol: the TypeScript types of the browser app are generated from them, and
//! `docs/client-protocol.md` describes them in prose. Services and states bear the names of ECMA-269 (CSTA).

pub mod admin;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::cause::CauseCode;

/// The protocol's version, sent in [`Hello`]. A client that reads another number must ask for a reload.
pub const PROTOCOL_VERSION: u32 = 1;

/// A message from the client: a request, numbered by the client so that the [`Reply`] can be matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientMessage {
    /// Chosen by the client; the reply repeats it.
    pub id: u32,
    /// What is asked for.
    #[serde(flatten)]
    pub request: Request,
}

/// What a client can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Must be the first message on every new socket.
    Hello {
        /// The protocol version the client was built for.
        version: u32,
        /// The token of an earlier [`Hello`]: takes that client's calls over when it comes within the
        /// resume time.
        resume: Option<String>,
    },
    /// ECMA-269 Make Call. Answered with [`ReplyResult::Media`].
    MakeCall {
        /// The calling line.
        line: String,
        /// The number to dial, as the person typed it.
        number: String,
        /// The browser's SDP offer.
        sdp: String,
    },
    /// ECMA-269 Answer Call. Answered with [`ReplyResult::Media`].
    AnswerCall {
        /// The alerting call.
        call: String,
        /// The browser's SDP offer.
        sdp: String,
    },
    /// Refuses an alerting call for all devices of the user.
    DeclineCall {
        /// The alerting call.
        call: String,
        /// What the caller is told.
        reason: DeclineReason,
    },
    /// ECMA-269 Clear Connection: ends the call, or gives up dialling.
    ClearConnection {
        /// The call to end.
        call: String,
    },
    /// ECMA-269 Generate Digits: sends DTMF to the other side as RFC 4733 events.
    GenerateDigits {
        /// The connected call.
        call: String,
        /// `0`-`9`, `*`, `#`, `A`-`D`; at most 32.
        digits: String,
    },
    /// Keeps the socket alive and measures it; answered at once.
    Ping,
}

/// What the caller hears of a declined call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// SIP 486: the called person is busy.
    Busy,
    /// SIP 603: the called person does not want the call.
    Declined,
}

/// A message from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to [`Request::Hello`]: everything the client needs to draw its first picture.
    Hello(Hello),
    /// Answer to any other request.
    Reply(Reply),
    /// A line changed.
    Line {
        /// The line as it is now.
        line: Line,
    },
    /// A call appeared or changed. A call whose state is `null` or `failed` is over and will not be
    /// mentioned again.
    Call {
        /// The call as it is now.
        call: Call,
    },
    /// A DTMF digit arrived from the other side.
    Digit {
        /// The call.
        call: String,
        /// One of `0`-`9`, `*`, `#`, `A`-`D`.
        digit: String,
    },
}

/// The server's picture of the client's world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`].
    pub version: u32,
    /// Who is signed in.
    pub user: User,
    /// Give this in the next `hello` after the socket broke.
    pub resume: String,
    /// Whether an earlier client was taken over.
    pub resumed: bool,
    /// How long the server keeps a client's calls after its socket broke, in milliseconds.
    pub resume_within_ms: u32,
    /// The user's lines.
    pub lines: Vec<Line>,
    /// The calls on them.
    pub calls: Vec<Call>,
}

/// The signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct User {
    /// Sign-in name.
    pub name: String,
    /// Name for people to read.
    pub display_name: String,
}

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
}

/// The registration of a line at its PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
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
    /// The other side's number.
    pub number: String,
    /// The other side's name, where the PBX sent one.
    pub name: Option<String>,
    /// Whether this client has the audio. False on the user's other devices.
    pub here: bool,
    /// When the call appeared, milliseconds since 1970-01-01 UTC.
    pub created_at: f64,
    /// When it was answered, milliseconds since 1970-01-01 UTC.
    pub connected_at: Option<f64>,
    /// The codec towards the PBX, once known (`PCMA`, `PCMU`, `G722`, `opus`).
    pub codec: Option<String>,
    /// From whom no audio arrives although it should, for two seconds and more.
    pub silence: Vec<Silence>,
    /// Whether the audio towards the PBX is encrypted, once known.
    pub security: Option<Security>,
    /// Why it ended.
    pub cause: Option<Cause>,
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

/// Who began a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody calls the line.
    Incoming,
    /// The user calls somebody.
    Outgoing,
}

/// ECMA-269 connection states (6.1.5). Held and queued are not reached yet.
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
    /// Could not be set up; the call carries the cause.
    Failed,
}

/// Why something ended or was refused: a code to act on, and what to tell a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
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
}

/// Body of every HTTP error answer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HttpError {
    /// Why.
    pub cause: Cause,
    /// The sentence, in English.
    pub message: String,
}
