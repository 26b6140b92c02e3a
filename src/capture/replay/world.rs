//! The pure cores, driven by what a capture shows: the same loop as `net::core`, on the capture's clock and without
//! sockets.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::method::Method;
use offhook_sip::uri::{Host, Uri};
use offhook_sip::{Endpoint, EndpointConfig, Event, Output, Refer, ReferId, SessionId, Source};

use super::Transition;
use super::audio::Audio;
use super::ledger::{Ledger, Sent};
use super::noted::{Noted, Refusals};
use super::plan::{Fate, Plan, Step, protocol};
use super::rewrite::{Edits, rewrite};
use crate::call::Calls;
use crate::call::cause::CauseCode;
use crate::call::directory::Directory;
use crate::call::effect::{CommandResult, Effect, Input, MediaInput, Route, SipEffect, SipInput, Target, TargetUri};
use crate::call::headers::{abilities, caller, carried, sender};
use crate::call::settings::{Callers, Forwarding, ForwardingKind, LineSettings};
use crate::capture::influence::Influence;
use crate::capture::trace::ms;
use crate::ids::{CallId, ClientId, LineGroupId, LineId, UserId};
use crate::numbers::NumberKind;

/// The longest pause of a capture that is waited for: what is due later is due then.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Timers that may come due between two messages.
const MAX_TIMERS: usize = 100_000;
/// Transitions kept of one call.
const MAX_TRANSITIONS: usize = 2000;
/// Remarks kept of one call.
const MAX_REMARKS: usize = 100;

/// The cores while a capture is played to them.
pub(super) struct World<'a> {
    pub(super) plan: &'a Plan,
    endpoint: Endpoint,
    pub(super) calls: Calls,
    audio: Audio,
    pub(super) now: Instant,
    /// The time of the capture that `now` is.
    at: u64,
    /// What ours has sent, by the captured Call-IDs.
    pub(super) sent: Ledger,
    /// Our Call-IDs and the captured ones that they stand for.
    ours: HashMap<String, String>,
    /// To tags of our responses, by the branch of the request.
    tags: HashMap<String, String>,
    /// Captured dialogs that INVITEs will be sent for, in order.
    pub(super) wanted: VecDeque<String>,
    /// Those that are sent.
    used: HashSet<String>,
    /// Those that are to come, by whom they call and by the captured call.
    to_come: HashMap<Sought, VecDeque<&'a str>>,
    /// The same, once they are on their way.
    leaving: VecDeque<String>,
    /// The call of the machine for each captured dialog.
    pub(super) machine: HashMap<String, CallId>,
    /// The sessions of the same.
    sessions: HashMap<String, Vec<SessionId>>,
    /// The same for each number that Offhook gave a call in the capture.
    pub(super) named: HashMap<String, CallId>,
    /// That number for each of the machine's.
    pub(super) names: HashMap<CallId, String>,
    /// Lines and line groups as they are.
    pub(super) directory: Arc<Directory>,
    /// How often they have changed.
    pub(super) changes: usize,
    /// How often numbers have become what they did.
    pub(super) translated: HashMap<(LineGroupId, NumberKind, String), usize>,
    /// What the media side is yet to say that it cannot do.
    pub(super) refusals: Refusals,
    /// The captured call for each of the machine's.
    pub(super) captured: HashMap<CallId, usize>,
    /// Who was shown a call last.
    pub(super) seers: HashMap<CallId, ClientId>,
    referring: HashMap<SessionId, ReferId>,
    /// The captured call that is being looked at.
    pub(super) current: usize,
    /// By the machine's calls, in order.
    steps: Vec<(CallId, Transition)>,
    kept: HashMap<CallId, usize>,
    pub(super) remarks: HashMap<usize, Vec<String>>,
}

/// How an INVITE of the capture is looked for.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Sought {
    User(String),
    Call(usize),
    /// By the number that Offhook gave the call; with the number that is called.
    Named(String, Option<String>),
}

fn to_come(plan: &Plan) -> HashMap<Sought, VecDeque<&str>> {
    let mut to_come: HashMap<Sought, VecDeque<&str>> = HashMap::new();
    for dialog in &plan.begun {
        let Some(call) = plan.calls.get(dialog) else { continue };
        let user = call.to.user_decoded().map(Sought::User);
        let place = plan.steps.get(call.first).map(|step| Sought::Call(step.call));
        let name = plan.named.get(dialog).into_iter();
        let named = name.flat_map(|name| [call.to.user_decoded(), None].map(|user| Sought::Named(name.clone(), user)));
        for sought in user.into_iter().chain(place).chain(named) {
            to_come.entry(sought).or_default().push_back(dialog);
        }
    }
    to_come
}

impl<'a> World<'a> {
    /// Everybody is signed in who has to be. `epoch` is any moment, which stands for the first of the capture.
    pub(super) fn new(plan: &'a Plan, epoch: Instant) -> World<'a> {
        let sessions = plan.steps.len() + 64;
        let mut config = EndpointConfig::new(concat!("Offhook/", env!("CARGO_PKG_VERSION")), [0; 32], sessions);
        // Whatever the capture shows is what the messages go by.
        config.large_over_tcp = false;
        config.session_expires = plan.session_expires;
        // Randomness is the capture's as time is.
        config.offers_again = false;
        let mut calls = Calls::new(plan.directory.clone(), sessions);
        // How the others stand is noted.
        let noted = plan.noted.as_ref().map_or(0, |noted| noted.directory.lines.len());
        for (place, _) in plan.directory.lines.iter().enumerate().skip(noted) {
            let line = LineId(place as u32);
            calls.handle(Input::LineAvailable { line, available: true }, epoch);
            if plan.attended.contains(&line) {
                let (client, user) = (client(line), UserId(line.0));
                calls.handle(Input::ClientArrived { client, user, place: None }, epoch);
            }
        }
        World {
            plan,
            endpoint: Endpoint::new(config),
            calls,
            audio: Audio::new(plan.codecs.clone(), plan.encrypted),
            now: epoch,
            at: plan.steps.first().map_or(0, |step| step.at),
            sent: Ledger::default(),
            ours: HashMap::new(),
            tags: HashMap::new(),
            wanted: VecDeque::new(),
            used: HashSet::new(),
            to_come: to_come(plan),
            leaving: VecDeque::new(),
            machine: HashMap::new(),
            sessions: HashMap::new(),
            named: HashMap::new(),
            names: HashMap::new(),
            directory: plan.directory.clone(),
            changes: 0,
            translated: HashMap::new(),
            refusals: plan.noted.as_ref().map(Noted::refusals).unwrap_or_default(),
            captured: HashMap::new(),
            seers: HashMap::new(),
            referring: HashMap::new(),
            current: 0,
            steps: Vec::new(),
            kept: HashMap::new(),
            remarks: HashMap::new(),
        }
    }

    /// Plays all of it.
    pub(super) fn play(&mut self) {
        let plan = self.plan;
        let mut acts = plan.acts.iter().peekable();
        let mut influences = plan
            .noted
            .iter()
            .flat_map(|noted| noted.influences.iter().map(move |(at, influence)| (noted, *at, influence)))
            .peekable();
        for step in plan.steps.iter().filter(|step| !plan.left_out.contains_key(&step.call)) {
            while let Some(act) = acts.next_if(|act| act.at <= step.at) {
                self.advance(act.at);
                self.act(act);
            }
            // How lines stand is noted before a message that came, with its time, and behind it what it has led to.
            let comes_first = |(_, at, influence): &(&Noted, u64, &Influence)| {
                *at < step.at || *at == step.at && (step.sent || !influence.is_of_calls())
            };
            while let Some((noted, at, influence)) = influences.next_if(comes_first) {
                self.advance(at);
                self.influence(noted, at, influence);
            }
            self.advance(step.at);
            self.current = step.call;
            match step.sent {
                true if self.offers_again(step) => {}
                // Why it was sent is noted, or follows from what is.
                true if plan.noted.is_some() => {}
                true => self.follow(step),
                false => self.receive(step),
            }
            self.drain();
        }
        for act in acts {
            self.advance(act.at);
            self.act(act);
        }
        for (noted, at, influence) in influences {
            self.advance(at);
            self.influence(noted, at, influence);
        }
    }

    /// The time of the capture.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// What the call machine went through, by the captured calls.
    pub(super) fn transitions(&self) -> HashMap<usize, Vec<Transition>> {
        let mut transitions: HashMap<usize, Vec<Transition>> = HashMap::new();
        for (call, step) in &self.steps {
            let place = self.captured.get(call).copied().unwrap_or_default();
            let name = self.names.get(call).and_then(|name| name.parse().ok());
            transitions.entry(place).or_default().push(Transition { call: name.unwrap_or(call.0), ..step.clone() });
        }
        transitions
    }

    /// Whether nothing of all calls is left some time after the capture has ended.
    #[cfg(test)]
    pub(super) fn is_idle_after(&mut self, pause: Duration) -> bool {
        self.advance(self.at.saturating_add(pause.as_nanos() as u64));
        self.endpoint.is_idle() && self.calls.is_empty()
    }

    /// Lets the time pass, with all that is due on the way.
    fn advance(&mut self, at: u64) {
        let pause = Duration::from_nanos(at.saturating_sub(self.at)).min(LONGEST_PAUSE);
        let until = self.now + pause;
        self.at = self.at.max(at);
        for _ in 0..MAX_TIMERS {
            match self.drain().filter(|&due| due <= until) {
                Some(due) => {
                    self.now = self.now.max(due);
                    self.endpoint.handle_timeout(self.now);
                    self.calls.handle_timeout(self.now);
                }
                None => break,
            }
        }
        self.now = until;
    }

    /// Does what is to be done now; gives the time of the next timer.
    pub(super) fn drain(&mut self) -> Option<Instant> {
        loop {
            let wake = loop {
                match self.endpoint.poll_output() {
                    Output::Transmit(transmit) => self.transmitted(transmit.bytes),
                    Output::Event(event) => self.event(event),
                    Output::Timeout(wake) => break wake,
                }
            };
            self.note_transitions();
            let Some(effect) = self.calls.poll_effect() else {
                return wake.into_iter().chain(self.calls.poll_timeout()).min();
            };
            self.perform(effect);
            while let Some(effect) = self.calls.poll_effect() {
                self.perform(effect);
            }
        }
    }

    fn note_transitions(&mut self) {
        while let Some(step) = self.calls.poll_step() {
            self.captured.entry(step.call).or_insert(self.current);
            let kept = self.kept.entry(step.call).or_default();
            if *kept < MAX_TRANSITIONS {
                *kept += 1;
                let transition = Transition {
                    at: ms(Duration::from_nanos(self.at)),
                    input: step.trigger.to_string(),
                    before: step.before.map_or_else(String::new, |before| before.to_string()),
                    after: step.after.to_string(),
                    call: step.call.0,
                };
                self.steps.push((step.call, transition));
            }
        }
    }

    fn remark(&mut self, text: String) {
        let kept = self.remarks.entry(self.current).or_default();
        if kept.len() < MAX_REMARKS {
            kept.push(text);
        }
    }

    /// Takes in what the endpoint has sent.
    fn transmitted(&mut self, bytes: Bytes) {
        let Ok(message) = Message::parse(bytes) else { return };
        let Some(sent) = Sent::of(&message) else { return };
        if super::plan::begins(&message)
            && !self.ours.contains_key(&sent.call_id)
            && let Some(dialog) = self.leaving.pop_front()
        {
            self.ours.insert(sent.call_id.clone(), dialog);
        }
        let dialog = self.ours.get(&sent.call_id).cloned().unwrap_or(sent.call_id);
        self.sent.note(&dialog, &message);
        if !message.is_request() && !sent.to_tag.is_empty() {
            self.tags.entry(sent.branch).or_insert(sent.to_tag);
        }
    }

    fn event(&mut self, event: Event) {
        let event = match SipInput::read(event) {
            Ok((session, event)) => return self.calls.handle(Input::Sip { session, event }, self.now),
            Err(event) => *event,
        };
        match event {
            Event::Incoming { session, request, replaces, .. } => self.incoming(session, &request, replaces),
            Event::Request { id, .. } => self.endpoint.respond(id, 405, None, Vec::new(), None, self.now),
            Event::ReferAccepted { session, id } => self.referred(session, id, 100),
            Event::ReferRejected { session, id, status } | Event::ReferProgress { session, id, status, .. } => {
                self.referred(session, id, status);
            }
            Event::ReferEnded { session, id } => self.referred(session, id, 408),
            _ => {}
        }
    }

    fn referred(&mut self, session: SessionId, id: ReferId, status: u16) {
        if self.referring.get(&session) == Some(&id) {
            if status >= 200 {
                self.referring.remove(&session);
            }
            self.calls.handle(Input::Sip { session, event: SipInput::Referred { status } }, self.now);
        }
    }

    fn incoming(&mut self, session: SessionId, request: &Message, replaces: Option<SessionId>) {
        let Some(sent) = Sent::of(request) else { return };
        let offer = request.part("application/sdp").unwrap_or_default();
        if let Some(replaces) = replaces {
            let from = caller(request, false);
            self.calls.handle(Input::Replacing { session, replaces, from, offer }, self.now);
            return self.belongs(session, sent.call_id);
        }
        let (route, from) = match self.plan.fates.get(&sent.branch) {
            Some(Fate::Refused(status)) => {
                return self.endpoint.reject(session, *status, None, Vec::new(), self.now);
            }
            Some(Fate::Passed(legs)) => {
                let known = legs.iter().filter_map(|leg| Some((leg, self.plan.calls.get(leg)?)));
                let target = |to: &Uri| Target { group: LineGroupId(0), line: None, uri: TargetUri::Uri(to.clone()) };
                let (legs, targets): (Vec<_>, Vec<_>) =
                    known.map(|(leg, call)| (leg.clone(), target(&call.to))).unzip();
                self.wanted.extend(legs);
                (Route::Targets { group: LineGroupId(0), targets }, sender(request))
            }
            Some(Fate::Line(line)) => {
                let trusted = self.directory.group_of(*line).is_some_and(|group| self.directory.trusts(group));
                (self.route(*line), caller(request, trusted))
            }
            Some(Fate::Forwarded(line, to)) => {
                let (kind, callers) = (ForwardingKind::Immediate, Callers::All);
                let forwarding = Forwarding { kind, callers, to: to.clone(), after: None };
                self.set(*line, LineSettings { forwardings: vec![forwarding], ..LineSettings::default() });
                (self.route(*line), caller(request, false))
            }
            None => return self.endpoint.reject(session, 404, None, Vec::new(), self.now),
        };
        let max_forwards = request.max_forwards().unwrap_or(70);
        let (abilities, headers, call_id) = (abilities(request), carried(request), sent.call_id.clone());
        let input = Input::Incoming { session, route, call_id, from, abilities, max_forwards, headers, offer };
        self.calls.handle(input, self.now);
        let name = self.plan.named_at.get(&sent.branch).cloned();
        if let Some((call, name)) = self.calls.call_of(session).zip(name) {
            self.is_named(name, call);
        }
        self.belongs(session, sent.call_id);
        if let Some(Fate::Forwarded(line, _)) = self.plan.fates.get(&sent.branch) {
            self.set(*line, LineSettings::default());
        }
    }

    fn route(&self, line: LineId) -> Route {
        Route::Line { group: self.directory.group_of(line).unwrap_or(LineGroupId(0)), line }
    }

    fn set(&mut self, line: LineId, settings: LineSettings) {
        self.calls.handle(Input::LineSettings { line, settings }, self.now);
    }

    /// Notes which call of the machine a captured dialog is.
    fn belongs(&mut self, session: SessionId, dialog: String) {
        self.sessions.entry(dialog.clone()).or_default().push(session);
        if let Some(call) = self.calls.call_of(session) {
            self.captured.entry(call).or_insert(self.current);
            if let Some(name) = self.plan.named.get(&dialog) {
                self.is_named(name.clone(), call);
            }
            self.machine.insert(dialog, call);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Sip(effect) => {
                if let Some(effect) = effect.perform(&mut self.endpoint, self.now) {
                    self.perform_sip(effect);
                }
            }
            Effect::Media { call, effect } => {
                for (side, event) in self.audio.perform(call, effect) {
                    let event = self.refused_then(call, side, &event).unwrap_or(event);
                    // When a browser's path stood is noted.
                    if matches!(event, MediaInput::Connected) && self.plan.noted.is_some() {
                        continue;
                    }
                    self.calls.handle(Input::Media { call, side, event }, self.now);
                }
            }
            Effect::Reply { result: CommandResult::Error(cause), request, .. } => {
                self.current = request as usize;
                self.is_refused(cause);
            }
            Effect::CallChanged { client, call } => {
                self.seers.insert(call.id, client);
            }
            Effect::Reply { .. }
            | Effect::LineSettings { .. }
            | Effect::LineCalls { .. }
            | Effect::Ended(_)
            | Effect::NotBegun(_)
            | Effect::Translated(_)
            | Effect::Digit { .. } => {}
        }
    }

    /// What somebody asked for is not done.
    pub(super) fn is_refused(&mut self, cause: CauseCode) {
        self.remark(format!("What a person asked for was refused: {}.", cause.code()));
    }

    fn perform_sip(&mut self, effect: SipEffect) {
        match effect {
            SipEffect::Invite { leg, target, max_forwards, mut headers, sdp, .. } => {
                let whose = self.calls.call_of_leg(leg);
                let wanted = self.wanted.pop_front().or_else(|| self.next_invite(whose, &target));
                let Some((dialog, call)) =
                    wanted.and_then(|dialog| Some((dialog.clone(), self.plan.calls.get(&dialog)?)))
                else {
                    self.remark("Ours calls somebody whom the captured one did not call.".to_owned());
                    let session = Err(CauseCode::PbxUnreachable);
                    return self.calls.handle(Input::Invited { leg, session }, self.now);
                };
                headers.extend(max_forwards.map(|hops| (Name::MaxForwards, hops.to_string())));
                let session = self.endpoint.invite(call.account.clone(), call.to.clone(), sdp, headers, self.now);
                self.used.insert(dialog.clone());
                self.leaving.push_back(dialog.clone());
                self.calls.handle(Input::Invited { leg, session: Ok(session) }, self.now);
                self.belongs(session, dialog);
            }
            SipEffect::Reject { session, status } => {
                self.endpoint.reject(session, status, None, Vec::new(), self.now);
            }
            SipEffect::Refer { session, to, replaces } => {
                let is_asked = self.refer(session, to.as_ref(), replaces);
                if !is_asked {
                    let event = SipInput::Referred { status: 481 };
                    self.calls.handle(Input::Sip { session, event }, self.now);
                }
            }
            SipEffect::Redirect { session, to, mut headers, .. } => {
                let contacts = to.iter().map(|to| (Name::Contact, format!("<{}>", uri(to))));
                headers.extend(contacts);
                self.endpoint.reject(session, 302, None, headers, self.now);
            }
            _ => {}
        }
    }

    /// The captured INVITE that one of ours stands for which follows from others: from a redirection, a transfer, a
    /// forwarding. The next one to that number, else the next of that call.
    fn next_invite(&mut self, call: Option<CallId>, target: &Target) -> Option<String> {
        let name = call.filter(|_| self.plan.noted.is_some()).and_then(|call| self.names.get(&call)).cloned();
        let user = match &target.uri {
            TargetUri::Number(number) => Some(number.clone()),
            TargetUri::Uri(uri) => uri.user_decoded(),
        };
        if let Some(name) = name {
            let sought = [user.clone(), None].map(|user| Sought::Named(name.clone(), user));
            return sought.into_iter().find_map(|sought| self.first_to_come(&sought));
        }
        let place = call.and_then(|call| self.captured.get(&call)).copied().unwrap_or(self.current);
        let sought = user.map(Sought::User).into_iter().chain([Sought::Call(place)]);
        sought.into_iter().find_map(|sought| self.first_to_come(&sought))
    }

    /// The first of these that ours has not sent and whose time has not passed.
    fn first_to_come(&mut self, sought: &Sought) -> Option<String> {
        let queue = self.to_come.get_mut(sought)?;
        while let Some(&dialog) = queue.front() {
            let at = self.plan.calls.get(dialog).and_then(|call| self.plan.steps.get(call.first)).map(|step| step.at);
            if !self.used.contains(dialog) && at.is_some_and(|at| at >= self.at) {
                return Some(dialog.to_owned());
            }
            queue.pop_front();
        }
        None
    }

    fn refer(&mut self, session: SessionId, to: Option<&TargetUri>, replaces: Option<SessionId>) -> bool {
        let (target, replaces) = match replaces {
            Some(replaces) => match self.endpoint.replaces_of(replaces) {
                Some(value) => (self.endpoint.remote_target(replaces), Some(value)),
                None => return false,
            },
            None => (to.map(uri), None),
        };
        let Some(target) = target else { return false };
        let refer = Refer { target, replaces, referred_by: None, notify: true };
        let id = self.endpoint.refer(session, &refer, self.now);
        self.referring.extend(id.map(|id| (session, id)));
        id.is_some()
    }

    /// An offer that was refused with 491 is made again when the captured one was. False where it is none such.
    fn offers_again(&mut self, step: &Step) -> bool {
        let Some((kind, place)) = &step.place else { return false };
        let Ok(dialog) = step.message.call_id() else { return false };
        let is_offer = matches!(step.message.method(), Some(Method::Invite | Method::Update));
        if !is_offer || super::plan::begins(&step.message) || self.sent.count(dialog, kind) > *place {
            return false;
        }
        let sessions = self.sessions.get(dialog).map(Vec::as_slice).unwrap_or_default();
        sessions.iter().any(|&session| self.endpoint.offer_again(session, self.now))
    }

    /// What came in comes in.
    fn receive(&mut self, step: &Step) {
        let captured = &step.captured;
        let Some(bytes) = self.translated(step) else {
            let line = String::from_utf8_lossy(captured.bytes.split(|&byte| byte == b'\r').next().unwrap_or_default());
            return self.remark(format!("What \"{line}\" answers was not sent."));
        };
        let source = Source {
            protocol: protocol(captured.transport),
            local: captured.destination,
            remote: captured.source,
            connection: None,
        };
        self.endpoint.handle_message(source, bytes, self.now);
    }

    /// The message as the other side would have sent it to ours; none where it answers what ours has not sent.
    fn translated(&self, step: &Step) -> Option<Bytes> {
        let (message, bytes) = (&step.message, &step.captured.bytes);
        let sent = Sent::of(message)?;
        if !message.is_request() {
            let (dialog, kind, place) = self.plan.requests.get(&sent.branch)?;
            let ours = self.sent.sent(dialog, kind, *place)?;
            let edits = Edits {
                call_id: Some(&ours.call_id),
                from_tag: Some(&ours.from_tag),
                to_tag: self.our_tag(dialog, &sent.to_tag),
                branch: Some(&ours.branch),
                cseq: Some(ours.cseq),
                ..Edits::default()
            };
            return Some(rewrite(bytes, &edits));
        }
        let begun = self.plan.sent.invite(&sent.call_id);
        let ours = begun.and(self.sent.invite(&sent.call_id));
        // Where the server has called itself by way of a PBX, both tags are its own.
        let tag = |tag: &str| match (begun, ours) {
            (Some(begun), Some(ours)) if begun.from_tag == tag => Some(ours.from_tag.as_str()),
            _ => self.our_tag(&sent.call_id, tag),
        };
        let rseq = message.header(Name::RAck).and_then(|rack| rack.split_whitespace().next()?.parse().ok());
        let rseq = rseq.and_then(|rseq| self.plan.reliable.get(&(sent.call_id.clone(), rseq)));
        let rseq = rseq.and_then(|(kind, place)| self.sent.sent(&sent.call_id, kind, *place)?.rseq);
        let edits = Edits {
            call_id: ours.map(|ours| ours.call_id.as_str()),
            from_tag: tag(&sent.from_tag),
            to_tag: tag(&sent.to_tag),
            rseq,
            referred: self.other_dialogs(message),
            ..Edits::default()
        };
        Some(rewrite(bytes, &edits))
    }

    /// Our tag in a dialog that the other side began.
    fn our_tag(&self, dialog: &str, tag: &str) -> Option<&str> {
        let branch = self.plan.tags.get(&(dialog.to_owned(), tag.to_owned()))?;
        self.tags.get(branch).map(String::as_str)
    }

    /// What stands for what where a message names another dialog (RFC 3891).
    fn other_dialogs(&self, message: &Message) -> Vec<(String, String)> {
        let names = [Name::Replaces, Name::ReferTo].map(|name| message.header(name).unwrap_or_default());
        if names.iter().all(|value| value.is_empty()) {
            return Vec::new();
        }
        let mut pairs = Vec::new();
        for (ours, dialog) in &self.ours {
            if names.iter().any(|value| value.contains(dialog.as_str())) {
                pairs.push((dialog.clone(), ours.clone()));
                let tags = (self.plan.sent.invite(dialog), self.sent.invite(dialog));
                if let (Some(theirs), Some(ours)) = tags {
                    pairs.push((theirs.from_tag.clone(), ours.from_tag.clone()));
                }
            }
        }
        for ((_, tag), branch) in &self.plan.tags {
            if let Some(ours) = self.tags.get(branch).filter(|_| names.iter().any(|value| value.contains(tag.as_str())))
            {
                pairs.push((tag.clone(), ours.clone()));
            }
        }
        pairs
    }
}

/// Who is signed in at a line.
pub(super) fn client(line: LineId) -> ClientId {
    ClientId(u64::from(line.0) + 1)
}

fn uri(to: &TargetUri) -> Uri {
    match to {
        TargetUri::Uri(uri) => uri.clone(),
        TargetUri::Number(number) => Uri::sip(number, Host::Name("pbx.invalid".to_owned()), None),
    }
}
