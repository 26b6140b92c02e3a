//! What a session has to say, queued until it is polled.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use super::copies::{Copies, PacketCopy, Wire};
use super::{Channel, Event, Leg, Side};
use crate::record::Patch;

/// Events wait no longer than the caller's next drain; this only bounds a caller that never does.
const MAX_EVENTS: usize = 1_024;
/// Octets that may wait to be sent, for the same reason.
const MAX_WAITING: usize = 256 * 1024;

/// What [`Session::poll_output`](super::Session::poll_output) returns.
#[derive(Debug)]
pub enum Output<'a> {
    /// Send this datagram.
    Transmit {
        /// The leg it belongs to.
        side: Side,
        /// The socket of that leg.
        channel: Channel,
        /// Where it goes.
        to: SocketAddr,
        /// The datagram.
        bytes: &'a [u8],
    },
    /// Something happened.
    Event(Event),
    /// Append these octets to the file of the recording.
    Recorded(&'a [u8]),
    /// A packet came or was sent, see [`Session::copy_packets`](super::Session::copy_packets).
    Copy(PacketCopy<'a>),
    /// The recording is over: this is to be replaced in its file, if anything.
    RecordingDone(Option<Patch>),
    /// All done: call [`Session::handle_timeout`](super::Session::handle_timeout) at this time,
    /// or never when there is none, unless a packet comes first.
    Timeout(Option<Instant>),
}

/// Datagrams and events in the order they came about. The datagrams lie in one buffer, which is
/// used again once all of them are gone: a relayed packet allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Queue {
    buffer: Vec<u8>,
    datagrams: VecDeque<Datagram>,
    events: VecDeque<Event>,
    /// Octets of the recording that are not fetched yet, and those that were fetched last.
    recorded: Vec<u8>,
    fetched: Vec<u8>,
    done: VecDeque<Done>,
    /// Copies of packets, while they are wanted.
    pub(super) copies: Option<Box<Copies>>,
}

/// The end of a recording.
#[derive(Debug)]
struct Done {
    /// Octets in `recorded` that belong to it.
    octets: usize,
    patch: Option<Patch>,
}

#[derive(Debug)]
struct Datagram {
    side: Side,
    channel: Channel,
    to: SocketAddr,
    range: Range<usize>,
}

impl Queue {
    /// Queues a datagram that `write` appends to the buffer; nothing when `write` says so.
    pub(super) fn datagram(
        &mut self,
        (side, channel, to): (Side, Channel, SocketAddr),
        write: impl FnOnce(&mut Vec<u8>) -> bool,
    ) -> bool {
        if self.datagrams.is_empty() {
            self.buffer.clear();
        }
        let start = self.buffer.len();
        if start > MAX_WAITING || !write(&mut self.buffer) || self.buffer.len() == start {
            self.buffer.truncate(start);
            return false;
        }
        let range = start..self.buffer.len();
        self.datagrams.push_back(Datagram { side, channel, to, range });
        true
    }

    /// Queues a packet that `write` appends and `seal` encrypts from where it begins; nothing when either says so.
    /// `head` is how long the header is that `write` begins with; RTCP has none.
    pub(super) fn packet(
        &mut self,
        leg: &mut Leg,
        (side, channel, to): (Side, Channel, SocketAddr),
        head: Option<usize>,
        write: impl FnOnce(&mut Vec<u8>) -> bool,
        seal: impl FnOnce(&mut Leg, &mut Vec<u8>, usize) -> bool,
    ) -> bool {
        // Taken out, since the buffer is lent to who writes.
        let mut copies = self.copies.take();
        let sent = self.datagram((side, channel, to), |buffer| {
            let start = buffer.len();
            if !write(buffer) {
                return false;
            }
            let Some(copies) = &mut copies else { return seal(leg, buffer, start) };
            copies.add(leg, Wire { side, channel, remote: to, sent: true }, head, &buffer[start..]);
            let sealed = seal(leg, buffer, start);
            if !sealed {
                copies.undo();
            }
            sealed
        });
        self.copies = copies;
        sent
    }

    pub(super) fn event(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        }
    }

    /// Queues octets of a recording that `write` appends. They are never dropped: a caller that does not drain loses
    /// memory, not the file.
    pub(super) fn recorded(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.recorded);
    }

    pub(super) fn recording_done(&mut self, patch: Option<Patch>) {
        let before: usize = self.done.iter().map(|done| done.octets).sum();
        self.done.push_back(Done { octets: self.recorded.len() - before, patch });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.datagrams.is_empty()
            && self.recorded.is_empty()
            && self.done.is_empty()
            && self.copies.as_ref().is_none_or(|copies| copies.is_empty())
    }

    pub(super) fn poll(&mut self) -> Option<Output<'_>> {
        if let Some(event) = self.events.pop_front() {
            return Some(Output::Event(event));
        }
        if let Some(done) = self.done.front_mut() {
            let octets = std::mem::take(&mut done.octets);
            if octets == 0 {
                return self.done.pop_front().map(|done| Output::RecordingDone(done.patch));
            }
            self.fetched.clear();
            self.fetched.extend(self.recorded.drain(..octets));
            return Some(Output::Recorded(&self.fetched));
        }
        if !self.recorded.is_empty() {
            std::mem::swap(&mut self.recorded, &mut self.fetched);
            self.recorded.clear();
            return Some(Output::Recorded(&self.fetched));
        }
        if let Some(datagram) = self.datagrams.pop_front() {
            return Some(Output::Transmit {
                side: datagram.side,
                channel: datagram.channel,
                to: datagram.to,
                bytes: &self.buffer[datagram.range],
            });
        }
        // Last, so that no packet waits for its copy.
        self.copies.as_mut()?.poll().map(Output::Copy)
    }
}
