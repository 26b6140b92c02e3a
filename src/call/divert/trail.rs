//! Where a call has been, and where it goes from there.

use std::time::Instant;

use offhook_sip::header::Name;
use offhook_sip::header::identity::{Diversion, DiversionReason, HistoryEntry};
use offhook_sip::uri::Uri;

use super::super::effect::Caller;
use super::super::headers::{self, Headers};
use super::super::numbers::{Known, Placed};
use crate::ids::{LineId, UserId};

/// Numbers that a call remembers to have been at.
const MAX_TRIED: usize = 64;
/// Digits that two ways to write a number have in common at least.
const MIN_COMMON: usize = 6;

/// Where an incoming call has been, and how it goes on.
#[derive(Debug, Default)]
pub(in crate::call) struct Trail {
    /// The line that it came for: its settings and its list count, wherever the call goes.
    pub(in crate::call) line: Option<LineId>,
    /// Why nobody is shown the call although it rings at the line.
    pub(in crate::call) hidden: Option<Hidden>,
    /// When it has rung long enough where it is.
    pub(in crate::call) until: Option<Instant>,
    /// The next place in the line's list; none while the list is not in use.
    pub(in crate::call) next: Option<usize>,
    /// How a call goes that was answered only to be transferred.
    pub(in crate::call) sent: Option<Sent>,
    /// The line that it rang at before somebody picked it up.
    pub(in crate::call) picked_from: Option<(LineId, Option<Hidden>)>,
    /// What our INVITE says of who diverted the call.
    pub(in crate::call) headers: Headers,
    /// Call-ID of its INVITE; empty where it counts for nothing.
    pub(in crate::call) call_id: String,
    /// People at whom the same call rings already, forked to another of their lines.
    pub(in crate::call) but: Vec<UserId>,
    /// The number of who diverted it last as people know it.
    pub(in crate::call) diverter: Option<Known>,
    /// Numbers that are not tried again.
    tried: Vec<Written>,
    /// Who diverted it before it came here, the latest first.
    diversions: Vec<Diversion>,
    history: Vec<HistoryEntry>,
}

/// Why a call that rings is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::call) enum Hidden {
    /// A client declined, and the caller is not to know.
    Declined,
    /// The line is not to be disturbed.
    DoNotDisturb,
    /// It has left the line.
    Left,
}

/// How a call goes that is answered, held and transferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::call) enum Sent {
    /// Its 200 is not confirmed yet; then it goes to this number.
    Answered(Placed),
    /// It is put on hold, and then goes to this number.
    Held(Placed),
    /// The PBX was asked to call this number, and has perhaps said that it does.
    Asked { to: Placed, progressed: bool },
    /// The PBX has not done it: the number is called here.
    Here,
}

impl Trail {
    /// A call for a line with this number. `headers` are those of its INVITE where they are believed; `written` says in what
    /// forms the numbers there may be met.
    pub(in crate::call) fn begin(
        line: LineId,
        own: Written,
        headers: &[(Name, String)],
        written: impl Fn(String) -> Written,
    ) -> Trail {
        let history = HistoryEntry::read_all(headers::values(headers, Name::HistoryInfo));
        let mut diversions = Diversion::read_all(headers::values(headers, Name::Diversion));
        if diversions.is_empty() {
            diversions = Diversion::from_history(&history);
        }
        let mut trail = Trail { line: Some(line), diversions, history, ..Trail::default() };
        let users = trail.diversions.iter().filter_map(|diversion| diversion.uri.user_decoded()).map(written);
        trail.tried = std::iter::once(own).chain(users).collect();
        trail
    }

    /// Who diverted the call last before it came here, as far as it may be shown.
    pub(in crate::call) fn diverted_by(&self) -> Option<Caller> {
        let last = self.diversions.first()?;
        let (number, name) = last.shown();
        (number.is_some() || name.is_some()).then(|| Caller { number: number.unwrap_or_default(), name })
    }

    /// Whether a number has not been tried yet.
    pub(in crate::call) fn allows(&self, to: &Written) -> bool {
        self.tried.len() < MAX_TRIED && !self.tried.iter().any(|tried| tried.means(to))
    }

    /// Whether the call has left the line that it came for.
    pub(in crate::call) fn is_away(&self) -> bool {
        !self.headers.is_empty()
    }

    /// Where the call goes or went instead of ringing at the line that it came for, for people.
    pub(in crate::call) fn way(&self) -> Option<&'static str> {
        match (&self.sent, self.hidden) {
            (Some(Sent::Answered(_) | Sent::Held(_)), _) => Some("answered to be transferred"),
            (Some(Sent::Asked { .. }), _) => Some("diverted by REFER"),
            (Some(Sent::Here), _) => Some("diverted"),
            (None, Some(Hidden::Declined)) => Some("declined unseen by the caller"),
            (None, Some(Hidden::DoNotDisturb)) => Some("not to be disturbed"),
            (None, Some(Hidden::Left) | None) if self.is_away() => Some("diverted"),
            (None, Some(Hidden::Left)) => Some("left the line"),
            (None, None) => self.picked_from.map(|_| "picked up"),
        }
    }

    /// Numbers that the call has been at, for one that it comes back as.
    pub(in crate::call) fn inherit(&mut self, earlier: &Trail) {
        self.tried.extend(earlier.tried.iter().take(MAX_TRIED).cloned());
    }

    /// The call goes from `by` to `to`.
    pub(in crate::call) fn leave(&mut self, number: Written, by: Uri, to: &Uri, why: DiversionReason) {
        self.tried.push(number);
        let mut diversions = vec![Diversion::new(by, why)];
        diversions.extend(self.diversions.iter().cloned());
        let history = HistoryEntry::pass_on(self.history.clone(), &diversions, to);
        let diversions = diversions.iter().map(|entry| (Name::Diversion, entry.to_string()));
        let history = history.iter().map(|entry| (Name::HistoryInfo, entry.to_string()));
        self.headers.clear();
        headers::add(&mut self.headers, diversions.chain(history));
    }
}

/// A number in the forms in which it may be met: a PBX may dial, report and register it each in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::call) struct Written {
    /// As the PBX has it or gets it.
    pub(in crate::call) number: String,
    /// Super-canonical, where there is a location.
    pub(in crate::call) known: Option<String>,
    /// The line that it is of, as far as that was asked for.
    pub(in crate::call) line: Option<LineId>,
}

impl Written {
    pub(in crate::call) fn new(number: &str, known: Option<&Known>) -> Written {
        let known = known.map(|known| known.number.clone()).filter(|known| !known.is_empty());
        Written { number: number.to_owned(), known, line: None }
    }

    /// Whether both are the same in a form that both have.
    pub(in crate::call) fn is(&self, other: &Written) -> bool {
        self.number == other.number
            || self.known.is_some() && self.known == other.known
            || self.line.is_some() && self.line == other.line
    }

    /// Whether any form of the one may mean the same as one of the other.
    pub(in crate::call) fn means(&self, other: &Written) -> bool {
        self.is(other) || self.forms().any(|one| other.forms().any(|other| same(one, other)))
    }

    fn forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.number.as_str()).chain(self.known.as_deref())
    }
}

impl From<&Placed> for Written {
    fn from(placed: &Placed) -> Written {
        Written::new(&placed.number, placed.known.as_ref())
    }
}

/// Whether two ways to write a number mean the same: with or without the prefixes of company, country and exchange.
pub(in crate::call) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    let (long, short) = if one.len() >= other.len() { (one, other) } else { (other, one) };
    long == short || short.len() >= MIN_COMMON && long.ends_with(short)
}

fn bare(number: &str) -> &str {
    number.trim_start_matches(['+', '0'])
}
