//! What the call machine must know of lines, PBX connections and users.

use offhook_media::codec::Codec;

use crate::ids::{LineId, PbxId, UserId};

/// The lines and PBX connections there are.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// By [`LineId`].
    pub lines: Vec<LineEntry>,
    /// By [`PbxId`].
    pub pbxes: Vec<PbxEntry>,
}

/// A line.
#[derive(Debug, Clone)]
pub struct LineEntry {
    /// The connection it belongs to.
    pub pbx: PbxId,
    /// Who may use it.
    pub users: Vec<UserId>,
}

/// A PBX connection.
#[derive(Debug, Clone)]
pub struct PbxEntry {
    /// Codecs towards it, best first; never empty.
    pub codecs: Vec<Codec>,
}

impl Directory {
    /// The users of a line; nobody for a line that is not there.
    pub fn users_of(&self, line: LineId) -> &[UserId] {
        self.lines.get(line.0 as usize).map_or(&[], |entry| &entry.users)
    }

    /// The connection of a line.
    pub fn pbx_of(&self, line: LineId) -> Option<PbxId> {
        self.lines.get(line.0 as usize).map(|entry| entry.pbx)
    }

    /// Whether a codec may be used on this connection.
    pub fn allows(&self, pbx: PbxId, codec: Codec) -> bool {
        self.pbxes.get(pbx.0 as usize).is_some_and(|entry| entry.codecs.contains(&codec))
    }

    /// The codec that calls over this connection most likely get.
    pub fn expected_codec(&self, pbx: PbxId) -> Option<Codec> {
        self.pbxes.get(pbx.0 as usize).and_then(|entry| entry.codecs.first().copied())
    }
}
