//! Sessions that are refreshed, or die (RFC 4028).

use std::net::SocketAddr;
use std::time::Duration;

use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::{EndReason, EndpointConfig, Event, SessionId};

use crate::calls::{answered, ended, incoming, invite, is, is_status, settle, talk, two, within};
use crate::net::{World, sdp};

const HOUR: Duration = Duration::from_secs(3600);

/// A call of a phone with these headers, answered.
fn phone_calls(headers: &str) -> (World, SocketAddr, SocketAddr, SessionId, Message) {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", headers));
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    let (_, answer) = world.receive(phone, is_status(200));
    world.send(phone, bob, within("ACK", "z9hG4bKb", "1", &answer));
    world.wait(bob, 1, |event| matches!(event, Event::Confirmed { .. }).then_some(()));
    (world, bob, phone, ringing, answer)
}

fn invited_again(world: &World, at: SocketAddr) -> usize {
    world.events(at).iter().filter(|event| matches!(event, Event::Offer { .. })).count()
}

#[test]
fn a_call_is_refreshed_for_as_long_as_it_lasts() {
    let (mut world, alice, bob) = two();
    let (calling, _) = talk(&mut world, alice, bob);
    let (at_alice, at_bob) = (world.events(alice).len(), world.events(bob).len());
    world.pass(2 * HOUR + Duration::from_secs(60));
    assert_eq!(world.count(&["127.0.0.1:5060 -> ", "UPDATE sip"]), 8, "every 900 s: {:#?}", world.trace);
    assert_eq!(world.count(&["127.0.0.2:5060 -> ", "UPDATE sip"]), 0, "the caller does it");
    assert_eq!((world.events(alice).len(), world.events(bob).len()), (at_alice, at_bob), "nobody hears of it");
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn a_refresh_that_is_lost_comes_again() {
    for lost in ["UPDATE sip", "UPDATE]"] {
        let (mut world, alice, bob) = two();
        let (calling, _) = talk(&mut world, alice, bob);
        world.lose.push(vec![lost]);
        world.pass(HOUR);
        assert!(world.lose.is_empty());
        world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
        assert_eq!(ended(&mut world, bob), EndReason::RemoteBye { reason: None });
    }
}

#[test]
fn who_is_gone_is_noticed_on_both_sides() {
    let (mut world, alice, bob) = two();
    talk(&mut world, alice, bob);
    let since = world.elapsed();
    world.away.insert(bob);
    world.pass(HOUR);
    assert_eq!(ended(&mut world, alice), EndReason::SessionLost(408));
    assert_eq!(ended(&mut world, bob), EndReason::SessionExpired);
    settle(&mut world, &[alice, bob]);
    assert!(world.elapsed() - since >= HOUR);
}

#[test]
fn the_interval_is_agreed_on() {
    // Headers of the INVITE, Session-Expires of the 200, and whether that requires timers.
    for (headers, granted, required) in [
        ("Supported: timer\r\nSession-Expires: 600\r\n", Some("600;refresher=uac"), true),
        ("Supported: timer\r\nX: 600;refresher=uas\r\n", Some("600;refresher=uas"), false),
        ("Supported: timer\r\nSession-Expires: 600;refresher=uac\r\nMin-SE: 300\r\n", Some("600;refresher=uac"), true),
        ("Supported: timer\r\nSession-Expires: 7200\r\n", Some("1800;refresher=uac"), true),
        ("Supported: timer\r\nSession-Expires: 7200\r\nMin-SE: 3600\r\n", Some("3600;refresher=uac"), true),
        ("Supported: timer\r\n", Some("1800;refresher=uas"), false),
        ("Session-Expires: 600\r\n", Some("600;refresher=uas"), false),
        ("Session-Expires: 600;refresher=uac\r\n", Some("600;refresher=uas"), false),
        ("Session-Expires: 20\r\n", None, false),
        ("Session-Expires: soon\r\n", None, false),
        ("", None, false),
    ] {
        let (.., answer) = phone_calls(headers);
        assert_eq!(answer.header(Name::SessionExpires), granted, "{headers}");
        assert_eq!(answer.has_token(Name::Require, "timer"), required, "{headers}");
    }
}

#[test]
fn too_short_an_interval_is_refused() {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", "Supported: timer\r\nSession-Expires: 89\r\n"));
    let (_, refused) = world.receive(phone, is_status(422));
    assert_eq!(refused.header(Name::MinSe), Some("90"));
    assert!(world.events(bob).is_empty());
}

#[test]
fn whose_interval_is_too_short_asks_for_a_longer_one() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let mut config = EndpointConfig::new("Patient/1", [0; 32], 10);
    config.min_se = 3000;
    let bob = world.endpoint_as("127.0.0.2:5060", config);
    let (calling, _) = talk(&mut world, alice, bob);
    assert_eq!(world.count(&["SIP/2.0 422"]), 1);
    assert_eq!(world.count(&["ACK sip"]), 2, "{:#?}", world.trace);
    world.pass(2 * HOUR);
    assert_eq!(world.count(&["UPDATE sip"]), 4, "every 1500 s");
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice, bob]);
    // Somebody who is never content.
    let phone = world.peer("127.0.0.9:5060");
    world.call(alice, phone, None);
    for number in 1..=4_u32 {
        let (_, invite) = world.receive(phone, is("INVITE"));
        assert_eq!(invite.cseq().expect("CSeq").number, number);
        let refusal = offhook_sip::message::Builder::response_from(&invite, 422, "Too Small", Some("t"), phone)
            .header(Name::MinSe, number * 10_000)
            .finish();
        if number > 1 {
            let least = (number - 1) * 10_000;
            assert_eq!(invite.number(Name::SessionExpires), Some(least));
            assert_eq!(invite.number(Name::MinSe), Some(least));
        }
        world.send(phone, alice, refusal);
        world.receive(phone, is("ACK"));
    }
    assert_eq!(crate::calls::rejected(&mut world, alice).0, 422);
}

#[test]
fn without_update_the_description_is_sent_again() {
    let (mut world, bob, phone, _, _) = phone_calls("Session-Expires: 600\r\n");
    world.pass(Duration::from_secs(299));
    assert_eq!(world.count(&["127.0.0.2:5060 -> ", "INVITE sip"]), 0);
    let (_, refresh) = world.receive(phone, is("INVITE"));
    assert_eq!(refresh.body(), sdp("answer"), "to the letter (RFC 4028 7.4)");
    assert_eq!(refresh.header(Name::SessionExpires), Some("600;refresher=uac"));
    assert!(!refresh.has_token(Name::Supported, "100rel"));
    let answer = offhook_sip::message::Builder::response_from(&refresh, 200, "OK", None, phone)
        .header(Name::Contact, "<sip:phone@127.0.0.9:5060>")
        .header(Name::SessionExpires, "600;refresher=uac")
        .body("application/sdp", b"v=0");
    world.send(phone, bob, answer.finish());
    world.receive(phone, is("ACK"));
    world.pass(Duration::from_secs(310));
    world.receive(phone, is("INVITE"));
    assert!(!world.events(bob).iter().any(|event| matches!(event, Event::OfferAnswered { .. })));
}

#[test]
fn a_phone_that_forgets_to_refresh_is_hung_up_on() {
    let headers = "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n";
    let (mut world, bob, phone, _, answer) = phone_calls(headers);
    world.pass(Duration::from_secs(500));
    // A refresh by UPDATE, and one by re-INVITE that asks us to do it from then on.
    let update = within("UPDATE", "z9hG4bKu", "2", &answer).replace("Contact", &format!("{headers}Contact"));
    world.send(phone, bob, update);
    let (_, granted) = world.receive(phone, |message| message.header(Name::CSeq) == Some("2 UPDATE"));
    assert_eq!(granted.header(Name::SessionExpires), Some("600;refresher=uac"));
    world.pass(Duration::from_secs(560));
    assert!(!world.events(bob).iter().any(|event| matches!(event, Event::Ended { .. })));
    let short = within("UPDATE", "z9hG4bKs", "3", &answer)
        .replace("Contact", "Supported: timer\r\nSession-Expires: 30\r\nContact");
    world.send(phone, bob, short);
    world.receive(phone, is_status(422));
    world.pass(Duration::from_secs(30));
    assert_eq!(ended(&mut world, bob), EndReason::SessionExpired, "the refusal refreshed nothing");
    world.receive(phone, is("BYE"));
}

#[test]
fn a_reinvite_can_change_who_refreshes() {
    let headers = "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\nAllow: UPDATE\r\n";
    let (mut world, bob, phone, ringing, answer) = phone_calls(headers);
    let reinvite = within("INVITE", "z9hG4bKu", "2", &answer)
        .replace("Contact", &format!("{}Contact", headers.replace("uac", "uas")))
        .replace("Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0");
    world.send(phone, bob, reinvite);
    world.until(1, |world| (invited_again(world, bob) == 1).then_some(()));
    world.at(bob, |endpoint, now| endpoint.answer_offer(ringing, sdp("again"), now));
    let (_, again) = world.receive(phone, is_status(200));
    assert_eq!(again.header(Name::SessionExpires), Some("600;refresher=uas"));
    world.send(phone, bob, within("ACK", "z9hG4bKv", "2", &answer));
    world.pass(Duration::from_secs(299));
    assert_eq!(world.count(&["127.0.0.2:5060 -> ", "UPDATE sip"]), 0);
    let (_, refresh) = world.receive(phone, |message| message.method().is_some());
    assert_eq!(refresh.method(), Some(offhook_sip::method::Method::Update));
    assert_eq!(refresh.header(Name::SessionExpires), Some("600;refresher=uac"));
    assert!(refresh.body().is_empty());
}

#[test]
fn timers_can_be_off() {
    let mut world = World::new(1);
    let mut config = EndpointConfig::new("Off/1", [0; 32], 10);
    config.session_expires = 0;
    let alice = world.endpoint_as("127.0.0.1:5060", config);
    let phone = world.peer("127.0.0.9:5060");
    let calling = world.call(alice, phone, None);
    let (_, invite) = world.receive(phone, is("INVITE"));
    assert_eq!(invite.header(Name::SessionExpires), None);
    world.send(phone, alice, crate::calls::ok(&invite, "t"));
    answered(&mut world, alice, calling);
    world.pass(3 * HOUR);
    assert_eq!(world.count(&["127.0.0.1:5060 -> "]), 2, "INVITE and ACK: {:#?}", world.trace);
}
