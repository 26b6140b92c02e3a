//! Calls that nobody can take or shall take, and calls that go elsewhere.

use offhook_sip::header::Name;

use super::*;
use crate::call::directory::{Decline, Diversion, Redirection};
use crate::call::service::Service;
use crate::call::settings::{Callers, Forwarding, ForwardingKind, LineSettings};
use crate::rights::RightsTable;

/// Carol's line, of the same connection.
pub(super) const CAROLS_LINE: LineId = LineId(2);
pub(super) const CAROL: UserId = UserId(2);
pub(super) const CAROLS: ClientId = ClientId(4);

/// A world where Carol has a line of her own and is signed in.
pub(super) fn world(change: impl FnOnce(&mut Directory)) -> World {
    let mut world = World::with(|directory| {
        let line = LineEntry { number: "202".into(), users: vec![CAROL], ..directory.lines[0].clone() };
        directory.lines.push(line);
        change(directory);
    });
    world.input(Input::LineAvailable { line: CAROLS_LINE, available: true });
    world.input(Input::ClientArrived { client: CAROLS, user: CAROL, place: None });
    world
}

pub(super) fn own(directory: &mut Directory) -> &mut LineGroupEntry {
    &mut directory.groups[0]
}

fn list(directory: &mut Directory, numbers: &[&str]) {
    let redirection = |to: &&str| Redirection { to: (*to).into(), rings: Duration::from_secs(15) };
    directory.lines[0].redirections = numbers.iter().map(redirection).collect();
}

pub(super) fn forwarding(kind: ForwardingKind, to: &str) -> Forwarding {
    Forwarding { kind, callers: Callers::All, to: to.into(), after: None }
}

impl World {
    fn all_leave(&mut self) {
        for client in [DESK, LAPTOP, BOBS] {
            self.input(Input::ClientGone { client });
        }
    }

    pub(super) fn set(&mut self, forwarding: Forwarding) {
        let set = Command::SetForwarding { line: LINE, forwarding };
        assert_eq!(self.command(DESK, set), Some(CommandResult::Ok));
        self.logged(&["settings of 0"]);
    }

    /// A call of an external number, with what its INVITE says beside that.
    pub(super) fn call_in(&mut self, number: u64, line: LineId, from: &str, headers: Headers) -> CallId {
        let route = Route::Line { group: PBX, line };
        let from = Caller { number: from.into(), name: None };
        let (abilities, offer) = (Abilities::default(), Bytes::from_static(OFFER));
        let session = session(number);
        self.input(Input::Incoming {
            call_id: String::new(),
            session,
            route,
            from,
            abilities,
            max_forwards: 70,
            headers,
            offer,
        });
        self.views.last().map_or(CallId(0), |(_, view)| view.id)
    }

    fn sees(&self, client: ClientId) -> usize {
        self.calls.views(client).len()
    }

    pub(super) fn invited(&self, name: Name) -> Vec<String> {
        let (_, headers) = self.invited.as_ref().expect("an INVITE");
        headers.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.clone()).collect()
    }
}

#[test]
fn nobody_there_and_do_not_disturb_answer_as_the_connection_says() {
    for (signed_out, status) in [(Decline::Busy, 486), (Decline::Unavailable, 480), (Decline::Declined, 603)] {
        for disturbed in [false, true] {
            let mut world = world(|directory| own(directory).signed_out = signed_out);
            match disturbed {
                true => {
                    world.command(DESK, Command::SetDoNotDisturb { line: LINE, on: true });
                }
                false => world.all_leave(),
            }
            world.log.clear();
            world.incoming();
            world.logged(&[&format!("reject {status}"), "media closed"]);
            assert!(world.views.is_empty() && world.calls.is_empty());
        }
    }
}

#[test]
fn who_signs_in_sees_a_call_that_rings_because_nobody_was_there() {
    let mut world = world(|directory| own(directory).signed_out = Decline::Ringing);
    world.all_leave();
    world.incoming();
    world.logged(&["180"]);
    world.input(Input::ClientArrived { client: DESK, user: ALICE, place: None });
    let views = world.calls.views(DESK);
    assert_eq!((views.len(), views[0].state), (1, ConnectionState::Alerting));
    let answer = Command::AnswerCall { call: views[0].id, sdp: "v=0".into() };
    assert!(matches!(world.command(DESK, answer), Some(CommandResult::Media { .. })));
}

#[test]
fn do_not_disturb_that_lets_it_ring_shows_nothing_until_it_is_switched_off() {
    let mut world = world(|directory| own(directory).signed_out = Decline::Ringing);
    world.command(DESK, Command::SetDoNotDisturb { line: LINE, on: true });
    world.logged(&["settings of 0"]);
    world.incoming();
    world.logged(&["180"]);
    assert!(world.views.is_empty() && world.sees(DESK) == 0);
    // The call is not theirs, whatever they know of its number.
    let answer = Command::AnswerCall { call: CallId(1), sdp: "v=0".into() };
    assert_eq!(world.command(DESK, answer), Some(CommandResult::Error(CauseCode::UnknownCall)));
    world.command(DESK, Command::SetDoNotDisturb { line: LINE, on: false });
    assert_eq!(world.last_view(LAPTOP).state, ConnectionState::Alerting);
    world.logged(&["settings of 0"]);
}

#[test]
fn declining_does_what_is_fixed_and_otherwise_what_is_wished() {
    for (fixed, wish, status) in [
        (None, CauseCode::Busy, 486),
        (None, CauseCode::Declined, 603),
        (Some(Decline::Busy), CauseCode::Declined, 486),
        (Some(Decline::Unavailable), CauseCode::Busy, 480),
        (Some(Decline::Declined), CauseCode::Busy, 603),
    ] {
        let mut world = world(|directory| own(directory).decline = fixed);
        let call = world.incoming();
        assert_eq!(world.command(DESK, Command::Decline { call, cause: wish }), Some(CommandResult::Ok));
        world.logged(&["180", &format!("reject {status}"), "media closed"]);
        for client in [DESK, LAPTOP, BOBS] {
            assert_eq!(world.last_view(client).state, ConnectionState::Null);
        }
    }
}

#[test]
fn a_decline_that_is_hidden_from_the_caller_lets_only_the_clients_go() {
    let mut world = world(|directory| own(directory).decline = Some(Decline::Ringing));
    let call = world.incoming();
    let decline = Command::Decline { call, cause: CauseCode::Declined };
    assert_eq!(world.command(DESK, decline.clone()), Some(CommandResult::Ok));
    world.logged(&["180"]);
    assert_eq!((world.last_view(BOBS).state, world.sees(BOBS)), (ConnectionState::Null, 0));
    assert_eq!(world.command(LAPTOP, decline), Some(CommandResult::Error(CauseCode::UnknownCall)));
    // Somebody else may still pick it up.
    let pickup = Command::DirectedPickupCall { line: CAROLS_LINE, number: "200".into(), sdp: "v=0".into() };
    assert!(matches!(world.command(CAROLS, pickup), Some(CommandResult::Media { .. })));
    world.sip(1, SipInput::Ended { broken: false, reason: None });
    assert!(world.calls.is_empty());
}

#[test]
fn a_call_is_forwarded_in_the_way_of_the_connection() {
    let mut world = world(|_| {});
    world.set(forwarding(ForwardingKind::Immediate, "300"));
    world.incoming();
    world.logged(&["181", "INVITE 300"]);
    assert!(world.views.is_empty(), "nobody was disturbed");
    world.sip(101, progress(180, None));
    world.sip(101, answered(sdp()));
    world.logged(&["180", "200", "A hears Peer", "B hears Peer"]);
    world.sip(101, bye());
    world.logged(&["hangup 1", "media closed"]);

    let mut redirected = self::world(|directory| own(directory).diversion = Diversion::Redirect);
    redirected.set(forwarding(ForwardingKind::Immediate, "300"));
    redirected.incoming();
    redirected.logged(&["302 [Number(\"300\")]", "media closed"]);
    assert!(redirected.calls.is_empty());

    let mut sent = self::world(|directory| own(directory).diversion = Diversion::Transfer);
    sent.set(forwarding(ForwardingKind::Immediate, "300"));
    sent.incoming();
    sent.logged(&["200", "A hears MusicOnHold"]);
    sent.sip(1, SipInput::Confirmed { sdp: None });
    sent.logged(&["offer 1"]);
    sent.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    sent.logged(&["REFER 1 to Some(Number(\"300\")) replacing None"]);
    sent.sip(1, SipInput::Referred { status: 100 });
    sent.sip(1, SipInput::Referred { status: 180 });
    sent.logged(&[]);
    sent.sip(1, SipInput::Referred { status: 200 });
    sent.logged(&["hangup 1", "media closed"]);
}

#[test]
fn an_invite_that_goes_on_says_whose_call_it_is_and_who_diverted_it() {
    let mut world = world(|directory| own(directory).domain = "pbx.example".into());
    world.set(forwarding(ForwardingKind::Immediate, "300"));
    world.incoming();
    assert_eq!(world.invited(Name::Diversion), ["<sip:200@pbx.example>;reason=unconditional"]);
    let history =
        ["<sip:200@pbx.example>;index=1", "<sip:300@pbx.example;cause=302>;index=1.1;mp=1"].map(str::to_owned);
    assert_eq!(world.invited(Name::HistoryInfo), history);
    assert_eq!(world.invited(Name::PAssertedIdentity), ["\"Carol\" <sip:200@pbx.example>"]);

    let came = vec![
        (Name::PAssertedIdentity, "<sip:0491@x>".to_owned()),
        (Name::Diversion, "\"Boss\" <sip:100@x>;reason=user-busy".to_owned()),
    ];
    world.sip(1, SipInput::Cancelled { reason: None });
    world.call_in(2, LINE, "0491", came);
    assert_eq!(world.invited(Name::PAssertedIdentity), ["<sip:0491@x>"]);
    let expected =
        ["<sip:200@pbx.example>;reason=unconditional", "\"Boss\" <sip:100@x>;reason=user-busy"].map(str::to_owned);
    assert_eq!(world.invited(Name::Diversion), expected);
    assert_eq!(world.invited(Name::HistoryInfo).len(), 3);
}

#[test]
fn a_connection_that_is_not_trusted_hears_of_nobody_but_the_line() {
    let mut world = world(|directory| own(directory).trust_identity = false);
    world.set(forwarding(ForwardingKind::Immediate, "300"));
    let came = vec![(Name::PAssertedIdentity, "<sip:0491@x>".to_owned()), (Name::Diversion, "<sip:100@x>".to_owned())];
    world.call_in(1, LINE, "0491", came);
    assert_eq!(world.invited(Name::PAssertedIdentity), Vec::<String>::new());
    assert_eq!(world.invited(Name::Diversion).len(), 1);
}

#[test]
fn a_view_tells_who_diverted_the_call_where_that_is_believed() {
    let diversion = || vec![(Name::Diversion, "\"Boss\" <sip:100@x>;reason=user-busy, <sip:99@x>".to_owned())];
    let history = vec![
        (Name::HistoryInfo, "<sip:100@x>;index=1".to_owned()),
        (Name::HistoryInfo, "<sip:200@x;cause=486>;index=1.1;mp=1".to_owned()),
    ];
    let secret = vec![(Name::Diversion, "<sip:100@x>;privacy=full".to_owned())];
    for (trusts, headers, expected) in [
        (true, diversion(), Some(("100", Some("Boss")))),
        (true, history, Some(("100", None))),
        (true, secret, None),
        (true, Headers::new(), None),
        (false, diversion(), None),
    ] {
        let mut world = world(|directory| own(directory).trust_identity = trusts);
        world.call_in(1, LINE, "0491", headers);
        let by = world.last_view(DESK).diverted_by.clone();
        let by = by.as_ref().map(|by| (by.number.as_str(), by.name.as_deref()));
        assert_eq!(by, expected);
    }
}

#[test]
fn a_call_that_nobody_answers_goes_on_after_the_time_that_was_set() {
    let mut world = world(|_| {});
    let begun = world.now;
    world.set(Forwarding { after: Some(7), ..forwarding(ForwardingKind::NoAnswer, "300") });
    world.incoming();
    world.logged(&["180"]);
    world.wait();
    assert_eq!(world.now - begun, Duration::from_secs(7));
    world.logged(&["181", "INVITE 300"]);
    let gone = world.last_view(DESK);
    assert_eq!((gone.state, gone.cause.as_ref().unwrap().code), (ConnectionState::Null, CauseCode::Diverted));
    assert_eq!(world.sees(DESK), 0);
    // What the caller has heard already is not said again.
    world.sip(101, progress(180, None));
    world.logged(&["180"]);
    world.sip(101, progress(180, None));
    world.logged(&[]);
    world.sip(101, rejected(486));
    world.logged(&["reject 486", "media closed"]);
}

#[test]
fn a_caller_is_told_once_of_each_number_that_its_call_goes_on_to() {
    let mut world = world(|directory| list(directory, &["300", "301"]));
    world.incoming();
    world.wait();
    world.logged(&["180", "181", "INVITE 300"]);
    world.sip(101, progress(181, None));
    world.logged(&[]);
    world.wait();
    world.logged(&["hangup 101", "181", "INVITE 301"]);
    world.sip(102, progress(180, None));
    world.logged(&["180"]);
    // Where it is sent away with a 302, or answered, there is nothing to be told before that.
    for diversion in [Diversion::Redirect, Diversion::Transfer] {
        let mut world = self::world(|directory| own(directory).diversion = diversion);
        world.set(forwarding(ForwardingKind::Immediate, "300"));
        world.incoming();
        assert!(!world.log.contains(&"181".to_owned()));
    }
}

#[test]
fn a_call_that_was_taken_goes_nowhere() {
    let mut world = world(|_| {});
    world.set(forwarding(ForwardingKind::NoAnswer, "300"));
    let call = world.incoming();
    world.command(DESK, Command::AnswerCall { call, sdp: "v=0".into() });
    world.input(Input::Media { call, side: Side::B, event: MediaInput::Connected });
    assert_eq!(world.calls.poll_timeout(), None);
}

#[test]
fn a_list_is_gone_through_and_the_last_place_goes_on_ringing() {
    let mut world = world(|directory| list(directory, &["300", "301", "302"]));
    world.incoming();
    world.log.clear();
    world.wait();
    world.logged(&["181", "INVITE 300"]);
    world.sip(101, progress(180, None));
    world.wait();
    world.logged(&["180", "hangup 101", "181", "INVITE 301"]);
    // Who refuses is not waited for.
    world.sip(102, rejected(486));
    world.logged(&["181", "INVITE 302"]);
    assert_eq!(world.invited(Name::Diversion), ["<sip:200@invalid>;reason=user-busy"]);
    world.sip(103, progress(180, None));
    world.wait();
    world.logged(&["180", "reject 408", "hangup 103", "media closed"]);
}

#[test]
fn a_list_ends_where_it_would_lead_back() {
    let mut world = world(|directory| list(directory, &["300", "200", "302"]));
    world.incoming();
    world.wait();
    world.log.clear();
    world.wait();
    world.logged(&[]);
    assert_eq!(world.calls.len(), 1, "300 goes on ringing");
    world.sip(101, answered(sdp()));
    world.logged(&["200", "A hears Peer", "B hears Peer"]);
    assert_eq!(world.calls.poll_timeout(), None);
}

#[test]
fn a_list_goes_on_although_the_first_place_had_a_sound() {
    let mut world = world(|directory| list(directory, &["300", "301"]));
    world.incoming();
    world.wait();
    world.sip(101, progress(183, sdp()));
    world.log.clear();
    world.wait();
    world.logged(&["hangup 101", "181", "INVITE 301"]);
    world.sip(102, answered(sdp()));
    world.logged(&["200", "A hears Peer", "B hears Peer"]);
}

#[test]
fn two_lines_that_forward_to_each_other_ring() {
    // Whether the PBX says so itself or not.
    for told in [false, true] {
        let mut world = world(|_| {});
        for (line, to) in [(LINE, "202"), (CAROLS_LINE, "200")] {
            let forwardings = vec![forwarding(ForwardingKind::Immediate, to)];
            let settings = LineSettings { forwardings, ..LineSettings::default() };
            world.input(Input::LineSettings { line, settings });
        }
        world.call_in(1, LINE, "0491", Headers::new());
        world.logged(&["181", "INVITE 202"]);
        let diversion = (Name::Diversion, "<sip:200@x>;reason=unconditional".to_owned());
        world.call_in(
            2,
            CAROLS_LINE,
            if told { "555" } else { "200" },
            told.then_some(diversion).into_iter().collect(),
        );
        world.logged(&["180"]);
        assert_eq!(world.sees(CAROLS), 1);
    }
}

#[test]
fn a_busy_user_is_passed_over_only_where_that_is_set() {
    let mut world = world(|_| {});
    world.input(Input::ClientGone { client: BOBS });
    world.dial("555");
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.incoming();
    world.logged(&["180"]);
    world.sip(1, SipInput::Cancelled { reason: None });
    world.log.clear();
    world.set(forwarding(ForwardingKind::Busy, "300"));
    world.call_in(2, LINE, "0491", Headers::new());
    world.logged(&["181", "INVITE 300"]);
    // Bob shares the line and is free.
    world.input(Input::ClientArrived { client: BOBS, user: BOB, place: None });
    world.call_in(3, LINE, "0491", Headers::new());
    world.logged(&["180"]);
    let call = world.last_view(BOBS).id;
    world.command(BOBS, Command::Decline { call, cause: CauseCode::Busy });
    world.logged(&["181", "INVITE 300"]);
}

#[test]
fn with_nobody_signed_in_others_stand_in() {
    let mut world = world(|directory| {
        own(directory).signed_off_to_voice_mailbox = true;
        directory.lines[0].voice_mailbox = Some("900".into());
    });
    let call = world.incoming();
    world.log.clear();
    // The last one goes while it rings.
    world.all_leave();
    world.logged(&["181", "INVITE 900"]);
    world.sip(101, answered(sdp()));
    assert!(world.log.contains(&"200".to_owned()));
    assert_ne!(call, CallId(0));
    world.input(Input::ClientArrived { client: DESK, user: ALICE, place: None });
    world.log.clear();
    world.set(forwarding(ForwardingKind::SignedOff, "300"));
    world.input(Input::ClientGone { client: DESK });
    world.call_in(2, LINE, "0491", Headers::new());
    world.logged(&["181", "INVITE 300"]);
}

#[test]
fn a_client_sends_a_ringing_call_elsewhere() {
    let mut world = world(|_| {});
    let call = world.incoming();
    world.logged(&["180"]);
    let deflect = |number: &str| Command::DeflectCall { call, number: number.into() };
    for (number, cause) in [("", CauseCode::InvalidNumber), ("200", CauseCode::OwnNumber)] {
        assert_eq!(world.command(DESK, deflect(number)), Some(CommandResult::Error(cause)));
    }
    assert_eq!(world.command(BOBS, deflect("3 00")), Some(CommandResult::Ok));
    world.logged(&["181", "INVITE 300"]);
    assert_eq!(world.invited(Name::Diversion), ["<sip:200@invalid>;reason=deflection"]);
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::Diverted);
    assert_eq!(world.command(DESK, deflect("301")), Some(CommandResult::Error(CauseCode::UnknownCall)));
    world.sip(101, answered(sdp()));
    assert_eq!(world.command(DESK, deflect("301")), Some(CommandResult::Error(CauseCode::UnknownCall)));
}

#[test]
fn a_ringing_call_is_picked_up_at_another_line() {
    let mut world = world(|_| {});
    let call = world.incoming();
    world.log.clear();
    let pickup =
        |number: &str| Command::DirectedPickupCall { line: CAROLS_LINE, number: number.into(), sdp: "v=0".into() };
    assert_eq!(world.command(CAROLS, pickup("777")), Some(CommandResult::Error(CauseCode::NothingToPickUp)));
    assert_eq!(world.command(DESK, pickup("200")), Some(CommandResult::Error(CauseCode::UnknownLine)));
    assert!(matches!(world.command(CAROLS, pickup("200")), Some(CommandResult::Media { .. })));
    world.logged(&["200", "A hears Peer", "B hears Peer"]);
    let view = world.last_view(CAROLS);
    assert_eq!((view.id, view.line, view.state, view.here), (call, CAROLS_LINE, ConnectionState::Connected, true));
    for client in [DESK, LAPTOP, BOBS] {
        let gone = world.last_view(client);
        assert_eq!((gone.state, gone.cause.as_ref().unwrap().code), (ConnectionState::Null, CauseCode::PickedUp));
        assert_eq!(world.sees(client), 0);
    }
    assert_eq!(world.command(CAROLS, pickup("200")), Some(CommandResult::Error(CauseCode::NothingToPickUp)));
}

#[test]
fn of_several_lines_that_of_the_same_connection_takes_the_call() {
    let elsewhere = LineId(3);
    let mut world = world(|directory| {
        let carols = directory.lines[CAROLS_LINE.0 as usize].clone();
        directory.lines.push(LineEntry { group: TRUSTED, number: "900".into(), ..carols });
    });
    world.input(Input::LineAvailable { line: elsewhere, available: true });
    let call = world.incoming();
    let pickup =
        |number: &str| Command::DirectedPickupCall { line: elsewhere, number: number.into(), sdp: "v=0".into() };
    assert_eq!(world.command(CAROLS, pickup("777")), Some(CommandResult::Error(CauseCode::NothingToPickUp)));
    assert!(matches!(world.command(CAROLS, pickup("200")), Some(CommandResult::Media { .. })));
    let view = world.last_view(CAROLS);
    assert_eq!((view.id, view.line, view.here), (call, CAROLS_LINE, true));
}

#[test]
fn what_does_not_ring_here_is_picked_up_by_the_code_of_the_pbx() {
    for (in_server, number) in [(true, "777"), (false, "200")] {
        let mut world = world(|directory| {
            own(directory).pickup_code = Some("*59<NUMBER>".into());
            own(directory).pickup_in_server = in_server;
        });
        world.incoming();
        world.log.clear();
        let pickup = Command::DirectedPickupCall { line: CAROLS_LINE, number: number.into(), sdp: "v=0".into() };
        assert!(matches!(world.command(CAROLS, pickup), Some(CommandResult::Media { .. })));
        world.logged(&[&format!("INVITE *59{number}")]);
    }
}

#[test]
fn who_answered_elsewhere_is_told_apart_from_who_hung_up() {
    for (reason, code) in [
        (Some("SIP;cause=200;text=\"Call completed elsewhere\""), CauseCode::AnsweredElsewhere),
        (Some("Q.850 ;cause=16, sip ; cause = 200"), CauseCode::AnsweredElsewhere),
        (Some("SIP;cause=603;text=\"Declined\""), CauseCode::Declined),
        (Some("Q.850;cause=200"), CauseCode::CallerHungUp),
        (Some("SIP;cause=x"), CauseCode::CallerHungUp),
        (None, CauseCode::CallerHungUp),
    ] {
        let mut world = world(|_| {});
        world.incoming();
        world.sip(1, SipInput::Cancelled { reason: reason.map(str::to_owned) });
        assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, code, "{reason:?}");
    }
    // It goes along to where the call was diverted.
    let mut world = world(|_| {});
    world.set(forwarding(ForwardingKind::Immediate, "300"));
    world.incoming();
    world.log.clear();
    world.sip(1, SipInput::Cancelled { reason: Some("SIP;cause=200".into()) });
    world.logged(&["hangup 101: SIP;cause=200", "media closed"]);
}

#[test]
fn help_can_always_be_called() {
    let mut world = world(|_| {});
    world.command(DESK, Command::SetDoNotDisturb { line: LINE, on: true });
    world.calls.set_overloaded(true);
    world.log.clear();
    world.dial("112");
    world.logged(&["INVITE 112"]);
    world.calls.set_overloaded(false);
    for _ in 0..9 {
        world.dial("555");
    }
    let make = |number: &str| Command::MakeCall { line: LINE, number: number.into(), sdp: "v=0".into() };
    assert_eq!(world.command(LAPTOP, make("555")), Some(CommandResult::Error(CauseCode::TooManyCalls)));
    let helped =
        (0..50).take_while(|_| matches!(world.command(LAPTOP, make("110")), Some(CommandResult::Media { .. })));
    assert_eq!(helped.count(), 10, "there is an end to it");
}

#[test]
fn settings_belong_to_those_who_have_the_line() {
    let mut world = world(|_| {});
    world.input(Input::Rights(Arc::new(RightsTable::of_users(3))));
    let set = Command::SetForwarding { line: LINE, forwarding: forwarding(ForwardingKind::Busy, "300") };
    assert_eq!(world.command(CAROLS, set.clone()), Some(CommandResult::Error(CauseCode::UnknownLine)));
    assert_eq!(world.command(DESK, set.clone()), Some(CommandResult::Ok));
    assert_eq!(world.command(DESK, set), Some(CommandResult::Ok));
    // Only what is something else is told.
    world.logged(&["settings of 0"]);
    let own = Command::SetForwarding { line: LINE, forwarding: forwarding(ForwardingKind::Busy, "200") };
    assert_eq!(world.command(DESK, own), Some(CommandResult::Error(CauseCode::OwnNumber)));
    assert_eq!(world.calls.settings(LINE).forwardings, [forwarding(ForwardingKind::Busy, "300")]);
    let cancel = Command::CancelForwarding { line: LINE, kind: None, callers: None };
    assert_eq!(world.command(DESK, cancel), Some(CommandResult::Ok));
    world.logged(&["settings of 0"]);
    let office = |number: Option<&str>| Command::SetRemoteOffice { line: LINE, number: number.map(str::to_owned) };
    assert_eq!(world.command(DESK, office(Some("0171 1"))), Some(CommandResult::Ok));
    assert_eq!(world.calls.settings(LINE).remote_office.as_deref(), Some("01711"));
    assert_eq!(world.command(DESK, office(None)), Some(CommandResult::Ok));
    assert_eq!(world.calls.settings(LINE), LineSettings::default());
}

#[test]
fn a_call_that_is_forked_to_two_lines_of_one_person_rings_there_once() {
    let forked = |world: &mut World, number: u64, line: LineId| {
        let (from, offer) = (Caller { number: "0491".into(), name: None }, Bytes::from_static(OFFER));
        let (abilities, headers) = (Abilities::default(), Headers::new());
        let (session, route, call_id) = (session(number), Route::Line { group: PBX, line }, "one@pbx".to_owned());
        world.input(Input::Incoming { session, route, call_id, from, abilities, max_forwards: 70, headers, offer });
    };
    // Bob has both lines, Alice the first, Carol the second.
    let both = || {
        let mut world = world(|directory| directory.lines[2].users = vec![CAROL, BOB]);
        forked(&mut world, 1, LINE);
        forked(&mut world, 2, CAROLS_LINE);
        world.logged(&["180", "180"]);
        let sees: [Vec<LineId>; 3] =
            [DESK, BOBS, CAROLS].map(|client| world.calls.views(client).iter().map(|view| view.line).collect());
        assert_eq!(sees, [vec![LINE], vec![LINE], vec![CAROLS_LINE]]);
        world
    };
    let mut world = both();
    let second = world.calls.views(CAROLS)[0].id;
    let answer = Command::AnswerCall { call: second, sdp: "v=0".into() };
    assert_eq!(world.command(BOBS, answer), Some(CommandResult::Error(CauseCode::UnknownCall)));
    // Carol has not declined.
    let first = world.last_view(BOBS).id;
    world.command(BOBS, Command::Decline { call: first, cause: CauseCode::Busy });
    world.logged(&["reject 486", "media closed"]);
    assert_eq!((world.sees(BOBS), world.sees(CAROLS)), (0, 1));

    let mut world = both();
    world.input(Input::ClientGone { client: CAROLS });
    let first = world.last_view(BOBS).id;
    world.command(BOBS, Command::Decline { call: first, cause: CauseCode::Busy });
    world.logged(&["reject 486", "media closed", "reject 486", "media closed"]);
    assert!(world.calls.is_empty());

    // Who has called gives up at both, one after the other: Bob does not hear it ring once more.
    let mut world = both();
    world.sip(1, SipInput::Cancelled { reason: None });
    assert_eq!((world.sees(BOBS), world.sees(CAROLS)), (0, 1));

    // A part that goes elsewhere leaves the other to ring.
    let mut world = both();
    let first = world.last_view(BOBS).id;
    world.command(BOBS, Command::DeflectCall { call: first, number: "300".into() });
    world.sip(101, rejected(404));
    assert_eq!(world.calls.views(BOBS)[0].line, CAROLS_LINE);
}

#[test]
fn what_was_set_is_taken_back_though_its_function_is_off() {
    let mut world = world(|directory| {
        for service in [Service::SetForwarding, Service::SetDoNotDisturb, Service::SetRemoteOffice] {
            directory.groups[0].functions.remove(service);
        }
    });
    let busy = |callers, to| Forwarding { callers, ..forwarding(ForwardingKind::Busy, to) };
    let settings = LineSettings {
        do_not_disturb: true,
        forwardings: vec![busy(Callers::Internal, "300"), busy(Callers::External, "301")],
        remote_office: Some("302".into()),
    };
    world.input(Input::LineSettings { line: LINE, settings });
    for command in [
        Command::SetForwarding { line: LINE, forwarding: busy(Callers::All, "303") },
        Command::SetDoNotDisturb { line: LINE, on: true },
        Command::SetRemoteOffice { line: LINE, number: Some("304".into()) },
    ] {
        world.refused(command, CauseCode::FunctionOff);
    }
    let (kind, callers) = (Some(ForwardingKind::Busy), Some(Callers::Internal));
    world.done(Command::CancelForwarding { line: LINE, kind, callers });
    assert_eq!(world.calls.settings(LINE).forwardings, [busy(Callers::External, "301")]);
    world.done(Command::CancelForwarding { line: LINE, kind, callers: None });
    world.done(Command::SetDoNotDisturb { line: LINE, on: false });
    world.done(Command::SetRemoteOffice { line: LINE, number: None });
    assert_eq!(world.calls.settings(LINE), LineSettings::default());
}
