//! TCP streams put together again, as far as the capture has them.

use std::collections::HashMap;
use std::net::SocketAddr;

use bytes::Bytes;
use offhook_sip::framing::{Frame, Framer};

use super::ip::Segment;
use super::sip;

/// Directions of connections that are followed at once; of more, those that were silent longest are forgotten.
const MAX_STREAMS: usize = 1024;
/// Longest message on a stream.
const MAX_MESSAGE: usize = 64 << 10;
/// Segments, and octets of them, that wait for one that is missing.
const MAX_PENDING: usize = 64;
const MAX_PENDING_OCTETS: usize = 64 << 10;
/// Nanoseconds until a segment that is missing counts as lost: it would have been sent again.
const LOST_AFTER: u64 = 5_000_000_000;
/// A sequence number further away is another connection's.
const MAX_DISTANCE: i32 = 1 << 24;
/// Longest line that may begin a message.
const MAX_LINE: usize = 8 << 10;

/// Both directions of all connections.
#[derive(Default)]
pub(super) struct Streams {
    streams: HashMap<(SocketAddr, SocketAddr), Stream>,
    /// Places where octets were missing.
    pub(super) gaps: u64,
    /// Connections whose content is encrypted.
    pub(super) encrypted: u64,
}

#[derive(Default)]
struct Stream {
    seen: u64,
    /// When the latest octets were there that are read: none is complete before what stands in front of it.
    read_at: u64,
    next: Option<u32>,
    pending: Vec<Pending>,
    reading: Reading,
    encrypted: bool,
}

struct Pending {
    at: u64,
    sequence: u32,
    payload: Vec<u8>,
}

/// What is made of a stream's octets.
enum Reading {
    /// Lines are looked at until one begins a message. `skipping` inside of one that is too long.
    Searching { line: Vec<u8>, skipping: bool },
    /// Messages.
    Framing(Framer),
}

impl Default for Reading {
    fn default() -> Self {
        Reading::Searching { line: Vec::new(), skipping: false }
    }
}

impl Streams {
    /// Takes a segment; gives `each` the messages that are complete with it, and when they were.
    pub(super) fn take(
        &mut self,
        at: u64,
        source: SocketAddr,
        destination: SocketAddr,
        segment: &Segment<'_>,
        mut each: impl FnMut(u64, Bytes),
    ) {
        let key = (source, destination);
        if !self.streams.contains_key(&key) {
            if segment.payload.is_empty() && !segment.begins {
                return;
            }
            if self.streams.len() >= MAX_STREAMS {
                self.forget();
            }
        }
        let stream = self.streams.entry(key).or_default();
        stream.seen = at;
        if segment.begins {
            *stream = Stream { seen: at, next: Some(segment.sequence.wrapping_add(1)), ..Stream::default() };
        }
        let sequence = if segment.begins { segment.sequence.wrapping_add(1) } else { segment.sequence };
        if !segment.payload.is_empty() {
            self.encrypted += u64::from(stream.looks_encrypted(segment.payload));
            self.gaps += stream.take(at, sequence, segment.payload, &mut each);
        }
        if segment.ends {
            self.gaps += stream.flush(&mut each);
            stream.next = None;
        }
    }

    /// What still waits comes as it is.
    pub(super) fn finish(&mut self, mut each: impl FnMut(SocketAddr, SocketAddr, u64, Bytes)) {
        for ((source, destination), stream) in &mut self.streams {
            self.gaps += stream.flush(&mut |at, bytes| each(*source, *destination, at, bytes));
        }
        self.streams.clear();
    }

    /// Forgets the half that was silent longest.
    fn forget(&mut self) {
        let mut seen: Vec<u64> = self.streams.values().map(|stream| stream.seen).collect();
        seen.sort_unstable();
        let median = seen.get(seen.len() / 2).copied().unwrap_or(u64::MAX);
        self.streams.retain(|_, stream| stream.seen > median);
    }
}

impl Stream {
    /// Whether a TLS handshake begins here, which has not been told before.
    fn looks_encrypted(&mut self, payload: &[u8]) -> bool {
        // A handshake record of a client hello (RFC 8446 5.1).
        let hello = payload.starts_with(&[0x16, 3]) && payload.get(5) == Some(&1);
        hello && !std::mem::replace(&mut self.encrypted, true)
    }

    /// Gives how many gaps were left behind.
    fn take(&mut self, at: u64, sequence: u32, payload: &[u8], each: &mut impl FnMut(u64, Bytes)) -> u64 {
        let mut gaps = 0;
        let next = *self.next.get_or_insert(sequence);
        let distance = sequence.wrapping_sub(next).cast_signed();
        if distance.unsigned_abs() > MAX_DISTANCE.unsigned_abs() {
            gaps += self.flush(each);
            self.restart(sequence);
            self.push(at, payload, each);
            return gaps + 1;
        }
        if distance <= 0 {
            self.advance(at, distance.unsigned_abs() as usize, payload, each);
        } else {
            self.pending.push(Pending { at, sequence, payload: payload.to_vec() });
        }
        self.settle(each);
        loop {
            let octets: usize = self.pending.iter().map(|pending| pending.payload.len()).sum();
            let late = self.pending.iter().any(|pending| at.saturating_sub(pending.at) > LOST_AFTER);
            if self.pending.len() <= MAX_PENDING && octets <= MAX_PENDING_OCTETS && !late {
                return gaps;
            }
            gaps += u64::from(self.jump(each));
        }
    }

    /// Takes what follows on what is known, without what is known already.
    fn advance(&mut self, at: u64, known: usize, payload: &[u8], each: &mut impl FnMut(u64, Bytes)) {
        if let Some(fresh) = payload.get(known..).filter(|fresh| !fresh.is_empty()) {
            self.push(at, fresh, each);
        }
    }

    fn push(&mut self, at: u64, payload: &[u8], each: &mut impl FnMut(u64, Bytes)) {
        self.next = self.next.map(|next| next.wrapping_add(u32::try_from(payload.len()).unwrap_or_default()));
        self.read_at = self.read_at.max(at);
        let at = self.read_at;
        self.reading.push(payload, &mut |bytes| each(at, bytes));
    }

    /// Takes what has waited and fits.
    fn settle(&mut self, each: &mut impl FnMut(u64, Bytes)) {
        let Some(mut next) = self.next else { return };
        while let Some(place) = self.pending.iter().position(|p| p.sequence.wrapping_sub(next).cast_signed() <= 0) {
            let Pending { at, sequence, payload } = self.pending.swap_remove(place);
            self.advance(at, next.wrapping_sub(sequence) as usize, &payload, each);
            next = self.next.unwrap_or(next);
        }
    }

    /// Goes on behind a gap. False where nothing waits.
    fn jump(&mut self, each: &mut impl FnMut(u64, Bytes)) -> bool {
        let next = self.next.unwrap_or_default();
        let nearest = self.pending.iter().map(|pending| pending.sequence);
        let Some(nearest) = nearest.min_by_key(|sequence| sequence.wrapping_sub(next)) else { return false };
        self.restart(nearest);
        self.settle(each);
        true
    }

    fn restart(&mut self, sequence: u32) {
        self.next = Some(sequence);
        self.reading = Reading::default();
    }

    /// Takes all that waits, whatever is missing.
    fn flush(&mut self, each: &mut impl FnMut(u64, Bytes)) -> u64 {
        let mut gaps = 0;
        while !self.pending.is_empty() && self.jump(each) {
            gaps += 1;
        }
        gaps
    }
}

impl Reading {
    fn push(&mut self, mut payload: &[u8], each: &mut impl FnMut(Bytes)) {
        while !payload.is_empty() {
            match self {
                Reading::Searching { line, skipping } => {
                    let (part, rest, is_whole) = match memchr::memchr(b'\n', payload) {
                        Some(end) => (payload.get(..=end), payload.get(end + 1..), true),
                        None => (Some(payload), None, false),
                    };
                    payload = rest.unwrap_or_default();
                    line.extend_from_slice(part.unwrap_or_default());
                    let is_start = is_whole && !*skipping && sip::is_start_line(line);
                    if is_start {
                        let mut framer = Framer::new(MAX_MESSAGE);
                        framer.push(line);
                        *self = Reading::Framing(framer);
                    } else if is_whole {
                        line.clear();
                        *skipping = false;
                    } else if line.len() > MAX_LINE {
                        line.clear();
                        *skipping = true;
                    }
                }
                Reading::Framing(framer) => {
                    framer.push(payload);
                    payload = &[];
                    loop {
                        match framer.next() {
                            Ok(Some(Frame::Message(bytes))) if sip::is_message(&bytes) => each(bytes),
                            Ok(Some(Frame::Ping | Frame::Pong)) => {}
                            Ok(None) => break,
                            Ok(Some(Frame::Message(_))) | Err(_) => {
                                *self = Reading::default();
                                break;
                            }
                        }
                    }
                }
            }
        }
    }
}
