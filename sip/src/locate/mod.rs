//! Where the servers of a domain are (RFC 3263): NAPTR, SRV, A and AAAA, as a state machine without a resolver.
//!
//! Ask [`Lookup::poll_query`] until it has no more, give the answers to [`Lookup::handle_answer`], and begin again
//! until [`Lookup::result`] is there. The resolver follows CNAME records.

mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use thiserror::Error;

use crate::transport::Protocol;
use crate::uri::Host;

pub use self::order::{Naptr, Srv};

/// Addresses in a result; further ones are left out.
pub const MAX_TARGETS: usize = 32;
/// Records of one answer that are read.
const MAX_RECORDS: usize = 64;
/// A result is never good for less.
const LEAST_TTL: Duration = Duration::from_secs(5);
/// A result is never good for longer.
const LONGEST_TTL: Duration = Duration::from_secs(3600);
/// Where a query had no answer, the result is worth a new try before long.
const TTL_AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Name or address.
    pub host: Host,
    /// A port that was given: then there are no services to look for, only addresses.
    pub port: Option<u16>,
    /// A transport that was given.
    pub transport: Option<Protocol>,
    /// Whether nothing but TLS will do, as for a `sips` URI.
    pub secure: bool,
}

/// What this endpoint can use.
#[derive(Debug, Clone)]
pub struct Means {
    /// Transports, the preferred first. WebSocket has no services in DNS and is used only where it is asked for.
    pub protocols: Vec<Protocol>,
    /// Whether IPv4 addresses can be reached. They come before IPv6 addresses of the same name.
    pub ipv4: bool,
    /// Whether IPv6 addresses can be reached.
    pub ipv6: bool,
}

/// Record types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Services of a domain (RFC 3403).
    Naptr,
    /// Servers of a service (RFC 2782).
    Srv,
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
}

/// A question for the resolver.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query {
    /// Full name in lower case, without the last dot.
    pub name: String,
    /// Record type.
    pub kind: Kind,
}

/// One record of the type that was asked for.
#[derive(Debug, Clone)]
pub enum Record {
    /// NAPTR.
    Naptr(Naptr),
    /// SRV.
    Srv(Srv),
    /// A or AAAA.
    Address(IpAddr),
}

/// What the resolver says.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Records, and how long they may be kept.
    Records(Vec<Record>, Duration),
    /// The name has no records of this type, and how long that may be believed.
    NoRecords(Option<Duration>),
    /// There is no such name, and how long that may be believed.
    NoName(Option<Duration>),
    /// No server answered, or one could not.
    Failed,
}

/// A place to send to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Located {
    /// Transport.
    pub protocol: Protocol,
    /// Address.
    pub address: SocketAddr,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where to send, the best first: never empty, nothing twice, at most [`MAX_TARGETS`].
    pub targets: Vec<Located>,
    /// How long this is good: 5 s to 1 h.
    pub ttl: Duration,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LocateError {
    /// DNS knows no such name.
    #[error("{0}: DNS has no such name; check how it is written")]
    NoName(String),
    /// The name is there without an address that can be used.
    #[error("{0}: the name has no address that can be reached from here; check its A and AAAA records")]
    NoAddress(String),
    /// No answer from DNS.
    #[error("{0}: DNS did not answer; check the name servers and the way to them")]
    NoAnswer(String),
    /// The domain says that it has no such service (an SRV record with the target `.`).
    #[error("{0}: DNS says that there is no SIP service for this transport")]
    NotOffered(String),
    /// The transport that is asked for cannot be used here.
    #[error("{0}: no transport can be used that serves for this")]
    NoTransport(String),
}

/// A lookup under way.
#[derive(Debug)]
pub struct Lookup {
    host: String,
    port: Option<u16>,
    /// Transports that may be used, the preferred first.
    protocols: Vec<Protocol>,
    secure: bool,
    kinds: Vec<Kind>,
    rng: ChaCha12Rng,
    step: Step,
    /// Not asked yet, in reverse.
    unasked: Vec<Query>,
    /// Asked, without answer.
    open: Vec<Query>,
    ttl: Duration,
    result: Option<Result<Found, LocateError>>,
}

#[derive(Debug)]
enum Step {
    /// Waits for the services of the domain.
    Services,
    /// Waits for the servers of services.
    Servers(Vec<Service>),
    /// Waits for the addresses of servers.
    Addresses(Vec<Server>, BTreeMap<Query, Outcome>),
    /// The result is there.
    Over,
}

/// A transport and the name of its SRV records.
#[derive(Debug)]
struct Service {
    protocol: Protocol,
    name: String,
    servers: Vec<Srv>,
    /// The domain says that there is none.
    refused: bool,
}

/// A name that has an address.
#[derive(Debug)]
struct Server {
    protocol: Protocol,
    name: String,
    port: u16,
}

/// What came of the question for an address.
#[derive(Debug)]
enum Outcome {
    Addresses(Vec<IpAddr>),
    NoName,
    Failed,
}

impl Lookup {
    /// Begins. `seed` decides between servers of one priority (RFC 2782), so it should differ from lookup to lookup.
    pub fn new(target: Target, means: &Means, seed: u64) -> Lookup {
        let secure = target.secure || means.protocols.iter().all(|protocol| protocol.is_secure());
        let wanted = match target.transport {
            Some(Protocol::Tcp) if secure => Some(Protocol::Tls),
            Some(Protocol::Ws) if secure => Some(Protocol::Wss),
            other => other,
        };
        let usable = |protocol: &Protocol| match wanted {
            Some(wanted) => *protocol == wanted,
            None => !matches!(protocol, Protocol::Ws | Protocol::Wss),
        };
        let protocols = means.protocols.iter().copied().filter(|protocol| !secure || protocol.is_secure());
        let mut lookup = Lookup {
            host: normal(&target.host.to_string()),
            port: target.port,
            protocols: protocols.filter(usable).collect(),
            secure,
            kinds: [(means.ipv4, Kind::A), (means.ipv6, Kind::Aaaa)]
                .into_iter()
                .filter_map(|(usable, kind)| usable.then_some(kind))
                .collect(),
            rng: ChaCha12Rng::seed_from_u64(seed),
            step: Step::Over,
            unasked: Vec::new(),
            open: Vec::new(),
            ttl: LONGEST_TTL,
            result: None,
        };
        let Some(protocol) = lookup.default_protocol() else {
            lookup.fail(LocateError::NoTransport);
            return lookup;
        };
        match target.host {
            Host::Ip(ip) => {
                let port = target.port.unwrap_or_else(|| protocol.default_port());
                let kind = if ip.is_ipv4() { Kind::A } else { Kind::Aaaa };
                if lookup.kinds.contains(&kind) {
                    lookup.found(vec![Located { protocol, address: SocketAddr::new(ip, port) }]);
                } else {
                    lookup.fail(LocateError::NoAddress);
                }
            }
            Host::Name(_) if target.port.is_some() => lookup.ask_for_host(),
            Host::Name(_) if wanted.is_some() => lookup.ask_for_servers(None),
            Host::Name(_) => {
                lookup.step = Step::Services;
                lookup.ask(vec![Query { name: lookup.host.clone(), kind: Kind::Naptr }]);
            }
        }
        lookup
    }

    /// The next question. None: wait for answers, or see the result.
    pub fn poll_query(&mut self) -> Option<Query> {
        let query = self.unasked.pop()?;
        self.open.push(query.clone());
        Some(query)
    }

    /// Takes an answer in. One to a question that is not open is left alone.
    pub fn handle_answer(&mut self, query: &Query, answer: Answer) {
        let asked = |open: &Query| open.kind == query.kind && open.name == normal(&query.name);
        let Some(at) = self.open.iter().position(asked) else { return };
        let query = self.open.swap_remove(at);
        match &answer {
            Answer::Records(_, ttl) | Answer::NoRecords(Some(ttl)) | Answer::NoName(Some(ttl)) => {
                self.ttl = self.ttl.min(*ttl);
            }
            Answer::Failed => self.ttl = self.ttl.min(TTL_AFTER_FAILURE),
            Answer::NoRecords(None) | Answer::NoName(None) => {}
        }
        match &mut self.step {
            Step::Services => {
                let records = records(answer, |record| match record {
                    Record::Naptr(naptr) => Some(naptr),
                    _ => None,
                });
                let services = order::services(records, &self.protocols);
                self.ask_for_servers(Some(services).filter(|services| !services.is_empty()));
                return;
            }
            Step::Servers(services) => {
                let found = records(answer, |record| match record {
                    Record::Srv(srv) => Some(srv),
                    _ => None,
                });
                for service in services.iter_mut().filter(|service| service.name == query.name) {
                    let servers = found.iter().filter(|srv| !normal(&srv.target).is_empty()).cloned();
                    service.servers = order::by_priority(servers.collect(), &mut self.rng);
                    // RFC 2782: "." means that the service is decidedly not available at this domain.
                    service.refused = service.servers.is_empty() && !found.is_empty();
                }
            }
            Step::Addresses(_, outcomes) => {
                let outcome = match answer {
                    Answer::NoName(_) => Outcome::NoName,
                    Answer::Failed => Outcome::Failed,
                    answer => Outcome::Addresses(records(answer, |record| match record {
                        Record::Address(ip) => Some(ip),
                        _ => None,
                    })),
                };
                outcomes.insert(query, outcome);
            }
            Step::Over => return,
        }
        if self.open.is_empty() && self.unasked.is_empty() {
            self.go_on();
        }
    }

    /// The result, once it is there.
    pub fn result(&self) -> Option<&Result<Found, LocateError>> {
        self.result.as_ref()
    }

    /// What is used where neither URI nor DNS say (RFC 3263 4.1): UDP, and TLS where it must be secure.
    fn default_protocol(&self) -> Option<Protocol> {
        let usual = if self.secure { Protocol::Tls } else { Protocol::Udp };
        self.protocols.iter().copied().find(|protocol| *protocol == usual).or(self.protocols.first().copied())
    }

    fn ask(&mut self, mut queries: Vec<Query>) {
        queries.reverse();
        self.unasked = queries;
    }

    /// Asks for the servers of these services; without any, of those that are usual for our transports.
    fn ask_for_servers(&mut self, services: Option<Vec<(Protocol, String)>>) {
        let services = services.unwrap_or_else(|| {
            // For a `sip` URI `_sip` alone is asked for (RFC 3263 4.1): TLS must then be asked for, or be in NAPTR.
            let only = self.protocols.len() == 1;
            let usual = self.protocols.iter().filter_map(|protocol| match protocol {
                Protocol::Udp => Some((Protocol::Udp, format!("_sip._udp.{}", self.host))),
                Protocol::Tcp => Some((Protocol::Tcp, format!("_sip._tcp.{}", self.host))),
                Protocol::Tls if self.secure || only => Some((Protocol::Tls, format!("_sips._tcp.{}", self.host))),
                Protocol::Tls | Protocol::Ws | Protocol::Wss => None,
            });
            usual.collect()
        });
        if services.is_empty() {
            return self.ask_for_host();
        }
        let mut queries: Vec<Query> = Vec::new();
        let mut waiting = Vec::new();
        for (protocol, name) in services {
            let query = Query { name: normal(&name), kind: Kind::Srv };
            waiting.push(Service { protocol, name: query.name.clone(), servers: Vec::new(), refused: false });
            if !queries.contains(&query) {
                queries.push(query);
            }
        }
        self.step = Step::Servers(waiting);
        self.ask(queries);
    }

    /// Asks for the address of the host itself.
    fn ask_for_host(&mut self) {
        let Some(protocol) = self.default_protocol() else { return self.fail(LocateError::NoTransport) };
        let port = self.port.unwrap_or_else(|| protocol.default_port());
        self.ask_for_addresses(vec![Server { protocol, name: self.host.clone(), port }]);
    }

    fn ask_for_addresses(&mut self, mut servers: Vec<Server>) {
        servers.truncate(MAX_TARGETS);
        let mut queries: Vec<Query> = Vec::new();
        for server in &servers {
            for &kind in &self.kinds {
                let query = Query { name: server.name.clone(), kind };
                if !queries.contains(&query) {
                    queries.push(query);
                }
            }
        }
        self.step = Step::Addresses(servers, BTreeMap::new());
        if queries.is_empty() {
            return self.fail(LocateError::NoAddress);
        }
        self.ask(queries);
    }

    /// Everything that was asked has its answer.
    fn go_on(&mut self) {
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Servers(services) => {
                if services.iter().all(|service| service.refused) {
                    return self.fail(LocateError::NotOffered);
                }
                let servers = services.iter().flat_map(|service| {
                    service.servers.iter().map(|srv| Server {
                        protocol: service.protocol,
                        name: normal(&srv.target),
                        port: srv.port,
                    })
                });
                let servers: Vec<Server> = servers.collect();
                if servers.is_empty() { self.ask_for_host() } else { self.ask_for_addresses(servers) }
            }
            Step::Addresses(servers, outcomes) => self.collect(&servers, &outcomes),
            Step::Services | Step::Over => {}
        }
    }

    fn collect(&mut self, servers: &[Server], outcomes: &BTreeMap<Query, Outcome>) {
        let mut targets = Vec::new();
        for server in servers {
            for &kind in &self.kinds {
                let Some(Outcome::Addresses(found)) = outcomes.get(&Query { name: server.name.clone(), kind }) else {
                    continue;
                };
                for ip in found {
                    let located = Located { protocol: server.protocol, address: SocketAddr::new(*ip, server.port) };
                    if targets.len() < MAX_TARGETS && !targets.contains(&located) {
                        targets.push(located);
                    }
                }
            }
        }
        if !targets.is_empty() {
            return self.found(targets);
        }
        // Of several servers the best is named.
        let name = servers.first().map_or_else(|| self.host.clone(), |server| server.name.clone());
        let error = if outcomes.values().any(|outcome| matches!(outcome, Outcome::Failed)) {
            LocateError::NoAnswer(name)
        } else if outcomes.values().all(|outcome| matches!(outcome, Outcome::NoName)) {
            LocateError::NoName(name)
        } else {
            LocateError::NoAddress(name)
        };
        self.result = Some(Err(error));
    }

    fn found(&mut self, targets: Vec<Located>) {
        self.step = Step::Over;
        self.result = Some(Ok(Found { targets, ttl: self.ttl.clamp(LEAST_TTL, LONGEST_TTL) }));
    }

    fn fail(&mut self, error: impl FnOnce(String) -> LocateError) {
        self.step = Step::Over;
        self.result = Some(Err(error(self.host.clone())));
    }
}

/// A name as it is compared and asked for.
fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The records of one kind in an answer.
fn records<T>(answer: Answer, pick: impl FnMut(Record) -> Option<T>) -> Vec<T> {
    match answer {
        Answer::Records(records, _) => records.into_iter().filter_map(pick).take(MAX_RECORDS).collect(),
        Answer::NoRecords(_) | Answer::NoName(_) | Answer::Failed => Vec::new(),
    }
}
