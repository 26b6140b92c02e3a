//! Files as they are read back; `tests/pcapng.rs` has them read by somebody else.

use std::net::SocketAddr;
use std::time::Duration;

use etherparse::{SlicedPacket, TransportSlice};
use pcap_file::DataLink;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::{Block, PcapNgReader};
use proptest::prelude::*;

use bytes::Bytes;

use super::*;
use crate::capture::record::{ClientRecord, Place, Record, SipRecord, What};
use crate::capture::recorder::Extract;
use crate::capture::trace::{FailureKind, Trace};
use crate::ids::{CallId, ClientId, LineGroupId, LineId, UserId};

const AT: Duration = Duration::new(1_763_760_000, 123_456_789);
const OPTIONS: &[u8] = b"OPTIONS sip:pbx SIP/2.0\r\nContent-Length: 0\r\n\r\n";

fn packets(octets: &[u8]) -> Vec<(DataLink, EnhancedPacketBlock<'static>)> {
    let mut reader = PcapNgReader::new(octets).unwrap();
    let mut packets = Vec::new();
    let mut links = Vec::new();
    while let Some(block) = reader.next_block() {
        match block.unwrap() {
            Block::InterfaceDescription(interface) => links.push(interface.linktype),
            Block::EnhancedPacket(packet) => packets.push((links[packet.interface_id as usize], packet.into_owned())),
            _ => {}
        }
    }
    packets
}

fn comments(packet: &EnhancedPacketBlock<'_>) -> String {
    let comment = |option: &EnhancedPacketOption<'_>| match option {
        EnhancedPacketOption::Comment(comment) => Some(comment.to_string()),
        _ => None,
    };
    packet.options.iter().filter_map(comment).collect::<Vec<_>>().join("|")
}

fn sip<'a>(transport: TraceTransport, from: &str, to: &str, bytes: &'a [u8]) -> SipPacket<'a> {
    let addresses = Some((from.parse().unwrap(), to.parse().unwrap()));
    SipPacket { transport, addresses, direction: Some(Direction::Out), bytes }
}

#[test]
fn a_datagram_has_its_addresses_its_time_and_its_comment() {
    for (from, to) in [("192.0.2.1:5060", "192.0.2.2:40000"), ("[2001:db8::1]:5060", "[2001:db8::2]:5060")] {
        let mut writer = Writer::new("test", "nothing");
        writer.sip(AT, &sip(TraceTransport::Udp, from, to, OPTIONS), "call=1");
        let packets = packets(&writer.take());
        let [(DataLink::RAW, packet)] = packets.as_slice() else { panic!("{packets:?}") };
        assert_eq!((packet.timestamp, comments(packet).as_str()), (AT, "call=1"));
        let sliced = SlicedPacket::from_ip(&packet.data).unwrap();
        let Some(TransportSlice::Udp(udp)) = sliced.transport else { panic!("no UDP") };
        assert_eq!(udp.payload(), OPTIONS);
        assert_eq!(udp.source_port(), from.parse::<SocketAddr>().unwrap().port());
    }
}

#[test]
fn the_segments_of_a_connection_follow_each_other() {
    let mut writer = Writer::new("test", "");
    let long = vec![b'x'; 70_000];
    let (ours, theirs) = ("192.0.2.1:43210", "192.0.2.2:5060");
    for (from, to, bytes) in
        [(ours, theirs, OPTIONS), (theirs, ours, &long), (theirs, ours, OPTIONS), (ours, theirs, OPTIONS)]
    {
        writer.sip(AT, &sip(TraceTransport::Tcp, from, to, bytes), "");
    }
    let (mut next, mut seen) = ([1_u32; 2], [0; 2]);
    for (_, packet) in packets(&writer.take()) {
        let sliced = SlicedPacket::from_ip(&packet.data).unwrap();
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("no TCP") };
        let side = usize::from(tcp.source_port() == 5060);
        assert_eq!((tcp.sequence_number(), tcp.acknowledgment_number()), (next[side], next[1 - side]));
        next[side] += tcp.payload().len() as u32;
        seen[side] += tcp.payload().len();
    }
    assert_eq!(seen, [OPTIONS.len() * 2, OPTIONS.len() + 70_000]);
}

#[test]
fn what_wireshark_would_not_take_for_sip_says_that_it_is() {
    for (transport, to) in [
        (TraceTransport::Tls, "192.0.2.2:5060"),
        (TraceTransport::Udp, "192.0.2.2:5004"),
        (TraceTransport::Tcp, "192.0.2.2:1720"),
    ] {
        let mut writer = Writer::new("test", "");
        writer.sip(AT, &sip(transport, "192.0.2.1:5060", to, OPTIONS), "");
        let packets = packets(&writer.take());
        let [(DataLink::WIRESHARK_UPPER_PDU, packet)] = packets.as_slice() else { panic!("{packets:?}") };
        assert!(packet.data.starts_with(&[0, 12, 0, 4, b's', b'i', b'p', 0]));
        assert!(packet.data.ends_with(OPTIONS));
    }
}

#[test]
fn losses_are_said_at_the_next_packet_and_at_the_end() {
    let mut writer = Writer::new("test", "");
    let packet = sip(TraceTransport::Udp, "192.0.2.1:5060", "192.0.2.2:5060", OPTIONS);
    writer.sip(AT, &packet, "");
    writer.lose(Lost { messages: 3, packets: 0 });
    writer.lose(Lost { messages: 3, packets: 1 });
    writer.sip(AT, &packet, "");
    writer.finish();
    let octets = writer.take();
    let packets = packets(&octets);
    assert!(!packets[0].1.options.iter().any(|option| matches!(option, EnhancedPacketOption::DropCount(_))));
    assert!(packets[1].1.options.contains(&EnhancedPacketOption::DropCount(7)));
    let mut reader = PcapNgReader::new(octets.as_slice()).unwrap();
    let mut said = 0;
    while let Some(block) = reader.next_block() {
        if let Block::InterfaceStatistics(statistics) = block.unwrap() {
            assert_eq!(statistics.timestamp.rotate_left(32), AT.as_nanos() as u64);
            said += format!("{:?}", statistics.options).matches("6 messages and 1 packets of audio were lost").count();
        }
    }
    assert_eq!(said, 1);
}

#[test]
fn a_message_says_what_it_caused_and_no_other() {
    let mut writer = Writer::new("test", "");
    let mut composer = Composer::default();
    let message = |at, direction, call| Message {
        at,
        call,
        direction: Some(direction),
        addresses: None,
        content: Content::Sip(TraceTransport::Udp, OPTIONS.to_vec()),
        comment: "m".into(),
    };
    let (one, two) = (Some(CallId(1)), Some(CallId(2)));
    let ms = |ms| AT + Duration::from_millis(ms);
    composer.message(message(ms(0), Direction::In, one), &mut writer);
    composer.message(message(ms(0), Direction::Out, one), &mut writer);
    composer.note(ms(1), one, "o", "caused", &mut writer);
    composer.note(ms(1), two, "t", "of another call", &mut writer);
    composer.note(ms(2), two, "t", "with it", &mut writer);
    composer.note(ms(2000), one, "o", "much later", &mut writer);
    composer.message(message(ms(2001), Direction::Out, one), &mut writer);
    composer.message(message(ms(2002), Direction::In, two), &mut writer);
    composer.note(ms(2020), one, "o", "the last", &mut writer);
    composer.flush(&mut writer);
    assert!(composer.is_empty());
    let said: Vec<String> = packets(&writer.take()).iter().map(|(_, packet)| comments(packet)).collect();
    assert_eq!(said, ["m\ncaused", "m", "t\nof another call\nwith it", "o\nmuch later", "m", "m", "o\nthe last"]);
}

#[test]
fn audio_overtakes_no_message_and_leaves_it_what_it_caused() {
    let mut writer = Writer::new("test", "");
    let mut composer = Composer::default();
    let ms = |ms| AT + Duration::from_millis(ms);
    let message = |at, content, comment: &str| Message {
        at,
        call: Some(CallId(1)),
        direction: Some(Direction::In),
        addresses: None,
        content,
        comment: comment.into(),
    };
    let audio = || {
        let packet = AudioPacket {
            local: "192.0.2.1:5060".parse().unwrap(),
            remote: "192.0.2.2:5060".parse().unwrap(),
            direction: Direction::In,
            is_rtcp: false,
            carrier: Carrier::Plain,
            formats: "0\r\n".into(),
            bytes: vec![0x80; 12].into(),
            length: 172,
        };
        Content::Audio(Box::new(packet))
    };
    composer.audio(message(ms(0), audio(), "first"), &mut writer);
    assert!(composer.is_empty(), "nothing is waited for");
    composer.message(message(ms(1), Content::Sip(TraceTransport::Udp, OPTIONS.to_vec()), "m"), &mut writer);
    composer.audio(message(ms(2), audio(), "second"), &mut writer);
    composer.note(ms(3), Some(CallId(1)), "m", "caused", &mut writer);
    composer.audio(message(ms(20), audio(), "third"), &mut writer);
    assert!(composer.is_empty());
    let packets = packets(&writer.take());
    let said: Vec<String> = packets.iter().map(|(_, packet)| comments(packet)).collect();
    // Before the first, what it is is said of both ends.
    assert_eq!(said[2..], ["first", "m\ncaused", "second", "third"]);
    let (_, cut) = &packets[2];
    assert_eq!((cut.data.len(), cut.original_len), (40, 200));
}

#[test]
fn a_call_is_exported_with_what_its_messages_caused() {
    let group = Some(LineGroupId(0));
    let record = |micros: u64, what| {
        let at = Duration::from_micros(1_763_760_000_000_500 + micros);
        Record { at, group, line: Some(LineId(0)), call: Some(CallId(7)), what }
    };
    let sip = |sent, remote: &str, text: &str| {
        let remote = match remote.parse() {
            Ok(address) => Place::Address(address),
            Err(_) => Place::Name(remote.into(), 5060),
        };
        let (local, bytes) = (([192, 0, 2, 2], 5060).into(), Bytes::copy_from_slice(text.as_bytes()));
        What::Sip(SipRecord { sent, transport: TraceTransport::Udp, local, remote, bytes })
    };
    let text = Bytes::from_static(br#"{"number":"200"}"#);
    let client = ClientRecord { sent: false, client: ClientId(1), user: UserId(0), text };
    let failure = What::Failure { to: None, why: FailureKind::Ours, detail: "gone".into() };
    let extract = Extract::of_records(vec![
        record(0, What::Client(client)),
        record(10_000, sip(true, "192.0.2.1:5060", "INVITE sip:200@pbx SIP/2.0\r\n\r\n")),
        record(20_000, sip(false, "pbx.example", "SIP/2.0 404 Not Found\r\n\r\n")),
        record(20_100, failure),
    ]);
    let names = FileNames { groups: vec!["main".into()], lines: vec!["100".into()], users: vec!["alice".into()] };
    let trace = Trace { id: "7".into(), line: Some("100".into()), group: Some("main".into()), ..Trace::default() };
    let packets = packets(&export::pcapng(&extract, &trace, &names, "test", None));
    let said: Vec<String> = packets.iter().map(|(_, packet)| comments(packet)).collect();
    let belongs = "call=7 line=100 group=main";
    assert_eq!(said[..2], [format!("{belongs} client=1 user=alice"), belongs.to_owned()]);
    assert_eq!(said[2..], [format!("{belongs}\nnot sent: gone")]);
    assert_eq!(comment::call(&said[2]), Some("7"));
    assert_eq!(packets[1].1.timestamp.as_micros(), 1_763_760_000_010_500);
    let mut pseudonyms = crate::capture::pseudonyms::Pseudonyms::new([1; 32]);
    let shown = export::pcapng(&extract, &trace, &names, "test", Some(&mut pseudonyms));
    for personal in ["sip:200@", "\"200\"", "line=100", "alice"] {
        assert!(!shown.windows(personal.len()).any(|part| part == personal.as_bytes()), "{personal}");
    }
}

proptest! {
    #[test]
    fn any_message_can_be_read_back(
        messages in prop::collection::vec((any::<[u8; 16]>(), any::<u16>(), any::<bool>(), 0..3, any::<Vec<u8>>(), "\\PC*"), 0..20),
    ) {
        let mut writer = Writer::new("test", "");
        for (ip, port, v4, transport, bytes, comment) in &messages {
            let address = |last: u8| {
                let mut ip = *ip;
                ip[15] = last;
                match v4 {
                    true => SocketAddr::from(([ip[0], ip[1], ip[2], last], *port)),
                    false => SocketAddr::from((ip, *port)),
                }
            };
            let transport = [TraceTransport::Udp, TraceTransport::Tcp, TraceTransport::Tls][*transport as usize];
            let packet = SipPacket {
                transport,
                addresses: (*port != 0).then(|| (address(1), address(2))),
                direction: None,
                bytes,
            };
            writer.name(address(1).ip(), comment);
            writer.sip(AT, &packet, comment);
        }
        writer.finish();
        let found = packets(&writer.take());
        prop_assert!(found.len() <= messages.len());
    }
}
