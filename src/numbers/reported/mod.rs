//! What a PBX reports becomes super-canonical.

use std::fmt::Display;

use rlibphonenumber::PHONE_NUMBER_UTIL;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::canonical::keys;
use super::country::prefix_len;
use super::is_canonical;
use super::location::Dialect;
use super::name_in;
use super::plan::DialPlan;
use super::rule::{Fit, Rules};
use super::step::{NoteCode, Step, StepName, Trace};

/// Characters of a reported or typed number that are looked at.
pub(super) const MAX_TEXT: usize = 256;

/// What a PBX reports a number as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReportedAs {
    /// Who calls.
    Caller,
    /// Who is called.
    Called,
    /// Where calls are forwarded to.
    Forwarding,
    /// Who is really connected with an incoming call.
    ConnectedIncoming,
    /// Who is really connected with an outgoing call.
    ConnectedOutgoing,
}

/// Whether a number is of the PBX or of the public network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Of the PBX, or of the PBX of another location.
    Internal,
    /// Of the public network.
    External,
}

/// A reported number as it is shown, looked up and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct ReportedNumber {
    /// Super-canonical; the number itself where it cannot be: internal numbers without one from outside, special numbers.
    pub number: String,
    /// Whether it is internal.
    pub reach: Reach,
    /// The extension of this location that it leads to.
    pub extension: Option<String>,
}

impl DialPlan {
    /// What the PBX of the location reports as a number. None: there is no number, or it is not to be shown.
    pub fn reported(&self, kind: ReportedAs, text: &str) -> Option<ReportedNumber> {
        self.read(kind, text, &mut Trace::default())
    }

    /// The same, with each step.
    pub fn explain_reported(&self, kind: ReportedAs, text: &str) -> (Option<ReportedNumber>, Vec<Step>) {
        let mut trace = Trace::on();
        let reported = self.read(kind, text, &mut trace);
        (reported, trace.into_steps())
    }

    /// The super-canonical number of a line from what it is called: by the location, or else by the rules for lines. None of a line
    /// with a name, whatever digits are in that.
    pub fn line_number(&self, text: &str) -> Option<String> {
        if name_in(text).is_some() {
            return None;
        }
        let number = keys(text);
        if is_canonical(&number) {
            return Some(self.canonical(&number).0.into_owned());
        }
        self.outside(&number).or_else(|| self.lines.first_final(&number).0?.replaced)
    }

    /// The super-canonical number of what is called where no code for an outside line stands before it.
    pub fn number_without_code(&self, text: &str) -> Option<String> {
        Some(self.canonical(&keys(text)).0.into_owned()).filter(|number| is_canonical(number))
    }

    fn read(&self, kind: ReportedAs, text: &str, trace: &mut Trace) -> Option<ReportedNumber> {
        let characters = (1, StepName::Characters);
        if self.location.ignore_connected_id
            && matches!(kind, ReportedAs::ConnectedIncoming | ReportedAs::ConnectedOutgoing)
        {
            trace.step(characters, (text, ""), NoteCode::ConnectedIgnored, &[]);
            return None;
        }
        let mut number: String = keys(text).chars().take(MAX_TEXT).collect();
        let note = if number == text { NoteCode::Unchanged } else { NoteCode::Removed };
        trace.step(characters, (text, &number), if number.is_empty() { NoteCode::Empty } else { note }, &[]);
        if number.is_empty() {
            return None;
        }
        if self.location.dialect == Dialect::Simple {
            return self.read_simply(kind, number, trace);
        }
        if let Some(formatted) = self.format_reported(kind, &number, trace) {
            if formatted.is_empty() {
                return None;
            }
            number = formatted;
            if is_canonical(&number) {
                return Some(self.outcome(number, None));
            }
        }
        let is_external = match self.location.has_pbx {
            true => match self.strip_access_code(kind, &number, trace) {
                Some(stripped) => {
                    number = stripped;
                    self.trace_decided(4, &[StepName::ExternalRules, StepName::InternalRules], &number, trace);
                    true
                }
                None => match self.internal_or_external(&number, trace) {
                    Decision::Final(number, reach) => return Some(self.outcome(number, Some(reach))),
                    Decision::Internal => false,
                    Decision::External => true,
                },
            },
            false => {
                trace.step((3, StepName::StripAccessCode), (&number, &number), NoteCode::NoPbx, &[]);
                true
            }
        };
        if !is_external {
            return Some(self.internal_number(number, trace));
        }
        self.strip_provider(kind, &mut number, trace);
        let read = self.canonical(&number);
        self.trace_canonical(6, &number, &read, trace);
        Some(self.outcome(read.0.into_owned(), Some(Reach::External)))
    }

    /// The number with its extension. Without a decision, those with one are internal.
    fn outcome(&self, number: String, reach: Option<Reach>) -> ReportedNumber {
        let extension = self.extension(&number).map(str::to_owned);
        let reach = reach.unwrap_or(if extension.is_some() { Reach::Internal } else { Reach::External });
        ReportedNumber { number, reach, extension }
    }

    /// Step 2: what a rule makes of it. None: no rule fits, or it leaves the number.
    fn format_reported(&self, kind: ReportedAs, number: &str, trace: &mut Trace) -> Option<String> {
        let rules = match kind {
            ReportedAs::Caller | ReportedAs::ConnectedIncoming => &self.incoming,
            ReportedAs::Called | ReportedAs::ConnectedOutgoing | ReportedAs::Forwarding => &self.outgoing,
        };
        let mut formatted = format((2, StepName::Formatting), rules, number, trace)?;
        if let Some((most, _)) = formatted.char_indices().nth(MAX_TEXT) {
            formatted.truncate(most);
        }
        if formatted.is_empty() {
            trace.step((2, StepName::Formatting), ("", ""), NoteCode::Empty, &[]);
        } else if is_canonical(&formatted) {
            trace.step((2, StepName::Formatting), (&formatted, &formatted), NoteCode::CanonicalAlready, &[]);
        }
        Some(formatted)
    }

    /// Step 3: the number without its access code, if it has one.
    fn strip_access_code(&self, kind: ReportedAs, number: &str, trace: &mut Trace) -> Option<String> {
        let strip = &self.location.strip;
        let codes = match kind {
            ReportedAs::Caller => &strip.incoming,
            ReportedAs::Called => &strip.outgoing,
            ReportedAs::Forwarding => &strip.forwarding,
            ReportedAs::ConnectedIncoming => &strip.connected_incoming,
            ReportedAs::ConnectedOutgoing => &strip.connected_outgoing,
        };
        let step = (3, StepName::StripAccessCode);
        let fitting =
            codes.iter().filter(|code| number.strip_prefix(code.as_str()).is_some_and(|rest| !rest.is_empty()));
        let Some(code) = fitting.max_by_key(|code| code.len()).filter(|code| !code.is_empty()) else {
            match codes.is_empty() {
                true => trace.step(step, (number, number), NoteCode::NoAccessCodes, &[]),
                false => trace.step(step, (number, number), NoteCode::NoAccessCode, &[&codes.join(", ")]),
            }
            return None;
        };
        let stripped = &number[code.len()..];
        trace.step(step, (number, stripped), NoteCode::AccessCodeRemoved, &[code]);
        Some(stripped.to_owned())
    }

    /// Step 4, of a number that had no access code.
    fn internal_or_external(&self, number: &str, trace: &mut Trace) -> Decision {
        let same = (number, number);
        if let Some(fit) = classify((4, StepName::ExternalRules), &self.external, number, NoteCode::External, trace) {
            let after = fit.replaced.as_deref().unwrap_or(number);
            self.trace_decided(4, &[StepName::InternalRules], after, trace);
            return fit.replaced.map_or(Decision::External, |number| Decision::Final(number, Reach::External));
        }
        let step = (4, StepName::Extensions);
        if let Some(extension) = self.own_extension(number) {
            trace.step(step, same, NoteCode::Extension, &[&extension]);
            self.trace_decided(4, &[StepName::InternalRules], number, trace);
            return Decision::Internal;
        }
        trace.step(step, same, NoteCode::NoExtension, &[]);
        if let Some(fit) = classify((4, StepName::InternalRules), &self.internal, number, NoteCode::Internal, trace) {
            return fit.replaced.map_or(Decision::Internal, |number| Decision::Final(number, Reach::Internal));
        }
        if let Some(number) = self.of_other_location(number, trace) {
            return Decision::Final(number, Reach::Internal);
        }
        match self.is_internal_form(4, number, trace) {
            true => Decision::Internal,
            false => Decision::External,
        }
    }

    /// Notes the rules that are not looked at, since it is decided already whether a number is internal.
    pub(super) fn trace_decided(&self, at: u8, steps: &[StepName], number: &str, trace: &mut Trace) {
        for &name in steps {
            let rules = if name == StepName::ExternalRules { &self.external } else { &self.internal };
            let code = NoteCode::LeftOutDecided;
            trace.with_skipped((at, name), (number, number), (code, &[]), || rules.left_out(code));
        }
    }

    /// Whether a number looks internal: a code for the PBX, or as long as internal numbers are.
    pub(super) fn is_internal_form(&self, at: u8, number: &str, trace: &mut Trace) -> bool {
        let step = (at, StepName::InternalLength);
        let same = (number, number);
        if number.starts_with(['*', '#']) {
            trace.step(step, same, NoteCode::FeatureCode, &[]);
            return true;
        }
        if self.is_internal_length(number) {
            trace.step(step, same, NoteCode::InternalLength, &[&number.len()]);
            return true;
        }
        match self.internal_lengths() {
            Some((shortest, longest)) => trace.step(step, same, NoteCode::OtherLength, &[&shortest, &longest]),
            None => trace.step(step, same, NoteCode::NoLength, &[]),
        }
        false
    }

    /// The extension that a number is, or that it leads to.
    pub(super) fn own_extension<'a>(&'a self, number: &'a str) -> Option<&'a str> {
        match self.extensions.contains(number) {
            true => Some(number),
            false => self.extension(number),
        }
    }

    fn of_other_location(&self, number: &str, trace: &mut Trace) -> Option<String> {
        let step = (4, StepName::OtherLocations);
        if !self.location.network.enabled || !self.location.network.detect {
            trace.step(step, (number, number), NoteCode::DetectionOff, &[]);
            return None;
        }
        let found = self.of_other(number);
        match &found {
            Some((whole, name)) => trace.step(step, (number, whole), NoteCode::OtherLocation, &[name]),
            None => trace.step(step, (number, number), NoteCode::NoOtherLocation, &[]),
        }
        Some(found?.0)
    }

    /// Step 5.
    fn strip_provider(&self, kind: ReportedAs, number: &mut String, trace: &mut Trace) {
        let step = (5, StepName::StripProvider);
        if !matches!(kind, ReportedAs::Called | ReportedAs::ConnectedOutgoing) {
            trace.step(step, (number, number), NoteCode::OutgoingOnly, &[]);
            return;
        }
        let routing = &self.location.least_cost_routing;
        let own = routing.providers.iter().filter(|_| routing.enabled).map(|provider| &provider.prefix);
        let prefixes = self.country.call_by_call.iter().map(|provider| &provider.prefix).chain(own);
        let lengths = prefixes.filter_map(|prefix| prefix_len(prefix, number));
        // In some countries there are numbers that begin as the prefixes of providers do.
        let is_number = || PHONE_NUMBER_UTIL.parse(&*number, Some(self.region)).is_ok_and(|parsed| parsed.is_valid());
        let Some(len) = lengths.filter(|len| *len < number.len()).max().filter(|_| !is_number()) else {
            trace.step(step, (number, number), NoteCode::NoProvider, &[]);
            return;
        };
        let stripped = number.split_off(len);
        if trace.is_on() {
            let whole = format!("{number}{stripped}");
            trace.step(step, (&whole, &stripped), NoteCode::ProviderRemoved, &[&number]);
        }
        *number = stripped;
    }

    /// Step 6 of an internal number.
    fn internal_number(&self, number: String, trace: &mut Trace) -> ReportedNumber {
        let step = (6, StepName::Canonical);
        if is_canonical(&number) {
            trace.step(step, (&number, &number), NoteCode::Canonical, &[]);
            return self.outcome(number, Some(Reach::Internal));
        }
        let Some(outside) = self.outside(&number) else {
            trace.step(step, (&number, &number), NoteCode::InternalOnly, &[]);
            return ReportedNumber { number, reach: Reach::Internal, extension: None };
        };
        trace.step(step, (&number, &outside), NoteCode::OwnHead, &[&outside]);
        ReportedNumber { number: outside, reach: Reach::Internal, extension: Some(number) }
    }
}

/// What step 4 decides.
enum Decision {
    /// A rule has written the number.
    Final(String, Reach),
    Internal,
    External,
}

/// What the first rule that fits makes of a number. None: none fits, or it leaves the number.
pub(super) fn format(step: (u8, StepName), rules: &Rules, number: &str, trace: &mut Trace) -> Option<String> {
    let Some(fit) = rules.first(number) else {
        no_rule(step, rules, number, &[], trace);
        return None;
    };
    let after = fit.replaced.as_deref().unwrap_or(number);
    let skipped = || rules.skipped(Some(fit.at), &[]);
    let place = fit.at + 1;
    let (code, values): (_, &[&dyn Display]) = match &fit.replaced {
        Some(replaced) if replaced.is_empty() => (NoteCode::RuleEmptied, &[&place]),
        Some(replaced) => (NoteCode::RuleReplaced, &[&place, replaced]),
        None => (NoteCode::RuleFits, &[&place]),
    };
    trace.with_skipped(step, (number, after), (code, values), skipped);
    fit.replaced
}

/// The first rule that says what a number is, and perhaps writes it.
pub(super) fn classify(
    step: (u8, StepName),
    rules: &Rules,
    number: &str,
    code: NoteCode,
    trace: &mut Trace,
) -> Option<Fit> {
    recognise(step, rules, number, (code, |number, fit| fit.replaced.as_deref().unwrap_or(number)), trace)
}

/// The same, with what becomes of the number in this step.
pub(super) fn recognise(
    step: (u8, StepName),
    rules: &Rules,
    number: &str,
    (code, after): (NoteCode, for<'a> fn(&'a str, &'a Fit) -> &'a str),
    trace: &mut Trace,
) -> Option<Fit> {
    let (fit, refused) = rules.first_final(number);
    let Some(fit) = fit else {
        no_rule(step, rules, number, &refused, trace);
        return None;
    };
    let skipped = || rules.skipped(Some(fit.at), &refused);
    trace.with_skipped(step, (number, after(number, &fit)), (code, &[&(fit.at + 1)]), skipped);
    Some(fit)
}

fn no_rule(step: (u8, StepName), rules: &Rules, number: &str, refused: &[Fit], trace: &mut Trace) {
    let code = if rules.is_empty() { NoteCode::NoRules } else { NoteCode::NoRuleFits };
    trace.with_skipped(step, (number, number), (code, &[]), || rules.skipped(None, refused));
}

#[cfg(test)]
mod tests;
