//! The payload of a telephone event (RFC 4733 section 2.3).

use super::DIGITS;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn report(event: u8, end: bool, duration: u16) -> TelephoneEvent {
        TelephoneEvent { event, end, volume: 10, duration }
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
}
