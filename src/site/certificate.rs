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
use super::text::{check_email, check_len, check_name, check_text, fold, is_domain, trim};

/// Names of one certificate.
const MAX_NAMES: usize = 100;
/// Characters of a URL.
const MAX_URL: usize = 500;
/// Where Let's Encrypt is.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
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
    /// The server gets it from an authority, and renews it in time (ACME, RFC 8555).
    Acme,
}

/// Which authority a certificate is had from, by ACME.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeSettings {
    /// The URL of its directory; that of Let's Encrypt by default.
    pub directory: String,
    /// PEM of who vouches for that URL's server, beside those whom this machine trusts; empty: nobody.
    pub ca: String,
    /// An e-mail address that the authority may write to; empty: none.
    pub contact: String,
    /// Whether its terms of service are accepted. It gives nothing otherwise.
    pub terms_accepted: bool,
}

impl Default for AcmeSettings {
    fn default() -> Self {
        AcmeSettings {
            directory: LETS_ENCRYPT.to_owned(),
            ca: String::new(),
            contact: String::new(),
            terms_accepted: false,
        }
    }
}

impl AcmeSettings {
    fn check(&self, problems: &mut Problems) {
        check_text(&self.directory, MAX_URL, "/acme/directory", problems);
        let host = self.directory.strip_prefix("https://").unwrap_or_default();
        let is_url = !host.is_empty() && !host.starts_with('/') && self.directory.bytes().all(|b| b.is_ascii_graphic());
        if !is_url {
            problems.add("/acme/directory", ProblemCode::InvalidDirectory);
        }
        if self.ca.len() > MAX_CHAIN {
            problems.add_with("/acme/ca", ProblemCode::TooLong, MAX_CHAIN);
        }
        check_email(&self.contact, "/acme/contact", problems);
        if !self.terms_accepted {
            problems.add("/acme/terms_accepted", ProblemCode::TermsNotAccepted);
        }
    }
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
    /// Host names and addresses that it is for, where the server makes it or gets it.
    pub names: Vec<String>,
    /// The certificate, then those that issued it, as PEM; empty: it has not come yet.
    pub chain: String,
    /// `acme`: where it comes from.
    pub acme: Option<AcmeSettings>,
}

impl Certificate {
    /// Whether it has not come yet.
    pub fn is_awaited(&self) -> bool {
        self.source == Source::Acme && self.chain.is_empty()
    }
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
        if let Some(acme) = &mut self.acme {
            [&mut acme.directory, &mut acme.ca, &mut acme.contact].into_iter().for_each(trim);
        }
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        check_name(&self.name, "/name", problems);
        check_len(self.names.len(), MAX_NAMES, "/names", problems);
        if self.source != Source::Uploaded && self.names.is_empty() {
            problems.add("/names", ProblemCode::Required);
        }
        match (self.source, &self.acme) {
            (Source::Acme, None) => problems.add("/acme", ProblemCode::Required),
            (Source::Acme, Some(acme)) => acme.check(problems),
            _ => {}
        }
        for (at, name) in self.names.iter().enumerate() {
            if name.parse::<IpAddr>().is_err() && !is_host_name(name) {
                problems.add(format_args!("/names/{at}"), ProblemCode::InvalidDomain);
            } else if self.source == Source::Acme && name.starts_with("*.") {
                problems.add(format_args!("/names/{at}"), ProblemCode::NoWildcard);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: fn(&mut Certificate)) -> Vec<(String, ProblemCode)> {
        let acme = AcmeSettings { terms_accepted: true, ..AcmeSettings::default() };
        let mut certificate = Certificate {
            name: "web".into(),
            source: Source::Acme,
            names: vec!["pbx.example".into()],
            acme: Some(acme),
            ..Certificate::default()
        };
        change(&mut certificate);
        certificate.tidy();
        let mut problems = Problems::default();
        certificate.check(ObjectId::SETTINGS, &mut problems);
        problems.into_vec().into_iter().map(|problem| (problem.pointer, problem.code)).collect()
    }

    fn with_acme(certificate: &mut Certificate, change: fn(&mut AcmeSettings)) {
        certificate.acme.iter_mut().for_each(change);
    }

    #[test]
    fn what_an_authority_would_refuse_is_refused_before_it_is_asked() {
        assert_eq!(problems(|_| {}), []);
        let one = |pointer: &str, code| vec![(pointer.to_owned(), code)];
        assert_eq!(problems(|it| it.acme = None), one("/acme", ProblemCode::Required));
        assert_eq!(problems(|it| it.names.clear()), one("/names", ProblemCode::Required));
        assert_eq!(problems(|it| it.names = vec!["*.pbx.example".into()]), one("/names/0", ProblemCode::NoWildcard));
        let refused = problems(|it| with_acme(it, |acme| acme.terms_accepted = false));
        assert_eq!(refused, one("/acme/terms_accepted", ProblemCode::TermsNotAccepted));
        let refused = problems(|it| with_acme(it, |acme| acme.contact = "nobody".into()));
        assert_eq!(refused, one("/acme/contact", ProblemCode::InvalidEmail));
        assert_eq!(problems(|it| with_acme(it, |acme| acme.directory = " https://ca.example:14000/dir ".into())), []);
        for directory in ["http://ca.example/", "https://", "https:///dir", "ca.example", "https://a b/"] {
            let acme = AcmeSettings { directory: directory.into(), terms_accepted: true, ..AcmeSettings::default() };
            let mut problems = Problems::default();
            acme.check(&mut problems);
            assert_eq!(problems.into_vec().len(), 1, "{directory}");
        }
    }
}
