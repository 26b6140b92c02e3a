//! Whole calls over a network that loses every third message and lets the others overtake each other.

use std::time::Duration;

use offhook_sip::{Event, RegisterOptions, RegistrationState};

use crate::calls::{answered, ended, incoming, settle};
use crate::net::{World, account, sdp};

#[test]
fn calls_come_about_and_end() {
    for seed in 1..=60 {
        let mut world = World::rough(seed);
        let alice = world.endpoint("127.0.0.1:5060");
        let bob = world.endpoint("127.0.0.2:5060");
        let calling = world.call(alice, bob, None);
        let ringing = incoming(&mut world, bob);
        world.at(bob, |endpoint, now| endpoint.provisional(ringing, 180, None, now));
        world.pass(Duration::from_secs(2));
        world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
        assert_eq!(answered(&mut world, alice, calling), Some(sdp("answer")), "seed {seed}");
        world.wait(bob, 40, |event| matches!(event, Event::Confirmed { .. }).then_some(()));
        world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
        ended(&mut world, bob);
        settle(&mut world, &[alice, bob]);
        let events = world.events(bob).len();
        assert_eq!(events, 3, "seed {seed}, each event once: {}", world.all_events());
    }
}

#[test]
fn cancelled_calls_leave_nothing_behind() {
    for seed in 1..=60 {
        let mut world = World::rough(seed);
        let alice = world.endpoint("127.0.0.1:5060");
        let bob = world.endpoint("127.0.0.2:5060");
        let calling = world.call(alice, bob, None);
        let ringing = incoming(&mut world, bob);
        world.pass(Duration::from_millis(300 * seed));
        // Half of them cross with the answer.
        if seed % 2 == 0 {
            world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
        }
        world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
        world.wait(bob, 70, |event| matches!(event, Event::Cancelled { .. } | Event::Ended { .. }).then_some(()));
        settle(&mut world, &[alice, bob]);
        assert!(!world.events(alice).iter().any(|event| matches!(event, Event::Answered { .. })), "seed {seed}");
    }
}

#[test]
fn offers_come_through() {
    for seed in 1..=40 {
        let mut world = World::rough(seed);
        let alice = world.endpoint("127.0.0.1:5060");
        let bob = world.endpoint("127.0.0.2:5060");
        let (calling, ringing) = crate::calls::talk(&mut world, alice, bob);
        for (at, own) in [(alice, calling), (bob, ringing)] {
            world.react(at, move |endpoint, event, now| {
                if let Event::Offer { .. } = event {
                    endpoint.answer_offer(own, sdp("answer"), now);
                }
            });
        }
        world.at(alice, |endpoint, now| endpoint.offer(calling, sdp("a"), now));
        world.at(bob, |endpoint, now| endpoint.offer(ringing, sdp("b"), now));
        for at in [alice, bob] {
            world.wait(at, 200, |event| {
                matches!(event, Event::OfferAnswered { .. } | Event::OfferRejected { .. }).then_some(())
            });
        }
        world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
        settle(&mut world, &[alice, bob]);
    }
}

#[test]
fn registrations_survive() {
    for seed in 1..=10 {
        let mut world = World::rough(seed);
        let phone = world.endpoint("127.0.0.1:5060");
        let pbx = world.endpoint("127.0.0.2:5060");
        world.react(pbx, |endpoint, event, now| {
            if let Event::Request { id, request, .. } = event {
                let contacts = request.contacts().expect("contacts");
                let headers = contacts
                    .iter()
                    .map(|contact| (offhook_sip::header::Name::Contact, format!("<{}>;expires=300", contact.uri)))
                    .collect();
                endpoint.respond(*id, 200, None, headers, None, now);
            }
        });
        let account = account("alice", phone, pbx, None).into();
        world.at(phone, |endpoint, now| {
            endpoint.register(account, RegisterOptions { expires: 300, ..RegisterOptions::default() }, now)
        });
        world.pass(Duration::from_secs(3600));
        let failed = world
            .events(phone)
            .iter()
            .filter(|event| matches!(event, Event::Registration { state: RegistrationState::Failed { .. }, .. }))
            .count();
        assert_eq!(failed, 0, "seed {seed}: 11 tries each time");
    }
}
