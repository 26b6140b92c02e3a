//! Recorded sounds: music on hold and announcements.

mod player;
mod resample;

use std::io::Read;
use std::time::Duration;

use crate::container::wav::{self, WavError};
use resample::Converter;

pub use player::Player;

/// The longest clip.
pub const MAX_DURATION: Duration = Duration::from_secs(20 * 60);

/// The rates that audio is played at, in Hz.
const RATES: [u32; 3] = [8_000, 16_000, 48_000];

/// A recorded sound in memory: mono PCM at 8,000, 16,000 or 48,000 Hz.
pub struct Clip {
    rate: u32,
    pcm: Vec<i16>,
    /// Its end goes over into its beginning without a step.
    #[allow(dead_code)]
    seamless: bool,
}

/// Why there is no clip; a sentence for who gave the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipError {
    /// The file cannot be read.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// The file has a header and nothing behind it.
    #[error("the WAV file has no audio in it")]
    Empty,
    /// The file is longer than [`MAX_DURATION`].
    #[error("the WAV file is longer than 20 minutes; cut it or convert a part of it")]
    TooLong,
}

impl Clip {
    /// Reads a WAV file of any rate, any channels, PCM, floating point or G.711, and converts it to one
    /// channel at the nearest rate above it. It takes about a second for ten minutes of music, and
    /// is no work for a thread that moves packets.
    ///
    /// # Errors
    /// [`ClipError`].
    pub fn read_wav(input: impl Read) -> Result<Self, ClipError> {
        let mut reader = wav::Reader::new(input)?;
        let rate = RATES.into_iter().find(|&rate| rate >= reader.rate()).unwrap_or(48_000);
        let longest = MAX_DURATION.as_secs() * u64::from(reader.rate());
        if reader.frames().is_some_and(|frames| frames > longest) {
            return Err(ClipError::TooLong);
        }
        let mut converter = Converter::new(reader.rate(), rate);
        let (mut samples, mut mono, mut pcm) = (Vec::new(), Vec::new(), Vec::new());
        let mut frames = 0;
        loop {
            samples.clear();
            let read = reader.read(&mut samples)?;
            if read == 0 {
                break;
            }
            frames += read as u64;
            if frames > longest {
                return Err(ClipError::TooLong);
            }
            let channels = reader.channels();
            mono.clear();
            mono.extend(samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32));
            converter.process(&mono, &mut pcm);
        }
        converter.finish(&mut pcm);
        Self::new(pcm, rate)
    }

    /// A clip of mono PCM at `rate` Hz: 8,000, 16,000 or 48,000.
    ///
    /// # Errors
    /// [`ClipError::Empty`]; [`ClipError::TooLong`].
    fn new(pcm: Vec<i16>, rate: u32) -> Result<Self, ClipError> {
        if pcm.is_empty() {
            return Err(ClipError::Empty);
        }
        let seamless = player::is_seamless(&pcm, rate);
        Ok(Self { rate, pcm, seamless })
    }

    /// Samples per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// How long it plays, once.
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.pcm.len() as u64 * 1_000_000_000 / u64::from(self.rate))
    }
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clip").field("rate", &self.rate).field("duration", &self.duration()).finish_non_exhaustive()
    }
}
