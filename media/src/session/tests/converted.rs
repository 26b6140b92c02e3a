//! Audio between codecs, as a listener hears it.

use super::*;
use crate::codec::Decoder;
use crate::dsp::measure;
use crate::random::Random;
use crate::sound::{Clip, Player};

/// What a phone with one codec hears, packet after packet.
fn pcm(codec: Codec, heard: &[Heard]) -> Vec<i16> {
    let mut decoder = Decoder::new(codec, codec.sample_rate()).unwrap();
    let mut pcm = Vec::new();
    for packet in heard {
        decoder.decode(&packet.payload, &mut pcm).unwrap();
    }
    pcm
}

fn assert_gapless(heard: &[Heard], step: u32) {
    for pair in heard.windows(2) {
        let (last, next) = (&pair[0].header, &pair[1].header);
        assert_eq!(next.ssrc, last.ssrc);
        assert_eq!(next.sequence, last.sequence.wrapping_add(1));
        assert_eq!(next.timestamp.wrapping_sub(last.timestamp), step);
    }
}

/// The largest step between two samples.
fn step(pcm: &[i16]) -> u16 {
    pcm.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap_or(0)
}

#[test]
fn every_pair_and_packet_length_stands_loss_and_jitter() {
    let mut random = Random::new(7);
    for from in PHONE_CODECS {
        for to in PHONE_CODECS {
            // The laws of G.711 are relayed, which leaves loss to the receiver.
            if from == to || from.sample_rate() + to.sample_rate() == 16_000 {
                continue;
            }
            for (ms_in, ms_out) in [(10, 60), (20, 10), (30, 20), (40, 30), (60, 40), (20, 60)] {
                let mut world = World::bridged(from, to);
                let ptime = Negotiated { ptime: ms_out, ..negotiated(Side::B, to) };
                world.session.update_rtp(Side::B, ptime, world.now);
                let mut source = whistle_for(Side::A, from).with(Whistle::HZ, ms_in);
                let mut network: Vec<(Instant, RtpHeader, Vec<u8>)> = (0..3_000 / ms_in)
                    .map(|n| {
                        let (header, payload) = source.next();
                        let delay = (n * ms_in) as u64 + u64::from(random.next_u32() % 30);
                        (world.start + Duration::from_millis(delay), header, payload)
                    })
                    .collect();
                network.retain(|_| random.next_u32() % 100 >= 3);
                network.sort_by_key(|packet| packet.0);
                for (at, header, payload) in network {
                    world.run(at - world.now);
                    world.rtp(Side::A, header, &payload);
                }
                let heard = world.heard(Side::B);
                assert_gapless(heard, to.rtp_clock() / 1_000 * ms_out);
                let sent = heard.len() as u32 * ms_out;
                assert!((2_700..=3_060).contains(&sent), "{from} {ms_in} to {to} {ms_out}: {sent} ms");
                let pcm = pcm(to, heard);
                let rate = to.sample_rate();
                let settled = &pcm[rate as usize / 2..];
                let frequency = measure::dominant_frequency(settled, rate).unwrap_or(0.0);
                let level = measure::rms(settled);
                assert!((frequency - Whistle::HZ).abs() < 5.0, "{from} {ms_in} to {to} {ms_out}: {frequency} Hz");
                assert!((level + 10.0).abs() < 2.5, "{from} {ms_in} to {to} {ms_out}: {level} dBFS");
            }
        }
    }
}

#[test]
fn a_phone_that_changes_codecs_is_heard_without_a_click() {
    // 200 Hz moves by 1,700 a sample at most; a cut at a bad moment would be ten times as much.
    let natural = 1_700;
    for (first, second) in [(Codec::Pcma, Codec::G722), (Codec::G722, Codec::Pcma), (Codec::Opus, Codec::G722)] {
        for frames in 20..28 {
            let mut world = World::bridged(first, Codec::Pcma);
            let mut a = whistle_for(Side::A, first).with(200.0, 20);
            whistle(&mut world, Side::A, &mut a, frames);
            let settled = world.heard(Side::B).len();
            let update = negotiated(Side::A, second);
            a.switch(second, update.payload_type);
            world.session.update_rtp(Side::A, update, world.now);
            whistle(&mut world, Side::A, &mut a, 25);
            let heard = world.heard(Side::B);
            assert!(heard.len() + 4 >= frames + 25, "{first} to {second}: {}", heard.len());
            let pcm = pcm(Codec::Pcma, heard);
            let around = &pcm[(settled - 3) * 160..];
            assert!(step(around) < 3 * natural, "{first} to {second} after {frames}: {}", step(around));
            for pair in heard.windows(2) {
                assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
                let apart = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
                assert!((160..=480).contains(&apart), "{first} to {second}: {apart}");
            }
        }
    }
}

#[test]
fn a_listener_that_changes_codecs_and_packet_length_loses_nothing() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    let mut lengths = Vec::new();
    for (codec, ptime) in [(Codec::Opus, 20), (Codec::G722, 40), (Codec::Pcma, 20), (Codec::Opus, 60)] {
        let update = Negotiated { ptime, ..negotiated(Side::B, codec) };
        world.session.update_rtp(Side::B, update, world.now);
        let before = world.heard(Side::B).len();
        whistle(&mut world, Side::A, &mut a, 60);
        let heard = &world.heard(Side::B)[before..];
        assert!(heard.len() as u32 * ptime >= 1_100, "{codec}: {}", heard.len());
        let payload_type = negotiated(Side::B, codec).payload_type;
        assert!(heard.iter().all(|packet| packet.header.payload_type == payload_type));
        assert_whistle(codec, payloads(heard));
        lengths.push(heard.len());
    }
    let heard = world.heard(Side::B);
    assert_eq!(heard.len(), lengths.iter().sum::<usize>());
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
        assert_eq!(pair[1].header.ssrc, pair[0].header.ssrc);
        let forward = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
        assert!(forward > 0 && forward <= 48 * 180, "{forward}");
    }
}

#[test]
fn a_stream_that_pauses_is_silence_and_then_nothing_until_it_goes_on() {
    let mut world = World::bridged(Codec::Pcma, Codec::G722);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 25);
    world.run(Duration::from_secs(2));
    let paused = world.heard(Side::B).len();
    // A second of silence, not of concealment.
    assert!((60..=90).contains(&paused), "{paused}");
    let last = pcm(Codec::G722, world.heard(Side::B));
    assert!(measure::rms(&last[last.len() - 1_600..]) < -60.0);

    let before = world.wakes;
    world.run(Duration::from_secs(60));
    assert_eq!(world.heard(Side::B).len(), paused);
    assert!(world.wakes - before < 60, "{}", world.wakes - before);

    a.header.timestamp = a.header.timestamp.wrapping_add(62 * 8_000);
    whistle(&mut world, Side::A, &mut a, 25);
    let heard = world.heard(Side::B);
    assert!(heard.len() >= paused + 20);
    let (before, after) = (&heard[paused - 1], &heard[paused]);
    assert!(after.header.marker);
    assert_eq!(after.header.sequence, before.header.sequence.wrapping_add(1));
    let passed = (after.at - before.at).as_millis() as u32 * 8;
    let ticks = after.header.timestamp.wrapping_sub(before.header.timestamp);
    assert!(ticks.abs_diff(passed) <= 320, "{ticks} {passed}");
    assert_gapless(&heard[paused..], 160);
    assert_whistle(Codec::G722, payloads(&heard[paused..]));
}

#[test]
fn hold_and_resume_keep_one_stream_between_codecs() {
    let mut world = World::bridged(Codec::Pcma, Codec::Opus);
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 25);
    let held = Negotiated { direction: Direction::RecvOnly, ..negotiated(Side::B, Codec::Opus) };
    world.session.update_rtp(Side::B, held, world.now);
    let before = world.heard(Side::B).len();
    whistle(&mut world, Side::A, &mut a, 50);
    assert_eq!(world.heard(Side::B).len(), before);
    world.session.update_rtp(Side::B, negotiated(Side::B, Codec::Opus), world.now);
    whistle(&mut world, Side::A, &mut a, 40);
    let heard = world.heard(Side::B);
    assert!(heard.len() >= before + 38);
    assert_eq!(heard[before].header.sequence, heard[before - 1].header.sequence.wrapping_add(1));
    assert!(heard[before].header.marker);
    let ticks = heard[before].header.timestamp.wrapping_sub(heard[before - 1].header.timestamp);
    assert!(ticks.abs_diff(51 * 960) <= 960, "{ticks}");
    assert_whistle(Codec::Opus, payloads(&heard[before..]));
}

#[test]
fn comfort_noise_is_relayed_where_both_know_it_and_made_where_one_does() {
    let noisy = |side, codec| Negotiated { comfort_noise: Some((13, 13)), ..negotiated(side, codec) };
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    for side in [Side::A, Side::B] {
        world.session.update_rtp(side, noisy(side, Codec::Pcma), world.now);
    }
    let mut a = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut a, 5);
    world.rtp(Side::A, RtpHeader { payload_type: 13, ..a.header }, &[60]);
    let heard = world.heard(Side::B);
    assert_eq!((heard.len(), heard[5].header.payload_type, &heard[5].payload[..]), (6, 13, &[60_u8][..]));

    // Made: a person who stops speaking.
    let mut world = World::bridged(Codec::G722, Codec::Pcma);
    world.session.update_rtp(Side::B, noisy(Side::B, Codec::Pcma), world.now);
    let mut a = whistle_for(Side::A, Codec::G722);
    whistle(&mut world, Side::A, &mut a, 50);
    let mut quiet = crate::codec::Encoder::new(Codec::G722, 16_000).unwrap();
    let mut random = Random::new(1);
    for _ in 0..150 {
        let pcm: Vec<i16> = (0..320).map(|_| (random.next_u32() % 20) as i16 - 10).collect();
        let mut payload = Vec::new();
        quiet.encode(&pcm, &mut payload).unwrap();
        world.rtp(Side::A, a.header, &payload);
        a.header.sequence = a.header.sequence.wrapping_add(1);
        a.header.timestamp = a.header.timestamp.wrapping_add(160);
        world.run(FRAME);
    }
    let heard = world.heard(Side::B);
    let noise: Vec<_> = heard.iter().filter(|packet| packet.header.payload_type == 13).collect();
    assert!((2..20).contains(&noise.len()), "{}", noise.len());
    assert!(heard.len() < 150, "{}", heard.len());
    assert!(noise[0].payload[0] > 50, "{:?}", noise[0].payload);
}

#[test]
fn pauses_go_unsent_to_who_prefers_that() {
    let sent = |dtx| {
        let mut world = World::bridged(Codec::Pcma, Codec::Opus);
        world.session.update_rtp(Side::B, Negotiated { dtx, ..negotiated(Side::B, Codec::Opus) }, world.now);
        let mut a = whistle_for(Side::A, Codec::Pcma);
        whistle(&mut world, Side::A, &mut a, 50);
        for _ in 0..200 {
            world.rtp(Side::A, a.header, &[0xd5; 160]);
            a.header.sequence = a.header.sequence.wrapping_add(1);
            a.header.timestamp = a.header.timestamp.wrapping_add(160);
            world.run(FRAME);
        }
        world.heard(Side::B).len()
    };
    let (with, without) = (sent(true), sent(false));
    assert!(without >= 248, "{without}");
    assert!(with < without - 100, "{with} of {without}");
}

#[test]
fn a_clip_plays_once_or_over_and_over() {
    // 100 ms of 400 Hz.
    let samples = (0..800).map(|n| ((std::f64::consts::TAU * 400.0 * f64::from(n) / 8_000.0).sin() * 9_000.0) as i16);
    let format =
        crate::container::wav::Format { rate: 8_000, channels: 1, coding: crate::container::wav::Coding::Pcm16 };
    let mut writer = crate::container::wav::Writer::new(format);
    let mut file = writer.header();
    writer.write(&samples.collect::<Vec<_>>(), &mut file);
    let clip = std::sync::Arc::new(Clip::read_wav(&file[..]).unwrap());

    let mut world = World::bridged(Codec::Pcma, Codec::Opus);
    world.hear(Side::A, Source::Clip(Player::new(clip.clone(), 8_000, false)));
    world.run(Duration::from_secs(1));
    assert!((5..=6).contains(&world.heard(Side::A).len()), "{}", world.heard(Side::A).len());
    assert!(world.events.contains(&Event::Played(Side::A)));
    assert!(matches!(world.session.source(Side::A), Source::Silence));

    world.hear(Side::B, Source::Clip(Player::new(clip, 16_000, true)));
    world.run(Duration::from_secs(1));
    let heard = world.heard(Side::B);
    assert!((50..=51).contains(&heard.len()), "{}", heard.len());
    let (frequency, _) = listen(Codec::Opus, payloads(heard));
    assert!((frequency - 400.0).abs() < 5.0, "{frequency}");
    assert!(!world.events.contains(&Event::Played(Side::B)));
}

#[test]
fn sessions_on_one_raster_wake_together() {
    let epoch = crate::testing::start();
    let mut wakes = std::collections::BTreeSet::new();
    for n in 0..40 {
        let mut world = World::new();
        world.session = Session::aligned(n, epoch);
        world.now = epoch + Duration::from_micros(1_234 * n);
        world.start = world.now;
        for (side, codec) in [(Side::A, Codec::Pcma), (Side::B, Codec::G722)] {
            world.set_phone(side, negotiated(side, codec));
            world.hear(side, Source::Peer);
        }
        let mut a = whistle_for(Side::A, Codec::Pcma);
        whistle(&mut world, Side::A, &mut a, 20);
        wakes.extend(world.heard(Side::B).iter().map(|packet| packet.at));
    }
    // 40 sessions with 20 packets each, over less than half a second.
    assert!(wakes.len() <= 100, "{}", wakes.len());
    assert!(wakes.iter().all(|at| (*at - epoch).as_micros().is_multiple_of(5_000)));
}
