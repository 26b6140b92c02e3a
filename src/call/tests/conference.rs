//! Conference Call: who hears whom, and who leaves it how.

use super::*;
use crate::call::service::Service;
use crate::call::view::ConnectionState::{Connected, Held, Null};

const TALKING: [Option<Sound>; 2] = [Some(Sound::Peer), Some(Sound::Peer)];

/// The conference that a side is in.
fn room(world: &World, call: CallId, side: Side) -> Option<Sound> {
    world.hears(call)[side as usize].filter(|sound| matches!(sound, Sound::Conference(_)))
}

/// Alice and those whom she has called, as sessions from 101 on.
fn conference(world: &mut World, members: usize) -> Vec<CallId> {
    let mut calls = vec![world.talking_to("300")];
    while calls.len() < members {
        let (active, held) = (world.talking_to("301"), calls[0]);
        world.done(Command::ConferenceCall { active, held });
        calls.push(active);
    }
    world.log.clear();
    calls
}

#[test]
fn everybody_hears_everybody() {
    let mut world = World::new();
    let calls = conference(&mut world, 3);
    let rooms: Vec<_> = calls.iter().map(|&call| room(&world, call, Side::B)).collect();
    assert!(rooms[0].is_some() && rooms.iter().all(|room| *room == rooms[0]));
    // Alice is there once, whatever the number of her calls.
    let seats = calls.iter().filter(|&&call| room(&world, call, Side::A).is_some()).count();
    assert_eq!(seats, 1);
    for &call in &calls {
        assert_eq!(world.states(call), (Connected, Connected));
        assert_eq!(world.view(call).conference.len(), 2);
        assert!(!world.view(call).services.contains(Service::TransferCall));
    }
    world.refused(Command::ParkCall { call: calls[0], number: None }, CauseCode::InConference);
    world.refused(Command::ConferenceCall { active: calls[0], held: calls[1] }, CauseCode::InConference);
}

#[test]
fn one_that_is_left_with_the_user_is_an_ordinary_call() {
    let mut world = World::new();
    let calls = conference(&mut world, 3);
    world.sip(101, bye());
    assert_eq!(world.view(calls[1]).conference, [calls[2]]);
    let seats = calls.iter().filter(|&&call| room(&world, call, Side::A).is_some()).count();
    assert_eq!(seats, 1, "who carried the user's audio has left");
    world.sip(103, bye());
    assert_eq!((world.hears(calls[1]), world.calls.len()), (TALKING, 1));
    assert_eq!(world.view(calls[1]).conference, []);
    assert!(world.view(calls[1]).services.contains(Service::HoldCall));
    world.done(Command::ClearConnection { call: calls[1], remote: false });
    assert!(world.calls.is_empty());
}

#[test]
fn one_whom_the_user_removes_leaves_alone() {
    let mut world = World::new();
    let calls = conference(&mut world, 3);
    let seated = |world: &World| calls.iter().filter(|&&call| room(world, call, Side::A).is_some()).count();
    let remove = |call| Command::ClearConnection { call, remote: true };
    assert_eq!(world.command(BOBS, remove(calls[0])), Some(CommandResult::Error(CauseCode::UnknownCall)));
    // The first carries the user's audio.
    world.done(remove(calls[0]));
    world.logged(&["hangup 101", "media closed"]);
    assert_eq!((world.states(calls[0]), seated(&world)), ((Null, Null), 1));
    assert!(calls[1..].iter().all(|&call| room(&world, call, Side::B).is_some()));
    world.done(remove(calls[2]));
    assert_eq!((world.hears(calls[1]), world.view(calls[1]).conference.len()), (TALKING, 0));
    // In a call of two it is the end.
    world.done(remove(calls[1]));
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn two_that_the_user_leaves_talk_on() {
    let mut world = World::new();
    let calls = conference(&mut world, 2);
    world.done(Command::ClearConnection { call: calls[1], remote: false });
    assert_eq!((world.hears(calls[0]), world.calls.len()), (TALKING, 1));
    for call in calls {
        assert_eq!(world.states(call), (Null, Null));
    }
    world.log.clear();
    world.sip(102, bye());
    world.logged(&["hangup 101", "media closed"]);
}

#[test]
fn more_go_on_with_the_conference_until_two_are_left_who_talk_on() {
    let mut world = World::new();
    let calls = conference(&mut world, 3);
    world.done(Command::ClearConnection { call: calls[0], remote: false });
    assert!(world.calls.views(DESK).is_empty());
    for &call in &calls {
        assert!(room(&world, call, Side::B).is_some());
        assert_eq!(world.hears(call)[0], None);
    }
    world.sip(102, bye());
    // Nobody has to be mixed any more.
    assert_eq!((world.hears(calls[0]), world.calls.len()), (TALKING, 1));
    world.log.clear();
    world.sip(101, bye());
    world.logged(&["hangup 103", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn a_lost_client_leaves_like_anybody() {
    let mut world = World::new();
    conference(&mut world, 3);
    world.input(Input::ClientGone { client: DESK });
    assert_eq!(world.calls.len(), 3);
    let mut world = World::new();
    let calls = conference(&mut world, 2);
    world.input(Input::ClientGone { client: DESK });
    assert_eq!((world.hears(calls[0]), world.calls.len()), (TALKING, 1));
}

#[test]
fn clear_call_ends_it_for_everybody() {
    let mut world = World::new();
    let calls = conference(&mut world, 3);
    world.done(Command::ClearCall { call: calls[1] });
    world.log.retain(|line| line.starts_with("hangup"));
    world.log.sort();
    world.logged(&["hangup 101", "hangup 102", "hangup 103"]);
    assert!(world.calls.is_empty());
    // Of any other call it is Clear Connection.
    let call = world.talking_to("300");
    world.done(Command::ClearCall { call });
    assert!(world.calls.is_empty());
}

#[test]
fn who_holds_a_conference_leaves_the_others_talking() {
    let mut world = World::new();
    let calls = conference(&mut world, 2);
    world.done(Command::HoldCall { call: calls[0] });
    for &call in &calls {
        assert_eq!(world.states(call), (Held, Connected));
        assert_eq!(room(&world, call, Side::A), None);
        assert!(room(&world, call, Side::B).is_some());
    }
    let other = world.talking_to("302");
    world.done(Command::AlternateCall { active: other, held: calls[1] });
    let seats = calls.iter().filter(|&&call| room(&world, call, Side::A).is_some()).count();
    assert_eq!((seats, world.states(calls[0])), (1, (Connected, Connected)));
    assert_eq!(world.states(other), (Held, Connected));
}

#[test]
fn two_conferences_become_one() {
    let mut world = World::new();
    let first = conference(&mut world, 2);
    let second = conference(&mut world, 2);
    assert_ne!(room(&world, first[0], Side::B), room(&world, second[0], Side::B));
    world.done(Command::ConferenceCall { active: second[0], held: first[1] });
    let calls = [first, second].concat();
    let room_of = room(&world, calls[0], Side::B);
    assert!(calls.iter().all(|&call| room(&world, call, Side::B) == room_of && room_of.is_some()));
    assert_eq!(calls.iter().filter(|&&call| room(&world, call, Side::A).is_some()).count(), 1);
}

#[test]
fn who_was_on_hold_is_told_that_it_is_over() {
    let mut world = World::new();
    let held = world.talking_to("300");
    let active = world.talking_to("301");
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.log.clear();
    world.done(Command::ConferenceCall { active, held });
    assert!(world.log.contains(&"offer 101".to_owned()));
}
