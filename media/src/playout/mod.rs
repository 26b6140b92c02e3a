//! One received stream turned into steady PCM.
//!
//! Packets come in as the network brings them, audio goes out as the clock asks for it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::codec::{Codec, Decoder};

/// The receiver of one stream: jitter buffer, decoder and concealment.
pub struct Playout {
    rate: u32,
    decoder: Option<Decoder>,
    pcm: VecDeque<i16>,
    scratch: Vec<i16>,
}

impl Playout {
    /// A playout without a stream yet. `rate` is that of the PCM wanted: 8,000, 16,000 or 48,000 Hz.
    pub fn new(rate: u32, _seed: u64) -> Self {
        Self { rate, decoder: None, pcm: VecDeque::new(), scratch: Vec::new() }
    }

    /// Takes an audio packet. `sequence` has its wraps counted, as by [`crate::rtp`]'s receiver; a
    /// number far from the last one is a stream that started anew. Packets that cannot be used are
    /// dropped: duplicates, those that are no packet of `codec`, those that come too late.
    pub fn insert(
        &mut self,
        codec: Codec,
        _sequence: i64,
        _timestamp: u32,
        _marker: bool,
        payload: &[u8],
        _now: Instant,
    ) {
        if self.decoder.as_ref().is_none_or(|decoder| decoder.codec() != codec) {
            self.decoder = Decoder::new(codec, self.rate).ok();
        }
        self.scratch.clear();
        if let Some(decoder) = &mut self.decoder
            && self.pcm.len() < self.rate as usize / 4
            && decoder.decode(payload, &mut self.scratch).is_ok()
        {
            self.pcm.extend(&self.scratch);
        }
    }

    /// Takes a description of the noise that follows (RFC 3389, payload type 13).
    pub fn insert_noise(&mut self, _sequence: i64, _timestamp: u32, _payload: &[u8], _now: Instant) {}

    /// Takes note of a packet that is no audio, a telephone event: it is not lost, and there is
    /// silence while it lasts.
    pub fn insert_event(&mut self, _sequence: i64, _timestamp: u32, _now: Instant) {}

    /// Fills all of `pcm`, 10 to 60 ms of it. The calls are the clock of the playout: as much audio
    /// is asked for as time passes.
    pub fn pull(&mut self, pcm: &mut [i16], _now: Instant) -> Pulled {
        let mut heard = Pulled::Silent;
        for sample in pcm {
            *sample = match self.pcm.pop_front() {
                Some(sample) => {
                    heard = Pulled::Speech;
                    sample
                }
                None => 0,
            };
        }
        heard
    }

    /// What was done to the stream so far.
    pub fn stats(&self) -> PlayoutStats {
        PlayoutStats::default()
    }
}

/// What [`Playout::pull`] filled in; the first of these that is true of any part of it:
/// `Concealed`, `Speech`, `Noise`, `Silent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// Nothing arrived yet, or the stream paused.
    Silent,
    /// What the far end sent.
    Speech,
    /// Audio that was lost or is late, made up from what came before.
    Concealed,
    /// Comfort noise that the far end described.
    Noise,
}

/// Figures of a playout since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PlayoutStats {
    /// How much audio was made up because packets were lost or late.
    pub concealed: Duration,
    /// How much lost audio came back from the redundancy of a later packet (Opus in-band FEC).
    pub recovered: Duration,
    /// Packets that came after their time.
    pub late: u64,
    /// How long after the earliest possible arrival audio is played.
    pub delay: Duration,
    /// What `delay` is steered to, given the jitter.
    pub target: Duration,
    /// How much audio was inserted or taken out to follow the sender's clock and the target.
    pub stretched: Duration,
    /// The smoothed level of what was pulled in dBFS; `None` before the first audio.
    pub level: Option<f32>,
}
