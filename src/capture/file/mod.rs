//! Capture files: what was said, as pcapng that Wireshark and `tshark` read with no setting.
//!
//! [`Writer`] makes a file's octets front to back, [`Composer`] says of each message what it caused, [`Background`] what
//! stands behind it, [`Scribe`] brings them together, [`export`] writes a single call. Pure: who has the file and the clock
//! is elsewhere.

mod audio;
mod background;
pub mod comment;
mod composer;
pub mod export;
mod packet;
mod scribe;
#[cfg(test)]
mod tests;
mod writer;

pub use self::audio::{AudioPacket, Carrier, without_names};
pub use self::background::Background;
pub use self::composer::{Composer, Content, Message};
pub use self::packet::{ClientPacket, Direction, SipPacket};
pub use self::scribe::{FileNames, Scribe};
pub use self::writer::{Lost, Writer};
use super::trace::TraceTransport;

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
