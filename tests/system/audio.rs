//! Both sides hear each other, for every pair of codecs: proved by a tone of known frequency and level in each
//! direction, measured in what the browser plays and in what the phone records.

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::bridge::MICROPHONE_TONE;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// A tone below 4 kHz that is no harmonic of the microphone's.
const PHONE_TONE: f64 = 1000.0;

#[test]
fn opus_towards_the_browser() {
    every_phone_codec("opus", "audio/opus");
}

#[test]
fn pcma_towards_the_browser() {
    every_phone_codec("PCMA", "audio/PCMA");
}

#[test]
fn pcmu_towards_the_browser() {
    every_phone_codec("PCMU", "audio/PCMU");
}

/// One call each way for each codec towards the PBX, all on one page.
fn every_phone_codec(webrtc: &'static str, mime: &str) {
    let site = Site::new(&format!("audio-{webrtc}"));
    let pbx = Kamailio::start(&site, &Default::default());
    for codec in ["PCMA", "PCMU", "G722"] {
        // Opus comes by itself where the PBX has a wideband codec.
        let mime = if codec == "G722" { "audio/opus" } else { mime };
        let connection = Pbx { codecs: vec![codec], ..Default::default() };
        let settings = Settings { webrtc_codecs: vec![webrtc], pbxes: vec![connection], ..Default::default() };
        let mut server = Offhook::start(&site, &settings);
        pbx.wait("bound 100", 1);
        let browser = Softphone::sign_in(&server, "alice");
        let settings = baresip::Settings { codecs: vec![codec], answer: Answer::WhenTold, ..Default::default() };
        let mut phone = Baresip::start(&site, &settings);

        browser.dial("200");
        phone.wait("CALL_INCOMING");
        phone.answer();
        phone.wait("CALL_ESTABLISHED");
        both_hear(&browser, &phone, &format!("{codec}, {webrtc}, outgoing"));
        assert_eq!(browser.codecs(), (mime.to_owned(), mime.to_owned()));
        browser.click("Hang up");
        phone.wait("CALL_CLOSED");

        phone.dial("100");
        browser.click("Answer");
        phone.wait("CALL_ESTABLISHED");
        both_hear(&browser, &phone, &format!("{codec}, {webrtc}, incoming"));
        phone.hang_up();
        browser.has_no_button("Hang up");
        server.ctrl_c();
    }
}

pub(crate) fn both_hear(browser: &Softphone, phone: &Baresip, pair: &str) {
    eventually(&format!("{pair}: the browser hears the phone"), SOON, || match browser.heard(0.4) {
        Some(sound) if sound.is_tone(PHONE_TONE) => Ok(()),
        Some(sound) => Err(format!("it hears {sound}")),
        None => Err("it hears nothing yet".into()),
    });
    eventually(&format!("{pair}: the phone hears the browser"), SOON, || {
        match phone.heard().and_then(|s| s.last(0.4)) {
            Some(sound) if sound.is_tone(MICROPHONE_TONE) => Ok(()),
            Some(sound) => Err(format!("it hears {sound}")),
            None => Err("it hears nothing yet".into()),
        }
    });
}

#[test]
fn mute_silences_the_browser_and_unmute_ends_it() {
    let site = Site::new("mute");
    let _pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let server = Offhook::start(&site, &Settings::default());
    let browser = Softphone::sign_in(&server, "alice");
    let phone = Baresip::start(&site, &Default::default());
    browser.dial("200");
    browser.wait_connected();
    both_hear(&browser, &phone, "before mute");
    browser.click("Mute");
    eventually("the phone hears silence", SOON, || match phone.heard().and_then(|s| s.last(0.4)) {
        Some(sound) if sound.is_silence() => Ok(()),
        heard => Err(heard.map_or_else(String::new, |s| s.to_string())),
    });
    browser.click("Unmute");
    both_hear(&browser, &phone, "after mute");
}
