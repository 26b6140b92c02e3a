//! RTP and RTCP in a file, and the descriptions by which whoever reads it knows them as such.
//!
//! Wireshark takes packets for RTP whose addresses stand in an SDP description before them. Those of SIP messages do
//! that where they are in the same file, and say what the packets are: not that of a browser, none where the capture
//! began after the call, one that says SRTP where the packets are shown decrypted. [`Described`] knows what a file has.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::packet::Direction;

/// Addresses that are known of one file; more begin anew, which costs a description each.
const MAX_DESCRIBED: usize = 4096;
/// Longest description that is looked through.
const MAX_LINES: usize = 512;

/// An RTP or RTCP packet.
#[derive(Debug, Clone)]
pub struct AudioPacket {
    /// Address of this server.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Which way it went.
    pub direction: Direction,
    /// Whether it is RTCP.
    pub is_rtcp: bool,
    /// What carried it, and whether it was encrypted there.
    pub carrier: Carrier,
    /// What its payload types mean, as the end of an SDP description: the formats of `m=`, then a line each.
    pub formats: Arc<str>,
    /// The packet, without its encryption; or the beginning of it.
    pub bytes: Box<[u8]>,
    /// Octets that the whole packet has.
    pub length: usize,
}

/// How a packet of audio travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// RTP as it is.
    Plain,
    /// SRTP towards a PBX or telephone.
    Srtp,
    /// SRTP towards a browser, which shares our port with all others.
    Browser,
}

impl AudioPacket {
    /// From where to where.
    pub(super) fn addresses(&self) -> (SocketAddr, SocketAddr) {
        match self.direction {
            Direction::In => (self.remote, self.local),
            Direction::Out => (self.local, self.remote),
        }
    }
}

/// What the descriptions in a file say so far.
#[derive(Debug, Default)]
pub(super) struct Described {
    /// By the address that receives. None: a SIP message says what its packets are.
    plain: FxHashMap<SocketAddr, Option<Arc<str>>>,
}

impl Described {
    /// A SIP message is in the file.
    pub(super) fn message(&mut self, bytes: &[u8]) {
        if memchr::memmem::find(bytes, b"m=audio").is_none() {
            return;
        }
        let mut address = None;
        for line in bytes.split(|&byte| byte == b'\n').take(MAX_LINES) {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let mut words = line.trim_end().split(' ');
            match words.next() {
                Some("c=IN") => address = words.nth(1).and_then(|word| word.parse::<IpAddr>().ok()).or(address),
                Some("m=audio") => {
                    let port = words.next().and_then(|port| port.parse().ok());
                    let (Some(port), Some(protocol), Some(address)) = (port, words.next(), address) else { continue };
                    let receives = SocketAddr::new(address, port);
                    if protocol.contains("SAVP") {
                        self.plain.remove(&receives);
                    } else {
                        self.add(receives, None);
                    }
                }
                _ => {}
            }
        }
    }

    /// The descriptions that a packet needs before it, each with who receives there and who sends.
    pub(super) fn missing(&mut self, packet: &AudioPacket) -> Vec<([SocketAddr; 2], String)> {
        // RTCP beside RTP has a port of its own, which follows from that of RTP.
        let is_beside = packet.is_rtcp && !packet.formats.contains("a=rtcp-mux");
        let rtp = |address: SocketAddr| match is_beside {
            true => SocketAddr::new(address.ip(), address.port().saturating_sub(1)),
            false => address,
        };
        let (local, remote) = (rtp(packet.local), rtp(packet.remote));
        let is_ours =
            |address: &SocketAddr| self.plain.get(address).is_some_and(|known| known.as_ref() == Some(&packet.formats));
        let ends: &[[SocketAddr; 2]] = match packet.carrier {
            Carrier::Plain if is_ours(&remote) => &[],
            // What was agreed later by SIP stands in the file, too.
            Carrier::Plain if [local, remote].iter().any(|end| self.plain.get(end) == Some(&None)) => &[],
            Carrier::Browser if is_ours(&remote) => &[],
            Carrier::Srtp if is_ours(&local) && is_ours(&remote) => &[],
            Carrier::Browser => &[[remote, local]],
            Carrier::Plain | Carrier::Srtp => &[[local, remote], [remote, local]],
        };
        let describe = |&[receives, sends]: &[SocketAddr; 2]| {
            self.add(receives, Some(packet.formats.clone()));
            ([receives, sends], description(receives, &packet.formats))
        };
        ends.iter().map(describe).collect()
    }

    fn add(&mut self, address: SocketAddr, formats: Option<Arc<str>>) {
        if self.plain.len() >= MAX_DESCRIBED && !self.plain.contains_key(&address) {
            self.plain.clear();
        }
        self.plain.insert(address, formats);
    }
}

/// Who receives RTP at an address, and what.
fn description(address: SocketAddr, formats: &str) -> String {
    let (ip, port) = (address.ip(), address.port());
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    format!("v=0\r\no=- 0 0 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}")
}

/// Takes out of a compound RTCP packet what may name a person: SDES items such as CNAME, which may be the address of an
/// account, reasons of BYE, and what applications say. Lengths stay.
pub fn without_names(packet: &mut [u8]) {
    const SDES: u8 = 202;
    const BYE: u8 = 203;
    const APP: u8 = 204;
    let mut rest = packet;
    while let Some(&[first, kind, high, low]) = rest.first_chunk::<4>() {
        let length = 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
        if length > rest.len() {
            // Nobody knows what the rest of it is.
            rest[4..].fill(0);
            return;
        }
        let (this, after) = std::mem::take(&mut rest).split_at_mut(length);
        let count = usize::from(first & 0x1f);
        match (kind, this.get_mut(4..)) {
            (SDES, Some(chunks)) => mask_chunks(chunks),
            (BYE, Some(body)) => {
                if let Some([length, reason @ ..]) = body.get_mut(4 * count..) {
                    let length = usize::from(*length).min(reason.len());
                    reason[..length].fill(b'x');
                }
            }
            (APP, Some(body)) => body.iter_mut().skip(8).for_each(|octet| *octet = 0),
            _ => {}
        }
        rest = after;
    }
}

/// RFC 3550 section 6.5: chunks of a source and its items, each padded to words.
fn mask_chunks(chunks: &mut [u8]) {
    let mut at = 4;
    while let Some(&kind) = chunks.get(at) {
        if kind == 0 {
            // The end of a chunk: the next begins with its source at the next word.
            at = (at / 4 + 1) * 4 + 4;
            continue;
        }
        let Some(&length) = chunks.get(at + 1) else { return };
        let end = (at + 2 + usize::from(length)).min(chunks.len());
        chunks[at + 2..end].fill(b'x');
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMATS: &str = "0\r\na=rtpmap:0 PCMU/8000\r\n";

    fn packet(carrier: Carrier, local: &str, remote: &str) -> AudioPacket {
        AudioPacket {
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            direction: Direction::In,
            is_rtcp: false,
            carrier,
            formats: FORMATS.into(),
            bytes: Box::default(),
            length: 0,
        }
    }

    fn missing(described: &mut Described, packet: &AudioPacket) -> Vec<String> {
        described.missing(packet).into_iter().map(|([receives, _], _)| receives.to_string()).collect()
    }

    #[test]
    fn what_sip_has_described_is_not_described_again() {
        let mut described = Described::default();
        let plain = packet(Carrier::Plain, "192.0.2.1:4000", "192.0.2.2:5000");
        let offer = "INVITE sip:1 SIP/2.0\r\n\r\nv=0\r\nc=IN IP4 192.0.2.2\r\nm=audio 5000 RTP/AVP 0\r\n";
        described.message(offer.as_bytes());
        assert_eq!(missing(&mut described, &plain), [""; 0]);
        let rtcp = AudioPacket {
            is_rtcp: true,
            local: "192.0.2.1:4001".parse().unwrap(),
            remote: "192.0.2.2:5001".parse().unwrap(),
            ..plain.clone()
        };
        assert_eq!(missing(&mut described, &rtcp), [""; 0]);
        let other = packet(Carrier::Plain, "192.0.2.1:4002", "192.0.2.2:5002");
        assert_eq!(missing(&mut described, &other), ["192.0.2.1:4002", "192.0.2.2:5002"]);
        assert_eq!(missing(&mut described, &other), [""; 0]);
    }

    #[test]
    fn what_sip_says_is_srtp_is_described_as_it_is_in_the_file_each_time_sip_says_so() {
        let mut described = Described::default();
        let srtp = packet(Carrier::Srtp, "192.0.2.1:4000", "192.0.2.2:5000");
        let answer = "SIP/2.0 200 OK\r\n\r\nv=0\r\nc=IN IP4 192.0.2.2\r\nm=audio 5000 RTP/SAVP 0\r\n";
        for _ in 0..2 {
            described.message(answer.as_bytes());
            assert_eq!(missing(&mut described, &srtp), ["192.0.2.1:4000", "192.0.2.2:5000"]);
            assert_eq!(missing(&mut described, &srtp), [""; 0]);
        }
    }

    #[test]
    fn a_browser_is_known_by_its_own_address_since_ours_is_that_of_all() {
        let mut described = Described::default();
        let one = packet(Carrier::Browser, "192.0.2.1:7226", "192.0.2.3:6000");
        let other = packet(Carrier::Browser, "192.0.2.1:7226", "192.0.2.4:6000");
        assert_eq!(missing(&mut described, &one), ["192.0.2.3:6000"]);
        assert_eq!(missing(&mut described, &other), ["192.0.2.4:6000"]);
        let changed = AudioPacket { formats: "8\r\na=rtpmap:8 PCMA/8000\r\n".into(), ..one.clone() };
        assert_eq!(missing(&mut described, &changed), ["192.0.2.3:6000"]);
        assert_eq!(missing(&mut described, &changed), [""; 0]);
    }

    #[test]
    fn rtcp_names_nobody_afterwards_and_the_rest_of_it_stays() {
        let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
        let sdes = *b"\x81\xca\x00\x04\x01\x02\x03\x04\x01\x0a200@domain";
        let mut sdes = [sdes.as_slice(), &[0, 0, 0, 0]].concat();
        let words = (sdes.len() / 4 - 1) as u8;
        sdes[3] = words;
        let bye = *b"\x81\xcb\x00\x03\x01\x02\x03\x04\x05alice\x00\x00";
        let mut packet = [report.as_slice(), &sdes, &bye].concat();
        without_names(&mut packet);
        assert_eq!(packet[..8], report);
        assert!(packet.windows(10).any(|part| part == b"xxxxxxxxxx"));
        for name in [b"200@d".as_slice(), b"alice"] {
            assert!(!packet.windows(5).any(|part| part == name));
        }
    }

    proptest! {
        #[test]
        fn any_octets_can_be_looked_through(mut octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let length = octets.len();
            without_names(&mut octets);
            Described::default().message(&octets);
            prop_assert_eq!(octets.len(), length);
        }
    }
}
