//! Packets of one leg to the other as they are: at once, loss and order kept, nothing allocated.

use std::time::Instant;

use super::end::Way;
use super::receive::Packet;
use super::send::send;
use super::{DigitMethod, Event, Session, Side};
use crate::codec::{Codec, Transcoder};
use crate::stream::Origin;

impl Session {
    /// Relays audio, between the two laws of G.711 octet by octet.
    pub(super) fn relay_audio(
        &mut self,
        (from, to): (Side, Side),
        way: Way,
        codec: Codec,
        (codec_out, payload_type): (Codec, u8),
        packet: &Packet<'_>,
        now: Instant,
    ) {
        let muted = self.is_muted(from, to);
        let Self { ends, queue, .. } = self;
        let end = &mut ends[to as usize];
        let may_send = end.may_send() && !end.outbound.is_dialling() && !muted;
        let outbound = &mut end.outbound;
        let Some(stream) = &mut outbound.stream else {
            return;
        };
        if !may_send {
            // What is left out on purpose must not look lost to the receiver.
            stream.skip();
            return;
        }
        let origin = Origin { ssrc: packet.header.ssrc, clock_in: codec.rtp_clock(), clock_out: codec_out.rtp_clock() };
        let Some(mut numbers) = stream.relay(origin, packet.sequence, packet.header.timestamp, now) else {
            return;
        };
        numbers.marker |= packet.header.marker;
        if outbound.converts(codec, codec_out) {
            queue.event(Event::Transcoding { side: to, from: codec, to: codec_out });
        }
        let mut laws = if way == Way::Laws { outbound.laws(codec, codec_out) } else { None };
        let joined = if outbound.sender.is_running() {
            let mut payload = Vec::with_capacity(packet.payload.len());
            match &mut laws {
                Some(laws) => {
                    let _ = laws.transcode(packet.payload, &mut payload);
                }
                None => payload.extend_from_slice(packet.payload),
            }
            outbound.sender.hand_over(codec_out, &payload)
        } else {
            None
        };
        let sent = send(to, end, queue, payload_type, numbers, now, |buffer| match (&joined, &mut laws) {
            (Some(joined), _) => {
                buffer.extend_from_slice(joined);
                true
            }
            (None, Some(laws)) => laws
                .transcode(packet.payload, buffer)
                .inspect_err(|error| tracing::trace!(%error, "packet not converted"))
                .is_ok(),
            (None, None) => {
                buffer.extend_from_slice(packet.payload);
                true
            }
        });
        let outbound = &mut end.outbound;
        outbound.relayed = packet.payload.last().filter(|_| codec.sample_rate() == 8_000).map(|&last| (codec, last));
        if laws.is_some() {
            outbound.laws = laws;
        }
        if sent {
            outbound.codec = Some(codec_out);
            if let (Some(stream), Ok(length)) = (&mut outbound.stream, codec.duration(packet.payload)) {
                // Both clocks are the same: only equal codecs and the two laws are relayed.
                stream.lasts(length);
            }
        }
    }

    /// Relays a description of noise, in the numbers and time of the audio around it.
    pub(super) fn relay_noise(&mut self, to: Side, payload_type: u8, packet: &Packet<'_>, now: Instant) {
        let Self { ends, queue, .. } = self;
        let end = &mut ends[to as usize];
        let may_send = end.may_send() && !end.outbound.is_dialling();
        let Some(stream) = &mut end.outbound.stream else {
            return;
        };
        let origin = Origin { ssrc: packet.header.ssrc, clock_in: 8_000, clock_out: 8_000 };
        let numbers = if may_send {
            stream.relay(origin, packet.sequence, packet.header.timestamp, now)
        } else {
            stream.skip();
            None
        };
        if let Some(mut numbers) = numbers {
            numbers.marker = packet.header.marker;
            send(to, end, queue, payload_type, numbers, now, |buffer| {
                buffer.extend_from_slice(packet.payload);
                true
            });
        }
    }

    /// Whether a digit that is heard in the audio of `from` is kept from `to`, which gets it otherwise.
    pub(super) fn is_muted(&self, from: Side, to: Side) -> bool {
        let Some(listening) = &self.ends[from as usize].inbound.listening else {
            return false;
        };
        let sounding = listening.detector.as_ref().is_some_and(|detector| detector.current().is_some());
        sounding && from != to && self.ends[to as usize].digit_method() != DigitMethod::Tones
    }
}

impl super::end::Outbound {
    /// The converter between two laws, taken out.
    fn laws(&mut self, from: Codec, to: Codec) -> Option<Transcoder> {
        let laws = self.laws.take().filter(|laws| (laws.from(), laws.to()) == (from, to));
        laws.or_else(|| Transcoder::new(from, to).ok())
    }
}
