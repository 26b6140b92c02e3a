//! Playing a clip to one listener.

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
    repeat: bool,
    position: usize,
    rate: u32,
}

impl Player {
    /// A player that starts at the beginning. `rate` is that of the listener in Hz: 8,000, 16,000 or
    /// 48,000.
    pub fn new(clip: Arc<Clip>, rate: u32, repeat: bool) -> Self {
        let _ = Resampler::new(clip.rate, rate);
        Self { clip, repeat, position: 0, rate }
    }

    /// The rate given, in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Fills `pcm` with what comes next. `false` when the clip ended in it or before; the rest is
    /// silence.
    pub fn fill(&mut self, pcm: &mut [i16]) -> bool {
        pcm.fill(0);
        for sample in pcm.iter_mut() {
            match self.clip.pcm.get(self.position) {
                Some(&next) => *sample = next,
                None if self.repeat => self.position = 0,
                None => return false,
            }
            self.position += 1;
        }
        true
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player").field("clip", &self.clip).field("repeat", &self.repeat).finish_non_exhaustive()
    }
}
