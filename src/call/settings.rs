//! What a line's users may set for it themselves: who is kept away, and where calls go instead.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Seconds that a call may ring before it is forwarded.
pub const FORWARD_AFTER: std::ops::RangeInclusive<u32> = 1..=600;

/// Settings of one line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSettings {
    /// Calls do not ring at the line's clients.
    #[serde(default)]
    pub do_not_disturb: bool,
    /// Where calls go instead; one of each kind and callers.
    #[serde(default)]
    pub forwardings: Vec<Forwarding>,
    /// The telephone that the line's calls are placed from, and that its calls are forwarded to.
    #[serde(default)]
    pub remote_office: Option<String>,
}

/// Keeps what is set over restarts. Lines are known by the name of their group and their number.
pub trait LineSettingsStore {
    /// What the store itself says when it fails.
    type Error: std::error::Error + Send + Sync + 'static;

    /// What is kept: line group, number, settings.
    fn load(&self) -> impl Future<Output = Result<Vec<(String, String, LineSettings)>, Self::Error>> + Send;

    /// Keeps the settings of a line in place of those before.
    fn keep(
        &self,
        line_group: &str,
        number: &str,
        settings: &LineSettings,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Where calls go instead (ECMA-269 Set Forwarding).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Forwarding {
    /// When.
    pub kind: ForwardingKind,
    /// Of which callers.
    #[serde(default)]
    pub callers: Callers,
    /// The number to call instead.
    pub to: String,
    /// Seconds that it rings first; only for [`ForwardingKind::NoAnswer`], which takes 20 where none is said.
    #[serde(default)]
    pub after: Option<u32>,
}

/// When a call is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ForwardingKind {
    /// Always.
    Immediate,
    /// The line's user talks already, or declines as busy.
    Busy,
    /// Nobody takes it in time.
    NoAnswer,
    /// No client of the line is signed in.
    SignedOff,
}

/// Which callers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Callers {
    /// All.
    #[default]
    All,
    /// Those of the company: see [`LineGroupEntry::internal`](super::directory::LineGroupEntry::internal).
    Internal,
    /// Everybody else.
    External,
}
