//! Line groups and their lines.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;

use super::super::names::{self, PLACE};
use super::super::{
    CaptureAudio, Decline, Diversion, Dtmf, FeatureCode, GroupKind, GroupTls, Line, LineGroup, Listener, Pattern,
    Secret, Srtp, TransferWay, Transport,
};
use super::call_control::{FileDecline, FileRedirection, redirections};
use super::capture::FileGroupCapture;
use super::{Numbers, Problem, known_codecs, named, networks, problem, within};

/// From where a PBX may register with us when nothing is said: this machine and private networks (RFC 1918, RFC 4193).
const PRIVATE: [&str; 6] = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileGroup {
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
    capture: Option<Spanned<FileGroupCapture>>,
    #[serde(default)]
    pub(super) capture_audio: Option<Spanned<CaptureAudio>>,
    pub(super) functions: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) switched_off: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    pub(super) signed_out: Decline,
    #[serde(default)]
    pub(super) decline: FileDecline,
    #[serde(default)]
    pub(super) hide_decline: bool,
    #[serde(default)]
    pub(super) diversion: Diversion,
    #[serde(default)]
    pub(super) transfer: TransferWay,
    #[serde(default)]
    pub(super) signed_off_to_voice_mailbox: bool,
    pub(super) pickup_code: Option<Spanned<String>>,
    #[serde(default = "yes")]
    pub(super) pickup_in_server: bool,
    #[serde(default)]
    pub(super) feature_codes: Vec<Spanned<FeatureCode>>,
    pub(super) emergency_numbers: Option<Spanned<Vec<String>>>,
    #[serde(default = "default_internal_digits")]
    pub(super) internal_digits: Spanned<u32>,
    #[serde(default = "default_park_returns")]
    pub(super) park_returns: Spanned<u32>,
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
    #[serde(default)]
    redirections: Vec<FileRedirection>,
}

impl FileGroup {
    pub(super) fn validate(
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
        let call_control = self.call_control()?;
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
            capture: FileGroupCapture::validate(self.capture.as_ref(), &lines)?,
            capture_audio: self.capture_audio.map(Spanned::into_inner).unwrap_or_default(),
            codecs_outgoing,
            codecs_incoming,
            srtp: self.srtp,
            comfort_noise: self.comfort_noise,
            rtcp_mux: self.rtcp_mux,
            ptime: *self.ptime.get_ref(),
            call_control,
            name: self.name.into_inner(),
            lines,
            removed: false,
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
                redirections: Vec::new(),
                removed: false,
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
            let redirections = redirections(&self.redirections, &line.user_name)?;
            lines.push(Line { redirections, ..line });
        }
        Ok(())
    }
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

fn default_internal_digits() -> Spanned<u32> {
    Spanned::new(0..0, 5)
}

fn default_park_returns() -> Spanned<u32> {
    Spanned::new(0..0, 120)
}

fn default_codecs() -> Spanned<Vec<String>> {
    Spanned::new(0..0, ["G722", "PCMA", "PCMU"].map(String::from).to_vec())
}

fn yes() -> bool {
    true
}
