//! A phone at the PBX that knows Replaces (RFC 3891): linphonec, told by lines what to do, with a tone as its
//! microphone.

use std::fs;
use std::io::Write;
use std::ops::Range;
use std::process::{ChildStdin, Command};

use super::process::Process;
use super::site::Site;
use super::{SOON, eventually, kamailio, wav};

/// How the phone is set up.
pub(crate) struct Settings {
    /// Its address within the [`Site`].
    pub(crate) host: u8,
    /// Its user name, which is its number.
    pub(crate) user: String,
    /// The tone that its microphone hears, Hz.
    pub(crate) tone: u32,
    /// Its ports for audio.
    pub(crate) rtp_ports: Range<u16>,
    /// Whether it takes calls by itself.
    pub(crate) answers: bool,
}

/// A running, registered phone. What it hears is not kept: see [`Tap`](super::tap::Tap).
pub(crate) struct Linphone {
    process: Process,
    input: ChildStdin,
    /// What it printed before this octet was waited for already.
    seen: usize,
}

impl Linphone {
    /// Starts a phone and waits until it is registered.
    #[track_caller]
    pub(crate) fn start(site: &Site, settings: &Settings) -> Linphone {
        let dir = site.dir().join(format!("linphone-{}", settings.user));
        // Where it keeps its database.
        fs::create_dir_all(dir.join(".local/share/linphone")).expect("the directory can be made");
        let microphone = dir.join("microphone.wav");
        wav::write(&microphone, &wav::tone(settings.tone, 8_000, 120));
        let file = dir.join("linphonerc");
        fs::write(&file, configuration(site, settings)).expect("the configuration can be written");
        let messages = dir.join("messages.log");
        let mut command = Command::new("linphonec");
        command.arg("-c").arg(&file).args(["-d", "5", "-l"]).arg(&messages);
        if settings.answers {
            command.arg("-a");
        }
        command.current_dir(&dir).env("HOME", &dir).env("LC_ALL", "C");
        let name = format!("linphone {}", settings.user);
        let (process, input) = Process::start_told(&name, &mut command, dir.join("log"));
        let mut phone = Linphone { process, input, seen: 0 };
        phone.tell("soundcard use files");
        phone.tell(&format!("play {}", microphone.display()));
        eventually(&format!("{name} is registered"), SOON, || {
            let log = String::from_utf8_lossy(&fs::read(&messages).unwrap_or_default()).into_owned();
            if log.contains("LinphoneRegistrationOk") { Ok(()) } else { Err(phone.process.log()) }
        });
        phone
    }

    /// Calls a number at the PBX.
    pub(crate) fn dial(&mut self, number: &str) {
        self.tell(&format!("call sip:{number}@{}", kamailio::DOMAIN));
    }

    /// Takes the ringing call.
    pub(crate) fn answer(&mut self) {
        self.tell("answer");
    }

    /// Ends its calls.
    pub(crate) fn hang_up(&mut self) {
        self.tell("terminate all");
    }

    /// Puts the other side on hold, and plays it what its microphone hears: it has no other music.
    #[track_caller]
    pub(crate) fn hold(&mut self) {
        self.tell("pause");
        self.wait(&[" paused."]);
    }

    /// Talks again with who was on hold in its newest call.
    pub(crate) fn resume(&mut self) {
        self.tell(&format!("resume {}", self.newest()));
    }

    /// Sends the other side of its newest call to a number without asking there first (REFER).
    pub(crate) fn transfer(&mut self, number: &str) {
        self.tell(&format!("transfer {} sip:{number}@{}", self.newest(), kamailio::DOMAIN));
    }

    /// Sends the other side of the call before into its place in the newest one (REFER with Replaces).
    pub(crate) fn join(&mut self) {
        let newest = self.newest();
        self.tell(&format!("transfer {} --to-call {newest}", newest - 1));
    }

    /// The number that it has given to its newest call: it counts from 1.
    fn newest(&self) -> usize {
        self.process.log().matches("assigned id ").count()
    }

    /// Waits until it prints one of these after what was waited for before; returns the line.
    #[track_caller]
    pub(crate) fn wait(&mut self, texts: &[&str]) -> String {
        eventually(&format!("linphone prints one of {texts:?}"), SOON, || {
            let log = self.process.log();
            let new = log.get(self.seen..).unwrap_or_default();
            let found = texts.iter().filter_map(|text| new.find(text)).min().ok_or_else(|| new.to_owned())?;
            let start = new[..found].rfind('\n').map_or(0, |at| at + 1);
            let end = new[found..].find('\n').map_or(new.len(), |at| found + at + 1);
            self.seen += end;
            Ok(new[start..end].trim().to_owned())
        })
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("linphone reads what it is told");
    }
}

/// The phone's configuration: A-law only, which is what a capture can be heard of.
fn configuration(site: &Site, settings: &Settings) -> String {
    let Settings { host, user, rtp_ports, .. } = settings;
    let (address, pbx) = (site.address(*host), site.socket(kamailio::HOST, 5060));
    let (domain, password) = (kamailio::DOMAIN, kamailio::password(user));
    let (first, last) = (rtp_ports.start, rtp_ports.end - 1);
    let mut text = format!(
        "[sip]
bind_address={address}
use_ipv6=0
sip_port=5060
sip_tcp_port=0
sip_tls_port=0
contact=sip:{user}@{address}
media_encryption=none
default_proxy=0
[proxy_0]
reg_proxy=<sip:{pbx};transport=udp>
reg_route=<sip:{pbx};transport=udp;lr>
reg_identity=sip:{user}@{domain}
reg_expires=600
reg_sendregister=1
publish=0
[auth_info_0]
username={user}
passwd={password}
realm={domain}
[rtp]
bind_address={address}
audio_rtp_port={first}-{last}
[sound]
echocancellation=0
[video]
enabled=0
"
    );
    let codecs =
        [("PCMA", 8_000, 1), ("PCMU", 8_000, 0), ("opus", 48_000, 0), ("speex", 16_000, 0), ("speex", 8_000, 0)];
    for (place, (codec, rate, enabled)) in codecs.into_iter().chain([("G729", 8_000, 0)]).enumerate() {
        text += &format!("[audio_codec_{place}]\nmime={codec}\nrate={rate}\nenabled={enabled}\n");
    }
    text
}
