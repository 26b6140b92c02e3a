//! Scripted SIP peers: sipp with the scenarios of `tests/system/scenarios/`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::process::Process;
use super::site::Site;

/// A running sipp that plays one scenario once.
pub(crate) struct Sipp {
    process: Process,
    messages: PathBuf,
}

impl Sipp {
    /// Rings and then refuses with a status such as `486 Busy Here`.
    pub(crate) fn refusing(site: &Site, host: u8, status: &str) -> Sipp {
        Self::listening(site, "refuse", host, &["-key", "status", status])
    }

    /// Plays the called side at an address of the site, port 5060.
    pub(crate) fn answering(site: &Site, scenario: &str, host: u8) -> Sipp {
        Self::listening(site, scenario, host, &[])
    }

    fn listening(site: &Site, scenario: &str, host: u8, arguments: &[&str]) -> Sipp {
        let mut sipp = Self::start(site, scenario, host, arguments);
        // sipp has no line that says it listens; its port says so.
        super::eventually("sipp listens", super::SOON, || {
            match std::net::UdpSocket::bind(site.socket(host, 5060)) {
                Err(_) => Ok(()),
                Ok(_) => match sipp.process.ended() {
                    Some(status) => panic!("sipp ended with {status}: {}", sipp.process.log()),
                    None => Err("its port is free".into()),
                },
            }
        });
        sipp
    }

    /// Plays the calling side: calls a number by way of `peer`.
    pub(crate) fn calling(site: &Site, scenario: &str, host: u8, peer: SocketAddr, number: &str) -> Sipp {
        Self::start(site, scenario, host, &[&peer.to_string(), "-s", number])
    }

    fn start(site: &Site, scenario: &str, host: u8, arguments: &[&str]) -> Sipp {
        let address = site.address(host).to_string();
        let dir = site.dir().join(format!("sipp-{scenario}-{host}"));
        std::fs::create_dir_all(&dir).expect("the directory can be made");
        // For scenarios that play sound.
        std::fs::write(dir.join("tone.alaw"), super::wav::alaw_tone(1000)).expect("the file can be written");
        let file = format!("{}/tests/system/scenarios/{scenario}.xml", env!("CARGO_MANIFEST_DIR"));
        let messages = dir.join("messages.log");
        let mut command = Command::new("sipp");
        command.args(["-sf", &file, "-i", &address, "-p", "5060", "-mi", &address, "-mp", "30000", "-m", "1", "-nostdin"]);
        command.args(["-trace_err", "-trace_msg", "-message_overwrite", "false", "-message_file"]).arg(&messages);
        command.arg("-error_file").arg(dir.join("errors.log"));
        command.args(arguments).current_dir(&dir).env("TERM", "dumb");
        Sipp { process: Process::start(&format!("sipp {scenario}"), &mut command, dir.join("log")), messages }
    }

    /// The SIP messages sent and received so far.
    pub(crate) fn messages(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.messages).unwrap_or_default()).into_owned()
    }

    /// Waits until the scenario was played to its end; panics when it went otherwise.
    #[track_caller]
    pub(crate) fn finish(&mut self, within: Duration) {
        let status = self.process.wait_exit(within);
        assert!(status.success(), "the scenario went otherwise: {status}\n{}", self.messages());
    }
}
