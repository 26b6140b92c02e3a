//! RTP and RTCP datagrams into a bridged session: nothing panics, nothing grows.
//!
//! The input is a list of datagrams, each behind two octets: where it arrives and how long it is.
#![no_main]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use offhook_media::codec::Codec;
use offhook_media::sdp::{LocalAudio, Offer, answer};
use offhook_media::webrtc::stun_ufrag;
use offhook_media::{Channel, Leg, Output, RtpLeg, Session, Side, Source};

fn leg(codec: Codec, port: u16) -> Leg {
    let local = LocalAudio { address: Ipv4Addr::LOCALHOST.into(), port, session_id: 1 };
    let offer = Offer::new(&local, &[codec]);
    let (_, negotiated) = answer(&local, &[codec], offer.sdp(), 1).expect("our own offer");
    Leg::Rtp(RtpLeg::new(negotiated))
}

fn drain(session: &mut Session) -> Option<Instant> {
    loop {
        match session.poll_output() {
            Output::Timeout(at) => return at,
            Output::Transmit { bytes, .. } => assert!(bytes.len() < 4_096),
            Output::Event(_) | Output::Recorded(_) | Output::RecordingDone(_) | Output::Copy(_) => {}
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, mut rest)) = data.split_first() else {
        return;
    };
    let mut now = Instant::now();
    let mut session = Session::new(1);
    let codecs = [Codec::ALL[usize::from(choice & 3)], Codec::ALL[usize::from(choice >> 2 & 3)]];
    for (side, codec, port) in [(Side::A, codecs[0], 4_000), (Side::B, codecs[1], 5_000)] {
        session.set_leg(side, leg(codec, port), now);
        session.set_source(side, Source::Peer, now);
        drain(&mut session);
    }
    while let [place, length, tail @ ..] = rest {
        let (datagram, tail) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = tail;
        let (side, port) = if place & 1 == 0 { (Side::A, 4_000) } else { (Side::B, 5_000) };
        let channel = if place & 2 == 0 { Channel::Rtp } else { Channel::Rtcp };
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, port + u16::from(place >> 2 & 1)));
        now += Duration::from_millis(u64::from(place >> 3));
        let _ = stun_ufrag(datagram);
        session.handle_packet(side, channel, from, datagram, now);
        let due = drain(&mut session);
        if due.is_some_and(|due| due <= now) {
            session.handle_timeout(now);
            drain(&mut session);
        }
    }
});
