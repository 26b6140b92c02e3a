//! What becomes of numbers, asked over HTTP and by the command, and tried in the console before it is saved.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::site::{Asker, alone, wrong};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD};
use crate::support::softphone::Softphone;

const LOCATIONS: &str = "/api/v1/admin/locations";
const EXPLAIN: &str = "/api/v1/admin/numbers/explain";

fn berlin() -> Value {
    json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "10", "to": "99" }] },
        "projects": [{ "name": "card", "code": "80eeee", "use": "dial" }],
    })
}

/// The location, made; its id.
fn made(administrator: &Asker<'_>, location: &Value) -> String {
    let place = administrator.create(LOCATIONS, location);
    place.rsplit('/').next().unwrap_or_default().to_owned()
}

fn asked(administrator: &Asker<'_>, question: &Value) -> Value {
    let answer = administrator.send("POST", EXPLAIN, &[], question);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn numbers_are_explained_with_rules_that_are_not_saved() {
    let (_site, server) = alone("numbers-explain");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let id = made(&root, &berlin());
    let typed = asked(&root, &json!({ "location": id, "text": "089 5566" }));
    assert_eq!((&typed["dialled"]["number"], &typed["shown"]), (&json!("00895566"), &json!("+49 (89) 5566")));
    let reported = asked(&root, &json!({ "location": id, "text": "00895566", "kind": "caller" }));
    assert_eq!(reported["reported"]["number"], "+49895566");

    let mut draft = berlin();
    draft["external_rules"] = json!([{ "pattern": "^19" }]);
    draft["formatting"]["dialling_final"] = json!([{ "pattern": "^0089(.*)$", "replacement": "77\\1" }]);
    let tried = asked(&root, &json!({ "location": id, "text": "089 5566", "draft": draft }));
    assert_eq!(tried["dialled"]["number"], "775566");
    let steps = tried["steps"].as_array().expect("it has steps");
    let external = steps.iter().find(|step| step["name"] == "external_rules").expect("they were looked at");
    assert_eq!(
        (&external["skipped"][0]["at"], &external["skipped"][0]["reason"]["code"]),
        (&json!(0), &json!("does_not_fit"))
    );
    let last = steps.iter().find(|step| step["name"] == "final_rules").expect("they were looked at");
    assert_eq!((&last["before"], &last["after"]), (&json!("00895566"), &json!("775566")));
    // Nothing of it is kept.
    let saved = asked(&root, &json!({ "location": id, "text": "089 5566" }));
    assert_eq!(saved["dialled"]["number"], "00895566");

    draft["external_rules"] = json!([{ "pattern": "(" }]);
    let refused = root.send("POST", EXPLAIN, &[], &json!({ "location": id, "text": "1", "draft": draft }));
    assert_eq!(wrong(&refused), (422, "/draft/external_rules/0/pattern".into(), "pattern_unclosed".into()));
    let unknown = root.send("POST", EXPLAIN, &[], &json!({ "location": "00000000000000000000", "text": "1" }));
    assert_eq!(wrong(&unknown), (422, "/location".into(), "unknown_location".into()));
}

/// The provider of each half hour of a day.
fn day(provider: &str) -> Value {
    Value::from(vec![provider; 48])
}

#[test]
fn who_dials_when_from_where_and_how_counts() {
    let (_site, server) = alone("numbers-circumstances");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let mut location = berlin();
    location["emergency"] = json!({ "enabled": true, "rules": [
        { "name": "Hall", "subnet": "10.0.0.0/8", "numbers": ["112"], "prefix": "*71" }
    ] });
    location["least_cost_routing"] = json!({
        "enabled": true, "providers": [{ "name": "One", "prefix": "01070" }],
        "zones": [{ "name": "country", "prefixes": ["+4989"], "sunday": day("One") }],
    });
    location["access_codes"] = json!({ "forwarding": "8" });
    let projects = location["projects"].as_array_mut().expect("it has projects");
    projects.push(json!({ "name": "own", "code": "*8uu", "use": "private" }));
    let id = made(&root, &location);
    let group = json!({
        "name": "main", "registrar": "127.0.0.1", "domain": "pbx.test", "codecs": ["PCMA"], "location": id,
        "emergency_numbers": ["112", "5555"],
    });
    root.create("/api/v1/admin/line_groups", &group);
    for (question, arguments, wanted) in [
        (json!({ "text": "112" }), &["112"][..], json!({ "number": "0112", "emergency": true })),
        (
            json!({ "text": "112", "client": "10.1.2.3" }),
            &["112", "--client", "10.1.2.3"],
            json!({ "number": "*71112", "emergency": true }),
        ),
        // What the line group lists is for help behind the code for an outside line, too.
        (json!({ "text": "05555" }), &["05555"], json!({ "emergency": true })),
        (json!({ "text": "05556" }), &["05556"], json!({ "emergency": false })),
        (json!({ "text": "089 5566" }), &["089 5566"], json!({ "number": "00895566" })),
        (
            json!({ "text": "089 5566", "moment": { "day": "sunday", "minute": 600 } }),
            &["089 5566", "--at", "sunday 10:00"],
            json!({ "number": "0010700895566" }),
        ),
        (
            json!({ "text": "089 5566", "kind": "forwarding" }),
            &["089 5566", "--forwarding"],
            json!({ "number": "80895566", "private": false }),
        ),
        (
            json!({ "text": "089 5566", "private": true }),
            &["089 5566", "--private"],
            json!({ "number": "00895566", "private": true }),
        ),
        (
            json!({ "text": "089 5566", "project": "own", "user": "42" }),
            &["089 5566", "--project", "own", "--user", "42"],
            json!({ "number": "*8420895566", "private": true }),
        ),
    ] {
        let mut asking = question.clone();
        asking["location"] = json!(id);
        let by_command = number(&server, &[arguments, &["--json", "--location", "Berlin"]].concat(), "");
        let by_command: Value = serde_json::from_str(&by_command).expect("it is JSON");
        for told in [asked(&root, &asking), by_command] {
            for (field, value) in wanted.as_object().expect("it has fields") {
                assert_eq!(&told["dialled"][field], value, "{question}: {field}: {}", told["dialled"]);
            }
        }
    }
}

#[test]
fn a_pin_is_in_the_answer_and_in_no_log() {
    let (_site, server) = alone("numbers-pin");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let id = made(&root, &berlin());
    let question = json!({ "location": id, "text": "089 5566", "project": "card" });
    let missing = asked(&root, &question);
    assert_eq!(missing["not_dialled"], json!({ "missing": { "pin": 4 } }));
    let mut with_pin = question;
    with_pin["pin"] = json!("8642");
    assert_eq!(asked(&root, &with_pin)["dialled"]["number"], "8086420895566");
    assert!(!server.log().contains("8642"), "{}", server.log());
}

#[test]
fn what_follows_from_other_locations_is_told() {
    let (_site, server) = alone("numbers-network");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let network = json!({ "enabled": true, "detect": true, "shorten": true });
    let mut berlin = berlin();
    berlin["network"] = network.clone();
    let id = made(&root, &berlin);
    let numbering = json!({ "kind": "trunk", "base_number": "77", "ranges": [{ "from": "90", "to": "95" }, { "from": "300", "to": "399" }] });
    let mut bonn = json!({ "name": "Bonn", "country": "DE", "area_code": "228", "numbering": numbering });
    bonn["network"] = network.clone();
    let refused = root.send("POST", LOCATIONS, &[], &bonn);
    assert_eq!(wrong(&refused), (422, "/network/enabled".into(), "extensions_overlap".into()));
    bonn["numbering"]["ranges"] = json!([{ "from": "300", "to": "399" }]);
    made(&root, &bonn);
    let mut draft = berlin.clone();
    draft["numbering"]["ranges"] = json!([{ "from": "10", "to": "99" }, { "from": "390", "to": "395" }]);
    let ask = |question: &Value| root.send("POST", "/api/v1/admin/numbers/network", &[], question).json();
    let told = ask(&json!({ "location": id, "draft": draft }));
    assert_eq!(told["overlaps"], json!([{ "location": "Bonn", "from": "390", "to": "395" }]), "{told}");
    let told = ask(&json!({ "location": id }));
    assert_eq!(told["overlaps"], json!([]), "{told}");
    let rule = |list: &str, at: usize| (told[list][at]["location"].clone(), told[list][at]["replacement"].clone());
    assert_eq!(rule("internal_rules", 0), (json!("Bonn"), json!("+4922877\\1")));
    assert_eq!(rule("dialling_rules", 0), (json!("Bonn"), json!("\\1")));
}

#[test]
fn past_numbers_are_compared_with_a_draft() {
    let (_site, server) = alone("numbers-past");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let id = made(&root, &berlin());
    let ask = |draft: &Value| {
        root.send("POST", "/api/v1/admin/numbers/what-if", &[], &json!({ "location": id, "draft": draft }))
    };
    assert_eq!(
        ask(&berlin()).json(),
        json!({ "checked": 0, "total": 0, "changed": [], "truncated": false, "left": 0, "next": null })
    );
    let mut draft = berlin();
    draft["vanity"] = json!(["seven"]);
    assert_eq!(wrong(&ask(&draft)), (422, "/draft/vanity/0".into(), "digits_only".into()));
}

#[test]
fn the_command_explains_with_the_running_servers_rules() {
    let (_site, server) = alone("numbers-command");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    made(&root, &berlin());
    let said = number(&server, &["089 5566"], "");
    assert!(said.ends_with("The PBX gets 00895566 (external, shown as +49 (89) 5566, Munich).\n"), "{said}");
    let with_pin = number(&server, &["089 5566", "--project", "card", "--pin"], "8642\n");
    assert!(with_pin.contains("The PBX gets 8086420895566"), "{with_pin}");
    let json: Value = serde_json::from_str(&number(&server, &["00895566", "--reported", "caller", "--json"], ""))
        .expect("it is JSON");
    assert_eq!((&json["location"], &json["reported"]["number"]), (&json!("Berlin"), &json!("+49895566")));
}

/// What `offhook number` says.
fn number(server: &Offhook, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.arg("number").args(arguments).arg("--config").arg(server.dir().join("offhook.toml"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command begins");
    child.stdin.take().expect("it reads").write_all(input.as_bytes()).expect("it takes the input");
    let output = child.wait_with_output().expect("the command ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("it is text")
}

#[test]
fn a_rule_is_tried_in_the_console_before_it_is_saved() {
    let (_site, server) = alone("numbers-console");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let mut location = berlin();
    location["formatting"]["dialling_final"] = json!([{ "pattern": "^(9999)$", "replacement": "77\\1" }]);
    let place = root.create(LOCATIONS, &location);
    let mut page = Softphone::open(&format!("{}{}", server.url(), place.replace("/api/v1/", "")), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.fill("Number", "089 5566");
    page.sees("The PBX gets 00895566 (external).");
    page.fill("Pattern", "(");
    page.sees("The bracket at character 1 of this regular expression is not closed.");
    page.fill("Pattern", "^0089(.*)$");
    page.sees("The PBX gets 775566 (external).");
    page.sees("The PBX gets 00895566 (external).");
    page.sees("Rule 1 fits and makes 775566 of it.");
    page.click("What would change for past numbers?");
    page.sees("There are no past numbers of this location yet.");
    assert_eq!(root.get(&place)["object"]["formatting"]["dialling_final"][0]["pattern"], "^(9999)$");
    page.click("Save");
    page.sees_no_more("As it is saved");
    assert_eq!(root.get(&place)["object"]["formatting"]["dialling_final"][0]["pattern"], "^0089(.*)$");

    page.go(&format!("{}admin/numbers", server.url()));
    page.fill("Number", "089 5566");
    page.sees("The PBX gets 775566 (external).");
}
