//! Asking the server to read its configuration again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use ts_rs::TS;

use super::WebState;
use super::routes::HttpFailure;
use super::routes::table::{Method, Operation, Routes};
use crate::call::cause::CauseCode;
use crate::web::protocol::{Cause, HttpError};

/// What became of a changed configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[ts(export_to = "protocol.ts")]
pub struct Reloaded {
    /// Tables of the file in which something is set otherwise that counts only when the server starts anew.
    pub waits_for_start: Vec<String>,
    /// Locations that line groups name and that there are not: numbers of these groups go as they are written.
    pub unknown_locations: Vec<String>,
}

/// Why the configuration stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The server was started without one.
    #[error("the server was started without a configuration file")]
    NoFile,
    /// Something is wrong with it: place and sentence.
    #[error("{0}")]
    Config(String),
    /// The database failed; the log says how.
    #[error("the accounts could not be stored")]
    Store,
    /// The server is about to end.
    #[error("the server is stopping")]
    Stopping,
}

impl IntoResponse for ReloadError {
    fn into_response(self) -> Response {
        let code = match &self {
            ReloadError::Config(problem) => {
                let cause =
                    Cause { code: CauseCode::BadConfiguration, sip_status: None, detail: Some(problem.clone()) };
                let message = CauseCode::BadConfiguration.english().into();
                return (StatusCode::UNPROCESSABLE_ENTITY, Json(HttpError { cause, message })).into_response();
            }
            ReloadError::NoFile => CauseCode::NotFound,
            ReloadError::Store => CauseCode::Internal,
            ReloadError::Stopping => CauseCode::ShuttingDown,
        };
        HttpFailure::from(code).into_response()
    }
}

/// Waits for an answer.
pub type ReloadRequest = oneshot::Sender<Result<Reloaded, ReloadError>>;

/// Asks for it.
pub type Reloader = mpsc::Sender<ReloadRequest>;

/// Has the configuration read again.
pub async fn reload(reloader: &Reloader) -> Result<Reloaded, ReloadError> {
    let (reply, reloaded) = oneshot::channel();
    reloader.send(reply).await.map_err(|_| ReloadError::Stopping)?;
    reloaded.await.unwrap_or(Err(ReloadError::Stopping))
}

/// The route, with its whole path.
pub(super) fn routes() -> Routes {
    let reload = Operation::giving::<Reloaded>("reload_configuration", "Reads the configuration file again");
    Routes::default().full((Method::Post, "/api/v1/admin/configuration/reload"), reload.refused(&[404, 422]), post)
}

async fn post(State(state): State<WebState>) -> Result<Json<Reloaded>, ReloadError> {
    let reloader = state.reloader.as_ref().ok_or(ReloadError::NoFile)?;
    reload(reloader).await.map(Json)
}
