//! What an administrator sees and does: `/api/v1/admin`. Who may come here is decided by who mounts the routes.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::HttpFailure;
use crate::call::cause::CauseCode;
use crate::ids::LineId;
use crate::web::protocol::admin::LineGroups;
use crate::web::{WebState, convert};

/// The routes, with their whole paths.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/api/v1/admin/line-groups", get(line_groups))
        .route("/api/v1/admin/lines/{id}/reset", post(reset_line))
}

/// Where everything stands.
async fn line_groups(State(state): State<WebState>) -> Result<Json<LineGroups>, HttpFailure> {
    let report = state.core.report().await.ok_or(CauseCode::ShuttingDown)?;
    Ok(Json(convert::report(&state, report)))
}

/// Registers a line anew at once.
async fn reset_line(State(state): State<WebState>, Path(id): Path<String>) -> Result<StatusCode, HttpFailure> {
    let line: LineId = id.parse().map_err(|_| CauseCode::UnknownLine)?;
    tracing::info!(%line, "reset by an administrator");
    state.core.reset_line(line).await?;
    Ok(StatusCode::NO_CONTENT)
}
