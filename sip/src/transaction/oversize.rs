//! Requests that are too long for a datagram go by TCP (RFC 3261 18.1.1).

use std::time::{Duration, Instant};

use crate::flow::{Destination, Transmit};
use crate::transport::Protocol;
use crate::uri::Host;

/// Longest request that goes over UDP where the path's MTU is not known (RFC 3261 18.1.1).
const LONGEST: usize = 1300;

/// How long a place is not asked for TCP again.
const REFUSED_FOR: Duration = Duration::from_secs(600);

/// Places remembered at once; beyond it the oldest is forgotten.
const MAX_REFUSED: usize = 256;

/// Who has no TCP.
#[derive(Debug)]
pub(crate) struct Oversize {
    enabled: bool,
    /// In the order of time.
    refused: Vec<(Host, u16, Instant)>,
}

impl Oversize {
    /// Nobody is known to have none. Disabled, everything goes over UDP.
    pub(super) fn new(enabled: bool) -> Oversize {
        Oversize { enabled, refused: Vec::new() }
    }

    /// Where a request goes by TCP instead; None where it goes as it is.
    pub(crate) fn stream_for(&self, transmit: &Transmit, now: Instant) -> Option<Destination> {
        let Transmit { to, bytes, .. } = transmit;
        if !self.enabled || to.protocol != Protocol::Udp || bytes.len() <= LONGEST {
            return None;
        }
        let refused =
            self.refused.iter().any(|(host, port, until)| *until > now && *port == to.port && *host == to.host);
        (!refused).then(|| Destination { protocol: Protocol::Tcp, connection: None, ..to.clone() })
    }

    /// No TCP connection can be made there.
    pub(super) fn refuse(&mut self, to: &Destination, now: Instant) {
        self.refused.retain(|(host, port, until)| *until > now && !(*port == to.port && *host == to.host));
        if self.refused.len() >= MAX_REFUSED {
            self.refused.remove(0);
        }
        self.refused.push((to.host.clone(), to.port, now + REFUSED_FOR));
    }
}
