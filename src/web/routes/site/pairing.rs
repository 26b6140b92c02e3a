//! Which computer a browser runs on: a browser is paired with a computer by a link that an administrator makes, and tells
//! it from then on by a cookie. What is known by that is that somebody had such a link at this browser, and no more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use tracing::{error, info};

use super::failure::Failure;
use super::request::{self, id};
use crate::administration::{self, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::{Computer, Kind, ObjectId, ProblemCode, Role, User};
use crate::store::seal::SecretOf;
use crate::web::protocol::site::{Pair, PairedComputer, Pairing, PairingCode, SeatedUser};
use crate::web::routes::Secure;
use crate::web::routes::table::{Identity, Method, Operation, Routes};
use crate::web::setup::{hash, is_same, secret};
use crate::web::{WebState, same_origin};

/// The name of what browsers of a computer show, beside the object.
const FIELD: &str = "pairing";
/// How long a link can be opened.
const OPEN_FOR: Duration = Duration::from_secs(30 * 60);
/// Links that can be opened at once; one more ends the oldest.
const MAX_LINKS: usize = 1_000;
/// How long a browser keeps the cookie, in seconds: as long as browsers do. Using the app renews it.
const KEPT_FOR: u32 = 400 * 24 * 60 * 60;

/// Links that can be opened, each once.
#[derive(Debug, Clone, Default)]
pub struct Links(Arc<Mutex<VecDeque<Link>>>);

#[derive(Debug)]
struct Link {
    hash: [u8; 32],
    computer: ObjectId,
    until: Instant,
}

impl Links {
    /// A code that opens once.
    fn make(&self, computer: ObjectId, now: Instant) -> Option<String> {
        let code = secret().ok()?;
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| link.until > now);
        if links.len() >= MAX_LINKS {
            links.pop_front();
        }
        links.push_back(Link { hash: hash(&code), computer, until: now + OPEN_FOR });
        Some(code)
    }

    /// What a code is for; it opens nothing any more then.
    fn open(&self, code: &str, now: Instant) -> Option<ObjectId> {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = links.iter().position(|link| link.until > now && is_same(&link.hash, code))?;
        links.remove(place).map(|link| link.computer)
    }

    /// The codes of a computer open nothing any more.
    fn forget(&self, computer: ObjectId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|link| link.computer != computer);
    }
}

/// The routes of administrators.
pub(super) fn routes() -> Routes {
    const PATH: &str = "/api/v1/admin/computers/{id}/pairing";
    let refusing = |operation| Operation { refusals: &[404], ..operation };
    let show =
        Operation::giving::<Pairing>("show_pairing_of_computer", "Whether browsers are paired with the computer");
    let make = Operation::giving::<PairingCode>("pair_computer", "Makes a code that pairs a browser with the computer");
    let end = Operation::silent("unpair_computer", "Ends the pairing of all browsers with the computer");
    Routes::default()
        .described(Role::ReadOnly, (Method::Get, PATH), refusing(show), show_pairing)
        .described(Role::Users, (Method::Post, PATH), refusing(make), make_code)
        .described(Role::Users, (Method::Delete, PATH), refusing(end), end_pairing)
}

/// The routes of browsers, with their whole paths. Nobody need be signed in: it is the browser that is paired.
pub(in crate::web) fn own_routes() -> Router<WebState> {
    Router::new().route("/api/v1/computer", post(pair).get(show_own).delete(forget_own))
}

async fn show_pairing(State(state): State<WebState>, Path(text): Path<String>) -> Result<Json<Pairing>, Failure> {
    let computer = computer(&state, &text)?;
    let paired = kept(&state, computer).await?.is_some();
    let site = state.administration.site();
    let seats = site.seats().iter().filter(|seat| seat.computer == computer);
    let user = |seat: &crate::site::Seat| {
        let user = &site.get::<User>(seat.user)?.object;
        Some(SeatedUser {
            id: seat.user,
            title: site.title(Kind::User, seat.user).to_owned(),
            login: user.login.clone(),
        })
    };
    Ok(Json(Pairing { paired, users: seats.filter_map(user).collect() }))
}

async fn make_code(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<Json<PairingCode>, Failure> {
    let computer = computer(&state, &text)?;
    if kept(&state, computer).await?.is_none() {
        let made = Secret::new(secret().map_err(|_| CauseCode::Internal)?);
        change(&state, &identity, computer, Some(made)).await?;
    }
    let code = state.links.make(computer, Instant::now()).ok_or(CauseCode::Internal)?;
    Ok(Json(PairingCode { code, until: request::now() + OPEN_FOR.as_millis() as i64 }))
}

async fn end_pairing(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<StatusCode, Failure> {
    let computer = computer(&state, &text)?;
    state.links.forget(computer);
    if kept(&state, computer).await?.is_some() {
        change(&state, &identity, computer, None).await?;
    }
    state.administration.vacate(computer);
    Ok(StatusCode::NO_CONTENT)
}

/// The computer with an id in a path.
fn computer(state: &WebState, text: &str) -> Result<ObjectId, Failure> {
    let id = id(text)?;
    let found = state.administration.site().get::<Computer>(id).map(|computer| computer.id);
    found.ok_or_else(|| Failure::of(ProblemCode::NotFound))
}

async fn change(state: &WebState, identity: &Identity, id: ObjectId, secret: Option<Secret>) -> Result<(), Failure> {
    let secrets = [SecretChange { kind: Kind::Computer, id, field: FIELD, secret }];
    let request = administration::Request { secrets: &secrets, ..administration::Request::default() };
    let changed = state.administration.change(request, &identity.actor, request::now()).await;
    changed.map(|_| ()).map_err(|error| Failure::of_change(error, &[]))
}

/// What the browsers of a computer show.
async fn kept(state: &WebState, computer: ObjectId) -> Result<Option<Secret>, CauseCode> {
    let of = SecretOf { kind: Kind::Computer.as_str(), id: computer.as_str(), field: FIELD };
    state.administration.table().secret(of).await.map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "what a computer's browsers show cannot be read");
        CauseCode::Internal
    })
}

async fn pair(
    State(state): State<WebState>,
    Extension(Secure(secure)): Extension<Secure>,
    request: Request,
) -> Result<Response, Failure> {
    if !same_origin(request.headers()) {
        return Err(CauseCode::BadRequest.into());
    }
    let (body, _) = request::json(request, false).await?;
    let Pair { code } = request::read(body)?;
    let computer = state.links.open(&code, Instant::now()).ok_or_else(|| Failure::of(ProblemCode::PairingEnded))?;
    let shown = kept(&state, computer).await?.ok_or_else(|| Failure::of(ProblemCode::PairingEnded))?;
    info!(%computer, "a browser is paired with a computer");
    answer(&state, Some(computer), Some(&format!("{computer}.{}", shown.expose())), secure)
}

async fn show_own(
    State(state): State<WebState>,
    Extension(Secure(secure)): Extension<Secure>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let token = cookies(&headers).next().map(str::to_owned);
    match computer_of(&state, &headers).await {
        Some(computer) => answer(&state, Some(computer), token.as_deref(), secure),
        None => answer(&state, None, None, secure),
    }
}

async fn forget_own(
    State(state): State<WebState>,
    Extension(Secure(secure)): Extension<Secure>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !same_origin(&headers) {
        return Err(CauseCode::BadRequest.into());
    }
    answer(&state, None, Some(""), secure)
}

/// What a browser is told of its computer, and the cookie that it keeps.
fn answer(
    state: &WebState,
    computer: Option<ObjectId>,
    token: Option<&str>,
    secure: bool,
) -> Result<Response, Failure> {
    let site = state.administration.site();
    let name = computer.and_then(|id| site.get::<Computer>(id)).map(|computer| computer.object.name.clone());
    let mut response = Json(PairedComputer { name }).into_response();
    if let Some(token) = token {
        let (name, flag) = if secure { (SECURE_COOKIE, "; Secure") } else { (COOKIE, "") };
        let lifetime = if token.is_empty() { 0 } else { KEPT_FOR };
        let text = format!("{name}={token}; Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Strict{flag}");
        let value = HeaderValue::from_str(&text).map_err(|_| CauseCode::Internal)?;
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

const COOKIE: &str = "offhook-computer";
const SECURE_COOKIE: &str = "__Host-offhook-computer";

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    crate::web::routes::session::cookies(headers, [COOKIE, SECURE_COOKIE])
}

/// The computer that the browser of a request is paired with.
pub(in crate::web) async fn computer_of(state: &WebState, headers: &HeaderMap) -> Option<ObjectId> {
    for token in cookies(headers) {
        let Some((id, shown)) = token.split_once('.') else { continue };
        let Ok(id) = computer(state, id) else { continue };
        let kept = kept(state, id).await.ok().flatten();
        if kept.is_some_and(|kept| is_same(&hash(kept.expose()), shown)) {
            return Some(id);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_opens_once_and_not_for_ever() {
        let (links, now) = (Links::default(), Instant::now());
        let [first, second] = [1, 2].map(|seed| ObjectId::random([seed; 16]));
        let code = links.make(first, now).unwrap();
        let other = links.make(second, now).unwrap();
        assert_eq!((links.open("", now), links.open("x", now)), (None, None));
        assert_eq!(links.open(&code, now), Some(first));
        assert_eq!(links.open(&code, now), None, "once");
        links.forget(second);
        assert_eq!(links.open(&other, now), None);
        let late = links.make(first, now).unwrap();
        assert_eq!(links.open(&late, now + OPEN_FOR), None);
        let oldest = links.make(first, now).unwrap();
        for _ in 0..MAX_LINKS {
            links.make(second, now).unwrap();
        }
        assert_eq!(links.open(&oldest, now), None, "there is an end to how many are kept");
    }
}
