//! The pictures in `docs/images/`: taken of the running app, in real calls.
//!
//! `make images` takes them anew.

use std::path::{Path, PathBuf};

use crate::capture::{capture, files};
use crate::support::baresip::{Answer, Baresip, Settings as Phone};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{ADMINISTRATOR, Offhook, PASSWORD, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

fn image(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images").join(name)
}

#[test]
#[ignore = "writes docs/images/: make images"]
fn pictures_are_taken_when_asked_for() {
    std::fs::create_dir_all(image("")).expect("the folder can be made");
    let site = Site::new("images");
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let mut phone = Baresip::start(&site, &Phone { answer: Answer::WhenTold, ..Default::default() });
    let browser = Softphone::sign_in(&server, "alice");
    browser.photograph(&image("idle.png"));
    phone.dial("100");
    browser.rings();
    browser.photograph(&image("incoming.png"));
    browser.click("Answer");
    browser.wait_connected();
    browser.hears_tone(1000.0);
    browser.photograph(&image("call.png"));
    browser.click("Hang up");
    phone.wait("CALL_CLOSED");
    browser.dial("999");
    browser.alert("This number does not exist.");
    browser.photograph(&image("failed.png"));
}

#[test]
#[ignore = "writes docs/images/: make images"]
fn pictures_are_taken_of_the_administrators_page() {
    let site = Site::new("images-admin");
    let pbx = Kamailio::start(&site, &Default::default());
    let headquarters = Pbx { name: "Headquarters", lines: vec!["100", "101", "102", "103"], ..Default::default() };
    let settings = Settings { pbxes: vec![headquarters], ..Default::default() };
    let branch = format!(
        "[[line_group]]\nname = \"Munich branch\"\nkind = \"trunk-fixed\"\nregistrar = \"{}\"\n\
         [[line_group.line]]\nuser_name = \"500-503\"\nnumber = \"+49895550<*>\"\n\
         [[line_group]]\nname = \"Warehouse\"\nregistrar = \"pbx.warehouse.invalid\"\n\
         [[line_group.line]]\nuser_name = \"700-701\"\npassword = \"x\"\n",
        site.address(kamailio::HOST)
    );
    let toml = settings.toml(&site).replace(&kamailio::password("102"), "not-it") + &branch;
    let server = Offhook::start_with(&site, &settings, &toml);
    for line in ["100", "101", "103"] {
        pbx.wait(&format!("bound {line}"), 1);
    }
    let mut page = Softphone::open(&format!("{}admin/lines", server.url()), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.sees("The PBX rejects the line's user name or password.");
    page.sees("The PBX's host name was not found.");
    page.sees("Ready");
    page.photograph(&image("admin.png"));
}

#[test]
#[ignore = "writes docs/images/: make images"]
fn pictures_are_taken_of_why_a_call_failed() {
    let site = Site::new("images-why");
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let browser = Softphone::sign_in(&server, "alice");
    let call = |number| {
        browser.dial(number);
        browser.alert("This number does not exist.");
    };
    // One capture is complete and one under way.
    capture(&server, &["on", "--group", "main"]);
    call("999");
    capture(&server, &["off", "--group", "main"]);
    assert_eq!(files(&server).len(), 1, "the first is complete");
    capture(&server, &["on", "--group", "main"]);
    call("998");
    call("999");
    let mut page = Softphone::open(&format!("{}admin/failures", server.url()), false);
    page.enter(ADMINISTRATOR, PASSWORD);
    page.sees("100 → 999");
    page.photograph(&image("failures.png"));
    let ladder = page.another_tab(&format!("{}{}", server.url(), ladder_of_the_latest(&page)));
    ladder.sees("What shows it");
    ladder.photograph(&image("verdict.png"));
    ladder.evaluate("window.scrollTo(0, 430)");
    ladder.photograph(&image("ladder.png"));
    let captures = page.another_tab(&format!("{}admin/captures", server.url()));
    captures.sees("being written");
    captures.photograph(&image("captures.png"));
    let status = page.another_tab(&format!("{}admin/status", server.url()));
    status.sees("Running for");
    status.photograph(&image("status.png"));
}

/// Where the ladder of the first call in the list of failures is, without the slash at its beginning.
fn ladder_of_the_latest(page: &Softphone) -> String {
    let address = page.evaluate("document.querySelector('main li a').getAttribute('href').slice(1)");
    address.as_str().expect("the call has a ladder").to_owned()
}

#[test]
#[ignore = "writes docs/images/: make images"]
fn pictures_are_taken_of_the_setup() {
    crate::setup::newcomer("images-setup", &|page, step| match step {
        "pbx" => page.photograph(&image("setup.png")),
        "rings" => page.photograph(&image("setup-rings.png")),
        _ => {}
    });
}
