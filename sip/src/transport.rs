//! The transport protocols SIP runs over, as they are named in Via and in URIs.

use std::fmt;

/// A SIP transport protocol (RFC 3261 section 18, RFC 7118 for WebSocket).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// A plain stream.
    Tcp,
    /// A TLS stream.
    Tls,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Protocol {
    /// Reads the Via token or the `transport` URI parameter, in any case. Unknown protocols give `None`.
    pub fn parse(token: &str) -> Option<Self> {
        const ALL: [Protocol; 5] = [Protocol::Udp, Protocol::Tcp, Protocol::Tls, Protocol::Ws, Protocol::Wss];
        ALL.into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(token))
    }

    /// The token in Via: `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// The value of the `transport` URI parameter: `udp`, `tcp`, `tls`, `ws`. WebSocket over TLS is `ws`
    /// in a `sips` URI (RFC 7118 section 5.2), but `wss` is understood by more peers, so that is written.
    pub fn as_param(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// True when the transport itself delivers: no retransmission by the transaction (RFC 3261 section 17).
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }

    /// True for the protocols a `sips` URI may use.
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// The port when a URI or a Via names none (RFC 3261 section 19.1.2, RFC 7118 section 5.2).
    pub fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_in_any_case() {
        assert_eq!(Protocol::parse("udp"), Some(Protocol::Udp));
        assert_eq!(Protocol::parse("WsS"), Some(Protocol::Wss));
        assert_eq!(Protocol::parse("SCTP"), None);
        assert_eq!(Protocol::parse(""), None);
    }
}
