//! Browsers come and go: several of one user, closed in a call, cut off and back.

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::Kamailio;
use crate::support::offhook::{Offhook, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

struct Stage {
    caller: Baresip,
    server: Offhook,
    _site: Site,
    pbx: Kamailio,
}

fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let caller = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    Stage { caller, server, _site: site, pbx }
}

#[test]
fn two_tabs_and_another_device_ring_together_and_the_first_to_answer_has_the_call() {
    let mut stage = stage("tabs");
    let first = Softphone::sign_in(&stage.server, "alice");
    let second = first.another_tab(&stage.server.url());
    second.wait_registered();
    let device = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    for phone in [&first, &second, &device] {
        phone.rings();
    }
    second.click("Answer");
    stage.caller.wait("CALL_ESTABLISHED");
    second.hears_tone(1000.0);
    for phone in [&first, &device] {
        phone.sees("Answered on another device.");
        phone.rings_no_more();
    }
    second.click("Hang up");
    stage.caller.wait("CALL_CLOSED");
}

#[test]
fn declining_on_one_device_stops_the_others() {
    let mut stage = stage("tabs-decline");
    let first = Softphone::sign_in(&stage.server, "alice");
    let second = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    first.rings();
    second.click("Decline");
    assert_eq!(stage.caller.wait("CALL_CLOSED"), "603 Decline");
    first.rings_no_more();
}

#[test]
fn a_browser_that_is_closed_in_a_call_ends_it_at_the_phone() {
    let mut stage = stage("closed");
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    phone.click("Answer");
    stage.caller.wait("CALL_ESTABLISHED");
    phone.close();
    stage.caller.wait("CALL_CLOSED");
    stage.pbx.wait("request BYE", 1);
}

#[test]
fn a_lost_socket_that_comes_back_in_time_keeps_the_call() {
    let mut stage = stage("resumed");
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    phone.click("Answer");
    stage.caller.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
    phone.break_socket(true);
    phone.alert("our call goes on");
    // Audio does not need the socket.
    phone.hears_tone(1000.0);
    phone.mend_socket();
    phone.sees_no_more("our call goes on");
    phone.wait_connected();
    phone.hears_tone(1000.0);
    assert!(!stage.pbx.log().contains("request BYE"));
    // The page commands the call again.
    phone.click("Hang up");
    stage.caller.wait("CALL_CLOSED");
}

#[test]
fn a_call_that_rings_while_the_socket_is_broken_is_there_afterwards() {
    let mut stage = stage("resumed-ringing");
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    phone.rings();
    phone.break_socket(true);
    phone.sees("Reconnecting");
    phone.mend_socket();
    phone.sees_no_more("Reconnecting");
    phone.click("Answer");
    stage.caller.wait("CALL_ESTABLISHED");
    phone.wait_connected();
    phone.hears_tone(1000.0);
}

#[test]
fn a_page_that_is_loaded_anew_in_a_call_goes_on_with_it() {
    let mut stage = stage("reloaded");
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    phone.click("Answer");
    stage.caller.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
    phone.reload();
    phone.wait_connected();
    phone.hears_tone(1000.0);
    assert!(!stage.pbx.log().contains("request BYE"));
    phone.click("Hang up");
    stage.caller.wait("CALL_CLOSED");
}

#[test]
fn a_wrong_password_is_said_and_the_right_one_then_works() {
    let stage = stage("sign-in");
    let mut phone = Softphone::open(&stage.server.url(), true);
    phone.enter("alice", "rabbit");
    phone.sees("User name or password is wrong.");
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.wait_registered();
    phone.reload();
    phone.wait_registered();
}

#[test]
fn the_page_works_over_https_with_the_certificate_made_at_first_start() {
    let mut stage = stage("https");
    let address = stage.server.http().ip();
    let mut phone = Softphone::open(&format!("https://{address}:7225/"), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.wait_registered();
    stage.caller.dial("100");
    phone.click("Answer");
    phone.hears_tone(1000.0);
}
