//! What a packet costs on its way through a session: nanoseconds for each kind of call.
//!
//! `cargo run --release -p offhook-media --example packet_cost`

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use offhook_media::codec::{Codec, Encoder};
use offhook_media::rtp::RtpHeader;
use offhook_media::sdp::{LocalAudio, Offer, answer};
use offhook_media::{Channel, Leg, Output, RtpLeg, Session, Side, Source};

const PACKETS: u32 = 200_000;

fn main() {
    println!("per packet, one way, received to ready to send:");
    for (from, to, packets) in [
        (Codec::Pcma, Codec::Pcma, PACKETS),
        (Codec::Pcma, Codec::Pcmu, PACKETS),
        (Codec::Pcma, Codec::G722, PACKETS / 10),
        (Codec::Pcma, Codec::Opus, PACKETS / 40),
        (Codec::Opus, Codec::Pcma, PACKETS / 40),
    ] {
        let cost = measure(from, to, packets);
        println!("{from:>5} to {to:<5} {:>9.1} ns", cost.as_nanos() as f64);
    }
}

fn measure(from: Codec, to: Codec, packets: u32) -> Duration {
    let mut now = clock();
    let mut session = Session::new(1);
    let source: SocketAddr = leg(&mut session, Side::A, from, now);
    leg(&mut session, Side::B, to, now);
    session.set_source(Side::B, Source::Peer, now);
    while !matches!(session.poll_output(), Output::Timeout(_)) {}

    let samples = from.sample_rate() as usize / 50;
    let pcm: Vec<i16> = (0..samples).map(|n| (n as i16 * 777) % 9_000).collect();
    let mut payload = Vec::new();
    let ticks = Encoder::new(from, from.sample_rate())
        .and_then(|mut encoder| encoder.encode(&pcm, &mut payload))
        .expect("20 ms at the codec's own rate can be encoded");
    let mut header = RtpHeader {
        payload_type: from.static_payload_type().unwrap_or(96),
        marker: false,
        sequence: 0,
        timestamp: 0,
        ssrc: 7,
    };
    let mut datagram = header.to_bytes().to_vec();
    datagram.extend(payload);

    let start = clock();
    for _ in 0..packets {
        datagram[..12].copy_from_slice(&header.to_bytes());
        header.sequence = header.sequence.wrapping_add(1);
        header.timestamp = header.timestamp.wrapping_add(ticks as u32);
        now += Duration::from_millis(20);
        session.handle_packet(Side::A, Channel::Rtp, source, &datagram, now);
        loop {
            match session.poll_output() {
                Output::Transmit { bytes, .. } => {
                    black_box(bytes);
                }
                Output::Event(_) | Output::Recorded(_) | Output::RecordingDone(_) => {}
                Output::Timeout(at) => {
                    black_box(at);
                    break;
                }
            }
        }
    }
    clock().duration_since(start) / packets
}

/// Sets up a phone with one codec and says where it sends from.
fn leg(session: &mut Session, side: Side, codec: Codec, now: Instant) -> SocketAddr {
    let local = |port| LocalAudio { address: [127, 0, 0, 1].into(), port, session_id: 1 };
    let offer = Offer::new(&local(4_000 + 10 * side as u16), &[codec]);
    let (_, negotiated) = answer(&local(5_000), &[codec], offer.sdp(), 1).expect("our own offer can be answered");
    let remote = negotiated.remote;
    session.set_leg(side, Leg::Rtp(RtpLeg::new(negotiated)), now);
    remote
}

#[expect(clippy::disallowed_methods, reason = "a measurement has to look at the clock")]
fn clock() -> Instant {
    Instant::now()
}
