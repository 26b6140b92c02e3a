//! Two legs joined: audio relayed or transcoded, tones, echo and digits.
//!
//! Contract: after every call that takes `&mut self`, drain [`Session::poll_output`] until it
//! returns [`Output::Timeout`].

mod end;
mod forward;
mod output;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::dsp::Tone;
use crate::random::Random;
use crate::rtp_leg::RtpLeg;
use crate::sdp::Negotiated;
use crate::webrtc::WebRtcLeg;
use end::End;
pub use output::Output;
use output::Queue;

/// One of the two legs of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first leg.
    A,
    /// The second leg.
    B,
}

impl Side {
    /// The leg across.
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Which socket of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The RTP port of a plain RTP leg, which carries RTCP too when both share it.
    Rtp,
    /// The RTCP port of a plain RTP leg.
    Rtcp,
    /// The one port of a WebRTC leg: STUN, DTLS, SRTP and SRTCP.
    Mux,
}

/// One leg.
#[derive(Debug)]
pub enum Leg {
    /// Plain RTP towards a PBX or phone.
    Rtp(RtpLeg),
    /// WebRTC towards a browser.
    WebRtc(Box<WebRtcLeg>),
}

/// What is sent to a leg: what the person at its far end hears.
#[derive(Debug, Default)]
pub enum Source {
    /// Nothing is sent.
    #[default]
    Silence,
    /// The audio and digits of the other leg.
    Peer,
    /// A tone made here.
    Tone(Tone),
    /// Its own audio, sent back.
    Echo,
}

/// Something that happened on a leg.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A WebRTC leg is up: ICE and DTLS are done. Comes again when a lost leg came back.
    Connected(Side),
    /// The first audio packet arrived.
    FirstPacket(Side),
    /// A digit was pressed at the far end of this leg.
    Digit {
        /// The leg it came from.
        side: Side,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
        /// How long it was pressed.
        duration_ms: u32,
    },
    /// A WebRTC leg is gone: closed by the browser, or no sign of life for some seconds.
    Lost(Side),
    /// Audio towards this leg is converted from now on.
    Transcoding {
        /// The leg that hears it.
        side: Side,
        /// What arrives.
        from: Codec,
        /// What is sent.
        to: Codec,
    },
}

/// Figures of one leg since it was set.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LegStats {
    /// RTP packets received, duplicates left out.
    pub packets_in: u64,
    /// RTP payload octets received.
    pub bytes_in: u64,
    /// RTP packets sent.
    pub packets_out: u64,
    /// RTP payload octets sent.
    pub bytes_out: u64,
    /// Packets that never arrived here.
    pub lost: u64,
    /// Packets of ours the peer says it lost; `None` before it reported, and for WebRTC.
    pub lost_remote: Option<u32>,
    /// Interarrival jitter.
    pub jitter: Duration,
    /// To the peer and back, by RTCP; `None` before it is known, and for WebRTC.
    pub round_trip: Option<Duration>,
    /// When the last packet arrived.
    pub last_packet: Option<Instant>,
    /// The codec received last.
    pub codec: Option<Codec>,
    /// The codec sent last.
    pub codec_out: Option<Codec>,
}

/// A media session of two legs.
#[derive(Debug)]
pub struct Session {
    random: Random,
    ends: [End; 2],
    queue: Queue,
    /// The latest time given, for calls that take none.
    now: Option<Instant>,
}

impl Session {
    /// A session without legs. Source identifiers, first sequence numbers and the times of
    /// reports come from `seed`, which should be random.
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), ends: [End::default(), End::default()], queue: Queue::default(), now: None }
    }

    /// Puts a leg in place, ending the one that was there. Its source stays as set.
    pub fn set_leg(&mut self, side: Side, leg: Leg, now: Instant) {
        self.now = Some(now);
        self.clear_leg(side);
        self.ends[side as usize].install(leg, &mut self.random, now);
        self.flush(side, now);
    }

    /// Ends a leg: a goodbye is sent to its peer, later packets for it are dropped.
    pub fn clear_leg(&mut self, side: Side) {
        let Some(now) = self.now else {
            return;
        };
        if let Some(Leg::WebRtc(leg)) = &mut self.ends[side as usize].leg {
            leg.close();
        }
        self.flush(side, now);
        self.report(side, true, now);
        self.end(side).remove();
        self.ends[side.other() as usize].peer_changed();
    }

    /// Takes the outcome of another offer and answer on a plain RTP leg: a re-INVITE, or a 200
    /// whose SDP differs from the 18x before. Source identifier and sequence numbers go on. A
    /// WebRTC leg, or none, is left as it is.
    pub fn update_rtp(&mut self, side: Side, negotiated: Negotiated, now: Instant) {
        self.now = Some(now);
        if let Some(Leg::Rtp(leg)) = &mut self.end(side).leg {
            leg.update(negotiated);
        }
    }

    /// Sets what the far end of a leg hears. A leg starts with [`Source::Silence`].
    pub fn set_source(&mut self, side: Side, source: Source, now: Instant) {
        self.now = Some(now);
        self.end(side).set_source(source, now);
    }

    /// What the far end of a leg hears.
    pub fn source(&self, side: Side) -> &Source {
        &self.ends[side as usize].source
    }

    /// The leg in place.
    pub fn leg(&self, side: Side) -> Option<&Leg> {
        self.ends[side as usize].leg.as_ref()
    }

    /// Sends digits to the far end of a leg as telephone events of 100 ms, 50 ms apart. Audio
    /// towards it pauses meanwhile. At most 64 wait; none are sent when the leg did not agree on
    /// telephone events. Characters other than `0`-`9`, `*`, `#`, `A`-`D` are ignored.
    pub fn send_digits(&mut self, side: Side, digits: &str, now: Instant) {
        self.now = Some(now);
        let end = self.end(side);
        if end.leg.is_some() {
            end.digits_out.push(digits, crate::dtmf::DEFAULT_DURATION);
        }
        self.run_digits(side, now);
    }

    /// Whether a leg agreed on telephone events.
    pub fn can_send_digits(&self, side: Side) -> bool {
        self.ends[side as usize].event_format().is_some()
    }

    /// Takes a datagram that arrived on a socket of a leg.
    pub fn handle_packet(&mut self, side: Side, channel: Channel, from: SocketAddr, bytes: &[u8], now: Instant) {
        self.now = Some(now);
        match &mut self.end(side).leg {
            Some(Leg::Rtp(_)) => self.rtp_datagram(side, channel, from, bytes, now),
            Some(Leg::WebRtc(leg)) => {
                leg.receive(from, bytes, now);
                self.flush(side, now);
            }
            None => {}
        }
    }

    /// Does what is due. Calling it early or late is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = Some(now);
        for side in [Side::A, Side::B] {
            if let Some(Leg::WebRtc(leg)) = &mut self.end(side).leg
                && leg.timeout().is_some_and(|at| at <= now)
            {
                leg.handle_timeout(now);
                self.flush(side, now);
            }
            self.run_digits(side, now);
            self.run_tone(side, now);
            if let Some(pressed) = self.end(side).digits_in.timeout(now) {
                self.queue.event(Event::Digit { side, digit: pressed.digit, duration_ms: pressed.duration_ms });
            }
            if self.end(side).report_at().is_some_and(|at| at <= now) {
                self.report(side, false, now);
            }
        }
    }

    /// The next datagram to send or event to act on, and when there is none, when to call
    /// [`Session::handle_timeout`].
    pub fn poll_output(&mut self) -> Output<'_> {
        // Looked up first, since the queue stays borrowed by what it returns.
        let timeout =
            if self.queue.is_empty() { self.ends.iter().filter_map(|end| end.timeout(self.now)).min() } else { None };
        self.queue.poll().unwrap_or(Output::Timeout(timeout))
    }

    /// The figures of a leg.
    pub fn stats(&self, side: Side) -> LegStats {
        self.ends[side as usize].stats()
    }

    fn end(&mut self, side: Side) -> &mut End {
        &mut self.ends[side as usize]
    }
}
