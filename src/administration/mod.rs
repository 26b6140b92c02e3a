//! The site as it counts, and the one way to change it: a change is planned, written to the database, and only then
//! counts and is told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock};
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde_json::Value;
use tokio::sync::{Mutex, watch};
use tracing::{error, info};

use crate::config::Secret;
use crate::picture::{self, Picture, PictureSize};
use crate::site::{self, Administrator, Change, Kind, ObjectId, Plan, Problem, ProblemCode, Refusal, Role, Seat, Site};
use crate::store::{self, Answer, AuditEntry, SiteError, SiteTable, Write};

/// The name of what lines, and line groups whose PBX registers here, authenticate with, beside the object.
pub const LINE_PASSWORD: &str = "password";

/// How long after the database failed it is asked again what it has.
const READ_AGAIN: Duration = Duration::from_secs(1);

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

/// A user's picture, written beside the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureChange {
    /// Whose.
    pub user: ObjectId,
    /// None takes it away.
    pub picture: Option<Picture>,
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
    /// Pictures that come with them.
    pub pictures: &'a [PictureChange],
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
    standing: Arc<Standing>,
    /// One change at a time; what the configuration file sets of the site.
    writing: Arc<Mutex<Vec<site::Row>>>,
}

/// What counts, and where it is kept.
#[derive(Debug)]
struct Standing {
    site: RwLock<Site>,
    table: SiteTable,
    changed: watch::Sender<u64>,
    /// Whether the database may have something else.
    is_uncertain: AtomicBool,
    /// Who is signed in at which computer, and how often at once.
    seats: StdMutex<BTreeMap<Seat, u32>>,
}

impl Administration {
    /// Loads what is kept, with what the configuration file sets beside it.
    pub async fn open(table: SiteTable, from_file: Vec<site::Row>) -> Result<Administration, SiteError> {
        let mut site = load(&table, &from_file).await?;
        // What is always there is kept like everything else, so that it can be changed like that.
        let kept = table.load().await?;
        let is_kept =
            |kind: Kind, id: ObjectId| kept.iter().any(|row| row.kind == kind.as_str() && row.id == id.as_str());
        let mut missing = Vec::new();
        for (kind, id) in [(Kind::Profile, ObjectId::DEFAULT_PROFILE), (Kind::Settings, ObjectId::SETTINGS)] {
            if let Some(body) = site.body(kind, id).filter(|_| !is_kept(kind, id)) {
                let version = site.version(kind, id).unwrap_or(1);
                missing.push(put(kind, id, version, &body, None, Vec::new(), false));
            }
        }
        if !missing.is_empty() {
            table.write(&missing, &[]).await?;
            site = load(&table, &from_file).await?;
        }
        let changed = watch::Sender::new(site.revision());
        let is_uncertain = AtomicBool::new(false);
        let standing = Standing { site: RwLock::new(site), table, changed, is_uncertain, seats: StdMutex::default() };
        Ok(Administration { standing: Arc::new(standing), writing: Arc::new(Mutex::new(from_file)) })
    }

    /// The site as it counts now. Cheap: what has not changed is shared.
    pub fn site(&self) -> Site {
        self.standing.site()
    }

    /// A user is signed in at a computer from now on, until what this gives is dropped.
    pub fn take_seat(&self, seat: Seat) -> Seated {
        self.standing.reseat(|seats| {
            let count = seats.entry(seat).or_default();
            *count += 1;
            *count == 1
        });
        Seated { standing: self.standing.clone(), seat }
    }

    /// Nobody is signed in at a computer any more, as far as it is asked.
    pub fn vacate(&self, computer: ObjectId) {
        self.standing.reseat(|seats| {
            let before = seats.len();
            seats.retain(|seat, _| seat.computer != computer);
            seats.len() != before
        });
    }

    /// Tells when it has changed.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.standing.changed.subscribe()
    }

    /// Whether somebody is there who may change everything and has a password.
    pub async fn can_be_administered(&self) -> Result<bool, SiteError> {
        Ok(somebody(&self.site(), &self.with_password().await?))
    }

    /// The administrators who have a password in the database.
    async fn with_password(&self) -> Result<Vec<ObjectId>, SiteError> {
        let kept = self.table().secrets(Kind::Administrator.as_str(), "password").await?;
        Ok(kept.iter().filter_map(|(id, _)| id.parse().ok()).collect())
    }

    /// The secrets.
    pub fn table(&self) -> &SiteTable {
        &self.standing.table
    }

    /// Changes the site: everything that is asked for, or nothing. What is acknowledged is kept and counts, and what is kept
    /// counts also where nobody waits for the answer any more.
    pub async fn change(&self, request: Request<'_>, actor: &Actor, now: i64) -> Result<Vec<site::Write>, ChangeError> {
        let mut is_second = false;
        loop {
            let from_file = self.writing.clone().lock_owned().await;
            if self.standing.is_uncertain.load(Ordering::Relaxed) {
                self.standing.read_again(&from_file).await.map_err(|_| ChangeError::Store)?;
            }
            // A location with many rules, or a large import, takes long to check, and calls go on meanwhile.
            let (site, changes) = (self.site(), request.changes.to_vec());
            let plan = tokio::task::spawn_blocking(move || site.plan(&changes)).await;
            let plan = plan.map_err(|_| ChangeError::Store)?.map_err(ChangeError::Refused)?;
            let secrets = request.secrets;
            if let Some(secret) = secrets.iter().find(|secret| !plan.site().has(secret.kind, secret.id)) {
                return Err(refused(secret.kind, secret.id, ProblemCode::NotFound));
            }
            let pictures = request.pictures;
            if let Some(change) = pictures.iter().find(|change| !plan.site().has(Kind::User, change.user)) {
                return Err(refused(Kind::User, change.user, ProblemCode::NotFound));
            }
            self.keep_somebody(&plan, secrets).await?;
            let mut writes = writes(&plan, secrets, request.keep_session);
            writes.extend(pictures.iter().map(picture_write));
            if writes.is_empty() && request.answer.is_none() {
                return Ok(Vec::new());
            }
            let audit = audit(&plan, &request, actor, now);
            let answer = request.answer.map(|answer| answer(&plan.writes));
            let counts = !plan.writes.is_empty()
                || !pictures.is_empty()
                || secrets.iter().any(|secret| secret.kind.secrets_count());
            let written = plan.writes.clone();
            let next = with_pictures(&plan, pictures);
            let (standing, actor) = (self.standing.clone(), actor.id.clone());
            // A connection that breaks ends the request, but not this.
            let work = tokio::spawn(async move {
                let outcome = standing.table.write_answering(&writes, &audit, answer.as_ref()).await;
                match &outcome {
                    Ok(()) => {
                        if counts {
                            standing.count(next);
                        }
                        log(&plan, &actor);
                    }
                    Err(SiteError::Answered) => {}
                    // It is not known whether the change was kept.
                    Err(_) => _ = standing.read_again(&from_file).await,
                }
                outcome
            });
            match work.await {
                Ok(Ok(())) => return Ok(written),
                Ok(Err(SiteError::Answered)) => return Err(ChangeError::Answered),
                // The database had something else, and now that is what the change is made of.
                Ok(Err(SiteError::Changed { .. })) if !is_second => is_second = true,
                Ok(Err(failure)) => {
                    error!(error = &failure as &dyn std::error::Error, "the site could not be changed");
                    self.find_out();
                    return Err(ChangeError::Store);
                }
                Err(_) => return Err(ChangeError::Store),
            }
        }
    }

    /// The configuration file sets something else.
    pub async fn set_from_file(&self, rows: Vec<site::Row>) -> Result<(), SiteError> {
        let mut from_file = self.writing.lock().await;
        self.standing.read_again(&rows).await?;
        *from_file = rows;
        Ok(())
    }

    /// Reads what the database has as soon as that is possible.
    fn find_out(&self) {
        let (standing, writing) = (self.standing.clone(), self.writing.clone());
        tokio::spawn(async move {
            while standing.is_uncertain.load(Ordering::Relaxed) {
                tokio::time::sleep(READ_AGAIN).await;
                let from_file = writing.lock().await;
                if standing.is_uncertain.load(Ordering::Relaxed) {
                    _ = standing.read_again(&from_file).await;
                }
            }
        });
    }

    /// Somebody who may change everything must be able to sign in afterwards, where somebody could before.
    async fn keep_somebody(&self, plan: &Plan, secrets: &[SecretChange]) -> Result<(), ChangeError> {
        let written = plan.writes.iter().map(|write| (write.kind, write.id));
        let touched = written.chain(secrets.iter().map(|secret| (secret.kind, secret.id)));
        let mut administrators = touched.filter(|(kind, _)| *kind == Kind::Administrator);
        let Some((kind, id)) = administrators.next() else { return Ok(()) };
        let had = self.with_password().await.map_err(|failure| {
            error!(error = &failure as &dyn std::error::Error, "passwords cannot be read");
            ChangeError::Store
        })?;
        let mut has = had.clone();
        for secret in secrets.iter().filter(|secret| secret.kind == Kind::Administrator && secret.field == "password") {
            has.retain(|id| *id != secret.id);
            has.extend(secret.secret.is_some().then_some(secret.id));
        }
        match somebody(&self.site(), &had) && !somebody(plan.site(), &has) {
            true => Err(refused(kind, id, ProblemCode::LastAdministrator)),
            false => Ok(()),
        }
    }
}

/// That a user is signed in at a computer, as long as this is kept.
#[derive(Debug)]
pub struct Seated {
    standing: Arc<Standing>,
    seat: Seat,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.standing.reseat(|seats| match seats.get_mut(&self.seat) {
            Some(count) if *count > 1 => {
                *count -= 1;
                false
            }
            // It may have been vacated.
            _ => seats.remove(&self.seat).is_some(),
        });
    }
}

impl Standing {
    fn site(&self) -> Site {
        self.site.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes who is signed in where; `change` says whether anything is different.
    fn reseat(&self, change: impl FnOnce(&mut BTreeMap<Seat, u32>) -> bool) {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if change(&mut seats) {
            let seats = Arc::new(seats.keys().copied().collect());
            self.site.write().unwrap_or_else(PoisonError::into_inner).set_seats(seats);
            self.changed.send_modify(|change| *change += 1);
        }
    }

    fn count(&self, mut site: Site) {
        // Who has sat down since it was planned stays.
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        site.set_seats(Arc::new(seats.keys().copied().collect()));
        *self.site.write().unwrap_or_else(PoisonError::into_inner) = site;
        self.changed.send_modify(|change| *change += 1);
    }

    /// What the database has counts.
    async fn read_again(&self, from_file: &[site::Row]) -> Result<(), SiteError> {
        let read = load(&self.table, from_file).await;
        self.is_uncertain.store(read.is_err(), Ordering::Relaxed);
        match read {
            Ok(site) => self.count(site),
            Err(failure) => {
                error!(error = &failure as &dyn std::error::Error, "the site cannot be read");
                return Err(failure);
            }
        }
        Ok(())
    }
}

/// Whether somebody is there who may change everything and has a password.
fn somebody(site: &Site, with_password: &[ObjectId]) -> bool {
    let may = |administrator: &Administrator| administrator.active && administrator.role == Role::Full;
    let mut those = site.iter::<Administrator>().filter(|stored| may(&stored.object));
    those.any(|stored| stored.from_file || with_password.contains(&stored.id))
}

fn refused(kind: Kind, id: ObjectId, code: ProblemCode) -> ChangeError {
    ChangeError::Refused(vec![Refusal { change: 0, kind, id, problems: vec![Problem::whole(code)] }])
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
    let (mut site, refusals) = Site::load(rows);
    for picture in table.pictures().versions().await? {
        if let (Ok(Kind::User), Ok(id)) = (picture.kind.parse(), picture.id.parse()) {
            site.set_picture(id, Some(picture.version));
        }
    }
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
    ends_sessions: bool,
) -> Write {
    let row =
        store::Row { kind: kind.as_str().to_owned(), id: id.as_str().to_owned(), version, body: body.to_string() };
    Write::Put { row, expected, secrets, ends_sessions }
}

fn is_active(body: &Value) -> bool {
    body.get("active").and_then(Value::as_bool).unwrap_or_default()
}

/// What a plan is for the database, with the secrets that come with it.
fn writes(plan: &Plan, secrets: &[SecretChange], keep_session: Option<&[u8]>) -> Vec<Write> {
    let mut beside = FxHashMap::<_, Vec<_>>::default();
    for SecretChange { kind, id, field, secret } in secrets {
        beside.entry((*kind, *id)).or_default().push(((*field).to_owned(), secret.clone()));
    }
    let mut of = |kind, id| beside.remove(&(kind, id)).unwrap_or_default();
    let mut writes: Vec<Write> = plan
        .writes
        .iter()
        .map(|write| match &write.after {
            Some(body) => {
                let expected = write.before.is_some().then(|| write.version - 1);
                let was_active = write.before.as_ref().is_some_and(is_active);
                let ends_sessions = was_active && !is_active(body);
                put(write.kind, write.id, write.version, body, expected, of(write.kind, write.id), ends_sessions)
            }
            None => Write::Delete {
                kind: write.kind.as_str().to_owned(),
                id: write.id.as_str().to_owned(),
                expected: write.version,
            },
        })
        .collect();
    let mut alone: Vec<_> = beside.into_iter().collect();
    alone.sort_by_key(|(of, _)| *of);
    writes.extend(alone.into_iter().map(|((kind, id), secrets)| Write::Secrets {
        kind: kind.as_str().to_owned(),
        id: id.as_str().to_owned(),
        secrets,
        keep_session: keep_session.map(<[u8]>::to_vec),
    }));
    writes
}

fn log(plan: &Plan, actor: &str) {
    for write in &plan.writes {
        let action = action(write);
        info!(kind = %write.kind, id = %write.id, title = write.title, actor, action, "changed");
    }
}

/// Where a plan leads to, with the pictures that come with it.
fn with_pictures(plan: &Plan, pictures: &[PictureChange]) -> Site {
    let mut site = plan.site().clone();
    for gone in plan.writes.iter().filter(|write| write.after.is_none()) {
        site.set_picture(gone.id, None);
    }
    for PictureChange { user, picture } in pictures {
        site.set_picture(*user, picture.as_ref().map(|picture| picture.version));
    }
    site
}

fn picture_write(PictureChange { user, picture }: &PictureChange) -> Write {
    let size = |size: PictureSize, image: &Vec<u8>, version| store::Picture {
        size: size.as_str().to_owned(),
        media_type: picture::MEDIA_TYPE.to_owned(),
        image: image.clone(),
        version,
    };
    let both = picture.iter().flat_map(|Picture { small, large, version }| {
        [size(PictureSize::Small, small, *version), size(PictureSize::Large, large, *version)]
    });
    Write::Pictures { kind: Kind::User.as_str().to_owned(), id: user.as_str().to_owned(), pictures: both.collect() }
}

fn action(write: &site::Write) -> &'static str {
    match (&write.before, &write.after) {
        (None, _) => "create",
        (Some(_), Some(_)) => "change",
        (Some(_), None) => "delete",
    }
}

/// What the audit log says of a plan. Of secrets and pictures it says that they were set, never what.
fn audit(plan: &Plan, request: &Request<'_>, actor: &Actor, now: i64) -> Vec<AuditEntry> {
    let Request { secrets, pictures, action: called, .. } = *request;
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
    let text = |value: Value| value.to_string();
    let objects = plan.writes.iter().map(|write| {
        let (before, after) = match (&write.before, &write.after) {
            (Some(before), Some(after)) => {
                let (before, after) = site::difference(before, after);
                (Some(before), Some(after))
            }
            (before, after) => (before.clone(), after.clone()),
        };
        AuditEntry {
            before: before.map(text),
            after: after.map(text),
            ..entry(called.unwrap_or(action(write)), write.kind, write.id, &write.title)
        }
    });
    let secrets = secrets.iter().map(|secret| {
        let action = if secret.secret.is_some() { "set_secret" } else { "remove_secret" };
        let field = Some(Value::from(secret.field).to_string());
        let title = plan.site().title(secret.kind, secret.id);
        AuditEntry { after: field, ..entry(action, secret.kind, secret.id, title) }
    });
    let pictures = pictures.iter().map(|PictureChange { user, picture }| {
        let action = if picture.is_some() { "set_picture" } else { "remove_picture" };
        entry(action, Kind::User, *user, plan.site().title(Kind::User, *user))
    });
    objects.chain(secrets).chain(pictures).collect()
}

#[cfg(test)]
mod tests;
