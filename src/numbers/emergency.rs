//! Emergency calls: which numbers are for help, and what is dialled for them by where the client is.

use std::fmt::Display;
use std::net::IpAddr;

use ipnet::IpNet;

use super::canonical::keys;
use super::dialled::{Circumstances, DialledNumber, trace_sent};
use super::location::{Dialect, EmergencyRule};
use super::name::name_in;
use super::plan::DialPlan;
use super::step::{Note, NoteCode, SkippedRule, StepName, Trace};

/// A network of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subnet {
    network: IpNet,
    /// The zone of a link-local network (RFC 4007); None: any.
    zone: Option<String>,
}

/// Where a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress<'a> {
    /// Its address.
    pub address: IpAddr,
    /// The zone of a link-local address (RFC 4007): the number of the interface.
    pub zone: Option<&'a str>,
}

impl<'a> ClientAddress<'a> {
    /// Reads an address, that of a link-local network with its zone: `fe80::1%3`.
    pub fn parse(text: &'a str) -> Option<ClientAddress<'a>> {
        let (address, zone) = match text.trim().split_once('%') {
            Some((address, zone)) => (address, Some(zone).filter(|zone| !zone.is_empty())),
            None => (text.trim(), None),
        };
        Some(ClientAddress { address: address.parse().ok()?, zone })
    }
}

impl Subnet {
    /// Reads CIDR notation, with a zone between address and length: `fe80::%3/64`. Bits behind the length do not count. A zone
    /// is the number of an interface: a client's is known by that alone, so that one with a name would never fit.
    pub(super) fn parse(text: &str) -> Option<Subnet> {
        let (address, length) = text.trim().split_once('/')?;
        let (address, zone) = match address.split_once('%') {
            Some((address, zone)) => (address, Some(zone)),
            None => (address, None),
        };
        let network = IpNet::new(address.parse().ok()?, length.parse().ok()?).ok()?;
        let number = |zone: &str| zone.parse::<u32>().ok().filter(|number| network.addr().is_ipv6() && *number > 0);
        let zone = match zone {
            Some(zone) => Some(number(zone)?.to_string()),
            None => None,
        };
        Some(Subnet { network: network.trunc(), zone })
    }

    /// Whether a client is in it. An IPv4 address is one in an IPv6 address, too.
    pub(super) fn contains(&self, client: ClientAddress<'_>) -> bool {
        let address = client.address.to_canonical();
        self.network.contains(&address) && self.zone.as_deref().is_none_or(|zone| client.zone == Some(zone))
    }
}

/// Digits of the longest number of a line group's list that is known behind the code for an outside line, too: what is longer begins
/// with what introduces an area code rather than with that code.
const LONGEST_LISTED: usize = 5;

/// A number for help, as somebody types it.
pub(super) struct Emergency {
    /// The number itself, or what was typed.
    pub(super) number: String,
    /// Whether the PBX gets what was typed: the code for an outside line is there already.
    pub(super) is_whole: bool,
}

impl DialPlan {
    /// Whether a number that somebody types is for emergencies: one of the country, of a rule, or of those that are `listed`.
    pub fn is_emergency(&self, typed: &str, listed: &[String]) -> bool {
        self.emergency(typed, listed).is_some()
    }

    /// The emergency number that somebody types, with or without the access code that people dial before it in haste. What has
    /// both that code and the digits of an extension is the extension; without it, special numbers go before extensions.
    pub(super) fn emergency(&self, typed: &str, listed: &[String]) -> Option<Emergency> {
        // Somebody may be called alice112, or mueller112@office.example, also behind what leaves a text as it is.
        let typed = typed.trim_start_matches(|c: char| c == '!' || c.is_whitespace());
        if name_in(typed).is_some() || typed.contains('@') {
            return None;
        }
        let number = keys(typed);
        let is_one = |number: &str| {
            let special = self.country.special_number(number);
            let rules = self.location.emergency.rules.iter().filter(|_| self.location.emergency.enabled);
            special.is_some_and(|special| special.emergency)
                || rules.flat_map(|rule| &rule.numbers).any(|wanted| wanted == number)
        };
        if is_one(&number) {
            return Some(Emergency { number, is_whole: false });
        }
        let access = match self.location.dialect {
            Dialect::Simple => self.location.simple.external_prefix.as_str(),
            Dialect::Full if self.location.has_pbx => self.location.access_codes.local.as_str(),
            Dialect::Full => "",
        };
        let behind = number.strip_prefix(access).filter(|_| !access.is_empty());
        let is_short = |behind: &str| behind.len() <= LONGEST_LISTED;
        let is_called =
            |behind: &&str| is_one(behind) || is_short(behind) && listed.iter().any(|number| number == behind);
        match behind.filter(|behind| is_called(behind) && !self.extensions.contains(&number)) {
            // The simple dialect puts the code before what is longer than internal numbers only.
            Some(_) if self.location.dialect == Dialect::Simple => Some(Emergency { number, is_whole: true }),
            Some(behind) => Some(Emergency { number: behind.to_owned(), is_whole: false }),
            None if listed.contains(&number) => Some(Emergency { is_whole: behind.is_some_and(is_short), number }),
            None => None,
        }
    }

    /// What is dialled for an emergency number from a network with a rule: it goes through nothing else.
    pub(super) fn emergency_rule(
        &self,
        number: &str,
        around: &Circumstances<'_>,
        trace: &mut Trace,
    ) -> Option<DialledNumber> {
        let step = (3, StepName::Emergency);
        let emergency = &self.location.emergency;
        let Some(client) = around.client.filter(|_| emergency.enabled && !around.forwarding) else {
            let code = if emergency.enabled { NoteCode::NoClient } else { NoteCode::EmergencyOff };
            trace.step(step, (number, number), code, &[]);
            return None;
        };
        let is_called = |rule: &EmergencyRule| rule.numbers.iter().any(|wanted| wanted == number);
        let fits = |at: usize| {
            let subnet = self.subnets.get(at).and_then(Option::as_ref);
            subnet.is_some_and(|subnet| subnet.contains(client))
        };
        let found = emergency.rules.iter().enumerate().find(|(at, rule)| is_called(rule) && fits(*at));
        let skipped = || {
            let taken = found.map(|(at, _)| at);
            let others = emergency.rules.iter().enumerate().filter(|(at, _)| taken != Some(*at));
            let skipped = others.map(|(at, rule)| {
                let reason = match taken {
                    Some(taken) if at > taken => Note::new(NoteCode::EarlierRule, &[&(taken + 1)]),
                    _ if !is_called(rule) => Note::new(NoteCode::OtherNumbers, &[]),
                    _ => Note::new(NoteCode::OtherSubnet, &[&rule.subnet]),
                };
                SkippedRule { at, pattern: format!("{} {}", rule.subnet, rule.numbers.join(", ")), reason }
            });
            skipped.collect()
        };
        let Some((at, rule)) = found else {
            trace.with_skipped(step, (number, number), (NoteCode::NoRuleFits, &[]), skipped);
            return None;
        };
        let dialled = format!("{}{number}", rule.prefix);
        let values: [&dyn Display; 4] = [&(at + 1), &number, &rule.subnet, &rule.prefix];
        trace.with_skipped(step, (number, &dialled), (NoteCode::EmergencyRule, &values), skipped);
        trace_sent(&dialled, &[], trace);
        Some(DialledNumber::external(dialled, number.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::numbers::Entries;
    use crate::numbers::country::tests::countries;

    fn is_in(subnet: &str, address: &str, zone: Option<&str>) -> bool {
        Subnet::parse(subnet).unwrap().contains(ClientAddress { address: address.parse().unwrap(), zone })
    }

    #[test]
    fn networks_of_both_families_and_zones() {
        assert!(is_in("10.12.13.0/24", "10.12.13.7", None));
        assert!(!is_in("10.12.13.0/24", "10.12.14.7", None));
        assert!(is_in("10.12.13.0/24", "::ffff:10.12.13.7", None));
        assert!(is_in("10.12.13.99/24", "10.12.13.7", None));
        let manuals = "fe80::c91b:d632:2a35:89df%3/60";
        assert!(is_in(manuals, "fe80::1", Some("3")));
        assert!(!is_in(manuals, "fe80::1", Some("4")));
        assert!(!is_in(manuals, "fe80::1", None));
        assert!(is_in("fe80::/60", "fe80::1", Some("4")));
        assert!(is_in("0.0.0.0/0", "192.0.2.1", None));
    }

    fn plan(location: Value) -> DialPlan {
        let mut whole = json!({ "name": "Here", "country": "DE", "area_code": "30" });
        whole.as_object_mut().unwrap().extend(location.as_object().unwrap().clone());
        DialPlan::of(&serde_json::from_value(whole).unwrap(), [], &countries()).unwrap()
    }

    /// What the PBX gets, and whether it is for emergencies.
    fn dialled(plan: &DialPlan, typed: &str, listed: &[&str]) -> (String, bool) {
        let listed: Vec<String> = listed.iter().map(|number| (*number).to_owned()).collect();
        let entries = Entries { pin: "1", user: "" };
        let around = Circumstances {
            private: true,
            project: Some("nobody"),
            entries,
            emergency_numbers: &listed,
            ..Circumstances::default()
        };
        let dialled = plan.dialled(typed, &around).map_or(("nothing".to_owned(), false), |dialled| {
            assert!(dialled.then.is_empty() && !dialled.private);
            (dialled.number, dialled.emergency)
        });
        assert_eq!(plan.is_emergency(typed, &listed), dialled.1, "{typed}");
        dialled
    }

    #[test]
    fn nothing_stands_in_the_way_of_help() {
        let codes = json!({ "local": "0", "private": "8eee" });
        let german = plan(json!({ "access_codes": codes }));
        let american = |ranges: Value| {
            json!({
                "country": "US", "area_code": "202", "access_codes": { "local": "9" },
                "numbering": { "kind": "trunk", "base_number": "333", "ranges": ranges }
            })
        };
        let shadowed = plan(american(json!([{ "from": "100", "to": "999" }])));
        let hidden = plan(json!({ "formatting": { "dialling_final": [{ "pattern": "11[02]", "replacement": "" }] } }));
        for (plan, typed, listed, expected) in [
            (&german, "112", &[][..], "0112"),
            (&german, "0112", &[], "0112"),
            (&german, " 1-1-0 ", &["110", "112"], "0110"),
            // The list has it with the code for an outside line, from when there was no location.
            (&german, "0112", &["0112"], "0112"),
            (&german, "0815", &["0815"], "0815"),
            // A national number: its 0 is not that of the outside line.
            (&german, "089123456", &["089123456"], "0089123456"),
            (&german, "Notruf: 112", &[], "0112"),
            (&german, "tel:112", &[], "0112"),
            // What nobody but the list knows.
            (&german, "5555", &["5555"], "05555"),
            (&german, "05555", &["5555"], "05555"),
            // Raw.
            (&german, "!112", &[], "112"),
            (&german, "!5555", &["5555"], "5555"),
            // A special number goes before an extension; with the code before it, an extension goes before that.
            (&shadowed, "911", &[], "9911"),
            (&shadowed, "9911", &[], "9911"),
            // No rule keeps it back.
            (&hidden, "112", &[], "112"),
        ] {
            assert_eq!(dialled(plan, typed, listed), (expected.to_owned(), true), "{typed} {listed:?}");
        }
        let longer = plan(american(json!([{ "from": "9000", "to": "9999" }])));
        assert!(!longer.is_emergency("9911", &[]), "an extension");
        assert!(!german.is_emergency("113", &[]));
        for name in ["alice112", "mueller112@office.example", "!fax112", " ! fax112"] {
            assert!(!german.is_emergency(name, &["112".to_owned()]), "{name}");
        }
        assert!(german.dialled("mueller112@office.example", &Circumstances::default()).is_err());
        assert!(!german.is_emergency("00112", &[]));
    }

    #[test]
    fn the_simple_dialect_leaves_what_is_typed_for_help() {
        let simple = |prefix: &str, length: u32| {
            let simple = json!({ "external_prefix": prefix, "internal_length": length });
            plan(json!({ "dialect": "simple", "simple": simple }))
        };
        let (zero, nine) = (simple("0", 4), simple("9", 3));
        assert_eq!(dialled(&zero, "0112", &[]), ("0112".into(), true));
        assert_eq!(dialled(&zero, "112", &[]), ("112".into(), true), "no longer than internal numbers");
        assert_eq!(dialled(&nine, "9112", &[]), ("9112".into(), true));
        assert_eq!(dialled(&simple("0", 2), "112", &[]), ("0112".into(), true));
    }

    #[test]
    fn where_calls_are_forwarded_to_nobody_needs_help() {
        let german = plan(json!({ "access_codes": { "forwarding": "7" } }));
        let around = Circumstances { forwarding: true, ..Circumstances::default() };
        let dialled = german.dialled("112", &around).unwrap();
        assert_eq!((dialled.number.as_str(), dialled.emergency), ("7112", false));
    }

    #[test]
    fn a_clients_address_is_read_with_its_zone() {
        let read = |text| ClientAddress::parse(text).map(|client| (client.address.to_string(), client.zone));
        assert_eq!(read(" 192.0.2.1 "), Some(("192.0.2.1".to_owned(), None)));
        assert_eq!(read("fe80::1%3"), Some(("fe80::1".to_owned(), Some("3"))));
        assert_eq!((read("192.0.2.0/24"), read("host"), read("")), (None, None, None));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0%3/24",
            "fe80::%/64",
            "fe80::/129",
            "host/24",
            "10.0.0.0/-1",
            "fe80::%eth0/64",
            "fe80::%0/64",
            "fe80::%-1/64",
        ] {
            assert_eq!(Subnet::parse(text), None, "{text}");
        }
    }
}
