//! The parts of a call: its near side (who began), its far side (who is called), how far it has come.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_media::sdp::{Direction, SecurityKind};
use offhook_media::session::Side;
use offhook_sip::{ReferId, SessionId};

use super::cause::CauseCode;
use super::directory::Directory;
use super::divert::{Sent, Trail, Written};
use super::effect::{Abilities, Caller, Sound, Target, TargetUri};
use super::headers::Headers;
use super::numbers::{Known, Placed};
use super::service::Services;
use super::view::EndCause;
use crate::ids::{CallId, ClientId, ConferenceId, LegId, LineGroupId, LineId, UserId};
use crate::numbers::{AfterAnswer, NumberKind};

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
    /// Which sides hold it without sending anything.
    pub(super) held: [bool; 2],
    /// Its user keeps the other side waiting.
    pub(super) on_hold: bool,
    /// What our offers have told each side of that.
    pub(super) told: [Told; 2],
    /// What each side hears.
    pub(super) hears: [Sound; 2],
    /// The call that its user holds meanwhile, where it was made for that one.
    pub(super) consultation_of: Option<CallId>,
    /// The conference that its other side is in.
    pub(super) conference: Option<ConferenceId>,
    /// Of the user's calls in the conference it is the one that carries the user's audio.
    pub(super) seat: bool,
    /// Why the user's side is empty, where it is.
    pub(super) vacancy: Option<Vacancy>,
    /// A transfer that is on its way.
    pub(super) transfer: Option<Transfer>,
    /// What became of the last thing that its user wanted, where that failed; in the end why it ended.
    pub(super) trouble: Option<EndCause>,
    /// The clients are to be told of it.
    pub(super) changed: bool,
    /// What its client was last shown of what depends on other calls, too.
    pub(super) shown: Related,
    /// Whether it is recorded.
    pub(super) recorded: bool,
    /// Which sides should send audio and do not, and where it should come from.
    pub(super) silence: [Option<Silence>; 2],
    /// How the audio towards the PBX is encrypted.
    pub(super) security: Option<SecurityKind>,
    /// Nothing but encrypted audio was offered to the PBX.
    pub(super) demands_encryption: bool,
    /// What the media side was asked for of side A and of side B; each side's answers come in this order.
    pub(super) awaiting: [VecDeque<Awaiting>; 2],
    /// When something must have happened, and what is wrong otherwise.
    pub(super) deadline: Option<(Instant, CauseCode)>,
    /// Somebody who is about to take one side's place.
    pub(super) takeover: Option<Box<Takeover>>,
    /// A session whose place was taken, and how long it has to end itself.
    pub(super) leaving: Option<(SessionId, Instant)>,
    /// Where a call for a line has been, and how it goes on.
    pub(super) trail: Trail,
    /// The number of the other side as people know it, where its connection has a location.
    pub(super) known: Option<Known>,
    /// Whether those who are not in it are not to see that number.
    pub(super) private: bool,
    /// What is sent to the other side once it has answered.
    pub(super) then: VecDeque<AfterAnswer>,
    /// When that goes on.
    pub(super) then_at: Option<Instant>,
    /// What was translated for it of settings, so that it is told once.
    pub(super) translated: Vec<(NumberKind, String)>,
}

/// What a side was told by our offers within the session.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    /// Who sends: less than both ways where it is on hold.
    pub(super) direction: Direction,
    /// What an offer says that is on its way.
    pub(super) under_way: Option<Direction>,
    /// It did not take the last offer: it is asked again when the user wants something else.
    pub(super) refused: bool,
}

/// Why there is no user on the user's side. The call keeps the line that it was on.
#[derive(Debug)]
pub(super) enum Vacancy {
    /// Waits at a number until somebody takes it.
    Parked { at: Written, until: Instant, taker: Option<Successor> },
    /// Rings at the line's clients again.
    Recalling { taker: Option<Successor> },
    /// Called for the other side of this call, which is being transferred.
    Target { of: CallId },
    /// Its other side is the user's own telephone elsewhere, from where this number is called once it has answered.
    Office { to: Box<Placed> },
    /// The server placed it to try the line out. Once it is answered, its other side hears a tone until then, and itself
    /// afterwards.
    Test { tone_until: Option<Instant> },
    /// Its other side is being transferred.
    Transferring,
    /// The user has left the conference.
    Conference,
    /// Its other side was transferred and ends the session itself, or is made to.
    Leaving,
}

/// The client that takes the user's side of a call that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Successor {
    pub(super) client: ClientId,
    pub(super) user: UserId,
    pub(super) line: LineId,
    pub(super) request: u32,
}

/// A transfer that is on its way.
#[derive(Debug)]
pub(super) struct Transfer {
    /// Whom to.
    pub(super) to: Placed,
    pub(super) way: TransferStep,
    /// When it is given up.
    pub(super) until: Option<Instant>,
}

/// How a transfer is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransferStep {
    /// The other end was asked (REFER) to call the number, or whoever is in the other call.
    Refer { session: SessionId, asked: Asked, progressed: bool },
    /// The other end of that call was asked to take the place of the user of this one.
    Wanted { by: CallId },
    /// Whoever this call rings at gets the user's place.
    Bridge { other: CallId },
}

/// Whom the other end was asked to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The number.
    Number,
    /// Who is in this call.
    Call(CallId),
    /// Who was in a call that has ended since.
    Gone,
}

/// What a call's client is shown that depends on other calls, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Related {
    /// What it may ask for.
    pub(super) services: Services,
    /// The held call that this one was made for, while there is that.
    pub(super) consultation_of: Option<CallId>,
    /// Those in the same conference.
    pub(super) conference: Vec<CallId>,
}

/// A side that should send and does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Silence {
    /// Where its audio should come from.
    pub(super) from: Option<SocketAddr>,
}

/// Who began the call.
#[derive(Debug)]
pub(super) enum Near {
    /// A client dialled.
    Client { client: ClientId, user: UserId, line: LineId, request: u32, number: String },
    /// An INVITE came in.
    Sip(NearSip),
}

/// A SIP session that began the call.
#[derive(Debug)]
pub(super) struct NearSip {
    pub(super) session: SessionId,
    pub(super) group: LineGroupId,
    /// What its end can do.
    pub(super) abilities: Abilities,
    pub(super) max_forwards: u8,
    /// What its INVITE said, where the call is passed on.
    pub(super) headers: Headers,
    /// Empty where it wants ours.
    pub(super) offer: Bytes,
    /// Our description for it.
    pub(super) answer: Option<Bytes>,
    /// The last provisional response it got.
    pub(super) told: Option<u16>,
    /// The provisional status that goes with our description.
    pub(super) status: u16,
    /// Who is called in the end, as far as it may know.
    pub(super) called: Headers,
}

/// Who is called.
#[derive(Debug)]
pub(super) enum Far {
    /// The clients of a line. All ring until one has taken the call.
    Clients { line: LineId, taker: Option<Taker> },
    /// SIP targets.
    Sip(FarSip),
    /// A service of ours.
    Service(Sound),
}

/// SIP targets: those of the beginning ring together, those that they redirect to as their contacts say.
#[derive(Debug, Default)]
pub(super) struct FarSip {
    /// The INVITEs that live.
    pub(super) legs: Vec<SipLeg>,
    pub(super) answered: Option<LegId>,
    /// The best of the failures so far.
    pub(super) best: Option<EndCause>,
    /// Our offer.
    pub(super) offer: Bytes,
    /// Whether the ACK of who came by itself has the answer to our offer.
    pub(super) answers_late: bool,
    /// The early dialog whose sound is heard.
    pub(super) heard: Option<(LegId, u32)>,
    /// Targets that failed or were redirected.
    pub(super) tried: Vec<Target>,
    /// Targets of redirections, those to be tried next at the end. One entry rings together.
    pub(super) waiting: Vec<Vec<Target>>,
    /// How many targets came of redirections.
    pub(super) redirected: usize,
    /// What the redirections said.
    pub(super) diversions: Headers,
}

impl FarSip {
    /// The leg that stands for the far side: the one that has answered, or the first.
    pub(super) fn shown(&self) -> Option<&SipLeg> {
        self.legs.iter().find(|leg| Some(leg.id) == self.answered).or(self.legs.first())
    }
}

/// Somebody who is about to take the place of one side's session.
#[derive(Debug)]
pub(super) struct Takeover {
    pub(super) side: Side,
    /// Whose place is taken; None when it has gone already.
    pub(super) old: Option<SessionId>,
    pub(super) new: Newcomer,
    /// When it is given up.
    pub(super) until: Instant,
}

/// How somebody comes into a call that stands.
#[derive(Debug)]
pub(super) enum Newcomer {
    /// Invited because the old session asked for it. `told` is the last status that one heard.
    Invited { refer: ReferId, leg: SipLeg, headers: Headers, told: u16 },
    /// Came itself.
    Came { session: SessionId, from: Caller, offer: Bytes },
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
    /// What its end can do, as far as it has answered.
    pub(super) abilities: Abilities,
    /// Whether a redirection led to it.
    pub(super) redirected: bool,
    /// Who is called as people know it, where there is a location. In a call of a line's client the call has it.
    pub(super) known: Option<Known>,
    /// Whether those who are not in the call are not to see who is called.
    pub(super) private: bool,
}

impl SipLeg {
    /// One that is still to be sent, to nobody whose number people know otherwise.
    pub(super) fn new(id: LegId, target: Target) -> SipLeg {
        SipLeg {
            id,
            target,
            session: None,
            abilities: Abilities::default(),
            redirected: false,
            known: None,
            private: false,
        }
    }
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
    /// Our answer for a browser that changes its network path: for this client, under this number.
    BrowserRestart(ClientId, u32),
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
    /// Our offer to somebody who is to be invited into the call.
    NextOffer,
    /// Whether the answer of somebody who was invited into the call fits.
    NextAcceptance,
    /// Our description for somebody who came into the call.
    Newcomer,
    /// Our offer that puts the other end on hold, or takes it back.
    Reoffer(SessionId),
    /// Whether the answer to that fits.
    ReofferAcceptance,
    /// Our answer for the browser of somebody who takes the user's side of a call that stands.
    Successor,
}

impl Call {
    /// When something is due.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        let deadline = self.deadline.map(|(at, _)| at);
        let takeover = self.takeover.as_ref().map(|takeover| takeover.until);
        let transfer = self.transfer.as_ref().and_then(|transfer| transfer.until);
        let vacant = match &self.vacancy {
            Some(Vacancy::Parked { until, .. }) => Some(*until),
            Some(Vacancy::Test { tone_until }) => *tone_until,
            _ => None,
        };
        let leaving = self.leaving.map(|(_, at)| at);
        [deadline, takeover, transfer, vacant, leaving, self.trail.until, self.then_at].into_iter().flatten().min()
    }

    /// The side that an established session of the call is.
    pub(super) fn side_of(&self, session: SessionId) -> Option<Side> {
        match (&self.near, &self.far) {
            (Near::Sip(near), _) if near.session == session => Some(Side::A),
            (_, Far::Sip(far)) => {
                let leg = far.legs.iter().find(|leg| leg.session == Some(session))?;
                (far.answered == Some(leg.id)).then_some(Side::B)
            }
            _ => None,
        }
    }

    /// Its other side with the number as people know it.
    pub(super) fn shown_remote(&self) -> Caller {
        let number = self.known.as_ref().map_or(&self.remote.number, |known| &known.number);
        Caller { number: number.clone(), name: self.remote.name.clone() }
    }

    /// The number of its other side as it is shown.
    pub(super) fn shown_number(&self) -> &str {
        self.known.as_ref().map_or(&self.remote.number, |known| &known.shown)
    }

    /// Whether those who are not in it are not to see one of its sides.
    pub(super) fn is_private(&self) -> bool {
        self.private || self.legs().any(|leg| leg.private)
    }

    /// Its other side, to be called again.
    pub(super) fn placed(&self) -> Placed {
        let known = self.known.clone();
        Placed { known, private: self.private, ..Placed::bare(self.remote.number.clone(), false) }
    }

    /// The side of its media that is the user's, where it is the call of a line.
    pub(super) fn browser_side(&self) -> Side {
        match self.near {
            Near::Client { .. } => Side::A,
            Near::Sip(_) => Side::B,
        }
    }

    /// The established session that a side is.
    pub(super) fn session_at(&self, side: Side) -> Option<SessionId> {
        match (side, &self.near, &self.far) {
            (Side::A, Near::Sip(near), _) => Some(near.session),
            (Side::B, _, Far::Sip(far)) => {
                far.legs.iter().find(|leg| Some(leg.id) == far.answered).and_then(|leg| leg.session)
            }
            _ => None,
        }
    }

    /// The connection of a side towards SIP, and the line it belongs to there.
    pub(super) fn place(&self, side: Side) -> Option<(LineGroupId, Option<LineId>)> {
        match (side, &self.near, &self.far) {
            (Side::A, Near::Sip(near), _) => Some((near.group, self.line())),
            (Side::B, _, Far::Sip(far)) => {
                let target = &far.legs.iter().find(|leg| Some(leg.id) == far.answered)?.target;
                Some((target.group, target.line))
            }
            _ => None,
        }
    }

    /// All SIP sessions of the call.
    pub(super) fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        let near = match &self.near {
            Near::Sip(near) => Some(near.session),
            Near::Client { .. } => None,
        };
        let newcomer = self.takeover.as_ref().and_then(|takeover| match &takeover.new {
            Newcomer::Invited { leg, .. } => leg.session,
            Newcomer::Came { session, .. } => Some(*session),
        });
        let leaving = self.leaving.map(|(session, _)| session);
        let legs = self.legs().filter_map(|leg| leg.session);
        [near, newcomer, leaving].into_iter().flatten().chain(legs)
    }

    /// The INVITEs of ours to the far side.
    pub(super) fn legs(&self) -> impl Iterator<Item = &SipLeg> {
        let legs = match &self.far {
            Far::Sip(far) => far.legs.as_slice(),
            Far::Clients { .. } | Far::Service(_) => &[],
        };
        legs.iter()
    }

    /// The line that this call is on.
    pub(super) fn line(&self) -> Option<LineId> {
        match (&self.near, &self.far) {
            (Near::Client { line, .. }, _) | (_, Far::Clients { line, .. }) => Some(*line),
            _ => None,
        }
    }

    /// The line whose clients see this call.
    pub(super) fn shown_at(&self) -> Option<LineId> {
        match self.vacancy {
            _ if self.trail.hidden.is_some() => None,
            None | Some(Vacancy::Parked { .. } | Vacancy::Recalling { .. }) => self.line(),
            _ => None,
        }
    }

    /// The client that has the audio.
    pub(super) fn active_client(&self) -> Option<ClientId> {
        self.last_client().filter(|_| self.vacancy.is_none()).map(|(client, _)| client)
    }

    /// The user whose client has the audio.
    pub(super) fn active_user(&self) -> Option<UserId> {
        self.last_client().filter(|_| self.vacancy.is_none()).map(|(_, user)| user)
    }

    /// The client that has the audio, or had it before it left, and its user.
    pub(super) fn last_client(&self) -> Option<(ClientId, UserId)> {
        match (&self.near, &self.far) {
            (Near::Client { client, user, .. }, _) => Some((*client, *user)),
            (_, Far::Clients { taker: Some(taker), .. }) => Some((taker.client, taker.user)),
            _ => None,
        }
    }

    /// Whether the call rings at a line's clients, and none has taken it yet.
    pub(super) fn rings_at_clients(&self) -> bool {
        match &self.vacancy {
            _ if self.trail.hidden.is_some() => false,
            None => matches!(self.far, Far::Clients { taker: None, .. }),
            Some(Vacancy::Recalling { taker }) => taker.is_none(),
            Some(_) => false,
        }
    }

    /// The number where it waits, while it is parked.
    pub(super) fn parked_at(&self) -> Option<&Written> {
        match &self.vacancy {
            Some(Vacancy::Parked { at, .. }) => Some(at),
            _ => None,
        }
    }

    /// The client that is about to take the user's side.
    pub(super) fn successor(&self) -> Option<Successor> {
        match self.vacancy {
            Some(Vacancy::Parked { taker, .. } | Vacancy::Recalling { taker }) => taker,
            _ => None,
        }
    }

    /// Whether digits behind the number are still to be sent to who has answered.
    pub(super) fn still_dials(&self) -> bool {
        self.stage == Stage::Connected && (!self.then.is_empty() || self.then_at.is_some())
    }

    /// Whether a client has dialled it and nobody has answered yet.
    pub(super) fn is_dialled(&self) -> bool {
        matches!(self.near, Near::Client { .. }) && self.stage != Stage::Connected
    }

    /// The side that its user talks with.
    pub(super) fn remote_side(&self) -> Side {
        self.browser_side().other()
    }

    /// What the end of an established side can do.
    pub(super) fn abilities(&self, side: Side) -> Abilities {
        match (side, &self.near, &self.far) {
            (Side::A, Near::Sip(near), _) => near.abilities,
            (Side::B, _, Far::Sip(far)) => {
                let leg = far.legs.iter().find(|leg| Some(leg.id) == far.answered);
                leg.map(|leg| leg.abilities).unwrap_or_default()
            }
            _ => Abilities::default(),
        }
    }

    /// Whether a user of its line is to see it: not while it rings at another of its lines, or was taken there.
    pub(super) fn is_for(&self, user: UserId) -> bool {
        !self.trail.but.contains(&user)
    }

    /// Whether it was diverted by a call of ours that nobody has answered.
    pub(super) fn waits_elsewhere(&self) -> bool {
        self.stage != Stage::Connected && self.trail.is_away() && matches!(self.far, Far::Sip(_))
    }

    /// Whether a call for this number, by this caller, is the one that this call was diverted by.
    pub(super) fn waits_at(&self, number: &Written, from: &Written, directory: &Directory) -> bool {
        let called = |leg: &SipLeg| match &leg.target.uri {
            TargetUri::Number(called) => {
                directory.written_at(leg.target.group, Written::new(called, leg.known.as_ref())).is(number)
            }
            TargetUri::Uri(_) => false,
        };
        let by_line = || self.trail.line.and_then(|line| directory.written(line)).is_some_and(|own| own.is(from));
        self.legs().any(called) && (Written::new(&self.remote.number, self.known.as_ref()).is(from) || by_line())
    }

    /// Whether the near side has our answer although the far side is only called.
    pub(super) fn is_called_late(&self) -> bool {
        self.stage != Stage::Connected && self.trail.sent == Some(Sent::Here)
    }

    /// Whether the session of a side is answered.
    pub(super) fn is_answered(&self, side: Side) -> bool {
        self.stage == Stage::Connected || side == Side::A && self.is_called_late()
    }

    /// Whether the far side's own sound reaches the near side before the answer.
    pub(super) fn has_early_media(&self) -> bool {
        self.stage == Stage::Alerting { early: true }
    }
}
