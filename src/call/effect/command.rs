//! What clients ask for, by the names of ECMA-269.

use serde::{Deserialize, Serialize};

use super::super::cause::CauseCode;
use super::super::numbers::Typed;
use super::super::settings::{Callers, Forwarding, ForwardingKind};
use crate::ids::{CallId, LineId};

/// What a client may ask, checked for form but not for state. As JSON it is without the browser's offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// ECMA-269 Make Call.
    MakeCall {
        /// The calling line.
        line: LineId,
        /// What to dial.
        number: Typed,
        /// The browser's offer.
        #[serde(skip)]
        sdp: String,
    },
    /// ECMA-269 Answer Call.
    AnswerCall {
        /// The alerting call.
        call: CallId,
        /// The browser's offer.
        #[serde(skip)]
        sdp: String,
    },
    /// Refuses an alerting call.
    #[serde(rename = "decline_call")]
    Decline {
        /// The alerting call.
        call: CallId,
        /// [`CauseCode::Busy`] or [`CauseCode::Declined`].
        cause: CauseCode,
    },
    /// ECMA-269 Clear Connection.
    ClearConnection {
        /// The call.
        call: CallId,
        /// Whether it is the other side that leaves a conference, rather than the user.
        remote: bool,
    },
    /// Another network path for the audio of the client.
    RestartMedia {
        /// The call.
        call: CallId,
        /// The browser's offer with new ICE credentials.
        #[serde(skip)]
        sdp: String,
    },
    /// ECMA-269 Generate Digits.
    GenerateDigits {
        /// The call.
        call: CallId,
        /// DTMF digits.
        digits: String,
    },
    /// ECMA-269 Hold Call: the other side waits.
    HoldCall {
        /// The connected call.
        call: CallId,
    },
    /// ECMA-269 Retrieve Call: back to a held call.
    RetrieveCall {
        /// The held call.
        call: CallId,
    },
    /// ECMA-269 Alternate Call: holds one call and goes back to the other.
    AlternateCall {
        /// The connected call.
        active: CallId,
        /// The held call.
        held: CallId,
    },
    /// ECMA-269 Consultation Call: holds a call and asks somebody on the same line.
    ConsultationCall {
        /// The connected call.
        call: CallId,
        /// What to dial.
        number: Typed,
        /// The browser's offer for the new call.
        #[serde(skip)]
        sdp: String,
    },
    /// ECMA-269 Reconnect Call: ends one call and goes back to the other.
    ReconnectCall {
        /// The call to end.
        active: CallId,
        /// The held call.
        held: CallId,
    },
    /// ECMA-269 Transfer Call: those of both calls talk with each other; also while the active one still rings.
    TransferCall {
        /// The connected call, or one that the user has dialled and that rings.
        active: CallId,
        /// The held call.
        held: CallId,
    },
    /// ECMA-269 Single Step Transfer Call: the other side is to talk with somebody whom the user does not ask.
    SingleStepTransferCall {
        /// The connected or held call.
        call: CallId,
        /// What to dial.
        number: String,
    },
    /// ECMA-269 Conference Call: all of both calls talk with each other and the user; with a conference it grows.
    ConferenceCall {
        /// The connected call.
        active: CallId,
        /// The held call.
        held: CallId,
    },
    /// ECMA-269 Clear Call: ends a conference for everybody in it. On any other call it is Clear Connection.
    ClearCall {
        /// The call.
        call: CallId,
    },
    /// ECMA-269 Deflect Call: sends an alerting call to somebody else.
    DeflectCall {
        /// The alerting call.
        call: CallId,
        /// What to dial.
        number: String,
    },
    /// ECMA-269 Directed Pickup Call: takes a call that rings, or is parked, at somebody else's number.
    DirectedPickupCall {
        /// The line that takes it.
        line: LineId,
        /// Where it rings or is parked.
        number: String,
        /// The browser's offer.
        #[serde(skip)]
        sdp: String,
    },
    /// ECMA-269 Park Call: the other side waits at a number until somebody picks it up there.
    ParkCall {
        /// The connected or held call.
        call: CallId,
        /// Where; the user's own line where none is said.
        number: Option<String>,
    },
    /// ECMA-269 Set Forwarding; replaces what was set of this kind and these callers.
    SetForwarding {
        /// The line.
        line: LineId,
        /// What.
        forwarding: Forwarding,
    },
    /// Takes back what [`Command::SetForwarding`] has set; without a kind and callers all of it.
    CancelForwarding {
        /// The line.
        line: LineId,
        /// Which kind.
        kind: Option<ForwardingKind>,
        /// That of which callers.
        callers: Option<Callers>,
    },
    /// ECMA-269 Set Do Not Disturb.
    SetDoNotDisturb {
        /// The line.
        line: LineId,
        /// Whether calls are kept away from its clients.
        on: bool,
    },
    /// Calls of the line are placed by way of another telephone from now on, and its calls are forwarded there.
    SetRemoteOffice {
        /// The line.
        line: LineId,
        /// That telephone's number; none switches it off.
        number: Option<String>,
    },
}

/// What a command is about: a call, another call, a line. Borrowed as the command is.
macro_rules! subjects {
    ($command:expr) => {
        match $command {
            Command::AnswerCall { call, .. }
            | Command::Decline { call, .. }
            | Command::ClearConnection { call, .. }
            | Command::RestartMedia { call, .. }
            | Command::GenerateDigits { call, .. }
            | Command::HoldCall { call }
            | Command::RetrieveCall { call }
            | Command::ConsultationCall { call, .. }
            | Command::SingleStepTransferCall { call, .. }
            | Command::ClearCall { call }
            | Command::DeflectCall { call, .. }
            | Command::ParkCall { call, .. } => (Some(call), None, None),
            Command::AlternateCall { active, held }
            | Command::ReconnectCall { active, held }
            | Command::TransferCall { active, held }
            | Command::ConferenceCall { active, held } => (Some(active), Some(held), None),
            Command::MakeCall { line, .. }
            | Command::DirectedPickupCall { line, .. }
            | Command::SetForwarding { line, .. }
            | Command::CancelForwarding { line, .. }
            | Command::SetDoNotDisturb { line, .. }
            | Command::SetRemoteOffice { line, .. } => (None, None, Some(line)),
        }
    };
}

impl Command {
    /// The calls it is about, the active one first; none where it is about a line.
    pub fn calls(&self) -> impl Iterator<Item = CallId> + use<> {
        let (call, other, _): (Option<&CallId>, Option<&CallId>, Option<&LineId>) = subjects!(self);
        call.copied().into_iter().chain(other.copied())
    }

    /// The line it is about, where it is about one.
    pub fn line(&self) -> Option<LineId> {
        let (_, _, line): (Option<&CallId>, Option<&CallId>, Option<&LineId>) = subjects!(self);
        line.copied()
    }

    /// The same about other calls and another line: those that stand where these do.
    pub fn about(mut self, calls: impl Fn(CallId) -> CallId, lines: impl Fn(LineId) -> LineId) -> Command {
        let (call, other, line): (Option<&mut CallId>, Option<&mut CallId>, Option<&mut LineId>) = subjects!(&mut self);
        for call in call.into_iter().chain(other) {
            *call = calls(*call);
        }
        if let Some(line) = line {
            *line = lines(*line);
        }
        self
    }

    /// The number in it, where there is one.
    pub fn number_mut(&mut self) -> Option<&mut String> {
        match self {
            Command::MakeCall { number, .. } | Command::ConsultationCall { number, .. } => Some(&mut number.text),
            Command::SingleStepTransferCall { number, .. }
            | Command::DeflectCall { number, .. }
            | Command::DirectedPickupCall { number, .. }
            | Command::ParkCall { number: Some(number), .. }
            | Command::SetRemoteOffice { number: Some(number), .. } => Some(number),
            Command::SetForwarding { forwarding, .. } => Some(&mut forwarding.to),
            Command::GenerateDigits { .. }
            | Command::ParkCall { number: None, .. }
            | Command::SetRemoteOffice { number: None, .. }
            | Command::AnswerCall { .. }
            | Command::Decline { .. }
            | Command::ClearConnection { .. }
            | Command::RestartMedia { .. }
            | Command::HoldCall { .. }
            | Command::RetrieveCall { .. }
            | Command::AlternateCall { .. }
            | Command::ReconnectCall { .. }
            | Command::TransferCall { .. }
            | Command::ConferenceCall { .. }
            | Command::ClearCall { .. }
            | Command::CancelForwarding { .. }
            | Command::SetDoNotDisturb { .. } => None,
        }
    }

    /// The same without the browser's offer.
    pub fn without_offer(&self) -> Command {
        match self {
            Command::MakeCall { line, number, .. } => {
                Command::MakeCall { line: *line, number: number.clone(), sdp: String::new() }
            }
            Command::AnswerCall { call, .. } => Command::AnswerCall { call: *call, sdp: String::new() },
            Command::RestartMedia { call, .. } => Command::RestartMedia { call: *call, sdp: String::new() },
            Command::ConsultationCall { call, number, .. } => {
                Command::ConsultationCall { call: *call, number: number.clone(), sdp: String::new() }
            }
            Command::DirectedPickupCall { line, number, .. } => {
                Command::DirectedPickupCall { line: *line, number: number.clone(), sdp: String::new() }
            }
            other => other.clone(),
        }
    }
}

/// How a command went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandResult {
    /// Done.
    Ok,
    /// Done, with the SDP answer for the browser.
    Media {
        /// The call.
        call: CallId,
        /// SDP answer.
        sdp: String,
    },
    /// Not done; nothing changed.
    Error(CauseCode),
}
