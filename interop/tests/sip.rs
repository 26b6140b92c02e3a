//! What `offhook-sip` prints, `rsip` reads and prints anew; what `rsip` prints, `offhook-sip` reads.
//!
//! Every message of a registration and of a call goes through rsip on its way, so a message that either side reads
//! otherwise than the other wrote it breaks the call.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use offhook_sip::digest::Credentials;
use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::uri::Uri;
use offhook_sip::{
    Account, Destination, EndReason, Endpoint, EndpointConfig, Event, Hop, Output, Protocol, RegisterOptions,
    RegistrationState, Source, Transmit,
};
use rsip::prelude::*;
use rsip::services::DigestGenerator;

const OFFER: &str =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
const ANSWER: &str =
    "v=0\r\no=- 2 2 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";

fn endpoint(seed: u8) -> Endpoint {
    Endpoint::new(EndpointConfig::new("Offhook interop", [seed; 32], 10))
}

fn address(host: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], 5060))
}

/// The account 100 at 192.0.2.1, whose PBX is 192.0.2.2.
fn account() -> Arc<Account> {
    Arc::new(Account {
        aor: Uri::parse("sip:100@pbx.example").unwrap(),
        display_name: Some("Alice Adams".into()),
        hops: Hop {
            to: Destination::at(Protocol::Udp, address(2)),
            local: address(1),
            contact: Uri::parse("sip:100@192.0.2.1:5060").unwrap(),
        }
        .into(),
        routes: Vec::new(),
        credentials: Some(Credentials::new("100", "sesame")),
    })
}

/// Reads a message with rsip, compares what both make of it, and returns what rsip prints.
fn through_rsip(bytes: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let ours = Message::parse(bytes.clone()).unwrap();
    let theirs =
        rsip::SipMessage::try_from(bytes.as_ref()).unwrap_or_else(|e| panic!("rsip cannot read it: {e}\n{text}"));

    assert_eq!(theirs.is_request(), ours.is_request(), "{text}");
    assert_eq!(theirs.call_id_header().unwrap().value(), ours.call_id().unwrap());
    let via = theirs.via_header().unwrap().typed().unwrap();
    assert_eq!(via.branch().map(|b| b.value().to_owned()), ours.top_via().unwrap().branch().map(str::to_owned));
    let from = theirs.from_header().unwrap().typed().unwrap();
    assert_eq!(from.tag().map(|t| t.value().to_owned()), ours.from().unwrap().tag().map(str::to_owned), "{text}");
    assert_eq!(from.uri.to_string(), ours.from().unwrap().uri.as_str());
    let to = theirs.to_header().unwrap().typed().unwrap();
    assert_eq!(to.tag().map(|t| t.value().to_owned()), ours.to().unwrap().tag().map(str::to_owned), "{text}");
    let cseq = theirs.cseq_header().unwrap().typed().unwrap();
    assert_eq!(cseq.seq, ours.cseq().unwrap().number);
    assert_eq!(cseq.method.to_string(), ours.cseq().unwrap().method.to_string());
    assert_eq!(theirs.body().as_slice(), ours.body().as_ref());
    if ours.header(Name::Contact).is_some() {
        let contact = theirs.contact_header().unwrap().typed().unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(contact.uri.to_string(), ours.contacts().unwrap()[0].uri.as_str());
    }
    theirs.into()
}

/// What an endpoint wants sent, and what happened to it.
fn drain(endpoint: &mut Endpoint) -> (Vec<Transmit>, Vec<Event>) {
    let (mut transmits, mut events) = (Vec::new(), Vec::new());
    loop {
        match endpoint.poll_output() {
            Output::Transmit(transmit) => transmits.push(transmit),
            Output::Event(event) => events.push(event),
            Output::Timeout(_) => return (transmits, events),
        }
    }
}

/// Passes messages between both by way of rsip until neither has any; returns the events of each.
fn exchange(caller: &mut Endpoint, callee: &mut Endpoint, now: Instant) -> (Vec<Event>, Vec<Event>) {
    let (mut of_caller, mut of_callee) = (Vec::new(), Vec::new());
    loop {
        let (from_caller, events) = drain(caller);
        of_caller.extend(events);
        let (from_callee, events) = drain(callee);
        of_callee.extend(events);
        if from_caller.is_empty() && from_callee.is_empty() {
            return (of_caller, of_callee);
        }
        for transmit in from_caller {
            callee.handle_message(source(2, 1), through_rsip(&transmit.bytes), now);
        }
        for transmit in from_callee {
            caller.handle_message(source(1, 2), through_rsip(&transmit.bytes), now);
        }
    }
}

fn source(local: u8, remote: u8) -> Source {
    Source { protocol: Protocol::Udp, local: address(local), remote: address(remote), connection: None }
}

#[test]
fn a_call_goes_through_rsip_from_invite_to_bye() {
    let now = Instant::now();
    let (mut caller, mut callee) = (endpoint(1), endpoint(2));
    let target = Uri::parse("sip:200@pbx.example").unwrap();
    let session = caller.invite(account(), target, OFFER.into(), Vec::new(), now);

    let (_, events) = exchange(&mut caller, &mut callee, now);
    let incoming = events.iter().find_map(|event| match event {
        Event::Incoming { session, request, .. } => Some((*session, request.clone())),
        _ => None,
    });
    let (incoming, request) = incoming.expect("the INVITE arrives");
    assert_eq!(request.body(), OFFER);

    callee.provisional(incoming, 180, None, now);
    let (events, _) = exchange(&mut caller, &mut callee, now);
    assert!(events.iter().any(|e| matches!(e, Event::Progress { status: 180, .. })), "{events:?}");

    callee.answer(incoming, ANSWER.into(), now);
    let (events, confirmed) = exchange(&mut caller, &mut callee, now);
    assert!(events.iter().any(|e| matches!(e, Event::Answered { sdp: Some(sdp), .. } if sdp == ANSWER)), "{events:?}");
    assert!(confirmed.iter().any(|e| matches!(e, Event::Confirmed { .. })), "{confirmed:?}");

    caller.hangup(session, Some("Q.850;cause=16;text=\"normal\"".into()), now);
    let (_, events) = exchange(&mut caller, &mut callee, now);
    let ended = |e: &Event| matches!(e, Event::Ended { why: EndReason::RemoteBye { reason: Some(_) }, .. });
    assert!(events.iter().any(ended), "{events:?}");
}

#[test]
fn a_cancelled_and_a_refused_call_go_through_rsip() {
    let now = Instant::now();
    for refuse in [true, false] {
        let (mut caller, mut callee) = (endpoint(3), endpoint(4));
        let target = Uri::parse("sip:+4930123456@pbx.example").unwrap();
        let session = caller.invite(account(), target, OFFER.into(), Vec::new(), now);
        let (_, events) = exchange(&mut caller, &mut callee, now);
        let Some(Event::Incoming { session: incoming, .. }) = events.first() else { panic!("{events:?}") };
        callee.provisional(*incoming, 180, None, now);
        exchange(&mut caller, &mut callee, now);
        if refuse {
            callee.reject(*incoming, 486, None, Vec::new(), now);
            let (events, _) = exchange(&mut caller, &mut callee, now);
            assert!(events.iter().any(|e| matches!(e, Event::Rejected { status: 486, .. })), "{events:?}");
        } else {
            caller.hangup(session, None, now);
            let (_, events) = exchange(&mut caller, &mut callee, now);
            assert!(events.iter().any(|e| matches!(e, Event::Cancelled { .. })), "{events:?}");
        }
    }
}

#[test]
fn rsip_accepts_our_answer_to_an_md5_challenge() {
    registers("MD5");
}

#[test]
fn rsip_accepts_our_answer_to_a_sha_256_challenge() {
    registers("SHA-256");
}

/// A registrar made of rsip: it challenges, verifies the digest, and grants a minute.
fn registers(algorithm: &str) {
    let now = Instant::now();
    let mut client = endpoint(5);
    client.register(account(), RegisterOptions { expires: 600, ..RegisterOptions::default() }, now);

    let first = the_register(&mut client);
    assert!(first.authorization_header().is_none(), "no password is given away before it is asked for");
    let challenge = format!("Digest realm=\"pbx.example\", nonce=\"n0nce\", algorithm={algorithm}, qop=\"auth\"");
    client.handle_message(
        source(1, 2),
        reply(&first, 401, "Unauthorized", &format!("WWW-Authenticate: {challenge}\r\n")),
        now,
    );

    let second = the_register(&mut client);
    let answer = second.authorization_header().expect("the challenge is answered").value();
    // rsip knows the algorithm by another spelling than RFC 7616's.
    let answer = rsip::headers::Authorization::new(answer.replace("SHA-256", "SHA256"));
    let header = answer.typed().expect("rsip reads the answer");
    let digest = DigestGenerator::from(&header, "sesame", &rsip::Method::Register);
    assert!(digest.verify(&header.response), "{header:?}");
    assert!(!DigestGenerator::from(&header, "wrong", &rsip::Method::Register).verify(&header.response));
    assert_eq!(header.username, "100");

    let contact = second.contact_header().unwrap().value().to_owned();
    client.handle_message(source(1, 2), reply(&second, 200, "OK", &format!("Contact: {contact};expires=60\r\n")), now);
    let (_, events) = drain(&mut client);
    let registered =
        |e: &Event| matches!(e, Event::Registration { state: RegistrationState::Registered { expires: 60, .. }, .. });
    assert!(events.iter().any(registered), "{events:?}");
}

/// The one REGISTER that the client sends now, read by rsip.
fn the_register(client: &mut Endpoint) -> rsip::Request {
    let (transmits, _) = drain(client);
    let [transmit] = transmits.as_slice() else { panic!("{transmits:?}") };
    through_rsip(&transmit.bytes);
    rsip::Request::try_from(transmit.bytes.as_ref()).expect("rsip reads the request")
}

/// A response made with rsip's headers of the request.
fn reply(request: &rsip::Request, status: u16, reason: &str, more: &str) -> Bytes {
    format!(
        "SIP/2.0 {status} {reason}\r\n{}\r\n{}\r\n{};tag=registrar\r\n{}\r\n{}\r\n{more}Content-Length: 0\r\n\r\n",
        request.via_header().unwrap(),
        request.from_header().unwrap(),
        request.to_header().unwrap(),
        request.call_id_header().unwrap(),
        request.cseq_header().unwrap(),
    )
    .into()
}
