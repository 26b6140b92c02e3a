//! The audio codecs of a call, and conversion between them.
//!
//! [`Codec`] names what SDP negotiates, [`Encoder`] and [`Decoder`] turn PCM into RTP payloads and
//! back, [`Transcoder`] turns one payload into another. All PCM is mono, 16 bit, host order.

mod coder;
mod conceal;
mod g711;
mod g722;
mod opus;
pub(crate) mod pitch;
mod transcode;

pub(crate) use opus::MAX_DTX_BYTES;
pub(crate) use opus::has_fec;

use std::fmt;
use std::str::FromStr;

pub use coder::{Decoder, Encoder};
pub use transcode::Transcoder;

/// The longest packet any coder here takes, in milliseconds: Opus' own limit (RFC 6716 section 2.1.4).
pub const MAX_PACKET_MS: u32 = 120;

/// An audio codec that can be negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 A-law, 64 kbit/s, 8 kHz.
    Pcma,
    /// G.711 µ-law, 64 kbit/s, 8 kHz.
    Pcmu,
    /// G.722 at 64 kbit/s, 16 kHz.
    G722,
    /// Opus (RFC 6716), sent in mono at 24 kbit/s, or 30 where the PCM has 8 kHz; any Opus packet received.
    Opus,
}

impl Codec {
    /// Every codec, in no order of preference.
    pub const ALL: [Codec; 4] = [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus];

    /// The encoding name as `a=rtpmap` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcma => "PCMA",
            Codec::Pcmu => "PCMU",
            Codec::G722 => "G722",
            Codec::Opus => "opus",
        }
    }

    /// The RTP timestamp clock in Hz. G.722 counts at 8 kHz although it samples at 16 kHz: an error
    /// of RFC 1890 that RFC 3551 section 4.5.2 keeps.
    pub fn rtp_clock(self) -> u32 {
        match self {
            Codec::Pcma | Codec::Pcmu | Codec::G722 => 8_000,
            Codec::Opus => 48_000,
        }
    }

    /// The sampling rate of the audio in Hz.
    pub fn sample_rate(self) -> u32 {
        match self {
            Codec::Pcma | Codec::Pcmu => 8_000,
            Codec::G722 => 16_000,
            Codec::Opus => 48_000,
        }
    }

    /// The payload type that RFC 3551 table 4 assigns; `None` means a dynamic one.
    pub fn static_payload_type(self) -> Option<u8> {
        match self {
            Codec::Pcma => Some(8),
            Codec::Pcmu => Some(0),
            Codec::G722 => Some(9),
            Codec::Opus => None,
        }
    }

    /// The codec behind a static payload type of RFC 3551.
    pub fn from_static_payload_type(payload_type: u8) -> Option<Codec> {
        Codec::ALL.into_iter().find(|codec| codec.static_payload_type() == Some(payload_type))
    }

    /// The channel count in `a=rtpmap`. Opus always says 2, whatever is sent (RFC 7587 section 7).
    pub fn rtpmap_channels(self) -> u8 {
        match self {
            Codec::Opus => 2,
            _ => 1,
        }
    }

    /// What follows the payload type in `a=rtpmap`: `PCMA/8000`, `opus/48000/2`.
    pub fn rtpmap(self) -> &'static str {
        match self {
            Codec::Pcma => "PCMA/8000",
            Codec::Pcmu => "PCMU/8000",
            Codec::G722 => "G722/8000",
            Codec::Opus => "opus/48000/2",
        }
    }

    /// How long `payload` plays, in ticks of [`Codec::rtp_clock`].
    ///
    /// # Errors
    /// [`CodecError::Empty`], [`CodecError::Malformed`] when it is no Opus packet, and
    /// [`CodecError::Duration`] past [`MAX_PACKET_MS`].
    pub fn duration(self, payload: &[u8]) -> Result<u32, CodecError> {
        if payload.is_empty() {
            return Err(CodecError::Empty);
        }
        let samples = match self {
            // One octet is one tick in all three: G.722 packs two 16 kHz samples into it.
            Codec::Pcma | Codec::Pcmu | Codec::G722 => payload.len(),
            Codec::Opus => opus::packet_samples(payload, self.rtp_clock())?,
        };
        u32::try_from(samples)
            .ok()
            .filter(|&samples| samples <= self.rtp_clock() / 1_000 * MAX_PACKET_MS)
            .ok_or(CodecError::Duration)
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Codec {
    type Err = UnknownCodec;

    /// Reads an encoding name; case does not matter (RFC 4855 section 3).
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Codec::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name)).ok_or(UnknownCodec)
    }
}

/// The name is none of `PCMA`, `PCMU`, `G722`, `opus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such codec: known are PCMA, PCMU, G722 and opus")]
pub struct UnknownCodec;

/// Why a packet could not be coded, or a coder not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A packet without payload, or no PCM.
    #[error("empty packet")]
    Empty,
    /// The peer's payload is no packet of its codec.
    #[error("malformed {0} packet")]
    Malformed(Codec),
    /// The packet is longer than [`MAX_PACKET_MS`], or its length cannot be expressed in the codec
    /// wanted (Opus takes 2.5 ms, 5 ms and multiples of 10 ms).
    #[error("packet duration not supported")]
    Duration,
    /// Our misuse: the codec does not run at this PCM rate.
    #[error("{codec} does not run at {rate} Hz")]
    UnsupportedRate {
        /// The codec asked for.
        codec: Codec,
        /// The PCM rate asked for, in Hz.
        rate: u32,
    },
    /// libopus failed for a reason that no packet gives it, such as want of memory; its own words.
    #[error("libopus: {0}")]
    Library(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!("pcma".parse(), Ok(Codec::Pcma));
        assert_eq!("OPUS".parse(), Ok(Codec::Opus));
        assert_eq!("g729".parse::<Codec>(), Err(UnknownCodec));
        for codec in Codec::ALL {
            assert_eq!(codec.to_string().parse(), Ok(codec));
            assert!(codec.rtpmap().starts_with(codec.name()));
        }
    }

    #[test]
    fn static_payload_types_lead_back() {
        assert_eq!(Codec::from_static_payload_type(0), Some(Codec::Pcmu));
        assert_eq!(Codec::from_static_payload_type(9), Some(Codec::G722));
        assert_eq!(Codec::from_static_payload_type(18), None);
    }

    #[test]
    fn durations_are_in_rtp_ticks() {
        assert_eq!(Codec::Pcmu.duration(&[0; 160]), Ok(160));
        assert_eq!(Codec::G722.duration(&[0; 160]), Ok(160));
        // TOC 0x08: SILK narrowband, 20 ms, one frame.
        assert_eq!(Codec::Opus.duration(&[0x08, 1, 2]), Ok(960));
        // Code 3 with 63 frames: more than 120 ms.
        assert_eq!(Codec::Opus.duration(&[0x0b, 63]), Err(CodecError::Malformed(Codec::Opus)));
        assert_eq!(Codec::Pcma.duration(&[]), Err(CodecError::Empty));
        assert_eq!(Codec::Pcma.duration(&[0; 961]), Err(CodecError::Duration));
    }
}
