//! The certificate authority of the scenarios: Pebble, which speaks ACME and vouches for names of the test's own DNS.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::json;

use super::process::Process;
use super::site::Site;
use super::tls::{Authority, fetch};
use super::{SOON, eventually};

/// Its address within the [`Site`].
const HOST: u8 = 14;

/// What it is like.
pub(crate) struct Settings {
    /// The port at which it asks names by HTTP.
    pub(crate) http: u16,
    /// Who tells it where names lead.
    pub(crate) dns: SocketAddr,
    /// For how many seconds its certificates are valid.
    pub(crate) lifetime: u32,
    /// Names that it vouches for to nobody.
    pub(crate) refused: Vec<&'static str>,
}

/// A running Pebble.
pub(crate) struct Pebble {
    directory: String,
    root: String,
    process: Process,
}

impl Pebble {
    /// Starts it; `authority` has given its server a certificate.
    pub(crate) fn start(site: &Site, authority: &Authority, settings: &Settings) -> Pebble {
        let [address, management] = [14000, 15000].map(|port| site.socket(HOST, port));
        let own = authority.issue(&address.ip().to_string());
        let config = json!({ "pebble": {
            "listenAddress": address,
            "managementListenAddress": management,
            "certificate": own.certificate,
            "privateKey": own.key,
            "httpPort": settings.http,
            "tlsPort": 1,
            "domainBlocklist": settings.refused,
            "certificateValidityPeriod": settings.lifetime,
        }});
        let file = site.dir().join("pebble.json");
        fs::write(&file, config.to_string()).expect("the file can be written");
        let mut command = Command::new("pebble");
        command.arg("-config").arg(&file).arg("-dnsserver").arg(settings.dns.to_string());
        // It makes haste, and every order is proven anew.
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_AUTHZREUSE", "0");
        let mut process = Process::start("pebble", &mut command, site.dir().join("pebble.log"));
        process.wait_log("ACME directory available at", SOON);
        let root = eventually("Pebble tells its root", SOON, || {
            fetch(management, &authority.pem(), "/roots/0").ok_or_else(|| "it does not".to_owned())
        });
        Pebble { directory: format!("https://{address}/dir"), root, process }
    }

    /// The URL of its directory.
    pub(crate) fn directory(&self) -> &str {
        &self.directory
    }

    /// The authority that its certificates end at, PEM.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Nobody answers there any more.
    pub(crate) fn stop(&mut self) {
        self.process.kill_all();
    }
}
