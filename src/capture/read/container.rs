//! Capture files as sequences of frames: plain pcap and pcapng.
//!
//! Read here and not by a library: the ones there are refuse files whose packets were cut short on capture, take no
//! other resolution of time than nanoseconds, or stop at a comment that is no UTF-8.

use std::io::{self, Read};

use super::ReadError;

/// Longest frame; capture tools keep 262,144 octets of one.
const MAX_FRAME: u32 = 1 << 20;
/// Longest block of pcapng that may be skipped: larger ones are a broken length.
const MAX_BLOCK: u32 = 64 << 20;
/// Interfaces of one section.
const MAX_INTERFACES: usize = 4096;
/// Comments of one frame, and octets of each.
const MAX_COMMENTS: usize = 8;
const MAX_COMMENT: usize = 4096;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const BYTE_ORDER: u32 = 0x1A2B_3C4D;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const OPTION_COMMENT: u16 = 1;
const OPTION_FLAGS: u16 = 2;
const OPTION_TIME_RESOLUTION: u16 = 9;
const OPTION_TIME_OFFSET: u16 = 14;

/// What was captured of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Nanoseconds since 1970.
    pub(super) at: u64,
    /// LINKTYPE_ value: what the data begins with.
    pub(super) link: u32,
    pub(super) data: Vec<u8>,
    pub(super) comments: Vec<String>,
    /// Whether who captured it has sent it, where that is said.
    pub(super) sent: Option<bool>,
}

/// A file ends, or breaks, here.
#[derive(Debug)]
pub(super) enum Stop {
    /// Its end.
    End,
    /// It ends in the middle of a packet.
    Cut,
    /// What stands there cannot be.
    Broken(&'static str),
    /// It cannot be read on.
    Io(io::Error),
}

/// A capture file.
pub(super) struct Container<R> {
    input: R,
    order: Order,
    kind: Kind,
    /// Octets read.
    offset: u64,
}

enum Kind {
    Pcap { link: u32, nanoseconds: bool },
    PcapNg { interfaces: Vec<Interface> },
}

#[derive(Clone, Copy)]
struct Interface {
    link: u32,
    snap: u32,
    resolution: u8,
    /// Seconds to add.
    offset: i64,
}

/// In which order the file has the octets of its numbers.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Order::Little => u16::from_le_bytes(*bytes),
            Order::Big => u16::from_be_bytes(*bytes),
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Order::Little => u32::from_le_bytes(*bytes),
            Order::Big => u32::from_be_bytes(*bytes),
        })
    }

    /// The options behind a block's fixed part: code and value.
    fn options(self, mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
        std::iter::from_fn(move || {
            let (code, length) = (self.u16(bytes, 0)?, usize::from(self.u16(bytes, 2)?));
            let value = bytes.get(4..4 + length).filter(|_| code != 0)?;
            bytes = bytes.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
            Some((code, value))
        })
    }
}

impl<R: Read> Container<R> {
    /// Reads how the file begins.
    pub(super) fn open(mut input: R) -> Result<Container<R>, ReadError> {
        let mut magic = Vec::new();
        input.by_ref().take(4).read_to_end(&mut magic)?;
        let Some(&magic) = magic.first_chunk::<4>() else { return Err(ReadError::Empty) };
        let (order, nanoseconds) = match u32::from_be_bytes(magic) {
            0xA1B2_C3D4 => (Order::Big, false),
            0xA1B2_3C4D => (Order::Big, true),
            0xD4C3_B2A1 => (Order::Little, false),
            0x4D3C_B2A1 => (Order::Little, true),
            SECTION_HEADER => {
                let kind = Kind::PcapNg { interfaces: Vec::new() };
                let mut container = Container { input, order: Order::Little, kind, offset: 4 };
                return match container.section() {
                    Ok(()) => Ok(container),
                    Err(Stop::Io(error)) => Err(error.into()),
                    Err(_) => Err(ReadError::NoCapture),
                };
            }
            // The magic numbers of gzip, zstd, xz and ZIP.
            0x1F8B_0000..=0x1F8B_FFFF | 0x28B5_2FFD | 0xFD37_7A58 | 0x504B_0304 => return Err(ReadError::Compressed),
            _ => return Err(ReadError::NoCapture),
        };
        let kind = Kind::Pcap { link: 0, nanoseconds };
        let mut container = Container { input, order, kind, offset: 4 };
        let header = match container.take(20) {
            Ok(header) => header,
            Err(Stop::Io(error)) => return Err(error.into()),
            Err(_) => return Err(ReadError::NoCapture),
        };
        // The upper bits say how long a frame's check sequence is.
        let link = order.u32(&header, 16).ok_or(ReadError::NoCapture)? & 0xFFFF;
        container.kind = Kind::Pcap { link, nanoseconds };
        Ok(container)
    }

    /// Octets read up to here.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next frame.
    pub(super) fn next(&mut self) -> Result<Frame, Stop> {
        match self.kind {
            Kind::Pcap { link, nanoseconds } => self.next_pcap(link, nanoseconds),
            Kind::PcapNg { .. } => loop {
                if let Some(frame) = self.next_block()? {
                    return Ok(frame);
                }
            },
        }
    }

    fn next_pcap(&mut self, link: u32, nanoseconds: bool) -> Result<Frame, Stop> {
        let header = self.take(16)?;
        let field = |at| self.order.u32(&header, at).unwrap_or_default();
        let (seconds, fraction, length) = (field(0), field(4), field(8));
        if length > MAX_FRAME {
            return Err(Stop::Broken("a packet is said to be longer than packets are"));
        }
        let data = self.take_inside(length)?;
        let fraction = u64::from(fraction).saturating_mul(if nanoseconds { 1 } else { 1000 });
        let at = (u64::from(seconds) * 1_000_000_000).saturating_add(fraction);
        Ok(Frame { at, link, data, comments: Vec::new(), sent: None })
    }

    /// A block; none where it is no packet.
    fn next_block(&mut self) -> Result<Option<Frame>, Stop> {
        let kind = self.take(4)?;
        let kind = self.order.u32(&kind, 0).ok_or(Stop::Cut)?;
        if kind == SECTION_HEADER {
            self.section()?;
            return Ok(None);
        }
        let length = self.take_inside(4)?;
        let length = self.order.u32(&length, 0).ok_or(Stop::Cut)?;
        let body = length.checked_sub(12).filter(|_| length % 4 == 0 && length <= MAX_BLOCK);
        let body = body.ok_or(Stop::Broken("a block has a length that cannot be"))?;
        let is_known = matches!(kind, INTERFACE_DESCRIPTION | OBSOLETE_PACKET | SIMPLE_PACKET | ENHANCED_PACKET);
        if !is_known {
            self.skip(body + 4)?;
            return Ok(None);
        }
        if body > MAX_FRAME * 2 {
            return Err(Stop::Broken("a packet is said to be longer than packets are"));
        }
        let block = self.take_inside(body)?;
        let trailer = self.take_inside(4)?;
        if self.order.u32(&trailer, 0) != Some(length) {
            return Err(Stop::Broken("the two lengths of a block differ"));
        }
        let Kind::PcapNg { interfaces } = &mut self.kind else { return Ok(None) };
        if kind == INTERFACE_DESCRIPTION {
            // One too many takes no place: packets that name it are left out.
            interfaces.extend(interface(self.order, &block).filter(|_| interfaces.len() < MAX_INTERFACES));
            return Ok(None);
        }
        Ok(packet(self.order, kind, &block, interfaces))
    }

    /// The rest of a section header; its type has been read.
    fn section(&mut self) -> Result<(), Stop> {
        let head = self.take_inside(8)?;
        let order = match (Order::Little.u32(&head, 4), Order::Big.u32(&head, 4)) {
            (Some(BYTE_ORDER), _) => Order::Little,
            (_, Some(BYTE_ORDER)) => Order::Big,
            _ => return Err(Stop::Broken("a section does not say in which order its octets are")),
        };
        let length = order.u32(&head, 0).filter(|length| length % 4 == 0 && (28..=MAX_BLOCK).contains(length));
        let length = length.ok_or(Stop::Broken("a section header has a length that cannot be"))?;
        self.skip(length - 12)?;
        self.order = order;
        self.kind = Kind::PcapNg { interfaces: Vec::new() };
        Ok(())
    }

    /// Reads what begins a packet: nothing at all is the end of the file.
    fn take(&mut self, length: u32) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        let taken = self.input.by_ref().take(u64::from(length)).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        match taken.map_err(Stop::Io)? {
            0 if length > 0 => Err(Stop::End),
            taken if taken < length as usize => Err(Stop::Cut),
            _ => Ok(bytes),
        }
    }

    /// The same in the middle of a packet.
    fn take_inside(&mut self, length: u32) -> Result<Vec<u8>, Stop> {
        self.take(length).map_err(|stop| if matches!(stop, Stop::End) { Stop::Cut } else { stop })
    }

    fn skip(&mut self, length: u32) -> Result<(), Stop> {
        let length = u64::from(length);
        let skipped = io::copy(&mut self.input.by_ref().take(length), &mut io::sink()).map_err(Stop::Io)?;
        self.offset += skipped;
        if skipped < length { Err(Stop::Cut) } else { Ok(()) }
    }
}

fn interface(order: Order, block: &[u8]) -> Option<Interface> {
    let mut interface =
        Interface { link: order.u16(block, 0)?.into(), snap: order.u32(block, 4)?, resolution: 6, offset: 0 };
    for (code, value) in order.options(block.get(8..)?) {
        match code {
            OPTION_TIME_RESOLUTION => interface.resolution = value.first().copied().unwrap_or(6),
            OPTION_TIME_OFFSET => {
                let halves = (order.u32(value, 0), order.u32(value, 4));
                if let (Some(first), Some(second)) = halves {
                    let (high, low) = if matches!(order, Order::Big) { (first, second) } else { (second, first) };
                    interface.offset = (u64::from(high) << 32 | u64::from(low)).cast_signed();
                }
            }
            _ => {}
        }
    }
    Some(interface)
}

fn packet(order: Order, kind: u32, block: &[u8], interfaces: &[Interface]) -> Option<Frame> {
    if kind == SIMPLE_PACKET {
        let interface = interfaces.first()?;
        let length = order.u32(block, 0)?;
        let limit = if interface.snap == 0 { u32::MAX } else { interface.snap };
        let data = block.get(4..)?;
        let data = data.get(..length.min(limit) as usize).unwrap_or(data).to_vec();
        return Some(Frame { at: 0, link: interface.link, data, comments: Vec::new(), sent: None });
    }
    let number = match kind {
        OBSOLETE_PACKET => order.u16(block, 0)?.into(),
        _ => order.u32(block, 0)?,
    };
    let interface = interfaces.get(number as usize)?;
    let units = u64::from(order.u32(block, 4)?) << 32 | u64::from(order.u32(block, 8)?);
    let length = order.u32(block, 12)? as usize;
    let data = block.get(20..)?.get(..length)?.to_vec();
    let (mut comments, mut sent) = (Vec::new(), None);
    for (code, value) in order.options(block.get(20 + length.next_multiple_of(4)..).unwrap_or_default()) {
        if code == OPTION_COMMENT && comments.len() < MAX_COMMENTS {
            let text = String::from_utf8_lossy(value.get(..MAX_COMMENT).unwrap_or(value));
            comments.push(text.trim_end_matches('\0').to_owned());
        } else if code == OPTION_FLAGS && kind == ENHANCED_PACKET {
            sent = match order.u32(value, 0).unwrap_or_default() & 3 {
                1 => Some(false),
                2 => Some(true),
                _ => None,
            };
        }
    }
    Some(Frame { at: interface.nanoseconds(units), link: interface.link, data, comments, sent })
}

impl Interface {
    fn nanoseconds(self, units: u64) -> u64 {
        let power = u32::from(self.resolution & 0x7F);
        let second = if self.resolution & 0x80 != 0 { 2_u128.checked_pow(power) } else { 10_u128.checked_pow(power) };
        let nanoseconds = u128::from(units) * 1_000_000_000 / second.unwrap_or(u128::MAX);
        let nanoseconds = i128::try_from(nanoseconds).unwrap_or(i128::MAX);
        let nanoseconds = nanoseconds.saturating_add(i128::from(self.offset) * 1_000_000_000);
        u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX)
    }
}
