//! Calls by the rules of a location: Berlin, 030 1234 with extensions from 100 to 299, 0 for an outside line.

use std::process::Command;

use image::ImageFormat;
use serde_json::{Value, json};

use crate::capture::{capture, files};
use crate::pictures::{GREEN, image};
use crate::site::{Asker, USERS};
use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::sipp::{Part, Sipp};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually, http};

struct Stage {
    server: Offhook,
    /// The location's address in the API.
    location: String,
    site: Site,
    _pbx: Kamailio,
}

/// A PBX that reaches the site's address 7 by some numbers, and a server whose line group is in Berlin.
fn stage(name: &str, numbers: &[&str]) -> Stage {
    stage_with(name, numbers, "")
}

/// The same with more in the configuration.
fn stage_with(name: &str, numbers: &[&str], more: &str) -> Stage {
    let site = Site::new(name);
    let routes = numbers.iter().map(|number| ((*number).to_owned(), site.socket(7, 5060).to_string())).collect();
    let pbx = Kamailio::start(&site, &kamailio::Settings { routes, ..Default::default() });
    let main = Pbx { lines: vec!["100", "101"], more: "location = \"Berlin\"\n".into(), ..Default::default() };
    let users = vec![("alice", vec!["100"]), ("ben", vec!["101"])];
    let server =
        Offhook::start(&site, &Settings { pbxes: vec![main], users, more: more.into(), ..Settings::default() });
    pbx.wait("bound 100", 1);
    pbx.wait("bound 101", 1);
    let berlin = json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "100", "to": "109" }, { "from": "120", "to": "299" }] },
        "emergency": { "enabled": true, "rules": [
            { "name": "here", "subnet": "127.0.0.0/8", "numbers": ["112"], "prefix": "81" }
        ] }
    });
    let made = server.control("POST", "/api/v1/admin/locations", &berlin.to_string());
    assert_eq!(made.status, 201, "{}", made.text);
    let location = format!("/api/v1/admin/locations/{}", made.json()["id"].as_str().unwrap());
    let stage = Stage { server, location, site, _pbx: pbx };
    stage.counts(1);
    stage
}

impl Stage {
    /// Waits until so many changes count.
    #[track_caller]
    fn counts(&self, changes: usize) {
        eventually("the location counts", SOON, || {
            let log = self.server.log();
            let counted = log.matches("other lines count").count();
            if counted >= changes { Ok(()) } else { Err(format!("{counted} changes")) }
        });
    }

    /// The PBX is called with a number when somebody types another.
    #[track_caller]
    fn reaches(&self, phone: &Softphone, typed: &str) {
        let mut called = Sipp::refusing(&self.site, 7, "486 Busy Here");
        phone.dial(typed);
        phone.sees("The line is busy.");
        called.finish(SOON);
    }

    /// Waits until a number of a call is kept, as one that becomes another by rules that are to be.
    #[track_caller]
    fn keeps(&self, kind: &str, text: &str, change: impl FnOnce(&mut Value)) {
        let stored = self.server.control("GET", &self.location, "").json();
        let mut draft = stored["object"].clone();
        change(&mut draft);
        let question = json!({ "location": stored["id"], "draft": draft }).to_string();
        eventually("the number is kept", SOON, || {
            let answer = self.server.control("POST", "/api/v1/admin/numbers/what-if", &question);
            let all = answer.json()["changed"].as_array().cloned().unwrap_or_default();
            let is_it = |changed: &Value| changed["kind"] == kind && changed["text"] == text;
            if all.iter().any(is_it) { Ok(()) } else { Err(answer.text) }
        });
    }
}

#[test]
fn what_is_typed_reaches_the_extension_or_the_number_outside() {
    let stage = stage("numbers-out", &["0089777", "9089777"]);
    let mut called = Baresip::start(&stage.site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    let phone = Softphone::sign_in(&stage.server, "alice");
    phone.dial("030 1234 200");
    called.wait("CALL_INCOMING");
    phone.click("Hang up");
    called.wait("CALL_CLOSED");
    stage.reaches(&phone, "+49 89 777");
    // Another code for an outside line counts for the next call.
    let other = json!({ "access_codes": { "national": "9" } });
    let changed = stage.server.control("PATCH", &stage.location, &other.to_string());
    assert_eq!(changed.status, 200, "{}", changed.text);
    stage.counts(2);
    stage.reaches(&phone, "+49 89 777");
    assert!(stage._pbx.log().contains("9089777"), "the PBX was asked for it");

    // What was typed is known when somebody thinks of changing rules.
    stage.keeps("typed", "+49 89 777", |draft| draft["access_codes"]["national"] = json!("7"));
}

#[test]
fn an_emergency_call_says_where_the_client_is() {
    let stage = stage("numbers-emergency", &["81112"]);
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.reaches(&phone, "112");
    // Nobody is to come because an administrator tries something out: the location knows the number however it is written.
    let lines = stage.server.control("GET", "/api/v1/admin/lines", "").json();
    let line = lines["items"][0]["id"].as_str().expect("there is a line").to_owned();
    for number in ["0112", "!112", "01 10"] {
        let question = json!({ "number": number }).to_string();
        let refused = stage.server.control("POST", &format!("/api/v1/admin/lines/{line}/test-call"), &question);
        assert_eq!(refused.json()["errors"][0]["code"], "emergency_number", "{number}: {}", refused.text);
    }
}

#[test]
fn a_caller_is_shown_as_people_write_numbers() {
    let stage = stage("numbers-in", &[]);
    let pbx = stage.site.socket(kamailio::HOST, 5060);
    let cookie = sign_in(&stage.server, "/api/v1/session", "alice");
    let phone = Softphone::sign_in(&stage.server, "alice");
    let words = [("@FROM@", "<sip:0089123456@[local_ip]>")];
    let _caller = Sipp::play(&stage.site, &Part { calls: Some((pbx, "100")), words: &words, ..Part::new("call", 8) });
    phone.rings();
    let calls = http::ask(stage.server.http(), "GET", "/api/v1/calls", &[("cookie", &cookie)], "").json();
    let of = |key: &str| find(&calls, key);
    assert_eq!((of("number").as_deref(), of("shown").as_deref()), (Some("+4989123456"), Some("+49 (89) 123456")));
    phone.click("Decline");
    stage.keeps("caller", "0089123456", |draft| draft["strip"]["incoming"] = json!(["7"]));
}

#[test]
fn a_colleague_who_calls_is_shown_by_name_and_picture_as_far_as_rights_go() {
    let stage = stage("numbers-owner", &[]);
    let server = &stage.server;
    server.grant("team_member");
    let root = Asker::administrator(server, ADMINISTRATOR);
    let bens_id = find(&root.get(&format!("{USERS}?search=ben")), "id").expect("he is there");
    let headers = [("cookie", root.cookie.as_str()), ("content-type", "image/png")];
    let green = image(96, 96, ImageFormat::Png, GREEN);
    let set = http::ask(server.http(), "PUT", &format!("{USERS}/{bens_id}/picture"), &headers, &green);
    assert_eq!(set.status, 204, "{}", set.text);
    let [alice, ben] = ["alice", "ben"].map(|user| Softphone::sign_in(server, user));
    let cookie = sign_in(server, "/api/v1/session", "alice");
    let shown = || {
        let calls = http::ask(server.http(), "GET", "/api/v1/calls", &[("cookie", &cookie)], "").json();
        ["shown", "name", "picture"].map(|key| calls["calls"][0][key].as_str().unwrap_or_default().to_owned())
    };

    // The PBX says 101 and no name.
    ben.dial("030 1234 100");
    alice.rings();
    alice.sees("ben");
    let [number, name, picture] = shown();
    assert_eq!((number.as_str(), name.as_str()), ("101", "ben"));
    assert!(picture.starts_with(&format!("/api/v1/users/{bens_id}/picture?")), "{picture}");
    for (rights, expected) in [(json!(["see_display_name"]), "ben"), (json!(["see_numbers"]), "")] {
        let patch = json!({ "grant": { "level": "special", "rights": rights } }).to_string();
        let changed = server.control("PATCH", "/api/v1/admin/settings", &patch);
        assert_eq!(changed.status, 200, "{}", changed.text);
        // When that is done, all changes count.
        assert!(server.run(&["reload"]).status.success());
        assert_eq!(shown(), ["101", expected, ""], "{rights}");
    }
    alice.click("Decline");
}

#[test]
fn a_capture_replays_without_the_rules() {
    for (name, numbers) in [("numbers-plain", "plain"), ("numbers-pseudonyms", "pseudonyms")] {
        let stage = stage_with(name, &["0089777"], &format!("[capture]\nnumbers = \"{numbers}\"\n"));
        let phone = Softphone::sign_in(&stage.server, "alice");
        capture(&stage.server, &["on", "--group", "main"]);
        stage.reaches(&phone, "+49 89 777");
        capture(&stage.server, &["off", "--group", "main"]);
        let file = files(&stage.server).pop().expect("there is a file");
        let replay = Command::new(env!("CARGO_BIN_EXE_offhook")).args(["replay", "--brief"]).arg(&file).output();
        let decided = String::from_utf8_lossy(&replay.expect("the program can be started").stdout).into_owned();
        assert_eq!(decided.matches("Replayed to the same ").count(), 1, "{numbers}: {decided}");
    }
}

/// The first text with a key, wherever it stands.
fn find(value: &Value, key: &str) -> Option<String> {
    match value {
        Value::Object(members) => match members.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => members.values().find_map(|value| find(value, key)),
        },
        Value::Array(values) => values.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}
