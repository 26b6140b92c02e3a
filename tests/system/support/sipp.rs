//! Scripted SIP peers: sipp with the scenarios of `tests/system/scenarios/`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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
        // sipp wants the status of a response to be written out.
        let scenario = std::fs::read_to_string(folder().join("refuse.xml")).expect("the scenario can be read");
        let file = site.dir().join("refuse.xml");
        std::fs::write(&file, scenario.replace("[status]", status)).expect("the scenario can be written");
        Self::listening(site, &file, host)
    }

    /// Plays the called side at an address of the site, port 5060.
    pub(crate) fn answering(site: &Site, scenario: &str, host: u8) -> Sipp {
        Self::listening(site, &folder().join(scenario).with_extension("xml"), host)
    }

    fn listening(site: &Site, scenario: &Path, host: u8) -> Sipp {
        let mut sipp = Self::start(site, scenario, host, &[]);
        // sipp has no line that says it listens; its port says so.
        super::eventually("sipp listens", super::SOON, || {
            if std::net::UdpSocket::bind(site.socket(host, 5060)).is_err() {
                return Ok(());
            }
            match sipp.process.ended() {
                Some(status) => panic!("sipp ended with {status}: {}", sipp.process.log()),
                None => Err("its port is free".into()),
            }
        });
        sipp
    }

    /// Plays the calling side: calls a number by way of `peer`.
    pub(crate) fn calling(site: &Site, scenario: &str, host: u8, peer: SocketAddr, number: &str) -> Sipp {
        let file = folder().join(scenario).with_extension("xml");
        Self::start(site, &file, host, &[&peer.to_string(), "-s", number])
    }

    fn start(site: &Site, scenario: &Path, host: u8, arguments: &[&str]) -> Sipp {
        let address = site.address(host).to_string();
        let name = scenario.file_stem().unwrap_or_default().display();
        let dir = site.dir().join(format!("sipp-{name}-{host}"));
        std::fs::create_dir_all(&dir).expect("the directory can be made");
        // For scenarios that play sound.
        std::fs::write(dir.join("tone.alaw"), super::wav::alaw_tone(1000)).expect("the file can be written");
        let messages = dir.join("messages.log");
        let mut command = Command::new("sipp");
        command.arg("-sf").arg(scenario).args(["-i", &address, "-p", "5060", "-mi", &address, "-mp", "30000"]);
        command.args(["-m", "1", "-nostdin"]);
        command.args(["-trace_err", "-trace_msg", "-message_overwrite", "false", "-message_file"]).arg(&messages);
        command.arg("-error_file").arg(dir.join("errors.log"));
        command.args(arguments).current_dir(&dir).env("TERM", "dumb");
        Sipp { process: Process::start(&format!("sipp {name}"), &mut command, dir.join("log")), messages }
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

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/scenarios")
}
