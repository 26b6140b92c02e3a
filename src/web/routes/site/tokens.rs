//! API tokens: what programs sign in with, `Authorization: Bearer oh_ID_SECRET`. The secret is told once, when a token is
//! created; what is kept is its SHA-256, sealed.

use std::net::IpAddr;
use std::sync::PoisonError;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::{error, warn};

use super::failure::Failure;
use super::objects;
use super::request::{self, Reply};
use crate::administration::{self, Actor, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::{Change, Kind, ObjectId, Role, Scope, Token};
use crate::store::TokenUse;
use crate::store::seal::SecretOf;
use crate::web::WebState;
use crate::web::protocol::site::CreatedToken;
use crate::web::routes::table::{Identity, Method, Operation, Routes};

const PATH: &str = "/api/v1/admin/tokens";

/// The secret's name beside the object.
const FIELD: &str = "token";

/// Seconds after which it is noted again that a token is used.
const NOTED_EVERY: i64 = 60;

/// What every token begins with, so that people and scanners know it for one.
const PREFIX: &str = "oh_";

pub(super) fn routes() -> Routes {
    let created = Operation {
        etag: true,
        status: 201,
        refusals: &[400, 413, 415, 422],
        ..Operation::giving::<CreatedToken>("create_token", "Creates a token and tells its secret, this once")
            .taking::<Token>("application/json")
    };
    objects::but_creating::<Token>(Role::Full).described(Role::Full, (Method::Post, PATH), created, create)
}

async fn create(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Response, Failure> {
    let (body, _) = request::json(request, false).await?;
    let id = super::new_id()?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| CauseCode::Internal)?;
    let token = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(random));
    let changes = [Change::Put { kind: Kind::Token, id, expected: Some(0), body }];
    let secrets = [SecretChange { kind: Kind::Token, id, field: FIELD, secret: Some(hash(&token)) }];
    let request =
        administration::Request { changes: &changes, secrets: &secrets, ..administration::Request::default() };
    let made = state.administration.change(request, &identity.actor, request::now()).await;
    let writes = made.map_err(|error| Failure::of_change(error, &changes))?;
    let stored = writes.first().map_or_else(|| Reply::ok(Value::Null), Reply::object);
    let reply = Reply {
        status: StatusCode::CREATED,
        location: Some(format!("{PATH}/{id}")),
        body: json!({ "stored": stored.body, "token": token }),
        ..stored
    };
    Ok(reply.into_response())
}

fn hash(token: &str) -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(Sha256::digest(token)))
}

/// A token that came with a request.
pub(in crate::web) struct Bearer {
    id: ObjectId,
    token: Token,
}

impl Bearer {
    /// Who asks with it; None where it is only for the metrics.
    pub(in crate::web) fn identity(&self, address: Option<String>) -> Option<Identity> {
        let roles = [(Scope::Full, Role::Full), (Scope::Users, Role::Users), (Scope::ReadOnly, Role::ReadOnly)];
        let (_, role) = roles.into_iter().find(|(scope, _)| self.token.scopes.contains(scope))?;
        let actor = Actor { kind: "token", id: self.id.to_string(), address };
        Some(Identity { actor, name: self.token.name.clone(), role, through: None })
    }
}

/// The token of a request, where it has one; an error where that opens nothing.
pub(in crate::web) async fn bearer(
    state: &WebState,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<Option<Bearer>, CauseCode> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| CauseCode::NotSignedIn)?;
    // What a proxy in between says of itself is no business of ours.
    let Some((_, text)) = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        return Ok(None);
    };
    let text = text.trim();
    let id = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).and_then(|(id, _)| id.parse().ok());
    let id: ObjectId = id.ok_or(CauseCode::NotSignedIn)?;
    let site = state.administration.site();
    let stored = site.get::<Token>(id).ok_or(CauseCode::NotSignedIn)?;
    let kept =
        state.administration.table().secret(SecretOf { kind: Kind::Token.as_str(), id: id.as_str(), field: FIELD });
    let kept = kept.await.map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "a token cannot be checked");
        CauseCode::Internal
    })?;
    let token = &stored.object;
    let has_ended = token.expires.is_some_and(|end| end <= request::now() / 1_000);
    // Hashes are compared, of which nobody can choose the first octets.
    if kept != Some(hash(text)) || !token.active || has_ended {
        return Err(CauseCode::NotSignedIn);
    }
    note_use(state, id, address).await;
    Ok(Some(Bearer { id, token: token.clone() }))
}

/// Notes that a token is used, where that was not noted lately.
async fn note_use(state: &WebState, id: ObjectId, address: Option<IpAddr>) {
    let now = request::now() / 1_000;
    {
        let mut noted = state.token_uses.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&id).is_some_and(|&before| now - before < NOTED_EVERY) {
            return;
        }
        noted.insert(id, now);
        // Only tokens that there are get here, so that there is one for each at most.
        if noted.len() > state.administration.site().iter::<Token>().count() {
            noted.retain(|_, before| now - *before < NOTED_EVERY);
        }
    }
    let used = TokenUse { used_at: now, address: address.map(|address| address.to_string()).unwrap_or_default() };
    if let Err(failure) = state.store.token_use().note(id.as_str(), &used).await {
        warn!(error = &failure as &dyn std::error::Error, "it is not noted that a token is used");
    }
}
