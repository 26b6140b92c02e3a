//! Digits out of the packets of telephone events, whatever is lost, repeated or overtaken.

use std::time::{Duration, Instant};

use super::{Pressed, TelephoneEvent};

/// An event whose end was lost counts as ended when nothing came for so long.
const LOST_END: Duration = Duration::from_millis(300);

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
}
