//! Connections that are shared, end, or are full; and keep-alives.

use super::*;

/// Reads from the other side of a connection until it has this many bytes.
async fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    soon(stream.read_exact(&mut bytes)).await.expect("bytes");
    bytes
}

/// Somebody who listens on TCP, and what he has accepted.
async fn peer() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let at = listener.local_addr().expect("address");
    (listener, at)
}

#[tokio::test]
async fn requests_to_the_same_place_share_a_connection_which_is_opened_anew_when_it_ends() {
    let (listener, to) = peer().await;
    let mut here = at("127.0.0.1:0").await;
    let from = here.local_addr();
    here.send(transmit(Protocol::Tcp, from, to, options("1"))).expect("sent");
    here.send(transmit(Protocol::Tcp, from, to, options("2"))).expect("sent");
    let (mut first, _) = soon(listener.accept()).await.expect("accepted");
    let both = [options("1"), options("2")].concat();
    assert_eq!(read(&mut first, both.len()).await, both);
    drop(first);
    let failed = failure(&mut here).await;
    assert_eq!((failed.destination.same_place(&Destination::at(Protocol::Tcp, to)), failed.why), (true, Why::Closed));
    here.send(transmit(Protocol::Tcp, from, to, options("3"))).expect("sent");
    let (mut second, _) = soon(listener.accept()).await.expect("accepted");
    assert_eq!(read(&mut second, options("3").len()).await, options("3"));
}

#[tokio::test]
async fn requests_take_the_connection_that_came_from_exactly_there() {
    let (mut here, mut there) = (at("127.0.0.1:0").await, at("127.0.0.1:0").await);
    let (from, to) = (here.local_addr(), there.local_addr());
    here.send(transmit(Protocol::Tcp, from, to, options("1"))).expect("sent");
    let (source, _) = message(&mut there).await;
    there.send(transmit(Protocol::Tcp, to, source.remote, options("2"))).expect("sent");
    assert_eq!(message(&mut here).await.0.remote, to, "by the connection that was opened from here");
    // To the port that is listened at it is another.
    there.send(transmit(Protocol::Tcp, to, from, options("3"))).expect("sent");
    assert_ne!(message(&mut here).await.0.remote, to);
}

#[tokio::test]
async fn a_response_whose_connection_is_gone_goes_to_where_the_via_says() {
    let (listener, via) = peer().await;
    let mut here = at("127.0.0.1:0").await;
    let mut stranger = TcpStream::connect(here.local_addr()).await.expect("connected");
    stranger.write_all(&options("1")).await.expect("written");
    let (source, _) = message(&mut here).await;
    drop(stranger);
    let to = Destination { connection: source.connection, ..Destination::at(Protocol::Tcp, via) };
    let reply = async {
        loop {
            // Until the end of the old connection is known, the answer goes into the void, as it may on any network.
            here.send(Transmit { to: to.clone(), from: source.local, bytes: ok("1") }).expect("sent");
            tokio::select! {
                accepted = listener.accept() => return accepted.expect("accepted").0,
                _ = here.receive() => {}
                () = tokio::task::yield_now() => {}
            }
        }
    };
    let mut reply = soon(reply).await;
    assert_eq!(read(&mut reply, ok("1").len()).await, ok("1"));
}

#[tokio::test]
async fn requests_that_wait_on_an_accepted_connection_hear_of_its_end() {
    let mut here = at("127.0.0.1:0").await;
    let mut stranger = TcpStream::connect(here.local_addr()).await.expect("connected");
    stranger.write_all(&options("1")).await.expect("written");
    let (source, _) = message(&mut here).await;
    let contact =
        Destination { connection: source.connection, ..Destination::at(Protocol::Tcp, address("10.0.0.1:5060")) };
    here.send(Transmit { to: contact.clone(), from: source.local, bytes: options("2") }).expect("sent");
    read(&mut stranger, options("2").len()).await;
    drop(stranger);
    assert!(failure(&mut here).await.destination.same_place(&contact));
}

#[tokio::test]
async fn one_host_cannot_take_all_connections() {
    let mut there = at("0.0.0.0:0").await;
    let to = SocketAddr::new([127, 0, 0, 1].into(), there.local_addr().port());
    let mut streams = Vec::new();
    for _ in 0..connections::MAX_CONNECTIONS_OF_HOST + 8 {
        streams.push(TcpStream::connect(to).await.expect("connected"));
    }
    let mut closed = 0;
    let drive = async {
        // Those beyond the limit are closed; the others stay.
        for stream in &mut streams[connections::MAX_CONNECTIONS_OF_HOST..] {
            closed += usize::from(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)));
        }
    };
    tokio::select! {
        () = soon(drive) => {}
        other = there.receive() => panic!("{other:?}"),
    }
    assert_eq!(closed, 8);
    streams[0].write_all(&options("first")).await.expect("written");
    assert_eq!(message(&mut there).await.1, options("first"));
    let mut here = at("127.0.0.2:0").await;
    here.send(transmit(Protocol::Tcp, here.local_addr(), to, options("other"))).expect("sent");
    assert_eq!(message(&mut there).await.1, options("other"));
}

/// How long it takes until the transport closes this connection.
async fn closed_after(there: &mut Transport, stream: &mut TcpStream) -> Duration {
    let since = Instant::now();
    let ended = async { while stream.read(&mut [0; 512]).await.is_ok_and(|length| length > 0) {} };
    tokio::select! {
        () = ended => since.elapsed(),
        () = async { loop { there.receive().await; } } => unreachable!(),
        // The clock of these tests stands still but for what waits.
        () = tokio::time::sleep(Duration::from_secs(3_600)) => panic!("it stays open"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed_and_one_that_spoke_is_given_longer() {
    let mut there = at("127.0.0.1:0").await;
    let mut silent = TcpStream::connect(there.local_addr()).await.expect("connected");
    let after = closed_after(&mut there, &mut silent).await;
    assert!((29..=31).contains(&after.as_secs()), "{after:?}");
    let mut spoke = TcpStream::connect(there.local_addr()).await.expect("connected");
    spoke.write_all(&options("1")).await.expect("written");
    message(&mut there).await;
    let after = closed_after(&mut there, &mut spoke).await;
    assert!((599..=601).contains(&after.as_secs()), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_pongs_is_dead_and_one_with_them_lives() {
    for answers in [0, 1] {
        let (listener, to) = peer().await;
        let mut here = at("127.0.0.1:0").await;
        let from = here.local_addr();
        here.send(transmit(Protocol::Tcp, from, to, options("1"))).expect("sent");
        let (mut other, _) = soon(listener.accept()).await.expect("accepted");
        read(&mut other, options("1").len()).await;
        let destination = Destination::at(Protocol::Tcp, to);
        here.keep_alive(&destination, from, Duration::from_secs(30), KeepAliveKind::Ping);
        let mut pings = 0;
        let pong = async {
            loop {
                assert_eq!(read(&mut other, 4).await, b"\r\n\r\n");
                pings += 1;
                if pings <= answers {
                    other.write_all(b"\r\n").await.expect("written");
                }
            }
        };
        let failed = tokio::select! {
            failed = failure(&mut here) => failed,
            () = pong => unreachable!(),
        };
        assert_eq!((failed.why, failed.destination.same_place(&destination)), (Why::Silent, true));
        assert_eq!(pings, answers + 1);
        assert!(matches!(soon(other.read(&mut [0; 1])).await, Ok(0)), "the connection is closed");
    }
}

#[tokio::test]
async fn pings_and_binding_requests_of_others_are_answered() {
    let mut there = at("127.0.0.1:0").await;
    let mut stream = TcpStream::connect(there.local_addr()).await.expect("connected");
    stream.write_all(b"\r\n\r\n").await.expect("written");
    let other = UdpSocket::bind("127.0.0.1:0").await.expect("bound");
    let ask = Stun::Request([3; 12]).write();
    // Neither of these has an answer.
    other.send_to(b"\r\n\r\n", there.local_addr()).await.expect("sent");
    other.send_to(&ask[..19], there.local_addr()).await.expect("sent");
    other.send_to(&ask, there.local_addr()).await.expect("sent");
    let mut buffer = [0; 100];
    let answered = async {
        let length = other.recv(&mut buffer).await.expect("an answer");
        read(&mut stream, 2).await;
        length
    };
    let length = tokio::select! {
        length = soon(answered) => length,
        other = next(&mut there) => panic!("{other:?}"),
    };
    let mapped = Stun::Mapped([3; 12], other.local_addr().expect("address"));
    assert_eq!(Stun::parse(&buffer[..length]), Some(mapped));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_a_nat_has_changed_is_reported() {
    let other = UdpSocket::bind("127.0.0.1:0").await.expect("bound");
    let to = other.local_addr().expect("address");
    let mut here = at("127.0.0.1:0").await;
    let from = here.local_addr();
    let destination = Destination::at(Protocol::Udp, to);
    here.keep_alive(&destination, from, Duration::from_secs(20), KeepAliveKind::Stun);
    let [first, second] = ["198.51.100.1:1024", "198.51.100.1:1025"].map(address);
    let server = async {
        for mapped in [first, first, second] {
            let mut buffer = [0; 100];
            let (length, remote) = other.recv_from(&mut buffer).await.expect("a request");
            let Some(Stun::Request(id)) = Stun::parse(&buffer[..length]) else { panic!("no binding request") };
            other.send_to(&Stun::Mapped(id, mapped).write(), remote).await.expect("sent");
        }
        std::future::pending::<()>().await;
    };
    let reported = tokio::select! {
        reported = next(&mut here) => reported,
        () = server => unreachable!(),
    };
    let Next::Other(Received::MappingChanged { destination: at, from: local, before, after }) = reported else {
        panic!("{reported:?}");
    };
    assert_eq!((at, local, before, after), (destination.clone(), from, first, second));
    here.stop_keep_alive(&destination, from);
    assert_eq!(here.wake, None);
}
