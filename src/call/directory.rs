//! What the call machine must know of lines, PBX connections and users.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use offhook_media::codec::Codec;
use offhook_sip::uri::{Host, Uri};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::divert::Written;
use super::effect::Caller;
use super::numbers::NotedNumbers;
use super::service::{Service, Services};
use crate::ids::{LineGroupId, LineId, UserId};
use crate::numbers::{Numbers, ReportedAs};

/// The lines and PBX connections there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    /// By [`LineId`].
    pub lines: Vec<LineEntry>,
    /// By [`LineGroupId`].
    pub groups: Vec<LineGroupEntry>,
    /// Whether there is music for who waits.
    pub music_on_hold: bool,
    /// The dial plans of locations.
    pub numbers: Arc<Numbers>,
    /// The lines that somebody uses, by their super-canonical numbers.
    pub known: FxHashMap<String, LineId>,
    /// Lines whose location looks them up by the end of their numbers: by the location's id and these digits, or all of them.
    pub ends: FxHashMap<(String, String), LineId>,
    /// What was noted of numbers, where calls are decided once more.
    pub noted: Arc<NotedNumbers>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineEntry {
    /// The connection it belongs to.
    pub group: LineGroupId,
    /// Its number at the PBX.
    pub number: String,
    /// Its super-canonical number, where its connection has a location.
    pub known: Option<String>,
    /// Who may use it.
    pub users: Vec<UserId>,
    /// Where calls go one after the other when nobody takes them.
    pub redirections: Vec<Redirection>,
    /// Where calls go when none of its clients is signed in, where the group wants that.
    pub voice_mailbox: Option<String>,
}

/// A place in a line's list of redirections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirection {
    /// The number.
    pub to: String,
    /// How long it rings there before the next has its turn.
    #[serde(with = "seconds")]
    pub rings: Duration,
}

/// A PBX connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineGroupEntry {
    /// The id of its location. No part of a capture: numbers are noted there as they became.
    #[serde(skip)]
    pub location: Option<String>,
    /// The PBX's domain, for addresses of its numbers.
    pub domain: String,
    /// Codecs towards it, best first; never empty.
    #[serde(with = "codecs")]
    pub codecs: Vec<Codec>,
    /// Whether identities, privacy and diversions are believed and passed on (RFC 3325).
    pub trust_identity: bool,
    /// Whether its calls are recorded.
    pub record: bool,
    /// What its users are offered at all: the function switches.
    pub functions: Services,
    /// What a caller gets when nobody is signed in on the line, or it is not to be disturbed.
    pub signed_out: Decline,
    /// What a caller gets when a client declines; without it what the client wishes, busy or declined.
    pub decline: Option<Decline>,
    /// Clients do not show that a call can be declined.
    pub hide_decline: bool,
    /// How calls are sent elsewhere before they are answered.
    pub diversion: Diversion,
    /// How two calls are joined.
    pub transfer: TransferWay,
    /// Whether calls go to the user's voice mailbox when none of its clients is signed in.
    pub signed_off_to_voice_mailbox: bool,
    /// What is dialled to pick up a call from a number of the PBX; `<NUMBER>` stands for that.
    pub pickup_code: Option<String>,
    /// Whether calls that ring at lines of the server are picked up here, without the PBX.
    pub pickup_in_server: bool,
    /// What the PBX does for who dials a code.
    pub feature_codes: Vec<FeatureCode>,
    /// Numbers that can always be called.
    pub emergency_numbers: Vec<String>,
    /// Digits that a number of the company has at most; callers with more are external.
    pub internal_digits: u8,
    /// How long a parked call waits before it comes back.
    #[serde(with = "seconds")]
    pub park_returns: Duration,
}

/// How a call is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// 486 Busy Here.
    #[default]
    Busy,
    /// 480 Temporarily Unavailable.
    Unavailable,
    /// 603 Decline.
    Declined,
    /// Not at all: the caller hears it ring (180) until it gives up or somebody picks the call up.
    Ringing,
}

/// How calls are sent elsewhere before they are answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diversion {
    /// The PBX is told where to (302).
    Redirect,
    /// By a call of ours that is bridged with the first.
    #[default]
    NewCall,
    /// The call is answered, held, and transferred without asking (REFER).
    Transfer,
}

/// How two calls are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferWay {
    /// By REFER with Replaces where the PBX offers that, otherwise here.
    #[default]
    Auto,
    /// Here, always.
    Bridge,
}

/// A function of the PBX that is dialled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureCode {
    /// What it does, for people.
    pub name: String,
    /// What is dialled.
    pub code: String,
}

impl LineGroupEntry {
    /// What can be asked for on a line without a call.
    pub fn line_services(&self) -> Services {
        use Service::{DirectedPickupCall, MakeCall, SetDoNotDisturb, SetForwarding, SetRemoteOffice};
        let mut services =
            [MakeCall, SetForwarding, SetDoNotDisturb, SetRemoteOffice].into_iter().collect::<Services>();
        if self.pickup_in_server || self.pickup_code.is_some() {
            services.insert(DirectedPickupCall);
        }
        services.both(self.functions)
    }

    /// Whether a caller is of the company: its number is no longer than those of the company's own lines, or a name.
    pub fn internal(&self, caller: &Caller) -> bool {
        let number = caller.number.as_str();
        let digits = number.chars().filter(char::is_ascii_digit).count();
        !number.is_empty()
            && !caller.is_anonymous()
            && !number.starts_with('+')
            && digits <= usize::from(self.internal_digits)
    }

    /// Whether a number can always be called.
    pub fn is_emergency(&self, number: &str) -> bool {
        self.emergency_numbers.iter().any(|emergency| emergency == number)
    }

    /// A number's address at this PBX.
    pub(super) fn address(&self, number: &str) -> Uri {
        let host = self.domain.parse().unwrap_or_else(|_| Host::Name(self.domain.clone()));
        Uri::sip(number, host, None)
    }
}

impl Default for LineGroupEntry {
    /// G.711 A-law, nothing trusted, everything switched on.
    fn default() -> Self {
        LineGroupEntry {
            location: None,
            domain: "invalid".to_owned(),
            codecs: vec![Codec::Pcma],
            trust_identity: false,
            record: false,
            functions: Services::all(),
            signed_out: Decline::Busy,
            decline: None,
            hide_decline: false,
            diversion: Diversion::NewCall,
            transfer: TransferWay::Auto,
            signed_off_to_voice_mailbox: false,
            pickup_code: None,
            pickup_in_server: true,
            feature_codes: Vec::new(),
            emergency_numbers: vec!["110".to_owned(), "112".to_owned()],
            internal_digits: 5,
            park_returns: Duration::from_secs(120),
        }
    }
}

impl Directory {
    /// The users of a line; nobody for a line that is not there.
    pub fn users_of(&self, line: LineId) -> &[UserId] {
        self.lines.get(line.0 as usize).map_or(&[], |entry| &entry.users)
    }

    /// The lines of a user.
    pub fn lines_of(&self, user: UserId) -> impl Iterator<Item = LineId> + '_ {
        let lines = self.lines.iter().zip(0..).filter(move |(line, _)| line.users.contains(&user));
        lines.map(|(_, place)| LineId(place))
    }

    /// Who a call on a line concerns: its users, and who has the call, who may have lost the line meanwhile.
    pub fn concerned(&self, line: LineId, active: Option<UserId>) -> Cow<'_, [UserId]> {
        let users = self.users_of(line);
        match active.filter(|active| !users.contains(active)) {
            None => users.into(),
            Some(active) => users.iter().copied().chain([active]).collect::<Vec<_>>().into(),
        }
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

    /// Everything about a connection.
    pub fn group(&self, group: LineGroupId) -> Option<&LineGroupEntry> {
        self.groups.get(group.0 as usize)
    }

    /// Everything about a line.
    pub fn line(&self, line: LineId) -> Option<&LineEntry> {
        self.lines.get(line.0 as usize)
    }

    /// A line's number in the forms in which it may be met.
    pub(super) fn written(&self, line: LineId) -> Option<Written> {
        let LineEntry { number, known, .. } = self.line(line)?;
        Some(Written { number: number.clone(), known: known.clone(), line: Some(line) })
    }

    /// The line with a number.
    pub fn line_at(&self, number: &str) -> Option<LineId> {
        let place = self.lines.iter().position(|line| line.number == number)?;
        u32::try_from(place).ok().map(LineId)
    }

    /// A number that is dialled by way of a connection, with the line there that it leads to.
    pub(super) fn written_at(&self, group: LineGroupId, dialled: Written) -> Written {
        let of = |known: &str| self.line_known_as(group, known).filter(|line| self.group_of(*line) == Some(group));
        let line = dialled.known.as_deref().and_then(of).or_else(|| {
            // It was given to the PBX as it is, or a rule has made another of it.
            let (known, _) = self.reported(group, ReportedAs::Called, &dialled.number);
            known.and_then(|known| of(&known.number))
        });
        Written { line, ..dialled }
    }

    /// The lines of a connection with a number that somebody uses.
    pub(super) fn lines_at<'a>(&'a self, group: LineGroupId, number: &'a Written) -> impl Iterator<Item = LineId> + 'a {
        let known = number.line.and_then(|line| self.line(line)).map(|line| line.number.as_str());
        let lines = self.lines.iter().zip((0..).map(LineId)).filter(move |(line, _)| {
            let is_it = line.number == number.number || Some(line.number.as_str()) == known;
            line.group == group && is_it && !line.users.is_empty()
        });
        lines.map(|(_, id)| id)
    }

    /// Whether users of this connection are offered a service at all.
    pub fn offers(&self, group: LineGroupId, service: Service) -> bool {
        self.group(group).is_some_and(|entry| entry.functions.contains(service))
    }

    /// The codec that calls over this connection most likely get.
    pub fn expected_codec(&self, group: LineGroupId) -> Option<Codec> {
        self.groups.get(group.0 as usize).and_then(|entry| entry.codecs.first().copied())
    }
}

/// Durations as whole seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(duration.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        // Nothing is told to wait longer.
        u32::deserialize(from).map(|seconds| Duration::from_secs(seconds.into()))
    }
}

/// Codecs by their names. Of those that are not known nothing is read.
mod codecs {
    use offhook_media::codec::Codec;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(codecs: &[Codec], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(codecs.iter().map(|codec| codec.name()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Codec>, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}
