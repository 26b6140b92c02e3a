//! Where requests come from that a proxy passes on.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::config::{Proxies, ProxyHeader};

/// Proxies that a request may come by, one behind the other.
const MOST: usize = 16;

/// Gives a request the address where it comes from, in place of a proxy's.
pub(super) async fn see_through(State(proxies): State<Arc<Proxies>>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let client = client(&proxies, peer.ip().to_canonical(), request.headers());
        if client != peer.ip().to_canonical() {
            // The port is the proxy's business.
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
        }
    }
    next.run(request).await
}

/// The address where a request comes from. Each proxy adds at the end whom it was asked by: what a proxy has added that is
/// trusted is believed, from the end on, and nothing before.
fn client(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: &IpAddr| proxies.trusted.iter().any(|network| network.contains(address));
    let name = match proxies.header {
        ProxyHeader::XForwardedFor => header::HeaderName::from_static("x-forwarded-for"),
        ProxyHeader::Forwarded => header::FORWARDED,
    };
    let values: Vec<&str> = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default()).collect();
    let mut added = values.iter().rev().flat_map(|value| value.rsplit(',')).take(MOST);
    let mut client = peer;
    while is_trusted(&client) {
        let before = added.next().and_then(|text| match proxies.header {
            ProxyHeader::XForwardedFor => address(text),
            ProxyHeader::Forwarded => forwarded_for(text),
        });
        match before {
            Some(before) => client = before,
            None => break,
        }
    }
    client
}

/// The `for` of an element of `Forwarded` (RFC 7239, section 4); None where it is not told.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim_end().eq_ignore_ascii_case("for"))?;
    address(node.trim().trim_matches('"'))
}

/// An address that may have a port behind it.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies(trusted: &[&str], header: ProxyHeader) -> Proxies {
        Proxies { trusted: trusted.iter().map(|network| network.parse().unwrap()).collect(), header }
    }

    fn seen(proxies: &Proxies, peer: &str, values: &[&str]) -> String {
        let name = match proxies.header {
            ProxyHeader::XForwardedFor => "x-forwarded-for",
            ProxyHeader::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        client(proxies, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn what_trusted_proxies_add_is_believed_from_the_end_on() {
        let proxies = proxies(&["10.0.0.0/8", "2001:db8::/64"], ProxyHeader::XForwardedFor);
        for (peer, values, client) in [
            ("192.0.2.7", vec!["198.51.100.1"], "192.0.2.7"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["203.0.113.9", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1", vec!["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["[2001:db8:1::1]:4711"], "2001:db8:1::1"),
            ("2001:db8::5", vec!["2001:db8:1::1"], "2001:db8:1::1"),
            ("10.0.0.1", vec!["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1, 10.0.0.3,"], "10.0.0.1"),
            ("10.0.0.1", vec!["10.0.0.4, 10.0.0.3"], "10.0.0.4"),
        ] {
            assert_eq!(seen(&proxies, peer, &values), client, "{peer} {values:?}");
        }
    }

    #[test]
    fn the_other_header_is_what_somebody_has_made_up() {
        let proxies = proxies(&["10.0.0.1/32"], ProxyHeader::Forwarded);
        for (value, client) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("for=203.0.113.9, For=\"198.51.100.1:4711\";proto=https;by=10.0.0.1", "198.51.100.1"),
            ("for=203.0.113.9, proto=https; for=\"[2001:db8:1::1]\"", "2001:db8:1::1"),
            ("for=\"x, for=198.51.100.1", "198.51.100.1"),
            ("for=198.51.100.1, for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(seen(&proxies, "10.0.0.1", &[value]), client, "{value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        assert_eq!(client(&proxies, [10, 0, 0, 1].into(), &headers), IpAddr::from([10, 0, 0, 1]));
    }

    proptest! {
        #[test]
        fn nobody_else_is_believed(value in "[ -~]{0,60}", last in any::<[u8; 4]>()) {
            let proxies = proxies(&["10.0.0.1/32"], ProxyHeader::XForwardedFor);
            prop_assert_eq!(seen(&proxies, "192.0.2.7", &[&value]), "192.0.2.7");
            let last = IpAddr::from(last);
            prop_assume!(last != IpAddr::from([10, 0, 0, 1]));
            let passed_on = format!("{value}, {last}");
            prop_assert_eq!(seen(&proxies, "10.0.0.1", &[&passed_on]), last.to_string());
        }
    }
}
