//! What it costs to note calls: nanoseconds for a SIP message, and memory for a call.
//!
//! `cargo run --release --example record_cost`

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use offhook::capture::record::{Place, SipRecord};
use offhook::capture::recorder::{Clock, Limits, Owner, Recorder};
use offhook::capture::trace::TraceTransport;
use offhook::ids::{CallId, LineGroupId};

/// Calls that are noted one after the other.
const CALLS: u64 = 100_000;

fn main() {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let began = Instant::now();
    let mut recorder = Recorder::new(Limits::default(), Clock { instant: began, unix });
    let owner = Owner { group: Some(LineGroupId(0)), line: None };
    let (mut messages, mut spent) = (0_u32, Duration::ZERO);
    for call in 0..CALLS {
        // A call that is passed on, as the benchmark of calls has it.
        let sides = [("a", true), ("b", false)].map(|(side, comes)| conversation(side, call, comes));
        let now = Instant::now();
        for (place, (call_id, side)) in sides.into_iter().enumerate() {
            let mut side = side.into_iter();
            let first = side.next();
            if place == 1 {
                recorder.belongs(&call_id, CallId(call), owner, now);
            }
            if let Some(message) = first {
                recorder.sip(message, true, now, |_| owner);
            }
            if place == 0 {
                recorder.belongs(&call_id, CallId(call), owner, now);
            }
            messages += 1;
            for message in side {
                recorder.sip(message, true, now, |_| owner);
                messages += 1;
            }
        }
        spent += now.elapsed();
    }
    println!("{messages} messages, {:.0} ns each", spent.as_nanos() as f64 / f64::from(messages));
    let kept = (0..CALLS).filter_map(|call| recorder.call(CallId(call)));
    let sizes: Vec<usize> = kept.map(|recording| recording.records.iter().map(|record| record.size()).sum()).collect();
    println!("{} octets a call, {} calls kept", sizes.iter().sum::<usize>() / sizes.len().max(1), sizes.len());
}

/// The messages of one side, from INVITE to the answer of BYE.
fn conversation(side: &str, call: u64, comes: bool) -> (String, Vec<SipRecord>) {
    let call_id = format!("{call:08x}-6f1d-4c0e-{side}@10.0.0.7");
    let sdp = "v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n\
               a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";
    let lines = [
        ("INVITE sip:200@10.0.0.1 SIP/2.0", true, sdp),
        ("SIP/2.0 100 Trying", false, ""),
        ("SIP/2.0 180 Ringing", false, ""),
        ("SIP/2.0 200 OK", false, sdp),
        ("ACK sip:200@10.0.0.1 SIP/2.0", true, ""),
        ("BYE sip:200@10.0.0.1 SIP/2.0", true, ""),
        ("SIP/2.0 200 OK", false, ""),
    ];
    let message = |(first, forth, body): (&str, bool, &str)| {
        let text = format!(
            "{first}\r\nVia: SIP/2.0/UDP 10.0.0.7:5060;rport;branch=z9hG4bK-{call}-1-0\r\nMax-Forwards: 70\r\n\
             From: \"Caller\" <sip:100@10.0.0.7:5060>;tag={call}SIPpTag001\r\nTo: <sip:200@10.0.0.1:5060>;tag=as7f6e5d\r\n\
             Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:100@10.0.0.7:5060>\r\n\
             Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, REFER\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        SipRecord {
            sent: forth != comes,
            transport: TraceTransport::Udp,
            local: ([10, 0, 0, 1], 5060).into(),
            remote: Place::Address(([10, 0, 0, 7], 5060).into()),
            bytes: Bytes::from(text),
        }
    };
    let messages = lines.map(message).into();
    (call_id, messages)
}
