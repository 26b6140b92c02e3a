//! What an administrator sees and does: `/api/v1/admin`. Who may come here is decided by who mounts the routes.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::HttpFailure;
use super::session::By;
use super::table::{Method, Operation, Routes};
use crate::call::cause::CauseCode;
use crate::ids::LineId;
use crate::quality::QualityStore;
use crate::web::protocol::admin::{Calls, LineGroups};
use crate::web::protocol::status::Status;
use crate::web::{WebState, convert};

/// Ended calls given when nothing is said, and at most.
const RECENT: u32 = 50;
const MAX_RECENT: u32 = 1_000;

/// How many ended calls are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Recent {
    /// Ended calls, 1,000 at most.
    #[serde(default = "recent")]
    recent: u32,
}

fn recent() -> u32 {
    RECENT
}

/// The routes, with their whole paths.
pub fn routes() -> Routes {
    let stand = Operation::giving::<LineGroups>("show_lines", "Where line groups and lines stand");
    let listed = Operation::giving::<Calls>("list_calls", "The calls that run, and those that ended last");
    let status = Operation::giving::<Status>("show_status", "How the program itself stands");
    let reset = Operation::silent("reset_line", "Registers a line anew at once");
    Routes::default()
        .read((Method::Get, "/api/v1/admin/line-groups"), stand, line_groups)
        .read((Method::Get, "/api/v1/admin/calls"), listed.asking::<Recent>().refused(&[400]), calls)
        .read((Method::Get, "/api/v1/admin/status"), status, super::status::show)
        .full((Method::Post, "/api/v1/admin/lines/{id}/reset"), reset.refused(&[404, 409]), reset_line)
}

/// Where everything stands.
async fn line_groups(State(state): State<WebState>) -> Result<Json<LineGroups>, HttpFailure> {
    let report = state.core.report().await.ok_or(CauseCode::ShuttingDown)?;
    Ok(Json(convert::report(&state, report)))
}

/// The calls that run, and those that ended last, with how they sound and sounded.
async fn calls(
    State(state): State<WebState>,
    query: Result<Query<Recent>, QueryRejection>,
) -> Result<Json<Calls>, HttpFailure> {
    let Query(Recent { recent }) = query.map_err(|_| CauseCode::BadRequest)?;
    let ended = state.quality.recent(recent.min(MAX_RECENT)).await.map_err(|failure| {
        tracing::error!(error = &failure as &dyn std::error::Error, "ended calls cannot be read");
        CauseCode::Internal
    })?;
    let report = state.core.calls().await.ok_or(CauseCode::ShuttingDown)?;
    let mut running: Vec<_> = report.calls.into_iter().map(|call| convert::call_report(&state, call)).collect();
    running.sort_by(|a, b| b.started_at.total_cmp(&a.started_at));
    Ok(Json(Calls { now: convert::unix_ms(), running, ended }))
}

/// Registers a line anew at once.
async fn reset_line(
    State(state): State<WebState>,
    Path(id): Path<String>,
    By(user): By,
) -> Result<StatusCode, HttpFailure> {
    let line: LineId = id.parse().map_err(|_| CauseCode::UnknownLine)?;
    tracing::info!(user, line = line.0, "reset by an administrator");
    state.core.reset_line(line).await?;
    Ok(StatusCode::NO_CONTENT)
}
