//! Line groups and lines.

use super::super::exchange::{Wanted, diff, export};
use super::super::lines_csv;
use super::*;
use crate::config::{LineBody, Secret};

const MAIN: u32 = 50;

fn group(number: u32, name: &str) -> Change {
    put(Kind::LineGroup, id(number), json!({ "name": name, "registrar": "pbx.test" }))
}

fn line(number: u32, user_name: &str) -> Change {
    put(Kind::Line, id(number), json!({ "group": id(MAIN), "user_name": user_name }))
}

/// The line group "main" (50) with the lines 100 and 101.
fn pbx() -> Site {
    let mut site = Site::new();
    apply(&mut site, &[group(MAIN, "main"), line(100, "100"), line(101, "101")]);
    site
}

fn new_ids() -> impl FnMut() -> ObjectId {
    let mut next = 1000;
    move || {
        next += 1;
        id(next)
    }
}

#[test]
fn mistakes_of_line_groups_are_those_of_the_file_at_their_places() {
    let site = pbx();
    let of = |body: Value| refused(&site, &[put(Kind::LineGroup, id(51), body)]).join("|");
    for (body, expected) in [
        (json!({ "registrar": "x" }), "0 /name required"),
        (json!({ "name": "MAIN", "registrar": "x" }), "0 /name name_taken"),
        (json!({ "name": "a" }), "0 /registrar required"),
        (json!({ "name": "a", "registrar": "x", "password": "geheim" }), "0 /password unknown_field"),
        (json!({ "name": "a", "registrar": "x", "key": "/etc/key" }), "0 /key unknown_field"),
        (json!({ "name": "a", "registrar": "x", "kind": "carrier-pigeon" }), "0 /kind wrong_type"),
        (json!({ "name": "a", "registrar": "x", "expires": 5 }), "0 /expires out_of_range"),
        (json!({ "name": "a", "registrar": "x", "ptime": 25 }), "0 /ptime no_step"),
        (json!({ "name": "a", "registrar": "x", "codecs": ["PCMA", "GSM"] }), "0 /codecs/1 not_a_choice"),
        (json!({ "name": "a", "registrar": "x", "codecs": [] }), "0 /codecs not_a_choice"),
        (
            json!({ "name": "a", "registrar": "x", "allow_from": ["10.0.0.0/8", "there"] }),
            "0 /allow_from/1 invalid_network",
        ),
        (json!({ "name": "a", "registrar": "x", "ca": ["/etc/ca.pem"] }), "0 /ca/0 path_not_here"),
        (
            json!({ "name": "a", "registrar": "x", "ca": ["-----BEGIN CERTIFICATE-----\n"] }),
            "0 /ca/0 invalid_certificate",
        ),
        (json!({ "name": "a", "registrar": "x", "pickup_code": "*59" }), "0 /pickup_code lacks"),
        (json!({ "name": "a", "registrar": "x", "switched_off": ["clear_call"] }), "0 /switched_off always_there"),
        (json!({ "name": "a", "registrar": "x", "functions": [], "switched_off": [] }), "0 /switched_off either"),
        (json!({ "name": "a", "registrar": "x", "user_name": "u" }), "0 /user_name other_kind"),
        (
            json!({ "name": "a", "kind": "trunk-registrar", "registrar": "x", "numbers": "(" }),
            "0 /registrar other_kind|0 /user_name required|0 /numbers invalid_pattern",
        ),
        (
            json!({ "name": "a", "registrar": "x", "feature_codes": [{ "name": "Door", "code": "" }] }),
            "0 /feature_codes/0/code not_dialable",
        ),
        (json!({ "name": "a", "registrar": "x", "capture": ["100"], "transport": "tls" }), ""),
    ] {
        assert_eq!(of(body.clone()), expected, "{body}");
    }
    let trunk = |number, name: &str| {
        put(Kind::LineGroup, id(number), json!({ "name": name, "kind": "trunk-registrar", "user_name": "gateway" }))
    };
    let both = [trunk(51, "a"), trunk(52, "b")];
    assert_eq!(refused(&site, &both), ["0 /user_name trunk_user_taken", "1 /user_name trunk_user_taken"]);
}

#[test]
fn lines_have_user_names_and_numbers_of_their_own() {
    let mut site = pbx();
    assert_eq!(site.get::<Line>(id(100)).unwrap().object.number, "100");
    for (body, expected) in [
        (json!({ "user_name": "102" }), "0 /group required"),
        (json!({ "group": id(51), "user_name": "102" }), "0 /group unknown_line_group"),
        (json!({ "group": id(MAIN) }), "0 /user_name required"),
        (json!({ "group": id(MAIN), "user_name": "100" }), "0 /number name_taken|0 /user_name user_name_taken"),
        (json!({ "group": id(MAIN), "user_name": "102", "number": "101" }), "0 /number name_taken"),
        (json!({ "group": id(MAIN), "user_name": "100", "number": "102" }), "0 /user_name user_name_taken"),
        (json!({ "group": id(MAIN), "user_name": "102", "password": "geheim" }), "0 /password unknown_field"),
        (
            json!({ "group": id(MAIN), "user_name": "102", "redirections": [{ "to": "", "seconds": 0 }] }),
            "0 /redirections/0/to not_dialable|0 /redirections/0/seconds out_of_range",
        ),
    ] {
        let problems = refused(&site, &[put(Kind::Line, id(102), body.clone())]);
        let mut sorted = problems.clone();
        sorted.sort();
        let mut wanted: Vec<_> = expected.split('|').collect();
        wanted.sort();
        assert_eq!(sorted, wanted, "{body}");
    }
    // In another line group the user name is another.
    apply(&mut site, &[group(51, "branch")]);
    apply(&mut site, &[put(Kind::Line, id(200), json!({ "group": id(51), "user_name": "100", "number": "200" }))]);
    // A name that goes away is free, and two may be swapped.
    let swap = [
        patch(Kind::Line, id(100), json!({ "user_name": "101", "number": "101" })),
        patch(Kind::Line, id(101), json!({ "user_name": "100", "number": "100" })),
    ];
    apply(&mut site, &swap);
    assert_eq!(site.line_of(id(MAIN), "100"), Some(id(101)));
    let pilots =
        [patch(Kind::Line, id(100), json!({ "pilot": true })), patch(Kind::Line, id(101), json!({ "pilot": true }))];
    assert_eq!(refused(&site, &pilots), ["0 /pilot pilot_taken", "1 /pilot pilot_taken"]);
}

#[test]
fn a_line_group_goes_without_lines_or_with_them() {
    let mut site = pbx();
    assert_eq!(refused(&site, &[delete(Kind::LineGroup, id(MAIN))]), ["0  line_group_has_lines"]);
    let one = [delete(Kind::Line, id(100)), delete(Kind::LineGroup, id(MAIN))];
    assert_eq!(refused(&site, &one), ["1  line_group_has_lines"]);
    apply(&mut site, &[delete(Kind::Line, id(100)), delete(Kind::Line, id(101)), delete(Kind::LineGroup, id(MAIN))]);
    assert_eq!((site.count::<LineGroup>(), site.count::<Line>()), (0, 0));
    assert_eq!(site.line_of(id(MAIN), "100"), None);
}

#[test]
fn lists_of_lines_are_of_a_line_group_and_in_the_order_of_numbers() {
    let mut site = pbx();
    apply(&mut site, &[group(51, "branch"), line(99, "99"), line(102, "+49891")]);
    apply(&mut site, &[put(Kind::Line, id(200), json!({ "group": id(51), "user_name": "5", "active": false }))]);
    let numbers = |query: Query| {
        let page = site.list::<Line>(&query).unwrap();
        page.items.iter().map(|line| line.object.number.clone()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(Query { group: Some(id(MAIN)), ..Query::default() }), ["99", "100", "101", "+49891"]);
    assert_eq!(numbers(Query { active: Some(false), ..Query::default() }), ["5"]);
    assert_eq!(numbers(Query { search: "101".into(), ..Query::default() }), ["101"]);
}

#[test]
fn documents_have_line_groups_and_lines_and_come_back_as_they_were() {
    let site = pbx();
    let documents = export(&site);
    let text = |name: &str| documents.iter().find(|document| document.name == name).unwrap().text.as_str();
    let lines: Value = serde_json::from_str(text("lines.json")).unwrap();
    assert_eq!(lines[1], json!({ "id": id(101), "group": "main", "user_name": "101", "number": "101" }));
    let groups: Value = serde_json::from_str(text("line_groups.json")).unwrap();
    assert_eq!(groups, json!([{ "id": id(MAIN), "name": "main", "registrar": "pbx.test" }]));
    let read =
        || Wanted::read(documents.iter().map(|document| (document.name.as_str(), document.text.as_bytes()))).unwrap();
    assert_eq!(diff(&site, &read(), true, &mut new_ids()), Ok(Vec::new()));
    let changes = diff(&Site::new(), &read(), false, &mut new_ids()).unwrap();
    let mut copy = Site::new();
    apply(&mut copy, &changes);
    assert_eq!(export(&copy), documents);
    // Without a number of its own a line is the one of its user name.
    let wanted = Wanted { lines: Some(vec![json!({ "user_name": "101", "group": "main" })]), ..Wanted::default() };
    assert_eq!(diff(&site, &wanted, false, &mut new_ids()), Ok(Vec::new()));
}

#[test]
fn a_csv_file_adds_lines_and_changes_none() {
    let mut site = pbx();
    let file = b"101,,other,999\n110,auth,secret,+4989110\n111,,,\n110,,twice,\n";
    let new = lines_csv::read(&site, id(MAIN), file, &mut new_ids()).unwrap();
    assert_eq!((new.changes.len(), new.skipped), (2, 2));
    assert_eq!(new.passwords, [(id(1001), Secret::new("secret"))]);
    apply(&mut site, &new.changes);
    let added = &site.get::<Line>(id(1001)).unwrap().object;
    assert_eq!((added.number.as_str(), added.auth_name.as_str()), ("+4989110", "auth"));
    assert_eq!(site.get::<Line>(id(101)).unwrap().object.number, "101");
    let written = String::from_utf8(lines_csv::write(&site, id(MAIN), false).unwrap()).unwrap();
    assert_eq!(written, "100,,,\n101,,,\n110,auth,,+4989110\n111,,,\n");
    let again = lines_csv::read(&site, id(MAIN), written.as_bytes(), &mut new_ids()).unwrap();
    assert_eq!((again.changes.len(), again.skipped), (0, 4));
    let mistakes = lines_csv::read(&site, id(MAIN), b"120,,,\n121,,,100\n,,x,\n", &mut new_ids()).unwrap_err();
    assert_eq!(mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [3]);
    let mistakes = lines_csv::read(&pbx(), id(MAIN), b"120,,,\n121,,,100\n", &mut new_ids()).unwrap_err();
    assert_eq!((mistakes[0].line, mistakes[0].column.as_deref()), (2, Some("number")));
    assert!(!format!("{new:?}").contains("secret\""));
}

#[test]
fn a_range_makes_a_line_of_each_user_name() {
    let mut site = pbx();
    let wanted = LineBody {
        user_name: "110-112;120".into(),
        auth_name: "site-<*>".into(),
        number: "+4989<*>".into(),
        active: true,
        ..LineBody::default()
    };
    let new = lines_csv::range(id(MAIN), &wanted, &Secret::new("secret"), &mut new_ids()).unwrap();
    assert_eq!((new.changes.len(), new.passwords.len()), (4, 4));
    apply(&mut site, &new.changes);
    let last = &site.get::<Line>(id(1004)).unwrap().object;
    assert_eq!((last.number.as_str(), last.auth_name.as_str()), ("+4989120", "site-120"));
    let backwards = LineBody { user_name: "9-1".into(), ..wanted.clone() };
    let problem = lines_csv::range(id(MAIN), &backwards, &Secret::default(), &mut new_ids()).unwrap_err();
    assert_eq!((problem.pointer.as_str(), problem.code), ("/user_name", ProblemCode::InvalidNames));
    let one_number = LineBody { number: "5".into(), ..wanted };
    let problem = lines_csv::range(id(MAIN), &one_number, &Secret::default(), &mut new_ids()).unwrap_err();
    assert_eq!(problem.pointer, "/number");
}

#[test]
fn five_thousand_lines_are_planned_at_once() {
    let mut site = pbx();
    let wanted = LineBody { user_name: "1000-5999".into(), active: true, ..LineBody::default() };
    let new = lines_csv::range(id(MAIN), &wanted, &Secret::default(), &mut new_ids()).unwrap();
    assert_eq!(apply(&mut site, &new.changes).len(), 5_000);
    assert_eq!(site.lines_of(id(MAIN)).count(), 5_002);
}
