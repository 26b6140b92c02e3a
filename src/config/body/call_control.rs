//! How the users of a line group telephone.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::LineGroupBody;
use crate::config::mistake::{Mistakes, Wrong};
use crate::config::{CallControl, Decline, FeatureCode};

/// Services by the names of ECMA-269. Those at the end cannot be switched off.
pub const FUNCTIONS: [&str; 20] = [
    "make_call",
    "decline_call",
    "hold_call",
    "alternate_call",
    "consultation_call",
    "transfer_call",
    "single_step_transfer_call",
    "conference_call",
    "deflect_call",
    "directed_pickup_call",
    "park_call",
    "generate_digits",
    "set_forwarding",
    "set_do_not_disturb",
    "set_remote_office",
    ALWAYS[0],
    ALWAYS[1],
    ALWAYS[2],
    ALWAYS[3],
    ALWAYS[4],
];
/// A call that somebody has can always be left, and one on hold be got back.
const ALWAYS: [&str; 5] = ["answer_call", "clear_connection", "clear_call", "retrieve_call", "reconnect_call"];
/// Stands for the number that a call is picked up from.
const PICKUP_PLACE: &str = "<NUMBER>";
/// Octets of a number.
const MAX_NUMBER: usize = 128;

/// What a caller gets when a client declines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum DeclineByClient {
    /// What the client wishes.
    #[default]
    Client,
    /// 486 Busy Here.
    Busy,
    /// 480 Temporarily Unavailable.
    Unavailable,
    /// 603 Decline.
    Declined,
    /// Not at all: the caller hears it ring on.
    Ringing,
}

impl LineGroupBody {
    pub(super) fn check_call_control(&self, mistakes: &mut Mistakes) {
        if !self.pickup_code.is_empty() {
            check_number("/pickup_code", &self.pickup_code, mistakes);
            if !self.pickup_code.contains(PICKUP_PLACE) {
                mistakes.add("/pickup_code", Wrong::Lacks(PICKUP_PLACE));
            }
        }
        for (at, FeatureCode { name, code }) in self.feature_codes.iter().enumerate() {
            if name.is_empty() {
                mistakes.add(format!("/feature_codes/{at}/name"), Wrong::Missing);
            }
            check_number(&format!("/feature_codes/{at}/code"), code, mistakes);
            if self.feature_codes.iter().take(at).any(|other| other.name == *name) {
                mistakes.add(format!("/feature_codes/{at}/name"), Wrong::Repeated(name.clone()));
            }
        }
        for (at, number) in self.emergency_numbers.iter().enumerate() {
            check_number(&format!("/emergency_numbers/{at}"), number, mistakes);
        }
        mistakes.within("/internal_digits", self.internal_digits, "digits", 0..=15);
        mistakes.within("/park_returns", self.park_returns, "seconds", 1..=3_600);
        for (pointer, names) in [("/functions", &self.functions), ("/switched_off", &self.switched_off)] {
            mistakes.known(pointer, names.as_deref().unwrap_or_default(), &FUNCTIONS);
        }
        if let (Some(_), Some(_)) = (&self.functions, &self.switched_off) {
            mistakes.add("/switched_off", Wrong::Either("functions"));
        }
        let always = |name: &String| ALWAYS.contains(&name.as_str());
        if self.switched_off.iter().flatten().any(always) {
            mistakes.add("/switched_off", Wrong::AlwaysThere(ALWAYS.to_vec()));
        }
    }

    pub(super) fn call_control(&self) -> CallControl {
        CallControl {
            functions: self.functions_on(),
            signed_out: self.signed_out,
            decline: match self.decline {
                DeclineByClient::Client => None,
                DeclineByClient::Busy => Some(Decline::Busy),
                DeclineByClient::Unavailable => Some(Decline::Unavailable),
                DeclineByClient::Declined => Some(Decline::Declined),
                DeclineByClient::Ringing => Some(Decline::Ringing),
            },
            hide_decline: self.hide_decline,
            diversion: self.diversion,
            transfer: self.transfer,
            signed_off_to_voice_mailbox: self.signed_off_to_voice_mailbox,
            pickup_code: Some(self.pickup_code.clone()).filter(|code| !code.is_empty()),
            pickup_in_server: self.pickup_in_server,
            feature_codes: self.feature_codes.clone(),
            emergency_numbers: self.emergency_numbers.clone(),
            internal_digits: self.internal_digits.try_into().unwrap_or(u8::MAX),
            park_returns: Duration::from_secs(self.park_returns.into()),
        }
    }

    /// What is offered: what the one list names, or all but what the other does.
    fn functions_on(&self) -> Vec<String> {
        let named = |names: &[String], function: &str| names.iter().any(|name| name == function);
        let is_on = |function: &&str| {
            ALWAYS.contains(function)
                || self.functions.as_ref().is_none_or(|on| named(on, function))
                    && !self.switched_off.as_ref().is_some_and(|off| named(off, function))
        };
        FUNCTIONS.into_iter().filter(is_on).map(String::from).collect()
    }
}

/// Notes what cannot be dialled.
pub(super) fn check_number(pointer: &str, number: &str, mistakes: &mut Mistakes) {
    if !is_number(number) {
        mistakes.add(pointer, Wrong::NotDialable(number.to_owned()));
    }
}

/// Whether it can be dialled. Names can, too.
pub(in crate::config) fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NUMBER
        && !text.chars().any(|c| c.is_control() || c == '@')
        && text.chars().any(|c| c.is_alphanumeric() || c == '*' || c == '#')
}
