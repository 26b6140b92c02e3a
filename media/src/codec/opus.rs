//! Opus (RFC 6716) through libopus.

use super::{Codec, CodecError};

/// Bits per second and libopus' scale of effort, 0 to 10, for speech at 8 kHz: a quarter more bits at effort 1 sound
/// better than 24,000 at effort 5, and cost less than half (docs/benchmarks.md).
const NARROW: (i32, i32) = (30_000, 1);
/// The same above 8 kHz, where less effort is heard. Past 5 it costs half as much again for little gain on speech.
const WIDE: (i32, i32) = (24_000, 5);
/// The longest packet of one frame (RFC 6716 section 3.4, requirement R2).
const MAX_FRAME_BYTES: usize = 1_275;
/// The bound of each 10 ms frame where several go into one packet: seven times what the bit rate asks.
const MAX_PART_BYTES: usize = 256;
/// As many 10 ms frames as the longest packet holds.
const MAX_PARTS: usize = 12;

/// A packet up to this long holds no audio: the decoder goes on with noise (RFC 6716 section 3.4).
pub(crate) const MAX_DTX_BYTES: usize = 2;

/// A mono encoder for speech.
pub(super) struct Encoder {
    encoder: opus::Encoder,
    repacketizer: opus::Repacketizer,
    rate: u32,
    /// The last packet was made of silence, and the far end knows.
    paused: bool,
}

impl Encoder {
    /// `rate` is 8, 12, 16, 24 or 48 kHz.
    pub(super) fn new(rate: u32) -> Result<Self, CodecError> {
        let mut encoder =
            opus::Encoder::new(check_rate(rate)?, opus::Channels::Mono, opus::Application::Voip).map_err(library)?;
        let (bitrate, complexity) = if rate == 8_000 { NARROW } else { WIDE };
        encoder.set_bitrate(opus::Bitrate::Bits(bitrate)).map_err(library)?;
        encoder.set_complexity(complexity).map_err(library)?;
        // In-band FEC adds 30 % to an encoder at 8 kHz, and takes its bits from the voice.
        encoder.set_inband_fec(false).map_err(library)?;
        encoder.set_dtx(false).map_err(library)?;
        let repacketizer = opus::Repacketizer::new().map_err(library)?;
        Ok(Encoder { encoder, repacketizer, rate, paused: false })
    }

    /// In-band FEC for this loss in percent.
    pub(super) fn set_expected_loss(&mut self, percent: u8) -> Result<(), CodecError> {
        self.encoder.set_packet_loss_perc(percent.min(100).into()).map_err(library)?;
        self.encoder.set_inband_fec(percent > 0).map_err(library)
    }

    pub(super) fn set_dtx(&mut self, dtx: bool) -> Result<(), CodecError> {
        self.encoder.set_dtx(dtx).map_err(library)
    }

    /// Appends one packet that holds all of `pcm`, or nothing in a pause.
    pub(super) fn encode(&mut self, pcm: &[i16], out: &mut Vec<u8>) -> Result<(), CodecError> {
        let unit = (self.rate / 400) as usize;
        if pcm.is_empty() || !pcm.len().is_multiple_of(unit) {
            return Err(CodecError::Duration);
        }
        let start = out.len();
        match pcm.len() / unit {
            // 2.5, 5, 10, 20, 40, 60, 80, 100 and 120 ms: libopus makes the packet.
            1 | 2 | 4 | 8 | 16 | 24 | 32 | 40 | 48 => append(out, |buffer| self.encoder.encode(pcm, buffer)),
            units if units.is_multiple_of(4) && units / 4 <= MAX_PARTS => self.encode_in_parts(pcm, 4 * unit, out),
            _ => Err(CodecError::Duration),
        }?;
        // A packet without anything but its header is one of DTX. The first one tells the decoder.
        let silent = out.len() - start <= MAX_DTX_BYTES;
        if silent && self.paused {
            out.truncate(start);
        }
        self.paused = silent;
        Ok(())
    }

    /// 30 ms and the like: 10 ms frames in one packet (RFC 6716 section 3.2.5).
    fn encode_in_parts(&mut self, pcm: &[i16], frame: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let mut parts = [[0; MAX_PART_BYTES]; MAX_PARTS];
        let mut lengths = [0; MAX_PARTS];
        let frames = pcm.chunks_exact(frame);
        let count = frames.len();
        for ((frame, part), length) in frames.zip(&mut parts).zip(&mut lengths) {
            *length = self.encoder.encode(frame, part).map_err(library)?;
        }
        let mut packet = self.repacketizer.begin();
        for (part, &length) in parts.iter().zip(&lengths).take(count) {
            packet.cat(&part[..length]).map_err(library)?;
        }
        append(out, |buffer| packet.out(buffer))
    }
}

/// A mono decoder; stereo packets are mixed down.
pub(super) struct Decoder {
    decoder: opus::Decoder,
    rate: u32,
}

impl Decoder {
    /// `rate` is 8, 12, 16, 24 or 48 kHz.
    pub(super) fn new(rate: u32) -> Result<Self, CodecError> {
        let decoder = opus::Decoder::new(check_rate(rate)?, opus::Channels::Mono).map_err(library)?;
        Ok(Decoder { decoder, rate })
    }

    /// Appends the PCM of one packet.
    pub(super) fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Result<(), CodecError> {
        let start = out.len();
        out.resize(start + packet_samples(payload, self.rate)?, 0);
        match self.decoder.decode(payload, &mut out[start..], false) {
            Ok(samples) => {
                out.truncate(start + samples);
                Ok(())
            }
            Err(error) => {
                out.truncate(start);
                Err(library(error))
            }
        }
    }
}

impl Decoder {
    /// Appends at least `samples` of what could follow, in whole 10 ms: SILK makes no less, and a part
    /// of that would end in a click.
    pub(super) fn conceal(&mut self, samples: usize, out: &mut Vec<i16>) {
        self.guess(&[], samples, out);
    }

    /// The same from the redundancy in `next`; whether libopus did it.
    pub(super) fn recover(&mut self, next: &[u8], samples: usize, out: &mut Vec<i16>) -> bool {
        self.guess(next, samples, out)
    }

    fn guess(&mut self, next: &[u8], samples: usize, out: &mut Vec<i16>) -> bool {
        let samples = samples.next_multiple_of((self.rate / 100) as usize);
        let start = out.len();
        out.resize(start + samples, 0);
        let longest = self.rate as usize / 1_000 * super::MAX_PACKET_MS as usize;
        let mut rest = &mut out[start..];
        while rest.len() > longest {
            let (part, after) = rest.split_at_mut(longest);
            // Silence stands there already if libopus refuses.
            _ = self.decoder.decode(&[], part, false);
            rest = after;
        }
        rest.is_empty() || self.decoder.decode(next, rest, !next.is_empty()).is_ok()
    }
}

/// Whether a packet carries the audio before it a second time (RFC 6716 section 4.2.4, mono or the
/// middle channel of stereo, its first frame).
pub(crate) fn has_fec(payload: &[u8]) -> bool {
    let [toc, rest @ ..] = payload else {
        return false;
    };
    let config = toc >> 3;
    // One frame, or two of the same length; from 16 on it is all CELT, which has none.
    let (0..16, 0..=1, Some(first)) = (config, toc & 3, rest.first()) else {
        return false;
    };
    // A flag of voice activity for each 20 ms comes before.
    let frames = match config {
        0..12 => [1, 1, 2, 3][usize::from(config & 3)],
        _ => 1,
    };
    first >> (7 - frames) & 1 == 1
}

/// How many samples at `rate` a packet decodes to.
pub(super) fn packet_samples(payload: &[u8], rate: u32) -> Result<usize, CodecError> {
    // libopus takes an empty packet as a lost one; to us it is the peer's mistake.
    if payload.is_empty() {
        return Err(CodecError::Empty);
    }
    opus::packet::get_nb_samples(payload, rate).map_err(library)
}

fn append(out: &mut Vec<u8>, encode: impl FnOnce(&mut [u8]) -> Result<usize, opus::Error>) -> Result<(), CodecError> {
    let start = out.len();
    out.resize(start + MAX_FRAME_BYTES, 0);
    let result = encode(&mut out[start..]);
    out.truncate(start + *result.as_ref().unwrap_or(&0));
    result.map(|_| ()).map_err(library)
}

fn check_rate(rate: u32) -> Result<u32, CodecError> {
    match rate {
        8_000 | 12_000 | 16_000 | 24_000 | 48_000 => Ok(rate),
        _ => Err(CodecError::UnsupportedRate { codec: Codec::Opus, rate }),
    }
}

fn library(error: opus::Error) -> CodecError {
    match error.code() {
        opus::ErrorCode::InvalidPacket => CodecError::Malformed(Codec::Opus),
        _ => CodecError::Library(error.description()),
    }
}
