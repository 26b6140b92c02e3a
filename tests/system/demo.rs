//! The built-in PBX that the demo runs on.

use std::process::Command;

use crate::support::bridge::MICROPHONE_TONE;
use crate::support::kamailio;
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::process::Process;
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// The demo's PBX with these extensions.
pub(crate) fn demo_pbx(site: &Site, users: &[&str]) -> Process {
    let listen = site.socket(kamailio::HOST, 5060).to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.args(["demo-pbx", "--listen", &listen, "--domain", kamailio::DOMAIN, "--rtp-ports", "30000-30999"]);
    for user in users {
        command.args(["--user", &format!("{user}:{}", kamailio::password(user))]);
    }
    let mut process = Process::start("demo-pbx", &mut command, site.dir().join("demo-pbx.log"));
    process.wait_log(&listen, SOON);
    process
}

#[test]
fn tone_and_echo_can_be_heard() {
    let site = Site::new("demo");
    let _pbx = demo_pbx(&site, &["100"]);
    let server = Offhook::start(&site, &Settings::default());
    let phone = Softphone::sign_in(&server, "alice");
    phone.dial("601");
    phone.wait_connected();
    phone.hears_frequency(1000.0);
    phone.click("Hang up");
    phone.has_no_button("Hang up");
    phone.dial("600");
    phone.wait_connected();
    phone.hears_tone(MICROPHONE_TONE);
}

/// Alice, who has called Bob; both are extensions of the demo's PBX.
struct Talk {
    alice: Softphone,
    bob: Softphone,
    server: Offhook,
    _pbx: Process,
    _site: Site,
}

fn talk(name: &str) -> Talk {
    let site = Site::new(name);
    let pbx = demo_pbx(&site, &["100", "101"]);
    let connection = Pbx { lines: vec!["100", "101"], ..Default::default() };
    let users = vec![("alice", vec!["100"]), ("bob", vec!["101"])];
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], users, ..Default::default() });
    let [alice, bob] = ["alice", "bob"].map(|user| Softphone::sign_in(&server, user));
    alice.dial("101");
    bob.click("Answer");
    alice.wait_connected();
    Talk { alice, bob, server, _pbx: pbx, _site: site }
}

#[test]
fn one_extension_calls_the_other() {
    let Talk { alice, bob, .. } = &talk("demo-two");
    bob.wait_connected();
    alice.hears_tone(MICROPHONE_TONE);
    bob.hears_tone(MICROPHONE_TONE);
    bob.click("Hang up");
    alice.sees("The call has ended.");
}

/// The server has no music of its own, so it says that it neither sends nor hears, and the PBX plays its own.
#[test]
fn who_is_held_hears_the_pbxs_music() {
    let Talk { alice, bob, server, .. } = &talk("demo-hold");
    bob.hears_tone(MICROPHONE_TONE);
    alice.click("Hold");
    alice.has_button("Retrieve");
    eventually("Bob hears a note of the melody, and not Alice", SOON, || {
        let sound = bob.heard(0.4).ok_or("nothing yet")?;
        let note = [261.63, 329.63, 392.0, 523.25].iter().any(|&note| sound.level(note) > -40.0);
        if note && sound.level(MICROPHONE_TONE) < -43.0 { Ok(()) } else { Err(sound.to_string()) }
    });
    // Two seconds without audio that is expected are told: see that it goes on for longer.
    let received = || bob.evaluate("__rig.packets()")["received"].as_f64().unwrap_or(0.0);
    let (before, told) = (received(), server.log().len());
    eventually("the music goes on", SOON, || match received() - before {
        more if more >= 200.0 => Ok(()),
        more => Err(format!("{more} packets more")),
    });
    for person in [alice, bob] {
        let shown = person.all_text();
        assert!(!shown.contains("No audio arrives"), "{shown}");
    }
    assert!(!server.log()[told..].contains("no audio arrives"), "nobody was to send more than came");
    alice.click("Retrieve");
    alice.has_button("Hold");
    alice.hears_tone(MICROPHONE_TONE);
    bob.hears_tone(MICROPHONE_TONE);
}

/// A browser tries every address it has, often after the first already carries sound; that must not cut the sound off.
#[test]
fn an_echo_goes_on_without_a_break_whichever_way_the_browsers_packets_take() {
    let site = Site::new("demo-long");
    let lines = ["100", "101"];
    let _pbx = demo_pbx(&site, &lines);
    let users = vec![("ann", vec!["100"]), ("ben", vec!["101"])];
    let names: Vec<&str> = users.iter().map(|(name, _)| *name).collect();
    let connection = Pbx { lines: lines.to_vec(), ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], users, ..Default::default() });
    let phones: Vec<Softphone> = names.iter().map(|name| Softphone::sign_in(&server, name)).collect();
    for phone in &phones {
        phone.dial("600");
        phone.hears_tone(MICROPHONE_TONE);
    }
    // Browsers give an address up that is silent for five seconds: eight seconds' worth of audio must still arrive.
    for phone in &phones {
        let received = || phone.evaluate("__rig.packets()")["received"].as_f64().unwrap_or(0.0);
        let before = received();
        eventually("the audio goes on", SOON, || match received() - before {
            more if more >= 400.0 => Ok(()),
            more => Err(format!("{more} packets more")),
        });
        phone.hears_tone(MICROPHONE_TONE);
    }
}
