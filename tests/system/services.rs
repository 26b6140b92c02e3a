//! The services of a telephone by the app's own buttons: who hears whom, and who does not.

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::bridge::MICROPHONE_TONE;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::tap::Tap;
use crate::support::{SOON, eventually};

/// Alice and Bob at browsers, two telephones that take every call; each telephone has a tone of its own.
struct Stage {
    alice: Softphone,
    bob: Softphone,
    phones: [Phone; 2],
    _server: Offhook,
    _pbx: Kamailio,
    _site: Site,
}

struct Phone {
    number: &'static str,
    tone: f64,
    calls: Baresip,
    tap: Tap,
}

impl Phone {
    fn start(site: &Site, number: &'static str, host: u8, tone: u32) -> Phone {
        // A capture knows a telephone by its ports.
        let first = 40_000 + u16::from(host) * 100;
        let rtp_ports = first..first + 100;
        let answer = Answer::AtOnce;
        let settings = baresip::Settings { user: number, host, tone, answer, rtp_ports, ..Default::default() };
        let tap = Tap::start(site, host, settings.rtp_ports.clone());
        Phone { number, tone: tone.into(), calls: Baresip::start(site, &settings), tap }
    }

    /// Waits until these frequencies are heard, and these are not.
    #[track_caller]
    fn hears(&self, heard: &[f64], unheard: &[f64]) {
        eventually(&format!("{} hears {heard:?} Hz and not {unheard:?} Hz", self.number), SOON, || {
            let sound = self.tap.heard().and_then(|sound| sound.last(0.4)).ok_or("nothing yet")?;
            let so = heard.iter().all(|&tone| sound.level(tone) > -40.0)
                && unheard.iter().all(|&tone| sound.level(tone) < -43.0);
            if so { Ok(()) } else { Err(sound.to_string()) }
        });
    }
}

fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let lines = vec!["100", "101"];
    let connection = Pbx { codecs: vec!["PCMA"], lines, more: "transfer = \"bridge\"\n".into(), ..Default::default() };
    let users = vec![("alice", vec!["100"]), ("bob", vec!["101"])];
    let server = Offhook::start(
        &site,
        &Settings { pbxes: vec![connection], users, webrtc_codecs: vec!["PCMA"], ..Default::default() },
    );
    let phones = [Phone::start(&site, "102", 10, 400), Phone::start(&site, "103", 11, 550)];
    let [alice, bob] = ["alice", "bob"].map(|user| Softphone::sign_in(&server, user));
    Stage { alice, bob, phones, _server: server, _pbx: pbx, _site: site }
}

#[test]
fn a_call_is_held_then_given_to_somebody_who_was_asked_first() {
    let Stage { alice, phones: [first, second], .. } = &mut stage("app-transfer");
    alice.dial(first.number);
    alice.wait_connected();
    first.hears(&[MICROPHONE_TONE], &[]);
    alice.click("Hold");
    alice.has_button("Retrieve");
    first.hears(&[], &[MICROPHONE_TONE]);
    alice.click("Retrieve");
    first.hears(&[MICROPHONE_TONE], &[]);
    alice.click("Transfer");
    alice.fill("Transfer to", second.number);
    alice.click("Ask first");
    alice.hears_frequency(second.tone);
    first.hears(&[], &[MICROPHONE_TONE, second.tone]);
    alice.click("Complete transfer");
    first.hears(&[second.tone], &[MICROPHONE_TONE]);
    second.hears(&[first.tone], &[MICROPHONE_TONE]);
    alice.has_no_button("Hang up");
    first.calls.hang_up();
}

#[test]
fn three_talk_with_each_other() {
    let Stage { alice, phones: [first, second], .. } = &mut stage("app-conference");
    alice.dial(first.number);
    alice.wait_connected();
    first.hears(&[MICROPHONE_TONE], &[]);
    alice.click("Transfer");
    alice.fill("Transfer to", second.number);
    alice.click("Ask first");
    second.hears(&[MICROPHONE_TONE], &[first.tone]);
    alice.click("Conference");
    first.hears(&[MICROPHONE_TONE, second.tone], &[]);
    second.hears(&[MICROPHONE_TONE, first.tone], &[]);
    alice.click("End for all");
    alice.has_no_button("End for all");
    second.calls.wait("CALL_CLOSED");
}

#[test]
fn a_call_that_rings_at_somebody_else_is_picked_up() {
    let Stage { alice, bob, phones: [first, _], .. } = &mut stage("app-pickup");
    first.calls.dial("100");
    alice.rings();
    bob.click("Pick up");
    bob.fill("Number where it rings or is parked", "100");
    bob.press("Enter");
    bob.wait_connected();
    alice.rings_no_more();
    bob.hears_frequency(first.tone);
    first.hears(&[MICROPHONE_TONE], &[]);
}
