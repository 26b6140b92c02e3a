//! DTMF, both ways.

use crate::support::SOON;
use crate::support::baresip::Baresip;
use crate::support::eventually;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

/// A browser in a call with a phone.
pub(crate) struct Stage {
    pub(crate) browser: Softphone,
    pub(crate) phone: Baresip,
    _server: Offhook,
    _pbx: Kamailio,
    _site: Site,
}

fn stage(name: &str) -> Stage {
    stage_with(name, "")
}

/// The same with these keys in the settings of the PBX connection.
pub(crate) fn stage_with(name: &str, more: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let connection = Pbx { more: more.into(), ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    let browser = Softphone::sign_in(&server, "alice");
    let mut phone = Baresip::start(&site, &Default::default());
    browser.dial("200");
    phone.wait("CALL_ESTABLISHED");
    browser.wait_connected();
    browser.hears_tone(1000.0);
    Stage { browser, phone, _server: server, _pbx: pbx, _site: site }
}

#[test]
fn keys_on_screen_reach_the_phone_as_events() {
    let mut stage = stage("digits-screen");
    stage.browser.click("Keypad");
    for key in ["1", "5", "9", "*", "0", "#"] {
        stage.browser.click(key);
        assert_eq!(stage.phone.wait("CALL_DTMF_START"), key);
    }
}

#[test]
fn keys_of_the_keyboard_reach_the_phone_as_events() {
    let mut stage = stage("digits-keyboard");
    for key in ["4", "2", "#"] {
        stage.browser.press(key);
        assert_eq!(stage.phone.wait("CALL_DTMF_START"), key);
    }
}

#[test]
fn keys_of_the_phone_are_shown_once_each() {
    let mut stage = stage("digits-phone");
    // A key is held for a moment on the phone; the next must wait for its end.
    for (key, shown) in [("7", "7"), ("7", "77"), ("8", "778")] {
        stage.phone.digits(key);
        eventually("the digits are shown", SOON, || {
            let text = stage.browser.all_text().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if text.contains(&format!("received {shown}")) { Ok(()) } else { Err(text) }
        });
    }
}
