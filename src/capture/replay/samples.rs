//! The captures in `pcap-samples/` that each keep a mistake that was made once: what the PBX did then is played again.
//!
//! `OFFHOOK_GENERATE=1 cargo test --lib the_samples_of_mistakes` writes them anew from what stands here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::world::World;
use super::{Replay, ReplayedCall, differences, replay};
use crate::capture::file::{Direction, SipPacket, Writer};
use crate::capture::read;
use crate::capture::trace::TraceTransport;

/// 2026-01-05, a quarter past nine.
const BEGIN: Duration = Duration::from_secs(1_767_604_500);
const PBX: &str = "192.0.2.10:5060";
const SERVER: &str = "192.0.2.20:5060";

/// A message of a call from 200 to 100: milliseconds, whether the server sends it, start line, number and method, what
/// else stands in it, and the body.
type Line = (u64, bool, &'static str, &'static str, &'static str, Option<(&'static str, &'static str)>);

const GSM: Option<(&str, &str)> = Some((
    "application/sdp",
    "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 3\r\n",
));
const THEIRS: Option<(&str, &str)> = Some((
    "application/sdp",
    "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
));
const THEIRS_HELD: Option<(&str, &str)> = Some((
    "application/sdp",
    "v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=recvonly\r\n",
));
const OURS: Option<(&str, &str)> = Some((
    "application/sdp",
    "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n",
));
const OURS_HELD: Option<(&str, &str)> = Some((
    "application/sdp",
    "v=0\r\no=- 1 2 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\na=sendonly\r\n",
));
const FIVE: Option<(&str, &str)> = Some(("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"));

const NO_COMMON_CODEC: &[Line] = &[
    (0, false, "INVITE sip:100@192.0.2.20:5060 SIP/2.0", "1 INVITE", "", GSM),
    (1, true, "SIP/2.0 100 Trying", "1 INVITE", "", None),
    (1, true, "SIP/2.0 488 Not Acceptable Here", "1 INVITE", "", None),
    (3, false, "ACK sip:100@192.0.2.20:5060 SIP/2.0", "1 ACK", "", None),
];

const DIGIT_BEFORE_THE_ACK: &[Line] = &[
    (0, false, "INVITE sip:100@192.0.2.20:5060 SIP/2.0", "1 INVITE", "", THEIRS),
    (1, true, "SIP/2.0 100 Trying", "1 INVITE", "", None),
    (1, true, "SIP/2.0 180 Ringing", "1 INVITE", "", None),
    (900, true, "SIP/2.0 200 OK", "1 INVITE", "", OURS),
    (1000, true, "INFO sip:200@192.0.2.10:5060 SIP/2.0", "1 INFO", "", FIVE),
    (1010, false, "SIP/2.0 481 Call/Transaction Does Not Exist", "1 INFO", "", None),
    (1400, true, "SIP/2.0 200 OK", "1 INVITE", "", OURS),
    (1410, false, "ACK sip:100@192.0.2.20:5060 SIP/2.0", "1 ACK", "ack", None),
    (5000, false, "BYE sip:100@192.0.2.20:5060 SIP/2.0", "2 BYE", "bye", None),
    (5001, true, "SIP/2.0 200 OK", "2 BYE", "bye", None),
];

const RE_INVITE_WITHOUT_ANSWER: &[Line] = &[
    (0, false, "INVITE sip:100@192.0.2.20:5060 SIP/2.0", "1 INVITE", "", THEIRS),
    (1, true, "SIP/2.0 100 Trying", "1 INVITE", "", None),
    (1, true, "SIP/2.0 180 Ringing", "1 INVITE", "", None),
    (900, true, "SIP/2.0 200 OK", "1 INVITE", "", OURS),
    (910, false, "ACK sip:100@192.0.2.20:5060 SIP/2.0", "1 ACK", "ack", None),
    (3000, true, "INVITE sip:200@192.0.2.10:5060 SIP/2.0", "1 INVITE", "hold", OURS_HELD),
    (3010, false, "SIP/2.0 100 Trying", "1 INVITE", "hold", None),
    (4000, false, "BYE sip:100@192.0.2.20:5060 SIP/2.0", "2 BYE", "bye", None),
    (4001, true, "SIP/2.0 200 OK", "2 BYE", "bye", None),
    (9000, false, "SIP/2.0 200 OK", "1 INVITE", "hold", THEIRS_HELD),
    (9001, true, "ACK sip:200@192.0.2.10:5060 SIP/2.0", "1 ACK", "held", None),
    (9001, true, "BYE sip:200@192.0.2.10:5060 SIP/2.0", "2 BYE", "end", None),
    (9003, false, "SIP/2.0 481 Call/Transaction Does Not Exist", "2 BYE", "end", None),
];

const SAMPLES: [(&str, &[Line]); 3] = [
    ("no-common-codec", NO_COMMON_CODEC),
    ("digit-before-the-ack", DIGIT_BEFORE_THE_ACK),
    ("re-invite-without-answer", RE_INVITE_WITHOUT_ANSWER),
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples").join(name).with_extension("pcapng")
}

/// The messages as a capture of Offhook's.
fn file(name: &str, lines: &[Line]) -> Vec<u8> {
    let mut writer = Writer::new("Offhook", "");
    let (pbx, server): (SocketAddr, SocketAddr) = (PBX.parse().unwrap(), SERVER.parse().unwrap());
    for &(at, sent, start, cseq, branch, body) in lines {
        // The side that sends a request is the one in its Via and From.
        let is_request = !start.starts_with("SIP/2.0");
        let asks = if sent == is_request { SERVER } else { PBX };
        let (theirs, ours) = ("<sip:200@pbx.test>;tag=theirs", "<sip:100@pbx.test>");
        let tagged =
            if is_request && cseq == "1 INVITE" && branch.is_empty() || start.contains(" 100 ") && branch.is_empty() {
                ours.to_owned()
            } else {
                format!("{ours};tag=ours")
            };
        let (from, to) = if asks == SERVER { (tagged, theirs.to_owned()) } else { (theirs.to_owned(), tagged) };
        let contact = if sent { "100@192.0.2.20:5060" } else { "200@192.0.2.10:5060" };
        let agent = match (sent, is_request) {
            (true, true) => "User-Agent: Offhook/0.1.0\r\n",
            (true, false) => "Server: Offhook/0.1.0\r\n",
            (false, _) => "",
        };
        let (kind, body) = body.unwrap_or_default();
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let message = format!(
            "{start}\r\nVia: SIP/2.0/UDP {asks};branch=z9hG4bK{name}{branch}\r\nMax-Forwards: 70\r\nFrom: {from}\r\n\
             To: {to}\r\nCall-ID: {name}@192.0.2.10\r\nCSeq: {cseq}\r\nContact: <sip:{contact}>\r\n{agent}{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (source, destination) = if sent { (server, pbx) } else { (pbx, server) };
        let packet = SipPacket {
            transport: TraceTransport::Udp,
            addresses: Some((source, destination)),
            direction: Some(if sent { Direction::Out } else { Direction::In }),
            bytes: message.as_bytes(),
        };
        writer.sip(BEGIN + Duration::from_millis(at), &packet, "call=1 line=100 group=pbx");
    }
    writer.take()
}

/// Replays a sample, which has one call, and finds nothing decided otherwise.
#[track_caller]
fn same(name: &str) -> ReplayedCall {
    let bytes = std::fs::read(path(name)).unwrap();
    let capture = read::read(&bytes[..]).unwrap();
    let Replay { mut calls, .. } = replay(&capture, &read::calls(&capture), Instant::now());
    assert_eq!(calls.len(), 1);
    let call = calls.remove(0);
    assert_eq!(differences(&call), Vec::<String>::new(), "{call:#?}");
    call
}

#[test]
fn the_samples_of_mistakes_are_what_stands_here() {
    for (name, lines) in SAMPLES {
        let made = file(name, lines);
        if std::env::var_os("OFFHOOK_GENERATE").is_some() {
            std::fs::write(path(name), &made).unwrap();
        }
        let messages = |file: &[u8]| read::read(file).unwrap().messages;
        assert_eq!(messages(&std::fs::read(path(name)).unwrap()), messages(&made), "{name}");
    }
}

#[test]
fn an_offer_without_a_common_codec_is_refused_before_anybody_is_rung() {
    let call = same("no-common-codec");
    assert_eq!(call.dialogs[0].replayed, ["100 Trying to INVITE", "488 Not Acceptable Here to INVITE"]);
    assert_eq!(call.transitions, Vec::new());
}

#[test]
fn a_request_that_overtakes_the_200_does_not_end_the_call() {
    let call = same("digit-before-the-ack");
    let sent = &call.dialogs[0].replayed;
    assert!(sent.contains(&"INFO".to_owned()) && !sent.contains(&"BYE".to_owned()), "{sent:?}");
    let last = call.transitions.last().unwrap();
    assert_eq!((last.before.as_str(), last.after.as_str()), ("connected", "ended: normal_clearing"));
    assert!((last.at - call.started_at - 5000.0).abs() < 1.0, "{last:?}");
}

#[test]
fn what_comes_late_for_a_re_invite_of_an_ended_call_is_acknowledged() {
    let call = same("re-invite-without-answer");
    let sent = &call.dialogs[0].replayed;
    assert_eq!(sent[sent.len() - 2..], ["ACK", "BYE"]);
}

#[test]
fn a_re_invite_that_is_never_answered_does_not_outlive_its_call() {
    let bytes = std::fs::read(path("re-invite-without-answer")).unwrap();
    let mut capture = read::read(&bytes[..]).unwrap();
    let bye = capture.messages.iter().position(|message| message.bytes.starts_with(b"BYE sip:100@")).unwrap();
    capture.messages.truncate(bye + 2);
    let plan = Plan::read(&capture, &read::calls(&capture));
    let mut world = World::new(&plan, Instant::now());
    world.play();
    assert!(!world.is_idle_after(Duration::ZERO), "the re-INVITE waits");
    assert!(world.is_idle_after(Duration::from_secs(64)));
}
