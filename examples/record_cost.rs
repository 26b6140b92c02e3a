//! What it costs to note calls and to write them to a capture: nanoseconds for a SIP message, and memory for a call.
//!
//! `cargo run --release --example record_cost [calls]`. Under `valgrind --tool=callgrind --toggle-collect='*captured*'`
//! (or `'*noted*'`) it counts instructions, which no other program on the machine changes.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use offhook::call::cause::CauseCode;
use offhook::call::record::{CallRecord, CallState, Number, Party};
use offhook::call::view::EndCause;
use offhook::capture::file::{Composer, Content, Direction, Message, Writer, comment};
use offhook::capture::record::{Place, SipRecord};
use offhook::capture::recorder::{Clock, Limits, Owner, Recorder};
use offhook::capture::trace::TraceTransport;
use offhook::ids::{CallId, LineGroupId};

/// Calls that are noted one after the other, where nobody says how many.
const CALLS: u64 = 100_000;

/// Octets that are written at once.
const CHUNK: usize = 64 * 1024;

/// Calls whose messages are made before time is taken.
const BATCH: u64 = 500;

fn main() {
    let calls = std::env::args().nth(1).and_then(|calls| calls.parse().ok()).unwrap_or(CALLS);
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let began = Instant::now();
    let mut recorder = Recorder::new(Limits::default(), Clock { instant: began, unix });
    let mut writer = Writer::new("record_cost", "");
    let (mut messages, mut noting, mut writing) = (0_u32, 0, 0);
    for first in (0..calls).step_by(BATCH as usize) {
        // Calls that are passed on, as the benchmark of calls has them.
        let sides = |call| [("a", true), ("b", false)].map(|(side, comes)| conversation(side, call, comes));
        let calls: Vec<_> = (first..first + BATCH).map(|call| (CallId(call), sides(call))).collect();
        messages += calls.iter().flat_map(|(_, sides)| sides).map(|(_, side)| side.len() as u32).sum::<u32>();
        let before = on_cpu();
        captured(&mut writer, &calls, unix);
        let between = on_cpu();
        noted(&mut recorder, calls);
        writing += between - before;
        noting += on_cpu() - between;
    }
    let each = |spent: u64| spent / u64::from(messages).max(1);
    println!("{messages} messages: {} ns each to note, {} ns to capture", each(noting), each(writing));
    let kept = (0..calls).filter_map(|call| recorder.call(CallId(call)));
    let sizes: Vec<usize> = kept.map(|recording| recording.records.iter().map(|record| record.size()).sum()).collect();
    println!("{} octets a call, {} calls kept", sizes.iter().sum::<usize>() / sizes.len().max(1), sizes.len());
}

type Calls = Vec<(CallId, [(String, Vec<SipRecord>); 2])>;

#[inline(never)]
fn noted(recorder: &mut Recorder, calls: Calls) {
    for (call, sides) in calls {
        note(recorder, call, sides);
    }
}

/// As the thread of captures makes a file of messages, without the file.
#[inline(never)]
fn captured(writer: &mut Writer, calls: &Calls, at: Duration) {
    let mut composer = Composer::default();
    for (call, sides) in calls {
        for message in sides.iter().flat_map(|(_, side)| side) {
            let remote = message.remote.address().unwrap_or(message.local);
            let (addresses, direction) = match message.sent {
                true => ((message.local, remote), Direction::Out),
                false => ((remote, message.local), Direction::In),
            };
            let content = Content::sip(message.transport, &message.bytes, None);
            let comment = comment::belongs(Some(call), Some("100"), Some("main"));
            let (addresses, direction) = (Some(addresses), Some(direction));
            composer.message(Message { at, call: Some(*call), direction, addresses, content, comment }, writer);
        }
        if writer.len() >= CHUNK {
            std::hint::black_box(writer.take());
        }
    }
}

/// Nanoseconds that this thread has been on a CPU: others on the machine do not count.
fn on_cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

fn note(recorder: &mut Recorder, call: CallId, sides: [(String, Vec<SipRecord>); 2]) {
    let owner = Owner { group: Some(LineGroupId(0)), line: None };
    let now = Instant::now();
    for (place, (call_id, side)) in sides.into_iter().enumerate() {
        if place == 1 {
            recorder.belongs(&call_id, call, owner, now);
        }
        for (number, message) in side.into_iter().enumerate() {
            recorder.sip(message, true, now, |_| owner);
            if (place, number) == (0, 0) {
                recorder.belongs(&call_id, call, owner, now);
            }
        }
    }
    let record = CallRecord {
        state: CallState::Connected,
        id: call,
        caller: Number::Other("100".into()),
        called: Number::Other("200".into()),
        created: now,
        connected: Some(now),
        parties: [Party::Pbx(LineGroupId(0)); 2],
        silent: [false; 2],
        cause: Some(EndCause::ours(CauseCode::NormalClearing)),
    };
    recorder.ended(&record, now);
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
