//! PBXs that die and come back, in the middle of things. Nobody does anything about it.

use std::fs;
use std::net::Ipv4Addr;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::sipp::Sipp;
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// Over TCP, where a dead PBX is noticed at once; its REGISTERs over UDP are given up after 32 s (Timer F).
fn settings() -> Settings {
    let pbx = Pbx { transport: "tcp", more: "retry_interval = 2\n".into(), ..Default::default() };
    Settings { pbxes: vec![pbx], ..Default::default() }
}

#[test]
fn a_call_goes_on_while_the_pbx_is_away_and_can_be_ended_when_it_is_back() {
    let site = Site::new("restart-call");
    let mut pbx = Kamailio::start(&site, &kamailio::Settings { max_expires: 8, ..Default::default() });
    let server = Offhook::start(&site, &settings());
    let phone = Softphone::sign_in(&server, "alice");
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    phone.dial("200");
    far.wait("CALL_INCOMING");
    far.answer();
    far.wait("CALL_ESTABLISHED");
    phone.wait_connected();
    pbx.go_away();
    server.wait_lines(&["100"], "failed", Some("pbx_unreachable"));
    phone.hears_tone(1000.0);
    pbx.come_back();
    pbx.wait("bound 100", 1);
    phone.wait_connected();
    phone.hears_tone(1000.0);
    phone.click("Hang up");
    far.wait("CALL_CLOSED");
}

#[test]
fn a_pbx_that_dies_after_its_challenge_has_the_line_when_it_is_back() {
    let site = Site::new("restart-register");
    let mut dying = Sipp::answering(&site, "challenge", kamailio::HOST);
    let mut settings = settings();
    settings.pbxes[0].transport = "udp";
    let server = Offhook::start(&site, &settings);
    dying.finish(SOON);
    drop(dying);
    let pbx = Kamailio::start(&site, &Default::default());
    pbx.wait("bound 100", 1);
    server.wait_lines(&["100"], "registered", None);
    assert!(!server.log().contains("wrong_password"), "nobody has refused the line");
}

#[test]
fn a_pbx_that_dies_with_a_register_on_its_way_has_the_line_when_it_is_back() {
    for transport in ["udp", "tcp"] {
        let site = Site::new("restart-unread");
        let mut pbx = Kamailio::start(&site, &Default::default());
        let address = site.address(kamailio::HOST);
        eventually("the PBX listens", SOON, || match sockets(transport, address).is_empty() {
            false => Ok(()),
            true => Err("it has no socket".into()),
        });
        pbx.freeze();
        let mut settings = settings();
        settings.pbxes[0].transport = transport;
        let server = Offhook::start(&site, &settings);
        eventually("a REGISTER is at the PBX, unread", SOON, || {
            let sockets = sockets(transport, address);
            match sockets.iter().any(|&(listens, unread)| unread && !listens) {
                true => Ok(()),
                false => Err(format!("its sockets, whether they listen and have something: {sockets:?}")),
            }
        });
        pbx.die();
        pbx.come_back();
        pbx.wait(&format!("bound 100 from {transport}"), 1);
        server.wait_lines(&["100"], "registered", None);
    }
}

/// The sockets at port 5060 of an address: whether each listens for connections, and whether octets wait in it that
/// nobody has read.
fn sockets(transport: &str, address: Ipv4Addr) -> Vec<(bool, bool)> {
    // proc(5): the address as the machine stores it; the state, of which 0A is a listener; octets to send and to read.
    let local = format!("{:08X}:{:04X}", u32::from_ne_bytes(address.octets()), 5060);
    let sockets = fs::read_to_string(format!("/proc/net/{transport}")).expect("Linux tells its sockets");
    let socket = |line: &str| {
        let mut columns = line.split_whitespace().skip(1);
        let (own, _, state, queues) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
        (own == local).then(|| (state == "0A", !queues.ends_with(":00000000")))
    };
    sockets.lines().filter_map(socket).collect()
}

#[test]
fn a_pbx_that_forgets_its_lines_has_them_again_before_their_time_is_over() {
    let site = Site::new("restart-forgets");
    let mut pbx = Kamailio::start(&site, &kamailio::Settings { max_expires: 8, ..Default::default() });
    let connection =
        Pbx { lines: vec!["100", "101", "102"], more: "retry_interval = 2\n".into(), ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    pbx.wait("bound 10", 3);
    pbx.go_away();
    pbx.come_back();
    for line in ["100", "101", "102"] {
        pbx.wait(&format!("bound {line}"), 1);
    }
    server.wait_lines(&["100", "101", "102"], "registered", None);
    // Calls reach it as before.
    let phone = Softphone::sign_in(&server, "alice");
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    far.dial("100");
    phone.click("Answer");
    far.wait("CALL_ESTABLISHED");
}

#[test]
fn a_dead_pbx_is_told_on_the_line_and_a_call_to_it_fails_in_words() {
    let site = Site::new("restart-dead");
    let mut pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &settings());
    let phone = Softphone::sign_in(&server, "alice");
    pbx.go_away();
    phone.dial("200");
    phone.alert("The PBX ");
    pbx.come_back();
    pbx.wait("bound 100", 1);
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    phone.wait_registered();
    phone.dial("200");
    far.wait("CALL_INCOMING");
}
