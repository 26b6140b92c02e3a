//! A call as one client sees it.

use std::net::SocketAddr;
use std::time::Instant;

use offhook_media::codec::Codec;
use offhook_media::sdp::SecurityKind;

use super::cause::CauseCode;
use super::directory::Directory;
use super::effect::Caller;
use super::service::Services;
use super::state::{Call, Far, Near, Stage};
use crate::ids::{CallId, ClientId, LineId, UserId};

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
    /// The other side.
    pub remote: Caller,
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
    pub diverted_by: Option<Caller>,
    /// Whom it is being transferred to, while that is on its way.
    pub transferring_to: Option<String>,
}

/// The call as this client of this user sees it; none where it is not theirs to see.
pub(super) fn of(call: &Call, directory: &Directory, client: ClientId, user: UserId) -> Option<CallView> {
    let line = call.line().filter(|_| call.trail.hidden.is_none())?;
    if !directory.users_of(line).contains(&user) || call.active_user().is_some_and(|active| active != user) {
        return None;
    }
    let here = call.active_client() == Some(client);
    let (state, remote_state) = match (&call.near, call.stage) {
        (_, Stage::Connected) => (ConnectionState::Connected, ConnectionState::Connected),
        (Near::Client { .. }, Stage::Initiated) => (ConnectionState::Initiated, ConnectionState::Null),
        (Near::Client { .. }, _) => (ConnectionState::Connected, ConnectionState::Alerting),
        (Near::Sip(_), _) => (ConnectionState::Alerting, ConnectionState::Connected),
    };
    let elsewhere = !here && call.active_client().is_some() && matches!(call.far, Far::Clients { .. });
    let cause = elsewhere.then(|| EndCause::ours(CauseCode::AnsweredElsewhere));
    Some(CallView { here, cause, ..base(call, line, state, remote_state) })
}

pub(super) fn base(call: &Call, line: LineId, state: ConnectionState, remote_state: ConnectionState) -> CallView {
    let direction = match call.near {
        Near::Client { .. } => Direction::Outgoing,
        Near::Sip(_) => Direction::Incoming,
    };
    let own = if matches!(call.near, Near::Client { .. }) { 0 } else { 1 };
    let sides = call.silence.iter().enumerate();
    let silence = sides.filter_map(|(side, silence)| Some(Silence { own: side == own, from: (*silence)?.from }));
    CallView {
        id: call.id,
        line,
        direction,
        state,
        remote_state,
        remote: call.remote.clone(),
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
        diverted_by: call.trail.diverted_by(),
        transferring_to: None,
    }
}
