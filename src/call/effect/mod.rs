//! What the call machine takes in and what it wants done.

mod command;
mod media;
mod session;
mod sip;

use std::sync::Arc;

use bytes::Bytes;
use offhook_media::session::Side;
use offhook_sip::SessionId;

pub use self::command::{Command, CommandResult};
pub use self::media::{MediaEffect, MediaInput, Sound};
pub use self::sip::{Abilities, Caller, SipEffect, SipInput, Target, TargetUri};
use super::cause::CauseCode;
use super::directory::Directory;
use super::headers::Headers;
use super::numbers::{ClientPlace, Translation};
use super::record::CallRecord;
use super::settings::LineSettings;
use crate::ids::{CallId, ClientId, LegId, LineGroupId, LineId, UserId};
use crate::rights::RightsTable;

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
    /// A client is signed in and can take calls; or [`ClientId::api`], which is told what clients are told.
    ClientArrived {
        /// The client.
        client: ClientId,
        /// Whose it is.
        user: UserId,
        /// Where it is, as far as that is known.
        place: Option<ClientPlace>,
    },
    /// A client is gone for good; its calls end.
    ClientGone {
        /// The client.
        client: ClientId,
    },
    /// What a line's user has set, as it was kept from before.
    LineSettings {
        /// The line.
        line: LineId,
        /// What.
        settings: LineSettings,
    },
    /// Lines, PBX connections and their users are from now on like this. What there was keeps its place. Calls go on.
    Directory(Arc<Directory>),
    /// What users may do is from now on this. Calls go on.
    Rights(Arc<RightsTable>),
    /// A client wants something, or a program in the name of its user ([`ClientId::api`]).
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
        /// Its Call-ID: one call that is forked to several lines has one.
        call_id: String,
        /// Who calls.
        from: Caller,
        /// What its sender can do.
        abilities: Abilities,
        /// Hops the request has left (RFC 3261 8.1.1.6): a call that is passed on takes one.
        max_forwards: u8,
        /// What [`carried`](crate::call::headers::carried) finds, where the call is passed on; otherwise nothing.
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
        /// What it plays.
        service: Sound,
    },
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
    /// What a line's user has set has changed: to be kept, and shown to its users.
    LineSettings {
        /// The line.
        line: LineId,
        /// What it is now.
        settings: LineSettings,
    },
    /// The calls of a line that somebody may watch have changed.
    LineCalls {
        /// The line.
        line: LineId,
    },
    /// A call is over.
    Ended(Box<CallRecord>),
    /// A client asked for a call and was refused before there was one. Its number is nobody else's.
    NotBegun(Box<CallRecord>),
    /// A number has been translated for a call.
    Translated(Box<Translation>),
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
