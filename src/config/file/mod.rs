//! The file as it is written, and what is checked before it counts.

mod capture;
mod database;
mod line_group;
mod log;
mod media;
mod people;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::capture::FileCapture;
use self::database::FileDatabase;
pub(super) use self::line_group::FileLine;
use self::line_group::Others;
use self::log::FileLog;
pub use self::log::LOG_AREAS;
pub use self::media::parse_ports;
pub(super) use self::media::{COUNTRIES, FileIceServer, port_range, public_addresses};
use self::people::{FileAdministrator, FileUser};
use super::body::FileGroup;
use super::{
    Administrator, Config, LineGroup, Listen, Listener, ListenerTls, Media, Pattern, Proxies, ProxyHeader, Recording,
    Route, Transport, User,
};

/// Names of the listeners that `[listen]` makes.
const OWN_LISTENERS: [&str; 2] = ["main", "tls"];
/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    data_dir: PathBuf,
    #[serde(default)]
    database: FileDatabase,
    #[serde(default)]
    listen: Listen,
    #[serde(default)]
    dns: Dns,
    media: Option<Spanned<Media>>,
    #[serde(default)]
    recording: Recording,
    #[serde(default)]
    capture: FileCapture,
    #[serde(default)]
    log: FileLog,
    #[serde(default)]
    numbers: FileNumbers,
    #[serde(default)]
    metrics: Metrics,
    #[serde(default)]
    http: FileHttp,
    #[serde(default)]
    listener: Vec<FileListener>,
    #[serde(default)]
    line_group: Vec<FileGroup>,
    #[serde(default)]
    route: Vec<FileRoute>,
    #[serde(default)]
    user: Vec<FileUser>,
    #[serde(default)]
    administrator: Vec<FileAdministrator>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Dns {
    #[serde(default)]
    servers: Vec<SocketAddr>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct FileNumbers {
    countries: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Metrics {
    #[serde(default)]
    allow_from: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct FileHttp {
    #[serde(default)]
    trusted_proxies: Vec<Spanned<String>>,
    #[serde(default)]
    proxy_header: ProxyHeader,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileListener {
    name: Spanned<String>,
    address: Spanned<SocketAddr>,
    transport: Transport,
    public_address: Option<IpAddr>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    client_ca: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRoute {
    from: Spanned<String>,
    number: Spanned<String>,
    to: Spanned<String>,
    rewrite: Option<String>,
}

/// What is wrong, and where.
pub(super) struct Problem {
    pub(super) place: Place,
    pub(super) sentence: String,
}

/// A place in the file.
pub(super) enum Place {
    /// Octets before it.
    Offset(usize),
    /// JSON pointer (RFC 6901).
    Pointer(String),
}

impl Problem {
    fn at_pointer(pointer: String, sentence: String) -> Problem {
        Problem { place: Place::Pointer(pointer), sentence }
    }
}

impl Place {
    /// Octets before it; of a setting that is not there, before the table that it belongs to.
    pub(super) fn offset(&self, text: &str) -> usize {
        let pointer = match self {
            Place::Offset(offset) => return *offset,
            Place::Pointer(pointer) => pointer,
        };
        let Ok(root) = DeTable::parse(text) else { return 0 };
        let mut offset = 0;
        let mut value = DeValue::Table(root.into_inner());
        for part in pointer.split('/').skip(1) {
            let next = match &value {
                DeValue::Table(table) => table.get(part),
                DeValue::Array(list) => part.parse::<usize>().ok().and_then(|at| list.get(at)),
                _ => None,
            };
            let Some(next) = next else { break };
            offset = next.span().start;
            value = next.get_ref().clone();
        }
        offset
    }
}

fn problem<T>(at: &Spanned<T>, sentence: impl Into<String>) -> Problem {
    Problem { place: Place::Offset(at.span().start), sentence: sentence.into() }
}

/// Where the numbers of all lines are.
type Numbers = HashMap<String, (usize, usize)>;

impl File {
    pub(super) fn validate(self, folder: &Path) -> Result<Config, Problem> {
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
        let mut listeners: Vec<Listener> = Vec::new();
        for listener in self.listener {
            listeners.push(listener.validate(&listeners, folder)?);
        }
        let mut numbers = Numbers::new();
        let mut groups: Vec<LineGroup> = Vec::new();
        for group in self.line_group {
            let capture_numbers = self.capture.numbers;
            let others = Others { groups: &groups, listeners: &listeners, capture_numbers, folder };
            groups.push(line_group::validate(group, &others, &mut numbers)?);
        }
        let routes = self.route.into_iter().map(|route| route.validate(&groups)).collect::<Result<_, _>>()?;
        let mut users: Vec<User> = Vec::new();
        for user in self.user {
            users.push(user.validate(&users, &numbers)?);
        }
        let mut administrators: Vec<Administrator> = Vec::new();
        for administrator in self.administrator {
            administrators.push(administrator.validate(&administrators)?);
        }
        let mut media = self.media.map(Spanned::into_inner).unwrap_or_default();
        media.music_on_hold = media.music_on_hold.map(|path| folder.join(path));
        let data_dir = match self.data_dir == Path::new(".") {
            true => folder.to_owned(),
            false => folder.join(self.data_dir),
        };
        let directory = match self.recording.directory.as_os_str().is_empty() {
            true => data_dir.join("recordings"),
            false => folder.join(&self.recording.directory),
        };
        let capture = self.capture.validate(folder, &data_dir)?;
        Ok(Config {
            file: None,
            log: self.log.validate(folder, &capture.directory)?,
            capture,
            database: self.database.validate(folder, &data_dir)?,
            data_dir,
            recording: Recording { directory, ..self.recording },
            listen: self.listen,
            media,
            listeners,
            name_servers: self.dns.servers,
            groups,
            routes,
            users,
            administrators,
            countries: self.numbers.countries.map(|path| folder.join(path)),
            metrics_from: networks(&self.metrics.allow_from)?,
            proxies: Proxies { trusted: networks(&self.http.trusted_proxies)?, header: self.http.proxy_header },
        })
    }
}

/// Addresses and networks.
fn networks(texts: &[Spanned<String>]) -> Result<Vec<IpNet>, Problem> {
    let network = |text: &Spanned<String>| {
        let host = text.get_ref().parse::<IpAddr>().map(IpNet::from);
        host.or_else(|_| text.get_ref().parse())
            .map_err(|_| problem(text, format!("{:?} is no address or network like 192.0.2.0/24.", text.get_ref())))
    };
    texts.iter().map(network).collect()
}

impl FileListener {
    fn validate(self, others: &[Listener], folder: &Path) -> Result<Listener, Problem> {
        let name = self.name.get_ref();
        if name.is_empty() || others.iter().any(|other| other.name == *name) {
            return Err(problem(&self.name, format!("every listener needs a name of its own; {name:?} is not one.")));
        }
        if OWN_LISTENERS.contains(&name.as_str()) {
            return Err(problem(&self.name, format!("{name:?} is the name of a listener that is always there.")));
        }
        let address = *self.address.get_ref();
        if others.iter().any(|other| other.address == address && other.transport == self.transport) {
            return Err(problem(&self.address, format!("two listeners share {address}.")));
        }
        let tls = match (self.transport, self.certificate, self.key) {
            (Transport::Tls, Some(certificate), Some(key)) => Some(ListenerTls {
                certificate: folder.join(certificate),
                key: folder.join(key),
                client_ca: self.client_ca.map(|path| folder.join(path)),
            }),
            (Transport::Tls, ..) => {
                return Err(problem(&self.name, "a TLS listener needs a certificate and a key (PEM files)."));
            }
            (_, None, None) if self.client_ca.is_none() => None,
            _ => return Err(problem(&self.name, "certificate, key and client_ca are for listeners with TLS.")),
        };
        Ok(Listener {
            name: self.name.into_inner(),
            address,
            transport: self.transport,
            public_address: self.public_address,
            tls,
        })
    }
}

impl FileRoute {
    fn validate(self, groups: &[LineGroup]) -> Result<Route, Problem> {
        let group = |name: &Spanned<String>| named(name, groups.iter().map(|group| &group.name), "line group");
        let (from, to) = (group(&self.from)?, group(&self.to)?);
        if from == to {
            return Err(problem(&self.to, "a route cannot lead back to the line group it comes from."));
        }
        let number = Pattern::parse(self.number.get_ref()).map_err(|error| problem(&self.number, error))?;
        Ok(Route { from, number, to, rewrite: self.rewrite })
    }
}

/// The place of a name among those there are.
fn named<'a>(
    wanted: &Spanned<String>,
    mut known: impl Iterator<Item = &'a String>,
    what: &str,
) -> Result<usize, Problem> {
    known
        .position(|name| name == wanted.get_ref())
        .ok_or_else(|| problem(wanted, format!("there is no {what} called {:?}.", wanted.get_ref())))
}

fn within(value: &Spanned<u32>, key: &str, unit: &str, range: RangeInclusive<u32>) -> Result<(), Problem> {
    if range.contains(value.get_ref()) {
        return Ok(());
    }
    Err(problem(value, format!("{key} must lie between {} and {} {unit}.", range.start(), range.end())))
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

/// Makes one sentence of a parser's message.
pub(super) fn sentence(message: &str) -> String {
    let one_line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.ends_with('.') { one_line } else { format!("{one_line}.") }
}
