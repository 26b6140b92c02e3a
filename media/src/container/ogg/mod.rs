//! Ogg-Opus files (RFC 7845) of one or two channels. The pages are the work of the `ogg` crate.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::io;

pub use read::{Packet, PacketReader, Reader};
pub use write::{PacketWriter, Writer};

/// The clock of granule positions and of the pre-skip, in Hz (RFC 7845 section 4).
pub const CLOCK: u32 = 48_000;

/// What the first packet of a stream says (RFC 7845 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// One, or two: left and right.
    pub channels: u8,
    /// Samples of the decoder's first output that are no part of the audio, in ticks of [`CLOCK`].
    pub pre_skip: u16,
    /// The rate of what was encoded, in Hz; 0 where nobody said. Nothing depends on it.
    pub input_rate: u32,
    /// By how much the decoded audio is to be raised, in 1/256 dB.
    pub gain: i16,
}

const HEAD_MAGIC: &[u8] = b"OpusHead";
const TAGS_MAGIC: &[u8] = b"OpusTags";

impl Head {
    fn read(packet: &[u8]) -> Result<Self, OggError> {
        let body = packet.strip_prefix(HEAD_MAGIC).ok_or(OggError::NotOpus)?;
        let Some((&[version, channels, skip @ .., r0, r1, r2, r3, g0, g1, family], _)) = body.split_first_chunk::<11>()
        else {
            return Err(OggError::Damaged("its first packet is too short"));
        };
        // The lower four bits grow with changes that do not matter to readers.
        if version > 15 {
            return Err(OggError::Damaged("its version is not known"));
        }
        if family != 0 || !matches!(channels, 1 | 2) {
            return Err(OggError::Channels(channels));
        }
        Ok(Self {
            channels,
            pre_skip: u16::from_le_bytes(skip),
            input_rate: u32::from_le_bytes([r0, r1, r2, r3]),
            gain: i16::from_le_bytes([g0, g1]),
        })
    }

    fn write(&self) -> Vec<u8> {
        let mut packet = HEAD_MAGIC.to_vec();
        packet.extend([1, self.channels]);
        packet.extend(self.pre_skip.to_le_bytes());
        packet.extend(self.input_rate.to_le_bytes());
        packet.extend(self.gain.to_le_bytes());
        // One stream, of one or two channels.
        packet.push(0);
        packet
    }
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OggError {
    /// There are no Ogg pages in the file.
    #[error("this is no Ogg file")]
    NotOgg,
    /// The first stream in it is another codec's.
    #[error("the Ogg file holds no Opus audio; other codecs are not supported")]
    NotOpus,
    /// More channels than two.
    #[error("the Opus file has {0} channels; one and two are supported")]
    Channels(u8),
    /// Something in it contradicts the format.
    #[error("the Ogg file is damaged: {0}")]
    Damaged(&'static str),
    /// Our misuse: Opus does not decode to this rate.
    #[error("Opus does not decode to {0} Hz")]
    Rate(u32),
    /// libopus failed; its own words.
    #[error("libopus: {0}")]
    Library(&'static str),
    /// The file could not be read.
    #[error("the Ogg file could not be read: {0}")]
    Io(#[from] io::Error),
}

impl From<::ogg::OggReadError> for OggError {
    fn from(error: ::ogg::OggReadError) -> Self {
        use ::ogg::OggReadError::*;
        match error {
            NoCapturePatternFound => OggError::NotOgg,
            InvalidStreamStructVer(_) => OggError::Damaged("its version is not known"),
            HashMismatch(..) => OggError::Damaged("a checksum is wrong"),
            ReadError(error) => OggError::Io(error),
            InvalidData => OggError::Damaged("its pages do not fit together"),
        }
    }
}
