//! Each of the 16 steps, and each way out of them.

mod projects;

use std::net::IpAddr;

use serde_json::{Value, json};

use super::*;
use crate::numbers::country::{Countries, CountryFiles};
use crate::numbers::tests::{berlin_with, plans};
use crate::numbers::{Day, Location, Numbers, ReportedAs};

/// Berlin with codes for an outside line that can be told apart, and with other things changed.
fn berlin(change: Value) -> Location {
    let codes = json!({ "local": "1", "national": "2", "international": "3", "private": "8", "forwarding": "9" });
    berlin_with(json!({ "access_codes": codes }), change)
}

fn dialled_with(location: &Location, typed: &str, around: &Circumstances<'_>) -> Result<DialledNumber, NotDialled> {
    let plans = plans(location);
    let plan = plans.plan("berlin").unwrap();
    let dialled = plan.dialled(typed, around);
    let (explained, steps) = plan.explain_dialled(typed, around);
    assert_eq!(dialled, explained, "noting steps changes nothing");
    assert!(steps.windows(2).all(|pair| pair[0].number <= pair[1].number), "{steps:#?}");
    if let Ok(dialled) = &dialled {
        assert_eq!((steps.last().unwrap().number, &steps.last().unwrap().after), (16, &dialled.number), "{steps:#?}");
    }
    dialled
}

/// What the PBX gets; `i` before it if internal, `e` if external.
fn dialled(location: &Location, typed: &str) -> String {
    shown(dialled_with(location, typed, &Circumstances::default()))
}

fn shown(dialled: Result<DialledNumber, NotDialled>) -> String {
    match dialled {
        Ok(dialled) => format!("{}{}", if dialled.reach == Reach::Internal { 'i' } else { 'e' }, dialled.number),
        Err(error) => format!("{error:?}"),
    }
}

fn steps(location: &Location, typed: &str) -> Vec<(u8, StepName, NoteCode)> {
    let plans = plans(location);
    let (_, steps) = plans.plan("berlin").unwrap().explain_dialled(typed, &Circumstances::default());
    steps.into_iter().map(|step| (step.number, step.name, step.note.code)).collect()
}

fn note(location: &Location, typed: &str, name: StepName) -> NoteCode {
    steps(location, typed).into_iter().find(|(_, step, _)| *step == name).unwrap().2
}

#[test]
fn numbers_by_the_rules_of_the_country() {
    let location = berlin(json!({}));
    for (typed, expected) in [
        // Here, in the country, abroad: each with its access code.
        ("123456", "e1123456"),
        ("030 123456", "e1123456"),
        ("+49 (30) 123456", "e1123456"),
        ("+49 (0) 30 / 123-456", "e1123456"),
        ("089 123456", "e2089123456"),
        ("+4989123456", "e2089123456"),
        ("0171 2345678", "e201712345678"),
        ("+44 1632 960000", "e300441632960000"),
        ("0 +44 1632 960000", "e300441632960000"),
        ("00441632960000", "e300441632960000"),
        // What would be read as something else without its area code keeps it.
        ("+49300123", "e10300123"),
        ("+4930110", "e1030110"),
        // Internal ones.
        ("42", "i42"),
        ("+49301234542", "i42"),
        ("030 12345 42", "i42"),
        ("999", "i999"),
        ("*21*42#", "i*21*42#"),
        // Special ones.
        ("110", "e1110"),
        ("11833", "e111833"),
        // Nothing to dial.
        ("", "Empty"),
        ("abc", "eabc"),
        ("+", "Empty"),
        ("+030 1234567", "Empty"),
        ("0 +0 30 123456", "Empty"),
        ("+1234567890123456789012345678901", "Empty"),
        ("!", "Empty"),
        ("☎", "Empty"),
        ("０３０１２３４５６", "e1123456"),
    ] {
        assert_eq!(dialled(&location, typed), expected, "{typed}");
    }
}

#[test]
fn a_countrys_own_rules_are_gone_by() {
    let location = berlin(json!({ "least_cost_routing": with_provider() }));
    let files = |rules| CountryFiles { countries: Some(rules), ..CountryFiles::default() };
    for (rules, typed, expected) in [
        // As the country is known without a file, but for the place of the provider.
        ("DE\t0\t00\tG\t0FG\t00EFG\n", "+441632960000", "30107000441632960000"),
        ("DE\t0\t00\tG\t0FG\t00EFG\n", "+12025550123", "30012025550123"),
        ("DE\t0\t00\tG\t0NFG\t00NEFG\n", "089123456", "200107089123456"),
        // The optional area code is left out in the own area.
        ("DE\t0\t00\tIG\t0IG\t00EFG\n", "089123456", "201070089123456"),
        ("DE\t0\t00\tIG\t0IG\t00EFG\n", "+49171234567", "20171234567"),
    ] {
        let countries = Countries::default().with(files(rules)).unwrap();
        let numbers = Numbers::new([("a", &location)], &countries);
        let dialled = numbers.plan("a").unwrap().dialled(typed, &Circumstances::default()).unwrap();
        assert_eq!(dialled.number, expected, "{rules}{typed}");
    }
    let optional = files("DE\t0\t00\tIG\t0IG\t00EFG\n");
    let plain = berlin(json!({}));
    let numbers = Numbers::new([("a", &plain)], &Countries::default().with(optional).unwrap());
    let dialled = numbers.plan("a").unwrap().dialled("+4930123456", &Circumstances::default()).unwrap();
    assert_eq!(dialled.number, "1123456");
}

#[test]
fn an_exclamation_mark_leaves_everything() {
    let location = berlin(json!({
        "formatting": { "dialling_final": [{ "pattern": ".*", "replacement": "1" }] },
        "projects": [{ "name": "P", "code": "80", "use": "dial" }]
    }));
    let around = Circumstances { project: Some("P"), ..Circumstances::default() };
    assert_eq!(shown(dialled_with(&location, " !*99 Sales", &around)), "e*99 Sales");
    let names: Vec<_> = steps(&location, "!110").into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, [StepName::Raw, StepName::Send]);
}

#[test]
fn letters_are_digits_after_some_area_codes() {
    let location = berlin(json!({ "vanity": ["700", "800"] }));
    assert_eq!(dialled(&location, "0800-HansMeier"), "e20800426763437");
    assert_eq!(note(&location, "0800HANSMEIER", StepName::Vanity), NoteCode::Vanity);
    assert_eq!(dialled(&location, "0900 12 HansMeier"), "e2090012");
    assert_eq!(note(&location, "0900HANSMEIER", StepName::Vanity), NoteCode::NoVanity);
    // 800 is part of the number, and the letters are whose it is.
    assert_eq!(dialled(&location, "+49 711 8003-0 Zentrale"), "e2071180030");
}

#[test]
fn special_numbers_go_out_at_once() {
    // An extension does not hide them, nor does a rule.
    let location = berlin(json!({
        "internal_rules": [{ "pattern": "^110$" }],
        "formatting": { "dialling": [{ "pattern": "110", "replacement": "7" }] }
    }));
    assert_eq!(
        steps(&location, "110"),
        [
            (1, StepName::Characters, NoteCode::Unchanged),
            (2, StepName::Vanity, NoteCode::Unchanged),
            (3, StepName::Digits, NoteCode::Unchanged),
            (3, StepName::Emergency, NoteCode::EmergencyNumber),
            (3, StepName::Emergency, NoteCode::EmergencyOff),
            (4, StepName::SpecialNumbers, NoteCode::SpecialDialled),
            (5, StepName::ExternalRules, NoteCode::LeftOutDecided),
            (6, StepName::InternalRules, NoteCode::LeftOutDecided),
            (7, StepName::Canonical, NoteCode::LeftOutSpecial),
            (8, StepName::Project, NoteCode::NoProject),
            (9, StepName::LeastCost, NoteCode::LeftOutSpecial),
            (10, StepName::OwnNumbers, NoteCode::LeftOutSpecial),
            (11, StepName::DiallingRules, NoteCode::LeftOutSpecial),
            (12, StepName::Shorten, NoteCode::LeftOutSpecial),
            (13, StepName::Dialable, NoteCode::LeftOutSpecial),
            (14, StepName::AccessCode, NoteCode::AccessCode),
            (15, StepName::FinalRules, NoteCode::NoRules),
            (16, StepName::Send, NoteCode::Sent),
        ]
    );
}

#[test]
fn rules_say_what_is_external_and_internal() {
    let location = berlin(json!({
        "external_rules": [{ "compare": "equal", "pattern": "911" }, { "pattern": "^7(..)$", "replacement": "+4989\\1" }],
        "internal_rules": [{ "pattern": "^9...$" }, { "pattern": "^8(....)$", "replacement": "+4930999\\1" }]
    }));
    for (typed, expected) in
        [("911", "e1911"), ("755", "e1755"), ("9123", "i9123"), ("81234", "i81234"), ("71234", "e171234")]
    {
        assert_eq!(dialled(&location, typed), expected, "{typed}");
    }
    assert_eq!(note(&location, "911", StepName::Dialable), NoteCode::LeftOutExternal);
    assert_eq!(note(&location, "9123", StepName::Dialable), NoteCode::LeftOutInternal);
}

#[test]
fn an_extension_is_kept_as_its_whole_number() {
    let around = Circumstances::default();
    let canonical = |typed| dialled_with(&berlin(json!({})), typed, &around).unwrap().canonical;
    for (typed, expected) in [
        ("42", "+49301234542"),
        ("0301234542", "+49301234542"),
        ("089 123", "+4989123"),
        ("999", "999"),
        ("110", "110"),
        ("*21#", "*21#"),
    ] {
        assert_eq!(canonical(typed), expected, "{typed}");
    }
}

#[test]
fn what_is_dialled_is_kept_as_it_is_reported() {
    let rules = json!({
        "external_rules": [{ "pattern": "^7(..)$", "replacement": "+4989\\1" }],
        "internal_rules": [{ "pattern": "^8(..)$", "replacement": "+4930999\\1" }],
        "network": { "enabled": true, "detect": true, "search": true }
    });
    let location = berlin(json!({
        "external_rules": rules["external_rules"], "internal_rules": rules["internal_rules"]
    }));
    let networked = berlin(json!({ "network": rules["network"] }));
    for (location, typed, dials, kept) in [
        (&location, "755", "e1755", "+498955"),
        (&location, "812", "i812", "+493099912"),
        // An extension of another location, which is internal by its length.
        (&networked, "777", "i777", "+4989777777"),
        (&networked, "999", "i999", "999"),
    ] {
        let done = dialled_with(location, typed, &Circumstances::default());
        assert_eq!(done.as_ref().unwrap().canonical, kept, "{typed}");
        assert_eq!(shown(done), dials, "{typed}");
        let plans = plans(location);
        let reported = plans.plan("berlin").unwrap().reported(ReportedAs::Caller, typed).unwrap();
        assert_eq!(reported.number, kept, "{typed}");
    }
    let unsearched = berlin(json!({ "network": { "enabled": true, "detect": true } }));
    assert_eq!(dialled_with(&unsearched, "777", &Circumstances::default()).unwrap().canonical, "777");
    // A PBX that wants whole numbers gets this one, too.
    let whole = berlin(json!({ "output": "e164", "internal_rules": rules["internal_rules"] }));
    assert_eq!(dialled(&whole, "812"), "i+493099912");
}

/// A whole day of one provider from one half hour to another.
fn day(provider: &str) -> Value {
    Value::from(vec![provider; 48])
}

fn with_provider() -> Value {
    json!({
        "enabled": true, "providers": [{ "name": "One", "prefix": "01070" }],
        "zones": [
            { "name": "country", "prefixes": ["+49"], "weekdays": day("One") },
            { "name": "abroad", "prefixes": ["+44", "+1905"], "weekdays": day("One") },
            { "name": "mobile", "prefixes": ["+4917"] }
        ]
    })
}

#[test]
fn providers_by_zone_and_time() {
    let location = berlin(json!({
        "least_cost_routing": with_provider(), "external_rules": [{ "compare": "equal", "pattern": "911" }]
    }));
    for (typed, expected) in [
        // A provider wants the area code, even here.
        ("123456", "e101070030123456"),
        ("089123456", "e201070089123456"),
        ("+441632960000", "e30107000441632960000"),
        ("01712345678", "e201712345678"),
        ("+12025550123", "e30012025550123"),
        ("+19055550123", "e3010700019055550123"),
        // Never for internal and special numbers.
        ("42", "i42"),
        ("+49301234542", "i42"),
        ("110", "e1110"),
        ("911", "e1911"),
    ] {
        assert_eq!(dialled(&location, typed), expected, "{typed}");
    }
    let sunday = Circumstances { moment: Moment { day: Day::Sunday, minute: 600 }, ..Circumstances::default() };
    assert_eq!(shown(dialled_with(&location, "089123456", &sunday)), "e2089123456");
    let forwarding = Circumstances { forwarding: true, ..Circumstances::default() };
    assert_eq!(shown(dialled_with(&location, "089123456", &forwarding)), "e9089123456");
    let off = berlin(json!({ "least_cost_routing": { "enabled": false } }));
    assert_eq!(note(&off, "089123456", StepName::LeastCost), NoteCode::LeastCostOff);
    assert_eq!(note(&location, "01712345678", StepName::LeastCost), NoteCode::ZoneWithoutProvider);
    assert_eq!(note(&location, "+12025550123", StepName::LeastCost), NoteCode::NoZone);
}

#[test]
fn a_forwarding_has_its_own_access_code() {
    let location = berlin(json!({}));
    let forwarding = Circumstances { forwarding: true, ..Circumstances::default() };
    for (typed, expected) in
        [("123456", "e9123456"), ("089123", "e9089123"), ("+441632", "e900441632"), ("110", "e9110"), ("42", "i42")]
    {
        assert_eq!(shown(dialled_with(&location, typed, &forwarding)), expected, "{typed}");
    }
}

#[test]
fn dialling_rules_see_whole_numbers_and_final_rules_what_is_dialled() {
    let location = berlin(json!({ "formatting": {
        "dialling": [
            { "pattern": "^\\+4989777(...)$", "replacement": "8\\1" },
            { "pattern": "^\\+4940(.*)$", "replacement": "+4989\\1" },
            { "compare": "equal", "pattern": "66", "replacement": "+4989666" },
            { "compare": "equal", "pattern": "+49305", "replacement": "" }
        ],
        "dialling_final": [
            { "pattern": "^2089(.*)$", "replacement": "7\\1" }, { "compare": "equal", "pattern": "43", "replacement": "" },
            { "compare": "equal", "pattern": "1112", "replacement": "112" }
        ]
    } }));
    for (typed, expected) in [
        // Tie-line prefix: dialled as it is.
        ("+4989777222", "i8222"),
        // Another whole number: on it goes, and final rules see it.
        ("040123", "e7123"),
        ("+49301234566", "e7666"),
        // What is internal from the start does not see dialling rules, but the final ones.
        ("66", "i66"),
        ("43", "Suppressed"),
        ("5", "Suppressed"),
        ("112", "e112"),
    ] {
        assert_eq!(dialled(&location, typed), expected, "{typed}");
    }
    assert!(steps(&location, "+4989777222").contains(&(11, StepName::DiallingRules, NoteCode::RuleDialled)));
}

#[test]
fn other_locations_are_shortened_where_that_is_wanted() {
    for (network, expected) in [
        (json!({ "enabled": true, "shorten": true }), "i777"),
        (json!({ "enabled": true, "detect": true }), "e2089777777"),
        (json!({ "shorten": true }), "e2089777777"),
    ] {
        assert_eq!(dialled(&berlin(json!({ "network": network.clone() })), "+4989777777"), expected, "{network}");
    }
    let location = berlin(json!({ "network": { "enabled": true, "detect": true, "shorten": true } }));
    assert_eq!(dialled(&location, "+4989777800"), "e2089777800");
    // Their extensions are looked for in what PBXs report only.
    assert_eq!(note(&location, "777", StepName::InternalLength), NoteCode::InternalLength);
}

#[test]
fn the_area_code_can_always_be_dialled() {
    let location = berlin(json!({ "always_area_code": true }));
    assert_eq!(dialled(&location, "+4930123456"), "e1030123456");
    assert_eq!(dialled(&location, "089123456"), "e2089123456");
    // Not completed: dialled as it is.
    assert_eq!(dialled(&location, "123456"), "e1123456");
    assert_eq!(note(&location, "123456", StepName::Canonical), NoteCode::NotCompleted);
}

#[test]
fn a_pbx_can_want_whole_numbers() {
    let location = berlin(json!({
        "output": "e164", "least_cost_routing": with_provider(), "network": { "enabled": true, "shorten": true },
        "formatting": { "dialling_final": [{ "pattern": "^\\+49666", "replacement": "1" }] }
    }));
    for (typed, expected) in [
        ("089123456", "e+4989123456"),
        ("123456", "e+4930123456"),
        ("+44 1632 960000", "e+441632960000"),
        ("42", "i+49301234542"),
        ("+49301234542", "i+49301234542"),
        ("+4989777777", "e+4989777777"),
        ("999", "i999"),
        ("110", "e1110"),
        ("+49666", "e1"),
    ] {
        assert_eq!(dialled(&location, typed), expected, "{typed}");
    }
}

#[test]
fn long_numbers_are_split() {
    let location = berlin(json!({ "split_long_numbers": true }));
    let split = |typed: &str| {
        let dialled = dialled_with(&location, typed, &Circumstances::default()).unwrap();
        (dialled.number, dialled.then)
    };
    assert_eq!(split("+1 202 555 0123 456"), ("30012025550123".into(), vec![AfterAnswer::Digits("456".into())]));
    assert_eq!(split("+1 202 555 0123"), ("30012025550123".into(), vec![]));
    assert_eq!(split("+7 495 123 45 67 89"), ("30074951234567".into(), vec![AfterAnswer::Digits("89".into())]));
    assert_eq!(split("+886 2 2345 6789 12"), ("300886223456789".into(), vec![AfterAnswer::Digits("12".into())]));
    let unsplit = dialled_with(&berlin(json!({})), "+12025550123456", &Circumstances::default()).unwrap();
    assert_eq!((unsplit.number.as_str(), unsplit.then.len()), ("30012025550123456", 0));
}

#[test]
fn emergency_numbers_by_where_the_client_is() {
    let rule = |name: &str, subnet: &str, prefix: &str| json!({ "name": name, "subnet": subnet, "numbers": ["110", "112"], "prefix": prefix });
    let location = berlin(json!({
        "emergency": { "enabled": true, "rules": [
            rule("A", "10.12.13.0/24", "*71"), rule("B", "10.0.0.0/8", "*72"), rule("C", "fe80::c91b:d632:2a35:89df%3/60", "*73")
        ] },
        "formatting": {
            "dialling_final": [{ "pattern": ".*", "replacement": "000" }],
            "outgoing": [{ "pattern": "^\\*7[1-3](1[0-9]+)$", "replacement": "\\1" }]
        },
        "external_rules": [{ "pattern": "^11[02]$" }]
    }));
    let from = |typed: &str, address: &str, zone| {
        let client = ClientAddress { address: address.parse::<IpAddr>().unwrap(), zone };
        shown(dialled_with(&location, typed, &Circumstances { client: Some(client), ..Circumstances::default() }))
    };
    assert_eq!(from("110", "10.12.13.5", None), "e*71110");
    assert_eq!(from("1-1-2", "10.9.9.9", None), "e*72112");
    assert_eq!(from("112", "fe80::1", Some("3")), "e*73112");
    // With the access code before it.
    assert_eq!(from("1112", "10.9.9.9", None), "e*72112");
    // Elsewhere, other numbers, no softphone: as without rules.
    assert_eq!(from("112", "fe80::1", Some("4")), "e000");
    assert_eq!(from("115", "10.12.13.5", None), "i000");
    assert_eq!(dialled(&location, "110"), "e000");
    let plans = plans(&location);
    // A rule takes the prefix away from what the PBX reports of it.
    let reported = plans.plan("berlin").unwrap().reported(ReportedAs::Called, "*71110").unwrap();
    assert_eq!((reported.number.as_str(), reported.reach), ("110", Reach::External));
    let client = ClientAddress { address: "10.9.9.9".parse().unwrap(), zone: None };
    let (_, steps) = plans
        .plan("berlin")
        .unwrap()
        .explain_dialled("110", &Circumstances { client: Some(client), ..Circumstances::default() });
    let step = steps.iter().rfind(|step| step.name == StepName::Emergency).unwrap();
    assert_eq!(step.note.english(), "Rule 2 is for 110 from 10.0.0.0/8: *72 goes before it, and nothing else is done.");
    let reasons: Vec<_> = step.skipped.iter().map(|rule| (rule.at, rule.reason.code)).collect();
    assert_eq!(reasons, [(0, NoteCode::OtherSubnet), (2, NoteCode::EarlierRule)]);
}

#[test]
fn without_a_pbx_nothing_is_internal_and_there_are_no_access_codes() {
    let location = berlin(json!({ "has_pbx": false }));
    for (typed, expected) in
        [("42", "e42"), ("123456", "e123456"), ("089123", "e089123"), ("110", "e110"), ("+441632", "e00441632")]
    {
        assert_eq!(dialled(&location, typed), expected, "{typed}");
    }
    // Nor are rules asked what is internal or external.
    let with_rules = berlin(json!({
        "has_pbx": false, "external_rules": [{ "pattern": "^7(..)$", "replacement": "+4989\\1" }],
        "internal_rules": [{ "pattern": "^8(..)$", "replacement": "+4989\\1" }]
    }));
    for (typed, kept) in [("755", "+4930755"), ("812", "+4930812")] {
        let done = dialled_with(&with_rules, typed, &Circumstances::default());
        assert_eq!(done.as_ref().unwrap().canonical, kept, "{typed}");
        assert_eq!(shown(done), format!("e{typed}"), "{typed}");
        assert_eq!(note(&with_rules, typed, StepName::ExternalRules), NoteCode::NoPbx);
    }
}

#[test]
fn a_multipoint_connection_maps_numbers() {
    let location = berlin(json!({ "numbering": {
        "kind": "multipoint", "numbers": [{ "number": "+4930123456", "internal": "11" }], "shortest": 2, "longest": 2
    } }));
    for (typed, expected) in [("123456", "i11"), ("11", "i11"), ("13", "i13"), ("123457", "e1123457")] {
        assert_eq!(dialled(&location, typed), expected, "{typed}");
    }
}

#[test]
fn north_american_areas_and_prefixes() {
    let place = |change: Value| -> Location {
        let mut location = json!({
            "name": "Washington", "country": "US", "area_code": "202",
            "access_codes": { "local": "7", "national": "8", "international": "9" }
        });
        location.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(location).unwrap()
    };
    let free = place(json!({}));
    let free_but = place(json!({ "north_america": {
        "own_area": "free_but", "own_prefixes": ["333"], "free_areas": [{ "area_code": "301", "prefixes": ["444"] }]
    } }));
    let charged_but = place(json!({ "north_america": {
        "own_area": "charged_but", "own_prefixes": ["333"], "free_areas": [{ "area_code": "301" }]
    } }));
    let always = place(json!({ "always_area_code": true }));
    for (location, typed, expected) in [
        (&free, "333-5678", "e73335678"),
        (&free, "+1 (202) 333-5678", "e73335678"),
        (&free, "+1 301 444 5678", "e813014445678"),
        (&free, "+49 30 123456", "e90114930123456"),
        (&free, "911", "e7911"),
        (&free_but, "333-5678", "e812023335678"),
        (&free_but, "334-5678", "e73345678"),
        (&free_but, "+13014445678", "e73014445678"),
        (&free_but, "+13014455678", "e813014455678"),
        (&charged_but, "333-5678", "e73335678"),
        (&charged_but, "334-5678", "e812023345678"),
        (&charged_but, "+13014455678", "e73014455678"),
        (&always, "+12023335678", "e72023335678"),
    ] {
        assert_eq!(dialled(location, typed), expected, "{typed}");
    }
    // Who reads a code, or carries the call, knows no own area.
    let coded = place(json!({
        "projects": [{ "name": "Code", "code": "80", "use": "dial" }],
        "north_america": { "free_areas": [{ "area_code": "301" }] }
    }));
    let around = Circumstances { project: Some("Code"), ..Circumstances::default() };
    for (typed, expected) in [("333-5678", "e8012023335678"), ("+13014445678", "e8013014445678")] {
        assert_eq!(shown(dialled_with(&coded, typed, &around)), expected, "{typed}");
    }
    let carried = place(json!({ "least_cost_routing": {
        "enabled": true, "providers": [{ "name": "One", "prefix": "1010288" }],
        "zones": [{ "name": "country", "prefixes": ["+1"], "weekdays": day("One") }]
    } }));
    assert_eq!(dialled(&carried, "333-5678"), "e7101028812023335678");
}

#[test]
fn numbers_are_shown_with_their_area_codes() {
    let plans = plans(&berlin(json!({})));
    let plan = plans.plan("berlin").unwrap();
    for (number, expected) in [
        ("+4930123456", "+49 (30) 123456"),
        ("+4989123456", "+49 (89) 123456"),
        ("+4915112345678", "+49 (1511) 2345678"),
        ("+49301234542", "42"),
        ("+12023335678", "+1 (202) 3335678"),
        ("+18002345678", "+1 (800) 2345678"),
        ("+4532123456", "+45 32123456"),
        ("+34912345678", "+34 912345678"),
        ("+390612345678", "+39 (06) 12345678"),
        ("+80012345678", "+800 12345678"),
        ("+999123", "+999123"),
        ("110", "110"),
        ("", ""),
        ("*21#", "*21#"),
    ] {
        assert_eq!(plan.display(number), expected, "{number}");
    }
}
