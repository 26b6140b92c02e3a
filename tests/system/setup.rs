//! The first start: a server that nobody administers is set up in a browser.

use serde_json::{Value, json};

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::http::{self, Answer as Reply};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, PASSWORD, Pbx, Settings, write_config};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::tls::Authority;
use crate::support::{SOON, eventually, postgres};

/// A configuration that names nobody.
fn nobody(site: &Site) -> String {
    let settings = Settings { pbxes: Vec::<Pbx>::new(), users: Vec::new(), ..Settings::default() };
    let toml = settings.toml(site);
    toml.split("[[administrator]]").next().expect("it has a beginning").to_owned()
}

/// A server that waits to be set up, and the path of its link.
fn waiting(site: &Site) -> (Offhook, String) {
    let server = Offhook::start_until(site, &Settings::default(), &nobody(site), "Offhook waits to be set up");
    let link = eventually("the link is printed", SOON, || link_of(&server).ok_or_else(|| server.log()));
    (server, link)
}

/// The path of the link that was printed last.
fn link_of(server: &Offhook) -> Option<String> {
    let log = server.log();
    let line = log.lines().rev().find(|line| line.contains("http://") && line.contains("/setup/"))?;
    Some(format!("/setup/{}", line.split("/setup/").nth(1)?.split_whitespace().next()?))
}

fn ask(server: &Offhook, method: &str, route: &str, cookie: &str, body: &Value) -> Reply {
    let headers = [("cookie", cookie), ("content-type", "application/json"), ("if-match", "*")];
    http::ask(server.http(), method, route, &headers, body.to_string())
}

fn opened(server: &Offhook, link: &str) -> String {
    let answer = http::ask(server.http(), "GET", link, &[], "");
    assert_eq!((answer.status, answer.header("location")), (303, "/setup"), "{}", answer.text);
    answer.cookie.expect("it begins a session")
}

#[test]
fn nothing_is_reachable_without_the_link_which_opens_once() {
    let site = Site::new("setup-gate");
    let (server, link) = waiting(&site);
    let get = |route: &str, cookie: &str| ask(&server, "GET", route, cookie, &Value::Null).status;
    let routes = ["/", "/admin", "/setup", "/metrics", "/api/v1/session", "/api/v1/admin/users", "/api/v1/setup"];
    for route in routes {
        assert_eq!(get(route, ""), 503, "{route}");
    }
    let body = json!({ "name": "root", "password": PASSWORD });
    let refused = ask(&server, "POST", "/api/v1/admin/session", "", &body);
    assert_eq!((refused.status, &refused.json()["cause"]["code"]), (503, &json!("setup_needed")));
    assert_eq!(get("/setup/guess", ""), 503);
    assert_eq!(get("/setup", "offhook-setup=guess"), 503);

    let cookie = opened(&server, &link);
    assert_eq!(get(&link, ""), 503, "it has been used");
    assert_eq!((get("/setup", &cookie), get("/api/v1/setup", &cookie), get("/api/v1/setup", "")), (200, 200, 503));
    let finish = |cookie: &str| ask(&server, "POST", "/api/v1/setup/finish", cookie, &Value::Null);
    assert_eq!(finish(&cookie).json()["code"], "administrator_needed");
    let made =
        ask(&server, "POST", "/api/v1/admin/administrators", &cookie, &json!({ "login": "root", "role": "full" }));
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(finish(&cookie).json()["code"], "administrator_needed", "without a password nobody signs in");
    let path = made.header("location").to_owned();
    assert_eq!(ask(&server, "PUT", &format!("{path}/password"), &cookie, &json!({ "password": PASSWORD })).status, 204);
    assert_eq!(get("/api/v1/session", ""), 503);
    assert_eq!(finish(&cookie).status, 204);
    assert_eq!((get("/", ""), get("/api/v1/session", ""), get("/api/v1/setup", "")), (200, 401, 404));
    let root = administrator(&server, "");
    let audit = ask(&server, "GET", "/api/v1/admin/audit?kind=administrator", &root, &Value::Null).json();
    assert_eq!(audit["entries"][0]["actor"], "setup");
}

/// The cookie of the administrator who signs in at a browser with these cookies.
fn administrator(server: &Offhook, cookies: &str) -> String {
    let body = json!({ "name": "root", "password": PASSWORD });
    eventually("the administrator can sign in", SOON, || {
        let answer = ask(server, "POST", "/api/v1/admin/session", cookies, &body);
        if answer.status == 200 { answer.cookie.ok_or(answer.text) } else { Err(answer.text) }
    })
}

/// Sets a server up with an administrator and nothing else.
fn set_up(server: &Offhook, cookie: &str) {
    let made = ask(server, "POST", "/api/v1/admin/administrators", cookie, &json!({ "login": "root", "role": "full" }));
    let path = format!("{}/password", made.header("location"));
    assert_eq!(ask(server, "PUT", &path, cookie, &json!({ "password": PASSWORD })).status, 204);
    assert_eq!(ask(server, "POST", "/api/v1/setup/finish", cookie, &Value::Null).status, 204);
}

#[test]
fn the_browser_of_the_setup_only_watches_afterwards() {
    let site = Site::new("setup-after");
    let (server, link) = waiting(&site);
    let cookie = opened(&server, &link);
    set_up(&server, &cookie);
    let get = |route: &str, cookie: &str| ask(&server, "GET", route, cookie, &Value::Null).status;
    let watched =
        ["/api/v1/setup", "/api/v1/admin/calls", "/api/v1/admin/line-groups", "/api/v1/admin/users?limit=200"];
    for route in watched {
        assert_eq!(get(route, &cookie), 200, "{route}");
    }
    let admin = "/api/v1/admin";
    for route in ["audit", "export", "administrators", "settings", "log/lines"] {
        assert_eq!(get(&format!("{admin}/{route}"), &cookie), 401, "{route}");
    }
    let user = json!({ "login": "mallory", "display_name": "Mallory" });
    let post = |route: &str, cookie: &str| ask(&server, "POST", route, cookie, &user).status;
    assert_eq!(post("/api/v1/admin/users", &cookie), 401);
    assert_eq!(post("/api/v1/setup/database/test", &cookie), 404);

    // An administrator who signs in there is who they are, and the session of the setup is over.
    let root = administrator(&server, &cookie);
    let both = format!("{cookie}; {root}");
    assert_eq!(post("/api/v1/admin/users", &both), 201);
    let audit = ask(&server, "GET", "/api/v1/admin/audit?kind=user", &both, &Value::Null).json();
    assert_eq!(audit["entries"][0]["actor_kind"], "administrator");
    assert_eq!(ask(&server, "DELETE", "/api/v1/admin/session", &both, &Value::Null).status, 204);
    for route in watched {
        assert_eq!(get(route, &both), if route == "/api/v1/setup" { 404 } else { 401 }, "{route}");
    }
}

/// The configuration that names nobody, with an administrator.
fn somebody(site: &Site) -> String {
    format!("{}[[administrator]]\nname = \"root\"\npassword = \"{PASSWORD}\"\n", nobody(site))
}

#[test]
fn who_is_set_up_by_the_file_needs_no_link_and_the_link_opens_nothing() {
    let site = Site::new("setup-by-file");
    let (server, link) = waiting(&site);
    server.reload(&somebody(&site)).expect("it can be read");
    administrator(&server, "");
    eventually("it says so", SOON, || match server.log() {
        log if log.contains("Offhook is ready") => Ok(()),
        log => Err(log),
    });
    assert_eq!(ask(&server, "GET", &link, "", &Value::Null).cookie, None, "it opens nothing");

    // SIGHUP reads the file, too.
    let site = Site::new("setup-by-signal");
    let (server, link) = waiting(&site);
    write_config(server.dir(), &somebody(&site));
    server.hang_up();
    administrator(&server, "");
    assert_eq!(link_of(&server), Some(link), "no other one is printed");
}

#[test]
fn who_is_set_up_by_commands_needs_no_link() {
    let site = Site::new("setup-by-command");
    let (server, link) = waiting(&site);
    let control = |method: &str, route: &str, body: &Value| server.control(method, route, &body.to_string());
    let made = control("POST", "/api/v1/admin/administrators", &json!({ "login": "root", "role": "full" }));
    let path = format!("{}/password", made.header("location"));
    assert_eq!(
        ask(&server, "GET", "/api/v1/session", "", &Value::Null).status,
        503,
        "without a password nobody signs in"
    );
    assert_eq!(control("PUT", &path, &json!({ "password": PASSWORD })).status, 204);
    administrator(&server, "");
    assert_eq!(ask(&server, "GET", &link, "", &Value::Null).cookie, None);
}

#[test]
fn who_does_not_have_the_link_does_not_take_it_away() {
    let site = Site::new("setup-scanned");
    let (server, link) = waiting(&site);
    for name in 0..50 {
        assert_eq!(ask(&server, "GET", &format!("/setup/{name}.php"), "", &Value::Null).status, 503);
    }
    opened(&server, &link);
}

#[test]
fn another_link_ends_the_session_of_the_one_before() {
    let site = Site::new("setup-link");
    let (server, link) = waiting(&site);
    let cookie = opened(&server, &link);
    server.hang_up();
    let another = eventually("another link is printed", SOON, || match link_of(&server) {
        Some(found) if found != link => Ok(found),
        found => Err(format!("{found:?}")),
    });
    let get = |cookie: &str| ask(&server, "GET", "/api/v1/setup", cookie, &Value::Null).status;
    assert_eq!(get(&cookie), 200, "nobody has opened it yet");
    let next = opened(&server, &another);
    assert_eq!((get(&cookie), get(&next)), (503, 200));
}

#[test]
fn the_server_goes_on_with_the_database_that_is_chosen() {
    let site = Site::new("setup-database");
    let (server, link) = waiting(&site);
    let cookie = opened(&server, &link);
    let database = format!("setup_{}", std::process::id());
    postgres::server().create(&database);
    let server_of = postgres::server();
    let url = server_of.url_verified("postgres", &database, &server_of.authority());
    let post = |route: &str, url: &str| ask(&server, "POST", route, &cookie, &json!({ "url": url }));
    let wrong = post("/api/v1/setup/database/test", &url.replace(&database, "nowhere"));
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["pointer"]), (422, &json!("/url")), "{}", wrong.text);
    let other = Authority::new(&site, "other");
    let strange = server_of.url_verified("postgres", &database, &other.file());
    let strange = post("/api/v1/setup/database/test", &strange).json();
    let said = |language: &str| strange["errors"][0][language].as_str().unwrap_or_default().to_owned();
    assert!(said("detail").contains("PostgreSQL shows a certificate of an authority that is not trusted"), "{strange}");
    assert!(
        said("german").contains("PostgreSQL zeigt ein Zertifikat einer Stelle, der nicht vertraut wird"),
        "{strange}"
    );
    let german = wrong.json()["errors"][0]["german"].to_string();
    assert!(german.contains("Die Datenbank lässt sich nicht öffnen") && !german.contains("cannot"), "{german}");
    let elsewhere = post("/api/v1/setup/database/test", "mysql://localhost/offhook").json();
    assert_eq!(elsewhere["code"], "database_address", "{elsewhere}");
    assert_eq!(post("/api/v1/setup/database/test", &url).status, 204);
    let state = || ask(&server, "GET", "/api/v1/setup", &cookie, &Value::Null).json();
    assert_eq!(state()["database"], "sqlite", "a test changes nothing");
    assert_eq!(post("/api/v1/setup/database", &url).status, 202);
    eventually("the server is back", SOON, || match std::net::TcpStream::connect(server.http()) {
        Ok(_) if server.log().contains("Offhook has started anew") => Ok(()),
        _ => Err(server.log()),
    });
    assert_eq!(state()["database"], "postgresql");
    let file = std::fs::read_to_string(server.dir().join("offhook.toml")).expect("the file is there");
    assert!(file.contains("[database]") && file.contains("[listen]"), "{file}");
}

#[test]
fn a_newcomer_comes_from_nothing_to_a_ringing_telephone() {
    newcomer("setup-wizard", &|_, _| {});
}

/// Goes through the whole setup; `look` is shown the page at each of its steps.
pub(crate) fn newcomer(name: &str, look: &dyn Fn(&Softphone, &str)) {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let mut caller = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    let (server, link) = waiting(&site);
    let page = Softphone::open(&format!("{}{}", server.url().trim_end_matches('/'), link), false);
    page.sees("Built in (SQLite)");
    look(&page, "database");
    page.click("Continue");
    page.fill("Login *", "root");
    page.fill("Password *", "short");
    page.click("Continue");
    page.sees("A password has 8 characters at least.");
    page.fill("Password *", PASSWORD);
    page.click("Continue");
    page.fill("Presence domain", "office.example");
    page.click("Continue");
    page.sees("Set in the configuration file.");
    // Where one was, after reloading and going back.
    page.reload();
    page.sees("Set in the configuration file.");
    page.click("Back");
    eventually("what was entered is there", SOON, || {
        let domain = page.evaluate("[...document.querySelectorAll('input')].map((input) => input.value).join(' ')");
        if domain.to_string().contains("office.example") { Ok(()) } else { Err(domain.to_string()) }
    });
    page.click("Continue");
    page.click("Continue");
    page.sees("Begin with the server’s own");
    page.click("Continue");

    page.fill("Area code", "212");
    page.fill("Base number", "123456");
    page.fill("First extension", "100");
    page.fill("Last extension", "99");
    page.click("Continue");
    page.sees("Both ends of a range must have the same number of digits.");
    page.fill("Last extension", "199");
    look(&page, "location");
    page.click("Continue");

    page.fill("Host name or address of the PBX *", &site.address(kamailio::HOST).to_string());
    page.evaluate("document.querySelector('details').open = true");
    page.fill("SIP domain", kamailio::DOMAIN);
    page.fill("SIP user name *", "100");
    page.fill("SIP password", "wrong");
    page.click("Test the registration");
    page.sees("password");
    page.fill("SIP password", &kamailio::password("100"));
    page.click("Test the registration");
    page.sees("The line registers. Everything is right.");
    look(&page, "pbx");
    page.click("Save and continue");
    pbx.wait("bound 100", 1);

    page.sees("Who telephones in the browser.");
    page.fill("Name", "Anna Berger");
    page.click("Add user");
    page.has_button("Continue");
    page.sees("Anna Berger");
    look(&page, "users");
    page.click("Continue");

    page.fill("Number to call", "112");
    page.click("Call now");
    page.sees("This is an emergency number.");
    page.fill("Number to call", "200");
    page.click("Call now");
    page.sees("It rings there.");
    caller.wait("CALL_INCOMING");
    caller.answer();
    page.sees("Audio arrives from there.");
    look(&page, "test-call");
    page.click("End the call");
    page.sees("The call works.");
    caller.wait("CALL_CLOSED");
    page.click("Continue");
    page.click("Finish the setup");
    page.sees("The server is set up");
    page.sees("Line 100 is ready");
    let password = page.text_of("code");
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("anna.berger", &password);
    phone.wait_registered();
    caller.dial("100");
    phone.rings();
    page.sees("It rings!");
    look(&page, "rings");
    phone.click("Answer");
    caller.wait("CALL_ESTABLISHED");
    page.sees("You are talking.");
}
