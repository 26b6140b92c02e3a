//! To and from the media side.

use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use offhook_media::LegStats;
use offhook_media::codec::Codec;
use offhook_media::sdp::{Direction, SecurityKind};
use offhook_media::session::Side;

use super::super::cause::CauseCode;
use super::super::dtmf::Digit;
use crate::ids::{CallId, ConferenceId, LineGroupId};

/// What the media side reports.
#[derive(Debug)]
pub enum MediaInput {
    /// Our description for this side: the offer or answer that was asked for.
    Described {
        /// SDP.
        sdp: Bytes,
        /// The codec, where it is settled.
        codec: Option<Codec>,
        /// Whether the other end holds the call, and plays nothing itself.
        held: bool,
    },
    /// The other side's answer fits.
    Accepted {
        /// The codec that was agreed.
        codec: Codec,
        /// Whether the other end holds the call, and plays nothing itself.
        held: bool,
    },
    /// How the audio of this side is encrypted from now on.
    Secured {
        /// Whether, and with keys from where.
        security: SecurityKind,
    },
    /// Our offer for this side leaves no choice but encryption.
    EncryptionDemanded,
    /// What was asked for cannot be done.
    Refused {
        /// Why.
        cause: CauseCode,
    },
    /// A browser's audio path stands.
    Connected,
    /// A browser's audio path broke, or did not come about.
    Lost {
        /// Which of the two.
        cause: CauseCode,
    },
    /// A DTMF digit arrived on this side.
    Digit {
        /// The digit.
        digit: char,
    },
    /// A digit is to be told to this side by INFO.
    Signal(Digit),
    /// A recording of the call is complete.
    Recorded {
        /// The file.
        path: PathBuf,
    },
    /// A recording of the call ended before it should: the disk is full, too slow, or not ours to write to.
    RecordingFailed {
        /// A sentence for the log.
        reason: String,
    },
    /// This side should send audio and has not for two seconds.
    Silent {
        /// Where it should come from, where that is an address that was agreed.
        from: Option<SocketAddr>,
        /// Whether nothing has ever come.
        never: bool,
    },
    /// A silent side is heard again.
    Heard,
    /// The first audio of this side came from another address than the agreed one.
    OtherSource {
        /// The agreed one.
        agreed: SocketAddr,
        /// The other.
        from: SocketAddr,
    },
    /// This side's leg is over, with its last figures. For who keeps them, not for the call.
    LegEnded {
        /// The figures.
        stats: Box<LegStats>,
    },
    /// Nothing more comes of the call's media.
    Ended,
}

/// For the media side. Where it says so, a [`MediaInput`] comes back.
#[derive(Debug)]
pub enum MediaEffect {
    /// Take a browser's offer: [`MediaInput::Described`] with the answer, or `Refused`.
    AnswerBrowser {
        /// Which side it is.
        side: Side,
        /// The browser's offer.
        sdp: String,
        /// The codec the other side has or is expected to have.
        expected: Option<Codec>,
    },
    /// Take a browser's offer with new ICE credentials: `Described` with the answer, or `Refused`; then the old path
    /// goes on.
    RestartBrowser {
        /// Which side it is.
        side: Side,
        /// The browser's offer.
        sdp: String,
    },
    /// Make an offer for SIP: `Described`, or `Refused`.
    Offer {
        /// Which side it is for.
        side: Side,
        /// Whose codecs to offer.
        group: LineGroupId,
    },
    /// Answer an offer that came by SIP: `Described` with the codec, or `Refused`.
    AnswerOffer {
        /// Which side it came from.
        side: Side,
        /// Whose codecs we allow.
        group: LineGroupId,
        /// The codec the other side of the call has: taken where it is offered, so that nothing is transcoded.
        expected: Option<Codec>,
        /// The offer.
        sdp: Bytes,
    },
    /// Describe a side once more as it is, for an INVITE without offer: `Described`.
    Describe {
        /// The side.
        side: Side,
    },
    /// Take the answer to our offer: `Accepted`, or `Refused`.
    AcceptAnswer {
        /// Which side it came from.
        side: Side,
        /// The answer.
        sdp: Bytes,
    },
    /// Prepare somebody else for a side towards SIP, with a port of its own, while the side as it is talks on:
    /// `Described` with the offer, or `Refused`.
    OfferNext {
        /// Which side it is for.
        side: Side,
        /// Whose codecs to offer.
        group: LineGroupId,
    },
    /// Take the answer to [`MediaEffect::OfferNext`]: who was prepared has the side. `Accepted`, or `Refused`.
    AcceptNext {
        /// Which side it came from.
        side: Side,
        /// The answer.
        sdp: Bytes,
    },
    /// Forget who was prepared; the side stays as it is.
    DropNext,
    /// Offer a side towards SIP once more, in another direction: `Described` with the offer, or `Refused`. The answer
    /// goes into [`MediaEffect::AcceptAnswer`]; without one the side stays as it was, but after an offer of both ways an
    /// offer of its own is answered with both ways.
    Reoffer {
        /// Which side it is for.
        side: Side,
        /// `sendonly` puts the other end on hold (RFC 3264 8.4), `inactive` where it hears nothing from us meanwhile.
        wanted: Direction,
    },
    /// Give a side the leg of a side of another call, with its sockets, its keys and what was agreed with its other
    /// end; who had the side before is dropped, and the other call's side is empty then.
    Take {
        /// The side that gets it.
        side: Side,
        /// The other call.
        from: CallId,
        /// The side of the other call.
        from_side: Side,
    },
    /// Drop the leg of a side: its browser, or its sockets.
    Release {
        /// The side.
        side: Side,
    },
    /// What a side hears from now on.
    Play {
        /// The side that hears it.
        side: Side,
        /// What.
        sound: Sound,
    },
    /// Send DTMF to a side.
    Digits {
        /// The side that gets them.
        side: Side,
        /// The digits.
        digits: String,
        /// Whether a PIN may be among them: they are noted nowhere.
        secret: bool,
    },
    /// A digit that came by INFO from a side: for the other one, and for [`MediaInput::Digit`].
    ReceiveDigit {
        /// The side it came from.
        side: Side,
        /// The digit.
        digit: Digit,
    },
    /// Record what both sides say from now on, until the call ends.
    Record,
    /// Say [`MediaInput::Connected`] now if the browser's audio path stands already, or when it does.
    Confirm,
    /// Audio should come from both sides from now on: tell when it does not ([`MediaInput::Silent`]).
    Expect,
    /// Drop everything of this call.
    Close,
}

/// What one side of a call hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// Nothing.
    Silence,
    /// The other side.
    Peer,
    /// The ringing tone of the country.
    Ringback,
    /// Itself.
    Echo,
    /// 1 kHz.
    TestTone,
    /// The busy tone of the country.
    Busy,
    /// The tone of the country for lines that are all in use.
    Congestion,
    /// The tone of the country for somebody who talks already.
    CallWaiting,
    /// The configured music, over and over; nothing where there is none.
    MusicOnHold,
    /// One of the configured announcements, once, by its place among them.
    Announcement(usize),
    /// Everybody else in a conference; they hear this side.
    Conference(ConferenceId),
}
