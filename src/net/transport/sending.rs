//! What leaves: by which socket or connection, and a new connection where there is none.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use offhook_sip::header::Protocol;
use offhook_sip::uri::Host;
use offhook_sip::{Destination, Transmit};
use tracing::warn;

use super::connections::{FlowKey, Written, is_response};
use super::failure::{TransportFailure, Why};
use super::listener::rank;
use super::stream::{self, ConnectTls, Served};
use super::{MAX_REMEMBERED, StreamEvent, Transport};

impl Transport {
    /// Sends a message; gives the failure where that is known to be impossible.
    pub(in crate::net) fn send(&mut self, mut transmit: Transmit) -> Result<(), TransportFailure> {
        if let Some(id) = transmit.to.connection {
            match self.connections.write(id, transmit.bytes.clone()) {
                Some(Written::Queued) => return Ok(()),
                Some(Written::Full) => return Err(TransportFailure { destination: transmit.to, why: Why::Full }),
                // RFC 3261 18.2.2: by a new connection to where the Via says.
                Some(Written::Ending(bytes)) => transmit.bytes = bytes,
                None => {}
            }
        }
        match &transmit.to.host {
            Host::Ip(ip) => {
                let address = SocketAddr::new(*ip, transmit.to.port);
                self.send_to(transmit, address)
            }
            Host::Name(name) => {
                let Ok(permit) = self.lookups.clone().try_acquire_owned() else {
                    return Err(TransportFailure { destination: transmit.to, why: Why::Full });
                };
                let (name, port, events) = (name.clone(), transmit.to.port, self.event_sender.clone());
                tokio::spawn(async move {
                    let found = tokio::net::lookup_host((name.as_str(), port)).await;
                    let addresses = found.map(Iterator::collect).unwrap_or_default();
                    drop(permit);
                    let _ = events.send(StreamEvent::Resolved(transmit, addresses)).await;
                });
                Ok(())
            }
        }
    }

    pub(super) fn send_to(&mut self, transmit: Transmit, address: SocketAddr) -> Result<(), TransportFailure> {
        let Transmit { to, from, bytes } = transmit;
        let sent = match to.protocol {
            Protocol::Udp => self.send_datagram(&bytes, from, address),
            Protocol::Tcp | Protocol::Tls => self.send_on_stream(&to, bytes, from, address),
            _ => Err(Why::NoListener),
        };
        sent.map_err(|why| TransportFailure { destination: to, why })
    }

    pub(super) fn send_datagram(&self, bytes: &[u8], from: SocketAddr, address: SocketAddr) -> Result<(), Why> {
        let best = match &self.udp[..] {
            [only] if only.bound.is_ipv4() == address.is_ipv4() => Some(only),
            ports => {
                let ranked = ports.iter().filter_map(|port| Some((rank(port.bound, port.fixed, from, address)?, port)));
                ranked.min_by_key(|(rank, _)| *rank).map(|(_, port)| port)
            }
        };
        let socket = &best.ok_or(Why::NoListener)?.socket;
        let sent = match socket.try_send_to(bytes, address) {
            // The runtime does not know yet that a socket just opened can be written to; the system does.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                socket2::SockRef::from(socket).send_to(bytes, &address.into())
            }
            sent => sent,
        };
        match sent {
            Ok(_) => Ok(()),
            // As good as lost on the way: it is sent again by the transaction.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            Err(error) => {
                warn!(%error, %address, "UDP send");
                Err(Why::of(&error))
            }
        }
    }

    fn send_on_stream(
        &mut self,
        to: &Destination,
        bytes: Bytes,
        from: SocketAddr,
        address: SocketAddr,
    ) -> Result<(), Why> {
        let key = self.key_at(to, from, address);
        let response = is_response(&bytes);
        let mut bytes = bytes;
        if let Some(id) = self.connections.find(&key) {
            match self.connections.write(id, bytes) {
                Some(Written::Queued) => return Ok(()),
                Some(Written::Full) => return Err(Why::Full),
                // Its end is about to be reported, to all requests that lead there.
                Some(Written::Ending(_)) if !response => return Err(Why::Closed),
                Some(Written::Ending(back)) => bytes = back,
                None => return Err(Why::Closed),
            }
        }
        if !self.connections.may_open() {
            return Err(Why::Full);
        }
        let best =
            self.listeners.iter().filter_map(|listener| Some((listener.fit(to.protocol, from, address)?, listener)));
        let alike = || self.listeners.iter().find(|listener| listener.bound.is_ipv4() == address.is_ipv4());
        let listener = best.min_by_key(|(fit, _)| *fit).map(|(_, listener)| listener).or_else(alike);
        let bind = listener.map(|listener| listener.bound.ip()).filter(|ip| !ip.is_unspecified());
        let tls = (to.protocol == Protocol::Tls).then(|| self.connect_tls(to, &key));
        let (socket, local) = stream::socket(bind, address).map_err(|error| Why::of(&error))?;
        let (id, outgoing) = self.connections.add(key, local, Some(to.clone()));
        let served = Served { id, remote: address, outgoing, events: self.event_sender.clone() };
        tokio::spawn(stream::opened(socket, tls, served));
        // An empty queue takes it.
        self.connections.write(id, bytes);
        Ok(())
    }

    /// Whom to expect at a destination, and how to judge that it is there.
    fn connect_tls(&mut self, to: &Destination, key: &FlowKey) -> ConnectTls {
        if let Some(peer) = &to.tls {
            if self.peers.len() >= MAX_REMEMBERED {
                self.peers.clear();
            }
            self.peers.insert(key.remote, peer.clone());
        }
        let profile = key.tls.as_ref().and_then(|peer| self.profiles.get(usize::from(peer.profile)));
        let name = match (&key.tls, &to.host) {
            (Some(peer), _) => peer.name.clone(),
            (None, Host::Name(name)) => name.as_str().into(),
            (None, Host::Ip(ip)) => ip.to_string().into(),
        };
        ConnectTls { profile: profile.unwrap_or(&self.default_profile).clone(), name }
    }

    /// What tells a destination from others at the same address. Where it does not say whom it expects, it is whoever
    /// was expected there before.
    pub(super) fn key_at(&self, to: &Destination, local: SocketAddr, remote: SocketAddr) -> FlowKey {
        let tls = match to.protocol {
            Protocol::Tls => to.tls.clone().or_else(|| self.peers.get(&remote).cloned()),
            _ => None,
        };
        FlowKey { remote, protocol: to.protocol, local, tls }
    }

    pub(super) fn flow_key(&self, destination: &Destination, from: SocketAddr) -> Option<FlowKey> {
        let ip = destination.host.ip()?;
        Some(self.key_at(destination, from, SocketAddr::new(ip, destination.port)))
    }
}
