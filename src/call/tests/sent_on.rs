//! Calls that are answered and held so that the PBX transfers them, where it does not.

use offhook_sip::header::Name;

use super::divert::{forwarding, own, world};
use super::*;
use crate::call::directory::Diversion;
use crate::call::settings::ForwardingKind;

/// The caller, session 1, is held, and the PBX has been asked to transfer it to 300.
fn asked() -> World {
    let mut world = world(|directory| own(directory).diversion = Diversion::Transfer);
    world.set(forwarding(ForwardingKind::Immediate, "300"));
    world.incoming();
    world.sip(1, SipInput::Confirmed { sdp: None });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.logged(&["200", "A hears MusicOnHold", "offer 1", "REFER 1 to Some(Number(\"300\")) replacing None"]);
    world
}

/// The server calls 300, session 101, itself.
fn called_here() -> World {
    let mut world = asked();
    world.sip(1, SipInput::Referred { status: 501 });
    world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
    world.log.clear();
    world
}

fn referred(world: &mut World, statuses: &[u16]) {
    for &status in statuses {
        world.sip(1, SipInput::Referred { status });
    }
}

fn is_over(world: &World) -> bool {
    world.calls.is_empty() && world.calls.poll_timeout().is_none()
}

#[test]
fn what_the_pbx_does_not_transfer_is_called_here() {
    for statuses in [&[501][..], &[486], &[100, 180, 503]] {
        let mut world = asked();
        referred(&mut world, statuses);
        // Whoever waits is on hold no longer, so that it can talk at once.
        world.logged(&["A hears Ringback", "offer 1", "INVITE 300"]);
        assert_eq!(world.wanted.last(), Some(&sdp::Direction::SendRecv));
        assert_eq!(world.invited(Name::Diversion), ["<sip:200@invalid>;reason=unconditional"]);
        world.sip(1, SipInput::OfferAnswered { sdp: sdp() });
        world.sip(101, progress(180, None));
        world.logged(&[]);
        world.sip(101, answered(sdp()));
        world.logged(&["A hears Peer", "B hears Peer"]);
        assert_eq!(world.calls.poll_timeout(), None);
        world.sip(101, bye());
        world.logged(&["hangup 1", "media closed"]);
        assert!(is_over(&world));
    }
}

#[test]
fn a_pbx_that_says_nothing_is_not_waited_for() {
    let mut world = asked();
    let begun = world.now;
    world.wait();
    assert_eq!(world.now - begun, Duration::from_secs(20));
    world.logged(&["A hears Ringback", "offer 1", "INVITE 300"]);
}

#[test]
fn who_does_not_take_it_ends_it_and_the_caller_is_told_why() {
    for status in [486, 480, 404, 603, 408] {
        let mut world = asked();
        referred(&mut world, &[100, 180, status]);
        world.logged(&[&format!("hangup 1: SIP;cause={status}"), "media closed"]);
        assert!(is_over(&world));
        let mut world = called_here();
        world.sip(101, rejected(status));
        world.logged(&[&format!("hangup 1: SIP;cause={status}"), "media closed"]);
        assert!(is_over(&world));
    }
    // The PBX has begun and never says how it ended.
    let mut world = asked();
    referred(&mut world, &[100]);
    world.wait();
    world.logged(&["hangup 1: SIP;cause=408", "media closed"]);
    assert!(is_over(&world));
}

#[test]
fn the_caller_may_go_while_it_is_called_here() {
    let mut world = called_here();
    world.sip(1, bye());
    world.logged(&["hangup 101", "media closed"]);
    assert!(is_over(&world));
}

#[test]
fn an_answered_caller_is_sent_nothing_that_comes_before_an_answer() {
    let mut world = called_here();
    world.sip(101, progress(183, sdp()));
    world.logged(&["A hears Peer", "B hears Peer"]);
    // It may change its own session meanwhile.
    world.sip(1, SipInput::Offer { sdp: sdp() });
    world.logged(&["200 to offer"]);
    world.sip(101, answered(None));
    world.logged(&["A hears Peer", "B hears Peer"]);
}

#[test]
fn a_caller_who_would_not_be_retrieved_is_asked_again_when_somebody_answers() {
    let mut world = asked();
    world.sip(1, SipInput::Referred { status: 501 });
    world.sip(1, SipInput::OfferRejected { status: 488 });
    world.log.clear();
    world.sip(101, answered(sdp()));
    world.logged(&["A hears Peer", "B hears Peer", "offer 1"]);
    assert_eq!(world.wanted.last(), Some(&sdp::Direction::SendRecv));
}
