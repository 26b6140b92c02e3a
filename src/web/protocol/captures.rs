//! Capture files: the JSON of `/api/v1/admin/captures`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::shelf::Sentence;

/// Answer to `GET /api/v1/admin/captures`. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Captures {
    /// All line groups, in the configuration's order.
    pub groups: Vec<CaptureGroup>,
    /// The files, the oldest first.
    pub files: Vec<CaptureFile>,
    /// Calls that were chosen one by one and have not ended.
    pub calls: Vec<CaptureCall>,
    /// Messages that were lost since the start, because they came faster than the disk took them.
    #[ts(type = "number")]
    pub dropped: u64,
    /// Packets of audio, the same.
    #[ts(type = "number")]
    pub dropped_packets: u64,
    /// Whether audio may be captured with its payload: not where numbers and names are pseudonyms.
    pub payload_allowed: bool,
    /// Why capturing has ended by itself; None: it has not.
    pub stopped: Option<Sentence>,
    /// Octets that all files together may have.
    #[ts(type = "number")]
    pub total_limit: u64,
    /// Octets that they have.
    #[ts(type = "number")]
    pub total: u64,
}

/// What of a line group is captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CaptureGroup {
    /// Its name.
    pub name: String,
    /// Whether anything of it is.
    pub capturing: bool,
    /// The numbers of the lines whose messages are; None: everything.
    pub lines: Option<Vec<String>>,
    /// What of the audio of the same calls is.
    pub audio: CaptureAudio,
}

/// A call that is captured whatever its line group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CaptureCall {
    /// The call, as in `GET /api/v1/admin/calls`.
    pub id: String,
    /// What of its audio is captured.
    pub audio: CaptureAudio,
}

/// What of the RTP and RTCP of calls is captured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "CapturedAudio")]
pub enum CaptureAudio {
    /// Nothing.
    #[default]
    Off,
    /// RTCP, and of RTP the headers.
    Headers,
    /// Everything: calls can be listened to.
    Payload,
}

/// A capture file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CaptureFile {
    /// Its name.
    pub name: String,
    /// Its octets.
    #[ts(type = "number")]
    pub size: u64,
    /// When it was last written to.
    pub modified_at: f64,
    /// Whether it is being written.
    pub open: bool,
}

/// Body of `PUT /api/v1/admin/captures/groups/{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct CaptureChange {
    /// Whether the line group is captured.
    pub capturing: bool,
    /// The numbers of its lines whose messages are; None: everything.
    #[serde(default)]
    pub lines: Option<Vec<String>>,
    /// What of the audio of the same calls is; without it nothing.
    #[serde(default)]
    pub audio: CaptureAudio,
}

/// Body of `PUT /api/v1/admin/captures/calls/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct CaptureCallChange {
    /// Whether the call is captured.
    pub capturing: bool,
    /// What of its audio is; without it nothing.
    #[serde(default)]
    pub audio: CaptureAudio,
}
