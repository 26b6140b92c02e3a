//! Where an account can be reached, and the way there.

use std::net::IpAddr;
use std::net::SocketAddr;

use crate::flow::{Destination, Source};
use crate::header::NameAddr;
use crate::transport::Protocol;
use crate::uri::{Scheme, Uri};

/// One contact of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The registered contact.
    pub uri: Uri,
    /// Where the REGISTER came from: the way back through NAT and open connections.
    pub source: Source,
    /// The user of the address of record: the name of the account, or a number of its.
    pub aor: String,
    /// Whether it stands for all numbers of the account (RFC 6140).
    pub is_bulk: bool,
    /// Values of Path (RFC 3327), the proxy next to us first.
    pub path: Vec<String>,
    /// What the device calls itself.
    pub user_agent: Option<String>,
}

/// The way of a request to a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where it is sent.
    pub to: Destination,
    /// Our address that the other side knows.
    pub local: SocketAddr,
    /// Its Request-URI.
    pub uri: Uri,
    /// Its Route values, in order.
    pub routes: Vec<String>,
}

impl Binding {
    /// The way to a number of the account.
    ///
    /// The number becomes the user of the Request-URI where the contact stands for several: it is a bulk contact
    /// (RFC 6140 7.1), or another number registered for this one.
    pub fn route(&self, number: &str) -> Route {
        let uri = if self.is_bulk || self.aor != number { self.uri_for(number) } else { self.uri.without_headers() };
        Route { to: self.destination(), local: self.source.local, uri, routes: self.path.clone() }
    }

    fn uri_for(&self, number: &str) -> Uri {
        let contact = self.uri.without_headers().without_param("bnc");
        let plain = Uri::sip(number, contact.host().clone(), contact.port());
        let text = plain.as_str().strip_prefix("sip:").unwrap_or_default();
        let scheme = if contact.is_sips() { "sips" } else { "sip" };
        Uri::parse(&format!("{scheme}:{text}{}", contact.params())).unwrap_or(plain)
    }

    /// The first proxy of the Path; else where the REGISTER came from, unless the contact is at the same host and
    /// asks for another transport. A contact elsewhere is behind a NAT or a mistake: what came here is sure to be
    /// the device.
    fn destination(&self) -> Destination {
        let Source { protocol, remote, connection, .. } = self.source;
        let proxy = self.path.first().and_then(|value| NameAddr::parse(value).ok()).map(|address| address.uri);
        let target = proxy.as_ref().unwrap_or(&self.uri);
        let wanted = match target.transport() {
            Some(wanted) => wanted,
            None if target.is_sips() => Protocol::Tls,
            None => protocol,
        };
        let port = target.port().unwrap_or_else(|| wanted.default_port());
        let is_here = target.host().ip().is_some_and(|ip| same_host(ip, remote.ip()));
        // A proxy is where it says; only the connection to it is worth keeping.
        if proxy.is_some() && !is_here {
            return Destination { protocol: wanted, host: target.host().clone(), port, connection: None, tls: None };
        }
        if is_here && wanted != protocol && target.scheme() != Scheme::Other {
            return Destination::at(wanted, SocketAddr::new(remote.ip(), port));
        }
        // The port of a client's connection accepts none: without the connection its contact is the better guess.
        let port = if protocol.is_reliable() { port } else { remote.port() };
        Destination { connection, ..Destination::at(protocol, SocketAddr::new(remote.ip(), port)) }
    }
}

fn same_host(a: IpAddr, b: IpAddr) -> bool {
    a.to_canonical() == b.to_canonical()
}
