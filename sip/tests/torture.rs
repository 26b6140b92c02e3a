//! The messages of RFC 4475 and RFC 5118, each with the outcome that the RFC names. Where it leaves a choice, ours is
//! said.
//!
//! `torture/<name>.dat` are the messages byte for byte, but for the binary part of `mpart01`, which is not ours to
//! decipher, and Content-Length of three messages of RFC 5118, whose bodies have other lengths than printed.

#![allow(clippy::disallowed_methods, reason = "a test must begin somewhere")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::registrar::Registrar;
use offhook_sip::{Endpoint, EndpointConfig, Event, Output, Protocol, Source, lint};

use Outcome::{Answered, Dropped, Passed, Refused, Rings, Unmatched};

/// What becomes of a message that comes in over UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// A valid INVITE: 100, and the application is asked.
    Rings,
    /// Another valid request that the application is asked about.
    Passed,
    /// A valid request that is answered with this status, by the endpoint or its registrar.
    Answered(u16),
    /// An invalid request that is answered with this status.
    Refused(u16),
    /// A valid response to nothing we sent.
    Unmatched,
    /// Bytes that get no answer: an invalid response.
    Dropped,
}

/// Name of the file, section of the RFC, what becomes of it, and what the RFC says in short.
type Row = (&'static str, &'static str, Outcome, &'static str);

const RFC_4475: [Row; 49] = [
    ("wsinv", "3.1.1.1", Answered(481), "well-formed; its To tag is of no dialog of ours"),
    ("intmeth", "3.1.1.2", Answered(405), "well-formed, an unknown method; 501 is as good, ours is 405 with Allow"),
    ("esc01", "3.1.1.3", Rings, "escapes in URIs are no errors"),
    ("escnull", "3.1.1.4", Answered(401), "escaped zeros in a user are well-formed"),
    ("esc02", "3.1.1.5", Answered(405), "% in a method is itself: an unknown method"),
    ("lwsdisp", "3.1.1.6", Answered(200), "no space before < is needed"),
    ("longreq", "3.1.1.7", Rings, "long values are values"),
    ("dblreq", "3.1.1.8", Answered(401), "what follows the first message in a datagram is ignored"),
    ("semiuri", "3.1.1.9", Answered(200), "; before @ belongs to the user"),
    ("transports", "3.1.1.10", Answered(200), "unknown transports in Via are well-formed"),
    ("mpart01", "3.1.1.11", Passed, "zeros in a body end nothing"),
    ("unreason", "3.1.1.12", Unmatched, "a reason phrase may be anything"),
    ("noreason", "3.1.1.13", Unmatched, "a reason phrase may be empty"),
    ("badinv01", "3.1.2.1", Refused(400), "separators without values in Via and Contact"),
    ("clerr", "3.1.2.2", Refused(400), "Content-Length larger than the datagram"),
    ("ncl", "3.1.2.3", Refused(400), "a negative Content-Length"),
    ("scalar02", "3.1.2.4", Refused(400), "numbers out of range in a request"),
    ("scalarlg", "3.1.2.5", Dropped, "numbers out of range in a response: it is discarded"),
    ("quotbal", "3.1.2.6", Refused(400), "a quote that does not close"),
    ("ltgtruri", "3.1.2.7", Refused(400), "<> around the Request-URI; taking it is allowed, ours is to refuse"),
    ("lwsruri", "3.1.2.8", Refused(400), "a space in the Request-URI"),
    (
        "lwsstart",
        "3.1.2.9",
        Refused(400),
        "several spaces in the request line; taking it is allowed, ours is to refuse",
    ),
    ("trws", "3.1.2.10", Refused(400), "spaces after the request line; taking it is allowed, ours is to refuse"),
    ("escruri", "3.1.2.11", Refused(400), "headers in the Request-URI; taking it is allowed, ours is to refuse"),
    ("baddate", "3.1.2.12", Rings, "a date that is not in GMT; 400 is allowed, ours is to ignore the date"),
    ("regbadct", "3.1.2.13", Refused(400), "a Contact with headers but without <>"),
    ("badaspec", "3.1.2.14", Refused(400), "spaces within <>; taking it is allowed, ours is to refuse"),
    ("baddn", "3.1.2.15", Answered(200), "a comma in a name without quotes; 400 is allowed, ours is to take it"),
    ("badvers", "3.1.2.16", Refused(505), "another version of SIP"),
    ("mismatch01", "3.1.2.17", Refused(400), "CSeq names another method"),
    ("mismatch02", "3.1.2.18", Refused(400), "CSeq names another method than the unknown one; ours is 400 before 501"),
    ("bigcode", "3.1.2.19", Dropped, "a status code out of range: the response is discarded"),
    (
        "badbranch",
        "3.2.1",
        Answered(200),
        "a branch that is the magic cookie alone says nothing; matched by the old rules",
    ),
    ("insuf", "3.3.1", Refused(400), "no Call-ID, From and To"),
    ("unkscm", "3.3.2", Answered(416), "an unknown scheme in the Request-URI"),
    ("novelsc", "3.3.3", Answered(416), "a known scheme that is none of SIP in the Request-URI"),
    ("unksm2", "3.3.4", Answered(401), "unknown schemes in To and Contact are well-formed"),
    ("bext01", "3.3.5", Answered(420), "Require that is not supported; Proxy-Require is no matter of ours"),
    ("invut", "3.3.6", Answered(415), "a body of an unknown type"),
    ("regaut01", "3.3.7", Answered(401), "an unknown authentication scheme is as none"),
    ("multi01", "3.3.8", Refused(400), "header fields twice that may be there once"),
    ("mcl01", "3.3.9", Refused(400), "two Content-Length that differ"),
    ("bcast", "3.3.10", Unmatched, "a response whose second Via is a broadcast address: it is discarded"),
    ("zeromf", "3.3.11", Answered(200), "Max-Forwards 0 reaches us; it would go no further"),
    ("cparam01", "3.3.12", Answered(401), "a parameter of the header field, not of the URI"),
    ("cparam02", "3.3.13", Answered(401), "a parameter of the URI"),
    ("regescrt", "3.3.14", Answered(401), "a Contact whose URI has an escaped Route"),
    ("sdp01", "3.3.15", Rings, "SDP is not acceptable to the caller; 406 is allowed, ours is to ring"),
    ("inv2543", "3.4.1", Rings, "an INVITE of RFC 2543"),
];

const RFC_5118: [Row; 12] = [
    ("ipv6-good", "4.1", Answered(401), "IPv6 addresses in brackets"),
    ("ipv6-bad", "4.2", Refused(400), "an IPv6 address without brackets"),
    ("port-ambiguous", "4.3", Answered(401), "within brackets all is address"),
    ("port-unambiguous", "4.4", Answered(401), "a port behind the bracket"),
    ("via-received-param-with-delim", "4.5", Answered(481), "received in brackets; the To tag is of no dialog of ours"),
    ("via-received-param-no-delim", "4.5", Answered(200), "received without brackets"),
    ("ipv6-in-sdp", "4.6", Rings, "IPv6 addresses in SDP have no brackets"),
    ("mult-ip-in-header", "4.7", Answered(481), "both families in Via; the To tag is of no dialog of ours"),
    ("mult-ip-in-sdp", "4.8", Rings, "both families in SDP"),
    ("ipv4-mapped-ipv6", "4.9", Rings, "addresses of IPv4 in IPv6 notation"),
    ("ipv6-bug-abnf-3-colons", "4.10", Answered(200), "three colons are to be tolerated"),
    ("ipv6-correct-abnf-2-colons", "4.10", Answered(200), "the same address written well"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/torture")
}

fn read(name: &str) -> Bytes {
    let path = folder().join(format!("{name}.dat"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

fn source(name: &str) -> Source {
    let six = RFC_5118.iter().any(|row| row.0 == name);
    let (local, remote) =
        if six { ("[2001:db8::10]:5060", "[2001:db8::9:1]:5060") } else { ("192.0.2.100:5060", "192.0.2.1:5060") };
    let address = |text: &str| text.parse().expect("an address");
    Source { protocol: Protocol::Udp, local: address(local), remote: address(remote), connection: None }
}

/// What the endpoint, and behind it a registrar that knows nobody, make of a message; and the final answer.
fn run(name: &str) -> (Outcome, Option<Message>) {
    let now = Instant::now();
    let bytes = read(name);
    let valid = lint::datagram(&bytes).is_valid();
    let config = EndpointConfig::new("Test/1", [1; 32], 10);
    let mut endpoint = Endpoint::new(config);
    let mut registrar = Registrar::new("example.com", [2; 32]);
    endpoint.handle_message(source(name), bytes.clone(), now);
    let mut outcome = None;
    let mut reply = None;
    loop {
        match endpoint.poll_output() {
            Output::Transmit(transmit) => {
                let message = Message::parse(transmit.bytes).expect("an answer of ours is readable");
                match message.status() {
                    Some(100) | None => {}
                    Some(status) => {
                        outcome = Some(if valid { Answered(status) } else { Refused(status) });
                        reply = Some(message);
                    }
                }
            }
            Output::Event(Event::Incoming { .. }) => outcome = Some(Rings),
            Output::Event(Event::Request { id, source, request }) => {
                outcome = Some(Passed);
                if request.method().is_some_and(|method| method.as_str() == "REGISTER") {
                    let nobody = |_: &str| None;
                    let reply = registrar.handle(&request, &source, &nobody, now);
                    endpoint.respond(id, reply.status, None, reply.headers, None, now);
                }
            }
            Output::Event(_) => {}
            Output::Timeout(_) => break,
        }
    }
    (outcome.unwrap_or(if valid { Unmatched } else { Dropped }), reply)
}

#[test]
fn every_message_has_the_outcome_of_its_rfc() {
    let mut wrong = Vec::new();
    for (name, section, expected, why) in RFC_4475.into_iter().chain(RFC_5118) {
        let (outcome, _) = run(name);
        if outcome != expected {
            let error = lint::datagram(&read(name)).error.map(|fault| fault.message);
            wrong.push(format!("{name} ({section}, {why}): {outcome:?} instead of {expected:?} {error:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_left_out() {
    let named: BTreeSet<String> = RFC_4475.iter().chain(&RFC_5118).map(|row| format!("{}.dat", row.0)).collect();
    let there = fs::read_dir(folder()).expect("the folder").flatten();
    let there: BTreeSet<String> = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(named, there);
    let windows = there.iter().all(|name| read(name.trim_end_matches(".dat")).windows(2).any(|pair| pair == b"\r\n"));
    assert!(windows, "line breaks were changed on the way");
}

#[test]
fn answers_repeat_what_they_must_and_tell_what_they_can() {
    let vias = |message: &Message| -> Vec<String> { message.values(Name::Via).map(str::to_owned).collect() };
    let reply = run("transports").1.expect("answered");
    assert_eq!(vias(&reply).len(), 5);
    assert!(vias(&reply)[1].contains("SCTP t2.example.com") && vias(&reply)[3].contains("UNKNOWN"));
    let reply = run("bext01").1.expect("answered");
    assert_eq!(reply.header(Name::Unsupported), Some("nothingSupportsThis, nothingSupportsThisEither"));
    let reply = run("intmeth").1.expect("answered");
    assert!(reply.has_token(Name::Allow, "INVITE"));
    assert_eq!(reply.header(Name::CallId), Some("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"));
    let reply = run("invut").1.expect("answered");
    assert!(reply.has_token(Name::Accept, "application/sdp"));
    let reply = run("badvers").1.expect("answered");
    assert_eq!(vias(&reply), ["SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw"]);
    let reply = run("clerr").1.expect("answered");
    assert!(reply.reason().contains("Content-Length is 9999"), "{}", reply.reason());
}

#[test]
fn what_the_valid_ones_say_is_understood() {
    let message = |name: &str| Message::parse(read(name)).expect("valid");
    let wsinv = message("wsinv");
    assert_eq!(wsinv.from().expect("from").display.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!((wsinv.max_forwards(), wsinv.cseq().expect("cseq").number), (Some(68), 9));
    assert_eq!(wsinv.vias().expect("vias").len(), 3);
    let folded = wsinv.header(Name::parse("NewFangledHeader"));
    assert_eq!(folded, Some("newfangled value continued newfangled value"));
    let esc01 = message("esc01");
    assert_eq!(esc01.request_uri().expect("uri").user_decoded().as_deref(), Some("sips:user@example.com"));
    assert_eq!(esc01.to().expect("to").uri.user_decoded().as_deref(), Some("user"));
    assert_eq!(message("esc02").contacts().expect("contacts").len(), 2, "an escape in a name makes another name");
    let semiuri = message("semiuri").request_uri().expect("uri");
    assert_eq!(semiuri.user(), Some("user;par=u%40example.net"));
    let mpart = message("mpart01");
    assert_eq!(mpart.body().len(), 553);
    assert!(mpart.body().contains(&0), "the body has zeros");
    let cparam = |name: &str| message(name).contacts().expect("contact").remove(0);
    assert!(cparam("cparam01").params.contains("unknownparam"));
    assert!(cparam("cparam02").uri.param("unknownparam").is_some());
    assert_eq!(cparam("regescrt").uri.headers(), "Route=%3Csip:sip.example.com%3E");
    assert_eq!(message("unreason").reason(), "= 2**3 * 5**2 но сто девяносто девять - простое");
    let ip = |text: &str| text.parse().ok();
    let ambiguous = message("port-ambiguous").request_uri().expect("uri");
    assert_eq!((ambiguous.host().ip(), ambiguous.port()), (ip("2001:db8::10:5070"), None));
    let unambiguous = message("port-unambiguous").request_uri().expect("uri");
    assert_eq!((unambiguous.host().ip(), unambiguous.port()), (ip("2001:db8::10"), Some(5070)));
    for name in ["via-received-param-with-delim", "via-received-param-no-delim"] {
        assert_eq!(message(name).top_via().expect("via").received(), ip("2001:db8::9:255"), "{name}");
    }
    for name in ["ipv6-bug-abnf-3-colons", "ipv6-correct-abnf-2-colons"] {
        assert_eq!(message(name).to().expect("to").uri.host().ip(), ip("2001:db8::192.0.2.1"), "{name}");
    }
}
