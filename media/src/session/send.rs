//! Packets out: RTP with the numbers given, and reports.

use std::sync::Arc;
use std::time::Instant;

use super::end::End;
use super::output::Queue;
use super::{Channel, Leg, Session, Side};
use crate::codec::Codec;
use crate::rtp::RtpHeader;
use crate::stream::Numbers;

/// Largest payload sent to a browser, below the MTU that WebRTC assumes; 120 ms of G.711 are 960.
const MAX_BROWSER_PAYLOAD: usize = 1_100;

impl Session {
    /// Sends an RTCP report.
    pub(super) fn report(&mut self, side: Side, goodbye: bool, now: Instant) {
        let xr = match &self.ends[side as usize].leg {
            Some(Leg::Rtp(leg)) => leg.negotiated().xr,
            _ => return,
        };
        let metrics = if xr.voip_metrics { self.voip_metrics(side) } else { None };
        let Self { ends, queue, random, .. } = self;
        let End { leg, inbound, outbound, reports, .. } = &mut ends[side as usize];
        let (Some(Leg::Rtp(leg)), Some(out), Some(reports)) = (leg, &outbound.stream, reports) else {
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
        let clock = inbound.codec.map_or(8_000, Codec::rtp_clock);
        let reception = &mut inbound.reception;
        queue.datagram((side, channel, to), |buffer| {
            let start = buffer.len();
            reports.write(out, reception, clock, (xr, metrics), goodbye, now, buffer);
            leg.seal_rtcp(buffer, start)
        });
    }
}

/// Sends one RTP packet to a leg; `payload` appends its payload or says that there is none.
pub(super) fn send(
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
pub(super) fn send_as(
    side: Side,
    end: &mut End,
    queue: &mut Queue,
    (payload_type, stands_for): (u8, Instant),
    numbers: Numbers,
    now: Instant,
    payload: impl FnOnce(&mut Vec<u8>) -> bool,
) -> bool {
    let (Some(leg), Some(out)) = (&mut end.leg, &mut end.outbound.stream) else {
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
            let written = payload(&mut end.outbound.scratch) && end.outbound.scratch.len() <= MAX_BROWSER_PAYLOAD;
            octets = end.outbound.scratch.len();
            if written {
                let shared = Arc::from(end.outbound.scratch.as_slice());
                leg.write(payload_type, numbers.sequence, numbers.timestamp, numbers.marker, shared, now);
            }
            end.outbound.scratch.clear();
            written
        }
    };
    if sent {
        out.sent_packet(numbers, octets, stands_for);
    }
    sent
}
