//! Telephone events in RTP (RFC 4733): the payload, recognising digits, and sending them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a digit sent by us lasts.
const DIGIT: Duration = Duration::from_millis(100);
/// Silence between two digits sent by us.
const PAUSE: Duration = Duration::from_millis(50);
/// Time between two packets of one event.
const UPDATE: Duration = Duration::from_millis(20);
/// The last packet of an event is sent this often (RFC 4733 section 2.5.1.4).
const END_PACKETS: u8 = 3;
/// Digits that wait to be sent; more are dropped.
const MAX_QUEUE: usize = 64;
/// An event whose end was lost counts as ended when nothing came for so long.
const LOST_END: Duration = Duration::from_millis(300);
/// Level of the digits sent, in -dBm0.
const VOLUME: u8 = 10;

/// One report of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// Event code; 0 to 15 are the digits.
    pub event: u8,
    /// The event is over.
    pub end: bool,
    /// Level in -dBm0, 0 to 63.
    pub volume: u8,
    /// Duration so far, in ticks of the event's RTP clock.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Reads the first report of a payload; `None` when it is too short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low, ..] = *payload else {
            return None;
        };
        Some(Self { event, end: flags & 0x80 != 0, volume: flags & 0x3f, duration: u16::from_be_bytes([high, low]) })
    }

    /// The payload on the wire.
    pub fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        let end = if self.end { 0x80 } else { 0 };
        [self.event, end | self.volume & 0x3f, high, low]
    }

    /// The digit: `0` to `9`, `*`, `#`, `A` to `D`; `None` for other events.
    pub fn digit(self) -> Option<char> {
        DIGITS.get(usize::from(self.event)).copied()
    }

    /// The same report for another RTP clock; the duration stays within its 16 bits.
    pub(crate) fn rescaled(self, from: u32, to: u32) -> Self {
        let ticks = u64::from(self.duration) * u64::from(to) / u64::from(from.max(1));
        Self { duration: ticks.min(u64::from(u16::MAX)) as u16, ..self }
    }
}

/// Digits by event code (RFC 4733 section 3.2).
const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// A digit that was pressed at the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pressed {
    pub(crate) digit: char,
    pub(crate) duration_ms: u32,
}

/// Turns the packets of events into digits, each reported once.
#[derive(Debug, Default)]
pub(crate) struct DigitReceiver {
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    ssrc: u32,
    timestamp: u32,
    event: TelephoneEvent,
    clock: u32,
    /// Ticks of earlier segments of the same event (RFC 4733 section 2.5.1.3).
    before: u32,
    reported: bool,
    last: Instant,
}

impl Current {
    fn report(&mut self) -> Option<Pressed> {
        if std::mem::replace(&mut self.reported, true) {
            return None;
        }
        let ticks = u64::from(self.before) + u64::from(self.event.duration);
        Some(Pressed { digit: self.event.digit()?, duration_ms: (ticks * 1_000 / u64::from(self.clock.max(1))) as u32 })
    }
}

impl DigitReceiver {
    /// Takes a packet and calls `pressed` for each digit that is now complete.
    pub(crate) fn packet(
        &mut self,
        (ssrc, timestamp): (u32, u32),
        event: TelephoneEvent,
        clock: u32,
        now: Instant,
        mut pressed: impl FnMut(Pressed),
    ) {
        let mut before = 0;
        if let Some(current) = &mut self.current
            && current.ssrc == ssrc
        {
            if current.timestamp == timestamp {
                current.last = now;
                if !current.reported {
                    // An end packet decides; an overtaken update does not shorten the event.
                    if event.duration >= current.event.duration || event.end {
                        current.event = event;
                    }
                    if event.end {
                        current.report().into_iter().for_each(pressed);
                    }
                }
                return;
            }
            let later = timestamp.wrapping_sub(current.timestamp) as i32;
            if later < 0 {
                return;
            }
            let continues = !current.reported
                && current.event.event == event.event
                && later as u32 == u32::from(current.event.duration);
            if continues {
                before = current.before.saturating_add(later as u32);
            } else {
                current.report().into_iter().for_each(&mut pressed);
            }
        }
        let mut current = Current { ssrc, timestamp, event, clock, before, reported: false, last: now };
        if event.end {
            current.report().into_iter().for_each(pressed);
        }
        self.current = Some(current);
    }

    /// When [`DigitReceiver::timeout`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let current = self.current.as_ref().filter(|current| !current.reported)?;
        Some(current.last + LOST_END)
    }

    /// The digit whose end never came.
    pub(crate) fn timeout(&mut self, now: Instant) -> Option<Pressed> {
        if now < self.deadline()? {
            return None;
        }
        self.current.as_mut()?.report()
    }
}

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
    /// Queues digits; characters that are none are left out, so are those beyond the queue.
    pub(crate) fn push(&mut self, digits: &str) {
        for digit in digits.chars() {
            let digit = digit.to_ascii_uppercase();
            if let Some(code) = DIGITS.iter().position(|&d| d == digit)
                && self.queue.len() < MAX_QUEUE
            {
                // There are 16 digits.
                self.queue.push_back(code as u8);
            }
        }
    }

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

    fn receive(receiver: &mut DigitReceiver, packets: &[(u32, TelephoneEvent)]) -> String {
        let mut digits = String::new();
        for &(timestamp, event) in packets {
            receiver.packet((1, timestamp), event, 8_000, start(), |pressed| {
                digits.push(pressed.digit);
            });
        }
        digits
    }

    #[test]
    fn payload_round_trips() {
        let event = report(11, true, 800);
        assert_eq!(event.to_bytes(), [11, 0x8a, 3, 0x20]);
        assert_eq!(TelephoneEvent::parse(&event.to_bytes()), Some(event));
        assert_eq!(TelephoneEvent::parse(&[1, 2, 3]), None);
        assert_eq!(report(1, false, 960).rescaled(48_000, 8_000).duration, 160);
        assert_eq!(report(1, false, 65_000).rescaled(8_000, 48_000).duration, u16::MAX);
    }

    #[test]
    fn a_digit_is_reported_once_whatever_is_repeated() {
        let mut receiver = DigitReceiver::default();
        let end = report(5, true, 800);
        let digits = receive(
            &mut receiver,
            &[
                (100, report(5, false, 160)),
                (100, end),
                (100, end),
                (100, end),
                (1_300, report(5, true, 800)),
                (100, end),
            ],
        );
        assert_eq!(digits, "55");
    }

    #[test]
    fn a_lost_end_is_made_up_for() {
        let mut receiver = DigitReceiver::default();
        let digits = receive(
            &mut receiver,
            &[(100, report(1, false, 160)), (2_000, report(2, false, 160)), (2_000, report(2, false, 320))],
        );
        assert_eq!(digits, "1");
        let deadline = receiver.deadline().unwrap();
        assert_eq!(receiver.timeout(deadline), Some(Pressed { digit: '2', duration_ms: 40 }));
        assert_eq!(receiver.timeout(deadline), None);
    }

    #[test]
    fn segments_of_a_long_press_are_one_digit() {
        let mut receiver = DigitReceiver::default();
        let mut pressed = Vec::new();
        for (timestamp, event) in
            [(0, report(9, false, 0xffff)), (0xffff, report(9, false, 160)), (0xffff, report(9, true, 800))]
        {
            receiver.packet((1, timestamp), event, 8_000, start(), |p| pressed.push(p));
        }
        assert_eq!(pressed, [Pressed { digit: '9', duration_ms: (0xffff + 800) / 8 }]);
    }

    #[test]
    fn digits_are_sent_with_three_ends_and_a_pause() {
        let mut sender = DigitSender::default();
        let start = start();
        sender.push("1x#");
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
        sender.push(&"7".repeat(1_000));
        assert_eq!(sender.queue.len(), MAX_QUEUE);
    }
}
