//! A leg of RTP: what was negotiated, from and to where it really goes, and how it is encrypted.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::rtp::{RtpHeader, is_rtcp};
use crate::sdp::{Negotiated, Security};
use crate::session::Channel;
use crate::srtp::{Handshake, Refused, Srtp, is_dtls};

/// How long a source has to be silent before its stream may come from elsewhere.
const SILENCE: Duration = Duration::from_secs(2);
/// How far a stream that moved may have gone on meanwhile: a minute of 20 ms packets.
const MAX_STEP: u16 = 3_000;

/// The RTP side towards a PBX or phone.
///
/// Audio goes to the address in the SDP until the first valid packet arrives, then to where that
/// came from (symmetric RTP, RFC 4961), because phones behind a NAT write addresses that do not
/// reach them. It is fixed then: a stranger cannot take over a call by sending a packet. With SRTP
/// only authentic packets count.
pub struct RtpLeg {
    negotiated: Negotiated,
    latched: Option<Latched>,
    latched_rtcp: Option<SocketAddr>,
    guard: Guard,
    /// Room for the packet being decrypted.
    clear: Vec<u8>,
    refusals: Refusals,
}

/// Where the stream comes from, and its latest packet.
#[derive(Debug, Clone, Copy)]
struct Latched {
    from: SocketAddr,
    ssrc: u32,
    sequence: u16,
    at: Instant,
}

/// What makes and checks packets of an encrypted leg.
enum Guard {
    Plain,
    Keyed(Box<Srtp>),
    /// Without keys until the handshake has given them.
    Dtls(Box<DtlsGuard>),
}

#[derive(Default)]
struct DtlsGuard {
    /// Begun with [`RtpLeg::start`].
    handshake: Option<Handshake>,
    /// Who takes part in it.
    from: Option<SocketAddr>,
    srtp: Option<Srtp>,
}

/// Packets that came to a leg and were dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refusals {
    /// From an address that the stream does not come from.
    pub strangers: u64,
    /// Not encrypted with the agreed keys.
    pub unauthentic: u64,
    /// Copies of earlier packets.
    pub replayed: u64,
}

/// What a payload type means on a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incoming {
    Audio(Codec),
    /// A telephone event with this clock in Hz.
    Event(u32),
    /// A description of the noise where nobody speaks (RFC 3389).
    Noise,
}

/// A datagram that belongs to the leg.
pub(crate) struct Opened {
    pub(crate) packet: OpenedPacket,
    /// The packet decrypted, where it was encrypted; to be given back with [`RtpLeg::recycle`].
    pub(crate) clear: Option<Vec<u8>>,
}

pub(crate) enum OpenedPacket {
    /// With the place of its payload.
    Rtp(RtpHeader, Range<usize>),
    Rtcp,
}

impl RtpLeg {
    /// A leg as offer and answer agreed.
    pub fn new(negotiated: Negotiated) -> Self {
        Self {
            guard: Guard::new(&negotiated.security),
            negotiated,
            latched: None,
            latched_rtcp: None,
            clear: Vec::new(),
            refusals: Refusals::default(),
        }
    }

    /// What was agreed last.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// Packets that were dropped since the leg began.
    pub fn refusals(&self) -> Refusals {
        self.refusals
    }

    /// Where audio is sent now; `None` when the peer named the unspecified address and nothing
    /// has come from it, and while there are no keys yet.
    pub fn remote(&self) -> Option<SocketAddr> {
        if matches!(&self.guard, Guard::Dtls(dtls) if dtls.srtp.is_none()) {
            return None;
        }
        self.latched.map(|latched| latched.from).or(Some(self.negotiated.remote)).filter(is_somewhere)
    }

    /// The agreed address and the one that audio comes from, where they differ. A peer that named no address has not
    /// moved.
    pub(crate) fn moved(&self) -> Option<(SocketAddr, SocketAddr)> {
        let (agreed, from) = (self.negotiated.remote, self.latched?.from);
        (is_somewhere(&agreed) && agreed != from).then_some((agreed, from))
    }

    /// Begins what the agreement asks for: a handshake.
    pub(crate) fn start(&mut self, now: Instant) {
        let (Guard::Dtls(dtls), Security::Dtls { identity, fingerprint, active }) =
            (&mut self.guard, &self.negotiated.security)
        else {
            return;
        };
        if dtls.handshake.as_ref().is_none_or(|handshake| !handshake.is_with(fingerprint, *active)) {
            // RFC 5763 section 6.6: another certificate or role is another association. The keys stay until it
            // gives others.
            dtls.handshake = Some(Handshake::new(Arc::clone(identity), fingerprint.clone(), *active, now));
            dtls.from = None;
        }
    }

    /// Takes a new agreement. A new address starts over with [`RtpLeg::remote`]; the same address
    /// keeps what was learnt, since a re-INVITE for hold does not move the peer. The same keys go
    /// on; with new ones, packets under the old are taken until the first under the new.
    pub(crate) fn update(&mut self, negotiated: Negotiated, now: Instant) {
        if negotiated.remote != self.negotiated.remote {
            self.latched = None;
            self.latched_rtcp = None;
            if let Guard::Dtls(dtls) = &mut self.guard {
                dtls.from = None;
            }
        }
        match (&mut self.guard, &negotiated.security) {
            (Guard::Keyed(srtp), Security::Sdes { local, remote }) => srtp.rekey(local, remote),
            (Guard::Dtls(_), Security::Dtls { .. }) | (Guard::Plain, Security::Plain) => {}
            (guard, security) => *guard = Guard::new(security),
        }
        self.negotiated = negotiated;
        self.start(now);
    }

    /// Takes a datagram that came to one of the leg's ports. `None` for what does not belong to it, and for a
    /// handshake, whose outcome waits in [`RtpLeg::poll`].
    pub(crate) fn open(&mut self, channel: Channel, from: SocketAddr, datagram: &[u8], now: Instant) -> Option<Opened> {
        if channel == Channel::Rtcp || is_rtcp(datagram) {
            return self.open_rtcp(channel, from, datagram);
        }
        let mut clear = match &mut self.guard {
            Guard::Plain => {
                let (header, payload) = RtpHeader::parse(datagram).ok()?;
                self.incoming(header.payload_type)?;
                if !self.accepts(from, &header, now) {
                    self.refusals.strangers += 1;
                    return None;
                }
                self.latched = Some(Latched { from, ssrc: header.ssrc, sequence: header.sequence, at: now });
                return Some(Opened { packet: OpenedPacket::Rtp(header, payload), clear: None });
            }
            Guard::Dtls(dtls) if is_dtls(datagram) => {
                dtls.receive(from, self.negotiated.remote, datagram, now);
                return None;
            }
            Guard::Keyed(_) | Guard::Dtls(_) => std::mem::take(&mut self.clear),
        };
        let opened = match self.guard.srtp() {
            Some(srtp) => srtp.unprotect(datagram, &mut clear),
            None => Err(Refused::Unauthentic),
        };
        let parsed = self.counted(opened).and_then(|()| RtpHeader::parse(&clear).ok());
        let known = parsed.filter(|(header, _)| self.incoming(header.payload_type).is_some());
        let Some((header, payload)) = known else {
            self.clear = clear;
            return None;
        };
        self.follow(from, &header, now);
        Some(Opened { packet: OpenedPacket::Rtp(header, payload), clear: Some(clear) })
    }

    fn open_rtcp(&mut self, channel: Channel, from: SocketAddr, datagram: &[u8]) -> Option<Opened> {
        let clear = if matches!(self.guard, Guard::Plain) {
            if !self.accepts_rtcp(from) {
                return None;
            }
            None
        } else {
            let mut clear = std::mem::take(&mut self.clear);
            let opened = match self.guard.srtp() {
                Some(srtp) => srtp.unprotect_rtcp(datagram, &mut clear),
                None => Err(Refused::Unauthentic),
            };
            if self.counted(opened).is_none() {
                self.clear = clear;
                return None;
            }
            Some(clear)
        };
        if channel == Channel::Rtcp && (self.latched_rtcp.is_none() || self.negotiated.remote_rtcp == Some(from)) {
            self.latched_rtcp = Some(from);
        }
        Some(Opened { packet: OpenedPacket::Rtcp, clear })
    }

    /// Takes back the room of [`Opened::clear`].
    pub(crate) fn recycle(&mut self, clear: Option<Vec<u8>>) {
        if let Some(clear) = clear {
            self.clear = clear;
        }
    }

    /// Encrypts the RTP packet at the end of `buffer`, which begins at `start`, where the leg is encrypted. `false`
    /// when it must not be sent. `sequence` has its wraps counted.
    pub(crate) fn seal(&mut self, buffer: &mut Vec<u8>, start: usize, sequence: u64) -> bool {
        match &mut self.guard {
            Guard::Plain => true,
            guard => guard.srtp().is_some_and(|srtp| srtp.protect(buffer, start, sequence)),
        }
    }

    /// The same for a compound RTCP packet.
    pub(crate) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> bool {
        match &mut self.guard {
            Guard::Plain => true,
            guard => guard.srtp().is_some_and(|srtp| srtp.protect_rtcp(buffer, start)),
        }
    }

    /// When [`RtpLeg::handle_timeout`] has something to do.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        match &self.guard {
            Guard::Dtls(dtls) => dtls.handshake.as_ref()?.deadline(),
            Guard::Plain | Guard::Keyed(_) => None,
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Guard::Dtls(dtls) = &mut self.guard
            && let Some(keys) = dtls.handshake.as_mut().and_then(|handshake| handshake.handle_timeout(now))
        {
            dtls.srtp = Srtp::new(&keys.local, &keys.remote);
        }
    }

    /// The next datagram of a handshake, to be sent from the RTP port.
    pub(crate) fn poll(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        let Guard::Dtls(dtls) = &mut self.guard else {
            return None;
        };
        let to = dtls.from.or(Some(self.negotiated.remote)).filter(is_somewhere);
        let datagram = dtls.handshake.as_mut()?.poll()?;
        Some((to?, datagram))
    }

    /// Whether a packet that anybody could have made belongs to the stream.
    ///
    /// The address in the SDP is always right, and then its host: a stray packet of an earlier call on this port, or
    /// a stranger's, that came first must not lock the peer out. Otherwise the stream may move only when it has
    /// stopped where it was and goes on elsewhere, as behind a NAT that lost its mapping.
    fn accepts(&self, from: SocketAddr, header: &RtpHeader, now: Instant) -> bool {
        let Some(latched) = &self.latched else {
            return true;
        };
        if latched.from == from {
            return true;
        }
        let written = self.negotiated.remote;
        let likeness = |source: SocketAddr| (source.ip() == written.ip(), source == written);
        likeness(from) > likeness(latched.from)
            || now.saturating_duration_since(latched.at) >= SILENCE
                && header.ssrc == latched.ssrc
                && (1..=MAX_STEP).contains(&header.sequence.wrapping_sub(latched.sequence))
    }

    /// Follows an authentic packet to where it came from, unless a later one came from elsewhere.
    fn follow(&mut self, from: SocketAddr, header: &RtpHeader, now: Instant) {
        let late = self.latched.is_some_and(|latched| {
            latched.ssrc == header.ssrc && (header.sequence.wrapping_sub(latched.sequence) as i16) < 0
        });
        if !late {
            self.latched = Some(Latched { from, ssrc: header.ssrc, sequence: header.sequence, at: now });
        }
    }

    /// Whether RTCP from this address belongs to a leg without encryption: same host as the RTP.
    fn accepts_rtcp(&self, from: SocketAddr) -> bool {
        let expected = self.negotiated.remote_rtcp.map(|rtcp| rtcp.ip());
        self.remote().is_some_and(|remote| remote.ip() == from.ip()) || expected == Some(from.ip())
    }

    fn counted(&mut self, opened: Result<(), Refused>) -> Option<()> {
        match opened {
            Ok(()) => return Some(()),
            Err(Refused::Replayed) => self.refusals.replayed += 1,
            Err(Refused::Unauthentic) => {
                if self.refusals.unauthentic == 0 {
                    tracing::warn!(
                        remote = %self.negotiated.remote,
                        "a packet on an encrypted RTP port is not encrypted with the agreed keys; such are dropped"
                    );
                }
                self.refusals.unauthentic += 1;
            }
        }
        None
    }

    /// Where RTCP goes: its own port, or that of RTP when both share one.
    pub(crate) fn remote_rtcp(&self) -> Option<SocketAddr> {
        if self.negotiated.rtcp_mux {
            return self.remote();
        }
        // A handshake for RTCP alone is not made: whoever has DTLS shares the port.
        if matches!(self.guard, Guard::Dtls(_)) {
            return None;
        }
        let written = self.negotiated.remote_rtcp?;
        // Behind a NAT the written address is as useless for RTCP as it was for RTP.
        let moved = self.latched.map(|latched| latched.from);
        let moved = moved.filter(|moved| moved.ip() != self.negotiated.remote.ip()).and_then(|moved| {
            let port = moved.port().checked_add(1)?;
            Some(SocketAddr::new(moved.ip(), port))
        });
        self.latched_rtcp.or(moved).or(Some(written)).filter(is_somewhere)
    }

    pub(crate) fn incoming(&self, payload_type: u8) -> Option<Incoming> {
        if let Some(&(_, codec)) = self.negotiated.receive.iter().find(|(pt, _)| *pt == payload_type) {
            return Some(Incoming::Audio(codec));
        }
        if self.negotiated.comfort_noise.is_some_and(|(_, receive)| payload_type == receive) {
            return Some(Incoming::Noise);
        }
        // Some peers send events with the number they want to receive.
        let (send, receive, clock) = self.negotiated.telephone_event?;
        (payload_type == receive || payload_type == send).then_some(Incoming::Event(clock))
    }
}

impl Guard {
    fn new(security: &Security) -> Self {
        match security {
            Security::Plain => Self::Plain,
            // The library takes every key of the right length. If it ever did not: silence, never plain audio.
            Security::Sdes { local, remote } => {
                Srtp::new(local, remote).map_or_else(|| Self::Dtls(Box::default()), |srtp| Self::Keyed(Box::new(srtp)))
            }
            Security::Dtls { .. } => Self::Dtls(Box::default()),
        }
    }

    fn srtp(&mut self) -> Option<&mut Srtp> {
        match self {
            Self::Plain => None,
            Self::Keyed(srtp) => Some(srtp),
            Self::Dtls(dtls) => dtls.srtp.as_mut(),
        }
    }
}

impl DtlsGuard {
    fn receive(&mut self, from: SocketAddr, written: SocketAddr, datagram: &[u8], now: Instant) {
        // Another source counts only where the address in the SDP says so, like the audio.
        if from != written && self.from.is_some_and(|known| known != from) {
            return;
        }
        let Some(handshake) = &mut self.handshake else {
            return;
        };
        self.from = Some(from);
        if let Some(keys) = handshake.receive(datagram, now) {
            self.srtp = Srtp::new(&keys.local, &keys.remote);
        }
    }
}

impl fmt::Debug for RtpLeg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtpLeg")
            .field("negotiated", &self.negotiated)
            .field("latched", &self.latched)
            .field("refusals", &self.refusals)
            .finish_non_exhaustive()
    }
}

/// Whether an address can be sent to.
fn is_somewhere(remote: &SocketAddr) -> bool {
    !remote.ip().is_unspecified() && remote.port() != 0
}

#[cfg(test)]
mod tests;
