//! Conversion of a file's sampling rate, whatever it is, once when it is loaded.
//!
//! A windowed sinc whose phases are tabulated finely enough to go between them in a straight line.
//! Calls in progress are converted by [`crate::dsp::Resampler`].

use std::f64::consts::PI;

use crate::container::to_pcm;

/// Zero crossings to each side.
const WINGS: usize = 24;
/// Phases tabulated between two input samples.
const PHASES: usize = 512;
/// Kaiser's beta: 80 dB.
const BETA: f64 = 8.0;
/// Where the pass-band ends, as a part of the lower of both Nyquist frequencies.
const PASS: f64 = 0.93;

/// A stream from one rate to another. Keeps the level, adds no delay.
pub(super) struct Converter {
    from: u64,
    to: u64,
    /// Taps of each phase, one phase after the other; the last is the first, a sample later.
    table: Vec<f32>,
    taps: usize,
    /// Input from before the next output sample's first tap on.
    input: Vec<f32>,
    /// Where the next output lies behind the first tap's sample, in parts of `to`; more than one
    /// sample when that has not come yet.
    phase: u64,
    /// Samples taken and made.
    taken: u64,
    made: u64,
}

impl Converter {
    /// From one rate in Hz to another.
    pub(super) fn new(from: u32, to: u32) -> Self {
        // Below the output's Nyquist frequency when it is the lower one: the kernel is then wider.
        let ratio = (f64::from(to) / f64::from(from)).min(1.0);
        let cutoff = if from == to { 1.0 } else { ratio * PASS };
        let half = (WINGS as f64 / ratio).ceil() as usize;
        let taps = 2 * half;
        let mut table = Vec::new();
        if from != to {
            table.reserve((PHASES + 1) * taps);
            for phase in 0..=PHASES {
                let weights: Vec<f64> = (0..taps)
                    .map(|tap| {
                        let distance = tap as f64 - (half as f64 - 1.0) - phase as f64 / PHASES as f64;
                        sinc(distance * cutoff) * kaiser(distance / half as f64)
                    })
                    .collect();
                // Every phase adds up to one, so that the level does not depend on it.
                let sum: f64 = weights.iter().sum();
                table.extend(weights.iter().map(|weight| (weight / sum) as f32));
            }
        }
        // Silence before the first sample puts the first output on it.
        let input = if from == to { Vec::new() } else { vec![0.0; half - 1] };
        Self { from: u64::from(from), to: u64::from(to), table, taps, input, phase: 0, taken: 0, made: 0 }
    }

    /// Appends what can be converted so far.
    pub(super) fn process(&mut self, samples: &[f32], out: &mut Vec<i16>) {
        self.taken += samples.len() as u64;
        if self.table.is_empty() {
            out.extend(samples.iter().map(|&sample| to_pcm(sample)));
            return;
        }
        self.input.extend_from_slice(samples);
        let mut first = (self.phase / self.to) as usize;
        self.phase %= self.to;
        while let Some(window) = self.input.get(first..first + self.taps) {
            out.push(to_pcm(self.sample(window)));
            self.made += 1;
            self.phase += self.from;
            first += (self.phase / self.to) as usize;
            self.phase %= self.to;
        }
        // A step over more than one sample may lead past what is there.
        let gone = first.min(self.input.len());
        self.input.drain(..gone);
        self.phase += (first - gone) as u64 * self.to;
    }

    /// Appends the rest: as long as the input, to the nearest sample.
    pub(super) fn finish(&mut self, out: &mut Vec<i16>) {
        if self.table.is_empty() {
            return;
        }
        let length = (self.taken * self.to + self.from / 2) / self.from;
        let missing = length.saturating_sub(self.made) as usize;
        let before = out.len();
        let taken = self.taken;
        self.process(&vec![0.0; self.taps], out);
        self.taken = taken;
        out.truncate(before + missing);
    }

    fn sample(&self, window: &[f32]) -> f32 {
        let position = self.phase * PHASES as u64;
        let (phase, between) = ((position / self.to) as usize, (position % self.to) as f32 / self.to as f32);
        let at = &self.table[phase * self.taps..];
        let (here, next) = at[..2 * self.taps].split_at(self.taps);
        let sum = |taps: &[f32]| -> f32 { window.iter().zip(taps).map(|(sample, tap)| sample * tap).sum() };
        let here = sum(here);
        here + between * (sum(next) - here)
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// Kaiser's window, from -1 to 1.
fn kaiser(x: f64) -> f64 {
    bessel(BETA * (1.0 - x * x).max(0.0).sqrt()) / bessel(BETA)
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}
