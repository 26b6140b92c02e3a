//! The way of a packet: in from one leg, recognised, out to whoever hears it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::end::{End, TONE_FRAME};
use super::output::Queue;
use super::{Channel, Event, Leg, Session, Side, Source};
use crate::codec::{Codec, Encoder, Transcoder};
use crate::dtmf::TelephoneEvent;
use crate::reception::Arrival;
use crate::rtp::RtpHeader;
use crate::rtp_leg::{Incoming, OpenedPacket};
use crate::stream::{Numbers, Origin, ticks};
use crate::webrtc::Polled;

/// A tone this late starts a new time grid instead of sending a burst.
const MAX_LATE: Duration = Duration::from_millis(200);

/// Largest payload sent to a browser, below the MTU that WebRTC assumes; 120 ms of G.711 are 960.
const MAX_BROWSER_PAYLOAD: usize = 1_100;

/// A packet on its way through.
#[derive(Clone, Copy)]
struct Packet<'a> {
    header: RtpHeader,
    payload: &'a [u8],
    /// Sequence number with its wraps counted.
    sequence: i64,
    newest: bool,
}

impl Session {
    /// A datagram on a socket of a plain RTP leg.
    pub(super) fn rtp_datagram(
        &mut self,
        side: Side,
        channel: Channel,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        let end = self.end(side);
        let Some(Leg::Rtp(leg)) = &mut end.leg else {
            return;
        };
        let Some(opened) = leg.open(channel, from, datagram, now) else {
            return self.run_handshake(side, now);
        };
        let clear = opened.clear.as_deref().unwrap_or(datagram);
        match opened.packet {
            OpenedPacket::Rtcp => {
                if let (Some(reports), Some(out)) = (&mut end.reports, &end.out) {
                    reports.read(clear, out.ssrc(), now);
                }
            }
            OpenedPacket::Rtp(header, payload) => self.media(side, header, &clear[payload], now),
        }
        if let Some(Leg::Rtp(leg)) = &mut self.end(side).leg {
            leg.recycle(opened.clear);
        }
    }

    /// Sends what a handshake on an RTP leg has to say.
    pub(super) fn run_handshake(&mut self, side: Side, now: Instant) {
        let Self { ends, queue, .. } = self;
        let Some(Leg::Rtp(leg)) = &mut ends[side as usize].leg else {
            return;
        };
        leg.handle_timeout(now);
        while let Some((to, bytes)) = leg.poll() {
            queue.datagram((side, Channel::Rtp, to), |buffer| {
                buffer.extend_from_slice(&bytes);
                true
            });
        }
    }

    /// Drains a WebRTC leg after anything was done to it.
    pub(super) fn flush(&mut self, side: Side, now: Instant) {
        // Packets are forwarded after the drain: the library wants each change drained before the
        // next, and an echo changes the leg that is being drained.
        let mut packet = None;
        loop {
            let polled = {
                let Some(Leg::WebRtc(leg)) = &mut self.end(side).leg else {
                    return;
                };
                leg.poll()
            };
            match polled {
                Polled::Transmit(transmit) => {
                    self.queue.datagram((side, Channel::Mux, transmit.destination), |buffer| {
                        buffer.extend_from_slice(&transmit.contents);
                        true
                    });
                }
                Polled::Packet(header, payload) => packet = Some((header, payload)),
                Polled::Connected => self.queue.event(Event::Connected(side)),
                Polled::Lost => self.queue.event(Event::Lost(side)),
                Polled::Idle => break,
            }
        }
        if let Some((header, payload)) = packet {
            self.media(side, header, &payload, now);
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
        let first = end.reception.last_packet().is_none();
        let Arrival::New { sequence, newest } = end.reception.packet(&header, clock, now) else {
            return;
        };
        end.bytes_in += payload.len() as u64;
        self.heard(side, incoming == Incoming::Noise);
        if payload.is_empty() {
            // A packet that keeps a NAT open.
            for to in self.listeners(side) {
                self.skip(to);
            }
            return;
        }
        if first {
            self.queue.event(Event::FirstPacket(side));
        }
        let packet = Packet { header, payload, sequence, newest };
        match incoming {
            Incoming::Audio(codec) => {
                self.end(side).codec_in = Some(codec);
                for to in self.listeners(side) {
                    self.forward_audio(to, codec, packet, now);
                }
            }
            // Left out on purpose, so that the receiver's own noise fills the pause.
            Incoming::Noise => {
                for to in self.listeners(side) {
                    self.skip(to);
                }
            }
            Incoming::Event(clock) => {
                let Some(event) = TelephoneEvent::parse(payload) else {
                    return;
                };
                let stream = (header.ssrc, header.timestamp);
                let Self { ends, queue, .. } = self;
                ends[side as usize].digits_in.packet(stream, event, clock, now, |pressed| {
                    queue.event(Event::Digit { side, digit: pressed.digit, duration_ms: pressed.duration_ms });
                });
                for to in self.listeners(side) {
                    if to == side {
                        // An echo is for the voice; digits would come back as dialling.
                        self.skip(to);
                    } else {
                        self.forward_event(to, clock, event, packet, now);
                    }
                }
            }
        }
    }

    /// The legs that hear what comes from `side`.
    fn listeners(&self, side: Side) -> impl Iterator<Item = Side> + use<> {
        let back = matches!(self.ends[side as usize].source, Source::Echo).then_some(side);
        let across = side.other();
        let across = matches!(self.ends[across as usize].source, Source::Peer).then_some(across);
        back.into_iter().chain(across)
    }

    fn skip(&mut self, to: Side) {
        if let Some(out) = &mut self.end(to).out {
            out.skip();
        }
    }

    fn forward_audio(&mut self, to: Side, codec: Codec, packet: Packet<'_>, now: Instant) {
        let Self { ends, queue, .. } = self;
        let end = &mut ends[to as usize];
        let Some((codec_out, payload_type)) = end.outgoing(Some(codec)) else {
            return;
        };
        let may_send = end.may_send() && !end.digits_out.is_sending();
        let Some(out) = &mut end.out else {
            return;
        };
        if !may_send {
            // What is left out on purpose must not look lost to the receiver.
            out.skip();
            return;
        }
        let transcode = codec != codec_out;
        if transcode {
            // A decoder cannot go back in time; the receiver conceals instead.
            if !packet.newest {
                return;
            }
            if end.transcoder.as_ref().is_none_or(|t| (t.from(), t.to()) != (codec, codec_out)) {
                end.transcoder =
                    Transcoder::new(codec, codec_out).inspect_err(|error| tracing::warn!(%error, "no transcoder")).ok();
                queue.event(Event::Transcoding { side: to, from: codec, to: codec_out });
            }
        } else if end.codec_out != Some(codec_out) {
            end.transcoder = None;
        }
        let origin = Origin { ssrc: packet.header.ssrc, clock_in: codec.rtp_clock(), clock_out: codec_out.rtp_clock() };
        let Some(mut numbers) = out.relay(origin, packet.sequence, packet.header.timestamp, now) else {
            return;
        };
        numbers.marker |= packet.header.marker;
        let mut transcoder = if transcode { end.transcoder.take() } else { None };
        let sent = send(to, end, queue, payload_type, numbers, now, |buffer| match &mut transcoder {
            Some(transcoder) => transcoder
                .transcode(packet.payload, buffer)
                .inspect_err(|error| tracing::trace!(%error, "packet not converted"))
                .is_ok(),
            None if transcode => false,
            None => {
                buffer.extend_from_slice(packet.payload);
                true
            }
        });
        if transcode {
            end.transcoder = transcoder;
        }
        if sent {
            end.codec_out = Some(codec_out);
        }
        self.flush(to, now);
    }

    fn forward_event(&mut self, to: Side, clock: u32, event: TelephoneEvent, packet: Packet<'_>, now: Instant) {
        let Self { ends, queue, .. } = self;
        let end = &mut ends[to as usize];
        let format = end.event_format();
        let audio = end.outgoing(end.codec_out);
        let may_send = end.may_send() && !end.digits_out.is_sending() && event.digit().is_some();
        let Some(out) = &mut end.out else {
            return;
        };
        let (Some((payload_type, clock_out)), Some((codec, _)), true) = (format, audio, may_send) else {
            out.skip();
            return;
        };
        // The event shares numbers and time with the audio around it (RFC 4733 section 2.6.1), so
        // it is tied to the audio's clocks where audio has been relayed.
        let origin = out.relayed(packet.header.ssrc).unwrap_or(Origin {
            ssrc: packet.header.ssrc,
            clock_in: clock,
            clock_out: codec.rtp_clock(),
        });
        let Some(mut numbers) = out.relay(origin, packet.sequence, packet.header.timestamp, now) else {
            return;
        };
        numbers.marker = packet.header.marker;
        let payload = event.rescaled(clock, clock_out).to_bytes();
        send(to, end, queue, payload_type, numbers, now, |buffer| {
            buffer.extend_from_slice(&payload);
            true
        });
        self.flush(to, now);
    }

    /// Sends the telephone event packets that are due.
    pub(super) fn run_digits(&mut self, side: Side, now: Instant) {
        loop {
            let Self { ends, queue, .. } = self;
            let end = &mut ends[side as usize];
            if end.digits_out.deadline(now).is_none_or(|at| at > now) {
                return;
            }
            let format = if end.may_send() { end.event_format() } else { None };
            let Some(out) = &mut end.out else {
                return;
            };
            let clock = out.clock();
            let due = end.digits_out.timeout(now, || {
                let (payload_type, event_clock) = format?;
                // The timestamp counts in the stream's clock, the duration in the event's; both
                // are the same wherever the peer follows RFC 4733 section 2.1.
                Some((payload_type, event_clock, out.timestamp_at(clock, now)))
            });
            let Some(due) = due else {
                return;
            };
            let mut numbers = out.own(due.timestamp, clock);
            numbers.marker = due.marker;
            let payload = due.event.to_bytes();
            let event = (due.payload_type, due.start);
            send_as(side, end, queue, event, numbers, now, |buffer| {
                buffer.extend_from_slice(&payload);
                true
            });
            self.flush(side, now);
        }
    }

    /// Sends the frames of a tone that are due.
    pub(super) fn run_tone(&mut self, side: Side, now: Instant) {
        loop {
            // What the peer speaks is what will be relayed after the tone.
            let peer_codec = self.ends[side.other() as usize].spoken();
            let Self { ends, queue, .. } = self;
            let end = &mut ends[side as usize];
            let Some(mut player) = end.tone.take_if(|tone| tone.next <= now) else {
                return;
            };
            if now.saturating_duration_since(player.next) > MAX_LATE {
                player.next = now;
                player.timestamp = None;
            }
            player.next += TONE_FRAME;
            let ready = end.may_send() && !end.digits_out.is_sending();
            let format = end.outgoing(end.codec_out.or(peer_codec));
            if let (Source::Tone(tone), Some((codec, payload_type)), Some(out)) =
                (&mut end.source, format, &mut end.out)
            {
                let clock = codec.rtp_clock();
                let rate = tone.sample_rate();
                let samples = rate as usize * TONE_FRAME.as_millis() as usize / 1_000;
                player.pcm.resize(samples, 0);
                // Also while nothing may be sent, so that the cadence goes on.
                tone.fill(&mut player.pcm);
                if player.encoder.as_ref().is_none_or(|e| e.codec() != codec) {
                    player.encoder = Encoder::new(codec, rate)
                        .inspect_err(|error| tracing::warn!(%error, "tone cannot be coded"))
                        .ok();
                    player.timestamp = None;
                }
                player.payload.clear();
                let coded = player
                    .encoder
                    .as_mut()
                    .is_some_and(|encoder| encoder.encode(&player.pcm, &mut player.payload).is_ok());
                let timestamp = player.timestamp.unwrap_or_else(|| out.timestamp_at(clock, now));
                player.timestamp = Some(timestamp.wrapping_add(ticks(TONE_FRAME, clock)));
                if coded && ready {
                    let numbers = out.own(timestamp, clock);
                    end.codec_out = Some(codec);
                    send(side, end, queue, payload_type, numbers, now, |buffer| {
                        buffer.extend_from_slice(&player.payload);
                        true
                    });
                }
            }
            end.tone = Some(player);
            self.flush(side, now);
        }
    }

    /// Sends an RTCP report.
    pub(super) fn report(&mut self, side: Side, goodbye: bool, now: Instant) {
        let xr = match &self.ends[side as usize].leg {
            Some(Leg::Rtp(leg)) => leg.negotiated().xr,
            _ => return,
        };
        let metrics = if xr.voip_metrics { self.voip_metrics(side) } else { None };
        let Self { ends, queue, random, .. } = self;
        let end = &mut ends[side as usize];
        let (Some(Leg::Rtp(leg)), Some(out), Some(reports)) = (&mut end.leg, &end.out, &mut end.reports) else {
            return;
        };
        if goodbye && !reports.is_known(out) {
            return;
        }
        reports.schedule(random, now);
        let Some(to) = leg.remote_rtcp() else {
            return;
        };
        let channel = if leg.negotiated().rtcp_mux { Channel::Rtp } else { Channel::Rtcp };
        let clock = end.codec_in.map_or(8_000, Codec::rtp_clock);
        let reception = &mut end.reception;
        queue.datagram((side, channel, to), |buffer| {
            let start = buffer.len();
            reports.write(out, reception, clock, (xr, metrics), goodbye, now, buffer);
            leg.seal_rtcp(buffer, start)
        });
    }
}

/// Sends one RTP packet to a leg; `payload` appends its payload or says that there is none.
fn send(
    side: Side,
    end: &mut End,
    queue: &mut Queue,
    payload_type: u8,
    numbers: Numbers,
    now: Instant,
    payload: impl FnOnce(&mut Vec<u8>) -> bool,
) -> bool {
    send_as(side, end, queue, (payload_type, now), numbers, now, payload)
}

/// [`send`] for a packet whose timestamp stands for another time than now.
fn send_as(
    side: Side,
    end: &mut End,
    queue: &mut Queue,
    (payload_type, stands_for): (u8, Instant),
    numbers: Numbers,
    now: Instant,
    payload: impl FnOnce(&mut Vec<u8>) -> bool,
) -> bool {
    let (Some(leg), Some(out)) = (&mut end.leg, &mut end.out) else {
        return false;
    };
    let mut octets = 0;
    let sent = match leg {
        Leg::Rtp(leg) => {
            let Some(to) = leg.remote() else {
                return false;
            };
            let header = RtpHeader {
                payload_type,
                marker: numbers.marker,
                sequence: numbers.sequence as u16,
                timestamp: numbers.timestamp,
                ssrc: out.ssrc(),
            };
            queue.datagram((side, Channel::Rtp, to), |buffer| {
                let start = buffer.len();
                buffer.extend_from_slice(&header.to_bytes());
                let body = buffer.len();
                let written = payload(buffer);
                octets = buffer.len() - body;
                written && leg.seal(buffer, start, numbers.sequence)
            })
        }
        Leg::WebRtc(leg) => {
            let written = payload(&mut end.scratch) && end.scratch.len() <= MAX_BROWSER_PAYLOAD;
            octets = end.scratch.len();
            if written {
                let shared = Arc::from(end.scratch.as_slice());
                leg.write(payload_type, numbers.sequence, numbers.timestamp, numbers.marker, shared, now);
            }
            end.scratch.clear();
            written
        }
    };
    if sent {
        out.sent_packet(numbers, octets, stands_for);
    }
    sent
}
