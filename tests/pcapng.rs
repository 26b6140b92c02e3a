//! Capture files as somebody else reads them: `tshark`, without any setting.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use offhook::capture::file::{AudioPacket, Carrier, ClientPacket, Direction, SipPacket, Writer};
use offhook::capture::trace::TraceTransport;

const AT: Duration = Duration::new(1_763_760_000, 123_456_789);

/// A file that goes with the test.
struct Capture(PathBuf);

impl Capture {
    fn new(name: &str, mut writer: Writer) -> Capture {
        writer.finish();
        let path = std::env::temp_dir().join(format!("offhook-{}-{name}.pcapng", std::process::id()));
        std::fs::write(&path, writer.take()).unwrap();
        Capture(path)
    }

    /// What `tshark` prints, a line a packet.
    #[track_caller]
    fn tshark(&self, arguments: &[&str]) -> Vec<String> {
        let output = Command::new("tshark").arg("-r").arg(&self.0).args(arguments).output();
        let output = output.expect("tshark is installed (scripts/install-test-tools)");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn fields(&self, fields: &[&str]) -> Vec<String> {
        let names: Vec<&str> = fields.iter().flat_map(|field| ["-e", *field]).collect();
        self.tshark(&[&["-T", "fields"], names.as_slice()].concat())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn options(call_id: u32, body: usize) -> String {
    let body = "x".repeat(body);
    format!(
        "OPTIONS sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{call_id}\r\n\
         From: <sip:100@pbx.example>;tag=1\r\nTo: <sip:pbx.example>\r\nCall-ID: {call_id}@192.0.2.1\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn every_message_is_sip_whatever_carried_it_and_nothing_is_malformed() {
    use TraceTransport::{Tcp, Tls, Udp};
    let addresses = [
        (Udp, "192.0.2.1:5060", "192.0.2.2:5060"),
        (Udp, "192.0.2.1:5060", "192.0.2.2:53"),
        (Udp, "192.0.2.1:5070", "192.0.2.2:5080"),
        (Udp, "[2001:db8::1]:5060", "[2001:db8::2]:5060"),
        (Tcp, "192.0.2.1:41000", "192.0.2.2:5060"),
        (Tcp, "192.0.2.2:5060", "192.0.2.1:41000"),
        (Tcp, "192.0.2.1:41000", "192.0.2.2:5060"),
        (Tcp, "192.0.2.1:41001", "192.0.2.2:8080"),
        (Tcp, "[2001:db8::1]:41000", "[2001:db8::2]:5060"),
        (Tls, "192.0.2.1:41002", "192.0.2.2:5061"),
        (Tls, "[2001:db8::1]:41002", "[2001:db8::2]:5061"),
    ];
    let mut writer = Writer::new("test", "what a test says");
    writer.name("192.0.2.2".parse().unwrap(), "pbx.example");
    for (index, (transport, source, destination)) in addresses.iter().enumerate() {
        let addresses: (SocketAddr, SocketAddr) = (source.parse().unwrap(), destination.parse().unwrap());
        let bytes = options(index as u32, index * 700);
        let bytes = bytes.as_bytes();
        let direction = Some(Direction::Out);
        let packet = SipPacket { transport: *transport, addresses: Some(addresses), direction, bytes };
        writer.sip(AT + Duration::from_millis(index as u64), &packet, &format!("call={index}"));
    }
    let nowhere = options(99, 0);
    let packet = SipPacket { transport: Udp, addresses: None, direction: None, bytes: nowhere.as_bytes() };
    writer.sip(AT, &packet, "call=99");
    let capture = Capture::new("transports", writer);

    assert_eq!(capture.tshark(&["-Y", "_ws.malformed || _ws.expert.severity >= 6291456"]), [""; 0]);
    let calls: Vec<String> = (0..addresses.len()).map(|call| call.to_string()).collect();
    let expected: Vec<String> = calls.iter().map(|call| format!("{call}@192.0.2.1\tcall={call}")).collect();
    let shown = capture.fields(&["sip.Call-ID", "frame.comment"]);
    assert_eq!(shown[..addresses.len()], expected);
    assert_eq!(shown[addresses.len()..], ["99@192.0.2.1\tcall=99"]);
    let shown = capture.fields(&["ip.dst", "udp.dstport", "tcp.dstport", "frame.interface_name"]);
    assert_eq!(shown[0], "192.0.2.2\t5060\t\tudp");
    assert_eq!(shown[4], "192.0.2.2\t\t5060\ttcp");
    assert_eq!(shown[9], "192.0.2.2\t\t\ttls");
    let columns = ["-o", "gui.column.format:\"s\",\"%us\",\"d\",\"%ud\",\"p\",\"%uD\",\"i\",\"%p\""];
    let shown = capture.tshark(&columns);
    let columns: Vec<&str> = shown[9].split_whitespace().filter(|word| word.is_ascii()).collect();
    assert_eq!(columns, ["192.0.2.1", "192.0.2.2", "5061", "SIP"], "TLS");
    assert!(capture.tshark(&["-N", "n"])[0].contains("pbx.example"));
    let times = capture.fields(&["frame.time_epoch"]);
    assert_eq!(times[0], "1763760000.123456789");
}

#[test]
fn a_message_of_many_segments_is_put_together() {
    let mut writer = Writer::new("test", "");
    let long = options(1, 66_000);
    for (source, destination) in [("192.0.2.1:41000", "192.0.2.2:5060"), ("192.0.2.2:5060", "192.0.2.1:41000")] {
        let addresses = Some((source.parse().unwrap(), destination.parse().unwrap()));
        let packet = SipPacket { transport: TraceTransport::Tcp, addresses, direction: None, bytes: long.as_bytes() };
        writer.sip(AT, &packet, "long");
        writer.sip(AT, &packet, "again");
    }
    let capture = Capture::new("segments", writer);
    assert_eq!(capture.tshark(&["-Y", "_ws.malformed || tcp.analysis.flags"]), [""; 0]);
    assert_eq!(capture.tshark(&["-Y", "sip.Method == OPTIONS"]).len(), 4);
}

#[test]
fn messages_of_clients_are_json() {
    let mut writer = Writer::new("test", "");
    let addresses = Some(("192.0.2.9:40000".parse().unwrap(), "192.0.2.1:7225".parse().unwrap()));
    for addresses in [None, addresses] {
        let text = r#"{"id":2,"type":"make_call","number":"200"}"#;
        writer.client(AT, &ClientPacket { addresses, direction: Direction::In, text }, "client=5");
    }
    let capture = Capture::new("clients", writer);
    assert_eq!(capture.tshark(&["-Y", "_ws.malformed"]), [""; 0]);
    let shown = capture.fields(&["json.value.string", "frame.interface_name"]);
    assert_eq!(shown, ["make_call,200\tclient"; 2]);
}

/// A conversation both ways: RTP of 20 ms, and RTCP.
fn talk(writer: &mut Writer, packet: &AudioPacket, rtcp: (SocketAddr, SocketAddr), headers: bool) {
    for number in 0..40_u16 {
        let direction = if number % 2 == 0 { Direction::In } else { Direction::Out };
        let at = AT + Duration::from_millis(10 * u64::from(number));
        let (sequence, ssrc) = (number / 2, u32::from(number % 2) + 0xabc0);
        let payload_type: u8 = packet.formats.split([' ', '\r']).next().unwrap().parse().unwrap();
        let mut bytes = vec![0x80, payload_type];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend((u32::from(sequence) * 160).to_be_bytes());
        bytes.extend(ssrc.to_be_bytes());
        bytes.resize(172, 0xd5);
        let length = bytes.len();
        bytes.truncate(if headers { 12 } else { length });
        let packet = AudioPacket { direction, bytes: bytes.into(), length, ..packet.clone() };
        writer.audio(at, &packet, "call=1 line=100 group=main");
    }
    let mut report = vec![0x80, 201, 0, 1];
    report.extend(0xabc0_u32.to_be_bytes());
    let (local, remote) = rtcp;
    let length = report.len();
    let report = AudioPacket { local, remote, is_rtcp: true, bytes: report.into(), length, ..packet.clone() };
    writer.audio(AT + Duration::from_millis(401), &report, "call=1 line=100 group=main");
}

/// What `tshark` finds of streams: from where to where, the codec, packets, lost ones.
fn streams(capture: &Capture) -> Vec<String> {
    let lines = capture.tshark(&["-q", "-z", "rtp,streams"]);
    let streams = lines.iter().filter(|line| line.contains("0x0000ABC"));
    let mut streams: Vec<String> = streams
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            format!("{}:{} {}:{} {} {} {}", words[2], words[3], words[4], words[5], words[7], words[8], words[9])
        })
        .collect();
    streams.sort();
    streams
}

#[test]
fn audio_is_rtp_and_rtcp_whatever_was_said_of_it_before() {
    const PCMU: &str = "0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n";
    const SHARED: &str = "111\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-mux\r\n";
    let srtp = options(1, 0).replace("Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n", "");
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/SAVP 0\r\n\
               a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n";
    let srtp = format!("{srtp}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len());
    for (name, carrier, formats, local, remote, rtcp, codec, before) in [
        ("plain", Carrier::Plain, PCMU, "192.0.2.1:4000", "192.0.2.2:5000", 1, "g711U", None),
        ("six", Carrier::Plain, PCMU, "[2001:db8::1]:4000", "[2001:db8::2]:5000", 1, "g711U", None),
        ("srtp", Carrier::Srtp, PCMU, "192.0.2.1:4000", "192.0.2.2:5000", 1, "g711U", Some(&srtp)),
        ("browser", Carrier::Browser, SHARED, "192.0.2.1:7226", "192.0.2.3:6000", 0, "opus", None),
    ] {
        for headers in [true, false] {
            let (local, remote): (SocketAddr, SocketAddr) = (local.parse().unwrap(), remote.parse().unwrap());
            let beside = |address: SocketAddr| SocketAddr::new(address.ip(), address.port() + rtcp);
            let direction = Direction::In;
            let (formats, bytes) = (formats.into(), Box::default());
            let packet = AudioPacket { local, remote, direction, is_rtcp: false, carrier, formats, bytes, length: 0 };
            let mut writer = Writer::new("test", "");
            for _ in 0..2 {
                if let Some(before) = before {
                    let addresses = Some(("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap()));
                    let (transport, bytes) = (TraceTransport::Udp, before.as_bytes());
                    writer.sip(AT, &SipPacket { transport, addresses, direction: None, bytes }, "");
                }
                writer.audio(
                    AT,
                    &AudioPacket {
                        is_rtcp: true,
                        bytes: [0x80, 201, 0, 1, 0, 0, 0, 1].into(),
                        length: 8,
                        local: beside(local),
                        remote: beside(remote),
                        ..packet.clone()
                    },
                    "",
                );
            }
            talk(&mut writer, &packet, (beside(local), beside(remote)), headers);
            let capture = Capture::new(&format!("audio-{name}-{headers}"), writer);
            let (a, b) = (format!("{}:{}", local.ip(), local.port()), format!("{}:{}", remote.ip(), remote.port()));
            let mut expected = [format!("{a} {b} {codec} 20 0"), format!("{b} {a} {codec} 20 0")];
            expected.sort();
            assert_eq!(streams(&capture), expected, "{name}");
            let fields =
                ["rtp.ssrc", "rtcp.pt", "frame.len", "frame.cap_len", "frame.comment", "rtp.payload", "_ws.malformed"];
            let shown = capture.fields(&fields);
            let shown: Vec<Vec<&str>> = shown.iter().map(|line| line.split('\t').collect()).collect();
            let rtp: Vec<_> = shown.iter().filter(|packet| !packet[0].is_empty()).collect();
            assert_eq!((rtp.len(), shown.iter().filter(|packet| packet[1] == "201").count()), (40, 3), "{name}");
            assert!(rtp.iter().all(|packet| (packet[2] != packet[3]) == headers), "{name}: {rtp:?}");
            let told = |packet: &&&Vec<&str>| packet[4].contains("encrypted on its way (SRTP)");
            assert_eq!(rtp.iter().filter(told).count(), if carrier == Carrier::Plain { 0 } else { 40 }, "{name}");
            if codec == "opus" && !headers {
                // What stands for the audio is no Opus.
                continue;
            }
            assert!(shown.iter().all(|packet| packet[6].is_empty()), "{name}: {shown:?}");
            assert!(rtp.iter().all(|packet| packet[5].contains("d5d5") != headers), "{name}: {rtp:?}");
        }
    }
}
