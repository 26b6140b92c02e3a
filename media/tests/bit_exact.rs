//! Codecs and files against ffmpeg's: octet for octet and sample for sample.

mod ffmpeg;

use std::error::Error;
use std::io::Cursor;

use ffmpeg::{Ffmpeg, octets, pcm};
use offhook_media::codec::{Codec, Decoder, Encoder};
use offhook_media::container::{ogg, wav};
use offhook_media::dsp::measure;
use offhook_media::record::{Channels, Container, Patch, RecordFormat, Recorder};

type Outcome = Result<(), Box<dyn Error>>;

fn encode(codec: Codec, pcm: &[i16], frame: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = Encoder::new(codec, codec.sample_rate())?;
    let mut coded = Vec::new();
    for frame in pcm.chunks(frame) {
        encoder.encode(frame, &mut coded)?;
    }
    Ok(coded)
}

fn decode(codec: Codec, coded: &[u8]) -> Result<Vec<i16>, Box<dyn Error>> {
    let mut decoder = Decoder::new(codec, codec.sample_rate())?;
    let mut pcm = Vec::new();
    for payload in coded.chunks(160) {
        decoder.decode(payload, &mut pcm)?;
    }
    Ok(pcm)
}

fn noise(samples: usize) -> Vec<i16> {
    let mut state = 1u32;
    (0..samples)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // From loud to quiet and back.
            (state >> 16) as i16 >> (i / 4_000 % 12)
        })
        .collect()
}

const LAWS: [(Codec, &str); 2] = [(Codec::Pcma, "-f alaw"), (Codec::Pcmu, "-f mulaw")];

#[test]
fn every_octet_of_g711_decodes_as_ffmpeg_does() -> Outcome {
    let ffmpeg = Ffmpeg::new("g711-decode")?;
    let all: Vec<u8> = (0..=255).collect();
    for (codec, format) in LAWS {
        let theirs = ffmpeg.convert(&all, &format!("{format} -ar 8000 -ac 1"), "-f s16le")?;
        assert_eq!(decode(codec, &all)?, pcm(&theirs), "{codec}");
    }
    Ok(())
}

/// The recommendation says from which value on a sample belongs to a code, and where segments meet that
/// is not the middle between two codes. ffmpeg takes the middle, and sees it with 14 bits. So on the
/// edges it may choose the neighbour; nothing else differs. That every decision of ours is the
/// recommendation's, the tests of the encoder say.
#[test]
fn every_sample_encodes_to_g711_as_in_ffmpeg_or_to_the_neighbour_on_an_edge() -> Outcome {
    let ffmpeg = Ffmpeg::new("g711-encode")?;
    let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    for (codec, format) in LAWS {
        let theirs = ffmpeg.convert(&octets(&all), "-f s16le -ar 8000 -ac 1", format)?;
        let ours = encode(codec, &all, 160)?;
        assert_eq!(ours.len(), theirs.len(), "{codec}");
        let mut values = decode(codec, &(0..=255).collect::<Vec<u8>>())?;
        values.sort_unstable();
        values.dedup();
        let (ours, theirs) = (decode(codec, &ours)?, decode(codec, &theirs)?);
        let mut differ = 0;
        for (sample, (ours, theirs)) in all.iter().zip(ours.iter().zip(&theirs)).filter(|(_, (a, b))| a != b) {
            differ += 1;
            let code = |value| values.binary_search(value).unwrap_or(usize::MAX);
            assert_eq!(code(ours).abs_diff(code(theirs)), 1, "{codec}: {sample} is {ours} here and {theirs} there");
            // From the edge of a segment to the middle between its codes is a quarter of a step; and 14
            // bits are up to three samples less than 16.
            let (ours_off, theirs_off) = (ours.abs_diff(*sample), theirs.abs_diff(*sample));
            let step = ours.abs_diff(*theirs);
            assert!(
                ours_off.abs_diff(theirs_off) <= step / 2 + 6,
                "{codec}: {sample} is {ours} here and {theirs} there"
            );
        }
        println!("{codec}: {differ} differ");
        assert!(differ < 65_536 / 20, "{codec}: {differ} differ");
    }
    Ok(())
}

#[test]
fn g722_is_ffmpegs_to_the_bit_on_speech_and_noise() -> Outcome {
    let ffmpeg = Ffmpeg::new("g722")?;
    for (what, mut signal) in [("speech", ffmpeg.speech(16_000)?), ("noise", noise(64_000))] {
        signal.truncate(signal.len() / 320 * 320);
        assert!(signal.len() > 48_000, "{what} is too short to say anything");
        let theirs = ffmpeg.convert(&octets(&signal), "-f s16le -ar 16000 -ac 1", "-f g722")?;
        let ours = encode(Codec::G722, &signal, 320)?;
        assert!(ours == theirs, "{what} is coded differently");
        let decoded = ffmpeg.convert(&theirs, "-f g722", "-f s16le")?;
        assert!(decode(Codec::G722, &theirs)? == pcm(&decoded), "{what} is decoded differently");
    }
    Ok(())
}

/// How far two recordings are apart at most, in steps of a 16-bit sample.
fn apart(ours: &[i16], theirs: &[i16]) -> u16 {
    ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

fn read_ogg(file: &[u8], rate: u32) -> Result<(usize, Vec<i16>), Box<dyn Error>> {
    let mut reader = ogg::Reader::new(Cursor::new(file), rate)?;
    let mut pcm = Vec::new();
    while reader.read(&mut pcm)? > 0 {}
    Ok((reader.channels(), pcm))
}

#[test]
fn ffmpegs_opus_files_decode_as_with_its_libopus() -> Outcome {
    let ffmpeg = Ffmpeg::new("opus-decode")?;
    let speech = octets(&ffmpeg.speech(48_000)?);
    for options in [
        "-ac 1 -b:a 12k -application voip",
        "-ac 1 -b:a 24k -application voip",
        "-ac 1 -b:a 64k -application audio",
        "-ac 2 -b:a 64k -application audio",
        "-ac 1 -b:a 24k -application voip -frame_duration 60",
        "-ac 1 -b:a 48k -application lowdelay -frame_duration 2.5",
        "-ac 1 -b:a 24k -application voip -fec 1 -packet_loss 20",
    ] {
        let file = ffmpeg.convert(&speech, "-f s16le -ar 48000 -ac 1", &format!("-c:a libopus {options} -f ogg"))?;
        let theirs = pcm(&ffmpeg.convert(&file, "-f ogg -c:a libopus", "-f s16le")?);
        let (channels, ours) = read_ogg(&file, 48_000)?;
        assert!(theirs.len() > 48_000 * channels, "{options}: {} samples", theirs.len());
        assert_eq!(ours.len(), theirs.len(), "{options}");
        let apart = apart(&ours, &theirs);
        println!("{options}: at most {apart} apart");
        assert!(apart <= 1, "{options}: {apart} apart");
    }
    Ok(())
}

#[test]
fn ffmpeg_decodes_our_opus_files() -> Outcome {
    let ffmpeg = Ffmpeg::new("opus-encode")?;
    for rate in [8_000, 16_000, 48_000] {
        let speech = ffmpeg.speech(rate)?;
        for stereo in [false, true] {
            let channels = if stereo { 2 } else { 1 };
            let mut writer = ogg::Writer::new(rate, stereo)?;
            let mut file = Vec::new();
            let signal: Vec<i16> = speech.iter().flat_map(|&sample| std::iter::repeat_n(sample, channels)).collect();
            writer.write(&signal, &mut file);
            writer.finish(&mut file);
            let (_, ours) = read_ogg(&file, 48_000)?;
            assert_eq!(ours.len(), signal.len() * (48_000 / rate) as usize);
            let theirs = pcm(&ffmpeg.convert(&file, "-f ogg -c:a libopus", "-f s16le")?);
            assert_eq!(theirs.len(), ours.len(), "{rate} Hz, {channels} channels");
            let most = apart(&ours, &theirs);
            assert!(most <= 1, "{rate} Hz, {channels} channels: {most} apart");
            // A decoder that shares no line with libopus.
            let native = pcm(&ffmpeg.convert(&file, "-f ogg -c:a opus", "-f s16le")?);
            let level = measure::rms(&native) - measure::rms(&ours);
            assert_eq!(native.len(), ours.len(), "{rate} Hz, {channels} channels");
            assert!(level.abs() < 0.5, "{rate} Hz, {channels} channels: {level} dB in ffmpeg's own decoder");
        }
    }
    Ok(())
}

#[test]
fn recordings_are_read_by_ffmpeg_patched_or_cut_off() -> Outcome {
    let ffmpeg = Ffmpeg::new("record")?;
    let speech = ffmpeg.speech(16_000)?;
    for container in [Container::Wav, Container::OggOpus] {
        for channels in [Channels::Mixed, Channels::PerSide] {
            let mut recorder = Recorder::new(RecordFormat { container, channels }, 16_000)?;
            let mut file = Vec::new();
            for frame in speech.chunks(320) {
                recorder.push(frame, &[]);
                recorder.take(&mut file);
            }
            let cut_off = file.clone();
            if let Some(Patch { offset, bytes }) = recorder.finish(&mut file) {
                file[offset as usize..][..bytes.len()].copy_from_slice(&bytes);
            }
            for (file, whole) in [(file, true), (cut_off, false)] {
                let what = format!("{container:?}, {channels:?}, whole: {whole}");
                let left = pcm(&ffmpeg.convert(&file, "", "-af pan=mono|c0=c0 -ar 16000 -f s16le")?);
                match container {
                    Container::Wav => assert!(left == speech, "{what}"),
                    Container::OggOpus => {
                        let missing = speech.len().abs_diff(left.len());
                        assert!(missing <= if whole { 1 } else { 16_000 }, "{what}: {missing} samples are missing");
                        let level = measure::rms(&left) - measure::rms(&speech);
                        assert!(level.abs() < 1.0, "{what}: {level} dB");
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn wav_files_of_any_coding_are_read_as_ffmpeg_reads_them() -> Outcome {
    let ffmpeg = Ffmpeg::new("wav")?;
    let speech = octets(&ffmpeg.speech(22_050)?);
    let codecs = ["s16le", "alaw", "mulaw", "u8", "s24le", "s32le", "f32le", "f64le"];
    let codings = codecs.map(|codec| format!("-c:a pcm_{codec} -ac 2"));
    let more = ["-c:a pcm_s16le -ac 6", "-c:a pcm_alaw -ac 1", "-c:a pcm_s24le -rf64 always -ac 1"].map(str::to_owned);
    for coding in codings.iter().chain(&more) {
        let file = ffmpeg.convert(&speech, "-f s16le -ar 22050 -ac 1", &format!("{coding} -f wav"))?;
        let theirs = pcm(&ffmpeg.convert(&file, "-f wav", "-f s16le")?);
        let mut reader = wav::Reader::new(&file[..])?;
        let mut samples = Vec::new();
        while reader.read(&mut samples)? > 0 {}
        assert_eq!(samples.len(), theirs.len(), "{coding}");
        let ours: Vec<i16> = samples.iter().map(|sample| (sample * 32_768.0).round() as i16).collect();
        let apart = apart(&ours, &theirs);
        assert!(apart <= 1, "{coding}: {apart} apart");
    }
    Ok(())
}
