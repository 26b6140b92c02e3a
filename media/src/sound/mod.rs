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
    /// channel at the nearest rate above it. It takes about two seconds for ten minutes of music, and
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

    /// A clip of mono PCM at one of [`RATES`].
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

    /// Its samples.
    pub fn pcm(&self) -> &[i16] {
        &self.pcm
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::wav::{Coding, Format, Writer};
    use crate::dsp::measure;

    /// A file of one second and a half: a tone in the first channel, silence in the others.
    fn file(rate: u32, channels: u16, coding: Coding, hz: f64) -> Vec<u8> {
        let mut writer = Writer::new(Format { rate, channels, coding });
        let mut file = writer.header();
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        let mut frame = vec![0; usize::from(channels)];
        for i in 0..rate * 3 / 2 {
            frame[0] = (16_384.0 * (step * f64::from(i)).sin()).round() as i16;
            writer.write(&frame, &mut file);
        }
        file
    }

    #[test]
    fn any_rate_is_converted_at_its_level() {
        for (rate, expected) in [
            (6_000, 8_000),
            (8_000, 8_000),
            (11_025, 16_000),
            (16_000, 16_000),
            (22_050, 48_000),
            (44_100, 48_000),
            (48_000, 48_000),
            (96_000, 48_000),
            (192_000, 48_000),
        ] {
            let clip = Clip::read_wav(&file(rate, 1, Coding::Pcm16, 997.0)[..]).expect("a good file");
            assert_eq!(clip.rate(), expected);
            let seconds = clip.duration().as_secs_f64();
            assert!((seconds - 1.5).abs() < 0.000_1, "{rate} Hz: {seconds} s");
            let settled = &clip.pcm[1_000..clip.pcm.len() - 1_000];
            let level = measure::level(settled, expected, 997.0);
            let purity = measure::tone_to_rest(settled, expected, 997.0);
            assert!((level + 6.02).abs() < 0.02, "{rate} Hz: {level} dBFS");
            assert!(purity > 75.0, "{rate} Hz: {purity} dB above the rest");
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_does_not_fold_into_it() {
        let clip = Clip::read_wav(&file(96_000, 1, Coding::Pcm16, 27_000.0)[..]).expect("a good file");
        let level = measure::rms(&clip.pcm[1_000..clip.pcm.len() - 1_000]);
        assert!(level < -75.0, "{level} dBFS");
    }

    #[test]
    fn channels_are_mixed_and_g711_is_read() {
        for coding in [Coding::Pcm16, Coding::Alaw, Coding::Ulaw] {
            let clip = Clip::read_wav(&file(8_000, 2, coding, 997.0)[..]).expect("a good file");
            let level = measure::level(&clip.pcm, 8_000, 997.0);
            assert!((level + 12.04).abs() < 0.1, "{coding:?}: {level} dBFS");
        }
    }

    #[test]
    fn who_gave_a_bad_file_is_told_why() {
        let refusal = |file: &[u8]| Clip::read_wav(file).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(refusal(b"ID3 something"), Err("this is no WAV file: it does not begin with RIFF and WAVE".into()));
        let good = file(8_000, 1, Coding::Pcm16, 997.0);
        assert_eq!(refusal(&good[..44]), Err("the WAV file has no audio in it".into()));
        assert_eq!(refusal(&good[..40]), Err("the WAV file has no audio: it ends before its data chunk".into()));
        let mut adpcm = good.clone();
        adpcm[20] = 0x11;
        let sentence = refusal(&adpcm).expect_err("not supported");
        assert!(sentence.contains("IMA ADPCM") && sentence.contains("convert it"), "{sentence}");
        let long = good.into_iter().take(44).chain(std::iter::repeat_n(0, 8_000 * 2 * 1_201)).collect::<Vec<u8>>();
        let sentence = refusal(&long).expect_err("too long");
        assert!(sentence.contains("20 minutes"), "{sentence}");
    }
}
