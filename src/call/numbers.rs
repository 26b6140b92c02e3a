//! Numbers of calls. Within the call machine a number is what the PBX says and gets. What a person or a setting gives
//! becomes that here, and what the PBX says becomes what people are shown, by the dial plan of the line group's location.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Calls;
use super::cause::CauseCode;
use super::commands::dialable;
use super::directory::{Directory, LineEntry};
use super::effect::{Caller, Effect};
use super::secret::Secret;
use crate::ids::{CallId, ClientId, LineGroupId, LineId};
use crate::numbers::past::PastNumber;
use crate::numbers::{
    AfterAnswer, Circumstances, ClientAddress, DialPlan, DialledNumber, Entries, Missing, Moment, NotDialled,
    NumberKind, Numbers, Reach, ReportedAs, is_canonical, name_in,
};

/// What a person has typed, and what was chosen for it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TypedForm", into = "TypedForm")]
pub struct Typed {
    /// As it was typed.
    pub text: String,
    /// The name of a project of the location.
    pub project: Option<String>,
    /// Whether others are not to see the number.
    pub private: bool,
    /// The PIN for the project's code. A secret: it is neither written nor shown.
    pub pin: String,
    /// The user's number for the project's code. As the PIN.
    pub user: String,
}

/// How it is written: a number alone, or with what was chosen. Never with what was entered.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum TypedForm {
    Number(String),
    Chosen { text: String, project: Option<String>, private: bool },
}

impl From<TypedForm> for Typed {
    fn from(form: TypedForm) -> Typed {
        match form {
            TypedForm::Number(text) => text.into(),
            TypedForm::Chosen { text, project, private } => Typed { text, project, private, ..Typed::default() },
        }
    }
}

impl From<Typed> for TypedForm {
    fn from(Typed { text, project, private, .. }: Typed) -> TypedForm {
        match project.is_none() && !private {
            true => TypedForm::Number(text),
            false => TypedForm::Chosen { text, project, private },
        }
    }
}

impl From<String> for Typed {
    fn from(text: String) -> Typed {
        Typed { text, ..Typed::default() }
    }
}

impl From<&str> for Typed {
    fn from(text: &str) -> Typed {
        text.to_owned().into()
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Typed { text, project, private, .. } = self;
        f.debug_struct("Typed").field("text", text).field("project", project).field("private", private).finish()
    }
}

/// Where a client is, for emergency calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPlace {
    /// Its address.
    pub address: IpAddr,
    /// The zone of a link-local address (RFC 4007).
    pub zone: Option<String>,
}

impl ClientPlace {
    /// The place of who is connected from an address.
    pub fn of(address: SocketAddr) -> ClientPlace {
        let zone = match address {
            SocketAddr::V6(address) if address.scope_id() != 0 => Some(address.scope_id().to_string()),
            _ => None,
        };
        ClientPlace { address: address.ip().to_canonical(), zone }
    }

    pub(super) fn address(&self) -> ClientAddress<'_> {
        ClientAddress { address: self.address, zone: self.zone.as_deref() }
    }
}

/// A number as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Super-canonical where it can be. Empty: it is not to be shown.
    pub number: String,
    /// As it is shown.
    pub shown: String,
    /// Whether it is internal.
    pub reach: Reach,
}

/// What a number has become for a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    /// The call.
    pub call: Option<CallId>,
    /// By the location of this connection.
    pub group: LineGroupId,
    /// The name of that.
    pub location: String,
    /// What the number was translated as.
    pub kind: NumberKind,
    /// What was typed, set or reported.
    pub text: String,
    /// What has come of it, as it may be told.
    pub result: Translated,
    /// Whether it is told in a private call, of which nobody else learns a number.
    #[serde(default)]
    pub in_private: bool,
    /// What is dialled, where that may not be told.
    #[serde(skip)]
    pub secret: Secret,
}

/// What has come of a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Translated {
    /// It is dialled.
    Dialled(Placed),
    /// It is not.
    NotDialled {
        /// Why.
        cause: CauseCode,
    },
    /// It is shown.
    Reported(Known),
    /// There is no number, or the PBX is not believed.
    Nothing,
}

/// A number that is called.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// What the PBX gets. May have a PIN in it.
    pub number: String,
    /// What follows when it is answered. May have a PIN in it.
    #[serde(default)]
    pub then: Vec<AfterAnswer>,
    /// As people know it; none where there is no location.
    pub known: Option<Known>,
    /// Whether others are not to see it.
    #[serde(default)]
    pub private: bool,
    /// Whether it is for emergencies.
    #[serde(default)]
    pub emergency: bool,
}

impl Translation {
    /// It for the table of past numbers; none of a private call. `location` is the id, `at` milliseconds since 1970.
    pub fn past(&self, location: &str, at: f64) -> Option<PastNumber> {
        if self.is_private() {
            return None;
        }
        Some(PastNumber { location: location.to_owned(), kind: self.kind, text: self.text.clone(), at })
    }
}

impl Translation {
    /// Whether others are not to see the number.
    pub fn is_private(&self) -> bool {
        self.in_private || matches!(&self.result, Translated::Dialled(placed) if placed.private)
    }
}

impl Placed {
    /// A number that is dialled as it is.
    pub(super) fn bare(number: String, emergency: bool) -> Placed {
        Placed { number, then: Vec::new(), known: None, private: false, emergency }
    }

    /// As people see it.
    pub(super) fn shown(&self) -> &str {
        self.known.as_ref().map_or(&self.number, |known| &known.shown)
    }

    /// The other side of a call to it.
    pub(super) fn remote(&self) -> Caller {
        Caller { number: self.number.clone(), name: None }
    }
}

impl fmt::Debug for Placed {
    /// Without what may have a PIN in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.known.as_ref().filter(|_| !self.private).map(|known| &known.shown);
        f.debug_struct("Placed").field("shown", &shown).finish_non_exhaustive()
    }
}

/// Stands for each character of what was entered. A SIP URI may have it (RFC 3261 25.1), so that a replay can dial it.
const HIDDEN: char = '*';

/// Longest text that somebody has typed for a number, in octets.
pub(super) const LONGEST_TYPED: usize = 256;

/// What becomes of a number that is to be called, and how.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The number for the PBX, or why there is none.
    pub(super) result: Result<Placed, CauseCode>,
    /// How it came about, where there is a location.
    pub(super) translation: Option<Translation>,
}

/// Under what circumstances a number is called.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// Where the client is.
    pub client: Option<&'a ClientPlace>,
    /// When.
    pub moment: Moment,
    /// Whether calls are forwarded there.
    pub forwarding: bool,
}

/// What was noted of numbers, for calls that are decided once more: no rules are needed then.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NotedNumbers {
    results: HashMap<(LineGroupId, NumberKind, String), Translated>,
}

impl NotedNumbers {
    /// A number of this kind is translated so from now on.
    pub fn set(&mut self, Translation { group, kind, text, result, .. }: Translation) {
        self.results.insert((group, kind, text), result);
    }

    fn get(&self, group: LineGroupId, kind: NumberKind, text: &str) -> Option<&Translated> {
        self.results.get(&(group, kind, text.to_owned()))
    }
}

impl Directory {
    /// The dial plan of a connection's location, where it has one.
    pub fn plan(&self, group: LineGroupId) -> Option<&DialPlan> {
        let location = self.group(group)?.location.as_deref()?;
        self.numbers.plan(location).map(|plan| &**plan)
    }

    /// The locations of the connections, by [`LineGroupId`], and the dial plans there.
    pub fn locate(&mut self, locations: impl IntoIterator<Item = Option<String>>, numbers: Arc<Numbers>) {
        for (group, location) in self.groups.iter_mut().zip(locations) {
            group.location = location;
        }
        self.numbers = numbers;
        let known = |line: &LineEntry| self.plan(line.group)?.line_number(&line.number);
        let known: Vec<Option<String>> = self.lines.iter().map(known).collect();
        for (line, known) in self.lines.iter_mut().zip(known) {
            line.known = known;
        }
        self.know_lines();
        let (mut ends, mut whole) = (HashMap::new(), Vec::new());
        for (line, id) in self.lines.iter().zip((0..).map(LineId)).filter(|(line, _)| !line.users.is_empty()) {
            let Some((location, end)) = self.end(line.group, &line.number) else { continue };
            whole.push(((location.to_owned(), line.number.clone()), Some(id)));
            // An end that several lines have says nothing.
            ends.entry((location.to_owned(), end.to_owned())).and_modify(|line| *line = None).or_insert(Some(id));
        }
        ends.extend(whole);
        self.ends = ends.into_iter().filter_map(|(end, line)| Some((end, line?))).collect();
    }

    /// Lines are found by the super-canonical numbers that they have now.
    pub fn know_lines(&mut self) {
        let used = self.lines.iter().zip((0..).map(LineId)).filter(|(line, _)| !line.users.is_empty());
        self.known = used.filter_map(|(line, id)| Some((line.known.clone()?, id))).collect();
    }

    /// The line that a number of a connection is of: super-canonical, or internal and as its location looks lines up. Numbers
    /// from outside may end as a line does.
    pub fn line_known_as(&self, group: LineGroupId, number: &str) -> Option<LineId> {
        let inside = Some(number).filter(|number| !is_canonical(number));
        let by_end = || {
            let (location, end) = self.end(group, inside?)?;
            let line = |digits: &str| self.ends.get(&(location.to_owned(), digits.to_owned()));
            line(number).or_else(|| line(end))
        };
        self.known.get(number).or_else(by_end).copied()
    }

    /// The location and the digits that a line of a connection is looked up by.
    fn end<'a>(&'a self, group: LineGroupId, number: &'a str) -> Option<(&'a str, &'a str)> {
        if name_in(number).is_some() {
            return None;
        }
        let location = self.group(group)?.location.as_deref()?;
        Some((location, self.numbers.plan(location)?.looked_up_by(number)?))
    }

    /// What the PBX of a connection gets for what a person or a setting says.
    pub(super) fn wanted(&self, group: LineGroupId, typed: &Typed, around: Around<'_>) -> Wanted {
        let kind = if around.forwarding { NumberKind::Forwarding } else { NumberKind::Typed };
        let noted = self.noted.get(group, kind, &typed.text).map(|noted| match noted {
            Translated::Dialled(placed) => Ok(placed.clone()),
            Translated::NotDialled { cause } => Err(*cause),
            Translated::Reported(_) | Translated::Nothing => Err(CauseCode::InvalidNumber),
        });
        if let Some(result) = noted {
            return Wanted { result, translation: None };
        }
        let Some(plan) = self.plan(group) else {
            let number = dialable(&typed.text).ok_or(CauseCode::InvalidNumber);
            let result = number.map(|number| Placed::bare(number, self.is_emergency(group, &typed.text)));
            return Wanted { result, translation: None };
        };
        if typed.text.len() > LONGEST_TYPED {
            return Wanted { result: Err(CauseCode::InvalidNumber), translation: None };
        }
        let (result, told, secret) = match self.placed(plan, group, typed, around) {
            Ok((placed, told)) => {
                let secret = Secret::of(&placed.number, &told.number);
                (Ok(placed), Translated::Dialled(told), secret)
            }
            // Nobody is told what somebody wanted to dial in private; a project may say that it is.
            Err(cause) if typed.private || typed.project.is_some() => {
                return Wanted { result: Err(cause), translation: None };
            }
            Err(cause) => (Err(cause), Translated::NotDialled { cause }, Secret::default()),
        };
        let (location, text) = (plan.name().to_owned(), typed.text.clone());
        let in_private = false;
        let translation = Translation { call: None, group, location, kind, text, result: told, in_private, secret };
        Wanted { result, translation: Some(translation) }
    }

    /// What the dial plan makes of a number, and the same as it may be told, without what was entered.
    fn placed(
        &self,
        plan: &DialPlan,
        group: LineGroupId,
        typed: &Typed,
        around: Around<'_>,
    ) -> Result<(Placed, Placed), CauseCode> {
        let circumstances = self.circumstances(group, typed, around);
        let dialled = plan.dialled(&typed.text, &circumstances).map_err(|why| cause_of(&why))?;
        let told = plan.without_entries(dialled.clone(), &typed.text, &circumstances, HIDDEN);
        Ok((Placed::of(dialled, plan), Placed::of(told, plan)))
    }

    /// What a dial plan is told about a call.
    pub(super) fn circumstances<'a>(
        &'a self,
        group: LineGroupId,
        typed: &'a Typed,
        around: Around<'a>,
    ) -> Circumstances<'a> {
        Circumstances {
            client: around.client.map(ClientPlace::address),
            moment: around.moment,
            project: typed.project.as_deref(),
            private: typed.private,
            entries: Entries { pin: &typed.pin, user: &typed.user },
            forwarding: around.forwarding,
            emergency_numbers: self.group(group).map_or(&[], |group| &group.emergency_numbers),
        }
    }

    /// Whether somebody who types this at a connection needs help.
    pub fn is_emergency(&self, group: LineGroupId, typed: &str) -> bool {
        match (self.group(group), self.plan(group)) {
            (Some(entry), Some(plan)) => plan.is_emergency(typed, &entry.emergency_numbers),
            (Some(entry), None) => dialable(typed).is_some_and(|number| entry.is_emergency(&number)),
            (None, _) => false,
        }
    }

    /// What a number is that the PBX of a connection says, to people, and how that came about. Nothing: the number is to be
    /// shown as it is.
    pub(super) fn reported(
        &self,
        group: LineGroupId,
        kind: ReportedAs,
        text: &str,
    ) -> (Option<Known>, Option<Translation>) {
        let as_kind = NumberKind::from(kind);
        match self.noted.get(group, as_kind, text) {
            Some(Translated::Reported(known)) => return (Some(known.clone()), None),
            Some(_) => return (None, None),
            None => {}
        }
        let Some(plan) = self.plan(group).filter(|_| is_number(text)) else {
            return (None, None);
        };
        let is_connected = matches!(kind, ReportedAs::ConnectedIncoming | ReportedAs::ConnectedOutgoing);
        let known = match plan.reported(kind, text) {
            Some(reported) => {
                let shown = plan.display(&reported.number);
                Some(Known { number: reported.number, shown, reach: reported.reach })
            }
            // Who is connected is not believed; anybody else is not to be shown.
            None if is_connected => None,
            None => Some(Known { number: String::new(), shown: String::new(), reach: Reach::External }),
        };
        let result = known.clone().map_or(Translated::Nothing, Translated::Reported);
        let (location, text) = (plan.name().to_owned(), text.to_owned());
        let (kind, in_private, secret) = (as_kind, false, Secret::default());
        (known, Some(Translation { call: None, group, location, kind, text, result, in_private, secret }))
    }
}

impl Directory {
    /// What the PBX gets where a setting sends calls to a number.
    pub(super) fn forwarded(&self, group: LineGroupId, to: &str) -> Wanted {
        self.wanted(group, &to.into(), Around { forwarding: true, ..Around::default() })
    }

    /// What is kept of a number that a person sets on a line, and what the PBX gets for it now. With a location that is said anew
    /// for each call, so what was typed is kept.
    pub(super) fn settable(&self, group: LineGroupId, typed: &str) -> Result<(String, Placed), CauseCode> {
        if !is_typed(typed) {
            return Err(CauseCode::InvalidNumber);
        }
        // No call goes on to those who help in an emergency.
        if self.is_emergency(group, typed) {
            return Err(CauseCode::InvalidNumber);
        }
        let placed = self.forwarded(group, typed).result?;
        let kept = match self.plan(group) {
            Some(_) => typed.trim().to_owned(),
            None => placed.number.clone(),
        };
        Ok((kept, placed))
    }
}

impl Calls {
    /// It is this time at the locations, for least-cost routing.
    pub fn set_moment(&mut self, moment: Moment) {
        self.moment = moment;
    }

    /// What a client's number becomes on a line.
    pub(super) fn wanted(&self, client: ClientId, line: LineId, typed: &Typed) -> Wanted {
        match self.directory.group_of(line) {
            Some(group) => {
                let around = Around { client: self.clients.place(client), moment: self.moment, forwarding: false };
                self.directory.wanted(group, typed, around)
            }
            None => Wanted { result: Err(CauseCode::UnknownLine), translation: None },
        }
    }

    /// A number was translated for a call.
    pub(super) fn note_number(&mut self, call: Option<CallId>, translation: Option<Translation>) {
        note_number(&mut self.effects, call, translation);
    }
}

/// The same, for who has the effects alone.
pub(super) fn note_number(effects: &mut VecDeque<Effect>, call: Option<CallId>, translation: Option<Translation>) {
    if let Some(translation) = translation {
        effects.push_back(Effect::Translated(Box::new(Translation { call, ..translation })));
    }
}

impl Placed {
    fn of(dialled: DialledNumber, plan: &DialPlan) -> Placed {
        let DialledNumber { number, then, canonical, reach, private, emergency, .. } = dialled;
        let known = Some(Known { shown: plan.display(&canonical), number: canonical, reach });
        Placed { number, then, known, private, emergency }
    }
}

/// Whether a text can be a number that somebody has typed: in one line, and no longer than one is with all that people write
/// between its digits.
pub fn is_typed(text: &str) -> bool {
    text.len() <= LONGEST_TYPED && !text.trim().is_empty() && !text.trim().contains(char::is_control)
}

/// Whether what a PBX reports is a number: what has letters is a name, whatever digits it has beside them.
pub fn is_number(reported: &str) -> bool {
    reported.contains(|c: char| c.is_ascii_digit()) && !reported.contains(char::is_alphabetic)
}

/// Why nothing is dialled, to the person who wanted it.
pub(super) fn cause_of(why: &NotDialled) -> CauseCode {
    match why {
        NotDialled::Empty | NotDialled::TooLong => CauseCode::InvalidNumber,
        NotDialled::Suppressed => CauseCode::NumberSuppressed,
        NotDialled::UnknownProject(_) => CauseCode::UnknownProject,
        NotDialled::Missing(Missing::Pin(_)) => CauseCode::PinNeeded,
        NotDialled::Missing(Missing::User(_)) => CauseCode::UserNumberNeeded,
    }
}
