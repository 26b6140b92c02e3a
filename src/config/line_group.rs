//! What the configuration says of line groups and their lines.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{CallControl, CaptureAudio, GroupCapture, LineGroupBody, Pattern, Redirection, Secret, Transport};

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
    /// What of it is captured from the start on.
    pub capture: GroupCapture,
    /// What of the audio of its calls is captured with that.
    pub capture_audio: CaptureAudio,
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
    /// How its users telephone.
    pub call_control: CallControl,
    /// Its lines.
    pub lines: Vec<Line>,
    /// As it was set.
    pub body: Arc<LineGroupBody>,
    /// It was there before and keeps its place.
    pub removed: bool,
}

/// How a PBX is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
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

impl GroupKind {
    /// Whether one line speaks for all.
    pub fn has_pilot(self) -> bool {
        matches!(self, GroupKind::TrunkRegistration | GroupKind::TrunkBulkRegistration | GroupKind::TrunkFixed)
    }
}

/// When the audio towards a PBX is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
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
    /// Own authorities.
    pub ca: Vec<Authority>,
    /// Whether those of the system count, too.
    pub system_ca: bool,
    /// Own certificate and key, PEM, where the PBX asks for one.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Who may vouch for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// A PEM file.
    File(PathBuf),
    /// PEM.
    Text(Arc<str>),
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
    /// Where calls go one after the other when nobody takes them.
    pub redirections: Vec<Redirection>,
    /// It was there before and keeps its place.
    pub removed: bool,
}

/// How digits (DTMF) travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
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
