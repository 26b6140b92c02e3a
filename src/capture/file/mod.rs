//! Capture files: what was said, as pcapng that Wireshark and `tshark` read with no setting.
//!
//! [`Writer`] makes a file's octets front to back, [`Composer`] says of each message what it caused, [`export`] writes a
//! [`Trace`](super::trace::Trace). Pure: who has the file and the clock is elsewhere.

pub mod comment;
mod composer;
pub mod export;
mod packet;
#[cfg(test)]
mod tests;
mod writer;

use time::OffsetDateTime;

pub use self::composer::{Composer, Content, Message};
pub use self::packet::{ClientPacket, Direction, SipPacket};
pub use self::writer::Writer;
use super::trace::TraceTransport;

/// What all names of capture files begin with.
const PREFIX: &str = "sipav_";
/// What they end with.
const ENDING: &str = ".pcapng";

/// `sipav_2026-11-21_17-12-03.pcapng`, in UTC: files in the order of their names are in that of their time. Another
/// of the same second has `_002` behind it.
pub fn file_name(at: OffsetDateTime, same_second: u32) -> String {
    let (hour, minute, second) = at.time().as_hms();
    let more = if same_second > 0 { format!("_{:03}", same_second + 1) } else { String::new() };
    format!("{PREFIX}{}_{hour:02}-{minute:02}-{second:02}{more}{ENDING}", at.date())
}

/// Whether a file of this name is a capture of ours, and nothing but a name: no folder, nothing hidden.
pub fn is_file_name(name: &str) -> bool {
    let stem = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(ENDING));
    stem.is_some_and(|stem| {
        !stem.is_empty() && stem.len() <= 64 && stem.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    })
}

impl TraceTransport {
    /// Its name as that of an interface in capture files.
    pub fn name(self) -> &'static str {
        match self {
            TraceTransport::Udp => "udp",
            TraceTransport::Tcp => "tcp",
            TraceTransport::Tls => "tls",
        }
    }
}
