//! Digits in SIP INFO: the two bodies that telephones send, `application/dtmf-relay` and `application/dtmf`.
//!
//! No RFC defines them. The first says `Signal=5` and `Duration=160`, in milliseconds; the second is the digit alone.

use std::time::Duration;

use bytes::Bytes;

/// Content-Type of what we send, and of most that comes.
pub const RELAY: &str = "application/dtmf-relay";
/// Content-Type of a digit alone.
const PLAIN: &str = "application/dtmf";
/// Length of a digit that does not say how long it is.
const USUAL: Duration = Duration::from_millis(160);
/// Lengths that are believed: a shorter digit is not heard, a longer one is a stuck key.
const LENGTHS: (Duration, Duration) = (Duration::from_millis(40), Duration::from_secs(8));

/// A digit and how long its key was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digit {
    /// `0` to `9`, `*`, `#`, `A` to `D`.
    pub digit: char,
    /// 40 ms to 8 s.
    pub duration: Duration,
}

impl Digit {
    /// A digit whose length is brought within what is believed.
    pub fn new(digit: char, duration: Duration) -> Digit {
        Digit { digit, duration: duration.clamp(LENGTHS.0, LENGTHS.1) }
    }

    /// Reads the body of an INFO; None where it is about something else, or no digit.
    pub fn read(content_type: &str, body: &[u8]) -> Option<Digit> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let text = std::str::from_utf8(body).ok()?;
        if media_type.eq_ignore_ascii_case(PLAIN) {
            return Some(Digit { digit: digit(text.trim())?, duration: USUAL });
        }
        if !media_type.eq_ignore_ascii_case(RELAY) {
            return None;
        }
        let value = |name: &str| {
            let mut pairs = text.lines().filter_map(|line| line.split_once('='));
            pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
        };
        let length = value("Duration").and_then(|ms| ms.parse().ok()).map_or(USUAL, Duration::from_millis);
        Some(Digit::new(digit(value("Signal")?)?, length))
    }

    /// The body of an INFO of type [`RELAY`].
    pub fn write(self) -> Bytes {
        Bytes::from(format!("Signal={}\r\nDuration={}\r\n", self.digit, self.duration.as_millis()))
    }
}

/// A digit as telephones write it; some give the numbers 10 and 11 for `*` and `#` (RFC 4733 table 3).
fn digit(text: &str) -> Option<char> {
    match text {
        "10" => return Some('*'),
        "11" => return Some('#'),
        _ => {}
    }
    let mut letters = text.chars();
    let digit = letters.next()?.to_ascii_uppercase();
    (letters.next().is_none() && matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(duration: u64) -> Duration {
        Duration::from_millis(duration)
    }

    #[test]
    fn both_bodies_are_read() {
        let read = |content_type: &str, body: &str| Digit::read(content_type, body.as_bytes());
        let five = Some(Digit { digit: '5', duration: ms(250) });
        assert_eq!(read("application/dtmf-relay", "Signal=5\r\nDuration=250\r\n"), five);
        assert_eq!(read("Application/DTMF-Relay; charset=utf-8", "signal= 5\nduration = 250"), five);
        assert_eq!(read(RELAY, "Signal=11\r\n"), Some(Digit { digit: '#', duration: USUAL }));
        assert_eq!(read(PLAIN, " d\r\n"), Some(Digit { digit: 'D', duration: USUAL }));
        for (content_type, body) in [
            (RELAY, "Duration=5"),
            (RELAY, "Signal=55"),
            (RELAY, "Signal="),
            (PLAIN, ""),
            (PLAIN, "hook"),
            ("text/plain", "5"),
            ("", "5"),
        ] {
            assert_eq!(read(content_type, body), None, "{content_type} {body}");
        }
        assert_eq!(Digit::read(PLAIN, &[0xff]), None);
    }

    #[test]
    fn absurd_lengths_are_bounded() {
        let read = |length: &str| Digit::read(RELAY, format!("Signal=1\r\nDuration={length}").as_bytes());
        assert_eq!(read("0").map(|digit| digit.duration), Some(ms(40)));
        assert_eq!(read("99999999999").map(|digit| digit.duration), Some(ms(8_000)));
        assert_eq!(read("-1").map(|digit| digit.duration), Some(USUAL));
    }

    #[test]
    fn what_is_written_is_read() {
        for digit in "0123456789*#ABCD".chars() {
            let written = Digit::new(digit, ms(1_234));
            assert_eq!(Digit::read(RELAY, &written.write()), Some(written));
        }
    }
}
