//! Who is still to be seen in messages, and what stays as it was.

use proptest::prelude::*;

use super::*;

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
