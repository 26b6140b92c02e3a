//! The parts of a call: its near side (who began), its far side (who is called), how far it has come.

use std::time::Instant;

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_sip::SessionId;

use super::cause::CauseCode;
use super::effect::{Caller, Service, Target};
use super::view::EndCause;
use crate::ids::{CallId, ClientId, LegId, LineGroupId, LineId, UserId};

/// One call. Side A of its media is the near side, side B the far side.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) near: Near,
    pub(super) far: Far,
    pub(super) stage: Stage,
    /// The other side, as the line's clients see it; the caller, where a call is passed on.
    pub(super) remote: Caller,
    pub(super) created: Instant,
    pub(super) connected: Option<Instant>,
    /// The codec towards the PBX.
    pub(super) codec: Option<Codec>,
    /// What the media side was asked for last, for side A and side B.
    pub(super) awaiting: [Option<Awaiting>; 2],
    /// When something must have happened, and what is wrong otherwise.
    pub(super) deadline: Option<(Instant, CauseCode)>,
}

/// Who began the call.
#[derive(Debug)]
pub(super) enum Near {
    /// A client dialled.
    Client { client: ClientId, user: UserId, line: LineId, request: u32, number: String },
    /// An INVITE came in.
    Sip { session: SessionId, group: LineGroupId, max_forwards: u8, offer: Bytes, answer: Option<Bytes>, ringing: bool },
}

/// Who is called.
#[derive(Debug)]
pub(super) enum Far {
    /// The clients of a line. All ring until one has taken the call.
    Clients { line: LineId, taker: Option<Taker> },
    /// One or several SIP targets, ringing together.
    Sip { legs: Vec<SipLeg>, answered: Option<LegId>, best: Option<EndCause> },
    /// A service of ours.
    Service(Service),
}

/// The client that takes an incoming call.
#[derive(Debug)]
pub(super) struct Taker {
    pub(super) client: ClientId,
    pub(super) user: UserId,
    pub(super) request: u32,
    pub(super) sdp: String,
}

/// An INVITE of ours.
#[derive(Debug)]
pub(super) struct SipLeg {
    pub(super) id: LegId,
    pub(super) target: Target,
    /// None until the endpoint has sent the INVITE.
    pub(super) session: Option<SessionId>,
}

/// How far the call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing heard of the far side yet.
    Initiated,
    /// The far side rings; `early` when its own sound is heard already.
    Alerting { early: bool },
    /// The far side has answered and the media side is being joined.
    Answering,
    /// Both sides talk.
    Connected,
}

/// A question to the media side whose answer moves the call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaiting {
    /// Our answer for a browser.
    BrowserAnswer,
    /// Our offer to the far side.
    Offer,
    /// Our answer to the near side's first offer, or our offer where it made none.
    Answer,
    /// Whether the far side's answer fits.
    Acceptance,
    /// Whether the answer that came with an ACK fits: the call goes on already.
    LateAcceptance,
    /// Our answer to an offer made within the session.
    Renegotiation(SessionId),
}

impl Call {
    /// The line whose clients see this call.
    pub(super) fn line(&self) -> Option<LineId> {
        match (&self.near, &self.far) {
            (Near::Client { line, .. }, _) | (_, Far::Clients { line, .. }) => Some(*line),
            _ => None,
        }
    }

    /// The client that has the audio.
    pub(super) fn active_client(&self) -> Option<ClientId> {
        match (&self.near, &self.far) {
            (Near::Client { client, .. }, _) => Some(*client),
            (_, Far::Clients { taker: Some(taker), .. }) => Some(taker.client),
            _ => None,
        }
    }

    /// The user whose client has the audio.
    pub(super) fn active_user(&self) -> Option<UserId> {
        match (&self.near, &self.far) {
            (Near::Client { user, .. }, _) => Some(*user),
            (_, Far::Clients { taker: Some(taker), .. }) => Some(taker.user),
            _ => None,
        }
    }

    /// Whether the call still rings on a line's clients.
    pub(super) fn rings_at_clients(&self) -> bool {
        matches!(self.far, Far::Clients { taker: None, .. })
    }

    /// Whether the far side's own sound reaches the near side before the answer.
    pub(super) fn has_early_media(&self) -> bool {
        self.stage == Stage::Alerting { early: true }
    }
}
