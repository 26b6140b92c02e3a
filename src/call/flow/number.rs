//! Numbers that come up while a call goes on.

use super::super::effect::{Caller, Target, TargetUri};
use super::super::numbers::{Known, Placed, Translation, Wanted, note_number};
use super::super::state::{Far, Near};
use super::Flow;
use crate::ids::{LegId, LineGroupId};
use crate::numbers::ReportedAs;

impl Flow<'_> {
    /// The other side is somebody else from now on, as the PBX reports.
    pub(super) fn set_remote(&mut self, remote: Caller, kind: ReportedAs) {
        let group = self.group_of_line().filter(|_| !remote.is_anonymous());
        self.call.known = group.and_then(|group| self.note_reported(group, kind, &remote.number));
        self.call.remote = remote;
    }

    /// Who is called by an INVITE of ours, as the PBX reports, where the call is passed on: a line's client has the other side
    /// by [`Flow::set_remote`].
    pub(super) fn know_leg(&mut self, id: LegId, kind: ReportedAs) {
        let leg = self.call.legs().find(|leg| leg.id == id).map(|leg| &leg.target);
        let (Near::Sip(_), Some(Target { group, uri: TargetUri::Number(number), .. })) = (&self.call.near, leg) else {
            return;
        };
        let (group, number) = (*group, number.clone());
        let known = self.note_reported(group, kind, &number);
        if let Far::Sip(far) = &mut self.call.far
            && let Some(leg) = far.legs.iter_mut().find(|leg| leg.id == id)
        {
            leg.known = known;
        }
    }

    /// A number that the PBX reports, as people know it.
    pub(super) fn note_reported(&mut self, group: LineGroupId, kind: ReportedAs, number: &str) -> Option<Known> {
        let (known, translation) = self.directory.reported(group, kind, number);
        let in_private = self.call.is_private();
        let translation = translation.map(|translation| Translation { in_private, ..translation });
        note_number(self.effects, Some(self.call.id), translation);
        known
    }

    /// What the PBX gets for numbers of settings, and that this was asked: each is told once.
    pub(super) fn note_settings(&mut self, made: Vec<Wanted>) {
        for Wanted { translation, .. } in made {
            let Some(translation) = translation else { continue };
            let told = (translation.kind, translation.text.clone());
            if !self.call.translated.contains(&told) {
                self.call.translated.push(told);
                note_number(self.effects, Some(self.call.id), Some(translation));
            }
        }
    }

    /// What follows the answer of a number that is called now.
    pub(super) fn expect_after(&mut self, to: &Placed) {
        self.call.then = to.then.iter().cloned().collect();
        self.call.then_at = None;
    }
}
