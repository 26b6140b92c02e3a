//! What libopus' complexity costs and gives: `bench/opus.py` judges what this program makes.
//!
//! `opus_effort encode SPEECH.wav OCTETS COMPLEXITY HEARD.wav` encodes 16-bit mono speech in packets of 20 ms, OCTETS long on
//! average (or with `0` at 24 kbit/s), and writes what is heard of it. It prints the octets of a packet and the
//! microseconds of CPU that encoding one takes.
//! `opus_effort decode PACKETS.frames RATE HEARD.wav` writes what is heard of packets, each behind its length in two octets.

#![allow(clippy::disallowed_methods, reason = "measuring is this program's purpose")]

use std::error::Error;

use opus::{Application, Bitrate, Channels, Decoder, Encoder};

/// The time is the best of this many batches: other work on the machine only ever adds.
const BATCHES: usize = 4;
/// The speech is encoded so many times in a batch, since the kernel counts by ticks.
const RUNS: usize = 5;
/// Where no length is wanted.
const BITRATE: i32 = 24_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["encode", speech, octets, complexity, heard] => {
            let (pcm, rate) = read(speech)?;
            let (wanted, complexity) = (octets.parse()?, complexity.parse()?);
            let bitrate = bitrate_for(&pcm, rate, complexity, wanted)?;
            let packets = encode(&pcm, rate, complexity, bitrate)?;
            write(heard, rate, &decode(&packets, rate)?)?;
            let mut best = f64::INFINITY;
            for _ in 0..BATCHES {
                let start = cpu_ns()?;
                (0..RUNS).try_for_each(|_| encode(&pcm, rate, complexity, bitrate).map(drop))?;
                best = best.min(cpu_ns()? - start);
            }
            println!("{:.2} {:.2}", average(&packets), best / 1e3 / (RUNS * packets.len()) as f64);
        }
        ["decode", packets, rate, heard] => {
            let (file, rate) = (std::fs::read(packets)?, rate.parse()?);
            let (mut rest, mut packets) = (&file[..], Vec::new());
            while let Some((length, tail)) = rest.split_first_chunk() {
                let (packet, tail) = tail.split_at(u16::from_be_bytes(*length).into());
                packets.push(packet.to_vec());
                rest = tail;
            }
            write(heard, rate, &decode(&packets, rate)?)?;
            println!("{:.2}", average(&packets));
        }
        _ => return Err("usage: see the beginning of media/examples/opus_effort.rs".into()),
    }
    Ok(())
}

/// Nanoseconds that this thread has run.
fn cpu_ns() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().unwrap_or_default().parse()?)
}

/// The bit rate at which packets are `wanted` octets long on average.
fn bitrate_for(pcm: &[i16], rate: u32, complexity: i32, wanted: f64) -> Result<i32, opus::Error> {
    let mut bitrate = BITRATE;
    for _ in 0..4 * i32::from(wanted > 0.0) {
        let got = average(&encode(pcm, rate, complexity, bitrate)?);
        bitrate = (f64::from(bitrate) * wanted / got).clamp(6_000.0, 128_000.0) as i32;
    }
    Ok(bitrate)
}

fn encode(pcm: &[i16], rate: u32, complexity: i32, bitrate: i32) -> Result<Vec<Vec<u8>>, opus::Error> {
    let mut encoder = Encoder::new(rate, Channels::Mono, Application::Voip)?;
    encoder.set_bitrate(Bitrate::Bits(bitrate))?;
    encoder.set_complexity(complexity)?;
    pcm.chunks_exact(rate as usize / 50).map(|frame| encoder.encode_vec(frame, 1_275)).collect()
}

fn decode(packets: &[Vec<u8>], rate: u32) -> Result<Vec<i16>, opus::Error> {
    let mut decoder = Decoder::new(rate, Channels::Mono)?;
    let (mut pcm, mut buffer) = (Vec::new(), vec![0; rate as usize / 8]);
    for packet in packets {
        let samples = decoder.decode(packet, &mut buffer, false)?;
        pcm.extend_from_slice(&buffer[..samples]);
    }
    Ok(pcm)
}

fn average(packets: &[Vec<u8>]) -> f64 {
    packets.iter().map(Vec::len).sum::<usize>() as f64 / packets.len() as f64
}

/// Samples and rate.
fn read(path: &str) -> Result<(Vec<i16>, u32), hound::Error> {
    let mut reader = hound::WavReader::open(path)?;
    let rate = reader.spec().sample_rate;
    Ok((reader.samples().collect::<Result<_, _>>()?, rate))
}

fn write(path: &str, rate: u32, pcm: &[i16]) -> Result<(), hound::Error> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec)?;
    pcm.iter().try_for_each(|&sample| writer.write_sample(sample))?;
    writer.finalize()
}
