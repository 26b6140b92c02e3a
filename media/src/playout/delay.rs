//! How long packets have to wait so that nearly all of them come in time.
//!
//! What counts is how much later than the fastest a packet comes, its transit time less the least of
//! the last seconds: that follows the sender's clock where it runs off ours.

use super::timeline::MS;

/// Of the packets, this part may come after their time.
const LATE: f32 = 0.03;
/// The least and the most delay.
const MIN: i64 = 10 * MS;
const MAX: i64 = 240 * MS;
/// What is added to the delay of nearly all.
const MARGIN: i64 = 2 * MS + MS / 2;
/// Lateness is counted in steps of this.
const STEP: i64 = 2 * MS + MS / 2;
/// As many steps: all beyond are the last.
const STEPS: usize = 128;
/// The weight of a packet falls to 1/e in this many ticks of audio.
const MEMORY: f32 = 6_000.0 * MS as f32;
/// The transit times of this long are one minimum.
const EPOCH: i64 = 2_000 * MS;
/// As many minima make up the fastest.
const EPOCHS: usize = 4;
/// The target falls by one step each so much audio.
const FALL: i64 = 100 * MS;
/// Until something is known: the lateness expected, with the weight of that much audio.
const EXPECTED: i64 = 20 * MS;
const EXPECTED_WEIGHT: f32 = 100.0 * MS as f32;

/// Lateness of the packets so far, the older the less.
#[derive(Debug)]
pub(super) struct Delay {
    /// The least transit time of each of the last epochs, the newest first.
    least: [i64; EPOCHS],
    /// When the newest began; `None` before the first packet.
    epoch: Option<i64>,
    /// What step 0 of the histogram stands for: a transit time.
    origin: i64,
    histogram: [f32; STEPS],
    total: f32,
    /// The weight of a tick of audio, which grows instead of the old ones falling.
    weight: f32,
    target: i64,
    /// Audio since the target fell last.
    since: i64,
}

impl Delay {
    pub(super) fn new() -> Self {
        let mut histogram = [0.0; STEPS];
        histogram[(EXPECTED / STEP) as usize - 1] = EXPECTED_WEIGHT;
        Delay {
            least: [i64::MAX; EPOCHS],
            epoch: None,
            origin: 0,
            histogram,
            total: EXPECTED_WEIGHT,
            weight: 1.0,
            target: EXPECTED + MARGIN,
            since: 0,
        }
    }

    /// The transit time of the fastest packets, arrival less media time; `None` before the first.
    pub(super) fn fastest(&self) -> Option<i64> {
        self.epoch.map(|_| self.least.into_iter().fold(i64::MAX, i64::min))
    }

    /// Packets are to be played this long after the fastest could have come, in ticks.
    pub(super) fn target(&self) -> i64 {
        self.target
    }

    /// A packet of `duration` ticks came at `now` with this transit time.
    pub(super) fn arrived(&mut self, transit: i64, duration: i64, now: i64) {
        let first = self.epoch.is_none();
        let epoch = *self.epoch.get_or_insert(now);
        let passed = (now - epoch) / EPOCH;
        if passed > 0 {
            let passed = passed.min(EPOCHS as i64) as usize;
            self.least.rotate_right(passed);
            self.least[..passed].fill(i64::MAX);
            self.epoch = Some(now);
        }
        self.least[0] = self.least[0].min(transit);
        let fastest = self.fastest().unwrap_or(transit);
        if first {
            self.origin = fastest;
        }
        self.shift(fastest);
        let step = ((transit - self.origin) / STEP).clamp(0, STEPS as i64 - 1) as usize;
        let weight = self.weight * duration as f32;
        self.histogram[step] += weight;
        self.total += weight;
        self.weight *= 1.0 + duration as f32 / MEMORY;
        if self.weight > 1e6 {
            let scale = 1.0 / self.weight;
            self.histogram.iter_mut().for_each(|weight| *weight *= scale);
            self.total = self.histogram.iter().sum();
            self.weight = 1.0;
        }
        self.since += duration;
        let later = transit - fastest + MARGIN > self.target;
        if later || self.since >= FALL {
            let wanted = self.wanted(fastest);
            // Up at once, for that is heard; down slowly.
            if self.since >= FALL {
                self.since = 0;
                self.target = self.target.min(wanted.max(self.target - STEP));
            }
            self.target = self.target.max(wanted).clamp(MIN, MAX);
        }
    }

    /// The delay with which nearly all would have come in time.
    fn wanted(&self, fastest: i64) -> i64 {
        let mut late = self.total * LATE;
        for (step, weight) in self.histogram.iter().enumerate().rev() {
            late -= weight;
            if late < 0.0 {
                let upper = self.origin + (step as i64 + 1) * STEP;
                return (upper - fastest + MARGIN).clamp(MIN, MAX);
            }
        }
        MIN
    }

    /// Keeps the histogram's origin at the fastest, in whole steps.
    fn shift(&mut self, fastest: i64) {
        let steps = (fastest - self.origin).div_euclid(STEP);
        if steps == 0 {
            return;
        }
        self.origin += steps * STEP;
        let by = steps.unsigned_abs().min(STEPS as u64) as usize;
        if steps > 0 {
            let below: f32 = self.histogram[..by].iter().sum();
            self.histogram.copy_within(by.., 0);
            self.histogram[STEPS - by..].fill(0.0);
            self.histogram[0] += below;
        } else {
            let above: f32 = self.histogram[STEPS - by..].iter().sum();
            self.histogram.copy_within(..STEPS - by, by);
            self.histogram[..by].fill(0.0);
            self.histogram[STEPS - 1] += above;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Feeds packets of 20 ms that come as late as `lateness` says, in ms.
    fn run(delay: &mut Delay, from: i64, packets: i64, mut lateness: impl FnMut(i64) -> f64) -> i64 {
        for i in from..from + packets {
            let late = (lateness(i) * MS as f64) as i64;
            let sent = i * 20 * MS;
            delay.arrived(1_000 + late, 20 * MS, sent + late);
        }
        delay.target() / MS
    }

    #[test]
    fn a_steady_stream_waits_as_little_as_possible() {
        let mut delay = Delay::new();
        assert_eq!(run(&mut delay, 0, 400, |_| 0.0), 10);
    }

    #[test]
    fn the_target_is_where_nearly_all_have_come() {
        let mut random = Random::new(1);
        let mut delay = Delay::new();
        let target = run(&mut delay, 0, 2_000, |_| (random.next_u32() % 60) as f64);
        assert!((57..=64).contains(&target), "{target} ms");
    }

    #[test]
    fn the_target_rises_at_once_and_comes_down_again() {
        let mut delay = Delay::new();
        run(&mut delay, 0, 500, |_| 0.0);
        let risen = run(&mut delay, 500, 60, |i| if i % 2 == 0 { 80.0 } else { 0.0 });
        assert!(risen >= 80, "{risen} ms");
        let fallen = run(&mut delay, 560, 1_500, |_| 0.0);
        assert_eq!(fallen, 10);
    }

    #[test]
    fn one_spike_in_ten_seconds_is_not_waited_for() {
        let mut delay = Delay::new();
        let target = run(&mut delay, 0, 3_000, |i| ((200 - 20 * (i % 500)) as f64).max(0.0));
        assert!(target < 60, "{target} ms");
    }

    #[test]
    fn drift_and_a_slower_path_are_no_lateness() {
        let mut delay = Delay::new();
        let target = run(&mut delay, 0, 30_000, |i| i as f64 * 20.0 * 200e-6);
        assert!(target <= 13, "{target} ms");
        let mut delay = Delay::new();
        run(&mut delay, 0, 500, |_| 0.0);
        let target = run(&mut delay, 500, 600, |_| 90.0);
        assert_eq!(target, 10);
    }
}
