//! PBXs that register with us.

use std::fs;
use std::net::{SocketAddr, UdpSocket};

use bytes::Bytes;
use offhook_sip::digest::{ClientAuth, Credentials};
use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::method::Method;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// A server with a trunk whose PBX registers as `trunk` and has the numbers from 200 to 299.
fn server(site: &Site, more: &str) -> Offhook {
    let more = format!(
        "kind = \"trunk-registrar\"\nuser_name = \"trunk\"\npassword = \"{}\"\nnumbers = '2\\d\\d'\n{more}",
        kamailio::password("trunk")
    );
    let connection = Pbx { registrar: Some(String::new()), port: None, transport: "", more, ..Default::default() };
    Offhook::start(site, &Settings { pbxes: vec![connection], ..Default::default() })
}

/// A PBX whose `uac` module registers with us; it sends calls for 100 to us.
fn pbx(site: &Site, password: &str) -> Kamailio {
    let address = site.address(kamailio::HOST);
    let table = site.dir().join("table");
    fs::create_dir_all(&table).expect("the directory can be made");
    let proxy = format!("sip\\:{}", site.socket(2, 5060).to_string().replace(':', "\\:"));
    let columns = "id(int,auto) l_uuid(string) l_username(string) l_domain(string) r_username(string) r_domain(string) \
                   realm(string) auth_username(string) auth_password(string) auth_ha1(string,null) auth_proxy(string) \
                   expires(int) flags(int) reg_delay(int) contact_addr(string,null) socket(string,null) ";
    let row = format!("1:trunk:trunk:{address}:trunk:pbx.test:offhook:trunk:{password}::{proxy}:60:0:0::");
    fs::write(table.join("uacreg"), format!("{columns}\n{row}\n")).expect("the table can be written");
    fs::write(table.join("version"), "table_name(string) table_version(int)\nuacreg:5\n")
        .expect("the table can be written");
    let more = format!(
        "loadmodule \"db_text.so\"\nloadmodule \"uac.so\"\nmodparam(\"uac\", \"reg_db_url\", \"text://{}\")\n\
         modparam(\"uac\", \"reg_contact_addr\", \"{address}:5060\")\nmodparam(\"uac\", \"reg_timer_interval\", 1)\n\
         modparam(\"uac\", \"reg_retry_interval\", 1)\n",
        table.display()
    );
    let users = vec![("200".into(), kamailio::password("200"))];
    let routes = vec![("100".into(), site.socket(2, 5060).to_string())];
    Kamailio::start(site, &kamailio::Settings { users, routes, more, ..Default::default() })
}

#[track_caller]
fn wait_bound(server: &Offhook, contact: &str) {
    eventually("the PBX is shown as registered", SOON, || {
        let group = server.status()["line_groups"][0].take();
        let binding = &group["bindings"][0];
        let is_there = binding["contact"].as_str().is_some_and(|shown| shown.contains(contact));
        if is_there && binding["until"].is_number() && binding["source"].is_string() {
            Ok(())
        } else {
            Err(group.to_string())
        }
    });
}

#[test]
fn a_pbx_registers_and_has_calls_both_ways() {
    let site = Site::new("registrar");
    let server = server(&site, "");
    let _pbx = pbx(&site, &kamailio::password("trunk"));
    wait_bound(&server, &site.socket(kamailio::HOST, 5060).to_string());
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("Ready");
    let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
    phone.dial("200");
    far.wait("CALL_INCOMING");
    far.answer();
    phone.wait_connected();
    phone.hears_tone(1000.0);
    phone.click("Hang up");
    far.wait("CALL_CLOSED");
    far.dial("100");
    phone.click("Answer");
    far.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
}

#[test]
fn wrong_passwords_are_counted_and_register_nobody() {
    let site = Site::new("registrar-password");
    let server = server(&site, "");
    let _pbx = pbx(&site, "wrong");
    eventually("wrong passwords are counted", SOON, || {
        let group = server.status()["line_groups"][0].take();
        if group["wrong_passwords"].as_u64() > Some(0) { Ok(()) } else { Err(group.to_string()) }
    });
    assert_eq!(server.status()["line_groups"][0]["bindings"].as_array().map(Vec::len), Some(0));
    server.wait_lines(&["100"], "failed", Some("trunk_not_registered"));
}

#[test]
fn a_pbx_at_an_address_that_is_not_allowed_is_not_registered() {
    let site = Site::new("registrar-address");
    let server = server(&site, &format!("allow_from = [\"{}\"]\n", site.address(77)));
    let _pbx = pbx(&site, &kamailio::password("trunk"));
    eventually("somebody unknown is counted", SOON, || {
        let status = server.status();
        if status["strangers"]["requests"].as_u64() > Some(0) { Ok(()) } else { Err(status["strangers"].to_string()) }
    });
    assert_eq!(server.status()["line_groups"][0]["bindings"].as_array().map(Vec::len), Some(0));
}

/// A PBX of one number, which registers it with the password of the trunk from a port of its own.
fn small_pbx(site: &Site, port: u16) -> Baresip {
    let settings = baresip::Settings {
        port,
        pbx: 2,
        account: Some("trunk"),
        answer: Answer::WhenTold,
        registers_again: true,
        ..Default::default()
    };
    Baresip::start(site, &settings)
}

#[test]
fn a_small_pbx_that_registers_one_number_has_calls_both_ways() {
    let site = Site::new("registrar-small");
    let server = server(&site, "");
    let mut pbx = small_pbx(&site, 5060);
    wait_bound(&server, &site.socket(3, 5060).to_string());
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("Ready");
    phone.dial("200");
    pbx.wait("CALL_INCOMING");
    pbx.answer();
    phone.wait_connected();
    phone.hears_tone(1000.0);
    phone.click("Hang up");
    pbx.wait("CALL_CLOSED");
    pbx.dial("100");
    phone.click("Answer");
    pbx.wait("CALL_ESTABLISHED");
    phone.hears_tone(1000.0);
}

#[test]
fn a_pbx_that_comes_back_at_another_port_is_called_there() {
    let site = Site::new("registrar-port");
    let server = server(&site, "");
    let before = small_pbx(&site, 5060);
    wait_bound(&server, &site.socket(3, 5060).to_string());
    // As if its network had gone: it signs off nowhere.
    before.freeze();
    let mut pbx = small_pbx(&site, 5070);
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", crate::support::offhook::PASSWORD);
    phone.sees("Ready");
    phone.dial("200");
    pbx.wait("CALL_INCOMING");
    pbx.answer();
    phone.wait_connected();
    phone.hears_tone(1000.0);
}

/// Somebody who writes REGISTERs by hand.
struct Registrant {
    socket: UdpSocket,
    password: String,
    sent: u32,
}

impl Registrant {
    fn new(address: SocketAddr, server: SocketAddr, password: &str) -> Registrant {
        let socket = UdpSocket::bind(address).expect("the port is free");
        socket.connect(server).expect("loopback has a way everywhere");
        socket.set_read_timeout(Some(SOON)).expect("a timeout can be set");
        Registrant { socket, password: password.into(), sent: 0 }
    }

    /// Registers as the trunk, answers the challenge; the status and the Retry-After of what is said then.
    fn register(&mut self) -> (Option<u16>, Option<u32>) {
        let mut auth = ClientAuth::new();
        let challenge = self.ask(&[]);
        assert_eq!(challenge.status(), Some(401), "{challenge:?}");
        auth.challenged(&challenge);
        let credentials = Credentials::new("trunk", self.password.as_str());
        let answer = self.ask(&auth.authorization(&credentials, &Method::Register, "sip:pbx.test", "cnonce"));
        (answer.status(), answer.header(Name::RetryAfter).and_then(|seconds| seconds.parse().ok()))
    }

    fn ask(&mut self, headers: &[(Name, String)]) -> Message {
        self.sent += 1;
        let Registrant { socket, sent, .. } = self;
        let own = socket.local_addr().expect("it is bound");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "REGISTER sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{sent}\r\nMax-Forwards: 70\r\n\
             From: <sip:trunk@pbx.test>;tag=1\r\nTo: <sip:trunk@pbx.test>\r\nCall-ID: {own}\r\nCSeq: {sent} REGISTER\r\n\
             Contact: <sip:trunk@{own}>\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        socket.send(request.as_bytes()).expect("the server listens");
        let mut datagram = [0; 4096];
        let length = socket.recv(&mut datagram).expect("the server answers");
        Message::parse(Bytes::copy_from_slice(&datagram[..length])).expect("the server sends SIP")
    }
}

#[test]
fn who_guesses_passwords_is_slowed_and_the_pbx_is_not() {
    let site = Site::new("registrar-guess");
    let server = server(&site, "");
    let password = kamailio::password("trunk");
    let _pbx = pbx(&site, &password);
    wait_bound(&server, &site.socket(kamailio::HOST, 5060).to_string());
    let registrar = site.socket(2, 5060);
    let mut guesser = Registrant::new(site.socket(77, 5060), registrar, "wrong");
    let answers: Vec<_> = (0..4).map(|_| guesser.register()).collect();
    assert_eq!(answers[0], (Some(403), None));
    let (status, pause) = answers[3];
    assert_eq!(status, Some(403));
    assert!(pause.is_some_and(|seconds| seconds > 0), "{answers:?}");
    // Whoever has the account is not shut out by others who guess at it.
    let mut same_host = Registrant::new(site.socket(kamailio::HOST, 5070), registrar, &password);
    assert_eq!(same_host.register(), (Some(200), None));
}
