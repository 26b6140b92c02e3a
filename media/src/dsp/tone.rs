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

/// Writes [`Country`] and its tables from one list: name, code, ringback, busy, congestion, call waiting.
macro_rules! countries {
    ($($(#[$attribute:meta])+ $name:ident $code:literal: $ringback:expr, $busy:expr, $congestion:expr, $waiting:expr;)+) => {
        /// Whose tones.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Country {
            $($(#[$attribute])+ $name,)+
        }

        impl Country {
            /// Every country with tones of its own.
            pub const ALL: &[Country] = &[$(Country::$name),+];

            /// Two lower-case letters: `de`, `us`.
            pub fn code(self) -> &'static str {
                match self {
                    $(Country::$name => $code,)+
                }
            }

            fn pattern(self, kind: ToneKind) -> Pattern {
                match (self, kind) {
                    (_, ToneKind::Test1k) => one(1_000, &[]),
                    $(
                        (Country::$name, ToneKind::Ringback) => $ringback,
                        (Country::$name, ToneKind::Busy) => $busy,
                        (Country::$name, ToneKind::Congestion) => $congestion,
                        (Country::$name, ToneKind::CallWaiting) => $waiting,
                    )+
                }
            }
        }
    };
}

// Where E.180 has a frequency modulated by a low one, two frequencies as far apart beat alike. Call
// waiting tones that come a few times only are repeated here: whoever plays them ends them.
countries! {
    /// Austria.
    At "at": one(420, &[1_000, 5_000]), one(420, &[400, 400]), one(420, &[200, 200]), one(420, &[40, 1_960]);
    /// Australia.
    Au "au": two(413, 438, &[400, 200, 400, 2_000]), one(425, &[375, 375]), one(425, &[375, 375]), one(425, &[200, 200, 200, 4_400]);
    /// Belgium.
    Be "be": one(425, &[1_000, 3_000]), one(425, &[500, 500]), one(425, &[167, 167]), one(1_400, &[175, 175, 175, 3_500]);
    /// Bulgaria.
    Bg "bg": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[250, 250]), one(425, &[150, 150, 150, 4_000]);
    /// Brazil.
    Br "br": one(425, &[1_000, 4_000]), one(425, &[250, 250]), one(425, &[250, 250, 750, 250]), one(425, &[50, 1_000]);
    /// Switzerland.
    Ch "ch": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[200, 200]), one(425, &[200, 200, 200, 4_000]);
    /// Chile.
    Cl "cl": one(400, &[1_000, 3_000]), one(400, &[500, 500]), one(400, &[200, 200]), one(400, &[250, 8_750]);
    /// China.
    Cn "cn": one(450, &[1_000, 4_000]), one(450, &[350, 350]), one(450, &[700, 700]), one(450, &[400, 4_000]);
    /// Czechia.
    Cz "cz": one(425, &[1_000, 4_000]), one(425, &[330, 330]), one(425, &[165, 165]), one(425, &[330, 9_000]);
    /// Germany.
    #[default]
    De "de": one(425, &[1_000, 4_000]), one(425, &[480, 480]), one(425, &[240, 240]), one(425, &[200, 200, 200, 5_000]);
    /// Denmark.
    Dk "dk": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[200, 200]), one(425, &[200, 600, 200, 3_000]);
    /// Estonia.
    Ee "ee": one(425, &[1_000, 4_000]), one(425, &[300, 300]), one(425, &[200, 200]), one(425, &[200, 600, 200, 10_000]);
    /// Spain.
    Es "es": one(425, &[1_500, 3_000]), one(425, &[200, 200]), one(425, &[200, 200, 200, 200, 200, 600]), one(425, &[175, 175, 175, 3_500]);
    /// The tones E.180 recommends, which is what newer European networks have.
    Eu "eu": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[250, 250]), one(425, &[200, 600, 200, 10_000]);
    /// Finland.
    Fi "fi": one(425, &[1_000, 4_000]), one(425, &[300, 300]), one(425, &[200, 200]), one(425, &[150, 150, 150, 8_000]);
    /// France.
    Fr "fr": one(440, &[1_500, 3_500]), one(440, &[500, 500]), one(440, &[250, 250]), one(440, &[300, 10_000]);
    /// Greece.
    Gr "gr": one(425, &[1_000, 4_000]), one(425, &[300, 300]), one(425, &[200, 200]), one(425, &[150, 150, 150, 8_000]);
    /// Hungary.
    Hu "hu": one(425, &[1_250, 3_750]), one(425, &[300, 300]), one(425, &[300, 300]), one(425, &[40, 1_960]);
    /// Indonesia.
    Id "id": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[250, 250]), one(425, &[150, 150, 150, 10_000]);
    /// Ireland.
    Ie "ie": two(400, 450, &[400, 200, 400, 2_000]), one(425, &[500, 500]), one(425, &[250, 250]), one(425, &[180, 200, 200, 4_500]);
    /// Israel.
    Il "il": one(414, &[1_000, 3_000]), one(414, &[500, 500]), one(414, &[250, 250]), one(414, &[100, 100, 100, 100, 600, 3_000]);
    /// India.
    In "in": two(388, 412, &[400, 200, 400, 2_000]), one(400, &[750, 750]), one(400, &[250, 250]), one(400, &[200, 100, 200, 7_500]);
    /// Italy.
    It "it": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[200, 200]), one(425, &[400, 100, 250, 100, 150, 14_000]);
    /// Japan.
    Jp "jp": two(392, 408, &[1_000, 2_000]), one(400, &[500, 500]), one(400, &[500, 500]), two(392, 408, &[500, 8_000]);
    /// Lithuania.
    Lt "lt": one(425, &[1_000, 4_000]), one(425, &[350, 350]), one(425, &[200, 200]), one(425, &[150, 150, 150, 4_000]);
    /// Mexico.
    Mx "mx": one(425, &[1_000, 4_000]), one(425, &[250, 250]), one(425, &[250, 250]), one(425, &[200, 600, 200, 10_000]);
    /// Netherlands.
    Nl "nl": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[250, 250]), one(425, &[500, 9_500]);
    /// Norway.
    No "no": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[200, 200]), one(425, &[200, 600, 200, 10_000]);
    /// New Zealand.
    Nz "nz": two(400, 450, &[400, 200, 400, 2_000]), one(400, &[500, 500]), one(400, &[250, 250]), one(400, &[200, 3_000]);
    /// Philippines.
    Ph "ph": two(425, 480, &[1_000, 4_000]), two(480, 620, &[500, 500]), two(480, 620, &[250, 250]), one(440, &[300, 10_000]);
    /// Poland.
    Pl "pl": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[500, 500]), one(425, &[150, 150, 150, 4_000]);
    /// Portugal.
    Pt "pt": one(425, &[1_000, 5_000]), one(425, &[500, 500]), one(425, &[200, 200]), one(440, &[300, 10_000]);
    /// Russia.
    Ru "ru": one(425, &[1_000, 4_000]), one(425, &[350, 350]), one(425, &[175, 175]), one(425, &[200, 5_000]);
    /// Sweden.
    Se "se": one(425, &[1_000, 5_000]), one(425, &[250, 250]), one(425, &[250, 750]), one(425, &[200, 500, 200, 9_100]);
    /// Singapore.
    Sg "sg": two(413, 437, &[400, 200, 400, 2_000]), one(425, &[750, 750]), one(425, &[250, 250]), two(413, 437, &[300, 200, 300, 3_200]);
    /// Taiwan.
    Tw "tw": two(440, 480, &[1_000, 2_000]), two(480, 620, &[500, 500]), two(480, 620, &[250, 250]), two(350, 440, &[250, 250, 250, 3_250]);
    /// United Kingdom.
    Uk "uk": two(400, 450, &[400, 200, 400, 2_000]), one(400, &[375, 375]), one(400, &[400, 350, 225, 525]), one(400, &[100, 4_000]);
    /// United States and Canada.
    Us "us": two(440, 480, &[2_000, 4_000]), two(480, 620, &[500, 500]), two(480, 620, &[250, 250]), one(440, &[300, 10_000]);
    /// Venezuela.
    Ve "ve": one(425, &[1_000, 4_000]), one(425, &[500, 500]), one(425, &[250, 250]), two(400, 450, &[300, 6_000]);
    /// South Africa.
    Za "za": two(383, 417, &[400, 200, 400, 2_000]), one(400, &[500, 500]), one(400, &[250, 250]), two(383, 417, &[250, 250]);
}

const fn one(hz: u32, ms: &'static [u32]) -> Pattern {
    Pattern { hz: [hz, 0], ms }
}

const fn two(low: u32, high: u32, ms: &'static [u32]) -> Pattern {
    Pattern { hz: [low, high], ms }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    /// Reads the code of two letters, in any case; `gb` and `ca` are understood too, and the members of
    /// the European Union that have no entry of their own as `eu`.
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        match code.to_ascii_lowercase().as_str() {
            "gb" => Ok(Country::Uk),
            "ca" => Ok(Country::Us),
            "cy" | "hr" | "lu" | "lv" | "mt" | "ro" | "si" | "sk" => Ok(Country::Eu),
            code => Country::ALL.iter().copied().find(|country| country.code() == code).ok_or(UnknownCountry),
        }
    }
}

/// No tones are known for that country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no tones known for this country; `eu` has what ITU-T E.180 recommends")]
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

    /// On and off, in ms, of one round.
    fn cadence(pcm: &[i16]) -> Vec<usize> {
        let loud: Vec<bool> = pcm.chunks_exact(40).map(|piece| measure::rms(piece) > -40.0).collect();
        loud.chunk_by(|one, two| one == two).map(|run| run.len() * 5).collect()
    }

    #[test]
    fn call_waiting_is_by_country() {
        assert_eq!(cadence(&play(ToneKind::CallWaiting, Country::De, 8_000, 5_600)), [200, 200, 200, 5_000]);
        let italian = play(ToneKind::CallWaiting, Country::It, 8_000, 15_000);
        assert_eq!(cadence(&italian), [400, 100, 250, 100, 150, 14_000]);
        let belgian = play(ToneKind::CallWaiting, Country::Be, 8_000, 175);
        assert!((measure::dominant_frequency(&belgian, 8_000).unwrap_or(0.0) - 1_400.0).abs() < 1.0);
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
        for &country in Country::ALL {
            for kind in
                [ToneKind::Ringback, ToneKind::Busy, ToneKind::Congestion, ToneKind::CallWaiting, ToneKind::Test1k]
            {
                let whole = play(kind, country, 8_000, 2_000);
                let mut tone = Tone::new(kind, country, 8_000);
                let mut pieces = vec![1; whole.len()];
                pieces.chunks_mut(97).for_each(|piece| tone.fill(piece));
                assert_eq!(pieces, whole, "{country} {kind:?}");
                assert!(measure::rms(&whole) > -35.0, "{country} {kind:?} is silent");
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
        for &country in Country::ALL {
            assert_eq!(country.to_string().parse(), Ok(country));
        }
        assert_eq!("GB".parse(), Ok(Country::Uk));
        assert_eq!("sk".parse(), Ok(Country::Eu));
        assert_eq!("xx".parse::<Country>(), Err(UnknownCountry));
    }
}
