//! Sequence numbers and RTP timestamps, which wrap, jump and change their clock, on one line of time.
//!
//! Time is counted in ticks of 1/48,000 s, which every clock and rate here divides.

use std::time::Instant;

/// Ticks in a second.
pub(super) const TICKS: i64 = 48_000;
/// Ticks in a millisecond.
pub(super) const MS: i64 = TICKS / 1_000;

/// A number further back than this is a stream that started anew: [`crate::rtp`]'s receiver lets no
/// older packet through.
const MAX_BACK: i64 = 64;
/// So is one further ahead.
const MAX_AHEAD: i64 = 3_000;
/// Numbers beyond are of no stream; sums of a few of them fit.
const MAX_SEQUENCE: i64 = 1 << 60;
/// The clock assumed of a stream that starts without audio.
const DEFAULT_CLOCK: u32 = 8_000;
/// A packet that seems to come this much before the fastest has a timestamp that jumped.
const MAX_EARLY: i64 = 300 * MS;
/// Or this much after it.
const MAX_LATE: i64 = 2_000 * MS;
/// What seems to follow within this after a jump follows at once.
const SEAMLESS: i64 = 100 * MS;

/// Counts time from the first moment that it saw.
#[derive(Debug, Default)]
pub(super) struct Clock(Option<Instant>);

impl Clock {
    pub(super) fn ticks(&mut self, now: Instant) -> i64 {
        let start = *self.0.get_or_insert(now);
        let elapsed = now.saturating_duration_since(start);
        i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX / TICKS) * MS / 1_000
    }
}

/// Where a packet belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The sequence number, going on where a restarted stream ended.
    pub(super) sequence: i64,
    /// In ticks.
    pub(super) media: i64,
}

fn is_restart(ahead: i64) -> bool {
    !(-MAX_BACK < ahead && ahead <= MAX_AHEAD)
}

/// The stream so far.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    newest: Option<Newest>,
    /// From the numbers of the packets to ours.
    offset: i64,
}

#[derive(Debug)]
struct Newest {
    /// As the packet had it.
    sequence: i64,
    timestamp: u32,
    /// Ticks for each unit of the timestamp.
    scale: i64,
    media: i64,
    /// Where its audio ends.
    end: i64,
}

impl Timeline {
    /// Places a packet with `clock` Hz, `duration` ticks long, that came at `now`; `fastest` is the
    /// transit time of the fastest packets, arrival less media time.
    pub(super) fn place(
        &mut self,
        sequence: i64,
        timestamp: u32,
        clock: u32,
        duration: i64,
        now: i64,
        fastest: Option<i64>,
    ) -> Place {
        let sequence = sequence.clamp(-MAX_SEQUENCE, MAX_SEQUENCE);
        let scale = TICKS / i64::from(clock.max(1));
        // Arrival of the fastest is the best guess where nothing else is known.
        let expected = fastest.map_or(now, |fastest| now - fastest);
        let Some(newest) = &mut self.newest else {
            self.offset = -sequence;
            self.newest = Some(Newest { sequence, timestamp, scale, media: now, end: now + duration });
            return self.settle(sequence, now);
        };
        let ahead = sequence - newest.sequence;
        let ticks = i64::from(timestamp.wrapping_sub(newest.timestamp) as i32);
        let media = newest.media + ticks * scale;
        let restarted = is_restart(ahead);
        let early = expected - media < -MAX_EARLY;
        // Later packets cannot be of an earlier time.
        let back = ahead > 0 && ticks < 0;
        let jumped = scale != newest.scale || early || back || expected - media > MAX_LATE;
        if !restarted && ahead <= 0 {
            // Overtaken: from before the jump, if there was one. Its number orders it.
            let media = if jumped { newest.media } else { media };
            return self.settle(sequence, media);
        }
        let media = if restarted || jumped {
            let steps = if restarted { 0 } else { (ahead - 1).min(5) };
            let next = newest.end + steps * duration;
            if (expected - next).abs() <= SEAMLESS { next } else { expected.max(newest.end) }
        } else {
            media
        };
        if restarted {
            self.offset = newest.sequence + self.offset + 1 - sequence;
        }
        *newest = Newest { sequence, timestamp, scale, media, end: media + duration };
        self.settle(sequence, media)
    }

    /// Places a packet without audio, whose timestamp says little: it stands where the audio ended.
    pub(super) fn place_aside(&mut self, sequence: i64, timestamp: u32, now: i64) -> Place {
        let number = sequence.clamp(-MAX_SEQUENCE, MAX_SEQUENCE);
        match &mut self.newest {
            Some(newest) if !is_restart(number - newest.sequence) => {
                newest.sequence = newest.sequence.max(number);
                let media = newest.end;
                self.settle(number, media)
            }
            _ => self.place(sequence, timestamp, DEFAULT_CLOCK, 0, now, None),
        }
    }

    fn settle(&self, sequence: i64, media: i64) -> Place {
        Place { sequence: sequence + self.offset, media }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: i64 = 20 * MS;

    /// Packets of 20 ms each 20 ms: where they are placed.
    fn place(packets: &[(i64, u32, u32)]) -> Vec<(i64, i64)> {
        let mut timeline = Timeline::default();
        let mut places = Vec::new();
        for (i, &(sequence, timestamp, clock)) in packets.iter().enumerate() {
            let place = timeline.place(sequence, timestamp, clock, FRAME, i as i64 * FRAME, (i > 0).then_some(0));
            places.push((place.sequence, place.media / FRAME));
        }
        places
    }

    #[test]
    fn timestamps_wrap() {
        let places = place(&[(7, u32::MAX - 100, 8_000), (8, 59, 8_000), (10, 379, 8_000), (9, 219, 8_000)]);
        assert_eq!(places, [(0, 0), (1, 1), (3, 3), (2, 2)]);
    }

    #[test]
    fn a_jump_of_the_timestamp_goes_on_at_once() {
        let places = place(&[(7, 0, 8_000), (8, 160, 8_000), (9, 3_000_000_000, 8_000), (10, 3_000_000_160, 8_000)]);
        assert_eq!(places, [(0, 0), (1, 1), (2, 2), (3, 3)]);
        let places = place(&[(7, 90_000, 8_000), (8, 90_160, 8_000), (9, 100, 8_000), (10, 260, 8_000)]);
        assert_eq!(places, [(0, 0), (1, 1), (2, 2), (3, 3)]);
    }

    #[test]
    fn a_restart_and_another_clock_go_on_at_once() {
        let places = place(&[(70_000, 0, 8_000), (70_001, 160, 8_000), (5, 77, 48_000), (6, 1_037, 48_000)]);
        assert_eq!(places, [(0, 0), (1, 1), (2, 2), (3, 3)]);
        let places = place(&[(1, 0, 8_000), (2, 160, 8_000), (3, 320, 48_000), (4, 1_280, 48_000)]);
        assert_eq!(places, [(0, 0), (1, 1), (2, 2), (3, 3)]);
    }
}
