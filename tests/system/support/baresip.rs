//! A phone at the PBX: baresip, controlled over its TCP interface, with a tone as its microphone and a file as its
//! loudspeaker.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::patience::Patience;
use super::process::Process;
use super::site::Site;
use super::speech::Voice;
use super::wav::{self, Sound};
use super::{SOON, eventually, kamailio};

/// What the phone does with a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Takes it at once.
    AtOnce,
    /// Rings until told.
    WhenTold,
}

/// What the phone's microphone hears.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Microphone {
    /// [`Settings::tone`].
    Tone,
    /// [`Voice::Phone`], again and again.
    Speech,
    /// What its loudspeaker plays.
    Loudspeaker,
}

/// How the phone is set up.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Its address within the [`Site`].
    pub(crate) host: u8,
    /// Its SIP port.
    pub(crate) port: u16,
    /// The PBX's.
    pub(crate) pbx: u8,
    /// Its user name, which is its number.
    pub(crate) user: &'static str,
    /// Whose password it has, where that is somebody else.
    pub(crate) account: Option<&'static str>,
    /// How it encrypts audio: `srtp` where it can, `srtp-mand` always; nothing where empty.
    pub(crate) encryption: &'static str,
    /// Codecs in order: `PCMA`, `PCMU`, `G722`, `opus`.
    pub(crate) codecs: Vec<&'static str>,
    /// What its microphone hears.
    pub(crate) microphone: Microphone,
    /// The tone that its microphone hears, Hz.
    pub(crate) tone: u32,
    /// Its ports for audio.
    pub(crate) rtp_ports: Range<u16>,
    /// What it does with a call.
    pub(crate) answer: Answer,
    /// Whether it is told to register again after it gave up: at a challenge for SHA-256 first, which it does not
    /// know, it would try again after half a minute.
    pub(crate) registers_again: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            host: 3,
            port: 5060,
            pbx: kamailio::HOST,
            user: "200",
            account: None,
            encryption: "",
            codecs: vec!["PCMA"],
            microphone: Microphone::Tone,
            tone: 1000,
            rtp_ports: 40_000..49_000,
            answer: Answer::AtOnce,
            registers_again: false,
        }
    }
}

/// A running, registered phone.
pub(crate) struct Baresip {
    process: Process,
    sounds: PathBuf,
    control: TcpStream,
    events: Arc<(Mutex<Vec<Value>>, Condvar)>,
    /// Events before this one were waited for already.
    seen: usize,
}

impl Baresip {
    /// Starts a phone and waits until it is registered.
    pub(crate) fn start(site: &Site, settings: &Settings) -> Baresip {
        let dir = site.dir().join(format!("baresip-{}-{}-{}", settings.user, settings.host, settings.port));
        let sounds = dir.join("sounds");
        fs::create_dir_all(&sounds).expect("the directory can be made");
        // A source that needs no resampling: baresip's resampler changes the level.
        let (rate, channels) = match settings.codecs[..] {
            ["G722"] => (16_000, 1),
            ["opus"] => (48_000, 2),
            _ => (8_000, 1),
        };
        let microphone = dir.join("microphone.wav");
        // baresip ends the call when the file ends.
        let sound = match settings.microphone {
            Microphone::Tone => Some(wav::tone(settings.tone, rate, 120)),
            Microphone::Speech => Some(Voice::Phone.speech().at(rate).repeated(120)),
            Microphone::Loudspeaker => None,
        };
        if let Some(sound) = sound {
            wav::write_channels(&microphone, &sound, channels);
        }
        write_configuration(site, settings, &dir, &microphone, &sounds, rate);

        let mut command = Command::new("baresip");
        command.arg("-f").arg(&dir).arg("-s").current_dir(&dir);
        let mut process = Process::start(&format!("baresip {}", settings.user), &mut command, dir.join("log"));
        process.wait_log("baresip is ready", SOON);
        let address = site.socket(settings.host, control_port(settings));
        let control =
            eventually("baresip's control port", SOON, || TcpStream::connect(address).map_err(|e| e.to_string()));
        let events = listen(control.try_clone().expect("a socket can be duplicated"));
        let mut phone = Baresip { process, sounds, control, events, seen: 0 };
        if settings.registers_again {
            phone.process.wait_log("Register: Function not implemented", SOON);
            phone.command("uanew", &account(site, settings));
        }
        phone.process.wait_log("SIP/2.0 200 OK", SOON);
        phone
    }

    /// Calls a number at the PBX.
    pub(crate) fn dial(&mut self, number: &str) {
        self.command("dial", &format!("sip:{number}@{}", kamailio::DOMAIN));
    }

    /// Takes the ringing call.
    pub(crate) fn answer(&mut self) {
        self.command("accept", "");
    }

    /// Ends the call, gives up dialling, or refuses with 486.
    pub(crate) fn hang_up(&mut self) {
        self.command("hangup", "");
    }

    /// Puts the other side on hold.
    pub(crate) fn hold(&mut self) {
        self.command("hold", "");
    }

    /// Talks again with who was on hold.
    pub(crate) fn resume(&mut self) {
        self.command("resume", "");
    }

    /// Sends the other side to a number without asking there first (REFER).
    pub(crate) fn transfer(&mut self, number: &str) {
        self.command("transfer", &format!("sip:{number}@{}", kamailio::DOMAIN));
    }

    /// Stops it in the middle of everything: its sockets stay, and nobody reads them.
    pub(crate) fn freeze(&self) {
        self.process.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.process.signal("CONT");
    }

    /// Sends DTMF digits.
    pub(crate) fn digits(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.command("sndcode", &digit.to_string());
        }
    }

    /// Waits for the next event of a kind, such as `CALL_ESTABLISHED`; returns its parameter.
    #[track_caller]
    pub(crate) fn wait(&mut self, kind: &str) -> String {
        let (list, changed) = &*self.events;
        let mut list = list.lock().expect("no thread panics with this lock");
        let patience = Patience::new(SOON);
        loop {
            if let Some(at) = list.iter().skip(self.seen).position(|e| e["type"] == kind) {
                self.seen += at + 1;
                return list[self.seen - 1]["param"].as_str().unwrap_or_default().to_owned();
            }
            let left = patience.left();
            assert!(!left.is_zero(), "the phone reports {kind}: not within {SOON:?}; it reported {}", kinds(&list));
            list = changed
                .wait_timeout(list, left.min(Duration::from_millis(500)))
                .expect("no thread panics with this lock")
                .0;
        }
    }

    /// What the phone has heard in its newest call so far.
    pub(crate) fn heard(&self) -> Option<Sound> {
        let newest = fs::read_dir(&self.sounds).ok()?.flatten().map(|e| e.path());
        let newest = newest.filter(|p| p.to_string_lossy().ends_with("-dec.wav")).max()?;
        wav::read_growing(&newest)
    }

    fn command(&mut self, command: &str, params: &str) {
        let text = json!({ "command": command, "params": params, "token": "t" }).to_string();
        // Netstrings: length, colon, text, comma.
        let sent = self.control.write_all(format!("{}:{text},", text.len()).as_bytes());
        sent.expect("baresip reads its control port");
    }
}

/// Its own for each phone at one address.
fn control_port(settings: &Settings) -> u16 {
    settings.port - 616
}

fn kinds(events: &[Value]) -> String {
    let kinds: Vec<String> = events.iter().map(|e| format!("{} {}", e["type"], e["param"])).collect();
    kinds.join(", ")
}

/// Collects the events of the control port until it closes.
fn listen(mut socket: TcpStream) -> Arc<(Mutex<Vec<Value>>, Condvar)> {
    let events = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
    let shared = events.clone();
    std::thread::spawn(move || {
        let mut buffer = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(read @ 1..) = socket.read(&mut chunk) {
            buffer.extend_from_slice(&chunk[..read]);
            while let Some((text, rest)) = netstring(&buffer) {
                if let Ok(value) = serde_json::from_slice::<Value>(text)
                    && value["event"] == true
                {
                    shared.0.lock().expect("no thread panics with this lock").push(value);
                    shared.1.notify_all();
                }
                buffer = rest.to_vec();
            }
        }
    });
    events
}

fn netstring(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = bytes.iter().position(|&b| b == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    let text = bytes.get(colon + 1..colon + 1 + length)?;
    Some((text, bytes.get(colon + 2 + length..)?))
}

fn write_configuration(site: &Site, settings: &Settings, dir: &Path, microphone: &Path, sounds: &Path, rate: u32) {
    let address = site.address(settings.host);
    let modules = module_path();
    let (player, source) = match settings.microphone {
        Microphone::Loudspeaker => ("aubridge,echo".to_owned(), "aubridge,echo".to_owned()),
        _ => ("aubridge,nowhere".to_owned(), format!("aufile,{}", microphone.display())),
    };
    let config = format!(
        "poll_method epoll
sip_listen {address}:{port}
net_interface {address}
audio_player {player}
audio_source {source}
audio_alert aubridge,nowhere
ausrc_srate {rate}
auplay_srate {rate}
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
call_max_calls 4
rtp_ports {first}-{last}
module_path {modules}
module g711.so
module g722.so
module opus.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
snd_path {sounds}
ctrl_tcp_listen {address}:{control}
",
        port = settings.port,
        control = control_port(settings),
        first = settings.rtp_ports.start,
        last = settings.rtp_ports.end - 1,
        sounds = sounds.display(),
    );
    for (name, text) in [("config", config.as_str()), ("accounts", &account(site, settings)), ("contacts", "")] {
        fs::write(dir.join(name), text).expect("the configuration can be written");
    }
}

/// Who it is, and at which PBX.
fn account(site: &Site, settings: &Settings) -> String {
    let account = settings.account.unwrap_or(settings.user);
    let named = |codec: &&str| match *codec {
        "G722" => "G722/16000".to_owned(),
        "opus" => "opus/48000/2".to_owned(),
        codec => format!("{codec}/8000"),
    };
    let codecs: Vec<String> = settings.codecs.iter().map(named).collect();
    let pbx: SocketAddr = site.socket(settings.pbx, 5060);
    format!(
        "<sip:{user}@{domain}>;outbound=\"sip:{pbx}\";auth_user={account};auth_pass={password};audio_codecs={codecs};answermode={mode};regint=600{encryption}",
        encryption = match settings.encryption {
            "" => String::new(),
            kind => format!(";mediaenc={kind}"),
        },
        user = settings.user,
        domain = kamailio::DOMAIN,
        password = kamailio::password(account),
        codecs = codecs.join(","),
        mode = if settings.answer == Answer::AtOnce { "auto" } else { "manual" },
    )
}

fn module_path() -> &'static str {
    [
        "/usr/lib/baresip/modules",
        "/usr/lib/x86_64-linux-gnu/baresip/modules",
        "/usr/lib/aarch64-linux-gnu/baresip/modules",
    ]
    .into_iter()
    .find(|path| Path::new(path).is_dir())
    .expect("baresip's modules are installed")
}
