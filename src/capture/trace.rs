//! Everything that is known of one call.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::cause::CauseCode;
use crate::numbers::NumberKind;
use crate::quality::LegReport;

/// A call on all its sides. Times are milliseconds since 1970-01-01 UTC, with microseconds behind the point.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Trace {
    /// Names the call; a number while the server runs, the Call-ID of its first message in a capture of another tool.
    pub id: String,
    /// Number of who called, where it is known.
    pub caller: Option<String>,
    /// Number of who was called, where it is known.
    pub called: Option<String>,
    /// Number of the line it ran on, where it had one.
    pub line: Option<String>,
    /// Name of the line group, where it is known.
    pub group: Option<String>,
    /// When the first of it happened.
    pub started_at: f64,
    /// When it was answered.
    pub connected_at: Option<f64>,
    /// When it ended; None while it runs.
    pub ended_at: Option<f64>,
    /// Why it ended, as the server told its clients.
    pub cause: Option<TraceCause>,
    /// Who takes part: one column of the ladder each, in the order in which they should stand.
    pub parties: Vec<TraceParty>,
    /// What happened, in order.
    pub events: Vec<TraceEvent>,
    /// How its legs sounded, as far as that was measured.
    pub legs: Vec<LegReport>,
    /// The settings that had a part in it, by their keys in the configuration; never a secret.
    pub settings: Vec<TraceSetting>,
    /// Events that were dropped because a call keeps only so many.
    pub dropped: u32,
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct TraceCause {
    /// What it means.
    pub code: CauseCode,
    /// The SIP status behind it.
    pub sip_status: Option<u16>,
    /// The other side's own words.
    pub detail: Option<String>,
}

/// Somebody who takes part in a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct TraceParty {
    /// What it is.
    pub kind: PartyKind,
    /// Name of the line group or user; the address of who is neither.
    pub name: String,
    /// Its address for SIP, or the first of them.
    pub address: Option<String>,
}

/// What takes part in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// This server; in a capture of another tool, whoever stood between the others.
    Server,
    /// A PBX, or whatever else speaks SIP.
    Sip,
    /// A user's client.
    Client,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct TraceEvent {
    /// When.
    pub at: f64,
    /// Who did it: a place in [`Trace::parties`].
    pub from: u32,
    /// To whom: a place in [`Trace::parties`]; the same as `from` where it is nobody's but its own.
    pub to: u32,
    /// What.
    pub what: TraceWhat,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TraceWhat {
    /// A SIP message.
    Sip {
        /// UDP, TCP or TLS.
        transport: TraceTransport,
        /// Address and port it came from.
        source: String,
        /// Address and port it went to.
        destination: String,
        /// The message as it was; what is no UTF-8 is replaced. Passwords and their hashes are not in it.
        text: String,
    },
    /// A message of the client protocol.
    Client {
        /// JSON.
        text: String,
    },
    /// A step of the call machine.
    Step {
        /// What made it.
        input: String,
        /// The state before.
        before: String,
        /// The state after.
        after: String,
    },
    /// Something about the audio between the server and the other party.
    Media {
        /// What.
        event: MediaEvent,
        /// More about it, such as a codec, an address or a cause's code.
        detail: Option<String>,
    },
    /// A number was translated by the rules of a location.
    Number {
        /// What it was translated as.
        meant: NumberKind,
        /// What was typed, set or reported; none where the call is private.
        text: Option<String>,
        /// What is dialled for it, or what number it is; none where there is no number, and in private calls.
        result: Option<String>,
        /// As it is shown to people.
        shown: Option<String>,
        /// Why nothing is dialled.
        refused: Option<CauseCode>,
        /// The location's name.
        location: String,
    },
    /// A message could not be sent.
    Failure {
        /// Why.
        why: FailureKind,
        /// The same in words, with names.
        detail: String,
    },
}

/// What carried a SIP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum TraceTransport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// An encrypted stream.
    Tls,
}

/// What can happen to a call's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum MediaEvent {
    /// The path to a browser stands (ICE and DTLS).
    Connected,
    /// The path to a browser did not come about, or broke.
    Lost,
    /// A codec was agreed.
    Agreed,
    /// It is settled whether audio is encrypted.
    Secured,
    /// No description could be made or taken: the detail is the cause's code.
    Refused,
    /// The party should send audio and has not for two seconds; the detail says from where it should come.
    Silent,
    /// The same, and nothing has ever come.
    NeverHeard,
    /// A silent party is heard again.
    Heard,
    /// The party pressed a key.
    Digit,
    /// A key was sent to the party.
    DigitSent,
    /// Audio comes from another address than the agreed one: the detail has both.
    OtherSource,
}

impl MediaEvent {
    /// Whether the server did it, not the other party.
    pub fn is_sent(self) -> bool {
        matches!(self, MediaEvent::DigitSent)
    }
}

/// Why a message could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Nobody listens there.
    Refused,
    /// No connection, or no TLS handshake, came about in time.
    TimedOut,
    /// There is no way there.
    Unreachable,
    /// The name has no address.
    NotResolved,
    /// No trusted authority has issued the certificate.
    CertificateUntrusted,
    /// The certificate is not valid any more, or not yet.
    CertificateExpired,
    /// The certificate is for somebody else.
    CertificateWrongName,
    /// TLS does not come about for another reason.
    TlsFailed,
    /// The connection ended.
    Closed,
    /// A limit or a setting of this server.
    Ours,
}

/// A setting that had a part in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct TraceSetting {
    /// Its key, such as `line_group.codecs`.
    pub key: String,
    /// Its value as it stands in the configuration.
    pub value: String,
}

/// A time since 1970-01-01 UTC as traces have it: milliseconds, with microseconds behind the point.
pub fn ms(at: Duration) -> f64 {
    at.as_micros() as f64 / 1_000.0
}
