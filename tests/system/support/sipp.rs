//! Scripted SIP peers: sipp with the scenarios of `tests/system/scenarios/`.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::Process;
use super::site::Site;

/// What stands in the places of a scenario where nothing is said.
const USUAL: [(&str, &str); 5] = [
    ("@FROM@", "<sip:4930@[local_ip]>"),
    ("@TO@", "<sip:[service]@[remote_ip]>"),
    ("@HEADERS@", ""),
    ("@REASON@", ""),
    ("@CONTACT@", "<sip:peer@[local_ip]:[local_port];transport=[transport]>"),
];

/// What a sipp is to play.
#[derive(Clone)]
pub(crate) struct Part<'a> {
    /// The scenario, without its extension.
    pub(crate) scenario: &'a str,
    /// Its address within the [`Site`].
    pub(crate) host: u8,
    /// How often it plays it.
    pub(crate) times: u32,
    /// Over TCP instead of UDP.
    pub(crate) tcp: bool,
    /// Whom it calls, and which number there; None: it waits to be called.
    pub(crate) calls: Option<(SocketAddr, &'a str)>,
    /// What stands in places of the scenario.
    pub(crate) words: &'a [(&'a str, &'a str)],
}

impl<'a> Part<'a> {
    /// The called side over UDP.
    pub(crate) fn new(scenario: &'a str, host: u8) -> Part<'a> {
        Part { scenario, host, times: 1, tcp: false, calls: None, words: &[] }
    }
}

/// A running sipp that plays one scenario.
pub(crate) struct Sipp {
    process: Process,
    messages: PathBuf,
}

impl Sipp {
    /// Rings and then refuses with a status such as `486 Busy Here`.
    pub(crate) fn refusing(site: &Site, host: u8, status: &str) -> Sipp {
        // sipp wants the status of a response to be written out.
        Self::play(site, &Part { words: &[("[status]", status)], ..Part::new("refuse", host) })
    }

    /// Plays the called side at an address of the site, port 5060.
    pub(crate) fn answering(site: &Site, scenario: &str, host: u8) -> Sipp {
        Self::play(site, &Part::new(scenario, host))
    }

    /// Plays the calling side: calls a number by way of `peer`.
    pub(crate) fn calling(site: &Site, scenario: &str, host: u8, peer: SocketAddr, number: &str) -> Sipp {
        Self::play(site, &Part { calls: Some((peer, number)), ..Part::new(scenario, host) })
    }

    /// Plays a part; a called side listens when this returns.
    #[track_caller]
    pub(crate) fn play(site: &Site, part: &Part<'_>) -> Sipp {
        let dir = site.dir().join(format!("sipp-{}-{}", part.scenario, part.host));
        std::fs::create_dir_all(&dir).expect("the directory can be made");
        let text = std::fs::read_to_string(folder().join(part.scenario).with_extension("xml"));
        let mut text = text.expect("the scenario can be read");
        for (place, words) in part.words.iter().chain(&USUAL) {
            text = text.replace(place, words);
        }
        let file = dir.join(part.scenario).with_extension("xml");
        std::fs::write(&file, text).expect("the scenario can be written");
        let transport = if part.tcp { "t1" } else { "u1" };
        let mut arguments = vec!["-t".to_owned(), transport.to_owned(), "-m".to_owned(), part.times.to_string()];
        if let Some((peer, number)) = part.calls {
            arguments.extend([peer.to_string(), "-s".into(), number.into()]);
        }
        let mut sipp = Self::start(site, &dir, &file, part.host, &arguments);
        if part.calls.is_none() {
            sipp.wait_listening(site.socket(part.host, 5060), part.tcp);
        }
        sipp
    }

    /// sipp has no line that says it listens; its port says so.
    #[track_caller]
    fn wait_listening(&mut self, address: SocketAddr, tcp: bool) {
        super::eventually("sipp listens", super::SOON, || {
            let taken = if tcp { TcpListener::bind(address).is_err() } else { UdpSocket::bind(address).is_err() };
            if taken {
                return Ok(());
            }
            match self.process.ended() {
                Some(status) => panic!("sipp ended with {status}: {}", self.process.log()),
                None => Err("its port is free".into()),
            }
        });
    }

    fn start(site: &Site, dir: &Path, scenario: &Path, host: u8, arguments: &[String]) -> Sipp {
        let address = site.address(host).to_string();
        let name = scenario.file_stem().unwrap_or_default().display();
        // For scenarios that play sound.
        std::fs::write(dir.join("tone.alaw"), super::wav::alaw_tone(1000)).expect("the file can be written");
        let messages = dir.join("messages.log");
        // The one before at this address may have played the same.
        let _ = std::fs::remove_file(&messages);
        let mut command = Command::new("sipp");
        command.arg("-sf").arg(scenario).args(["-i", &address, "-p", "5060", "-mi", &address, "-mp", "30000"]);
        command.arg("-nostdin");
        command.args(["-trace_err", "-trace_msg", "-message_overwrite", "false", "-message_file"]).arg(&messages);
        command.arg("-error_file").arg(dir.join("errors.log"));
        command.args(arguments).current_dir(dir).env("TERM", "dumb");
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
