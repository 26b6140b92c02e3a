//! Files made here octet by octet; those of capture tools are in `tests/system/captures.rs`.

use etherparse::PacketBuilder;
use proptest::prelude::*;

use super::{Capture, ReadError, calls, read};

const ALICE: ([u8; 4], u16) = ([192, 0, 2, 1], 5060);
const BOB: ([u8; 4], u16) = ([192, 0, 2, 2], 5070);

fn message(number: usize, body: usize) -> Vec<u8> {
    let head = format!(
        "MESSAGE sip:bob@192.0.2.2 SIP/2.0\r\nCall-ID: {number}\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n\
         CSeq: {number} MESSAGE\r\nContent-Length: {body}\r\n\r\n"
    );
    // As descriptions do, it ends with a line.
    let mut body = vec![b'x'; body];
    if let Some(end) = body.last_chunk_mut() {
        *end = *b"\r\n";
    }
    [head.as_bytes(), &body].concat()
}

/// A pcap file of Ethernet frames, a millisecond apart.
fn pcap(link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = [0xA1B2_C3D4_u32.to_le_bytes(), [2, 0, 4, 0], [0; 4], [0; 4], [255, 255, 0, 0]].concat();
    file.extend(link.to_le_bytes());
    for (place, frame) in frames.iter().enumerate() {
        let length = frame.len() as u32;
        for field in [1_700_000_000, place as u32 * 1000, length, length] {
            file.extend(field.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

fn udp(payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(ALICE.0, BOB.0, 64).udp(ALICE.1, BOB.1);
    builder.write(&mut frame, payload).unwrap();
    frame
}

fn tcp(sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(ALICE.0, BOB.0, 64).tcp(ALICE.1, BOB.1, sequence, 9);
    builder.write(&mut frame, payload).unwrap();
    frame
}

/// Cuts the IP packet of an Ethernet frame into fragments.
fn fragments(frame: &[u8], size: usize) -> Vec<Vec<u8>> {
    let (head, payload) = (&frame[..34], &frame[34..]);
    let count = payload.len().div_ceil(size);
    let pieces = payload.chunks(size).enumerate().map(|(place, piece)| {
        let mut fragment = head.to_vec();
        fragment[16..18].copy_from_slice(&(20 + piece.len() as u16).to_be_bytes());
        fragment[18..20].copy_from_slice(&7_u16.to_be_bytes());
        let more = if place + 1 < count { 0x2000 } else { 0 };
        fragment[20..22].copy_from_slice(&(more | (place * size / 8) as u16).to_be_bytes());
        [fragment, piece.to_vec()].concat()
    });
    pieces.collect()
}

fn numbers(capture: &Capture) -> Vec<String> {
    let texts = capture.messages.iter().map(|message| String::from_utf8_lossy(&message.bytes).into_owned());
    let numbers =
        texts.filter_map(|text| text.lines().find_map(|line| line.strip_prefix("Call-ID: ").map(str::to_owned)));
    numbers.collect()
}

#[test]
fn a_datagram_is_found_on_any_port_with_its_addresses_and_time() {
    let capture = read(&pcap(1, &[udp(&message(5, 0))])[..]).unwrap();
    let found = &capture.messages[0];
    assert_eq!(
        (found.source.to_string(), found.destination.to_string()),
        ("192.0.2.1:5060".into(), "192.0.2.2:5070".into())
    );
    assert_eq!((found.at, &found.bytes[..]), (1_700_000_000_000_000_000, &message(5, 0)[..]));
    assert_eq!(capture.broken, None);
}

#[test]
fn fragments_in_any_order_make_one_message() {
    let mut frames = fragments(&udp(&message(1, 4000)), 1480);
    frames.reverse();
    let capture = read(&pcap(1, &frames)[..]).unwrap();
    assert_eq!(capture.messages[0].bytes, message(1, 4000));
    assert_eq!(capture.counts.incomplete, 0);
    frames.pop();
    let capture = read(&pcap(1, &frames)[..]).unwrap();
    assert_eq!((capture.messages.len(), capture.counts.incomplete), (0, 1));
}

#[test]
fn vlan_tags_are_looked_behind() {
    let plain = udp(&message(1, 0));
    let tags = [0x88, 0xA8, 0, 5, 0x81, 0, 0, 6];
    let tagged = [&plain[..12], &tags, &plain[12..]].concat();
    assert_eq!(numbers(&read(&pcap(1, &[tagged])[..]).unwrap()), ["1"]);
}

#[test]
fn all_link_types_lead_to_the_packet() {
    let ip = udp(&message(1, 0))[14..].to_vec();
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 8, 0][..], &ip].concat();
    let cooked_2 = [&[8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &ip].concat();
    let loopback = [&[2, 0, 0, 0][..], &ip].concat();
    for (link, frame) in [
        (101, ip.clone()),
        (12, ip.clone()),
        (228, ip.clone()),
        (113, cooked),
        (276, cooked_2),
        (0, loopback.clone()),
        (108, loopback),
    ] {
        assert_eq!(numbers(&read(&pcap(link, &[frame])[..]).unwrap()), ["1"], "link type {link}");
    }
}

#[test]
fn a_message_that_was_handed_over_without_packets_is_read() {
    let tags = [
        (12, &b"sip"[..]),
        (20, &[192, 0, 2, 1]),
        (21, &[192, 0, 2, 2]),
        (24, &[0, 0, 0, 2]),
        (25, &[0, 0, 0x13, 0xC5]),
        (26, &[0, 0, 0x13, 0xC5]),
        (0, &[]),
    ];
    let mut frame: Vec<u8> = Vec::new();
    for (tag, value) in tags {
        let padded = value.len().next_multiple_of(4);
        frame.extend([0, tag, 0, padded as u8]);
        frame.extend(value);
        frame.resize(frame.len() + padded - value.len(), 0);
    }
    frame.extend(message(1, 3));
    let capture = read(&pcap(252, &[frame])[..]).unwrap();
    assert_eq!(
        (numbers(&capture), capture.messages[0].source.to_string()),
        (vec!["1".into()], "192.0.2.1:5061".into())
    );
    assert_eq!(capture.messages[0].transport, super::TraceTransport::Tls);
}

#[test]
fn a_stream_is_read_on_behind_what_is_missing() {
    let stream = [message(1, 100), message(2, 100), message(3, 100)].concat();
    let (first, rest) = stream.split_at(150);
    let (lost, last) = rest.split_at(message(1, 100).len() - 100);
    let frames = [tcp(1000, first), tcp(1000 + (150 + lost.len()) as u32, last)];
    let capture = read(&pcap(1, &frames)[..]).unwrap();
    assert_eq!((numbers(&capture), capture.counts.gaps), (vec!["3".into()], 1));
}

#[test]
fn what_is_captured_twice_counts_once() {
    let capture = read(&pcap(1, &[udp(&message(1, 0)), udp(&message(1, 0)), udp(&message(2, 0))])[..]).unwrap();
    assert_eq!((numbers(&capture), capture.counts.duplicates), (vec!["1".into(), "2".into()], 1));
}

#[test]
fn what_is_no_capture_is_refused_with_the_reason() {
    assert!(matches!(read(&b""[..]), Err(ReadError::Empty)));
    assert!(matches!(read(&b"hello, world"[..]), Err(ReadError::NoCapture)));
    assert!(matches!(read(&[0x1F, 0x8B, 8, 0, 0][..]), Err(ReadError::Compressed)));
}

proptest! {
    /// However the octets of a connection were cut, repeated and put out of order, its messages come out, in order.
    #[test]
    fn a_stream_is_put_together(sizes in prop::collection::vec(0..600_usize, 1..6),
                                cuts in prop::collection::vec(1..400_usize, 1..40),
                                swaps in prop::collection::vec(any::<(prop::sample::Index, bool)>(), 0..10),
                                start in any::<u32>()) {
        let messages: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(number, &size)| message(number, size)).collect();
        let (stream, mut frames, mut place) = (messages.concat(), Vec::new(), 0);
        for cut in cuts.iter().cycle() {
            let end = (place + cut).min(stream.len());
            frames.push((start.wrapping_add(place as u32), stream[place..end].to_vec()));
            place = end;
            if place == stream.len() {
                break;
            }
        }
        for (at, again) in swaps {
            // The first stays: where a connection begins is known by it.
            let at = at.index(frames.len());
            if again {
                frames.push(frames[at].clone());
            } else if at + 1 < frames.len() && at > 0 {
                frames.swap(at, at + 1);
            }
        }
        let frames: Vec<Vec<u8>> = frames.iter().map(|(sequence, payload)| tcp(*sequence, payload)).collect();
        let capture = read(&pcap(1, &frames)[..]).unwrap();
        let expected: Vec<String> = (0..sizes.len()).map(|number| number.to_string()).collect();
        prop_assert_eq!(numbers(&capture), expected);
        prop_assert_eq!(capture.counts.gaps, 0);
    }

    /// A file that ends anywhere is read up to there.
    #[test]
    fn a_cut_file_is_read_up_to_there(cut in any::<prop::sample::Index>()) {
        let frames: Vec<Vec<u8>> = (0..8).map(|number| udp(&message(number, 10))).collect();
        let file = pcap(1, &frames);
        let cut = 24 + cut.index(file.len() - 24);
        let capture = read(&file[..cut]).unwrap();
        let length = 16 + frames[0].len();
        prop_assert_eq!(capture.messages.len(), (cut - 24) / length);
        prop_assert_eq!(capture.broken.is_some(), (cut - 24) % length != 0);
    }

    /// Whatever stands in a file, reading it ends, and what is found can be looked at.
    #[test]
    fn octets_that_are_no_capture_do_no_harm(head in prop::sample::select(vec![&[0xD4, 0xC3, 0xB2, 0xA1][..], &[0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A]]),
                                             octets in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(capture) = read(&[head, &octets].concat()[..]) {
            calls(&capture);
        }
    }

    /// The same for a good file with some octets changed.
    #[test]
    fn changed_octets_do_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), sample in 0..2_usize) {
        let samples = [&include_bytes!("../../../pcap-samples/outgoing-call.pcapng")[..], &include_bytes!("../../../pcap-samples/incoming-call.pcapng")[..]];
        let mut file = samples[sample][..30_000.min(samples[sample].len())].to_vec();
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] = octet;
        }
        if let Ok(capture) = read(&file[..]) {
            calls(&capture);
        }
    }
}

#[test]
fn audio_in_our_own_captures_is_passed_over() {
    use crate::capture::file::{AudioPacket, Carrier, Direction, SipPacket, Writer};
    let addresses = ("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap());
    let at = std::time::Duration::from_secs(1_700_000_000);
    let mut writer = Writer::new("test", "");
    for number in 1..=3 {
        let bytes = message(number, 3);
        let transport = super::TraceTransport::Udp;
        writer.sip(at, &SipPacket { transport, addresses: Some(addresses), direction: None, bytes: &bytes }, "");
        for (carrier, is_rtcp) in [(Carrier::Plain, false), (Carrier::Browser, false), (Carrier::Srtp, true)] {
            let packet = AudioPacket {
                local: addresses.0,
                remote: addresses.1,
                direction: Direction::In,
                is_rtcp,
                carrier,
                formats: "0\r\n".into(),
                bytes: vec![0x80; 12].into(),
                length: 172,
            };
            writer.audio(at, &packet, "call=1");
        }
    }
    writer.finish();
    let capture = read(&writer.take()[..]).unwrap();
    assert_eq!((numbers(&capture), capture.handed.len()), (vec!["1".into(), "2".into(), "3".into()], 0));
    assert_eq!(capture.broken, None);
}
