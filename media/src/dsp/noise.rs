//! Comfort noise (RFC 3389).

use crate::random::Random;

/// Reflection coefficients read and written at most. RFC 3389 leaves the number open; 10 describe
/// 8 kHz noise well.
pub const MAX_ORDER: usize = 12;

/// Background noise in a few octets: its level and, by the reflection coefficients of a linear
/// predictor at 8 kHz, its spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Level in -dBov, 0 to 127; a square wave at full scale is 0.
    pub level: u8,
    /// Between -1 and 1, zero beyond the order; all zero is white noise.
    pub reflection: [f32; MAX_ORDER],
}

impl Noise {
    /// Reads a payload; `None` when it is empty.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (level, coefficients) = payload.split_first()?;
        let mut reflection = [0.0; MAX_ORDER];
        for (to, &from) in reflection.iter_mut().zip(coefficients) {
            *to = (f32::from(from) - 127.0) / 128.0;
        }
        Some(Self { level: level & 0x7f, reflection })
    }

    /// Appends the payload.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(self.level.min(127));
    }
}

/// Makes noise that sounds as described.
#[derive(Debug)]
pub struct NoiseGenerator {
    random: Random,
    peak: i32,
}

impl NoiseGenerator {
    /// A generator of mono PCM at 8,000, 16,000 or 48,000 Hz, silent before [`NoiseGenerator::set`].
    pub fn new(_rate: u32, seed: u64) -> Self {
        Self { random: Random::new(seed), peak: 0 }
    }

    /// Takes the description that holds from here on.
    pub fn set(&mut self, noise: &Noise) {
        self.peak = (32_768.0 * 10f32.powf(-f32::from(noise.level) / 20.0) * 3f32.sqrt()) as i32;
    }

    /// Overwrites `pcm` with noise.
    pub fn fill(&mut self, pcm: &mut [i16]) {
        let peak = self.peak;
        pcm.fill_with(|| ((self.random.next_u32() >> 16) as i32 * peak / 32_768 - peak).clamp(-32_768, 32_767) as i16);
    }
}

/// Describes the noise it hears.
#[derive(Debug)]
pub struct NoiseAnalyser {
    power: f64,
}

impl NoiseAnalyser {
    /// An analyser of mono PCM at 8,000, 16,000 or 48,000 Hz.
    pub fn new(_rate: u32) -> Self {
        Self { power: 0.0 }
    }

    /// Takes background noise: what [`super::Activity`] says is no speech.
    pub fn observe(&mut self, pcm: &[i16]) {
        let sum: f64 = pcm.iter().map(|&sample| (f64::from(sample) / 32_768.0).powi(2)).sum();
        self.power = sum / pcm.len().max(1) as f64;
    }

    /// What was heard lately.
    pub fn noise(&self) -> Noise {
        let level = -10.0 * self.power.max(1e-13).log10();
        Noise { level: level.clamp(0.0, 127.0) as u8, reflection: [0.0; MAX_ORDER] }
    }
}
