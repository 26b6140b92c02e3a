//! Lines of others: who is shown them, what is seen of their calls, who may pick them up; and what a user may not use.

use serde_json::{Value, json};

use crate::support::baresip::{self, Baresip};
use crate::support::http;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::{Socket, sign_in};
use crate::support::softphone::Softphone;

const USERS: &str = "/api/v1/admin/users";

/// A server with two registered lines, a telephone beside them, and who administers it.
struct Stage {
    server: Offhook,
    cookie: String,
    phone: Baresip,
    _pbx: Kamailio,
    _site: Site,
}

impl Stage {
    fn start(name: &str) -> Stage {
        let site = Site::new(name);
        let pbx = Kamailio::start(&site, &Default::default());
        let pbxes = vec![Pbx { lines: vec!["100", "101"], ..Pbx::default() }];
        let server = Offhook::start(&site, &Settings { pbxes, users: Vec::new(), ..Settings::default() });
        pbx.wait("bound 101", 1);
        let phone = Baresip::start(&site, &baresip::Settings { user: "200", host: 10, ..Default::default() });
        let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
        Stage { server, cookie, phone, _pbx: pbx, _site: site }
    }

    /// Sends a change; gives where the object is.
    #[track_caller]
    fn send(&self, method: &str, route: &str, body: &Value) -> String {
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "application/json"), ("if-match", "*")];
        let answer = http::ask(self.server.http(), method, route, &headers, body.to_string());
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        answer.header("location").to_owned()
    }

    /// A user who has a line and can sign in.
    #[track_caller]
    fn user(&self, login: &str, display_name: &str, line: &str) -> String {
        let user = json!({ "login": login, "display_name": display_name, "phones": { "business": line } });
        let place = self.send("POST", USERS, &user);
        self.send("PUT", &format!("{place}/password"), &json!({ "password": PASSWORD }));
        place
    }

    #[track_caller]
    fn change(&self, place: &str, patch: &Value) {
        self.send("PATCH", place, patch);
    }
}

/// The additional line of Alice, with some of its rights.
fn additional(rights: &[&str]) -> Value {
    let mut line = json!({ "line": "100" });
    for right in rights {
        line[*right] = true.into();
    }
    json!({ "additional_lines": [line] })
}

#[test]
fn what_is_given_while_it_rings_is_seen_at_once_and_what_is_taken_away_is_gone() {
    let mut stage = Stage::start("rights-given");
    stage.user("alice", "Alice Adler", "100");
    let ben = stage.user("ben", "Ben Berg", "101");
    let [alice, bens] = ["alice", "ben"].map(|user| Softphone::sign_in(&stage.server, user));
    bens.sees_no_more("Lines of others");

    stage.change(&ben, &additional(&[]));
    bens.sees("Lines of others");
    bens.sees("Alice Adler");
    bens.sees("Free");
    stage.phone.dial("100");
    alice.rings();
    // That it rings, and not who calls.
    bens.sees("Ringing");
    assert!(!bens.all_text().contains("200"), "{}", bens.all_text());
    bens.has_no_button("Pick up the call at Alice Adler");
    bens.click("Pick up");
    bens.fill("Number where it rings or is parked", "100");
    bens.press("Enter");
    bens.sees("You may not pick up calls of this line.");

    stage.change(&ben, &additional(&["see_incoming"]));
    bens.sees("Call from 200");
    bens.has_no_button("Pick up the call at Alice Adler");
    stage.change(&ben, &additional(&["see_incoming", "pick_up"]));
    bens.click("Pick up the call at Alice Adler");
    bens.wait_connected();
    alice.rings_no_more();
    bens.click("Hang up");
    stage.phone.wait("CALL_CLOSED");

    stage.change(&ben, &json!({ "additional_lines": [] }));
    bens.sees_no_more("Lines of others");
}

#[test]
fn lines_of_people_in_the_monitor_are_seen_as_far_as_their_level_goes() {
    let stage = Stage::start("rights-monitor");
    let [alice, ben] = [("alice", "100"), ("ben", "101")].map(|(login, line)| stage.user(login, login, line));
    let id = |place: &str| place.rsplit('/').next().unwrap_or_default().to_owned();
    let groups = "/api/v1/admin/groups";
    let shown = stage.send("POST", groups, &json!({ "name": "shown", "members": [id(&alice)] }));
    let watching = json!({ "name": "watching", "members": [id(&ben)], "monitor_groups": [{ "group": id(&shown) }] });
    stage.send("POST", groups, &watching);
    let cookie = sign_in(&stage.server, "/api/v1/session", "ben");
    let mut bens = Socket::open(&stage.server, &cookie);
    // Everybody's level is "public", which tells nothing of lines.
    assert_eq!(bens.hello["monitored_lines"], json!([]), "{}", bens.hello);

    let settings = "/api/v1/admin/settings";
    let level = |level: &str| json!({ "monitor_grant": { "level": level } });
    stage.change(settings, &level("business"));
    let line = bens.wait("monitored_line")["line"].clone();
    assert_eq!((&line["number"], &line["owner"]), (&json!("100"), &json!("alice")));
    let rights = json!(["see_status", "see_outgoing", "see_incoming", "see_diversions", "see_diversion_number"]);
    assert_eq!(line["rights"], rights);
    let forwarding = json!({ "kind": "busy", "callers": "all", "to": "700", "after": null });
    let set = json!({ "type": "set_forwarding", "line": line["id"], "forwarding": forwarding });
    assert_eq!(bens.ask(set.clone())["cause"]["code"], "diversions_not_allowed");

    stage.change(settings, &level("personal"));
    assert!(bens.wait("monitored_line")["line"]["services"].to_string().contains("set_forwarding"));
    assert_eq!(bens.ask(set)["status"], "ok");
    stage.change(settings, &level("none"));
    assert_eq!(bens.wait("unmonitored_line")["line"], line["id"]);
}

#[test]
fn what_a_user_may_not_use_is_told_and_refused() {
    let stage = Stage::start("rights-services");
    stage.user("alice", "Alice Adler", "100");
    let alice = Softphone::sign_in(&stage.server, "alice");
    alice.has_button("Settings of line 100");
    let settings = "/api/v1/admin/settings";
    let services = |services: &[&str]| json!({ "services": services });
    stage.change(settings, &services(&["audio", "web_app"]));
    alice.has_no_button("Settings of line 100");
    stage.change(settings, &services(&["web_app", "control_lines"]));
    alice.has_button("Settings of line 100");
    alice.dial("200");
    alice.sees("You may not telephone in the browser.");
    // Who may not use the app at all is told so, and may again at once.
    stage.change(settings, &services(&["audio", "control_lines"]));
    alice.sees("You may not use the browser app.");
    stage.change(settings, &services(&["audio", "control_lines", "web_app"]));
    alice.sees_no_more("You may not use the browser app.");
    alice.dial("200");
    alice.wait_connected();
}
