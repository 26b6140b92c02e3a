//! All browsers send to one port. Every worker has a socket at it, and the system always gives the packets of one
//! remote address to the same of them. A browser's session is made before its address is known, so it moves to the
//! worker where its browser turns up. A browser may go on from another of its addresses, and so at another worker: what
//! comes there is passed on.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use offhook_media::session::{Channel, Side};
use offhook_media::webrtc::stun_ufrag;
use rustc_hash::FxHashMap;
use socket2::{Domain, Protocol, Socket, Type};

use super::run::Worker;
use super::{Command, Why, home};

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

/// A browser's packet on its way between workers.
#[derive(Debug)]
pub(in super::super) struct Packet {
    pub(super) socket: usize,
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Remote {
    pub(super) address: SocketAddr,
    /// The socket that its packets arrive at and ours must leave by.
    socket: usize,
    /// The worker that the system gives its packets to.
    pub(super) at: usize,
}

impl Browser {
    /// The socket that packets to an address leave by.
    pub(super) fn socket_for(&self, to: SocketAddr) -> usize {
        self.remotes.iter().find(|remote| remote.address == to).map_or(0, |remote| remote.socket)
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
                Ok((length, from)) => self.browser_packet((self.index, 0), socket, from, &buffer[..length], now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {}
            }
        }
        self.buffer = buffer;
    }

    /// A packet from a browser: found by its address, or by the name in its connectivity check. It came in at a worker,
    /// and has been passed on so many times.
    fn browser_packet(&mut self, (at, hops): (usize, u8), socket: usize, from: SocketAddr, bytes: &[u8], now: Instant) {
        let ufrag = stun_ufrag(bytes);
        let named = ufrag.and_then(|ufrag| self.browsers.by_ufrag.get(ufrag).copied());
        let Some((key, side)) = named.or_else(|| self.browsers.by_remote.get(&from).copied()) else {
            return self.pass_on((at, hops), ufrag, Packet { socket, from, bytes: bytes.to_vec() });
        };
        let Some(entry) = self.entries.get_mut(key) else { return };
        if let Some(browser) = &mut entry.sides[side as usize].browser {
            match browser.remotes.iter_mut().find(|remote| remote.address == from) {
                Some(known) => (known.socket, known.at) = (socket, at),
                None if named.is_some() => {
                    let dropped = (browser.remotes.len() >= MAX_REMOTES).then(|| browser.remotes.remove(0));
                    browser.remotes.push(Remote { address: from, socket, at });
                    self.browsers.by_remote.insert(from, (key, side));
                    self.browsers.set_elsewhere(from, None, self.index);
                    let moved = browser.moved;
                    self.unlearn(dropped, moved);
                }
                None => {}
            }
        }
        self.step(key, now, |session| session.handle_packet(side, Channel::Mux, from, bytes, now));
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
        self.browser_packet((at, hops), packet.socket, packet.from, &packet.bytes, now);
    }

    /// A browser for a side, in place of the one it had.
    pub(super) fn add_browser(&mut self, key: usize, side: Side, ufrag: &str) {
        self.shared.set(ufrag, Some(self.index));
        self.browsers.by_ufrag.insert(ufrag.to_owned(), (key, side));
        let browser = Browser { ufrag: ufrag.to_owned(), remotes: Vec::new(), moved: false };
        let replaced = self.entries[key].sides[side as usize].browser.replace(browser);
        self.forget(replaced);
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
