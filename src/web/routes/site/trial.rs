//! Trying a line group out before it is kept: what is asked, and what is answered.

use axum::extract::{Request, State};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use ts_rs::TS;

use super::failure::{Failure, field};
use super::{audit, objects, request};
use crate::call::cause::CauseCode;
use crate::capture::verdict::Verdict;
use crate::config::GroupKind;
use crate::site::{Kind, Line, LineGroup, Object, ObjectId, Problem, ProblemCode, Problems, Role, Site};
use crate::store::AuditEntry;
use crate::web::WebState;
use crate::web::routes::table::{Identity, Method, Operation, Routes};

/// Body of `POST /api/v1/admin/line_groups/test`. Nothing shows the passwords in it.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The line group that it is to become, where there is one.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub id: Option<ObjectId>,
    /// The line group; it needs no name.
    pub line_group: LineGroup,
    /// Its password.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub password: Option<String>,
    /// Who registers; null: nobody, and the PBX is only asked whether it is there.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub line: Option<TrialLine>,
}

/// A line to register.
#[derive(Default, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields)]
pub struct TrialLine {
    /// The line that it is, where there is one.
    pub id: Option<ObjectId>,
    /// User part of its address.
    pub user_name: String,
    /// User name for authentication; empty: the user name.
    pub auth_name: String,
    /// Its password; null: that of the line `id`, towards the PBX that its line group has.
    pub password: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct TrialReport {
    /// Whether everything went well.
    pub ok: bool,
    /// What was done, in this order.
    pub steps: Vec<Step>,
    /// Where the PBX is, like `udp 192.0.2.1:5060`.
    pub targets: Vec<String>,
    /// Why it did not go well, and what to try; null: it did.
    pub verdict: Option<Verdict>,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
#[schemars(rename = "TrialStep")]
#[ts(rename = "TrialStep")]
pub struct Step {
    /// What.
    pub step: StepKind,
    /// What came of it.
    pub outcome: Outcome,
    /// The same in English; empty where it was not done.
    pub english: String,
    /// The same in German.
    pub german: String,
}

/// What is done when a line group is tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TrialStepKind")]
#[ts(rename = "TrialStepKind")]
pub enum StepKind {
    /// The name of the PBX is looked up.
    Resolve,
    /// Something is sent there, by TLS where that is wanted, and an answer comes back.
    Answer,
    /// The line registers.
    Register,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TrialOutcome")]
#[ts(rename = "TrialOutcome")]
pub enum Outcome {
    /// It went well.
    Done,
    /// It did not.
    Failed,
    /// What came before it did not.
    Skipped,
}

/// Waits for an answer.
pub struct TrialRequest {
    /// What is tried.
    pub trial: Trial,
    /// Where the answer goes; an error where this machine cannot try it.
    pub reply: oneshot::Sender<Result<TrialReport, CauseCode>>,
}

/// Asks for it.
pub type Trials = mpsc::Sender<TrialRequest>;

pub(super) fn routes() -> Routes {
    let path = format!("{}/test", objects::path(Kind::LineGroup));
    let operation = Operation {
        refusals: &[400, 413, 415, 422, 503],
        ..Operation::giving::<TrialReport>("test_line_group", "Tries a line group out without keeping it")
            .taking::<Trial>("application/json")
    };
    Routes::default().described(Role::Full, (Method::Post, &path), operation, post)
}

async fn post(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Json<TrialReport>, Failure> {
    let (body, _) = request::json(request, false).await?;
    let trial: Trial = request::read(body)?;
    check(&state.administration.site(), &trial)?;
    let Trial { id, line_group: LineGroup { name, registrar, .. }, line, .. } = &trial;
    let object = id.map(|id| id.to_string()).unwrap_or_default();
    let after = json!({ "registrar": registrar, "line": line.as_ref().map(|line| &line.user_name) }).to_string();
    let entry = audit::entry(&identity, "test", Kind::LineGroup.as_str(), &object, name);
    audit::note(&state, &AuditEntry { after: Some(after), ..entry }).await?;
    let trials = state.trials.as_ref().ok_or(CauseCode::NotFound)?;
    let (reply, answer) = oneshot::channel();
    trials.send(TrialRequest { trial, reply }).await.map_err(|_| CauseCode::ShuttingDown)?;
    Ok(Json(answer.await.map_err(|_| CauseCode::ShuttingDown)??))
}

fn check(site: &Site, trial: &Trial) -> Result<(), Failure> {
    let mut problems = Problems::default();
    let mut group = trial.line_group.clone();
    group.tidy();
    if group.kind == GroupKind::TrunkRegistrar {
        problems.add("/kind", ProblemCode::NothingToTry);
    }
    if group.name.is_empty() {
        group.name = "-".to_owned();
    }
    Object::check(&group, ObjectId::SETTINGS, &mut problems);
    // The file's own may name files.
    let kept = trial.id.and_then(|id| site.get::<LineGroup>(id)).filter(|stored| stored.from_file);
    if kept.is_none_or(|stored| stored.object.ca != group.ca) {
        group.paths().for_each(|at| problems.add(format_args!("/ca/{at}"), ProblemCode::PathNotHere));
    }
    let mut problems = problems.into_vec();
    problems.iter_mut().for_each(|problem| problem.pointer.insert_str(0, "/line_group"));
    let at = |pointer: &str, code| Problem { pointer: pointer.to_owned(), ..Problem::whole(code) };
    if trial.line.as_ref().is_some_and(|line| line.user_name.trim().is_empty()) {
        problems.push(at("/line/user_name", ProblemCode::Required));
    }
    if let Some(line) = trial.line.as_ref().filter(|line| line.password.is_none())
        && let Some(id) = line.id
    {
        let kept = site.get::<Line>(id).filter(|kept| kept.object.group == trial.id);
        let kept_for = kept.and_then(|kept| site.get::<LineGroup>(kept.object.group?));
        if !kept_for.is_some_and(|kept| kept.object.leads_where(&group)) {
            problems.push(at("/line/password", ProblemCode::KeptForAnother));
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::several(problems.into_iter().map(|problem| (field(&problem), problem)).collect())),
    }
}
