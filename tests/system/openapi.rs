//! The routes of administrators do what the OpenAPI document says, whatever is sent: tried by schemathesis.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::site::Asker;
use crate::support::http;
use crate::support::offhook::{ADMINISTRATOR, Offhook, Pbx, Settings};
use crate::support::process::Process;
use crate::support::site::Site;

/// How long it may take; alone on a machine of two cores it takes one and a half minutes.
const WITHIN: Duration = Duration::from_secs(600);

/// Operations that schemathesis.toml leaves out.
const LEFT_OUT: usize = 6;

/// Where scripts/install-test-tools puts the program: beside what Cargo builds.
fn program() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a directory in another");
    target.join("schemathesis/bin/schemathesis")
}

/// One object of each kind, so that there is something to see, change and delete.
fn furnish(administrator: &Asker<'_>) {
    let create = |kind: &str, body: &Value| {
        let at = administrator.create(&format!("/api/v1/admin/{kind}"), body);
        at.rsplit('/').next().expect("it is a path").to_owned()
    };
    let group = create("line_groups", &json!({ "name": "second", "kind": "trunk-fixed", "registrar": "127.0.0.1" }));
    create("lines", &json!({ "group": group, "user_name": "200" }));
    let user = create("users", &json!({ "login": "carol", "display_name": "Carol", "active": true }));
    create("groups", &json!({ "name": "Sales", "leader": user, "members": [user] }));
    create("computers", &json!({ "name": "desk" }));
    create("profiles", &json!({ "name": "Desk", "settings": { "theme": { "value": "dark", "locked": true } } }));
    create("administrators", &json!({ "login": "dora", "role": "read_only", "active": true }));
    create("certificates", &json!({ "name": "own", "source": "self_signed", "names": ["offhook.test"] }));
}

#[test]
fn the_routes_do_what_the_openapi_document_says() {
    let site = Site::new("openapi");
    // Names that are made up lead nowhere, and nothing is sent to anybody.
    let more = format!("[dns]\nservers = [\"{}\"]\n", site.socket(9, 53));
    let pbxes = vec![Pbx { lines: vec!["100"], ..Pbx::fixed(&site, "pbx", 7) }];
    let settings = Settings { pbxes, more, log: "warn,sqlx=error", ..Settings::default() };
    let server = Offhook::start(&site, &settings);
    let administrator = Asker::administrator(&server, ADMINISTRATOR);
    furnish(&administrator);
    let token = json!({ "name": "schemathesis", "scopes": ["full"] });
    let token = administrator.send("POST", "/api/v1/admin/tokens", &[], &token).json();
    let token = token["token"].as_str().expect("the token is told");

    let mut command = Command::new(program());
    let given = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis/schemathesis.toml");
    command.arg("--config-file").arg(given).arg("run").arg(format!("{}api/v1/openapi.json", server.url()));
    command.args(["--header", &format!("Authorization: Bearer {token}")]);
    command.current_dir(site.dir()).env("NO_COLOR", "1").env("COLUMNS", "160");
    let log = site.dir().join("schemathesis.log");
    let mut schemathesis = Process::start("schemathesis", &mut command, log);
    let ended = schemathesis.wait_exit(WITHIN);
    let said = schemathesis.log();
    assert!(ended.success(), "{said}\n{}", server.log());
    // Everything was tried but what must not be.
    let document = http::ask(server.http(), "GET", "/api/v1/openapi.json", &[], "").json();
    let paths = document["paths"].as_object().expect("it has paths").values();
    let operations: usize = paths.map(|path| path.as_object().map_or(0, serde_json::Map::len)).sum();
    assert!(said.contains(&format!("Tested: {}\n", operations - LEFT_OUT)), "{said}");
    // The server serves as it did before. All sessions were ended.
    let bearer = format!("Bearer {token}");
    let answer = http::ask(server.http(), "GET", "/api/v1/admin/status", &[("authorization", &bearer)], "");
    assert_eq!(answer.status, 200, "{}", answer.text);
}
