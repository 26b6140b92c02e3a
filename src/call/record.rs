//! A call as an administrator sees it and as it is kept: who with whom, and when.

use std::time::Instant;

use offhook_media::session::Side;

use super::Calls;
use super::effect::TargetUri;
use super::state::{Call, Far, Near};
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

/// Somebody in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// A line.
    Line(LineId),
    /// A number or name as SIP told it or a person dialled it.
    Other(String),
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
    /// When it began.
    pub created: Instant,
    /// When it was answered.
    pub connected: Option<Instant>,
    /// Who has the audio of side A and of side B.
    pub parties: [Party; 2],
    /// Which sides should send and do not.
    pub silent: [bool; 2],
}

impl Calls {
    /// All calls.
    pub fn records(&self) -> impl Iterator<Item = CallRecord> + '_ {
        self.calls.values().map(|call| of(call))
    }

    /// One of them.
    pub fn record(&self, call: CallId) -> Option<CallRecord> {
        self.calls.get(&call).map(|call| of(call))
    }
}

pub(super) fn of(call: &Call) -> CallRecord {
    let remote = || Number::Other(call.remote.number.clone());
    let (caller, near) = match &call.near {
        Near::Client { line, user, .. } => (Number::Line(*line), Party::Browser(*user)),
        Near::Sip(near) => (remote(), Party::Pbx(near.group)),
    };
    let (called, far) = match &call.far {
        Far::Clients { line, taker } => {
            (Number::Line(*line), taker.as_ref().map_or(Party::Server, |taker| Party::Browser(taker.user)))
        }
        Far::Sip(far) => {
            let leg = far.legs.iter().find(|leg| Some(leg.id) == far.answered).or(far.legs.first());
            let number = match leg.map(|leg| &leg.target.uri) {
                _ if matches!(call.near, Near::Client { .. }) => remote(),
                Some(TargetUri::Number(number)) => Number::Other(number.clone()),
                Some(TargetUri::Uri(uri)) => Number::Other(uri.to_string()),
                None => Number::None,
            };
            (number, leg.map_or(Party::Server, |leg| Party::Pbx(leg.target.group)))
        }
        Far::Service(_) => (Number::None, Party::Server),
    };
    let mut parties = [near, far];
    if call.vacancy.is_some() {
        parties[call.browser_side() as usize] = Party::Server;
    }
    CallRecord {
        id: call.id,
        caller,
        called,
        created: call.created,
        connected: call.connected,
        parties,
        silent: [Side::A, Side::B].map(|side| call.silence[side as usize].is_some()),
    }
}
