//! What a person types becomes what is dialled.

mod dialable;

use std::fmt::{self, Display};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use self::dialable::Access;
use super::canonical::{key, keys};
use super::emergency::{ClientAddress, Emergency};
use super::is_canonical;
use super::lcr::{Carrier, Moment};
use super::location::{Dialect, Output, Project, ProjectUse};
use super::name::name_in;
use super::plan::DialPlan;
use super::project::{AfterAnswer, Entries, Missing, Sequence, fill, is_dialled, is_within_code, notes_entries};
use super::reported::{MAX_TEXT, Reach, format, recognise};
use super::rule::Fit;
use super::step::{NoteCode, Step, StepName, Trace};

/// Under what circumstances something is dialled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// Where the softphone is that dials. None: another telephone dials, for which there are no emergency rules.
    pub client: Option<ClientAddress<'a>>,
    /// When, at the location.
    pub moment: Moment,
    /// The name of the chosen project.
    pub project: Option<&'a str>,
    /// Whether the call is private without a project saying so.
    pub private: bool,
    /// What was entered for the places of codes.
    pub entries: Entries<'a>,
    /// Whether calls are to be forwarded there.
    pub forwarding: bool,
    /// Numbers that are for emergencies beside those of the country and of rules: those of the line group.
    pub emergency_numbers: &'a [String],
}

/// A number that is dialled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct DialledNumber {
    /// What the PBX gets. May have a PIN in it.
    pub number: String,
    /// What follows when it is answered. May have a PIN in it.
    pub then: Vec<AfterAnswer>,
    /// As it is shown, looked up and kept: super-canonical where it can be.
    pub canonical: String,
    /// Whether it is internal.
    pub reach: Reach,
    /// Whether others do not see the number.
    pub private: bool,
    /// Whether it is for emergencies: nothing stands in its way.
    #[serde(default)]
    pub emergency: bool,
    /// What the journal notes of the project.
    pub noted: Option<NotedProject>,
}

impl Circumstances<'_> {
    /// Whether the call is private, by itself or by its project.
    fn is_private(&self, project: Option<&Project>) -> bool {
        self.private || project.is_some_and(Project::is_private)
    }
}

/// A project as the journal notes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct NotedProject {
    /// Its name.
    pub name: String,
    /// Its code, with its places.
    pub code: String,
    /// The user's number, where the code says that it is noted.
    pub user: Option<String>,
    /// The PIN, where the code says that it is noted.
    pub pin: Option<String>,
}

impl DialledNumber {
    /// An external number without anything else.
    pub(super) fn external(number: String, canonical: String) -> DialledNumber {
        let (then, reach) = (Vec::new(), Reach::External);
        DialledNumber { number, then, canonical, reach, private: false, emergency: false, noted: None }
    }
}

impl fmt::Debug for DialledNumber {
    /// Without what may have a PIN in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DialledNumber { canonical, reach, private, .. } = self;
        f.debug_struct("DialledNumber")
            .field("canonical", canonical)
            .field("reach", reach)
            .field("private", private)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NotedProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotedProject").field("name", &self.name).field("code", &self.code).finish_non_exhaustive()
    }
}

/// Why nothing is dialled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum NotDialled {
    /// There is no digit in it, or no calling code behind its `+`.
    Empty,
    /// It is far longer than any number.
    TooLong,
    /// A rule leaves nothing of it.
    Suppressed,
    /// There is no project of this name.
    UnknownProject(String),
    /// Something must be entered first.
    Missing(Missing),
}

/// What a number is on its way.
enum Stage {
    /// Dialled as it is, with an outside line.
    Outside(String),
    /// Dialled as it is.
    Inside(String),
    /// Super-canonical, or as near as it gets.
    Whole(String),
}

/// What steps 4 to 6 decide.
struct Decision {
    stage: Stage,
    /// The super-canonical number that a rule or the location has for it.
    whole: Option<String>,
    is_internal: bool,
    /// Why the steps after that are left out.
    left_out: Option<NoteCode>,
}

impl Stage {
    fn number(&self) -> &str {
        let (Stage::Outside(number) | Stage::Inside(number) | Stage::Whole(number)) = self;
        number
    }
}

impl DialPlan {
    /// What the PBX is given for what somebody types.
    pub fn dialled(&self, typed: &str, circumstances: &Circumstances<'_>) -> Result<DialledNumber, NotDialled> {
        self.dial(typed, circumstances, &mut Trace::default())
    }

    /// The same, with each step. Steps hold what was entered: they are no text for a log.
    pub fn explain_dialled(
        &self,
        typed: &str,
        circumstances: &Circumstances<'_>,
    ) -> (Result<DialledNumber, NotDialled>, Vec<Step>) {
        let mut trace = Trace::on();
        let dialled = self.dial(typed, circumstances, &mut trace);
        (dialled, trace.into_steps())
    }

    pub(super) fn dial(
        &self,
        typed: &str,
        around: &Circumstances<'_>,
        trace: &mut Trace,
    ) -> Result<DialledNumber, NotDialled> {
        let listed = around.emergency_numbers;
        let Some(emergency) = self.emergency(typed, listed).filter(|_| !around.forwarding) else {
            return self.dial_as(typed, None, around, trace);
        };
        // Nobody who needs help has to enter anything.
        let around = Circumstances { client: around.client, emergency_numbers: listed, ..Circumstances::default() };
        let dialled = self.dial_as(typed, Some(&emergency), &around, trace).unwrap_or_else(|_| {
            let number = emergency.number;
            trace.step((16, StepName::Send), (typed, &number), NoteCode::EmergencyKept, &[&number]);
            DialledNumber::external(number.clone(), number)
        });
        Ok(DialledNumber { emergency: true, ..dialled })
    }

    fn dial_as(
        &self,
        typed: &str,
        emergency: Option<&Emergency>,
        around: &Circumstances<'_>,
        trace: &mut Trace,
    ) -> Result<DialledNumber, NotDialled> {
        let project = match self.location.dialect {
            Dialect::Full => self.project(around)?,
            Dialect::Simple => None,
        };
        // What the project says of it holds also where its code is not dialled.
        let private = around.is_private(project);
        if let Some(raw) = typed.trim_start().strip_prefix('!') {
            return raw_number(typed, raw, private, trace);
        }
        if let Some(Emergency { number, is_whole: true }) = emergency {
            trace.step((3, StepName::Emergency), (typed, number), NoteCode::EmergencyWhole, &[]);
            trace_sent(number, &[], trace);
            return Ok(DialledNumber::external(number.clone(), number.clone()));
        }
        // An address of somebody is no number, whatever digits it has.
        if typed.contains('@') {
            trace.step((1, StepName::Characters), (typed, ""), NoteCode::Empty, &[]);
            return Err(NotDialled::Empty);
        }
        if let Some(name) = name_in(typed) {
            trace.step((0, StepName::Raw), (typed, name), NoteCode::Name, &[]);
            trace_sent(name, &[], trace);
            return Ok(DialledNumber { private, ..DialledNumber::external(name.to_owned(), name.to_owned()) });
        }
        if self.location.dialect == Dialect::Simple {
            return self.dialled_simply(typed, around, trace);
        }
        let mut number = self.digits(typed, trace)?;
        if let Some(emergency) = emergency {
            let before = std::mem::replace(&mut number, emergency.number.clone());
            trace.step((3, StepName::Emergency), (&before, &number), NoteCode::EmergencyNumber, &[&number]);
        }
        if let Some(number) = self.emergency_rule(&number, around, trace) {
            return Ok(number);
        }
        let Decision { mut stage, whole, is_internal, left_out } =
            self.special_or_internal(&number, project, around, trace);
        let canonical = match (&stage, whole) {
            (Stage::Whole(number), _) => {
                let read = self.canonical(number);
                self.trace_canonical(7, number, &read, trace);
                read.0.into_owned()
            }
            (_, Some(whole)) => whole,
            (_, None) => number.clone(),
        };
        if let Stage::Whole(number) = &mut stage {
            number.clone_from(&canonical);
        }
        trace_left_out(left_out, &LEFT_OUT_BEFORE_PROJECT, &number, trace);
        let project = project.filter(|_| left_out != Some(NoteCode::LeftOutSpecial));
        trace_project(around.project.is_some(), project, stage.number(), trace);
        trace_left_out(left_out, &LEFT_OUT_AFTER_PROJECT, &number, trace);
        let mut reach = match is_internal || self.extension(&canonical).is_some() {
            true => Reach::Internal,
            false => Reach::External,
        };
        let mut sequence = Sequence::default();
        let (mut number, access_code) = match stage {
            Stage::Whole(whole) => {
                let (number, access) = self.whole(whole, project, around, &mut sequence, trace)?;
                reach = match access {
                    Access::None => Reach::Internal,
                    Access::Whole => reach,
                    // Who is called does not change with how.
                    _ if is_within_code(project) => reach,
                    // It leaves the PBX, also where the number was an extension's and a rule has changed it.
                    _ => Reach::External,
                };
                self.with_access_code(number, access, project, around, trace)?
            }
            Stage::Outside(number) => self.with_access_code(number, Access::Local, project, around, trace)?,
            Stage::Inside(number) => self.with_access_code(number, Access::None, project, around, trace)?,
        };
        let with_access_code = number.clone();
        let digits_after = std::mem::take(&mut sequence.then);
        if let Some(project) = project.filter(|project| is_dialled(project)) {
            sequence = fill(&project.code, &number, around.entries).map_err(NotDialled::Missing)?;
            let filled = sequence.number.clone();
            if filled.is_empty() {
                return Err(NotDialled::Suppressed);
            }
            trace.step((14, StepName::Project), (&number, &filled), NoteCode::InCode, &[&project.code]);
            number = filled;
        }
        sequence.wait();
        for after in digits_after {
            if let AfterAnswer::Digits(digits) = after {
                sequence.digits(&digits);
            }
        }
        if let Some(formatted) = format((15, StepName::FinalRules), &self.dialling_final, &number, trace) {
            number = usable(formatted)?;
        }
        trace_sent(&number, &sequence.then, trace);
        trace.access_code = if number == with_access_code { access_code } else { 0 };
        let noted = project.and_then(|project| noted(project, around.entries));
        let then = sequence.then;
        Ok(DialledNumber { number, then, canonical, reach, private, emergency: false, noted })
    }

    /// Whether the PBX gets super-canonical numbers. Within codes they are written as people dial: + is no digit of them.
    fn wants_whole(&self, project: Option<&Project>, around: &Circumstances<'_>) -> bool {
        let is_private = around.is_private(project) && !self.location.access_codes.private.is_empty();
        self.location.output == Output::E164 && !is_private && !project.is_some_and(is_dialled)
    }

    /// The chosen project.
    fn project(&self, around: &Circumstances<'_>) -> Result<Option<&Project>, NotDialled> {
        let Some(name) = around.project else { return Ok(None) };
        let project = self.location.projects.iter().find(|project| project.name == name);
        project.map(Some).ok_or_else(|| NotDialled::UnknownProject(name.to_owned()))
    }

    /// Steps 1 to 3: only what can be dialled is left.
    fn digits(&self, typed: &str, trace: &mut Trace) -> Result<String, NotDialled> {
        let keep = |c: char| key(c).or_else(|| c.is_ascii_alphabetic().then(|| c.to_ascii_uppercase()));
        let characters: String = typed.chars().filter_map(keep).take(MAX_TEXT + 1).collect();
        if characters.len() > MAX_TEXT {
            return Err(NotDialled::TooLong);
        }
        let note = if characters == typed { NoteCode::Unchanged } else { NoteCode::Removed };
        trace.step((1, StepName::Characters), (typed, &characters), note, &[]);
        let step = (2, StepName::Vanity);
        let letters = match self.with_vanity(&characters) {
            Some((resolved, area)) => {
                trace.step(step, (&characters, &resolved), NoteCode::Vanity, &[&area]);
                resolved
            }
            None => {
                let has_letters = characters.contains(|c: char| c.is_ascii_uppercase());
                let note = if has_letters { NoteCode::NoVanity } else { NoteCode::Unchanged };
                trace.step(step, (&characters, &characters), note, &[]);
                characters
            }
        };
        let number = keys(&letters);
        let note = if number == letters { NoteCode::Unchanged } else { NoteCode::Removed };
        let is_number = number.contains(|c: char| c != '+');
        trace.step((3, StepName::Digits), (&letters, &number), if is_number { note } else { NoteCode::Empty }, &[]);
        if is_number { Ok(number) } else { Err(NotDialled::Empty) }
    }

    /// Steps 4 to 6: what is dialled as it is.
    fn special_or_internal(
        &self,
        number: &str,
        project: Option<&Project>,
        around: &Circumstances<'_>,
        trace: &mut Trace,
    ) -> Decision {
        let same = (number, number);
        let external = |whole, left_out| Decision {
            stage: Stage::Outside(number.to_owned()),
            whole,
            is_internal: false,
            left_out: Some(left_out),
        };
        let step = (4, StepName::SpecialNumbers);
        if self.country.special_number(number).is_some() {
            trace.step(step, same, NoteCode::SpecialDialled, &[&number]);
            self.trace_decided(5, &[StepName::ExternalRules], number, trace);
            self.trace_decided(6, &[StepName::InternalRules], number, trace);
            return external(None, NoteCode::LeftOutSpecial);
        }
        trace.step(step, same, NoteCode::NotSpecial, &[]);
        if !self.location.has_pbx {
            trace.step((5, StepName::ExternalRules), same, NoteCode::NoPbx, &[]);
        } else if let Some(fit) =
            recognise((5, StepName::ExternalRules), &self.external, number, (NoteCode::External, stays), trace)
        {
            self.trace_decided(6, &[StepName::InternalRules], number, trace);
            return external(fit.replaced, NoteCode::LeftOutExternal);
        } else if let Some(whole) = self.internal_number_of(number, trace) {
            return match whole {
                // A PBX that wants whole numbers gets them of internal ones, too, and so does who reads a project's code.
                Some(whole) if self.wants_whole(project, around) || is_within_code(project) => {
                    Decision { stage: Stage::Whole(whole), whole: None, is_internal: true, left_out: None }
                }
                whole => {
                    let stage = Stage::Inside(number.to_owned());
                    Decision { stage, whole, is_internal: true, left_out: Some(NoteCode::LeftOutInternal) }
                }
            };
        }
        Decision { stage: Stage::Whole(number.to_owned()), whole: None, is_internal: false, left_out: None }
    }

    /// Step 6: whether a number is internal, and its super-canonical number if it has one.
    fn internal_number_of(&self, number: &str, trace: &mut Trace) -> Option<Option<String>> {
        let same = (number, number);
        if self.extensions.contains(number) {
            trace.step((6, StepName::Extensions), same, NoteCode::Extension, &[&number]);
            self.trace_decided(6, &[StepName::InternalRules], number, trace);
            return Some(self.outside(number));
        }
        trace.step((6, StepName::Extensions), same, NoteCode::NoExtension, &[]);
        let rules = (6, StepName::InternalRules);
        if let Some(fit) = recognise(rules, &self.internal, number, (NoteCode::Internal, stays), trace) {
            return Some(fit.replaced);
        }
        let is_searched = self.location.network.enabled && self.location.network.search;
        let other = || self.of_other(number).filter(|_| is_searched).map(|(whole, _)| whole);
        self.is_internal_form(6, number, trace).then(other)
    }

    /// Step 14: the number with its access code, and how many characters that has.
    fn with_access_code(
        &self,
        number: String,
        access: Access,
        project: Option<&Project>,
        around: &Circumstances<'_>,
        trace: &mut Trace,
    ) -> Result<(String, usize), NotDialled> {
        let step = (14, StepName::AccessCode);
        if access == Access::None || access == Access::Whole {
            trace.step(step, (&number, &number), NoteCode::NoAccessCodeNeeded, &[]);
            return Ok((number, 0));
        }
        if is_within_code(project) {
            trace.step(step, (&number, &number), NoteCode::AccessCodeByProject, &[]);
            return Ok((number, 0));
        }
        let codes = &self.location.access_codes;
        let is_private = around.is_private(project);
        let code = match access {
            _ if !self.location.has_pbx => "",
            _ if is_private && !codes.private.is_empty() => &codes.private,
            _ if around.forwarding => &codes.forwarding,
            Access::National => &codes.national,
            Access::International => &codes.international,
            _ => &codes.local,
        };
        if code.is_empty() {
            trace.step(step, (&number, &number), NoteCode::NoAccessCodeSet, &[]);
            return Ok((number, 0));
        }
        let dialled = fill(code, &number, around.entries).map_err(NotDialled::Missing)?.number;
        trace.step(step, (&number, &dialled), NoteCode::AccessCode, &[&code]);
        let length = dialled.strip_suffix(number.as_str()).map_or(0, |code| code.chars().count());
        Ok((dialled, length))
    }

    /// Step 9: the prefix of who carries the call.
    fn provider(
        &self,
        number: &str,
        project: Option<&Project>,
        around: &Circumstances<'_>,
        trace: &mut Trace,
    ) -> Option<&str> {
        let step = (9, StepName::LeastCost);
        let routing = &self.location.least_cost_routing;
        let same = (number, number);
        let left_out = if !routing.enabled {
            Some(NoteCode::LeastCostOff)
        } else if around.forwarding {
            Some(NoteCode::LeastCostNotForwarding)
        } else if self.wants_whole(project, around)
            || is_within_code(project)
            || !is_canonical(number)
            || self.extension(number).is_some()
        {
            Some(NoteCode::LeastCostNotHere)
        } else {
            None
        };
        if let Some(code) = left_out {
            trace.step(step, same, code, &[]);
            return None;
        }
        match self.zones.carrier(routing, number, around.moment) {
            Carrier::Provider(zone, provider) => {
                trace.step(step, same, NoteCode::Provider, &[&zone.name, &provider.name, &provider.prefix]);
                Some(&provider.prefix)
            }
            Carrier::Nobody(zone) => {
                trace.step(step, same, NoteCode::ZoneWithoutProvider, &[&zone.name]);
                None
            }
            Carrier::NoZone => {
                trace.step(step, same, NoteCode::NoZone, &[]);
                None
            }
        }
    }
}

/// What a rule has made, if that can be dialled.
fn usable(formatted: String) -> Result<String, NotDialled> {
    match formatted.chars().nth(MAX_TEXT) {
        Some(_) => Err(NotDialled::TooLong),
        None if formatted.is_empty() => Err(NotDialled::Suppressed),
        None => Ok(formatted),
    }
}

/// What a rule recognises is dialled as it is.
fn stays<'a>(number: &'a str, _fit: &'a Fit) -> &'a str {
    number
}

/// What begins with `!`.
fn raw_number(typed: &str, raw: &str, private: bool, trace: &mut Trace) -> Result<DialledNumber, NotDialled> {
    let number: String = raw.trim().chars().filter(|c| !c.is_control()).take(MAX_TEXT + 1).collect();
    if number.chars().count() > MAX_TEXT {
        return Err(NotDialled::TooLong);
    }
    if number.is_empty() {
        return Err(NotDialled::Empty);
    }
    trace.step((0, StepName::Raw), (typed, &number), NoteCode::Raw, &[]);
    trace_sent(&number, &[], trace);
    Ok(DialledNumber { private, ..DialledNumber::external(number.clone(), number) })
}

/// The steps that numbers dialled as they are do not have.
const LEFT_OUT_BEFORE_PROJECT: [(u8, StepName); 1] = [(7, StepName::Canonical)];
const LEFT_OUT_AFTER_PROJECT: [(u8, StepName); 5] = [
    (9, StepName::LeastCost),
    (10, StepName::OwnNumbers),
    (11, StepName::DiallingRules),
    (12, StepName::Shorten),
    (13, StepName::Dialable),
];

fn trace_left_out(code: Option<NoteCode>, steps: &[(u8, StepName)], number: &str, trace: &mut Trace) {
    for step in steps {
        if let Some(code) = code {
            trace.step(*step, (number, number), code, &[]);
        }
    }
}

/// What the journal has of a project.
fn noted(project: &Project, entries: Entries<'_>) -> Option<NotedProject> {
    if project.used_for == ProjectUse::Dial {
        return None;
    }
    let is_noted = is_dialled(project) && notes_entries(&project.code);
    let entry = |text: &str| Some(text.to_owned()).filter(|text| is_noted && !text.is_empty());
    Some(NotedProject {
        name: project.name.clone(),
        code: project.code.clone(),
        user: entry(entries.user),
        pin: entry(entries.pin),
    })
}

/// Step 8.
fn trace_project(is_chosen: bool, project: Option<&Project>, number: &str, trace: &mut Trace) {
    let (code, values): (_, &[&dyn Display]) = match project {
        Some(project) if is_dialled(project) => (NoteCode::Project, &[&project.name, &project.code]),
        Some(project) => (NoteCode::ProjectNoted, &[&project.name]),
        None if is_chosen => (NoteCode::ProjectNotForSpecial, &[]),
        None => (NoteCode::NoProject, &[]),
    };
    trace.step((8, StepName::Project), (number, number), code, values);
}

/// Step 16.
pub(super) fn trace_sent(number: &str, then: &[AfterAnswer], trace: &mut Trace) {
    let step = (16, StepName::Send);
    if then.is_empty() {
        trace.step(step, (number, number), NoteCode::Sent, &[]);
    } else if trace.is_on() {
        let parts = then.iter().map(|after| match after {
            AfterAnswer::Pause(pause) => format!("({pause} ms)"),
            AfterAnswer::Digits(digits) => digits.clone(),
        });
        trace.step(step, (number, number), NoteCode::SentAndThen, &[&parts.collect::<Vec<_>>().join(" ")]);
    }
}

#[cfg(test)]
mod tests;
