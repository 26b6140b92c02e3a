//! Diversion (RFC 5806).

use std::fmt;

use super::history::{HistoryEntry, UNKNOWN};
use super::{clean, is_anonymous, number, readable};
use crate::header::{Name, NameAddr, Params};
use crate::lex;
use crate::message::Message;
use crate::uri::Uri;

/// Values that are read. A call that was passed on more often goes round in circles.
const MAX_DIVERSIONS: usize = 20;

/// Who passed the call on, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diversion {
    /// Its display name.
    pub display: Option<String>,
    /// Who.
    pub uri: Uri,
    /// Why.
    pub reason: DiversionReason,
    /// How often: 1 where nothing is said.
    pub counter: u32,
    /// What the other side may not be told.
    pub privacy: DiversionPrivacy,
}

/// What of a diversion is private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiversionPrivacy {
    /// Nothing.
    #[default]
    Off,
    /// The name.
    Name,
    /// The address.
    Uri,
    /// Both.
    Full,
}

/// Why a call was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiversionReason {
    /// Not told, or not known here.
    #[default]
    Unknown,
    /// It was busy.
    UserBusy,
    /// Nobody answered.
    NoAnswer,
    /// It could not be reached.
    Unavailable,
    /// All calls are passed on.
    Unconditional,
    /// At this time of day.
    TimeOfDay,
    /// It did not want to be disturbed.
    DoNotDisturb,
    /// A person sent this one call on.
    Deflection,
    /// It is somewhere else.
    FollowMe,
    /// It is out of service.
    OutOfService,
    /// It is away.
    Away,
}

impl DiversionReason {
    const ALL: [(DiversionReason, &'static str); 11] = [
        (DiversionReason::Unknown, "unknown"),
        (DiversionReason::UserBusy, "user-busy"),
        (DiversionReason::NoAnswer, "no-answer"),
        (DiversionReason::Unavailable, "unavailable"),
        (DiversionReason::Unconditional, "unconditional"),
        (DiversionReason::TimeOfDay, "time-of-day"),
        (DiversionReason::DoNotDisturb, "do-not-disturb"),
        (DiversionReason::Deflection, "deflection"),
        (DiversionReason::FollowMe, "follow-me"),
        (DiversionReason::OutOfService, "out-of-service"),
        (DiversionReason::Away, "away"),
    ];

    /// Reads the token in any case; what is not known is unknown.
    pub fn parse(token: &str) -> DiversionReason {
        let known = Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(token));
        known.map_or(DiversionReason::Unknown, |(reason, _)| *reason)
    }

    /// The token.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(reason, _)| *reason == self).map_or("unknown", |(_, name)| name)
    }

    /// The cause in a History-Info entry that says the same (RFC 4458, RFC 7544 4.2).
    pub fn cause(self) -> u16 {
        match self {
            Self::Unconditional => 302,
            Self::NoAnswer => 408,
            Self::Deflection => 480,
            Self::UserBusy => 486,
            Self::Unavailable => 503,
            _ => 404,
        }
    }

    /// What a cause in a History-Info entry means (RFC 4458, RFC 7544 5.2).
    pub fn of_cause(cause: u16) -> DiversionReason {
        match cause {
            302 => Self::Unconditional,
            408 => Self::NoAnswer,
            480 | 487 => Self::Deflection,
            486 | 600 => Self::UserBusy,
            503 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }
}

impl Diversion {
    /// A diversion that happened once.
    pub fn new(uri: Uri, reason: DiversionReason) -> Diversion {
        Diversion { display: None, uri, reason, counter: 1, privacy: DiversionPrivacy::Off }
    }

    /// All diversions of a call, the latest first (RFC 5806 5).
    pub fn all(message: &Message) -> Vec<Diversion> {
        readable(message.raw_values(Name::Diversion), MAX_DIVERSIONS, Diversion::read)
    }

    /// The same from the values of its header fields.
    pub fn read_all<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Diversion> {
        readable(values, MAX_DIVERSIONS, Diversion::read)
    }

    /// Number and name, as far as people may see them.
    pub fn shown(&self) -> (Option<String>, Option<String>) {
        let number = || number(&self.uri).filter(|_| self.uri.host() != &UNKNOWN.into() && !is_anonymous(&self.uri));
        let name = || self.display.as_deref().and_then(clean);
        match self.privacy {
            DiversionPrivacy::Off => (number(), name()),
            DiversionPrivacy::Name => (number(), None),
            DiversionPrivacy::Uri => (None, name()),
            DiversionPrivacy::Full => (None, None),
        }
    }

    pub(super) fn read(address: &NameAddr) -> Option<Diversion> {
        let param = |name: &str| address.params.value(name);
        let privacy = match param("privacy").map(str::to_ascii_lowercase).as_deref() {
            Some("full") => DiversionPrivacy::Full,
            Some("name") => DiversionPrivacy::Name,
            Some("uri") => DiversionPrivacy::Uri,
            _ => DiversionPrivacy::Off,
        };
        Some(Diversion {
            display: address.display.clone().filter(|display| !display.is_empty()),
            uri: address.uri.clone(),
            reason: param("reason").map(DiversionReason::parse).unwrap_or_default(),
            counter: param("counter").and_then(lex::saturating_number).unwrap_or(1).max(1),
            privacy,
        })
    }

    /// The diversions that a history tells of, the latest first (RFC 7544 5): each entry with a cause was reached
    /// because the one before it passed the call on.
    pub fn from_history(history: &[HistoryEntry]) -> Vec<Diversion> {
        let mut diversions: Vec<Diversion> = Vec::new();
        for (at, entry) in history.iter().enumerate() {
            let Some(cause) = entry.cause else { continue };
            let Some(from) = entry.origin(&history[..at]) else { continue };
            let reason = DiversionReason::of_cause(cause);
            match diversions.last_mut() {
                // Entries that only count stand for further diversions of the one before.
                Some(last) if from.uri.host() == &UNKNOWN.into() => last.counter = last.counter.saturating_add(1),
                _ => {
                    let privacy = if from.is_private { DiversionPrivacy::Full } else { DiversionPrivacy::Off };
                    let (display, uri) = (from.display.clone(), from.uri.without_param("cause"));
                    diversions.push(Diversion { display, uri, reason, counter: 1, privacy });
                }
            }
        }
        diversions.reverse();
        diversions.truncate(MAX_DIVERSIONS);
        diversions
    }
}

impl fmt::Display for Diversion {
    /// One value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut params = Params::new();
        params.push("reason", Some(self.reason.as_str()));
        if self.counter != 1 {
            params.push("counter", Some(&self.counter.to_string()));
        }
        let privacy = match self.privacy {
            DiversionPrivacy::Off => None,
            DiversionPrivacy::Name => Some("name"),
            DiversionPrivacy::Uri => Some("uri"),
            DiversionPrivacy::Full => Some("full"),
        };
        if let Some(privacy) = privacy {
            params.push("privacy", Some(privacy));
        }
        NameAddr { display: self.display.clone(), uri: self.uri.clone(), params }.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::invite;
    use super::*;

    #[test]
    fn values_are_read_and_written() {
        let message = invite(&[
            (
                "Diversion",
                "\"Bob\" <sip:bob@b>;reason=User-Busy;privacy=\"full\";counter=2;screen=no, <tel:+1>;reason=x",
            ),
            ("Diversion", "sip:carol@c;counter=0;reason=unconditional, <broken"),
        ]);
        let all = Diversion::all(&message);
        let written: Vec<String> = all.iter().map(Diversion::to_string).collect();
        assert_eq!(
            written,
            [
                "\"Bob\" <sip:bob@b>;reason=user-busy;counter=2;privacy=full",
                "<tel:+1>;reason=unknown",
                "<sip:carol@c>;reason=unconditional",
            ]
        );
        let many = "<sip:a@b>,".repeat(100);
        assert_eq!(Diversion::all(&invite(&[("Diversion", &many)])).len(), MAX_DIVERSIONS);
    }

    #[test]
    fn every_reason_has_its_token() {
        for (reason, token) in DiversionReason::ALL {
            assert_eq!(DiversionReason::parse(token), reason);
            assert_eq!(reason.as_str(), token);
            let back = DiversionReason::of_cause(reason.cause());
            assert!(back == reason || back == DiversionReason::Unknown, "{token}");
        }
    }
}
