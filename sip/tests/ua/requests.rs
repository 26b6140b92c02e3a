//! Requests that begin nothing, cannot be understood, or come twice.

use std::net::SocketAddr;
use std::time::Duration;

use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::{Event, Protocol};

use crate::calls::{incoming, invite, is_status, within};
use crate::net::{World, sdp};

fn world() -> (World, SocketAddr, SocketAddr) {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    (world, bob, phone)
}

/// The final response to a request of the phone.
fn answer(request: &str) -> Message {
    let (mut world, bob, phone) = world();
    world.send(phone, bob, request.to_owned());
    world.receive(phone, |message| message.status().is_some_and(|status| status >= 200)).1
}

fn options(headers: &str) -> String {
    invite("z9hG4bKo", "1", headers).replace("INVITE", "OPTIONS")
}

#[test]
fn options_is_answered() {
    let answer = answer(&options(""));
    assert_eq!(answer.status(), Some(200));
    assert!(answer.header(Name::Allow).is_some_and(|allow| allow.contains("INVITE")));
    assert_eq!(answer.header(Name::Accept), Some("application/sdp"));
    assert_eq!(answer.header(Name::Supported), Some("100rel, timer, replaces, norefersub"));
    assert!(answer.to().expect("To").tag().is_some());
}

#[test]
fn what_cannot_be_done_is_refused_with_its_status() {
    let invite = |headers| invite("z9hG4bKa", "1", headers);
    let unsupported = answer(&invite("Require: 100rel, precondition\r\nRequire: timer, x\r\n"));
    assert_eq!(unsupported.status(), Some(420));
    assert_eq!(unsupported.header(Name::Unsupported), Some("precondition, x"));

    let unknown = answer(&invite("").replace("INVITE", "DANCE"));
    assert_eq!(unknown.status(), Some(405));
    assert!(unknown.header(Name::Allow).is_some_and(|allow| allow.contains("INVITE")));

    for (request, status) in [
        (invite("").replace("Max-Forwards: 70", "Max-Forwards: 0"), 483),
        (invite("").replace("sip:bob%23@127.0.0.2 SIP", "mailto:bob@127.0.0.2 SIP"), 416),
        (invite("").replace("application/sdp", "text/plain"), 415),
        (invite("").replace("CSeq: 1 INVITE", "CSeq: 1 BYE"), 400),
        (invite("").replace("Contact: <sip:phone@127.0.0.9:5060>\r\n", ""), 400),
        (invite("").replace("To: <sip:bob@127.0.0.2>\r\n", ""), 400),
        (invite("").replace("From: ", "From: <<"), 400),
        (invite("").replace("<sip:bob@127.0.0.2>", "<sip:bob@127.0.0.2>;tag=nobody"), 481),
        (invite("").replace("INVITE", "BYE"), 481),
        (invite("").replace("INVITE", "CANCEL"), 481),
        (invite("").replace("INVITE", "PRACK"), 481),
    ] {
        assert_eq!(answer(&request).status(), Some(status), "{request}");
    }
}

#[test]
fn responses_go_back_to_where_the_request_came_from() {
    let (mut world, bob, _) = world();
    let nat = world.peer("127.0.0.50:9999");
    world.send(nat, bob, options(""));
    let (_, answer) = world.receive(nat, is_status(200));
    let via = answer.header(Name::Via).expect("Via");
    assert!(via.contains("received=127.0.0.50") && via.contains("rport=9999"), "{via}");
    // Without rport: to the address it came from, at the port of sent-by.
    let listening = world.peer("127.0.0.50:5060");
    world.send(nat, bob, options("").replace(";rport", "").replace("z9hG4bKo", "z9hG4bKp").replace("1 OPT", "2 OPT"));
    world.receive(listening, is_status(200));
}

#[test]
fn the_contact_of_an_answer_names_who_was_called() {
    let (mut world, bob, phone) = world();
    world.send(phone, bob, invite("z9hG4bKa", "1", "Record-Route: <sip:127.0.0.9;lr>\r\n"));
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 180, None, now));
    let (_, early) = world.receive(phone, is_status(180));
    assert_eq!(early.header(Name::Contact), Some("<sip:bob%23@127.0.0.2:5060>"));
    assert_eq!(early.header(Name::RecordRoute), Some("<sip:127.0.0.9;lr>"));
    let contact = crate::net::uri("sip:public@127.0.0.99:5070");
    world.at(bob, |endpoint, now| {
        endpoint.set_contact(ringing, contact);
        endpoint.answer(ringing, sdp("answer"), now);
    });
    let (_, answer) = world.receive(phone, is_status(200));
    assert_eq!(answer.header(Name::Contact), Some("<sip:public@127.0.0.99:5070>"));
    assert_eq!(answer.to().expect("To").tag(), early.to().expect("To").tag());
}

#[test]
fn repetitions_are_answered_and_not_reported_again() {
    let (mut world, bob, phone) = world();
    for _ in 0..3 {
        world.send(phone, bob, invite("z9hG4bKa", "1", ""));
    }
    let ringing = incoming(&mut world, bob);
    world.pass(Duration::from_millis(100));
    assert_eq!(world.events(bob).len(), 1);
    assert_eq!(world.inbox(phone).len(), 3, "100 each time");
    world.at(bob, |endpoint, now| endpoint.reject(ringing, 486, None, Vec::new(), now));
    world.pass(Duration::from_secs(2));
    let busy = world.inbox(phone).iter().filter(|message| message.status() == Some(486)).count();
    assert_eq!(busy, 3, "timer G: at 0, 0.5 and 1.5 s, until the ACK comes");
    let (_, refused) = world.receive(phone, is_status(486));
    let ack = within("ACK", "z9hG4bKa", "1", &refused);
    world.send(phone, bob, ack);
    world.pass(Duration::from_secs(40));
    assert_eq!(world.count(&["SIP/2.0 486"]), 3, "{:#?}", world.trace);
}

#[test]
fn the_same_request_by_another_way_is_a_loop() {
    let (mut world, bob, phone) = world();
    world.send(phone, bob, invite("z9hG4bKa", "1", ""));
    world.send(phone, bob, invite("z9hG4bKb", "1", ""));
    world.receive(phone, is_status(482));
    assert_eq!(world.events(bob).len(), 1);
    // A new CSeq is a new request: the answer to a challenge, say.
    world.send(phone, bob, invite("z9hG4bKc", "2", ""));
    world.pass(Duration::from_secs(1));
    assert_eq!(world.events(bob).len(), 2);
    // Who forks a call to two users of ours wants both.
    let other = invite("z9hG4bKd", "2", "");
    let other = other.replacen("INVITE sip:", "INVITE sip:other-", 1);
    world.send(phone, bob, other);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.events(bob).len(), 3);
}

#[test]
fn a_request_that_nobody_answers_is_forgotten() {
    let (mut world, bob, phone) = world();
    let message = invite("z9hG4bKm", "1", "").replace("INVITE", "MESSAGE");
    world.send(phone, bob, message.clone());
    let id = world.wait(bob, 1, |event| match event {
        Event::Request { id, .. } => Some(*id),
        _ => None,
    });
    assert!(!world.is_idle(bob));
    world.pass(Duration::from_secs(40));
    assert!(world.is_idle(bob));
    world.at(bob, |endpoint, now| endpoint.respond(id, 200, None, Vec::new(), None, now));
    assert_eq!(world.inbox(phone).len(), 0);
}

#[test]
fn rubbish_does_no_harm() {
    let (mut world, bob, phone) = world();
    for bytes in
        [&b""[..], b"\r\n\r\n", b"\0\0\0\0", b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", b"INVITE sip:a@b SIP/2.0\r\n\r\n"]
    {
        world.at(bob, |endpoint, now| {
            let source = offhook_sip::Source { protocol: Protocol::Udp, local: bob, remote: phone, connection: None };
            endpoint.handle_message(source, bytes::Bytes::copy_from_slice(bytes), now);
        });
    }
    assert!(world.events(bob).is_empty());
    assert!(world.is_idle(bob));
}

#[test]
fn a_forged_response_is_ignored() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.call(alice, phone, None);
    let (_, invite) = world.receive(phone, crate::calls::is("INVITE"));
    let real = String::from_utf8(crate::calls::ok(&invite, "t").to_vec()).expect("text");
    let branch = invite.top_via().expect("Via").branch().expect("branch").to_owned();
    let (id, _) = branch.split_once('-').expect("id and secret");
    world.send(phone, alice, real.replace(&branch, &format!("{id}-0000000000000000")));
    world.pass(Duration::from_millis(400));
    assert!(world.events(alice).is_empty());
}

#[test]
fn over_tcp_nothing_is_repeated_and_the_connection_is_used() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let bob = world.endpoint("127.0.0.2:5060");
    let mut account = crate::net::account("alice", alice, bob, None);
    account.hops = crate::net::hop("alice", Protocol::Tcp, alice, bob).into();
    let target = crate::net::uri("sip:bob@127.0.0.2;transport=tcp");
    let calling =
        world.at(alice, |endpoint, now| endpoint.invite(account.into(), target, sdp("offer"), Vec::new(), now));
    let ringing = incoming(&mut world, bob);
    world.pass(Duration::from_secs(20));
    assert_eq!(world.count(&["INVITE sip"]), 1);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    crate::calls::answered(&mut world, alice, calling);
    world.pass(Duration::from_secs(1));
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    crate::calls::settle(&mut world, &[alice, bob]);
    assert_eq!(world.trace.len(), 6, "{:#?}", world.trace);
    assert!(world.events(bob).iter().any(|event| matches!(event, Event::Confirmed { .. })));
}
