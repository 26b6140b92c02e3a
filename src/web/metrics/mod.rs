//! What a monitoring system reads: `/metrics` as OpenMetrics text, which Prometheus takes.

mod now;
pub(super) mod process;

use std::time::Instant;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use self::now::{Captured, Group, Now};
use super::routes::HttpFailure;
use super::{Files, WebState, convert};
use crate::call::cause::CauseCode;
use crate::line::report::GroupReport;
use crate::net::capture::Selection;
use crate::quality::{CallReport, LegParty};

/// Upper bounds of the histograms: of a score, of a share, of seconds.
const SCORES: [f64; 8] = [1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.25, 4.5];
const SHARES: [f64; 8] = [0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3];
const JITTERS: [f64; 7] = [0.001, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2];

/// Figures of what ended.
#[derive(Debug)]
pub struct Metrics {
    scores: Histograms,
    losses: Histograms,
    jitters: Histograms,
    verdicts: Family<[(&'static str, String); 1], Counter>,
}

type Histograms = Family<Party, Histogram, fn() -> Histogram>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Party {
    party: LegParty,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            scores: Family::new_with_constructor(|| Histogram::new(SCORES)),
            losses: Family::new_with_constructor(|| Histogram::new(SHARES)),
            jitters: Family::new_with_constructor(|| Histogram::new(JITTERS)),
            verdicts: Family::default(),
        }
    }
}

impl Metrics {
    /// An answered call has ended.
    pub fn ended(&self, call: &CallReport) {
        for leg in &call.legs {
            let party = Party { party: leg.party };
            if let Some(mos) = leg.mos {
                self.scores.get_or_create(&party).observe(mos);
            }
            // A leg that sent nothing has neither.
            if leg.packets_in > 0 {
                self.losses.get_or_create(&party).observe(leg.loss / 100.0);
                self.jitters.get_or_create(&party).observe(leg.jitter_ms / 1_000.0);
            }
        }
    }

    /// It was found out why a call failed or was bad. `code` is one of the table of verdicts.
    pub fn judged(&self, code: &str) {
        self.verdicts.get_or_create(&[("code", code.to_owned())]).inc();
    }

    /// Everything as text.
    fn text(&self, now: &Now) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::default();
        now.register(&mut registry);
        let offhook = registry.sub_registry_with_prefix("offhook");
        offhook.register("leg_mos", "Mean opinion score of ended legs by the E-model", self.scores.clone());
        let help = "Share of packets of ended legs that never came or came too late";
        offhook.register("leg_loss", help, self.losses.clone());
        let help = "Interarrival jitter of ended legs";
        offhook.register_with_unit("leg_jitter", help, Unit::Seconds, self.jitters.clone());
        let help = "Ended calls that failed, were bad or found nobody, by what their traces come to";
        offhook.register("verdicts", help, self.verdicts.clone());
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// `GET /metrics`.
pub(super) async fn show(State(state): State<WebState>) -> Result<Response, HttpFailure> {
    let now = now(&state).await.ok_or(CauseCode::ShuttingDown)?;
    let text = state.metrics.text(&now).map_err(|_| CauseCode::Internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// How things stand. None when the core has stopped.
async fn now(state: &WebState) -> Option<Now> {
    let calls = state.core.calls().await?;
    let report = state.core.report().await?;
    let Files { certificates, process, .. } = state.files().await;
    let database = state.store.size().await.ok();
    let captures = state.captures.as_ref();
    let group = |group: GroupReport| {
        let silent = group.targets.iter().filter(|target| target.down_since.is_some()).count() as i64;
        Some(Group {
            name: state.labels().group(group.id).filter(|label| !label.removed)?.name.clone(),
            lines: group.lines.iter().map(|(_, status)| status.state).collect(),
            targets: [group.targets.len() as i64 - silent, silent],
            wrong_passwords: group.wrong_passwords,
            capturing: captures.is_some_and(|captures| captures.selected(group.id).selection != Selection::Off),
        })
    };
    let deaf = report.listeners.iter().filter(|listener| listener.problem.is_some()).count() as i64;
    Some(Now {
        started_at: state.clock.started_at(),
        uptime: state.clock.unix_ms(Instant::now()) - state.clock.started_at(),
        states: calls.calls.iter().map(|call| call.record.state).collect(),
        calls: calls.calls.into_iter().map(|call| convert::call_report(state, call)).collect(),
        ended: calls.ended.into_iter().collect(),
        silences: calls.silences,
        listeners: [report.listeners.len() as i64 - deaf, deaf],
        strangers: report.strangers.requests,
        groups: report.groups.into_iter().filter_map(group).collect(),
        clients: calls.clients,
        users: calls.users,
        workers: calls.loads,
        queues: calls.queues,
        captures: captures.map(|captures| Captured {
            lost: captures.lost().messages,
            lost_packets: captures.lost().packets,
            stopped: captures.stopped().is_some(),
            queued: captures.queued().0,
        }),
        database,
        certificates,
        process,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::CallState;
    use crate::line::LineState;
    use crate::net::figures::QueueLength;
    use crate::net::media::WorkerLoad;
    use crate::quality::LegReport;
    use crate::web::protocol::status::Certificate;

    fn leg(party: LegParty, mos: f64, loss: f64) -> LegReport {
        LegReport {
            party,
            name: "main".into(),
            codec_in: Some("PCMA".into()),
            codec_out: Some("PCMA".into()),
            transcoded: false,
            encrypted: party == LegParty::Browser,
            silent: party == LegParty::Pbx,
            packets_in: 100,
            packets_out: 100,
            loss,
            loss_remote: None,
            jitter_ms: 3.0,
            jitter_remote_ms: None,
            round_trip_ms: None,
            buffer_ms: None,
            concealed_ms: 0.0,
            level: None,
            mos: Some(mos),
            mos_listening: Some(mos),
            mos_remote: None,
        }
    }

    #[test]
    fn legs_are_counted_by_what_they_are() {
        let call = CallReport {
            id: "1".into(),
            caller: Some("secret-number".into()),
            called: None,
            started_at: 0.0,
            connected_at: None,
            ended_at: None,
            legs: vec![leg(LegParty::Browser, 4.3, 0.0), leg(LegParty::Pbx, 2.7, 4.0)],
        };
        let metrics = Metrics::default();
        metrics.ended(&call);
        let now = Now {
            calls: vec![call.clone(), call],
            states: vec![CallState::Alerting, CallState::Held],
            silences: [0, 3],
            ..Now::default()
        };
        let text = metrics.text(&now).unwrap();
        for line in [
            "offhook_calls{state=\"alerting\"} 1",
            "offhook_calls{state=\"held\"} 1",
            "offhook_calls{state=\"connected\"} 0",
            "offhook_legs{party=\"browser\",codec=\"PCMA\",path=\"relayed\",encrypted=\"yes\"} 2",
            "offhook_silent_legs{party=\"browser\"} 0",
            "offhook_silent_legs{party=\"pbx\"} 2",
            "offhook_silences_total{party=\"pbx\"} 3",
            "offhook_lowest_mos{party=\"pbx\"} 2.7",
            "offhook_leg_mos_bucket{le=\"3.0\",party=\"pbx\"} 1",
            "offhook_leg_mos_bucket{le=\"2.5\",party=\"pbx\"} 0",
            "offhook_leg_loss_sum{party=\"pbx\"} 0.04",
            "offhook_leg_jitter_seconds_count{party=\"browser\"} 1",
        ] {
            has(&text, line);
        }
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"));
        assert!(!text.contains("secret-number"), "who telephones with whom is nobody's business here");
    }

    #[test]
    fn how_everything_stands_is_told_with_labels_of_the_configuration_only() {
        let metrics = Metrics::default();
        metrics.judged("busy");
        let group = |name: &str, lines: Vec<LineState>| Group {
            name: name.into(),
            lines,
            targets: [1, 2],
            wrong_passwords: 4,
            capturing: name == "main",
        };
        let certificate = |used_by: &str, expires_at: Option<f64>| Certificate {
            used_by: used_by.into(),
            file: "/etc/secret-place.pem".into(),
            names: Vec::new(),
            expires_at,
            problem: expires_at.is_none().then(|| "It is gone.".into()),
        };
        let now = Now {
            started_at: 5_000.0,
            uptime: 90_500.0,
            ended: vec![((CauseCode::Busy, false), 3), ((CauseCode::NormalClearing, true), 7)],
            groups: vec![
                group("main", vec![LineState::Registered, LineState::Registered, LineState::Failed]),
                group("second", Vec::new()),
            ],
            strangers: 6,
            listeners: [2, 1],
            clients: 5,
            users: 4,
            workers: vec![WorkerLoad { busy: 0.5, late: 0.25, overloaded: true }],
            queues: vec![QueueLength { name: "core", length: 9, limit: 10 }],
            captures: Some(Captured { lost: 8, lost_packets: 9, stopped: true, queued: 77 }),
            database: Some(4096),
            certificates: vec![certificate("https", Some(2_000.0)), certificate("main", None)],
            process: Some(process::Process {
                cpu: 1.5,
                memory: 1024,
                files: 12,
                sockets: 6,
                max_files: Some(99),
                workers: vec![(0, 0.75)],
            }),
            ..Now::default()
        };
        let text = metrics.text(&now).unwrap();
        for line in [
            concat!("offhook_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "offhook_uptime_seconds 90.5",
            "offhook_calls_ended_total{cause=\"busy\",answered=\"no\"} 3",
            "offhook_calls_ended_total{cause=\"normal_clearing\",answered=\"yes\"} 7",
            "offhook_verdicts_total{code=\"busy\"} 1",
            "offhook_lines{group=\"main\",state=\"registered\"} 2",
            "offhook_lines{group=\"main\",state=\"failed\"} 1",
            "offhook_lines{group=\"second\",state=\"registered\"} 0",
            "offhook_pbx_targets{group=\"main\",state=\"silent\"} 2",
            "offhook_wrong_passwords_total{group=\"second\"} 4",
            "offhook_unexpected_requests_total 6",
            "offhook_listeners{state=\"failed\"} 1",
            "offhook_clients 5",
            "offhook_users 4",
            "offhook_media_worker_busy_ratio{worker=\"0\"} 0.5",
            "offhook_media_worker_late_ratio{worker=\"0\"} 0.25",
            "offhook_media_worker_overloaded{worker=\"0\"} 1.0",
            "offhook_media_worker_cpu_seconds_total{worker=\"0\"} 0.75",
            "offhook_queue_length{queue=\"core\"} 9",
            "offhook_queue_limit{queue=\"core\"} 10",
            "offhook_capturing{group=\"main\"} 1",
            "offhook_capturing{group=\"second\"} 0",
            "offhook_capture_lost_messages_total 8",
            "offhook_capture_lost_packets_total 9",
            "offhook_capture_stopped 1",
            "offhook_capture_queue_bytes 77",
            "offhook_database_up 1",
            "offhook_database_size_bytes 4096",
            "offhook_certificate_readable{used_by=\"main\"} 0.0",
            "offhook_certificate_expiry_timestamp_seconds{used_by=\"https\"} 2.0",
            "offhook_open_sockets 6",
            "process_start_time_seconds 5.0",
            "process_cpu_seconds_total 1.5",
            "process_resident_memory_bytes 1024",
            "process_open_fds 12",
            "process_max_fds 99.0",
        ] {
            has(&text, line);
        }
        assert!(!text.contains("secret-place"));
    }

    #[track_caller]
    fn has(text: &str, line: &str) {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
