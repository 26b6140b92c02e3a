//! Converts audio files between WAV, raw G.711, raw G.722 and Ogg-Opus, on request through a bad network,
//! the jitter buffer and concealment: what would be heard of this file in a call?
//!
//! `cargo run --release -p offhook-media --example transcode -- speech.wav heard.wav --loss 10 --jitter 40`

mod arguments;
mod convert;
mod network;

use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, HELP};
use convert::{Kind, Report};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("transcode: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let Some(Arguments { input, output, options }) = arguments::parse(std::env::args_os().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    let at = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let octets = std::fs::read(&input).map_err(|error| at(&input, &error))?;
    let (converted, report) = convert::convert(&octets, &options).map_err(|error| at(&input, &error))?;
    std::fs::write(&output, converted).map_err(|error| at(&output, &error))?;
    print(&input, options.from, &output, options.to, &report);
    Ok(())
}

fn print(input: &Path, from: Kind, output: &Path, to: Kind, report: &Report) {
    let seconds = report.duration.as_secs_f64();
    println!("{} ({from}) to {} ({to}): {seconds:.2} s at {} Hz", input.display(), output.display(), report.rate);
    if let Some(heard) = &report.network {
        let percent = 100.0 * heard.lost as f64 / heard.packets.max(1) as f64;
        println!(
            "{} packets: {} sent, {} lost ({percent:.1} %), {} late",
            heard.codec, heard.packets, heard.lost, heard.stats.late
        );
        println!(
            "concealed {} ms, recovered {} ms, stretched {} ms; delay {} ms at the end",
            heard.stats.concealed.as_millis(),
            heard.stats.recovered.as_millis(),
            heard.stats.stretched.as_millis(),
            heard.stats.delay.as_millis()
        );
    }
}
