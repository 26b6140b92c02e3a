//! What a frame begins with, down to the IP packet; and what tools write that hand over messages without packets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::capture::trace::TraceTransport;

const ETHERNET: u32 = 1;
const NULL: u32 = 0;
const LOOP: u32 = 108;
const RAW: [u32; 5] = [12, 14, 101, 228, 229];
const LINUX_COOKED: u32 = 113;
const LINUX_COOKED_2: u32 = 276;
const EXPORTED: u32 = 252;

/// VLAN tags of one frame that are looked behind.
const MAX_TAGS: usize = 8;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
const PPPOE: u16 = 0x8864;
const VLAN: [u16; 4] = [0x8100, 0x88A8, 0x9100, 0x9200];

/// What a frame has in it.
pub(super) enum Inside<'a> {
    /// An IP packet, and the check sequence that may be behind it.
    Ip(&'a [u8]),
    /// A message that was handed over without packets.
    Exported(Exported<'a>),
}

/// A message without packets: decrypted, for example.
pub(super) struct Exported<'a> {
    /// What it is, as the dissector is called.
    pub(super) protocol: String,
    pub(super) transport: TraceTransport,
    /// From where and where to.
    pub(super) addresses: Option<(SocketAddr, SocketAddr)>,
    pub(super) message: &'a [u8],
}

/// Looks behind what a frame begins with; none where there is nothing of IP.
pub(super) fn inside(link: u32, frame: &[u8]) -> Option<Inside<'_>> {
    let ip = match link {
        ETHERNET => tagged(be16(frame, 12)?, frame.get(14..)?)?,
        LINUX_COOKED => tagged(be16(frame, 14)?, frame.get(16..)?)?,
        LINUX_COOKED_2 => tagged(be16(frame, 0)?, frame.get(20..)?)?,
        // The address family, in the order of whoever captured: the version of IP says the same.
        NULL | LOOP => frame.get(4..)?,
        link if RAW.contains(&link) => frame,
        EXPORTED => return exported(frame).map(Inside::Exported),
        _ => return None,
    };
    matches!(ip.first()? >> 4, 4 | 6).then_some(Inside::Ip(ip))
}

/// Behind VLAN tags and PPPoE.
fn tagged(mut kind: u16, mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..MAX_TAGS {
        match kind {
            IPV4 | IPV6 => return Some(rest),
            PPPOE => return matches!(be16(rest, 6)?, 0x0021 | 0x0057).then(|| rest.get(8..)).flatten(),
            kind_of_tag if VLAN.contains(&kind_of_tag) => {
                kind = be16(rest, 2)?;
                rest = rest.get(4..)?;
            }
            _ => return None,
        }
    }
    None
}

fn exported(frame: &[u8]) -> Option<Exported<'_>> {
    let (mut protocol, mut rest) = (String::new(), frame);
    let (mut addresses, mut ports, mut kind) = ([None, None], [0, 0], 0);
    loop {
        let (tag, length) = (be16(rest, 0)?, usize::from(be16(rest, 2)?));
        let value = rest.get(4..4 + length)?;
        rest = rest.get(4 + length..)?;
        match tag {
            0 => break,
            12 | 13 | 14 => protocol = String::from_utf8_lossy(value).trim_end_matches('\0').to_owned(),
            20 | 21 => {
                let v4 = *value.first_chunk::<4>()?;
                *addresses.get_mut(usize::from(tag - 20))? = Some(IpAddr::V4(Ipv4Addr::from(v4)));
            }
            22 | 23 => {
                let v6 = *value.first_chunk::<16>()?;
                *addresses.get_mut(usize::from(tag - 22))? = Some(IpAddr::V6(Ipv6Addr::from(v6)));
            }
            24 => kind = u32::from_be_bytes(*value.first_chunk()?),
            25 | 26 => {
                let port = u32::from_be_bytes(*value.first_chunk()?);
                *ports.get_mut(usize::from(tag - 25))? = u16::try_from(port).unwrap_or_default();
            }
            _ => {}
        }
    }
    let [source, destination] = addresses;
    // Port types: 2 is TCP, which messages come by that had to be decrypted; 3 is UDP.
    let secure = protocol.contains("tls") || ports.contains(&5061);
    let transport = match kind {
        3 => TraceTransport::Udp,
        _ if secure => TraceTransport::Tls,
        _ => TraceTransport::Tcp,
    };
    Some(Exported {
        protocol,
        transport,
        addresses: source
            .zip(destination)
            .map(|(source, destination)| (SocketAddr::new(source, ports[0]), SocketAddr::new(destination, ports[1]))),
        message: rest,
    })
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
