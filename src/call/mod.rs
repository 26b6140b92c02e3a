//! The call machine: a back-to-back user agent between SIP sessions and clients.
//!
//! Pure: [`Calls::handle`] takes what happened, [`Calls::poll_effect`] gives what is to be done. The near side of
//! a call is who began it, the far side who is called; `net` owns the sockets on both.

/// Logs something about a call, with its line and its user.
macro_rules! note {
    ($level:ident, $call:expr, $($said:tt)+) => {
        tracing::$level!(
            call = $call.id.0,
            line = $call.line().map(|line| line.0),
            user = $call.active_user().map(|user| user.0),
            $($said)+
        )
    };
}

mod arrival;
pub mod cause;
mod clients;
mod commands;
mod desk;
pub mod directory;
mod divert;
pub mod dtmf;
pub mod effect;
mod flow;
pub mod headers;
mod monitor;
pub mod numbers;
pub mod preview;
pub mod record;
pub mod secret;
pub mod service;
mod services;
pub mod settings;
mod state;
pub mod step;
pub mod view;

pub use self::commands::dialable;
pub use self::monitor::MonitoredCall;
pub use self::services::given;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_media::session::Side;
use offhook_sip::SessionId;
use rustc_hash::FxHashMap;

use self::arrival::Arrival;
use self::cause::CauseCode;
use self::clients::Clients;
use self::desk::Errand;
use self::directory::Directory;
use self::divert::Trail;
use self::effect::{CommandResult, Effect, Input, MediaInput, Route, Sound};
use self::numbers::Around;
use self::service::Service;
use self::settings::LineSettings;
use self::state::{Call, Far, Near, Related, Told};
use self::step::{State, Step, Trigger};
use self::view::EndCause;
use crate::ids::{CallId, ClientId, ConferenceId, LegId, LineGroupId, LineId, UserId};
use crate::numbers::Moment;
use crate::rights::RightsTable;

/// A call that nobody answers ends after this; PBXs give up earlier.
const RING_LIMIT: Duration = Duration::from_secs(180);
/// From the answer until the browser's audio path must stand.
const MEDIA_LIMIT: Duration = Duration::from_secs(15);
/// How long a browser whose path broke may take to find another.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);
/// From the end of a transfer until who asked for it must have ended its session.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// From a REFER until the other end must have said something of it, and until it is done where that one stands.
const REFER_LIMIT: Duration = Duration::from_secs(20);
/// Calls for help that are taken when there are as many calls as there may be. Several people may need help at once; a
/// peer that passes on calls for help without end gets no further.
const EMERGENCY_RESERVE: usize = 10;
/// Our own conferences count from here; those below have numbers that are called.
pub const FIRST_CONFERENCE: u32 = 1 << 16;

/// All calls of the server.
#[derive(Debug)]
pub struct Calls {
    directory: Arc<Directory>,
    rights: Arc<RightsTable>,
    max_calls: usize,
    /// New calls are refused, so that those that are there do not suffer.
    overloaded: bool,
    calls: FxHashMap<CallId, Box<Call>>,
    by_session: FxHashMap<SessionId, CallId>,
    by_leg: FxHashMap<LegId, CallId>,
    /// The calls whose audio a client has.
    by_client: FxHashMap<ClientId, BTreeSet<CallId>>,
    /// The calls that are on a line.
    by_line: FxHashMap<LineId, BTreeSet<CallId>>,
    /// Lines whose calls are others than before, for those who watch them.
    busied: BTreeSet<LineId>,
    /// The calls that are in a conference, oldest member first.
    conferences: FxHashMap<ConferenceId, Vec<CallId>>,
    clients: Clients,
    available: Vec<bool>,
    /// What the lines' users have set, by [`LineId`].
    settings: Vec<LineSettings>,
    deadlines: BTreeSet<(Instant, CallId)>,
    /// The calls for lines by their Call-ID, which strangers choose.
    by_call_id: HashMap<String, Vec<CallId>>,
    /// Calls that were diverted and wait for somebody to answer.
    diverted: BTreeSet<CallId>,
    effects: VecDeque<Effect>,
    /// What the calls did and nobody has asked for yet.
    steps: VecDeque<Step>,
    /// What they do it for.
    trigger: Trigger,
    /// What follows for other calls from what happened to one.
    errands: VecDeque<Errand>,
    /// Calls that are to be shown to their clients.
    changed: BTreeSet<CallId>,
    /// Clients some call of which has changed, and with it what the others can do.
    touched: BTreeSet<ClientId>,
    last_call: u64,
    last_leg: u64,
    last_conference: u32,
    /// What time it is at the locations.
    moment: Moment,
    stopping: bool,
}

impl Calls {
    /// No calls yet; at most `max_calls` at once. Until there is an [`Input::Rights`], everybody may do everything.
    pub fn new(directory: Arc<Directory>, max_calls: usize) -> Calls {
        let available = vec![false; directory.lines.len()];
        let settings = vec![LineSettings::default(); directory.lines.len()];
        Calls {
            directory,
            rights: Arc::new(RightsTable::without_limits()),
            max_calls,
            overloaded: false,
            calls: FxHashMap::default(),
            by_session: FxHashMap::default(),
            by_leg: FxHashMap::default(),
            by_client: FxHashMap::default(),
            by_line: FxHashMap::default(),
            busied: BTreeSet::new(),
            conferences: FxHashMap::default(),
            clients: Clients::default(),
            available,
            settings,
            deadlines: BTreeSet::new(),
            by_call_id: HashMap::new(),
            diverted: BTreeSet::new(),
            effects: VecDeque::new(),
            steps: VecDeque::new(),
            trigger: Trigger::TIMER,
            errands: VecDeque::new(),
            changed: BTreeSet::new(),
            touched: BTreeSet::new(),
            last_call: 0,
            last_leg: 0,
            last_conference: FIRST_CONFERENCE,
            moment: Moment::default(),
            stopping: false,
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input, now: Instant) {
        self.trigger = Trigger::of(&input);
        self.take_in(input, now);
        self.settle(now);
    }

    fn take_in(&mut self, input: Input, now: Instant) {
        match input {
            Input::LineAvailable { line, available } => {
                if let Some(slot) = self.available.get_mut(line.0 as usize) {
                    *slot = available;
                }
            }
            Input::ClientArrived { client, user, place } => self.clients.add(client, user, place),
            Input::ClientGone { client } => self.client_gone(client, now),
            Input::LineSettings { line, settings } => {
                if let Some(slot) = self.settings.get_mut(line.0 as usize) {
                    *slot = settings;
                }
            }
            Input::Directory(directory) => {
                self.available.resize(directory.lines.len(), false);
                self.settings.resize_with(directory.lines.len(), LineSettings::default);
                self.directory = directory;
            }
            Input::Rights(rights) => self.take_rights(rights),
            Input::Command { client, request, command } => self.command(client, request, command, now),
            Input::Incoming { session, route, call_id, from, abilities, max_forwards, headers, offer } => {
                let arrival = Arrival { session, call_id, from, abilities, max_forwards, headers, offer };
                let busy = matches!(route, Route::Line { line, .. } if self.is_busy(line));
                match self.admit(arrival, route, now) {
                    Ok(id) => {
                        self.by_session.insert(session, id);
                        self.with(id, now, |flow| flow.start_incoming(busy));
                    }
                    Err(refused) => self.refuse(session, refused),
                }
            }
            Input::Replacing { session, replaces, from, offer } => {
                let call = self.by_session.get(&replaces).copied();
                let taken = match call {
                    Some(id) => {
                        self.by_session.insert(session, id);
                        self.with(id, now, |flow| flow.replace(session, replaces, from, offer, now))
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
                self.with(id, now, |flow| flow.invited(leg, session));
            }
            Input::Sip { session, event } => {
                let Some(id) = self.by_session.get(&session).copied() else { return };
                if event.is_last() {
                    self.by_session.remove(&session);
                }
                self.with(id, now, |flow| flow.sip(session, event, now));
            }
            Input::Media { call, side, event } => self.media(call, side, event, now),
            Input::Shutdown => {
                self.stopping = true;
                for id in self.calls.keys().copied().collect::<Vec<_>>() {
                    self.with(id, now, |flow| flow.end(EndCause::ours(CauseCode::ShuttingDown)));
                }
                // Nothing follows for calls that have all ended.
                self.errands.clear();
                self.conferences.clear();
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
            self.trigger = Trigger::TIMER;
            self.with(id, now, |flow| flow.deadline(at));
            self.settle(now);
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

    /// The next step that a call made: those of an input come before its effects.
    pub fn poll_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// What a line's users have set.
    pub fn settings(&self, line: LineId) -> LineSettings {
        self.settings.get(line.0 as usize).cloned().unwrap_or_default()
    }

    /// Whether a user's call from a line goes by way of the user's other telephone, so that no client's audio is needed.
    pub fn goes_by_office(&self, user: UserId, line: LineId, number: &str) -> bool {
        let Some(group) = self.directory.group_of(line) else { return false };
        let wanted = self.directory.wanted(group, &number.into(), Around::default()).result;
        let placed = wanted.and_then(|placed| self.may_call(user, line, placed, Service::MakeCall));
        placed.is_ok_and(|placed| self.office_for(line, &placed).0.is_some())
    }

    /// How many calls there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there is no call.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether new calls are refused with [`CauseCode::Overloaded`]; those that are there go on.
    pub fn set_overloaded(&mut self, overloaded: bool) {
        self.overloaded = overloaded;
    }

    /// The call that the last input began, until its steps are polled.
    pub fn begun(&self) -> Option<CallId> {
        self.steps.iter().find(|step| step.before.is_none()).map(|step| step.call)
    }

    /// Why the last input was refused that a client asked for by this number, until its effects are polled.
    pub fn refusal(&self, client: ClientId, request: u32) -> Option<CauseCode> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Reply { client: to, request: number, result: CommandResult::Error(cause) } => {
                (*to == client && *number == request).then_some(*cause)
            }
            _ => None,
        })
    }

    /// The calls that the last input changed, until its steps are polled; one may be there several times.
    pub fn changing(&self) -> impl Iterator<Item = CallId> + '_ {
        self.steps.iter().map(|step| step.call)
    }

    /// Whether calls can leave by a line.
    pub fn is_available(&self, line: LineId) -> bool {
        self.available.get(line.0 as usize).copied().unwrap_or_default()
    }

    /// The line that a call is on, where it is on one.
    pub fn line_of(&self, call: CallId) -> Option<LineId> {
        self.calls.get(&call)?.line()
    }

    /// Whether others are not to see a number of a call. Of one that is gone nobody knows.
    pub fn is_private(&self, call: CallId) -> bool {
        self.calls.get(&call).is_none_or(|call| call.is_private())
    }

    /// The call that an INVITE of ours is for.
    pub fn call_of_leg(&self, leg: LegId) -> Option<CallId> {
        self.by_leg.get(&leg).copied()
    }

    /// The call that a session belongs to.
    pub fn call_of(&self, session: SessionId) -> Option<CallId> {
        self.by_session.get(&session).copied()
    }

    /// The connection of a session that somebody else may take the place of ([`Input::Replacing`]).
    pub fn group_at(&self, session: SessionId) -> Option<LineGroupId> {
        self.place_at(session).map(|(group, _)| group)
    }

    /// The connection of a session, and the line that it is for.
    pub fn place_at(&self, session: SessionId) -> Option<(LineGroupId, Option<LineId>)> {
        let call = self.calls.get(self.by_session.get(&session)?)?;
        call.place(call.side_of(session)?)
    }

    fn media(&mut self, id: CallId, side: Side, event: MediaInput, now: Instant) {
        if let MediaInput::Digit { digit } = event {
            if let Some(client) = self.calls.get(&id).and_then(|call| flow::hears_digit(call, side)) {
                self.effects.push_back(Effect::Digit { client, call: id, digit });
            }
            return;
        }
        self.with(id, now, |flow| flow.media(side, event, now));
    }

    fn next_call(&mut self) -> CallId {
        self.last_call += 1;
        CallId(self.last_call)
    }

    /// A call; where it is an emergency even a little beyond the limits.
    fn create(
        &mut self,
        near: Near,
        far: Far,
        remote: effect::Caller,
        emergency: bool,
        now: Instant,
    ) -> Result<CallId, CauseCode> {
        if self.stopping {
            return Err(CauseCode::ShuttingDown);
        }
        if self.overloaded && !emergency {
            return Err(CauseCode::Overloaded);
        }
        let most = if emergency { self.max_calls + EMERGENCY_RESERVE } else { self.max_calls };
        if self.calls.len() >= most {
            return Err(CauseCode::TooManyCalls);
        }
        let id = self.next_call();
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
            on_hold: false,
            told: [Told::default(); 2],
            hears: [Sound::Silence; 2],
            consultation_of: None,
            conference: None,
            seat: false,
            vacancy: None,
            transfer: None,
            trouble: None,
            changed: false,
            shown: Related::default(),
            recorded: false,
            silence: [None, None],
            security: None,
            demands_encryption: false,
            awaiting: [VecDeque::new(), VecDeque::new()],
            deadline: Some(deadline),
            takeover: None,
            leaving: None,
            trail: Trail::default(),
            known: None,
            private: false,
            then: VecDeque::new(),
            then_at: None,
            translated: Vec::new(),
        };
        if let Some(line) = call.line() {
            self.by_line.entry(line).or_default().insert(id);
            self.busied.insert(line);
        }
        if let Some(client) = call.active_client() {
            self.by_client.entry(client).or_default().insert(id);
        }
        self.steps.push_back(Step {
            call: id,
            at: now,
            trigger: self.trigger,
            before: None,
            after: State::of(&call, false),
        });
        self.calls.insert(id, Box::new(call));
        Ok(id)
    }

    /// Runs `step` on a call and drops the call when it has ended.
    fn with<T>(&mut self, id: CallId, now: Instant, step: impl FnOnce(&mut flow::Flow<'_>) -> T) -> Option<T> {
        let mut call = self.calls.remove(&id)?;
        let (before, had, at, looked) = (call.wakes_at(), call.active_client(), call.line(), call.look());
        let was = State::of(&call, false);
        let mut flow = flow::Flow {
            call: &mut call,
            directory: &self.directory,
            clients: &self.clients,
            settings: &self.settings,
            rights: &self.rights,
            effects: &mut self.effects,
            errands: &mut self.errands,
            by_leg: &mut self.by_leg,
            by_session: &mut self.by_session,
            last_leg: &mut self.last_leg,
            now,
            moment: self.moment,
            ended: false,
        };
        let result = step(&mut flow);
        let ended = flow.ended;
        let is = State::of(&call, ended);
        if was != is {
            self.steps.push_back(Step { call: id, at: now, trigger: self.trigger, before: Some(was), after: is });
        }
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
        let has = call.active_client().filter(|_| !ended);
        self.index_client(id, had, has, call.changed || ended);
        let looks = call.look();
        self.index_line(id, at, call.line().filter(|_| !ended));
        if call.changed || ended || looked != looks {
            self.busied.extend([looked.at, looks.at].into_iter().flatten());
        }
        if ended {
            // What another call has got from this one stays with that.
            for session in call.sessions() {
                if self.by_session.get(&session) == Some(&id) {
                    self.by_session.remove(&session);
                }
            }
            for leg in call.legs() {
                if self.by_leg.get(&leg.id) == Some(&id) {
                    self.by_leg.remove(&leg.id);
                }
            }
            self.errands.push_back(Errand::Gone(call));
        } else {
            if std::mem::take(&mut call.changed) {
                self.changed.insert(id);
            }
            self.calls.insert(id, call);
        }
        Some(result)
    }

    /// Keeps which calls are on which line.
    fn index_line(&mut self, id: CallId, was: Option<LineId>, is: Option<LineId>) {
        if was == is {
            return;
        }
        if let Some(line) = was
            && let Some(calls) = self.by_line.get_mut(&line)
        {
            calls.remove(&id);
            if calls.is_empty() {
                self.by_line.remove(&line);
            }
        }
        if let Some(line) = is {
            self.by_line.entry(line).or_default().insert(id);
        }
    }

    /// Keeps who has the audio of which calls, and notes whose calls have changed.
    fn index_client(&mut self, id: CallId, had: Option<ClientId>, has: Option<ClientId>, changed: bool) {
        if had != has {
            if let Some(client) = had
                && let Some(calls) = self.by_client.get_mut(&client)
            {
                calls.remove(&id);
                if calls.is_empty() {
                    self.by_client.remove(&client);
                }
            }
            if let Some(client) = has {
                self.by_client.entry(client).or_default().insert(id);
            }
        }
        if had != has || changed {
            self.touched.extend(had.into_iter().chain(has));
        }
    }
}

#[cfg(test)]
mod tests;
