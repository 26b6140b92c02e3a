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
        // Where the last act with the same text is: foreign captures can have very many at the same time.
        let mut last: HashMap<&[u8], usize> = HashMap::new();
        for handed in capture.handed.iter().filter(|handed| handed.sent == Some(false)) {
            let Some(call) = handed.comments.iter().find_map(|text| comment::call(text)) else { continue };
            let Some(&place) = places.get(call) else { continue };
            let Ok(asked) = serde_json::from_slice::<Value>(&handed.bytes) else { continue };
            let known = last.get(&*handed.bytes).and_then(|&place| acts.get_mut(place));
            match known.filter(|act| handed.at.saturating_sub(act.at) <= NOTED_TWICE) {
                Some(act) => act.calls.push((call.to_owned(), place)),
                None => {
                    last.insert(&handed.bytes, acts.len());
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
            "make_call" => Command::MakeCall { line: line?, number: number()?.into(), sdp },
            "directed_pickup_call" => Command::DirectedPickupCall { line: line?, number: number()?, sdp },
            "consultation_call" => Command::ConsultationCall { call: call()?, number: number()?.into(), sdp },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::read::{Captured, Handed};
    use crate::capture::trace::TraceTransport;

    /// A client's message, noted beside a call.
    fn handed(at: u64, call: u32, text: &str) -> Handed {
        Handed {
            at,
            protocol: String::new(),
            addresses: None,
            sent: Some(false),
            bytes: text.to_owned().into(),
            comments: vec![format!("call={call} line=100 group=main client=1 user=")],
        }
    }

    #[test]
    fn what_is_noted_beside_two_calls_is_one_act_however_much_comes_at_once() {
        let invite = |call: u32| {
            let head = format!(
                "INVITE sip:1@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{call}\r\nFrom: <sip:2@h>;tag=a\r\n\
                 To: <sip:1@h>\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
            );
            let comments = vec![format!("call={call} line=100 group=main")];
            Captured {
                at: u64::from(call),
                transport: TraceTransport::Udp,
                source: ([192, 0, 2, 1], 5060).into(),
                destination: ([192, 0, 2, 9], 5060).into(),
                bytes: head.into(),
                comments,
                sent: None,
            }
        };
        let mut capture = Capture { messages: vec![invite(1), invite(2)], ..Capture::default() };
        let swap = r#"{"type":"alternate_call","active":"1","held":"2"}"#;
        capture.handed = vec![handed(9, 1, swap)];
        // As a crafted file has them.
        capture.handed.extend((0..100_000).map(|number| handed(9, 1, &format!("{{\"type\":\"x\",\"n\":{number}}}"))));
        capture.handed.extend([handed(10, 2, swap), handed(10 + NOTED_TWICE * 2, 1, swap)]);
        let acts = Act::read(&capture, &read::calls(&capture));
        assert_eq!(acts.len(), 100_002);
        let calls = |act: &Act| act.calls.iter().map(|(call, _)| call.clone()).collect::<Vec<_>>();
        assert_eq!((calls(&acts[0]), calls(&acts[100_001])), (vec!["1".to_owned(), "2".into()], vec!["1".to_owned()]));
    }
}
