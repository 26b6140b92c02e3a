//! A leg of plain RTP: what was negotiated, and from and to where it really goes.

use std::net::SocketAddr;

use crate::codec::Codec;
use crate::sdp::Negotiated;

/// The RTP side towards a PBX or phone.
///
/// Audio goes to the address in the SDP until the first valid packet arrives, then to where that
/// came from (symmetric RTP, RFC 4961), because phones behind a NAT write addresses that do not
/// reach them. It is fixed then: a stranger cannot take over a call by sending a packet.
#[derive(Debug)]
pub struct RtpLeg {
    negotiated: Negotiated,
    latched: Option<SocketAddr>,
    latched_rtcp: Option<SocketAddr>,
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

impl RtpLeg {
    /// A leg as offer and answer agreed.
    pub fn new(negotiated: Negotiated) -> Self {
        Self { negotiated, latched: None, latched_rtcp: None }
    }

    /// What was agreed last.
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// Where audio is sent now; `None` when the peer named the unspecified address and nothing
    /// has come from it.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.latched
            .or(Some(self.negotiated.remote))
            .filter(|remote| !remote.ip().is_unspecified() && remote.port() != 0)
    }

    /// Takes a new agreement. A new address starts over with [`RtpLeg::remote`]; the same address
    /// keeps what was learnt, since a re-INVITE for hold does not move the peer.
    pub(crate) fn update(&mut self, negotiated: Negotiated) {
        if negotiated.remote != self.negotiated.remote {
            self.latched = None;
            self.latched_rtcp = None;
        }
        self.negotiated = negotiated;
    }

    /// Whether RTP from this address belongs to the leg.
    ///
    /// The address in the SDP is always right: a stray packet of an earlier call on this port that
    /// came first must not lock the peer out.
    pub(crate) fn accepts(&self, from: SocketAddr) -> bool {
        self.latched.is_none_or(|latched| latched == from || from == self.negotiated.remote)
    }

    /// Remembers the source of a valid packet.
    pub(crate) fn latch(&mut self, from: SocketAddr) {
        self.latched = Some(from);
    }

    /// Whether RTCP from this address belongs to the leg: same host as the RTP.
    pub(crate) fn accepts_rtcp(&self, from: SocketAddr) -> bool {
        let expected = self.negotiated.remote_rtcp.map(|rtcp| rtcp.ip());
        self.remote().is_some_and(|remote| remote.ip() == from.ip()) || expected == Some(from.ip())
    }

    pub(crate) fn latch_rtcp(&mut self, from: SocketAddr) {
        self.latched_rtcp.get_or_insert(from);
    }

    /// Where RTCP goes: its own port, or that of RTP when both share one.
    pub(crate) fn remote_rtcp(&self) -> Option<SocketAddr> {
        if self.negotiated.rtcp_mux {
            return self.remote();
        }
        let written = self.negotiated.remote_rtcp?;
        // Behind a NAT the written address is as useless for RTCP as it was for RTP.
        let moved = self.latched.filter(|latched| latched.ip() != self.negotiated.remote.ip()).and_then(|latched| {
            let port = latched.port().checked_add(1)?;
            Some(SocketAddr::new(latched.ip(), port))
        });
        self.latched_rtcp
            .or(moved)
            .or(Some(written))
            .filter(|remote| !remote.ip().is_unspecified() && remote.port() != 0)
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
