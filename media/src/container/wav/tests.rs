use std::io::Cursor;

use super::*;
use crate::container::Patch;

fn read(file: &[u8]) -> Result<(u32, usize, Vec<f32>), WavError> {
    let mut reader = Reader::new(file)?;
    let mut samples = Vec::new();
    while reader.read(&mut samples)? > 0 {}
    Ok((reader.rate(), reader.channels(), samples))
}

/// Every value that a sample of 16 bits has.
fn all() -> Vec<i16> {
    (i16::MIN..=i16::MAX).collect()
}

fn to_pcm(samples: &[f32]) -> Vec<i16> {
    samples.iter().map(|&sample| crate::container::to_pcm(sample)).collect()
}

fn write(format: Format, pcm: &[i16]) -> (Vec<u8>, Patch) {
    let mut writer = Writer::new(format);
    let mut file = writer.header();
    for part in pcm.chunks(500) {
        writer.write(part, &mut file);
    }
    let patch = writer.finish(&mut file);
    (file, patch)
}

fn patched(format: Format, pcm: &[i16]) -> Vec<u8> {
    let (mut file, patch) = write(format, pcm);
    file[..patch.bytes.len()].copy_from_slice(&patch.bytes);
    file
}

#[test]
fn another_reader_reads_what_we_write() {
    for channels in [1, 2] {
        let file = patched(Format { rate: 16_000, channels, coding: Coding::Pcm16 }, &all());
        let mut witness = hound::WavReader::new(Cursor::new(&file)).expect("a good file");
        assert_eq!((witness.spec().channels, witness.spec().sample_rate), (channels, 16_000));
        assert_eq!(witness.samples().collect::<Result<Vec<i16>, _>>().expect("good samples"), all());
        assert_eq!(u32::from_le_bytes([file[4], file[5], file[6], file[7]]) as usize, file.len() - 8);
    }
}

#[test]
fn we_read_what_another_writer_writes() {
    for (bits_per_sample, sample_format, full) in [
        (8, hound::SampleFormat::Int, 1 << 7),
        (16, hound::SampleFormat::Int, 1 << 15),
        (24, hound::SampleFormat::Int, 1 << 23),
        (32, hound::SampleFormat::Int, 1i64 << 31),
        (32, hound::SampleFormat::Float, 1),
    ] {
        let spec = hound::WavSpec { channels: 3, sample_rate: 44_100, bits_per_sample, sample_format };
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).expect("a good format");
        for value in [-1.0, 0.0, 0.5f32] {
            match sample_format {
                hound::SampleFormat::Int => writer.write_sample((f64::from(value) * full as f64) as i32),
                hound::SampleFormat::Float => writer.write_sample(value),
            }
            .expect("memory");
        }
        writer.finalize().expect("memory");
        let (rate, channels, samples) = read(file.get_ref()).expect("a good file");
        assert_eq!((rate, channels), (44_100, 3));
        assert_eq!(samples, [-1.0, 0.0, 0.5], "{bits_per_sample} bits, {sample_format:?}");
    }
}

#[test]
fn sixteen_bits_and_g711_come_back_as_they_were() {
    let pcm = Format { rate: 8_000, channels: 1, coding: Coding::Pcm16 };
    assert_eq!(to_pcm(&read(&patched(pcm, &all())).expect("our own file").2), all());
    for coding in [Coding::Alaw, Coding::Ulaw] {
        let format = Format { coding, ..pcm };
        let once = to_pcm(&read(&patched(format, &all())).expect("our own file").2);
        assert_eq!(to_pcm(&read(&patched(format, &once)).expect("our own file").2), once);
        let worst = all().iter().zip(&once).map(|(&a, &b)| a.abs_diff(b)).max();
        assert!(worst <= Some(644), "{coding:?}: {worst:?}");
    }
}

#[test]
fn a_file_whose_writer_died_is_read_to_its_end() {
    for coding in [Coding::Pcm16, Coding::Alaw] {
        let (file, _) = write(Format { rate: 8_000, channels: 2, coding }, &[1_000; 4_000]);
        assert_eq!(read(&file).expect("as far as it goes").2.len(), 4_000);
        // In the middle of an instant: what is whole.
        assert_eq!(read(&file[..file.len() - 1]).expect("as far as it goes").2.len(), 3_998);
        // The other convention for a size that is not known, and a patched file that was cut off.
        let mut file = patched(Format { rate: 8_000, channels: 2, coding }, &[1_000; 4_000]);
        file.truncate(file.len() - 400);
        let whole = read(&file).expect("as far as it goes").2.len();
        let size = file.len() - if coding == Coding::Pcm16 { 44 } else { 58 };
        let at = file.len() - size - 4;
        file[at..at + 4].fill(0);
        assert_eq!(read(&file).expect("as far as it goes").2.len(), whole);
    }
}

#[test]
fn a_file_beyond_four_gigabytes_does_not_wrap() {
    let mut writer = Writer::new(Format { rate: 48_000, channels: 2, coding: Coding::Pcm16 });
    let before = writer.header();
    writer.written = 5 << 30;
    assert_eq!(writer.finish(&mut Vec::new()), Patch { offset: 0, bytes: before });
}

#[test]
fn other_chunks_are_passed_over() {
    let file = patched(Format { rate: 8_000, channels: 1, coding: Coding::Pcm16 }, &[1, 2, 3]);
    // Of odd length, before the format; of even length, behind it; and one behind the audio.
    let mut odd = file[..12].to_vec();
    odd.extend(b"LIST\x03\0\0\0abc\0");
    odd.extend(&file[12..36]);
    odd.extend(b"junk\x02\0\0\0ab");
    odd.extend(&file[36..]);
    odd.extend(b"LIST\x04\0\0\0abcd");
    assert_eq!(to_pcm(&read(&odd).expect("a good file").2), [1, 2, 3]);
}

#[test]
fn rf64_and_extensible_formats_are_read() {
    let file = patched(Format { rate: 8_000, channels: 1, coding: Coding::Pcm16 }, &[1, 2, 3]);
    let mut long = b"RF64\xff\xff\xff\xffWAVEds64".to_vec();
    long.extend(28u32.to_le_bytes());
    long.extend([0; 8]);
    long.extend(6u64.to_le_bytes());
    long.extend([0; 12]);
    // WAVEFORMATEXTENSIBLE: 22 more octets, the tag at their eighth.
    long.extend(b"fmt \x28\0\0\0\xfe\xff");
    long.extend(&file[22..36]);
    long.extend([22, 0, 16, 0, 0, 0, 0, 0, 1, 0]);
    long.extend([0; 14]);
    long.extend(b"data\xff\xff\xff\xff");
    long.extend(&file[44..]);
    long.extend(b"LIST\x04\0\0\0abcd");
    assert_eq!(to_pcm(&read(&long).expect("a good file").2), [1, 2, 3]);
}

#[test]
fn floating_point_that_is_no_number_is_silence() {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).expect("a good format");
    for value in [f32::NAN, f32::INFINITY, 1e30] {
        writer.write_sample(value).expect("memory");
    }
    writer.finalize().expect("memory");
    assert_eq!(read(file.get_ref()).expect("a good file").2, [0.0, 0.0, 16.0]);
}

#[test]
fn what_is_wrong_is_said() {
    let good = patched(Format { rate: 8_000, channels: 1, coding: Coding::Pcm16 }, &[1, 2, 3]);
    let refusal = |at: usize, octets: &[u8]| {
        let mut file = good.clone();
        file[at..at + octets.len()].copy_from_slice(octets);
        read(&file).map(|_| ()).expect_err("not readable").to_string()
    };
    assert!(refusal(8, b"AVI ").contains("no WAV file"));
    assert!(refusal(12, b"junk").contains("comes before its format"));
    assert!(refusal(20, &[0x55, 0]).contains("MP3"));
    assert!(refusal(20, &[0x99, 9]).contains("0x0999"));
    assert!(refusal(22, &[0, 0]).contains("no channels"));
    assert!(refusal(22, &[200, 0]).contains("200 channels"));
    assert!(refusal(24, &[0; 4]).contains("0 Hz"));
    assert!(refusal(32, &[3, 0]).contains("do not fit"));
    assert!(refusal(36, b"junk").contains("no audio"));
}

proptest::proptest! {
    #[test]
    fn no_file_panics(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), at in 0usize..60) {
        let mut file = patched(Format { rate: 8_000, channels: 1, coding: Coding::Pcm16 }, &[1; 100]);
        let at = at.min(file.len());
        let end = (at + octets.len()).min(file.len());
        file[at..end].copy_from_slice(&octets[..end - at]);
        let _ = read(&file);
        let _ = read(&octets);
    }
}
