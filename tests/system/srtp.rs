//! Encrypted audio towards the PBX: with a phone whose SRTP is not ours.

use crate::audio::both_hear;
use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::rtpengine::{Certificate, Rtpengine};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::tls::Authority;

/// A phone that encrypts like this and waits to be told to answer.
fn phone(site: &Site, encryption: &'static str) -> Baresip {
    Baresip::start(site, &baresip::Settings { encryption, answer: Answer::WhenTold, ..Default::default() })
}

/// A call each way, whose audio towards the PBX is said to be encrypted like this.
fn both_ways(browser: &Softphone, phone: &mut Baresip, what: &str, security: &str) {
    browser.dial("200");
    phone.wait("CALL_INCOMING");
    phone.answer();
    phone.wait("CALL_ESTABLISHED");
    both_hear(browser, phone, &format!("{what}, outgoing"));
    browser.wait_security(security);
    browser.click("Hang up");
    phone.wait("CALL_CLOSED");
    phone.dial("100");
    browser.click("Answer");
    phone.wait("CALL_ESTABLISHED");
    both_hear(browser, phone, &format!("{what}, incoming"));
    browser.wait_security(security);
    phone.hang_up();
    browser.has_no_button("Hang up");
}

#[test]
fn a_pbx_with_tls_gets_encrypted_audio_by_itself() {
    let site = Site::new("srtp-tls");
    let authority = Authority::new(&site, "authority");
    let tls = Some(authority.issue(&site.address(kamailio::HOST).to_string()));
    let pbx = Kamailio::start(&site, &kamailio::Settings { tls, ..Default::default() });
    let listen = site.socket(2, 5061);
    let own = authority.issue(&listen.ip().to_string());
    let more = format!(
        "[[listener]]\nname = \"secure\"\naddress = \"{listen}\"\ntransport = \"tls\"\n\
         certificate = {:?}\nkey = {:?}\n",
        own.certificate, own.key
    );
    let group = format!("ca = [{:?}]\nsystem_ca = false\nlistener = \"secure\"\n", authority.file());
    let connection = Pbx { port: Some(5061), transport: "tls", more: group, ..Default::default() };
    let server = Offhook::start(&site, &Settings { more, pbxes: vec![connection], ..Default::default() });
    pbx.wait("bound 100 from tls", 1);
    let browser = Softphone::sign_in(&server, "alice");
    both_ways(&browser, &mut phone(&site, "srtp-mand"), "TLS, srtp-mand", "sdes");
}

#[test]
fn best_effort_is_encrypted_where_the_phone_can_and_plain_where_not() {
    for encryption in ["srtp", "srtp-mand", ""] {
        let site = Site::new(&format!("srtp-optional-{encryption}"));
        let pbx = Kamailio::start(&site, &Default::default());
        let connection = Pbx { more: "srtp = \"optional\"\n".into(), ..Default::default() };
        let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
        pbx.wait("bound 100", 1);
        let browser = Softphone::sign_in(&server, "alice");
        let mut phone = phone(&site, encryption);
        // What is offered by a phone that must is RTP/SAVP, which our own best effort is not.
        if encryption == "srtp-mand" {
            phone.dial("100");
            browser.click("Answer");
            phone.wait("CALL_ESTABLISHED");
            both_hear(&browser, &phone, "optional, srtp-mand, incoming");
        } else {
            let security = if encryption.is_empty() { "plain" } else { "sdes" };
            both_ways(&browser, &mut phone, &format!("optional, {encryption:?}"), security);
        }
    }
}

/// A server that demands DTLS-SRTP of a PBX with a border controller, and somebody who has signed in there.
fn behind(site: &Site, border: &Rtpengine) -> (Kamailio, Offhook, Softphone) {
    let relayed = Some((border.module(), border.route()));
    let pbx = Kamailio::start(site, &kamailio::Settings { relayed, ..Default::default() });
    let connection = Pbx { more: "srtp = \"dtls\"\n".into(), ..Default::default() };
    let server = Offhook::start(site, &Settings { pbxes: vec![connection], ..Default::default() });
    pbx.wait("bound 100", 1);
    let browser = Softphone::sign_in(&server, "alice");
    (pbx, server, browser)
}

#[test]
fn a_border_controller_that_is_not_ours_shakes_hands_either_way() {
    let site = Site::new("srtp-dtls");
    let border = Rtpengine::start(&site, Certificate::Ecdsa);
    let (_pbx, _server, browser) = behind(&site, &border);
    both_ways(&browser, &mut phone(&site, ""), "DTLS-SRTP", "dtls");
    border.wait("DTLS-SRTP successfully negotiated", 2);
}

#[test]
fn an_rsa_certificate_is_silence_and_the_log_says_why() {
    let site = Site::new("srtp-dtls-rsa");
    let border = Rtpengine::start(&site, Certificate::Rsa);
    let (_pbx, server, browser) = behind(&site, &border);
    let mut phone = Baresip::start(&site, &Default::default());
    browser.dial("200");
    phone.wait("CALL_ESTABLISHED");
    browser.status("No audio arrives from the telephone system");
    assert!(server.log().contains("Does the other side have an ECDSA certificate?"), "{}", server.log());
}

#[test]
fn a_phone_that_does_not_encrypt_is_an_error_where_encryption_is_required() {
    let site = Site::new("srtp-refused");
    let pbx = Kamailio::start(&site, &Default::default());
    let connection = Pbx { more: "srtp = \"required\"\n".into(), ..Default::default() };
    let server = Offhook::start(&site, &Settings { pbxes: vec![connection], ..Default::default() });
    pbx.wait("bound 100", 1);
    let browser = Softphone::sign_in(&server, "alice");
    let _phone = Baresip::start(&site, &Default::default());
    browser.dial("200");
    browser.sees("The PBX does not take the encrypted audio (SRTP) that this connection demands.");
}
