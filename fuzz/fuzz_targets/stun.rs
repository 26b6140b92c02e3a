//! STUN on a SIP port and on the browsers' port: nothing panics, and what was understood reads the same when we write
//! it. Checks of a browser are read as they come, and as whoever knows the password would have sent them.
#![no_main]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use offhook_media::codec::Codec;
use offhook_media::webrtc::{WebRtcConfig, WebRtcLeg, stun_ufrag};
use offhook_media::{Channel, Event, Leg, Output, Session, Side};
use offhook_sip::stun::{Stun, is_stun};
use sha1::Sha1;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n\
                     c=IN IP4 0.0.0.0\r\na=ice-ufrag:them\r\na=ice-pwd:theirs\r\na=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\n\
                     a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:\
                     6F:AF:52:CE:E6:0F\r\na=sendrecv\r\n";

static BROWSERS: LazyLock<WebRtcConfig> =
    LazyLock::new(|| WebRtcConfig::new([0; 32]).expect("a certificate can be made"));

/// A check with these attributes by whoever knows the password.
fn check(username: &str, password: &str, attributes: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend(b"transaction!");
    for (kind, value) in [(6, username.as_bytes())] {
        message.extend([0, kind, 0, value.len() as u8]);
        message.extend(value);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    message.extend(attributes);
    message.resize(message.len().next_multiple_of(4), 0);
    let length = (message.len() + 24 - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(password.as_bytes()).expect("keys of any length");
    mac.update(&message);
    message.extend([0, 8, 0, 20]);
    message.extend(mac.finalize().into_bytes());
    message
}

fuzz_target!(|data: &[u8]| {
    if let Some(message) = Stun::parse(data) {
        assert!(is_stun(data));
        assert_eq!(Stun::parse(&message.write()), Some(message));
    }
    if let Some(ufrag) = stun_ufrag(data) {
        assert!(!ufrag.contains(':') && ufrag.len() < data.len());
    }

    let candidates = [SocketAddr::from((Ipv4Addr::LOCALHOST, 7_000))];
    let (leg, answer) = WebRtcLeg::accept(&BROWSERS, &candidates, OFFER, &Codec::ALL).expect("a browser's offer");
    let value = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)).expect("an answer has it");
    let (username, password) = (format!("{}:them", value("a=ice-ufrag:")), value("a=ice-pwd:"));
    let mut now = Instant::now();
    let mut session = Session::new(1);
    session.set_leg(Side::A, Leg::WebRtc(Box::new(leg)), now);
    let attributes = &data[..data.len().min(1_000)];
    for (place, datagram) in [data, &check(&username, password, attributes), data].into_iter().enumerate() {
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 4_000 + place as u16));
        now += Duration::from_secs(1);
        session.handle_packet(Side::A, Channel::Mux, from, datagram, now);
        session.handle_timeout(now);
        loop {
            match session.poll_output() {
                Output::Timeout(_) => break,
                // Only who knows the password is answered, and not with more than it sent, a mapped address aside.
                Output::Transmit { to, bytes, .. } => assert!(place == 1 && to == from && bytes.len() < 128),
                Output::Event(event) => assert_ne!(event, Event::Connected(Side::A)),
                Output::Recorded(_) | Output::RecordingDone(_) | Output::Copy(_) => {}
            }
        }
    }
});
