//! A call as an administrator sees it and as it is kept: who with whom, and when.

use std::borrow::Cow;
use std::time::Instant;

use offhook_media::session::Side;

use super::Calls;
use super::effect::{Sound, TargetUri};
use super::numbers::Known;
use super::state::{Call, Far, Near, SipLeg, Stage, Vacancy};
use super::view::EndCause;
use crate::ids::{CallId, LineGroupId, LineId, UserId};

/// Who or what has the audio of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// A user's browser.
    Browser(UserId),
    /// A PBX.
    Pbx(LineGroupId),
    /// The server itself, or nobody yet.
    Server,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallState {
    /// Nothing has been heard of who is called.
    Initiated,
    /// It rings.
    Alerting,
    /// It was answered, and its audio is being joined.
    Answering,
    /// Both sides talk.
    Connected,
    /// A side holds it.
    Held,
    /// It waits at a number until somebody takes it.
    Parked,
}

impl CallState {
    /// All of them, in the order in which a call goes through them.
    pub const ALL: [CallState; 6] = [
        CallState::Initiated,
        CallState::Alerting,
        CallState::Answering,
        CallState::Connected,
        CallState::Held,
        CallState::Parked,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            CallState::Initiated => "initiated",
            CallState::Alerting => "alerting",
            CallState::Answering => "answering",
            CallState::Connected => "connected",
            CallState::Held => "held",
            CallState::Parked => "parked",
        }
    }
}

/// Somebody in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// A line.
    Line(LineId),
    /// A number or name as SIP told it or a person dialled it.
    Other(String),
    /// A number as people know it.
    Known {
        /// Super-canonical where it can be.
        number: String,
        /// As it is shown.
        shown: String,
    },
    /// A number that only those in the call see.
    Private,
    /// Not known, or a service of the server.
    None,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Which.
    pub id: CallId,
    /// Who called.
    pub caller: Number,
    /// Who was called.
    pub called: Number,
    /// How far it has come.
    pub state: CallState,
    /// When it began.
    pub created: Instant,
    /// When it was answered.
    pub connected: Option<Instant>,
    /// Who has the audio of side A and of side B.
    pub parties: [Party; 2],
    /// Which sides should send and do not.
    pub silent: [bool; 2],
    /// Why it ended; None while it runs.
    pub cause: Option<EndCause>,
}

impl Calls {
    /// All calls.
    pub fn records(&self) -> impl Iterator<Item = CallRecord> + '_ {
        self.calls.values().map(|call| of(call))
    }

    /// Who or what has the audio of a side of a call.
    pub fn party(&self, call: CallId, side: Side) -> Party {
        self.calls.get(&call).map_or(Party::Server, |call| parties(call)[side as usize])
    }

    /// Whether what comes from a side of a call goes to somebody at the other one.
    pub fn is_passed_on(&self, call: CallId, side: Side) -> bool {
        let other = side.other() as usize;
        let hears = |call: &Call| call.hears[other] == Sound::Peer && parties(call)[other] != Party::Server;
        self.calls.get(&call).is_some_and(|call| hears(call))
    }

    /// One of them.
    pub fn record(&self, call: CallId) -> Option<CallRecord> {
        self.calls.get(&call).map(|call| of(call))
    }
}

pub(super) fn of(call: &Call) -> CallRecord {
    let remote = || other(&call.remote.number, call.known.as_ref(), call.private);
    let caller = match &call.near {
        Near::Client { line, .. } => Number::Line(*line),
        Near::Sip(_) => remote(),
    };
    let called = match &call.far {
        Far::Clients { line, .. } => Number::Line(*line),
        Far::Sip(_) if matches!(call.near, Near::Client { .. }) => remote(),
        Far::Sip(far) => far.shown().map_or(Number::None, called_by),
        Far::Service(_) => Number::None,
    };
    CallRecord {
        id: call.id,
        caller,
        called,
        state: state(call),
        created: call.created,
        connected: call.connected,
        parties: parties(call),
        silent: [Side::A, Side::B].map(|side| call.silence[side as usize].is_some()),
        cause: None,
    }
}

/// Who is called by an INVITE of ours, in a call that is passed on.
fn called_by(leg: &SipLeg) -> Number {
    let number = match &leg.target.uri {
        TargetUri::Number(number) => Cow::from(number),
        TargetUri::Uri(uri) => Cow::from(uri.to_string()),
    };
    other(&number, leg.known.as_ref(), leg.private)
}

/// A number for those who are not in the call.
pub(super) fn other(number: &str, known: Option<&Known>, is_private: bool) -> Number {
    match known {
        _ if is_private => Number::Private,
        Some(known) if known.number.is_empty() => Number::None,
        Some(Known { number, shown, .. }) => Number::Known { number: number.clone(), shown: shown.clone() },
        None => Number::Other(number.to_owned()),
    }
}

fn state(call: &Call) -> CallState {
    match call.stage {
        _ if matches!(call.vacancy, Some(Vacancy::Parked { .. })) => CallState::Parked,
        Stage::Initiated => CallState::Initiated,
        Stage::Alerting { .. } => CallState::Alerting,
        Stage::Answering => CallState::Answering,
        Stage::Connected if call.on_hold || call.held.contains(&true) => CallState::Held,
        Stage::Connected => CallState::Connected,
    }
}

/// Who or what has the audio of each side.
fn parties(call: &Call) -> [Party; 2] {
    let near = match &call.near {
        Near::Client { user, .. } => Party::Browser(*user),
        Near::Sip(near) => Party::Pbx(near.group),
    };
    let far = match &call.far {
        Far::Clients { taker, .. } => taker.as_ref().map_or(Party::Server, |taker| Party::Browser(taker.user)),
        Far::Sip(far) => far.shown().map_or(Party::Server, |leg| Party::Pbx(leg.target.group)),
        Far::Service(_) => Party::Server,
    };
    let mut parties = [near, far];
    if call.vacancy.is_some() {
        parties[call.browser_side() as usize] = Party::Server;
    }
    parties
}
