//! Calls that take the place of others (RFC 3891).

use std::net::SocketAddr;

use offhook_sip::header::Name;
use offhook_sip::{EndReason, Event, SessionId};

use crate::calls::{answered, invite, ring, settle, talk, two};
use crate::net::{World, sdp};

/// What a caller with this Replaces gets: a session that is replaced, or a status.
fn replace(world: &mut World, at: SocketAddr, value: &str) -> Result<SessionId, u16> {
    let carol = world.peer("127.0.0.9:5060");
    let branch = format!("z9hG4bKr{}", world.trace.len());
    let text = invite(&branch, "1", &format!("{value}\r\n")).replace("call-1", &branch);
    let text = text.replace("bob%23@127.0.0.2", &format!("bob@{}", at.ip()));
    world.send(carol, at, text);
    world.until(1, |world| {
        let replaced = world.events(at).iter().find_map(|event| match event {
            Event::Incoming { replaces, source, .. } if source.remote == carol => *replaces,
            _ => None,
        });
        let answers = world.inbox(carol);
        let refused = answers.iter().filter_map(|answer| answer.status()).find(|status| *status >= 300);
        replaced.map(Ok).or(refused.map(Err))
    })
}

fn replaces_of(world: &mut World, at: SocketAddr, session: SessionId) -> String {
    world.at(at, |endpoint, _| endpoint.replaces_of(session)).expect("a dialog")
}

#[test]
fn a_call_is_picked_up_by_somebody_else() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    let carol = world.endpoint("127.0.0.3:5060");
    // What alice knows of the call lets carol take her place at bob.
    let value = replaces_of(&mut world, alice, calling);
    let target = world.at(alice, |endpoint, _| endpoint.remote_target(calling)).expect("a dialog");
    assert_eq!(target.to_string(), "sip:bob@127.0.0.2:5060");
    let headers = vec![(Name::Replaces, value), (Name::Require, "replaces".into())];
    let replacing = world.call_with(carol, bob, sdp("carol"), headers);
    let (new, old) = world.wait(bob, 1, |event| match event {
        Event::Incoming { session, replaces: Some(old), .. } => Some((*session, *old)),
        _ => None,
    });
    assert_eq!(old, ringing);
    world.at(bob, |endpoint, now| {
        endpoint.answer(new, sdp("bob"), now);
        endpoint.hangup(old, None, now);
    });
    answered(&mut world, carol, replacing);
    assert_eq!(crate::calls::ended(&mut world, alice), EndReason::RemoteBye { reason: None });
    world.at(carol, |endpoint, now| endpoint.hangup(replacing, None, now));
    settle(&mut world, &[alice, bob, carol]);
}

#[test]
fn the_other_side_may_be_replaced_too() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    let value = replaces_of(&mut world, bob, ringing);
    assert_eq!(replace(&mut world, alice, &format!("Replaces: {value}")), Ok(calling));
}

#[test]
fn a_dialog_that_is_not_there_is_not_replaced() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    let value = replaces_of(&mut world, alice, calling);
    let swapped = replaces_of(&mut world, bob, ringing);
    for (headers, status) in [
        (format!("Replaces: {swapped}"), 481),
        (format!("Replaces: x{value}"), 481),
        (format!("Replaces: {value}x"), 481),
        (format!("Replaces: {}", value.replace("to-tag=", "to-tag=f")), 481),
        (format!("Replaces: {value};early-only"), 486),
        (format!("Replaces: {value}\r\nReplaces: {value}"), 400),
        (format!("Replaces: {value}\r\nJoin: {value}"), 400),
        ("Replaces: call".to_owned(), 400),
        ("Replaces: call;to-tag=1-0000000000000000;from-tag=a".to_owned(), 481),
    ] {
        assert_eq!(replace(&mut world, bob, &headers), Err(status), "{headers}");
    }
    assert_eq!(world.events(bob).iter().filter(|event| matches!(event, Event::Incoming { .. })).count(), 1);
}

#[test]
fn a_call_that_is_ending_is_not_replaced() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    let value = replaces_of(&mut world, alice, calling);
    world.away.insert(alice);
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    assert_eq!(replace(&mut world, bob, &format!("Replaces: {value}")), Err(603));
}

#[test]
fn only_the_caller_of_an_early_dialog_can_be_asked_to_replace_it() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = ring(&mut world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 180, None, now));
    world.wait(alice, 1, |event| matches!(event, Event::Progress { .. }).then_some(()));
    // Bob's phone rings, and carol takes the call: she asks alice.
    let value = replaces_of(&mut world, bob, ringing);
    assert_eq!(replace(&mut world, alice, &format!("Replaces: {value};early-only")), Ok(calling));
    // Seen from bob, the tags are the other way round.
    let parts: Vec<&str> = value.split(';').collect();
    let swapped = format!("{};{};{}", parts[0], parts[2].replace("from", "to"), parts[1].replace("to-", "from-"));
    assert_eq!(replace(&mut world, bob, &format!("Replaces: {swapped}")), Err(481));
}
