//! Digits as tones, one after the other.

use std::collections::VecDeque;
use std::time::Duration;

use super::DigitTone;
use crate::dtmf::{MAX_QUEUE, PAUSE};

/// Plays digits as tones with pauses between: what
/// [`Session::send_digits`](crate::Session::send_digits) does where telephone events cannot be sent.
#[derive(Debug)]
pub struct ToneSender {
    rate: u32,
    queue: VecDeque<DigitTone>,
    /// Samples of silence before the next digit.
    pause: usize,
}

impl ToneSender {
    /// A sender of PCM at 8,000, 16,000 or 48,000 Hz.
    pub fn new(rate: u32) -> Self {
        Self { rate, queue: VecDeque::new(), pause: 0 }
    }

    /// Queues digits that last `duration` each, 40 ms to 8 s. At most 64 wait; characters other than
    /// `0`-`9`, `*`, `#`, `A`-`D` are ignored.
    pub fn push(&mut self, digits: &str, duration: Duration) {
        let room = MAX_QUEUE.saturating_sub(self.queue.len());
        self.queue.extend(digits.chars().filter_map(|digit| DigitTone::new(digit, duration, self.rate)).take(room));
    }

    /// Whether a digit is sounding or waits, or the pause after one lasts.
    pub fn is_sending(&self) -> bool {
        self.pause > 0 || !self.queue.is_empty()
    }

    /// Overwrites `pcm` with what follows; silence when nothing is left. Says whether more is to come.
    pub fn fill(&mut self, mut pcm: &mut [i16]) -> bool {
        while !pcm.is_empty() {
            let length = if self.pause > 0 {
                let length = self.pause.min(pcm.len());
                pcm[..length].fill(0);
                self.pause -= length;
                length
            } else if let Some(tone) = self.queue.front_mut() {
                let length = tone.left().min(pcm.len());
                if !tone.fill(&mut pcm[..length]) {
                    self.queue.pop_front();
                    self.pause = (PAUSE.as_millis() as usize * self.rate as usize) / 1_000;
                }
                length
            } else {
                pcm.fill(0);
                pcm.len()
            };
            pcm = &mut pcm[length..];
        }
        self.is_sending()
    }
}
