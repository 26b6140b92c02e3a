//! The proxies in front of the web server.

use ipnet::IpNet;
use serde::Deserialize;

/// Whose word is taken for where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Their addresses.
    pub trusted: Vec<IpNet>,
    /// Where they write it.
    pub header: ProxyHeader,
}

/// The header in which a proxy adds where a request came from. One only: the other may be what the browser has made up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}
