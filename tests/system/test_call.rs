//! Test calls: the server calls a telephone by itself, and tells what becomes of that.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::http::{self, Answer as Reply};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::tap::Tap;
use crate::support::{SOON, eventually};

/// What the telephone's microphone hears.
const OWN: f64 = 550.0;
/// What the server plays.
const TONE: f64 = 1000.0;

/// An administrator.
struct Asker {
    at: SocketAddr,
    cookie: String,
}

impl Asker {
    fn of(server: &Offhook) -> Asker {
        Asker { at: server.http(), cookie: sign_in(server, "/api/v1/admin/session", ADMINISTRATOR) }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "application/json")];
        http::ask(self.at, method, path, &headers, body.to_string())
    }

    fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &Value::Null)
    }

    /// Calls a number from the first line.
    fn call(&self, number: &str) -> Reply {
        let lines = self.get("/api/v1/admin/lines").json();
        let line = lines["items"][0]["id"].as_str().expect("there is a line").to_owned();
        self.ask("POST", &format!("/api/v1/admin/lines/{line}/test-call"), &json!({ "number": number }))
    }

    #[track_caller]
    fn comes_to(&self, path: &str, outcomes: &[&str]) -> Value {
        eventually(&format!("the steps are {outcomes:?}"), SOON, || {
            let shown = self.get(path).json();
            let steps = shown["steps"].as_array().cloned().unwrap_or_default();
            let found: Vec<_> = steps.iter().map(|step| step["outcome"].as_str().unwrap_or_default()).collect();
            if found == outcomes { Ok(shown.clone()) } else { Err(shown.to_string()) }
        })
    }
}

#[test]
fn who_answers_hears_a_tone_then_their_own_voice() {
    let site = Site::new("test-call");
    let _pbx = Kamailio::start(&site, &Default::default());
    let rtp_ports = 40_000..40_100;
    let settings =
        baresip::Settings { user: "200", answer: Answer::WhenTold, tone: 550, rtp_ports, ..Default::default() };
    let tap = Tap::start(&site, settings.host, settings.rtp_ports.clone());
    let mut phone = Baresip::start(&site, &settings);
    let connection = Pbx { codecs: vec!["PCMA"], lines: vec!["100"], ..Default::default() };
    let server = Offhook::start(
        &site,
        &Settings { pbxes: vec![connection], users: vec![("alice", vec!["100"])], ..Settings::default() },
    );
    let asker = Asker::of(&server);
    let hears = |what: &str, tone: f64, other: f64| {
        eventually(what, SOON, || {
            let sound = tap.heard().and_then(|sound| sound.last(0.4)).ok_or("nothing yet")?;
            let so = sound.level(tone) > -40.0 && sound.level(other) < -43.0;
            if so { Ok(()) } else { Err(sound.to_string()) }
        });
    };

    let begun = asker.call("2 00");
    assert_eq!((begun.status, &begun.json()["number"]), (201, &json!("200")), "{}", begun.text);
    let path = begun.header("location").to_owned();
    phone.wait("CALL_INCOMING");
    asker.comes_to(&path, &["done", "done", "waiting", "waiting"]);
    phone.answer();
    hears("the tone is heard", TONE, OWN);
    hears("the own voice is heard", OWN, TONE);
    let shown = asker.comes_to(&path, &["done", "done", "done", "done"]);
    assert_eq!((&shown["over"], &shown["ok"], &shown["verdict"]), (&json!(false), &json!(true), &Value::Null));
    assert_eq!(asker.ask("DELETE", &path, &Value::Null).status, 204);
    phone.wait("CALL_CLOSED");
    eventually("it is over", SOON, || {
        let shown = asker.get(&path).json();
        if shown["over"] == true && shown["ok"] == true { Ok(()) } else { Err(shown.to_string()) }
    });
    let trace = format!("/api/v1/admin/calls/{}/trace", shown["id"].as_str().expect("it has a name"));
    assert_eq!(asker.get(&trace).status, 200);

    let begun = asker.call("999");
    let shown = asker.comes_to(begun.header("location"), &["failed", "skipped", "skipped", "skipped"]);
    assert_eq!(shown["verdict"]["code"], "unknown_number", "{shown}");
    let refused = asker.call("112");
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (422, &json!("emergency_number")));
    assert_eq!(asker.call("@").json()["errors"][0]["pointer"], "/number");
    assert_eq!(asker.get("/api/v1/admin/test-calls/12345").status, 404);
}

#[test]
fn a_line_that_does_not_register_says_why() {
    let site = Site::new("test-call-line");
    let _pbx = Kamailio::start(&site, &Default::default());
    let connection = Pbx { lines: vec!["100"], password: Some("wrong"), ..Default::default() };
    let users = vec![("alice", vec!["100"])];
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], users, ..Settings::default() });
    let asker = Asker::of(&server);
    eventually("the verdict is that of the line", SOON, || {
        let begun = asker.call("200");
        let shown = begun.json();
        let verdict = &shown["verdict"]["code"];
        if verdict == "wrong_password" { Ok(()) } else { Err(shown.to_string()) }
    });
}
