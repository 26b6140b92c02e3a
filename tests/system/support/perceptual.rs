//! How much heard speech is like its original, as a person would put it: the distance of the two in loudness per
//! critical band, after they were aligned in time, on the scale of opinion scores from 1 to 5.
//!
//! A coarse relative of PESQ (ITU-T P.862): it ranks degradations as that does, with a correlation of 0.9
//! (`bench/perceptual.py` shows one beside the other), and does not claim the same figures.

use std::f64::consts::PI;
use std::ops::Range;
use std::time::Duration;

/// What was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    /// From 1, nothing like it, to 5, no difference.
    pub(crate) score: f64,
    /// How much louder it is heard than it was spoken, in dB.
    pub(crate) gain: f64,
    /// Where in the original the heard begins, in samples at [`RATE`].
    pub(crate) offset: isize,
    /// By how much the delay changed on the way.
    pub(crate) wander: Duration,
}

/// Everything is compared at this rate, in Hz.
pub(crate) const RATE: u32 = 16_000;
/// Samples of a millisecond.
const MS: usize = RATE as usize / 1000;
/// Samples of a spectrum, 32 ms, and between two.
const FRAME: usize = 512;
const STEP: usize = FRAME / 2;
/// What shares one delay, ms: no jitter buffer changes it twice within.
const SEGMENT: usize = 400;
/// How far the delay may go from one segment to the next, ms.
const REACH: usize = 150;
/// Levels below are silence, dB below full scale.
const SILENCE: f64 = -55.0;
/// What is that much below the loudest band of its moment is masked by it, dB.
const MASKED: f64 = 42.0;
/// A difference that nobody hears, and the most that one band can tell, dB.
const JUST_HEARD: f64 = 1.5;
const ALL_WRONG: f64 = 25.0;
/// What of a band's loudness may be a filter's, dB.
const FILTERED: f64 = 15.0;

/// Which band of frequencies is judged, in Hz.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Width {
    /// What G.711 carries.
    Narrow,
    /// What G.722 carries.
    Wide,
}

/// Compares `heard` with the part of `original` that it is; both at [`RATE`]. `offsets` is where in the original the
/// heard may begin. With `again`, the original is spoken over and over; otherwise silence is around it. `None` when
/// nothing was heard.
pub(crate) fn judge(
    original: &[i16],
    heard: &[i16],
    offsets: Range<isize>,
    again: bool,
    width: Width,
) -> Option<Verdict> {
    let length = isize::try_from(original.len()).ok().filter(|&length| length > 0)?;
    let range = offsets.start..offsets.end + heard.len() as isize;
    let original: Vec<f64> = range
        .map(|at| if again { at.rem_euclid(length) } else { at })
        .map(|at| usize::try_from(at).ok().and_then(|at| original.get(at)).map_or(0.0, |&s| f64::from(s) / 32_768.0))
        .collect();
    let heard: Vec<f64> = heard.iter().map(|&s| f64::from(s) / 32_768.0).collect();
    let (spoken, envelope) = (levels(&original), levels(&heard));
    if envelope.iter().all(|&level| level <= SILENCE) {
        return None;
    }

    let delays = delays(&spoken, &envelope);
    let bands = bands(width);
    let pairs: Vec<[Vec<f64>; 2]> = (0..heard.len().saturating_sub(FRAME))
        .step_by(STEP)
        .filter_map(|at| {
            let from = at + delays[(at / MS / SEGMENT).min(delays.len() - 1)] * MS;
            let [spoken, heard] = [original.get(from..from + FRAME)?, heard.get(at..at + FRAME)?];
            Some([spectrum(spoken, &bands), spectrum(heard, &bands)])
        })
        .collect();
    // Loudness as a whole is said by itself, and what a filter does to all of it is no distortion.
    let total = |side: usize| pairs.iter().flat_map(|pair| &pair[side]).map(|db| 10f64.powf(db / 10.0)).sum::<f64>();
    let gain = 10.0 * (total(1) / total(0).max(1e-12)).max(1e-12).log10();
    let filter = filter(&pairs, bands.len(), gain);
    let speech: Vec<f64> = pairs.iter().filter_map(|[spoken, heard]| distance(spoken, heard, &filter)).collect();
    let distance = (speech.iter().map(|d| d * d).sum::<f64>() / speech.len().max(1) as f64).sqrt();
    Some(Verdict {
        score: opinion(distance),
        gain,
        offset: offsets.start + (delays[0] * MS) as isize,
        wander: Duration::from_millis((delays.iter().max()? - delays.iter().min()?) as u64),
    })
}

/// The opinion of a distance in dB: fitted to PESQ.
fn opinion(distance: f64) -> f64 {
    1.0 + 4.0 * (-(distance / 2.1).powf(0.9)).exp()
}

/// How much louder each band is heard than it was spoken, where both are loud, in dB.
fn filter(pairs: &[[Vec<f64>; 2]], bands: usize, gain: f64) -> Vec<f64> {
    let of_band = |band: usize| {
        let both = |[spoken, heard]: &[Vec<f64>; 2]| {
            let (spoken, heard) = (*spoken.get(band)?, *heard.get(band)?);
            (spoken > SILENCE && heard > SILENCE).then_some(heard - spoken)
        };
        let differences: Vec<f64> = pairs.iter().filter_map(both).collect();
        let mean = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
        if differences.is_empty() { gain } else { mean.clamp(gain - FILTERED, gain + FILTERED) }
    };
    (0..bands).map(of_band).collect()
}

/// How far two moments are from each other, in dB per band; `None` when both are silent.
fn distance(spoken: &[f64], heard: &[f64], filter: &[f64]) -> Option<f64> {
    let heard: Vec<f64> = heard.iter().zip(filter).map(|(heard, filter)| heard - filter).collect();
    let top = spoken.iter().chain(&heard).copied().fold(f64::MIN, f64::max);
    if top < SILENCE {
        return None;
    }
    let floor = (top - MASKED).max(SILENCE - 10.0);
    let difference = |(spoken, heard): (&f64, &f64)| {
        let difference = (heard.max(floor) - spoken.max(floor)).abs();
        (difference - JUST_HEARD).clamp(0.0, ALL_WRONG)
    };
    Some(spoken.iter().zip(&heard).map(difference).sum::<f64>() / spoken.len() as f64)
}

/// For each segment of the heard, where in the original it begins relative to its own place, in ms.
fn delays(spoken: &[f64], heard: &[f64]) -> Vec<usize> {
    let last = spoken.len().saturating_sub(heard.len());
    // The whole first, coarsely; then each segment around the one before.
    let coarse = |part: &[f64]| part.iter().copied().step_by(4).collect::<Vec<f64>>();
    let (spoken_coarse, heard_coarse) = (coarse(spoken), coarse(heard));
    let whole = best(&spoken_coarse, &heard_coarse, 0..last / 4 + 1).map_or(0, |(at, _)| at * 4);
    let mut delay = whole;
    let segments = heard.chunks(SEGMENT).enumerate().map(|(number, segment)| {
        let around = delay.saturating_sub(REACH)..(delay + REACH).min(last) + 1;
        let from = number * SEGMENT;
        let part = spoken.get(from..).unwrap_or_default();
        // Silence fits anywhere, and a short rest says little.
        if segment.len() == SEGMENT
            && let Some((found, likeness)) = best(part, segment, around)
            // As it was, unless something else is clearly more like it: a lost packet is no jump.
            && likeness > 0.6
            && best(part, segment, delay..delay + 1).is_none_or(|(_, before)| likeness > before + 0.1)
        {
            delay = found;
        }
        delay
    });
    let mut delays: Vec<usize> = segments.collect();
    // What began in silence belongs to what was found first.
    if let Some(first) = delays.iter().position(|&delay| delay != whole) {
        let found = delays[first];
        if found.abs_diff(whole) <= REACH / 10 {
            delays[..first].fill(found);
        }
    }
    delays
}

/// The place of `places` where `part` is most like `whole`, and how like: the correlation.
fn best(whole: &[f64], part: &[f64], places: Range<usize>) -> Option<(usize, f64)> {
    let mean = part.iter().sum::<f64>() / part.len() as f64;
    let part: Vec<f64> = part.iter().map(|level| level - mean).collect();
    let energy: f64 = part.iter().map(|level| level * level).sum();
    if energy < part.len() as f64 {
        return None;
    }
    let likeness = |at: usize| {
        let other = whole.get(at..at + part.len())?;
        let (sum, squares) = other.iter().fold((0.0, 0.0), |(sum, squares), l| (sum + l, squares + l * l));
        let spread = squares - sum * sum / part.len() as f64;
        let product: f64 = other.iter().zip(&part).map(|(a, b)| a * b).sum();
        (spread > 1e-9).then(|| (at, product / (spread * energy).sqrt()))
    };
    places.filter_map(likeness).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The level of each millisecond, with a few around it, in dB below full scale.
fn levels(sound: &[f64]) -> Vec<f64> {
    let energy: Vec<f64> = sound.chunks(MS).map(|ms| ms.iter().map(|s| s * s).sum::<f64>() / MS as f64).collect();
    let around = |at: usize| &energy[at.saturating_sub(4)..(at + 5).min(energy.len())];
    let level = |part: &[f64]| 10.0 * (part.iter().sum::<f64>() / part.len() as f64).max(1e-12).log10();
    (0..energy.len()).map(|at| level(around(at)).max(SILENCE)).collect()
}

/// The first and last line of a spectrum in each critical band, one Bark wide.
fn bands(width: Width) -> Vec<Range<usize>> {
    let (low, high) = (200.0, if matches!(width, Width::Narrow) { 3_300.0 } else { 6_800.0 });
    let bark = |hz: f64| 26.81 * hz / (1960.0 + hz) - 0.53;
    let hz = |bark: f64| 1960.0 * (bark + 0.53) / (26.28 - bark);
    let line = |hz: f64| (hz * FRAME as f64 / f64::from(RATE)).round() as usize;
    let count = (bark(high) - bark(low)).floor() as usize;
    (0..count).map(|n| line(hz(bark(low) + n as f64))..line(hz(bark(low) + n as f64 + 1.0))).collect()
}

/// The level of each band, dB below full scale.
fn spectrum(frame: &[f64], bands: &[Range<usize>]) -> Vec<f64> {
    let window = |at: usize| 0.5 - 0.5 * (2.0 * PI * at as f64 / FRAME as f64).cos();
    let mut real: Vec<f64> = frame.iter().enumerate().map(|(at, sample)| sample * window(at)).collect();
    let mut imaginary = vec![0.0; FRAME];
    transform(&mut real, &mut imaginary);
    let power = |at: usize| real[at] * real[at] + imaginary[at] * imaginary[at];
    // A full-scale sine has level 0.
    let scale = 16.0 / (FRAME * FRAME) as f64;
    bands.iter().map(|band| 10.0 * (band.clone().map(power).sum::<f64>() * scale).max(1e-12).log10()).collect()
}

/// The fast Fourier transform, in place; the length is a power of two.
fn transform(real: &mut [f64], imaginary: &mut [f64]) {
    let length = real.len();
    let shift = usize::BITS - length.trailing_zeros();
    for at in 0..length {
        let other = at.reverse_bits() >> shift;
        if at < other {
            real.swap(at, other);
            imaginary.swap(at, other);
        }
    }
    let mut half = 1;
    while half < length {
        for k in 0..half {
            let (sin, cos) = (-PI * k as f64 / half as f64).sin_cos();
            for low in (k..length).step_by(2 * half) {
                let high = low + half;
                let (x, y) = (real[high] * cos - imaginary[high] * sin, real[high] * sin + imaginary[high] * cos);
                (real[high], imaginary[high]) = (real[low] - x, imaginary[low] - y);
                real[low] += x;
                imaginary[low] += y;
            }
        }
        half *= 2;
    }
}

/// Sound at another rate, without what the lower of the two cannot carry.
pub(crate) fn at_rate(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to {
        return samples.to_vec();
    }
    let (from, to) = (from as usize, to as usize);
    let phases = to / common_divisor(from, to);
    let cut = (to as f64 / from as f64).min(1.0) * 0.95;
    let reach = (24.0 / cut) as isize;
    let weight = |x: f64| {
        let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x * cut).sin() / (PI * x * cut) };
        cut * sinc * (0.5 + 0.5 * (PI * x / (reach + 1) as f64).cos())
    };
    // The weights of the samples around a place depend only on where between two samples it is.
    let filters: Vec<Vec<f64>> = (0..phases)
        .map(|phase| (phase * from % to) as f64 / to as f64)
        .map(|between| (-reach..=reach).map(|i| weight(between - i as f64)).collect())
        .collect();
    let sample = |at: isize| usize::try_from(at).ok().and_then(|at| samples.get(at)).map_or(0.0, |&s| f64::from(s));
    (0..samples.len() * to / from)
        .map(|at| {
            let first = (at * from / to) as isize - reach;
            let sum: f64 = filters[at % phases].iter().zip(first..).map(|(weight, i)| weight * sample(i)).sum();
            sum.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
        })
        .collect()
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something like speech: syllables of a buzz that glides, from a seed.
    fn babble(seconds: usize) -> Vec<i16> {
        let mut state = 1u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        let mut sound = Vec::new();
        while sound.len() < seconds * RATE as usize {
            let (length, pitch, loud) = (1_500 + (random() * 3_000.0) as usize, 90.0 + random() * 80.0, random());
            let formants = [300.0 + random() * 500.0, 900.0 + random() * 1_400.0];
            for at in 0..length {
                let t = at as f64 / f64::from(RATE);
                let swell = (PI * at as f64 / length as f64).sin();
                let harmonic = |n: f64| {
                    let hz = n * pitch;
                    let near = formants.iter().map(|f| (-((hz - f) / 200.0).powi(2)).exp()).sum::<f64>();
                    (near + 0.02) * (2.0 * PI * hz * t).sin()
                };
                let buzz: f64 = (1..30).map(|n| harmonic(f64::from(n))).sum();
                sound.push((buzz * swell * (2_000.0 + loud * 4_000.0)) as i16);
            }
            sound.extend(std::iter::repeat_n(0, (random() * 2_500.0) as usize));
        }
        sound
    }

    fn score(heard: &[i16]) -> f64 {
        let found = judge(&babble(6), heard, -1_000..20_000, false, Width::Narrow);
        found.expect("something is heard").score
    }

    #[test]
    fn the_same_is_perfect_and_its_place_and_loudness_are_found() {
        let original = babble(6);
        let heard: Vec<i16> = original[8_000..80_000].iter().map(|s| s / 2).collect();
        let found = judge(&original, &heard, 0..30_000, false, Width::Wide).unwrap();
        assert!(found.score > 4.9, "{found:?}");
        assert!((found.gain + 6.0).abs() < 0.2, "{found:?}");
        assert!((found.offset - 8_000).abs() <= 2 * MS as isize, "{found:?}");
        let around: Vec<i16> = [&original[60_000..], &original[..60_000]].concat();
        let found = judge(&original, &around, 0..original.len() as isize, true, Width::Wide).unwrap();
        assert!(found.score > 3.5, "{found:?}");
    }

    #[test]
    fn worse_is_worse() {
        let original = babble(6)[..80_000].to_vec();
        let lost = |every: usize| {
            let frame = |(n, frame): (usize, &[i16])| if n % every == 3 { vec![0; 320] } else { frame.to_vec() };
            score(&original.chunks(320).enumerate().flat_map(frame).collect::<Vec<_>>())
        };
        let noisy = |amount: i32| {
            let mut state = 7u32;
            let noise = |s: &i16| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (i32::from(*s) + (state >> 16) as i32 % amount - amount / 2).clamp(-32_768, 32_767) as i16
            };
            score(&original.iter().map(noise).collect::<Vec<_>>())
        };
        let losses = [lost(100), lost(20), lost(8), lost(4)];
        assert!(losses.is_sorted_by(|a, b| a > b), "{losses:?}");
        let noises = [noisy(4), noisy(200), noisy(1_000), noisy(8_000)];
        assert!(noises.is_sorted_by(|a, b| a > b), "{noises:?}");
        let backwards: Vec<i16> = original.iter().rev().copied().collect();
        assert!(score(&backwards) < 2.0);
    }

    #[test]
    fn a_jump_of_the_delay_costs_little_and_is_told() {
        let original = babble(6);
        let heard = [&original[..40_000], &original[40_640..90_000]].concat();
        let found = judge(&original, &heard, -1_000..20_000, false, Width::Narrow).unwrap();
        assert!(found.score > 3.0, "{found:?}");
        assert!(found.wander.abs_diff(Duration::from_millis(40)) <= Duration::from_millis(4), "{found:?}");
    }

    #[test]
    fn the_rate_changes_and_the_sound_does_not() {
        let tone = |rate: u32| -> Vec<i16> {
            (0..rate).map(|i| (8_000.0 * (2.0 * PI * 1_000.0 * f64::from(i) / f64::from(rate)).sin()) as i16).collect()
        };
        for from in [8_000, 48_000] {
            let (found, wanted) = (at_rate(&tone(from), from, RATE), tone(RATE));
            assert_eq!(found.len(), wanted.len());
            let middle = found.iter().zip(&wanted).skip(1_000).take(14_000);
            assert!(middle.clone().all(|(a, b)| (i32::from(*a) - i32::from(*b)).abs() < 100), "{from}");
        }
    }
}
