//! How calls sound and sounded: the figures of their legs, shown while a call runs and kept for a while afterwards.

use std::future::Future;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How long the figures of a call are kept. They say who telephoned with whom.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Calls kept at most; the oldest go.
pub const KEPT_AT_MOST: u32 = 100_000;

/// A call with the figures of its legs. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CallReport {
    /// Names the call while it runs; unique together with `started_at`.
    pub id: String,
    /// Number of who called; None where it is not known.
    pub caller: Option<String>,
    /// Number of who was called; None where it is a service of the server.
    pub called: Option<String>,
    /// When the call appeared.
    pub started_at: f64,
    /// When it was answered.
    pub connected_at: Option<f64>,
    /// When it ended; None while it runs.
    pub ended_at: Option<f64>,
    /// Its legs: who called, then who was called. None for one that the server itself is.
    pub legs: Vec<LegReport>,
}

/// One leg: the path between the server and a browser or a PBX.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct LegReport {
    /// What is at the other end.
    pub party: LegParty,
    /// Name of the user or line group.
    pub name: String,
    /// Codec received and codec sent.
    pub codec_in: Option<String>,
    /// See `codec_in`.
    pub codec_out: Option<String>,
    /// Whether audio towards it is converted; false: packets are relayed.
    pub transcoded: bool,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Whether it should send and does not.
    pub silent: bool,
    /// RTP packets received.
    #[ts(type = "number")]
    pub packets_in: u64,
    /// RTP packets sent.
    #[ts(type = "number")]
    pub packets_out: u64,
    /// Percent of its packets that never came or came too late.
    pub loss: f64,
    /// Percent of our packets that it reports lost.
    pub loss_remote: Option<f64>,
    /// Interarrival jitter of what it sends.
    pub jitter_ms: f64,
    /// Interarrival jitter that it reports.
    pub jitter_remote_ms: Option<f64>,
    /// To the other end and back.
    pub round_trip_ms: Option<f64>,
    /// How long packets wait in the jitter buffer; None where they are relayed.
    pub buffer_ms: Option<f64>,
    /// Audio that was made up because packets were missing.
    pub concealed_ms: f64,
    /// How loud it is, in dBFS; None where packets are relayed.
    pub level: Option<f64>,
    /// Mean opinion score of a conversation by the E-model, 1 to 4.5, of what comes from it.
    pub mos: Option<f64>,
    /// The same without the harm of delay.
    pub mos_listening: Option<f64>,
    /// Mean opinion score of what it hears, by its own reports.
    pub mos_remote: Option<f64>,
}

/// What is at the other end of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum LegParty {
    /// A user's browser.
    Browser,
    /// A PBX.
    Pbx,
}

/// Where the figures of ended calls are kept.
pub trait QualityStore: Send + Sync + 'static {
    /// What can go wrong in the store.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Keeps an ended call, and drops what is older than [`KEPT_FOR`] or more than [`KEPT_AT_MOST`]; `now` in
    /// milliseconds since 1970.
    fn keep(&self, call: &CallReport, now: f64) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// The calls that ended last, the latest first.
    fn recent(&self, limit: u32) -> impl Future<Output = Result<Vec<CallReport>, Self::Error>> + Send;
}
