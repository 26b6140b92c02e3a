//! Mistakes in the configuration: one sentence with the place, and an exit code that is not 0.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::offhook::{Settings, write_config};
use crate::support::postgres;
use crate::support::site::Site;
use crate::support::tls::Authority;

/// Starts the server on a file and returns the one line it complains with.
#[track_caller]
fn complaint(config: &Path) -> String {
    let output = Command::new("timeout")
        .args(["20", env!("CARGO_BIN_EXE_offhook"), "serve", "--config"])
        .arg(config)
        .env("OFFHOOK_LOG", "error")
        .stdin(Stdio::null())
        .output()
        .expect("the server can be started");
    let text = String::from_utf8(output.stderr).expect("a complaint is text");
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "more than one line: {text}");
    text.trim_end().to_owned()
}

/// Complaint about the usual configuration after a change of its text.
#[track_caller]
fn complaint_after(name: &str, change: impl FnOnce(&str) -> String) -> String {
    let site = Site::new(name);
    let toml = change(&Settings::default().toml(&site));
    complaint(&write_config(site.dir(), &toml))
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let text = complaint_after("config-key", |toml| toml.replace("expires =", "expiers ="));
    assert!(text.contains("offhook.toml:18: ") && text.contains("expiers"), "{text}");
}

#[test]
fn a_database_whose_certificate_is_of_an_unknown_authority_is_not_used() {
    let site = Site::new("config-database");
    let authority = Authority::new(&site, "other");
    let url = postgres::server().url_verified("postgres", "postgres", &authority.file());
    let toml = format!("{}[database]\nurl = \"{url}\"\n", Settings::default().toml(&site));
    let text = complaint(&write_config(site.dir(), &toml));
    assert!(text.contains("PostgreSQL shows a certificate of an authority that is not trusted. Name the"), "{text}");
}

#[test]
fn a_number_of_two_lines_is_named_with_its_line() {
    let text = complaint_after("config-number", |toml| {
        toml.replace(
            "[[user]]",
            "[[line_group.line]]\nuser_name = \"101\"\npassword = \"x\"\nnumber = \"100\"\n[[user]]",
        )
    });
    assert!(text.contains("offhook.toml:26: ") && text.contains("\"100\""), "{text}");
}

#[test]
fn a_line_that_nobody_has_is_named_with_its_line() {
    let text = complaint_after("config-line", |toml| toml.replace("lines = [\"100\"]", "lines = [\"1000\"]"));
    assert!(text.contains("offhook.toml:26: ") && text.contains("\"1000\""), "{text}");
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    let text = complaint_after("config-text", |toml| toml.replace("[media]", "[media"));
    assert!(text.contains("offhook.toml:7: "), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_unreadable() {
    let text = complaint(Path::new("/no/such/offhook.toml"));
    assert!(text.contains("/no/such/offhook.toml: the file cannot be read"), "{text}");
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let site = Site::new("config-mode");
    let config = write_config(site.dir(), &Settings::default().toml(&site));
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    let text = complaint(&config);
    assert!(text.contains("chmod 600") && text.contains("offhook.toml"), "{text}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    for (port, tcp) in [(7224, true), (7225, true), (5060, true), (5060, false), (7226, false)] {
        let site = Site::new("config-port");
        let address = site.socket(2, port);
        let held: (Option<TcpListener>, Option<UdpSocket>) = if tcp {
            (Some(TcpListener::bind(address).unwrap()), None)
        } else {
            (None, Some(UdpSocket::bind(address).unwrap()))
        };
        let text = complaint(&write_config(site.dir(), &Settings::default().toml(&site)));
        assert!(text.contains(&address.to_string()), "{text}");
        drop(held);
    }
}

#[test]
fn a_good_file_passes_the_check() {
    let site = Site::new("config-good");
    let config = write_config(site.dir(), &Settings::default().toml(&site));
    let status = Command::new(env!("CARGO_BIN_EXE_offhook")).args(["check", "--config"]).arg(&config).status();
    assert!(status.unwrap().success());
}
