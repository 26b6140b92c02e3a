//! SDP, RTP, codecs and bridging as pure code: no sockets, no clock, no SIP.
//!
//! A [`Session`] joins two legs, each plain RTP towards a PBX or WebRTC towards a browser. Packets
//! and the time go in, packets and events come out; the caller owns every socket and timer.

pub mod codec;
pub mod container;
pub mod dsp;
pub mod dtmf;
pub mod mixer;
pub mod playout;
pub mod quality;
pub mod record;
pub mod rtp;
pub mod rtp_leg;
pub mod sdp;
pub mod session;
pub mod sound;
pub mod srtp;
pub mod webrtc;

mod random;
mod reception;
mod rtcp;
mod stream;
#[cfg(test)]
mod testing;

pub use codec::Codec;
pub use playout::{Playout, PlayoutStats, Pulled};
pub use quality::Quality;
pub use rtp_leg::RtpLeg;
pub use session::{Channel, DigitMethod, DigitPolicy, Event, Leg, LegStats, Output, Session, Side, Source};
pub use webrtc::{WebRtcConfig, WebRtcError, WebRtcLeg};
