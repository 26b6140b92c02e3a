//! History-Info (RFC 7044), and Diversion as History-Info (RFC 7544).

use std::fmt;

use super::diversion::{Diversion, DiversionPrivacy};
use super::privacy::Privacy;
use super::readable;
use crate::header::{Name, NameAddr, Params};
use crate::lex;
use crate::message::Message;
use crate::uri::{Scheme, Uri};

/// Entries that are read or made.
const MAX_ENTRIES: usize = 40;
/// Numbers in an index.
const MAX_DEPTH: usize = 40;
/// Host of entries that stand for diversions nothing is known of (RFC 7544 4.2).
pub(super) const UNKNOWN: &str = "unknown.invalid";

/// Where an entry stands in the tree of targets: `1.2.1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Index(Vec<u32>);

/// One target that the call had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its display name.
    pub display: Option<String>,
    /// The target, without header fields.
    pub uri: Uri,
    /// Its place.
    pub index: Index,
    /// How it became a target.
    pub target: Option<Target>,
    /// Why the entry before was left for this one: the `cause` of its URI (RFC 4458).
    pub cause: Option<u16>,
    /// Why this entry was left: the value of Reason that stands in its URI, escapes undone.
    pub reason: Option<String>,
    /// Whether the other side may not be told.
    pub is_private: bool,
}

/// How a target was found, with the entry it was found from (RFC 7044 10.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `rc`: the same user by a registered contact.
    Contact(Index),
    /// `mp`: another user.
    OtherUser(Index),
    /// `np`: the same target, sent on.
    Same(Index),
}

impl Index {
    /// Reads numbers with dots between. None where there are none, or too many.
    pub fn parse(text: &str) -> Option<Index> {
        let numbers: Vec<u32> =
            text.split('.').take(MAX_DEPTH + 1).map(lex::saturating_number).collect::<Option<_>>()?;
        (numbers.len() <= MAX_DEPTH).then_some(Index(numbers))
    }

    /// The first entry below this one.
    fn below(&self) -> Index {
        Index(self.0.iter().copied().chain([1]).take(MAX_DEPTH).collect())
    }

    /// The entry above.
    fn above(&self) -> Option<Index> {
        let (_, above) = self.0.split_last()?;
        (!above.is_empty()).then(|| Index(above.to_vec()))
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, number) in self.0.iter().enumerate() {
            let dot = if at > 0 { "." } else { "" };
            write!(f, "{dot}{number}")?;
        }
        Ok(())
    }
}

impl HistoryEntry {
    /// All entries in order of their index (RFC 7044 10.3 wants them sent so, not everybody does).
    pub fn all(message: &Message) -> Vec<HistoryEntry> {
        HistoryEntry::read_all(message.raw_values(Name::HistoryInfo))
    }

    /// The same from the values of its header fields.
    pub fn read_all<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<HistoryEntry> {
        let mut entries = readable(values, MAX_ENTRIES, HistoryEntry::read);
        entries.sort_by(|a, b| a.index.cmp(&b.index));
        entries
    }

    /// The history of a call that is passed on to `target` (RFC 7044 9.2): what came with it, or else what its
    /// `diversions` tell (the latest first, with the one that is made now), then `target`, which is another user.
    pub fn pass_on(mut came: Vec<HistoryEntry>, diversions: &[Diversion], target: &Uri) -> Vec<HistoryEntry> {
        let Some(latest) = diversions.first() else { return came };
        if came.is_empty() {
            return HistoryEntry::from_diversions(diversions, target);
        }
        let add = |came: &mut Vec<HistoryEntry>, uri: &Uri, cause: Option<u16>| {
            let (index, target) = match came.last() {
                Some(last) => (last.index.below(), cause.map(|_| Target::OtherUser(last.index.clone()))),
                None => (Index(vec![1]), None),
            };
            let uri = match cause {
                Some(cause) if matches!(uri.scheme(), Scheme::Sip | Scheme::Sips) => {
                    uri.with_param("cause", Some(&cause.to_string()))
                }
                _ => uri.clone(),
            };
            came.push(HistoryEntry { display: None, uri, index, target, cause, reason: None, is_private: false });
        };
        came.truncate(MAX_ENTRIES - 2);
        // Whoever sent it here may not have said where it was sent.
        if came.last().is_some_and(|last| last.uri.user() != latest.uri.user()) {
            add(&mut came, &latest.uri, None);
        }
        add(&mut came, target, Some(latest.reason.cause()));
        came
    }

    pub(super) fn read(address: &NameAddr) -> Option<HistoryEntry> {
        let index = |name: &str| address.params.value(name).and_then(Index::parse);
        let target = (index("rc").map(Target::Contact))
            .or_else(|| index("mp").map(Target::OtherUser))
            .or_else(|| index("np").map(Target::Same));
        let header = |wanted: &str| {
            let mut headers = address.uri.headers().split('&').filter_map(|header| header.split_once('='));
            let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            Some(lex::percent_decode(value).into_owned())
        };
        let uri = address.uri.without_headers();
        let cause = uri.param("cause").flatten().and_then(|cause| cause.parse().ok());
        Some(HistoryEntry {
            display: address.display.clone().filter(|display| !display.is_empty()),
            index: index("index")?,
            target,
            cause,
            reason: header("Reason").filter(|reason| !reason.is_empty()),
            is_private: header("Privacy").is_some_and(|value| Privacy::parse(&value).hides_history()),
            uri,
        })
    }

    /// The entry that passed the call on to this one: the one that `mp` names, else the one above, else the one before.
    pub(super) fn origin<'a>(&self, earlier: &'a [HistoryEntry]) -> Option<&'a HistoryEntry> {
        let find = |index: &Index| earlier.iter().find(|entry| entry.index == *index);
        let named = match &self.target {
            Some(Target::OtherUser(index) | Target::Contact(index) | Target::Same(index)) => find(index),
            None => None,
        };
        named.or_else(|| find(&self.index.above()?)).or(earlier.last())
    }

    /// The history that diversions tell of (RFC 7544 4): the first that passed the call on, then whom it was passed on
    /// to, up to `target`. Diversions that were only counted get entries of nobody known.
    pub fn from_diversions(diversions: &[Diversion], target: &Uri) -> Vec<HistoryEntry> {
        let mut entries: Vec<HistoryEntry> = Vec::new();
        let mut cause = None;
        let mut add = |display: Option<String>, uri: &Uri, cause: Option<u16>, is_private: bool| {
            if entries.len() >= MAX_ENTRIES {
                return;
            }
            let (index, target) = match entries.last() {
                Some(last) => (last.index.below(), Some(Target::OtherUser(last.index.clone()))),
                None => (Index(vec![1]), None),
            };
            let uri = uri.without_headers();
            let uri = match cause {
                Some(cause) if matches!(uri.scheme(), Scheme::Sip | Scheme::Sips) => {
                    uri.with_param("cause", Some(&cause.to_string()))
                }
                _ => uri,
            };
            entries.push(HistoryEntry { display, uri, index, target, cause, reason: None, is_private });
        };
        for diversion in diversions.iter().rev() {
            let is_private = diversion.privacy != DiversionPrivacy::Off;
            add(diversion.display.clone(), &diversion.uri, cause, is_private);
            cause = Some(diversion.reason.cause());
            for _ in 1..diversion.counter.min(MAX_ENTRIES as u32) {
                add(None, &Uri::sip("unknown", UNKNOWN, None), cause, false);
            }
        }
        if cause.is_some() {
            add(None, target, cause, false);
        }
        entries
    }
}

impl fmt::Display for HistoryEntry {
    /// One value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut headers = String::new();
        if let Some(reason) = &self.reason {
            headers.push_str("Reason=");
            lex::percent_encode(&mut headers, reason, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        }
        if self.is_private {
            headers.push_str(if headers.is_empty() { "Privacy=history" } else { "&Privacy=history" });
        }
        let mark = if headers.is_empty() { "" } else { "?" };
        let mut params = Params::new();
        params.push("index", Some(&self.index.to_string()));
        match &self.target {
            Some(Target::Contact(index)) => params.push("rc", Some(&index.to_string())),
            Some(Target::OtherUser(index)) => params.push("mp", Some(&index.to_string())),
            Some(Target::Same(index)) => params.push("np", Some(&index.to_string())),
            None => {}
        }
        if let Some(display) = &self.display {
            write!(f, "{} ", lex::Quoted(display))?;
        }
        write!(f, "<{}{mark}{headers}>{params}", self.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::super::DiversionReason;
    use super::super::tests::invite;
    use super::*;

    const HISTORY: &str = "\"Bob\" <sip:bob@b?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%20Here%22&Privacy=history>;index=1,\
                           <sip:carol@c;cause=486>;index=1.1;mp=1, <sip:dave@d;cause=302>;index=1.1.1;mp=1.1,\
                           <sip:192.0.2.3>;index=1.1.1.1;rc=1.1.1";

    fn written(entries: &[HistoryEntry]) -> Vec<String> {
        entries.iter().map(HistoryEntry::to_string).collect()
    }

    #[test]
    fn entries_are_read_and_written() {
        let entries = HistoryEntry::all(&invite(&[("History-Info", HISTORY)]));
        assert_eq!(entries.len(), 4);
        assert_eq!(entries[0].reason.as_deref(), Some("SIP;cause=486;text=\"Busy Here\""));
        assert!(entries[0].is_private && !entries[1].is_private);
        assert_eq!((entries[1].cause, entries[3].cause), (Some(486), None));
        let again = HistoryEntry::all(&invite(&[("History-Info", &written(&entries).join(","))]));
        assert_eq!(again, entries);
        let shuffled = "<sip:c@c>;index=1.10, <sip:b@b>;index=1.9, <sip:x@x>, <sip:a@a>;index=1";
        let entries = HistoryEntry::all(&invite(&[("History-Info", shuffled)]));
        assert_eq!(written(&entries), ["<sip:a@a>;index=1", "<sip:b@b>;index=1.9", "<sip:c@c>;index=1.10"]);
    }

    #[test]
    fn history_becomes_diversion() {
        let entries = HistoryEntry::all(&invite(&[("History-Info", HISTORY)]));
        let diversions: Vec<String> = Diversion::from_history(&entries).iter().map(Diversion::to_string).collect();
        let expected = ["<sip:carol@c>;reason=unconditional", "\"Bob\" <sip:bob@b>;reason=user-busy;privacy=full"];
        assert_eq!(diversions, expected);
    }

    #[test]
    fn diversion_becomes_history_and_comes_back() {
        let mut bob = Diversion::new(Uri::sip("bob", "b", None), DiversionReason::UserBusy);
        bob.privacy = DiversionPrivacy::Full;
        let mut carol = Diversion::new(Uri::sip("carol", "c", None), DiversionReason::NoAnswer);
        carol.counter = 3;
        let diversions = [carol, bob];
        let history = HistoryEntry::from_diversions(&diversions, &Uri::sip("dave", "d", None));
        assert_eq!(
            written(&history),
            [
                "<sip:bob@b?Privacy=history>;index=1",
                "<sip:carol@c;cause=486>;index=1.1;mp=1",
                "<sip:unknown@unknown.invalid;cause=408>;index=1.1.1;mp=1.1",
                "<sip:unknown@unknown.invalid;cause=408>;index=1.1.1.1;mp=1.1.1",
                "<sip:dave@d;cause=408>;index=1.1.1.1.1;mp=1.1.1.1",
            ]
        );
        assert_eq!(Diversion::from_history(&history), diversions);
        assert!(HistoryEntry::from_diversions(&[], &Uri::sip("dave", "d", None)).is_empty());
    }

    #[test]
    fn who_passes_a_call_on_adds_whom_it_goes_to() {
        let entries = HistoryEntry::all(&invite(&[("History-Info", "<sip:a@x>;index=1, <sip:b@x>;index=1.1;rc=1")]));
        let by = |user: &str| [Diversion::new(Uri::sip(user, "x", None), DiversionReason::NoAnswer)];
        let to = Uri::sip("c", "x", None);
        let passed = written(&HistoryEntry::pass_on(entries.clone(), &by("b"), &to));
        let expected = ["<sip:a@x>;index=1", "<sip:b@x>;index=1.1;rc=1", "<sip:c@x;cause=408>;index=1.1.1;mp=1.1"];
        assert_eq!(passed, expected);
        let passed = written(&HistoryEntry::pass_on(entries, &by("z"), &to));
        assert_eq!(passed[2..], ["<sip:z@x>;index=1.1.1", "<sip:c@x;cause=408>;index=1.1.1.1;mp=1.1.1"]);
        let passed = written(&HistoryEntry::pass_on(Vec::new(), &by("b"), &to));
        assert_eq!(passed, ["<sip:b@x>;index=1", "<sip:c@x;cause=408>;index=1.1;mp=1"]);
    }

    #[test]
    fn nothing_grows_beyond_bounds() {
        let many = "<sip:a@b>;index=1,".repeat(100);
        assert_eq!(HistoryEntry::all(&invite(&[("History-Info", &many)])).len(), MAX_ENTRIES);
        let mut diversion = Diversion::new(Uri::sip("a", "b", None), DiversionReason::Unknown);
        diversion.counter = u32::MAX;
        let made = HistoryEntry::from_diversions(&[diversion.clone(), diversion], &Uri::sip("c", "d", None));
        assert_eq!(made.len(), MAX_ENTRIES);
        assert_eq!(Index::parse(&"1.".repeat(100)), None);
    }
}
