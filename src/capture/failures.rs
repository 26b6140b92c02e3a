//! What calls came to that failed or were bad: kept for a while, and counted.

use std::future::Future;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::trace::Trace;
use super::verdict::{Severity, Verdict};

/// How long verdicts are kept. They say who telephoned with whom.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Verdicts kept at most; the oldest go.
pub const KEPT_AT_MOST: u32 = 50_000;
/// Calls in one answer.
pub const SHOWN_AT_MOST: u32 = 500;

/// What a call came to. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CallVerdict {
    /// Names the call; unique together with `started_at`.
    pub id: String,
    /// When the call appeared.
    pub started_at: f64,
    /// When it ended.
    pub ended_at: f64,
    /// Number of who called, where it is known.
    pub caller: Option<String>,
    /// Number of who was called, where it is known.
    pub called: Option<String>,
    /// Number of the line it ran on, where it had one.
    pub line: Option<String>,
    /// Name of the line group, where it is known.
    pub group: Option<String>,
    /// The verdict's code.
    pub code: String,
    /// How bad it was.
    pub severity: Severity,
    /// What happened, in English.
    pub english: String,
    /// The same in German.
    pub german: String,
    /// Whether its trace is still there.
    pub traced: bool,
}

/// Answer to `GET /api/v1/admin/failures`: what calls came to that ended in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Failures {
    /// Begin of the period.
    pub since: f64,
    /// End of the period.
    pub until: f64,
    /// The calls, the latest first, at most [`SHOWN_AT_MOST`].
    pub calls: Vec<CallVerdict>,
    /// All of the period, counted.
    pub counts: FailureCounts,
    /// All calls that ended in the period, those that went well among them: by hour, in order of time; hours without any
    /// are left out.
    pub ended: Vec<EndedCount>,
}

/// Verdicts, counted. The most frequent come first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct FailureCounts {
    /// By what happened.
    pub codes: Vec<CodeCount>,
    /// By line.
    pub lines: Vec<NameCount>,
    /// By line group.
    pub groups: Vec<NameCount>,
    /// By hour, in order of time; hours without any are left out.
    pub hours: Vec<HourCount>,
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CodeCount {
    /// The verdict's code.
    pub code: String,
    /// How often.
    pub count: u32,
    /// The sentence of the latest, in English.
    pub english: String,
    /// The same in German.
    pub german: String,
    /// How bad it is.
    pub severity: Severity,
}

/// How often something happened at a line or line group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct NameCount {
    /// Number of the line or name of the line group.
    pub name: String,
    /// How often.
    pub count: u32,
}

/// How often something happened in an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct HourCount {
    /// When the hour began.
    pub at: f64,
    /// How often.
    pub count: u32,
}

/// Calls that ended in an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct EndedCount {
    /// When the hour began.
    pub at: f64,
    /// All that ended.
    pub count: u32,
    /// Those of them that failed or were bad.
    pub bad: u32,
}

impl CallVerdict {
    /// What is kept of a call that is over.
    pub fn of(trace: &Trace, verdict: Verdict) -> CallVerdict {
        let last = trace.events.last().map_or(trace.started_at, |event| event.at);
        CallVerdict {
            id: trace.id.clone(),
            started_at: trace.started_at,
            ended_at: trace.ended_at.unwrap_or(last),
            caller: trace.caller.clone(),
            called: trace.called.clone(),
            line: trace.line.clone(),
            group: trace.group.clone(),
            code: verdict.code,
            severity: verdict.severity,
            english: verdict.english,
            german: verdict.german,
            traced: true,
        }
    }
}

/// Where verdicts are kept.
pub trait VerdictStore: Send + Sync + 'static {
    /// What can go wrong in the store.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Keeps a verdict, and drops what is older than [`KEPT_FOR`] or more than [`KEPT_AT_MOST`]; `now` in milliseconds
    /// since 1970.
    fn keep(&self, call: &CallVerdict, now: f64) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// What calls came to that ended in a period, its end left out. Nothing is known of their traces.
    fn between(&self, since: f64, until: f64) -> impl Future<Output = Result<Failures, Self::Error>> + Send;
}
