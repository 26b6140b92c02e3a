//! Computers with telephones beside them: a browser is paired with one, and who signs in there has these lines.

use serde_json::{Value, json};

use crate::site::{Asker, USERS, wrong};
use crate::support::baresip::{self, Baresip};
use crate::support::http::{self, Answer};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::{Socket, sign_in};
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

const COMPUTERS: &str = "/api/v1/admin/computers";

/// Alice, who has a line, Ben, who has none, and a computer beside which stands another one.
struct Stage {
    server: Offhook,
    site: Site,
    computer: String,
    _pbx: Kamailio,
}

impl Stage {
    fn start(name: &str) -> Stage {
        let site = Site::new(name);
        let pbx = Kamailio::start(&site, &Default::default());
        let pbxes = vec![Pbx { lines: vec!["100", "101"], ..Pbx::default() }];
        let server = Offhook::start(&site, &Settings { pbxes, users: Vec::new(), ..Settings::default() });
        pbx.wait("bound 101", 1);
        let root = Asker::administrator(&server, ADMINISTRATOR);
        for (login, line) in [("alice", "100"), ("ben", "")] {
            let user = json!({ "login": login, "display_name": login, "phones": { "business": line } });
            root.set_password(&root.create(USERS, &user), PASSWORD);
        }
        let computer = root.create(COMPUTERS, &json!({ "name": "DESK-12", "first_phone": "101" }));
        Stage { server, site, computer, _pbx: pbx }
    }

    fn root(&self) -> Asker<'_> {
        Asker::administrator(&self.server, ADMINISTRATOR)
    }

    /// The code of a new link.
    #[track_caller]
    fn code(&self) -> String {
        let made = self.root().send("POST", &format!("{}/pairing", self.computer), &[], &Value::Null);
        assert_eq!(made.status, 200, "{}", made.text);
        made.json()["code"].as_str().expect("there is a code").to_owned()
    }

    /// A browser opens a link.
    fn pair(&self, code: &str) -> Answer {
        let headers = [("content-type", "application/json")];
        http::ask(self.server.http(), "POST", "/api/v1/computer", &headers, json!({ "code": code }).to_string())
    }

    /// Changes the computer.
    #[track_caller]
    fn change(&self, patch: &Value) {
        let changed = self.root().send("PATCH", &self.computer, &[("if-match", "*")], patch);
        assert_eq!(changed.status, 200, "{}", changed.text);
    }
}

/// The numbers of a user's own lines.
fn numbers(asker: &Asker<'_>) -> Vec<String> {
    let lines = asker.get("/api/v1/lines");
    let lines = lines["lines"].as_array().expect("there are lines").iter();
    lines.filter_map(|line| line["number"].as_str().map(str::to_owned)).collect()
}

#[track_caller]
fn has(asker: &Asker<'_>, expected: &[&str]) {
    eventually("the lines are those that are expected", SOON, || {
        let found = numbers(asker);
        if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
    });
}

#[test]
fn a_link_pairs_one_browser_and_the_pairing_ends_when_an_administrator_wants() {
    let stage = Stage::start("computers-link");
    let root = stage.root();
    let pairing = format!("{}/pairing", stage.computer);
    assert_eq!(root.get(&pairing), json!({ "paired": false, "users": [] }));
    let code = stage.code();
    let paired = stage.pair(&code);
    assert_eq!((paired.status, paired.json()), (200, json!({ "name": "DESK-12" })), "{}", paired.text);
    let cookie = paired.cookie.clone().expect("the browser keeps it");
    assert!(paired.text.contains("HttpOnly; SameSite=Strict"), "{}", paired.text);
    assert_eq!(wrong(&stage.pair(&code)).2, "pairing_ended", "a link works once");
    assert_eq!(wrong(&stage.pair("guessed")).2, "pairing_ended");
    let here =
        |cookie: &str| http::ask(stage.server.http(), "GET", "/api/v1/computer", &[("cookie", cookie)], "").json();
    assert_eq!(here(&cookie), json!({ "name": "DESK-12" }));
    assert_eq!(here("offhook-computer=00000000000000000000.x"), json!({ "name": null }));
    let (name, token) = cookie.split_once('=').expect("it has a name");
    let (id, _) = token.split_once('.').expect("it names the computer");
    assert_eq!(here(&format!("{name}={id}.guessed")), json!({ "name": null }), "the name alone is nothing");

    let session = sign_in(&stage.server, "/api/v1/session", "ben");
    let bens = Asker::of(&stage.server, session.clone());
    let elsewhere = Socket::open(&stage.server, &session);
    assert_eq!(elsewhere.hello["lines"], json!([]));
    let both = format!("{session}; {cookie}");
    let came = Socket::open(&stage.server, &both);
    has(&bens, &["101"]);
    // Who gets a line begins anew with all there is, as a browser does.
    let there = Socket::open(&stage.server, &both);
    assert_eq!(there.hello["lines"][0]["number"], "101");
    drop((elsewhere, came));
    let lines = root.get(&format!("{USERS}?search=ben"));
    let ben = format!("{USERS}/{}", lines["items"][0]["id"].as_str().unwrap_or_default());
    let line = root.get(&format!("{ben}/lines"))["lines"][0].clone();
    assert_eq!((&line["by"], &line["place"], &line["owner"]), (&json!("first_beside"), &json!("first"), &json!(true)));
    assert_eq!(root.get(&pairing)["users"][0]["login"], "ben");

    assert_eq!(root.ask("DELETE", &pairing, &[], "").status, 204);
    has(&bens, &[]);
    assert_eq!(here(&cookie), json!({ "name": null }));
    assert_eq!(root.get(&pairing), json!({ "paired": false, "users": [] }));
    drop(there);
    let audit = root.ask("GET", "/api/v1/admin/audit", &[], "");
    assert!(!audit.text.contains(token), "what the browser keeps is nowhere else");
}

#[test]
fn who_signs_in_at_a_computer_telephones_with_what_stands_beside_it() {
    let stage = Stage::start("computers-browser");
    let mut phone = Baresip::start(&stage.site, &baresip::Settings { user: "200", host: 10, ..Default::default() });
    let mut page = Softphone::open(&format!("{}#pair={}", stage.server.url(), stage.code()), true);
    page.sees("This browser is paired with DESK-12");
    page.enter("ben", PASSWORD);
    page.sees("101");
    page.wait_registered();
    phone.dial("101");
    page.rings();
    page.click("Answer");
    page.wait_connected();
    phone.wait("CALL_ESTABLISHED");
    page.click("Hang up");
    phone.wait("CALL_CLOSED");

    // Only authorised users may dial: Ben sees the line, and no more.
    stage.change(&json!({ "only_authorized_dial": true }));
    page.sees("Lines of others");
    page.sees("No line is assigned to you.");
    let bens = Asker::of(&stage.server, sign_in(&stage.server, "/api/v1/session", "ben"));
    has(&bens, &[]);
    let line = bens.get("/api/v1/lines")["monitored_lines"][0]["id"].clone();
    let call =
        bens.send("POST", "/api/v1/commands", &[], &json!({ "type": "make_call", "line": line, "number": "200" }));
    assert_eq!((call.status, &call.json()["cause"]["code"]), (403, &json!("line_not_yours")), "{}", call.text);
    phone.dial("101");
    page.sees("Call from 200");
    page.has_no_button("Answer");
    phone.hang_up();
    stage.change(&json!({ "only_authorized_dial": false }));
    page.sees_no_more("Lines of others");
    page.dial("200");
    page.wait_connected();
    page.click("Hang up");

    // The telephones stay when the person goes.
    page.click("Sign out");
    page.sees("Sign in");
    has(&bens, &[]);
    page.enter("alice", PASSWORD);
    page.sees("100");
    page.sees("101");
    page.click("Settings");
    page.evaluate("[...document.querySelectorAll('[role=tab]')].find((tab) => tab.innerText === 'General').click()");
    page.sees("This browser is paired with DESK-12.");
    page.click("End the pairing");
    page.sees("This browser is no longer paired with a computer.");
    page.reload();
    let alices = Asker::of(&stage.server, sign_in(&stage.server, "/api/v1/session", "alice"));
    has(&alices, &["100"]);
}
