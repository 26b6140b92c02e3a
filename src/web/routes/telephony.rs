//! Telephoning over HTTP: the commands of the WebSocket, and what its events tell, for programs that have no browser.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{HttpFailure, events};
use crate::call::cause::CauseCode;
use crate::call::effect::CommandResult;
use crate::call::numbers::ClientPlace;
use crate::ids::UserId;
use crate::net::clients::Outcome;
use crate::web::preview::preview;
use crate::web::protocol::{Client, ReplyResult, Request};
use crate::web::request::{Wanted, wanted};
use crate::web::{WebState, convert};

/// Longest body of a command.
const MAX_BODY: usize = 16 * 1024;
/// How long a command may take: the PBX may have to be asked.
const RESULT_WITHIN: Duration = Duration::from_secs(40);

/// The routes, with their whole paths.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/api/v1/commands", post(command).layer(DefaultBodyLimit::max(MAX_BODY)))
        .route("/api/v1/calls", get(calls))
        .route("/api/v1/lines", get(lines))
        .route("/api/v1/clients", get(clients))
        .route("/api/v1/events", get(events::follow))
}

/// Carries out a request of the WebSocket, in the same words.
async fn command(
    State(state): State<WebState>,
    Extension(user): Extension<UserId>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    body: Result<Json<Request>, JsonRejection>,
) -> Result<Response, HttpFailure> {
    let Json(request) = body.map_err(|_| CauseCode::BadRequest)?;
    let outcome = match wanted(request)? {
        Wanted::Answer => return Ok(Json(ReplyResult::Ok).into_response()),
        Wanted::Preview(question) => {
            let preview = preview(&state, (user, &ClientPlace::of(from)), &question)?;
            return Ok(Json(ReplyResult::Preview { preview }).into_response());
        }
        Wanted::Audio(_) | Wanted::Note(_) => return Err(CauseCode::AudioNeedsClient.into()),
        Wanted::Command(command) => timeout(RESULT_WITHIN, state.core.command_of(user, command)).await,
        Wanted::Prompt(client, prompt) => timeout(RESULT_WITHIN, state.core.prompt_of(user, client, prompt)).await,
    };
    let outcome = outcome.map_err(|_| CauseCode::PbxNotAnswering)?;
    let status = match &outcome {
        Outcome::Done(CommandResult::Error(cause)) => return Err((*cause).into()),
        Outcome::Done(_) => StatusCode::OK,
        Outcome::Prompted(_) => StatusCode::ACCEPTED,
    };
    Ok((status, Json(convert::outcome(outcome))).into_response())
}

/// The user's calls, with the number to follow them from.
async fn calls(State(state): State<WebState>, Extension(user): Extension<UserId>) -> Result<Json<Value>, HttpFailure> {
    let picture = convert::picture(&state, user, state.core.picture(user).await?);
    Ok(Json(json!({ "seq": picture.seq, "calls": picture.calls })))
}

/// The user's lines, with the number to follow them from.
async fn lines(State(state): State<WebState>, Extension(user): Extension<UserId>) -> Result<Json<Value>, HttpFailure> {
    let picture = convert::picture(&state, user, state.core.picture(user).await?);
    Ok(Json(json!({ "seq": picture.seq, "lines": picture.lines, "monitored_lines": picture.monitored_lines })))
}

/// The clients that the user is signed in with.
async fn clients(
    State(state): State<WebState>,
    Extension(user): Extension<UserId>,
) -> Result<Json<Value>, HttpFailure> {
    let clients = state.core.clients_of(user).await?.into_iter();
    let clients: Vec<_> = clients.map(|known| Client { id: known.client.to_string(), online: known.online }).collect();
    Ok(Json(json!({ "clients": clients })))
}
