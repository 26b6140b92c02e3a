//! What a session asks of either kind of leg.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Channel, Leg};
use crate::rtp_leg::{Incoming, Opened};
use crate::sdp::Xr;
use crate::webrtc::Polled;

/// Largest payload sent to a browser, so that a packet stays below the 1,200 octets that WebRTC sends by any network;
/// 120 ms of G.711 are 960.
const MAX_BROWSER_PAYLOAD: usize = 1_100;

impl Leg {
    /// Takes a datagram, see [`RtpLeg::open`](crate::RtpLeg::open).
    pub(super) fn open(&mut self, channel: Channel, from: SocketAddr, datagram: &[u8], now: Instant) -> Option<Opened> {
        match self {
            Self::Rtp(leg) => leg.open(channel, from, datagram, now),
            Self::WebRtc(leg) => leg.open(channel, from, datagram, now),
        }
    }

    /// Takes back the room of [`Opened::clear`].
    pub(super) fn recycle(&mut self, clear: Option<Vec<u8>>) {
        match self {
            Self::Rtp(leg) => leg.recycle(clear),
            Self::WebRtc(leg) => leg.recycle(clear),
        }
    }

    /// Where audio is sent now, if it can be.
    pub(super) fn remote(&self) -> Option<(Channel, SocketAddr)> {
        match self {
            Self::Rtp(leg) => Some((Channel::Rtp, leg.remote()?)),
            Self::WebRtc(leg) => leg.remote(),
        }
    }

    /// Where reports are sent.
    pub(super) fn remote_rtcp(&self) -> Option<(Channel, SocketAddr)> {
        match self {
            Self::Rtp(leg) => {
                let channel = if leg.negotiated().rtcp_mux { Channel::Rtp } else { Channel::Rtcp };
                Some((channel, leg.remote_rtcp()?))
            }
            Self::WebRtc(leg) => leg.remote(),
        }
    }

    /// Encrypts what has to be encrypted, see [`RtpLeg::seal`](crate::RtpLeg::seal).
    pub(super) fn seal(&mut self, buffer: &mut Vec<u8>, start: usize, sequence: u64) -> bool {
        match self {
            Self::Rtp(leg) => leg.seal(buffer, start, sequence),
            Self::WebRtc(leg) => leg.seal(buffer, start, sequence),
        }
    }

    /// The same for a compound RTCP packet.
    pub(super) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> bool {
        match self {
            Self::Rtp(leg) => leg.seal_rtcp(buffer, start),
            Self::WebRtc(leg) => leg.seal_rtcp(buffer, start),
        }
    }

    /// Octets that a payload may have.
    pub(super) fn max_payload(&self) -> usize {
        match self {
            Self::Rtp(_) => usize::MAX,
            Self::WebRtc(_) => MAX_BROWSER_PAYLOAD,
        }
    }

    /// Whether audio may be sent by what was agreed, and can be.
    pub(super) fn may_send(&self) -> bool {
        match self {
            Self::Rtp(leg) => leg.negotiated().direction.sends() && leg.remote().is_some(),
            Self::WebRtc(leg) => leg.sends() && leg.is_connected(),
        }
    }

    /// What a payload type means when it comes from this leg.
    pub(super) fn incoming(&self, payload_type: u8) -> Option<Incoming> {
        match self {
            Self::Rtp(leg) => leg.incoming(payload_type),
            Self::WebRtc(leg) => leg.incoming(payload_type),
        }
    }

    /// The extended reports that the peer wants.
    pub(super) fn xr(&self) -> Xr {
        match self {
            Self::Rtp(leg) => leg.negotiated().xr,
            Self::WebRtc(_) => Xr::default(),
        }
    }

    /// Audio per packet.
    pub(super) fn ptime(&self) -> Duration {
        match self {
            Self::Rtp(leg) => Duration::from_millis(leg.negotiated().ptime.into()),
            Self::WebRtc(_) => Duration::from_millis(20),
        }
    }

    /// Whether audio is encrypted on its way.
    pub(super) fn is_encrypted(&self) -> bool {
        match self {
            Self::Rtp(leg) => leg.negotiated().security.is_encrypted(),
            Self::WebRtc(_) => true,
        }
    }

    /// When [`Leg::handle_timeout`] has something to do.
    pub(super) fn timeout(&self) -> Option<Instant> {
        match self {
            Self::Rtp(leg) => leg.timeout(),
            Self::WebRtc(leg) => leg.timeout(),
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Rtp(leg) => leg.handle_timeout(now),
            Self::WebRtc(leg) => leg.handle_timeout(now),
        }
    }

    /// What it has to say of its own accord.
    pub(super) fn poll(&mut self) -> Polled {
        match self {
            Self::Rtp(leg) => leg.poll().map_or(Polled::Idle, |(to, bytes)| Polled::Transmit(Channel::Rtp, to, bytes)),
            Self::WebRtc(leg) => leg.poll(),
        }
    }
}
