//! Where SIP is listened at.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use offhook_sip::header::Protocol;
use rustls::ServerConfig;
use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::warn;

use super::StreamEvent;
use super::tls::{Loaded, TlsServer};

/// Connections that wait to be accepted.
const ACCEPT_BACKLOG: i32 = 1024;
/// Tries to find a port that is free for UDP and TCP, where any port will do.
const PORT_TRIES: usize = 16;

/// One place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSettings {
    /// Its name, for people and for [`Transport::advertised`](super::Transport::advertised).
    pub name: String,
    /// Address and port of this machine; `0.0.0.0` and `[::]` are all of their kind (`[::]` takes no IPv4), port 0 any.
    pub address: SocketAddr,
    /// What is spoken there.
    pub kind: ListenerKind,
    /// What Via and Contact say instead of the address above: where a NAT passes on what comes to it. It counts for
    /// all peers of this listener; peers on this side of the NAT need another one.
    pub public_address: Option<PublicAddress>,
}

/// What a listener speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerKind {
    /// UDP and TCP at the same port.
    UdpTcp,
    /// UDP alone.
    Udp,
    /// TCP alone.
    Tcp,
    /// TLS over TCP.
    Tls(TlsServer),
}

/// The address by which the outside knows a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicAddress {
    /// Address.
    pub ip: IpAddr,
    /// Port; None: the same as inside.
    pub port: Option<u16>,
}

/// Where a listener stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerState {
    /// It listens.
    Bound,
    /// Another program has the port.
    PortTaken,
    /// This machine does not have the address.
    AddressMissing,
    /// Ports below 1024 need more rights.
    NotPermitted,
    /// Its certificate, key or authorities cannot be used: file and cause.
    CertificateProblem(String),
    /// Something else: the system's words.
    Failed(String),
}

/// A listener and where it stands. What does not listen is tried again every 10 s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerStatus {
    /// Its name.
    pub name: String,
    /// Its transports, like `udp, tcp`.
    pub transports: &'static str,
    /// Where it listens, or is to.
    pub address: SocketAddr,
    /// Where it stands.
    pub state: ListenerState,
}

impl ListenerState {
    /// Why it does not listen, in a sentence; None: it does.
    pub fn problem(&self) -> Option<String> {
        Some(match self {
            ListenerState::Bound => return None,
            ListenerState::PortTaken => "Another program has this port.".to_owned(),
            ListenerState::AddressMissing => "This machine does not have this address.".to_owned(),
            ListenerState::NotPermitted => "Ports below 1024 need more rights.".to_owned(),
            ListenerState::CertificateProblem(problem) => format!("The certificate cannot be used: {problem}."),
            ListenerState::Failed(problem) => format!("It cannot listen there: {problem}."),
        })
    }

    /// The same in German.
    pub fn german(&self) -> Option<String> {
        Some(match self {
            ListenerState::Bound => return None,
            ListenerState::PortTaken => "Ein anderes Programm hat diesen Port.".to_owned(),
            ListenerState::AddressMissing => "Dieser Rechner hat diese Adresse nicht.".to_owned(),
            ListenerState::NotPermitted => "Ports unter 1024 brauchen mehr Rechte.".to_owned(),
            ListenerState::CertificateProblem(problem) => {
                format!("Das Zertifikat lässt sich nicht verwenden: {problem}.")
            }
            ListenerState::Failed(problem) => format!("Dort lässt sich nicht lauschen: {problem}."),
        })
    }
}

impl ListenerKind {
    /// The transports, like `udp, tcp`.
    pub(super) fn transports(&self) -> &'static str {
        match self {
            ListenerKind::UdpTcp => "udp, tcp",
            ListenerKind::Udp => "udp",
            ListenerKind::Tcp => "tcp",
            ListenerKind::Tls(_) => "tls",
        }
    }

    /// Whether this protocol is spoken.
    pub fn speaks(&self, protocol: Protocol) -> bool {
        match self {
            ListenerKind::UdpTcp => matches!(protocol, Protocol::Udp | Protocol::Tcp),
            ListenerKind::Udp => protocol == Protocol::Udp,
            ListenerKind::Tcp => protocol == Protocol::Tcp,
            ListenerKind::Tls(_) => protocol == Protocol::Tls,
        }
    }
}

/// A listener at work.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) settings: ListenerSettings,
    pub(super) tls: Option<Arc<Loaded<TlsServer, ServerConfig>>>,
    /// Where it listens, or is to.
    pub(super) bound: SocketAddr,
    accepting: Option<AcceptTask>,
}

/// Accepts until it is dropped, which frees the port.
#[derive(Debug)]
struct AcceptTask(JoinHandle<()>);

impl Drop for AcceptTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sockets that were opened for a listener.
#[derive(Debug)]
pub(super) struct Opened {
    address: SocketAddr,
    udp: Option<std::net::UdpSocket>,
    tcp: Option<std::net::TcpListener>,
}

/// Why a listener does not listen.
#[derive(Debug)]
pub(super) enum OpenError {
    Socket(io::Error),
    Certificate(String),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> OpenError {
        OpenError::Socket(error)
    }
}

impl OpenError {
    pub(super) fn state(&self) -> ListenerState {
        match self {
            OpenError::Certificate(problem) => ListenerState::CertificateProblem(problem.clone()),
            OpenError::Socket(error) => match error.kind() {
                io::ErrorKind::AddrInUse => ListenerState::PortTaken,
                io::ErrorKind::AddrNotAvailable => ListenerState::AddressMissing,
                io::ErrorKind::PermissionDenied => ListenerState::NotPermitted,
                _ => ListenerState::Failed(error.to_string()),
            },
        }
    }

    pub(super) fn into_io(self) -> io::Error {
        match self {
            OpenError::Socket(error) => error,
            OpenError::Certificate(problem) => io::Error::other(problem),
        }
    }
}

impl Listener {
    pub(super) fn new(settings: ListenerSettings) -> Listener {
        let tls = match &settings.kind {
            ListenerKind::Tls(server) => Some(Arc::new(Loaded::new(server.clone()))),
            _ => None,
        };
        Listener { bound: settings.address, settings, tls, accepting: None }
    }

    /// Opens its sockets elsewhere, since certificates are read from files.
    pub(super) async fn open(
        settings: ListenerSettings,
        tls: Option<Arc<Loaded<TlsServer, ServerConfig>>>,
    ) -> Result<Opened, OpenError> {
        let opening = tokio::task::spawn_blocking(move || {
            if let Some(tls) = tls {
                tls.get().map_err(OpenError::Certificate)?;
            }
            open_sockets(&settings)
        });
        opening.await.unwrap_or_else(|error| Err(OpenError::Socket(io::Error::other(error))))
    }

    /// Takes opened sockets into use; gives the one for datagrams.
    pub(super) fn start(
        &mut self,
        index: usize,
        opened: Opened,
        events: &mpsc::Sender<StreamEvent>,
    ) -> io::Result<Option<UdpSocket>> {
        let udp = opened.udp.map(UdpSocket::from_std).transpose()?;
        if let Some(tcp) = opened.tcp {
            let accepting = accept(index, TcpListener::from_std(tcp)?, events.clone());
            self.accepting = Some(AcceptTask(tokio::spawn(accepting)));
        }
        self.bound = opened.address;
        Ok(udp)
    }

    /// The address that all peers see, where there is one for all.
    pub(super) fn fixed_address(&self) -> Option<SocketAddr> {
        match self.settings.public_address {
            Some(public) => Some(SocketAddr::new(public.ip, public.port.unwrap_or(self.bound.port()))),
            None => (!self.bound.ip().is_unspecified()).then_some(self.bound),
        }
    }

    /// The address of ours that a peer sees.
    pub(super) fn advertised(&self, peer: SocketAddr) -> SocketAddr {
        self.fixed_address().unwrap_or_else(|| local_for(self.bound, peer))
    }

    /// How well it fits a message that says `from` and goes to `to`; less is better, None not at all.
    pub(super) fn fit(&self, protocol: Protocol, from: SocketAddr, to: SocketAddr) -> Option<u8> {
        if !self.settings.kind.speaks(protocol) {
            return None;
        }
        rank(self.bound, self.fixed_address(), from, to)
    }
}

/// How well a socket fits a message that says `from` and goes to `to`: its advertised address, the one it is bound
/// to, one that it includes, or just one of the same kind.
pub(super) fn rank(bound: SocketAddr, fixed: Option<SocketAddr>, from: SocketAddr, to: SocketAddr) -> Option<u8> {
    if bound.is_ipv4() != to.is_ipv4() {
        None
    } else if fixed == Some(from) {
        Some(0)
    } else if bound == from {
        Some(1)
    } else if bound.ip().is_unspecified() && bound.port() == from.port() {
        Some(2)
    } else {
        Some(3)
    }
}

fn open_sockets(settings: &ListenerSettings) -> Result<Opened, OpenError> {
    let address = settings.address;
    match settings.kind {
        ListenerKind::Udp => {
            let udp = open_udp(address)?;
            Ok(Opened { address: udp.local_addr()?, udp: Some(udp), tcp: None })
        }
        ListenerKind::Tcp | ListenerKind::Tls(_) => {
            let tcp = open_tcp(address)?;
            Ok(Opened { address: tcp.local_addr()?, udp: None, tcp: Some(tcp) })
        }
        ListenerKind::UdpTcp => {
            let mut tries = if address.port() == 0 { PORT_TRIES } else { 1 };
            loop {
                let udp = open_udp(address)?;
                let address = udp.local_addr()?;
                tries -= 1;
                match open_tcp(address) {
                    Ok(tcp) => return Ok(Opened { address, udp: Some(udp), tcp: Some(tcp) }),
                    Err(error) if tries == 0 => return Err(error.into()),
                    Err(_) => {}
                }
            }
        }
    }
}

fn open_udp(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = socket(address, Type::DGRAM)?;
    // A burst of requests must not be lost while a call is being worked on.
    let _ = SockRef::from(&socket).set_recv_buffer_size(4 * 1024 * 1024);
    let _ = SockRef::from(&socket).set_send_buffer_size(1024 * 1024);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn open_tcp(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = socket(address, Type::STREAM)?;
    // Connections of the last run that are not forgotten yet must not keep the port.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(ACCEPT_BACKLOG)?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        // So that 0.0.0.0 can be listened at beside [::].
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

async fn accept(index: usize, listener: TcpListener, events: mpsc::Sender<StreamEvent>) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                if events.send(StreamEvent::Accepted(index, stream, remote)).await.is_err() {
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

/// The address of ours that a peer sees: the one listened at, or where that is any, the one the system routes by.
pub(in crate::net) fn local_for(listen: SocketAddr, peer: SocketAddr) -> SocketAddr {
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
