//! Every page of the console and of the app, for people who see little, see nothing, or have only keys.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::http;
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// A server with one object of each kind, and where each is in the console.
fn with_objects(name: &str) -> (Site, Offhook, Vec<String>) {
    let site = Site::new(name);
    let pbxes = vec![Pbx::fixed(&site, "pbx", 7)];
    let server = Offhook::start(&site, &Settings { pbxes, users: vec![("alice", Vec::new())], ..Settings::default() });
    let cookie = sign_in(&server, "/api/v1/admin/session", ADMINISTRATOR);
    let create = |kind: &str, body: &Value| {
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/json")];
        let answer = http::ask(server.http(), "POST", &format!("/api/v1/admin/{kind}"), &headers, body.to_string());
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.header("location").replace("/api/v1/", "")
    };
    let user = create("users", &json!({ "login": "mia", "display_name": "Mia Berg", "services": ["send_sms"] }));
    let id = user.rsplit('/').next().unwrap_or_default();
    let group = json!({ "name": "Sales", "leader": id, "members": [id], "member_grant": { "level": "business" } });
    let opened = vec![
        create("groups", &group),
        create("computers", &json!({ "name": "desk-1" })),
        create("profiles", &json!({ "name": "Reception" })),
        create("locations", &berlin()),
        create("administrators", &json!({ "login": "eva", "role": "users" })),
        create("tokens", &json!({ "name": "backup", "scopes": ["read_only"] })),
        format!("admin/rights?by={id}&of={id}"),
        user,
    ];
    (site, server, opened)
}

/// A location with something in each of its lists.
fn berlin() -> Value {
    let rules = json!([{ "description": "all of them", "pattern": "^19", "replacement": "+491\\0" }]);
    json!({
        "name": "Berlin", "country": "DE", "area_code": "30",
        "numbering": { "kind": "trunk", "base_number": "1234", "ranges": [{ "from": "10", "to": "99" }] },
        "external_rules": [{ "pattern": "^19" }], "line_rules": rules,
        "formatting": { "incoming": rules, "dialling": rules },
        "emergency": { "enabled": true, "rules": [{ "name": "hall", "subnet": "192.0.2.0/24", "numbers": ["112"], "prefix": "9" }] },
        "projects": [{ "name": "card", "code": "80eeee", "use": "dial" }],
        "least_cost_routing": { "providers": [{ "name": "Alpha", "prefix": "01013" }], "zones": [{ "name": "Far", "prefixes": ["+1"] }] },
        "network": { "enabled": true },
        "simple": { "rules": [{ "priority": 1, "pattern": "+49", "value": "0" }] },
    })
}

/// The pages of the console, as its navigation has them.
fn pages(page: &Softphone) -> Vec<String> {
    let links = page.evaluate("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href').slice(1))");
    serde_json::from_value(links).expect("they are addresses")
}

/// Waits until a page is drawn, and until nothing of it is on its way.
fn drawn(page: &Softphone) {
    eventually("the page is drawn", SOON, || {
        let there = page.evaluate(
            "document.querySelector('main h1') !== null && !/Loading|…$/m.test(document.querySelector('main').innerText)",
        );
        if there == true { Ok(()) } else { Err(there.to_string()) }
    });
}

#[test]
fn every_page_can_be_used_by_everybody() {
    let (_site, server, opened) = with_objects("console-pages");
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    std::fs::create_dir_all(&shots).expect("the folder can be made");
    let mut faults = Vec::new();
    let mut look = |page: &Softphone, scheme: &str, of: &str| {
        page.photograph(&shots.join(format!("{}-{scheme}.png", of.replace(['/', '?', '&', '='], "-"))));
        // What draws the OpenAPI document is not ours; the document itself is linked beside it.
        let found = page.faults(scheme == "dark", &["rapi-doc"]);
        faults.extend(found.into_iter().map(|fault| format!("{of} ({scheme}): {fault}")));
    };
    for scheme in ["light", "dark"] {
        let mut page = Softphone::open(&format!("{}admin", server.url()), false);
        page.appear(scheme);
        page.reload();
        page.sees("Sign in");
        look(&page, scheme, "sign-in");
        page.enter(ADMINISTRATOR, PASSWORD);
        page.sees("Audit log");
        let all = pages(&page);
        assert!(all.len() >= 17, "{all:?}");
        for of in all.iter().chain(&opened).chain(&["admin/users/new".to_owned(), "admin/tokens/new".to_owned()]) {
            page.go(&format!("{}{of}", server.url()));
            drawn(&page);
            look(&page, scheme, of);
        }
        let mut app = Softphone::open(&server.url(), true);
        app.appear(scheme);
        app.reload();
        app.sees("Sign in");
        look(&app, scheme, "app-sign-in");
        app.enter("alice", PASSWORD);
        app.has_button("Call");
        look(&app, scheme, "app");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What has the focus is called like this.
const FOCUSED: &str = "(() => {
    const at = document.activeElement;
    // What keys do not stop at has the focus so that reading goes on there.
    if (at.tabIndex < 0) return '';
    const label = at.labels?.[0]?.innerText ?? at.getAttribute('aria-label') ?? at.innerText ?? '';
    return label.replace('*', '').trim();
})()";

/// Whether it shows that it has the focus: it, what is drawn for it, or what is around it looks otherwise without.
const SHOWN: &str = "(() => {
    const at = document.activeElement;
    if (at.tabIndex < 0) return true;
    const look = () => [at, at.nextElementSibling, at.parentElement].filter(Boolean).map((each) => {
        const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(each);
        return [outline, boxShadow, borderColor, backgroundColor].join();
    }).join();
    // A change that takes its time would not have begun.
    at.getAnimations({ subtree: true }).forEach((each) => each.finish());
    const before = look();
    at.blur();
    document.getAnimations().forEach((each) => each.finish());
    const after = look();
    at.focus();
    return before !== after;
})()";

/// Goes on with Tab until something of this name has the focus; gives what had it on the way.
#[track_caller]
fn tab_to(page: &Softphone, name: &str) -> Vec<String> {
    let mut passed = Vec::new();
    for _ in 0..120 {
        let focused = page.evaluate(FOCUSED).as_str().unwrap_or_default().to_owned();
        assert_eq!(page.evaluate(SHOWN), true, "the focus is seen at {focused}");
        if focused == name {
            return passed;
        }
        passed.push(focused);
        page.press("Tab");
    }
    panic!("{name} is not reached by Tab: {passed:?}");
}

#[track_caller]
fn types(page: &Softphone, text: &str) {
    text.chars().for_each(|key| page.press(&key.to_string()));
}

#[test]
fn a_user_is_made_with_nothing_but_keys() {
    let (_site, server, _) = with_objects("console-keys");
    let page = Softphone::open(&format!("{}admin/users", server.url()), false);
    page.sees("Sign in");
    tab_to(&page, "User name");
    types(&page, ADMINISTRATOR);
    tab_to(&page, "Password");
    types(&page, PASSWORD);
    page.press("Enter");
    page.sees("Mia Berg");
    tab_to(&page, "New user");
    page.press("Enter");
    page.sees("Displayed name");
    tab_to(&page, "First name");
    types(&page, "Jana");
    let passed = tab_to(&page, "Login");
    assert_eq!(passed, ["First name", "Last name", "Displayed name"], "the focus goes as one reads");
    types(&page, "jana");
    tab_to(&page, "Business number");
    types(&page, "4711");
    tab_to(&page, "Save");
    page.press("Enter");
    page.sees("Memberships");
    eventually("the new page is there", SOON, || {
        let title = page.text_of("main h1");
        if title == "Jana" { Ok(()) } else { Err(title) }
    });
    page.go(&format!("{}admin/users", server.url()));
    page.sees("4711");
}
