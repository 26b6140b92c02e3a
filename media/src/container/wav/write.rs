//! Writing WAV as a stream.

use super::tag;
use crate::codec::{Codec, Encoder};
use crate::container::Patch;

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// 16-bit PCM.
    Pcm16,
    /// G.711 A-law.
    Alaw,
    /// G.711 µ-law.
    Ulaw,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format {
    /// Samples per second and channel.
    pub rate: u32,
    /// Samples of each instant.
    pub channels: u16,
    /// How each is stored.
    pub coding: Coding,
}

/// What stands for a size that is not known yet, or does not fit. Players then go on to the file's end.
const UNKNOWN: u32 = u32::MAX;

/// Writes a WAV file front to back. A file that is cut off anywhere plays to there.
pub struct Writer {
    format: Format,
    /// Between PCM and G.711.
    encoder: Option<Encoder>,
    /// Octets of audio so far.
    pub(super) written: u64,
}

impl Writer {
    /// A writer of a file that begins with [`Writer::header`].
    pub fn new(format: Format) -> Self {
        let law = match format.coding {
            Coding::Pcm16 => None,
            Coding::Alaw => Some(Codec::Pcma),
            Coding::Ulaw => Some(Codec::Pcmu),
        };
        // At its own rate G.711 asks for no memory and cannot fail; it does not know the file's.
        let encoder = law.and_then(|codec| Encoder::new(codec, codec.sample_rate()).ok());
        Self { format, encoder, written: 0 }
    }

    /// What the file begins with while its length is not known.
    pub fn header(&self) -> Vec<u8> {
        self.header_for(None)
    }

    /// Appends samples to `out`, those of all channels of an instant one after the other.
    pub fn write(&mut self, pcm: &[i16], out: &mut Vec<u8>) {
        let start = out.len();
        match &mut self.encoder {
            Some(encoder) => {
                // Within what a packet may hold, and never empty: neither fails.
                for part in pcm.chunks(PART) {
                    let _ = encoder.encode(part, out);
                }
            }
            None => out.extend(pcm.iter().flat_map(|sample| sample.to_le_bytes())),
        }
        self.written += (out.len() - start) as u64;
    }

    /// Appends what stands behind the audio, and returns the header with the sizes in it.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Patch {
        if !self.written.is_multiple_of(2) {
            // Chunks begin at even offsets.
            out.push(0);
        }
        Patch { offset: 0, bytes: self.header_for(Some(self.written)) }
    }

    fn header_for(&self, data: Option<u64>) -> Vec<u8> {
        let Format { rate, channels, coding } = self.format;
        let (tag, octets) = match coding {
            Coding::Pcm16 => (tag::PCM, 2),
            Coding::Alaw => (tag::ALAW, 1),
            Coding::Ulaw => (tag::ULAW, 1),
        };
        let block = channels * octets;
        let mut header = Vec::with_capacity(58);
        header.extend(b"RIFF");
        header.extend(UNKNOWN.to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(if tag == tag::PCM { 16u32 } else { 18 }.to_le_bytes());
        header.extend(tag.to_le_bytes());
        header.extend(channels.to_le_bytes());
        header.extend(rate.to_le_bytes());
        header.extend(rate.saturating_mul(u32::from(block)).to_le_bytes());
        header.extend(block.to_le_bytes());
        header.extend((8 * octets).to_le_bytes());
        if tag != tag::PCM {
            // No extension; and codings other than PCM must say how many samples there are.
            header.extend([0, 0]);
            header.extend(b"fact");
            header.extend(4u32.to_le_bytes());
            let frames = data.map(|data| data / u64::from(block.max(1)));
            header.extend(size(frames).to_le_bytes());
        }
        header.extend(b"data");
        header.extend(size(data).to_le_bytes());
        // The outer size counts all but itself and the name before it.
        let all = data.map(|data| header.len() as u64 - 8 + data.next_multiple_of(2));
        header[4..8].copy_from_slice(&size(all).to_le_bytes());
        header
    }
}

/// Samples converted at a time.
const PART: usize = 160;

fn size(octets: Option<u64>) -> u32 {
    octets.and_then(|octets| u32::try_from(octets).ok()).unwrap_or(UNKNOWN)
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("format", &self.format).field("written", &self.written).finish_non_exhaustive()
    }
}
