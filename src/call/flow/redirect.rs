//! Redirections (RFC 3261 8.1.3.4, 19.1.5): the contacts of a 3xx are called in the place of who gave them.

use super::super::effect::{Target, TargetUri};
use super::super::headers::{self, Redirect};
use super::super::state::{Far, FarSip, SipLeg};
use super::Flow;
use crate::ids::LegId;
use crate::numbers::ReportedAs;

/// Contacts called of one redirection.
const MAX_CONTACTS: usize = 5;
/// Targets that redirections may add to a call.
const MAX_REDIRECTED: usize = 10;

impl Flow<'_> {
    /// Calls the targets that are next.
    pub(super) fn invite_waiting(&mut self) {
        let Far::Sip(far) = &mut self.call.far else { return };
        let mut invited = Vec::new();
        for target in far.waiting.pop().unwrap_or_default() {
            *self.last_leg += 1;
            let id = LegId(*self.last_leg);
            far.legs.push(SipLeg { redirected: true, ..SipLeg::new(id, target.clone()) });
            invited.push((id, target));
        }
        for (leg, target) in invited {
            self.know_leg(leg, ReportedAs::Forwarding);
            self.invite(leg, target);
        }
    }
}

impl FarSip {
    /// Takes in where `from` leads. False where that is nowhere new.
    ///
    /// The users in the contacts are numbers of the same connection: to call any host that a response names would let
    /// the other side send calls, and with them identities, wherever it likes.
    pub(super) fn follow(&mut self, from: &Target, redirect: Redirect) -> bool {
        let mut batches: Vec<(u16, Vec<Target>)> = Vec::new();
        let mut added: Vec<Target> = Vec::new();
        for (uri, q) in redirect.contacts {
            // A contact that names only a host leaves the number as it was.
            let number = uri.user_decoded().filter(|user| !user.is_empty());
            let uri = number.map_or_else(|| from.uri.clone(), TargetUri::Number);
            let target = Target { uri, ..from.clone() };
            if added.contains(&target) || self.knows(&target) {
                continue;
            }
            if added.len() >= MAX_CONTACTS || self.redirected >= MAX_REDIRECTED {
                break;
            }
            self.redirected += 1;
            added.push(target.clone());
            match batches.last_mut() {
                Some((together, targets)) if *together == q => targets.push(target),
                _ => batches.push((q, vec![target])),
            }
        }
        if added.is_empty() {
            return false;
        }
        headers::add(&mut self.diversions, redirect.headers);
        self.waiting.extend(batches.into_iter().rev().map(|(_, targets)| targets));
        true
    }

    /// Whether a target is, was or will be tried.
    fn knows(&self, target: &Target) -> bool {
        self.tried.contains(target)
            || self.legs.iter().any(|leg| leg.target == *target)
            || self.waiting.iter().flatten().any(|waiting| waiting == target)
    }
}
