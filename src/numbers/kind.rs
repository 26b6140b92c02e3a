//! Where a number comes from, which says which steps it goes through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::reported::ReportedAs;

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// A person types it.
    #[default]
    Typed,
    /// A person types it, and calls are to be forwarded there.
    Forwarding,
    /// The PBX reports who calls.
    Caller,
    /// The PBX reports who is called.
    Called,
    /// The PBX reports where calls are forwarded to.
    ReportedForwarding,
    /// The PBX reports who is really connected with an incoming call.
    ConnectedIncoming,
    /// The PBX reports who is really connected with an outgoing call.
    ConnectedOutgoing,
}

impl NumberKind {
    /// All of them.
    pub const ALL: [NumberKind; 7] = [
        NumberKind::Typed,
        NumberKind::Forwarding,
        NumberKind::Caller,
        NumberKind::Called,
        NumberKind::ReportedForwarding,
        NumberKind::ConnectedIncoming,
        NumberKind::ConnectedOutgoing,
    ];

    /// Its word, in the database and in interfaces.
    pub fn word(self) -> &'static str {
        match self {
            NumberKind::Typed => "typed",
            NumberKind::Forwarding => "forwarding",
            NumberKind::Caller => "caller",
            NumberKind::Called => "called",
            NumberKind::ReportedForwarding => "reported_forwarding",
            NumberKind::ConnectedIncoming => "connected_incoming",
            NumberKind::ConnectedOutgoing => "connected_outgoing",
        }
    }

    /// The one with a word.
    pub fn of_word(word: &str) -> Option<NumberKind> {
        NumberKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What it says of a number, in English.
    pub fn english(self) -> &'static str {
        match self {
            NumberKind::Typed => "typed",
            NumberKind::Forwarding => "set as the number to forward to",
            NumberKind::Caller => "reported as the caller",
            NumberKind::Called => "reported as the called number",
            NumberKind::ReportedForwarding => "reported as the number forwarded to",
            NumberKind::ConnectedIncoming | NumberKind::ConnectedOutgoing => "reported as connected",
        }
    }

    /// What the PBX reports it as; None: a person types it, and it is dialled.
    pub fn reported(self) -> Option<ReportedAs> {
        match self {
            NumberKind::Typed | NumberKind::Forwarding => None,
            NumberKind::Caller => Some(ReportedAs::Caller),
            NumberKind::Called => Some(ReportedAs::Called),
            NumberKind::ReportedForwarding => Some(ReportedAs::Forwarding),
            NumberKind::ConnectedIncoming => Some(ReportedAs::ConnectedIncoming),
            NumberKind::ConnectedOutgoing => Some(ReportedAs::ConnectedOutgoing),
        }
    }
}

impl From<ReportedAs> for NumberKind {
    fn from(reported: ReportedAs) -> NumberKind {
        match reported {
            ReportedAs::Caller => NumberKind::Caller,
            ReportedAs::Called => NumberKind::Called,
            ReportedAs::Forwarding => NumberKind::ReportedForwarding,
            ReportedAs::ConnectedIncoming => NumberKind::ConnectedIncoming,
            ReportedAs::ConnectedOutgoing => NumberKind::ConnectedOutgoing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_word_everywhere() {
        for kind in NumberKind::ALL {
            assert_eq!(NumberKind::of_word(kind.word()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
            assert!(kind.reported().is_none_or(|reported| NumberKind::from(reported) == kind));
        }
        assert_eq!(NumberKind::of_word("else"), None);
    }
}
