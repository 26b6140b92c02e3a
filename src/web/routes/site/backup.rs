//! A copy of the database, made while it is in use.

use std::io;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use tracing::{error, info};

use super::audit;
use super::failure::Failure;
use crate::call::cause::CauseCode;
use crate::site::{ProblemCode, Role};
use crate::store::BackupError;
use crate::web::WebState;
use crate::web::routes::files::{attachment, streamed};
use crate::web::routes::table::{Identity, Method, Operation, Routes};

const SQLITE: &str = "application/vnd.sqlite3";

pub(super) fn routes() -> Routes {
    let operation = Operation {
        id: "back_up".to_owned(),
        summary: "Makes a backup of the database and gives it; the key file is not in it".to_owned(),
        status: 200,
        answer: vec![(SQLITE, None)],
        refusals: &[409],
        ..Operation::default()
    };
    Routes::default().described(Role::Full, (Method::Post, "/api/v1/admin/backup"), operation, make)
}

async fn make(State(state): State<WebState>, Extension(identity): Extension<Identity>) -> Result<Response, Failure> {
    let snapshot = state.store.snapshot().await.map_err(|failure| match failure {
        BackupError::PostgreSql(_) => Failure::of(ProblemCode::BackupElsewhere),
        BackupError::Busy => Failure::of(ProblemCode::BackupBusy),
        failure => {
            error!(error = &failure as &dyn std::error::Error, "the database cannot be backed up");
            CauseCode::Internal.into()
        }
    })?;
    info!(actor = identity.actor.id, octets = snapshot.octets, "a backup is fetched");
    audit::note(&state, &audit::entry(&identity, "backup", "database", "database", "")).await?;
    let body = streamed(move |out| io::copy(&mut &snapshot.file, out).map(drop));
    Ok(attachment("offhook.sqlite", SQLITE, body))
}
