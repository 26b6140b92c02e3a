//! Who changed what.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::error;

use super::failure::Failure;
use super::request;
use crate::administration::Actor;
use crate::call::cause::CauseCode;
use crate::site::{Administrator, Kind, Object, Role, Site, Token, fold};
use crate::store::{self, AuditFilter};
use crate::web::WebState;
use crate::web::protocol::site::{Audit, AuditEntry};
use crate::web::routes::table::{Identity, Method, Operation, Routes};

/// Entries given when nothing is said, and at most.
const ENTRIES: u32 = 50;
const MAX_ENTRIES: u32 = 500;
/// Octets of objects on a page; one entry is always there.
const MAX_PAGE: usize = 2 << 20;
/// Characters of a text that is looked for.
const MAX_SEARCH: usize = 200;
/// Actors that a text can stand for.
const MAX_ACTORS: usize = 50;

/// Which changes are looked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct AuditQuery {
    /// Whose.
    actor: Option<String>,
    /// To objects of this kind.
    kind: Option<String>,
    /// To this object.
    object: Option<String>,
    /// From this time on, in milliseconds since 1970.
    since: Option<i64>,
    /// Until before this time, in milliseconds since 1970.
    until: Option<i64>,
    /// With this text in what was changed, its name or who did it; 200 characters at most.
    #[schemars(length(max = 200))]
    search: Option<String>,
    /// Only what came before the entry with this number.
    before: Option<i64>,
    /// Entries of the page, 500 at most; by default 50.
    limit: Option<u32>,
}

pub(super) fn routes() -> Routes {
    let operation = Operation {
        refusals: &[400],
        ..Operation::giving::<Audit>("list_audit", "Who changed what, the latest first").asking::<AuditQuery>()
    };
    Routes::default().described(Role::ReadOnly, (Method::Get, "/api/v1/admin/audit"), operation, list)
}

async fn list(
    State(state): State<WebState>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<Audit>, Failure> {
    let Query(query) = query.map_err(|_| CauseCode::BadRequest)?;
    let AuditQuery { actor, kind, object, since, until, search, before, limit } = query;
    if [&actor, &kind, &object, &search].into_iter().flatten().any(|text| text.contains(char::is_control)) {
        return Err(CauseCode::BadRequest.into());
    }
    let search = search.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if search.as_ref().is_some_and(|text| text.chars().count() > MAX_SEARCH) {
        return Err(CauseCode::BadRequest.into());
    }
    let site = state.administration.site();
    let found_actors = search.as_deref().map(|text| actors(&site, text)).unwrap_or_default();
    let limit = limit.filter(|&limit| limit > 0).unwrap_or(ENTRIES).min(MAX_ENTRIES);
    let filter = AuditFilter { actor, kind, object, since, until, search, found_actors };
    // One more says whether there is a next page.
    let mut found = state.store.audit().list(&filter, before, limit + 1).await.map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "the audit log cannot be read");
        CauseCode::Internal
    })?;
    let mut octets = 0;
    let size = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let fits = |(_, entry): &&(i64, crate::store::AuditEntry)| {
        octets += size(&entry.before) + size(&entry.after);
        octets <= MAX_PAGE
    };
    let fit = found.iter().take(limit as usize).take_while(fits).count().max(1);
    let is_last = found.len() <= fit;
    found.truncate(fit);
    let next = found.last().map(|(id, _)| *id).filter(|_| !is_last);
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    let entries = found.into_iter().map(|(id, entry)| {
        let actor_title = entry.actor.parse().ok().and_then(|actor| {
            let kind: Kind = entry.actor_kind.parse().ok()?;
            Some(site.title(kind, actor).to_owned()).filter(|title| !title.is_empty())
        });
        AuditEntry {
            id,
            at: entry.at,
            actor: entry.actor,
            actor_kind: entry.actor_kind,
            actor_title,
            address: entry.address,
            action: entry.action,
            kind: entry.kind,
            object: entry.object,
            title: entry.title,
            before: json(entry.before),
            after: json(entry.after),
        }
    });
    Ok(Json(Audit { entries: entries.collect(), next }))
}

/// What somebody did to an object that did not change by it.
pub(super) fn entry(identity: &Identity, action: &str, kind: &str, object: &str, title: &str) -> store::AuditEntry {
    let Actor { kind: actor_kind, id: actor, address } = identity.actor.clone();
    store::AuditEntry {
        at: request::now(),
        actor,
        actor_kind: actor_kind.to_owned(),
        address,
        action: action.to_owned(),
        kind: kind.to_owned(),
        object: object.to_owned(),
        title: title.to_owned(),
        before: None,
        after: None,
    }
}

/// Notes it; an error where that is not possible.
pub(super) async fn note(state: &WebState, entry: &store::AuditEntry) -> Result<(), Failure> {
    state.store.audit().note(entry).await.map_err(|failure| {
        error!(
            error = &failure as &dyn std::error::Error,
            action = entry.action,
            "the audit log does not take an entry"
        );
        CauseCode::Internal.into()
    })
}

/// The administrators and tokens that are called so.
fn actors(site: &Site, text: &str) -> Vec<String> {
    let text = fold(text);
    let administrators = site.iter::<Administrator>().map(|stored| (stored.id, fold(stored.object.title())));
    let tokens = site.iter::<Token>().map(|stored| (stored.id, fold(stored.object.title())));
    let found = administrators.chain(tokens).filter(|(_, title)| title.contains(&text));
    found.map(|(id, _)| id.to_string()).take(MAX_ACTORS).collect()
}
