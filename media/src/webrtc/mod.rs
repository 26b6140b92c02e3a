//! A leg towards a browser: an RTP leg with DTLS keys (RFC 5764) whose way is found by ICE.
//!
//! We are ICE-lite (RFC 8445 section 2.5): the browser makes the checks, and its address is
//! learnt from them, so its candidates are not needed.

mod answer;
mod ice;
mod stun;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use aws_lc_rs::hmac;

use crate::codec::Codec;
use crate::rtp::{RtpHeader, is_rtcp};
use crate::rtp_leg::{Incoming, Opened, OpenedPacket};
use crate::sdp::{Format, Kind, SdpError, event_for};
use crate::session::Channel;
use crate::srtp::{DtlsIdentity, Fingerprint, Handshake, Srtp, is_dtls};
use answer::{BrowserOffer, Ours};
use ice::{Ice, Path};
pub use stun::stun_ufrag;

/// Answers to checks that wait to be sent: they do so until the caller's next drain.
const MAX_ANSWERS: usize = 16;

/// What all WebRTC legs of a process share.
pub struct WebRtcConfig {
    identity: Arc<DtlsIdentity>,
    secret: hmac::Key,
    legs: AtomicU64,
    tcp: bool,
}

/// Fresh ICE credentials of ours.
pub struct IceCredentials {
    ufrag: String,
    password: String,
}

impl std::fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceCredentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

impl WebRtcConfig {
    /// Makes the certificate. `secret` must come from the system's random source: ICE names and
    /// passwords are derived from it.
    ///
    /// # Errors
    /// [`WebRtcError::Certificate`] when none can be made.
    pub fn new(secret: [u8; 32]) -> Result<Self, WebRtcError> {
        Ok(Self {
            identity: DtlsIdentity::new().ok_or(WebRtcError::Certificate)?,
            secret: hmac::Key::new(hmac::HMAC_SHA512, &secret),
            legs: AtomicU64::new(0),
            tcp: false,
        })
    }

    /// The same, where every candidate address takes TCP connections as well (RFC 6544), for browsers whose network lets
    /// no UDP through.
    pub fn with_tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// Credentials for [`WebRtcLeg::restart`].
    pub fn ice_credentials(&self) -> IceCredentials {
        self.names().0
    }

    /// What nobody else has, or can guess: ICE credentials of 64 bits of name and 128 of password (RFC 8839 section 5.4
    /// wants 24 and 128), a media source identifier, and a name of 96 bits for it (RFC 7022 section 4.2).
    fn names(&self) -> (IceCredentials, u32, String) {
        let leg = self.legs.fetch_add(1, Ordering::Relaxed);
        let tag = hmac::sign(&self.secret, &leg.to_be_bytes());
        let octets = tag.as_ref();
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let credentials = IceCredentials { ufrag: hex(&octets[..8]), password: hex(&octets[8..24]) };
        let ssrc = u32::from_be_bytes([octets[24], octets[25], octets[26], octets[27]]);
        (credentials, ssrc.max(1), hex(&octets[28..40]))
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
}

/// A connection with a browser.
pub struct WebRtcLeg {
    identity: Arc<DtlsIdentity>,
    ufrag: String,
    candidates: Vec<SocketAddr>,
    tcp: bool,
    ssrc: u32,
    /// The name of what we send (RFC 7022).
    cname: String,
    /// `o=` version of our latest answer.
    version: u32,
    /// The browser's certificate.
    fingerprint: Fingerprint,
    /// Whether we open the DTLS connection.
    active: bool,
    /// What was answered, in the order of preference.
    formats: Vec<Format>,
    sends: bool,
    receives: bool,
    ice: Ice,
    /// Begun when there is a path for it.
    handshake: Option<Handshake>,
    srtp: Option<Box<Srtp>>,
    /// Room for the packet being decrypted.
    clear: Vec<u8>,
    answers: VecDeque<(Path, Vec<u8>)>,
    closed: bool,
    told: Told,
}

/// What was said last of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Connected,
    Lost,
}

/// What a leg has to say after input.
pub(crate) enum Polled {
    Transmit(Channel, SocketAddr, Vec<u8>),
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
    ) -> Result<(Self, String), WebRtcError> {
        let offer = BrowserOffer::parse(offer_sdp)?;
        let formats = offer.agreed(codecs)?;
        if candidates.is_empty() {
            return Err(WebRtcError::NoCandidate);
        }
        let (credentials, ssrc, cname) = config.names();
        let leg = Self {
            identity: Arc::clone(&config.identity),
            ice: Ice::new(&credentials.ufrag, &credentials.password, &offer.ufrag),
            candidates: candidates.to_vec(),
            tcp: config.tcp,
            ssrc,
            cname,
            version: 1,
            fingerprint: offer.fingerprint.clone(),
            active: !offer.active,
            formats,
            sends: offer.direction.reversed().sends(),
            receives: offer.direction.reversed().receives(),
            handshake: None,
            srtp: None,
            clear: Vec::new(),
            answers: VecDeque::new(),
            closed: false,
            told: Told::Nothing,
            ufrag: credentials.ufrag.clone(),
        };
        let answer = leg.answer(&offer, &credentials);
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
        self.version += 1;
        self.ice.restart(&credentials.ufrag, &credentials.password, &offer.ufrag);
        self.ufrag.clone_from(&credentials.ufrag);
        Ok(self.answer(&offer, &credentials))
    }

    fn answer(&self, offer: &BrowserOffer, credentials: &IceCredentials) -> String {
        offer.answer(&Ours {
            credentials,
            fingerprint: self.identity.fingerprint(),
            candidates: &self.candidates,
            tcp: self.tcp,
            formats: &self.formats,
            ssrc: self.ssrc,
            cname: &self.cname,
            version: self.version,
        })
    }

    /// Our half of the STUN user name; datagrams of a browser whose address is not known yet are
    /// told apart by it, see [`stun_ufrag`].
    pub fn local_ufrag(&self) -> &str {
        &self.ufrag
    }

    /// What was answered, in the order of preference.
    pub(crate) fn formats(&self) -> &[Format] {
        &self.formats
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
        self.told == Told::Connected
    }

    pub(crate) fn sends(&self) -> bool {
        self.sends
    }

    pub(crate) fn receives(&self) -> bool {
        self.receives
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
        self.ssrc
    }

    pub(crate) fn cname(&self) -> &str {
        &self.cname
    }

    /// Where audio is sent now; `None` before the browser chose a path and the keys are there.
    pub(crate) fn remote(&self) -> Option<(Channel, SocketAddr)> {
        let path = self.ice.selected().filter(|_| self.is_connected())?;
        Some((path.channel, path.address))
    }

    /// When [`WebRtcLeg::handle_timeout`] has something to do.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        let handshake = self.handshake.as_ref().and_then(Handshake::deadline);
        handshake.into_iter().chain(self.ice.timeout()).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.ice.handle_timeout(now);
        if let Some(keys) = self.handshake.as_mut().and_then(|handshake| handshake.handle_timeout(now)) {
            self.srtp = Srtp::new(&keys.local, &keys.remote).map(Box::new);
        }
    }

    /// Takes a datagram. `None` for what is no audio, whose outcome waits in [`WebRtcLeg::poll`].
    pub(crate) fn open(&mut self, channel: Channel, from: SocketAddr, datagram: &[u8], now: Instant) -> Option<Opened> {
        let path = Path { channel, address: from };
        if stun::is_stun(datagram) {
            self.check(path, datagram, now);
            return None;
        }
        if is_dtls(datagram) {
            // Only who knows the password takes part: a browser checks its path first.
            let handshake = self.handshake.as_mut().filter(|_| self.ice.knows(path))?;
            if let Some(keys) = handshake.receive(datagram, now) {
                self.srtp = Srtp::new(&keys.local, &keys.remote).map(Box::new);
            }
            return None;
        }
        let srtp = self.srtp.as_mut()?;
        let clear = &mut self.clear;
        let packet = if is_rtcp(datagram) {
            srtp.unprotect_rtcp(datagram, clear).ok()?;
            OpenedPacket::Rtcp
        } else {
            srtp.unprotect(datagram, clear).ok()?;
            let (header, payload) = RtpHeader::parse(clear).ok()?;
            OpenedPacket::Rtp(header, payload)
        };
        Some(Opened { packet, clear: Some(std::mem::take(clear)) })
    }

    /// Takes a connectivity check. The first that counts opens the way for the handshake.
    fn check(&mut self, path: Path, datagram: &[u8], now: Instant) {
        let Some(answer) = self.ice.receive(path, datagram, now) else {
            return;
        };
        if self.answers.len() < MAX_ANSWERS {
            self.answers.push_back((path, answer));
        }
        if self.handshake.is_none() && self.ice.selected().is_some() {
            let (identity, fingerprint) = (Arc::clone(&self.identity), self.fingerprint.clone());
            self.handshake = Some(Handshake::new(identity, fingerprint, self.active, now));
        }
    }

    /// Takes back the room of [`Opened::clear`].
    pub(crate) fn recycle(&mut self, clear: Option<Vec<u8>>) {
        if let Some(clear) = clear {
            self.clear = clear;
        }
    }

    /// Encrypts the RTP packet at the end of `buffer`, which begins at `start`. `false` when it must not be sent.
    /// `sequence` has its wraps counted.
    pub(crate) fn seal(&mut self, buffer: &mut Vec<u8>, start: usize, sequence: u64) -> bool {
        self.srtp.as_mut().is_some_and(|srtp| srtp.protect(buffer, start, sequence))
    }

    /// The same for a compound RTCP packet.
    pub(crate) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> bool {
        self.srtp.as_mut().is_some_and(|srtp| srtp.protect_rtcp(buffer, start))
    }

    /// Says goodbye to the browser; what has to be sent leaves by [`WebRtcLeg::poll`].
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.told = Told::Lost;
        if let Some(handshake) = &mut self.handshake {
            handshake.close();
        }
    }

    pub(crate) fn poll(&mut self) -> Polled {
        if let Some((path, answer)) = self.answers.pop_front() {
            return Polled::Transmit(path.channel, path.address, answer);
        }
        if let (Some(path), Some(handshake)) = (self.ice.selected(), &mut self.handshake)
            && let Some(datagram) = handshake.poll()
        {
            return Polled::Transmit(path.channel, path.address, datagram);
        }
        let connection = self.connection();
        if std::mem::replace(&mut self.told, connection) == connection {
            return Polled::Idle;
        }
        if connection == Told::Connected { Polled::Connected } else { Polled::Lost }
    }

    /// What is to be said of the connection.
    fn connection(&self) -> Told {
        let handshake = self.handshake.as_ref();
        if self.closed || handshake.is_some_and(Handshake::is_closed) {
            Told::Lost
        } else if self.srtp.is_some() {
            // It may come back, as after a change of network.
            if self.ice.is_alive() { Told::Connected } else { Told::Lost }
        } else if handshake.is_some_and(Handshake::has_failed) {
            Told::Lost
        } else {
            Told::Nothing
        }
    }
}

impl std::fmt::Debug for WebRtcLeg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebRtcLeg").field("told", &self.told).field("formats", &self.formats).finish_non_exhaustive()
    }
}
