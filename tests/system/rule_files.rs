//! Rules of locations as files, over HTTP, and a site's own files of countries.

use std::fs;

use serde_json::{Value, json};

use crate::site::{Asker, alone, wrong};
use crate::support::http::{self, Answer};
use crate::support::offhook::{ADMINISTRATOR, Settings};

const LOCATIONS: &str = "/api/v1/admin/locations";

/// Brings a file.
fn import(asker: &Asker<'_>, list: &str, query: &str, media_type: &str, file: &[u8]) -> Answer {
    let headers = [("cookie", asker.cookie.as_str()), ("content-type", media_type)];
    http::ask(asker.server.http(), "POST", &format!("{list}/import{query}"), &headers, file)
}

#[test]
fn rules_go_out_as_a_file_and_come_back() {
    let (_site, server) = alone("rule-files");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let rule = json!({ "description": "a, b", "compare": "regex", "pattern": "^7(..)$", "replacement": "+4930999\\1" });
    let berlin = root
        .create(LOCATIONS, &json!({ "name": "Berlin", "country": "DE", "area_code": "30", "internal_rules": [rule] }));
    let list = format!("{berlin}/rules/internal_rules");
    let csv = root.ask("GET", &list, &[], "");
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"), "{}", csv.text);
    assert!(csv.header("content-disposition").contains("internal_rules.csv"));
    assert_eq!(
        String::from_utf8_lossy(&csv.body()),
        "description,compare,pattern,replace,replacement\r\n\"a, b\",regex,^7(..)$,yes,+4930999\\1\r\n"
    );
    let xml = root.ask("GET", &format!("{list}?format=xml"), &[], "").body();
    for file in [csv.body(), xml] {
        let same = import(&root, &list, "?preview=true", "application/octet-stream", &file).json();
        assert_eq!(same["difference"], json!({ "before": 1, "after": 1, "added": [], "removed": [] }));
    }

    // A spreadsheet's file, in its encoding.
    let file = b"Beschreibung;Muster;Ersetzen durch\r\nB\xFCro;^8(..)$;+4930888\\1\r\n";
    let preview = import(&root, &list, "?preview=true&add=true", "text/csv", file);
    assert_eq!(preview.status, 200, "{}", preview.text);
    let told = preview.json();
    assert_eq!((&told["applied"], &told["difference"]["after"]), (&json!(false), &json!(2)));
    assert_eq!(told["list"][1]["description"], "Büro");
    let rules = |root: &Asker<'_>| root.get(&berlin)["object"]["internal_rules"].clone();
    assert_eq!(rules(&root).as_array().map(Vec::len), Some(1), "nothing is written by a preview");
    assert_eq!(import(&root, &list, "", "text/csv", file).json()["applied"], true);
    assert_eq!(rules(&root)[0]["replacement"], "+4930888\\1");
    let audit = root.get("/api/v1/admin/audit?limit=1");
    assert_eq!(audit["entries"][0]["action"], "import", "{audit}");

    let bad = import(&root, &list, "", "text/csv", b"pattern,replacement\n1,+49\n(2,030\n");
    assert_eq!(wrong(&bad), (422, "pattern".into(), "pattern_unclosed".into()));
    let lines: Vec<Value> =
        bad.json()["errors"].as_array().unwrap().iter().map(|error| error["line"].clone()).collect();
    assert_eq!(lines, [json!(3), json!(3)], "{}", bad.text);
    let bomb = b"<!DOCTYPE a [<!ENTITY b \"b\">]><rules/>";
    assert_eq!(wrong(&import(&root, &list, "", "text/xml", bomb)).2, "xml_doctype");
    assert_eq!(rules(&root).as_array().map(Vec::len), Some(1));

    for (route, status) in [
        (format!("{berlin}/rules/elsewhere"), 404),
        (format!("{LOCATIONS}/nobody/rules/internal_rules"), 404),
        (format!("{list}?format=lcr"), 400),
        (format!("{berlin}/rules/least_cost_routing?format=lcr"), 200),
    ] {
        assert_eq!(root.ask("GET", &route, &[], "").status, status, "{route}");
    }
}

#[test]
fn a_sites_own_files_of_countries_are_read_with_a_reload_and_mistakes_are_told() {
    let (site, server) = alone("country-files");
    let toml = Settings { users: vec![("alice", Vec::new())], ..Settings::default() }.toml(&site);
    let folder = site.dir().join("ours");
    fs::create_dir(&folder).expect("it can be made");
    let file = folder.join("special.tsv");
    fs::write(&file, "DE\t112\temergency\tNotruf\nDE\t19222\turgent\n").expect("it can be written");
    let with = format!("{toml}\n[numbers]\ncountries = {:?}\n", folder.display().to_string());
    let said = server.reload(&with).expect_err("a line is wrong");
    assert!(said.contains(&format!("{}, line 2: ", file.display())), "{said}");
    assert!(said.contains("Mend the line"), "{said}");
    fs::write(&file, "DE\t112\temergency\tNotruf\nDE\t19222\n").expect("it can be written");
    // A special number is dialled as it is; any other of these digits is one of the own area.
    let root = Asker::administrator(&server, ADMINISTRATOR);
    root.create("/api/v1/admin/locations", &json!({ "name": "Berlin", "country": "DE", "area_code": "30" }));
    let dialled = |typed: &str| {
        let locations = root.get("/api/v1/admin/locations");
        let question = json!({ "location": locations["items"][0]["id"], "text": typed });
        root.send("POST", "/api/v1/admin/numbers/explain", &[], &question).json()["dialled"].clone()
    };
    assert_eq!(dialled("19222")["canonical"], "+493019222");
    assert_eq!((&dialled("116117")["canonical"], &dialled("112")["emergency"]), (&json!("116117"), &json!(true)));
    assert_eq!(server.reload(&with), Ok("The configuration counts.".into()));
    assert_eq!(dialled("19222")["canonical"], "19222");
    assert_eq!((&dialled("116117")["canonical"], &dialled("112")["emergency"]), (&json!("+4930116117"), &json!(true)));
}
