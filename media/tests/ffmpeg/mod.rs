//! ffmpeg as the witness that is not ours.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is said where it is missing.
const MISSING: &str = "ffmpeg does not start. These tests compare with it: run scripts/install-test-tools, or install \
                       the package ffmpeg";

/// A directory in which ffmpeg converts files.
pub(crate) struct Ffmpeg {
    directory: PathBuf,
}

impl Ffmpeg {
    /// `name` tells tests apart that run at the same time.
    pub(crate) fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        let version = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            return Err(MISSING.into());
        }
        let directory = std::env::temp_dir().join(format!("offhook-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }

    /// Where its files are.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// What ffmpeg makes of `input`. The options are those before `-i` and those before the output,
    /// with `-f` in each where the content does not tell.
    pub(crate) fn convert(&self, input: &[u8], before: &str, after: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        fs::write(self.directory.join("in"), input)?;
        let options = before.split_whitespace().chain(["-i", "in"]).chain(after.split_whitespace());
        self.run(options)
    }

    /// A few sentences spoken by a machine: mono, 16 bit at `rate` Hz.
    pub(crate) fn speech(&self, rate: u32) -> Result<Vec<i16>, Box<dyn Error>> {
        let text = "She had your dark suit in greasy wash water all year. Six spoons of fresh snow peas - five thick \
                    slabs of blue cheese - and maybe a snack for her brother Bob.";
        let source = format!("flite=voice=slt:text='{text}'");
        let rate = rate.to_string();
        let octets = self.run(["-f", "lavfi", "-i", &source, "-ar", &rate, "-ac", "1", "-f", "s16le"])?;
        Ok(pcm(&octets))
    }

    fn run<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Result<Vec<u8>, Box<dyn Error>> {
        let options: Vec<&str> = options.into_iter().collect();
        let mut command = Command::new("ffmpeg");
        command.current_dir(&self.directory).args(["-y", "-v", "error", "-bitexact"]);
        let status = command.args(&options).arg("out").status()?;
        if !status.success() {
            return Err(format!("ffmpeg {} failed: {status}", options.join(" ")).into());
        }
        Ok(fs::read(self.directory.join("out"))?)
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Samples as octets, and back.
pub(crate) fn octets(pcm: &[i16]) -> Vec<u8> {
    pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Octets as samples.
pub(crate) fn pcm(octets: &[u8]) -> Vec<i16> {
    octets.as_chunks().0.iter().map(|&sample| i16::from_le_bytes(sample)).collect()
}
