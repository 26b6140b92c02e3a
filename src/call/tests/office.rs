//! Remote office: calls are placed by way of another telephone.

use super::*;

/// Alice calls 300 by way of her telephone at home, 0171.
fn calling() -> World {
    let mut world = World::new();
    world.done(Command::SetRemoteOffice { line: LINE, number: Some("0171".into()) });
    world.log.clear();
    world.done(Command::MakeCall { line: LINE, number: "300".into(), sdp: String::new() });
    world.logged(&["INVITE 0171"]);
    world
}

#[test]
fn the_telephone_is_called_first_then_the_number() {
    let mut world = calling();
    world.answer_last();
    world.logged(&["B hears Ringback", "INVITE 300"]);
    world.answer_last();
    assert_eq!(world.hears(CallId(1)), [Some(Sound::Peer), Some(Sound::Peer)]);
    assert_eq!(world.calls.len(), 1);
    world.log.clear();
    world.sip(101, bye());
    world.logged(&["hangup 102", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn where_nobody_is_reached_nothing_is_left() {
    let busy = || SipInput::Rejected { status: 486, reason: "Busy".into(), from_network: true, redirect: None };
    let mut world = calling();
    world.sip(101, busy());
    assert!(world.calls.is_empty());
    let mut world = calling();
    world.answer_last();
    world.sip(102, busy());
    assert!(world.calls.is_empty(), "the telephone is not left with nobody");
    let mut world = calling();
    world.answer_last();
    world.sip(101, bye());
    assert!(world.calls.is_empty(), "the number rings no more");
    let mut world = calling();
    world.wait();
    assert!(world.calls.is_empty(), "it rings no longer than other calls");
}

#[test]
fn an_emergency_is_called_from_where_the_person_is() {
    let mut world = World::new();
    world.done(Command::SetRemoteOffice { line: LINE, number: Some("0171".into()) });
    world.log.clear();
    world.dial("112");
    world.logged(&["INVITE 112"]);
}

#[test]
fn only_what_goes_by_the_other_telephone_needs_no_browser() {
    let mut world = World::new();
    let by_office = |world: &World, user, number| world.calls.goes_by_office(user, LINE, number);
    assert!(!by_office(&world, ALICE, "300"));
    world.done(Command::SetRemoteOffice { line: LINE, number: Some("0171".into()) });
    assert!(by_office(&world, ALICE, "3 00"));
    for number in ["112", "01 71", "@"] {
        assert!(!by_office(&world, ALICE, number), "{number}");
    }
    assert!(!by_office(&world, UserId(7), "300"), "who does not have the line");
    world.done(Command::SetRemoteOffice { line: LINE, number: Some("0171 2345678".into()) });
    for number in ["01712345678", "+49 171 2345678", "0 0171 2345678"] {
        assert!(!by_office(&world, ALICE, number), "{number} is the telephone itself");
    }
    assert!(by_office(&world, ALICE, "0171 2345679"));
}
