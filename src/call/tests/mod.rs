//! Whole calls on a pure machine: what comes in, what goes out.

mod conference;
mod divert;
mod events;
mod hold;
mod numbers;
mod office;
mod park;
mod passed_on;
mod private;
mod random;
mod rights;
mod same_line;
mod sent_on;
mod single;
mod table;
mod test_call;
mod transfer;
mod transferring;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use offhook_media::codec::Codec;
use offhook_media::sdp;
use offhook_media::session::Side;
use offhook_sip::SessionId;

use self::world::*;
use super::Calls;
use super::cause::CauseCode;
use super::directory::{Directory, LineEntry, LineGroupEntry};
use super::dtmf::Digit;
use super::effect::*;
use super::headers::Headers;
use super::numbers::Translation;
use super::record::{CallRecord, Number, Party};
use super::view::{CallView, ConnectionState, Silence};
use crate::ids::{CallId, ClientId, LegId, LineGroupId, LineId, UserId};
