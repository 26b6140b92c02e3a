//! The server under test: its configuration, its start and end.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use super::process::Process;
use super::site::Site;
use super::{SOON, kamailio};

/// A connection to a PBX in the configuration.
#[derive(Clone)]
pub(crate) struct Pbx {
    /// Its name.
    pub(crate) name: &'static str,
    /// SIP transport.
    pub(crate) transport: &'static str,
    /// Codecs in order.
    pub(crate) codecs: Vec<&'static str>,
    /// Lifetime asked for, in seconds.
    pub(crate) expires: u32,
    /// User names of its lines, which are their numbers.
    pub(crate) lines: Vec<&'static str>,
    /// The password of every line; by default each line's own.
    pub(crate) password: Option<&'static str>,
}

impl Default for Pbx {
    fn default() -> Self {
        Pbx {
            name: "main",
            transport: "udp",
            codecs: vec!["G722", "PCMA", "PCMU"],
            expires: 600,
            lines: vec!["100"],
            password: None,
        }
    }
}

/// The configuration of a server.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Its address within the [`Site`].
    pub(crate) host: u8,
    /// Codecs towards browsers, in order.
    pub(crate) webrtc_codecs: Vec<&'static str>,
    /// PBX connections.
    pub(crate) pbxes: Vec<Pbx>,
    /// User names with the numbers of their lines.
    pub(crate) users: Vec<(&'static str, Vec<&'static str>)>,
    /// What it logs.
    pub(crate) log: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            host: 2,
            webrtc_codecs: vec!["opus", "PCMA", "PCMU"],
            pbxes: vec![Pbx::default()],
            users: vec![("alice", vec!["100"])],
            log: "debug,str0m=info,hyper=info,sqlx=warn",
        }
    }
}

/// Who administers every server.
pub(crate) const ADMINISTRATOR: &str = "root";

/// The password of every user and administrator.
pub(crate) const PASSWORD: &str = "wonderland";

impl Settings {
    /// The configuration file's text.
    pub(crate) fn toml(&self, site: &Site) -> String {
        let address = site.address(self.host);
        let mut text = format!(
            "data_dir = \"data\"\n[listen]\nhttp = \"{address}:7224\"\nhttps = \"{address}:7225\"\nsip = \"{address}:5060\"\nwebrtc = \"{address}:7226\"\n\
             [media]\naddress = \"{address}\"\nrtp_ports = \"20000-29999\"\ncountry = \"de\"\nwebrtc_codecs = {:?}\n",
            self.webrtc_codecs
        );
        let pbx_address = site.address(kamailio::HOST);
        for pbx in &self.pbxes {
            let Pbx { name, transport, codecs, expires, .. } = pbx;
            let _ = write!(
                text,
                "[[line_group]]\nname = \"{name}\"\nregistrar = \"{pbx_address}\"\nport = 5060\ntransport = \"{transport}\"\n\
                 domain = \"{}\"\nexpires = {expires}\ncodecs = {codecs:?}\n",
                kamailio::DOMAIN
            );
            for line in &pbx.lines {
                let password = pbx.password.map_or_else(|| kamailio::password(line), String::from);
                let _ = write!(text, "[[line_group.line]]\nuser_name = \"{line}\"\npassword = \"{password}\"\n");
            }
        }
        for (user, lines) in &self.users {
            let _ = write!(text, "[[user]]\nname = \"{user}\"\npassword = \"{PASSWORD}\"\nlines = {lines:?}\n");
        }
        let _ = write!(text, "[[administrator]]\nname = \"{ADMINISTRATOR}\"\npassword = \"{PASSWORD}\"\n");
        text
    }
}

/// A running server.
pub(crate) struct Offhook {
    process: Process,
    http: SocketAddr,
    dir: PathBuf,
}

impl Offhook {
    /// Starts a server and waits until it says that it is ready.
    #[track_caller]
    pub(crate) fn start(site: &Site, settings: &Settings) -> Offhook {
        Self::start_with(site, settings, &settings.toml(site))
    }

    /// Starts a server with a changed configuration text.
    #[track_caller]
    pub(crate) fn start_with(site: &Site, settings: &Settings, toml: &str) -> Offhook {
        let dir = site.dir().join(format!("offhook-{}", settings.host));
        let config = write_config(&dir, toml);
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        command.args(["serve", "--config"]).arg(&config).env("OFFHOOK_LOG", settings.log);
        let mut process = Process::start("offhook", &mut command, dir.join("log"));
        process.wait_log("Offhook is ready", SOON);
        Offhook { process, http: site.socket(settings.host, 7224), dir }
    }

    /// Where browsers go.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.http)
    }

    /// The address of its web server.
    pub(crate) fn http(&self) -> SocketAddr {
        self.http
    }

    /// Everything it logged.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// Its configuration, log and data.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Presses Ctrl-C and waits for the end, five seconds at most.
    #[track_caller]
    pub(crate) fn ctrl_c(&mut self) -> (ExitStatus, Duration) {
        let begin = Instant::now();
        self.process.signal("INT");
        (self.process.wait_exit(Duration::from_secs(10)), begin.elapsed())
    }
}

/// Writes a configuration file as the server wants it: for its user's eyes only.
pub(crate) fn write_config(dir: &Path, toml: &str) -> PathBuf {
    fs::create_dir_all(dir).expect("the directory can be made");
    let path = dir.join("offhook.toml");
    fs::write(&path, toml).expect("the configuration can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions can be set");
    path
}
