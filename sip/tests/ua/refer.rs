//! Transfers (RFC 3515).

use std::net::SocketAddr;
use std::time::Duration;

use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::{Event, Refer, ReferId, SessionId};

use crate::calls::{incoming, invite, is, is_status, ok, settle, talk, two, within};
use crate::net::{World, sdp, uri};

fn to_carol() -> Refer {
    Refer { target: uri("sip:carol@127.0.0.3:5060"), replaces: None, referred_by: None, notify: true }
}

fn referred(world: &mut World, at: SocketAddr) -> ReferId {
    world.wait(at, 10, |event| match event {
        Event::Refer { id, .. } => Some(*id),
        _ => None,
    })
}

/// What who asked for a transfer heard of it.
fn heard(world: &World, at: SocketAddr) -> Vec<String> {
    let events = world.events(at).iter();
    events
        .filter_map(|event| match event {
            Event::ReferAccepted { .. } => Some("accepted".to_owned()),
            Event::ReferRejected { status, .. } => Some(format!("rejected {status}")),
            Event::ReferProgress { status, reason, .. } => Some(format!("{status} {reason}")),
            Event::ReferEnded { .. } => Some("ended".to_owned()),
            _ => None,
        })
        .collect()
}

fn wait_for(world: &mut World, at: SocketAddr, last: &str) {
    world.until(80, |world| heard(world, at).iter().any(|line| line == last).then_some(()));
}

#[test]
fn a_transfer_is_asked_for_and_followed() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    let refer = Refer {
        replaces: Some("c%1@x;to-tag=a;from-tag=b".into()),
        referred_by: Some("<sip:alice@pbx.example>".into()),
        ..to_carol()
    };
    world.at(alice, |endpoint, now| endpoint.refer(calling, &refer, now)).expect("an established session");
    let (target, replaces, referred_by) = world.wait(bob, 1, |event| match event {
        Event::Refer { target, replaces, referred_by, notify: true, .. } => {
            Some((target.to_string(), replaces.clone(), referred_by.clone()))
        }
        _ => None,
    });
    assert_eq!(target, "sip:carol@127.0.0.3:5060");
    assert_eq!(replaces.map(|replaces| replaces.to_string()), refer.replaces);
    assert_eq!(referred_by, refer.referred_by);
    let id = referred(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.accept_refer(ringing, id, now));
    wait_for(&mut world, alice, "100 Trying");
    world.at(bob, |endpoint, now| endpoint.refer_progress(ringing, id, 180, None, now));
    wait_for(&mut world, alice, "180 Ringing");
    world.at(bob, |endpoint, now| endpoint.refer_progress(ringing, id, 200, None, now));
    wait_for(&mut world, alice, "ended");
    assert_eq!(heard(&world, alice), ["accepted", "100 Trying", "180 Ringing", "200 OK", "ended"]);
    world.at(bob, |endpoint, now| endpoint.refer_progress(ringing, id, 486, None, now));
    world.pass(Duration::from_secs(1));
    assert_eq!(world.count(&["NOTIFY sip"]), 3, "the last was the last");
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn whatever_is_lost_comes_again() {
    for lost in ["REFER sip", "SIP/2.0 202", "NOTIFY sip", "NOTIFY]"] {
        let (mut world, alice, bob) = two();
        world.twice = 0.3;
        let (calling, ringing) = talk(&mut world, alice, bob);
        world.lose.push(vec![lost]);
        world.react(bob, move |endpoint, event, now| {
            if let Event::Refer { session, id, .. } = event {
                endpoint.accept_refer(*session, *id, now);
                endpoint.refer_progress(*session, *id, 180, None, now);
                endpoint.refer_progress(*session, *id, 503, Some("No\r\nsuch: line"), now);
            }
        });
        world.at(alice, |endpoint, now| endpoint.refer(calling, &to_carol(), now));
        wait_for(&mut world, alice, "ended");
        assert!(world.lose.is_empty());
        // Only the newest waits for the NOTIFY before it.
        assert_eq!(heard(&world, alice), ["accepted", "100 Trying", "503 No  such: line", "ended"], "{lost}");
        world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
        settle(&mut world, &[alice, bob]);
    }
}

#[test]
fn transfers_over_a_bad_network() {
    for seed in 1..=30 {
        let mut world = World::rough(seed);
        world.twice = 0.2;
        let alice = world.endpoint("127.0.0.1:5060");
        let bob = world.endpoint("127.0.0.2:5060");
        let (calling, _) = talk(&mut world, alice, bob);
        world.react(bob, move |endpoint, event, now| {
            if let Event::Refer { session, id, .. } = event {
                endpoint.accept_refer(*session, *id, now);
                endpoint.refer_progress(*session, *id, 200, None, now);
            }
        });
        world.at(alice, |endpoint, now| endpoint.refer(calling, &to_carol(), now));
        world.until(120, |world| heard(world, alice).iter().any(|line| line == "ended").then_some(()));
        assert_eq!(heard(&world, alice), ["accepted", "100 Trying", "200 OK", "ended"], "seed {seed}");
        world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
        settle(&mut world, &[alice, bob]);
    }
}

#[test]
fn a_transfer_is_refused_or_nobody_answers() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.refer(calling, &to_carol(), now));
    let id = referred(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.reject_refer(ringing, id, 603, now));
    wait_for(&mut world, alice, "rejected 603");
    world.at(bob, |endpoint, now| {
        endpoint.accept_refer(ringing, id, now);
        endpoint.refer_progress(ringing, id, 200, None, now);
    });
    world.at(alice, |endpoint, now| endpoint.refer(calling, &to_carol(), now));
    wait_for(&mut world, alice, "rejected 408");
    assert_eq!(world.count(&["NOTIFY"]), 0);
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn a_transfer_without_reports() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.refer(calling, &Refer { notify: false, ..to_carol() }, now));
    let id = world.wait(bob, 1, |event| match event {
        Event::Refer { id, notify: false, .. } => Some(*id),
        _ => None,
    });
    world.at(bob, |endpoint, now| {
        endpoint.accept_refer(ringing, id, now);
        endpoint.refer_progress(ringing, id, 200, None, now);
    });
    wait_for(&mut world, alice, "ended");
    assert_eq!(heard(&world, alice), ["accepted", "ended"]);
    assert_eq!(world.count(&["NOTIFY"]), 0);
}

#[test]
fn hanging_up_refuses_what_is_open() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.refer(calling, &to_carol(), now));
    referred(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    settle(&mut world, &[alice, bob]);
    assert_eq!(world.count(&["SIP/2.0 487", "REFER"]), 1);
}

/// A phone that called bob.
fn phone() -> (World, SocketAddr, SocketAddr, SessionId, Message) {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", ""));
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    let (_, answer) = world.receive(phone, is_status(200));
    world.send(phone, bob, within("ACK", "z9hG4bKb", "1", &answer));
    (world, bob, phone, ringing, answer)
}

/// The status that a request of the phone with these headers gets.
fn status(world: &mut World, phone: SocketAddr, request: &str) -> Option<u16> {
    let cseq = Message::parse(request.to_owned().into()).expect("a message").cseq().expect("CSeq");
    world.send(phone, "127.0.0.2:5060".parse().expect("an address"), request.to_owned());
    world.receive(phone, |message| message.status().is_some() && message.cseq().as_ref() == Ok(&cseq)).1.status()
}

fn with(method: &str, cseq: usize, answer: &Message, headers: &str) -> String {
    let text = within(method, &format!("z9hG4bK{method}{cseq}"), &cseq.to_string(), answer);
    text.replace("Contact", &format!("{headers}Contact"))
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let (mut world, bob, phone, _, answer) = phone();
    for (index, (headers, expected)) in [
        ("", 400),
        ("Refer-To: <sip:a@b>\r\nRefer-To: <sip:c@d>\r\n", 400),
        ("Refer-To: rubbish\r\n", 400),
        ("Refer-To: <sip:a@b?Replaces=x>\r\n", 400),
        ("Refer-To: <https://example.com/>\r\n", 416),
        ("Refer-To: <sip:a@b;method=BYE>\r\n", 501),
        ("Refer-To: <sip:a@b>\r\nRequire: multiple-refer\r\n", 420),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(status(&mut world, phone, &with("REFER", index + 2, &answer, headers)), Some(expected), "{headers}");
    }
    assert!(!world.events(bob).iter().any(|event| matches!(event, Event::Refer { .. })));
}

#[test]
fn a_flood_of_transfers_is_bounded() {
    let (mut world, bob, phone, ringing, answer) = phone();
    for cseq in 2..200 {
        world.send(phone, bob, with("REFER", cseq, &answer, "Refer-To: <sip:a@b>\r\n"));
        world.pass(Duration::from_millis(6));
    }
    let ids: Vec<ReferId> = world
        .events(bob)
        .iter()
        .filter_map(|event| match event {
            Event::Refer { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(world.count(&["SIP/2.0 503"]), 194);
    // The first needs no name, the others are told apart by the number of their REFER.
    for (id, expected) in ids.iter().zip(["refer", "refer;id=3"]) {
        world.at(bob, |endpoint, now| endpoint.accept_refer(ringing, *id, now));
        let (_, notify) = world.receive(phone, is("NOTIFY"));
        assert_eq!(notify.header(Name::Event), Some(expected));
        assert_eq!(notify.content_type(), Some("message/sipfrag;version=2.0"));
        assert_eq!(&notify.body()[..], b"SIP/2.0 100 Trying\r\n");
        assert!(notify.header(Name::SubscriptionState).is_some_and(|state| state.starts_with("active")));
        assert!(notify.header(Name::Contact).is_some());
        world.send(phone, bob, ok(&notify, ""));
    }
    // Room for others once one is over.
    world.at(bob, |endpoint, now| endpoint.reject_refer(ringing, ids[2], 603, now));
    world.send(phone, bob, with("REFER", 300, &answer, "Refer-To: <sip:a@b>\r\n"));
    world.pass(Duration::from_millis(20));
    assert_eq!(world.events(bob).iter().filter(|event| matches!(event, Event::Refer { .. })).count(), 5);
    // A phone that has forgotten its subscription hears no more.
    world.at(bob, |endpoint, now| endpoint.refer_progress(ringing, ids[0], 180, None, now));
    let (_, notify) = world.receive(phone, is("NOTIFY"));
    world.send(phone, bob, String::from_utf8_lossy(&ok(&notify, "")).replace("200 OK", "481 Gone").into_bytes());
    world.pass(Duration::from_millis(20));
    let before = world.count(&["NOTIFY sip"]);
    world.at(bob, |endpoint, now| endpoint.refer_progress(ringing, ids[0], 200, None, now));
    assert_eq!(world.count(&["NOTIFY sip"]), before);
    assert!(!world.events(bob).iter().any(|event| matches!(event, Event::Ended { .. })));
}

#[test]
fn notifications_that_nobody_asked_for_are_refused() {
    let (mut world, bob, phone, ringing, answer) = phone();
    let state = "Subscription-State: active\r\n";
    let refer = format!("Event: refer\r\n{state}");
    assert_eq!(status(&mut world, phone, &with("NOTIFY", 2, &answer, &refer)), Some(481));
    assert_eq!(status(&mut world, phone, &with("NOTIFY", 3, &answer, "Event: presence\r\n")), Some(489));
    world.at(bob, |endpoint, now| endpoint.refer(ringing, &to_carol(), now)).expect("an established session");
    let (_, sent) = world.receive(phone, is("REFER"));
    assert_eq!(sent.header(Name::ReferTo), Some("<sip:carol@127.0.0.3:5060>"));
    assert!(sent.header(Name::Contact).is_some());
    assert_eq!(status(&mut world, phone, &with("NOTIFY", 4, &answer, "Event: refer\r\n")), Some(400));
    assert_eq!(
        status(&mut world, phone, &with("NOTIFY", 5, &answer, &format!("Event: refer;id=77\r\n{state}"))),
        Some(481)
    );
    let named = format!("Event: refer;id={}\r\n", sent.cseq().expect("CSeq").number);
    // It overtakes the 202, and its body is no status line.
    let rubbish = with("NOTIFY", 6, &answer, &format!("{named}{state}"))
        .replace("Content-Length: 0\r\n\r\n", "Content-Type: message/sipfrag\r\nContent-Length: 4\r\n\r\nMeh\n");
    assert_eq!(status(&mut world, phone, &rubbish), Some(200));
    assert_eq!(heard(&world, bob), ["accepted"]);
    world.send(phone, bob, ok(&sent, ""));
    let over = format!("{named}Subscription-State: Terminated;reason=noresource\r\n");
    assert_eq!(status(&mut world, phone, &with("NOTIFY", 7, &answer, &over)), Some(200));
    assert_eq!(heard(&world, bob), ["accepted", "ended"]);
    assert_eq!(status(&mut world, phone, &with("NOTIFY", 8, &answer, &over)), Some(481));
    for _ in 0..4 {
        assert!(world.at(bob, |endpoint, now| endpoint.refer(ringing, &to_carol(), now)).is_some());
    }
    assert!(world.at(bob, |endpoint, now| endpoint.refer(ringing, &to_carol(), now)).is_none());
}

#[test]
fn outside_a_session_it_is_a_request_like_others() {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", "Refer-To: <sip:a@b>\r\n").replace("INVITE", "REFER"));
    world.wait(bob, 1, |event| matches!(event, Event::Request { .. }).then_some(()));
}
