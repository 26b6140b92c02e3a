//! Objects of each kind: lists, one, created, changed, deleted, many at once.

use axum::Extension;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::request::{self, Repeatable, Reply, expected, id, is_known};
use crate::administration;
use crate::call::cause::CauseCode;
use crate::site::{self, Change, Kind, Object, ObjectId, Page, ProblemCode, Role, Settings, Stored, Write};
use crate::web::protocol::site::{Bulk, BulkResult, ObjectVersion, References};
use crate::web::routes::table::{Identity, Method, Operation, Routes, schema};
use crate::web::{WebState, interfaces};

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Places that are told of those that refer to an object.
const MAX_REFERENCES: usize = 500;

/// Statuses that a change can be refused with.
pub(super) const REFUSALS: &[u16] = &[400, 404, 409, 412, 413, 415, 422, 428];

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// The first first.
    #[default]
    Ascending,
    /// The last first.
    Descending,
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ListQuery {
    /// Words that must all be found in an object, whatever their case and accents.
    search: String,
    /// The column to sort by.
    sort: Option<String>,
    /// In which order.
    direction: Direction,
    /// Objects of the page, 500 at most; 0: 50.
    limit: usize,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only those that are active, or are not.
    active: Option<bool>,
    /// Only users of this group, or lines of this line group.
    group: Option<ObjectId>,
    /// Only users with this profile.
    profile: Option<ObjectId>,
}

impl From<ListQuery> for site::Query {
    fn from(query: ListQuery) -> site::Query {
        let ListQuery { search, sort, direction, limit, cursor, active, group, profile } = query;
        site::Query {
            search,
            sort,
            descending: direction == Direction::Descending,
            limit,
            cursor,
            active,
            group,
            profile,
        }
    }
}

/// What a list of one kind can be asked for.
fn list_query<T: Object>(generator: &mut SchemaGenerator) -> Schema {
    let mut query = ListQuery::json_schema(generator);
    if let Some(sort) = query.pointer_mut("/properties/sort") {
        sort["enum"] = T::COLUMNS.into();
        sort["type"] = "string".into();
    }
    query
}

/// The routes of one kind.
pub(super) fn routes<T: Object + JsonSchema>(changing: Role) -> Routes {
    but_creating::<T>(changing).described(changing, (Method::Post, &path(T::KIND)), creating::<T>(), create::<T>)
}

fn creating<T: Object + JsonSchema>() -> Operation {
    let (id, summary) = named("create", T::KIND.as_str());
    Operation {
        etag: true,
        repeatable: true,
        status: 201,
        refusals: REFUSALS,
        ..Operation::giving::<Stored<T>>(id, summary).taking::<T>(JSON)
    }
}

fn named(what: &str, name: &str) -> (String, String) {
    let mut summary = format!("{what} {name}").replace('_', " ");
    if let Some(first) = summary.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    (format!("{what}_{name}"), summary)
}

/// How an object is deleted.
pub(super) fn deleting(kind: Kind) -> Operation {
    let (id, summary) = named("delete", kind.as_str());
    Operation { if_match: true, refusals: REFUSALS, ..Operation::silent(id, summary) }
}

/// The same but that which deletes one.
pub(super) fn but_deleting<T: Object + JsonSchema>(changing: Role) -> Routes {
    kept::<T>(changing).described(changing, (Method::Post, &path(T::KIND)), creating::<T>(), create::<T>)
}

/// The routes of one kind but that which creates one.
pub(super) fn but_creating<T: Object + JsonSchema>(changing: Role) -> Routes {
    let each = format!("{}/{{id}}", path(T::KIND));
    kept::<T>(changing).described(changing, (Method::Delete, &each), deleting(T::KIND), delete::<T>)
}

/// The routes of one kind that create and delete nothing, or many at once.
fn kept<T: Object + JsonSchema>(changing: Role) -> Routes {
    let (one, many) = (T::KIND.as_str(), T::KIND.plural());
    let (all, each) = (path(T::KIND), format!("{}/{{id}}", path(T::KIND)));
    let changed = |what: &str| {
        let (id, summary) = named(what, one);
        Operation { etag: true, if_match: true, refusals: REFUSALS, ..Operation::giving::<Stored<T>>(id, summary) }
    };
    let patched = Operation { body: vec![(MERGE_PATCH, Some(schema::<Value>()))], ..changed("change_fields_of") };
    let (id, summary) = named("change_many", many);
    let bulk = Operation {
        repeatable: true,
        refusals: REFUSALS,
        ..Operation::giving::<BulkResult>(id, format!("{summary}, all or none")).taking::<Bulk>(JSON)
    };
    seen::<T>()
        .described(changing, (Method::Post, &format!("{all}/bulk")), bulk, change_many::<T>)
        .described(changing, (Method::Put, &each), changed("change").taking::<T>(JSON), replace::<T>)
        .described(changing, (Method::Patch, &each), patched, patch::<T>)
}

/// The routes of one kind that change nothing, and that which deletes one.
pub(super) fn seen_and_deleted<T: Object + JsonSchema>(changing: Role) -> Routes {
    let each = format!("{}/{{id}}", path(T::KIND));
    seen::<T>().described(changing, (Method::Delete, &each), deleting(T::KIND), delete::<T>)
}

/// The routes of one kind that change nothing.
fn seen<T: Object + JsonSchema>() -> Routes {
    let (one, many) = (T::KIND.as_str(), T::KIND.plural());
    let (all, each) = (path(T::KIND), format!("{}/{{id}}", path(T::KIND)));
    let list = Operation {
        refusals: &[400, 422],
        query: Some(list_query::<T>),
        ..Operation::giving::<Page<T>>(format!("list_{many}"), format!("A page of the {many}"))
    };
    let show = Operation {
        etag: true,
        refusals: &[404],
        ..Operation::giving::<Stored<T>>(format!("show_{one}"), format!("The {one}"))
    };
    let references = Operation {
        refusals: &[404],
        ..Operation::giving::<References>(format!("references_to_{one}"), format!("What refers to the {one}"))
    };
    let referring = format!("{each}/references");
    Routes::default()
        .described(Role::ReadOnly, (Method::Get, &referring), references, references_to::<T>)
        .described(Role::ReadOnly, (Method::Get, &all), list, list_objects::<T>)
        .described(Role::ReadOnly, (Method::Get, &each), show, show_object::<T>)
}

/// The routes of the settings, of which there is one object.
pub(super) fn of_settings() -> Routes {
    let path = path(Kind::Settings);
    let show = Operation { etag: true, ..Operation::giving::<Stored<Settings>>("show_settings", "The settings") };
    let changed = |id| Operation {
        if_match: true,
        refusals: REFUSALS,
        summary: "Change settings".to_owned(),
        ..Operation { id, ..show.clone() }
    };
    let patched = Operation {
        body: vec![(MERGE_PATCH, Some(schema::<Value>()))],
        ..changed("change_fields_of_settings".to_owned())
    };
    let replaced = changed("change_settings".to_owned()).taking::<Settings>(JSON);
    Routes::default()
        .described(Role::ReadOnly, (Method::Get, &path), show.clone(), |state, headers| {
            show_object::<Settings>(state, settings_id(), headers)
        })
        .described(Role::Full, (Method::Put, &path), replaced, |state, identity, request| {
            replace::<Settings>(state, identity, settings_id(), request)
        })
        .described(Role::Full, (Method::Patch, &path), patched, |state, identity, request| {
            patch::<Settings>(state, identity, settings_id(), request)
        })
}

fn settings_id() -> Path<String> {
    Path(ObjectId::SETTINGS.to_string())
}

pub(super) fn path(kind: Kind) -> String {
    format!("/api/v1/admin/{}", kind.plural())
}

async fn list_objects<T: Object>(
    State(state): State<WebState>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<Page<T>>, Failure> {
    let Query(query) = query.map_err(|_| CauseCode::BadRequest)?;
    Ok(Json(state.administration.site().list::<T>(&query.into())?))
}

async fn show_object<T: Object>(
    State(state): State<WebState>,
    Path(text): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let site = state.administration.site();
    let stored = site.get::<T>(id(&text)?).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let mut response = reply(stored).into_response();
    if is_known(&headers, stored.version) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = axum::body::Body::empty();
    }
    Ok(response)
}

/// What refers to an object, and so changes when it is deleted.
async fn references_to<T: Object>(
    State(state): State<WebState>,
    Path(text): Path<String>,
) -> Result<Json<References>, Failure> {
    let id = id(&text)?;
    let site = state.administration.site();
    site.get::<T>(id).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let mut references = site.references(T::KIND, id);
    let total = references.len();
    references.truncate(MAX_REFERENCES);
    Ok(Json(References { references, total }))
}

pub(super) fn reply<T: Object>(stored: &Stored<T>) -> Reply {
    // A struct of texts, numbers, lists and maps with text keys is always JSON.
    Reply { version: Some(stored.version), ..Reply::ok(serde_json::to_value(stored).unwrap_or_default()) }
}

async fn create<T: Object>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Response, Failure> {
    let headers = request.headers().clone();
    let (body, octets) = request::json(request, false).await?;
    let repeatable = Repeatable::of(&headers, &identity, &path(T::KIND), &octets)?;
    let id = super::new_id()?;
    let changes = [Change::Put { kind: T::KIND, id, expected: Some(0), body }];
    let reply = |writes: &[Write]| Reply {
        status: StatusCode::CREATED,
        location: Some(format!("{}/{id}", path(T::KIND))),
        ..written(writes, T::KIND, id).unwrap_or_else(|| Reply::ok(Value::Null))
    };
    request::change(&state, &identity, &changes, repeatable, reply).await
}

async fn replace<T: Object>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    change_one::<T>(&state, &identity, &text, request, false).await
}

async fn patch<T: Object>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    change_one::<T>(&state, &identity, &text, request, true).await
}

async fn delete<T: Object>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Failure> {
    let (id, expected) = changed::<T>(&state, &text, &headers)?;
    make(&state, &identity, &[Change::Delete { kind: T::KIND, id, expected }]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which object is to be changed, and the version that it was changed from.
pub(super) fn changed<T: Object>(
    state: &WebState,
    text: &str,
    headers: &HeaderMap,
) -> Result<(ObjectId, Option<i64>), Failure> {
    let id = id(text)?;
    let version = state.administration.site().version(T::KIND, id);
    Ok((id, expected(headers, version.ok_or_else(|| Failure::of(ProblemCode::NotFound))?)?))
}

/// Replaces an object, or some of its fields.
async fn change_one<T: Object>(
    state: &WebState,
    identity: &Identity,
    text: &str,
    request: Request,
    fields: bool,
) -> Result<Response, Failure> {
    let (id, expected) = changed::<T>(state, text, request.headers())?;
    let (body, _) = request::json(request, fields).await?;
    let kind = T::KIND;
    let change = match fields {
        true => Change::Patch { kind, id, expected, patch: body },
        false => Change::Put { kind, id, expected, body },
    };
    let writes = make(state, identity, &[change]).await?;
    if let Some(reply) = written(&writes, T::KIND, id) {
        return Ok(reply.into_response());
    }
    // Everything was so already.
    let site = state.administration.site();
    let stored = site.get::<T>(id).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    Ok(reply(stored).into_response())
}

pub(super) async fn make(state: &WebState, identity: &Identity, changes: &[Change]) -> Result<Vec<Write>, Failure> {
    let request = administration::Request { changes, ..administration::Request::default() };
    let made = state.administration.change(request, &identity.actor, request::now()).await;
    let writes = made.map_err(|error| Failure::of_change(error, changes))?;
    interfaces::changed(state, identity.through, &writes).await;
    Ok(writes)
}

fn written(writes: &[Write], kind: Kind, id: ObjectId) -> Option<Reply> {
    writes.iter().find(|write| (write.kind, write.id) == (kind, id)).map(Reply::object)
}

/// What became of many.
pub(super) fn result<'w>(writes: impl Iterator<Item = &'w Write>) -> BulkResult {
    let (mut changed, mut deleted) = (Vec::new(), Vec::new());
    for write in writes {
        match write.after {
            Some(_) => changed.push(ObjectVersion { id: write.id, version: write.version }),
            None => deleted.push(write.id),
        }
    }
    BulkResult { changed, deleted }
}

/// Changes or deletes many, all or none.
async fn change_many<T: Object>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Response, Failure> {
    let headers = request.headers().clone();
    let (body, octets) = request::json(request, false).await?;
    let Bulk { ids, patch, add, remove, delete } = request::read(body)?;
    let (kind, expected) = (T::KIND, None);
    let items = add.is_some() || remove.is_some();
    let (add, remove) = (add.unwrap_or_default(), remove.unwrap_or_default());
    let change = |id| match (&patch, items, delete) {
        (Some(patch), false, false) => Ok(Change::Patch { kind, id, expected, patch: patch.clone() }),
        (None, true, false) => Ok(Change::Items { kind, id, expected, add: add.clone(), remove: remove.clone() }),
        (None, false, true) => Ok(Change::Delete { kind, id, expected }),
        _ => Err(CauseCode::BadRequest),
    };
    let changes = ids.into_iter().map(change).collect::<Result<Vec<_>, _>>()?;
    let repeatable = Repeatable::of(&headers, &identity, &format!("{}/bulk", path(kind)), &octets)?;
    request::change(&state, &identity, &changes, repeatable, |writes| {
        let its = || writes.iter().filter(|write| write.kind == kind && !write.follows);
        Reply::ok(json!(result(its())))
    })
    .await
}
