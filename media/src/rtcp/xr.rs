//! Extended reports (RFC 3611): VoIP metrics, and the round trip of a leg that only receives.
//!
//! Written and read here rather than by `rtcp-types`, which knows no VoIP metrics and takes DLRR blocks of one source
//! only.

/// RTCP packet type.
const XR: u8 = 207;
/// Block types (RFC 3611 section 4).
const RECEIVER_REFERENCE_TIME: u8 = 4;
const DLRR: u8 = 5;
const VOIP_METRICS: u8 = 7;
/// A number that is not known.
const UNAVAILABLE: u8 = 127;

/// A block we act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// The peer's clock: NTP timestamp.
    ReferenceTime(u64),
    /// What became of a clock of ours: for whom, middle bits of that clock, and how long it was kept, in 1/65536 s.
    Dlrr { ssrc: u32, last: u32, delay: u32 },
    /// How the peer hears a source.
    Voip(VoipMetrics),
}

/// A VoIP metrics block (RFC 3611 section 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct VoipMetrics {
    pub(crate) ssrc: u32,
    /// Never came, and came too late, in 1/256 of all packets.
    pub(crate) loss: u8,
    pub(crate) discard: u8,
    /// Lost or late within bursts and gaps, in 1/256.
    pub(crate) burst_density: u8,
    pub(crate) gap_density: u8,
    /// Mean length of bursts and gaps in ms.
    pub(crate) burst: u16,
    pub(crate) gap: u16,
    /// To the other end and back, and from the network to the ear, in ms.
    pub(crate) round_trip: u16,
    pub(crate) end_system: u16,
    /// Level of the speech in dBm0.
    pub(crate) level: Option<i8>,
    /// Rating and scores, the latter times ten.
    pub(crate) rating: Option<u8>,
    pub(crate) listening: Option<u8>,
    pub(crate) conversational: Option<u8>,
    /// Jitter buffer now and at most, in ms.
    pub(crate) buffer: u16,
    pub(crate) buffer_max: u16,
}

/// Begins a packet; [`finish`] sets its length.
pub(super) fn begin(ssrc: u32, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend([0x80, XR, 0, 0]);
    out.extend(ssrc.to_be_bytes());
    start
}

/// Ends the packet that begins at `start`; one without blocks is taken back.
pub(super) fn finish(start: usize, out: &mut Vec<u8>) {
    let length = out.len() - start;
    if length <= 8 {
        out.truncate(start);
        return;
    }
    // A packet made here is some 80 octets long.
    let words = (length / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

fn head(kind: u8, words: u16, out: &mut Vec<u8>) {
    out.extend([kind, 0]);
    out.extend(words.to_be_bytes());
}

impl Block {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::ReferenceTime(ntp) => {
                head(RECEIVER_REFERENCE_TIME, 2, out);
                out.extend(ntp.to_be_bytes());
            }
            Self::Dlrr { ssrc, last, delay } => {
                head(DLRR, 3, out);
                for word in [ssrc, last, delay] {
                    out.extend(word.to_be_bytes());
                }
            }
            Self::Voip(metrics) => {
                head(VOIP_METRICS, 8, out);
                metrics.write(out);
            }
        }
    }
}

impl VoipMetrics {
    fn write(&self, out: &mut Vec<u8>) {
        /// Received packets in a row that end a burst.
        const GMIN: u8 = crate::quality::GMIN as u8;
        /// Concealed in a standard way, by an adaptive jitter buffer of unknown rate.
        const CONFIGURATION: u8 = 0b1111_0000;
        let or_unknown = |value: Option<u8>| value.unwrap_or(UNAVAILABLE);
        out.extend(self.ssrc.to_be_bytes());
        out.extend([self.loss, self.discard, self.burst_density, self.gap_density]);
        for ms in [self.burst, self.gap, self.round_trip, self.end_system] {
            out.extend(ms.to_be_bytes());
        }
        let level = self.level.map_or(UNAVAILABLE, |level| level.to_be_bytes()[0]);
        out.extend([level, UNAVAILABLE, UNAVAILABLE, GMIN]);
        out.extend([or_unknown(self.rating), UNAVAILABLE]);
        out.extend([or_unknown(self.listening), or_unknown(self.conversational), CONFIGURATION, 0]);
        for ms in [self.buffer, self.buffer_max, self.buffer_max] {
            out.extend(ms.to_be_bytes());
        }
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (&body, _) = body.split_first_chunk::<32>()?;
        let word = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
        let known = |value: u8| (value != UNAVAILABLE).then_some(value);
        Some(Self {
            ssrc: u32::from_be_bytes([body[0], body[1], body[2], body[3]]),
            loss: body[4],
            discard: body[5],
            burst_density: body[6],
            gap_density: body[7],
            burst: word(8),
            gap: word(10),
            round_trip: word(12),
            end_system: word(14),
            level: known(body[16]).map(|level| i8::from_be_bytes([level])),
            rating: known(body[20]),
            listening: known(body[22]),
            conversational: known(body[23]),
            buffer: word(26),
            buffer_max: word(28),
        })
    }
}

/// The blocks of all extended reports in a datagram, with who sent them; what is malformed ends it.
pub(super) fn read(mut datagram: &[u8], mut found: impl FnMut(u32, Block)) {
    while let Some((&[first, kind, high, low], rest)) = datagram.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([high, low])) * 4;
        if first >> 6 != 2 || rest.len() < length {
            return;
        }
        let (body, next) = rest.split_at(length);
        datagram = next;
        if kind == XR
            && let Some((&sender, body)) = body.split_first_chunk::<4>()
        {
            // Padding, where there is some, has the look of a block without a type that we know.
            blocks(body, &mut |block| found(u32::from_be_bytes(sender), block));
        }
    }
}

fn blocks(mut body: &[u8], found: &mut impl FnMut(Block)) {
    while let Some((&[kind, _, high, low], rest)) = body.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([high, low])) * 4;
        if rest.len() < length {
            return;
        }
        let (block, next) = rest.split_at(length);
        body = next;
        match kind {
            RECEIVER_REFERENCE_TIME => {
                if let Some((&ntp, _)) = block.split_first_chunk::<8>() {
                    found(Block::ReferenceTime(u64::from_be_bytes(ntp)));
                }
            }
            DLRR => {
                for report in block.chunks_exact(12) {
                    let word =
                        |at: usize| u32::from_be_bytes([report[at], report[at + 1], report[at + 2], report[at + 3]]);
                    found(Block::Dlrr { ssrc: word(0), last: word(4), delay: word(8) });
                }
            }
            VOIP_METRICS => {
                if let Some(metrics) = VoipMetrics::read(block) {
                    found(Block::Voip(metrics));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(datagram: &[u8]) -> Vec<Block> {
        let mut blocks = Vec::new();
        read(datagram, |_, block| blocks.push(block));
        blocks
    }

    #[test]
    fn blocks_come_back_as_they_were() {
        let metrics = VoipMetrics {
            ssrc: 7,
            loss: 12,
            discard: 3,
            burst_density: 80,
            gap_density: 1,
            burst: 120,
            gap: 4_000,
            round_trip: 55,
            end_system: 70,
            level: Some(-23),
            rating: Some(88),
            listening: Some(42),
            conversational: None,
            buffer: 40,
            buffer_max: 200,
        };
        let blocks =
            [Block::ReferenceTime(1 << 40 | 5), Block::Dlrr { ssrc: 9, last: 8, delay: 7 }, Block::Voip(metrics)];
        let mut packet = Vec::new();
        let start = begin(1, &mut packet);
        for block in &blocks {
            block.write(&mut packet);
        }
        finish(start, &mut packet);
        // RFC 3611 section 4.7: a VoIP metrics block is nine words; the header says one less than there are.
        assert_eq!(packet.len(), 8 + 12 + 16 + 36);
        assert_eq!(packet[2..4], (packet.len() as u16 / 4 - 1).to_be_bytes());
        assert_eq!(packet[8 + 12 + 16..][..4], [7, 0, 0, 8]);
        assert_eq!(all(&packet), blocks);
        let theirs = rtcp_types::Compound::parse(&packet).unwrap().next().unwrap().unwrap();
        assert!(matches!(theirs, rtcp_types::Packet::Xr(xr) if xr.sender_ssrc() == 1 && xr.block_iter().count() == 3));
    }

    #[test]
    fn a_packet_without_blocks_is_none() {
        let mut packet = vec![1];
        let start = begin(1, &mut packet);
        finish(start, &mut packet);
        assert_eq!(packet, [1]);
    }

    proptest! {
        #[test]
        fn nothing_from_the_network_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            all(&bytes);
            // The same within a packet that is one.
            let mut packet = Vec::new();
            let start = begin(1, &mut packet);
            packet.extend(&bytes[..bytes.len() / 4 * 4]);
            finish(start, &mut packet);
            all(&packet);
        }
    }
}
