//! Random schedules: three endpoints, a bad network, and applications that do anything at any time.
//!
//! `PROPTEST_RNG_SEED` and `PROPTEST_CASES` let it look further than the schedules that are always tried.

mod app;

use std::cell::RefCell;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use offhook_sip::{Endpoint, EndpointConfig, Output};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed};

use self::app::{App, Mood, Session};
use crate::net::World;

/// Where the endpoints are. Each calls, is called, registers and is registered with.
const NODES: [&str; 3] = ["127.0.0.1:5060", "127.0.0.2:5060", "127.0.0.3:5060"];

/// Up to how many seconds a session interval is waited for.
const SHORT_INTERVAL: u32 = 120;

/// In how much time everybody who vanished is back.
const BACK: Duration = Duration::from_secs(100);

/// In how much time, with nobody doing anything, all are of one mind: the longest thing that is repeated of itself is
/// an offer that is refused with 491 again and again.
const QUIET: Duration = Duration::from_secs(260);

/// In how much time nothing is left of anything: two times 64*T1 for what ends a thing, and as much for what it
/// leaves behind; the rest is for the way.
const GONE: Duration = Duration::from_secs(300);

/// An endpoint that remembers nothing, not even a transaction that absorbs repetitions.
const EMPTY: &str = "Endpoint { sessions: 0, registrations: 0, requests: 0, transactions: 0, .. }";

/// With no more loss than this, no request is repeated in vain.
const FAIR_PERCENT: u32 = 10;

#[derive(Debug, Clone)]
struct Schedule {
    network: Network,
    session_expires: u32,
    /// What the applications do when something happens to them.
    dice: u64,
    steps: Vec<Step>,
    close: Close,
}

#[derive(Debug, Clone)]
struct Network {
    seed: u64,
    loss_percent: u32,
    twice_percent: u32,
    delay_ms: (u64, u64),
}

#[derive(Debug, Clone)]
struct Step {
    after_ms: u64,
    node: usize,
    /// Which of the node's sessions, registrations or requests, modulo how many there are.
    which: usize,
    act: Act,
}

#[derive(Debug, Clone)]
enum Act {
    Call {
        to: usize,
        offer: bool,
        require_reliable: bool,
    },
    Provisional {
        status: u16,
        described: bool,
    },
    Answer,
    Reject,
    HangUp,
    Offer {
        described: bool,
    },
    AnswerOffer,
    RejectOffer,
    Info,
    Refer {
        notify: bool,
    },
    AcceptRefer,
    RejectRefer,
    ReferProgress {
        status: u16,
    },
    Register {
        to: usize,
    },
    Unregister,
    Reregister,
    Request {
        to: usize,
    },
    /// Nothing reaches it for so long, and nothing comes from it.
    Vanish {
        seconds: u64,
    },
}

/// Who ends what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    Everybody,
    Callers,
    /// Everybody, in the middle of it all.
    AtOnce,
    /// Everybody, while one of them has gone for good: in the middle of it all, or when nothing else was going on.
    Without {
        node: usize,
        at_once: bool,
    },
}

impl Schedule {
    /// Whether somebody vanishes and comes back.
    fn has_absence(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.act, Act::Vanish { .. }))
    }
}

fn act() -> impl Strategy<Value = Act> {
    let to = 0..NODES.len();
    prop_oneof![
        7 => (to.clone(), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(to, offer, require_reliable)| Act::Call { to, offer, require_reliable }),
        4 => (prop::sample::select(vec![180, 183, 199]), any::<bool>())
            .prop_map(|(status, described)| Act::Provisional { status, described }),
        6 => Just(Act::Answer),
        1 => Just(Act::Reject),
        2 => Just(Act::HangUp),
        5 => prop::bool::weighted(0.7).prop_map(|described| Act::Offer { described }),
        2 => Just(Act::AnswerOffer),
        1 => Just(Act::RejectOffer),
        2 => Just(Act::Info),
        4 => prop::bool::weighted(0.8).prop_map(|notify| Act::Refer { notify }),
        1 => Just(Act::AcceptRefer),
        1 => Just(Act::RejectRefer),
        2 => prop::sample::select(vec![100, 180, 200, 486]).prop_map(|status| Act::ReferProgress { status }),
        2 => to.clone().prop_map(|to| Act::Register { to }),
        1 => Just(Act::Unregister),
        1 => Just(Act::Reregister),
        1 => to.prop_map(|to| Act::Request { to }),
        1 => (1_u64..100).prop_map(|seconds| Act::Vanish { seconds }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly close together, so that they cross; sometimes long enough for timers to fire.
    let after_ms = prop_oneof![6 => 0_u64..700, 3 => 0_u64..6_000, 1 => 0_u64..120_000];
    (after_ms, 0..NODES.len(), 0_usize..4, act()).prop_map(|(after_ms, node, which, act)| Step {
        after_ms,
        node,
        which,
        act,
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let loss_percent = prop_oneof![Just(0_u32), 1..=FAIR_PERCENT, 0_u32..=40];
    let twice_percent = prop_oneof![1 => Just(0_u32), 1 => 0_u32..=30];
    let delay_ms = prop_oneof![Just((5_u64, 5_u64)), (1_u64..50, 50_u64..900)];
    let network = (any::<u64>(), loss_percent, twice_percent, delay_ms).prop_map(
        |(seed, loss_percent, twice_percent, delay_ms)| Network { seed, loss_percent, twice_percent, delay_ms },
    );
    (
        network,
        prop::sample::select(vec![0_u32, 90, 120, 1800]),
        any::<u64>(),
        prop::collection::vec(step(), 1..40),
        prop_oneof![
            Just(Close::Everybody),
            Just(Close::Callers),
            Just(Close::AtOnce),
            (0..NODES.len(), any::<bool>()).prop_map(|(node, at_once)| Close::Without { node, at_once }),
        ],
    )
        .prop_map(|(network, session_expires, dice, steps, close)| Schedule {
            network,
            session_expires,
            dice,
            steps,
            close,
        })
}

/// The world, with the applications in it.
struct Run {
    world: World,
    nodes: Vec<SocketAddr>,
    apps: Vec<Rc<RefCell<App>>>,
    /// Who is away until when.
    away: Vec<(SocketAddr, Instant)>,
}

impl Run {
    fn new(schedule: &Schedule) -> Run {
        let Network { seed, loss_percent, twice_percent, delay_ms } = schedule.network;
        let mut world = World::new(seed);
        world.loss = f64::from(loss_percent) / 100.0;
        world.twice = f64::from(twice_percent) / 100.0;
        world.delay = (Duration::from_millis(delay_ms.0), Duration::from_millis(delay_ms.1));
        let gone = matches!(schedule.close, Close::Without { .. });
        let fair = loss_percent <= FAIR_PERCENT && !gone && !schedule.has_absence();
        let (mut nodes, mut apps) = (Vec::new(), Vec::new());
        for (index, at) in NODES.iter().enumerate() {
            let mut config = EndpointConfig::new("Test/1", [0; 32], 30);
            config.session_expires = schedule.session_expires;
            let at = world.endpoint_as(at, config);
            let dice = schedule.dice.wrapping_add(index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let app = Rc::new(RefCell::new(App::new(at, world.start, fair, dice)));
            let reacting = app.clone();
            world.react(at, move |endpoint, event, now| reacting.borrow_mut().on(endpoint, event, now));
            nodes.push(at);
            apps.push(app);
        }
        Run { world, nodes, apps, away: Vec::new() }
    }

    /// Lets time pass; who was away comes back.
    fn pass(&mut self, time: Duration) {
        let end = self.world.now + time;
        while let Some(back) = self.away.iter().map(|(_, until)| *until).min().filter(|until| *until <= end) {
            self.world.pass(back.saturating_duration_since(self.world.now));
            self.away.retain(|(_, until)| *until > back);
            self.world.away = self.away.iter().map(|(at, _)| *at).collect();
        }
        self.world.pass(end - self.world.now);
    }

    fn each(&mut self, mut command: impl FnMut(&mut App, &mut Endpoint, Instant)) {
        for (at, app) in self.nodes.iter().zip(&self.apps) {
            self.world.at(*at, |endpoint, now| command(&mut app.borrow_mut(), endpoint, now));
        }
    }

    fn step(&mut self, step: &Step) {
        self.pass(Duration::from_millis(step.after_ms));
        let (at, app) = (self.nodes[step.node], &self.apps[step.node]);
        if let Act::Vanish { seconds } = step.act {
            self.away.push((at, self.world.now + Duration::from_secs(seconds)));
            self.world.away.insert(at);
        }
        self.world.at(at, |endpoint, now| app.borrow_mut().act(endpoint, &step.act, step.which, now));
    }

    /// One goes for good. Where sessions have a short interval, those with it end of themselves.
    fn lose(&mut self, node: usize, session_expires: u32) {
        self.away.clear();
        self.world.away = HashSet::from([self.nodes[node]]);
        if session_expires == 0 || session_expires > SHORT_INTERVAL {
            return;
        }
        self.pass(Duration::from_secs(session_expires.into()) + GONE);
        for app in &self.apps {
            let mut app = app.borrow_mut();
            let lost = |session: &Session| session.peer == self.nodes[node] || app.at == self.nodes[node];
            let stands =
                |session: &&Session| session.peer != app.at && lost(session) && !session.is_over() && session.answered;
            let faults: Vec<_> =
                app.sessions.values().filter(stands).map(|session| format!("it stands alone: {session:?}")).collect();
            faults.into_iter().for_each(|fault| app.fault(fault));
        }
    }

    /// Who calls and who is called must think the same of what stands.
    fn agree(&mut self, lossless: bool) {
        let apps: Vec<_> = self.apps.iter().map(|app| app.borrow()).collect();
        let all = || apps.iter().flat_map(|app| app.sessions.values());
        let mut faults = Vec::new();
        for caller in all().filter(|session| session.caller) {
            // A call to oneself is a merged request at most; anything else has one callee.
            let callee = all().find(|session| !session.caller && session.number == caller.number);
            let (stands, number) = (!caller.is_over() && caller.answered, &caller.number);
            let callee_stands = callee.is_some_and(|callee| !callee.is_over() && callee.answered);
            let confirmed = callee.is_some_and(|callee| callee.confirmed);
            if stands && !(callee_stands && confirmed) {
                faults.push(format!("call {number} stands for the caller alone: {callee:?}"));
            }
            if callee_stands && confirmed && !stands {
                faults.push(format!("call {number} stands for the callee alone: {caller:?}"));
            }
            if lossless && callee_stands && !(stands && confirmed) {
                faults.push(format!("call {number} was answered, and nobody heard: {caller:?}"));
            }
        }
        for session in all().filter(|session| !session.is_over() && session.outcomes < session.offers) {
            faults.push(format!("an offer came to nothing: {session:?}"));
        }
        drop(apps);
        self.apps[0].borrow_mut().faults.extend(faults);
    }

    /// Nothing may be left, and each thing must have ended once.
    fn check_end(&mut self) {
        for (at, app) in self.nodes.iter().zip(&self.apps) {
            let mut app = app.borrow_mut();
            if !self.world.is_idle(*at) {
                app.fault("something is left");
            }
            let counts = self.world.at(*at, |endpoint, _| format!("{endpoint:?}"));
            if counts != EMPTY {
                app.fault(format!("not all is gone: {counts}"));
            }
            let output = self.world.at(*at, |endpoint, _| endpoint.poll_output());
            if !matches!(output, Output::Timeout(None)) {
                app.fault(format!("it still waits for something: {output:?}"));
            }
            let mut faults = Vec::new();
            for (id, session) in &app.sessions {
                if !session.is_over() || session.last_events > 1 {
                    faults.push(format!("session {id} has not ended once: {session:?}"));
                }
            }
            for (id, responses) in &app.outgoing {
                if *responses != 1 {
                    faults.push(format!("request {id} was answered {responses} times"));
                }
            }
            for (id, standing) in &app.registrations {
                if *standing {
                    faults.push(format!("registration {id} was not removed"));
                }
            }
            faults.into_iter().for_each(|fault| app.fault(fault));
        }
    }

    /// What went wrong, with all that was said and done.
    fn verdict(&self) -> Result<(), String> {
        let apps: Vec<_> = self.apps.iter().map(|app| app.borrow()).collect();
        let faults: Vec<String> = apps.iter().flat_map(|app| app.faults.clone()).collect();
        if faults.is_empty() {
            return Ok(());
        }
        let mut lines: Vec<&String> = self.world.trace.iter().chain(apps.iter().flat_map(|app| &app.log)).collect();
        lines.sort_by_key(|line| line.get(..7).unwrap_or_default());
        let lines: Vec<&str> = lines.into_iter().map(String::as_str).collect();
        Err(format!("{}\n\n{}", faults.join("\n"), lines.join("\n")))
    }
}

fn run(schedule: &Schedule) -> Result<(), String> {
    let mut run = Run::new(schedule);
    for step in &schedule.steps {
        run.step(step);
    }
    let absence = schedule.has_absence();
    if !matches!(schedule.close, Close::AtOnce | Close::Without { at_once: true, .. }) {
        run.pass(BACK);
        run.each(App::be_quiet);
        run.pass(QUIET);
        if !absence {
            run.agree(schedule.network.loss_percent == 0);
        }
    }
    if let Close::Without { node, .. } = schedule.close {
        run.lose(node, schedule.session_expires);
    }
    run.each(|app, _, _| app.mood = Mood::Quiet);
    // A BYE that went while its callee was away told nobody.
    let callers_only = schedule.close == Close::Callers && !absence;
    run.each(|app, endpoint, now| app.close(endpoint, callers_only, now));
    run.pass(Duration::from_secs(70));
    run.each(App::stop_ringing);
    run.pass(GONE);
    run.check_end();
    run.verdict()
}

/// The same schedules each time, unless told otherwise.
fn config() -> ProptestConfig {
    let given = ProptestConfig::default();
    let rng_seed = if given.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { given.rng_seed };
    let cases = if given.cases == 256 { 300 } else { given.cases };
    ProptestConfig {
        cases,
        rng_seed,
        rng_algorithm: RngAlgorithm::ChaCha,
        failure_persistence: None,
        max_shrink_iters: 3000,
        ..given
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_done_when_nothing_is_left_behind(schedule in schedule()) {
        run(&schedule).map_err(TestCaseError::fail)?;
    }
}
