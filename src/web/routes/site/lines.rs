//! Line groups and lines, with their passwords. These are for the PBX, so they are kept as they are, sealed; they are set and
//! taken away, and never shown.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::error;

use super::failure::Failure;
use super::objects;
use super::request::{self, id};
use crate::administration::{self, LINE_PASSWORD, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::{LineBody, Secret};
use crate::site::{
    Change, Kind, Line, LineGroup, Object, ObjectId, Problem, ProblemCode, Role, Site, Write, lines_csv,
};
use crate::web::WebState;
use crate::web::protocol::site::{BulkResult, LinePasswords, NewLines, NewPassword};
use crate::web::routes::table::{Identity, Method, Operation, Routes};

/// Characters of a password.
const MAX_PASSWORD: usize = 256;

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const REFUSALS: &[u16] = &[400, 404, 409, 412, 413, 415, 422];

/// How a line group is deleted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct DeleteQuery {
    /// Its lines, too; otherwise it must have none.
    lines: bool,
}

/// Which lines are written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct CsvQuery {
    /// Only those that are in use.
    active: bool,
}

pub(super) fn routes() -> Routes {
    let groups = objects::path(Kind::LineGroup);
    let group = format!("{groups}/{{id}}");
    let lines = objects::path(Kind::Line);
    let refusing = |operation: Operation| Operation { refusals: REFUSALS, ..operation };
    let deleted = objects::deleting(Kind::LineGroup).asking::<DeleteQuery>();
    let many = refusing(
        Operation::giving::<BulkResult>("create_lines", "Creates many lines of a line group, all or none")
            .taking::<NewLines>(JSON),
    );
    let csv = Operation {
        id: "export_lines".to_owned(),
        summary: "The lines of a line group as CSV, without their passwords".to_owned(),
        status: 200,
        answer: vec![(CSV, None)],
        refusals: &[400, 404],
        ..Operation::default()
    };
    let passwords = refusing(
        Operation::silent("set_password_of_lines", "Sets the same password for many lines")
            .taking::<LinePasswords>(JSON),
    );
    objects::but_deleting::<LineGroup>(Role::Full)
        .and(objects::routes::<Line>(Role::Full))
        .described(Role::Full, (Method::Delete, &group), deleted, delete_group)
        .described(Role::Full, (Method::Post, &format!("{group}/lines")), many, create_many)
        .described(Role::ReadOnly, (Method::Get, &format!("{group}/lines.csv")), csv.asking::<CsvQuery>(), download)
        .described(Role::Full, (Method::Post, &format!("{lines}/passwords")), passwords, set_passwords)
        .and(password_routes::<LineGroup>())
        .and(password_routes::<Line>())
}

fn password_routes<T: Object>() -> Routes {
    let path = format!("{}/{{id}}/password", objects::path(T::KIND));
    let operation = |what: &str, summary: &str| Operation {
        refusals: REFUSALS,
        ..Operation::silent(format!("{what}_password_of_{}", T::KIND), summary)
    };
    let set = operation("set", "Sets the password for the PBX").taking::<NewPassword>(JSON);
    let remove = operation("remove", "Takes the password for the PBX away");
    Routes::default().described(Role::Full, (Method::Put, &path), set, set_password::<T>).described(
        Role::Full,
        (Method::Delete, &path),
        remove,
        remove_password::<T>,
    )
}

/// Passwords that come with lines.
pub(super) fn passwords(passwords: Vec<(ObjectId, Secret)>) -> Vec<SecretChange> {
    passwords.into_iter().map(|(id, secret)| secret_change(Kind::Line, id, Some(secret))).collect()
}

/// What makes this the password of a line or line group.
pub(super) fn secret_change(kind: Kind, id: ObjectId, secret: Option<Secret>) -> SecretChange {
    SecretChange { kind, id, field: LINE_PASSWORD, secret }
}

async fn delete_group(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    query: Result<Query<DeleteQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, Failure> {
    let Query(DeleteQuery { lines }) = query.map_err(|_| CauseCode::BadRequest)?;
    let (id, expected) = objects::changed::<LineGroup>(&state, &text, &headers)?;
    let site = state.administration.site();
    let its = site.lines_of(id).filter(|_| lines);
    let mut changes: Vec<Change> =
        its.map(|line| Change::Delete { kind: Kind::Line, id: line.id, expected: None }).collect();
    changes.push(Change::Delete { kind: Kind::LineGroup, id, expected });
    objects::make(&state, &identity, &changes).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn create_many(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<BulkResult>, Failure> {
    let group = id(&text)?;
    let site = state.administration.site();
    site.get::<LineGroup>(group).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let (body, _) = request::json(request, false).await?;
    let NewLines { user_names, auth_name, number, password, active } = request::read(body)?;
    check_password(&password)?;
    let wanted = LineBody { user_name: user_names, auth_name, number, active, ..LineBody::default() };
    let mut ids = NewIds::default();
    let new = lines_csv::range(group, &wanted, &Secret::new(password), &mut || ids.next());
    let new = new.map_err(|problem| match problem.pointer.as_str() {
        "/user_name" => Problem { pointer: "/user_names".to_owned(), ..problem },
        _ => problem,
    })?;
    ids.check()?;
    let secrets = passwords(new.passwords);
    let writes = change(&state, &identity, &new.changes, &secrets).await?;
    Ok(Json(objects::result(writes.iter())))
}

/// Ids of objects that come, and whether the system gave the random numbers for them.
#[derive(Default)]
struct NewIds {
    failed: bool,
}

impl NewIds {
    fn next(&mut self) -> ObjectId {
        super::new_id().unwrap_or_else(|_| {
            self.failed = true;
            ObjectId::random([0; 16])
        })
    }

    fn check(&self) -> Result<(), Failure> {
        if self.failed { Err(CauseCode::Internal.into()) } else { Ok(()) }
    }
}

async fn download(
    State(state): State<WebState>,
    Path(text): Path<String>,
    query: Result<Query<CsvQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(CsvQuery { active }) = query.map_err(|_| CauseCode::BadRequest)?;
    let group = id(&text)?;
    let site = state.administration.site();
    site.get::<LineGroup>(group).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let written = lines_csv::write(&site, group, active).map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "lines cannot be written as CSV");
        CauseCode::Internal
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"lines.csv\""),
    ];
    Ok((headers, written).into_response())
}

async fn set_password<T: Object>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let id = id(&text)?;
    changeable::<T>(&state.administration.site(), id)?;
    let (body, _) = request::json(request, false).await?;
    let NewPassword { password } = request::read(body)?;
    let secret = needed(password)?;
    change(&state, &identity, &[], &[secret_change(T::KIND, id, Some(secret))]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_password<T: Object>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<StatusCode, Failure> {
    let id = id(&text)?;
    changeable::<T>(&state.administration.site(), id)?;
    change(&state, &identity, &[], &[secret_change(T::KIND, id, None)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_passwords(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let (body, _) = request::json(request, false).await?;
    let LinePasswords { ids, password } = request::read(body)?;
    let secret = needed(password)?;
    let site = state.administration.site();
    ids.iter().try_for_each(|id| changeable::<Line>(&site, *id))?;
    let secrets: Vec<_> = ids.iter().map(|id| secret_change(Kind::Line, *id, Some(secret.clone()))).collect();
    change(&state, &identity, &[], &secrets).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the object is there, and its password is not the configuration file's.
fn changeable<T: Object>(site: &Site, id: ObjectId) -> Result<(), Failure> {
    let stored = site.get::<T>(id).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    if stored.from_file { Err(Failure::of(ProblemCode::SetInFile)) } else { Ok(()) }
}

/// A password that is not empty.
pub(super) fn needed(password: String) -> Result<Secret, Problem> {
    check_password(&password)?;
    match password.is_empty() {
        true => Err(at_password(ProblemCode::Required)),
        false => Ok(Secret::new(password)),
    }
}

fn check_password(password: &str) -> Result<(), Problem> {
    if password.chars().count() > MAX_PASSWORD {
        return Err(at_password(ProblemCode::TooLong).value(MAX_PASSWORD));
    }
    if password.chars().any(char::is_control) {
        return Err(at_password(ProblemCode::ControlCharacter));
    }
    Ok(())
}

pub(super) fn at_password(code: ProblemCode) -> Problem {
    Problem { pointer: "/password".to_owned(), ..Problem::whole(code) }
}

async fn change(
    state: &WebState,
    identity: &Identity,
    changes: &[Change],
    secrets: &[SecretChange],
) -> Result<Vec<Write>, Failure> {
    let request = administration::Request { changes, secrets, ..administration::Request::default() };
    let made = state.administration.change(request, &identity.actor, request::now()).await;
    made.map_err(|error| Failure::of_change(error, changes))
}
