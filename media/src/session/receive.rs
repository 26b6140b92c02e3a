//! The way in: a packet is recognised and goes to whoever hears it.

use std::net::SocketAddr;
use std::time::Instant;

use super::copies::Wire;
use super::end::Way;
use super::{Channel, Event, Session, Side, Source};
use crate::codec::Codec;
use crate::reception::Arrival;
use crate::rtp::RtpHeader;
use crate::rtp_leg::{Incoming, OpenedPacket};
use crate::webrtc::Polled;

/// A packet on its way through.
pub(super) struct Packet<'a> {
    pub(super) header: RtpHeader,
    pub(super) payload: &'a [u8],
    /// Sequence number with its wraps counted.
    pub(super) sequence: i64,
}

impl Session {
    /// A datagram on a socket of a leg.
    pub(super) fn datagram(&mut self, side: Side, channel: Channel, from: SocketAddr, datagram: &[u8], now: Instant) {
        let Self { ends, queue, .. } = self;
        let end = &mut ends[side as usize];
        let Some(leg) = &mut end.leg else {
            return;
        };
        let Some(opened) = leg.open(channel, from, datagram, now) else {
            return self.run_leg(side);
        };
        let clear = opened.clear.as_deref().unwrap_or(datagram);
        if let Some(copies) = &mut queue.copies {
            let payload = match &opened.packet {
                OpenedPacket::Rtp(_, payload) => Some(payload.start),
                OpenedPacket::Rtcp => None,
            };
            copies.add(leg, Wire { side, channel, remote: from, sent: false }, payload, clear);
        }
        match opened.packet {
            OpenedPacket::Rtcp => {
                if let (Some(reports), Some(out)) = (&mut end.reports, &end.outbound.stream) {
                    reports.read(clear, out.ssrc(), now);
                }
            }
            OpenedPacket::Rtp(header, payload) => self.media(side, header, &clear[payload], now),
        }
        if let Some(leg) = &mut self.end(side).leg {
            leg.recycle(opened.clear);
        }
    }

    /// Sends and tells what a leg has to say of its own accord: a handshake, and how its connection does.
    pub(super) fn run_leg(&mut self, side: Side) {
        let Self { ends, queue, .. } = self;
        let Some(leg) = &mut ends[side as usize].leg else {
            return;
        };
        loop {
            match leg.poll() {
                Polled::Transmit(channel, to, bytes) => {
                    queue.datagram((side, channel, to), |buffer| {
                        buffer.extend_from_slice(&bytes);
                        true
                    });
                }
                Polled::Connected => queue.event(Event::Connected(side)),
                Polled::Lost => queue.event(Event::Lost(side)),
                Polled::Idle => return,
            }
        }
    }

    /// An RTP packet from a leg, its sender known to be right.
    fn media(&mut self, side: Side, header: RtpHeader, payload: &[u8], now: Instant) {
        let end = self.end(side);
        let Some(incoming) = end.incoming(header.payload_type) else {
            return;
        };
        let clock = match incoming {
            Incoming::Audio(codec) => Some(codec.rtp_clock()),
            Incoming::Event(_) | Incoming::Noise => None,
        };
        let inbound = &mut end.inbound;
        let first = inbound.reception.last_packet().is_none();
        let Arrival::New { sequence, .. } = inbound.reception.packet(&header, clock, now) else {
            return;
        };
        inbound.bytes += payload.len() as u64;
        self.heard(side, incoming == Incoming::Noise);
        let packet = &Packet { header, payload, sequence };
        if payload.is_empty() {
            // A packet that keeps a NAT open.
            self.no_audio(side, packet, now);
            for to in self.listeners(side) {
                self.skip(to);
            }
            return;
        }
        if first {
            self.queue.event(Event::FirstPacket(side));
            if let Some(crate::Leg::Rtp(leg)) = &self.ends[side as usize].leg
                && let Some((agreed, from)) = leg.moved()
            {
                self.queue.event(Event::OtherSource { side, agreed, from });
            }
        }
        match incoming {
            Incoming::Audio(codec) => self.audio(side, codec, packet, now),
            Incoming::Noise => self.noise(side, packet, now),
            Incoming::Event(clock) => self.telephone_event(side, clock, packet, now),
        }
    }

    /// Audio: relayed at once where the far side speaks the same, and decoded where anybody wants PCM.
    fn audio(&mut self, side: Side, codec: Codec, packet: &Packet<'_>, now: Instant) {
        let mut rate = self.tapped(side, now);
        self.end(side).inbound.codec = Some(codec);
        for to in self.listeners(side) {
            match self.ends[to as usize].way(codec) {
                Some((Way::Pcm(least), codec_out, _)) => {
                    rate = rate.max(least);
                    if self.end(to).outbound.converts(codec, codec_out) {
                        self.queue.event(Event::Transcoding { side: to, from: codec, to: codec_out });
                    }
                }
                Some((way, codec_out, payload_type)) => {
                    self.relay_audio((side, to), way, codec, (codec_out, payload_type), packet, now);
                }
                None => {}
            }
        }
        let inbound = &mut self.end(side).inbound;
        if rate > 0 {
            self.listen(side, rate, codec, packet, now);
        } else {
            inbound.stop_listening();
            inbound.look_at(codec, packet.payload);
        }
    }

    /// A description of the noise where nobody speaks (RFC 3389).
    fn noise(&mut self, side: Side, packet: &Packet<'_>, now: Instant) {
        let inbound = &mut self.end(side).inbound;
        let codec = inbound.codec;
        if let Some(listening) = &mut inbound.listening {
            listening.playout.insert_noise(packet.sequence, packet.header.timestamp, packet.payload, now);
            self.wake(side, std::time::Duration::ZERO, now);
        }
        for to in self.listeners(side) {
            let end = &self.ends[to as usize];
            let way = codec.and_then(|codec| end.way(codec));
            match (way, end.noise_format()) {
                (Some((Way::Relay | Way::Laws, codec, _)), Some(format)) if codec.rtp_clock() == 8_000 => {
                    self.relay_noise(to, format, packet, now);
                }
                // Left out on purpose: the receiver's own noise fills the pause.
                _ => self.skip(to),
            }
        }
    }

    /// The legs that hear what comes from `side`.
    pub(super) fn listeners(&self, side: Side) -> impl Iterator<Item = Side> + use<> {
        let back = matches!(self.ends[side as usize].outbound.source, Source::Echo).then_some(side);
        let across = side.other();
        let across = matches!(self.ends[across as usize].outbound.source, Source::Peer).then_some(across);
        back.into_iter().chain(across)
    }

    /// A packet of what a leg hears is left out on purpose.
    pub(super) fn skip(&mut self, to: Side) {
        if let Some(stream) = &mut self.end(to).outbound.stream {
            stream.skip();
        }
    }
}
