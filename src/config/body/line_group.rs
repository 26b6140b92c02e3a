//! A line group.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::call_control::DeclineByClient;
use crate::config::file::FileLine;
use crate::config::mistake::{Mistake, Mistakes, Wrong};
use crate::config::{
    Authority, CaptureAudio, Decline, Diversion, Dtmf, FeatureCode, GroupCapture, GroupKind, GroupTls, Line, LineGroup,
    Pattern, Secret, Srtp, TransferWay, Transport,
};

/// From where a PBX may register with us when nothing is said: this machine and private networks (RFC 1918, RFC 4193).
const PRIVATE: [&str; 6] = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];
/// Codecs towards a PBX.
const CODECS: [&str; 4] = ["PCMA", "PCMU", "G722", "opus"];
/// What a certificate in PEM begins with.
const PEM: &str = "-----BEGIN";

/// Makes the form of a line group: for objects, and for the file, which has a few things more in it.
macro_rules! forms {
    ($($(#[$attribute:meta])* $field:ident: $type:ty = $default:expr;)*) => {
        /// A line group as it is set: a PBX connection and the properties of its lines.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
        #[serde(default, deny_unknown_fields)]
        #[schemars(rename = "LineGroupObject", extend(
            "required" = ["name"],
            "examples" = [{ "name": "Head office", "registrar": "pbx.example.com", "transport": "tls" }]
        ))]
        #[ts(rename = "LineGroupObject")]
        pub struct LineGroupBody {
            $($(#[$attribute])* pub $field: $type,)*
        }

        impl Default for LineGroupBody {
            fn default() -> Self {
                LineGroupBody { $($field: $default,)* }
            }
        }

        /// A line group as the file has it.
        #[derive(Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(in crate::config) struct FileGroup {
            $($(#[$attribute])* $field: $type,)*
            /// Certificate chain, PEM.
            certificate: Option<PathBuf>,
            /// Its key, PEM.
            key: Option<PathBuf>,
            /// Password of a trunk that registers with us.
            password: Secret,
            line: Vec<FileLine>,
        }

        impl Default for FileGroup {
            fn default() -> Self {
                FileGroup {
                    $($field: $default,)*
                    certificate: None,
                    key: None,
                    password: Secret::default(),
                    line: Vec::new(),
                }
            }
        }

        impl FileGroup {
            /// What every line group has, and what only those of the file have.
            pub(in crate::config) fn split(self) -> (LineGroupBody, Beside, Vec<FileLine>) {
                let beside = Beside { certificate: self.certificate, key: self.key, password: self.password };
                (LineGroupBody { $($field: self.$field,)* }, beside, self.line)
            }
        }
    };
}

forms! {
    /// Its name. Unique whatever its case.
    name: String = String::new();
    /// How the PBX is connected.
    kind: GroupKind = GroupKind::default();
    /// Its location: the id of that; in the configuration file its name. null: none.
    location: Option<String> = None;
    /// Host name or address of the PBX, or of the proxy in front of it. Empty for a trunk that registers here.
    registrar: String = String::new();
    /// SIP port; null: as DNS says, or the transport's usual one.
    port: Option<u16> = None;
    /// SIP transport; null: as DNS says, or UDP.
    transport: Option<Transport> = None;
    /// Domain of the lines' addresses; empty: the registrar.
    domain: String = String::new();
    /// Seconds asked for in REGISTER: 30 to 86400.
    expires: u32 = 600;
    /// Pause between two first REGISTERs: 0 to 60000 milliseconds.
    register_delay: u32 = 20;
    /// Longest pause until a PBX that did not answer is asked again: 1 to 3600 seconds.
    retry_interval: u32 = 30;
    /// Pause between packets that keep a NAT open: 0 (none are sent) to 3600 seconds.
    nat_refresh: u32 = 0;
    /// Whether the PBX answers these packets (RFC 5626).
    nat_refresh_answered: bool = false;
    /// Pause between OPTIONS: 0 (only towards places that did not answer) to 3600 seconds.
    options_refresh: u32 = 30;
    /// Name of the listener that it uses; empty: the usual one.
    listener: String = String::new();
    /// Authorities that may vouch for the PBX's certificate, PEM; in the configuration file also paths of PEM files.
    ca: Vec<String> = Vec::new();
    /// Whether the authorities that the system trusts may, too.
    system_ca: bool = true;
    /// Addresses and networks that the PBX may send from, beside those that its name leads to. For a trunk that registers here:
    /// where it may register from; empty: this machine and private networks.
    allow_from: Vec<String> = Vec::new();
    /// User name of a trunk that registers here.
    user_name: String = String::new();
    /// Regular expression of the numbers that can be reached at a trunk that registers here.
    numbers: String = String::new();
    /// Whether P-Asserted-Identity, Privacy and diversions are believed and passed on (RFC 3325).
    trust_identity: bool = true;
    /// Codecs towards the PBX, best first: PCMA, PCMU, G722, opus. PCMA is always among them.
    codecs: Vec<String> = ["G722", "PCMA", "PCMU"].map(String::from).to_vec();
    /// Codecs that are offered to the PBX; empty: as `codecs`.
    codecs_outgoing: Vec<String> = Vec::new();
    /// Codecs that are taken of the PBX's offers; empty: as `codecs`.
    codecs_incoming: Vec<String> = Vec::new();
    /// When the audio is encrypted.
    srtp: Srtp = Srtp::default();
    /// Whether comfort noise (RFC 3389) is offered and taken.
    comfort_noise: bool = false;
    /// Whether one port for RTP and RTCP is offered (RFC 5761).
    rtcp_mux: bool = false;
    /// Audio per packet that is asked for: 10 to 60 milliseconds in steps of 10.
    ptime: u32 = 20;
    /// How digits travel.
    dtmf: Dtmf = Dtmf::default();
    /// Whether its calls are recorded.
    record: bool = false;
    /// What of it is captured from the start on.
    capture: CaptureWanted = CaptureWanted::default();
    /// What of the audio of its calls is captured with that.
    capture_audio: CaptureAudio = CaptureAudio::default();
    /// The functions that its users are offered; null: all but those of `switched_off`.
    functions: Option<Vec<String>> = None;
    /// The functions that they are not offered; null: all are, or those of `functions`.
    switched_off: Option<Vec<String>> = None;
    /// What a caller gets when nobody is signed in on the line, or it is not to be disturbed.
    signed_out: Decline = Decline::default();
    /// What a caller gets when a client declines.
    decline: DeclineByClient = DeclineByClient::default();
    /// Whether a call that rings cannot be declined.
    hide_decline: bool = false;
    /// How calls are sent elsewhere before they are answered.
    diversion: Diversion = Diversion::default();
    /// How two calls are joined.
    transfer: TransferWay = TransferWay::default();
    /// Whether calls go to the user's voice mailbox when none of its clients is signed in.
    signed_off_to_voice_mailbox: bool = false;
    /// What is dialled to pick up a call from a number of the PBX, with `<NUMBER>` for that; empty: nothing.
    pickup_code: String = String::new();
    /// Whether calls that ring at its lines are picked up without the PBX.
    pickup_in_server: bool = true;
    /// Functions of the PBX that are dialled.
    feature_codes: Vec<FeatureCode> = Vec::new();
    /// Numbers that can always be called.
    emergency_numbers: Vec<String> = ["110", "112"].map(String::from).to_vec();
    /// Digits that a number of the company has at most: 0 to 15.
    internal_digits: u32 = 5;
    /// How long a parked call waits before it comes back: 1 to 3600 seconds.
    park_returns: u32 = 120;
}

/// What of a line group is captured from the start on: all of it or nothing, or the lines with these numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(untagged, expecting = "capture must be true, false, or a list of the numbers of lines, like [\"100\"]")]
pub enum CaptureWanted {
    /// All or nothing.
    Whole(bool),
    /// Lines by their numbers.
    Lines(Vec<String>),
}

impl Default for CaptureWanted {
    fn default() -> Self {
        CaptureWanted::Whole(false)
    }
}

/// What a line group has that does not stand in its body.
#[derive(Debug, Default)]
pub(in crate::config) struct Beside {
    /// Certificate chain that is shown to the PBX, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// The password of a trunk that registers with us.
    pub password: Secret,
}

impl LineGroupBody {
    /// Everything that is wrong with it, with pointers into it.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Mistakes::default();
        let registers_here = self.kind == GroupKind::TrunkRegistrar;
        let needed = |mistakes: &mut Mistakes, pointer: &str, text: &str, is_needed: bool| match text.is_empty() {
            true if is_needed => mistakes.add(pointer, Wrong::Missing),
            false if !is_needed => mistakes.add(pointer, Wrong::OtherKind),
            _ => {}
        };
        needed(&mut mistakes, "/name", &self.name, true);
        needed(&mut mistakes, "/registrar", &self.registrar, !registers_here);
        needed(&mut mistakes, "/user_name", &self.user_name, registers_here);
        mistakes.within("/expires", self.expires, "seconds", 30..=86_400);
        mistakes.within("/register_delay", self.register_delay, "milliseconds", 0..=60_000);
        mistakes.within("/retry_interval", self.retry_interval, "seconds", 1..=3_600);
        mistakes.within("/nat_refresh", self.nat_refresh, "seconds", 0..=3_600);
        mistakes.within("/options_refresh", self.options_refresh, "seconds", 0..=3_600);
        if self.codecs.is_empty() {
            mistakes.add("/codecs", Wrong::NotAChoice(String::new(), CODECS.to_vec()));
        }
        mistakes.known("/codecs", &self.codecs, &CODECS);
        mistakes.known("/codecs_outgoing", &self.codecs_outgoing, &CODECS);
        mistakes.known("/codecs_incoming", &self.codecs_incoming, &CODECS);
        mistakes.within("/ptime", self.ptime, "milliseconds", 10..=60);
        if !self.ptime.is_multiple_of(10) {
            mistakes.add("/ptime", Wrong::NoStep(10, "milliseconds"));
        }
        for (at, text) in self.allow_from.iter().enumerate() {
            if network(text).is_none() {
                mistakes.add(format!("/allow_from/{at}"), Wrong::NoNetwork(text.clone()));
            }
        }
        if !self.numbers.is_empty()
            && let Err(sentence) = Pattern::parse(&self.numbers)
        {
            mistakes.add("/numbers", Wrong::NoPattern(sentence));
        }
        for (at, text) in self.ca.iter().enumerate().filter(|(_, text)| is_pem(text)) {
            if let Err(why) = check_certificates(text) {
                mistakes.add(format!("/ca/{at}"), Wrong::NoCertificate(why));
            }
        }
        self.check_call_control(&mut mistakes);
        mistakes.0
    }

    /// Whether requests go to the same place as those of another one, for the same domain.
    pub fn leads_where(&self, other: &LineGroupBody) -> bool {
        (self.port, self.transport, &self.registrar, &self.domain)
            == (other.port, other.transport, &other.registrar, &other.domain)
    }

    /// The paths of files that it names, by their places in `ca`. Only the configuration file can name files.
    pub fn paths(&self) -> impl Iterator<Item = usize> {
        self.ca.iter().enumerate().filter(|(_, text)| !is_pem(text)).map(|(at, _)| at)
    }

    /// The line group, with its lines. It has been checked; paths count from `folder`, and `listener` is the place of the
    /// listener that it names.
    pub(in crate::config) fn group(
        self,
        beside: Beside,
        lines: Vec<Line>,
        listener: Option<usize>,
        folder: &Path,
    ) -> LineGroup {
        let body = Arc::new(self);
        let of = |codecs: &Vec<String>| line_codecs(if codecs.is_empty() { &body.codecs } else { codecs });
        let authority = |text: &String| match is_pem(text) {
            true => Authority::Text(text.as_str().into()),
            false => Authority::File(folder.join(text)),
        };
        let seconds = |value: u32| Duration::from_secs(value.into());
        let private = body.kind == GroupKind::TrunkRegistrar && body.allow_from.is_empty();
        let allow_from: Vec<IpNet> = match private {
            true => PRIVATE.iter().filter_map(|text| network(text)).collect(),
            false => body.allow_from.iter().filter_map(|text| network(text)).collect(),
        };
        let account = (!body.user_name.is_empty() && !beside.password.expose().is_empty())
            .then(|| (body.user_name.clone(), beside.password));
        LineGroup {
            name: body.name.clone(),
            kind: body.kind,
            registrar: body.registrar.clone(),
            port: body.port,
            transport: body.transport,
            domain: if body.domain.is_empty() { body.registrar.clone() } else { body.domain.clone() },
            expires: body.expires,
            register_delay: Duration::from_millis(body.register_delay.into()),
            retry_interval: seconds(body.retry_interval),
            nat_refresh: seconds(body.nat_refresh),
            nat_refresh_answered: body.nat_refresh_answered,
            options_refresh: seconds(body.options_refresh),
            listener,
            tls: GroupTls {
                ca: body.ca.iter().map(authority).collect(),
                system_ca: body.system_ca,
                certificate: beside
                    .certificate
                    .zip(beside.key)
                    .map(|(certificate, key)| (folder.join(certificate), folder.join(key))),
            },
            allow_from,
            account,
            numbers: Some(&body.numbers).filter(|text| !text.is_empty()).and_then(|text| Pattern::parse(text).ok()),
            trust_identity: body.trust_identity,
            dtmf: body.dtmf,
            record: body.record,
            capture: captured(&body.capture, &lines),
            capture_audio: body.capture_audio,
            codecs_outgoing: of(&body.codecs_outgoing),
            codecs_incoming: of(&body.codecs_incoming),
            srtp: body.srtp,
            comfort_noise: body.comfort_noise,
            rtcp_mux: body.rtcp_mux,
            ptime: body.ptime,
            call_control: body.call_control(),
            lines,
            removed: false,
            body,
        }
    }
}

/// What is captured; numbers that no line has say nothing.
pub(in crate::config) fn captured(wanted: &CaptureWanted, lines: &[Line]) -> GroupCapture {
    match wanted {
        CaptureWanted::Whole(false) => GroupCapture::Off,
        CaptureWanted::Whole(true) => GroupCapture::All,
        CaptureWanted::Lines(numbers) => {
            let place = |number: &String| lines.iter().position(|line| line.number == *number);
            GroupCapture::Lines(numbers.iter().filter_map(place).collect())
        }
    }
}

/// One line of a trunk speaks for all: that which is marked, or else the first one in use.
pub(in crate::config) fn choose_pilot(kind: GroupKind, lines: &mut [Line]) {
    let marked = lines.iter().position(|line| line.pilot && !line.removed);
    let first = || lines.iter().position(|line| line.active && !line.removed);
    let Some(pilot) = marked.or_else(|| if kind.has_pilot() { first() } else { None }) else { return };
    lines.iter_mut().enumerate().for_each(|(place, line)| line.pilot = place == pilot);
}

/// An address or a network.
fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse()).ok()
}

fn is_pem(text: &str) -> bool {
    text.contains(PEM)
}

/// Whether these are certificates that can vouch for others.
fn check_certificates(text: &str) -> Result<(), String> {
    let unreadable = |why: String| format!("this is no certificate in PEM: {why}.");
    let read = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
    let certificates = read.map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("there is no certificate in it".to_owned()));
    }
    certificates.iter().try_for_each(|certificate| match webpki::anchor_from_trusted_cert(certificate) {
        Ok(_) => Ok(()),
        Err(error) => Err(unreadable(error.to_string())),
    })
}

/// The codecs towards a PBX. A-law is always among them: every PBX has it.
fn line_codecs(codecs: &[String]) -> Vec<String> {
    let mut all = codecs.to_vec();
    if !all.iter().any(|codec| codec.eq_ignore_ascii_case("PCMA")) {
        all.push("PCMA".into());
    }
    all
}
