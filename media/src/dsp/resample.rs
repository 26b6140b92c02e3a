//! Conversion between 8, 16 and 48 kHz.
//!
//! One design for every pair: a windowed sinc whose cut-off is half the lower rate, 40 taps for each
//! sample between two of the lower rate. The samples in their place pass untouched, so converting
//! between 8 and 16 kHz is a half-band filter. Flat within 0.01 dB to 0.45 of the lower rate, 59 dB down
//! from 0.55 of it, and a delay of 20 of its samples: 2.5 ms at 8 kHz, 1.25 ms at 16 kHz.

use std::f64::consts::PI;
use std::sync::LazyLock;

/// Taps for one sample.
const TAPS: usize = 40;
/// How far a sample that passes untouched lags, in samples of the lower rate.
const MIDDLE: usize = TAPS / 2 - 1;
const HISTORY: usize = TAPS - 1;
/// Samples of the lower rate filtered at a time.
const CHUNK: usize = 160;
/// The highest of the three rates over the lowest.
const MAX_FACTOR: usize = 6;
/// The window's parameter (Kaiser): 60 dB.
const BETA: f64 = 5.65;

/// A stateful sample rate converter. Consecutive calls give the same samples as one call with all
/// the input.
pub struct Resampler {
    /// The higher rate over the lower.
    factor: usize,
    is_up: bool,
    filters: &'static [[i16; TAPS]],
    /// History, then a chunk, of each filter's input. Up all have the same, the first; down each has
    /// one of `factor` samples, the first goes untouched.
    branches: Vec<[i16; HISTORY + CHUNK]>,
    /// The samples that do not fill `factor` yet (down only).
    waiting: [i16; MAX_FACTOR],
    waiting_len: usize,
}

impl Resampler {
    /// A converter with silence as its past; `None` unless the rates are two different ones of 8,000,
    /// 16,000 and 48,000 Hz.
    pub fn new(from: u32, to: u32) -> Option<Self> {
        let filters: &'static [_] = match (from.min(to), from.max(to)) {
            (8_000, 16_000) => &*BY_2,
            (16_000, 48_000) => &*BY_3,
            (8_000, 48_000) => &*BY_6,
            _ => return None,
        };
        let factor = filters.len() + 1;
        let is_up = from < to;
        let branches = vec![[0; HISTORY + CHUNK]; if is_up { 1 } else { factor }];
        Some(Resampler { factor, is_up, filters, branches, waiting: [0; MAX_FACTOR], waiting_len: 0 })
    }

    /// Appends the converted samples: `factor` for each up, one for each `factor` down, where those
    /// that do not fill one wait for the next call.
    pub fn process(&mut self, pcm: &[i16], out: &mut Vec<i16>) {
        if self.is_up { self.up(pcm, out) } else { self.down(pcm, out) }
    }

    fn up(&mut self, pcm: &[i16], out: &mut Vec<i16>) {
        let Some(branch) = self.branches.first_mut() else {
            return;
        };
        for chunk in pcm.chunks(CHUNK) {
            branch[HISTORY..HISTORY + chunk.len()].copy_from_slice(chunk);
            for window in branch.array_windows().take(chunk.len()) {
                out.extend(self.filters.iter().map(|filter| saturate(rounded(dot(window, filter), UNIT_BITS))));
                out.push(window[HISTORY - MIDDLE]);
            }
            branch.copy_within(chunk.len()..chunk.len() + HISTORY, 0);
        }
    }

    fn down(&mut self, mut pcm: &[i16], out: &mut Vec<i16>) {
        if self.waiting_len > 0 {
            let (first, rest) = pcm.split_at(pcm.len().min(self.factor - self.waiting_len));
            self.waiting[self.waiting_len..self.waiting_len + first.len()].copy_from_slice(first);
            self.waiting_len += first.len();
            pcm = rest;
            if self.waiting_len < self.factor {
                return;
            }
            let waiting = self.waiting;
            self.down_groups(&waiting[..self.factor], out);
        }
        let groups = pcm.len() / self.factor * self.factor;
        let (groups, rest) = pcm.split_at(groups);
        for chunk in groups.chunks(CHUNK * self.factor) {
            self.down_groups(chunk, out);
        }
        self.waiting[..rest.len()].copy_from_slice(rest);
        self.waiting_len = rest.len();
    }

    /// At most [`CHUNK`] times `factor` samples, and a multiple of `factor`.
    fn down_groups(&mut self, pcm: &[i16], out: &mut Vec<i16>) {
        let groups = pcm.len() / self.factor;
        for (i, branch) in self.branches.iter_mut().enumerate() {
            let samples = pcm.iter().skip(i).step_by(self.factor);
            branch[HISTORY..].iter_mut().zip(samples).for_each(|(to, &from)| *to = from);
        }
        let Some((untouched, filtered)) = self.branches.split_first() else {
            return;
        };
        let mut sums = [0i64; CHUNK];
        let sums = &mut sums[..groups];
        for (sum, &middle) in sums.iter_mut().zip(&untouched[HISTORY - MIDDLE..]) {
            *sum = i64::from(middle) << UNIT_BITS;
        }
        // The first branch lags least, which is where the last filter looks.
        for (branch, filter) in filtered.iter().zip(self.filters.iter().rev()) {
            for (sum, window) in sums.iter_mut().zip(branch.array_windows()) {
                *sum += i64::from(dot(window, filter));
            }
        }
        // Rounded by cutting off what is made positive: quicker than a division.
        let scale = 1.0 / ((1 << UNIT_BITS) as f64 * self.factor as f64);
        out.extend(sums.iter().map(|&sum| saturate((sum as f64 * scale + 65_536.5) as i32 - 65_536)));
        for branch in &mut self.branches {
            branch.copy_within(groups..groups + HISTORY, 0);
        }
    }
}

/// What the taps of a filter add up to: one, in fixed point.
const UNIT_BITS: u32 = 14;

/// Cannot overflow: the taps' magnitudes add up to at most 2.7, of 4 in 32 bits.
#[inline(always)]
fn dot(window: &[i16; TAPS], filter: &[i16; TAPS]) -> i32 {
    window.iter().zip(filter).map(|(&sample, &tap)| i32::from(sample) * i32::from(tap)).sum()
}

fn rounded(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

fn saturate(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

static BY_2: LazyLock<[[i16; TAPS]; 1]> = LazyLock::new(filters);
static BY_3: LazyLock<[[i16; TAPS]; 2]> = LazyLock::new(filters);
static BY_6: LazyLock<[[i16; TAPS]; 5]> = LazyLock::new(filters);

/// The filters for the samples at 1/factor, 2/factor ... between two of the lower rate.
fn filters<const BETWEEN: usize>() -> [[i16; TAPS]; BETWEEN] {
    std::array::from_fn(|i| filter((i + 1) as f64 / (BETWEEN + 1) as f64))
}

/// The taps for the sample at `fraction` of the way from tap [`MIDDLE`] to the next.
fn filter(fraction: f64) -> [i16; TAPS] {
    let ideal: [f64; TAPS] = std::array::from_fn(|i| {
        let t = i as f64 - MIDDLE as f64 - fraction;
        let edge = t / (TAPS as f64 / 2.0);
        (PI * t).sin() / (PI * t) * bessel(BETA * (1.0 - edge * edge).max(0.0).sqrt())
    });
    // Exactly one in all, so that a constant stays constant.
    let unit = f64::from(1 << UNIT_BITS);
    let scale = unit / ideal.iter().sum::<f64>();
    let mut taps = ideal.map(|tap| (tap * scale).round() as i16);
    let rest = (1 << UNIT_BITS) - taps.iter().map(|&tap| i32::from(tap)).sum::<i32>();
    taps[if fraction > 0.5 { MIDDLE + 1 } else { MIDDLE }] += rest as i16;
    taps
}

/// The modified Bessel function of the first kind and order zero.
fn bessel(x: f64) -> f64 {
    let terms = (1..30).scan(1.0, |term, k| {
        *term *= (x / 2.0 / f64::from(k)).powi(2);
        Some(*term)
    });
    1.0 + terms.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;

    fn sine(rate: u32, hz: f64, samples: usize) -> Vec<i16> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        (0..samples).map(|i| (16_384.0 * (step * i as f64).sin()).round() as i16).collect()
    }

    fn convert(from: u32, to: u32, pcm: &[i16]) -> Vec<i16> {
        let mut out = Vec::new();
        if let Some(mut resampler) = Resampler::new(from, to) {
            resampler.process(pcm, &mut out);
        }
        out
    }

    /// The level of `measured` Hz behind the converter, in dB against the sine of `hz` before it.
    fn gain(from: u32, to: u32, hz: f64, measured: f64) -> f64 {
        let pcm = sine(from, hz, from as usize / 4);
        let out = convert(from, to, &pcm);
        measure::level(&out[to as usize / 20..], to, measured) - measure::level(&pcm, from, hz)
    }

    const PAIRS: [(u32, u32); 6] =
        [(8_000, 16_000), (16_000, 8_000), (16_000, 48_000), (48_000, 16_000), (8_000, 48_000), (48_000, 8_000)];

    /// Frequencies from `start` to `end`, both shares of `rate`, without those that fold onto others.
    fn sweep(rate: u32, start: f64, end: f64) -> impl Iterator<Item = f64> {
        const STEPS: u32 = 23;
        (0..=STEPS).map(move |i| f64::from(rate) * (start + (end - start) * f64::from(i) / f64::from(STEPS)) + 0.7)
    }

    /// The largest and the smallest gain up to `share` of the lower rate, in dB.
    fn passband(from: u32, to: u32, share: f64) -> (f64, f64) {
        sweep(from.min(to), 0.01, share)
            .map(|hz| gain(from, to, hz, hz))
            .fold((f64::MIN, f64::MAX), |(high, low), gain| (high.max(gain), low.min(gain)))
    }

    /// The strongest thing that is not in the input, in dB: what folds back down, images up.
    fn rejection(from: u32, to: u32) -> f64 {
        let low = from.min(to);
        let folded: Vec<(f64, f64)> = if from > to {
            let end = f64::from(from / to) / 2.0 - 0.01;
            let folded = |hz: f64| (hz - f64::from(low) * (hz / f64::from(low)).round()).abs();
            sweep(low, 0.55, end).map(|hz| (hz, folded(hz))).collect()
        } else {
            let images = |hz: f64| {
                let multiples = (1..=to / from / 2).map(move |k| f64::from(from * k));
                multiples.flat_map(move |center| [(hz, center - hz), (hz, center + hz)])
            };
            sweep(low, 0.01, 0.45).flat_map(images).filter(|&(_, image)| image < f64::from(to / 2)).collect()
        };
        folded.into_iter().map(|(hz, measured)| gain(from, to, hz, measured)).fold(f64::MIN, f64::max)
    }

    #[test]
    fn the_band_of_the_lower_rate_passes_unchanged() {
        for (from, to) in PAIRS {
            let (high, low) = passband(from, to, 0.45);
            assert!(high < 0.1 && low > -0.1, "{from} to {to}: {low} to {high} dB");
        }
    }

    #[test]
    fn aliases_and_images_are_gone() {
        for (from, to) in PAIRS {
            let worst = rejection(from, to);
            assert!(worst < -57.0, "{from} to {to}: {worst} dB");
        }
    }

    /// The table in docs/benchmarks.md.
    #[test]
    #[ignore = "prints figures"]
    fn response() {
        println!(
            "| from, Hz | to, Hz | 0 to 0.425 of the lower rate, dB | 0 to 0.45, dB | aliases or images, dB | delay, ms |"
        );
        println!("| --- | --- | --- | --- | --- | --- |");
        for (from, to) in PAIRS {
            let (high, low) = passband(from, to, 0.425);
            let (high_45, low_45) = passband(from, to, 0.45);
            let worst = rejection(from, to);
            let out = convert(from, to, &[[0; 480].as_slice(), &[30_000; 6], &[0; 960]].concat());
            let peak = out.iter().enumerate().max_by_key(|&(_, &sample)| sample).map_or(0, |(i, _)| i);
            let delay = (peak as f64 / f64::from(to) - 482.5 / f64::from(from)) * 1e3;
            println!(
                "| {from} | {to} | {low:+.3} to {high:+.3} | {low_45:+.3} to {high_45:+.3} | {worst:.1} | {delay:.1} |"
            );
        }
    }

    #[test]
    fn any_split_gives_the_same_samples() {
        let pcm: Vec<i16> = (0..6_000i32).map(|i| (i * i % 65_521 - 32_760) as i16).collect();
        for (from, to) in PAIRS {
            let whole = convert(from, to, &pcm);
            let mut resampler = Resampler::new(from, to).expect("rates that exist");
            let mut pieces = Vec::new();
            let mut rest = pcm.as_slice();
            for length in [1, 2, 3, 160, 7, 320, 0, 333, 174, 1, 1, 1, 1, 1, 961, 4, 2_000, 2_030] {
                let (piece, after) = rest.split_at(length);
                resampler.process(piece, &mut pieces);
                rest = after;
            }
            assert!(rest.is_empty());
            assert_eq!(pieces, whole, "{from} to {to}");
            assert_eq!(whole.len(), 6_000 * to as usize / from as usize);
        }
    }

    #[test]
    fn the_loudest_input_does_not_wrap() {
        for (from, to) in PAIRS {
            let resampler = Resampler::new(from, to).expect("rates that exist");
            for filter in resampler.filters {
                let magnitudes: i32 = filter.iter().map(|&tap| i32::from(tap).abs()).sum();
                assert!(magnitudes < 4 << UNIT_BITS);
                // The signs of the taps: the worst input there is.
                let worst = filter.map(|tap| if tap < 0 { i16::MIN } else { i16::MAX });
                let samples = worst.iter().flat_map(|&sample| [sample].repeat((from / to).max(1) as usize));
                let out = convert(from, to, &samples.collect::<Vec<_>>());
                assert_eq!(out.iter().max(), Some(&i16::MAX), "{from} to {to}");
                let up = (to / from).max(1) as usize;
                assert!(out[out.len() - up..].iter().all(|&sample| sample > 0), "{from} to {to} wraps");
            }
        }
    }

    #[test]
    fn a_constant_stays_constant() {
        for (from, to) in PAIRS {
            let out = convert(from, to, &[12_345; 4_800]);
            assert!(out[1_000.min(out.len() / 2)..].iter().all(|&sample| sample == 12_345), "{from} to {to}");
        }
    }

    #[test]
    fn only_these_rates() {
        assert!(Resampler::new(8_000, 8_000).is_none());
        assert!(Resampler::new(44_100, 8_000).is_none());
    }
}
