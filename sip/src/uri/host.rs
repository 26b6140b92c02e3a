//! Hosts: addresses and names.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::error::ParseError;

/// The host part of a URI or of a Via. Names compare without regard to case.
#[derive(Debug, Clone)]
pub enum Host {
    /// An address literal.
    Ip(IpAddr),
    /// A domain name.
    Name(String),
}

impl Host {
    /// The address, when it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Name(_) => None,
        }
    }

    /// Reads a host as it stands in a URI: IPv6 addresses in brackets.
    ///
    /// # Errors
    /// When it is empty or has a character no host name has.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if let Some(inner) = text.strip_prefix('[') {
            return inner
                .strip_suffix(']')
                .and_then(parse_v6)
                .map(|ip| Self::Ip(ip.into()))
                .ok_or(ParseError::Uri("bad IPv6 address"));
        }
        if text.is_empty() {
            return Err(ParseError::Uri("no host"));
        }
        if text.as_bytes()[0].is_ascii_digit()
            && let Ok(ip) = Ipv4Addr::from_str(text)
        {
            return Ok(Self::Ip(ip.into()));
        }
        if text.bytes().fold(true, |good, byte| good & is_host_byte(byte)) {
            Ok(Self::Name(text.to_owned()))
        } else {
            Err(ParseError::Uri("bad character in the host"))
        }
    }
}

/// The grammar of RFC 3261 allows three colons before an IPv4 address; RFC 5118 4.10 wants that read as two.
fn parse_v6(text: &str) -> Option<Ipv6Addr> {
    let read = |text: &str| Ipv6Addr::from_str(text).ok();
    read(text).or_else(|| read(&text.replacen(":::", "::", 1)).filter(|_| text.contains('.')))
}

/// The underscore is not in the grammar, but Windows host names have it.
fn is_host_byte(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'.') | (byte == b'-') | (byte == b'_')
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ip(a), Self::Ip(b)) => a == b,
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        }
    }
}

impl Eq for Host {}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Ip(ip) => ip.hash(state),
            Self::Name(name) => {
                for byte in name.bytes() {
                    state.write_u8(byte.to_ascii_lowercase());
                }
                state.write_u8(0xff);
            }
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl FromStr for Host {
    type Err = ParseError;

    /// Like [`Host::parse`], but an IPv6 address needs no brackets: for configuration.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.parse::<Ipv6Addr>() {
            Ok(ip) => Ok(Self::Ip(ip.into())),
            Err(_) => Self::parse(text),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

impl From<&str> for Host {
    /// For hosts known to be good; text from outside goes through [`Host::from_str`]. What is no address
    /// becomes a name as it is.
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| Self::Name(text.to_owned()))
    }
}

impl From<String> for Host {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case() {
        assert_eq!(Host::from("PBX.example"), Host::from("pbx.Example"));
        assert_ne!(Host::from("10.0.0.1"), Host::Name("10.0.0.1".to_owned()));
    }

    #[test]
    fn configuration_may_leave_out_the_brackets() {
        assert_eq!("::1".parse::<Host>().expect("valid").to_string(), "[::1]");
        assert_eq!(Host::parse("[::1]"), "::1".parse());
        assert!(Host::parse("::1").is_err());
        for bad in ["", "a b", "a@b", "a;b", "[::1", "[x]", "pbx/"] {
            assert!(bad.parse::<Host>().is_err(), "{bad}");
        }
    }
}
