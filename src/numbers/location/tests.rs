//! Locations as JSON, and what is wrong with them.

use serde_json::{Value, json};

use super::*;
use crate::numbers::NumbersProblemCode as Code;

/// A location that has something everywhere, as JSON.
fn whole() -> Value {
    let day = |provider: Value| Value::from(vec![provider; HALF_HOURS]);
    json!({
        "name": "Berlin", "country": "DE", "area_code": "30", "has_pbx": true,
        "numbering": {
            "kind": "trunk", "base_number": "12345", "ranges": [{ "from": "30", "to": "69" }], "prefixes": null,
            "shortest": 2, "longest": 2
        },
        "access_codes": { "local": "0", "national": "0", "international": "0", "private": "8eeee", "forwarding": "0" },
        "strip": {
            "incoming": ["0", "80"], "outgoing": ["0"], "forwarding": [], "connected_incoming": ["0"],
            "connected_outgoing": ["0"]
        },
        "ignore_connected_id": true,
        "external_rules": [{ "description": "", "compare": "equal", "pattern": "110", "replacement": null }],
        "internal_rules": [{ "description": "", "compare": "regex", "pattern": "^7(..)$", "replacement": "+4930999\\1" }],
        "line_rules": [{ "description": "", "compare": "regex", "pattern": "^88(..)$", "replacement": "+493012345\\1" }],
        "formatting": {
            "incoming": [{ "description": "anonymous", "compare": "regex", "pattern": "^...$", "replacement": "" }],
            "outgoing": [], "dialling": [], "dialling_final": []
        },
        "emergency": {
            "enabled": true,
            "rules": [{ "name": "Haus1", "subnet": "10.12.13.0/24", "numbers": ["110", "112"], "prefix": "*71" }]
        },
        "least_cost_routing": {
            "enabled": true, "providers": [{ "name": "One", "prefix": "01070" }],
            "zones": [{
                "name": "mobile", "prefixes": ["+4917"], "weekdays": day("One".into()), "saturday": day(Value::Null),
                "sunday": []
            }]
        },
        "vanity": ["700", "800"],
        "projects": [{ "name": "Private", "code": "*60eeee#X", "use": "private" }],
        "north_america": {
            "own_area": "free_but", "own_prefixes": ["333"],
            "free_areas": [{ "area_code": "202", "prefixes": ["333"] }]
        },
        "always_area_code": true, "output": "e164", "split_long_numbers": true,
        "network": { "enabled": true, "detect": true, "search": true, "shorten": true },
        "dialect": "simple",
        "simple": {
            "international_prefix": "00", "country_prefix": "33", "external_prefix": "0", "incoming_add": "0",
            "incoming_remove": "", "internal_length": 4, "reverse_length": 9,
            "rules": [{ "priority": 10, "pattern": "+", "value": "00" }]
        }
    })
}

/// What is wrong with the whole location after something in it is changed.
fn problems(pointer: &str, value: Value) -> Vec<(String, Code)> {
    let mut location = whole();
    *location.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")) = value;
    let location: Location = serde_json::from_value(location).unwrap();
    location.check().into_iter().map(|problem| (problem.pointer, problem.code)).collect()
}

#[test]
fn json_comes_back_as_it_went() {
    let location: Location = serde_json::from_value(whole()).unwrap();
    assert_eq!(serde_json::to_value(&location).unwrap(), whole());
    assert_eq!(location.check(), []);
    let multipoint = json!({
        "kind": "multipoint", "numbers": [{ "number": "+4930123456", "internal": "11" }], "shortest": 2, "longest": 3
    });
    assert_eq!(
        serde_json::to_value(serde_json::from_value::<Numbering>(multipoint.clone()).unwrap()).unwrap(),
        multipoint
    );
}

#[test]
fn everything_but_name_and_country_has_a_default() {
    let location: Location = serde_json::from_str(r#"{ "name": "Bonn", "country": "DE" }"#).unwrap();
    assert_eq!(location.check(), []);
    assert_eq!(
        (location.access_codes.local.as_str(), location.strip.incoming.as_slice()),
        ("0", &["0".to_owned()][..])
    );
    assert!(location.has_pbx);
    let empty: Vec<_> = Location::default().check().into_iter().map(|problem| problem.pointer).collect();
    assert_eq!(empty, ["/name", "/country"]);
}

#[test]
fn unknown_fields_are_refused() {
    for text in [
        r#"{ "colour": 1 }"#,
        r#"{ "numbering": { "kind": "trunk", "colour": 1 } }"#,
        r#"{ "external_rules": [{ "colour": 1 }] }"#,
        r#"{ "emergency": { "colour": 1 } }"#,
    ] {
        assert!(serde_json::from_str::<Location>(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let rule = |pattern: &str, replacement: Value| json!([{ "pattern": pattern, "replacement": replacement }]);
    let equal = |pattern: &str, replacement: Value| json!([{ "compare": "equal", "pattern": pattern, "replacement": replacement }]);
    let code = |code: &str| json!([{ "name": "P", "code": code, "use": "dial" }]);
    for (pointer, value, at, expected) in [
        ("/name", json!("  "), "/name", Code::Required),
        ("/name", json!("a\nb"), "/name", Code::ControlCharacter),
        ("/name", json!("a".repeat(101)), "/name", Code::TooLong),
        ("/country", json!("XX"), "/country", Code::UnknownCountry),
        ("/country", json!("de"), "/country", Code::UnknownCountry),
        ("/area_code", json!("+30"), "/area_code", Code::DigitsOnly),
        ("/numbering/base_number", json!("12 345"), "/numbering/base_number", Code::DigitsOnly),
        ("/numbering/ranges/0/from", json!("030"), "/numbering/ranges/0/to", Code::RangeLengths),
        ("/numbering/ranges/0/to", json!("29"), "/numbering/ranges/0/to", Code::RangeBackwards),
        ("/numbering/ranges/0/to", json!(""), "/numbering/ranges/0/to", Code::Required),
        ("/numbering/prefixes", json!({ "from": "2", "to": "5" }), "/numbering/prefixes", Code::Either),
        ("/numbering/longest", json!(1), "/numbering/longest", Code::LengthsBackwards),
        ("/numbering/longest", json!(16), "/numbering/longest", Code::OutOfRange),
        ("/access_codes/local", json!("0-"), "/access_codes/local", Code::KeysOnly),
        ("/access_codes/private", json!("8x"), "/access_codes/private", Code::KeysAndPlaces),
        ("/access_codes/private", json!("9uU"), "/access_codes/private", Code::ProjectBothEntries),
        ("/strip/incoming", json!(["0", ""]), "/strip/incoming/1", Code::Required),
        ("/strip/incoming", json!(vec!["0"; 21]), "/strip/incoming", Code::TooMany),
        ("/external_rules", rule("1\t2", Value::Null), "/external_rules/0/pattern", Code::PatternCharacter),
        ("/external_rules", rule("1\u{200b}2", Value::Null), "/external_rules/0/pattern", Code::PatternCharacter),
        ("/external_rules", rule("(1", Value::Null), "/external_rules/0/pattern", Code::PatternUnclosed),
        ("/external_rules", rule("", Value::Null), "/external_rules/0/pattern", Code::Required),
        (
            "/external_rules",
            rule("^1$", json!("030123")),
            "/external_rules/0/replacement",
            Code::ReplacementNotCanonical,
        ),
        ("/external_rules", rule("^1$", json!("")), "/external_rules/0/replacement", Code::ReplacementNotCanonical),
        ("/external_rules", rule("^1$", json!("+")), "/external_rules/0/replacement", Code::ReplacementNotCanonical),
        ("/external_rules", rule("^1$", json!("+049")), "/external_rules/0/replacement", Code::ReplacementNotCanonical),
        (
            "/internal_rules",
            rule("^(1)$", json!("+49*\\1")),
            "/internal_rules/0/replacement",
            Code::ReplacementNotCanonical,
        ),
        (
            "/internal_rules",
            rule("^(1)$", json!("\\1+49")),
            "/internal_rules/0/replacement",
            Code::ReplacementNotCanonical,
        ),
        ("/internal_rules", rule("^1$", json!("+49\\1")), "/internal_rules/0/replacement", Code::UnknownBracket),
        ("/internal_rules", equal("11", json!("+49\\1")), "/internal_rules/0/replacement", Code::UnknownBracket),
        ("/internal_rules", equal("1 1", json!("+491")), "/internal_rules/0/pattern", Code::NeverEqual),
        ("/line_rules", rule("^1$", Value::Null), "/line_rules/0/replacement", Code::ReplacementNeeded),
        (
            "/formatting/dialling",
            rule("1", json!("0 30")),
            "/formatting/dialling/0/replacement",
            Code::ReplacementCharacter,
        ),
        ("/formatting/outgoing", json!(vec![json!({ "pattern": "1" }); 2001]), "/formatting/outgoing", Code::TooMany),
        ("/external_rules", rule(&"1".repeat(251), Value::Null), "/external_rules/0/pattern", Code::TooLong),
        ("/internal_rules", rule(&"1".repeat(251), json!("+491")), "/internal_rules/0/pattern", Code::TooLong),
        (
            "/formatting/incoming",
            rule("1", json!("1".repeat(251))),
            "/formatting/incoming/0/replacement",
            Code::TooLong,
        ),
        ("/external_rules/0/description", json!("a".repeat(101)), "/external_rules/0/description", Code::TooLong),
        ("/emergency/rules/0/prefix", json!("7".repeat(17)), "/emergency/rules/0/prefix", Code::TooLong),
        ("/emergency/rules/0/name", json!("a".repeat(101)), "/emergency/rules/0/name", Code::TooLong),
        ("/emergency/rules/0/numbers/0", json!("42"), "/emergency/rules/0/numbers/0", Code::EmergencyIsExtension),
        ("/emergency/rules/0/numbers", json!([]), "/emergency/rules/0/numbers", Code::Required),
        ("/emergency/rules/0/subnet", json!("10.12.13.0"), "/emergency/rules/0/subnet", Code::InvalidNetwork),
        ("/emergency/rules/0/name", json!("Haus-1"), "/emergency/rules/0/name", Code::LettersAndDigitsOnly),
        ("/emergency/rules/0/prefix", json!("+71"), "/emergency/rules/0/prefix", Code::KeysOnly),
        (
            "/least_cost_routing/zones/0/prefixes/0",
            json!("0171"),
            "/least_cost_routing/zones/0/prefixes/0",
            Code::NotAPrefix,
        ),
        ("/least_cost_routing/zones/0/sunday", json!([null]), "/least_cost_routing/zones/0/sunday", Code::HalfHours),
        (
            "/least_cost_routing/zones/0/weekdays/7",
            json!("Two"),
            "/least_cost_routing/zones/0/weekdays/7",
            Code::UnknownProvider,
        ),
        ("/vanity/0", json!("0-7"), "/vanity/0", Code::DigitsOnly),
        ("/projects", code("*60y"), "/projects/0/code", Code::ProjectCharacter),
        ("/projects", code("N1N"), "/projects/0/code", Code::ProjectTwice),
        ("/projects", code("eE"), "/projects/0/code", Code::ProjectBothEntries),
        ("/projects", code(""), "/projects/0/code", Code::Required),
        ("/projects", code(&"1".repeat(65)), "/projects/0/code", Code::TooLong),
        ("/access_codes/private", json!("1".repeat(65)), "/access_codes/private", Code::TooLong),
        ("/projects", code("CN"), "/projects/0/code", Code::ProjectDialsNothing),
        ("/projects", code("P12"), "/projects/0/code", Code::ProjectDialsNothing),
        ("/north_america/free_areas/0/area_code", json!(""), "/north_america/free_areas/0/area_code", Code::Required),
        ("/numbering/ranges", json!([]), "/network/enabled", Code::ExtensionsNeeded),
        ("/has_pbx", json!(false), "/network/enabled", Code::PbxNeeded),
        ("/simple/external_prefix", json!("0 "), "/simple/external_prefix", Code::KeysAndPlus),
        ("/simple/incoming_add", json!("1".repeat(17)), "/simple/incoming_add", Code::TooLong),
        ("/simple/rules/0/pattern", json!("1".repeat(251)), "/simple/rules/0/pattern", Code::TooLong),
        ("/simple/rules/0/pattern", json!(format!("[{}]", "1".repeat(249))), "/simple/rules/0/pattern", Code::TooLong),
        ("/simple/rules/0/value", json!("1".repeat(251)), "/simple/rules/0/value", Code::TooLong),
        ("/simple/rules", json!(vec![json!({ "pattern": "1" }); 2001]), "/simple/rules", Code::TooMany),
    ] {
        let mut found = problems(pointer, value.clone());
        // Many of these leave the location without extensions, which is told, too.
        found.retain(|(_, code)| *code != Code::ExtensionsNeeded || expected == Code::ExtensionsNeeded);
        assert_eq!(found, [(at.to_owned(), expected)], "{pointer} = {value}");
    }
    let mut stranger: Location = serde_json::from_value(whole()).unwrap();
    stranger.least_cost_routing.zones[0].weekdays[0] = Some("x".repeat(100_000));
    assert!(stranger.check()[0].english().len() < 100, "a sentence names the beginning of what is long");
    let twice = json!([{ "name": "P", "code": "1" }, { "name": "P", "code": "2" }]);
    assert_eq!(problems("/projects", twice), [("/projects/1/name".into(), Code::Repeated)]);
    let american: Location =
        serde_json::from_value(json!({ "name": "A", "country": "US", "area_code": "20" })).unwrap();
    let found: Vec<_> = american.check().into_iter().map(|problem| (problem.pointer, problem.code)).collect();
    assert_eq!(found, [("/area_code".to_owned(), Code::AreaCodeLength)]);
    let private = |project: &str| -> Vec<Code> {
        let location: Location = serde_json::from_value(json!({
            "name": "A", "country": "DE", "access_codes": { "private": "7eee" },
            "projects": [{ "name": "P", "code": project, "use": "private" }]
        }))
        .unwrap();
        location.check().into_iter().map(|problem| problem.code).collect()
    };
    assert_eq!(private("*60eeee#X"), [Code::ProjectEntryLengths]);
    for fits in ["*60eee#X", "*60eeee#", "*60E#X", "*60X"] {
        assert_eq!(private(fits), [], "{fits}");
    }
    let unknown_length = json!({ "kind": "trunk", "prefixes": { "from": "2", "to": "5" } });
    assert!(problems("/numbering", unknown_length).contains(&("/numbering/longest".into(), Code::LengthsNeeded)));
    let by_first_digits = |longest: u32| {
        let prefixes = json!({ "from": "300", "to": "499" });
        let numbering = json!({ "kind": "trunk", "prefixes": prefixes, "shortest": 2, "longest": longest });
        problems("/numbering", numbering).contains(&("/numbering/longest".into(), Code::LongestTooShort))
    };
    assert!(by_first_digits(2), "no number is an extension");
    assert!(!by_first_digits(3));
}

/// Lists of many entries are one field on a page.
#[test]
fn what_is_wrong_in_a_list_is_named() {
    let sentence = |pointer: &str, value: Value| {
        let mut location = whole();
        *location.pointer_mut(pointer).unwrap() = value;
        let location: Location = serde_json::from_value(location).unwrap();
        location.check().iter().map(|problem| problem.english()).collect::<Vec<_>>()
    };
    assert_eq!(sentence("/vanity", json!(["800", "0-7"])), ["Only digits can stand here, not 0-7."]);
    assert_eq!(sentence("/strip/incoming", json!(["0", "9-"])), ["Only digits, * and # can stand here, not 9-."]);
    assert_eq!(
        sentence("/least_cost_routing/zones/0/prefixes", json!(["+49", "0171"])),
        ["No whole number begins with 0171. Write + and the first digits, like +4917."]
    );
}

#[test]
fn what_looks_odd_and_is_right_is_taken() {
    let rule = |pattern: &str, replacement: &str| json!([{ "pattern": pattern, "replacement": replacement }]);
    for (pointer, value) in [
        ("/internal_rules", rule(r"^(\+49.*)$", "\\1")),
        ("/internal_rules", rule("^(.)$", "+\\1")),
        ("/formatting/incoming", rule("^...$", "")),
        ("/formatting/dialling_final", rule("^0(.*)", "*8#\\1")),
        ("/emergency/rules/0/subnet", json!("fe80::c91b:d632:2a35:89df%3/60")),
        ("/emergency/rules/0/numbers/0", json!("142")),
        ("/projects", json!([{ "name": "P", "code": "K-17", "use": "journal" }])),
        ("/projects", json!([{ "name": "P", "code": "1".repeat(64), "use": "dial" }])),
        ("/formatting/incoming", rule(&"1".repeat(250), &"1".repeat(250))),
        ("/simple/rules", json!([{ "pattern": "1".repeat(250), "value": "1".repeat(250) }])),
        ("/projects", json!([{ "name": "P", "code": "0080012345678CP#eeeeeeee#uuuu#N#", "use": "dial" }])),
    ] {
        assert_eq!(problems(pointer, value.clone()), [], "{pointer} = {value}");
    }
}

#[test]
fn sentences_say_what_and_where() {
    let location: Location = serde_json::from_value(json!({
        "name": "A", "country": "DE", "external_rules": [{ "pattern": "12(3" }]
    }))
    .unwrap();
    let problems = location.check();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].to_string(),
        "/external_rules/0/pattern: The bracket at character 3 of this regular expression is not closed."
    );
    assert!(problems[0].german().contains("beim 3. Zeichen"));
    let long: Location = serde_json::from_value(json!({
        "name": "A", "country": "DE", "external_rules": [{ "pattern": "1" }, { "pattern": "1".repeat(251) }]
    }))
    .unwrap();
    let problems = long.check();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].to_string(), "/external_rules/1/pattern: This may have 250 characters at most.");
    assert_eq!(problems[0].german(), "Das darf höchstens 250 Zeichen haben.");
}
