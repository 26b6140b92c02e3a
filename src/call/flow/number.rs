//! Numbers that come up while a call goes on.

use super::super::effect::Caller;
use super::super::numbers::{Known, Placed, Wanted, note_number};
use super::Flow;
use crate::ids::LineGroupId;
use crate::numbers::ReportedAs;

impl Flow<'_> {
    /// The other side is somebody else from now on, as the PBX reports.
    pub(super) fn set_remote(&mut self, remote: Caller, kind: ReportedAs) {
        let group = self.group_of_line().filter(|_| !remote.is_anonymous());
        self.call.known = group.and_then(|group| self.note_reported(group, kind, &remote.number));
        self.call.remote = remote;
    }

    /// A number that the PBX reports, as people know it.
    pub(super) fn note_reported(&mut self, group: LineGroupId, kind: ReportedAs, number: &str) -> Option<Known> {
        let (known, translation) = self.directory.reported(group, kind, number);
        note_number(self.effects, Some(self.call.id), translation);
        known
    }

    /// What the PBX gets for numbers of settings, and that this was asked: each is told once.
    pub(super) fn note_settings(&mut self, made: Vec<Wanted>) {
        for Wanted { translation, .. } in made {
            let Some(translation) = translation else { continue };
            if !self.call.translated.contains(&translation.text) {
                self.call.translated.push(translation.text.clone());
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
