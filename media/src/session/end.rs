//! The state of one leg within a session: what comes from it, and what goes to it.

use std::time::{Duration, Instant};

use super::inbound::Inbound;
use super::sender::Sender;
use super::watch::Watch;
use super::{DigitMethod, DigitPolicy, Leg, LegStats, Source};
use crate::codec::{Codec, Transcoder};
use crate::dtmf::DigitSender;
use crate::dtmf::inband::ToneSender;
use crate::random::Random;
use crate::rtcp::Reports;
use crate::rtp_leg::Incoming;
use crate::stream::OutStream;

/// A leg, what comes from it and what goes to it.
#[derive(Default)]
pub(super) struct End {
    pub(super) leg: Option<Leg>,
    pub(super) inbound: Inbound,
    pub(super) outbound: Outbound,
    pub(super) reports: Option<Reports>,
    pub(super) policy: DigitPolicy,
    pub(super) watch: Watch,
}

/// The sending half of a leg.
#[derive(Default)]
pub(super) struct Outbound {
    pub(super) source: Source,
    /// The numbers of what is sent; present whenever there is a leg.
    pub(super) stream: Option<OutStream>,
    /// For all that is made here.
    pub(super) sender: Sender,
    /// Digits as telephone events.
    pub(super) digits: DigitSender,
    /// Digits as tones, and the rate of their PCM in Hz; present while there are any.
    pub(super) tones: Option<(ToneSender, u32)>,
    /// When the next frame of a sound made here is due: on a steady grid, so that late calls do not add up.
    pub(super) next: Option<Instant>,
    pub(super) pcm: Vec<i16>,
    /// The codec sent last.
    pub(super) codec: Option<Codec>,
    /// What comes and what becomes of it, while audio is converted.
    pub(super) converted: Option<(Codec, Codec)>,
    /// Between the two laws of G.711, packet by packet.
    pub(super) laws: Option<Transcoder>,
    /// The telephone event that is passed on beside audio made here.
    pub(super) event: Option<PassedEvent>,
    /// The last octet of G.711 relayed.
    pub(super) relayed: Option<(Codec, u8)>,
}

/// A telephone event on its way from one leg to the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct PassedEvent {
    /// Source and timestamp that name it where it comes from.
    pub(super) key: (u32, u32),
    pub(super) start: Instant,
    pub(super) timestamp: u32,
    /// Packets that say its end.
    pub(super) ends: u8,
    /// Audio is held back until then.
    pub(super) until: Instant,
}

/// How audio gets from one leg to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is.
    Relay,
    /// Octet by octet, between the two laws of G.711.
    Laws,
    /// Through PCM at this rate in Hz or more.
    Pcm(u32),
}

impl End {
    pub(super) fn install(&mut self, mut leg: Leg, random: &mut Random, now: Instant) {
        let mut reports = Reports::new(random, now);
        let ssrc = match &mut leg {
            Leg::Rtp(leg) => {
                leg.start(now);
                random.ssrc()
            }
            Leg::WebRtc(leg) => {
                reports = reports.named(leg.cname());
                leg.ssrc()
            }
        };
        self.outbound.stream = Some(OutStream::new(ssrc, random.next_u32() as u16, random.next_u32()));
        self.reports = Some(reports);
        self.leg = Some(leg);
        self.watch.installed(now);
    }

    /// Everything goes but the source, how digits are treated, and whether audio is expected.
    pub(super) fn remove(&mut self) {
        let source = std::mem::take(&mut self.outbound.source);
        let outbound = Outbound { source, ..Outbound::default() };
        *self = Self { outbound, policy: self.policy, watch: self.watch.without_leg(), ..Self::default() };
    }

    /// The leg goes, with all that belongs to it; the source stays, and whether audio is expected.
    pub(super) fn take(&mut self) -> Self {
        let source = std::mem::take(&mut self.outbound.source);
        let watch = self.watch.without_leg();
        let outbound = Outbound { source, ..Outbound::default() };
        std::mem::replace(self, Self { outbound, watch, ..Self::default() })
    }

    /// A leg comes from elsewhere, in place of none.
    pub(super) fn put(&mut self, taken: Self, now: Instant) {
        let source = std::mem::take(&mut self.outbound.source);
        let mut watch = self.watch.without_leg();
        watch.installed(now);
        let mut outbound = Outbound { source, next: None, event: None, ..taken.outbound };
        outbound.change();
        let mut inbound = taken.inbound;
        if !matches!(outbound.source, Source::Mix) {
            inbound.pulled = None;
        }
        *self = Self { inbound, outbound, watch, ..taken };
    }

    pub(super) fn set_source(&mut self, source: Source) {
        self.outbound.source = source;
        self.outbound.change();
    }

    /// The leg across was replaced: its audio starts anew.
    pub(super) fn peer_changed(&mut self) {
        self.outbound.change();
    }

    /// What a payload type means when it comes from this leg.
    pub(super) fn incoming(&self, payload_type: u8) -> Option<Incoming> {
        self.leg.as_ref()?.incoming(payload_type)
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

    /// How what comes as `codec` gets to this leg, and as what.
    pub(super) fn way(&self, codec: Codec) -> Option<(Way, Codec, u8)> {
        let (to, payload_type) = self.outgoing(Some(codec))?;
        let way = if codec == to {
            Way::Relay
        } else if codec.sample_rate() == 8_000 && to.sample_rate() == 8_000 {
            Way::Laws
        } else {
            Way::Pcm(pcm_rate(codec).min(pcm_rate(to)))
        };
        Some((way, to, payload_type))
    }

    /// The codec that comes from this leg, or will.
    pub(super) fn spoken(&self) -> Option<Codec> {
        self.inbound.codec.or_else(|| match self.leg.as_ref()? {
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
            Leg::WebRtc(leg) => leg.event(self.outbound.codec.or_else(|| leg.codecs().next())?),
        }
    }

    /// Payload type of the comfort noise sent to this leg, where it was agreed.
    pub(super) fn noise_format(&self) -> Option<u8> {
        match self.leg.as_ref()? {
            Leg::Rtp(leg) => leg.negotiated().comfort_noise.map(|(send, _)| send),
            Leg::WebRtc(_) => None,
        }
    }

    /// Audio per packet made for this leg: whole 10 ms, which every codec takes.
    pub(super) fn ptime(&self) -> Duration {
        let agreed = self.leg.as_ref().map_or(20, |leg| leg.ptime().as_millis() as u64);
        Duration::from_millis(agreed.clamp(10, 60) / 10 * 10)
    }

    /// How digits are sent to this leg.
    pub(super) fn digit_method(&self) -> DigitMethod {
        match self.policy.send {
            DigitMethod::Events if self.event_format().is_none() => DigitMethod::Tones,
            method => method,
        }
    }

    /// Whether the agreed direction lets us send.
    pub(super) fn may_send(&self) -> bool {
        self.leg.as_ref().is_some_and(Leg::may_send)
    }

    pub(super) fn report_at(&self) -> Option<Instant> {
        self.reports.as_ref().map(Reports::deadline)
    }

    pub(super) fn timeout(&self, now: Option<Instant>) -> Option<Instant> {
        [
            self.leg.as_ref()?.timeout(),
            self.outbound.next,
            self.inbound.listening.as_ref().and_then(|listening| listening.next),
            now.and_then(|now| self.outbound.digits.deadline(now)),
            self.inbound.digits.deadline(),
            self.report_at(),
            self.watch.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What was counted; the rest of the figures follows from it.
    pub(super) fn stats(&self) -> LegStats {
        let (packets_out, bytes_out) = self.outbound.stream.as_ref().map_or((0, 0), OutStream::sent);
        let reception = &self.inbound.reception;
        let (playout, listening) = self.inbound.playout_stats();
        LegStats {
            packets_in: reception.received(),
            bytes_in: self.inbound.bytes,
            packets_out,
            bytes_out,
            lost: reception.lost().max(0) as u64,
            late: playout.late,
            jitter: Duration::from_secs_f64(reception.jitter()),
            playout_delay: listening.then_some(playout.delay),
            concealed: playout.concealed,
            level: playout.level,
            transcoded: self.outbound.converted.is_some(),
            last_packet: reception.last_packet(),
            codec: self.inbound.codec,
            codec_out: self.outbound.codec,
            ..LegStats::default()
        }
    }
}

impl Outbound {
    /// Another sound follows: numbers and time go on.
    pub(super) fn change(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.restart();
        }
        self.sender.change();
        self.converted = None;
        self.laws = None;
    }

    /// Whether digits take the place of audio.
    pub(super) fn is_dialling(&self) -> bool {
        self.digits.is_sending() || self.tones.is_some()
    }

    /// Whether a telephone event that is passed on takes the place of audio.
    pub(super) fn passes_event(&self, now: Instant) -> bool {
        self.event.is_some_and(|event| now < event.until)
    }

    /// Notes what becomes of what comes. True where that is new and a conversion.
    pub(super) fn converts(&mut self, from: Codec, to: Codec) -> bool {
        let converted = (from != to).then_some((from, to));
        std::mem::replace(&mut self.converted, converted) != converted && converted.is_some()
    }
}

/// The PCM rate in Hz at which a codec loses nothing of a voice.
pub(super) fn pcm_rate(codec: Codec) -> u32 {
    codec.sample_rate().min(16_000)
}

impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("End")
            .field("leg", &self.leg)
            .field("source", &self.outbound.source)
            .field("codec_in", &self.inbound.codec)
            .field("codec_out", &self.outbound.codec)
            .finish_non_exhaustive()
    }
}
