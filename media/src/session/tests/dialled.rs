//! Digits from side to side: each once, with its length, whatever each side knows.

use super::*;
use crate::codec::{Decoder, Encoder};
use crate::dtmf::Pressed;
use crate::dtmf::inband::{DigitDetector, DigitTone};

const LENGTH: u64 = 160;

/// How a phone presses digits, or hears them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Telephone events at this clock.
    Events(u32),
    Tones,
    Signalling,
}

fn phone_of(side: Side, codec: Codec, kind: Kind) -> Negotiated {
    let telephone_event = match kind {
        Kind::Events(clock) => Some((101, 101, clock)),
        _ => None,
    };
    Negotiated { telephone_event, ..negotiated(side, codec) }
}

/// A phone at A that presses `5` for 160 ms, a phone at B.
fn press(from: Kind, codec_in: Codec, to: Kind, codec_out: Codec) -> World {
    let mut world = World::bridged(codec_in, codec_out);
    world.session.update_rtp(Side::A, phone_of(Side::A, codec_in, from), world.now);
    world.session.update_rtp(Side::B, phone_of(Side::B, codec_out, to), world.now);
    world.session.set_digits(Side::A, DigitPolicy { detect: true, ..DigitPolicy::default() });
    let send = match to {
        Kind::Events(_) => DigitMethod::Events,
        Kind::Tones => DigitMethod::Tones,
        Kind::Signalling => DigitMethod::Signalling,
    };
    world.session.set_digits(Side::B, DigitPolicy { send, detect: false });
    let mut a = whistle_for(Side::A, codec_in);
    let mut silent = Encoder::new(codec_in, codec_in.sample_rate()).unwrap();
    let rate = codec_in.sample_rate();
    let mut tone = DigitTone::new('5', Duration::from_millis(LENGTH), rate).unwrap();
    let start = a.header.timestamp.wrapping_add(10 * codec_in.rtp_clock() / 50);
    for n in 0..60_u16 {
        let mut pcm = vec![0; rate as usize / 50];
        let pressing = (10..21).contains(&n);
        if pressing && from == Kind::Tones {
            tone.fill(&mut pcm);
        }
        match from {
            Kind::Events(clock) if pressing => {
                let frame = (clock / 50) as u16;
                let so_far = (n - 9).min(8);
                let event = TelephoneEvent { event: 5, end: so_far == 8, volume: 10, duration: frame * so_far };
                let header = RtpHeader { payload_type: 101, marker: n == 10, timestamp: start, ..a.header };
                world.rtp(Side::A, header, &event.to_bytes());
            }
            _ => {
                let mut payload = Vec::new();
                silent.encode(&pcm, &mut payload).unwrap();
                world.rtp(Side::A, RtpHeader { marker: n == 0, ..a.header }, &payload);
            }
        }
        if from == Kind::Signalling && n == 18 {
            world.session.receive_digit(Side::A, '5', Duration::from_millis(LENGTH), world.now);
            world.drain();
        }
        a.header.sequence = a.header.sequence.wrapping_add(1);
        a.header.timestamp = a.header.timestamp.wrapping_add(codec_in.rtp_clock() / 50);
        world.run(FRAME);
    }
    world
}

/// Digits that the phone at B took from telephone events.
fn by_events(heard: &[Heard], clock: u32) -> Vec<Pressed> {
    let mut pressed = Vec::new();
    let mut receiver = crate::dtmf::DigitReceiver::default();
    for packet in heard.iter().filter(|packet| packet.header.payload_type == 101) {
        let event = TelephoneEvent::parse(&packet.payload).unwrap();
        let key = (packet.header.ssrc, packet.header.timestamp);
        receiver.packet(key, event, clock, packet.at, |digit| pressed.push(digit));
    }
    pressed
}

/// Digits that the phone at B hears as tones.
fn by_ear(heard: &[Heard], codec: Codec) -> Vec<Pressed> {
    let mut decoder = Decoder::new(codec, codec.sample_rate()).unwrap();
    let mut pcm = Vec::new();
    for packet in heard.iter().filter(|packet| packet.header.payload_type != 101) {
        decoder.decode(&packet.payload, &mut pcm).unwrap();
    }
    pcm.extend(vec![0; codec.sample_rate() as usize / 5]);
    let mut pressed = Vec::new();
    let mut detector = DigitDetector::new(codec.sample_rate());
    for frame in pcm.chunks(codec.sample_rate() as usize / 50) {
        detector.process(frame, |digit| pressed.push(digit));
    }
    pressed
}

#[test]
fn each_digit_arrives_once_with_its_length_whatever_each_side_knows() {
    let sides = [
        (Kind::Events(8_000), Codec::Pcma),
        (Kind::Events(16_000), Codec::G722),
        (Kind::Events(48_000), Codec::Opus),
        (Kind::Tones, Codec::Pcma),
        (Kind::Signalling, Codec::Pcmu),
    ];
    for (from, codec_in) in sides {
        for (to, codec_out) in sides {
            let world = press(from, codec_in, to, codec_out);
            let heard = world.heard(Side::B);
            let name = format!("{from:?} to {to:?}");
            let reported: Vec<_> = world
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::Digit { side: Side::A, digit, duration_ms } => Some((*digit, *duration_ms)),
                    _ => None,
                })
                .collect();
            let signalled: Vec<_> = world
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::Signal { side: Side::B, digit, duration_ms } => Some((*digit, *duration_ms)),
                    _ => None,
                })
                .collect();
            let Kind::Events(clock) = to else {
                assert_eq!(by_events(heard, 8_000), [], "{name}");
                let got = match to {
                    Kind::Tones => {
                        assert_eq!(signalled, [], "{name}");
                        by_ear(heard, codec_out).iter().map(|p| (p.digit, p.duration_ms)).collect()
                    }
                    _ => signalled,
                };
                if (from, to) == (Kind::Tones, Kind::Tones) {
                    assert_eq!(reported, [], "{name}: they go there as they are");
                } else {
                    assert_once(&reported, &name);
                }
                assert_once(&got, &name);
                continue;
            };
            assert_once(&reported, &name);
            let got: Vec<_> = by_events(heard, clock).iter().map(|p| (p.digit, p.duration_ms)).collect();
            assert_once(&got, &name);
            assert_eq!(signalled, [], "{name}");
        }
    }
}

fn assert_once(digits: &[(char, u32)], name: &str) {
    assert_eq!(digits.len(), 1, "{name}: {digits:?}");
    let (digit, length) = digits[0];
    assert_eq!(digit, '5', "{name}");
    // Tones are measured by ear, to a few blocks of the detector.
    assert!(u64::from(length).abs_diff(LENGTH) <= 40, "{name}: {length} ms");
}

#[test]
fn the_same_press_by_signalling_and_by_events_counts_once() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let a = whistle_for(Side::A, Codec::Pcma);
    let header = RtpHeader { payload_type: 101, ..a.header };
    for n in 0..3_u32 {
        let header = RtpHeader { sequence: n as u16, timestamp: n * 4_000, ..header };
        world.rtp(Side::A, header, &[5, 0x8a, 3, 0x20]);
        world.session.receive_digit(Side::A, '5', Duration::from_millis(100), world.now);
        world.run(Duration::from_millis(500));
    }
    let digits = world.events.iter().filter(|event| matches!(event, Event::Digit { digit: '5', .. }));
    assert_eq!(digits.count(), 3);
    assert_eq!(by_events(world.heard(Side::B), 8_000).len(), 3);
}

#[test]
fn digits_from_here_become_tones_where_no_events_were_agreed() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let without = Negotiated { telephone_event: None, ..negotiated(Side::B, Codec::Pcma) };
    world.session.update_rtp(Side::B, without, world.now);
    assert!(!world.session.can_send_digits(Side::B));
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 20);
    world.session.send_digits_for(Side::B, "1#", Duration::from_millis(120), world.now);
    whistle(&mut world, Side::A, &mut a, 40);
    let heard = world.heard(Side::B);
    let digits = by_ear(heard, Codec::Pcma);
    assert_eq!(digits.iter().map(|pressed| pressed.digit).collect::<String>(), "1#");
    assert!(digits.iter().all(|pressed| pressed.duration_ms.abs_diff(120) <= 40), "{digits:?}");
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
        let forward = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
        assert!((160..=480).contains(&forward), "{forward}");
    }
    // The peer is heard again.
    assert_whistle(Codec::Pcma, payloads(&heard[heard.len() - 15..]));
}
