//! What requests say beside their path: bodies, versions, keys for repeating them.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::error;

use super::failure::Failure;
use crate::administration::{self, ChangeError};
use crate::call::cause::CauseCode;
use crate::site::{self, Change, ObjectId, Problem, ProblemCode, Said, Write};
use crate::store::Answer;
use crate::web::routes::table::Identity;
use crate::web::{WebState, interfaces};

/// Octets of a body of JSON. A group with all members that a site can have fits.
const MAX_BODY: usize = 4 << 20;
/// Characters of an `Idempotency-Key`, of which none is a space.
const MAX_KEY: usize = 255;

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Milliseconds since 1970.
pub(in crate::web) fn now() -> i64 {
    crate::web::unix_ms()
}

/// The id in a path. What is no id leads to nothing.
pub(super) fn id(text: &str) -> Result<ObjectId, Failure> {
    text.parse().map_err(|_| Failure::of(ProblemCode::NotFound))
}

/// The media type of a body, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Reads a body of so many octets at most.
pub(super) async fn octets(body: Body, most: usize) -> Result<Bytes, Failure> {
    let too_large = || Failure::about(Problem::whole(ProblemCode::TooLarge).value(most >> 20));
    axum::body::to_bytes(body, most).await.map_err(|_| too_large())
}

/// A body of JSON, and how it was written.
pub(in crate::web) async fn json(request: Request, patch: bool) -> Result<(Value, Bytes), Failure> {
    let media_type = media_type(request.headers());
    if media_type != JSON && !(patch && media_type == MERGE_PATCH) {
        let wanted = if patch { MERGE_PATCH } else { JSON };
        return Err(Problem::whole(ProblemCode::WrongMediaType).value(wanted).into());
    }
    let octets = octets(request.into_body(), MAX_BODY).await?;
    let value = serde_json::from_slice(&octets).map_err(|error| {
        // What stands there may be secret.
        let (line, column) = (error.line(), error.column());
        let place = Said::new(
            format!("line {line}, column {column} is not JSON"),
            format!("Zeile {line}, Spalte {column} ist kein JSON"),
        );
        Failure::about(Problem::whole(ProblemCode::InvalidDocument).said(place))
    })?;
    Ok((value, octets))
}

/// A body of JSON as a type of the protocol.
pub(in crate::web) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    site::read(&value).map_err(Failure::about)
}

/// The version that `If-Match` says was changed (RFC 9110, section 13.1.1); None: any, by `*`. `current` is the one that the
/// object has.
pub(super) fn expected(headers: &HeaderMap, current: i64) -> Result<Option<i64>, Failure> {
    let mut tags =
        headers.get_all(header::IF_MATCH).into_iter().flat_map(|value| value.to_str().unwrap_or("").split(','));
    let mut found = None;
    let mut any = false;
    for tag in tags.by_ref().map(str::trim) {
        any = true;
        if tag == "*" {
            return Ok(None);
        }
        let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
        if version == Some(current) {
            return Ok(version);
        }
        found = found.or(version);
    }
    if !any {
        return Err(Failure::of(ProblemCode::IfMatchNeeded));
    }
    match found.filter(|&version| version > 0) {
        Some(version) => Ok(Some(version)),
        None => Err(Problem::whole(ProblemCode::VersionConflict).value(current).into()),
    }
}

/// Whether who asks has this version already, by `If-None-Match`.
pub(super) fn is_known(headers: &HeaderMap, version: i64) -> bool {
    let wanted = etag(version);
    let tags = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(',')).map(str::trim).any(|tag| {
        // Weak comparison (RFC 9110, section 13.1.2).
        tag == "*" || tag.trim_start_matches("W/") == wanted
    })
}

/// The ETag of a version.
pub(super) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// An answer that can be given again.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) version: Option<i64>,
    pub(super) body: Value,
}

impl Reply {
    /// 200 with a body.
    pub(super) fn ok(body: Value) -> Reply {
        Reply { status: StatusCode::OK, location: None, version: None, body }
    }

    /// An object.
    pub(super) fn object(write: &Write) -> Reply {
        let body = json!({ "id": write.id, "version": write.version, "from_file": false, "object": write.after });
        Reply { version: Some(write.version), ..Reply::ok(body) }
    }

    fn headers(&self) -> Vec<(HeaderName, String)> {
        let location = self.location.clone().map(|location| (header::LOCATION, location));
        location.into_iter().chain(self.version.map(|version| (header::ETAG, etag(version)))).collect()
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        answered(self.status, self.headers(), self.body.to_string().into_bytes())
    }
}

fn answered(status: StatusCode, headers: Vec<(HeaderName, String)>, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    let all = headers.into_iter().chain([(header::CONTENT_TYPE, JSON.to_owned())]);
    for (name, value) in all.filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?))) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// A request that may be repeated.
pub(super) struct Repeatable {
    actor: String,
    key: String,
    route: String,
    request_hash: Vec<u8>,
}

impl Repeatable {
    /// The request, where it has a key.
    pub(super) fn of(
        headers: &HeaderMap,
        identity: &Identity,
        route: &str,
        body: &[u8],
    ) -> Result<Option<Repeatable>, Failure> {
        let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
        let is_key =
            |key: &&str| (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|octet| octet.is_ascii_graphic());
        let key = key.to_str().ok().filter(is_key);
        let key = key.ok_or(CauseCode::BadRequest)?.to_owned();
        let actor = format!("{}:{}", identity.actor.kind, identity.actor.id);
        Ok(Some(Repeatable { actor, key, route: format!("POST {route}"), request_hash: Sha256::digest(body).to_vec() }))
    }

    /// What it was answered with, where it came before.
    async fn answered(&self, state: &WebState) -> Result<Option<Response>, Failure> {
        let found = state.store.answers().find(&self.actor, &self.key, now() / 1_000).await.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "answers cannot be read");
            CauseCode::Internal
        })?;
        let Some(answer) = found else { return Ok(None) };
        if (&answer.route, &answer.request_hash) != (&self.route, &self.request_hash) {
            return Err(Failure::of(ProblemCode::KeyReused));
        }
        let headers: Vec<(String, String)> = serde_json::from_str(&answer.headers).unwrap_or_default();
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value))).collect();
        let status = StatusCode::from_u16(answer.status).map_err(|_| CauseCode::Internal)?;
        Ok(Some(answered(status, headers, answer.body)))
    }

    fn answer(&self, reply: &Reply) -> Answer {
        let headers: Vec<(String, String)> =
            reply.headers().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        Answer {
            actor: self.actor.clone(),
            key: self.key.clone(),
            route: self.route.clone(),
            request_hash: self.request_hash.clone(),
            status: reply.status.as_u16(),
            headers: json!(headers).to_string(),
            body: reply.body.to_string().into_bytes(),
            at: now() / 1_000,
        }
    }
}

/// Makes changes; a repetition gets the answer of the first time.
pub(super) async fn change(
    state: &WebState,
    identity: &Identity,
    changes: &[Change],
    repeatable: Option<Repeatable>,
    reply: impl Fn(&[Write]) -> Reply + Sync,
) -> Result<Response, Failure> {
    if let Some(repeatable) = &repeatable
        && let Some(response) = repeatable.answered(state).await?
    {
        return Ok(response);
    }
    let reply = &reply;
    let kept = repeatable.as_ref().map(|repeatable| move |writes: &[Write]| repeatable.answer(&reply(writes)));
    let answer = kept.as_ref().map(|kept| kept as &administration::Answering<'_>);
    let request = administration::Request { changes, answer, ..administration::Request::default() };
    match state.administration.change(request, &identity.actor, now()).await {
        Ok(writes) => {
            interfaces::changed(state, identity.through, &writes).await;
            Ok(reply(&writes).into_response())
        }
        Err(ChangeError::Answered) => match &repeatable {
            Some(repeatable) => repeatable.answered(state).await?.ok_or(CauseCode::Internal.into()),
            None => Err(CauseCode::Internal.into()),
        },
        Err(error) => {
            // The same request may have been under way when this one came, and have made what now stands in its way.
            if let (ChangeError::Refused(_), Some(repeatable)) = (&error, &repeatable)
                && let Some(response) = repeatable.answered(state).await?
            {
                return Ok(response);
            }
            Err(Failure::of_change(error, changes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(value: &str) -> Result<Option<i64>, u16> {
        let mut headers = HeaderMap::new();
        if !value.is_empty() {
            headers.insert(header::IF_MATCH, value.parse().unwrap());
        }
        expected(&headers, 7).map_err(|failure| failure.report().status)
    }

    #[test]
    fn the_version_that_was_changed_is_read() {
        assert_eq!(if_match("\"7\""), Ok(Some(7)));
        assert_eq!(if_match("\"3\", \"7\""), Ok(Some(7)));
        assert_eq!(if_match("*"), Ok(None));
        // The plan finds out that it is another one, and says which.
        assert_eq!(if_match("\"3\""), Ok(Some(3)));
        assert_eq!(if_match(""), Err(428));
        for nonsense in ["7", "\"x\"", "W/\"7\"", "\"0\"", "\"-1\""] {
            assert_eq!(if_match(nonsense), Err(412), "{nonsense}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_body_is_told_with_its_place_and_without_what_stands_there() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Asked {
            #[allow(dead_code)]
            password: String,
        }
        for (body, pointer, code) in [
            (json!({ "password": 4711 }), "/password", "wrong_type"),
            (json!({}), "/password", "required"),
            (json!({ "passwort": "geheim" }), "/passwort", "unknown_field"),
            (json!(["geheim"]), "", "wrong_type"),
        ] {
            let failure = read::<Asked>(body).unwrap_err();
            let report = failure.report();
            let told = report.errors.first().map_or("", |error| error.pointer.as_str());
            assert_eq!((report.status, told, report.code.as_str()), (422, pointer, code));
            assert!(!format!("{report:?}").contains("geheim") && !format!("{report:?}").contains("4711"));
        }
    }

    #[test]
    fn who_has_a_version_is_not_sent_it_again() {
        let known = |value: &'static str| {
            is_known(&HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]), 7)
        };
        assert!(known("\"7\"") && known("W/\"7\"") && known("\"1\", \"7\"") && known("*"));
        assert!(!known("\"8\"") && !known("7"));
    }
}
