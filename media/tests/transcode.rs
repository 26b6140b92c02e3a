//! The example `transcode`: every pair of files, and a bad network between them.

#[path = "../examples/transcode/arguments.rs"]
#[allow(dead_code, reason = "what the program does with it is its own")]
mod arguments;
#[path = "../examples/transcode/convert.rs"]
#[allow(dead_code, reason = "what the program prints is its own")]
mod convert;
mod ffmpeg;
#[path = "../examples/transcode/network.rs"]
mod network;

use std::error::Error;

use convert::{Kind, Options, convert};
use network::Network;
use offhook_media::container::wav;
use offhook_media::dsp::measure;

type Outcome = Result<(), Box<dyn Error>>;

const KINDS: [Kind; 5] = [Kind::Wav, Kind::Alaw, Kind::Ulaw, Kind::G722, Kind::Opus];
/// In dBFS.
const LEVEL: f64 = -12.04;

/// Three seconds of 1 kHz as a WAV file.
fn tone(rate: u32) -> Vec<u8> {
    let step = std::f64::consts::TAU * 1_000.0 / f64::from(rate);
    let pcm: Vec<i16> = (0..rate * 3).map(|i| (8_192.0 * (step * f64::from(i)).sin()).round() as i16).collect();
    let mut writer = wav::Writer::new(wav::Format { rate, channels: 1, coding: wav::Coding::Pcm16 });
    let mut file = writer.header();
    writer.write(&pcm, &mut file);
    file
}

fn options(from: Kind, to: Kind) -> Options {
    Options { from, to, rate: None, network: Network::default() }
}

/// The samples of our own WAV files.
fn samples(file: &[u8]) -> Result<(Vec<i16>, u32), Box<dyn Error>> {
    let mut reader = wav::Reader::new(file)?;
    let mut samples = Vec::new();
    while reader.read(&mut samples)? > 0 {}
    Ok((samples.iter().map(|sample| (sample * 32_768.0).round() as i16).collect(), reader.rate()))
}

#[test]
fn a_tone_comes_through_every_pair() -> Outcome {
    for from in KINDS {
        let (file, _) = convert(&tone(16_000), &options(Kind::Wav, from))?;
        for to in KINDS {
            let (converted, report) = convert(&file, &options(from, to))?;
            assert_eq!(report.duration.as_millis(), 3_000, "{from} to {to}");
            assert!(report.network.is_none());
            let (back, _) = convert(&converted, &options(to, Kind::Wav))?;
            let (pcm, rate) = samples(&back)?;
            assert_eq!(pcm.len(), 3 * rate as usize, "{from} to {to}");
            let settled = &pcm[rate as usize / 2..];
            let level = measure::level(settled, rate, 1_000.0);
            assert!((level - LEVEL).abs() < 0.3, "{from} to {to}: {level} dBFS");
            let purity = measure::tone_to_rest(settled, rate, 1_000.0);
            assert!(purity > 20.0, "{from} to {to}: {purity} dB above the rest");
        }
    }
    Ok(())
}

#[test]
fn the_rate_is_that_which_is_asked_for() -> Outcome {
    for from in KINDS {
        let (file, _) = convert(&tone(48_000), &options(Kind::Wav, from))?;
        for rate in [8_000, 16_000, 48_000] {
            let (converted, _) = convert(&file, &Options { rate: Some(rate), ..options(from, Kind::Wav) })?;
            let (pcm, found) = samples(&converted)?;
            assert_eq!(found, rate);
            assert!(pcm.len().abs_diff(3 * rate as usize) <= 6, "{from} at {rate} Hz: {} samples", pcm.len());
        }
    }
    Ok(())
}

#[test]
fn losses_are_concealed_for_every_pair() -> Outcome {
    for from in KINDS {
        let (file, _) = convert(&tone(16_000), &options(Kind::Wav, from))?;
        for to in KINDS {
            let network = Network { loss: 10.0, jitter_ms: 20.0, seed: 7, ..Network::default() };
            let (converted, report) = convert(&file, &Options { network, ..options(from, to) })?;
            let heard = report.network.as_ref().expect("there was a network");
            // An Opus file ends later: its audio comes out of the decoder with a delay.
            assert!((150..=151).contains(&heard.packets), "{from} to {to}: {} packets", heard.packets);
            assert!((5..30).contains(&heard.lost), "{from} to {to}: {} lost", heard.lost);
            let made_up = (heard.stats.concealed + heard.stats.recovered).as_millis();
            assert!(made_up >= 10 * heard.lost as u128, "{from} to {to}: {made_up} ms for {} packets", heard.lost);
            let seconds = report.duration.as_secs_f64();
            assert!((3.0..3.5).contains(&seconds), "{from} to {to}: {seconds} s");
            let (back, _) = convert(&converted, &options(to, Kind::Wav))?;
            let (pcm, rate) = samples(&back)?;
            // The tone is there nearly all the time: no gap of a packet is silent.
            let middle = &pcm[rate as usize / 2..5 * rate as usize / 2];
            let level = measure::rms(middle);
            assert!((level - LEVEL).abs() < 1.5, "{from} to {to}: {level} dBFS");
        }
    }
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_file_and_another_another() -> Outcome {
    let network = Network { loss: 10.0, jitter_ms: 20.0, ..Network::default() };
    let file = |seed| {
        let network = Network { seed, ..network };
        convert(&tone(8_000), &Options { network, ..options(Kind::Wav, Kind::Wav) }).map(|(file, _)| file)
    };
    assert!(file(3)? == file(3)?);
    assert!(file(3)? != file(4)?);
    Ok(())
}

#[test]
fn loss_bursts_and_order_are_as_asked_for() {
    let begins: Vec<_> = (0..100_000).map(|i| std::time::Duration::from_millis(20 * i)).collect();
    for (loss, burst) in [(1.0, 1.0), (10.0, 1.0), (10.0, 4.0), (30.0, 3.0)] {
        let network = Network { loss, burst, ..Network::default() };
        let arrived = network.arrivals(&begins);
        let lost = 100.0 - arrived.len() as f64 / 1_000.0;
        assert!((lost - loss).abs() < 0.1 * loss, "{lost} % lost of {loss}");
        let bursts = arrived.windows(2).filter(|pair| pair[1].1 > pair[0].1 + 1).count();
        let mean = (begins.len() - arrived.len()) as f64 / bursts as f64;
        // Bursts of one packet may follow each other.
        assert!((mean - burst).abs() < 0.15 * burst, "bursts of {mean} for {burst} at {loss} %");
    }
    let network = Network { reorder: 5.0, ..Network::default() };
    let overtaken = network.arrivals(&begins).windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
    assert!((4_000..6_000).contains(&overtaken), "{overtaken} overtaken");
    let network = Network { jitter_ms: 60.0, ..Network::default() };
    assert!(network.arrivals(&begins).windows(2).all(|pair| pair[0].1 < pair[1].1));
    assert!(Network { loss: 100.0, ..Network::default() }.arrivals(&begins).is_empty());
}

#[test]
fn ffmpeg_reads_and_writes_the_same_files() -> Outcome {
    let ffmpeg = ffmpeg::Ffmpeg::new("transcode")?;
    let speech = ffmpeg.speech(16_000)?;
    for (kind, theirs) in [
        (Kind::Alaw, "-ar 8000 -f alaw"),
        (Kind::Ulaw, "-ar 8000 -f mulaw"),
        (Kind::G722, "-f g722"),
        (Kind::Opus, "-c:a libopus -b:a 24k -f ogg"),
    ] {
        let file = ffmpeg.convert(&ffmpeg::octets(&speech), "-f s16le -ar 16000 -ac 1", theirs)?;
        let (converted, report) = convert(&file, &options(kind, Kind::Wav))?;
        let (pcm, rate) = samples(&converted)?;
        let seconds = speech.len() as f64 / 16_000.0;
        assert!((report.duration.as_secs_f64() - seconds).abs() < 0.03, "{kind}: {report:?}");
        let level = measure::rms(&pcm) - measure::rms(&speech);
        assert!(level.abs() < 1.0, "{kind} at {rate} Hz: {level} dB");
        // And back: ffmpeg finds the speech in what we write.
        let (ours, _) = convert(&converted, &options(Kind::Wav, kind))?;
        let before = match kind {
            Kind::Opus => "-f ogg".to_owned(),
            Kind::G722 => "-f g722".to_owned(),
            Kind::Alaw => "-f alaw -ar 8000 -ac 1".to_owned(),
            _ => "-f mulaw -ar 8000 -ac 1".to_owned(),
        };
        let again = ffmpeg::pcm(&ffmpeg.convert(&ours, &before, "-ac 1 -f s16le")?);
        let level = measure::rms(&again) - measure::rms(&speech);
        assert!(level.abs() < 1.0, "{kind}: {level} dB");
    }
    Ok(())
}

fn parse(line: &str) -> Result<Option<arguments::Arguments>, String> {
    arguments::parse(line.split_whitespace().map(Into::into)).map_err(|error| error.to_string())
}

#[test]
fn the_command_line_is_understood_or_explained() {
    let arguments = parse("in.raw out.OGG --from g722 --loss 5 --burst 2 --drift -200 --ptime 40 --seed 9");
    let arguments = arguments.expect("good").expect("no help");
    assert_eq!((arguments.options.from, arguments.options.to), (Kind::G722, Kind::Opus));
    let network = arguments.options.network;
    assert_eq!((network.loss, network.burst, network.drift_ppm), (5.0, 2.0, -200.0));
    assert_eq!((network.ptime_ms, network.seed), (40, 9));
    assert!(parse("--help").expect("good").is_none());
    for (line, said) in [
        ("in.wav", "two files are needed"),
        ("in.raw out.wav", "in.raw: the ending says no kind of file; give --from"),
        ("in.wav out.wav --to mp3", "--to is wav, alaw"),
        ("in.wav out.wav --loss 101", "--loss is from 0 to 100"),
        ("in.wav out.wav --rate 44100", "--rate is 8000"),
        ("in.wav out.wav --ptime 25", "--ptime is 10"),
        ("in.wav out.wav --seed x", "x"),
        ("in.wav out.wav --los 1", "--los"),
        ("a.wav b.wav c.wav", "c.wav"),
    ] {
        let error = parse(line).map(|_| ()).expect_err(line);
        assert!(error.contains(said), "{line}: {error}");
    }
}

#[test]
fn a_file_that_is_something_else_is_explained() {
    let wrong = |from: Kind, octets: &[u8]| {
        convert(octets, &options(from, Kind::Wav)).map(|_| ()).expect_err("no such file").to_string()
    };
    assert!(wrong(Kind::Wav, b"OggS").contains("no WAV file"));
    assert!(wrong(Kind::Opus, b"RIFF").contains("no Ogg file"));
    assert!(wrong(Kind::Alaw, b"").contains("no audio"));
}
