//! Calls on lines of a connection with a location.

use offhook_sip::ReferId;
use offhook_sip::header::Name;
use offhook_sip::uri::Uri;
use serde_json::{Value, json};

use super::super::directory::{Diversion, Redirection};
use super::super::numbers::{Around, ClientPlace, NotedNumbers, Translated, Translation, Typed};
use super::super::service::Service;
use super::super::settings::{Callers, Forwarding, ForwardingKind, LineSettings};
use super::passed_on::redirected;
use super::*;
use crate::numbers::country::Countries;
use crate::numbers::{Day, Location, Moment, NumberKind, Numbers};

/// Berlin, 030 1234 and extensions 200 to 299, 0 for an outside line; with other things changed.
fn berlin(change: &Value) -> Numbers {
    let mut location = json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": {
            "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "200", "to": "299" }], "shortest": 3, "longest": 3
        }
    });
    location.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let location: Location = serde_json::from_value(location).unwrap();
    Numbers::new([("berlin", &location)], &Countries::default())
}

/// A world whose first connection is in Berlin.
pub(super) fn world(change: &Value) -> World {
    World::with(|directory| located(directory, change))
}

pub(super) fn located(directory: &mut Directory, change: &Value) {
    directory.locate([Some("berlin".to_owned())], Arc::new(berlin(change)));
}

pub(super) fn project(text: &str, project: &str, pin: &str) -> Typed {
    Typed { text: text.into(), project: Some(project.into()), pin: pin.into(), ..Typed::default() }
}

pub(super) fn make(number: impl Into<Typed>) -> Command {
    Command::MakeCall { line: LINE, number: number.into(), sdp: "v=0".into() }
}

#[test]
fn what_a_person_types_becomes_what_the_pbx_gets() {
    for (typed, invite) in [
        ("030 1234 222", "INVITE 222"),
        ("+49 30 1234-222", "INVITE 222"),
        ("222", "INVITE 222"),
        ("+49 89 777", "INVITE 0089777"),
        ("030 777", "INVITE 0777"),
        ("0044 20 7946 0018", "INVITE 000442079460018"),
        ("!030777", "INVITE 030777"),
        ("*61", "INVITE *61"),
        ("alice", "INVITE alice"),
        ("alice2", "INVITE alice2"),
        ("sip200", "INVITE sip200"),
        ("room-101", "INVITE room-101"),
        ("(0800) HELP 1", "INVITE 0080043571"),
        ("tel:+4989777", "INVITE 0089777"),
    ] {
        let mut world = world(&json!({ "vanity": ["800"] }));
        world.dial(typed);
        assert!(world.log.contains(&invite.to_owned()), "{typed}: {:?}", world.log);
    }
}

#[test]
fn calls_go_by_what_a_location_has_beside_the_usual_rules() {
    let (weekday, sunday) = (Day::Weekday, Day::Sunday);
    let simple = json!({ "dialect": "simple", "access_codes": { "national": "9" }, "simple": {
        "country_prefix": "49", "internal_length": 3,
        "rules": [{ "pattern": "[6(\\d)(\\d)]", "value": "7$2$1" }, { "priority": 5, "pattern": "+", "value": "00" }]
    } });
    let multipoint = json!({ "numbering": {
        "kind": "multipoint", "numbers": [{ "number": "+4930123456", "internal": "11" }], "shortest": 2, "longest": 2
    } });
    let least_cost = json!({ "least_cost_routing": {
        "enabled": true, "providers": [{ "name": "One", "prefix": "01013" }],
        "zones": [{ "name": "Munich", "prefixes": ["+4989"], "sunday": vec!["One"; 48] }]
    } });
    let split = json!({ "split_long_numbers": true });
    for (location, day, typed, invite, digits) in [
        (&simple, weekday, "+49 (0) 89 777", "INVITE 0089777", None),
        (&simple, weekday, "+44 20 79460018", "INVITE 000442079460018", None),
        (&simple, weekday, "612", "INVITE 721", None),
        (&multipoint, weekday, "030 123456", "INVITE 11", None),
        (&multipoint, weekday, "030 123457", "INVITE 0123457", None),
        (&least_cost, weekday, "089 777", "INVITE 0089777", None),
        (&least_cost, sunday, "089 777", "INVITE 001013089777", None),
        (&least_cost, sunday, "040 777", "INVITE 0040777", None),
        (&split, weekday, "+1 202 555 0123 456", "INVITE 00012025550123", Some("digits 456 to B")),
        (&split, weekday, "+1 202 555 0123", "INVITE 00012025550123", None),
    ] {
        let mut world = world(location);
        world.calls.set_moment(Moment { day, minute: 12 * 60 });
        world.dial(typed);
        assert!(world.log.contains(&invite.to_owned()), "{typed}, {day:?}: {:?}", world.log);
        world.answer_last();
        let sent = world.log.iter().find(|line| line.starts_with("digits"));
        assert_eq!(sent.map(String::as_str), digits, "{typed}");
    }
}

#[test]
fn another_location_counts_for_the_next_call() {
    let mut world = world(&json!({}));
    let mut directory = Directory::clone(&world.calls.directory);
    located(&mut directory, &json!({ "access_codes": { "national": "9" } }));
    world.input(Input::Directory(Arc::new(directory)));
    world.dial("+49 89 777");
    assert!(world.log.contains(&"INVITE 9089777".to_owned()), "{:?}", world.log);
}

#[test]
fn what_became_of_a_number_is_told_and_needs_no_rules_again() {
    let mut world = world(&json!({}));
    let call = world.dial("+49 89 777");
    let noted = world.translations.remove(0);
    assert_eq!((noted.call, noted.kind, noted.text.as_str()), (Some(call), NumberKind::Typed, "+49 89 777"));
    assert_eq!(noted.location, "Berlin");
    let mut numbers = NotedNumbers::default();
    numbers.set(noted);
    let mut again = World::with(|directory| directory.noted = Arc::new(numbers));
    again.dial("+49 89 777");
    assert!(again.log.contains(&"INVITE 0089777".to_owned()), "{:?}", again.log);
}

#[test]
fn a_pin_is_dialled_and_told_to_nobody() {
    let project_of = json!({ "projects": [{ "name": "P", "code": "*60eeee#", "use": "dial" }] });
    let mut world = world(&project_of);
    let refused = world.command(DESK, make(project("+49 89 777", "P", "12")));
    assert_eq!(refused, Some(CommandResult::Error(CauseCode::PinNeeded)));
    let refused = world.command(DESK, make(project("+49 89 777", "Q", "")));
    assert_eq!(refused, Some(CommandResult::Error(CauseCode::UnknownProject)));
    let command = make(project("+49 89 777", "P", "1357"));
    assert!(!format!("{command:?}").contains("1357"));
    assert!(!serde_json::to_string(&command).unwrap().contains("1357"));
    world.translations.clear();
    world.command(DESK, command);
    assert!(world.log.iter().any(|line| line.starts_with("INVITE *601357#")), "{:?}", world.log);
    let told = serde_json::to_string(&world.translations).unwrap();
    assert!(!told.contains("1357") && told.contains("*60****#"), "{told}");
    assert!(!format!("{:?}", world.translations).contains("1357"));
    // Who hides it in what is noted of the call learns it, and nobody else.
    assert_eq!(world.translations[0].secret.take().as_deref(), Some("*601357#089777"));
    assert!(matches!(&world.translations[0].result, Translated::Dialled(_)));
}

#[test]
fn an_emergency_call_is_made_whatever_forbids_it() {
    let rule = json!({ "emergency": { "enabled": true, "rules": [
        { "subnet": "192.0.2.0/24", "numbers": ["112"], "prefix": "81" },
        { "subnet": "fe80::%3/64", "numbers": ["112"], "prefix": "82" }
    ] } });
    for (address, typed, invite) in [
        ("192.0.2.7:5", "112", "INVITE 81112"),
        ("192.0.2.7:5", "0112", "INVITE 81112"),
        // A socket for both kinds of addresses writes IPv4 so (RFC 4291 2.5.5.2).
        ("[::ffff:192.0.2.7]:5", "112", "INVITE 81112"),
        ("198.51.100.7:5", "112", "INVITE 0112"),
        ("198.51.100.7:5", "0110", "INVITE 0110"),
        ("[fe80::1%3]:5", "112", "INVITE 82112"),
        ("[fe80::1%4]:5", "112", "INVITE 0112"),
        ("[fe80::1]:5", "112", "INVITE 0112"),
    ] {
        let mut world = world(&rule);
        let place = Some(ClientPlace::of(address.parse().unwrap()));
        world.input(Input::ClientArrived { client: DESK, user: ALICE, place });
        // Nothing goes by a line that is not registered but this.
        world.input(Input::LineAvailable { line: LINE, available: false });
        world.command(DESK, make("+49 89 777"));
        assert_eq!(world.ended.len(), 1);
        world.command(DESK, make(typed));
        assert!(world.log.contains(&invite.to_owned()), "{address} {typed}: {:?}", world.log);
    }
}

/// A call of a number that comes in at Alice's line.
pub(super) fn called_by(world: &mut World, number: &str) {
    let from = Caller { number: number.into(), name: None };
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route: Route::Line { group: PBX, line: LINE },
        from,
        abilities: world.abilities,
        max_forwards: 70,
        headers: Headers::new(),
        offer: Bytes::from_static(OFFER),
    });
}

#[test]
fn a_caller_is_shown_as_people_know_the_number() {
    for (reported, number, shown) in [
        ("0089123456", "+4989123456", "+49 (89) 123456"),
        ("201", "+49301234201", "201"),
        ("+442079460018", "+442079460018", "+44 (20) 79460018"),
        ("carol", "carol", "carol"),
        ("sip200", "sip200", "sip200"),
        ("user-0815", "user-0815", "user-0815"),
        ("anonymous", "anonymous", "anonymous"),
    ] {
        let mut world = world(&json!({}));
        called_by(&mut world, reported);
        let view = world.last_view(DESK);
        assert_eq!((view.remote.number.as_str(), view.shown.as_str()), (number, shown), "{reported}");
    }
}

#[test]
fn forwardings_go_by_the_rules_and_by_whether_a_caller_is_internal() {
    for (caller, invite) in [("201", "INVITE 0089777"), ("0089123456", "INVITE 250")] {
        let mut world = world(&json!({}));
        let set =
            |callers, to: &str| Forwarding { kind: ForwardingKind::Immediate, callers, to: to.into(), after: None };
        for forwarding in [set(Callers::Internal, "+49 89 777"), set(Callers::External, "030 1234-250")] {
            let set = Command::SetForwarding { line: LINE, forwarding };
            assert_eq!(world.command(DESK, set), Some(CommandResult::Ok));
        }
        called_by(&mut world, caller);
        assert!(world.log.contains(&invite.to_owned()), "{caller}: {:?}", world.log);
    }
    // The line's own number, however it is written.
    let mut world = world(&json!({}));
    let own = Forwarding {
        kind: ForwardingKind::Immediate,
        callers: Callers::All,
        to: "+49 30 1234 200".into(),
        after: None,
    };
    let set = Command::SetForwarding { line: LINE, forwarding: own };
    assert_eq!(world.command(DESK, set), Some(CommandResult::Error(CauseCode::OwnNumber)));
}

/// What Alice is told who forwards the calls of her line of this number to another.
fn forwarded(location: &Value, line: &str, to: &str) -> Option<CommandResult> {
    let mut world = World::with(|directory| {
        directory.lines[0].number = line.to_owned();
        located(directory, location);
    });
    let (kind, callers) = (ForwardingKind::Immediate, Callers::All);
    let forwarding = Forwarding { kind, callers, to: to.into(), after: None };
    world.command(DESK, Command::SetForwarding { line: LINE, forwarding })
}

#[test]
fn a_line_that_is_no_extension_is_known_by_the_rules_for_lines() {
    let rule = json!({ "line_rules": [{ "pattern": "^(77)$", "replacement": "+493099\\1" }] });
    let own = Some(CommandResult::Error(CauseCode::OwnNumber));
    assert_eq!(forwarded(&rule, "77", "+49 30 9977"), own);
    assert_eq!(forwarded(&rule, "77", "+49 30 9978"), Some(CommandResult::Ok));
    assert_eq!(forwarded(&json!({}), "77", "+49 30 9977"), Some(CommandResult::Ok));
}

#[test]
fn internal_numbers_are_those_of_lines_that_end_so_and_numbers_from_outside_are_not() {
    let simple = |reverse_length: u32| {
        json!({ "dialect": "simple", "simple": {
            "country_prefix": "49", "internal_length": 6, "reverse_length": reverse_length
        } })
    };
    let own = Some(CommandResult::Error(CauseCode::OwnNumber));
    assert_eq!(forwarded(&simple(3), "200", "555200"), own);
    for (length, to) in [(3, "555201"), (4, "555200"), (3, "+49 89 555200")] {
        assert_eq!(forwarded(&simple(length), "200", to), Some(CommandResult::Ok), "{length}, {to}");
    }
}

#[test]
fn the_code_for_forwarding_is_for_what_the_pbx_forwards() {
    // A PBX that puts the code for an outside line before the numbers that it forwards to.
    for (diversion, places, sent) in [
        (Diversion::NewCall, 1, "INVITE 0089777"),
        (Diversion::Redirect, 1, "302 [Number(\"089777\")]"),
        // Where it only rings for a while, it is our call.
        (Diversion::Redirect, 2, "INVITE 0089777"),
    ] {
        let with = |list: bool| {
            World::with(|directory| {
                directory.groups[0].diversion = diversion;
                let place = Redirection { to: "+49 89 777".into(), rings: Duration::from_secs(15) };
                directory.lines[0].redirections = if list { vec![place; places] } else { Vec::new() };
                located(directory, &json!({ "access_codes": { "forwarding": "" } }));
            })
        };
        let mut listed = with(true);
        called_by(&mut listed, "0089123456");
        listed.wait();
        assert!(listed.log.contains(&sent.to_owned()), "{:?}", listed.log);
        if places == 1 {
            let mut deflected = with(false);
            called_by(&mut deflected, "0089123456");
            let call = deflected.last_view(DESK).id;
            deflected.done(Command::DeflectCall { call, number: "+49 89 777".into() });
            assert!(deflected.log.contains(&sent.to_owned()), "{:?}", deflected.log);
            let kinds: Vec<NumberKind> = deflected.translations.iter().map(|noted| noted.kind).collect();
            let kind = if diversion == Diversion::NewCall { NumberKind::Typed } else { NumberKind::Forwarding };
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
    }
}

#[test]
fn who_is_not_in_a_private_call_sees_no_number() {
    let mut world = world(&json!({}));
    let private = Typed { text: "+49 89 777".into(), private: true, ..Typed::default() };
    let Some(CommandResult::Media { call, .. }) = world.command(DESK, make(private)) else { panic!("it is dialled") };
    assert_eq!(world.last_view(DESK).remote.number, "+4989777");
    assert_eq!(world.calls.record(call).unwrap().called, Number::Private);
    let watched = &world.calls.monitored(LINE)[0];
    assert_eq!((&watched.remote, &watched.shown), (&None, &None));

    // What is refused is not told either.
    let group = LineGroupId(0);
    let refused = |typed: &Typed| world.calls.directory.wanted(group, typed, Around::default());
    let nothing = |private| Typed { text: "+".into(), private, ..Typed::default() };
    assert!(refused(&nothing(false)).translation.is_some());
    assert!(refused(&nothing(true)).translation.is_none());
}

#[test]
fn pauses_and_digits_follow_the_answer() {
    let card = json!({ "projects": [{ "name": "C", "code": "0800123CP#eeee#N", "use": "dial" }] });
    let mut world = world(&card);
    world.command(DESK, make(project("+49 89 777", "C", "1357")));
    assert!(world.log.contains(&"INVITE 0800123".to_owned()), "{:?}", world.log);
    world.answer_last();
    assert!(!world.log.iter().any(|line| line.starts_with("digits")), "{:?}", world.log);
    world.now += Duration::from_secs(1);
    world.calls.handle_timeout(world.now);
    world.drain();
    assert!(world.log.iter().any(|line| line.starts_with("digits #1357#")), "{:?}", world.log);
}

#[test]
fn what_follows_the_answer_is_sent_before_a_call_is_transferred() {
    let card = json!({ "projects": [{ "name": "C", "code": "0800123CP#eeee#N", "use": "dial" }] });
    let mut world = world(&card);
    let held = world.talking_to("201");
    let Some(CommandResult::Media { call: active, .. }) = world.command(DESK, make(project("+49 89 777", "C", "1357")))
    else {
        panic!("it is dialled")
    };
    world.answer_last();
    world.input(Input::Media { call: active, side: Side::A, event: MediaInput::Connected });
    world.refused(Command::TransferCall { active, held }, CauseCode::StillDialling);
    world.refused(Command::SingleStepTransferCall { call: active, number: "202".into() }, CauseCode::StillDialling);
    assert!(!world.view(active).services.contains(Service::TransferCall));
    world.now += Duration::from_secs(1);
    world.calls.handle_timeout(world.now);
    world.drain();
    assert!(world.log.iter().any(|line| line.starts_with("digits #1357#")), "{:?}", world.log);
    assert!(world.view(active).services.contains(Service::TransferCall));
    world.done(Command::TransferCall { active, held });
}

#[test]
fn a_call_that_is_transferred_is_dialled_by_the_rules() {
    let mut world = world(&json!({}));
    let call = world.talking_to("201");
    let transfer = Command::SingleStepTransferCall { call, number: "+49 89 777".into() };
    assert_eq!(world.command(DESK, transfer), Some(CommandResult::Ok));
    assert!(world.log.contains(&"INVITE 0089777".to_owned()), "{:?}", world.log);
}

/// The same world without rules, with what the first one noted of numbers.
fn once_more(translations: Vec<Translation>) -> World {
    let mut numbers = NotedNumbers::default();
    translations.into_iter().for_each(|translation| numbers.set(translation));
    World::with(|directory| directory.noted = Arc::new(numbers))
}

#[test]
fn who_calls_the_own_remote_office_calls_it_directly_without_rules_too() {
    let settings = LineSettings { remote_office: Some("+49 30 1234 205".into()), ..LineSettings::default() };
    let dial = |world: &mut World| {
        world.input(Input::LineSettings { line: LINE, settings: settings.clone() });
        let call = world.dial("205");
        assert!(world.log.contains(&"INVITE 205".to_owned()), "{:?}", world.log);
        call
    };
    let mut world = world(&json!({}));
    let call = dial(&mut world);
    let of_office = |translation: &&Translation| translation.text == "+49 30 1234 205";
    assert_eq!(world.translations.iter().filter(of_office).map(|of| of.call).collect::<Vec<_>>(), [Some(call)]);
    dial(&mut once_more(world.translations));
}

#[test]
fn who_is_really_connected_is_taken_without_rules_too() {
    let answer = |world: &mut World, asserted: &str| {
        let headers = vec![(Name::PAssertedIdentity, asserted.to_owned())];
        world.sip(world.next_session, SipInput::Answered { abilities: world.abilities, sdp: sdp(), headers });
    };
    let connected = |world: &mut World| {
        world.dial("+49 89 777");
        answer(world, "\"Carol\" <sip:0089778@x>");
        let view = world.last_view(DESK);
        assert_eq!((view.remote.number.as_str(), view.remote.name.as_deref()), ("+4989778", Some("Carol")));
    };
    let mut first = world(&json!({}));
    connected(&mut first);
    connected(&mut once_more(first.translations));

    // A PBX that says what it got says a PIN, too: people know the number already.
    let mut world = world(&json!({ "projects": [{ "name": "P", "code": "*60eeee#", "use": "dial" }] }));
    world.command(DESK, make(project("+49 89 777", "P", "1357")));
    answer(&mut world, "<sip:*601357%23089777@x>");
    let view = world.last_view(DESK);
    assert_eq!((view.remote.number.as_str(), view.shown.as_str()), ("+4989777", "+49 (89) 777"));
    assert!(!format!("{:?}", world.calls.record(view.id).unwrap().called).contains("1357"));
}

#[test]
fn who_is_really_connected_is_not_shown_where_the_location_ignores_it() {
    let connected = |world: &mut World| {
        world.dial("+49 89 777");
        let headers = vec![(Name::PAssertedIdentity, "\"Carol\" <sip:0089778@x>".to_owned())];
        world.sip(world.next_session, SipInput::Answered { abilities: world.abilities, sdp: sdp(), headers });
        let view = world.last_view(DESK);
        assert_eq!(
            (view.remote.number.as_str(), view.shown.as_str(), view.remote.name.as_deref(), view.remote_state),
            ("+4989777", "+49 (89) 777", None, ConnectionState::Connected)
        );
    };
    let mut first = world(&json!({ "ignore_connected_id": true }));
    connected(&mut first);
    connected(&mut once_more(first.translations));
}

/// What happens in a call.
type Happens<'a> = &'a dyn Fn(&mut World);

#[test]
fn each_number_that_comes_up_in_a_call_is_read_as_what_it_is() {
    // Each kind of number has a code of its own before it.
    let strip = json!({ "strip": {
        "incoming": ["1"], "outgoing": ["2"], "forwarding": ["3"], "connected_incoming": ["4"], "connected_outgoing": ["5"]
    } });
    let transferred = |world: &mut World, session: u64, to: &str| {
        let target = Uri::parse(to).unwrap();
        let refer = ReferId::from_raw(7);
        world.sip(session, SipInput::Refer { refer, target, replaces: None, referred_by: None });
        world.answer_last();
    };
    let taken = |world: &mut World| {
        called_by(world, "1089123456");
        let call = world.last_view(DESK).id;
        world.command(DESK, Command::AnswerCall { call, sdp: "v=0".into() });
    };
    let cases: [(NumberKind, &str, Happens<'_>); 5] = [
        (NumberKind::ConnectedIncoming, "4089778", &|world| {
            taken(world);
            transferred(world, 1, "sip:4089778@pbx");
        }),
        (NumberKind::ConnectedIncoming, "4089778", &|world| {
            taken(world);
            let from = Caller { number: "4089778".into(), name: None };
            let (replaces, offer) = (session(1), Bytes::from_static(OFFER));
            world.input(Input::Replacing { session: session(50), replaces, from, offer });
        }),
        (NumberKind::ConnectedOutgoing, "5089778", &|world| {
            world.talking_to("+49 89 777");
            let session = world.next_session;
            transferred(world, session, "sip:5089778@pbx");
        }),
        (NumberKind::ConnectedOutgoing, "5089778", &|world| {
            world.dial("+49 89 777");
            let headers = vec![(Name::PAssertedIdentity, "<sip:5089778@x>".to_owned())];
            world.sip(world.next_session, SipInput::Answered { abilities: world.abilities, sdp: sdp(), headers });
        }),
        (NumberKind::ReportedForwarding, "3089778", &|world| {
            world.dial("+49 89 777");
            world.sip(world.next_session, redirected(&[("sip:3089778@pbx", 1000)], Headers::new()));
            world.sip(world.next_session, progress(180, None));
        }),
    ];
    for (kind, number, happens) in cases {
        let mut world = world(&strip);
        happens(&mut world);
        let view = world.last_view(DESK);
        assert_eq!(
            (view.remote.number.as_str(), view.shown.as_str()),
            ("+4989778", "+49 (89) 778"),
            "{kind:?}: {:?}",
            world.log
        );
        // What-if asks for it later.
        let past = world.translations.iter().filter_map(|noted| noted.past("berlin", 0.0));
        assert_eq!(past.filter(|past| past.kind == kind).map(|past| past.text).collect::<Vec<_>>(), [number]);
    }
}

#[test]
fn what_is_set_is_a_number_of_bounded_length_in_one_line() {
    let mut world = world(&json!({}));
    let set = |number: &str| Command::SetRemoteOffice { line: LINE, number: Some(number.into()) };
    for number in ["030\u{0}1777", "030\n1777", &format!("030{}1777", " ".repeat(300)), &"🙂".repeat(100)] {
        assert_eq!(
            world.command(DESK, set(number)),
            Some(CommandResult::Error(CauseCode::InvalidNumber)),
            "{number:?}"
        );
    }
    world.done(set(" 030 / 17-77\n"));
    assert_eq!(world.calls.settings(LINE).remote_office.as_deref(), Some("030 / 17-77"));
    // What is too long is looked at no further.
    let group = LineGroupId(0);
    let long = Typed::from(format!("030{}1777", " ".repeat(300)));
    let wanted = world.calls.directory.wanted(group, &long, Around::default());
    assert_eq!((wanted.result.err(), wanted.translation), (Some(CauseCode::InvalidNumber), None));
}

#[test]
fn a_super_canonical_number_is_passed_on_as_the_location_dials_it() {
    for (number, invite, shown) in [
        ("+4989777", "INVITE 0089777", "+4989777"),
        ("+49301234222", "INVITE 222", "+49301234222"),
        // What a route has written for the PBX is left.
        ("0089777", "INVITE 0089777", "+4989777"),
        ("112", "INVITE 112", "112"),
    ] {
        let mut world = world(&json!({}));
        world.pass_on(PBX, vec![super::passed_on::target(PBX, number)]);
        assert!(world.log.contains(&invite.to_owned()), "{number}: {:?}", world.log);
        let known = world.translations.iter().any(|translation| match &translation.result {
            Translated::Dialled(placed) => placed.known.as_ref().is_some_and(|known| known.number == shown),
            Translated::Reported(known) => known.number == shown,
            Translated::NotDialled { .. } | Translated::Nothing => false,
        });
        assert!(known, "{number}: {:?}", world.translations);
    }
}
