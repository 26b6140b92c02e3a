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
    let step = (to - from) / length.max(1) as f32;
    for (i, (out, sample)) in frame.iter_mut().zip(samples).enumerate() {
        *out = bend(sample as f32 * (from + step * (i + 1) as f32));
    }
}

/// Full scale is approached and never reached.
fn bend(sample: f32) -> i16 {
    let magnitude = sample.abs();
    if magnitude <= KNEE {
        return sample.round() as i16;
    }
    let over = (magnitude - KNEE) / HEADROOM;
    (KNEE + HEADROOM * over / (1.0 + over)).copysign(sample) as i16
}
