//! Hearing digits.

use crate::dtmf::Pressed;

/// Finds the digits in one stream of PCM.
#[derive(Debug)]
pub struct DigitDetector {}

impl DigitDetector {
    /// A detector for mono PCM at 8,000, 16,000 or 48,000 Hz.
    pub fn new(_rate: u32) -> Self {
        Self {}
    }

    /// Takes the samples that follow and calls `pressed` for each digit that ended in them.
    pub fn process(&mut self, _pcm: &[i16], _pressed: impl FnMut(Pressed)) {}

    /// The digit that is sounding.
    pub fn current(&self) -> Option<char> {
        None
    }
}
