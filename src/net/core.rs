//! The one driver: it owns the SIP endpoint, the calls and the lines, and drains them after every input.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_sip::header::Protocol;
use offhook_sip::locate::{Found, LocateError};
use offhook_sip::message::Message as SipMessage;
use offhook_sip::method::Method;
use offhook_sip::{
    Account, Destination, Endpoint, EndpointConfig, Event, OutgoingId, Output, ReferId, RegistrationId, SessionId,
    Source,
};
use rustc_hash::FxHashMap;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tracing::{debug, info, warn};

use super::capture::Captures;
use super::change::Configuration;
use super::clients::{Change, ClientDesk, ClientMessage};
use super::dns::Dns;
use super::effects::REFER_UNKNOWN;
use super::figures::{self, CallFigures, CallsReport, Figures};
use super::groups::{Groups, Probe};
use super::local_time::Zone;
use super::media::{MediaEvent, MediaServer};
use super::past::Notes;
use super::role::{Decision, Role};
use super::strangers::Strangers;
use super::trace::{self, TOLD_AT_ONCE, TraceMessage};
use super::transport::{Received, Transport, TransportFailure, Why};
use crate::call::Calls;
use crate::call::cause::CauseCode;
use crate::call::directory::Directory;
use crate::call::effect::{Command, Effect, Input, MediaInput, Route, SipInput};
use crate::call::headers::{Headers, abilities, caller, carried, sender};
use crate::call::settings::LineSettings;
use crate::capture::recorder::{Clock, Limits, Owner, Recorder, Recording};
use crate::ids::{CallId, ClientId, LegId, LineGroupId, LineId};
use crate::line::Lines;
use crate::line::report::{GroupReport, ListenerReport, Report};
use crate::rights::RightsTable;

/// Messages waiting for the core before senders wait too.
const INBOX: usize = 4096;
/// From the stop signal until what is still unfinished is dropped.
const STOP_WITHIN: Duration = Duration::from_secs(4);
/// Datagrams taken in one go before the other inputs have their turn.
const UDP_BATCH: usize = 64;

/// What the core is made of.
pub struct CoreParts<R> {
    /// Lines and PBX connections, as the call machine sees them.
    pub directory: Arc<Directory>,
    /// The same, as the network sees them.
    pub groups: Groups,
    /// Who decides about incoming requests.
    pub role: R,
    /// SIP sockets.
    pub transport: Transport,
    /// How names are looked up.
    pub dns: Dns,
    /// Audio.
    pub media: MediaServer,
    /// Audio events.
    pub media_events: mpsc::Receiver<MediaEvent>,
    /// Most calls at once.
    pub max_calls: usize,
    /// What is known of users before any of them comes.
    pub users: KnownOfUsers,
}

/// What is known of users at the start.
#[derive(Debug)]
pub struct KnownOfUsers {
    /// What they may do.
    pub rights: Arc<RightsTable>,
    /// What they have set for their lines.
    pub line_settings: Vec<(LineId, LineSettings)>,
}

/// What lines' users have set since the start.
pub type ChangedSettings = FxHashMap<LineId, LineSettings>;

/// What others ask of the core.
#[derive(Debug)]
pub(super) enum Message {
    Client(ClientMessage),
    Located { group: LineGroupId, found: Result<Found, LocateError> },
    Report { reply: oneshot::Sender<Report> },
    Calls { reply: oneshot::Sender<CallsReport> },
    ResetLine { line: LineId, reply: oneshot::Sender<Result<(), CauseCode>> },
    TestCall { line: LineId, number: String, reply: oneshot::Sender<Option<CallId>> },
    EndTestCall { call: CallId },
    Configure { configuration: Box<Configuration>, reply: oneshot::Sender<()> },
    Trace(TraceMessage),
    Stop,
}

/// Talks to the core from elsewhere.
#[derive(Debug, Clone)]
pub struct CoreHandle {
    pub(super) inbox: mpsc::Sender<Message>,
    ended: broadcast::WeakSender<CallFigures>,
    pub(super) finished: broadcast::WeakSender<Arc<Recording>>,
    changed: watch::Receiver<ChangedSettings>,
}

impl CoreHandle {
    /// Where all line groups and lines stand. None when the core has stopped.
    pub async fn report(&self) -> Option<Report> {
        let (reply, report) = oneshot::channel();
        self.inbox.send(Message::Report { reply }).await.ok()?;
        report.await.ok()
    }

    /// All calls with the figures of their legs. None when the core has stopped.
    pub async fn calls(&self) -> Option<CallsReport> {
        let (reply, report) = oneshot::channel();
        self.inbox.send(Message::Calls { reply }).await.ok()?;
        report.await.ok()
    }

    /// Calls that were answered, as they end. None when the core has stopped.
    pub fn ended(&self) -> Option<broadcast::Receiver<CallFigures>> {
        Some(self.ended.upgrade()?.subscribe())
    }

    /// What lines' users set. Closed when the core has stopped.
    pub fn changed_settings(&self) -> watch::Receiver<ChangedSettings> {
        self.changed.clone()
    }

    /// Registers a line anew at once; for a line of a trunk, the trunk.
    pub async fn reset_line(&self, line: LineId) -> Result<(), CauseCode> {
        let (reply, done) = oneshot::channel();
        let sent = self.inbox.send(Message::ResetLine { line, reply }).await;
        sent.map_err(|_| CauseCode::ShuttingDown)?;
        done.await.unwrap_or(Err(CauseCode::ShuttingDown))
    }

    /// Has the server itself call a number from a line, to see whether that works. The call is told also where it was
    /// refused at once: its trace says why. None for what cannot be dialled, and when the core has stopped.
    pub async fn test_call(&self, line: LineId, number: String) -> Option<CallId> {
        let (reply, call) = oneshot::channel();
        self.inbox.send(Message::TestCall { line, number, reply }).await.ok()?;
        call.await.ok()?
    }

    /// Ends a test call.
    pub async fn end_test_call(&self, call: CallId) {
        let _ = self.inbox.send(Message::EndTestCall { call }).await;
    }

    /// Ends calls and registrations; the core's task ends when that is done.
    pub async fn stop(&self) {
        let _ = self.inbox.send(Message::Stop).await;
    }
}

/// The driver.
pub struct Core<R> {
    pub(super) endpoint: Endpoint,
    pub(super) calls: Calls,
    pub(super) lines: Lines,
    pub(super) directory: Arc<Directory>,
    pub(super) groups: Groups,
    pub(super) media: MediaServer,
    pub(super) registrations: FxHashMap<RegistrationId, LineId>,
    /// Sessions whose other end was asked to call somebody, until it says how that ended.
    pub(super) referring: FxHashMap<SessionId, ReferId>,
    pub(super) probes: FxHashMap<OutgoingId, Probe>,
    pub(super) inbox_sender: mpsc::Sender<Message>,
    pub(super) role: R,
    pub(super) transport: Transport,
    pub(super) dns: Arc<Dns>,
    strangers: Strangers,
    pub(super) desk: ClientDesk,
    pub(super) inbox: mpsc::Receiver<Message>,
    pub(super) media_events: mpsc::Receiver<MediaEvent>,
    pub(super) stop_by: Option<Instant>,
    zone: Zone,
    pub(super) figures: Figures,
    /// What happened lately.
    pub(super) recorder: Recorder,
    pub(super) finished: broadcast::Sender<Arc<Recording>>,
    /// Where the audio of calls goes that is captured, and what was chosen when that was last looked at.
    pub(super) captures: Option<Captures>,
    pub(super) captured_version: u64,
    /// Where numbers of calls are noted.
    pub past: Notes,
    changed: watch::Sender<ChangedSettings>,
}

impl<R: Role> Core<R> {
    /// Puts the parts together. `seed` makes the endpoint's tags and branches unpredictable.
    pub fn new(parts: CoreParts<R>, seed: [u8; 32]) -> (Core<R>, CoreHandle) {
        let (inbox_sender, inbox) = mpsc::channel(INBOX);
        let ended = figures::channel();
        let told = ended.downgrade();
        let finished = trace::channel();
        let judged = finished.downgrade();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let clock = Clock { instant: Instant::now(), unix };
        // Two legs a call, and a few that are just ending.
        let max_sessions = parts.max_calls * 2 + 1024;
        let config = EndpointConfig::new(concat!("Offhook/", env!("CARGO_PKG_VERSION")), seed, max_sessions);
        let mut calls = Calls::new(parts.directory.clone(), parts.max_calls);
        calls.handle(Input::Rights(parts.users.rights), Instant::now());
        for (line, settings) in parts.users.line_settings {
            calls.handle(Input::LineSettings { line, settings }, Instant::now());
        }
        let mut recorder = Recorder::new(Limits::default(), clock);
        recorder.begin_with(trace::standing(&calls, &parts.directory));
        let (changed, changes) = watch::channel(ChangedSettings::default());
        let core = Core {
            endpoint: Endpoint::new(config),
            calls,
            lines: Lines::new(parts.groups.active()),
            directory: parts.directory,
            groups: parts.groups,
            media: parts.media,
            registrations: FxHashMap::default(),
            referring: FxHashMap::default(),
            probes: FxHashMap::default(),
            inbox_sender: inbox_sender.clone(),
            role: parts.role,
            transport: parts.transport,
            dns: Arc::new(parts.dns),
            strangers: Strangers::default(),
            desk: ClientDesk::default(),
            inbox,
            media_events: parts.media_events,
            stop_by: None,
            zone: Zone::system(),
            figures: Figures::new(ended),
            recorder,
            finished,
            captures: None,
            captured_version: 0,
            past: Notes::default(),
            changed,
        };
        (core, CoreHandle { inbox: inbox_sender, ended: told, finished: judged, changed: changes })
    }

    /// Runs until stopped.
    pub async fn run(mut self) {
        self.look_up_all();
        self.trunks_changed(Instant::now());
        let mut buffer = vec![0_u8; 65_536].into_boxed_slice();
        loop {
            let wake = self.drain(Instant::now());
            if self.finished(Instant::now()) {
                break;
            }
            tokio::select! {
                () = sleep_until(wake) => {}
                received = self.transport.receive() => self.received(received, &mut buffer),
                Some(message) = self.inbox.recv() => self.message(message),
                Some(event) = self.media_events.recv() => {
                    self.media_event(event, Instant::now());
                }
            }
            self.timeouts(Instant::now());
        }
        self.finished_due(Instant::now() + STOP_WITHIN, usize::MAX);
        info!("calls ended and lines unregistered");
    }

    fn media_event(&mut self, event: MediaEvent, now: Instant) {
        if !self.media.is_current(&event) {
            return;
        }
        let MediaEvent { call, side, event, .. } = event;
        match event {
            MediaInput::LegEnded { stats } => self.leg_ended(call, side, &stats),
            MediaInput::Ended => self.media_ended(call, now),
            event => {
                if matches!(event, MediaInput::Silent { .. }) {
                    self.count_silence(call, side);
                }
                self.media_input(call, side, event, now);
            }
        }
    }

    fn timeouts(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.calls.handle_timeout(now);
        self.clients_due(now);
        self.groups_due(now);
        self.finished_due(now, TOLD_AT_ONCE);
    }

    /// Does everything that is to be done now; gives the time of the next timer.
    fn drain(&mut self, now: Instant) -> Option<Instant> {
        loop {
            let endpoint_wake = loop {
                match self.endpoint.poll_output() {
                    Output::Transmit(transmit) => {
                        let sent = self.transport.send(transmit.clone());
                        // Only then it is known which connection it takes.
                        self.note_sent(&transmit, now);
                        if let Err(failure) = sent {
                            self.transport_failed(&failure, now);
                        }
                    }
                    Output::Event(event) => self.sip_event(event, now),
                    Output::Timeout(wake) => break wake,
                }
            };
            self.note_steps();
            let Some(effect) = self.calls.poll_effect() else {
                self.tap_calls(now);
                self.recorder.flush();
                self.media.flush();
                let wakes = [
                    endpoint_wake,
                    self.calls.poll_timeout(),
                    self.desk.poll_timeout(),
                    self.recorder.poll_timeout(),
                    self.groups.poll_timeout(now).filter(|_| self.stop_by.is_none()),
                    self.stop_by,
                ];
                return wakes.into_iter().flatten().min();
            };
            self.perform(effect, now);
            while let Some(effect) = self.calls.poll_effect() {
                self.note_steps();
                self.perform(effect, now);
            }
        }
    }

    fn perform(&mut self, effect: Effect, now: Instant) {
        match effect {
            Effect::Sip(effect) => self.perform_sip(effect, now),
            Effect::Media { call, effect } => self.perform_media(call, effect, now),
            Effect::Reply { client, request, result } => self.desk.reply(client, request, result),
            Effect::CallChanged { client, call } => self.desk.tell_call(client, call),
            Effect::LineSettings { line, settings } => {
                self.note_settings(line, &settings, now);
                self.changed.send_modify(|changed| drop(changed.insert(line, settings)));
                self.show_line(line);
            }
            Effect::LineCalls { line } => self.show_monitored(line),
            Effect::Ended(record) => {
                if let Some(captures) = &self.captures {
                    captures.ended(record.id, now);
                }
                self.call_ended(*record, now);
            }
            Effect::NotBegun(record) => self.call_not_begun(&record, now),
            Effect::Translated(translation) => self.note_number(translation, now),
            Effect::Digit { client, call, digit } => self.desk.tell(client, Change::Digit { call, digit }),
        }
    }

    fn sip_event(&mut self, event: Event, now: Instant) {
        if let Event::Ended { session, why } = &event {
            debug!(?session, ?why, "session ended");
            self.referring.remove(session);
        }
        let event = match SipInput::read(event) {
            Ok((session, event)) => return self.calls.handle(Input::Sip { session, event }, now),
            Err(event) => *event,
        };
        match event {
            Event::Incoming { session, source, request, replaces: None } => {
                self.incoming(session, source, request, now);
            }
            Event::Incoming { session, source, request, replaces: Some(replaces) } => {
                self.replacing(session, replaces, &source, &request, now);
            }
            Event::Request { id, source, request } => {
                let answer = self.role.request(&source, &request, now);
                self.endpoint.respond(id, answer.status, None, answer.headers, None, now);
                if request.method() == Some(Method::Register) {
                    self.trunks_changed(now);
                }
            }
            Event::Registration { id, state } => self.registration_changed(id, state, now),
            Event::HopFailed { to, from_network, .. } => self.hop_failed(&to, !from_network, now),
            Event::HopAnswered { to } => self.hop_answered(&to, now),
            Event::Response { id, status, from_network, .. } => {
                self.probed(id, from_network && status != 503, now);
            }
            Event::ReferAccepted { session, id } => self.referred(session, id, 100, now),
            Event::ReferRejected { session, id, status } | Event::ReferProgress { session, id, status, .. } => {
                self.referred(session, id, status, now);
            }
            Event::ReferEnded { session, id } => self.referred(session, id, REFER_UNKNOWN, now),
            // An INFO without a digit; the others have been read.
            _ => {}
        }
    }

    fn incoming(&mut self, session: SessionId, source: Source, request: SipMessage, now: Instant) {
        let refusal = match self.role.route(&source, &request, now) {
            Decision::Route(route) => {
                let offer = request.part("application/sdp").unwrap_or_default();
                // A call that is passed on keeps its From, and what is asserted beside that goes along as it is.
                let (from, headers) = match &route {
                    Route::Targets { .. } => (sender(&request), carried(&request)),
                    Route::Line { group, .. } => (caller(&request, self.directory.trusts(*group)), carried(&request)),
                    Route::Service { group, .. } => (caller(&request, self.directory.trusts(*group)), Headers::new()),
                };
                // Most requests have it; RFC 3261 16.3 counts a missing one as the usual value.
                let max_forwards = request.max_forwards().unwrap_or(70);
                self.calls.set_overloaded(self.media.is_overloaded());
                let abilities = abilities(&request);
                let call_id = request.call_id().unwrap_or_default().to_owned();
                let owner = match route {
                    Route::Line { group, line } => Owner { group: Some(group), line: Some(line) },
                    Route::Targets { group, .. } | Route::Service { group, .. } => {
                        Owner { group: Some(group), line: None }
                    }
                };
                let incoming =
                    Input::Incoming { session, route, call_id, from, abilities, max_forwards, headers, offer };
                self.note_steps();
                self.calls.handle(incoming, now);
                let call_id = request.call_id().unwrap_or_default();
                match self.calls.begun() {
                    Some(call) => self.recorder.belongs(call_id, call, owner, now),
                    None => self.recorder.refused(call_id, Some(owner), now),
                }
                return;
            }
            Decision::Reject(refusal) => refusal,
        };
        self.recorder.refused(request.call_id().unwrap_or_default(), None, now);
        debug!(remote = %source.remote, status = refusal.status, "INVITE refused");
        if refusal.status == 403 {
            self.stranger(&source, now);
        }
        self.endpoint.reject(session, refusal.status, None, refusal.headers, now);
    }

    /// Whoever knows the tags of a session may take its place if it comes from where the session does (RFC 3891 3).
    fn replacing(
        &mut self,
        session: SessionId,
        replaces: SessionId,
        source: &Source,
        request: &SipMessage,
        now: Instant,
    ) {
        match self.calls.group_at(replaces) {
            None => self.endpoint.reject(session, 481, None, Vec::new(), now),
            Some(group) if !self.role.sends_from(group, source, now) => {
                debug!(remote = %source.remote, "Replaces of somebody else's call");
                self.endpoint.reject(session, 403, None, Vec::new(), now);
            }
            Some(group) => {
                let from = caller(request, self.directory.trusts(group));
                let offer = request.part("application/sdp").unwrap_or_default();
                if let Some(call) = self.calls.call_of(replaces) {
                    let line = self.calls.place_at(replaces).and_then(|(_, line)| line);
                    let owner = Owner { group: Some(group), line };
                    self.recorder.belongs(request.call_id().unwrap_or_default(), call, owner, now);
                }
                self.calls.handle(Input::Replacing { session, replaces, from, offer }, now);
            }
        }
    }

    fn received(&mut self, received: Received, buffer: &mut [u8]) {
        let now = Instant::now();
        match received {
            Received::Datagrams => {
                for _ in 0..UDP_BATCH {
                    let Some((source, bytes)) = self.transport.try_receive(buffer) else { break };
                    let now = Instant::now();
                    self.sip_message(source, bytes, now);
                    self.drain(now);
                }
            }
            Received::Message(source, bytes) => self.sip_message(source, bytes, now),
            Received::Failed(failure) => self.transport_failed(&failure, now),
            Received::MappingChanged { destination, .. } => self.flow_lost(&destination, now),
            // It is seen in the report, which asks for it.
            Received::ListenerChanged(_) => {}
        }
    }

    /// A SIP message. What comes from where nobody is expected costs as little as can be, but what belongs to a call
    /// may come from anywhere: a proxy on its way, or the far phone itself.
    fn sip_message(&mut self, source: Source, bytes: Bytes, now: Instant) {
        let expected = self.role.expects(&source);
        self.note_received(&source, &bytes, expected, now);
        if expected {
            return self.endpoint.handle_message(source, bytes, now);
        }
        let address = source.remote.ip();
        let answered = self.strangers.is_answered(address, now);
        if self.endpoint.handle_stranger(source, bytes, answered, now) {
            self.stranger(&source, now);
        }
    }

    fn stranger(&mut self, source: &Source, now: Instant) {
        if self.strangers.count(source.remote.ip(), now) {
            warn!(remote = %source.remote, "a request from an address that no line group names");
        }
    }

    fn transport_failed(&mut self, failure: &TransportFailure, now: Instant) {
        let Destination { protocol, host, port, .. } = &failure.destination;
        debug!(%protocol, %host, port, why = %failure.why, "nothing can be sent there");
        self.note_failure(failure, now);
        self.explain(failure);
        self.endpoint.handle_transport_error(&failure.destination, now);
        match failure.why {
            Why::Silent => self.flow_lost(&failure.destination, now),
            // Over TLS nobody but us may be able to open it again.
            Why::Closed if *protocol == Protocol::Tls => self.flow_lost(&failure.destination, now),
            Why::Closed => self.suspect(&failure.destination, now),
            _ => {}
        }
    }

    fn message(&mut self, message: Message) {
        let now = Instant::now();
        match message {
            Message::Client(message) => self.client_message(message, now),
            // Lines must not register anew while they are being taken back.
            Message::Located { .. } | Message::ResetLine { .. } | Message::Configure { .. }
                if self.stop_by.is_some() => {}
            Message::Located { group, found } => self.located(group, found, now),
            Message::ResetLine { line, reply } => {
                let _ = reply.send(self.reset_line(line, now));
            }
            Message::TestCall { line, number, reply } => {
                self.calls.set_overloaded(self.media.is_overloaded());
                self.command_of_server(Command::MakeCall { line, number: number.into(), sdp: String::new() }, now);
                let _ = reply.send(self.calls.begun());
            }
            Message::EndTestCall { call } => self.command_of_server(Command::ClearCall { call }, now),
            Message::Configure { configuration, reply } => {
                self.configure(*configuration, now);
                let _ = reply.send(());
            }
            Message::Report { reply } => {
                let _ = reply.send(self.report(now));
            }
            Message::Calls { reply } => self.report_calls(reply),
            Message::Trace(message) => self.trace_message(message),
            Message::Stop => self.stop(now),
        }
    }

    /// Tells the call machine what time it is, for what is dialled next.
    pub(super) fn set_moment(&mut self) {
        self.calls.set_moment(self.zone.moment(SystemTime::now()));
    }

    fn command_of_server(&mut self, command: Command, now: Instant) {
        self.set_moment();
        self.note_steps();
        self.tell(Input::Command { client: ClientId::SERVER, request: 0, command }, now);
    }

    fn report(&self, now: Instant) -> Report {
        let groups = self.groups.ids().filter_map(|id| {
            let lines = self.groups.lines_of(id).into_iter();
            let lines = lines.filter_map(|line| Some((line, self.lines.status(line)?.clone()))).collect();
            let (bindings, wrong_passwords) = self.role.bindings(id, now).unwrap_or_default();
            Some(GroupReport { lines, bindings, wrong_passwords, ..self.groups.report(id)? })
        });
        let listeners = self.transport.listeners().iter().map(|listener| ListenerReport {
            name: listener.name.clone(),
            transport: listener.transports.to_owned(),
            address: listener.address,
            problem: listener.state.problem(),
            german: listener.state.german(),
        });
        Report { groups: groups.collect(), listeners: listeners.collect(), strangers: self.strangers.report() }
    }

    /// Tells everybody who has the line where it stands.
    pub(super) fn line_changed(&mut self, line: LineId, now: Instant) {
        let Some(status) = self.lines.status(line).cloned() else { return };
        let available = status.state.is_available();
        info!(target: "offhook::line", line = line.0, state = ?status.state, cause = status.cause.as_ref().map(|cause| cause.code.code()), "line");
        self.tell(Input::LineAvailable { line, available }, now);
        self.show_line(line);
    }

    /// What a media request gave.
    pub(super) fn media_result(
        &mut self,
        call: CallId,
        side: offhook_media::session::Side,
        result: Result<(Bytes, Option<Codec>), CauseCode>,
        now: Instant,
    ) {
        let event = match result {
            Ok((sdp, codec)) => MediaInput::Described { sdp, codec, held: self.media.is_held(call, side) },
            Err(cause) => MediaInput::Refused { cause },
        };
        self.media_input(call, side, event, now);
    }

    /// Sends an INVITE for a leg.
    pub(super) fn invite(
        &mut self,
        leg: LegId,
        account: Arc<Account>,
        uri: offhook_sip::uri::Uri,
        headers: Headers,
        sdp: Bytes,
        now: Instant,
    ) -> SessionId {
        let session = self.endpoint.invite(account, uri, sdp, headers, now);
        self.calls.handle(Input::Invited { leg, session: Ok(session) }, now);
        session
    }

    fn stop(&mut self, now: Instant) {
        if self.stop_by.is_some() {
            return;
        }
        info!(calls = self.calls.len(), "stopping");
        self.stop_by = Some(now + STOP_WITHIN);
        self.tell(Input::Shutdown, now);
        for &id in self.registrations.keys().collect::<Vec<_>>() {
            self.endpoint.unregister(id, now);
        }
    }

    fn finished(&self, now: Instant) -> bool {
        self.stop_by.is_some_and(|stop_by| {
            now >= stop_by
                || self.endpoint.is_idle()
                    && self.calls.is_empty()
                    && self.figures.are_told()
                    && self.transport.is_flushed()
        })
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake.into()).await,
        None => std::future::pending().await,
    }
}
