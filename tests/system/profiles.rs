//! What administrators preset in the app: a default until somebody chooses otherwise, or locked; at once.

use serde_json::{Value, json};

use crate::site::{Asker, USERS, alone};
use crate::support::offhook::{ADMINISTRATOR, PASSWORD};
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

const DEFAULT: &str = "/api/v1/admin/profiles/default0000000000000";

#[test]
fn what_a_profile_presets_counts_at_once_and_what_is_locked_stays() {
    let (_site, server) = alone("profiles");
    let root = Asker::administrator(&server, ADMINISTRATOR);
    let mia = root.create(USERS, &json!({ "login": "mia", "display_name": "Mia Berg" }));
    root.set_password(&mia, PASSWORD);
    let preset = |place: &str, settings: Value| {
        let changed = root.send("PATCH", place, &[("if-match", "*")], &json!({ "settings": settings }));
        assert_eq!(changed.status, 200, "{}", changed.text);
    };
    let mut page = Softphone::open(&server.url(), false);
    page.enter("mia", PASSWORD);
    page.sees("Mia Berg");
    let dark = |expected: bool| {
        let script = "document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark'";
        eventually("the appearance is as it is set", SOON, || match page.evaluate(script) {
            seen if seen == expected => Ok(()),
            seen => Err(seen.to_string()),
        });
    };
    dark(false);
    // A default is one until somebody chooses otherwise.
    preset(DEFAULT, json!({ "theme": { "value": "dark", "locked": false } }));
    dark(true);
    page.click("Appearance: dark");
    dark(false);
    preset(
        DEFAULT,
        json!({ "theme": { "value": "dark", "locked": false }, "language": { "value": "de", "locked": true } }),
    );
    page.sees("Leitungen");
    dark(false);

    // What is locked cannot be chosen, and the app says so.
    let locked = json!({
        "theme": { "value": "dark", "locked": true },
        "language": { "value": "en", "locked": true },
        "letter_shortcuts": { "value": false, "locked": true },
    });
    preset(DEFAULT, locked);
    dark(true);
    page.click("Settings");
    page.evaluate("[...document.querySelectorAll('[role=tab]')].find((tab) => tab.innerText === 'General').click()");
    page.sees("Your administrator has set this.");
    page.sees("Your administrator has set the language.");
    page.sees("Your administrator has set the appearance.");
    let letters = "[...document.querySelectorAll('[role=dialog] [role=switch]')].map(({ checked, disabled }) => [checked, disabled])";
    assert_eq!(page.evaluate(letters), json!([[false, true]]));
    let language = "[...document.querySelectorAll('[role=dialog] [type=radio]')].every(({ disabled }) => disabled)";
    assert_eq!(page.evaluate(language), true);

    // Another profile counts at once; what nobody presets is the user's own affair again.
    let profile = root.create("/api/v1/admin/profiles", &json!({ "name": "Reception" }));
    let id = profile.rsplit('/').next().unwrap_or_default();
    assert_eq!(root.send("PATCH", &mia, &[("if-match", "*")], &json!({ "profile": id })).status, 200);
    page.sees_no_more("Your administrator has set this.");
    assert_eq!(page.evaluate(letters)[0][1], false);
    preset(&profile, json!({ "letter_shortcuts": { "value": true, "locked": true } }));
    page.sees("Your administrator has set this.");
    assert_eq!(page.evaluate(letters), json!([[true, true]]));
}
