//! Descriptions as real peers write them, and what is agreed with each.

use proptest::prelude::*;

use super::*;

mod security;

const LOCAL: LocalAudio =
    LocalAudio { address: IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2)), port: 30_000, session_id: 4_711 };
const PREFERRED: [Codec; 3] = [Codec::G722, Codec::Pcma, Codec::Pcmu];

/// Line ends as on the wire.
fn sdp(text: &str) -> Vec<u8> {
    text.trim_start().replace('\n', "\r\n").into_bytes()
}

fn text(sdp: &Bytes) -> String {
    String::from_utf8(sdp.to_vec()).unwrap().replace("\r\n", "\n")
}

#[test]
fn our_offer_lists_codecs_and_digits() {
    let offer = Offer::new(&LOCAL, &[Codec::Pcma, Codec::Pcmu, Codec::G722]);
    assert_eq!(
        text(offer.sdp()),
        "v=0\n\
         o=- 4711 1 IN IP4 127.0.0.2\n\
         s=-\n\
         c=IN IP4 127.0.0.2\n\
         t=0 0\n\
         m=audio 30000 RTP/AVP 8 0 9 101\n\
         a=rtpmap:8 PCMA/8000\n\
         a=rtpmap:0 PCMU/8000\n\
         a=rtpmap:9 G722/8000\n\
         a=rtpmap:101 telephone-event/8000\n\
         a=fmtp:101 0-15\n\
         a=ptime:20\n\
         a=sendrecv\n"
    );
}

#[test]
fn an_opus_offer_has_digits_in_both_clocks() {
    let local = LocalAudio { address: "::1".parse().unwrap(), ..LOCAL };
    let offer = Offer::new(&local, &[Codec::Opus, Codec::Pcmu]);
    assert_eq!(
        text(offer.sdp()),
        "v=0\n\
         o=- 4711 1 IN IP6 ::1\n\
         s=-\n\
         c=IN IP6 ::1\n\
         t=0 0\n\
         m=audio 30000 RTP/AVP 96 0 102 101\n\
         a=rtpmap:96 opus/48000/2\n\
         a=fmtp:96 useinbandfec=1\n\
         a=rtpmap:0 PCMU/8000\n\
         a=rtpmap:102 telephone-event/48000\n\
         a=fmtp:102 0-15\n\
         a=rtpmap:101 telephone-event/8000\n\
         a=fmtp:101 0-15\n\
         a=ptime:20\n\
         a=sendrecv\n"
    );
}

#[test]
fn a_renewed_offer_keeps_what_numbers_mean_and_holds() {
    // The peer has taken the numbers that we would have given to others.
    let offer = sdp("
v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 10026 RTP/AVP 101 96
a=rtpmap:101 opus/48000/2
a=rtpmap:96 telephone-event/48000
");
    let codecs = [Codec::Opus, Codec::Pcma];
    let (_, agreed) = answer(&LOCAL, &codecs, &offer, 1).unwrap();
    let terms = Terms { direction: Direction::SendOnly, ..Terms::from(&codecs) };
    let renewed = Offer::renewed(&LOCAL, &terms, &agreed, 2);
    let written = text(renewed.sdp());
    assert!(written.contains("o=- 4711 2 IN"), "{written}");
    assert!(written.contains("RTP/AVP 101 8 96 97\n"), "{written}");
    assert!(written.contains("a=rtpmap:101 opus/48000/2\n") && written.contains("a=rtpmap:96 telephone-event/48000\n"));
    assert!(written.contains("a=rtpmap:97 telephone-event/8000\n") && written.ends_with("a=sendonly\n"), "{written}");
    for (answered, direction) in [
        ("a=recvonly", Direction::SendOnly),
        ("a=inactive", Direction::Inactive),
        ("a=sendrecv", Direction::SendOnly),
        ("a=sendonly", Direction::Inactive),
    ] {
        let answer = sdp(&format!(
            "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 10026 RTP/AVP 101\n\
             a=rtpmap:101 opus/48000/2\n{answered}\n"
        ));
        assert_eq!(renewed.accept_answer(&answer).unwrap().direction, direction, "{answered}");
    }
    // Whoever is on hold stays so with an offer of its own.
    for (offered, answered) in [("sendrecv", "sendonly"), ("recvonly", "sendonly"), ("sendonly", "inactive")] {
        let mut held = offer.clone();
        held.extend(format!("a={offered}\r\n").bytes());
        let (again, agreed) = answer(&LOCAL, &terms, &held, 3).unwrap();
        assert!(text(&again).ends_with(&format!("a={answered}\n")), "{offered}");
        assert_eq!(agreed.direction.as_str(), answered);
    }
}

#[test]
fn baresip_offer_is_answered_with_our_first_choice() {
    let offer = sdp("
v=0
o=- 3925541683 2007014411 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
a=tool:baresip 1.0.0
m=audio 10026 RTP/AVP 0 8 9 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:10027
a=sendrecv
a=label:1
a=rtcp-rsize
a=ptime:20
");
    let (answered, negotiated) = answer(&LOCAL, &PREFERRED, &offer, 1).unwrap();
    assert_eq!(
        text(&answered),
        "v=0\n\
         o=- 4711 1 IN IP4 127.0.0.2\n\
         s=-\n\
         c=IN IP4 127.0.0.2\n\
         t=0 0\n\
         m=audio 30000 RTP/AVP 9 101\n\
         a=rtpmap:9 G722/8000\n\
         a=rtpmap:101 telephone-event/8000\n\
         a=fmtp:101 0-15\n\
         a=ptime:20\n\
         a=sendrecv\n"
    );
    assert_eq!(
        negotiated,
        Negotiated {
            codec: Codec::G722,
            payload_type: 9,
            receive: vec![(9, Codec::G722)],
            telephone_event: Some((101, 101, 8_000)),
            remote: "127.0.0.1:10026".parse().unwrap(),
            remote_rtcp: Some("127.0.0.1:10027".parse().unwrap()),
            rtcp_mux: false,
            direction: Direction::SendRecv,
            ptime: 20,
            security: Security::Plain,
            comfort_noise: None,
            dtx: false,
            xr: Xr::default(),
        }
    );
    assert_eq!(offered_codecs(&offer).unwrap(), [Codec::Pcmu, Codec::Pcma, Codec::G722]);
}

#[test]
fn who_prefers_pauses_unsent_says_so() {
    let offer = |parameters: &str| {
        let text = "v=0\no=- 1 1 IN IP4 10.0.0.9\ns=-\nc=IN IP4 10.0.0.10\nt=0 0\nm=audio 5004 RTP/AVP 96 97\n\
            a=rtpmap:96 opus/48000/2\na=rtpmap:97 telephone-event/48000\na=fmtp:97 0-15;usedtx=1\n";
        format!("{text}a=fmtp:96 {parameters}\n")
    };
    for (parameters, dtx) in [
        ("useinbandfec=1; usedtx=1", true),
        ("UseDtx=1", true),
        ("usedtx=0", false),
        ("useinbandfec=1", false),
        ("usedtx=10", false),
    ] {
        let (_, negotiated) = answer(&LOCAL, &[Codec::Opus], offer(parameters).as_bytes(), 1).unwrap();
        assert_eq!(negotiated.dtx, dtx, "{parameters}");
    }
}

#[test]
fn a_sloppy_phone_is_understood() {
    // Spaces and a huge version in `o=`, no `s=`, bare line feeds, no mapping for static types,
    // direction at session level, an odd codec, a fraction in ptime.
    let offer = b"v=0\no=My Phone 1 99999999999999999999999 IN IP4 10.0.0.9\nt=0 0\n\
        b=AS:84\na=sendonly\nm=audio 5004 RTP/AVP 18 8 101 \nc=IN IP4 10.0.0.10\n\
        a=rtpmap:18 G729/8000\na=rtpmap:101 TELEPHONE-EVENT/8000\na=rtpmap:bad line\na=ptime:30.0\n";
    let (_, negotiated) = answer(&LOCAL, &PREFERRED, offer, 1).unwrap();
    assert_eq!(negotiated.codec, Codec::Pcma);
    assert_eq!(negotiated.telephone_event, Some((101, 101, 8_000)));
    assert_eq!(negotiated.remote, "10.0.0.10:5004".parse().unwrap());
    assert_eq!(negotiated.direction, Direction::RecvOnly);
    assert_eq!(negotiated.ptime, 30);
}

#[test]
fn video_is_declined_in_its_place() {
    let offer = sdp("
v=0
o=- 1 1 IN IP4 10.0.0.1
s=-
c=IN IP4 10.0.0.1
t=0 0
m=video 6000 RTP/AVP 96 97
a=rtpmap:96 H264/90000
m=audio 5000 RTP/AVP 8
a=rtcp-mux
m=application 0 UDP/BFCP *
");
    let (answered, negotiated) = answer(&LOCAL, &PREFERRED, &offer, 7).unwrap();
    assert_eq!(
        text(&answered),
        "v=0\n\
         o=- 4711 7 IN IP4 127.0.0.2\n\
         s=-\n\
         c=IN IP4 127.0.0.2\n\
         t=0 0\n\
         m=video 0 RTP/AVP 96 97\n\
         m=audio 30000 RTP/AVP 8\n\
         a=rtpmap:8 PCMA/8000\n\
         a=ptime:20\n\
         a=sendrecv\n\
         a=rtcp-mux\n\
         m=application 0 UDP/BFCP *\n"
    );
    assert!(negotiated.rtcp_mux);
    assert_eq!(negotiated.remote_rtcp, None);
    assert_eq!(negotiated.telephone_event, None);
}

#[test]
fn hold_in_all_its_forms_stops_us_sending() {
    let offer = |address: &str, direction: &str| {
        sdp(&format!(
            "v=0\no=- 1 2 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt=0 0\n\
             m=audio 5000 RTP/AVP 8\n{direction}"
        ))
    };
    for (address, written, ours, line) in [
        ("10.0.0.1", "a=sendonly\n", Direction::RecvOnly, "a=recvonly"),
        ("10.0.0.1", "a=inactive\n", Direction::Inactive, "a=inactive"),
        ("10.0.0.1", "a=recvonly\n", Direction::SendOnly, "a=sendonly"),
        ("0.0.0.0", "", Direction::RecvOnly, "a=recvonly"),
        ("0.0.0.0", "a=sendrecv\n", Direction::RecvOnly, "a=recvonly"),
        ("0.0.0.0", "a=inactive\n", Direction::Inactive, "a=inactive"),
    ] {
        let (answered, negotiated) = answer(&LOCAL, &PREFERRED, &offer(address, written), 2).unwrap();
        assert_eq!(negotiated.direction, ours, "{address} {written}");
        assert!(text(&answered).contains(line), "{address} {written}");
    }
}

#[test]
fn an_answer_with_other_numbers_is_followed() {
    let offer = Offer::new(&LOCAL, &[Codec::Opus, Codec::Pcma]);
    let negotiated = offer
        .accept_answer(&sdp("
v=0
o=- 1 1 IN IP4 10.0.0.1
s=-
c=IN IP4 10.0.0.1
t=0 0
m=audio 5000 RTP/AVP 111 8 110 100
a=rtpmap:111 opus/48000/2
a=rtpmap:110 telephone-event/48000
a=rtpmap:100 telephone-event/8000
a=rtcp:5055 IN IP4 10.0.0.2
a=sendrecv
"))
        .unwrap();
    assert_eq!((negotiated.codec, negotiated.payload_type), (Codec::Opus, 111));
    assert_eq!(negotiated.receive, [(96, Codec::Opus), (111, Codec::Opus), (8, Codec::Pcma)]);
    assert_eq!(negotiated.telephone_event, Some((110, 102, 48_000)));
    assert_eq!(negotiated.remote_rtcp, Some("10.0.0.2:5055".parse().unwrap()));
}

#[test]
fn what_cannot_be_spoken_is_told_apart() {
    let body = |media: &str| sdp(&format!("v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n{media}"));
    let error = |media: &str| answer(&LOCAL, &PREFERRED, &body(media), 1).unwrap_err();
    assert!(matches!(
        error("m=audio 5000 RTP/AVP 18 101\na=rtpmap:101 telephone-event/8000\n"),
        SdpError::NoCommonCodec
    ));
    assert!(matches!(
        error("m=audio 5000 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\n"),
        SdpError::SrtpRequired
    ));
    assert!(matches!(error("m=audio 5000 UDP/TLS/RTP/SAVPF 8\n"), SdpError::SrtpRequired));
    assert!(matches!(error("m=audio 5000 udp 8\n"), SdpError::UnsupportedTransport));
    assert!(matches!(error("m=audio 0 RTP/AVP 8\n"), SdpError::NoAudio));
    assert!(matches!(error("m=video 5000 RTP/AVP 96\n"), SdpError::NoAudio));
    assert!(matches!(error("m=audio 5000 RTP/AVP 8\nc=IN IP4 phone.example.org\n"), SdpError::Address));
    assert!(matches!(error("m=audio many RTP/AVP 8\n"), SdpError::Malformed(_)));
    assert!(matches!(answer(&LOCAL, &PREFERRED, b"<xml/>", 1), Err(SdpError::NotSdp)));
    assert!(matches!(answer(&LOCAL, &PREFERRED, &vec![b'a'; 70_000], 1), Err(SdpError::TooLarge)));

    let offer = Offer::new(&LOCAL, &PREFERRED);
    let declined = offer.accept_answer(&body("m=audio 0 RTP/AVP 8\n"));
    assert!(matches!(declined, Err(SdpError::NoAudio)));
    let unasked = offer.accept_answer(&body("m=audio 5000 RTP/AVP 18\n"));
    assert!(matches!(unasked, Err(SdpError::NoCommonCodec)));
}

#[test]
fn a_plain_line_is_taken_beside_an_encrypted_one() {
    let offer = sdp("
v=0
o=- 1 1 IN IP4 10.0.0.1
s=-
c=IN IP4 10.0.0.1
t=0 0
m=audio 5000 RTP/SAVP 8
m=audio 5002 RTP/AVP 8
");
    let (answered, negotiated) = answer(&LOCAL, &PREFERRED, &offer, 1).unwrap();
    assert_eq!(negotiated.remote.port(), 5_002);
    assert!(text(&answered).contains("m=audio 0 RTP/SAVP 8\nm=audio 30000 RTP/AVP 8\n"));
}

#[test]
fn our_own_offer_and_answer_agree() {
    for codec in Codec::ALL {
        let offer = Offer::new(&LOCAL, &[codec]);
        let peer = LocalAudio { port: 40_000, ..LOCAL };
        let (answered, theirs) = answer(&peer, &[codec], offer.sdp(), 1).unwrap();
        let ours = offer.accept_answer(&answered).unwrap();
        assert_eq!((ours.codec, theirs.codec), (codec, codec));
        assert_eq!(ours.remote.port(), 40_000);
        assert_eq!(theirs.remote.port(), 30_000);
        assert_eq!(ours.telephone_event.map(|(_, _, clock)| clock), Some(codec.rtp_clock()));
    }
}

proptest! {
    #[test]
    fn parsing_never_panics(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut sdp = b"v=0\r\n".to_vec();
        sdp.extend(&body);
        let _ = answer(&LOCAL, &PREFERRED, &sdp, 1);
        let _ = Offer::new(&LOCAL, &PREFERRED).accept_answer(&body);
    }

    #[test]
    fn structured_nonsense_never_panics(
        lines in proptest::collection::vec(
            "(m=audio [0-9]{1,6} RTP/AVP( [0-9]{1,3}){0,4}|a=rtpmap:[0-9]{1,4} [a-zA-Z0-9/-]{0,20}|a=rtcp:[0-9]{0,6}( IN IP4 [0-9.]{0,12})?|c=IN IP[46] [0-9a-f.:/]{0,12}|a=ptime:[0-9.]{0,12}|a=[a-z-]{0,9}:?.{0,8})",
            0..12,
        )
    ) {
        let body = format!("v=0\r\n{}\r\n", lines.join("\r\n"));
        if let Ok((answered, _)) = answer(&LOCAL, &PREFERRED, body.as_bytes(), 1) {
            // What we print, we can read.
            prop_assert!(Description::parse(&answered).is_ok());
        }
    }
}

#[test]
fn extended_reports_are_answered_where_they_are_offered() {
    let offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    let asked = format!("{offer}a=rtcp-xr:pkt-loss-rle voip-metrics stat-summary=loss rcvr-rtt=all:1000\r\n");
    for (offer, xr) in [(offer, Xr::default()), (&asked, Xr { voip_metrics: true, round_trip: true })] {
        let (sdp, negotiated) = answer(&LOCAL, &[Codec::Pcma], offer.as_bytes(), 1).unwrap();
        assert_eq!(negotiated.xr, xr);
        let written = String::from_utf8_lossy(&sdp).contains("a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n");
        assert_eq!(written, xr != Xr::default());
    }
}
