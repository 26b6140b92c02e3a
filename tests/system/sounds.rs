//! What the server itself lets people hear, what it records, and digits that are no events.

use crate::demo::demo_pbx;
use crate::digits::stage_with;
use crate::support::baresip::Baresip;
use crate::support::bridge::MICROPHONE_TONE;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually, wav};

#[test]
fn music_and_tones_can_be_heard() {
    let site = Site::new("sounds");
    let _pbx = demo_pbx(&site, &["100"]);
    let server = Offhook::start(&site, &Settings::default());
    let phone = Softphone::sign_in(&server, "alice");
    for (number, frequency) in [("612", Some(425.0)), ("602", None)] {
        phone.dial(number);
        phone.wait_connected();
        eventually(&format!("{number} sounds"), SOON, || match phone.heard(0.3) {
            Some(sound) if frequency.map_or_else(|| sound.rms() > -40.0, |hz| sound.is_mostly(hz)) => Ok(()),
            heard => Err(heard.map_or_else(String::new, |sound| sound.to_string())),
        });
        phone.click("Hang up");
        phone.has_no_button("Hang up");
    }
}

#[test]
fn who_is_in_a_conference_hears_the_others_and_not_themselves() {
    let site = Site::new("conference");
    let _pbx = demo_pbx(&site, &["100", "101"]);
    let connection = Pbx { lines: vec!["100", "101"], ..Default::default() };
    let users = vec![("alice", vec!["100"]), ("bob", vec!["101"])];
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], users, ..Default::default() });
    let [alice, bob] = ["alice", "bob"].map(|name| Softphone::sign_in(&server, name));
    alice.dial("603");
    alice.wait_connected();
    hears_silence(&alice, "she hears silence, not herself");
    bob.dial("603");
    bob.wait_connected();
    alice.hears_tone(MICROPHONE_TONE);
    bob.hears_tone(MICROPHONE_TONE);
    bob.click("Hang up");
    hears_silence(&alice, "she is alone again");
}

fn hears_silence(phone: &Softphone, what: &str) {
    eventually(what, SOON, || match phone.heard(0.4) {
        Some(sound) if sound.is_silence() => Ok(()),
        heard => Err(heard.map_or_else(String::new, |sound| sound.to_string())),
    });
}

#[test]
fn a_recorded_call_is_a_file_with_both_voices_and_the_person_sees_it() {
    let site = Site::new("recording");
    let _pbx = Kamailio::start(&site, &Default::default());
    let connection = Pbx { more: "record = true\n".into(), ..Default::default() };
    let more = "[recording]\nchannels = \"per-side\"\n".into();
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], more, ..Default::default() });
    let browser = Softphone::sign_in(&server, "alice");
    let _phone = Baresip::start(&site, &Default::default());
    browser.dial("200");
    browser.wait_connected();
    browser.sees("Being recorded");
    browser.hears_tone(1000.0);
    let folder = server.dir().join("data/recordings");
    let files = || -> Vec<_> { std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|f| f.path()).collect() };
    eventually("a second of it is on the disk", SOON, || {
        let length = files().first().and_then(|path| path.metadata().ok()).map_or(0, |data| data.len());
        if length > 60_000 { Ok(()) } else { Err(format!("{length} octets")) }
    });
    browser.click("Hang up");
    eventually("the file is complete", SOON, || match &files()[..] {
        [file] if file.extension().is_some_and(|ending| ending == "wav") => Ok(()),
        files => Err(format!("{files:?}")),
    });
    let [spoken, heard] = wav::read_channels(&files()[0]);
    let spoken = spoken.last(0.4).expect("more than 0.4 s");
    assert!(spoken.is_tone(MICROPHONE_TONE), "left, who called: {spoken}");
    let heard = heard.last(0.4).expect("more than 0.4 s");
    assert!(heard.is_tone(1000.0), "right, who was called: {heard}");
}

#[test]
fn keys_travel_by_sip_info_where_the_pbx_wants_that() {
    let mut stage = stage_with("digits-info", "dtmf = \"info\"\n");
    for key in ["5", "#", "1"] {
        stage.browser.press(key);
        assert_eq!(stage.phone.wait("CALL_DTMF_START"), key);
    }
}

#[test]
fn keys_are_tones_in_the_audio_where_the_pbx_wants_that() {
    let stage = stage_with("digits-inband", "dtmf = \"inband\"\n");
    // What the phone hears is looked at in small pieces: a digit is short.
    eventually("the phone hears 5 as its two frequencies", SOON, || {
        stage.browser.press("5");
        let Some(sound) = stage.phone.heard().and_then(|sound| sound.last(1.0)) else {
            return Err("nothing yet".into());
        };
        let found = sound.pieces(0.04).any(|piece| {
            let [low, high] = [770.0, 1336.0].map(|hz| piece.level(hz));
            low > -30.0 && high > -30.0 && piece.level(MICROPHONE_TONE) < low
        });
        if found { Ok(()) } else { Err(sound.to_string()) }
    });
}
