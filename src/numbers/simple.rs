//! The simple dialect: a list of prefixes, an access code and two lengths.

use std::fmt::Display;
use std::sync::OnceLock;

use regex::bytes::{Captures, Regex, RegexSet};

use super::NotDialled;
use super::canonical::{ZERO, key};
use super::dialled::{Circumstances, DialledNumber};
use super::location::{Dialect, SimplePlan, SimpleRule};
use super::plan::DialPlan;
use super::reported::{MAX_TEXT, Reach, ReportedAs, ReportedNumber};
use super::rule::{BadPattern, build, build_set, syntax};
use super::step::{Note, NoteCode, SkippedRule, StepName, Trace};

/// The places in patterns and values that stand for what the plan has there.
const INTERNATIONAL: &str = "[-InternationalPrefix-]";
const COUNTRY: &str = "[-CountryPrefix-]";
const EXTERNAL: &str = "[-ExternalPrefix-]";

/// A plan whose rules can be compared with numbers, the lowest priority first.
#[derive(Debug, Default)]
pub(super) struct SimpleRules {
    rules: Vec<Compiled>,
    /// The regular expressions, and to which rule each belongs.
    set: Option<(RegexSet, Vec<usize>)>,
}

#[derive(Debug)]
struct Compiled {
    /// Its place in the plan, from 0.
    at: usize,
    pattern: Pattern,
    value: String,
    /// Whether the value says where the code for an outside line goes.
    has_external: bool,
}

#[derive(Debug)]
enum Pattern {
    Prefix(String),
    /// Compiled by itself when it is needed: it fitted, and its brackets are asked for.
    Expression(String, OnceLock<Option<Regex>>),
    Unusable,
}

/// The expression within the square brackets of a pattern.
fn expression(pattern: &str) -> Option<&str> {
    let is_place = [INTERNATIONAL, COUNTRY, EXTERNAL].iter().any(|place| pattern.starts_with(place));
    pattern.strip_prefix('[').filter(|_| !is_place)?.strip_suffix(']')
}

/// A text with what the plan has at its places.
fn filled(text: &str, plan: &SimplePlan, written: fn(&str) -> String) -> String {
    text.replace(INTERNATIONAL, &written(&plan.international_prefix))
        .replace(COUNTRY, &written(&plan.country_prefix))
        .replace(EXTERNAL, &written(&plan.external_prefix))
}

/// An expression with the plan's places filled, for the front of a number; or why it cannot be used.
fn front(expression: &str, plan: &SimplePlan) -> Result<String, BadPattern> {
    // As they are written, places are sets of characters: the expression has its syntax without the plan.
    syntax(expression).map_err(|bad| BadPattern { at: bad.at + "[".len(), ..bad })?;
    let front = format!("^(?:{})", filled(expression, plan, regex::escape));
    build(&front).map(|_| front)
}

/// Why a rule's pattern cannot be used, and at which of its characters that shows.
pub(super) fn check(rule: &SimpleRule, plan: &SimplePlan) -> Result<(), BadPattern> {
    expression(&rule.pattern).map_or(Ok(()), |expression| front(expression, plan).map(|_| ()))
}

impl SimpleRules {
    /// Compiles a plan. Rules that cannot be used are never taken; `check` has told so.
    pub(super) fn new(plan: &SimplePlan) -> SimpleRules {
        SimpleRules::compile(plan).unwrap_or_default()
    }

    /// The same, or nothing where the expressions are too large together.
    pub(super) fn compile(plan: &SimplePlan) -> Option<SimpleRules> {
        let rule = |(at, rule): (usize, &SimpleRule)| Compiled {
            at,
            pattern: match expression(&rule.pattern) {
                Some(expression) => front(expression, plan)
                    .map_or(Pattern::Unusable, |front| Pattern::Expression(front, OnceLock::new())),
                None => Pattern::Prefix(compact(&filled(&rule.pattern, plan, str::to_owned))),
            },
            value: filled(&rule.value, plan, str::to_owned),
            has_external: rule.value.contains(EXTERNAL),
        };
        let mut rules: Vec<Compiled> = plan.rules.iter().enumerate().map(rule).collect();
        rules.sort_by_key(|rule| plan.rules.get(rule.at).map(|rule| rule.priority));
        let expressions = rules.iter().enumerate().filter_map(|(place, rule)| match &rule.pattern {
            Pattern::Expression(front, _) => Some((front.as_str(), place)),
            _ => None,
        });
        let (patterns, places): (Vec<&str>, Vec<usize>) = expressions.unzip();
        let set = if patterns.is_empty() { None } else { Some((build_set(patterns)?, places)) };
        Some(SimpleRules { rules, set })
    }

    /// The first rule that fits the front of what was typed, and what that becomes. It may fit with the signs that people
    /// write into numbers or without them.
    ///
    /// It comes with what it fits, and with what the text becomes.
    fn first<'a>(&self, typed: &'a str, plain: &'a str) -> Option<(&Compiled, &'a str, String)> {
        let (of_typed, of_plain) = (self.first_of(typed), self.first_of(plain));
        let with_signs = of_typed.is_some_and(|place| of_plain.is_none_or(|other| place <= other));
        let rule = self.rules.get(if with_signs { of_typed } else { of_plain }?)?;
        let (fitted, replaced) = rule.replaced(if with_signs { typed } else { plain })?;
        Some((rule, fitted, replaced))
    }

    /// The place of the first rule that fits the front of a text.
    fn first_of(&self, text: &str) -> Option<usize> {
        #[cfg(test)]
        super::rule::looked_at(text);
        let expression = self.set.as_ref().and_then(|(set, places)| {
            let matches = set.matches(text.as_bytes());
            matches.into_iter().filter_map(|pattern| places.get(pattern).copied()).next()
        });
        let fits = |rule: &Compiled| match &rule.pattern {
            Pattern::Prefix(prefix) => !prefix.is_empty() && text.starts_with(prefix.as_str()),
            _ => false,
        };
        let prefix = self.rules.iter().position(fits);
        expression.into_iter().chain(prefix).min()
    }

    /// Why all but the first that fits did nothing, and it as well, where it was not taken.
    fn skipped(&self, first: Option<&Compiled>, is_taken: bool, plan: &SimplePlan) -> Vec<SkippedRule> {
        let place = first.and_then(|first| self.rules.iter().position(|rule| rule.at == first.at));
        let reason = |at: usize, rule: &Compiled| match first.filter(|_| place.is_some_and(|place| at >= place)) {
            Some(first) if is_taken => Note::new(NoteCode::EarlierRule, &[&(first.at + 1)]),
            Some(_) => Note::new(NoteCode::OwnCountryFirst, &[]),
            None if matches!(rule.pattern, Pattern::Unusable) => Note::new(NoteCode::Unusable, &[]),
            None => Note::new(NoteCode::DoesNotFit, &[]),
        };
        let others = self.rules.iter().enumerate().filter(|(at, _)| !is_taken || Some(*at) != place);
        let skipped = others.map(|(at, rule)| {
            let pattern = plan.rules.get(rule.at).map(|rule| rule.pattern.clone()).unwrap_or_default();
            SkippedRule { at: rule.at, pattern, reason: reason(at, rule) }
        });
        skipped.collect()
    }
}

impl Compiled {
    /// What the pattern fits at the front of a text, and what the text becomes: that is replaced, the rest stays.
    fn replaced<'a>(&self, text: &'a str) -> Option<(&'a str, String)> {
        match &self.pattern {
            Pattern::Prefix(prefix) => {
                let (fitted, rest) = text.split_at_checked(prefix.len()).filter(|(fitted, _)| fitted == prefix)?;
                Some((fitted, format!("{}{rest}", self.value)))
            }
            Pattern::Expression(front, regex) => {
                let captures = regex.get_or_init(|| build(front).ok()).as_ref()?.captures(text.as_bytes())?;
                let (fitted, rest) = text.split_at_checked(captures.get(0).map_or(0, |whole| whole.end()))?;
                Some((fitted, with_brackets(&self.value, &captures) + rest))
            }
            Pattern::Unusable => None,
        }
    }
}

/// A value with what the brackets hold at `$1` to `$9`.
fn with_brackets(value: &str, captures: &Captures<'_>) -> String {
    let mut text = String::new();
    let mut parts = value.split('$');
    text += parts.next().unwrap_or_default();
    for part in parts {
        let bracket = part.chars().next().and_then(|c| c.to_digit(10));
        let held = bracket.and_then(|bracket| captures.get(bracket as usize));
        text += held.and_then(|held| std::str::from_utf8(held.as_bytes()).ok()).unwrap_or_default();
        text += part.get(usize::from(bracket.is_some())..).unwrap_or_default();
    }
    text
}

/// What is typed without spaces and without what no keyboard of a telephone or computer has: ASCII.
fn compact(text: &str) -> String {
    text.chars().filter_map(|c| key(c).or_else(|| c.is_ascii_graphic().then_some(c))).collect()
}

/// Digits of a text, and `+`, `#` or `*` where it begins with one. A code for the PBX keeps all its `*` and `#`.
fn tidy(text: &str) -> String {
    let keys: String = text.chars().filter_map(key).collect();
    let is_code = keys.starts_with(['*', '#']);
    let stays = |(at, c): &(usize, char)| *at == 0 || c.is_ascii_digit() || is_code && *c != '+';
    keys.char_indices().filter(stays).map(|(_, c)| c).collect()
}

impl DialPlan {
    /// What is dialled by the simple dialect.
    pub(super) fn dialled_simply(
        &self,
        typed: &str,
        around: &Circumstances<'_>,
        trace: &mut Trace,
    ) -> Result<DialledNumber, NotDialled> {
        if typed.trim().chars().nth(MAX_TEXT).is_some() {
            return Err(NotDialled::TooLong);
        }
        let (text, plain) = (compact(typed), tidy(typed));
        if !plain.contains(|c: char| c != '+') {
            trace.step((1, StepName::Characters), (typed, &plain), NoteCode::Empty, &[]);
            return Err(NotDialled::Empty);
        }
        let note = if text == typed { NoteCode::Unchanged } else { NoteCode::Removed };
        trace.step((1, StepName::Characters), (typed, &text), note, &[]);
        let (number, reach) = self.by_rules(&text, &plain, trace);
        let canonical = match reach {
            Reach::Internal => plain,
            Reach::External => self.canonical(&plain).0.into_owned(),
        };
        if number.len() > MAX_TEXT {
            return Err(NotDialled::TooLong);
        }
        if number.is_empty() {
            return Err(NotDialled::Suppressed);
        }
        trace.step((16, StepName::Send), (&number, &number), NoteCode::Sent, &[]);
        Ok(DialledNumber { reach, private: around.private, ..DialledNumber::external(number, canonical) })
    }

    /// What the PBX reports, by the simple dialect.
    pub(super) fn read_simply(&self, kind: ReportedAs, number: String, trace: &mut Trace) -> Option<ReportedNumber> {
        let plan = &self.location.simple;
        let is_incoming = matches!(kind, ReportedAs::Caller | ReportedAs::ConnectedIncoming);
        let is_internal = |number: &str| number.len() <= plan.internal_length as usize && !number.starts_with('+');
        let number = match is_incoming && !is_internal(&number) {
            true => {
                let SimplePlan { incoming_remove: remove, incoming_add: add, .. } = plan;
                let rest = number.strip_prefix(remove.as_str()).filter(|_| !remove.is_empty());
                let changed = format!("{add}{}", rest.unwrap_or(&number));
                let (note, values): (_, &[&dyn Display]) = match rest {
                    None if add.is_empty() => (NoteCode::Unchanged, &[]),
                    None => (NoteCode::FrontAdded, &[add]),
                    Some(_) if add.is_empty() => (NoteCode::FrontRemoved, &[remove]),
                    Some(_) => (NoteCode::FrontChanged, &[remove, add]),
                };
                trace.step((2, StepName::Front), (&number, &changed), note, values);
                changed
            }
            false => number,
        };
        if is_internal(&number) {
            trace.step((3, StepName::InternalLength), (&number, &number), NoteCode::InternalLength, &[&number.len()]);
            return Some(ReportedNumber { number, reach: Reach::Internal, extension: None });
        }
        // An outgoing number has what was dialled for an outside line before it.
        let bare = number.strip_prefix(plan.external_prefix.as_str()).filter(|_| !is_incoming).unwrap_or(&number);
        let read = self.canonical(bare);
        self.trace_canonical(6, bare, &read, trace);
        Some(ReportedNumber { number: read.0.into_owned(), reach: Reach::External, extension: None })
    }

    /// The digits at the end of a number by which its line is looked up; none where whole numbers are compared.
    pub fn looked_up_by<'a>(&self, number: &'a str) -> Option<&'a str> {
        let length = self.location.simple.reverse_length as usize;
        let digits = number.trim_start_matches('+');
        let is_so = self.location.dialect == Dialect::Simple && length > 0 && !digits.is_empty();
        is_so.then(|| digits.get(digits.len().saturating_sub(length)..).unwrap_or(digits))
    }

    fn by_rules(&self, text: &str, plain: &str, trace: &mut Trace) -> (String, Reach) {
        let plan = &self.location.simple;
        let rules = &self.simple;
        let step = (2, StepName::SimpleRules);
        let first = rules.first(text, plain);
        // A rule for some numbers of the own country goes before what is done with all of them.
        let is_of_all = first.as_ref().is_none_or(|(_, fitted, _)| self.is_front_of_own_country(&tidy(fitted)));
        if is_of_all && let Some(number) = self.national_simply(plain) {
            let skipped = || rules.skipped(first.as_ref().map(|(rule, ..)| *rule), false, plan);
            trace.with_skipped(step, (text, plain), (NoteCode::NoRuleFits, &[]), skipped);
            let own_country = (3, StepName::OwnCountry);
            trace.step(own_country, (text, &number), NoteCode::OwnCountry, &[&plan.country_prefix]);
            return (number, Reach::External);
        }
        if let Some((rule, _, replaced)) = first {
            let replaced = tidy(&replaced);
            let values: [&dyn Display; 2] = [&(rule.at + 1), &replaced];
            let note = match replaced.is_empty() {
                true => (NoteCode::RuleEmptied, &values[..1]),
                false => (NoteCode::RuleReplaced, &values[..]),
            };
            trace.with_skipped(step, (text, &replaced), note, || rules.skipped(Some(rule), true, plan));
            let is_internal = replaced.len() <= plan.internal_length as usize;
            let reach = if is_internal { Reach::Internal } else { Reach::External };
            if is_internal || !text.starts_with('+') || rule.has_external {
                return (replaced, reach);
            }
            return (self.outside_line(&replaced, trace), reach);
        }
        trace.with_skipped(step, (text, plain), (NoteCode::NoRuleFits, &[]), || rules.skipped(None, false, plan));
        if plain.len() <= plan.internal_length as usize {
            trace.step((3, StepName::InternalLength), (plain, plain), NoteCode::InternalLength, &[&plain.len()]);
            return (plain.to_owned(), Reach::Internal);
        }
        (self.outside_line(plain, trace), Reach::External)
    }

    fn outside_line(&self, number: &str, trace: &mut Trace) -> String {
        let code = &self.location.simple.external_prefix;
        let dialled = format!("{code}{number}");
        let (note, values): (_, &[&dyn Display]) = match code.is_empty() {
            true => (NoteCode::NoAccessCodeSet, &[]),
            false => (NoteCode::AccessCode, &[code]),
        };
        trace.step((14, StepName::AccessCode), (number, &dialled), note, values);
        dialled
    }
}

impl DialPlan {
    /// Whether every number of the own country that is written with its calling code may begin so.
    fn is_front_of_own_country(&self, front: &str) -> bool {
        let SimplePlan { international_prefix, country_prefix, .. } = &self.location.simple;
        let fronts = ["+", international_prefix].map(|abroad| format!("{abroad}{country_prefix}"));
        // Any other trunk prefix than 0 is what some area codes begin with.
        let is_zero = self.country.trunk_prefix == ZERO;
        fronts.iter().any(|all| all.starts_with(front) || is_zero && format!("{all}{ZERO}") == front)
    }

    /// A number of the own country: the code for an outside line and what introduces an area code take the place of the
    /// international prefix and the calling code.
    fn national_simply(&self, number: &str) -> Option<String> {
        let SimplePlan { international_prefix, country_prefix, external_prefix, .. } = &self.location.simple;
        if country_prefix.is_empty() {
            return None;
        }
        let abroad = international_prefix.as_str();
        let after = number.strip_prefix('+').or_else(|| number.strip_prefix(abroad).filter(|_| !abroad.is_empty()))?;
        let rest = after.strip_prefix(country_prefix.as_str())?;
        let trunk_prefix = self.country.trunk_prefix.as_str();
        let whole = format!("+{country_prefix}{rest}");
        let read = self.canonical(&whole).0;
        let rest = match trunk_prefix {
            ZERO => rest.strip_prefix(ZERO).unwrap_or(rest),
            // 8 introduces area codes in Russia, and is the first digit of many.
            _ => read.strip_prefix('+').and_then(|read| read.strip_prefix(country_prefix.as_str())).unwrap_or(rest),
        };
        Some(format!("{external_prefix}{trunk_prefix}{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::numbers::country::Countries;
    use crate::numbers::{Circumstances, Location, Numbers};

    /// France, with the standard rules and the extended one.
    fn location() -> Location {
        serde_json::from_value(json!({
            "name": "Paris", "country": "FR", "dialect": "simple",
            "simple": {
                "international_prefix": "00", "country_prefix": "33", "external_prefix": "0", "incoming_add": "",
                "incoming_remove": "9", "internal_length": 4, "reverse_length": 6,
                "rules": [
                    { "priority": 50, "pattern": "+", "value": "00" },
                    { "priority": 10, "pattern": "+33(0", "value": "00" },
                    { "priority": 11, "pattern": "+330", "value": "00" },
                    { "priority": 12, "pattern": "#", "value": "#" },
                    { "priority": 13, "pattern": "*", "value": "*" },
                    { "priority": 20, "pattern": "361", "value": "361" },
                    { "priority": 21, "pattern": "36111", "value": "0" },
                    {
                        "priority": 30, "pattern": "[(\\+|[-InternationalPrefix-])?([^\\(]+)\\(([^\\)]+)\\)]",
                        "value": "[-ExternalPrefix-][-InternationalPrefix-]$2"
                    },
                    { "priority": 1, "pattern": "[(]", "value": "1" }
                ]
            }
        }))
        .unwrap()
    }

    fn dialled(location: &Location, typed: &str) -> String {
        let numbers = Numbers::new([("a", location)], &Countries::default());
        let plan = numbers.plan("a").unwrap();
        let around = Circumstances::default();
        let dialled = plan.dialled(typed, &around);
        assert_eq!(plan.explain_dialled(typed, &around).0, dialled);
        dialled.map_or_else(|error| format!("{error:?}"), |dialled| dialled.number)
    }

    #[test]
    fn the_manuals_examples() {
        for (typed, expected) in [
            ("+3912334477", "0003912334477"),
            ("+42(0)141906666", "00042141906666"),
            ("0042(0)141906666", "00042141906666"),
            ("+33155171889", "00155171889"),
            ("0033155171889", "00155171889"),
            ("+33 (0) 155171889", "00155171889"),
            ("3611", "3611"),
            ("36111", "36111"),
            ("#21", "#21"),
            ("*21", "*21"),
            // A code for the PBX stays whole; elsewhere, * and # are no part of a number.
            ("*21*0155171889#", "*21*0155171889#"),
            ("12*3#4", "1234"),
            ("01#55*17+1889", "00155171889"),
            // Rules see a number as it was typed and without spaces and signs.
            ("+42 (0) 14190-6666", "00042141906666"),
            ("36 11", "3611"),
            ("36-111-22", "3611122"),
            ("1234", "1234"),
            ("0155171889", "00155171889"),
            ("01 55-17", "0015517"),
            ("", "Empty"),
        ] {
            assert_eq!(dialled(&location(), typed), expected, "{typed}");
        }
        assert_eq!(dialled(&location(), "!12 34"), "12 34");
    }

    #[test]
    fn a_rule_for_some_numbers_of_the_own_country_goes_before_what_is_done_with_all() {
        let mut location = location();
        let rule = |priority, pattern: &str, value: &str| SimpleRule {
            priority,
            pattern: pattern.to_owned(),
            value: value.to_owned(),
        };
        location.simple.rules.extend([rule(1, "+33155171", ""), rule(2, "0033144", "7"), rule(3, "+33", "99")]);
        for (typed, expected) in [
            ("+33155171889", "889"),
            ("0033144123", "7123"),
            // A rule for all of them does nothing else than what is done with all of them.
            ("+33166123456", "00166123456"),
        ] {
            assert_eq!(dialled(&location, typed), expected, "{typed}");
        }
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        let plan = numbers.plan("a").unwrap();
        let inside = plan.dialled("+33155171889", &Circumstances::default()).unwrap();
        assert_eq!((inside.reach, inside.canonical.as_str()), (Reach::Internal, "+33155171889"));
        let (_, steps) = plan.explain_dialled("+33166123456", &Circumstances::default());
        let step = steps.iter().find(|step| step.name == StepName::SimpleRules).unwrap();
        let left_out = step.skipped.iter().find(|rule| rule.at == 11).unwrap();
        assert_eq!(left_out.reason.code, NoteCode::OwnCountryFirst);
    }

    #[test]
    fn the_own_country_is_known_where_its_code_is_not_set() {
        let plain: Location =
            serde_json::from_value(json!({ "name": "Paris", "country": "FR", "dialect": "simple" })).unwrap();
        assert_eq!(dialled(&plain, "+33 (0) 123456789"), "00123456789");
        assert_eq!(dialled(&plain, "0033123456789"), "00123456789");
    }

    #[test]
    fn the_standard_rules_are_there_from_the_start() {
        let plain: Location = serde_json::from_value(json!({
            "name": "Paris", "country": "FR", "dialect": "simple", "simple": { "country_prefix": "33" }
        }))
        .unwrap();
        for (typed, expected) in [
            ("+33 (0) 123456789", "00123456789"),
            ("+330123456789", "00123456789"),
            ("+3912334477", "0003912334477"),
            ("#21", "#21"),
            ("*21*0123456789#", "*21*0123456789#"),
            ("0123456789", "00123456789"),
            ("1234", "1234"),
        ] {
            assert_eq!(dialled(&plain, typed), expected, "{typed}");
        }
        assert_eq!(plain.check(), []);
        // Without them, only what stands in the algorithm itself is done.
        let mut without = plain.clone();
        without.simple.rules.clear();
        assert_eq!(dialled(&without, "*21*0123456789#"), "0*21*0123456789#");
        assert_eq!(dialled(&without, "+33 (0) 123456789"), "00123456789");
    }

    #[test]
    fn the_first_digit_of_an_area_code_is_no_trunk_prefix() {
        let simple = |rules: serde_json::Value| -> Location {
            let mut location = json!({ "name": "Moscow", "country": "RU", "dialect": "simple", "simple": {} });
            location["simple"].as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
            serde_json::from_value(location).unwrap()
        };
        let plain = simple(json!({}));
        for (typed, expected) in [
            ("+7 812 123 45 67", "088121234567"),
            ("0078121234567", "088121234567"),
            ("+7 8 812 123 45 67", "088121234567"),
            ("+7 495 123 45 67", "084951234567"),
        ] {
            assert_eq!(dialled(&plain, typed), expected, "{typed}");
        }
        let ruled = simple(json!({ "rules": [{ "priority": 1, "pattern": "+78", "value": "99" }] }));
        assert_eq!(dialled(&ruled, "+78121234567"), "099121234567", "a rule for some numbers of the country");
    }

    #[test]
    fn an_internal_number_is_kept_as_it_is_reported() {
        let location = location();
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        let plan = numbers.plan("a").unwrap();
        for (number, kept) in [("1234", "1234"), ("*21", "*21"), ("0155171889", "+33155171889")] {
            let dialled = plan.dialled(number, &Circumstances::default()).unwrap();
            let reported = plan.reported(ReportedAs::Called, &dialled.number).unwrap();
            assert_eq!((dialled.canonical.as_str(), reported.number.as_str()), (kept, kept), "{number}");
        }
    }

    #[test]
    fn a_plan_without_an_international_prefix_knows_the_own_country_by_its_plus_alone() {
        let mut location = location();
        location.simple.international_prefix.clear();
        assert_eq!(dialled(&location, "33112"), "033112");
        assert_eq!(dialled(&location, "+33112345678"), "00112345678");
    }

    #[test]
    fn patterns_are_refused_with_the_place() {
        use crate::numbers::NumbersProblemCode::*;
        let rule = |pattern: &str| SimpleRule { priority: 0, pattern: pattern.into(), value: String::new() };
        for (pattern, code, values) in [
            ("[1(2]", PatternUnclosed, vec!["3"]),
            ("[[-InternationalPrefix-]1)]", PatternUnopened, vec!["26"]),
            ("[*]", PatternRepeatsNothing, vec!["2"]),
            (r"[1\q]", PatternEscape, vec!["3"]),
            ("[(?=1)]", PatternLooks, vec!["2"]),
            ("[((.{1000}){1000}){1000}]", PatternTooLarge, vec![]),
        ] {
            let mut location = location();
            location.simple.rules = vec![rule("1"), rule(pattern)];
            let problems = location.check();
            assert_eq!(problems.len(), 1, "{pattern}: {problems:?}");
            assert_eq!(
                (problems[0].pointer.as_str(), problems[0].code, problems[0].values.clone()),
                ("/simple/rules/1/pattern", code, values.into_iter().map(String::from).collect()),
                "{pattern}"
            );
        }
        let mut many = location();
        many.simple.rules = (0..2_000).map(|at| rule(&format!("[{at}.{{300}}]"))).collect();
        let problems: Vec<_> = many.check().into_iter().map(|problem| (problem.pointer, problem.code)).collect();
        assert_eq!(problems, [("/simple/rules".to_owned(), PatternsTooLarge)]);
    }

    #[test]
    fn what_is_too_long_or_suppressed_is_not_dialled() {
        let mut location = location();
        let rule =
            |pattern: &str, value: &str| SimpleRule { priority: 0, pattern: pattern.into(), value: value.into() };
        location.simple.rules = vec![rule("55", ""), rule("[66(.*)]", &"$1".repeat(30)), rule("77", "7")];
        let long = |front: &str, digits: usize| format!("{front}{}", "1".repeat(digits - front.len()));
        for (typed, expected) in [
            ("55".to_owned(), "Suppressed".to_owned()),
            ("55-".to_owned(), "Suppressed".to_owned()),
            // Rules make too much of it.
            ("661234567890".to_owned(), "TooLong".to_owned()),
            ("66".to_owned() + &"2".repeat(8), "2".repeat(240)),
            // It is too long from the start, whatever rules would make of it and however few digits it has.
            (long("77", MAX_TEXT + 1), "TooLong".to_owned()),
            (long("77", MAX_TEXT), long("7", MAX_TEXT - 1)),
            ("12".to_owned() + &"-".repeat(MAX_TEXT), "TooLong".to_owned()),
        ] {
            assert_eq!(dialled(&location, &typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_rule_without_a_plus_gets_no_outside_line() {
        let mut location = location();
        location.simple.rules = vec![SimpleRule { priority: 0, pattern: "36111".into(), value: "036111".into() }];
        assert_eq!(dialled(&location, "361112"), "0361112");
    }

    #[test]
    fn incoming_numbers_lose_and_get_digits() {
        let location = location();
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        let plan = numbers.plan("a").unwrap();
        let caller = plan.reported(ReportedAs::Caller, "90155171889").unwrap();
        assert_eq!((caller.number.as_str(), caller.reach), ("+33155171889", Reach::External));
        assert_eq!(plan.looked_up_by(&caller.number), Some("171889"));
        let called = plan.reported(ReportedAs::Called, "00155171889").unwrap();
        assert_eq!(called.number, "+33155171889");
        assert_eq!(plan.reported(ReportedAs::Caller, "1234").unwrap().reach, Reach::Internal);
    }

    #[test]
    fn rules_that_did_not_act_say_why() {
        let location = location();
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        let (_, steps) = numbers.plan("a").unwrap().explain_dialled("3611", &Circumstances::default());
        let step = steps.iter().find(|step| step.name == StepName::SimpleRules).unwrap();
        let skipped: Vec<_> = step.skipped.iter().map(|rule| (rule.at, rule.reason.code)).collect();
        use NoteCode::*;
        let expected = [
            (8, Unusable),
            (1, DoesNotFit),
            (2, DoesNotFit),
            (3, DoesNotFit),
            (4, DoesNotFit),
            (6, EarlierRule),
            (7, EarlierRule),
            (0, EarlierRule),
        ];
        assert_eq!(skipped, expected);
    }
}
