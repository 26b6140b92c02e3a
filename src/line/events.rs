//! The events of ECMA-269 (clause 17.2) that a line's clients see, told from one picture of a call to the next.
//!
//! ECMA-269 has one Transferred and one Conferenced for the two calls that are joined; here each call has its own, since
//! each is told of by itself.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::cause::CauseCode;
use crate::call::view::{CallView, ConnectionState, Direction};

/// An event of a call at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallEvent {
    /// Service Initiated: the line is about to call.
    ServiceInitiated,
    /// Originated: the number is complete, and the PBX is asked.
    Originated,
    /// Delivered: it rings, here or there.
    Delivered,
    /// Established: both talk.
    Established,
    /// Held: the line's user has put the other side on hold.
    Held,
    /// Retrieved: the line's user talks with who was on hold.
    Retrieved,
    /// Queued: the other side waits where the line's user has parked it.
    Queued,
    /// Diverted: the call has left the line for another number.
    Diverted,
    /// Transferred: the line's user has left, and the others talk with each other.
    Transferred,
    /// Conferenced: the call is joined with others.
    Conferenced,
    /// Failed: the call could not be made.
    Failed,
    /// Connection Cleared: the line is no longer in the call.
    ConnectionCleared,
}

/// What has happened between two pictures of a call, in the order of ECMA-269. `before` is none for a call that was not
/// seen yet.
pub fn between(before: Option<&CallView>, after: &CallView) -> Vec<CallEvent> {
    let mut events = Vec::new();
    let before_state = before.map_or(ConnectionState::Null, |view| view.state);
    let over = |state| matches!(state, ConnectionState::Null | ConnectionState::Failed);
    if before.is_none() && after.direction == Direction::Outgoing {
        events.extend([CallEvent::ServiceInitiated, CallEvent::Originated]);
    }
    if over(after.state) {
        if before.is_some_and(|view| over(view.state)) {
            return Vec::new();
        }
        if after.state == ConnectionState::Failed {
            events.push(CallEvent::Failed);
        }
        events.push(match after.cause.as_ref().map(|cause| cause.code) {
            Some(CauseCode::Transferred) => CallEvent::Transferred,
            Some(CauseCode::Diverted | CauseCode::PickedUp) => CallEvent::Diverted,
            _ => CallEvent::ConnectionCleared,
        });
        return events;
    }
    let rings = |view: &CallView| match view.direction {
        Direction::Incoming => view.state == ConnectionState::Alerting,
        Direction::Outgoing => view.remote_state == ConnectionState::Alerting,
    };
    if rings(after) && !before.is_some_and(rings) {
        events.push(CallEvent::Delivered);
    }
    let established = |view: &CallView| view.connected.is_some();
    if established(after) && !before.is_some_and(established) {
        events.push(CallEvent::Established);
    }
    if !after.conference.is_empty() && before.is_none_or(|view| view.conference != after.conference) {
        events.push(CallEvent::Conferenced);
    } else if before_state != after.state && before.is_some() {
        match (before_state, after.state) {
            (_, ConnectionState::Held) => events.push(CallEvent::Held),
            (_, ConnectionState::Queued) => events.push(CallEvent::Queued),
            (ConnectionState::Held | ConnectionState::Queued, ConnectionState::Connected) => {
                events.push(CallEvent::Retrieved);
            }
            _ => {}
        }
    }
    events
}
