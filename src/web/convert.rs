//! From the domain's types to the protocol's.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use offhook_media::sdp::SecurityKind;
use offhook_media::{Codec, LegStats};

use super::preview;
use super::protocol::{self, Cause, Direction, LineState, Security, ServerMessage, SilentParty, admin};
use super::{Labels, WebState};
use crate::call::cause::CauseCode;
use crate::call::effect::CommandResult;
use crate::call::numbers::Typed;
use crate::call::record::{CallRecord, Number, Party};
use crate::call::service::Service;
use crate::call::settings::LineSettings;
use crate::call::view::{self, CallView, EndCause};
use crate::call::{MonitoredCall, given};
use crate::capture::recorder::Recording;
use crate::capture::trace::Trace;
use crate::ids::{LineId, UserId};
use crate::line::monitor::MonitoredLine;
use crate::line::report::{GroupReport, Report};
use crate::line::{self, LineStatus};
use crate::net::clients::{Change, Outcome, Personal, Picture, Prompt};
use crate::net::figures::CallFigures;
use crate::picture::PictureOf;
use crate::quality::{CallReport, LegParty, LegReport};
use crate::rights::{ServiceRight, ServiceSet};
use crate::site::{self, Site};

/// A moment of both clocks, to turn one into the other.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    instant: Instant,
    unix_ms: f64,
}

impl Clock {
    /// Both clocks as they stand.
    pub fn now() -> Clock {
        Clock { instant: Instant::now(), unix_ms: unix_ms() }
    }

    /// When this was made, in ms since 1970: with the server.
    pub(super) fn started_at(&self) -> f64 {
        self.unix_ms
    }

    pub(super) fn unix_ms(&self, at: Instant) -> f64 {
        match at.checked_duration_since(self.instant) {
            Some(later) => self.unix_ms + later.as_millis() as f64,
            None => self.unix_ms - self.instant.duration_since(at).as_millis() as f64,
        }
    }
}

/// The time in milliseconds since 1970-01-01 UTC.
pub(super) fn unix_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64
}

pub(super) fn call(state: &WebState, view: CallView) -> protocol::Call {
    protocol::Call {
        id: view.id.to_string(),
        line: view.line.to_string(),
        direction: direction(view.direction),
        state: connection_state(view.state),
        remote_state: connection_state(view.remote_state),
        number: view.remote.number,
        shown: view.shown,
        name: view.remote.name,
        picture: view.picture.map(picture_path),
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
        silence: view.silence.into_iter().map(silence).collect(),
        cause: view.cause.map(cause),
        services: view.services.iter().collect(),
        consultation_of: view.consultation_of.map(|call| call.to_string()),
        conference: view.conference.iter().map(|call| call.to_string()).collect(),
        diverted_by: view.diverted_by.map(|by| protocol::Diverter {
            number: by.number,
            shown: by.shown,
            name: by.name,
        }),
        transferring_to: view.transferring_to,
        parked_at: view.parked_at,
    }
}

fn silence(silence: view::Silence) -> protocol::Silence {
    protocol::Silence {
        party: if silence.own { SilentParty::Browser } else { SilentParty::Pbx },
        address: silence.from.map(|from| from.to_string()),
    }
}

/// A recording in words, with how the legs of the call sounded if it is over.
pub(super) fn trace(state: &WebState, recording: &Recording) -> Trace {
    let trace = recording.trace(&state.labels().names);
    let legs = recording.record.as_ref().map(|record| legs(state, record, &recording.legs)).unwrap_or_default();
    Trace { legs, ..trace }
}

/// A call with the figures of its legs.
pub(super) fn call_report(state: &WebState, figures: CallFigures) -> CallReport {
    let CallFigures { record, ended, legs } = figures;
    let number = |number: &Number| match number {
        Number::Line(line) => state.labels().line(*line).map(|label| label.number.clone()),
        Number::Other(number) | Number::Known { number, .. } => Some(number.clone()),
        Number::Private | Number::None => None,
    };
    let legs = self::legs(state, &record, &legs);
    CallReport {
        id: record.id.to_string(),
        caller: number(&record.caller),
        called: number(&record.called),
        started_at: state.clock.unix_ms(record.created),
        connected_at: record.connected.map(|at| state.clock.unix_ms(at)),
        ended_at: ended.map(|at| state.clock.unix_ms(at)),
        legs,
    }
}

/// The legs of a call towards others.
fn legs(state: &WebState, record: &CallRecord, legs: &[Option<LegStats>; 2]) -> Vec<LegReport> {
    let sides = record.parties.iter().zip(record.silent).zip(legs);
    let legs = sides.filter_map(|((party, silent), stats)| {
        let (party, name) = match *party {
            Party::Browser(user) => (LegParty::Browser, state.users.account(user)?.name.clone()),
            Party::Pbx(group) => (LegParty::Pbx, state.labels().group(group)?.name.clone()),
            Party::Server => return None,
        };
        Some(leg_report(party, name, silent, stats.as_ref()?))
    });
    legs.collect()
}

fn leg_report(party: LegParty, name: String, silent: bool, stats: &LegStats) -> LegReport {
    // Two digits behind the point are more than is known.
    let rounded = |value: f64| (value * 100.0).round() / 100.0;
    let ms = |duration: Duration| rounded(duration.as_secs_f64() * 1_000.0);
    let score = |score: f32| rounded(f64::from(score));
    let name_of = |codec: Codec| codec.name().to_owned();
    let expected = stats.packets_in + stats.lost;
    let unplayed = (stats.lost + stats.late).min(expected);
    LegReport {
        party,
        name,
        codec_in: stats.codec.map(name_of),
        codec_out: stats.codec_out.map(name_of),
        transcoded: stats.transcoded,
        encrypted: stats.encrypted,
        silent,
        packets_in: stats.packets_in,
        packets_out: stats.packets_out,
        loss: rounded(unplayed as f64 * 100.0 / expected.max(1) as f64),
        loss_remote: stats
            .lost_remote
            .map(|lost| rounded((f64::from(lost) * 100.0 / stats.packets_out.max(1) as f64).min(100.0))),
        jitter_ms: ms(stats.jitter),
        jitter_remote_ms: stats.jitter_remote.map(ms),
        round_trip_ms: stats.round_trip.map(ms),
        buffer_ms: stats.playout_delay.map(ms),
        concealed_ms: ms(stats.concealed),
        level: stats.level.map(|level| rounded(f64::from(level))),
        mos: stats.quality.map(|quality| score(quality.conversational)),
        mos_listening: stats.quality.map(|quality| score(quality.listening)),
        mos_remote: stats.quality_remote.map(|quality| score(quality.conversational)),
    }
}

/// A line as a user with these services sees it who has it.
fn line(
    labels: &Labels,
    has: ServiceSet,
    (id, status, settings): (LineId, LineStatus, LineSettings),
) -> Option<protocol::Line> {
    let label = labels.line(id)?;
    let mut services = given(label.services, has);
    // By way of another telephone, no audio is needed here.
    if settings.remote_office.is_some() && has.contains(ServiceRight::ControlLines) {
        services = services.union(label.services.both([Service::MakeCall].into_iter().collect()));
    }
    let group = labels.group(label.group)?;
    Some(protocol::Line {
        id: id.to_string(),
        number: label.number.clone(),
        line_group: group.name.clone(),
        state: line_state(status.state),
        cause: status.cause.map(cause),
        services: services.iter().collect(),
        feature_codes: group.feature_codes.clone(),
        do_not_disturb: settings.do_not_disturb,
        forwardings: settings.forwardings,
        remote_office: settings.remote_office,
        dialling: labels.plan(id).map(preview::dialling),
    })
}

/// What an administrator sees.
pub(super) fn report(state: &WebState, report: Report) -> admin::LineGroups {
    let listeners = report.listeners.into_iter().map(|listener| admin::Listener {
        name: listener.name,
        transport: listener.transport,
        address: listener.address.to_string(),
        problem: listener.problem,
        german: listener.german,
    });
    let addresses = report.strangers.addresses.into_iter();
    let addresses = addresses.map(|(address, requests)| admin::Stranger { address: address.to_string(), requests });
    let site = state.administration.site();
    admin::LineGroups {
        now: state.clock.unix_ms(Instant::now()),
        line_groups: report.groups.into_iter().filter_map(|group| line_group(state, &site, group)).collect(),
        listeners: listeners.collect(),
        strangers: admin::Strangers { requests: report.strangers.requests, addresses: addresses.collect() },
    }
}

fn line_group(state: &WebState, site: &Site, group: GroupReport) -> Option<admin::LineGroup> {
    let clock = &state.clock;
    let label = state.labels().group(group.id).filter(|label| !label.removed)?.clone();
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
    let stored = site.named::<site::LineGroup>(&label.name);
    Some(admin::LineGroup {
        id: group.id.to_string(),
        object: stored.map(|stored| stored.id.to_string()),
        from_file: stored.is_some_and(|stored| stored.from_file),
        name: label.name,
        kind: label.kind,
        registrar: label.registrar,
        domain: label.domain,
        listener: label.listener,
        cause: group.cause.map(cause),
        targets: targets.collect(),
        lookup_at: group.lookup_at.map(|at| clock.unix_ms(at)),
        lines: group.lines.into_iter().filter_map(|(id, status)| line_report(state, site, id, status)).collect(),
        bindings: bindings.collect(),
        wrong_passwords: group.wrong_passwords,
    })
}

fn line_report(state: &WebState, site: &Site, id: LineId, status: LineStatus) -> Option<admin::LineReport> {
    let clock = &state.clock;
    let labels = state.labels();
    let label = labels.line(id).filter(|label| !label.removed)?;
    let stored = site.named::<site::Line>(&label.number);
    Some(admin::LineReport {
        id: id.to_string(),
        object: stored.map(|stored| stored.id.to_string()),
        from_file: stored.is_some_and(|stored| stored.from_file),
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

pub(super) fn outcome(outcome: Outcome) -> protocol::ReplyResult {
    match outcome {
        Outcome::Done(CommandResult::Ok) => protocol::ReplyResult::Ok,
        Outcome::Done(CommandResult::Media { call, sdp }) => {
            protocol::ReplyResult::Media { call: call.to_string(), sdp }
        }
        Outcome::Done(CommandResult::Error(code)) => refusal(code),
        Outcome::Prompted(client) => protocol::ReplyResult::Prompted { client: client.to_string() },
    }
}

pub(super) fn refusal(code: CauseCode) -> protocol::ReplyResult {
    protocol::ReplyResult::Error { cause: cause(EndCause::ours(code)) }
}

/// A change as clients of a user are told of it. None for a line that has no name.
pub(super) fn change(state: &WebState, user: UserId, seq: u64, change: &Change) -> Option<ServerMessage> {
    Some(match change {
        Change::Call(view, events) => {
            ServerMessage::Call { seq, call: call(state, (**view).clone()), events: events.clone() }
        }
        Change::Line(id, status, settings) => {
            let has = state.services(user);
            ServerMessage::Line { seq, line: line(&state.labels(), has, (*id, status.clone(), settings.clone()))? }
        }
        Change::Monitored(line) => {
            let has = state.services(user);
            ServerMessage::MonitoredLine { seq, line: monitored_line(state, has, line)? }
        }
        Change::Unmonitored(line) => ServerMessage::UnmonitoredLine { seq, line: line.to_string() },
        Change::Personal(personal) => ServerMessage::Account { seq, account: account(personal.clone()) },
        Change::Digit { call, digit } => ServerMessage::Digit { seq, call: call.to_string(), digit: digit.to_string() },
        Change::Prompt(wanted) => ServerMessage::Prompt { seq, prompt: prompt(wanted.clone()) },
    })
}

fn prompt(prompt: Prompt) -> protocol::Prompt {
    match prompt {
        Prompt::MakeCall { line, number: Typed { text: number, project, private, .. } } => {
            protocol::Prompt::MakeCall { line: line.to_string(), number, project, private }
        }
        Prompt::AnswerCall { call } => protocol::Prompt::AnswerCall { call: call.to_string() },
        Prompt::ConsultationCall { call, number: Typed { text: number, project, private, .. } } => {
            protocol::Prompt::ConsultationCall { call: call.to_string(), number, project, private }
        }
        Prompt::DirectedPickupCall { line, number } => {
            protocol::Prompt::DirectedPickupCall { line: line.to_string(), number }
        }
    }
}

/// All that a user has.
pub(super) fn picture(state: &WebState, user: UserId, picture: Picture) -> protocol::Picture {
    let has = state.services(user);
    let lines = picture.lines.into_iter();
    protocol::Picture {
        seq: picture.seq,
        lines: lines.filter_map(|known| line(&state.labels(), has, known)).collect(),
        calls: picture.calls.into_iter().map(|view| call(state, view)).collect(),
        monitored_lines: picture.monitored.iter().filter_map(|line| monitored_line(state, has, line)).collect(),
    }
}

/// What a user's clients go by.
pub(super) fn account(personal: Personal) -> protocol::Account {
    protocol::Account {
        services: personal.services.iter().collect(),
        settings: personal.settings,
        picture: personal.picture.map(picture_path),
    }
}

/// Where a picture is. Another picture is at another place, so that each can be kept.
fn picture_path(PictureOf { user, version }: PictureOf) -> String {
    format!("/api/v1/users/{user}/picture?version={version}")
}

fn monitored_line(state: &WebState, has: ServiceSet, line: &MonitoredLine) -> Option<protocol::MonitoredLine> {
    let labels = state.labels();
    let label = labels.line(line.line)?;
    let group = labels.group(label.group)?;
    let call = |call: &MonitoredCall| {
        let remote = call.remote.clone();
        let (number, name) = remote.map_or((None, None), |remote| (Some(remote.number), remote.name));
        protocol::MonitoredCall {
            id: call.id.to_string(),
            direction: direction(call.direction),
            state: connection_state(call.state),
            remote_state: connection_state(call.remote_state),
            number,
            shown: call.shown.clone(),
            name,
            created_at: state.clock.unix_ms(call.created) as u64,
            connected_at: call.connected.map(|at| state.clock.unix_ms(at) as u64),
            services: given(call.services, has).iter().collect(),
        }
    };
    let forwardings = line.forwardings.iter().map(|set| protocol::MonitoredForwarding {
        kind: set.kind,
        callers: set.callers,
        to: set.to.clone(),
        after: set.after,
    });
    Some(protocol::MonitoredLine {
        id: line.line.to_string(),
        number: label.number.clone(),
        line_group: group.name.clone(),
        owner: line.owner.clone(),
        picture: line.picture.map(picture_path),
        state: line_state(line.state),
        rights: line.rights.clone(),
        calls: line.calls.iter().map(call).collect(),
        do_not_disturb: line.do_not_disturb,
        forwardings: forwardings.collect(),
        services: given(line.services, has).iter().collect(),
    })
}

fn direction(direction: view::Direction) -> Direction {
    match direction {
        view::Direction::Incoming => Direction::Incoming,
        view::Direction::Outgoing => Direction::Outgoing,
    }
}

fn connection_state(state: view::ConnectionState) -> protocol::ConnectionState {
    match state {
        view::ConnectionState::Null => protocol::ConnectionState::Null,
        view::ConnectionState::Initiated => protocol::ConnectionState::Initiated,
        view::ConnectionState::Alerting => protocol::ConnectionState::Alerting,
        view::ConnectionState::Connected => protocol::ConnectionState::Connected,
        view::ConnectionState::Held => protocol::ConnectionState::Held,
        view::ConnectionState::Queued => protocol::ConnectionState::Queued,
        view::ConnectionState::Failed => protocol::ConnectionState::Failed,
    }
}

fn cause(cause: EndCause) -> Cause {
    Cause { code: cause.code, sip_status: cause.sip_status, detail: cause.detail }
}
