//! In which order records are to be used.

use std::collections::BTreeMap;

use rand_chacha::ChaCha12Rng;
use rand_core::Rng;

use crate::transport::Protocol;

/// A NAPTR record (RFC 3403 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naptr {
    /// Lowest first; records of another order than the first that can be used do not count.
    pub order: u16,
    /// Lowest first among those of one order.
    pub preference: u16,
    /// `s` for a record that leads to SRV records; others are left out.
    pub flags: String,
    /// Such as `SIP+D2U`.
    pub services: String,
    /// Empty in a record that leads to SRV records.
    pub regexp: String,
    /// Name of the SRV records.
    pub replacement: String,
}

/// An SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Lowest first.
    pub priority: u16,
    /// Share of the requests among those of one priority.
    pub weight: u16,
    /// Port.
    pub port: u16,
    /// Name of the server; `.` where the service is not available.
    pub target: String,
}

/// Transports and the names of their SRV records, the best first (RFC 3263 4.1).
pub(super) fn services(mut records: Vec<Naptr>, protocols: &[Protocol]) -> Vec<(Protocol, String)> {
    records.sort_by_key(|record| (record.order, record.preference));
    let usable = records.iter().filter_map(|record| {
        let protocol = protocol(&record.services).filter(|protocol| protocols.contains(protocol))?;
        let terminal = record.flags.eq_ignore_ascii_case("s") && record.regexp.is_empty();
        let named = !super::normal(&record.replacement).is_empty();
        (terminal && named).then(|| (record.order, protocol, record.replacement.clone()))
    });
    let usable: Vec<_> = usable.collect();
    let first = usable.first().map(|(order, ..)| *order);
    let of_order = usable.into_iter().filter(|(order, ..)| Some(*order) == first);
    of_order.map(|(_, protocol, name)| (protocol, name)).collect()
}

/// The transport of a service (RFC 3263 4.1).
fn protocol(service: &str) -> Option<Protocol> {
    [("SIP+D2U", Protocol::Udp), ("SIP+D2T", Protocol::Tcp), ("SIPS+D2T", Protocol::Tls)]
        .into_iter()
        .find_map(|(name, protocol)| name.eq_ignore_ascii_case(service).then_some(protocol))
}

/// By priority, and at random by weight within one (RFC 2782).
pub(super) fn by_priority(records: Vec<Srv>, rng: &mut ChaCha12Rng) -> Vec<Srv> {
    let mut priorities: BTreeMap<u16, Vec<Srv>> = BTreeMap::new();
    for record in records {
        priorities.entry(record.priority).or_default().push(record);
    }
    priorities.into_values().flat_map(|records| by_weight(records, rng)).collect()
}

fn by_weight(mut records: Vec<Srv>, rng: &mut ChaCha12Rng) -> Vec<Srv> {
    // Those of weight 0 first: they are chosen only where the random number is 0.
    records.sort_by_key(|record| record.weight != 0);
    let mut ordered = Vec::with_capacity(records.len());
    while !records.is_empty() {
        let sum: u64 = records.iter().map(|record| u64::from(record.weight)).sum();
        // The remainder prefers none by more than 2^-40: weights have 16 bits, and there are few records.
        let drawn = rng.next_u64() % (sum + 1);
        let mut running = 0;
        let chosen = records.iter().position(|record| {
            running += u64::from(record.weight);
            running >= drawn
        });
        ordered.push(records.remove(chosen.unwrap_or(0)));
    }
    ordered
}
