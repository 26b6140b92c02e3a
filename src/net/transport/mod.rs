//! SIP over UDP, TCP and TLS.

mod connections;
mod failure;
mod keepalive;
mod listener;
mod sending;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::header::Protocol;
use offhook_sip::keepalive::{KeepAliveAction, KeepAliveKind};
use offhook_sip::stun::{Stun, is_stun};
use offhook_sip::{ConnectionId, Destination, Source, TlsPeer, Transmit};
use rustc_hash::FxHashMap;
use rustls::ClientConfig;
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, Sleep};
use tracing::{debug, info, warn};

use self::connections::{Connections, FlowKey};
pub use self::failure::{TransportFailure, Why};
use self::keepalive::{KeepAlives, StunBudget};
pub(super) use self::listener::local_for;
use self::listener::{Listener, OpenError, Opened};
pub use self::listener::{ListenerKind, ListenerSettings, ListenerState, ListenerStatus, PublicAddress};
use self::stream::{AcceptTls, Served};
use self::tls::Loaded;
pub use self::tls::{Authorities, CertificateFiles, TlsProfile, TlsServer, Trust};
use super::figures::QueueLength;

/// Messages and connection news from all streams, waiting for the core; readers wait beyond it.
const STREAM_BACKLOG: usize = 1024;
/// Peers whose route, or whose name for TLS, is remembered. PBXs are few; strangers must not fill the memory.
const MAX_REMEMBERED: usize = 1024;
/// Names looked up at once; a peer may put any name into its Contact.
const MAX_LOOKUPS: usize = 64;
/// TLS handshakes at once on connections that others opened.
const MAX_HANDSHAKES: usize = 64;
/// After a listener could not be bound.
const BIND_AGAIN: Duration = Duration::from_secs(10);

/// Where SIP is listened at, and how others are recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportSettings {
    /// The first is the main one, without which nothing starts.
    pub listeners: Vec<ListenerSettings>,
    /// What `TlsPeer::profile` counts; a number beyond them is the default profile.
    pub tls_profiles: Vec<TlsProfile>,
}

impl TransportSettings {
    /// One listener for UDP and TCP.
    pub fn at(address: SocketAddr) -> TransportSettings {
        let main =
            ListenerSettings { name: "main".to_owned(), address, kind: ListenerKind::UdpTcp, public_address: None };
        TransportSettings { listeners: vec![main], tls_profiles: Vec::new() }
    }
}

/// All SIP sockets.
#[derive(Debug)]
pub struct Transport {
    listeners: Vec<Listener>,
    statuses: Vec<ListenerStatus>,
    udp: Vec<UdpPort>,
    /// The socket that datagrams are taken from.
    ready: usize,
    /// Whether streams are asked first, so that neither side starves the other.
    streams_first: bool,
    events: mpsc::Receiver<StreamEvent>,
    event_sender: mpsc::Sender<StreamEvent>,
    /// What is to be told next.
    reports: VecDeque<Received>,
    connections: Connections,
    profiles: Vec<Arc<Loaded<TlsProfile, ClientConfig>>>,
    default_profile: Arc<Loaded<TlsProfile, ClientConfig>>,
    /// Who was to be found where, for requests that name only an address: those within dialogs.
    peers: FxHashMap<SocketAddr, Arc<TlsPeer>>,
    keep_alives: KeepAlives,
    stun_budget: StunBudget,
    /// Where any address is listened at: the one of ours that a peer sees, by socket.
    seen_as: FxHashMap<(usize, IpAddr), SocketAddr>,
    lookups: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    bind_again: Option<Instant>,
    wake: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

/// A socket for datagrams.
#[derive(Debug)]
struct UdpPort {
    socket: UdpSocket,
    bound: SocketAddr,
    /// The address that all peers see, where there is one for all.
    fixed: Option<SocketAddr>,
}

/// What came in.
#[derive(Debug)]
pub enum Received {
    /// Datagrams: take them with `try_receive`.
    Datagrams,
    /// A message over a stream.
    Message(Source, Bytes),
    /// Nothing can be sent there, or what was sent there will not be answered.
    Failed(TransportFailure),
    /// A NAT on the way to this destination gives us another address than before: what was registered there leads
    /// nowhere.
    MappingChanged {
        /// The other side, which says so.
        destination: Destination,
        /// The address of ours that Via and Contact say.
        from: SocketAddr,
        /// How the other side saw it before.
        before: SocketAddr,
        /// How it sees it.
        after: SocketAddr,
    },
    /// A listener's state has changed; its place in [`Transport::listeners`].
    ListenerChanged(usize),
}

#[derive(Debug)]
enum StreamEvent {
    /// By the listener with this number.
    Accepted(usize, TcpStream, SocketAddr),
    Message(ConnectionId, Bytes),
    /// A single CRLF came.
    Alive(ConnectionId),
    Closed(ConnectionId, Why),
    /// A name's addresses, with what is to be sent there.
    Resolved(Transmit, Vec<SocketAddr>),
    /// A listener that was tried again.
    Opened(usize, Result<Opened, OpenError>),
}

impl Transport {
    /// Listens.
    ///
    /// # Errors
    /// When the first listener cannot be bound or there is none; the others are tried again every 10 s.
    pub async fn bind(settings: TransportSettings) -> io::Result<Transport> {
        let loaded = |profile: TlsProfile| Arc::new(Loaded::new(profile));
        let (event_sender, events) = mpsc::channel(STREAM_BACKLOG);
        let now = Instant::now();
        let mut transport = Transport {
            listeners: Vec::new(),
            statuses: Vec::new(),
            udp: Vec::new(),
            ready: 0,
            streams_first: false,
            events,
            event_sender,
            reports: VecDeque::new(),
            connections: Connections::default(),
            profiles: settings.tls_profiles.into_iter().map(loaded).collect(),
            default_profile: loaded(TlsProfile::default()),
            peers: FxHashMap::default(),
            keep_alives: KeepAlives::default(),
            stun_budget: StunBudget::new(now.into_std()),
            seen_as: FxHashMap::default(),
            lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)),
            handshakes: Arc::new(Semaphore::new(MAX_HANDSHAKES)),
            bind_again: None,
            wake: None,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
        };
        for (index, settings) in settings.listeners.into_iter().enumerate() {
            let listener = Listener::new(settings.clone());
            let opened = Listener::open(settings.clone(), listener.tls.clone()).await;
            transport.listeners.push(listener);
            let transports = settings.kind.transports();
            let (name, address) = (settings.name, settings.address);
            let status = ListenerStatus { name, transports, address, state: ListenerState::Bound };
            transport.statuses.push(status);
            match opened {
                Err(error) if index == 0 => return Err(error.into_io()),
                opened => transport.opened(index, opened),
            }
        }
        // Whoever starts has seen them all.
        transport.reports.clear();
        if transport.listeners.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no listener is configured"));
        }
        Ok(transport)
    }

    /// The address that the main listener listens at.
    pub fn local_addr(&self) -> SocketAddr {
        // `bind` gives no transport without listeners; what stands in for one says nothing.
        self.listeners.first().map_or(SocketAddr::from(([0, 0, 0, 0], 0)), |main| main.bound)
    }

    /// Where the listeners stand, as they were given.
    pub fn listeners(&self) -> &[ListenerStatus] {
        &self.statuses
    }

    /// The address to put into Via and Contact of requests to `peer`: that of the listener with this name, or else of
    /// the first that is bound, speaks the protocol and can reach the peer. None: no listener has an address that
    /// could reach the peer.
    ///
    /// Where none speaks TLS it is the address of the main listener with port 5061, for requests that are answered,
    /// and followed by others, on the connection that they open.
    pub fn advertised(&self, listener: Option<&str>, protocol: Protocol, peer: SocketAddr) -> Option<SocketAddr> {
        let reaches = |listener: &&Listener| listener.bound.is_ipv4() == peer.is_ipv4();
        let all = || self.listeners.iter().zip(&self.statuses).filter(|(listener, _)| reaches(listener));
        let speaking = || all().filter(|(listener, _)| listener.settings.kind.speaks(protocol));
        let named = listener.and_then(|name| all().find(|(listener, _)| listener.settings.name == name));
        let bound = || speaking().find(|(_, status)| status.state == ListenerState::Bound);
        let (listener, _) = named.or_else(bound).or_else(|| speaking().next()).or_else(|| all().next())?;
        let address = listener.advertised(peer);
        match listener.settings.kind.speaks(protocol) {
            true => Some(address),
            false if protocol.is_secure() => Some(SocketAddr::new(address.ip(), protocol.default_port())),
            false => Some(address),
        }
    }

    /// Reads all certificates and keys again before they are used next. They are also when their files look changed.
    pub fn reload_certificates(&mut self) {
        self.listeners.iter().filter_map(|listener| listener.tls.as_ref()).for_each(|server| server.forget());
        self.profiles.iter().chain([&self.default_profile]).for_each(|profile| profile.forget());
        if self.bind_again.is_some() {
            self.bind_again = Some(Instant::now());
            self.set_timer();
        }
    }

    /// How connections to others are secured from now on; those that are open stay. Tells which profiles are others than
    /// before.
    pub fn set_tls_profiles(&mut self, profiles: Vec<TlsProfile>) -> Vec<u16> {
        let mut changed = Vec::new();
        for (place, profile) in profiles.into_iter().enumerate() {
            match self.profiles.get_mut(place) {
                Some(known) if *known.settings() == profile => continue,
                Some(known) => *known = Arc::new(Loaded::new(profile)),
                None => self.profiles.push(Arc::new(Loaded::new(profile))),
            }
            changed.push(place as u16);
        }
        changed
    }

    /// Sends something about every `every` (at least a second) that keeps NATs and firewalls open on the way from
    /// `from` to `destination`, which must be an address. On streams it goes over the connection that requests with
    /// this destination take, while there is one. Another kind replaces the one before.
    ///
    /// A flow that turns out to be dead is reported as [`Received::Failed`], with [`Why::Silent`].
    pub fn keep_alive(&mut self, destination: &Destination, from: SocketAddr, every: Duration, kind: KeepAliveKind) {
        let Some(key) = self.flow_key(destination, from) else { return };
        self.keep_alives.start(key, destination.clone(), kind, every, Instant::now().into_std());
        self.set_timer();
    }

    /// Ends what [`Transport::keep_alive`] began.
    pub fn stop_keep_alive(&mut self, destination: &Destination, from: SocketAddr) {
        if let Some(key) = self.flow_key(destination, from) {
            self.keep_alives.stop(&key);
            self.set_timer();
        }
    }

    /// Waits for something to come in. Dropping the future loses nothing.
    pub(super) async fn receive(&mut self) -> Received {
        poll_fn(|context| self.poll_receive(context)).await
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        loop {
            if let Some(report) = self.reports.pop_front() {
                return Poll::Ready(report);
            }
            self.streams_first = !self.streams_first;
            let mut event = Poll::Pending;
            if self.streams_first {
                event = self.events.poll_recv(context);
            }
            if event.is_pending() && self.poll_datagrams(context).is_ready() {
                return Poll::Ready(Received::Datagrams);
            }
            if event.is_pending() && !self.streams_first {
                event = self.events.poll_recv(context);
            }
            // This transport holds a sender itself, so the channel never closes.
            if let Poll::Ready(Some(event)) = event {
                if let Some(received) = self.stream_event(event) {
                    return Poll::Ready(received);
                }
                continue;
            }
            if self.wake.is_some() && self.timer.as_mut().poll(context).is_ready() {
                self.timeouts();
                continue;
            }
            return Poll::Pending;
        }
    }

    /// The next socket with datagrams, counted from the one after the last.
    fn poll_datagrams(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let count = self.udp.len();
        for step in 1..=count {
            let index = (self.ready + step) % count;
            // An error shows at every socket when the runtime ends, and at none before.
            if let Some(port) = self.udp.get(index)
                && let Poll::Ready(Ok(())) = port.socket.poll_recv_ready(context)
            {
                self.ready = index;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }

    /// The next datagram of the socket that has some. Keep-alives, and other packets too short to be SIP, end here.
    pub(super) fn try_receive(&mut self, buffer: &mut [u8]) -> Option<(Source, Bytes)> {
        loop {
            let port = self.udp.get(self.ready)?;
            match port.socket.try_recv_from(buffer) {
                Ok((length, remote)) if length > 4 => {
                    let datagram = &buffer[..length];
                    if is_stun(datagram) {
                        self.stun(datagram, remote);
                        continue;
                    }
                    let (bytes, fixed) = (Bytes::copy_from_slice(datagram), port.fixed);
                    let local = fixed.unwrap_or_else(|| self.routed_to(remote));
                    let source = Source { protocol: Protocol::Udp, local, remote, connection: None };
                    return Some((source, bytes));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                // A peer that is not listening answers with ICMP, which shows here and says nothing of the next packet.
                Err(error) => debug!(%error, "UDP receive"),
            }
        }
    }

    /// The address of ours that a peer of the current socket sees, where any is listened at.
    fn routed_to(&mut self, remote: SocketAddr) -> SocketAddr {
        let key = (self.ready, remote.ip());
        if let Some(&local) = self.seen_as.get(&key) {
            return local;
        }
        if self.seen_as.len() >= MAX_REMEMBERED {
            self.seen_as.clear();
        }
        let bound = self.udp.get(self.ready).map_or(self.local_addr(), |port| port.bound);
        let local = local_for(bound, remote);
        self.seen_as.insert(key, local);
        local
    }

    /// A STUN message came to the current socket.
    fn stun(&mut self, datagram: &[u8], remote: SocketAddr) {
        let now = Instant::now().into_std();
        match Stun::parse(datagram) {
            Some(Stun::Request(id)) if self.stun_budget.take(now) => {
                if let Some(port) = self.udp.get(self.ready) {
                    let _ = port.socket.try_send_to(&Stun::Mapped(id, remote).write(), remote);
                }
            }
            Some(Stun::Request(_)) | None => {}
            Some(answer) => {
                if let Some((destination, from, before, after)) = self.keep_alives.answered(answer, remote, now) {
                    info!(peer = %remote, %before, %after, "the address of ours that a peer sees has changed");
                    self.reports.push_back(Received::MappingChanged { destination, from, before, after });
                }
            }
        }
    }

    /// Takes in what happened on a stream; gives what the endpoint must know of it.
    fn stream_event(&mut self, event: StreamEvent) -> Option<Received> {
        match event {
            StreamEvent::Accepted(listener, stream, remote) => {
                self.accepted(listener, stream, remote);
                None
            }
            StreamEvent::Message(id, bytes) => {
                let source = self.connections.source(id)?;
                self.alive(id);
                Some(Received::Message(source, bytes))
            }
            StreamEvent::Alive(id) => {
                self.alive(id);
                None
            }
            StreamEvent::Closed(id, why) => {
                // No pong is owed by the connection that comes next.
                self.alive(id);
                self.connections.remove(id, why).map(Received::Failed)
            }
            StreamEvent::Resolved(transmit, addresses) => {
                let reaches = |address: &&SocketAddr| {
                    self.listeners.iter().any(|listener| listener.bound.is_ipv4() == address.is_ipv4())
                };
                let alike = addresses.iter().find(|address| address.is_ipv4() == transmit.from.is_ipv4());
                let sent = match alike.or_else(|| addresses.iter().find(reaches)) {
                    Some(&address) => self.send_to(transmit, address),
                    None => Err(TransportFailure { destination: transmit.to, why: Why::NotResolved }),
                };
                sent.err().map(Received::Failed)
            }
            StreamEvent::Opened(index, opened) => {
                self.opened(index, opened);
                None
            }
        }
    }

    fn accepted(&mut self, listener: usize, stream: TcpStream, remote: SocketAddr) {
        let Some(listener) = self.listeners.get(listener) else { return };
        if !self.connections.may_accept(remote) {
            debug!(%remote, "too many connections");
            return;
        }
        let protocol = if listener.tls.is_some() { Protocol::Tls } else { Protocol::Tcp };
        let key = FlowKey { remote, protocol, local: listener.advertised(remote), tls: None };
        let local = stream.local_addr().unwrap_or(key.local);
        let (id, outgoing) = self.connections.add(key, local, None);
        let tls = listener.tls.clone().map(|server| AcceptTls { server, turns: self.handshakes.clone() });
        let served = Served { id, remote, outgoing, events: self.event_sender.clone() };
        tokio::spawn(stream::accepted(stream, tls, served));
    }

    /// Nothing is owed to the keep-alives of a connection.
    fn alive(&mut self, id: ConnectionId) {
        if !self.keep_alives.is_empty()
            && let Some(key) = self.connections.key(id)
        {
            self.keep_alives.received(key, Instant::now().into_std());
        }
    }

    /// The address that something goes to, as far as that is known: the other end of a connection, or what is named.
    pub(super) fn remote_of(&self, to: &Destination) -> Option<SocketAddr> {
        let connection = to.connection.and_then(|id| self.connections.key(id)).map(|key| key.remote);
        connection.or_else(|| Some(SocketAddr::new(to.host.ip()?, to.port)))
    }

    /// Our end of the connection that something came over, or that what goes there takes; `from` where none does.
    pub(super) fn local_of(&self, to: &Destination, from: SocketAddr) -> SocketAddr {
        let connection = match to.protocol {
            Protocol::Udp => None,
            _ => to.connection.or_else(|| self.connections.find(&self.flow_key(to, from)?)),
        };
        connection.and_then(|id| self.connections.local(id)).unwrap_or(from)
    }

    /// What came over streams and waits for the core, and what waits to be written to one of them.
    pub(super) fn queues(&self) -> [QueueLength; 2] {
        [QueueLength { name: "stream", length: self.events.len(), limit: STREAM_BACKLOG }, self.connections.queue()]
    }

    /// Whether everything that was to be sent is with the system.
    pub(super) fn is_flushed(&self) -> bool {
        self.connections.is_flushed()
    }

    /// A listener was opened, or not.
    fn opened(&mut self, index: usize, opened: Result<Opened, OpenError>) {
        let (Some(listener), Some(status)) = (self.listeners.get_mut(index), self.statuses.get_mut(index)) else {
            return;
        };
        let started = opened.and_then(|opened| Ok(listener.start(index, opened, &self.event_sender)?));
        let state = match started {
            Ok(socket) => {
                let (bound, fixed) = (listener.bound, listener.fixed_address());
                self.udp.extend(socket.map(|socket| UdpPort { socket, bound, fixed }));
                status.address = bound;
                ListenerState::Bound
            }
            Err(error) => error.state(),
        };
        if state != ListenerState::Bound {
            self.bind_again = Some(Instant::now() + BIND_AGAIN);
        }
        if state != status.state {
            match &state {
                ListenerState::Bound => info!(listener = %status.name, address = %status.address, "listening"),
                state => {
                    warn!(listener = %status.name, address = %status.address, ?state, "not listening; tried again every 10 s");
                }
            }
            status.state = state;
            self.reports.push_back(Received::ListenerChanged(index));
        }
        self.set_timer();
    }

    /// Does what is due.
    fn timeouts(&mut self) {
        let now = Instant::now();
        if self.bind_again.take_if(|at| *at <= now).is_some() {
            for (index, (listener, status)) in self.listeners.iter().zip(&self.statuses).enumerate() {
                if status.state != ListenerState::Bound {
                    let opening = Listener::open(listener.settings.clone(), listener.tls.clone());
                    let events = self.event_sender.clone();
                    tokio::spawn(async move { events.send(StreamEvent::Opened(index, opening.await)).await });
                }
            }
        }
        for (key, destination, action) in self.keep_alives.due(now.into_std()) {
            match action {
                KeepAliveAction::Send(bytes) if key.protocol == Protocol::Udp => {
                    if let Err(why) = self.send_datagram(&bytes, key.local, key.remote) {
                        debug!(remote = %key.remote, %why, "keep-alive");
                    }
                }
                KeepAliveAction::Send(bytes) => match self.connections.find(&key) {
                    Some(id) => drop(self.connections.write(id, bytes.into())),
                    // The requests that open the next connection have their own timers.
                    None => self.keep_alives.received(&key, now.into_std()),
                },
                KeepAliveAction::Dead => {
                    let connection = self.connections.find(&key);
                    let closed = connection.and_then(|id| self.connections.remove(id, Why::Silent));
                    let failure = closed.unwrap_or(TransportFailure { destination, why: Why::Silent });
                    self.reports.push_back(Received::Failed(failure));
                }
            }
        }
        self.set_timer();
    }

    fn set_timer(&mut self) {
        let keep_alive = self.keep_alives.next().map(Instant::from_std);
        self.wake = [self.bind_again, keep_alive].into_iter().flatten().min();
        if let Some(wake) = self.wake {
            self.timer.as_mut().reset(wake);
        }
    }
}
