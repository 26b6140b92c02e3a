//! Via (RFC 3261 section 20.42, RFC 3581).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::error::ParseError;
use crate::header::params::Params;
use crate::lex;
use crate::transport::Protocol;
use crate::uri::{Host, parse_port};

/// The beginning of every branch made by an RFC 3261 element.
pub(crate) const MAGIC_COOKIE: &str = "z9hG4bK";

/// One Via value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Via {
    /// Transport the request was sent with.
    pub protocol: Protocol,
    /// The sender's host as it knows it.
    pub host: Host,
    /// The sender's port, when it wrote one.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and others.
    pub params: Params,
}

impl Via {
    /// A Via for a request of ours, with branch and empty `rport`.
    pub fn new(protocol: Protocol, host: impl Into<Host>, port: Option<u16>, branch: &str) -> Self {
        let mut params = Params::new();
        params.push("branch", Some(branch));
        params.push("rport", None);
        Self { protocol, host: host.into(), port, params }
    }

    /// Reads one value.
    ///
    /// # Errors
    /// When it is not `SIP/2.0/` with a known transport and a valid host, and nothing but parameters after it.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        const BAD: ParseError = ParseError::Value("not SIP/2.0/transport");
        let value = lex::trim(value);
        let rest = match value.strip_prefix("SIP/2.0/") {
            Some(rest) => rest,
            None => after_version(value).ok_or(BAD)?,
        };
        let rest = lex::trim(rest);
        let (protocol, rest) = lex::split_space(rest).ok_or(BAD)?;
        let protocol = Protocol::parse(protocol).ok_or(ParseError::Value("unknown transport"))?;
        let semicolon = memchr::memchr(b';', rest.as_bytes()).unwrap_or(rest.len());
        let (sent_by, params) = rest.split_at(semicolon);
        let sent_by = lex::trim(sent_by);
        let (host, port) = match sent_by.rfind([':', ']']) {
            Some(at) if sent_by.as_bytes()[at] == b':' => {
                (lex::trim(&sent_by[..at]), Some(lex::trim(&sent_by[at + 1..])))
            }
            _ => (sent_by, None),
        };
        Ok(Self {
            protocol,
            host: Host::parse(host)?,
            port: port.map(parse_port).transpose()?,
            params: Params::from_text(params),
        })
    }

    /// The branch, which with the sent-by names the transaction.
    pub fn branch(&self) -> Option<&str> {
        self.params.value("branch")
    }

    /// The address the request came from, added by whoever received it. Not the sender's word.
    pub fn received(&self) -> Option<IpAddr> {
        let value = self.params.value("received")?;
        value.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(value).parse().ok()
    }

    /// RFC 3581: `Some(None)` when the sender asks for it, `Some(Some(port))` when it was filled in.
    pub fn rport(&self) -> Option<Option<u16>> {
        let value = self.params.get("rport")?;
        Some(value.and_then(|port| parse_port(port).ok()))
    }

    /// Notes where the request really came from: `received` when that differs from the sent-by host or the
    /// sender put an `rport` there, which then gets the port (RFC 3261 section 18.2.1, RFC 3581 section 4).
    /// What the sender wrote there itself is replaced.
    pub fn fill_received(&mut self, source: SocketAddr) {
        let wants_port = self.params.contains("rport");
        self.params.remove("received");
        if wants_port || self.host != Host::Ip(source.ip()) {
            self.params.push("received", Some(&source.ip().to_string()));
        }
        if wants_port {
            self.params.set("rport", Some(&source.port().to_string()));
        }
    }

    /// The port responses go to when nothing else is known.
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or_else(|| self.protocol.default_port())
    }

    /// True when the branch is one of RFC 3261 and so unique to the transaction.
    pub fn has_magic_cookie(&self) -> bool {
        self.branch().is_some_and(|branch| {
            branch.get(..MAGIC_COOKIE.len()).is_some_and(|start| start.eq_ignore_ascii_case(MAGIC_COOKIE))
        })
    }
}

/// What follows `SIP/2.0/` written in other case or with white space.
fn after_version(value: &str) -> Option<&str> {
    let (name, rest) = value.split_once('/')?;
    let (version, rest) = rest.split_once('/')?;
    let is_sip = lex::trim(name).eq_ignore_ascii_case("SIP") && lex::trim(version) == "2.0";
    is_sip.then_some(rest)
}

impl FromStr for Via {
    type Err = ParseError;

    fn from_str(value: &str) -> Result<Self, ParseError> {
        Self::parse(value)
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.protocol, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(value: &str) -> Via {
        Via::parse(value).unwrap_or_else(|error| panic!("{value}: {error}"))
    }

    #[test]
    fn spaces_are_allowed_almost_everywhere() {
        let via = parsed("SIP  / 2.0\r\n /UDP\r\n    192.0.2.2 : 5061 ;branch = z9hG4bKabc ; rport");
        assert_eq!(via.protocol, Protocol::Udp);
        assert_eq!(via.host, "192.0.2.2".into());
        assert_eq!(via.port, Some(5061));
        assert_eq!(via.branch(), Some("z9hG4bKabc"));
        assert_eq!(via.rport(), Some(None));
        assert!(via.has_magic_cookie());
    }

    #[test]
    fn ipv6_hosts_and_received() {
        let via = parsed("SIP/2.0/TLS [2001:db8::9:1];branch=z9hG4bKas3;received=2001:db8::9:255");
        assert_eq!(via.port, None);
        assert_eq!(via.port_or_default(), 5061);
        assert_eq!(via.received(), "2001:db8::9:255".parse().ok());
        assert_eq!(parsed("SIP/2.0/UDP [::1]:5070;received=[::2]").received(), "::2".parse().ok());
        assert_eq!(parsed("SIP/2.0/UDP [::1]:5070").to_string(), "SIP/2.0/UDP [::1]:5070");
    }

    #[test]
    fn the_real_source_replaces_what_the_sender_claims() {
        let source: SocketAddr = "192.0.2.9:40000".parse().expect("address");
        let mut via = parsed("SIP/2.0/UDP 10.0.0.1;received=1.2.3.4;rport;branch=z9hG4bK1");
        via.fill_received(source);
        assert_eq!(via.received(), Some(source.ip()));
        assert_eq!(via.rport(), Some(Some(40000)));
        assert_eq!(via.branch(), Some("z9hG4bK1"));

        let mut same = parsed("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1");
        same.fill_received(source);
        assert_eq!(same.to_string(), "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1");
    }

    #[test]
    fn broken_values_are_refused() {
        for value in [
            "",
            "SIP/2.0/UDP",
            "SIP/7.0/UDP a",
            "HTTP/2.0/UDP a",
            "SIP/2.0/SCTP a",
            "SIP/2.0/UDP ;branch=1",
            "SIP/2.0/UDP a:b",
            "SIP/2.0/UDP a b",
        ] {
            assert!(Via::parse(value).is_err(), "{value}");
        }
    }
}
