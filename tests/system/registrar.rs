//! PBXs that register with us.

use std::fs;

use crate::support::baresip::{self, Answer, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Pbx, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// A server with a trunk whose PBX registers as `trunk` and has the numbers from 200 to 299.
fn server(site: &Site, more: &str) -> Offhook {
    let more = format!(
        "kind = \"trunk-registrar\"\nuser_name = \"trunk\"\npassword = \"sesame\"\nnumbers = '2\\d\\d'\n{more}"
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
    let _pbx = pbx(&site, "sesame");
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
    let _pbx = pbx(&site, "sesame");
    eventually("somebody unknown is counted", SOON, || {
        let status = server.status();
        if status["strangers"]["requests"].as_u64() > Some(0) { Ok(()) } else { Err(status["strangers"].to_string()) }
    });
    assert_eq!(server.status()["line_groups"][0]["bindings"].as_array().map(Vec::len), Some(0));
}
