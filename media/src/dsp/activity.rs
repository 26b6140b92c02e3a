//! Is somebody speaking?
//!
//! Every 10 ms the level is held against the quietest of the last two seconds, once for the whole band
//! and once with the high frequencies raised, since many words begin with a hiss that is weak in
//! all else.

/// What is measured: the band as it is, and by the differences of samples.
const BANDS: usize = 2;
/// Pieces of [`PIECE_MS`] in the memory of the floor, and measurements of 10 ms in each.
const PIECES: usize = 10;
const PIECE: u32 = 20;
/// Speech stands this far above the floor, in dB.
const MARGIN: f32 = 9.0;
/// This far, it needs no second measurement to be believed.
const SURE: f32 = 15.0;
/// The floor before anything was heard: lines are hardly ever noisier.
const FIRST_FLOOR: f32 = -48.0;
/// A floor above this is no noise but speech or music that does not pause, in dBFS.
const MAX_FLOOR: f32 = -38.0;
/// Below this nobody speaks, in dBFS.
const MIN_FLOOR: f32 = -66.0;
/// Measurements that still count as speech after the last that is: 200 ms, which bridges most of
/// the gaps within a sentence and keeps the ends of words.
const HANGOVER: u32 = 20;

/// Tells speech from background noise in one stream.
#[derive(Debug)]
pub struct Activity {
    /// Samples of one measurement.
    length: usize,
    /// The sums of the measurement that is under way, and its samples so far.
    sums: [f32; BANDS],
    samples: usize,
    last: f32,
    /// Smoothed, in dBFS.
    levels: [f32; BANDS],
    floors: [Floor; BANDS],
    /// Measurements above the margin, one after the other.
    above: u32,
    hangover: u32,
}

/// The quietest level of the last two seconds.
#[derive(Debug, Clone, Copy)]
struct Floor {
    pieces: [f32; PIECES],
    current: f32,
    measured: u32,
}

impl Activity {
    /// A detector for mono PCM at 8,000, 16,000 or 48,000 Hz.
    pub fn new(rate: u32) -> Self {
        let floor = Floor { pieces: [FIRST_FLOOR; PIECES], current: f32::INFINITY, measured: 0 };
        Self {
            length: (rate as usize / 100).max(1),
            sums: [0.0; BANDS],
            samples: 0,
            last: 0.0,
            levels: [FIRST_FLOOR; BANDS],
            floors: [floor; BANDS],
            above: 0,
            hangover: 0,
        }
    }

    /// Takes the samples that follow (10 to 60 ms) and says whether they are to be sent as speech:
    /// somebody speaks in them, or did until 200 ms ago.
    pub fn is_speech(&mut self, pcm: &[i16]) -> bool {
        let mut is_speech = self.hangover > 0;
        let mut rest = pcm;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.len().min(self.length - self.samples));
            for &sample in part {
                let sample = f32::from(sample);
                let difference = sample - self.last;
                self.last = sample;
                self.sums[0] += sample * sample;
                self.sums[1] += difference * difference;
            }
            self.samples += part.len();
            if self.samples == self.length {
                self.measure();
                is_speech |= self.hangover > 0;
            }
            rest = after;
        }
        is_speech
    }

    fn measure(&mut self) {
        // The differences of a sample rate six times as high are a sixth.
        let full = 32_768f32.powi(2) / 2.0;
        let rate_scale = (self.length as f32 / 80.0).powi(2);
        let scales = [1.0, rate_scale];
        let (mut margin, mut loudest) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
        for (band, scale) in scales.into_iter().enumerate() {
            let power = self.sums[band] * scale / self.samples as f32 / full;
            let level = 10.0 * power.max(1e-12).log10();
            margin = margin.max(level - self.floors[band].get());
            loudest = loudest.max(level);
            self.levels[band] += (level - self.levels[band]) * 0.4;
            self.floors[band].observe(self.levels[band]);
        }
        self.sums = [0.0; BANDS];
        self.samples = 0;
        self.above = if margin > MARGIN { self.above + 1 } else { 0 };
        let is_speech = self.above >= 2 || margin > SURE;
        self.hangover = if is_speech { HANGOVER } else { self.hangover.saturating_sub(1) };
    }
}

impl Floor {
    fn get(&self) -> f32 {
        let quietest = self.pieces.iter().copied().fold(self.current, f32::min);
        quietest.clamp(MIN_FLOOR, MAX_FLOOR)
    }

    fn observe(&mut self, level: f32) {
        self.current = self.current.min(level);
        self.measured += 1;
        if self.measured == PIECE {
            self.pieces.rotate_right(1);
            self.pieces[0] = self.current;
            self.current = f32::INFINITY;
            self.measured = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;
    use crate::dsp::noise::{MAX_ORDER, Noise, NoiseGenerator};

    /// Noise at a level in dBFS.
    fn noise(rate: u32, dbfs: i8, first: f32, ms: u32) -> Vec<i16> {
        let mut generator = NoiseGenerator::new(rate, 3);
        let mut reflection = [0.0; MAX_ORDER];
        reflection[0] = first;
        generator.set(&Noise { level: (3 - dbfs) as u8, reflection });
        let mut pcm = vec![0; (rate / 1_000 * ms) as usize];
        generator.fill(&mut pcm);
        pcm
    }

    fn mixed(mut one: Vec<i16>, two: &[i16]) -> Vec<i16> {
        one.iter_mut().zip(two).for_each(|(one, two)| *one = one.saturating_add(*two));
        one
    }

    /// The answer for every 20 ms.
    fn answers(rate: u32, pcm: &[i16]) -> Vec<bool> {
        let mut activity = Activity::new(rate);
        pcm.chunks_exact(rate as usize / 50).map(|frame| activity.is_speech(frame)).collect()
    }

    fn share(answers: &[bool]) -> f64 {
        answers.iter().filter(|&&answer| answer).count() as f64 / answers.len() as f64
    }

    #[test]
    fn steady_noise_is_no_speech() {
        for rate in [8_000, 16_000, 48_000] {
            for shape in [0.0, -0.9] {
                for level in [-70, -60, -50] {
                    let answers = answers(rate, &noise(rate, level, shape, 20_000));
                    assert_eq!(share(&answers), 0.0, "{level} dBFS at {rate} Hz, {shape}");
                }
                // Louder noise is known as such after two seconds.
                let answers = answers(rate, &noise(rate, -38, shape, 20_000));
                assert_eq!(share(&answers[125..]), 0.0, "-38 dBFS at {rate} Hz, {shape}");
            }
        }
        assert_eq!(share(&answers(8_000, &[0; 80_000])), 0.0);
    }

    #[test]
    fn speech_is_heard_from_its_first_moment_to_its_last() {
        for rate in [8_000, 16_000, 48_000] {
            for level in [-70, -50] {
                let voice = crate::testing::vowels(rate, 8, 130.0);
                let pcm = mixed(noise(rate, level, -0.5, 8_000), &voice);
                let answers = answers(rate, &pcm);
                let frames = voice.chunks_exact(rate as usize / 50);
                let mut speech = 0;
                let mut missed = 0;
                for (frame, answer) in frames.zip(&answers) {
                    let is_loud = measure::rms(frame) > -40.0;
                    speech += u32::from(is_loud);
                    missed += u32::from(is_loud && !answer);
                }
                assert!(speech > 100 && missed == 0, "{missed} of {speech} frames missed at {rate} Hz, {level} dBFS");
            }
        }
    }

    #[test]
    fn it_is_off_again_soon_after_the_last_word() {
        let voice = crate::testing::vowels(8_000, 2, 130.0);
        let pcm = mixed(noise(8_000, -60, 0.0, 6_000), &voice);
        let answers = answers(8_000, &pcm);
        let last = answers.iter().rposition(|&answer| answer).unwrap_or(0);
        assert!((95..115).contains(&last), "off {} ms after the end", (last as i64 - 100) * 20);
    }

    #[test]
    fn a_click_is_no_speech() {
        let mut pcm = noise(8_000, -60, 0.0, 2_000);
        pcm[8_005] = 400;
        assert_eq!(share(&answers(8_000, &pcm)), 0.0);
    }

    /// Spoken sentences: what is loud is sent, and the pauses are not.
    #[test]
    #[ignore = "needs espeak-ng"]
    fn real_speech_is_sent_and_pauses_are_not() {
        for voice in crate::testing::espeak() {
            let pause = vec![0; 16_000];
            let voice = [pause.as_slice(), &voice, &pause, &voice, &pause].concat();
            let ms = voice.len() as u32 / 8;
            let answers = answers(8_000, &mixed(noise(8_000, -55, -0.5, ms), &voice));
            let loud: Vec<bool> = voice.chunks_exact(160).map(|frame| measure::rms(frame) > -42.0).collect();
            let missed = loud.iter().zip(&answers).filter(|&(&loud, &answer)| loud && !answer).count();
            assert!(missed == 0, "{missed} frames missed");
            let pause = &answers[answers.len() - 85..];
            assert_eq!(share(pause), 0.0);
        }
    }
}
