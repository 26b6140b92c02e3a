//! What a session costs: nanoseconds for a packet on its way through, microseconds for a second of a call.
//!
//! `cargo run --release -p offhook-media --example packet_cost`

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use offhook_media::codec::{Codec, Decoder, Encoder};
use offhook_media::rtp::RtpHeader;
use offhook_media::sdp::{LocalAudio, Offer, answer};
use offhook_media::{Channel, Leg, Output, RtpLeg, Session, Side, Source};

const PACKETS: u32 = 200_000;

/// How much of a call is measured.
const SECONDS: u32 = 20;

fn main() {
    println!("a relayed packet, one way, received to ready to send:");
    for (from, to) in [(Codec::Pcma, Codec::Pcma), (Codec::Pcma, Codec::Pcmu), (Codec::Opus, Codec::Opus)] {
        let cost = measure(from, to, PACKETS);
        println!("{from:>5} to {to:<5} {:>9.1} ns", cost.as_nanos() as f64);
    }
    println!("a second of a call, both ways, 20 ms packets:");
    println!("                    all       codecs    the rest");
    for (a, b) in
        [(Codec::Pcmu, Codec::Pcmu), (Codec::Pcmu, Codec::G722), (Codec::Pcmu, Codec::Opus), (Codec::G722, Codec::Opus)]
    {
        let all = call(a, b).as_nanos() as f64 / 1_000.0;
        let codecs = if a == b { 0.0 } else { (codecs(a, b) + codecs(b, a)).as_nanos() as f64 / 1_000.0 };
        println!("{a:>5} and {b:<5} {all:>9.1} us {codecs:>9.1} us {:>9.1} us", all - codecs);
    }
}

/// Speech-like packets of a second in one codec.
fn second(codec: Codec) -> Vec<Vec<u8>> {
    let rate = codec.sample_rate();
    let mut encoder = Encoder::new(codec, rate).expect("its own rate");
    (0..50_u32)
        .map(|packet| {
            let pcm: Vec<i16> = (0..rate / 50)
                .map(|n| {
                    let t = f64::from(packet * (rate / 50) + n) / f64::from(rate);
                    ((t * 1_300.0).sin() * 5_000.0 + (t * 9_000.0).sin() * 2_000.0 * (t * 20.0).sin()) as i16
                })
                .collect();
            let mut payload = Vec::new();
            encoder.encode(&pcm, &mut payload).expect("20 ms");
            payload
        })
        .collect()
}

/// What decoding and encoding one way costs in a second.
fn codecs(from: Codec, to: Codec) -> Duration {
    let rate = from.sample_rate().min(to.sample_rate()).min(16_000);
    let packets = second(from);
    let mut decoder = Decoder::new(from, rate).expect("a rate of the session");
    let mut encoder = Encoder::new(to, rate).expect("a rate of the session");
    let (mut pcm, mut out) = (Vec::new(), Vec::new());
    let start = clock();
    for payload in (0..SECONDS).flat_map(|_| &packets) {
        pcm.clear();
        out.clear();
        decoder.decode(payload, &mut pcm).expect("our own packet");
        encoder.encode(&pcm, &mut out).expect("20 ms");
        black_box(&out);
    }
    clock().duration_since(start) / SECONDS
}

/// What a second of a call costs.
fn call(a: Codec, b: Codec) -> Duration {
    let mut now = clock();
    let mut session = Session::new(1);
    let mut voices = [(Side::A, a), (Side::B, b)].map(|(side, codec)| {
        let source = leg(&mut session, side, codec, now);
        session.set_source(side, Source::Peer, now);
        let payload_type = codec.static_payload_type().unwrap_or(96);
        let header = RtpHeader { payload_type, marker: false, sequence: 0, timestamp: 0, ssrc: 7 };
        (side, source, header, second(codec), codec.rtp_clock() / 50)
    });
    let mut datagram = Vec::new();
    let start = clock();
    for packet in 0..SECONDS * 50 {
        let end = now + Duration::from_millis(20);
        for (side, source, header, payloads, ticks) in &mut voices {
            datagram.clear();
            datagram.extend(header.to_bytes());
            datagram.extend(&payloads[packet as usize % 50]);
            header.sequence = header.sequence.wrapping_add(1);
            header.timestamp = header.timestamp.wrapping_add(*ticks);
            session.handle_packet(*side, Channel::Rtp, *source, &datagram, now);
            drain(&mut session);
        }
        while let Some(due) = drain(&mut session).filter(|due| *due < end) {
            now = now.max(due);
            session.handle_timeout(now);
        }
        now = end;
    }
    clock().duration_since(start) / SECONDS
}

fn drain(session: &mut Session) -> Option<Instant> {
    loop {
        match session.poll_output() {
            Output::Transmit { bytes, .. } => {
                black_box(bytes);
            }
            Output::Event(_) | Output::Recorded(_) | Output::RecordingDone(_) | Output::Copy(_) => {}
            Output::Timeout(at) => return at,
        }
    }
}

fn measure(from: Codec, to: Codec, packets: u32) -> Duration {
    let mut now = clock();
    let mut session = Session::new(1);
    let source: SocketAddr = leg(&mut session, Side::A, from, now);
    leg(&mut session, Side::B, to, now);
    session.set_source(Side::B, Source::Peer, now);
    drain(&mut session);

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
        black_box(drain(&mut session));
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
