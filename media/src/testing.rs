//! Helpers of the unit tests: a session, the phones and the browser around it, and a clock of
//! their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction as MediaDirection, MediaKind, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Input, Rtc};

use crate::codec::{Codec, Decoder, Encoder};
use crate::dsp::measure;
use crate::rtp::{RtpHeader, is_rtcp};
use crate::sdp::{Direction, Negotiated, Security};
use crate::session::{Channel, Event, Leg, Output, Session, Side};
use crate::{RtpLeg, WebRtcConfig, WebRtcLeg};

/// The moment a test starts; from there on its time is made up.
#[expect(clippy::disallowed_methods, reason = "an Instant has no other origin; tests only add to it")]
pub(crate) fn start() -> Instant {
    Instant::now()
}

pub(crate) const FRAME: Duration = Duration::from_millis(20);

/// Where the phone of a side sends from.
pub(crate) fn phone(side: Side) -> SocketAddr {
    match side {
        Side::A => "127.0.0.10:4000".parse().unwrap(),
        Side::B => "127.0.0.11:5000".parse().unwrap(),
    }
}

/// The server's address for browsers.
pub(crate) fn server() -> SocketAddr {
    "127.0.0.1:7000".parse().unwrap()
}

pub(crate) fn negotiated(side: Side, codec: Codec) -> Negotiated {
    let payload_type = codec.static_payload_type().unwrap_or(96);
    let remote = phone(side);
    Negotiated {
        codec,
        payload_type,
        receive: vec![(payload_type, codec)],
        telephone_event: Some((101, 101, codec.rtp_clock())),
        remote,
        remote_rtcp: Some(SocketAddr::new(remote.ip(), remote.port() + 1)),
        rtcp_mux: false,
        direction: Direction::SendRecv,
        ptime: 20,
        security: Security::Plain,
        comfort_noise: None,
        dtx: false,
        xr: crate::sdp::Xr::default(),
    }
}

/// An RTP packet that was sent to somebody.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) at: Instant,
    pub(crate) to: SocketAddr,
    pub(crate) header: RtpHeader,
    pub(crate) payload: Vec<u8>,
}

/// A session and everybody around it.
pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) events: Vec<Event>,
    /// RTP sent to the phones, by side.
    pub(crate) heard: [Vec<Heard>; 2],
    pub(crate) rtcp: Vec<(Side, Vec<u8>)>,
    pub(crate) browser: Option<(Side, Browser)>,
    /// How often the session's timer went off.
    pub(crate) wakes: usize,
    /// The file of a recording so far, and how many ended.
    pub(crate) recorded: Vec<u8>,
    pub(crate) recordings: usize,
    /// Copies of packets.
    pub(crate) copies: Vec<Copied>,
}

/// A copy of a packet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Copied {
    pub(crate) side: Side,
    pub(crate) sent: bool,
    pub(crate) remote: SocketAddr,
    pub(crate) is_rtcp: bool,
    pub(crate) encrypted: bool,
    pub(crate) formats: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) length: usize,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = start();
        Self {
            session: Session::new(42),
            start: now,
            now,
            events: Vec::new(),
            heard: [Vec::new(), Vec::new()],
            rtcp: Vec::new(),
            browser: None,
            wakes: 0,
            recorded: Vec::new(),
            recordings: 0,
            copies: Vec::new(),
        }
    }

    /// Two phones that hear each other.
    pub(crate) fn bridged(a: Codec, b: Codec) -> Self {
        let mut world = Self::new();
        for (side, codec) in [(Side::A, a), (Side::B, b)] {
            world.set_phone(side, negotiated(side, codec));
            world.hear(side, crate::Source::Peer);
        }
        world
    }

    pub(crate) fn set_phone(&mut self, side: Side, negotiated: Negotiated) {
        let leg = Leg::Rtp(RtpLeg::new(negotiated));
        self.session.set_leg(side, leg, self.now);
        self.drain();
    }

    /// Connects a browser and waits until it is up.
    pub(crate) fn connect_browser(&mut self, side: Side, offered: &[Codec], ours: &[Codec]) {
        self.set_browser(side, offered, ours);
        self.await_browser(side);
    }

    /// Waits until the browser is up.
    pub(crate) fn await_browser(&mut self, side: Side) {
        let deadline = self.now + Duration::from_secs(5);
        while !self.events.contains(&Event::Connected(side)) {
            assert!(self.now < deadline, "no connection: {:?}", self.events);
            self.run(Duration::from_millis(10));
        }
    }

    pub(crate) fn set_browser(&mut self, side: Side, offered: &[Codec], ours: &[Codec]) {
        self.set_browser_altered(side, offered, ours, |offer| offer);
    }

    /// A browser whose offer is changed on its way.
    pub(crate) fn set_browser_altered(
        &mut self,
        side: Side,
        offered: &[Codec],
        ours: &[Codec],
        alter: impl FnOnce(String) -> String,
    ) {
        self.set_browser_over(Protocol::Udp, side, offered, ours, alter);
    }

    /// A browser whose network lets nothing but `protocol` through.
    pub(crate) fn set_browser_over(
        &mut self,
        protocol: Protocol,
        side: Side,
        offered: &[Codec],
        ours: &[Codec],
        alter: impl FnOnce(String) -> String,
    ) {
        let (mut browser, offer, pending) = Browser::new(offered, protocol, self.now);
        let offer = alter(offer);
        let config = WebRtcConfig::new([7; 32]).unwrap().with_tcp();
        let (leg, answer) = WebRtcLeg::accept(&config, &[server()], &offer, ours).unwrap();
        browser.take_answer(pending, &answer);
        self.session.set_leg(side, Leg::WebRtc(Box::new(leg)), self.now);
        self.browser = Some((side, browser));
        self.drain();
    }

    pub(crate) fn browser(&mut self) -> &mut Browser {
        &mut self.browser.as_mut().unwrap().1
    }

    pub(crate) fn hear(&mut self, side: Side, source: crate::Source) {
        self.session.set_source(side, source, self.now);
        self.drain();
    }

    pub(crate) fn heard(&self, side: Side) -> &[Heard] {
        &self.heard[side as usize]
    }

    /// An RTP datagram from the phone of a side.
    pub(crate) fn rtp(&mut self, side: Side, header: RtpHeader, payload: &[u8]) {
        self.rtp_from(side, phone(side), header, payload);
    }

    pub(crate) fn rtp_from(&mut self, side: Side, from: SocketAddr, header: RtpHeader, payload: &[u8]) {
        let mut datagram = header.to_bytes().to_vec();
        datagram.extend(payload);
        self.session.handle_packet(side, Channel::Rtp, from, &datagram, self.now);
        self.drain();
    }

    /// Lets time pass, everybody doing what is due.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let own = self.drain();
            let browser = self.browser.as_ref().map(|(_, browser)| browser.timeout);
            let next = [own, browser].into_iter().flatten().min();
            match next.filter(|next| *next < end) {
                Some(next) => self.now = self.now.max(next),
                None => {
                    self.now = end;
                    self.session.handle_timeout(end);
                    self.drain();
                    return;
                }
            }
            if own.is_some_and(|at| at <= self.now) {
                self.wakes += 1;
                self.session.handle_timeout(self.now);
            }
            self.drain();
            let now = self.now;
            if let Some((_, browser)) = &mut self.browser
                && browser.timeout <= now
            {
                browser.input(Input::Timeout(now));
            }
        }
    }

    /// Carries everything out that waits, and says when the session wants to be called.
    pub(crate) fn drain(&mut self) -> Option<Instant> {
        loop {
            let timeout = self.drain_session();
            let Some((side, browser)) = &mut self.browser else {
                return timeout;
            };
            let sent = std::mem::take(&mut browser.sent);
            if sent.is_empty() {
                return timeout;
            }
            for datagram in sent {
                let channel = channel(browser.protocol);
                self.session.handle_packet(*side, channel, browser.address, &datagram, self.now);
            }
        }
    }

    fn drain_session(&mut self) -> Option<Instant> {
        loop {
            match self.session.poll_output() {
                Output::Timeout(at) => return at,
                Output::Event(event) => self.events.push(event),
                Output::Recorded(octets) => self.recorded.extend(octets),
                Output::RecordingDone(_) => self.recordings += 1,
                Output::Copy(copy) => self.copies.push(Copied {
                    side: copy.side,
                    sent: copy.sent,
                    remote: copy.remote,
                    is_rtcp: copy.is_rtcp,
                    encrypted: copy.encrypted,
                    formats: copy.formats.to_string(),
                    bytes: copy.bytes.to_vec(),
                    length: copy.length,
                }),
                Output::Transmit { side, channel: mux @ (Channel::Mux | Channel::MuxTcp), to, bytes } => {
                    // A browser that was taken away hears nothing.
                    let Some((at, browser)) = &mut self.browser else {
                        continue;
                    };
                    if to != browser.address && browser.moved {
                        continue;
                    }
                    assert_eq!((*at, browser.address, channel(browser.protocol)), (side, to, mux));
                    browser.receive(bytes, self.now);
                }
                Output::Transmit { side, channel, to, bytes } => {
                    if channel == Channel::Rtcp || is_rtcp(bytes) {
                        self.rtcp.push((side, bytes.to_vec()));
                        continue;
                    }
                    let (header, payload) = RtpHeader::parse(bytes).unwrap();
                    self.heard[side as usize].push(Heard {
                        at: self.now,
                        to,
                        header,
                        payload: bytes[payload].to_vec(),
                    });
                }
            }
        }
    }
}

/// A person with a 1 kHz whistle: packets of one codec, 20 ms apart.
pub(crate) struct Whistle {
    codec: Codec,
    encoder: Encoder,
    rate: u32,
    samples: usize,
    hz: f64,
    ms: usize,
    pub(crate) header: RtpHeader,
}

impl Whistle {
    pub(crate) const HZ: f64 = 1_000.0;
    /// Peak amplitude: -10 dBFS of a sine.
    const AMPLITUDE: f64 = 10_362.0;

    pub(crate) fn new(codec: Codec, payload_type: u8, ssrc: u32) -> Self {
        let rate = codec.sample_rate();
        Self {
            codec,
            encoder: Encoder::new(codec, rate).unwrap(),
            rate,
            samples: 0,
            hz: Self::HZ,
            ms: 20,
            header: RtpHeader {
                payload_type,
                marker: true,
                // Close to the wrap, so that every test crosses it.
                sequence: 65_530,
                timestamp: u32::MAX - 1_000,
                ssrc,
            },
        }
    }

    /// Another tone, and packets of another length.
    pub(crate) fn with(self, hz: f64, ms: usize) -> Self {
        Self { hz, ms, ..self }
    }

    /// Goes on in another codec, as a phone does after a re-INVITE.
    pub(crate) fn switch(&mut self, codec: Codec, payload_type: u8) {
        let rate = codec.sample_rate();
        self.samples = self.samples * rate as usize / self.rate as usize;
        self.rate = rate;
        self.codec = codec;
        self.encoder = Encoder::new(codec, rate).unwrap();
        self.header.payload_type = payload_type;
    }

    pub(crate) fn next(&mut self) -> (RtpHeader, Vec<u8>) {
        let frame = self.rate as usize / 1_000 * self.ms;
        let pcm: Vec<i16> = (self.samples..self.samples + frame)
            .map(|n| {
                let phase = std::f64::consts::TAU * self.hz * n as f64 / f64::from(self.rate);
                (phase.sin() * Self::AMPLITUDE) as i16
            })
            .collect();
        self.samples += frame;
        let mut payload = Vec::new();
        let ticks = self.encoder.encode(&pcm, &mut payload).unwrap();
        let header = self.header;
        self.header.sequence = header.sequence.wrapping_add(1);
        self.header.timestamp = header.timestamp.wrapping_add(ticks as u32);
        self.header.marker = false;
        (header, payload)
    }

    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }
}

/// Frequency and level in dBFS of what these payloads sound like, the first 100 ms left out.
pub(crate) fn listen<'a>(codec: Codec, payloads: impl IntoIterator<Item = &'a [u8]>) -> (f64, f64) {
    let rate = codec.sample_rate();
    let mut decoder = Decoder::new(codec, rate).unwrap();
    let mut pcm = Vec::new();
    for payload in payloads {
        decoder.decode(payload, &mut pcm).unwrap();
    }
    let pcm = pcm.get(rate as usize / 10..).unwrap_or_default();
    let frequency = measure::dominant_frequency(pcm, rate).unwrap_or(0.0);
    (frequency, measure::level(pcm, rate, frequency))
}

/// Asserts that the whistle is heard as loud as it was sent.
pub(crate) fn assert_whistle<'a>(codec: Codec, payloads: impl IntoIterator<Item = &'a [u8]>) {
    let (frequency, level) = listen(codec, payloads);
    assert!((frequency - Whistle::HZ).abs() < 3.0, "{codec}: {frequency} Hz");
    assert!((level + 10.0).abs() < 2.0, "{codec}: {level} dBFS");
}

/// Where datagrams of a browser arrive.
fn channel(protocol: Protocol) -> Channel {
    if protocol == Protocol::Tcp { Channel::MuxTcp } else { Channel::Mux }
}

fn candidate(address: SocketAddr, protocol: Protocol) -> Candidate {
    match protocol {
        Protocol::Tcp => Candidate::builder().tcp().host(address).tcptype(TcpType::Active).build().unwrap(),
        _ => Candidate::host(address, "udp").unwrap(),
    }
}

/// A browser: a full ICE, DTLS-active peer.
pub(crate) struct Browser {
    pub(crate) rtc: Rtc,
    pub(crate) address: SocketAddr,
    /// It came here from another network: what is sent there is lost.
    moved: bool,
    protocol: Protocol,
    mid: Mid,
    sequence: u64,
    pub(crate) connected: bool,
    pub(crate) closed: bool,
    pub(crate) timeout: Instant,
    sent: Vec<Vec<u8>>,
    pub(crate) heard: Vec<Heard>,
}

impl Browser {
    fn new(codecs: &[Codec], protocol: Protocol, now: Instant) -> (Self, String, SdpPendingOffer) {
        let mut settings = Rtc::builder()
            .clear_codecs()
            .set_rtp_mode(true)
            .enable_opus(codecs.contains(&Codec::Opus), false)
            .enable_pcma(codecs.contains(&Codec::Pcma), false)
            .enable_pcmu(codecs.contains(&Codec::Pcmu), false);
        for (pt, clock) in [(110, str0m::media::Frequency::FORTY_EIGHT_KHZ), (126, str0m::media::Frequency::EIGHT_KHZ)]
        {
            settings.codec_config().add_config(
                pt.into(),
                None,
                str0m::format::Codec::Tele,
                clock,
                None,
                Default::default(),
            );
        }
        let mut rtc = settings.build(now);
        let address: SocketAddr = "127.0.0.77:50000".parse().unwrap();
        rtc.add_local_candidate(candidate(address, protocol));
        let mut changes = rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Audio, MediaDirection::SendRecv, None, None, None);
        let (offer, pending) = changes.apply().unwrap();
        let browser = Self {
            rtc,
            address,
            moved: false,
            protocol,
            mid,
            sequence: 1_000,
            connected: false,
            closed: false,
            timeout: now,
            sent: Vec::new(),
            heard: Vec::new(),
        };
        (browser, offer.to_sdp_string(), pending)
    }

    pub(crate) fn take_answer(&mut self, pending: SdpPendingOffer, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
        if self.moved {
            // The restart has forgotten the old ones.
            self.rtc.add_local_candidate(candidate(self.address, self.protocol));
        }
        self.poll();
    }

    /// Goes to another network and makes an offer with new ICE credentials.
    pub(crate) fn change_network(&mut self, address: SocketAddr) -> (String, SdpPendingOffer) {
        (self.address, self.moved) = (address, true);
        let mut changes = self.rtc.sdp_api();
        changes.ice_restart(false);
        let (offer, pending) = changes.apply().unwrap();
        (offer.to_sdp_string(), pending)
    }

    /// Sends one RTP packet.
    pub(crate) fn send(&mut self, header: RtpHeader, payload: &[u8], now: Instant) {
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(self.mid, None).unwrap();
        let packet = RtpWrite::new(
            header.payload_type.into(),
            self.sequence.into(),
            header.timestamp,
            now,
            Arc::<[u8]>::from(payload),
        );
        stream.write_rtp(packet.marker(header.marker));
        self.sequence += 1;
        self.input(Input::Timeout(now));
    }

    pub(crate) fn close(&mut self) {
        self.rtc.close().unwrap();
        self.poll();
    }

    fn receive(&mut self, datagram: &[u8], now: Instant) {
        let receive = Receive::new(self.protocol, server(), self.address, datagram).unwrap();
        self.input(Input::Receive(now, receive));
    }

    fn input(&mut self, input: Input<'_>) {
        self.rtc.handle_input(input).unwrap();
        self.poll();
    }

    fn poll(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                str0m::Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                str0m::Output::Transmit(transmit) => self.sent.push(transmit.contents.to_vec()),
                str0m::Output::Event(str0m::Event::Connected) => self.connected = true,
                str0m::Output::Event(str0m::Event::Closed) => self.closed = true,
                str0m::Output::Event(str0m::Event::RtpPacket(packet)) => {
                    self.heard.push(Heard {
                        at: packet.timestamp,
                        to: self.address,
                        header: RtpHeader {
                            payload_type: *packet.header.payload_type,
                            marker: packet.header.marker,
                            sequence: packet.header.sequence_number,
                            timestamp: packet.header.timestamp,
                            ssrc: *packet.header.ssrc,
                        },
                        payload: packet.payload.to_vec(),
                    });
                }
                str0m::Output::Event(_) => {}
            }
        }
    }
}

/// Something like a voice: harmonics of a wandering pitch under formants, syllables with pauses, no
/// noise.
pub(crate) fn vowels(rate: u32, seconds: u32, pitch: f64) -> Vec<i16> {
    use std::f64::consts::TAU;
    let mut phase = 0.0f64;
    let sample = |i: u32| {
        let t = f64::from(i) / f64::from(rate);
        let pitch = pitch * (1.0 + 0.2 * (t * 2.1).sin());
        phase = (phase + pitch / f64::from(rate)).fract();
        let formants = [600.0 + 200.0 * (t * 3.0).sin(), 1_500.0 + 500.0 * (t * 2.3).cos(), 2_600.0];
        let voice: f64 = (1..24)
            .map(|harmonic| (f64::from(harmonic), pitch * f64::from(harmonic)))
            .filter(|&(_, hz)| hz < f64::from(rate) * 0.45)
            .map(|(harmonic, hz)| {
                let gain: f64 = formants.iter().map(|formant| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2))).sum();
                gain * (TAU * phase * harmonic).sin()
            })
            .sum();
        let syllable = (t * 3.7 * TAU).sin().max(0.0).sqrt();
        (3_500.0 * syllable * voice).clamp(-32_000.0, 32_000.0) as i16
    };
    (0..rate * seconds).map(sample).collect()
}

/// Spoken sentences at 8 kHz, each in a voice of its own, by `espeak-ng`.
pub(crate) fn espeak() -> Vec<Vec<i16>> {
    const SENTENCES: [(&str, &str); 6] = [
        ("en+m3", "She had your dark suit in greasy wash water all year. Please hold the line, six seven eight."),
        ("en+f2", "Don't ask me to carry an oily rag like that. Fifty five fathoms of shifty sea shells."),
        ("de+m1", "Bitte warten Sie, Sie werden gleich verbunden. Zwischen zwölf und zwei ist niemand da."),
        ("de+f4", "Franz jagt im komplett verwahrlosten Taxi quer durch Bayern."),
        ("fr+f1", "Veuillez patienter, un conseiller va vous répondre dans quelques instants."),
        ("it+m5", "Attendere prego, la chiamata verrà trasferita al primo operatore disponibile."),
    ];
    SENTENCES
        .iter()
        .flat_map(|(voice, text)| [30, 50, 80].map(|pitch| (voice, text, pitch)))
        .map(|(voice, text, pitch)| {
            let output = std::process::Command::new("espeak-ng")
                .args(["-v", voice, "-p", &pitch.to_string(), "--stdout", text])
                .output()
                .expect("espeak-ng, as Debian packages it");
            // A WAV header of 44 octets, then 16-bit mono at 22,050 Hz. Taken as 24 kHz, which makes the
            // voice one that speaks a little higher and faster, every third sample is 8 kHz; three
            // averaged keep most of what would fold back away.
            let pcm: Vec<i16> =
                output.stdout[44..].as_chunks::<2>().0.iter().map(|&octets| i16::from_le_bytes(octets)).collect();
            assert!(pcm.len() > 22_050, "espeak-ng said nothing");
            let mean = |three: &[i16; 3]| (three.iter().map(|&sample| i32::from(sample)).sum::<i32>() / 3) as i16;
            pcm.as_chunks::<3>().0.iter().map(mean).collect()
        })
        .collect()
}
