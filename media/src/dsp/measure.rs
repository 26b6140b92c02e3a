//! What does this recording contain? For tests that compare what was heard with what was played.
//!
//! Levels are in dBFS: 0 is a sine that just reaches full scale.

use std::f64::consts::TAU;

/// What [`level`] and [`rms`] answer for silence.
pub const SILENCE_DBFS: f64 = -120.0;

/// The level in dBFS of the part of `pcm` at `frequency` Hz (Goertzel, Hann window). It sees about
/// 2 * `rate` / length Hz to both sides: 200 ms tell tones 10 Hz apart.
pub fn level(pcm: &[i16], rate: u32, frequency: f64) -> f64 {
    decibels(goertzel(&windowed(pcm), rate, frequency))
}

/// The level of everything in `pcm`, in dBFS.
pub fn rms(pcm: &[i16]) -> f64 {
    // A sine's peak is the square root of two above its effective value.
    decibels((2.0 * mean_square(pcm)).sqrt())
}

/// How far the tone at `frequency` Hz stands above everything else, in dB. What changes the tone's
/// level or phase on the way counts as something else.
pub fn tone_to_rest(pcm: &[i16], rate: u32, frequency: f64) -> f64 {
    let tone = goertzel(&windowed(pcm), rate, frequency).powi(2) / 2.0;
    // Everything under the same window; what is left is never negative but for rounding.
    let all: f64 = pcm
        .iter()
        .zip(hann(pcm.len()))
        .map(|(&sample, window)| window * (f64::from(sample) / FULL_SCALE).powi(2))
        .sum();
    let rest = 2.0 * all / pcm.len().max(1) as f64 - tone;
    10.0 * (tone.max(1e-12) / rest.max(1e-12)).log10()
}

/// The frequency in Hz of the strongest tone in the loudest part of `pcm`, exact to about 1 Hz;
/// `None` when there is nothing louder than -60 dBFS or less than 10 ms to look at.
pub fn dominant_frequency(pcm: &[i16], rate: u32) -> Option<f64> {
    let part = loudest(pcm, (rate as usize / 4).clamp(1, 8_192));
    if part.len() < rate as usize / 100 || rms(part) < -60.0 {
        return None;
    }
    let step = f64::from(rate) / part.len() as f64;
    let samples = windowed(part);
    let at = |frequency: f64| goertzel(&samples, rate, frequency);
    let bins = (1..part.len() / 2).map(|bin| bin as f64 * step);
    let (mut best, _) = bins.map(|hz| (hz, at(hz))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    // The window's main lobe has one maximum; halving the step walks up to it.
    let mut step = step / 2.0;
    while step > 0.05 {
        let candidates = [best - step, best, best + step];
        best = candidates.into_iter().max_by(|&a, &b| at(a).total_cmp(&at(b)))?;
        step /= 2.0;
    }
    Some(best)
}

/// The stretch of `length` samples with the most energy, to half its length.
fn loudest(pcm: &[i16], length: usize) -> &[i16] {
    (0..=pcm.len().saturating_sub(length))
        .step_by((length / 2).max(1))
        .map(|start| &pcm[start..(start + length).min(pcm.len())])
        .max_by(|a, b| mean_square(a).total_cmp(&mean_square(b)))
        .unwrap_or(pcm)
}

/// The samples under a Hann window, scaled so that [`goertzel`] answers 1 for a sine at full scale.
fn windowed(pcm: &[i16]) -> Vec<f64> {
    // Twice for the half of the spectrum that is left out, twice for the window's mean of one half.
    let scale = 4.0 / (pcm.len().max(1) as f64 * FULL_SCALE);
    pcm.iter().zip(hann(pcm.len())).map(|(&sample, window)| scale * window * f64::from(sample)).collect()
}

fn hann(length: usize) -> impl Iterator<Item = f64> {
    let step = TAU / length.max(1) as f64;
    (0..length).map(move |i| 0.5 - 0.5 * (step * (i as f64 + 0.5)).cos())
}

/// The amplitude at one frequency.
fn goertzel(samples: &[f64], rate: u32, frequency: f64) -> f64 {
    let coefficient = 2.0 * (TAU * frequency / f64::from(rate)).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        (one, two) = (sample + coefficient * one - two, one);
    }
    let power: f64 = one * one + two * two - coefficient * one * two;
    power.max(0.0).sqrt()
}

fn mean_square(pcm: &[i16]) -> f64 {
    let sum: f64 = pcm.iter().map(|&sample| (f64::from(sample) / FULL_SCALE).powi(2)).sum();
    sum / pcm.len().max(1) as f64
}

fn decibels(amplitude: f64) -> f64 {
    (20.0 * amplitude.log10()).max(SILENCE_DBFS)
}

const FULL_SCALE: f64 = 32_768.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hz: f64, peak: f64, samples: usize) -> Vec<i16> {
        (0..samples).map(|i| (peak * (TAU * hz * i as f64 / f64::from(rate)).sin()).round() as i16).collect()
    }

    #[test]
    fn level_of_a_known_sine() {
        let pcm = sine(8_000, 1_003.0, 16_384.0, 1_600);
        assert!((level(&pcm, 8_000, 1_003.0) + 6.02).abs() < 0.05);
        assert!((rms(&pcm) + 6.02).abs() < 0.05);
        assert!(level(&pcm, 8_000, 1_100.0) < -70.0);
        assert!(tone_to_rest(&pcm, 8_000, 1_003.0) > 40.0);
    }

    #[test]
    fn silence_has_no_frequency() {
        assert_eq!(level(&[0; 800], 8_000, 1_000.0), SILENCE_DBFS);
        assert_eq!(rms(&[]), SILENCE_DBFS);
        assert_eq!(dominant_frequency(&[0; 8_000], 8_000), None);
        assert_eq!(dominant_frequency(&[], 8_000), None);
    }

    #[test]
    fn the_loudest_tone_is_found_between_silence() {
        for (rate, hz) in [(8_000, 425.0), (16_000, 1_000.4), (48_000, 7_321.0)] {
            let mut pcm = vec![0; rate as usize / 2];
            pcm.extend(sine(rate, hz, 3_000.0, rate as usize / 2));
            pcm.extend(vec![0; rate as usize / 3]);
            let found = dominant_frequency(&pcm, rate).unwrap_or(0.0);
            assert!((found - hz).abs() < 1.0, "{found} for {hz}");
        }
    }
}
