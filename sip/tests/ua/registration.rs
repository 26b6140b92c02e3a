//! Registrations against our own registrar and against scripted ones.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::digest::{Secret, ServerAuth};
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};
use offhook_sip::method::Method;
use offhook_sip::registrar::{Binding, Registrar};
use offhook_sip::{Event, Hop, RegisterOptions, RegistrationId, RegistrationState};

use crate::calls::{answered, is, settle};
use crate::net::{World, account, sdp};

const PASSWORD: &str = "kömmt, \"herein\"";

/// A PBX that registers users and asks callers for their password.
fn pbx(world: &mut World, at: &str, limits: (u32, u32)) -> (SocketAddr, Rc<RefCell<Registrar>>) {
    let at = world.endpoint(at);
    let registrar = Rc::new(RefCell::new(Registrar::new("pbx.example", [7; 32]).with_expires(limits.0, limits.1)));
    let mut auth = ServerAuth::new("pbx.example", [8; 32]);
    let passwords = |user: &str| user.starts_with("alice").then(|| Secret::new(PASSWORD));
    let shared = registrar.clone();
    world.react(at, move |endpoint, event, now| match event {
        Event::Request { id, source, request } => {
            let reply = shared.borrow_mut().handle(request, source, &passwords, now);
            endpoint.respond(*id, reply.status, None, reply.headers, None, now);
        }
        Event::Incoming { session, request, .. } => {
            match auth.verify_request(request, Name::ProxyAuthorization, passwords, now) {
                Ok(_) => endpoint.answer(*session, sdp("pbx"), now),
                Err(failure) => {
                    let challenges = auth.challenge(failure.is_stale(), now);
                    let headers = challenges.into_iter().map(|value| (Name::ProxyAuthenticate, value)).collect();
                    endpoint.reject(*session, 407, None, headers, now);
                }
            }
        }
        _ => {}
    });
    (at, registrar)
}

fn register(world: &mut World, at: SocketAddr, pbx: SocketAddr, password: &str, expires: u32) -> RegistrationId {
    let account = account("alice", at, pbx, Some(password)).into();
    world.at(at, |endpoint, now| endpoint.register(account, options(expires), now))
}

fn options(expires: u32) -> RegisterOptions {
    RegisterOptions { expires, ..RegisterOptions::default() }
}

/// Waits until the last state of the registration is one that `pick` takes.
fn state<T>(world: &mut World, at: SocketAddr, within: u64, pick: impl Fn(&RegistrationState) -> Option<T>) -> T {
    world.until(within, |world| pick(&last(world, at)?))
}

fn last(world: &World, at: SocketAddr) -> Option<RegistrationState> {
    world.events(at).iter().rev().find_map(|event| match event {
        Event::Registration { state, .. } => Some(state.clone()),
        _ => None,
    })
}

fn registered(state: &RegistrationState) -> Option<u32> {
    match state {
        RegistrationState::Registered { expires, .. } => Some(*expires),
        _ => None,
    }
}

fn failed(state: &RegistrationState) -> Option<u16> {
    match state {
        RegistrationState::Failed { status, .. } => Some(*status),
        _ => None,
    }
}

fn bindings(world: &World, registrar: &Rc<RefCell<Registrar>>) -> Vec<Binding> {
    registrar.borrow().contacts("alice", world.now)
}

#[test]
fn an_hour_of_registration() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, registrar) = pbx(&mut world, "127.0.0.2:5060", (60, 120));
    let id = register(&mut world, phone, pbx, PASSWORD, 600);
    assert_eq!(state(&mut world, phone, 1, registered), 120, "the registrar grants less than was asked for");
    // Never a moment without a binding.
    for _ in 0..3600 {
        world.pass(Duration::from_secs(1));
        let bindings = bindings(&world, &registrar);
        assert_eq!(bindings.len(), 1, "{:#?}", world.trace);
        assert_eq!(bindings[0].uri.to_string(), format!("sip:alice@{phone}"));
    }
    let trouble = world.events(phone).iter().any(|event| match event {
        Event::Registration { state, .. } => failed(state).is_some(),
        _ => false,
    });
    assert!(!trouble, "a stale nonce is no failure: {}", world.all_events());
    let refreshes = world.count(&["SIP/2.0 200", "REGISTER"]);
    assert!((40..=61).contains(&refreshes), "at 50 to 75 % of 120 s: {refreshes}");
    // The nonce is used again and again until it is stale (after 5 minutes), not asked for each time.
    let challenges = world.count(&["SIP/2.0 401"]);
    assert!((11..=16).contains(&challenges), "{challenges}");

    world.at(phone, |endpoint, now| endpoint.unregister(id, now));
    state(&mut world, phone, 1, |state| (*state == RegistrationState::Unregistered).then_some(()));
    assert!(bindings(&world, &registrar).is_empty());
    settle(&mut world, &[phone]);
}

#[test]
fn one_call_id_and_rising_numbers() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let registrar = world.peer("127.0.0.2:5060");
    register(&mut world, phone, registrar, PASSWORD, 600);
    let mut ids = Vec::new();
    for round in 1..=3 {
        let (_, request) = world.receive(registrar, is("REGISTER"));
        assert_eq!(request.cseq().expect("CSeq").number, round);
        assert_eq!(request.request_uri_str(), "sip:pbx.example");
        ids.push(request.call_id().expect("Call-ID").to_owned());
        // The time in Contact counts, not the one in Expires.
        let contact = format!("{};expires=60", request.header(Name::Contact).expect("Contact"));
        let answer = Builder::response_to(&request, 200, "OK")
            .header(Name::Contact, format_args!("<sip:alice@127.0.0.77>;expires=3000, {contact}"))
            .header(Name::Expires, 3000)
            .finish();
        world.send(registrar, phone, answer);
        let seen = usize::try_from(round).expect("small");
        let times = world.until(1, |world| {
            let times: Vec<u32> = world
                .events(phone)
                .iter()
                .filter_map(|event| match event {
                    Event::Registration { state, .. } => registered(state),
                    _ => None,
                })
                .collect();
            (times.len() == seen).then_some(times)
        });
        assert_eq!(times[seen - 1], 60);
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[test]
fn a_call_with_md5_and_with_sha_256() {
    for keep in ["MD5", "SHA-256"] {
        let mut world = World::new(3);
        let phone = world.endpoint("127.0.0.1:5060");
        let pbx = world.peer("127.0.0.2:5060");
        let mut auth = ServerAuth::new("pbx.example", [8; 32]);
        world.call(phone, pbx, Some(PASSWORD));
        let (_, invite) = world.receive(pbx, is("INVITE"));
        let challenges = auth.challenge(false, world.now);
        world.send(pbx, phone, challenge(&invite, 407, challenges.iter().filter(|value| value.contains(keep))));
        world.receive(pbx, is("ACK"));
        let (_, again) = world.receive(pbx, is("INVITE"));
        assert_eq!(again.cseq().expect("CSeq").number, 2);
        assert_eq!(again.call_id(), invite.call_id());
        assert_eq!(again.from().expect("From").tag(), invite.from().expect("From").tag());
        let authorization = again.header(Name::ProxyAuthorization).expect("credentials");
        assert!(authorization.contains(keep), "{authorization}");
        let now = world.now;
        let user = auth.verify(authorization, &Method::Invite, |_| Some(Secret::new(PASSWORD)), now);
        assert_eq!(user.as_deref(), Ok("alice"));
        // The ACK of the answer has the credentials of the INVITE (RFC 3261 22.1).
        let answer = Builder::response_from(&again, 200, "OK", Some("t"), pbx)
            .header(Name::Contact, format_args!("<sip:{pbx}>"))
            .finish();
        world.send(pbx, phone, answer);
        let (_, ack) = world.receive(pbx, is("ACK"));
        assert_eq!(ack.header(Name::ProxyAuthorization), again.header(Name::ProxyAuthorization));
    }
}

#[test]
fn every_request_of_a_call_may_be_challenged() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let pbx = world.peer("127.0.0.2:5060");
    let mut auth = ServerAuth::new("pbx.example", [8; 32]);
    let calling = world.call(phone, pbx, Some(PASSWORD));
    for (round, method) in ["INVITE", "INFO", "INFO", "INFO", "BYE"].into_iter().enumerate() {
        match method {
            "INFO" => world.at(phone, |endpoint, now| endpoint.send_info(calling, "text/plain", "x".into(), now)),
            "BYE" => world.at(phone, |endpoint, now| endpoint.hangup(calling, None, now)),
            _ => {}
        }
        let (_, first) = world.receive(pbx, is(method));
        let challenges = auth.challenge(false, world.now);
        world.send(pbx, phone, challenge(&first, 407, challenges.iter()));
        let (_, again) = world.receive(pbx, is(method));
        let number = first.cseq().expect("CSeq").number;
        assert_eq!(again.cseq().expect("CSeq").number, number + 1, "round {round}");
        let now = world.now;
        let password = |_: &str| Some(Secret::new(PASSWORD));
        assert!(auth.verify_request(&again, Name::ProxyAuthorization, password, now).is_ok(), "round {round}");
        let answer = Builder::response_from(&again, 200, "OK", Some("t"), pbx)
            .header(Name::Contact, format_args!("<sip:{pbx}>"))
            .finish();
        world.send(pbx, phone, answer);
        world.pass(Duration::from_millis(100));
    }
    settle(&mut world, &[phone]);
}

fn challenge<'a>(request: &Message, status: u16, values: impl Iterator<Item = &'a String>) -> Bytes {
    let name = if status == 407 { Name::ProxyAuthenticate } else { Name::WwwAuthenticate };
    let builder = Builder::response_from(request, status, "Who are you", Some("t"), ([127, 0, 0, 2], 5060).into());
    values.fold(builder, |builder, value| builder.header(name.clone(), value)).finish()
}

#[test]
fn a_call_through_the_pbx_and_a_wrong_password() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, _) = pbx(&mut world, "127.0.0.2:5060", (60, 120));
    let calling = world.call(phone, pbx, Some(PASSWORD));
    assert_eq!(answered(&mut world, phone, calling), Some(sdp("pbx")));
    world.at(phone, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[phone, pbx]);

    world.call(phone, pbx, Some("wrong"));
    assert_eq!(crate::calls::rejected(&mut world, phone).0, 407);
    let before = world.count(&["INVITE sip"]);
    settle(&mut world, &[phone, pbx]);
    assert_eq!(world.count(&["INVITE sip"]), before, "no further try");
    assert!(before <= 5, "two for the first call, at most three for the second");
}

#[test]
fn a_wrong_password_is_not_tried_in_a_hurry() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, _) = pbx(&mut world, "127.0.0.2:5060", (60, 120));
    let id = register(&mut world, phone, pbx, "wrong", 600);
    assert_eq!(state(&mut world, phone, 2, failed), 403);
    world.pass(Duration::from_secs(3600));
    let tries = world.count(&["REGISTER sip"]);
    // Pauses of up to 30, 60, 120, 240 and then 300 s, each try with its challenge.
    assert!((24..=44).contains(&tries), "{tries}");
    // The right one works as soon as the registrar, which slows down guessing, looks at it again.
    let right = account("alice", phone, pbx, Some(PASSWORD)).into();
    world.at(phone, |endpoint, now| endpoint.update_account(id, right, now));
    state(&mut world, phone, 700, registered);
}

#[test]
fn too_short_an_interval_is_raised() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, registrar) = pbx(&mut world, "127.0.0.2:5060", (900, 7200));
    register(&mut world, phone, pbx, PASSWORD, 60);
    assert_eq!(state(&mut world, phone, 1, registered), 900);
    assert_eq!(bindings(&world, &registrar).len(), 1);
    assert_eq!(world.count(&["SIP/2.0 423"]), 1);
}

#[test]
fn the_pbx_is_away_and_comes_back() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, registrar) = pbx(&mut world, "127.0.0.2:5060", (60, 120));
    register(&mut world, phone, pbx, PASSWORD, 120);
    state(&mut world, phone, 1, registered);
    world.away.insert(pbx);
    assert_eq!(state(&mut world, phone, 130, failed), 408);
    world.pass(Duration::from_secs(3600));
    assert!(bindings(&world, &registrar).is_empty());
    world.away.clear();
    // At most one pause (60 s) and what is left of a try that fails.
    state(&mut world, phone, 100, registered);
    assert_eq!(bindings(&world, &registrar).len(), 1);
}

#[test]
fn a_refused_connection_fails_at_once_and_is_tried_again() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, _) = pbx(&mut world, "127.0.0.2:5060", (60, 120));
    world.refusing.insert(pbx);
    register(&mut world, phone, pbx, PASSWORD, 120);
    assert_eq!(state(&mut world, phone, 0, failed), 503);
    world.pass(Duration::from_secs(10));
    assert!(
        (3..=4).contains(
            &world
                .events(phone)
                .iter()
                .filter(|event| {
                    matches!(event, Event::Registration { state: RegistrationState::Failed { .. }, .. })
                })
                .count()
        ),
        "after 2, 4, 8 s: {}",
        world.all_events()
    );
    world.refusing.clear();
    state(&mut world, phone, 60, registered);
}

#[test]
fn retry_after_is_honoured() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let registrar = world.peer("127.0.0.2:5060");
    register(&mut world, phone, registrar, PASSWORD, 600);
    let (_, request) = world.receive(registrar, is("REGISTER"));
    let answer = Builder::response_to(&request, 503, "Busy").header(Name::RetryAfter, "40 (maintenance)").finish();
    world.send(registrar, phone, answer);
    assert_eq!(state(&mut world, phone, 1, failed), 503);
    let before = world.now;
    world.receive(registrar, is("REGISTER"));
    let pause = world.now - before;
    assert!((Duration::from_secs(40)..=Duration::from_secs(51)).contains(&pause), "{pause:?}");
}

#[test]
fn a_new_address_replaces_the_old_one() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, registrar) = pbx(&mut world, "127.0.0.2:5060", (60, 120));
    let id = register(&mut world, phone, pbx, PASSWORD, 120);
    state(&mut world, phone, 1, registered);
    let mut moved = account("alice", phone, pbx, Some(PASSWORD));
    let contact = crate::net::uri("sip:alice@127.0.0.1:6060");
    moved.hops = Hop { contact, ..moved.hops.first().clone() }.into();
    world.at(phone, |endpoint, now| endpoint.update_account(id, moved.into(), now));
    state(&mut world, phone, 1, registered);
    let bindings = bindings(&world, &registrar);
    assert_eq!(bindings.len(), 1, "{bindings:?}");
    assert_eq!(bindings[0].uri.port(), Some(6060));
}

#[test]
fn many_lines_do_not_refresh_at_once() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, _) = pbx(&mut world, "127.0.0.2:5060", (60, 3600));
    for line in 0..200 {
        let account = account(&format!("alice{line}"), phone, pbx, Some(PASSWORD)).into();
        world.at(phone, |endpoint, now| endpoint.register(account, options(3600), now));
    }
    world.pass(Duration::from_secs(2400));
    world.trace.clear();
    let mut most = 0;
    for _ in 0..90 {
        world.pass(Duration::from_secs(10));
        most = most.max(world.count(&["SIP/2.0 200"]));
        world.trace.clear();
    }
    assert!(most <= 15, "{most} of 200 within 10 s");
}

#[test]
fn leaving_before_the_first_answer_waits_for_it() {
    let mut world = World::new(3);
    let phone = world.endpoint("127.0.0.1:5060");
    let (pbx, registrar) = pbx(&mut world, "127.0.0.2:5060", (60, 120));
    let id = register(&mut world, phone, pbx, PASSWORD, 120);
    world.at(phone, |endpoint, now| endpoint.unregister(id, now));
    state(&mut world, phone, 1, |state| (*state == RegistrationState::Unregistered).then_some(()));
    assert!(bindings(&world, &registrar).is_empty());
    settle(&mut world, &[phone]);
}
