//! The end of the server: calls ended, lines taken back, within five seconds.

use std::time::Duration;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

struct Stage {
    server: Offhook,
    pbx: Kamailio,
    site: Site,
}

fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    Stage { server, pbx, site }
}

fn phone(site: &Site) -> Baresip {
    Baresip::start(site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() })
}

#[track_caller]
fn ends_in_time(stage: &mut Stage) {
    let (status, took) = stage.server.ctrl_c();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    stage.pbx.wait("unbound 100", 1);
}

#[test]
fn an_idle_server_takes_its_lines_back() {
    ends_in_time(&mut stage("stop-idle"));
}

#[test]
fn a_call_is_ended_with_bye() {
    let mut stage = stage("stop-call");
    let browser = Softphone::sign_in(&stage.server, "alice");
    let mut phone = phone(&stage.site);
    browser.dial("200");
    phone.wait("CALL_INCOMING");
    phone.answer();
    browser.wait_connected();
    ends_in_time(&mut stage);
    phone.wait("CALL_CLOSED");
    stage.pbx.wait("request BYE", 1);
}

#[test]
fn a_call_that_rings_at_the_phone_is_cancelled() {
    let mut stage = stage("stop-dialling");
    let browser = Softphone::sign_in(&stage.server, "alice");
    let mut phone = phone(&stage.site);
    browser.dial("200");
    phone.wait("CALL_INCOMING");
    browser.status("Ringing");
    ends_in_time(&mut stage);
    phone.wait("CALL_CLOSED");
}

#[test]
fn a_call_that_rings_at_the_browser_is_refused() {
    let mut stage = stage("stop-ringing");
    let browser = Softphone::sign_in(&stage.server, "alice");
    let mut phone = phone(&stage.site);
    phone.dial("100");
    phone.wait("CALL_RINGING");
    browser.rings();
    ends_in_time(&mut stage);
    // A proxy must not pass our 503 on as it is (RFC 3261 16.7), but the words stay.
    let told = phone.wait("CALL_CLOSED");
    assert!(told.contains("Service Unavailable"), "{told}");
}

#[test]
fn a_pbx_that_is_away_does_not_hold_the_end_up() {
    let mut stage = stage("stop-alone");
    stage.pbx.go_away();
    let (status, took) = stage.server.ctrl_c();
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");
}
