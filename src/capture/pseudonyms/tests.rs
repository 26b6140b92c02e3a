//! Who is still to be seen in messages, and what stays as it was.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::call::record::Party;
use crate::capture::file::{FileNames, export};
use crate::capture::record::{ClientRecord, Record, What};
use crate::capture::recorder::Extract;
use crate::capture::trace::FailureKind;
use crate::ids::{CallId, ClientId, UserId};

const INVITE: &str = "INVITE sip:+4989123@pbx.example;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\n\
    From: \"Alice Doe\" <sip:100@pbx.example>;tag=1\r\n\
    To: <sip:+4989123@pbx.example>\r\n\
    Call-ID: 7@192.0.2.9\r\n\
    CSeq: 2 INVITE\r\n\
    Subject: about Bob\r\n\
    P-Asserted-Identity: Alice <tel:+49891234>,\r\n \"Doe, A.\" <sip:100@pbx.example>\r\n\
    Authorization: Digest username=\"100\", realm=\"pbx\", nonce=\"n0nce\", uri=\"sip:+4989123@pbx.example\", \
    response=\"0123456789abcdef\", algorithm=MD5, cnonce=\"c\", opaque=\"o,paque\", qop=auth, nc=00000001\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 171\r\n\r\n\
    v=0\r\no=alice 1 1 IN IP4 192.0.2.9\r\ns=Call of Alice\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 40000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20|1:4\r\n\
    a=sendrecv\r\n";

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn pseudonyms() -> Pseudonyms {
    Pseudonyms::new([7; 32])
}

#[test]
fn numbers_and_names_get_the_same_pseudonym_wherever_they_stand() {
    let mut known = pseudonyms();
    let shown = text(known.sip(INVITE.as_bytes()));
    for personal in ["Alice", "alice", "Doe", "Bob", "4989123", "sip:100@", "\"100\""] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
    let (number, line) = (known.of("+4989123"), known.of("100"));
    assert!(number.starts_with('+') && number.len() == 8, "{number}");
    assert!(shown.starts_with(&format!("INVITE sip:{number}@pbx.example;user=phone SIP/2.0\r\n")), "{shown}");
    assert!(shown.contains(&format!("To: <sip:{number}@pbx.example>")));
    assert!(shown.contains(&format!("uri=\"sip:{number}@pbx.example\"")));
    assert!(shown.contains(&format!("username=\"{line}\"")));
    assert!(shown.contains(&format!("<tel:{}>", known.of("+49891234"))));
    let (_, body) = shown.split_once("\r\n\r\n").unwrap();
    assert!(shown.contains(&format!("Content-Length: {}\r\n", body.len())), "{shown}");
    assert!(shown.contains("Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\n"));
    assert_eq!(shown, text(pseudonyms().sip(INVITE.as_bytes())), "by the key alone");
    assert_ne!(shown, text(Pseudonyms::new([8; 32]).sip(INVITE.as_bytes())));
}

#[test]
fn what_calls_are_decided_by_has_the_pseudonyms_of_messages() {
    use crate::call::directory::{LineGroupEntry, Redirection};
    use crate::call::effect::Command;
    use crate::call::settings::{Callers, Forwarding, ForwardingKind, LineSettings};
    use crate::capture::influence::Influence;
    use crate::ids::{CallId, ClientId, LineGroupId, LineId};
    let mut known = pseudonyms();
    let own = || "+4989123".to_owned();
    let forwarding = || Forwarding { kind: ForwardingKind::Busy, callers: Callers::All, to: own(), after: None };
    let (client, begun, refused, line) = (ClientId(1), None, None, LineId(0));
    let group = LineGroupEntry {
        pickup_code: Some("*4989123<NUMBER>".into()),
        emergency_numbers: vec![own()],
        ..LineGroupEntry::default()
    };
    let settings = LineSettings { forwardings: vec![forwarding()], remote_office: Some(own()), do_not_disturb: true };
    let digits = Command::GenerateDigits { call: CallId(1), digits: "4989123".into() };
    let influences = [
        Influence::LineGroup { id: LineGroupId(0), name: "main".into(), settings: Box::new(group) },
        Influence::Line {
            id: line,
            group: LineGroupId(0),
            number: own(),
            known: Some(own()),
            users: Vec::new(),
            redirections: vec![Redirection { to: own(), rings: std::time::Duration::from_secs(5) }],
            voice_mailbox: Some(own()),
        },
        Influence::LineSettings { line, settings, asked: false },
        Influence::Command {
            client,
            begun,
            command: Command::SetForwarding { line, forwarding: forwarding() },
            refused,
        },
        Influence::Command { client, begun, command: Command::DeflectCall { call: CallId(1), number: own() }, refused },
        Influence::Command { client, begun, command: digits, refused },
    ];
    let pseudonym = known.of("+4989123");
    for influence in influences {
        let shown = serde_json::to_string(&known.influence(influence)).unwrap();
        assert!(!shown.contains("4989123"), "{shown}");
        assert!(shown.contains(&pseudonym) || shown.contains("*******"), "{shown}");
        assert!(!shown.contains("pickup_code\":\"") || shown.contains("<NUMBER>"), "{shown}");
    }
}

#[test]
fn users_of_uris_are_found_in_all_their_forms() {
    let mut known = pseudonyms();
    let code = known.of("*21#");
    let bob = known.of("bob");
    for (uri, expected) in [
        ("sip:*21%23@h", format!("sip:{}@h", code.replace('#', "%23"))),
        ("SIPS:bob:secret@h;transport=tls", format!("SIPS:{bob}@h;transport=tls")),
        ("sip:bob;phone-context=x@h", format!("sip:{bob};phone-context=x@h")),
        ("sip:h:5060", "sip:h:5060".into()),
        ("gossip:bob@h", "gossip:bob@h".into()),
    ] {
        let message = format!("INVITE {uri} SIP/2.0\r\n\r\n");
        assert_eq!(text(known.sip(message.as_bytes())), format!("INVITE {expected} SIP/2.0\r\n\r\n"));
    }
}

#[test]
fn client_messages_have_no_numbers_and_names() {
    let message = r#"{"type":"hello","user":{"display_name":"Alice"},"calls":[{"id":"7","number":"200","sdp":"v=0\r\ns=Alice\r\n"}]}"#;
    let mut known = pseudonyms();
    let shown = known.client(message.as_bytes());
    assert!(!shown.contains("Alice") && !shown.contains("\"200\""), "{shown}");
    assert!(
        shown.contains(&format!("\"number\":\"{}\"", known.of("200"))) && shown.contains("\"id\":\"7\""),
        "{shown}"
    );
    assert_eq!(known.client(b"no JSON"), "");
}

#[test]
fn names_over_two_lines_and_behind_empty_lines_are_found() {
    let mut known = pseudonyms();
    let message = "\r\n\r\nINVITE sip:alice@h SIP/2.0\r\nFrom: \"Alice\r\n Doe\" <sip:100@h>\r\n\
        Contact: Alice\r\n\tDoe <sip:100@h>\r\nCall-ID: 7\r\n\r\n";
    let shown = text(known.sip(message.as_bytes()));
    let (alice, doe, line) = (known.of("alice"), known.of("Alice Doe"), known.of("100"));
    let expected = format!(
        "\r\n\r\nINVITE sip:{alice}@h SIP/2.0\r\nFrom: \"{doe}\" <sip:{line}@h>\r\n\
         Contact: \"{doe}\" <sip:{line}@h>\r\nCall-ID: 7\r\n\r\n"
    );
    assert_eq!(shown, expected);
}

#[test]
fn a_name_ends_where_its_quotes_do_whatever_is_quoted_behind_it() {
    let mut known = pseudonyms();
    let (alice, bob, line) = (known.of("Alice Doe"), known.of("Bob"), known.of("100"));
    let alike = known.of(r#"Al\"ice, <x>"#);
    for (header, expected) in [
        (
            r#"Contact: "Alice Doe" <sip:100@h>;+sip.instance="<urn:uuid:1>""#,
            format!(r#"Contact: "{alice}" <sip:{line}@h>;+sip.instance="<urn:uuid:1>""#),
        ),
        (
            r#"Diversion: "Bob" <sip:100@h>;reason="unconditional", "Alice Doe" <sip:100@h>;reason="x""#,
            format!(r#"Diversion: "{bob}" <sip:{line}@h>;reason="unconditional", "{alice}" <sip:{line}@h>;reason="x""#),
        ),
        (
            r#"Contact: sip:100@h;+sip.instance="<urn:uuid:1>""#,
            format!(r#"Contact: sip:{line}@h;+sip.instance="<urn:uuid:1>""#),
        ),
        (r#"From: "Al\"ice, <x>" <sip:100@h>;a="b""#, format!(r#"From: "{alike}" <sip:{line}@h>;a="b""#)),
        (r#"From: "Bob" sip:100@h;a="b""#, format!(r#"From: "{bob}" sip:{line}@h;a="b""#)),
        (r#"From: "Bob <sip:100@h>"#, format!(r#"From: "{bob}" <sip:{line}@h>"#)),
    ] {
        assert_eq!(text(known.sip(format!("{header}\r\n\r\n").as_bytes())), format!("{expected}\r\n\r\n"));
    }
}

#[test]
fn headers_that_stand_in_a_uri_say_nothing_of_anybody() {
    let mut known = pseudonyms();
    let (bob, line) = (known.of("Bob"), known.of("200"));
    let replaces = "Replaces=7%40192.0.2.9%3Bto-tag%3Da%3Bfrom-tag%3Db";
    let message = format!(
        "REFER sip:200@h?Subject=Alice SIP/2.0\r\n\
         Refer-To: <sip:200@h?{replaces}&P-Asserted-Identity=%22Bob%22%3Csip%3A200%40h%3E&Subject=to, Alice&body=Alice>\r\n\
         Contact: sip:h?From=%22Bob%22%20%3Csip:200@h%3E;x\r\n\r\n"
    );
    let identity = format!("%22{bob}%22%20%3Csip%3A{line}%40h%3E");
    let expected = format!(
        "REFER sip:{line}@h?Subject=redacted SIP/2.0\r\n\
         Refer-To: <sip:{line}@h?{replaces}&P-Asserted-Identity={identity}&Subject=redacted&body=xxxxx>\r\n\
         Contact: sip:h?From={identity}%3Bx\r\n\r\n"
    );
    assert_eq!(text(known.sip(message.as_bytes())), expected);
    // However deep somebody puts them into each other.
    let mut nested = "Bob".to_owned();
    for _ in 0..6 {
        nested = format!("sip:h?Refer-To={}", offhook_sip::uri::escaped(&nested));
    }
    let shown = text(known.sip(format!("Refer-To: <{nested}>\r\n\r\n").as_bytes()));
    assert!(!shown.contains("Bob") && shown.contains("redacted"), "{shown}");
    let long = format!("Refer-To: <{}>\r\n\r\n", "sip:h?a=".repeat(8000));
    assert!(text(known.sip(long.as_bytes())).starts_with("Refer-To: <sip:h?"));
}

#[test]
fn each_part_of_a_body_is_treated_by_its_type() {
    let body = "To whom it may concern\r\n--Part\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=alice 1 1 IN IP4 192.0.2.9\r\n\
        c=IN IP4 192.0.2.9\r\n\r\n--Part\r\nContent-Type: application/pidf+xml\r\nContent-ID: <1@h>\r\n\r\n<who>Alice 100</who>\r\n\
        --Part\r\nContent-Type: message/sipfrag\r\n\r\nFrom: \"Alice Doe\" <sip:100@h>\r\n--Part--\r\nBye Bob\r\n";
    let message = format!(
        "INVITE sip:1@h SIP/2.0\r\nContent-Type: Multipart/Mixed; boundary=\"Part\"\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut known = pseudonyms();
    let shown = text(known.sip(message.as_bytes()));
    for personal in ["Alice", "alice", "Bob", "concern", "100"] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
    let (_, parts) = shown.split_once("\r\n\r\n").unwrap();
    assert!(shown.contains(&format!("Content-Length: {}\r\n", parts.len())), "{shown}");
    assert!(parts.contains("c=IN IP4 192.0.2.9\r\n") && parts.contains("\r\n\r\n<xxx>xxxxx xxx</xxx>\r\n--Part\r\n"));
    let (doe, line) = (known.of("Alice Doe"), known.of("100"));
    assert!(parts.contains(&format!("\r\n\r\nFrom: \"{doe}\" <sip:{line}@h>\r\n--Part--\r\n")), "{parts}");
    // Without its boundary nobody knows what is in it.
    let shown = text(known.sip(message.replace("boundary", "border").as_bytes()));
    assert!(shown.contains("Part") && !shown.contains("192.0.2.9"), "{shown}");
}

#[test]
fn digits_that_were_pressed_are_nowhere() {
    let message = r#"{"call":"7","digits":"4711#","type":"generate_digits"}"#;
    assert_eq!(pseudonyms().client(message.as_bytes()), message.replace("4711#", "*****"));
    assert_eq!(pseudonyms().client(br#"{"type":"digit","digit":"5"}"#), r#"{"digit":"*","type":"digit"}"#);
    let media = What::Media { party: Party::Server, event: MediaEvent::DigitSent, detail: Some("4711#".into()) };
    let pressed = Trace { id: "7".into(), caller: Some("100".into()), ..Trace::default() };
    let file = exported(&pressed, media, &mut pseudonyms());
    assert!(file.contains("audio digit_sent: *****") && !file.contains("4711"), "{file}");
}

/// A file with a message, and something beside it.
fn exported(trace: &Trace, beside: What, known: &mut Pseudonyms) -> String {
    let text = Bytes::from_static(b"{}");
    let message = What::Client(ClientRecord { sent: false, client: ClientId(1), user: UserId(0), text });
    let record = |what| Record { at: Duration::ZERO, group: None, line: None, call: Some(CallId(7)), what };
    let extract = Extract::of_records(vec![record(message), record(beside)]);
    let file = export::pcapng(&extract, trace, &FileNames::default(), "test", Some(known));
    String::from_utf8_lossy(&file).into_owned()
}

#[test]
fn a_trace_that_is_no_calls_is_named_by_a_pseudonym() {
    let mut known = pseudonyms();
    for (id, line) in [("alice-100@192.0.2.9", None), ("100", Some("100".to_owned())), ("4989123", None)] {
        let stray = Trace { id: id.into(), line, ..Trace::default() };
        let failure = What::Failure { to: None, why: FailureKind::Ours, detail: "gone".into() };
        let file = exported(&stray, failure, &mut known);
        assert!(!file.contains(id) && file.contains(&format!("call {}", known.of(id))), "{file}");
        assert_eq!(known.trace(&stray).id, known.of(id));
    }
    let call = Trace { id: "7".into(), caller: Some("100".into()), ..Trace::default() };
    assert_eq!(known.id(&call), "7");
}

proptest! {
    #[test]
    fn anything_can_be_given(message in any::<Vec<u8>>(), text in "\\PC{0,200}") {
        let head = format!("INVITE sip:{text}@h SIP/2.0\r\nFrom: {text}\r\nAuthorization: Digest {text}\r\n\r\n{text}");
        for bytes in [message.as_slice(), text.as_bytes(), head.as_bytes()] {
            let _ = pseudonyms().sip(bytes);
            let _ = pseudonyms().client(bytes);
        }
    }
}

#[test]
fn different_numbers_have_different_pseudonyms() {
    let mut known = pseudonyms();
    for length in 1..4 {
        let all = 10_u32.pow(length as u32);
        let shown: std::collections::BTreeSet<String> =
            (0..all).map(|number| known.of(&format!("{number:0length$}"))).collect();
        assert_eq!(shown.len(), all as usize);
        assert!(shown.iter().all(|number| number.len() == length));
        // As many stay as in any shuffled deck: about one.
        let same = (0..all).filter(|number| known.of(&format!("{number:0length$}")) == format!("{number:0length$}"));
        assert!(same.count() < 10);
    }
}
