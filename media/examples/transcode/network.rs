//! A bad network, the same for the same seed.

use std::time::Duration;

/// What happens to packets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    /// Milliseconds of audio in a packet.
    pub(crate) ptime_ms: u32,
    /// Percent lost.
    pub(crate) loss: f64,
    /// Mean length of a burst of losses, in packets.
    pub(crate) burst: f64,
    /// The longest that a packet waits, in milliseconds.
    pub(crate) jitter_ms: f64,
    /// Percent overtaken by the next packet.
    pub(crate) reorder: f64,
    /// How much faster the sender's clock runs, in parts per million.
    pub(crate) drift_ppm: f64,
    /// Where chance begins.
    pub(crate) seed: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self { ptime_ms: 20, loss: 0.0, burst: 1.0, jitter_ms: 0.0, reorder: 0.0, drift_ppm: 0.0, seed: 1 }
    }
}

impl Network {
    /// Whether anything happens at all.
    pub(crate) fn is_impaired(&self) -> bool {
        [self.loss, self.jitter_ms, self.reorder, self.drift_ppm].iter().any(|&value| value != 0.0)
    }

    /// When the packets arrive whose audio begins at `begins` by the sender's clock, in order of
    /// arrival; those that are missing are lost.
    pub(crate) fn arrivals(&self, begins: &[Duration]) -> Vec<(Duration, usize)> {
        let mut chance = Chance(self.seed);
        // Two states (Gilbert): how likely a burst ends, and how likely one begins.
        let ends = 1.0 / self.burst;
        let starts = if self.loss < 100.0 { ends * self.loss / (100.0 - self.loss) } else { 1.0 };
        let (mut lost, mut latest) = (false, Duration::ZERO);
        let mut arrivals = Vec::new();
        for (i, begin) in begins.iter().enumerate() {
            lost = if lost { self.loss >= 100.0 || !chance.hits(ends) } else { chance.hits(starts) };
            let wait = Duration::from_secs_f64(chance.part() * self.jitter_ms / 1_000.0);
            let overtaken = chance.hits(self.reorder / 100.0);
            let sent = begin.div_f64(1.0 + self.drift_ppm / 1e6);
            if lost {
                continue;
            }
            latest = latest.max(sent + wait);
            // One and a half packets late: behind the next, before the one after it.
            let behind =
                if overtaken { Duration::from_millis(u64::from(self.ptime_ms) * 3 / 2) } else { Duration::ZERO };
            arrivals.push((latest + behind, i));
        }
        arrivals.sort();
        arrivals
    }
}

/// Numbers from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn hits(&mut self, probability: f64) -> bool {
        self.part() < probability
    }
}
