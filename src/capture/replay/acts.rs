//! What people asked for, where a capture says so: the commands in Offhook's own stream of clients' messages.

use std::collections::HashMap;

use serde_json::Value;

use crate::call::cause::CauseCode;
use crate::call::effect::Command;
use crate::capture::file::comment;
use crate::capture::read::{self, Capture};
use crate::ids::{CallId, LineId};

/// The same message within so many nanoseconds is noted beside each call that it is about.
const NOTED_TWICE: u64 = 20_000_000;

/// A command of a client.
pub(super) struct Act {
    /// Nanoseconds since 1970.
    pub(super) at: u64,
    /// The calls that it is about, one that it began among them: their numbers in the capture, and their places.
    pub(super) calls: Vec<(String, usize)>,
    /// The number of the line that it is about.
    pub(super) line: Option<String>,
    asked: Value,
}

impl Act {
    /// What a capture has of them, in order.
    pub(super) fn read(capture: &Capture, found: &read::Calls) -> Vec<Act> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (place, dialog) in found.calls.iter().enumerate() {
            let messages = dialog.messages.iter().filter_map(|&message| capture.messages.get(message));
            let noted = messages.flat_map(|message| &message.comments).filter_map(|text| comment::call(text));
            noted.for_each(|call| {
                places.entry(call).or_insert(place);
            });
        }
        let mut acts: Vec<Act> = Vec::new();
        for handed in capture.handed.iter().filter(|handed| handed.sent == Some(false)) {
            let Some(call) = handed.comments.iter().find_map(|text| comment::call(text)) else { continue };
            let Some(&place) = places.get(call) else { continue };
            let Ok(asked) = serde_json::from_slice::<Value>(&handed.bytes) else { continue };
            let known = acts.iter_mut().rev().take_while(|act| handed.at.saturating_sub(act.at) <= NOTED_TWICE);
            match known.into_iter().find(|act| act.asked == asked) {
                Some(act) => act.calls.push((call.to_owned(), place)),
                None => {
                    let line = handed.comments.iter().find_map(|text| comment::line(text)).map(str::to_owned);
                    acts.push(Act { at: handed.at, calls: vec![(call.to_owned(), place)], line, asked });
                }
            }
        }
        acts
    }

    /// What it is called.
    pub(super) fn kind(&self) -> &str {
        self.asked["type"].as_str().unwrap_or_default()
    }

    /// It, for the call machine: `line` is where a call is made from, `named` knows calls by their numbers in the capture.
    pub(super) fn command(&self, line: Option<LineId>, named: &HashMap<String, CallId>) -> Option<Command> {
        let text = |field: &str| self.asked[field].as_str();
        let number = || text("number").map(str::to_owned);
        let of = |field: &str| named.get(text(field)?).copied();
        let call = || of("call").or_else(|| self.calls.iter().find_map(|(name, _)| named.get(name).copied()));
        let pair = || Some((of("active")?, of("held")?));
        let sdp = String::new();
        Some(match self.kind() {
            "make_call" => Command::MakeCall { line: line?, number: number()?, sdp },
            "directed_pickup_call" => Command::DirectedPickupCall { line: line?, number: number()?, sdp },
            "consultation_call" => Command::ConsultationCall { call: call()?, number: number()?, sdp },
            "answer_call" => Command::AnswerCall { call: call()?, sdp },
            "decline_call" => {
                let busy = text("reason") == Some("busy");
                Command::Decline { call: call()?, cause: if busy { CauseCode::Busy } else { CauseCode::Declined } }
            }
            "deflect_call" => Command::DeflectCall { call: call()?, number: number()? },
            "single_step_transfer_call" => Command::SingleStepTransferCall { call: call()?, number: number()? },
            "park_call" => Command::ParkCall { call: call()?, number: number() },
            "generate_digits" => Command::GenerateDigits { call: call()?, digits: text("digits")?.to_owned() },
            "clear_connection" => {
                Command::ClearConnection { call: call()?, remote: self.asked["remote"].as_bool().unwrap_or_default() }
            }
            "clear_call" => Command::ClearCall { call: call()? },
            "hold_call" => Command::HoldCall { call: call()? },
            "retrieve_call" => Command::RetrieveCall { call: call()? },
            "alternate_call" => pair().map(|(active, held)| Command::AlternateCall { active, held })?,
            "reconnect_call" => pair().map(|(active, held)| Command::ReconnectCall { active, held })?,
            "transfer_call" => pair().map(|(active, held)| Command::TransferCall { active, held })?,
            "conference_call" => pair().map(|(active, held)| Command::ConferenceCall { active, held })?,
            _ => return None,
        })
    }
}
