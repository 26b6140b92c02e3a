//! The pictures in `docs/images/`: taken of the running app, in real calls.
//!
//! `make images` takes them anew.

use std::path::{Path, PathBuf};

use crate::support::baresip::{Answer, Baresip, Settings as Phone};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Settings};
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
