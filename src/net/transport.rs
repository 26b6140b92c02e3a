//! SIP over UDP and TCP.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::framing::{Frame, Framer};
use offhook_sip::header::Protocol;
use offhook_sip::uri::Host;
use offhook_sip::{ConnectionId, Destination, Source, Transmit};
use rustc_hash::FxHashMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{debug, warn};

/// Longest message taken from a stream.
const MAX_MESSAGE: usize = 64 * 1024;
/// Messages waiting for one connection; a peer that reads slower than this is cut off.
const CONNECTION_BACKLOG: usize = 256;
/// Connections at once.
const MAX_CONNECTIONS: usize = 1_000;
/// Connections of one remote address: a PBX needs one or two, a stranger shall not take them all.
const MAX_CONNECTIONS_OF_HOST: usize = 32;
/// Messages and connection news from all streams, waiting for the core; readers wait beyond it.
const STREAM_BACKLOG: usize = 1024;
/// Peers whose route is remembered. PBXs are few; strangers must not fill the memory.
const MAX_SEEN_AS: usize = 1024;
/// Names looked up at once; a peer may put any name into its Contact.
const MAX_LOOKUPS: usize = 64;
/// How long a connection that others opened may say nothing before its first message.
const FIRST_MESSAGE_WITHIN: Duration = Duration::from_secs(30);
/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long one message may take to leave.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// All SIP sockets.
#[derive(Debug)]
pub struct Transport {
    listen: SocketAddr,
    udp: UdpSocket,
    streams: mpsc::Receiver<StreamEvent>,
    stream_sender: mpsc::Sender<StreamEvent>,
    connections: FxHashMap<ConnectionId, Connection>,
    by_remote: FxHashMap<SocketAddr, ConnectionId>,
    last_connection: u64,
    /// Where any address is listened at: the one of ours that a peer sees, so that Contact and Via can say it.
    seen_as: FxHashMap<IpAddr, SocketAddr>,
    lookups: Arc<Semaphore>,
}

/// What came in.
#[derive(Debug)]
pub enum Received {
    /// Datagrams: take them with `try_receive`.
    Datagrams,
    /// A message over a stream.
    Message(Source, Bytes),
    /// Nothing can be sent there.
    Failed(Destination),
}

#[derive(Debug)]
struct Connection {
    remote: SocketAddr,
    /// What it was opened for, where we opened it.
    destination: Option<Destination>,
    writer: mpsc::Sender<Bytes>,
}

#[derive(Debug)]
enum StreamEvent {
    Accepted(TcpStream, SocketAddr),
    Message(ConnectionId, Bytes),
    Closed(ConnectionId),
    /// A name's address, with what is to be sent there.
    Resolved(Transmit, Option<SocketAddr>),
}

impl Transport {
    /// Listens on UDP and TCP at one address.
    pub async fn bind(listen: SocketAddr) -> io::Result<Transport> {
        let udp = UdpSocket::bind(listen).await?;
        // A burst of requests must not be lost while a call is being worked on.
        let socket = socket2::SockRef::from(&udp);
        let _ = socket.set_recv_buffer_size(4 * 1024 * 1024);
        let _ = socket.set_send_buffer_size(1024 * 1024);
        let listen = udp.local_addr()?;
        let listener = TcpListener::bind(listen).await?;
        let (stream_sender, streams) = mpsc::channel(STREAM_BACKLOG);
        tokio::spawn(accept(listener, stream_sender.clone()));
        Ok(Transport {
            listen,
            udp,
            streams,
            stream_sender,
            connections: FxHashMap::default(),
            by_remote: FxHashMap::default(),
            last_connection: 0,
            seen_as: FxHashMap::default(),
            lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)),
        })
    }

    /// The address listened at.
    pub fn local_addr(&self) -> SocketAddr {
        self.listen
    }

    /// Waits for something to come in. Dropping the future loses nothing.
    pub(super) async fn receive(&mut self) -> Received {
        loop {
            // This transport holds a sender itself, so the channel never closes.
            let event = tokio::select! {
                ready = self.udp.readable() => match ready {
                    Ok(()) => return Received::Datagrams,
                    Err(error) => {
                        warn!(%error, "the SIP socket failed");
                        std::future::pending().await
                    }
                },
                Some(event) = self.streams.recv() => event,
            };
            if let Some(received) = self.stream_event(event) {
                return received;
            }
        }
    }

    /// The next datagram, if there is one. Keep-alives and other packets too short to be SIP are dropped here.
    pub(super) fn try_receive(&mut self, buffer: &mut [u8]) -> Option<(Source, Bytes)> {
        loop {
            match self.udp.try_recv_from(buffer) {
                Ok((length, remote)) if length > 4 => {
                    let local = self.local_to(remote);
                    let source = Source { protocol: Protocol::Udp, local, remote, connection: None };
                    return Some((source, Bytes::copy_from_slice(&buffer[..length])));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                // A peer that is not listening answers with ICMP, which shows here and says nothing of the next packet.
                Err(error) => debug!(%error, "UDP receive"),
            }
        }
    }

    /// The address of ours that a peer sees.
    fn local_to(&mut self, remote: SocketAddr) -> SocketAddr {
        if !self.listen.ip().is_unspecified() {
            return self.listen;
        }
        if let Some(&local) = self.seen_as.get(&remote.ip()) {
            return local;
        }
        if self.seen_as.len() >= MAX_SEEN_AS {
            self.seen_as.clear();
        }
        let local = local_for(self.listen, remote);
        self.seen_as.insert(remote.ip(), local);
        local
    }

    /// Takes in what happened on a stream; gives what the endpoint must know of it.
    fn stream_event(&mut self, event: StreamEvent) -> Option<Received> {
        match event {
            StreamEvent::Accepted(stream, remote) => {
                let of_host = || self.connections.values().filter(|known| known.remote.ip() == remote.ip()).count();
                if self.connections.len() < MAX_CONNECTIONS && of_host() < MAX_CONNECTIONS_OF_HOST {
                    let (id, reader) = self.add(remote, None);
                    tokio::spawn(serve(id, true, stream, reader, self.stream_sender.clone()));
                }
                None
            }
            StreamEvent::Message(id, bytes) => {
                let remote = self.connections.get(&id)?.remote;
                let local = self.local_to(remote);
                let source = Source { protocol: Protocol::Tcp, local, remote, connection: Some(id) };
                Some(Received::Message(source, bytes))
            }
            StreamEvent::Closed(id) => self.remove(id).map(Received::Failed),
            StreamEvent::Resolved(transmit, Some(address)) => {
                self.send_to(transmit, address).err().map(Received::Failed)
            }
            StreamEvent::Resolved(transmit, None) => Some(Received::Failed(transmit.to)),
        }
    }

    /// Sends a message; gives its destination back where that is known to be impossible.
    pub(super) fn send(&mut self, transmit: Transmit) -> Result<(), Destination> {
        if let Some(connection) = transmit.to.connection.and_then(|id| self.connections.get(&id)) {
            return connection.writer.try_send(transmit.bytes).map_err(|_| transmit.to);
        }
        match &transmit.to.host {
            Host::Ip(ip) => {
                let address = SocketAddr::new(*ip, transmit.to.port);
                self.send_to(transmit, address)
            }
            Host::Name(name) => {
                let Ok(permit) = self.lookups.clone().try_acquire_owned() else { return Err(transmit.to) };
                let (name, port, events) = (name.clone(), transmit.to.port, self.stream_sender.clone());
                let prefer_ipv4 = self.listen.is_ipv4();
                tokio::spawn(async move {
                    let found = tokio::net::lookup_host((name.as_str(), port)).await.ok();
                    let address = found.and_then(|mut all| all.find(|address| address.is_ipv4() == prefer_ipv4));
                    drop(permit);
                    let _ = events.send(StreamEvent::Resolved(transmit, address)).await;
                });
                Ok(())
            }
        }
    }

    /// Whether everything that was to be sent is with the system.
    pub(super) fn is_flushed(&self) -> bool {
        self.connections.values().all(|connection| connection.writer.capacity() == CONNECTION_BACKLOG)
    }

    fn send_to(&mut self, transmit: Transmit, address: SocketAddr) -> Result<(), Destination> {
        match transmit.to.protocol {
            Protocol::Udp => {
                match self.udp.try_send_to(&transmit.bytes, address) {
                    Ok(_) => Ok(()),
                    // As good as lost on the way: it is sent again by the transaction.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
                    Err(error) => {
                        warn!(%error, %address, "UDP send");
                        Err(transmit.to)
                    }
                }
            }
            Protocol::Tcp => {
                let id = match self.by_remote.get(&address) {
                    Some(&id) => id,
                    None => {
                        let (id, reader) = self.add(address, Some(transmit.to.clone()));
                        tokio::spawn(connect(id, self.listen, address, reader, self.stream_sender.clone()));
                        id
                    }
                };
                match self.connections.get(&id) {
                    Some(connection) => connection.writer.try_send(transmit.bytes).map_err(|_| transmit.to),
                    None => Err(transmit.to),
                }
            }
            _ => Err(transmit.to),
        }
    }

    fn add(&mut self, remote: SocketAddr, destination: Option<Destination>) -> (ConnectionId, mpsc::Receiver<Bytes>) {
        self.last_connection += 1;
        let id = ConnectionId(self.last_connection);
        let (writer, reader) = mpsc::channel(CONNECTION_BACKLOG);
        self.connections.insert(id, Connection { remote, destination, writer });
        self.by_remote.insert(remote, id);
        (id, reader)
    }

    fn remove(&mut self, id: ConnectionId) -> Option<Destination> {
        let connection = self.connections.remove(&id)?;
        if self.by_remote.get(&connection.remote) == Some(&id) {
            self.by_remote.remove(&connection.remote);
        }
        connection.destination
    }
}

async fn accept(listener: TcpListener, events: mpsc::Sender<StreamEvent>) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                if events.send(StreamEvent::Accepted(stream, remote)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                // Out of file descriptors, mostly: wait for some to come back instead of spinning.
                warn!(%error, "TCP accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connect(
    id: ConnectionId,
    listen: SocketAddr,
    remote: SocketAddr,
    outgoing: mpsc::Receiver<Bytes>,
    events: mpsc::Sender<StreamEvent>,
) {
    let attempt = async {
        let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if !listen.ip().is_unspecified() {
            // The PBX knows us by the address we listen at.
            socket.bind(SocketAddr::new(listen.ip(), 0))?;
        }
        socket.connect(remote).await
    };
    match timeout(CONNECT_WITHIN, attempt).await {
        Ok(Ok(stream)) => serve(id, false, stream, outgoing, events).await,
        outcome => {
            let error = outcome.ok().and_then(Result::err);
            debug!(%remote, ?error, "TCP connection failed");
            let _ = events.send(StreamEvent::Closed(id)).await;
        }
    }
}

/// Reads and writes one connection until it ends. `accepted` says that the other side opened it.
async fn serve(
    id: ConnectionId,
    accepted: bool,
    stream: TcpStream,
    mut outgoing: mpsc::Receiver<Bytes>,
    events: mpsc::Sender<StreamEvent>,
) {
    let _ = stream.set_nodelay(true);
    let (mut reader, mut writer) = stream.into_split();
    let (pongs, mut pong_requests) = mpsc::channel::<()>(1);
    let incoming = events.clone();
    let read = async move {
        let mut framer = Framer::new(MAX_MESSAGE);
        let mut buffer = vec![0_u8; 16 * 1024];
        // The other side of a connection that we opened answers when it has something to say.
        let mut silent = accepted;
        let first_by = Instant::now() + FIRST_MESSAGE_WITHIN;
        loop {
            let length = match silent {
                true => timeout_at(first_by, reader.read(&mut buffer)).await,
                false => Ok(reader.read(&mut buffer).await),
            };
            match length {
                Ok(Ok(length)) if length > 0 => framer.push(&buffer[..length]),
                _ => return,
            }
            loop {
                match framer.next() {
                    Ok(Some(Frame::Message(bytes))) => {
                        silent = false;
                        if incoming.send(StreamEvent::Message(id, bytes)).await.is_err() {
                            return;
                        }
                    }
                    // RFC 5626 4.4.1: a double CRLF is answered with a single one.
                    Ok(Some(Frame::Ping)) => {
                        let _ = pongs.try_send(());
                    }
                    Ok(Some(Frame::Pong)) => {}
                    Ok(None) => break,
                    Err(error) => {
                        debug!(%error, "stream is not SIP");
                        return;
                    }
                }
            }
        }
    };
    let write = async move {
        loop {
            let bytes = tokio::select! {
                bytes = outgoing.recv() => bytes,
                Some(()) = pong_requests.recv() => Some(Bytes::from_static(b"\r\n")),
            };
            let Some(bytes) = bytes else { return };
            if !matches!(timeout(WRITE_WITHIN, writer.write_all(&bytes)).await, Ok(Ok(()))) {
                return;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
    let _ = events.send(StreamEvent::Closed(id)).await;
}

/// The address of ours that a peer sees: the one listened at, or where that is any, the one the system routes by.
pub(super) fn local_for(listen: SocketAddr, peer: SocketAddr) -> SocketAddr {
    if !listen.ip().is_unspecified() {
        return listen;
    }
    let routed = std::net::UdpSocket::bind(SocketAddr::new(listen.ip(), 0)).and_then(|socket| {
        // Sends nothing: it only asks for the route.
        socket.connect(peer)?;
        socket.local_addr()
    });
    SocketAddr::new(routed.map_or(listen.ip(), |address| address.ip()), listen.port())
}
