//! The events that a line's device is told of, for each service in the order that ECMA-269 shows for it (its annexes and
//! ECMA TR/82, the scenarios seen from the device that asks).

use super::*;
use crate::line::events::{self, CallEvent};
use CallEvent::*;

/// What Alice's desk was told of a call.
fn told(world: &World, call: CallId) -> Vec<CallEvent> {
    let mut before: Option<&CallView> = None;
    let mut all = Vec::new();
    for (_, view) in world.views.iter().filter(|(to, view)| *to == DESK && view.id == call) {
        all.extend(events::between(before, view));
        before = Some(view);
    }
    all
}

fn ringing() -> SipInput {
    SipInput::Progress { status: 180, sdp: None, fork: 1, headers: Headers::new() }
}

/// A call that Alice made and that rang before it was answered.
fn made(world: &mut World, number: &str) -> CallId {
    let call = world.dial(number);
    world.sip(world.next_session, ringing());
    world.answer_last();
    world.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
    call
}

#[test]
fn a_call_made_and_cleared_by_the_other_side() {
    let mut world = World::new();
    let call = made(&mut world, "300");
    world.sip(world.next_session, bye());
    assert_eq!(told(&world, call), [ServiceInitiated, Originated, Delivered, Established, ConnectionCleared]);
}

#[test]
fn a_call_that_fails() {
    let mut world = World::new();
    let call = world.dial("300");
    let (reason, redirect) = ("Busy Here".into(), None);
    world.sip(world.next_session, SipInput::Rejected { status: 486, reason, from_network: true, redirect });
    assert_eq!(told(&world, call), [ServiceInitiated, Originated, Failed, ConnectionCleared]);
}

#[test]
fn a_call_taken_held_and_retrieved() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::HoldCall { call });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.done(Command::RetrieveCall { call });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.done(Command::ClearConnection { call, remote: false });
    assert_eq!(told(&world, call), [Delivered, Established, Held, Retrieved, ConnectionCleared]);
}

#[test]
fn a_call_that_nobody_takes() {
    let mut world = World::new();
    let call = world.incoming_as(1);
    world.sip(1, SipInput::Cancelled { reason: None });
    assert_eq!(told(&world, call), [Delivered, ConnectionCleared]);
}

#[test]
fn a_consultation_and_back() {
    let mut world = World::new();
    let first = world.taken(1);
    let consultation = Command::ConsultationCall { call: first, number: "301".into(), sdp: "v=0".into() };
    let Some(CommandResult::Media { call: second, .. }) = world.command(DESK, consultation) else { panic!("no call") };
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.sip(world.next_session, ringing());
    world.answer_last();
    world.done(Command::AlternateCall { active: second, held: first });
    world.done(Command::AlternateCall { active: first, held: second });
    world.done(Command::ReconnectCall { active: second, held: first });
    assert_eq!(told(&world, first), [Delivered, Established, Held, Retrieved, Held, Retrieved]);
    let expected = [ServiceInitiated, Originated, Delivered, Established, Held, Retrieved, ConnectionCleared];
    assert_eq!(told(&world, second), expected);
}

#[test]
fn a_transfer() {
    let mut world = World::new();
    let held = world.taken(1);
    let active = made(&mut world, "301");
    world.done(Command::TransferCall { active, held });
    assert_eq!(told(&world, held), [Delivered, Established, Held, Transferred]);
    assert_eq!(told(&world, active), [ServiceInitiated, Originated, Delivered, Established, Transferred]);
}

#[test]
fn a_transfer_without_asking() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::SingleStepTransferCall { call, number: "301".into() });
    world.sip(world.next_session, ringing());
    world.answer_last();
    assert_eq!(told(&world, call), [Delivered, Established, Held, Transferred]);
}

#[test]
fn a_conference() {
    let mut world = World::new();
    let held = world.taken(1);
    let active = made(&mut world, "301");
    world.done(Command::ConferenceCall { active, held });
    assert_eq!(told(&world, held), [Delivered, Established, Held, Conferenced]);
    assert_eq!(told(&world, active), [ServiceInitiated, Originated, Delivered, Established, Conferenced]);
}

#[test]
fn a_call_parked_and_taken_back() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::ParkCall { call, number: None });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    let answer = Command::AnswerCall { call, sdp: "v=0".into() };
    assert!(matches!(world.command(DESK, answer), Some(CommandResult::Media { .. })));
    assert_eq!(told(&world, call), [Delivered, Established, Queued, Retrieved]);
}
