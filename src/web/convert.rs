//! From the domain's types to the protocol's.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use offhook_media::sdp::SecurityKind;

use super::protocol::{self, Cause, Direction, LineState, Security, admin};
use super::{Labels, WebState};
use crate::call::effect::CommandResult;
use crate::call::view::{self, CallView, EndCause};
use crate::ids::LineId;
use crate::line::report::{GroupReport, Report};
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
        recorded: view.recorded,
        security: view.security.map(|security| match security {
            SecurityKind::Plain => Security::Plain,
            SecurityKind::Sdes => Security::Sdes,
            SecurityKind::Dtls => Security::Dtls,
        }),
        cause: view.cause.map(cause),
    }
}

pub(super) fn line(labels: &Labels, id: LineId, status: LineStatus) -> Option<protocol::Line> {
    let label = labels.line(id)?;
    Some(protocol::Line {
        id: id.to_string(),
        number: label.number.clone(),
        line_group: labels.group(label.group)?.name.clone(),
        state: line_state(status.state),
        cause: status.cause.map(cause),
    })
}

/// What an administrator sees.
pub(super) fn report(state: &WebState, report: Report) -> admin::LineGroups {
    let listeners = report.listeners.into_iter().map(|listener| admin::Listener {
        name: listener.name,
        transport: listener.transport,
        address: listener.address.to_string(),
        problem: listener.problem,
    });
    let addresses = report.strangers.addresses.into_iter();
    let addresses = addresses.map(|(address, requests)| admin::Stranger { address: address.to_string(), requests });
    admin::LineGroups {
        now: state.clock.unix_ms(Instant::now()),
        line_groups: report.groups.into_iter().filter_map(|group| line_group(state, group)).collect(),
        listeners: listeners.collect(),
        strangers: admin::Strangers { requests: report.strangers.requests, addresses: addresses.collect() },
    }
}

fn line_group(state: &WebState, group: GroupReport) -> Option<admin::LineGroup> {
    let clock = &state.clock;
    let label = state.labels.group(group.id)?.clone();
    let targets = group.targets.into_iter().map(|target| admin::Target {
        transport: target.transport.to_owned(),
        address: target.address.to_string(),
        down_since: target.down_since.map(|at| clock.unix_ms(at)),
    });
    let bindings = group.bindings.into_iter().map(|binding| admin::Binding {
        contact: binding.contact,
        source: binding.source.to_string(),
        until: clock.unix_ms(binding.until),
        user_agent: binding.user_agent,
    });
    Some(admin::LineGroup {
        id: group.id.to_string(),
        name: label.name,
        kind: label.kind,
        registrar: label.registrar,
        domain: label.domain,
        listener: label.listener,
        cause: group.cause.map(cause),
        targets: targets.collect(),
        lookup_at: group.lookup_at.map(|at| clock.unix_ms(at)),
        lines: group.lines.into_iter().filter_map(|(id, status)| line_report(state, id, status)).collect(),
        bindings: bindings.collect(),
        wrong_passwords: group.wrong_passwords,
    })
}

fn line_report(state: &WebState, id: LineId, status: LineStatus) -> Option<admin::LineReport> {
    let clock = &state.clock;
    let label = state.labels.line(id)?;
    Some(admin::LineReport {
        id: id.to_string(),
        number: label.number.clone(),
        user_name: label.user_name.clone(),
        pilot: label.pilot,
        state: line_state(status.state),
        cause: status.cause.map(cause),
        until: status.until.map(|at| clock.unix_ms(at)),
        target: status.target,
        last_error: status.last_error.map(|(why, at)| admin::LastError { cause: cause(why), at: clock.unix_ms(at) }),
        retries: status.retries,
        next_try: status.next_try.map(|at| clock.unix_ms(at)),
    })
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
