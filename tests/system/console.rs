//! What an administrator finds out on the console about calls that failed.

use crate::support::kamailio::Kamailio;
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

#[test]
fn an_administrator_sees_why_a_call_failed_and_what_was_said() {
    let site = Site::new("console");
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let browser = Softphone::sign_in(&server, "alice");
    browser.dial("999");
    browser.alert("This number does not exist.");
    let mut page = Softphone::open(&format!("{}admin/failures", server.url()), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.sees("100 → 999");
    page.evaluate("document.querySelector('main li a').click()");
    page.sees("What shows it");
    let verdict = page.text_of("main h2");
    assert!(verdict.contains("999"), "the verdict names the number: {verdict}");
    // The ladder begins at the deciding message, whose text is shown beside it.
    let message = page.text_of("aside pre");
    assert!(message.starts_with("SIP/2.0 404"), "{message}");
    page.evaluate("document.querySelector('[role=listbox]').focus()");
    page.press("Home");
    page.press("Enter");
    page.sees("make_call");
    let becomes = |what: &str, script: &str| {
        eventually(what, SOON, || match page.evaluate(script) {
            value if value == true => Ok(()),
            value => Err(value.to_string()),
        });
    };
    becomes("a dialog has the focus", "document.activeElement.closest('[role=dialog]')?.ariaModal === 'true'");
    page.press("Escape");
    becomes("the ladder has it again", "document.activeElement.getAttribute('role') === 'listbox'");
    let said = page.evaluate("document.querySelector('main table').innerText");
    for part in ["INVITE", "407 Proxy Authentication Required", "404", "make_call"] {
        assert!(said.as_str().is_some_and(|said| said.contains(part)), "{part} in {said}");
    }
}

#[test]
fn an_administrator_sees_that_a_certificate_is_there_and_the_database_works() {
    let site = Site::new("console-status");
    let _pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings::default());
    let mut page = Softphone::open(&format!("{}admin/status", server.url()), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.sees("Used by: https");
    page.sees("Worker 1");
    page.sees("on disk");
}
