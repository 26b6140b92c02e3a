//! To and from the SIP endpoint.

use bytes::Bytes;
use offhook_sip::uri::Uri;
use offhook_sip::{ReferId, SessionId};

use super::super::dtmf::Digit;
use super::super::headers::{Headers, Redirect};
use crate::ids::{LegId, LineGroupId, LineId};

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

/// What the other end of a session says it can do (Allow and Supported, RFC 3261 20.5 and 20.37).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities {
    /// It takes REFER.
    pub refer: bool,
    /// It knows Replaces (RFC 3891).
    pub replaces: bool,
}

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
        /// What [`asserted`](crate::call::headers::asserted) finds.
        headers: Headers,
    },
    /// The other side answered.
    Answered {
        /// Its SDP.
        sdp: Option<Bytes>,
        /// What it can do.
        abilities: Abilities,
        /// What [`asserted`](crate::call::headers::asserted) finds.
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
    /// An offer of ours within the session was refused: what was agreed before goes on.
    OfferRejected {
        /// Final status.
        status: u16,
    },
    /// How a transfer goes that [`SipEffect::Refer`] asked for: below 200 it is on its way, 2xx is done, anything else
    /// has failed. Nothing follows a final status.
    Referred {
        /// Status of the REFER where it was refused, otherwise of the call that it asked for.
        status: u16,
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
    /// A key was pressed at the other side; it said so by INFO.
    Digit(Digit),
    /// A new offer within the session; none means that we are to offer.
    Offer {
        /// The offer.
        sdp: Option<Bytes>,
    },
}

impl SipInput {
    /// Whether the session is over with it.
    pub(in crate::call) fn is_last(&self) -> bool {
        matches!(self, SipInput::Rejected { .. } | SipInput::Cancelled { .. } | SipInput::Ended { .. })
    }
}

/// For the SIP endpoint.
#[derive(Debug)]
pub enum SipEffect {
    /// Send an INVITE; answered by [`Input::Invited`](super::Input::Invited).
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
    /// Tell the other side of a digit by INFO.
    Info {
        /// The session.
        session: SessionId,
        /// Content-Type.
        content_type: &'static str,
        /// Body.
        body: Bytes,
    },
    /// Answer an offer made within the session.
    AnswerOffer {
        /// The session.
        session: SessionId,
        /// Our description.
        sdp: Bytes,
    },
    /// Offer something else within an answered session (re-INVITE). [`SipInput::OfferAnswered`] or
    /// [`SipInput::OfferRejected`] follows.
    Offer {
        /// The session.
        session: SessionId,
        /// Our offer.
        sdp: Bytes,
    },
    /// Ask the other end of an answered session to call somebody in our place (REFER, RFC 3515).
    /// [`SipInput::Referred`] tells how it goes.
    Refer {
        /// The session.
        session: SessionId,
        /// Whom to call; not needed where a session's place is to be taken.
        to: Option<TargetUri>,
        /// The session whose place it is to take (Replaces, RFC 3891): who is there is called.
        replaces: Option<SessionId>,
    },
    /// Send the caller elsewhere: 302 with these contacts (RFC 3261 21.3.3).
    Redirect {
        /// The session.
        session: SessionId,
        /// The connection that the call came by.
        group: LineGroupId,
        /// Where to: numbers in the domain of that connection, best first.
        to: Vec<TargetUri>,
        /// Who diverts and why (RFC 5806, RFC 7044).
        headers: Headers,
    },
    /// Refuse an offer made within the session.
    RejectOffer {
        /// The session.
        session: SessionId,
        /// 488, mostly.
        status: u16,
    },
}
