//! The tests' perceptual measure as a program: `offhook-judge ORIGINAL.wav HEARD.wav …` prints a score for each heard
//! file. All are 16-bit mono; where the original has 8 kHz, only what that carries is judged.

#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
#[path = "../../../tests/system/support/perceptual.rs"]
mod perceptual;

use std::error::Error;

use perceptual::{RATE, Width, at_rate, judge};

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = std::env::args().skip(1);
    let (original, rate) = read(&files.next().ok_or("usage: offhook-judge ORIGINAL.wav HEARD.wav …")?)?;
    let width = if rate <= 8_000 { Width::Narrow } else { Width::Wide };
    for file in files {
        let (heard, _) = read(&file)?;
        let reach = isize::try_from(RATE)? / 2;
        let score = judge(&original, &heard, -reach..reach, false, width).map_or(1.0, |verdict| verdict.score);
        println!("{score:.4}");
    }
    Ok(())
}

/// The samples at the measure's rate, and the rate of the file.
fn read(path: &str) -> Result<(Vec<i16>, u32), Box<dyn Error>> {
    let mut reader = hound::WavReader::open(path).map_err(|error| format!("{path}: {error}"))?;
    let rate = reader.spec().sample_rate;
    let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    Ok((at_rate(&samples, rate, RATE), rate))
}
