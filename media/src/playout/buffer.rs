//! The packets that wait for their time, in order.

use std::collections::VecDeque;

use crate::codec::Codec;

/// As many packets wait at most: 320 ms of the shortest, more than any delay of the rest.
const MAX_PACKETS: usize = 128;
/// As many empty payload buffers are kept for the next packets.
const MAX_SPARE: usize = 16;

/// One packet of the stream.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) kind: Kind,
    /// Counted without restarts: see [`super::timeline`].
    pub(super) sequence: i64,
    /// When its first sample is in the stream's time, in ticks.
    pub(super) media: i64,
    /// How long its audio is, in ticks; 0 when it has none.
    pub(super) duration: i64,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

/// What a packet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Audio(Codec),
    /// A description of noise (RFC 3389).
    Noise,
    /// A telephone event.
    Event,
}

/// What became of a packet that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inserted {
    Kept,
    /// Its time has passed.
    Late,
    /// It was here before.
    Duplicate,
}

/// A queue by sequence number, whose payload buffers go round.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    packets: VecDeque<Packet>,
    spare: Vec<Vec<u8>>,
    /// The number after the last packet taken.
    next: Option<i64>,
    /// Bit n: the packet `next - 1 - n` came.
    seen: u64,
}

impl Buffer {
    /// Puts a packet in its place. `packet` comes without payload.
    pub(super) fn insert(&mut self, mut packet: Packet, payload: &[u8]) -> Inserted {
        let back = self.next.map_or(-1, |next| next - 1 - packet.sequence);
        if back >= 0 {
            let bit = u32::try_from(back).ok().and_then(|back| 1u64.checked_shl(back)).unwrap_or(0);
            let seen = self.seen & bit != 0;
            self.seen |= bit;
            return if seen || bit == 0 { Inserted::Duplicate } else { Inserted::Late };
        }
        let mut place = self.packets.len();
        while let Some(before) = place.checked_sub(1).and_then(|before| self.packets.get(before)) {
            if before.sequence == packet.sequence {
                return Inserted::Duplicate;
            }
            if before.sequence < packet.sequence {
                break;
            }
            place -= 1;
        }
        packet.payload = self.spare.pop().unwrap_or_default();
        packet.payload.extend_from_slice(payload);
        self.packets.insert(place, packet);
        Inserted::Kept
    }

    /// Whether one more has to go before the next comes.
    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= MAX_PACKETS
    }

    /// The packet whose turn is next.
    pub(super) fn front(&self) -> Option<&Packet> {
        self.packets.front()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    /// How many packets before `sequence` did not come.
    pub(super) fn missing_before(&self, sequence: i64) -> i64 {
        self.next.map_or(0, |next| sequence - next)
    }

    /// Takes the next packet; its payload goes back by [`Buffer::recycle`].
    pub(super) fn pop(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        let ahead = self.next.map_or(1, |next| packet.sequence + 1 - next);
        let shift = u32::try_from(ahead).unwrap_or(u32::MAX);
        self.seen = self.seen.checked_shl(shift).unwrap_or(0) | 1;
        self.next = Some(packet.sequence + 1);
        Some(packet)
    }

    /// Takes an emptied packet's memory for another.
    pub(super) fn recycle(&mut self, packet: Packet) {
        let mut payload = packet.payload;
        if self.spare.len() < MAX_SPARE {
            payload.clear();
            self.spare.push(payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: i64) -> Packet {
        let media = sequence * 960;
        let kind = Kind::Audio(Codec::Pcma);
        Packet { kind, sequence, media, duration: 960, marker: false, payload: Vec::new() }
    }

    #[test]
    fn packets_come_out_in_order_and_once() {
        let mut buffer = Buffer::default();
        for (sequence, inserted) in [
            (5, Inserted::Kept),
            (8, Inserted::Kept),
            (6, Inserted::Kept),
            (6, Inserted::Duplicate),
            (5, Inserted::Duplicate),
        ] {
            assert_eq!(buffer.insert(packet(sequence), &[sequence as u8]), inserted);
        }
        for expected in [5, 6, 8] {
            let taken = buffer.pop().unwrap();
            assert_eq!((taken.sequence, &taken.payload[..]), (expected, &[expected as u8][..]));
            buffer.recycle(taken);
        }
        assert!(buffer.pop().is_none());
        assert_eq!(buffer.insert(packet(7), &[]), Inserted::Late);
        assert_eq!(buffer.insert(packet(7), &[]), Inserted::Duplicate);
        assert_eq!(buffer.insert(packet(6), &[]), Inserted::Duplicate);
        assert_eq!(buffer.missing_before(11), 2);
    }
}
