//! The PBX of the scenarios: Kamailio as registrar and proxy with digest authentication.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Process;
use super::site::Site;
use super::tls::Identity;
use super::{SOON, eventually};

/// The domain of every PBX here. It has no address: who wants to reach it must be told the PBX's.
pub(crate) const DOMAIN: &str = "pbx.test";

/// The PBX's address within the [`Site`].
pub(crate) const HOST: u8 = 1;

/// How the PBX behaves.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Its address within the [`Site`].
    pub(crate) host: u8,
    /// Digest algorithm, `MD5` or `SHA-256`.
    pub(crate) algorithm: &'static str,
    /// The longest registration it grants, in seconds.
    pub(crate) max_expires: u32,
    /// How long a nonce can be used, in seconds.
    pub(crate) nonce_expire: u32,
    /// How long it lets a phone ring before it answers 408, in seconds.
    pub(crate) ring: u32,
    /// User names, or ranges of them like `1000-1999`, with their passwords.
    pub(crate) users: Vec<(String, String)>,
    /// Numbers that are not registered but always at an address, with `;transport=` after it where it is not UDP.
    pub(crate) routes: Vec<(String, String)>,
    /// Numbers of a trunk, each with the user name that registers for it: their calls go to its contact.
    pub(crate) trunk: Vec<(&'static str, &'static str)>,
    /// Whether a call for a number of a trunk has that number in its request line, or the registered contact as it is.
    pub(crate) dialled_in_request: bool,
    /// Its certificate, where it speaks TLS at port 5061, too.
    pub(crate) tls: Option<Identity>,
    /// The authority that everybody who comes by TLS must have a certificate of.
    pub(crate) tls_clients: Option<PathBuf>,
    /// Texts that it replaces in every SDP, each with what stands in its place: see `Hop`.
    pub(crate) rewritten: Vec<(String, String)>,
    /// What leads its calls' audio through an rtpengine: [`Rtpengine::module`] and [`Rtpengine::route`].
    ///
    /// [`Rtpengine::module`]: super::rtpengine::Rtpengine::module
    /// [`Rtpengine::route`]: super::rtpengine::Rtpengine::route
    pub(crate) relayed: Option<(String, String)>,
    /// A line of module parameters and the like for each thing that one test alone needs.
    pub(crate) more: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            host: HOST,
            algorithm: "MD5",
            max_expires: 3600,
            nonce_expire: 300,
            ring: 60,
            users: ["100", "101", "102", "103", "200"].map(|n| (n.into(), password(n))).to_vec(),
            routes: Vec::new(),
            trunk: Vec::new(),
            dialled_in_request: true,
            tls: None,
            tls_clients: None,
            rewritten: Vec::new(),
            relayed: None,
            more: String::new(),
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
    /// Starts it at port 5060, UDP and TCP, and at port 5061 for TLS.
    pub(crate) fn start(site: &Site, settings: &Settings) -> Kamailio {
        let address = site.address(settings.host);
        let mut tables = String::new();
        for (user, password) in &settings.users {
            let _ = match user.split_once('-') {
                None => writeln!(tables, "\t$sht(password=>{user}) = \"{password}\";"),
                Some((first, last)) => writeln!(
                    tables,
                    "\t$var(user) = {first}; while ($var(user) <= {last}) {{ \
                     $sht(password=>$var(user)) = \"{password}\"; $var(user) = $var(user) + 1; }}"
                ),
            };
        }
        for (number, address) in &settings.routes {
            let _ = writeln!(tables, "\t$sht(route=>{number}) = \"sip:{address}\";");
        }
        for (number, pilot) in &settings.trunk {
            let _ = writeln!(tables, "\t$sht(pilot=>{number}) = \"{pilot}\";");
        }
        let mut rewritten = String::new();
        for (real, other) in &settings.rewritten {
            let real = real.replace('.', "\\\\.");
            let _ =
                writeln!(rewritten, "\tif (has_body(\"application/sdp\")) replace_body_all(\"{real}\", \"{other}\");");
        }
        let (module, route) = settings.relayed.clone().unwrap_or_default();
        rewritten.push_str(&route);
        let dir = site.dir().join(format!("kamailio-{}", settings.host));
        fs::create_dir_all(&dir).expect("the directory can be made");
        let more = settings.more.clone()
            + &module
            + &settings.tls.as_ref().map_or_else(String::new, |identity| {
                tls(&dir, &address.to_string(), identity, settings.tls_clients.as_deref())
            });
        let text = include_str!("kamailio.cfg")
            .replace("@TABLES@", &tables)
            .replace("@MORE@", &more)
            .replace("@REWRITTEN@", &rewritten)
            .replace("@ADDRESS@", &address.to_string())
            .replace("@DOMAIN@", DOMAIN)
            .replace("@ALGORITHM@", settings.algorithm)
            .replace("@MAX_EXPIRES@", &settings.max_expires.to_string())
            .replace("@NONCE_EXPIRE@", &settings.nonce_expire.to_string())
            .replace("@DIALLED_IN_REQUEST@", if settings.dialled_in_request { "1" } else { "0" })
            .replace("@RING_MS@", &(settings.ring * 1000).to_string());
        fs::write(dir.join("kamailio.cfg"), text).expect("the configuration can be written");
        let mut kamailio = Kamailio { dir, process: None };
        kamailio.come_back();
        kamailio
    }

    /// Ends it: the PBX is away.
    pub(crate) fn go_away(&mut self) {
        self.process = None;
    }

    /// Stops it in the middle of everything: its sockets stay, and nobody reads them.
    pub(crate) fn freeze(&self) {
        if let Some(process) = &self.process {
            process.signal_all("STOP");
        }
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        if let Some(process) = &self.process {
            process.signal_all("CONT");
        }
    }

    /// Ends it without a word to anybody, also when it is frozen.
    pub(crate) fn die(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill_all();
        }
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

    /// What it logged since its last start: a line `request METHOD URI from …` for each request, `response STATUS to …` for each response, `bound USER` and
    /// `unbound USER` for each change of a registration.
    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// How many requests of a method have come; one that is sent again counts once.
    pub(crate) fn requests(&self, method: &str) -> usize {
        let log = self.log();
        let requests = log.lines().filter(|line| line.contains(&format!("request {method} ")));
        let words =
            |line: &str, name| line.split_once(name).and_then(|(_, rest)| rest.split(' ').next()).map(str::to_owned);
        let transactions: BTreeSet<_> = requests.map(|line| (words(line, " cseq "), words(line, " call "))).collect();
        transactions.len()
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

/// The part of the configuration for TLS.
fn tls(dir: &Path, address: &str, identity: &Identity, clients: Option<&Path>) -> String {
    let mut text = format!(
        "[server:default]\nmethod = TLSv1.2+\ncertificate = {}\nprivate_key = {}\n",
        identity.certificate.display(),
        identity.key.display()
    );
    match clients {
        Some(authority) => {
            let _ = write!(
                text,
                "verify_certificate = yes\nrequire_certificate = yes\nca_list = {}\n",
                authority.display()
            );
        }
        None => text.push_str("verify_certificate = no\nrequire_certificate = no\n"),
    }
    // Towards us it believes everybody, and shows its own certificate.
    let _ = write!(
        text,
        "[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\ncertificate = {}\nprivate_key = {}\n",
        identity.certificate.display(),
        identity.key.display()
    );
    let file = dir.join("tls.cfg");
    fs::write(&file, text).expect("the configuration can be written");
    format!(
        "enable_tls=yes\nlisten=tls:{address}:5061\nloadmodule \"tls.so\"\nmodparam(\"tls\", \"config\", \"{}\")\n",
        file.display()
    )
}
