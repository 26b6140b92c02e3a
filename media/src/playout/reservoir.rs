//! Decoded audio between packets of one length and calls of another, and what was heard just before.
//!
//! Here the pace is changed too: a pitch period is taken out or put in where the audio repeats itself
//! anyway, with a crossfade over that period (WSOLA).

use crate::codec::pitch::{Match, best_lag, mean_square, mix};

/// Periods that are taken out or put in, in milliseconds.
const SHORTEST_MS: f32 = 2.5;
const LONGEST_MS: usize = 15;
/// What is compared to find them.
const TEMPLATE_MS: usize = 6;
/// Kept of what was heard.
const KEPT_MS: usize = LONGEST_MS + TEMPLATE_MS;
/// Below this mean square nobody hears what is done: -58 dBFS.
const INAUDIBLE: f32 = 860.0;

/// PCM at one rate.
pub(super) struct Reservoir {
    /// Samples in a millisecond.
    ms: usize,
    pcm: Vec<i16>,
    /// What is before was heard.
    read: usize,
}

impl Reservoir {
    /// An empty one for PCM at `rate` Hz, with silence as its past.
    pub(super) fn new(rate: u32) -> Self {
        let ms = (rate as usize / 1_000).max(1);
        let kept = KEPT_MS * ms;
        Reservoir { ms, pcm: vec![0; kept], read: kept }
    }

    /// How many samples wait.
    pub(super) fn len(&self) -> usize {
        self.pcm.len() - self.read
    }

    /// What waits.
    pub(super) fn pending(&mut self) -> &mut [i16] {
        &mut self.pcm[self.read..]
    }

    /// Where to append.
    pub(super) fn tail(&mut self) -> &mut Vec<i16> {
        let kept = KEPT_MS * self.ms;
        if self.read > 3 * kept {
            self.pcm.drain(..self.read - kept);
            self.read = kept;
        }
        &mut self.pcm
    }

    /// Appends silence, to be overwritten.
    pub(super) fn append_silence(&mut self, samples: usize) -> &mut [i16] {
        let pcm = self.tail();
        let start = pcm.len();
        pcm.resize(start + samples, 0);
        &mut pcm[start..]
    }

    /// Moves what waits into `pcm`, as much as fits; how much that was.
    pub(super) fn take(&mut self, pcm: &mut [i16]) -> usize {
        let taken = self.len().min(pcm.len());
        pcm[..taken].copy_from_slice(&self.pcm[self.read..self.read + taken]);
        self.read += taken;
        taken
    }

    /// What [`Reservoir::compress`] needs waiting to find the longest periods.
    pub(super) fn wanted(&self) -> usize {
        2 * LONGEST_MS * self.ms
    }

    /// Takes out a pitch period of at most `most` samples from what comes next, if the audio is at
    /// least as alike as `likeness` (1 the same, 0 anything). Answers how many samples went.
    pub(super) fn compress(&mut self, most: usize, likeness: f32) -> usize {
        let (template, read) = (TEMPLATE_MS * self.ms, self.read);
        let longest = most.min(self.len() / 2).min(self.len().saturating_sub(template)).min(LONGEST_MS * self.ms);
        let Some(lag) = self.lag(longest, likeness, |lag| (read, read + lag)) else {
            return 0;
        };
        for i in 0..lag {
            self.pcm[read + i] = mix(self.pcm[read + i], self.pcm[read + lag + i], i + 1, lag + 1);
        }
        self.pcm.drain(read + lag..read + 2 * lag);
        lag
    }

    /// Puts in a pitch period, likewise.
    pub(super) fn expand(&mut self, most: usize, likeness: f32) -> usize {
        let read = self.read;
        let longest = most.min(self.len()).min(LONGEST_MS * self.ms);
        if self.len() < TEMPLATE_MS * self.ms {
            return 0;
        }
        let Some(lag) = self.lag(longest, likeness, |lag| (read, read - lag)) else {
            return 0;
        };
        // What comes next, fading to what was heard a period ago, and then what comes next.
        let before = read - lag;
        let end = self.pcm.len();
        self.pcm.resize(end + lag, 0);
        self.pcm.copy_within(read..end, read + lag);
        for i in 0..lag {
            self.pcm[read + i] = mix(self.pcm[read + lag + i], self.pcm[before + i], i + 1, lag + 1);
        }
        lag
    }

    /// The best lag up to `longest` between the stretches that start at `starts`.
    fn lag(&self, longest: usize, likeness: f32, starts: impl Fn(usize) -> (usize, usize)) -> Option<usize> {
        let shortest = (SHORTEST_MS * self.ms as f32) as usize;
        let template = TEMPLATE_MS * self.ms;
        if longest < shortest {
            return None;
        }
        let stretch = |start: usize| self.pcm.get(start..start + template).unwrap_or_default();
        let (one, other) = starts(longest);
        if mean_square(stretch(one)) < INAUDIBLE && mean_square(stretch(other)) < INAUDIBLE {
            return Some(longest);
        }
        let Match { lag, likeness: found } = best_lag(shortest..=longest, self.ms / 8, |lag| {
            let (one, other) = starts(lag);
            (stretch(one), stretch(other))
        });
        (found >= likeness).then_some(lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;

    fn sine(rate: u32, hz: f64, samples: usize) -> Vec<i16> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        (0..samples).map(|i| (8_000.0 * (step * i as f64).sin()).round() as i16).collect()
    }

    #[test]
    fn a_sine_of_another_length_is_still_that_sine() {
        for rate in [8_000u32, 16_000, 48_000] {
            for expand in [false, true] {
                let mut reservoir = Reservoir::new(rate);
                let pcm = sine(rate, 333.0, rate as usize);
                let mut out = Vec::new();
                let mut changed = 0;
                let mut frame = vec![0; rate as usize / 50];
                for part in pcm.chunks_exact(rate as usize / 25) {
                    reservoir.tail().extend_from_slice(part);
                    let before = reservoir.len();
                    let most = rate as usize / 50;
                    let by = if expand { reservoir.expand(most, 0.9) } else { reservoir.compress(most, 0.9) };
                    assert_eq!(reservoir.len(), if expand { before + by } else { before - by });
                    changed += by;
                    while reservoir.len() >= frame.len() {
                        let taken = reservoir.take(&mut frame);
                        out.extend_from_slice(&frame[..taken]);
                    }
                }
                assert!(changed > rate as usize / 20, "{changed} samples at {rate}");
                let heard = &out[rate as usize / 10..rate as usize / 2];
                let purity = measure::tone_to_rest(heard, rate, 333.0);
                assert!(purity > 15.0, "{purity} dB at {rate}, expand {expand}");
                let steepest = |pcm: &[i16]| pcm.windows(2).map(|two| (two[1] - two[0]).abs()).max();
                assert!(steepest(heard) <= steepest(&pcm).map(|most| most + most / 6));
            }
        }
    }

    #[test]
    fn what_does_not_repeat_is_left_alone() {
        let mut random = crate::random::Random::new(3);
        let mut reservoir = Reservoir::new(8_000);
        reservoir.tail().extend((0..400).map(|_| (random.next_u32() >> 18) as i16 - 8_192));
        assert_eq!(reservoir.compress(120, 0.9), 0);
        assert_eq!(reservoir.len(), 400);
        assert!(reservoir.compress(120, -1.0) > 0);
    }
}
