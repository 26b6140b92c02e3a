//! Offers within a call, and when they cross.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};
use offhook_sip::{Event, SessionId};

use crate::calls::{answered, incoming, invite, is, is_status, settle, talk, two, within};
use crate::net::{World, sdp};

fn offered(event: &Event) -> Option<Option<bytes::Bytes>> {
    match event {
        Event::Offer { sdp, .. } => Some(sdp.clone()),
        _ => None,
    }
}

fn offer_answered(event: &Event) -> Option<Option<bytes::Bytes>> {
    match event {
        Event::OfferAnswered { sdp, .. } => Some(sdp.clone()),
        _ => None,
    }
}

#[test]
fn a_reinvite_is_answered() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.offer(calling, sdp("hold"), now));
    assert_eq!(world.wait(bob, 1, offered), Some(sdp("hold")));
    world.at(bob, |endpoint, now| endpoint.answer_offer(ringing, sdp("held"), now));
    assert_eq!(world.wait(alice, 1, offer_answered), Some(sdp("held")));
    world.pass(Duration::from_secs(40));
    assert_eq!(world.count(&["ACK"]), 2, "{:#?}", world.trace);
    let confirmed = world.events(bob).iter().filter(|event| matches!(event, Event::Confirmed { .. })).count();
    assert_eq!(confirmed, 1, "only the first INVITE is confirmed");
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn a_refused_offer_leaves_the_call_as_it_was() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.offer(calling, sdp("video"), now));
    world.wait(bob, 1, offered);
    world.at(bob, |endpoint, now| endpoint.reject_offer(ringing, 488, now));
    let status = world.wait(alice, 1, |event| match event {
        Event::OfferRejected { status, .. } => Some(*status),
        _ => None,
    });
    assert_eq!(status, 488);
    world.at(alice, |endpoint, now| endpoint.offer(calling, sdp("audio"), now));
    world.until(1, |world| (world.events(bob).iter().filter_map(offered).count() == 2).then_some(()));
}

#[test]
fn offers_that_cross_are_both_made_in_the_end() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    for (at, own) in [(alice, calling), (bob, ringing)] {
        world.react(at, move |endpoint, event, now| {
            if let Event::Offer { session, .. } = event {
                assert_eq!(*session, own);
                endpoint.answer_offer(own, sdp("answer"), now);
            }
        });
    }
    world.at(alice, |endpoint, now| endpoint.offer(calling, sdp("a"), now));
    world.at(bob, |endpoint, now| endpoint.offer(ringing, sdp("b"), now));
    world.wait(alice, 20, offer_answered);
    world.wait(bob, 20, offer_answered);
    assert_eq!(world.count(&["SIP/2.0 491"]), 2);
    // RFC 3261 14.1: the caller leaves the callee the first try.
    let last = world.trace.iter().rfind(|line| line.contains("INVITE sip")).expect("an INVITE");
    assert!(last.contains("127.0.0.1:5060 -> "), "{:#?}", world.trace);
}

#[test]
fn hanging_up_with_an_offer_open_answers_it() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.offer(calling, sdp("hold"), now));
    world.wait(bob, 1, offered);
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    settle(&mut world, &[alice, bob]);
    assert_eq!(world.count(&["SIP/2.0 487", "2 INVITE"]), 1);
}

#[test]
fn update_and_reinvite_of_a_phone() {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", ""));
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 180, None, now));
    let (_, early) = world.receive(phone, is_status(180));
    let with_offer = |text: String| {
        text.replace("Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0")
    };
    // RFC 3311 5.2: an offer while its first one has no answer.
    world.send(phone, bob, with_offer(within("UPDATE", "z9hG4bKb", "2", &early)));
    let (_, refused) = world.receive(phone, is_status(500));
    assert!(refused.header(offhook_sip::header::Name::RetryAfter).is_some());
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    let (_, answer) = world.receive(phone, is_status(200));
    world.send(phone, bob, within("ACK", "z9hG4bKc", "1", &answer));
    world.wait(bob, 1, |event| matches!(event, Event::Confirmed { .. }).then_some(()));

    // Without an offer it only refreshes.
    world.send(phone, bob, within("UPDATE", "z9hG4bKd", "3", &answer));
    world.receive(phone, is_status(200));
    world.send(phone, bob, with_offer(within("UPDATE", "z9hG4bKe", "4", &answer)));
    assert_eq!(world.wait(bob, 1, offered).as_deref(), Some(&b"v=0"[..]));
    // 14.2: another one while the last has no answer.
    world.send(phone, bob, with_offer(within("INVITE", "z9hG4bKf", "5", &answer)));
    world.receive(phone, is_status(500));
    world.at(bob, |endpoint, now| endpoint.answer_offer(ringing, sdp("updated"), now));
    let (_, updated) = world.receive(phone, is_status(200));
    assert_eq!(updated.body(), sdp("updated"));

    // A re-INVITE without offer wants ours; the answer comes with the ACK.
    world.send(phone, bob, within("INVITE", "z9hG4bKg", "6", &answer).replace("127.0.0.9:5060>", "127.0.0.10:5060>"));
    world.until(1, |world| world.events(bob).iter().filter_map(offered).any(|sdp| sdp.is_none()).then_some(()));
    world.at(bob, |endpoint, now| endpoint.answer_offer(ringing, sdp("our offer"), now));
    let (_, ours) = world.receive(phone, is_status(200));
    assert_eq!(ours.body(), sdp("our offer"));
    world.send(phone, bob, with_offer(within("ACK", "z9hG4bKh", "6", &answer)));
    assert_eq!(world.wait(bob, 1, offer_answered).as_deref(), Some(&b"v=0"[..]));

    // Its contact moved with the re-INVITE (target refresh).
    let moved = world.peer("127.0.0.10:5060");
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    world.receive(moved, |message| message.request_uri_str() == "sip:phone@127.0.0.10:5060");
}

#[test]
fn requests_out_of_order_are_refused() {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "7", ""));
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    let (_, answer) = world.receive(phone, is_status(200));
    world.send(phone, bob, within("ACK", "z9hG4bKb", "7", &answer));
    world.send(phone, bob, within("BYE", "z9hG4bKc", "6", &answer));
    world.receive(phone, is_status(500));
    let stranger = within("BYE", "z9hG4bKd", "8", &answer).replace("tag=ph", "tag=other");
    world.send(phone, bob, stranger);
    world.receive(phone, is_status(481));
    world.send(phone, bob, within("BYE", "z9hG4bKe", "8", &answer).replace("call-1", "call-2"));
    world.receive(phone, is_status(481));
    assert!(!world.events(bob).iter().any(|event| matches!(event, Event::Ended { .. })));
    world.send(phone, bob, within("BYE", "z9hG4bKf", "9", &answer));
    world.receive(phone, is_status(200));
    settle(&mut world, &[bob]);
}

/// A call whose INVITE has no offer, answered with one.
fn late_offer(world: &mut World, alice: SocketAddr, bob: SocketAddr) -> (SessionId, SessionId) {
    let calling = world.call_with(alice, bob, Bytes::new(), Vec::new());
    let ringing = incoming(world, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("offer"), now));
    let (found, is_offer) = world.wait(alice, 40, |event| match event {
        Event::Answered { sdp, is_offer, .. } => Some((sdp.clone(), *is_offer)),
        _ => None,
    });
    assert_eq!((found, is_offer), (Some(sdp("offer")), true));
    (calling, ringing)
}

#[test]
fn the_ack_waits_for_the_answer_to_an_offer_in_the_200() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = late_offer(&mut world, alice, bob);
    world.pass(Duration::from_secs(5));
    assert_eq!(world.count(&["ACK"]), 0, "{:#?}", world.trace);
    assert_eq!(world.count(&["BYE"]), 0, "the repeated 200 is no other callee's");
    world.at(alice, |endpoint, now| endpoint.answer_offer(calling, sdp("answer"), now));
    let answer = world.wait(bob, 5, |event| match event {
        Event::Confirmed { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    assert_eq!(answer, Some(sdp("answer")));
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn a_late_answer_survives_the_loss_of_its_ack() {
    let (mut world, alice, bob) = two();
    world.lose.push(vec!["ACK"]);
    let (calling, ringing) = late_offer(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.answer_offer(calling, sdp("answer"), now));
    let answer = world.wait(bob, 10, |event| match event {
        Event::Confirmed { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    assert_eq!(answer, Some(sdp("answer")));
    assert_eq!(world.count(&["ACK"]), 2);
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn an_offer_in_the_200_that_is_refused_ends_the_call() {
    for hangs_up in [false, true] {
        let (mut world, alice, bob) = two();
        let (calling, _) = late_offer(&mut world, alice, bob);
        world.at(alice, |endpoint, now| match hangs_up {
            true => endpoint.hangup(calling, None, now),
            false => endpoint.reject_offer(calling, 488, now),
        });
        crate::calls::ended(&mut world, bob);
        settle(&mut world, &[alice, bob]);
        assert_eq!((world.count(&["ACK"]), world.count(&["BYE sip"])), (1, 1), "{:#?}", world.trace);
    }
}

#[test]
fn a_reinvite_without_offer_gets_one() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.offer(calling, Bytes::new(), now));
    assert_eq!(world.wait(bob, 1, offered), None);
    world.at(bob, |endpoint, now| endpoint.answer_offer(ringing, sdp("bob offers"), now));
    assert_eq!(world.wait(alice, 1, offered), Some(sdp("bob offers")));
    world.pass(Duration::from_secs(3));
    assert_eq!(world.count(&["ACK", "2 ACK"]), 0, "it waits for the answer");
    world.at(alice, |endpoint, now| endpoint.answer_offer(calling, sdp("alice answers"), now));
    assert_eq!(world.wait(bob, 10, offer_answered), Some(sdp("alice answers")));
    world.pass(Duration::from_secs(40));
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice, bob]);
    assert_eq!(world.count(&["BYE sip"]), 1, "{:#?}", world.trace);
}

#[test]
fn an_offer_that_is_never_answered_does_not_outlive_its_call() {
    offer_without_answer(true, false);
}

#[test]
fn a_provisional_response_after_the_end_does_not_keep_an_offer() {
    offer_without_answer(false, true);
    offer_without_answer(true, true);
}

/// Alice's re-INVITE has no final response when the call ends, but a 100 before or after that.
fn offer_without_answer(before: bool, after: bool) {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let phone = world.peer("127.0.0.2:5060");
    let calling = world.call(alice, phone, None);
    let (_, first) = world.receive(phone, is("INVITE"));
    let answer = Builder::response_from(&first, 200, "OK", Some("phone"), phone)
        .header(Name::Contact, format_args!("<sip:phone@{phone}>"))
        .body("application/sdp", &sdp("answer"));
    let answer = answer.finish();
    world.send(phone, alice, answer.clone());
    answered(&mut world, alice, calling);
    world.at(alice, |endpoint, now| endpoint.offer(calling, sdp("hold"), now));
    let (_, second) = world.receive(phone, |request| is("INVITE")(request) && request.bytes() != first.bytes());
    let trying = Builder::response_from(&second, 100, "Trying", None, phone).finish();
    if before {
        world.send(phone, alice, trying.clone());
    }
    let caller = Message::parse(answer).expect("a message");
    let from = caller.header(Name::To).expect("To");
    let to = caller.header(Name::From).expect("From");
    let call_id = caller.call_id().expect("Call-ID");
    let bye = format!(
        "BYE sip:alice@{alice} SIP/2.0\r\nVia: SIP/2.0/UDP {phone};branch=z9hG4bKbye\r\nMax-Forwards: 70\r\n\
         From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: 1 BYE\r\n\r\n"
    );
    world.send(phone, alice, bye);
    world.receive(phone, is_status(200));
    if after {
        world.send(phone, alice, trying);
    }
    settle(&mut world, &[alice]);
}
