//! Making digits.

use std::f64::consts::TAU;
use std::time::Duration;

use super::{HIGH, KEYS, LOW};
use crate::dtmf::{MAX_DURATION, MIN_DURATION};

/// Level of the lower frequency, as a peak: -13 dBm0, where a full-scale sine is +3.14 dBm0.
const LOW_PEAK: f64 = 5_110.0;
/// Level of the higher frequency, as a peak: -11 dBm0, since lines lose more of it.
const HIGH_PEAK: f64 = 6_433.0;
/// Rise and fall, so that neither clicks.
const EDGE: Duration = Duration::from_millis(3);

/// The tone of one digit.
#[derive(Debug, Clone)]
pub struct DigitTone {
    /// Radians a sample.
    low: f64,
    high: f64,
    /// Samples in all, done, and of each edge.
    samples: u32,
    done: u32,
    edge: u32,
}

impl DigitTone {
    /// The tone of a digit at 8,000, 16,000 or 48,000 Hz, between [`MIN_DURATION`] and
    /// [`MAX_DURATION`] long; `None` for characters other than `0`-`9`, `*`, `#`, `A`-`D`.
    pub fn new(digit: char, duration: Duration, rate: u32) -> Option<Self> {
        let digit = digit.to_ascii_uppercase();
        let (row, column) = KEYS.iter().zip(LOW).find_map(|(row, low)| {
            let column = row.iter().position(|&key| key == digit)?;
            Some((low, HIGH[column]))
        })?;
        let samples = |duration: Duration| (duration.as_micros() as u64 * u64::from(rate) / 1_000_000) as u32;
        Some(DigitTone {
            low: TAU * row / f64::from(rate),
            high: TAU * column / f64::from(rate),
            samples: samples(duration.clamp(MIN_DURATION, MAX_DURATION)),
            done: 0,
            edge: samples(EDGE).max(1),
        })
    }

    /// Overwrites `pcm` with what follows; silence after the end. Says whether more is to come.
    pub fn fill(&mut self, pcm: &mut [i16]) -> bool {
        for sample in pcm {
            *sample = 0;
            if self.done < self.samples {
                let t = f64::from(self.done);
                let gain = (self.done + 1).min(self.samples - self.done).min(self.edge);
                let wave = LOW_PEAK * (self.low * t).sin() + HIGH_PEAK * (self.high * t).sin();
                *sample = (wave * f64::from(gain) / f64::from(self.edge)).round() as i16;
                self.done += 1;
            }
        }
        self.done < self.samples
    }

    /// Samples still to come.
    pub(super) fn left(&self) -> usize {
        (self.samples - self.done) as usize
    }
}
