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
