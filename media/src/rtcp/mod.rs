//! RTCP of a leg (RFC 3550 section 6): our reports, and what the peer's say.

mod xr;

use std::time::{Duration, Instant};

use rtcp_types::{
    Bye, Compound, Packet, ReceiverReport, ReportBlock, RtcpPacketWriterExt, RtcpWriteError, Sdes, SdesChunk, SdesItem,
    SenderReport,
};

use crate::random::Random;
use crate::reception::Reception;
use crate::sdp::Xr;
use crate::stream::{OutStream, ticks};
use xr::Block;
pub(crate) use xr::VoipMetrics;

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
    /// Whose receiver reference time came last, its middle bits, and when; not answered yet.
    reference: Option<(u32, u32, Instant)>,
    remote: Remote,
}

/// What the peer reports about what we send.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Remote {
    /// Packets of ours that it lost, all in all.
    pub(crate) lost: Option<u32>,
    /// Share of them since its report before, from 0 to 1.
    pub(crate) fraction: Option<f32>,
    /// Interarrival jitter in ticks of the clock of what we send.
    pub(crate) jitter: Option<u32>,
    /// What it says of how it hears us (RFC 3611).
    pub(crate) metrics: Option<VoipMetrics>,
    /// From us to the peer and back.
    pub(crate) round_trip: Option<Duration>,
}

impl Remote {
    /// Percent lost lately, rounded up so that any loss shows.
    pub(crate) fn percent_lost(&self) -> Option<u8> {
        self.fraction.map(|fraction| (fraction * 100.0).ceil().clamp(0.0, 100.0) as u8)
    }
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
            reference: None,
            remote: Remote::default(),
        };
        reports.schedule(random, now);
        reports
    }

    /// The same under a name that the peer was told.
    pub(crate) fn named(self, cname: &str) -> Self {
        Self { cname: cname.to_owned(), ..self }
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

    /// Appends a report to `out`, with a goodbye when the leg ends. Extended reports are added where `extended` has
    /// what the peer wants of them, and the metrics of what came from it.
    #[expect(clippy::too_many_arguments, reason = "both directions of a leg are reported on")]
    pub(crate) fn write(
        &mut self,
        stream: &OutStream,
        reception: &mut Reception,
        clock_in: u32,
        extended: (Xr, Option<VoipMetrics>),
        goodbye: bool,
        now: Instant,
        out: &mut Vec<u8>,
    ) {
        self.reported = true;
        let mut buffer = [0; MAX_REPORT];
        let sends = stream.sent().0 != self.sent_before;
        // The builders fail for counts and sizes out of range only; those are bounded here.
        if let Ok(length) = self.build(stream, reception, clock_in, goodbye, now, &mut buffer) {
            out.extend_from_slice(&buffer[..length]);
        }
        if !goodbye {
            self.extend(stream.ssrc(), extended, sends, now, out);
        }
    }

    /// Appends the extended report, if there is something to say.
    fn extend(
        &mut self,
        ssrc: u32,
        (wanted, metrics): (Xr, Option<VoipMetrics>),
        sends: bool,
        now: Instant,
        out: &mut Vec<u8>,
    ) {
        let start = xr::begin(ssrc, out);
        // Who sends learns the round trip from the answers to its sender reports.
        if wanted.round_trip && !sends {
            Block::ReferenceTime(self.ntp(now)).write(out);
        }
        if let Some((ssrc, last, at)) = self.reference.take() {
            let delay = ticks(now.saturating_duration_since(at), 65_536);
            Block::Dlrr { ssrc, last, delay }.write(out);
        }
        if let Some(metrics) = metrics.filter(|_| wanted.voip_metrics) {
            Block::Voip(metrics).write(out);
        }
        xr::finish(start, out);
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
        xr::read(datagram, |from, block| match block {
            Block::ReferenceTime(ntp) => self.reference = Some((from, (ntp >> 16) as u32, now)),
            Block::Dlrr { ssrc: about, last, delay } if about == ssrc => self.returned(last, delay, now),
            Block::Voip(metrics) if metrics.ssrc == ssrc => self.remote.metrics = Some(metrics),
            Block::Dlrr { .. } | Block::Voip(_) => {}
        });
    }

    fn read_blocks<'a>(&mut self, blocks: impl Iterator<Item = ReportBlock<'a>>, ssrc: u32, now: Instant) {
        for block in blocks.filter(|block| block.ssrc() == ssrc) {
            self.remote.lost = Some(block.cumulative_lost());
            self.remote.fraction = Some(f32::from(block.fraction_lost()) / 256.0);
            self.remote.jitter = Some(block.interarrival_jitter());
            let delay = block.delay_since_last_sender_report_timestamp();
            self.returned(block.last_sender_report_timestamp(), delay, now);
        }
    }

    /// A clock reading of ours, its middle bits, came back after the peer kept it for `delay` (RFC 3550 section 6.4.1),
    /// both in 1/65536 s.
    fn returned(&mut self, last: u32, delay: u32, now: Instant) {
        if last == 0 {
            return;
        }
        let arrival = (self.ntp(now) >> 16) as u32;
        let trip = arrival.wrapping_sub(last).wrapping_sub(delay);
        // A negative or absurd value comes from a peer that counts wrongly.
        if trip < 30 << 16 {
            self.remote.round_trip = Some(Duration::from_micros(u64::from(trip) * 1_000_000 / 65_536));
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

    /// No extended reports.
    const NONE: (Xr, Option<VoipMetrics>) = (Xr { voip_metrics: false, round_trip: false }, None);

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
        ours.write(&stream, &mut Reception::default(), 8_000, NONE, false, now, &mut report);
        assert!(is_rtcp(&report));
        let there = now + Duration::from_millis(30);
        theirs.read(&report, 1, there);

        let mut answer = Vec::new();
        let held = there + Duration::from_secs(1);
        let silent = OutStream::new(1, 0, 0);
        theirs.write(&silent, &mut received, 8_000, NONE, true, held, &mut answer);
        ours.read(&answer, 77, held + Duration::from_millis(30));
        assert_eq!(ours.remote().lost, Some(2));
        assert_eq!(ours.remote().fraction, Some(51.0 / 256.0));
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
    fn a_leg_that_only_receives_learns_its_round_trip() {
        let mut random = Random::new(1);
        let now = start();
        let (mut ours, mut theirs) = (Reports::new(&mut random, now), Reports::new(&mut random, now));
        let (listener, peer) = (OutStream::new(5, 0, 0), OutStream::new(6, 0, 0));
        let wanted = (Xr { voip_metrics: true, round_trip: true }, None);
        let mut question = Vec::new();
        ours.write(&listener, &mut Reception::default(), 8_000, wanted, false, now, &mut question);
        theirs.read(&question, 6, now + Duration::from_millis(40));

        let metrics = VoipMetrics { ssrc: 5, loss: 9, ..VoipMetrics::default() };
        let mut answer = Vec::new();
        let held = now + Duration::from_secs(3);
        theirs.write(&peer, &mut Reception::default(), 8_000, (wanted.0, Some(metrics)), false, held, &mut answer);
        ours.read(&answer, 5, held + Duration::from_millis(40));
        let trip = ours.remote().round_trip.unwrap();
        assert!(trip.abs_diff(Duration::from_millis(80)) < Duration::from_millis(1), "{trip:?}");
        assert_eq!(ours.remote().metrics, Some(metrics));

        // Of what was not asked for nothing is said.
        let mut plain = Vec::new();
        ours.write(&listener, &mut Reception::default(), 8_000, (NONE.0, Some(metrics)), false, held, &mut plain);
        let kinds = Compound::parse(&plain).unwrap().flatten().filter(|packet| matches!(packet, Packet::Xr(_)));
        // The peer asked, too, which is answered in any case.
        assert_eq!(kinds.count(), 1);
        plain.clear();
        ours.write(&listener, &mut Reception::default(), 8_000, (NONE.0, Some(metrics)), false, held, &mut plain);
        assert!(Compound::parse(&plain).unwrap().flatten().all(|packet| !matches!(packet, Packet::Xr(_))));
    }

    proptest::proptest! {
        #[test]
        fn nothing_from_the_network_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120)) {
            let mut reports = Reports::new(&mut Random::new(1), start());
            reports.read(&bytes, 1, start());
            // The same as a report of any kind (reduced size, RFC 5506).
            for kind in 200..=207 {
                let words = (bytes.len() / 4) as u16;
                let mut packet = vec![0x81, kind];
                packet.extend(words.to_be_bytes());
                packet.extend(&bytes[..usize::from(words) * 4]);
                reports.read(&packet, 1, start());
                packet[0] = 0xa1;
                reports.read(&packet, 1, start());
            }
        }
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
