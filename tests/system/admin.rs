//! What an administrator sees and does: on the page, at the command line, and in the configuration file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::http;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Settings, write_config};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// The server gives a REGISTER up after 32 s (RFC 3261 17.1.2.2).
const GIVEN_UP: std::time::Duration = SOON.saturating_mul(3);

struct Stage {
    pbx: Kamailio,
    server: Offhook,
    site: Site,
}

fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &kamailio::Settings { max_expires: 8, ..Default::default() });
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    Stage { pbx, server, site }
}

/// Opens the administrator's page and signs in.
#[track_caller]
fn administrator(server: &Offhook) -> Softphone {
    let mut page = Softphone::open(&format!("{}admin/lines", server.url()), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.sees("1 line group");
    page
}

/// Runs a command of an administrator on a configuration file.
fn offhook(config: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["20", env!("CARGO_BIN_EXE_offhook")]).args(arguments).arg("--config").arg(config);
    command.env("OFFHOOK_LOG", "error").stdin(Stdio::null()).output().expect("the program can be started")
}

#[track_caller]
fn printed(config: &Path, arguments: &[&str]) -> String {
    let output = offhook(config, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("what it prints is text")
}

#[track_caller]
fn complaint(config: &Path, arguments: &[&str]) -> String {
    let output = offhook(config, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("a complaint is text")
}

impl Stage {
    fn config(&self) -> PathBuf {
        self.server.dir().join("offhook.toml")
    }

    /// The one line of the one group.
    #[track_caller]
    fn line(&self) -> Value {
        let text = printed(&self.config(), &["status", "--json"]);
        let report: Value = serde_json::from_str(&text).expect("it prints JSON");
        report["line_groups"][0]["lines"][0].clone()
    }
}

#[test]
fn an_administrator_sees_a_pbx_go_and_come_and_resets_the_line() {
    let mut stage = stage("admin");
    let page = administrator(&stage.server);
    let table = "table[aria-label='Lines of main'] tbody";
    let row = |page: &Softphone| page.text_of(table);
    page.sees(&format!("udp {}", stage.site.socket(kamailio::HOST, 5060)));
    eventually("the line is shown as registered", SOON, || {
        let text = row(&page);
        if text.contains("Registered") { Ok(()) } else { Err(text) }
    });
    let until = stage.line()["until"].as_f64().expect("it is registered until then");

    stage.pbx.go_away();
    eventually("the line is shown as failed, with why and what comes next", GIVEN_UP, || {
        let text = row(&page);
        let wanted = ["Failed", "The PBX ", "Reset line"];
        if wanted.iter().all(|wanted| text.contains(wanted)) { Ok(()) } else { Err(text) }
    });
    // While an attempt is under way, none is planned.
    eventually("the report has the attempts, when the last failed and when the next is made", GIVEN_UP, || {
        let line = stage.line();
        let whole = line["state"] == "failed"
            && line["retries"].as_u64() >= Some(1)
            && line["next_try"].is_f64()
            && line["last_error"]["at"].is_f64();
        if whole { Ok(()) } else { Err(line.to_string()) }
    });
    let status = printed(&stage.config(), &["status", "--group", "main"]);
    assert!(status.contains("FAILED") && status.contains("The PBX "), "{status}");
    assert!(status.lines().any(|line| line.contains("NEXT TRY")), "{status}");

    stage.pbx.come_back();
    page.click("Reset line 100");
    page.sees("Line 100 is set up anew.");
    stage.pbx.wait("bound 100", 1);
    eventually("the line is registered again", SOON, || {
        let line = stage.line();
        let again = line["state"] == "registered" && line["until"].as_f64() > Some(until);
        if again { Ok(()) } else { Err(line.to_string()) }
    });
    eventually("the page says so, and still what was wrong", SOON, || {
        let text = row(&page);
        if text.contains("Registered") && text.contains("The PBX ") { Ok(()) } else { Err(text) }
    });
}

#[test]
fn the_filter_stays_while_the_page_is_renewed() {
    let stage = stage("admin-filter");
    let page = administrator(&stage.server);
    page.fill("Find a line", "999");
    page.sees("No line matches the filter.");
    page.evaluate("window.__before = performance.getEntriesByType('resource').length");
    eventually("the page asks again", SOON, || {
        let asked = page.evaluate("performance.getEntriesByType('resource').length - window.__before");
        if asked.as_i64() >= Some(2) { Ok(()) } else { Err(asked.to_string()) }
    });
    page.sees("No line matches the filter.");
    assert_eq!(page.evaluate("document.activeElement.value"), "999", "the field keeps the focus");
    page.click("Clear");
    page.sees("Registered");
    page.click("Sign out");
    page.has_button("Sign in");
}

#[test]
fn users_and_administrators_open_only_their_own_doors() {
    let mut toml = String::new();
    let site = Site::new("admin-doors");
    let settings = Settings::default();
    toml += &settings.toml(&site);
    // The same name and password on both sides: still two people.
    toml += &format!("[[administrator]]\nname = \"alice\"\npassword = \"{PASSWORD}\"\n");
    let server = Offhook::start_with(&site, &settings, &toml);
    let http = server.http();
    let body = format!("{{\"name\":\"alice\",\"password\":\"{PASSWORD}\"}}");
    let sign_in = |route: &str| {
        let answer = http::ask(http, "POST", route, &[("content-type", "application/json")], &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.cookie.expect("a cookie is set")
    };
    let (user, admin) = (sign_in("/api/v1/session"), sign_in("/api/v1/admin/session"));
    let token = |cookie: &str| cookie.split_once('=').map(|(_, token)| token.to_owned()).unwrap_or_default();
    let swapped = format!("offhook-administrator={}; offhook-session={}", token(&user), token(&admin));
    let status =
        |method: &str, route: &str, cookie: &str| http::ask(http, method, route, &[("cookie", cookie)], "").status;
    let doors = [
        ("GET", "/api/v1/admin/line-groups", true, 200),
        ("GET", "/api/v1/admin/status", true, 200),
        ("POST", "/api/v1/admin/lines/0/reset", true, 204),
        ("GET", "/api/v1/admin/session", true, 200),
        ("GET", "/api/v1/session", false, 200),
    ];
    for (method, route, for_administrators, success) in doors {
        let (right, wrong) = if for_administrators { (&admin, &user) } else { (&user, &admin) };
        assert_eq!(status(method, route, right), success, "{method} {route}");
        for wrong in [wrong, &swapped, &String::new()] {
            assert_eq!(status(method, route, wrong), 401, "{method} {route} with {wrong:?}");
        }
    }
    let foreign = [("cookie", admin.as_str()), ("origin", "http://elsewhere.example")];
    for (method, route) in [("GET", "/api/v1/admin/line-groups"), ("POST", "/api/v1/admin/lines/0/reset")] {
        assert_eq!(http::ask(http, method, route, &foreign, "").status, 400, "{method} {route} from another page");
    }
    assert_eq!(status("POST", "/api/v1/admin/lines/77/reset", &admin), 404);
    assert_eq!(status("POST", "/api/v1/admin/lines/x/reset", &admin), 404);
    assert_eq!(status("DELETE", "/api/v1/admin/session", &admin), 204);
    assert_eq!(status("GET", "/api/v1/admin/line-groups", &admin), 401, "signed out");
    assert_eq!(status("GET", "/api/v1/session", &user), 200, "the user is still there");
}

#[test]
fn commands_talk_to_the_running_server_only() {
    let mut stage = stage("admin-cli");
    let config = stage.config();
    let socket = stage.server.dir().join("data/control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let status = printed(&config, &["status"]);
    for expected in ["main (softphones, ", "Lines: 1 registered", "EXPIRES IN"] {
        assert!(status.contains(expected), "{expected:?} is missing in\n{status}");
    }
    assert!(complaint(&config, &["status", "--group", "nowhere"]).contains("there are: main."));
    let bound = stage.pbx.log().matches("bound 100").count();
    assert!(printed(&config, &["reset-line", "100"]).contains("Line 100"));
    stage.pbx.wait("bound 100", bound + 1);
    assert!(complaint(&config, &["reset-line", "4711"]).contains("no line of the running server has the number"));
    let second = Command::new("timeout")
        .args(["20", env!("CARGO_BIN_EXE_offhook"), "serve", "--config"])
        .arg(write_config(
            &stage.site.dir().join("second"),
            &Settings { host: 9, ..Settings::default() }
                .toml(&stage.site)
                .replace("data_dir = \"data\"", &format!("data_dir = {:?}", stage.server.dir().join("data"))),
        ))
        .output()
        .expect("the program can be started");
    assert!(String::from_utf8_lossy(&second.stderr).contains("another Offhook server is running"));
    printed(&config, &["status"]);

    let (ended, _) = stage.server.ctrl_c();
    assert!(ended.success());
    assert!(!socket.exists());
    assert!(complaint(&config, &["status"]).contains("no Offhook server is running"));
    // What a killed server leaves behind is in nobody's way.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(complaint(&config, &["status"]).contains("no Offhook server is running"));
    let _again = Offhook::start(&stage.site, &Settings::default());
    // Its log begins with that of the server before, so its own word that it is ready cannot be waited for.
    eventually("the server answers again", SOON, || match offhook(&config, &["status"]) {
        output if output.status.success() => Ok(()),
        output => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    });
}

#[test]
fn lines_go_in_and_out_as_csv() {
    let site = Site::new("admin-csv");
    let toml = Settings::default().toml(&site).replace("user_name = \"100\"", "user_name = \"100-102\" # the first");
    let toml = toml.replace("lines = [\"100\"]", "lines = [\"100\"] # hers");
    let config = write_config(site.dir(), &toml);
    let csv = site.dir().join("lines.csv");
    let import = |more: &[&str]| {
        let file = csv.to_str().expect("the path is text");
        offhook(&config, &[&["lines", "import", "--group", "main"], more, &[file]].concat())
    };
    let read = || fs::read_to_string(&config).unwrap();

    fs::write(&csv, "\u{feff}101;;x;\r\nmüller;auth;\"a\"\"b;c\";+4989110\r\n110;;geheim;\r\n").unwrap();
    let output = import(&["--dry-run"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("2 lines would be added, 1 left out"), "{output:?}");
    assert_eq!(read(), toml, "a dry run changes nothing");
    let output = import(&[]);
    assert!(output.status.success(), "{output:?}");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        out.contains("2 lines added to \"main\", 1 left out. A running server takes them at its next start."),
        "{out}"
    );
    assert!(err.contains("lines.csv:1: left out: the user name \"101\" is in the line group already."), "{err}");
    assert!(!format!("{out}{err}").contains("geheim"), "a password is shown");
    let imported = read();
    assert!(
        imported.contains("# the first") && imported.contains("# hers") && imported.contains("a\"b;c"),
        "{imported}"
    );
    assert_eq!(fs::metadata(&config).unwrap().permissions().mode() & 0o777, 0o600);
    printed(&config, &["check"]);

    fs::write(&csv, "120,,a,\n,,b,\n121,,c,+4989110\n").unwrap();
    let output = import(&[]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    for expected in ["lines.csv:2: the user name is missing.", "lines.csv:3: the number \"+4989110\" belongs to"] {
        assert!(err.contains(expected), "{err}");
    }
    assert_eq!(read(), imported, "nothing is changed where something is wrong");

    let exported = printed(&config, &["lines", "export", "--group", "main"]);
    assert_eq!(exported, "100,,,\n101,,,\n102,,,\nmüller,auth,,+4989110\n110,,,\n");
    fs::write(&csv, &exported).unwrap();
    assert!(String::from_utf8_lossy(&import(&[]).stdout).contains("0 lines added"));
    assert_eq!(read(), imported);
    fs::write(&config, imported.replace("user_name = \"110\"", "user_name = \"110\"\nactive = false")).unwrap();
    let active = printed(&config, &["lines", "export", "--group", "main", "--active-only"]);
    assert!(!active.contains("110,,"), "{active}");
}
