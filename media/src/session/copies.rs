//! Copies of a session's packets, for captures: as they are without encryption.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use super::{Channel, Leg, Session, Side};
use crate::sdp::Kind;

/// Octets that may wait to be fetched; this only bounds a caller that never drains.
const MAX_WAITING: usize = 256 * 1024;

/// How much of its RTP packets a session gives copies of. RTCP is copied whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Copying {
    /// The header with contributing sources and extensions, and nothing that was said or dialled.
    Headers,
    /// Everything.
    Whole,
}

/// A packet that came to a leg, or that was sent to it.
#[derive(Debug, Clone, Copy)]
pub struct PacketCopy<'a> {
    /// The leg.
    pub side: Side,
    /// The socket of that leg.
    pub channel: Channel,
    /// Whether it was sent; it came otherwise.
    pub sent: bool,
    /// The other end.
    pub remote: SocketAddr,
    /// Whether it is RTCP.
    pub is_rtcp: bool,
    /// Whether it was encrypted on its way. The copy never is.
    pub encrypted: bool,
    /// What the leg's payload types mean, as the end of an SDP description: the formats of `m=`, then a line each.
    pub formats: &'a Arc<str>,
    /// The packet, or its header.
    pub bytes: &'a [u8],
    /// Octets that the whole packet has.
    pub length: usize,
}

/// Where a packet comes from or goes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire {
    pub(super) side: Side,
    pub(super) channel: Channel,
    pub(super) remote: SocketAddr,
    pub(super) sent: bool,
}

/// Copies that wait to be fetched.
#[derive(Debug)]
pub(super) struct Copies {
    copying: Copying,
    buffer: Vec<u8>,
    waiting: VecDeque<Waiting>,
    /// Of each leg, as far as known.
    formats: [Option<Arc<str>>; 2],
    fetched: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    wire: Wire,
    is_rtcp: bool,
    encrypted: bool,
    formats: Arc<str>,
    range: Range<usize>,
    length: usize,
}

impl Copies {
    fn new(copying: Copying) -> Self {
        let (buffer, waiting) = (Vec::new(), VecDeque::new());
        Self { copying, buffer, waiting, formats: [None, None], fetched: None }
    }

    /// Notes a packet, whose payload begins at `payload`; RTCP has none.
    pub(super) fn add(&mut self, leg: &Leg, wire: Wire, payload: Option<usize>, packet: &[u8]) {
        if self.waiting.is_empty() {
            self.buffer.clear();
        }
        let start = self.buffer.len();
        if start > MAX_WAITING {
            return;
        }
        let kept = payload.filter(|_| self.copying == Copying::Headers).unwrap_or(packet.len());
        self.buffer.extend_from_slice(&packet[..kept.min(packet.len())]);
        let formats = self.formats[wire.side as usize].get_or_insert_with(|| formats_of(leg).into());
        self.waiting.push_back(Waiting {
            wire,
            is_rtcp: payload.is_none(),
            encrypted: leg.is_encrypted(),
            formats: formats.clone(),
            range: start..self.buffer.len(),
            length: packet.len(),
        });
    }

    /// The packet noted last was not sent after all.
    pub(super) fn undo(&mut self) {
        self.waiting.pop_back();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn poll(&mut self) -> Option<PacketCopy<'_>> {
        let Waiting { wire, is_rtcp, encrypted, formats, range, length } =
            self.fetched.insert(self.waiting.pop_front()?);
        let Wire { side, channel, remote, sent } = *wire;
        Some(PacketCopy {
            side,
            channel,
            sent,
            remote,
            is_rtcp: *is_rtcp,
            encrypted: *encrypted,
            formats,
            bytes: &self.buffer[range.clone()],
            length: *length,
        })
    }
}

impl Session {
    /// Gives copies of all packets of both legs from now on, as [`Output::Copy`](super::Output::Copy), or none any more.
    /// What does not belong to a leg, such as packets of strangers, is not copied.
    pub fn copy_packets(&mut self, copying: Option<Copying>) {
        let copies = &mut self.queue.copies;
        match (copies.as_deref_mut(), copying) {
            (Some(copies), Some(copying)) => copies.copying = copying,
            (_, copying) => *copies = copying.map(|copying| Box::new(Copies::new(copying))),
        }
    }

    /// Another leg is at a side, or something else was agreed.
    pub(super) fn formats_changed(&mut self, side: Side) {
        if let Some(copies) = &mut self.queue.copies {
            copies.formats[side as usize] = None;
        }
    }
}

/// What the payload types of a leg mean, as it ends an SDP description.
fn formats_of(leg: &Leg) -> String {
    let mut formats: Vec<(u8, String)> = Vec::new();
    let mut add = |payload_type: u8, meaning: String| {
        // Both directions mostly have the same numbers; where not, what we take counts.
        if formats.iter().all(|(known, _)| *known != payload_type) {
            formats.push((payload_type, meaning));
        }
    };
    let is_shared = match leg {
        Leg::Rtp(leg) => {
            let agreed = leg.negotiated();
            for &(payload_type, codec) in &agreed.receive {
                add(payload_type, codec.rtpmap().to_owned());
            }
            add(agreed.payload_type, agreed.codec.rtpmap().to_owned());
            if let Some((send, receive, clock)) = agreed.telephone_event {
                add(receive, format!("telephone-event/{clock}"));
                add(send, format!("telephone-event/{clock}"));
            }
            if let Some((send, receive)) = agreed.comfort_noise {
                add(receive, "CN/8000".to_owned());
                add(send, "CN/8000".to_owned());
            }
            agreed.rtcp_mux
        }
        Leg::WebRtc(leg) => {
            for format in leg.formats() {
                let meaning = match format.kind {
                    Kind::Audio(codec) => codec.rtpmap().to_owned(),
                    Kind::Event { clock } => format!("telephone-event/{clock}"),
                };
                add(format.payload_type, meaning);
            }
            true
        }
    };
    let numbers: Vec<String> = formats.iter().map(|(payload_type, _)| payload_type.to_string()).collect();
    let maps = formats.iter().map(|(payload_type, meaning)| format!("a=rtpmap:{payload_type} {meaning}\r\n"));
    let shared = if is_shared { "a=rtcp-mux\r\n" } else { "" };
    format!("{}\r\n{}{shared}", numbers.join(" "), maps.collect::<String>())
}
