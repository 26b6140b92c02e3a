use std::io::Cursor;

use super::*;
use crate::dsp::measure;

const RATES: [u32; 3] = [8_000, 16_000, 48_000];

/// A file of tones of 16,384 at their peaks, one for each channel.
fn file(rate: u32, tones: &[f64], samples: usize) -> Vec<u8> {
    let mut writer = Writer::new(rate, tones.len() == 2).expect("a good rate");
    let mut file = Vec::new();
    let mut pcm = Vec::new();
    for i in 0..samples {
        for hz in tones {
            let step = std::f64::consts::TAU * hz / f64::from(rate);
            pcm.push((16_384.0 * (step * i as f64).sin()).round() as i16);
        }
    }
    // Parts that are no packets.
    for part in pcm.chunks(1_234 * tones.len()) {
        writer.write(part, &mut file);
    }
    writer.finish(&mut file);
    file
}

fn read(file: &[u8], rate: u32) -> Result<Vec<i16>, OggError> {
    let mut reader = Reader::new(Cursor::new(file), rate)?;
    let mut pcm = Vec::new();
    while reader.read(&mut pcm)? > 0 {}
    Ok(pcm)
}

#[test]
fn what_is_written_is_read_to_the_sample_at_its_level() {
    for rate in RATES {
        // 1.01 s: the last packet is not full.
        let samples = rate as usize * 101 / 100;
        let file = file(rate, &[1_000.0], samples);
        for to in RATES {
            let pcm = read(&file, to).expect("our own file");
            assert_eq!(pcm.len(), to as usize * 101 / 100, "{rate} to {to}");
            let level = measure::level(&pcm[pcm.len() / 4..], to, 1_000.0);
            assert!((level + 6.02).abs() < 0.5, "{rate} to {to}: {level} dBFS");
        }
    }
}

#[test]
fn nothing_is_late_and_nothing_is_missing_at_the_end() {
    for rate in RATES {
        // A tone only in the last 20 ms, and one only in the first.
        let mut writer = Writer::new(rate, false).expect("a good rate");
        let (mut file, part) = (Vec::new(), (rate / 50) as usize);
        let tone = |i: usize| (16_384.0 * (std::f64::consts::TAU * 500.0 * i as f64 / f64::from(rate)).sin()) as i16;
        let pcm: Vec<i16> = (0..50 * part).map(|i| if (part..49 * part).contains(&i) { 0 } else { tone(i) }).collect();
        writer.write(&pcm, &mut file);
        writer.finish(&mut file);
        let heard = read(&file, rate).expect("our own file");
        assert_eq!(heard.len(), pcm.len());
        let level = |from: usize| measure::rms(&heard[from..from + part]);
        assert!(level(0) > -9.0 && level(49 * part) > -9.0, "{rate}: {}, {}", level(0), level(49 * part));
        assert!(level(10 * part) < -50.0, "{rate}: {}", level(10 * part));
    }
}

#[test]
fn each_side_keeps_to_its_channel() {
    for rate in RATES {
        for silent in 0..2 {
            let mut tones = [1_000.0; 2];
            tones[silent] = 0.0;
            let pcm = read(&file(rate, &tones, rate as usize), rate).expect("our own file");
            let channel =
                |channel: usize| pcm.iter().skip(channel).step_by(2).copied().collect::<Vec<i16>>().split_off(2_000);
            let (loud, quiet) = (measure::rms(&channel(1 - silent)), measure::rms(&channel(silent)));
            assert!((loud + 6.02).abs() < 0.5, "{rate} Hz: {loud} dBFS");
            assert!(quiet < loud - 35.0, "{rate} Hz: {quiet} dBFS leak over");
        }
    }
}

#[test]
fn a_file_that_is_cut_off_plays_to_there() {
    let file = file(16_000, &[1_000.0], 16_000 * 5);
    let pcm = read(&file[..file.len() / 2], 16_000).expect("as far as it goes");
    assert!((16_000..16_000 * 3).contains(&pcm.len()), "{} samples", pcm.len());
    assert!((measure::level(&pcm[4_000..], 16_000, 1_000.0) + 6.02).abs() < 0.5);
}

#[test]
fn the_end_of_a_cut_out_stream_is_counted_from_its_beginning() {
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).expect("encoder");
    let head = Head { channels: 1, pre_skip: 312, input_rate: 48_000, gain: 0 };
    let mut writer = PacketWriter::new(head);
    // Ten minutes into a stream.
    writer.granule = 600 * 48_000;
    writer.page = writer.granule;
    let mut file = Vec::new();
    for _ in 0..150 {
        let packet = encoder.encode_vec(&[0; 960], 200).expect("a whole frame");
        writer.write(&packet, &mut file).expect("a good packet");
    }
    writer.finish(600 * 48_000 + 150 * 960 - 500, &mut file);
    assert_eq!(read(&file, 48_000).expect("a good file").len(), 150 * 960 - 500 - 312);
}

#[test]
fn the_gain_is_applied() {
    let mut file = file(48_000, &[1_000.0], 48_000);
    let plain = measure::level(&read(&file, 48_000).expect("our own file")[9_600..], 48_000, 1_000.0);
    // 6 dB down; the checksum of the page is made again.
    let packet = {
        let mut reader = ::ogg::PacketReader::new(Cursor::new(&file));
        let mut head = Head::read(&reader.read_packet_expected().expect("the first").data).expect("ours");
        head.gain = -6 * 256;
        head.write()
    };
    let mut page = ::ogg::PacketWriter::new(Vec::new());
    page.write_packet(packet, 1, ::ogg::PacketWriteEndInfo::EndPage, 0).expect("memory");
    let page = page.into_inner();
    file[..page.len()].copy_from_slice(&page);
    let lowered = measure::level(&read(&file, 48_000).expect("a good file")[9_600..], 48_000, 1_000.0);
    assert!((plain - 6.0 - lowered).abs() < 0.05, "{plain}, then {lowered} dBFS");
}

#[test]
fn who_gave_a_bad_file_is_told_why() {
    let refusal = |file: &[u8]| read(file, 48_000).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(refusal(b"RIFF and so on"), Err("this is no Ogg file".into()));
    assert_eq!(refusal(b""), Err("this is no Ogg file".into()));
    let mut vorbis = ::ogg::PacketWriter::new(Vec::new());
    vorbis.write_packet(&b"\x01vorbis"[..], 5, ::ogg::PacketWriteEndInfo::EndPage, 0).expect("memory");
    let sentence = refusal(&vorbis.into_inner()).expect_err("another codec");
    assert!(sentence.contains("no Opus"), "{sentence}");
    let mut damaged = file(48_000, &[1_000.0], 48_000);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    assert_eq!(refusal(&damaged), Err("the Ogg file is damaged: a checksum is wrong".into()));
    assert!(matches!(Reader::new(Cursor::new(damaged), 44_100), Err(OggError::Rate(44_100))));
}

proptest::proptest! {
    #[test]
    fn no_file_panics(mut octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), at in 0usize..4_000) {
        // Good up to somewhere: further than noise gets.
        let mut file = file(8_000, &[1_000.0], 8_000);
        file.truncate(at);
        file.append(&mut octets);
        let _ = read(&file, 8_000);
        let _ = Head::read(&file);
    }
}
