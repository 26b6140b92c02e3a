//! The configuration file: plain data, validated when parsed.
//!
//! Every error is one sentence that begins with the place, `offhook.toml:12: …`.

mod file;
mod names;

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use regex::Regex;
use serde::{Deserialize, Deserializer};

pub use self::file::parse_ports;
use self::file::{File, Problem, sentence};

/// A validated configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the server keeps its database and certificate.
    pub data_dir: PathBuf,
    /// Listen addresses.
    pub listen: Listen,
    /// Media settings.
    pub media: Media,
    /// How calls are recorded.
    pub recording: Recording,
    /// Further SIP listeners.
    pub listeners: Vec<Listener>,
    /// Name servers; empty: those of the system.
    pub name_servers: Vec<SocketAddr>,
    /// PBX connections.
    pub groups: Vec<LineGroup>,
    /// Ways of calls from one to another.
    pub routes: Vec<Route>,
    /// People who can sign in.
    pub users: Vec<User>,
    /// People who administer the server.
    pub administrators: Vec<Administrator>,
    /// Who may read the metrics without signing in.
    pub metrics_from: Vec<IpNet>,
}

/// Addresses the server listens on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Browser app and API without TLS.
    pub http: SocketAddr,
    /// Browser app and API with TLS.
    pub https: SocketAddr,
    /// SIP over UDP and TCP.
    pub sip: SocketAddr,
    /// What is put into Via and Contact instead of `sip`, where a NAT is in between.
    pub public_address: Option<IpAddr>,
    /// The one port for the audio of all browsers: UDP, and TCP where that does not get through.
    pub webrtc: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        Listen {
            http: any(7224),
            https: any(7225),
            sip: any(5060),
            public_address: None,
            webrtc: SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 7226),
        }
    }
}

/// Media settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// The addresses put into SDP and ICE candidates, at most one of each family; by default those of this machine.
    #[serde(deserialize_with = "file::public_addresses")]
    pub address: Vec<IpAddr>,
    /// UDP ports towards PBXs: RTP on the even ones, RTCP on the odd ones.
    #[serde(deserialize_with = "file::port_range")]
    pub rtp_ports: RangeInclusive<u16>,
    /// Whose tones are played, ISO 3166 two letters.
    pub country: String,
    /// Codecs towards browsers, best first.
    pub webrtc_codecs: Vec<String>,
    /// Threads that move audio; by default one for every core.
    pub workers: Option<usize>,
    /// STUN and TURN servers that browsers are told of.
    pub ice_server: Vec<IceServer>,
    /// A WAV file for whoever is on hold and hears nothing else.
    pub music_on_hold: Option<PathBuf>,
}

impl Default for Media {
    fn default() -> Self {
        Media {
            address: Vec::new(),
            rtp_ports: 1024..=65535,
            country: "de".into(),
            webrtc_codecs: ["opus", "PCMA", "PCMU"].map(String::from).to_vec(),
            workers: None,
            ice_server: Vec::new(),
            music_on_hold: None,
        }
    }
}

/// A STUN or TURN server that browsers are told of.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "file::FileIceServer")]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// What a browser needs to use it.
    pub access: IceAccess,
}

/// What a browser needs to use a STUN or TURN server.
#[derive(Debug, Clone)]
pub enum IceAccess {
    /// Nothing: STUN.
    Open,
    /// An account that all share.
    Account {
        /// User name.
        username: String,
        /// Password.
        credential: Secret,
    },
    /// Credentials for a day, made of a secret that the TURN server knows, too.
    Secret(Secret),
}

/// How calls are recorded. Which are is said by their line groups.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// The folder of the files; empty: `recordings` in the data folder.
    pub directory: PathBuf,
    /// What the files are.
    pub format: RecordingFormat,
    /// How the two sides stand in them.
    pub channels: RecordingChannels,
}

/// File format of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingFormat {
    /// WAV, 16 bit: 58 MB an hour and channel at 8 kHz.
    #[default]
    Wav,
    /// Ogg-Opus: 11 MB an hour and channel.
    Opus,
}

/// Channels of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingChannels {
    /// Both sides in one.
    #[default]
    Mixed,
    /// The side that called left, the other right.
    PerSide,
}

/// How digits (DTMF) travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtmf {
    /// As telephone events where both sides have them, else as tones.
    #[default]
    Auto,
    /// As telephone events (RFC 4733).
    Rfc4733,
    /// In SIP INFO.
    Info,
    /// As tones in the audio.
    Inband,
}

/// A further address that SIP is received at, beside `listen.sip`.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its name in this configuration.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its one transport.
    pub transport: Transport,
    /// What is put into Via and Contact instead of the address, where a NAT is in between.
    pub public_address: Option<IpAddr>,
    /// Certificate, for TLS.
    pub tls: Option<ListenerTls>,
}

/// How a TLS listener proves who it is.
#[derive(Debug, Clone)]
pub struct ListenerTls {
    /// Certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// Authorities, PEM: clients must show a certificate of one of them.
    pub client_ca: Option<PathBuf>,
}

/// A PBX connection and the properties of its lines.
#[derive(Debug, Clone)]
pub struct LineGroup {
    /// Its name in this configuration.
    pub name: String,
    /// How it is connected.
    pub kind: GroupKind,
    /// Host name or address of the PBX, or of the proxy in front of it. Empty for a trunk that registers with us.
    pub registrar: String,
    /// SIP port. None: as DNS says, or the transport's usual one.
    pub port: Option<u16>,
    /// SIP transport. None: as DNS says, or UDP.
    pub transport: Option<Transport>,
    /// Domain of its addresses of record.
    pub domain: String,
    /// Lifetime asked for in REGISTER, in seconds.
    pub expires: u32,
    /// Pause between two first REGISTERs.
    pub register_delay: Duration,
    /// Longest pause until a PBX that did not answer is asked again.
    pub retry_interval: Duration,
    /// Pause between packets that keep a NAT open; zero: none are sent.
    pub nat_refresh: Duration,
    /// Whether the PBX answers them (RFC 5626): a STUN request over UDP, a double line break over TCP and TLS.
    pub nat_refresh_answered: bool,
    /// Pause between OPTIONS towards a fixed trunk; zero: none are sent.
    pub options_refresh: Duration,
    /// Index of the listener that it uses, beside the one of `listen.sip`.
    pub listener: Option<usize>,
    /// Who is trusted to say that the PBX is the PBX, and how we prove who we are.
    pub tls: GroupTls,
    /// Addresses that it may send from, beside those that its name leads to.
    pub allow_from: Vec<IpNet>,
    /// What a trunk that registers with us authenticates with: user name and password.
    pub account: Option<(String, Secret)>,
    /// Numbers that such a trunk owns, beside those of its lines.
    pub numbers: Option<Pattern>,
    /// Whether P-Asserted-Identity, Privacy and diversions are believed and passed on (RFC 3325).
    pub trust_identity: bool,
    /// How digits travel.
    pub dtmf: Dtmf,
    /// Whether its calls are recorded.
    pub record: bool,
    /// Codecs of our offers, best first.
    pub codecs_outgoing: Vec<String>,
    /// Codecs taken of its offers, best first.
    pub codecs_incoming: Vec<String>,
    /// When the audio is encrypted.
    pub srtp: Srtp,
    /// Whether comfort noise (RFC 3389) is offered and taken.
    pub comfort_noise: bool,
    /// Whether one port for RTP and RTCP is offered.
    pub rtcp_mux: bool,
    /// Audio per packet that is asked for, in milliseconds.
    pub ptime: u32,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// How a PBX is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// Every line registers.
    #[default]
    Softphones,
    /// One line registers and opens the whole number range.
    TrunkRegistration,
    /// The same, with one REGISTER for all numbers (RFC 6140).
    TrunkBulkRegistration,
    /// Both sides know each other's address.
    TrunkFixed,
    /// The PBX registers with us.
    TrunkRegistrar,
}

/// When the audio towards a PBX is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Srtp {
    /// Required where the signalling goes over TLS, otherwise off.
    #[default]
    Auto,
    /// Never.
    Off,
    /// Offered and taken; plain RTP otherwise.
    Optional,
    /// Always, with keys in the description (SDES).
    Required,
    /// Always, with keys from a DTLS handshake.
    Dtls,
}

/// TLS towards one PBX.
#[derive(Debug, Clone, Default)]
pub struct GroupTls {
    /// Own authorities, PEM.
    pub ca: Vec<PathBuf>,
    /// Whether those of the system count, too.
    pub system_ca: bool,
    /// Own certificate and key, PEM, where the PBX asks for one.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// SIP transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
}

/// A line at a PBX.
#[derive(Debug, Clone)]
pub struct Line {
    /// User part of its address of record.
    pub user_name: String,
    /// User name for digest authentication.
    pub auth_name: String,
    /// Password for digest authentication.
    pub password: Secret,
    /// Its number.
    pub number: String,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it is the one that registers a trunk, or sends the OPTIONS of a fixed one.
    pub pilot: bool,
}

/// A regular expression that a whole number must match.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a pattern; the error is one sentence.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let anchored = Regex::new(&format!("^(?:{text})$"));
        anchored.map(Pattern).map_err(|error| format!("{text:?} is no regular expression: {}.", reason(&error)))
    }

    /// The expression.
    pub fn regex(&self) -> &Regex {
        &self.0
    }
}

/// The last line of what the library says; those before it draw the place.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").trim_end_matches('.').to_owned()
}

/// Where calls go that arrive for a number that is nobody's line.
#[derive(Debug, Clone)]
pub struct Route {
    /// Index of the line group they come from.
    pub from: usize,
    /// The numbers it is for.
    pub number: Pattern,
    /// Index of the line group they leave by.
    pub to: usize,
    /// What the number becomes; None: it stays.
    pub rewrite: Option<String>,
}

/// A person who administers the server.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// Sign-in name.
    pub name: String,
    /// The password, or its argon2id hash.
    pub password: Secret,
}

/// A person who can sign in.
#[derive(Debug, Clone)]
pub struct User {
    /// Sign-in name.
    pub name: String,
    /// Name for people to read.
    pub display_name: String,
    /// The password, or its argon2id hash.
    pub password: Secret,
    /// Their lines: index of the PBX connection, index of the line in it.
    pub lines: Vec<(usize, usize)>,
}

/// A password. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The parser's own message would show the password.
        let text = String::deserialize(deserializer);
        text.map(Secret).map_err(|_| serde::de::Error::custom("a password must be text in quotes"))
    }
}

impl Secret {
    /// Wraps a password.
    pub fn new(secret: impl Into<String>) -> Self {
        Secret(secret.into())
    }

    /// The password itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: the file cannot be read: {source}.")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file's permissions let others read the passwords in it.
    #[error("{path}: other users of this machine can read the passwords in this file; run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: String,
    },
    /// Something in the file.
    #[error("{path}:{line}: {problem}")]
    Invalid {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// One sentence.
        problem: String,
    },
}

impl Config {
    /// Reads and validates a file. `data_dir` counts from the file's folder.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let shown = path.display().to_string();
        let unreadable = |source| ConfigError::Unreadable { path: shown.clone(), source };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(ConfigError::Exposed { path: shown });
        }
        Config::parse(&text, &shown, path.parent().unwrap_or(Path::new(".")))
    }

    /// Validates the text of a file called `path` that lies in `folder`.
    pub fn parse(text: &str, path: &str, folder: &Path) -> Result<Config, ConfigError> {
        let invalid = |offset: usize, problem: String| ConfigError::Invalid {
            path: path.to_owned(),
            line: text[..offset.min(text.len())].matches('\n').count() + 1,
            problem,
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            invalid(offset, sentence(error.message()))
        })?;
        file.validate(folder).map_err(|Problem { offset, sentence }| invalid(offset, sentence))
    }
}

#[cfg(test)]
mod tests {
    use super::file::COUNTRIES;
    use super::*;

    const GOOD: &str = r#"
data_dir = "data"
[[line_group]]
name = "main"
registrar = "pbx.example"
[[line_group.line]]
user_name = "100"
password = "topsecret"
[[line_group.line]]
user_name = "101"
password = "topsecret"
number = "+4989101"
[[user]]
name = "alice"
password = "wonderland"
lines = ["100", "+4989101"]
"#;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, "offhook.toml", Path::new("/etc")).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_filled_in() {
        let config = parse(GOOD).unwrap();
        assert_eq!(config.data_dir, Path::new("/etc/data"));
        assert_eq!(config.listen.http.port(), 7224);
        let group = &config.groups[0];
        assert_eq!((group.domain.as_str(), group.port, group.expires), ("pbx.example", None, 600));
        assert_eq!((group.kind, group.lines[0].auth_name.as_str()), (GroupKind::Softphones, "100"));
        assert_eq!(config.users[0].lines, [(0, 0), (0, 1)]);
    }

    #[test]
    fn audio_settings_are_read_and_a_law_is_always_there() {
        let parse = |added: &str| parse(&GOOD.replacen("name = \"main\"", &format!("name = \"main\"\n{added}"), 1));
        let group = parse("").unwrap().groups.remove(0);
        assert_eq!((group.srtp, group.comfort_noise, group.rtcp_mux, group.ptime), (Srtp::Auto, false, false, 20));
        assert_eq!(group.codecs_incoming, group.codecs_outgoing);
        let added =
            "srtp = \"dtls\"\ncomfort_noise = true\nptime = 40\ncodecs = [\"G722\"]\ncodecs_incoming = [\"PCMU\"]";
        let group = parse(added).unwrap().groups.remove(0);
        assert_eq!((group.srtp, group.comfort_noise, group.ptime), (Srtp::Dtls, true, 40));
        assert_eq!(group.codecs_outgoing, ["G722", "PCMA"]);
        assert_eq!(group.codecs_incoming, ["PCMU", "PCMA"]);
        for (added, expected) in [
            ("ptime = 5", "offhook.toml:5: ptime must lie between 10 and 60 milliseconds."),
            ("ptime = 25", "offhook.toml:5: ptime must be a multiple of 10 milliseconds."),
            ("srtp = \"maybe\"", "offhook.toml:5: unknown variant `maybe`"),
            ("codecs_outgoing = [\"GSM\"]", "offhook.toml:5: "),
        ] {
            let error = parse(added).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (from, to, expected) in [
            ("registrar =", "registrat =", "offhook.toml:5: unknown field `registrat`"),
            ("number = \"+4989101\"", "number = \"100\"", "offhook.toml:12: the number \"100\" belongs to two lines."),
            ("lines = [\"100\"", "lines = [\"102\"", "offhook.toml:16: no line has the number \"102\"."),
            ("registrar = \"pbx.example\"", "registrar = 5", "offhook.toml:5: invalid type"),
            ("name = \"main\"", "name = \"main", "offhook.toml:4:"),
            (
                "name = \"main\"",
                "name = \"main\"\ncodecs = [\"GSM\"]",
                "offhook.toml:5: the codec \"GSM\" is not known",
            ),
            ("name = \"main\"", "name = \"main\"\nexpires = 1", "offhook.toml:5: expires must lie"),
            ("\"wonderland\"", "\"$argon2id$broken\"", "offhook.toml:15: this is no argon2 hash"),
            ("data_dir = \"data\"", "data_dir = \"d\"\nmedia.country = \"xx\"", "offhook.toml:3: no tones are known"),
            (
                "data_dir = \"data\"",
                "data_dir = \"d\"\nmedia.rtp_ports = \"9-1\"",
                "offhook.toml:3: rtp_ports is \"9-1\", but ports below 1024",
            ),
            (
                "data_dir = \"data\"",
                "data_dir = \"d\"\nmedia.rtp_ports = \"4001-4004\"",
                "offhook.toml:3: rtp_ports is \"4001-4004\", but a call takes two pairs",
            ),
            (
                "data_dir = \"data\"",
                "data_dir = \"d\"\nmedia.rtp_ports = \"65535-65535\"",
                "offhook.toml:3: rtp_ports is \"65535-65535\", but the first port must be lower",
            ),
            (
                "data_dir = \"data\"",
                "data_dir = \"d\"\n[[media.ice_server]]\nurls = [\"turn:turn.example\"]",
                "offhook.toml:3: a TURN server needs username",
            ),
            (
                "data_dir = \"data\"",
                "data_dir = \"d\"\n[[media.ice_server]]\nurls = [\"http://turn.example\"]",
                "offhook.toml:3: \"http://turn.example\" is no STUN or TURN URL",
            ),
        ] {
            let error = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn one_entry_may_stand_for_many_lines() {
        let text = GOOD.replacen("user_name = \"100\"", "user_name = \"100;110-112\"\nauth_name = \"site-<*>-x\"", 1);
        let lines = parse(&text).unwrap().groups.remove(0).lines;
        let names: Vec<_> = lines.iter().map(|line| (line.number.as_str(), line.auth_name.as_str())).collect();
        assert_eq!(names[..2], [("100", "site-100-x"), ("110", "site-110-x")]);
        assert_eq!((names.len(), names[4]), (5, ("+4989101", "101")));
    }

    #[test]
    fn trunks_have_a_pilot() {
        let trunk = |more: &str| GOOD.replacen("name = \"main\"", &format!("name = \"main\"\n{more}"), 1);
        let config = parse(&trunk("kind = \"trunk-registration\"")).unwrap();
        assert_eq!(config.groups[0].lines.iter().map(|line| line.pilot).collect::<Vec<_>>(), [true, false]);
        let moved = trunk("kind = \"trunk-registration\"").replacen(
            "user_name = \"101\"",
            "user_name = \"101\"\npilot = true",
            1,
        );
        let config = parse(&moved).unwrap();
        assert_eq!(config.groups[0].lines.iter().map(|line| line.pilot).collect::<Vec<_>>(), [false, true]);
        let error = parse(&trunk("kind = \"trunk-registrar\"")).unwrap_err();
        assert!(error.contains("leave it out"), "{error}");
    }

    #[test]
    fn routes_rewrite_numbers() {
        let more = "[[line_group]]\nname = \"carrier\"\nkind = \"trunk-fixed\"\nregistrar = \"192.0.2.1\"\n\
                    [[route]]\nfrom = \"carrier\"\nto = \"main\"\nnumber = '\\+4989(\\d+)'\nrewrite = \"0$1\"\n";
        let config = parse(&format!("{GOOD}{more}")).unwrap();
        let route = &config.routes[0];
        assert_eq!((route.from, route.to), (1, 0));
        assert!(route.number.regex().is_match("+498912"));
        assert!(["x+498912", "+498912x"].iter().all(|number| !route.number.regex().is_match(number)));
        let error = parse(&format!("{GOOD}{more}").replacen("(\\d+)", "(\\d+", 1)).unwrap_err();
        assert!(
            error.starts_with("offhook.toml:24: \"\\\\+4989(\\\\d+\" is no regular expression: unclosed group"),
            "{error}"
        );
    }

    #[test]
    fn secrets_do_not_show() {
        let shown = format!("{:?}", parse(GOOD).unwrap());
        assert!(!shown.contains("topsecret") && !shown.contains("wonderland"), "{shown}");
        let error = parse(&GOOD.replacen("\"topsecret\"", "12345678", 1)).unwrap_err();
        assert_eq!(error, "offhook.toml:8: a password must be text in quotes.");
    }

    #[test]
    fn every_country_has_tones() {
        for code in COUNTRIES {
            assert!(code.parse::<offhook_media::dsp::Country>().is_ok(), "{code}");
        }
        for country in offhook_media::dsp::Country::ALL {
            assert!(COUNTRIES.contains(&country.code()), "{country}");
        }
    }
}
