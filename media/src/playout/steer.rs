//! When to shorten or lengthen what is played, and by how much.
//!
//! Packets are needed when a `pull` starts, not when their first sample is played, so what counts is
//! how long a packet had been able to be there by then: its slack. Calls and packets are both regular,
//! so slack comes in steps (20 ms where both last 20 ms): audio that is moved by less changes only
//! where in the call a packet starts. The least delay with enough slack has packets start where calls do.

use super::timeline::MS;

/// The least that is worth a change.
pub(super) const LEAST: i64 = 5 * MS;
/// Slack this much above the target is not too much yet.
const TOLERANCE: i64 = 4 * MS;
/// Audio looked at before a change; where there is a hurry one packet will do.
const CALM: i64 = 200 * MS;
/// From so much on there is a hurry: too early and too late.
const HURRY_LONGER: i64 = 15 * MS;
const HURRY_SHORTER: i64 = 60 * MS;
/// How alike the audio must be to what stands in for it.
const ALIKE: f32 = 0.92;
/// The same in a hurry.
const ALIKE_HURRY: f32 = 0.6;
/// With every refusal a little less will do, down to this.
const REFUSAL: f32 = 0.01;
const ALIKE_LEAST: f32 = 0.3;

/// How a packet was needed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Need {
    /// Its duration in ticks.
    pub(super) packet: i64,
    /// That of the call that needed it.
    pub(super) pull: i64,
    /// The slack it should have had.
    pub(super) target: i64,
    /// Calls lately had different lengths: there are no steps to rely on.
    pub(super) mixed: bool,
}

/// A change to make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    pub(super) direction: Direction,
    /// In ticks.
    pub(super) most: i64,
    /// How alike the audio must be for it.
    pub(super) likeness: f32,
}

/// What becomes of the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Shorter,
    Longer,
}

/// The last packets.
#[derive(Debug, Default)]
pub(super) struct Steer {
    need: Need,
    /// The least of the packets seen.
    slack: i64,
    filled: i64,
    /// Ticks of audio seen.
    seen: i64,
    refused: u32,
    change: Option<Change>,
}

impl Steer {
    /// A packet was needed with this slack, `filled` ticks into a call.
    pub(super) fn needed(&mut self, slack: i64, filled: i64, need: Need) {
        let first = self.seen == 0;
        self.slack = if first { slack } else { self.slack.min(slack) };
        self.filled = if first { filled } else { self.filled.min(filled) };
        self.need = need;
        self.seen += need.packet;
        let change = self.wanted();
        let hurry = match &change {
            Some(Change { direction: Direction::Longer, .. }) => self.need.target - self.slack > HURRY_LONGER,
            Some(Change { direction: Direction::Shorter, most, .. }) => *most > HURRY_SHORTER,
            None => false,
        };
        if hurry || self.seen >= CALM {
            let alike = if hurry { ALIKE_HURRY } else { ALIKE };
            let likeness = (alike - REFUSAL * self.refused as f32).max(ALIKE_LEAST);
            self.change = change.map(|change| Change { likeness, ..change });
            if self.change.is_none() {
                self.refused = 0;
            }
            self.seen = 0;
        }
    }

    /// What to do before the next call.
    pub(super) fn change(&self) -> Option<Change> {
        self.change
    }

    /// It was tried.
    pub(super) fn changed(&mut self, done: bool) {
        if done {
            self.refused = 0;
            self.seen = 0;
            self.change = None;
        } else {
            self.refused = self.refused.saturating_add(1);
        }
    }

    fn wanted(&self) -> Option<Change> {
        let Need { packet, pull, target, mixed } = self.need;
        let step = if mixed { packet.max(pull).max(1) } else { common_divisor(packet, pull) };
        let within = if mixed { 0 } else { self.filled % step };
        let (direction, most) = if self.slack < target {
            let short = target - self.slack;
            (Direction::Longer, step - within + (short - 1) / step * step)
        } else {
            let spare = (self.slack - target - TOLERANCE).max(0);
            (Direction::Shorter, within + spare / step * step)
        };
        (most >= LEAST || direction == Direction::Longer).then_some(Change { direction, most, likeness: 1.0 })
    }
}

/// How much less slack the last packet of a call has than its first.
pub(super) fn spread(packet: i64, pull: i64) -> i64 {
    pull - common_divisor(packet, pull)
}

fn common_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.max(0), b.max(0));
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steer(slack_ms: i64, filled_ms: i64) -> Option<(Direction, i64)> {
        let mut steer = Steer::default();
        let need = Need { packet: 20 * MS, pull: 20 * MS, target: 30 * MS, mixed: false };
        (0..CALM / need.packet).for_each(|_| steer.needed(slack_ms * MS, filled_ms * MS, need));
        steer.change().map(|change| (change.direction, change.most / MS))
    }

    #[test]
    fn delay_goes_in_the_steps_that_help() {
        assert_eq!(steer(30, 0), None);
        assert_eq!(steer(50, 0), None);
        assert_eq!(steer(55, 0), Some((Direction::Shorter, 20)));
        assert_eq!(steer(31, 12), Some((Direction::Shorter, 12)));
        assert_eq!(steer(130, 3), Some((Direction::Shorter, 83)));
        assert_eq!(steer(29, 0), Some((Direction::Longer, 20)));
        assert_eq!(steer(29, 13), Some((Direction::Longer, 7)));
        assert_eq!(steer(5, 13), Some((Direction::Longer, 27)));
    }

    #[test]
    fn packets_in_one_call_are_needed_at_once() {
        assert_eq!(spread(20, 20), 0);
        assert_eq!(spread(20, 60), 40);
        assert_eq!(spread(30, 20), 10);
        assert_eq!(spread(60, 20), 0);
    }
}
