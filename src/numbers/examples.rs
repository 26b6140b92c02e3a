//! The manuals' examples that no other test has: what is dialled, and what is made of the same when the PBX reports it.

use serde_json::{Value, json};

use super::country::tests::countries;
use super::tests::berlin_with;
use super::{Circumstances, Day, DialPlan, Location, Moment, Reach, ReportedAs};

fn plan(location: &Location) -> DialPlan {
    DialPlan::of(location, [], &countries()).unwrap()
}

fn read(location: Value) -> DialPlan {
    plan(&serde_json::from_value(location).unwrap())
}

/// Berlin with one rule in a list.
fn with_rule(list: &str, pattern: &str, replacement: Option<&str>) -> DialPlan {
    let rules = json!([{ "pattern": pattern, "replacement": replacement }]);
    let change = match list.split_once('/') {
        Some((outer, inner)) => json!({ outer: { inner: rules } }),
        None => json!({ list: rules }),
    };
    plan(&berlin_with(json!({}), change))
}

fn gets(plan: &DialPlan, typed: &str) -> String {
    plan.dialled(typed, &Circumstances::default()).map_or_else(|why| format!("{why:?}"), |dialled| dialled.number)
}

fn is(plan: &DialPlan, kind: ReportedAs, text: &str) -> Option<(String, Reach)> {
    plan.reported(kind, text).map(|reported| (reported.number, reported.reach))
}

fn external(number: &str) -> Option<(String, Reach)> {
    Some((number.to_owned(), Reach::External))
}

fn internal(number: &str) -> Option<(String, Reach)> {
    Some((number.to_owned(), Reach::Internal))
}

/// The seven expressions, as final rules for what is dialled and as rules for what is reported.
#[test]
fn expressions() {
    for (pattern, replacement, typed, dialled, other, stays) in [
        ("^0(.*)", r"\1", "089123456", "089123456", "42", "42"),
        ("^80(.*)", r"0\1", "80", "0", "42", "42"),
        ("^50[0-9][0-9][0-9](.*)", r"+49\1", "42", "42", "089123456", "0089123456"),
        ("^([0-9][0-9]?[0-9]?)$", r"03012345\1", "42", "0301234542", "089123456", "0089123456"),
        ("^([^0][0-9][0-9][0-9].*)", r"08151\1", "42", "42", "089123456", "0089123456"),
        ("152$", "1", "089152", "1", "089153", "0089153"),
        ("[^0-8]", "1", "0899", "1", "0888", "00888"),
        ("^8|9$", "1", "089", "1", "088", "088"),
    ] {
        let plan = with_rule("formatting/dialling_final", pattern, Some(replacement));
        assert_eq!((gets(&plan, typed), gets(&plan, other)), (dialled.into(), stays.into()), "{pattern}");
    }
    // What begins with another digit is dialled as it is where no code for an outside line goes before it.
    for (pattern, replacement, typed, dialled, other) in [
        ("^50[0-9][0-9][0-9](.*)", r"+49\1", "50123456", "+49456", "5012"),
        ("^([^0][0-9][0-9][0-9].*)", r"08151\1", "2345", "081512345", "234"),
        ("^8|9$", "1", "81234", "1", "71234"),
    ] {
        let rules = json!([{ "pattern": pattern, "replacement": replacement }]);
        let change = json!({ "access_codes": { "local": "" }, "formatting": { "dialling_final": rules } });
        let plan = plan(&berlin_with(json!({}), change));
        assert_eq!((gets(&plan, typed), gets(&plan, other)), (dialled.into(), other.into()), "{pattern}");
    }
    for (pattern, replacement, reported, expected) in [
        // Two codes for an outside line are one.
        ("^0(.*)", r"\1", "00089123456", external("+4989123456")),
        ("^80(.*)", r"0\1", "80089123456", external("+4989123456")),
        ("^50[0-9][0-9][0-9](.*)", r"0\1", "50123089123456", external("+4989123456")),
        // 030 12345 is the own trunk, behind the code for an outside line.
        ("^([0-9][0-9]?[0-9]?)$", r"003012345\1", "42", external("+49301234542")),
        ("^([^0][0-9][0-9][0-9].*)", r"008151\1", "1234", external("+4981511234")),
        ("152$", "", "089152", None),
        ("[^0-8]", "", "0899", None),
        ("[^0-8]", "", "0088", external("+4988")),
        ("^8|9$", "", "089", None),
        ("^8|9$", "", "81", None),
        ("^8|9$", "", "0088", external("+4988")),
    ] {
        let plan = with_rule("formatting/incoming", pattern, Some(replacement));
        let found = is(&plan, ReportedAs::Caller, reported);
        assert_eq!(found.as_ref().map(|(number, _)| number), expected.as_ref().map(|(number, _)| number), "{pattern}");
    }
}

#[test]
fn the_prefix_of_an_emergency_rule_is_taken_off_what_is_reported() {
    let plan = with_rule("formatting/outgoing", r"^\*71(.*)", Some(r"\1"));
    let number = |kind| is(&plan, kind, "*71110").map(|(number, _)| number);
    assert_eq!(number(ReportedAs::Called).as_deref(), Some("110"));
    assert_eq!(number(ReportedAs::Caller).as_deref(), Some("*71110"), "of outgoing calls only");
}

#[test]
fn extensions_by_their_first_digits() {
    let numbering = json!({
        "kind": "trunk", "base_number": "12345", "prefixes": { "from": "2", "to": "5" }, "shortest": 2, "longest": 4
    });
    let plan = plan(&berlin_with(json!({ "numbering": numbering }), json!({})));
    for extension in ["20", "300", "499", "5000"] {
        let whole = format!("+493012345{extension}");
        assert_eq!(gets(&plan, extension), extension);
        assert_eq!(gets(&plan, &whole), extension, "the same from outside");
        assert_eq!(is(&plan, ReportedAs::Caller, extension), internal(&whole));
        assert_eq!(is(&plan, ReportedAs::Called, &format!("0{whole}")), external(&whole), "it came from outside");
    }
    assert_eq!(gets(&plan, "089600"), "0089600");
    assert_eq!(is(&plan, ReportedAs::Caller, "60000"), external("+493060000"));
}

#[test]
fn extensions_from_100_to_999() {
    let ranges = json!([{ "from": "100", "to": "999" }]);
    let numbering = json!({ "kind": "trunk", "base_number": "12345", "ranges": ranges });
    let plan = plan(&berlin_with(json!({ "numbering": numbering }), json!({})));
    for extension in ["100", "555", "999"] {
        assert_eq!(gets(&plan, extension), extension);
        assert_eq!(gets(&plan, &format!("030 12345-{extension}")), extension);
        assert_eq!(is(&plan, ReportedAs::Caller, extension), internal(&format!("+493012345{extension}")));
    }
    assert_eq!(gets(&plan, "1000"), "01000");
    // Special numbers go before extensions.
    assert_eq!(gets(&plan, "110"), "0110");
}

#[test]
fn zones_and_providers() {
    let all_day = |provider: &str| json!(vec![provider; 48]);
    let zone = |name: &str, prefix: &str, provider: &str| {
        json!({
            "name": name, "prefixes": [prefix], "weekdays": all_day(provider), "saturday": [], "sunday": []
        })
    };
    let routing = json!({
        "enabled": true,
        "providers": [{ "name": "One", "prefix": "01070" }, { "name": "Two", "prefix": "01013" }],
        "zones": [zone("Germany", "+49", "One"), zone("Mobile", "+4917", "One"), zone("Net", "+49171", "Two")]
    });
    let plan = plan(&berlin_with(json!({ "least_cost_routing": routing }), json!({})));
    let weekday = Circumstances { moment: Moment { day: Day::Weekday, minute: 600 }, ..Circumstances::default() };
    for (typed, dialled, whole) in [
        ("+4917123456789", "00101301712345678 9", "+4917123456789"),
        ("+4917523456789", "00107001752345678 9", "+4917523456789"),
        ("089123456", "001070089123456", "+4989123456"),
    ] {
        let number = plan.dialled(typed, &weekday).unwrap().number;
        assert_eq!(number, dialled.replace(' ', ""), "{typed}");
        assert_eq!(is(&plan, ReportedAs::Called, &number), external(whole), "back from {number}");
    }
}

#[test]
fn north_america() {
    let washington = json!({
        "name": "Washington", "country": "US", "area_code": "202", "access_codes": { "local": "9", "national": "9", "international": "9" },
        "strip": { "incoming": ["9"], "outgoing": ["9"] }
    });
    let plan = read(washington);
    assert_eq!(gets(&plan, "+1 (202) 333-5678"), "93335678");
    assert_eq!(is(&plan, ReportedAs::Caller, "912023335678"), external("+12023335678"));
    assert_eq!(is(&plan, ReportedAs::Called, "93335678"), external("+12023335678"));
    assert_eq!(plan.display("+12013335678"), "+1 (201) 3335678");
}

#[test]
fn a_direct_inward_dialling_number_of_three_digits() {
    let ranges = json!([{ "from": "200", "to": "299" }]);
    let numbering = json!({ "kind": "trunk", "base_number": "12345", "ranges": ranges });
    let plan = plan(&berlin_with(json!({ "numbering": numbering }), json!({})));
    assert_eq!(gets(&plan, "+49 (30) 12345-222"), "222");
    assert_eq!(is(&plan, ReportedAs::Called, "222"), internal("+493012345222"));
    assert_eq!(
        is(&plan, ReportedAs::Called, "003012345222").map(|(number, _)| number).as_deref(),
        Some("+493012345222")
    );
}

#[test]
fn whole_numbers_for_the_pbx() {
    let plan = plan(&berlin_with(json!({ "output": "e164" }), json!({})));
    for typed in ["+49 89 1234567", "089 1234567", "0049 89 1234567"] {
        assert_eq!(gets(&plan, typed), "+49891234567");
    }
    assert_eq!(is(&plan, ReportedAs::Called, "+49891234567"), external("+49891234567"));
}

#[test]
fn what_projects_dial_is_reported_as_it_was_dialled() {
    let projects = json!([{ "name": "Current", "code": "*604444#X", "use": "dial" }]);
    let plan = with_rule("formatting/outgoing", r"^\*604444#(.*)", Some(r"\1"));
    assert_eq!(is(&plan, ReportedAs::Called, "*604444#0089123456"), external("+4989123456"));
    let without = super::examples::plan(&berlin_with(json!({ "projects": projects }), json!({})));
    assert_eq!(
        is(&without, ReportedAs::Called, "*604444#0089123456"),
        internal("*604444#0089123456"),
        "without a rule"
    );
}

#[test]
fn the_access_code_of_private_calls_has_places_of_each_kind() {
    for (code, pin, user, expected) in [
        ("9eee", "123", "", "9123089123456"),
        ("9E", "12", "", "912089123456"),
        ("9uu#", "", "47", "947#089123456"),
        ("9U*", "", "4711", "94711*089123456"),
    ] {
        let plan = plan(&berlin_with(json!({ "access_codes": { "private": code } }), json!({})));
        let entries = super::Entries { pin, user };
        let around = Circumstances { private: true, entries, ..Circumstances::default() };
        assert_eq!(plan.dialled("089 123456", &around).unwrap().number, expected, "{code}");
    }
}

#[test]
fn the_simple_dialect() {
    let simple = |change: Value| {
        let mut simple = json!({ "international_prefix": "00", "country_prefix": "33", "external_prefix": "0" });
        simple.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        read(json!({ "name": "Paris", "country": "FR", "dialect": "simple", "simple": simple }))
    };
    let rule = json!({ "rules": [{ "priority": 1, "pattern": "3611", "value": "03611" }] });
    assert_eq!(gets(&simple(rule), "3611"), "03611");
    let front = simple(json!({ "incoming_add": "0", "incoming_remove": "9" }));
    assert_eq!(is(&front, ReportedAs::Caller, "9155171889"), external("+33155171889"));
    assert_eq!(is(&front, ReportedAs::Caller, "1889"), internal("1889"));
}
