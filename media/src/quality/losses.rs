//! In which pattern packets are lost: runs for the burst ratio, bursts and gaps for RFC 3611.

/// Received packets in a row that end a burst (RFC 3611 section 4.7.2, recommended value).
pub(crate) const GMIN: u32 = 16;

/// Follows a stream packet by packet, in the order of sequence numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Losses {
    /// Packets, and how many of them were lost.
    packets: u64,
    lost: u64,
    /// Runs of lost packets.
    runs: u64,
    /// The packet before was lost.
    in_run: bool,
    /// Packets of the burst that may be going on, up to its last lost one; none while in a gap.
    burst: Run,
    /// Received since the last lost packet.
    since: u32,
    /// Those of all bursts that are over.
    bursts: Run,
    /// How many there were.
    count: u64,
}

/// Packets in a row.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    packets: u64,
    lost: u64,
}

/// What [`Losses`] found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Pattern {
    /// Mean run of lost packets over the mean run with independent loss; 1 without loss.
    pub(crate) burst_ratio: f64,
    /// Share of lost packets within bursts, and outside.
    pub(crate) burst_density: f64,
    pub(crate) gap_density: f64,
    /// Mean length of bursts and of the gaps between, in packets.
    pub(crate) burst_length: f64,
    pub(crate) gap_length: f64,
}

impl Losses {
    /// The next packet arrived, or did not.
    pub(crate) fn packet(&mut self, arrived: bool) {
        self.packets += 1;
        if arrived {
            self.in_run = false;
            self.since = self.since.saturating_add(1);
            return;
        }
        self.lost += 1;
        self.runs += u64::from(!std::mem::replace(&mut self.in_run, true));
        // A loss near the one before belongs to its burst.
        if self.burst.packets > 0 && self.since < GMIN {
            self.burst.packets += u64::from(self.since) + 1;
            self.burst.lost += 1;
        } else {
            self.close();
            self.burst = Run { packets: 1, lost: 1 };
        }
        self.since = 0;
    }

    /// Ends the burst going on. One loss alone is part of a gap (RFC 3611 section 4.7.2).
    fn close(&mut self) {
        let burst = std::mem::take(&mut self.burst);
        if burst.lost > 1 {
            self.bursts.packets += burst.packets;
            self.bursts.lost += burst.lost;
            self.count += 1;
        }
    }

    /// The pattern so far.
    pub(crate) fn pattern(&self) -> Pattern {
        let mut whole = self.clone();
        whole.close();
        let share = |lost: u64, packets: u64| if packets == 0 { 0.0 } else { lost as f64 / packets as f64 };
        let Run { packets, lost } = whole.bursts;
        let (gap_packets, gap_lost) = (whole.packets - packets, whole.lost - lost);
        let loss = share(whole.lost, whole.packets);
        let run = share(whole.lost, whole.runs);
        // Independent loss at this rate makes runs of 1 / (1 - loss) (G.107 section 7.3). Less than that would be
        // loss that avoids itself: a matter of few packets.
        let burst_ratio = if whole.runs == 0 { 1.0 } else { (run * (1.0 - loss)).max(1.0) };
        Pattern {
            burst_ratio,
            burst_density: share(lost, packets),
            gap_density: share(gap_lost, gap_packets),
            burst_length: share(packets, whole.count),
            // A gap lies before, between and after the bursts.
            gap_length: gap_packets as f64 / (whole.count + 1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(stream: &str) -> Pattern {
        let mut losses = Losses::default();
        for packet in stream.chars() {
            losses.packet(packet == '.');
        }
        losses.pattern()
    }

    #[test]
    fn a_stream_without_loss_is_one_gap() {
        let found = pattern(&".".repeat(100));
        assert_eq!((found.burst_ratio, found.burst_density, found.gap_density), (1.0, 0.0, 0.0));
        assert_eq!((found.burst_length, found.gap_length), (0.0, 100.0));
    }

    #[test]
    fn single_losses_far_apart_are_no_burst() {
        let found = pattern(&format!("{}x", ".".repeat(19)).repeat(10));
        assert_eq!((found.burst_density, found.burst_length), (0.0, 0.0));
        assert!((found.gap_density - 0.05).abs() < 1e-9);
        assert_eq!(found.burst_ratio, 1.0);
    }

    #[test]
    fn losses_close_together_are_one_burst() {
        let gap = ".".repeat(50);
        // Fifteen received packets do not end a burst, sixteen do.
        let burst = format!("xx{}x", ".".repeat(15));
        let found = pattern(&format!("{gap}{burst}{gap}{burst}{gap}"));
        assert_eq!(found.burst_length, 18.0);
        assert!((found.burst_density - 3.0 / 18.0).abs() < 1e-9);
        assert_eq!((found.gap_density, found.gap_length), (0.0, 50.0));
        let apart = pattern(&format!("{gap}x{}x{gap}", ".".repeat(16)));
        assert_eq!(apart.burst_length, 0.0);
    }

    #[test]
    fn runs_of_lost_packets_raise_the_burst_ratio() {
        let found = pattern(&format!("{}{}", ".".repeat(96), "xxxx").repeat(25));
        assert!((found.burst_ratio - 4.0 * 0.96).abs() < 1e-9, "{found:?}");
    }
}
