//! Asks DNS where the servers of a domain are: the sockets under [`offhook_sip::locate`].

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use offhook_sip::locate::{
    Answer, Found, Kind, LocateError, Lookup, MAX_TARGETS, Means, Naptr, Query, Record, Srv, Target,
};
use tokio::task::JoinSet;
use tracing::{debug, warn};

/// Until one name server counts as silent.
const SERVER_TIMEOUT: Duration = Duration::from_secs(2);
/// Until a question counts as not answered, whichever servers were asked. A lookup has at most three in a row.
const QUERY_TIMEOUT: Duration = Duration::from_secs(4);

/// How names are looked up.
#[derive(Debug, Clone, Default)]
pub struct Dns {
    /// Name servers; without any, those of the system.
    pub servers: Vec<SocketAddr>,
}

/// Finds the servers of a domain (RFC 3263). `servers` are the name servers to ask; without any, those of the system.
/// Addresses in the system's hosts file come before those of DNS. The system's files are read at each lookup, so that
/// a change of network is noticed; nothing is kept from one lookup to the next but what the caller keeps.
///
/// `seed` decides between servers of one priority. Takes at most some 12 s.
///
/// # Errors
/// See [`LocateError`].
pub async fn locate(servers: &[SocketAddr], target: Target, means: &Means, seed: u64) -> Result<Found, LocateError> {
    let host = target.host.to_string();
    let mut lookup = Lookup::new(target, means, seed);
    let mut resolver = None;
    loop {
        if let Some(result) = lookup.result() {
            debug!(%host, ?result, "servers");
            return result.clone();
        }
        let resolver = match &resolver {
            Some(resolver) => resolver,
            None => match build(servers) {
                Ok(built) => &*resolver.insert(built),
                Err(error) => {
                    warn!(%error, "no resolver; check /etc/resolv.conf or the name servers in the configuration");
                    return Err(LocateError::NoAnswer(host));
                }
            },
        };
        let mut asking = JoinSet::new();
        while asking.len() < MAX_TARGETS * 2
            && let Some(query) = lookup.poll_query()
        {
            let resolver = resolver.clone();
            asking.spawn(async move {
                let answer = ask(&resolver, &query).await;
                (query, answer)
            });
        }
        if asking.is_empty() {
            // Every question was answered, so there is a result; this is only in case.
            return Err(LocateError::NoAnswer(host));
        }
        while let Some(answered) = asking.join_next().await {
            if let Ok((query, answer)) = answered {
                lookup.handle_answer(&query, answer);
            }
        }
    }
}

fn build(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = if servers.is_empty() {
        TokioResolver::builder_tokio().unwrap_or_else(|error| {
            // As the C library does it without a resolv.conf; the hosts file counts all the same.
            debug!(%error, "no name servers of the system");
            with_servers(&[SocketAddr::from((Ipv4Addr::LOCALHOST, 53))])
        })
    } else {
        with_servers(servers)
    };
    let options = builder.options_mut();
    options.timeout = SERVER_TIMEOUT;
    options.attempts = 2;
    options.use_hosts_file = ResolveHosts::Always;
    builder.build()
}

fn with_servers(servers: &[SocketAddr]) -> hickory_resolver::ResolverBuilder<TokioRuntimeProvider> {
    let servers = servers.iter().map(|server| {
        let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        for connection in &mut connections {
            connection.port = server.port();
        }
        NameServerConfig::new(server.ip(), true, connections.into())
    });
    let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
}

async fn ask(resolver: &TokioResolver, query: &Query) -> Answer {
    let Some(name) = name(query) else { return Answer::NoName(None) };
    let kind = match query.kind {
        Kind::Naptr => RecordType::NAPTR,
        Kind::Srv => RecordType::SRV,
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
    };
    match tokio::time::timeout(QUERY_TIMEOUT, resolver.lookup(name, kind)).await {
        Ok(Ok(found)) => {
            let ttl = found.valid_until().saturating_duration_since(Instant::now());
            Answer::Records(found.answers().iter().filter_map(|answer| record(&answer.data)).collect(), ttl)
        }
        Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => {
            let ttl = none.negative_ttl.map(|seconds| Duration::from_secs(seconds.into()));
            match none.response_code {
                ResponseCode::NXDomain => Answer::NoName(ttl),
                ResponseCode::NoError => Answer::NoRecords(ttl),
                _ => Answer::Failed,
            }
        }
        Ok(Err(error)) => {
            debug!(?query, %error, "DNS");
            Answer::Failed
        }
        Err(_) => {
            debug!(?query, "DNS did not answer in time");
            Answer::Failed
        }
    }
}

/// The name as DNS has it; None where it can be none. The system's search list is for host names of one label alone.
fn name(query: &Query) -> Option<Name> {
    let mut name = Name::from_ascii(&query.name).ok()?;
    let host = matches!(query.kind, Kind::A | Kind::Aaaa);
    if !host || query.name.contains('.') {
        name.set_fqdn(true);
    }
    Some(name)
}

fn record(data: &RData) -> Option<Record> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match data {
        RData::A(address) => Some(Record::Address(IpAddr::V4(address.0))),
        RData::AAAA(address) => Some(Record::Address(IpAddr::V6(address.0))),
        RData::SRV(srv) => Some(Record::Srv(Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: srv.target.to_ascii(),
        })),
        RData::NAPTR(naptr) => Some(Record::Naptr(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: text(&naptr.flags),
            services: text(&naptr.services),
            regexp: text(&naptr.regexp),
            replacement: naptr.replacement.to_ascii(),
        })),
        _ => None,
    }
}
