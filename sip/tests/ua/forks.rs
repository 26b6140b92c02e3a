//! One INVITE, several callees: a proxy between us and them forks it (RFC 3261 13.2.2.4).

use std::net::SocketAddr;
use std::time::Duration;

use offhook_sip::Event;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};

use crate::calls::{answered, is, ok, settle};
use crate::net::{World, sdp};

/// A response of the callee with this tag, whose contact is `contact`.
fn response(invite: &Message, status: u16, tag: &str, contact: SocketAddr, with_sdp: bool) -> bytes::Bytes {
    let mut builder = Builder::response_from(invite, status, "Whatever", Some(tag), contact)
        .header(Name::Contact, format_args!("<sip:{tag}@{contact}>"));
    if with_sdp {
        builder = builder.body("application/sdp", &sdp(tag));
    }
    builder.finish()
}

#[test]
fn early_dialogs_are_told_apart_and_the_first_answer_wins() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let proxy = world.peer("127.0.0.8:5060");
    let phones = [world.peer("127.0.0.11:5060"), world.peer("127.0.0.12:5060")];
    let calling = world.call(alice, proxy, None);
    let (_, invite) = world.receive(proxy, is("INVITE"));
    world.send(proxy, alice, response(&invite, 180, "one", phones[0], false));
    world.pass(Duration::from_millis(10));
    world.send(proxy, alice, response(&invite, 183, "two", phones[1], true));
    world.pass(Duration::from_millis(10));
    world.send(proxy, alice, response(&invite, 180, "one", phones[0], false));
    world.pass(Duration::from_millis(10));
    let forks: Vec<(u16, u32, bool)> = world
        .events(alice)
        .iter()
        .filter_map(|event| match event {
            Event::Progress { status, fork, sdp, .. } => Some((*status, *fork, sdp.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(forks, [(180, 0, false), (183, 1, true), (180, 0, false)]);

    world.send(proxy, alice, response(&invite, 200, "two", phones[1], true));
    assert_eq!(answered(&mut world, alice, calling), Some(sdp("two")));
    world.receive(phones[1], is("ACK"));
    // The other one was quick too: it is acknowledged and ended, and nobody hears of it.
    world.send(proxy, alice, response(&invite, 200, "one", phones[0], true));
    let (_, ack) = world.receive(phones[0], is("ACK"));
    assert_eq!(ack.to().expect("To").tag(), Some("one"));
    let (_, bye) = world.receive(phones[0], is("BYE"));
    assert!(bye.cseq().expect("CSeq").number > 1);
    world.send(phones[0], alice, ok(&bye, ""));
    // A lost ACK: each callee's 2xx gets its own again.
    for (tag, phone) in [("one", phones[0]), ("two", phones[1])] {
        world.send(proxy, alice, response(&invite, 200, tag, phone, true));
        let (_, ack) = world.receive(phone, is("ACK"));
        assert_eq!(ack.to().expect("To").tag(), Some(tag));
    }
    assert_eq!(world.count(&["BYE sip"]), 1, "only the surplus one, and only once");

    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    let (_, bye) = world.receive(phones[1], is("BYE"));
    world.send(phones[1], alice, ok(&bye, ""));
    settle(&mut world, &[alice]);
    // Even after the call has ended.
    world.send(proxy, alice, response(&invite, 200, "three", phones[0], true));
    world.receive(phones[0], is("ACK"));
    let (_, bye) = world.receive(phones[0], is("BYE"));
    world.send(phones[0], alice, ok(&bye, ""));
    settle(&mut world, &[alice]);
}

#[test]
fn requests_follow_the_recorded_route() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let proxy = world.peer("127.0.0.8:5060");
    let calling = world.call(alice, proxy, None);
    let (_, invite) = world.receive(proxy, is("INVITE"));
    let answer = Builder::response_from(&invite, 200, "OK", Some("t"), proxy)
        .header(Name::RecordRoute, "<sip:127.0.0.9:5070;lr>, <sip:127.0.0.8;lr;ftag=x>")
        .header(Name::Contact, "<sip:bob@127.0.0.10:5090>")
        .body("application/sdp", b"v=0")
        .finish();
    world.send(proxy, alice, answer);
    answered(&mut world, alice, calling);
    let (_, ack) = world.receive(proxy, is("ACK"));
    assert_eq!(ack.request_uri_str(), "sip:bob@127.0.0.10:5090");
    let routes: Vec<&str> = ack.values(Name::Route).collect();
    assert_eq!(routes, ["<sip:127.0.0.8;lr;ftag=x>", "<sip:127.0.0.9:5070;lr>"], "the caller's order is the reverse");
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    let (_, bye) = world.receive(proxy, is("BYE"));
    assert_eq!(bye.values(Name::Route).count(), 2);
}

#[test]
fn a_strict_router_becomes_the_request_uri() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let proxy = world.peer("127.0.0.8:5060");
    let calling = world.call(alice, proxy, None);
    let (_, invite) = world.receive(proxy, is("INVITE"));
    let answer = Builder::response_from(&invite, 200, "OK", Some("t"), proxy)
        .header(Name::RecordRoute, "<sip:127.0.0.9:5070;lr>")
        .header(Name::RecordRoute, "<sip:127.0.0.8>")
        .header(Name::Contact, "<sip:bob@127.0.0.10:5090>")
        .finish();
    world.send(proxy, alice, answer);
    answered(&mut world, alice, calling);
    let (_, ack) = world.receive(proxy, is("ACK"));
    assert_eq!(ack.request_uri_str(), "sip:127.0.0.8");
    let routes: Vec<&str> = ack.values(Name::Route).collect();
    assert_eq!(routes, ["<sip:127.0.0.9:5070;lr>", "<sip:bob@127.0.0.10:5090>"]);
}
