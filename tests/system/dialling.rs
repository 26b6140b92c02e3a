//! How a number is dialled by a line's location: shown by the app while it is typed, and then got by the PBX.

use serde_json::{Value, json};

use crate::site::Asker;
use crate::support::baresip::{self, Baresip};
use crate::support::http;
use crate::support::kamailio::{self, Kamailio, password};
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;

/// A number in Munich as the PBX gets it: with 0 for an outside line.
const OUTSIDE: &str = "00895566";
/// The same in the code of a project, with its PIN.
const BY_PROJECT: &str = "778642 00895566";
const PIN: &str = "8642";

/// Berlin: 0 for an outside line, extensions with three digits.
fn berlin() -> Value {
    json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "100", "to": "299" }], "shortest": 3, "longest": 3 },
        "projects": [{ "name": "Bridge", "code": "77eeeeX", "use": "dial" }],
    })
}

/// Alice and Ben at one PBX, whose line group is at a location that is not there yet.
fn colleagues(site: &Site) -> (Kamailio, Offhook) {
    let by_project: &'static str = BY_PROJECT.replace(' ', "").leak();
    let mut settings =
        kamailio::Settings { trunk: vec![(by_project, OUTSIDE)], dialled_in_request: false, ..Default::default() };
    settings.users.push((OUTSIDE.into(), password(OUTSIDE)));
    let pbx = Kamailio::start(site, &settings);
    let pbxes = vec![Pbx { lines: vec!["100", "101"], more: "location = \"Berlin\"\n".into(), ..Pbx::default() }];
    let users = vec![("alice", vec!["100"]), ("ben", vec!["101"])];
    let server = Offhook::start(site, &Settings { pbxes, users, ..Settings::default() });
    pbx.wait("bound 101", 1);
    (pbx, server)
}

#[test]
fn the_app_shows_how_a_number_is_dialled_and_calls_it_so() {
    let site = Site::new("dialling");
    let (pbx, server) = colleagues(&site);
    server.grant("team_member");
    let mut outside = Baresip::start(&site, &baresip::Settings { user: OUTSIDE, ..Default::default() });
    let phone = Softphone::sign_in(&server, "alice");
    phone.fill("Number", "089 55 66");
    phone.sees_no_more("outside line");
    // The location counts at once, for pages that are open, too.
    Asker::administrator(&server, ADMINISTRATOR).create("/api/v1/admin/locations", &berlin());
    phone.sees("outside line");
    phone.sees("dials 0 0895566");
    phone.sees("+49 (89) 5566");
    phone.fill("Number", "030 1234 101");
    phone.sees("dials 101");
    phone.sees("101\u{a0}· ben");
    phone.fill("Number", "112");
    phone.sees("emergency call");
    phone.fill("Number", "+");
    phone.sees("This is not a number that can be dialled.");

    phone.dial("089 55 66");
    outside.wait("CALL_ESTABLISHED");
    pbx.wait(&format!("request INVITE sip:{OUTSIDE}@"), 1);
    phone.wait_connected();
    phone.sees("+49 (89) 5566");
    phone.click("Hang up");
    outside.wait("CALL_CLOSED");
    phone.sees("Call to +49 (89) 5566");
    phone.click("Call again");
    outside.wait("CALL_ESTABLISHED");
    phone.wait_connected();
    phone.click("Hang up");
    outside.wait("CALL_CLOSED");
}

#[test]
fn a_project_is_chosen_and_its_pin_is_in_no_picture_of_the_call() {
    let site = Site::new("dialling-project");
    let (pbx, server) = colleagues(&site);
    let root = Asker::administrator(&server, ADMINISTRATOR);
    root.create("/api/v1/admin/locations", &berlin());
    let mut outside = Baresip::start(&site, &baresip::Settings { user: OUTSIDE, ..Default::default() });
    let phone = Softphone::sign_in(&server, "alice");
    phone.choose("Project", "Bridge");
    phone.fill("Number", "089 55 66");
    phone.sees("Enter it, with all its digits.");
    phone.fill("PIN", PIN);
    phone.sees("dials 77••••00895566");
    phone.click("Call");
    outside.wait("CALL_ESTABLISHED");
    pbx.wait(&format!("request INVITE sip:{}@", BY_PROJECT.replace(' ', "")), 1);
    phone.wait_connected();
    let text = phone.all_text();
    assert!(text.contains("+49 (89) 5566") && !text.contains(PIN), "{text}");
    phone.click("Hang up");
    outside.wait("CALL_CLOSED");
    // The project is there still; the PIN is asked for again.
    phone.fill("Number", "089 55 66");
    phone.sees("Enter it, with all its digits.");
    let kept = phone.evaluate("JSON.stringify({ ...localStorage })");
    let kept = kept.as_str().expect("it is a text");
    assert!(kept.contains("Bridge") && !kept.contains(PIN), "{kept}");
}

#[test]
fn programs_ask_how_a_number_is_dialled_from_their_users_lines() {
    let site = Site::new("dialling-api");
    let (_pbx, server) = colleagues(&site);
    let lines: Vec<Value> = server.lines();
    let id = |number: &str| lines.iter().find(|line| line["number"] == number).expect("it is there")["id"].clone();
    let cookie = sign_in(&server, "/api/v1/session", "alice");
    let ask = |question: Value| {
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/json")];
        let answer = http::ask(server.http(), "POST", "/api/v1/commands", &headers, question.to_string());
        (answer.status, answer.json())
    };
    let number = |line: &str, number: &str| json!({ "type": "preview_number", "line": id(line), "number": number });
    let without = ask(number("100", "089 55 66"));
    assert_eq!(without, (200, json!({ "status": "preview", "preview": null })), "there is no location yet");
    let said = |output: std::process::Output| String::from_utf8(output.stdout).expect("it is text");
    let reloaded = said(server.run(&["reload"]));
    assert!(reloaded.contains("There is no location Berlin"), "{reloaded}");
    Asker::administrator(&server, ADMINISTRATOR).create("/api/v1/admin/locations", &berlin());
    // When that is done, all changes count.
    assert_eq!(said(server.run(&["reload"])), "The configuration counts.\n");
    let dialled = |question: Value| {
        let (status, answer) = ask(question);
        assert_eq!(status, 200, "{answer}");
        answer["preview"].clone()
    };
    let outside = dialled(number("100", "089 55 66"));
    assert_eq!(
        outside,
        json!({
            "dialled": OUTSIDE, "access_code": "0", "then": [], "number": "+49895566", "shown": "+49 (89) 5566",
            "destination": "external", "owner": null, "private": false,
            "place": { "english": "Munich", "german": "München" }
        })
    );
    let project = json!({ "project": "Bridge", "pin": PIN, "private": true });
    let with = |more: &Value| {
        let mut question = number("100", "089 55 66");
        let (Some(all), Some(more)) = (question.as_object_mut(), more.as_object()) else { panic!("objects") };
        all.extend(more.clone());
        question
    };
    let private = dialled(with(&project));
    assert_eq!((&private["dialled"], &private["private"]), (&json!("77••••00895566"), &json!(true)));
    assert!(!private.to_string().contains(PIN), "{private}");

    let refused = |question: Value| {
        let (status, answer) = ask(question);
        (status, answer["cause"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(number("101", "089 55 66")), (404, "unknown_line".into()), "it is Ben's");
    assert_eq!(refused(number("100", "+")), (422, "invalid_number".into()));
    assert_eq!(refused(number("100", &"1".repeat(5000))), (422, "invalid_number".into()));
    assert_eq!(refused(with(&json!({ "project": "Nothing" }))), (422, "unknown_project".into()));
    assert_eq!(refused(with(&json!({ "project": "Bridge", "pin": "1" }))), (422, "pin_needed".into()));
    let mut call = with(&project);
    call["type"] = json!("make_call");
    assert_eq!(refused(call), (422, "pin_needs_client".into()), "another client would have to be told it");
    // Who asks faster than people type is told to wait, and nobody else is.
    let asked = (0..2000).find(|_| refused(number("100", "089")) == (429, "asked_too_often".into()));
    assert!(asked.is_some(), "it goes on and on");
}
