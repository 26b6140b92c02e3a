//! Several voices into one, for conferences: everybody hears all but himself.
//!
//! The sum is 32 bits wide, so nothing is lost before the end. What would pass full scale is held back
//! twice: by a gain for all, which falls as soon as a frame is too loud and recovers so slowly that
//! nobody hears it move, and by a bend of the last decibel, which takes what the gain comes too late for.

/// Up to here, 0.9 dB under full scale, samples pass as they are.
const KNEE: f32 = 29_491.0;
/// What is left above the knee; the bend approaches it and never arrives.
const HEADROOM: f32 = 32_767.0 - KNEE;
/// How fast the gain comes back, in dB per second.
const RECOVERY: f32 = 6.0;

/// A conference's mixer at one rate. Of each frame: [`Mixer::begin`], [`Mixer::add`] for every
/// participant, then [`Mixer::without`] or [`Mixer::all`] for every listener.
#[derive(Debug)]
pub struct Mixer {
    rate: u32,
    sum: Vec<i32>,
    /// The gain where the frame before ended.
    before: f32,
    /// The gain where this frame ends; `None` before somebody asked for audio.
    gain: Option<f32>,
}

impl Mixer {
    /// A mixer of mono PCM at `rate` Hz.
    pub fn new(rate: u32) -> Self {
        Self { rate, sum: Vec::new(), before: 1.0, gain: Some(1.0) }
    }

    /// The rate given, in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Starts a frame of `samples`, silent so far.
    pub fn begin(&mut self, samples: usize) {
        self.before = self.settle();
        self.gain = None;
        self.sum.clear();
        self.sum.resize(samples, 0);
    }

    /// Adds a participant's frame. What is longer than the frame is left out.
    pub fn add(&mut self, pcm: &[i16]) {
        for (sum, &sample) in self.sum.iter_mut().zip(pcm) {
            // Sixty-five thousand participants at full scale fit; past that the loudest are cut.
            *sum = sum.saturating_add(i32::from(sample));
        }
    }

    /// Fills `out` with everybody but the listener: `own` is the frame that was added for him, or
    /// empty. What is longer than the frame is silence.
    pub fn without(&mut self, own: &[i16], out: &mut [i16]) {
        let to = self.settle();
        let own = own.iter().copied().chain(std::iter::repeat(0));
        let others = self.sum.iter().zip(own).map(|(&sum, own)| sum.saturating_sub(i32::from(own)));
        limit(others, self.before, to, self.sum.len(), out);
    }

    /// Fills `out` with everybody. What is longer than the frame is silence.
    pub fn all(&mut self, out: &mut [i16]) {
        let to = self.settle();
        limit(self.sum.iter().copied(), self.before, to, self.sum.len(), out);
    }

    /// The gain at the end of this frame, once everybody has been added.
    fn settle(&mut self) -> f32 {
        let (sum, rate, before) = (&self.sum, self.rate, self.before);
        *self.gain.get_or_insert_with(|| {
            let peak = sum.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0) as f32;
            let seconds = sum.len() as f32 / rate.max(1) as f32;
            let recovered = before * 10f32.powf(RECOVERY * seconds / 20.0);
            recovered.min(1.0).min(KNEE / peak.max(KNEE))
        })
    }
}

/// Writes `samples` under a gain that moves evenly over the `length` of the frame.
fn limit(samples: impl Iterator<Item = i32>, from: f32, to: f32, length: usize, out: &mut [i16]) {
    let (frame, rest) = out.split_at_mut(length.min(out.len()));
    rest.fill(0);
    if from == 1.0 && to == 1.0 {
        // Nearly always.
        for (out, sample) in frame.iter_mut().zip(samples) {
            *out = if sample.unsigned_abs() <= KNEE as u32 { sample as i16 } else { bend(sample as f32) };
        }
        return;
    }
    let step = (to - from) / length.max(1) as f32;
    for (i, (out, sample)) in frame.iter_mut().zip(samples).enumerate() {
        *out = bend(sample as f32 * (from + step * (i + 1) as f32));
    }
}

/// The nearest sample; full scale is approached and never reached.
fn bend(sample: f32) -> i16 {
    let magnitude = sample.abs();
    let bent = if magnitude <= KNEE {
        magnitude
    } else {
        let over = (magnitude - KNEE) / HEADROOM;
        KNEE + HEADROOM * over / (1.0 + over)
    };
    // A cast drops what is behind the point, and is much quicker than rounding.
    ((bent + 0.5) as i16).min(LOUDEST) * if sample < 0.0 { -1 } else { 1 }
}

/// One step under full scale.
const LOUDEST: i16 = i16::MAX - 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::measure;

    const RATE: u32 = 16_000;
    const FRAME: usize = 320;

    fn sine(hz: f64, peak: f64, samples: usize) -> Vec<i16> {
        let step = std::f64::consts::TAU * hz / f64::from(RATE);
        (0..samples).map(|i| (peak * (step * i as f64).sin()).round() as i16).collect()
    }

    /// What the listeners hear: each participant all but himself, and at last everybody.
    fn mix(voices: &[Vec<i16>]) -> Vec<Vec<i16>> {
        let mut mixer = Mixer::new(RATE);
        let mut heard = vec![Vec::new(); voices.len() + 1];
        for start in (0..voices[0].len()).step_by(FRAME) {
            let frame = |voice: &Vec<i16>| voice[start..start + FRAME].to_vec();
            mixer.begin(FRAME);
            voices.iter().for_each(|voice| mixer.add(&frame(voice)));
            let mut out = [0; FRAME];
            for (voice, heard) in voices.iter().zip(&mut heard) {
                mixer.without(&frame(voice), &mut out);
                heard.extend(out);
            }
            mixer.all(&mut out);
            heard[voices.len()].extend(out);
        }
        heard
    }

    #[test]
    fn everybody_hears_the_others_as_they_are() {
        let voices = [sine(400.0, 9_000.0, 16_000), sine(700.0, 9_000.0, 16_000), sine(1_100.0, 9_000.0, 16_000)];
        let heard = mix(&voices);
        for (listener, heard) in heard.iter().enumerate() {
            let expected: Vec<i16> = (0..16_000)
                .map(|i| voices.iter().enumerate().filter(|&(other, _)| other != listener).map(|(_, pcm)| pcm[i]).sum())
                .collect();
            assert_eq!(*heard, expected, "listener {listener}");
        }
    }

    #[test]
    fn loud_voices_neither_clip_nor_crackle() {
        let voices: Vec<_> = [400.0, 700.0, 1_100.0].map(|hz| sine(hz, 30_000.0, 32_000)).into();
        for heard in mix(&voices) {
            assert!(heard.iter().all(|sample| sample.unsigned_abs() < 32_767));
            // What is new in it, away from every voice and past the first moment.
            let settled = &heard[3_200..];
            for hz in [100.0, 1_500.0, 1_900.0, 2_500.0, 3_300.0] {
                let level = measure::level(settled, RATE, hz);
                assert!(level < -45.0, "{hz} Hz at {level} dBFS");
            }
            assert!(measure::rms(settled) > -8.0);
        }
    }

    #[test]
    fn the_gain_does_not_pump() {
        // A quiet voice goes on, two loud ones come and go every 400 ms.
        let mut voices = [sine(1_000.0, 1_000.0, 64_000), sine(300.0, 28_000.0, 64_000), sine(450.0, 28_000.0, 64_000)];
        for loud in &mut voices[1..] {
            loud.chunks_mut(6_400).step_by(2).for_each(|part| part.fill(0));
        }
        let heard = mix(&voices).pop().expect("everybody");
        let levels: Vec<f64> = heard[6_400..].chunks(1_600).map(|part| measure::level(part, RATE, 1_000.0)).collect();
        // Once the first burst has set the gain: it rises by no more than 0.7 dB in a tenth of a second,
        // and no burst finds it far from where the one before left it.
        let (low, high) =
            levels[4..].iter().fold((0.0f64, -120.0f64), |(low, high), &level| (level.min(low), level.max(high)));
        assert!(levels[4..].windows(2).all(|pair| pair[1] - pair[0] < 0.7), "{levels:?}");
        assert!(high - low < 2.5, "{levels:?}");
        assert!(levels[2..].iter().all(|level| *level > -40.0), "{levels:?}");
    }

    #[test]
    fn a_frame_of_another_length_is_no_harm() {
        let mut mixer = Mixer::new(RATE);
        mixer.begin(4);
        mixer.add(&[1; 6]);
        mixer.add(&[10; 2]);
        let mut out = [7; 6];
        mixer.all(&mut out);
        assert_eq!(out, [11, 11, 1, 1, 0, 0]);
        mixer.without(&[10; 2], &mut out);
        assert_eq!(out, [1, 1, 1, 1, 0, 0]);
        mixer.without(&[], &mut out[..3]);
        assert_eq!(out[..3], [11, 11, 1]);
        mixer.begin(0);
        mixer.all(&mut out);
        assert_eq!(out, [0; 6]);
    }

    #[test]
    fn a_thousand_at_full_scale_do_not_wrap() {
        for extreme in [i16::MIN, i16::MAX] {
            let mut mixer = Mixer::new(RATE);
            mixer.begin(FRAME);
            (0..1_000).for_each(|_| mixer.add(&[extreme; FRAME]));
            let mut out = [0; FRAME];
            mixer.all(&mut out);
            assert!(out.iter().all(|&sample| sample.signum() == extreme.signum() && sample.unsigned_abs() > 29_000));
        }
    }
}
