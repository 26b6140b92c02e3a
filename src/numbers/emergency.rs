//! Emergency calls by where the client is.

use std::net::IpAddr;

use ipnet::IpNet;

use super::canonical::keys;
use super::plan::DialPlan;

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

impl DialPlan {
    /// The emergency number that somebody types: one of the country, or of a rule, with or without the access code that people
    /// dial before it in haste. None: it is none, or an extension.
    pub fn emergency(&self, typed: &str) -> Option<String> {
        let number = keys(typed);
        let is_one = |number: &str| {
            let special = self.country.special_number(number);
            let rules = self.location.emergency.rules.iter().filter(|_| self.location.emergency.enabled);
            special.is_some_and(|special| special.emergency)
                || rules.flat_map(|rule| &rule.numbers).any(|wanted| wanted == number)
        };
        if self.extensions.contains(&number) {
            return None;
        }
        let access = Some(self.location.access_codes.local.as_str()).filter(|_| self.location.has_pbx);
        let bare = access.and_then(|access| number.strip_prefix(access));
        [number.as_str()].into_iter().chain(bare).find(|number| is_one(number)).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
