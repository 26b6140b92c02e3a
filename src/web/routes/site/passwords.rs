//! Passwords of users and administrators. They are set and taken away, and never shown.

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::error;

use super::failure::Failure;
use super::request::{self, id};
use super::security::SignsIn;
use crate::administration::{self, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::{ObjectId, Problem, ProblemCode, Role};
use crate::user::accounts::{MAX_PASSWORD, SignInError, hash_password};
use crate::web::WebState;
use crate::web::protocol::site::NewPassword;
use crate::web::routes::table::{Identity, Method, Operation, Routes};

/// The routes of one kind.
pub(super) fn routes<T: SignsIn>(changing: Role) -> Routes {
    let one = T::KIND.as_str();
    let path = format!("/api/v1/admin/{}/{{id}}/password", T::KIND.plural());
    let operation = |what: &str, summary: &str| Operation {
        refusals: &[400, 404, 409, 413, 415, 422],
        ..Operation::silent(format!("{what}_password_of_{one}"), format!("{summary}; ends the sessions of the {one}"))
    };
    let set = operation("set", "Sets the password").taking::<NewPassword>("application/json");
    Routes::default().described(changing, (Method::Put, &path), set, set_password::<T>).described(
        changing,
        (Method::Delete, &path),
        operation("remove", "Takes the password away"),
        remove::<T>,
    )
}

async fn set_password<T: SignsIn>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let id = changeable::<T>(&state, &text)?;
    let (body, _) = request::json(request, false).await?;
    let NewPassword { password } = request::read(body)?;
    let hash = hashed(&state, password, "/password").await?;
    change::<T>(&state, &identity, id, Some(hash)).await
}

async fn remove<T: SignsIn>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<StatusCode, Failure> {
    let id = changeable::<T>(&state, &text)?;
    change::<T>(&state, &identity, id, None).await
}

/// The object, where its password is not the configuration file's.
fn changeable<T: SignsIn>(state: &WebState, text: &str) -> Result<ObjectId, Failure> {
    let id = id(text)?;
    let site = state.administration.site();
    let stored = site.get::<T>(id).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    if stored.from_file { Err(Failure::of(ProblemCode::SetInFile)) } else { Ok(id) }
}

async fn change<T: SignsIn>(
    state: &WebState,
    identity: &Identity,
    id: ObjectId,
    secret: Option<Secret>,
) -> Result<StatusCode, Failure> {
    let secrets = [SecretChange { kind: T::KIND, id, field: "password", secret }];
    let request = administration::Request { secrets: &secrets, ..administration::Request::default() };
    let changed = state.administration.change(request, &identity.actor, request::now()).await;
    changed.map_err(|error| Failure::of_change(error, &[]))?;
    // Only passwords of objects that are kept get here.
    state.accounts(T::ACCOUNT).sessions_ended(id.as_str());
    Ok(StatusCode::NO_CONTENT)
}

/// Passwords hashed at the same time: each takes a core and 19 MiB for a while.
static HASHES: Semaphore = Semaphore::const_new(2);

/// A turn to hash a password; who has many takes one for each.
pub(super) async fn turn() -> Option<SemaphorePermit<'static>> {
    // It is never closed.
    HASHES.acquire().await.ok()
}

/// The hash of a password that may be used, which stands at `pointer` in the request.
pub(in crate::web) async fn hashed(state: &WebState, password: String, pointer: &str) -> Result<Secret, Failure> {
    let at = |code| Problem { pointer: pointer.to_owned(), ..Problem::whole(code) };
    let least = state.administration.site().settings().password.min_length;
    if password.chars().count() < least as usize {
        return Err(at(ProblemCode::PasswordTooShort).value(least).into());
    }
    if password.len() > MAX_PASSWORD {
        return Err(at(ProblemCode::TooLong).value(MAX_PASSWORD).into());
    }
    let _turn = turn().await;
    let hash = tokio::task::spawn_blocking(move || hash_password::<std::convert::Infallible>(&password));
    let hash: Result<String, SignInError<_>> = hash.await.unwrap_or(Err(SignInError::Hash));
    let hash = hash.map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "a password cannot be hashed");
        CauseCode::Internal
    })?;
    Ok(Secret::new(hash))
}
