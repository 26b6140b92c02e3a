//! WAV files: RIFF and RF64 (EBU Tech 3306) with PCM, floating point or G.711 in them.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::io;

pub use read::Reader;
pub use write::{Coding, Format, Writer};

/// The coding as the file names it (RFC 2361).
mod tag {
    pub(super) const PCM: u16 = 0x0001;
    pub(super) const FLOAT: u16 = 0x0003;
    pub(super) const ALAW: u16 = 0x0006;
    pub(super) const ULAW: u16 = 0x0007;
    /// The first two octets of a GUID say it instead.
    pub(super) const EXTENSIBLE: u16 = 0xfffe;
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    /// The file does not begin as a WAV file does.
    #[error("this is no WAV file: it does not begin with RIFF and WAVE")]
    NotWav,
    /// The file ends before the audio begins.
    #[error("the WAV file has no audio: it ends before its data chunk")]
    NoData,
    /// Audio before its format, or a format that contradicts itself.
    #[error("the WAV file's header is damaged: {0}")]
    Damaged(&'static str),
    /// A coding that is not read here.
    #[error(
        "the WAV file's audio is coded as {}, which is not supported; convert it to 16-bit PCM",
        tag_name(*tag, *bits)
    )]
    Coding {
        /// The coding's number in the file (RFC 2361).
        tag: u16,
        /// Bits per sample.
        bits: u16,
    },
    /// A sampling rate outside of [`RATES`].
    #[error("the WAV file's sampling rate is {0} Hz; from 1,000 to 384,000 Hz can be converted")]
    Rate(u32),
    /// More channels than [`MAX_CHANNELS`].
    #[error("the WAV file has {0} channels; up to 32 can be mixed into one")]
    Channels(u16),
    /// The file could not be read.
    #[error("the WAV file could not be read: {0}")]
    Io(#[from] io::Error),
}

/// The sampling rates read, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// The most channels read.
pub const MAX_CHANNELS: u16 = 32;

/// What people call a coding.
fn tag_name(tag: u16, bits: u16) -> String {
    let name = match tag {
        tag::PCM => return format!("{bits}-bit PCM"),
        tag::FLOAT => return format!("{bits}-bit floating point"),
        0x0002 => "Microsoft ADPCM",
        0x0011 => "IMA ADPCM",
        0x0031 => "GSM 06.10",
        0x0055 => "MP3",
        _ => return format!("format {tag:#06x}"),
    };
    name.to_owned()
}
