//! Offers before the call is answered (RFC 3311).

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};
use offhook_sip::{Event, SessionId};

use crate::calls::{answered, is, ok, ring, settle, two};
use crate::net::{World, sdp};

fn offered(event: &Event) -> Option<(Option<Bytes>, u32)> {
    match event {
        Event::Offer { sdp, fork, .. } => Some((sdp.clone(), *fork)),
        _ => None,
    }
}

fn offer_answered(event: &Event) -> Option<Option<Bytes>> {
    match event {
        Event::OfferAnswered { sdp, .. } => Some(sdp.clone()),
        _ => None,
    }
}

fn offer_rejected(event: &Event) -> Option<u16> {
    match event {
        Event::OfferRejected { status, .. } => Some(*status),
        _ => None,
    }
}

/// A call that rings with early media.
fn early_media(world: &mut World, alice: SocketAddr, bob: SocketAddr) -> (SessionId, SessionId) {
    let (calling, ringing) = ring(world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("early")), now));
    world.until(10, |world| (world.count(&["SIP/2.0 200", "PRACK"]) > 0).then_some(()));
    world.pass(Duration::from_millis(20));
    (calling, ringing)
}

#[test]
fn both_sides_may_change_early_media() {
    for lost in [None, Some("UPDATE sip"), Some("UPDATE]")] {
        let (mut world, alice, bob) = two();
        let (calling, ringing) = early_media(&mut world, alice, bob);
        if let Some(lost) = lost {
            world.lose.push(vec![lost]);
        }
        world.at(bob, |endpoint, now| endpoint.offer(ringing, sdp("bob offers"), now));
        assert_eq!(world.wait(alice, 5, offered), (Some(sdp("bob offers")), 0));
        world.at(alice, |endpoint, now| endpoint.answer_offer_fork(calling, 0, sdp("alice answers"), now));
        assert_eq!(world.wait(bob, 5, offer_answered), Some(sdp("alice answers")));
        world.at(alice, |endpoint, now| endpoint.offer_fork(calling, 0, sdp("alice offers"), now));
        assert_eq!(world.wait(bob, 5, offered), (Some(sdp("alice offers")), 0));
        // The 200 to the INVITE waits for that answer.
        world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("early"), now));
        world.at(bob, |endpoint, now| endpoint.answer_offer(ringing, sdp("bob answers"), now));
        assert_eq!(world.wait(alice, 5, offer_answered), Some(sdp("bob answers")));
        assert_eq!(answered(&mut world, alice, calling), None);
        world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
        settle(&mut world, &[alice, bob]);
    }
}

#[test]
fn early_offers_that_cross_are_both_made_in_the_end() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = early_media(&mut world, alice, bob);
    for (at, own) in [(alice, calling), (bob, ringing)] {
        world.react(at, move |endpoint, event, now| {
            if let Event::Offer { .. } = event {
                endpoint.answer_offer(own, sdp("answer"), now);
            }
        });
    }
    world.at(alice, |endpoint, now| endpoint.offer_fork(calling, 0, sdp("a"), now));
    world.at(bob, |endpoint, now| endpoint.offer(ringing, sdp("b"), now));
    world.wait(alice, 20, offer_answered);
    world.wait(bob, 20, offer_answered);
    assert_eq!(world.count(&["SIP/2.0 491"]), 2, "{:#?}", world.trace);
}

#[test]
fn an_early_offer_can_be_refused() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = early_media(&mut world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.offer(ringing, sdp("video"), now));
    world.wait(alice, 1, offered);
    world.at(alice, |endpoint, now| endpoint.reject_offer_fork(calling, 0, 488, now));
    assert_eq!(world.wait(bob, 1, offer_rejected), 488);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("early"), now));
    answered(&mut world, alice, calling);
}

#[test]
fn there_is_no_early_offer_without_a_way_for_it() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = ring(&mut world, alice, bob);
    // Nothing is agreed on yet.
    world.at(bob, |endpoint, now| endpoint.offer(ringing, sdp("b"), now));
    assert_eq!(world.wait(bob, 1, offer_rejected), 491);
    world.at(alice, |endpoint, now| endpoint.offer_fork(calling, 3, sdp("a"), now));
    assert_eq!(world.wait(alice, 1, offer_rejected), 405);
    assert_eq!(world.count(&["UPDATE"]), 0);
}

/// A request of the callee with this tag in the early dialog of `invite`.
fn request(method: &str, invite: &Message, tag: &str, cseq: u32, body: &[u8]) -> Bytes {
    let (from, to) = (invite.header(Name::To).expect("To"), invite.header(Name::From).expect("From"));
    let method = offhook_sip::method::Method::parse(method).expect("a method");
    let builder = Builder::request(&method, &invite.contacts().expect("Contact")[0].uri)
        .header(Name::Via, format_args!("SIP/2.0/UDP 127.0.0.8:5060;branch=z9hG4bK{tag}{cseq};rport"))
        .header(Name::From, format_args!("{from};tag={tag}"))
        .header(Name::To, to)
        .header(Name::CallId, invite.call_id().expect("Call-ID"))
        .header(Name::CSeq, format_args!("{cseq} {method}"))
        .header(Name::Contact, format_args!("<sip:{tag}@127.0.0.8:5060>"));
    if body.is_empty() { builder.finish() } else { builder.body("application/sdp", body).finish() }
}

#[test]
fn each_callee_is_answered_for_itself() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let proxy = world.peer("127.0.0.8:5060");
    let calling = world.call(alice, proxy, None);
    let (_, invite) = world.receive(proxy, is("INVITE"));
    let status = |world: &mut World, number: u32, method: &str| {
        let answers = |message: &Message| {
            message.status().is_some()
                && message.cseq().is_ok_and(|cseq| cseq.number == number && cseq.method.as_str() == method)
        };
        world.receive(proxy, answers).1.status()
    };
    for tag in ["one", "two"] {
        let early = Builder::response_from(&invite, 183, "Session Progress", Some(tag), proxy)
            .header(Name::Contact, format_args!("<sip:{tag}@127.0.0.8:5060>"))
            .header(Name::Require, "100rel")
            .header(Name::RSeq, 1);
        let early = if tag == "two" { early.body("application/sdp", &sdp(tag)) } else { early };
        world.send(proxy, alice, early.finish());
        let (_, prack) = world.receive(proxy, is("PRACK"));
        world.send(proxy, alice, ok(&prack, ""));
    }
    // RFC 3311 5.2: where our offer has no answer yet, theirs crosses it.
    world.send(proxy, alice, request("UPDATE", &invite, "one", 5, b"v=0"));
    assert_eq!(status(&mut world, 5, "UPDATE"), Some(491));
    world.send(proxy, alice, request("UPDATE", &invite, "one", 6, b""));
    assert_eq!(status(&mut world, 6, "UPDATE"), Some(200));
    world.send(proxy, alice, request("UPDATE", &invite, "two", 5, b"v=0"));
    assert_eq!(world.wait(alice, 1, offered), (Some(Bytes::from_static(b"v=0")), 1));
    world.send(proxy, alice, request("UPDATE", &invite, "two", 6, b"v=1"));
    assert_eq!(status(&mut world, 6, "UPDATE"), Some(500));
    world.at(alice, |endpoint, now| {
        endpoint.answer_offer_fork(calling, 0, sdp("nobody asked"), now);
        endpoint.answer_offer_fork(calling, 1, sdp("answer"), now);
    });
    assert_eq!(status(&mut world, 5, "UPDATE"), Some(200));
    // Out of order, of nobody, and what no callee may send before the answer.
    for (method, tag, cseq, expected) in [
        ("UPDATE", "two", 4, 500),
        ("UPDATE", "three", 9, 481),
        ("BYE", "two", 9, 481),
        ("PRACK", "two", 10, 481),
        ("NOTIFY", "two", 11, 481),
        ("REFER", "two", 12, 500),
        ("INVITE", "two", 13, 481),
        ("MESSAGE", "two", 14, 405),
        ("OPTIONS", "two", 15, 200),
    ] {
        world.send(proxy, alice, request(method, &invite, tag, cseq, b""));
        assert_eq!(status(&mut world, cseq, method), Some(expected), "{method}");
    }
}
