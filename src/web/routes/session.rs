//! Signing in and out: `/api/v1/session` for users, `/api/v1/admin/session` for administrators.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use axum::{Extension, Json};
use serde::Serialize;
use tracing::{error, info};

use super::site::tokens::bearer;
use super::table::Identity;
use super::{HttpFailure, Secure};
use crate::administration::Actor;
use crate::call::cause::CauseCode;
use crate::ids::UserId;
use crate::site::{Administrator, Role, Stored};
use crate::user::accounts::{Account, AccountKind, SignInError};
use crate::web::protocol::{SignIn, User};
use crate::web::setup::Inside;
use crate::web::{WebState, client_address, same_origin};

/// The cookie's names without and with TLS: a page without TLS cannot replace a cookie that one with TLS has set.
fn cookie_names(kind: AccountKind) -> [&'static str; 2] {
    match kind {
        AccountKind::User => ["offhook-session", "__Host-offhook-session"],
        AccountKind::Administrator => ["offhook-administrator", "__Host-offhook-administrator"],
    }
}

/// How often a connection that stays asks whether its session goes on.
pub(in crate::web) const CHECK_EVERY: Duration = Duration::from_secs(15);

/// Body of a successful answer.
#[derive(Debug, Serialize)]
pub struct SessionBody {
    user: SignedIn,
}

/// Who is signed in.
#[derive(Debug, Serialize)]
struct SignedIn {
    #[serde(flatten)]
    user: User,
    /// What an administrator may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

/// The session of one kind of account.
pub fn routes(kind: AccountKind) -> MethodRouter<WebState> {
    post(sign_in).get(show).delete(sign_out).layer(Extension(kind))
}

/// `POST`: signs in.
async fn sign_in(
    State(state): State<WebState>,
    Extension(kind): Extension<AccountKind>,
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
    let signed_in = state.accounts(kind).sign_in(&name, password, &address, Instant::now(), unix_now()).await;
    let (user, token) = signed_in.map_err(|failure| match failure {
        SignInError::Wrong => {
            info!(%address, ?kind, "sign-in refused");
            CauseCode::SignInFailed
        }
        SignInError::Throttled => CauseCode::TooManyAttempts,
        failure => {
            error!(error = &failure as &dyn std::error::Error, "sign-in failed");
            CauseCode::Internal
        }
    })?;
    let account = state.accounts(kind).account(user).map(|account| account.name.clone());
    info!(user = account, %address, ?kind, "signed in");
    let mut response = body_for(&state, kind, user)?;
    let cookie = cookie(kind, secure, &token, state.accounts(kind).session_lifetime().as_secs())?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// `GET`: who is signed in.
async fn show(
    State(state): State<WebState>,
    Extension(kind): Extension<AccountKind>,
    headers: HeaderMap,
) -> Result<Response, HttpFailure> {
    let user = signed_in(&state, kind, &headers).await?;
    body_for(&state, kind, user)
}

/// `DELETE`: signs out.
async fn sign_out(
    State(state): State<WebState>,
    Extension(kind): Extension<AccountKind>,
    Extension(Secure(secure)): Extension<Secure>,
    headers: HeaderMap,
) -> Result<Response, HttpFailure> {
    if !same_origin(&headers) {
        return Err(CauseCode::BadRequest.into());
    }
    for token in tokens(kind, &headers) {
        state.accounts(kind).sign_out(token).await.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "sign-out failed");
            CauseCode::Internal
        })?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(kind, secure, "", 0)?)]).into_response())
}

/// Lets a request on when an administrator's own page sent it, or a program with a token. Every scope has the metrics.
pub async fn administrators_only(State(state): State<WebState>, request: Request, next: Next) -> Response {
    match is_administrator(&state, request.headers().clone()).await {
        Ok(()) => next.run(request).await,
        Err(cause) => HttpFailure::from(cause).into_response(),
    }
}

async fn is_administrator(state: &WebState, headers: HeaderMap) -> Result<(), CauseCode> {
    match bearer(state, &headers).await? {
        Some(_) => Ok(()),
        None => identity(state, headers, None).await.map(|_| ()),
    }
}

/// Finds out which administrator sent a request, for the routes of a [`Routes`](super::table::Routes).
pub async fn identify(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| client_address(*from));
    let identity = match request.extensions().get::<Inside>() {
        Some(Inside) if same_origin(request.headers()) => Ok(Identity::of_setup(address)),
        _ => identity(&state, request.headers().clone(), address).await,
    };
    request.extensions_mut().insert(identity);
    next.run(request).await
}

async fn identity(state: &WebState, headers: HeaderMap, address: Option<String>) -> Result<Identity, CauseCode> {
    if !same_origin(&headers) {
        return Err(CauseCode::BadRequest);
    }
    if let Some(bearer) = bearer(state, &headers).await? {
        return bearer.identity(address).ok_or(CauseCode::RoleForbids);
    }
    let slot = signed_in(state, AccountKind::Administrator, &headers).await.map_err(|failure| failure.cause())?;
    let account = state.administrators.account(slot).ok_or(CauseCode::NotSignedIn)?;
    let stored = administrator(state, &account).ok_or(CauseCode::NotSignedIn)?;
    let id = if stored.from_file { account.name.clone() } else { stored.id.to_string() };
    let actor = Actor { kind: "administrator", id, address };
    Ok(Identity { actor, name: account.name.clone(), role: stored.object.role })
}

/// The object that an administrator's account belongs to, where that counts still.
fn administrator(state: &WebState, account: &Account) -> Option<Arc<Stored<Administrator>>> {
    // A change of the site counts here before it does where people sign in.
    state.object::<Administrator>(account).filter(|stored| stored.object.active)
}

/// Which administrator asks, for the log.
#[derive(Debug, Clone)]
pub(in crate::web) struct By(pub String);

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<By, Infallible> {
        // The guard of each route has put it there.
        Ok(By(parts.extensions.get().map(|identity: &Identity| identity.name.clone()).unwrap_or_default()))
    }
}

/// Lets a request on when a user's own page sent it, or a program with their cookie, and says whose it is.
pub async fn users_only(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    if !same_origin(request.headers()) {
        return HttpFailure::from(CauseCode::BadRequest).into_response();
    }
    match signed_in(&state, AccountKind::User, request.headers()).await {
        Ok(user) => {
            request.extensions_mut().insert(user);
            next.run(request).await
        }
        Err(failure) => failure.into_response(),
    }
}

/// Asks whether the session that a socket was opened with goes on: the person may have signed out in another tab.
pub(in crate::web) struct Still {
    state: WebState,
    headers: HeaderMap,
}

impl Still {
    /// Of a request.
    pub(in crate::web) fn new(state: WebState, headers: HeaderMap) -> Still {
        Still { state, headers }
    }

    /// Whether it does.
    pub(in crate::web) async fn signed_in(&self, user: UserId) -> bool {
        // A database that cannot be asked says nothing about the session.
        match signed_in(&self.state, AccountKind::User, &self.headers).await {
            Ok(found) => found == user,
            Err(failure) => failure.cause() != CauseCode::NotSignedIn,
        }
    }
}

/// Whose cookie came with a request.
pub async fn signed_in(state: &WebState, kind: AccountKind, headers: &HeaderMap) -> Result<UserId, HttpFailure> {
    for token in tokens(kind, headers) {
        match state.accounts(kind).session(token, unix_now()).await {
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

fn body_for(state: &WebState, kind: AccountKind, user: UserId) -> Result<Response, HttpFailure> {
    let account = state.accounts(kind).account(user).ok_or(CauseCode::NotSignedIn)?;
    let role = match kind {
        AccountKind::User => None,
        AccountKind::Administrator => Some(administrator(state, &account).ok_or(CauseCode::NotSignedIn)?.object.role),
    };
    let user = User { name: account.name.clone(), display_name: account.display_name.clone() };
    Ok(Json(SessionBody { user: SignedIn { user, role } }).into_response())
}

fn tokens(kind: AccountKind, headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let names = cookie_names(kind);
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).filter_map(move |pair| {
        let (name, value) = pair.trim().split_once('=')?;
        names.contains(&name).then_some(value)
    })
}

fn cookie(kind: AccountKind, secure: bool, token: &str, lifetime: u64) -> Result<HeaderValue, HttpFailure> {
    let (name, flag) = match (cookie_names(kind), secure) {
        ([_, name], true) => (name, "; Secure"),
        ([name, _], false) => (name, ""),
    };
    let text = format!("{name}={token}; Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Strict{flag}");
    HeaderValue::from_str(&text).map_err(|_| CauseCode::Internal.into())
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
