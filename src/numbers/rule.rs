//! Rules: what a number is compared with, and what it becomes. Patterns are matched in linear time whatever they are.

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use regex_syntax::ast::{self, ErrorKind};

use super::is_canonical;
use super::location::{Comparison, NumberRule};
use super::problem::NumbersProblemCode;
use super::reported::MAX_TEXT;
use super::step::{Note, NoteCode, SkippedRule};

/// Octets that one compiled pattern may take.
const PATTERN_SIZE: usize = 128 << 10;
/// Octets that matching one by itself may remember of earlier numbers.
const PATTERN_CACHE: usize = 1 << 20;
/// Octets that the patterns of a list may take together: 2,000 usual ones do, and numbers of 250 digits cost milliseconds at most.
const LIST_SIZE: usize = 4 << 20;
/// Octets that matching a list may remember of earlier numbers.
const LIST_CACHE: usize = 16 << 20;
/// Brackets within brackets.
const NESTING: u32 = 32;

/// Why a pattern cannot be used, and at which of its characters that shows, counted from 1; 0: nowhere in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadPattern {
    pub(super) code: NumbersProblemCode,
    pub(super) at: usize,
}

/// A pattern that can be matched, or why not.
pub(super) fn compile(pattern: &str) -> Result<Regex, BadPattern> {
    syntax(pattern)?;
    build(pattern)
}

/// Whether a pattern is written as one.
pub(super) fn syntax(pattern: &str) -> Result<(), BadPattern> {
    let parsed = ast::parse::ParserBuilder::new().nest_limit(NESTING).build().parse(pattern);
    let bad = |error: ast::Error| BadPattern { code: reason(error.kind()), at: error.span().start.column };
    parsed.map(|_| ()).map_err(bad)
}

/// A pattern with the right syntax that can be matched.
pub(super) fn build(pattern: &str) -> Result<Regex, BadPattern> {
    let mut builder = RegexBuilder::new(pattern);
    builder.unicode(false).nest_limit(NESTING).size_limit(PATTERN_SIZE).dfa_size_limit(PATTERN_CACHE);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => BadPattern { code: NumbersProblemCode::PatternTooLarge, at: 0 },
        _ => BadPattern { code: NumbersProblemCode::PatternInvalid, at: 1 },
    })
}

/// Patterns that are matched together. None: they are too large for that.
pub(super) fn build_set<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Option<RegexSet> {
    let mut builder = RegexSetBuilder::new(patterns);
    builder.unicode(false).nest_limit(NESTING).size_limit(LIST_SIZE).dfa_size_limit(LIST_CACHE);
    builder.build().ok()
}

/// What a parser says, as a code of ours.
fn reason(kind: &ErrorKind) -> NumbersProblemCode {
    use NumbersProblemCode::*;
    match kind {
        ErrorKind::GroupUnclosed | ErrorKind::ClassUnclosed | ErrorKind::RepetitionCountUnclosed => PatternUnclosed,
        ErrorKind::GroupUnopened => PatternUnopened,
        ErrorKind::RepetitionMissing => PatternRepeatsNothing,
        ErrorKind::ClassRangeInvalid
        | ErrorKind::ClassRangeLiteral
        | ErrorKind::RepetitionCountInvalid
        | ErrorKind::RepetitionCountDecimalEmpty
        | ErrorKind::DecimalEmpty => PatternRange,
        ErrorKind::EscapeUnrecognized | ErrorKind::EscapeUnexpectedEof | ErrorKind::ClassEscapeInvalid => PatternEscape,
        ErrorKind::UnsupportedBackreference | ErrorKind::UnsupportedLookAround => PatternLooks,
        ErrorKind::NestLimitExceeded(_) | ErrorKind::CaptureLimitExceeded | ErrorKind::DecimalInvalid => {
            PatternTooLarge
        }
        _ => PatternInvalid,
    }
}

/// A part of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Itself.
    Text(String),
    /// What a bracket holds; 0: all that fitted.
    Bracket(usize),
}

/// The parts of a replacement: text, and `\1` to `\9`.
pub(super) fn parts(replacement: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut characters = replacement.chars().peekable();
    while let Some(c) = characters.next() {
        match characters.peek().and_then(|next| next.to_digit(10)) {
            Some(bracket) if c == '\\' => {
                characters.next();
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Bracket(bracket as usize));
            }
            _ => text.push(c),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

/// A list of rules, ready to be compared with numbers.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    /// The rules that compare digit by digit, by number.
    equal: HashMap<String, Vec<usize>>,
    /// The regular expressions, and to which rule each belongs.
    set: Option<(RegexSet, Vec<usize>)>,
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    compare: Comparison,
    is_usable: bool,
    /// Compiled when it is needed: it fitted, and its brackets are asked for.
    regex: OnceLock<Option<Regex>>,
    replacement: Option<Vec<Part>>,
}

/// A rule that fits a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fit {
    /// Its place in the list, from 0.
    pub(super) at: usize,
    /// What the number becomes. None: it stays.
    pub(super) replaced: Option<String>,
}

impl Rules {
    /// Compiles a list. Rules that cannot be used are never taken; `check` has told so.
    pub(super) fn new(rules: &[NumberRule]) -> Rules {
        Rules::compile(rules).unwrap_or_default()
    }

    /// The same, or nothing where the list is too large.
    pub(super) fn compile(rules: &[NumberRule]) -> Option<Rules> {
        let mut equal: HashMap<String, Vec<usize>> = HashMap::new();
        let (mut patterns, mut places) = (Vec::new(), Vec::new());
        let mut compiled = Vec::with_capacity(rules.len());
        for (at, rule) in rules.iter().enumerate() {
            let is_usable = match rule.compare {
                Comparison::Equal => {
                    equal.entry(rule.pattern.clone()).or_default().push(at);
                    true
                }
                Comparison::Regex => compile(&rule.pattern).is_ok(),
            };
            if is_usable && rule.compare == Comparison::Regex {
                patterns.push(rule.pattern.as_str());
                places.push(at);
            }
            compiled.push(Rule {
                pattern: rule.pattern.clone(),
                compare: rule.compare,
                is_usable,
                regex: OnceLock::new(),
                replacement: rule.replacement.as_deref().map(parts),
            });
        }
        let mut set = None;
        if !patterns.is_empty() {
            set = Some((build_set(patterns)?, places));
        }
        Some(Rules { rules: compiled, equal, set })
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The first that fits.
    pub(super) fn first(&self, number: &str) -> Option<Fit> {
        self.fits(number).next()
    }

    /// The first that fits and leaves the number or makes a super-canonical one, and those before it that would make
    /// something else.
    pub(super) fn first_final(&self, number: &str) -> (Option<Fit>, Vec<Fit>) {
        let mut refused = Vec::new();
        for fit in self.fits(number) {
            if fit.replaced.as_deref().is_none_or(is_canonical) {
                return (Some(fit), refused);
            }
            refused.push(fit);
        }
        (None, refused)
    }

    /// Why a list was not compared with a number.
    pub(super) fn left_out(&self, code: NoteCode) -> Vec<SkippedRule> {
        let skipped = |(at, rule): (usize, &Rule)| SkippedRule {
            at,
            pattern: rule.pattern.clone(),
            reason: Note::new(code, &[]),
        };
        self.rules.iter().enumerate().map(skipped).collect()
    }

    /// Why all but the one that was taken did nothing.
    pub(super) fn skipped(&self, taken: Option<usize>, refused: &[Fit]) -> Vec<SkippedRule> {
        let reason = |at: usize, rule: &Rule| match taken {
            Some(taken) if at > taken => Note::new(NoteCode::EarlierRule, &[&(taken + 1)]),
            _ if !rule.is_usable => Note::new(NoteCode::Unusable, &[]),
            _ => match refused.iter().find(|fit| fit.at == at) {
                Some(fit) => Note::new(NoteCode::ResultNotCanonical, &[&fit.replaced.as_deref().unwrap_or_default()]),
                None if rule.compare == Comparison::Equal => Note::new(NoteCode::NotEqual, &[]),
                None => Note::new(NoteCode::DoesNotFit, &[]),
            },
        };
        let skipped = self.rules.iter().enumerate().filter(|(at, _)| taken != Some(*at));
        skipped.map(|(at, rule)| SkippedRule { at, pattern: rule.pattern.clone(), reason: reason(at, rule) }).collect()
    }

    /// Those that fit, in their order. The list is looked at once.
    fn fits<'a>(&'a self, number: &'a str) -> impl Iterator<Item = Fit> + 'a {
        #[cfg(test)]
        looked_at(number);
        let mut equal = self.equal.get(number).into_iter().flatten().copied().peekable();
        let set = self.set.iter().flat_map(|(set, places)| {
            set.matches(number.as_bytes()).into_iter().filter_map(|at| places.get(at).copied())
        });
        let mut set = set.peekable();
        std::iter::from_fn(move || match (equal.peek(), set.peek()) {
            (Some(one), Some(other)) if one < other => equal.next(),
            (Some(_), None) => equal.next(),
            _ => set.next(),
        })
        .filter_map(move |at| {
            let rule = self.rules.get(at)?;
            Some(Fit { at, replaced: rule.replacement.as_ref().map(|parts| rule.replaced(number, parts)) })
        })
    }
}

#[cfg(test)]
thread_local! {
    /// Octets that lists of rules have been compared with on this thread.
    pub(super) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
pub(super) fn looked_at(number: &str) {
    LOOKED_AT.set(LOOKED_AT.get() + number.len());
}

impl Rule {
    /// What the whole number becomes. Of more characters than any number has the first are enough.
    fn replaced(&self, number: &str, parts: &[Part]) -> String {
        let mut replaced = String::new();
        let is_equal = self.compare == Comparison::Equal;
        let captures = match is_equal || parts.iter().all(|part| matches!(part, Part::Text(_))) {
            true => None,
            false => self
                .regex
                .get_or_init(|| compile(&self.pattern).ok())
                .as_ref()
                .and_then(|r| r.captures(number.as_bytes())),
        };
        for part in parts {
            match part {
                Part::Text(text) => replaced += text,
                // Digit by digit, the whole number has fitted.
                Part::Bracket(0) if is_equal => replaced += number,
                Part::Bracket(bracket) => {
                    let held = captures.as_ref().and_then(|captures| captures.get(*bracket));
                    replaced += held.and_then(|held| std::str::from_utf8(held.as_bytes()).ok()).unwrap_or_default();
                }
            }
            if let Some((most, _)) = replaced.char_indices().nth(MAX_TEXT + 1) {
                replaced.truncate(most);
                break;
            }
        }
        replaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &str, replacement: &str) -> NumberRule {
        NumberRule { pattern: pattern.into(), replacement: Some(replacement.into()), ..NumberRule::default() }
    }

    fn becomes(rule: &NumberRule, number: &str) -> Option<String> {
        Rules::new(std::slice::from_ref(rule)).first(number).and_then(|fit| fit.replaced)
    }

    #[test]
    fn the_manuals_examples() {
        // Pattern, replacement, numbers that it fits and what they become, numbers that it does not fit.
        type Example = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);
        let examples: &[Example] = &[
            (r"^0(.*)", r"\1", &[("0123", "123"), ("0", "")], &["123", ""]),
            (r"^80(.*)", r"0\1", &[("80123", "0123")], &["8123"]),
            (r"^50[0-9][0-9][0-9](.*)", r"\1", &[("50123456", "456")], &["5012", "60123456"]),
            (r"^[0-9][0-9][0-9]$", "", &[("123", "")], &["12", "1234"]),
            (r"^([0-9][0-9][0-9].+)", r"0\1", &[("1234", "01234")], &["123"]),
            (r"^([0-9][0-9]?[0-9]?)$", r"03012345\1", &[("1", "030123451"), ("123", "03012345123")], &["1234"]),
            (r"^([^0][0-9][0-9][0-9].*)", r"08151\1", &[("1234", "081511234")], &["0234", "123"]),
            ("152$", "x", &[("0152", "x")], &["1520"]),
            ("[^0-8]", "x", &[("1239", "x")], &["12345678"]),
            ("^8|9$", "x", &[("81", "x"), ("19", "x")], &["191"]),
        ];
        for (pattern, replacement, fitting, others) in examples {
            let rule = regex(pattern, replacement);
            for (number, expected) in *fitting {
                assert_eq!(becomes(&rule, number).as_deref(), Some(*expected), "{pattern} {number}");
            }
            for number in *others {
                assert_eq!(becomes(&rule, number), None, "{pattern} {number}");
            }
        }
    }

    #[test]
    fn the_first_that_fits_is_taken_whatever_its_kind() {
        let equal =
            |number: &str, replacement: &str| NumberRule { compare: Comparison::Equal, ..regex(number, replacement) };
        let rules = Rules::new(&[
            regex("^(9.)$", r"a\1"),
            equal("12", "b"),
            regex("^1", "c"),
            equal("91", "d"),
            equal("12", "e"),
        ]);
        let first = |number| rules.first(number).map(|fit| (fit.at, fit.replaced.unwrap()));
        assert_eq!(first("12"), Some((1, "b".into())));
        assert_eq!(first("13"), Some((2, "c".into())));
        assert_eq!(first("91"), Some((0, "a91".into())));
        assert_eq!(first("2"), None);
        let fits: Vec<usize> = rules.fits("91").map(|fit| fit.at).collect();
        assert_eq!(fits, [0, 3], "all that fit, in their order");
    }

    #[test]
    fn an_equal_pattern_is_no_expression_and_brackets_that_took_no_part_are_empty() {
        let equal = NumberRule { compare: Comparison::Equal, ..regex("1.", "x") };
        assert_eq!(becomes(&equal, "12"), None);
        assert_eq!(becomes(&regex("^(1)|(2)", r"\1-\2\7"), "2").as_deref(), Some("-2"));
    }

    #[test]
    fn all_that_fitted_is_the_whole_number_where_it_is_equal() {
        let equal = NumberRule { compare: Comparison::Equal, ..regex("123", r"88\0") };
        assert_eq!(becomes(&equal, "123").as_deref(), Some("88123"));
        assert_eq!(becomes(&regex("^12", r"88\0"), "123").as_deref(), Some("8812"));
    }

    #[test]
    fn patterns_are_refused_with_the_place() {
        use NumbersProblemCode::*;
        for (pattern, code, at) in [
            ("12(3", PatternUnclosed, 3),
            ("1[23", PatternUnclosed, 2),
            ("12)3", PatternUnopened, 3),
            ("*1", PatternRepeatsNothing, 1),
            ("1[9-0]", PatternRange, 3),
            (r"(1)\1", PatternLooks, 4),
            ("1(?=2)", PatternLooks, 2),
            (r"1\q", PatternEscape, 2),
            ("((.{1000}){1000}){1000}", PatternTooLarge, 0),
            ("(?<>1)", PatternInvalid, 4),
        ] {
            assert_eq!(compile(pattern).unwrap_err(), BadPattern { code, at }, "{pattern}");
        }
        let deep = "(".repeat(5000) + &")".repeat(5000);
        assert_eq!(compile(&deep).unwrap_err().code, PatternTooLarge);
    }
}
