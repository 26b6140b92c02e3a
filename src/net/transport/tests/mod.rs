//! Real sockets on the loopback addresses.

mod flows;
mod tls;

use offhook_sip::message::Message;
use offhook_sip::uri::Host;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Waits for something that is to happen, but not for ever.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(100), what).await.expect("it never happens")
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn listener(name: &str, at: &str, kind: ListenerKind) -> ListenerSettings {
    ListenerSettings { name: name.to_owned(), address: address(at), kind, public_address: None }
}

async fn bound(listeners: Vec<ListenerSettings>, tls_profiles: Vec<TlsProfile>) -> Transport {
    Transport::bind(TransportSettings { listeners, tls_profiles }).await.expect("bound")
}

async fn at(main: &str) -> Transport {
    Transport::bind(TransportSettings::at(address(main))).await.expect("bound")
}

/// What comes next, datagrams taken.
#[derive(Debug)]
enum Next {
    Message(Source, Bytes),
    Other(Received),
}

async fn next(transport: &mut Transport) -> Next {
    let mut buffer = vec![0; 65_536];
    let waiting = async {
        loop {
            match transport.receive().await {
                Received::Datagrams => {
                    if let Some((source, bytes)) = transport.try_receive(&mut buffer) {
                        return Next::Message(source, bytes);
                    }
                }
                Received::Message(source, bytes) => return Next::Message(source, bytes),
                other => return Next::Other(other),
            }
        }
    };
    soon(waiting).await
}

async fn message(transport: &mut Transport) -> (Source, Bytes) {
    match next(transport).await {
        Next::Message(source, bytes) => (source, bytes),
        Next::Other(other) => panic!("{other:?}"),
    }
}

async fn failure(transport: &mut Transport) -> TransportFailure {
    match next(transport).await {
        Next::Other(Received::Failed(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

fn options(call: &str) -> Bytes {
    let head = format!("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{call}\r\n");
    let rest = "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    format!("{head}Call-ID: {call}\r\n{rest}").into()
}

fn ok(call: &str) -> Bytes {
    format!("SIP/2.0 200 OK\r\nCall-ID: {call}\r\nContent-Length: 0\r\n\r\n").into()
}

fn transmit(protocol: Protocol, from: SocketAddr, to: SocketAddr, bytes: Bytes) -> Transmit {
    Transmit { to: Destination::at(protocol, to), from, bytes }
}

/// Answers by the way that the message came.
fn answer(transport: &mut Transport, source: &Source, bytes: Bytes) {
    let to = Destination { connection: source.connection, ..Destination::at(source.protocol, source.remote) };
    transport.send(Transmit { to, from: source.local, bytes }).expect("sent");
}

#[tokio::test]
async fn requests_and_answers_over_udp_and_tcp_by_both_kinds_of_addresses() {
    for host in ["127.0.0.1:0", "[::1]:0"] {
        let (mut here, mut there) = (at(host).await, at(host).await);
        for protocol in [Protocol::Udp, Protocol::Tcp] {
            let (from, to) = (here.local_addr(), there.local_addr());
            here.send(transmit(protocol, from, to, options("1"))).expect("sent");
            let (source, bytes) = message(&mut there).await;
            assert_eq!((source.protocol, source.local, bytes), (protocol, to, options("1")));
            answer(&mut there, &source, ok("1"));
            let (source, bytes) = message(&mut here).await;
            assert_eq!((source.remote, source.local, bytes), (to, from, ok("1")));
        }
    }
}

#[tokio::test]
async fn each_listener_is_heard_and_answers_from_its_own_address() {
    let others = vec![
        listener("main", "127.0.0.1:0", ListenerKind::UdpTcp),
        listener("second", "127.0.0.2:0", ListenerKind::Udp),
        listener("third", "[::1]:0", ListenerKind::UdpTcp),
    ];
    let mut there = bound(others, Vec::new()).await;
    let addresses: Vec<_> = there.listeners().iter().map(|status| status.address).collect();
    for (index, to) in addresses.iter().copied().enumerate() {
        let mut here = at(if to.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" }).await;
        let call = index.to_string();
        here.send(transmit(Protocol::Udp, here.local_addr(), to, options(&call))).expect("sent");
        let (source, bytes) = message(&mut there).await;
        assert_eq!((source.local, bytes), (to, options(&call)));
        answer(&mut there, &source, ok(&call));
        assert_eq!(message(&mut here).await.0.remote, to);
    }
    // One that is never silent does not keep the others from being heard.
    let mut here = at("127.0.0.1:0").await;
    for _ in 0..200 {
        here.send(transmit(Protocol::Udp, here.local_addr(), addresses[0], options("many"))).expect("sent");
    }
    here.send(transmit(Protocol::Udp, here.local_addr(), addresses[1], options("one"))).expect("sent");
    let mut before = 0;
    while message(&mut there).await.1 != options("one") {
        before += 1;
    }
    assert!(before < 10, "{before} of the first listener came before");
}

#[tokio::test]
async fn a_public_address_is_what_peers_see_and_leads_back_to_its_listener() {
    let public = PublicAddress { ip: [198, 51, 100, 7].into(), port: Some(5070) };
    let natted =
        ListenerSettings { public_address: Some(public), ..listener("outside", "127.0.0.2:0", ListenerKind::UdpTcp) };
    let mut there = bound(vec![listener("main", "127.0.0.1:0", ListenerKind::UdpTcp), natted], Vec::new()).await;
    let inside = there.listeners()[1].address;
    let mut here = at("127.0.0.1:0").await;
    let seen = address("198.51.100.7:5070");
    assert_eq!(there.advertised(Some("outside"), Protocol::Udp, here.local_addr()), Some(seen));
    assert_eq!(there.advertised(None, Protocol::Udp, here.local_addr()), Some(there.local_addr()));
    for protocol in [Protocol::Udp, Protocol::Tcp] {
        here.send(transmit(protocol, here.local_addr(), inside, options("in"))).expect("sent");
        assert_eq!(message(&mut there).await.0.local, seen);
        there.send(transmit(protocol, seen, here.local_addr(), options("out"))).expect("sent");
        assert_eq!(message(&mut here).await.0.remote.ip(), inside.ip());
    }
}

#[tokio::test]
async fn what_is_advertised_where_no_listener_speaks_tls() {
    let here = at("127.0.0.1:0").await;
    let peer = address("127.0.0.9:5061");
    assert_eq!(here.advertised(None, Protocol::Tls, peer), Some(address("127.0.0.1:5061")));
    assert_eq!(here.advertised(None, Protocol::Udp, address("[::1]:5060")), None);
}

#[tokio::test]
async fn all_addresses_of_both_kinds_share_a_port() {
    // A port that is free for one kind may be taken for the other.
    let both = async {
        loop {
            let port = std::net::UdpSocket::bind("[::]:0").and_then(|free| free.local_addr()).expect("a port").port();
            let any = [format!("0.0.0.0:{port}"), format!("[::]:{port}")];
            let listeners = any.iter().map(|any| listener(any, any, ListenerKind::UdpTcp)).collect();
            let settings = TransportSettings { listeners, tls_profiles: Vec::new() };
            if let Ok(there) = Transport::bind(settings).await
                && there.listeners().iter().all(|status| status.state == ListenerState::Bound)
            {
                return (there, port);
            }
        }
    };
    let (mut there, port) = soon(both).await;
    for host in ["127.0.0.1", "[::1]"] {
        let mut here = at(&format!("{host}:0")).await;
        let to = address(&format!("{host}:{port}"));
        here.send(transmit(Protocol::Udp, here.local_addr(), to, options("1"))).expect("sent");
        // What goes into Via and Contact is no wildcard.
        assert_eq!(message(&mut there).await.0.local, to);
    }
}

#[tokio::test(start_paused = true)]
async fn a_taken_port_is_told_and_tried_again() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
    let at = taken.local_addr().expect("address").to_string();
    let listeners = vec![
        listener("main", "127.0.0.1:0", ListenerKind::UdpTcp),
        listener("second", &at, ListenerKind::Udp),
        listener("third", "192.0.2.1:5060", ListenerKind::Tcp),
    ];
    let mut here = bound(listeners, Vec::new()).await;
    let states: Vec<_> = here.listeners().iter().map(|status| status.state.clone()).collect();
    assert_eq!(states, [ListenerState::Bound, ListenerState::PortTaken, ListenerState::AddressMissing]);
    drop(taken);
    assert!(matches!(next(&mut here).await, Next::Other(Received::ListenerChanged(1))));
    assert_eq!(here.listeners()[1].state, ListenerState::Bound);
    here.send(transmit(Protocol::Udp, address(&at), address(&at), options("1"))).expect("sent");
    assert_eq!(message(&mut here).await.0.local, address(&at));
}

#[tokio::test]
async fn without_the_main_listener_nothing_starts() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let settings = TransportSettings::at(taken.local_addr().expect("address"));
    let error = Transport::bind(settings).await.expect_err("taken");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    let none = TransportSettings { listeners: Vec::new(), tls_profiles: Vec::new() };
    assert!(Transport::bind(none).await.is_err());
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_with_its_cause() {
    let mut here = at("127.0.0.1:0").await;
    let from = here.local_addr();
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("bound").local_addr().expect("address");
    here.send(transmit(Protocol::Tcp, from, closed, options("1"))).expect("queued");
    let failed = failure(&mut here).await;
    assert_eq!(failed.why, Why::Refused);
    assert!(failed.destination.same_place(&Destination::at(Protocol::Tcp, closed)));
    let name = Destination { host: Host::Name("nowhere.invalid".into()), ..Destination::at(Protocol::Udp, closed) };
    here.send(Transmit { to: name, from, bytes: options("1") }).expect("looked up");
    assert_eq!(failure(&mut here).await.why, Why::NotResolved);
    let other_kind = here.send(transmit(Protocol::Udp, from, address("[::1]:5060"), options("1")));
    assert_eq!(other_kind.expect_err("no listener").why, Why::NoListener);
}

#[tokio::test]
async fn a_stream_whose_lengths_are_wrong_is_answered_and_closed() {
    let mut there = at("127.0.0.1:0").await;
    let mut stream = TcpStream::connect(there.local_addr()).await.expect("connected");
    let broken = String::from_utf8_lossy(&options("1")).replace("Content-Length: 0", "Content-Length: 1x");
    stream.write_all(broken.as_bytes()).await.expect("written");
    stream.write_all(&[b'x'; 100_000]).await.expect("written");
    let mut answer = Vec::new();
    tokio::select! {
        read = soon(stream.read_to_end(&mut answer)) => drop(read.expect("an orderly end")),
        other = there.receive() => panic!("{other:?}"),
    }
    let answer = Message::parse(answer.into()).expect("a response");
    assert_eq!(answer.status(), Some(400));
    assert_eq!(answer.call_id().ok(), Some("1"));
    answer.validate().expect("a whole response");
}
