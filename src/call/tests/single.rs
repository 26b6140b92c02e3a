//! One call from its beginning to its end.

use super::*;
use crate::call::view::EndCause;

#[test]
fn an_outgoing_call_rings_is_answered_and_ended_by_the_other_side() {
    let mut world = World::new();
    let call = world.dial("0049 (89) 123-4");
    world.logged(&["INVITE 0049891234"]);
    world.sip(101, progress(180, None));
    world.logged(&["A hears Ringback"]);
    assert_eq!(world.last_view(DESK).remote_state, ConnectionState::Alerting);
    world.sip(101, answered(sdp()));
    world.logged(&["A hears Peer", "B hears Peer"]);
    let view = world.last_view(DESK);
    assert_eq!((view.state, view.here, view.codec), (ConnectionState::Connected, true, Some(Codec::Pcma)));
    assert!(!world.last_view(LAPTOP).here);
    world.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
    world.sip(101, bye());
    world.logged(&["media closed"]);
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::NormalClearing);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn a_silent_side_is_told_until_it_is_heard_and_the_call_is_recorded() {
    let mut world = World::new();
    let call = world.dial("200");
    world.sip(101, answered(sdp()));
    let from = Some("192.0.2.9:4000".parse().unwrap());
    world.input(Input::Media { call, side: Side::B, event: MediaInput::Silent { from, never: true } });
    assert_eq!(world.last_view(DESK).silence, [Silence { own: false, from }]);
    assert_eq!(world.calls.record(call).unwrap().silent, [false, true]);
    let own = MediaInput::Silent { from: None, never: false };
    world.input(Input::Media { call, side: Side::A, event: own });
    assert_eq!(world.last_view(DESK).silence.len(), 2);
    assert!(world.last_view(DESK).silence.contains(&Silence { own: true, from: None }));
    for side in [Side::A, Side::B] {
        world.input(Input::Media { call, side, event: MediaInput::Heard });
    }
    assert_eq!(world.last_view(DESK).silence, []);
    world.sip(101, bye());
    let record = &world.ended[0];
    assert_eq!(record.called, Number::Other("200".into()));
    assert_eq!(record.parties, [Party::Browser(ALICE), Party::Pbx(PBX)]);
    assert!(record.connected.is_some());
}

#[test]
fn early_media_is_heard_instead_of_our_ringback() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, progress(183, sdp()));
    world.logged(&["INVITE 200", "A hears Peer", "B hears Peer"]);
    world.sip(101, progress(180, None));
    world.logged(&[]);
    // A 200 without SDP keeps what the 183 agreed.
    world.sip(101, answered(None));
    assert_eq!(world.last_view(DESK).state, ConnectionState::Connected);
}

#[test]
fn a_refused_call_says_why() {
    for (status, from_network, code) in [
        (404, true, CauseCode::UnknownNumber),
        (486, true, CauseCode::Busy),
        (603, true, CauseCode::Declined),
        (408, true, CauseCode::NoAnswer),
        (408, false, CauseCode::PbxNotAnswering),
        (503, false, CauseCode::PbxUnreachable),
        (488, true, CauseCode::NoCommonCodec),
    ] {
        let mut world = World::new();
        world.dial("200");
        world.sip(101, SipInput::Rejected { status, reason: "Its words".into(), from_network, redirect: None });
        let view = world.last_view(DESK);
        assert_eq!(view.state, ConnectionState::Failed);
        let cause = view.cause.as_ref().unwrap();
        assert_eq!((cause.code, cause.sip_status), (code, Some(status)));
        assert_eq!(cause.detail.is_some(), from_network);
        assert!(world.calls.is_empty());
    }
}

#[test]
fn an_answer_without_a_common_codec_ends_the_call() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(Some(Bytes::from_static(b"no codec"))));
    world.logged(&["INVITE 200", "hangup 101", "media closed"]);
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::NoCommonCodec);
}

#[test]
fn giving_up_dialling_cancels() {
    let mut world = World::new();
    let call = world.dial("200");
    assert_eq!(world.command(DESK, Command::ClearConnection { call, remote: false }), Some(CommandResult::Ok));
    world.logged(&["INVITE 200", "hangup 101", "media closed"]);
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::Cancelled);
    // A 200 that crossed finds nothing to do.
    world.sip(101, answered(sdp()));
    world.logged(&[]);
}

#[test]
fn all_devices_ring_and_the_first_to_answer_wins() {
    let mut world = World::new();
    let call = world.incoming();
    world.logged(&["180"]);
    for client in [DESK, LAPTOP, BOBS] {
        let view = world.last_view(client);
        assert_eq!((view.state, view.remote.number.as_str()), (ConnectionState::Alerting, "200"));
    }
    let answer = Command::AnswerCall { call, sdp: "v=0".into() };
    assert!(matches!(world.command(LAPTOP, answer.clone()), Some(CommandResult::Media { .. })));
    world.logged(&["200", "A hears Peer", "B hears Peer"]);
    assert!(world.last_view(LAPTOP).here);
    let desk = world.last_view(DESK);
    assert_eq!((desk.state, desk.here), (ConnectionState::Connected, false));
    assert_eq!(desk.cause.as_ref().unwrap().code, CauseCode::AnsweredElsewhere);
    let bobs = world.last_view(BOBS);
    assert_eq!((bobs.state, bobs.cause.as_ref().unwrap().code), (ConnectionState::Null, CauseCode::AnsweredElsewhere));
    assert_eq!(world.command(DESK, answer), Some(CommandResult::Error(CauseCode::AnsweredElsewhere)));
    // Its owner may end it from another device.
    assert_eq!(world.command(DESK, Command::ClearConnection { call, remote: false }), Some(CommandResult::Ok));
    world.logged(&["hangup 1", "media closed"]);
}

#[test]
fn a_call_is_its_users_alone_although_others_share_the_line() {
    let mut world = World::new();
    let call = world.dial("200");
    world.sip(101, answered(sdp()));
    world.log.clear();
    for command in
        [Command::ClearConnection { call, remote: false }, Command::GenerateDigits { call, digits: "1".into() }]
    {
        assert_eq!(world.command(BOBS, command), Some(CommandResult::Error(CauseCode::UnknownCall)));
    }
    world.logged(&[]);
}

#[test]
fn declining_tells_the_caller_what_was_chosen() {
    for (cause, status) in [(CauseCode::Busy, 486), (CauseCode::Declined, 603)] {
        let mut world = World::new();
        let call = world.incoming();
        assert_eq!(world.command(DESK, Command::Decline { call, cause }), Some(CommandResult::Ok));
        world.logged(&["180", &format!("reject {status}"), "media closed"]);
        assert_eq!(world.last_view(LAPTOP).state, ConnectionState::Null);
    }
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut world = World::new();
    world.incoming();
    world.sip(1, SipInput::Cancelled { reason: None });
    world.logged(&["180", "media closed"]);
    assert_eq!(world.last_view(BOBS).cause.as_ref().unwrap().code, CauseCode::CallerHungUp);
}

#[test]
fn with_nobody_signed_in_the_caller_hears_that_the_line_is_busy() {
    let mut world = World::new();
    for client in [DESK, LAPTOP, BOBS] {
        world.input(Input::ClientGone { client });
    }
    world.incoming();
    world.logged(&["reject 486", "media closed"]);
}

#[test]
fn the_last_device_to_leave_ends_the_ringing() {
    let mut world = World::new();
    world.incoming();
    world.input(Input::ClientGone { client: DESK });
    world.input(Input::ClientGone { client: LAPTOP });
    world.logged(&["180"]);
    world.input(Input::ClientGone { client: BOBS });
    world.logged(&["reject 486", "media closed"]);
}

#[test]
fn a_lost_browser_ends_its_call_only() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    world.input(Input::ClientGone { client: LAPTOP });
    assert_eq!(world.calls.len(), 1);
    world.log.clear();
    world.input(Input::ClientGone { client: DESK });
    world.logged(&["hangup 101", "media closed"]);
}

#[test]
fn without_audio_path_the_call_ends_after_a_while() {
    let mut world = World::new();
    let call = world.dial("200");
    world.sip(101, answered(sdp()));
    let due = world.calls.poll_timeout().unwrap();
    world.now = due;
    world.calls.handle_timeout(due);
    world.drain();
    assert_eq!(world.last_view(DESK).cause.as_ref().unwrap().code, CauseCode::MediaNotConnected);

    let mut world = World { now: due, ..World::new() };
    let other = world.dial("200");
    world.sip(101, answered(sdp()));
    world.input(Input::Media { call: other, side: Side::A, event: MediaInput::Connected });
    world.calls.handle_timeout(due + Duration::from_secs(3600));
    world.drain();
    assert_eq!(world.calls.len(), 1);
    assert_ne!(call, CallId(0));
}

#[test]
fn hold_and_retrieve_by_the_other_side_are_answered() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.logged(&["INVITE 200", "491 to offer"]);
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.sip(101, SipInput::Offer { sdp: None });
    world.logged(&["200 to offer", "200 to offer"]);
}

#[test]
fn who_is_held_in_silence_hears_music() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.held = true;
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.held = false;
    world.sip(101, SipInput::Offer { sdp: sdp() });
    let expected = ["A hears MusicOnHold", "200 to offer", "200 to offer", "A hears Peer", "200 to offer"];
    world.logged(&expected);
}

#[test]
fn digits_go_to_the_pbx_and_come_to_the_device_with_the_audio() {
    let mut world = World::new();
    let call = world.dial("200");
    let digits = Command::GenerateDigits { call, digits: "12#".into() };
    assert_eq!(world.command(DESK, digits.clone()), Some(CommandResult::Error(CauseCode::NotPossibleNow)));
    world.sip(101, answered(sdp()));
    world.log.clear();
    assert_eq!(world.command(DESK, digits), Some(CommandResult::Ok));
    let wrong = Command::GenerateDigits { call, digits: "12x".into() };
    assert_eq!(world.command(DESK, wrong), Some(CommandResult::Error(CauseCode::BadRequest)));
    for side in [Side::A, Side::B] {
        world.input(Input::Media { call, side, event: MediaInput::Digit { digit: '5' } });
    }
    world.logged(&["digits 12# to B", "digit 5 for 1"]);
}

#[test]
fn digits_travel_by_info_where_the_media_side_says_so() {
    let mut world = World::new();
    let call = world.dial("200");
    let pressed = |digit| SipInput::Digit(Digit::new(digit, Duration::from_millis(200)));
    world.sip(101, pressed('1'));
    let signal = MediaInput::Signal(Digit::new('#', Duration::from_millis(120)));
    world.input(Input::Media { call, side: Side::B, event: signal });
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.sip(101, pressed('2'));
    let signal =
        |side| Input::Media { call, side, event: MediaInput::Signal(Digit::new('7', Duration::from_millis(120))) };
    world.input(signal(Side::B));
    world.input(signal(Side::A));
    world.logged(&["digit 2 from B", "INFO 101 application/dtmf-relay Signal=7 Duration=120 "]);
}

#[test]
fn a_browser_may_change_its_path_within_a_call() {
    let mut world = World::new();
    let call = world.dial("200");
    let restart = |sdp: &str| Command::RestartMedia { call, sdp: sdp.into() };
    assert!(matches!(world.command(DESK, restart("v=0")), Some(CommandResult::Media { .. })));
    assert_eq!(world.command(LAPTOP, restart("v=0")), Some(CommandResult::Error(CauseCode::NotPossibleNow)));
    world.sip(101, answered(sdp()));
    let lost = || MediaInput::Lost { cause: CauseCode::ClientLost };
    world.input(Input::Media { call, side: Side::A, event: lost() });
    world.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
    world.calls.handle_timeout(world.now + Duration::from_secs(60));
    assert_eq!(world.calls.len(), 1, "it came back");
    world.input(Input::Media { call, side: Side::A, event: lost() });
    assert_eq!(world.command(DESK, restart("later")), None);
    world.calls.handle_timeout(world.now + Duration::from_secs(60));
    world.drain();
    assert!(world.calls.is_empty(), "it did not come back");
    assert_eq!(world.results.last(), Some(&(DESK, CommandResult::Error(CauseCode::ClientLost))));
}

#[test]
fn a_page_that_is_loaded_anew_while_it_rings_comes_back_to_its_call() {
    let mut world = World::new();
    let call = world.dial("300");
    world.sip(101, progress(180, None));
    world.log.clear();
    let audio = |event| Input::Media { call, side: Side::A, event };
    world.input(audio(MediaInput::Lost { cause: CauseCode::ClientLost }));
    world.logged(&[]);
    let again = Command::RestartMedia { call, sdp: "v=0".into() };
    assert!(matches!(world.command(DESK, again), Some(CommandResult::Media { .. })));
    assert_eq!(world.hears(call)[0], Some(Sound::Ringback));
    world.sip(101, answered(sdp()));
    world.input(audio(MediaInput::Connected));
    assert_eq!(world.states(call), (ConnectionState::Connected, ConnectionState::Connected));
    assert!(world.calls.poll_timeout().is_none(), "nothing is missing any more");

    // One that does not come back is missed once somebody has answered.
    let other = world.dial("301");
    world.input(Input::Media { call: other, side: Side::A, event: MediaInput::Lost { cause: CauseCode::ClientLost } });
    world.sip(102, answered(sdp()));
    world.wait();
    assert_eq!(world.view(other).cause.as_ref().unwrap().code, CauseCode::MediaNotConnected);
}

#[test]
fn calls_of_a_recorded_connection_are_recorded() {
    let mut world = World::new();
    let target = Target { group: RECORDED, line: None, uri: TargetUri::Number("300".into()) };
    let route = Route::Targets { group: PBX, targets: vec![target] };
    let offer = Bytes::from_static(OFFER);
    let from = Caller::default();
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from,
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    assert!(!world.log.contains(&"recording".to_owned()));
    world.sip(101, answered(sdp()));
    assert_eq!(world.log.iter().filter(|entry| *entry == "recording").count(), 1);

    let mut world = World::new();
    let route = Route::Line { group: RECORDED, line: LINE };
    let (from, offer) = (Caller::default(), Bytes::from_static(OFFER));
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from,
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    let call = world.last_view(DESK).id;
    world.command(DESK, Command::AnswerCall { call, sdp: "v=0".into() });
    assert!(world.last_view(DESK).recorded);
    let failed = MediaInput::RecordingFailed { reason: "the disk is full".into() };
    world.input(Input::Media { call, side: Side::A, event: failed });
    assert!(!world.last_view(DESK).recorded, "a recording that failed is not shown");

    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    assert!(!world.log.contains(&"recording".to_owned()));
    assert!(!world.last_view(DESK).recorded);
}

#[test]
fn a_call_that_is_passed_on_keeps_the_best_refusal() {
    let mut world = World::new();
    let target = |number: &str| Target { group: PBX, line: None, uri: TargetUri::Number(number.into()) };
    let route = Route::Targets { group: PBX, targets: vec![target("300"), target("301")] };
    let offer = Bytes::from_static(OFFER);
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from: Caller::default(),
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    world.sip(101, progress(180, None));
    world.sip(102, progress(180, None));
    world.logged(&["INVITE 300", "INVITE 301", "180"]);
    world.sip(101, rejected(486));
    world.logged(&[]);
    world.sip(102, rejected(404));
    world.logged(&["reject 404", "media closed"]);
}

#[test]
fn the_first_target_to_answer_gets_the_call() {
    let mut world = World::new();
    let target = |number: &str| Target { group: PBX, line: None, uri: TargetUri::Number(number.into()) };
    let route = Route::Targets { group: PBX, targets: vec![target("300"), target("301")] };
    let offer = Bytes::from_static(OFFER);
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from: Caller::default(),
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer,
    });
    world.sip(102, answered(sdp()));
    world.logged(&[
        "INVITE 300",
        "INVITE 301",
        "hangup 101: SIP;cause=200;text=\"Call completed elsewhere\"",
        "200",
        "A hears Peer",
        "B hears Peer",
    ]);
    world.sip(101, rejected(487));
    assert_eq!(world.calls.len(), 1);
    world.sip(1, bye());
    world.logged(&["hangup 102", "media closed"]);
}

#[test]
fn an_invite_without_an_offer_gets_ours() {
    let mut world = World::new();
    let route = Route::Service { group: PBX, service: Sound::Echo };
    world.input(Input::Incoming {
        call_id: String::new(),
        session: session(1),
        route,
        from: Caller::default(),
        abilities: Abilities::default(),
        max_forwards: 70,
        headers: Headers::new(),
        offer: Bytes::new(),
    });
    world.logged(&["200", "A hears Echo"]);
    world.sip(1, SipInput::Confirmed { sdp: sdp() });
    assert_eq!(world.calls.len(), 1);
    world.sip(1, bye());
    assert!(world.calls.is_empty());
}

#[test]
fn an_offer_that_nobody_could_accept_does_not_ring() {
    for (offer, status) in [(GSM_OFFER, "reject 488"), (b"nonsense".as_slice(), "reject 400")] {
        let mut world = World::new();
        let route = Route::Line { group: PBX, line: LINE };
        let offer = Bytes::from_static(offer);
        world.input(Input::Incoming {
            call_id: String::new(),
            session: session(1),
            route,
            from: Caller::default(),
            abilities: Abilities::default(),
            max_forwards: 70,
            headers: Headers::new(),
            offer,
        });
        world.logged(&[status]);
        assert!(world.views.is_empty());
    }
}

#[test]
fn what_is_not_possible_changes_nothing() {
    let mut world = World::new();
    let call = world.incoming();
    world.log.clear();
    let make = |line, number: &str| Command::MakeCall { line, number: number.into(), sdp: "v=0".into() };
    for (command, cause) in [
        (make(LineId(9), "1"), CauseCode::UnknownLine),
        (make(LINE, " - "), CauseCode::InvalidNumber),
        (make(LINE, "a@b"), CauseCode::InvalidNumber),
        (Command::ClearConnection { call: CallId(99), remote: false }, CauseCode::UnknownCall),
        (Command::GenerateDigits { call, digits: "1".into() }, CauseCode::NotPossibleNow),
    ] {
        assert_eq!(world.command(DESK, command), Some(CommandResult::Error(cause)));
    }
    world.input(Input::LineAvailable { line: LINE, available: false });
    let refused = world.command(DESK, make(LINE, "1"));
    assert_eq!(refused, Some(CommandResult::Error(CauseCode::LineNotRegistered)));
    world.logged(&[]);
    // Calls that nobody began are told of; slips are not.
    let told: Vec<_> =
        world.ended.iter().map(|record| (record.caller.clone(), record.called.clone(), record.cause.clone())).collect();
    let number = Number::Other("1".to_owned());
    let expected = [
        (Number::None, number.clone(), Some(EndCause::ours(CauseCode::UnknownLine))),
        (Number::Line(LINE), number, Some(EndCause::ours(CauseCode::LineNotRegistered))),
    ];
    assert_eq!(told, expected);
    let ids: Vec<_> = world.ended.iter().map(|record| record.id).collect();
    assert!(!ids.contains(&call) && ids[0] != ids[1], "{ids:?}");
}

#[test]
fn stopping_ends_everything() {
    let mut world = World::new();
    world.dial("200");
    world.sip(101, answered(sdp()));
    world.incoming();
    world.log.clear();
    world.input(Input::Shutdown);
    world.log.sort();
    world.logged(&["hangup 101", "media closed", "media closed", "reject 503"]);
    assert!(world.calls.is_empty());
}

#[test]
fn an_overloaded_server_takes_no_new_call_and_keeps_those_it_has() {
    let mut world = World::new();
    world.dial("123");
    world.sip(101, answered(sdp()));
    world.log.clear();
    world.calls.set_overloaded(true);
    let make = Command::MakeCall { line: LINE, number: "456".into(), sdp: "v=0".into() };
    assert_eq!(world.command(LAPTOP, make), Some(CommandResult::Error(CauseCode::Overloaded)));
    world.incoming();
    world.logged(&["reject 503"]);
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.logged(&["200 to offer"]);
    world.calls.set_overloaded(false);
    world.incoming();
    assert!(!world.log.iter().any(|line| line.starts_with("reject")));
}
