//! The file as it is written, and what is checked before it counts.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::names::{self, PLACE};
use super::{
    Administrator, Config, Dtmf, GroupKind, GroupTls, IceAccess, IceServer, Line, LineGroup, Listen, Listener,
    ListenerTls, Media, Pattern, Recording, Route, Secret, Srtp, Transport, User,
};

/// Countries whose tones are known.
pub(super) const COUNTRIES: [&str; 50] = [
    "at", "au", "be", "bg", "br", "ca", "ch", "cl", "cn", "cy", "cz", "de", "dk", "ee", "es", "eu", "fi", "fr", "gb",
    "gr", "hr", "hu", "id", "ie", "il", "in", "it", "jp", "lt", "lu", "lv", "mt", "mx", "nl", "no", "nz", "ph", "pl",
    "pt", "ro", "ru", "se", "sg", "si", "sk", "tw", "uk", "us", "ve", "za",
];
/// Names of the listeners that `[listen]` makes.
const OWN_LISTENERS: [&str; 2] = ["main", "tls"];
/// From where a PBX may register with us when nothing is said: this machine and private networks (RFC 1918, RFC 4193).
const PRIVATE: [&str; 6] = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    data_dir: PathBuf,
    #[serde(default)]
    listen: Listen,
    #[serde(default)]
    dns: Dns,
    media: Option<Spanned<Media>>,
    #[serde(default)]
    recording: Recording,
    #[serde(default)]
    metrics: Metrics,
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
struct Metrics {
    #[serde(default)]
    allow_from: Vec<Spanned<String>>,
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
struct FileGroup {
    name: Spanned<String>,
    #[serde(default)]
    kind: GroupKind,
    registrar: Option<Spanned<String>>,
    port: Option<u16>,
    transport: Option<Transport>,
    domain: Option<String>,
    #[serde(default = "default_expires")]
    expires: Spanned<u32>,
    #[serde(default = "default_register_delay")]
    register_delay: Spanned<u32>,
    #[serde(default = "default_retry_interval")]
    retry_interval: Spanned<u32>,
    #[serde(default = "default_nat_refresh")]
    nat_refresh: Spanned<u32>,
    #[serde(default)]
    nat_refresh_answered: bool,
    #[serde(default = "default_options_refresh")]
    options_refresh: Spanned<u32>,
    listener: Option<Spanned<String>>,
    #[serde(default)]
    ca: Vec<PathBuf>,
    #[serde(default = "yes")]
    system_ca: bool,
    certificate: Option<Spanned<PathBuf>>,
    key: Option<PathBuf>,
    #[serde(default)]
    allow_from: Vec<Spanned<String>>,
    user_name: Option<Spanned<String>>,
    password: Option<Secret>,
    numbers: Option<Spanned<String>>,
    #[serde(default = "yes")]
    trust_identity: bool,
    #[serde(default = "default_codecs")]
    codecs: Spanned<Vec<String>>,
    codecs_outgoing: Option<Spanned<Vec<String>>>,
    codecs_incoming: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    srtp: Srtp,
    #[serde(default)]
    comfort_noise: bool,
    #[serde(default)]
    rtcp_mux: bool,
    #[serde(default = "default_ptime")]
    ptime: Spanned<u32>,
    #[serde(default)]
    dtmf: Dtmf,
    #[serde(default)]
    record: bool,
    #[serde(default)]
    line: Vec<FileLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLine {
    user_name: Spanned<String>,
    auth_name: Option<String>,
    #[serde(default)]
    password: Secret,
    number: Option<Spanned<String>>,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    pilot: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRoute {
    from: Spanned<String>,
    number: Spanned<String>,
    to: Spanned<String>,
    rewrite: Option<String>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAdministrator {
    name: Spanned<String>,
    password: Spanned<Secret>,
}

/// A STUN or TURN server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileIceServer {
    urls: Vec<String>,
    username: Option<String>,
    credential: Option<Secret>,
    secret: Option<Secret>,
}

impl TryFrom<FileIceServer> for IceServer {
    type Error = String;

    fn try_from(file: FileIceServer) -> Result<Self, String> {
        if file.urls.is_empty() {
            return Err("an ice_server needs urls".into());
        }
        let scheme = |url: &str, schemes: &[&str]| {
            url.split_once(':').is_some_and(|(scheme, host)| schemes.contains(&scheme) && !host.trim().is_empty())
        };
        if let Some(url) = file.urls.iter().find(|url| !scheme(url, &["stun", "stuns", "turn", "turns"])) {
            return Err(format!("{url:?} is no STUN or TURN URL like \"turn:turn.example:3478?transport=udp\""));
        }
        let turn = file.urls.iter().any(|url| scheme(url, &["turn", "turns"]));
        let access = match (file.username, file.credential, file.secret) {
            (None, None, None) if turn => {
                return Err("a TURN server needs username and credential, or the secret it shares with us".into());
            }
            (None, None, None) => IceAccess::Open,
            (Some(username), Some(credential), None) => IceAccess::Account { username, credential },
            (None, None, Some(secret)) => IceAccess::Secret(secret),
            _ => return Err("an ice_server has either username and credential, or a secret".into()),
        };
        Ok(IceServer { urls: file.urls, access })
    }
}

/// What is wrong, and where.
pub(super) struct Problem {
    pub(super) offset: usize,
    pub(super) sentence: String,
}

fn problem<T>(at: &Spanned<T>, sentence: impl Into<String>) -> Problem {
    Problem { offset: at.span().start, sentence: sentence.into() }
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
            groups.push(group.validate(&groups, &listeners, &mut numbers, folder)?);
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
        let data_dir = folder.join(self.data_dir);
        let directory = match self.recording.directory.as_os_str().is_empty() {
            true => data_dir.join("recordings"),
            false => folder.join(&self.recording.directory),
        };
        Ok(Config {
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
            metrics_from: networks(&self.metrics.allow_from)?,
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

impl FileGroup {
    fn validate(
        self,
        others: &[LineGroup],
        listeners: &[Listener],
        numbers: &mut Numbers,
        folder: &Path,
    ) -> Result<LineGroup, Problem> {
        let name = self.name.get_ref();
        if name.is_empty() || others.iter().any(|other| other.name == *name) {
            return Err(problem(&self.name, format!("every line group needs a name of its own; {name:?} is not one.")));
        }
        let registers_here = self.kind == GroupKind::TrunkRegistrar;
        let registrar = match &self.registrar {
            Some(registrar) if registers_here => {
                return Err(problem(registrar, "a trunk that registers here has no registrar; leave it out."));
            }
            Some(registrar) if registrar.get_ref().is_empty() => {
                return Err(problem(registrar, "the registrar is empty; give a host name or an address."));
            }
            Some(registrar) => registrar.get_ref().clone(),
            None if registers_here => String::new(),
            None => return Err(problem(&self.name, "the line group needs a registrar: the PBX's name or address.")),
        };
        within(&self.expires, "expires", "seconds", 30..=86_400)?;
        within(&self.register_delay, "register_delay", "milliseconds", 0..=60_000)?;
        within(&self.retry_interval, "retry_interval", "seconds", 1..=3_600)?;
        within(&self.nat_refresh, "nat_refresh", "seconds", 0..=3_600)?;
        within(&self.options_refresh, "options_refresh", "seconds", 0..=3_600)?;
        let codecs_outgoing = line_codecs(self.codecs_outgoing.as_ref().unwrap_or(&self.codecs))?;
        let codecs_incoming = line_codecs(self.codecs_incoming.as_ref().unwrap_or(&self.codecs))?;
        line_codecs(&self.codecs)?;
        within(&self.ptime, "ptime", "milliseconds", 10..=60)?;
        if !self.ptime.get_ref().is_multiple_of(10) {
            return Err(problem(&self.ptime, "ptime must be a multiple of 10 milliseconds."));
        }
        let account = self.trunk_account()?;
        let same = |other: &&LineGroup| matches!((&other.account, &account), (Some(a), Some(b)) if a.0 == b.0);
        if let (Some(other), Some(user_name)) = (others.iter().find(same), &self.user_name) {
            return Err(problem(
                user_name,
                format!("{:?} is the user_name of the line group {:?}.", user_name.get_ref(), other.name),
            ));
        }
        let listener = match &self.listener {
            None => None,
            Some(listener) => Some(named(listener, listeners.iter().map(|known| &known.name), "listener")?),
        };
        let certificate = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((folder.join(certificate.get_ref()), folder.join(key))),
            (Some(certificate), None) => return Err(problem(certificate, "a certificate needs its key.")),
            (None, _) => None,
        };
        let allow_from = self.networks()?;
        let pattern = |text: &Spanned<String>| Pattern::parse(text.get_ref()).map_err(|error| problem(text, error));
        let group_numbers = self.numbers.as_ref().map(pattern).transpose()?;
        let mut lines = Vec::new();
        for line in &self.line {
            line.expand(others.len(), &mut lines, numbers)?;
        }
        if self.kind.has_pilot() {
            self.choose_pilot(&mut lines)?;
        }
        let seconds = |value: &Spanned<u32>| Duration::from_secs((*value.get_ref()).into());
        Ok(LineGroup {
            domain: self.domain.unwrap_or_else(|| registrar.clone()),
            registrar,
            kind: self.kind,
            port: self.port,
            transport: self.transport,
            expires: *self.expires.get_ref(),
            register_delay: Duration::from_millis((*self.register_delay.get_ref()).into()),
            retry_interval: seconds(&self.retry_interval),
            nat_refresh: seconds(&self.nat_refresh),
            nat_refresh_answered: self.nat_refresh_answered,
            options_refresh: seconds(&self.options_refresh),
            listener,
            tls: GroupTls {
                ca: self.ca.iter().map(|path| folder.join(path)).collect(),
                system_ca: self.system_ca,
                certificate,
            },
            allow_from,
            account,
            numbers: group_numbers,
            trust_identity: self.trust_identity,
            dtmf: self.dtmf,
            record: self.record,
            codecs_outgoing,
            codecs_incoming,
            srtp: self.srtp,
            comfort_noise: self.comfort_noise,
            rtcp_mux: self.rtcp_mux,
            ptime: *self.ptime.get_ref(),
            name: self.name.into_inner(),
            lines,
        })
    }

    /// What a PBX that registers here has to know.
    fn trunk_account(&self) -> Result<Option<(String, Secret)>, Problem> {
        let registers_here = self.kind == GroupKind::TrunkRegistrar;
        match (&self.user_name, &self.password) {
            (Some(user), Some(password)) if registers_here && !password.expose().is_empty() => {
                Ok(Some((user.get_ref().clone(), password.clone())))
            }
            (None, None) if !registers_here => Ok(None),
            _ if registers_here => Err(problem(
                &self.name,
                "a trunk that registers here needs the user_name and password it does it with.",
            )),
            _ => Err(problem(&self.name, "user_name and password belong to the lines of this kind of line group.")),
        }
    }

    fn networks(&self) -> Result<Vec<IpNet>, Problem> {
        if self.kind == GroupKind::TrunkRegistrar && self.allow_from.is_empty() {
            return Ok(PRIVATE.iter().filter_map(|text| text.parse().ok()).collect());
        }
        networks(&self.allow_from)
    }

    /// One line of a trunk speaks for all.
    fn choose_pilot(&self, lines: &mut [Line]) -> Result<(), Problem> {
        let marked = self.line.iter().filter(|line| line.pilot).count();
        if marked > 1 || lines.iter().filter(|line| line.pilot).count() > 1 {
            return Err(problem(&self.name, "only one line of a trunk can be its pilot."));
        }
        if lines.iter().all(|line| !line.pilot)
            && let Some(first) = lines.iter_mut().find(|line| line.active)
        {
            first.pilot = true;
        }
        if self.kind != GroupKind::TrunkFixed && !lines.iter().any(|line| line.pilot && line.active) {
            return Err(problem(&self.name, "a trunk with registration needs an active line that registers it."));
        }
        Ok(())
    }
}

impl GroupKind {
    fn has_pilot(self) -> bool {
        matches!(self, GroupKind::TrunkRegistration | GroupKind::TrunkBulkRegistration | GroupKind::TrunkFixed)
    }
}

impl FileLine {
    /// Adds the lines that an entry stands for.
    fn expand(&self, group: usize, lines: &mut Vec<Line>, numbers: &mut Numbers) -> Result<(), Problem> {
        let names = names::expand(self.user_name.get_ref()).map_err(|error| problem(&self.user_name, error))?;
        let several = names.len() > 1;
        let number = self.number.as_ref().unwrap_or(&self.user_name);
        if let Some(number) = self.number.as_ref().filter(|number| several && !number.get_ref().contains(PLACE)) {
            return Err(problem(number, format!("several lines need {PLACE} in their number, for the user name.")));
        }
        for user_name in names {
            let in_place = |text: &str| text.replace(PLACE, &user_name);
            let line = Line {
                auth_name: self.auth_name.as_deref().map_or_else(|| user_name.clone(), in_place),
                number: self.number.as_ref().map_or_else(|| user_name.clone(), |number| in_place(number.get_ref())),
                password: self.password.clone(),
                active: self.active,
                pilot: self.pilot,
                user_name,
            };
            if line.user_name.is_empty() || line.number.is_empty() {
                return Err(problem(&self.user_name, "a line needs a user_name and a number that are not empty."));
            }
            if lines.iter().any(|other| other.user_name == line.user_name) {
                let sentence = format!("the user name {:?} stands twice in this line group.", line.user_name);
                return Err(problem(&self.user_name, sentence));
            }
            if numbers.insert(line.number.clone(), (group, lines.len())).is_some() {
                return Err(problem(number, format!("the number {:?} belongs to two lines.", line.number)));
            }
            lines.push(line);
        }
        Ok(())
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

impl FileUser {
    fn validate(self, users: &[User], numbers: &Numbers) -> Result<User, Problem> {
        if users.iter().any(|user| user.name.eq_ignore_ascii_case(self.name.get_ref())) {
            return Err(problem(&self.name, format!("there are two users called {:?}.", self.name.get_ref())));
        }
        check_sign_in(&self.name, &self.password, "user")?;
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

impl FileAdministrator {
    fn validate(self, others: &[Administrator]) -> Result<Administrator, Problem> {
        if others.iter().any(|other| other.name.eq_ignore_ascii_case(self.name.get_ref())) {
            return Err(problem(&self.name, format!("there are two administrators called {:?}.", self.name.get_ref())));
        }
        check_sign_in(&self.name, &self.password, "administrator")?;
        Ok(Administrator { name: self.name.into_inner(), password: self.password.into_inner() })
    }
}

fn check_sign_in(name: &Spanned<String>, password: &Spanned<Secret>, who: &str) -> Result<(), Problem> {
    let secret = password.get_ref().expose();
    if name.get_ref().is_empty() || secret.is_empty() {
        let article = if who == "user" { "a" } else { "an" };
        return Err(problem(name, format!("{article} {who} needs a name and a password that are not empty.")));
    }
    if secret.starts_with("$argon2") && PasswordHash::new(secret).is_err() {
        let sentence = "this is no argon2 hash that can be used; make one with: offhook hash-password";
        return Err(problem(password, sentence));
    }
    Ok(())
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

/// The codecs towards a PBX. A-law is always among them: every PBX has it.
fn line_codecs(codecs: &Spanned<Vec<String>>) -> Result<Vec<String>, Problem> {
    known_codecs(codecs, codecs.get_ref(), &["PCMA", "PCMU", "G722", "opus"])?;
    let mut all = codecs.get_ref().clone();
    if !all.iter().any(|codec| codec.eq_ignore_ascii_case("PCMA")) {
        all.push("PCMA".into());
    }
    Ok(all)
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

pub(super) fn port_range<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RangeInclusive<u16>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_ports(&text).map_err(|why| serde::de::Error::custom(format!("rtp_ports is {text:?}, but {why}.")))
}

/// One address, or one of each family.
pub(super) fn public_addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "media.address must be an IP address, or a list of an IPv4 and an IPv6 address")]
    enum Addresses {
        One(IpAddr),
        Several(Vec<IpAddr>),
    }
    let addresses = match Addresses::deserialize(deserializer)? {
        Addresses::One(address) => vec![address],
        Addresses::Several(addresses) => addresses,
    };
    let of = |v4: bool| addresses.iter().filter(|address| address.is_ipv4() == v4).count();
    if of(true) > 1 || of(false) > 1 {
        return Err(serde::de::Error::custom(
            "media.address has two addresses of one family; give at most one of each",
        ));
    }
    Ok(addresses)
}

/// A range of ports like `20000-29999`, or why it is none. Below 1024 belongs to the system; each side of a call takes
/// an even port and the next, and a call has two sides.
pub fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, &'static str> {
    const FORM: &str = "must be two ports like \"20000-29999\", of 1024 to 65535";
    let (low, high) = text.split_once('-').ok_or(FORM)?;
    let (Ok(low), Ok(high)) = (low.trim().parse::<u16>(), high.trim().parse::<u16>()) else { return Err(FORM) };
    let pairs = (u32::from(high) + 1).saturating_sub(u32::from(low).next_multiple_of(2)) / 2;
    match () {
        () if low < 1024 => Err("ports below 1024 belong to the system; the first must be 1024 or above"),
        () if low >= high => Err("the first port must be lower than the last"),
        () if pairs < 2 => Err("a call takes two pairs of an even port and the next; the range needs four such ports"),
        () => Ok(low..=high),
    }
}

fn default_ptime() -> Spanned<u32> {
    Spanned::new(0..0, 20)
}

fn default_expires() -> Spanned<u32> {
    Spanned::new(0..0, 600)
}

fn default_register_delay() -> Spanned<u32> {
    Spanned::new(0..0, 20)
}

fn default_retry_interval() -> Spanned<u32> {
    Spanned::new(0..0, 30)
}

fn default_nat_refresh() -> Spanned<u32> {
    Spanned::new(0..0, 0)
}

fn default_options_refresh() -> Spanned<u32> {
    Spanned::new(0..0, 30)
}

fn default_codecs() -> Spanned<Vec<String>> {
    Spanned::new(0..0, ["G722", "PCMA", "PCMU"].map(String::from).to_vec())
}

fn yes() -> bool {
    true
}

/// Makes one sentence of a parser's message.
pub(super) fn sentence(message: &str) -> String {
    let one_line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.ends_with('.') { one_line } else { format!("{one_line}.") }
}
