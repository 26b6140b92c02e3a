//! The octets of a capture file, front to back.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use pcap_file::DataLink;
use pcap_file::Endianness;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::pcapng::blocks::interface_statistics::{InterfaceStatisticsBlock, InterfaceStatisticsOption};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, Ipv6Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{Block, PcapNgBlock, PcapNgWriter};
use rustc_hash::FxHashSet;

use super::audio::{AudioPacket, Carrier, Described};
use super::packet::{ClientPacket, Direction, SipPacket, Streams, datagram, datagram_cut, exported, shows_as_sip};
use crate::capture::trace::TraceTransport;

/// Most octets of a packet in a file: a whole IP packet, or a message with its tags.
const SNAP_LENGTH: u32 = 256 * 1024;
/// Times are nanoseconds: 10⁻⁹ s.
const NANOSECONDS: u8 = 9;
/// Longest comment at a packet, in octets; an option has 65,535 at most.
const MAX_COMMENT: usize = 4096;
/// The comment at what only tells readers how to show the packets behind it.
const DESCRIPTION: &str = "not on the network: says what the packets of this address are";
/// Addresses that are given a name in one file.
const MAX_NAMES: usize = 1024;

/// Where packets come from: each is an interface of the file, which is described before its first packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interface {
    /// With IP headers, as on a network.
    Network(TraceTransport),
    /// SIP messages without what carried them.
    Messages(TraceTransport),
    Clients,
    /// What calls are decided by beside messages, and what they do by themselves.
    Influences,
    /// RTP and RTCP as on a network.
    Audio,
    /// The same without encryption.
    Decrypted,
    /// What says of either what it is.
    Descriptions,
}

/// A packet, as it is put into a file.
struct Frame<'a> {
    interface: Interface,
    data: &'a [u8],
    /// Octets that it had, where some are left out.
    length: usize,
    direction: Option<Direction>,
}

/// What could not be kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// Messages, and what they caused.
    pub messages: u64,
    /// Packets of audio.
    pub packets: u64,
}

impl Lost {
    fn count(self) -> u64 {
        self.messages + self.packets
    }

    fn add(&mut self, more: Lost) {
        self.messages += more.messages;
        self.packets += more.packets;
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.messages, self.packets) {
            (messages, 0) => write!(f, "{messages} messages"),
            (0, packets) => write!(f, "{packets} packets of audio"),
            (messages, packets) => write!(f, "{messages} messages and {packets} packets of audio"),
        }
    }
}

/// Makes the octets of one file.
pub struct Writer {
    file: PcapNgWriter<Vec<u8>>,
    interfaces: Vec<(Interface, u64)>,
    streams: Streams,
    described: Described,
    named: FxHashSet<IpAddr>,
    /// What was lost and has not been told of yet; and all that was.
    lost: Lost,
    lost_before: Lost,
    last: Duration,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("interfaces", &self.interfaces).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Writer {
    /// Begins a file. `application` wrote it; `comment` says what is in it.
    pub fn new(application: &str, comment: &str) -> Writer {
        let own = |text: &str| Cow::Owned(cut(text).into_owned());
        let options = vec![
            SectionHeaderOption::Comment(own(comment)),
            SectionHeaderOption::OS(Cow::Borrowed(std::env::consts::OS)),
            SectionHeaderOption::UserApplication(own(application)),
        ];
        let section = SectionHeaderBlock { endianness: Endianness::Little, options, ..SectionHeaderBlock::default() };
        let file = match PcapNgWriter::with_section_header(Vec::new(), section) {
            Ok(file) => file,
            Err(error) => unreachable!("memory can be written to: {error}"),
        };
        Writer {
            file,
            interfaces: Vec::new(),
            streams: Streams::default(),
            described: Described::default(),
            named: FxHashSet::default(),
            lost: Lost::default(),
            lost_before: Lost::default(),
            last: Duration::ZERO,
        }
    }

    /// A SIP message, at a time since 1970-01-01 UTC. `comment` is shown with it.
    pub fn sip(&mut self, at: Duration, packet: &SipPacket<'_>, comment: &str) {
        let SipPacket { transport, addresses, direction, bytes } = *packet;
        self.described.message(bytes);
        let shown = addresses.filter(|&(source, destination)| shows_as_sip(source, destination));
        let packets = match (transport, shown) {
            (TraceTransport::Udp, Some((source, destination))) => vec![datagram(source, destination, bytes)],
            (TraceTransport::Tcp, Some((source, destination))) => self.streams.segments(source, destination, bytes),
            _ => {
                let data = exported("sip", addresses, transport == TraceTransport::Udp, bytes);
                return self.packet(at, whole(Interface::Messages(transport), &data, direction), comment);
            }
        };
        for (index, data) in packets.iter().enumerate() {
            let comment = if index == 0 { comment } else { "" };
            self.packet(at, whole(Interface::Network(transport), data, direction), comment);
        }
    }

    /// A message of the client protocol.
    pub fn client(&mut self, at: Duration, packet: &ClientPacket<'_>, comment: &str) {
        let data = exported("json", packet.addresses, false, packet.text.as_bytes());
        self.packet(at, whole(Interface::Clients, &data, Some(packet.direction)), comment);
    }

    /// What no message is: JSON for those who replay the file.
    pub fn influence(&mut self, at: Duration, text: &str, comment: &str) {
        let data = exported("json", None, false, text.as_bytes());
        self.packet(at, whole(Interface::Influences, &data, None), comment);
    }

    /// A packet of audio, and before it what it takes to be known as such.
    pub fn audio(&mut self, at: Duration, packet: &AudioPacket, comment: &str) {
        for ([receives, sends], description) in self.described.missing(packet) {
            let data = exported("sdp", Some((receives, sends)), true, description.as_bytes());
            let comment = if comment.is_empty() { DESCRIPTION.to_owned() } else { format!("{comment}\n{DESCRIPTION}") };
            self.packet(at, whole(Interface::Descriptions, &data, None), &comment);
        }
        let (source, destination) = packet.addresses();
        let direction = Some(packet.direction);
        let cut = packet.length.saturating_sub(packet.bytes.len());
        if packet.carrier == Carrier::Plain {
            let data = datagram_cut(source, destination, &packet.bytes, packet.length);
            let length = data.len() + cut;
            self.packet(at, Frame { interface: Interface::Audio, data: &data, length, direction }, comment);
        } else {
            let dissector = if packet.is_rtcp { "rtcp" } else { "rtp" };
            let data = exported(dissector, Some((source, destination)), true, &packet.bytes);
            let length = data.len() + cut;
            let encrypted = if packet.is_rtcp { "encrypted on its way (SRTCP)" } else { "encrypted on its way (SRTP)" };
            let comment = if comment.is_empty() { encrypted.to_owned() } else { format!("{comment}\n{encrypted}") };
            self.packet(at, Frame { interface: Interface::Decrypted, data: &data, length, direction }, &comment);
        }
    }

    /// Names an address from now on; the first name that it gets stays.
    pub fn name(&mut self, address: IpAddr, name: &str) {
        // A NUL ends a name.
        let name = name.replace('\0', " ");
        if name.is_empty() || self.named.len() >= MAX_NAMES || !self.named.insert(address) {
            return;
        }
        let names = vec![cut(&name)];
        let (v4, v6);
        let record = match address {
            IpAddr::V4(address) => {
                v4 = address.octets();
                Record::Ipv4(Ipv4Record { ip_addr: Cow::Borrowed(&v4), names })
            }
            IpAddr::V6(address) => {
                v6 = address.octets();
                Record::Ipv6(Ipv6Record { ip_addr: Cow::Borrowed(&v6), names })
            }
        };
        self.block(&NameResolutionBlock { records: vec![record], options: Vec::new() }.into_block());
    }

    /// Something could not be kept. The next packet says how much.
    pub fn lose(&mut self, lost: Lost) {
        self.lost.add(lost);
    }

    /// Takes the octets that were made since this was last called. They end with a whole block.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.file.get_mut())
    }

    /// How many octets wait to be taken.
    pub fn len(&self) -> usize {
        self.file.get_ref().len()
    }

    /// Whether none wait to be taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the file: says of each interface what came, and what was lost. Nothing may be added behind it.
    pub fn finish(&mut self) {
        let mut all = self.lost_before;
        all.add(self.lost);
        let lost = all.count();
        for index in 0..self.interfaces.len() {
            let (_, packets) = self.interfaces[index];
            let mut options = vec![
                InterfaceStatisticsOption::IsbIfRecv(packets + if index == 0 { lost } else { 0 }),
                // What is lost has no interface: the first one stands for all.
                InterfaceStatisticsOption::IsbIfDrop(if index == 0 { lost } else { 0 }),
            ];
            if index == 0 && lost > 0 {
                options.push(InterfaceStatisticsOption::Comment(Cow::Owned(format!("{all} were lost"))));
            }
            // The format wants the upper half first; nanoseconds fit until the year 2554.
            let timestamp = (self.last.as_nanos() as u64).rotate_left(32);
            let block = InterfaceStatisticsBlock { interface_id: index as u32, timestamp, options };
            self.block(&block.into_block());
        }
    }

    fn packet(&mut self, at: Duration, frame: Frame<'_>, comment: &str) {
        let Frame { interface, data, length, direction } = frame;
        let interface_id = self.interface(interface);
        self.last = self.last.max(at);
        let lost = std::mem::take(&mut self.lost);
        self.lost_before.add(lost);
        let mut options = Vec::new();
        if !comment.is_empty() {
            options.push(EnhancedPacketOption::Comment(cut(comment)));
        }
        if lost.count() > 0 {
            options.push(EnhancedPacketOption::Comment(Cow::Owned(format!("{lost} before this one were lost"))));
            options.push(EnhancedPacketOption::DropCount(lost.count()));
        }
        options.extend(direction.map(|direction| {
            EnhancedPacketOption::Flags(match direction {
                Direction::In => 1,
                Direction::Out => 2,
            })
        }));
        let data = &data[..data.len().min(SNAP_LENGTH as usize)];
        let block = EnhancedPacketBlock {
            interface_id,
            timestamp: at,
            original_len: length as u32,
            data: Cow::Borrowed(data),
            options,
        };
        self.block(&block.into_block());
    }

    /// The number of an interface, which is described where it is not yet.
    fn interface(&mut self, interface: Interface) -> u32 {
        let known = self.interfaces.iter().position(|(known, _)| *known == interface);
        let index = known.unwrap_or_else(|| {
            let (link, name, description) = match interface {
                Interface::Network(transport) => (DataLink::RAW, transport.name(), "SIP"),
                Interface::Messages(TraceTransport::Tls) => {
                    (DataLink::WIRESHARK_UPPER_PDU, "tls", "SIP over TLS, as it was before encryption")
                }
                Interface::Messages(transport) => {
                    (DataLink::WIRESHARK_UPPER_PDU, transport.name(), "SIP at ports that are not those of SIP")
                }
                Interface::Clients => {
                    (DataLink::WIRESHARK_UPPER_PDU, "client", "messages of clients over their WebSockets")
                }
                Interface::Influences => (
                    DataLink::WIRESHARK_UPPER_PDU,
                    "influence",
                    "what calls are decided by beside messages, for a replay",
                ),
                Interface::Audio => (DataLink::RAW, "rtp", "RTP and RTCP"),
                Interface::Decrypted => {
                    (DataLink::WIRESHARK_UPPER_PDU, "srtp", "SRTP and SRTCP as they were before encryption")
                }
                Interface::Descriptions => {
                    (DataLink::WIRESHARK_UPPER_PDU, "description", "what tells readers of the file what RTP is")
                }
            };
            let options = vec![
                InterfaceDescriptionOption::IfName(Cow::Borrowed(name)),
                InterfaceDescriptionOption::IfDescription(Cow::Borrowed(description)),
                InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
                InterfaceDescriptionOption::IfOs(Cow::Borrowed(std::env::consts::OS)),
            ];
            let block = InterfaceDescriptionBlock { linktype: link, snaplen: SNAP_LENGTH, options };
            self.block(&block.into_block());
            self.interfaces.push((interface, 0));
            self.interfaces.len() - 1
        });
        self.interfaces[index].1 += 1;
        index as u32
    }

    fn block(&mut self, block: &Block<'_>) {
        if let Err(error) = self.file.write_block(block) {
            unreachable!("memory can be written to, and the interface is described: {error}");
        }
    }
}

/// A packet of which nothing is left out.
fn whole(interface: Interface, data: &[u8], direction: Option<Direction>) -> Frame<'_> {
    Frame { interface, data, length: data.len(), direction }
}

/// As much of a text as an option takes.
fn cut(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(&text[..text.floor_char_boundary(MAX_COMMENT)])
}
