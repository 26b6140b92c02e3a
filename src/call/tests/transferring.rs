//! Transfer Call and Single Step Transfer Call: a user gives a call to somebody else.

use super::*;
use crate::call::directory::TransferWay;
use crate::call::service::Service;
use crate::call::view::ConnectionState::{Connected, Held, Null};

const BOTH: Abilities = Abilities { refer: true, replaces: true };
const TALKING: [Option<Sound>; 2] = [Some(Sound::Peer), Some(Sound::Peer)];

/// One call that came in as session 1 and is held, one that was dialled as session 101.
fn consulting(world: &mut World) -> (CallId, CallId) {
    let first = world.taken(1);
    let second = world.talking_to("301");
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.log.clear();
    (first, second)
}

/// With ends that take REFER and Replaces.
fn referring() -> World {
    let mut world = World::new();
    world.abilities = BOTH;
    world
}

#[test]
fn both_others_talk_with_each_other() {
    let mut world = World::new();
    let (held, active) = consulting(&mut world);
    world.done(Command::TransferCall { active, held });
    world.logged(&["B is B of 2", "A hears Peer", "B hears Peer", "media closed", "offer 1"]);
    for call in [held, active] {
        assert_eq!(world.states(call), (Null, Null));
        assert_eq!(world.view(call).cause.as_ref().unwrap().code, CauseCode::Transferred);
    }
    let steps: Vec<_> = std::iter::from_fn(|| world.calls.poll_step()).filter(|step| step.call == active).collect();
    assert_eq!(steps.last().map(|step| step.after.to_string()), Some("ended: transferred".into()));
    assert_eq!(world.calls.len(), 1);
    assert!(world.calls.views(DESK).is_empty());
    // Each may change, ask and leave, and nobody's device has a part in it.
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.input(Input::ClientGone { client: DESK });
    world.logged(&["200 to offer"]);
    world.sip(101, bye());
    world.logged(&["hangup 1", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn every_pair_of_calls_can_be_joined() {
    for (first_in, second_in) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut world = World::new();
        let mut next = 0;
        let mut call = |world: &mut World, comes: bool| {
            next += 1;
            if comes { (world.taken(next), next) } else { (world.talking_to("300"), world.next_session) }
        };
        let (held, first) = call(&mut world, first_in);
        let (active, second) = call(&mut world, second_in);
        world.done(Command::TransferCall { active, held });
        assert_eq!(world.hears(held), TALKING);
        assert_eq!(world.hears(active), [None, None]);
        for (gone, other) in [(first, second), (second, first)] {
            // What is left is a call like any that is passed on.
            world.log.clear();
            if gone == first {
                world.sip(gone, SipInput::Offer { sdp: None });
                continue;
            }
            world.sip(gone, bye());
            world.logged(&[&format!("hangup {other}"), "media closed"]);
        }
        assert!(world.calls.is_empty());
    }
}

#[test]
fn it_takes_two_calls_that_stand() {
    let mut world = World::new();
    let call = world.taken(1);
    world.refused(Command::TransferCall { active: call, held: call }, CauseCode::NoOtherCall);
    assert!(!world.view(call).services.contains(Service::TransferCall));
    let ringing = world.incoming_as(2);
    world.refused(Command::TransferCall { active: ringing, held: call }, CauseCode::NotAnswered);
    world.refused(Command::TransferCall { active: CallId(9), held: call }, CauseCode::UnknownCall);
}

#[test]
fn the_pbx_joins_the_calls_where_it_can() {
    let mut world = referring();
    let (held, active) = consulting(&mut world);
    world.done(Command::TransferCall { active, held });
    world.logged(&["REFER 1 to None replacing Some(SessionId(101))"]);
    assert_eq!(world.view(held).transferring_to.as_deref(), Some("301"));
    let only: Vec<_> = world.view(held).services.iter().collect();
    assert_eq!(only, [Service::ClearConnection, Service::ClearCall, Service::GenerateDigits]);
    world.refused(Command::RetrieveCall { call: held }, CauseCode::TransferUnderWay);
    world.sip(1, SipInput::Referred { status: 100 });
    world.log.clear();
    world.sip(1, SipInput::Referred { status: 200 });
    assert_eq!(world.view(held).cause.as_ref().unwrap().code, CauseCode::Transferred);
    assert!(world.calls.views(DESK).is_empty());
    assert!(!world.log.iter().any(|line| line.starts_with("offer")), "who leaves is asked nothing: {:?}", world.log);
    // The one whose place was taken ends itself, the other one is made to.
    world.sip(101, bye());
    world.log.clear();
    world.wait();
    world.logged(&["hangup 1", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn whose_place_was_taken_may_hang_up_before_that_is_told() {
    let mut world = referring();
    let (held, active) = consulting(&mut world);
    world.done(Command::TransferCall { active, held });
    world.sip(101, bye());
    assert_eq!(world.view(active).cause.as_ref().unwrap().code, CauseCode::Transferred);
    world.sip(1, SipInput::Referred { status: 200 });
    assert_eq!(world.view(held).cause.as_ref().unwrap().code, CauseCode::Transferred);
    world.wait();
    assert!(world.calls.is_empty());
}

#[test]
fn a_refer_that_comes_to_nothing_is_not_noticed() {
    for outcome in [Some(SipInput::Referred { status: 501 }), None] {
        let mut world = referring();
        let (held, active) = consulting(&mut world);
        world.done(Command::TransferCall { active, held });
        match outcome {
            Some(refused) => world.sip(1, refused),
            None => world.wait(),
        }
        assert_eq!(world.hears(held), TALKING);
        assert_eq!(world.calls.len(), 1);
        // What comes late finds nothing to do.
        world.sip(1, SipInput::Referred { status: 200 });
        assert_eq!(world.calls.len(), 1);
    }
}

#[test]
fn a_transfer_that_the_pbx_gives_up_gives_both_calls_back() {
    let mut world = referring();
    let (held, active) = consulting(&mut world);
    world.done(Command::TransferCall { active, held });
    world.sip(1, SipInput::Referred { status: 100 });
    world.sip(1, SipInput::Referred { status: 603 });
    assert_eq!((world.states(held), world.states(active)), ((Held, Connected), (Connected, Connected)));
    assert_eq!(world.view(held).cause.as_ref().unwrap().code, CauseCode::Declined);
    assert_eq!(world.view(held).transferring_to, None);
    world.done(Command::AlternateCall { active, held });
    assert_eq!(world.view(held).cause, None);
}

#[test]
fn only_ends_of_one_pbx_that_know_it_are_asked() {
    let refer_only = Abilities { refer: true, replaces: false };
    let replaces_only = Abilities { refer: false, replaces: true };
    for (first, second, expected) in [
        (BOTH, Abilities::default(), "B is B of 2"),
        (refer_only, replaces_only, "REFER 1 to None replacing Some(SessionId(101))"),
        (replaces_only, refer_only, "REFER 101 to None replacing Some(SessionId(1))"),
    ] {
        let mut world = World::new();
        world.abilities = first;
        let held = world.taken(1);
        world.abilities = second;
        let active = world.talking_to("301");
        world.log.clear();
        world.done(Command::TransferCall { active, held });
        assert_eq!(world.log[0], expected);
    }
    let mut world = World::with(|directory| directory.groups[0].transfer = TransferWay::Bridge);
    world.abilities = BOTH;
    let (held, active) = consulting(&mut world);
    world.done(Command::TransferCall { active, held });
    assert_eq!(world.log[0], "B is B of 2");
}

#[test]
fn a_call_is_transferred_while_it_rings() {
    let mut world = World::new();
    let held = world.taken(1);
    let active = world.dial("301");
    world.sip(101, progress(180, None));
    world.log.clear();
    world.done(Command::TransferCall { active, held });
    assert_eq!(world.view(held).transferring_to.as_deref(), Some("301"));
    assert_eq!(world.states(active), (Null, Null));
    assert_eq!(world.hears(held), [Some(Sound::Ringback), Some(Sound::Silence)]);
    world.log.clear();
    world.answer_last();
    assert_eq!((world.hears(held), world.calls.len()), (TALKING, 1));
    assert_eq!(world.states(held), (Null, Null));
    world.log.clear();
    world.sip(1, bye());
    world.logged(&["hangup 101", "media closed"]);
}

#[test]
fn a_target_that_refuses_gives_the_call_back() {
    let mut world = World::new();
    let held = world.taken(1);
    let active = world.dial("301");
    world.done(Command::TransferCall { active, held });
    world.sip(101, rejected(486));
    assert_eq!(world.states(held), (Held, Connected));
    assert_eq!(world.view(held).cause.as_ref().unwrap().code, CauseCode::Busy);
    assert_eq!(world.hears(held), [Some(Sound::MusicOnHold), Some(Sound::Silence)]);
    world.done(Command::RetrieveCall { call: held });
    assert_eq!((world.hears(held), &world.view(held).cause), (TALKING, &None));
}

#[test]
fn a_transfer_that_rings_can_be_taken_back() {
    for by_name in [true, false] {
        let mut world = World::new();
        let held = world.taken(1);
        let active = world.dial("301");
        world.done(Command::TransferCall { active, held });
        world.log.clear();
        let back = Command::ReconnectCall { active, held };
        world.done(if by_name { back } else { Command::RetrieveCall { call: held } });
        assert!(world.log.contains(&"hangup 101".to_owned()));
        assert_eq!((world.hears(held), world.calls.len()), (TALKING, 1));
        assert_eq!((&world.view(held).transferring_to, &world.view(held).cause), (&None, &None));
    }
}

#[test]
fn who_lets_go_of_a_transfer_is_called_when_it_fails() {
    let mut world = World::new();
    let held = world.taken(1);
    let active = world.dial("301");
    world.done(Command::TransferCall { active, held });
    world.done(Command::ClearConnection { call: held, remote: false });
    assert!(world.calls.views(DESK).is_empty());
    world.sip(101, rejected(480));
    assert_eq!(world.view(held).state, ConnectionState::Alerting);
    assert_eq!(world.hears(held), [Some(Sound::Ringback), None]);
    let answer = Command::AnswerCall { call: held, sdp: "v=0".into() };
    assert!(matches!(world.command(LAPTOP, answer), Some(CommandResult::Media { .. })));
    assert_eq!(world.hears(held), TALKING);
    assert!(world.last_view(LAPTOP).here);
    assert_eq!(world.last_view(BOBS).cause.as_ref().unwrap().code, CauseCode::PickedUp);

    let mut world = World::new();
    let held = world.taken(1);
    let active = world.dial("301");
    world.done(Command::TransferCall { active, held });
    for client in [DESK, LAPTOP, BOBS] {
        world.input(Input::ClientGone { client });
    }
    assert_eq!(world.calls.len(), 2, "it rings on without the user");
    world.log.clear();
    world.sip(101, rejected(480));
    world.logged(&["media closed", "hangup 1", "media closed"]);
    assert!(world.calls.is_empty());
}

#[test]
fn who_is_transferred_may_hang_up_while_it_rings() {
    let mut world = World::new();
    let held = world.taken(1);
    let active = world.dial("301");
    world.done(Command::TransferCall { active, held });
    world.log.clear();
    world.sip(1, bye());
    world.logged(&["media closed", "hangup 101", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn a_single_step_calls_for_the_other_side() {
    let mut world = World::new();
    let call = world.taken(1);
    world.refused(Command::SingleStepTransferCall { call, number: "-".into() }, CauseCode::InvalidNumber);
    world.done(Command::SingleStepTransferCall { call, number: "0 40".into() });
    assert!(world.log.contains(&"INVITE 040".to_owned()));
    assert_eq!(world.view(call).transferring_to.as_deref(), Some("040"));
    assert_eq!(world.hears(call), [Some(Sound::Ringback), Some(Sound::Silence)]);
    world.answer_last();
    assert_eq!((world.hears(call), world.calls.len()), (TALKING, 1));

    let mut world = World::new();
    let call = world.talking_to("300");
    world.done(Command::SingleStepTransferCall { call, number: "301".into() });
    world.sip(102, rejected(404));
    assert_eq!(world.states(call), (Held, Connected));
    assert_eq!(world.view(call).cause.as_ref().unwrap().code, CauseCode::UnknownNumber);
}

#[test]
fn a_single_step_is_the_pbxs_where_it_takes_refer() {
    let mut world = referring();
    let call = world.taken(1);
    world.done(Command::SingleStepTransferCall { call, number: "301".into() });
    assert!(world.log.contains(&"REFER 1 to Some(Number(\"301\")) replacing None".to_owned()));
    assert_eq!(world.hears(call), [Some(Sound::MusicOnHold), Some(Sound::Silence)]);
    world.sip(1, SipInput::Referred { status: 100 });
    world.sip(1, SipInput::Referred { status: 180 });
    world.sip(1, SipInput::Referred { status: 200 });
    assert_eq!(world.states(call), (Null, Null));
    world.sip(1, bye());
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());

    // What the PBX does not take is done here; what it takes and gives up comes back.
    let mut world = referring();
    let call = world.taken(1);
    world.done(Command::SingleStepTransferCall { call, number: "301".into() });
    world.sip(1, SipInput::Referred { status: 403 });
    assert_eq!(world.log.last().map(String::as_str), Some("INVITE 301"));
    world.answer_last();
    assert_eq!(world.hears(call), TALKING);

    let mut world = referring();
    let call = world.taken(1);
    world.done(Command::SingleStepTransferCall { call, number: "301".into() });
    world.sip(1, SipInput::Referred { status: 100 });
    world.sip(1, SipInput::Referred { status: 486 });
    assert_eq!(world.view(call).cause.as_ref().unwrap().code, CauseCode::Busy);
    assert_eq!((world.states(call), world.calls.len()), ((Held, Connected), 1));
}

#[test]
fn a_joined_call_is_recorded_where_one_side_is() {
    let mut world = World::with(|directory| directory.lines[1].group = RECORDED);
    let held = world.talking_to("300");
    let make = Command::MakeCall { line: OTHER_LINE, number: "301".into(), sdp: "v=0".into() };
    world.refused(make, CauseCode::UnknownLine);
    let mut world = World::with(|directory| {
        directory.lines[1].group = RECORDED;
        directory.lines[1].users = vec![ALICE];
    });
    let _ = held;
    let held = world.talking_to("300");
    let make = Command::MakeCall { line: OTHER_LINE, number: "301".into(), sdp: "v=0".into() };
    let Some(CommandResult::Media { call: active, .. }) = world.command(DESK, make) else { panic!() };
    world.answer_last();
    world.log.clear();
    world.done(Command::TransferCall { active, held });
    assert_eq!(world.log.iter().filter(|line| *line == "recording").count(), 1);
}

/// The user leaves a call: by a command, or with its client.
const LEAVING: [fn(&mut World, &[CallId]); 2] = [
    |world, calls| {
        for &call in calls {
            world.done(Command::ClearConnection { call, remote: false });
        }
    },
    |world, _| world.input(Input::ClientGone { client: DESK }),
];

#[test]
fn the_pbx_goes_on_with_a_transfer_whose_user_leaves() {
    for leave in LEAVING {
        for (outcome, talk) in [(vec![100, 200], false), (vec![501], true), (vec![100, 603], true)] {
            let mut world = referring();
            let (held, active) = consulting(&mut world);
            world.done(Command::TransferCall { active, held });
            world.log.clear();
            leave(&mut world, &[held, active]);
            assert!(!world.log.iter().any(|line| line.starts_with("hangup")), "{:?}", world.log);
            assert!(world.calls.views(DESK).is_empty());
            for status in outcome {
                world.sip(1, SipInput::Referred { status });
            }
            // What the PBX gives up is done here: there is nobody to have the calls back.
            if talk {
                assert_eq!((world.hears(held), world.calls.len()), (TALKING, 1));
            }
            world.sip(1, bye());
            world.sip(101, bye());
            assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
        }
    }
}

#[test]
fn nobody_hears_ringing_or_is_asked_anything_while_the_pbx_transfers() {
    for leave in LEAVING {
        for music_on_hold in [true, false] {
            let mut world = World::with(|directory| directory.music_on_hold = music_on_hold);
            world.abilities = BOTH;
            let (held, active) = consulting(&mut world);
            world.done(Command::TransferCall { active, held });
            world.sip(1, SipInput::Referred { status: 100 });
            world.wanted.clear();
            leave(&mut world, &[held, active]);
            assert_eq!(
                (world.hears(held)[0], world.hears(active)[1]),
                (Some(Sound::MusicOnHold), Some(Sound::MusicOnHold))
            );
            world.sip(1, SipInput::Referred { status: 200 });
            assert_eq!(world.wanted, []);
        }
    }
}

#[test]
fn a_single_step_that_its_user_has_left_comes_back_where_the_pbx_gives_it_up() {
    for leave in LEAVING {
        for outcome in [vec![100, 486], vec![501]] {
            let mut world = referring();
            let call = world.taken(1);
            world.done(Command::SingleStepTransferCall { call, number: "301".into() });
            leave(&mut world, &[call]);
            assert_eq!(world.calls.len(), 1);
            for &status in &outcome {
                world.sip(1, SipInput::Referred { status });
            }
            if outcome == [501] {
                assert_eq!(world.log.last().map(String::as_str), Some("INVITE 301"));
                world.sip(101, rejected(486));
            }
            assert_eq!(world.last_view(LAPTOP).state, ConnectionState::Alerting);
        }
    }
}

#[test]
fn an_end_that_has_just_answered_an_offer_can_make_its_own_when_it_has_moved() {
    let mut world = World::new();
    let (first, second) = consulting(&mut world);
    world.done(Command::AlternateCall { active: second, held: first });
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    // The media side has not said yet whether the answer fits.
    world.sip(1, SipInput::OfferAnswered { sdp: Some(Bytes::from_static(b"later")) });
    world.done(Command::TransferCall { active: first, held: second });
    world.log.clear();
    world.sip(1, SipInput::Offer { sdp: sdp() });
    world.logged(&["200 to offer"]);
}

#[test]
fn nothing_is_in_the_way_of_a_transfer_to_help() {
    let mut world = World::new();
    let call = world.taken(1);
    world.calls.set_overloaded(true);
    world.refused(Command::SingleStepTransferCall { call, number: "301".into() }, CauseCode::Overloaded);
    world.done(Command::SingleStepTransferCall { call, number: "112".into() });
    assert!(world.log.contains(&"INVITE 112".to_owned()));
}
