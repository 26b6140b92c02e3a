//! Signing in: guessing is slowed down, a second factor is set up and asked for, sessions are seen and ended.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::site::{Asker, USERS, alone, wrong};
use crate::support::http::{self, Answer};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::{Socket, sign_in};
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

const SESSION: &str = "/api/v1/session";
/// Well below what passes until a socket asks by itself whether its session goes on.
const AT_ONCE: Duration = Duration::from_secs(8);

/// Somebody who signs in from one of the site's addresses.
struct From<'s>(&'s Site, &'s Offhook, u8);

impl From<'_> {
    #[track_caller]
    fn sign_in(&self, name: &str, password: &str) -> Answer {
        let From(site, server, host) = self;
        let body = json!({ "name": name, "password": password }).to_string();
        let json = [("content-type", "application/json"), ("user-agent", "curl/8.5.0")];
        http::ask_from(site.address(*host), server.http(), "POST", SESSION, &json, &body)
    }
}

/// The answer that one can tell accounts by, if there is one: all but when it was given.
fn seen(answer: &Answer) -> (u16, Value, String) {
    (answer.status, answer.json(), answer.header("retry-after").to_owned())
}

#[test]
fn who_guesses_is_slowed_down_and_who_is_known_gets_in() {
    let (site, server) = alone("sign-in-guess");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let (home, thief) = (From(&site, &server, 50), From(&site, &server, 60));
    assert_eq!(home.sign_in("alice", PASSWORD).status, 200);
    for name in ["alice", "nobody"] {
        for _ in 0..5 {
            let answer = thief.sign_in(name, "guess");
            assert_eq!((answer.status, answer.json()["cause"]["code"].as_str()), (401, Some("sign_in_failed")));
        }
    }
    // Each is refused unchecked until its pause is over, and then may try once.
    let refused = |who: &From<'_>, name: &str, password: &str| {
        let mut answers = (0..20).map(|_| who.sign_in(name, password));
        answers.find(|answer| answer.status == 429).expect("it has to wait")
    };
    let (known, unknown) = (refused(&thief, "alice", "guess"), refused(&thief, "nobody", "guess"));
    let (known, unknown) = (seen(&known), seen(&unknown));
    assert_eq!((known.0, &known.1), (unknown.0, &unknown.1), "they cannot be told apart");
    assert!(known.2.parse::<u64>().is_ok_and(|wait| wait >= 1), "{known:?}");
    assert_eq!(home.sign_in("alice", PASSWORD).status, 200, "she is known there");

    // The pauses are long enough by now for what follows.
    for _ in 0..20 {
        let answer = thief.sign_in("alice", "guess");
        let wait: u64 = answer.header("retry-after").parse().unwrap_or_default();
        if wait > 30 {
            break;
        }
        eventually("the pause is over", SOON * 3, || match thief.sign_in("alice", "guess").status {
            401 => Ok(()),
            status => Err(status.to_string()),
        });
    }
    let list = root.get(&format!("{USERS}?search=alice"));
    let alice = format!("{USERS}/{}", list["items"][0]["id"].as_str().expect("it has an id"));
    let locks = root.get("/api/v1/admin/locks");
    assert_eq!(locks["users"][0]["login"], "alice", "{locks}");
    let lock = root.get(&format!("{alice}/security"))["lock"].clone();
    assert!(lock["failures"].as_u64() >= Some(9), "{lock}");
    assert_eq!(From(&site, &server, 61).sign_in("alice", PASSWORD).status, 429, "nobody knows her there");
    assert_eq!(root.ask("DELETE", &format!("{alice}/lock"), &[], "").status, 204);
    assert_eq!(From(&site, &server, 61).sign_in("alice", PASSWORD).status, 200);
    assert_eq!(root.get(&format!("{alice}/security"))["lock"], Value::Null);
    assert_eq!(root.get("/api/v1/admin/audit?kind=user")["entries"][0]["action"], "unlock");

    let attempts = root.get("/api/v1/admin/sign-ins?limit=500");
    let entries = attempts["entries"].as_array().expect("it has entries");
    assert_eq!((&entries[0]["login"], &entries[0]["outcome"]), (&json!("alice"), &json!("signed_in")));
    assert_eq!(entries[0]["address"], site.address(61).to_string());
    let nobody = entries.iter().find(|entry| entry["object"] == Value::Null).expect("somebody unknown is noted");
    assert_eq!((&nobody["login"], &nobody["outcome"]), (&json!(""), &json!("wrong_password")));
    assert!(!attempts.to_string().contains("nobody") && !server.log().contains("nobody"), "it may be a password");
}

/// What an authenticator app shows that has the secret.
fn code(secret: &str, when: &str) -> String {
    let output = Command::new("oathtool").args(["--totp", "--base32", "--now", when, secret]).output();
    let output = output.expect("oathtool runs");
    String::from_utf8(output.stdout).expect("it is a number").trim().to_owned()
}

#[test]
fn who_comes_by_a_trusted_proxy_is_known_by_their_own_address() {
    let site = Site::new("sign-in-proxy");
    let pbxes = vec![Pbx::fixed(&site, "pbx", 7)];
    let more = format!("[http]\ntrusted_proxies = [\"{}\"]\n", site.address(50));
    let server =
        Offhook::start(&site, &Settings { pbxes, users: vec![("alice", Vec::new())], more, ..Settings::default() });
    let body = json!({ "name": "alice", "password": PASSWORD }).to_string();
    for (host, seen) in [(50, "203.0.113.9".to_owned()), (60, site.address(60).to_string())] {
        let json = [("content-type", "application/json"), ("x-forwarded-for", "198.51.100.1, 203.0.113.9")];
        let answer = http::ask_from(site.address(host), server.http(), "POST", SESSION, &json, &body);
        let cookie = answer.cookie.expect("it signs in");
        let headers = [("cookie", cookie.as_str())];
        let sessions = http::ask(server.http(), "GET", &format!("{SESSION}/sessions"), &headers, "").json();
        let all = sessions["sessions"].as_array().expect("there are sessions");
        let own = all.iter().find(|session| session["current"] == true).expect("it is among them");
        assert_eq!(own["address"], seen, "{sessions}");
    }
}

#[test]
fn a_second_factor_is_asked_for_once_it_is_set_up() {
    let (_site, server) = alone("sign-in-totp");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let nina = root.create(USERS, &json!({ "login": "nina", "display_name": "Nina" }));
    root.set_password(&nina, PASSWORD);
    let enter = |password: &str, code: Option<&str>| {
        let body = json!({ "name": "nina", "password": password, "code": code }).to_string();
        http::ask(server.http(), "POST", SESSION, &[("content-type", "application/json")], &body)
    };
    let cookie = eventually("Nina can sign in", SOON, || {
        let answer = enter(PASSWORD, None);
        answer.cookie.ok_or(answer.text)
    });
    let page = Asker { server: &server, cookie };
    let totp = format!("{SESSION}/totp");
    let refused = page.send("POST", &totp, &[], &json!({ "password": "guess" }));
    assert_eq!(wrong(&refused), (422, "/password".into(), "not_your_password".into()));
    let begun = page.send("POST", &totp, &[], &json!({ "password": PASSWORD })).json();
    let secret = begun["secret"].as_str().expect("there is a secret").to_owned();
    assert!(begun["url"].as_str().is_some_and(|url| url.contains(&format!("secret={secret}"))), "{begun}");
    assert!(begun["qr"].as_str().is_some_and(|qr| qr.contains("<svg")), "{begun}");
    let refused = page.send("PUT", &totp, &[], &json!({ "code": "000000" }));
    assert_eq!(wrong(&refused), (422, "/code".into(), "wrong_code".into()));
    assert_eq!(enter(PASSWORD, None).status, 200, "it does not count before it is confirmed");
    let confirmed = page.send("PUT", &totp, &[], &json!({ "code": code(&secret, "now") }));
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let codes = confirmed.json()["recovery_codes"].clone();
    assert_eq!(codes.as_array().map(Vec::len), Some(10));

    let asked = |answer: &Answer| (answer.status, answer.json()["cause"]["code"].clone());
    assert_eq!(asked(&enter(PASSWORD, None)), (401, json!("code_needed")));
    assert_eq!(asked(&enter("guess", Some(&code(&secret, "now")))), (401, json!("sign_in_failed")));
    assert_eq!(asked(&enter(PASSWORD, Some(&code(&secret, "now")))), (401, json!("code_wrong")), "it was used");
    // The next one counts already: clocks differ.
    let next = code(&secret, "now + 30 seconds");
    let entered = enter(PASSWORD, Some(&next));
    assert_eq!(entered.status, 200, "{}", entered.text);
    assert_eq!(asked(&enter(PASSWORD, Some(&next))), (401, json!("code_wrong")));
    let recovery = codes[4].as_str();
    assert_eq!((enter(PASSWORD, recovery).status, enter(PASSWORD, recovery).status), (200, 401));
    let security = root.get(&format!("{nina}/security"));
    assert_eq!(security["second_factor"]["recovery_codes"], 9);

    // Nobody is let in by the database either: it has only what is sealed.
    let data = std::fs::read(server.dir().join("data/offhook.sqlite")).expect("the database can be read");
    let wal = std::fs::read(server.dir().join("data/offhook.sqlite-wal")).unwrap_or_default();
    for told in [secret.as_str(), recovery.expect("it is text")] {
        let is_in = |octets: &[u8]| octets.windows(told.len()).any(|window| window == told.as_bytes());
        assert!(!is_in(&data) && !is_in(&wal) && !server.log().contains(told));
    }
    assert_eq!(root.ask("DELETE", &format!("{nina}/totp"), &[], "").status, 204);
    assert_eq!(enter(PASSWORD, None).status, 200);
    let audit = root.get("/api/v1/admin/audit?kind=user&limit=10");
    let entries = audit["entries"].as_array().expect("it has entries");
    let totp: Vec<_> = entries.iter().filter(|entry| entry["after"] == "totp").map(|entry| &entry["action"]).collect();
    assert_eq!(totp, ["remove_secret", "set_secret"]);
    assert!(!audit.to_string().contains(&secret));
}

#[test]
fn who_needs_a_second_factor_can_do_nothing_before_it_is_set_up() {
    let (_site, server) = alone("sign-in-demanded");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let alice = sign_in(&server, SESSION, "alice");
    let mut socket = Socket::open(&server, &alice);
    let demand = |rule: &str| {
        let change = json!({ "second_factor": rule });
        root.send("PATCH", "/api/v1/admin/settings", &[("if-match", "*")], &change)
    };
    assert_eq!(demand("everybody").status, 200);
    let user = Asker { server: &server, cookie: alice };
    eventually("it counts", SOON, || match user.ask("GET", "/api/v1/lines", &[], "").status {
        403 => Ok(()),
        status => Err(status.to_string()),
    });
    assert_eq!(user.get(SESSION)["user"]["second_factor_missing"], true);
    assert_eq!(socket.ask(json!({ "type": "ping" }))["status"], "ok", "who telephones is left alone");
    let refused = root.ask("GET", USERS, &[], "");
    assert_eq!(wrong(&refused), (403, String::new(), "second_factor_missing".into()));

    let totp = format!("{SESSION}/totp");
    let begun = user.send("POST", &totp, &[], &json!({})).json();
    let secret = begun["secret"].as_str().expect("no password is asked for");
    assert_eq!(user.send("PUT", &totp, &[], &json!({ "code": code(secret, "now") })).status, 200);
    assert_eq!(user.ask("GET", "/api/v1/lines", &[], "").status, 200);
    let refused = user.send("POST", &format!("{totp}/remove"), &[], &json!({ "password": PASSWORD }));
    assert_eq!(wrong(&refused), (409, String::new(), "second_factor_needed".into()));
}

#[test]
fn people_see_and_end_their_sessions_and_change_their_password() {
    let (_site, server) = alone("sign-in-sessions");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let rosa = root.create(USERS, &json!({ "login": "rosa", "display_name": "Rosa" }));
    root.set_password(&rosa, PASSWORD);
    eventually("Rosa can sign in", SOON, || {
        let body = json!({ "name": "rosa", "password": PASSWORD }).to_string();
        let json = [("content-type", "application/json"), ("user-agent", "curl/8.5.0")];
        http::ask(server.http(), "POST", SESSION, &json, &body).cookie.ok_or("not yet".to_owned())
    });
    let page = Asker { server: &server, cookie: sign_in(&server, SESSION, "rosa") };
    let other = sign_in(&server, SESSION, "rosa");
    let (mut here, mut there) = (Socket::open(&server, &page.cookie), Socket::open(&server, &other));
    let sessions = page.get(&format!("{SESSION}/sessions"))["sessions"].clone();
    let told = |at: usize| (&sessions[at]["current"], &sessions[at]["address"], &sessions[at]["user_agent"]);
    assert_eq!(sessions.as_array().map(Vec::len), Some(3), "{sessions}");
    let current = (0..3).find(|&at| sessions[at]["current"] == true).expect("it is one of them");
    let first = (0..3).find(|&at| sessions[at]["user_agent"] == "curl/8.5.0").expect("that, too");
    assert_eq!(told(first), (&json!(false), &json!("127.0.0.1"), &json!("curl/8.5.0")));
    let another = (0..3).find(|&at| at != current && at != first).expect("there are three");

    let end =
        |session: &Value| page.ask("DELETE", &format!("{SESSION}/sessions/{}", session.as_str().unwrap()), &[], "");
    assert_eq!(end(&sessions[another]["id"]).status, 204);
    assert_eq!(there.closed_within(AT_ONCE), 4401);
    assert_eq!(end(&sessions[another]["id"]).status, 404);
    assert_eq!(here.ask(json!({ "type": "ping" }))["status"], "ok", "the others stay");

    // Of somebody else nothing is seen or ended.
    let alice = Asker { server: &server, cookie: sign_in(&server, SESSION, "alice") };
    let route = format!("{SESSION}/sessions/{}", sessions[first]["id"].as_str().unwrap());
    assert_eq!(alice.ask("DELETE", &route, &[], "").status, 404);

    let change = |old: &str, new: &str| {
        page.send("PUT", &format!("{SESSION}/password"), &[], &json!({ "old": old, "new": new }))
    };
    assert_eq!(wrong(&change("guess", "Kakadu-4711")), (422, "/old".into(), "not_your_password".into()));
    assert_eq!(wrong(&change(PASSWORD, "short")), (422, "/new".into(), "password_too_short".into()));
    assert_eq!(change(PASSWORD, "Kakadu-4711").status, 204);
    assert_eq!(here.ask(json!({ "type": "ping" }))["status"], "ok", "who changes it stays signed in");
    assert_eq!(page.get(&format!("{SESSION}/sessions"))["sessions"].as_array().map(Vec::len), Some(1));
    let audit = root.get("/api/v1/admin/audit?kind=user&limit=1")["entries"][0].clone();
    assert_eq!(
        (&audit["action"], &audit["actor_kind"], &audit["actor_title"]),
        (&json!("set_secret"), &json!("user"), &json!("Rosa"))
    );
    let alice =
        alice.send("PUT", &format!("{SESSION}/password"), &[], &json!({ "old": PASSWORD, "new": "Kakadu-4711" }));
    assert_eq!(wrong(&alice), (409, String::new(), "set_in_file".into()));

    // An administrator sees the same, and signs her out.
    let shown = root.get(&format!("{rosa}/sessions"));
    assert_eq!(
        (shown["sessions"].as_array().map(Vec::len), &shown["sessions"][0]["current"]),
        (Some(1), &json!(false))
    );
    assert_eq!(root.ask("DELETE", &format!("{rosa}/sessions"), &[], "").json()["ended"], 1);
    assert_eq!(here.closed_within(AT_ONCE), 4401);
    assert_eq!(page.ask("GET", SESSION, &[], "").status, 401);
    assert_eq!(root.get("/api/v1/admin/audit?kind=user&limit=1")["entries"][0]["action"], "end_sessions");
}

#[test]
fn the_last_use_of_a_token_is_told() {
    let (_site, server) = alone("sign-in-token");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let body = json!({ "name": "reader", "scopes": ["read_only"] });
    let made = root.send("POST", "/api/v1/admin/tokens", &[], &body).json();
    assert_eq!(root.get("/api/v1/admin/token-uses")["uses"], json!([]));
    let bearer = format!("Bearer {}", made["token"].as_str().expect("it is told once"));
    let ask = || http::ask(server.http(), "GET", USERS, &[("authorization", &bearer)], "").status;
    assert_eq!((ask(), ask()), (200, 200));
    let used = root.get("/api/v1/admin/token-uses")["uses"].clone();
    assert_eq!((&used[0]["token"], &used[0]["address"]), (&made["stored"]["id"], &json!("127.0.0.1")));
}

#[test]
fn a_person_sets_a_second_factor_up_in_the_app_and_signs_in_with_it() {
    let (_site, server) = alone("sign-in-page");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let vera = root.create(USERS, &json!({ "login": "vera", "display_name": "Vera" }));
    root.set_password(&vera, PASSWORD);
    let mut page = Softphone::open(&server.url(), false);
    eventually("Vera can sign in", SOON, || {
        let body = json!({ "name": "vera", "password": PASSWORD }).to_string();
        let answer = http::ask(server.http(), "POST", SESSION, &[("content-type", "application/json")], &body);
        answer.cookie.ok_or(answer.text)
    });
    page.enter("vera", PASSWORD);
    page.sees("Vera");
    page.click("Settings");
    page.evaluate("[...document.querySelectorAll('[role=tab]')].find(tab => tab.innerText === 'Security').click()");
    page.sees("this browser");
    page.click("Set up");
    page.fill("Your password", PASSWORD);
    page.click("Continue");
    page.sees("Code that the app shows");
    let secret = page.text_of("[role=dialog] code").replace(' ', "");
    page.fill("Code that the app shows", &code(&secret, "now"));
    page.click("Check the code");
    page.sees("Your recovery codes");
    let recovery = page.text_of("[aria-label='Your recovery codes'] li");
    page.click("I have kept the codes");
    page.sees("10 recovery codes are left.");
    page.evaluate("fetch('/api/v1/session', { method: 'DELETE' }).then(() => location.reload())");
    page.sees("User name");
    page.enter("vera", PASSWORD);
    page.sees("Enter the code that your authenticator app shows");
    page.fill("Code", "000000");
    page.click("Sign in");
    page.sees("This code is wrong, or was used before.");
    page.fill("Code", &recovery.to_lowercase());
    page.click("Sign in");
    page.sees("Vera");
    page.has_button("Settings");
}
