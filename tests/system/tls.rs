//! PBXs that speak TLS: who may vouch for whom, and what is said when it does not hold.

use std::path::Path;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::tls::{Authority, Identity};

/// A PBX at port 5061 that an authority of its own vouches for.
fn settings(authority: &Path, more: &str) -> Settings {
    // The phones here do not encrypt their audio.
    let more = format!("ca = [{authority:?}]\nsystem_ca = false\nretry_interval = 2\nsrtp = \"off\"\n{more}");
    let connection = Pbx { port: Some(5061), transport: "tls", more, ..Default::default() };
    Settings { pbxes: vec![connection], ..Default::default() }
}

fn pbx(site: &Site, identity: Identity) -> Kamailio {
    Kamailio::start(site, &kamailio::Settings { tls: Some(identity), ..Default::default() })
}

fn address(site: &Site) -> String {
    site.address(kamailio::HOST).to_string()
}

/// The keys for our own certificate.
fn shown(identity: &Identity) -> String {
    format!("certificate = {:?}\nkey = {:?}\n", identity.certificate, identity.key)
}

/// A listener for TLS at port 5061.
fn listener(site: &Site, authority: &Authority, more: &str) -> String {
    let address = site.socket(2, 5061);
    let own = shown(&authority.issue(&address.ip().to_string()));
    format!("[[listener]]\nname = \"secure\"\naddress = \"{address}\"\ntransport = \"tls\"\n{own}{more}")
}

#[test]
fn a_line_registers_and_calls_both_ways_over_tls() {
    let site = Site::new("tls");
    let authority = Authority::new(&site, "authority");
    let pbx = pbx(&site, authority.issue(&address(&site)));
    // Where the PBX sends what belongs to a call; the contact of a line names it.
    let more = listener(&site, &authority, "");
    let server = Offhook::start(&site, &Settings { more, ..settings(&authority.file(), "listener = \"secure\"\n") });
    pbx.wait("bound 100 from tls", 1);
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
    far.answer();
    phone.wait_connected();
    phone.hears_tone(1000.0);
    far.hang_up();
    phone.sees("The call has ended.");
}

#[test]
fn a_certificate_of_an_unknown_authority_is_said_to_be_one() {
    let site = Site::new("tls-authority");
    let _pbx = pbx(&site, Authority::new(&site, "stranger").issue(&address(&site)));
    let authority = Authority::new(&site, "authority");
    let server = Offhook::start(&site, &settings(&authority.file(), ""));
    server.wait_words("100", "its certificate was issued by no trusted authority");
}

#[test]
fn a_certificate_for_somebody_else_is_said_to_be_one() {
    let site = Site::new("tls-name");
    let authority = Authority::new(&site, "authority");
    let _pbx = pbx(&site, authority.issue("other.test"));
    let server = Offhook::start(&site, &settings(&authority.file(), ""));
    server.wait_words("100", "the certificate is for other.test, but");
}

#[test]
fn an_expired_certificate_is_said_to_be_one() {
    let site = Site::new("tls-expired");
    let authority = Authority::new(&site, "authority");
    let _pbx = pbx(&site, authority.issue_expired(&address(&site)));
    let server = Offhook::start(&site, &settings(&authority.file(), ""));
    server.wait_words("100", "its certificate has expired");
}

#[test]
fn a_pbx_that_wants_a_certificate_gets_ours_or_we_are_told_that_it_wants_one() {
    let site = Site::new("tls-mutual");
    let authority = Authority::new(&site, "authority");
    let tls = Some(authority.issue(&address(&site)));
    let settings_of_pbx = kamailio::Settings { tls, tls_clients: Some(authority.file()), ..Default::default() };
    let pbx = Kamailio::start(&site, &settings_of_pbx);
    let mut server = Offhook::start(&site, &settings(&authority.file(), ""));
    server.wait_words("100", "it demands a certificate of this side");
    server.ctrl_c();
    let own = authority.issue(&site.address(2).to_string());
    let server = Offhook::start(&site, &settings(&authority.file(), &shown(&own)));
    pbx.wait("bound 100 from tls", 1);
    server.wait_lines(&["100"], "registered", None);
}

#[test]
fn a_listener_takes_calls_from_who_has_a_certificate() {
    for trusted in [true, false] {
        let site = Site::new("tls-listener");
        let authority = Authority::new(&site, "authority");
        let (known, stranger) = (Authority::new(&site, "known"), Authority::new(&site, "stranger"));
        let client = if trusted { &known } else { &stranger };
        let clients = known.file();
        let route = ("100".into(), format!("{};transport=tls", site.socket(2, 5061)));
        let _pbx = Kamailio::start(
            &site,
            &kamailio::Settings {
                users: vec![("200".into(), kamailio::password("200"))],
                routes: vec![route],
                tls: Some(client.issue(&address(&site))),
                ..Default::default()
            },
        );
        let more = listener(&site, &authority, &format!("client_ca = {clients:?}\n"));
        let connection = Pbx { lines: vec!["100"], ..Pbx::fixed(&site, "main", kamailio::HOST) };
        let server = Offhook::start(&site, &Settings { pbxes: vec![connection], more, ..Default::default() });
        server.wait_lines(&["100"], "ready", None);
        let mut phone = Softphone::open(&server.url(), true);
        phone.enter("alice", crate::support::offhook::PASSWORD);
        phone.sees("Ready");
        let mut far = Baresip::start(&site, &baresip::Settings { answer: Answer::WhenTold, ..Default::default() });
        far.dial("100");
        if trusted {
            phone.click("Answer");
            far.wait("CALL_ESTABLISHED");
            phone.hears_tone(1000.0);
        } else {
            far.wait("CALL_CLOSED");
            phone.rings_no_more();
        }
    }
}
