//! How loud a stream is.

/// Smoothed over about this much audio, in ticks: half a second.
const MEMORY: f32 = 24_000.0;
/// The mean square of a sine at full scale.
const FULL_SCALE: f32 = 32_768.0 * 32_768.0 / 2.0;
/// What silence is called, in dBFS.
const SILENCE: f32 = -120.0;

/// A smoothed mean square.
#[derive(Debug, Default)]
pub(super) struct Level(Option<f32>);

impl Level {
    /// Takes what was played, `ticks` long.
    pub(super) fn observe(&mut self, pcm: &[i16], ticks: i64) {
        // Each square loses ten bits, so that the sum of a chunk fits.
        let energy = |chunk: &[i16]| -> u32 { chunk.iter().map(|&s| (i32::from(s) * i32::from(s)) as u32 >> 10).sum() };
        let sum: f32 = pcm.chunks(2_048).map(|chunk| energy(chunk) as f32).sum();
        let mean = sum * 1_024.0 / pcm.len().max(1) as f32;
        let part = ticks as f32 / (ticks as f32 + MEMORY);
        self.0 = Some(self.0.map_or(mean, |old| old + (mean - old) * part));
    }

    /// In dBFS, 0 being a sine that just reaches full scale; `None` before the first audio.
    pub(super) fn dbfs(&self) -> Option<f32> {
        self.0.map(|mean| (10.0 * (mean / FULL_SCALE).log10()).max(SILENCE))
    }

    /// Whether there was any.
    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }
}
