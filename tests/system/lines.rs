//! Line groups and lines that administrators make, change and delete over HTTP while the server runs.

use serde_json::{Value, json};

use crate::site::{Asker, wrong};
use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::tls::Authority;

const GROUPS: &str = "/api/v1/admin/line_groups";
const LINES: &str = "/api/v1/admin/lines";

/// A server whose file has no line.
fn bare(site: &Site) -> Offhook {
    Offhook::start(site, &Settings { pbxes: Vec::new(), users: Vec::new(), ..Settings::default() })
}

/// A line group towards the PBX of the rig.
fn pbx(site: &Site) -> Value {
    let registrar = site.address(kamailio::HOST).to_string();
    json!({
        "name": "main", "registrar": registrar, "port": 5060, "transport": "udp", "domain": kamailio::DOMAIN,
        "codecs": ["G722", "PCMA"],
    })
}

/// The id in a path.
fn id(location: &str) -> &str {
    location.rsplit('/').next().unwrap_or_default()
}

/// Makes lines whose passwords are those of the PBX of the rig.
fn lines(root: &Asker<'_>, group: &str, numbers: &[&str]) -> Vec<String> {
    let line = |number: &&str| {
        let line = root.create(LINES, &json!({ "group": id(group), "user_name": number }));
        root.set_password(&line, &kamailio::password(number));
        line
    };
    numbers.iter().map(line).collect()
}

#[test]
fn a_line_made_in_the_console_telephones_and_goes_while_calls_go_on() {
    let site = Site::new("lines-live");
    let pbx_process = Kamailio::start(&site, &kamailio::Settings::default());
    let mut server = bare(&site);
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let group = root.create(GROUPS, &pbx(&site));
    // Without its password it cannot register; with it, it does at once.
    let first = root.create(LINES, &json!({ "group": id(&group), "user_name": "100" }));
    server.wait_lines(&["100"], "failed", Some("wrong_password"));
    root.set_password(&first, &kamailio::password("100"));
    server.wait_lines(&["100"], "registered", None);
    let second = lines(&root, &group, &["101"]).remove(0);
    server.wait_lines(&["100", "101"], "registered", None);

    let user = root.create(
        "/api/v1/admin/users",
        &json!({ "login": "carla", "display_name": "Carla", "first_phone": "main/100" }),
    );
    root.set_password(&user, PASSWORD);
    let carla = Softphone::sign_in(&server, "carla");
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    far.dial("100");
    carla.click("Answer");
    far.wait("CALL_ESTABLISHED");
    carla.hears_tone(1000.0);

    // A property changes, another line goes, a file without any of this is read again: the call goes on.
    let registered = pbx_process.log().matches("bound 100").count();
    let etag = [("if-match", "*")];
    let patch = json!({ "codecs": ["PCMA"], "hide_decline": true });
    let changed = root.send("PATCH", &group, &etag, &patch);
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(root.ask("DELETE", &second, &etag, "").status, 204);
    pbx_process.wait("unbound 101", 1);
    let file = Settings { pbxes: Vec::new(), users: vec![("dora", Vec::new())], ..Settings::default() };
    server.reload(&file.toml(&site)).unwrap();
    carla.hears_tone(1000.0);
    assert_eq!(pbx_process.log().matches("bound 100").count(), registered, "nothing happened to the line");
    assert_eq!(server.lines().len(), 1, "{:?}", server.lines());
    far.hang_up();
    far.wait("CALL_CLOSED");
    far.dial("100");
    carla.has_button("Answer");
    carla.has_no_button("Decline");
    far.hang_up();
    carla.rings_no_more();

    // After a restart everything is there, the password too.
    let cookie = root.into_cookie();
    server.restart();
    let root = Asker::of(&server, cookie);
    server.wait_lines(&["100"], "registered", None);
    carla.wait_registered();
    carla.dial("200");
    far.wait("CALL_INCOMING");
    assert_eq!(root.ask("DELETE", &group, &etag, "").status, 409);
    let wanted = root.ask("DELETE", &format!("{group}?lines=true"), &etag, "");
    assert_eq!(wanted.status, 204, "{}", wanted.text);
    pbx_process.wait("unbound 100", 1);
    assert_eq!(server.status()["line_groups"], json!([]));
    // Nothing of a password was written down.
    assert!(!server.log().contains(&kamailio::password("100")));
    let audit = root.get("/api/v1/admin/audit?limit=100").to_string();
    assert!(audit.contains("set_secret") && !audit.contains(&kamailio::password("100")), "{audit}");
}

#[test]
fn what_the_file_sets_is_seen_and_gets_further_lines() {
    let site = Site::new("lines-file");
    let _pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let server = Offhook::start(&site, &Settings::default());
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let groups = root.get(GROUPS);
    let main = &groups["items"][0];
    assert_eq!((&main["from_file"], &main["object"]["name"]), (&json!(true), &json!("main")));
    let location = format!("{GROUPS}/{}", main["id"].as_str().unwrap());
    let answer = root.send("PATCH", &location, &[("if-match", "*")], &json!({ "expires": 60 }));
    assert_eq!(wrong(&answer).0, 409);
    let of_file = root.get(LINES)["items"][0].clone();
    assert_eq!((&of_file["from_file"], &of_file["object"]["number"]), (&json!(true), &json!("100")));
    let line = format!("{LINES}/{}", of_file["id"].as_str().unwrap());
    let body = json!({ "password": "x" });
    assert_eq!(root.send("PUT", &format!("{line}/password"), &[], &body).status, 409);
    // A line of the console beside it, and a reload that keeps it.
    lines(&root, &location, &["101"]);
    server.wait_lines(&["100", "101"], "registered", None);
    let more = Settings { pbxes: vec![Pbx { lines: vec!["100", "102"], ..Pbx::default() }], ..Settings::default() };
    server.reload(&more.toml(&site)).unwrap();
    server.wait_lines(&["100", "101", "102"], "registered", None);
    // What the file has already cannot be made again.
    let again = root.send("POST", LINES, &[], &json!({ "group": main["id"], "user_name": "102" }));
    assert_eq!(wrong(&again), (422, "/number".into(), "name_taken".into()));
}

#[test]
fn lines_come_by_the_dozen() {
    let site = Site::new("lines-many");
    let _pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let server = bare(&site);
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let group = root.create(GROUPS, &pbx(&site));
    let csv = "101,,sesame-101,\n102,,sesame-102,\n";
    let import = format!("/api/v1/admin/import?line_group={}", id(&group));
    let preview = root.ask("POST", &format!("{import}&preview=true"), &[("content-type", "text/csv")], csv);
    assert_eq!((preview.status, &preview.json()["passwords"]), (200, &json!(2)), "{}", preview.text);
    assert_eq!(root.get(LINES)["total"], 0);
    assert!(!preview.text.contains("sesame"), "{}", preview.text);
    assert_eq!(root.ask("POST", &import, &[("content-type", "text/csv")], csv).status, 200);
    server.wait_lines(&["101", "102"], "registered", None);
    let again = root.ask("POST", &import, &[("content-type", "text/csv")], csv);
    assert_eq!((again.json()["skipped"].clone(), again.json()["writes"].clone()), (json!(2), json!([])));

    let many = json!({ "user_names": "5000-5009", "active": false, "password": "x" });
    let made = root.send("POST", &format!("{group}/lines"), &[], &many);
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.json()["changed"].as_array().map(Vec::len), Some(10));
    let written = root.ask("GET", &format!("{group}/lines.csv?active=true"), &[], "");
    assert!(written.text.ends_with("\r\n\r\n101,,,\n102,,,\n"), "{}", written.text);
    // One password for many, and a mistake told by everybody's place.
    let ids: Vec<Value> = root.get(&format!("{LINES}?search=500"))["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["id"].clone())
        .collect();
    let set = root.send("POST", &format!("{LINES}/passwords"), &[], &json!({ "ids": ids, "password": "geheim" }));
    assert_eq!(set.status, 204, "{}", set.text);
    let wrong_range =
        root.send("POST", &format!("{group}/lines"), &[], &json!({ "user_names": "9-1", "active": true }));
    assert_eq!(wrong(&wrong_range), (422, "/user_names".into(), "invalid_names".into()));
    let taken = root.send("POST", &format!("{group}/lines"), &[], &json!({ "user_names": "100-102", "active": true }));
    assert_eq!(taken.status, 422);
    assert_eq!(taken.json()["errors"][0]["name"], "101", "{}", taken.text);
}

/// What each step of a test came to.
#[track_caller]
fn outcomes(answer: &crate::support::http::Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let report = answer.json();
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(report["ok"], steps.iter().all(|step| step["outcome"] == "done"), "{report}");
    steps.iter().map(|step| step["outcome"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_pbx_is_tried_out_before_anything_is_kept() {
    let site = Site::new("lines-test");
    let authority = Authority::new(&site, "authority");
    let tls = Some(authority.issue(&site.address(kamailio::HOST).to_string()));
    let pbx_process = Kamailio::start(&site, &kamailio::Settings { tls, ..Default::default() });
    let server = bare(&site);
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let test = |body: &Value| root.send("POST", &format!("{GROUPS}/test"), &[], body);
    let with = |changes: Value| {
        let mut group = pbx(&site);
        group.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        group
    };
    let line = |password: &str| json!({ "user_name": "100", "password": password });
    let right = kamailio::password("100");

    let worked = test(&json!({ "line_group": pbx(&site), "line": line(&right) }));
    assert_eq!(outcomes(&worked), ["done", "done", "done"], "{}", worked.text);
    assert_eq!(worked.json()["verdict"], Value::Null);
    pbx_process.wait("unbound 100", 1);
    let asked = test(&json!({ "line_group": pbx(&site) }));
    assert_eq!(outcomes(&asked), ["done", "done"], "{}", asked.text);

    for (group, line, expected, code) in [
        (pbx(&site), line("not-it"), ["done", "done", "failed"], "wrong_password"),
        (
            with(json!({ "registrar": "nowhere.invalid" })),
            line(&right),
            ["failed", "skipped", "skipped"],
            "name_not_resolved",
        ),
        (
            with(json!({ "transport": "tcp", "port": 5999 })),
            line(&right),
            ["done", "failed", "skipped"],
            "connection_refused",
        ),
        (
            with(json!({ "transport": "tls", "port": 5061 })),
            line(&right),
            ["done", "failed", "skipped"],
            "certificate_untrusted",
        ),
    ] {
        let failed = test(&json!({ "line_group": group, "line": line }));
        assert_eq!(outcomes(&failed), expected, "{}", failed.text);
        let verdict = &failed.json()["verdict"];
        assert_eq!(verdict["code"], code, "{verdict}");
        assert!(verdict["fix_german"].as_str().is_some_and(|fix| !fix.is_empty()), "{verdict}");
        assert!(!failed.text.contains("not-it") && !failed.text.contains(&right), "{}", failed.text);
    }
    let ca = std::fs::read_to_string(authority.file()).unwrap();
    let trusted = with(json!({ "transport": "tls", "port": 5061, "ca": [ca], "srtp": "off" }));
    let trusting = test(&json!({ "line_group": trusted, "line": line(&right) }));
    assert_eq!(outcomes(&trusting), ["done", "done", "done"], "{}", trusting.text);

    let here = json!({ "line_group": { "kind": "trunk-registrar", "user_name": "gateway" } });
    assert_eq!(wrong(&test(&here)), (422, "/line_group/kind".into(), "nothing_to_try".into()));
    let nameless = json!({ "line_group": { "registrar": "" } });
    assert_eq!(wrong(&test(&nameless)), (422, "/line_group/registrar".into(), "required".into()));
    assert_eq!(server.status()["line_groups"], json!([]));

    // A line that is kept is tried with the password that is kept, while it is in use, too.
    let group = root.create(GROUPS, &pbx(&site));
    let kept = lines(&root, &group, &["100"]).remove(0);
    server.wait_lines(&["100"], "registered", None);
    let again = json!({ "id": id(&group), "line_group": pbx(&site), "line": { "id": id(&kept), "user_name": "100" } });
    assert_eq!(outcomes(&test(&again)), ["done", "done", "done"]);
    server.wait_lines(&["100"], "registered", None);
    let audit = root.send("GET", "/api/v1/admin/audit?kind=line_group", &[], &Value::Null).json();
    let noted = &audit["entries"][0];
    assert_eq!(
        (&noted["action"], &noted["object"], &noted["title"]),
        (&json!("test"), &json!(id(&group)), &json!("main"))
    );
    assert_eq!(noted["after"], json!({ "registrar": site.address(kamailio::HOST).to_string(), "line": "100" }));

    // Nobody else is sent a password that is kept.
    let moved = [
        json!({ "registrar": "127.0.0.1" }),
        json!({ "port": 5999 }),
        json!({ "transport": "tcp" }),
        json!({ "domain": "elsewhere.example" }),
    ];
    let line = json!({ "id": id(&kept), "user_name": "100" });
    for changes in moved {
        let body = json!({ "id": id(&group), "line_group": with(changes), "line": line });
        assert_eq!(wrong(&test(&body)), (422, "/line/password".into(), "kept_for_another_pbx".into()), "{body}");
    }
    let other = root.create(GROUPS, &with(json!({ "name": "other", "registrar": "127.0.0.1" })));
    for other in [json!(id(&other)), Value::Null] {
        let body = json!({ "id": other, "line_group": with(json!({ "registrar": "127.0.0.1" })), "line": line });
        assert_eq!(wrong(&test(&body)), (422, "/line/password".into(), "kept_for_another_pbx".into()), "{body}");
    }
}
