//! The RTP header (RFC 3550 section 5.1).

use std::ops::Range;

/// Octets of a header without contributing sources or extension.
pub const HEADER_LEN: usize = 12;

/// The fixed fields of an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Marker: the first packet of a talkspurt or of a telephone event.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in ticks of the codec's RTP clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// Why a datagram is not an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// Shorter than its header says.
    #[error("truncated RTP packet")]
    Truncated,
    /// The version is not 2.
    #[error("not RTP version 2")]
    Version,
    /// The padding is longer than the packet.
    #[error("bad RTP padding")]
    Padding,
}

impl RtpHeader {
    /// Reads the header of `packet` and says where its payload is, with contributing sources,
    /// header extension and padding taken off.
    pub fn parse(packet: &[u8]) -> Result<(Self, Range<usize>), RtpError> {
        let start = payload_start(packet)?;
        let Some((head, _)) = packet.split_first_chunk::<HEADER_LEN>() else {
            return Err(RtpError::Truncated);
        };
        let mut end = packet.len();
        if head[0] & 0x20 != 0 {
            let padding = usize::from(packet[end - 1]);
            if padding == 0 || padding > end - start {
                return Err(RtpError::Padding);
            }
            end -= padding;
        }
        let header = Self {
            payload_type: head[1] & 0x7f,
            marker: head[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([head[2], head[3]]),
            timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
        };
        Ok((header, start..end))
    }

    /// The header on the wire, without contributing sources, extension or padding.
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0] = 0x80;
        bytes[1] = self.payload_type & 0x7f | if self.marker { 0x80 } else { 0 };
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes
    }
}

/// Where the payload of `packet` begins, behind contributing sources and header extension. All before it stays readable
/// in SRTP.
pub(crate) fn payload_start(packet: &[u8]) -> Result<usize, RtpError> {
    let Some((head, _)) = packet.split_first_chunk::<HEADER_LEN>() else {
        return Err(RtpError::Truncated);
    };
    if head[0] >> 6 != 2 {
        return Err(RtpError::Version);
    }
    let mut start = HEADER_LEN + 4 * usize::from(head[0] & 0x0f);
    if head[0] & 0x10 != 0 {
        // RFC 3550 section 5.3.1: a 16 bit profile word, then the length in 32 bit words.
        let length = packet.get(start + 2..start + 4).ok_or(RtpError::Truncated)?;
        let words = u16::from_be_bytes([length[0], length[1]]);
        start += 4 + 4 * usize::from(words);
    }
    if start > packet.len() { Err(RtpError::Truncated) } else { Ok(start) }
}

/// Whether a datagram on a shared port is RTCP rather than RTP (RFC 5761 section 4).
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, kind, ..] if first >> 6 == 2 && (192..=223).contains(kind))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: RtpHeader =
        RtpHeader { payload_type: 8, marker: true, sequence: 0xfffe, timestamp: 0xdead_beef, ssrc: 7 };

    #[test]
    fn plain_packet_round_trips() {
        let mut packet = HEADER.to_bytes().to_vec();
        packet.extend([1, 2, 3]);
        assert_eq!(RtpHeader::parse(&packet), Ok((HEADER, 12..15)));
    }

    #[test]
    fn sources_extension_and_padding_are_not_payload() {
        let mut packet = HEADER.to_bytes().to_vec();
        packet[0] |= 0x30 | 2;
        packet.extend([0; 8]); // two contributing sources
        packet.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]); // one extension word
        packet.extend([1, 2, 3, 0, 0, 3]); // payload, three octets of padding
        let (header, payload) = RtpHeader::parse(&packet).unwrap();
        assert_eq!(header, HEADER);
        assert_eq!(packet[payload], [1, 2, 3]);
    }

    #[test]
    fn lies_about_lengths_are_errors() {
        let packet = HEADER.to_bytes();
        assert_eq!(RtpHeader::parse(&packet[..11]), Err(RtpError::Truncated));
        let mut sources = packet;
        sources[0] |= 1;
        assert_eq!(RtpHeader::parse(&sources), Err(RtpError::Truncated));
        let mut extension = packet.to_vec();
        extension[0] |= 0x10;
        extension.extend([0, 0, 0xff, 0xff]);
        assert_eq!(RtpHeader::parse(&extension), Err(RtpError::Truncated));
        for padding in [0, 2, 255] {
            let mut padded = packet.to_vec();
            padded[0] |= 0x20;
            padded.push(padding);
            assert_eq!(RtpHeader::parse(&padded), Err(RtpError::Padding));
        }
        let mut padded = packet;
        padded[0] |= 0x20;
        assert_eq!(RtpHeader::parse(&padded), Err(RtpError::Padding));
        let mut old = packet;
        old[0] = 0x40;
        assert_eq!(RtpHeader::parse(&old), Err(RtpError::Version));
    }

    #[test]
    fn rtcp_is_told_from_rtp() {
        assert!(is_rtcp(&[0x80, 200]));
        assert!(is_rtcp(&[0x81, 203]));
        // PCMA with the marker set is 136.
        assert!(!is_rtcp(&[0x80, 136]));
        assert!(!is_rtcp(&[0x80]));
    }

    proptest! {
        #[test]
        fn parse_never_panics(packet in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok((_, payload)) = RtpHeader::parse(&packet) {
                prop_assert!(payload.end <= packet.len());
            }
        }
    }
}
