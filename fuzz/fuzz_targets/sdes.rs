//! Keys and fingerprints in descriptions, and packets under keys: whatever a peer writes or sends, no key is taken that
//! is none, and nothing that is not authentic comes through.
#![no_main]

use std::net::Ipv4Addr;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use offhook_media::codec::Codec;
use offhook_media::sdp::{Crypto, LocalAudio, Offer, Protection, Security, SrtpPolicy, Terms, answer};
use offhook_media::srtp::{DtlsIdentity, Fingerprint, LocalKeys};
use offhook_media::{Channel, Leg, Output, RtpLeg, Session, Side, Source};

const LOCAL: LocalAudio = LocalAudio { address: std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port: 4_000, session_id: 1 };

static IDENTITY: LazyLock<Arc<DtlsIdentity>> =
    LazyLock::new(|| DtlsIdentity::new().expect("a certificate can be made"));

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return packets(data) };
    let _ = Crypto::parse(text);
    if let Some(fingerprint) = Fingerprint::parse(text) {
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
    }
    let media = |transport: &str| {
        format!("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 5000 {transport} 8\r\na=crypto:{text}\r\na={text}\r\n")
    };
    for policy in [SrtpPolicy::Optional, SrtpPolicy::Required, SrtpPolicy::Dtls] {
        for transport in ["RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVPF"] {
            let body = media(transport);
            if let Ok((_, agreed)) = answer(&LOCAL, terms(policy), body.as_bytes(), 1) {
                assert!(agreed.security != Security::Plain || policy == SrtpPolicy::Optional);
            }
            if let Ok(agreed) = Offer::new(&LOCAL, terms(policy)).accept_answer(body.as_bytes()) {
                assert!(agreed.security != Security::Plain || policy == SrtpPolicy::Optional);
            }
        }
    }
});

fn terms(policy: SrtpPolicy) -> Terms {
    let protection =
        Protection::Srtp { policy, keys: LocalKeys::new(&[1; 32]), identity: IDENTITY.clone(), active: None };
    Terms { protection, ..Terms::from(&[Codec::Pcma]) }
}

/// A datagram that nobody with the keys made, to a leg of each kind.
fn packets(data: &[u8]) {
    // Its time never passes.
    let now = *START;
    for policy in [SrtpPolicy::Required, SrtpPolicy::Dtls] {
        let offer = Offer::new(&LOCAL, terms(policy));
        let Ok((_, agreed)) = answer(&LOCAL, terms(policy), offer.sdp(), 1) else { return };
        let from = agreed.remote;
        let mut session = Session::new(1);
        session.set_leg(Side::A, Leg::Rtp(RtpLeg::new(agreed)), now);
        session.set_source(Side::A, Source::Echo, now);
        for channel in [Channel::Rtp, Channel::Rtcp] {
            session.handle_packet(Side::A, channel, from, data, now);
        }
        while !matches!(session.poll_output(), Output::Timeout(_)) {}
        assert_eq!(session.stats(Side::A).packets_in, 0);
    }
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
