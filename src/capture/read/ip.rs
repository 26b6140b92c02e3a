//! IP packets: whole again where they came in fragments, and what is in them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use etherparse::{IpNumber, Ipv6ExtensionSlice, LaxIpSlice, TcpSlice, UdpHeaderSlice};

/// Packets that wait for more of their fragments.
const MAX_WAITING: usize = 256;
/// Fragments of one packet: 64 kB in pieces of the smallest kind.
const MAX_FRAGMENTS: usize = 128;
/// Longest packet.
const MAX_PACKET: usize = 65_535;
/// Nanoseconds after which fragments that share a number belong to another packet (RFC 791 3.2: 15 s and more).
const FRAGMENT_LIFE: u64 = 30_000_000_000;

/// What an IP packet carries.
pub(super) enum Carried<'a> {
    Datagram(&'a [u8]),
    Segment(Segment<'a>),
}

/// A piece of a TCP stream.
pub(super) struct Segment<'a> {
    pub(super) sequence: u32,
    /// The stream begins with it.
    pub(super) begins: bool,
    /// No more comes behind it.
    pub(super) ends: bool,
    pub(super) payload: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    number: u32,
    protocol: u8,
}

#[derive(Default)]
struct Waiting {
    since: u64,
    /// By their place.
    pieces: BTreeMap<usize, Vec<u8>>,
    /// Known with the last fragment.
    length: Option<usize>,
}

/// Puts fragments together and looks into packets.
#[derive(Default)]
pub(super) struct Packets {
    waiting: HashMap<Key, Waiting>,
    order: VecDeque<Key>,
    /// Packets of which a fragment was missing.
    pub(super) incomplete: u64,
}

impl Packets {
    /// Gives `each` what is in a packet, once it is whole.
    pub(super) fn take(&mut self, at: u64, ip: &[u8], mut each: impl FnMut(SocketAddr, SocketAddr, Carried<'_>)) {
        let Ok((slice, _)) = LaxIpSlice::from_slice(ip) else { return };
        let (source, destination) = (slice.source_addr(), slice.destination_addr());
        let inner = slice.payload();
        let protocol = inner.ip_number;
        if !inner.fragmented {
            return carried(source, destination, protocol, inner.payload, &mut each);
        }
        let Some((number, place, more)) = fragment(&slice) else { return };
        let key = Key { source, destination, number, protocol: protocol.0 };
        if let Some(whole) = self.add(at, key, place, more, inner.payload) {
            carried(source, destination, protocol, &whole, &mut each);
        }
    }

    fn add(&mut self, at: u64, key: Key, place: usize, more: bool, payload: &[u8]) -> Option<Vec<u8>> {
        let end = place + payload.len();
        if end > MAX_PACKET {
            return None;
        }
        if self.waiting.get(&key).is_some_and(|old| at.saturating_sub(old.since) > FRAGMENT_LIFE) {
            self.waiting.remove(&key);
            self.order.retain(|other| *other != key);
            self.incomplete += 1;
        }
        if !self.waiting.contains_key(&key) {
            if self.order.len() >= MAX_WAITING
                && let Some(oldest) = self.order.pop_front()
            {
                self.waiting.remove(&oldest);
                self.incomplete += 1;
            }
            self.order.push_back(key);
        }
        let waiting = self.waiting.entry(key).or_insert_with(|| Waiting { since: at, ..Waiting::default() });
        if waiting.pieces.len() < MAX_FRAGMENTS {
            waiting.pieces.entry(place).or_insert_with(|| payload.to_vec());
        }
        if !more {
            waiting.length = Some(end);
        }
        let mut whole = Vec::new();
        for (&place, piece) in &waiting.pieces {
            // What overlaps is taken from the first.
            let known = whole.len().checked_sub(place)?;
            whole.extend_from_slice(piece.get(known..).unwrap_or_default());
        }
        if waiting.length.is_none_or(|length| whole.len() < length) {
            return None;
        }
        self.waiting.remove(&key);
        self.order.retain(|other| *other != key);
        Some(whole)
    }

    /// Packets that will never be whole.
    pub(super) fn finish(&mut self) {
        self.incomplete += self.waiting.len() as u64;
        self.waiting.clear();
        self.order.clear();
    }
}

/// Number, place and whether more follows.
fn fragment(slice: &LaxIpSlice<'_>) -> Option<(u32, usize, bool)> {
    match slice {
        LaxIpSlice::Ipv4(v4) => {
            let header = v4.header();
            let place = usize::from(header.fragments_offset().value()) * 8;
            Some((header.identification().into(), place, header.more_fragments()))
        }
        LaxIpSlice::Ipv6(v6) => v6.extensions().clone().into_iter().find_map(|extension| match extension {
            Ipv6ExtensionSlice::Fragment(header) => {
                let place = usize::from(header.fragment_offset().value()) * 8;
                Some((header.identification(), place, header.more_fragments()))
            }
            _ => None,
        }),
    }
}

fn carried(
    source: IpAddr,
    destination: IpAddr,
    protocol: IpNumber,
    payload: &[u8],
    each: &mut impl FnMut(SocketAddr, SocketAddr, Carried<'_>),
) {
    match protocol {
        IpNumber::UDP => {
            let Ok(header) = UdpHeaderSlice::from_slice(payload) else { return };
            let (from, to) = (header.source_port(), header.destination_port());
            // A length of 0 stands in jumbograms and where a network card was to fill it in.
            let end = Some(usize::from(header.length())).filter(|&end| (8..=payload.len()).contains(&end));
            let data = payload.get(8..end.unwrap_or(payload.len())).unwrap_or_default();
            each(SocketAddr::new(source, from), SocketAddr::new(destination, to), Carried::Datagram(data));
        }
        IpNumber::TCP => {
            let Ok(tcp) = TcpSlice::from_slice(payload) else { return };
            let segment = Segment {
                sequence: tcp.sequence_number(),
                begins: tcp.syn(),
                ends: tcp.fin() || tcp.rst(),
                payload: tcp.payload(),
            };
            let (from, to) = (tcp.source_port(), tcp.destination_port());
            each(SocketAddr::new(source, from), SocketAddr::new(destination, to), Carried::Segment(segment));
        }
        _ => {}
    }
}
