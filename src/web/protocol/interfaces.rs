//! Certificates and interfaces over HTTP: what is sent beside the objects, and how they stand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::site::{AcmeSettings, CertificateSource, ObjectId};

/// Body of `POST /api/v1/admin/certificates` and `PUT …/{id}`. Nothing shows the key that is in it.
#[derive(Default, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend(
    "required" = ["name"], "examples" = [{ "name": "web", "source": "self_signed", "names": ["offhook.example.com"] }]
))]
pub struct CertificateRequest {
    /// Its name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Where it comes from.
    pub source: CertificateSource,
    /// `self_signed`, `acme`: host names and addresses that it is to be for.
    pub names: Vec<String>,
    /// `uploaded`: PEM, the certificate first, then those that issued it; the private key may stand there, too. Empty in a
    /// `PUT`: what is there stays.
    pub pem: String,
    /// `uploaded`: the private key as PEM, where it does not stand in `pem`.
    pub key: String,
    /// `uploaded`: in place of `pem` and `key` a PKCS#12 file (`.p12`, `.pfx`), in base64.
    pub pkcs12: String,
    /// `uploaded`: the password of that file.
    pub password: String,
    /// `self_signed`, `acme`, in a `PUT`: whether it is made or asked for anew even for the same names.
    pub renew: bool,
    /// `acme`: where it comes from.
    pub acme: Option<AcmeSettings>,
}

/// Answer to `GET /api/v1/admin/certificates/states`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct CertificateStates {
    /// Those of the console by name, and before them the one that the server has made itself.
    pub certificates: Vec<CertificateState>,
}

/// What stands in a certificate. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema, TS)]
pub struct CertificateState {
    /// Its object; null: the one that the server has made itself, in its data directory.
    pub id: Option<ObjectId>,
    /// Host names and addresses that it is for.
    pub names: Vec<String>,
    /// Whom it was issued to.
    pub subject: String,
    /// Whom it was issued by.
    pub issuer: String,
    /// From when on it is valid.
    pub valid_from: f64,
    /// Until when, the others of its chain among it.
    pub valid_to: f64,
    /// SHA-256, as browsers show it.
    pub fingerprint: String,
    /// Names of the interfaces that show it.
    pub used_by: Vec<String>,
    /// Why it cannot be read, in English.
    pub problem: Option<String>,
    /// How it comes, of one with the source `acme`.
    pub acme: Option<AcmeState>,
}

/// How a certificate comes from an authority. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct AcmeState {
    /// How it stands.
    pub standing: AcmeStanding,
    /// What has been done, this time or the last.
    pub steps: Vec<AcmeStep>,
    /// When the next one is asked for; null: at this moment.
    pub next_at: Option<f64>,
    /// Why none came the last time.
    pub failure: Option<AcmeFailure>,
    /// Where this server answers the authority: addresses of its interfaces without TLS that listen. The authority comes by
    /// port 80 of each name.
    pub answers_at: Vec<String>,
}

/// How a certificate that comes from an authority stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum AcmeStanding {
    /// None has come yet.
    Pending,
    /// The authority is being asked.
    Working,
    /// It is there, and renewed in time.
    Valid,
    /// The last attempt has failed. The one before stays in use, where there is one.
    Failed,
}

/// A step on the way to a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
pub struct AcmeStep {
    /// Which.
    pub step: AcmeStepKind,
    /// The name that it is about; empty: all.
    pub name: String,
    /// What came of it.
    pub outcome: AcmeOutcome,
    /// Of `prove`: whether the authority has come to this server for it.
    pub asked: bool,
}

/// What is done to get a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum AcmeStepKind {
    /// The account at the authority is found or made.
    Account,
    /// The certificate is ordered.
    Order,
    /// The authority asks at a name whether it is this server's.
    Prove,
    /// The authority makes the certificate.
    Issue,
    /// It is kept and shown.
    Keep,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum AcmeOutcome {
    /// It is under way.
    Doing,
    /// It went well.
    Done,
    /// It did not.
    Failed,
    /// Something else did not.
    Skipped,
}

/// Why no certificate came.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct AcmeFailure {
    /// When.
    pub at: f64,
    /// The sentence in English.
    pub english: String,
    /// The same in German.
    pub german: String,
    /// What to do, in English.
    pub fix_english: String,
    /// The same in German.
    pub fix_german: String,
}

/// Answer to `GET /api/v1/admin/interfaces/states`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct InterfaceStates {
    /// All interfaces.
    pub interfaces: Vec<InterfaceState>,
    /// Changes that are undone unless they are confirmed.
    pub trial: Option<InterfaceTrial>,
}

/// Where an interface listens, or why it does not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct InterfaceState {
    /// Its object.
    pub id: ObjectId,
    /// How it stands.
    pub state: Listening,
    /// Where it listens.
    pub address: Option<String>,
    /// Why it does not, in English.
    pub english: Option<String>,
    /// The same in German.
    pub german: Option<String>,
    /// Whether this request came by it.
    pub yours: bool,
}

/// Whether an interface listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InterfaceListening")]
#[ts(rename = "InterfaceListening")]
pub enum Listening {
    /// It does.
    Listening,
    /// It cannot.
    Failed,
    /// It is not active.
    Off,
    /// It is about to.
    Starting,
}

/// Answer to `GET /api/v1/admin/interfaces/sip`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SipInterfaces {
    /// Where SIP is received, the main one first.
    pub listeners: Vec<SipInterface>,
    /// Where audio is received.
    pub audio: AudioPlaces,
}

/// A place where SIP is received. The configuration file sets it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SipInterface {
    /// Its name.
    pub name: String,
    /// Where the configuration file sets it; empty: the server has it by itself, for line groups with TLS.
    pub setting: String,
    /// `udp`, `tcp`, `tls`.
    pub transports: Vec<String>,
    /// Address and port where it listens, or is to.
    pub address: String,
    /// What PBXs are told instead, where a NAT is in between.
    pub public_address: Option<String>,
    /// With TLS: the file of its certificate.
    pub certificate: Option<String>,
    /// Whether a PBX must show a certificate, too.
    pub mutual: bool,
    /// Whether it listens: `listening` or `failed`.
    pub state: Listening,
    /// Why it does not, in English.
    pub english: Option<String>,
    /// The same in German.
    pub german: Option<String>,
    /// The line groups that name it. Those that name none use whichever fits.
    pub line_groups: Vec<SipUser>,
}

/// A line group that uses a place where SIP is received.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SipUser {
    /// Its object, where there is one.
    pub id: Option<ObjectId>,
    /// Its name.
    pub name: String,
}

/// Where audio is received. The configuration file sets it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct AudioPlaces {
    /// Addresses that PBXs send it to; empty: each that one by which the system reaches it.
    pub pbx: Vec<String>,
    /// The first UDP port for PBXs.
    pub first_port: u16,
    /// The last one.
    pub last_port: u16,
    /// Addresses and ports that browsers send it to.
    pub browsers: Vec<String>,
}

/// Changes that are undone unless they are confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct InterfaceTrial {
    /// The interfaces that are otherwise than before.
    pub interfaces: Vec<ObjectId>,
    /// Seconds that are left.
    #[ts(type = "number")]
    pub seconds: u64,
}
