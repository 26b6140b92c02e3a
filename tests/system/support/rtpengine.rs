//! A session border controller's audio: rtpengine behind Kamailio, which speaks DTLS-SRTP to the server under test and
//! plain RTP to the phones.

use std::net::Ipv4Addr;
use std::process::Command;

use super::offhook;
use super::process::Process;
use super::site::Site;
use super::{SOON, eventually};

/// Its address within the [`Site`].
const HOST: u8 = 5;

/// The certificate it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// ECDSA on the curve P-256, which is its default.
    Ecdsa,
    /// RSA.
    Rsa,
}

/// A running rtpengine.
pub(crate) struct Rtpengine {
    process: Process,
    address: Ipv4Addr,
    encrypted: Ipv4Addr,
}

impl Rtpengine {
    /// Starts it without its kernel module.
    pub(crate) fn start(site: &Site, certificate: Certificate) -> Rtpengine {
        let address = site.address(HOST);
        let dir = site.dir().join(format!("rtpengine-{HOST}"));
        std::fs::create_dir_all(&dir).expect("the directory can be made");
        let mut command = Command::new("rtpengine");
        command.args(["--foreground", "--log-stderr", "--log-level=6", "--config-file=none", "--table=-1"]);
        command.args([format!("--interface={address}"), format!("--listen-ng={address}:2223")]);
        command.args(["--port-min=30000", "--port-max=39998", "--num-threads=1", "--media-num-threads=1"]);
        command.arg(match certificate {
            Certificate::Ecdsa => "--dtls-cert-cipher=prime256v1",
            Certificate::Rsa => "--dtls-cert-cipher=RSA",
        });
        command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
        let mut process = Process::start("rtpengine", &mut command, dir.join("log"));
        process.wait_log("Startup complete", SOON);
        let encrypted = site.address(offhook::Settings::default().host);
        Rtpengine { process, address, encrypted }
    }

    /// What Kamailio has to load.
    pub(crate) fn module(&self) -> String {
        format!(
            "loadmodule \"rtpengine.so\"\nmodparam(\"rtpengine\", \"rtpengine_sock\", \"udp:{}:2223\")\n",
            self.address
        )
    }

    /// What Kamailio has to do with each message.
    pub(crate) fn route(&self) -> String {
        let server = self.encrypted;
        format!(
            "\tif (is_request() && is_method(\"BYE\")) rtpengine_delete();
\tif (has_body(\"application/sdp\")) {{
\t\tif (is_reply()) rtpengine_answer(\"replace-origin replace-session-connection ICE=remove\");
\t\telse if ($si == \"{server}\") rtpengine_offer(\"RTP/AVP replace-origin replace-session-connection ICE=remove rtcp-mux-demux\");
\t\telse rtpengine_offer(\"UDP/TLS/RTP/SAVP replace-origin replace-session-connection ICE=remove SDES-off\");
\t}}
"
        )
    }

    /// Waits until a text stands in its log at least so many times.
    #[track_caller]
    pub(crate) fn wait(&self, text: &str, times: usize) {
        eventually(&format!("rtpengine logs {text:?} {times} times"), SOON, || {
            let log = self.process.log();
            let found = log.matches(text).count();
            if found >= times { Ok(()) } else { Err(format!("{found} times so far")) }
        });
    }
}
