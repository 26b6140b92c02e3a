//! What the call machine takes in and what it wants done.

use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use offhook_media::LegStats;
use offhook_media::codec::Codec;
use offhook_media::sdp::SecurityKind;
use offhook_media::session::Side;
use offhook_sip::uri::Uri;
use offhook_sip::{ReferId, SessionId};

use super::cause::CauseCode;
use super::headers::{Headers, Redirect};
use super::record::CallRecord;
use crate::ids::{CallId, ClientId, ConferenceId, LegId, LineGroupId, LineId, UserId};

/// Everything that can happen to calls.
#[derive(Debug)]
pub enum Input {
    /// A line's registration came or went.
    LineAvailable {
        /// The line.
        line: LineId,
        /// Whether calls can leave by it.
        available: bool,
    },
    /// A client is signed in and can take calls.
    ClientArrived {
        /// The client.
        client: ClientId,
        /// Whose it is.
        user: UserId,
    },
    /// A client is gone for good; its calls end.
    ClientGone {
        /// The client.
        client: ClientId,
    },
    /// A client wants something.
    Command {
        /// The client.
        client: ClientId,
        /// Repeated in the [`Effect::Reply`].
        request: u32,
        /// What it wants.
        command: Command,
    },
    /// An INVITE arrived and was given a destination.
    Incoming {
        /// Its SIP session.
        session: SessionId,
        /// Where it goes.
        route: Route,
        /// Who calls.
        from: Caller,
        /// Hops the request has left (RFC 3261 8.1.1.6): a call that is passed on takes one.
        max_forwards: u8,
        /// What [`carried`](super::headers::carried) finds, where the call is passed on; otherwise nothing.
        headers: Headers,
        /// The caller's SDP offer; empty where the caller wants ours (RFC 3264 5).
        offer: Bytes,
    },
    /// An INVITE arrived that is to take the place of a session (RFC 3891). Whether its sender may do that has been
    /// checked, see [`Calls::group_at`](super::Calls::group_at).
    Replacing {
        /// Its SIP session.
        session: SessionId,
        /// Whose place it takes.
        replaces: SessionId,
        /// Who calls.
        from: Caller,
        /// The caller's SDP offer; empty where the caller wants ours (RFC 3264 5).
        offer: Bytes,
    },
    /// An INVITE asked for by [`SipEffect::Invite`] is on its way.
    Invited {
        /// The leg it was for.
        leg: LegId,
        /// Its SIP session, or why it could not be sent.
        session: Result<SessionId, CauseCode>,
    },
    /// Something happened in a SIP session.
    Sip {
        /// The session.
        session: SessionId,
        /// What.
        event: SipInput,
    },
    /// The media side did what was asked, or has something to tell.
    Media {
        /// The call.
        call: CallId,
        /// The side of it.
        side: Side,
        /// What.
        event: MediaInput,
    },
    /// The server stops: every call ends.
    Shutdown,
}

/// What a client may ask, checked for form but not for state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// ECMA-269 Make Call.
    MakeCall {
        /// The calling line.
        line: LineId,
        /// What to dial.
        number: String,
        /// The browser's offer.
        sdp: String,
    },
    /// ECMA-269 Answer Call.
    AnswerCall {
        /// The alerting call.
        call: CallId,
        /// The browser's offer.
        sdp: String,
    },
    /// Refuses an alerting call.
    Decline {
        /// The alerting call.
        call: CallId,
        /// [`CauseCode::Busy`] or [`CauseCode::Declined`].
        cause: CauseCode,
    },
    /// ECMA-269 Clear Connection.
    ClearConnection {
        /// The call.
        call: CallId,
    },
    /// ECMA-269 Generate Digits.
    GenerateDigits {
        /// The call.
        call: CallId,
        /// DTMF digits.
        digits: String,
    },
}

/// Where an incoming call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To the clients of a line.
    Line {
        /// The connection it came by.
        group: LineGroupId,
        /// The line.
        line: LineId,
    },
    /// Out again over SIP, to one or several targets that ring together.
    Targets {
        /// The connection it came by.
        group: LineGroupId,
        /// Where to.
        targets: Vec<Target>,
    },
    /// To a service of our own.
    Service {
        /// The connection it came by.
        group: LineGroupId,
        /// Which.
        service: Service,
    },
}

/// A destination over SIP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The connection the INVITE leaves by.
    pub group: LineGroupId,
    /// The line whose identity and credentials it uses, where there is one.
    pub line: Option<LineId>,
    /// The number, or the whole URI where it is known.
    pub uri: TargetUri,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetUri {
    /// A number or name in the PBX's domain.
    Number(String),
    /// A registered contact.
    Uri(Uri),
}

/// What the server itself can be at the other end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Sends back what it hears.
    Echo,
    /// Plays a tone of 1 kHz.
    Tone,
}

/// Who calls, as SIP told it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// User part of the identity: a number, mostly.
    pub number: String,
    /// Display name.
    pub name: Option<String>,
}

impl Caller {
    /// Somebody who does not want to be known (RFC 3323 4.1.1.3).
    pub fn anonymous() -> Caller {
        Caller { number: ANONYMOUS.to_owned(), name: Some("Anonymous".to_owned()) }
    }

    /// Whether it is nobody that could be called back.
    pub fn is_anonymous(&self) -> bool {
        self.number.eq_ignore_ascii_case(ANONYMOUS)
    }
}

/// User part of who does not want to be known.
const ANONYMOUS: &str = "anonymous";

/// Events of a SIP session.
#[derive(Debug)]
pub enum SipInput {
    /// A provisional response.
    Progress {
        /// 180, 183 …
        status: u16,
        /// Early media.
        sdp: Option<Bytes>,
        /// Which early dialog of a forked INVITE.
        fork: u32,
        /// What [`asserted`](super::headers::asserted) finds.
        headers: Headers,
    },
    /// The other side answered.
    Answered {
        /// Its SDP.
        sdp: Option<Bytes>,
        /// What [`asserted`](super::headers::asserted) finds.
        headers: Headers,
    },
    /// The other side refused, or could not be reached.
    Rejected {
        /// Final status.
        status: u16,
        /// Reason phrase.
        reason: String,
        /// False where the status was made here, because nothing came.
        from_network: bool,
        /// Where it sends the call.
        redirect: Option<Box<Redirect>>,
    },
    /// The caller has our answer; an SDP answer where the answer was our offer.
    Confirmed {
        /// Its SDP.
        sdp: Option<Bytes>,
    },
    /// An offer of ours within the session was answered.
    OfferAnswered {
        /// The answer.
        sdp: Option<Bytes>,
    },
    /// The caller gave up.
    Cancelled {
        /// Its Reason (RFC 3326).
        reason: Option<String>,
    },
    /// The session is over; a status where it broke instead of being ended.
    Ended {
        /// Why, where it was not a BYE.
        broken: bool,
        /// Reason of the BYE (RFC 3326).
        reason: Option<String>,
    },
    /// The other side asks us to call somebody in its place (RFC 3515).
    Refer {
        /// To answer it.
        refer: ReferId,
        /// Whom to call.
        target: Uri,
        /// Value of the Replaces header that our INVITE is to have (RFC 3891).
        replaces: Option<String>,
        /// Value of Referred-By (RFC 3892), which our INVITE repeats.
        referred_by: Option<String>,
    },
    /// A new offer within the session; none means that we are to offer.
    Offer {
        /// The offer.
        sdp: Option<Bytes>,
    },
}

/// What the media side reports.
#[derive(Debug)]
pub enum MediaInput {
    /// Our description for this side: the offer or answer that was asked for.
    Described {
        /// SDP.
        sdp: Bytes,
        /// The codec, where it is settled.
        codec: Option<Codec>,
    },
    /// The other side's answer fits.
    Accepted {
        /// The codec that was agreed.
        codec: Codec,
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
    /// This side's leg is over, with its last figures. For who keeps them, not for the call.
    LegEnded {
        /// The figures.
        stats: Box<LegStats>,
    },
    /// Nothing more comes of the call's media.
    Ended,
}

/// What the call machine wants done, in order.
#[derive(Debug)]
pub enum Effect {
    /// For the SIP endpoint.
    Sip(SipEffect),
    /// For the media side.
    Media {
        /// The call.
        call: CallId,
        /// What.
        effect: MediaEffect,
    },
    /// Answers a client's command.
    Reply {
        /// The client.
        client: ClientId,
        /// The command's number.
        request: u32,
        /// How it went.
        result: CommandResult,
    },
    /// A call of the client's changed.
    CallChanged {
        /// The client.
        client: ClientId,
        /// The call as this client sees it.
        call: Box<crate::call::view::CallView>,
    },
    /// A call is over.
    Ended(Box<CallRecord>),
    /// A digit for the client that has the audio.
    Digit {
        /// The client.
        client: ClientId,
        /// The call.
        call: CallId,
        /// The digit.
        digit: char,
    },
}

/// How a command went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandResult {
    /// Done.
    Ok,
    /// Done, with the SDP answer for the browser.
    Media {
        /// The call.
        call: CallId,
        /// SDP answer.
        sdp: String,
    },
    /// Not done; nothing changed.
    Error(CauseCode),
}

/// For the SIP endpoint.
#[derive(Debug)]
pub enum SipEffect {
    /// Send an INVITE; answered by [`Input::Invited`].
    Invite {
        /// The leg it is for.
        leg: LegId,
        /// Destination.
        target: Target,
        /// Whose call it is, where it is passed on.
        from: Option<Caller>,
        /// Max-Forwards, where it is passed on.
        max_forwards: Option<u8>,
        /// Further header fields.
        headers: Headers,
        /// Our offer.
        sdp: Bytes,
    },
    /// Send a provisional response.
    Provisional {
        /// The session.
        session: SessionId,
        /// 101 to 199.
        status: u16,
        /// Who is called in the end, for a call that is passed on.
        headers: Headers,
        /// Early media.
        sdp: Option<Bytes>,
    },
    /// Answer with 200.
    Answer {
        /// The session.
        session: SessionId,
        /// Who answers, for a call that is passed on.
        headers: Headers,
        /// Our answer.
        sdp: Bytes,
    },
    /// Refuse.
    Reject {
        /// The session.
        session: SessionId,
        /// Final status.
        status: u16,
    },
    /// End it, in whatever way its state asks for.
    Hangup {
        /// The session.
        session: SessionId,
        /// Value of Reason (RFC 3326).
        reason: Option<String>,
    },
    /// Take on a REFER: its sender is told that it is tried.
    AcceptRefer {
        /// The session.
        session: SessionId,
        /// Which.
        refer: ReferId,
    },
    /// Tell the sender of a REFER how it goes; nothing comes after a final status.
    ReferProgress {
        /// The session.
        session: SessionId,
        /// Which.
        refer: ReferId,
        /// Status of the call that it asked for.
        status: u16,
    },
    /// Refuse a REFER.
    RejectRefer {
        /// The session.
        session: SessionId,
        /// Which.
        refer: ReferId,
        /// Final status.
        status: u16,
    },
    /// Answer an offer made within the session.
    AnswerOffer {
        /// The session.
        session: SessionId,
        /// Our description.
        sdp: Bytes,
    },
    /// Refuse an offer made within the session.
    RejectOffer {
        /// The session.
        session: SessionId,
        /// 488, mostly.
        status: u16,
    },
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
    },
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
