//! Telephone tones: frequencies and cadences by country (ITU-T E.180 Supplement 2).

use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;

/// What a tone means to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToneKind {
    /// The called party is being rung.
    Ringback,
    /// The called party is busy.
    Busy,
    /// The call cannot be completed.
    Congestion,
    /// Somebody else calls meanwhile.
    CallWaiting,
    /// 1 kHz without a break, the same everywhere, for tests.
    Test1k,
}

/// Whose tones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Country {
    /// Austria.
    At,
    /// Belgium.
    Be,
    /// Switzerland.
    Ch,
    /// Germany.
    #[default]
    De,
    /// Spain.
    Es,
    /// France.
    Fr,
    /// Italy.
    It,
    /// Netherlands.
    Nl,
    /// United Kingdom.
    Uk,
    /// United States and Canada.
    Us,
}

impl Country {
    /// Every country with tones of its own.
    pub const ALL: [Country; 10] = [
        Country::At,
        Country::Be,
        Country::Ch,
        Country::De,
        Country::Es,
        Country::Fr,
        Country::It,
        Country::Nl,
        Country::Uk,
        Country::Us,
    ];

    /// Two lower-case letters: `de`, `us`.
    pub fn code(self) -> &'static str {
        match self {
            Country::At => "at",
            Country::Be => "be",
            Country::Ch => "ch",
            Country::De => "de",
            Country::Es => "es",
            Country::Fr => "fr",
            Country::It => "it",
            Country::Nl => "nl",
            Country::Uk => "uk",
            Country::Us => "us",
        }
    }

    fn pattern(self, kind: ToneKind) -> Pattern {
        use ToneKind::{Busy, CallWaiting, Congestion, Ringback, Test1k};
        match (self, kind) {
            (_, CallWaiting) => Pattern { hz: [425, 0], ms: &[200, 200, 200, 5_000] },
            (_, Test1k) => Pattern { hz: [1_000, 0], ms: &[] },

            (Country::At, Ringback) => Pattern { hz: [420, 0], ms: &[1_000, 5_000] },
            (Country::At, Busy) => Pattern { hz: [420, 0], ms: &[400, 400] },
            (Country::At, Congestion) => Pattern { hz: [420, 0], ms: &[200, 200] },

            (Country::Be, Ringback) => Pattern { hz: [425, 0], ms: &[1_000, 3_000] },
            (Country::Be, Busy) => Pattern { hz: [425, 0], ms: &[500, 500] },
            (Country::Be, Congestion) => Pattern { hz: [425, 0], ms: &[167, 167] },

            (Country::De, Ringback) => Pattern { hz: [425, 0], ms: &[1_000, 4_000] },
            (Country::De, Busy) => Pattern { hz: [425, 0], ms: &[480, 480] },
            (Country::De, Congestion) => Pattern { hz: [425, 0], ms: &[240, 240] },

            (Country::Es, Ringback) => Pattern { hz: [425, 0], ms: &[1_500, 3_000] },
            (Country::Es, Busy) => Pattern { hz: [425, 0], ms: &[200, 200] },
            (Country::Es, Congestion) => Pattern { hz: [425, 0], ms: &[200, 200, 200, 200, 200, 600] },

            (Country::Fr, Ringback) => Pattern { hz: [440, 0], ms: &[1_500, 3_500] },
            (Country::Fr, Busy) => Pattern { hz: [440, 0], ms: &[500, 500] },
            (Country::Fr, Congestion) => Pattern { hz: [440, 0], ms: &[250, 250] },

            (Country::Ch | Country::It | Country::Nl, Ringback) => Pattern { hz: [425, 0], ms: &[1_000, 4_000] },
            (Country::Ch | Country::It | Country::Nl, Busy) => Pattern { hz: [425, 0], ms: &[500, 500] },
            (Country::Ch | Country::It, Congestion) => Pattern { hz: [425, 0], ms: &[200, 200] },
            (Country::Nl, Congestion) => Pattern { hz: [425, 0], ms: &[250, 250] },

            (Country::Uk, Ringback) => Pattern { hz: [400, 450], ms: &[400, 200, 400, 2_000] },
            (Country::Uk, Busy) => Pattern { hz: [400, 0], ms: &[375, 375] },
            (Country::Uk, Congestion) => Pattern { hz: [400, 0], ms: &[400, 350, 225, 525] },

            (Country::Us, Ringback) => Pattern { hz: [440, 480], ms: &[2_000, 4_000] },
            (Country::Us, Busy) => Pattern { hz: [480, 620], ms: &[500, 500] },
            (Country::Us, Congestion) => Pattern { hz: [480, 620], ms: &[250, 250] },
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    /// Reads the code of two letters, in any case; `gb` and `ca` are understood too.
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        match code.to_ascii_lowercase().as_str() {
            "gb" => Ok(Country::Uk),
            "ca" => Ok(Country::Us),
            code => Country::ALL.into_iter().find(|country| country.code() == code).ok_or(UnknownCountry),
        }
    }
}

/// No tones are known for that country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no tones known for this country: known are at, be, ch, de, es, fr, it, nl, uk and us")]
pub struct UnknownCountry;

/// The level of a tone: the sum of its frequencies, in dBm0. -13 dBm0 is what E.180 allows at most
/// minus a margin for two-frequency tones.
const LEVEL_DBM0: f64 = -13.0;
/// A sine at full scale of G.711 A-law is +3.14 dBm0 (G.711 section 4).
#[allow(clippy::approx_constant, reason = "a level, not a circle")]
const FULL_SCALE_DBM0: f64 = 3.14;

struct Pattern {
    /// Zero where there is only one frequency.
    hz: [u32; 2],
    /// On and off in turn, then again from the start; empty for a tone without a break.
    ms: &'static [u32],
}

/// An endless tone: each [`Tone::fill`] carries on where the last one ended.
#[derive(Debug, Clone)]
pub struct Tone {
    kind: ToneKind,
    sample_rate: u32,
    oscillators: [Oscillator; 2],
    cadence: &'static [u32],
    /// Where in the cadence; even is on.
    phase: usize,
    /// Samples until the next phase.
    left: usize,
}

impl Tone {
    /// The tone of a country at `sample_rate` Hz (8,000 and up; below that a frequency may not fit).
    pub fn new(kind: ToneKind, country: Country, sample_rate: u32) -> Self {
        let pattern = country.pattern(kind);
        let frequencies = pattern.hz.iter().filter(|&&hz| hz > 0).count().max(1) as f64;
        let level = LEVEL_DBM0 - FULL_SCALE_DBM0 - 10.0 * frequencies.log10();
        let peak = f64::from(i16::MAX) * 10f64.powf(level / 20.0);
        let mut tone = Tone {
            kind,
            sample_rate,
            oscillators: pattern.hz.map(|hz| Oscillator::new(hz, sample_rate, peak)),
            cadence: pattern.ms,
            phase: 0,
            left: 0,
        };
        tone.left = tone.phase_length();
        tone
    }

    /// What the tone means.
    pub fn kind(&self) -> ToneKind {
        self.kind
    }

    /// The rate of the PCM made, in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Overwrites `pcm` with what follows.
    pub fn fill(&mut self, mut pcm: &mut [i16]) {
        while !pcm.is_empty() {
            if self.left == 0 {
                self.phase = (self.phase + 1) % self.cadence.len().max(1);
                self.left = self.phase_length();
                self.oscillators.iter_mut().for_each(Oscillator::restart);
            }
            let length = pcm.len().min(self.left);
            let (part, rest) = pcm.split_at_mut(length);
            if self.phase.is_multiple_of(2) {
                let [one, two] = &mut self.oscillators;
                part.iter_mut().for_each(|sample| *sample = (one.next() + two.next()).round() as i16);
            } else {
                part.fill(0);
            }
            self.left -= length;
            pcm = rest;
        }
    }

    /// Never zero, so that [`Tone::fill`] ends.
    fn phase_length(&self) -> usize {
        let samples = self.cadence.get(self.phase).map(|&ms| u64::from(ms) * u64::from(self.sample_rate) / 1_000);
        samples.map_or(usize::MAX, |samples| (samples as usize).max(1))
    }
}

/// A sine by its recurrence: one multiplication a sample. In 64 bits its amplitude stays within
/// a thousandth for weeks.
#[derive(Debug, Clone)]
struct Oscillator {
    coefficient: f64,
    first: [f64; 2],
    last: [f64; 2],
}

impl Oscillator {
    /// Starts at zero, rising; silent when `hz` is zero.
    fn new(hz: u32, rate: u32, peak: f64) -> Self {
        let omega = TAU * f64::from(hz) / f64::from(rate.max(1));
        let first = [peak * (-omega).sin(), peak * (-2.0 * omega).sin()];
        Oscillator { coefficient: 2.0 * omega.cos(), first, last: first }
    }

    fn restart(&mut self) {
        self.last = self.first;
    }

    fn next(&mut self) -> f64 {
        let sample = self.coefficient * self.last[0] - self.last[1];
        self.last = [sample, self.last[0]];
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;

    fn play(kind: ToneKind, country: Country, rate: u32, ms: u32) -> Vec<i16> {
        let mut pcm = vec![0; (rate / 1_000 * ms) as usize];
        Tone::new(kind, country, rate).fill(&mut pcm);
        pcm
    }

    #[test]
    fn german_ringback_is_425_hz_one_second_in_five() {
        let pcm = play(ToneKind::Ringback, Country::De, 8_000, 6_000);
        assert!((measure::dominant_frequency(&pcm[..8_000], 8_000).unwrap_or(0.0) - 425.0).abs() < 1.0);
        assert!((measure::level(&pcm[..8_000], 8_000, 425.0) + 16.14).abs() < 0.1);
        assert!(pcm[8_000..40_000].iter().all(|&sample| sample == 0));
        assert!((measure::level(&pcm[40_000..], 8_000, 425.0) + 16.14).abs() < 0.1);
    }

    #[test]
    fn american_ringback_has_two_frequencies() {
        let pcm = play(ToneKind::Ringback, Country::Us, 16_000, 2_000);
        for hz in [440.0, 480.0] {
            assert!((measure::level(&pcm, 16_000, hz) + 19.15).abs() < 0.1);
        }
        assert!((measure::rms(&pcm) + 16.14).abs() < 0.1);
    }

    #[test]
    fn pieces_join_without_a_seam() {
        for country in Country::ALL {
            for kind in [ToneKind::Ringback, ToneKind::Busy, ToneKind::Congestion, ToneKind::Test1k] {
                let whole = play(kind, country, 8_000, 2_000);
                let mut tone = Tone::new(kind, country, 8_000);
                let mut pieces = vec![1; whole.len()];
                pieces.chunks_mut(97).for_each(|piece| tone.fill(piece));
                assert_eq!(pieces, whole, "{country} {kind:?}");
                assert!(measure::rms(&whole) > -25.0, "{country} {kind:?} is silent");
            }
        }
    }

    #[test]
    fn an_hour_of_test_tone_keeps_its_level() {
        let mut tone = Tone::new(ToneKind::Test1k, Country::De, 8_000);
        let mut pcm = vec![0; 8_000];
        for _ in 0..3_600 {
            tone.fill(&mut pcm);
        }
        assert!((measure::level(&pcm, 8_000, 1_000.0) + 16.14).abs() < 0.01);
        assert!(measure::tone_to_rest(&pcm, 8_000, 1_000.0) > 60.0);
    }

    #[test]
    fn countries_are_read_by_code() {
        for country in Country::ALL {
            assert_eq!(country.to_string().parse(), Ok(country));
        }
        assert_eq!("GB".parse(), Ok(Country::Uk));
        assert_eq!("xx".parse::<Country>(), Err(UnknownCountry));
    }
}
