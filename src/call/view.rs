//! A call as one client sees it.

use std::time::Instant;

use offhook_media::codec::Codec;

use super::cause::CauseCode;
use super::effect::Caller;
use crate::ids::{CallId, LineId};

/// Who began a call, seen from the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Somebody called the line.
    Incoming,
    /// The line's user called somebody.
    Outgoing,
}

/// ECMA-269 connection states (6.1.5) that calls reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not there, or no longer.
    Null,
    /// Being set up.
    Initiated,
    /// Ringing.
    Alerting,
    /// In the call.
    Connected,
    /// Could not be set up.
    Failed,
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndCause {
    /// What it means.
    pub code: CauseCode,
    /// The SIP status behind it.
    pub sip_status: Option<u16>,
    /// The other side's own words.
    pub detail: Option<String>,
}

impl EndCause {
    /// A cause of our own, without a SIP status.
    pub fn ours(code: CauseCode) -> EndCause {
        EndCause { code, sip_status: None, detail: None }
    }
}

/// A call as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// The call.
    pub id: CallId,
    /// The line it runs on.
    pub line: LineId,
    /// Who began.
    pub direction: Direction,
    /// The user's own connection.
    pub state: ConnectionState,
    /// The other side's connection.
    pub remote_state: ConnectionState,
    /// The other side.
    pub remote: Caller,
    /// Whether this client has the audio.
    pub here: bool,
    /// When the call appeared.
    pub created: Instant,
    /// When it was answered.
    pub connected: Option<Instant>,
    /// The codec towards the PBX.
    pub codec: Option<Codec>,
    /// Why it ended, or why it is not here.
    pub cause: Option<EndCause>,
}
