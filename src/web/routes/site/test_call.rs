//! Test calls: the server calls a number from a line, and whoever asked sees what becomes of that.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::info;
use ts_rs::TS;

use super::failure::Failure;
use super::{objects, request};
use crate::call::cause::CauseCode;
use crate::call::dialable;
use crate::call::numbers::is_typed;
use crate::call::record::CallRecord;
use crate::capture::diagnosis::diagnose;
use crate::capture::trace::{Trace, TraceWhat};
use crate::capture::verdict::{Severity, Verdict};
use crate::ids::{CallId, LineId};
use crate::site::{Kind, Line, Problem, ProblemCode, Role};
use crate::web::routes::table::{Identity, Method, Operation, Routes};
use crate::web::{WebState, convert};

/// Where they are found.
const PATH: &str = "/api/v1/admin/test-calls";
/// How many are known, the latest.
const MOST: usize = 100;
/// How long after the answer it is known that audio arrives: a side is called silent after two seconds.
const HEARD_AFTER: Duration = Duration::from_millis(2500);

/// Body of `POST /api/v1/admin/lines/{id}/test-call`.
#[derive(Debug, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct NewTestCall {
    /// What to dial, as at a telephone on this line.
    pub number: String,
}

/// How a test call goes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct TestCall {
    /// Names the call; its trace is that of the call of this name.
    pub id: String,
    /// The number of the line.
    pub line: String,
    /// What is dialled.
    pub number: String,
    /// Whether it has ended.
    pub over: bool,
    /// Whether everything went well: it was answered, and audio arrived. Settled once it is over.
    pub ok: bool,
    /// What happens, in this order.
    pub steps: Vec<TestStep>,
    /// Why it did not go well, and what to try; null: it does, or nobody knows yet.
    pub verdict: Option<Verdict>,
}

/// Something that happens in a test call.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
#[schemars(rename = "TestCallStep")]
#[ts(rename = "TestCallStep")]
pub struct TestStep {
    /// What.
    pub step: TestStepKind,
    /// What has come of it.
    pub outcome: TestOutcome,
    /// The same in English; empty where it was left out.
    pub english: String,
    /// The same in German.
    pub german: String,
}

/// What happens in a test call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TestCallStepKind")]
#[ts(rename = "TestCallStepKind")]
pub enum TestStepKind {
    /// The PBX is asked to call the number.
    Dial,
    /// It rings there.
    Ring,
    /// Somebody answers. They hear a tone for three seconds, then themselves.
    Answer,
    /// Audio arrives from there.
    Audio,
}

/// What comes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TestCallOutcome")]
#[ts(rename = "TestCallOutcome")]
pub enum TestOutcome {
    /// It is awaited.
    Waiting,
    /// It went well.
    Done,
    /// It did not.
    Failed,
    /// It was left out: what came before it failed, or the call ended.
    Skipped,
}

/// The latest test calls.
#[derive(Debug, Clone, Default)]
pub struct TestCalls(Arc<Mutex<VecDeque<Known>>>);

#[derive(Debug, Clone)]
struct Known {
    call: CallId,
    line: LineId,
    line_number: String,
    number: String,
}

impl TestCalls {
    fn add(&self, known: Known) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.truncate(MOST - 1);
        calls.push_front(known);
    }

    fn get(&self, id: &str) -> Option<Known> {
        let call: CallId = id.parse().ok()?;
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().find(|known| known.call == call).cloned()
    }
}

pub(super) fn routes() -> Routes {
    let begin = Operation {
        status: 201,
        refusals: &[400, 404, 409, 413, 415, 422, 503],
        ..Operation::giving::<TestCall>("begin_test_call", "Has the server call a number from a line")
            .taking::<NewTestCall>("application/json")
    };
    let show =
        Operation { refusals: &[404, 503], ..Operation::giving::<TestCall>("get_test_call", "How a test call goes") };
    let end = Operation { refusals: &[404], ..Operation::silent("end_test_call", "Ends a test call") };
    let of_line = format!("{}/{{id}}/test-call", objects::path(Kind::Line));
    let one = format!("{PATH}/{{call}}");
    Routes::default()
        .described(Role::Full, (Method::Post, &of_line), begin, post)
        .described(Role::ReadOnly, (Method::Get, &one), show, get)
        .described(Role::Full, (Method::Delete, &one), end, delete)
}

async fn post(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let id = request::id(&text)?;
    let site = state.administration.site();
    let line = site.get::<Line>(id).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let line_number = line.object.number.clone();
    let (body, _) = request::json(request, false).await?;
    let NewTestCall { number } = request::read(body)?;
    let at_number = |code| Failure::about(Problem { pointer: "/number".to_owned(), ..Problem::whole(code) });
    let labels = state.labels();
    let line = labels.line_numbered(&line_number).ok_or(CauseCode::LineInactive)?;
    let directory = &labels.directory;
    if directory.group_of(line).is_some_and(|group| directory.is_emergency(group, &number)) {
        return Err(at_number(ProblemCode::EmergencyNumber));
    }
    // Where there is a location, its rules say what is dialled for what was typed.
    let number = match directory.plan_of(line) {
        Some(_) => Some(number.trim().to_owned()).filter(|number| is_typed(number)),
        None => dialable(&number),
    };
    let number = number.ok_or_else(|| at_number(ProblemCode::NotDialable))?;
    let call = state.core.test_call(line, number.clone()).await.ok_or(CauseCode::ShuttingDown)?;
    info!(by = identity.name, call = call.0, line = line.0, "test call");
    let known = Known { call, line, line_number, number };
    state.test_calls.add(known.clone());
    let shown = show(&state, known).await?;
    let location = format!("{PATH}/{}", shown.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)).into_response())
}

fn known(state: &WebState, id: &str) -> Result<Known, Failure> {
    state.test_calls.get(id).ok_or_else(|| CauseCode::UnknownCall.into())
}

async fn get(State(state): State<WebState>, Path(id): Path<String>) -> Result<Json<TestCall>, Failure> {
    let known = known(&state, &id)?;
    Ok(Json(show(&state, known).await?))
}

async fn delete(State(state): State<WebState>, Path(id): Path<String>) -> Result<StatusCode, Failure> {
    state.core.end_test_call(known(&state, &id)?.call).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn show(state: &WebState, known: Known) -> Result<TestCall, Failure> {
    let recording = state.core.trace(&known.call.to_string()).await.ok_or(CauseCode::UnknownCall)?;
    let trace = convert::trace(state, &recording);
    let record = recording.record.as_ref().ok_or(CauseCode::UnknownCall)?;
    let line = match record.cause.as_ref().map(|cause| cause.code) {
        // Why it is not says the line itself.
        Some(CauseCode::LineNotRegistered) => state.core.line_trace(known.line).await,
        _ => None,
    };
    let of_line = line.map(|recording| diagnose(&convert::trace(state, &recording)));
    let verdict = of_line.filter(|verdict| verdict.severity > Severity::Fine).unwrap_or_else(|| diagnose(&trace));
    Ok(report(known, record, has_rung(&trace), verdict, Instant::now()))
}

fn has_rung(trace: &Trace) -> bool {
    let rings = |what: &TraceWhat| matches!(what, TraceWhat::Step { after, .. } if after.starts_with("alerting"));
    trace.events.iter().any(|event| rings(&event.what))
}

fn report(known: Known, record: &CallRecord, rang: bool, verdict: Verdict, now: Instant) -> TestCall {
    let Known { call, line_number: line, number, .. } = known;
    let over = record.cause.is_some();
    let taken_back = record.cause.as_ref().is_some_and(|cause| cause.code == CauseCode::Cancelled);
    let silent = record.silent[1];
    let heard = record.connected.is_some_and(|at| !silent && now.saturating_duration_since(at) >= HEARD_AFTER);
    let answered = record.connected.is_some();
    let missed = match (over, taken_back) {
        (false, _) => TestOutcome::Waiting,
        (true, true) => TestOutcome::Skipped,
        (true, false) => TestOutcome::Failed,
    };
    // Only the first thing that did not happen has failed.
    let after = |before: bool, outcome| match (over, before) {
        (true, false) => TestOutcome::Skipped,
        _ => outcome,
    };
    let done = |is: bool| if is { TestOutcome::Done } else { missed };
    let ring = match rang {
        true => TestOutcome::Done,
        // Some answer at once, and some never ring.
        false if answered || over => TestOutcome::Skipped,
        false => TestOutcome::Waiting,
    };
    let audio = match (silent, heard) {
        (true, _) => TestOutcome::Failed,
        (false, true) => TestOutcome::Done,
        // Somebody hung up at once.
        (false, false) if over => TestOutcome::Skipped,
        (false, false) => TestOutcome::Waiting,
    };
    let steps = vec![
        step(TestStepKind::Dial, done(rang || answered), &number),
        step(TestStepKind::Ring, ring, &number),
        step(TestStepKind::Answer, after(rang || answered, done(answered)), &number),
        step(TestStepKind::Audio, after(answered, audio), &number),
    ];
    let tells = match (over, answered) {
        (true, false) => !taken_back && verdict.severity > Severity::Fine,
        _ => answered && verdict.severity > Severity::Usual,
    };
    let ok = answered && !silent;
    TestCall { id: call.to_string(), line, number, over, ok, steps, verdict: Some(verdict).filter(|_| tells) }
}

fn step(step: TestStepKind, outcome: TestOutcome, number: &str) -> TestStep {
    use TestOutcome::{Done, Failed, Skipped, Waiting};
    use TestStepKind::{Answer, Audio, Dial, Ring};
    let (english, german) = match (step, outcome) {
        (_, Skipped) => (String::new(), String::new()),
        (Dial, Waiting) => {
            (format!("The PBX is asked to call {number}."), format!("Die Anlage soll {number} anrufen."))
        }
        (Dial, Done) => (format!("The PBX calls {number}."), format!("Die Anlage ruft {number} an.")),
        (Dial, Failed) => (format!("{number} was not called."), format!("{number} wurde nicht angerufen.")),
        (Ring, Done) => ("It rings there.".to_owned(), "Dort klingelt es.".to_owned()),
        (Ring, _) => ("It does not ring there yet.".to_owned(), "Dort klingelt es noch nicht.".to_owned()),
        (Answer, Waiting) => ("Waiting for somebody to answer.".to_owned(), "Warten, dass jemand abhebt.".to_owned()),
        (Answer, Done) => (
            "Somebody has answered, and hears a tone, then their own voice.".to_owned(),
            "Jemand hat abgehoben und hört einen Ton, danach die eigene Stimme.".to_owned(),
        ),
        (Answer, Failed) => ("The call was not answered.".to_owned(), "Der Anruf wurde nicht angenommen.".to_owned()),
        (Audio, Waiting) => ("Listening whether audio arrives.".to_owned(), "Horchen, ob Ton ankommt.".to_owned()),
        (Audio, Done) => ("Audio arrives from there.".to_owned(), "Von dort kommt Ton an.".to_owned()),
        (Audio, Failed) => ("No audio arrives from there.".to_owned(), "Von dort kommt kein Ton an.".to_owned()),
    };
    TestStep { step, outcome, english, german }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::{CallState, Number, Party};
    use crate::call::view::EndCause;
    use crate::ids::LineGroupId;

    fn record(begun: Instant) -> CallRecord {
        CallRecord {
            id: CallId(7),
            caller: Number::Line(LineId(0)),
            called: Number::Other("300".into()),
            state: CallState::Initiated,
            created: begun,
            connected: None,
            parties: [Party::Server, Party::Pbx(LineGroupId(0))],
            silent: [false; 2],
            cause: None,
        }
    }

    fn shown(record: &CallRecord, rang: bool, severity: Severity, now: Instant) -> (String, bool, bool) {
        let known = Known { call: record.id, line: LineId(0), line_number: "100".into(), number: "300".into() };
        let verdict = Verdict {
            code: "busy".into(),
            severity,
            english: String::new(),
            german: String::new(),
            fix_english: String::new(),
            fix_german: String::new(),
            evidence: Vec::new(),
        };
        let report = report(known, record, rang, verdict, now);
        let letter = |step: &TestStep| match step.outcome {
            TestOutcome::Waiting => 'w',
            TestOutcome::Done => 'd',
            TestOutcome::Failed => 'f',
            TestOutcome::Skipped => '-',
        };
        (report.steps.iter().map(letter).collect(), report.ok, report.verdict.is_some())
    }

    #[test]
    fn each_step_is_awaited_then_done_and_only_the_first_that_is_missed_has_failed() {
        let begun = Instant::now();
        let later = begun + HEARD_AFTER;
        let ended = |record: &CallRecord, code| CallRecord { cause: Some(EndCause::ours(code)), ..record.clone() };
        let rings = record(begun);
        let stands = CallRecord { connected: Some(begun), ..rings.clone() };
        let silent = CallRecord { silent: [false, true], ..stands.clone() };
        let (fine, usual, bad) = (Severity::Fine, Severity::Usual, Severity::Bad);
        let cases = [
            (rings.clone(), false, fine, begun, ("wwww", false, false)),
            (rings.clone(), true, fine, begun, ("ddww", false, false)),
            (stands.clone(), true, fine, begun, ("dddw", true, false)),
            (stands.clone(), true, fine, later, ("dddd", true, false)),
            (stands.clone(), false, fine, later, ("d-dd", true, false)),
            (silent.clone(), true, bad, later, ("dddf", false, true)),
            (ended(&rings, CauseCode::UnknownNumber), false, usual, later, ("f---", false, true)),
            (ended(&rings, CauseCode::Busy), true, usual, later, ("ddf-", false, true)),
            (ended(&rings, CauseCode::Cancelled), true, usual, later, ("dd--", false, false)),
            (ended(&stands, CauseCode::NormalClearing), true, usual, begun, ("ddd-", true, false)),
            (ended(&silent, CauseCode::NormalClearing), true, bad, later, ("dddf", false, true)),
        ];
        for (record, rang, severity, now, (steps, ok, tells)) in cases {
            assert_eq!(shown(&record, rang, severity, now), (steps.to_owned(), ok, tells), "{record:?}");
        }
    }

    #[test]
    fn only_the_latest_are_known() {
        let calls = TestCalls::default();
        for call in 0..=MOST as u64 {
            let known =
                Known { call: CallId(call), line: LineId(0), line_number: String::new(), number: String::new() };
            calls.add(known);
        }
        assert!(calls.get("0").is_none() && calls.get("1").is_some() && calls.get("x").is_none());
    }
}
