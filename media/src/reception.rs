//! What arrived of an RTP stream: order, duplicates, loss and jitter (RFC 3550 appendix A).

use std::time::Instant;

use crate::quality::{Losses, Pattern};
use crate::rtp::RtpHeader;

/// A jump ahead of more packets than this is a restarted stream, not loss.
const MAX_DROPOUT: i32 = 3_000;
/// How far back duplicates are recognised, and how old a packet may be to count.
const WINDOW: i32 = 64;

/// Where a packet stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Not seen before.
    New {
        /// The sequence number with its wraps counted.
        sequence: i64,
        /// The newest so far, not one that was overtaken.
        newest: bool,
    },
    /// Seen before, too old to tell, or a stray number: not to be used.
    Discard,
}

/// Statistics of the stream received on one leg.
#[derive(Debug, Default)]
pub(crate) struct Reception {
    source: Option<Source>,
    /// Loss and receipt of the sources before this one.
    lost_before: i64,
    received_before: u64,
    /// Smoothed jitter in seconds.
    jitter: f64,
    last_packet: Option<Instant>,
    /// Expected and received when the last report was made.
    reported: (i64, u64),
    /// Packets that have left the window, and so will not come any more.
    losses: Losses,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    first: i64,
    highest: i64,
    /// Bit n: the packet `highest - n` has arrived.
    window: u64,
    received: u64,
    /// The number that would confirm a restart (RFC 3550 appendix A.1).
    restart: Option<u16>,
    /// Timestamp and arrival of the last packet that counted for jitter.
    previous: Option<(u32, Instant)>,
}

impl Reception {
    /// Counts a packet. `clock` is the RTP clock in Hz, `None` when the timestamp does not follow
    /// the time of sending, as in telephone events.
    pub(crate) fn packet(&mut self, header: &RtpHeader, clock: Option<u32>, now: Instant) -> Arrival {
        let same = self.source.as_mut().filter(|source| source.ssrc == header.ssrc);
        let Some(source) = same else {
            return self.start(header, now);
        };
        let ahead = i32::from(header.sequence.wrapping_sub(source.highest as u16) as i16);
        if ahead > MAX_DROPOUT || ahead <= -WINDOW {
            if source.restart == Some(header.sequence) {
                return self.start(header, now);
            }
            source.restart = Some(header.sequence.wrapping_add(1));
            return Arrival::Discard;
        }
        let newest = ahead > 0;
        if newest {
            source.settle(i64::from(ahead), &mut self.losses);
            source.highest += i64::from(ahead);
            source.window = source.window.checked_shl(ahead as u32).unwrap_or(0) | 1;
        } else {
            let bit = 1 << -ahead;
            if source.window & bit != 0 {
                return Arrival::Discard;
            }
            source.window |= bit;
        }
        source.restart = None;
        source.received += 1;
        let sequence = if newest { source.highest } else { source.highest + i64::from(ahead) };
        if let Some(clock) = clock {
            if let Some((timestamp, at)) = source.previous {
                // RFC 3550 section 6.4.1, in seconds so that a codec change does not upset it.
                let sent = f64::from(header.timestamp.wrapping_sub(timestamp) as i32);
                let apart = now.saturating_duration_since(at).as_secs_f64();
                let difference = (apart - sent / f64::from(clock)).abs();
                // A pause in sending is not jitter.
                if difference < 1.0 {
                    self.jitter += (difference - self.jitter) / 16.0;
                }
            }
            source.previous = Some((header.timestamp, now));
        }
        self.last_packet = Some(now);
        Arrival::New { sequence, newest }
    }

    fn start(&mut self, header: &RtpHeader, now: Instant) -> Arrival {
        self.lost_before = self.lost();
        self.received_before = self.received();
        if let Some(source) = &self.source {
            source.settle(i64::from(WINDOW), &mut self.losses);
        }
        let sequence = i64::from(header.sequence);
        self.source = Some(Source {
            ssrc: header.ssrc,
            first: sequence,
            highest: sequence,
            window: 1,
            received: 1,
            restart: None,
            previous: None,
        });
        self.reported = (0, 0);
        self.last_packet = Some(now);
        Arrival::New { sequence, newest: true }
    }

    /// Packets received, duplicates left out.
    pub(crate) fn received(&self) -> u64 {
        self.received_before + self.source.as_ref().map_or(0, |source| source.received)
    }

    /// Packets that never came.
    pub(crate) fn lost(&self) -> i64 {
        let current = self.source.as_ref().map_or(0, Source::lost);
        self.lost_before + current
    }

    /// Interarrival jitter in seconds.
    pub(crate) fn jitter(&self) -> f64 {
        self.jitter
    }

    /// When the last packet that counted arrived.
    pub(crate) fn last_packet(&self) -> Option<Instant> {
        self.last_packet
    }

    /// In which pattern packets were lost.
    pub(crate) fn pattern(&self) -> Pattern {
        let mut losses = self.losses.clone();
        if let Some(source) = &self.source {
            source.settle(i64::from(WINDOW), &mut losses);
        }
        losses.pattern()
    }

    /// The figures of a report block (RFC 3550 section 6.4.1), counted since the last call.
    pub(crate) fn report(&mut self) -> Option<ReceptionReport> {
        let source = self.source.as_ref()?;
        let expected = source.highest - source.first + 1;
        let (expected_before, received_before) = self.reported;
        let interval = expected - expected_before;
        let lost = interval - (source.received - received_before) as i64;
        let fraction = if interval > 0 && lost > 0 { (lost * 256 / interval).min(255) as u8 } else { 0 };
        let report = ReceptionReport {
            ssrc: source.ssrc,
            fraction_lost: fraction,
            cumulative_lost: source.lost().clamp(0, 0x7f_ffff) as u32,
            highest: source.highest as u32,
        };
        self.reported = (expected, source.received);
        Some(report)
    }
}

impl Source {
    fn lost(&self) -> i64 {
        (self.highest - self.first + 1) - self.received as i64
    }

    /// Counts the packets that leave the window when it moves on by `ahead`, at most [`MAX_DROPOUT`].
    fn settle(&self, ahead: i64, losses: &mut Losses) {
        let window = i64::from(WINDOW);
        let oldest = self.highest - window + 1;
        let end = oldest + ahead.min(window);
        for sequence in oldest.max(self.first)..end {
            losses.packet(self.window & 1 << (self.highest - sequence) != 0);
        }
        // Those that a jump leaves out were never in it.
        for _ in window..ahead {
            losses.packet(false);
        }
    }
}

/// A report block without jitter and round trip times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReceptionReport {
    pub(crate) ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub(crate) fraction_lost: u8,
    pub(crate) cumulative_lost: u32,
    /// Highest sequence number with its wraps in the upper 16 bits.
    pub(crate) highest: u32,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::start;

    fn header(ssrc: u32, sequence: u16) -> RtpHeader {
        RtpHeader { payload_type: 0, marker: false, sequence, timestamp: u32::from(sequence) * 160, ssrc }
    }

    fn feed(reception: &mut Reception, ssrc: u32, sequences: &[u16]) -> Vec<Arrival> {
        let now = start();
        sequences.iter().map(|&sequence| reception.packet(&header(ssrc, sequence), Some(8_000), now)).collect()
    }

    #[test]
    fn loss_reordering_and_duplicates_are_counted_across_the_wrap() {
        let mut reception = Reception::default();
        let arrivals = feed(&mut reception, 1, &[65_534, 0, 65_535, 0, 3]);
        assert_eq!(
            arrivals,
            [
                Arrival::New { sequence: 65_534, newest: true },
                Arrival::New { sequence: 65_536, newest: true },
                Arrival::New { sequence: 65_535, newest: false },
                Arrival::Discard,
                Arrival::New { sequence: 65_539, newest: true },
            ]
        );
        assert_eq!(reception.received(), 4);
        assert_eq!(reception.lost(), 2);
        let report = reception.report().unwrap();
        assert_eq!(report.cumulative_lost, 2);
        assert_eq!(report.fraction_lost, (2 * 256 / 6) as u8);
        assert_eq!(report.highest, 65_539);
        feed(&mut reception, 1, &[4, 5]);
        assert_eq!(reception.report().unwrap().fraction_lost, 0);
    }

    #[test]
    fn a_stray_number_is_dropped_and_a_restart_is_followed() {
        let mut reception = Reception::default();
        feed(&mut reception, 1, &[10, 11]);
        assert_eq!(feed(&mut reception, 1, &[30_000]), [Arrival::Discard]);
        assert!(matches!(feed(&mut reception, 1, &[12])[..], [Arrival::New { sequence: 12, .. }]));
        let restarted = feed(&mut reception, 1, &[40_000, 40_001]);
        assert_eq!(restarted[0], Arrival::Discard);
        assert!(matches!(restarted[1], Arrival::New { newest: true, .. }));
        assert_eq!(reception.lost(), 0);
    }

    #[test]
    fn a_new_source_keeps_the_totals() {
        let mut reception = Reception::default();
        feed(&mut reception, 1, &[1, 3]);
        feed(&mut reception, 2, &[500]);
        assert_eq!((reception.received(), reception.lost()), (3, 1));
    }

    #[test]
    fn the_pattern_of_loss_is_that_of_the_numbers_in_any_order() {
        let mut reception = Reception::default();
        // Two runs of five lost, and a packet that was overtaken.
        let mut sequences: Vec<u16> =
            (65_400..=u16::MAX).chain(0..200).filter(|n| !(10..15).contains(n) && !(110..115).contains(n)).collect();
        sequences.swap(60, 61);
        feed(&mut reception, 1, &sequences);
        let pattern = reception.pattern();
        let loss = reception.lost() as f64 / 336.0;
        assert_eq!(reception.lost(), 10);
        assert!((pattern.burst_ratio - 5.0 * (1.0 - loss)).abs() < 1e-6, "{pattern:?}");
        assert_eq!((pattern.burst_density, pattern.burst_length), (1.0, 5.0));

        // A long outage that leaves the window behind, and a new source.
        feed(&mut reception, 1, &[1_200, 1_201]);
        feed(&mut reception, 2, &[1, 2, 3]);
        let outage = reception.pattern();
        assert!(outage.burst_length > 300.0, "{outage:?}");
        assert_eq!(outage.gap_density, 0.0);
    }

    #[test]
    fn jitter_follows_uneven_arrival() {
        let mut reception = Reception::default();
        let mut now = start();
        for sequence in 0..200 {
            now += Duration::from_millis(if sequence % 2 == 0 { 10 } else { 30 });
            reception.packet(&header(1, sequence), Some(8_000), now);
        }
        assert!((reception.jitter() - 0.010).abs() < 0.001);
    }
}
