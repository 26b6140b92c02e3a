//! Reads capture files of any tool: what SIP messages went from where to where, and when.
//!
//! Pure but for the [`Read`] that is handed in. Everything is bounded: a file of any length needs no more memory than
//! its SIP messages do, and of those [`MAX_MESSAGES`] and [`MAX_OCTETS`].

mod calls;
mod container;
mod ip;
mod link;
pub(super) mod sip;
mod tcp;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use self::calls::{Calls, Dialog, Server, calls};
use self::container::{Container, Stop};
use self::ip::{Carried, Packets};
use self::link::Inside;
use self::tcp::Streams;
use super::trace::TraceTransport;

/// SIP messages kept of one file.
pub const MAX_MESSAGES: usize = 500_000;
/// Octets of SIP messages kept of one file.
pub const MAX_OCTETS: usize = 512 << 20;
/// Messages of clients, and notes, kept of one file.
const MAX_HANDED: usize = 500_000;
/// What is handed over of audio, which nothing is decided by.
const AUDIO: [&str; 3] = ["rtp", "rtcp", "sdp"];
/// The same datagram twice within so many nanoseconds was captured twice: SIP repeats none before 500 ms.
const CAPTURED_TWICE: u64 = 5_000_000;
/// Datagrams back that are compared for it.
const RECENT: usize = 32;

/// A SIP message in a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// Nanoseconds since 1970; on a stream, when it was complete.
    pub at: u64,
    /// What carried it.
    pub transport: TraceTransport,
    /// Where it came from.
    pub source: SocketAddr,
    /// Where it went.
    pub destination: SocketAddr,
    /// The message as it was.
    pub bytes: Bytes,
    /// What whoever captured it noted beside.
    pub comments: Vec<String>,
    /// Whether who captured it has sent it, where the file says so.
    pub sent: Option<bool>,
}

/// A message that a capture has without packets and that is not SIP: of Offhook's client protocol, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Nanoseconds since 1970.
    pub at: u64,
    /// What it is, as the tool that wrote it calls it.
    pub protocol: String,
    /// Where it came from and where it went, where that is known.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// Whether who captured it has sent it, where the file says so.
    pub sent: Option<bool>,
    /// The message as it was.
    pub bytes: Bytes,
    /// What whoever captured it noted beside.
    pub comments: Vec<String>,
}

/// What a capture file has in it.
#[derive(Debug, Default)]
pub struct Capture {
    /// SIP messages, in the order of their times.
    pub messages: Vec<Captured>,
    /// Other messages that are there without packets, in the order of their times.
    pub handed: Vec<Handed>,
    /// How the reading went.
    pub counts: Counts,
    /// Why the file was not read to its end, as a sentence.
    pub broken: Option<String>,
}

/// How the reading of a capture went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Frames in the file.
    pub frames: u64,
    /// SIP messages among them.
    pub messages: u64,
    /// Messages that were captured twice and count once.
    pub duplicates: u64,
    /// Messages beyond what one reading keeps.
    pub left_out: u64,
    /// IP packets of which fragments are missing.
    pub incomplete: u64,
    /// Places in TCP streams where octets are missing.
    pub gaps: u64,
    /// Connections that are encrypted and not read.
    pub encrypted: u64,
}

/// Why a file cannot be read as a capture at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no capture.
    #[error("it is neither a pcap nor a pcapng file")]
    NoCapture,
    /// It has nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is packed.
    #[error("it is compressed: unpack it first")]
    Compressed,
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a capture. One that breaks off is read up to there.
pub fn read(file: impl Read) -> Result<Capture, ReadError> {
    let mut container = Container::open(file)?;
    let mut reader = Reader::default();
    loop {
        let before = container.offset();
        match container.next() {
            Ok(frame) => reader.frame(&frame),
            Err(stop) => {
                reader.capture.broken = match stop {
                    Stop::End => None,
                    Stop::Cut => Some(format!("The file ends within the packet that begins at octet {before}.")),
                    Stop::Broken(why) => Some(format!("The file is broken from octet {before} on: {why}.")),
                    Stop::Io(error) => Some(format!("The file cannot be read from octet {before} on: {error}.")),
                };
                return Ok(reader.finish());
            }
        }
    }
}

#[derive(Default)]
struct Reader {
    packets: Packets,
    streams: Streams,
    found: Found,
    capture: Capture,
}

/// The messages found.
#[derive(Default)]
struct Found {
    messages: Vec<Captured>,
    octets: usize,
    recent: VecDeque<(u64, SocketAddr, SocketAddr, Bytes)>,
    counts: Counts,
}

impl Reader {
    fn frame(&mut self, frame: &container::Frame) {
        let Reader { packets, streams, found, capture } = self;
        found.counts.frames += 1;
        let at = frame.at;
        match link::inside(frame.link, &frame.data) {
            Some(Inside::Ip(ip)) => packets.take(at, ip, |source, destination, carried| match carried {
                Carried::Datagram(data) => {
                    if let Some(message) = sip::trimmed(data) {
                        let bytes = Bytes::copy_from_slice(message);
                        let (transport, comments, sent) = (TraceTransport::Udp, frame.comments.clone(), frame.sent);
                        found.datagram(Captured { at, transport, source, destination, bytes, comments, sent });
                    }
                }
                Carried::Segment(segment) => {
                    streams.take(at, source, destination, &segment, |at, bytes| {
                        let (transport, comments, sent) = (TraceTransport::Tcp, frame.comments.clone(), frame.sent);
                        found.add(Captured { at, transport, source, destination, bytes, comments, sent });
                    });
                }
            }),
            Some(Inside::Exported(exported)) => {
                let link::Exported { protocol, transport, addresses, message } = exported;
                let (comments, sent) = (frame.comments.clone(), frame.sent);
                if let Some(message) = sip::trimmed(message) {
                    // One that could not be sent has no address.
                    let Some((source, destination)) = addresses else { return };
                    let bytes = Bytes::copy_from_slice(message);
                    found.add(Captured { at, transport, source, destination, bytes, comments, sent });
                } else if !AUDIO.contains(&protocol.as_str())
                    && capture.handed.len() < MAX_HANDED
                    && !message.is_empty()
                {
                    let bytes = Bytes::copy_from_slice(message);
                    capture.handed.push(Handed { at, protocol, addresses, sent, bytes, comments });
                }
            }
            None => {}
        }
    }

    fn finish(self) -> Capture {
        let Reader { mut packets, mut streams, mut found, mut capture } = self;
        packets.finish();
        streams.finish(|source, destination, at, bytes| {
            let transport = TraceTransport::Tcp;
            found.add(Captured { at, transport, source, destination, bytes, comments: Vec::new(), sent: None });
        });
        let (gaps, encrypted, incomplete) = (streams.gaps, streams.encrypted, packets.incomplete);
        capture.messages = found.messages;
        capture.messages.sort_by_key(|message| message.at);
        capture.handed.sort_by_key(|message| message.at);
        capture.counts = Counts { gaps, encrypted, incomplete, ..found.counts };
        capture
    }
}

impl Found {
    /// A tool that listens on several interfaces has a datagram of this machine twice.
    fn datagram(&mut self, message: Captured) {
        let Captured { at, source, destination, ref bytes, .. } = message;
        let same = |old: &(u64, SocketAddr, SocketAddr, Bytes)| {
            at.abs_diff(old.0) < CAPTURED_TWICE && (source, destination) == (old.1, old.2) && *bytes == old.3
        };
        if self.recent.iter().any(same) {
            self.counts.duplicates += 1;
            return;
        }
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((at, source, destination, bytes.clone()));
        self.add(message);
    }

    fn add(&mut self, message: Captured) {
        if self.messages.len() >= MAX_MESSAGES || self.octets + message.bytes.len() > MAX_OCTETS {
            self.counts.left_out += 1;
            return;
        }
        self.octets += message.bytes.len();
        self.counts.messages += 1;
        self.messages.push(message);
    }
}
