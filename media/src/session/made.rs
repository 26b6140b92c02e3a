//! Sounds made here: tones, clips, and digits as tones, on a clock of their own.

use std::time::{Duration, Instant};

use super::end::Outbound;
use super::sender::send_pcm;
use super::{Event, MAX_LATE, Session, Side, Source};

/// What a frame was filled with.
enum Filled {
    /// At this rate in Hz.
    Sound(u32),
    /// The last of a clip, at this rate in Hz.
    End(u32),
    /// There is nothing to play.
    Nothing,
}

impl Session {
    /// Starts the clock of what is made here for a leg, where there is anything and it does not run.
    pub(super) fn start_made(&mut self, side: Side, now: Instant) {
        let Self { ends, raster, .. } = self;
        let end = &mut ends[side as usize];
        let made = matches!(end.outbound.source, Source::Tone(_) | Source::Clip(_)) || end.outbound.tones.is_some();
        if !made || end.leg.is_none() {
            end.outbound.next = None;
        } else if end.outbound.next.is_none() {
            end.outbound.next = Some(raster.at_or_after(now));
        }
    }

    /// Sends the frames that are due of what is made here.
    pub(super) fn run_made(&mut self, side: Side, now: Instant) {
        loop {
            // What the peer speaks is what will be relayed after the sound.
            let peer_codec = self.ends[side.other() as usize].spoken();
            let Self { ends, queue, raster, .. } = self;
            let end = &mut ends[side as usize];
            let Some(due) = end.outbound.next.filter(|next| *next <= now) else {
                return;
            };
            let frame = end.ptime();
            let late = now.saturating_duration_since(due) > MAX_LATE;
            end.outbound.next = Some(if late { raster.at_or_after(now) } else { due } + frame);
            let mut pcm = std::mem::take(&mut end.outbound.pcm);
            let format = end.outgoing(end.outbound.codec.or(peer_codec));
            // Also while nothing may be sent, so that a cadence goes on.
            let filled = end.outbound.fill(frame, &mut pcm);
            if let (Filled::Sound(rate) | Filled::End(rate), Some(format)) = (&filled, format) {
                send_pcm((side, end), queue, format, (&pcm, *rate), false, now);
            }
            end.outbound.pcm = pcm;
            match filled {
                Filled::Sound(_) => {}
                Filled::End(_) => {
                    end.outbound.source = Source::Silence;
                    end.outbound.next = None;
                    end.outbound.sender.stop();
                    queue.event(Event::Played(side));
                }
                // Its place is the peer's again, whose packets may go on at once.
                Filled::Nothing => end.outbound.next = None,
            }
        }
    }
}

impl Outbound {
    /// Fills a frame with what is made here: digits before anything else.
    fn fill(&mut self, frame: Duration, pcm: &mut Vec<i16>) -> Filled {
        let samples = |rate: u32| (rate as usize / 1_000) * frame.as_millis() as usize;
        if let Some((tones, rate)) = &mut self.tones {
            let rate = *rate;
            pcm.resize(samples(rate), 0);
            if !tones.fill(pcm) {
                self.tones = None;
                self.sender.change();
            }
            return Filled::Sound(rate);
        }
        match &mut self.source {
            Source::Tone(tone) => {
                let rate = tone.sample_rate();
                pcm.resize(samples(rate), 0);
                tone.fill(pcm);
                Filled::Sound(rate)
            }
            Source::Clip(player) => {
                let rate = player.rate();
                pcm.resize(samples(rate), 0);
                if player.fill(pcm) { Filled::Sound(rate) } else { Filled::End(rate) }
            }
            _ => Filled::Nothing,
        }
    }
}
