//! One received stream turned into steady PCM: jitter buffer, decoder, concealment.
//!
//! Packets come in as the network brings them, audio goes out as the clock asks for it. Each packet is
//! played a steady delay after the fastest could have come; the delay follows the jitter. It changes
//! in pauses of speech where it can, and by whole pitch periods elsewhere; the sender's clock is
//! followed the same way.
//!
//! A packet that is missing while a later one is here is concealed and its time is over. When nothing
//! is here, what is made up adds to the delay instead: late packets are then heard in full, and the
//! delay comes down again after them.

mod buffer;
mod delay;
mod level;
mod reservoir;
mod steer;
mod timeline;

#[cfg(test)]
mod channel;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use buffer::{Buffer, Inserted, Kind, Packet};
use delay::Delay;
use level::Level;
use reservoir::Reservoir;
use steer::{Direction, Need, Steer};
use timeline::{Clock, MS, Place, TICKS, Timeline};

use crate::codec::{Codec, Decoder, MAX_DTX_BYTES, has_fec, pitch};
use crate::dsp::noise::{Noise, NoiseGenerator};

/// No codec here needs longer packets.
const MAX_PAYLOAD: usize = 1_500;
/// What is made up when nothing comes, and then silence follows.
const MAX_WAIT: i64 = 60 * MS;
/// The same for Opus, whose own concealment fades by itself.
const MAX_WAIT_OPUS: i64 = 100 * MS;
/// The same in a pause that Opus announced, where it makes noise: an encoder says something each 400 ms.
const MAX_WAIT_DTX: i64 = 2_000 * MS;
/// Packets are given up when they would be played this much later than wanted.
const MAX_EXCESS: i64 = 250 * MS;
/// Between sounds that have nothing to do with each other.
const FADE: i64 = 5 * MS;
/// What Opus conceals is as long or a multiple.
const OPUS_PART: i64 = 10 * MS;
/// A longer gap is made up in parts.
const MAX_PART: i64 = 120 * MS;
/// The RTP clock of noise descriptions.
const NOISE_CLOCK: u32 = 8_000;
/// For so long after a loss, redundancy in the packets after it is waited for.
const LOSSY: i64 = 10_000 * MS;

/// The receiver of one stream.
pub struct Playout {
    /// Ticks for each sample.
    scale: i64,
    rate: u32,
    clock: Clock,
    timeline: Timeline,
    delay: Delay,
    buffer: Buffer,
    reservoir: Reservoir,
    steer: Steer,
    level: Level,
    decoder: Option<Decoder>,
    noise: NoiseGenerator,
    state: State,
    /// What the reservoir holds.
    holds: Pulled,
    /// Where the audio decoded last ends, in the stream's time.
    end: i64,
    /// How long the packet played last was.
    packet: i64,
    /// The last packet of Opus announced a pause.
    dtx: bool,
    /// An event came after the last audio.
    event: bool,
    /// Audio was left out before the next packet.
    spliced: bool,
    /// When the last packet was lost, and the last redundancy came.
    lost_at: Option<i64>,
    fec_at: Option<i64>,
    scratch: Vec<i16>,
    /// The longest of the last calls of `pull`, in ticks.
    longest: i64,
    /// In ticks.
    concealed: i64,
    recovered: i64,
    stretched: i64,
    late: u64,
    /// Between the fastest arrival and playing, at the last packet.
    played_after: i64,
}

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Silence until there is something to start with.
    Idle,
    /// One packet after the other.
    Playing,
    /// Nothing came in time: what could follow, made up for so many ticks.
    Waiting(i64),
    /// Comfort noise.
    Noise,
    /// A telephone event is on its way; silence.
    Event,
}

impl Playout {
    /// A playout without a stream yet. `rate` is that of the PCM wanted: 8,000, 16,000 or 48,000 Hz;
    /// `seed` is for the comfort noise.
    pub fn new(rate: u32, seed: u64) -> Self {
        Self {
            scale: (TICKS / i64::from(rate.max(1))).max(1),
            rate,
            clock: Clock::default(),
            timeline: Timeline::default(),
            delay: Delay::new(),
            buffer: Buffer::default(),
            reservoir: Reservoir::new(rate),
            steer: Steer::default(),
            level: Level::default(),
            decoder: None,
            noise: NoiseGenerator::new(rate, seed),
            state: State::Idle,
            holds: Pulled::Silent,
            end: 0,
            packet: 20 * MS,
            dtx: false,
            event: false,
            spliced: false,
            lost_at: None,
            fec_at: None,
            scratch: Vec::new(),
            longest: 0,
            concealed: 0,
            recovered: 0,
            stretched: 0,
            late: 0,
            played_after: 0,
        }
    }

    /// Takes an audio packet. `sequence` has its wraps counted; a number far from the last one is a
    /// stream that started anew. `marker` says that speech starts here (RFC 3551 section 4.1). Packets
    /// that cannot be used are dropped: duplicates, what is no packet of `codec`, what comes too late.
    pub fn insert(&mut self, codec: Codec, sequence: i64, timestamp: u32, marker: bool, payload: &[u8], now: Instant) {
        if payload.len() > MAX_PAYLOAD {
            return;
        }
        let Ok(duration) = codec.duration(payload) else {
            return;
        };
        let now = self.clock.ticks(now);
        let clock = codec.rtp_clock();
        let duration = i64::from(duration) * (TICKS / i64::from(clock));
        let place = self.timeline.place(sequence, timestamp, clock, duration, now, self.delay.fastest());
        self.delay.arrived(now - place.media, duration, now);
        if codec == Codec::Opus && has_fec(payload) {
            self.fec_at = Some(now);
        }
        self.put(Kind::Audio(codec), place, duration, marker, payload);
    }

    /// Takes a description of the noise that follows (RFC 3389, payload type 13).
    pub fn insert_noise(&mut self, sequence: i64, timestamp: u32, payload: &[u8], now: Instant) {
        if payload.len() > MAX_PAYLOAD {
            return;
        }
        let now = self.clock.ticks(now);
        let place = self.timeline.place(sequence, timestamp, NOISE_CLOCK, 0, now, self.delay.fastest());
        self.delay.arrived(now - place.media, 0, now);
        self.put(Kind::Noise, place, 0, false, payload);
    }

    /// Takes note of a packet that is no audio, a telephone event: it is not lost, and there is
    /// silence while it lasts.
    pub fn insert_event(&mut self, sequence: i64, timestamp: u32, now: Instant) {
        let now = self.clock.ticks(now);
        let place = self.timeline.place_aside(sequence, timestamp, now);
        self.put(Kind::Event, place, 0, false, &[]);
    }

    fn put(&mut self, kind: Kind, place: Place, duration: i64, marker: bool, payload: &[u8]) {
        if self.buffer.is_full() {
            // Nobody pulls, or far too slowly.
            self.late += 1;
            self.drop_front();
        }
        let Place { sequence, media } = place;
        let packet = Packet { kind, sequence, media, duration, marker, payload: Vec::new() };
        if self.buffer.insert(packet, payload) == Inserted::Late && duration > 0 {
            self.late += 1;
        }
    }

    /// Fills all of `pcm`, 10 to 60 ms of it. The calls are the clock of the playout: as much audio
    /// is asked for as time passes.
    pub fn pull(&mut self, pcm: &mut [i16], now: Instant) -> Pulled {
        let now = self.clock.ticks(now);
        let length = pcm.len() as i64 * self.scale;
        self.longest = length.max(self.longest - self.longest / 16);
        self.change_pace();
        let (mut filled, mut heard) = (0, Pulled::Silent);
        while filled < pcm.len() {
            if self.reservoir.len() == 0 {
                let left = pcm.len() - filled;
                self.refill(now, length, filled as i64 * self.scale, left);
            }
            let taken = self.reservoir.take(&mut pcm[filled..]);
            filled += taken;
            heard = heard.max(self.holds);
        }
        if heard != Pulled::Silent || self.level.is_some() {
            self.level.observe(pcm, length);
        }
        heard
    }

    /// Puts something into the empty reservoir, after `filled` ticks of a call for `length` at `now`;
    /// `left` samples of it are still wanted.
    fn refill(&mut self, now: i64, length: i64, filled: i64, left: usize) {
        loop {
            let Some(front) = self.buffer.front() else {
                return self.go_without(left);
            };
            let (kind, media, duration, marker) = (front.kind, front.media, front.duration, front.marker);
            let missing = self.buffer.missing_before(front.sequence);
            let gap = media - self.end;
            let waited = match self.state {
                State::Playing => Some(0),
                State::Waiting(waited) => Some(waited),
                State::Idle | State::Noise | State::Event => None,
            };
            if kind == Kind::Event {
                self.event = true;
                self.drop_front();
                continue;
            }
            if missing > 0 {
                self.lost_at = Some(now);
            }
            if let Some(waited) = waited
                && missing > 0
                && gap > waited
                && !marker
            {
                // Lost, or as good as lost: something later is here.
                return self.conceal_gap(gap, waited);
            }
            if kind == Kind::Noise {
                self.account(missing, gap);
                self.start_noise();
                if self.reservoir.len() > 0 {
                    return;
                }
                continue;
            }
            let target = self.target(now);
            let slack = now - self.delay.fastest().unwrap_or(0) - media;
            if slack > target + MAX_EXCESS && self.buffer.len() > 1 {
                self.late += 1;
                self.drop_front();
                self.spliced = true;
                continue;
            }
            let paused = waited.is_none() || gap > 0 && (missing <= 0 || marker);
            if paused && slack < target + steer::spread(duration, self.longest) {
                return self.go_without(left);
            }
            self.account(missing, gap);
            let after = slack + filled;
            if paused {
                self.steer = Steer::default();
                self.played_after = after;
            }
            self.played_after += (after - self.played_after) / 8;
            let mixed = self.longest > length;
            self.steer.needed(slack, filled, Need { packet: duration, pull: self.longest, target, mixed });
            return self.play();
        }
    }

    /// The delay wanted: what the jitter asks for, and where packets are lost that come again in the
    /// next one, that one.
    fn target(&self, now: i64) -> i64 {
        let lately = |at: Option<i64>| at.is_some_and(|at| now - at < LOSSY);
        let redundancy = if lately(self.lost_at) && lately(self.fec_at) { self.packet } else { 0 };
        self.delay.target() + redundancy
    }

    /// Goes past the next packet.
    fn drop_front(&mut self) {
        if let Some(packet) = self.buffer.pop() {
            if packet.duration > 0 {
                self.end = packet.media + packet.duration;
            }
            self.buffer.recycle(packet);
        }
    }

    /// Counts what was made up before a packet that is `gap` ticks after the audio before it, with
    /// `missing` packets between.
    fn account(&mut self, missing: i64, gap: i64) {
        self.concealed += match self.state {
            _ if missing > 0 => gap.clamp(0, missing.saturating_mul(self.packet)),
            // It was late.
            State::Waiting(waited) if gap <= 0 => waited,
            // The sender paused.
            _ => 0,
        };
    }

    /// Decodes the next packet, which is audio.
    fn play(&mut self) {
        let Some(packet) = self.buffer.pop() else {
            return;
        };
        let fade = self.samples(FADE);
        self.scratch.clear();
        match self.state {
            State::Noise => {
                self.scratch.resize(fade, 0);
                self.noise.fill(&mut self.scratch);
            }
            State::Idle | State::Event => self.scratch.resize(fade, 0),
            State::Playing | State::Waiting(_) => {}
        }
        if let Kind::Audio(codec) = packet.kind
            && self.decoder.as_ref().is_none_or(|decoder| decoder.codec() != codec)
        {
            if let Some(old) = &mut self.decoder
                && self.scratch.is_empty()
            {
                old.conceal(fade, &mut self.scratch);
            }
            self.decoder = Decoder::new(codec, self.rate).ok();
        }
        let start = self.reservoir.len();
        let samples = self.samples(packet.duration);
        let pcm = self.reservoir.tail();
        self.holds = Pulled::Concealed;
        if let Some(decoder) = &mut self.decoder {
            if std::mem::take(&mut self.spliced) && self.scratch.is_empty() {
                decoder.conceal(fade, pcm);
            }
            if decoder.decode(&packet.payload, pcm).is_ok() {
                self.holds = Pulled::Speech;
            } else {
                decoder.conceal(samples, pcm);
            }
        }
        let pending = self.reservoir.pending();
        pitch::crossfade(&self.scratch, pending.get_mut(start..).unwrap_or_default());
        if self.reservoir.len() == start {
            // Only without memory for a decoder.
            self.reservoir.append_silence(samples.max(1));
        }
        self.dtx = packet.kind == Kind::Audio(Codec::Opus) && packet.payload.len() <= MAX_DTX_BYTES;
        if self.dtx {
            self.holds = Pulled::Noise;
        }
        self.end = packet.media + packet.duration;
        self.packet = packet.duration;
        self.state = State::Playing;
        self.event = false;
        self.buffer.recycle(packet);
    }

    /// Makes up what was lost: `gap` ticks before the next packet, of which `waited` were made up.
    fn conceal_gap(&mut self, gap: i64, waited: i64) {
        let Some(front) = self.buffer.front() else {
            return;
        };
        let left = gap - waited;
        let last = left <= MAX_PART;
        let opus = self.decoder.as_ref().is_some_and(|decoder| decoder.codec() == Codec::Opus);
        let exact = if last { left } else { MAX_PART / 2 };
        // Opus makes whole parts only: the nearest number of them keeps time in the long run.
        let samples = self.samples(if opus { (exact + OPUS_PART / 2) / OPUS_PART * OPUS_PART } else { exact });
        let recoverable = last && front.kind == Kind::Audio(Codec::Opus) && left >= front.duration;
        let (mut recovered, before) = (0, self.reservoir.len());
        let pcm = self.reservoir.tail();
        match &mut self.decoder {
            Some(decoder) if recoverable && opus => {
                let found = decoder.recover(&front.payload, samples, pcm);
                recovered = if found { front.duration } else { 0 };
            }
            Some(decoder) => decoder.conceal(samples, pcm),
            None => {}
        }
        if self.reservoir.len() == before {
            self.reservoir.append_silence(samples);
        }
        if last {
            self.concealed += gap - recovered;
            self.recovered += recovered;
            self.end += gap;
            self.state = State::Playing;
        } else {
            self.state = State::Waiting(waited + MAX_PART / 2);
        }
        self.holds = if last && recovered == left { Pulled::Speech } else { Pulled::Concealed };
    }

    /// Nothing is here for the next `samples`.
    fn go_without(&mut self, samples: usize) {
        let waited = match self.state {
            State::Playing => 0,
            State::Waiting(waited) => waited,
            State::Noise => {
                self.holds = Pulled::Noise;
                let pcm = self.reservoir.append_silence(samples);
                return self.noise.fill(pcm);
            }
            State::Idle | State::Event => {
                self.holds = Pulled::Silent;
                self.reservoir.append_silence(samples);
                return;
            }
        };
        let codec = self.decoder.as_ref().map(Decoder::codec);
        let longest = match codec {
            _ if self.event => FADE,
            Some(Codec::Opus) if self.dtx => MAX_WAIT_DTX,
            Some(Codec::Opus) => MAX_WAIT_OPUS,
            _ => MAX_WAIT,
        };
        self.holds = if self.dtx { Pulled::Noise } else { Pulled::Concealed };
        let part = if self.event { self.samples(FADE) } else { samples };
        let start = self.reservoir.len();
        if let Some(decoder) = &mut self.decoder {
            decoder.conceal(part, self.reservoir.tail());
        }
        let made = self.reservoir.len() - start;
        if made == 0 {
            self.reservoir.append_silence(samples);
        }
        let waited = waited + made.max(1) as i64 * self.scale;
        self.state = State::Waiting(waited);
        if waited >= longest {
            let fade = self.samples(FADE);
            let pending = self.reservoir.pending();
            let last = pending.len().saturating_sub(fade);
            pitch::fade_out(&mut pending[last..]);
            self.state = if self.event { State::Event } else { State::Idle };
        }
    }

    /// The next packet describes noise, which starts here.
    fn start_noise(&mut self) {
        let Some(packet) = self.buffer.pop() else {
            return;
        };
        if let Some(noise) = Noise::parse(&packet.payload) {
            self.noise.set(&noise);
        }
        if self.state != State::Noise {
            let fade = self.samples(FADE);
            self.scratch.clear();
            match (&mut self.decoder, self.state) {
                (Some(decoder), State::Playing | State::Waiting(_)) => decoder.conceal(fade, &mut self.scratch),
                _ => self.scratch.resize(fade, 0),
            }
            let pcm = self.reservoir.append_silence(fade);
            self.noise.fill(pcm);
            pitch::crossfade(&self.scratch, pcm);
            self.holds = Pulled::Noise;
            self.state = State::Noise;
        }
        self.end = packet.media;
        self.event = false;
        self.buffer.recycle(packet);
    }

    /// Brings the delay nearer to its target by a pitch period, if it is time to.
    fn change_pace(&mut self) {
        if self.state != State::Playing {
            return;
        }
        let Some(change) = self.steer.change() else {
            return;
        };
        let wanted = self.reservoir.wanted();
        while self.reservoir.len() < wanted && self.follows() {
            self.play();
        }
        // A rest too short for any period is made up with one: the next packets even it out.
        let most = self.samples(change.most.max(steer::LEAST));
        let changed = match change.direction {
            Direction::Shorter => self.reservoir.compress(most, change.likeness),
            Direction::Longer => self.reservoir.expand(most, change.likeness),
        };
        self.stretched += changed as i64 * self.scale;
        self.steer.changed(changed > 0);
    }

    /// Whether the next packet continues what is decoded.
    fn follows(&self) -> bool {
        let codec = self.decoder.as_ref().map(Decoder::codec);
        self.buffer.front().is_some_and(|front| {
            matches!(front.kind, Kind::Audio(next) if Some(next) == codec)
                && self.buffer.missing_before(front.sequence) == 0
                && front.media == self.end
        })
    }

    fn samples(&self, ticks: i64) -> usize {
        usize::try_from(ticks / self.scale).unwrap_or(0)
    }

    /// What was done to the stream so far.
    pub fn stats(&self) -> PlayoutStats {
        let time = |ticks: i64| Duration::from_micros(u64::try_from(ticks * 1_000 / MS).unwrap_or(0));
        PlayoutStats {
            concealed: time(self.concealed),
            recovered: time(self.recovered),
            late: self.late,
            delay: time(self.played_after),
            target: time(self.delay.target()),
            stretched: time(self.stretched),
            level: self.level.dbfs(),
        }
    }
}

/// What [`Playout::pull`] filled in: of the parts of it, what comes last in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pulled {
    /// Nothing arrived yet, or the stream paused.
    Silent,
    /// Comfort noise that the far end described, or Opus' own in a pause.
    Noise,
    /// What the far end sent.
    Speech,
    /// Audio that was lost or is late, made up from what came before.
    Concealed,
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
    /// How long after the fastest packets arrive audio is played.
    pub delay: Duration,
    /// What the jitter asks `delay` to be. It is up to one `pull` more, for both come in steps.
    pub target: Duration,
    /// How much audio was put in or taken out to follow the sender's clock and the target.
    pub stretched: Duration,
    /// The level of what was pulled in dBFS, smoothed over half a second; 0 is a sine at full scale.
    /// `None` before the first audio.
    pub level: Option<f32>,
}
