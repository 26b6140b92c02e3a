//! What each coder costs: microseconds of CPU per 20 ms packet, one line each.
//!
//! `cargo run --release -p offhook-media --example codec_cost [seconds of audio]`

#![allow(clippy::disallowed_methods, reason = "measuring is this program's purpose")]

use std::error::Error;
use std::time::{Duration, Instant};

use offhook_media::Playout;
use offhook_media::codec::{Codec, Decoder, Encoder, Transcoder};
use offhook_media::dsp::noise::NoiseGenerator;
use offhook_media::dsp::{Activity, Resampler};
use offhook_media::dtmf::inband::DigitDetector;

/// Each figure is the best of this many runs: other work on the machine only ever adds.
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(10), |argument| argument.parse())?;
    println!("µs per 20 ms, best of {RUNS} runs over {seconds} s of noisy vowels");
    for codec in Codec::ALL {
        for rate in [8_000, 16_000, 48_000] {
            if codec != Codec::Opus && rate != codec.sample_rate() {
                continue;
            }
            let pcm = vowels(rate, seconds);
            let payloads = encode(codec, rate, &pcm)?;
            let octets = payloads.iter().map(Vec::len).sum::<usize>() as f64 / payloads.len() as f64;
            let mut encoder = Encoder::new(codec, rate)?;
            let mut out = Vec::with_capacity(2_000);
            report(&format!("encode {codec} at {rate} Hz ({octets:.0} octets a packet)"), payloads.len(), || {
                for frame in pcm.chunks_exact(rate as usize / 50) {
                    out.clear();
                    encoder.encode(frame, &mut out)?;
                }
                Ok(())
            })?;
            let mut decoder = Decoder::new(codec, rate)?;
            let mut out = Vec::with_capacity(2_000);
            report(&format!("decode {codec} at {rate} Hz"), payloads.len(), || {
                for payload in &payloads {
                    out.clear();
                    decoder.decode(payload, &mut out)?;
                }
                Ok(())
            })?;
            let mut playout = Playout::new(rate, 1);
            let mut pcm = vec![0; rate as usize / 50];
            let (mut now, mut sequence) = (Instant::now(), 0);
            report(&format!("insert and pull {codec} at {rate} Hz"), payloads.len(), || {
                for payload in &payloads {
                    let timestamp = sequence as u32 * (codec.rtp_clock() / 50);
                    playout.insert(codec, sequence, timestamp, false, payload, now);
                    playout.pull(&mut pcm, now + Duration::from_millis(3));
                    now += Duration::from_millis(20);
                    sequence += 1;
                }
                Ok(())
            })?;
        }
    }
    for from in Codec::ALL {
        let payloads = encode(from, from.sample_rate(), &vowels(from.sample_rate(), seconds))?;
        for to in Codec::ALL.into_iter().filter(|&to| to != from) {
            let mut transcoder = Transcoder::new(from, to)?;
            let mut out = Vec::with_capacity(2_000);
            report(&format!("transcode {from} to {to}"), payloads.len(), || {
                for payload in &payloads {
                    out.clear();
                    transcoder.transcode(payload, &mut out)?;
                }
                Ok(())
            })?;
        }
    }
    for from in [8_000, 16_000, 48_000] {
        for to in [8_000, 16_000, 48_000] {
            let Some(mut resampler) = Resampler::new(from, to) else {
                continue;
            };
            let mut out = Vec::with_capacity(2_000);
            each_frame(&format!("resample {from} to {to} Hz"), from, seconds, |frame| {
                out.clear();
                resampler.process(frame, &mut out);
            })?;
        }
    }
    for rate in [8_000, 16_000, 48_000] {
        let mut detector = DigitDetector::new(rate);
        each_frame(&format!("digits heard at {rate} Hz"), rate, seconds, |frame| detector.process(frame, |_| {}))?;
        let silence = vec![0; rate as usize / 50];
        let what = format!("digits heard at {rate} Hz in silence");
        each_frame(&what, rate, seconds, |_| detector.process(&silence, |_| {}))?;
        let mut activity = Activity::new(rate);
        each_frame(&format!("activity at {rate} Hz"), rate, seconds, |frame| {
            std::hint::black_box(activity.is_speech(frame));
        })?;
        let mut noise = NoiseGenerator::new(rate, 1);
        let mut out = vec![0; rate as usize / 50];
        each_frame(&format!("comfort noise at {rate} Hz"), rate, seconds, |_| noise.fill(&mut out))?;
    }
    Ok(())
}

fn report(
    what: &str,
    packets: usize,
    mut run: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{:9.3}  {what}", best * 1e6 / packets as f64);
    Ok(())
}

/// [`report`] of something done to every 20 ms of speech.
fn each_frame(what: &str, rate: u32, seconds: u32, mut run: impl FnMut(&[i16])) -> Result<(), Box<dyn Error>> {
    let pcm = vowels(rate, seconds);
    let frames = pcm.chunks_exact(rate as usize / 50);
    report(what, frames.len(), || {
        frames.clone().for_each(&mut run);
        Ok(())
    })
}

fn encode(codec: Codec, rate: u32, pcm: &[i16]) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut encoder = Encoder::new(codec, rate)?;
    let mut payloads = Vec::new();
    for frame in pcm.chunks_exact(rate as usize / 50) {
        let mut payload = Vec::new();
        encoder.encode(frame, &mut payload)?;
        payloads.push(payload);
    }
    Ok(payloads)
}

/// Something a speech coder works on as on speech: harmonics of a wandering pitch under formants,
/// syllables with pauses, breath noise.
fn vowels(rate: u32, seconds: u32) -> Vec<i16> {
    let mut noise = 1u32;
    let mut phase = 0.0f64;
    (0..rate * seconds)
        .map(|i| {
            let t = f64::from(i) / f64::from(rate);
            let pitch = 120.0 + 30.0 * (t * 2.1).sin();
            phase = (phase + pitch / f64::from(rate)).fract();
            let formants = [600.0 + 200.0 * (t * 3.0).sin(), 1_500.0 + 500.0 * (t * 2.3).cos(), 2_600.0];
            let voice: f64 = (1..30)
                .map(|harmonic| {
                    let hz = pitch * f64::from(harmonic);
                    let gain: f64 = formants.iter().map(|formant| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2))).sum();
                    gain * (std::f64::consts::TAU * phase * f64::from(harmonic)).sin()
                })
                .sum();
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let breath = f64::from(noise >> 16) / 65_536.0 - 0.5;
            let syllable = (t * 3.7 * std::f64::consts::TAU).sin().max(0.0).sqrt();
            (2_500.0 * syllable * voice + 200.0 * breath).clamp(-32_000.0, 32_000.0) as i16
        })
        .collect()
}
