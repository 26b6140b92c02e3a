//! Packets out: RTP with the numbers given, and reports.

use std::time::Instant;

use super::end::End;
use super::output::Queue;
use super::{Leg, Session, Side};
use crate::codec::Codec;
use crate::rtp::{HEADER_LEN, RtpHeader};
use crate::stream::Numbers;

impl Session {
    /// Sends an RTCP report.
    pub(super) fn report(&mut self, side: Side, goodbye: bool, now: Instant) {
        let Some(xr) = self.ends[side as usize].leg.as_ref().map(Leg::xr) else {
            return;
        };
        let metrics = if xr.voip_metrics { self.voip_metrics(side) } else { None };
        let Self { ends, queue, random, .. } = self;
        let End { leg, inbound, outbound, reports, .. } = &mut ends[side as usize];
        let (Some(leg), Some(out), Some(reports)) = (leg, &outbound.stream, reports) else {
            return;
        };
        if goodbye && !reports.is_known(out) {
            return;
        }
        reports.schedule(random, now);
        let Some((channel, to)) = leg.remote_rtcp() else {
            return;
        };
        let clock = inbound.codec.map_or(8_000, Codec::rtp_clock);
        let reception = &mut inbound.reception;
        let write = |buffer: &mut Vec<u8>| {
            reports.write(out, reception, clock, (xr, metrics), goodbye, now, buffer);
            true
        };
        queue.packet(leg, (side, channel, to), None, write, Leg::seal_rtcp);
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
    send_as(side, end, queue, (payload_type, now), numbers, payload)
}

/// [`send`] for a packet whose timestamp stands for another time than now.
pub(super) fn send_as(
    side: Side,
    end: &mut End,
    queue: &mut Queue,
    (payload_type, stands_for): (u8, Instant),
    numbers: Numbers,
    payload: impl FnOnce(&mut Vec<u8>) -> bool,
) -> bool {
    let (Some(leg), Some(out)) = (&mut end.leg, &mut end.outbound.stream) else {
        return false;
    };
    let Some((channel, to)) = leg.remote() else {
        return false;
    };
    let header = RtpHeader {
        payload_type,
        marker: numbers.marker,
        sequence: numbers.sequence as u16,
        timestamp: numbers.timestamp,
        ssrc: out.ssrc(),
    };
    let mut octets = 0;
    let most = leg.max_payload();
    let write = |buffer: &mut Vec<u8>| {
        buffer.extend_from_slice(&header.to_bytes());
        let body = buffer.len();
        let written = payload(buffer);
        octets = buffer.len() - body;
        written && octets <= most
    };
    let seal = |leg: &mut Leg, buffer: &mut Vec<u8>, start| leg.seal(buffer, start, numbers.sequence);
    let sent = queue.packet(leg, (side, channel, to), Some(HEADER_LEN), write, seal);
    if sent {
        out.sent_packet(numbers, octets, stands_for);
    }
    sent
}
