//! The configuration file: plain data, validated when parsed.
//!
//! Every error is one sentence that begins with the place, `offhook.toml:12: …`.

mod body;
mod call_control;
mod capture;
mod database;
mod file;
mod joined;
mod line_group;
mod log;
mod media;
mod mistake;
mod names;
mod proxies;
pub mod records;
mod succession;

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

pub use self::body::{CaptureWanted, DeclineByClient, FUNCTIONS, LineBody, LineGroupBody, LineRedirection};
pub use self::call_control::{CallControl, Decline, Diversion, FeatureCode, Redirection, TransferWay};
pub use self::capture::{Capture, CaptureAudio, CaptureFull, CaptureNumbers, GroupCapture};
pub use self::database::Database;
use self::file::{File, Problem, sentence};
pub use self::file::{LOG_AREAS, parse_ports};
pub use self::joined::MadeGroup;
pub use self::line_group::{Authority, Dtmf, GroupKind, GroupTls, Line, LineGroup, Srtp};
pub use self::log::{Log, LogFormat, LogLevel, LogSystem};
pub use self::media::{IceAccess, IceServer, Media, Recording, RecordingChannels, RecordingFormat};
pub use self::mistake::{Mistake, Wrong};
pub use self::proxies::{Proxies, ProxyHeader};

/// A validated configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from.
    pub file: Option<PathBuf>,
    /// Where the server keeps its database and certificate.
    pub data_dir: PathBuf,
    /// Its database.
    pub database: Database,
    /// Listen addresses.
    pub listen: Listen,
    /// Media settings.
    pub media: Media,
    /// How calls are recorded.
    pub recording: Recording,
    /// How captures are kept.
    pub capture: Capture,
    /// What is logged, and where to.
    pub log: Log,
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
    /// The folder with the site's own files of countries; None: `countries` in `data_dir`, where it is there.
    pub countries: Option<PathBuf>,
    /// Who may read the metrics without signing in.
    pub metrics_from: Vec<IpNet>,
    /// The proxies in front of the server.
    pub proxies: Proxies,
}

/// Addresses the server listens on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Browser app and API without TLS; None: the console sets where.
    pub http: Option<SocketAddr>,
    /// Browser app and API with TLS; None: the console sets where.
    pub https: Option<SocketAddr>,
    /// SIP over UDP and TCP.
    pub sip: SocketAddr,
    /// What is put into Via and Contact instead of `sip`, where a NAT is in between.
    pub public_address: Option<IpAddr>,
    /// The one port for the audio of all browsers: UDP, and TCP where that does not get through.
    pub webrtc: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        Listen {
            http: None,
            https: None,
            sip: SocketAddr::from(([0, 0, 0, 0], 5060)),
            public_address: None,
            webrtc: SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 7226),
        }
    }
}

impl Listen {
    /// Without what counts while the server runs.
    pub(super) fn waits(&self) -> Listen {
        Listen { http: None, https: None, ..self.clone() }
    }
}

/// A further address that SIP is received at, beside `listen.sip`.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct ListenerTls {
    /// Certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// Authorities, PEM: clients must show a certificate of one of them.
    pub client_ca: Option<PathBuf>,
}

/// SIP transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
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
    /// It was there before and keeps its place.
    pub removed: bool,
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
    /// The number of their voice mailbox.
    pub voice_mailbox: Option<String>,
    /// It was there before and keeps its place.
    pub removed: bool,
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
        let config = Config::parse(&text, &shown, path.parent().unwrap_or(Path::new(".")))?;
        Ok(Config { file: Some(path.to_owned()), ..config })
    }

    /// The configuration of a server without a file: all defaults, with its data in `folder`.
    pub fn in_folder(folder: &Path) -> Result<Config, ConfigError> {
        Config::parse("data_dir = \".\"", "offhook.toml", folder)
    }

    /// Validates the text of a file called `path` that lies in `folder`.
    pub fn parse(text: &str, path: &str, folder: &Path) -> Result<Config, ConfigError> {
        let invalid = |offset: usize, problem: String| ConfigError::Invalid {
            path: path.to_owned(),
            line: line_at(text, offset),
            problem,
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            invalid(offset, sentence(error.message()))
        })?;
        file.validate(folder).map_err(|Problem { place, sentence }| invalid(place.offset(text), sentence))
    }
}

/// The line of a text, from 1, that has the octet at an offset.
pub fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|octet| *octet == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
