//! Certificates that the server gets from authorities by ACME (RFC 8555) and renews in time.
//!
//! Names are proven by HTTP (http-01): the authority asks at port 80 of each name, and every interface answers. While a
//! certificate cannot be renewed the one before stays in use.

mod client;
mod due;
mod failure;
mod order;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rustc_hash::FxHashMap;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tracing::{error, info, warn};

use self::failure::{Code, Failure};
use self::order::Issued;
use super::interfaces::{KEY, Standing};
use super::protocol::interfaces::AcmeStepKind as StepKind;
use super::protocol::interfaces::{AcmeFailure, AcmeOutcome, AcmeStanding, AcmeState, AcmeStep};
use super::{WebState, certificates, tls};
use crate::administration::{self, Actor, SecretChange};
use crate::site::{
    AcmeSettings, Certificate, CertificateSource, Change, Interface, InterfaceMode, Kind, ObjectId, Site, Stored,
};
use crate::store::seal::SecretOf;

/// Where the account at the authority is kept beside a certificate.
pub(super) const ACCOUNT: &str = "account";
/// How often it is looked whether something is due, at least: the clock may be set.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Answers that are kept for authorities, of all certificates.
const MAX_TOKENS: usize = 1000;
/// Steps that are told of one attempt.
const MAX_STEPS: usize = 120;

/// How certificates of authorities come, and what the authorities are answered.
#[derive(Debug, Clone, Default)]
pub struct Acme(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    tokens: Mutex<FxHashMap<String, Token>>,
    works: Mutex<FxHashMap<ObjectId, Work>>,
    /// Something is to be done.
    wake: Notify,
}

/// What an authority is answered.
#[derive(Debug)]
struct Token {
    answer: String,
    of: ObjectId,
    name: String,
}

/// How one certificate comes.
#[derive(Debug, Default)]
struct Work {
    is_working: bool,
    /// Somebody wants one at once.
    wanted: bool,
    steps: Vec<AcmeStep>,
    failures: u32,
    failure: Option<AcmeFailure>,
    issued_at: Option<f64>,
}

impl Work {
    fn case(&self, certificate: &Certificate) -> due::Case {
        let read = certificates::chain_of(&certificate.chain).ok();
        due::Case {
            life: read.as_ref().map(|chain| (chain.not_before(), chain.not_after())),
            fits: read.is_some_and(|chain| fits(&chain.names(), &certificate.names)),
            wanted: self.wanted,
            failures: self.failures,
            failed_at: self.failure.as_ref().map_or(0.0, |failure| failure.at),
            issued_at: self.issued_at,
        }
    }
}

/// Whether a certificate for some names is for those that are wanted.
fn fits(names: &[String], wanted: &[String]) -> bool {
    let sorted = |names: &[String]| {
        let mut names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.sort();
        names
    };
    sorted(names) == sorted(wanted)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Acme {
    /// A certificate is asked for now, whatever has failed before.
    pub(super) fn ask(&self, id: ObjectId) {
        lock(&self.0.works).entry(id).or_default().wanted = true;
        self.0.wake.notify_one();
    }

    /// How a certificate comes; `answers_at` is where authorities are answered.
    pub(super) fn state(&self, id: ObjectId, certificate: &Certificate, answers_at: Vec<String>) -> AcmeState {
        let mut works = lock(&self.0.works);
        let work = works.entry(id).or_default();
        let standing = match &work.failure {
            _ if work.is_working || work.wanted => AcmeStanding::Working,
            Some(_) => AcmeStanding::Failed,
            None if certificate.is_awaited() => AcmeStanding::Pending,
            None => AcmeStanding::Valid,
        };
        let next = due::next(work.case(certificate));
        AcmeState {
            standing,
            steps: work.steps.clone(),
            next_at: (next > 0.0 && !work.is_working).then_some(next),
            failure: work.failure.clone(),
            answers_at,
        }
    }

    /// What an authority is answered that asks for a token.
    fn answer(&self, token: &str) -> Option<String> {
        let tokens = lock(&self.0.tokens);
        let Token { answer, of, name } = tokens.get(token)?;
        if let Some(work) = lock(&self.0.works).get_mut(of) {
            let its = |step: &&mut AcmeStep| step.step == StepKind::Prove && step.name == *name;
            work.steps.iter_mut().filter(its).for_each(|step| step.asked = true);
        }
        Some(answer.clone())
    }
}

/// One try to get a certificate. What it answers to authorities ends with it.
struct Attempt {
    acme: Acme,
    id: ObjectId,
}

impl Attempt {
    /// None while another one is under way.
    fn start(acme: &Acme, id: ObjectId) -> Option<Attempt> {
        let mut works = lock(&acme.0.works);
        let work = works.entry(id).or_default();
        if work.is_working {
            return None;
        }
        (work.is_working, work.wanted) = (true, false);
        work.steps.clear();
        Some(Attempt { acme: acme.clone(), id })
    }

    fn steps(&self, change: impl FnOnce(&mut Vec<AcmeStep>)) {
        if let Some(work) = lock(&self.acme.0.works).get_mut(&self.id) {
            change(&mut work.steps);
        }
    }

    /// A step begins.
    fn begin(&self, step: StepKind, name: &str) {
        let step = AcmeStep { step, name: name.to_owned(), outcome: AcmeOutcome::Doing, asked: false };
        self.steps(|steps| {
            if steps.len() < MAX_STEPS {
                steps.push(step);
            }
        });
    }

    /// Whatever is under way has gone well.
    fn done(&self) {
        self.steps(|steps| settle(steps, |_| true, AcmeOutcome::Done));
    }

    /// A name is found to be ours.
    fn proven(&self, name: &str) {
        self.steps(|steps| settle(steps, |step| step.name == name, AcmeOutcome::Done));
    }

    /// A name is not found to be ours.
    fn failed(&self, name: &str) {
        self.steps(|steps| settle(steps, |step| step.name == name, AcmeOutcome::Failed));
    }

    /// The authority is answered this when it asks for a token at a name.
    fn answer(&self, token: &str, answer: &str, name: &str) {
        let mut tokens = lock(&self.acme.0.tokens);
        if tokens.len() < MAX_TOKENS {
            let answer = Token { answer: answer.to_owned(), of: self.id, name: name.to_owned() };
            tokens.insert(token.to_owned(), answer);
        }
    }

    /// Notes what came of it.
    fn end(self, outcome: Result<(), Failure>) {
        let mut works = lock(&self.acme.0.works);
        let Some(work) = works.get_mut(&self.id) else { return };
        let now = super::convert::unix_ms();
        match outcome {
            Ok(()) => (work.failures, work.failure, work.issued_at) = (0, None, Some(now)),
            Err(failure) => {
                // One name has failed, or what was under way last.
                if !work.steps.iter().any(|step| step.outcome == AcmeOutcome::Failed)
                    && let Some(last) = work.steps.iter_mut().rfind(|step| step.outcome == AcmeOutcome::Doing)
                {
                    last.outcome = AcmeOutcome::Failed;
                }
                settle(&mut work.steps, |_| true, AcmeOutcome::Skipped);
                work.failures = work.failures.saturating_add(1);
                work.failure = Some(AcmeFailure {
                    at: now,
                    english: failure.english(),
                    german: failure.german(),
                    fix_english: failure.fix_english(),
                    fix_german: failure.fix_german(),
                });
            }
        }
    }
}

fn settle(steps: &mut [AcmeStep], which: impl Fn(&AcmeStep) -> bool, outcome: AcmeOutcome) {
    let open = steps.iter_mut().filter(|step| step.outcome == AcmeOutcome::Doing && which(step));
    open.for_each(|step| step.outcome = outcome);
}

impl Drop for Attempt {
    fn drop(&mut self) {
        lock(&self.acme.0.tokens).retain(|_, token| token.of != self.id);
        if let Some(work) = lock(&self.acme.0.works).get_mut(&self.id) {
            work.is_working = false;
        }
    }
}

/// Where authorities ask (RFC 8555 8.3).
pub(super) fn challenges() -> Router<WebState> {
    Router::new().route("/.well-known/acme-challenge/{token}", get(answer))
}

async fn answer(State(state): State<WebState>, Path(token): Path<String>) -> Response {
    match state.acme.answer(&token) {
        Some(answer) => ([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Where authorities are answered: the interfaces without TLS that listen.
pub(super) fn answers_at(state: &WebState, site: &Site) -> Vec<String> {
    let plain = site.iter::<Interface>().filter(|stored| stored.object.mode != InterfaceMode::Tls);
    let mut places: Vec<String> = plain
        .filter_map(|stored| match state.interfaces.standing(stored.id)? {
            Standing::Listening(address) => Some(address.to_string()),
            Standing::Failed(_) => None,
        })
        .collect();
    places.sort();
    places
}

/// Gets and renews certificates until it is aborted.
pub fn serve(state: WebState) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut changed = state.administration.changed();
        let mut attempts = JoinSet::new();
        loop {
            let wait = begin_due(&state, &mut attempts);
            tokio::select! {
                // The database keeps running longer than what follows it.
                _ = changed.changed() => {}
                () = state.acme.0.wake.notified() => {}
                Some(_) = attempts.join_next() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    })
}

/// Begins what is due; gives how long nothing else is.
fn begin_due(state: &WebState, attempts: &mut JoinSet<()>) -> Duration {
    let site = state.administration.site();
    let wanted: Vec<_> = site
        .iter::<Certificate>()
        .filter(|stored| stored.object.source == CertificateSource::Acme && stored.object.acme.is_some())
        .cloned()
        .collect();
    let now = super::convert::unix_ms();
    let mut wait = LOOK_EVERY;
    lock(&state.acme.0.works).retain(|id, work| work.is_working || wanted.iter().any(|stored| stored.id == *id));
    for stored in wanted {
        let next = due::next(lock(&state.acme.0.works).entry(stored.id).or_default().case(&stored.object));
        if next > now {
            wait = wait.min(Duration::from_secs_f64((next - now) / 1000.0));
        } else if let Some(attempt) = Attempt::start(&state.acme, stored.id) {
            attempts.spawn(get_one(state.clone(), stored, attempt));
        }
    }
    wait
}

async fn get_one(state: WebState, stored: Arc<Stored<Certificate>>, attempt: Attempt) {
    let name = stored.object.name.as_str();
    info!(name, "a certificate is asked for");
    let outcome = obtain(&state, &stored, &attempt).await;
    match &outcome {
        Ok(()) => info!(name, "the certificate has come"),
        Err(failure) => warn!(name, "no certificate: {} {}", failure.english(), failure.fix_english()),
    }
    attempt.end(outcome);
}

async fn obtain(state: &WebState, stored: &Stored<Certificate>, attempt: &Attempt) -> Result<(), Failure> {
    let Certificate { names, acme: Some(settings), .. } = &stored.object else { return Ok(()) };
    if answers_at(state, &state.administration.site()).is_empty() {
        return Err(Failure::new(Code::NoInterface, ""));
    }
    attempt.begin(StepKind::Account, "");
    let of = SecretOf { kind: Kind::Certificate.as_str(), id: stored.id.as_str(), field: ACCOUNT };
    let kept = state.administration.table().secret(of).await.map_err(|error| Failure::new(Code::Store, error))?;
    let mut account = match order::known(settings, kept.as_ref()).await? {
        Some(account) => account,
        None => sign_up(state, stored.id, settings).await?,
    };
    attempt.done();
    attempt.begin(StepKind::Order, "");
    let order = match order::place(&account, names).await? {
        None => {
            account = sign_up(state, stored.id, settings).await?;
            order::place(&account, names).await?
        }
        order => order,
    };
    let mut order =
        order.ok_or_else(|| Failure::new(Code::Other, "it does not know the account that it has just made"))?;
    attempt.done();
    let issued = order::fulfil(&mut order, names, attempt).await?;
    attempt.begin(StepKind::Keep, "");
    keep(state, stored, issued).await?;
    attempt.done();
    Ok(())
}

/// Makes an account and keeps it at once: authorities count how many one makes.
async fn sign_up(state: &WebState, id: ObjectId, settings: &AcmeSettings) -> Result<instant_acme::Account, Failure> {
    let (account, secret) = order::sign_up(settings).await?;
    change(state, &[], &[SecretChange { kind: Kind::Certificate, id, field: ACCOUNT, secret: Some(secret) }]).await?;
    Ok(account)
}

async fn keep(state: &WebState, stored: &Stored<Certificate>, issued: Issued) -> Result<(), Failure> {
    let (id, chain) = (stored.id, tls::certificates_of(&issued.chain));
    let unusable = |why: String| Failure::new(Code::Unusable, why);
    tls::Pair::read(&chain, issued.key.expose()).map_err(|error| unusable(error.to_string()))?;
    let names = certificates::chain_of(&chain).map_err(unusable)?.names();
    if !fits(&names, &stored.object.names) {
        return Err(unusable(format!("it is for {}", names.join(", "))));
    }
    // Whoever has meanwhile asked for another one, or none, does not get this.
    let site = state.administration.site();
    let asked_for = |object: &Certificate| (object.source, object.names.clone(), object.acme.clone());
    if site.get::<Certificate>(id).map(|now| asked_for(&now.object)) != Some(asked_for(&stored.object)) {
        return Ok(());
    }
    let patch = serde_json::json!({ "chain": chain });
    let changes = [Change::Patch { kind: Kind::Certificate, id, expected: None, patch }];
    change(state, &changes, &[SecretChange { kind: Kind::Certificate, id, field: KEY, secret: Some(issued.key) }]).await
}

async fn change(state: &WebState, changes: &[Change], secrets: &[SecretChange]) -> Result<(), Failure> {
    let actor = Actor { kind: "server", id: "server".into(), address: None };
    let request =
        administration::Request { changes, secrets, action: Some("renew"), ..administration::Request::default() };
    let made = state.administration.change(request, &actor, super::unix_ms()).await;
    made.map(drop).map_err(|error| {
        error!(%error, "what an authority has given cannot be kept");
        Failure::new(Code::Store, error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(acme: &Acme, id: ObjectId) -> Vec<(StepKind, String, AcmeOutcome)> {
        let works = lock(&acme.0.works);
        works[&id].steps.iter().map(|step| (step.step, step.name.clone(), step.outcome)).collect()
    }

    #[test]
    fn steps_tell_what_failed_and_what_was_not_reached() {
        let (acme, id) = (Acme::default(), ObjectId::random([1; 16]));
        let attempt = Attempt::start(&acme, id).unwrap();
        assert!(Attempt::start(&acme, id).is_none(), "one at a time");
        attempt.begin(StepKind::Order, "");
        attempt.done();
        for name in ["a.example", "b.example", "c.example"] {
            attempt.begin(StepKind::Prove, name);
            attempt.answer(name, "secret", name);
        }
        assert_eq!(acme.answer("b.example").as_deref(), Some("secret"));
        assert_eq!(acme.answer("d.example"), None);
        attempt.proven("a.example");
        attempt.failed("b.example");
        attempt.end(Err(Failure::about(Code::Connection, "b.example", "refused")));
        let prove = |name: &str, outcome| (StepKind::Prove, name.to_owned(), outcome);
        let expected = [
            (StepKind::Order, String::new(), AcmeOutcome::Done),
            prove("a.example", AcmeOutcome::Done),
            prove("b.example", AcmeOutcome::Failed),
            prove("c.example", AcmeOutcome::Skipped),
        ];
        assert_eq!(outcomes(&acme, id), expected);
        let asked: Vec<bool> = lock(&acme.0.works)[&id].steps.iter().map(|step| step.asked).collect();
        assert_eq!(asked, [false, false, true, false]);
        assert_eq!(acme.answer("b.example"), None, "it is over");

        let attempt = Attempt::start(&acme, id).unwrap();
        attempt.begin(StepKind::Account, "");
        attempt.end(Err(Failure::new(Code::Unreachable, "refused")));
        assert_eq!(outcomes(&acme, id), [(StepKind::Account, String::new(), AcmeOutcome::Failed)]);
        assert_eq!(lock(&acme.0.works)[&id].failures, 2);
    }

    #[test]
    fn what_was_wanted_while_one_is_under_way_comes_after_it() {
        let (acme, id) = (Acme::default(), ObjectId::random([1; 16]));
        acme.ask(id);
        let attempt = Attempt::start(&acme, id).unwrap();
        assert!(!lock(&acme.0.works)[&id].wanted);
        acme.ask(id);
        attempt.end(Ok(()));
        let work = &lock(&acme.0.works)[&id];
        assert!(work.wanted && !work.is_working && work.failure.is_none());
    }

    #[test]
    fn names_are_the_same_whatever_their_order_and_case() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert!(fits(&names(&["b.example", "a.example"]), &names(&["A.example", "b.example"])));
        assert!(!fits(&names(&["a.example"]), &names(&["a.example", "b.example"])));
    }
}
