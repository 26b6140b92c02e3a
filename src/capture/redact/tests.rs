//! What is taken out of messages, and what stays.

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
fn what_proves_a_password_stays_out_and_the_rest_is_as_it_was() {
    let shown = text(sip(INVITE.as_bytes(), None));
    for secret in ["n0nce", "0123456789abcdef", "\"c\"", ",paque", "c2VjcmV0"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("username=\"100\", realm=\"pbx\", nonce=\"redacted\", uri=\"sip:+4989123@pbx.example\""));
    assert!(shown.contains("response=\"redacted\", algorithm=MD5,"));
    assert!(shown.contains("inline:AAAAAAAA|2^20|1:4\r\na=sendrecv"), "{shown}");
    assert!(shown.contains("\"Alice Doe\" <sip:100@pbx.example>;tag=1\r\n"));
}

#[test]
fn credentials_of_other_kinds_stay_out_as_a_whole() {
    for value in ["Bearer eyJhbGciOi.abc", "Basic QWxhZGRpbg==", "Digest", "NTLM a=TlRMTVNT"] {
        let message =
            format!("REGISTER sip:a SIP/2.0\r\nAuthorization: {value}\r\nProxy-Authorization:\r\n {value}\r\n\r\n");
        let shown = text(sip(message.as_bytes(), None));
        for secret in ["eyJ", "QWx", "TlRMTVNT"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let folded = "OPTIONS sip:a SIP/2.0\r\nAUTHORIZATION: Digest username=\"1\",\r\n response=\"beef\"\r\n\r\n";
    assert!(!text(sip(folded.as_bytes(), None)).contains("beef"));
}

#[test]
fn numbers_and_names_get_the_same_pseudonym_wherever_they_stand() {
    let mut known = pseudonyms();
    let shown = text(sip(INVITE.as_bytes(), Some(&mut known)));
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
    assert_eq!(shown, text(sip(INVITE.as_bytes(), Some(&mut pseudonyms()))), "by the key alone");
    assert_ne!(shown, text(sip(INVITE.as_bytes(), Some(&mut Pseudonyms::new([8; 32])))));
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
        assert_eq!(text(sip(message.as_bytes(), Some(&mut known))), format!("INVITE {expected} SIP/2.0\r\n\r\n"));
    }
}

#[test]
fn client_messages_lose_tokens_and_get_pseudonyms() {
    let message = r#"{"type":"hello","resume":"t0ken","user":{"display_name":"Alice"},"calls":[{"number":"200","sdp":"v=0\r\na=ice-pwd:abc\r\n"}],"ice_servers":[{"credential":"pw"}]}"#;
    let shown = client(message.as_bytes(), None);
    assert!(!shown.contains("t0ken") && !shown.contains("\"pw\"") && !shown.contains("abc"), "{shown}");
    assert!(shown.contains("Alice") && shown.contains("\"200\""));
    let shown = client(message.as_bytes(), Some(&mut pseudonyms()));
    assert!(!shown.contains("Alice") && !shown.contains("\"200\""), "{shown}");
    assert_eq!(client(b"no JSON", None), "");
}

proptest! {
    #[test]
    fn anything_can_be_redacted(message in any::<Vec<u8>>(), text in "\\PC{0,200}") {
        let head = format!("INVITE sip:{text}@h SIP/2.0\r\nFrom: {text}\r\nAuthorization: Digest {text}\r\n\r\n{text}");
        for bytes in [message.as_slice(), text.as_bytes(), head.as_bytes()] {
            let _ = sip(bytes, Some(&mut pseudonyms()));
            let _ = client(bytes, Some(&mut pseudonyms()));
        }
    }

    #[test]
    fn nothing_is_changed_that_is_no_secret(message in "[a-zA-Z0-9 :;=<>\"\r\n]{0,300}") {
        prop_assume!(!message.to_ascii_lowercase().contains("authorization"));
        prop_assert_eq!(sip(message.as_bytes(), None), message.as_bytes());
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
    }
}
