//! PCM to RTP payload and back, for every codec.

use super::conceal::Concealer;
use super::{Codec, CodecError, MAX_PACKET_MS, g711, g722, opus};
use crate::dsp::Resampler;

/// Turns PCM into RTP payloads of one codec. Keeps state: one encoder serves one stream.
pub struct Encoder {
    codec: Codec,
    pcm_rate: u32,
    coder: EncoderKind,
    /// Between the caller's rate and the codec's, with room for one packet.
    resampler: Option<(Resampler, Vec<i16>)>,
}

enum EncoderKind {
    Alaw,
    Ulaw,
    G722(Box<g722::Encoder>),
    Opus(opus::Encoder),
}

impl Encoder {
    /// An encoder for mono PCM at `pcm_rate` Hz: 8,000 or 16,000 for every codec, 12,000, 24,000 and
    /// 48,000 also for Opus.
    ///
    /// # Errors
    /// [`CodecError::UnsupportedRate`]; [`CodecError::Library`] when libopus has no memory.
    pub fn new(codec: Codec, pcm_rate: u32) -> Result<Self, CodecError> {
        let coder = match codec {
            Codec::Pcma => EncoderKind::Alaw,
            Codec::Pcmu => EncoderKind::Ulaw,
            Codec::G722 => EncoderKind::G722(Box::new(g722::Encoder::new())),
            Codec::Opus => EncoderKind::Opus(opus::Encoder::new(pcm_rate)?),
        };
        let resampler = resampler(codec, pcm_rate, codec.sample_rate())?;
        Ok(Encoder { codec, pcm_rate, coder, resampler })
    }

    /// The codec of the payloads made.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Expects that this many of 100 packets will be lost, as the far end reports it. Above 0 Opus
    /// adds in-band FEC, with which a receiver recovers a lost packet from the next; it takes CPU
    /// and bits from the voice. The other codecs have no such thing.
    ///
    /// # Errors
    /// [`CodecError::Library`].
    pub fn set_expected_loss(&mut self, percent: u8) -> Result<(), CodecError> {
        match &mut self.coder {
            EncoderKind::Opus(encoder) => encoder.set_expected_loss(percent),
            _ => Ok(()),
        }
    }

    /// Lets pauses of speech go unsent: [`Encoder::encode`] then makes no packet. Only Opus has this
    /// (RFC 7587 section 3.1.3).
    ///
    /// # Errors
    /// [`CodecError::Library`].
    pub fn set_dtx(&mut self, dtx: bool) -> Result<(), CodecError> {
        match &mut self.coder {
            EncoderKind::Opus(encoder) => encoder.set_dtx(dtx),
            _ => Ok(()),
        }
    }

    /// Appends one packet with all of `pcm` to `out` and returns its length in ticks of
    /// [`Codec::rtp_clock`]. Nothing is appended, with [`Encoder::set_dtx`], when this packet need not
    /// be sent; its time passes all the same. On an error `out` is as it was.
    ///
    /// # Errors
    /// [`CodecError::Duration`] when `pcm` is longer than [`MAX_PACKET_MS`], or of a length that Opus
    /// or two-sample G.722 octets cannot express; [`CodecError::Empty`]; [`CodecError::Library`].
    pub fn encode(&mut self, pcm: &[i16], out: &mut Vec<u8>) -> Result<usize, CodecError> {
        if pcm.is_empty() {
            return Err(CodecError::Empty);
        }
        if pcm.len() > max_samples(self.pcm_rate) {
            return Err(CodecError::Duration);
        }
        let pcm = match &mut self.resampler {
            Some((resampler, scratch)) => {
                scratch.clear();
                resampler.process(pcm, scratch);
                scratch
            }
            None => pcm,
        };
        let start = out.len();
        match &mut self.coder {
            EncoderKind::Alaw => g711::encode_alaw(pcm, out),
            EncoderKind::Ulaw => g711::encode_ulaw(pcm, out),
            EncoderKind::G722(_) if !pcm.len().is_multiple_of(2) => {
                return Err(CodecError::Duration);
            }
            EncoderKind::G722(encoder) => encoder.encode(pcm, out),
            EncoderKind::Opus(encoder) => {
                encoder.encode(pcm, out)?;
                return Ok(pcm.len() * (self.codec.rtp_clock() / self.pcm_rate) as usize);
            }
        }
        Ok(out.len() - start)
    }
}

/// Turns RTP payloads of one codec into PCM. Keeps state: one decoder serves one stream.
pub struct Decoder {
    codec: Codec,
    pcm_rate: u32,
    coder: DecoderKind,
    /// At the codec's rate; Opus has its own.
    concealer: Option<Box<Concealer>>,
    /// Between the codec's rate and the caller's, with room for one packet.
    resampler: Option<(Resampler, Vec<i16>)>,
}

enum DecoderKind {
    Alaw,
    Ulaw,
    G722(Box<g722::Decoder>),
    Opus(opus::Decoder),
}

impl Decoder {
    /// A decoder to mono PCM at `pcm_rate` Hz: 8,000 or 16,000 for every codec, 12,000, 24,000 and
    /// 48,000 also for Opus.
    ///
    /// # Errors
    /// [`CodecError::UnsupportedRate`]; [`CodecError::Library`] when libopus has no memory.
    pub fn new(codec: Codec, pcm_rate: u32) -> Result<Self, CodecError> {
        let coder = match codec {
            Codec::Pcma => DecoderKind::Alaw,
            Codec::Pcmu => DecoderKind::Ulaw,
            Codec::G722 => DecoderKind::G722(Box::new(g722::Decoder::new())),
            Codec::Opus => DecoderKind::Opus(opus::Decoder::new(pcm_rate)?),
        };
        let resampler = resampler(codec, codec.sample_rate(), pcm_rate)?;
        let concealer = (codec != Codec::Opus).then(|| Box::new(Concealer::new(codec.sample_rate())));
        Ok(Decoder { codec, pcm_rate, coder, concealer, resampler })
    }

    /// The codec of the payloads read.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The rate of the PCM made, in Hz.
    pub fn pcm_rate(&self) -> u32 {
        self.pcm_rate
    }

    /// Appends the PCM of one packet to `out` and returns how many samples that were. On an error
    /// `out` is as it was.
    ///
    /// # Errors
    /// Those of [`Codec::duration`]; [`CodecError::Library`].
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) -> Result<usize, CodecError> {
        if payload.is_empty() {
            return Err(CodecError::Empty);
        }
        let start = out.len();
        match &mut self.coder {
            // libopus bounds a packet's duration itself.
            DecoderKind::Opus(decoder) => decoder.decode(payload, out)?,
            _ if payload.len() > max_samples(self.codec.rtp_clock()) => {
                return Err(CodecError::Duration);
            }
            coder => {
                let target = match &mut self.resampler {
                    Some((_, scratch)) => {
                        scratch.clear();
                        scratch
                    }
                    None => &mut *out,
                };
                let decoded = target.len();
                match coder {
                    DecoderKind::Alaw => g711::decode_alaw(payload, target),
                    DecoderKind::Ulaw => g711::decode_ulaw(payload, target),
                    DecoderKind::G722(decoder) => decoder.decode(payload, target),
                    DecoderKind::Opus(decoder) => decoder.decode(payload, target)?,
                }
                if let Some(concealer) = &mut self.concealer {
                    concealer.heard(&mut target[decoded..]);
                }
                if let Some((resampler, scratch)) = &mut self.resampler {
                    resampler.process(scratch, out);
                }
            }
        }
        Ok(out.len() - start)
    }

    /// Appends `samples` of PCM in place of a packet that did not come, at most one second. Opus
    /// rounds that up to whole 10 ms, a resampler to whole samples of the codec.
    pub fn conceal(&mut self, samples: usize, out: &mut Vec<i16>) {
        let samples = samples.min(self.pcm_rate as usize);
        match (&mut self.coder, &mut self.concealer, &mut self.resampler) {
            (DecoderKind::Opus(decoder), ..) => decoder.conceal(samples, out),
            (_, Some(concealer), Some((resampler, scratch))) => {
                scratch.clear();
                let (rate, pcm_rate) = (self.codec.sample_rate() as usize, self.pcm_rate as usize);
                concealer.conceal((samples * rate).div_ceil(pcm_rate), scratch);
                resampler.process(scratch, out);
            }
            (_, Some(concealer), None) => concealer.conceal(samples, out),
            (_, None, _) => out.resize(out.len() + samples, 0),
        }
    }

    /// Appends `samples` of PCM in place of what is missing right before the packet `next`, which is
    /// to be decoded after this: from the redundancy in it (Opus in-band FEC) as far as there is
    /// any, else as [`Decoder::conceal`] does. Returns whether there was any.
    pub fn recover(&mut self, next: &[u8], samples: usize, out: &mut Vec<i16>) -> bool {
        match &mut self.coder {
            DecoderKind::Opus(decoder) if opus::has_fec(next) => decoder.recover(next, samples, out),
            _ => {
                self.conceal(samples, out);
                false
            }
        }
    }
}

fn max_samples(rate: u32) -> usize {
    (rate / 1_000 * MAX_PACKET_MS) as usize
}

/// What stands between the codec and the caller's PCM; nothing for Opus, which runs at any rate.
fn resampler(codec: Codec, from: u32, to: u32) -> Result<Option<(Resampler, Vec<i16>)>, CodecError> {
    if codec == Codec::Opus || from == to {
        return Ok(None);
    }
    let rate = if from == codec.sample_rate() { to } else { from };
    let resampler = Resampler::new(from, to).ok_or(CodecError::UnsupportedRate { codec, rate })?;
    Ok(Some((resampler, Vec::with_capacity(max_samples(to.max(from))))))
}
