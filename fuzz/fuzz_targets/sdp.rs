//! Descriptions from PBXs and browsers: whatever they say, the answer is a description or an error.
#![no_main]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use offhook_media::codec::Codec;
use offhook_media::sdp::{LocalAudio, Offer, answer, offered_codecs};
use offhook_media::webrtc::{WebRtcConfig, WebRtcLeg};

const LOCAL: LocalAudio = LocalAudio { address: std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port: 4_000, session_id: 1 };

static BROWSERS: LazyLock<WebRtcConfig> =
    LazyLock::new(|| WebRtcConfig::new([0; 32]).expect("a certificate can be made"));

fuzz_target!(|data: &[u8]| {
    let _ = offered_codecs(data);
    if let Ok((answered, negotiated)) = answer(&LOCAL, &Codec::ALL, data, 1) {
        // A peer that offered what we agreed to can read our answer.
        let offer = Offer::new(&LOCAL, &[negotiated.codec]);
        let first = answered.windows(8).position(|line| line == b"\r\nm=audio");
        if first.is_some_and(|at| !answered[..at].windows(4).any(|line| line == b"\r\nm=")) {
            let agreed = offer.accept_answer(&answered).expect("our own answer");
            assert_eq!(agreed.codec, negotiated.codec);
        }
    }
    let _ = Offer::new(&LOCAL, &Codec::ALL).accept_answer(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let candidates = [SocketAddr::from((Ipv4Addr::LOCALHOST, 7_000))];
        let _ = WebRtcLeg::accept(&BROWSERS, &candidates, text, &Codec::ALL);
    }
});
