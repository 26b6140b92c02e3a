//! What holds for all numbers and all locations.

use proptest::prelude::*;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};
use serde_json::{Value, json};

use super::country::Countries;
use super::country::tests::countries;
use super::location::{Comparison, NumberRule, SimpleRule};
use super::reported::MAX_TEXT;
use super::rule::LOOKED_AT;
use super::*;

const KINDS: [ReportedAs; 5] = [
    ReportedAs::Caller,
    ReportedAs::Called,
    ReportedAs::Forwarding,
    ReportedAs::ConnectedIncoming,
    ReportedAs::ConnectedOutgoing,
];
const TYPES: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

const CANADIAN_SERVICE: &str = "+13101234";

/// Berlin, 030 12345 and extensions 30 to 69, with other things changed, the later ones last.
pub(super) fn berlin_with(usual: Value, change: Value) -> Location {
    let mut location = json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": {
            "kind": "trunk", "base_number": "12345", "ranges": [{ "from": "30", "to": "69" }], "shortest": 2, "longest": 3
        }
    });
    for changed in [usual, change] {
        location.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    }
    serde_json::from_value(location).unwrap()
}

/// Another location of the network.
pub(super) fn munich() -> Location {
    serde_json::from_value(json!({
        "name": "Munich", "country": "DE", "area_code": "89",
        "numbering": { "kind": "trunk", "base_number": "777", "ranges": [{ "from": "700", "to": "799" }] },
        "network": { "enabled": true }
    }))
    .unwrap()
}

pub(super) fn plans(location: &Location) -> Numbers {
    Numbers::new([("berlin", location), ("munich", &munich())], &countries())
}

/// A location in which everything is used.
fn full() -> Location {
    serde_json::from_value(json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": {
            "kind": "trunk", "base_number": "12345", "ranges": [{ "from": "30", "to": "69" }], "shortest": 2, "longest": 3
        },
        "external_rules": [{ "pattern": "^11[0-9]$" }],
        "internal_rules": [{ "pattern": "^8(..)$", "replacement": "+4930999\\1" }, { "pattern": "^9+$" }],
        "formatting": {
            "incoming": [{ "pattern": "^77(.*)", "replacement": "\\1" }],
            "outgoing": [{ "pattern": "^(66)?(.*)$", "replacement": "\\2" }],
            "dialling": [{ "pattern": "^\\+4989777(...)$", "replacement": "8\\1" }],
            "dialling_final": [{ "pattern": "^00(.*)", "replacement": "000\\1" }]
        },
        "emergency": { "enabled": true, "rules": [
            { "name": "A", "subnet": "10.0.0.0/8", "numbers": ["110"], "prefix": "*7" }
        ] },
        "least_cost_routing": {
            "enabled": true, "providers": [{ "name": "One", "prefix": "01070" }],
            "zones": [{ "name": "all", "prefixes": ["+4"], "weekdays": vec!["One"; 48] }]
        },
        "vanity": ["800"], "split_long_numbers": true,
        "projects": [{ "name": "P", "code": "*60EX", "use": "private" }],
        "network": { "enabled": true, "detect": true, "search": true, "shorten": true }
    }))
    .unwrap()
}

/// One of the simple dialect in which everything is used.
fn simple() -> Location {
    serde_json::from_value(json!({
        "name": "Paris", "country": "FR", "dialect": "simple",
        "simple": {
            "country_prefix": "33", "incoming_add": "0", "incoming_remove": "9", "reverse_length": 6,
            "rules": [
                { "priority": 1, "pattern": "+[-CountryPrefix-](0", "value": "[-ExternalPrefix-]0" },
                { "priority": 2, "pattern": "[(\\+|[-InternationalPrefix-])?([^\\(]+)\\(([^\\)]+)\\)]", "value": "$2$1$9" },
                { "priority": 3, "pattern": "36", "value": "" },
                { "priority": 4, "pattern": "+", "value": "[-InternationalPrefix-]" }
            ]
        }
    }))
    .unwrap()
}

/// All that can be asked about a text.
fn ask(location: &Location, text: &str) {
    let numbers = Numbers::new([("a", location)], &countries());
    let plan = numbers.plan("a").unwrap();
    for kind in KINDS {
        let reported = plan.reported(kind, text);
        assert_eq!(plan.explain_reported(kind, text).0, reported);
        assert!(reported.is_none_or(|reported| reported.number.len() <= 4 * MAX_TEXT));
    }
    let client = ClientAddress { address: "10.1.2.3".parse().unwrap(), zone: None };
    for around in [
        Circumstances::default(),
        Circumstances { client: Some(client), forwarding: true, ..Circumstances::default() },
        Circumstances { project: Some("P"), entries: Entries { pin: text, user: text }, ..Circumstances::default() },
    ] {
        let dialled = plan.dialled(text, &around);
        assert_eq!(plan.explain_dialled(text, &around).0, dialled);
        assert_eq!(plan.preview(text, &around).err(), dialled.err());
    }
    _ = plan.display(text);
    _ = plan.line_number(text);
    _ = plan.looked_up_by(text);
    _ = ClientAddress::parse(text);
}

/// What a rule of the simple dialect puts to the front.
fn simple_value() -> impl Strategy<Value = String> {
    "([0-9+*# ]|\\$[0-9]?|\\[-(International|Country|External)Prefix-\\]){0,10}"
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        ask(&full(), &text);
        ask(&simple(), &text);
    }

    #[test]
    fn anything_that_looks_like_a_number_is_answered(text in "[!+]{0,2}[0-9*#+A-Za-z ()/-]{0,40}") {
        ask(&full(), &text);
        ask(&simple(), &text);
    }

    #[test]
    fn any_rules_are_checked_and_used(
        patterns in prop::collection::vec(
            (any::<bool>(), "[0-9^$.*+?()|\\[\\]{},\\\\ä-]{0,20}", "[0-9+*#\\\\ ]{0,10}", simple_value()),
            0..20,
        ),
        text in "[0-9+*#]{0,30}",
    ) {
        let simple_rule = |(place, (is_regex, pattern, _, value)): (u32, &(bool, String, String, String))| SimpleRule {
            priority: place % 7,
            pattern: if *is_regex { format!("[{pattern}]") } else { pattern.clone() },
            value: value.clone(),
        };
        let mut simple = simple();
        simple.simple.rules = (0..).zip(&patterns).map(simple_rule).collect();
        let rules: Vec<NumberRule> = patterns
            .into_iter()
            .map(|(is_regex, pattern, replacement, _)| NumberRule {
                compare: if is_regex { Comparison::Regex } else { Comparison::Equal },
                pattern,
                replacement: Some(replacement),
                ..NumberRule::default()
            })
            .collect();
        let mut location = Location { name: "A".into(), country: "DE".into(), ..Location::default() };
        for list in [&mut location.external_rules, &mut location.internal_rules, &mut location.line_rules] {
            list.clone_from(&rules);
        }
        location.formatting.incoming.clone_from(&rules);
        location.formatting.dialling.clone_from(&rules);
        location.formatting.dialling_final = rules;
        for location in [location, simple] {
            for problem in location.check() {
                prop_assert!(!problem.english().is_empty() && problem.pointer.starts_with('/'));
            }
            ask(&location, &text);
        }
    }

    #[test]
    fn what_is_super_canonical_stays(digits in "[1-9][0-9]{0,20}") {
        let location = Location { has_pbx: false, country: "DE".into(), area_code: "30".into(), ..Location::default() };
        let numbers = Numbers::new([("a", &location)], &countries());
        let plan = numbers.plan("a").unwrap();
        let once = plan.reported(ReportedAs::Caller, &format!("+{digits}")).unwrap().number;
        prop_assert!(is_canonical(&once));
        prop_assert_eq!(plan.reported(ReportedAs::Caller, &once).unwrap().number, once);
    }
}

proptest! {
    // Lists are compiled for each case.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn work_grows_with_the_number_and_not_with_what_rules_make_of_it(
        text in "[0-9*#+]{0,300}",
        replacement in "(\\\\[01]|[0-9]){1,60}",
        pattern in "\\(\\.\\*\\)|\\^\\(\\.\\+\\)\\$|\\(\\[0-9\\]\\+\\)\\+",
    ) {
        /// Lists that a number can go through on one way.
        const LISTS: usize = 5;
        let rule = NumberRule { pattern, replacement: Some(replacement), ..NumberRule::default() };
        let mut location = full();
        let mut looked_at = Vec::new();
        for rules in [1, 40] {
            let rules = vec![rule.clone(); rules];
            location.external_rules.clone_from(&rules);
            location.internal_rules.clone_from(&rules);
            location.formatting.incoming.clone_from(&rules);
            location.formatting.dialling.clone_from(&rules);
            location.formatting.dialling_final = rules;
            let numbers = Numbers::new([("a", &location)], &countries());
            let plan = numbers.plan("a").unwrap();
            LOOKED_AT.set(0);
            let dialled = plan.dialled(&text, &Circumstances::default()).ok();
            prop_assert!(dialled.is_none_or(|dialled| dialled.number.len() <= MAX_TEXT));
            let reported = plan.reported(ReportedAs::Caller, &text);
            prop_assert!(reported.is_none_or(|reported| reported.number.len() <= MAX_TEXT + MAX_CANONICAL));
            looked_at.push(LOOKED_AT.get());
        }
        prop_assert!(looked_at.iter().all(|octets| *octets <= 2 * LISTS * (MAX_TEXT + MAX_CANONICAL)));
        // A list is looked at once, however many of its rules fit.
        prop_assert_eq!(looked_at[1], looked_at[0]);
    }

    #[test]
    fn work_grows_with_the_number_in_the_simple_dialect_too(
        text in "[0-9*#+() ]{0,300}",
        value in "(\\$[0-9]|[0-9]){1,60}",
        pattern in "\\[\\(\\.\\*\\)\\]|\\[\\(\\.\\+\\)\\$\\]|\\[\\(\\[0-9\\]\\+\\)\\+\\]|[0-9+]",
    ) {
        let mut location = simple();
        let mut looked_at = Vec::new();
        for rules in [1, 40] {
            let rule = |priority| SimpleRule { priority, pattern: pattern.clone(), value: value.clone() };
            location.simple.rules = (0..rules).map(rule).collect();
            let numbers = Numbers::new([("a", &location)], &countries());
            LOOKED_AT.set(0);
            let dialled = numbers.plan("a").unwrap().dialled(&text, &Circumstances::default()).ok();
            prop_assert!(dialled.is_none_or(|dialled| dialled.number.len() <= MAX_TEXT));
            looked_at.push(LOOKED_AT.get());
        }
        // As it was typed, and without the signs that people write into numbers.
        prop_assert!(looked_at.iter().all(|octets| *octets <= 2 * MAX_TEXT));
        prop_assert_eq!(looked_at[1], looked_at[0]);
    }
}

#[test]
fn a_long_text_is_cut_or_refused() {
    let location = full();
    let numbers = Numbers::new([("a", &location)], &countries());
    let plan = numbers.plan("a").unwrap();
    let long = "+49".repeat(100_000);
    assert!(plan.reported(ReportedAs::Caller, &long).unwrap().number.len() <= MAX_TEXT);
    assert_eq!(plan.dialled(&long, &Circumstances::default()), Err(NotDialled::TooLong));
    assert_eq!(plan.dialled(&format!("!{long}"), &Circumstances::default()), Err(NotDialled::TooLong));
    // What rules make of a short one is cut and refused, too.
    let longer = NumberRule { pattern: "^(.*)$".into(), replacement: Some("\\1".repeat(100)), ..NumberRule::default() };
    let mut location = full();
    location.formatting.incoming = vec![longer.clone()];
    location.formatting.dialling_final = vec![longer];
    let numbers = Numbers::new([("a", &location)], &countries());
    let plan = numbers.plan("a").unwrap();
    let reported = plan.reported(ReportedAs::Caller, "0891234567").unwrap();
    assert!(reported.number.len() <= MAX_TEXT + MAX_CANONICAL, "{}", reported.number.len());
    assert_eq!(plan.dialled("0891234567", &Circumstances::default()), Err(NotDialled::TooLong));
}

/// Every region with its example numbers.
fn examples() -> Vec<(Region, Vec<PhoneNumber>)> {
    let of_region = |region| {
        let of_type = |kind| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok();
        (region, TYPES.into_iter().filter_map(of_type).collect())
    };
    PHONE_NUMBER_UTIL.get_supported_regions().map(of_region).collect()
}

fn e164(number: &PhoneNumber) -> String {
    number.format_as(PhoneNumberFormat::E164).into_owned()
}

/// A location in the area of a region's first example number.
fn location(region: Region, numbers: &[PhoneNumber], has_pbx: bool) -> Location {
    let area_code = numbers.first().map_or(String::new(), |number| {
        let national = number.get_national_significant_number();
        national.get(..number.get_length_of_geographical_area_code()).unwrap_or_default().to_owned()
    });
    Location { name: region.to_string(), country: region.to_string(), area_code, has_pbx, ..Location::default() }
}

#[test]
fn what_is_dialled_for_a_number_leads_back_to_it_from_every_country() {
    let examples = examples();
    let countries = Countries::default();
    let all: Vec<String> = examples.iter().flat_map(|(_, numbers)| numbers.iter().map(e164)).collect();
    assert!(all.len() > 1_000);
    let mut lost = Vec::new();
    for (region, own) in &examples {
        let location = location(*region, own, true);
        let numbers = Numbers::new([("a", &location)], &countries);
        let plan = numbers.plan("a").unwrap();
        // Canada has service numbers of seven digits, which are dialled there only.
        let is_dialled_here = |number: &&String| *region == Region::CA || *number != CANADIAN_SERVICE;
        for number in all.iter().filter(is_dialled_here) {
            let dialled = plan.dialled(number, &Circumstances::default()).unwrap();
            let back = plan.reported(ReportedAs::Called, &dialled.number).unwrap();
            if back.number != *number || dialled.canonical != *number {
                lost.push(format!("{region}: {number} is dialled {} and read {}", dialled.number, back.number));
            }
        }
    }
    assert!(lost.is_empty(), "{} of them:\n{}", lost.len(), lost[..lost.len().min(60)].join("\n"));
}

#[test]
fn what_libphonenumber_writes_is_read_as_it_reads_it() {
    let mut differ = Vec::new();
    for (region, own) in examples() {
        let location = location(region, &own, false);
        let numbers = Numbers::new([("a", &location)], &Countries::default());
        let plan = numbers.plan("a").unwrap();
        for number in &own {
            for format in [PhoneNumberFormat::National, PhoneNumberFormat::International] {
                let written = number.format_as(format);
                let read = plan.reported(ReportedAs::Caller, &written).unwrap().number;
                if read != e164(number) {
                    differ.push(format!("{region}: {written} is {} and read {read}", e164(number)));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} of them:\n{}", differ.len(), differ[..differ.len().min(60)].join("\n"));
}

#[test]
fn libphonenumber_reads_what_is_dialled_in_every_country_as_the_number() {
    let examples = examples();
    let countries = Countries::default();
    let all: Vec<&PhoneNumber> = examples.iter().flat_map(|(_, numbers)| numbers).collect();
    let (mut differ, mut read) = (Vec::new(), 0);
    for (place, (region, own)) in examples.iter().enumerate() {
        let location = location(*region, own, false);
        let numbers = Numbers::new([("a", &location)], &countries);
        let plan = numbers.plan("a").unwrap();
        // Everybody calls a part of all, and each is called from many countries.
        for number in all.iter().skip(place % 4).step_by(4) {
            let dialled = plan.dialled(&e164(number), &Circumstances::default()).unwrap().number;
            // Within its area a number is dialled without the area code, which nobody reads without knowing the area.
            if number.get_national_significant_number().ends_with(&dialled) {
                continue;
            }
            read += 1;
            let parsed = PHONE_NUMBER_UTIL.parse(&dialled, Some(*region)).map(|parsed| e164(&parsed));
            // Some prefixes are the beginning of longer ones: it does not read what it writes itself.
            let written = number.format_out_of_country_calling_number(*region);
            let is_so_written = written.chars().filter(char::is_ascii_digit).eq(dialled.chars());
            if parsed.as_ref() != Ok(&e164(number)) && !is_so_written {
                differ.push(format!("{region}: {} is dialled {dialled} and read {parsed:?}", e164(number)));
            }
        }
    }
    assert!(read > 50_000);
    assert!(differ.is_empty(), "{} of them:\n{}", differ.len(), differ[..differ.len().min(60)].join("\n"));
}

#[test]
fn numbers_are_shown_in_the_groups_of_libphonenumber() {
    let numbers = plans(&berlin_with(json!({}), json!({})));
    let plan = numbers.plan("berlin").unwrap();
    let groups = |written: &str| -> Vec<usize> {
        let ends = written.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).map(str::len);
        ends.scan(0, |end, len| {
            *end += len;
            Some(*end)
        })
        .collect()
    };
    let mut differ = Vec::new();
    for (region, own) in examples() {
        for number in own {
            let shown = plan.display(&e164(&number));
            let written = number.format_as(PhoneNumberFormat::International);
            let (ours, theirs) = (groups(&shown), groups(&written));
            if !ours.iter().all(|end| theirs.contains(end)) || ours.last() != theirs.last() || !shown.starts_with('+') {
                differ.push(format!("{region}: {written} is shown as {shown}"));
            }
        }
    }
    assert!(differ.is_empty(), "{} of them:\n{}", differ.len(), differ[..differ.len().min(60)].join("\n"));
}

/// The rules of a row of a table in docs/numbers.md.
fn documented(list: &str) -> Value {
    let text = include_str!("../../docs/numbers.md");
    let cells =
        |line: &'static str| line.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '`'])).collect::<Vec<_>>();
    let row = text.lines().map(cells).find(|cells| cells.len() == 4 && cells[1] == list);
    let row = row.unwrap_or_else(|| panic!("docs/numbers.md has no rule for {list}"));
    let replacement = Some(row[3]).filter(|replacement| *replacement != "–");
    json!([{ "pattern": row[2], "replacement": replacement }])
}

#[test]
fn the_documented_rules_do_what_is_said_of_them() {
    let location = berlin_with(
        json!({ "external_rules": documented("external_rules"), "internal_rules": documented("internal_rules") }),
        json!({ "formatting": {
            "incoming": documented("formatting.incoming"), "dialling_final": documented("formatting.dialling_final")
        } }),
    );
    assert_eq!(location.check(), [], "they can be saved");
    let numbers = plans(&location);
    let plan = numbers.plan("berlin").unwrap();
    let caller = |text: &str| plan.reported(ReportedAs::Caller, text).map(|known| (known.number, known.reach)).unwrap();
    assert_eq!(caller("89123456"), ("+4989123456".into(), Reach::External));
    assert_eq!(caller("1912").1, Reach::External);
    assert_eq!(caller("75"), ("+49309975".into(), Reach::Internal));
    let dialled = plan.dialled("0171 1234567", &Circumstances::default()).unwrap();
    assert_eq!(dialled.number, "8801711234567");
}
