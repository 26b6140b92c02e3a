//! What arrives at a telephone, captured on its way: baresip keeps nothing of what it plays after the first re-INVITE.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etherparse::{SlicedPacket, TransportSlice};
use offhook_media::codec::{Codec, Decoder};
use pcap_file::pcapng::{Block, PcapNgReader};

use super::SOON;
use super::process::Process;
use super::site::Site;
use super::wav::Sound;

/// A telephone to which nothing has come for so long hears nothing. The capture is written twice a second.
const SILENT: Duration = Duration::from_millis(1_500);

/// A running capture of A-law audio. Needs the right to capture on `lo`.
pub(crate) struct Tap {
    _process: Process,
    file: PathBuf,
}

impl Tap {
    /// Captures what comes to a host of the site at these ports, or goes to them from the server: baresip sends from
    /// another address than it says, and the server sends to where audio comes from. Its port for browsers is none of
    /// those for telephones: a browser's own port may be any.
    pub(crate) fn start(site: &Site, host: u8, ports: Range<u16>) -> Tap {
        let first = ports.start;
        let file = site.dir().join(format!("tap-{first}.pcapng"));
        let (server, phone) = (site.address(2), site.address(host));
        let last = ports.end - 1;
        let sent = format!("src host {server} and src portrange 20000-29999");
        let filter = format!("udp and dst portrange {first}-{last} and ({sent} or dst host {phone})");
        let mut command = Command::new("dumpcap");
        command.args(["-q", "-i", "lo", "-f", &filter, "-w"]).arg(&file);
        let mut process = Process::start("dumpcap", &mut command, site.dir().join(format!("tap-{first}.log")));
        process.wait_log("File: ", SOON);
        Tap { _process: process, file }
    }

    /// What has come so far; silence where nothing comes any more.
    pub(crate) fn heard(&self) -> Option<Sound> {
        let mut reader = PcapNgReader::new(File::open(&self.file).ok()?).ok()?;
        let mut decoder = Decoder::new(Codec::Pcma, 8_000).expect("A-law gives 8 kHz");
        let mut samples = Vec::new();
        let mut last = None;
        // The file grows: its last block may not be whole yet.
        while let Some(Ok(block)) = reader.next_block() {
            let Block::EnhancedPacket(packet) = block else { continue };
            if let Some(payload) = alaw(&packet.data) {
                decoder.decode(payload, &mut samples).expect("A-law can be decoded");
                last = Some(packet.timestamp);
            }
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
        if now.saturating_sub(last?) > SILENT {
            samples.extend([0; 8_000]);
        }
        Some(Sound { rate: 8_000, samples })
    }
}

/// The payload of a packet of A-law.
fn alaw(frame: &[u8]) -> Option<&[u8]> {
    let sliced = SlicedPacket::from_ethernet(frame).ok()?;
    let Some(TransportSlice::Udp(udp)) = sliced.transport else { return None };
    // Fixed RTP header of 12 octets.
    let (header, payload) = udp.payload().split_at_checked(12)?;
    (header[0] == 0x80 && header[1] & 0x7f == 8).then_some(payload)
}
