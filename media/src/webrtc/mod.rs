//! A leg towards a browser: ICE, DTLS and SRTP by str0m in RTP mode, our own SDP.
//!
//! We are ICE-lite (RFC 8445 section 2.5): the browser makes the checks, and its address is
//! learnt from them, so its candidates are not needed.

mod answer;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use str0m::config::{CryptoProvider, DtlsCert, Fingerprint};
use str0m::media::{Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{RtpWrite, Ssrc};
use str0m::{Candidate, CandidateKind, IceConnectionState, IceCreds, Input, Rtc, RtcConfig, RtcError};

use crate::codec::Codec;
use crate::rtcp::Remote;
use crate::rtp::{RtpHeader, is_rtcp};
use crate::rtp_leg::Incoming;
use crate::sdp::{Format, Kind, SdpError, event_for};
use answer::BrowserOffer;

/// Sources a browser may use in one call; it changes them rarely, strangers could invent more.
const MAX_SOURCES: usize = 8;
/// How often the browser's reports are looked at: it sends them about every five seconds.
const STATS_EVERY: Duration = Duration::from_secs(5);

/// What all WebRTC legs of a process share. One certificate serves them all, because making one
/// costs more than the rest of a leg.
pub struct WebRtcConfig {
    certificate: DtlsCert,
    crypto: Arc<CryptoProvider>,
    secret: [u8; 32],
    legs: AtomicU64,
    tcp: bool,
}

/// Fresh ICE credentials of ours.
pub struct IceCredentials(IceCreds);

impl std::fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceCredentials").field("ufrag", &self.0.ufrag).finish_non_exhaustive()
    }
}

/// How a datagram travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

impl WebRtcConfig {
    /// Makes the certificate. `secret` must come from the system's random source: ICE names and
    /// passwords are derived from it.
    ///
    /// # Errors
    /// [`WebRtcError::Certificate`] when none can be made.
    pub fn new(secret: [u8; 32]) -> Result<Self, WebRtcError> {
        let crypto = str0m::crypto::from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate().ok_or(WebRtcError::Certificate)?;
        Ok(Self { certificate, crypto: Arc::new(crypto), secret, legs: AtomicU64::new(0), tcp: false })
    }

    /// The same, where every candidate address takes TCP connections as well (RFC 6544), for browsers whose network lets
    /// no UDP through.
    pub fn with_tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// Credentials for [`WebRtcLeg::restart`].
    pub fn ice_credentials(&self) -> IceCredentials {
        IceCredentials(self.credentials().0)
    }

    /// Fresh ICE credentials: 64 bits of name, 128 of password (RFC 8839 section 5.4 wants 24 and
    /// 128), and a media source identifier.
    fn credentials(&self) -> (IceCreds, u32) {
        let leg = self.legs.fetch_add(1, Ordering::Relaxed);
        let mut input = [0; 40];
        input[..32].copy_from_slice(&self.secret);
        input[32..].copy_from_slice(&leg.to_be_bytes());
        let digest = self.crypto.sha256_provider.sha256(&input);
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect();
        let creds = IceCreds { ufrag: hex(&digest[..8]), pass: hex(&digest[8..24]) };
        let ssrc = u32::from_be_bytes([digest[24], digest[25], digest[26], digest[27]]);
        (creds, ssrc.max(1))
    }
}

impl std::fmt::Debug for WebRtcConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebRtcConfig").finish_non_exhaustive()
    }
}

/// Why a browser's offer cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebRtcError {
    /// The offer is not usable SDP, or has no audio or codec in common.
    #[error(transparent)]
    Sdp(#[from] SdpError),
    /// The offer lacks something every browser sends.
    #[error("the offer has no {0}")]
    Missing(&'static str),
    /// No address to reach us at was given.
    #[error("no usable candidate address")]
    NoCandidate,
    /// No DTLS certificate could be made.
    #[error("cannot make a DTLS certificate")]
    Certificate,
    /// The library refused the connection.
    #[error("WebRTC setup failed")]
    Setup(#[source] RtcError),
}

/// A connection with a browser.
pub struct WebRtcLeg {
    rtc: Rtc,
    ufrag: String,
    local: Vec<SocketAddr>,
    tcp: bool,
    mid: Mid,
    ssrc: Ssrc,
    /// `o=` version of our latest answer.
    version: u32,
    /// The browser's certificate.
    fingerprint: Fingerprint,
    /// What was answered, in the order of preference.
    formats: Vec<Format>,
    sources: Vec<u32>,
    /// Where we sent to last.
    path: Option<(Protocol, SocketAddr)>,
    /// The browser wants another path, and has not shown yet which.
    restarted: bool,
    sends: bool,
    receives: bool,
    /// What the browser reports of what we send.
    remote: Remote,
    connected: bool,
    lost: bool,
    timeout: Option<Instant>,
}

/// What a leg has to say after input.
pub(crate) enum Polled {
    Transmit(str0m::net::Transmit),
    Packet(RtpHeader, Arc<[u8]>),
    /// ICE and DTLS are up.
    Connected,
    /// The browser is gone.
    Lost,
    /// Nothing more until [`WebRtcLeg::timeout`].
    Idle,
}

impl WebRtcLeg {
    /// Takes a browser's offer and makes the answer, complete with candidates.
    ///
    /// `candidates` are the addresses the browser can reach the shared UDP port at, best first.
    /// `codecs` is the order wanted; the first that the browser offered is the one it will send.
    ///
    /// # Errors
    /// See [`WebRtcError`].
    pub fn accept(
        config: &WebRtcConfig,
        candidates: &[SocketAddr],
        offer_sdp: &str,
        codecs: &[Codec],
        now: Instant,
    ) -> Result<(Self, String), WebRtcError> {
        let offer = BrowserOffer::parse(offer_sdp)?;
        let formats = offer.agreed(codecs)?;
        if candidates.is_empty() {
            return Err(WebRtcError::NoCandidate);
        }
        let (creds, ssrc) = config.credentials();
        let ssrc = Ssrc::from(ssrc);

        let mut settings = RtcConfig::new()
            .set_crypto_provider(config.crypto.clone())
            .set_dtls_cert(config.certificate.clone())
            .set_local_ice_credentials(creds.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_stats_interval(Some(STATS_EVERY))
            // Header extensions cost octets in every packet and serve video.
            .clear_extension_map()
            .clear_codecs();
        for format in &formats {
            let (codec, clock, channels) = library_codec(format.kind);
            settings.codec_config().add_config(
                format.payload_type.into(),
                None,
                codec,
                clock,
                channels,
                Default::default(),
            );
        }
        let mut rtc = settings.build(now);
        for &address in candidates {
            let candidate = Candidate::host(address, "udp").map_err(|_| WebRtcError::NoCandidate)?;
            rtc.add_local_candidate(candidate);
            if config.tcp {
                let passive = Candidate::builder().tcp().host(address).tcptype(TcpType::Passive).build();
                rtc.add_local_candidate(passive.map_err(|_| WebRtcError::NoCandidate)?);
            }
        }

        let mid = Mid::from(offer.mid.as_str());
        let mut direct = rtc.direct_api();
        direct.set_remote_ice_credentials(offer.creds.clone());
        direct.set_remote_fingerprint(offer.fingerprint.clone());
        direct.set_ice_controlling(false);
        direct.start_dtls(!offer.active).map_err(WebRtcError::Setup)?;
        direct.declare_media(mid, MediaKind::Audio);
        direct.declare_stream_tx(ssrc, None, mid, None);
        let fingerprint = direct.local_dtls_fingerprint().clone();

        let answer = offer.answer(&answer::Ours {
            creds: &creds,
            fingerprint: &fingerprint,
            candidates,
            tcp: config.tcp,
            formats: &formats,
            ssrc: *ssrc,
            version: 1,
        });
        let mut leg = Self {
            rtc,
            ufrag: creds.ufrag,
            local: candidates.to_vec(),
            tcp: config.tcp,
            mid,
            ssrc,
            version: 1,
            fingerprint: offer.fingerprint.clone(),
            formats,
            sources: Vec::new(),
            path: None,
            restarted: false,
            sends: offer.direction.reversed().sends(),
            receives: offer.direction.reversed().receives(),
            remote: Remote::default(),
            connected: false,
            lost: false,
            timeout: Some(now),
        };
        for &source in &offer.sources {
            leg.expect(source);
        }
        Ok((leg, answer))
    }

    /// Takes the browser's offer with new ICE credentials, after it changed networks, and makes the answer. DTLS and SRTP
    /// go on, and so does the old path until the browser has chosen another.
    ///
    /// # Errors
    /// See [`WebRtcError`]; then nothing has changed.
    pub fn restart(&mut self, offer_sdp: &str, credentials: IceCredentials) -> Result<String, WebRtcError> {
        let offer = BrowserOffer::parse(offer_sdp)?;
        if offer.fingerprint != self.fingerprint {
            return Err(WebRtcError::Missing("certificate of the call"));
        }
        let IceCredentials(creds) = credentials;
        let mut direct = self.rtc.direct_api();
        direct.set_local_ice_credentials(creds.clone());
        direct.set_remote_ice_credentials(offer.creds.clone());
        let fingerprint = direct.local_dtls_fingerprint().clone();
        self.version += 1;
        let answer = offer.answer(&answer::Ours {
            creds: &creds,
            fingerprint: &fingerprint,
            candidates: &self.local,
            tcp: self.tcp,
            formats: &self.formats,
            ssrc: *self.ssrc,
            version: self.version,
        });
        self.ufrag = creds.ufrag;
        self.restarted = true;
        for &source in &offer.sources {
            self.expect(source);
        }
        Ok(answer)
    }

    /// Our half of the STUN user name; datagrams of a browser whose address is not known yet are
    /// told apart by it, see [`stun_ufrag`].
    pub fn local_ufrag(&self) -> &str {
        &self.ufrag
    }

    /// The codecs agreed on, first the one the browser sends.
    pub fn codecs(&self) -> impl Iterator<Item = Codec> {
        self.formats.iter().filter_map(|format| match format.kind {
            Kind::Audio(codec) => Some(codec),
            Kind::Event { .. } => None,
        })
    }

    /// Whether ICE and DTLS are up.
    pub fn is_connected(&self) -> bool {
        self.connected && !self.lost
    }

    pub(crate) fn sends(&self) -> bool {
        self.sends
    }

    pub(crate) fn receives(&self) -> bool {
        self.receives
    }

    pub(crate) fn remote(&self) -> Remote {
        self.remote
    }

    pub(crate) fn payload_type(&self, codec: Codec) -> Option<u8> {
        let kind = Kind::Audio(codec);
        let format = self.formats.iter().find(|format| format.kind == kind)?;
        Some(format.payload_type)
    }

    /// Payload type and clock of telephone events sent beside `codec`.
    pub(crate) fn event(&self, codec: Codec) -> Option<(u8, u32)> {
        event_for(codec, &self.formats)
    }

    pub(crate) fn incoming(&self, payload_type: u8) -> Option<Incoming> {
        let format = self.formats.iter().find(|format| format.payload_type == payload_type)?;
        Some(match format.kind {
            Kind::Audio(codec) => Incoming::Audio(codec),
            Kind::Event { clock } => Incoming::Event(clock),
        })
    }

    pub(crate) fn ssrc(&self) -> u32 {
        *self.ssrc
    }

    /// When [`WebRtcLeg::handle_timeout`] has something to do.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.timeout
    }

    pub(crate) fn receive(&mut self, transport: Transport, from: SocketAddr, datagram: &[u8], now: Instant) {
        // All candidates name one socket, which does not tell which of them a datagram was sent
        // to: any of the right family will do, and always the same one keeps ICE's pairs few.
        let Some(&local) = self.local.iter().find(|l| l.is_ipv4() == from.is_ipv4()) else {
            return;
        };
        // Browsers may leave the source out of the offer, or change it in a call.
        if !is_rtcp(datagram)
            && let Ok((header, _)) = RtpHeader::parse(datagram)
        {
            self.expect(header.ssrc);
        }
        let protocol = match transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        if self.restarted && stun_ufrag(datagram) == Some(self.ufrag.as_str()) {
            self.leave_path(protocol, from);
        }
        let Ok(receive) = Receive::new(protocol, from, local, datagram) else {
            return;
        };
        // An error here is a datagram that makes no sense. Anyone can send one; it must not end
        // the call.
        if let Err(error) = self.rtc.handle_input(Input::Receive(now, receive)) {
            tracing::debug!(%error, "datagram refused");
        }
    }

    /// The browser checks a path from another address after an ICE restart: the old one is given up. The library would
    /// stay with it, since both look equally good.
    fn leave_path(&mut self, protocol: Protocol, from: SocketAddr) {
        self.restarted = false;
        if let Some((protocol, old)) = self.path.filter(|&path| path != (protocol, from)) {
            let learnt = CandidateKind::PeerReflexive;
            let candidate = Candidate::from_parts(String::new(), 1, protocol, 0, old, learnt, None, None, None);
            self.rtc.direct_api().invalidate_candidate(&candidate);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
            tracing::debug!(%error, "WebRTC timer failed");
            self.rtc.disconnect();
        }
    }

    /// Queues an RTP packet; it leaves by [`WebRtcLeg::poll`].
    pub(crate) fn write(
        &mut self,
        payload_type: u8,
        sequence: u64,
        timestamp: u32,
        marker: bool,
        payload: Arc<[u8]>,
        now: Instant,
    ) {
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx(&self.ssrc) else {
            return;
        };
        let packet = RtpWrite::new(payload_type.into(), sequence.into(), timestamp, now, payload);
        stream.write_rtp(packet.marker(marker));
        self.handle_timeout(now);
    }

    /// Says goodbye to the browser; what has to be sent leaves by [`WebRtcLeg::poll`].
    pub(crate) fn close(&mut self) {
        self.lost = true;
        if let Err(error) = self.rtc.close() {
            tracing::debug!(%error, "WebRTC close failed");
        }
    }

    pub(crate) fn poll(&mut self) -> Polled {
        loop {
            let output = match self.rtc.poll_output() {
                Ok(output) => output,
                Err(error) => {
                    tracing::info!(%error, "WebRTC connection failed");
                    self.rtc.disconnect();
                    if self.set_lost() {
                        return Polled::Lost;
                    }
                    continue;
                }
            };
            match output {
                str0m::Output::Transmit(transmit) => {
                    self.path = Some((transmit.proto, transmit.destination));
                    return Polled::Transmit(transmit);
                }
                str0m::Output::Timeout(at) => {
                    if !self.rtc.is_alive() {
                        self.timeout = None;
                        if self.set_lost() {
                            return Polled::Lost;
                        }
                    } else {
                        self.timeout = Some(at);
                    }
                    return Polled::Idle;
                }
                str0m::Output::Event(event) => match event {
                    str0m::Event::RtpPacket(packet) => {
                        let header = RtpHeader {
                            payload_type: *packet.header.payload_type,
                            marker: packet.header.marker,
                            sequence: packet.header.sequence_number,
                            timestamp: packet.header.timestamp,
                            ssrc: *packet.header.ssrc,
                        };
                        return Polled::Packet(header, packet.payload);
                    }
                    str0m::Event::Connected => {
                        self.connected = true;
                        return Polled::Connected;
                    }
                    str0m::Event::MediaEgressStats(stats) => {
                        // What a report did not say stays as the one before said it.
                        let Remote { lost, fraction, jitter, round_trip, .. } = self.remote;
                        let report = stats.remote.as_ref();
                        self.remote = Remote {
                            lost: report.map(|report| report.packets_lost as u32).or(lost),
                            jitter: report.map(|report| report.jitter).or(jitter),
                            fraction: stats.loss.or(fraction),
                            round_trip: stats.rtt.or(round_trip),
                            metrics: None,
                        };
                    }
                    str0m::Event::Closed if self.set_lost() => return Polled::Lost,
                    str0m::Event::IceConnectionStateChange(state) if self.connected => {
                        match state {
                            IceConnectionState::Disconnected if self.set_lost() => {
                                return Polled::Lost;
                            }
                            // It came back, as after a change of network.
                            IceConnectionState::Connected | IceConnectionState::Completed
                                if std::mem::take(&mut self.lost) =>
                            {
                                return Polled::Connected;
                            }
                            _ => {}
                        }
                    }
                    _ => {}
                },
            }
        }
    }

    /// Whether this is the first time the loss is noticed.
    fn set_lost(&mut self) -> bool {
        !std::mem::replace(&mut self.lost, true)
    }

    fn expect(&mut self, source: u32) {
        if source == 0 || self.sources.contains(&source) || self.sources.len() >= MAX_SOURCES {
            return;
        }
        self.sources.push(source);
        let mut direct = self.rtc.direct_api();
        // Audio is not sent again on request: it would come too late.
        direct.expect_stream_rx(source.into(), None, self.mid, None).suppress_nack(true);
    }
}

impl std::fmt::Debug for WebRtcLeg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebRtcLeg")
            .field("connected", &self.connected)
            .field("lost", &self.lost)
            .field("formats", &self.formats)
            .finish_non_exhaustive()
    }
}

/// Our half of the user name in a STUN binding request (RFC 8445 section 7.2.2), `None` for any
/// other datagram. The message is not verified: use it to find the leg, nothing else.
pub fn stun_ufrag(datagram: &[u8]) -> Option<&str> {
    const BINDING_REQUEST: [u8; 2] = [0, 1];
    const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
    const USERNAME: u16 = 6;

    let (head, mut attributes) = datagram.split_first_chunk::<20>()?;
    if head[..2] != BINDING_REQUEST || head[4..8] != MAGIC_COOKIE {
        return None;
    }
    while let Some((head, rest)) = attributes.split_first_chunk::<4>() {
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = rest.get(..length)?;
        if kind == USERNAME {
            let name = std::str::from_utf8(value).ok()?;
            return name.split_once(':').map(|(local, _)| local);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

fn library_codec(kind: Kind) -> (str0m::format::Codec, Frequency, Option<u8>) {
    use str0m::format::Codec as Library;
    match kind {
        Kind::Audio(Codec::Opus) => (Library::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2)),
        Kind::Audio(Codec::Pcma) => (Library::PCMA, Frequency::EIGHT_KHZ, None),
        Kind::Audio(Codec::Pcmu) => (Library::PCMU, Frequency::EIGHT_KHZ, None),
        // The library counts G.722 at its sampling rate and corrects the RTP clock itself.
        Kind::Audio(Codec::G722) => (Library::G722, Frequency::SIXTEEN_KHZ, None),
        Kind::Event { clock: 48_000 } => (Library::Tele, Frequency::FORTY_EIGHT_KHZ, None),
        Kind::Event { .. } => (Library::Tele, Frequency::EIGHT_KHZ, None),
    }
}

fn parse_fingerprint(value: &str) -> Option<Fingerprint> {
    let (hash, digest) = value.trim().split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let fingerprint: Fingerprint = format!("sha-256 {}", digest.trim()).parse().ok()?;
    (fingerprint.bytes.len() == 32).then_some(fingerprint)
}
