//! The services of a telephone by the app's own buttons: who hears whom, and who does not.

use serde_json::json;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::bridge::MICROPHONE_TONE;
use crate::support::http;
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::socket::sign_in;
use crate::support::softphone::Softphone;
use crate::support::tap::Tap;
use crate::support::{SOON, eventually};

/// Alice and Bob at browsers, two telephones that take every call; each telephone has a tone of its own.
struct Stage {
    alice: Softphone,
    bob: Softphone,
    phones: [Phone; 2],
    server: Offhook,
    pbx: Kamailio,
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
    Stage { alice, bob, phones, server, pbx, _site: site }
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
    let Stage { alice, bob, phones: [first, _], server, .. } = &mut stage("app-pickup");
    server.grant("team_member");
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

/// As the browser opens it that was asked to open `tel:` links with the app.
#[test]
fn a_telephone_link_is_asked_about_by_the_page_that_is_open() {
    let Stage { alice, phones: [first, second], server, .. } = &mut stage("app-link");
    let opened = alice.another_tab(&format!("{}?dial=tel%3A{}", server.url(), first.number));
    opened.sees("The page with your softphone that was open already asks about the number.");
    opened.close();
    alice.click_in("Call this number?", "Call");
    alice.wait_connected();
    first.hears(&[MICROPHONE_TONE], &[]);
    alice.hears_frequency(first.tone);
    alice.click("Hang up");
    alice.has_no_button("Hang up");
    // With no other page it is this one that asks.
    alice.go(&format!("{}?dial=callto%3A{}", server.url(), second.number));
    alice.wait_registered();
    alice.click_in("Call this number?", "Call");
    second.hears(&[MICROPHONE_TONE], &[]);
}

#[test]
fn calls_are_placed_by_way_of_the_telephone_that_was_set_in_the_app() {
    let Stage { alice, bob, phones: [first, second], pbx, .. } = &mut stage("app-office");
    alice.click("Settings of line 100");
    alice.fill("Number of that telephone", first.number);
    alice.click_in("Settings", "Switch on");
    alice.has_button("Switch off");
    alice.click("Close");
    alice.sees(&format!("By way of {}", first.number));
    alice.dial(second.number);
    first.hears(&[second.tone], &[MICROPHONE_TONE]);
    second.hears(&[first.tone], &[MICROPHONE_TONE]);
    let log = pbx.log();
    let called = |number| log.find(&format!("request INVITE sip:{number}@")).expect("the PBX calls it");
    assert!(called(first.number) < called(second.number), "the other telephone rings first: {log}");
    first.calls.hang_up();
    second.calls.wait("CALL_CLOSED");
    // Calls to the line come there, too.
    bob.dial("100");
    bob.wait_connected();
    bob.hears_frequency(first.tone);
    alice.rings_no_more();
}

#[test]
fn the_app_places_the_call_that_a_program_asks_for() {
    let Stage { alice, phones: [first, second], server, .. } = &mut stage("app-program");
    let cookie = sign_in(server, "/api/v1/session", "alice");
    let headers = [("cookie", cookie.as_str()), ("content-type", "application/json")];
    let command = |command: serde_json::Value| {
        http::ask(server.http(), "POST", "/api/v1/commands", &headers, command.to_string()).status
    };
    let line = alice.evaluate("fetch('/api/v1/lines').then((answer) => answer.json())")["lines"][0]["id"].take();
    assert_eq!(command(json!({ "type": "make_call", "line": line, "number": first.number })), 202);
    alice.wait_connected();
    first.hears(&[MICROPHONE_TONE], &[]);
    alice.hears_frequency(first.tone);
    alice.click("Hang up");
    alice.has_no_button("Hang up");
    // It takes a call in the same way.
    second.calls.dial("100");
    alice.rings();
    let call = alice.evaluate("fetch('/api/v1/calls').then((answer) => answer.json())")["calls"][0]["id"].take();
    assert_eq!(command(json!({ "type": "answer_call", "call": call })), 202);
    alice.wait_connected();
    second.hears(&[MICROPHONE_TONE], &[]);
    assert_eq!(command(json!({ "type": "clear_connection", "call": call })), 200);
    second.calls.wait("CALL_CLOSED");
}
