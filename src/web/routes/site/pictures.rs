//! Pictures of users: an administrator's `/api/v1/admin/users/{id}/picture`, one's own, and those of others as far as rights go.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Extension, Router};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tracing::error;

use super::failure::Failure;
use super::request::{self, id};
use crate::administration::{self, Actor, PictureChange};
use crate::call::cause::CauseCode;
use crate::ids::UserId;
use crate::picture::{self, MAX_FILE, MEDIA_TYPE, MEDIA_TYPES, Picture, PictureError, PictureSize};
use crate::rights::{Right, ServiceRight, rights_on};
use crate::site::{Kind, ObjectId, Problem, ProblemCode, Role, User};
use crate::user::accounts::Account;
use crate::web::routes::table::{Identity, Method, Operation, Routes};
use crate::web::{WebState, client_address};

/// Files that are unpacked at the same time: each takes a core and some hundred megabytes for a moment.
static UNPACKED: Semaphore = Semaphore::const_new(2);

/// How long a browser shows a picture without asking, in a private cache: it may be forbidden meanwhile.
const KEPT: &str = "private, max-age=3600";
const ASKED: &str = "private, no-cache";

/// Which picture is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct PictureQuery {
    /// `small`: 96 by 96 pixels; `large`, the default: up to 400 pixels on the longer side.
    size: PictureSize,
    /// The version that is known, from where the picture is told of: then it need not be asked for again for an hour.
    version: Option<i64>,
}

/// The routes of administrators.
pub(super) fn routes() -> Routes {
    const PATH: &str = "/api/v1/admin/users/{id}/picture";
    let refusing = |operation, refusals| Operation { refusals, ..operation };
    let show = Operation {
        id: "show_picture_of_user".to_owned(),
        summary: "The picture of the user".to_owned(),
        status: 200,
        answer: vec![(MEDIA_TYPE, None)],
        etag: true,
        refusals: &[400, 404],
        ..Operation::default()
    }
    .asking::<PictureQuery>();
    let set = Operation {
        body: MEDIA_TYPES.map(|kind| (kind, None)).to_vec(),
        etag: true,
        ..Operation::silent("set_picture_of_user", "Sets the picture of the user, as JPEG, PNG or WebP")
    };
    let remove = Operation::silent("remove_picture_of_user", "Takes the picture of the user away");
    Routes::default()
        .described(Role::ReadOnly, (Method::Get, PATH), show, show_any)
        .described(Role::Users, (Method::Put, PATH), refusing(set, &[404, 413, 415, 422]), set_any)
        .described(Role::Users, (Method::Delete, PATH), refusing(remove, &[404]), remove_any)
}

/// The routes of users, with their whole paths.
pub(in crate::web) fn own_routes() -> Router<WebState> {
    Router::new()
        .route("/api/v1/users/{id}/picture", get(show_allowed))
        .route("/api/v1/session/picture", put(set_own).delete(remove_own))
}

async fn show_any(
    State(state): State<WebState>,
    Path(text): Path<String>,
    query: Result<Query<PictureQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    show(&state, user(&state, &text)?, query, &headers).await
}

async fn set_any(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let user = user(&state, &text)?;
    set(&state, &identity.actor, user, request).await
}

async fn remove_any(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<StatusCode, Failure> {
    let user = user(&state, &text)?;
    remove(&state, &identity.actor, user).await
}

async fn show_allowed(
    State(state): State<WebState>,
    Extension(slot): Extension<UserId>,
    Path(text): Path<String>,
    query: Result<Query<PictureQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let asks = account(&state, slot)?.id;
    let of = id(&text)?;
    // Who may not see it does not learn whether it is there.
    match rights_on(&state.administration.site(), asks, of).contains(Right::SeePicture) {
        true => show(&state, of, query, &headers).await,
        false => Err(Failure::of(ProblemCode::NotFound)),
    }
}

async fn set_own(
    State(state): State<WebState>,
    Extension(slot): Extension<UserId>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Failure> {
    let account = changing(&state, slot)?;
    set(&state, &actor(&account, from), account.id, request).await
}

async fn remove_own(
    State(state): State<WebState>,
    Extension(slot): Extension<UserId>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
) -> Result<StatusCode, Failure> {
    let account = changing(&state, slot)?;
    remove(&state, &actor(&account, from), account.id).await
}

fn account(state: &WebState, slot: UserId) -> Result<std::sync::Arc<Account>, Failure> {
    state.users.account(slot).ok_or(CauseCode::NotSignedIn.into())
}

/// The account of somebody who may change it.
fn changing(state: &WebState, slot: UserId) -> Result<std::sync::Arc<Account>, Failure> {
    match state.services(slot).contains(ServiceRight::ConfigureAccount) {
        true => account(state, slot),
        false => Err(CauseCode::AccountNotGiven.into()),
    }
}

/// As the audit log names them.
fn actor(account: &Account, from: SocketAddr) -> Actor {
    let id = if account.from_file { &account.name } else { &account.key };
    Actor { kind: Kind::User.as_str(), id: id.clone(), address: Some(client_address(from).to_string()) }
}

/// The user with an id in a path.
fn user(state: &WebState, text: &str) -> Result<ObjectId, Failure> {
    let id = id(text)?;
    match state.administration.site().get::<User>(id) {
        Some(_) => Ok(id),
        None => Err(Failure::of(ProblemCode::NotFound)),
    }
}

async fn show(
    state: &WebState,
    user: ObjectId,
    query: Result<Query<PictureQuery>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let Query(PictureQuery { size, version: wanted }) = query.map_err(|_| CauseCode::BadRequest)?;
    let version = state.administration.site().picture(user).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let answer = if request::is_known(headers, version) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let pictures = state.administration.table().pictures();
        let found = pictures.find(Kind::User.as_str(), user.as_str(), size.as_str()).await.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "a picture cannot be read");
            CauseCode::Internal
        })?;
        // It went a moment ago.
        let found = found.ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
        ([(header::CONTENT_TYPE, found.media_type)], found.image).into_response()
    };
    let cached = if wanted == Some(version) { KEPT } else { ASKED };
    Ok(with_version(answer, version, cached))
}

fn with_version(mut answer: Response, version: i64, cached: &'static str) -> Response {
    let headers = answer.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&request::etag(version)) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    answer
}

async fn set(state: &WebState, actor: &Actor, user: ObjectId, request: Request) -> Result<Response, Failure> {
    let media_type = request::media_type(request.headers());
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        return Err(Problem::whole(ProblemCode::WrongMediaType).value(MEDIA_TYPES.join(", ")).into());
    }
    let file = request::octets(request.into_body(), MAX_FILE).await?;
    let picture = made(file).await?;
    let version = picture.version;
    change(state, actor, PictureChange { user, picture: Some(picture) }).await?;
    Ok(with_version(StatusCode::NO_CONTENT.into_response(), version, ASKED))
}

async fn remove(state: &WebState, actor: &Actor, user: ObjectId) -> Result<StatusCode, Failure> {
    if state.administration.site().picture(user).is_some() {
        change(state, actor, PictureChange { user, picture: None }).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn change(state: &WebState, actor: &Actor, change: PictureChange) -> Result<(), Failure> {
    let pictures = [change];
    let request = administration::Request { pictures: &pictures, ..administration::Request::default() };
    let changed = state.administration.change(request, actor, request::now()).await;
    changed.map(|_| ()).map_err(|error| Failure::of_change(error, &[]))
}

/// The picture of a file.
pub(super) async fn made(file: Bytes) -> Result<Picture, Problem> {
    // It is never closed.
    let _turn = UNPACKED.acquire().await;
    match tokio::task::spawn_blocking(move || picture::make(&file)).await {
        Ok(made) => made.map_err(problem),
        // Nothing in a file is to come this far.
        Err(failure) => {
            error!(error = &failure as &dyn std::error::Error, "a picture cannot be unpacked");
            Err(Problem::whole(ProblemCode::InvalidPicture))
        }
    }
}

fn problem(error: PictureError) -> Problem {
    match error {
        PictureError::Large(most) => Problem::whole(ProblemCode::PictureTooLarge).value(most),
        PictureError::Format | PictureError::Broken(_) => Problem::whole(ProblemCode::InvalidPicture),
    }
}
