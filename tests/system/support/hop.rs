//! A bad network: a hop that everything between two hosts passes, and that loses, delays, reorders and doubles some of
//! it, by a seed.
//!
//! Each host knows the other by an address of the hop, where a port stands for each of its own. What comes there goes on
//! to the other host, from the port that stands for the sender's; so neither side notices, and nobody has to tell the
//! hop anything. The addresses in the SDP are the PBX's work, see [`Hop::rewriting`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use super::site::Site;

/// What happens to datagrams. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Impairment {
    /// Share that is lost.
    pub(crate) loss: f64,
    /// Each is held for so long.
    pub(crate) delay: Duration,
    /// Each is held for up to so long beyond that.
    pub(crate) jitter: Duration,
    /// Share that is held so long that the next one overtakes it.
    pub(crate) reordered: f64,
    /// Share that comes twice.
    pub(crate) doubled: f64,
    /// What decides which.
    pub(crate) seed: u64,
}

/// A host's address and ports, all of which the hop stands for.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    /// Its address within the [`Site`].
    pub(crate) host: u8,
    /// Its ports, within one hundred.
    pub(crate) ports: Range<u16>,
    /// The first port of the hop that stands for one of them. baresip binds its ports at every address, so they have to
    /// be others; and none that the system gives to whoever wants any (32768 to 60999), a browser perhaps at every address.
    pub(crate) at: u16,
}

/// A running hop between two hosts. Ends when dropped.
pub(crate) struct Hop {
    rewriting: Vec<(String, String)>,
    counts: Arc<Counts>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What went through.
#[derive(Debug, Default)]
struct Counts {
    passed: AtomicU64,
    lost: AtomicU64,
}

/// The hop's own addresses within the [`Site`]: what stands for the first host, and for the second.
const ADDRESSES: [u8; 2] = [120, 121];
/// How long it holds what the next one is to overtake: longer than a packet of audio.
const OVERTAKEN: Duration = Duration::from_millis(45);
/// More than this waits nowhere on a real way either.
const WAITING: usize = 10_000;

impl Hop {
    /// Starts a hop between two hosts.
    pub(crate) fn start(site: &Site, hosts: [Host; 2], impairment: Impairment) -> Hop {
        let mut rewriting = Vec::new();
        let mut sockets = Vec::new();
        for (host, stands_for_it) in hosts.iter().zip(ADDRESSES) {
            let (real, other) = (site.address(host.host), site.address(stands_for_it));
            rewriting.push((real.to_string(), other.to_string()));
            for field in ["m=audio ", "a=rtcp:"] {
                let begins = |port: u16| format!("{field}{}", port / 100);
                rewriting.push((begins(host.ports.start), begins(host.at)));
            }
            let port = |(real_port, port)| Port::open((real, real_port).into(), (other, port).into());
            let opened: io::Result<Vec<Port>> = host.ports.clone().zip(host.at..).map(port).collect();
            sockets.push(opened.expect("the hop's ports are free"));
        }
        let (counts, ended) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
        let way = Way {
            sockets,
            firsts: [hosts[0].ports.start, hosts[1].ports.start],
            waiting: BinaryHeap::new(),
            random: [Random(impairment.seed), Random(impairment.seed ^ 0x5555)],
            impairment,
            counts: counts.clone(),
            ended: ended.clone(),
        };
        let thread = Some(std::thread::spawn(move || way.run().expect("the hop runs")));
        Hop { rewriting, counts, ended, thread }
    }

    /// What a PBX has to replace in every SDP so that both hosts send through the hop.
    pub(crate) fn rewriting(&self) -> Vec<(String, String)> {
        self.rewriting.clone()
    }

    /// Datagrams that came through, and that were lost.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.counts.passed.load(Ordering::Relaxed), self.counts.lost.load(Ordering::Relaxed))
    }
}

impl Drop for Hop {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A port of the hop and the port that it stands for.
struct Port {
    socket: UdpSocket,
    real: SocketAddr,
}

impl Port {
    fn open(real: SocketAddr, address: SocketAddr) -> io::Result<Port> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Port { socket, real })
    }
}

/// What is on its way, the earliest first: when it goes on, by which host's port, to which port of the other.
type Waiting = Reverse<(Instant, u64, usize, usize, u16, Vec<u8>)>;

/// The thread of a hop.
struct Way {
    sockets: Vec<Vec<Port>>,
    firsts: [u16; 2],
    waiting: BinaryHeap<Waiting>,
    random: [Random; 2],
    impairment: Impairment,
    counts: Arc<Counts>,
    ended: Arc<AtomicBool>,
}

impl Way {
    fn run(mut self) -> io::Result<()> {
        let mut poll = Poll::new()?;
        let ports = self.sockets[0].len();
        for (host, side) in self.sockets.iter().enumerate() {
            for (number, port) in side.iter().enumerate() {
                let socket = std::os::fd::AsRawFd::as_raw_fd(&port.socket);
                let token = Token(host * ports + number);
                poll.registry().register(&mut mio::unix::SourceFd(&socket), token, Interest::READABLE)?;
            }
        }
        let mut events = Events::with_capacity(256);
        let mut count = 0;
        while !self.ended.load(Ordering::Relaxed) {
            let now = Instant::now();
            let due = self.waiting.peek().map(|Reverse(first)| first.0.saturating_duration_since(now));
            let longest = Duration::from_millis(100);
            match poll.poll(&mut events, Some(due.unwrap_or(longest).min(longest))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                let token = event.token().0;
                let (host, number) = if token < ports { (0, token) } else { (1, token - ports) };
                let mut buffer = [0; 2048];
                while let Ok((length, from)) = self.sockets[host][number].socket.recv_from(&mut buffer) {
                    count += 1;
                    self.arrived(host, number, from, &buffer[..length], count);
                }
            }
            self.send_due();
        }
        Ok(())
    }

    /// A datagram came to what stands for `host`.
    fn arrived(&mut self, host: usize, number: usize, from: SocketAddr, bytes: &[u8], count: u64) {
        let Impairment { loss, delay, jitter, reordered, doubled, .. } = self.impairment;
        let random = &mut self.random[host];
        let [lost, overtaken, twice] = [loss, reordered, doubled].map(|share| random.next() < share);
        let hold = delay + jitter.mul_f64(random.next()) + if overtaken { OVERTAKEN } else { Duration::ZERO };
        if lost || self.waiting.len() >= WAITING {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // It leaves by what stands for its sender.
        for copy in 0..=u64::from(twice) {
            let at = Instant::now() + hold + jitter.mul_f64(0.5) * copy as u32;
            self.waiting.push(Reverse((at, count, host, number, from.port(), bytes.to_vec())));
        }
    }

    fn send_due(&mut self) {
        let now = Instant::now();
        while self.waiting.peek().is_some_and(|Reverse(first)| first.0 <= now) {
            let Some(Reverse((_, _, host, number, sender, bytes))) = self.waiting.pop() else { return };
            let to = self.sockets[host][number].real;
            let by = usize::from(sender.wrapping_sub(self.firsts[1 - host]));
            if let Some(port) = self.sockets[1 - host].get(by)
                && port.socket.send_to(&bytes, to).is_ok()
            {
                self.counts.passed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Numbers from 0 to 1 that are the same for the same seed (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.max(1);
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn both_sides_reach_each_other_and_lose_what_they_should() {
    let site = Site::new("hop");
    let hosts =
        [Host { host: 3, ports: 61_900..61_902, at: 30_000 }, Host { host: 2, ports: 20_000..20_004, at: 20_000 }];
    let ends = [site.socket(3, 61_901), site.socket(2, 20_003)];
    let stand_ins = [site.socket(120, 30_001), site.socket(121, 20_003)];
    let impairment = Impairment { loss: 0.2, doubled: 0.1, seed: 7, ..Default::default() };
    let hop = Hop::start(&site, hosts, impairment);
    let sockets = ends.map(|end| UdpSocket::bind(end).expect("the port is free"));
    for (from, to) in [(0, 1), (1, 0)] {
        sockets[to].set_read_timeout(Some(Duration::from_secs(2))).expect("it can be set");
        for number in 0..200u8 {
            sockets[from].send_to(&[number], stand_ins[to]).expect("the hop is there");
            // One at a time, so that no queue of the system decides.
            std::thread::yield_now();
        }
        let mut heard = Vec::new();
        let mut buffer = [0; 16];
        while let Ok((_, sender)) = sockets[to].recv_from(&mut buffer) {
            assert_eq!(sender, stand_ins[from]);
            heard.push(buffer[0]);
        }
        let all = heard.len();
        heard.sort_unstable();
        heard.dedup();
        assert!((120..190).contains(&heard.len()), "{} of 200 came", heard.len());
        assert!(all > heard.len(), "none came twice");
    }
    assert!(hop.counts().1 > 20);
}
