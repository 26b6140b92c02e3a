//! Reading WAV as a stream.

use std::io::{self, Read};

use super::{MAX_CHANNELS, RATES, WavError, tag};
use crate::codec::{Codec, Decoder};
use crate::container::FULL_SCALE;

/// Reads a WAV file front to back. A file that was cut off, or whose writer never came to fill in
/// its size, is read to its end.
pub struct Reader<R> {
    input: R,
    rate: u32,
    channels: u16,
    coding: Sample,
    /// Octets of audio that follow; `None` is until the file ends.
    left: Option<u64>,
    octets: Vec<u8>,
}

/// How a sample is stored.
enum Sample {
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
    /// G.711, and what it makes.
    Law(Decoder, Vec<i16>),
}

impl Sample {
    fn octets(&self) -> usize {
        match self {
            Sample::U8 | Sample::Law(..) => 1,
            Sample::I16 => 2,
            Sample::I24 => 3,
            Sample::I32 | Sample::F32 => 4,
            Sample::F64 => 8,
        }
    }
}

/// Samples read at a time, of all channels: bounds the buffer whatever is asked for.
const PART: usize = 960;

impl<R: Read> Reader<R> {
    /// Reads up to where the audio begins.
    ///
    /// # Errors
    /// [`WavError`] when there is no audio in the file that can be read.
    pub fn new(mut input: R) -> Result<Self, WavError> {
        let mut begin = [0; 12];
        let length = read_fully(&mut input, &mut begin)?;
        if length < begin.len() || !matches!(&begin[..4], b"RIFF" | b"RF64") || &begin[8..] != b"WAVE" {
            return Err(WavError::NotWav);
        }
        let mut format = None;
        let mut long_size = None;
        loop {
            let mut chunk = [0; 8];
            if read_fully(&mut input, &mut chunk)? < chunk.len() {
                return Err(WavError::NoData);
            }
            let [name @ .., a, b, c, d] = chunk;
            let size = u32::from_le_bytes([a, b, c, d]);
            match &name {
                b"data" => {
                    let (rate, channels, coding) =
                        format.ok_or(WavError::Damaged("the audio comes before its format"))?;
                    let left = match size {
                        // Nobody came to fill it in.
                        0 => None,
                        u32::MAX => long_size,
                        _ => Some(u64::from(size)),
                    };
                    return Ok(Self { input, rate, channels, coding, left, octets: Vec::new() });
                }
                b"fmt " => {
                    let body = body(&mut input, size)?;
                    format = Some(read_format(&body)?);
                }
                b"ds64" => {
                    let body = body(&mut input, size)?;
                    // The size of the whole file, then that of the audio.
                    let octets = body.get(8..16).and_then(|octets| octets.try_into().ok());
                    long_size = octets.map(u64::from_le_bytes);
                }
                _ => skip(&mut input, size)?,
            }
        }
    }

    /// Samples per second and channel.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// How many channels there are, at least one.
    pub fn channels(&self) -> usize {
        usize::from(self.channels)
    }

    /// How many samples per channel are still to be read, where the file says so.
    pub fn frames(&self) -> Option<u64> {
        self.left.map(|left| left / self.frame_octets() as u64)
    }

    /// Appends some samples to `out`, those of all channels of an instant one after the other, full
    /// scale being 1. How many instants that were; 0 is the end.
    ///
    /// # Errors
    /// [`WavError::Io`].
    pub fn read(&mut self, out: &mut Vec<f32>) -> Result<usize, WavError> {
        let frame = self.frame_octets();
        let mut wanted = (PART / self.channels()).max(1) * frame;
        if let Some(left) = self.left {
            wanted = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
        }
        self.octets.resize(wanted, 0);
        let length = read_fully(&mut self.input, &mut self.octets)?;
        self.left = self.left.map(|left| left - length as u64);
        let whole = &self.octets[..length - length % frame];
        convert(&mut self.coding, whole, out);
        Ok(whole.len() / frame)
    }

    fn frame_octets(&self) -> usize {
        self.coding.octets() * self.channels()
    }
}

fn convert(coding: &mut Sample, octets: &[u8], out: &mut Vec<f32>) {
    match coding {
        Sample::U8 => out.extend(octets.iter().map(|&octet| (f32::from(octet) - 128.0) / 128.0)),
        Sample::I16 => {
            out.extend(octets.as_chunks().0.iter().map(|&at| f32::from(i16::from_le_bytes(at)) / FULL_SCALE))
        }
        Sample::I24 => {
            out.extend(octets.as_chunks().0.iter().map(|&[a, b, c]| whole(i32::from_le_bytes([0, a, b, c]))))
        }
        Sample::I32 => out.extend(octets.as_chunks().0.iter().map(|&at| whole(i32::from_le_bytes(at)))),
        Sample::F32 => out.extend(octets.as_chunks().0.iter().map(|&at| number(f32::from_le_bytes(at)))),
        Sample::F64 => out.extend(octets.as_chunks().0.iter().map(|&at| number(f64::from_le_bytes(at) as f32))),
        Sample::Law(decoder, pcm) => {
            pcm.clear();
            // At most a part is read at a time, which is no longer than a packet may be.
            for part in octets.chunks(PART) {
                let _ = decoder.decode(part, pcm);
            }
            out.extend(pcm.iter().map(|&sample| f32::from(sample) / FULL_SCALE));
        }
    }
}

fn whole(sample: i32) -> f32 {
    sample as f32 / (FULL_SCALE * 65_536.0)
}

/// What is no number must not spoil what is computed from it.
fn number(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-16.0, 16.0) } else { 0.0 }
}

/// The rate, the channels and the coding of a `fmt ` chunk.
fn read_format(body: &[u8]) -> Result<(u32, u16, Sample), WavError> {
    let short = |at: usize| body.get(at..at + 2).and_then(|octets| octets.try_into().ok()).map(u16::from_le_bytes);
    let long = |at: usize| body.get(at..at + 4).and_then(|octets| octets.try_into().ok()).map(u32::from_le_bytes);
    let (Some(mut tag), Some(channels), Some(rate), Some(block), Some(bits)) =
        (short(0), short(2), long(4), short(12), short(14))
    else {
        return Err(WavError::Damaged("its format chunk is too short"));
    };
    if tag == tag::EXTENSIBLE {
        tag = short(24).ok_or(WavError::Damaged("its format chunk is too short"))?;
    }
    if channels == 0 {
        return Err(WavError::Damaged("it has no channels"));
    }
    if channels > MAX_CHANNELS {
        return Err(WavError::Channels(channels));
    }
    if !RATES.contains(&rate) {
        return Err(WavError::Rate(rate));
    }
    let law = |codec: Codec| Decoder::new(codec, codec.sample_rate()).map(|decoder| Sample::Law(decoder, Vec::new()));
    let unknown = WavError::Coding { tag, bits };
    // The container of a sample may be wider than its bits; these are then the upper ones.
    let coding = match (tag, bits.next_multiple_of(8)) {
        (tag::PCM, 8) => Sample::U8,
        (tag::PCM, 16) => Sample::I16,
        (tag::PCM, 24) if block / channels == 4 => Sample::I32,
        (tag::PCM, 24) => Sample::I24,
        (tag::PCM, 32) => Sample::I32,
        (tag::FLOAT, 32) => Sample::F32,
        (tag::FLOAT, 64) => Sample::F64,
        (tag::ALAW, 8) => law(Codec::Pcma).map_err(|_| unknown)?,
        (tag::ULAW, 8) => law(Codec::Pcmu).map_err(|_| unknown)?,
        _ => return Err(unknown),
    };
    if usize::from(block) != coding.octets() * usize::from(channels) {
        return Err(WavError::Damaged("its samples do not fit its channels"));
    }
    Ok((rate, channels, coding))
}

/// The longest chunk that is kept. Nothing that is read from one stands further back.
const MAX_BODY: u32 = 64;

/// The beginning of a chunk's content; the rest is skipped.
fn body(input: &mut impl Read, size: u32) -> Result<Vec<u8>, WavError> {
    let kept = size.min(MAX_BODY);
    let mut body = vec![0; kept as usize];
    let length = read_fully(input, &mut body)?;
    body.truncate(length);
    let rest = u64::from(size) - u64::from(kept) + u64::from(size % 2);
    io::copy(&mut input.take(rest), &mut io::sink())?;
    Ok(body)
}

/// Passes over a chunk. Those of odd length are followed by an octet that they do not count.
fn skip(input: &mut impl Read, size: u32) -> Result<(), WavError> {
    io::copy(&mut input.take(u64::from(size) + u64::from(size % 2)), &mut io::sink())?;
    Ok(())
}

/// Fills `buffer` as far as the input goes.
fn read_fully(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match input.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
