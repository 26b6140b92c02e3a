//! A place where the browser app, the console and the API are reached.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Site;
use super::list::Query;
use super::object::{Kind, Object, ObjectId, Table};
use super::problem::{ProblemCode, Problems};
use super::text::{check_name, check_range, fold, trim};

/// Whether an interface is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InterfaceMode")]
#[ts(rename = "InterfaceMode")]
pub enum Mode {
    /// HTTP. Browsers give the microphone to such a page only on the machine itself.
    Plain,
    /// HTTPS.
    #[default]
    Tls,
    /// HTTP that sends browsers on to an interface with TLS.
    Redirect,
}

/// A place where the browser app, the console and the API are reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "InterfaceObject", extend(
    "required" = ["name"], "examples" = [{ "name": "office", "address": "192.0.2.10", "port": 443, "mode": "tls" }]
))]
#[ts(rename = "InterfaceObject")]
pub struct Interface {
    /// Its name. Unique whatever its case.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The address of this machine that it is at; `0.0.0.0`: every one of IPv4, `::`: every one.
    pub address: String,
    /// Its TCP port.
    pub port: u16,
    /// Whether it is encrypted.
    pub mode: Mode,
    /// What it shows with TLS; null: the certificate that the server has made itself.
    pub certificate: Option<ObjectId>,
    /// Whether it is there.
    pub active: bool,
}

impl Default for Interface {
    fn default() -> Self {
        Interface {
            name: String::new(),
            address: Ipv4Addr::UNSPECIFIED.to_string(),
            port: 7225,
            mode: Mode::default(),
            certificate: None,
            active: true,
        }
    }
}

impl Interface {
    /// Where it is; None where the address is none.
    pub fn socket_address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address.parse::<IpAddr>().ok()?, self.port))
    }

    /// Whether who comes by this interface finds nothing there once it is as `after`.
    pub fn leaves(&self, after: Option<&Interface>) -> bool {
        let place = |interface: &Interface| (interface.active, interface.socket_address(), interface.mode);
        self.active && after.is_none_or(|after| place(after) != place(self))
    }
}

impl Object for Interface {
    const KIND: Kind = Kind::Interface;

    const COLUMNS: &'static [&'static str] = &["name", "address", "port", "mode", "active"];

    fn name(&self) -> &str {
        &self.name
    }

    fn tidy(&mut self) {
        trim(&mut self.name);
        trim(&mut self.address);
        if let Ok(address) = self.address.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            self.address = address.to_string();
        }
    }

    fn check(&self, _id: ObjectId, problems: &mut Problems) {
        check_name(&self.name, "/name", problems);
        if self.address.parse::<IpAddr>().is_err() {
            problems.add("/address", ProblemCode::InvalidAddress);
        }
        check_range(self.port.into(), 1..=65535, "/port", problems);
    }

    fn references(&self, visit: &mut dyn FnMut(Kind, ObjectId, fmt::Arguments<'_>)) {
        if let Some(certificate) = self.certificate {
            visit(Kind::Certificate, certificate, format_args!("/certificate"));
        }
    }

    fn forget(&mut self, is_gone: &dyn Fn(Kind, ObjectId) -> bool) {
        self.certificate = self.certificate.filter(|id| !is_gone(Kind::Certificate, *id));
    }

    fn searched(&self, visit: &mut dyn FnMut(&str)) {
        visit(&self.name);
        visit(&self.address);
        visit(&self.port.to_string());
    }

    fn sort_key(&self, column: &str) -> String {
        match column {
            "address" => fold(&self.address),
            "port" => format!("{:05}", self.port),
            "mode" => (self.mode as u8).to_string(),
            "active" => u8::from(!self.active).to_string(),
            _ => fold(&self.name),
        }
    }

    fn passes(&self, _id: ObjectId, _site: &Site, query: &Query) -> bool {
        query.active.is_none_or(|active| active == self.active)
    }

    fn table(site: &Site) -> &Table<Interface> {
        &site.interfaces
    }

    fn table_mut(site: &mut Site) -> &mut Table<Interface> {
        &mut site.interfaces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_of_the_place_cuts_somebody_off() {
        let before = Interface { name: "a".into(), ..Interface::default() };
        let with = |change: fn(&mut Interface)| {
            let mut after = before.clone();
            change(&mut after);
            before.leaves(Some(&after))
        };
        assert!(!with(|after| after.name = "b".into()));
        assert!(!with(|after| after.certificate = Some(ObjectId::random([1; 16]))));
        assert!(with(|after| after.port = 443));
        assert!(with(|after| after.mode = Mode::Redirect));
        assert!(with(|after| after.active = false));
        assert!(before.leaves(None));
        let off = Interface { active: false, ..before.clone() };
        assert!(!off.leaves(None), "nobody comes by what is not there");
    }
}
