//! The steps of calls: what came in, the state before, the state after. For whoever wants to know why a call went as it
//! did.

use std::fmt;
use std::time::Instant;

use offhook_media::session::Side;

use super::cause::CauseCode;
use super::effect::{Command, Input, MediaInput, SipInput};
use super::state::{Call, Stage, TransferStep, Vacancy};
use crate::ids::{CallId, ConferenceId};

/// A step of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The call.
    pub call: CallId,
    /// When.
    pub at: Instant,
    /// What made it.
    pub trigger: Trigger,
    /// The state before; none for a call that begins.
    pub before: Option<State>,
    /// The state after.
    pub after: State,
}

/// What made a step: a name of the inputs of the call machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    name: &'static str,
    status: Option<u16>,
}

/// Where a call stands, as far as its steps are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    stage: Stage,
    on_hold: bool,
    /// Which sides hold it.
    held: [bool; 2],
    conference: Option<ConferenceId>,
    vacancy: Option<&'static str>,
    transfer: Option<&'static str>,
    way: Option<&'static str>,
    ended: Option<CauseCode>,
}

impl Trigger {
    const fn named(name: &'static str) -> Trigger {
        Trigger { name, status: None }
    }

    const fn status(name: &'static str, status: u16) -> Trigger {
        Trigger { name, status: Some(status) }
    }

    /// The time of something has come.
    pub(super) const TIMER: Trigger = Trigger::named("timer");

    /// Whether what it makes of one call has nothing to do with what it makes of another.
    pub fn is_everybodys(self) -> bool {
        matches!(self.name, "timer" | "shutdown" | "configuration" | "line")
    }

    /// What an input is called.
    pub(super) fn of(input: &Input) -> Trigger {
        match input {
            Input::LineAvailable { .. } => Trigger::named("line"),
            Input::ClientArrived { .. } => Trigger::named("client arrived"),
            Input::ClientGone { .. } => Trigger::named("client gone"),
            Input::LineSettings { .. } => Trigger::named("line settings"),
            Input::Directory(_) | Input::Rights(_) => Trigger::named("configuration"),
            Input::Command { command, .. } => Trigger::named(of_command(command)),
            Input::Incoming { .. } => Trigger::named("INVITE"),
            Input::Replacing { .. } => Trigger::named("INVITE with Replaces"),
            Input::Invited { session: Ok(_), .. } => Trigger::named("INVITE sent"),
            Input::Invited { session: Err(_), .. } => Trigger::named("INVITE not possible"),
            Input::Sip { event, .. } => of_sip(event),
            Input::Media { event, .. } => of_media(event),
            Input::Shutdown => Trigger::named("shutdown"),
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.status.map_or(Ok(()), |status| write!(f, " {status}"))
    }
}

fn of_command(command: &Command) -> &'static str {
    match command {
        Command::MakeCall { .. } => "make_call",
        Command::AnswerCall { .. } => "answer_call",
        Command::Decline { .. } => "decline_call",
        Command::ClearConnection { .. } => "clear_connection",
        Command::RestartMedia { .. } => "restart_media",
        Command::GenerateDigits { .. } => "generate_digits",
        Command::HoldCall { .. } => "hold_call",
        Command::RetrieveCall { .. } => "retrieve_call",
        Command::AlternateCall { .. } => "alternate_call",
        Command::ConsultationCall { .. } => "consultation_call",
        Command::ReconnectCall { .. } => "reconnect_call",
        Command::TransferCall { .. } => "transfer_call",
        Command::SingleStepTransferCall { .. } => "single_step_transfer_call",
        Command::ConferenceCall { .. } => "conference_call",
        Command::ClearCall { .. } => "clear_call",
        Command::DeflectCall { .. } => "deflect_call",
        Command::DirectedPickupCall { .. } => "directed_pickup_call",
        Command::ParkCall { .. } => "park_call",
        Command::SetForwarding { .. } => "set_forwarding",
        Command::CancelForwarding { .. } => "cancel_forwarding",
        Command::SetDoNotDisturb { .. } => "set_do_not_disturb",
        Command::SetRemoteOffice { .. } => "set_remote_office",
    }
}

fn of_sip(event: &SipInput) -> Trigger {
    match event {
        SipInput::Progress { status, .. } => Trigger::status("progress", *status),
        SipInput::Answered { .. } => Trigger::named("answered"),
        SipInput::Rejected { status, from_network: true, .. } => Trigger::status("rejected", *status),
        SipInput::Rejected { status, from_network: false, .. } => Trigger::status("no answer, as if", *status),
        SipInput::Confirmed { .. } => Trigger::named("confirmed"),
        SipInput::OfferAnswered { .. } => Trigger::named("offer answered"),
        SipInput::OfferRejected { status } => Trigger::status("offer rejected", *status),
        SipInput::Referred { status } => Trigger::status("referred", *status),
        SipInput::Cancelled { .. } => Trigger::named("cancelled"),
        SipInput::Ended { broken: false, .. } => Trigger::named("ended"),
        SipInput::Ended { broken: true, .. } => Trigger::named("session lost"),
        SipInput::Refer { .. } => Trigger::named("REFER"),
        SipInput::Digit(_) => Trigger::named("INFO"),
        SipInput::Offer { .. } => Trigger::named("offer"),
    }
}

fn of_media(event: &MediaInput) -> Trigger {
    Trigger::named(match event {
        MediaInput::Described { .. } => "audio described",
        MediaInput::Accepted { .. } => "audio accepted",
        MediaInput::Secured { .. } => "audio secured",
        MediaInput::EncryptionDemanded => "encryption demanded",
        MediaInput::Refused { .. } => "audio refused",
        MediaInput::Connected => "audio connected",
        MediaInput::Lost { .. } => "audio lost",
        MediaInput::Digit { .. } | MediaInput::Signal(_) => "digit",
        MediaInput::Recorded { .. } => "recorded",
        MediaInput::RecordingFailed { .. } => "recording failed",
        MediaInput::Silent { .. } => "silent",
        MediaInput::Heard => "heard",
        MediaInput::OtherSource { .. } => "audio from elsewhere",
        MediaInput::LegEnded { .. } | MediaInput::Ended => "audio ended",
    })
}

impl State {
    /// Where a call stands.
    pub(super) fn of(call: &Call, ended: bool) -> State {
        let vacancy = call.vacancy.as_ref().map(|vacancy| match vacancy {
            Vacancy::Parked { .. } => "parked",
            Vacancy::Recalling { .. } => "recalling",
            Vacancy::Target { .. } => "transfer target",
            Vacancy::Office { .. } => "remote office",
            Vacancy::Test { .. } => "test call",
            Vacancy::Transferring => "let go for a transfer",
            Vacancy::Conference => "left the conference",
            Vacancy::Leaving => "leaving",
        });
        let transfer = call.transfer.as_ref().map(|transfer| match transfer.way {
            TransferStep::Refer { .. } => "transfer by REFER",
            TransferStep::Wanted { .. } => "wanted by a transfer",
            TransferStep::Bridge { .. } => "transfer here",
        });
        State {
            stage: call.stage,
            on_hold: call.on_hold,
            held: call.held,
            conference: call.conference,
            vacancy,
            transfer,
            way: call.trail.way(),
            ended: ended.then(|| call.trouble.as_ref().map_or(CauseCode::NormalClearing, |cause| cause.code)),
        }
    }
}

impl State {
    /// Where a call stands that was refused before there was one.
    pub(super) fn refused(cause: CauseCode) -> State {
        State {
            stage: Stage::Initiated,
            on_hold: false,
            held: [false, false],
            conference: None,
            vacancy: None,
            transfer: None,
            way: None,
            ended: Some(cause),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(cause) = self.ended {
            return write!(f, "ended: {}", cause.code());
        }
        f.write_str(match self.stage {
            Stage::Initiated => "initiated",
            Stage::Alerting { early: false } => "alerting",
            Stage::Alerting { early: true } => "alerting, early media",
            Stage::Answering => "answering",
            Stage::Connected => "connected",
        })?;
        let flags = [
            (self.on_hold, "on hold"),
            (self.held[Side::A as usize], "held by side A"),
            (self.held[Side::B as usize], "held by side B"),
        ];
        let set = flags.into_iter().filter_map(|(on, name)| on.then_some(name));
        for name in set.chain([self.vacancy, self.transfer, self.way].into_iter().flatten()) {
            write!(f, ", {name}")?;
        }
        self.conference.map_or(Ok(()), |conference| write!(f, ", conference {conference}"))
    }
}
