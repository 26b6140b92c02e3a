//! Park Call, its return, and Directed Pickup of what is parked.

use super::*;
use crate::call::service::Service;
use crate::call::view::ConnectionState::{Alerting, Connected, Queued};

const TALKING: [Option<Sound>; 2] = [Some(Sound::Peer), Some(Sound::Peer)];

fn pickup(line: LineId, number: &str) -> Command {
    Command::DirectedPickupCall { line, number: number.into(), sdp: "v=0".into() }
}

#[test]
fn a_call_is_parked_and_picked_up_on_another_line() {
    for outgoing in [true, false] {
        let mut world = World::new();
        let call = if outgoing { world.talking_to("300") } else { world.taken(1) };
        world.done(Command::ParkCall { call, number: Some("7 00".into()) });
        assert_eq!(world.states(call), (Queued, Connected));
        assert!(!world.view(call).here);
        assert_eq!(world.view(call).parked_at.as_deref(), Some("700"));
        let waits = if outgoing { [None, Some(Sound::MusicOnHold)] } else { [Some(Sound::MusicOnHold), None] };
        assert_eq!(world.hears(call), waits);
        assert_eq!(
            world.command(BOBS, pickup(OTHER_LINE, "701")),
            Some(CommandResult::Error(CauseCode::NothingToPickUp))
        );
        let taken = world.command(BOBS, pickup(OTHER_LINE, "700"));
        assert!(matches!(taken, Some(CommandResult::Media { call: same, .. }) if same == call));
        assert_eq!(world.hears(call), TALKING);
        let view = world.last_view(BOBS).clone();
        assert_eq!((view.line, view.here, view.state), (OTHER_LINE, true, Connected));
        assert_eq!(view.parked_at, None);
        assert_eq!(world.view(call).cause.as_ref().unwrap().code, CauseCode::PickedUp);
        world.command(BOBS, Command::ClearConnection { call, remote: false });
        assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
    }
}

#[test]
fn where_nothing_is_said_a_call_is_parked_at_the_line() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: None });
    let second = world.taken(2);
    world.refused(Command::ParkCall { call: second, number: None }, CauseCode::ParkOccupied);
    // Who picks it up holds what it talks in.
    assert!(matches!(world.command(DESK, pickup(LINE, "200")), Some(CommandResult::Media { .. })));
    assert_eq!((world.hears(call), world.view(second).state), (TALKING, ConnectionState::Held));
}

#[test]
fn everybody_at_the_line_may_take_what_is_parked_there() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: None });
    assert!(world.last_view(BOBS).services.contains(Service::AnswerCall));
    let answer = Command::AnswerCall { call, sdp: "v=0".into() };
    assert!(matches!(world.command(BOBS, answer.clone()), Some(CommandResult::Media { .. })));
    world.refused(answer, CauseCode::AnsweredElsewhere);
}

#[test]
fn what_nobody_fetches_rings_again() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: None });
    world.wait();
    assert_eq!(world.states(call), (Alerting, Connected));
    assert_eq!(world.hears(call), [Some(Sound::Ringback), None]);
    for client in [DESK, LAPTOP, BOBS] {
        world.input(Input::ClientGone { client });
    }
    assert_eq!(world.calls.len(), 1, "somebody may come back");
    world.log.clear();
    world.wait();
    world.logged(&["hangup 1", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn what_rings_again_is_picked_up_like_anything_that_rings() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: Some("700".into()) });
    world.wait();
    let taken = world.command(BOBS, pickup(OTHER_LINE, "200"));
    assert!(matches!(taken, Some(CommandResult::Media { call: same, .. }) if same == call));
    assert_eq!((world.hears(call), world.last_view(BOBS).line), (TALKING, OTHER_LINE));
}

#[test]
fn who_takes_a_parked_call_just_when_it_rings_again_has_it() {
    for taken in [true, false] {
        let mut world = World::new();
        let call = world.taken(1);
        world.done(Command::ParkCall { call, number: None });
        let answer = Command::AnswerCall { call, sdp: "later".into() };
        assert_eq!(world.command(BOBS, answer), None);
        world.wait();
        let event = match taken {
            true => MediaInput::Described { sdp: Bytes::from_static(b"v=0"), codec: None, held: false },
            false => MediaInput::Refused { cause: CauseCode::InvalidSdp },
        };
        world.input(Input::Media { call, side: Side::B, event });
        let result = &world.results.last().expect("an answer").1;
        assert_eq!(matches!(result, CommandResult::Media { .. }), taken);
        assert_eq!(world.states(call).0 == Alerting, !taken);
    }
}

#[test]
fn who_is_parked_may_hang_up() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: None });
    world.sip(1, bye());
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
    assert_eq!(world.view(call).state, ConnectionState::Null);
}

#[test]
fn other_connections_do_not_reach_what_is_parked() {
    let mut world = World::with(|directory| {
        directory.lines[0].users = vec![ALICE];
        directory.lines[1].group = TRUSTED;
    });
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: Some("700".into()) });
    let refused = Some(CommandResult::Error(CauseCode::NothingToPickUp));
    assert_eq!(world.command(BOBS, pickup(OTHER_LINE, "700")), refused);
    assert_eq!(world.command(DESK, pickup(OTHER_LINE, "700")), Some(CommandResult::Error(CauseCode::UnknownLine)));
}

#[test]
fn what_is_parked_is_picked_up_by_ones_line_of_its_connection_whichever_is_named() {
    let mut world = World::with(|directory| directory.lines[1].group = TRUSTED);
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: Some("700".into()) });
    let taken = world.command(BOBS, pickup(OTHER_LINE, "700"));
    assert!(matches!(taken, Some(CommandResult::Media { call: picked, .. }) if picked == call), "{taken:?}");
    assert_eq!(world.last_view(BOBS).line, LINE);
}
