//! How alike stretches of a signal are: what concealment and stretching find pitch periods by.

use std::ops::RangeInclusive;

/// What [`best_lag`] found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Match {
    /// In samples.
    pub(crate) lag: usize,
    /// 1 for the same shape, 0 for nothing in common, below for the opposite. Two silences are alike.
    pub(crate) likeness: f32,
}

/// The lag whose two stretches are most alike. `pair` gives the stretches of a lag, of one length.
/// Each `step`-th lag and sample is looked at first, then all around the best.
pub(crate) fn best_lag<'a>(
    lags: RangeInclusive<usize>,
    step: usize,
    pair: impl Fn(usize) -> (&'a [i16], &'a [i16]),
) -> Match {
    let (shortest, longest) = (*lags.start(), *lags.end());
    let step = step.max(1);
    let coarse = lags.step_by(step).map(|lag| {
        let (one, other) = pair(lag);
        Match { lag, likeness: if step == 1 { likeness(one, other) } else { coarse_likeness(one, other, step) } }
    });
    let best = |a: Match, b: Match| if b.likeness > a.likeness { b } else { a };
    let found = coarse.reduce(best).unwrap_or(Match { lag: shortest, likeness: 0.0 });
    if step == 1 {
        return found;
    }
    let around = found.lag.saturating_sub(step - 1).max(shortest)..=(found.lag + step - 1).min(longest);
    let fine = around.map(|lag| {
        let (one, other) = pair(lag);
        Match { lag, likeness: likeness(one, other) }
    });
    fine.reduce(best).unwrap_or(found)
}

/// The mean square of a stretch, in squared 16-bit steps.
pub(crate) fn mean_square(pcm: &[i16]) -> f32 {
    dot(pcm, pcm) / pcm.len().max(1) as f32
}

/// Fades from `old` to `new` in place, over as much as both have.
pub(crate) fn crossfade(old: &[i16], new: &mut [i16]) {
    let length = old.len().min(new.len());
    for (i, (new, &old)) in new.iter_mut().zip(old).enumerate() {
        *new = mix(old, *new, i + 1, length + 1);
    }
}

/// Fades from `pcm` to silence in place.
pub(crate) fn fade_out(pcm: &mut [i16]) {
    let length = pcm.len();
    for (i, sample) in pcm.iter_mut().enumerate() {
        *sample = mix(*sample, 0, i + 1, length);
    }
}

/// `part` of `whole` of the way from `old` to `new`.
pub(crate) fn mix(old: i16, new: i16, part: usize, whole: usize) -> i16 {
    let (old, new) = (f32::from(old), f32::from(new));
    (old + (new - old) * (part as f32 / whole as f32)) as i16
}

fn likeness(one: &[i16], other: &[i16]) -> f32 {
    normalized(dot(one, other), dot(one, one), dot(other, other))
}

fn coarse_likeness(one: &[i16], other: &[i16], step: usize) -> f32 {
    let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
    for (&a, &b) in one.iter().zip(other).step_by(step) {
        let (a, b) = (f32::from(a), f32::from(b));
        product += a * b;
        first += a * a;
        second += b * b;
    }
    normalized(product, first, second)
}

fn normalized(product: f32, first: f32, second: f32) -> f32 {
    // A step to each side is no shape.
    let power = first.max(1.0) * second.max(1.0);
    if first <= 1.0 && second <= 1.0 { 1.0 } else { product / power.sqrt() }
}

/// Eight sums beside each other, for the compiler may not reorder additions of one.
fn dot(one: &[i16], other: &[i16]) -> f32 {
    let (ones, ones_rest) = one.as_chunks::<8>();
    let (others, others_rest) = other.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for (one, other) in ones.iter().zip(others) {
        for ((sum, &a), &b) in sums.iter_mut().zip(one).zip(other) {
            *sum += f32::from(a) * f32::from(b);
        }
    }
    let rest: f32 = ones_rest.iter().zip(others_rest).map(|(&a, &b)| f32::from(a) * f32::from(b)).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_of_a_sine_is_found_at_every_step() {
        let rate = 16_000.0;
        let pcm: Vec<i16> = (0..1_600)
            .map(|i| (9_000.0 * (std::f64::consts::TAU * 150.0 * f64::from(i) / rate).sin()) as i16)
            .collect();
        for step in [1, 2, 6] {
            let found = best_lag(80..=240, step, |lag| (&pcm[800..1_120], &pcm[800 - lag..1_120 - lag]));
            // 106.7 samples, or twice that.
            assert!([106, 107, 213].contains(&found.lag), "{found:?}");
            assert!(found.likeness > 0.99);
        }
    }

    #[test]
    fn silences_are_alike_and_opposites_are_not() {
        assert_eq!(likeness(&[0; 20], &[0; 20]), 1.0);
        assert!(likeness(&[500; 20], &[0; 20]) < 0.1);
        assert!(likeness(&[500; 20], &[-500; 20]) < -0.9);
    }
}
