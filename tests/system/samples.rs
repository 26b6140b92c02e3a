//! The captures in `pcap-samples/`: made here from a real call each way, and read back for what they show.
//!
//! `make samples` makes them anew; this needs the right to capture.

use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use offhook_media::codec::{Codec, Decoder};
use pcap_file::pcapng::{Block, PcapNgReader};

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::bridge::MICROPHONE_TONE;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::process::Process;
use crate::support::scenario::play_and_keep;
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::wav::Sound;
use crate::support::{SOON, eventually};

const PHONE_TONE: f64 = 1000.0;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pcap-samples").join(name)
}

#[test]
#[ignore = "writes pcap-samples/: make samples"]
fn captures_are_made_when_asked_for() {
    for outgoing in [true, false] {
        let site = Site::new("samples");
        let pbx = Kamailio::start(&site, &Default::default());
        let connection = Pbx { codecs: vec!["PCMA"], ..Default::default() };
        let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
        pbx.wait("bound 100", 1);
        let browser = Softphone::sign_in(&server, "alice");
        let mut phone = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
        let file = sample(if outgoing { "outgoing-call.pcapng" } else { "incoming-call.pcapng" });
        let capture = capture(&site, &file);
        if outgoing {
            browser.dial("200");
            phone.wait("CALL_INCOMING");
            browser.status("Ringing");
            phone.answer();
        } else {
            phone.dial("100");
            phone.wait("CALL_RINGING");
            browser.click("Answer");
        }
        phone.wait("CALL_ESTABLISHED");
        browser.hears_tone(PHONE_TONE);
        eventually("the phone hears the browser", SOON, || match phone.heard().and_then(|s| s.last(0.4)) {
            Some(sound) if sound.is_tone(MICROPHONE_TONE) => Ok(()),
            _ => Err("not yet".into()),
        });
        browser.click("Hang up");
        phone.wait("CALL_CLOSED");
        browser.has_no_button("Hang up");
        stop(capture, &file);
    }
}

/// Scenarios whose own captures are kept: what replays to the same decisions now is to do so later.
const KEPT: [(&str, &str, &str); 10] = [
    ("redirected-by-the-pbx", "redirected_by_the_pbx", include_str!("scenarios/redirected_by_the_pbx.call")),
    ("forwarded-by-302", "forward_by_302", include_str!("scenarios/forward_by_302.call")),
    ("reliable-progress", "reliable_progress", include_str!("scenarios/reliable_progress.call")),
    ("transfer-by-refer", "transfer_by_refer", include_str!("scenarios/single_step_transfer_by_refer.call")),
    ("transfer-with-replaces", "transfer_with_replaces", include_str!("scenarios/transfer_with_replaces.call")),
    ("do-not-disturb", "do_not_disturb", include_str!("scenarios/do_not_disturb.call")),
    ("parked", "park", include_str!("scenarios/park.call")),
    ("remote-office", "remote_office", include_str!("scenarios/remote_office.call")),
    ("forwarded-by-transfer", "forward_by_transfer", include_str!("scenarios/forward_by_transfer.call")),
    ("offers-refused", "offers_refused", include_str!("scenarios/offers_refused.call")),
];

#[test]
#[ignore = "writes pcap-samples/: make samples"]
fn scenarios_are_captured_when_asked_for() {
    for (file, name, text) in KEPT {
        play_and_keep(name, text, &sample(file).with_extension("pcapng"));
    }
}

/// Captures what the server sends and receives towards the PBX.
fn capture(site: &Site, file: &Path) -> Process {
    let filter = format!("host {} and udp and not port 7226", site.address(2));
    let mut command = Command::new("dumpcap");
    command.args(["-q", "-i", "lo", "-f", &filter, "-w"]).arg(file);
    let mut process = Process::start("dumpcap", &mut command, site.dir().join("dumpcap.log"));
    process.wait_log("File: ", SOON);
    process
}

/// Ends the capture when the file shows the call's end: BYE and its response.
fn stop(mut capture: Process, file: &Path) {
    eventually("the capture shows the end of the call", SOON, || {
        let bytes = std::fs::read(file).map_err(|e| e.to_string())?;
        let messages = bytes.windows(5).filter(|part| part == b" BYE\r").count();
        if messages >= 2 { Ok(()) } else { Err(format!("{messages} messages of the BYE")) }
    });
    capture.signal("INT");
    assert!(capture.wait_exit(SOON).success());
}

#[test]
fn the_outgoing_sample_shows_a_call_with_tones_both_ways() {
    let packets = read(&sample("outgoing-call.pcapng"));
    shows(
        &packets,
        &[
            "> INVITE sip:200@",
            "< SIP/2.0 407",
            "> ACK",
            "> INVITE sip:200@",
            "< SIP/2.0 180",
            "< SIP/2.0 200",
            "> ACK",
            "> BYE",
            "< SIP/2.0 200",
        ],
    );
    hear(&packets);
}

#[test]
fn the_incoming_sample_shows_a_call_with_tones_both_ways() {
    let packets = read(&sample("incoming-call.pcapng"));
    shows(&packets, &["< INVITE sip:100@", "> SIP/2.0 180", "> SIP/2.0 200", "< ACK", "> BYE", "< SIP/2.0 200"]);
    hear(&packets);
}

/// A datagram between the server and the PBX's side.
struct Packet {
    to_server: bool,
    sip: bool,
    payload: Vec<u8>,
}

fn read(path: &Path) -> Vec<Packet> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut reader = PcapNgReader::new(file).expect("the file is a capture");
    let mut packets = Vec::new();
    while let Some(block) = reader.next_block() {
        if let Block::EnhancedPacket(block) = block.expect("the block can be read") {
            packets.extend(packet(&block.data));
        }
    }
    packets
}

fn packet(frame: &[u8]) -> Option<Packet> {
    let sliced = SlicedPacket::from_ethernet(frame).expect("the frame can be read");
    let Some(NetSlice::Ipv4(ip)) = &sliced.net else { return None };
    let Some(TransportSlice::Udp(udp)) = &sliced.transport else { return None };
    // The server has host number 2 in every test's block of addresses.
    let is_server = |address: IpAddr| matches!(address, IpAddr::V4(v4) if v4.octets()[3] == 2);
    Some(Packet {
        to_server: is_server(ip.header().destination_addr().into()),
        sip: udp.source_port() == 5060 && udp.destination_port() == 5060,
        payload: udp.payload().to_vec(),
    })
}

/// Finds the messages in this order, others between them.
#[track_caller]
fn shows(packets: &[Packet], expected: &[&str]) {
    let seen: Vec<String> = packets.iter().filter(|p| p.sip).map(first_line).collect();
    let mut rest = seen.iter();
    for message in expected {
        assert!(rest.any(|line| line.starts_with(message)), "{message:?} is missing in its place of {seen:#?}");
    }
}

fn first_line(packet: &Packet) -> String {
    let text = String::from_utf8_lossy(&packet.payload);
    format!("{} {}", if packet.to_server { "<" } else { ">" }, text.lines().next().unwrap_or_default())
}

/// Decodes the A-law audio of both directions and finds the tones in it.
#[track_caller]
fn hear(packets: &[Packet]) {
    for (to_server, tone) in [(true, PHONE_TONE), (false, MICROPHONE_TONE)] {
        let mut decoder = Decoder::new(Codec::Pcma, 8000).expect("A-law gives 8 kHz");
        let mut samples = Vec::new();
        // Fixed RTP header of 12 octets, payload type 8.
        let audio = packets.iter().filter(|p| !p.sip && p.to_server == to_server && p.payload.len() == 172);
        for packet in audio.filter(|p| p.payload[0] == 0x80 && p.payload[1] & 0x7f == 8) {
            decoder.decode(&packet.payload[12..], &mut samples).expect("A-law can be decoded");
        }
        let last = Sound { rate: 8000, samples }.last(0.4).expect("there is that much audio");
        assert!(last.is_tone(tone), "{last}");
    }
}
