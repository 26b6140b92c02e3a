//! What a peer reports of a call that is going on: nothing panics, what we answer is RTCP, and what we tell of it is
//! possible.
//!
//! The input is a list of datagrams, each behind two octets: how much later it comes and how long it is. Four octets
//! `OURS` in it become the source that we send as, which nobody could guess.
#![no_main]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use offhook_media::codec::Codec;
use offhook_media::sdp::{LocalAudio, Offer, answer};
use offhook_media::{Channel, Leg, Output, RtpLeg, Session, Side, Source};

const PORTS: [(Side, u16); 2] = [(Side::A, 4_000), (Side::B, 5_000)];

fn leg(port: u16) -> Leg {
    let local = LocalAudio { address: Ipv4Addr::LOCALHOST.into(), port, session_id: 1 };
    let offer = Offer::new(&local, &[Codec::Pcma]);
    let (_, negotiated) = answer(&local, &[Codec::Pcma], offer.sdp(), 1).expect("our own offer");
    Leg::Rtp(RtpLeg::new(negotiated))
}

/// Takes everything out, and the source of RTP that goes to A.
fn drain(session: &mut Session, ours: &mut Option<[u8; 4]>) -> Option<Instant> {
    loop {
        match session.poll_output() {
            Output::Timeout(at) => return at,
            Output::Transmit { side, channel: Channel::Rtp, bytes, .. } => {
                if side == Side::A {
                    *ours = bytes.get(8..12).and_then(|source| source.try_into().ok());
                }
            }
            Output::Transmit { bytes, .. } => {
                assert!((8..1_500).contains(&bytes.len()) && bytes[0] >> 6 == 2 && bytes.len() % 4 == 0);
                assert!((200..=207).contains(&bytes[1]), "a report comes first");
            }
            _ => {}
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut now = Instant::now();
    let mut session = Session::new(1);
    let mut ours = None;
    for (side, port) in PORTS {
        session.set_leg(side, leg(port), now);
        session.set_source(side, Source::Peer, now);
    }
    for sequence in 0..10u8 {
        for (side, port) in PORTS {
            let mut packet = [0xd5; 172];
            packet[..12].copy_from_slice(&[0x80, 8, 0, sequence, 0, 0, sequence, 0, 0, 0, 0, 9]);
            session.handle_packet(side, Channel::Rtp, (Ipv4Addr::LOCALHOST, port).into(), &packet, now);
            drain(&mut session, &mut ours);
        }
        now += Duration::from_millis(20);
    }
    let mut rest = data;
    while let [later, length, tail @ ..] = rest {
        let (datagram, tail) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = tail;
        now += Duration::from_millis(u64::from(*later) * 16);
        let mut datagram = datagram.to_vec();
        if let (Some(at), Some(ours)) = (datagram.windows(4).position(|octets| octets == b"OURS"), ours) {
            datagram[at..at + 4].copy_from_slice(&ours);
        }
        // RTCP comes to a port of its own or, multiplexed, to that of RTP.
        let channel = if later & 1 == 0 { Channel::Rtcp } else { Channel::Rtp };
        let port = if later & 1 == 0 { 4_001 } else { 4_000 };
        session.handle_packet(Side::A, channel, SocketAddr::from((Ipv4Addr::LOCALHOST, port)), &datagram, now);
        if drain(&mut session, &mut ours).is_some_and(|due| due <= now) {
            session.handle_timeout(now);
            drain(&mut session, &mut ours);
        }
        let stats = session.stats(Side::A);
        assert!(stats.round_trip.is_none_or(|trip| trip <= Duration::from_secs(60)), "{:?}", stats.round_trip);
    }
});
