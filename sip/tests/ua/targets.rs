//! Where requests go, and what happens when a target dies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};
use offhook_sip::method::Method;
use offhook_sip::{
    Account, Destination, EndReason, Endpoint, Event, Hops, OutgoingId, Protocol, RegisterOptions, RegistrationState,
    SessionId,
};

use crate::calls::{answered, ended, incoming, is, ok, rejected, settle};
use crate::net::{World, account, hop, sdp, uri};

/// How a target fails.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// Nothing comes back.
    Silent,
    /// Nothing can be sent there.
    Refusing,
    /// It answers 503.
    Busy,
}

const FAULTS: [Fault; 3] = [Fault::Silent, Fault::Refusing, Fault::Busy];

impl Fault {
    fn status(self) -> u16 {
        if self == Fault::Silent { 408 } else { 503 }
    }
}

/// Our endpoint and two targets that are scripted.
fn world() -> (World, SocketAddr, [SocketAddr; 2]) {
    let mut world = World::new(5);
    let us = world.endpoint("127.0.0.1:5060");
    let targets = [world.peer("127.0.0.2:5060"), world.peer("127.0.0.3:5060")];
    (world, us, targets)
}

/// An account with these targets, the best first.
fn to(us: SocketAddr, targets: &[SocketAddr], password: Option<&str>) -> Arc<Account> {
    let hops = Hops::new(targets.iter().map(|target| hop("alice", Protocol::Udp, us, *target))).expect("a target");
    Arc::new(Account { hops, ..account("alice", us, targets[0], password) })
}

/// Makes a target fail for the request that it has or will have.
fn strike(world: &mut World, us: SocketAddr, target: SocketAddr, fault: Fault, send: impl FnOnce(&mut World)) {
    match fault {
        Fault::Silent => _ = world.away.insert(target),
        Fault::Refusing => _ = world.refusing.insert(target),
        Fault::Busy => {}
    }
    send(world);
    if fault == Fault::Busy {
        let (_, request) = world.receive(target, |message| message.method().is_some());
        world.send(target, us, busy(&request));
    }
}

fn busy(request: &Message) -> Bytes {
    let busy = Builder::response_from(request, 503, "Down for the night", Some("b"), ([127, 0, 0, 2], 5060).into());
    busy.header(Name::RetryAfter, 1800).finish()
}

fn accepted(request: &Message, at: SocketAddr) -> Bytes {
    let ok = Builder::response_from(request, 200, "OK", Some("t"), at);
    ok.header(Name::Contact, format_args!("<sip:{at}>")).body("application/sdp", &sdp("answer")).finish()
}

fn call(world: &mut World, us: SocketAddr, account: Arc<Account>) -> SessionId {
    world.at(us, |endpoint, now| endpoint.invite(account, uri("sip:bob@pbx.example"), sdp("offer"), Vec::new(), now))
}

fn options(endpoint: &mut Endpoint, account: Arc<Account>, now: std::time::Instant) -> OutgoingId {
    endpoint.request(account, Method::Options, uri("sip:pbx.example"), Vec::new(), None, now)
}

/// Hops that failed, with the status, and hops that answered again.
fn hops(world: &World, us: SocketAddr) -> Vec<(Destination, Option<u16>)> {
    let of = |event: &Event| match event {
        Event::HopFailed { to, status, .. } => Some((to.clone(), Some(*status))),
        Event::HopAnswered { to } => Some((to.clone(), None)),
        _ => None,
    };
    world.events(us).iter().filter_map(of).collect()
}

fn udp(address: SocketAddr) -> Destination {
    Destination::at(Protocol::Udp, address)
}

fn branch(message: &Message) -> String {
    message.top_via().expect("Via").branch().expect("a branch").to_owned()
}

#[test]
fn a_call_goes_to_the_next_target_whatever_is_wrong_with_the_first() {
    for fault in FAULTS {
        let (mut world, us, [one, two]) = world();
        let mut calling = None;
        let account = to(us, &[one, two], None);
        strike(&mut world, us, one, fault, |world| calling = Some(call(world, us, account)));
        let (_, invite) = world.receive(two, is("INVITE"));
        let waited = world.elapsed();
        let timer_b = Duration::from_secs(32);
        assert!(if fault == Fault::Silent { waited >= timer_b } else { waited < Duration::from_secs(1) }, "{waited:?}");
        assert_eq!(invite.cseq().expect("CSeq").number, 2, "{fault:?}");
        world.send(two, us, accepted(&invite, two));
        assert_eq!(answered(&mut world, us, calling.expect("a call")), Some(sdp("answer")));
        let (_, ack) = world.receive(two, is("ACK"));
        assert_eq!(ack.cseq().expect("CSeq").number, 2);
        assert_eq!(hops(&world, us), [(udp(one), Some(fault.status()))], "{fault:?}");
    }
}

#[test]
fn the_request_to_the_next_target_is_the_same_call_in_a_new_transaction() {
    let (mut world, us, [one, two]) = world();
    let mut account = Account::clone(&to(us, &[one, two], None));
    let contact = uri("sip:alice@192.0.2.7:7000");
    let second = offhook_sip::Hop { contact, ..hop("alice", Protocol::Udp, us, two) };
    account.hops = Hops::new([hop("alice", Protocol::Udp, us, one), second]).expect("two");
    call(&mut world, us, account.into());
    let (_, first) = world.receive(one, is("INVITE"));
    world.send(one, us, busy(&first));
    let (_, ack) = world.receive(one, is("ACK"));
    assert_eq!(branch(&ack), branch(&first), "the 503 is acknowledged where it came from");
    let (_, next) = world.receive(two, is("INVITE"));
    assert_eq!(next.call_id(), first.call_id());
    assert_eq!(next.header(Name::From), first.header(Name::From));
    assert_ne!(branch(&next), branch(&first));
    assert_eq!(next.header(Name::Contact), Some("<sip:alice@192.0.2.7:7000>"));
}

#[test]
fn a_call_that_rings_stays_where_it_is() {
    let (mut world, us, [one, two]) = world();
    let account = to(us, &[one, two], None);
    call(&mut world, us, account);
    let (_, invite) = world.receive(one, is("INVITE"));
    world.send(one, us, Builder::response_from(&invite, 180, "Ringing", Some("b"), one).finish());
    world.pass(Duration::from_secs(1));
    world.send(one, us, busy(&invite));
    assert_eq!(rejected(&mut world, us), (503, "Down for the night".into(), true));
    settle(&mut world, &[us]);
    assert!(world.inbox(two).is_empty());
    assert_eq!(hops(&world, us), []);
}

#[test]
fn a_100_alone_does_not_hold_a_call() {
    let (mut world, us, [one, two]) = world();
    let account = to(us, &[one, two], None);
    call(&mut world, us, account);
    let (_, invite) = world.receive(one, is("INVITE"));
    world.send(one, us, Builder::response_from(&invite, 100, "Trying", None, one).finish());
    world.pass(Duration::from_secs(1));
    world.send(one, us, busy(&invite));
    world.receive(two, is("INVITE"));
}

#[test]
fn a_refusal_is_no_fault_of_the_target() {
    let (mut world, us, [one, two]) = world();
    let account = to(us, &[one, two], None);
    call(&mut world, us, account);
    let (_, invite) = world.receive(one, is("INVITE"));
    world.send(one, us, Builder::response_from(&invite, 500, "Oops", Some("b"), one).finish());
    assert_eq!(rejected(&mut world, us).0, 500);
    assert!(world.inbox(two).is_empty());
}

#[test]
fn a_call_that_was_given_up_is_not_tried_elsewhere() {
    let (mut world, us, [one, two]) = world();
    let account = to(us, &[one, two], None);
    let calling = call(&mut world, us, account);
    world.at(us, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[us]);
    assert!(world.inbox(two).is_empty());
}

#[test]
fn when_all_targets_are_dead_there_is_one_failure_and_the_most_telling() {
    for (faults, expected) in [
        ([Fault::Silent, Fault::Silent], (408, "Request Timeout", false)),
        ([Fault::Silent, Fault::Refusing], (408, "Request Timeout", false)),
        ([Fault::Refusing, Fault::Silent], (503, "Service Unavailable", false)),
        ([Fault::Silent, Fault::Busy], (503, "Down for the night", true)),
        ([Fault::Busy, Fault::Silent], (503, "Down for the night", true)),
    ] {
        let (mut world, us, [one, two]) = world();
        let account = to(us, &[one, two], None);
        strike(&mut world, us, two, faults[1], |world| {
            strike(world, us, one, faults[0], |world| _ = call(world, us, account));
        });
        let (status, reason, from_network) = rejected(&mut world, us);
        assert_eq!((status, reason.as_str(), from_network), expected, "{faults:?}");
        settle(&mut world, &[us]);
        let rejections = world.events(us).iter().filter(|event| matches!(event, Event::Rejected { .. })).count();
        assert_eq!((rejections, hops(&world, us).len()), (1, 2), "{faults:?}");
    }
}

#[test]
fn a_target_that_is_back_is_reported_once() {
    let (mut world, us, [one, two]) = world();
    world.refusing.insert(one);
    let account = to(us, &[one, two], None);
    for _ in 0..2 {
        world.at(us, |endpoint, now| options(endpoint, account.clone(), now));
    }
    world.refusing.clear();
    for _ in 0..2 {
        world.at(us, |endpoint, now| options(endpoint, account.clone(), now));
        let (_, request) = world.receive(one, is("OPTIONS"));
        world.send(one, us, ok(&request, "t"));
        world.pass(Duration::from_millis(100));
    }
    assert_eq!(hops(&world, us), [(udp(one), Some(503)), (udp(one), Some(503)), (udp(one), None)]);
}

/// The final responses to requests of ours: status, and whether it came by the network.
fn responses(world: &World, us: SocketAddr) -> Vec<(u16, bool)> {
    let of = |event: &Event| match event {
        Event::Response { status, from_network, response, .. } => {
            assert_eq!(response.is_some(), *from_network);
            Some((*status, *from_network))
        }
        _ => None,
    };
    world.events(us).iter().filter_map(of).collect()
}

#[test]
fn options_ask_the_next_target_and_answer_challenges() {
    for fault in FAULTS {
        let (mut world, us, [one, two]) = world();
        let account = to(us, &[one, two], Some("secret"));
        strike(&mut world, us, one, fault, |world| {
            world.at(us, |endpoint, now| options(endpoint, account, now));
        });
        let (_, request) = world.receive(two, is("OPTIONS"));
        assert_eq!(request.request_uri_str(), "sip:pbx.example");
        let challenge = Builder::response_from(&request, 401, "Unauthorized", Some("t"), two)
            .header(Name::WwwAuthenticate, r#"Digest realm="pbx", nonce="n", qop="auth""#);
        world.send(two, us, challenge.finish());
        let (_, again) = world.receive(two, is("OPTIONS"));
        assert!(again.header(Name::Authorization).is_some());
        assert_eq!(again.cseq().expect("CSeq").number, 3);
        world.send(two, us, ok(&again, "t"));
        settle(&mut world, &[us]);
        assert_eq!(responses(&world, us), [(200, true)], "{fault:?}");
    }
}

#[test]
fn a_request_always_ends() {
    let (mut world, us, [one, two]) = world();
    world.away.extend([one, two]);
    let account = to(us, &[one, two], None);
    world.at(us, |endpoint, now| {
        options(endpoint, account.clone(), now);
        endpoint.request(account.clone(), Method::Bye, uri("sip:pbx.example"), Vec::new(), None, now);
        // As many as sessions may be.
        for _ in 0..100 {
            options(endpoint, account.clone(), now);
        }
    });
    settle(&mut world, &[us]);
    let responses = responses(&world, us);
    assert_eq!((responses.len(), &responses[..2]), (102, &[(405, false), (503, false)][..]));
    assert!(responses[2..].iter().all(|response| *response == (408, false)));
    assert_eq!(world.elapsed(), Duration::from_secs(64), "timer F at each of both");
}

fn states(world: &World, us: SocketAddr) -> Vec<RegistrationState> {
    let of = |event: &Event| match event {
        Event::Registration { state, .. } => Some(state.clone()),
        _ => None,
    };
    world.events(us).iter().filter_map(of).collect()
}

/// Answers a REGISTER with what it asks for.
fn grant(request: &Message, expires: u32) -> Bytes {
    let contact = request.contacts().expect("Contact").remove(0);
    let ok = Builder::response_to(request, 200, "OK");
    ok.header(Name::Contact, format_args!("<{}>;expires={expires}", contact.uri)).finish()
}

#[test]
fn a_registration_finds_the_target_that_lives_and_returns_when_told_to() {
    for fault in FAULTS {
        let (mut world, us, [one, two]) = world();
        let account = to(us, &[one, two], None);
        let mut id = None;
        strike(&mut world, us, one, fault, |world| {
            let options = RegisterOptions { expires: 60, ..RegisterOptions::default() };
            id = Some(world.at(us, |endpoint, now| endpoint.register(account.clone(), options, now)));
        });
        let (_, first) = world.receive(two, is("REGISTER"));
        world.send(two, us, grant(&first, 60));
        world.pass(Duration::from_secs(1));
        let at = |world: &World| match states(world, us).pop() {
            Some(RegistrationState::Registered { at, .. }) => at,
            other => panic!("{other:?}"),
        };
        assert_eq!(at(&world), udp(two), "{fault:?}");
        assert_eq!(states(&world, us).len(), 2, "one try: {:?}", states(&world, us));
        // Refreshed where the binding is.
        let (_, refresh) = world.receive(two, is("REGISTER"));
        assert_eq!(refresh.call_id(), first.call_id());
        world.send(two, us, grant(&refresh, 60));
        world.pass(Duration::from_secs(1));
        (world.away, world.refusing) = Default::default();
        let id = id.expect("registered");
        world.at(us, |endpoint, now| endpoint.update_account(id, account, now));
        let (_, back) = world.receive(one, |message| message.cseq().is_ok_and(|cseq| cseq.number >= 4));
        assert!(!back.header(Name::Contact).expect("Contact").contains("expires=0"), "the same binding");
        world.send(one, us, grant(&back, 60));
        world.pass(Duration::from_secs(1));
        assert_eq!(at(&world), udp(one));
        let gaps = states(&world, us).iter().skip(1).any(|state| *state == RegistrationState::Registering);
        assert!(!gaps, "registered all the time: {:?}", states(&world, us));
    }
}

#[test]
fn a_pbx_that_restarts_is_served_again_within_the_retry_interval() {
    let (mut world, us, [one, two]) = world();
    world.refusing.extend([one, two]);
    let retry_interval = Duration::from_secs(10);
    let account = to(us, &[one, two], None);
    let options = RegisterOptions { expires: 600, retry_interval, ..RegisterOptions::default() };
    world.at(us, |endpoint, now| endpoint.register(account, options, now));
    world.pass(Duration::from_secs(600));
    let failures: Vec<u32> = states(&world, us)
        .iter()
        .filter_map(|state| match state {
            RegistrationState::Failed { attempts, status: 503, retry_at: Some(_), .. } => Some(*attempts),
            _ => None,
        })
        .collect();
    assert!(failures.len() > 60 && failures.iter().copied().eq(1..=failures.len() as u32), "{failures:?}");
    let back = world.now;
    world.refusing.clear();
    let (_, request) = world.receive(one, is("REGISTER"));
    assert!(world.now - back <= retry_interval + Duration::from_secs(1));
    world.send(one, us, grant(&request, 600));
    world.pass(Duration::from_secs(1));
    assert!(matches!(states(&world, us).pop(), Some(RegistrationState::Registered { .. })));
}

#[test]
fn a_refused_registration_says_what_was_asked_for_and_can_be_begun_anew() {
    let (mut world, us, [one, two]) = world();
    let account = to(us, &[one, two], Some("wrong"));
    let id = world.at(us, |endpoint, now| endpoint.register(account, RegisterOptions::default(), now));
    let refuse = |world: &mut World, nonce: &str| {
        let (_, request) = world.receive(one, is("REGISTER"));
        let refusal = Builder::response_from(&request, 401, "Unauthorized", Some("t"), one).header(
            Name::WwwAuthenticate,
            format_args!(r#"Digest realm="office", nonce="{nonce}", algorithm=SHA-256, qop="auth""#),
        );
        world.send(one, us, refusal.finish());
        request
    };
    let first = refuse(&mut world, "a");
    refuse(&mut world, "a");
    world.pass(Duration::from_secs(1));
    let Some(RegistrationState::Failed { status: 401, challenge: Some(challenge), .. }) = states(&world, us).pop()
    else {
        panic!("{:?}", states(&world, us));
    };
    assert_eq!((challenge.realm.as_str(), challenge.algorithm.as_str()), ("office", "SHA-256"));
    assert!(challenge.answered && challenge.supported && !challenge.stale);
    assert!(world.inbox(two).is_empty(), "a refusal is no reason to ask elsewhere");

    let before = world.now;
    world.at(us, |endpoint, now| endpoint.reregister(id, now));
    let anew = refuse(&mut world, "b");
    assert!(world.now - before < Duration::from_secs(1), "at once");
    assert_ne!(anew.call_id(), first.call_id());
    assert!(anew.header(Name::Authorization).is_none());
    let (_, with_password) = world.receive(one, is("REGISTER"));
    world.send(one, us, grant(&with_password, 600));
    world.pass(Duration::from_secs(1));
    assert!(matches!(states(&world, us).pop(), Some(RegistrationState::Registered { .. })));
}

#[test]
fn a_registration_without_password_says_so() {
    let (mut world, us, [one, _]) = world();
    let account = to(us, &[one], None);
    world.at(us, |endpoint, now| endpoint.register(account, RegisterOptions::default(), now));
    let (_, request) = world.receive(one, is("REGISTER"));
    let refusal = Builder::response_from(&request, 401, "Unauthorized", Some("t"), one)
        .header(Name::WwwAuthenticate, r#"Digest realm="office", nonce="n", algorithm=SHA-512-256"#);
    world.send(one, us, refusal.finish());
    world.pass(Duration::from_secs(1));
    let Some(RegistrationState::Failed { challenge: Some(challenge), .. }) = states(&world, us).pop() else {
        panic!("{:?}", states(&world, us));
    };
    assert_eq!(challenge.algorithm, "SHA-512-256");
    assert!(!challenge.answered && !challenge.supported);
}

/// The example of RFC 6140 5.1.
#[test]
fn a_trunk_registers_its_whole_range() {
    let (mut world, us, [one, _]) = world();
    let account = to(us, &[one], None);
    let options = RegisterOptions { bulk: true, expires: 600, ..RegisterOptions::default() };
    let id = world.at(us, |endpoint, now| endpoint.register(account, options, now));
    let (_, request) = world.receive(one, is("REGISTER"));
    assert_eq!(request.header(Name::Contact), Some("<sip:127.0.0.1:5060;bnc>"));
    let values = |name| request.header(name).map(str::to_owned).unwrap_or_default();
    assert_eq!((values(Name::Require), values(Name::ProxyRequire)), ("gin".to_owned(), "gin".to_owned()));
    assert_eq!(values(Name::Supported), "path");
    // Of several contacts ours is the one whose time counts.
    let answer = Builder::response_to(&request, 200, "OK")
        .header(Name::Contact, "<sip:127.0.0.9:5060;bnc>;expires=30")
        .header(Name::Contact, "<sip:127.0.0.1:5060;bnc>;expires=500")
        .finish();
    world.send(one, us, answer);
    world.pass(Duration::from_secs(1));
    let last = states(&world, us).pop();
    assert!(matches!(last, Some(RegistrationState::Registered { expires: 500, .. })), "{last:?}");
    world.at(us, |endpoint, now| endpoint.unregister(id, now));
    let (_, leaving) = world.receive(one, is("REGISTER"));
    assert_eq!(leaving.header(Name::Contact), Some("<sip:127.0.0.1:5060;bnc>"));
    assert_eq!(leaving.header(Name::Expires), Some("0"));
}

/// An offer that makes the INVITE longer than a datagram may be.
fn long() -> Bytes {
    sdp(&"x".repeat(1400))
}

fn long_call(world: &mut World, us: SocketAddr, peer: SocketAddr) -> SessionId {
    let account = to(us, &[peer], None);
    let target = uri(&format!("sip:bob@{peer}"));
    world.at(us, |endpoint, now| endpoint.invite(account, target, long(), Vec::new(), now))
}

/// Transports by which INVITEs came, as the callee saw it and as Via says.
fn invites(world: &World, at: SocketAddr) -> Vec<(Protocol, String)> {
    let of = |event: &Event| match event {
        Event::Incoming { source, request, .. } => {
            let via = request.header(Name::Via).unwrap_or_default();
            Some((source.protocol, via.split(' ').next().unwrap_or_default().to_owned()))
        }
        _ => None,
    };
    world.events(at).iter().filter_map(of).collect()
}

#[test]
fn a_long_invite_goes_by_tcp_and_the_call_with_it() {
    let mut world = World::new(5);
    let (us, bob) = (world.endpoint("127.0.0.1:5060"), world.endpoint("127.0.0.2:5060"));
    let calling = long_call(&mut world, us, bob);
    let ringing = incoming(&mut world, bob);
    assert_eq!(invites(&world, bob), [(Protocol::Tcp, "SIP/2.0/TCP".to_owned())]);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    answered(&mut world, us, calling);
    world.at(us, |endpoint, now| endpoint.hangup(calling, None, now));
    ended(&mut world, bob);
    settle(&mut world, &[us, bob]);
    assert_eq!(hops(&world, us), []);
}

#[test]
fn where_there_is_no_tcp_a_long_invite_goes_by_udp_and_that_is_remembered() {
    let mut world = World::new(5);
    let (us, bob) = (world.endpoint("127.0.0.1:5060"), world.endpoint("127.0.0.2:5060"));
    world.no_tcp.insert(bob);
    // Over UDP it is repeated when it is lost.
    world.away.insert(bob);
    let calling = long_call(&mut world, us, bob);
    world.pass(Duration::from_secs(1));
    world.away.clear();
    let ringing = incoming(&mut world, bob);
    assert_eq!(invites(&world, bob), [(Protocol::Udp, "SIP/2.0/UDP".to_owned())]);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    answered(&mut world, us, calling);
    assert_eq!(hops(&world, us), [], "the target is not dead");

    // The next one does not try, though there is TCP again; after ten minutes it does.
    world.no_tcp.clear();
    for (minutes, protocol) in [(5, Protocol::Udp), (10, Protocol::Tcp)] {
        world.pass(Duration::from_secs(minutes * 60));
        let before = invites(&world, bob).len();
        long_call(&mut world, us, bob);
        let protocols = world.until(5, |world| invites(world, bob).get(before).cloned());
        assert_eq!(protocols.0, protocol, "after {minutes} minutes more");
    }
}

#[test]
fn long_requests_within_a_call_go_by_tcp_too() {
    let mut world = World::new(5);
    let (us, bob) = (world.endpoint("127.0.0.1:5060"), world.endpoint("127.0.0.2:5060"));
    let (calling, _) = crate::calls::talk(&mut world, us, bob);
    world.no_tcp.insert(bob);
    world.at(us, |endpoint, now| endpoint.send_info(calling, "text/plain", long(), now));
    world.wait(bob, 1, |event| matches!(event, Event::Info { body, .. } if body == &long()).then_some(()));
    world.pass(Duration::from_secs(1));
    assert!(!world.events(us).iter().any(|event| matches!(event, Event::Ended { .. })), "{}", world.all_events());
}

/// A call over TCP.
fn talk_by_tcp(world: &mut World, us: SocketAddr, bob: SocketAddr) -> (SessionId, SessionId) {
    let account = Account { hops: hop("alice", Protocol::Tcp, us, bob).into(), ..account("alice", us, bob, None) };
    let target = uri("sip:bob@127.0.0.2;transport=tcp");
    let calling = world.at(us, |endpoint, now| endpoint.invite(account.into(), target, sdp("offer"), Vec::new(), now));
    let ringing = incoming(world, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    answered(world, us, calling);
    world.wait(bob, 1, |event| matches!(event, Event::Confirmed { .. }).then_some(()));
    (calling, ringing)
}

#[test]
fn a_call_survives_the_end_of_its_connection() {
    let mut world = World::new(5);
    let (us, bob) = (world.endpoint("127.0.0.1:5060"), world.endpoint("127.0.0.2:5060"));
    let (calling, _) = talk_by_tcp(&mut world, us, bob);
    world.break_connections();
    world.at(us, |endpoint, now| endpoint.send_info(calling, "text/plain", "still there".into(), now));
    world.wait(bob, 1, |event| matches!(event, Event::Info { .. }).then_some(()));
    // Where nobody is any more, it is over, after one more try.
    world.break_connections();
    world.refusing.insert(bob);
    world.at(us, |endpoint, now| endpoint.send_info(calling, "text/plain", "hello?".into(), now));
    assert_eq!(ended(&mut world, us), EndReason::TransportLost);
    settle(&mut world, &[us]);
}

#[test]
fn a_connection_that_breaks_takes_only_its_own_requests_along() {
    let mut world = World::new(5);
    let (us, bob) = (world.endpoint("127.0.0.1:5060"), world.endpoint("127.0.0.2:5060"));
    let (calling, _) = talk_by_tcp(&mut world, us, bob);
    world.away.insert(bob);
    world.at(us, |endpoint, now| {
        endpoint.send_info(calling, "text/plain", "x".into(), now);
        let other =
            Destination { connection: Some(offhook_sip::ConnectionId(99)), ..Destination::at(Protocol::Tcp, bob) };
        for _ in 0..3 {
            endpoint.handle_transport_error(&other, now);
        }
    });
    world.pass(Duration::from_secs(1));
    assert!(!world.events(us).iter().any(|event| matches!(event, Event::Ended { .. })));
}
