//! Digits pressed during a call: telephone events in RTP (RFC 4733), and tones in the audio (ITU-T
//! Q.23).

mod events;
pub mod inband;
mod receiver;
mod sender;

use std::time::Duration;

pub use events::TelephoneEvent;
pub(crate) use receiver::DigitReceiver;
pub(crate) use sender::DigitSender;

/// How long a digit lasts that nobody gave a length.
pub const DEFAULT_DURATION: Duration = Duration::from_millis(100);
/// The shortest digit made; what receivers must recognise (ITU-T Q.24).
pub const MIN_DURATION: Duration = Duration::from_millis(40);
/// The longest digit made.
pub const MAX_DURATION: Duration = Duration::from_secs(8);
/// Silence between two digits made here.
const PAUSE: Duration = Duration::from_millis(50);
/// Digits that wait to be sent; more are dropped.
const MAX_QUEUE: usize = 64;

/// Digits by event code (RFC 4733 section 3.2).
const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// A digit that was pressed and let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pressed {
    /// `0` to `9`, `*`, `#`, `A` to `D`.
    pub digit: char,
    /// How long it was pressed.
    pub duration_ms: u32,
}

/// The event code of a digit, in either case; `None` for other characters.
fn code(digit: char) -> Option<u8> {
    let digit = digit.to_ascii_uppercase();
    // There are 16 digits.
    DIGITS.iter().position(|&known| known == digit).map(|code| code as u8)
}
