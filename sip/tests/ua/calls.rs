//! Calls from INVITE to BYE.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};
use offhook_sip::{EndReason, Event, SessionId};

use crate::net::{World, sdp};

/// Alice calls; gives both sessions.
pub fn ring(world: &mut World, alice: SocketAddr, bob: SocketAddr) -> (SessionId, SessionId) {
    let calling = world.call(alice, bob, None);
    (calling, incoming(world, bob))
}

pub fn incoming(world: &mut World, at: SocketAddr) -> SessionId {
    world.wait(at, 40, |event| match event {
        Event::Incoming { session, .. } => Some(*session),
        _ => None,
    })
}

/// An established call.
pub fn talk(world: &mut World, alice: SocketAddr, bob: SocketAddr) -> (SessionId, SessionId) {
    let (calling, ringing) = ring(world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    answered(world, alice, calling);
    world.wait(bob, 40, |event| matches!(event, Event::Confirmed { .. }).then_some(()));
    (calling, ringing)
}

pub fn answered(world: &mut World, at: SocketAddr, wanted: SessionId) -> Option<Bytes> {
    world.wait(at, 40, |event| match event {
        Event::Answered { session, sdp, .. } if *session == wanted => Some(sdp.clone()),
        _ => None,
    })
}

pub fn ended(world: &mut World, at: SocketAddr) -> EndReason {
    world.wait(at, 80, |event| match event {
        Event::Ended { why, .. } => Some(why.clone()),
        _ => None,
    })
}

/// Status, reason, and whether a peer said so.
pub fn rejected(world: &mut World, at: SocketAddr) -> (u16, String, bool) {
    world.wait(at, 80, |event| match event {
        Event::Rejected { status, reason, from_network, .. } => Some((*status, reason.clone(), *from_network)),
        _ => None,
    })
}

/// Waits until nothing is left of any call.
pub fn settle(world: &mut World, all: &[SocketAddr]) {
    world.until(140, |world| all.iter().all(|at| world.is_idle(*at)).then_some(()));
}

pub fn two() -> (World, SocketAddr, SocketAddr) {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let bob = world.endpoint("127.0.0.2:5060");
    (world, alice, bob)
}

/// A 200 to a request, as a scripted peer would write it.
pub fn ok(request: &Message, tag: &str) -> Bytes {
    Builder::response_from(request, 200, "OK", Some(tag), ([127, 0, 0, 9], 5060).into()).finish()
}

pub fn is(method: &'static str) -> impl Fn(&Message) -> bool {
    move |message| message.method().is_some_and(|found| found.as_str() == method)
}

pub fn is_status(status: u16) -> impl Fn(&Message) -> bool {
    move |message| message.status() == Some(status)
}

#[test]
fn a_call_from_start_to_end() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = ring(&mut world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 180, None, now));
    world.wait(alice, 1, |event| match event {
        Event::Progress { session, status: 180, sdp: None, fork: 0, .. } if *session == calling => Some(()),
        _ => None,
    });
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    assert_eq!(answered(&mut world, alice, calling), Some(sdp("answer")));
    world.wait(bob, 1, |event| matches!(event, Event::Confirmed { sdp: None, .. }).then_some(()));
    let reason = "Q.850;cause=16;text=\"Terminated\"";
    world.at(alice, |endpoint, now| endpoint.hangup(calling, Some(reason.into()), now));
    assert_eq!(ended(&mut world, bob), EndReason::RemoteBye { reason: Some(reason.into()) });
    settle(&mut world, &[alice, bob]);
    // INVITE, 100, 180, 200, ACK, BYE, 200: nothing is sent twice where nothing is lost.
    assert_eq!(world.trace.len(), 7, "{:#?}", world.trace);
    world.pass(Duration::from_secs(60));
    assert_eq!(world.trace.len(), 7, "{:#?}", world.trace);
    assert!(matches!(world.events(alice), [Event::Progress { .. }, Event::Answered { .. }]));
}

#[test]
fn the_callee_hangs_up() {
    let (mut world, alice, bob) = two();
    let (_, ringing) = talk(&mut world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    assert_eq!(ended(&mut world, alice), EndReason::RemoteBye { reason: None });
    settle(&mut world, &[alice, bob]);
}

#[test]
fn a_request_that_overtakes_the_200_does_not_end_the_call() {
    let (mut world, alice, bob) = two();
    world.lose.push(vec!["SIP/2.0 200", "[1 INVITE]"]);
    let (calling, ringing) = ring(&mut world, alice, bob);
    world.at(bob, |endpoint, now| {
        endpoint.answer(ringing, sdp("answer"), now);
        endpoint.send_info(ringing, "text/plain", Bytes::from("1"), now);
    });
    assert_eq!(answered(&mut world, alice, calling), Some(sdp("answer")));
    world.pass(Duration::from_secs(60));
    assert_eq!(world.count(&["SIP/2.0 481", "INFO]"]), 1, "alice knew of no dialog yet");
    assert_eq!(world.count(&["BYE sip"]), 0, "{:#?}", world.trace);
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    assert_eq!(ended(&mut world, bob), EndReason::RemoteBye { reason: None });
    settle(&mut world, &[alice, bob]);
}

#[test]
fn a_callee_who_lost_the_call_says_so_after_the_ack() {
    let (mut world, alice, bob) = two();
    world.lose.push(vec!["SIP/2.0 200", "[1 INVITE]"]);
    let (calling, ringing) = ring(&mut world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    world.refusing.insert(alice);
    world.at(bob, |endpoint, now| endpoint.send_info(ringing, "text/plain", Bytes::from("1"), now));
    assert_eq!(ended(&mut world, bob), EndReason::TransportLost);
    world.refusing.clear();
    answered(&mut world, alice, calling);
    assert_eq!(ended(&mut world, alice), EndReason::RemoteBye { reason: None });
    settle(&mut world, &[alice, bob]);
    assert_eq!(world.events(bob).len(), 2, "each event once: {}", world.all_events());
}

#[test]
fn a_call_over_ipv6() {
    let mut world = World::new(1);
    let alice = world.endpoint("[::1]:5060");
    let bob = world.endpoint("[::2]:5070");
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.offer(ringing, sdp("again"), now));
    world.wait(alice, 1, |event| matches!(event, Event::Offer { .. }).then_some(()));
    world.at(alice, |endpoint, now| endpoint.answer_offer(calling, sdp("answer"), now));
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    ended(&mut world, bob);
    settle(&mut world, &[alice, bob]);
}

#[test]
fn early_media_is_passed_on() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = ring(&mut world, alice, bob);
    world.at(bob, |endpoint, now| endpoint.provisional(ringing, 183, Some(sdp("early")), now));
    let early = world.wait(alice, 1, |event| match event {
        Event::Progress { session, status: 183, sdp, .. } if *session == calling => Some(sdp.clone()),
        _ => None,
    });
    assert_eq!(early, Some(sdp("early")));
}

#[test]
fn busy_says_so() {
    let (mut world, alice, bob) = two();
    let (_, ringing) = ring(&mut world, alice, bob);
    let headers = vec![(Name::Warning, "399 test \"in a meeting\"".to_owned())];
    world.at(bob, |endpoint, now| endpoint.reject(ringing, 486, Some("Busy Here"), headers, now));
    assert_eq!(rejected(&mut world, alice), (486, "Busy Here".into(), true));
    let warning = world.wait(alice, 1, |event| match event {
        Event::Rejected { response: Some(response), .. } => response.header(Name::Warning).map(str::to_owned),
        _ => None,
    });
    assert_eq!(warning, "399 test \"in a meeting\"");
    settle(&mut world, &[alice, bob]);
    assert_eq!(world.count(&["ACK"]), 1);
    assert_eq!(world.events(bob).len(), 1, "a refusal of ours is no news");
}

#[test]
fn a_call_that_nobody_answers_is_cancelled() {
    let (mut world, alice, bob) = two();
    let (calling, _) = ring(&mut world, alice, bob);
    world.pass(Duration::from_secs(1));
    world.at(alice, |endpoint, now| endpoint.hangup(calling, Some("SIP;cause=200".into()), now));
    let cancelled = |event: &Event| match event {
        Event::Cancelled { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    assert_eq!(world.wait(bob, 1, cancelled).as_deref(), Some("SIP;cause=200"));
    settle(&mut world, &[alice, bob]);
    assert_eq!(world.count(&["SIP/2.0 487", "INVITE]"]), 1);
    assert!(world.events(alice).is_empty(), "{:?}", world.events(alice));
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let (mut world, alice, bob) = two();
    world.away.insert(bob);
    let calling = world.call(alice, bob, None);
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    world.pass(Duration::from_secs(1));
    assert_eq!(world.count(&["CANCEL"]), 0);
    world.away.clear();
    world.wait(bob, 5, |event| matches!(event, Event::Cancelled { .. }).then_some(()));
    settle(&mut world, &[alice, bob]);
}

#[test]
fn an_answer_that_crosses_the_cancel_is_ended() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = ring(&mut world, alice, bob);
    world.pass(Duration::from_millis(50));
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    world.at(alice, |endpoint, now| endpoint.hangup(calling, Some("SIP;cause=200".into()), now));
    assert_eq!(ended(&mut world, bob), EndReason::RemoteBye { reason: Some("SIP;cause=200".into()) });
    settle(&mut world, &[alice, bob]);
    assert_eq!((world.count(&["ACK"]), world.count(&["BYE sip"])), (1, 1));
    assert!(world.events(alice).is_empty(), "{:?}", world.events(alice));
}

#[test]
fn an_invite_that_nobody_answers_times_out() {
    let (mut world, alice, bob) = two();
    world.away.insert(bob);
    world.call(alice, bob, None);
    assert_eq!(rejected(&mut world, alice), (408, "Request Timeout".into(), false));
    assert_eq!(world.elapsed(), Duration::from_secs(32));
    // Timer A: at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s.
    assert_eq!(world.count(&["INVITE"]), 7, "{:#?}", world.trace);
    settle(&mut world, &[alice]);
}

#[test]
fn a_callee_that_falls_silent_after_cancel_is_given_up() {
    let (mut world, alice, bob) = two();
    let (calling, _) = ring(&mut world, alice, bob);
    world.pass(Duration::from_secs(1));
    world.away.insert(bob);
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    settle(&mut world, &[alice]);
    assert!(world.elapsed() <= Duration::from_secs(34));
}

#[test]
fn a_destination_that_cannot_be_reached_is_told_at_once() {
    let (mut world, alice, bob) = two();
    world.refusing.insert(bob);
    world.call(alice, bob, None);
    assert_eq!(rejected(&mut world, alice), (503, "Service Unavailable".into(), false));
    assert_eq!(world.elapsed(), Duration::ZERO);
    settle(&mut world, &[alice]);
}

#[test]
fn without_ack_the_answer_is_repeated_and_the_call_ends() {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", ""));
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    assert_eq!(ended(&mut world, bob), EndReason::NoAck);
    assert!(world.elapsed() >= Duration::from_secs(32));
    // 13.3.1.4: at 0, 0.5, 1.5, 3.5, then every 4 s until 31.5 s.
    assert_eq!(world.count(&["SIP/2.0 200", "1 INVITE"]), 11, "{:#?}", world.trace);
    let (_, bye) = world.receive(phone, is("BYE"));
    world.send(phone, bob, ok(&bye, ""));
    settle(&mut world, &[bob]);
}

#[test]
fn the_callee_does_not_send_bye_before_the_ack() {
    let mut world = World::new(1);
    let bob = world.endpoint("127.0.0.2:5060");
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", ""));
    let ringing = incoming(&mut world, bob);
    world.at(bob, |endpoint, now| {
        endpoint.answer(ringing, sdp("answer"), now);
        endpoint.hangup(ringing, None, now);
    });
    let (_, answer) = world.receive(phone, is_status(200));
    world.pass(Duration::from_secs(3));
    assert_eq!(world.count(&["BYE"]), 0, "RFC 3261 15");
    world.send(phone, bob, within("ACK", "z9hG4bKb", "1", &answer));
    let (_, bye) = world.receive(phone, is("BYE"));
    world.send(phone, bob, ok(&bye, ""));
    settle(&mut world, &[bob]);
}

#[test]
fn both_hang_up_at_the_same_moment() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    world.at(alice, |endpoint, now| endpoint.hangup(calling, None, now));
    world.at(bob, |endpoint, now| endpoint.hangup(ringing, None, now));
    settle(&mut world, &[alice, bob]);
    assert_eq!(world.count(&["BYE sip"]), 2, "neither is repeated: {:#?}", world.trace);
    assert!(!world.events(bob).iter().any(|event| matches!(event, Event::Ended { .. })));
}

#[test]
fn a_call_beyond_the_limit_is_refused() {
    let mut world = World::new(1);
    let alice = world.endpoint("127.0.0.1:5060");
    let bob = world.endpoint_with("127.0.0.2:5060", 1);
    ring(&mut world, alice, bob);
    world.call(alice, bob, None);
    assert_eq!(rejected(&mut world, alice).0, 503);
    let refused = world.call(bob, alice, None);
    world.wait(bob, 1, |event| match event {
        Event::Rejected { session, status: 503, from_network: false, .. } if *session == refused => Some(()),
        _ => None,
    });
}

#[test]
fn without_an_offer_we_make_it_and_the_ack_has_the_answer() {
    let (mut world, _, bob) = two();
    let phone = world.peer("127.0.0.9:5060");
    world.send(phone, bob, invite("z9hG4bKa", "1", "").replace(BODY, "Content-Length: 0\r\n\r\n"));
    let ringing = world.wait(bob, 1, |event| match event {
        Event::Incoming { session, source, request, .. } if source.remote == phone => {
            Some((*session, request.body().is_empty()))
        }
        _ => None,
    });
    assert!(ringing.1);
    world.at(bob, |endpoint, now| endpoint.answer(ringing.0, sdp("our offer"), now));
    let (_, answer) = world.receive(phone, is_status(200));
    assert_eq!(answer.body(), sdp("our offer"));
    let ack = within("ACK", "z9hG4bKb", "1", &answer)
        .replace("Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0");
    world.send(phone, bob, ack);
    let answer = world.wait(bob, 1, |event| match event {
        Event::Confirmed { session, sdp } if *session == ringing.0 => Some(sdp.clone()),
        _ => None,
    });
    assert_eq!(answer.as_deref(), Some(&b"v=0"[..]));
}

#[test]
fn info_goes_both_ways() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = talk(&mut world, alice, bob);
    let digit = Bytes::from_static(b"Signal=5\r\nDuration=160\r\n");
    let (sent_a, sent_b) = (digit.clone(), digit.clone());
    world.at(alice, |endpoint, now| endpoint.send_info(calling, "application/dtmf-relay", sent_a, now));
    world.at(bob, |endpoint, now| endpoint.send_info(ringing, "application/dtmf-relay", sent_b, now));
    for at in [alice, bob] {
        let (kind, body) = world.wait(at, 1, |event| match event {
            Event::Info { content_type, body, .. } => Some((content_type.clone(), body.clone())),
            _ => None,
        });
        assert_eq!((kind.as_str(), &body), ("application/dtmf-relay", &digit));
    }
}

const BODY: &str = "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n";

/// An INVITE of a scripted phone at 127.0.0.9 to the endpoint at 127.0.0.2.
pub fn invite(branch: &str, cseq: &str, headers: &str) -> String {
    format!(
        "INVITE sip:bob%23@127.0.0.2 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 127.0.0.9:5060;branch={branch};rport\r\n\
         Max-Forwards: 70\r\n\
         From: \"Phone\" <sip:phone@127.0.0.9>;tag=ph\r\n\
         To: <sip:bob@127.0.0.2>\r\n\
         Call-ID: call-1\r\n\
         CSeq: {cseq} INVITE\r\n\
         Contact: <sip:phone@127.0.0.9:5060>\r\n\
         {headers}{BODY}"
    )
}

/// A request of the phone within the dialog that `answer` made.
pub fn within(method: &str, branch: &str, cseq: &str, answer: &Message) -> String {
    let to = answer.header(Name::To).expect("To");
    format!(
        "{method} sip:bob@127.0.0.2:5060 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 127.0.0.9:5060;branch={branch};rport\r\n\
         Max-Forwards: 70\r\n\
         From: \"Phone\" <sip:phone@127.0.0.9>;tag=ph\r\n\
         To: {to}\r\n\
         Call-ID: call-1\r\n\
         CSeq: {cseq} {method}\r\n\
         Contact: <sip:phone@127.0.0.9:5060>\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[test]
fn who_answers_is_said_in_responses_and_reaches_the_caller() {
    let (mut world, alice, bob) = two();
    let (calling, ringing) = ring(&mut world, alice, bob);
    let who = vec![(Name::PAssertedIdentity, "<sip:+4989200@pbx.example>".to_owned())];
    world.at(bob, |endpoint, now| {
        endpoint.set_response_headers(ringing, who);
        endpoint.provisional(ringing, 183, Some(sdp("early")), now);
    });
    let said = |response: &Message| response.header(Name::PAssertedIdentity).map(str::to_owned);
    let early = world.wait(alice, 1, |event| match event {
        Event::Progress { status: 183, response, .. } => said(response),
        _ => None,
    });
    assert_eq!(early, "<sip:+4989200@pbx.example>");
    world.at(bob, |endpoint, now| endpoint.answer(ringing, sdp("answer"), now));
    let last = world.wait(alice, 2, |event| match event {
        Event::Answered { session, response, .. } if *session == calling => said(response),
        _ => None,
    });
    assert_eq!(last, early);
}
