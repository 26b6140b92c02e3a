//! Case files: what a server packs of a call, and what another installation sees in it.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::baresip::{self, Baresip};
use crate::support::http;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{self, ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["20", env!("CARGO_BIN_EXE_offhook"), "case"]).args(arguments);
    command.env("OFFHOOK_LOG", "error").stdin(Stdio::null()).output().expect("the program can be started")
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("what it prints is text")
}

#[track_caller]
fn complaint(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("a complaint is text")
}

/// Each file of a case as text.
fn files(case: &Path) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(File::open(case).expect("it was written")).expect("it is a ZIP");
    let mut files = Vec::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).expect("it has the file");
        let mut octets = Vec::new();
        file.read_to_end(&mut octets).expect("the file is whole");
        files.push((file.name().expect("names are text").into_owned(), String::from_utf8_lossy(&octets).into_owned()));
    }
    files
}

/// What stands behind each place of a mark, up to something that ends it.
fn behind<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let ends = |c: char| "\r\n\\\"|; ".contains(c);
    text.split(mark).skip(1).map(|rest| rest.split(ends).next().unwrap_or_default()).collect()
}

#[test]
fn a_case_is_understood_elsewhere_and_has_nothing_secret_in_it() {
    let site = Site::new("case");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let connection = Pbx { more: "srtp = \"optional\"\n".into(), ..Default::default() };
    offhook::fix_pseudonyms(&site);
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    pbx.wait("bound 100", 1);
    let browser = Softphone::sign_in(&server, "alice");
    let mut phone = Baresip::start(&site, &baresip::Settings { encryption: "srtp", ..Default::default() });
    browser.dial("200");
    phone.wait("CALL_ESTABLISHED");
    browser.wait_security("sdes");
    browser.click("Hang up");
    phone.wait("CALL_CLOSED");
    browser.dial("999");
    browser.sees("This number does not exist");

    let config = server.dir().join("offhook.toml").display().to_string();
    let [answered, refused, hidden, nobody] =
        ["answered.zip", "refused.zip", "hidden.zip", "nobody.zip"].map(|name| server.dir().join(name));
    let text = |path: &Path| path.display().to_string();
    printed(&["make", "1", "--config", &config, "-o", &text(&answered)]);
    printed(&["make", "2", "--config", &config, "--output", &text(&refused)]);
    printed(&["make", "1", "--pseudonyms", "--config", &config, "-o", &text(&hidden)]);
    printed(&["make", "2", "--pseudonyms", "--config", &config, "-o", &text(&nobody)]);
    assert!(complaint(&["make", "1", "--config", &config, "-o", &text(&answered)]).contains("exists"), "it is kept");
    let nowhere = server.dir().join("nowhere.zip");
    assert!(complaint(&["make", "77", "--config", &config, "-o", &text(&nowhere)]).contains("no longer exists"));
    assert!(!nowhere.exists());

    let secrets = [PASSWORD, &kamailio::password("100")];
    for case in [&answered, &refused, &hidden, &nobody] {
        for (name, text) in files(case) {
            for secret in secrets {
                assert!(!text.contains(secret), "{secret} in {name}");
            }
            // JSON, and JSON within JSON, has its quotation marks escaped.
            let masked = [
                "inline:",
                "ice-pwd:",
                "response=\\\"",
                "response=\"",
                "\\\"resume\\\":\\\"",
                "\\\"credential\\\":\\\"",
            ];
            for mark in masked {
                let shown = behind(&text, mark).into_iter().find(|value| value.bytes().any(|octet| octet != b'x'));
                assert_eq!(shown, None, "{mark} in {name}");
            }
        }
    }
    let trace = files(&answered).into_iter().find(|(name, _)| name == "trace.json").expect("it has a trace").1;
    assert!(trace.contains("inline:x") && trace.contains("response=") && trace.contains("ice-pwd:x"), "{trace}");

    // Elsewhere: a program without a configuration or a server.
    let shown = printed(&[&text(&refused)]);
    for wanted in [
        "A case of call 2, made ",
        "100 -> 999",
        "(unknown_number)",
        "404",
        "line_group.registrar = ",
        "Replayed:",
        "calls 999",
        "1 calls.",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    let replayed = printed(&[&text(&answered)]);
    for wanted in ["100 -> 200", "~ audio secured: sdes", "line_group.srtp = optional", "Log:", "Replayed to the same "]
    {
        assert!(replayed.contains(wanted), "{wanted}: {replayed}");
    }

    for (name, text) in files(&hidden).into_iter().chain(files(&nobody)) {
        for personal in [
            "alice",
            "sip:100@",
            "sip:200@",
            "\"200\"",
            "\\\"200\\\"",
            "sip:999@",
            "\\\"999\\\"",
            " 999 ",
            " 999.",
            "line=100",
        ] {
            assert!(!text.contains(personal), "{personal} in {name}: {text}");
        }
    }
    // One number has one pseudonym: in messages, in what the call was decided by, in the trace and in the log.
    let hidden_files = files(&hidden);
    let of = |wanted: &str| hidden_files.iter().find(|(name, _)| name == wanted).map_or("", |(_, text)| text);
    let capture = of("trace.pcapng");
    let user = |mark: &str| behind(capture, mark)[0].split('@').next().expect("it has a user").to_owned();
    let (called, line) = (user("INVITE sip:"), user("From: <sip:"));
    for wanted in [
        format!(r#"{{"type":"make_call","line":0,"number":"{called}"}}"#),
        format!(r#"{{"type":"line","id":0,"group":0,"number":"{line}","#),
        format!("call=1 line={line} group=main"),
    ] {
        assert!(capture.contains(&wanted), "{wanted}: {capture}");
    }
    let trace: Value = serde_json::from_str(of("trace.json")).expect("it is JSON");
    assert_eq!((&trace["line"], &trace["called"]), (&line.clone().into(), &called.into()));
    assert!(of("log.txt").contains(&format!("line={line} ")), "{}", of("log.txt"));
    let shown = printed(&[&text(&hidden)]);
    assert!(shown.contains("Numbers and names are pseudonyms."), "{shown}");
    assert!(shown.contains("Replayed to the same "), "{shown}");
    let verdict = |case: &Path| {
        let text = files(case).into_iter().find(|(name, _)| name == "verdict.json").expect("it has a verdict").1;
        serde_json::from_str::<Value>(&text).expect("it is JSON")["code"].clone()
    };
    assert_eq!((verdict(&hidden), verdict(&nobody)), (verdict(&answered), "unknown_number".into()));
    let log = files(&nobody).into_iter().find(|(name, _)| name == "log.txt").expect("it has lines of the log").1;
    assert!(log.contains("call=2"), "{log}");
    assert!(complaint(&[&config]).contains("this is no case file"));
}

#[test]
fn administrators_alone_get_cases_and_the_page_has_a_button() {
    let site = Site::new("case-page");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let browser = Softphone::sign_in(&server, "alice");
    browser.dial("999");
    browser.sees("This number does not exist");
    let route = "/api/v1/admin/calls/1/case?pseudonyms=true";
    let user = sign_in(&server, "/api/v1/session", "alice");
    assert_eq!(http::ask(server.http(), "GET", route, &[("cookie", &user)], "").status, 401);
    let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    let wrong = "/api/v1/admin/calls/1/case?pseudonyms=perhaps";
    assert_eq!(http::ask(server.http(), "GET", wrong, &[("cookie", &cookie)], "").status, 400);

    let mut page = Softphone::open(&format!("{}admin/calls/1", server.url()), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.click("Case file");
    page.sees("With pseudonyms in their place");
    let script = "fetch(document.querySelector('a[href*=\"case?pseudonyms=true\"]').href)\
        .then((r) => r.status + ' ' + r.headers.get('content-type') + ' ' + r.headers.get('content-disposition'))";
    assert_eq!(page.evaluate(script), "200 application/zip attachment; filename=\"case-1.zip\"");
}
