//! Which lines are whose, and who may do what, with the reasons.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failure::Failure;
use super::request::id;
use crate::call::cause::CauseCode;
use crate::rights::{Decision, Denied, Right, ServiceDecision, Source, may, may_on_line, services};
use crate::site::binding::LineKey;
use crate::site::{ObjectId, Problem, ProblemCode, Role, Site, User};
use crate::web::WebState;
use crate::web::protocol::site::{
    ExplainedDecision, ExplainedDenial, ExplainedReason, ExplainedRight, ExplainedService, ExplainedSource, LooseLine,
    RightsOnUser, UserLine, UserLines, UserServices,
};
use crate::web::routes::table::{Method, Operation, Routes};

/// A right on somebody, or on a line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MayQuery {
    /// Who would do it.
    by: ObjectId,
    /// The right: on a user one of `Right`, on a line one of `LineRight`.
    right: String,
    /// The user to whom it would be done.
    of: Option<ObjectId>,
    /// Or the line: `GROUP/NUMBER`, or the number where only one line group has it.
    line: Option<String>,
}

/// Whose rights.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByQuery {
    /// The user who has the rights.
    by: ObjectId,
}

pub(super) fn routes() -> Routes {
    let lines = Operation { refusals: &[404], ..Operation::giving::<UserLines>("lines_of_user", "The user's lines") };
    let may = Operation {
        refusals: &[400, 404, 422],
        ..Operation::giving::<ExplainedDecision>("may", "Whether a user may do something, and why").asking::<MayQuery>()
    };
    let all = Operation {
        refusals: &[400, 404, 422],
        ..Operation::giving::<RightsOnUser>("rights_on_user", "Every right that another user has on the user")
            .asking::<ByQuery>()
    };
    let given = Operation {
        refusals: &[404],
        ..Operation::giving::<UserServices>("services_of_user", "Every service, whether the user may use it, and why")
    };
    Routes::default()
        .described(Role::ReadOnly, (Method::Get, "/api/v1/admin/users/{id}/services"), given, services_of)
        .described(Role::ReadOnly, (Method::Get, "/api/v1/admin/users/{id}/lines"), lines, lines_of)
        .described(Role::ReadOnly, (Method::Get, "/api/v1/admin/users/{id}/rights"), all, rights_on)
        .described(Role::ReadOnly, (Method::Get, "/api/v1/admin/rights/may"), may, may_do)
}

async fn lines_of(State(state): State<WebState>, Path(text): Path<String>) -> Result<Json<UserLines>, Failure> {
    let user = id(&text)?;
    let site = state.administration.site();
    site.get::<User>(user).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let bound = state.bound(&site);
    let bindings = &bound.bindings;
    let line = |(key, of): &(LineKey, crate::site::binding::LineUser)| UserLine {
        line: key.clone(),
        by: of.by,
        place: of.place,
        owner: bindings.owner(key) == Some(user),
    };
    let loose = bindings.loose.iter().filter(|loose| loose.id == user).map(|loose| LooseLine {
        pointer: loose.pointer.clone(),
        line: loose.line.clone(),
        why: loose.why,
        english: loose.why.english().to_owned(),
        german: loose.why.german().to_owned(),
    });
    Ok(Json(UserLines { lines: bindings.lines(user).iter().map(line).collect(), loose: loose.collect() }))
}

async fn may_do(
    State(state): State<WebState>,
    query: Result<Query<MayQuery>, QueryRejection>,
) -> Result<Json<ExplainedDecision>, Failure> {
    let Query(MayQuery { by, right, of, line }) = query.map_err(|_| CauseCode::BadRequest)?;
    let site = state.administration.site();
    known(&site, by, "/by")?;
    let decision = match (of, line) {
        (Some(of), None) => {
            known(&site, of, "/of")?;
            may(&site, by, one_of(&right)?, of)
        }
        (None, Some(line)) => {
            let bound = state.bound(&site);
            let key = find(&bound.lines, &line)?;
            may_on_line(&site, &bound.bindings, by, one_of(&right)?, key)
        }
        _ => return Err(CauseCode::BadRequest.into()),
    };
    Ok(Json(explained(&site, &decision)))
}

async fn rights_on(
    State(state): State<WebState>,
    Path(text): Path<String>,
    query: Result<Query<ByQuery>, QueryRejection>,
) -> Result<Json<RightsOnUser>, Failure> {
    let Query(ByQuery { by }) = query.map_err(|_| CauseCode::BadRequest)?;
    let of = id(&text)?;
    let site = state.administration.site();
    site.get::<User>(of).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    known(&site, by, "/by")?;
    let explain = |&right: &Right| ExplainedRight { right, decision: explained(&site, &may(&site, by, right, of)) };
    Ok(Json(RightsOnUser { rights: Right::ALL.iter().map(explain).collect() }))
}

async fn services_of(State(state): State<WebState>, Path(text): Path<String>) -> Result<Json<UserServices>, Failure> {
    let user = id(&text)?;
    let site = state.administration.site();
    site.get::<User>(user).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let source = |from: Source| ExplainedSource { from, english: from.english(&site), german: from.german(&site) };
    let explain = |ServiceDecision { service, allowed, because, denied }: ServiceDecision| ExplainedService {
        service,
        allowed,
        because: because.into_iter().map(source).collect(),
        denied: denied.map(denial),
    };
    Ok(Json(UserServices { services: services(&site, user).into_iter().map(explain).collect() }))
}

fn known(site: &Site, user: ObjectId, pointer: &str) -> Result<(), Failure> {
    match site.get::<User>(user) {
        Some(_) => Ok(()),
        None => Err(Problem { pointer: pointer.to_owned(), ..Problem::whole(ProblemCode::UnknownUser) }.into()),
    }
}

fn one_of<T: DeserializeOwned>(right: &str) -> Result<T, Failure> {
    serde_json::from_value(Value::from(right)).map_err(|_| {
        let problem = Problem { pointer: "/right".to_owned(), ..Problem::whole(ProblemCode::WrongType) };
        problem.value("a right").into()
    })
}

/// The line that a name stands for.
fn find<'l>(lines: &'l [LineKey], name: &str) -> Result<&'l LineKey, Failure> {
    let mut found = lines.iter().filter(|line| line.number == name || line.to_string() == name);
    match (found.next(), found.next()) {
        (Some(line), None) => Ok(line),
        _ => Err(Problem { pointer: "/line".to_owned(), ..Problem::whole(ProblemCode::InvalidLine) }.into()),
    }
}

fn explained(site: &Site, decision: &Decision) -> ExplainedDecision {
    let reason = |reason: &crate::rights::Reason| ExplainedReason {
        reason: *reason,
        english: reason.source.english(site),
        german: reason.source.german(site),
    };
    ExplainedDecision {
        allowed: decision.allowed,
        because: decision.because.iter().map(reason).collect(),
        denied: decision.denied.map(denial),
    }
}

fn denial(reason: Denied) -> ExplainedDenial {
    ExplainedDenial { reason, english: reason.english(), german: reason.german() }
}
