//! Provisional responses that are acknowledged (RFC 3262).

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};
use offhook_sip::{EndReason, Event, SessionId};

use crate::calls::{answered, ended, incoming, invite, is, is_status, ok, ring, settle, two, within};
use crate::net::{World, sdp};

/// Status and description of what alice hears before the answer.
pub fn progress(world: &World, at: SocketAddr) -> Vec<(u16, Option<Bytes>)> {
    let events = world.events(at).iter();
    events
        .filter_map(|event| match event {
            Event::Progress { status, sdp, .. } => Some((*status, sdp.clone())),
            _ => None,
        })
        .collect()
}

/// Bob at 127.0.0.2, called by a phone at 127.0.0.9 with these headers.
fn phone_calls(headers: &str) -> (World, SocketAddr, SocketAddr, SessionId) {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", headers));
    let ringing = incoming(&mut world, bob);
    (world, bob, phone, ringing)
}

fn rseq(response: &Message) -> u32 {
    response.number(Name::RSeq).expect("RSeq")
}

/// A PRACK of the phone.
fn prack(branch: &str, cseq: &str, response: &Message, rack: &str) -> String {
    let rack = format!("RAck: {rack}\r\nContact");
    within("PRACK", branch, cseq, response).replace("Contact", &rack)
}

fn with_body(text: &str) -> String {
    text.replace("Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0")
}

#[test]
fn early_media_is_acknowledged_and_the_200_does_not_repeat_it() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = ring(&mut world, alice, bob);
    world.at(bob, |endpoint, now| {
        endpoint.provisional(ringing, 183, Some(sdp("early")), now);
        // Not before the PRACK.
        endpoint.answer(ringing, sdp("early"), now);
    });
    assert_eq!(answered(&mut world, alice, calling), None);
    assert_eq!(progress(&world, alice), [(183, Some(sdp("early")))]);
    world.pass(Duration::from_secs(40));
    // INVITE, 100, 183, PRACK, 200, 200, ACK.
    assert_eq!(world.trace.len(), 7, "{:#?}", world.trace);
    assert!(
        world.trace.iter().position(|line| line.contains("PRACK sip"))
            < world.trace.iter().position(|line| line.contains("200 OK [1 INVITE]"))
    );
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn whatever_is_lost_comes_again() {
    for lost in [
        vec!["SIP/2.0 183"],
        vec!["PRACK sip"],
        vec!["SIP/2.0 200 OK [2 PRACK]"],
        vec!["SIP/2.0 200 OK [1 INVITE]"],
        vec!["ACK sip"],
        vec!["SIP/2.0 180"],
    ] {
        let (mut world, alice, bob) = two();
        world.twice = 0.3;
        world.lose.push(lost.clone());
        let calling = world.call_with(alice, bob, sdp("offer"), vec![(Name::Require, "100rel".into())]);
        let ringing = incoming(&mut world, bob);
        world.at(bob, |endpoint, now| {
            endpoint.provisional(ringing, 183, Some(sdp("early")), now);
            endpoint.provisional(ringing, 180, None, now);
        });
        world.until(10, |world| (progress(world, alice).len() == 2).then_some(()));
        world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("early"), now));
        assert_eq!(answered(&mut world, alice, calling), None, "{lost:?}");
        assert_eq!(progress(&world, alice), [(183, Some(sdp("early"))), (180, None)], "{lost:?}");
        assert!(world.lose.is_empty(), "{lost:?} was sent");
        world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
        ended(&mut world, alice);
        settle(&mut world, &[alice, bob]);
    }
}

#[test]
fn reliable_calls_over_a_bad_network() {
    for seed in 1..=40 {
        let mut world = World::rough(seed);
        world.twice = 0.2;
        let alice = world.endpoint("127.0.0.1:5060");
        let bob = world.endpoint("127.0.0.2:5060");
        let (calling, ringing) = ring(&mut world, alice, bob);
        world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("early")), now));
        world.pass(Duration::from_secs(seed % 5));
        world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("early"), now));
        assert_eq!(answered(&mut world, alice, calling), None, "seed {seed}");
        assert_eq!(progress(&world, alice), [(183, Some(sdp("early")))], "seed {seed}");
        world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
        ended(&mut world, bob);
        settle(&mut world, &[alice, bob]);
    }
}

#[test]
fn one_after_the_other_and_numbered() {
    let (mut world, bob, phone, ringing) = phone_calls("Require: 100rel\r\n");
    world.at(bob, |endpoint, now| {
        for status in [180, 182, 183] {
            endpoint.provisional(ringing, status, None, now);
        }
    });
    let (_, first) = world.receive(phone, is_status(180));
    assert!(first.has_token(Name::Require, "100rel") && first.header(Name::Contact).is_some());
    let number = rseq(&first);
    assert!(number > 0 && number < 1 << 31);
    world.pass(Duration::from_secs(2));
    assert_eq!(world.count(&["SIP/2.0 182"]), 0, "not before the PRACK");
    for (index, (branch, next)) in [("z9hG4bKb", 182), ("z9hG4bKc", 183)].into_iter().enumerate() {
        let number = number + index as u32;
        let cseq = (index + 2).to_string();
        world.send(phone, bob, prack(branch, &cseq, &first, &format!("{number} 1 INVITE")));
        world.receive(phone, is_status(200));
        let (_, response) = world.receive(phone, is_status(next));
        assert_eq!(rseq(&response), number + 1);
    }
    // Without a description the answer need not wait; the PRACK that it overtook is still right.
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    let (_, answer) = world.receive(phone, is_status(200));
    assert_eq!(answer.body(), sdp("answer"));
    let repeated = world.count(&["SIP/2.0 183"]);
    world.pass(Duration::from_secs(3));
    assert_eq!(world.count(&["SIP/2.0 183"]), repeated);
    world.send(phone, bob, within("ACK", "z9hG4bKd", "1", &answer));
    world.send(phone, bob, prack("z9hG4bKe", "4", &first, &format!("{} 1 INVITE", number + 2)));
    world.receive(phone, |message| message.status() == Some(200) && message.cseq().expect("CSeq").number == 4);
    world.send(phone, bob, prack("z9hG4bKf", "5", &first, &format!("{} 1 INVITE", number + 2)));
    world.receive(phone, is_status(481));
}

#[test]
fn without_prack_the_call_is_refused() {
    let (mut world, bob, phone, ringing) = phone_calls("Require: 100rel\r\n");
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 180, None, now));
    assert_eq!(ended(&mut world, bob), EndReason::NoPrack);
    // 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s.
    assert_eq!(world.count(&["SIP/2.0 180"]), 7, "{:#?}", world.trace);
    world.receive(phone, is_status(504));
    world.pass(Duration::from_secs(40));
    assert_eq!(world.count(&["SIP/2.0 180"]), 7);
}

#[test]
fn a_prack_of_something_else_is_refused() {
    let (mut world, bob, phone, ringing) = phone_calls("Supported: 100rel\r\n");
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 180, None, now));
    let (_, plain) = world.receive(phone, is_status(180));
    assert!(plain.header(Name::RSeq).is_none(), "nothing to be sure of");
    world.send(phone, bob, prack("z9hG4bK1", "2", &plain, "1 1 INVITE"));
    world.receive(phone, is_status(481));
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("early")), now));
    let (_, early) = world.receive(phone, is_status(183));
    let number = rseq(&early);
    let right = format!("{number} 1 INVITE");
    for (index, wrong) in [
        prack("", "", &early, &format!("{} 1 INVITE", number + 1)),
        prack("", "", &early, &format!("{number} 2 INVITE")),
        prack("", "", &early, &format!("{number} 1 UPDATE")),
        prack("", "", &early, "rubbish"),
        within("PRACK", "", "", &early),
        prack("", "", &early, &right).replace("tag=ph", "tag=other"),
        prack("", "", &early, &right).replace("call-1", "call-2"),
        prack("", "", &early, &right).replace(early.to().expect("To").tag().expect("tag"), "1-0000000000000000"),
    ]
    .into_iter()
    .enumerate()
    {
        let cseq = index + 3;
        let wrong = wrong.replace("branch=", &format!("branch=z9hG4bKw{index}"));
        world.send(phone, bob, wrong.replace("CSeq:  PRACK", &format!("CSeq: {cseq} PRACK")));
        let (_, refused) =
            world.receive(phone, |message| message.cseq().is_ok_and(|found| found.number == cseq as u32));
        assert_eq!(refused.status(), Some(481), "{wrong}");
    }
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("early"), now));
    world.pass(Duration::from_secs(2));
    assert_eq!(world.count(&["SIP/2.0 200", "INVITE"]), 0, "it still waits for the right one");
    for _ in 0..2 {
        world.send(phone, bob, prack("z9hG4bKr", "20", &early, &right));
        world.receive(phone, |message| message.status() == Some(200) && message.cseq().expect("CSeq").number == 20);
    }
    assert_eq!(world.count(&["SIP/2.0 200", "1 INVITE"]), 1);
}

#[test]
fn an_offer_in_the_response_is_answered_in_the_prack() {
    let (mut world, alice, bob) = two();
    let calling = world.call_with(alice, bob, Bytes::new(), Vec::new());
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("bob offers")), now));
    let offer = world.wait(alice, 1, |event| match event {
        Event::Offer { sdp, fork: 0, .. } => Some(sdp.clone()),
        _ => None,
    });
    assert_eq!(offer, Some(sdp("bob offers")));
    world.pass(Duration::from_secs(5));
    assert_eq!(world.count(&["PRACK"]), 0);
    world.at(alice, |endpoint, now| endpoint.answer_offer_fork(calling, 0, sdp("alice answers"), now));
    let answer = world.wait(bob, 1, |event| match event {
        Event::OfferAnswered { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    assert_eq!(answer, Some(sdp("alice answers")));
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("bob offers"), now));
    let (description, is_offer) = world.wait(alice, 1, |event| match event {
        Event::Answered { sdp, is_offer, .. } => Some((sdp.clone(), *is_offer)),
        _ => None,
    });
    assert_eq!((description, is_offer), (None, false));
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn an_offer_in_the_response_that_is_refused_ends_the_call() {
    let (mut world, alice, bob) = two();
    let calling = world.call_with(alice, bob, Bytes::new(), Vec::new());
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("offer")), now));
    world.wait(alice, 1, |event| matches!(event, Event::Offer { .. }).then_some(()));
    world.at(alice, |endpoint, now| endpoint.reject_offer(calling, 488, now));
    world.wait(bob, 1, |event| matches!(event, Event::Cancelled { .. }).then_some(()));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn what_is_not_reliable_has_no_offer() {
    let (mut world, bob, phone, ringing) = {
        let mut world = World::new(1);
        let bob = world.endpoint("127.0.0.2:5060");
        let phone = world.peer("127.0.0.9:5060");
        let text = invite("z9hG4bKa", "1", "");
        let head = text.split("Content-Type").next().expect("a head").to_owned();
        world.send(phone, bob, format!("{head}Content-Length: 0\r\n\r\n"));
        let ringing = incoming(&mut world, bob);
        (world, bob, phone, ringing)
    };
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("offer")), now));
    let (_, early) = world.receive(phone, is_status(183));
    assert!(early.body().is_empty());
}

#[test]
fn an_offer_in_the_prack_is_answered_in_its_200() {
    let (mut world, bob, phone, ringing) = phone_calls("Supported: 100rel\r\n");
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("early")), now));
    let (_, early) = world.receive(phone, is_status(183));
    let rack = format!("{} 1 INVITE", rseq(&early));
    world.send(phone, bob, with_body(&prack("z9hG4bKb", "2", &early, &rack)));
    let offer = world.wait(bob, 1, |event| match event {
        Event::Offer { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    assert_eq!(offer.as_deref(), Some(&b"v=0"[..]));
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("early"), now));
    world.pass(Duration::from_secs(2));
    assert_eq!(world.count(&["SIP/2.0 200"]), 0, "the offer comes first");
    world.at(bob, |endpoint, now| endpoint.answer_offer(ringing, sdp("more"), now));
    let (_, answer) = world.receive(phone, is_status(200));
    assert_eq!((answer.cseq().expect("CSeq").number, answer.body()), (2, sdp("more")));
    let (_, answer) = world.receive(phone, is_status(200));
    assert_eq!((answer.cseq().expect("CSeq").number, answer.body().len()), (1, 0));
}

/// A reliable response of the callee with this tag.
fn reliable(invite: &Message, tag: &str, rseq: u32, contact: SocketAddr) -> Bytes {
    Builder::response_from(invite, 183, "Session Progress", Some(tag), contact)
        .header(Name::RecordRoute, format_args!("<sip:{contact};lr>"))
        .header(Name::Contact, format_args!("<sip:{tag}@127.0.0.99:7000>"))
        .header(Name::Require, "100rel")
        .header(Name::RSeq, rseq)
        .body("application/sdp", &sdp(tag))
        .finish()
}

#[test]
fn every_callee_has_numbers_of_its_own() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let proxy = world.peer("127.0.0.8:5060");
    let calling = world.call(alice, proxy, None);
    let (_, invite) = world.receive(proxy, is("INVITE"));
    assert!(invite.has_token(Name::Supported, "100rel"));
    let mut racks = Vec::new();
    for (tag, rseq, taken) in [
        ("one", 7, true),
        ("one", 7, false),
        ("one", 9, false),
        ("two", 4_000_000_000, true),
        ("one", 8, true),
        ("one", 6, false),
        ("one", 9, true),
        ("one", 0, false),
        ("", 5, false),
    ] {
        world.send(proxy, alice, reliable(&invite, tag, rseq, proxy));
        world.pass(Duration::from_millis(20));
        if taken {
            let (_, prack) = world.receive(proxy, is("PRACK"));
            assert_eq!(prack.to().expect("To").tag(), Some(tag));
            assert_eq!(prack.request_uri_str(), format!("sip:{tag}@127.0.0.99:7000"));
            assert_eq!(prack.header(Name::Route), Some("<sip:127.0.0.8:5060;lr>"));
            assert_eq!(prack.header(Name::RAck), Some(&*format!("{rseq} 1 INVITE")));
            racks.push((tag, prack.cseq().expect("CSeq").number));
            world.send(proxy, alice, ok(&prack, ""));
        }
    }
    assert_eq!(racks, [("one", 2), ("two", 2), ("one", 3), ("one", 4)]);
    assert_eq!(world.count(&["PRACK sip"]), 4, "{:#?}", world.trace);
    // The first description is the answer; what is said after it is not.
    let described: Vec<bool> = progress(&world, alice).iter().map(|(_, sdp)| sdp.is_some()).collect();
    assert_eq!(described, [true, true, false, false]);
    // In the dialog that wins, the numbers go on.
    let answer = Builder::response_from(&invite, 200, "OK", Some("one"), proxy)
        .header(Name::Contact, "<sip:one@127.0.0.8:5060>")
        .finish();
    world.send(proxy, alice, answer);
    assert_eq!(answered(&mut world, alice, calling), None);
    world.receive(proxy, is("ACK"));
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    let (_, bye) = world.receive(proxy, is("BYE"));
    assert_eq!(bye.cseq().expect("CSeq").number, 5);
    world.send(proxy, alice, ok(&bye, ""));
    settle(&mut world, &[alice]);
}

#[test]
fn a_flood_of_responses_is_bounded() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let proxy = world.peer("127.0.0.8:5060");
    let calling = world.call(alice, proxy, None);
    let (_, invite) = world.receive(proxy, is("INVITE"));
    for number in 0..2000 {
        world.send(proxy, alice, reliable(&invite, &format!("t{}", number % 100), 1 + number / 100, proxy));
    }
    world.pass(Duration::from_millis(100));
    assert!(world.count(&["PRACK sip"]) <= 32 * 16);
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice]);
}
