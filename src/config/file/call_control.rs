//! How the users of a line group telephone.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::super::names::PLACE;
use super::super::{CallControl, Decline, FeatureCode, Redirection};
use super::line_group::FileGroup;
use super::{Problem, problem, within};

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
/// Characters of a number.
const MAX_NUMBER: usize = 128;
/// Places in a line's list of redirections.
const MAX_REDIRECTIONS: usize = 20;

/// What a caller gets when a client declines.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileDecline {
    /// What the client wishes.
    #[default]
    Client,
    Busy,
    Unavailable,
    Declined,
    Ringing,
}

/// A place in a line's list of redirections.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRedirection {
    to: Spanned<String>,
    seconds: Spanned<u32>,
}

impl FileGroup {
    pub(super) fn call_control(&self) -> Result<CallControl, Problem> {
        if let Some(code) = &self.pickup_code {
            check_number(code)?;
            if !code.get_ref().contains(PICKUP_PLACE) {
                let sentence = format!("a pickup_code needs {PICKUP_PLACE} in it, like \"*59{PICKUP_PLACE}\".");
                return Err(problem(code, sentence));
            }
        }
        let mut feature_codes: Vec<FeatureCode> = Vec::new();
        for code in &self.feature_codes {
            let FeatureCode { name, code: dialled } = code.get_ref();
            if name.is_empty() || !is_number(dialled) {
                return Err(problem(code, "a feature code needs a name, and a code that can be dialled."));
            }
            if feature_codes.iter().any(|other| other.name == *name) {
                return Err(problem(code, format!("two feature codes are called {name:?}.")));
            }
            feature_codes.push(code.get_ref().clone());
        }
        if let Some(numbers) = &self.emergency_numbers
            && let Some(wrong) = numbers.get_ref().iter().find(|number| !is_number(number))
        {
            return Err(problem(numbers, format!("{wrong:?} cannot be dialled.")));
        }
        let emergency_numbers = self.emergency_numbers.as_ref().map(|numbers| numbers.get_ref().clone());
        within(&self.internal_digits, "internal_digits", "digits", 0..=15)?;
        within(&self.park_returns, "park_returns", "seconds", 1..=3_600)?;
        Ok(CallControl {
            functions: self.functions_on()?,
            signed_out: self.signed_out,
            decline: match self.decline {
                FileDecline::Client => None,
                FileDecline::Busy => Some(Decline::Busy),
                FileDecline::Unavailable => Some(Decline::Unavailable),
                FileDecline::Declined => Some(Decline::Declined),
                FileDecline::Ringing => Some(Decline::Ringing),
            },
            hide_decline: self.hide_decline,
            diversion: self.diversion,
            transfer: self.transfer,
            signed_off_to_voice_mailbox: self.signed_off_to_voice_mailbox,
            pickup_code: self.pickup_code.as_ref().map(|code| code.get_ref().clone()),
            pickup_in_server: self.pickup_in_server,
            feature_codes,
            emergency_numbers: emergency_numbers.unwrap_or_else(|| ["110", "112"].map(String::from).to_vec()),
            internal_digits: *self.internal_digits.get_ref() as u8,
            park_returns: Duration::from_secs((*self.park_returns.get_ref()).into()),
        })
    }

    /// What is offered: what the one list names, or all but what the other does.
    fn functions_on(&self) -> Result<Vec<String>, Problem> {
        for name in self.functions.iter().chain(&self.switched_off).flat_map(Spanned::get_ref) {
            if !FUNCTIONS.contains(&name.get_ref().as_str()) {
                let sentence =
                    format!("there is no function {:?}; choose of {}.", name.get_ref(), FUNCTIONS.join(", "));
                return Err(problem(name, sentence));
            }
        }
        let named = |names: &Spanned<Vec<Spanned<String>>>, function: &str| {
            names.get_ref().iter().any(|name| name.get_ref() == function)
        };
        match (&self.functions, &self.switched_off) {
            (Some(_), Some(off)) => {
                Err(problem(off, "name either the functions that are on, or those that are off (switched_off)."))
            }
            (_, Some(off)) if ALWAYS.iter().any(|function| named(off, function)) => {
                Err(problem(off, format!("these are always there: {}.", ALWAYS.join(", "))))
            }
            (on, off) => {
                let is_on = |function: &&str| {
                    ALWAYS.contains(function)
                        || on.as_ref().is_none_or(|on| named(on, function))
                            && !off.as_ref().is_some_and(|off| named(off, function))
                };
                Ok(FUNCTIONS.into_iter().filter(is_on).map(String::from).collect())
            }
        }
    }
}

/// The redirections of a line, for the user name it stands for.
pub(super) fn redirections(list: &[FileRedirection], user_name: &str) -> Result<Vec<Redirection>, Problem> {
    let mut redirections: Vec<Redirection> = Vec::new();
    for FileRedirection { to, seconds } in list {
        check_number(to)?;
        within(seconds, "seconds", "seconds", 1..=600)?;
        if redirections.len() >= MAX_REDIRECTIONS {
            return Err(problem(to, format!("a list of redirections has at most {MAX_REDIRECTIONS} numbers.")));
        }
        redirections.push(Redirection {
            to: to.get_ref().replace(PLACE, user_name),
            rings: Duration::from_secs((*seconds.get_ref()).into()),
        });
    }
    Ok(redirections)
}

/// Refuses what cannot be dialled.
pub(super) fn check_number(number: &Spanned<String>) -> Result<(), Problem> {
    match is_number(number.get_ref()) {
        true => Ok(()),
        false => Err(problem(number, format!("{:?} cannot be dialled.", number.get_ref()))),
    }
}

/// Names are dialled, too.
fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NUMBER
        && !text.chars().any(|c| c.is_control() || c == '@')
        && text.chars().any(|c| c.is_alphanumeric() || c == '*' || c == '#')
}
