//! Two legs joined: audio relayed or transcoded, tones, echo and digits.
//!
//! Contract: after every call that takes `&mut self`, drain [`Session::poll_output`] until it
//! returns [`Output::Timeout`].

mod copies;
mod digits;
mod end;
mod figures;
mod inbound;
mod leg;
mod listen;
mod made;
mod output;
mod raster;
mod receive;
mod recording;
mod relay;
mod send;
mod sender;
mod taken;
mod watch;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::dsp::Tone;
use crate::quality::Quality;
use crate::random::Random;
use crate::rtp_leg::RtpLeg;
use crate::sdp::Negotiated;
use crate::sound::Player;
use crate::webrtc::{IceCredentials, WebRtcError, WebRtcLeg};
pub use copies::{Copying, PacketCopy};
use end::End;
pub use output::Output;
use output::Queue;
use raster::Raster;
use recording::Recording;
pub use taken::TakenLeg;

/// A clock this late starts a new grid instead of a burst.
const MAX_LATE: Duration = Duration::from_millis(200);

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
    /// The one UDP port of a WebRTC leg: STUN, DTLS, SRTP and SRTCP.
    Mux,
    /// The same in a TCP connection, a frame each (RFC 4571).
    MuxTcp,
}

/// One leg.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a session has two, and each packet of an RTP leg would pay for a box")]
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
    /// A sound made of a recording. Silence when it has ended.
    Clip(Player),
    /// Its own audio, sent back.
    Echo,
    /// What [`Session::push_audio`] brings, for a conference.
    Mix,
}

/// How digits are sent to the far end of a leg.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DigitMethod {
    /// As telephone events (RFC 4733); as tones where the leg agreed on none.
    #[default]
    Events,
    /// As tones in the audio.
    Tones,
    /// By signalling, such as SIP INFO: asked for with [`Event::Signal`].
    Signalling,
}

/// How a leg treats digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct DigitPolicy {
    /// How they are sent to its far end.
    pub send: DigitMethod,
    /// Whether they are looked for in the audio that comes from it. A far end that sends telephone events is taken
    /// at them.
    pub detect: bool,
}

/// Something that happened on a leg.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A WebRTC leg is up: ICE and DTLS are done. Comes again when a lost leg came back.
    Connected(Side),
    /// The first audio packet arrived.
    FirstPacket(Side),
    /// The first packet of a leg came from another address than the agreed one. Audio goes there from now on.
    OtherSource {
        /// The leg.
        side: Side,
        /// The address in its description.
        agreed: SocketAddr,
        /// Where it came from.
        from: SocketAddr,
    },
    /// A digit was pressed at the far end of this leg.
    Digit {
        /// The leg it came from.
        side: Side,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
        /// How long it was pressed.
        duration_ms: u32,
    },
    /// A digit is to be sent to the far end of this leg by signalling.
    Signal {
        /// The leg that is to get it.
        side: Side,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
        /// How long it was pressed.
        duration_ms: u32,
    },
    /// A clip for this leg ended, and it hears silence.
    Played(Side),
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
    /// From a leg that should send nothing has come for two seconds, see [`Session::expect_audio`].
    Silent {
        /// The leg.
        side: Side,
        /// Where its audio should come from; `None` where no address is known.
        from: Option<SocketAddr>,
        /// Whether nothing has ever come from it.
        never: bool,
    },
    /// A leg that was silent is heard again.
    Heard(Side),
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
    /// Packets that came too late to be played; 0 where audio is relayed.
    pub late: u64,
    /// How much longer runs of lost packets are than with independent loss; 0 before anything came.
    pub burst_ratio: f32,
    /// Packets of ours the peer says it lost; `None` before it reported.
    pub lost_remote: Option<u32>,
    /// Percent of our packets that the peer lost lately; `None` before it reported.
    pub loss_remote: Option<u8>,
    /// Interarrival jitter.
    pub jitter: Duration,
    /// Interarrival jitter that the peer reports of what we send; `None` before it reported.
    pub jitter_remote: Option<Duration>,
    /// To the peer and back, by RTCP; `None` before it is known.
    pub round_trip: Option<Duration>,
    /// How long packets wait in the jitter buffer; `None` where audio is relayed.
    pub playout_delay: Option<Duration>,
    /// Audio that was made up because packets were missing.
    pub concealed: Duration,
    /// How loud the leg is, in dBFS; `None` where audio is relayed.
    pub level: Option<f32>,
    /// How what comes from the leg is likely to be judged; `None` before anything came.
    pub quality: Option<Quality>,
    /// The same of what it hears, by its own reports; `None` before it reported.
    pub quality_remote: Option<Quality>,
    /// Whether audio towards the leg is converted, not relayed.
    pub transcoded: bool,
    /// Whether the leg is encrypted.
    pub encrypted: bool,
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
    recording: Option<Box<Recording>>,
    /// Where the clocks of audio tick.
    raster: Raster,
    /// The latest time given, for calls that take none.
    now: Option<Instant>,
}

impl Session {
    /// [`Session::new`] whose audio clocks tick at `epoch` and multiples of 5 ms from it: sessions with the same epoch
    /// share their ticks, so that who drives many of them wakes seldom.
    pub fn aligned(seed: u64, epoch: Instant) -> Self {
        Self { raster: Raster::new(Some(epoch)), ..Self::new(seed) }
    }

    /// A session without legs. Source identifiers, first sequence numbers and the times of
    /// reports come from `seed`, which should be random.
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            ends: [End::default(), End::default()],
            queue: Queue::default(),
            recording: None,
            raster: Raster::new(None),
            now: None,
        }
    }

    /// Puts a leg in place, ending the one that was there. Its source stays as set.
    pub fn set_leg(&mut self, side: Side, leg: Leg, now: Instant) {
        self.now = Some(now);
        self.clear_leg(side);
        self.formats_changed(side);
        self.ends[side as usize].install(leg, &mut self.random, now);
        self.heed_dtx(side);
        self.start_made(side, now);
        self.run_leg(side);
    }

    /// Ends a leg: a goodbye is sent to its peer, later packets for it are dropped.
    pub fn clear_leg(&mut self, side: Side) {
        let Some(now) = self.now else {
            return;
        };
        self.report(side, true, now);
        if let Some(Leg::WebRtc(leg)) = &mut self.ends[side as usize].leg {
            leg.close();
            self.run_leg(side);
        }
        self.end(side).remove();
        self.ends[side.other() as usize].peer_changed();
    }

    /// Takes the outcome of another offer and answer on a plain RTP leg: a re-INVITE, or a 200
    /// whose SDP differs from the 18x before. Source identifier and sequence numbers go on. A
    /// WebRTC leg, or none, is left as it is.
    pub fn update_rtp(&mut self, side: Side, negotiated: Negotiated, now: Instant) {
        self.now = Some(now);
        let end = self.end(side);
        if let Some(Leg::Rtp(leg)) = &mut end.leg {
            leg.update(negotiated, now);
            end.watch.agreed(now);
        }
        self.formats_changed(side);
        self.heed_dtx(side);
        self.run_leg(side);
    }

    /// Takes a browser's offer with new ICE credentials, see [`WebRtcLeg::restart`]. `None` where there is no WebRTC leg.
    pub fn restart_webrtc(
        &mut self,
        side: Side,
        offer: &str,
        credentials: IceCredentials,
        now: Instant,
    ) -> Option<Result<String, WebRtcError>> {
        self.now = Some(now);
        let Some(Leg::WebRtc(leg)) = &mut self.end(side).leg else {
            return None;
        };
        Some(leg.restart(offer, credentials))
    }

    /// Pauses of what is encoded for a leg go unsent where its far end prefers that. Comfort noise (RFC 3389) is sent
    /// wherever it was agreed.
    fn heed_dtx(&mut self, side: Side) {
        let end = self.end(side);
        let dtx = matches!(&end.leg, Some(Leg::Rtp(leg)) if leg.negotiated().dtx);
        end.outbound.sender.set_dtx(dtx);
    }

    /// Sets what the far end of a leg hears. A leg starts with [`Source::Silence`].
    pub fn set_source(&mut self, side: Side, source: Source, now: Instant) {
        self.now = Some(now);
        self.end(side).set_source(source);
        self.ends[side as usize].outbound.next = None;
        self.start_made(side, now);
    }

    /// What the far end of a leg hears.
    pub fn source(&self, side: Side) -> &Source {
        &self.ends[side as usize].outbound.source
    }

    /// The leg in place.
    pub fn leg(&self, side: Side) -> Option<&Leg> {
        self.ends[side as usize].leg.as_ref()
    }

    /// Takes a datagram that arrived on a socket of a leg.
    pub fn handle_packet(&mut self, side: Side, channel: Channel, from: SocketAddr, bytes: &[u8], now: Instant) {
        self.now = Some(now);
        self.datagram(side, channel, from, bytes, now);
    }

    /// Does what is due. Calling it early or late is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = Some(now);
        for side in [Side::A, Side::B] {
            if let Some(leg) = &mut self.end(side).leg {
                leg.handle_timeout(now);
                self.run_leg(side);
            }
            self.run_digits(side, now);
            self.run_made(side, now);
            self.run_playout(side, now);
            self.run_watch(side, now);
            self.end_digit(side, now);
            if self.end(side).report_at().is_some_and(|at| at <= now) {
                self.report(side, false, now);
            }
        }
        self.run_recording(now);
    }

    /// The next datagram to send or event to act on, and when there is none, when to call
    /// [`Session::handle_timeout`].
    pub fn poll_output(&mut self) -> Output<'_> {
        // Looked up first, since the queue stays borrowed by what it returns.
        let timeout = if self.queue.is_empty() { self.timeout() } else { None };
        self.queue.poll().unwrap_or(Output::Timeout(timeout))
    }

    fn timeout(&self) -> Option<Instant> {
        let recording = self.recording.as_ref().map(|recording| recording.next);
        self.ends.iter().filter_map(|end| end.timeout(self.now)).chain(recording).min()
    }

    fn end(&mut self, side: Side) -> &mut End {
        &mut self.ends[side as usize]
    }
}
