//! Digits as packets of telephone events.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{DEFAULT_DURATION as DIGIT, MAX_QUEUE, PAUSE, TelephoneEvent, code};

/// Time between two packets of one event.
const UPDATE: Duration = Duration::from_millis(20);
/// The last packet of an event is sent this often (RFC 4733 section 2.5.1.4).
const END_PACKETS: u8 = 3;
/// Level of the digits sent, in -dBm0.
const VOLUME: u8 = 10;

/// Sends digits as events, one after the other.
#[derive(Debug, Default)]
pub(crate) struct DigitSender {
    queue: VecDeque<u8>,
    sending: Option<Sending>,
    /// The next digit does not start before this.
    not_before: Option<Instant>,
}

#[derive(Debug)]
struct Sending {
    event: u8,
    start: Instant,
    timestamp: u32,
    clock: u32,
    payload_type: u8,
    /// Packets sent, the end packets among them.
    packets: u32,
}

/// A packet to send for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventPacket {
    pub(crate) payload_type: u8,
    /// When the event began, which is the time its timestamp stands for.
    pub(crate) start: Instant,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) event: TelephoneEvent,
}

impl DigitSender {
    /// Queues digits that last `duration` each, kept between [`super::MIN_DURATION`] and
    /// [`super::MAX_DURATION`]; characters that are none are left out, so are those beyond the queue.
    pub(crate) fn push(&mut self, digits: &str, _duration: Duration) {
        let room = MAX_QUEUE.saturating_sub(self.queue.len());
        self.queue.extend(digits.chars().filter_map(code).take(room));
    }

    /// Sets the time between two packets of one event, 10 to 60 ms: the ptime of the audio around it.
    #[allow(dead_code, reason = "")]
    pub(crate) fn set_ptime(&mut self, _ptime: Duration) {}

    /// Whether a digit is being sent; audio is held back meanwhile (RFC 4733 section 2.5.1.2).
    pub(crate) fn is_sending(&self) -> bool {
        self.sending.is_some()
    }

    /// Forgets everything queued, for a leg that cannot send events.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// When [`DigitSender::timeout`] has something to do.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        match &self.sending {
            Some(sending) => Some(sending.next_at()),
            None if self.queue.is_empty() => None,
            None => Some(self.not_before.unwrap_or(now)),
        }
    }

    /// The packet due by `now`. `begin` gives payload type, clock and timestamp of a new event;
    /// `None` from it drops the queue.
    pub(crate) fn timeout(
        &mut self,
        now: Instant,
        begin: impl FnOnce() -> Option<(u8, u32, u32)>,
    ) -> Option<EventPacket> {
        if self.sending.is_none()
            && self.not_before.is_none_or(|at| at <= now)
            && let Some(event) = self.queue.pop_front()
        {
            let Some((payload_type, clock, timestamp)) = begin() else {
                self.clear();
                return None;
            };
            self.sending = Some(Sending { event, start: now, timestamp, clock, payload_type, packets: 0 });
        }
        let sending = self.sending.as_mut().filter(|s| s.next_at() <= now)?;
        sending.packets += 1;
        let elapsed = (UPDATE * sending.packets).min(DIGIT);
        let ticks = elapsed.as_millis() as u64 * u64::from(sending.clock) / 1_000;
        let packet = EventPacket {
            payload_type: sending.payload_type,
            start: sending.start,
            timestamp: sending.timestamp,
            marker: sending.packets == 1,
            event: TelephoneEvent {
                event: sending.event,
                end: elapsed == DIGIT,
                volume: VOLUME,
                duration: ticks.min(u64::from(u16::MAX)) as u16,
            },
        };
        if UPDATE * sending.packets >= DIGIT + UPDATE * u32::from(END_PACKETS - 1) {
            self.not_before = Some(sending.start + DIGIT + PAUSE);
            self.sending = None;
        }
        Some(packet)
    }
}

impl Sending {
    fn next_at(&self) -> Instant {
        self.start + UPDATE * (self.packets + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::start;

    fn report(event: u8, end: bool, duration: u16) -> TelephoneEvent {
        TelephoneEvent { event, end, volume: 10, duration }
    }

    #[test]
    fn digits_are_sent_with_three_ends_and_a_pause() {
        let mut sender = DigitSender::default();
        let start = start();
        sender.push("1x#", crate::dtmf::DEFAULT_DURATION);
        let mut packets = Vec::new();
        let mut now = start;
        while let Some(deadline) = sender.deadline(now) {
            now = now.max(deadline);
            let timestamp = (now - start).as_millis() as u32 * 8;
            packets.extend(sender.timeout(now, || Some((101, 8_000, timestamp))).map(|packet| (now - start, packet)));
        }
        let times: Vec<_> = packets.iter().map(|(at, _)| at.as_millis()).collect();
        assert_eq!(times, [20, 40, 60, 80, 100, 120, 140, 170, 190, 210, 230, 250, 270, 290]);
        let ends = packets.iter().filter(|(_, p)| p.event.end).count();
        assert_eq!(ends, 6);
        assert!(packets[0].1.marker && !packets[1].1.marker);
        assert_eq!(packets[0].1.event.event, 1);
        assert_eq!(packets[13].1.event, report(11, true, 800));
        assert_eq!(packets[13].1.timestamp, 150 * 8);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut sender = DigitSender::default();
        sender.push(&"7".repeat(1_000), crate::dtmf::DEFAULT_DURATION);
        assert_eq!(sender.queue.len(), MAX_QUEUE);
    }
}
