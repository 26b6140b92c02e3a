//! Certificates and interfaces over HTTP: what is sent beside the objects, and how they stand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::site::{CertificateSource, ObjectId};

/// Body of `POST /api/v1/admin/certificates` and `PUT …/{id}`. Nothing shows the key that is in it.
#[derive(Default, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateRequest {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source: CertificateSource,
    /// `self_signed`: host names and addresses that it is to be for.
    pub names: Vec<String>,
    /// `uploaded`: PEM, the certificate first, then those that issued it; the private key may stand there, too. Empty in a
    /// `PUT`: what is there stays.
    pub pem: String,
    /// `uploaded`: the private key as PEM, where it does not stand in `pem`.
    pub key: String,
    /// `self_signed`, in a `PUT`: whether it is made anew even for the same names.
    pub renew: bool,
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

/// Changes that are undone unless they are confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct InterfaceTrial {
    /// The interfaces that are otherwise than before.
    pub interfaces: Vec<ObjectId>,
    /// Seconds that are left.
    #[ts(type = "number")]
    pub seconds: u64,
}
