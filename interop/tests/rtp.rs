//! RTP that `offhook-media` writes, the `rtp` crate reads, and the other way round.

use std::time::{Duration, Instant};

use bytes::Bytes;
use offhook_media::codec::{Codec, Decoder};
use offhook_media::dsp::{Country, Tone, ToneKind, measure};
use offhook_media::rtp::RtpHeader;
use offhook_media::sdp::{self, LocalAudio};
use offhook_media::{Leg, Output, RtpLeg, Session, Side, Source};
use rtp::header::Header;
use rtp::packet::Packet;
use webrtc::util::{Marshal, Unmarshal};

const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";

/// A session whose one leg sends to 192.0.2.9:4000.
fn session(now: Instant) -> Session {
    let local = LocalAudio { address: [192, 0, 2, 1].into(), port: 5000, session_id: 1 };
    let (_, agreed) = sdp::answer(&local, &[Codec::Pcma], OFFER, 1).unwrap();
    let mut session = Session::new(7);
    session.set_leg(Side::A, Leg::Rtp(RtpLeg::new(agreed)), now);
    session
}

/// What the session sends as RTP within a time, read by the `rtp` crate.
fn sent(session: &mut Session, from: Instant, for_how_long: Duration) -> Vec<Packet> {
    let mut packets = Vec::new();
    loop {
        match session.poll_output() {
            Output::Transmit { bytes, .. } if !offhook_media::rtp::is_rtcp(bytes) => {
                let mut input = Bytes::copy_from_slice(bytes);
                packets.push(Packet::unmarshal(&mut input).expect("the rtp crate reads it"));
            }
            Output::Timeout(Some(at)) if at < from + for_how_long => session.handle_timeout(at),
            Output::Timeout(_) => return packets,
            _ => {}
        }
    }
}

#[test]
fn the_rtp_crate_reads_a_tone_without_a_gap() {
    let now = Instant::now();
    let mut session = session(now);
    session.set_source(Side::A, Source::Tone(Tone::new(ToneKind::Test1k, Country::De, 8000)), now);
    let packets = sent(&mut session, now, Duration::from_secs(1));
    assert!((49..=51).contains(&packets.len()), "{} packets in a second", packets.len());
    assert!(packets[0].header.marker, "a talkspurt begins with a marker (RFC 3551 4.1)");
    let mut pcm = Vec::new();
    let mut decoder = Decoder::new(Codec::Pcma, 8000).unwrap();
    for (before, packet) in packets.iter().zip(&packets[1..]) {
        assert_eq!(packet.header.sequence_number, before.header.sequence_number.wrapping_add(1));
        assert_eq!(packet.header.timestamp, before.header.timestamp.wrapping_add(160));
        assert_eq!(packet.header.ssrc, before.header.ssrc);
        assert!(!packet.header.marker && !packet.header.padding && !packet.header.extension);
        assert_eq!(packet.header.payload_type, 8);
        decoder.decode(&packet.payload, &mut pcm).unwrap();
    }
    let frequency = measure::dominant_frequency(&pcm, 8000).unwrap();
    assert!((frequency - 1000.0).abs() < 2.0, "{frequency}");
}

#[test]
fn the_rtp_crate_reads_our_telephone_events() {
    let now = Instant::now();
    let mut session = session(now);
    session.send_digits(Side::A, "5", now);
    let packets = sent(&mut session, now, Duration::from_secs(1));
    let events: Vec<&Packet> = packets.iter().filter(|p| p.header.payload_type == 101).collect();
    assert!(events.len() >= 5, "{}", events.len());
    // RFC 4733 2.3 and 2.5: one timestamp for the event, the digit, the end bit in the last packets, thrice.
    assert!(events.iter().all(|p| p.header.timestamp == events[0].header.timestamp && p.payload[0] == 5));
    let ends = events.iter().filter(|p| p.payload[1] & 0x80 != 0).count();
    assert_eq!(ends, 3);
    assert!(events[0].header.marker && events[1..].iter().all(|p| !p.header.marker));
}

#[test]
fn we_read_what_the_rtp_crate_writes() {
    let mut header = Header {
        version: 2,
        padding: true,
        marker: true,
        payload_type: 9,
        sequence_number: 65535,
        timestamp: u32::MAX,
        ssrc: 0xdead_beef,
        csrc: vec![1, 2, 3],
        ..Default::default()
    };
    header.set_extension(1, Bytes::from_static(&[1, 2, 3])).unwrap();
    let packet = Packet { header, payload: Bytes::from_static(b"sixteen octets !") };
    let bytes = packet.marshal().unwrap();
    let (read, payload) = RtpHeader::parse(&bytes).unwrap();
    assert_eq!((read.payload_type, read.marker, read.sequence), (9, true, 65535));
    assert_eq!((read.timestamp, read.ssrc), (u32::MAX, 0xdead_beef));
    assert_eq!(&bytes[payload], b"sixteen octets !");
}
