//! What clients ask for: each command is checked, done or refused, and answered.

use std::time::Instant;

use tracing::debug;

use super::cause::CauseCode;
use super::divert::same;
use super::effect::{Command, CommandResult, Effect};
use super::numbers::{Placed, Translation, Typed, Wanted};
use super::record::{self, CallRecord, CallState, Number, Party};
use super::service::Service;
use super::state::{Call, Far, FarSip, Near};
use super::step::{State, Step};
use super::view::EndCause;
use super::{Calls, flow, services};
use crate::ids::{CallId, ClientId, LineId, UserId};

/// Digits in one Generate Digits.
const MAX_DIGITS: usize = 32;
/// Characters of a dialled number.
const MAX_NUMBER: usize = 128;

/// Who asks, and under which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asker {
    pub(super) client: ClientId,
    pub(super) user: UserId,
    pub(super) request: u32,
    pub(super) reply_to: ClientId,
}

/// What a client calls somebody for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To talk.
    Call,
    /// To ask somebody while this call waits.
    Consultation { of: CallId },
    /// To take a call by a code of the PBX.
    Pickup,
}

impl Purpose {
    fn service(self) -> Service {
        match self {
            Purpose::Call => Service::MakeCall,
            Purpose::Consultation { .. } => Service::ConsultationCall,
            Purpose::Pickup => Service::DirectedPickupCall,
        }
    }
}

/// `Ok(None)` means that the reply comes later.
pub(super) type Outcome = Result<Option<()>, CauseCode>;

impl Calls {
    pub(super) fn command(&mut self, client: ClientId, request: u32, command: Command, now: Instant) {
        if client == ClientId::SERVER {
            return self.command_of_server(command, now);
        }
        let Some(user) = self.clients.user(client) else { return };
        let reply_to = client;
        // A program has no audio: it asks for the client that has the call's.
        let mut audio = command.calls().filter(|_| client.api_user().is_some()).filter_map(|call| self.client_at(call));
        let client = audio.find(|&(_, whose)| whose == user).map_or(client, |(client, _)| client);
        let asker = Asker { client, user, request, reply_to };
        let outcome = match command {
            Command::MakeCall { line, number, sdp } => self.make_call(asker, Purpose::Call, line, &number, sdp, now),
            // Who comes too late is told so, even where the call has become somebody else's.
            Command::AnswerCall { call, sdp } => self
                .may_ask(user, Service::AnswerCall)
                .and_then(|()| self.on_line(call, asker, now, |flow| flow.answer(asker, sdp))),
            Command::RestartMedia { call, sdp } => {
                self.on_call(call, asker, now, |flow| flow.restart_media(client, request, sdp))
            }
            Command::Decline { call, cause } => {
                self.checked(Service::DeclineCall, call, asker, now, |flow| flow.decline(cause))
            }
            Command::DeflectCall { call, number } => self.deflect_call(asker, call, &number, now),
            Command::ClearConnection { call, remote } => self.clear_connection(asker, call, remote, now),
            Command::ClearCall { call } => self.clear_call(asker, call, now),
            Command::GenerateDigits { call, digits } => {
                if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(is_dtmf) {
                    Err(CauseCode::BadRequest)
                } else {
                    self.checked(Service::GenerateDigits, call, asker, now, |flow| flow.digits(digits))
                }
            }
            Command::HoldCall { call } => self.hold_call(asker, call, now),
            Command::RetrieveCall { call } => self.retrieve_call(asker, call, now),
            Command::AlternateCall { active, held } => self.alternate_call(asker, active, held, now),
            Command::ConsultationCall { call, number, sdp } => self.consultation_call(asker, call, &number, sdp, now),
            Command::ReconnectCall { active, held } => self.reconnect_call(asker, active, held, now),
            Command::TransferCall { active, held } => self.transfer_call(asker, active, held, now),
            Command::SingleStepTransferCall { call, number } => {
                self.single_step_transfer_call(asker, call, &number, now)
            }
            Command::ConferenceCall { active, held } => self.conference_call(asker, active, held, now),
            Command::ParkCall { call, number } => self.park_call(asker, call, number.as_deref(), now),
            Command::DirectedPickupCall { line, number, sdp } => self.directed_pickup(asker, line, &number, sdp, now),
            Command::SetForwarding { line, forwarding } => self.set_forwarding(user, line, forwarding),
            Command::CancelForwarding { line, kind, callers } => self.cancel_forwarding(user, line, kind, callers),
            Command::SetDoNotDisturb { line, on } => self.set_do_not_disturb(user, line, on, now),
            Command::SetRemoteOffice { line, number } => self.set_remote_office(user, line, number),
        };
        match outcome {
            Ok(None) => {}
            Ok(Some(())) => self.reply(asker, CommandResult::Ok),
            Err(cause) => {
                debug!(user = user.0, %client, cause = cause.code(), "command refused");
                self.reply(asker, CommandResult::Error(cause));
            }
        }
    }

    fn reply(&mut self, asker: Asker, result: CommandResult) {
        let Asker { reply_to: client, request, .. } = asker;
        self.effects.push_back(Effect::Reply { client, request, result });
    }

    /// A call that the user can see and that is nobody else's.
    pub(super) fn own(&self, id: CallId, asker: Asker) -> Result<&Call, CauseCode> {
        let call: &Call = self.calls.get(&id).ok_or(CauseCode::UnknownCall)?;
        let line = call.shown_at().ok_or(CauseCode::UnknownCall)?;
        let theirs = call.active_user().is_none_or(|active| active == asker.user) && call.is_for(asker.user);
        let visible = theirs && self.directory.concerned(line, call.active_user()).contains(&asker.user);
        visible.then_some(call).ok_or(CauseCode::UnknownCall)
    }

    /// Checks a service for one call.
    pub(super) fn check(&self, service: Service, id: CallId, asker: Asker) -> Result<&Call, CauseCode> {
        let call = self.own(id, asker)?;
        services::check(service, call, asker.client, &self.directory)?;
        Ok(call)
    }

    /// Does to a call what was checked.
    fn checked(
        &mut self,
        service: Service,
        id: CallId,
        asker: Asker,
        now: Instant,
        run: impl FnOnce(&mut flow::Flow<'_>) -> Result<(), CauseCode>,
    ) -> Outcome {
        self.check(service, id, asker)?;
        self.with(id, now, run).unwrap_or(Err(CauseCode::UnknownCall)).map(Some)
    }

    fn deflect_call(&mut self, asker: Asker, id: CallId, number: &str, now: Instant) -> Outcome {
        let line = self.check(Service::DeflectCall, id, asker)?.line().ok_or(CauseCode::UnknownLine)?;
        let group = self.directory.group_of(line).ok_or(CauseCode::UnknownLine)?;
        let Wanted { result, translation } = self.directory.sent_on(group, number, true, self.moment);
        self.note_number(Some(id), translation);
        let to = result?;
        self.with(id, now, |flow| flow.deflect(to)).unwrap_or(Err(CauseCode::UnknownCall)).map(Some)
    }

    /// Checks a service for two calls.
    pub(super) fn check_pair(
        &self,
        service: Service,
        active: CallId,
        held: CallId,
        asker: Asker,
    ) -> Result<(), CauseCode> {
        // One that rings for a transfer is not seen, but can be taken back.
        let active = self.own(active, asker).or_else(|unknown| {
            let ringing = service == Service::ReconnectCall;
            self.calls.get(&active).filter(|_| ringing).map(|call| &**call).ok_or(unknown)
        })?;
        services::check_pair(service, active, self.own(held, asker)?, asker.client, &self.directory)
    }

    /// Runs a command on a call that the user can see.
    fn on_call(
        &mut self,
        id: CallId,
        asker: Asker,
        now: Instant,
        run: impl FnOnce(&mut flow::Flow<'_>) -> Outcome,
    ) -> Outcome {
        self.own(id, asker)?;
        self.with(id, now, run).unwrap_or(Err(CauseCode::UnknownCall))
    }

    /// Runs a command on a call of one of the user's lines.
    fn on_line(
        &mut self,
        id: CallId,
        asker: Asker,
        now: Instant,
        run: impl FnOnce(&mut flow::Flow<'_>) -> Outcome,
    ) -> Outcome {
        let call = self.calls.get(&id).filter(|call| call.is_for(asker.user));
        let concerns = |call: &Call| {
            let line = call.shown_at();
            line.is_some_and(|line| self.directory.concerned(line, call.active_user()).contains(&asker.user))
        };
        if !call.is_some_and(|call| concerns(call)) {
            return Err(CauseCode::UnknownCall);
        }
        self.with(id, now, run).unwrap_or(Err(CauseCode::UnknownCall))
    }

    /// A call from a line. One that is refused is told of as a call that ended as it began, so that somebody may find out
    /// why; but for what cannot be dialled, which is a slip.
    pub(super) fn make_call(
        &mut self,
        asker: Asker,
        purpose: Purpose,
        line: LineId,
        number: &Typed,
        sdp: String,
        now: Instant,
    ) -> Outcome {
        let wanted = match self.has_line(asker.user, line) {
            Ok(()) => self.wanted(asker.client, line, number),
            Err(cause) => Wanted { result: Err(cause), translation: None },
        };
        let called = match &wanted.result {
            Ok(placed) => record::other(&placed.number, placed.known.as_ref(), placed.private),
            // A project may say that the call is private.
            Err(_) if number.private || number.project.is_some() => Number::Private,
            Err(_) => dialable(&number.text).map_or(Number::None, Number::Other),
        };
        self.call_wanted(asker, purpose, line, (wanted, called), sdp, now)
    }

    /// A call from a line to what was made of a number; `called` is told where it is refused.
    pub(super) fn call_wanted(
        &mut self,
        asker: Asker,
        purpose: Purpose,
        line: LineId,
        (Wanted { result, translation }, called): (Wanted, Number),
        sdp: String,
        now: Instant,
    ) -> Outcome {
        let begun = result.and_then(|placed| self.begin_call(asker, purpose, line, placed, sdp, now));
        let (call, outcome) = match begun {
            Ok((call, outcome)) => (Some(call), Ok(outcome)),
            Err(cause) if cause == CauseCode::InvalidNumber => (None, Err(cause)),
            Err(cause) => {
                let theirs = self.directory.users_of(line).contains(&asker.user);
                let call = self.not_begun(Party::Browser(asker.user), theirs.then_some(line), called, cause, now);
                (Some(call), Err(cause))
            }
        };
        self.note_number(call, translation);
        outcome
    }

    fn begin_call(
        &mut self,
        asker: Asker,
        purpose: Purpose,
        line: LineId,
        placed: Placed,
        sdp: String,
        now: Instant,
    ) -> Result<(CallId, Option<()>), CauseCode> {
        let user = asker.user;
        let placed = self.may_call(user, line, placed, purpose.service())?;
        let (office, asked) = match purpose {
            Purpose::Call => self.office_for(line, &placed),
            Purpose::Consultation { .. } | Purpose::Pickup => (None, None),
        };
        if let Some(office) = office {
            self.may_ask(user, Service::SetRemoteOffice)?;
            let id = self.call_by_office(asker, line, office, placed, now)?;
            self.note_number(Some(id), asked);
            return Ok((id, Some(())));
        }
        if !placed.emergency {
            self.may_ask(user, purpose.service())?;
        }
        let id = self.place(asker, line, placed, now)?;
        self.note_number(Some(id), asked);
        self.with(id, now, |flow| {
            flow.call.consultation_of = match purpose {
                Purpose::Consultation { of } => Some(of),
                Purpose::Call | Purpose::Pickup => None,
            };
            flow.start_outgoing(sdp);
        });
        Ok((id, None))
    }

    /// Tells of a call that was refused before there was one.
    pub(super) fn not_begun(
        &mut self,
        by: Party,
        line: Option<LineId>,
        called: Number,
        cause: CauseCode,
        now: Instant,
    ) -> CallId {
        let call = self.next_call();
        let record = CallRecord {
            id: call,
            caller: line.map_or(Number::None, Number::Line),
            called,
            state: CallState::Initiated,
            created: now,
            connected: None,
            parties: [by, Party::Server],
            silent: [false, false],
            cause: Some(EndCause::ours(cause)),
        };
        self.steps.push_back(Step { call, at: now, trigger: self.trigger, before: None, after: State::refused(cause) });
        self.effects.push_back(Effect::NotBegun(Box::new(record)));
        call
    }

    /// A call of a client to a number.
    pub(super) fn place(
        &mut self,
        asker: Asker,
        line: LineId,
        placed: Placed,
        now: Instant,
    ) -> Result<CallId, CauseCode> {
        let Asker { client, user, request, .. } = asker;
        let near = Near::Client { client, user, line, request, number: placed.number.clone() };
        let id = self.create(near, Far::Sip(FarSip::default()), placed.remote(), placed.emergency, now)?;
        if let Some(call) = self.calls.get_mut(&id) {
            call.known = placed.known;
            call.private = placed.private;
            call.then = placed.then.into();
        }
        Ok(id)
    }

    /// The telephone that calls of a line are placed from; not where the person needs help here, nor those for itself. And how
    /// its number came about, by which that is decided.
    pub(super) fn office_for(&self, line: LineId, placed: &Placed) -> (Option<Placed>, Option<Translation>) {
        let settings = self.settings.get(line.0 as usize).filter(|_| !placed.emergency);
        let office = settings.and_then(|settings| settings.remote_office.as_deref());
        let Some((office, group)) = office.zip(self.directory.group_of(line)) else { return (None, None) };
        let Wanted { result, translation } = self.directory.sent_on(group, office, false, self.moment);
        (result.ok().filter(|office| !same(&office.number, &placed.number)), translation)
    }

    /// Whether a user may call a number from a line by this service. An emergency nothing forbids.
    pub(super) fn may_call(
        &self,
        user: UserId,
        line: LineId,
        placed: Placed,
        service: Service,
    ) -> Result<Placed, CauseCode> {
        self.has_line(user, line)?;
        let entry = self.directory.line(line).ok_or(CauseCode::UnknownLine)?;
        if placed.emergency {
            return Ok(placed);
        }
        if !self.directory.offers(entry.group, service) {
            return Err(CauseCode::FunctionOff);
        }
        let available = self.available.get(line.0 as usize).is_some_and(|&available| available);
        available.then_some(placed).ok_or(CauseCode::LineNotRegistered)
    }
}

fn is_dtmf(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D')
}

/// What is dialled of what a person typed: separators that people write are dropped; names pass as they are.
pub fn dialable(typed: &str) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() || typed.len() > MAX_NUMBER || typed.chars().any(|c| c.is_control() || c == '@') {
        return None;
    }
    if typed.chars().any(char::is_alphabetic) {
        return (!typed.contains(char::is_whitespace)).then(|| typed.to_owned());
    }
    let digits: String = typed.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#')).collect();
    (!digits.is_empty()).then_some(digits)
}
