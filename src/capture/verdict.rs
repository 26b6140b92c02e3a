//! What a trace comes to: why a call failed, or was bad, in words that a person can act on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why a call failed or was bad. Its sentences stand in one table with its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Verdict {
    /// A stable code, such as `no_common_codec`; `none` where nothing was wrong, `unknown` where something was and
    /// nobody knows what.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, in English, with the names and numbers of this call.
    pub english: String,
    /// The same in German.
    pub german: String,
    /// What to try, in English; empty where there is nothing to mend.
    pub fix_english: String,
    /// The same in German.
    pub fix_german: String,
    /// What shows it, the deciding one first.
    pub evidence: Vec<Evidence>,
}

/// How bad it is for who telephones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing was wrong.
    Fine,
    /// As people telephone: busy, nobody answered, given up, answered elsewhere.
    Usual,
    /// The call was there, and bad.
    Bad,
    /// The call failed.
    Failed,
}

/// Something that shows a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Evidence {
    /// The place in the trace's events, where it is one of them.
    pub event: Option<u32>,
    /// The setting involved, by its key in the configuration.
    pub setting: Option<String>,
    /// What is to be seen there, in English: the line of the message, the value of the setting.
    pub english: String,
    /// The same in German.
    pub german: String,
}
