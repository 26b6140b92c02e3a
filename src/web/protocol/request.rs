//! What clients ask for.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Pin;
use crate::call::cause::CauseCode;
use crate::call::settings::{Callers, Forwarding, ForwardingKind};

/// What a client can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Must be the first message on every new socket.
    Hello {
        /// The protocol version the client was built for.
        version: u32,
        /// The token of an earlier [`Hello`](super::Hello): takes that client's calls over when it comes within the
        /// resume time.
        resume: Option<String>,
        /// The number of the last event that the client has seen, for a client that kept its picture: what came after
        /// it follows where that is still known ([`Hello::replayed`](super::Hello::replayed)).
        #[serde(default)]
        #[ts(optional, type = "number")]
        since: Option<u64>,
    },
    /// ECMA-269 Make Call. Answered with [`ReplyResult::Media`](super::ReplyResult::Media).
    MakeCall {
        /// The calling line.
        line: String,
        /// The number to dial, as the person typed it.
        number: String,
        /// The browser's SDP offer. Without it another client is prompted to make the call, and the answer is
        /// [`ReplyResult::Prompted`](super::ReplyResult::Prompted).
        #[serde(default)]
        #[ts(optional)]
        sdp: Option<String>,
        /// Which client to prompt; the one that was active last where none is said.
        #[serde(default)]
        #[ts(optional)]
        client: Option<String>,
        /// The name of a project of the line's location.
        #[serde(default)]
        #[ts(optional)]
        project: Option<String>,
        /// Whether the call is private: others do not see the number.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        private: bool,
        /// The PIN that the project, or a private call, asks for.
        #[serde(default)]
        #[ts(optional)]
        pin: Option<Pin>,
        /// The user's number that the project, or a private call, asks for.
        #[serde(default)]
        #[ts(optional)]
        user: Option<String>,
    },
    /// ECMA-269 Answer Call. Answered with [`ReplyResult::Media`](super::ReplyResult::Media).
    AnswerCall {
        /// The alerting call.
        call: String,
        /// The browser's SDP offer; without it another client is prompted, as for `make_call`.
        #[serde(default)]
        #[ts(optional)]
        sdp: Option<String>,
        /// Which client to prompt.
        #[serde(default)]
        #[ts(optional)]
        client: Option<String>,
    },
    /// Refuses an alerting call for all devices of the user.
    DeclineCall {
        /// The alerting call.
        call: String,
        /// What the caller is told.
        reason: DeclineReason,
    },
    /// ECMA-269 Clear Connection: ends the call, or gives up dialling. In a conference the user leaves, and the others
    /// go on.
    ClearConnection {
        /// The call to end.
        call: String,
        /// Whether the other side's connection is meant: in a conference that one is let go, and the user stays.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        remote: bool,
    },
    /// Brings the audio of a call here to another network path: an ICE restart (RFC 8839 section 4.4.1.1). An offer of a
    /// new connection, after the page was loaded anew, takes the place of the old one.
    /// Answered with [`ReplyResult::Media`](super::ReplyResult::Media).
    RestartMedia {
        /// A call whose audio this client has.
        call: String,
        /// The browser's offer with new ICE credentials.
        sdp: String,
    },
    /// The client cannot give a call its audio, which an administrator is to know who looks for the reason.
    MediaTrouble {
        /// The call.
        call: String,
        /// Why: `microphone_denied`, `microphone_missing` or `insecure_page`.
        cause: CauseCode,
    },
    /// ECMA-269 Generate Digits: sends DTMF to the other side as RFC 4733 events.
    GenerateDigits {
        /// The connected call.
        call: String,
        /// `0`-`9`, `*`, `#`, `A`-`D`; at most 32.
        digits: String,
    },
    /// ECMA-269 Hold Call: the other side waits.
    HoldCall {
        /// The connected call.
        call: String,
    },
    /// ECMA-269 Retrieve Call.
    RetrieveCall {
        /// The held call.
        call: String,
    },
    /// ECMA-269 Alternate Call: holds one call and goes back to the other.
    AlternateCall {
        /// The connected call.
        active: String,
        /// The held call.
        held: String,
    },
    /// ECMA-269 Consultation Call: holds a call and asks somebody on the same line. Answered with
    /// [`ReplyResult::Media`](super::ReplyResult::Media).
    ConsultationCall {
        /// The connected call.
        call: String,
        /// The number to dial, as the person typed it.
        number: String,
        /// The browser's SDP offer for the new call; without it the client that has the call's audio is prompted.
        #[serde(default)]
        #[ts(optional)]
        sdp: Option<String>,
        /// The name of a project of the line's location.
        #[serde(default)]
        #[ts(optional)]
        project: Option<String>,
        /// Whether the call is private: others do not see the number.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        private: bool,
        /// The PIN that the project, or a private call, asks for.
        #[serde(default)]
        #[ts(optional)]
        pin: Option<Pin>,
        /// The user's number that the project, or a private call, asks for.
        #[serde(default)]
        #[ts(optional)]
        user: Option<String>,
    },
    /// ECMA-269 Reconnect Call: ends one call and goes back to the other.
    ReconnectCall {
        /// The call to end.
        active: String,
        /// The held call.
        held: String,
    },
    /// ECMA-269 Transfer Call: those of both calls talk with each other; also while the active one still rings.
    TransferCall {
        /// The connected call, or one that the user has dialled and that rings.
        active: String,
        /// The held call.
        held: String,
    },
    /// ECMA-269 Single Step Transfer Call: without asking first.
    SingleStepTransferCall {
        /// The connected or held call.
        call: String,
        /// The number to dial, as the person typed it.
        number: String,
    },
    /// ECMA-269 Conference Call: all of both calls talk with each other and the user.
    ConferenceCall {
        /// The connected call.
        active: String,
        /// The held call.
        held: String,
    },
    /// ECMA-269 Clear Call: ends a conference for everybody in it.
    ClearCall {
        /// The call.
        call: String,
    },
    /// ECMA-269 Deflect Call: sends an alerting call to somebody else.
    DeflectCall {
        /// The alerting call.
        call: String,
        /// The number to dial, as the person typed it.
        number: String,
    },
    /// ECMA-269 Directed Pickup Call: takes a call that rings, or is parked, at somebody else's number. Answered with
    /// [`ReplyResult::Media`](super::ReplyResult::Media).
    DirectedPickupCall {
        /// The line that takes it.
        line: String,
        /// Where it rings or is parked.
        number: String,
        /// The browser's SDP offer; without it another client is prompted, as for `make_call`.
        #[serde(default)]
        #[ts(optional)]
        sdp: Option<String>,
        /// Which client to prompt.
        #[serde(default)]
        #[ts(optional)]
        client: Option<String>,
    },
    /// ECMA-269 Park Call: the other side waits at a number until somebody picks it up there.
    ParkCall {
        /// The connected or held call.
        call: String,
        /// Where; the user's own line where none is said.
        number: Option<String>,
    },
    /// ECMA-269 Set Forwarding; replaces what was set of this kind and these callers.
    SetForwarding {
        /// The line.
        line: String,
        /// What.
        forwarding: Forwarding,
    },
    /// Takes back what `set_forwarding` has set.
    CancelForwarding {
        /// The line.
        line: String,
        /// Which kind; all where none is said.
        kind: Option<ForwardingKind>,
        /// That of which callers, as it was set; of whichever where none is said.
        #[serde(default)]
        #[ts(optional)]
        callers: Option<Callers>,
    },
    /// ECMA-269 Set Do Not Disturb.
    SetDoNotDisturb {
        /// The line.
        line: String,
        /// Whether calls are kept away.
        on: bool,
    },
    /// Calls of the line are placed by way of another telephone from now on, and its calls are forwarded there.
    SetRemoteOffice {
        /// The line.
        line: String,
        /// That telephone's number; none switches it off.
        number: Option<String>,
    },
    /// Asks how a number would be dialled, without dialling it. Answered with [`ReplyResult::Preview`](super::ReplyResult::Preview), or with why nothing
    /// would be dialled.
    PreviewNumber {
        /// The line: one that the user may call from.
        line: String,
        /// The number, as the person typed it.
        number: String,
        /// Whether calls are to be forwarded there.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        forwarding: bool,
        /// The name of a project of the line's location.
        #[serde(default)]
        #[ts(optional)]
        project: Option<String>,
        /// Whether the call is private: others do not see the number.
        #[serde(default)]
        #[ts(as = "Option<bool>", optional)]
        private: bool,
        /// The PIN that the project, or a private call, asks for.
        #[serde(default)]
        #[ts(optional)]
        pin: Option<Pin>,
        /// The user's number that the project, or a private call, asks for.
        #[serde(default)]
        #[ts(optional)]
        user: Option<String>,
    },
    /// Keeps the socket alive and measures it; answered at once.
    Ping,
}

impl Request {
    /// The same without what was entered, which nobody else is to see: PIN and user's number. None where there is neither.
    pub fn without_entries(&self) -> Option<Request> {
        let mut request = match self {
            Request::MakeCall { pin: None, user: None, .. }
            | Request::ConsultationCall { pin: None, user: None, .. }
            | Request::PreviewNumber { pin: None, user: None, .. } => return None,
            Request::MakeCall { .. } | Request::ConsultationCall { .. } | Request::PreviewNumber { .. } => self.clone(),
            _ => return None,
        };
        if let Request::MakeCall { pin, user, .. }
        | Request::ConsultationCall { pin, user, .. }
        | Request::PreviewNumber { pin, user, .. } = &mut request
        {
            (*pin, *user) = (None, None);
        }
        Some(request)
    }
}

/// What the caller hears of a declined call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// SIP 486: the called person is busy.
    Busy,
    /// SIP 603: the called person does not want the call.
    Declined,
}

/// A request that needs the audio of the client that is to send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Prompt {
    /// [`Request::MakeCall`].
    MakeCall {
        /// The calling line.
        line: String,
        /// The number to dial, as the person typed it.
        number: String,
        /// The name of a project of the line's location.
        project: Option<String>,
        /// Whether the call is private.
        private: bool,
    },
    /// [`Request::AnswerCall`].
    AnswerCall {
        /// The alerting call.
        call: String,
    },
    /// [`Request::ConsultationCall`].
    ConsultationCall {
        /// The call whose audio the client has.
        call: String,
        /// The number to dial, as the person typed it.
        number: String,
        /// The name of a project of the line's location.
        project: Option<String>,
        /// Whether the call is private.
        private: bool,
    },
    /// [`Request::DirectedPickupCall`].
    DirectedPickupCall {
        /// The line that takes it.
        line: String,
        /// Where it rings or is parked.
        number: String,
    },
}
