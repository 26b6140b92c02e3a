//! A user calls somebody.

use crate::support::SOON;
use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, PASSWORD, Settings};
use crate::support::sipp::Sipp;
use crate::support::site::Site;
use crate::support::softphone::Softphone;

/// The German ringing tone.
const RINGBACK: f64 = 425.0;

struct Stage {
    phone: Softphone,
    server: Offhook,
    pbx: Kamailio,
    site: Site,
}

/// A PBX with a route 700 to the site's address 7, a server, a user at the browser.
fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let settings =
        kamailio::Settings { routes: vec![("700".into(), site.socket(7, 5060).to_string())], ..Default::default() };
    let pbx = Kamailio::start(&site, &settings);
    let server = Offhook::start(&site, &Settings::default());
    let phone = Softphone::sign_in(&server, "alice");
    Stage { phone, server, pbx, site }
}

fn ringing_phone(site: &Site) -> Baresip {
    Baresip::start(site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() })
}

#[test]
fn a_call_rings_with_a_local_tone_is_answered_and_ended_by_the_caller() {
    let stage = stage("out");
    let mut called = ringing_phone(&stage.site);
    stage.phone.dial("200");
    assert_eq!(called.wait("CALL_INCOMING"), "sip:100@pbx.test");
    stage.phone.status("Ringing");
    stage.phone.hears_frequency(RINGBACK);
    called.answer();
    called.wait("CALL_ESTABLISHED");
    stage.phone.wait_connected();
    stage.phone.hears_tone(1000.0);
    stage.phone.click("Hang up");
    called.wait("CALL_CLOSED");
    stage.phone.has_no_button("Hang up");
}

#[test]
fn a_page_that_is_loaded_anew_while_it_rings_goes_on_with_its_call() {
    let stage = stage("out-reloaded");
    let mut called = ringing_phone(&stage.site);
    stage.phone.dial("200");
    called.wait("CALL_INCOMING");
    stage.phone.hears_frequency(RINGBACK);
    stage.phone.reload();
    stage.phone.status("Ringing");
    stage.phone.hears_frequency(RINGBACK);
    called.answer();
    called.wait("CALL_ESTABLISHED");
    stage.phone.wait_connected();
    stage.phone.hears_tone(1000.0);
    assert!(!stage.pbx.log().contains("request CANCEL"));
    stage.phone.click("Hang up");
    called.wait("CALL_CLOSED");
}

#[test]
fn the_called_side_can_end_the_call() {
    let stage = stage("out-far-end");
    let mut called = Baresip::start(&stage.site, &Default::default());
    stage.phone.dial("200");
    stage.phone.wait_connected();
    called.wait("CALL_ESTABLISHED");
    called.hang_up();
    stage.phone.sees("The call has ended.");
    stage.phone.has_no_button("Hang up");
}

#[test]
fn a_number_can_be_typed_anywhere_on_the_page() {
    let stage = stage("out-keyboard");
    let mut called = ringing_phone(&stage.site);
    for key in ["2", "0", "0", "Enter"] {
        stage.phone.press(key);
    }
    called.wait("CALL_INCOMING");
}

#[test]
fn early_media_of_the_pbx_is_heard_before_the_answer() {
    let stage = stage("out-early");
    let mut announcement = Sipp::answering(&stage.site, "early_media", 7);
    stage.phone.dial("700");
    stage.phone.hears_tone(1000.0);
    assert!(!announcement.messages().contains("ACK sip:"), "nothing was answered");
    stage.phone.click("Hang up");
    announcement.finish(SOON);
}

#[test]
fn giving_up_stops_the_ringing() {
    let stage = stage("out-cancel");
    let mut called = ringing_phone(&stage.site);
    stage.phone.dial("200");
    called.wait("CALL_INCOMING");
    stage.phone.status("Ringing");
    stage.phone.click("Hang up");
    called.wait("CALL_CLOSED");
    stage.pbx.wait("request CANCEL", 1);
    stage.phone.has_no_button("Hang up");
}

#[test]
fn a_refusal_is_said_in_a_sentence() {
    let stage = stage("out-refused");
    for (status, sentence) in [
        ("486 Busy Here", "The line is busy."),
        ("603 Decline", "The call was declined."),
        ("480 Temporarily Unavailable", "The person called cannot be reached right now."),
        ("488 Not Acceptable Here", "The two sides have no audio codec in common."),
        ("403 Forbidden", "The PBX does not permit this call."),
        ("500 Server Internal Error", "The PBX could not handle the call."),
    ] {
        let mut called = Sipp::refusing(&stage.site, 7, status);
        stage.phone.dial("700");
        stage.phone.alert(sentence);
        called.finish(SOON);
    }
}

#[test]
fn a_number_that_does_not_exist_is_said_to_be_so() {
    let stage = stage("out-404");
    stage.phone.dial("999");
    stage.phone.alert("This number does not exist. Check the digits.");
}

#[test]
fn a_phone_that_is_not_registered_cannot_be_reached() {
    let stage = stage("out-480");
    stage.phone.dial("200");
    stage.phone.alert("The person called cannot be reached right now.");
}

#[test]
fn nobody_answers() {
    let site = Site::new("out-408");
    let _pbx = Kamailio::start(&site, &kamailio::Settings { ring: 3, ..Default::default() });
    let server = Offhook::start(&site, &Settings::default());
    let phone = Softphone::sign_in(&server, "alice");
    let mut called = ringing_phone(&site);
    phone.dial("200");
    called.wait("CALL_INCOMING");
    phone.alert("Nobody answered.");
}

#[test]
fn without_permission_for_the_microphone_the_page_says_what_to_do() {
    let stage = stage("out-denied");
    let mut denied = Softphone::open(&stage.server.url(), false);
    denied.enter("alice", PASSWORD);
    denied.wait_registered();
    denied.dial("200");
    denied.alert("The browser may not use the microphone.");
    assert!(!stage.pbx.log().contains("request INVITE"), "nobody is called");
}
