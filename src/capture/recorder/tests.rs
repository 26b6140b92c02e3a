//! What is noted, where it goes, and how much of it stays.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::call::effect::Command;
use crate::call::numbers::{Known, Placed, Translated, Translation};
use crate::call::record::{CallRecord, CallState, Number, Party};
use crate::call::secret::Secret;
use crate::call::view::EndCause;
use crate::capture::record::ClientRecord;
use crate::capture::trace::{PartyKind, Trace, TraceTransport, TraceWhat};
use crate::ids::{ClientId, UserId};
use crate::numbers::{NumberKind, Reach};

const CALL: CallId = CallId(1);
const LINE: LineId = LineId(0);
const GROUP: LineGroupId = LineGroupId(0);
const OWN: Owner = Owner { group: Some(GROUP), line: Some(LINE) };

/// A recorder and its time.
struct World {
    recorder: Recorder,
    now: Instant,
}

impl World {
    fn new(limits: Limits) -> World {
        let now = Instant::now();
        let unix = Duration::from_secs(1_000_000);
        World { recorder: Recorder::new(limits, Clock { instant: now, unix }), now }
    }

    fn later(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    fn message(&mut self, sent: bool, expected: bool, text: &str) {
        let message = SipRecord {
            sent,
            transport: TraceTransport::Udp,
            local: ([10, 0, 0, 1], 5060).into(),
            remote: Place::Address(([10, 0, 0, 2], 5060).into()),
            bytes: Bytes::copy_from_slice(text.as_bytes()),
        };
        self.recorder.sip(message, expected, self.now, |registers| Owner {
            group: Some(GROUP),
            line: registers.filter(|&user| user == "100").map(|_| LINE),
        });
    }

    fn comes(&mut self, first: &str, call_id: &str) {
        self.message(false, true, &sip(first, call_id));
    }

    fn goes(&mut self, first: &str, call_id: &str) {
        self.message(true, true, &sip(first, call_id));
    }

    fn end(&mut self, call: CallId, connected: bool, code: CauseCode) {
        let record = CallRecord {
            id: call,
            caller: Number::Line(LINE),
            called: Number::Other("200".into()),
            state: CallState::Initiated,
            created: self.now,
            connected: connected.then_some(self.now),
            parties: [Party::Browser(UserId(0)), Party::Pbx(GROUP)],
            silent: [false; 2],
            cause: Some(EndCause::ours(code)),
        };
        self.recorder.ended(&record, self.now);
    }

    fn trace(&self, call: CallId) -> Option<Trace> {
        self.recorder.call(call).map(|recording| recording.trace(&names()))
    }

    fn finished(&mut self) -> Vec<Option<CallId>> {
        let now = self.now;
        std::iter::from_fn(|| self.recorder.poll_finished(now)).map(|recording| recording.call).collect()
    }
}

fn sip(first: &str, call_id: &str) -> String {
    let method = if first.contains("REGISTER") { "REGISTER" } else { "INVITE" };
    format!("{first}\r\nTo: <sip:100@pbx.test>\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n")
}

fn names() -> Names {
    Names {
        groups: vec![GroupNames { name: "main".into(), settings: Vec::new() }],
        lines: vec![LineNames { number: "100".into(), group: GROUP, settings: Vec::new() }],
        users: vec!["anna".into()],
        settings: Vec::new(),
    }
}

/// The first lines of a trace's SIP messages.
fn first_lines(trace: &Trace) -> Vec<&str> {
    let texts = trace.events.iter().filter_map(|event| match &event.what {
        TraceWhat::Sip { text, .. } => text.lines().next(),
        _ => None,
    });
    texts.collect()
}

#[test]
fn a_call_with_two_call_ids_is_one_trace() {
    let mut world = World::new(Limits::default());
    world.comes("INVITE sip:100@here SIP/2.0", "in");
    world.recorder.belongs("in", CALL, OWN, world.now);
    world.goes("SIP/2.0 100 Trying", "in");
    world.later(5);
    world.recorder.belongs("out", CALL, Owner { group: Some(LineGroupId(1)), line: None }, world.now);
    world.goes("INVITE sip:200@there SIP/2.0", "out");
    world.later(5);
    world.comes("SIP/2.0 404 Not Found", "out");
    world.goes("SIP/2.0 404 Not Found", "in");
    let trace = world.trace(CALL).unwrap();
    assert_eq!(
        first_lines(&trace),
        [
            "INVITE sip:100@here SIP/2.0",
            "SIP/2.0 100 Trying",
            "INVITE sip:200@there SIP/2.0",
            "SIP/2.0 404 Not Found",
            "SIP/2.0 404 Not Found"
        ]
    );
    let kinds: Vec<_> = trace.parties.iter().map(|party| party.kind).collect();
    assert_eq!(kinds, [PartyKind::Sip, PartyKind::Server, PartyKind::Sip], "who began stands first");
    assert_eq!((trace.events[0].from, trace.events[0].to), (0, 1));
    assert_eq!((trace.events[2].from, trace.events[2].to), (1, 2));
    assert_eq!(trace.events[2].at - trace.events[0].at, 5.0);
    assert_eq!((trace.id.as_str(), trace.line.as_deref(), trace.group.as_deref()), ("1", Some("100"), Some("main")));
}

#[test]
fn branches_of_a_fork_are_calls_of_their_own() {
    let mut world = World::new(Limits::default());
    let other = CallId(2);
    world.comes("INVITE sip:100@here SIP/2.0", "fork");
    world.recorder.belongs("fork", CALL, OWN, world.now);
    world.comes("INVITE sip:101@here SIP/2.0", "fork");
    world.recorder.belongs("fork", other, Owner { line: Some(LineId(1)), ..OWN }, world.now);
    world.comes("CANCEL sip:101@here SIP/2.0", "fork");
    let lines = |call| world.trace(call).map(|trace| first_lines(&trace).join("; ")).unwrap();
    assert_eq!(lines(CALL), "INVITE sip:100@here SIP/2.0; CANCEL sip:101@here SIP/2.0");
    assert_eq!(lines(other), "INVITE sip:101@here SIP/2.0; CANCEL sip:101@here SIP/2.0");
}

#[test]
fn an_invite_that_comes_into_a_call_is_part_of_it() {
    let mut world = World::new(Limits::default());
    world.recorder.begins(CALL, OWN, world.now);
    world.comes("INVITE sip:100@here SIP/2.0", "replaces");
    world.recorder.belongs("replaces", CALL, OWN, world.now);
    world.goes("SIP/2.0 200 OK", "replaces");
    assert_eq!(first_lines(&world.trace(CALL).unwrap()), ["INVITE sip:100@here SIP/2.0", "SIP/2.0 200 OK"]);
    assert_eq!(world.recorder.stray("replaces").unwrap().call, Some(CALL));
}

#[test]
fn an_invite_that_no_call_came_of_is_known_by_its_call_id_and_judged() {
    let mut world = World::new(Limits::default());
    world.comes("INVITE sip:999@here SIP/2.0", "stray");
    world.recorder.refused("stray", None, world.now);
    world.goes("SIP/2.0 404 Not Found", "stray");
    assert_eq!(world.finished(), [], "its ACK may come");
    world.later(2_000);
    assert_eq!(world.finished(), [None]);
    let trace = world.recorder.stray("stray").unwrap().trace(&names());
    assert_eq!(trace.id, "stray");
    assert_eq!(first_lines(&trace), ["INVITE sip:999@here SIP/2.0", "SIP/2.0 404 Not Found"]);
}

#[test]
fn strangers_leave_nothing_behind() {
    let mut world = World::new(Limits::default());
    for call in 0..100 {
        world.message(false, false, &sip("INVITE sip:1@here SIP/2.0", &call.to_string()));
    }
    assert!(world.recorder.stories.is_empty() && world.recorder.octets == 0);
    // But what belongs to a call may come from anywhere.
    world.recorder.belongs("1", CALL, OWN, world.now);
    world.message(false, false, &sip("SIP/2.0 200 OK", "1"));
    assert_eq!(first_lines(&world.trace(CALL).unwrap()).len(), 1);
}

#[test]
fn registrations_are_the_lines_and_failures_those_of_who_sends_there() {
    let mut world = World::new(Limits::default());
    world.goes("REGISTER sip:pbx.test SIP/2.0", "r");
    world.later(1);
    world.comes("SIP/2.0 401 Unauthorized REGISTER", "r");
    world.later(1);
    world.goes("OPTIONS sip:pbx.test SIP/2.0", "o");
    world.later(1);
    world.recorder.belongs("c", CALL, OWN, world.now);
    world.goes("INVITE sip:200@pbx.test SIP/2.0", "c");
    let to = |host| Some(Place::Address(([10, 0, 0, host], 5060).into()));
    let owner = Owner { line: None, ..OWN };
    world.recorder.failure(to(2), FailureKind::Refused, "nobody listens", owner, world.now);
    world.recorder.failure(to(3), FailureKind::Refused, "elsewhere", owner, world.now);
    let failures = |trace: &Trace| {
        let failures = trace.events.iter().filter_map(|event| match &event.what {
            TraceWhat::Failure { detail, .. } => Some(detail.clone()),
            _ => None,
        });
        failures.collect::<Vec<_>>()
    };
    assert_eq!(failures(&world.trace(CALL).unwrap()), ["10.0.0.2:5060: nobody listens"]);
    let line = world.recorder.line(LINE, GROUP).trace(&names());
    let expected = ["REGISTER sip:", "SIP/2.0 401", "OPTIONS sip:", "INVITE sip:"];
    for (line, begin) in first_lines(&line).iter().zip(expected) {
        assert!(line.starts_with(begin), "{line} {begin}");
    }
    assert_eq!((line.id.as_str(), failures(&line).len()), ("100", 2));
    let other = world.recorder.line(LineId(7), GROUP).trace(&names());
    assert_eq!(first_lines(&other), ["OPTIONS sip:pbx.test SIP/2.0"], "of the group only");
}

#[test]
fn calls_that_went_well_are_not_judged() {
    let mut world = World::new(Limits::default());
    let ends: [(u64, bool, CauseCode, Option<MediaEvent>); 5] = [
        (1, true, CauseCode::NormalClearing, None),
        (2, false, CauseCode::UnknownNumber, None),
        (3, true, CauseCode::SessionLost, None),
        (4, true, CauseCode::NormalClearing, Some(MediaEvent::NeverHeard)),
        (5, true, CauseCode::NormalClearing, Some(MediaEvent::Agreed)),
    ];
    for (call, connected, code, event) in ends {
        world.recorder.begins(CallId(call), OWN, world.now);
        if let Some(event) = event {
            world.recorder.media(CallId(call), Party::Pbx(GROUP), event, None, world.now);
        }
        world.end(CallId(call), connected, code);
    }
    assert_eq!(world.recorder.poll_timeout(), Some(world.now + Duration::from_secs(2)));
    world.later(2_000);
    assert_eq!(world.finished(), [2, 3, 4].map(|call| Some(CallId(call))));
    assert_eq!(world.finished(), [], "once each");
}

#[test]
fn secrets_do_not_get_into_a_trace() {
    let mut world = World::new(Limits::default());
    world.recorder.belongs("c", CALL, OWN, world.now);
    let proof = "INVITE sip:200@pbx.test SIP/2.0\r\nCall-ID: c\r\nAuthorization: Digest response=\"0a1b2c\"\r\n\r\n\
                 a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:geheim\r\n";
    world.message(true, true, proof);
    let text = Bytes::from_static(br#"{"type":"make_call","sdp":"a=ice-pwd:geheim\r\n"}"#);
    let client = ClientRecord { sent: false, client: ClientId(1), user: UserId(0), text };
    world.recorder.note(CALL, What::Client(client), world.now);
    let json = serde_json::to_string(&world.trace(CALL)).unwrap();
    assert!(!json.contains("0a1b2c") && !json.contains("geheim"), "{json}");
    assert!(json.contains("make_call") && json.contains("AES_CM_128"));
}

#[test]
fn a_call_keeps_its_beginning_and_its_end() {
    let mut world = World::new(Limits { records: 10, ..Limits::default() });
    world.recorder.belongs("c", CALL, OWN, world.now);
    for number in 0..100 {
        world.goes(&format!("OPTIONS sip:{number} SIP/2.0"), "c");
    }
    let trace = world.trace(CALL).unwrap();
    let lines = first_lines(&trace);
    assert_eq!((lines.len(), trace.dropped), (10, 90));
    assert_eq!((lines[0], lines[9]), ("OPTIONS sip:0 SIP/2.0", "OPTIONS sip:99 SIP/2.0"));
}

#[test]
fn what_is_over_goes_after_its_time() {
    let mut world = World::new(Limits::default());
    world.recorder.begins(CALL, OWN, world.now);
    world.end(CALL, true, CauseCode::NormalClearing);
    world.goes("REGISTER sip:pbx.test SIP/2.0", "r1");
    world.later(29 * 60_000);
    world.goes("REGISTER sip:pbx.test SIP/2.0", "r2");
    assert!(world.trace(CALL).is_some());
    assert_eq!(world.recorder.began("1"), Some(Duration::from_secs(1_000_000)));
    world.later(2 * 60_000);
    world.goes("REGISTER sip:pbx.test SIP/2.0", "r3");
    assert!(world.trace(CALL).is_none() && world.recorder.began("1").is_none());
    assert_eq!(first_lines(&world.recorder.line(LINE, GROUP).trace(&names())).len(), 2, "the last half hour");
}

/// What became of a number of a call.
fn translation(meant: NumberKind, text: &str, result: Translated, dialled: &str) -> Translation {
    let told = match &result {
        Translated::Dialled(placed) => placed.number.clone(),
        _ => String::new(),
    };
    let secret = if dialled.is_empty() { Secret::default() } else { Secret::of(dialled, &told) };
    let (text, location) = (text.to_owned(), "Berlin".to_owned());
    Translation { call: Some(CALL), group: GROUP, location, kind: meant, text, result, in_private: false, secret }
}

#[test]
fn what_was_entered_for_a_code_is_in_nothing_that_is_kept() {
    let held = CallId(2);
    let mut world = World::new(Limits::default());
    let bag = Bag::default();
    world.recorder.set_sink(Some(Box::new(bag.clone())));
    world.comes("INVITE sip:100@here SIP/2.0", "held");
    world.recorder.belongs("held", held, OWN, world.now);
    world.recorder.begins(CALL, OWN, world.now);
    let placed =
        Placed { number: "*60****#0089777".into(), then: Vec::new(), known: None, private: false, emergency: false };
    let mut dialled = translation(NumberKind::Typed, "089 777", Translated::Dialled(placed), "*601357#0089777");
    world.recorder.hide(&mut dialled);
    assert_eq!(dialled.secret, Secret::default());
    world.recorder.belongs("out", CALL, OWN, world.now);
    world.goes("INVITE sip:*601357%230089777@there SIP/2.0", "out");
    world.comes("SIP/2.0 180 Ringing\r\nP-Asserted-Identity: <tel:*601357#0089777>", "out");
    world.recorder.flush();
    // What the PBX says of it is its own number again.
    let known = Known { number: "*601357#0089777".into(), shown: "*601357#0089777".into(), reach: Reach::External };
    let mut reported = translation(NumberKind::ConnectedOutgoing, "*601357#0089777", Translated::Reported(known), "");
    world.recorder.hide(&mut reported);
    assert!(!format!("{reported:?}").contains("1357") && reported.text == "*60****#0089777", "{reported:?}");
    // The other call of the two is told of it.
    let transfer = Command::TransferCall { active: CALL, held };
    let asked = Influence::Command { client: ClientId(7), begun: None, command: transfer, refused: None };
    world.recorder.influence(asked, vec![CALL, held], OWN, world.now);
    world.goes("REFER sip:200@there SIP/2.0\r\nRefer-To: <sip:*601357%230089777@there?Replaces=1>", "held");
    world.recorder.flush();
    let texts = |call| serde_json::to_string(&world.trace(call).unwrap()).unwrap();
    assert!(texts(CALL).contains("INVITE sip:*60****%230089777@there"), "{}", texts(CALL));
    assert!(texts(CALL).contains("<tel:*60****#0089777>"));
    assert!(texts(held).contains("Refer-To: <sip:*60****%230089777@there?"), "{}", texts(held));
    assert!(!texts(CALL).contains("1357") && !texts(held).contains("1357"));
    let captured = bag.0.lock().unwrap();
    let sip = |record: &Record| match &record.what {
        What::Sip(sip) => String::from_utf8_lossy(&sip.bytes).into_owned(),
        _ => String::new(),
    };
    let captured: String = captured.iter().map(sip).collect();
    assert!(captured.contains("*60****%230089777") && !captured.contains("1357"), "{captured}");
    assert!(!format!("{:?}", world.recorder).contains("1357"));
}

/// Gets everything, or what is one line's.
#[derive(Debug, Clone, Default)]
struct Bag(Arc<Mutex<Vec<Record>>>, Option<LineId>);

impl Sink for Bag {
    fn is_open(&self) -> bool {
        true
    }
    fn wants(&self, _: Option<CallId>, owner: Owner) -> bool {
        self.1.is_none_or(|line| owner.line == Some(line))
    }
    fn take(&mut self, record: Record) {
        self.0.lock().unwrap().push(record);
    }
    fn influence(&mut self, _: Duration, _: Option<CallId>, _: Owner, _: Influence) {}
    fn stand(&mut self, _: Duration, _: Standing) {}
}

#[test]
fn a_sink_gets_what_belongs_to_whom() {
    let mut world = World::new(Limits::default());
    let bag = Bag::default();
    world.recorder.set_sink(Some(Box::new(bag.clone())));
    world.comes("INVITE sip:100@here SIP/2.0", "in");
    world.recorder.belongs("in", CALL, OWN, world.now);
    world.goes("SIP/2.0 180 Ringing", "in");
    world.recorder.flush();
    let records = bag.0.lock().unwrap();
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| (record.call, record.line, record.group) == (Some(CALL), OWN.line, OWN.group)));

    // Of a call that rings at two lines somebody wants what is of the first.
    let mut world = World::new(Limits::default());
    let bag = Bag(Arc::default(), OWN.line);
    world.recorder.set_sink(Some(Box::new(bag.clone())));
    for (call, line) in [(CALL, LINE), (CallId(2), LineId(1))] {
        world.comes(&format!("INVITE sip:{call}@here SIP/2.0"), "fork");
        world.recorder.belongs("fork", call, Owner { line: Some(line), ..OWN }, world.now);
        world.recorder.flush();
    }
    world.comes("CANCEL sip:1@here SIP/2.0", "fork");
    world.recorder.flush();
    let records = bag.0.lock().unwrap();
    let first = |record: &Record| match &record.what {
        What::Sip(sip) => sip.bytes[..12].to_vec(),
        what => panic!("{what:?}"),
    };
    assert_eq!(records.iter().map(first).collect::<Vec<_>>(), [b"INVITE sip:1", b"CANCEL sip:1"]);
    assert!(records.iter().all(|record| record.call == Some(CALL)));
}

#[test]
fn what_happens_to_a_gateways_call_is_told_of_both_line_groups() {
    #[derive(Debug, Clone)]
    struct Bag(Arc<Mutex<Vec<Record>>>, LineGroupId);
    impl Sink for Bag {
        fn is_open(&self) -> bool {
            true
        }
        fn wants(&self, _: Option<CallId>, owner: Owner) -> bool {
            owner.group == Some(self.1)
        }
        fn take(&mut self, record: Record) {
            self.0.lock().unwrap().push(record);
        }
        fn influence(&mut self, _: Duration, _: Option<CallId>, _: Owner, _: Influence) {}
        fn stand(&mut self, _: Duration, _: Standing) {}
    }
    let group = |number| Owner { group: Some(LineGroupId(number)), line: None };
    for wanted in [LineGroupId(3), LineGroupId(4)] {
        let mut world = World::new(Limits::default());
        let bag = Bag(Arc::default(), wanted);
        world.recorder.set_sink(Some(Box::new(bag.clone())));
        world.comes("INVITE sip:100@here SIP/2.0", "in");
        world.recorder.belongs("in", CALL, group(3), world.now);
        world.recorder.belongs("out", CALL, group(4), world.now);
        world.recorder.belongs("out", CALL, group(4), world.now);
        assert_eq!(world.recorder.owners(CALL), [group(3), group(4)]);
        world.recorder.flush();
        bag.0.lock().unwrap().clear();
        world.recorder.media(CALL, Party::Pbx(GROUP), MediaEvent::Connected, None, world.now);
        world.recorder.flush();
        let told: Vec<_> = bag.0.lock().unwrap().iter().map(|record| (record.call, record.group)).collect();
        assert_eq!(told, [(Some(CALL), Some(wanted))]);
    }
    // A fork to very many is bounded.
    let mut world = World::new(Limits::default());
    for number in 0..1000 {
        world.recorder.belongs("out", CALL, group(number), world.now);
    }
    assert_eq!(world.recorder.owners(CALL).len(), 16);
}

#[test]
fn empty_lines_before_a_message_are_no_part_of_it() {
    let mut world = World::new(Limits::default());
    world.comes("\r\n\r\nINVITE sip:100@here SIP/2.0", "in");
    world.recorder.belongs("in", CALL, OWN, world.now);
    assert_eq!(first_lines(&world.trace(CALL).unwrap()), ["INVITE sip:100@here SIP/2.0"]);
}

#[test]
fn a_message_of_a_stream_does_not_hold_what_was_read_with_it() {
    let mut world = World::new(Limits::default());
    let read = Bytes::from(sip("INVITE sip:100@here SIP/2.0", "in").repeat(2));
    let message = SipRecord {
        sent: false,
        transport: TraceTransport::Tcp,
        local: ([10, 0, 0, 1], 5060).into(),
        remote: Place::Address(([10, 0, 0, 2], 5060).into()),
        bytes: read.slice(..read.len() / 2),
    };
    world.recorder.sip(message, true, world.now, |_| OWN);
    assert!(world.recorder.stray("in").is_some() && read.is_unique());
}

/// Two lines, a user each.
fn standing() -> Standing {
    use crate::call::directory::{Directory, LineEntry, LineGroupEntry};
    let line = |number: &str, user| LineEntry {
        group: GROUP,
        number: number.to_owned(),
        known: None,
        users: vec![UserId(user)],
        redirections: Vec::new(),
        voice_mailbox: None,
    };
    let lines = vec![line("100", 0), line("101", 1)];
    let directory =
        Directory { lines, groups: vec![LineGroupEntry::default()], music_on_hold: false, ..Directory::default() };
    Standing { directory: Arc::new(directory), available: vec![false; 2], ..Standing::default() }
}

/// What calls of an extract were decided by.
fn influences(extract: &Extract) -> Vec<&Influence> {
    let influences = extract.records.iter().filter_map(|record| match &record.what {
        What::Influence(influence) => Some(&**influence),
        _ => None,
    });
    influences.collect()
}

#[test]
fn a_call_is_extracted_with_what_it_was_decided_by_and_nothing_of_others() {
    use crate::call::effect::Command;
    use crate::call::settings::LineSettings;
    let mut world = World::new(Limits::default());
    world.recorder.begin_with(standing());
    let set = |line, do_not_disturb| {
        let settings = LineSettings { do_not_disturb, ..LineSettings::default() };
        Influence::LineSettings { line, settings, asked: false }
    };
    let other = LineId(1);
    for influence in [
        Influence::LineAvailable { line: LINE, available: true },
        Influence::ClientArrived { client: ClientId(7), user: UserId(0) },
        Influence::ClientArrived { client: ClientId(8), user: UserId(1) },
        set(LINE, true),
        set(other, true),
    ] {
        world.recorder.influence(influence, Vec::new(), Owner::default(), world.now);
    }
    world.later(10);
    let command = Command::MakeCall { line: LINE, number: "200".into(), sdp: String::new() };
    let make = Influence::Command { client: ClientId(7), begun: Some(CALL), command: command.clone(), refused: None };
    world.recorder.influence(make.clone(), vec![CALL], Owner { line: Some(LINE), ..Owner::default() }, world.now);
    world.recorder.belongs("1", CALL, OWN, world.now);
    world.goes("INVITE sip:200@there SIP/2.0", "1");
    world.later(10);
    // Somebody else's affair.
    let theirs = Influence::Command { client: ClientId(8), begun: Some(CallId(9)), command, refused: None };
    world.recorder.influence(theirs, vec![CallId(9)], Owner::default(), world.now);
    for influence in [set(other, false), set(LINE, false), Influence::ClientGone { client: ClientId(8) }] {
        world.recorder.influence(influence, Vec::new(), Owner::default(), world.now);
    }
    world.later(10);
    world.comes("SIP/2.0 404 Not Found", "1");
    world.end(CALL, false, CauseCode::UnknownNumber);
    world.later(10);
    world.recorder.influence(set(LINE, true), Vec::new(), Owner::default(), world.now);

    let extract = world.recorder.extract("1").unwrap();
    assert_eq!(extract.standing.clients.keys().copied().collect::<Vec<_>>(), [ClientId(7)]);
    assert_eq!(extract.standing.available, [true, false]);
    assert!(extract.standing.settings[&LINE].do_not_disturb && !extract.standing.settings.contains_key(&other));
    assert_eq!(influences(&extract), [&make, &set(LINE, false)]);
    let sip = extract.records.iter().filter(|record| matches!(record.what, What::Sip(_))).count();
    assert_eq!(sip, 2);
    // It is shown in words as it was before.
    assert_eq!(extract.recording.trace(&names()).events.len(), 2);
}

#[test]
fn calls_that_had_to_do_with_each_other_are_extracted_together_and_each_message_once() {
    use crate::call::effect::Command;
    let mut world = World::new(Limits::default());
    world.recorder.begin_with(standing());
    let (second, third) = (CallId(2), CallId(3));
    for (call, call_id) in [(CALL, "a"), (second, "b"), (third, "c")] {
        world.recorder.belongs(call_id, call, OWN, world.now);
        world.goes(&format!("INVITE sip:{call_id}@there SIP/2.0"), call_id);
        world.later(1);
    }
    let command = Command::TransferCall { active: second, held: CALL };
    let transfer = Influence::Command { client: ClientId(7), begun: None, command, refused: None };
    world.recorder.influence(transfer, vec![second, CALL, second], Owner::default(), world.now);
    world.recorder.joined(CALL, second);
    world.later(1);
    // It is both calls' from now on.
    world.goes("BYE sip:b@there SIP/2.0", "b");
    for id in ["1", "2"] {
        let extract = world.recorder.extract(id).unwrap();
        let count = |what: fn(&What) -> bool| extract.records.iter().filter(|record| what(&record.what)).count();
        assert_eq!(count(|what| matches!(what, What::Sip(_))), 3, "{id}: {:#?}", extract.records);
        assert_eq!(count(|what| matches!(what, What::Influence(_))), 1);
        let bye = extract.records.iter().rfind(|record| matches!(record.what, What::Sip(_))).unwrap();
        assert_eq!(bye.call, Some(CALL), "it is the call's that has taken it over");
    }
    assert_eq!(world.recorder.extract("3").unwrap().records.len(), 1);
}

#[test]
fn lines_that_are_changed_in_a_call_are_so_in_its_extract() {
    let mut world = World::new(Limits::default());
    let mut before = standing();
    world.recorder.begin_with(before.clone());
    world.recorder.belongs("a", CALL, OWN, world.now);
    world.comes("INVITE sip:100@here SIP/2.0", "a");
    world.later(1);
    let directory = Arc::make_mut(&mut before.directory);
    directory.lines[0].users.push(UserId(1));
    directory.lines[1].users.clear();
    directory.groups[0].park_returns *= 2;
    let changed = before.directory.clone();
    world.recorder.directory(changed.clone(), world.now);
    world.recorder.directory(changed.clone(), world.now);
    let extract = world.recorder.extract("1").unwrap();
    assert_eq!(extract.standing.directory.lines[0].users, [UserId(0)]);
    let [Influence::LineGroup { .. }, Influence::Line { id: LINE, users, .. }] = influences(&extract)[..] else {
        panic!("{:?}", influences(&extract));
    };
    assert_eq!(*users, [UserId(0), UserId(1)]);
    let mut standing = extract.standing.clone();
    influences(&extract).into_iter().for_each(|influence| standing.change(influence));
    assert_eq!(standing.directory.groups, changed.groups);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_grows_without_bound(inputs in proptest::collection::vec((0..6_u8, 0..40_u64, 0..4_000_usize), 1..400)) {
        let limits = Limits {
            records: 20,
            octets_of_one: 20_000,
            octets: 60_000,
            octets_each: 30_000,
            octets_outside: 20_000,
            kept_for: Duration::from_secs(60),
            judged_after: Duration::from_secs(1),
        };
        let mut world = World::new(limits);
        for (kind, number, size) in inputs {
            let (call, id) = (CallId(number), format!("id-{number}"));
            let padding = "x".repeat(size);
            match kind {
                0 => world.comes(&format!("INVITE sip:{padding} SIP/2.0"), &id),
                1 => {
                    // A call has one end and no second beginning.
                    let owner = Owner { line: Some(LineId((number % 3) as u32)), ..OWN };
                    world.recorder.belongs(&id, call, owner, world.now);
                }
                2 => world.goes(&format!("BYE sip:{padding} SIP/2.0"), &id),
                3 => world.end(call, false, CauseCode::Busy),
                4 => world.goes(&format!("REGISTER sip:{padding} SIP/2.0"), &format!("r-{number}-{size}")),
                _ => world.later(size as u64 * 5),
            }
            let recorder = &world.recorder;
            let running = recorder.stories.values().filter(|story| story.shelved.is_none());
            let running: usize = running.map(|story| story.octets).sum();
            let all: usize = recorder.stories.values().map(|story| story.octets).sum();
            prop_assert_eq!(recorder.octets, all);
            prop_assert!(all <= limits.octets + running + limits.octets_of_one);
            prop_assert!(recorder.octets_outside <= limits.octets_outside + 8_000);
            prop_assert!(recorder.outside.len() <= recorder.lines.len() + recorder.groups.len());
            prop_assert_eq!(recorder.order.len(), recorder.stories.values().filter(|story| story.ended.is_some()).count());
            for story in recorder.stories.values() {
                prop_assert!(story.records.len() <= limits.records);
                prop_assert_eq!(story.octets, size_of::<Story>() + story.records.iter().map(Record::size).sum::<usize>());
            }
            for (shelf, entry) in &recorder.over {
                let octets: usize = entry.stories.iter().map(|id| recorder.stories[id].octets).sum();
                prop_assert_eq!(octets, entry.octets, "{:?}", shelf);
                prop_assert!(octets <= limits.octets_each + limits.octets_of_one);
            }
            for branches in recorder.by_call_id.values() {
                prop_assert!(branches.iter().all(|branch| recorder.stories.contains_key(&branch.story)));
            }
            prop_assert!(recorder.by_call.values().all(|story| recorder.stories.contains_key(story)));
        }
    }
}
