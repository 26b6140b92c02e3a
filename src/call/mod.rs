//! The call machine: a back-to-back user agent between SIP sessions and clients.
//!
//! Pure: [`Calls::handle`] takes what happened, [`Calls::poll_effect`] gives what is to be done. The near side of
//! a call is who began it, the far side who is called; `net` owns the sockets on both.

pub mod cause;
pub mod directory;
mod divert;
pub mod dtmf;
pub mod effect;
mod flow;
pub mod headers;
pub mod record;
pub mod service;
pub mod settings;
mod state;
pub mod view;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_media::sdp::{self, SdpError};
use offhook_media::session::Side;
use offhook_sip::SessionId;
use rustc_hash::FxHashMap;

use self::cause::CauseCode;
use self::directory::Directory;
use self::divert::Trail;
use self::effect::{Command, CommandResult, Effect, Input, MediaInput, SipInput};
use self::headers::Headers;
use self::settings::LineSettings;
use self::state::{Call, Far, FarSip, Near, NearSip, SipLeg};
use self::view::{CallView, EndCause};
use crate::ids::{CallId, ClientId, LegId, LineGroupId, LineId, UserId};

/// A call that nobody answers ends after this; PBXs give up earlier.
const RING_LIMIT: Duration = Duration::from_secs(180);
/// From the answer until the browser's audio path must stand.
const MEDIA_LIMIT: Duration = Duration::from_secs(15);
/// How long a browser whose path broke may take to find another.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
/// From the end of a transfer until who asked for it must have ended its session.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// Digits in one Generate Digits.
const MAX_DIGITS: usize = 32;
/// Characters of a dialled number.
const MAX_NUMBER: usize = 128;

/// All calls of the server.
#[derive(Debug)]
pub struct Calls {
    directory: Arc<Directory>,
    max_calls: usize,
    /// New calls are refused, so that those that are there do not suffer.
    overloaded: bool,
    calls: FxHashMap<CallId, Box<Call>>,
    by_session: FxHashMap<SessionId, CallId>,
    by_leg: FxHashMap<LegId, CallId>,
    clients: Clients,
    available: Vec<bool>,
    /// What the lines' users have set, by [`LineId`].
    settings: Vec<LineSettings>,
    deadlines: BTreeSet<(Instant, CallId)>,
    /// Calls that were diverted and wait for somebody to answer.
    diverted: BTreeSet<CallId>,
    effects: VecDeque<Effect>,
    last_call: u64,
    last_leg: u64,
    stopping: bool,
}

/// An INVITE that came in.
struct Arrival {
    session: SessionId,
    from: effect::Caller,
    max_forwards: u8,
    headers: Headers,
    offer: bytes::Bytes,
}

/// Who is signed in where.
#[derive(Debug, Default)]
struct Clients {
    user_of: FxHashMap<ClientId, UserId>,
    of_user: FxHashMap<UserId, Vec<ClientId>>,
}

impl Calls {
    /// No calls yet; at most `max_calls` at once.
    pub fn new(directory: Arc<Directory>, max_calls: usize) -> Calls {
        let available = vec![false; directory.lines.len()];
        let settings = vec![LineSettings::default(); directory.lines.len()];
        Calls {
            directory,
            max_calls,
            overloaded: false,
            calls: FxHashMap::default(),
            by_session: FxHashMap::default(),
            by_leg: FxHashMap::default(),
            clients: Clients::default(),
            available,
            settings,
            deadlines: BTreeSet::new(),
            diverted: BTreeSet::new(),
            effects: VecDeque::new(),
            last_call: 0,
            last_leg: 0,
            stopping: false,
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::LineAvailable { line, available } => {
                if let Some(slot) = self.available.get_mut(line.0 as usize) {
                    *slot = available;
                }
            }
            Input::ClientArrived { client, user } => self.clients.add(client, user),
            Input::ClientGone { client } => self.client_gone(client, now),
            Input::LineSettings { line, settings } => {
                if let Some(slot) = self.settings.get_mut(line.0 as usize) {
                    *slot = settings;
                }
            }
            Input::Command { client, request, command } => self.command(client, request, command, now),
            Input::Incoming { session, route, from, abilities: _, max_forwards, headers, offer } => {
                let arrival = Arrival { session, from, max_forwards, headers, offer };
                let busy = matches!(route, effect::Route::Line { line, .. } if self.is_busy(line));
                match self.admit(arrival, route, now) {
                    Ok(id) => {
                        self.by_session.insert(session, id);
                        self.with(id, |flow| flow.start_incoming(busy, now));
                    }
                    Err(refused) => self.refuse(session, refused),
                }
            }
            Input::Replacing { session, replaces, from, offer } => {
                let call = self.by_session.get(&replaces).copied();
                let taken = match call {
                    Some(id) => {
                        self.by_session.insert(session, id);
                        self.with(id, |flow| flow.replace(session, replaces, from, offer, now))
                    }
                    None => None,
                };
                if let Err(refused) = taken.unwrap_or(Err(CauseCode::UnknownCall)) {
                    self.by_session.remove(&session);
                    self.refuse(session, refused);
                }
            }
            Input::Invited { leg, session } => {
                let Some(id) = self.by_leg.get(&leg).copied() else {
                    if let Ok(session) = session {
                        self.effects.push_back(Effect::Sip(effect::SipEffect::Hangup { session, reason: None }));
                    }
                    return;
                };
                if let Ok(session) = session {
                    self.by_session.insert(session, id);
                }
                self.with(id, |flow| flow.invited(leg, session, now));
            }
            Input::Sip { session, event } => {
                let Some(id) = self.by_session.get(&session).copied() else { return };
                if matches!(event, SipInput::Rejected { .. } | SipInput::Cancelled { .. } | SipInput::Ended { .. }) {
                    self.by_session.remove(&session);
                }
                self.with(id, |flow| flow.sip(session, event, now));
            }
            Input::Media { call, side, event } => self.media(call, side, event, now),
            Input::Shutdown => {
                self.stopping = true;
                for id in self.calls.keys().copied().collect::<Vec<_>>() {
                    self.with(id, |flow| flow.end(EndCause::ours(CauseCode::ShuttingDown)));
                }
            }
        }
    }

    /// Ends what has waited too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(at, id)) = self.deadlines.first() {
            if at > now {
                break;
            }
            self.deadlines.remove(&(at, id));
            self.with(id, |flow| flow.deadline(at));
        }
    }

    /// When [`Calls::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// The next thing to be done.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// What a line's users have set.
    pub fn settings(&self, line: LineId) -> LineSettings {
        self.settings.get(line.0 as usize).cloned().unwrap_or_default()
    }

    /// How many calls there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there is no call.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The calls a client sees, for a client that has just come.
    pub fn views(&self, client: ClientId) -> Vec<CallView> {
        let Some(&user) = self.clients.user_of.get(&client) else { return Vec::new() };
        let mut views: Vec<_> =
            self.calls.values().filter_map(|call| view::of(call, &self.directory, client, user)).collect();
        views.sort_by_key(|view| view.id);
        views
    }

    /// Whether new calls are refused with [`CauseCode::Overloaded`]; those that are there go on.
    pub fn set_overloaded(&mut self, overloaded: bool) {
        self.overloaded = overloaded;
    }

    /// The connection of a session that somebody else may take the place of ([`Input::Replacing`]).
    pub fn group_at(&self, session: SessionId) -> Option<LineGroupId> {
        let call = self.calls.get(self.by_session.get(&session)?)?;
        call.place(call.side_of(session)?).map(|(group, _)| group)
    }

    /// Whether somebody who uses the line is signed in.
    pub fn anybody_at(&self, line: LineId) -> bool {
        self.directory.users_of(line).iter().any(|user| self.clients.of_user.contains_key(user))
    }

    fn media(&mut self, id: CallId, side: Side, event: MediaInput, now: Instant) {
        if let MediaInput::Digit { digit } = event {
            if let Some(client) = self.calls.get(&id).and_then(|call| flow::hears_digit(call, side)) {
                self.effects.push_back(Effect::Digit { client, call: id, digit });
            }
            return;
        }
        self.with(id, |flow| flow.media(side, event, now));
    }

    fn client_gone(&mut self, client: ClientId, now: Instant) {
        let Some(user) = self.clients.remove(client) else { return };
        let affected: Vec<CallId> = self
            .calls
            .values()
            .filter(|call| {
                call.active_client() == Some(client)
                    || call.rings_at_clients()
                        && call.line().is_some_and(|line| self.directory.users_of(line).contains(&user))
            })
            .map(|call| call.id)
            .collect();
        for id in affected {
            self.with(id, |flow| flow.client_gone(client, now));
        }
    }

    fn command(&mut self, client: ClientId, request: u32, command: Command, now: Instant) {
        let Some(&user) = self.clients.user_of.get(&client) else { return };
        let outcome = match command {
            Command::MakeCall { line, number, sdp } => self.make_call(client, user, request, line, number, sdp, now),
            // Who comes too late is told so, even where the call has become somebody else's.
            Command::AnswerCall { call, sdp } => {
                self.on_line(call, user, |flow| flow.answer(client, user, request, sdp))
            }
            Command::RestartMedia { call, sdp } => {
                self.on_call(call, user, |flow| flow.restart_media(client, request, sdp))
            }
            Command::Decline { call, cause } => self.on_call(call, user, |flow| flow.decline(cause, now).map(Some)),
            Command::ClearConnection { call } => self.on_call(call, user, |flow| flow.clear(now).map(Some)),
            Command::DeflectCall { call, number } => {
                self.on_call(call, user, |flow| flow.deflect(&number, now).map(Some))
            }
            Command::DirectedPickupCall { line, number, sdp } => {
                self.directed_pickup(client, user, request, line, &number, sdp, now)
            }
            Command::SetForwarding { line, forwarding } => self.set_forwarding(user, line, forwarding),
            Command::CancelForwarding { line, kind } => self.cancel_forwarding(user, line, kind),
            Command::SetDoNotDisturb { line, on } => self.set_do_not_disturb(user, line, on),
            Command::SetRemoteOffice { line, number } => self.set_remote_office(user, line, number),
            Command::GenerateDigits { call, digits } => {
                if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(is_dtmf) {
                    Err(CauseCode::BadRequest)
                } else {
                    self.on_call(call, user, |flow| flow.digits(digits).map(Some))
                }
            }
            _ => Err(CauseCode::NotPossibleNow),
        };
        match outcome {
            Ok(None) => {}
            Ok(Some(())) => self.reply(client, request, CommandResult::Ok),
            Err(cause) => self.reply(client, request, CommandResult::Error(cause)),
        }
    }

    fn reply(&mut self, client: ClientId, request: u32, result: CommandResult) {
        self.effects.push_back(Effect::Reply { client, request, result });
    }

    /// Runs a command on a call that the user can see.
    fn on_call(
        &mut self,
        id: CallId,
        user: UserId,
        run: impl FnOnce(&mut flow::Flow<'_>) -> Result<Option<()>, CauseCode>,
    ) -> Result<Option<()>, CauseCode> {
        let others = self.calls.get(&id).and_then(|call| call.active_user()).is_some_and(|active| active != user);
        if others { Err(CauseCode::UnknownCall) } else { self.on_line(id, user, run) }
    }

    /// Runs a command on a call of one of the user's lines. `Ok(None)` means that the reply comes later.
    fn on_line(
        &mut self,
        id: CallId,
        user: UserId,
        run: impl FnOnce(&mut flow::Flow<'_>) -> Result<Option<()>, CauseCode>,
    ) -> Result<Option<()>, CauseCode> {
        let visible = self
            .calls
            .get(&id)
            .filter(|call| call.trail.hidden.is_none())
            .and_then(|call| call.line())
            .is_some_and(|line| self.directory.users_of(line).contains(&user));
        if !visible {
            return Err(CauseCode::UnknownCall);
        }
        self.with(id, run).unwrap_or(Err(CauseCode::UnknownCall))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one command")]
    fn make_call(
        &mut self,
        client: ClientId,
        user: UserId,
        request: u32,
        line: LineId,
        number: String,
        sdp: String,
        now: Instant,
    ) -> Result<Option<()>, CauseCode> {
        if !self.directory.users_of(line).contains(&user) {
            return Err(CauseCode::UnknownLine);
        }
        if !self.available.get(line.0 as usize).is_some_and(|&available| available) {
            return Err(CauseCode::LineNotRegistered);
        }
        let number = dialable(&number).ok_or(CauseCode::InvalidNumber)?;
        let group = self.directory.group_of(line).and_then(|group| self.directory.group(group));
        let urgent = group.is_some_and(|group| group.is_emergency(&number));
        let near = Near::Client { client, user, line, request, number: number.clone() };
        let far = Far::Sip(FarSip::default());
        let remote = effect::Caller { number, name: None };
        let id = self.create(near, far, remote, urgent, now)?;
        self.with(id, |flow| flow.start_outgoing(sdp));
        Ok(None)
    }

    fn admit(&mut self, arrival: Arrival, route: effect::Route, now: Instant) -> Result<CallId, CauseCode> {
        let (group, far) = match route {
            effect::Route::Line { group, line } => (group, Far::Clients { line, taker: None }),
            effect::Route::Targets { targets, .. } if targets.is_empty() => return Err(CauseCode::Unavailable),
            effect::Route::Targets { group, targets } => {
                let mut leg = |target| {
                    self.last_leg += 1;
                    SipLeg { id: LegId(self.last_leg), target, session: None, redirected: false }
                };
                let legs = targets.into_iter().map(&mut leg).collect();
                (group, Far::Sip(FarSip { legs, ..FarSip::default() }))
            }
            effect::Route::Service { group, service } => (group, Far::Service(service)),
        };
        let Arrival { session, from, max_forwards, headers, offer } = arrival;
        let trail = match &far {
            Far::Clients { line, .. } => {
                let believed = if self.directory.trusts(group) { headers.as_slice() } else { &[] };
                let number = self.directory.line(*line).map_or("", |line| &line.number);
                let mut trail = Trail::begin(*line, number, believed);
                // A PBX may not say that we have sent it here ourselves.
                let diverted = self.diverted.iter().filter_map(|id| self.calls.get(id));
                if let Some(earlier) = diverted.into_iter().find(|call| call.waits_at(number, &from, &self.directory)) {
                    trail.inherit(&earlier.trail);
                }
                trail
            }
            _ => Trail::default(),
        };
        self.check_offer(group, &offer)?;
        let near = NearSip {
            session,
            group,
            max_forwards,
            headers,
            offer,
            answer: None,
            told: None,
            status: 183,
            called: Headers::new(),
        };
        let id = self.create(Near::Sip(near), far, from, false, now)?;
        if let Some(call) = self.calls.get_mut(&id) {
            call.trail = trail;
        }
        Ok(id)
    }

    /// Whether all who use a line and are signed in talk on it.
    fn is_busy(&self, line: LineId) -> bool {
        let forwards = |set: &settings::Forwarding| set.kind == settings::ForwardingKind::Busy;
        // Nobody else wants to know.
        if !self.settings.get(line.0 as usize).is_some_and(|settings| settings.forwardings.iter().any(forwards)) {
            return false;
        }
        let on_line = self.calls.values().filter(|call| call.line() == Some(line));
        let talking: Vec<UserId> = on_line.filter_map(|call| call.active_user()).collect();
        let mut signed_in = self.clients.of(self.directory.users_of(line)).map(|(_, user)| user).peekable();
        signed_in.peek().is_some() && signed_in.all(|user| talking.contains(&user))
    }

    fn refuse(&mut self, session: SessionId, cause: CauseCode) {
        let status = cause.sip_status();
        self.effects.push_back(Effect::Sip(effect::SipEffect::Reject { session, status }));
    }

    /// Refuses at once what could only fail when somebody has answered.
    fn check_offer(&self, group: LineGroupId, offer: &[u8]) -> Result<(), CauseCode> {
        if offer.is_empty() {
            return Ok(());
        }
        match sdp::offered_codecs(offer) {
            Ok(offered) if offered.iter().any(|&codec| self.directory.allows(group, codec)) => Ok(()),
            Ok(_) | Err(SdpError::NoAudio | SdpError::SrtpRequired | SdpError::UnsupportedTransport) => {
                Err(CauseCode::NoCommonCodec)
            }
            Err(_) => Err(CauseCode::BadRequest),
        }
    }

    /// A new call. One that is `urgent` counts for more than limits.
    fn create(
        &mut self,
        near: Near,
        far: Far,
        remote: effect::Caller,
        urgent: bool,
        now: Instant,
    ) -> Result<CallId, CauseCode> {
        if self.stopping {
            return Err(CauseCode::ShuttingDown);
        }
        if self.overloaded && !urgent {
            return Err(CauseCode::Overloaded);
        }
        if self.calls.len() >= self.max_calls && !urgent {
            return Err(CauseCode::TooManyCalls);
        }
        self.last_call += 1;
        let id = CallId(self.last_call);
        let deadline = (now + RING_LIMIT, CauseCode::NoAnswer);
        self.deadlines.insert((deadline.0, id));
        let call = Call {
            id,
            near,
            far,
            stage: state::Stage::Initiated,
            remote,
            created: now,
            connected: None,
            codec: None,
            held: [false, false],
            recorded: false,
            silence: [None, None],
            security: None,
            demands_encryption: false,
            awaiting: [None, None],
            deadline: Some(deadline),
            takeover: None,
            leaving: None,
            trail: Trail::default(),
        };
        self.calls.insert(id, Box::new(call));
        Ok(id)
    }

    /// Runs `step` on a call and drops the call when it has ended.
    fn with<T>(&mut self, id: CallId, step: impl FnOnce(&mut flow::Flow<'_>) -> T) -> Option<T> {
        let mut call = self.calls.remove(&id)?;
        let before = call.wakes_at();
        let mut flow = flow::Flow {
            call: &mut call,
            directory: &self.directory,
            clients: &self.clients,
            settings: &self.settings,
            effects: &mut self.effects,
            by_leg: &mut self.by_leg,
            by_session: &mut self.by_session,
            last_leg: &mut self.last_leg,
            ended: false,
        };
        let result = step(&mut flow);
        let ended = flow.ended;
        if call.waits_elsewhere() && !ended {
            self.diverted.insert(id);
        } else if !self.diverted.is_empty() {
            self.diverted.remove(&id);
        }
        let after = call.wakes_at().filter(|_| !ended);
        if before != after {
            if let Some(at) = before {
                self.deadlines.remove(&(at, id));
            }
            if let Some(at) = after {
                self.deadlines.insert((at, id));
            }
        }
        if ended {
            for session in call.sessions() {
                self.by_session.remove(&session);
            }
            for leg in call.legs() {
                self.by_leg.remove(&leg.id);
            }
        } else {
            self.calls.insert(id, call);
        }
        Some(result)
    }
}

impl Clients {
    fn add(&mut self, client: ClientId, user: UserId) {
        if self.user_of.insert(client, user).is_none() {
            self.of_user.entry(user).or_default().push(client);
        }
    }

    fn remove(&mut self, client: ClientId) -> Option<UserId> {
        let user = self.user_of.remove(&client)?;
        if let Some(of_user) = self.of_user.get_mut(&user) {
            of_user.retain(|&other| other != client);
            if of_user.is_empty() {
                self.of_user.remove(&user);
            }
        }
        Some(user)
    }

    /// The clients of these users.
    fn of<'a>(&'a self, users: &'a [UserId]) -> impl Iterator<Item = (ClientId, UserId)> + 'a {
        users.iter().flat_map(|user| self.of_user.get(user).into_iter().flatten().map(move |&client| (client, *user)))
    }
}

fn is_dtmf(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D')
}

/// What is dialled of what a person typed: separators that people write are dropped; names pass as they are.
pub(crate) fn dialable(typed: &str) -> Option<String> {
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

#[cfg(test)]
mod tests;
