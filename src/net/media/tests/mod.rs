//! Audio through real sockets on the loopback.

mod legs;
pub(super) mod moves;
mod sounds;

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use super::*;

/// The tests' ports are above those that the system gives to whoever wants any (32768 to 60999).
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
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let own = socket.local_addr().unwrap().port();
        let answer = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {own} RTP/AVP 8\r\n"
        );
        (Peer { socket, to: SocketAddr::new(HOME, port) }, answer)
    }

    fn talk(&self, sequence: u16) {
        self.say(sequence, &[0xd5; 160]);
    }

    fn say(&self, sequence: u16, payload: &[u8]) {
        let mut packet = vec![0x80, 8];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) * 160).to_be_bytes());
        packet.extend([0, 0, 0, 7]);
        packet.extend(payload);
        self.socket.send_to(&packet, self.to).unwrap();
    }

    fn hears_audio(&self) -> bool {
        self.hears().is_some()
    }

    /// The next packet of audio: its sequence number and payload.
    fn hears(&self) -> Option<(u16, Vec<u8>)> {
        let mut buffer = [0; 2048];
        let length = self.socket.recv(&mut buffer).ok()?;
        let audio = length > 100 && buffer[1] & 0x7f == 8;
        audio.then(|| (u16::from_be_bytes([buffer[2], buffer[3]]), buffer[12..length].to_vec()))
    }

    /// Does not hear what has come so far.
    fn forget(&self) {
        self.socket.set_nonblocking(true).unwrap();
        while self.socket.recv(&mut [0; 2048]).is_ok() {}
        self.socket.set_nonblocking(false).unwrap();
    }

    /// Sequence number and source of the next packet of audio.
    fn numbers(&self) -> Option<(u16, u32)> {
        let mut buffer = [0; 2048];
        let length = self.socket.recv(&mut buffer).ok()?;
        let audio = length > 100 && buffer[1] & 0x7f == 8;
        audio.then(|| {
            (
                u16::from_be_bytes([buffer[2], buffer[3]]),
                u32::from_be_bytes([buffer[8], buffer[9], buffer[10], buffer[11]]),
            )
        })
    }
}

/// A server with so many workers; what is given is used for the port of browsers and those towards PBXs.
fn server(workers: usize, webrtc: u16, rtp_ports: RangeInclusive<u16>) -> (MediaServer, mpsc::Receiver<MediaEvent>) {
    let settings = MediaSettings {
        address: Vec::new(),
        webrtc: vec![SocketAddr::new(HOME, webrtc)],
        rtp_ports,
        country: Country::default(),
        webrtc_codecs: vec![Codec::Opus],
        workers: Some(workers),
        music_on_hold: None,
        announcements: Vec::new(),
        recordings: Recordings::default(),
    };
    MediaServer::start(settings).unwrap()
}

impl MediaServer {
    /// A telephone on a side of a call, which hears `sound`.
    fn join_peer(&mut self, call: CallId, side: Side, sound: Sound) -> Peer {
        let (peer, answer) = Peer::new(&self.offer(call, side, HOME, &plain()).unwrap());
        self.accept_answer(call, side, answer.as_bytes()).unwrap();
        self.play(call, side, sound);
        self.flush();
        peer
    }
}

/// Waits until something is so.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    eventually_told(what, || if condition() { Ok(()) } else { Err(String::new()) });
}

/// The same with what was so instead.
fn eventually_told(what: &str, mut condition: impl FnMut() -> Result<(), String>) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while let Err(state) = condition() {
        assert!(Instant::now() < deadline, "{what}: {state}");
        std::thread::yield_now();
    }
}

/// Whether `listener` comes to hear what `talker` says.
fn reaches(talker: &Peer, listener: &Peer, sequence: &mut u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        *sequence += 1;
        talker.talk(*sequence);
        if listener.hears_audio() {
            return true;
        }
    }
    false
}

fn plain() -> AudioSettings {
    AudioSettings::plain(&[Codec::Pcma])
}

#[test]
fn encryption_that_is_demanded_is_not_done_without() {
    use offhook_media::sdp::SrtpPolicy::{Dtls, Optional, Required};
    let (mut server, _events) = server(1, 0, 62_220..=62_319);
    let (_, unencrypted) = Peer::new(b"m=audio 4000 RTP/AVP 8\n");
    for (place, (srtp, signalling, transport, accepted)) in [
        (Srtp::Off, true, "RTP/AVP", Ok(SecurityKind::Plain)),
        (Srtp::Auto, false, "RTP/AVP", Ok(SecurityKind::Plain)),
        (Srtp::Auto, true, "RTP/SAVP", Err(CauseCode::SrtpRefused)),
        (Srtp::On(Optional), false, "RTP/AVP", Ok(SecurityKind::Plain)),
        (Srtp::On(Required), false, "RTP/SAVP", Err(CauseCode::SrtpRefused)),
        (Srtp::On(Dtls), false, "UDP/TLS/RTP/SAVP", Err(CauseCode::SrtpRefused)),
    ]
    .into_iter()
    .enumerate()
    {
        let call = CallId(10 + place as u64);
        let audio = AudioSettings { srtp: srtp.resolved(signalling), ..plain() };
        assert_eq!(audio.demands_encryption(), accepted.is_err());
        let offer = server.offer(call, Side::A, HOME, &audio).unwrap();
        let text = String::from_utf8(offer.to_vec()).unwrap();
        assert!(text.contains(&format!(" {transport} 8 ")), "{text}");
        let answered = server.accept_answer(call, Side::A, unencrypted.as_bytes());
        assert_eq!(answered.map(|_| server.security(call, Side::A).unwrap()), accepted, "{srtp:?}");
        // The same the other way round.
        let answered = server.answer_offer(call, Side::B, HOME, &audio, None, unencrypted.as_bytes());
        assert_eq!(answered.map(|_| server.security(call, Side::B).unwrap()), accepted, "{srtp:?}");
        server.close(call);
    }
    let encrypted = unencrypted.replace("RTP/AVP 8", "RTP/SAVP 8");
    let answered = server.answer_offer(CALL, Side::A, HOME, &plain(), None, encrypted.as_bytes());
    assert_eq!(answered.map(|_| ()), Err(CauseCode::SrtpRequired));
}

#[test]
fn each_side_has_keys_of_its_own_for_its_life() {
    let (mut server, _events) = server(1, 0, 62_320..=62_339);
    let audio = AudioSettings { srtp: Srtp::On(offhook_media::sdp::SrtpPolicy::Required), ..plain() };
    let mut keys = |call, side| {
        let offer = server.offer(CallId(call), side, HOME, &audio).unwrap();
        let text = String::from_utf8(offer.to_vec()).unwrap();
        text.lines().filter(|line| line.starts_with("a=crypto:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, again) = (keys(1, Side::A), keys(1, Side::A));
    assert_eq!(first, again);
    assert_ne!(first, keys(1, Side::B));
    assert_ne!(first, keys(2, Side::A));
}

#[test]
fn who_was_prepared_takes_a_side_with_ports_of_its_own() {
    let (mut server, _events) = server(1, 0, 62_200..=62_219);
    let mut join = |side| server.join_peer(CALL, side, Sound::Peer);
    let (stays, leaves) = (join(Side::A), join(Side::B));
    let mut sequence = 0;
    assert!(reaches(&stays, &leaves, &mut sequence));

    let offer = server.offer_next(CALL, Side::B, HOME, &plain()).unwrap();
    let (dropped, _) = Peer::new(&offer);
    assert_ne!(dropped.to, leaves.to);
    server.drop_next(CALL);
    let (comes, answer) = Peer::new(&server.offer_next(CALL, Side::B, HOME, &plain()).unwrap());
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
