//! Our G.722 against ffmpeg's: octet for octet and sample for sample.

mod ffmpeg;

use std::error::Error;

use ffmpeg::Ffmpeg;
use offhook_media::codec::{Codec, Decoder, Encoder};

/// A signal that drives the adaptation into a corner.
struct Case {
    name: &'static str,
    /// The sample at an index, given a random number.
    sample: fn(i32, u32) -> i16,
    /// Fingerprints of what ffmpeg 5.1 makes of it: coded, and that decoded again.
    coded: u64,
    decoded: u64,
}

const CASES: [Case; 5] = [
    Case {
        name: "loud noise",
        sample: |_, noise| (noise >> 16) as i16,
        coded: 10_765_971_025_517_269_793,
        decoded: 1_561_994_517_037_883_194,
    },
    Case {
        name: "clipped squares of falling pitch",
        sample: |i, _| {
            if (i / (1 + i / 1_000)) % 2 == 0 { i16::MAX } else { i16::MIN }
        },
        coded: 6_470_844_346_963_830_221,
        decoded: 18_329_062_890_078_614_232,
    },
    Case {
        name: "noise just above silence",
        sample: |_, noise| (noise >> 16) as i16 % 4,
        coded: 6_439_859_682_106_281_660,
        decoded: 7_444_328_858_358_104_632,
    },
    Case {
        name: "noise from loud to silent and back",
        sample: |i, noise| (noise >> 16) as i16 >> (i / 500 % 16),
        coded: 10_017_401_195_998_146_910,
        decoded: 5_876_193_365_029_319_149,
    },
    Case {
        name: "ramps",
        sample: |i, noise| (i * (1 + i / 4_000) * 37 % 40_000 - 20_000 + (noise >> 24) as i32) as i16,
        coded: 10_268_787_307_218_310_846,
        decoded: 8_165_148_874_259_274_078,
    },
];

fn signal(sample: fn(i32, u32) -> i16) -> Vec<i16> {
    let mut noise = 1u32;
    (0..32_000)
        .map(|i| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sample(i, noise)
        })
        .collect()
}

/// FNV-1a.
fn fingerprint(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

fn octets(pcm: &[i16]) -> Vec<u8> {
    pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn encode(pcm: &[i16], packet: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = Encoder::new(Codec::G722, 16_000)?;
    let mut coded = Vec::new();
    for frame in pcm.chunks(packet) {
        encoder.encode(frame, &mut coded)?;
    }
    Ok(coded)
}

fn decode(coded: &[u8], packet: usize) -> Result<Vec<i16>, Box<dyn Error>> {
    let mut decoder = Decoder::new(Codec::G722, 16_000)?;
    let mut pcm = Vec::new();
    for payload in coded.chunks(packet) {
        decoder.decode(payload, &mut pcm)?;
    }
    Ok(pcm)
}

#[test]
fn every_octet_and_sample_matches() -> Result<(), Box<dyn Error>> {
    for case in CASES {
        let coded = encode(&signal(case.sample), 320)?;
        assert_eq!(fingerprint(&coded), case.coded, "{}, coded", case.name);
        assert_eq!(fingerprint(&octets(&decode(&coded, 160)?)), case.decoded, "{}, decoded", case.name);
    }
    Ok(())
}

#[test]
fn packet_length_changes_nothing() -> Result<(), Box<dyn Error>> {
    let pcm = signal(CASES[3].sample);
    let coded = encode(&pcm, 320)?;
    for packet in [2, 160, 322, 1_920] {
        assert_eq!(encode(&pcm, packet)?, coded);
        assert_eq!(decode(&coded, packet / 2)?, decode(&coded, 160)?);
    }
    Ok(())
}

/// Where the fingerprints above come from.
#[test]
fn ffmpeg_agrees() -> Result<(), Box<dyn Error>> {
    let ffmpeg = Ffmpeg::new("g722-reference")?;
    for case in CASES {
        let pcm = signal(case.sample);
        let coded = ffmpeg.convert(&octets(&pcm), "-f s16le -ar 16000 -ac 1", "-f g722")?;
        let decoded = ffmpeg.convert(&coded, "-f g722", "-f s16le")?;
        println!("{}: {}, {}", case.name, fingerprint(&coded), fingerprint(&decoded));
        assert!(encode(&pcm, 320)? == coded, "{}, coded", case.name);
        assert!(octets(&decode(&coded, 160)?) == decoded, "{}, decoded", case.name);
    }
    Ok(())
}
