//! What the call machine must know of lines, PBX connections and users.

use offhook_media::codec::Codec;

use crate::ids::{LineGroupId, LineId, UserId};

/// The lines and PBX connections there are.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// By [`LineId`].
    pub lines: Vec<LineEntry>,
    /// By [`LineGroupId`].
    pub groups: Vec<LineGroupEntry>,
}

/// A line.
#[derive(Debug, Clone)]
pub struct LineEntry {
    /// The connection it belongs to.
    pub group: LineGroupId,
    /// Who may use it.
    pub users: Vec<UserId>,
}

/// A PBX connection.
#[derive(Debug, Clone)]
pub struct LineGroupEntry {
    /// Codecs towards it, best first; never empty.
    pub codecs: Vec<Codec>,
    /// Whether identities, privacy and diversions are believed and passed on (RFC 3325).
    pub trust_identity: bool,
    /// Whether its calls are recorded.
    pub record: bool,
}

impl Directory {
    /// The users of a line; nobody for a line that is not there.
    pub fn users_of(&self, line: LineId) -> &[UserId] {
        self.lines.get(line.0 as usize).map_or(&[], |entry| &entry.users)
    }

    /// The connection of a line.
    pub fn group_of(&self, line: LineId) -> Option<LineGroupId> {
        self.lines.get(line.0 as usize).map(|entry| entry.group)
    }

    /// Whether the other side of this connection is within our trust domain (RFC 3325 2.3).
    pub fn trusts(&self, group: LineGroupId) -> bool {
        self.groups.get(group.0 as usize).is_some_and(|entry| entry.trust_identity)
    }

    /// Whether calls over this connection are recorded.
    pub fn records(&self, group: LineGroupId) -> bool {
        self.groups.get(group.0 as usize).is_some_and(|entry| entry.record)
    }

    /// Whether a codec may be used on this connection.
    pub fn allows(&self, group: LineGroupId, codec: Codec) -> bool {
        self.groups.get(group.0 as usize).is_some_and(|entry| entry.codecs.contains(&codec))
    }

    /// The codec that calls over this connection most likely get.
    pub fn expected_codec(&self, group: LineGroupId) -> Option<Codec> {
        self.groups.get(group.0 as usize).and_then(|entry| entry.codecs.first().copied())
    }
}
