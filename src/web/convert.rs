//! From the domain's types to the protocol's.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::protocol::{self, Cause, Direction, LineState};
use super::{LineLabel, WebState};
use crate::call::effect::CommandResult;
use crate::call::view::{self, CallView, EndCause};
use crate::ids::LineId;
use crate::line::{self, LineStatus};

/// A moment of both clocks, to turn one into the other.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    instant: Instant,
    unix_ms: f64,
}

impl Clock {
    /// Both clocks as they stand.
    pub fn now() -> Clock {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { instant: Instant::now(), unix_ms: since.as_millis() as f64 }
    }

    fn unix_ms(&self, at: Instant) -> f64 {
        match at.checked_duration_since(self.instant) {
            Some(later) => self.unix_ms + later.as_millis() as f64,
            None => self.unix_ms - self.instant.duration_since(at).as_millis() as f64,
        }
    }
}

pub(super) fn call(state: &WebState, view: CallView) -> protocol::Call {
    protocol::Call {
        id: view.id.to_string(),
        line: view.line.to_string(),
        direction: match view.direction {
            view::Direction::Incoming => Direction::Incoming,
            view::Direction::Outgoing => Direction::Outgoing,
        },
        state: connection_state(view.state),
        remote_state: connection_state(view.remote_state),
        number: view.remote.number,
        name: view.remote.name,
        here: view.here,
        created_at: state.clock.unix_ms(view.created),
        connected_at: view.connected.map(|at| state.clock.unix_ms(at)),
        codec: view.codec.map(|codec| codec.name().to_owned()),
        cause: view.cause.map(cause),
    }
}

pub(super) fn line(label: &LineLabel, id: LineId, status: LineStatus) -> protocol::Line {
    protocol::Line {
        id: id.to_string(),
        number: label.number.clone(),
        line_group: label.group.clone(),
        state: line_state(status.state),
        cause: status.cause.map(cause),
    }
}

fn line_state(state: line::LineState) -> LineState {
    match state {
        line::LineState::Inactive => LineState::Inactive,
        line::LineState::Waiting => LineState::Waiting,
        line::LineState::Registering => LineState::Registering,
        line::LineState::Registered => LineState::Registered,
        line::LineState::Ready => LineState::Ready,
        line::LineState::Failed => LineState::Failed,
        line::LineState::Unregistered => LineState::Unregistered,
    }
}

pub(super) fn result(result: CommandResult) -> protocol::ReplyResult {
    match result {
        CommandResult::Ok => protocol::ReplyResult::Ok,
        CommandResult::Media { call, sdp } => protocol::ReplyResult::Media { call: call.to_string(), sdp },
        CommandResult::Error(code) => protocol::ReplyResult::Error { cause: cause(EndCause::ours(code)) },
    }
}

fn connection_state(state: view::ConnectionState) -> protocol::ConnectionState {
    match state {
        view::ConnectionState::Null => protocol::ConnectionState::Null,
        view::ConnectionState::Initiated => protocol::ConnectionState::Initiated,
        view::ConnectionState::Alerting => protocol::ConnectionState::Alerting,
        view::ConnectionState::Connected => protocol::ConnectionState::Connected,
        view::ConnectionState::Failed => protocol::ConnectionState::Failed,
    }
}

fn cause(cause: EndCause) -> Cause {
    Cause { code: cause.code, sip_status: cause.sip_status, detail: cause.detail }
}
