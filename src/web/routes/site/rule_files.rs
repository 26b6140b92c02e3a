//! Lists of rules of a location as files, and back.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::{Failure, field};
use super::numbers::computed;
use super::request::{self, id};
use crate::administration;
use crate::call::cause::CauseCode;
use crate::numbers::NumbersProblem;
use crate::numbers::exchange::{self, FileProblem, Format, MAX_FILE, RuleList};
use crate::site::{Change, Kind, Location, Problem, ProblemCode, Role, Stored};
use crate::web::WebState;
use crate::web::protocol::site::{FieldProblem, RuleImport};
use crate::web::routes::files;
use crate::web::routes::table::{Identity, Method, Operation, Routes};

const CSV: &str = "text/csv";
const XML: &str = "application/xml";
const LCR: &str = "text/plain";

/// How a list is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ExportQuery {
    /// `csv` or `xml`; of least-cost routing `xml` or `lcr`. The first of both where nothing is said.
    format: Option<Format>,
}

/// What becomes of the file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ImportQuery {
    /// Only say what would change.
    preview: bool,
    /// Leave what is there, and put what the file has after it.
    add: bool,
}

pub(super) fn routes() -> Routes {
    const PATH: &str = "/api/v1/admin/locations/{id}/rules/{list}";
    let out = Operation {
        id: "export_rules".to_owned(),
        summary: "A list of rules of the location as a file".to_owned(),
        status: 200,
        answer: vec![(CSV, None), (XML, None), (LCR, None)],
        refusals: &[400, 404],
        ..Operation::default()
    }
    .asking::<ExportQuery>();
    let back = Operation {
        body: vec![(CSV, None), (XML, None), (LCR, None)],
        refusals: &[400, 404, 409, 412, 413, 422, 429],
        ..Operation::giving::<RuleImport>(
            "import_rules",
            "Makes a list of rules of the location what a file says, or adds what it says; which format it is shows in the file",
        )
        .asking::<ImportQuery>()
    };
    Routes::default().described(Role::ReadOnly, (Method::Get, PATH), out, download).described(
        Role::Full,
        (Method::Post, &format!("{PATH}/import")),
        back,
        import,
    )
}

fn found(state: &WebState, text: &str, list: &str) -> Result<(Arc<Stored<Location>>, RuleList), Failure> {
    let list = RuleList::of_word(list).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let site = state.administration.site();
    let stored = site.get::<Location>(id(text)?).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    Ok((stored.clone(), list))
}

async fn download(
    State(state): State<WebState>,
    Path((text, list)): Path<(String, String)>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(ExportQuery { format }) = query.map_err(|_| CauseCode::BadRequest)?;
    let (stored, list) = found(&state, &text, &list)?;
    let format = format.or_else(|| list.formats().first().copied()).unwrap_or(Format::Xml);
    let file = exchange::write(&stored.object, list, format).ok_or(CauseCode::BadRequest)?;
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Xml => XML,
        Format::Lcr => "text/plain; charset=utf-8",
    };
    Ok(files::attachment(&format!("{}.{}", list.word(), format.word()), kind, file.into()))
}

async fn import(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path((text, list)): Path<(String, String)>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    request: Request,
) -> Result<Json<RuleImport>, Failure> {
    let Query(ImportQuery { preview, add }) = query.map_err(|_| CauseCode::BadRequest)?;
    let (stored, list) = found(&state, &text, &list)?;
    let file = request::octets(request.into_body(), MAX_FILE).await?;
    let before = stored.clone();
    let turn = state.turns.take(&identity).await?;
    let import = computed(turn, move || read(&before, list, &file, add)).await?;
    if preview {
        return Ok(Json(import));
    }
    let patch = within(list.pointer(), import.list.clone());
    let (kind, id, expected) = (Kind::Location, stored.id, Some(stored.version));
    let changes = [Change::Patch { kind, id, expected, patch }];
    let change =
        administration::Request { changes: &changes, action: Some("import"), ..administration::Request::default() };
    let made = state.administration.change(change, &identity.actor, request::now()).await;
    made.map_err(|error| Failure::of_change(error, &changes))?;
    Ok(Json(RuleImport { applied: true, ..import }))
}

fn read(stored: &Stored<Location>, list: RuleList, file: &Bytes, add: bool) -> Result<RuleImport, Failure> {
    let after = exchange::read(&stored.object, list, file, add).map_err(refused)?;
    let difference = exchange::compare(&stored.object, &after, list);
    Ok(RuleImport { applied: false, list: list.value(&after), difference })
}

/// A document with a value at a place, and nothing else.
fn within(pointer: &str, value: Value) -> Value {
    pointer.split('/').skip(1).collect::<Vec<_>>().into_iter().rev().fold(value, |value, part| json!({ part: value }))
}

fn refused(problems: Vec<FileProblem>) -> Failure {
    let told = |FileProblem { line, column, code, values }: FileProblem| {
        let problem = Problem::from(NumbersProblem { pointer: column, code, values });
        (FieldProblem { line: Some(line), kind: Some(Kind::Location), ..field(&problem) }, problem)
    };
    Failure::several(problems.into_iter().map(told).collect())
}
