//! What people say in the tests: a few seconds of synthetic speech by espeak-ng, the same every time.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::perceptual::{self, RATE, Verdict, Width};
use super::wav::{self, Sound};

/// Who speaks: two voices with different words, so that nobody is taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// At the phone.
    Phone,
    /// At the browser.
    Browser,
}

impl Voice {
    /// What is said, at the rate of [`perceptual`]: with its pause at the end about four seconds.
    pub(crate) fn speech(self) -> &'static Sound {
        static SPEECH: [OnceLock<Sound>; 2] = [const { OnceLock::new() }; 2];
        SPEECH[self as usize].get_or_init(|| self.speak())
    }

    fn speak(self) -> Sound {
        let (voice, words) = match self {
            Voice::Phone => ("en+f2", "Seven ships sailed past the old lighthouse, while a choir sang on the shore."),
            Voice::Browser => ("en+m3", "The quick brown fox jumps over the lazy dog, and then it sleeps until noon."),
        };
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("speech-{self:?}-{}.wav", std::process::id()));
        let status = Command::new("espeak-ng").args(["-v", voice, "-s", "165", "-w"]).arg(&file).arg(words).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "espeak-ng speaks: scripts/install-test-tools installs it"
        );
        let sound = wav::read(&file).at(RATE);
        let _ = std::fs::remove_file(&file);
        sound
    }

    /// How much of this speech, which is spoken over and over, is in what was heard; `None` for silence.
    pub(crate) fn judge(self, heard: &Sound, width: Width) -> Option<Verdict> {
        let original = &self.speech().samples;
        perceptual::judge(original, &heard.at(RATE).samples, 0..original.len() as isize, true, width)
    }
}

/// How long after `spoken` the same came back in `heard`, both of the same time; `None` when it did not.
pub(crate) fn round_trip([heard, spoken]: &[Sound; 2], width: Width) -> Option<(Duration, Verdict)> {
    let [heard, spoken] = [heard, spoken].map(|sound| sound.at(RATE).samples);
    // What was said before the beginning is not there to compare with.
    let skipped = (RATE * 2) as usize;
    let found = perceptual::judge(&spoken, heard.get(skipped..)?, 0..skipped as isize, false, width)?;
    let samples = (skipped as isize - found.offset).max(0) as f64;
    Some((Duration::from_secs_f64(samples / f64::from(RATE)), found))
}
