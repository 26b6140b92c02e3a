//! Whatever comes in whatever order: nothing is left behind, and everything can end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use offhook_sip::ReferId;
use offhook_sip::uri::Uri;
use proptest::prelude::*;

use super::*;
use crate::call::MonitoredCall;
use crate::call::directory::{Diversion, Redirection};
use crate::call::service::Service;
use crate::call::settings::{Callers, Forwarding, ForwardingKind, LineSettings};
use crate::call::state::{Awaiting, Call, Far, Stage, TransferStep};
use crate::rights::{Audience, OnLine, RightsTable};

const CLIENTS: [(ClientId, UserId); 3] = [(DESK, ALICE), (LAPTOP, ALICE), (BOBS, BOB)];

/// Something that happens; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Command {
        client: usize,
        what: u8,
        call: usize,
        other: usize,
    },
    /// A client asks for something that it is offered.
    Offered {
        client: usize,
        call: usize,
        service: usize,
    },
    Incoming {
        to_line: bool,
        line: u32,
        capable: bool,
    },
    Replacing {
        session: usize,
    },
    Sip {
        session: usize,
        what: u8,
    },
    Invited {
        leg: usize,
        sent: bool,
    },
    /// The media side answers what it was asked, or has news.
    Media {
        place: usize,
        taken: bool,
        held: bool,
    },
    News {
        call: usize,
        side: bool,
        what: u8,
    },
    /// A client dials or answers, and everybody agrees.
    Talking {
        client: usize,
        comes: bool,
        capable: bool,
    },
    /// Calls for Alice's line go elsewhere from now on, or ring again.
    Forwarding {
        kind: u8,
        on: bool,
    },
    /// The next deadline comes.
    Timeout,
    Gone {
        client: usize,
    },
    Arrived {
        client: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..8_usize;
    prop_oneof![
        8 => (0..3_usize, 0..15_u8, n.clone(), n.clone())
            .prop_map(|(client, what, call, other)| Step::Command { client, what, call, other }),
        4 => (0..3_usize, n.clone(), 0..12_usize)
            .prop_map(|(client, call, service)| Step::Offered { client, call, service }),
        4 => (prop::bool::weighted(0.7), 0..2_u32, any::<bool>())
            .prop_map(|(to_line, line, capable)| Step::Incoming { to_line, line, capable }),
        1 => n.clone().prop_map(|session| Step::Replacing { session }),
        10 => (n.clone(), 0..15_u8).prop_map(|(session, what)| Step::Sip { session, what }),
        8 => (n.clone(), prop::bool::weighted(0.9)).prop_map(|(leg, sent)| Step::Invited { leg, sent }),
        16 => (n.clone(), prop::bool::weighted(0.9), any::<bool>())
            .prop_map(|(place, taken, held)| Step::Media { place, taken, held }),
        2 => (n.clone(), any::<bool>(), 0..4_u8).prop_map(|(call, side, what)| Step::News { call, side, what }),
        6 => (0..3_usize, any::<bool>(), any::<bool>())
            .prop_map(|(client, comes, capable)| Step::Talking { client, comes, capable }),
        2 => (0..4_u8, prop::bool::weighted(0.7)).prop_map(|(kind, on)| Step::Forwarding { kind, on }),
        1 => Just(Step::Timeout),
        1 => (0..3_usize).prop_map(|client| Step::Gone { client }),
        2 => (0..3_usize).prop_map(|client| Step::Arrived { client }),
    ]
}

/// The world around the machine: what it was asked for and has not answered yet.
struct Around {
    calls: Calls,
    now: Instant,
    clients: BTreeSet<ClientId>,
    sessions: BTreeSet<u64>,
    legs: Vec<LegId>,
    /// What the media side was asked of the sides of calls: whether it is an answer that is to be taken.
    asked: BTreeMap<(CallId, usize), VecDeque<bool>>,
    closed: BTreeSet<CallId>,
    /// Calls as clients were last shown them.
    shown: BTreeMap<(ClientId, CallId), CallView>,
    /// The calls of lines, as those who watch them were told of last.
    monitored: BTreeMap<LineId, Vec<MonitoredCall>>,
    unanswered: BTreeSet<(ClientId, u32)>,
    next_session: u64,
    next_request: u32,
    last_result: Option<CommandResult>,
    effects: Vec<String>,
}

fn pick<T: Copy>(among: impl IntoIterator<Item = T>, number: usize) -> Option<T> {
    let all: Vec<T> = among.into_iter().collect();
    (!all.is_empty()).then(|| all[number % all.len()])
}

fn number(session: SessionId) -> u64 {
    (0..10_000).find(|&number| SessionId::from_raw(number) == session).expect("a session of ours")
}

impl Around {
    fn new(start: Instant, diversion: Diversion, list: usize) -> Around {
        let world = World::with(|directory| {
            directory.groups[PBX.0 as usize].diversion = diversion;
            let redirection = |to: &str| Redirection { to: to.to_owned(), rings: Duration::from_secs(15) };
            directory.lines[0].redirections = ["601", "602"].map(redirection)[..list].to_vec();
        });
        let mut around = Around {
            calls: world.calls,
            now: start,
            clients: CLIENTS.iter().map(|(client, _)| *client).collect(),
            sessions: BTreeSet::new(),
            legs: Vec::new(),
            asked: BTreeMap::new(),
            closed: BTreeSet::new(),
            shown: BTreeMap::new(),
            monitored: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            next_session: 1,
            next_request: 0,
            last_result: None,
            effects: Vec::new(),
        };
        let mut rights = RightsTable::of_users(2);
        for line in [LINE, OTHER_LINE] {
            rights.give(line, Audience::Everybody, OnLine::OWN.with(OnLine::ADDITIONAL));
        }
        around.input(Input::Rights(Arc::new(rights)));
        around
    }

    fn input(&mut self, input: Input) {
        self.calls.handle(input, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.calls.poll_effect() {
            self.effects.push(format!("{effect:?}"));
            match effect {
                Effect::Sip(effect) => self.sip_effect(effect),
                Effect::Media { call, effect } => self.media_effect(call, effect),
                Effect::Reply { client, request, result } => {
                    assert!(self.unanswered.remove(&(client, request)), "answered twice: {request}");
                    self.last_result = Some(result);
                }
                Effect::CallChanged { client, call } => {
                    self.shown.insert((client, call.id), *call);
                }
                Effect::LineCalls { line } => {
                    self.monitored.insert(line, self.calls.monitored(line));
                }
                Effect::LineSettings { .. }
                | Effect::Ended(_)
                | Effect::NotBegun(_)
                | Effect::Digit { .. }
                | Effect::Translated(_) => {}
            }
        }
    }

    fn sip_effect(&mut self, effect: SipEffect) {
        match effect {
            SipEffect::Invite { leg, .. } => self.legs.push(leg),
            SipEffect::Reject { session, .. }
            | SipEffect::Hangup { session, .. }
            | SipEffect::Redirect { session, .. } => {
                assert!(self.sessions.remove(&number(session)), "ended twice: {session}");
            }
            SipEffect::Provisional { session, .. }
            | SipEffect::Answer { session, .. }
            | SipEffect::AcceptRefer { session, .. }
            | SipEffect::ReferProgress { session, .. }
            | SipEffect::RejectRefer { session, .. }
            | SipEffect::Info { session, .. }
            | SipEffect::AnswerOffer { session, .. }
            | SipEffect::Offer { session, .. }
            | SipEffect::Refer { session, .. }
            | SipEffect::RejectOffer { session, .. } => {
                assert!(self.sessions.contains(&number(session)), "asked of a session that is over: {session}");
            }
        }
    }

    fn media_effect(&mut self, call: CallId, effect: MediaEffect) {
        assert!(!self.closed.contains(&call), "media of a call that is closed: {effect:?}");
        let mut ask = |side: Side, answer| self.asked.entry((call, side as usize)).or_default().push_back(answer);
        match effect {
            MediaEffect::AnswerBrowser { side, .. }
            | MediaEffect::RestartBrowser { side, .. }
            | MediaEffect::Offer { side, .. }
            | MediaEffect::AnswerOffer { side, .. }
            | MediaEffect::Describe { side }
            | MediaEffect::OfferNext { side, .. }
            | MediaEffect::Reoffer { side, .. } => ask(side, false),
            MediaEffect::AcceptAnswer { side, .. } | MediaEffect::AcceptNext { side, .. } => ask(side, true),
            MediaEffect::Take { side, from, from_side } => {
                assert!(!self.closed.contains(&from), "taken from a call that is closed");
                self.asked.remove(&(call, side as usize));
                self.asked.remove(&(from, from_side as usize));
            }
            MediaEffect::Release { side } => {
                self.asked.remove(&(call, side as usize));
            }
            MediaEffect::Close => {
                self.closed.insert(call);
                self.asked.retain(|(of, _), _| *of != call);
            }
            _ => {}
        }
    }

    fn command(&mut self, client: ClientId, command: Command) {
        self.next_request += 1;
        self.last_result = None;
        if self.clients.contains(&client) {
            self.unanswered.insert((client, self.next_request));
        }
        self.input(Input::Command { client, request: self.next_request, command });
    }

    fn all(&self) -> Vec<CallId> {
        let mut calls: Vec<_> = self.calls.calls.keys().copied().collect();
        calls.sort_unstable();
        calls
    }

    fn new_session(&mut self) -> SessionId {
        self.next_session += 1;
        self.sessions.insert(self.next_session);
        session(self.next_session)
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Command { client, what, call, other } => {
                let newest = self.all().last().copied().filter(|_| call == usize::MAX);
                let call = newest.or_else(|| pick(self.all(), call)).unwrap_or(CallId(99));
                let other = pick(self.all(), other).unwrap_or(CallId(98));
                self.command(CLIENTS[client].0, asked_for(what, call, other));
            }
            Step::Offered { client, call, service } => {
                let client = CLIENTS[client].0;
                let views = self.calls.views(client);
                let Some(at) = pick(0..views.len(), call) else { return };
                let always = [Service::HoldCall, Service::RetrieveCall, Service::ClearConnection, Service::ClearCall];
                let services = views[at].services.iter().filter(|service| always.contains(service));
                let Some(service) = pick(services, service) else { return };
                let call = views[at].id;
                self.command(
                    client,
                    match service {
                        Service::HoldCall => Command::HoldCall { call },
                        Service::RetrieveCall => Command::RetrieveCall { call },
                        Service::ClearCall => Command::ClearCall { call },
                        _ => Command::ClearConnection { call, remote: false },
                    },
                );
                assert_eq!(self.last_result, Some(CommandResult::Ok), "{service:?} was offered");
            }
            Step::Incoming { to_line, line, capable } => {
                let target = Target { group: TRUSTED, line: None, uri: TargetUri::Number("300".into()) };
                let route = match to_line {
                    true => Route::Line { group: PBX, line: LineId(line) },
                    false => Route::Targets { group: PBX, targets: vec![target.clone(), target] },
                };
                let session = self.new_session();
                self.input(Input::Incoming {
                    call_id: String::new(),
                    session,
                    route,
                    from: Caller { number: "400".into(), name: None },
                    abilities: Abilities { refer: capable, replaces: capable },
                    max_forwards: 70,
                    headers: Headers::new(),
                    offer: Bytes::from_static(OFFER),
                });
            }
            Step::Replacing { session: replaced } => {
                let Some(replaces) = pick(self.sessions.iter().copied(), replaced).map(session) else { return };
                let session = self.new_session();
                let offer = Bytes::from_static(OFFER);
                self.input(Input::Replacing { session, replaces, from: Caller::default(), offer });
            }
            Step::Sip { session: at, what } => {
                let Some(at) = pick(self.sessions.iter().copied(), at) else { return };
                let event = heard(what);
                if event.is_last() {
                    self.sessions.remove(&at);
                }
                self.input(Input::Sip { session: session(at), event });
            }
            Step::Invited { leg, sent } => {
                let Some(at) = pick(0..self.legs.len(), leg) else { return };
                let leg = self.legs.remove(at);
                let session = if sent { Ok(self.new_session()) } else { Err(CauseCode::PbxUnreachable) };
                self.input(Input::Invited { leg, session });
            }
            Step::Media { place, taken, held } => {
                let Some((call, side)) = pick(self.asked.keys().copied(), place) else { return };
                let Some(queue) = self.asked.get_mut(&(call, side)) else { return };
                let answer = queue.pop_front();
                if queue.is_empty() {
                    self.asked.remove(&(call, side));
                }
                let event = match (taken, answer) {
                    (false, _) => MediaInput::Refused { cause: CauseCode::NoCommonCodec },
                    (true, Some(true)) => MediaInput::Accepted { codec: Codec::Pcma, held },
                    (true, _) => {
                        MediaInput::Described { sdp: Bytes::from_static(b"v=0"), codec: Some(Codec::Pcma), held }
                    }
                };
                self.input(Input::Media { call, side: [Side::A, Side::B][side], event });
            }
            Step::News { call, side, what } => {
                let Some(call) = pick(self.all(), call) else { return };
                let event = match what {
                    0 => MediaInput::Connected,
                    1 => MediaInput::Lost { cause: CauseCode::ClientLost },
                    2 => MediaInput::Silent { from: None, never: true },
                    _ => MediaInput::Heard,
                };
                self.input(Input::Media { call, side: if side { Side::A } else { Side::B }, event });
            }
            Step::Talking { client, comes, capable } => {
                if comes {
                    self.run(&Step::Incoming { to_line: true, line: 0, capable });
                }
                let call = self.calls.last_call;
                self.run(&Step::Command { client, what: if comes { 2 } else { 0 }, call: usize::MAX, other: 0 });
                self.agree();
                let called = self.calls.calls.get(&CallId(if comes { call } else { call + 1 }));
                let session = called.and_then(|call| call.legs().next()?.session);
                if let Some(session) = session {
                    self.input(Input::Sip { session, event: heard(if capable { 2 } else { 3 }) });
                    self.agree();
                }
            }
            Step::Forwarding { kind, on } => {
                let kind = match kind {
                    0 => ForwardingKind::Immediate,
                    1 => ForwardingKind::Busy,
                    2 => ForwardingKind::NoAnswer,
                    _ => ForwardingKind::SignedOff,
                };
                let set = Forwarding { kind, callers: Callers::All, to: "600".to_owned(), after: None };
                let forwardings = if on { vec![set] } else { Vec::new() };
                let settings = LineSettings { forwardings, ..LineSettings::default() };
                self.input(Input::LineSettings { line: LINE, settings });
            }
            Step::Timeout => {
                let Some(at) = self.calls.poll_timeout() else { return };
                self.now = self.now.max(at);
                self.calls.handle_timeout(self.now);
                self.drain();
                assert!(self.calls.poll_timeout().is_none_or(|next| next > self.now), "a deadline stays behind");
            }
            Step::Gone { client } => {
                let client = CLIENTS[client].0;
                self.clients.remove(&client);
                self.shown.retain(|(to, _), _| *to != client);
                self.input(Input::ClientGone { client });
                self.unanswered.retain(|(of, _)| *of != client);
            }
            Step::Arrived { client } => {
                let (client, user) = CLIENTS[client];
                if self.clients.insert(client) {
                    self.input(Input::ClientArrived { client, user, place: None });
                    for view in self.calls.views(client) {
                        self.shown.insert((client, view.id), view);
                    }
                }
            }
        }
    }

    /// The media side and the endpoint do all that they were asked for.
    fn agree(&mut self) {
        while !self.asked.is_empty() || !self.legs.is_empty() {
            self.run(&Step::Media { place: 0, taken: true, held: false });
            self.run(&Step::Invited { leg: 0, sent: true });
        }
    }

    /// What is always so.
    fn check(&self) {
        let calls = &self.calls;
        for (session, id) in &calls.by_session {
            let call = calls.calls.get(id).expect("a session's call");
            assert!(call.sessions().any(|of| of == *session), "{session} is not of {id}");
        }
        for &at in &self.sessions {
            assert!(calls.by_session.contains_key(&session(at)), "session {at} has no owner");
        }
        for (leg, id) in &calls.by_leg {
            let call = calls.calls.get(id).expect("a leg's call");
            let coming = call.takeover.as_ref().is_some_and(|takeover| match &takeover.new {
                crate::call::state::Newcomer::Invited { leg: next, .. } => next.id == *leg,
                crate::call::state::Newcomer::Came { .. } => false,
            });
            assert!(coming || call.legs().any(|of| of.id == *leg), "leg {leg} is not of {id}");
        }
        for (call, _) in self.asked.keys() {
            assert!(calls.calls.contains_key(call), "media of {call} without a call");
        }
        for (client, of) in &calls.by_client {
            for id in of {
                assert_eq!(calls.calls[id].active_client(), Some(*client));
            }
        }
        for line in [LINE, OTHER_LINE] {
            let told = self.monitored.get(&line).map(Vec::as_slice).unwrap_or_default();
            assert_eq!(calls.monitored(line), told, "who watches line {line} was not told");
            let on_line = calls.by_line.get(&line).cloned().unwrap_or_default();
            let found = calls.calls.values().filter(|call| call.line() == Some(line)).map(|call| call.id);
            assert_eq!(on_line, found.collect());
        }
        for call in calls.calls.values() {
            assert!(!self.closed.contains(&call.id));
            if let Some(client) = call.active_client() {
                assert!(calls.by_client[&client].contains(&call.id));
            }
            if let Some(conference) = call.conference {
                assert!(calls.conferences[&conference].contains(&call.id));
            }
            self.can_end(call);
        }
        for (conference, members) in &calls.conferences {
            assert!(members.len() > 1, "a conference of one");
            let seats = members.iter().filter(|id| calls.calls[id].seat).count();
            let users = members.iter().filter(|id| calls.calls[id].active_client().is_some()).count();
            assert!(members.iter().all(|id| calls.calls[id].conference == Some(*conference)));
            assert_eq!(seats, usize::from(users > 0), "{users} users");
        }
        for client in &self.clients {
            let talking: Vec<_> = calls.calls_of(*client).into_iter().map(|id| &calls.calls[&id]).collect();
            let talking = talking.into_iter().filter(|call| call.stage == Stage::Connected && !call.on_hold);
            let rooms: Vec<_> = talking.map(|call| (call.conference, call.id)).collect();
            let together = rooms.iter().all(|(conference, _)| conference.is_some() && *conference == rooms[0].0);
            assert!(rooms.len() <= 1 || together, "{client} talks in {rooms:?}");
        }
        self.shows_what_is();
    }

    /// Some party will end it, or a deadline.
    fn can_end(&self, call: &Call) {
        let living = call.sessions().filter(|of| self.sessions.contains(&number(*of))).count();
        let user = call.active_client().is_some_and(|client| self.clients.contains(&client));
        let parties = living + usize::from(user);
        let waits = match call.transfer.as_ref().map(|transfer| transfer.way) {
            Some(TransferStep::Bridge { other } | TransferStep::Wanted { by: other }) => {
                self.calls.calls[&other].wakes_at().is_some()
            }
            _ => false,
        };
        let alone = waits || call.conference.is_some() || matches!(call.far, Far::Service(_));
        let needed = if alone { 1 } else { 2 };
        assert!(call.wakes_at().is_some() || parties >= needed, "cannot end: {call:#?}");
    }

    /// Clients were told of all that they would see if they came just now.
    fn shows_what_is(&self) {
        for client in &self.clients {
            let views = self.calls.views(*client);
            for view in &views {
                let call = &self.calls.calls[&view.id];
                let dials = call.awaiting[0].contains(&Awaiting::BrowserAnswer);
                if dials || call.stage == Stage::Answering || call.successor().is_some() {
                    // Who dials is told with its answer; what is being answered is told when it is.
                    continue;
                }
                let shown = self.shown.get(&(*client, view.id)).expect("a call that was never shown");
                let of = |view: &CallView| {
                    let states = (view.state, view.remote_state, view.here, view.line);
                    let others = (view.consultation_of, view.conference.clone(), view.transferring_to.clone());
                    (states, others, view.services, view.remote.clone(), view.cause.clone())
                };
                assert_eq!(of(shown), of(view), "{client} sees {} as it was", view.id);
            }
            for ((to, id), shown) in &self.shown {
                let there = views.iter().any(|view| view.id == *id);
                let over = matches!(shown.state, ConnectionState::Null | ConnectionState::Failed);
                // Whether the taker gets it is not certain yet.
                let open = self.calls.calls.get(id).is_some_and(|call| call.stage == Stage::Answering);
                assert!(to != client || there || over || open, "{client} still sees {id} as {:?}", shown.state);
            }
        }
    }

    fn end(&mut self) {
        self.input(Input::Shutdown);
        for at in std::mem::take(&mut self.legs) {
            let session = self.new_session();
            self.input(Input::Invited { leg: at, session: Ok(session) });
        }
        assert!(self.calls.is_empty() && self.calls.poll_timeout().is_none());
        assert!(self.calls.by_session.is_empty() && self.calls.by_leg.is_empty() && self.calls.by_client.is_empty());
        assert!(self.calls.conferences.is_empty() && self.sessions.is_empty(), "{:?}", self.sessions);
        assert!(self.unanswered.is_empty(), "never answered: {:?}", self.unanswered);
    }
}

fn asked_for(what: u8, call: CallId, other: CallId) -> Command {
    let (number, sdp) = ("500".to_owned(), "v=0".to_owned());
    let (active, held) = (call, other);
    match what {
        0 | 1 => Command::MakeCall { line: LINE, number: number.into(), sdp },
        2 => Command::AnswerCall { call, sdp },
        3 => Command::Decline { call, cause: CauseCode::Busy },
        4 => Command::ClearConnection { call, remote: other.0.is_multiple_of(2) },
        5 => Command::RestartMedia { call, sdp },
        6 => Command::HoldCall { call },
        7 => Command::RetrieveCall { call },
        8 => Command::AlternateCall { active, held },
        9 => Command::ConsultationCall { call, number: number.into(), sdp },
        10 => Command::ReconnectCall { active, held },
        11 => Command::TransferCall { active, held },
        12 => Command::SingleStepTransferCall { call, number },
        13 => Command::ConferenceCall { active, held },
        _ if call.0.is_multiple_of(2) => Command::ParkCall { call, number: Some("700".into()) },
        _ => Command::DirectedPickupCall { line: LINE, number: "700".into(), sdp },
    }
}

fn heard(what: u8) -> SipInput {
    let refer = SipInput::Refer {
        refer: ReferId::from_raw(7),
        target: Uri::parse("sip:400@b").unwrap(),
        replaces: None,
        referred_by: None,
    };
    match what {
        0 => progress(180, None),
        1 => progress(183, sdp()),
        2..=4 => SipInput::Answered {
            abilities: Abilities { refer: what == 2, replaces: what == 2 },
            sdp: sdp(),
            headers: Headers::new(),
        },
        5 => rejected(486),
        6 => bye(),
        7 => SipInput::Cancelled { reason: None },
        8 => SipInput::OfferAnswered { sdp: sdp() },
        9 => SipInput::OfferRejected { status: 488 },
        10 => SipInput::Referred { status: 100 },
        11 => SipInput::Referred { status: 200 },
        12 => SipInput::Referred { status: 486 },
        13 => refer,
        _ => SipInput::Offer { sdp: sdp() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_left_behind_and_everything_can_end(
        steps in prop::collection::vec(step(), 1..120),
        diversion in 0..3_usize,
        list in 0..3_usize,
    ) {
        let start = Instant::now();
        let diversion = [Diversion::NewCall, Diversion::Redirect, Diversion::Transfer][diversion];
        let (mut first, mut second) = (Around::new(start, diversion, list), Around::new(start, diversion, list));
        for step in &steps {
            first.run(step);
            first.check();
            second.run(step);
        }
        prop_assert_eq!(&first.effects, &second.effects, "a replay went otherwise");
        first.end();
    }
}
