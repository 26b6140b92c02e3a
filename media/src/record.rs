//! A call's recording: both sides of it into the octets of a file.

use crate::codec::CodecError;
use crate::container::{ogg, wav};
use crate::mixer::Mixer;

pub use crate::container::Patch;

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Container {
    /// WAV, 16-bit PCM at the recorder's rate.
    Wav,
    /// Ogg-Opus (RFC 7845), 24 kbit/s a channel.
    OggOpus,
}

/// Where the two sides of a call go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channels {
    /// Both into one.
    Mixed,
    /// Side A left, side B right.
    PerSide,
}

/// What a recording looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordFormat {
    /// The kind of file.
    pub container: Container,
    /// One channel or two.
    pub channels: Channels,
}

/// Octets that wait to be taken at most: five seconds of what takes the most room. While nobody takes
/// any, the recording is silent, and goes on in step.
const MAX_PENDING: usize = 1 << 20;
/// How fast time that was lost so is made up for, in seconds of silence at a time.
const CATCH_UP: u64 = 1;

/// Turns both sides of a call into the octets of an audio file, as they come. What is cut off anywhere
/// still plays to there.
pub struct Recorder {
    format: RecordFormat,
    rate: u32,
    file: File,
    mixer: Mixer,
    /// The samples of a push as the file takes them.
    samples: Vec<i16>,
    /// Octets that nobody took yet.
    pending: Vec<u8>,
    /// Samples of a side for which there was no room.
    missed: u64,
}

enum File {
    Wav(wav::Writer),
    Ogg(Box<ogg::Writer>),
}

impl File {
    fn write(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        match self {
            File::Wav(writer) => writer.write(samples, out),
            File::Ogg(writer) => writer.write(samples, out),
        }
    }
}

impl Recorder {
    /// A recorder of mono PCM at `rate` Hz: 8,000, 16,000 or 48,000.
    ///
    /// # Errors
    /// [`CodecError::UnsupportedRate`] and [`CodecError::Library`] (libopus has no memory), both for
    /// Ogg-Opus only.
    pub fn new(format: RecordFormat, rate: u32) -> Result<Self, CodecError> {
        let per_side = format.channels == Channels::PerSide;
        let mut pending = Vec::new();
        let file = match format.container {
            Container::Wav => {
                let channels = if per_side { 2 } else { 1 };
                let writer = wav::Writer::new(wav::Format { rate, channels, coding: wav::Coding::Pcm16 });
                pending = writer.header();
                File::Wav(writer)
            }
            Container::OggOpus => File::Ogg(Box::new(ogg::Writer::new(rate, per_side)?)),
        };
        Ok(Self { format, rate, file, mixer: Mixer::new(rate), samples: Vec::new(), pending, missed: 0 })
    }

    /// The format given.
    pub fn format(&self) -> RecordFormat {
        self.format
    }

    /// The rate given, in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes what both sides said in the same time. The shorter of the two ends in silence; a side
    /// that is not there is empty, so that both stay in step.
    pub fn push(&mut self, a: &[i16], b: &[i16]) {
        let length = a.len().max(b.len());
        if self.missed > 0 && self.pending.len() < MAX_PENDING {
            let silence = self.missed.min(CATCH_UP * u64::from(self.rate));
            self.missed -= silence;
            self.write(&[], &[], silence as usize);
        }
        if self.missed > 0 || self.pending.len() >= MAX_PENDING {
            self.missed += length as u64;
            return;
        }
        self.write(a, b, length);
    }

    /// Appends to `out` what the file goes on with.
    pub fn take(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.pending);
    }

    /// Ends the file: appends its last octets to `out`. What is to be replaced in it then, if
    /// anything; a file that misses this still plays. Nothing may be pushed after it.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Option<Patch> {
        self.take(out);
        match &mut self.file {
            File::Wav(writer) => Some(writer.finish(out)),
            File::Ogg(writer) => {
                writer.finish(out);
                None
            }
        }
    }

    fn write(&mut self, a: &[i16], b: &[i16], length: usize) {
        self.samples.clear();
        match self.format.channels {
            Channels::Mixed => {
                self.samples.resize(length, 0);
                self.mixer.begin(length);
                self.mixer.add(a);
                self.mixer.add(b);
                self.mixer.all(&mut self.samples);
            }
            Channels::PerSide => {
                let at = |side: &[i16], i| side.get(i).copied().unwrap_or(0);
                self.samples.extend((0..length).flat_map(|i| [at(a, i), at(b, i)]));
            }
        }
        self.file.write(&self.samples, &mut self.pending);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("format", &self.format).field("rate", &self.rate).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::container::to_pcm;
    use crate::dsp::measure;

    const FORMATS: [RecordFormat; 4] = [
        RecordFormat { container: Container::Wav, channels: Channels::Mixed },
        RecordFormat { container: Container::Wav, channels: Channels::PerSide },
        RecordFormat { container: Container::OggOpus, channels: Channels::Mixed },
        RecordFormat { container: Container::OggOpus, channels: Channels::PerSide },
    ];

    /// `samples` of a tone of 8,192 at its peak, from a moment on.
    fn tone(rate: u32, hz: f64, from: usize, samples: usize) -> Vec<i16> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        (from..from + samples).map(|i| (8_192.0 * (step * i as f64).sin()).round() as i16).collect()
    }

    /// The channels of a file.
    fn read(format: RecordFormat, rate: u32, file: &[u8]) -> Vec<Vec<i16>> {
        let (channels, pcm) = match format.container {
            Container::Wav => {
                let mut reader = wav::Reader::new(file).expect("our own file");
                assert_eq!(reader.rate(), rate);
                let mut samples = Vec::new();
                while reader.read(&mut samples).expect("memory") > 0 {}
                (reader.channels(), samples.into_iter().map(to_pcm).collect())
            }
            Container::OggOpus => {
                let mut reader = ogg::Reader::new(Cursor::new(file), rate).expect("our own file");
                let mut pcm = Vec::new();
                while reader.read(&mut pcm).expect("our own file") > 0 {}
                (reader.channels(), pcm)
            }
        };
        (0..channels).map(|channel| pcm.iter().skip(channel).step_by(channels).copied().collect()).collect()
    }

    /// Where the file ends, put together as a caller does.
    fn finish(recorder: &mut Recorder, mut file: Vec<u8>) -> Vec<u8> {
        if let Some(Patch { offset, bytes }) = recorder.finish(&mut file) {
            let at = offset as usize;
            file[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        file
    }

    #[test]
    fn both_sides_are_heard_in_step() {
        for format in FORMATS {
            for rate in [8_000, 16_000, 48_000] {
                let frame = rate as usize / 50;
                let mut recorder = Recorder::new(format, rate).expect("a good rate");
                let mut file = Vec::new();
                for i in 0..100 {
                    // Side A is gone for the second half second, and B comes after a second.
                    let a = if (25..50).contains(&i) { Vec::new() } else { tone(rate, 500.0, i * frame, frame) };
                    let b = if i < 50 { Vec::new() } else { tone(rate, 1_000.0, i * frame, frame) };
                    // Neither has anything for 20 ms.
                    let silence = vec![0; if i == 30 { frame } else { 0 }];
                    recorder.push(if i == 30 { &silence } else { &a }, &b);
                    if i == 30 || !a.is_empty() || !b.is_empty() {
                        recorder.take(&mut file);
                    }
                }
                // Frames in which nobody was there count for nothing: 24 of them.
                let file = finish(&mut recorder, file);
                let channels = read(format, rate, &file);
                assert_eq!(channels[0].len(), 76 * frame, "{format:?}, {rate} Hz");
                let (a, b) = match &channels[..] {
                    [both] => (both, both),
                    [a, b] => (a, b),
                    _ => unreachable!("one channel or two"),
                };
                let level = |pcm: &[i16], frames: std::ops::Range<usize>, hz| {
                    measure::level(&pcm[frames.start * frame..frames.end * frame], rate, hz)
                };
                for (pcm, hz, frames, heard) in [
                    (a, 500.0, 5..25, true),
                    (a, 500.0, 30..75, true),
                    (b, 1_000.0, 5..24, false),
                    (b, 1_000.0, 30..75, true),
                ] {
                    let level = level(pcm, frames.clone(), hz);
                    let what = format!("{format:?}, {rate} Hz, {hz} Hz in {frames:?}: {level} dBFS");
                    assert_eq!((level + 12.04).abs() < 1.0, heard, "{what}");
                    assert!(heard || level < -40.0, "{what}");
                }
            }
        }
    }

    #[test]
    fn a_recording_that_is_cut_off_plays() {
        for format in FORMATS {
            let mut recorder = Recorder::new(format, 8_000).expect("a good rate");
            let mut file = Vec::new();
            for i in 0..500 {
                let a = tone(8_000, 500.0, i * 160, 160);
                recorder.push(&a, &a);
                recorder.take(&mut file);
            }
            // Neither ended nor patched.
            let channels = read(format, 8_000, &file);
            assert!(channels[0].len() >= 8 * 8_000, "{format:?}: {}", channels[0].len());
        }
    }

    #[test]
    fn two_loud_sides_do_not_clip() {
        let mut recorder = Recorder::new(FORMATS[0], 8_000).expect("a good rate");
        let loud: Vec<i16> = tone(8_000, 500.0, 0, 8_000).iter().map(|sample| sample.saturating_mul(4)).collect();
        let mut file = Vec::new();
        for part in loud.chunks(160) {
            recorder.push(part, part);
        }
        recorder.take(&mut file);
        let heard = read(FORMATS[0], 8_000, &finish(&mut recorder, file)).remove(0);
        assert!(heard.iter().all(|&sample| sample.unsigned_abs() < 32_767));
        assert!(measure::tone_to_rest(&heard[800..], 8_000, 500.0) > 30.0);
    }

    #[test]
    fn memory_is_bounded_and_time_is_kept_while_nobody_takes() {
        for format in FORMATS {
            let mut recorder = Recorder::new(format, 48_000).expect("a good rate");
            let a = tone(48_000, 500.0, 0, 960);
            let frames = if format.container == Container::Wav { 2_000 } else { 100 };
            for _ in 0..frames {
                recorder.push(&a, &[]);
                assert!(recorder.pending.len() < MAX_PENDING + 4 * 960);
            }
            let mut file = Vec::new();
            recorder.take(&mut file);
            // The disk is back: what was missed becomes silence, then it goes on.
            for _ in 0..100 {
                recorder.push(&a, &[]);
                recorder.take(&mut file);
            }
            let heard = read(format, 48_000, &finish(&mut recorder, file)).remove(0);
            assert_eq!(heard.len(), (frames + 100) * 960, "{format:?}");
            let end = &heard[heard.len() - 48_000..];
            assert!((measure::level(end, 48_000, 500.0) + 12.04).abs() < 0.5);
        }
    }

    #[test]
    fn an_unknown_rate_is_refused_where_it_matters() {
        assert!(Recorder::new(FORMATS[2], 44_100).is_err());
        assert!(Recorder::new(FORMATS[0], 44_100).is_ok());
    }
}
