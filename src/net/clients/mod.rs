//! Clients at the driver: their sockets, what they are told and what they ask for; and the programs of a user, which
//! follow and ask over HTTP.

mod listener;
mod messages;
mod monitor;
mod personal;
mod prompt;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

use self::listener::Listener;
pub(super) use self::messages::ClientMessage;
pub use self::prompt::Prompt;
use super::core::Core;
use super::figures::QueueLength;
use super::role::Role;
use crate::call::cause::CauseCode;
use crate::call::effect::{Command, CommandResult, Input};
use crate::call::numbers::ClientPlace;
use crate::call::settings::LineSettings;
use crate::call::view::CallView;
use crate::capture::recorder::Owner;
use crate::ids::{CallId, ClientId, LineId, UserId};
use crate::line::LineStatus;
use crate::line::events::CallEvent;
use crate::line::monitor::MonitoredLine;
use crate::picture::PictureOf;
use crate::rights::ServiceSet;
use crate::site::Preset;
use crate::user::clients::{Attached, Clients, RELOAD_WITHIN, RESUME_WITHIN, ResumeToken};

/// Events waiting for one client's socket; a client that falls further behind must come back.
const CLIENT_BACKLOG: usize = 256;
/// Commands of programs that wait for their result.
const MAX_WAITING: usize = 4096;
/// Marks the numbers of the commands of programs; clients' own are below.
const PROGRAMS: u32 = 1 << 31;
/// Who follows a user's events at once.
const MAX_FOLLOWERS: usize = 16;
/// How long events are kept for programs after the last has gone.
const FOLLOWED_FOR: Duration = Duration::from_secs(60);

/// For a client's socket.
#[derive(Debug)]
pub enum ClientEvent {
    /// Answer to a command.
    Reply {
        /// The command's number.
        request: u32,
        /// How it went.
        outcome: Outcome,
    },
    /// Something changed.
    Changed {
        /// One more than that of the change before.
        seq: u64,
        /// What.
        change: Arc<Change>,
    },
}

/// How a request went.
#[derive(Debug)]
pub enum Outcome {
    /// The call machine's answer.
    Done(CommandResult),
    /// A client has been told to do it.
    Prompted(ClientId),
}

impl From<Result<Outcome, CauseCode>> for Outcome {
    fn from(result: Result<Outcome, CauseCode>) -> Outcome {
        result.unwrap_or_else(|cause| Outcome::Done(CommandResult::Error(cause)))
    }
}

/// What clients are told without having asked.
#[derive(Debug)]
pub enum Change {
    /// A call changed, and what happened by the names of ECMA-269.
    Call(Box<CallView>, Vec<CallEvent>),
    /// A line changed.
    Line(LineId, LineStatus, LineSettings),
    /// A line of others changed, as far as the client may see it.
    Monitored(Arc<MonitoredLine>),
    /// A line of others is no longer shown.
    Unmonitored(LineId),
    /// What the user's clients go by changed.
    Personal(Personal),
    /// A digit came from the other side.
    Digit {
        /// The call.
        call: CallId,
        /// The digit.
        digit: char,
    },
    /// The client is to do something with its audio.
    Prompt(Prompt),
}

impl Change {
    /// The call that it is about, where it is about one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Change::Call(view, _) => Some(view.id),
            Change::Digit { call, .. } => Some(*call),
            Change::Prompt(Prompt::AnswerCall { call } | Prompt::ConsultationCall { call, .. }) => Some(*call),
            Change::Line(..) | Change::Monitored(_) | Change::Unmonitored(_) | Change::Personal(_) => None,
            Change::Prompt(_) => None,
        }
    }
}

/// What the clients of a user go by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Personal {
    /// What the user may use.
    pub services: ServiceSet,
    /// What is preset for the user's clients.
    pub settings: BTreeMap<String, Preset>,
    /// The user's own picture.
    pub picture: Option<PictureOf>,
}

/// How a client's socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// The person left: the client is gone at once.
    Left,
    /// The page was closed or is loaded anew.
    PageGone,
    /// It broke.
    Broken,
}

/// All that a user has, as one client sees it.
#[derive(Debug, Default)]
pub struct Picture {
    /// The number of the last change that is part of it.
    pub seq: u64,
    /// The user's lines.
    pub lines: Vec<(LineId, LineStatus, LineSettings)>,
    /// The calls on them.
    pub calls: Vec<CallView>,
    /// The lines of others that the user is shown, as far as the rights go.
    pub monitored: Vec<Arc<MonitoredLine>>,
}

/// How a client begins: with a picture, or with what it missed.
#[derive(Debug)]
pub enum Beginning {
    /// All that there is, and the calls that ended while it was away.
    Picture(Picture, Vec<CallView>),
    /// What came after the change that it saw last.
    Replay {
        /// The number of that.
        since: u64,
        /// What came, with numbers.
        changes: Vec<(u64, Arc<Change>)>,
    },
}

/// A client that was just attached.
#[derive(Debug)]
pub struct Attachment {
    /// The client and its socket.
    pub attached: Attached,
    /// For its next socket.
    pub token: ResumeToken,
    /// What it is told first.
    pub beginning: Beginning,
    /// What happens from now on.
    pub events: mpsc::Receiver<ClientEvent>,
}

/// A client that is known.
#[derive(Debug, Clone, Copy)]
pub struct KnownClient {
    /// Which.
    pub client: ClientId,
    /// Whether it has a socket now.
    pub online: bool,
}

/// All clients with their sockets, and the programs that wait.
#[derive(Debug, Default)]
pub(super) struct ClientDesk {
    clients: Clients,
    listeners: FxHashMap<ClientId, Listener>,
    waiting: FxHashMap<u32, oneshot::Sender<Outcome>>,
    last_waiting: u32,
    /// When programs that ask no more are looked for.
    sweep: Option<Instant>,
}

impl ClientDesk {
    /// When [`Core::clients_due`] is worth calling.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        [self.clients.poll_timeout(), self.sweep].into_iter().flatten().min()
    }

    /// See [`Clients::count_online`].
    pub(super) fn count_online(&self) -> (usize, usize) {
        self.clients.count_online()
    }

    /// What waits for the sockets of clients.
    pub(super) fn queue(&self) -> QueueLength {
        let sockets = self.listeners.values().flat_map(|listener| &listener.sockets);
        let length = sockets.map(|socket| socket.max_capacity() - socket.capacity()).max().unwrap_or_default();
        QueueLength { name: "client", length, limit: CLIENT_BACKLOG }
    }

    /// Who is signed in at a client.
    pub(super) fn user_of(&self, client: ClientId) -> Option<UserId> {
        self.clients.user_of(client)
    }

    /// The clients of a user, and what stands for the user's programs.
    fn clients_of(&self, user: UserId) -> impl Iterator<Item = ClientId> + '_ {
        self.clients.of(user).chain([ClientId::api(user)])
    }

    /// Answers a command.
    pub(super) fn reply(&mut self, client: ClientId, request: u32, result: CommandResult) {
        if request >= PROGRAMS {
            if let Some(waiting) = self.waiting.remove(&request) {
                let _ = waiting.send(Outcome::Done(result));
            }
            return;
        }
        self.answer(client, request, Outcome::Done(result));
    }

    /// Tells a client how its request went. That has no number: who comes back too late for it sees what became of the
    /// call.
    fn answer(&mut self, client: ClientId, request: u32, outcome: Outcome) {
        let event = ClientEvent::Reply { request, outcome };
        let Some(listener) = self.listeners.get_mut(&client) else { return };
        if listener.sockets.last().is_some_and(|socket| socket.try_send(event).is_err()) {
            let user = self.clients.user_of(client).map(|user| user.0);
            debug!(user, %client, "client's socket is too slow");
            listener.sockets.clear();
        }
    }

    /// Tells a client that something changed.
    pub(super) fn tell(&mut self, client: ClientId, change: Change) {
        if let Some(listener) = self.listeners.get_mut(&client) {
            listener.tell(Arc::new(change));
        }
    }

    /// Tells a client that a call changed.
    pub(super) fn tell_call(&mut self, client: ClientId, view: Box<CallView>) {
        if let Some(listener) = self.listeners.get_mut(&client) {
            listener.tell_call(view);
        }
    }

    /// Tells all clients and programs of some users.
    pub(in crate::net) fn tell_users(&mut self, users: &[UserId], change: Change) {
        let change = Arc::new(change);
        for (client, listener) in &mut self.listeners {
            let user = client.api_user().or_else(|| self.clients.user_of(*client));
            if user.is_some_and(|user| users.contains(&user)) {
                listener.tell(change.clone());
            }
        }
    }

    /// A number for a program that waits; none where too many do.
    fn wait(&mut self, reply: oneshot::Sender<Outcome>) -> Option<u32> {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.retain(|_, waiting| !waiting.is_closed());
        }
        if self.waiting.len() >= MAX_WAITING {
            let _ = reply.send(Outcome::Done(CommandResult::Error(CauseCode::Overloaded)));
            return None;
        }
        self.last_waiting = (self.last_waiting + 1) % PROGRAMS;
        let request = PROGRAMS | self.last_waiting;
        self.waiting.insert(request, reply);
        Some(request)
    }
}

impl<R: Role> Core<R> {
    pub(super) fn client_message(&mut self, message: ClientMessage, now: Instant) {
        match message {
            ClientMessage::Attach { user, place, resume, since, most, reply } => {
                if let Some((client, socket)) = self.attach((user, place), (resume, since), most, reply, now) {
                    self.detach(client, socket, Leaving::Broken, now);
                }
            }
            ClientMessage::Detach { client, socket, leaving } => self.detach(client, socket, leaving, now),
            ClientMessage::Command { client, request, command, text } => {
                self.desk.clients.acted(client);
                let calls: Vec<CallId> = command.calls().collect();
                for &call in &calls {
                    self.note_client(call, client, false, text.clone(), now);
                }
                self.note_steps();
                self.command(client, request, command, now);
                // What began a call comes before the call's first step.
                if let Some(call) = self.calls.begun().filter(|call| !calls.contains(call)) {
                    self.recorder.begins(call, Owner::default(), now);
                    self.note_client(call, client, false, text, now);
                }
            }
            ClientMessage::Noted { client, call, text } => {
                if self.calls.views(client).iter().any(|view| view.id == call) {
                    self.note_client(call, client, false, text, now);
                }
            }
            ClientMessage::Told { client, call, text, at } => self.note_client(call, client, true, text, at),
            ClientMessage::Prompt { client, request, to, prompt } => {
                let Some(user) = self.desk.clients.user_of(client) else { return };
                if let Some(command) = self.without_audio(user, &prompt) {
                    return self.command(client, request, command, now);
                }
                let prompted = self.prompt(user, Some(client), to, prompt).map(Outcome::Prompted);
                self.desk.answer(client, request, prompted.into());
            }
            ClientMessage::UserCommand { user, command, reply } => self.command_of(user, command, reply, now),
            ClientMessage::UserPrompt { user, to, prompt, reply } => {
                if let Some(command) = self.without_audio(user, &prompt) {
                    return self.command_of(user, command, reply, now);
                }
                let _ = reply.send(self.prompt(user, None, to, prompt).map(Outcome::Prompted).into());
            }
            ClientMessage::Follow { user, since, reply } => {
                let _ = reply.send(self.follow(user, since, now));
            }
            ClientMessage::Picture { user, reply } => {
                let client = self.followed(user, now);
                let _ = reply.send(self.picture(client, user));
            }
            ClientMessage::Clients { user, reply } => {
                let known = |client| KnownClient { client, online: self.desk.clients.is_online(client) };
                let mut clients: Vec<_> = self.desk.clients.of(user).map(known).collect();
                clients.sort_by_key(|known| known.client);
                let _ = reply.send(clients);
            }
        }
    }

    /// A command of a program, whose result is sent to who waits for it.
    fn command_of(&mut self, user: UserId, command: Command, reply: oneshot::Sender<Outcome>, now: Instant) {
        let Some(request) = self.desk.wait(reply) else { return };
        self.command(ClientId::api(user), request, command, now);
    }

    fn command(&mut self, client: ClientId, request: u32, command: Command, now: Instant) {
        self.calls.set_overloaded(self.media.is_overloaded());
        self.set_moment();
        self.tell(Input::Command { client, request, command }, now);
    }

    /// Attaches a socket and answers; gives the socket where nobody waits for the answer any more.
    fn attach(
        &mut self,
        (user, place): (UserId, ClientPlace),
        (resume, since): (Option<ResumeToken>, Option<u64>),
        most: usize,
        reply: oneshot::Sender<Result<Attachment, CauseCode>>,
        now: Instant,
    ) -> Option<(ClientId, u64)> {
        let mut token = ResumeToken::default();
        if getrandom::fill(&mut token).is_err() || self.stop_by.is_some() {
            let _ = reply.send(Err(CauseCode::ShuttingDown));
            return None;
        }
        let Some(attached) = self.desk.clients.attach(user, resume, token, most) else {
            let _ = reply.send(Err(CauseCode::TooManyClients));
            return None;
        };
        let Attached { client, socket, resumed } = attached;
        self.tell(Input::ClientArrived { client, user, place: Some(place) }, now);
        let (sender, events) = mpsc::channel(CLIENT_BACKLOG);
        let listener = self.desk.listeners.entry(client).or_insert_with(|| Listener::new(now));
        // A socket that is still there has been replaced; its task sees the channel close.
        listener.sockets = vec![sender];
        let ended = if resumed { listener.ended(since) } else { Vec::new() };
        let replay = listener.replay(since.filter(|_| resumed));
        listener.left_at = listener.told.last();
        let beginning = replay.unwrap_or_else(|| Beginning::Picture(self.picture(client, user), ended));
        let refused = reply.send(Ok(Attachment { attached, token, beginning, events })).is_err();
        refused.then_some((client, socket))
    }

    fn detach(&mut self, client: ClientId, socket: u64, leaving: Leaving, now: Instant) {
        let within = if leaving == Leaving::PageGone { RELOAD_WITHIN } else { RESUME_WITHIN };
        if !self.desk.clients.detach(client, socket, within, now) {
            return;
        }
        if let Some(listener) = self.desk.listeners.get_mut(&client) {
            listener.sockets.clear();
            listener.left_at = listener.told.last();
        }
        if leaving == Leaving::Left && self.desk.clients.remove(client) {
            self.client_gone(client, now);
        }
    }

    fn client_gone(&mut self, client: ClientId, now: Instant) {
        debug!(%client, "client gone");
        self.desk.listeners.remove(&client);
        self.tell(Input::ClientGone { client }, now);
    }

    /// Lets users begin again with a picture of all they have: their clients and programs come back for it at once.
    pub(super) fn begin_again(&mut self, users: &FxHashSet<UserId>) {
        for (client, listener) in &mut self.desk.listeners {
            let user = client.api_user().or_else(|| self.desk.clients.user_of(*client));
            if user.is_some_and(|user| users.contains(&user)) {
                listener.begin_again();
            }
        }
    }

    /// Lets go of all clients and programs of a user.
    pub(super) fn sign_out(&mut self, user: UserId, now: Instant) {
        let clients: Vec<ClientId> = self.desk.clients_of(user).collect();
        for client in clients {
            if self.desk.clients.remove(client) || self.desk.listeners.contains_key(&client) {
                self.client_gone(client, now);
            }
        }
    }

    /// Lets go of clients that stayed away, and of programs that ask no more.
    pub(super) fn clients_due(&mut self, now: Instant) {
        while let Some(client) = self.desk.clients.expired(now) {
            self.client_gone(client, now);
        }
        if self.desk.sweep.is_none_or(|sweep| sweep > now) {
            return;
        }
        let (mut over, mut left) = (Vec::new(), false);
        for (&client, listener) in &mut self.desk.listeners {
            if client.api_user().is_none() {
                continue;
            }
            listener.sockets.retain(|socket| !socket.is_closed());
            if listener.sockets.is_empty() && listener.asked + FOLLOWED_FOR <= now {
                over.push(client);
            } else {
                left = true;
            }
        }
        self.desk.sweep = left.then_some(now + FOLLOWED_FOR);
        for client in over {
            self.client_gone(client, now);
        }
    }

    /// What a client, or a user's programs, see.
    fn picture(&mut self, client: ClientId, user: UserId) -> Picture {
        let (lines, calls, monitored) = (self.lines_of(user), self.calls.views(client), self.monitored_by(user));
        let Some(listener) = self.desk.listeners.get_mut(&client) else {
            return Picture { seq: 0, lines, calls, monitored };
        };
        listener.seen = calls.iter().map(|view| (view.id, view.clone())).collect();
        listener.monitored = monitored.iter().map(|line| (line.line, line.clone())).collect();
        Picture { seq: listener.told.last(), lines, calls, monitored }
    }

    pub(in crate::net) fn lines_of(&self, user: UserId) -> Vec<(LineId, LineStatus, LineSettings)> {
        self.directory.lines_of(user).filter_map(|line| self.own_line(line)).collect()
    }

    /// A line as its users see it.
    fn own_line(&self, line: LineId) -> Option<(LineId, LineStatus, LineSettings)> {
        Some((line, self.lines.status(line)?.clone(), self.calls.settings(line)))
    }

    /// Sees to it that what happens to a user is kept for programs, from now on and while they ask.
    fn followed(&mut self, user: UserId, now: Instant) -> ClientId {
        let client = ClientId::api(user);
        let listener = self.desk.listeners.entry(client).or_insert_with(|| Listener::new(now));
        listener.asked = now;
        self.desk.sweep.get_or_insert(now + FOLLOWED_FOR);
        self.tell(Input::ClientArrived { client, user, place: None }, now);
        client
    }

    fn follow(
        &mut self,
        user: UserId,
        since: Option<u64>,
        now: Instant,
    ) -> Result<(Beginning, mpsc::Receiver<ClientEvent>), CauseCode> {
        if self.stop_by.is_some() {
            return Err(CauseCode::ShuttingDown);
        }
        let client = self.followed(user, now);
        let picture = self.picture(client, user);
        let Some(listener) = self.desk.listeners.get_mut(&client) else { return Err(CauseCode::Internal) };
        listener.sockets.retain(|socket| !socket.is_closed());
        if listener.sockets.len() >= MAX_FOLLOWERS {
            return Err(CauseCode::TooManyClients);
        }
        let (sender, events) = mpsc::channel(CLIENT_BACKLOG);
        listener.sockets.push(sender);
        let beginning = listener.replay(since).unwrap_or_else(|| Beginning::Picture(picture, Vec::new()));
        Ok((beginning, events))
    }

    /// Tells everybody who has the line how it is now.
    pub(super) fn show_line(&mut self, line: LineId) {
        let Some(status) = self.lines.status(line).cloned() else { return };
        let change = Change::Line(line, status, self.calls.settings(line));
        self.desk.tell_users(self.directory.users_of(line), change);
        self.show_monitored(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_wait_in_vain_make_room() {
        let mut desk = ClientDesk::default();
        let mut waiting = Vec::new();
        for _ in 0..MAX_WAITING {
            let (reply, answer) = oneshot::channel();
            waiting.push(answer);
            assert!(desk.wait(reply).is_some());
        }
        let (reply, mut answer) = oneshot::channel();
        assert!(desk.wait(reply).is_none());
        assert!(matches!(answer.try_recv(), Ok(Outcome::Done(CommandResult::Error(CauseCode::Overloaded)))));
        drop(waiting.pop());
        let (reply, mut answer) = oneshot::channel();
        let request = desk.wait(reply).expect("one has gone");
        assert!(request >= PROGRAMS, "no client's number");
        desk.reply(ClientId::api(UserId(0)), request, CommandResult::Ok);
        assert!(matches!(answer.try_recv(), Ok(Outcome::Done(CommandResult::Ok))));
    }
}
