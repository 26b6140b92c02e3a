//! Names of things, as types.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[doc = $doc:literal])* $name:ident($inner:ty)) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map($name)
            }
        }
    };
}

id!(
    /// A call: everything between two sides, from the first message to the last.
    CallId(u64)
);
id!(
    /// One side of a call, or one of several that ring for it.
    LegId(u64)
);
id!(
    /// A conference: whoever is in it hears everybody else in it.
    ConferenceId(u32)
);
id!(
    /// A line: the place of a number at a PBX, counted in the configuration's order.
    LineId(u32)
);
id!(
    /// A PBX connection, counted in the configuration's order.
    LineGroupId(u32)
);
id!(
    /// A person who can sign in, counted in the configuration's order.
    UserId(u32)
);
id!(
    /// One browser tab or device of a user that is signed in.
    ClientId(u64)
);

/// Marks the [`ClientId`] that stands for a user's programs.
const API: u64 = 1 << 63;

impl UserId {
    /// Nobody: whose the calls are that the server places itself.
    pub const NOBODY: UserId = UserId(u32::MAX);
}

impl ClientId {
    /// Stands for the server itself, which places test calls.
    pub const SERVER: ClientId = ClientId(1 << 62);

    /// Stands for the programs of a user that ask and follow over HTTP. It has no audio, and no call rings there.
    pub fn api(user: UserId) -> ClientId {
        ClientId(API | u64::from(user.0))
    }

    /// Whose programs it stands for.
    pub fn api_user(self) -> Option<UserId> {
        (self.0 & API != 0).then_some(UserId((self.0 & u64::from(u32::MAX)) as u32))
    }
}
