//! Writing Ogg-Opus as a stream.

use ::ogg::PacketWriteEndInfo;

use super::{CLOCK, Head, TAGS_MAGIC};
use crate::codec::{Codec, CodecError};

/// How much audio goes into one page (RFC 7845 section 5 asks for no more): what is lost when the
/// file is cut off.
const PAGE: u64 = CLOCK as u64;
/// There is one stream in a file, so that any number tells it from the others.
const SERIAL: u32 = 1;

/// Writes Opus packets into a file, front to back. A file that is cut off anywhere plays to there.
pub struct PacketWriter {
    pages: ::ogg::PacketWriter<'static, Vec<u8>>,
    /// What follows the packet that waits: whether it is the last is not known before.
    waiting: Option<Vec<u8>>,
    /// Where the packet that waits ends, in ticks.
    pub(super) granule: u64,
    /// Where the page began, in ticks.
    pub(super) page: u64,
}

impl PacketWriter {
    /// A writer of a file that begins with `head`.
    pub fn new(head: Head) -> Self {
        let mut writer = Self { pages: ::ogg::PacketWriter::new(Vec::new()), waiting: None, granule: 0, page: 0 };
        writer.page(head.write(), PacketWriteEndInfo::EndPage, 0);
        let mut tags = TAGS_MAGIC.to_vec();
        let vendor = b"offhook";
        tags.extend((vendor.len() as u32).to_le_bytes());
        tags.extend(vendor);
        // No comments.
        tags.extend(0u32.to_le_bytes());
        writer.page(tags, PacketWriteEndInfo::EndPage, 0);
        writer
    }

    /// Takes a packet. What is complete of the file is appended to `out`.
    ///
    /// # Errors
    /// Those of [`Codec::duration`] for what is no Opus packet: it is left out.
    pub fn write(&mut self, packet: &[u8], out: &mut Vec<u8>) -> Result<(), CodecError> {
        let ticks = Codec::Opus.duration(packet)?;
        if let Some(before) = self.waiting.take() {
            let full = self.granule - self.page >= PAGE;
            let end = if full { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
            self.page(before, end, self.granule);
            if full {
                self.page = self.granule;
            }
        }
        self.waiting = Some(packet.to_vec());
        self.granule += u64::from(ticks);
        self.take(out);
        Ok(())
    }

    /// Ends the file. `length` is that of the audio in ticks of [`CLOCK`], with the pre-skip: what the
    /// last packet holds beyond it is not played.
    pub fn finish(&mut self, length: u64, out: &mut Vec<u8>) {
        if let Some(last) = self.waiting.take() {
            self.page(last, PacketWriteEndInfo::EndStream, length.min(self.granule));
        }
        self.take(out);
    }

    /// Into memory, which does not fail.
    fn page(&mut self, packet: Vec<u8>, end: PacketWriteEndInfo, granule: u64) {
        let _ = self.pages.write_packet(packet, SERIAL, end, granule);
    }

    fn take(&mut self, out: &mut Vec<u8>) {
        out.append(self.pages.inner_mut());
    }
}

/// Bits per second and channel.
const BITRATE: i32 = 24_000;
/// Past it, libopus works much harder for little gain on speech.
const COMPLEXITY: i32 = 5;
/// The longest packet of one frame (RFC 6716 section 3.4, requirement R2).
const MAX_FRAME_BYTES: usize = 1_275;

/// Writes PCM into a file, in Opus packets of 20 ms.
pub struct Writer {
    encoder: opus::Encoder,
    packets: PacketWriter,
    channels: usize,
    /// Samples of a packet, of all channels.
    frame: usize,
    /// What does not fill a packet yet.
    pcm: Vec<i16>,
    /// Samples taken so far, of all channels.
    taken: u64,
    /// Ticks of [`CLOCK`] in a sample.
    tick: u64,
    pre_skip: u16,
}

impl Writer {
    /// `rate` is that of the PCM: 8,000, 12,000, 16,000, 24,000 or 48,000 Hz; `stereo` says that it
    /// has two channels.
    ///
    /// # Errors
    /// [`CodecError::UnsupportedRate`]; [`CodecError::Library`] when libopus has no memory.
    pub fn new(rate: u32, stereo: bool) -> Result<Self, CodecError> {
        if !matches!(rate, 8_000 | 12_000 | 16_000 | 24_000 | 48_000) {
            return Err(CodecError::UnsupportedRate { codec: Codec::Opus, rate });
        }
        let kind = if stereo { opus::Channels::Stereo } else { opus::Channels::Mono };
        let channels = if stereo { 2 } else { 1 };
        let library = |error: opus::Error| CodecError::Library(error.description());
        let mut encoder = opus::Encoder::new(rate, kind, opus::Application::Voip).map_err(library)?;
        encoder.set_bitrate(opus::Bitrate::Bits(BITRATE * channels)).map_err(library)?;
        encoder.set_complexity(COMPLEXITY).map_err(library)?;
        let tick = CLOCK / rate;
        let lookahead = encoder.get_lookahead().map_err(library)?;
        // A few milliseconds at most.
        let pre_skip = u16::try_from(lookahead * tick as i32).unwrap_or(u16::MAX);
        let head = Head { channels: channels as u8, pre_skip, input_rate: rate, gain: 0 };
        let channels = channels as usize;
        Ok(Self {
            encoder,
            packets: PacketWriter::new(head),
            channels,
            frame: (rate / 50) as usize * channels,
            pcm: Vec::new(),
            taken: 0,
            tick: tick.into(),
            pre_skip,
        })
    }

    /// Takes samples, those of both channels in turn. What is complete of the file is appended to
    /// `out`.
    pub fn write(&mut self, pcm: &[i16], out: &mut Vec<u8>) {
        self.taken += pcm.len() as u64;
        self.encode(pcm, out);
    }

    /// Ends the file: appends the rest of it to `out`.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let length = self.taken / self.channels as u64 * self.tick + u64::from(self.pre_skip);
        // The last sample leaves the decoder as late as the first one did.
        let delay = usize::from(self.pre_skip) / self.tick as usize * self.channels;
        let missing = (self.pcm.len() + delay).next_multiple_of(self.frame) - self.pcm.len();
        self.encode(&vec![0; missing], out);
        self.packets.finish(length, out);
    }

    fn encode(&mut self, pcm: &[i16], out: &mut Vec<u8>) {
        self.pcm.extend_from_slice(pcm);
        let mut packet = [0; MAX_FRAME_BYTES];
        let whole = self.pcm.len() - self.pcm.len() % self.frame;
        for frame in self.pcm[..whole].chunks_exact(self.frame) {
            // libopus takes any frame of this length. If it fails all the same, an empty one keeps the
            // place of the 20 ms, and the time.
            let length = self.encoder.encode(frame, &mut packet).unwrap_or(0);
            let packet = if length > 0 { &packet[..length] } else { &[EMPTY][..] };
            // Neither is anything but an Opus packet of 20 ms.
            let _ = self.packets.write(packet, out);
        }
        self.pcm.drain(..whole);
    }
}

/// A packet of one SILK frame of 20 ms without content (RFC 6716 section 3.1): nothing was sent.
const EMPTY: u8 = 1 << 3;
