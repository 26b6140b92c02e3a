//! Concealment of lost packets for the codecs without any of their own, after G.711 Appendix I
//! (09/1999): the last pitch periods are repeated, ever more of them, and fade out.
//!
//! Unlike there nothing is delayed by 3.75 ms for an overlap with the packet before the gap: the first
//! repetition bends from the last sample heard instead.

use super::pitch::{best_lag, crossfade, mix};

/// Pitch periods looked for, in milliseconds: 66 to 200 Hz.
const SHORTEST_MS: usize = 5;
const LONGEST_MS: usize = 15;
/// What is compared to find them.
const TEMPLATE_MS: usize = 20;
/// Periods repeated in turn, at most.
const PERIODS: usize = 3;
/// After each step another period is repeated and, from the second step on, a fifth of the level is lost.
const STEP_MS: usize = 10;
/// From here on there is silence.
const END_MS: usize = 60;

/// What makes up for the packets of one stream that do not come.
pub(super) struct Concealer {
    /// Samples in a millisecond.
    ms: usize,
    /// The last that was heard, oldest first: three of the longest periods and a quarter.
    history: Box<[i16]>,
    /// How much of the history there is.
    filled: usize,
    /// Samples made up since the last packet.
    made: usize,
    /// The last that was made up, for the history.
    tail: Vec<i16>,
    /// In samples.
    period: usize,
    /// The periods being repeated.
    cycle: Vec<i16>,
    /// The next sample in it.
    position: usize,
    /// What the next samples would have been, to fade from.
    overlap: Vec<i16>,
    /// How far that fade is.
    faded: usize,
}

impl Concealer {
    /// For PCM at `rate` Hz, a multiple of 1,000.
    pub(super) fn new(rate: u32) -> Self {
        let ms = (rate / 1_000) as usize;
        let length = PERIODS * LONGEST_MS * ms + LONGEST_MS * ms / 4;
        Concealer {
            ms,
            history: vec![0; length].into_boxed_slice(),
            filled: 0,
            made: 0,
            tail: Vec::new(),
            period: 1,
            cycle: Vec::new(),
            position: 0,
            overlap: Vec::new(),
            faded: 0,
        }
    }

    /// A packet was decoded: joins it smoothly to what was made up before, and remembers it.
    pub(super) fn heard(&mut self, pcm: &mut [i16]) {
        if self.made > 0 {
            let steps = self.made / (STEP_MS * self.ms);
            let length = (self.period / 4 + 4 * self.ms * steps).min(STEP_MS * self.ms).min(pcm.len());
            let mut going_on = Vec::with_capacity(length);
            self.render(length, &mut going_on);
            crossfade(&going_on, pcm);
            let tail = std::mem::take(&mut self.tail);
            self.remember(&tail);
            self.tail = tail;
            self.tail.clear();
            self.made = 0;
        }
        self.remember(pcm);
    }

    /// Appends `samples` in place of a packet.
    pub(super) fn conceal(&mut self, samples: usize, out: &mut Vec<i16>) {
        if samples == 0 {
            return;
        }
        let start = out.len();
        if self.made == 0 {
            self.begin();
        }
        let (step, end) = (STEP_MS * self.ms, END_MS * self.ms);
        let mut rest = samples;
        while rest > 0 && self.made < end {
            if self.made > 0 && self.made.is_multiple_of(step) {
                self.widen(self.made / step + 1);
            }
            let part = rest.min(step - self.made % step);
            self.render(part, out);
            self.made += part;
            rest -= part;
        }
        self.made = self.made.saturating_add(rest);
        out.resize(start + samples, 0);
        self.tail.extend_from_slice(&out[start..]);
        let excess = self.tail.len().saturating_sub(self.history.len());
        self.tail.drain(..excess);
    }

    /// Finds the period, and a first cycle that bends from the last sample heard.
    fn begin(&mut self) {
        let (shortest, longest) = (SHORTEST_MS * self.ms, LONGEST_MS * self.ms);
        let end = self.history.len();
        let template = (TEMPLATE_MS * self.ms).min(self.filled.saturating_sub(longest));
        self.position = 0;
        self.faded = 0;
        if template < shortest {
            // Too little was heard to find anything in it.
            self.period = shortest;
            self.cycle.clear();
            self.cycle.resize(shortest, 0);
        } else {
            let history = &*self.history;
            let found = best_lag(shortest..=longest, self.ms / 8, |lag| {
                (&history[end - template..], &history[end - template - lag..end - lag])
            });
            self.period = found.lag;
            self.repeat(1);
        }
        let last = i32::from(self.history[end - 1]);
        let bend = last - self.cycle.last().map_or(0, |&sample| i32::from(sample));
        let length = self.period / 4;
        self.overlap.clear();
        self.overlap.extend(self.cycle.iter().take(length).map(|&sample| saturate(i32::from(sample) + bend)));
    }

    /// Goes on with the last `periods` periods.
    fn widen(&mut self, periods: usize) {
        let overlap = self.period / 4;
        if periods > PERIODS || periods * self.period + overlap > self.filled {
            return;
        }
        let going_on = (self.position..).map(|i| self.cycle[i % self.cycle.len()]);
        self.overlap.clear();
        self.overlap.extend(going_on.take(overlap));
        self.faded = 0;
        self.position %= self.period;
        self.repeat(periods);
    }

    /// Fills the cycle with the last `periods` periods, the end of the last leading to the first.
    fn repeat(&mut self, periods: usize) {
        let end = self.history.len();
        let (length, overlap) = (periods * self.period, self.period / 4);
        let Some(before) = end.checked_sub(length + overlap) else {
            return;
        };
        self.cycle.clear();
        self.cycle.extend_from_slice(&self.history[end - length..]);
        let last = self.cycle.iter_mut().skip(length - overlap);
        for (i, (sample, &earlier)) in last.zip(&self.history[before..]).enumerate() {
            *sample = mix(*sample, earlier, i + 1, overlap + 1);
        }
    }

    /// Appends the next samples of the cycle.
    fn render(&mut self, samples: usize, out: &mut Vec<i16>) {
        let (step, end) = (STEP_MS * self.ms, END_MS * self.ms);
        for i in 0..samples {
            let mut sample = self.cycle[self.position];
            self.position = (self.position + 1) % self.cycle.len();
            if let Some(&old) = self.overlap.get(self.faded) {
                self.faded += 1;
                sample = mix(old, sample, self.faded, self.overlap.len() + 1);
            }
            let at = self.made + i;
            let left = end.saturating_sub(at.max(step));
            out.push(mix(0, sample, left, end - step));
        }
    }

    fn remember(&mut self, pcm: &[i16]) {
        let length = self.history.len();
        let new = &pcm[pcm.len().saturating_sub(length)..];
        self.history.copy_within(new.len().., 0);
        self.history[length - new.len()..].copy_from_slice(new);
        self.filled = (self.filled + new.len()).min(length);
    }
}

fn saturate(sample: i32) -> i16 {
    sample.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;

    fn sine(rate: u32, hz: f64, samples: usize) -> Vec<i16> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        (0..samples).map(|i| (8_000.0 * (step * i as f64).sin()).round() as i16).collect()
    }

    /// What is heard of `pcm` when the packets of 10 ms in `lost` do not come.
    fn heard(rate: u32, pcm: &[i16], lost: std::ops::Range<usize>) -> Vec<i16> {
        let mut concealer = Concealer::new(rate);
        let mut out = Vec::new();
        for (number, frame) in pcm.chunks_exact(rate as usize / 100).enumerate() {
            if lost.contains(&number) {
                concealer.conceal(frame.len(), &mut out);
            } else {
                let start = out.len();
                out.extend_from_slice(frame);
                concealer.heard(&mut out[start..]);
            }
        }
        out
    }

    fn steepest(pcm: &[i16]) -> i32 {
        pcm.windows(2).map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs()).max().unwrap_or(0)
    }

    #[test]
    fn a_hole_in_a_sine_stays_a_sine() {
        for rate in [8_000, 16_000] {
            for hz in [180.0, 440.0, 1_000.0, 2_333.0] {
                let pcm = sine(rate, hz, rate as usize / 2);
                let out = heard(rate, &pcm, 20..22);
                let hole = &out[rate as usize / 5..][..rate as usize / 50];
                let around = &out[rate as usize * 15 / 100..][..rate as usize / 8];
                let level = measure::rms(hole) - measure::rms(&pcm);
                assert!(level.abs() < 1.5, "{hz} Hz at {rate}: {level} dB");
                let found = measure::dominant_frequency(around, rate).unwrap_or(0.0);
                assert!((found - hz).abs() < 4.0, "{hz} Hz at {rate}: {found} Hz");
                assert!(steepest(&out) < steepest(&pcm) * 5 / 4, "{hz} Hz at {rate}: {}", steepest(&out));
            }
        }
    }

    #[test]
    fn a_long_hole_fades_to_silence_and_back() {
        let pcm = sine(8_000, 440.0, 4_000);
        let out = heard(8_000, &pcm, 20..35);
        let level = |from: usize, ms: usize| measure::rms(&out[from * 8..][..ms * 8]) - measure::rms(&pcm);
        assert!(level(210, 10) < -0.2 && level(210, 10) > -2.5, "{}", level(210, 10));
        assert!(level(240, 10) < level(220, 10) - 4.0);
        assert!(out[260 * 8..350 * 8].iter().all(|&sample| sample == 0));
        assert!(level(360, 100).abs() < 0.3, "{}", level(360, 100));
        assert!(steepest(&out) < steepest(&pcm) * 5 / 4);
    }

    #[test]
    fn a_hole_right_at_the_start_is_silent() {
        let mut concealer = Concealer::new(8_000);
        let mut out = Vec::new();
        concealer.conceal(480, &mut out);
        assert_eq!(out, [0; 480]);
        let mut packet = sine(8_000, 440.0, 80);
        concealer.heard(&mut packet);
        concealer.conceal(800, &mut out);
        assert_eq!(out.len(), 1_280);
    }

    #[test]
    fn any_split_of_a_hole_sounds_the_same() {
        let pcm = sine(8_000, 313.0, 800);
        let make = |parts: &[usize]| {
            let mut concealer = Concealer::new(8_000);
            concealer.heard(&mut pcm.clone());
            let mut out = Vec::new();
            parts.iter().for_each(|&part| concealer.conceal(part, &mut out));
            out
        };
        assert_eq!(make(&[400]), make(&[1, 79, 3, 157, 160]));
    }
}
