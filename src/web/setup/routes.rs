//! What the setup asks of the server beside what every administrator may: `/api/v1/setup`.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use tracing::info;

use super::{Inside, Setup};
use crate::call::cause::CauseCode;
use crate::config::{Database, Secret};
use crate::site::{Problem, ProblemCode, Said};
use crate::store::Store;
use crate::web::protocol::setup::{SetupDatabase, SetupState};
use crate::web::routes::site::Failure;
use crate::web::routes::site::request;
use crate::web::{WebState, same_origin, tls};

/// The routes. Whoever does not set the server up finds nothing there.
pub(in crate::web) fn routes() -> Router<WebState> {
    Router::new()
        .route("/api/v1/setup", get(show))
        .route("/api/v1/setup/database", post(set_database))
        .route("/api/v1/setup/database/test", post(test_database))
        .route("/api/v1/setup/finish", post(finish))
}

/// The setup that the request belongs to.
fn inside(state: &WebState, inside: Option<Extension<Inside>>) -> Result<Setup, Failure> {
    inside.and(state.setup.clone()).ok_or_else(|| CauseCode::NotFound.into())
}

/// The same while the server is set up yet.
fn setting(state: &WebState, is_inside: Option<Extension<Inside>>) -> Result<Setup, Failure> {
    inside(state, is_inside.filter(|Extension(inside)| *inside == Inside::Setting))
}

async fn show(
    State(state): State<WebState>,
    is_inside: Option<Extension<Inside>>,
) -> Result<Json<SetupState>, Failure> {
    let setup = inside(&state, is_inside)?;
    if setup.is_over() {
        setup.seen(Instant::now());
    }
    let host_name = tls::host_name().unwrap_or_default();
    let address = |interface: if_addrs::Interface| (!interface.is_loopback()).then(|| interface.ip().to_string());
    let config = setup.place().config().map_err(|_| CauseCode::BadConfiguration)?;
    let mut addresses: Vec<String> =
        if_addrs::get_if_addrs().unwrap_or_default().into_iter().filter_map(address).collect();
    addresses.sort();
    addresses.dedup();
    Ok(Json(SetupState {
        database: state.store.kind().to_owned(),
        database_url: config.database.url.map(|url| without_password(url.expose())),
        config_file: setup.place().file().display().to_string(),
        data_dir: state.data_dir.display().to_string(),
        host_name,
        addresses,
        over: setup.is_over(),
    }))
}

/// A URL as it can be shown.
fn without_password(url: &str) -> String {
    let (Some((scheme, rest)), true) = (url.split_once("://"), url.contains('@')) else { return url.to_owned() };
    let (account, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let user = account.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{place}")
}

/// What was sent, and the database that it stands for; None: the one in the data directory.
async fn wanted(state: &WebState, request: Request) -> Result<(Option<(Secret, Option<Secret>)>, Database), Failure> {
    if !same_origin(request.headers()) {
        return Err(CauseCode::BadRequest.into());
    }
    let (body, _) = request::json(request, false).await?;
    let SetupDatabase { url, password } = request::read(body)?;
    let key_file = state.data_dir.join("secrets.key");
    if url.trim().is_empty() {
        return Ok((None, Database { url: None, password_file: None, key_file }));
    }
    let url = url.trim().to_owned();
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(at_url(ProblemCode::DatabaseAddress).into());
    }
    let password = Some(password).filter(|password| !password.is_empty()).map(Secret::new);
    Ok((
        Some((Secret::new(url.clone()), password)),
        Database { url: Some(Secret::new(url)), password_file: None, key_file },
    ))
}

fn at_url(code: ProblemCode) -> Problem {
    Problem { pointer: "/url".to_owned(), ..Problem::whole(code) }
}

fn unusable(why: Said) -> Failure {
    at_url(ProblemCode::DatabaseUnusable).said(why).into()
}

async fn try_out(
    wanted: &Option<(Secret, Option<Secret>)>,
    state: &WebState,
    database: &Database,
) -> Result<(), Failure> {
    let password = wanted.as_ref().and_then(|(_, password)| password.clone());
    let (data_dir, database) = (state.data_dir.clone(), database.clone());
    let runtime = tokio::runtime::Handle::current();
    // Migrations cannot move between threads.
    let test = move || runtime.block_on(Store::test(&data_dir, &database, password.as_ref()));
    let tested = tokio::task::spawn_blocking(test).await.map_err(|_| CauseCode::Internal)?;
    tested.map_err(|error| unusable(Said::new(error.to_string(), error.german())))
}

/// Whether the database can be used.
async fn test_database(
    State(state): State<WebState>,
    is_inside: Option<Extension<Inside>>,
    request: Request,
) -> Result<StatusCode, Failure> {
    setting(&state, is_inside)?;
    let (wanted, database) = wanted(&state, request).await?;
    try_out(&wanted, &state, &database).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes another database. The server starts anew with it, and what was set in the one before stays there.
async fn set_database(
    State(state): State<WebState>,
    is_inside: Option<Extension<Inside>>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let setup = setting(&state, is_inside)?;
    let (wanted, database) = wanted(&state, request).await?;
    try_out(&wanted, &state, &database).await?;
    let (url, password) = wanted.map_or((None, None), |(url, password)| (Some(url), password));
    let (place, data_dir) = (setup.place().clone(), state.data_dir.clone());
    let written =
        tokio::task::spawn_blocking(move || place.set_database(&data_dir, url.as_ref(), password.as_ref())).await;
    let written = written.map_err(|_| CauseCode::Internal)?;
    written.map_err(|error| unusable(Said::new(error.to_string(), error.german())))?;
    info!("another database was chosen: the server starts anew");
    setup.restart();
    Ok(StatusCode::ACCEPTED)
}

/// The server is set up, once somebody can administer it.
async fn finish(
    State(state): State<WebState>,
    is_inside: Option<Extension<Inside>>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let setup = inside(&state, is_inside)?;
    if !same_origin(request.headers()) {
        return Err(CauseCode::BadRequest.into());
    }
    match state.administration.can_be_administered().await {
        Ok(true) => {
            setup.finish();
            info!("the server is set up");
            Ok(StatusCode::NO_CONTENT)
        }
        Ok(false) => Err(Failure::of(ProblemCode::AdministratorNeeded)),
        Err(_) => Err(CauseCode::Internal.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_a_url_is_shown() {
        for (url, shown) in [
            ("postgres://me:geheim@db/x", "postgres://me@db/x"),
            ("postgres://me:ge@heim@db/x", "postgres://me@db/x"),
            ("postgres://me@db/x", "postgres://me@db/x"),
            ("postgres://db/x", "postgres://db/x"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
