//! Passwords stay where they belong.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::baresip::Baresip;
use crate::support::kamailio::{self, Kamailio};
use crate::support::offhook::{Offhook, PASSWORD, Settings};
use crate::support::site::Site;
use crate::support::softphone::Softphone;

#[test]
fn no_password_is_logged_stored_or_told() {
    let site = Site::new("secrets");
    let pbx = Kamailio::start(&site, &Default::default());
    let server = Offhook::start(&site, &Settings { log: "trace", ..Default::default() });
    pbx.wait("bound 100", 1);
    let mut phone = Softphone::open(&server.url(), true);
    phone.enter("alice", "a-wrong-password");
    phone.sees("User name or password is wrong.");
    phone.enter("alice", PASSWORD);
    phone.wait_registered();
    let _called = Baresip::start(&site, &Default::default());
    phone.dial("200");
    phone.wait_connected();

    let line_password = kamailio::password("100");
    let secrets = [PASSWORD, "a-wrong-password", &line_password];
    let told = phone.evaluate("fetch('/api/v1/session').then((r) => r.text())").to_string();
    assert!(told.contains("alice"), "{told}");
    for secret in secrets {
        assert!(!server.log().contains(secret), "{secret} stands in the log");
        assert!(!told.contains(secret) && !phone.all_text().contains(secret), "{secret} is told");
    }
    let data = server.dir().join("data");
    assert_eq!(mode(&data), 0o700);
    let is_log = |file: &PathBuf| file.extension().is_some_and(|end| end == "log");
    assert!(files(&data).iter().any(is_log), "the log is looked through, too");
    for file in files(&data) {
        let bytes = fs::read(&file).unwrap();
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", file.display());
        }
    }
}

#[test]
fn a_hash_serves_as_a_password() {
    let site = Site::new("hash");
    let _pbx = Kamailio::start(&site, &Default::default());
    let mut hasher = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    hasher.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    let hash = String::from_utf8(hasher.wait_with_output().unwrap().stdout).unwrap().trim().to_owned();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let toml = Settings::default().toml(&site).replace(&format!("\"{PASSWORD}\""), &format!("\"{hash}\""));
    let server = Offhook::start_with(&site, &Settings::default(), &toml);
    Softphone::sign_in(&server, "alice");
}

/// All files below a folder; sockets hold nothing.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    below.filter(|path| path.is_file()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
