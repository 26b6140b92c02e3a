//! Signing in and out: `/api/v1/session` for users, `/api/v1/admin/session` for administrators.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
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
use tokio::sync::watch;
use tokio::time::{Interval, interval_at};
use tracing::{error, info};

use super::site::tokens::bearer;
use super::table::Identity;
use super::{HttpFailure, Secure};
use crate::administration::Actor;
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::ids::UserId;
use crate::site::{Administrator, Role, Stored};
use crate::user::accounts::{Account, AccountKind, SignInError};
use crate::user::sessions::Session;
use crate::user::sign_in::{self, SignedIn};
use crate::web::interfaces::Through;
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
const CHECK_EVERY: Duration = Duration::from_secs(15);

/// Body of a successful answer.
#[derive(Debug, Serialize)]
pub struct SessionBody {
    user: SignedInUser,
}

/// Who is signed in.
#[derive(Debug, Serialize)]
struct SignedInUser {
    #[serde(flatten)]
    user: User,
    /// What an administrator may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// Whether nothing can be done before a second factor is set up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    second_factor_missing: bool,
}

/// The session of one kind of account.
pub fn routes(kind: AccountKind) -> MethodRouter<WebState> {
    post(begin).get(show).delete(sign_out).layer(Extension(kind))
}

/// `POST`: signs in.
async fn begin(
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
    let Json(SignIn { name, password, code }) = body.map_err(|_| CauseCode::BadRequest)?;
    let address = client_address(address);
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = &Secret::new(password);
    let asked = sign_in::SignIn { name: &name, secret, code: code.as_deref(), address, user_agent };
    let signed_in = match state.accounts(kind).sign_in(asked, Instant::now(), unix_now()).await {
        Ok(signed_in) => signed_in,
        Err(failure) => return Ok(refusal(kind, address, &failure)),
    };
    let SignedIn { user, token } = signed_in;
    let account = state.accounts(kind).account(user).map(|account| account.name.clone());
    info!(user = account, %address, ?kind, "signed in");
    let mut response = body_for(&state, kind, user).await?;
    let cookie = cookie(kind, secure, &token, state.accounts(kind).session_lifetime().as_secs())?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Why somebody is not signed in.
fn refusal(kind: AccountKind, address: IpAddr, failure: &SignInError<sqlx::Error>) -> Response {
    let cause = match failure {
        SignInError::Wrong => CauseCode::SignInFailed,
        SignInError::CodeNeeded => CauseCode::CodeNeeded,
        SignInError::CodeWrong => CauseCode::CodeWrong,
        SignInError::Wait(_) => CauseCode::TooManyAttempts,
        failure => {
            error!(error = failure as &dyn std::error::Error, "sign-in failed");
            CauseCode::Internal
        }
    };
    if cause != CauseCode::CodeNeeded {
        info!(%address, ?kind, cause = cause.code(), "sign-in refused");
    }
    let mut response = HttpFailure::from(cause).into_response();
    if let SignInError::Wait(wait) = failure {
        // Whole seconds, of which a part is one, too.
        let seconds = wait.as_millis().div_ceil(1_000).max(1) as u64;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `GET`: who is signed in.
async fn show(
    State(state): State<WebState>,
    Extension(kind): Extension<AccountKind>,
    headers: HeaderMap,
) -> Result<Response, HttpFailure> {
    let (user, _) = session(&state, kind, &headers).await?;
    body_for(&state, kind, user).await
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
    let address = address_of(&request);
    match is_administrator(&state, request.headers().clone(), address).await {
        Ok(()) => next.run(request).await,
        Err(cause) => HttpFailure::from(cause).into_response(),
    }
}

async fn is_administrator(state: &WebState, headers: HeaderMap, address: Option<IpAddr>) -> Result<(), CauseCode> {
    match bearer(state, &headers, address).await? {
        Some(_) => Ok(()),
        None => identity(state, headers, address).await.map(|_| ()),
    }
}

/// Finds out which administrator sent a request, for the routes of a [`Routes`](super::table::Routes).
pub async fn identify(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let address = address_of(&request);
    let inside = request.extensions().get::<Inside>().copied().filter(|inside| inside.may_ask(&request));
    let inside = inside.filter(|_| same_origin(request.headers()));
    let of_setup = |role| Identity { role, ..Identity::of_setup(address.map(|address| address.to_string())) };
    let identity = match inside {
        Some(Inside::Setting) => Ok(of_setup(Role::Full)),
        Some(Inside::Watching) => match identity(&state, request.headers().clone(), address).await {
            // An administrator who has signed in there meanwhile is who they are.
            Err(CauseCode::NotSignedIn) => {
                state.setup.iter().for_each(|setup| setup.seen(Instant::now()));
                Ok(of_setup(Role::ReadOnly))
            }
            identity => identity,
        },
        None => identity(&state, request.headers().clone(), address).await,
    };
    let through = request.extensions().get::<Through>().copied();
    let is_person = |identity: &Identity| ["administrator", "setup"].contains(&identity.actor.kind);
    let identity = identity.map(|identity| Identity { through: through.filter(|_| is_person(&identity)), ..identity });
    request.extensions_mut().insert(identity);
    next.run(request).await
}

fn address_of(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| client_address(*from))
}

async fn identity(state: &WebState, headers: HeaderMap, address: Option<IpAddr>) -> Result<Identity, CauseCode> {
    if !same_origin(&headers) {
        return Err(CauseCode::BadRequest);
    }
    if let Some(bearer) = bearer(state, &headers, address).await? {
        let address = address.map(|address| address.to_string());
        return bearer.identity(address).ok_or(CauseCode::RoleForbids);
    }
    let slot = signed_in(state, AccountKind::Administrator, &headers).await.map_err(|failure| failure.cause())?;
    let account = state.administrators.account(slot).ok_or(CauseCode::NotSignedIn)?;
    let stored = administrator(state, &account).ok_or(CauseCode::NotSignedIn)?;
    let id = if stored.from_file { account.name.clone() } else { stored.id.to_string() };
    let actor = Actor { kind: "administrator", id, address: address.map(|address| address.to_string()) };
    Ok(Identity { actor, name: account.name.clone(), role: stored.object.role, through: None })
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

/// Asks whether the session that a socket was opened with goes on: the person may have signed out in another tab, or been
/// signed out.
pub(in crate::web) struct Still {
    state: WebState,
    headers: HeaderMap,
    user: UserId,
    ended: watch::Receiver<()>,
    check: Interval,
    /// It is to be asked, as far as that was not done.
    due: bool,
}

impl Still {
    /// Of a request that a user's session came with.
    pub(in crate::web) fn new(state: WebState, headers: HeaderMap, user: UserId) -> Still {
        let account = state.users.account(user);
        let ended = state.users.ended(account.as_ref().map_or("", |account| &account.key));
        let check = interval_at(tokio::time::Instant::now() + CHECK_EVERY, CHECK_EVERY);
        Still { state, headers, user, ended, check, due: true }
    }

    /// Returns when it is over. What is waited for may be dropped and asked for again.
    pub(in crate::web) async fn over(&mut self) {
        loop {
            while !self.due {
                self.due = tokio::select! {
                    _ = self.check.tick() => true,
                    // It lives as long as somebody listens.
                    told = self.ended.changed() => match told {
                        Ok(()) => true,
                        Err(_) => return,
                    },
                };
            }
            // A database that cannot be asked says nothing about the session.
            let over = match session(&self.state, AccountKind::User, &self.headers).await {
                Ok((found, _)) => found != self.user,
                Err(failure) => failure.cause() == CauseCode::NotSignedIn,
            };
            self.due = false;
            if over {
                return;
            }
        }
    }
}

/// Whose cookie came with a request. Nobody's counts who has yet to set up a second factor that the settings demand.
pub async fn signed_in(state: &WebState, kind: AccountKind, headers: &HeaderMap) -> Result<UserId, HttpFailure> {
    let (user, _) = session(state, kind, headers).await?;
    if must_enrol(state, kind, user).await? { Err(CauseCode::SecondFactorMissing.into()) } else { Ok(user) }
}

/// The session whose cookie came with a request.
pub(super) async fn session(
    state: &WebState,
    kind: AccountKind,
    headers: &HeaderMap,
) -> Result<(UserId, Session), HttpFailure> {
    for token in tokens(kind, headers) {
        match state.accounts(kind).session(token, unix_now()).await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(failure) => return Err(lookup_failed(&failure)),
        }
    }
    Err(CauseCode::NotSignedIn.into())
}

fn lookup_failed(failure: &sqlx::Error) -> HttpFailure {
    error!(error = failure as &dyn std::error::Error, "session lookup failed");
    CauseCode::Internal.into()
}

async fn must_enrol(state: &WebState, kind: AccountKind, user: UserId) -> Result<bool, HttpFailure> {
    let accounts = state.accounts(kind);
    let account = accounts.account(user).ok_or(CauseCode::NotSignedIn)?;
    accounts.must_enrol(&account).await.map_err(|failure| lookup_failed(&failure))
}

async fn body_for(state: &WebState, kind: AccountKind, user: UserId) -> Result<Response, HttpFailure> {
    let account = state.accounts(kind).account(user).ok_or(CauseCode::NotSignedIn)?;
    let role = match kind {
        AccountKind::User => None,
        AccountKind::Administrator => Some(administrator(state, &account).ok_or(CauseCode::NotSignedIn)?.object.role),
    };
    let second_factor_missing = must_enrol(state, kind, user).await?;
    let user = User { name: account.name.clone(), display_name: account.display_name.clone() };
    Ok(Json(SessionBody { user: SignedInUser { user, role, second_factor_missing } }).into_response())
}

fn tokens(kind: AccountKind, headers: &HeaderMap) -> impl Iterator<Item = &str> {
    cookies(headers, cookie_names(kind))
}

/// The values of cookies with one of two names.
pub(super) fn cookies<'h>(headers: &'h HeaderMap, names: [&'static str; 2]) -> impl Iterator<Item = &'h str> {
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

/// Seconds since 1970.
pub(super) fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
