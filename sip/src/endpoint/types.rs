//! What goes into the endpoint and what comes out of it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::digest::{ChallengeSeen, Credentials};
use crate::flow::{Destination, Hops, Source, Transmit};
use crate::header::Replaces;
use crate::message::Message;
use crate::uri::Uri;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u64);

        impl $name {
            /// An id that no endpoint gave, to test what is built on endpoints.
            pub fn from_raw(number: u64) -> Self {
                $name(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// A call as this endpoint sees it, from the INVITE to the end of its last transaction. Never reused.
    SessionId
}
id! {
    /// One contact kept registered at one registrar. Never reused.
    RegistrationId
}
id! {
    /// A request that waits for [`Endpoint::respond`](crate::Endpoint::respond). Never reused.
    RequestId
}

id! {
    /// A request of ours outside of sessions and registrations. Never reused.
    OutgoingId
}

id! {
    /// A transfer within a session. Never reused there.
    ReferId
}

/// A transfer to ask for (RFC 3515).
#[derive(Debug, Clone)]
pub struct Refer {
    /// Whom the other side is to call. For a transfer to somebody we talk to:
    /// [`Endpoint::remote_target`](crate::Endpoint::remote_target) of that session.
    pub target: Uri,
    /// Value of the Replaces header of that call (RFC 3891): for a transfer to somebody we talk to,
    /// [`Endpoint::replaces_of`](crate::Endpoint::replaces_of) of that session.
    pub replaces: Option<String>,
    /// Value of Referred-By (RFC 3892): who asks for it.
    pub referred_by: Option<String>,
    /// Whether to be told how it goes; false asks for a transfer without (RFC 4488).
    pub notify: bool,
}

/// How the endpoint is set up.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// Value of User-Agent and Server.
    pub user_agent: String,
    /// Seed of tags, branches, Call-IDs and jitter. Must be unpredictable in production (RFC 3261 19.3).
    pub seed: [u8; 32],
    /// Sessions at once, those that are just ending included. An INVITE beyond it is refused with 503.
    pub max_sessions: usize,
    /// Whether requests of more than 1300 bytes leave UDP for TCP (RFC 3261 18.1.1). Where no connection can be made
    /// they go over UDP after all, and so do all others to the same host and port for ten minutes.
    pub large_over_tcp: bool,
    /// After how many seconds without a refresh a session counts as dead (RFC 4028): what we ask for, 1800 by
    /// default in [`EndpointConfig::new`]. 0: nothing is asked for, and only what others ask for is done.
    pub session_expires: u32,
    /// The shortest such time that is accepted, in seconds, at least 90; shorter ones are refused with 422.
    pub min_se: u32,
    /// Whether an offer that was refused with 491 is made again by itself, after a random time (RFC 3261 14.1). If not
    /// it waits for [`Endpoint::offer_again`](super::Endpoint::offer_again), as a replay wants it, which knows the time.
    pub offers_again: bool,
}

impl EndpointConfig {
    /// With the usual session timers, and long requests over TCP.
    pub fn new(user_agent: impl Into<String>, seed: [u8; 32], max_sessions: usize) -> EndpointConfig {
        EndpointConfig {
            user_agent: user_agent.into(),
            seed,
            max_sessions,
            large_over_tcp: true,
            session_expires: 1800,
            min_se: 90,
            offers_again: true,
        }
    }
}

/// An identity to call and register with, and the way its requests take.
#[derive(Debug, Clone)]
pub struct Account {
    /// Address of record: From, and To of a REGISTER.
    pub aor: Uri,
    /// Display name in From.
    pub display_name: Option<String>,
    /// Ways to the next hop of requests outside a dialog.
    pub hops: Hops,
    /// Values of Route in requests outside a dialog, in order.
    pub routes: Vec<Arc<str>>,
    /// What digest challenges are answered with. Without it a 401 or 407 is final.
    pub credentials: Option<Credentials>,
}

/// How a contact is kept registered.
#[derive(Debug, Clone)]
pub struct RegisterOptions {
    /// Seconds to ask for, at least 1. The registrar may grant another time.
    pub expires: u32,
    /// Longest pause between two tries while no hop answers or the registrar is in trouble. The first pauses are
    /// shorter, from 2 s. After a refusal the pauses are 30 s to 5 minutes whatever stands here: trying quickly would
    /// lock the account.
    pub retry_interval: Duration,
    /// Registers the address for a whole range of numbers, which the registrar knows (RFC 6140). The user part of
    /// the contact is left out.
    pub bulk: bool,
}

impl Default for RegisterOptions {
    fn default() -> Self {
        RegisterOptions { expires: 3600, retry_interval: Duration::from_secs(60), bulk: false }
    }
}

/// What [`Endpoint::poll_output`](crate::Endpoint::poll_output) gives.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Transmit),
    /// Something happened.
    Event(Event),
    /// Nothing left to do until then (`None`: until the next input).
    Timeout(Option<Instant>),
}

/// What happened. `Rejected`, `Cancelled` and `Ended` are the last event of a session; after
/// [`hangup`](crate::Endpoint::hangup) and [`reject`](crate::Endpoint::reject) there is none, and nothing comes but what
/// [`poll_output`](crate::Endpoint::poll_output) had not given yet.
#[derive(Debug)]
pub enum Event {
    /// A new INVITE. 100 Trying was sent; it waits for `provisional`, `answer` or `reject`. The offer is
    /// `request.part("application/sdp")`. Without one the caller wants us to offer: our offer then goes with
    /// `answer`, and the answer is in `Confirmed`; or with a reliable `provisional`, and the answer is in
    /// `OfferAnswered`.
    Incoming {
        /// The new session.
        session: SessionId,
        /// Where it came from.
        source: Source,
        /// The INVITE.
        request: Message,
        /// The session that it is to replace (RFC 3891): whoever answers also ends that one with `hangup`. Whether
        /// the caller may do that is to be decided here: it knows the tags of that session, and nothing else is
        /// checked.
        replaces: Option<SessionId>,
    },
    /// A provisional response other than 100.
    Progress {
        /// The session.
        session: SessionId,
        /// 101 to 199.
        status: u16,
        /// Reason phrase.
        reason: String,
        /// Early media: the answer where the response was reliable, and final then. Further responses of that
        /// callee, and its 200, have none.
        sdp: Option<Bytes>,
        /// Which early dialog: responses of one forked callee (one To tag) have one number, counted from 0.
        fork: u32,
        /// The whole response: who answers may stand there.
        response: Message,
    },
    /// A callee answered. Our ACK is sent, unless `is_offer`.
    Answered {
        /// The session.
        session: SessionId,
        /// Its SDP answer. None where a reliable provisional response had it already.
        sdp: Option<Bytes>,
        /// Our INVITE had no offer, and this is one: it waits for `answer_offer`, which sends the ACK with the
        /// answer. `reject_offer` ends the session.
        is_offer: bool,
        /// The whole response: who answers may stand there.
        response: Message,
    },
    /// Our INVITE failed; the session is over. Where all hops failed, this is what one of them said (503), or else
    /// what happened at the first.
    Rejected {
        /// The session.
        session: SessionId,
        /// Final status, 300 to 699.
        status: u16,
        /// Reason phrase.
        reason: String,
        /// False where nobody said so: 408 when nothing came in time, 503 when it could not be sent.
        from_network: bool,
        /// The response, where there is one.
        response: Option<Message>,
    },
    /// The ACK for our 200 to the first INVITE arrived.
    Confirmed {
        /// The session.
        session: SessionId,
        /// SDP in the ACK: the answer, where our 200 had the offer.
        sdp: Option<Bytes>,
    },
    /// The caller gave up before we answered; the session is over.
    Cancelled {
        /// The session.
        session: SessionId,
        /// Value of Reason (RFC 3326) in its CANCEL or BYE.
        reason: Option<String>,
    },
    /// An established session is over, or an incoming one without PRACK.
    Ended {
        /// The session.
        session: SessionId,
        /// Why.
        why: EndReason,
    },
    /// An offer in a re-INVITE, UPDATE, PRACK, reliable provisional response, or in the 200 to a re-INVITE of ours
    /// that had none: waits for `answer_offer` or `reject_offer`. One in a response cannot be refused:
    /// `reject_offer` then ends the session.
    Offer {
        /// The session.
        session: SessionId,
        /// The offer. None in a re-INVITE that wants us to offer: the answer then comes in `OfferAnswered`.
        sdp: Option<Bytes>,
        /// Which early dialog of our INVITE, as in `Progress`; the one that was answered, once one was.
        fork: u32,
    },
    /// An offer of ours within the session was answered: one made with `offer`, in a reliable provisional response,
    /// or in the 200 to a re-INVITE that had none.
    OfferAnswered {
        /// The session.
        session: SessionId,
        /// The answer; None where the other side left it out.
        sdp: Option<Bytes>,
        /// As in `Offer`.
        fork: u32,
    },
    /// An offer made with `offer` was refused; what was agreed before still holds. 491 where another is open, 405
    /// where the early dialog has no way to make one.
    OfferRejected {
        /// The session.
        session: SessionId,
        /// Final status.
        status: u16,
        /// As in `Offer`.
        fork: u32,
    },
    /// The other side asks us to call somebody (RFC 3515): waits for `accept_refer` or `reject_refer`.
    Refer {
        /// The session.
        session: SessionId,
        /// To answer it.
        id: ReferId,
        /// Whom to call, without the headers that the URI had; those other than Replaces are ignored.
        target: Uri,
        /// The dialog that our call is to replace there: goes into its Replaces header as it is.
        replaces: Option<Replaces>,
        /// Value of Referred-By (RFC 3892), which our call is to repeat.
        referred_by: Option<String>,
        /// Whether the other side wants to be told how it goes; where not, `refer_progress` does nothing.
        notify: bool,
    },
    /// A transfer that we asked for was accepted.
    ReferAccepted {
        /// The session.
        session: SessionId,
        /// Which.
        id: ReferId,
    },
    /// A transfer that we asked for was refused, or nobody said anything (408). It is over.
    ReferRejected {
        /// The session.
        session: SessionId,
        /// Which.
        id: ReferId,
        /// Final status.
        status: u16,
    },
    /// How far a transfer that we asked for is.
    ReferProgress {
        /// The session.
        session: SessionId,
        /// Which.
        id: ReferId,
        /// Status of the call that the other side made: 100 to 699.
        status: u16,
        /// Its reason phrase.
        reason: String,
    },
    /// Nothing more comes of a transfer that we asked for. Without a final status in `ReferProgress` before, nobody
    /// says how it ended.
    ReferEnded {
        /// The session.
        session: SessionId,
        /// Which.
        id: ReferId,
    },
    /// An INFO within the session (RFC 6086); it was answered with 200.
    Info {
        /// The session.
        session: SessionId,
        /// Content-Type, empty where there is none.
        content_type: String,
        /// Body.
        body: Bytes,
    },
    /// Any other request outside a dialog that can be understood: waits for `respond`. OPTIONS is answered here.
    Request {
        /// To answer it.
        id: RequestId,
        /// Where it came from.
        source: Source,
        /// REGISTER, MESSAGE, NOTIFY, REFER, SUBSCRIBE or PUBLISH.
        request: Message,
    },
    /// The final response to [`request`](crate::Endpoint::request). Where all hops failed, it is chosen as for
    /// `Rejected`.
    Response {
        /// Which request.
        id: OutgoingId,
        /// 200 to 699.
        status: u16,
        /// Reason phrase.
        reason: String,
        /// False where nobody said so: 408 when nothing came in time, 503 when it could not be sent or too many wait,
        /// 405 when the method belongs to a session.
        from_network: bool,
        /// The response, where there is one.
        response: Option<Message>,
    },
    /// A request outside dialogs failed at this hop, and went on to the next where there is one. Comes with each
    /// request.
    HopFailed {
        /// The hop, without a preference for a connection.
        to: Destination,
        /// 408 where nothing came in time, 503 where nothing could be sent or the hop said so.
        status: u16,
        /// Whether the hop said so itself: it is there, but does not want to.
        from_network: bool,
    },
    /// A hop that had failed has answered. Comes once.
    HopAnswered {
        /// The hop, as it stood in `HopFailed`.
        to: Destination,
    },
    /// A registration changed.
    Registration {
        /// Which.
        id: RegistrationId,
        /// Where it stands now.
        state: RegistrationState,
    },
}

/// Why a session ended without our doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndReason {
    /// The other side sent BYE.
    RemoteBye {
        /// Value of its Reason header (RFC 3326).
        reason: Option<String>,
    },
    /// No ACK for our 200 within 64*T1 (RFC 3261 13.3.1.4).
    NoAck,
    /// No PRACK for a reliable provisional response of ours within 64*T1 (RFC 3262 3): the INVITE was refused with
    /// 504.
    NoPrack,
    /// Nobody refreshed the session in time (RFC 4028 10).
    SessionExpired,
    /// A request within the session could not be sent.
    TransportLost,
    /// A request within the session was answered with 408 or 481 (RFC 3261 12.2.1.2), or not at all (408).
    SessionLost(u16),
}

/// Where a registration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationState {
    /// A REGISTER is on its way and the contact is not known to be registered.
    Registering,
    /// The contact is registered. Comes again with each refresh.
    Registered {
        /// What the registrar granted, in seconds.
        expires: u32,
        /// When the binding ends without a refresh.
        until: Instant,
        /// The hop that answered.
        at: Destination,
    },
    /// It did not work. Where all hops failed, the status is chosen as for [`Event::Rejected`].
    Failed {
        /// Final status; 408 when nothing came, 503 when it could not be sent.
        status: u16,
        /// Reason phrase.
        reason: String,
        /// Failures in a row, this one included.
        attempts: u32,
        /// When it is tried again.
        retry_at: Option<Instant>,
        /// The challenge before a refusal.
        challenge: Option<ChallengeSeen>,
    },
    /// Removed as asked, or given up removing it. The id is gone.
    Unregistered,
}
