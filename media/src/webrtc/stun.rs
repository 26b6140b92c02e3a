//! The connectivity checks of ICE (RFC 8445 section 7): STUN binding requests read, and their answers written
//! (RFC 8489).

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

/// What every STUN message has at the same place (RFC 8489 section 5).
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const BINDING_ERROR: [u8; 2] = [0x01, 0x11];

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLED: u16 = 0x8029;
/// Attributes from here on may be skipped by whoever does not know them (RFC 8489 section 14).
const OPTIONAL: u16 = 0x8000;

/// Octets of an HMAC-SHA1.
const TAG: usize = 20;
/// An attribute's type and length.
const ATTRIBUTE: usize = 4;
/// What the check value is mixed with (RFC 8489 section 14.7).
const FINGERPRINT_XOR: u32 = 0x5354_554e;
/// Unknown attributes that are told to whoever sent them.
const MAX_UNKNOWN: usize = 4;

/// Names a request; its answer carries the same.
type Transaction = [u8; 12];

/// The key of messages to and from an ICE agent with this password (RFC 8489 section 9.1.1).
pub(super) fn key(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

/// Our half of the user name in a STUN binding request (RFC 8445 section 7.2.2), `None` for any
/// other datagram. The message is not verified: use it to find the leg, nothing else.
pub fn stun_ufrag(datagram: &[u8]) -> Option<&str> {
    let (head, attributes) = datagram.split_first_chunk::<HEADER>()?;
    if head[..2] != BINDING_REQUEST || head[4..8] != MAGIC_COOKIE {
        return None;
    }
    let (_, name, _) = Attributes(attributes).find(|(kind, ..)| *kind == USERNAME)?;
    let (ours, _) = std::str::from_utf8(name).ok()?.split_once(':')?;
    Some(ours)
}

/// Whether a datagram on a shared port is STUN (RFC 7983 section 7).
pub(super) fn is_stun(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(0..=3))
}

/// A connectivity check.
pub(super) struct Request<'a> {
    transaction: &'a Transaction,
    /// Whom it is for, and from whom.
    pub(super) username: &'a [u8],
    pub(super) priority: u32,
    /// The sender wants the path it came by.
    pub(super) nominates: bool,
    /// The sender takes us for the one who decides.
    pub(super) controlled: bool,
    /// What should have been understood; zeros where there is no more.
    unknown: [u16; MAX_UNKNOWN],
    /// What is authenticated, without the tag.
    signed: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads a datagram; `None` for what is no well-formed check, see [`Request::is_by`].
    pub(super) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let (head, attributes) = datagram.split_first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        if head[..2] != BINDING_REQUEST || head[4..8] != MAGIC_COOKIE || length != attributes.len() || length % 4 != 0 {
            return None;
        }
        let mut request = Self {
            transaction: head.last_chunk()?,
            username: &[],
            priority: 0,
            nominates: false,
            controlled: false,
            unknown: [0; MAX_UNKNOWN],
            signed: &[],
            tag: &[],
        };
        let mut read = HEADER;
        for (kind, value, occupied) in Attributes(attributes) {
            match kind {
                FINGERPRINT => {
                    let expected = crc32(datagram.get(..read)?) ^ FINGERPRINT_XOR;
                    if *value != expected.to_be_bytes() || read + occupied != datagram.len() {
                        return None;
                    }
                }
                // RFC 8489 section 14.5: what follows the tag is not protected by it.
                _ if !request.tag.is_empty() => {}
                MESSAGE_INTEGRITY if value.len() == TAG => {
                    request.signed = datagram.get(..read)?;
                    request.tag = value;
                }
                USERNAME => request.username = value,
                PRIORITY => request.priority = u32::from_be_bytes(value.try_into().ok()?),
                USE_CANDIDATE => request.nominates = true,
                ICE_CONTROLLED => request.controlled = true,
                MESSAGE_INTEGRITY_SHA256 => {}
                MESSAGE_INTEGRITY => return None,
                _ if kind < OPTIONAL => {
                    if let Some(place) = request.unknown.iter_mut().find(|place| **place == 0) {
                        *place = kind;
                    }
                }
                _ => {}
            }
            read += occupied;
        }
        (read == datagram.len() && !request.tag.is_empty()).then_some(request)
    }

    /// Whether whoever sent it knows the password.
    pub(super) fn is_by(&self, key: &hmac::Key) -> bool {
        verify_slices_are_equal(sign(key, self.signed).as_ref(), self.tag).is_ok()
    }

    /// The attributes that should have been understood and were not.
    pub(super) fn unknown(&self) -> impl Iterator<Item = u16> + use<> {
        self.unknown.into_iter().filter(|&kind| kind != 0)
    }

    /// The answer that says where the request came from.
    pub(super) fn success(&self, from: SocketAddr, key: &hmac::Key) -> Vec<u8> {
        let mut message = Writer::new(BINDING_SUCCESS, self.transaction);
        // RFC 8489 section 14.2.
        let [a, b] = from.port().to_be_bytes();
        let port = [a ^ MAGIC_COOKIE[0], b ^ MAGIC_COOKIE[1]];
        let (family, mut address) = match from.ip() {
            IpAddr::V4(ip) => (1, ip.octets().to_vec()),
            IpAddr::V6(ip) => (2, ip.octets().to_vec()),
        };
        for (octet, mask) in address.iter_mut().zip(MAGIC_COOKIE.iter().chain(self.transaction)) {
            *octet ^= mask;
        }
        message.attribute(XOR_MAPPED_ADDRESS, &[&[0, family], port.as_slice(), &address].concat());
        message.finish(key)
    }

    /// The answer that says why it does not count.
    pub(super) fn refusal(&self, refusal: Refusal, key: &hmac::Key) -> Vec<u8> {
        let mut message = Writer::new(BINDING_ERROR, self.transaction);
        let (code, reason): (u16, &[u8]) = match refusal {
            Refusal::UnknownAttribute => (420, b"Unknown Attribute"),
            Refusal::RoleConflict => (487, b"Role Conflict"),
        };
        // RFC 8489 section 14.8: the hundreds and the rest have an octet each.
        message.attribute(ERROR_CODE, &[&[0, 0, (code / 100) as u8, (code % 100) as u8], reason].concat());
        if refusal == Refusal::UnknownAttribute {
            let kinds: Vec<u8> = self.unknown().flat_map(u16::to_be_bytes).collect();
            message.attribute(UNKNOWN_ATTRIBUTES, &kinds);
        }
        message.finish(key)
    }
}

/// Why an authentic check does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It says something that must be understood and is not (RFC 8489 section 6.3.1).
    UnknownAttribute,
    /// Both sides think that the other one decides (RFC 8445 section 7.3.1.1).
    RoleConflict,
}

/// Type, value and octets occupied of each attribute; ends early where one is cut off.
struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<ATTRIBUTE>()?;
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = rest.get(..length)?;
        let padded = length.next_multiple_of(4);
        self.0 = rest.get(padded..)?;
        Some((kind, value, ATTRIBUTE + padded))
    }
}

/// A message being written.
struct Writer(Vec<u8>);

impl Writer {
    fn new(kind: [u8; 2], transaction: &Transaction) -> Self {
        let mut octets = Vec::with_capacity(96);
        octets.extend_from_slice(&kind);
        octets.extend_from_slice(&[0, 0]);
        octets.extend_from_slice(&MAGIC_COOKIE);
        octets.extend_from_slice(transaction);
        Self(octets)
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.0.extend_from_slice(&kind.to_be_bytes());
        self.0.extend_from_slice(&(value.len() as u16).to_be_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Adds the tag and the check value.
    fn finish(mut self, key: &hmac::Key) -> Vec<u8> {
        let tag = sign(key, &self.0);
        self.attribute(MESSAGE_INTEGRITY, tag.as_ref());
        let length = self.0.len() + ATTRIBUTE + 4;
        self.0[2..4].copy_from_slice(&length_field(length));
        let check = crc32(&self.0) ^ FINGERPRINT_XOR;
        self.attribute(FINGERPRINT, &check.to_be_bytes());
        self.0
    }
}

/// The tag behind `message`, whose length field counts as if the tag were its end (RFC 8489 section 14.5).
fn sign(key: &hmac::Key, message: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    if let Some((head, rest)) = message.split_first_chunk::<4>() {
        context.update(&head[..2]);
        context.update(&length_field(message.len() + ATTRIBUTE + TAG));
        context.update(rest);
    }
    context.sign()
}

/// The length field of a message of so many octets: the header does not count. Messages are datagrams.
fn length_field(octets: usize) -> [u8; 2] {
    (octets.saturating_sub(HEADER) as u16).to_be_bytes()
}

/// The CRC-32 of ITU-T V.42, a table's worth of speed not needed for a check every few seconds.
fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(!0, |crc, &octet| {
        (0..8).fold(crc ^ u32::from(octet), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A check as a browser would send it.
#[cfg(test)]
pub(super) fn check(username: &str, password: &str, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut message = Writer::new(BINDING_REQUEST, b"transaction!");
    message.attribute(USERNAME, username.as_bytes());
    for (kind, value) in attributes {
        message.attribute(*kind, value);
    }
    message.finish(&key(password))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// RFC 5769 section 2.1; its password is that of all its messages.
    fn sample() -> Vec<u8> {
        hex(
            "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff \
             80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 \
             c1b571a2 80280004 e57a3bcf",
        )
    }

    fn password() -> hmac::Key {
        key("VOkJxbRl1RmTxUk/WvJxBt")
    }

    #[test]
    fn the_request_of_rfc_5769_is_understood() {
        let datagram = sample();
        let request = Request::parse(&datagram).unwrap();
        assert_eq!((request.username, request.priority), (b"evtj:h6vY".as_slice(), 0x6e00_01ff));
        assert!(request.controlled && !request.nominates);
        assert_eq!(request.unknown().count(), 0);
        assert!(request.is_by(&password()));
        assert!(!request.is_by(&key("another")));
        assert_eq!(stun_ufrag(&datagram), Some("evtj"));
    }

    #[test]
    fn answers_are_those_of_rfc_5769_but_for_the_software() {
        // Sections 2.2 and 2.3: only the mapped addresses can be compared, since the tags cover the software's name.
        let datagram = sample();
        let request = Request::parse(&datagram).unwrap();
        for (from, mapped) in [
            ("192.0.2.1:32853", "00200008 0001a147 e112a643"),
            ("[2001:db8:1234:5678:11:2233:4455:6677]:32853", "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"),
        ] {
            let answer = request.success(from.parse().unwrap(), &password());
            let mapped = hex(mapped);
            assert_eq!(answer[..8], [&[1, 1, 0, answer.len() as u8 - 20], MAGIC_COOKIE.as_slice()].concat());
            assert_eq!(answer[8..20], datagram[8..20]);
            assert_eq!(answer[20..20 + mapped.len()], mapped);
            // Read as a request it is authentic and whole.
            let mut mirrored = answer;
            mirrored[..2].copy_from_slice(&BINDING_REQUEST);
            let before = mirrored.len() - ATTRIBUTE - TAG - 8;
            let tag = sign(&password(), &mirrored[..before]);
            mirrored[before + ATTRIBUTE..before + ATTRIBUTE + TAG].copy_from_slice(tag.as_ref());
            let end = mirrored.len() - 8;
            let check = crc32(&mirrored[..end]) ^ FINGERPRINT_XOR;
            mirrored[end + ATTRIBUTE..].copy_from_slice(&check.to_be_bytes());
            assert!(Request::parse(&mirrored).unwrap().is_by(&password()));
        }
    }

    #[test]
    fn a_check_that_was_altered_anywhere_does_not_count() {
        let datagram = sample();
        // What follows the tag is not protected by it.
        for place in 0..datagram.len() - 8 {
            for bit in [1, 0x80] {
                let mut altered = datagram.clone();
                altered[place] ^= bit;
                assert!(Request::parse(&altered).is_none_or(|request| !request.is_by(&password())), "{place}");
            }
        }
        for length in 0..datagram.len() {
            assert!(Request::parse(&datagram[..length]).is_none_or(|request| !request.is_by(&password())), "{length}");
        }
    }

    #[test]
    fn a_check_without_a_tag_is_none() {
        let mut message = Writer::new(BINDING_REQUEST, b"transaction!");
        message.attribute(USERNAME, b"a:b");
        let length = length_field(message.0.len());
        message.0[2..4].copy_from_slice(&length);
        assert!(Request::parse(&message.0).is_none());
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let datagram =
            check("a:b", "c", &[(0x7001, &[]), (0x9001, &[1]), (PRIORITY, &[0, 0, 0, 9]), (0x7002, &[1, 2])]);
        let request = Request::parse(&datagram).unwrap();
        assert_eq!(request.unknown().collect::<Vec<_>>(), [0x7001, 0x7002]);
        assert_eq!(request.priority, 9);
        let refusal = request.refusal(Refusal::UnknownAttribute, &key("c"));
        assert_eq!(refusal[..2], BINDING_ERROR);
        let attributes: Vec<_> = Attributes(&refusal[HEADER..]).collect();
        assert_eq!(attributes[0].1, b"\0\0\x04\x14Unknown Attribute");
        assert_eq!(attributes[1], (UNKNOWN_ATTRIBUTES, [0x70, 1, 0x70, 2].as_slice(), 8));
    }

    proptest! {
        #[test]
        fn nothing_from_the_network_panics(
            start in 0..24_usize,
            octets in proptest::collection::vec(any::<u8>(), 0..120),
        ) {
            // With a header that lets it through, and without.
            let mut datagram = sample();
            datagram.truncate(HEADER + start * 4);
            datagram.extend(&octets);
            let length = length_field(datagram.len());
            datagram[2..4].copy_from_slice(&length);
            for datagram in [&datagram, &octets] {
                let _ = stun_ufrag(datagram);
                if let Some(request) = Request::parse(datagram) {
                    prop_assert!(!request.is_by(&key("unknown")));
                }
            }
        }
    }
}
