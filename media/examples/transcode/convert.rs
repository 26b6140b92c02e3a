//! The octets of one file into those of another.

use std::fmt;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use offhook_media::codec::{Codec, CodecError, Decoder, Encoder};
use offhook_media::container::ogg::{self, OggError};
use offhook_media::container::wav;
use offhook_media::dsp::Resampler;
use offhook_media::playout::{Playout, PlayoutStats};
use offhook_media::sound::{Clip, ClipError};

use crate::network::Network;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Wav,
    Alaw,
    Ulaw,
    G722,
    Opus,
}

impl Kind {
    /// By a file's ending.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        Self::named(path.extension()?.to_str()?)
    }

    /// By its name, which is an ending as well.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "wav" => Some(Kind::Wav),
            "al" | "alaw" => Some(Kind::Alaw),
            "ul" | "ulaw" => Some(Kind::Ulaw),
            "g722" => Some(Kind::G722),
            "opus" | "ogg" => Some(Kind::Opus),
            _ => None,
        }
    }

    fn codec(self) -> Option<Codec> {
        match self {
            Kind::Wav => None,
            Kind::Alaw => Some(Codec::Pcma),
            Kind::Ulaw => Some(Codec::Pcmu),
            Kind::G722 => Some(Codec::G722),
            Kind::Opus => Some(Codec::Opus),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Wav => "WAV",
            Kind::Alaw => "raw G.711 A-law",
            Kind::Ulaw => "raw G.711 µ-law",
            Kind::G722 => "raw G.722",
            Kind::Opus => "Ogg-Opus",
        })
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) from: Kind,
    pub(crate) to: Kind,
    /// Of the PCM in the middle, in Hz; `None` is that of the input.
    pub(crate) rate: Option<u32>,
    pub(crate) network: Network,
}

/// What was done.
#[derive(Debug)]
pub(crate) struct Report {
    /// How long the result plays.
    pub(crate) duration: Duration,
    /// The rate of the PCM in the middle, in Hz.
    pub(crate) rate: u32,
    /// What the network did, if there was one.
    pub(crate) network: Option<Heard>,
}

/// What came of packets.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) codec: Codec,
    pub(crate) packets: usize,
    pub(crate) lost: usize,
    pub(crate) stats: PlayoutStats,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConvertError {
    #[error(transparent)]
    Clip(#[from] ClipError),
    #[error(transparent)]
    Ogg(#[from] OggError),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("there is no audio in it")]
    Empty,
}

/// Mono PCM and its rate in Hz.
struct Pcm {
    samples: Vec<i16>,
    rate: u32,
}

/// Converts a file.
pub(crate) fn convert(input: &[u8], options: &Options) -> Result<(Vec<u8>, Report), ConvertError> {
    let (pcm, network) = if options.network.is_impaired() {
        let stream = packets(input, options)?;
        let (pcm, heard) = listen(&stream, options)?;
        (pcm, Some(heard))
    } else {
        (at_rate(decode(input, options)?, options.rate), None)
    };
    if pcm.samples.is_empty() {
        return Err(ConvertError::Empty);
    }
    let duration = Duration::from_secs_f64(pcm.samples.len() as f64 / f64::from(pcm.rate));
    let report = Report { duration, rate: pcm.rate, network };
    Ok((encode(pcm, options.to)?, report))
}

/// The file as PCM.
fn decode(input: &[u8], options: &Options) -> Result<Pcm, ConvertError> {
    match options.from.codec() {
        None => {
            let clip = Clip::read_wav(input)?;
            Ok(Pcm { samples: clip.pcm().to_vec(), rate: clip.rate() })
        }
        Some(Codec::Opus) => {
            let rate = options.rate.unwrap_or(Codec::Opus.sample_rate());
            let mut reader = ogg::Reader::new(Cursor::new(input), rate)?;
            let mut samples = Vec::new();
            while reader.read(&mut samples)? > 0 {}
            if reader.channels() == 2 {
                let mono = |&[left, right]: &[i16; 2]| ((i32::from(left) + i32::from(right)) / 2) as i16;
                samples = samples.as_chunks().0.iter().map(mono).collect();
            }
            Ok(Pcm { samples, rate })
        }
        Some(codec) => {
            let rate = codec.sample_rate();
            let mut decoder = Decoder::new(codec, rate)?;
            let mut samples = Vec::new();
            for payload in input.chunks(OCTETS_PER_MS * 20) {
                decoder.decode(payload, &mut samples)?;
            }
            Ok(Pcm { samples, rate })
        }
    }
}

/// 64 kbit/s, in all codecs that have raw files.
const OCTETS_PER_MS: usize = 8;

fn at_rate(pcm: Pcm, rate: Option<u32>) -> Pcm {
    let Some((rate, mut resampler)) = rate.and_then(|rate| Some((rate, Resampler::new(pcm.rate, rate)?))) else {
        return pcm;
    };
    let mut samples = Vec::new();
    resampler.process(&pcm.samples, &mut samples);
    Pcm { samples, rate }
}

/// PCM as a file.
fn encode(mut pcm: Pcm, to: Kind) -> Result<Vec<u8>, ConvertError> {
    let mut out = Vec::new();
    match to.codec() {
        None => {
            let format = wav::Format { rate: pcm.rate, channels: 1, coding: wav::Coding::Pcm16 };
            let mut writer = wav::Writer::new(format);
            out = writer.header();
            writer.write(&pcm.samples, &mut out);
            let patch = writer.finish(&mut out);
            out.splice(..patch.bytes.len(), patch.bytes);
        }
        Some(Codec::Opus) => {
            let mut writer = ogg::Writer::new(pcm.rate, false)?;
            writer.write(&pcm.samples, &mut out);
            writer.finish(&mut out);
        }
        Some(codec) => {
            // Whole octets, whatever the codec.
            let length = pcm.samples.len().next_multiple_of((pcm.rate / 8_000) as usize);
            pcm.samples.resize(length, 0);
            let mut encoder = Encoder::new(codec, pcm.rate)?;
            for frame in pcm.samples.chunks((pcm.rate / 50) as usize) {
                encoder.encode(frame, &mut out)?;
            }
        }
    }
    Ok(out)
}

/// The packets of a call.
struct Stream {
    codec: Codec,
    packets: Vec<Vec<u8>>,
    /// Of the audio in them, in Hz.
    rate: u32,
}

/// The file as the packets of a call.
fn packets(input: &[u8], options: &Options) -> Result<Stream, ConvertError> {
    let ptime = options.network.ptime_ms as usize;
    match options.from.codec() {
        None => {
            let mut pcm = decode(input, options)?;
            let codec = options.to.codec().unwrap_or(match pcm.rate {
                8_000 => Codec::Pcma,
                16_000 => Codec::G722,
                _ => Codec::Opus,
            });
            let mut encoder = Encoder::new(codec, pcm.rate)?;
            // At least one, so that Opus sends what conceals losses.
            encoder.set_expected_loss((options.network.loss.round() as u8).max(1))?;
            let frame = pcm.rate as usize / 1_000 * ptime;
            pcm.samples.resize(pcm.samples.len().next_multiple_of(frame), 0);
            let mut packets = Vec::new();
            for frame in pcm.samples.chunks(frame) {
                let mut packet = Vec::new();
                encoder.encode(frame, &mut packet)?;
                packets.push(packet);
            }
            Ok(Stream { codec, packets, rate: pcm.rate })
        }
        Some(Codec::Opus) => {
            let mut reader = ogg::PacketReader::new(Cursor::new(input))?;
            let mut packets = Vec::new();
            while let Some(packet) = reader.next_packet()? {
                packets.push(packet.data);
            }
            Ok(Stream { codec: Codec::Opus, packets, rate: Codec::Opus.sample_rate() })
        }
        Some(codec) => {
            let packets = input.chunks(OCTETS_PER_MS * ptime).map(<[u8]>::to_vec).collect();
            Ok(Stream { codec, packets, rate: codec.sample_rate() })
        }
    }
}

/// How often the playout is asked for audio: as in a call.
const TICK: Duration = Duration::from_millis(20);

/// What is heard of packets behind the network.
fn listen(stream: &Stream, options: &Options) -> Result<(Pcm, Heard), ConvertError> {
    let &Stream { codec, ref packets, rate } = stream;
    let clock = codec.rtp_clock();
    let mut begins = Vec::with_capacity(packets.len());
    let mut timestamps = Vec::with_capacity(packets.len());
    let mut ticks = 0u64;
    for packet in packets {
        begins.push(Duration::from_secs_f64(ticks as f64 / f64::from(clock)));
        timestamps.push(ticks as u32);
        ticks += u64::from(codec.duration(packet)?);
    }
    let arrivals = options.network.arrivals(&begins);
    let lost = packets.len() - arrivals.len();
    let end = Duration::from_secs_f64(ticks as f64 / f64::from(clock) / (1.0 + options.network.drift_ppm / 1e6));

    let rate = options.rate.unwrap_or(rate);
    let mut playout = Playout::new(rate, options.network.seed);
    let mut frame = vec![0; (rate / 50) as usize];
    let mut samples = Vec::new();
    let mut arrivals = arrivals.into_iter().peekable();
    let start = origin();
    let mut passed = Duration::ZERO;
    // Until everything has arrived and been played.
    while arrivals.peek().is_some() || passed < end + playout.stats().delay {
        while let Some((at, i)) = arrivals.next_if(|(at, _)| *at <= passed) {
            playout.insert(codec, i as i64, timestamps[i], i == 0, &packets[i], start + at);
        }
        playout.pull(&mut frame, start + passed);
        samples.extend_from_slice(&frame);
        passed += TICK;
    }
    let heard = Heard { codec, packets: packets.len(), lost, stats: playout.stats() };
    Ok((Pcm { samples, rate }, heard))
}

/// Some moment: only differences from it matter.
#[allow(clippy::disallowed_methods, reason = "there is no other way to any moment")]
fn origin() -> Instant {
    Instant::now()
}
