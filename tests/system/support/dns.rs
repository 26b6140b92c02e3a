//! The DNS server of the scenarios: dnsmasq, which knows what the test tells it and nothing else.

use std::net::SocketAddr;
use std::process::Command;

use super::SOON;
use super::process::Process;
use super::site::Site;

/// The name server's address within the [`Site`].
pub(crate) const HOST: u8 = 53;

/// Seconds that its records may be kept.
pub(crate) const TTL: u64 = 30;

/// A running dnsmasq.
pub(crate) struct Dns {
    address: SocketAddr,
    _process: Process,
}

impl Dns {
    /// Starts it at [`HOST`] with records as options of dnsmasq, such as `host-record=a.test,127.0.0.1`. Names below
    /// `test` that are not there do not exist.
    pub(crate) fn start(site: &Site, records: &[String]) -> Dns {
        let address = site.socket(HOST, 5353);
        let mut command = Command::new("dnsmasq");
        command.args(["--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--local=/test/"]);
        command.args(["--bind-interfaces", "--no-poll", "--cache-size=0", "--log-queries"]);
        command.arg(format!("--listen-address={}", address.ip())).arg(format!("--port={}", address.port()));
        command.arg(format!("--local-ttl={TTL}"));
        command.args(records.iter().map(|record| format!("--{record}")));
        command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
        let mut process = Process::start("dnsmasq", &mut command, site.dir().join("dnsmasq.log"));
        process.wait_log("started, version", SOON);
        Dns { address, _process: process }
    }

    /// Where it answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
