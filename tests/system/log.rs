//! The log of a running server, as an administrator has it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Settings};
use crate::support::site::Site;
use crate::support::{SOON, eventually, http};

/// Runs `offhook …` for a server.
fn command(server: &Offhook, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.args(arguments).arg("--config").arg(server.dir().join("offhook.toml"));
    command.env("OFFHOOK_LOG", "error").output().expect("the program can be started")
}

#[track_caller]
fn printed(server: &Offhook, arguments: &[&str]) -> String {
    let output = command(server, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

/// The log files of a server, beside its captures.
fn files(server: &Offhook) -> Vec<PathBuf> {
    let entries = fs::read_dir(server.dir().join("data/captures")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "log")).collect()
}

/// The lines in them.
fn lines(server: &Offhook) -> Vec<Value> {
    let texts = files(server).into_iter().map(|path| fs::read_to_string(path).expect("a file can be read"));
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    texts.flat_map(|text| text.lines().map(read).collect::<Vec<_>>()).collect()
}

#[test]
fn an_administrator_changes_levels_and_collects_the_log() {
    let site = Site::new("log");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let more = "[log]\nformat = \"json\"\n".to_owned();
    let mut server = Offhook::start(&site, &Settings { log: "info", more, ..Default::default() });
    pbx.wait("bound 100", 1);
    eventually("the registration is in the file with its line and line group", SOON, || {
        let lines = lines(&server);
        let told = |line: &&Value| line["message"] == "line" && line["fields"]["state"] == "Registered";
        match lines.iter().find(told) {
            Some(line) if line["line"] == "100" && line["group"] == "main" && line["area"] == "registration" => Ok(()),
            _ => Err(format!("{lines:?}")),
        }
    });

    printed(&server, &["log", "level", "registration", "debug"]);
    let shown = printed(&server, &["log", "show"]);
    for expected in ["registration  debug", "sip           info", "calls         info"] {
        assert!(shown.lines().any(|line| line == expected), "{expected}\n{shown}");
    }
    let wrong = command(&server, &["log", "level", "everything", "debug"]);
    let complaint = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && complaint.contains("there is no area \"everything\""), "{complaint}");
    printed(&server, &["reset-line", "100"]);
    pbx.wait("bound 100", 2);

    let http = server.http();
    let route = "/api/v1/admin/log/lines?area=registration&level=debug";
    assert_eq!(http::ask(http, "GET", route, &[], "").status, 401);
    let body = format!("{{\"name\":\"{ADMINISTRATOR}\",\"password\":\"{PASSWORD}\"}}");
    let json = ("content-type", "application/json");
    let cookie = http::ask(http, "POST", "/api/v1/admin/session", &[json], &body).cookie.expect("a cookie is set");
    let cookie = ("cookie", cookie.as_str());
    eventually("transitions of the registration are among the newest lines", SOON, || {
        let answer = http::ask(http, "GET", route, &[cookie], "");
        let told = answer.text.contains("\"target\":\"offhook_sip::registration\"");
        if answer.status == 200 && told { Ok(()) } else { Err(answer.text) }
    });
    let all = http::ask(http, "GET", "/api/v1/admin/log/lines?limit=2000", &[cookie], "").text;
    assert!(!all.contains("offhook_sip::session") && !all.contains("offhook_sip::transaction"), "{all}");
    assert!(all.contains("signed in") && all.contains(ADMINISTRATOR));
    let put = |body: &str| http::ask(http, "PUT", "/api/v1/admin/log", &[cookie, json], body).status;
    assert_eq!(put("{\"levels\":{\"sip\":\"trace\"}}"), 204);
    assert_eq!(put("{\"levels\":{\"sip\":\"loud\"}}"), 400);
    let shown = printed(&server, &["log", "show"]);
    assert!(shown.contains("registration  debug") && shown.contains("sip           trace"), "{shown}");

    let listed = printed(&server, &["log", "list"]);
    let name = listed.split_whitespace().next().expect("there is a file").to_owned();
    assert!(listed.contains("being written"), "{listed}");
    assert!(!command(&server, &["log", "delete", &name]).status.success(), "it is being written");
    let zip = server.dir().join("logs.zip");
    printed(&server, &["log", "collect", "--captures", zip.to_str().expect("a path is text")]);
    let listing = Command::new("python3").args(["-m", "zipfile", "-l"]).arg(&zip).output().expect("python3 is there");
    assert!(String::from_utf8_lossy(&listing.stdout).contains(&name), "{listing:?}");

    let (status, _) = server.ctrl_c();
    assert!(status.success());
    let last = lines(&server);
    assert!(last.iter().any(|line| line["message"] == "stopping"), "what is said at the end is in the file, too");
    let text = last.iter().map(Value::to_string).collect::<String>();
    for secret in [PASSWORD, &kamailio::password("100"), cookie.1.split_once('=').expect("it has a value").1] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}
