//! Hearing digits (ITU-T Q.24).
//!
//! Every 8 ms the last 16 ms are looked at under a Hann window. A digit is one frequency of each group,
//! with nothing else of weight, steady in level for three looks. Frequencies are measured by the
//! phase's advance between two looks, which tells 1.5 % from 3.5 % where so short a window does not.

use std::f32::consts::{PI, TAU};

use super::{HIGH, KEYS, LOW};
use crate::dsp::Resampler;
use crate::dtmf::Pressed;

/// The rate looked at, in Hz; digits end at 1,633 Hz.
const RATE: u32 = 8_000;
/// Samples looked at at a time.
const WINDOW: usize = 128;
/// Samples from one look to the next.
const HOP: usize = WINDOW / 2;
const HOP_MS: f32 = HOP as f32 * 1_000.0 / RATE as f32;
/// Frequencies looked for.
const TONES: usize = LOW.len() + HIGH.len();
/// The quietest frequency taken, as a peak: -38 dBFS.
const MIN_PEAK: f32 = 412.0;
/// The higher frequency over the lower, as amplitudes: +6 dB and -10 dB. Q.24 asks for +4 and -8.
const MAX_TWIST: f32 = 2.0;
const MIN_TWIST: f32 = 0.316;
/// How far a frequency may be off: between the 1.5 % to be taken and the 3.5 % to be refused.
const MAX_OFF: f32 = 0.024;
/// Share of the two frequencies in the whole energy: 8 dB above everything else.
const MIN_SHARE: f32 = 0.86;
/// A frequency's level may change so much between two looks: 2.5 dB.
const STEADY: f32 = 1.33;
/// Looks that must agree; 40 ms hold three whole windows wherever they begin.
const LOOKS: u32 = 3;
/// Looks without the tone that end a digit; fewer are an interruption (Q.24 has up to 10 ms).
const END_LOOKS: u32 = 3;
/// Looks remembered to find the beginning.
const HISTORY: usize = 8;

/// Finds the digits in one stream of PCM. Silence costs next to nothing.
pub struct DigitDetector {
    resampler: Option<Resampler>,
    scratch: Vec<i16>,
    /// The last samples, and how many of them are there.
    samples: [f32; WINDOW],
    filled: usize,
    last: Look,
    /// Amplitudes of the last looks, the newest first.
    history: [[f32; TONES]; HISTORY],
    candidate: Option<Candidate>,
    sounding: Option<Sounding>,
}

/// What is at each frequency.
#[derive(Clone, Copy, Default)]
struct Look {
    re: [f32; TONES],
    im: [f32; TONES],
    /// Peaks, in samples' units.
    amplitude: [f32; TONES],
}

/// The indices of a digit's two frequencies.
type Pair = [usize; 2];

struct Candidate {
    pair: Pair,
    amplitude: [f32; 2],
    looks: u32,
}

struct Sounding {
    pair: Pair,
    amplitude: [f32; 2],
    /// Looks since the beginning.
    age: f32,
    /// The level of the last look, one being steady.
    level: f32,
    /// Looks without the tone, and the age when they began.
    gone: u32,
    end: f32,
}

impl DigitDetector {
    /// A detector for mono PCM at 8,000, 16,000 or 48,000 Hz; at other rates it hears nothing right.
    pub fn new(rate: u32) -> Self {
        DigitDetector {
            resampler: Resampler::new(rate, RATE),
            scratch: Vec::new(),
            samples: [0.0; WINDOW],
            filled: 0,
            last: Look::default(),
            history: [[0.0; TONES]; HISTORY],
            candidate: None,
            sounding: None,
        }
    }

    /// Takes the samples that follow and calls `pressed` for each digit that ended in them, some
    /// 30 ms after it did.
    pub fn process(&mut self, pcm: &[i16], mut pressed: impl FnMut(Pressed)) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut pcm = match &mut self.resampler {
            Some(resampler) => {
                scratch.clear();
                resampler.process(pcm, &mut scratch);
                scratch.as_slice()
            }
            None => pcm,
        };
        while !pcm.is_empty() {
            let (part, rest) = pcm.split_at(pcm.len().min(WINDOW - self.filled));
            let free = self.samples[self.filled..].iter_mut();
            free.zip(part).for_each(|(to, &sample)| *to = f32::from(sample));
            self.filled += part.len();
            if self.filled == WINDOW {
                self.look(&mut pressed);
                self.samples.copy_within(HOP.., 0);
                self.filled = WINDOW - HOP;
            }
            pcm = rest;
        }
        self.scratch = scratch;
    }

    /// The digit that is sounding, some 35 ms after it began.
    pub fn current(&self) -> Option<char> {
        Some(digit(self.sounding.as_ref()?.pair))
    }

    fn look(&mut self, pressed: &mut impl FnMut(Pressed)) {
        let energy: f32 = self.samples.iter().map(|sample| sample * sample).sum();
        let (look, energy) =
            if energy < MIN_PEAK * MIN_PEAK * HOP as f32 { (Look::default(), 0.0) } else { goertzel(&self.samples) };
        self.history.rotate_right(1);
        self.history[0] = look.amplitude;
        self.follow(&look, pressed);
        let found = matching(&look, &self.last, energy);
        self.last = look;
        self.candidate = found.map(|pair| {
            let amplitude = pair.map(|tone| look.amplitude[tone]);
            let before = self.candidate.as_ref().filter(|before| {
                let steady = |(&now, &then): (&f32, &f32)| now < then * STEADY && then < now * STEADY;
                before.pair == pair && amplitude.iter().zip(&before.amplitude).all(steady)
            });
            Candidate { pair, amplitude, looks: before.map_or(1, |before| before.looks + 1) }
        });
        if let Some(candidate) = self.candidate.as_ref().filter(|candidate| candidate.looks >= LOOKS)
            && self.sounding.as_ref().is_none_or(|sounding| sounding.pair != candidate.pair)
        {
            let (pair, amplitude) = (candidate.pair, candidate.amplitude);
            let age = self.since_begin(pair, amplitude);
            if let Some(before) =
                self.sounding.replace(Sounding { pair, amplitude, age, level: 1.0, gone: 0, end: 0.0 })
            {
                pressed(before.pressed());
            }
        }
    }

    /// Looks since both frequencies reached half their level, which is when the beginning was in the
    /// middle of the window.
    fn since_begin(&self, pair: Pair, amplitude: [f32; 2]) -> f32 {
        let mut after = 1.0;
        for (age, look) in self.history.iter().enumerate() {
            let level = level(look, pair, amplitude);
            if level < 0.5 {
                return age as f32 - (0.5 - level) / (after - level);
            }
            after = level;
        }
        HISTORY as f32
    }

    /// Goes on with the digit that is sounding, or ends it.
    fn follow(&mut self, look: &Look, pressed: &mut impl FnMut(Pressed)) {
        let Some(sounding) = &mut self.sounding else {
            return;
        };
        let level = level(&look.amplitude, sounding.pair, sounding.amplitude);
        sounding.age += 1.0;
        if level >= 0.5 {
            sounding.gone = 0;
        } else {
            if sounding.gone == 0 {
                sounding.end = sounding.age - (0.5 - level) / (sounding.level - level);
            }
            sounding.gone += 1;
        }
        sounding.level = level;
        if sounding.gone == END_LOOKS {
            pressed(sounding.pressed());
            self.sounding = None;
        }
    }
}

impl Sounding {
    fn pressed(&self) -> Pressed {
        let looks = if self.gone > 0 { self.end } else { self.age };
        Pressed { digit: digit(self.pair), duration_ms: (looks * HOP_MS).round() as u32 }
    }
}

/// The level of the weaker of two frequencies, one being `amplitude`.
fn level(look: &[f32; TONES], pair: Pair, amplitude: [f32; 2]) -> f32 {
    let levels = pair.into_iter().zip(amplitude).map(|(tone, amplitude)| look[tone] / amplitude);
    levels.fold(1.0, f32::min)
}

fn digit([low, high]: Pair) -> char {
    KEYS[low][high - LOW.len()]
}

/// The digit that a look shows, if any.
fn matching(look: &Look, last: &Look, energy: f32) -> Option<Pair> {
    let strongest =
        |tones: std::ops::Range<usize>| tones.max_by(|&one, &two| look.amplitude[one].total_cmp(&look.amplitude[two]));
    let pair = [strongest(0..LOW.len())?, strongest(LOW.len()..TONES)?];
    let mut peaks = [0.0; 2];
    for (peak, &tone) in peaks.iter_mut().zip(&pair) {
        // How far the phase went beyond what the frequency lets expect.
        let re = look.re[tone] * last.re[tone] + look.im[tone] * last.im[tone];
        let im = look.im[tone] * last.re[tone] - look.re[tone] * last.im[tone];
        let hz = frequency(tone) as f32;
        let expected = TAU * hz * HOP as f32 / RATE as f32;
        let beyond = (im.atan2(re) - expected).rem_euclid(TAU);
        let beyond = if beyond > PI { beyond - TAU } else { beyond };
        let off = beyond / TAU * RATE as f32 / HOP as f32;
        if off.abs() > MAX_OFF * hz {
            return None;
        }
        *peak = look.amplitude[tone] / hann_response(off);
    }
    let [low, high] = peaks;
    let fits = low.min(high) >= MIN_PEAK
        && high <= low * MAX_TWIST
        && high >= low * MIN_TWIST
        // The squares of the window's values add up to 3/8 of its length.
        && (low * low + high * high) * (WINDOW as f32 * 3.0 / 16.0) >= MIN_SHARE * energy;
    fits.then_some(pair)
}

/// What the window leaves of a frequency that is `off` Hz away.
fn hann_response(off: f32) -> f32 {
    let bins = (off * WINDOW as f32 / RATE as f32).abs().max(1e-3);
    (PI * bins).sin() / (PI * bins * (1.0 - bins * bins))
}

fn frequency(tone: usize) -> f64 {
    LOW.iter().chain(&HIGH).nth(tone).copied().unwrap_or_default()
}

/// All frequencies at once, and the energy under the window.
fn goertzel(samples: &[f32; WINDOW]) -> (Look, f32) {
    let tables = &*TABLES;
    let (mut one, mut two) = ([0f32; TONES], [0f32; TONES]);
    let mut energy = 0.0;
    for (sample, weight) in samples.iter().zip(&tables.window) {
        let sample = sample * weight;
        energy += sample * sample;
        for tone in 0..TONES {
            let next = sample + 2.0 * tables.cos[tone] * one[tone] - two[tone];
            two[tone] = one[tone];
            one[tone] = next;
        }
    }
    let mut look = Look::default();
    for tone in 0..TONES {
        look.re[tone] = one[tone] - tables.cos[tone] * two[tone];
        look.im[tone] = tables.sin[tone] * two[tone];
        // The window's values add up to half its length, and half the amplitude is at minus the frequency.
        look.amplitude[tone] = look.re[tone].hypot(look.im[tone]) * 4.0 / WINDOW as f32;
    }
    (look, energy)
}

struct Tables {
    window: [f32; WINDOW],
    cos: [f32; TONES],
    sin: [f32; TONES],
}

static TABLES: std::sync::LazyLock<Tables> = std::sync::LazyLock::new(|| {
    let omega = |tone| std::f64::consts::TAU * frequency(tone) / f64::from(RATE);
    Tables {
        window: std::array::from_fn(|i| 0.5 - 0.5 * (TAU * (i as f32 + 0.5) / WINDOW as f32).cos()),
        cos: std::array::from_fn(|tone| omega(tone).cos() as f32),
        sin: std::array::from_fn(|tone| omega(tone).sin() as f32),
    }
});

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;
    use std::time::Duration;

    use super::*;
    use crate::codec::{Codec, Decoder, Encoder};
    use crate::dsp::{Country, Tone, ToneKind, measure};
    use crate::dtmf::inband::DigitTone;
    use crate::random::Random;

    const RATES: [u32; 3] = [8_000, 16_000, 48_000];
    const ALL: &str = "1234567890*#ABCD";

    /// In pieces as packets bring them, with silence after.
    fn hear(rate: u32, pcm: &[i16]) -> Vec<Pressed> {
        let mut detector = DigitDetector::new(rate);
        let mut digits = Vec::new();
        for piece in pcm.chunks(rate as usize / 50).chain([[0; 4_800].as_slice()]) {
            detector.process(piece, |pressed| digits.push(pressed));
        }
        digits
    }

    fn heard(rate: u32, pcm: &[i16]) -> String {
        hear(rate, pcm).iter().map(|pressed| pressed.digit).collect()
    }

    fn samples(rate: u32, ms: u32) -> usize {
        (rate / 1_000 * ms) as usize
    }

    fn pause(rate: u32, ms: u32) -> Vec<i16> {
        vec![0; samples(rate, ms)]
    }

    fn tone(rate: u32, digit: char, ms: u32) -> Vec<i16> {
        let mut pcm = pause(rate, ms);
        let mut tone = DigitTone::new(digit, Duration::from_millis(ms.into()), rate).expect("a digit");
        tone.fill(&mut pcm);
        pcm
    }

    /// Two sines with hard edges at 8 kHz, levels in dBFS.
    fn pair(low: (f64, f64), high: (f64, f64), ms: u32) -> Vec<i16> {
        let sine = |(hz, level): (f64, f64), i: usize| {
            32_767.0 * 10f64.powf(level / 20.0) * (TAU * hz * i as f64 / 8_000.0).sin()
        };
        (0..samples(8_000, ms)).map(|i| (sine(low, i) + sine(high, i)).clamp(-32_768.0, 32_767.0) as i16).collect()
    }

    /// Tones beginning at every place of a look are taken, or none.
    fn at_every_place(tone: &[i16]) -> [usize; 2] {
        let count = |start: usize| hear(8_000, &[&vec![0; 400 + start], tone].concat()).len();
        let counts: Vec<usize> = (0..HOP).step_by(3).map(count).collect();
        [counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0)]
    }

    fn noise(level: f64, samples: usize) -> impl Iterator<Item = f64> {
        let mut random = Random::new(7);
        // Uniform noise is the square root of three below its peak.
        let peak = 32_768.0 * 10f64.powf(level / 20.0) / 2f64.sqrt() * 3f64.sqrt();
        (0..samples).map(move |_| (f64::from(random.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0) * peak)
    }

    fn through(codec: Codec, rate: u32, pcm: &[i16]) -> Vec<i16> {
        let (mut encoder, mut decoder) = (Encoder::new(codec, rate).unwrap(), Decoder::new(codec, rate).unwrap());
        let mut out = Vec::new();
        for frame in pcm.chunks_exact(samples(rate, 20)) {
            let mut payload = Vec::new();
            encoder.encode(frame, &mut payload).unwrap();
            decoder.decode(&payload, &mut out).unwrap();
        }
        out
    }

    #[test]
    fn every_digit_is_heard_once_with_its_length() {
        for rate in RATES {
            for (i, digit) in ALL.chars().enumerate() {
                for ms in [50 + 3 * i as u32, 100, 777] {
                    let pcm = [pause(rate, 53), tone(rate, digit, ms), pause(rate, 50), tone(rate, digit, ms)].concat();
                    let digits = hear(rate, &pcm);
                    let seen: Vec<char> = digits.iter().map(|pressed| pressed.digit).collect();
                    assert_eq!(seen, [digit, digit], "{rate} Hz, {ms} ms");
                    for pressed in digits {
                        let error = pressed.duration_ms.abs_diff(ms);
                        assert!(error <= 10, "{digit} at {rate} Hz: {} for {ms} ms", pressed.duration_ms);
                    }
                }
            }
        }
    }

    #[test]
    fn forty_milliseconds_of_tone_and_of_pause_suffice() {
        for rate in RATES {
            let pieces = ALL.chars().flat_map(|digit| [tone(rate, digit, 40), pause(rate, 40)]);
            assert_eq!(heard(rate, &pieces.collect::<Vec<_>>().concat()), ALL, "{rate} Hz");
        }
        assert_eq!(at_every_place(&pair((852.0, -12.0), (1_336.0, -12.0), 40)), [1, 1]);
        assert_eq!(at_every_place(&pair((852.0, -12.0), (1_336.0, -12.0), 20)), [0, 0]);
    }

    #[test]
    fn a_short_break_does_not_make_two_digits() {
        let tone = || pair((770.0, -12.0), (1_477.0, -12.0), 80);
        assert_eq!(heard(8_000, &[tone(), pause(8_000, 10), tone()].concat()), "6");
    }

    #[test]
    fn a_digit_is_known_while_it_sounds() {
        let mut detector = DigitDetector::new(16_000);
        detector.process(&tone(16_000, '5', 200)[..samples(16_000, 45)], |pressed| panic!("{pressed:?}"));
        assert_eq!(detector.current(), Some('5'));
        let mut ended = None;
        detector.process(&pause(16_000, 60), |pressed| ended = Some(pressed.digit));
        assert_eq!((detector.current(), ended), (None, Some('5')));
    }

    #[test]
    fn frequencies_may_be_off_by_one_and_a_half_percent_but_not_by_three_and_a_half() {
        for (low, high) in LOW.into_iter().zip(HIGH) {
            for (off_low, off_high, expected) in [
                (1.0, 1.0, 1),
                (1.015, 1.015, 1),
                (0.985, 0.985, 1),
                (0.985, 1.015, 1),
                (1.035, 1.0, 0),
                (0.965, 1.0, 0),
                (1.0, 1.035, 0),
                (1.0, 0.965, 0),
            ] {
                let tone = pair((low * off_low, -15.0), (high * off_high, -15.0), 60);
                assert_eq!(at_every_place(&tone), [expected, expected], "{low} × {off_low}, {high} × {off_high}");
            }
        }
    }

    #[test]
    fn levels_may_differ_as_lines_make_them() {
        for (low, high, expected) in [
            (-7.0, -7.0, 1),
            (0.0, -8.0, 1),
            (-4.0, 0.0, 1),
            (-36.0, -36.0, 1),
            (-28.0, -36.0, 1),
            (-10.0, -24.0, 0),
            (-24.0, -14.0, 0),
            (-46.0, -46.0, 0),
            (-10.0, -90.0, 0),
            (-90.0, -10.0, 0),
        ] {
            for hz in [(697.0, 1_209.0), (941.0, 1_633.0)] {
                let tone = pair((hz.0, low), (hz.1, high), 60);
                assert_eq!(at_every_place(&tone), [expected, expected], "{low} and {high} dBFS");
            }
        }
    }

    #[test]
    fn digits_survive_noise_15_db_below() {
        let pieces = ALL.chars().flat_map(|digit| [pair_of(digit, -15.0, 60), pause(8_000, 60)]);
        let mut pcm = pieces.collect::<Vec<_>>().concat();
        let count = pcm.len();
        pcm.iter_mut().zip(noise(-27.0, count)).for_each(|(sample, noise)| *sample += noise as i16);
        assert_eq!(heard(8_000, &pcm), ALL);
    }

    fn pair_of(digit: char, level: f64, ms: u32) -> Vec<i16> {
        let row = KEYS.iter().position(|row| row.contains(&digit)).unwrap_or(0);
        let column = KEYS[row].iter().position(|&key| key == digit).unwrap_or(0);
        pair((LOW[row], level), (HIGH[column], level), ms)
    }

    #[test]
    fn digits_come_through_every_codec() {
        for codec in Codec::ALL {
            for rate in [8_000, 16_000] {
                let pieces = ALL.chars().flat_map(|digit| [tone(rate, digit, 80), pause(rate, 60)]);
                let pcm = pieces.collect::<Vec<_>>().concat();
                let digits = hear(rate, &through(codec, rate, &pcm));
                let seen: String = digits.iter().map(|pressed| pressed.digit).collect();
                assert_eq!(seen, ALL, "{codec} at {rate} Hz");
                assert!(digits.iter().all(|pressed| pressed.duration_ms.abs_diff(80) <= 10), "{codec}: {digits:?}");
            }
        }
    }

    #[test]
    fn tones_of_the_network_are_no_digits() {
        for &country in Country::ALL {
            for kind in [ToneKind::Ringback, ToneKind::Busy, ToneKind::Congestion, ToneKind::CallWaiting] {
                let mut pcm = vec![0; 8 * 8_000];
                Tone::new(kind, country, 8_000).fill(&mut pcm);
                assert_eq!(heard(8_000, &pcm), "", "{country} {kind:?}");
            }
        }
    }

    #[test]
    fn single_tones_noise_and_sweeps_are_no_digits() {
        for hz in LOW.into_iter().chain(HIGH) {
            assert_eq!(heard(8_000, &pair((hz, -10.0), (hz, -120.0), 500)), "", "{hz} Hz");
        }
        let hiss: Vec<i16> = noise(-15.0, 80_000).map(|sample| sample as i16).collect();
        assert_eq!(heard(8_000, &hiss), "");
        let mut phase = 0.0;
        // Two frequencies that rise by 2 kHz a second: they pass the digits, but do not stay.
        let sweep = (0..8_000).map(|i| {
            phase += TAU * (300.0 + f64::from(i) / 4.0) / 8_000.0;
            (8_000.0 * (phase.sin() + (phase * 1.8).sin())) as i16
        });
        assert_eq!(heard(8_000, &sweep.collect::<Vec<_>>()), "");
    }

    /// Voices of many pitches, and chords of steady notes.
    #[test]
    fn voices_and_music_are_no_digits() {
        for voice in 0..20 {
            let pcm = crate::testing::vowels(8_000, 10, 80.0 + 12.0 * f64::from(voice));
            assert!(measure::rms(&pcm) > -30.0);
            assert_eq!(heard(8_000, &pcm), "", "voice {voice}");
        }
        // Every pair of notes of the tempered scale over three octaves, with harmonics as an organ has.
        let note = |n: u32| 220.0 * 2f64.powf(f64::from(n) / 12.0);
        for (low, high) in (0..36).flat_map(|low| (low + 1..36).map(move |high| (low, high))) {
            let voice = |hz: f64, i: usize| {
                let harmonic = |k: f64| (TAU * k * hz * i as f64 / 8_000.0).sin() / k;
                harmonic(1.0) + harmonic(2.0) + harmonic(3.0)
            };
            let pcm: Vec<i16> =
                (0..2_000).map(|i| (6_000.0 * (voice(note(low), i) + voice(note(high), i))) as i16).collect();
            assert_eq!(heard(8_000, &pcm), "", "{:.0} and {:.0} Hz", note(low), note(high));
        }
    }

    /// Real speech: `espeak-ng`, in several languages and voices.
    #[test]
    #[ignore = "needs espeak-ng"]
    fn speech_is_no_digits() {
        for pcm in crate::testing::espeak() {
            assert_eq!(heard(8_000, &pcm), "");
        }
    }
}
