//! Calls between two phones, on made-up time.

use std::time::Duration;

use super::*;
use crate::dsp::{Country, ToneKind};
use crate::dtmf::TelephoneEvent;
use crate::rtp::RtpHeader;
use crate::sdp::Direction;
use crate::testing::{FRAME, Heard, Whistle, World, assert_whistle, listen, negotiated, phone};

mod converted;
mod copied;
mod dialled;
mod random;
mod recorded;
mod taken;

const PHONE_CODECS: [Codec; 4] = [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus];

fn payloads(heard: &[Heard]) -> impl Iterator<Item = &[u8]> {
    heard.iter().map(|packet| packet.payload.as_slice())
}

/// Whistles from one side for a while.
fn whistle(world: &mut World, side: Side, whistle: &mut Whistle, frames: usize) {
    for _ in 0..frames {
        let (header, payload) = whistle.next();
        world.rtp(side, header, &payload);
        world.run(FRAME);
    }
}

fn whistle_for(side: Side, codec: Codec) -> Whistle {
    Whistle::new(codec, negotiated(side, codec).payload_type, 0xabcd)
}

#[test]
fn a_session_can_move_between_threads() {
    fn sendable<T: Send>() {}
    sendable::<Session>();
}

#[test]
fn every_codec_pair_carries_a_tone() {
    for from in PHONE_CODECS {
        for to in PHONE_CODECS {
            let mut world = World::bridged(from, to);
            whistle(&mut world, Side::A, &mut whistle_for(Side::A, from), 50);
            let heard = world.heard(Side::B);
            // A playout may wait for a packet or two before it starts.
            assert!((47..=50).contains(&heard.len()), "{from} to {to}: {}", heard.len());
            assert_whistle(to, payloads(heard));
            let transcoding = world.events.contains(&Event::Transcoding { side: Side::B, from, to });
            assert_eq!(transcoding, from != to);
            let step = to.rtp_clock() / 50;
            for (pair, n) in heard.windows(2).zip(0..) {
                let (last, next) = (&pair[0].header, &pair[1].header);
                assert_eq!(next.sequence, last.sequence.wrapping_add(1));
                assert_eq!(next.timestamp, last.timestamp.wrapping_add(step), "{n}");
                assert_eq!(next.ssrc, last.ssrc);
                assert_eq!(next.payload_type, negotiated(Side::B, to).payload_type);
            }
            assert!(heard[0].header.marker && !heard[1].header.marker);
        }
    }
}

#[test]
fn relayed_audio_is_untouched_and_keeps_loss_and_order() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut source = whistle_for(Side::A, Codec::Pcma);
    let packets: Vec<_> = (0..6).map(|_| source.next()).collect();
    for index in [0, 2, 1, 2, 5] {
        let (header, payload) = &packets[index];
        world.rtp(Side::A, *header, payload);
    }
    let heard = world.heard(Side::B);
    let first = heard[0].header;
    let order: Vec<_> = heard.iter().map(|h| h.header.sequence.wrapping_sub(first.sequence)).collect();
    // The repeated packet is left out, the lost ones stay lost.
    assert_eq!(order, [0, 2, 1, 5]);
    for (packet, index) in heard.iter().zip([0, 2, 1, 5_usize]) {
        assert_eq!(packet.payload, packets[index].1);
        assert_eq!(packet.header.timestamp.wrapping_sub(first.timestamp), 160 * index as u32);
        assert_eq!(packet.to, phone(Side::B));
    }
    assert_ne!(first.ssrc, packets[0].0.ssrc);
    let stats = world.session.stats(Side::A);
    assert_eq!((stats.packets_in, stats.lost), (4, 2));
    assert_eq!(stats.codec, Some(Codec::Pcma));
    assert_eq!(stats.bytes_in, 640);
    assert_eq!(world.session.stats(Side::B).packets_out, 4);
}

#[test]
fn audio_follows_the_first_source_and_ignores_strangers() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    // Behind a NAT: another address than in the SDP.
    let nat = "127.0.0.99:9999".parse().unwrap();
    let stranger = "127.0.0.66:6666".parse().unwrap();
    let mut a = whistle_for(Side::A, Codec::Pcma);
    let mut b = whistle_for(Side::B, Codec::Pcma);

    let (header, payload) = b.next();
    world.rtp(Side::B, header, &payload);
    assert_eq!(world.heard(Side::A)[0].to, phone(Side::A));

    // Neither noise nor an unknown payload type is a valid first packet.
    world.session.handle_packet(Side::A, Channel::Rtp, stranger, b"hello", world.now);
    let (header, payload) = a.next();
    let unknown = RtpHeader { payload_type: 77, ..header };
    world.rtp_from(Side::A, stranger, unknown, &payload);
    world.rtp_from(Side::A, nat, header, &payload);
    let (header, payload) = a.next();
    world.rtp_from(Side::A, stranger, header, &payload);
    assert_eq!(world.heard(Side::B).len(), 1);

    let (header, payload) = b.next();
    world.rtp(Side::B, header, &payload);
    assert_eq!(world.heard(Side::A)[1].to, nat);

    // The address in the SDP is never a stranger.
    let (header, payload) = a.next();
    world.rtp(Side::A, header, &payload);
    let (header, payload) = b.next();
    world.rtp(Side::B, header, &payload);
    assert_eq!(world.heard(Side::A)[2].to, phone(Side::A));
    let first: Vec<_> = world.events.iter().filter(|event| matches!(event, Event::FirstPacket(_))).collect();
    assert_eq!(first, [&Event::FirstPacket(Side::B), &Event::FirstPacket(Side::A)]);
}

#[test]
fn renegotiation_moves_the_leg_and_keeps_the_stream() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 5);
    let moved: SocketAddr = "127.0.0.12:6000".parse().unwrap();
    let update = Negotiated { remote: moved, ..negotiated(Side::B, Codec::Opus) };
    world.session.update_rtp(Side::B, update, world.now);
    whistle(&mut world, Side::A, &mut a, 50);
    let heard = world.heard(Side::B);
    assert!((52..=55).contains(&heard.len()), "{}", heard.len());
    assert_eq!(heard[5].to, moved);
    assert_eq!(heard[5].header.payload_type, 96);
    assert_eq!(heard[5].header.ssrc, heard[4].header.ssrc);
    assert_eq!(heard[5].header.sequence, heard[4].header.sequence.wrapping_add(1));
    // Right after it, in the new clock.
    assert_eq!(heard[5].header.timestamp.wrapping_sub(heard[4].header.timestamp), 960);
    assert_whistle(Codec::Opus, payloads(&heard[5..]));
}

#[test]
fn hold_stops_audio_and_resuming_leaves_no_gap() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 5);
    for (direction, expected) in [(Direction::RecvOnly, 5), (Direction::Inactive, 5), (Direction::SendRecv, 10)] {
        let update = Negotiated { direction, ..negotiated(Side::B, Codec::Pcma) };
        world.session.update_rtp(Side::B, update, world.now);
        whistle(&mut world, Side::A, &mut a, 5);
        assert_eq!(world.heard(Side::B).len(), expected, "{direction:?}");
    }
    let heard = world.heard(Side::B);
    assert_eq!(heard[5].header.sequence, heard[4].header.sequence.wrapping_add(1));
    // The time of the hold has passed all the same.
    assert_eq!(heard[5].header.timestamp.wrapping_sub(heard[4].header.timestamp), 11 * 160);
}

#[test]
fn digits_are_reported_once_and_passed_on_in_the_other_clock() {
    let mut world = World::bridged(Codec::Pcma, Codec::Opus);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 3);
    let start = a.header.timestamp;
    for n in 1..=7_u16 {
        let event = TelephoneEvent { event: 11, end: n >= 5, volume: 10, duration: 160 * n.min(5) };
        let header = RtpHeader { payload_type: 101, marker: n == 1, timestamp: start, ..a.header };
        world.rtp(Side::A, header, &event.to_bytes());
        a.header.sequence = a.header.sequence.wrapping_add(1);
        world.run(FRAME);
    }
    a.header.timestamp = start.wrapping_add(7 * 160);
    whistle(&mut world, Side::A, &mut a, 5);

    let digits: Vec<_> = world.events.iter().filter(|event| matches!(event, Event::Digit { .. })).collect();
    assert_eq!(digits, [&Event::Digit { side: Side::A, digit: '#', duration_ms: 100 }]);
    let heard = world.heard(Side::B);
    let begin = heard.iter().position(|packet| packet.header.payload_type == 101).unwrap();
    let events = &heard[begin..begin + 7];
    let first = &events[0].header;
    assert!(first.marker);
    assert_eq!(first.timestamp.wrapping_sub(heard[begin - 1].header.timestamp), 960);
    for (packet, n) in events.iter().zip(1_u16..) {
        let event = TelephoneEvent::parse(&packet.payload).unwrap();
        assert_eq!(packet.header.payload_type, 101);
        assert_eq!(packet.header.timestamp, first.timestamp);
        assert_eq!((event.event, event.end), (11, n >= 5));
        assert_eq!(event.duration, 960 * n.min(5));
    }
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
    }
    // The time of the digit has passed for the audio too.
    let after = heard[begin + 7].header.timestamp.wrapping_sub(first.timestamp);
    assert!((6 * 960..=8 * 960).contains(&after), "{after}");
}

#[test]
fn digits_sent_by_us_replace_the_audio_for_their_time() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 3);
    world.session.send_digits(Side::B, "4*", world.now);
    whistle(&mut world, Side::A, &mut a, 25);
    let heard = world.heard(Side::B);
    let events: Vec<_> = heard
        .iter()
        .filter(|packet| packet.header.payload_type == 101)
        .map(|packet| TelephoneEvent::parse(&packet.payload).unwrap())
        .collect();
    assert_eq!(events.len(), 14);
    assert_eq!(events[0].digit(), Some('4'));
    assert_eq!(events[13].digit(), Some('*'));
    assert_eq!(events.iter().filter(|event| event.end).count(), 6);
    let starts: Vec<_> = heard
        .iter()
        .filter(|packet| packet.header.payload_type == 101 && packet.header.marker)
        .map(|packet| packet.header.timestamp)
        .collect();
    assert_eq!(starts.len(), 2);
    // 150 ms, and up to a packet of audio in the pause.
    let apart = starts[1].wrapping_sub(starts[0]);
    assert!((1_200..=1_360).contains(&apart), "{apart}");
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
        let step = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp) as i32;
        assert!(step >= 0 || pair[1].header.payload_type == 8, "{step}");
    }
    // The audio after the digits is in time with the audio before.
    let before = &heard[2].header;
    let after = &heard[heard.len() - 1].header;
    assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 25 * 160);
}

#[test]
fn a_tone_is_paced_and_in_the_codec_of_the_leg() {
    for codec in PHONE_CODECS {
        let mut world = World::new();
        world.set_phone(Side::A, negotiated(Side::A, codec));
        let tone = Tone::new(ToneKind::Test1k, Country::De, 8_000);
        world.hear(Side::A, Source::Tone(tone));
        world.run(Duration::from_millis(990));
        let heard = world.heard(Side::A);
        assert_eq!(heard.len(), 50, "{codec}");
        for (packet, n) in heard.iter().zip(0_u32..) {
            assert_eq!(packet.at, world.start + FRAME * n);
            assert_eq!(packet.header.timestamp, heard[0].header.timestamp.wrapping_add(n * codec.rtp_clock() / 50));
        }
        let (frequency, level) = listen(codec, payloads(heard));
        assert!((frequency - 1_000.0).abs() < 3.0, "{codec}: {frequency}");
        assert!(level > -30.0, "{codec}: {level}");
        world.hear(Side::A, Source::Silence);
        world.run(Duration::from_secs(1));
        assert_eq!(world.heard(Side::A).len(), 50);
    }
}

#[test]
fn a_late_timer_neither_drifts_nor_bursts() {
    let mut world = World::new();
    world.set_phone(Side::A, negotiated(Side::A, Codec::Pcmu));
    let tone = Tone::new(ToneKind::Ringback, Country::De, 8_000);
    world.hear(Side::A, Source::Tone(tone));
    for n in 1..50 {
        let late = Duration::from_millis(if n % 3 == 0 { 7 } else { 0 });
        world.now = world.start + FRAME * n + late;
        world.session.handle_timeout(world.now);
        world.drain();
    }
    assert_eq!(world.heard(Side::A).len(), 50);
    world.now += Duration::from_secs(3);
    world.session.handle_timeout(world.now);
    world.drain();
    let heard = world.heard(Side::A);
    assert!(heard.len() <= 52, "{}", heard.len());
    let last = &heard[heard.len() - 1];
    let ticks = last.header.timestamp.wrapping_sub(heard[0].header.timestamp);
    let expected = (last.at - heard[0].at).as_millis() as u32 * 8;
    assert!(ticks.abs_diff(expected) <= 160, "{ticks} {expected}");
}

#[test]
fn a_tone_gives_way_to_the_peer_on_the_same_stream() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let tone = Tone::new(ToneKind::Ringback, Country::De, 8_000);
    world.hear(Side::B, Source::Tone(tone));
    world.run(Duration::from_millis(190));
    assert_eq!(world.heard(Side::B).len(), 10);
    world.hear(Side::B, Source::Peer);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 30);
    let heard = world.heard(Side::B);
    assert_eq!(heard.len(), 40);
    assert!(heard[10].header.marker);
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.ssrc, pair[0].header.ssrc);
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
        let step = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
        assert_eq!(step, 160);
    }
    assert_whistle(Codec::Pcma, payloads(&heard[10..]));
}

#[test]
fn an_echo_comes_back_and_nothing_goes_across() {
    let mut world = World::bridged(Codec::G722, Codec::Pcma);
    world.hear(Side::A, Source::Echo);
    world.hear(Side::B, Source::Silence);
    whistle(&mut world, Side::A, &mut whistle_for(Side::A, Codec::G722), 30);
    assert_whistle(Codec::G722, payloads(world.heard(Side::A)));
    assert!(world.heard(Side::B).is_empty());
}

#[test]
fn a_changed_source_is_followed() {
    let mut world = World::bridged(Codec::Pcma, Codec::G722);
    whistle(&mut world, Side::A, &mut whistle_for(Side::A, Codec::Pcma), 10);
    // The PBX splices in another party: new source, numbers from anywhere.
    let mut other = Whistle::new(Codec::Pcma, 8, 0x1234);
    other.header.sequence = 3;
    other.header.timestamp = 99;
    whistle(&mut world, Side::A, &mut other, 10);
    let heard = world.heard(Side::B);
    assert!((17..=20).contains(&heard.len()), "{}", heard.len());
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
        assert_eq!(pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp), 160);
    }
    assert_whistle(Codec::G722, payloads(heard));
    assert_eq!(world.session.stats(Side::A).lost, 0);
}

#[test]
fn reports_go_out_and_the_peers_are_read() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    for n in 0..1_000 {
        let (header, payload) = a.next();
        // One in ten is lost on the way to us.
        if n % 10 != 5 {
            world.rtp(Side::A, header, &payload);
        }
        world.run(FRAME);
    }
    let reports = world.rtcp.iter().filter(|(side, _)| *side == Side::A);
    assert!((2..=8).contains(&reports.count()));
    assert_eq!(world.session.stats(Side::A).lost, 100);

    // The phone at B says that it lost 7 of ours.
    let ours = world.heard(Side::B)[0].header.ssrc;
    let mut report = vec![0x81, 201, 0, 7, 0, 0, 0, 1];
    report.extend(ours.to_be_bytes());
    report.extend([0, 0, 0, 7]);
    report.extend([0; 16]);
    let stranger = "127.0.0.66:1".parse().unwrap();
    let now = world.now;
    world.session.handle_packet(Side::B, Channel::Rtcp, stranger, &report, now);
    assert_eq!(world.session.stats(Side::B).lost_remote, None);
    let from = SocketAddr::new(phone(Side::B).ip(), phone(Side::B).port() + 1);
    world.session.handle_packet(Side::B, Channel::Rtcp, from, &report, now);
    assert_eq!(world.session.stats(Side::B).lost_remote, Some(7));

    world.rtcp.clear();
    world.session.clear_leg(Side::B);
    world.drain();
    let (side, goodbye) = &world.rtcp[0];
    assert_eq!(*side, Side::B);
    // The last of the compound packet is a BYE.
    assert_eq!(goodbye[goodbye.len() - 7], 203);
    assert!(world.session.leg(Side::B).is_none());
}

#[test]
fn a_leg_that_sent_nothing_says_no_goodbye() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    world.session.clear_leg(Side::A);
    world.drain();
    assert_eq!(world.rtcp, []);
}

#[test]
fn an_idle_session_asks_for_no_more_than_reports() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let Output::Timeout(Some(at)) = world.session.poll_output() else {
        panic!("no timeout");
    };
    assert!(at - world.now >= Duration::from_secs(2));
    world.session.clear_leg(Side::A);
    world.session.clear_leg(Side::B);
    world.drain();
    assert!(matches!(world.session.poll_output(), Output::Timeout(None)));
}
