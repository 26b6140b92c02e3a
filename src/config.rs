//! The configuration file: plain data, validated when parsed.
//!
//! Every error is one sentence that begins with the place, `offhook.toml:12: …`.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use argon2::password_hash::phc::PasswordHash;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// Countries whose tones are known.
const COUNTRIES: [&str; 10] = ["at", "be", "ch", "de", "es", "fr", "it", "nl", "uk", "us"];

/// A validated configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the server keeps its database and certificate.
    pub data_dir: PathBuf,
    /// Listen addresses.
    pub listen: Listen,
    /// Media settings.
    pub media: Media,
    /// PBX connections.
    pub pbxes: Vec<Pbx>,
    /// People who can sign in.
    pub users: Vec<User>,
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
    /// The one UDP port for the audio of all browsers.
    pub webrtc: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        Listen { http: any(7224), https: any(7225), sip: any(5060), webrtc: any(7226) }
    }
}

/// Media settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// The address put into SDP and ICE candidates; by default the one that routes to the PBX.
    pub address: Option<IpAddr>,
    /// UDP ports towards PBXs: RTP on the even ones, RTCP on the odd ones.
    #[serde(deserialize_with = "port_range")]
    pub rtp_ports: RangeInclusive<u16>,
    /// Whose tones are played, ISO 3166 two letters.
    pub country: String,
    /// Codecs towards browsers, best first.
    pub webrtc_codecs: Vec<String>,
    /// Threads that move audio; by default one for every core.
    pub workers: Option<usize>,
}

impl Default for Media {
    fn default() -> Self {
        Media {
            address: None,
            rtp_ports: 20000..=29999,
            country: "de".into(),
            webrtc_codecs: ["opus", "PCMA", "PCMU"].map(String::from).to_vec(),
            workers: None,
        }
    }
}

/// A PBX connection.
#[derive(Debug, Clone)]
pub struct Pbx {
    /// Its name in this configuration.
    pub name: String,
    /// Host name or address.
    pub registrar: String,
    /// SIP port.
    pub port: u16,
    /// SIP transport.
    pub transport: Transport,
    /// Domain of its addresses of record.
    pub domain: String,
    /// Lifetime asked for in REGISTER, in seconds.
    pub expires: u32,
    /// Whether the lines register.
    pub register: bool,
    /// Codecs, best first.
    pub codecs: Vec<String>,
    /// Where calls go that arrive here for a number that is no line: index of another connection.
    pub transit_to: Option<usize>,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// SIP transport to a PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
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

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: PathBuf,
    #[serde(default)]
    listen: Listen,
    media: Option<Spanned<Media>>,
    #[serde(default)]
    pbx: Vec<FilePbx>,
    #[serde(default)]
    user: Vec<FileUser>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePbx {
    name: Spanned<String>,
    registrar: Spanned<String>,
    #[serde(default = "default_port")]
    port: u16,
    #[serde(default)]
    transport: Transport,
    domain: Option<String>,
    #[serde(default = "default_expires")]
    expires: Spanned<u32>,
    #[serde(default = "yes")]
    register: bool,
    #[serde(default = "default_codecs")]
    codecs: Spanned<Vec<String>>,
    transit_to: Option<Spanned<String>>,
    #[serde(default)]
    line: Vec<FileLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLine {
    user_name: Spanned<String>,
    auth_name: Option<String>,
    password: Secret,
    number: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileUser {
    name: Spanned<String>,
    display_name: Option<String>,
    password: Spanned<Secret>,
    #[serde(default)]
    lines: Vec<Spanned<String>>,
}

struct Problem {
    offset: usize,
    sentence: String,
}

fn problem<T>(at: &Spanned<T>, sentence: impl Into<String>) -> Problem {
    Problem { offset: at.span().start, sentence: sentence.into() }
}

impl File {
    fn validate(self, folder: &Path) -> Result<Config, Problem> {
        if let Some(media) = &self.media {
            let country = media.get_ref().country.to_lowercase();
            if !COUNTRIES.contains(&country.as_str()) {
                return Err(problem(
                    media,
                    format!("no tones are known for the country {country:?}; choose of {}.", COUNTRIES.join(", ")),
                ));
            }
            known_codecs(media, &media.get_ref().webrtc_codecs, &["opus", "PCMA", "PCMU"])?;
        }
        let names: Vec<String> = self.pbx.iter().map(|pbx| pbx.name.get_ref().clone()).collect();
        let mut numbers: HashMap<String, (usize, usize)> = HashMap::new();
        let mut pbxes = Vec::new();
        for (index, pbx) in self.pbx.into_iter().enumerate() {
            if let Some(to) = pbx.transit_to.as_ref().filter(|to| to.get_ref() == pbx.name.get_ref()) {
                return Err(problem(to, "a PBX connection cannot pass its calls on to itself."));
            }
            if names[..index].contains(pbx.name.get_ref()) {
                return Err(problem(
                    &pbx.name,
                    format!("the name {:?} is used by two PBX connections.", pbx.name.get_ref()),
                ));
            }
            pbxes.push(pbx.validate(index, &names, &mut numbers)?);
        }
        let mut users: Vec<User> = Vec::new();
        for user in self.user {
            users.push(user.validate(&users, &numbers)?);
        }
        let media = self.media.map(Spanned::into_inner).unwrap_or_default();
        Ok(Config { data_dir: folder.join(self.data_dir), listen: self.listen, media, pbxes, users })
    }
}

impl FilePbx {
    fn validate(
        self,
        index: usize,
        names: &[String],
        numbers: &mut HashMap<String, (usize, usize)>,
    ) -> Result<Pbx, Problem> {
        if self.registrar.get_ref().is_empty() {
            return Err(problem(&self.registrar, "the registrar is empty; give a host name or an address."));
        }
        if !(30..=86_400).contains(self.expires.get_ref()) {
            return Err(problem(&self.expires, "expires must lie between 30 and 86400 seconds."));
        }
        known_codecs(&self.codecs, self.codecs.get_ref(), &["PCMA", "PCMU", "G722", "opus"])?;
        let transit_to = match &self.transit_to {
            None => None,
            Some(to) => Some(
                names
                    .iter()
                    .position(|name| name == to.get_ref())
                    .ok_or_else(|| problem(to, format!("there is no PBX connection called {:?}.", to.get_ref())))?,
            ),
        };
        let mut lines = Vec::new();
        for (place, line) in self.line.into_iter().enumerate() {
            let number = line.number.unwrap_or_else(|| line.user_name.clone());
            if line.user_name.get_ref().is_empty() || number.get_ref().is_empty() {
                return Err(problem(&line.user_name, "a line needs a user_name and a number that are not empty."));
            }
            if numbers.insert(number.get_ref().clone(), (index, place)).is_some() {
                return Err(problem(&number, format!("the number {:?} belongs to two lines.", number.get_ref())));
            }
            let user_name = line.user_name.into_inner();
            lines.push(Line {
                auth_name: line.auth_name.unwrap_or_else(|| user_name.clone()),
                user_name,
                password: line.password,
                number: number.into_inner(),
            });
        }
        let registrar = self.registrar.into_inner();
        Ok(Pbx {
            name: self.name.into_inner(),
            domain: self.domain.unwrap_or_else(|| registrar.clone()),
            registrar,
            port: self.port,
            transport: self.transport,
            expires: self.expires.into_inner(),
            register: self.register,
            codecs: self.codecs.into_inner(),
            transit_to,
            lines,
        })
    }
}

impl FileUser {
    fn validate(self, users: &[User], numbers: &HashMap<String, (usize, usize)>) -> Result<User, Problem> {
        if users.iter().any(|user| user.name.eq_ignore_ascii_case(self.name.get_ref())) {
            return Err(problem(&self.name, format!("there are two users called {:?}.", self.name.get_ref())));
        }
        if self.name.get_ref().is_empty() || self.password.get_ref().expose().is_empty() {
            return Err(problem(&self.name, "a user needs a name and a password that are not empty."));
        }
        let password = self.password.get_ref().expose();
        if password.starts_with("$argon2") && PasswordHash::new(password).is_err() {
            let sentence = "this is no argon2 hash that can be used; make one with: offhook hash-password";
            return Err(problem(&self.password, sentence));
        }
        let lines = self.lines.iter().map(|number| {
            numbers
                .get(number.get_ref())
                .copied()
                .ok_or_else(|| problem(number, format!("no line has the number {:?}.", number.get_ref())))
        });
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        let name = self.name.into_inner();
        Ok(User {
            display_name: self.display_name.unwrap_or_else(|| name.clone()),
            name,
            password: self.password.into_inner(),
            lines,
        })
    }
}

fn known_codecs<T>(at: &Spanned<T>, codecs: &[String], known: &[&str]) -> Result<(), Problem> {
    if codecs.is_empty() {
        return Err(problem(at, format!("at least one codec is needed, of {}.", known.join(", "))));
    }
    for codec in codecs {
        if !known.iter().any(|name| name.eq_ignore_ascii_case(codec)) {
            return Err(problem(at, format!("the codec {codec:?} is not known here; choose of {}.", known.join(", "))));
        }
    }
    Ok(())
}

fn port_range<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RangeInclusive<u16>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_ports(&text).ok_or_else(|| {
        serde::de::Error::custom(format!("rtp_ports is {text:?}, but must be like \"20000-29999\", from 1024 up"))
    })
}

/// A range of ports like `20000-29999`. Below 1024 belongs to the system; a call leg needs an even one and the next.
pub fn parse_ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (low, high) = text.split_once('-')?;
    let (low, high): (u16, u16) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (low >= 1024 && high > low.next_multiple_of(2)).then_some(low..=high)
}

fn default_port() -> u16 {
    5060
}

fn default_expires() -> Spanned<u32> {
    Spanned::new(0..0, 600)
}

fn default_codecs() -> Spanned<Vec<String>> {
    Spanned::new(0..0, ["G722", "PCMA", "PCMU"].map(String::from).to_vec())
}

fn yes() -> bool {
    true
}

/// Makes one sentence of a parser's message.
fn sentence(message: &str) -> String {
    let one_line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.ends_with('.') { one_line } else { format!("{one_line}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
data_dir = "data"
[[pbx]]
name = "main"
registrar = "pbx.example"
[[pbx.line]]
user_name = "100"
password = "topsecret"
[[pbx.line]]
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
        let pbx = &config.pbxes[0];
        assert_eq!((pbx.domain.as_str(), pbx.port, pbx.expires), ("pbx.example", 5060, 600));
        assert_eq!(pbx.lines[0].auth_name, "100");
        assert_eq!(config.users[0].lines, [(0, 0), (0, 1)]);
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
                "offhook.toml:3: rtp_ports is \"9-1\"",
            ),
        ] {
            let error = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
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
    }
}
