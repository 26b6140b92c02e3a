//! Lines register at the PBX and stay registered.

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

#[test]
fn a_line_registers_with_md5_over_udp() {
    registers("MD5", "udp");
}

#[test]
fn a_line_registers_with_sha_256_over_udp() {
    registers("SHA-256", "udp");
}

#[test]
fn a_line_registers_over_tcp() {
    registers("MD5", "tcp");
}

fn registers(algorithm: &'static str, transport: &'static str) {
    let site = Site::new("registers");
    let pbx = Kamailio::start(&site, &kamailio::Settings { algorithm, ..Default::default() });
    let connection = Pbx { transport, ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    pbx.wait(&format!("bound 100 from {transport}"), 1);
    assert!(!pbx.log().contains("challenged again"), "the first answer to the challenge is right");
    Softphone::sign_in(&server, "alice");
}

#[test]
fn a_line_registers_and_is_called_over_ipv6() {
    let site = Site::new("registers-ipv6");
    let (place, listener) = (Site::ipv6_socket(), Site::ipv6_socket());
    let more = format!("listen=udp:{place}\n");
    let pbx = Kamailio::start(&site, &kamailio::Settings { more, ..Default::default() });
    let connection = Pbx {
        registrar: Some(place.ip().to_string()),
        port: Some(place.port()),
        more: "listener = \"six\"\n".into(),
        ..Default::default()
    };
    let more = format!("[[listener]]\nname = \"six\"\naddress = \"{listener}\"\ntransport = \"udp\"\n");
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], more, ..Default::default() });
    pbx.wait("bound 100 from udp", 1);
    assert!(!pbx.log().contains(&format!("from {}", site.address(2))), "nothing came over IPv4");
    let phone = Softphone::sign_in(&server, "alice");
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    far.dial("100");
    phone.click("Answer");
    far.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
    phone.click("Hang up");
    far.wait("CALL_CLOSED");
    phone.dial("200");
    far.wait("CALL_INCOMING");
}

#[test]
fn a_short_expiry_that_the_pbx_grants_is_kept_although_every_nonce_is_stale_by_then() {
    let site = Site::new("refresh");
    let settings = kamailio::Settings { max_expires: 6, nonce_expire: 1, ..Default::default() };
    let pbx = Kamailio::start(&site, &settings);
    let server = Offhook::start(&site, &Settings::default());
    let phone = Softphone::sign_in(&server, "alice");
    pbx.wait("bound 100", 4);
    assert!(!pbx.log().contains("unbound 100"));
    phone.wait_registered();
}

#[test]
fn a_wrong_password_is_said_on_screen() {
    let site = Site::new("wrong-password");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let connection = Pbx { password: Some("not-it"), ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("The PBX rejects the line's user name or password.");
    // One question, one answer, and then a pause: a PBX locks out who tries again and again.
    let attempts = pbx.log().matches("request REGISTER").count();
    assert!(attempts <= 4, "{attempts} REGISTER requests in the first seconds");
}

#[test]
fn a_pbx_that_was_away_has_the_line_again_when_it_is_back() {
    let site = Site::new("away");
    let settings = kamailio::Settings { max_expires: 8, ..Default::default() };
    let mut pbx = Kamailio::start(&site, &settings);
    let server = Offhook::start(&site, &Settings::default());
    let phone = Softphone::sign_in(&server, "alice");
    pbx.go_away();
    phone.wait_not_registered();
    phone.alert("The PBX ");
    pbx.come_back();
    pbx.wait("bound 100", 1);
    phone.wait_registered();
}

#[test]
fn all_lines_of_a_user_are_shown() {
    let site = Site::new("lines");
    let _pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let connection = Pbx { lines: vec!["100", "101"], ..Default::default() };
    let users = vec![("alice", vec!["100", "101"]), ("bob", vec!["101"])];
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], users, ..Default::default() });
    let alice = Softphone::sign_in(&server, "alice");
    alice.sees("100");
    alice.sees("101");
    let bob = Softphone::sign_in(&server, "bob");
    bob.sees("101");
    assert!(!bob.all_text().contains("100"), "a line of somebody else");
}
