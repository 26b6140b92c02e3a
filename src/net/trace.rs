//! What the driver notes of signalling, and who may ask for it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use offhook_media::session::Side;
use offhook_sip::header::Protocol;
use offhook_sip::uri::Host;
use offhook_sip::{Destination, Source, Transmit};
use tokio::sync::{broadcast, oneshot};

use super::capture::Captures;
use super::core::{Core, CoreHandle, Message};
use super::past::Notes;
use super::role::Role;
use super::transport::{TransportFailure, Why};
use crate::call::Calls;
use crate::call::cause::CauseCode;
use crate::call::directory::Directory;
use crate::call::effect::{Input, MediaInput};
use crate::call::numbers::Translation;
use crate::call::settings::LineSettings;
use crate::call::view::EndCause;
use crate::capture::influence::{Influence, Standing};
use crate::capture::record::{ClientRecord, Place, Sink, SipRecord, What};
use crate::capture::recorder::{Extract, Owner, Recording};
use crate::capture::trace::{FailureKind, MediaEvent, TraceTransport, ms};
use crate::ids::{CallId, ClientId, LineGroupId, LineId};

/// Calls that are over and wait for who judges them; more are not judged.
const BACKLOG: usize = 256;
/// Calls that are told in one turn of the driver.
pub(super) const TOLD_AT_ONCE: usize = 16;

/// What others ask for of what was noted.
#[derive(Debug)]
pub(super) enum TraceMessage {
    Call { id: String, reply: oneshot::Sender<Option<Box<Recording>>> },
    Extract { id: String, reply: oneshot::Sender<Option<Box<Extract>>> },
    Line { line: LineId, reply: oneshot::Sender<Option<Box<Recording>>> },
    Began { ids: Vec<String>, reply: oneshot::Sender<Vec<Option<f64>>> },
    Sink(Option<Box<dyn Sink>>),
    Captures(Captures),
    Notes(Notes),
}

/// Where calls are told that are over and worth a look.
pub(super) fn channel() -> broadcast::Sender<Arc<Recording>> {
    broadcast::channel(BACKLOG).0
}

impl CoreHandle {
    /// What is known of a call: by its number, or by the Call-ID of an INVITE that no call came of. None where nothing
    /// is kept of it, or the core has stopped.
    pub async fn trace(&self, id: &str) -> Option<Box<Recording>> {
        self.recorded(|reply| TraceMessage::Call { id: id.to_owned(), reply }).await?
    }

    /// The same with the calls that had a part in it, and with all that they were decided by.
    pub async fn extract(&self, id: &str) -> Option<Box<Extract>> {
        self.recorded(|reply| TraceMessage::Extract { id: id.to_owned(), reply }).await?
    }

    /// What happened to a line lately.
    pub async fn line_trace(&self, line: LineId) -> Option<Box<Recording>> {
        self.recorded(|reply| TraceMessage::Line { line, reply }).await?
    }

    /// For each of these names of calls, when the call began of which something is kept: milliseconds since 1970.
    pub async fn traces(&self, ids: Vec<String>) -> Vec<Option<f64>> {
        self.recorded(|reply| TraceMessage::Began { ids, reply }).await.unwrap_or_default()
    }

    /// Calls that failed or in which something was odd, a moment after they ended. None when the core has stopped.
    pub fn finished(&self) -> Option<broadcast::Receiver<Arc<Recording>>> {
        Some(self.finished.upgrade()?.subscribe())
    }

    /// Has everything that is noted sent on from now on, too.
    pub async fn set_sink(&self, sink: Option<Box<dyn Sink>>) {
        let _ = self.inbox.send(Message::Trace(TraceMessage::Sink(sink))).await;
    }

    /// Has the audio of calls captured from now on as `captures` wants it. To be said again when something else is wanted,
    /// since calls that run would go on as before until something happens.
    pub async fn set_captures(&self, captures: Captures) {
        let _ = self.inbox.send(Message::Trace(TraceMessage::Captures(captures))).await;
    }

    /// Notes numbers of calls there from now on.
    pub async fn set_notes(&self, notes: Notes) {
        let _ = self.inbox.send(Message::Trace(TraceMessage::Notes(notes))).await;
    }

    async fn recorded<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> TraceMessage) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Message::Trace(message(reply))).await.ok()?;
        answer.await.ok()
    }
}

impl<R: Role> Core<R> {
    pub(super) fn trace_message(&mut self, message: TraceMessage) {
        match message {
            TraceMessage::Call { id, reply } => {
                let call = id.parse().ok().and_then(|id: CallId| self.recorder.call(id));
                let recording = call.or_else(|| self.recorder.stray(&id));
                let _ = reply.send(recording.map(|recording| Box::new(self.completed(recording))));
            }
            TraceMessage::Extract { id, reply } => {
                let extract = self.recorder.extract(&id);
                let extract =
                    extract.map(|extract| Extract { recording: self.completed(extract.recording), ..extract });
                let _ = reply.send(extract.map(Box::new));
            }
            TraceMessage::Line { line, reply } => {
                let recording = self.directory.group_of(line).map(|group| self.recorder.line(line, group));
                let _ = reply.send(recording.map(Box::new));
            }
            TraceMessage::Began { ids, reply } => {
                let began = |id: &String| self.recorder.began(id).map(ms);
                let _ = reply.send(ids.iter().map(began).collect());
            }
            TraceMessage::Sink(sink) => self.recorder.set_sink(sink),
            TraceMessage::Captures(captures) => self.captures = Some(captures),
            TraceMessage::Notes(notes) => self.past = notes,
        }
    }

    /// Has the audio of those calls captured of which that is wanted: of all when something else was chosen, otherwise of
    /// those that have come, or of which it is known for whom they are.
    pub(super) fn tap_calls(&mut self, now: Instant) {
        let version = self.captures.as_ref().map_or(0, Captures::version);
        if version != self.captured_version {
            self.captured_version = version;
            self.note_standing(now);
            for call in self.media.calls() {
                self.tap_call(call);
            }
        }
        while let Some(call) = self.media.poll_begun() {
            self.tap_call(call);
        }
        while let Some(call) = self.recorder.poll_settled() {
            self.tap_call(call);
        }
    }

    fn tap_call(&mut self, call: CallId) {
        if let Some(captures) = &self.captures {
            let tap = captures.tap(call, self.recorder.owners(call), self.recorder.clock());
            self.media.tap(call, tap);
        }
    }

    /// With what is known of a call while it runs, and what the users of its line have set.
    fn completed(&self, mut recording: Recording) -> Recording {
        recording.record = recording.record.or_else(|| self.calls.record(recording.call?));
        recording.settings = recording.line_of().map(|line| self.calls.settings(line));
        recording
    }

    /// Tells of calls that are over, so many at most: after an outage thousands are at the same time.
    pub(super) fn finished_due(&mut self, now: Instant, most: usize) {
        for _ in 0..most {
            let Some(recording) = self.recorder.poll_finished(now) else { return };
            let recording = self.completed(recording);
            // Fails where nobody judges them.
            let _ = self.finished.send(Arc::new(recording));
        }
    }

    /// A SIP message came.
    pub(super) fn note_received(&mut self, source: &Source, bytes: &Bytes, expected: bool, now: Instant) {
        let mut came_over = Destination::at(source.protocol, source.remote);
        came_over.connection = source.connection;
        let message = SipRecord {
            sent: false,
            transport: transport(source.protocol),
            local: self.transport.local_of(&came_over, source.local),
            remote: Place::Address(source.remote),
            bytes: bytes.clone(),
        };
        let (role, groups) = (&self.role, &self.groups);
        self.recorder.sip(message, expected, now, |registers| {
            let group = groups.ids().find(|&group| role.sends_from(group, source, now));
            Owner { group, line: group.zip(registers).and_then(|(group, user)| groups.registering(group, user)) }
        });
    }

    /// A SIP message is sent.
    pub(super) fn note_sent(&mut self, transmit: &Transmit, now: Instant) {
        let Transmit { to, from, bytes } = transmit;
        let remote = self.transport.remote_of(to).map_or_else(|| place(to), Place::Address);
        let address = remote.address();
        let local = self.transport.local_of(to, *from);
        let message = SipRecord { sent: true, transport: transport(to.protocol), local, remote, bytes: bytes.clone() };
        let groups = &self.groups;
        self.recorder.sip(message, true, now, |registers| {
            let group = address.and_then(|address| groups.group_near(address));
            Owner { group, line: group.zip(registers).and_then(|(group, user)| groups.registering(group, user)) }
        });
    }

    /// Tells the call machine what no SIP message leads to, and notes it.
    pub(super) fn tell(&mut self, input: Input, now: Instant) {
        let Some(mut influence) = Influence::of(&input) else { return self.calls.handle(input, now) };
        let asked = match &input {
            Input::Command { client, request, .. } => Some((*client, *request)),
            _ => None,
        };
        self.note_steps();
        self.calls.handle(input, now);
        let (mut calls, mut owner) = (Vec::new(), Owner::default());
        match &mut influence {
            Influence::Command { begun, command, refused, .. } => {
                *begun = self.calls.begun();
                *refused = asked.and_then(|(client, request)| self.calls.refusal(client, request));
                owner.line = command.line();
                owner.group = owner.line.and_then(|line| self.directory.group_of(line));
                calls.extend(command.calls().chain(self.calls.changing()));
            }
            Influence::Audio { call, .. } => calls.push(*call),
            _ => {}
        }
        self.recorder.influence(influence, calls, owner, now);
    }

    /// What somebody has set for a line is noted, so that captures that begin later begin with it.
    pub(super) fn note_settings(&mut self, line: LineId, settings: &LineSettings, now: Instant) {
        let influence = Influence::LineSettings { line, settings: settings.clone(), asked: true };
        self.recorder.influence(influence, Vec::new(), Owner::default(), now);
    }

    /// A number was translated for a call.
    pub(super) fn note_number(&mut self, mut translation: Box<Translation>, now: Instant) {
        self.recorder.hide(&mut translation);
        let owner = Owner { group: Some(translation.group), line: None };
        let location = self.directory.group(translation.group).and_then(|group| group.location.as_deref());
        let at = ms(self.recorder.clock().unix(now));
        let is_private = translation.call.is_some_and(|call| self.calls.is_private(call));
        if let Some(past) = location.and_then(|location| translation.past(location, at)).filter(|_| !is_private) {
            self.past.note(past);
        }
        let calls = translation.call.into_iter().collect();
        self.recorder.influence(Influence::Number(translation), calls, owner, now);
    }

    /// How all lines and clients stand is noted, where somebody wants to know it.
    pub(super) fn note_standing(&mut self, now: Instant) {
        if self.recorder.is_listening() {
            self.recorder.stand(standing(&self.calls, &self.directory), now);
        }
    }

    /// What calls did.
    pub(super) fn note_steps(&mut self) {
        while let Some(step) = self.calls.poll_step() {
            self.recorder.step(step);
        }
    }

    /// A message of the client protocol came or went.
    pub(super) fn note_client(&mut self, call: CallId, client: ClientId, sent: bool, text: Bytes, at: Instant) {
        if let Some(user) = self.desk.user_of(client) {
            // What was read with it must not stay as long.
            let text = if sent { text } else { Bytes::copy_from_slice(&text) };
            self.recorder.note(call, What::Client(ClientRecord { sent, client, user, text }), at);
        }
    }

    /// The media side says something of a call.
    pub(super) fn media_input(&mut self, call: CallId, side: Side, event: MediaInput, now: Instant) {
        // What is agreed makes the next step, which comes behind it.
        self.note_steps();
        self.note_media(call, side, &event, now);
        self.tell(Input::Media { call, side, event }, now);
    }

    fn note_media(&mut self, call: CallId, side: Side, event: &MediaInput, now: Instant) {
        let address = |from: &Option<std::net::SocketAddr>| from.map(|from| from.to_string());
        let (event, detail) = match event {
            MediaInput::Described { codec: Some(codec), .. } | MediaInput::Accepted { codec, .. } => {
                (MediaEvent::Agreed, Some(codec.name().to_owned()))
            }
            MediaInput::Secured { security } => (MediaEvent::Secured, Some(security.as_str().to_owned())),
            MediaInput::Refused { cause } => (MediaEvent::Refused, Some(cause.code().to_owned())),
            MediaInput::Connected => (MediaEvent::Connected, None),
            MediaInput::Lost { cause } => (MediaEvent::Lost, Some(cause.code().to_owned())),
            MediaInput::Digit { digit } => (MediaEvent::Digit, Some(digit.to_string())),
            MediaInput::Silent { from, never: true } => (MediaEvent::NeverHeard, address(from)),
            MediaInput::Silent { from, never: false } => (MediaEvent::Silent, address(from)),
            MediaInput::Heard => (MediaEvent::Heard, None),
            MediaInput::OtherSource { agreed, from } => {
                (MediaEvent::OtherSource, Some(format!("{from} instead of {agreed}")))
            }
            MediaInput::Described { codec: None, .. }
            | MediaInput::EncryptionDemanded
            | MediaInput::Signal(_)
            | MediaInput::Recorded { .. }
            | MediaInput::RecordingFailed { .. }
            | MediaInput::LegEnded { .. }
            | MediaInput::Ended => return,
        };
        let party = self.calls.party(call, side);
        self.recorder.media(call, party, event, detail.as_deref(), now);
        // The media threads pass a digit on wherever audio is passed on.
        if event == MediaEvent::Digit && self.calls.is_passed_on(call, side) {
            self.note_digits(call, side.other(), detail.as_deref().unwrap_or_default(), now);
        }
    }

    /// Digits go to a side.
    pub(super) fn note_digits(&mut self, call: CallId, side: Side, digits: &str, now: Instant) {
        let party = self.calls.party(call, side);
        self.recorder.media(call, party, MediaEvent::DigitSent, Some(digits), now);
    }

    /// Nothing can be sent somewhere.
    pub(super) fn note_failure(&mut self, failure: &TransportFailure, now: Instant) {
        let TransportFailure { destination, why } = failure;
        let remote = self.transport.remote_of(destination).map_or_else(|| place(destination), Place::Address);
        let group = remote.address().and_then(|address| self.groups.group_near(address));
        let owner = Owner { group, line: None };
        self.recorder.failure(Some(remote), kind_of(why), &why.to_string(), owner, now);
    }

    /// A call cannot leave by its line group.
    pub(super) fn note_unreachable(&mut self, call: CallId, group: LineGroupId, cause: CauseCode, now: Instant) {
        let known = self.groups.problem(group).unwrap_or(EndCause::ours(cause));
        let why = match known.code {
            CauseCode::NameNotResolved => FailureKind::NotResolved,
            CauseCode::CertificateRefused => FailureKind::TlsFailed,
            CauseCode::PbxNotAnswering => FailureKind::TimedOut,
            _ => FailureKind::Unreachable,
        };
        let detail = known.detail.unwrap_or_else(|| known.code.english().to_owned());
        self.recorder.note(call, What::Failure { to: None, why, detail: detail.into() }, now);
    }
}

/// How all lines and clients stand.
pub(super) fn standing(calls: &Calls, directory: &Arc<Directory>) -> Standing {
    let lines = (0..directory.lines.len() as u32).map(LineId);
    let settings = lines.clone().map(|line| (line, calls.settings(line)));
    Standing {
        directory: directory.clone(),
        settings: settings.filter(|(_, settings)| *settings != LineSettings::default()).collect(),
        available: lines.map(|line| calls.is_available(line)).collect(),
        clients: calls.clients().collect(),
    }
}

fn transport(protocol: Protocol) -> TraceTransport {
    match protocol {
        Protocol::Udp => TraceTransport::Udp,
        Protocol::Tls => TraceTransport::Tls,
        _ => TraceTransport::Tcp,
    }
}

fn place(to: &Destination) -> Place {
    match &to.host {
        Host::Ip(ip) => Place::Address((*ip, to.port).into()),
        Host::Name(name) => Place::Name(name.as_str().into(), to.port),
    }
}

fn kind_of(why: &Why) -> FailureKind {
    match why {
        Why::Refused => FailureKind::Refused,
        Why::TimedOut | Why::Silent => FailureKind::TimedOut,
        Why::Unreachable(_) => FailureKind::Unreachable,
        Why::NotResolved => FailureKind::NotResolved,
        Why::CertificateUntrusted => FailureKind::CertificateUntrusted,
        Why::CertificateExpired | Why::CertificateNotYetValid => FailureKind::CertificateExpired,
        Why::CertificateWrongName { .. } => FailureKind::CertificateWrongName,
        Why::CertificateInvalid(_) | Why::TlsRefused(_) | Why::OwnCertificate(_) => FailureKind::TlsFailed,
        Why::Closed => FailureKind::Closed,
        Why::Full | Why::NoListener => FailureKind::Ours,
    }
}
