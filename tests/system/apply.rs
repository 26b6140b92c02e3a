//! `offhook apply`: a whole site from a file, said before it is done, done once, and done whole or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use serde_json::Value;

use crate::support::http;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;

const SITE: &str = r#"
[settings]
presence_domain = "office.example"

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
    let password = server.dir().join("ben.password");
    for (path, text) in [(&file, SITE), (&password, "from its own file\n")] {
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
    for part in
        ["+ user Anna Berger", "+ group Sales", "leader: \"Anna Berger\"", "password: set", "Nothing was changed"]
    {
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
    assert!(!server.log().contains("through the file"), "no password is logged");
}
