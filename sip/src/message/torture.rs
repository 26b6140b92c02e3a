//! Messages that are unusual but valid, messages that are broken, and what may be done with them: in the manner
//! of RFC 4475 and RFC 5118, and what devices in the field send.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::transport::Protocol;

/// A message from lines; `\n` becomes CRLF.
fn wire(text: &str) -> Bytes {
    text.replace('\n', "\r\n").into()
}

fn parsed(text: &str) -> Message {
    Message::parse(wire(text)).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn fault(text: &str) -> ParseError {
    match Message::parse(wire(text)) {
        Err(error) => error,
        Ok(message) => message.validate().expect_err("should be refused"),
    }
}

/// A valid request with one more header line before Content-Length.
fn with(line: &str) -> String {
    format!(
        "INVITE sip:bob@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\nMax-Forwards: 70\n\
         From: <sip:alice@example.com>;tag=1\nTo: <sip:bob@example.com>\nCall-ID: c@192.0.2.1\nCSeq: 1 INVITE\n{line}\n\n"
    )
}

#[test]
fn a_short_tortuous_invite() {
    let message = parsed(
        "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 5
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0\r
",
    );
    message.validate().expect("valid");
    assert_eq!(message.method(), Some(Method::Invite));
    assert_eq!(message.to().expect("to").tag(), Some("1918181833n"));
    let from = message.from().expect("from");
    assert_eq!(from.display.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(from.tag(), Some("98asjd8"));
    assert_eq!(message.max_forwards(), Some(68));
    assert_eq!(message.cseq().expect("cseq").number, 9);
    let vias = message.vias().expect("vias");
    assert_eq!(vias.len(), 3);
    assert_eq!((vias[1].protocol, vias[1].branch()), (Protocol::Tcp, Some("z9hG4bK9ikj8")));
    assert_eq!(vias[2].branch(), Some("z9hG4bK30239"));
    assert_eq!(message.header(Name::Subject), Some(""));
    assert_eq!(
        message.header(Name::Other("newfangledheader".into())),
        Some("newfangled value continued newfangled value")
    );
    let contact = &message.contacts().expect("contact")[0];
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.params.value("newparam"), Some("newvalue"));
    assert_eq!(contact.params.value("q"), Some("0.33"));
    assert_eq!(message.addresses(Name::Route).expect("route")[0].uri.param("lr"), Some(None));
    assert_eq!(message.body().as_ref(), b"v=0\r\r");
}

#[test]
fn wide_range_of_valid_characters() {
    let message = parsed(
        "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~
To: \"BEL:\u{7} NUL:\u{1} DEL:\u{7f}\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u{e7}\u{442}\";tag=_token~1'+`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{
CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~
Max-Forwards: 255
extensionHeader-!.%*+_`'~:\u{feff}\u{5927}\u{505c}\u{96fb}

",
    );
    message.validate().expect("valid");
    assert_eq!(message.from().expect("from").tag(), Some("_token~1'+`*%!-."));
    assert_eq!(message.from().expect("from").display.as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(message.request_uri().expect("uri").password(), Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
}

#[test]
fn ipv6_everywhere() {
    let message = parsed(
        "REGISTER sip:[2001:db8::10]:5070;transport=tcp SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:5080;branch=z9hG4bKas3-111;received=[2001:db8::9:255];rport=1
From: <sip:user@[2001:db8::10]>;tag=81
To: <sip:user@[2001:db8::10]>
Call-ID: ipv6
CSeq: 98176 REGISTER
Contact: \"Caller\" <sip:caller@[2001:db8::1]>, <sip:caller@[2001:db8::99:1]:99>;expires=60
l: 0

",
    );
    message.validate().expect("valid");
    assert_eq!(message.request_uri().expect("uri").port(), Some(5070));
    let via = message.top_via().expect("via");
    assert_eq!((via.port, via.rport()), (Some(5080), Some(Some(1))));
    assert_eq!(via.received(), "2001:db8::9:255".parse().ok());
    let contacts = message.contacts().expect("contacts");
    assert_eq!(contacts.len(), 2);
    assert_eq!((contacts[1].uri.port(), contacts[1].expires()), (Some(99), Some(60)));
}

#[test]
fn field_devices() {
    let message = parsed(
        "INVITE tel:+4930123456;phone-context=example.com SIP/2.0
Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1;rport
From: \"Doe, John <Sales>\" <sip:*21%23@pbx.example;user=phone>;tag=a
To: <tel:110>
Call-ID: a b
CSeq: 1 INVITE
Contact: <sip:u@10.0.0.5:5060;ob>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"
Supported: timer,100rel , replaces
Allow: INVITE
Allow: ACK, BYE
P-Asserted-Identity: \"A, B\" <sip:+49301@pbx>, <tel:+49301>
Session-Expires: 1800;refresher=uac
Retry-After: 120 (in a meeting);duration=3600
Subject: a, b
X-Thing: 1
x-thing: 2, 3

",
    );
    message.validate().expect("valid");
    assert_eq!(message.request_uri().expect("uri").user(), Some("+4930123456"));
    let from = message.from().expect("from");
    assert_eq!(from.display.as_deref(), Some("Doe, John <Sales>"));
    assert_eq!(from.uri.user(), Some("*21%23"));
    assert!(message.has_token(Name::Supported, "100REL"));
    assert_eq!(message.values(Name::Allow).collect::<Vec<_>>(), ["INVITE", "ACK", "BYE"]);
    assert_eq!(message.addresses(Name::PAssertedIdentity).expect("addresses").len(), 2);
    assert_eq!(
        message.contacts().expect("contact")[0].params.value("+SIP.instance"),
        Some("<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>")
    );
    assert_eq!(message.number(Name::SessionExpires), Some(1800));
    assert_eq!(message.number(Name::RetryAfter), Some(120));
    assert_eq!(message.values(Name::Subject).collect::<Vec<_>>(), ["a, b"]);
    let things: Vec<_> = message.values(Name::Other("X-THING".into())).collect();
    assert_eq!(things, ["1", "2", "3"]);
}

#[test]
fn a_byte_that_is_no_utf8_harms_its_own_value_only() {
    let text = with("Subject: caf?").replace('\n', "\r\n").replace("<sip:alice", "\"Andr?\" <sip:alice");
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'?' { 0xe9 } else { byte }).collect();
    let message = Message::parse(bytes.clone().into()).expect("valid");
    message.validate().expect("valid");
    assert_eq!(message.from().expect("from").display.as_deref(), Some("Andr\u{fffd}"));
    assert_eq!(message.header(Name::Subject), Some("caf\u{fffd}"));
    assert_eq!(message.call_id(), Ok("c@192.0.2.1"));
    assert_eq!(message.bytes().as_ref(), bytes);
    let reply = Builder::response_to(&message, 200, "OK").finish();
    assert!(reply.windows(8).any(|window| window == b"\"Andr\xe9\" "), "{reply:?}");
}

#[test]
fn line_breaks() {
    let message = parsed(&format!("\n\n{}abcdef", with("Content-Length: 3")));
    assert_eq!(message.body().as_ref(), b"abc");
    assert!(message.bytes().ends_with(b"abc"));
    let bare = Message::parse(with("l: 0").into()).expect("bare line feeds");
    bare.validate().expect("valid");
    assert_eq!(bare.header(Name::ContentLength), Some("0"));
}

#[test]
fn responses() {
    let message = parsed(
        "SIP/2.0 200 = 2**3 * 5**2 \u{43d}\u{43e}
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Call-ID: unreason
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Contact: <sip:user@host198.example.com>

",
    );
    message.validate().expect("valid");
    assert_eq!((message.status(), message.is_request(), message.method()), (Some(200), false, None));
    assert_eq!(message.reason(), "= 2**3 * 5**2 \u{43d}\u{43e}");
    assert_eq!(parsed("SIP/2.0 100 \n\n").reason(), "");
    assert_eq!(parsed("SIP/2.0 183\n\n").status(), Some(183));
    for line in
        ["SIP/2.0 99 x", "SIP/2.0 4294967301 better", "SIP/2.0 2000 OK", "SIP/2.0 700 x", "SIP/2.0 OK", "SIP/2.0"]
    {
        assert_eq!(fault(&format!("{line}\n\n")), ParseError::StartLine, "{line}");
    }
}

#[test]
fn broken_first_lines() {
    for line in [
        "INVITE",
        "INVITE sip:a@b",
        "INVITE SIP/2.0",
        " INVITE sip:a@b SIP/2.0",
        "INVITE sip:a@b HTTP/1.1",
        "INVITE sip:a@b SIP/2.0 ",
        "IN(VITE sip:a@b SIP/2.0",
    ] {
        assert_eq!(fault(&format!("{line}\n\n")), ParseError::StartLine, "{line}");
    }
    // What can still be answered is read, and found out by validate.
    let version = fault(&with("l: 0").replace("SIP/2.0\nVia", "SIP/7.0\nVia"));
    assert_eq!((version.status(), version), (505, ParseError::Version));
    for uri in ["<sip:a@b>", " sip:a@b", "sip:a@b; lr", "sip:a@", "bob"] {
        let text = with("l: 0").replacen("sip:bob@example.com", uri, 1);
        assert!(matches!(fault(&text), ParseError::Uri(_)), "{uri}");
    }
}

#[test]
fn broken_header_fields() {
    let name = |text: &str| match fault(text) {
        ParseError::Missing(name) | ParseError::Repeated(name) | ParseError::Header { name, .. } => name,
        other => panic!("{text}: {other}"),
    };
    assert_eq!(fault(&with("no colon")), ParseError::HeaderLine(8));
    assert_eq!(fault(&with(": value")), ParseError::HeaderLine(8));
    assert_eq!(fault(&with("two words: value")), ParseError::HeaderLine(8));
    assert_eq!(name(&with("To: <sip:c@d>")), Name::To);
    assert_eq!(name(&with("f: <sip:c@d>;tag=2")), Name::From);
    assert_eq!(name(&with("CSeq: 1 INVITE")), Name::CSeq);
    assert_eq!(name(&with("i: x")), Name::CallId);
    for missing in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let text: String =
            with("l: 0").lines().filter(|line| !line.starts_with(missing)).flat_map(|line| [line, "\n"]).collect();
        assert_eq!(fault(&text), ParseError::Missing(Name::parse(missing)));
    }
    for (good, bad, expected) in [
        ("CSeq: 1 INVITE", "CSeq: 1 BYE", Name::CSeq),
        ("CSeq: 1 INVITE", "CSeq: 36893488147419103232 INVITE", Name::CSeq),
        ("Max-Forwards: 70", "Max-Forwards: 300", Name::MaxForwards),
        ("To: <sip:bob@example.com>", "To: \"Mr <sip:bob@example.com>", Name::To),
        ("To: <sip:bob@example.com>", "To: < sip:bob@example.com >", Name::To),
        ("From: <", "From: \"Bell, Alexander\" sip:a@b <", Name::From),
        ("SIP/2.0/UDP 192.0.2.1", "SIP/2.0/UDP", Name::Via),
        ("Call-ID: c@192.0.2.1", "Call-ID:", Name::CallId),
        ("Call-ID: c@192.0.2.1", "Call-ID: c\r@192", Name::CallId),
    ] {
        let text = with("l: 0");
        assert!(text.contains(good));
        assert_eq!(name(&text.replacen(good, bad, 1)), expected, "{bad}");
    }
}

#[test]
fn content_length() {
    assert_eq!(fault(&with("l: 1")), ParseError::BodyTruncated { declared: 1, present: 0 });
    for bad in ["-999", "+1", "1 2", "0x1", "", "99999999999999999999999"] {
        assert!(Message::parse(wire(&with(&format!("l: {bad}")))).is_err(), "{bad}");
    }
    assert_eq!(fault(&(with("l: 0\nContent-Length: 1") + "x")), ParseError::Repeated(Name::ContentLength));
    assert!(Message::parse(wire(&with("l: 0\nContent-Length: 0"))).is_ok());
}

#[test]
fn incomplete_and_oversized() {
    let whole = wire(&with("l: 0"));
    for len in 0..whole.len() {
        assert!(Message::parse(whole.slice(..len)).is_err(), "{len}");
    }
    assert_eq!(fault("\n\n"), ParseError::Empty);
    let many = with(&"X: y\n".repeat(MAX_HEADERS));
    assert_eq!(fault(&many), ParseError::TooManyHeaders);
    let long = Bytes::from(vec![b'a'; MAX_MESSAGE_LEN + 1]);
    assert_eq!(Message::parse(long).map(|_| ()), Err(ParseError::TooLong(MAX_MESSAGE_LEN + 1)));
}

#[test]
fn wildcard_contact() {
    assert!(parsed(&with("Contact: *")).has_wildcard_contact());
    assert_eq!(parsed(&with("Contact: *")).contacts(), Ok(vec![]));
    assert!(parsed(&with("Contact: *, <sip:a@b>")).contacts().is_err());
    assert_eq!(parsed(&with("Expires: 0")).contacts(), Ok(vec![]));
}

#[test]
fn lists_and_bodies() {
    let message = parsed(&(with("Content-Type: Application/SDP;charset=utf-8\nExpires: 99999999999999") + "v=0"));
    assert!(message.has_body("application/sdp"));
    assert!(!parsed(&with("Content-Type: application/sdp")).has_body("application/sdp"));
    assert_eq!(message.expires(), Some(u32::MAX));
    assert_eq!(parsed(&with("Expires: soon")).expires(), None);
    assert_eq!(message.headers().count(), 8);
}

#[test]
fn debug_output_has_no_personal_data() {
    let text = format!("{:?}", parsed(&with("Authorization: Digest username=\"alice\"")));
    assert!(text.contains("INVITE") && !text.contains("alice"), "{text}");
}

#[test]
fn a_response_repeats_what_it_must() {
    let mut text = with("Record-Route: <sip:p1;lr>, <sip:p2;lr>\nTimestamp: 54\nl: 0");
    text = text.replacen("branch=z9hG4bKa", "branch=z9hG4bKa;rport;received=9.9.9.9 , SIP/2.0/SCTP other;branch=q", 1);
    let request = parsed(&text);

    let plain = Message::parse(Builder::response_to(&request, 180, "Ringing").finish()).expect("valid");
    assert_eq!(plain.raw_values(Name::Via).collect::<Vec<_>>(), request.raw_values(Name::Via).collect::<Vec<_>>());
    assert_eq!(plain.header(Name::RecordRoute), Some("<sip:p1;lr>, <sip:p2;lr>"));
    assert_eq!(plain.header(Name::From), request.header(Name::From));
    assert_eq!(plain.header(Name::CallId), request.header(Name::CallId));
    assert_eq!(plain.header(Name::Timestamp), None);

    let source = "203.0.113.7:40001".parse().expect("address");
    let reply = Builder::response_from(&request, 404, "Not Found", Some("xyz"), source).finish();
    let reply = Message::parse(reply).expect("valid");
    let via = reply.top_via().expect("via");
    assert_eq!((via.rport(), via.received()), (Some(Some(40001)), "203.0.113.7".parse().ok()));
    assert_eq!(reply.values(Name::Via).nth(1), Some("SIP/2.0/SCTP other;branch=q"));
    assert_eq!(reply.to().expect("to").tag(), Some("xyz"));
    assert_eq!(reply.header(Name::RecordRoute), None);
    assert_eq!(reply.header(Name::ContentLength), Some("0"));

    let trying = Message::parse(Builder::response_to(&request, 100, "Trying").finish()).expect("valid");
    assert_eq!(trying.header(Name::Timestamp), Some("54"));
    assert_eq!(trying.header(Name::RecordRoute), None);
}

#[test]
fn values_cannot_add_header_fields() {
    let uri = Uri::sip("bob", "b\r\nEvil: 1", None);
    let bytes = Builder::request(&Method::Options, &uri)
        .header(Name::Subject, "x\r\nEvil: 2")
        .raw("X-\r\nEvil", "3\n\0Evil: 4")
        .header(Name::ContentLength, 5)
        .raw("Content-\0Length", "5")
        .body("text/plain\r\nEvil: 6", b"\r\n")
        .finish();
    let message = Message::parse(bytes).expect("valid");
    let names: Vec<_> = message.headers().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["Subject", "X-Evil", "Content-Type", "Content-Length"]);
    assert_eq!(message.header(Name::ContentLength), Some("2"));
    assert_eq!(message.body().as_ref(), b"\r\n");
    let folded = parsed(&with("Subject: a\n b"));
    let copied = Builder::response(200, "OK\r\nEvil: 7").copy(&folded, Name::Subject).finish();
    let copied = Message::parse(copied).expect("valid");
    assert_eq!(copied.headers().count(), 2);
    assert_eq!(copied.header(Name::Subject), Some("a b"));
}

#[test]
fn request_lines_carry_no_uri_headers() {
    let uri = Uri::parse("sip:a@b;x=1?Subject=y").expect("valid");
    let message = Message::parse(Builder::request(&Method::Invite, &uri).finish()).expect("valid");
    assert_eq!(message.request_uri_str(), "sip:a@b;x=1");
}

/// Reads everything there is to read.
fn read_all(message: &Message) {
    let _ = (message.validate(), message.method(), message.status(), message.reason().len());
    let _ = (message.request_uri(), message.top_via(), message.vias(), message.from(), message.to());
    let _ = (message.call_id().map(str::len), message.cseq(), message.contacts(), message.max_forwards());
    let _ = (message.expires(), message.body(), message.has_body("application/sdp"), message.has_wildcard_contact());
    for (name, value) in message.headers() {
        let name = Name::parse(name);
        assert!(message.raw_values(name.clone()).any(|other| other == value));
        assert!(message.values(name).count() <= message.bytes().len());
    }
    let _ = Message::parse(Builder::response_to(message, 200, "OK").finish()).expect("what we write can be read");
    let source = "127.0.0.1:5060".parse().expect("address");
    let reply = Builder::response_from(message, 486, "Busy", Some("t"), source).finish();
    let _ = Message::parse(reply).expect("what we write can be read");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(message) = Message::parse(bytes.into()) {
            read_all(&message);
        }
    }

    #[test]
    fn no_damage_to_a_message_makes_it_panic(
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let text = with("Contact: \"a, \\\"b\" <sip:x@[::1]:5;lr?a=b>;q=1, *\nRoute: <sip:a>,\n <sip:b>\nl: 4") + "v=0\n";
        let mut bytes = wire(&text).to_vec();
        for (index, byte, kind) in edits {
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        if let Ok(message) = Message::parse(bytes.into()) {
            read_all(&message);
        }
    }

    #[test]
    fn no_value_makes_a_field_reader_panic(text in "\\PC{0,40}|[\"\\\\<>;=,:@?%\\[\\] a1/]{0,40}") {
        let _ = Uri::parse(&text).map(|uri| {
            assert_eq!(uri.to_string(), text.as_str());
            assert!(uri.equivalent(&uri));
            let _ = (uri.user_decoded(), uri.with_param("x", Some(&text)), uri.without_headers());
        });
        let _ = NameAddr::parse(&text).map(|address| NameAddr::parse(&address.to_string()).expect("reads back"));
        let _ = Via::parse(&text).map(|via| Via::parse(&via.to_string()).expect("reads back"));
        let _ = (CSeq::parse(&text), Name::parse(&text), Method::parse(&text));
        let _ = crate::digest::Challenge::parse(&format!("Digest {text}"));
    }

    #[test]
    fn what_is_built_reads_back(
        user in "\\PC{1,12}",
        display in "\\PC{0,20}",
        value in "\\PC{0,40}",
        param in "\\PC{0,12}",
        body in proptest::collection::vec(any::<u8>(), 0..80),
        number in 0..1_u32 << 31,
    ) {
        let uri = Uri::sip(&user, "pbx.example", Some(5060)).with_param("p", Some(&param));
        let mut address = NameAddr::new(uri.clone()).with_display(&display);
        address.params.push("x", Some(&param));
        let cseq = CSeq { number, method: Method::Message };
        let bytes = Builder::request(&Method::Message, &uri)
            .header(Name::Via, Via::new(Protocol::Udp, "10.0.0.1", Some(5062), "z9hG4bKx"))
            .header(Name::From, address.clone().with_tag("t"))
            .header(Name::To, &address)
            .header(Name::CallId, "c")
            .header(Name::CSeq, &cseq)
            .header(Name::Subject, &value)
            .body("application/octet-stream", &body)
            .finish();
        let message = Message::parse(bytes).expect("reads back");
        prop_assert_eq!(message.validate(), Ok(()));
        prop_assert_eq!(message.request_uri().expect("uri").user_decoded(), Some(user));
        let to = message.to().expect("to");
        prop_assert_eq!(to.display.unwrap_or_default(), display);
        prop_assert_eq!(to.uri.param("p").flatten().map(crate::lex::percent_decode), Some(param.as_str().into()));
        let unescaped = to.params.value("x").map(|value| crate::lex::unescape(value).into_owned());
        prop_assert_eq!(unescaped, Some(param));
        prop_assert_eq!(message.cseq(), Ok(cseq));
        prop_assert_eq!(message.header(Name::Subject), Some(crate::lex::trim(&value)));
        prop_assert_eq!(message.body(), body);
    }
}
