//! Passwords in an import: what may be one, and which are others than those that are kept.

use std::borrow::Borrow;

use rustc_hash::FxHashMap;
use serde_json::json;
use tracing::error;

use super::of_documents;
use crate::administration::LINE_PASSWORD;
use crate::call::cause::CauseCode;
use crate::config::Secret;
use crate::site::exchange::{Misfit, WITH_PASSWORD, name};
use crate::site::{Kind, ObjectId, Problem, ProblemCode, Said, Site};
use crate::store::AuditEntry;
use crate::user::accounts::{MAX_PASSWORD, SignInError};
use crate::user::passwords::new_hash;
use crate::web::WebState;
use crate::web::routes::site::failure::Failure;
use crate::web::routes::site::passwords::turn;
use crate::web::routes::site::{audit, lines};
use crate::web::routes::table::Identity;

/// Names in one entry of the audit log.
const MAX_NOTED: usize = 100;

/// What is kept of the passwords of the kinds that these are of.
pub(super) async fn kept_passwords(
    state: &WebState,
    passwords: &[impl Borrow<Password>],
) -> Result<FxHashMap<(Kind, ObjectId), Secret>, Failure> {
    let mut kept = FxHashMap::default();
    for kind in WITH_PASSWORD {
        if !passwords.iter().any(|of| of.borrow().kind == kind) {
            continue;
        }
        let of_kind = state.administration.table().secrets(kind.as_str(), LINE_PASSWORD).await.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "passwords cannot be read");
            CauseCode::Internal
        })?;
        kept.extend(of_kind.into_iter().filter_map(|(id, secret)| Some(((kind, id.parse().ok()?), secret))));
    }
    Ok(kept)
}

/// Refuses passwords that nothing may have.
pub(super) fn check_passwords(site: &Site, passwords: &[Password]) -> Result<(), Failure> {
    let least = site.settings().password.min_length as usize;
    for Password { kind, at, password, .. } in passwords {
        let checked = match kind {
            Kind::User => check_password(password, least),
            _ => lines::needed(password.clone()).map(drop),
        };
        checked.map_err(|problem| of_documents(vec![Misfit { kind: *kind, at: *at, problem }]))?;
    }
    Ok(())
}

/// Finds out which passwords are others than those that are kept, and what is to be kept of them.
pub(super) async fn compare(
    state: &WebState,
    identity: &Identity,
    site: &Site,
    passwords: &[&Password],
    compared: &mut FxHashMap<(Kind, usize), Compared>,
) -> Result<(), Failure> {
    let kept = kept_passwords(state, passwords).await?;
    // Whoever may open the control socket has the database, too.
    for kind in WITH_PASSWORD.into_iter().filter(|_| !identity.is_command()) {
        let of_kind = passwords.iter().filter(|of| of.kind == kind && kept.contains_key(&(kind, of.id)));
        note_compared(state, identity, kind, of_kind.filter_map(|of| name(site, kind, of.id)).collect()).await?;
    }
    for &&Password { kind, at, id, ref password } in passwords {
        let stored = kept.get(&(kind, id)).cloned();
        let other = match kind {
            Kind::User => hashed(stored, password.clone()).await?,
            _ => Some(Secret::new(password.clone())).filter(|wanted| stored.as_ref() != Some(wanted)),
        };
        compared.insert((kind, at), other.map_or(Compared::Same(id), Compared::Other));
    }
    Ok(())
}

/// Notes whose passwords are compared with those that are kept, before that is done: who has guessed one changes nothing.
async fn note_compared(
    state: &WebState,
    identity: &Identity,
    kind: Kind,
    mut names: Vec<String>,
) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let more = names.len().saturating_sub(MAX_NOTED);
    names.truncate(MAX_NOTED);
    let after = Some(json!({ "names": names, "more": more }).to_string());
    let entry = audit::entry(identity, "compare_passwords", kind.as_str(), "", "");
    audit::note(state, &AuditEntry { after, ..entry }).await
}

/// Whether this can be a user's password, of so many characters at least.
fn check_password(password: &str, least: usize) -> Result<(), Problem> {
    let wrong = |code, value: &dyn std::fmt::Display| Err(lines::at_password(code).value(value));
    if password.chars().count() < least {
        return wrong(ProblemCode::PasswordTooShort, &least);
    }
    if password.len() > MAX_PASSWORD {
        return wrong(ProblemCode::TooLong, &MAX_PASSWORD);
    }
    if password.starts_with("$argon2id$") {
        let expected = Said::new("a password, not its hash", "ein Passwort, nicht sein Hash");
        return Err(lines::at_password(ProblemCode::WrongType).said(expected));
    }
    Ok(())
}

/// The hash of a user's password; none where it is the one that is stored. It takes tens of milliseconds.
async fn hashed(stored: Option<Secret>, password: String) -> Result<Option<Secret>, CauseCode> {
    let password = Secret::new(password);
    let hash = move || new_hash::<std::convert::Infallible>(stored.as_ref().map(Secret::expose), &password);
    // Others who set a password come in between.
    let _turn = turn().await;
    let hash = tokio::task::spawn_blocking(hash).await.unwrap_or(Err(SignInError::Hash));
    hash.map(|hash| hash.map(Secret::new)).map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "a password cannot be hashed");
        CauseCode::Internal
    })
}

/// An object's password, as it is written in a document.
pub(super) struct Password {
    pub(super) kind: Kind,
    /// The object's place in the document.
    pub(super) at: usize,
    pub(super) id: ObjectId,
    pub(super) password: String,
}

impl Password {
    /// Whether it is known what becomes of it.
    pub(super) fn is_in(&self, compared: &FxHashMap<(Kind, usize), Compared>) -> bool {
        match compared.get(&(self.kind, self.at)) {
            Some(Compared::Same(id)) => *id == self.id,
            Some(Compared::Other(_)) => true,
            None => false,
        }
    }
}

/// What comparing has come to.
pub(super) enum Compared {
    /// This object has this password.
    Same(ObjectId),
    /// It is another one: what is to be kept of it.
    Other(Secret),
}
