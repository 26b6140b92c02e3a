//! Tones: made, read, measured.

use std::f64::consts::TAU;
use std::fmt;
use std::fs;
use std::path::Path;

use offhook_media::codec::{Codec, Encoder};
use offhook_media::dsp::measure;

use super::perceptual;

/// Level of the tones that [`tone`] makes, in dBFS.
pub(crate) const TONE_LEVEL: f64 = -12.0;

/// Sound, one channel.
#[derive(Clone)]
pub(crate) struct Sound {
    /// Samples a second.
    pub(crate) rate: u32,
    /// The samples.
    pub(crate) samples: Vec<i16>,
}

impl Sound {
    /// The last part of the sound; `None` while there is less.
    pub(crate) fn last(&self, seconds: f64) -> Option<Sound> {
        let count = (seconds * f64::from(self.rate)) as usize;
        let from = self.samples.len().checked_sub(count)?;
        Some(Sound { rate: self.rate, samples: self.samples[from..].to_vec() })
    }

    /// The same at another rate.
    pub(crate) fn at(&self, rate: u32) -> Sound {
        Sound { rate, samples: perceptual::at_rate(&self.samples, self.rate, rate) }
    }

    /// The same again and again, for so many seconds.
    pub(crate) fn repeated(&self, seconds: u32) -> Sound {
        let samples = self.samples.iter().copied().cycle().take((self.rate * seconds) as usize).collect();
        Sound { rate: self.rate, samples }
    }

    /// The sound in pieces of so many seconds.
    pub(crate) fn pieces(&self, seconds: f64) -> impl Iterator<Item = Sound> + '_ {
        let length = (f64::from(self.rate) * seconds) as usize;
        self.samples.chunks_exact(length).map(|samples| Sound { rate: self.rate, samples: samples.to_vec() })
    }

    /// The level of one frequency, dBFS.
    pub(crate) fn level(&self, frequency: f64) -> f64 {
        measure::level(&self.samples, self.rate, frequency)
    }

    /// Whether this is above all that tone, at a level that a person hears.
    pub(crate) fn is_mostly(&self, frequency: f64) -> bool {
        measure::dominant_frequency(&self.samples, self.rate).is_some_and(|found| (found - frequency).abs() < 4.0)
            && self.level(frequency) > -40.0
    }

    /// Whether this is that tone, little else, and as loud as it was made, within 2 dB.
    pub(crate) fn is_tone(&self, frequency: f64) -> bool {
        self.is_mostly(frequency)
            && (self.level(frequency) - TONE_LEVEL).abs() < 2.0
            && measure::tone_to_rest(&self.samples, self.rate, frequency) > 15.0
    }

    /// The level of everything, dBFS.
    pub(crate) fn rms(&self) -> f64 {
        measure::rms(&self.samples)
    }

    /// Whether nothing is to be heard.
    pub(crate) fn is_silence(&self) -> bool {
        self.rms() < -60.0
    }
}

/// What a test says when it heard something else.
impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match measure::dominant_frequency(&self.samples, self.rate) {
            None => write!(f, "{:.1} dBFS of nothing particular", measure::rms(&self.samples)),
            Some(frequency) => write!(
                f,
                "{frequency:.1} Hz at {:.1} dBFS, {:.1} dB above the rest",
                self.level(frequency),
                measure::tone_to_rest(&self.samples, self.rate, frequency)
            ),
        }
    }
}

/// A tone at [`TONE_LEVEL`]: a whole number of periods, so that it can be repeated.
pub(crate) fn tone(frequency: u32, rate: u32, seconds: u32) -> Sound {
    let peak = f64::from(i16::MAX) * 10f64.powf(TONE_LEVEL / 20.0);
    let sample = |i: u32| (peak * (TAU * f64::from(frequency) * f64::from(i) / f64::from(rate)).sin()).round() as i16;
    Sound { rate, samples: (0..rate * seconds).map(sample).collect() }
}

/// A second of a tone in A-law octets.
pub(crate) fn alaw_tone(frequency: u32) -> Vec<u8> {
    let mut encoder = Encoder::new(Codec::Pcma, 8000).expect("A-law takes 8 kHz");
    let mut octets = Vec::new();
    for frame in tone(frequency, 8000, 1).samples.chunks(160) {
        encoder.encode(frame, &mut octets).expect("A-law takes 20 ms");
    }
    octets
}

/// Writes a sound as a 16-bit WAV file.
pub(crate) fn write(path: &Path, sound: &Sound) {
    write_channels(path, sound, 1);
}

/// Writes a sound as a 16-bit WAV file with the same in each of its channels.
pub(crate) fn write_channels(path: &Path, sound: &Sound, channels: u16) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: sound.rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("the file can be written");
    for &sample in sound.samples.iter().flat_map(|sample| std::iter::repeat_n(sample, channels.into())) {
        writer.write_sample(sample).expect("the file can be written");
    }
    writer.finalize().expect("the file can be written");
}

/// Reads the first channel of a 16-bit WAV file that may still be growing: its header does not know its length yet.
pub(crate) fn read_growing(path: &Path) -> Option<Sound> {
    let bytes = fs::read(path).ok()?;
    let channels = u16::from_le_bytes(bytes.get(22..24)?.try_into().ok()?).max(1);
    let rate = u32::from_le_bytes(bytes.get(24..28)?.try_into().ok()?);
    let data = bytes.windows(4).position(|w| w == b"data")? + 8;
    Some(Sound { rate, samples: samples(bytes.get(data..)?).into_iter().step_by(channels.into()).collect() })
}

/// Reads a 16-bit mono WAV file.
pub(crate) fn read(path: &Path) -> Sound {
    let mut reader = hound::WavReader::open(path).expect("the file can be read");
    let samples = reader.samples::<i16>().map(|sample| sample.expect("the file is whole")).collect();
    Sound { rate: reader.spec().sample_rate, samples }
}

/// Reads both channels of a 16-bit stereo WAV file.
pub(crate) fn read_channels(path: &Path) -> [Sound; 2] {
    let mut reader = hound::WavReader::open(path).expect("the file can be read");
    assert_eq!(reader.spec().channels, 2);
    let samples: Vec<i16> = reader.samples().map(|sample| sample.expect("the file is whole")).collect();
    let channel = |at| samples.iter().copied().skip(at).step_by(2).collect();
    [0, 1].map(|at| Sound { rate: reader.spec().sample_rate, samples: channel(at) })
}

/// Samples from little-endian bytes.
pub(crate) fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.as_chunks::<2>().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}

#[test]
fn a_tone_is_known_by_frequency_and_level() {
    for rate in [8000, 16000, 48000] {
        let sound = tone(1000, rate, 1).last(0.4).unwrap();
        assert!(sound.is_tone(1000.0), "{sound}");
        assert!(!sound.is_tone(700.0));
        let quiet = Sound { rate, samples: sound.samples.iter().map(|s| s / 4).collect() };
        assert!(!quiet.is_tone(1000.0), "12 dB down is another level");
    }
    assert!(Sound { rate: 8000, samples: vec![0; 4000] }.is_silence());
}
