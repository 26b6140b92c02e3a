//! How users and administrators sign in, for who looks after them: sessions, second factors, locks, and who signed in.

use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::error;

use super::audit;
use super::failure::Failure;
use super::request::{self, id};
use crate::administration::{self, Actor, SecretChange};
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::{Kind, Object, ObjectId, ProblemCode, Role, Stored};
use crate::user::accounts::{AccountKind, SignInError};
use crate::user::guard::Lock;
use crate::user::second_factor::{self, FIELD, Held};
use crate::user::sessions::Session;
use crate::web::protocol::security::{
    AccountSecurity, EndedSessions, LockedAccount, LockedAddress, Locks, SecondFactor, SessionReport, Sessions,
    SignInLock, SignInReport, SignIns, TokenUse, TokenUses,
};
use crate::web::routes::session::unix_now;
use crate::web::routes::table::{Identity, Method, Operation, Routes};
use crate::web::{WebState, account_key};

/// Entries given when nothing is said, and at most.
const ENTRIES: u32 = 50;
const MAX_ENTRIES: u32 = 500;

/// An object that somebody signs in as.
pub(super) trait SignsIn: Object {
    const ACCOUNT: AccountKind;
}

impl SignsIn for crate::site::User {
    const ACCOUNT: AccountKind = AccountKind::User;
}

impl SignsIn for crate::site::Administrator {
    const ACCOUNT: AccountKind = AccountKind::Administrator;
}

/// The routes of one kind.
pub(super) fn of<T: SignsIn>(changing: Role) -> Routes {
    let one = T::KIND.as_str();
    let path = |rest: &str| format!("/api/v1/admin/{}/{{id}}/{rest}", T::KIND.plural());
    let refusals: &[u16] = &[404];
    let show = Operation {
        refusals,
        ..Operation::giving::<AccountSecurity>(format!("show_security_of_{one}"), format!("How the {one} signs in"))
    };
    let list = Operation {
        refusals,
        ..Operation::giving::<Sessions>(format!("list_sessions_of_{one}"), format!("Where the {one} is signed in"))
    };
    let end = Operation {
        refusals,
        ..Operation::giving::<EndedSessions>(
            format!("end_sessions_of_{one}"),
            format!("Signs the {one} out everywhere"),
        )
    };
    let silent =
        |what: &str, summary: String| Operation { refusals, ..Operation::silent(format!("{what}_{one}"), summary) };
    Routes::default()
        .described(Role::ReadOnly, (Method::Get, &path("security")), show, show_security::<T>)
        .described(Role::ReadOnly, (Method::Get, &path("sessions")), list, list_sessions::<T>)
        .described(changing, (Method::Delete, &path("sessions")), end, end_sessions::<T>)
        .described(
            changing,
            (Method::Delete, &path("sessions/{session}")),
            silent("end_session_of", format!("Ends a session of the {one}")),
            end_session::<T>,
        )
        .described(
            changing,
            (Method::Delete, &path("totp")),
            silent("remove_second_factor_of", format!("Takes the second factor of the {one} away")),
            remove_second_factor::<T>,
        )
        .described(
            changing,
            (Method::Delete, &path("lock")),
            silent("unlock", format!("Lets the {one} try to sign in again at once")),
            unlock::<T>,
        )
}

/// The routes that are about all.
pub(super) fn routes() -> Routes {
    let locks = Operation::giving::<Locks>("list_locks", "Who has to wait after too many wrong passwords");
    let unlock = Operation {
        refusals: &[404],
        ..Operation::silent("unlock_address", "Lets an address try to sign in again at once")
    };
    let sign_ins = Operation {
        refusals: &[400],
        ..Operation::giving::<SignIns>("list_sign_ins", "Who signed in or tried to, the latest first")
            .asking::<SignInQuery>()
    };
    let uses = Operation::giving::<TokenUses>("list_token_uses", "When tokens were used last");
    Routes::default()
        .described(Role::ReadOnly, (Method::Get, "/api/v1/admin/locks"), locks, list_locks)
        .described(Role::Full, (Method::Delete, "/api/v1/admin/locks/addresses/{address}"), unlock, unlock_address)
        .described(Role::ReadOnly, (Method::Get, "/api/v1/admin/sign-ins"), sign_ins, list_sign_ins)
        .described(Role::ReadOnly, (Method::Get, "/api/v1/admin/token-uses"), uses, list_token_uses)
}

/// Somebody who is asked about.
struct Person {
    id: crate::site::ObjectId,
    key: String,
    login: String,
    title: String,
}

fn person<T: SignsIn>(state: &WebState, text: &str) -> Result<Person, Failure> {
    let site = state.administration.site();
    let stored: &Stored<T> = site.get::<T>(id(text)?).ok_or_else(|| Failure::of(ProblemCode::NotFound))?;
    let (login, title) = (stored.object.name().to_owned(), stored.object.title().to_owned());
    Ok(Person { id: stored.id, key: account_key(stored), login, title })
}

fn failed(failure: &SignInError<sqlx::Error>) -> Failure {
    error!(error = failure as &dyn std::error::Error, "an account cannot be looked after");
    CauseCode::Internal.into()
}

fn store_failed(failure: sqlx::Error) -> Failure {
    failed(&SignInError::Store(failure))
}

/// Notes what was done to somebody's signing in.
async fn note(state: &WebState, identity: &Identity, action: &str, kind: Kind, person: &Person) {
    let entry = audit::entry(identity, action, kind.as_str(), person.id.as_str(), &person.title);
    // It is done; the log says what is wrong.
    let _ = audit::note(state, &entry).await;
}

async fn show_security<T: SignsIn>(
    State(state): State<WebState>,
    Path(text): Path<String>,
) -> Result<Json<AccountSecurity>, Failure> {
    let person = person::<T>(&state, &text)?;
    let accounts = state.accounts(T::ACCOUNT);
    let factor = accounts.second_factor(person.id).await.map_err(|failure| failed(&failure))?;
    let now = Instant::now();
    Ok(Json(AccountSecurity {
        second_factor: factor.map(second_factor),
        second_factor_needed: accounts.second_factor_needed(),
        lock: accounts.lock(&person.login, now).map(|found| lock(found, now)),
    }))
}

/// A second factor, as it is told.
pub(in crate::web::routes) fn second_factor(factor: second_factor::SecondFactor) -> SecondFactor {
    SecondFactor { since: factor.since * 1_000, recovery_codes: factor.recovery_codes }
}

fn lock(Lock { failures, until }: Lock, now: Instant) -> SignInLock {
    SignInLock { failures, until: request::now() + until.saturating_duration_since(now).as_millis() as i64 }
}

async fn list_sessions<T: SignsIn>(
    State(state): State<WebState>,
    Path(text): Path<String>,
) -> Result<Json<Sessions>, Failure> {
    let person = person::<T>(&state, &text)?;
    report_sessions(&state, T::ACCOUNT, &person.key, None).await.map(Json)
}

/// The sessions of an account, of which one may be that which asks.
pub(in crate::web::routes) async fn report_sessions(
    state: &WebState,
    kind: AccountKind,
    key: &str,
    current: Option<&Session>,
) -> Result<Sessions, Failure> {
    let sessions = state.accounts(kind).sessions_of(key, unix_now()).await.map_err(store_failed)?;
    let report = |session: Session| SessionReport {
        id: session.id(),
        created_at: session.created_at * 1_000,
        used_at: session.used_at * 1_000,
        expires_at: session.expires_at * 1_000,
        current: current.is_some_and(|current| current.token_hash == session.token_hash),
        address: session.address,
        user_agent: session.user_agent,
    };
    Ok(Sessions { sessions: sessions.into_iter().map(report).collect() })
}

async fn end_sessions<T: SignsIn>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<Json<EndedSessions>, Failure> {
    let person = person::<T>(&state, &text)?;
    let ended = state.accounts(T::ACCOUNT).end_sessions(&person.key, None).await.map_err(store_failed)?;
    note(&state, &identity, "end_sessions", T::KIND, &person).await;
    Ok(Json(EndedSessions { ended }))
}

async fn end_session<T: SignsIn>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path((text, session)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let person = person::<T>(&state, &text)?;
    let ended = state.accounts(T::ACCOUNT).end_session(&person.key, &session, unix_now()).await;
    if !ended.map_err(store_failed)? {
        return Err(Failure::of(ProblemCode::NotFound));
    }
    note(&state, &identity, "end_session", T::KIND, &person).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_second_factor<T: SignsIn>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<StatusCode, Failure> {
    let person = person::<T>(&state, &text)?;
    let accounts = state.accounts(T::ACCOUNT);
    let held = accounts.hold_second_factors().await;
    keep_second_factor(&state, held, identity.actor, (T::KIND, person.id), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a second factor, or takes it away.
pub(in crate::web::routes) async fn keep_second_factor(
    state: &WebState,
    held: Held,
    actor: Actor,
    (kind, id): (Kind, ObjectId),
    secret: Option<Secret>,
) -> Result<(), Failure> {
    let administration = state.administration.clone();
    let changed = held.finish(async move {
        let secrets = [SecretChange { kind, id, field: FIELD, secret }];
        let request = administration::Request { secrets: &secrets, ..administration::Request::default() };
        administration.change(request, &actor, request::now()).await
    });
    let changed = changed.await.ok_or(CauseCode::Internal)?;
    changed.map(|_| ()).map_err(|error| Failure::of_change(error, &[]))
}

async fn unlock<T: SignsIn>(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    Path(text): Path<String>,
) -> Result<StatusCode, Failure> {
    let person = person::<T>(&state, &text)?;
    if state.accounts(T::ACCOUNT).unlock(&person.login) {
        note(&state, &identity, "unlock", T::KIND, &person).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn list_locks(State(state): State<WebState>) -> Json<Locks> {
    let now = Instant::now();
    let of = |kind| {
        let accounts = state.accounts(kind);
        let (locked, unknown) = accounts.locked(now);
        let mut locked: Vec<LockedAccount> = locked
            .into_iter()
            .filter_map(|(user, found)| {
                let account = accounts.account(user)?;
                Some(LockedAccount { id: account.id, login: account.name.clone(), lock: lock(found, now) })
            })
            .collect();
        locked.sort_by(|a, b| a.login.cmp(&b.login));
        (locked, unknown)
    };
    let addresses = |kind, name: &str| {
        let locked = state.accounts(kind).locked_addresses(now).into_iter();
        let address = |(address, found)| LockedAddress { address, kind: name.to_owned(), lock: lock(found, now) };
        locked.map(address).collect::<Vec<_>>()
    };
    let (users, unknown_users) = of(AccountKind::User);
    let (administrators, unknown_administrators) = of(AccountKind::Administrator);
    let mut addresses =
        [addresses(AccountKind::User, "user"), addresses(AccountKind::Administrator, "administrator")].concat();
    addresses.sort_by(|a, b| (&a.address, &a.kind).cmp(&(&b.address, &b.kind)));
    Json(Locks { users, administrators, addresses, unknown_logins: unknown_users + unknown_administrators })
}

async fn unlock_address(State(state): State<WebState>, Path(address): Path<String>) -> Result<StatusCode, Failure> {
    let both = [AccountKind::User, AccountKind::Administrator];
    // Each is unlocked, whatever came of the other.
    let unlocked = both.map(|kind| state.accounts(kind).unlock_address(&address));
    if unlocked.contains(&true) { Ok(StatusCode::NO_CONTENT) } else { Err(Failure::of(ProblemCode::NotFound)) }
}

/// Whose attempts to sign in are looked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SignInQuery {
    /// Those of administrators; by default those of users.
    administrators: bool,
    /// Those of this user or administrator.
    object: Option<String>,
    /// Only what came before the entry with this number.
    before: Option<i64>,
    /// Entries of the page, 500 at most; by default 50.
    limit: Option<u32>,
}

async fn list_sign_ins(
    State(state): State<WebState>,
    query: Result<Query<SignInQuery>, QueryRejection>,
) -> Result<Json<SignIns>, Failure> {
    let Query(SignInQuery { administrators, object, before, limit }) = query.map_err(|_| CauseCode::BadRequest)?;
    let limit = limit.filter(|&limit| limit > 0).unwrap_or(ENTRIES).min(MAX_ENTRIES);
    let kind = if administrators { AccountKind::Administrator } else { AccountKind::User };
    // One more says whether there is a next page.
    let table = state.store.sign_ins(kind);
    let mut found = table.list(object.as_deref(), before, limit + 1).await.map_err(store_failed)?;
    let is_last = found.len() <= limit as usize;
    found.truncate(limit as usize);
    let next = found.last().map(|entry| entry.id).filter(|_| !is_last);
    let entries = found.into_iter().map(|entry| SignInReport {
        id: entry.id,
        at: entry.at,
        object: Some(entry.object).filter(|object| !object.is_empty()),
        login: entry.name,
        outcome: entry.outcome,
        address: entry.address,
        user_agent: entry.user_agent,
    });
    Ok(Json(SignIns { entries: entries.collect(), next }))
}

async fn list_token_uses(State(state): State<WebState>) -> Result<Json<TokenUses>, Failure> {
    let uses = state.store.token_use().all().await.map_err(store_failed)?;
    let report = |(token, used): (String, crate::store::TokenUse)| TokenUse {
        token,
        used_at: used.used_at * 1_000,
        address: used.address,
    };
    Ok(Json(TokenUses { uses: uses.into_iter().map(report).collect() }))
}
