//! The PBX of the scenarios: Kamailio as registrar and proxy with digest authentication.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use super::process::Process;
use super::site::Site;
use super::{SOON, eventually};

/// The domain of every PBX here. It has no address: who wants to reach it must be told the PBX's.
pub(crate) const DOMAIN: &str = "pbx.test";

/// The PBX's address within the [`Site`].
pub(crate) const HOST: u8 = 1;

/// How the PBX behaves.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Digest algorithm, `MD5` or `SHA-256`.
    pub(crate) algorithm: &'static str,
    /// The longest registration it grants, in seconds.
    pub(crate) max_expires: u32,
    /// How long a nonce can be used, in seconds.
    pub(crate) nonce_expire: u32,
    /// How long it lets a phone ring before it answers 408, in seconds.
    pub(crate) ring: u32,
    /// User names with their passwords.
    pub(crate) users: Vec<(String, String)>,
    /// Numbers that are not registered but always at an address.
    pub(crate) routes: Vec<(String, SocketAddr)>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            algorithm: "MD5",
            max_expires: 3600,
            nonce_expire: 300,
            ring: 60,
            users: ["100", "101", "102", "103", "200"].map(|n| (n.into(), password(n))).to_vec(),
            routes: Vec::new(),
        }
    }
}

/// The password of a user in [`Settings::default`].
pub(crate) fn password(user: &str) -> String {
    format!("sesame-{user}")
}

/// A running Kamailio.
pub(crate) struct Kamailio {
    dir: PathBuf,
    process: Option<Process>,
}

impl Kamailio {
    /// Starts it at [`HOST`], port 5060, UDP and TCP.
    pub(crate) fn start(site: &Site, settings: &Settings) -> Kamailio {
        let mut tables = String::new();
        for (user, password) in &settings.users {
            let _ = writeln!(tables, "\t$sht(password=>{user}) = \"{password}\";");
        }
        for (number, address) in &settings.routes {
            let _ = writeln!(tables, "\t$sht(route=>{number}) = \"sip:{address}\";");
        }
        let text = include_str!("kamailio.cfg")
            .replace("@TABLES@", &tables)
            .replace("@ADDRESS@", &site.address(HOST).to_string())
            .replace("@DOMAIN@", DOMAIN)
            .replace("@ALGORITHM@", settings.algorithm)
            .replace("@MAX_EXPIRES@", &settings.max_expires.to_string())
            .replace("@NONCE_EXPIRE@", &settings.nonce_expire.to_string())
            .replace("@RING_MS@", &(settings.ring * 1000).to_string());
        let dir = site.dir().join("kamailio");
        fs::create_dir_all(&dir).expect("the directory can be made");
        fs::write(dir.join("kamailio.cfg"), text).expect("the configuration can be written");
        let mut kamailio = Kamailio { dir, process: None };
        kamailio.come_back();
        kamailio
    }

    /// Ends it: the PBX is away.
    pub(crate) fn go_away(&mut self) {
        self.process = None;
    }

    /// Starts it again after [`Kamailio::go_away`], with no registrations.
    pub(crate) fn come_back(&mut self) {
        let log = self.dir.join("log");
        let _ = fs::remove_file(&log);
        let mut command = Command::new("kamailio");
        command.args(["-DD", "-E", "-m", "16", "-M", "4", "-Y"]).arg(&self.dir);
        command.arg("-P").arg(self.dir.join("pid")).arg("-f").arg(self.dir.join("kamailio.cfg"));
        command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
        let mut process = Process::start("kamailio", &mut command, log);
        process.wait_log("Listening on", SOON);
        self.process = Some(process);
    }

    /// What it logged since its last start: a line `request METHOD URI from …` for each request, `bound USER` and
    /// `unbound USER` for each change of a registration.
    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Waits until a text stands in the log at least so many times.
    #[track_caller]
    pub(crate) fn wait(&self, text: &str, times: usize) {
        eventually(&format!("the PBX logs {text:?} {times} times"), SOON, || {
            let found = self.log().matches(text).count();
            if found >= times { Ok(()) } else { Err(format!("{found} times so far")) }
        });
    }
}
