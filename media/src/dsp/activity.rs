//! Is somebody speaking?

use super::measure;

/// Tells speech from background noise in one stream.
#[derive(Debug)]
pub struct Activity {}

impl Activity {
    /// A detector for mono PCM at 8,000, 16,000 or 48,000 Hz.
    pub fn new(_rate: u32) -> Self {
        Self {}
    }

    /// Takes the samples that follow (10 to 60 ms) and says whether they are to be sent as speech:
    /// they are, or it ended only just now.
    pub fn is_speech(&mut self, pcm: &[i16]) -> bool {
        measure::rms(pcm) > -45.0
    }
}
