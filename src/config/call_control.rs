//! What the configuration says of telephoning by a line group: what its users are offered, and what becomes of calls
//! that nobody takes.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the users of a line group telephone.
#[derive(Debug, Clone)]
pub struct CallControl {
    /// The services that are offered, by the names of ECMA-269.
    pub functions: Vec<String>,
    /// What a caller gets when nobody is signed in on the line, or it is not to be disturbed.
    pub signed_out: Decline,
    /// What a caller gets when a client declines; without it what the client wishes.
    pub decline: Option<Decline>,
    /// Clients do not show that a call can be declined.
    pub hide_decline: bool,
    /// How calls are sent elsewhere before they are answered.
    pub diversion: Diversion,
    /// How two calls are joined.
    pub transfer: TransferWay,
    /// Whether calls go to the user's voice mailbox when none of its clients is signed in.
    pub signed_off_to_voice_mailbox: bool,
    /// What is dialled to pick up a call from a number of the PBX; `<NUMBER>` stands for that.
    pub pickup_code: Option<String>,
    /// Whether calls that ring at lines of the server are picked up here, without the PBX.
    pub pickup_in_server: bool,
    /// What the PBX does for who dials a code.
    pub feature_codes: Vec<FeatureCode>,
    /// Numbers that can always be called.
    pub emergency_numbers: Vec<String>,
    /// Digits that a number of the company has at most.
    pub internal_digits: u8,
    /// How long a parked call waits before it comes back.
    pub park_returns: Duration,
}

/// How a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum Decline {
    /// 486 Busy Here.
    #[default]
    Busy,
    /// 480 Temporarily Unavailable.
    Unavailable,
    /// 603 Decline.
    Declined,
    /// Not at all: the caller hears it ring.
    Ringing,
}

/// How calls are sent elsewhere before they are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Diversion {
    /// The PBX is told where to (302).
    Redirect,
    /// By another call, which is bridged with the first.
    #[default]
    NewCall,
    /// The call is answered, held, and transferred (REFER).
    Transfer,
}

/// How two calls are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum TransferWay {
    /// By the PBX where it offers that, otherwise here.
    #[default]
    Auto,
    /// Here, always.
    Bridge,
}

/// A function of the PBX that is dialled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct FeatureCode {
    /// What it does, for people.
    pub name: String,
    /// What is dialled.
    pub code: String,
}

/// A place in a line's list of redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// The number.
    pub to: String,
    /// How long it rings there before the next has its turn.
    pub rings: Duration,
}
