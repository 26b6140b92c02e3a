//! RTCP of a plain RTP leg (RFC 3550 section 6): our reports, and what the peer's say.

use std::time::{Duration, Instant};

use rtcp_types::{
    Bye, Compound, Packet, ReceiverReport, ReportBlock, RtcpPacketWriterExt, RtcpWriteError, Sdes, SdesChunk, SdesItem,
    SenderReport,
};

use crate::random::Random;
use crate::reception::Reception;
use crate::stream::{OutStream, ticks};

/// Mean time between two reports (RFC 3550 section 6.2).
const INTERVAL: Duration = Duration::from_secs(5);
/// Room for a sender report with one block, a name and a goodbye.
const MAX_REPORT: usize = 256;

/// Reports of one leg.
#[derive(Debug)]
pub(crate) struct Reports {
    cname: String,
    /// Zero of our report clock. A host without wall clock time may use the time since it joined
    /// (RFC 3550 section 4).
    epoch: Instant,
    next: Instant,
    /// Middle bits of the peer's last sender report, and when it came.
    peer_report: Option<(u32, Instant)>,
    /// Packets sent when the last report was made.
    sent_before: u64,
    /// A report was sent.
    reported: bool,
    remote: Remote,
}

/// What the peer reports about what we send.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Remote {
    /// Packets of ours that it lost.
    pub(crate) lost: Option<u32>,
    /// From us to the peer and back.
    pub(crate) round_trip: Option<Duration>,
}

impl Reports {
    pub(crate) fn new(random: &mut Random, now: Instant) -> Self {
        let mut reports = Self {
            // RFC 7022 section 4.2: a name of its own for every session.
            cname: format!("{:016x}", random.next_u64()),
            epoch: now,
            next: now,
            peer_report: None,
            sent_before: 0,
            reported: false,
            remote: Remote::default(),
        };
        reports.schedule(random, now);
        reports
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.next
    }

    pub(crate) fn remote(&self) -> Remote {
        self.remote
    }

    /// Whether the peer has heard anything of the stream. One that it never heard of says no goodbye (RFC 3550 section
    /// 6.3.7).
    pub(crate) fn is_known(&self, stream: &OutStream) -> bool {
        self.reported || stream.sent().0 > 0
    }

    /// Sets the next report at a random time around the interval (RFC 3550 section 6.2).
    pub(crate) fn schedule(&mut self, random: &mut Random, now: Instant) {
        let percent = 50 + random.next_u32() % 101;
        self.next = now + INTERVAL * percent / 100;
    }

    /// Appends a report to `out`, with a goodbye when the leg ends.
    pub(crate) fn write(
        &mut self,
        stream: &OutStream,
        reception: &mut Reception,
        clock_in: u32,
        goodbye: bool,
        now: Instant,
        out: &mut Vec<u8>,
    ) {
        self.reported = true;
        let mut buffer = [0; MAX_REPORT];
        // The builders fail for counts and sizes out of range only; those are bounded here.
        if let Ok(length) = self.build(stream, reception, clock_in, goodbye, now, &mut buffer) {
            out.extend_from_slice(&buffer[..length]);
        }
    }

    fn build(
        &mut self,
        stream: &OutStream,
        reception: &mut Reception,
        clock_in: u32,
        goodbye: bool,
        now: Instant,
        buffer: &mut [u8],
    ) -> Result<usize, RtcpWriteError> {
        let ssrc = stream.ssrc();
        let block = reception.report().map(|report| {
            let (last, since) = self
                .peer_report
                .map_or((0, 0), |(middle, at)| (middle, ticks(now.saturating_duration_since(at), 65_536)));
            ReportBlock::builder(report.ssrc)
                .fraction_lost(report.fraction_lost)
                .cumulative_lost(report.cumulative_lost)
                .extended_sequence_number(report.highest)
                .interarrival_jitter((reception.jitter() * f64::from(clock_in)) as u32)
                .last_sender_report_timestamp(last)
                .delay_since_last_sender_report_timestamp(since)
        });
        let (packets, octets) = stream.sent();
        let sends = packets != self.sent_before;
        self.sent_before = packets;

        let mut length = 0;
        if sends {
            let mut report = SenderReport::builder(ssrc)
                .ntp_timestamp(self.ntp(now))
                .rtp_timestamp(stream.timestamp_now(now))
                .packet_count(packets as u32)
                .octet_count(octets as u32);
            if let Some(block) = block {
                report = report.add_report_block(block);
            }
            length += report.write_into(&mut buffer[length..])?;
        } else {
            let mut report = ReceiverReport::builder(ssrc);
            if let Some(block) = block {
                report = report.add_report_block(block);
            }
            length += report.write_into(&mut buffer[length..])?;
        }
        let name = SdesItem::builder(SdesItem::CNAME, &self.cname);
        length +=
            Sdes::builder().add_chunk(SdesChunk::builder(ssrc).add_item(name)).write_into(&mut buffer[length..])?;
        if goodbye {
            length += Bye::builder().add_source(ssrc).write_into(&mut buffer[length..])?;
        }
        Ok(length)
    }

    /// Reads the peer's reports; what is malformed is passed over.
    pub(crate) fn read(&mut self, datagram: &[u8], ssrc: u32, now: Instant) {
        let Ok(packets) = Compound::parse(datagram) else {
            return;
        };
        for packet in packets.flatten() {
            match packet {
                Packet::Sr(report) => {
                    let middle = (report.ntp_timestamp() >> 16) as u32;
                    self.peer_report = Some((middle, now));
                    self.read_blocks(report.report_blocks(), ssrc, now);
                }
                Packet::Rr(report) => self.read_blocks(report.report_blocks(), ssrc, now),
                _ => {}
            }
        }
    }

    fn read_blocks<'a>(&mut self, blocks: impl Iterator<Item = ReportBlock<'a>>, ssrc: u32, now: Instant) {
        for block in blocks.filter(|block| block.ssrc() == ssrc) {
            self.remote.lost = Some(block.cumulative_lost());
            let last = block.last_sender_report_timestamp();
            if last != 0 {
                // RFC 3550 section 6.4.1, in units of 1/65536 s.
                let arrival = (self.ntp(now) >> 16) as u32;
                let trip = arrival.wrapping_sub(last).wrapping_sub(block.delay_since_last_sender_report_timestamp());
                // A negative or absurd value comes from a peer that counts wrongly.
                if trip < 30 << 16 {
                    let trip = Duration::from_micros(u64::from(trip) * 1_000_000 / 65_536);
                    self.remote.round_trip = Some(trip);
                }
            }
        }
    }

    /// Our report clock as an NTP timestamp: seconds in the upper 32 bits.
    fn ntp(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.epoch);
        // One second ahead, because a report time of zero means "none".
        let seconds = elapsed.as_secs() + 1;
        let fraction = (u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
        seconds << 32 | fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::{RtpHeader, is_rtcp};
    use crate::testing::start;

    fn header(sequence: u16) -> RtpHeader {
        RtpHeader { payload_type: 0, marker: false, sequence, timestamp: 0, ssrc: 77 }
    }

    #[test]
    fn reports_tell_loss_and_round_trip() {
        let mut random = Random::new(1);
        let now = start();
        let mut ours = Reports::new(&mut random, now);
        let mut theirs = Reports::new(&mut random, now);
        let mut stream = OutStream::new(77, 0, 0);
        for _ in 0..10 {
            let numbers = stream.own(0, 8_000);
            stream.sent_packet(numbers, 160, now);
        }
        let mut received = Reception::default();
        for sequence in [0, 1, 2, 5, 6, 7, 8, 9] {
            received.packet(&header(sequence), Some(8_000), now);
        }

        let mut report = Vec::new();
        ours.write(&stream, &mut Reception::default(), 8_000, false, now, &mut report);
        assert!(is_rtcp(&report));
        let there = now + Duration::from_millis(30);
        theirs.read(&report, 1, there);

        let mut answer = Vec::new();
        let held = there + Duration::from_secs(1);
        let silent = OutStream::new(1, 0, 0);
        theirs.write(&silent, &mut received, 8_000, true, held, &mut answer);
        ours.read(&answer, 77, held + Duration::from_millis(30));
        assert_eq!(ours.remote().lost, Some(2));
        let trip = ours.remote().round_trip.unwrap();
        assert!(trip.abs_diff(Duration::from_millis(60)) < Duration::from_millis(1));
        let kinds: Vec<u8> = Compound::parse(&answer)
            .unwrap()
            .flatten()
            .map(|packet| match packet {
                Packet::Rr(_) => 201,
                Packet::Sdes(_) => 202,
                Packet::Bye(_) => 203,
                _ => 0,
            })
            .collect();
        assert_eq!(kinds, [201, 202, 203]);
    }

    #[test]
    fn malformed_reports_are_passed_over() {
        let mut reports = Reports::new(&mut Random::new(1), start());
        for datagram in [&[][..], &[0x80, 200], &[0x81, 201, 0xff, 0xff, 0, 0, 0, 0]] {
            reports.read(datagram, 1, start());
        }
        assert_eq!(reports.remote().lost, None);
    }
}
