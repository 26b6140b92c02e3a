//! Locations that know each other's numbers: what they must not share, and the rules that follow.

use schemars::JsonSchema;
use serde::Serialize;
use ts_rs::TS;

use super::extension::{Extensions, Span};
use super::location::Location;
use super::plan::{DialPlan, Head, Other};

/// Overlaps and rules that are told of.
const MOST: usize = 1_000;

/// Extensions that two locations of the network both have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The id of the one.
    pub one: String,
    /// The id of the other.
    pub other: String,
    /// The first extension.
    pub from: String,
    /// The last extension.
    pub to: String,
}

/// The extensions of a location of the network in their order, each once; none of any other.
#[derive(Debug)]
pub struct NetworkExtensions(Vec<Span>);

impl NetworkExtensions {
    /// Those of a location.
    pub fn of(location: &Location) -> NetworkExtensions {
        let extensions = Some(location).filter(|location| location.network.enabled).map(Extensions::of);
        let mut spans = extensions.unwrap_or_default().spans().to_vec();
        spans.sort_unstable_by_key(|span| (span.digits, span.first));
        spans.dedup_by(|next, span| {
            let overlaps = span.overlap(next).is_some();
            span.last = if overlaps { span.last.max(next.last) } else { span.last };
            overlaps
        });
        NetworkExtensions(spans)
    }

    /// The first extensions that another location has, too: from one to another.
    pub fn shared(&self, other: &NetworkExtensions) -> Option<(String, String)> {
        let (mut own, mut others) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let (one, another) = (own.peek()?, others.peek()?);
            if let Some(both) = one.overlap(another) {
                return Some((both.first_number(), both.last_number()));
            }
            // What ends first cannot meet what comes later.
            match (one.digits, one.last) < (another.digits, another.last) {
                true => own.next(),
                false => others.next(),
            };
        }
    }
}

/// The extensions that locations of the network share. There must be none: each extension is at one location.
pub fn overlaps<'a>(locations: impl IntoIterator<Item = (&'a str, &'a Location)>) -> Vec<Overlap> {
    let of_one = |(id, location)| NetworkExtensions::of(location).0.into_iter().map(move |span| (span, id));
    let mut spans: Vec<(Span, &str)> = locations.into_iter().flat_map(of_one).collect();
    spans.sort_by_key(|(span, _)| (span.digits, span.first));
    let mut overlaps = Vec::new();
    for (at, (span, one)) in spans.iter().enumerate() {
        let beside = spans.iter().skip(at + 1).map_while(|(next, other)| Some((span.overlap(next)?, other)));
        for (both, other) in beside.filter(|(_, other)| *other != one) {
            if overlaps.len() == MOST {
                return overlaps;
            }
            overlaps.push(Overlap {
                one: (*one).to_owned(),
                other: (*other).to_owned(),
                from: both.first_number(),
                to: both.last_number(),
            });
        }
    }
    overlaps
}

/// A rule that follows from another location's numbers. It cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct GeneratedRule {
    /// The name of the other location.
    pub location: String,
    /// What it fits: a regular expression.
    pub pattern: String,
    /// What the number becomes.
    pub replacement: String,
}

impl DialPlan {
    /// The super-canonical number of another location's extension, and that location's name.
    pub(super) fn of_other(&self, extension: &str) -> Option<(String, &str)> {
        let other = self.others.iter().find(|other| other.extensions.contains(extension))?;
        Some((other.head.outside(extension)?, &other.name))
    }

    /// The internal rules that follow from other locations' extensions.
    pub fn generated_internal_rules(&self) -> Vec<GeneratedRule> {
        match self.location.network.enabled && self.location.network.detect {
            true => self.others.iter().flat_map(|other| internal_rules(other)).take(MOST).collect(),
            false => Vec::new(),
        }
    }

    /// The dialling rules that follow from other locations' numbers.
    pub fn generated_dialling_rules(&self) -> Vec<GeneratedRule> {
        match self.location.network.enabled && self.location.network.shorten {
            true => self.others.iter().flat_map(|other| dialling_rules(other)).take(MOST).collect(),
            false => Vec::new(),
        }
    }
}

fn internal_rules(other: &Other) -> Vec<GeneratedRule> {
    let rule = |pattern, replacement| GeneratedRule { location: other.name.clone(), pattern, replacement };
    match &other.head {
        Head::Trunk(head) => {
            let spans = other.extensions.spans().iter();
            spans.map(|span| rule(format!("^({})$", expression(span)), format!("{head}\\1"))).collect()
        }
        Head::Multipoint(pairs) => {
            pairs.iter().map(|(outside, inside)| rule(format!("^{inside}$"), outside.clone())).collect()
        }
    }
}

fn dialling_rules(other: &Other) -> Vec<GeneratedRule> {
    let rule = |pattern, replacement| GeneratedRule { location: other.name.clone(), pattern, replacement };
    match &other.head {
        Head::Trunk(head) => {
            let spans = other.extensions.spans().iter();
            spans.map(|span| rule(format!("^\\{head}({})$", expression(span)), "\\1".to_owned())).collect()
        }
        Head::Multipoint(pairs) => {
            pairs.iter().map(|(outside, inside)| rule(format!("^\\{outside}$"), inside.clone())).collect()
        }
    }
}

/// A regular expression of exactly the numbers of a span.
fn expression(span: &Span) -> String {
    let mut alternatives = Vec::new();
    between(&span.first_number(), &span.last_number(), String::new(), &mut alternatives);
    alternatives.join("|")
}

/// Alternatives for all numbers from one to another, which have as many digits.
fn between(first: &str, last: &str, mut shared: String, alternatives: &mut Vec<String>) {
    let (Some(low), Some(high)) = (first.chars().next(), last.chars().next()) else {
        alternatives.push(shared);
        return;
    };
    let (first, last) = (&first[1..], &last[1..]);
    if low == high {
        shared.push(low);
        return between(first, last, shared, alternatives);
    }
    let is_lowest = first.bytes().all(|digit| digit == b'0');
    let is_highest = last.bytes().all(|digit| digit == b'9');
    // What begins with the lowest digit, all between, what begins with the highest.
    let whole_from = if is_lowest { low } else { next(low) };
    let whole_to = if is_highest { high } else { previous(high) };
    if !is_lowest {
        between(first, &"9".repeat(first.len()), format!("{shared}{low}"), alternatives);
    }
    if whole_from <= whole_to {
        let digit = if whole_from == whole_to { whole_from.to_string() } else { format!("[{whole_from}-{whole_to}]") };
        alternatives.push(format!("{shared}{digit}{}", "[0-9]".repeat(first.len())));
    }
    if !is_highest {
        between(&"0".repeat(last.len()), last, format!("{shared}{high}"), alternatives);
    }
}

fn next(digit: char) -> char {
    char::from_u32(u32::from(digit) + 1).unwrap_or(digit)
}

fn previous(digit: char) -> char {
    char::from_u32(u32::from(digit) - 1).unwrap_or(digit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::numbers::country::tests::countries;
    use crate::numbers::location::{LocationNetwork, NumberRule};
    use crate::numbers::{Circumstances, Numbers, ReportedAs};

    fn location(name: &str, base: &str, from: &str, to: &str, is_networked: bool) -> Location {
        serde_json::from_value(json!({
            "name": name, "country": "DE", "area_code": "30",
            "numbering": { "kind": "trunk", "base_number": base, "ranges": [{ "from": from, "to": to }] },
            "network": { "enabled": is_networked, "detect": true, "shorten": true }
        }))
        .unwrap()
    }

    /// Bonn, whose telephones have a number each.
    fn multipoint() -> Location {
        serde_json::from_value(json!({
            "name": "Bonn", "country": "DE", "area_code": "228",
            "numbering": { "kind": "multipoint", "numbers": [
                { "number": "+49228123", "internal": "11" }, { "number": "+492284567", "internal": "307" }
            ] },
            "network": { "enabled": true, "detect": true, "shorten": true }
        }))
        .unwrap()
    }

    #[test]
    fn overlaps_are_told_with_what_is_shared() {
        let berlin = location("Berlin", "111", "100", "299", true);
        let bonn = location("Bonn", "222", "250", "399", true);
        let essen = location("Essen", "333", "400", "499", true);
        let apart = location("Apart", "444", "100", "999", false);
        let all = [("a", &berlin), ("b", &bonn), ("c", &essen), ("d", &apart)];
        let found = overlaps(all);
        let expected = Overlap { one: "a".into(), other: "b".into(), from: "250".into(), to: "299".into() };
        assert_eq!(found, [expected]);
        assert_eq!(overlaps([all[0], all[2], all[3]]), []);
        let one = |other: &str, number: &str| {
            let (one, other) = (other.to_owned(), "m".to_owned());
            Overlap { one, other, from: number.to_owned(), to: number.to_owned() }
        };
        let multipoint = multipoint();
        assert_eq!(overlaps([all[1], ("m", &multipoint)]), [one("b", "307")], "a number of its own overlaps, too");
        assert_eq!(overlaps([all[2], ("m", &multipoint)]), []);
    }

    #[test]
    fn a_long_span_overlaps_all_within_it() {
        let whole = location("Whole", "1", "1000", "9999", true);
        let parts = [("1000", "1000"), ("2000", "2999"), ("9999", "9999")]
            .map(|(from, to)| location("Part", "2", from, to, true));
        let ids = ["b", "c", "d"];
        let found = overlaps(std::iter::once(("a", &whole)).chain(ids.into_iter().zip(&parts)));
        let mut with: Vec<_> =
            found.iter().map(|overlap| if overlap.one == "a" { &overlap.other } else { &overlap.one }).collect();
        with.sort();
        assert_eq!(with, ["b", "c", "d"]);
    }

    #[test]
    fn what_stands_twice_in_one_location_is_told_once() {
        let several = |name: &str, ranges: &[(&str, &str)]| -> Location {
            let ranges: Vec<_> = ranges.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
            serde_json::from_value(json!({
                "name": name, "country": "DE", "area_code": "30", "network": { "enabled": true },
                "numbering": { "kind": "trunk", "base_number": "1", "ranges": ranges }
            }))
            .unwrap()
        };
        let berlin = several("Berlin", &[("50", "59"), ("500", "599"), ("300", "310"), ("305", "320"), ("50", "59")]);
        let bonn = several("Bonn", &[("700", "799"), ("51", "52"), ("0590", "0599"), ("51", "52")]);
        let found = overlaps([("a", &berlin), ("b", &bonn)]);
        let told: Vec<_> = found.iter().map(|overlap| (overlap.from.as_str(), overlap.to.as_str())).collect();
        assert_eq!(told, [("51", "52")]);
        let essen = several("Essen", &[("600", "699"), ("320", "330"), ("7", "9")]);
        let of = NetworkExtensions::of;
        let shared = |one, other| of(one).shared(&of(other)).map(|(from, to)| format!("{from}-{to}"));
        assert_eq!(shared(&berlin, &bonn).as_deref(), Some("51-52"));
        assert_eq!(shared(&berlin, &essen).as_deref(), Some("320-320"), "the end of what was joined");
        assert_eq!(shared(&bonn, &essen), None);
        let apart = Location { network: LocationNetwork::default(), ..bonn.clone() };
        assert_eq!(shared(&berlin, &apart), None, "it is not of the network");
    }

    #[test]
    fn generated_rules_do_what_the_plan_does() {
        let berlin = location("Berlin", "111", "100", "199", true);
        let bonn = location("Bonn", "222", "307", "692", true);
        let numbers = Numbers::new([("a", &berlin), ("b", &bonn)], &countries());
        let plan = numbers.plan("a").unwrap();
        let internal = plan.generated_internal_rules();
        assert_eq!(
            (internal.len(), internal[0].location.as_str(), internal[0].replacement.as_str()),
            (1, "Bonn", "+4930222\\1")
        );
        assert_eq!(internal[0].pattern, "^(30[7-9]|3[1-9][0-9]|[4-5][0-9][0-9]|6[0-8][0-9]|69[0-2])$");
        let dialling = plan.generated_dialling_rules();
        assert_eq!(dialling[0].pattern, "^\\+4930222(30[7-9]|3[1-9][0-9]|[4-5][0-9][0-9]|6[0-8][0-9]|69[0-2])$");
        let extensions: Vec<String> = (0..=1100).map(|number| format!("{number:03}")).collect();
        let wholes = extensions.iter().map(|extension| format!("+4930222{extension}"));
        let known = same_by_rules(&berlin, &bonn, &extensions, &wholes.collect::<Vec<_>>());
        assert_eq!(known, (307..=692).count());
    }

    #[test]
    fn generated_rules_do_what_the_plan_does_with_numbers_of_their_own() {
        let berlin = location("Berlin", "111", "100", "199", true);
        let numbers = Numbers::new([("a", &berlin), ("b", &multipoint())], &countries());
        let plan = numbers.plan("a").unwrap();
        let rules = |rules: Vec<GeneratedRule>| -> Vec<(String, String)> {
            rules.into_iter().map(|rule| (rule.pattern, rule.replacement)).collect()
        };
        let pairs = |pairs: [(&str, &str); 2]| pairs.map(|(pattern, to)| (pattern.to_owned(), to.to_owned()));
        let internal = pairs([("^11$", "+49228123"), ("^307$", "+492284567")]);
        assert_eq!(rules(plan.generated_internal_rules()), internal);
        let dialling = pairs([(r"^\+49228123$", "11"), (r"^\+492284567$", "307")]);
        assert_eq!(rules(plan.generated_dialling_rules()), dialling);
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let extensions = texts(&["11", "307", "12", "011", "0307", "3070", "110"]);
        let wholes = texts(&["+49228123", "+492284567", "+492281234", "+4922812", "+49228", "+4930228123"]);
        assert_eq!(same_by_rules(&berlin, &multipoint(), &extensions, &wholes), 2);
    }

    /// Holds what is known of another location's numbers against a location that has the generated rules and no network; how
    /// many extensions are known.
    fn same_by_rules(here: &Location, other: &Location, extensions: &[String], wholes: &[String]) -> usize {
        let networked = Numbers::new([("a", here), ("b", other)], &countries());
        let networked = networked.plan("a").unwrap();
        let rules = |rules: Vec<GeneratedRule>| -> Vec<NumberRule> {
            let rule = |rule: GeneratedRule| NumberRule {
                pattern: rule.pattern,
                replacement: Some(rule.replacement),
                ..NumberRule::default()
            };
            rules.into_iter().map(rule).collect()
        };
        let mut alone = here.clone();
        alone.network = LocationNetwork::default();
        alone.internal_rules = rules(networked.generated_internal_rules());
        alone.formatting.dialling = rules(networked.generated_dialling_rules());
        assert_eq!(alone.check(), [], "they are rules that anybody could set");
        let alone = Numbers::new([("a", &alone), ("b", other)], &countries());
        let alone = alone.plan("a").unwrap();
        let mut known = 0;
        for extension in extensions {
            let reported = networked.reported(ReportedAs::Caller, extension);
            assert_eq!(reported, alone.reported(ReportedAs::Caller, extension), "{extension}");
            known += usize::from(reported.is_some_and(|reported| wholes.contains(&reported.number)));
        }
        let mut shortened = 0;
        for whole in wholes {
            let [one, other] = [networked, alone].map(|plan| plan.dialled(whole, &Circumstances::default()).unwrap());
            assert_eq!((&one.number, one.reach), (&other.number, other.reach), "{whole}");
            shortened += usize::from(extensions.contains(&one.number));
        }
        assert_eq!(shortened, known, "each that is known is dialled as an extension");
        known
    }
}
