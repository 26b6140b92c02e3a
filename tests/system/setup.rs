//! The first start: a server that nobody administers is set up in a browser.

use serde_json::{Value, json};

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::http::{self, Answer as Reply};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
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
    http::ask(server.http(), method, route, &headers, &body.to_string())
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
    let audit = ask(&server, "GET", "/api/v1/admin/audit?kind=administrator", &cookie, &Value::Null).json();
    assert_eq!(audit["entries"][0]["actor"], "setup");
    eventually("the administrator can sign in", SOON, || {
        let answer = ask(&server, "POST", "/api/v1/admin/session", "", &body);
        if answer.status == 200 { Ok(()) } else { Err(answer.text) }
    });
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
    let url = postgres::server().url("postgres", &database);
    let post = |route: &str, url: &str| ask(&server, "POST", route, &cookie, &json!({ "url": url }));
    let wrong = post("/api/v1/setup/database/test", &url.replace(&database, "nowhere"));
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["pointer"]), (422, &json!("/url")), "{}", wrong.text);
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
    page.fill("Login", "root");
    page.fill("Password", "short");
    page.click("Continue");
    page.sees("A password has 8 characters at least.");
    page.fill("Password", PASSWORD);
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

    page.fill("Host name or address of the PBX", &site.address(kamailio::HOST).to_string());
    page.evaluate("document.querySelector('details').open = true");
    page.fill("SIP domain", kamailio::DOMAIN);
    page.fill("SIP user name", "100");
    page.fill("SIP password", "wrong");
    page.click("Test the registration");
    page.sees("password");
    page.fill("SIP password", &kamailio::password("100"));
    page.click("Test the registration");
    page.sees("The line registers. Everything is right.");
    look(&page, "pbx");
    page.click("Save and continue");
    pbx.wait("bound 100", 1);

    page.fill("Name", "Anna Berger");
    page.click("Add user");
    page.sees("Users so far");
    look(&page, "users");
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
