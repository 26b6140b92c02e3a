//! Playing a clip to one listener.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Clip;
use crate::dsp::Resampler;

/// How long the beginning and the end of a clip are faded where it starts over with a step, in
/// milliseconds.
const FADE_MS: u32 = 5;

/// Whether `pcm` can start over at its end without a click: the step there is none that does not
/// occur beside it.
pub(super) fn is_seamless(pcm: &[i16], rate: u32) -> bool {
    let around = (rate / 1_000 * FADE_MS) as usize;
    let (Some(&first), Some(&last)) = (pcm.first(), pcm.last()) else {
        return true;
    };
    let steps = |part: &[i16]| part.array_windows().map(|&[a, b]| a.abs_diff(b)).max().unwrap_or(0);
    let beside = steps(&pcm[..around.min(pcm.len())]).max(steps(&pcm[pcm.len().saturating_sub(around)..]));
    // Steps of this size are not heard as such at any level.
    first.abs_diff(last) <= beside.max(32)
}

/// Plays a clip at 8, 16 or 48 kHz, once or over and over.
pub struct Player {
    clip: Arc<Clip>,
    rate: u32,
    repeat: bool,
    /// Which sample of the clip comes next.
    position: usize,
    /// Whether the beginning is played after the end.
    again: bool,
    /// Between the clip's rate and the listener's.
    resampler: Option<Resampler>,
    /// What was converted and not played yet.
    ready: VecDeque<i16>,
    /// What is on its way to be converted, and what comes of it.
    scratch: [Vec<i16>; 2],
    ended: bool,
}

/// Silence behind a clip that ends: what the resampler still holds comes out.
const TAIL_MS: u32 = 5;

impl Player {
    /// A player that starts at the beginning. `rate` is that of the listener in Hz: 8,000, 16,000 or
    /// 48,000.
    pub fn new(clip: Arc<Clip>, rate: u32, repeat: bool) -> Self {
        let resampler = Resampler::new(clip.rate, rate);
        Self {
            clip,
            rate,
            repeat,
            position: 0,
            again: false,
            resampler,
            ready: VecDeque::new(),
            scratch: [Vec::new(), Vec::new()],
            ended: false,
        }
    }

    /// The rate given, in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The clip given.
    pub fn clip(&self) -> &Arc<Clip> {
        &self.clip
    }

    /// Fills `pcm` with what comes next. `false` when the clip ended in it or before; the rest is
    /// silence.
    pub fn fill(&mut self, pcm: &mut [i16]) -> bool {
        while self.ready.len() < pcm.len() && !self.ended {
            self.convert_some();
        }
        let whole = self.ready.len() >= pcm.len();
        let length = self.ready.len().min(pcm.len());
        let (played, rest) = pcm.split_at_mut(length);
        for (sample, next) in played.iter_mut().zip(self.ready.drain(..length)) {
            *sample = next;
        }
        rest.fill(0);
        whole
    }

    /// Converts at most 20 ms of the clip.
    fn convert_some(&mut self) {
        let [input, output] = &mut self.scratch;
        input.clear();
        output.clear();
        let rest = self.clip.pcm.get(self.position..).unwrap_or_default();
        let part = &rest[..rest.len().min((self.clip.rate / 50) as usize)];
        input.extend_from_slice(part);
        if self.repeat && !self.clip.seamless {
            fade(input, self.position, &self.clip, self.again);
        }
        self.position += part.len();
        if part.is_empty() && self.repeat {
            (self.position, self.again) = (0, true);
        } else if part.is_empty() {
            self.ended = true;
            if self.resampler.is_some() {
                input.resize((self.clip.rate / 1_000 * TAIL_MS) as usize, 0);
            }
        }
        match &mut self.resampler {
            Some(resampler) => resampler.process(input, output),
            None => output.append(input),
        }
        self.ready.extend(output.iter());
    }
}

/// Lowers what lies close to where the clip starts over. `part` begins at `position` of it.
fn fade(part: &mut [i16], position: usize, clip: &Clip, again: bool) {
    let length = (clip.rate / 1_000 * FADE_MS) as usize;
    for (i, sample) in part.iter_mut().enumerate() {
        let to_end = clip.pcm.len() - 1 - (position + i);
        let to_edge = if again { to_end.min(position + i) } else { to_end };
        if to_edge < length {
            *sample = (f32::from(*sample) * to_edge as f32 / length as f32) as i16;
        }
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").field("clip", &self.clip).field("repeat", &self.repeat).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;

    const RATES: [u32; 3] = [8_000, 16_000, 48_000];

    /// A clip of a tone of 16,384 at its peak.
    fn tone(rate: u32, hz: f64, samples: usize) -> Arc<Clip> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        let pcm = (0..samples).map(|i| (16_384.0 * (step * i as f64).sin()).round() as i16).collect();
        Arc::new(Clip::new(pcm, rate).expect("not empty"))
    }

    /// Plays frames of 20 ms.
    fn play(player: &mut Player, frames: usize) -> Vec<i16> {
        let mut heard = Vec::new();
        let mut frame = vec![0; (player.rate() / 50) as usize];
        for _ in 0..frames {
            player.fill(&mut frame);
            heard.extend_from_slice(&frame);
        }
        heard
    }

    /// The strongest high frequencies in any 5 ms, in dBFS: a click has them, a tone does not.
    fn click(pcm: &[i16], rate: u32) -> f64 {
        let hz = f64::from(rate) * 0.4;
        pcm.windows((rate / 200) as usize)
            .step_by((rate / 1_000) as usize)
            .map(|part| measure::level(part, rate, hz))
            .fold(measure::SILENCE_DBFS, f64::max)
    }

    #[test]
    fn a_clip_sounds_the_same_at_every_rate() {
        for from in RATES {
            let clip = tone(from, 997.0, from as usize);
            for to in RATES {
                let heard = play(&mut Player::new(clip.clone(), to, true), 45);
                let settled = &heard[(to / 50) as usize..];
                let level = measure::level(settled, to, 997.0);
                let purity = measure::tone_to_rest(settled, to, 997.0);
                assert!((level + 6.02).abs() < 0.1, "{from} to {to}: {level} dBFS");
                assert!(purity > 50.0, "{from} to {to}: {purity} dB above the rest");
            }
        }
    }

    #[test]
    fn it_ends_once_and_is_silent_from_then_on() {
        for from in RATES {
            for to in RATES {
                // 50 ms: two frames and a half.
                let mut player = Player::new(tone(from, 1_000.0, from as usize / 20), to, false);
                let mut frame = vec![0; (to / 50) as usize];
                assert!(player.fill(&mut frame) && player.fill(&mut frame), "{from} to {to}");
                let last = [player.fill(&mut frame), player.fill(&mut frame)];
                assert_eq!(last, [false, false], "{from} to {to}");
                frame.fill(7);
                assert!(!player.fill(&mut frame));
                assert!(frame.iter().all(|&sample| sample == 0));
            }
        }
    }

    #[test]
    fn starting_over_does_not_click() {
        for rate in RATES {
            // Ends at the top of the wave: 10 and a quarter periods of 200 Hz.
            let clip = tone(rate, 200.0, rate as usize * 41 / 800);
            let naive: Vec<i16> = clip.pcm.iter().copied().cycle().take(rate as usize / 2).collect();
            let heard = play(&mut Player::new(clip, rate, true), 25);
            let (with, without) = (click(&naive, rate), click(&heard, rate));
            assert!(without < with - 20.0, "{rate} Hz: {without} dBFS, and {with} without care");
            assert!(measure::rms(&heard) > -7.5);
        }
    }

    #[test]
    fn a_loop_made_to_go_round_is_left_as_it_is() {
        for rate in RATES {
            // Whole periods.
            let clip = tone(rate, 400.0, rate as usize / 10);
            let expected: Vec<i16> = clip.pcm.iter().copied().cycle().take(rate as usize / 2).collect();
            assert_eq!(play(&mut Player::new(clip, rate, true), 25), expected);
        }
    }

    #[test]
    fn one_sample_is_a_clip_too() {
        let clip = Arc::new(Clip::new(vec![5], 8_000).expect("not empty"));
        assert_eq!(play(&mut Player::new(clip, 8_000, true), 1), [5; 160]);
    }
}
