//! The OpenAPI document of the administrators' routes, made from their table and the types that they read and write.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::routes::table::{Entry, Errors, Operation, schema};
use crate::call::cause::CauseCode;
use crate::web::protocol::HttpError;
use crate::web::protocol::site::ProblemReport;

/// Where the schemas of types are in the document.
const SCHEMAS: &str = "/components/schemas";

/// `GET /api/v1/openapi.json`.
pub(super) async fn show() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| document(super::administrators_routes().entries()).to_string());
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// The document of these routes.
fn document(entries: &[Entry]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = SCHEMAS.into();
        settings.meta_schema = None;
        settings.transforms.push(Box::new(RecursiveTransform(|schema: &mut Schema| {
            // What stands twice in a set counts once.
            schema.remove("uniqueItems");
        })));
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for entry in entries {
        let path = paths.entry(entry.path.clone()).or_insert_with(|| json!({}));
        path[entry.method.name()] = operation(entry, &mut generator);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Offhook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What administrators see, do and set. `x-role` is the least role that may take a route: \
                            `read_only` (all may), `users` or `full`.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "session": [] }, { "session_over_tls": [] }, { "token": [] }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "offhook-administrator" },
                "token": { "type": "http", "scheme": "bearer" },
                "session_over_tls": { "type": "apiKey", "in": "cookie", "name": "__Host-offhook-administrator" },
            },
        },
    })
}

fn operation(entry: &Entry, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = path_parameters(&entry.path);
    let Operation { id, summary, query, if_match, repeatable, body, .. } = &entry.operation;
    if let Some(query) = query {
        parameters.extend(query_parameters(query(generator).to_value()));
    }
    let text = json!({ "type": "string" });
    if *if_match {
        let what = "The ETag of the version that was changed.";
        parameters
            .push(json!({ "name": "If-Match", "in": "header", "required": true, "description": what, "schema": text }));
    }
    if *repeatable {
        let what = "A key of the client's choice. The same request with the same key is carried out once.";
        let key = json!({ "type": "string", "pattern": "^[!-~]{1,255}$" });
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "description": what, "schema": key }));
    }
    let tag = entry.path.trim_start_matches("/api/v1/admin/").split('/').next().unwrap_or_default();
    let mut operation = json!({
        "operationId": id,
        "summary": summary,
        "tags": [tag],
        "x-role": entry.needs,
        "parameters": parameters,
        "responses": responses(&entry.operation, generator),
    });
    if !body.is_empty() {
        let content: Map<String, Value> =
            body.iter().map(|(kind, of)| ((*kind).to_owned(), content(*of, generator))).collect();
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut response = json!({ "description": "It is so." });
    if !operation.answer.is_empty() {
        response["content"] =
            operation.answer.iter().map(|(kind, of)| ((*kind).to_owned(), content(*of, generator))).collect();
    }
    let text = |what: &str| json!({ "description": what, "schema": { "type": "string" } });
    if operation.etag {
        response["headers"] = json!({ "ETag": text("The version.") });
    }
    if operation.status == 201 {
        response["headers"]["Location"] = text("Where it is.");
    }
    let mut responses = json!({ operation.status.to_string(): response });
    if operation.etag && !operation.if_match && operation.status == 200 {
        responses["304"] = json!({ "description": "It is still the version of If-None-Match." });
    }
    let (kind, error) = match operation.errors {
        Errors::Problem => ("application/problem+json", schema::<ProblemReport>()),
        Errors::Cause => ("application/json", schema::<HttpError>()),
    };
    let error = error(generator).to_value();
    let always = [CauseCode::NotSignedIn.http_status(), CauseCode::RoleForbids.http_status()];
    for status in always.iter().chain(operation.refusals) {
        let content = json!({ kind: { "schema": error } });
        responses[status.to_string()] = json!({ "description": refusal(*status), "content": content });
    }
    responses
}

fn content(of: Option<super::routes::table::SchemaOf>, generator: &mut SchemaGenerator) -> Value {
    match of {
        Some(of) => json!({ "schema": of(generator) }),
        None => json!({}),
    }
}

fn refusal(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be understood.",
        401 => "Nobody is signed in.",
        403 => "The role does not allow it.",
        404 => "It does not exist.",
        409 => "It is not possible as things are.",
        412 => "Somebody has changed it since.",
        413 => "It is too large.",
        415 => "The body has another media type.",
        428 => "If-Match is missing.",
        _ => "Something in it is wrong.",
    }
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })).collect()
}

/// The fields of a struct as parameters of a query.
fn query_parameters(mut of: Value) -> Vec<Value> {
    let required: Vec<Value> = of["required"].as_array().cloned().unwrap_or_default();
    let fields = match of["properties"].take() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let parameter = |(name, mut schema): (String, Value)| {
        let required = required.iter().any(|required| *required == name.as_str());
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        json!({ "name": name, "in": "query", "required": required, "description": description, "schema": schema })
    };
    fields.into_iter().map(parameter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn whole() -> Value {
        document(super::super::administrators_routes().entries())
    }

    fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn what_the_document_refers_to_is_in_it() {
        let document = whole();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for name in ["UserObject", "StoredUserObject", "UserObjectPage", "StoredTokenObject"] {
            assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name} is not in {found:?}");
        }
        for reference in found {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
    }

    #[test]
    fn no_two_types_have_the_same_name() {
        let document = whole();
        // The generator counts types that would have the name of another.
        let counted = |name: &&String| name.ends_with(|last: char| last.is_ascii_digit());
        let found: Vec<_> = document["components"]["schemas"].as_object().unwrap().keys().filter(counted).collect();
        assert!(found.is_empty(), "{found:?} need #[schemars(rename)]");
    }

    #[test]
    fn operations_have_names_of_their_own_and_a_role() {
        let document = whole();
        let mut names = BTreeSet::new();
        for path in document["paths"].as_object().unwrap().values() {
            for operation in path.as_object().unwrap().values() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name), "{name} stands twice");
                assert!(["full", "users", "read_only"].iter().any(|role| operation["x-role"] == *role), "{name}");
            }
        }
    }

    #[test]
    fn whatever_changes_something_needs_a_role_that_may() {
        for entry in super::super::administrators_routes().entries() {
            // What is asked may be longer than an address.
            let asks = entry.path.starts_with("/api/v1/admin/numbers/");
            let reads = asks || entry.method == super::super::routes::table::Method::Get;
            assert_eq!(reads, entry.needs == crate::site::Role::ReadOnly, "{} {}", entry.method.name(), entry.path);
        }
    }

    #[test]
    fn no_route_of_administrators_is_beside_the_table() {
        let beside = format!("{:?}{:?}", super::super::unguarded(), super::super::routes::telephony::routes());
        let found: Vec<&str> = beside.split('"').filter(|part| part.starts_with("/api/v1/admin")).collect();
        assert!(!found.is_empty() && found.iter().all(|route| route.starts_with("/api/v1/admin/session")), "{found:?}");
    }
}
