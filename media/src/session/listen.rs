//! A leg's audio as PCM on a steady clock, for whoever wants it: the other leg's sender, a recorder, the search for
//! digits, a mixer.

use std::time::{Duration, Instant};

use super::end::{Way, pcm_rate};
use super::inbound::Converter;
use super::receive::Packet;
use super::sender::send_pcm;
use super::{DigitMethod, MAX_LATE, Session, Side, Source};
use crate::codec::Codec;
use crate::dtmf::inband::DigitDetector;
use crate::playout::Pulled;

/// Packets that are this much later than the first one are not late yet.
const SLACK: Duration = Duration::from_millis(2);
/// A stream from which nothing comes is silence for so long; then nothing is sent until it goes on. Opus that leaves
/// out pauses still sends every 400 ms (RFC 6716 section 2.1.9).
const MAX_SILENCE: Duration = Duration::from_secs(1);
/// The same where the far end described its noise: it may send nothing until somebody speaks (RFC 3389).
const MAX_NOISE: Duration = Duration::from_secs(60);
/// The steps of a mixer, and of playouts that nobody's packets set another pace for.
const FRAME: Duration = Duration::from_millis(20);

impl Session {
    /// The PCM rate in Hz that is wanted of a leg beside what is sent to the other; 0 when nobody wants any.
    pub(super) fn tapped(&self, side: Side, now: Instant) -> u32 {
        let end = &self.ends[side as usize];
        let mut rate = self.recording.as_ref().map_or(0, |recording| recording.rate());
        if self.searches_digits(side) {
            rate = rate.max(8_000);
        }
        match end.inbound.pulled {
            Some((_, mixer)) if end.inbound.is_pulled(now) => rate.max(mixer),
            _ => rate,
        }
    }

    /// Takes a packet of audio into the leg's playout, of which somebody wants `rate` Hz.
    pub(super) fn listen(&mut self, side: Side, rate: u32, codec: Codec, packet: &Packet<'_>, now: Instant) {
        let searches = self.searches_digits(side);
        let Self { ends, random, .. } = self;
        let end = &mut ends[side as usize];
        // More than the codec has would be made up.
        let own = if rate > 16_000 { codec.sample_rate() } else { pcm_rate(codec) };
        let new = end.inbound.listen(rate.min(own), || random.next_u64());
        if let Some(listening) = &mut end.inbound.listening {
            if searches && listening.detector.is_none() {
                listening.detector = Some(DigitDetector::new(listening.rate));
            }
            let header = &packet.header;
            listening.playout.insert(codec, packet.sequence, header.timestamp, header.marker, packet.payload, now);
        }
        if new {
            for to in self.listeners(side) {
                self.end(to).outbound.sender.change();
            }
        }
        let ticks = codec.duration(packet.payload).unwrap_or(0);
        self.wake(side, Duration::from_micros(u64::from(ticks) * 1_000_000 / u64::from(codec.rtp_clock())), now);
    }

    /// A packet of the stream that is no audio.
    pub(super) fn no_audio(&mut self, side: Side, packet: &Packet<'_>, now: Instant) {
        if let Some(listening) = &mut self.end(side).inbound.listening {
            listening.playout.insert_event(packet.sequence, packet.header.timestamp, now);
        }
    }

    /// Starts the clock of a playout that stands still: a packet of this length came.
    pub(super) fn wake(&mut self, side: Side, length: Duration, now: Instant) {
        let frame = self.frame(side);
        let Self { ends, raster, .. } = self;
        let inbound = &mut ends[side as usize].inbound;
        let pulled = inbound.is_pulled(now);
        if let Some(listening) = &mut inbound.listening
            && listening.next.is_none()
            && !pulled
        {
            // The first frame is complete when as much has come.
            listening.next = Some(raster.at_or_after(now + SLACK + frame.saturating_sub(length)));
        }
    }

    /// How much is pulled at a time: a packet's worth of the leg that hears it.
    fn frame(&self, side: Side) -> Duration {
        let to = self.listeners(side).last();
        to.map_or(FRAME, |to| self.ends[to as usize].ptime())
    }

    /// Pulls what is due and gives it to whoever wants it.
    pub(super) fn run_playout(&mut self, side: Side, now: Instant) {
        loop {
            let frame = self.frame(side);
            let Self { ends, raster, .. } = self;
            let inbound = &mut ends[side as usize].inbound;
            let since = inbound.reception.last_packet().map_or(Duration::MAX, |at| now.saturating_duration_since(at));
            let pulled_by_mixer = inbound.is_pulled(now);
            let Some(listening) = &mut inbound.listening else {
                return;
            };
            let Some(due) = listening.next.filter(|next| *next <= now) else {
                return;
            };
            if pulled_by_mixer {
                listening.next = None;
                return;
            }
            let late = now.saturating_duration_since(due) > MAX_LATE;
            listening.next = Some(if late { raster.at_or_after(now) } else { due } + frame);
            let pulled = self.pull(side, frame, now);
            let patience = if pulled == Pulled::Noise { MAX_NOISE } else { MAX_SILENCE };
            if since > patience {
                self.fall_silent(side);
                return;
            }
        }
    }

    /// Nothing comes from a leg any more: its clock stops, and nothing is sent of it.
    fn fall_silent(&mut self, side: Side) {
        if let Some(listening) = &mut self.end(side).inbound.listening {
            listening.next = None;
        }
        for to in self.listeners(side) {
            let outbound = &mut self.end(to).outbound;
            if outbound.next.is_none() {
                outbound.sender.stop();
            }
        }
    }

    /// Pulls a frame into `listening.pcm` and gives it to everybody but a mixer.
    fn pull(&mut self, side: Side, frame: Duration, now: Instant) -> Pulled {
        let Some(listening) = &mut self.end(side).inbound.listening else {
            return Pulled::Silent;
        };
        let rate = listening.rate;
        let mut pcm = std::mem::take(&mut listening.pcm);
        pcm.resize((rate as usize / 1_000) * frame.as_millis() as usize, 0);
        let pulled = listening.playout.pull(&mut pcm, now);
        self.search_digits(side, &pcm, now);
        if let Some(recording) = &mut self.recording {
            recording.said(side, &pcm, rate);
        }
        for to in self.listeners(side) {
            self.hear((side, to), &mut pcm, rate, pulled, now);
        }
        if let Some(listening) = &mut self.end(side).inbound.listening {
            listening.pcm = pcm;
        }
        pulled
    }

    /// Sends PCM of one leg to another that does not get its packets.
    fn hear(&mut self, (from, to): (Side, Side), pcm: &mut [i16], rate: u32, pulled: Pulled, now: Instant) {
        let Some(codec) = self.ends[from as usize].inbound.codec else {
            return;
        };
        let muted = self.is_muted(from, to);
        let Self { ends, queue, .. } = self;
        let end = &mut ends[to as usize];
        let Some((Way::Pcm(_), codec_out, payload_type)) = end.way(codec) else {
            return;
        };
        // A tone that takes the audio's place has a clock of its own. A stream that has not begun starts with a voice.
        if end.outbound.tones.is_some() || (pulled == Pulled::Silent && !end.outbound.sender.is_running()) {
            return;
        }
        if muted {
            end.outbound.sender.change();
            pcm.fill(0);
        }
        send_pcm((to, end), queue, (codec_out, payload_type), (pcm, rate), true, now);
    }

    /// Fills `pcm` with 10 to 60 ms of what comes from a leg, at `rate` Hz (8,000, 16,000 or 48,000), for a mixer that
    /// calls this on a steady clock. `false` when there is nothing but silence.
    pub fn pull_audio(&mut self, side: Side, pcm: &mut [i16], rate: u32, now: Instant) -> bool {
        self.now = Some(now);
        let inbound = &mut self.end(side).inbound;
        inbound.pulled = Some((now, rate));
        if inbound.listening.is_none() || rate == 0 {
            pcm.fill(0);
            return false;
        }
        let frame = Duration::from_millis((pcm.len() as u64 * 1_000 / u64::from(rate)).clamp(10, 60));
        let pulled = self.pull(side, frame, now);
        let Some(listening) = &mut self.end(side).inbound.listening else {
            return false;
        };
        // The mixer is the clock.
        listening.next = None;
        let converter = Converter::between(&mut listening.mixer, listening.rate, rate);
        converter.push(&listening.pcm);
        converter.pull(pcm);
        pulled != Pulled::Silent
    }

    /// A mixer wants no more of a leg, whose audio goes on by its own clock where anybody else wants it.
    pub fn end_pull(&mut self, side: Side, now: Instant) {
        self.now = Some(now);
        if self.end(side).inbound.pulled.take().is_some() {
            self.wake(side, Duration::ZERO, now);
        }
    }

    /// Gives 10 to 60 ms of audio at `rate` Hz to a leg whose source is [`Source::Mix`]; any other leg ignores it.
    pub fn push_audio(&mut self, side: Side, pcm: &[i16], rate: u32, now: Instant) {
        self.now = Some(now);
        let Self { ends, queue, .. } = self;
        let end = &mut ends[side as usize];
        if !matches!(end.outbound.source, Source::Mix) || end.outbound.tones.is_some() {
            return;
        }
        if let Some(format) = end.outgoing(end.outbound.codec.or(end.inbound.codec)) {
            send_pcm((side, end), queue, format, (pcm, rate), false, now);
        }
    }

    /// The rate in Hz at which a leg loses nothing, for a mixer: 8,000 with G.711, 16,000 with G.722 and Opus. `None`
    /// without a leg.
    pub fn audio_rate(&self, side: Side) -> Option<u32> {
        self.ends[side as usize].spoken().map(pcm_rate)
    }
}

impl Session {
    /// Whether digits are looked for in the audio of a leg. Where the other leg takes them as tones, too, they go there as
    /// they are: looking for them costs more than the rest of a relayed call.
    pub(super) fn searches_digits(&self, side: Side) -> bool {
        let (end, other) = (&self.ends[side as usize], &self.ends[side.other() as usize]);
        let as_tones = other.leg.is_some() && other.digit_method() == DigitMethod::Tones;
        end.policy.detect && !as_tones && !end.inbound.presses.come_as_events()
    }
}
