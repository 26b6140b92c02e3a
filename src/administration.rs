//! The site as it counts, and the one way to change it: a change is planned, written to the database, and only then
//! counts and is told.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;
use tokio::sync::{Mutex, watch};
use tracing::{error, info};

use crate::config::Secret;
use crate::site::{self, Change, Kind, ObjectId, Plan, Refusal, Site};
use crate::store::{Answer, AuditEntry, SiteError, SiteTable, Write};

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What that is: `administrator`, `token`, `user`, `command`.
    pub kind: &'static str,
    /// The object's id; for somebody of the configuration file, the name.
    pub id: String,
    /// Where from.
    pub address: Option<String>,
}

/// A secret of an object, written beside its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretChange {
    /// Kind of the object.
    pub kind: Kind,
    /// Its id.
    pub id: ObjectId,
    /// Which one, `password` for example.
    pub field: &'static str,
    /// None takes it away.
    pub secret: Option<Secret>,
}

/// Makes the answer to a request of what it has written.
pub type Answering<'a> = dyn Fn(&[site::Write]) -> Answer + Sync + 'a;

/// What is asked for.
#[derive(Default)]
pub struct Request<'a> {
    /// The changes.
    pub changes: &'a [Change],
    /// Secrets that come with them.
    pub secrets: &'a [SecretChange],
    /// What it is called in the audit log; by default what it is: `create`, `change`, `delete`.
    pub action: Option<&'static str>,
    /// The session that a new password leaves: SHA-256 of its token.
    pub keep_session: Option<&'a [u8]>,
    /// The answer that a repetition of the request gets, made of what is written.
    pub answer: Option<&'a Answering<'a>>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Something is wrong with it.
    #[error("the change is not possible: {0:?}")]
    Refused(Vec<Refusal>),
    /// The request has been carried out already.
    #[error("the request has been carried out already")]
    Answered,
    /// The database; the log says how.
    #[error("the database failed")]
    Store,
}

/// The site as it counts.
#[derive(Debug)]
pub struct Administration {
    site: RwLock<Site>,
    table: SiteTable,
    /// One change at a time; what the configuration file sets of the site.
    writing: Mutex<Vec<site::Row>>,
    changed: watch::Sender<u64>,
}

impl Administration {
    /// Loads what is kept, with what the configuration file sets beside it.
    pub async fn open(table: SiteTable, from_file: Vec<site::Row>) -> Result<Administration, SiteError> {
        let mut site = load(&table, &from_file).await?;
        // What is always there is kept like everything else, so that it can be changed like that.
        let mut missing = Vec::new();
        for (kind, id) in [(Kind::Profile, ObjectId::DEFAULT_PROFILE), (Kind::Settings, ObjectId::SETTINGS)] {
            let kept = table.load().await?.iter().any(|row| row.kind == kind.as_str() && row.id == id.as_str());
            if let Some(body) = site.body(kind, id).filter(|_| !kept) {
                let version = site.version(kind, id).unwrap_or(1);
                missing.push(put(kind, id, version, &body, None, Vec::new()));
            }
        }
        if !missing.is_empty() {
            table.write(&missing, &[]).await?;
            site = load(&table, &from_file).await?;
        }
        let changed = watch::Sender::new(site.revision());
        Ok(Administration { site: RwLock::new(site), table, writing: Mutex::new(from_file), changed })
    }

    /// The site as it counts now. Cheap: what has not changed is shared.
    pub fn site(&self) -> Site {
        self.site.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells when it has changed.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The secrets.
    pub fn table(&self) -> &SiteTable {
        &self.table
    }

    /// Changes the site: everything that is asked for, or nothing. What is acknowledged is kept and counts.
    pub async fn change(&self, request: Request<'_>, actor: &Actor, now: i64) -> Result<Vec<site::Write>, ChangeError> {
        let from_file = self.writing.lock().await;
        let plan = self.site().plan(request.changes).map_err(ChangeError::Refused)?;
        let writes = writes(&plan, request.secrets, request.keep_session);
        if writes.is_empty() && request.answer.is_none() {
            return Ok(Vec::new());
        }
        let audit = audit(&plan, request.secrets, request.action, actor, now);
        let answer = request.answer.map(|answer| answer(&plan.writes));
        match self.table.write_answering(&writes, &audit, answer.as_ref()).await {
            Ok(()) => {}
            Err(SiteError::Answered) => return Err(ChangeError::Answered),
            Err(failure) => {
                error!(error = &failure as &dyn std::error::Error, "the site could not be changed");
                // It is not known whether the change was kept.
                match load(&self.table, &from_file).await {
                    Ok(site) => self.count(site),
                    Err(failure) => error!(error = &failure as &dyn std::error::Error, "the site could not be read"),
                }
                return Err(ChangeError::Store);
            }
        }
        for write in &plan.writes {
            let action = action(write);
            info!(kind = %write.kind, id = %write.id, title = write.title, actor = actor.id, action, "changed");
        }
        let written = plan.writes.clone();
        self.count(plan.site().clone());
        Ok(written)
    }

    /// The configuration file sets something else.
    pub async fn set_from_file(&self, rows: Vec<site::Row>) -> Result<(), SiteError> {
        let mut from_file = self.writing.lock().await;
        let site = load(&self.table, &rows).await?;
        *from_file = rows;
        self.count(site);
        Ok(())
    }

    fn count(&self, site: Site) {
        *self.site.write().unwrap_or_else(PoisonError::into_inner) = site;
        self.changed.send_modify(|change| *change += 1);
    }
}

/// Reads what is kept. What is wrong with it is logged and can be mended; it does not keep the server from running.
async fn load(table: &SiteTable, from_file: &[site::Row]) -> Result<Site, SiteError> {
    let mut rows = from_file.to_vec();
    for row in table.load().await? {
        let (Ok(kind), Ok(id), Ok(body)) = (row.kind.parse(), row.id.parse(), serde_json::from_str(&row.body)) else {
            error!(kind = row.kind, id = row.id, "an object in the database cannot be read");
            continue;
        };
        rows.push(site::Row { kind, id, version: row.version, from_file: false, body });
    }
    let (site, refusals) = Site::load(rows);
    for Refusal { kind, id, problems, .. } in refusals {
        let problems: Vec<_> =
            problems.iter().map(|problem| format!("{}: {}", problem.pointer, problem.english())).collect();
        error!(%kind, %id, title = site.title(kind, id), ?problems, "something is wrong with an object");
    }
    Ok(site)
}

fn put(
    kind: Kind,
    id: ObjectId,
    version: i64,
    body: &Value,
    expected: Option<i64>,
    secrets: Vec<(String, Option<Secret>)>,
) -> Write {
    let row = crate::store::Row {
        kind: kind.as_str().to_owned(),
        id: id.as_str().to_owned(),
        version,
        body: body.to_string(),
    };
    Write::Put { row, expected, secrets }
}

/// What a plan is for the database, with the secrets that come with it.
fn writes(plan: &Plan, secrets: &[SecretChange], keep_session: Option<&[u8]>) -> Vec<Write> {
    let of = |kind: Kind, id: ObjectId| {
        let its = secrets.iter().filter(|secret| (secret.kind, secret.id) == (kind, id));
        its.map(|secret| (secret.field.to_owned(), secret.secret.clone())).collect::<Vec<_>>()
    };
    let mut writes: Vec<Write> = plan
        .writes
        .iter()
        .map(|write| match &write.after {
            Some(body) => {
                let expected = write.before.is_some().then(|| write.version - 1);
                put(write.kind, write.id, write.version, body, expected, of(write.kind, write.id))
            }
            None => Write::Delete {
                kind: write.kind.as_str().to_owned(),
                id: write.id.as_str().to_owned(),
                expected: write.version,
            },
        })
        .collect();
    let written = |kind, id| plan.writes.iter().any(|write| (write.kind, write.id) == (kind, id));
    let mut alone: Vec<(Kind, ObjectId)> = secrets.iter().map(|secret| (secret.kind, secret.id)).collect();
    alone.dedup();
    for (kind, id) in alone.into_iter().filter(|&(kind, id)| !written(kind, id)) {
        writes.push(Write::Secrets {
            kind: kind.as_str().to_owned(),
            id: id.as_str().to_owned(),
            secrets: of(kind, id),
            keep_session: keep_session.map(<[u8]>::to_vec),
        });
    }
    writes
}

fn action(write: &site::Write) -> &'static str {
    match (&write.before, &write.after) {
        (None, _) => "create",
        (Some(_), Some(_)) => "change",
        (Some(_), None) => "delete",
    }
}

/// What the audit log says of a plan. Of secrets it says that they were set, never what.
fn audit(
    plan: &Plan,
    secrets: &[SecretChange],
    called: Option<&'static str>,
    actor: &Actor,
    now: i64,
) -> Vec<AuditEntry> {
    let entry = |action: &str, kind: Kind, id: ObjectId, title: &str| AuditEntry {
        at: now,
        actor: actor.id.clone(),
        actor_kind: actor.kind.to_owned(),
        address: actor.address.clone(),
        action: action.to_owned(),
        kind: kind.as_str().to_owned(),
        object: id.as_str().to_owned(),
        title: title.to_owned(),
        before: None,
        after: None,
    };
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let objects = plan.writes.iter().map(|write| AuditEntry {
        before: text(&write.before),
        after: text(&write.after),
        ..entry(called.unwrap_or(action(write)), write.kind, write.id, &write.title)
    });
    let secrets = secrets.iter().map(|secret| {
        let action = if secret.secret.is_some() { "set_secret" } else { "remove_secret" };
        let field = Some(Value::from(secret.field).to_string());
        let title = plan.site().title(secret.kind, secret.id);
        AuditEntry { after: field, ..entry(action, secret.kind, secret.id, title) }
    });
    objects.chain(secrets).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::seal::SecretOf;
    use crate::store::tests::on_both;

    fn actor() -> Actor {
        Actor { kind: "administrator", id: "root".into(), address: Some("127.0.0.1".into()) }
    }

    fn user(login: &str) -> Value {
        json!({ "login": login, "display_name": login, "active": true })
    }

    #[tokio::test]
    async fn what_is_acknowledged_is_there_after_a_restart_and_in_the_audit_log() {
        on_both(async |fresh| {
            let store = fresh.open().await;
            let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
            let changed = administration.changed();
            let id = ObjectId::random([7; 16]);
            let create = [Change::Put { kind: Kind::User, id, expected: Some(0), body: user("anna") }];
            let secrets =
                [SecretChange { kind: Kind::User, id, field: "password", secret: Some(Secret::new("geheim")) }];
            let request = Request { changes: &create, secrets: &secrets, ..Request::default() };
            let written = administration.change(request, &actor(), 5).await.unwrap();
            assert_eq!((written.len(), written[0].version), (1, 1));
            assert!(changed.has_changed().unwrap());
            // The same again is not possible, and changes nothing.
            let request = Request { changes: &create, ..Request::default() };
            let refused = administration.change(request, &actor(), 6).await.unwrap_err();
            assert!(matches!(refused, ChangeError::Refused(refusals) if refusals[0].http_status() == 409));
            store.close().await;

            let store = fresh.open().await;
            let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
            assert_eq!(administration.site().named::<site::User>("ANNA").unwrap().id, id);
            let of = SecretOf { kind: "user", id: id.as_str(), field: "password" };
            assert_eq!(administration.table().secret(of).await.unwrap(), Some(Secret::new("geheim")));
            let audit = store.audit().list(&Default::default(), None, 10).await.unwrap();
            let said: Vec<_> = audit.iter().map(|(_, entry)| (entry.action.as_str(), entry.title.as_str())).collect();
            assert_eq!(said, [("set_secret", "anna"), ("create", "anna")]);
            assert!(!format!("{audit:?}").contains("geheim"));
            // What is always there can be changed from its first version on.
            let version = administration.site().version(Kind::Settings, ObjectId::SETTINGS);
            let change = Change::Patch {
                kind: Kind::Settings,
                id: ObjectId::SETTINGS,
                expected: version,
                patch: json!({ "presence_domain": "office.example" }),
            };
            let request = Request { changes: &[change], ..Request::default() };
            administration.change(request, &actor(), 7).await.unwrap();
            assert_eq!(administration.site().settings().presence_domain, "office.example");
            store.close().await;
        })
        .await;
    }

    #[tokio::test]
    async fn what_the_file_sets_is_shown_and_not_changed() {
        on_both(async |fresh| {
            let store = fresh.open().await;
            let id = ObjectId::random([9; 16]);
            let row = site::Row { kind: Kind::User, id, version: 1, from_file: true, body: user("bob") };
            let administration = Administration::open(store.site(), vec![row]).await.unwrap();
            let change = Change::Delete { kind: Kind::User, id, expected: Some(1) };
            let request = Request { changes: &[change], ..Request::default() };
            let refused = administration.change(request, &actor(), 5).await.unwrap_err();
            assert!(matches!(refused, ChangeError::Refused(refusals) if refusals[0].http_status() == 409));
            administration.set_from_file(Vec::new()).await.unwrap();
            assert!(administration.site().named::<site::User>("bob").is_none());
            store.close().await;
        })
        .await;
    }
}
