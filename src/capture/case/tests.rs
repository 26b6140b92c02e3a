//! What leaves the server in a case, and what comes out elsewhere.

use std::time::{Duration, Instant};

use super::*;
use crate::call::cause::CauseCode;
use crate::call::record::Party;
use crate::capture::file::{FileNames, export};
use crate::capture::read;
use crate::capture::record::{ClientRecord, Place, Record, SipRecord, What};
use crate::capture::recorder::Extract;
use crate::capture::replay::replay;
use crate::capture::trace::{MediaEvent, PartyKind, TraceCause, TraceParty, TraceSetting, TraceTransport};
use crate::ids::{CallId, ClientId, LineGroupId, LineId, UserId};

const SECRETS: [&str; 8] =
    ["0123456789abcdef", "n0nce", "c2VjcmV0", "icepassword", "t0ken", "turnpass", "proxyproof", "bearer-secret"];
const PERSONAL: [&str; 5] = ["4989123", "alice", "Alice", "sip:100@", "\"100\""];

const INVITE: &str = "INVITE sip:+4989123@pbx.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
    From: \"Alice Doe\" <sip:100@pbx.example>;tag=1\r\nTo: <sip:+4989123@pbx.example>\r\n\
    Call-ID: 7-abc\r\nCSeq: 2 INVITE\r\nContact: <sip:100@192.0.2.9:5060>\r\n\
    Authorization: Digest username=\"100\", realm=\"pbx\", nonce=\"n0nce\", uri=\"sip:+4989123@pbx.example\", \
    response=\"0123456789abcdef\"\r\nProxy-Authorization: Bearer bearer-secret\r\n\
    Content-Type: application/sdp\r\nContent-Length: 186\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 8\r\n\
    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20|1:4\r\na=ice-pwd:icepassword\r\na=sendrecv\r\n";

const REFUSED: &str = "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\n\
    From: \"Alice Doe\" <sip:100@pbx.example>;tag=1\r\nTo: <sip:+4989123@pbx.example>;tag=2\r\n\
    Call-ID: 7-abc\r\nCSeq: 2 INVITE\r\nContent-Length: 0\r\n\r\n";

/// A call whose messages were never masked.
fn trace() -> Trace {
    let party = |kind, name: &str, address: Option<&str>| TraceParty {
        kind,
        name: name.into(),
        address: address.map(str::to_owned),
    };
    let sip = |at, from, to, text: &str| {
        let place = |who: u32| if who == 1 { "192.0.2.9:5060" } else { "192.0.2.1:5060" }.to_owned();
        let (source, destination) = (place(from), place(to));
        let text = text.to_owned();
        TraceEvent { at, from, to, what: TraceWhat::Sip { transport: TraceTransport::Udp, source, destination, text } }
    };
    let client = |at, text: &str| TraceEvent { at, from: 0, to: 1, what: TraceWhat::Client { text: text.into() } };
    let setting = |key: &str, value: &str| TraceSetting { key: key.into(), value: value.into() };
    Trace {
        id: "7".into(),
        caller: Some("100".into()),
        called: Some("+4989123".into()),
        line: Some("100".into()),
        group: Some("main".into()),
        started_at: 1_700_000_000_000.0,
        ended_at: Some(1_700_000_001_000.0),
        cause: Some(TraceCause {
            code: CauseCode::UnknownNumber,
            sip_status: Some(404),
            detail: Some("Alice Doe may not call +4989123".into()),
        }),
        parties: vec![
            party(PartyKind::Client, "alice", None),
            party(PartyKind::Server, "Offhook", Some("192.0.2.9:5060")),
            party(PartyKind::Sip, "main", Some("192.0.2.1:5060")),
        ],
        events: vec![
            client(1_700_000_000_000.0, r#"{"type":"make_call","number":"+4989123","resume":"t0ken"}"#),
            client(1_700_000_000_001.0, r#"{"type":"ice","credential":"turnpass","password":"proxyproof"}"#),
            sip(1_700_000_000_010.0, 1, 2, INVITE),
            sip(1_700_000_000_020.0, 2, 1, REFUSED),
            TraceEvent {
                at: 1_700_000_000_030.0,
                from: 2,
                to: 1,
                what: TraceWhat::Media { event: MediaEvent::Digit, detail: Some("4989123".into()) },
            },
        ],
        settings: vec![
            setting("line_group.srtp", "optional"),
            setting("line_group.line.auth_name", "alice"),
            setting("line_group.line.password", "set"),
            setting("line_group.numbers", "^4989123$"),
            setting("line_group[\"carrier\"].user_name", "4989123"),
            setting("line_settings.forwarding", r#"{"kind":"busy","to":"+4989123"}"#),
            setting("user.lines", "alice, bob"),
        ],
        ..Trace::default()
    }
}

/// The same call as it was noted, and the capture of it.
fn capture(pseudonyms: Option<&mut Pseudonyms>) -> Vec<u8> {
    let trace = trace();
    let records = trace.events.iter().map(|event| {
        let what = match &event.what {
            TraceWhat::Sip { transport, text, .. } => What::Sip(SipRecord {
                sent: event.from == 1,
                transport: *transport,
                local: ([192, 0, 2, 9], 5060).into(),
                remote: Place::Address(([192, 0, 2, 1], 5060).into()),
                bytes: text.clone().into(),
            }),
            TraceWhat::Client { text } => What::Client(ClientRecord {
                sent: false,
                client: ClientId(1),
                user: UserId(0),
                text: text.clone().into(),
            }),
            TraceWhat::Media { event, detail } => {
                What::Media { party: Party::Server, event: *event, detail: detail.as_deref().map(Into::into) }
            }
            other => panic!("{other:?}"),
        };
        let at = Duration::from_secs_f64(event.at / 1_000.0);
        Record { at, group: Some(LineGroupId(0)), line: Some(LineId(0)), call: Some(CallId(7)), what }
    });
    let names = FileNames { groups: vec!["main".into()], lines: vec!["100".into()], users: vec!["alice".into()] };
    export::pcapng(&Extract::of_records(records.collect()), &trace, &names, "test", pseudonyms)
}

fn case(made_at: f64, mut pseudonyms: Option<&mut Pseudonyms>) -> Case {
    let capture = capture(pseudonyms.as_deref_mut());
    Case::new(trace(), capture, log(), made_at, pseudonyms)
}

fn log() -> Vec<String> {
    vec![
        "2026-11-21T17:12:03.123456Z  INFO call offhook::call: begins call=7 line=100 user=alice".into(),
        "2026-11-21T17:12:03.223456Z  INFO call offhook::call: +4989123 of \"Alice Doe\" is not known call=7".into(),
    ]
}

/// Each file of a case as text.
fn files(case: &Case) -> Vec<(String, String)> {
    let mut zip = ZipArchive::new(Cursor::new(case.zip().unwrap())).unwrap();
    let mut files = Vec::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).unwrap();
        let mut octets = Vec::new();
        file.read_to_end(&mut octets).unwrap();
        files.push((file.name().unwrap().into_owned(), String::from_utf8_lossy(&octets).into_owned()));
    }
    files
}

#[test]
fn nothing_secret_is_in_any_file() {
    for mut pseudonyms in [None, Some(Pseudonyms::new([7; 32]))] {
        let files = files(&case(0.0, pseudonyms.as_mut()));
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [ABOUT, TRACE, VERDICT, CAPTURE, SETTINGS, LADDER, LOG]);
        for (name, text) in &files {
            for secret in SECRETS {
                assert!(!text.contains(secret), "{secret} in {name}: {text}");
            }
        }
        let (_, trace) = &files[1];
        assert!(trace.contains("realm=") && trace.contains("AES_CM_128_HMAC_SHA1_80"), "the rest is there: {trace}");
    }
}

#[test]
fn with_pseudonyms_nobody_is_in_any_file_and_one_is_the_same_in_all() {
    let mut pseudonyms = Pseudonyms::new([7; 32]);
    let case = case(0.0, Some(&mut pseudonyms));
    assert!(case.about.pseudonyms);
    for (name, text) in files(&case) {
        for personal in PERSONAL {
            assert!(!text.contains(personal), "{personal} in {name}: {text}");
        }
    }
    let (line, called, user) = (pseudonyms.of("100"), pseudonyms.of("+4989123"), pseudonyms.of("alice"));
    assert_eq!((case.trace.line.as_ref(), case.trace.called.as_ref()), (Some(&line), Some(&called)));
    assert_eq!(case.trace.parties[0].name, user);
    assert!(case.log[0].ends_with(&format!("call=7 line={line} user={user}")), "{}", case.log[0]);
    assert!(case.log[0].starts_with("2026-11-21T17:12:03.123456Z  INFO call offhook::call: begins"), "{}", case.log[0]);
    let setting = |key: &str| case.trace.settings.iter().find(|setting| setting.key == key).unwrap().value.as_str();
    assert_eq!((setting("line_group.srtp"), setting("line_group.line.password")), ("optional", "set"));
    assert_eq!(setting("line_group.line.auth_name"), user);
    assert!(setting("line_settings.forwarding").contains("busy"), "its shape stays");
    assert!(setting("line_group[\"carrier\"].user_name").bytes().all(|octet| octet.is_ascii_digit()));
}

#[test]
fn it_comes_to_the_same_elsewhere() {
    let plain = case(5.0, None);
    assert!(files(&plain)[1].1.contains("4989123"), "without pseudonyms people are seen");
    for mut pseudonyms in [None, Some(Pseudonyms::new([7; 32]))] {
        let case = case(5.0, pseudonyms.as_mut());
        assert_eq!(case.verdict.code, plain.verdict.code);
        let opened = Case::read(Cursor::new(case.zip().unwrap())).unwrap();
        assert_eq!(opened, case);
        assert_eq!(diagnose(&opened.trace), opened.verdict);
        let capture = read::read(opened.capture.as_slice()).unwrap();
        let found = read::calls(&capture);
        let replayed = replay(&capture, &found, Instant::now());
        let [call] = replayed.calls.as_slice() else { panic!("{replayed:?}") };
        assert_eq!(call.called, opened.trace.called);
    }
}

#[test]
fn what_is_no_case_is_refused_in_words() {
    let zip = |files: &[(&str, &[u8])]| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, octets) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(octets).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let about = case(0.0, None).about;
    let later = json(&About { format: FORMAT + 1, version: "9.9.9".into(), ..about.clone() }).unwrap();
    for (octets, complaint) in [
        (b"PK\x03\x04 nothing".to_vec(), "it cannot be read as a ZIP"),
        (zip(&[]), "case.json in it cannot be read"),
        (zip(&[(ABOUT, b"{}")]), "case.json in it cannot be read"),
        (zip(&[(ABOUT, &json(&about).unwrap())]), "trace.json in it cannot be read"),
        (zip(&[(ABOUT, &later)]), "it was made by version 9.9.9, which is later than this one"),
    ] {
        let error = Case::read(Cursor::new(octets)).unwrap_err().to_string();
        assert!(error.starts_with(complaint), "{error}");
    }
}

#[test]
fn a_case_cut_anywhere_is_refused() {
    let whole = case(0.0, None).zip().unwrap();
    for end in (0..whole.len()).step_by(97) {
        assert!(Case::read(Cursor::new(&whole[..end])).is_err(), "{end}");
    }
}
