//! Locations, and the line groups that name them.

use super::super::exchange::{Wanted, diff, export};
use super::*;

const BERLIN: u32 = 60;
const MAIN: u32 = 50;

fn berlin() -> Change {
    let numbering = json!({ "kind": "trunk", "base_number": "123456", "ranges": [{ "from": "100", "to": "199" }] });
    let body = json!({ "name": " Berlin ", "country": "de", "area_code": "30", "numbering": numbering });
    put(Kind::Location, id(BERLIN), body)
}

fn group(location: Value) -> Change {
    put(Kind::LineGroup, id(MAIN), json!({ "name": "main", "registrar": "pbx.test", "location": location }))
}

#[test]
fn what_is_wrong_with_a_location_is_told_where_it_is() {
    let mut site = Site::new();
    apply(&mut site, &[berlin()]);
    let stored = &site.get::<Location>(id(BERLIN)).unwrap().object;
    assert_eq!((stored.name.as_str(), stored.country.as_str()), ("Berlin", "DE"));
    let numbering = json!({ "kind": "trunk", "ranges": [{ "from": "100", "to": "99" }] });
    let other = |body: Value| refused(&site, &[put(Kind::Location, id(61), body)]);
    assert_eq!(other(json!({ "name": "Wien", "country": "AT", "numbering": numbering })).len(), 1);
    assert!(
        other(json!({ "name": "Wien", "country": "AT", "numbering": numbering }))[0]
            .starts_with("0 /numbering/ranges/0")
    );
    assert_eq!(other(json!({ "name": "x", "country": "ZZ" })), ["0 /country unknown_country"]);
    assert_eq!(other(json!({ "name": "", "country": "AT" })), ["0 /name required"]);
    assert_eq!(other(json!({ "name": "BERLIN", "country": "DE" })), ["0 /name name_taken"]);
    assert_eq!(other(json!({ "name": "x", "country": "AT", "town": "Wien" })), ["0 /town unknown_field"]);
}

#[test]
fn simple_rules_are_kept_in_the_order_in_which_they_are_tried() {
    let with = |rules: &[(u32, &str)]| {
        let rules: Vec<Value> = rules
            .iter()
            .map(|(priority, pattern)| json!({ "priority": priority, "pattern": pattern, "value": "1" }))
            .collect();
        put(Kind::Location, id(BERLIN), json!({ "name": "Berlin", "country": "DE", "simple": { "rules": rules } }))
    };
    let patterns = |site: &Site| {
        let stored = &site.get::<Location>(id(BERLIN)).unwrap().object;
        stored.simple.rules.iter().map(|rule| rule.pattern.clone()).collect::<Vec<_>>()
    };
    let mut site = Site::new();
    // What is wrong is told by its place in what was sent.
    let wrong = refused(&site, &[with(&[(30, "[(]"), (10, "a")])]);
    assert!(wrong[0].starts_with("0 /simple/rules/0/pattern "), "{wrong:?}");
    let mixed = [(30, "c"), (10, "b"), (30, "d"), (10, "a")];
    let writes = apply(&mut site, &[with(&mixed)]);
    assert_eq!(patterns(&site), ["b", "a", "c", "d"]);
    let written = writes[0].after.clone().unwrap();
    assert_eq!(written["simple"]["rules"][0]["pattern"], "b");
    // The same in another order is no change, and what was kept before in any order is read in this one.
    assert!(apply(&mut site, &[with(&mixed)]).is_empty());
    let mut body = written;
    body["simple"]["rules"].as_array_mut().unwrap().reverse();
    let row = Row { kind: Kind::Location, id: id(BERLIN), version: 1, from_file: false, body };
    let (read, refusals) = Site::load([row]);
    assert!(refusals.is_empty(), "{refusals:?}");
    assert_eq!(patterns(&read), ["a", "b", "d", "c"]);
}

#[test]
fn a_line_group_names_its_location_and_lets_go_of_it() {
    let mut site = Site::new();
    let located = group(json!(id(BERLIN)));
    assert_eq!(refused(&site, std::slice::from_ref(&located)), ["0 /location unknown_location"]);
    assert_eq!(refused(&site, &[berlin(), group(json!("Berlin"))]), ["1 /location unknown_location"]);
    apply(&mut site, &[berlin(), located]);
    let body = |site: &Site| site.get::<LineGroup>(id(MAIN)).unwrap().object.clone();
    assert_eq!(site.location_of(&body(&site)).map(|stored| stored.id), Some(id(BERLIN)));
    assert_eq!(site.references(Kind::Location, id(BERLIN))[0].pointer, "/location");
    let writes = apply(&mut site, &[delete(Kind::Location, id(BERLIN))]);
    assert_eq!((writes.len(), body(&site).location), (2, None));
    assert!(site.location_of(&body(&site)).is_none());
}

#[test]
fn the_zero_before_an_area_code_is_no_part_of_it() {
    let mut site = Site::new();
    for (country, written, kept) in [("DE", "030", "30"), ("CH", "44", "44"), ("IT", "06", "06"), ("US", "202", "202")]
    {
        apply(
            &mut site,
            &[put(Kind::Location, id(61), json!({ "name": "x", "country": country, "area_code": written }))],
        );
        assert_eq!(site.get::<Location>(id(61)).unwrap().object.area_code, kept, "{country}");
    }
}

/// Berlin with a rule for emergency calls, and with extensions that leave the number out.
fn with_emergency_rule(number: &str) -> Change {
    let body = json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": { "kind": "trunk", "base_number": "123456", "ranges": [{ "from": "200", "to": "299" }] },
        "emergency": {
            "enabled": true,
            "rules": [{ "name": "A", "subnet": "10.0.0.0/8", "numbers": ["119", number], "prefix": "*7" }]
        }
    });
    put(Kind::Location, id(BERLIN), body)
}

fn line(number: Value) -> Change {
    put(Kind::Line, id(70), json!({ "group": id(MAIN), "user_name": "u7", "number": number }))
}

#[test]
fn an_emergency_number_is_no_lines_whichever_is_saved_last() {
    let main = |numbers: Value, location: Value| {
        let body = json!({
            "name": "main", "registrar": "pbx.test", "emergency_numbers": numbers, "location": location
        });
        put(Kind::LineGroup, id(MAIN), body)
    };
    let at_berlin = json!(id(BERLIN));
    // The line comes last: by its number, or by that from outside. What it is called at the PBX is no number.
    let mut site = Site::new();
    apply(&mut site, &[with_emergency_rule("115"), main(json!(["110", "112"]), at_berlin.clone())]);
    for number in ["112", "1-1-2", "115", "119", "+4930123456115", "+49 30 123456-119"] {
        assert_eq!(refused(&site, &[line(json!(number))]), ["0 /number emergency_is_line"], "{number}");
    }
    apply(&mut site, &[put(Kind::Line, id(70), json!({ "group": id(MAIN), "user_name": "112", "number": "12" }))]);
    apply(&mut site, &[line(json!("1120"))]);
    apply(&mut site, &[line(json!("box112"))]);
    // The line group comes last: by its own list, by its location.
    let mut site = Site::new();
    apply(&mut site, &[with_emergency_rule("115"), main(json!([]), json!(null)), line(json!("115"))]);
    assert_eq!(
        refused(&site, &[main(json!(["112", "115"]), json!(null))]),
        ["0 /emergency_numbers/1 emergency_is_line"]
    );
    assert_eq!(refused(&site, &[main(json!([]), at_berlin.clone())]), ["0 /location emergency_is_line"]);
    // The location comes last.
    apply(&mut site, &[with_emergency_rule("114"), main(json!([]), at_berlin)]);
    let refusals = site.plan(&[with_emergency_rule("115")]).unwrap_err();
    assert_eq!(refusals[0].problems[0].pointer, "/emergency/rules/0/numbers/1");
    assert!(
        refusals[0].problems[0]
            .english()
            .starts_with("115 is an emergency number, and it is the number of the line 115.")
    );
    // All at once.
    let all = [with_emergency_rule("115"), group(json!(id(BERLIN))), line(json!("115"))];
    assert_eq!(
        refused(&Site::new(), &all),
        [
            "0 /emergency/rules/0/numbers/1 emergency_is_line",
            "1 /location emergency_is_line",
            "2 /number emergency_is_line"
        ]
    );
}

#[test]
fn locations_that_know_each_other_share_no_extensions() {
    let place = |number: u32, name: &str, from: &str, to: &str, is_networked: bool| {
        let body = json!({
            "name": name, "country": "DE", "area_code": "30",
            "numbering": { "kind": "trunk", "base_number": "1", "ranges": [{ "from": from, "to": to }] },
            "network": { "enabled": is_networked }
        });
        put(Kind::Location, id(number), body)
    };
    let mut site = Site::new();
    apply(&mut site, &[place(60, "Berlin", "100", "299", true), place(61, "Apart", "100", "999", false)]);
    let refusals = site.plan(&[place(62, "Bonn", "250", "399", true)]).unwrap_err();
    assert_eq!(refusals[0].problems[0].pointer, "/network/enabled");
    assert!(refusals[0].problems[0].english().starts_with("The extensions 250 to 299 are here and at Berlin."));
    assert_eq!(refused(&site, &[place(61, "Apart", "100", "999", true)]), ["0 /network/enabled extensions_overlap"]);
    apply(&mut site, &[place(62, "Bonn", "300", "399", true)]);
    apply(&mut site, &[place(60, "Berlin", "100", "249", true), place(62, "Bonn", "250", "399", true)]);
}

#[test]
fn the_file_names_a_location_as_people_do() {
    let row = |kind, number, from_file, body| Row { kind, id: id(number), version: 1, from_file, body };
    let of_file = json!({ "name": "main", "registrar": "pbx.test", "location": "berlin" });
    let kept = json!({ "name": "Berlin", "country": "DE" });
    let rows = [row(Kind::LineGroup, MAIN, true, of_file), row(Kind::Location, BERLIN, false, kept)];
    let (site, refusals) = Site::load(rows);
    assert_eq!(refusals, []);
    let group = &site.get::<LineGroup>(id(MAIN)).unwrap().object;
    assert_eq!(site.location_of(group).map(|stored| stored.id), Some(id(BERLIN)));
}

#[test]
fn documents_name_locations() {
    let mut site = Site::new();
    apply(&mut site, &[berlin(), group(json!(id(BERLIN)))]);
    let documents = export(&site);
    let text = |name: &str| documents.iter().find(|document| document.name == name).unwrap().text.clone();
    assert!(text("line_groups.json").contains(r#""location": "Berlin""#), "{}", text("line_groups.json"));
    let texts: Vec<_> = documents.iter().map(|document| (document.name.as_str(), document.text.as_bytes())).collect();
    let wanted = Wanted::read(texts).unwrap();
    let again = diff(&site, &wanted, true, &mut || id(99)).unwrap();
    assert_eq!(again, [], "it is so already");
    let mut copy = Site::new();
    let changes = diff(&copy, &wanted, false, &mut || id(99)).unwrap();
    apply(&mut copy, &changes);
    assert_eq!(export(&copy), documents);
}
