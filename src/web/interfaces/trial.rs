//! Changes that wait to be confirmed: they are undone otherwise, also by a server that has stopped meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;
use tracing::{error, warn};

use super::{Standing, TRY_EVERY, Through};
use crate::administration::{self, Actor, Administration, ChangeError};
use crate::config::Secret;
use crate::site::{self, Change, Interface, Kind, ObjectId, ProblemCode};
use crate::store::Write;
use crate::store::seal::SecretOf;
use crate::web::{WebState, unix_ms};

/// How long a change waits to be confirmed.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(60);
/// Characters of a name that another of the same name has taken, before the number that tells them apart.
const NAMED: usize = 100;
/// Where changes that wait to be confirmed are kept beside the settings.
const TRIAL: &str = "interface_trial";

/// What was there before changes that wait to be confirmed.
#[derive(Debug)]
pub(super) struct Trial {
    before: FxHashMap<ObjectId, Before>,
    until: Instant,
}

/// The same as it is kept: a server that stops meanwhile goes on with it. It lies sealed beside the settings, where what is kept
/// of an object outlives the interface.
#[derive(Serialize, Deserialize)]
struct KeptTrial {
    before: Vec<(ObjectId, Before)>,
    /// Milliseconds since 1970.
    until: i64,
}

/// An interface as it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Before {
    interface: Interface,
    /// The version that the change has made of it; 0: it was deleted.
    version: i64,
}

impl Before {
    /// Puts it back like this, unless somebody has changed it since.
    fn change(&self, id: ObjectId, interface: &Interface) -> Change {
        // A struct of texts and numbers is always JSON.
        let body = serde_json::to_value(interface).unwrap_or_default();
        Change::Put { kind: Kind::Interface, id, expected: Some(self.version), body }
    }
}

/// How the interfaces stand, and what waits to be confirmed.
#[derive(Debug, Clone, Default)]
pub struct Interfaces(pub(super) Arc<Shared>);

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) standing: Mutex<FxHashMap<ObjectId, (Standing, u64)>>,
    trial: Mutex<Option<Trial>>,
    /// Something is to be done.
    pub(super) wake: Notify,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interfaces {
    /// How an interface stands; None: it is not active, or has just come.
    pub fn standing(&self, id: ObjectId) -> Option<Standing> {
        lock(&self.0.standing).get(&id).map(|(standing, _)| standing.clone())
    }

    /// Whether this is an interface that listens now, and not one whose last connections finish.
    fn is_there(&self, through: Through) -> bool {
        let standing = lock(&self.0.standing);
        matches!(standing.get(&through.id), Some((Standing::Listening(_), turn)) if *turn == through.turn)
    }

    /// What waits to be confirmed, and for how long yet.
    pub(in crate::web) fn on_trial(&self) -> Option<(Vec<ObjectId>, Duration)> {
        let trial = lock(&self.0.trial);
        let Trial { before, until } = trial.as_ref()?;
        Some((before.keys().copied().collect(), until.saturating_duration_since(Instant::now())))
    }

    /// What waits stays. False where nothing does, or who confirms came by an interface that is not there any more.
    pub(in crate::web) fn confirm(&self, through: Option<Through>) -> bool {
        // The control socket needs no interface.
        through.is_none_or(|through| self.is_there(through)) && lock(&self.0.trial).take().is_some()
    }

    /// Puts on trial what somebody has written who came by an interface, where that is not there any more by it. Whether what
    /// waits is another then.
    fn changed(&self, through: Option<Through>, writes: &[site::Write]) -> bool {
        let Some(id) = through.map(|through| through.id) else { return false };
        let its = |write: &&site::Write| (write.kind, write.id) == (Kind::Interface, id);
        let Some(write) = writes.iter().find(its) else { return false };
        let read = |body: &Option<Value>| body.as_ref().and_then(|body| Interface::deserialize(body).ok());
        let version = if write.after.is_some() { write.version } else { 0 };
        let mut trial = lock(&self.0.trial);
        // Who changes it twice gets back what was there at first.
        if let Some(before) = trial.as_mut().and_then(|trial| trial.before.get_mut(&id)) {
            before.version = version;
        }
        if let Some(interface) = read(&write.before).filter(|before| before.leaves(read(&write.after).as_ref())) {
            let until = Instant::now() + CONFIRM_WITHIN;
            let trial = trial.get_or_insert_with(|| Trial { before: FxHashMap::default(), until });
            trial.before.entry(id).or_insert(Before { interface, version });
            trial.until = until;
            self.0.wake.notify_one();
        }
        trial.is_some()
    }

    /// What waits, as it is kept.
    fn kept(&self) -> Option<KeptTrial> {
        let trial = lock(&self.0.trial);
        let Trial { before, until } = trial.as_ref()?;
        let left = until.saturating_duration_since(Instant::now()).as_millis() as i64;
        let before = before.iter().map(|(id, before)| (*id, before.clone())).collect();
        Some(KeptTrial { before, until: unix_ms().saturating_add(left) })
    }

    /// Goes on with what waited when the server stopped.
    fn resume(&self, kept: KeptTrial) {
        let left = u64::try_from(kept.until.saturating_sub(unix_ms())).unwrap_or_default();
        // The clock may have been set meanwhile.
        let until = Instant::now() + Duration::from_millis(left).min(CONFIRM_WITHIN);
        *lock(&self.0.trial) = Some(Trial { before: kept.before.into_iter().collect(), until });
    }

    /// What could not be undone is tried again.
    fn put_back(&self, id: ObjectId, before: Before) {
        let until = Instant::now() + TRY_EVERY;
        let mut trial = lock(&self.0.trial);
        let trial = trial.get_or_insert_with(|| Trial { before: FxHashMap::default(), until });
        trial.before.entry(id).or_insert(before);
    }

    pub(super) fn overdue(&self) -> Option<Trial> {
        lock(&self.0.trial).take_if(|trial| trial.until <= Instant::now())
    }

    pub(super) fn until(&self) -> Option<Instant> {
        lock(&self.0.trial).as_ref().map(|trial| trial.until)
    }
}

/// Puts on trial what somebody has written, and keeps that.
pub(in crate::web) async fn changed(state: &WebState, through: Option<Through>, writes: &[site::Write]) {
    if state.interfaces.changed(through, writes) {
        keep_trial(&state.administration, &state.interfaces).await;
    }
}

/// Keeps what waits to be confirmed, or that nothing does.
pub(in crate::web) async fn keep_trial(administration: &Administration, interfaces: &Interfaces) {
    // A struct of texts and numbers is always JSON.
    let kept = interfaces.kept().map(|kept| serde_json::to_string(&kept).unwrap_or_default());
    let write = Write::Secrets {
        kind: Kind::Settings.as_str().to_owned(),
        id: ObjectId::SETTINGS.as_str().to_owned(),
        secrets: vec![(TRIAL.to_owned(), kept.map(Secret::new))],
        keep_session: None,
    };
    if let Err(error) = administration.table().write(&[write], &[]).await {
        error!(error = &error as &dyn std::error::Error, "changes that wait to be confirmed cannot be kept");
    }
}

/// Goes on with changes that waited to be confirmed when the server stopped; whose time is over are undone at once.
pub(super) async fn resume(administration: &Administration, interfaces: &Interfaces) {
    let of = SecretOf { kind: Kind::Settings.as_str(), id: ObjectId::SETTINGS.as_str(), field: TRIAL };
    let kept = match administration.table().secret(of).await {
        Ok(kept) => kept,
        Err(error) => {
            error!(error = &error as &dyn std::error::Error, "changes that wait to be confirmed cannot be read");
            None
        }
    };
    if let Some(kept) = kept.and_then(|kept| serde_json::from_str(kept.expose()).ok()) {
        interfaces.resume(kept);
    }
    if let Some(trial) = interfaces.overdue() {
        undo(administration, interfaces, trial).await;
        keep_trial(administration, interfaces).await;
    }
}

/// Puts back what nobody has confirmed.
pub(super) async fn undo(administration: &Administration, interfaces: &Interfaces, trial: Trial) {
    let all: Vec<Change> = trial.before.iter().map(|(&id, before)| before.change(id, &before.interface)).collect();
    match revert(administration, &all).await {
        Ok(()) => warn!("a change of interfaces was not confirmed and is undone"),
        Err(ChangeError::Refused(_)) => {
            for (id, before) in trial.before {
                undo_alone(administration, interfaces, id, before).await;
            }
        }
        Err(_) => trial.before.into_iter().for_each(|(id, before)| interfaces.put_back(id, before)),
    }
}

/// The same of one interface, whatever else has become of its certificate and its name meanwhile.
async fn undo_alone(administration: &Administration, interfaces: &Interfaces, id: ObjectId, before: Before) {
    let interface = before.interface.clone();
    let without = Interface { certificate: None, ..interface.clone() };
    let named = |number: u32| {
        let name: String = interface.name.chars().take(NAMED).collect();
        Interface { name: format!("{name} ({number})"), ..without.clone() }
    };
    let ways: Vec<Interface> = [interface.clone(), without.clone()].into_iter().chain((2..10).map(named)).collect();
    for way in ways {
        let name = &way.name;
        match revert(administration, &[before.change(id, &way)]).await {
            Ok(()) => return warn!(name, "a change of an interface was not confirmed and is undone"),
            Err(ChangeError::Refused(refusals)) if refusals.iter().any(is_changed) => {
                return warn!(name, "a change of an interface was not confirmed, but somebody has changed it since");
            }
            Err(ChangeError::Refused(_)) => {}
            Err(_) => return interfaces.put_back(id, before),
        }
    }
    error!(name = before.interface.name, "a change of an interface that was not confirmed cannot be undone");
}

/// Whether something was changed that was to be put back.
fn is_changed(refusal: &site::Refusal) -> bool {
    let codes = [ProblemCode::VersionConflict, ProblemCode::Exists, ProblemCode::NotFound];
    refusal.problems.iter().any(|problem| codes.contains(&problem.code))
}

pub(super) async fn revert(administration: &Administration, changes: &[Change]) -> Result<(), ChangeError> {
    let actor = Actor { kind: "server", id: "server".into(), address: None };
    let request = administration::Request { changes, action: Some("revert"), ..administration::Request::default() };
    administration.change(request, &actor, unix_ms()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(interface: Interface, version: i64) -> Trial {
        let before = [(ObjectId::random([7; 16]), Before { interface, version })];
        Trial { before: before.into_iter().collect(), until: Instant::now() }
    }

    /// Makes an interface; gives its version.
    async fn put(administration: &Administration, seed: u8, interface: &Interface) -> i64 {
        let body = serde_json::to_value(interface).unwrap();
        let change = Change::Put { kind: Kind::Interface, id: ObjectId::random([seed; 16]), expected: None, body };
        revert(administration, &[change]).await.unwrap();
        administration.site().version(Kind::Interface, ObjectId::random([seed; 16])).unwrap()
    }

    #[tokio::test]
    async fn what_is_not_confirmed_is_undone_whatever_has_become_of_the_rest() {
        let fresh = crate::store::tests::Fresh::sqlite();
        let store = fresh.open().await;
        let administration = Administration::open(store.site(), Vec::new()).await.unwrap();
        let interfaces = Interfaces::default();
        let own = Interface { name: "own".into(), port: 8001, ..Interface::default() };
        let moved = Interface { port: 8002, ..own.clone() };
        let port = || {
            let site = administration.site();
            let stored = site.get::<Interface>(ObjectId::random([7; 16])).cloned();
            stored.map(|stored| (stored.object.name.clone(), stored.object.port))
        };
        let version = put(&administration, 7, &moved).await;
        undo(&administration, &interfaces, before(own.clone(), version)).await;
        assert_eq!(port(), Some(("own".into(), 8001)));

        // Its certificate is gone, and another one has its name.
        let elsewhere = Interface { name: "elsewhere".into(), ..moved.clone() };
        let version = put(&administration, 7, &elsewhere).await;
        put(&administration, 8, &own).await;
        let certificate = Some(ObjectId::random([9; 16]));
        undo(&administration, &interfaces, before(Interface { certificate, ..own.clone() }, version)).await;
        assert_eq!(port(), Some(("own (2)".into(), 8001)));

        // Somebody has changed it since.
        let version = put(&administration, 7, &elsewhere).await;
        let later = put(&administration, 7, &Interface { port: 8003, ..elsewhere.clone() }).await;
        undo(&administration, &interfaces, before(own.clone(), version)).await;
        assert_eq!(port(), Some(("elsewhere".into(), 8003)));
        assert!(interfaces.until().is_none());

        // A database that fails is asked again.
        store.close().await;
        undo(&administration, &interfaces, before(own, later)).await;
        assert!(interfaces.until().is_some_and(|until| until > Instant::now()));
        assert_eq!(interfaces.on_trial().map(|(ids, _)| ids), Some(vec![ObjectId::random([7; 16])]));
    }
}
