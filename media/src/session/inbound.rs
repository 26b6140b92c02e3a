//! What comes from a leg: its packets counted, and its audio as PCM wherever somebody wants it.

use std::time::{Duration, Instant};

use super::digits::Presses;
use crate::codec::{Codec, Decoder};
use crate::dsp::Resampler;
use crate::dtmf::DigitReceiver;
use crate::dtmf::inband::DigitDetector;
use crate::playout::{Playout, PlayoutStats};
use crate::reception::Reception;

/// A mixer that has not asked for so long is gone.
const MIXER_GONE: Duration = Duration::from_millis(200);
/// Of relayed G.711 every 32nd packet is looked at for its level.
const LEVEL_EVERY: u32 = 32;
/// How fast the level follows, per packet looked at.
const LEVEL_SHARE: f32 = 0.25;

/// The receiving half of a leg.
#[derive(Default)]
pub(super) struct Inbound {
    pub(super) reception: Reception,
    pub(super) digits: DigitReceiver,
    pub(super) presses: Presses,
    /// The codec that came last.
    pub(super) codec: Option<Codec>,
    pub(super) bytes: u64,
    /// Present while somebody wants PCM.
    pub(super) listening: Option<Box<Listening>>,
    /// When a mixer asked last, and its rate.
    pub(super) pulled: Option<(Instant, u32)>,
    /// What the playouts before this one did.
    past: PlayoutStats,
    level: Option<Box<Level>>,
}

/// A leg's audio as PCM.
pub(super) struct Listening {
    pub(super) playout: Playout,
    /// Rate of its PCM in Hz.
    pub(super) rate: u32,
    /// When it is pulled next: on a steady grid; none while nothing comes, or while a mixer pulls.
    pub(super) next: Option<Instant>,
    pub(super) detector: Option<DigitDetector>,
    pub(super) pcm: Vec<i16>,
    /// To the rate of the mixer that pulls.
    pub(super) mixer: Option<Converter>,
}

impl Inbound {
    /// Whether a mixer sets the pace.
    pub(super) fn is_pulled(&self, now: Instant) -> bool {
        self.pulled.is_some_and(|(at, _)| now.saturating_duration_since(at) < MIXER_GONE)
    }

    /// The playout at `rate` or more, made where there is none. True where it is new.
    pub(super) fn listen(&mut self, rate: u32, seed: impl FnOnce() -> u64) -> bool {
        if self.listening.as_ref().is_some_and(|listening| listening.rate >= rate) {
            return false;
        }
        // The grid goes on.
        let next = self.listening.as_ref().and_then(|listening| listening.next);
        self.stop_listening();
        self.listening = Some(Box::new(Listening {
            playout: Playout::new(rate, seed()),
            rate,
            next,
            detector: None,
            pcm: Vec::new(),
            mixer: None,
        }));
        true
    }

    /// Nobody wants PCM any more.
    pub(super) fn stop_listening(&mut self) {
        if let Some(listening) = self.listening.take() {
            self.past = add(self.past, listening.playout.stats());
        }
    }

    /// What was done to the stream since the leg was set; `None` where it is only relayed.
    pub(super) fn playout_stats(&self) -> (PlayoutStats, bool) {
        match &self.listening {
            Some(listening) => (add(self.past, listening.playout.stats()), true),
            None => (PlayoutStats { level: self.level.as_ref().and_then(|level| level.dbfs), ..self.past }, false),
        }
    }

    /// Looks at the level of audio that nobody decodes.
    pub(super) fn look_at(&mut self, codec: Codec, payload: &[u8]) {
        if codec.sample_rate() == 8_000 {
            self.level.get_or_insert_default().packet(codec, payload);
        }
    }
}

fn add(past: PlayoutStats, current: PlayoutStats) -> PlayoutStats {
    PlayoutStats {
        concealed: past.concealed + current.concealed,
        recovered: past.recovered + current.recovered,
        late: past.late + current.late,
        stretched: past.stretched + current.stretched,
        ..current
    }
}

/// The level of relayed G.711.
#[derive(Default)]
struct Level {
    packets: u32,
    decoder: Option<Decoder>,
    pcm: Vec<i16>,
    /// Smoothed mean square.
    power: Option<f32>,
    dbfs: Option<f32>,
}

impl Level {
    fn packet(&mut self, codec: Codec, payload: &[u8]) {
        self.packets = self.packets.wrapping_add(1);
        if !self.packets.is_multiple_of(LEVEL_EVERY) {
            return;
        }
        if self.decoder.as_ref().is_none_or(|decoder| decoder.codec() != codec) {
            self.decoder = Decoder::new(codec, 8_000).ok();
        }
        self.pcm.clear();
        let Some(Ok(samples)) = self.decoder.as_mut().map(|decoder| decoder.decode(payload, &mut self.pcm)) else {
            return;
        };
        let sum: f32 = self.pcm.iter().map(|&sample| (f32::from(sample) / 32_768.0).powi(2)).sum();
        let power = sum / samples.max(1) as f32;
        let power = self.power.map_or(power, |before| before + LEVEL_SHARE * (power - before));
        self.power = Some(power);
        // A sine that just reaches full scale is 0 dBFS.
        self.dbfs = Some((10.0 * (2.0 * power).max(1e-12).log10()).max(-120.0));
    }
}

/// PCM from one rate to another, in pieces of any length.
pub(super) struct Converter {
    from: u32,
    to: u32,
    /// None where both rates are the same, or there is no way between them.
    resampler: Option<Resampler>,
    waiting: Vec<i16>,
}

impl Converter {
    /// The converter in `place`, made anew when the rates are others.
    pub(super) fn between(place: &mut Option<Self>, from: u32, to: u32) -> &mut Self {
        if place.as_ref().is_some_and(|converter| (converter.from, converter.to) != (from, to)) {
            *place = None;
        }
        place.get_or_insert_with(|| Self { from, to, resampler: Resampler::new(from, to), waiting: Vec::new() })
    }

    /// Takes PCM. What nobody fetches within a second is forgotten.
    pub(super) fn push(&mut self, pcm: &[i16]) {
        if self.waiting.len() > self.to as usize {
            self.waiting.clear();
        }
        match &mut self.resampler {
            Some(resampler) => resampler.process(pcm, &mut self.waiting),
            None => self.waiting.extend_from_slice(pcm),
        }
    }

    /// Fills `out` with the oldest. Where it is not enough, silence comes first: audio that begins in the middle goes
    /// on without a break.
    pub(super) fn pull(&mut self, out: &mut [i16]) {
        let (silence, audio) = out.split_at_mut(out.len().saturating_sub(self.waiting.len()));
        silence.fill(0);
        audio.copy_from_slice(&self.waiting[..audio.len()]);
        self.waiting.drain(..audio.len());
    }
}
