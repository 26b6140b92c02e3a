//! One side of a call that stands is taken by somebody else.

use offhook_sip::ReferId;
use offhook_sip::header::Name;
use offhook_sip::uri::Uri;

use super::*;

fn id() -> ReferId {
    ReferId::from_raw(7)
}

fn refer(target: &str) -> SipInput {
    SipInput::Refer {
        refer: id(),
        target: Uri::parse(target).unwrap(),
        replaces: Some("abc;to-tag=1;from-tag=2".into()),
        referred_by: Some("<sip:300@b>".into()),
    }
}

/// A call that a client made and that stands, as session 101.
fn dialled() -> World {
    let mut world = World::new();
    let call = world.dial("300");
    world.sip(101, answered(sdp()));
    world.input(Input::Media { call, side: Side::A, event: MediaInput::Connected });
    world.log.clear();
    world
}

fn replacing(world: &mut World, replaces: u64, offer: &'static [u8]) {
    let from = Caller { number: "400".into(), name: None };
    let (session, replaces, offer) = (session(50), session(replaces), Bytes::from_static(offer));
    world.input(Input::Replacing { session, replaces, from, offer });
}

#[test]
fn who_is_asked_for_takes_the_place_of_who_asked() {
    for (mut world, number, other, side) in [(World::passed_on(), 1, 101, "A"), (World::passed_on(), 101, 1, "B")] {
        world.sip(number, refer("sip:400@b"));
        world.logged(&[&format!("202 to {number}"), "INVITE 400"]);
        let (from, headers) = world.invited.clone().unwrap();
        assert_eq!(from.map(|from| from.number).as_deref(), Some(if number == 1 { "300" } else { "200" }));
        let added =
            [(Name::Replaces, "abc;to-tag=1;from-tag=2".to_owned()), (Name::ReferredBy, "<sip:300@b>".to_owned())];
        assert!(headers.ends_with(&added));
        world.sip(102, progress(180, None));
        world.sip(102, progress(180, None));
        world.logged(&[&format!("notify {number} 180")]);
        world.sip(102, answered(sdp()));
        world.logged(&[&format!("{side} replaced"), &format!("notify {number} 200")]);
        world.sip(number, bye());
        world.logged(&[]);
        world.sip(102, SipInput::Offer { sdp: sdp() });
        world.logged(&["200 to offer"]);
        world.sip(102, bye());
        world.logged(&[&format!("hangup {other}"), "media closed"]);
        assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
    }
}

#[test]
fn who_is_transferred_out_of_hold_hears_no_more_music() {
    let mut world = dialled();
    world.held = true;
    world.sip(101, SipInput::Offer { sdp: sdp() });
    world.held = false;
    world.sip(101, refer("sip:400@b"));
    world.log.clear();
    world.sip(102, answered(sdp()));
    world.logged(&["B replaced", "notify 101 200", "A hears Peer"]);
}

#[test]
fn who_asked_and_does_not_go_is_hung_up() {
    let mut world = dialled();
    world.sip(101, refer("sip:400@b"));
    assert_eq!(world.invited.as_ref().unwrap().0, None);
    world.sip(102, answered(sdp()));
    assert_eq!(world.last_view(DESK).remote.number, "400");
    world.log.clear();
    world.wait();
    world.logged(&["hangup 101"]);
    assert_eq!(world.calls.len(), 1);
    world.sip(102, bye());
    world.logged(&["media closed"]);
    assert!(world.calls.is_empty());
}

#[test]
fn a_call_that_a_client_took_can_be_transferred() {
    let mut world = World::new();
    let call = world.incoming();
    world.command(DESK, Command::AnswerCall { call, sdp: "v=0".into() });
    world.log.clear();
    world.sip(1, refer("sip:400@b"));
    world.sip(101, answered(sdp()));
    world.logged(&["202 to 1", "INVITE 400", "A replaced", "notify 1 200"]);
    assert_eq!(world.last_view(DESK).remote.number, "400");
    world.command(DESK, Command::ClearConnection { call, remote: false });
    world.log.sort();
    world.logged(&["hangup 1", "hangup 101", "media closed"]);
}

#[test]
fn a_transfer_that_fails_changes_nothing() {
    let mut world = dialled();
    world.sip(101, refer("sip:400@b"));
    world.log.clear();
    world.sip(102, rejected(486));
    world.logged(&["next dropped", "notify 101 486"]);
    assert_eq!(world.last_view(DESK).remote.number, "300");
    // It can be tried again.
    world.sip(101, refer("sip:401@b"));
    world.sip(
        103,
        SipInput::Answered {
            abilities: Abilities::default(),
            sdp: Some(Bytes::from_static(b"no codec")),
            headers: Headers::new(),
        },
    );
    world.logged(&["202 to 101", "INVITE 401", "hangup 103", "next dropped", "notify 101 488"]);
    world.sip(101, refer("sip:402@b"));
    world.log.clear();
    world.wait();
    world.logged(&["hangup 104", "next dropped", "notify 101 408"]);
    assert_eq!(world.calls.len(), 1);
}

#[test]
fn who_asked_may_leave_before_the_outcome() {
    let mut world = World::passed_on();
    world.sip(101, refer("sip:400@b"));
    world.log.clear();
    world.sip(101, bye());
    world.logged(&["A hears Ringback"]);
    world.sip(102, progress(180, None));
    world.sip(102, answered(sdp()));
    world.logged(&["B replaced", "A hears Peer"]);
    assert_eq!(world.calls.len(), 1);

    let mut world = World::passed_on();
    world.sip(101, refer("sip:400@b"));
    world.sip(101, bye());
    world.log.clear();
    world.sip(102, rejected(486));
    world.logged(&["next dropped", "hangup 1", "media closed"]);
    assert!(world.calls.is_empty());
}

#[test]
fn who_is_to_be_transferred_may_hang_up() {
    let mut world = World::passed_on();
    world.sip(101, refer("sip:400@b"));
    world.log.clear();
    world.sip(1, bye());
    world.logged(&["hangup 101", "hangup 102", "media closed"]);
    assert!(world.calls.is_empty() && world.calls.poll_timeout().is_none());
}

#[test]
fn what_cannot_be_transferred_is_refused() {
    let mut world = World::passed_on();
    world.sip(101, refer("sip:b"));
    world.sip(101, refer("sip:400@b;method=BYE"));
    world.sip(101, refer("sip:400@b"));
    world.sip(1, refer("sip:401@b"));
    world.logged(&["484 to refer of 101", "484 to refer of 101", "202 to 101", "INVITE 400", "491 to refer of 1"]);
}

#[test]
fn who_comes_with_replaces_takes_the_place() {
    for (number, other) in [(1, 101), (101, 1)] {
        let mut world = World::passed_on();
        assert!(world.calls.group_at(session(number)).is_some());
        replacing(&mut world, number, OFFER);
        world.logged(&["200", &format!("hangup {number}")]);
        world.sip(50, SipInput::Confirmed { sdp: None });
        world.sip(50, bye());
        world.logged(&[&format!("hangup {other}"), "media closed"]);
    }
}

#[test]
fn who_comes_without_an_offer_gets_ours() {
    for number in [1, 101] {
        let mut world = World::passed_on();
        replacing(&mut world, number, b"");
        world.sip(50, SipInput::Confirmed { sdp: sdp() });
        assert_eq!(world.calls.len(), 1);
        let mut world = World::passed_on();
        replacing(&mut world, number, b"");
        world.sip(50, SipInput::Confirmed { sdp: None });
        assert!(world.calls.is_empty());
    }
}

#[test]
fn what_does_not_stand_cannot_be_replaced() {
    let mut world = World::passed_on();
    replacing(&mut world, 9, OFFER);
    world.logged(&["reject 481"]);
    let mut world = World::new();
    world.dial("300");
    replacing(&mut world, 101, OFFER);
    world.logged(&["INVITE 300", "reject 481"]);
    assert_eq!(world.calls.len(), 1);
    assert_eq!(world.calls.group_at(session(101)), None);
}

#[test]
fn a_client_sees_who_came() {
    let mut world = dialled();
    replacing(&mut world, 101, OFFER);
    assert_eq!(world.last_view(DESK).remote.number, "400");
}
