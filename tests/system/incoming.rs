//! Somebody calls a user.

use crate::support::SOON;
use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::sipp::Sipp;
use crate::support::site::Site;
use crate::support::softphone::Softphone;

struct Stage {
    caller: Baresip,
    server: Offhook,
    site: Site,
    _pbx: Kamailio,
}

fn stage(name: &str) -> Stage {
    let site = Site::new(name);
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings::default());
    pbx.wait("bound 100", 1);
    let caller = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    Stage { caller, server, site, _pbx: pbx }
}

#[test]
fn a_call_rings_on_screen_is_answered_and_ended_by_the_user() {
    let mut stage = stage("in");
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    phone.rings();
    phone.sees("200");
    stage.caller.wait("CALL_RINGING");
    phone.click("Answer");
    stage.caller.wait("CALL_ESTABLISHED");
    phone.wait_connected();
    phone.hears_tone(1000.0);
    phone.click("Hang up");
    stage.caller.wait("CALL_CLOSED");
}

#[test]
fn the_caller_can_end_the_call() {
    let mut stage = stage("in-far-end");
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    phone.click("Answer");
    phone.wait_connected();
    stage.caller.wait("CALL_ESTABLISHED");
    stage.caller.hang_up();
    phone.sees("The call has ended.");
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut stage = stage("in-cancel");
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    phone.rings();
    stage.caller.wait("CALL_RINGING");
    stage.caller.hang_up();
    phone.rings_no_more();
    phone.sees("The caller hung up.");
}

#[test]
fn declining_tells_the_caller_603() {
    assert_eq!(refused_with("in-decline", "Decline"), "603 Decline");
}

#[test]
fn busy_tells_the_caller_486() {
    assert_eq!(refused_with("in-busy", "Busy"), "486 Busy Here");
}

/// What the caller hears when the user presses a button.
fn refused_with(name: &str, button: &str) -> String {
    let mut stage = stage(name);
    let phone = Softphone::sign_in(&stage.server, "alice");
    stage.caller.dial("100");
    stage.caller.wait("CALL_RINGING");
    phone.click(button);
    phone.rings_no_more();
    stage.caller.wait("CALL_CLOSED")
}

#[test]
fn with_nobody_signed_in_the_caller_is_told_486() {
    let mut stage = stage("in-nobody");
    stage.caller.dial("100");
    assert_eq!(stage.caller.wait("CALL_CLOSED"), "486 Busy Here");
}

#[test]
fn signing_out_makes_the_line_busy() {
    let mut stage = stage("in-signed-out");
    let phone = Softphone::sign_in(&stage.server, "alice");
    phone.click("Sign out");
    phone.has_button("Sign in");
    stage.caller.dial("100");
    assert_eq!(stage.caller.wait("CALL_CLOSED"), "486 Busy Here");
}

#[test]
fn a_caller_without_a_common_codec_is_told_488() {
    let stage = stage("in-488");
    let phone = Softphone::sign_in(&stage.server, "alice");
    let pbx = stage.site.socket(kamailio::HOST, 5060);
    Sipp::calling(&stage.site, "offer_gsm", 8, pbx, "100").finish(SOON);
    phone.rings_no_more();
}

#[test]
fn a_line_over_tcp_takes_calls() {
    let site = Site::new("in-tcp");
    let pbx = Kamailio::start(&site, &Default::default());
    let connection = Pbx { transport: "tcp", ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    pbx.wait("bound 100 from tcp", 1);
    let phone = Softphone::sign_in(&server, "alice");
    let mut caller = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    caller.dial("100");
    phone.click("Answer");
    caller.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
    phone.click("Hang up");
    caller.wait("CALL_CLOSED");
}
