//! Hold, Retrieve, Alternate, Consultation and Reconnect Call, and a second call that comes in.

use super::*;
use crate::call::service::Service;
use crate::call::view::ConnectionState::{Alerting, Connected, Held, Null};

const TALKING: [Option<Sound>; 2] = [Some(Sound::Peer), Some(Sound::Peer)];
/// Alice made the call and holds it.
const WAITING: [Option<Sound>; 2] = [Some(Sound::Silence), Some(Sound::MusicOnHold)];

#[test]
fn who_is_held_hears_music_and_is_told() {
    let mut world = World::new();
    let call = world.talking_to("300");
    world.done(Command::HoldCall { call });
    world.logged(&["A hears Silence", "B hears MusicOnHold", "offer 101"]);
    assert_eq!(world.states(call), (Held, Connected));
    assert!(world.view(call).services.contains(Service::RetrieveCall));
    assert!(!world.view(call).services.contains(Service::HoldCall));
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.refused(Command::HoldCall { call }, CauseCode::OnHold);
    world.log.clear();
    world.done(Command::RetrieveCall { call });
    world.logged(&["A hears Peer", "B hears Peer", "offer 101"]);
    assert_eq!(world.states(call), (Connected, Connected));
    world.refused(Command::RetrieveCall { call }, CauseCode::NotHeld);
}

#[test]
fn without_music_of_ours_the_pbx_is_left_to_play_its_own_until_there_is_something_to_hear() {
    use sdp::Direction::{Inactive, SendOnly, SendRecv};
    let mut world = World::with(|directory| directory.music_on_hold = false);
    let call = world.taken(1);
    world.done(Command::HoldCall { call });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    assert_eq!(world.wanted, [Inactive]);
    // It is to hear the ringing of whom it goes to.
    world.done(Command::SingleStepTransferCall { call, number: "301".into() });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    assert_eq!(world.wanted, [Inactive, SendOnly]);
    world.answer_last();
    assert_eq!(world.wanted, [Inactive, SendOnly, SendRecv]);

    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::HoldCall { call });
    assert_eq!(world.wanted, [SendOnly]);
}

#[test]
fn a_call_that_came_in_is_held_just_so() {
    let mut world = World::new();
    let call = world.taken(1);
    world.done(Command::HoldCall { call });
    world.logged(&["A hears MusicOnHold", "B hears Silence", "offer 1"]);
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.sip(1, bye());
    world.logged(&["media closed"]);
}

#[test]
fn who_does_not_take_the_offer_is_held_all_the_same_and_not_asked_again() {
    let mut world = World::new();
    let call = world.talking_to("300");
    world.done(Command::HoldCall { call });
    world.log.clear();
    world.sip(101, SipInput::OfferRejected { status: 488 });
    world.logged(&[]);
    assert_eq!((world.states(call), world.hears(call)), ((Held, Connected), WAITING));
    // It has never been told that it is on hold.
    world.done(Command::RetrieveCall { call });
    world.logged(&["A hears Peer", "B hears Peer"]);
    world.done(Command::HoldCall { call });
    world.logged(&["A hears Silence", "B hears MusicOnHold", "offer 101"]);
}

#[test]
fn what_the_user_wants_while_an_offer_is_on_its_way_is_told_after_it() {
    let mut world = World::new();
    let call = world.talking_to("300");
    world.done(Command::HoldCall { call });
    world.done(Command::RetrieveCall { call });
    world.log.clear();
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.logged(&["491 to offer"]);
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.logged(&["offer 101"]);
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.logged(&[]);
}

#[test]
fn who_holds_and_is_held_hears_no_music() {
    let mut world = World::new();
    let call = world.talking_to("300");
    world.held = true;
    world.sip(101, SipInput::Offer { sdp: sdp() });
    assert_eq!(world.states(call), (Connected, Held));
    world.done(Command::HoldCall { call });
    assert_eq!(world.hears(call), WAITING);
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.done(Command::RetrieveCall { call });
    assert_eq!(world.hears(call), [Some(Sound::MusicOnHold), Some(Sound::Peer)]);
}

#[test]
fn who_has_held_meanwhile_is_seen_to_hold() {
    let mut world = World::new();
    let call = world.talking_to("300");
    world.done(Command::HoldCall { call });
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.done(Command::RetrieveCall { call });
    assert_eq!(world.states(call), (Connected, Connected));
    world.held = true;
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    assert_eq!(world.states(call), (Connected, Held));
    assert_eq!(world.hears(call), [Some(Sound::MusicOnHold), Some(Sound::Peer)]);
}

#[test]
fn who_would_not_be_retrieved_is_by_an_offer_of_its_own() {
    let mut world = World::new();
    let call = world.talking_to("300");
    world.done(Command::HoldCall { call });
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.done(Command::RetrieveCall { call });
    world.sip(101, SipInput::OfferRejected { status: 488 });
    world.log.clear();
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.logged(&["200 to offer"]);
    world.done(Command::HoldCall { call });
    world.logged(&["A hears Silence", "B hears MusicOnHold", "offer 101"]);
}

#[test]
fn who_would_not_be_retrieved_is_told_when_it_is_held_again() {
    let mut world = World::new();
    let call = world.talking_to("300");
    world.done(Command::HoldCall { call });
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.done(Command::RetrieveCall { call });
    world.sip(101, SipInput::OfferRejected { status: 488 });
    world.log.clear();
    world.done(Command::HoldCall { call });
    world.logged(&["A hears Silence", "B hears MusicOnHold", "offer 101"]);
    world.sip(101, SipInput::OfferAnswered { sdp: sdp() });
    world.done(Command::RetrieveCall { call });
    world.logged(&["A hears Peer", "B hears Peer", "offer 101"]);
}

#[test]
fn a_second_call_holds_the_first() {
    let mut world = World::new();
    let first = world.talking_to("300");
    let second = world.incoming();
    assert_eq!(world.states(second), (Alerting, Connected));
    assert_eq!(world.hears(first), TALKING, "call waiting disturbs nobody");
    world.command(DESK, Command::AnswerCall { call: second, sdp: "v=0".into() });
    assert_eq!((world.states(first), world.hears(first)), ((Held, Connected), WAITING));
    assert_eq!((world.states(second), world.hears(second)), ((Connected, Connected), TALKING));
    let third = world.dial("301");
    assert_eq!(world.hears(second), [Some(Sound::MusicOnHold), Some(Sound::Silence)]);
    // One that is dialled waits, too, and whoever answers then hears it.
    world.done(Command::RetrieveCall { call: first });
    world.answer_last();
    assert_eq!((world.hears(first), world.hears(third)), (TALKING, WAITING));
    assert_eq!(world.states(third), (Held, Connected));
}

#[test]
fn a_call_that_cannot_be_made_holds_nobody() {
    let mut world = World::with(|directory| directory.groups[0].functions.remove(Service::MakeCall));
    let call = world.taken(1);
    let make = Command::MakeCall { line: LINE, number: "300".into(), sdp: "v=0".into() };
    world.refused(make, CauseCode::FunctionOff);
    let consult = Command::ConsultationCall { call, number: "@".into(), sdp: "v=0".into() };
    world.refused(consult, CauseCode::InvalidNumber);
    assert_eq!(world.hears(call), TALKING);
    // An emergency is never in the way of anything.
    assert_ne!(world.dial("112"), call);
}

#[test]
fn another_device_sees_the_call_and_does_not_control_it() {
    let mut world = World::new();
    let call = world.talking_to("300");
    let hold = Command::HoldCall { call };
    assert_eq!(world.command(LAPTOP, hold.clone()), Some(CommandResult::Error(CauseCode::AudioElsewhere)));
    assert_eq!(world.command(BOBS, hold), Some(CommandResult::Error(CauseCode::UnknownCall)));
    let laptop = world.last_view(LAPTOP).services;
    assert!(laptop.contains(Service::ClearConnection) && !laptop.contains(Service::HoldCall));
}

#[test]
fn a_consultation_holds_alternates_and_goes_back() {
    let mut world = World::new();
    let first = world.taken(1);
    world.refused(Command::AlternateCall { active: first, held: first }, CauseCode::NoOtherCall);
    let consult = Command::ConsultationCall { call: first, number: "301".into(), sdp: "v=0".into() };
    let Some(CommandResult::Media { call: second, .. }) = world.command(DESK, consult) else { panic!() };
    assert_eq!(world.view(second).consultation_of, Some(first));
    assert_eq!(world.states(first), (Held, Connected));
    let alternate = Command::AlternateCall { active: second, held: first };
    world.refused(alternate.clone(), CauseCode::NotAnswered);
    world.answer_last();
    assert!(world.view(first).services.contains(Service::AlternateCall));
    world.done(alternate.clone());
    assert_eq!((world.states(first), world.states(second)), ((Connected, Connected), (Held, Connected)));
    assert_eq!((world.hears(first), world.hears(second)), (TALKING, WAITING));
    world.refused(alternate, CauseCode::OnHold);
    world.log.clear();
    world.done(Command::ReconnectCall { active: first, held: second });
    assert_eq!(world.log[..2], ["hangup 1".to_owned(), "media closed".to_owned()]);
    assert_eq!((world.states(first), world.hears(second)), ((Null, Null), TALKING));
    assert_eq!(world.view(second).consultation_of, None);
    assert!(!world.view(second).services.contains(Service::AlternateCall), "there is no other call any more");
}

#[test]
fn whom_one_has_asked_may_go_and_the_first_call_waits_on() {
    let mut world = World::new();
    let first = world.talking_to("300");
    world.talking_to("301");
    world.sip(102, bye());
    assert_eq!(world.states(first), (Held, Connected));
    world.done(Command::RetrieveCall { call: first });
    assert_eq!(world.hears(first), TALKING);
}

#[test]
fn calls_on_hold_end_with_their_client() {
    let mut world = World::new();
    world.talking_to("300");
    world.talking_to("301");
    world.log.clear();
    world.input(Input::ClientGone { client: DESK });
    world.logged(&["hangup 101", "media closed", "hangup 102", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn what_is_switched_off_is_neither_offered_nor_done() {
    let mut world = World::with(|directory| directory.groups[0].functions.remove(Service::HoldCall));
    let call = world.talking_to("300");
    assert!(!world.view(call).services.contains(Service::HoldCall));
    world.refused(Command::HoldCall { call }, CauseCode::FunctionOff);
    // A second call holds it all the same, and it can be got back.
    let second = world.taken(1);
    world.done(Command::RetrieveCall { call });
    assert_eq!(world.hears(call), TALKING);
    assert_eq!(world.hears(second), [Some(Sound::MusicOnHold), Some(Sound::Silence)]);
}

#[test]
fn digits_that_are_switched_off_are_not_sent() {
    let mut world = World::with(|directory| directory.groups[0].functions.remove(Service::GenerateDigits));
    let call = world.talking_to("300");
    assert!(!world.view(call).services.contains(Service::GenerateDigits));
    world.refused(Command::GenerateDigits { call, digits: "1".into() }, CauseCode::FunctionOff);
}

#[test]
fn each_switch_is_for_its_own_service() {
    for consults in [true, false] {
        let mut world = World::with(|directory| {
            directory.groups[0].functions.remove(Service::MakeCall);
            directory.groups[0].pickup_code = Some("*59<NUMBER>".into());
        });
        let call = world.taken(1);
        let services = world.view(call).services;
        assert!(services.contains(Service::ConsultationCall) && services.contains(Service::SingleStepTransferCall));
        if consults {
            let consult = Command::ConsultationCall { call, number: "301".into(), sdp: "v=0".into() };
            assert!(matches!(world.command(DESK, consult), Some(CommandResult::Media { .. })));
            let pickup = Command::DirectedPickupCall { line: LINE, number: "777".into(), sdp: "v=0".into() };
            assert!(matches!(world.command(DESK, pickup), Some(CommandResult::Media { .. })));
        } else {
            world.done(Command::SingleStepTransferCall { call, number: "301".into() });
        }
    }
}
