//! The server under test: its configuration, its start and end.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http;
use super::process::Process;
use super::site::Site;
use super::socket::sign_in;
use super::{SOON, eventually, kamailio};

/// A connection to a PBX in the configuration.
#[derive(Clone)]
pub(crate) struct Pbx {
    /// Its name.
    pub(crate) name: &'static str,
    /// The PBX's address or name; by default where [`kamailio::HOST`] is.
    pub(crate) registrar: Option<String>,
    /// Its SIP port; None: as DNS says, or the transport's usual one.
    pub(crate) port: Option<u16>,
    /// SIP transport; empty: as DNS says, or UDP.
    pub(crate) transport: &'static str,
    /// Codecs in order.
    pub(crate) codecs: Vec<&'static str>,
    /// Lifetime asked for, in seconds.
    pub(crate) expires: u32,
    /// User names of its lines, which are their numbers; `1000-1999` is many.
    pub(crate) lines: Vec<&'static str>,
    /// The password of every line; by default each line's own.
    pub(crate) password: Option<&'static str>,
    /// Further keys as they stand in the file, a line each.
    pub(crate) more: String,
}

impl Default for Pbx {
    fn default() -> Self {
        Pbx {
            name: "main",
            registrar: None,
            port: Some(5060),
            transport: "udp",
            codecs: vec!["G722", "PCMA", "PCMU"],
            expires: 600,
            lines: vec!["100"],
            password: None,
            more: String::new(),
        }
    }
}

impl Pbx {
    /// A PBX at an address of the site that nobody registers at, without lines. No OPTIONS are sent to it.
    pub(crate) fn fixed(site: &Site, name: &'static str, host: u8) -> Pbx {
        Pbx {
            name,
            registrar: Some(site.address(host).to_string()),
            lines: Vec::new(),
            more: "kind = \"trunk-fixed\"\noptions_refresh = 0\n".into(),
            ..Default::default()
        }
    }

    /// The part of the file for this connection.
    fn toml(&self, site: &Site) -> String {
        let Pbx { name, codecs, expires, more, .. } = self;
        let registrar = self.registrar.clone().unwrap_or_else(|| site.address(kamailio::HOST).to_string());
        let mut text = format!("[[line_group]]\nname = \"{name}\"\n");
        if !registrar.is_empty() {
            let _ = writeln!(text, "registrar = \"{registrar}\"");
        }
        if let Some(port) = self.port {
            let _ = writeln!(text, "port = {port}");
        }
        if !self.transport.is_empty() {
            let _ = writeln!(text, "transport = \"{}\"", self.transport);
        }
        let domain = kamailio::DOMAIN;
        let _ = write!(text, "domain = \"{domain}\"\nexpires = {expires}\ncodecs = {codecs:?}\n{more}");
        for line in &self.lines {
            let password = self.password.map_or_else(|| kamailio::password(line), String::from);
            let _ = write!(text, "[[line_group.line]]\nuser_name = \"{line}\"\npassword = \"{password}\"\n");
        }
        text
    }
}

/// Gives the server its key of pseudonyms before it starts: by another one a number could happen to be its own
/// pseudonym.
pub(crate) fn fix_pseudonyms(site: &Site) {
    let data = dir(site, Settings::default().host).join("data");
    fs::create_dir_all(&data).expect("the directory can be made");
    fs::write(data.join("pseudonyms.key"), [7; 32]).expect("the key can be written");
}

/// Where a server has its configuration, log and data.
fn dir(site: &Site, host: u8) -> PathBuf {
    site.dir().join(format!("offhook-{host}"))
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
    /// Further tables as they stand in the file: routes, listeners, name servers.
    pub(crate) more: String,
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
            more: String::new(),
            log: "debug,hyper=info,sqlx=warn",
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
        for pbx in &self.pbxes {
            text.push_str(&pbx.toml(site));
        }
        for (user, lines) in &self.users {
            let _ = write!(text, "[[user]]\nname = \"{user}\"\npassword = \"{PASSWORD}\"\nlines = {lines:?}\n");
        }
        let _ = write!(text, "[[administrator]]\nname = \"{ADMINISTRATOR}\"\npassword = \"{PASSWORD}\"\n");
        text + &self.more
    }
}

/// A running server.
pub(crate) struct Offhook {
    process: Process,
    command: Command,
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
        Self::start_until(site, settings, toml, "Offhook is ready")
    }

    /// The same, until it says something else.
    #[track_caller]
    pub(crate) fn start_until(site: &Site, settings: &Settings, toml: &str, said: &str) -> Offhook {
        let dir = dir(site, settings.host);
        let config = write_config(&dir, toml);
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        command.args(["serve", "--config"]).arg(&config).env("OFFHOOK_LOG", settings.log).env("NO_COLOR", "1");
        let mut process = Process::start("offhook", &mut command, dir.join("log"));
        process.wait_log(said, SOON);
        Offhook { process, command, http: site.socket(settings.host, 7224), dir }
    }

    /// Ends it and starts it again on the same files.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.ctrl_c();
        self.start_again();
    }

    /// Kills it, as a power cut would end it.
    #[track_caller]
    pub(crate) fn kill(&mut self) {
        self.process.kill_all();
    }

    /// Starts it again on the same files.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        // What it printed before would say that it is ready.
        let log = self.dir.join("log");
        fs::rename(&log, self.dir.join("log-before")).expect("the log can be renamed");
        self.process = Process::start("offhook", &mut self.command, log);
        self.process.wait_log("Offhook is ready", SOON);
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

    /// Waits until it knows where so many of its PBXs are.
    #[track_caller]
    pub(crate) fn wait_located(&self, groups: usize) {
        eventually("the PBXs are found", SOON, || {
            let found = self.log().matches(": PBX group=").count();
            if found >= groups { Ok(()) } else { Err(format!("{found} are")) }
        });
    }

    /// Writes another configuration and has it read: `offhook reload`. Gives what that says, or what is wrong.
    #[track_caller]
    pub(crate) fn reload(&self, toml: &str) -> Result<String, String> {
        write_config(&self.dir, toml);
        let output = self.run(&["reload"]);
        let said = |text: &[u8]| String::from_utf8_lossy(text).trim().to_owned();
        if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
    }

    /// What all users may do with each other's lines from now on, as a level.
    #[track_caller]
    pub(crate) fn grant(&self, level: &str) {
        let cookie = sign_in(self, "/api/v1/admin/session", ADMINISTRATOR);
        let headers = [("cookie", cookie.as_str()), ("content-type", "application/json"), ("if-match", "*")];
        let patch = json!({ "grant": { "level": level } }).to_string();
        let answer = http::ask(self.http(), "PATCH", "/api/v1/admin/settings", &headers, &patch);
        assert_eq!(answer.status, 200, "{}", answer.text);
        // When that is done, all changes count.
        assert!(self.run(&["reload"]).status.success());
    }

    /// Runs one of an administrator's commands, such as `offhook capture …`.
    #[track_caller]
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
        command.args(words).arg("--config").arg(self.dir.join("offhook.toml")).env("OFFHOOK_LOG", "error");
        command.output().expect("the program can be started")
    }

    /// Sends a request to the control socket.
    #[track_caller]
    pub(crate) fn control(&self, method: &str, route: &str, body: &str) -> http::Answer {
        let socket = UnixStream::connect(self.dir.join("data/control.sock")).expect("the socket is there");
        socket.set_read_timeout(Some(SOON)).expect("a timeout can be set");
        let headers = [("content-type", "application/json"), ("if-match", "*")];
        http::ask_over(socket, "localhost", method, route, &headers, body)
    }

    /// What an administrator is told: `offhook status --json`.
    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        let output = self.run(&["status", "--json"]);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The lines of all groups as an administrator is told of them.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let mut status = self.status();
        let groups = status["line_groups"].as_array_mut().map(std::mem::take).unwrap_or_default();
        groups
            .into_iter()
            .flat_map(|mut group| group["lines"].as_array_mut().map(std::mem::take).unwrap_or_default())
            .collect()
    }

    /// Waits until lines stand so.
    #[track_caller]
    pub(crate) fn wait_lines(&self, numbers: &[&str], state: &str, cause: Option<&str>) {
        eventually(&format!("{numbers:?} are {state} because of {cause:?}"), SOON, || {
            let lines = self.lines();
            let wanted: Vec<&Value> =
                lines.iter().filter(|line| numbers.iter().any(|&n| line["number"] == n)).collect();
            let stands = |line: &&Value| line["state"] == state && line["cause"]["code"].as_str() == cause;
            if wanted.len() == numbers.len() && wanted.iter().all(stands) { Ok(()) } else { Err(format!("{wanted:?}")) }
        });
    }

    /// Waits until the cause of a line says this in words.
    #[track_caller]
    pub(crate) fn wait_words(&self, number: &str, words: &str) {
        eventually(&format!("{number} is told to have {words:?}"), SOON, || {
            let line = self.lines().into_iter().find(|line| line["number"] == number).unwrap_or_default();
            if line["cause"].to_string().contains(words) { Ok(()) } else { Err(line.to_string()) }
        });
    }

    /// Its configuration, log and data.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The kernel refuses it a system call, as long as what this gives is there.
    #[track_caller]
    pub(crate) fn denied(&self, call: &str) -> Process {
        let (process, trace) = (self.process.id().to_string(), format!("trace={call}"));
        let mut command = Command::new("strace");
        command.args(["-f", "-p", &process, "-e", &trace, "-e", &format!("inject={call}:error=EIO")]);
        let mut strace = Process::start("strace", &mut command, self.dir.join("strace.log"));
        strace.wait_log("attached", SOON);
        strace
    }

    /// Sends SIGHUP.
    pub(crate) fn hang_up(&self) {
        self.process.signal("HUP");
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
