//! Comfort noise (RFC 3389): what a pause sounds like, in a few octets.
//!
//! Noise is described, made and looked at at 8 kHz, whatever the rate around it: payload type 13 is
//! for that rate, and other legs would hear a description of theirs wrong.

use super::Resampler;
use crate::random::Random;

/// The rate of descriptions, in Hz.
const RATE: u32 = 8_000;
/// Reflection coefficients taken at most; RFC 3389 leaves the number open.
pub const MAX_ORDER: usize = 12;
/// Reflection coefficients found out: enough for the slopes and humps of rooms and lines.
const ORDER: usize = 10;
/// A coefficient's step on the wire (RFC 3389 section 3.2).
const STEP: f32 = 258.0 / 32_768.0;
/// The generator goes towards a new description in steps of so many samples, by [`APPROACH`] each.
const BLOCK: usize = 80;
const APPROACH: f32 = 0.25;
/// Samples looked at at a time.
const FRAME: usize = 160;
/// How much a frame weighs in what was heard lately: some 8 count.
const WEIGHT: f64 = 0.125;

/// Background noise: its level, and its spectrum by the reflection coefficients of a linear
/// predictor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Level in -dBov, 0 to 127; a square wave at full scale is 0.
    pub level: u8,
    /// Between -1 and 1, zero beyond the order; all zero is white noise.
    pub reflection: [f32; MAX_ORDER],
}

impl Noise {
    /// Reads a payload; `None` when it is empty. Coefficients beyond [`MAX_ORDER`] are left out.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (level, coefficients) = payload.split_first()?;
        let mut reflection = [0.0; MAX_ORDER];
        for (to, &from) in reflection.iter_mut().zip(coefficients) {
            // 255 is reserved, and the last step would ring for ever.
            *to = ((f32::from(from) - 127.0) * STEP).clamp(-0.99, 0.99);
        }
        Some(Self { level: level & 0x7f, reflection })
    }

    /// Appends the payload, with as many coefficients as are not zero.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.level.min(127));
        let order = self.reflection.iter().rposition(|&k| k != 0.0).map_or(0, |last| last + 1);
        out.extend(self.reflection[..order].iter().map(|k| (k / STEP + 127.0).round().clamp(0.0, 254.0) as u8));
    }
}

/// Makes noise that sounds as described.
pub struct NoiseGenerator {
    random: Random,
    resampler: Option<Resampler>,
    /// Made and not given yet, from `taken` on.
    ready: Vec<i16>,
    taken: usize,
    target: Option<Shape>,
    shape: Shape,
    /// The lattice filter's delayed values.
    backward: [f32; MAX_ORDER],
}

#[derive(Clone, Copy, Default)]
struct Shape {
    rms: f32,
    reflection: [f32; MAX_ORDER],
}

impl NoiseGenerator {
    /// A generator of mono PCM at 8,000, 16,000 or 48,000 Hz, silent before [`NoiseGenerator::set`].
    pub fn new(rate: u32, seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            resampler: Resampler::new(RATE, rate),
            ready: Vec::new(),
            taken: 0,
            target: None,
            shape: Shape::default(),
            backward: [0.0; MAX_ORDER],
        }
    }

    /// Takes the description that holds from here on. The first holds at once, a later one is
    /// approached within some 50 ms.
    pub fn set(&mut self, noise: &Noise) {
        let rms = 32_768.0 * 10f32.powf(-f32::from(noise.level) / 20.0);
        let shape = Shape { rms, reflection: noise.reflection.map(|k| k.clamp(-0.99, 0.99)) };
        if self.target.replace(shape).is_none() {
            self.shape = shape;
        }
    }

    /// Overwrites `pcm` with noise.
    pub fn fill(&mut self, mut pcm: &mut [i16]) {
        while !pcm.is_empty() {
            if self.taken == self.ready.len() {
                self.make();
            }
            let ready = &self.ready[self.taken..];
            let length = ready.len().min(pcm.len());
            pcm[..length].copy_from_slice(&ready[..length]);
            self.taken += length;
            pcm = &mut pcm[length..];
        }
    }

    /// Makes ready another [`BLOCK`].
    fn make(&mut self) {
        let target = self.target.unwrap_or_default();
        let approach = |from: &mut f32, to: f32| *from += (to - *from) * APPROACH;
        approach(&mut self.shape.rms, target.rms);
        self.shape.reflection.iter_mut().zip(target.reflection).for_each(|(from, to)| approach(from, to));
        // The filter amplifies; the excitation is quieter by as much.
        let prediction: f32 = self.shape.reflection.iter().map(|k| 1.0 - k * k).product();
        let gain = self.shape.rms * prediction.sqrt();
        let block: [i16; BLOCK] = std::array::from_fn(|_| {
            let excitation = gain * gaussian(&mut self.random);
            self.filter(excitation).round().clamp(-32_768.0, 32_767.0) as i16
        });
        self.ready.clear();
        self.taken = 0;
        match &mut self.resampler {
            Some(resampler) => resampler.process(&block, &mut self.ready),
            None => self.ready.extend_from_slice(&block),
        }
    }

    /// The all-pole lattice: stable whatever the coefficients, as long as they are below one.
    fn filter(&mut self, excitation: f32) -> f32 {
        let mut forward = excitation;
        for stage in (0..MAX_ORDER).rev() {
            let (k, before) = (self.shape.reflection[stage], self.backward[stage]);
            forward -= k * before;
            if let Some(next) = self.backward.get_mut(stage + 1) {
                *next = before + k * forward;
            }
        }
        self.backward[0] = forward;
        forward
    }
}

/// Nearly normal, of variance one: four uniform values added up.
fn gaussian(random: &mut Random) -> f32 {
    let bits = random.next_u64();
    let sum: u32 = (0..4).map(|i| (bits >> (16 * i)) as u32 & 0xffff).sum();
    (sum as f32 - 131_070.0) / 37_837.2
}

/// Describes the noise it hears.
pub struct NoiseAnalyser {
    resampler: Option<Resampler>,
    samples: Vec<i16>,
    /// Lately, for each sample.
    power: f64,
    autocorrelation: [f64; ORDER + 1],
    is_first: bool,
}

impl NoiseAnalyser {
    /// An analyser of mono PCM at 8,000, 16,000 or 48,000 Hz.
    pub fn new(rate: u32) -> Self {
        let resampler = Resampler::new(rate, RATE);
        Self { resampler, samples: Vec::new(), power: 0.0, autocorrelation: [0.0; ORDER + 1], is_first: true }
    }

    /// Takes background noise: what [`super::Activity`] says is no speech.
    pub fn observe(&mut self, pcm: &[i16]) {
        match &mut self.resampler {
            Some(resampler) => resampler.process(pcm, &mut self.samples),
            None => self.samples.extend_from_slice(pcm),
        }
        let (frames, _) = self.samples.as_chunks::<FRAME>();
        for frame in frames {
            let weight = if std::mem::take(&mut self.is_first) { 1.0 } else { WEIGHT };
            let power = frame.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / FRAME as f64;
            self.power += (power - self.power) * weight;
            let windowed: [f32; FRAME] = std::array::from_fn(|i| {
                let edge = (i.min(FRAME - 1 - i) as f32 + 0.5) / 40.0;
                f32::from(frame[i]) * edge.min(1.0)
            });
            for (lag, value) in self.autocorrelation.iter_mut().enumerate() {
                let products = windowed.iter().zip(&windowed[lag..]).map(|(one, two)| one * two);
                *value += (f64::from(products.sum::<f32>()) - *value) * weight;
            }
        }
        let done = frames.len() * FRAME;
        self.samples.drain(..done);
    }

    /// What was heard lately, the last 160 ms above all.
    pub fn noise(&self) -> Noise {
        let level = -10.0 * (self.power / 32_768f64.powi(2)).max(1e-13).log10();
        Noise { level: level.round().clamp(0.0, 127.0) as u8, reflection: levinson(&self.autocorrelation) }
    }
}

/// Reflection coefficients by the Levinson-Durbin recursion; of 1 + k/z the sign, as RFC 3389 has it.
fn levinson(autocorrelation: &[f64; ORDER + 1]) -> [f32; MAX_ORDER] {
    let mut reflection = [0.0; MAX_ORDER];
    // A floor 40 dB below keeps steep spectra from ringing.
    let mut error = autocorrelation[0] * 1.0001;
    let mut predictor = [0.0; ORDER + 1];
    for order in 1..=ORDER {
        if error <= 0.0 {
            break;
        }
        let past: f64 = (1..order).map(|i| predictor[i] * autocorrelation[order - i]).sum();
        let k = -(autocorrelation[order] + past) / error;
        let before = predictor;
        (1..order).for_each(|i| predictor[i] = before[i] + k * before[order - i]);
        predictor[order] = k;
        error *= 1.0 - k * k;
        reflection[order - 1] = k.clamp(-0.99, 0.99) as f32;
    }
    reflection
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;

    const RATES: [u32; 3] = [8_000, 16_000, 48_000];

    fn noise(level: u8, reflection: &[f32]) -> Noise {
        let mut noise = Noise { level, reflection: [0.0; MAX_ORDER] };
        noise.reflection[..reflection.len()].copy_from_slice(reflection);
        noise
    }

    fn make(rate: u32, noise: &Noise, seconds: usize) -> Vec<i16> {
        let mut generator = NoiseGenerator::new(rate, 1);
        generator.set(noise);
        let mut pcm = vec![0; rate as usize * seconds];
        pcm.chunks_mut(rate as usize / 50).for_each(|piece| generator.fill(piece));
        pcm
    }

    /// dBov are 3 dB below the scale of sines.
    fn dbov(pcm: &[i16]) -> f64 {
        measure::rms(pcm) - 3.01
    }

    #[test]
    fn a_description_survives_the_wire() {
        let before = noise(61, &[-0.8, 0.3, 0.0, -0.1]);
        let mut payload = Vec::new();
        before.write(&mut payload);
        assert_eq!(payload, [61, 25, 165, 127, 114]);
        let after = Noise::parse(&payload).unwrap();
        assert_eq!(after.level, 61);
        assert!(after.reflection.iter().zip(&before.reflection).all(|(a, b)| (a - b).abs() < STEP));
        assert_eq!(Noise::parse(&[]), None);
        assert_eq!(Noise::parse(&[0xc0]), Some(noise(64, &[])));
        let longest = Noise::parse(&[255; 300]).unwrap();
        assert!(longest.reflection.iter().all(|k| k.abs() < 1.0));
    }

    #[test]
    fn noise_has_the_level_described_at_every_rate() {
        for rate in RATES {
            for level in [20, 45, 60] {
                for shape in [[0.0, 0.0], [-0.9, 0.0], [0.5, 0.6]] {
                    let made = dbov(&make(rate, &noise(level, &shape), 4));
                    assert!((made + f64::from(level)).abs() < 1.0, "{level} at {rate} Hz, {shape:?}: {made}");
                }
            }
        }
    }

    #[test]
    fn noise_described_as_dull_is_dull() {
        let high_to_low = |pcm: &[i16], rate| {
            let part = |low: u32, high: u32| {
                let powers = (low..high).step_by(50).map(|hz| 10f64.powf(measure::level(pcm, rate, hz.into()) / 10.0));
                10.0 * powers.sum::<f64>().log10()
            };
            part(2_500, 3_400) - part(100, 1_000)
        };
        for rate in RATES {
            let dull = high_to_low(&make(rate, &noise(40, &[-0.9]), 1), rate);
            let white = high_to_low(&make(rate, &noise(40, &[]), 1), rate);
            assert!(dull < -15.0 && white.abs() < 3.0, "{rate} Hz: {dull} and {white} dB");
        }
    }

    #[test]
    fn what_is_made_is_described_as_it_was() {
        for rate in RATES {
            let before = noise(50, &[-0.85, 0.4, -0.2]);
            let mut analyser = NoiseAnalyser::new(rate);
            make(rate, &before, 3).chunks(rate as usize / 50 + 1).for_each(|piece| analyser.observe(piece));
            let after = analyser.noise();
            assert!(after.level.abs_diff(50) <= 2, "{rate} Hz: {after:?}");
            for (found, k) in after.reflection.iter().zip([-0.85, 0.4, -0.2]) {
                assert!((found - k).abs() < 0.2, "{rate} Hz: {after:?}");
            }
        }
    }

    #[test]
    fn a_new_level_is_approached_without_a_step() {
        let mut generator = NoiseGenerator::new(8_000, 1);
        let mut pcm = vec![1; 800];
        generator.fill(&mut pcm);
        assert!(pcm.iter().all(|&sample| sample == 0));
        generator.set(&noise(70, &[]));
        generator.fill(&mut pcm);
        generator.set(&noise(30, &[]));
        generator.fill(&mut pcm);
        let (first, last) = (dbov(&pcm[..80]), dbov(&pcm[720..]));
        assert!(first < -38.0 && (last + 30.0).abs() < 3.0, "{first} to {last}");
    }

    #[test]
    fn silence_is_described_as_such() {
        let mut analyser = NoiseAnalyser::new(8_000);
        analyser.observe(&[0; 1_600]);
        assert_eq!(analyser.noise(), noise(127, &[]));
    }
}
