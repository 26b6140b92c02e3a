//! Whatever comes in: nothing panics, spins, or stays for ever.

use std::time::Duration;

use offhook_sip::header::Name;
use offhook_sip::{Event, Protocol, Source};
use proptest::prelude::*;

use crate::calls::{invite, talk, two, within};
use crate::net::{World, sdp};

/// A change to a message: where, and what is put there instead of how many bytes.
type Change = (prop::sample::Index, usize, Vec<u8>);

fn change() -> impl Strategy<Value = Change> {
    let fragment = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        prop::sample::select(vec![
            "\r\n",
            ";",
            ",",
            "\"",
            "<",
            ">",
            "0",
            "4294967296",
            "-1",
            "tag=ph",
            "z9hG4bK",
            "SIP/2.0 200 OK",
            "BYE",
            "CANCEL",
            "ACK",
            "UPDATE",
            "PRACK",
            "REFER",
            "NOTIFY",
            "\r\nSession-Expires: 90",
            "\r\nRSeq: 1",
            "\r\nRAck: 1 1 INVITE",
            "\r\nReplaces: a;to-tag=b;from-tag=c",
            "multipart/mixed;boundary=v",
            "REGISTER",
            "\r\nRequire: x",
            "\r\nVia: ",
            "\r\nTo: ",
            ";lr",
            "é",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    (any::<prop::sample::Index>(), 0..12_usize, fragment)
}

fn mutate(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for (at, remove, put) in changes {
        let at = at.index(bytes.len() + 1);
        let end = (at + remove).min(bytes.len());
        bytes.splice(at..end, put.iter().copied());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_traffic_does_no_harm(
        rounds in prop::collection::vec((0..16_usize, prop::collection::vec(change(), 0..4), 0..20_000_u64), 1..25),
    ) {
        let (mut world, alice, bob) = two();
        let phone = world.peer("127.0.0.9:5060");
        talk(&mut world, alice, bob);
        world.react(bob, |endpoint, event, now| match event {
            Event::Incoming { session, .. } => {
                endpoint.provisional(*session, 183, Some(sdp("early")), now);
                endpoint.answer(*session, sdp("answer"), now);
            }
            Event::Offer { session, .. } => endpoint.answer_offer(*session, sdp("answer"), now),
            Event::Refer { session, id, .. } => {
                endpoint.accept_refer(*session, *id, now);
                endpoint.refer_progress(*session, *id, 200, None, now);
            }
            _ => {}
        });
        for (kind, changes, pause) in rounds {
            // Requests and responses the endpoint has seen, its own among them, and new ones.
            let seen = world.inbox(phone);
            let last = seen.iter().rev().find(|message| message.header(Name::To).is_some());
            let message = match (kind, last) {
                (0..=3, _) | (_, None) => invite(&format!("z9hG4bK{kind}"), "1", "").into_bytes(),
                (4, Some(last)) => last.bytes().to_vec(),
                (5, Some(last)) => within("BYE", "z9hG4bKbye", "9", last).into_bytes(),
                (6, Some(last)) => within("INVITE", "z9hG4bKre", "5", last).into_bytes(),
                (7, Some(last)) => within("ACK", "z9hG4bKack", "1", last).into_bytes(),
                (8, Some(last)) => within("CANCEL", "z9hG4bK1", "1", last).into_bytes(),
                (9, Some(last)) => within("UPDATE", "z9hG4bKup", "6", last).into_bytes(),
                (10, _) => invite("z9hG4bKrel", "1", "Require: 100rel\r\n").into_bytes(),
                (11, Some(last)) => {
                    let number = last.header(Name::RSeq).unwrap_or("1");
                    let rack = format!("RAck: {number} 1 INVITE\r\nContact");
                    within("PRACK", "z9hG4bKpr", "2", last).replace("Contact", &rack).into_bytes()
                }
                (12, Some(last)) => {
                    let to = "Refer-To: <sip:a@127.0.0.9?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\nContact";
                    within("REFER", "z9hG4bKrf", "3", last).replace("Contact", to).into_bytes()
                }
                (13, Some(last)) => {
                    let event = "Event: refer\r\nSubscription-State: terminated\r\nContact";
                    within("NOTIFY", "z9hG4bKno", "4", last).replace("Contact", event).into_bytes()
                }
                (14, _) => {
                    let timer = "Supported: timer\r\nSession-Expires: 100;refresher=uac\r\n";
                    invite("z9hG4bKtimer", "1", timer).into_bytes()
                }
                _ => invite("z9hG4bKreg", "1", "").replace("INVITE", "REGISTER").into_bytes(),
            };
            let bytes = mutate(message, &changes).into();
            world.at(bob, |endpoint, now| {
                let source = Source { protocol: Protocol::Udp, local: bob, remote: phone, connection: None };
                endpoint.handle_message(source, bytes, now);
            });
            world.pass(Duration::from_millis(pause));
        }
        let sessions: Vec<_> = world
            .events(bob)
            .iter()
            .filter_map(|event| match event {
                Event::Incoming { session, .. } => Some(*session),
                _ => None,
            })
            .collect();
        for session in sessions {
            world.at(bob, |endpoint, now| endpoint.hangup(session, None, now));
        }
        world.pass(Duration::from_secs(140));
        prop_assert!(world.is_idle(bob), "{:#?}", world.trace);
    }
}

#[test]
fn a_flood_is_bounded() {
    let mut world = World::new(1);
    let bob = world.endpoint_with("127.0.0.2:5060", 10);
    let phone = world.peer("127.0.0.9:5060");
    for index in 0..5000 {
        let request = invite(&format!("z9hG4bK{index}"), "1", "").replace("call-1", &format!("call-{index}"));
        world.send(phone, bob, request);
    }
    world.pass(Duration::from_secs(1));
    assert_eq!(world.events(bob).len(), 10);
    assert!(world.count(&["SIP/2.0 503"]) >= 4990);
    // Room for others again once the flood is over.
    world.pass(Duration::from_secs(60));
    world.send(phone, bob, invite("z9hG4bKlater", "1", "").replace("INVITE", "OPTIONS"));
    world.receive(phone, |message| message.status() == Some(200));
}
