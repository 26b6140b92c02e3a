//! Each step of what becomes of reported numbers, and each way out of them.

use serde_json::{Value, json};

use super::*;
use crate::numbers::country::tests::countries;
use crate::numbers::tests::{berlin_with, plans};
use crate::numbers::{Location, Numbers};

/// Berlin with its area code as people write it, and with other things changed.
fn berlin(change: Value) -> Location {
    berlin_with(json!({ "area_code": "030" }), change)
}

/// What a number becomes; `i` before it if internal, `e` if external.
fn reported(location: &Location, kind: ReportedAs, text: &str) -> Option<String> {
    let plans = plans(location);
    let plan = plans.plan("berlin").unwrap();
    let reported = plan.reported(kind, text);
    let (explained, steps) = plan.explain_reported(kind, text);
    assert_eq!(reported, explained, "noting steps changes nothing");
    assert!(!steps.is_empty());
    assert!(
        steps.windows(2).all(|pair| pair[0].after == pair[1].before && pair[0].number <= pair[1].number),
        "{steps:#?}"
    );
    if let Some(reported) = &reported {
        assert_eq!(steps.last().unwrap().after, reported.number, "{steps:#?}");
    }
    reported.map(|reported| format!("{}{}", if reported.reach == Reach::Internal { 'i' } else { 'e' }, reported.number))
}

fn caller(location: &Location, text: &str) -> Option<String> {
    reported(location, ReportedAs::Caller, text)
}

/// The notes of all steps.
fn notes(location: &Location, kind: ReportedAs, text: &str) -> Vec<NoteCode> {
    plans(location)
        .plan("berlin")
        .unwrap()
        .explain_reported(kind, text)
        .1
        .into_iter()
        .map(|step| step.note.code)
        .collect()
}

#[test]
fn numbers_of_a_trunk() {
    let location = berlin(json!({}));
    for (text, expected) in [
        // Step 1.
        ("0 (089) / 123-456", Some("e+4989123456")),
        ("", None),
        ("anonymous", None),
        ("００８９１２３４５６", Some("e+4989123456")),
        // Step 3: with access code, always external.
        ("0089123456", Some("e+4989123456")),
        ("000441632960000", Some("e+441632960000")),
        ("0123456", Some("e+4930123456")),
        ("042", Some("e+493042")),
        // Step 4: extensions, lengths, the rest.
        ("42", Some("i+49301234542")),
        ("+49301234542", Some("i+49301234542")),
        ("+49301234599", Some("e+49301234599")),
        ("99", Some("i99")),
        ("999", Some("i999")),
        ("9999", Some("e+49309999")),
        ("*21*", Some("i*21*")),
        ("#31#", Some("i#31#")),
        // Step 6.
        ("+49 (0) 89 123456", Some("e+4989123456")),
        ("+498912345678901234567890123", Some("e+498912345678901234567890123")),
        ("0110", Some("e110")),
        ("110", Some("i110")),
        ("11833", Some("e11833")),
        ("0+4989123456", Some("e+4989123456")),
        ("0", Some("e0")),
        ("00", Some("e0")),
        ("+", Some("e+")),
        ("++4989123456", Some("e+4989123456")),
        ("8+4989123456", Some("e+4989123456")),
        ("4989+", Some("e4989+")),
    ] {
        assert_eq!(caller(&location, text).as_deref(), expected, "{text}");
    }
}

#[test]
fn the_extension_is_told_whatever_the_form() {
    let numbers = plans(&berlin(json!({})));
    let plan = numbers.plan("berlin").unwrap();
    for (text, reach) in [("42", Reach::Internal), ("+49301234542", Reach::Internal), ("003012345 42", Reach::External)]
    {
        let reported = plan.reported(ReportedAs::Caller, text).unwrap();
        assert_eq!((reported.extension.as_deref(), reported.reach), (Some("42"), reach), "{text}");
    }
}

#[test]
fn formatting_rules_are_taken_by_direction_and_can_end_everything() {
    let location = berlin(json!({ "formatting": {
        "incoming": [
            { "pattern": "^77(.*)", "replacement": "\\1" },
            { "pattern": "^88(.*)", "replacement": "+4989\\1" },
            { "pattern": "^66..$", "replacement": "" },
            { "compare": "equal", "pattern": "5555" }
        ],
        "outgoing": [{ "pattern": "^77(.*)", "replacement": "0089\\1" }]
    } }));
    for (kind, text, expected) in [
        (ReportedAs::Caller, "7742", Some("i+49301234542")),
        (ReportedAs::ConnectedIncoming, "7742", Some("i+49301234542")),
        (ReportedAs::Called, "7742", Some("e+498942")),
        (ReportedAs::ConnectedOutgoing, "7742", Some("e+498942")),
        (ReportedAs::Forwarding, "7742", Some("e+498942")),
        (ReportedAs::Caller, "880123", Some("e+49890123")),
        (ReportedAs::Caller, "6612", None),
        (ReportedAs::Caller, "5555", Some("e+49305555")),
    ] {
        assert_eq!(reported(&location, kind, text).as_deref(), expected, "{text}");
    }
    assert_eq!(
        notes(&location, ReportedAs::Caller, "880123"),
        [NoteCode::Unchanged, NoteCode::RuleReplaced, NoteCode::CanonicalAlready]
    );
    assert_eq!(
        notes(&location, ReportedAs::Caller, "6612"),
        [NoteCode::Unchanged, NoteCode::RuleEmptied, NoteCode::Empty]
    );
}

#[test]
fn each_kind_of_number_has_its_access_codes() {
    let location = berlin(json!({ "strip": {
        "incoming": ["8"], "outgoing": ["9", "91"], "forwarding": ["*7"], "connected_incoming": [], "connected_outgoing": ["0"]
    } }));
    for (kind, text, expected) in [
        (ReportedAs::Caller, "8089123", "e+4989123"),
        (ReportedAs::Caller, "9089123", "e+49309089123"),
        (ReportedAs::Called, "9089123", "e+4989123"),
        // The longest that fits is taken away.
        (ReportedAs::Called, "91089123", "e+4989123"),
        (ReportedAs::Forwarding, "*7089123", "e+4989123"),
        (ReportedAs::ConnectedIncoming, "089123", "e+4989123"),
        (ReportedAs::ConnectedOutgoing, "0089123", "e+4989123"),
    ] {
        assert_eq!(reported(&location, kind, text).as_deref(), Some(expected), "{kind:?} {text}");
    }
    assert!(notes(&location, ReportedAs::ConnectedIncoming, "089123").contains(&NoteCode::NoAccessCodes));
}

#[test]
fn what_is_internal_is_decided_in_order() {
    let location = berlin(json!({
        "external_rules": [
            { "compare": "equal", "pattern": "110" },
            { "pattern": "^4(9)$", "replacement": "+4989\\1" },
            { "compare": "equal", "pattern": "701" },
            { "pattern": "^(5)5$", "replacement": "\\1" }
        ],
        "internal_rules": [
            { "pattern": "^9...$" }, { "pattern": "^8(..)$", "replacement": "+4930999\\1" }, { "pattern": "^4", "replacement": "+1" }
        ],
        "network": { "enabled": true, "detect": true }
    }));
    for (text, expected) in [
        // A special external rule goes before all others,
        ("110", "e110"),
        ("49", "e+49899"),
        ("701", "e+4930701"),
        // then the extensions,
        ("42", "i+49301234542"),
        // then internal rules, which can write the number,
        ("9123", "i9123"),
        ("812", "i+493099912"),
        // then other locations,
        ("777", "i+4989777777"),
        // then the length.
        ("900", "i900"),
        ("1234", "e+49301234"),
        // A rule whose result is not super-canonical is not taken.
        ("55", "i+49301234555"),
    ] {
        assert_eq!(caller(&location, text).as_deref(), Some(expected), "{text}");
    }
    // An access code decides before all that.
    assert_eq!(caller(&location, "042").as_deref(), Some("e+493042"));
    assert_eq!(
        notes(&location, ReportedAs::Caller, "777"),
        [
            NoteCode::Unchanged,
            NoteCode::NoRules,
            NoteCode::NoAccessCode,
            NoteCode::NoRuleFits,
            NoteCode::NoExtension,
            NoteCode::NoRuleFits,
            NoteCode::OtherLocation
        ]
    );
}

#[test]
fn other_locations_are_known_only_where_both_want_it() {
    for (network, expected) in [
        (json!({ "enabled": true, "detect": true }), "i+4989777777"),
        (json!({ "enabled": true }), "i777"),
        (json!({ "detect": true }), "i777"),
    ] {
        assert_eq!(
            caller(&berlin(json!({ "network": network.clone() })), "777").as_deref(),
            Some(expected),
            "{network}"
        );
    }
}

#[test]
fn providers_are_taken_away_from_outgoing_external_numbers_only() {
    let location = berlin(json!({}));
    for (kind, text, expected) in [
        (ReportedAs::Called, "001013089123", "e+4989123"),
        (ReportedAs::Called, "0010013089123", "e+4989123"),
        (ReportedAs::ConnectedOutgoing, "001013089123", "e+4989123"),
        (ReportedAs::Caller, "001013089123", "e+491013089123"),
        (ReportedAs::Forwarding, "001013089123", "e+491013089123"),
        (ReportedAs::Called, "001013", "e+491013"),
        (ReportedAs::Called, "42", "i+49301234542"),
    ] {
        assert_eq!(reported(&location, kind, text).as_deref(), Some(expected), "{kind:?} {text}");
    }
}

#[test]
fn a_locations_own_providers_are_taken_away_too() {
    let routing = json!({ "enabled": true, "providers": [{ "name": "One", "prefix": "099#" }] });
    let location = berlin(json!({ "least_cost_routing": routing }));
    for (kind, text, expected) in
        [(ReportedAs::Called, "0099#089123", "e+4989123"), (ReportedAs::Caller, "0099#089123", "e099#089123")]
    {
        assert_eq!(reported(&location, kind, text).as_deref(), Some(expected), "{kind:?} {text}");
    }
    let off = berlin(json!({ "least_cost_routing": { "providers": [{ "name": "One", "prefix": "099#" }] } }));
    assert_eq!(reported(&off, ReportedAs::Called, "0099#089123").as_deref(), Some("e099#089123"));
}

#[test]
fn providers_of_other_countries_have_any_digits() {
    let carriers = Some("CH\t10???\tGeneral\nCH\t10703\tSmartphone\n");
    let files = crate::numbers::country::CountryFiles { carriers, ..Default::default() };
    let countries = crate::numbers::country::Countries::default().with(files).unwrap();
    let zurich: Location =
        serde_json::from_value(json!({ "name": "Zurich", "country": "CH", "area_code": "044" })).unwrap();
    let numbers = Numbers::new([("a", &zurich)], &countries);
    let plan = numbers.plan("a").unwrap();
    for text in ["0107030446681800", "0109990446681800", "00446681800", "06681800"] {
        assert_eq!(plan.reported(ReportedAs::Called, text).unwrap().number, "+41446681800", "{text}");
    }
}

#[test]
fn connected_numbers_can_be_ignored() {
    let location = berlin(json!({ "ignore_connected_id": true }));
    assert_eq!(reported(&location, ReportedAs::ConnectedIncoming, "0089123"), None);
    assert_eq!(reported(&location, ReportedAs::ConnectedOutgoing, "0089123"), None);
    assert_eq!(caller(&location, "0089123").as_deref(), Some("e+4989123"));
}

#[test]
fn without_a_pbx_everything_is_external() {
    let location = berlin(json!({ "has_pbx": false }));
    assert_eq!(caller(&location, "42").as_deref(), Some("e+493042"));
    assert_eq!(caller(&location, "089123").as_deref(), Some("e+4989123"));
}

#[test]
fn where_the_area_code_is_always_dialled_numbers_are_not_completed() {
    let location = berlin(json!({ "always_area_code": true }));
    assert_eq!(caller(&location, "0123456").as_deref(), Some("e123456"));
    assert_eq!(caller(&location, "0030123456").as_deref(), Some("e+4930123456"));
    assert!(notes(&location, ReportedAs::Caller, "0123456").contains(&NoteCode::NotCompleted));
}

#[test]
fn a_multipoint_connection_maps_numbers() {
    let location = berlin(json!({ "numbering": {
        "kind": "multipoint", "numbers": [{ "number": "+4930123456", "internal": "11" }, { "number": "+4930987", "internal": "12" }],
        "shortest": 2, "longest": 2
    } }));
    for (text, expected) in
        [("11", "i+4930123456"), ("+4930987", "i+4930987"), ("13", "i13"), ("0123456", "e+4930123456")]
    {
        assert_eq!(caller(&location, text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn other_countries_have_other_prefixes() {
    let place = |country: &str, area: &str| {
        serde_json::from_value::<Location>(
            json!({ "name": "A", "country": country, "area_code": area, "has_pbx": false }),
        )
        .unwrap()
    };
    for (country, area, text, expected) in [
        ("US", "202", "3335678", "+12023335678"),
        ("US", "202", "2123335678", "+12123335678"),
        ("US", "202", "12123335678", "+12123335678"),
        ("US", "202", "0114930123456", "+4930123456"),
        ("US", "202", "911", "911"),
        ("IT", "06", "0212345678", "+390212345678"),
        ("IT", "06", "003902 12345678", "+390212345678"),
        ("FR", "", "0142345678", "+33142345678"),
        ("CH", "44", "6681800", "+41446681800"),
        ("ES", "91", "912345678", "+34912345678"),
        ("DK", "", "32123456", "+4532123456"),
        ("RU", "495", "88121234567", "+78121234567"),
        ("RU", "495", "8101", "+74958101"),
        ("RU", "495", "8104930123456", "+4930123456"),
        ("AU", "2", "00114930123456", "+4930123456"),
        ("HU", "1", "0612345678", "+3612345678"),
        ("GB", "1632", "960000", "+441632960000"),
        ("AT", "1", "+43 (0) 1 5880", "+4315880"),
    ] {
        let location = place(country, area);
        let numbers = Numbers::new([("a", &location)], &countries());
        let reported = numbers.plan("a").unwrap().reported(ReportedAs::Caller, text).unwrap();
        assert_eq!((reported.number.as_str(), reported.reach), (expected, Reach::External), "{country} {area} {text}");
    }
}

#[test]
fn every_rule_that_did_not_act_says_why() {
    let location = berlin(json!({ "internal_rules": [
        { "pattern": "^7" }, { "compare": "equal", "pattern": "8123" }, { "pattern": "^(81)", "replacement": "\\1" },
        { "pattern": "^(8.*)", "replacement": "+49\\1" }, { "pattern": "^8" }
    ] }));
    let numbers = plans(&location);
    let (_, steps) = numbers.plan("berlin").unwrap().explain_reported(ReportedAs::Caller, "8124");
    let step = steps.iter().find(|step| step.name == StepName::InternalRules).unwrap();
    assert_eq!((step.after.as_str(), step.note.code), ("+498124", NoteCode::Internal));
    let skipped: Vec<_> = step.skipped.iter().map(|rule| (rule.at, rule.reason.code)).collect();
    assert_eq!(
        skipped,
        [
            (0, NoteCode::DoesNotFit),
            (1, NoteCode::NotEqual),
            (2, NoteCode::ResultNotCanonical),
            (4, NoteCode::EarlierRule)
        ]
    );
    assert_eq!(step.skipped[2].reason.english(), "It fits, but it would make 81, which is not super-canonical.");
    assert_eq!(step.skipped[3].reason.german(), "Regel 4, die früher an der Reihe ist, wurde genommen.");
}

#[test]
fn rules_that_were_not_looked_at_say_why() {
    let location = berlin(json!({ "external_rules": [{ "pattern": "^9" }], "internal_rules": [{ "pattern": "^7" }] }));
    let numbers = plans(&location);
    let plan = numbers.plan("berlin").unwrap();
    let untried = |text: &str| -> Vec<StepName> {
        let (_, steps) = plan.explain_reported(ReportedAs::Caller, text);
        let is_untried = |step: &&Step| {
            let reasons: Vec<_> = step.skipped.iter().map(|rule| rule.reason.code).collect();
            reasons == [NoteCode::LeftOutDecided]
        };
        steps.iter().filter(is_untried).map(|step| step.name).collect()
    };
    assert_eq!(untried("089123"), [StepName::ExternalRules, StepName::InternalRules], "it has an access code");
    assert_eq!(untried("912"), [StepName::InternalRules]);
    assert_eq!(untried("42"), [StepName::InternalRules], "it is an extension");
    assert_eq!(untried("712"), []);
}

#[test]
fn a_rule_acts_however_many_before_it_would_make_something_else() {
    let mut rules: Vec<Value> = vec![json!({ "pattern": "^(81)", "replacement": "\\1" }); 50];
    rules.push(json!({ "pattern": "^(8.*)", "replacement": "+49\\1" }));
    let location = berlin(json!({ "internal_rules": rules }));
    assert_eq!(caller(&location, "8124").as_deref(), Some("i+498124"));
}

#[test]
fn lines_are_named_by_extensions_or_rules() {
    let location = berlin(json!({ "line_rules": [
        { "pattern": "^8(..)$", "replacement": "+493012345\\1" }, { "pattern": "^(9.)$", "replacement": "\\1" }
    ] }));
    let numbers = plans(&location);
    let plan = numbers.plan("berlin").unwrap();
    for (line, expected) in [
        ("42", Some("+49301234542")),
        ("+49 89 1", Some("+49891")),
        ("+49 (0) 30 12345-42", Some("+49301234542")),
        ("877", Some("+49301234577")),
        ("77", None),
        ("91", None),
        ("", None),
        // Digits of a name are no number.
        ("fax42", None),
        ("phone877", None),
    ] {
        assert_eq!(plan.line_number(line).as_deref(), expected, "{line}");
    }
}
