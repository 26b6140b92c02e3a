//! Reading Ogg-Opus.

use std::io::{ErrorKind, Read, Seek};

use super::{CLOCK, Head, OggError, TAGS_MAGIC};

/// One Opus packet of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// What an RTP packet would carry.
    pub data: Vec<u8>,
    /// Where its page ends, in ticks of [`CLOCK`] since the stream's beginning.
    pub granule: u64,
    /// Whether it is the last that ends in its page.
    pub ends_page: bool,
    /// Whether it is the stream's last.
    pub last: bool,
}

/// Reads the packets of the first stream in a file. A file that was cut off is read as far as it
/// goes.
pub struct PacketReader<R: Read + Seek> {
    pages: ::ogg::PacketReader<R>,
    serial: u32,
    head: Head,
}

impl<R: Read + Seek> PacketReader<R> {
    /// Reads up to where the audio begins.
    ///
    /// # Errors
    /// [`OggError`] when there is no Opus audio in the file that can be read.
    pub fn new(input: R) -> Result<Self, OggError> {
        let mut pages = ::ogg::PacketReader::new(input);
        let first = pages.read_packet()?.ok_or(OggError::NotOgg)?;
        let head = Head::read(&first.data)?;
        let serial = first.stream_serial();
        let mut reader = Self { pages, serial, head };
        let tags = reader.next_packet()?.ok_or(OggError::Damaged("it ends before its audio"))?;
        if !tags.data.starts_with(TAGS_MAGIC) {
            return Err(OggError::Damaged("its second packet is no OpusTags"));
        }
        Ok(reader)
    }

    /// What the stream says of itself.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The next packet; `None` at the end.
    ///
    /// # Errors
    /// [`OggError::Damaged`] and [`OggError::Io`].
    pub fn next_packet(&mut self) -> Result<Option<Packet>, OggError> {
        loop {
            let packet = match self.pages.read_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(None),
                Err(::ogg::OggReadError::ReadError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            };
            if packet.stream_serial() != self.serial {
                continue;
            }
            return Ok(Some(Packet {
                granule: packet.absgp_page(),
                ends_page: packet.last_in_page(),
                last: packet.last_in_stream(),
                data: packet.data,
            }));
        }
    }
}

/// Reads a file as PCM of its one or two channels.
pub struct Reader<R: Read + Seek> {
    packets: PacketReader<R>,
    decoder: opus::Decoder,
    rate: u32,
    /// Where the next packet begins, in ticks.
    position: u64,
    /// What the first page's granule position shows the stream to begin with, in ticks (RFC 7845
    /// section 4.3): not zero for what was cut out of a running stream.
    begin: Option<u64>,
}

impl<R: Read + Seek> Reader<R> {
    /// `rate` is that of the PCM: 8,000, 12,000, 16,000, 24,000 or 48,000 Hz.
    ///
    /// # Errors
    /// Those of [`PacketReader::new`]; [`OggError::Rate`]; [`OggError::Library`].
    pub fn new(input: R, rate: u32) -> Result<Self, OggError> {
        if !matches!(rate, 8_000 | 12_000 | 16_000 | 24_000 | 48_000) {
            return Err(OggError::Rate(rate));
        }
        let packets = PacketReader::new(input)?;
        let Head { channels, gain, .. } = packets.head();
        let channels = if channels == 2 { opus::Channels::Stereo } else { opus::Channels::Mono };
        let mut decoder = opus::Decoder::new(rate, channels).map_err(library)?;
        decoder.set_gain(gain.into()).map_err(library)?;
        Ok(Self { packets, decoder, rate, position: 0, begin: None })
    }

    /// What the stream says of itself.
    pub fn head(&self) -> Head {
        self.packets.head()
    }

    /// How many channels the PCM has: one or two.
    pub fn channels(&self) -> usize {
        usize::from(self.head().channels)
    }

    /// Appends some PCM to `out`, the samples of both channels in turn. How many samples per
    /// channel that were; 0 is the end.
    ///
    /// # Errors
    /// [`OggError::Damaged`], [`OggError::Io`] and [`OggError::Library`].
    pub fn read(&mut self, out: &mut Vec<i16>) -> Result<usize, OggError> {
        let channels = self.channels();
        while let Some(packet) = self.packets.next_packet()? {
            let ticks = opus::packet::get_nb_samples(&packet.data, CLOCK)
                .map_err(|_| OggError::Damaged("a packet in it is not Opus"))? as u64;
            let start = out.len();
            out.resize(start + self.samples(ticks) * channels, 0);
            let length = self.decoder.decode(&packet.data, &mut out[start..], false).map_err(library)?;
            out.truncate(start + length * channels);
            let (from, to) = (self.position, self.position + ticks);
            self.position = to;
            if packet.ends_page && !packet.last {
                self.begin.get_or_insert(packet.granule.saturating_sub(to));
            }
            // The last granule position may be less than its page holds: the rest is padding.
            let end = if packet.last { packet.granule.saturating_sub(self.begin.unwrap_or(0)).min(to) } else { to };
            let skipped = u64::from(self.head().pre_skip).clamp(from, to);
            let kept = self.samples(skipped - from)..self.samples(end.max(skipped) - from).min(length);
            out.truncate(start + kept.end * channels);
            out.drain(start..start + kept.start * channels);
            if !kept.is_empty() {
                return Ok(kept.len());
            }
        }
        Ok(0)
    }

    fn samples(&self, ticks: u64) -> usize {
        (ticks * u64::from(self.rate) / u64::from(CLOCK)) as usize
    }
}

fn library(error: opus::Error) -> OggError {
    match error.code() {
        opus::ErrorCode::InvalidPacket => OggError::Damaged("a packet in it is not Opus"),
        _ => OggError::Library(error.description()),
    }
}
