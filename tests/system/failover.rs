//! Two PBXs under one name: when the first dies the second takes over, and gives back.

use std::net::UdpSocket;
use std::time::Duration;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::dns::Dns;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// The second PBX's address within the [`Site`].
const TWIN: u8 = 11;

struct Stage {
    first: Kamailio,
    second: Kamailio,
    server: Offhook,
    site: Site,
    _dns: Dns,
}

/// Two PBXs, the first preferred. Over TCP, where a dead one is noticed at once and not after 32 s (Timers B and F).
fn stage(name: &str, max_expires: u32) -> Stage {
    stage_over("tcp", name, max_expires)
}

fn stage_over(transport: &'static str, name: &str, max_expires: u32) -> Stage {
    let site = Site::new(name);
    let records = [
        format!("srv-host=_sip._{transport}.pbx.test,one.pbx.test,5060,10,5"),
        format!("srv-host=_sip._{transport}.pbx.test,two.pbx.test,5060,20,5"),
        format!("host-record=one.pbx.test,{}", site.address(kamailio::HOST)),
        format!("host-record=two.pbx.test,{}", site.address(TWIN)),
    ];
    let dns = Dns::start(&site, &records);
    let settings = kamailio::Settings { max_expires, ..Default::default() };
    let first = Kamailio::start(&site, &settings);
    let second = Kamailio::start(&site, &kamailio::Settings { host: TWIN, ..settings });
    let server = Offhook::start(&site, &settings_for(&dns, transport, kamailio::DOMAIN));
    first.wait(&format!("bound 100 from {transport}"), 1);
    Stage { first, second, server, site, _dns: dns }
}

fn settings_for(dns: &Dns, transport: &'static str, name: &str) -> Settings {
    let connection = Pbx {
        registrar: Some(name.into()),
        port: None,
        transport,
        more: "retry_interval = 2\n".into(),
        ..Default::default()
    };
    let more = format!("[dns]\nservers = [\"{}\"]\n", dns.address());
    Settings { pbxes: vec![connection], more, ..Default::default() }
}

/// A phone at one of the PBXs, with an address of its own.
fn phone(site: &Site, host: u8, pbx: u8) -> Baresip {
    Baresip::start(site, &baresip::Settings { host, pbx, answer: Answer::WhenTold, ..Default::default() })
}

#[test]
fn calls_that_stand_are_kept_and_lines_move_to_the_twin_and_back() {
    let mut stage = stage("failover", 8);
    let browser = Softphone::sign_in(&stage.server, "alice");
    let mut far = phone(&stage.site, 3, kamailio::HOST);
    browser.dial("200");
    far.wait("CALL_INCOMING");
    far.answer();
    far.wait("CALL_ESTABLISHED");
    browser.wait_connected();
    stage.first.go_away();
    stage.second.wait("bound 100", 1);
    browser.wait_connected();
    browser.hears_tone(1000.0);
    browser.wait_registered();
    stage.first.come_back();
    stage.first.wait("bound 100", 1);
    browser.hears_tone(1000.0);
    browser.click("Hang up");
    far.wait("CALL_CLOSED");
}

#[test]
fn a_new_call_goes_to_the_twin_before_anybody_knew_that_the_first_is_dead() {
    let mut stage = stage("failover-call", 3600);
    let browser = Softphone::sign_in(&stage.server, "alice");
    let mut far = phone(&stage.site, 3, TWIN);
    stage.first.go_away();
    browser.dial("200");
    far.wait("CALL_INCOMING");
    far.answer();
    browser.wait_connected();
    browser.hears_tone(1000.0);
    // The dead one is known then, so the line registers where calls can come from.
    stage.second.wait("bound 100", 1);
    browser.click("Hang up");
    far.wait("CALL_CLOSED");
    far.dial("100");
    browser.click("Answer");
    far.wait("CALL_ESTABLISHED");
}

#[test]
fn over_udp_a_dead_pbx_costs_one_call_its_timer_and_the_next_call_nothing() {
    let mut stage = stage_over("udp", "failover-udp", 3600);
    let browser = Softphone::sign_in(&stage.server, "alice");
    let mut far = phone(&stage.site, 3, TWIN);
    stage.first.die();
    // Whoever hears nothing there is told nothing: no refusal of the network gives the death away.
    let dead = UdpSocket::bind(stage.site.socket(kamailio::HOST, 5060)).expect("the port is free");
    dead.set_nonblocking(true).expect("a socket can be so");
    browser.dial("200");
    eventually("the first call comes to the twin", TIMER_B + SOON, || {
        match stage.second.log().contains("request INVITE") {
            true => Ok(()),
            false => Err("it has not".into()),
        }
    });
    assert!(invited(&dead), "the first PBX is preferred until it is known to be dead");
    far.wait("CALL_INCOMING");
    browser.click("Hang up");
    far.wait("CALL_CLOSED");
    browser.dial("200");
    far.wait("CALL_INCOMING");
    far.answer();
    browser.wait_connected();
    browser.hears_tone(1000.0);
    assert!(!invited(&dead), "the second call does not ask the dead PBX");
}

/// How long an INVITE waits for an answer (RFC 3261 17.1.1.2).
const TIMER_B: Duration = Duration::from_secs(32);

/// Whether an INVITE is among the datagrams that came since this was last asked.
fn invited(socket: &UdpSocket) -> bool {
    let mut datagram = [0; 4096];
    let mut found = false;
    while let Ok(length) = socket.recv(&mut datagram) {
        found |= datagram[..length].starts_with(b"INVITE ");
    }
    found
}

#[test]
fn naptr_chooses_the_transport() {
    let site = Site::new("failover-naptr");
    let records = [
        "naptr-record=pbx.test,10,10,s,SIP+D2T,,_sip._tcp.pbx.test".to_owned(),
        "naptr-record=pbx.test,20,10,s,SIP+D2U,,_sip._udp.pbx.test".to_owned(),
        "srv-host=_sip._tcp.pbx.test,one.pbx.test,5060,10,5".to_owned(),
        "srv-host=_sip._udp.pbx.test,one.pbx.test,5060,10,5".to_owned(),
        format!("host-record=one.pbx.test,{}", site.address(kamailio::HOST)),
    ];
    let dns = Dns::start(&site, &records);
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &settings_for(&dns, "", kamailio::DOMAIN));
    pbx.wait("bound 100 from tcp", 1);
    server.wait_lines(&["100"], "registered", None);
}

#[test]
fn a_name_that_nobody_has_is_said_to_be_so() {
    let site = Site::new("failover-name");
    let dns = Dns::start(&site, &[]);
    let server = Offhook::start(&site, &settings_for(&dns, "", "nowhere.test"));
    server.wait_lines(&["100"], "failed", Some("name_not_resolved"));
    let mut browser = Softphone::open(&server.url(), true);
    browser.enter("alice", crate::support::offhook::PASSWORD);
    browser.sees("The PBX's host name was not found");
}
