//! The stack's input: pieces of the input, over UDP and over streams, while a registration and a call of its own and
//! calls that come in are going on, and time passes between them. It must come to rest after every step, and in the
//! end forget everything.
//!
//! A piece ends with the byte 0xff, which no valid text has. Its first byte says what is done with the rest.

#![no_main]

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use offhook_sip::digest::Credentials;
use offhook_sip::framing::{Frame, Framer};
use offhook_sip::header::Protocol;
use offhook_sip::uri::Uri;
use offhook_sip::{
    Account, ConnectionId, Destination, Endpoint, EndpointConfig, Event, Hop, Output, RegisterOptions, RegistrationId,
    SessionId, Source,
};

/// Outputs in a row that mean that something spins.
const SPINNING: usize = 10_000;
const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";

struct World {
    endpoint: Endpoint,
    now: Instant,
    wake: Option<Instant>,
    /// The last request of ours, for answers to it.
    sent: Bytes,
    sessions: Vec<SessionId>,
}

impl World {
    /// Takes everything the endpoint has to say, and does what an application would.
    fn drain(&mut self) {
        for _ in 0..SPINNING {
            match self.endpoint.poll_output() {
                Output::Transmit(transmit) => {
                    if !transmit.bytes.starts_with(b"SIP/") {
                        self.sent = transmit.bytes;
                    }
                }
                Output::Event(event) => self.react(event),
                Output::Timeout(wake) => {
                    self.wake = wake;
                    return;
                }
            }
        }
        panic!("the endpoint does not come to rest");
    }

    fn react(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Incoming { session, .. } => {
                self.sessions.push(session);
                self.endpoint.provisional(session, 180, None, now);
                if self.sessions.len() % 2 == 0 {
                    self.endpoint.answer(session, OFFER.into(), now);
                }
            }
            Event::Offer { session, .. } => self.endpoint.answer_offer(session, OFFER.into(), now),
            Event::Request { id, .. } => self.endpoint.respond(id, 200, None, Vec::new(), None, now),
            _ => {}
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..SPINNING {
            let Some(wake) = self.wake.filter(|wake| *wake <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(wake);
            self.endpoint.handle_timeout(self.now);
            self.drain();
        }
        panic!("timers do not come to rest");
    }

    fn receive(&mut self, protocol: Protocol, bytes: Bytes) {
        let connection = protocol.is_reliable().then_some(ConnectionId(1));
        let (local, remote) = (([192, 0, 2, 1], 5060).into(), ([192, 0, 2, 2], 5060).into());
        self.endpoint.handle_message(Source { protocol, local, remote, connection }, bytes, self.now);
        self.drain();
    }

    /// A response to the last request of ours: its header fields under another first line.
    fn answer(&mut self, first_line: &[u8], more: &[u8]) {
        let Some(line) = self.sent.iter().position(|byte| *byte == b'\n') else { return };
        let rest = self.sent.slice(line + 1..);
        let bytes = [b"SIP/2.0 ", first_line, b"\r\n", more, &rest].concat();
        self.receive(Protocol::Udp, bytes.into());
    }
}

fuzz_target!(|data: &[u8]| {
    // Time only has to begin somewhere, the same for all runs.
    static START: OnceLock<Instant> = OnceLock::new();
    let now = *START.get_or_init(Instant::now);
    let config = EndpointConfig::new("f", [1; 32], 8);
    let mut world =
        World { endpoint: Endpoint::new(config), now, wake: None, sent: Bytes::new(), sessions: Vec::new() };
    let hop = Hop {
        to: Destination::at(Protocol::Udp, ([192, 0, 2, 2], 5060).into()),
        local: ([192, 0, 2, 1], 5060).into(),
        contact: Uri::sip("a", "192.0.2.1", Some(5060)),
    };
    let account = Arc::new(Account {
        aor: Uri::sip("a", "r", None),
        display_name: None,
        hops: hop.into(),
        routes: Vec::new(),
        credentials: Some(Credentials::new("a", "p")),
    });
    let registration: RegistrationId = world.endpoint.register(account.clone(), RegisterOptions::default(), now);
    world.drain();
    let mut stream = Framer::new(65_536);
    for piece in data.split(|byte| *byte == 0xff).take(64) {
        let Some((kind, rest)) = piece.split_first() else { continue };
        let now = world.now;
        match kind {
            b'c' => {
                let session =
                    world.endpoint.invite(account.clone(), Uri::sip("b", "r", None), OFFER.into(), Vec::new(), now);
                world.sessions.push(session);
                world.drain();
            }
            b'h' => {
                if let Some(session) = world.sessions.pop() {
                    world.endpoint.hangup(session, None, now);
                    world.drain();
                }
            }
            b'o' => {
                if let Some(session) = world.sessions.last() {
                    world.endpoint.offer(*session, OFFER.into(), now);
                    world.drain();
                }
            }
            b't' => {
                let seconds = rest.first().copied().unwrap_or_default();
                world.pass(Duration::from_millis(u64::from(seconds) * 500));
            }
            b'r' => {
                let at = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                let (first_line, more) = rest.split_at(at);
                world.answer(first_line, more.get(1..).unwrap_or_default());
            }
            b's' => {
                stream.push(rest);
                while let Ok(Some(frame)) = stream.next() {
                    if let Frame::Message(bytes) = frame {
                        world.receive(Protocol::Tcp, bytes);
                    }
                }
            }
            _ => world.receive(Protocol::Udp, Bytes::copy_from_slice(rest)),
        }
    }
    for session in std::mem::take(&mut world.sessions) {
        world.endpoint.hangup(session, None, world.now);
        world.drain();
    }
    world.endpoint.unregister(registration, world.now);
    world.drain();
    world.pass(Duration::from_secs(600));
    assert!(world.endpoint.is_idle(), "{:?}", world.endpoint);
});
