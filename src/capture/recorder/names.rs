//! What people call what a recording names by number, and how it is configured.

use crate::capture::trace::TraceSetting;
use crate::ids::{LineGroupId, LineId, UserId};

/// What lines, line groups and users are called, and the settings that calls meet.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// By [`LineGroupId`].
    pub groups: Vec<GroupNames>,
    /// By [`LineId`].
    pub lines: Vec<LineNames>,
    /// By [`UserId`].
    pub users: Vec<String>,
    /// Settings of the whole server.
    pub settings: Vec<TraceSetting>,
}

/// A line group.
#[derive(Debug, Clone, Default)]
pub struct GroupNames {
    /// Its name.
    pub name: String,
    /// Its settings, by their keys; no secret among them.
    pub settings: Vec<TraceSetting>,
}

/// A line.
#[derive(Debug, Clone)]
pub struct LineNames {
    /// Its number.
    pub number: String,
    /// Its line group.
    pub group: LineGroupId,
    /// Its settings, by their keys; no secret among them.
    pub settings: Vec<TraceSetting>,
}

impl Names {
    pub(super) fn group(&self, id: LineGroupId) -> Option<&GroupNames> {
        self.groups.get(id.0 as usize)
    }

    pub(super) fn line(&self, id: LineId) -> Option<&LineNames> {
        self.lines.get(id.0 as usize)
    }

    pub(super) fn user(&self, id: UserId) -> Option<&str> {
        self.users.get(id.0 as usize).map(String::as_str)
    }
}
