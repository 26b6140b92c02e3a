//! How the program itself stands: `/api/v1/admin/status`.

use axum::Json;
use axum::extract::State;

use super::HttpFailure;
use crate::call::cause::CauseCode;
use crate::web::protocol::status::{Database, MediaWorker, Status};
use crate::web::{WebState, certificates, convert};

/// Everything that is no line and no call.
pub(super) async fn show(State(state): State<WebState>) -> Result<Json<Status>, HttpFailure> {
    let report = state.core.calls().await.ok_or(CauseCode::ShuttingDown)?;
    let labels = state.labels.clone();
    let certificates =
        tokio::task::spawn_blocking(move || labels.certificates.iter().map(certificates::read).collect());
    let database = match state.store.size().await {
        Ok(size) => Database { size: Some(size), problem: None },
        Err(problem) => Database { size: None, problem: Some(problem.to_string()) },
    };
    let worker = |load| MediaWorker { load: 100.0 * f64::from(load) };
    Ok(Json(Status {
        now: convert::unix_ms(),
        version: env!("CARGO_PKG_VERSION").into(),
        started_at: state.clock.started_at(),
        clients: report.clients,
        users: report.users,
        workers: report.loads.into_iter().map(worker).collect(),
        database,
        certificates: certificates.await.map_err(|_| CauseCode::Internal)?,
    }))
}
