//! Calls with a browser: another instance of the library, in full ICE and as DTLS client, and
//! what Chromium's offers look like.

use std::time::Duration;

use super::*;
use crate::dtmf::TelephoneEvent;
use crate::session::{Event, Side, Source};
use crate::testing::{FRAME, Heard, Whistle, World, assert_whistle, negotiated, server};

const ALL: [Codec; 3] = [Codec::Opus, Codec::Pcma, Codec::Pcmu];

/// The offer of Chromium 142 for `addTrack(audio)`, before any candidate; names and keys made up.
const CHROMIUM: &str = "v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS 0c7e1f5a-9c1a-4b6f-8f1e-0a8b6f3e2d11
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:EsAw
a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
a=ice-options:trickle
a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:0c7e1f5a-9c1a-4b6f-8f1e-0a8b6f3e2d11 5e4a1f0b-7a55-4f43-8e9b-7a0c7a6c1f22
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3735928559 cname:X4G9kq
a=ssrc:3735928559 msid:0c7e1f5a-9c1a-4b6f-8f1e-0a8b6f3e2d11 5e4a1f0b-7a55-4f43-8e9b-7a0c7a6c1f22
";

fn accept(offer: &str, codecs: &[Codec]) -> Result<(WebRtcLeg, String), WebRtcError> {
    let config = WebRtcConfig::new([1; 32])?;
    WebRtcLeg::accept(&config, &[server()], offer, codecs)
}

fn payloads(heard: &[Heard]) -> impl Iterator<Item = &[u8]> {
    heard.iter().map(|packet| packet.payload.as_slice())
}

#[test]
fn chromium_is_answered_with_our_order_and_nothing_else() {
    let (leg, answer) = accept(CHROMIUM, &[Codec::Pcma, Codec::Opus]).unwrap();
    let varying = |line: &str| {
        ["o=", "a=ice-", "a=fingerprint:", "a=ssrc:"]
            .iter()
            .any(|start| line.starts_with(start) && line != "a=ice-lite")
    };
    let fixed: Vec<_> = answer.lines().filter(|line| !varying(line)).collect();
    assert_eq!(
        fixed,
        [
            "v=0",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE 0",
            "a=ice-lite",
            "a=msid-semantic: WMS *",
            "m=audio 7000 UDP/TLS/RTP/SAVPF 8 111 126",
            "c=IN IP4 127.0.0.1",
            "a=mid:0",
            "a=rtcp-mux",
            "a=setup:passive",
            "a=sendrecv",
            "a=msid:offhook audio",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:111 opus/48000/2",
            "a=fmtp:111 minptime=10;useinbandfec=1",
            "a=rtpmap:126 telephone-event/8000",
            "a=ptime:20",
            "a=candidate:1 1 udp 2130706431 127.0.0.1 7000 typ host",
            "a=end-of-candidates",
        ]
    );
    assert!(answer.contains(&format!("a=ice-ufrag:{}\r\n", leg.local_ufrag())));
    assert_eq!(leg.codecs().collect::<Vec<_>>(), [Codec::Pcma, Codec::Opus]);
    assert_eq!(leg.event(Codec::Pcma), Some((126, 8_000)));
    assert_eq!(leg.event(Codec::Opus), Some((126, 8_000)));
}

#[test]
fn other_lines_of_a_browser_are_declined_in_place() {
    let offer = CHROMIUM.replace("BUNDLE 0", "BUNDLE v 0 d").replace(
        "m=audio",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\nc=IN IP4 0.0.0.0\na=mid:v\na=rtpmap:96 VP8/90000\nm=audio",
    ) + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:d\n";
    let (_, answer) = accept(&offer, &ALL).unwrap();
    let media: Vec<_> = answer.lines().filter(|line| line.starts_with("m=") || line.starts_with("a=group")).collect();
    assert_eq!(
        media,
        [
            "a=group:BUNDLE 0",
            "m=video 0 UDP/TLS/RTP/SAVPF 96",
            "m=audio 7000 UDP/TLS/RTP/SAVPF 111 8 0 110",
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        ]
    );
}

#[test]
fn unusable_offers_are_told_apart() {
    let without = |start: &str| CHROMIUM.lines().filter(|line| !line.starts_with(start)).collect::<Vec<_>>().join("\n");
    let missing = |start: &str| accept(&without(start), &ALL).unwrap_err().to_string();
    assert_eq!(missing("a=ice-ufrag"), "the offer has no ice-ufrag");
    assert_eq!(missing("a=ice-pwd"), "the offer has no ice-pwd");
    assert_eq!(missing("a=rtcp-mux"), "the offer has no rtcp-mux");
    assert_eq!(missing("a=fingerprint"), "the offer has no SHA-256 fingerprint");
    assert!(matches!(accept(CHROMIUM, &[]), Err(WebRtcError::Sdp(SdpError::NoCommonCodec))));
    assert!(matches!(accept(&CHROMIUM.replace("m=audio", "m=video"), &ALL), Err(WebRtcError::Sdp(SdpError::NoAudio))));
    assert!(matches!(
        accept(&CHROMIUM.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), &ALL),
        Err(WebRtcError::Sdp(SdpError::UnsupportedTransport))
    ));
    assert!(accept("", &ALL).is_err());
}

#[test]
fn credentials_differ_by_leg() {
    let config = WebRtcConfig::new([1; 32]).unwrap();
    let accept = || WebRtcLeg::accept(&config, &[server()], CHROMIUM, &ALL).unwrap().0;
    assert_ne!(accept().local_ufrag(), accept().local_ufrag());
    assert!(!format!("{config:?}").contains('1'));
}

#[test]
fn a_stun_request_names_its_leg() {
    let mut request = vec![0, 1, 0, 20, 0x21, 0x12, 0xa4, 0x42];
    request.extend([9; 12]);
    request.extend([0x80, 0x22, 0, 1, b'x', 0, 0, 0]);
    request.extend([0, 6, 0, 7]);
    request.extend(b"ours:yr\0");
    assert_eq!(stun_ufrag(&request), Some("ours"));
    assert_eq!(stun_ufrag(&request[..30]), None);
    request[1] = 2;
    assert_eq!(stun_ufrag(&request), None);
    assert_eq!(stun_ufrag(&[]), None);
}

/// A browser at A and a phone at B that hear each other.
fn call(offered: &[Codec], phone: Codec) -> World {
    let mut world = World::new();
    world.connect_browser(Side::A, offered, &ALL);
    world.set_phone(Side::B, negotiated(Side::B, phone));
    world.hear(Side::A, Source::Peer);
    world.hear(Side::B, Source::Peer);
    world
}

fn talk(world: &mut World, from_browser: &mut Whistle, from_phone: &mut Whistle, frames: usize) {
    for _ in 0..frames {
        let now = world.now;
        let (header, payload) = from_browser.next();
        world.browser().send(header, &payload, now);
        let (header, payload) = from_phone.next();
        world.rtp(Side::B, header, &payload);
        world.run(FRAME);
    }
}

#[test]
fn audio_flows_both_ways_for_every_codec_pair() {
    for (browser, browser_pt) in [(Codec::Opus, 111), (Codec::Pcma, 8), (Codec::Pcmu, 0)] {
        for phone in [Codec::Pcma, Codec::Pcmu, Codec::G722] {
            let mut world = call(&ALL, phone);
            assert!(world.browser().connected);
            let mut up = Whistle::new(browser, browser_pt, 1);
            let mut down = Whistle::new(phone, negotiated(Side::B, phone).payload_type, 2);
            talk(&mut world, &mut up, &mut down, 50);

            let at_phone = world.heard(Side::B);
            assert!((47..=50).contains(&at_phone.len()), "{browser} {phone}");
            assert_whistle(phone, payloads(at_phone));

            // What the browser speaks is relayed, the rest becomes its first codec.
            let expected = if ALL.contains(&phone) { phone } else { Codec::Opus };
            let heard = &world.browser().heard;
            assert!((47..=50).contains(&heard.len()), "{browser} {phone}");
            let pt = match expected {
                Codec::Pcma => 8,
                Codec::Pcmu => 0,
                _ => 111,
            };
            assert!(heard.iter().all(|packet| packet.header.payload_type == pt));
            assert_whistle(expected, payloads(heard));
        }
    }
}

#[test]
fn a_browser_with_opus_only_is_transcoded() {
    let mut world = call(&[Codec::Opus], Codec::Pcma);
    let mut up = Whistle::new(Codec::Opus, 111, 1);
    let mut down = Whistle::new(Codec::Pcma, 8, 2);
    talk(&mut world, &mut up, &mut down, 50);
    assert_whistle(Codec::Pcma, payloads(world.heard(Side::B)));
    assert_whistle(Codec::Opus, payloads(&world.browser().heard));
    for (side, from, to) in [(Side::A, Codec::Pcma, Codec::Opus), (Side::B, Codec::Opus, Codec::Pcma)] {
        let event = Event::Transcoding { side, from, to };
        assert_eq!(world.events.iter().filter(|e| **e == event).count(), 1);
    }
    let stats = world.session.stats(Side::A);
    assert_eq!(stats.packets_in, 50);
    assert!((47..=50).contains(&stats.packets_out));
    assert_eq!((stats.codec, stats.lost), (Some(Codec::Opus), 0));
}

#[test]
fn digits_pass_both_ways_between_clocks() {
    let mut world = call(&[Codec::Opus], Codec::Pcma);
    let mut up = Whistle::new(Codec::Opus, 111, 1);
    let mut down = Whistle::new(Codec::Pcma, 8, 2);
    talk(&mut world, &mut up, &mut down, 5);
    let event = |n: u16, frame: u16| TelephoneEvent { event: 7, end: n >= 5, volume: 10, duration: frame * n.min(5) };
    for n in 1..=7 {
        let now = world.now;
        let header = crate::rtp::RtpHeader { payload_type: 110, ..up.header };
        let payload = event(n, 960).to_bytes();
        world.browser().send(header, &payload, now);
        let header = crate::rtp::RtpHeader { payload_type: 101, ..down.header };
        world.rtp(Side::B, header, &event(n, 160).to_bytes());
        down.header.sequence = down.header.sequence.wrapping_add(1);
        world.run(FRAME);
    }
    for side in [Side::A, Side::B] {
        let digit = Event::Digit { side, digit: '7', duration_ms: 100 };
        assert_eq!(world.events.iter().filter(|e| **e == digit).count(), 1);
    }
    let last_duration = |heard: &[Heard], pt: u8| {
        let events: Vec<_> = heard.iter().filter(|packet| packet.header.payload_type == pt).collect();
        assert_eq!(events.len(), 7);
        TelephoneEvent::parse(&events[6].payload).unwrap().duration
    };
    assert_eq!(last_duration(world.heard(Side::B), 101), 800);
    assert_eq!(last_duration(&world.browser().heard, 110), 4_800);

    // And from us to the browser.
    world.browser().heard.clear();
    world.session.send_digits(Side::A, "9", world.now);
    world.run(Duration::from_millis(300));
    assert_eq!(last_duration(&world.browser().heard, 110), 4_800);
}

#[test]
fn an_echo_returns_to_the_browser() {
    let mut world = World::new();
    world.connect_browser(Side::A, &ALL, &ALL);
    world.hear(Side::A, Source::Echo);
    let mut up = Whistle::new(Codec::Opus, 111, 1);
    for _ in 0..40 {
        let now = world.now;
        let (header, payload) = up.next();
        world.browser().send(header, &payload, now);
        world.run(FRAME);
    }
    assert_eq!(world.browser().heard.len(), 40);
    assert_whistle(up.codec(), payloads(&world.browser().heard));
}

#[test]
fn a_tone_reaches_the_browser_once_it_is_connected() {
    use crate::dsp::{Country, Tone, ToneKind};
    let mut world = World::new();
    world.set_browser(Side::A, &ALL, &ALL);
    let tone = Tone::new(ToneKind::Test1k, Country::De, 16_000);
    world.hear(Side::A, Source::Tone(tone));
    world.run(Duration::from_secs(2));
    let heard = &world.browser().heard;
    assert!(heard.len() > 80, "{}", heard.len());
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
        assert_eq!(pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp), 960);
    }
    let (frequency, _) = crate::testing::listen(Codec::Opus, payloads(heard));
    assert!((frequency - 1_000.0).abs() < 3.0);
}

#[test]
fn a_browser_on_another_network_goes_on_after_an_ice_restart() {
    let mut world = call(&ALL, Codec::Pcma);
    let mut up = Whistle::new(Codec::Opus, 111, 1);
    let mut down = Whistle::new(Codec::Pcma, 8, 2);
    talk(&mut world, &mut up, &mut down, 10);
    let config = WebRtcConfig::new([8; 32]).unwrap();
    let (offer, pending) = world.browser().change_network("127.0.0.78:40000".parse().unwrap());
    let now = world.now;
    let stranger = offer.replace("sha-256 ", "sha-256 00:").replace(":00\r\n", "\r\n");
    let refused = world.session.restart_webrtc(Side::A, &stranger, config.ice_credentials(), now);
    assert!(matches!(refused, Some(Err(_))), "another certificate is another browser");
    let answer = world.session.restart_webrtc(Side::A, &offer, config.ice_credentials(), now).unwrap().unwrap();
    assert!(answer.contains(" 2 IN IP4"), "a new version: {answer}");
    world.browser().take_answer(pending, &answer);
    world.run(Duration::from_secs(2));
    let before = (world.browser().heard.len(), world.heard(Side::B).len());
    talk(&mut world, &mut up, &mut down, 50);
    assert_eq!(world.browser().heard.len() - before.0, 50);
    assert!(world.heard(Side::B).len() - before.1 >= 45);
    assert!(!world.events.contains(&Event::Lost(Side::A)));
}

#[test]
fn a_browser_without_udp_connects_by_tcp() {
    let mut world = World::new();
    world.set_browser_over(str0m::net::Protocol::Tcp, Side::A, &ALL, &ALL, |offer| offer);
    world.await_browser(Side::A);
    world.set_phone(Side::B, negotiated(Side::B, Codec::Pcma));
    world.hear(Side::A, Source::Peer);
    world.hear(Side::B, Source::Peer);
    let mut up = Whistle::new(Codec::Opus, 111, 1);
    let mut down = Whistle::new(Codec::Pcma, 8, 2);
    talk(&mut world, &mut up, &mut down, 20);
    assert_eq!(world.browser().heard.len(), 20);
    // What is converted begins a little later.
    assert!(world.heard(Side::B).len() >= 15);
}

#[test]
fn a_closed_browser_is_noticed_at_once_and_a_silent_one_in_time() {
    let mut world = call(&ALL, Codec::Pcma);
    world.browser().close();
    world.drain();
    assert!(world.events.contains(&Event::Lost(Side::A)));

    let mut world = call(&ALL, Codec::Pcma);
    // Its datagrams no longer arrive.
    world.browser = None;
    world.run(Duration::from_secs(10));
    assert!(!world.events.contains(&Event::Lost(Side::A)));
    world.run(Duration::from_secs(20));
    let lost = Event::Lost(Side::A);
    assert_eq!(world.events.iter().filter(|e| **e == lost).count(), 1);
}

#[test]
fn clearing_the_leg_says_goodbye_to_the_browser() {
    let mut world = call(&ALL, Codec::Pcma);
    world.session.clear_leg(Side::A);
    world.drain();
    assert!(world.browser().closed);
    assert!(!world.events.contains(&Event::Lost(Side::A)));
}

#[test]
fn garbage_does_not_end_the_call() {
    let mut world = call(&ALL, Codec::Pcma);
    let from = world.browser().address;
    for kind in [0_u8, 1, 20, 22, 23, 64, 128, 144, 200] {
        for length in [1_usize, 4, 13, 20, 60] {
            let mut datagram = vec![0xff; length];
            datagram[0] = kind;
            world.session.handle_packet(Side::A, crate::Channel::Mux, from, &datagram, world.now);
            world.drain();
        }
    }
    let mut up = Whistle::new(Codec::Opus, 111, 1);
    let mut down = Whistle::new(Codec::Pcma, 8, 2);
    talk(&mut world, &mut up, &mut down, 10);
    assert!((7..=10).contains(&world.heard(Side::B).len()));
    assert_eq!(world.browser().heard.len(), 10);
}

#[test]
fn oversized_packets_are_not_relayed_to_a_browser() {
    let mut world = call(&ALL, Codec::Pcma);
    let mut down = Whistle::new(Codec::Pcma, 8, 2);
    for length in [0, 960, 1_500, 2_036, 160] {
        let (header, _) = down.next();
        world.rtp(Side::B, header, &vec![0xd5; length]);
        world.run(FRAME);
    }
    let lengths: Vec<_> = payloads(&world.browser().heard).map(<[u8]>::len).collect();
    assert_eq!(lengths, [960, 160]);
}

#[test]
fn another_certificate_than_announced_is_refused() {
    let mut world = World::new();
    world.set_browser_altered(Side::A, &ALL, &ALL, |offer| {
        offer
            .lines()
            .map(|line| match line.strip_prefix("a=fingerprint:sha-256 ") {
                Some(digest) => format!("a=fingerprint:sha-256 00{}\r\n", &digest[2..]),
                None => format!("{line}\r\n"),
            })
            .collect()
    });
    world.run(Duration::from_secs(3));
    assert!(world.events.contains(&Event::Lost(Side::A)));
    assert!(!world.events.contains(&Event::Connected(Side::A)));
}

#[test]
fn an_idle_connection_rarely_wakes_its_thread() {
    let mut world = call(&ALL, Codec::Pcma);
    let before = world.wakes;
    world.run(Duration::from_secs(30));
    let wakes = world.wakes - before;
    assert!(wakes < 60, "{wakes}");
}

#[test]
fn the_browsers_reports_are_figures_of_its_leg() {
    let mut world = World::new();
    world.set_phone(Side::A, negotiated(Side::A, Codec::Pcma));
    world.connect_browser(Side::B, &[Codec::Pcma], &[Codec::Pcma]);
    world.hear(Side::B, Source::Peer);
    let mut source = Whistle::new(Codec::Pcma, 8, 7);
    for n in 0..1_500 {
        let (header, payload) = source.next();
        // Gaps of the phone's stream are carried over, so that the browser misses them.
        if n % 10 != 5 {
            world.rtp(Side::A, header, &payload);
        }
        world.run(FRAME);
    }
    let stats = world.session.stats(Side::B);
    assert!(stats.lost_remote.unwrap() > 50, "{stats:?}");
    assert!((8..=13).contains(&stats.loss_remote.unwrap()), "{stats:?}");
    assert_eq!(world.session.reported_loss(Side::B), stats.loss_remote);
    assert!(stats.jitter_remote.is_some(), "{stats:?}");
    assert!(stats.quality_remote.unwrap().listening < 4.0, "{stats:?}");
    assert!(stats.encrypted);
}
