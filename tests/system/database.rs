//! The server with PostgreSQL in place of a file of its own, and backups.

use std::process::Command;

use crate::quality::{calls, get, sign_in};
use crate::support::baresip::{self, Baresip};
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, Settings};
use crate::support::postgres;
use crate::support::site::Site;
use crate::support::softphone::Softphone;
use crate::support::{SOON, eventually};

/// What `offhook backup` says, and whether it has worked.
#[track_caller]
fn backup(server: &Offhook) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.arg("backup").arg(server.dir().join("kept")).arg("--config").arg(server.dir().join("offhook.toml"));
    let output = command.output().expect("the program can be started");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn with_postgresql_people_sign_in_and_telephone_and_a_restart_loses_nothing() {
    let site = Site::new("postgresql");
    let postgresql = postgres::server();
    postgresql.create("telephony");
    let url = postgresql.url("postgres", "telephony");
    let pbx = Kamailio::start(&site, &kamailio::Settings::default());
    let mut server =
        Offhook::start(&site, &Settings { more: format!("[database]\nurl = \"{url}\"\n"), ..Default::default() });
    pbx.wait("bound 100", 1);
    let cookie = sign_in(&server);
    let browser = Softphone::sign_in(&server, "alice");
    let mut phone = Baresip::start(&site, &baresip::Settings::default());
    browser.dial("200");
    phone.wait("CALL_ESTABLISHED");
    browser.wait_connected();
    browser.click("Hang up");
    let kept = |server: &Offhook| {
        eventually("the call is kept", SOON, || {
            let report = calls(server, &cookie);
            let call = &report["ended"][0];
            let whole = call["called"] == "200" && call["legs"][1]["party"] == "pbx";
            if whole { Ok(()) } else { Err(report.to_string()) }
        });
    };
    kept(&server);
    assert_eq!(postgresql.sql("telephony", "SELECT called FROM call_quality"), "200");
    assert!(get(&server, "/api/v1/admin/status", &cookie).contains("\"kind\":\"postgresql\""));
    let (done, said) = backup(&server);
    assert!(!done && said.contains(&format!("pg_dump --format=custom --file=FILE \"{url}\"")), "{said}");

    server.restart();
    // The administrator is still signed in.
    kept(&server);
    let data = server.dir().join("data");
    assert!(data.join("secrets.key").is_file() && !data.join("offhook.sqlite").exists());
}

#[test]
fn a_backup_is_made_while_the_server_runs_and_names_the_key_that_is_not_in_it() {
    let site = Site::new("backup");
    let server = Offhook::start(&site, &Settings { pbxes: Vec::new(), users: Vec::new(), ..Default::default() });
    let (done, said) = backup(&server);
    assert!(done && said.contains("secrets.key is not in it"), "{said}");
    let kept = std::fs::read(server.dir().join("kept")).expect("there is a backup");
    assert!(kept.starts_with(b"SQLite format 3\0"));
    let (done, said) = backup(&server);
    assert!(!done && said.contains("kept: this file is there already."), "{said}");
}
