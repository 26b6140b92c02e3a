//! The state of one leg within a session.

use std::time::{Duration, Instant};

use super::watch::Watch;
use super::{Leg, LegStats, Source};
use crate::codec::{Codec, Encoder, Transcoder};
use crate::dtmf::{DigitReceiver, DigitSender};
use crate::random::Random;
use crate::reception::Reception;
use crate::rtcp::Reports;
use crate::rtp_leg::Incoming;
use crate::stream::OutStream;

/// Audio per packet of a tone.
pub(super) const TONE_FRAME: Duration = Duration::from_millis(20);

/// A leg, what comes from it and what goes to it.
#[derive(Default)]
pub(super) struct End {
    pub(super) leg: Option<Leg>,
    pub(super) source: Source,
    /// What is sent; present whenever there is a leg.
    pub(super) out: Option<OutStream>,
    pub(super) reception: Reception,
    pub(super) digits_in: DigitReceiver,
    pub(super) digits_out: DigitSender,
    /// Towards this leg.
    pub(super) transcoder: Option<Transcoder>,
    pub(super) tone: Option<TonePlayer>,
    pub(super) reports: Option<Reports>,
    pub(super) codec_in: Option<Codec>,
    pub(super) codec_out: Option<Codec>,
    pub(super) bytes_in: u64,
    pub(super) watch: Watch,
    /// The payload being made for a WebRTC leg.
    pub(super) scratch: Vec<u8>,
}

/// Paces a tone.
pub(super) struct TonePlayer {
    pub(super) encoder: Option<Encoder>,
    pub(super) pcm: Vec<i16>,
    pub(super) payload: Vec<u8>,
    /// When the next frame is due: on a fixed grid, so that late calls do not add up.
    pub(super) next: Instant,
    /// Timestamp of the next frame.
    pub(super) timestamp: Option<u32>,
}

impl End {
    pub(super) fn install(&mut self, mut leg: Leg, random: &mut Random, now: Instant) {
        let ssrc = match &mut leg {
            Leg::Rtp(leg) => {
                leg.start(now);
                random.ssrc()
            }
            Leg::WebRtc(leg) => leg.ssrc(),
        };
        self.out = Some(OutStream::new(ssrc, random.next_u32() as u16, random.next_u32()));
        self.reports = matches!(leg, Leg::Rtp(_)).then(|| Reports::new(random, now));
        self.leg = Some(leg);
        self.watch.installed(now);
        self.start_tone(now);
    }

    /// Everything goes but the source and whether audio is expected.
    pub(super) fn remove(&mut self) {
        let source = std::mem::take(&mut self.source);
        *self = Self { source, watch: self.watch.without_leg(), ..Self::default() };
    }

    pub(super) fn set_source(&mut self, source: Source, now: Instant) {
        self.source = source;
        if let Some(out) = &mut self.out {
            out.restart();
        }
        self.transcoder = None;
        self.start_tone(now);
    }

    /// The leg across was replaced: its audio starts anew.
    pub(super) fn peer_changed(&mut self) {
        if let Some(out) = &mut self.out {
            out.restart();
        }
        self.transcoder = None;
    }

    fn start_tone(&mut self, now: Instant) {
        self.tone = (matches!(self.source, Source::Tone(_)) && self.leg.is_some()).then(|| TonePlayer {
            encoder: None,
            pcm: Vec::new(),
            payload: Vec::new(),
            next: now,
            timestamp: None,
        });
    }

    /// What a payload type means when it comes from this leg.
    pub(super) fn incoming(&self, payload_type: u8) -> Option<Incoming> {
        match self.leg.as_ref()? {
            Leg::Rtp(leg) => leg.incoming(payload_type),
            Leg::WebRtc(leg) => leg.incoming(payload_type),
        }
    }

    /// The codec and payload type in which `codec` is sent to this leg: itself when the leg
    /// agreed to it, since relaying costs nothing, else the leg's first.
    pub(super) fn outgoing(&self, codec: Option<Codec>) -> Option<(Codec, u8)> {
        match self.leg.as_ref()? {
            Leg::Rtp(leg) => {
                let agreed = leg.negotiated();
                Some((agreed.codec, agreed.payload_type))
            }
            Leg::WebRtc(leg) => {
                let same = codec.and_then(|codec| Some((codec, leg.payload_type(codec)?)));
                same.or_else(|| {
                    let first = leg.codecs().next()?;
                    Some((first, leg.payload_type(first)?))
                })
            }
        }
    }

    /// The codec that comes from this leg, or will.
    pub(super) fn spoken(&self) -> Option<Codec> {
        self.codec_in.or_else(|| match self.leg.as_ref()? {
            Leg::Rtp(leg) => Some(leg.negotiated().codec),
            Leg::WebRtc(leg) => leg.codecs().next(),
        })
    }

    /// Payload type and clock of the telephone events sent to this leg.
    pub(super) fn event_format(&self) -> Option<(u8, u32)> {
        match self.leg.as_ref()? {
            Leg::Rtp(leg) => {
                let (send, _, clock) = leg.negotiated().telephone_event?;
                Some((send, clock))
            }
            Leg::WebRtc(leg) => leg.event(self.codec_out.or_else(|| leg.codecs().next())?),
        }
    }

    /// Whether the agreed direction lets us send.
    pub(super) fn may_send(&self) -> bool {
        match &self.leg {
            Some(Leg::Rtp(leg)) => leg.negotiated().direction.sends() && leg.remote().is_some(),
            Some(Leg::WebRtc(leg)) => leg.sends() && leg.is_connected(),
            None => false,
        }
    }

    pub(super) fn report_at(&self) -> Option<Instant> {
        self.reports.as_ref().map(Reports::deadline)
    }

    pub(super) fn timeout(&self, now: Option<Instant>) -> Option<Instant> {
        let leg = match self.leg.as_ref()? {
            Leg::Rtp(leg) => leg.timeout(),
            Leg::WebRtc(leg) => leg.timeout(),
        };
        [
            leg,
            self.tone.as_ref().map(|tone| tone.next),
            now.and_then(|now| self.digits_out.deadline(now)),
            self.digits_in.deadline(),
            self.report_at(),
            self.watch.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What was counted; the rest of the figures follows from it.
    pub(super) fn stats(&self) -> LegStats {
        let (packets_out, bytes_out) = self.out.as_ref().map_or((0, 0), OutStream::sent);
        LegStats {
            packets_in: self.reception.received(),
            bytes_in: self.bytes_in,
            packets_out,
            bytes_out,
            lost: self.reception.lost().max(0) as u64,
            jitter: Duration::from_secs_f64(self.reception.jitter()),
            last_packet: self.reception.last_packet(),
            codec: self.codec_in,
            codec_out: self.codec_out,
            ..LegStats::default()
        }
    }
}

impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("End")
            .field("leg", &self.leg)
            .field("source", &self.source)
            .field("codec_in", &self.codec_in)
            .field("codec_out", &self.codec_out)
            .finish_non_exhaustive()
    }
}
