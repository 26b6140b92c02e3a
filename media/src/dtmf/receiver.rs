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
    /// Whether `event`, which began so many ticks later, is the next segment of this one. Segments
    /// that are full need not have been seen to their end.
    fn is_continued_by(&self, event: TelephoneEvent, later: u32) -> bool {
        !self.event.end
            && self.event.event == event.event
            && (later == u32::from(self.event.duration) || later.is_multiple_of(u32::from(u16::MAX)))
    }

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
        let mut next = Current { ssrc, timestamp, event, clock, before: 0, reported: false, last: now };
        if let Some(current) = &mut self.current {
            if current.ssrc == ssrc && current.timestamp == timestamp {
                current.last = now;
                // An overtaken update does not shorten the event, nor lengthen it after its end.
                if !current.event.end && (event.end || event.duration >= current.event.duration) {
                    current.event = event;
                }
                if event.end {
                    current.report().into_iter().for_each(pressed);
                }
                return;
            }
            let later = timestamp.wrapping_sub(current.timestamp);
            if current.ssrc == ssrc && (later as i32) < 0 {
                return;
            }
            if current.ssrc == ssrc && current.is_continued_by(event, later) {
                // The event goes on, also when its end was given up already.
                next.before = current.before.saturating_add(later);
                next.reported = current.reported;
            } else {
                current.report().into_iter().for_each(&mut pressed);
            }
        }
        if event.end {
            next.report().into_iter().for_each(pressed);
        }
        self.current = Some(next);
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

    #[test]
    fn a_digit_given_up_is_not_reported_again_when_it_goes_on() {
        let mut receiver = DigitReceiver::default();
        let mut digits = receive(&mut receiver, &[(0, report(9, false, 0xfff0))]);
        let deadline = receiver.deadline().unwrap();
        digits.extend(receiver.timeout(deadline).map(|pressed| pressed.digit));
        digits += &receive(&mut receiver, &[(0xffff, report(9, false, 80)), (0xffff, report(9, true, 800))]);
        assert_eq!(digits, "9");
    }

    #[test]
    fn another_source_ends_what_the_last_one_pressed() {
        let mut receiver = DigitReceiver::default();
        let mut digits = String::new();
        for (ssrc, event) in [(1, report(1, false, 160)), (2, report(2, true, 800))] {
            receiver.packet((ssrc, 100), event, 8_000, start(), |pressed| digits.push(pressed.digit));
        }
        assert_eq!(digits, "12");
    }

    proptest::proptest! {
        /// What the sender makes arrives with packets lost, doubled and overtaken by up to two; of
        /// each digit something arrives.
        #[test]
        fn each_digit_is_reported_once(
            digits in "[0-9*#A-D]{1,8}",
            ms in 40u64..3_000,
            clock in proptest::sample::select(vec![8_000u32, 16_000, 48_000]),
            fates in proptest::collection::vec(0u8..8, 1..64),
        ) {
            let packets = crate::dtmf::sender::tests::send(&digits, Duration::from_millis(ms), clock);
            let mut arriving = Vec::new();
            let mut seen = None;
            for (i, (at, packet)) in packets.iter().enumerate() {
                // Where one digit is lost whole, nobody can know. Overtaking stays within one.
                let begins = packet.marker && seen.replace(i).is_some() || i == 0;
                let (copies, delay) = match fates[i % fates.len()] {
                    _ if begins => (1, 0),
                    0 | 1 => (0, 0),
                    2 => (2, 0),
                    3 => (1, 45),
                    4 => (2, 25),
                    _ => (1, 0),
                };
                arriving.extend(std::iter::repeat_n((at + delay, *packet), copies));
            }
            arriving.sort_by_key(|&(at, _)| at);
            let mut receiver = DigitReceiver::default();
            let mut heard = Vec::new();
            for (at, packet) in arriving {
                let now = start() + Duration::from_millis(at);
                heard.extend(receiver.timeout(now));
                receiver.packet((1, packet.timestamp), packet.event, clock, now, |pressed| heard.push(pressed));
            }
            heard.extend(receiver.timeout(start() + Duration::from_secs(60)));
            let seen: String = heard.iter().map(|pressed| pressed.digit).collect();
            proptest::prop_assert_eq!(seen, digits);
            // Without loss the length is exact.
            if fates.iter().all(|&fate| fate > 4) {
                for pressed in heard {
                    proptest::prop_assert_eq!(u64::from(pressed.duration_ms), ms);
                }
            }
        }
    }
}
