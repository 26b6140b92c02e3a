//! The threads that move audio. Each has its own sessions and sockets and shares no lock with another on the way
//! of a packet.
//!
//! All browsers send to one port. Every worker has a socket at it, and the system always gives the packets of one
//! remote address to the same of them. The session is made before that address is known, so it moves to the worker
//! where its browser turns up. A browser may go on from another of its addresses, and so at another worker: what
//! comes there is passed on.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use std::{cmp::Reverse, collections::BinaryHeap};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use offhook_media::LegStats;
use offhook_media::rtp_leg::RtpLeg;
use offhook_media::sdp::Negotiated;
use offhook_media::session::{Channel, Event, Leg, Output, Session, Side, Source};
use offhook_media::webrtc::{WebRtcLeg, stun_ufrag};
use rustc_hash::FxHashMap;
use slab::Slab;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::mpsc as events;
use tracing::{debug, error, warn};

use super::{MediaError, MediaEvent};
use crate::call::cause::CauseCode;
use crate::call::effect::MediaInput;
use crate::ids::CallId;
use crate::net::figures::LegFigures;

/// Largest packet taken: an Ethernet frame's worth.
const MAX_PACKET: usize = 2048;
/// Packets taken from one socket before the others have their turn.
const BATCH: usize = 64;
/// Socket buffer for all browsers of a worker.
const BROWSER_BUFFER: usize = 4 * 1024 * 1024;
/// Addresses of other workers' browsers remembered.
const MAX_ELSEWHERE: usize = 10_000;
/// Addresses one browser may send from: it changes networks rarely.
const MAX_REMOTES: usize = 8;

/// What a worker is told.
#[derive(Debug)]
pub(super) enum Command {
    /// Sockets for a side towards a PBX.
    Sockets { call: CallId, side: Side, rtp: std::net::UdpSocket, rtcp: std::net::UdpSocket },
    /// What was negotiated with a PBX; also a new agreement in a running call.
    Rtp { call: CallId, side: Side, negotiated: Negotiated },
    /// Another peer for a side towards a PBX, with sockets of its own.
    Replace { call: CallId, side: Side, rtp: std::net::UdpSocket, rtcp: std::net::UdpSocket, negotiated: Negotiated },
    /// A browser's leg.
    Browser { call: CallId, side: Side, leg: Box<WebRtcLeg> },
    /// What a side hears.
    Play { call: CallId, side: Side, source: Source },
    /// DTMF towards a side.
    Digits { call: CallId, side: Side, digits: String },
    /// Tell when the browser's path stands, or that it does.
    Confirm { call: CallId },
    /// Audio should come from both sides.
    Expect { call: CallId },
    /// Tell the figures of all legs.
    Report { reply: events::UnboundedSender<LegFigures> },
    /// The call is over.
    Close { call: CallId },
    /// A packet for a browser of this worker that came in at another one.
    Passed { at: usize, packet: Packet },
    /// A session given away by another worker, and the packet that made it move.
    Adopt { entry: Box<Entry>, packet: Packet },
}

/// A browser's packet on its way between workers.
#[derive(Debug)]
pub(super) struct Packet {
    socket: usize,
    from: SocketAddr,
    bytes: Vec<u8>,
}

/// Which worker has which browser. Read only when a browser sends from an address not seen before.
#[derive(Debug, Default)]
struct Directory {
    by_ufrag: RwLock<FxHashMap<String, usize>>,
}

impl Directory {
    fn set(&self, ufrag: &str, worker: Option<usize>) {
        let mut by_ufrag = self.by_ufrag.write().unwrap_or_else(PoisonError::into_inner);
        match worker {
            Some(worker) => by_ufrag.insert(ufrag.to_owned(), worker),
            None => by_ufrag.remove(ufrag),
        };
    }

    fn get(&self, ufrag: &str) -> Option<usize> {
        self.by_ufrag.read().unwrap_or_else(PoisonError::into_inner).get(ufrag).copied()
    }
}

/// The threads, as the media server sees them.
#[derive(Debug)]
pub(super) struct Workers {
    inboxes: Vec<Inbox>,
    /// Those with commands that they have not been woken for.
    asleep: Vec<bool>,
}

#[derive(Debug, Clone)]
struct Inbox {
    sender: Sender<Command>,
    waker: Arc<Waker>,
}

impl Inbox {
    fn send(&self, command: Command) {
        // The thread ends only when every sender is gone.
        if self.sender.send(command).is_ok() {
            self.wake();
        }
    }

    fn wake(&self) {
        let _ = self.waker.wake();
    }
}

impl Workers {
    /// Starts `count` threads that all listen for browsers at `addresses`.
    pub(super) fn start(
        count: usize,
        addresses: &[SocketAddr],
        events: events::Sender<MediaEvent>,
    ) -> Result<Workers, MediaError> {
        let mut inboxes = Vec::new();
        let mut parts = Vec::new();
        for _ in 0..count {
            let poll = Poll::new().map_err(MediaError::Thread)?;
            let waker = Waker::new(poll.registry(), WAKE).map_err(MediaError::Thread)?;
            let (sender, receiver) = mpsc::channel();
            inboxes.push(Inbox { sender, waker: Arc::new(waker) });
            parts.push((poll, receiver));
        }
        let shared = Arc::<Directory>::default();
        for (index, (poll, inbox)) in parts.into_iter().enumerate() {
            let mut browsers = Vec::new();
            for (place, &address) in addresses.iter().enumerate() {
                let bound = bind_browser_port(address, index == 0).and_then(|mut socket| {
                    poll.registry().register(&mut socket, Token(place), Interest::READABLE)?;
                    Ok(socket)
                });
                browsers.push(bound.map_err(|source| MediaError::Bind { address, source })?);
            }
            let worker = Worker {
                index,
                poll,
                inbox,
                others: inboxes.clone(),
                shared: shared.clone(),
                events: events.clone(),
                browsers,
                sockets: Slab::new(),
                entries: FxHashMap::default(),
                by_remote: FxHashMap::default(),
                by_ufrag: FxHashMap::default(),
                elsewhere: FxHashMap::default(),
                moved: FxHashMap::default(),
                timers: BinaryHeap::new(),
                unfinished: Vec::new(),
                buffer: vec![0; MAX_PACKET].into_boxed_slice(),
            };
            std::thread::Builder::new()
                .name(format!("media-{index}"))
                .spawn(move || worker.run())
                .map_err(MediaError::Thread)?;
        }
        let asleep = vec![false; inboxes.len()];
        Ok(Workers { inboxes, asleep })
    }

    pub(super) fn count(&self) -> usize {
        self.inboxes.len()
    }

    /// Gives a command to a worker, which sees it after [`Workers::wake`]: waking a thread costs more than most
    /// commands do, and they come several at a time.
    pub(super) fn send(&mut self, worker: usize, command: Command) {
        if let Some(inbox) = self.inboxes.get(worker) {
            self.asleep[worker] |= inbox.sender.send(command).is_ok();
        }
    }

    /// Wakes the workers that have commands.
    pub(super) fn wake(&mut self) {
        for (inbox, asleep) in self.inboxes.iter().zip(&mut self.asleep) {
            if std::mem::take(asleep) {
                inbox.wake();
            }
        }
    }
}

const WAKE: Token = Token(usize::MAX);

/// One call's media on a worker.
#[derive(Debug)]
pub(super) struct Entry {
    call: CallId,
    session: Session,
    sides: [SideSockets; 2],
    connected: bool,
    /// Whether it has moved to another worker already.
    moved: bool,
    /// The earliest time in the worker's timers for it.
    wake: Option<Instant>,
}

#[derive(Debug, Default)]
struct SideSockets {
    rtp: Option<(UdpSocket, Option<usize>)>,
    rtcp: Option<(UdpSocket, Option<usize>)>,
    browser: Option<Browser>,
}

#[derive(Debug)]
struct Browser {
    ufrag: String,
    /// Its addresses, each with the socket that its packets arrive at and ours must leave by.
    remotes: Vec<(SocketAddr, usize)>,
}

/// A registered socket: whose it is.
type Owner = (CallId, Side, Channel);

struct Worker {
    index: usize,
    poll: Poll,
    inbox: Receiver<Command>,
    others: Vec<Inbox>,
    shared: Arc<Directory>,
    events: events::Sender<MediaEvent>,
    browsers: Vec<UdpSocket>,
    sockets: Slab<Owner>,
    entries: FxHashMap<CallId, Box<Entry>>,
    by_remote: FxHashMap<SocketAddr, (CallId, Side)>,
    by_ufrag: FxHashMap<String, (CallId, Side)>,
    /// Addresses of other workers' browsers.
    elsewhere: FxHashMap<SocketAddr, usize>,
    /// Calls given away: their commands are passed on.
    moved: FxHashMap<CallId, usize>,
    timers: BinaryHeap<Reverse<(Instant, CallId)>>,
    /// Sockets that had more packets than one batch.
    unfinished: Vec<usize>,
    buffer: Box<[u8]>,
}

impl Worker {
    fn run(mut self) {
        let mut ready = Events::with_capacity(1024);
        loop {
            let wait = if self.unfinished.is_empty() {
                self.timers.peek().map(|Reverse((at, _))| at.saturating_duration_since(Instant::now()))
            } else {
                Some(Duration::ZERO)
            };
            match self.poll.poll(&mut ready, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    error!(%error, worker = self.index, "media thread ends: its poll failed");
                    return;
                }
            }
            for token in std::mem::take(&mut self.unfinished) {
                self.receive(token);
            }
            for event in ready.iter() {
                if event.token() != WAKE {
                    self.receive(event.token().0);
                }
            }
            loop {
                match self.inbox.try_recv() {
                    Ok(command) => self.command(command, Instant::now()),
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return,
                }
            }
            self.timeouts(Instant::now());
        }
    }

    fn timeouts(&mut self, now: Instant) {
        while let Some(&Reverse((at, call))) = self.timers.peek() {
            if at > now {
                break;
            }
            self.timers.pop();
            // A timer that was overtaken by an earlier one says nothing.
            let due = self.entries.get_mut(&call).is_some_and(|entry| entry.wake.take_if(|wake| *wake == at).is_some());
            if due {
                self.with(call, now, |session| session.handle_timeout(now));
            }
        }
    }

    /// Takes packets from a socket.
    fn receive(&mut self, token: usize) {
        if token < self.browsers.len() {
            return self.receive_browsers(token);
        }
        let Some(&(call, side, channel)) = self.sockets.get(token - self.browsers.len()) else { return };
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut more = false;
        if let Some(mut entry) = self.entries.remove(&call) {
            more = true;
            for _ in 0..BATCH {
                let socket = match channel {
                    Channel::Rtcp => &entry.sides[side as usize].rtcp,
                    Channel::Rtp | Channel::Mux => &entry.sides[side as usize].rtp,
                };
                let Some((socket, _)) = socket else {
                    more = false;
                    break;
                };
                match socket.recv_from(&mut buffer) {
                    Ok((length, from)) => {
                        let now = Instant::now();
                        entry.session.handle_packet(side, channel, from, &buffer[..length], now);
                        self.drain(&mut entry, now);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        more = false;
                        break;
                    }
                    // The peer's port is closed, says ICMP: it may open again, and SIP ends the call otherwise.
                    Err(_) => {}
                }
            }
            self.entries.insert(call, entry);
        }
        self.buffer = buffer;
        if more {
            self.unfinished.push(token);
        }
    }

    fn receive_browsers(&mut self, token: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut more = true;
        for _ in 0..BATCH {
            match self.browsers[token].recv_from(&mut buffer) {
                Ok((length, from)) => self.browser_packet(token, from, &buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    more = false;
                    break;
                }
                Err(_) => {}
            }
        }
        self.buffer = buffer;
        if more {
            self.unfinished.push(token);
        }
    }

    /// A packet from a browser: found by its address, or by the name in its connectivity check.
    fn browser_packet(&mut self, socket: usize, from: SocketAddr, bytes: &[u8]) {
        let now = Instant::now();
        let ufrag = stun_ufrag(bytes);
        let named = ufrag.and_then(|ufrag| self.by_ufrag.get(ufrag).copied());
        let Some((call, side)) = named.or_else(|| self.by_remote.get(&from).copied()) else {
            return self.pass_on(ufrag, Packet { socket, from, bytes: bytes.to_vec() });
        };
        let Some(mut entry) = self.entries.remove(&call) else { return };
        if let Some(browser) = &mut entry.sides[side as usize].browser {
            match browser.remotes.iter_mut().find(|(remote, _)| *remote == from) {
                Some((_, known)) => *known = socket,
                None if named.is_some() => {
                    if browser.remotes.len() >= MAX_REMOTES {
                        let (oldest, _) = browser.remotes.remove(0);
                        self.by_remote.remove(&oldest);
                    }
                    browser.remotes.push((from, socket));
                    self.by_remote.insert(from, (call, side));
                }
                None => {}
            }
        }
        entry.session.handle_packet(side, Channel::Mux, from, bytes, now);
        self.drain(&mut entry, now);
        self.entries.insert(call, entry);
    }

    fn command(&mut self, command: Command, now: Instant) {
        let call = match &command {
            Command::Sockets { call, .. }
            | Command::Rtp { call, .. }
            | Command::Replace { call, .. }
            | Command::Browser { call, .. }
            | Command::Play { call, .. }
            | Command::Digits { call, .. }
            | Command::Confirm { call }
            | Command::Expect { call }
            | Command::Close { call } => Some(*call),
            Command::Report { .. } | Command::Passed { .. } | Command::Adopt { .. } => None,
        };
        if let Some(&owner) = call.as_ref().and_then(|call| self.moved.get(call)) {
            if let Command::Close { call } = &command {
                self.moved.remove(call);
            }
            return self.others[owner].send(command);
        }
        match command {
            Command::Sockets { call, side, rtp, rtcp } => self.add_sockets(call, side, rtp, rtcp),
            Command::Rtp { call, side, negotiated } => self.with(call, now, |session| match session.leg(side) {
                Some(_) => session.update_rtp(side, negotiated, now),
                None => session.set_leg(side, Leg::Rtp(RtpLeg::new(negotiated)), now),
            }),
            Command::Replace { call, side, rtp, rtcp, negotiated } => {
                // Its goodbye leaves by the sockets it had.
                self.with(call, now, |session| session.clear_leg(side));
                self.add_sockets(call, side, rtp, rtcp);
                self.with(call, now, |session| session.set_leg(side, Leg::Rtp(RtpLeg::new(negotiated)), now));
            }
            Command::Browser { call, side, leg } => {
                let ufrag = leg.local_ufrag().to_owned();
                self.shared.set(&ufrag, Some(self.index));
                self.by_ufrag.insert(ufrag.clone(), (call, side));
                let browser = Browser { ufrag, remotes: Vec::new() };
                let replaced = self.entry(call).sides[side as usize].browser.replace(browser);
                self.forget(replaced);
                self.with(call, now, |session| session.set_leg(side, Leg::WebRtc(leg), now));
            }
            Command::Play { call, side, source } => {
                self.with(call, now, |session| session.set_source(side, source, now));
            }
            Command::Digits { call, side, digits } => {
                self.with(call, now, |session| session.send_digits(side, &digits, now));
            }
            Command::Confirm { call } => {
                if self.entries.get(&call).is_some_and(|entry| entry.connected) {
                    self.tell(call, Side::A, MediaInput::Connected);
                }
            }
            Command::Expect { call } => self.with(call, now, |session| {
                session.expect_audio(Side::A, true, now);
                session.expect_audio(Side::B, true, now);
            }),
            Command::Report { reply } => {
                for entry in self.entries.values() {
                    for (side, stats) in figures(&entry.session) {
                        // Fails where nobody waits for them any more.
                        let _ = reply.send(LegFigures { call: entry.call, side, stats });
                    }
                }
            }
            Command::Close { call } => self.close(call, now),
            Command::Passed { at, packet } => self.passed(at, packet),
            Command::Adopt { entry, packet } => self.adopt(entry, packet, now),
        }
    }

    fn entry(&mut self, call: CallId) -> &mut Entry {
        self.entries.entry(call).or_insert_with(|| {
            let mut seed = [0; 8];
            // Without random numbers the stream's numbers are merely guessable; SRTP does not depend on them.
            let _ = getrandom::fill(&mut seed);
            Box::new(Entry {
                call,
                session: Session::new(u64::from_ne_bytes(seed)),
                sides: Default::default(),
                connected: false,
                moved: false,
                wake: None,
            })
        })
    }

    /// Does something to a call's session and sends what comes of it.
    fn with(&mut self, call: CallId, now: Instant, step: impl FnOnce(&mut Session)) {
        self.entry(call);
        let Some(mut entry) = self.entries.remove(&call) else { return };
        step(&mut entry.session);
        self.drain(&mut entry, now);
        self.entries.insert(call, entry);
    }

    fn drain(&mut self, entry: &mut Entry, now: Instant) {
        let Entry { session, sides, .. } = entry;
        let wake = loop {
            match session.poll_output() {
                Output::Transmit { side, channel, to, bytes } => {
                    let side = &sides[side as usize];
                    // A packet that the system cannot take now would be late anyway.
                    let _ = match channel {
                        Channel::Rtp => side.rtp.as_ref().map(|(socket, _)| socket.send_to(bytes, to)),
                        Channel::Rtcp => side.rtcp.as_ref().map(|(socket, _)| socket.send_to(bytes, to)),
                        Channel::Mux => {
                            let remotes = side.browser.as_ref().map_or(&[][..], |browser| &browser.remotes);
                            let known =
                                remotes.iter().find(|(remote, _)| *remote == to).map_or(0, |&(_, socket)| socket);
                            let socket = self.browsers.get(known);
                            socket.map(|socket| socket.send_to(bytes, to))
                        }
                    };
                }
                Output::Event(event) => {
                    let (side, event) = match event {
                        Event::Connected(side) => {
                            entry.connected = true;
                            (side, MediaInput::Connected)
                        }
                        Event::Lost(side) => {
                            let cause =
                                if entry.connected { CauseCode::ClientLost } else { CauseCode::MediaNotConnected };
                            (side, MediaInput::Lost { cause })
                        }
                        Event::Digit { side, digit, .. } => (side, MediaInput::Digit { digit }),
                        Event::Silent { side, from, never } => (side, MediaInput::Silent { from, never }),
                        Event::Heard(side) => (side, MediaInput::Heard),
                        Event::Transcoding { side, from, to } => {
                            debug!(call = %entry.call, ?side, %from, %to, "transcoding");
                            continue;
                        }
                        _ => continue,
                    };
                    let news = MediaEvent { call: entry.call, side, event };
                    if self.events.try_send(news).is_err() {
                        warn!(call = %entry.call, "the core does not keep up with media events");
                    }
                }
                Output::Recorded(_) | Output::RecordingDone(_) => {}
                Output::Timeout(wake) => break wake,
            }
        };
        if let Some(wake) = wake {
            // Never now or earlier, so that a session that is always due cannot hold the thread.
            let wake = wake.max(now + Duration::from_micros(100));
            if entry.wake.is_none_or(|earlier| wake < earlier) {
                entry.wake = Some(wake);
                self.timers.push(Reverse((wake, entry.call)));
            }
        }
    }

    fn tell(&self, call: CallId, side: Side, event: MediaInput) {
        if self.events.try_send(MediaEvent { call, side, event }).is_err() {
            warn!(%call, "the core does not keep up with media events");
        }
    }

    fn add_sockets(&mut self, call: CallId, side: Side, rtp: std::net::UdpSocket, rtcp: std::net::UdpSocket) {
        let rtp = self.register((call, side, Channel::Rtp), UdpSocket::from_std(rtp));
        let rtcp = self.register((call, side, Channel::Rtcp), UdpSocket::from_std(rtcp));
        let sockets = &mut self.entry(call).sides[side as usize];
        let replaced = [sockets.rtp.replace(rtp), sockets.rtcp.replace(rtcp)];
        for mut socket in replaced.into_iter().flatten() {
            self.deregister(&mut socket);
        }
    }

    fn register(&mut self, owner: Owner, mut socket: UdpSocket) -> (UdpSocket, Option<usize>) {
        let place = self.sockets.insert(owner);
        let token = Token(place + self.browsers.len());
        if let Err(error) = self.poll.registry().register(&mut socket, token, Interest::READABLE) {
            warn!(%error, call = %owner.0, "RTP socket cannot be polled");
            self.sockets.remove(place);
            return (socket, None);
        }
        (socket, Some(place))
    }

    fn deregister(&mut self, (socket, place): &mut (UdpSocket, Option<usize>)) {
        let _ = self.poll.registry().deregister(socket);
        if let Some(place) = place.take() {
            self.sockets.try_remove(place);
        }
    }

    fn close(&mut self, call: CallId, now: Instant) {
        let Some(mut entry) = self.entries.remove(&call) else {
            return self.tell(call, Side::A, MediaInput::Ended);
        };
        for (side, stats) in figures(&entry.session) {
            self.tell(call, side, MediaInput::LegEnded { stats: Box::new(stats) });
        }
        self.tell(call, Side::A, MediaInput::Ended);
        for side in [Side::A, Side::B] {
            entry.session.clear_leg(side);
        }
        self.drain(&mut entry, now);
        for side in &mut entry.sides {
            // Closing a socket takes it out of the poll.
            for (_, place) in [&side.rtp, &side.rtcp].into_iter().flatten() {
                place.and_then(|place| self.sockets.try_remove(place));
            }
            self.forget(side.browser.take());
        }
    }

    /// Takes an entry's sockets out of this worker's poll.
    fn detach(&mut self, entry: &mut Entry) {
        for side in &mut entry.sides {
            for socket in [&mut side.rtp, &mut side.rtcp].into_iter().flatten() {
                self.deregister(socket);
            }
        }
    }

    fn forget(&mut self, browser: Option<Browser>) {
        let Some(browser) = browser else { return };
        self.shared.set(&browser.ufrag, None);
        self.by_ufrag.remove(&browser.ufrag);
        for (remote, _) in browser.remotes {
            self.by_remote.remove(&remote);
        }
    }

    /// A packet that is not for a browser of this worker: for one of another worker, or nobody's.
    fn pass_on(&mut self, ufrag: Option<&str>, packet: Packet) {
        let named = ufrag.and_then(|ufrag| self.shared.get(ufrag));
        let Some(owner) = named.or_else(|| self.elsewhere.get(&packet.from).copied()) else { return };
        if owner == self.index {
            return;
        }
        if named.is_some() {
            if self.elsewhere.len() >= MAX_ELSEWHERE {
                // Those that live say their names again within seconds.
                self.elsewhere.clear();
            }
            self.elsewhere.insert(packet.from, owner);
        }
        self.others[owner].send(Command::Passed { at: self.index, packet });
    }

    /// A packet that came in at worker `at`. Where it is a browser's first sign of life its session moves there.
    fn passed(&mut self, at: usize, packet: Packet) {
        let named = stun_ufrag(&packet.bytes).and_then(|ufrag| self.by_ufrag.get(ufrag).copied());
        let fresh = named.filter(|&(call, side)| {
            self.entries.get(&call).is_some_and(|entry| {
                let browser = entry.sides[side as usize].browser.as_ref();
                !entry.moved && browser.is_some_and(|browser| browser.remotes.is_empty())
            })
        });
        match fresh {
            Some((call, _)) => self.give(call, at, packet),
            None if named.is_some() || self.by_remote.contains_key(&packet.from) => {
                self.browser_packet(packet.socket, packet.from, &packet.bytes);
            }
            // Its call is over; passing it on again would only send it round.
            None => {}
        }
    }

    fn give(&mut self, call: CallId, to: usize, packet: Packet) {
        let Some(mut entry) = self.entries.remove(&call) else { return };
        entry.moved = true;
        entry.wake = None;
        self.detach(&mut entry);
        for browser in entry.sides.iter_mut().filter_map(|side| side.browser.as_mut()) {
            self.by_ufrag.remove(&browser.ufrag);
            self.shared.set(&browser.ufrag, Some(to));
            for (remote, _) in browser.remotes.drain(..) {
                self.by_remote.remove(&remote);
            }
        }
        self.moved.insert(call, to);
        self.others[to].send(Command::Adopt { entry, packet });
    }

    fn adopt(&mut self, mut entry: Box<Entry>, packet: Packet, now: Instant) {
        let call = entry.call;
        for (index, side) in [Side::A, Side::B].into_iter().enumerate() {
            for (slot, channel) in [(0, Channel::Rtp), (1, Channel::Rtcp)] {
                let sockets = &mut entry.sides[index];
                let socket = if slot == 0 { sockets.rtp.take() } else { sockets.rtcp.take() };
                let Some((socket, _)) = socket else { continue };
                let registered = self.register((call, side, channel), socket);
                let sockets = &mut entry.sides[index];
                *(if slot == 0 { &mut sockets.rtp } else { &mut sockets.rtcp }) = Some(registered);
            }
            if let Some(browser) = &entry.sides[index].browser {
                self.by_ufrag.insert(browser.ufrag.clone(), (call, side));
            }
        }
        self.entries.insert(call, entry);
        // Takes over the timers, too.
        self.with(call, now, |session| session.handle_timeout(now));
        self.browser_packet(packet.socket, packet.from, &packet.bytes);
    }
}

/// The figures of a session's legs.
fn figures(session: &Session) -> impl Iterator<Item = (Side, LegStats)> + '_ {
    let legs = [Side::A, Side::B].into_iter().filter(|&side| session.leg(side).is_some());
    legs.map(|side| (side, session.stats(side)))
}

/// Opens the browsers' port. The first socket finds out whether another program has it; the others share it.
fn bind_browser_port(address: SocketAddr, first: bool) -> io::Result<UdpSocket> {
    if first {
        drop(std::net::UdpSocket::bind(address)?);
    }
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_port(true)?;
    let _ = socket.set_recv_buffer_size(BROWSER_BUFFER);
    let _ = socket.set_send_buffer_size(BROWSER_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(UdpSocket::from_std(socket.into()))
}
