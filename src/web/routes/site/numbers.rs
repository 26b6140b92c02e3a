//! What becomes of numbers: explained step by step, with the rules as they are or as they are to be.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::{Extension, Json};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedMutexGuard;
use tracing::error;
use ts_rs::TS;

use super::failure::{Failure, field};
use super::request;
use crate::call::cause::CauseCode;
use crate::numbers::country::Countries;
use crate::numbers::past::{KEPT_AT_MOST, PastNumbers};
use crate::numbers::{
    self, Circumstances, ClientAddress, Day, DialPlan, Entries, Explained, GeneratedRule, Location, MOST_EXPLAINED,
    Moment, NumberKind, Overlap, WhatIf,
};
use crate::site::{LineGroup, Object, ObjectId, Problem, ProblemCode, Role, Site, Stored};
use crate::web::WebState;
use crate::web::routes::table::{Identity, Method, Operation, Routes};

const PATH: &str = "/api/v1/admin/numbers";
/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// How long one answer about past numbers is computed at least; the rest is for the next.
const PART: Duration = Duration::from_secs(1);
/// How many of an administrator's questions wait for the one that is being answered.
const MOST_WAITING: usize = 4;

/// Body of `POST /api/v1/admin/numbers/explain`.
#[derive(Deserialize, Serialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct ExplainNumber {
    /// The location, null for one that is yet to be made.
    #[serde(default)]
    pub location: Option<ObjectId>,
    /// The location as it is to be; null: as it is.
    #[serde(default)]
    pub draft: Option<Location>,
    /// The number, as it is typed or reported.
    #[ts(optional = false)]
    pub text: String,
    /// How it is meant.
    #[serde(default)]
    pub kind: NumberKind,
    /// The name of the chosen project.
    #[serde(default)]
    pub project: Option<String>,
    /// Whether the call is private without a project saying so.
    #[serde(default)]
    pub private: bool,
    /// What is entered for `e` and `E` of codes. It comes back in what is dialled, and is kept nowhere.
    #[serde(default)]
    pub pin: Option<String>,
    /// What is entered for `u` and `U` of codes.
    #[serde(default)]
    pub user: Option<String>,
    /// The address of the client that dials: 192.0.2.1, or fe80::1%3 with a zone; null: another telephone dials.
    #[serde(default)]
    pub client: Option<String>,
    /// When it is dialled, for least-cost routing; null: at noon of a working day.
    #[serde(default)]
    pub moment: Option<Moment>,
}

/// Body of `POST /api/v1/admin/numbers/network`.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
struct NumberDraft {
    /// The location, null for one that is yet to be made.
    #[serde(default)]
    location: Option<ObjectId>,
    /// The location as it is to be; null: as it is.
    #[serde(default)]
    draft: Option<Location>,
}

/// Body of `POST /api/v1/admin/numbers/what-if`.
#[derive(Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
struct PastNumbersDraft {
    /// The location.
    location: ObjectId,
    /// The location as it is to be.
    draft: Location,
    /// Where to go on: `next` of the answer before; null: at the number that came last.
    #[serde(default)]
    before: Option<f64>,
}

/// What follows from the numbers of other locations of the network.
#[derive(Debug, PartialEq, Serialize, JsonSchema, TS)]
pub struct NumberNetwork {
    /// Extensions that other locations have, too. There must be none.
    pub overlaps: Vec<SharedExtensions>,
    /// Rules by which reported extensions of the others become their numbers.
    pub internal_rules: Vec<GeneratedRule>,
    /// Rules by which numbers of the others are dialled as extensions.
    pub dialling_rules: Vec<GeneratedRule>,
}

/// Extensions that another location has, too.
#[derive(Debug, PartialEq, Serialize, JsonSchema, TS)]
pub struct SharedExtensions {
    /// The name of the other location.
    pub location: String,
    /// The first extension.
    pub from: String,
    /// The last extension.
    pub to: String,
}

/// One thing is computed at a time for each administrator, so that nobody takes the machine from the others.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<FxHashMap<String, Arc<tokio::sync::Mutex<()>>>>>);

/// An administrator's turn.
pub(super) struct Turn {
    of: String,
    turns: Turns,
    lock: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until nothing else is computed for them.
    pub(super) async fn take(&self, identity: &Identity) -> Result<Turn, Failure> {
        let of = format!("{}:{}", identity.actor.kind, identity.actor.id);
        // It is given back also where nobody waits for it any longer.
        let mut turn = Turn { of: of.clone(), turns: self.clone(), lock: None };
        let mutex = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mutex = turns.entry(of).or_default();
            // The table's own, that of whoever has the turn, and those of who waits.
            if Arc::strong_count(mutex) > 1 + MOST_WAITING {
                return Err(Failure::of(ProblemCode::StillComputing));
            }
            mutex.clone()
        };
        turn.lock = Some(mutex.lock_owned().await);
        Ok(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.lock = None;
        let mut turns = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.get(&self.of).is_some_and(|mutex| Arc::strong_count(mutex) == 1) {
            turns.remove(&self.of);
        }
    }
}

pub(super) fn routes() -> Routes {
    let explain = Operation::giving::<Explained>(
        "explain_number",
        "What becomes of a number, step by step, with a location as it is or as it is to be",
    );
    let explain = explain.taking::<ExplainNumber>("application/json").refused(&[400, 413, 415, 422, 429]);
    let network = Operation::giving::<NumberNetwork>(
        "explain_number_network",
        "What follows from the numbers of other locations, with a location as it is or as it is to be",
    );
    let network = network.taking::<NumberDraft>("application/json").refused(&[400, 413, 415, 422, 429]);
    let what_if = Operation::giving::<WhatIf>(
        "explain_past_numbers",
        "What becomes of numbers of the last 30 days with a location as it is to be, where that is something else; in parts where that takes long",
    );
    let what_if = what_if.taking::<PastNumbersDraft>("application/json").refused(&[400, 413, 415, 422, 429]);
    Routes::default()
        .described(Role::ReadOnly, (Method::Post, &format!("{PATH}/what-if")), what_if, explain_past_numbers)
        .described(Role::ReadOnly, (Method::Post, &format!("{PATH}/explain")), explain, explain_number)
        .described(Role::ReadOnly, (Method::Post, &format!("{PATH}/network")), network, explain_network)
}

async fn explain_number(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Json<Explained>, Failure> {
    let (body, _) = request::json(request, false).await?;
    let asked: ExplainNumber = request::read(body)?;
    check(&asked)?;
    let turn = state.turns.take(&identity).await?;
    computed(turn, move || {
        let scene = Scene::of(&state, asked.location, asked.draft.as_ref())?;
        let (plan, listed) = (scene.plan()?, scene.emergency_numbers());
        let circumstances = Circumstances {
            client: asked.client.as_deref().and_then(ClientAddress::parse),
            moment: asked.moment.unwrap_or(Moment { day: Day::Weekday, minute: DAY / 2 }),
            project: asked.project.as_deref(),
            private: asked.private,
            entries: Entries {
                pin: asked.pin.as_deref().unwrap_or_default(),
                user: asked.user.as_deref().unwrap_or_default(),
            },
            emergency_numbers: &listed,
            ..Circumstances::default()
        };
        Ok(Json(plan.explain(asked.kind, &asked.text, &circumstances, &state.countries())))
    })
    .await
}

async fn explain_network(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Json<NumberNetwork>, Failure> {
    let (body, _) = request::json(request, false).await?;
    let NumberDraft { location, draft } = request::read(body)?;
    let turn = state.turns.take(&identity).await?;
    computed(turn, move || {
        let scene = Scene::of(&state, location, draft.as_ref())?;
        let plan = scene.plan()?;
        Ok(Json(NumberNetwork {
            overlaps: scene.overlaps(),
            internal_rules: plan.generated_internal_rules(),
            dialling_rules: plan.generated_dialling_rules(),
        }))
    })
    .await
}

async fn explain_past_numbers(
    State(state): State<WebState>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Json<WhatIf>, Failure> {
    let (body, _) = request::json(request, false).await?;
    let PastNumbersDraft { location, draft, before: next } = request::read(body)?;
    let turn = state.turns.take(&identity).await?;
    let table = state.store.past_numbers();
    let past = table.latest(&location.to_string(), next, KEPT_AT_MOST).await.map_err(|failure| {
        error!(error = &failure as &dyn std::error::Error, "past numbers cannot be read");
        CauseCode::Internal
    })?;
    computed(turn, move || {
        let begun = Instant::now();
        let before = Scene::of(&state, Some(location), None)?.plan().ok();
        let scene = Scene::of(&state, Some(location), Some(&draft))?;
        let (after, listed) = (scene.plan()?, scene.emergency_numbers());
        // Where rules take long to compile, parts are larger: most of the time is to go into numbers.
        let enough = begun.elapsed() * 2 + PART;
        Ok(Json(numbers::what_if(before.as_ref(), &after, &listed, &past, &|| begun.elapsed() > enough)))
    })
    .await
}

/// Does what takes long where it keeps nobody from anything.
pub(super) async fn computed<T: Send + 'static>(
    turn: Turn,
    compute: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let computing = tokio::task::spawn_blocking(move || {
        let computed = compute();
        drop(turn);
        computed
    });
    computing.await.map_err(|_| CauseCode::Internal)?
}

fn check(asked: &ExplainNumber) -> Result<(), Failure> {
    let at = |pointer: &str, code| Problem { pointer: pointer.to_owned(), ..Problem::whole(code) };
    let texts = [
        ("/text", Some(&asked.text)),
        ("/project", asked.project.as_ref()),
        ("/pin", asked.pin.as_ref()),
        ("/user", asked.user.as_ref()),
        ("/client", asked.client.as_ref()),
    ];
    let long = texts.into_iter().filter(|(_, text)| text.is_some_and(|text| text.chars().count() > MOST_EXPLAINED));
    let long = long.map(|(pointer, _)| at(pointer, ProblemCode::TooLong).value(MOST_EXPLAINED));
    let client = asked.client.as_deref().filter(|client| ClientAddress::parse(client).is_none());
    let client = client.map(|_| at("/client", ProblemCode::InvalidAddress));
    let minute = asked.moment.filter(|moment| moment.minute >= DAY);
    let minute = minute.map(|_| at("/moment/minute", ProblemCode::OutOfRange).value(0).value(DAY - 1));
    refuse(long.chain(client).chain(minute).collect())
}

/// Says what is wrong, if anything is.
fn refuse(problems: Vec<Problem>) -> Result<(), Failure> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::several(problems.into_iter().map(|problem| (field(&problem), problem)).collect())),
    }
}

/// A location, as it is or as it is to be, among the others of the site.
pub(super) struct Scene {
    site: Site,
    id: Option<ObjectId>,
    location: Location,
    countries: Arc<Countries>,
}

impl Scene {
    /// Nothing can be computed with a draft in which something is wrong. Takes long where there are many rules.
    pub(super) fn of(state: &WebState, id: Option<ObjectId>, draft: Option<&Location>) -> Result<Scene, Failure> {
        Scene::with(state.administration.site(), state.countries(), id, draft)
    }

    fn with(
        site: Site,
        countries: Arc<Countries>,
        id: Option<ObjectId>,
        draft: Option<&Location>,
    ) -> Result<Scene, Failure> {
        let problem = |pointer: &str, code| Problem { pointer: pointer.to_owned(), ..Problem::whole(code) };
        let stored = match id {
            Some(id) => {
                let unknown = || problem("/location", ProblemCode::UnknownLocation);
                Some(site.get::<Location>(id).ok_or_else(unknown)?.clone())
            }
            None => None,
        };
        let mut location = match (draft, stored) {
            (Some(draft), _) => draft.clone(),
            (None, Some(stored)) => stored.object.clone(),
            (None, None) => return Err(problem("/location", ProblemCode::Required).into()),
        };
        if draft.is_some() {
            location.tidy();
            // Numbers can be tried before one has thought of a name.
            if location.name.is_empty() {
                location.name = "-".to_owned();
            }
            let mut problems: Vec<Problem> = location.check().into_iter().map(Problem::from).collect();
            problems.iter_mut().for_each(|problem| problem.pointer.insert_str(0, "/draft"));
            refuse(problems)?;
        }
        Ok(Scene { site, id, location, countries })
    }

    /// Its dial plan. Takes long where there are many rules.
    pub(super) fn plan(&self) -> Result<DialPlan, Failure> {
        let others = self.site.iter::<Location>().filter(|other| Some(other.id) != self.id);
        let plan = DialPlan::of(&self.location, others.map(|other| &other.object), &self.countries);
        let problem = Problem { pointer: "/location".to_owned(), ..Problem::whole(ProblemCode::UnknownLocation) };
        plan.ok_or_else(|| problem.into())
    }

    /// The emergency numbers of the line groups there.
    fn emergency_numbers(&self) -> Vec<String> {
        let is_here = |group: &&Arc<Stored<LineGroup>>| {
            let located = self.site.location_of(&group.object);
            located.is_some_and(|location| Some(location.id) == self.id)
        };
        let groups = self.site.iter::<LineGroup>().filter(is_here);
        let mut numbers: Vec<String> = groups.flat_map(|group| &group.object.emergency_numbers).cloned().collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Extensions that another location of the network has, too.
    fn overlaps(&self) -> Vec<SharedExtensions> {
        let stored = self.site.iter::<Location>().filter(|other| Some(other.id) != self.id);
        let others: Vec<(String, &Location)> = stored.map(|other| (other.id.to_string(), &other.object)).collect();
        // No object has an empty id.
        let all = others.iter().map(|(id, other)| (id.as_str(), *other)).chain([("", &self.location)]);
        let name = |id: &str| others.iter().find(|(other, _)| other == id).map(|(_, other)| other.name.clone());
        let with = |Overlap { one, other, from, to }: Overlap| {
            let other = if one.is_empty() { other } else { Some(one).filter(|_| other.is_empty())? };
            Some(SharedExtensions { location: name(&other)?, from, to })
        };
        numbers::overlaps(all).into_iter().filter_map(with).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::administration::Actor;

    fn administrator(id: &str) -> Identity {
        let actor = Actor { kind: "administrator", id: id.to_owned(), address: None };
        Identity { actor, name: id.to_owned(), role: Role::ReadOnly, through: None }
    }

    #[tokio::test]
    async fn each_administrator_has_one_turn_and_few_that_wait() {
        let turns = Turns::default();
        let first = turns.take(&administrator("a")).await.ok().unwrap();
        // Somebody else does not wait.
        drop(turns.take(&administrator("b")).await.ok().unwrap());
        let waiting: Vec<_> = (0..MOST_WAITING)
            .map(|_| {
                let turns = turns.clone();
                tokio::spawn(async move { turns.take(&administrator("a")).await.is_ok() })
            })
            .collect();
        while turns.0.lock().unwrap().values().all(|mutex| Arc::strong_count(mutex) < 2 + MOST_WAITING) {
            tokio::task::yield_now().await;
        }
        let refused = turns.take(&administrator("a")).await.err().unwrap();
        assert_eq!(refused.report().status, 429);
        drop(first);
        for waited in waiting {
            assert!(waited.await.unwrap());
        }
        assert!(turns.0.lock().unwrap().is_empty(), "nobody is remembered");
    }

    fn wrong(json: serde_json::Value) -> Vec<(String, String)> {
        let asked: ExplainNumber = request::read(json).ok().unwrap();
        let failure = check(&asked).err();
        let failure = failure
            .or_else(|| Scene::with(Site::default(), Arc::default(), asked.location, asked.draft.as_ref()).err());
        let errors = failure.map(|failure| failure.report().errors.clone()).unwrap_or_default();
        errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    #[test]
    fn what_is_wrong_with_a_question_is_told_at_its_place() {
        use serde_json::json;
        let draft = json!({ "country": "DE", "external_rules": [{ "pattern": "(" }] });
        for (asked, pointer, code) in [
            (json!({ "text": "1" }), "/location", "required"),
            (json!({ "text": "1", "location": "00000000000000000000" }), "/location", "unknown_location"),
            (json!({ "text": "1", "draft": {} }), "/draft/country", "required"),
            (json!({ "text": "1", "draft": draft }), "/draft/external_rules/0/pattern", "pattern_unclosed"),
            (json!({ "text": "1".repeat(1001) }), "/text", "too_long"),
            (json!({ "text": "1", "client": "host" }), "/client", "invalid_address"),
            (json!({ "text": "1", "moment": { "day": "sunday", "minute": 1440 } }), "/moment/minute", "out_of_range"),
        ] {
            assert_eq!(wrong(asked), [(pointer.to_owned(), code.to_owned())]);
        }
        assert_eq!(wrong(json!({ "text": "1", "draft": { "country": "de" } })), []);
    }
}
