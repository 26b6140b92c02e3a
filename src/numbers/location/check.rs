//! What can be wrong with a location.

use std::collections::HashSet;
use std::fmt::Display;

use super::{
    AccessCodes, AreaCodeRule, Comparison, Emergency, EmergencyRule, ExtensionRange, HALF_HOURS, LeastCostRouting,
    Location, NumberRule, Numbering, Project, ProjectUse, SimplePlan, SimpleRule, StripCodes, SubscriberNumber,
};
use crate::numbers::NumbersProblemCode::{self, *};
use crate::numbers::country::calling_code;
use crate::numbers::emergency::Subnet;
use crate::numbers::extension::{Extensions, MAX_DIGITS};
use crate::numbers::problem::{NumbersProblems, short};
use crate::numbers::project::{Places, dials};
use crate::numbers::rule::{BadPattern, Part, Rules, compile, parts};
use crate::numbers::simple::{self, SimpleRules};
use crate::numbers::{NumbersProblem, is_canonical};

/// How many of what a location may have.
pub mod limits {
    /// Characters of a name or a description.
    pub const NAME: usize = 100;
    /// Rules of one list.
    pub const RULES: usize = 2_000;
    /// Characters of a pattern or a replacement.
    pub const PATTERN: usize = 250;
    /// Ranges of extensions.
    pub const RANGES: usize = 200;
    /// Numbers of a multipoint connection.
    pub const SUBSCRIBER_NUMBERS: usize = 2_000;
    /// Digits of an access code or an area code.
    pub const CODE: usize = 16;
    /// Access codes of one list.
    pub const CODES: usize = 20;
    /// Rules for emergency calls.
    pub const EMERGENCY_RULES: usize = 500;
    /// Emergency numbers of a rule.
    pub const EMERGENCY_NUMBERS: usize = 20;
    /// Providers.
    pub const PROVIDERS: usize = 200;
    /// Zones.
    pub const ZONES: usize = 500;
    /// Prefixes of a zone or an area.
    pub const PREFIXES: usize = 2_000;
    /// Area codes with letters for digits.
    pub const VANITY: usize = 100;
    /// Projects.
    pub const PROJECTS: usize = 1_000;
    /// Characters of a project's code.
    pub const PROJECT_CODE: usize = 64;
    /// Free areas.
    pub const AREAS: usize = 500;
}

/// Digits of an area code in North America.
const NORTH_AMERICAN_AREA: usize = 3;
/// Octets of a character at most.
const MAX_UTF8: usize = 4;

/// What becomes of the result of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Result {
    /// Nothing more: it must be super-canonical.
    Final,
    /// The same, and there must be one.
    Needed,
    /// It is worked on.
    Intermediate,
}

impl Location {
    /// Everything that is wrong with it, with pointers into it.
    pub fn check(&self) -> Vec<NumbersProblem> {
        let mut problems = NumbersProblems::default();
        let p = &mut problems;
        text("/name", &self.name, limits::NAME, p);
        if self.name.trim().is_empty() {
            p.add("/name", Required);
        }
        if self.country.is_empty() {
            p.add("/country", Required);
        } else if calling_code(&self.country).is_none() {
            p.add_with("/country", UnknownCountry, &[&self.country]);
        }
        digits("/area_code", &self.area_code, limits::CODE, p);
        let is_north_american = calling_code(&self.country) == Some(1);
        if is_north_american && !matches!(self.area_code.trim_start_matches('0').len(), 0 | NORTH_AMERICAN_AREA) {
            p.add_with("/area_code", AreaCodeLength, &[&NORTH_AMERICAN_AREA]);
        }
        self.check_numbering(p);
        self.check_codes(p);
        for (pointer, rules, result) in [
            ("/external_rules", &self.external_rules, Result::Final),
            ("/internal_rules", &self.internal_rules, Result::Final),
            ("/line_rules", &self.line_rules, Result::Needed),
            ("/formatting/incoming", &self.formatting.incoming, Result::Intermediate),
            ("/formatting/outgoing", &self.formatting.outgoing, Result::Intermediate),
            ("/formatting/dialling", &self.formatting.dialling, Result::Intermediate),
            ("/formatting/dialling_final", &self.formatting.dialling_final, Result::Intermediate),
        ] {
            check_rules(pointer, rules, result, p);
        }
        self.check_emergency(p);
        check_least_cost(&self.least_cost_routing, p);
        each("/vanity", &self.vanity, limits::VANITY, |pointer, code, p| needed_digits(pointer, code, p), p);
        check_projects(&self.projects, &self.access_codes.private, p);
        self.check_north_america(p);
        if self.network.enabled && Extensions::of(self).is_empty() {
            p.add("/network/enabled", if self.has_pbx { ExtensionsNeeded } else { PbxNeeded });
        }
        check_simple(&self.simple, p);
        problems.into_vec()
    }

    fn check_numbering(&self, p: &mut NumbersProblems) {
        let (shortest, longest) = match &self.numbering {
            Numbering::Trunk { base_number, ranges, prefixes, shortest, longest } => {
                digits("/numbering/base_number", base_number, MAX_DIGITS, p);
                each("/numbering/ranges", ranges, limits::RANGES, check_range, p);
                if let Some(prefixes) = prefixes {
                    if !ranges.is_empty() {
                        p.add_with("/numbering/prefixes", Either, &[&"ranges"]);
                    }
                    for (pointer, end) in [("from", &prefixes.from), ("to", &prefixes.to)] {
                        needed_digits(format!("/numbering/prefixes/{pointer}"), end, p);
                    }
                    check_order("/numbering/prefixes/to", &prefixes.from, &prefixes.to, p);
                    if *shortest == 0 || *longest == 0 {
                        p.add("/numbering/longest", LengthsNeeded);
                    }
                    let needed = prefixes.from.len().max(prefixes.to.len());
                    if (1..needed).contains(&(*longest as usize)) {
                        p.add_with("/numbering/longest", LongestTooShort, &[&needed]);
                    }
                }
                (*shortest, *longest)
            }
            Numbering::Multipoint { numbers, shortest, longest } => {
                each("/numbering/numbers", numbers, limits::SUBSCRIBER_NUMBERS, check_subscriber, p);
                repeated("/numbering/numbers", "/number", numbers.iter().map(|number| &number.number), p);
                (*shortest, *longest)
            }
        };
        for (pointer, length) in [("/numbering/shortest", shortest), ("/numbering/longest", longest)] {
            if length as usize > MAX_DIGITS {
                p.add_with(pointer, OutOfRange, &[&0, &MAX_DIGITS]);
            }
        }
        if longest < shortest {
            p.add("/numbering/longest", LengthsBackwards);
        }
    }

    fn check_codes(&self, p: &mut NumbersProblems) {
        let AccessCodes { local, national, international, private, forwarding } = &self.access_codes;
        for (pointer, code) in
            [("local", local), ("national", national), ("international", international), ("forwarding", forwarding)]
        {
            keys(format!("/access_codes/{pointer}"), code, limits::CODE, p);
        }
        let is_known = |c: char| is_key(c) || matches!(c, 'e' | 'E' | 'u' | 'U');
        only("/access_codes/private", private, limits::PROJECT_CODE, (private.chars().all(is_known), KeysAndPlaces), p);
        check_entries("/access_codes/private", private, p);
        let StripCodes { incoming, outgoing, forwarding, connected_incoming, connected_outgoing } = &self.strip;
        for (kind, codes) in [
            ("incoming", incoming),
            ("outgoing", outgoing),
            ("forwarding", forwarding),
            ("connected_incoming", connected_incoming),
            ("connected_outgoing", connected_outgoing),
        ] {
            let pointer = format!("/strip/{kind}");
            each(&pointer, codes, limits::CODES, |pointer, code, p| needed_keys(pointer, code, limits::CODE, p), p);
        }
    }

    fn check_emergency(&self, p: &mut NumbersProblems) {
        let Emergency { rules, .. } = &self.emergency;
        let extensions = Extensions::of(self);
        let check = |pointer: String, rule: &EmergencyRule, p: &mut NumbersProblems| {
            let EmergencyRule { name, subnet, numbers, prefix } = rule;
            long(format!("{pointer}/name"), name, limits::NAME, p);
            if !name.chars().all(char::is_alphanumeric) {
                p.add(format!("{pointer}/name"), LettersAndDigitsOnly);
            }
            if Subnet::parse(subnet).is_none() {
                p.add(format!("{pointer}/subnet"), InvalidNetwork);
            }
            needed_keys(format!("{pointer}/prefix"), prefix, limits::CODE, p);
            let pointer = format!("{pointer}/numbers");
            if numbers.is_empty() {
                p.add(&pointer, Required);
            }
            let check = |pointer: String, number: &String, p: &mut NumbersProblems| {
                needed_digits(&pointer, number, p);
                if extensions.contains(number) {
                    p.add_with(pointer, EmergencyIsExtension, &[number]);
                }
            };
            each(&pointer, numbers, limits::EMERGENCY_NUMBERS, check, p);
        };
        each("/emergency/rules", rules, limits::EMERGENCY_RULES, check, p);
    }

    fn check_north_america(&self, p: &mut NumbersProblems) {
        let north_america = &self.north_america;
        prefixes("/north_america/own_prefixes", &north_america.own_prefixes, p);
        let check = |pointer: String, rule: &AreaCodeRule, p: &mut NumbersProblems| {
            needed_digits(format!("{pointer}/area_code"), &rule.area_code, p);
            prefixes(&format!("{pointer}/prefixes"), &rule.prefixes, p);
        };
        each("/north_america/free_areas", &north_america.free_areas, limits::AREAS, check, p);
    }
}

fn check_range(pointer: String, range: &ExtensionRange, p: &mut NumbersProblems) {
    let ExtensionRange { from, to } = range;
    needed_digits(format!("{pointer}/from"), from, p);
    needed_digits(format!("{pointer}/to"), to, p);
    if from.is_empty() || to.is_empty() {
        return;
    }
    if from.len() != to.len() {
        p.add(format!("{pointer}/to"), RangeLengths);
    } else {
        check_order(format!("{pointer}/to"), from, to, p);
    }
}

/// Notes a range that runs backwards: what both ends have in length is compared.
fn check_order(pointer: impl Display, from: &str, to: &str, p: &mut NumbersProblems) {
    if from.bytes().zip(to.bytes()).find(|(a, b)| a != b).is_some_and(|(a, b)| a > b) {
        p.add_with(pointer, RangeBackwards, &[&from]);
    }
}

fn check_subscriber(pointer: String, number: &SubscriberNumber, p: &mut NumbersProblems) {
    if !is_canonical(&number.number) {
        p.add(format!("{pointer}/number"), NotCanonical);
    }
    needed_digits(format!("{pointer}/internal"), &number.internal, p);
}

fn check_rules(pointer: &str, rules: &[NumberRule], result: Result, p: &mut NumbersProblems) {
    each(pointer, rules, limits::RULES, |pointer, rule, p| check_rule(pointer, rule, result, p), p);
    let fits = |rule: &NumberRule| rule.pattern.len() <= limits::PATTERN * MAX_UTF8;
    if rules.len() <= limits::RULES && rules.iter().all(fits) && Rules::compile(rules).is_none() {
        p.add(pointer, PatternsTooLarge);
    }
}

fn check_rule(pointer: String, rule: &NumberRule, result: Result, p: &mut NumbersProblems) {
    text(format!("{pointer}/description"), &rule.description, limits::NAME, p);
    let brackets = check_pattern(format!("{pointer}/pattern"), rule, p);
    let pointer = format!("{pointer}/replacement");
    let Some(replacement) = &rule.replacement else {
        if result == Result::Needed {
            p.add(pointer, ReplacementNeeded);
        }
        return;
    };
    long(&pointer, replacement, limits::PATTERN, p);
    let parts = parts(replacement);
    for part in &parts {
        match part {
            Part::Bracket(bracket) if brackets.is_some_and(|most| *bracket > most) => {
                p.add_with(&pointer, UnknownBracket, &[bracket]);
            }
            Part::Bracket(_) => {}
            Part::Text(text) => {
                if let Some(c) = text.chars().find(|c| !is_number_character(*c)) {
                    p.add_with(&pointer, ReplacementCharacter, &[&c]);
                }
            }
        }
    }
    if result != Result::Intermediate && !may_be_canonical(&parts) {
        p.add(pointer, ReplacementNotCanonical);
    }
}

/// How many brackets a rule's pattern has. None: it cannot be used, or it is compared digit by digit.
fn check_pattern(pointer: String, rule: &NumberRule, p: &mut NumbersProblems) -> Option<usize> {
    if rule.pattern.is_empty() {
        p.add(pointer, Required);
        return None;
    }
    if long(&pointer, &rule.pattern, limits::PATTERN, p) || unfitting(&pointer, &rule.pattern, p) {
        return None;
    }
    match rule.compare {
        Comparison::Equal => {
            if !rule.pattern.chars().all(is_number_character) {
                p.add(pointer, NeverEqual);
            }
            Some(0)
        }
        Comparison::Regex => match compile(&rule.pattern) {
            Ok(regex) => Some(regex.captures_len() - 1),
            Err(bad) => {
                bad_pattern(pointer, bad, p);
                None
            }
        },
    }
}

fn bad_pattern(pointer: String, BadPattern { code, at }: BadPattern, p: &mut NumbersProblems) {
    match at {
        0 => p.add(pointer, code),
        _ => p.add_with(pointer, code, &[&at]),
    }
}

/// Whether a replacement makes a super-canonical number at least for some numbers: what brackets hold is not known.
fn may_be_canonical(parts: &[Part]) -> bool {
    let begins_so = match parts.first() {
        Some(Part::Text(text)) => text.starts_with('+') && !text.starts_with("+0"),
        Some(Part::Bracket(_)) => true,
        None => false,
    };
    let rest_is_digits = parts.iter().enumerate().all(|(at, part)| match part {
        Part::Text(text) => {
            let digits = if at == 0 { text.trim_start_matches('+') } else { text };
            digits.len() + usize::from(at == 0 && text.starts_with('+')) == text.len() && is_digits(digits)
        }
        Part::Bracket(_) => true,
    });
    let is_more_than_a_plus = !matches!(parts, [Part::Text(text)] if !is_canonical(text));
    begins_so && rest_is_digits && is_more_than_a_plus
}

fn check_least_cost(routing: &LeastCostRouting, p: &mut NumbersProblems) {
    let LeastCostRouting { providers, zones, .. } = routing;
    let providers_at = "/least_cost_routing/providers";
    let zones_at = "/least_cost_routing/zones";
    count(providers_at, providers.len(), limits::PROVIDERS, p);
    for (at, provider) in providers.iter().enumerate() {
        name(format!("{providers_at}/{at}/name"), &provider.name, p);
        needed_keys(format!("{providers_at}/{at}/prefix"), &provider.prefix, limits::CODE, p);
    }
    repeated(providers_at, "/name", providers.iter().map(|provider| &provider.name), p);
    count(zones_at, zones.len(), limits::ZONES, p);
    repeated(zones_at, "/name", zones.iter().map(|zone| &zone.name), p);
    let known: HashSet<&str> = providers.iter().map(|provider| provider.name.as_str()).collect();
    for (at, zone) in zones.iter().enumerate().take(limits::ZONES) {
        name(format!("{zones_at}/{at}/name"), &zone.name, p);
        let check = |pointer: String, prefix: &String, p: &mut NumbersProblems| {
            if !long(&pointer, prefix, limits::PATTERN, p) && !is_canonical(prefix) {
                p.add_with(pointer, NotAPrefix, &[prefix]);
            }
        };
        each(&format!("{zones_at}/{at}/prefixes"), &zone.prefixes, limits::PREFIXES, check, p);
        for (day, grid) in [("weekdays", &zone.weekdays), ("saturday", &zone.saturday), ("sunday", &zone.sunday)] {
            let pointer = format!("{zones_at}/{at}/{day}");
            if !grid.is_empty() && grid.len() != HALF_HOURS {
                p.add_with(&pointer, HalfHours, &[&HALF_HOURS]);
            }
            for (half_hour, provider) in grid.iter().enumerate().take(HALF_HOURS) {
                if let Some(provider) = provider.as_deref().filter(|provider| !known.contains(provider)) {
                    p.add_with(format!("{pointer}/{half_hour}"), UnknownProvider, &[&short(provider)]);
                }
            }
        }
    }
}

fn check_projects(projects: &[Project], private_code: &str, p: &mut NumbersProblems) {
    count("/projects", projects.len(), limits::PROJECTS, p);
    repeated("/projects", "/name", projects.iter().map(|project| &project.name), p);
    for (at, Project { name: project, code, used_for }) in projects.iter().enumerate().take(limits::PROJECTS) {
        name(format!("/projects/{at}/name"), project, p);
        let pointer = format!("/projects/{at}/code");
        text(&pointer, code, limits::PROJECT_CODE, p);
        if code.is_empty() && *used_for != ProjectUse::Private {
            p.add(&pointer, Required);
        }
        if *used_for == ProjectUse::Journal {
            continue;
        }
        if !dials(code) {
            p.add(&pointer, ProjectDialsNothing);
        }
        let is_known = |c: char| is_key(c) || "CeEuUpPNJX".contains(c);
        if let Some(c) = code.chars().find(|c| !is_known(*c)) {
            p.add_with(&pointer, ProjectCharacter, &[&c]);
        }
        for place in ['N', 'E', 'U'] {
            if code.matches(place).count() > 1 {
                p.add_with(&pointer, ProjectTwice, &[&place]);
            }
        }
        check_entries(&pointer, code, p);
        // What is entered stands in both codes then.
        if *used_for == ProjectUse::Private && code.contains('X') {
            let (of_project, of_access) = (Places::of(code), Places::of(private_code));
            let pairs = [(of_project.pin, of_access.pin), (of_project.user, of_access.user)];
            let counted = pairs.into_iter().filter_map(|(one, other)| one.zip(other));
            for (one, other) in counted.filter(|(one, other)| one != other && *one > 0 && *other > 0) {
                p.add_with(&pointer, ProjectEntryLengths, &[&one, &other]);
            }
        }
    }
}

/// Checks the places for what is entered.
fn check_entries(pointer: &str, code: &str, p: &mut NumbersProblems) {
    for (digit, all) in [('e', 'E'), ('u', 'U')] {
        if code.contains(digit) && code.contains(all) {
            p.add_with(pointer, ProjectBothEntries, &[&digit, &all]);
        }
    }
}

fn check_simple(plan: &SimplePlan, p: &mut NumbersProblems) {
    for (field, code) in [
        ("international_prefix", &plan.international_prefix),
        ("country_prefix", &plan.country_prefix),
        ("external_prefix", &plan.external_prefix),
        ("incoming_add", &plan.incoming_add),
        ("incoming_remove", &plan.incoming_remove),
    ] {
        let fits = (code.chars().all(is_number_character), KeysAndPlus);
        only(format!("/simple/{field}"), code, limits::CODE, fits, p);
    }
    for (field, length) in [("internal_length", plan.internal_length), ("reverse_length", plan.reverse_length)] {
        if length as usize > MAX_DIGITS {
            p.add_with(format!("/simple/{field}"), OutOfRange, &[&0, &MAX_DIGITS]);
        }
    }
    let check = |pointer: String, rule: &SimpleRule, p: &mut NumbersProblems| {
        let value = format!("{pointer}/value");
        let pointer = format!("{pointer}/pattern");
        if rule.pattern.is_empty() {
            p.add(&pointer, Required);
        }
        text(value, &rule.value, limits::PATTERN, p);
        if !long(&pointer, &rule.pattern, limits::PATTERN, p)
            && !unfitting(&pointer, &rule.pattern, p)
            && let Err(bad) = simple::check(rule, plan)
        {
            bad_pattern(pointer, bad, p);
        }
    };
    each("/simple/rules", &plan.rules, limits::RULES, check, p);
    let fits = |rule: &SimpleRule| rule.pattern.len() <= limits::PATTERN * MAX_UTF8;
    if plan.rules.len() <= limits::RULES && plan.rules.iter().all(fits) && SimpleRules::compile(plan).is_none() {
        p.add("/simple/rules", PatternsTooLarge);
    }
}

/// Notes more than there may be.
fn count(pointer: impl Display, have: usize, most: usize, p: &mut NumbersProblems) {
    if have > most {
        p.add_with(pointer, TooMany, &[&most]);
    }
}

/// Checks each of a list, and notes more than there may be: those are not looked at.
fn each<T>(
    pointer: &str,
    list: &[T],
    most: usize,
    check: impl Fn(String, &T, &mut NumbersProblems),
    p: &mut NumbersProblems,
) {
    count(pointer, list.len(), most, p);
    for (at, item) in list.iter().enumerate().take(most) {
        check(format!("{pointer}/{at}"), item, p);
    }
}

/// Notes what stands twice in a list.
fn repeated<'a>(pointer: &str, field: &str, texts: impl Iterator<Item = &'a String>, p: &mut NumbersProblems) {
    let mut seen = HashSet::new();
    for (at, text) in texts.enumerate() {
        if !text.is_empty() && !seen.insert(text) {
            p.add_with(format!("{pointer}/{at}{field}"), Repeated, &[text]);
        }
    }
}

/// Notes what is too long, and says whether it is.
fn long(pointer: impl Display, text: &str, most: usize, p: &mut NumbersProblems) -> bool {
    let is_long = text.chars().nth(most).is_some();
    if is_long {
        p.add_with(pointer, TooLong, &[&most]);
    }
    is_long
}

/// Checks what is read by people. Nobody sees control characters, and not every kind of file can have them.
fn text(pointer: impl Display, text: &str, most: usize, p: &mut NumbersProblems) {
    if !long(&pointer, text, most, p) && text.chars().any(char::is_control) {
        p.add(pointer, ControlCharacter);
    }
}

/// Notes a character of a pattern that no number has, most of which nobody sees, and says whether there is one.
fn unfitting(pointer: impl Display, pattern: &str, p: &mut NumbersProblems) -> bool {
    let found = pattern.chars().zip(1..).find(|(c, _)| !c.is_ascii() || c.is_control());
    if let Some((c, at)) = found {
        p.add_with(pointer, PatternCharacter, &[&at, &format!("U+{:04X}", u32::from(c))]);
    }
    found.is_some()
}

/// Checks a name that something is found by.
fn name(pointer: impl Display, name: &str, p: &mut NumbersProblems) {
    if name.is_empty() {
        p.add(&pointer, Required);
    }
    text(pointer, name, limits::NAME, p);
}

fn digits(pointer: impl Display, text: &str, most: usize, p: &mut NumbersProblems) {
    only(pointer, text, most, (is_digits(text), DigitsOnly), p);
}

fn keys(pointer: impl Display, text: &str, most: usize, p: &mut NumbersProblems) {
    only(pointer, text, most, (text.chars().all(is_key), KeysOnly), p);
}

fn only(pointer: impl Display, text: &str, most: usize, fits: (bool, NumbersProblemCode), p: &mut NumbersProblems) {
    if !long(&pointer, text, most, p) && !fits.0 {
        p.add_with(pointer, fits.1, &[&text]);
    }
}

fn needed_digits(pointer: impl Display, text: &str, p: &mut NumbersProblems) {
    if text.is_empty() {
        p.add(&pointer, Required);
    }
    digits(pointer, text, MAX_DIGITS, p);
}

fn needed_keys(pointer: impl Display, text: &str, most: usize, p: &mut NumbersProblems) {
    if text.is_empty() {
        p.add(&pointer, Required);
    }
    keys(pointer, text, most, p);
}

fn prefixes(pointer: &str, prefixes: &[String], p: &mut NumbersProblems) {
    each(pointer, prefixes, limits::PREFIXES, |pointer, prefix, p| needed_digits(pointer, prefix, p), p);
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_key(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '*' | '#')
}

fn is_number_character(c: char) -> bool {
    is_key(c) || c == '+'
}
