//! `offhook apply`: a whole site from a file, said before it is done, done once, and done whole or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use serde_json::{Value, json};

use crate::site::{Asker, alone};
use crate::support::http;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::{SOON, eventually};

const SITE: &str = r#"
[settings]
presence_domain = "office.example"

[[line_groups]]
name = "branch"
kind = "trunk-registrar"
user_name = "branch"
password = "of the branch"

[[lines]]
group = "branch"
user_name = "4711"
password_file = "line.password"

[[profiles]]
name = "Reception"

[[users]]
login = "anna"
display_name = "Anna Berger"
profile = "Reception"
password = "through the file"
phones = { business = "4711" }

[[users]]
login = "ben"
display_name = "Ben Maier"
password_file = "ben.password"

[[groups]]
name = "Sales"
leader = "anna"
members = ["anna", "ben"]
member_grant = { level = "team_member" }

[[computers]]
name = "desk-1"
"#;

/// What a run told, and its exit code.
fn told(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat();
    (output.status.code(), text)
}

#[test]
fn a_site_is_set_up_from_a_file_once() {
    let site = Site::new("apply");
    let pbxes = vec![Pbx::fixed(&site, "pbx", 7)];
    let server = Offhook::start(&site, &Settings { pbxes, users: vec![("alice", Vec::new())], ..Settings::default() });
    let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    let get = |route: &str| -> Value {
        let headers = [("cookie", cookie.as_str())];
        http::ask(server.http(), "GET", &format!("/api/v1/admin/{route}"), &headers, "").json()
    };
    let file = server.dir().join("site.toml");
    let [password, of_line] = ["ben.password", "line.password"].map(|name| server.dir().join(name));
    for (path, text) in [(&file, SITE), (&password, "from its own file\n"), (&of_line, "of the line\n")] {
        fs::write(path, text).expect("the file can be written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("they can be set");
    }
    let run = |text: &str, words: &[&str]| {
        fs::write(&file, text).expect("the file can be written");
        let name = file.to_string_lossy();
        told(&server.run(&[&["apply", &name], words].concat()))
    };

    let (code, text) = run(SITE, &["--dry-run"]);
    assert_eq!(code, Some(3), "{text}");
    for part in [
        "+ user Anna Berger",
        "+ group Sales",
        "leader: \"Anna Berger\"",
        "~ user anna\n    password: set",
        "+ line_group branch",
        "group: \"branch\"",
        "~ line_group branch\n    password: set",
        "~ line 4711\n    password: set",
        "Nothing was changed",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(get("users")["total"], 1, "only the one of the configuration file");

    let (code, text) = run(SITE, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(get("settings")["object"]["presence_domain"], "office.example");
    assert_eq!(get("audit?kind=group")["entries"][0]["action"], "apply");
    for (user, password) in [("anna", "through the file"), ("ben", "from its own file")] {
        let body = serde_json::json!({ "name": user, "password": password }).to_string();
        let json = [("content-type", "application/json")];
        let answer = http::ask(server.http(), "POST", "/api/v1/session", &json, &body);
        assert_eq!(answer.status, 200, "{user}: {}", answer.text);
    }

    let before = get("audit")["entries"][0]["id"].clone();
    for words in [&[][..], &["--dry-run"], &["--prune"]] {
        assert_eq!(run(SITE, words), (Some(0), "Everything is so already.\n".to_owned()));
    }
    assert_eq!(get("audit")["entries"][0]["id"], before, "nothing was changed");

    // One thing is wrong, so nothing is done.
    let wrong = SITE.replace("4711", "4712").replace("leader = \"anna\"", "leader = \"nobody\"");
    let (code, text) = run(&wrong, &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("/groups/0/leader") && text.contains("does not exist"), "{text}");
    assert_eq!(get("users?search=anna")["items"][0]["object"]["phones"]["business"], "4711");
    let (code, text) = run(&SITE.replace("through the file", "short"), &[]);
    assert_eq!((code, text.contains("/users/0/password")), (Some(1), true), "{text}");
    let (code, text) = run("[[users]\nlogin = \"secret\"", &[]);
    assert_eq!((code, text.contains("line 1"), text.contains("secret")), (Some(1), true, false), "{text}");

    // Another password for the PBX is told by whose it is.
    fs::write(&of_line, "another\n").expect("the file can be written");
    for (words, code) in [(&["--dry-run"][..], 3), (&[], 0), (&[], 0)] {
        let (ended, text) = run(SITE, words);
        assert_eq!(ended, Some(code), "{text}");
        let is_told = text.contains("~ line 4711\n    password: set");
        assert_eq!(is_told, !text.contains("Everything is so already."), "{text}");
    }
    let entry = get("audit?kind=line")["entries"][0].clone();
    assert_eq!((&entry["action"], &entry["title"]), (&"set_secret".into(), &"4711".into()), "{entry}");
    let (code, text) = run(&SITE.replace("password = \"of the branch\"", "password = \"\""), &[]);
    assert_eq!((code, text.contains("/line_groups/0/password")), (Some(1), true), "{text}");

    // Who is left out goes only when that is asked for.
    let fewer = SITE.replace("members = [\"anna\", \"ben\"]", "members = [\"anna\"]");
    let from = fewer.find("[[users]]\nlogin = \"ben\"").expect("it is there");
    let to = fewer.find("[[groups]]").expect("it is there");
    let fewer = fewer[..from].to_owned() + &fewer[to..];
    let (code, text) = run(&fewer, &[]);
    assert_eq!((code, text.contains("members: -\"Ben Maier\"")), (Some(0), true), "{text}");
    assert_eq!(get("users")["total"], 3);
    let (code, text) = run(&fewer, &["--prune"]);
    assert_eq!((code, text.contains("- user Ben Maier")), (Some(0), true), "{text}");
    assert_eq!(get("users")["total"], 2);
    for secret in ["through the file", "of the branch", "of the line"] {
        assert!(!server.log().contains(secret), "no password is logged");
    }
}

/// Users who have the password of this word, as a document.
fn users(password: &str) -> String {
    let user = |at: usize| json!({ "login": format!("user{at}"), "display_name": "User", "password": password });
    json!({ "users": (0..4).map(user).collect::<Vec<_>>() }).to_string()
}

#[test]
fn who_may_import_does_not_try_out_passwords_of_others() {
    let (_site, server) = alone("apply-guess");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let import = |query: &str, body: &str| {
        let answer =
            root.ask("POST", &format!("/api/v1/admin/import?{query}"), &[("content-type", "application/json")], body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let new = import("preview=true", &users("wonderland"));
    assert_eq!((&new["logins"].as_array().map(Vec::len), &new["uncompared"]), (&Some(4), &json!(0)));
    assert_eq!(import("", &users("wonderland"))["passwords"], 4);
    let [right, wrong] = ["wonderland", "something else"].map(|guess| import("preview=true", &users(guess)));
    assert_eq!(right, wrong);
    assert_eq!((&right["logins"], &right["uncompared"]), (&json!([]), &json!(4)));
    let latest = || root.get("/api/v1/admin/audit?kind=user")["entries"][0].clone();
    assert_eq!(latest()["action"], "set_secret");
    assert_eq!(import("", &users("wonderland"))["passwords"], 0);
    let noted = latest();
    assert_eq!(noted["action"], "compare_passwords");
    let names = ["user0", "user1", "user2", "user3"];
    assert_eq!(noted["after"], json!({ "names": names, "more": 0 }));
}

#[test]
fn what_is_changed_while_passwords_are_hashed_does_not_refuse_an_import() {
    let (_site, server) = alone("apply-meanwhile");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let json = [("content-type", "application/json")];
    assert_eq!(root.ask("POST", "/api/v1/admin/import", &json, &users("wonderland")).status, 200);
    let user = root.get("/api/v1/admin/users?search=user0")["items"][0]["id"].as_str().expect("it is there").to_owned();
    std::thread::scope(|scope| {
        let others = users("something else").replace("\"User\"", "\"Somebody\"");
        let (at, cookie) = (server.http(), root.cookie.clone());
        let running = scope.spawn(move || {
            let headers = [("cookie", cookie.as_str()), ("content-type", "application/json")];
            http::ask(at, "POST", "/api/v1/admin/import", &headers, &others)
        });
        eventually("the passwords are compared", SOON, || {
            match root.get("/api/v1/admin/audit?kind=user")["entries"][0]["action"].as_str() {
                Some("compare_passwords") => Ok(()),
                found => Err(format!("{found:?}")),
            }
        });
        let headers = [("if-match", "*")];
        let changed =
            root.send("PATCH", &format!("/api/v1/admin/users/{user}"), &headers, &json!({ "email": "a@b.example" }));
        assert_eq!(changed.status, 200, "{}", changed.text);
        let answer = running.join().expect("it answers");
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["passwords"], 4);
    });
    assert_eq!(root.get(&format!("/api/v1/admin/users/{user}"))["object"]["display_name"], "Somebody");
}
