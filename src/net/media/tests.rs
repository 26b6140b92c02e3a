//! Audio through real sockets on the loopback.

use std::net::{Ipv4Addr, UdpSocket};

use super::*;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const CALL: CallId = CallId(1);

/// A telephone: its socket, and our port that it talks to.
struct Peer {
    socket: UdpSocket,
    to: SocketAddr,
}

impl Peer {
    /// Takes part in the call by an answer to this offer.
    fn new(offer: &[u8]) -> (Peer, String) {
        let text = std::str::from_utf8(offer).unwrap();
        let media = text.lines().find_map(|line| line.strip_prefix("m=audio ")).unwrap();
        let port = media.split(' ').next().unwrap().parse().unwrap();
        let socket = UdpSocket::bind((HOME, 0)).unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
        let own = socket.local_addr().unwrap().port();
        let answer = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {own} RTP/AVP 8\r\n"
        );
        (Peer { socket, to: SocketAddr::new(HOME, port) }, answer)
    }

    fn talk(&self, sequence: u16) {
        let mut packet = vec![0x80, 8];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) * 160).to_be_bytes());
        packet.extend([0, 0, 0, 7]);
        packet.extend([0xd5; 160]);
        self.socket.send_to(&packet, self.to).unwrap();
    }

    fn hears_audio(&self) -> bool {
        let mut buffer = [0; 2048];
        self.socket.recv(&mut buffer).is_ok_and(|length| length > 100 && buffer[1] & 0x7f == 8)
    }
}

/// Whether `listener` comes to hear what `talker` says.
fn reaches(talker: &Peer, listener: &Peer, sequence: &mut u16) -> bool {
    let deadline = Instant::now() + std::time::Duration::from_secs(20);
    while Instant::now() < deadline {
        *sequence += 1;
        talker.talk(*sequence);
        if listener.hears_audio() {
            return true;
        }
    }
    false
}

#[test]
fn who_was_prepared_takes_a_side_with_ports_of_its_own() {
    let settings = MediaSettings {
        address: None,
        webrtc: vec![SocketAddr::new(HOME, 0)],
        rtp_ports: 41_200..=41_219,
        country: Country::default(),
        webrtc_codecs: vec![Codec::Opus],
        workers: Some(1),
        music_on_hold: None,
        announcements: Vec::new(),
    };
    let (mut server, _events) = MediaServer::start(settings).unwrap();
    let mut join = |side| {
        let (peer, answer) = Peer::new(&server.offer(CALL, side, HOME, &[Codec::Pcma]).unwrap());
        server.accept_answer(CALL, side, answer.as_bytes()).unwrap();
        server.play(CALL, side, Sound::Peer);
        server.flush();
        peer
    };
    let (stays, leaves) = (join(Side::A), join(Side::B));
    let mut sequence = 0;
    assert!(reaches(&stays, &leaves, &mut sequence));

    let offer = server.offer_next(CALL, Side::B, HOME, &[Codec::Pcma]).unwrap();
    let (dropped, _) = Peer::new(&offer);
    assert_ne!(dropped.to, leaves.to);
    server.drop_next(CALL);
    let (comes, answer) = Peer::new(&server.offer_next(CALL, Side::B, HOME, &[Codec::Pcma]).unwrap());
    server.flush();
    assert!(reaches(&stays, &leaves, &mut sequence), "the side talks on until the other answers");
    assert!(server.accept_next(CALL, Side::A, answer.as_bytes()).is_err());
    server.accept_next(CALL, Side::B, answer.as_bytes()).unwrap();
    server.flush();
    assert!(reaches(&stays, &comes, &mut sequence));
    let mut back = 0;
    assert!(reaches(&comes, &stays, &mut back));
    server.close(CALL);
    assert_eq!(server.ports.free.len(), 10);
}
