//! For tests: what networks do to packets, and what is heard behind them.

use std::f64::consts::TAU;
use std::time::Duration;

use super::{Playout, PlayoutStats, Pulled};
use crate::codec::{Codec, Decoder, Encoder};
use crate::random::Random;

/// A packet on its way.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// When, by the sender's clock.
    pub(super) at: Duration,
    pub(super) codec: Codec,
    pub(super) sequence: i64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

/// Encodes `pcm`, at the codec's own rate, into packets of `ptime` ms.
pub(super) fn packets(codec: Codec, pcm: &[i16], ptime: usize) -> Vec<Sent> {
    packets_by(&mut Encoder::new(codec, codec.sample_rate()).unwrap(), pcm, ptime)
}

pub(super) fn packets_by(encoder: &mut Encoder, pcm: &[i16], ptime: usize) -> Vec<Sent> {
    let codec = encoder.codec();
    let mut sent = Vec::new();
    let (mut timestamp, mut sequence) = (u32::MAX - 5_000, 65_530);
    for (number, frame) in pcm.chunks_exact(codec.sample_rate() as usize / 1_000 * ptime).enumerate() {
        let at = Duration::from_millis((number * ptime) as u64);
        let mut payload = Vec::new();
        let ticks = encoder.encode(frame, &mut payload).unwrap();
        if !payload.is_empty() {
            sent.push(Sent { at, codec, sequence, timestamp, marker: number == 0, payload });
            sequence += 1;
        }
        timestamp = timestamp.wrapping_add(ticks as u32);
    }
    sent
}

/// How packets are delayed beyond the 30 ms of the path, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Jitter {
    None,
    /// Evenly spread; packets overtake each other.
    Uniform(f64),
    /// A queue that fills and empties: exponential with this mean, in order.
    Queue(f64),
    /// In order, and each so many seconds nothing comes for 200 ms.
    Spikes(f64),
}

/// A network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    pub(super) seed: u64,
    /// Part of the packets lost on their own.
    pub(super) loss: f64,
    /// Gilbert-Elliott: part of the packets that start a burst, and part in it that end it.
    pub(super) burst: Option<(f64, f64)>,
    pub(super) jitter: Jitter,
    /// Part of the packets that are overtaken by the next one.
    pub(super) reordered: f64,
    pub(super) duplicated: f64,
    /// How much slower the sender's clock is than ours.
    pub(super) drift_ppm: f64,
}

impl Channel {
    pub(super) const PERFECT: Channel = Channel {
        seed: 1,
        loss: 0.0,
        burst: None,
        jitter: Jitter::None,
        reordered: 0.0,
        duplicated: 0.0,
        drift_ppm: 0.0,
    };

    /// The packets in the order of their arrival.
    pub(super) fn carry(&self, sent: &[Sent]) -> Vec<(Duration, Sent)> {
        let mut random = Random::new(self.seed);
        let mut chance = move || f64::from(random.next_u32()) / 4_294_967_296.0;
        let (mut bursting, mut before) = (false, 0.0f64);
        let mut arrivals = Vec::new();
        for packet in sent {
            let at = packet.at.as_secs_f64() * (1.0 + self.drift_ppm / 1e6);
            if let Some((start, end)) = self.burst {
                bursting = if bursting { chance() >= end } else { chance() < start };
            }
            let extra = match self.jitter {
                Jitter::None => 0.0,
                Jitter::Uniform(most) => most * chance(),
                Jitter::Queue(mean) => -mean * (1.0 - chance()).ln(),
                Jitter::Spikes(every) => (200.0 - (at % every) * 1_000.0).max(0.0) * f64::from(at >= every),
            };
            let mut arrival = at + 0.030 + extra / 1_000.0;
            if matches!(self.jitter, Jitter::Queue(_) | Jitter::Spikes(_)) {
                arrival = arrival.max(before);
                before = arrival;
            }
            if chance() < self.reordered {
                arrival += 0.025;
            }
            let lost = chance() < self.loss || bursting;
            let twice = chance() < self.duplicated;
            for _ in 0..if lost { 0 } else { 1 + i32::from(twice) } {
                arrivals.push((Duration::from_secs_f64(arrival), packet.clone()));
            }
        }
        arrivals.sort_by_key(|(at, _)| *at);
        arrivals
    }
}

/// What a listener got.
pub(super) struct Heard {
    pub(super) rate: u32,
    pub(super) pcm: Vec<i16>,
    /// For each call of `pull`.
    pub(super) pulled: Vec<Pulled>,
    pub(super) stats: Vec<PlayoutStats>,
}

impl Heard {
    pub(super) fn last(&self) -> PlayoutStats {
        *self.stats.last().unwrap()
    }

    /// The delays during a part of the time, in ms and in order.
    pub(super) fn delays(&self, from: f64, to: f64) -> Vec<f64> {
        let part = |at: f64| (at * self.stats.len() as f64) as usize;
        let mut delays: Vec<f64> =
            self.stats[part(from)..part(to)].iter().map(|stats| stats.delay.as_secs_f64() * 1_000.0).collect();
        delays.sort_by(f64::total_cmp);
        delays
    }

    pub(super) fn mean_delay(&self, from: f64, to: f64) -> f64 {
        let delays = self.delays(from, to);
        delays.iter().sum::<f64>() / delays.len() as f64
    }

    /// Milliseconds `from` to `to`.
    pub(super) fn part(&self, from: usize, to: usize) -> &[i16] {
        let ms = self.rate as usize / 1_000;
        &self.pcm[from * ms..to * ms]
    }
}

/// Plays what arrives with calls for `pulls` ms in turn, the first 7 ms after the clock's start, until
/// `until`.
pub(super) fn listen(rate: u32, arrivals: &[(Duration, Sent)], pulls: &[usize], until: Duration) -> Heard {
    let start = crate::testing::start();
    let mut playout = Playout::new(rate, 1);
    let mut heard = Heard { rate, pcm: Vec::new(), pulled: Vec::new(), stats: Vec::new() };
    let mut arrivals = arrivals.iter().peekable();
    let mut now = Duration::from_millis(7);
    for &ms in pulls.iter().cycle() {
        if now >= until {
            break;
        }
        while let Some((at, packet)) = arrivals.next_if(|(at, _)| *at <= now) {
            let Sent { codec, sequence, timestamp, marker, ref payload, .. } = *packet;
            playout.insert(codec, sequence, timestamp, marker, payload, start + *at);
        }
        let from = heard.pcm.len();
        heard.pcm.resize(from + rate as usize / 1_000 * ms, 0x5555);
        heard.pulled.push(playout.pull(&mut heard.pcm[from..], start + now));
        heard.stats.push(playout.stats());
        now += Duration::from_millis(ms as u64);
    }
    heard
}

/// What is heard when nothing goes wrong.
pub(super) fn reference(rate: u32, sent: &[Sent]) -> Vec<i16> {
    let mut decoder = Decoder::new(sent[0].codec, rate).unwrap();
    let mut pcm = Vec::new();
    for packet in sent {
        decoder.decode(&packet.payload, &mut pcm).unwrap();
    }
    pcm
}

pub(super) fn sine(rate: u32, hz: f64, ms: usize) -> Vec<i16> {
    let step = TAU * hz / f64::from(rate);
    (0..rate as usize / 1_000 * ms).map(|i| (8_000.0 * (step * i as f64).sin()).round() as i16).collect()
}

/// Something like speech: harmonics of a wandering pitch under formants, syllables with pauses, breath.
pub(super) fn vowels(rate: u32, ms: usize) -> Vec<i16> {
    let mut random = Random::new(7);
    let mut phase = 0.0f64;
    (0..rate as usize / 1_000 * ms)
        .map(|i| {
            let t = i as f64 / f64::from(rate);
            let pitch = 130.0 + 40.0 * (t * 2.1).sin() + 15.0 * (t * 0.7).cos();
            phase = (phase + pitch / f64::from(rate)).fract();
            let formants = [600.0 + 200.0 * (t * 3.0).sin(), 1_500.0 + 500.0 * (t * 2.3).cos(), 2_600.0];
            let voice: f64 = (1..20)
                .map(|harmonic| {
                    let hz = pitch * f64::from(harmonic);
                    let gain: f64 = formants.iter().map(|formant| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2))).sum();
                    gain * (TAU * phase * f64::from(harmonic)).sin()
                })
                .sum();
            let breath = f64::from(random.next_u32()) / 4_294_967_296.0 - 0.5;
            let syllable = (t * 2.3 * TAU).sin().max(0.0).sqrt() * f64::from((t * 0.31).fract() < 0.8);
            (2_000.0 * syllable * voice + 60.0 * breath).clamp(-32_000.0, 32_000.0) as i16
        })
        .collect()
}

/// The greatest step from one sample to the next.
pub(super) fn steepest(pcm: &[i16]) -> i32 {
    pcm.windows(2).map(|two| (i32::from(two[1]) - i32::from(two[0])).abs()).max().unwrap_or(0)
}

/// How many ms later than in `reference` what is heard at `at` ms was, and how alike they are.
pub(super) fn lag(heard: &Heard, reference: &[i16], at: usize, most: usize) -> (f64, f32) {
    let ms = heard.rate as usize / 1_000;
    let part = &heard.pcm[at * ms..(at + 400) * ms];
    let mut best = (0, f64::MIN);
    let energy = |pcm: &[i16]| pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>().max(1.0);
    for lag in 0..most * ms {
        let Some(from) = (at * ms).checked_sub(lag) else { break };
        let Some(other) = reference.get(from..from + part.len()) else { continue };
        let product: f64 = part.iter().zip(other).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        let alike = product / (energy(part) * energy(other)).sqrt();
        if alike > best.1 {
            best = (lag, alike);
        }
    }
    (best.0 as f64 / ms as f64, best.1 as f32)
}
