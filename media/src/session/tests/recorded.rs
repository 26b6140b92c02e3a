//! Recording and mixing, as the file or the listener has it.

use super::*;
use crate::container::wav;
use crate::dsp::measure;
use crate::mixer::Mixer;
use crate::record::{Channels, Container, RecordFormat, Recorder};

pub(super) fn recorder() -> Recorder {
    Recorder::new(RecordFormat { container: Container::Wav, channels: Channels::PerSide }, 8_000).unwrap()
}

/// Both channels of the file so far.
pub(super) fn channels(file: &[u8]) -> [Vec<i16>; 2] {
    let mut reader = wav::Reader::new(file).unwrap();
    let mut samples = Vec::new();
    while reader.read(&mut samples).unwrap_or(0) > 0 {}
    let pcm: Vec<i16> = samples.iter().map(|sample| (sample * 32_767.0) as i16).collect();
    [pcm.iter().step_by(2).copied().collect(), pcm.iter().skip(1).step_by(2).copied().collect()]
}

fn talk(world: &mut World, a: &mut Whistle, b: &mut Whistle, frames: usize) {
    for _ in 0..frames {
        let (header, payload) = a.next();
        world.rtp(Side::A, header, &payload);
        let (header, payload) = b.next();
        world.rtp(Side::B, header, &payload);
        world.run(FRAME);
    }
}

#[test]
fn both_sides_of_a_relayed_and_a_converted_call_are_recorded_in_step() {
    for codec_b in [Codec::Pcma, Codec::Opus] {
        let mut world = World::bridged(Codec::Pcma, codec_b);
        let mut a = whistle_for(Side::A, Codec::Pcma).with(400.0, 20);
        let mut b = whistle_for(Side::B, codec_b).with(1_500.0, 20);
        talk(&mut world, &mut a, &mut b, 10);
        world.session.set_recorder(Some(recorder()), world.now);
        talk(&mut world, &mut a, &mut b, 100);
        // What B hears while it is held is not what A says.
        let tone = Tone::new(ToneKind::Test1k, Country::De, 8_000);
        world.hear(Side::B, Source::Tone(tone));
        world.run(Duration::from_secs(1));
        world.session.clear_leg(Side::B);
        world.drain();
        world.set_phone(Side::B, negotiated(Side::B, codec_b));
        world.hear(Side::B, Source::Peer);
        talk(&mut world, &mut a, &mut b, 50);
        world.session.set_recorder(None, world.now);
        world.drain();
        assert_eq!(world.recordings, 1);

        let [said_a, said_b] = channels(&world.recorded);
        assert_eq!(said_a.len(), said_b.len());
        let ms = said_a.len() / 8;
        assert!((3_940..=4_020).contains(&ms), "{ms}");
        for (said, hz) in [(&said_a, 400.0), (&said_b, 1_500.0)] {
            for part in [&said[8_000..15_000], &said[27_000..31_000]] {
                let frequency = measure::dominant_frequency(part, 8_000).unwrap_or(0.0);
                assert!((frequency - hz).abs() < 5.0, "{codec_b}: {frequency} for {hz}");
            }
            assert!(measure::rms(&said[20_000..23_000]) < -50.0, "{codec_b}: nobody spoke");
        }
        let begins = |said: &[i16]| said.iter().position(|sample| sample.unsigned_abs() > 2_000).unwrap();
        assert!(begins(&said_a).abs_diff(begins(&said_b)) <= 8 * 60);
        assert!(world.session.stats(Side::A).transcoded == (codec_b != Codec::Pcma));
        let count = world.recorded.len();
        talk(&mut world, &mut a, &mut b, 10);
        assert_eq!(world.recorded.len(), count);
    }
}

#[test]
fn three_sessions_make_a_conference() {
    let codecs = [Codec::Pcma, Codec::G722, Codec::Opus];
    let tones = [400.0, 900.0, 1_700.0];
    let mut worlds: Vec<World> = codecs
        .iter()
        .map(|&codec| {
            let mut world = World::new();
            world.set_phone(Side::A, negotiated(Side::A, codec));
            world.hear(Side::A, Source::Mix);
            world
        })
        .collect();
    let mut voices: Vec<Whistle> =
        codecs.iter().zip(tones).map(|(&codec, hz)| whistle_for(Side::A, codec).with(hz, 20)).collect();
    assert_eq!(worlds[1].session.audio_rate(Side::A), Some(16_000));
    let mut mixer = Mixer::new(16_000);
    for _ in 0..100 {
        let mut frames = Vec::new();
        for (world, voice) in worlds.iter_mut().zip(&mut voices) {
            let (header, payload) = voice.next();
            world.rtp(Side::A, header, &payload);
            let mut pcm = vec![0; 320];
            world.run(Duration::from_millis(3));
            world.session.pull_audio(Side::A, &mut pcm, 16_000, world.now);
            world.drain();
            frames.push(pcm);
        }
        mixer.begin(320);
        frames.iter().for_each(|frame| mixer.add(frame));
        for (world, frame) in worlds.iter_mut().zip(&frames) {
            let mut others = vec![0; 320];
            mixer.without(frame, &mut others);
            world.session.push_audio(Side::A, &others, 16_000, world.now);
            world.run(Duration::from_millis(17));
        }
    }
    for ((world, codec), own) in worlds.iter().zip(codecs).zip(tones) {
        let heard = world.heard(Side::A);
        assert_eq!(heard.len(), 100, "{codec}");
        let mut decoder = crate::codec::Decoder::new(codec, codec.sample_rate()).unwrap();
        let mut pcm = Vec::new();
        for payload in payloads(heard) {
            decoder.decode(payload, &mut pcm).unwrap();
        }
        let settled = &pcm[pcm.len() / 2..];
        for hz in tones {
            let level = measure::level(settled, codec.sample_rate(), hz);
            assert_eq!(level > -20.0, hz != own, "{codec}: {hz} Hz at {level} dBFS");
        }
        assert_eq!(world.wakes, world.wakes.min(10), "the mixer is the clock");
    }
}
