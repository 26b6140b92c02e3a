//! Legs that go to another session while people talk, and legs on hold.

use super::*;
use crate::codec::Decoder;
use crate::dsp::measure;
use crate::sound::{Clip, Player};

/// The numbers of what was sent to a leg go on without a gap, and nothing overlaps.
fn assert_continuous(heard: &[Heard], clock: u32) {
    let ssrc = heard[0].header.ssrc;
    for pair in heard.windows(2) {
        let [before, after] = [&pair[0].header, &pair[1].header];
        assert_eq!(after.ssrc, ssrc);
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
        let step = after.timestamp.wrapping_sub(before.timestamp);
        assert!((clock / 50..clock / 2).contains(&step), "{step} ticks after {before:?}");
    }
}

fn decoded(codec: Codec, heard: &[Heard]) -> Vec<i16> {
    let mut decoder = Decoder::new(codec, 8_000).unwrap();
    let mut pcm = Vec::new();
    for payload in payloads(heard) {
        decoder.decode(payload, &mut pcm).unwrap();
    }
    pcm
}

/// No step is larger than this; those of a whistle of 1 kHz are 8,100.
fn assert_no_click(pcm: &[i16], largest: u16) {
    let steps = pcm.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
    let (step, at) = steps.zip(0..).max().unwrap();
    assert!(step < largest, "a step of {step} at {at}: {:?}", &pcm[at.max(4) - 4..pcm.len().min(at + 6)]);
}

fn moved(from: &mut World, to: &mut World, side: Side, to_side: Side) {
    to.now = from.now;
    let leg = from.session.take_leg(side, from.now).expect("there is a leg");
    from.drain();
    to.session.put_leg(to_side, leg, to.now);
    to.drain();
}

#[test]
fn a_leg_that_goes_to_another_session_goes_on_with_its_stream() {
    for (stays, comes) in
        [(Codec::Pcma, Codec::Pcma), (Codec::Pcma, Codec::Pcmu), (Codec::Pcma, Codec::Opus), (Codec::G722, Codec::Pcma)]
    {
        // Side B of the second call takes the place of side A in the first.
        let mut first = World::bridged(Codec::Opus, stays);
        let mut second = World::bridged(Codec::Opus, comes);
        let mut voice = whistle_for(Side::B, comes).with(1_000.0, 20);
        let mut browser = whistle_for(Side::A, Codec::Opus).with(400.0, 20);
        for _ in 0..50 {
            let (header, payload) = browser.next();
            second.rtp(Side::A, header, &payload);
            let (header, payload) = voice.next();
            second.rtp(Side::B, header, &payload);
            second.run(FRAME);
        }
        let before = second.session.stats(Side::B);
        let heard_before = second.heard(Side::B).to_vec();
        first.run(second.now - first.now);
        moved(&mut second, &mut first, Side::B, Side::A);
        assert!(second.session.leg(Side::B).is_none());
        assert!(second.rtcp.iter().all(|(_, report)| report.windows(2).all(|word| word != [0x81, 203])), "no goodbye");

        let mut answer = whistle_for(Side::B, stays).with(900.0, 20);
        let skipped = first.heard(Side::B).len();
        for _ in 0..50 {
            // The phone of the leg that came sends from where it did.
            let (header, payload) = voice.next();
            first.rtp_from(Side::A, phone(Side::B), header, &payload);
            let (header, payload) = answer.next();
            first.rtp(Side::B, header, &payload);
            first.run(FRAME);
        }
        let (frequency, level) = listen(stays, payloads(&first.heard(Side::B)[skipped..]));
        assert!((frequency - 1_000.0).abs() < 5.0 && (level + 10.0).abs() < 2.0, "{stays}: {frequency} {level}");
        let came = first.heard(Side::A);
        assert!(came.iter().all(|packet| packet.to == phone(Side::B)));
        let (frequency, level) = listen(comes, payloads(came));
        assert!((frequency - 900.0).abs() < 5.0 && (level + 10.0).abs() < 2.0, "{comes}: {frequency} {level}");
        let all: Vec<Heard> = heard_before.iter().chain(came).cloned().collect();
        assert_continuous(&all, comes.rtp_clock());
        if comes == Codec::Pcma {
            assert_no_click(&decoded(comes, &all), 9_500);
        }
        // What was counted goes along.
        let after = first.session.stats(Side::A);
        assert_eq!((after.packets_in, after.lost), (before.packets_in + 50, before.lost));
        assert_eq!(after.packets_out, all.len() as u64);
    }
}

#[test]
fn digits_go_by_the_policy_of_the_leg_that_came() {
    let mut first = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut second = World::bridged(Codec::Pcma, Codec::Pcma);
    let policy = DigitPolicy { send: DigitMethod::Signalling, detect: false };
    second.session.set_digits(Side::B, policy);
    moved(&mut second, &mut first, Side::B, Side::A);
    first.session.send_digits(Side::A, "5", first.now);
    first.drain();
    assert!(matches!(first.events[..], [Event::Signal { side: Side::A, digit: '5', .. }]), "{:?}", first.events);
    // Whoever is where it was is treated as one who is new.
    second.set_phone(Side::B, negotiated(Side::B, Codec::Pcma));
    second.session.send_digits(Side::B, "5", second.now);
    second.run(FRAME);
    assert!(second.events.is_empty());
    assert_eq!(second.heard(Side::B).last().unwrap().header.payload_type, 101);
}

#[test]
fn a_recording_goes_on_with_who_came() {
    let mut first = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut second = World::bridged(Codec::Pcma, Codec::Pcma);
    first.session.set_recorder(Some(super::recorded::recorder()), first.now);
    let mut old = whistle_for(Side::A, Codec::Pcma).with(400.0, 20);
    let mut new = whistle_for(Side::B, Codec::Pcma).with(1_500.0, 20);
    whistle(&mut first, Side::A, &mut old, 100);
    whistle(&mut second, Side::B, &mut new, 100);
    moved(&mut second, &mut first, Side::B, Side::A);
    for _ in 0..100 {
        let (header, payload) = new.next();
        first.rtp_from(Side::A, phone(Side::B), header, &payload);
        first.run(FRAME);
    }
    first.session.set_recorder(None, first.now);
    first.drain();
    let [said, _] = super::recorded::channels(&first.recorded);
    for (part, hz) in [(&said[4_000..15_000], 400.0), (&said[18_000..30_000], 1_500.0)] {
        let frequency = measure::dominant_frequency(part, 8_000).unwrap();
        assert!((frequency - hz).abs() < 5.0, "{frequency} for {hz}");
    }
}

#[test]
fn a_browser_goes_along_with_its_connection() {
    let mut first = World::new();
    first.set_phone(Side::A, negotiated(Side::A, Codec::Pcma));
    let mut second = World::new();
    second.connect_browser(Side::B, &[Codec::Opus], &[Codec::Opus]);
    first.run(second.now - first.now);
    moved(&mut second, &mut first, Side::B, Side::B);
    first.browser = second.browser.take();
    first.hear(Side::B, Source::Peer);
    let mut voice = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut first, Side::A, &mut voice, 50);
    let heard = first.browser().heard.clone();
    assert!(heard.len() > 40, "{}", heard.len());
    assert_whistle(Codec::Opus, payloads(&heard));
    assert!(first.events.iter().all(|event| !matches!(event, Event::Lost(_) | Event::Connected(_))));
}

fn music() -> Player {
    let pcm = (0..8_000).map(|n| ((f64::from(n) * std::f64::consts::TAU * 440.0 / 8_000.0).sin() * 8_000.0) as i16);
    let data: Vec<u8> = pcm.flat_map(i16::to_le_bytes).collect();
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data".to_vec();
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    Player::new(std::sync::Arc::new(Clip::read_wav(wav.as_slice()).unwrap()), 8_000, true)
}

#[test]
fn who_is_held_hears_music_and_then_the_other_again_without_a_click() {
    for browser in [Codec::Pcma, Codec::Opus] {
        let mut world = World::bridged(browser, Codec::Pcma);
        let mut voice = whistle_for(Side::A, browser).with(1_000.0, 20);
        let mut held = whistle_for(Side::B, Codec::Pcma).with(600.0, 20);
        world.session.expect_audio(Side::A, true, world.now);
        world.session.expect_audio(Side::B, true, world.now);
        let both = |world: &mut World, voice: &mut Whistle, held: &mut Whistle, frames| {
            for _ in 0..frames {
                let (header, payload) = voice.next();
                world.rtp(Side::A, header, &payload);
                let (header, payload) = held.next();
                world.rtp(Side::B, header, &payload);
                world.run(FRAME);
            }
        };
        both(&mut world, &mut voice, &mut held, 50);
        let talked = world.heard(Side::B).len();

        world.hear(Side::A, Source::Silence);
        world.hear(Side::B, Source::Clip(music()));
        let agreed = Negotiated { direction: Direction::SendOnly, ..negotiated(Side::B, Codec::Pcma) };
        world.session.update_rtp(Side::B, agreed, world.now);
        let silent_from = world.heard(Side::A).len();
        // The phone sends nothing, the browser goes on.
        whistle(&mut world, Side::A, &mut voice, 505);
        let held_for = world.heard(Side::B).len();
        assert_eq!(world.heard(Side::A).len(), silent_from);
        let music = &world.heard(Side::B)[talked..held_for];
        assert!((500..=507).contains(&music.len()), "{}", music.len());
        let (frequency, _) = listen(Codec::Pcma, payloads(music));
        assert!((frequency - 440.0).abs() < 3.0, "{frequency}");

        world.hear(Side::A, Source::Peer);
        world.hear(Side::B, Source::Peer);
        world.session.update_rtp(Side::B, negotiated(Side::B, Codec::Pcma), world.now);
        // It takes the phone a moment to speak again, in which it is not suspected.
        whistle(&mut world, Side::A, &mut voice, 90);
        both(&mut world, &mut voice, &mut held, 50);
        let (frequency, level) = listen(Codec::Pcma, payloads(&world.heard(Side::B)[held_for + 5..]));
        assert!((frequency - 1_000.0).abs() < 5.0 && (level + 10.0).abs() < 2.0, "{frequency} {level}");
        assert_continuous(world.heard(Side::B), 8_000);
        // A decoder of Opus that begins in the middle of a whistle overshoots at first.
        let largest = if browser == Codec::Opus { 16_000 } else { 9_500 };
        assert_no_click(&decoded(Codec::Pcma, world.heard(Side::B)), largest);
        let (frequency, level) = listen(browser, payloads(&world.heard(Side::A)[silent_from..]));
        assert!((frequency - 600.0).abs() < 5.0 && (level + 10.0).abs() < 2.0, "{frequency} {level}");
        assert!(world.events.iter().all(|event| !matches!(event, Event::Silent { .. })), "{:?}", world.events);
    }
}

#[test]
fn who_wants_no_music_gets_none_and_hears_the_other_again() {
    let mut world = World::bridged(Codec::Pcma, Codec::Pcma);
    let mut voice = whistle_for(Side::A, Codec::Pcma);
    whistle(&mut world, Side::A, &mut voice, 10);
    world.hear(Side::B, Source::Clip(music()));
    let agreed = Negotiated { direction: Direction::Inactive, ..negotiated(Side::B, Codec::Pcma) };
    world.session.update_rtp(Side::B, agreed, world.now);
    let before = world.heard(Side::B).len();
    whistle(&mut world, Side::A, &mut voice, 100);
    assert_eq!(world.heard(Side::B).len(), before);
    world.hear(Side::B, Source::Peer);
    world.session.update_rtp(Side::B, negotiated(Side::B, Codec::Pcma), world.now);
    whistle(&mut world, Side::A, &mut voice, 20);
    let heard = world.heard(Side::B);
    assert_eq!(heard.len(), before + 20);
    assert_eq!(heard[before].header.sequence, heard[before - 1].header.sequence.wrapping_add(1));
}

#[test]
fn who_leaves_a_mixer_is_heard_by_the_other_at_once() {
    let mut world = World::bridged(Codec::Pcma, Codec::Opus);
    let mut voice = whistle_for(Side::A, Codec::Pcma);
    let mut pcm = vec![0; 320];
    for _ in 0..50 {
        let (header, payload) = voice.next();
        world.rtp(Side::A, header, &payload);
        world.session.pull_audio(Side::A, &mut pcm, 16_000, world.now);
        world.run(FRAME);
    }
    let before = world.heard(Side::B).len();
    world.session.end_pull(Side::A, world.now);
    whistle(&mut world, Side::A, &mut voice, 10);
    assert!(world.heard(Side::B).len() >= before + 8, "{} after {before}", world.heard(Side::B).len());
}
