//! What administrators set over HTTP: users who come, change and go, who may do what, and what is refused.

use serde_json::{Value, json};

use crate::support::http::{self, Answer};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

pub(crate) const USERS: &str = "/api/v1/admin/users";

/// Somebody who asks.
pub(crate) struct Asker<'s> {
    /// Of which server.
    pub(crate) server: &'s Offhook,
    /// Of the session.
    pub(crate) cookie: String,
}

impl<'s> Asker<'s> {
    /// An administrator who signs in.
    #[track_caller]
    pub(crate) fn administrator(server: &'s Offhook, name: &str) -> Asker<'s> {
        Asker { server, cookie: sign_in(server, "/api/v1/admin/session", name) }
    }

    /// Somebody who is signed in already.
    pub(crate) fn of(server: &'s Offhook, cookie: String) -> Asker<'s> {
        Asker { server, cookie }
    }

    /// What shows who it is, for [`Asker::of`].
    pub(crate) fn into_cookie(self) -> String {
        self.cookie
    }

    /// Sends a request.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, route: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut all = vec![("cookie", self.cookie.as_str())];
        all.extend(headers);
        http::ask(self.server.http(), method, route, &all, body)
    }

    /// What a route tells.
    #[track_caller]
    pub(crate) fn get(&self, route: &str) -> Value {
        let answer = self.ask("GET", route, &[], "");
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Sends JSON.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, route: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.ask(method, route, &all, &body.to_string())
    }

    /// Creates an object; gives where it is.
    #[track_caller]
    pub(crate) fn create(&self, route: &str, body: &Value) -> String {
        let answer = self.send("POST", route, &[], body);
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.header("etag"), "\"1\"");
        answer.header("location").to_owned()
    }

    /// Sets somebody's password.
    #[track_caller]
    pub(crate) fn set_password(&self, of: &str, password: &str) {
        let answer = self.send("PUT", &format!("{of}/password"), &[], &json!({ "password": password }));
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
}

/// A server that has nobody to telephone with.
pub(crate) fn alone(name: &str) -> (Site, Offhook) {
    let site = Site::new(name);
    let pbxes = vec![Pbx::fixed(&site, "pbx", 7)];
    let server = Offhook::start(&site, &Settings { pbxes, users: vec![("alice", Vec::new())], ..Settings::default() });
    (site, server)
}

/// The first thing that is wrong: status, place, code.
#[track_caller]
pub(crate) fn wrong(answer: &Answer) -> (u16, String, String) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["status"], answer.status, "{body}");
    assert!(body["detail"] != "" && body["german"] != "", "{body}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (answer.status, text(&body["errors"][0]["pointer"]), text(&body["code"]))
}

#[test]
fn a_user_who_is_created_telephones_at_once_and_is_signed_out_when_deleted() {
    let site = Site::new("site-user");
    let pbx = Kamailio::start(&site, &Default::default());
    let pbxes = vec![Pbx { lines: vec!["100", "101"], ..Pbx::default() }];
    let server = Offhook::start(&site, &Settings { pbxes, users: Vec::new(), ..Settings::default() });
    pbx.wait("bound 101", 1);
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let user = json!({ "login": "carla", "display_name": "Carla", "phones": { "business": "100" } });
    let carla = root.create(USERS, &user);
    root.set_password(&carla, PASSWORD);
    let page = Softphone::sign_in(&server, "carla");
    page.sees("100");

    let lines = root.get(&format!("{carla}/lines"));
    assert_eq!(lines["lines"][0]["line"], json!({ "group": "main", "number": "100" }));
    assert_eq!((&lines["lines"][0]["by"], &lines["lines"][0]["owner"]), (&json!("business"), &json!(true)));

    let patch = json!({ "phones": { "business": "101" }, "second_phone": "900" });
    let changed = root.send("PATCH", &carla, &[("if-match", "\"1\"")], &patch);
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""), "{}", changed.text);
    page.sees("101");
    let loose = &root.get(&format!("{carla}/lines"))["loose"];
    assert_eq!((&loose[0]["pointer"], &loose[0]["why"]), (&json!("/second_phone"), &json!("not_found")));

    assert_eq!(root.ask("DELETE", &carla, &[("if-match", "\"1\"")], "").status, 412);
    assert_eq!(root.ask("DELETE", &carla, &[("if-match", "\"2\"")], "").status, 204);
    page.sees("Sign in");
    assert_eq!(root.ask("GET", &carla, &[], "").status, 404);
}

#[test]
fn who_is_signed_in_too_often_is_told() {
    let (_site, server) = alone("site-too-often");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let dora = root.create(USERS, &json!({ "login": "dora", "display_name": "Dora", "max_clients": 1 }));
    root.set_password(&dora, PASSWORD);
    let mut pages = [(); 2].map(|()| Softphone::open(&server.url(), true));
    for (page, told) in pages.iter_mut().zip(["Dora", "You are signed in too often at once."]) {
        page.enter("dora", PASSWORD);
        page.sees(told);
    }
}

#[test]
fn what_is_wrong_with_a_change_is_told_with_its_place() {
    let (_site, server) = alone("site-wrong");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    assert_eq!(root.get("/api/v1/admin/session")["user"]["role"], "full");
    let dora = root.create(USERS, &json!({ "login": "dora", "display_name": "Dora" }));
    let shown = root.ask("GET", &dora, &[], "");
    assert_eq!((shown.status, shown.header("etag")), (200, "\"1\""));
    assert_eq!(root.ask("GET", &dora, &[("if-none-match", "\"1\"")], "").status, 304);

    let body = json!({ "login": "dora", "display_name": "Dora D." });
    let told = |answer: Answer| wrong(&answer);
    let none = String::new;
    assert_eq!(told(root.send("PUT", &dora, &[], &body)), (428, none(), "if_match_needed".into()));
    let one = [("if-match", "\"1\"")];
    assert_eq!(root.send("PUT", &dora, &one, &body).status, 200);
    assert_eq!(told(root.send("PUT", &dora, &one, &body)), (412, none(), "version_conflict".into()));
    assert_eq!(root.get(&dora)["object"]["display_name"], "Dora D.");

    let two = [("if-match", "\"2\"")];
    for (body, place, code) in [
        (json!({ "login": "dora", "display_name": "D", "email": "nowhere" }), "/email", "invalid_email"),
        (json!({ "login": "alice", "display_name": "D" }), "/login", "name_taken"),
        (json!({ "login": "dora", "display_name": "D", "pets": 1 }), "/pets", "unknown_field"),
        (json!({ "login": "dora", "display_name": "D", "phones": { "mobile": 1 } }), "/phones/mobile", "wrong_type"),
    ] {
        assert_eq!(told(root.send("PUT", &dora, &two, &body)), (422, place.into(), code.into()));
    }
    let broken = root.ask("PUT", &dora, &[two[0], ("content-type", "application/json")], "{");
    assert_eq!(told(broken), (422, none(), "invalid_document".into()));
    assert_eq!(told(root.ask("PUT", &dora, &two, "{}")), (415, none(), "wrong_media_type".into()));
    assert_eq!(told(root.ask("GET", &format!("{USERS}/x"), &[], "")), (404, none(), "not_found".into()));

    // Those of the configuration file are shown and not changed.
    let list = root.get(&format!("{USERS}?search=alice"));
    assert_eq!((&list["total"], &list["items"][0]["from_file"]), (&json!(1), &json!(true)));
    let alice = format!("{USERS}/{}", list["items"][0]["id"].as_str().expect("it has an id"));
    let change = json!({ "display_name": "Alice" });
    assert_eq!(told(root.send("PATCH", &alice, &one, &change)), (409, none(), "set_in_file".into()));
    let password = json!({ "password": "long enough" });
    let set = root.send("PUT", &format!("{alice}/password"), &[], &password);
    assert_eq!(told(set), (409, none(), "set_in_file".into()));
}

#[test]
fn lists_have_pages_and_many_change_together_or_not_at_all() {
    let (_site, server) = alone("site-many");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let create = |login: &str| root.create(USERS, &json!({ "login": login, "display_name": login.to_uppercase() }));
    let paths: Vec<String> = ["eva", "finn", "gina"].into_iter().map(create).collect();
    let ids: Vec<&str> = paths.iter().filter_map(|path| path.rsplit('/').next()).collect();
    let logins = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().expect("a page has items");
        items.iter().filter_map(|item| item["object"]["login"].as_str().map(str::to_owned)).collect()
    };
    let list = format!("{USERS}?sort=login&direction=descending&limit=2");
    let first = root.get(&list);
    assert_eq!((logins(&first), &first["total"]), (vec!["gina".to_owned(), "finn".into()], &json!(4)));
    let cursor = first["next"].as_str().expect("there is a next page");
    let last = root.get(&format!("{list}&cursor={cursor}"));
    assert_eq!((logins(&last), &last["next"]), (vec!["eva".to_owned(), "alice".into()], &Value::Null));
    assert_eq!(wrong(&root.ask("GET", &format!("{USERS}?sort=shoes"), &[], "")).2, "unknown_column");

    let bulk = format!("{USERS}/bulk");
    let patched = root.send("POST", &bulk, &[], &json!({ "ids": ids, "patch": { "address": { "city": "Ulm" } } }));
    assert_eq!(patched.json()["changed"].as_array().map(Vec::len), Some(3), "{}", patched.text);
    assert_eq!(root.get(&paths[2])["object"]["address"]["city"], "Ulm");
    let refused = root.send("POST", &bulk, &[], &json!({ "ids": ids, "patch": { "login": "same" } }));
    assert_eq!((refused.status, wrong(&refused).1), (422, "/login".into()));
    assert_eq!(root.get(&paths[0])["version"], 2, "nothing has changed");
    // Each keeps what else it has.
    let etag = [("if-match", "*")];
    let chat = root.send("PATCH", &paths[0], &etag, &json!({ "services": ["chat"] }));
    assert_eq!(chat.status, 200, "{}", chat.text);
    let added = root.send("POST", &bulk, &[], &json!({ "ids": ids, "add": { "services": ["audio"] } }));
    assert_eq!(added.json()["changed"].as_array().map(Vec::len), Some(3), "{}", added.text);
    let services = |path: &str| root.get(path)["object"]["services"].as_array().map(Vec::len);
    assert_eq!([&paths[0], &paths[1]].map(|path| services(path)), [Some(2), Some(1)]);
    let removed = root.send("POST", &bulk, &[], &json!({ "ids": ids, "remove": { "services": ["audio"] } }));
    assert_eq!(removed.status, 200, "{}", removed.text);
    assert_eq!([&paths[0], &paths[1]].map(|path| services(path)), [Some(1), Some(0)]);
    let both = root.send("POST", &bulk, &[], &json!({ "ids": ids, "add": {}, "patch": {} }));
    assert_eq!(both.status, 400, "{}", both.text);
    let missing = root.send("POST", &bulk, &[], &json!({ "ids": [ids[0], "00000000000000000000"], "delete": true }));
    assert_eq!(missing.status, 404, "{}", missing.text);
    let deleted = root.send("POST", &bulk, &[], &json!({ "ids": ids, "delete": true }));
    assert_eq!(deleted.json()["deleted"].as_array().map(Vec::len), Some(3), "{}", deleted.text);
    assert_eq!(root.get(USERS)["total"], 1);
}

#[test]
fn a_request_that_is_repeated_is_carried_out_once() {
    let (_site, server) = alone("site-repeated");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let user = json!({ "login": "hugo", "display_name": "Hugo" });
    let key = [("idempotency-key", "7c1b")];
    let first = root.send("POST", USERS, &key, &user);
    assert_eq!(first.status, 201, "{}", first.text);
    let again = root.send("POST", USERS, &key, &user);
    assert_eq!((again.status, again.header("location")), (201, first.header("location")));
    assert_eq!((again.header("etag"), again.json()), (first.header("etag"), first.json()));
    assert_eq!(root.get(&format!("{USERS}?search=hugo"))["total"], 1);
    let other = root.send("POST", USERS, &key, &json!({ "login": "ines", "display_name": "Ines" }));
    assert_eq!(wrong(&other), (422, String::new(), "idempotency_key_reused".into()));
    // Without a key it is another request.
    assert_eq!(wrong(&root.send("POST", USERS, &[], &user)).2, "name_taken");
}

#[test]
fn a_password_is_never_shown_and_a_new_one_ends_the_sessions() {
    let (_site, server) = alone("site-password");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let jana = root.create(USERS, &json!({ "login": "jana", "display_name": "Jana" }));
    let short = root.send("PUT", &format!("{jana}/password"), &[], &json!({ "password": "1234567" }));
    assert_eq!(wrong(&short), (422, "/password".into(), "password_too_short".into()));
    root.set_password(&jana, PASSWORD);
    let cookie = eventually("Jana can sign in", SOON, || {
        let body = json!({ "name": "jana", "password": PASSWORD }).to_string();
        let json = [("content-type", "application/json")];
        let answer = http::ask(server.http(), "POST", "/api/v1/session", &json, &body);
        answer.cookie.ok_or(answer.text)
    });
    let session = || http::ask(server.http(), "GET", "/api/v1/session", &[("cookie", &cookie)], "").status;
    assert_eq!(session(), 200);
    root.set_password(&jana, "Kakadu-4711");
    assert_eq!(session(), 401);
    assert_eq!(root.ask("DELETE", &format!("{jana}/password"), &[], "").status, 204);

    let audit = root.get("/api/v1/admin/audit?kind=user&limit=10");
    let actions: Vec<_> = audit["entries"].as_array().expect("it has entries").iter().map(|e| &e["action"]).collect();
    assert_eq!(actions, ["remove_secret", "set_secret", "set_secret", "create"]);
    let entry = &audit["entries"][3];
    assert_eq!((&entry["actor"], &entry["title"]), (&json!(ADMINISTRATOR), &json!("Jana")));
    assert_eq!((&entry["before"], &entry["after"]["login"]), (&Value::Null, &json!("jana")));
    let page = root.get("/api/v1/admin/audit?kind=user&limit=3");
    let next = page["next"].as_i64().expect("there is a next page");
    let page = root.get(&format!("/api/v1/admin/audit?kind=user&limit=3&before={next}"));
    assert_eq!((&page["entries"][0]["action"], &page["next"]), (&json!("create"), &Value::Null));
    for place in [server.log(), audit.to_string(), root.get(&jana).to_string()] {
        assert!(!place.contains("Kakadu-4711") && !place.contains("argon2"), "{place}");
    }
}

#[test]
fn an_import_is_previewed_and_then_made() {
    let (_site, server) = alone("site-import");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let csv = [("content-type", "text/csv")];
    let users = "login;display_name;mobile\nkai;Kai;+49171\nlena;Lena;\n";
    let preview = root.ask("POST", "/api/v1/admin/import?preview=true", &csv, users).json();
    assert_eq!((&preview["applied"], preview["writes"].as_array().map(Vec::len)), (&json!(false), Some(2)));
    assert_eq!(preview["writes"][0]["before"], Value::Null);
    assert_eq!(root.get(USERS)["total"], 1, "a preview changes nothing");
    assert_eq!(root.ask("POST", "/api/v1/admin/import", &csv, users).json()["applied"], true);
    assert_eq!(root.get(USERS)["total"], 3);
    assert_eq!(root.get("/api/v1/admin/audit?kind=user")["entries"][0]["action"], "import");
    let again = root.ask("POST", "/api/v1/admin/import", &csv, users).json();
    assert_eq!(again["writes"], json!([]), "everything is so already");
    let refused = root.ask("POST", "/api/v1/admin/import", &csv, "login;mobile\nkai;none\n");
    assert_eq!((wrong(&refused).0, &refused.json()["errors"][0]["line"]), (422, &json!(2)));
    let export = root.ask("GET", "/api/v1/admin/export", &[], "");
    assert_eq!((export.status, export.header("content-type")), (200, "application/zip"));
}

#[test]
fn what_refers_to_an_object_and_where_services_come_from_is_told() {
    let (_site, server) = alone("site-references");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let mia = root.create(
        USERS,
        &json!({ "login": "mia", "display_name": "Mia", "active": true, "services": ["missed_call_sms"] }),
    );
    let id = mia.rsplit('/').next().unwrap_or_default();
    let group = json!({ "name": "Sales", "leader": id, "members": [id], "services": ["send_sms"] });
    root.create("/api/v1/admin/groups", &group);
    let told = root.get(&format!("{mia}/references"));
    let pointers: Vec<_> =
        told["references"].as_array().expect("there are some").iter().map(|r| &r["pointer"]).collect();
    assert_eq!((pointers, &told["total"]), (vec![&json!("/leader"), &json!("/members/0")], &json!(2)));
    let services = root.get(&format!("{mia}/services"));
    let find = |service: &str| {
        let all = services["services"].as_array().expect("there are some");
        all.iter().find(|each| each["service"] == service).expect("every service is told").clone()
    };
    assert_eq!(find("send_sms")["because"][0]["english"], "through group Sales");
    assert_eq!(find("missed_call_sms")["because"][0]["from"]["source"], "user");
    assert_eq!(find("see_all_journals")["allowed"], false);
    let audit = |query: &str| {
        let found = root.get(&format!("/api/v1/admin/audit?{query}"));
        found["entries"]
            .as_array()
            .expect("it has entries")
            .iter()
            .map(|entry| entry["title"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(audit("search=send_sms"), ["Sales"]);
    assert!(audit("until=1").is_empty());
}

#[test]
fn a_backup_is_fetched_while_the_server_runs() {
    let (_site, server) = alone("site-backup");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    root.create(USERS, &json!({ "login": "mia", "display_name": "Mia" }));
    let answer = root.ask("POST", "/api/v1/admin/backup", &[], "");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/vnd.sqlite3"), "{}", answer.text);
    let body = answer.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    assert!(body.contains("SQLite format 3\0") && body.contains("\"login\":\"mia\""));
    assert_eq!(root.get("/api/v1/admin/audit?kind=database")["entries"][0]["action"], "backup");
    let left = std::fs::read_dir(server.dir().join("data")).expect("the folder can be read").flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().contains("snapshot")));
}

#[test]
fn rights_are_explained() {
    let (_site, server) = alone("site-rights");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let create = |login: &str| {
        let path = root.create(USERS, &json!({ "login": login, "display_name": login }));
        path.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let (mia, nils) = (create("mia"), create("nils"));
    let may = format!("/api/v1/admin/rights/may?by={mia}&right=see_av_busy&of={nils}");
    let denied = root.get(&may);
    assert_eq!((&denied["allowed"], &denied["denied"]["reason"]["level"]), (&json!(false), &json!("team_member")));
    let group = json!({ "name": "Sales", "members": [mia, nils], "member_grant": { "level": "personal" } });
    root.create("/api/v1/admin/groups", &group);
    let allowed = root.get(&may);
    assert_eq!((&allowed["allowed"], &allowed["because"][0]["english"]), (&json!(true), &json!("through group Sales")));
    let all = root.get(&format!("{USERS}/{nils}/rights?by={mia}"));
    let all = all["rights"].as_array().expect("it has rights");
    let busy = all.iter().find(|right| right["right"] == "see_av_busy");
    assert_eq!(busy.map(|right| &right["decision"]), Some(&allowed));
    assert_eq!(wrong(&root.ask("GET", &may.replace("see_av_busy", "fly"), &[], "")).1, "/right");
    assert_eq!(wrong(&root.ask("GET", &may.replace(&nils, "00000000000000000000"), &[], "")).1, "/of");
}

#[test]
fn programs_sign_in_with_tokens() {
    let (_site, server) = alone("site-token");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let create = |name: &str, scope: &str| {
        let answer = root.send("POST", "/api/v1/admin/tokens", &[], &json!({ "name": name, "scopes": [scope] }));
        assert_eq!(answer.status, 201, "{}", answer.text);
        let token = answer.json()["token"].as_str().expect("the secret is told").to_owned();
        (answer.header("location").to_owned(), format!("Bearer {token}"))
    };
    let ask = |method: &str, route: &str, token: &str| {
        let headers = [("authorization", token), ("content-type", "application/json")];
        http::ask(server.http(), method, route, &headers, r#"{"login":"pia","display_name":"Pia"}"#).status
    };
    let (place, reader) = create("reader", "read_only");
    let (_, writer) = create("writer", "users");
    let (_, metrics) = create("metrics", "metrics");
    assert_eq!((ask("GET", USERS, &reader), ask("POST", USERS, &reader)), (200, 403));
    assert_eq!(ask("POST", USERS, &writer), 201);
    assert_eq!(root.get("/api/v1/admin/audit?kind=user")["entries"][0]["actor_title"], "writer");
    assert_eq!((ask("GET", "/metrics", &metrics), ask("GET", USERS, &metrics)), (200, 403));
    let wrong = format!("{}x", reader.trim_end_matches(|last| last != '_'));
    assert_eq!((ask("GET", USERS, &wrong), ask("GET", "/metrics", "Bearer nonsense")), (401, 401));
    let told = reader.trim_start_matches("Bearer ");
    for shown in [server.log(), root.get(&place).to_string(), root.get("/api/v1/admin/audit").to_string()] {
        assert!(!shown.contains(told), "{shown}");
    }
    let ended = root.send("PATCH", &place, &[("if-match", "*")], &json!({ "expires": 1 }));
    assert_eq!((ended.status, ask("GET", USERS, &reader)), (200, 401));
}

#[test]
fn every_route_is_tried_by_every_role_and_by_nobody() {
    let (_site, server) = alone("site-roles");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let roles = ["full", "users", "read_only"];
    let administrators: Vec<String> = roles
        .iter()
        .map(|role| {
            let path = root.create("/api/v1/admin/administrators", &json!({ "login": role, "role": role }));
            root.set_password(&path, PASSWORD);
            path
        })
        .collect();
    let askers: Vec<Asker> = roles
        .iter()
        .map(|role| {
            let cookie = eventually("the administrator can sign in", SOON, || {
                let body = json!({ "name": role, "password": PASSWORD }).to_string();
                let json = [("content-type", "application/json")];
                let answer = http::ask(server.http(), "POST", "/api/v1/admin/session", &json, &body);
                answer.cookie.ok_or(answer.text)
            });
            Asker { server: &server, cookie }
        })
        .collect();
    let user = Asker { server: &server, cookie: sign_in(&server, "/api/v1/session", "alice") };
    let nobody = Asker { server: &server, cookie: String::new() };
    let document = http::ask(server.http(), "GET", "/api/v1/openapi.json", &[], "").json();
    // A problem, or a cause.
    let code = |answer: &Answer| {
        let body = answer.json();
        body["code"].as_str().or(body["cause"]["code"].as_str()).unwrap_or_default().to_owned()
    };
    let mut tried = 0;
    for (path, methods) in document["paths"].as_object().expect("it has paths") {
        let route = path.replace("{id}", "00000000000000000000").replace("{name}", "nothing");
        let route = route.replace("{session}", "nothing").replace("{address}", "192.0.2.1");
        for (method, operation) in methods.as_object().expect("it has methods") {
            let method = method.to_uppercase();
            for (who, asker) in [("nobody", &nobody), ("a user", &user)] {
                let answer = asker.ask(&method, &route, &[], "");
                assert_eq!(answer.status, 401, "{method} {route} by {who}");
                assert_eq!(code(&answer), "not_signed_in", "{}", answer.text);
            }
            let needs =
                roles.iter().position(|role| operation["x-role"] == *role).expect("it says which role it needs");
            // The role that may most tries last: what it does must not keep the others from trying.
            for (at, asker) in askers.iter().enumerate().rev() {
                let answer = asker.ask(&method, &route, &[], "");
                let (status, role) = (answer.status, roles[at]);
                if at <= needs {
                    assert!(status != 401 && status != 403, "{method} {route} by {role}: {}", answer.text);
                } else {
                    assert_eq!(status, 403, "{method} {route} by {role}");
                    assert_eq!(code(&answer), "role_forbids", "{}", answer.text);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");

    // Who loses a role has lost it with the next request.
    let [full, users, _] = &askers[..] else { panic!("there are three") };
    let demoted = full.send("PATCH", &administrators[1], &[("if-match", "*")], &json!({ "role": "read_only" }));
    assert_eq!(demoted.status, 200, "{}", demoted.text);
    assert_eq!(users.send("POST", USERS, &[], &json!({ "login": "olga" })).status, 403);
    assert_eq!(users.ask("GET", USERS, &[], "").status, 200);
    let closed = full.send("PATCH", &administrators[1], &[("if-match", "*")], &json!({ "active": false }));
    assert_eq!(closed.status, 200, "{}", closed.text);
    assert_eq!(users.ask("GET", USERS, &[], "").status, 401);
}
