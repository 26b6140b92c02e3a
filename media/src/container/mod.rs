//! Audio files as octets: WAV and Ogg-Opus, read and written as a stream.

pub mod ogg;
pub mod wav;

/// Octets that replace some already written, once the file is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where they go, counted from the file's start.
    pub offset: u64,
    /// What stands there from then on.
    pub bytes: Vec<u8>,
}

/// What stands behind `f32` samples: full scale is 1.
const FULL_SCALE: f32 = 32_768.0;

/// The nearest sample there is.
pub(crate) fn to_pcm(sample: f32) -> i16 {
    // A cast drops what is behind the point and saturates; it is much quicker than rounding.
    let sample = sample * FULL_SCALE;
    (sample + 0.5f32.copysign(sample)) as i16
}
