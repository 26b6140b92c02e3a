//! A call as one client sees it.

use std::net::SocketAddr;
use std::time::Instant;

use offhook_media::codec::Codec;
use offhook_media::sdp::SecurityKind;

use super::cause::CauseCode;
use super::directory::Directory;
use super::effect::{Caller, Effect};
use super::service::Services;
use super::state::{Call, Far, Near, Related, Stage, Vacancy};
use super::{Calls, services};
use crate::ids::{CallId, ClientId, LineId, UserId};
use crate::picture::PictureOf;
use crate::rights::RightsTable;

/// Who began a call, seen from the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Somebody called the line.
    Incoming,
    /// The line's user called somebody.
    Outgoing,
}

/// ECMA-269 connection states (6.1.5) that calls reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not there, or no longer.
    Null,
    /// Being set up.
    Initiated,
    /// Ringing.
    Alerting,
    /// In the call.
    Connected,
    /// In the call, and waiting.
    Held,
    /// Parked, or waiting for somebody to become free.
    Queued,
    /// Could not be set up.
    Failed,
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndCause {
    /// What it means.
    pub code: CauseCode,
    /// The SIP status behind it.
    pub sip_status: Option<u16>,
    /// The other side's own words.
    pub detail: Option<String>,
}

impl EndCause {
    /// A cause of our own, without a SIP status.
    pub fn ours(code: CauseCode) -> EndCause {
        EndCause { code, sip_status: None, detail: None }
    }
}

/// Somebody who should send audio and does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Whether it is the user's own browser; else it is the PBX.
    pub own: bool,
    /// Where the audio should come from.
    pub from: Option<SocketAddr>,
}

/// A call as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// The call.
    pub id: CallId,
    /// The line it runs on.
    pub line: LineId,
    /// Who began.
    pub direction: Direction,
    /// The user's own connection.
    pub state: ConnectionState,
    /// The other side's connection.
    pub remote_state: ConnectionState,
    /// The other side: its number as people know it, where its connection has a location.
    pub remote: Caller,
    /// That number as it is shown.
    pub shown: String,
    /// The picture of whose line that is.
    pub picture: Option<PictureOf>,
    /// Whether this client has the audio.
    pub here: bool,
    /// When the call appeared.
    pub created: Instant,
    /// When it was answered.
    pub connected: Option<Instant>,
    /// The codec towards the PBX.
    pub codec: Option<Codec>,
    /// Whether it is recorded.
    pub recorded: bool,
    /// Who should send audio and does not.
    pub silence: Vec<Silence>,
    /// How the audio towards the PBX is encrypted.
    pub security: Option<SecurityKind>,
    /// Why it ended, or why it is not here.
    pub cause: Option<EndCause>,
    /// What the client may ask for now.
    pub services: Services,
    /// The held call that this one was made for.
    pub consultation_of: Option<CallId>,
    /// The other calls of the same client that are in a conference with this one.
    pub conference: Vec<CallId>,
    /// Who has diverted it last, where somebody did.
    pub diverted_by: Option<Diverter>,
    /// Whom it is being transferred to, while that is on its way.
    pub transferring_to: Option<String>,
    /// Where it waits, while it is parked.
    pub parked_at: Option<String>,
}

/// Somebody who has sent a call on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diverter {
    /// The number.
    pub number: String,
    /// The number as it is shown.
    pub shown: String,
    /// The name.
    pub name: Option<String>,
}

impl Calls {
    /// The calls a client sees, for a client that has just come.
    pub fn views(&self, client: ClientId) -> Vec<CallView> {
        let Some(user) = self.clients.user(client) else { return Vec::new() };
        let mut views: Vec<_> = self.calls.values().filter_map(|call| self.view(call, client, user)).collect();
        views.sort_by_key(|view| view.id);
        views
    }

    /// Tells clients of the calls that have changed, and of those in which something else is possible with them.
    pub(super) fn show_changed(&mut self) {
        for client in std::mem::take(&mut self.touched) {
            for id in self.calls_of(client) {
                if self.calls.get(&id).is_some_and(|call| self.related(call, client) != call.shown) {
                    self.changed.insert(id);
                }
            }
        }
        for id in std::mem::take(&mut self.changed) {
            self.show(id);
        }
    }

    fn show(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(line) = call.shown_at() else { return };
        let shown = call.active_client().map(|client| self.related(call, client));
        for (client, user) in self.clients.told(&self.directory.concerned(line, call.active_user())) {
            if let Some(view) = self.view(call, client, user) {
                self.effects.push_back(Effect::CallChanged { client, call: Box::new(view) });
            }
        }
        if let (Some(shown), Some(call)) = (shown, self.calls.get_mut(&id)) {
            call.shown = shown;
        }
    }

    /// What a client is shown of a call that depends on its other calls.
    fn related(&self, call: &Call, client: ClientId) -> Related {
        let others = self.by_client.get(&client).into_iter().flatten().filter(|&&other| other != call.id);
        let siblings: Vec<&Call> = others.filter_map(|other| self.calls.get(other)).map(|call| &**call).collect();
        let together = |other: &&&Call| call.conference.is_some() && other.conference == call.conference;
        let conference = siblings.iter().filter(together).map(|other| other.id).collect();
        let mut services = services::of(call, &siblings, client, &self.directory);
        if let Some(user) = self.clients.user(client) {
            services = services::given(services, self.rights.services(user));
        }
        // What the client has no more, somebody else has: nothing is told here of what becomes of it.
        let consultation_of = call.consultation_of.filter(|of| siblings.iter().any(|other| other.id == *of));
        Related { services, consultation_of, conference }
    }

    /// The call as this client of this user sees it; none where it is not theirs to see.
    fn view(&self, call: &Call, client: ClientId, user: UserId) -> Option<CallView> {
        let line = call.shown_at()?;
        let theirs = call.active_user().is_none_or(|active| active == user) && call.is_for(user);
        if !theirs || !self.directory.concerned(line, call.active_user()).contains(&user) {
            return None;
        }
        let here = call.active_client() == Some(client);
        // A program asks for the client that has the audio.
        let asking = call.active_client().filter(|_| client.api_user().is_some()).unwrap_or(client);
        let Related { services, consultation_of, conference } = self.related(call, asking);
        let (state, remote_state) = states(call);
        let elsewhere = !here && call.active_client().is_some() && matches!(call.far, Far::Clients { .. });
        let cause = elsewhere.then(|| EndCause::ours(CauseCode::AnsweredElsewhere));
        Some(CallView {
            here,
            cause: cause.or_else(|| call.trouble.clone()),
            services,
            conference,
            consultation_of,
            transferring_to: call.transfer.as_ref().map(|transfer| transfer.to.shown().to_owned()),
            parked_at: call.parked_at().map(|at| at.number.clone()),
            ..base(call, (line, user), &self.directory, &self.rights, (state, remote_state))
        })
    }
}

/// The connections of the user and of the other side.
pub(super) fn states(call: &Call) -> (ConnectionState, ConnectionState) {
    use ConnectionState::{Alerting, Connected, Held, Initiated, Null, Queued};
    let remote = if call.held[call.remote_side() as usize] { Held } else { Connected };
    let own = if call.on_hold { Held } else { Connected };
    match (&call.vacancy, &call.near, call.stage) {
        (Some(Vacancy::Recalling { .. }), ..) => (Alerting, remote),
        (Some(Vacancy::Parked { .. }), ..) => (Queued, remote),
        (_, _, Stage::Connected) => (own, remote),
        (_, Near::Client { .. }, Stage::Initiated) => (Initiated, Null),
        (_, Near::Client { .. }, _) => (own, Alerting),
        (_, Near::Sip(_), _) => (Alerting, Connected),
    }
}

impl Call {
    /// Who began, seen from the line.
    pub(super) fn direction(&self) -> Direction {
        match self.near {
            Near::Client { .. } => Direction::Outgoing,
            Near::Sip(_) => Direction::Incoming,
        }
    }
}

/// A call as a user of its line sees it, but for what depends on the client.
pub(super) fn base(
    call: &Call,
    (line, user): (LineId, UserId),
    directory: &Directory,
    rights: &RightsTable,
    (state, remote_state): (ConnectionState, ConnectionState),
) -> CallView {
    // Who else uses the line sees a private call only once its user has left it, and then not whom it is with.
    let hidden = call.private && call.last_client().is_none_or(|(_, whose)| whose != user);
    let known = call.known.as_ref().filter(|_| !hidden);
    // Whose line it is, as far as this user may know.
    let group = directory.group_of(line);
    let of_line = group.zip(known).and_then(|(group, known)| directory.line_known_as(group, &known.number));
    let seen = of_line.map(|line| (line, rights.on_line(user, line)));
    let owner = seen.filter(|(_, on_line)| on_line.names_owner()).and_then(|(line, _)| rights.owner(line));
    let picture = seen.filter(|(_, on_line)| on_line.shows_picture()).and_then(|(line, _)| rights.picture(line));
    let nobody = Caller::default();
    let Caller { number, name } = if hidden { &nobody } else { &call.remote };
    let (number, shown) = known.map_or((number, number), |known| (&known.number, &known.shown));
    let remote = Caller { number: number.clone(), name: name.clone().or_else(|| owner.map(str::to_owned)) };
    let own = if matches!(call.near, Near::Client { .. }) { 0 } else { 1 };
    let sides = call.silence.iter().enumerate();
    let silence = sides.filter_map(|(side, silence)| Some(Silence { own: side == own, from: (*silence)?.from }));
    CallView {
        id: call.id,
        line,
        direction: call.direction(),
        state,
        remote_state,
        remote,
        shown: shown.clone(),
        picture,
        here: false,
        created: call.created,
        connected: call.connected,
        codec: call.codec,
        recorded: call.recorded,
        silence: silence.collect(),
        security: call.security,
        cause: None,
        services: Services::default(),
        consultation_of: None,
        conference: Vec::new(),
        diverted_by: call.trail.diverted_by().map(|Caller { number, name }| {
            let known = call.trail.diverter.as_ref();
            let (number, shown) = known.map_or((&number, &number), |known| (&known.number, &known.shown));
            Diverter { number: number.clone(), shown: shown.clone(), name }
        }),
        transferring_to: None,
        parked_at: None,
    }
}
