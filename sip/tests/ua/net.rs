//! A simulated network: endpoints and scripted peers on fake time, with loss, delay and reordering.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use offhook_sip::digest::Credentials;
use offhook_sip::header::Name;
use offhook_sip::message::Message;
use offhook_sip::uri::{Host, Uri};
use offhook_sip::{
    Account, ConnectionId, Destination, Endpoint, EndpointConfig, Event, Hop, Output, Protocol, SessionId, Source,
};

/// Events in a row at one moment that mean that something spins.
const SPINNING: usize = 100_000;

/// What an endpoint is told by its application as soon as an event comes.
pub type Reaction = Box<dyn FnMut(&mut Endpoint, &Event, Instant)>;

/// Endpoints, scripted peers, and what is under way between them.
pub struct World {
    pub now: Instant,
    pub start: Instant,
    nodes: BTreeMap<SocketAddr, Node>,
    peers: HashMap<SocketAddr, VecDeque<(Source, Message)>>,
    wire: BTreeMap<(Instant, u64), Packet>,
    sent: u64,
    random: u64,
    /// Share of datagrams that are lost, 0 to 1.
    pub loss: f64,
    /// Share of datagrams that arrive twice, 0 to 1.
    pub twice: f64,
    /// Lost once each: datagrams whose trace line has all of these words.
    pub lose: Vec<Vec<&'static str>>,
    /// Shortest and longest way.
    pub delay: (Duration, Duration),
    /// Addresses that nothing reaches.
    pub away: HashSet<SocketAddr>,
    /// Addresses that refuse: the sender is told.
    pub refusing: HashSet<SocketAddr>,
    /// Addresses that have no TCP: the sender is told.
    pub no_tcp: HashSet<SocketAddr>,
    /// Connections that broke: what is sent by them does not arrive, and the sender is told.
    pub broken: HashSet<ConnectionId>,
    /// First line of everything sent, with the time since the start in ms.
    pub trace: Vec<String>,
    connections: HashMap<(SocketAddr, SocketAddr), ConnectionId>,
}

struct Node {
    endpoint: Endpoint,
    events: Vec<Event>,
    reaction: Option<Reaction>,
    wake: Option<Instant>,
}

struct Packet {
    protocol: Protocol,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Bytes,
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub fn uri(text: &str) -> Uri {
    Uri::parse(text).expect("a URI")
}

pub fn sdp(name: &str) -> Bytes {
    format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns={name}\r\n").into()
}

/// A way to `peer`.
pub fn hop(user: &str, protocol: Protocol, local: SocketAddr, peer: SocketAddr) -> Hop {
    let contact = uri(&format!("sip:{user}@{local}"));
    let contact = match protocol {
        Protocol::Udp => contact,
        other => contact.with_param("transport", Some(other.as_param())),
    };
    Hop { to: Destination::at(protocol, peer), local, contact }
}

/// An account whose requests go to `peer`.
pub fn account(user: &str, local: SocketAddr, peer: SocketAddr, password: Option<&str>) -> Account {
    Account {
        aor: uri(&format!("sip:{user}@pbx.example")),
        display_name: Some("Line \"1\"".into()),
        hops: hop(user, Protocol::Udp, local, peer).into(),
        routes: Vec::new(),
        credentials: password.map(|password| Credentials::new(user, password)),
    }
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "the clock is only read to have some Instant at all")]
    pub fn new(seed: u64) -> World {
        let start = Instant::now();
        World {
            now: start,
            start,
            nodes: BTreeMap::new(),
            peers: HashMap::new(),
            wire: BTreeMap::new(),
            sent: 0,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            loss: 0.0,
            twice: 0.0,
            lose: Vec::new(),
            delay: (Duration::from_millis(5), Duration::from_millis(5)),
            away: HashSet::new(),
            refusing: HashSet::new(),
            no_tcp: HashSet::new(),
            broken: HashSet::new(),
            trace: Vec::new(),
            connections: HashMap::new(),
        }
    }

    /// 30 % loss, and delays that let messages overtake each other.
    pub fn rough(seed: u64) -> World {
        let mut world = World::new(seed);
        world.loss = 0.3;
        world.delay = (Duration::from_millis(1), Duration::from_millis(700));
        world
    }

    pub fn endpoint(&mut self, at: &str) -> SocketAddr {
        self.endpoint_with(at, 100)
    }

    pub fn endpoint_with(&mut self, at: &str, max_sessions: usize) -> SocketAddr {
        self.endpoint_as(at, EndpointConfig::new("Test/1", [0; 32], max_sessions))
    }

    /// An endpoint with these settings; the seed is made here.
    pub fn endpoint_as(&mut self, at: &str, mut config: EndpointConfig) -> SocketAddr {
        let at = address(at);
        config.seed[..8].copy_from_slice(&self.next_random().to_le_bytes());
        let node = Node { endpoint: Endpoint::new(config), events: Vec::new(), reaction: None, wake: None };
        self.nodes.insert(at, node);
        at
    }

    /// Tells what the application at an endpoint does on events.
    pub fn react(&mut self, at: SocketAddr, reaction: impl FnMut(&mut Endpoint, &Event, Instant) + 'static) {
        self.node(at).reaction = Some(Box::new(reaction));
    }

    /// A peer without a stack: messages to it wait in its inbox.
    pub fn peer(&mut self, at: &str) -> SocketAddr {
        let at = address(at);
        self.peers.insert(at, VecDeque::new());
        at
    }

    /// Gives an endpoint a command.
    pub fn at<T>(&mut self, at: SocketAddr, command: impl FnOnce(&mut Endpoint, Instant) -> T) -> T {
        let now = self.now;
        let result = command(&mut self.node(at).endpoint, now);
        self.drain(at);
        result
    }

    /// Calls `target` from an endpoint by way of `peer`.
    pub fn call(&mut self, from: SocketAddr, peer: SocketAddr, password: Option<&str>) -> SessionId {
        let account = Arc::new(account("alice", from, peer, password));
        let target = uri(&format!("sip:bob@{peer}"));
        self.at(from, |endpoint, now| endpoint.invite(account, target, sdp("offer"), Vec::new(), now))
    }

    /// The same, with an offer or without (empty), and further headers.
    pub fn call_with(
        &mut self,
        from: SocketAddr,
        peer: SocketAddr,
        offer: Bytes,
        headers: Vec<(Name, String)>,
    ) -> SessionId {
        let account = Arc::new(account("alice", from, peer, None));
        let target = uri(&format!("sip:bob@{peer}"));
        self.at(from, |endpoint, now| endpoint.invite(account, target, offer, headers, now))
    }

    /// All events of an endpoint so far.
    pub fn events(&self, at: SocketAddr) -> &[Event] {
        &self.nodes[&at].events
    }

    /// The first thing that `pick` finds in the events of an endpoint, waiting for it for up to `within`.
    pub fn wait<T>(&mut self, at: SocketAddr, within: u64, pick: impl Fn(&Event) -> Option<T>) -> T {
        self.until(within, |world| world.events(at).iter().find_map(&pick))
    }

    /// Waits up to `within` seconds of simulated time for something.
    pub fn until<T>(&mut self, within: u64, check: impl Fn(&mut World) -> Option<T>) -> T {
        let deadline = self.now + Duration::from_secs(within);
        loop {
            if let Some(found) = check(self) {
                return found;
            }
            if !self.step(deadline) {
                panic!("nothing within {within} s:\n{}\n{}", self.trace.join("\n"), self.all_events());
            }
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        let deadline = self.now + time;
        while self.step(deadline) {}
    }

    /// The next message to a scripted peer that `pick` takes; others are dropped.
    pub fn receive(&mut self, at: SocketAddr, pick: impl Fn(&Message) -> bool) -> (Source, Message) {
        self.until(70, |world| {
            let inbox = world.peers.get_mut(&at)?;
            while let Some((source, message)) = inbox.pop_front() {
                if pick(&message) {
                    return Some((source, message));
                }
            }
            None
        })
    }

    /// What is in a scripted peer's inbox now.
    pub fn inbox(&mut self, at: SocketAddr) -> Vec<Message> {
        self.peers.get_mut(&at).into_iter().flatten().map(|(_, message)| message.clone()).collect()
    }

    /// Breaks every connection that stands; the next message makes a new one.
    pub fn break_connections(&mut self) {
        self.broken.extend(self.connections.drain().map(|(_, id)| id));
    }

    /// Sends bytes from a scripted peer over UDP.
    pub fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: impl Into<Bytes>) {
        self.put(Packet { protocol: Protocol::Udp, from, to, bytes: bytes.into() });
    }

    pub fn is_idle(&self, at: SocketAddr) -> bool {
        self.nodes[&at].endpoint.is_idle()
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    pub fn all_events(&self) -> String {
        self.nodes.iter().map(|(at, node)| format!("{at}: {:#?}\n", node.events)).collect()
    }

    /// Sent messages whose trace line has all of `words`.
    pub fn count(&self, words: &[&str]) -> usize {
        self.trace.iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }

    /// Goes to the next moment at which something happens. False when nothing does before the deadline.
    fn step(&mut self, deadline: Instant) -> bool {
        let arrival = self.wire.keys().next().map(|(at, _)| *at);
        let wake = self.nodes.values().filter_map(|node| node.wake).min();
        let Some(next) = arrival.into_iter().chain(wake).min().filter(|next| *next <= deadline) else {
            self.now = deadline;
            return false;
        };
        self.now = self.now.max(next);
        if arrival.is_some_and(|arrival| arrival <= self.now) {
            if let Some((_, packet)) = self.wire.pop_first() {
                self.deliver(packet);
            }
            return true;
        }
        let now = self.now;
        let due: Vec<SocketAddr> = self
            .nodes
            .iter()
            .filter(|(_, node)| node.wake.is_some_and(|wake| wake <= now))
            .map(|(at, _)| *at)
            .collect();
        for at in due {
            self.node(at).endpoint.handle_timeout(now);
            self.drain(at);
            assert!(self.node(at).wake.is_none_or(|wake| wake > now), "a timer that is due stays due");
        }
        true
    }

    fn deliver(&mut self, packet: Packet) {
        let Packet { protocol, from, to, bytes } = packet;
        if self.away.contains(&to) || self.away.contains(&from) {
            return;
        }
        let connection = protocol.is_reliable().then(|| self.connection(to, from));
        let source = Source { protocol, local: to, remote: from, connection };
        if let Some(inbox) = self.peers.get_mut(&to) {
            inbox.push_back((source, Message::parse(bytes).expect("a message")));
            return;
        }
        let now = self.now;
        if let Some(node) = self.nodes.get_mut(&to) {
            node.endpoint.handle_message(source, bytes, now);
            self.drain(to);
        }
    }

    fn drain(&mut self, at: SocketAddr) {
        let now = self.now;
        for _ in 0..SPINNING {
            let node = self.node(at);
            match node.endpoint.poll_output() {
                Output::Transmit(transmit) => {
                    assert_eq!(transmit.from, at, "sent from where it is");
                    let Host::Ip(ip) = transmit.to.host else {
                        // There are no names here.
                        self.node(at).endpoint.handle_transport_error(&transmit.to, now);
                        continue;
                    };
                    let to = SocketAddr::new(ip, transmit.to.port);
                    let no_stream = transmit.to.protocol == Protocol::Tcp && self.no_tcp.contains(&to);
                    let broken = transmit.to.connection.is_some_and(|id| self.broken.contains(&id));
                    if self.refusing.contains(&to) || no_stream || broken {
                        self.node(at).endpoint.handle_transport_error(&transmit.to, now);
                        continue;
                    }
                    self.put(Packet { protocol: transmit.to.protocol, from: at, to, bytes: transmit.bytes });
                }
                Output::Event(event) => {
                    if let Some(mut reaction) = node.reaction.take() {
                        reaction(&mut node.endpoint, &event, now);
                        node.reaction = Some(reaction);
                    }
                    node.events.push(event);
                }
                Output::Timeout(wake) => {
                    node.wake = wake;
                    return;
                }
            }
        }
        panic!("endpoint {at} spins:\n{}", self.trace.join("\n"));
    }

    fn put(&mut self, packet: Packet) {
        let line = String::from_utf8_lossy(&packet.bytes).lines().next().unwrap_or_default().to_owned();
        let cseq = Message::parse(packet.bytes.clone()).ok().and_then(|message| message.cseq().ok());
        let method = cseq.map(|cseq| format!("{} {}", cseq.number, cseq.method)).unwrap_or_default();
        let at = self.elapsed().as_millis();
        let line = format!("{at:>7} {} -> {} {line} [{method}]", packet.from, packet.to);
        let lost = self.lose.iter().position(|words| words.iter().all(|word| line.contains(word)));
        self.trace.push(line);
        if let Some(index) = lost {
            self.lose.swap_remove(index);
            return;
        }
        if !packet.protocol.is_reliable() && self.chance() < self.loss {
            return;
        }
        if self.twice > 0.0 && self.chance() < self.twice {
            let Packet { protocol, from, to, bytes } = &packet;
            let again = Packet { protocol: *protocol, from: *from, to: *to, bytes: bytes.clone() };
            self.sent += 1;
            self.wire.insert((self.now + self.delay.1, self.sent), again);
        }
        self.sent += 1;
        let (shortest, longest) = self.delay;
        let share = self.chance();
        // Streams keep the order.
        let extra = if packet.protocol.is_reliable() { Duration::ZERO } else { (longest - shortest).mul_f64(share) };
        self.wire.insert((self.now + shortest + extra, self.sent), packet);
    }

    fn connection(&mut self, a: SocketAddr, b: SocketAddr) -> ConnectionId {
        let next = ConnectionId((self.connections.len() + self.broken.len()) as u64 + 1);
        *self.connections.entry((a, b)).or_insert(next)
    }

    fn node(&mut self, at: SocketAddr) -> &mut Node {
        self.nodes.get_mut(&at).expect("an endpoint there")
    }

    fn next_random(&mut self) -> u64 {
        // Xorshift: enough for a network, and the same on every run.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn chance(&mut self) -> f64 {
        (self.next_random() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
