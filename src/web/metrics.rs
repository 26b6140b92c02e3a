//! What a monitoring system reads: `/metrics` as OpenMetrics text, which Prometheus takes.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::routes::HttpFailure;
use super::{WebState, convert};
use crate::call::cause::CauseCode;
use crate::quality::{CallReport, LegParty, LegReport};

/// Upper bounds of the histograms: of a score, of a share, of seconds.
const SCORES: [f64; 8] = [1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.25, 4.5];
const SHARES: [f64; 8] = [0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3];
const JITTERS: [f64; 7] = [0.001, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2];

/// Figures of the legs that ended.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    calls: Counter,
    scores: Histograms,
    losses: Histograms,
    jitters: Histograms,
}

type Histograms = Family<Party, Histogram, fn() -> Histogram>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Party {
    party: LegParty,
}

/// What legs are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Leg {
    party: LegParty,
    /// Received from it.
    codec: String,
    path: &'static str,
    encrypted: &'static str,
}

impl EncodeLabelValue for LegParty {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self {
            LegParty::Browser => "browser",
            LegParty::Pbx => "pbx",
        }
        .encode(encoder)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let calls = Counter::default();
        let scores: Histograms = Family::new_with_constructor(|| Histogram::new(SCORES));
        let losses: Histograms = Family::new_with_constructor(|| Histogram::new(SHARES));
        let jitters: Histograms = Family::new_with_constructor(|| Histogram::new(JITTERS));
        let mut registry = Registry::with_prefix("offhook");
        registry.register("calls_ended", "Calls that were answered and have ended", calls.clone());
        registry.register("leg_mos", "Mean opinion score of ended legs by the E-model", scores.clone());
        let help = "Share of packets of ended legs that never came or came too late";
        registry.register("leg_loss", help, losses.clone());
        let help = "Interarrival jitter of ended legs";
        registry.register_with_unit("leg_jitter", help, Unit::Seconds, jitters.clone());
        Metrics { registry: Mutex::new(registry), calls, scores, losses, jitters }
    }
}

impl Metrics {
    /// A call has ended.
    pub fn ended(&self, call: &CallReport) {
        self.calls.inc();
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

    /// Everything as text: the figures of ended legs, then how things stand.
    fn text(&self, calls: &[CallReport], silences: [u64; 2]) -> Result<String, std::fmt::Error> {
        let mut now = Registry::with_prefix("offhook");
        now.register("calls", "Calls at this moment", ConstGauge::new(calls.len() as i64));
        let legs = Family::<Leg, Gauge>::default();
        let silent = Family::<Party, Gauge>::default();
        let worst = Family::<Party, Gauge<f64, AtomicU64>>::default();
        for leg in calls.iter().flat_map(|call| &call.legs) {
            legs.get_or_create(&labels(leg)).inc();
            let party = Party { party: leg.party };
            silent.get_or_create(&party).inc_by(i64::from(leg.silent));
            if let Some(mos) = leg.mos {
                let worst = worst.get_or_create(&party);
                worst.set(if worst.get() == 0.0 { mos } else { worst.get().min(mos) });
            }
        }
        now.register("legs", "Legs of calls at this moment", legs);
        now.register("silent_legs", "Legs at this moment that should send audio and do not", silent);
        now.register("lowest_mos", "Lowest mean opinion score of the legs at this moment", worst);
        let [browser, pbx] = silences;
        let help = "How often a leg that should send audio fell silent for two seconds";
        for (party, count) in [("browser", browser), ("pbx", pbx)] {
            now.sub_registry_with_label(("party".into(), party.into())).register(
                "silences",
                help,
                ConstCounter::new(count),
            );
        }
        let mut text = String::new();
        encode(&mut text, &self.registry.lock().unwrap_or_else(PoisonError::into_inner))?;
        // Both end with the mark of the end, which may stand once.
        text.truncate(text.trim_end_matches("# EOF\n").len());
        encode(&mut text, &now)?;
        Ok(text)
    }
}

fn labels(leg: &LegReport) -> Leg {
    Leg {
        party: leg.party,
        codec: leg.codec_in.clone().unwrap_or_default(),
        path: if leg.transcoded { "transcoded" } else { "relayed" },
        encrypted: if leg.encrypted { "yes" } else { "no" },
    }
}

/// `GET /metrics`.
pub(super) async fn show(State(state): State<WebState>) -> Result<Response, HttpFailure> {
    let report = state.core.calls().await.ok_or(CauseCode::ShuttingDown)?;
    let silences = report.silences;
    let calls: Vec<CallReport> = report.calls.into_iter().map(|call| convert::call_report(&state, call)).collect();
    let text = state.metrics.text(&calls, silences).map_err(|_| CauseCode::Internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let text = metrics.text(&[call.clone(), call], [0, 3]).unwrap();
        for line in [
            "offhook_calls 2",
            "offhook_calls_ended_total 1",
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
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"));
        assert!(!text.contains("secret-number"), "who telephones with whom is nobody's business here");
    }
}
