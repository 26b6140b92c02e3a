//! Prints what reading and answering one INVITE costs: `cargo run --release -p offhook-sip --example parse_speed`.

#![allow(clippy::disallowed_methods, reason = "this measures time")]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use offhook_sip::header::Name;
use offhook_sip::message::{Builder, Message};

const INVITE: &str = "INVITE sip:+4930901820@pbx.example.com:5060;transport=udp;user=phone SIP/2.0
Via: SIP/2.0/UDP 203.0.113.17:5060;branch=z9hG4bK-d8754z-7f1f4d6b1c3e2a59-1---d8754z-;rport
Via: SIP/2.0/TCP 192.0.2.4:5061;branch=z9hG4bKnashds8;received=198.51.100.9
Max-Forwards: 69
Record-Route: <sip:203.0.113.17;lr;ftag=9fxced76sl>
Contact: <sip:alice@192.0.2.4:5061;transport=tcp>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"
To: \"Sales, Berlin\" <sip:+4930901820@pbx.example.com;user=phone>
From: \"Alice Example\" <sip:alice@pbx.example.com>;tag=9fxced76sl
Call-ID: 3848276298220188511@pbx.example.com
CSeq: 2 INVITE
Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE, UPDATE, PRACK
Supported: replaces, 100rel, timer, norefersub, outbound
Session-Expires: 1800;refresher=uac
Min-SE: 90
User-Agent: Example Phone 12.1.0
P-Asserted-Identity: \"Alice Example\" <sip:+4930901821@pbx.example.com>
Content-Type: application/sdp
Content-Length: ";

const SDP: &str = "v=0
o=- 3724394400 3724394405 IN IP4 192.0.2.4
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 40376 RTP/AVP 9 8 0 18 101
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendrecv
a=rtcp:40377
";

const ROUNDS: u32 = 10_000;
const TIMES: u32 = 60;

fn main() {
    let sdp = SDP.replace('\n', "\r\n");
    let text = format!("{INVITE}{}\n\n", sdp.len()).replace('\n', "\r\n") + &sdp;
    let invite = Bytes::from(text);
    println!("INVITE of {} bytes, best of {TIMES} times {ROUNDS} rounds", invite.len());

    measure("find the lines", || Message::parse(invite.clone()).is_ok());
    measure("and read Via, From, To, Call-ID, CSeq", || {
        let Ok(message) = Message::parse(invite.clone()) else {
            return false;
        };
        let via = black_box(message.top_via()).is_ok();
        let addresses = black_box(message.from()).is_ok() && black_box(message.to()).is_ok();
        via && addresses && black_box(message.call_id()).is_ok() && black_box(message.cseq()).is_ok()
    });
    measure("and validate", || Message::parse(invite.clone()).is_ok_and(|message| message.validate().is_ok()));
    if let Ok(message) = Message::parse(invite.clone()) {
        let source = ([203, 0, 113, 17], 5060).into();
        measure("write a 180 to it", || {
            let reply = Builder::response_from(&message, 180, "Ringing", Some("a1b2c3"), source);
            !reply.header(Name::Contact, "<sip:192.0.2.9:5060>").finish().is_empty()
        });
    }
}

fn measure(what: &str, mut run: impl FnMut() -> bool) {
    let best = (0..TIMES)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                assert!(black_box(run()));
            }
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    println!("{:>6} ns  {what}", best.as_nanos() / u128::from(ROUNDS));
}
