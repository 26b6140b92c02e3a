//! All browsers send to one port. Every worker has a socket at it, and the system always gives the packets of one
//! remote address to the same of them. A browser's session is made before its address is known, so it moves to the
//! worker where its browser turns up. A browser may go on from another of its addresses, and so at another worker: what
//! comes there is passed on.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use offhook_media::session::{Channel, Leg, Side};
use offhook_media::webrtc::{IceCredentials, stun_ufrag};
use rustc_hash::FxHashMap;
use socket2::{Domain, Protocol, Socket, Type};
use tracing::debug;

use super::entry::Sockets;
use super::run::Worker;
use super::stream::Connection;
use super::{Command, Why, home};
use crate::call::cause::CauseCode;
use crate::call::effect::MediaInput;

/// Packets taken from the port before the calls' own sockets have their turn.
const BATCH: usize = 64;
/// Socket buffer for all browsers of a worker.
const BROWSER_BUFFER: usize = 4 * 1024 * 1024;
/// Addresses of other workers' browsers remembered.
const MAX_ELSEWHERE: usize = 10_000;
/// Addresses one browser may send from: it changes networks rarely.
const MAX_REMOTES: usize = 8;
/// Workers that a packet may pass through while its call moves.
const MAX_HOPS: u8 = 4;

/// The way that a browser's packets come, and ours must go.
#[derive(Debug, Clone)]
pub(super) enum Path {
    /// One of the UDP sockets for browsers.
    Udp(usize),
    /// A TCP connection.
    Tcp(Arc<Connection>),
}

impl Path {
    fn channel(&self) -> Channel {
        match self {
            Path::Udp(_) => Channel::Mux,
            Path::Tcp(_) => Channel::MuxTcp,
        }
    }
}

/// A browser's packet on its way between workers.
#[derive(Debug)]
pub(in super::super) struct Packet {
    pub(super) path: Path,
    pub(super) from: SocketAddr,
    pub(super) bytes: Vec<u8>,
}

/// A side's browser.
#[derive(Debug)]
pub(super) struct Browser {
    pub(super) ufrag: String,
    pub(super) remotes: Vec<Remote>,
    /// Whether other workers were told who has it.
    pub(super) moved: bool,
}

/// An address of a browser.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    pub(super) address: SocketAddr,
    path: Path,
    /// The worker that the system gives its packets to.
    pub(super) at: usize,
}

impl Browser {
    /// The way that packets to an address go.
    pub(super) fn path_to(&self, to: SocketAddr) -> Option<&Path> {
        self.remotes.iter().find(|remote| remote.address == to).map(|remote| &remote.path)
    }
}

/// The browsers that a worker has or knows of.
#[derive(Debug, Default)]
pub(super) struct Browsers {
    /// Places of the worker's own.
    pub(super) by_remote: FxHashMap<SocketAddr, (usize, Side)>,
    pub(super) by_ufrag: FxHashMap<String, (usize, Side)>,
    /// Addresses of other workers' browsers.
    pub(super) elsewhere: FxHashMap<SocketAddr, usize>,
}

impl Browsers {
    /// Notes who has the browser at an address.
    pub(super) fn set_elsewhere(&mut self, remote: SocketAddr, owner: Option<usize>, own: usize) {
        match owner.filter(|&owner| owner != own) {
            Some(owner) => {
                if self.elsewhere.len() >= MAX_ELSEWHERE {
                    // Those that live say their names again within seconds.
                    self.elsewhere.clear();
                }
                self.elsewhere.insert(remote, owner);
            }
            None => drop(self.elsewhere.remove(&remote)),
        }
    }
}

impl Worker {
    /// Takes packets from the port.
    pub(super) fn receive_browsers(&mut self, socket: usize, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for _ in 0..BATCH {
            let Some(port) = self.out.browsers.get(socket) else { break };
            match port.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    self.browser_packet((self.index, 0), &Path::Udp(socket), from, &buffer[..length], now);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {}
            }
        }
        self.buffer = buffer;
    }

    /// A packet from a browser: found by its address, or by the name in its connectivity check. It came in at a worker,
    /// and has been passed on so many times.
    pub(super) fn browser_packet(
        &mut self,
        (at, hops): (usize, u8),
        path: &Path,
        from: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) {
        let ufrag = stun_ufrag(bytes);
        let named = ufrag.and_then(|ufrag| self.browsers.by_ufrag.get(ufrag).copied());
        let Some((key, side)) = named.or_else(|| self.browsers.by_remote.get(&from).copied()) else {
            return self.pass_on((at, hops), ufrag, Packet { path: path.clone(), from, bytes: bytes.to_vec() });
        };
        let Some(entry) = self.entries.get_mut(key) else { return };
        if let Some(browser) = &mut entry.sides[side as usize].browser {
            match browser.remotes.iter_mut().find(|remote| remote.address == from) {
                Some(known) => {
                    known.at = at;
                    known.path.clone_from(path);
                }
                None if named.is_some() => {
                    let dropped = (browser.remotes.len() >= MAX_REMOTES).then(|| browser.remotes.remove(0));
                    browser.remotes.push(Remote { address: from, path: path.clone(), at });
                    self.browsers.by_remote.insert(from, (key, side));
                    self.browsers.set_elsewhere(from, None, self.index);
                    let moved = browser.moved;
                    self.unlearn(dropped, moved);
                }
                None => {}
            }
        }
        self.step(key, now, |session| session.handle_packet(side, path.channel(), from, bytes, now));
    }

    /// A packet that is not for a browser of this worker: for one of another worker, or nobody's.
    fn pass_on(&mut self, (at, hops): (usize, u8), ufrag: Option<&str>, packet: Packet) {
        // What is on its way here is still with whoever had it.
        let named = ufrag.and_then(|ufrag| self.shared.get(ufrag)).filter(|&owner| owner != self.index);
        let Some(owner) = named.or_else(|| self.browsers.elsewhere.get(&packet.from).copied()) else { return };
        if hops >= MAX_HOPS {
            return;
        }
        if named.is_some() {
            self.browsers.set_elsewhere(packet.from, Some(owner), self.index);
        }
        self.others[owner].send(Command::Passed { at, hops: hops + 1, packet });
    }

    /// A packet that came in at worker `at`. Where it is a browser's first sign of life its session moves there.
    pub(super) fn passed(&mut self, at: usize, hops: u8, packet: Packet, now: Instant) {
        let named = stun_ufrag(&packet.bytes).and_then(|ufrag| self.browsers.by_ufrag.get(ufrag).copied());
        if let Some((key, side)) = named
            && let Some(entry) = self.entries.get_mut(key)
            && !entry.settled
            && entry.sides[side as usize].browser.as_ref().is_some_and(|browser| browser.remotes.is_empty())
        {
            entry.settled = true;
            let call = entry.call;
            let command = Command::Move { call, to: at, why: Why::Browser(packet) };
            return self.others[home(call, self.others.len())].send(command);
        }
        self.browser_packet((at, hops), &packet.path, packet.from, &packet.bytes, now);
    }

    /// A browser for a side, in place of the one it had.
    pub(super) fn add_browser(&mut self, key: usize, side: Side, ufrag: &str) {
        self.shared.set(ufrag, Some(self.index));
        self.browsers.by_ufrag.insert(ufrag.to_owned(), (key, side));
        let browser = Browser { ufrag: ufrag.to_owned(), remotes: Vec::new(), moved: false };
        let sockets = Sockets { browser: Some(browser), ..Sockets::default() };
        let had = std::mem::replace(&mut self.entries[key].sides[side as usize], sockets);
        self.forget(had.browser);
    }

    /// A browser's offer for another network path: from now on its checks say another name.
    pub(super) fn restart_browser(
        &mut self,
        key: usize,
        side: Side,
        offer: &str,
        credentials: IceCredentials,
        now: Instant,
    ) {
        let mut answer = None;
        self.step(key, now, |session| answer = session.restart_webrtc(side, offer, credentials, now));
        let entry = &mut self.entries[key];
        let call = entry.call;
        let event = match answer {
            Some(Ok(sdp)) => {
                if let (Some(Leg::WebRtc(leg)), Some(browser)) =
                    (entry.session.leg(side), &mut entry.sides[side as usize].browser)
                {
                    let ufrag = leg.local_ufrag().to_owned();
                    let before = std::mem::replace(&mut browser.ufrag, ufrag.clone());
                    self.shared.set(&before, None);
                    self.browsers.by_ufrag.remove(&before);
                    self.shared.set(&ufrag, Some(self.index));
                    self.browsers.by_ufrag.insert(ufrag, (key, side));
                }
                MediaInput::Described { sdp: sdp.into(), codec: None, held: false }
            }
            Some(Err(error)) => {
                debug!(%call, %error, "browser's offer for another path");
                MediaInput::Refused { cause: CauseCode::InvalidSdp }
            }
            None => MediaInput::Refused { cause: CauseCode::NotPossibleNow },
        };
        self.out.tell(call, side, event);
    }

    /// A browser is gone.
    pub(super) fn forget(&mut self, browser: Option<Browser>) {
        let Some(browser) = browser else { return };
        self.shared.set(&browser.ufrag, None);
        self.browsers.by_ufrag.remove(&browser.ufrag);
        self.unlearn(browser.remotes, browser.moved);
    }

    /// Addresses that a browser has no more: those who pass on what comes from there need to know.
    fn unlearn(&mut self, remotes: impl IntoIterator<Item = Remote>, moved: bool) {
        for remote in remotes {
            self.browsers.by_remote.remove(&remote.address);
            for (index, other) in self.others.iter().enumerate() {
                if index != self.index && (moved || index == remote.at) {
                    other.send(Command::Elsewhere { remote: remote.address, owner: None });
                }
            }
        }
    }
}

/// Opens the browsers' port. The first socket finds out whether another program has it; the others share it.
pub(super) fn bind_browser_port(address: SocketAddr, first: bool) -> io::Result<UdpSocket> {
    if first {
        drop(UdpSocket::bind(address)?);
    }
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_port(true)?;
    let _ = socket.set_recv_buffer_size(BROWSER_BUFFER);
    let _ = socket.set_send_buffer_size(BROWSER_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}
