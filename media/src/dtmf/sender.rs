//! Digits as packets of telephone events.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{MAX_DURATION, MAX_QUEUE, MIN_DURATION, PAUSE, TelephoneEvent, code};

/// The last packet of an event is sent this often (RFC 4733 section 2.5.1.4).
const END_PACKETS: u32 = 3;
/// Level of the digits sent, in -dBm0.
const VOLUME: u8 = 10;
/// An event longer than this goes on in another segment (RFC 4733 section 2.5.1.3).
const SEGMENT: u32 = u16::MAX as u32;

/// Sends digits as events, one after the other.
#[derive(Debug)]
pub(crate) struct DigitSender {
    queue: VecDeque<(u8, Duration)>,
    sending: Option<Sending>,
    /// The next digit does not start before this.
    not_before: Option<Instant>,
    /// Time between two packets of one event.
    ptime: Duration,
}

#[derive(Debug)]
struct Sending {
    event: u8,
    duration: Duration,
    ptime: Duration,
    start: Instant,
    timestamp: u32,
    clock: u32,
    payload_type: u8,
    /// Packets sent, the end packets among them, the last ones of segments not.
    packets: u32,
    /// Ticks of the segments before.
    before: u32,
}

/// A packet to send for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventPacket {
    pub(crate) payload_type: u8,
    /// The time its timestamp stands for: when the event, or this segment of it, began.
    pub(crate) start: Instant,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) event: TelephoneEvent,
}

impl Default for DigitSender {
    fn default() -> Self {
        Self { queue: VecDeque::new(), sending: None, not_before: None, ptime: Duration::from_millis(20) }
    }
}

impl DigitSender {
    /// Queues digits that last `duration` each, kept between [`MIN_DURATION`] and [`MAX_DURATION`];
    /// characters that are none are left out, so are those beyond the queue.
    pub(crate) fn push(&mut self, digits: &str, duration: Duration) {
        let room = MAX_QUEUE.saturating_sub(self.queue.len());
        let duration = duration.clamp(MIN_DURATION, MAX_DURATION);
        self.queue.extend(digits.chars().filter_map(code).take(room).map(|event| (event, duration)));
    }

    /// Sets the time between two packets of one event, 10 to 60 ms: the ptime of the audio around it.
    /// It is 20 ms otherwise. A digit that is being sent keeps its own.
    #[allow(dead_code, reason = "for the session, which knows the ptime")]
    pub(crate) fn set_ptime(&mut self, ptime: Duration) {
        self.ptime = ptime.clamp(Duration::from_millis(10), Duration::from_millis(60));
    }

    /// Whether a digit is being sent; audio is held back meanwhile (RFC 4733 section 2.5.1.2).
    pub(crate) fn is_sending(&self) -> bool {
        self.sending.is_some()
    }

    /// Forgets everything queued, for a leg that cannot send events.
    pub(crate) fn clear(&mut self) {
        *self = Self { ptime: self.ptime, ..Self::default() };
    }

    /// When [`DigitSender::timeout`] has something to do.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        match &self.sending {
            Some(sending) => Some(sending.next_at()),
            None if self.queue.is_empty() => None,
            None => Some(self.not_before.unwrap_or(now)),
        }
    }

    /// The packet due by `now`; several may be. `begin` gives payload type, clock and timestamp of a
    /// new event; `None` from it drops the queue.
    pub(crate) fn timeout(
        &mut self,
        now: Instant,
        begin: impl FnOnce() -> Option<(u8, u32, u32)>,
    ) -> Option<EventPacket> {
        if self.sending.is_none()
            && self.not_before.is_none_or(|at| at <= now)
            && let Some((event, duration)) = self.queue.pop_front()
        {
            let Some((payload_type, clock, timestamp)) = begin() else {
                self.clear();
                return None;
            };
            let (start, ptime) = (now, self.ptime);
            let (packets, before) = (0, 0);
            self.sending =
                Some(Sending { event, duration, ptime, start, timestamp, clock, payload_type, packets, before });
        }
        let sending = self.sending.as_mut().filter(|s| s.next_at() <= now)?;
        let packet = sending.packet();
        if sending.is_done() {
            self.not_before = Some(sending.start + sending.duration + PAUSE);
            self.sending = None;
        }
        Some(packet)
    }
}

impl Sending {
    /// Packets until the event is over, the first end packet among them.
    fn updates(&self) -> u32 {
        self.duration.as_micros().div_ceil(self.ptime.as_micros()) as u32
    }

    fn next_at(&self) -> Instant {
        let next = self.packets + 1;
        let repeated = next.saturating_sub(self.updates());
        self.start + (self.ptime * (next - repeated)).min(self.duration) + self.ptime * repeated
    }

    fn is_done(&self) -> bool {
        self.packets >= self.updates() + END_PACKETS - 1
    }

    fn packet(&mut self) -> EventPacket {
        let elapsed = (self.ptime * (self.packets + 1)).min(self.duration);
        // At most 8 s at 48 kHz.
        let ticks = (elapsed.as_micros() as u64 * u64::from(self.clock) / 1_000_000) as u32 - self.before;
        let begun = Duration::from_micros(u64::from(self.before) * 1_000_000 / u64::from(self.clock.max(1)));
        let segment_ends = ticks > SEGMENT;
        let packet = EventPacket {
            payload_type: self.payload_type,
            start: self.start + begun,
            timestamp: self.timestamp.wrapping_add(self.before),
            marker: self.packets == 0,
            event: TelephoneEvent {
                event: self.event,
                end: elapsed == self.duration && !segment_ends,
                volume: VOLUME,
                duration: ticks.min(SEGMENT) as u16,
            },
        };
        if segment_ends {
            // The packet due follows at once, in the next segment.
            self.before += SEGMENT;
        } else {
            self.packets += 1;
        }
        packet
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::dtmf::DEFAULT_DURATION;
    use crate::testing::start;

    /// The packets of some digits, with their times in ms after the start.
    pub(in crate::dtmf) fn send(digits: &str, duration: Duration, clock: u32) -> Vec<(u64, EventPacket)> {
        let mut sender = DigitSender::default();
        sender.push(digits, duration);
        drain(&mut sender, clock)
    }

    fn drain(sender: &mut DigitSender, clock: u32) -> Vec<(u64, EventPacket)> {
        let start = start();
        let mut packets = Vec::new();
        let mut now = start;
        while let Some(deadline) = sender.deadline(now) {
            now = now.max(deadline);
            let ms = (now - start).as_millis() as u64;
            let timestamp = ms as u32 * (clock / 1_000);
            packets.extend(sender.timeout(now, || Some((101, clock, timestamp))).map(|packet| (ms, packet)));
        }
        packets
    }

    fn times(packets: &[(u64, EventPacket)]) -> Vec<u64> {
        packets.iter().map(|&(at, _)| at).collect()
    }

    #[test]
    fn digits_are_sent_with_three_ends_and_a_pause() {
        let mut sender = DigitSender::default();
        sender.push("1x#", DEFAULT_DURATION);
        let packets = drain(&mut sender, 8_000);
        assert_eq!(times(&packets), [20, 40, 60, 80, 100, 120, 140, 170, 190, 210, 230, 250, 270, 290]);
        let ends = packets.iter().filter(|(_, p)| p.event.end).count();
        assert_eq!(ends, 6);
        assert!(packets[0].1.marker && !packets[1].1.marker);
        assert_eq!(packets[0].1.event.event, 1);
        assert_eq!(packets[13].1.event, TelephoneEvent { event: 11, end: true, volume: 10, duration: 800 });
        assert_eq!(packets[13].1.timestamp, 150 * 8);
    }

    #[test]
    fn a_digit_lasts_as_long_as_asked() {
        let mut sender = DigitSender::default();
        sender.push("1", Duration::from_millis(1));
        sender.push("2", Duration::from_millis(75));
        sender.set_ptime(Duration::from_millis(30));
        sender.push("3", Duration::from_secs(100));
        let packets = drain(&mut sender, 16_000);
        assert_eq!(times(&packets)[..10], [30, 40, 70, 100, 130, 160, 175, 205, 235, 265]);
        let ticks = |event| packets.iter().rfind(|(_, p)| p.event.event == event).map(|(_, p)| p.event.duration);
        assert_eq!((ticks(1), ticks(2)), (Some(640), Some(1_200)));
        let ends: Vec<_> = packets.iter().filter(|(_, p)| p.event.event == 3 && p.event.end).collect();
        assert_eq!(ends.len(), 3);
        assert_eq!(u32::from(ends[0].1.event.duration) + SEGMENT, 8 * 16_000);
    }

    #[test]
    fn a_long_digit_goes_on_in_segments() {
        let mut sender = DigitSender::default();
        sender.push("4", MAX_DURATION);
        let packets = drain(&mut sender, 48_000);
        let mut timestamps: Vec<_> = packets.iter().map(|(_, p)| p.timestamp).collect();
        timestamps.dedup();
        assert_eq!(timestamps, [0, 1, 2, 3, 4, 5].map(|i| i * SEGMENT));
        let markers = packets.iter().filter(|(_, p)| p.marker).count();
        let ends: Vec<_> = packets.iter().filter(|(_, p)| p.event.end).collect();
        assert_eq!((markers, ends.len()), (1, 3));
        assert!(ends.iter().all(|(_, p)| u32::from(p.event.duration) + 5 * SEGMENT == 8 * 48_000));
        for timestamp in &timestamps[..5] {
            let last = packets.iter().rfind(|(_, p)| p.timestamp == *timestamp);
            assert_eq!(last.map(|(_, p)| p.event.duration), Some(u16::MAX));
        }
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut sender = DigitSender::default();
        sender.push(&"7".repeat(1_000), DEFAULT_DURATION);
        assert_eq!(sender.queue.len(), MAX_QUEUE);
    }
}
