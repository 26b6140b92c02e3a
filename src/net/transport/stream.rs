//! One connection: opening it, securing it, cutting what comes into messages.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use offhook_sip::ConnectionId;
use offhook_sip::framing::{Frame, FrameError, Framer};
use offhook_sip::message::{Builder, Message};
use offhook_sip::method::Method;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tracing::debug;

use super::StreamEvent;
use super::failure::Why;
use super::listener::local_for;
use super::tls::{Loaded, TlsProfile, TlsServer};

/// Longest message taken from a stream.
const MAX_MESSAGE: usize = 64 * 1024;
/// How long a connection that others opened may say nothing before its first message.
const FIRST_MESSAGE_WITHIN: Duration = Duration::from_secs(30);
/// How long a connection that others opened may be silent afterwards, keep-alives included.
const IDLE_FOR: Duration = Duration::from_secs(600);
/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a TLS handshake may take, and the wait for its turn.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long one message may take to leave.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How long the reason of a failed write, or the end of TLS, is waited for.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// What a connection needs to be served.
pub(super) struct Served {
    pub(super) id: ConnectionId,
    pub(super) remote: SocketAddr,
    pub(super) outgoing: mpsc::Receiver<Bytes>,
    pub(super) events: mpsc::Sender<StreamEvent>,
}

/// TLS of a connection that others opened.
pub(super) struct AcceptTls {
    pub(super) server: Arc<Loaded<TlsServer, ServerConfig>>,
    /// Handshakes at once.
    pub(super) turns: Arc<Semaphore>,
}

/// TLS of a connection that is opened.
pub(super) struct ConnectTls {
    pub(super) profile: Arc<Loaded<TlsProfile, ClientConfig>>,
    /// Whom the certificate must be for.
    pub(super) name: Arc<str>,
}

/// Serves a connection that another has opened, until it ends.
pub(super) async fn accepted(stream: TcpStream, tls: Option<AcceptTls>, served: Served) {
    let (id, events) = (served.id, served.events.clone());
    let _ = stream.set_nodelay(true);
    let why = match tls {
        None => serve(stream, true, served).await,
        Some(tls) => {
            let handshake = async {
                // The semaphore is never closed.
                let _turn = tls.turns.acquire().await.ok();
                let config = load(tls.server).await?;
                TlsAcceptor::from(config).accept(stream).await.map_err(|error| Why::of(&error))
            };
            match timeout(HANDSHAKE_WITHIN, handshake).await {
                Ok(Ok(stream)) => serve(stream, true, served).await,
                Ok(Err(why)) => why,
                Err(_) => Why::TimedOut,
            }
        }
    };
    debug!(connection = id.0, %why, "accepted connection ended");
    let _ = events.send(StreamEvent::Closed(id, why)).await;
}

/// A socket that a connection to a peer begins at, and what the peer will see of it. `bind` is the address of ours that
/// the peer knows, where there is one for all.
pub(super) fn socket(bind: Option<IpAddr>, remote: SocketAddr) -> io::Result<(TcpSocket, SocketAddr)> {
    let (socket, any) = match remote.is_ipv4() {
        true => (TcpSocket::new_v4()?, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        false => (TcpSocket::new_v6()?, IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
    };
    socket.bind(SocketAddr::new(bind.unwrap_or(any), 0))?;
    let local = local_for(socket.local_addr()?, remote);
    Ok((socket, local))
}

/// Opens a connection and serves it until it ends.
pub(super) async fn opened(socket: TcpSocket, tls: Option<ConnectTls>, served: Served) {
    let (id, remote, events) = (served.id, served.remote, served.events.clone());
    let why = match timeout(CONNECT_WITHIN, connect(socket, remote)).await {
        Ok(Ok(stream)) => match tls {
            None => serve(stream, false, served).await,
            Some(tls) => match timeout(HANDSHAKE_WITHIN, secure(stream, tls)).await {
                Ok(Ok(stream)) => serve(stream, false, served).await,
                Ok(Err(why)) => why,
                Err(_) => Why::TimedOut,
            },
        },
        Ok(Err(error)) => Why::of(&error),
        Err(_) => Why::TimedOut,
    };
    debug!(connection = id.0, %remote, %why, "connection ended");
    let _ = events.send(StreamEvent::Closed(id, why)).await;
}

async fn connect(socket: TcpSocket, remote: SocketAddr) -> io::Result<TcpStream> {
    let stream = socket.connect(remote).await?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn secure(stream: TcpStream, tls: ConnectTls) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Why> {
    let config = load(tls.profile).await?;
    let name = ServerName::try_from(tls.name.to_string())
        .map_err(|_| Why::TlsRefused(format!("no certificate can be for \"{}\"", tls.name)))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| Why::of(&error))
}

/// Certificates are files, and files may be slow.
async fn load<S, C>(loaded: Arc<Loaded<S, C>>) -> Result<Arc<C>, Why>
where
    S: super::tls::Load<C> + Send + Sync + 'static,
    C: Send + Sync + 'static,
{
    let loading = tokio::task::spawn_blocking(move || loaded.get());
    match loading.await {
        Ok(config) => config.map_err(Why::OwnCertificate),
        Err(error) => Err(Why::OwnCertificate(error.to_string())),
    }
}

/// What the reading half has the writing half say.
enum Reply {
    /// RFC 5626 4.4.1: a double CRLF is answered with a single one.
    Pong,
    /// Nothing can be read any further; None: nobody can be told.
    Last(Option<Bytes>),
}

/// Reads and writes until the connection ends; says why it did. `accepted`: the other side opened it.
async fn serve<S>(stream: S, accepted: bool, served: Served) -> Why
where
    S: AsyncRead + AsyncWrite,
{
    let Served { id, remote, outgoing, events } = served;
    let (reader, writer) = tokio::io::split(stream);
    let (replies, wanted) = mpsc::channel(1);
    let clock = Clock::start();
    let mut reading = Reading { id, remote, accepted, reader, events, replies, clock: &clock };
    let read = reading.run();
    tokio::pin!(read);
    let why = tokio::select! {
        why = &mut read => return why,
        why = write(writer, outgoing, wanted, &clock) => why,
    };
    match why {
        // What the other side said before it stopped listening tells more: an alert of TLS, mostly.
        Some(why) => timeout(LAST_WORDS_WITHIN, read).await.unwrap_or(why),
        None => Why::Closed,
    }
}

/// When something was last sent.
struct Clock {
    start: Instant,
    written: AtomicU64,
}

impl Clock {
    fn start() -> Clock {
        Clock { start: Instant::now(), written: AtomicU64::new(0) }
    }

    fn wrote(&self) {
        self.written.store(self.start.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn last_written(&self) -> Instant {
        self.start + Duration::from_millis(self.written.load(Ordering::Relaxed))
    }
}

struct Reading<'a, S> {
    id: ConnectionId,
    remote: SocketAddr,
    accepted: bool,
    reader: ReadHalf<S>,
    events: mpsc::Sender<StreamEvent>,
    replies: mpsc::Sender<Reply>,
    clock: &'a Clock,
}

impl<S: AsyncRead> Reading<'_, S> {
    async fn run(&mut self) -> Why {
        let mut framer = Framer::new(MAX_MESSAGE);
        let mut buffer = vec![0_u8; 16 * 1024];
        // The other side of a connection that we opened answers when it has something to say.
        let mut until = self.accepted.then(|| Instant::now() + FIRST_MESSAGE_WITHIN);
        let mut spoke = false;
        loop {
            let read = match until {
                Some(until) => timeout_at(until, self.reader.read(&mut buffer)).await,
                None => Ok(self.reader.read(&mut buffer).await),
            };
            match read {
                Ok(Ok(0)) => return Why::Closed,
                Ok(Ok(length)) => framer.push(&buffer[..length]),
                Ok(Err(error)) => return Why::of(&error),
                Err(_) => {
                    let idle_at = self.clock.last_written() + IDLE_FOR;
                    if !spoke || idle_at <= Instant::now() {
                        return Why::Closed;
                    }
                    until = Some(idle_at);
                    continue;
                }
            }
            loop {
                let event = match framer.next() {
                    Ok(Some(Frame::Message(bytes))) => {
                        spoke = true;
                        StreamEvent::Message(self.id, bytes)
                    }
                    Ok(Some(Frame::Ping)) => {
                        let _ = self.replies.try_send(Reply::Pong);
                        continue;
                    }
                    Ok(Some(Frame::Pong)) => StreamEvent::Alive(self.id),
                    Ok(None) => break,
                    Err(error) => {
                        debug!(remote = %self.remote, %error, "stream is not SIP");
                        let last = framer.rejected().and_then(|head| refusal(head, error, self.remote));
                        let _ = self.replies.send(Reply::Last(last)).await;
                        // What is left unread when the connection is closed would take the answer with it.
                        while self.reader.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
                        return Why::Closed;
                    }
                };
                if self.events.send(event).await.is_err() {
                    return Why::Closed;
                }
            }
            if self.accepted && spoke {
                until = Some(Instant::now() + IDLE_FOR);
            }
        }
    }
}

/// Writes until nothing more is to be written; gives why where that is not our own wish.
async fn write<S: AsyncWrite>(
    mut writer: WriteHalf<S>,
    mut outgoing: mpsc::Receiver<Bytes>,
    mut replies: mpsc::Receiver<Reply>,
    clock: &Clock,
) -> Option<Why> {
    let mut ending = false;
    while !ending {
        let bytes = tokio::select! {
            bytes = outgoing.recv() => bytes,
            Some(reply) = replies.recv() => match reply {
                Reply::Pong => Some(Bytes::from_static(b"\r\n")),
                Reply::Last(last) => {
                    ending = true;
                    last
                }
            },
        };
        let Some(bytes) = bytes else { break };
        clock.wrote();
        let sent = timeout(WRITE_WITHIN, async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        });
        match sent.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Some(Why::of(&error)),
            Err(_) => return Some(Why::TimedOut),
        }
    }
    let _ = timeout(LAST_WORDS_WITHIN, writer.shutdown()).await;
    ending.then_some(Why::Closed)
}

/// Answers a request whose length cannot be known (RFC 3261 18.3), as far as it can be read.
fn refusal(head: &Bytes, error: FrameError, remote: SocketAddr) -> Option<Bytes> {
    // Its length is what is wrong with it: it is read without.
    let lines = head.split(|byte| *byte == b'\n').filter(|line| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
        !(name.eq_ignore_ascii_case(b"Content-Length") || name.eq_ignore_ascii_case(b"l"))
    });
    let head = lines.collect::<Vec<_>>().join(&b'\n');
    let request = Message::parse(head.into()).ok()?;
    if !request.is_request() || request.method() == Some(Method::Ack) {
        return None;
    }
    request.top_via().ok()?;
    let mut tag = [0; 8];
    getrandom::fill(&mut tag).ok()?;
    let tag = format!("{:016x}", u64::from_be_bytes(tag));
    let response = Builder::response_from(&request, error.status(), &error.to_string(), Some(&tag), remote);
    Some(response.finish())
}
