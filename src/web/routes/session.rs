//! Signing in and out: `/api/v1/session`.

use std::net::SocketAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use tracing::{error, info};

use super::{HttpFailure, Secure};
use crate::call::cause::CauseCode;
use crate::ids::UserId;
use crate::user::accounts::{SESSION_LIFETIME, SignInError};
use crate::web::protocol::{SignIn, User};
use crate::web::{WebState, client_address, same_origin};

/// A page without TLS cannot replace a cookie that one with TLS has set, so each has its own.
const COOKIES: [&str; 2] = ["offhook-session", "__Host-offhook-session"];

/// Body of a successful answer.
#[derive(Debug, Serialize)]
pub struct SessionBody {
    user: User,
}

/// `POST`: signs in.
pub async fn sign_in(
    State(state): State<WebState>,
    Extension(Secure(secure)): Extension<Secure>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Json<SignIn>, axum::extract::rejection::JsonRejection>,
) -> Result<Response, HttpFailure> {
    if !same_origin(&headers) {
        return Err(CauseCode::BadRequest.into());
    }
    let Json(SignIn { name, password }) = body.map_err(|_| CauseCode::BadRequest)?;
    let address = client_address(address);
    let signed_in = state.accounts.sign_in(&name, password, &address, Instant::now(), unix_now()).await;
    let (user, token) = signed_in.map_err(|failure| match failure {
        SignInError::Wrong => {
            info!(%address, "sign-in refused");
            CauseCode::SignInFailed
        }
        SignInError::Throttled => CauseCode::TooManyAttempts,
        failure => {
            error!(error = &failure as &dyn std::error::Error, "sign-in failed");
            CauseCode::Internal
        }
    })?;
    let mut response = body_for(&state, user)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie(secure, &token, SESSION_LIFETIME.as_secs())?);
    Ok(response)
}

/// `GET`: who is signed in.
pub async fn show(State(state): State<WebState>, headers: HeaderMap) -> Result<Response, HttpFailure> {
    let user = signed_in(&state, &headers).await?;
    body_for(&state, user)
}

/// `DELETE`: signs out.
pub async fn sign_out(
    State(state): State<WebState>,
    Extension(Secure(secure)): Extension<Secure>,
    headers: HeaderMap,
) -> Result<Response, HttpFailure> {
    if !same_origin(&headers) {
        return Err(CauseCode::BadRequest.into());
    }
    for token in tokens(&headers) {
        state.accounts.sign_out(token).await.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "sign-out failed");
            CauseCode::Internal
        })?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(secure, "", 0)?)]).into_response())
}

/// The user whose cookie came with a request.
pub async fn signed_in(state: &WebState, headers: &HeaderMap) -> Result<UserId, HttpFailure> {
    for token in tokens(headers) {
        match state.accounts.session(token, unix_now()).await {
            Ok(Some(user)) => return Ok(user),
            Ok(None) => {}
            Err(failure) => {
                error!(error = &failure as &dyn std::error::Error, "session lookup failed");
                return Err(CauseCode::Internal.into());
            }
        }
    }
    Err(CauseCode::NotSignedIn.into())
}

fn body_for(state: &WebState, user: UserId) -> Result<Response, HttpFailure> {
    let account = state.accounts.account(user).ok_or(CauseCode::NotSignedIn)?;
    let user = User { name: account.name.clone(), display_name: account.display_name.clone() };
    Ok(Json(SessionBody { user }).into_response())
}

fn tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        COOKIES.contains(&name).then_some(value)
    })
}

fn cookie(secure: bool, token: &str, lifetime: u64) -> Result<HeaderValue, HttpFailure> {
    let (name, flag) = if secure { (COOKIES[1], "; Secure") } else { (COOKIES[0], "") };
    let text = format!("{name}={token}; Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Strict{flag}");
    HeaderValue::from_str(&text).map_err(|_| CauseCode::Internal.into())
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
