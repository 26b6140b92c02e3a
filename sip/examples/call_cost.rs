//! What signalling costs: calls between two endpoints in one process, as a back-to-back user agent has them.
//!
//! `cargo run --release -p offhook-sip --example call_cost`

#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use offhook_sip::uri::Uri;
use offhook_sip::{Account, Destination, Endpoint, EndpointConfig, Event, Hop, Output, Protocol, SessionId, Source};

const CALLS: u32 = 50_000;
/// Calls begun in a second of simulated time: decides how much is kept for repetitions.
const RATE: u32 = 500;
const SDP: &[u8] = b"v=0\r\no=- 3724394400 3724394405 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";

struct Side {
    endpoint: Endpoint,
    at: SocketAddr,
    messages: u32,
}

fn main() {
    let side = |at: &str, seed| {
        let config = EndpointConfig::new("Offhook", [seed; 32], 100_000);
        Side { endpoint: Endpoint::new(config), at: at.parse().expect("an address"), messages: 0 }
    };
    let (mut caller, mut callee) = (side("127.0.0.1:5060", 1), side("127.0.0.2:5060", 2));
    let contact = Uri::parse("sip:alice@127.0.0.1:5060").expect("a URI");
    let account = Arc::new(Account {
        aor: Uri::parse("sip:alice@example.com").expect("a URI"),
        display_name: Some("Alice".into()),
        hops: Hop { to: Destination::at(Protocol::Udp, callee.at), local: caller.at, contact }.into(),
        routes: Vec::new(),
        credentials: None,
    });
    let target = Uri::parse("sip:bob@127.0.0.2").expect("a URI");
    let started = Instant::now();
    let mut now = started;
    for _ in 0..CALLS {
        now += Duration::from_secs(1) / RATE;
        let body = Bytes::from_static(SDP);
        let calling = caller.endpoint.invite(account.clone(), target.clone(), body, Vec::new(), now);
        exchange(&mut caller, &mut callee, calling, now);
        caller.endpoint.handle_timeout(now);
        callee.endpoint.handle_timeout(now);
    }
    let spent = cpu_time().unwrap_or_else(|| started.elapsed());
    let messages = f64::from(caller.messages + callee.messages);
    println!("{:.2} µs a call, both sides of one leg", spent.as_secs_f64() * 1e6 / f64::from(CALLS));
    println!("{:.2} messages a call", messages / f64::from(CALLS));
    println!("{:.2} µs a message, written and read", spent.as_secs_f64() * 1e6 / messages);
}

/// Processor time of this process, where the system tells: other load does not count then.
fn cpu_time() -> Option<Duration> {
    let statistics = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(Duration::from_nanos(statistics.split(' ').next()?.parse().ok()?))
}

/// Moves messages and reacts to events until both sides are quiet.
fn exchange(caller: &mut Side, callee: &mut Side, calling: SessionId, now: Instant) {
    loop {
        let moved = drain(caller, callee, calling, now) + drain(callee, caller, calling, now);
        if moved == 0 {
            return;
        }
    }
}

fn drain(from: &mut Side, to: &mut Side, calling: SessionId, now: Instant) -> u32 {
    let mut moved = 0;
    loop {
        match from.endpoint.poll_output() {
            Output::Transmit(transmit) => {
                let source = Source { protocol: Protocol::Udp, local: to.at, remote: from.at, connection: None };
                to.endpoint.handle_message(source, transmit.bytes, now);
                from.messages += 1;
                moved += 1;
            }
            Output::Event(Event::Incoming { session, .. }) => {
                from.endpoint.provisional(session, 180, None, now);
                from.endpoint.answer(session, Bytes::from_static(SDP), now);
            }
            Output::Event(Event::Confirmed { .. }) => to.endpoint.hangup(calling, None, now),
            Output::Event(_) => {}
            Output::Timeout(_) => return moved,
        }
    }
}
