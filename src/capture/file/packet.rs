//! One packet: the octets that stand for a message, by how it can be shown.

use std::net::{IpAddr, SocketAddr};

use etherparse::PacketBuilder;
use rustc_hash::FxHashMap;

use crate::capture::trace::TraceTransport;

/// The port at which Wireshark expects SIP over UDP and TCP.
const SIP_PORT: u16 = 5060;
/// Most octets in one IP packet, less the longest headers before them (IPv6 and TCP).
const MAX_PAYLOAD: usize = 65_535 - 60;
/// Connections whose sequence numbers are kept; the transport has no more at once.
const MAX_STREAMS: usize = 4096;
/// Hops that packets which we make up have left.
const TTL: u8 = 64;

/// A SIP message.
#[derive(Debug, Clone, Copy)]
pub struct SipPacket<'a> {
    /// What carried it.
    pub transport: TraceTransport,
    /// From where, and where to; None where a name was not looked up yet.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// Which way, where that is known.
    pub direction: Option<Direction>,
    /// The message.
    pub bytes: &'a [u8],
}

/// A message of the client protocol.
#[derive(Debug, Clone, Copy)]
pub struct ClientPacket<'a> {
    /// From where, and where to, where both are known.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// Which way.
    pub direction: Direction,
    /// JSON.
    pub text: &'a str,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To this server.
    In,
    /// From it.
    Out,
}

/// Whether Wireshark takes a message at these ports for SIP by itself: of both it asks the lower port first.
pub(super) fn shows_as_sip(source: SocketAddr, destination: SocketAddr) -> bool {
    source.is_ipv4() == destination.is_ipv4() && source.port().min(destination.port()) == SIP_PORT
}

/// An IP packet with a datagram. What does not fit is cut off: nothing that long was ever on a network.
pub(super) fn datagram(source: SocketAddr, destination: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(MAX_PAYLOAD)];
    let mut packet = Vec::with_capacity(payload.len() + 48);
    let (from, to) = (source.port(), destination.port());
    // Writing to memory fails for lengths alone, which are bounded above.
    let _ = match (source.ip(), destination.ip()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            PacketBuilder::ipv4(a.octets(), b.octets(), TTL).udp(from, to).write(&mut packet, payload)
        }
        (a, b) => PacketBuilder::ipv6(v6(a), v6(b), TTL).udp(from, to).write(&mut packet, payload),
    };
    packet
}

/// The beginning of [`datagram`] with a payload of `length` octets of which only the first are known. Its checksum is made
/// up, since it is one of all octets.
pub(super) fn datagram_cut(source: SocketAddr, destination: SocketAddr, payload: &[u8], length: usize) -> Vec<u8> {
    let mut whole = payload.to_vec();
    whole.resize(length.min(MAX_PAYLOAD).max(payload.len()), 0);
    let mut packet = datagram(source, destination, &whole);
    packet.truncate(packet.len() - (whole.len() - payload.len()));
    packet
}

/// As IPv6; an IPv4 address is mapped (RFC 4291 2.5.5.2).
fn v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// The TCP connections of a file. Only messages are known of them, so their segments are made up: each message begins
/// one, and the numbers fit each other.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// By both ends, the lesser first: the next number of either.
    next: FxHashMap<(SocketAddr, SocketAddr), [u32; 2]>,
    /// How often the table was begun anew; its connections get higher numbers then than they had.
    generation: u32,
}

impl Streams {
    /// The packets that carry a message.
    pub(super) fn segments(&mut self, source: SocketAddr, destination: SocketAddr, message: &[u8]) -> Vec<Vec<u8>> {
        let key = (source.min(destination), source.max(destination));
        if self.next.len() >= MAX_STREAMS && !self.next.contains_key(&key) {
            self.next.clear();
            self.generation += 1;
        }
        let first = self.generation.wrapping_mul(1 << 28).wrapping_add(1);
        let numbers = self.next.entry(key).or_insert([first; 2]);
        let mine = usize::from(source > destination);
        let segment = |part: &[u8]| {
            let packet = segment(source, destination, numbers[mine], numbers[1 - mine], part);
            numbers[mine] = numbers[mine].wrapping_add(part.len() as u32);
            packet
        };
        message.chunks(MAX_PAYLOAD).map(segment).collect()
    }
}

fn segment(source: SocketAddr, destination: SocketAddr, number: u32, acknowledged: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(payload.len() + 60);
    let (from, to) = (source.port(), destination.port());
    // As above.
    let _ = match (source.ip(), destination.ip()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => PacketBuilder::ipv4(a.octets(), b.octets(), TTL)
            .tcp(from, to, number, u16::MAX)
            .psh()
            .ack(acknowledged)
            .write(&mut packet, payload),
        (a, b) => PacketBuilder::ipv6(v6(a), v6(b), TTL)
            .tcp(from, to, number, u16::MAX)
            .psh()
            .ack(acknowledged)
            .write(&mut packet, payload),
    };
    packet
}

/// Tags of exported PDUs, as Wireshark's `exported_pdu.h` numbers them.
mod tag {
    pub(super) const END: u16 = 0;
    pub(super) const DISSECTOR: u16 = 12;
    pub(super) const IPV4_SOURCE: u16 = 20;
    pub(super) const IPV4_DESTINATION: u16 = 21;
    pub(super) const IPV6_SOURCE: u16 = 22;
    pub(super) const IPV6_DESTINATION: u16 = 23;
    pub(super) const PORT_TYPE: u16 = 24;
    pub(super) const SOURCE_PORT: u16 = 25;
    pub(super) const DESTINATION_PORT: u16 = 26;
}
/// What the ports are ports of.
const PORTS_OF_TCP: u32 = 2;
const PORTS_OF_UDP: u32 = 3;

/// A message as what carried it handed it over (exported PDU): tags, then the message. `dissector` is who reads it.
pub(super) fn exported(
    dissector: &str,
    addresses: Option<(SocketAddr, SocketAddr)>,
    datagram: bool,
    message: &[u8],
) -> Vec<u8> {
    let mut packet = Vec::with_capacity(message.len() + 80);
    let mut add = |tag: u16, value: &[u8]| {
        // Padded to words, the length with the padding.
        let padded = value.len().next_multiple_of(4);
        packet.extend(tag.to_be_bytes());
        packet.extend((padded as u16).to_be_bytes());
        packet.extend(value);
        packet.extend(&[0; 3][..padded - value.len()]);
    };
    add(tag::DISSECTOR, dissector.as_bytes());
    if let Some((source, destination)) = addresses {
        for (address, v4, v6) in
            [(source, tag::IPV4_SOURCE, tag::IPV6_SOURCE), (destination, tag::IPV4_DESTINATION, tag::IPV6_DESTINATION)]
        {
            match address.ip() {
                IpAddr::V4(address) => add(v4, &address.octets()),
                IpAddr::V6(address) => add(v6, &address.octets()),
            }
        }
        add(tag::PORT_TYPE, &(if datagram { PORTS_OF_UDP } else { PORTS_OF_TCP }).to_be_bytes());
        add(tag::SOURCE_PORT, &u32::from(source.port()).to_be_bytes());
        add(tag::DESTINATION_PORT, &u32::from(destination.port()).to_be_bytes());
    }
    add(tag::END, &[]);
    packet.extend(message);
    packet
}
