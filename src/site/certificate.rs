//! A certificate that interfaces show. Its private key is kept beside it and never shown.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Site;
use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{ProblemCode, Problems};
use super::text::{check_len, check_name, fold, is_domain, trim};

/// Names of one certificate.
const MAX_NAMES: usize = 100;
/// Octets of a chain.
pub const MAX_CHAIN: usize = 64 << 10;

/// Where a certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CertificateSource")]
#[ts(rename = "CertificateSource")]
pub enum Source {
    /// An administrator has brought it.
    #[default]
    Uploaded,
    /// The server has made it; browsers warn of it until they are told to trust it.
    SelfSigned,
}

/// A certificate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CertificateObject")]
#[ts(rename = "CertificateObject")]
pub struct Certificate {
    /// Its name. Unique whatever its case.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// Host names and addresses that a certificate of the server's own making is for.
    pub names: Vec<String>,
    /// The certificate, then those that issued it, as PEM.
    pub chain: String,
}

impl Object for Certificate {
    const KIND: Kind = Kind::Certificate;

    const COLUMNS: &'static [&'static str] = &["name", "source"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        trim(&mut self.name);
        self.names.iter_mut().for_each(trim);
        self.names.retain(|name| !name.is_empty());
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        check_name(&self.name, "/name", problems);
        check_len(self.names.len(), MAX_NAMES, "/names", problems);
        if self.source == Source::SelfSigned && self.names.is_empty() {
            problems.add("/names", ProblemCode::Required);
        }
        for (at, name) in self.names.iter().enumerate() {
            if name.parse::<IpAddr>().is_err() && !is_host_name(name) {
                problems.add(format_args!("/names/{at}"), ProblemCode::InvalidDomain);
            } else if self.names.iter().take(at).any(|other| other.eq_ignore_ascii_case(name)) {
                problems.add(format_args!("/names/{at}"), ProblemCode::Repeated);
            }
        }
        if self.chain.len() > MAX_CHAIN {
            problems.add_with("/chain", ProblemCode::TooLong, MAX_CHAIN);
        }
    }

    fn references(&self, _visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {}

    fn forget(&mut self, _is_gone: &dyn Fn(Kind, ObjectId) -> bool) {}

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.name);
        self.names.iter().for_each(|name| visit(name));
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "source" => (self.source as u8).to_string(),
            _ => fold(&self.name),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, _query: &Query) -> bool {
        true
    }

    fn table(site: &Site) -> &Table<Certificate> {
        &site.certificates
    }

    fn table_mut(site: &mut Site) -> &mut Table<Certificate> {
        &mut site.certificates
    }
}

/// A host name as certificates have it (RFC 6125): ASCII, perhaps with `*` for its first label.
fn is_host_name(name: &str) -> bool {
    name.is_ascii() && is_domain(name.strip_prefix("*.").unwrap_or(name))
}
