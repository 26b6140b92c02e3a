//! The little of STUN (RFC 8489) that keeps a SIP flow over UDP alive (RFC 5626 4.4.2): binding requests without
//! authentication, and their answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What every STUN message has at the same place (RFC 8489 5).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// Attributes from here on may be skipped by whoever does not know them (RFC 8489 14).
const OPTIONAL: u16 = 0x8000;
const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// Names a request; its answer carries the same.
pub type TransactionId = [u8; 12];

/// A STUN message that has a meaning here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stun {
    /// Asks for the address that it came from.
    Request(TransactionId),
    /// Says the address that the request came from.
    Mapped(TransactionId, SocketAddr),
    /// The other side does not want to say it, but it is there.
    Refused(TransactionId),
}

/// Whether a datagram on a SIP port is STUN: no SIP message begins with such a byte (RFC 5626 8).
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|byte| *byte < 4)
}

impl Stun {
    /// Reads a datagram. None when it is not well formed, or asks for something that is not known here: such
    /// requests are dropped, so that nobody can make this side send errors to a forged address.
    pub fn parse(datagram: &[u8]) -> Option<Stun> {
        let (header, attributes) = datagram.split_at_checked(HEADER)?;
        let kind = u16::from_be_bytes([*header.first()?, *header.get(1)?]);
        let length = usize::from(u16::from_be_bytes([*header.get(2)?, *header.get(3)?]));
        if header.get(4..8)? != COOKIE || length != attributes.len() || length % 4 != 0 {
            return None;
        }
        let id: TransactionId = header.get(8..)?.try_into().ok()?;
        let mut mapped = None;
        let mut rest = attributes;
        while !rest.is_empty() {
            let (name, value, after) = attribute(rest)?;
            match name {
                XOR_MAPPED_ADDRESS if mapped.is_none() => mapped = Some(unmask(value, &id)?),
                _ if name < OPTIONAL && kind == BINDING_REQUEST => return None,
                _ => {}
            }
            rest = after;
        }
        match kind {
            BINDING_REQUEST => Some(Stun::Request(id)),
            BINDING_SUCCESS => Some(Stun::Mapped(id, mapped?)),
            BINDING_ERROR => Some(Stun::Refused(id)),
            _ => None,
        }
    }

    /// Writes the message.
    pub fn write(&self) -> Vec<u8> {
        let (kind, id, attributes) = match self {
            Stun::Request(id) => (BINDING_REQUEST, id, Vec::new()),
            Stun::Mapped(id, address) => (BINDING_SUCCESS, id, mask(*address, id)),
            Stun::Refused(id) => (BINDING_ERROR, id, Vec::new()),
        };
        let mut bytes = Vec::with_capacity(HEADER + attributes.len());
        bytes.extend(kind.to_be_bytes());
        // At most 24 bytes.
        bytes.extend((attributes.len() as u16).to_be_bytes());
        bytes.extend(COOKIE);
        bytes.extend(id);
        bytes.extend(attributes);
        bytes
    }
}

/// The first attribute, and what follows its padding.
fn attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    let [name_high, name_low, length_high, length_low] = *head;
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    let (padded, after) = rest.split_at_checked(length.next_multiple_of(4))?;
    Some((u16::from_be_bytes([name_high, name_low]), padded.get(..length)?, after))
}

/// Address and port are masked so that no NAT on the way rewrites them (RFC 8489 14.2).
fn mask(address: SocketAddr, id: &TransactionId) -> Vec<u8> {
    let (family, ip) = match address.ip() {
        IpAddr::V4(ip) => (IPV4, ip.octets().to_vec()),
        IpAddr::V6(ip) => (IPV6, ip.octets().to_vec()),
    };
    let mut bytes = Vec::with_capacity(24);
    bytes.extend(XOR_MAPPED_ADDRESS.to_be_bytes());
    // 8 or 20 bytes.
    bytes.extend((4 + ip.len() as u16).to_be_bytes());
    bytes.extend([0, family]);
    bytes.extend(masked(&address.port().to_be_bytes(), id));
    bytes.extend(masked(&ip, id));
    bytes
}

fn unmask(value: &[u8], id: &TransactionId) -> Option<SocketAddr> {
    let ([_, family, port_high, port_low], ip) = value.split_first_chunk::<4>()?;
    let port: [u8; 2] = masked(&[*port_high, *port_low], id).try_into().ok()?;
    let ip = masked(ip, id);
    let ip = match *family {
        IPV4 => Ipv4Addr::from(<[u8; 4]>::try_from(ip).ok()?).into(),
        IPV6 => Ipv6Addr::from(<[u8; 16]>::try_from(ip).ok()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_be_bytes(port)))
}

fn masked(bytes: &[u8], id: &TransactionId) -> Vec<u8> {
    bytes.iter().zip(COOKIE.iter().chain(id)).map(|(byte, mask)| byte ^ mask).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: TransactionId = [7; 12];

    #[test]
    fn the_sample_of_rfc_5769() {
        // RFC 5769 2.2: its XOR-MAPPED-ADDRESS of 192.0.2.1:32853.
        let id = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];
        let value = [0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        assert_eq!(unmask(&value, &id), "192.0.2.1:32853".parse().ok());
    }

    #[test]
    fn what_is_not_well_formed_is_nothing() {
        let request = Stun::Request(ID).write();
        assert_eq!(request.len(), 20);
        assert_eq!(Stun::parse(&request), Some(Stun::Request(ID)));
        let broken = |change: fn(&mut Vec<u8>)| {
            let mut bytes = Stun::Request(ID).write();
            change(&mut bytes);
            Stun::parse(&bytes)
        };
        assert_eq!(broken(|bytes| bytes[4] = 0), None, "cookie");
        assert_eq!(broken(|bytes| bytes[3] = 4), None, "length");
        assert_eq!(broken(|bytes| bytes.push(0)), None, "more than its length");
        assert_eq!(broken(|bytes| bytes[1] = 3), None, "another method");
        let with = |attribute: [u8; 4]| {
            let mut bytes = Stun::Request(ID).write();
            bytes[3] = 4;
            bytes.extend(attribute);
            Stun::parse(&bytes)
        };
        assert_eq!(with([0, 0x06, 0, 0]), None, "USERNAME has to be understood");
        assert_eq!(with([0x80, 0x22, 0, 0]), Some(Stun::Request(ID)), "SOFTWARE may be skipped");
        assert_eq!(with([0x80, 0x22, 0, 1]), None, "an attribute beyond the end");
    }

    proptest! {
        #[test]
        fn addresses_come_back(ip: IpAddr, port: u16, id: TransactionId) {
            let message = Stun::Mapped(id, SocketAddr::new(ip, port));
            prop_assert_eq!(Stun::parse(&message.write()), Some(message));
        }

        #[test]
        fn nothing_panics(kind: u16, id: TransactionId, body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut bytes = Vec::new();
            bytes.extend(kind.to_be_bytes());
            bytes.extend((body.len() as u16).to_be_bytes());
            bytes.extend(COOKIE);
            bytes.extend(id);
            bytes.extend(body);
            let _ = Stun::parse(&bytes);
        }
    }
}
