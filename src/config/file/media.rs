//! What belongs to audio: ports, addresses, STUN and TURN servers.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer};

use super::super::{IceAccess, IceServer, Secret};

/// Countries whose tones are known.
pub(in crate::config) const COUNTRIES: [&str; 50] = [
    "at", "au", "be", "bg", "br", "ca", "ch", "cl", "cn", "cy", "cz", "de", "dk", "ee", "es", "eu", "fi", "fr", "gb",
    "gr", "hr", "hu", "id", "ie", "il", "in", "it", "jp", "lt", "lu", "lv", "mt", "mx", "nl", "no", "nz", "ph", "pl",
    "pt", "ro", "ru", "se", "sg", "si", "sk", "tw", "uk", "us", "ve", "za",
];
/// A STUN or TURN server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FileIceServer {
    urls: Vec<String>,
    username: Option<String>,
    credential: Option<Secret>,
    secret: Option<Secret>,
}

impl TryFrom<FileIceServer> for IceServer {
    type Error = String;

    fn try_from(file: FileIceServer) -> Result<Self, String> {
        if file.urls.is_empty() {
            return Err("an ice_server needs urls".into());
        }
        let scheme = |url: &str, schemes: &[&str]| {
            url.split_once(':').is_some_and(|(scheme, host)| schemes.contains(&scheme) && !host.trim().is_empty())
        };
        if let Some(url) = file.urls.iter().find(|url| !scheme(url, &["stun", "stuns", "turn", "turns"])) {
            return Err(format!("{url:?} is no STUN or TURN URL like \"turn:turn.example:3478?transport=udp\""));
        }
        let turn = file.urls.iter().any(|url| scheme(url, &["turn", "turns"]));
        let access = match (file.username, file.credential, file.secret) {
            (None, None, None) if turn => {
                return Err("a TURN server needs username and credential, or the secret it shares with us".into());
            }
            (None, None, None) => IceAccess::Open,
            (Some(username), Some(credential), None) => IceAccess::Account { username, credential },
            (None, None, Some(secret)) => IceAccess::Secret(secret),
            _ => return Err("an ice_server has either username and credential, or a secret".into()),
        };
        Ok(IceServer { urls: file.urls, access })
    }
}

pub(in crate::config) fn port_range<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<RangeInclusive<u16>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_ports(&text).map_err(|why| serde::de::Error::custom(format!("rtp_ports is {text:?}, but {why}.")))
}

/// One address, or one of each family.
pub(in crate::config) fn public_addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "media.address must be an IP address, or a list of an IPv4 and an IPv6 address")]
    enum Addresses {
        One(IpAddr),
        Several(Vec<IpAddr>),
    }
    let addresses = match Addresses::deserialize(deserializer)? {
        Addresses::One(address) => vec![address],
        Addresses::Several(addresses) => addresses,
    };
    let of = |v4: bool| addresses.iter().filter(|address| address.is_ipv4() == v4).count();
    if of(true) > 1 || of(false) > 1 {
        return Err(serde::de::Error::custom(
            "media.address has two addresses of one family; give at most one of each",
        ));
    }
    Ok(addresses)
}

/// A range of ports like `20000-29999`, or why it is none. Below 1024 belongs to the system; each side of a call takes
/// an even port and the next, and a call has two sides.
pub fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, &'static str> {
    const FORM: &str = "must be two ports like \"20000-29999\", of 1024 to 65535";
    let (low, high) = text.split_once('-').ok_or(FORM)?;
    let (Ok(low), Ok(high)) = (low.trim().parse::<u16>(), high.trim().parse::<u16>()) else { return Err(FORM) };
    let pairs = (u32::from(high) + 1).saturating_sub(u32::from(low).next_multiple_of(2)) / 2;
    match () {
        () if low < 1024 => Err("ports below 1024 belong to the system; the first must be 1024 or above"),
        () if low >= high => Err("the first port must be lower than the last"),
        () if pairs < 2 => Err("a call takes two pairs of an even port and the next; the range needs four such ports"),
        () => Ok(low..=high),
    }
}
