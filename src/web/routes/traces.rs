//! Why calls failed: their traces and verdicts, for administrators.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::HttpFailure;
use super::captures::PCAPNG;
use super::table::{Method, Operation, Routes};
use crate::call::cause::CauseCode;
use crate::capture::case::Case;
use crate::capture::diagnosis::diagnose;
use crate::capture::failures::{Failures, VerdictStore};
use crate::capture::file::{FileNames, export};
use crate::capture::ladder;
use crate::capture::pseudonyms::Pseudonyms;
use crate::capture::recorder::{Extract, Recording};
use crate::capture::trace::Trace;
use crate::log;
use crate::net::capture::Captures;
use crate::web::protocol::admin::CallTrace;
use crate::web::{WebState, convert};

/// What is looked at where no begin is given, in milliseconds: a day.
const PERIOD: f64 = 24.0 * 3600.0 * 1_000.0;
/// How far the begin of a call as it is kept may be from that of a trace: one counts milliseconds, the other less.
const SAME_BEGIN: f64 = 1.0;

/// What this program is called in what it writes.
const APPLICATION: &str = concat!("Offhook ", env!("CARGO_PKG_VERSION"));
/// Lines of the log in a case file.
const CASE_LINES: usize = 2_000;

/// In what form a trace is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// JSON.
    #[default]
    Json,
    /// A ladder diagram as text.
    Text,
    /// A capture file.
    Pcapng,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// By default JSON.
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WantedCase {
    /// Without numbers and names of people.
    #[serde(default)]
    pseudonyms: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Period {
    /// From this time on, in milliseconds since 1970; by default a day before `until`.
    since: Option<f64>,
    /// Until this time; by default all that there are.
    until: Option<f64>,
}

const TEXT: &str = "text/plain";

/// The routes, with their whole paths.
pub fn routes() -> Routes {
    let traced = |id, summary| {
        let traced = Operation::giving::<CallTrace>(id, summary).asking::<Wanted>().refused(&[400, 404]);
        let answer = [traced.answer, vec![(TEXT, None), (PCAPNG, None)]].concat();
        Operation { answer, ..traced }
    };
    let of_call = traced("trace_call", "A call on all its sides, and what it comes to");
    let of_line = traced("trace_line", "What happened lately to the line with a number");
    let file = Operation::file("download_case", "A case file of a call", "application/zip").asking::<WantedCase>();
    let failed = Operation::giving::<Failures>("list_failures", "What calls came to that ended in a period");
    Routes::default()
        .read((Method::Get, "/api/v1/admin/calls/{id}/trace"), of_call, call)
        .read((Method::Get, "/api/v1/admin/calls/{id}/case"), file.refused(&[400, 404]), case)
        .read((Method::Get, "/api/v1/admin/lines/{id}/trace"), of_line, line)
        .read((Method::Get, "/api/v1/admin/failures"), failed.asking::<Period>().refused(&[400]), failures)
}

/// A call on all its sides, and what it comes to.
async fn call(
    State(state): State<WebState>,
    Path(id): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, HttpFailure> {
    let extract = state.core.extract(&id).await.ok_or(CauseCode::UnknownCall)?;
    show(&state, &extract, wanted).await
}

/// A case file of a call.
async fn case(
    State(state): State<WebState>,
    Path(id): Path<String>,
    wanted: Result<Query<WantedCase>, QueryRejection>,
) -> Result<Response, HttpFailure> {
    let Query(WantedCase { pseudonyms }) = wanted.map_err(|_| CauseCode::BadRequest)?;
    let extract = state.core.extract(&id).await.ok_or(CauseCode::UnknownCall)?;
    let trace = whole(&state, &extract.recording).await;
    let called = FileNames::from(&state.labels().names);
    // Where captures have no numbers, cases have none either.
    let captured = state.captures.as_ref().and_then(Captures::pseudonyms);
    let mut names = match pseudonyms {
        true => Some(captured.or(state.pseudonyms).ok_or(CauseCode::NotFound)?),
        false => captured,
    };
    let lines = state.log.map(|log| {
        let lines = log.recent(&log::Wanted { call: Some(trace.id.clone()), limit: CASE_LINES, ..Default::default() });
        lines.iter().map(|line| line.write(log::Format::Text).trim_end().to_owned()).collect()
    });
    let name = attached_name("case", &trace, names.as_mut(), "zip");
    let zip = tokio::task::spawn_blocking(move || {
        let capture = export::pcapng(&extract, &trace, &called, APPLICATION, names.as_mut());
        Case::new(trace, capture, lines.unwrap_or_default(), convert::unix_ms(), names.as_mut()).zip()
    });
    match zip.await {
        Ok(Ok(zip)) => Ok(super::files::attachment(&name, "application/zip", zip.into())),
        Ok(Err(error)) => {
            tracing::error!(%error, call = id, "a case file cannot be made");
            Err(CauseCode::Internal.into())
        }
        Err(_) => Err(CauseCode::Internal.into()),
    }
}

/// The name of a call's file: its number, where it has one.
fn attached_name(what: &str, trace: &Trace, pseudonyms: Option<&mut Pseudonyms>, ending: &str) -> String {
    let id = pseudonyms.map_or_else(|| trace.id.clone(), |known| known.id(trace));
    let number = id.bytes().all(|octet| octet.is_ascii_alphanumeric()).then_some(id.as_str());
    format!("{what}-{}.{ending}", number.unwrap_or("trace"))
}

/// What happened to a line lately, by its number.
async fn line(
    State(state): State<WebState>,
    Path(number): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, HttpFailure> {
    let line = state.labels().line_numbered(&number).ok_or(CauseCode::UnknownLine)?;
    let recording = state.core.line_trace(line).await.ok_or(CauseCode::UnknownLine)?;
    show(&state, &Extract::from(*recording), wanted).await
}

async fn show(
    state: &WebState,
    extract: &Extract,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, HttpFailure> {
    let Query(Wanted { format }) = wanted.map_err(|_| CauseCode::BadRequest)?;
    let trace = whole(state, &extract.recording).await;
    let verdict = diagnose(&trace);
    Ok(match format {
        Format::Json => Json(CallTrace { trace, verdict }).into_response(),
        Format::Text => {
            let text = ladder::text(&trace, Some(&verdict));
            ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], text).into_response()
        }
        Format::Pcapng => {
            let mut pseudonyms = state.captures.as_ref().and_then(Captures::pseudonyms);
            let called = FileNames::from(&state.labels().names);
            let octets = export::pcapng(extract, &trace, &called, APPLICATION, pseudonyms.as_mut());
            super::files::attachment(
                &attached_name("call", &trace, pseudonyms.as_mut(), "pcapng"),
                PCAPNG,
                octets.into(),
            )
        }
    })
}

/// A recording in words, with how the legs sound while the call runs.
async fn whole(state: &WebState, recording: &Recording) -> Trace {
    let mut trace = convert::trace(state, recording);
    if trace.ended_at.is_none()
        && let Some(id) = recording.call
        && let Some(report) = state.core.calls().await
        && let Some(call) = report.calls.into_iter().find(|call| call.record.id == id)
    {
        trace.legs = convert::call_report(state, call).legs;
    }
    trace
}

/// What calls came to that ended in a period.
async fn failures(
    State(state): State<WebState>,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<Json<Failures>, HttpFailure> {
    let Query(Period { since, until }) = period.map_err(|_| CauseCode::BadRequest)?;
    let until = until.unwrap_or_else(convert::unix_ms);
    let since = since.unwrap_or(until - PERIOD);
    let mut failures = state.verdicts.between(since, until).await.map_err(|failure| {
        tracing::error!(error = &failure as &dyn std::error::Error, "verdicts cannot be read");
        CauseCode::Internal
    })?;
    let began = state.core.traces(failures.calls.iter().map(|call| call.id.clone()).collect()).await;
    for (call, began) in failures.calls.iter_mut().zip(began) {
        // A call of the server before the last restart may have had the same name.
        call.traced = began.is_some_and(|began| (began - call.started_at).abs() < SAME_BEGIN);
    }
    Ok(Json(failures))
}
