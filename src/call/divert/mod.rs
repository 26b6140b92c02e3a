//! What becomes of an incoming call that nobody can take or shall take: a pure decision, by what the line's users and
//! the administrator have set.

mod fork;
mod pickup;
mod settings;
mod trail;

use std::time::Duration;

use offhook_sip::header::identity::DiversionReason;

use super::cause::CauseCode;
use super::directory::{Decline, Directory, Diversion, LineEntry, LineGroupEntry};
use super::numbers::{Around, Placed, Wanted};
use super::settings::{Callers, Forwarding, ForwardingKind, LineSettings};
use crate::ids::LineGroupId;
use crate::numbers::Moment;

pub(super) use self::trail::{Hidden, Sent, Trail, Written, same};

/// How long a line rings before its calls are forwarded, where nothing is said.
const NO_ANSWER: Duration = Duration::from_secs(20);

/// What an incoming call meets at a line. Where numbers are asked for, `place` says what the PBX gets for one, unless that leads
/// back to where the call has been: then it is as if it were not set. Whether the call stays there is asked, too: the PBX is not
/// told of a place where it only rings for a while.
#[derive(Debug, Clone, Copy)]
pub(in crate::call) struct Situation<'a> {
    /// The line.
    pub(in crate::call) line: &'a LineEntry,
    /// Its connection.
    pub(in crate::call) group: &'a LineGroupEntry,
    /// What its users have set.
    pub(in crate::call) settings: &'a LineSettings,
    /// Whether the caller is of the company.
    pub(in crate::call) internal: bool,
    /// Whether somebody who uses the line is signed in.
    pub(in crate::call) signed_in: bool,
    /// Whether all who use it and are signed in talk on it already.
    pub(in crate::call) busy: bool,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::call) enum Verdict {
    /// It rings at the line's clients.
    Ring,
    /// The caller hears it ring, and nobody is shown it.
    KeepRinging,
    /// It goes elsewhere.
    Divert(Diverted),
    /// It is refused.
    Refuse {
        /// Why.
        cause: CauseCode,
        /// Final status.
        status: u16,
    },
}

/// Where a call goes instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::call) struct Diverted {
    /// The number.
    pub(in crate::call) to: Placed,
    /// Why, as Diversion says it (RFC 5806).
    pub(in crate::call) why: DiversionReason,
    /// How long it rings there before the next in the line's list has its turn; without it, there is no next.
    pub(in crate::call) rings: Option<Duration>,
}

impl Diverted {
    fn new(to: Placed, why: DiversionReason) -> Diverted {
        Diverted { to, why, rings: None }
    }
}

impl Situation<'_> {
    /// A call comes in, or the last client of the line goes while it rings.
    ///
    /// Do-not-disturb is there for people: where nobody is signed in, the call goes to whoever stands in for them.
    pub(in crate::call) fn arrival(&self, place: impl Fn(&str, bool) -> Option<Placed>) -> Verdict {
        let forwarded = |kind, why| self.forwarding(kind, &place).map(|to| Verdict::Divert(Diverted::new(to, why)));
        if let Some(verdict) = forwarded(ForwardingKind::Immediate, DiversionReason::Unconditional) {
            return verdict;
        }
        if let Some(office) = self.settings.remote_office.as_deref().and_then(|office| place(office, true)) {
            return Verdict::Divert(Diverted::new(office, DiversionReason::FollowMe));
        }
        if !self.signed_in {
            return forwarded(ForwardingKind::SignedOff, DiversionReason::Unavailable)
                .or_else(|| {
                    Some(Verdict::Divert(Diverted::new(self.voice_mailbox(&place)?, DiversionReason::Unavailable)))
                })
                .or_else(|| Some(Verdict::Divert(self.next(0, DiversionReason::Unavailable, &place)?)))
                .unwrap_or_else(|| answer(self.group.signed_out, CauseCode::NobodySignedIn));
        }
        if self.settings.do_not_disturb {
            return answer(self.group.signed_out, CauseCode::DoNotDisturb);
        }
        let busy = if self.busy { forwarded(ForwardingKind::Busy, DiversionReason::UserBusy) } else { None };
        busy.unwrap_or(Verdict::Ring)
    }

    /// A client declines, as busy or for good; what the connection has fixed counts for more.
    pub(in crate::call) fn declined(&self, wish: CauseCode, place: impl Fn(&str, bool) -> Option<Placed>) -> Verdict {
        let wished = if wish == CauseCode::Busy { Decline::Busy } else { Decline::Declined };
        let decline = self.group.decline.unwrap_or(wished);
        let busy = || self.forwarding(ForwardingKind::Busy, &place);
        match (decline == Decline::Busy).then(busy).flatten() {
            Some(to) => Verdict::Divert(Diverted::new(to, DiversionReason::UserBusy)),
            None => answer(decline, if decline == Decline::Busy { CauseCode::Busy } else { CauseCode::Declined }),
        }
    }

    /// How long the call rings at the line before [`Situation::unanswered`] is asked; without it until somebody ends it.
    /// Before a list begins, the line has as long as the first place there.
    pub(in crate::call) fn rings(&self, place: impl Fn(&str, bool) -> Option<Placed>) -> Option<Duration> {
        match self.set(ForwardingKind::NoAnswer, &place) {
            Some((forwarding, _)) => {
                Some(forwarding.after.map_or(NO_ANSWER, |after| Duration::from_secs(after.into())))
            }
            None => self
                .next(0, DiversionReason::NoAnswer, &place)
                .and(self.line.redirections.first())
                .map(|first| first.rings),
        }
    }

    /// Nobody has taken the call in time. What the line's users have set counts for more than the list.
    pub(in crate::call) fn unanswered(&self, place: impl Fn(&str, bool) -> Option<Placed>) -> Option<Diverted> {
        match self.forwarding(ForwardingKind::NoAnswer, &place) {
            Some(to) => Some(Diverted::new(to, DiversionReason::NoAnswer)),
            None => self.next(0, DiversionReason::NoAnswer, &place),
        }
    }

    /// The place `from` in the line's list of redirections, unless the list ends there: a number that was tried already
    /// ends it.
    pub(in crate::call) fn next(
        &self,
        from: usize,
        why: DiversionReason,
        place: impl Fn(&str, bool) -> Option<Placed>,
    ) -> Option<Diverted> {
        let redirection = self.line.redirections.get(from)?;
        let goes_on = self.line.redirections.get(from + 1).is_some();
        let to = place(&redirection.to, !goes_on)?;
        let rings = goes_on.then_some(redirection.rings);
        Some(Diverted { to, why, rings })
    }

    fn voice_mailbox(&self, place: impl Fn(&str, bool) -> Option<Placed>) -> Option<Placed> {
        let mailbox = self.line.voice_mailbox.as_deref().filter(|_| self.group.signed_off_to_voice_mailbox);
        mailbox.and_then(|mailbox| place(mailbox, true))
    }

    fn forwarding(&self, kind: ForwardingKind, place: impl Fn(&str, bool) -> Option<Placed>) -> Option<Placed> {
        self.set(kind, place).map(|(_, to)| to)
    }

    /// The forwarding of this kind for this caller: one for callers like this one counts for more than one for all.
    fn set(&self, kind: ForwardingKind, place: impl Fn(&str, bool) -> Option<Placed>) -> Option<(&Forwarding, Placed)> {
        let own = if self.internal { Callers::Internal } else { Callers::External };
        let find = |callers| {
            self.settings.forwardings.iter().find(|set: &&Forwarding| set.kind == kind && set.callers == callers)
        };
        find(own).or_else(|| find(Callers::All)).and_then(|set| Some((set, place(&set.to, true)?)))
    }
}

impl Directory {
    /// Whether it is the PBX of a connection that sends calls elsewhere.
    pub fn pbx_forwards(&self, group: LineGroupId) -> bool {
        self.group(group).is_some_and(|group| group.diversion != Diversion::NewCall)
    }

    /// What is dialled where a call of a connection goes on to a number, to stay there or to ring for a while: by the PBX where
    /// that sends it there, otherwise by this server as if somebody had typed it.
    pub(in crate::call) fn sent_on(&self, group: LineGroupId, to: &str, stays: bool, moment: Moment) -> Wanted {
        let by_pbx = stays && self.pbx_forwards(group);
        let forwarded = by_pbx.then(|| self.forwarded(group, to));
        // What follows the answer only we can send.
        let by_us = |wanted: &Wanted| wanted.result.as_ref().is_ok_and(|placed| !placed.then.is_empty());
        match forwarded.filter(|wanted| !by_us(wanted)) {
            Some(wanted) => wanted,
            None => self.wanted(group, &to.into(), Around { moment, ..Around::default() }),
        }
    }
}

/// What a way to refuse comes to.
fn answer(decline: Decline, cause: CauseCode) -> Verdict {
    let status = match decline {
        Decline::Busy => 486,
        Decline::Unavailable => 480,
        Decline::Declined => 603,
        Decline::Ringing => return Verdict::KeepRinging,
    };
    Verdict::Refuse { cause, status }
}

#[cfg(test)]
mod tests;
