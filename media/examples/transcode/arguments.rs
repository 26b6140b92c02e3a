//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::convert::{Kind, Options};
use crate::network::Network;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Converts audio files, on request through a bad network, the jitter buffer and concealment.

Usage: transcode IN OUT [options]

Kinds of files, by their endings: .wav, .al or .alaw, .ul or .ulaw, .g722 (all three raw, 64 kbit/s),
.opus or .ogg. What is written is mono.

  --from KIND       what IN is, whatever its ending: wav, alaw, ulaw, g722 or opus
  --to KIND         what OUT becomes
  --rate HZ         PCM rate between decoder and encoder: 8000, 16000 or 48000 (default: that of IN)

With any of these the audio goes as packets through the jitter buffer. Packets are in the codec of IN; those
of a WAV file in the codec of OUT, or for another WAV file in PCMA at 8 kHz, G722 at 16 kHz, Opus at 48 kHz.

  --loss PERCENT    packets lost
  --burst N         ... in bursts of N on average (default: 1)
  --jitter MS       packets wait up to so long on the way, and do not overtake each other
  --reorder PERCENT packets that are overtaken by the next
  --drift PPM       how much faster the sender's clock runs; negative is slower
  --ptime MS        packet length: 10, 20, 30, 40, 50 or 60 (default: 20; Opus files keep theirs)
  --seed N          another course of events (default: 1)
";

/// What was asked for.
pub(crate) struct Arguments {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) options: Options,
}

/// `None` when help was asked for.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Arguments>, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let mut paths: Vec<PathBuf> = Vec::new();
    let (mut from, mut to, mut rate) = (None, None, None);
    let mut network = Network::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("from") => from = Some(kind(&mut parser, "--from")?),
            Arg::Long("to") => to = Some(kind(&mut parser, "--to")?),
            Arg::Long("rate") => {
                let value = parser.value()?.parse()?;
                if ![8_000, 16_000, 48_000].contains(&value) {
                    return Err("--rate is 8000, 16000 or 48000".into());
                }
                rate = Some(value);
            }
            Arg::Long("ptime") => {
                network.ptime_ms = parser.value()?.parse()?;
                if !(1..=6).map(|tens| 10 * tens).any(|ms| ms == network.ptime_ms) {
                    return Err("--ptime is 10, 20, 30, 40, 50 or 60".into());
                }
            }
            Arg::Long("loss") => network.loss = number(&mut parser, "--loss", 0.0, 100.0)?,
            Arg::Long("burst") => network.burst = number(&mut parser, "--burst", 1.0, 1_000.0)?,
            Arg::Long("jitter") => network.jitter_ms = number(&mut parser, "--jitter", 0.0, 10_000.0)?,
            Arg::Long("reorder") => network.reorder = number(&mut parser, "--reorder", 0.0, 100.0)?,
            Arg::Long("drift") => network.drift_ppm = number(&mut parser, "--drift", -10_000.0, 10_000.0)?,
            Arg::Long("seed") => network.seed = parser.value()?.parse()?,
            Arg::Value(path) if paths.len() < 2 => paths.push(path.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    let mut paths = paths.into_iter();
    let (Some(input), Some(output)) = (paths.next(), paths.next()) else {
        return Err("two files are needed, IN and OUT; --help says more".into());
    };
    let known = |kind: Option<Kind>, path: &PathBuf, option: &str| {
        kind.or_else(|| Kind::of(path))
            .ok_or_else(|| format!("{}: the ending says no kind of file; give {option}", path.display()))
    };
    let from = known(from, &input, "--from")?;
    let to = known(to, &output, "--to")?;
    Ok(Some(Arguments { input, output, options: Options { from, to, rate, network } }))
}

fn kind(parser: &mut Parser, option: &str) -> Result<Kind, lexopt::Error> {
    let name = parser.value()?.string()?;
    Kind::named(&name).ok_or_else(|| format!("{option} is wav, alaw, ulaw, g722 or opus, not {name}").into())
}

fn number(parser: &mut Parser, option: &str, from: f64, to: f64) -> Result<f64, lexopt::Error> {
    let value: f64 = parser.value()?.parse()?;
    if !(from..=to).contains(&value) {
        return Err(format!("{option} is from {from} to {to}").into());
    }
    Ok(value)
}
