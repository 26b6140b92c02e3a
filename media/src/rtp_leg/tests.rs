//! Two sessions that call each other over a wire that may lose, repeat and forge; and who may take a stream.

use super::*;
use crate::sdp::{self, LocalAudio, Offer, Protection, SrtpPolicy, Terms};
use crate::session::{Leg, Output, Session, Side, Source};
use crate::srtp::{DtlsIdentity, LocalKeys, MasterKey, Suite};
use crate::testing::{FRAME, Whistle, World, negotiated, phone, start};

/// A datagram on the wire between the two.
#[derive(Clone)]
struct Wire {
    by: usize,
    channel: Channel,
    bytes: Vec<u8>,
}

/// Two sessions whose sides A talk with each other; at the sides B are phones.
struct Pair {
    sessions: [Session; 2],
    sources: [Whistle; 2],
    now: Instant,
    wire: Vec<Wire>,
    /// What the phone behind each session heard.
    heard: [Vec<Vec<u8>>; 2],
    /// How many datagrams are lost first.
    lose: usize,
}

impl Pair {
    fn new(agreed: [Negotiated; 2]) -> Self {
        let now = start();
        let mut pair = Self {
            sessions: [Session::new(1), Session::new(2)],
            sources: [1, 2].map(|ssrc| Whistle::new(Codec::Pcma, 8, ssrc)),
            now,
            wire: Vec::new(),
            heard: [Vec::new(), Vec::new()],
            lose: 0,
        };
        for (session, agreed) in pair.sessions.iter_mut().zip(agreed) {
            let phone = negotiated(Side::B, Codec::Pcma);
            for (side, agreed) in [(Side::A, agreed), (Side::B, phone)] {
                session.set_leg(side, Leg::Rtp(RtpLeg::new(agreed)), now);
                session.set_source(side, Source::Peer, now);
            }
        }
        pair
    }

    fn address(index: usize, channel: Channel) -> SocketAddr {
        let port = if channel == Channel::Rtcp { 4_001 } else { 4_000 };
        SocketAddr::from(([127, 0, 1, index as u8 + 1], port))
    }

    /// The other one takes a datagram.
    fn deliver(&mut self, datagram: &Wire) {
        let from = Self::address(datagram.by, datagram.channel);
        self.sessions[1 - datagram.by].handle_packet(Side::A, datagram.channel, from, &datagram.bytes, self.now);
    }

    /// Carries everything out that waits.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            let mut sent = Vec::new();
            let mut next = None;
            for (by, session) in self.sessions.iter_mut().enumerate() {
                loop {
                    match session.poll_output() {
                        Output::Recorded(_) | Output::RecordingDone(_) | Output::Copy(_) => {}
                        Output::Timeout(at) => {
                            next = next.into_iter().chain(at).min();
                            break;
                        }
                        Output::Transmit { side: Side::A, channel, to, bytes } => {
                            assert_eq!(to, Self::address(1 - by, channel));
                            sent.push(Wire { by, channel, bytes: bytes.to_vec() });
                        }
                        Output::Transmit { side: Side::B, channel: Channel::Rtp, bytes, .. } => {
                            let (_, payload) = RtpHeader::parse(bytes).unwrap();
                            self.heard[by].push(bytes[payload].to_vec());
                        }
                        Output::Transmit { .. } | Output::Event(_) => {}
                    }
                }
            }
            if sent.is_empty() {
                return next;
            }
            for datagram in sent {
                self.wire.push(datagram.clone());
                if self.lose > 0 {
                    self.lose -= 1;
                } else {
                    self.deliver(&datagram);
                }
            }
        }
    }

    fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.drain().filter(|at| *at < end) {
            self.now = self.now.max(at);
            for session in &mut self.sessions {
                session.handle_timeout(self.now);
            }
        }
        self.now = end;
    }

    /// The phone behind `by` speaks one packet; gives its payload.
    fn speak(&mut self, by: usize) -> Vec<u8> {
        let (header, payload) = self.sources[by].next();
        let datagram = [header.to_bytes().as_slice(), &payload].concat();
        self.sessions[by].handle_packet(Side::B, Channel::Rtp, phone(Side::B), &datagram, self.now);
        self.run(FRAME);
        payload
    }

    /// Both speak for a second, and each hears exactly what the other said.
    fn converse(&mut self) {
        for by in [0, 1] {
            self.heard[1 - by].clear();
            let said: Vec<_> = (0..50).map(|_| self.speak(by)).collect();
            assert!(self.heard[1 - by] == said, "{by} is not understood: {:?}", self.refusals(1 - by));
        }
    }

    fn refusals(&self, index: usize) -> Refusals {
        let Some(Leg::Rtp(leg)) = self.sessions[index].leg(Side::A) else {
            panic!("no leg");
        };
        leg.refusals()
    }

    fn update(&mut self, index: usize, agreed: Negotiated) {
        self.sessions[index].update_rtp(Side::A, agreed, self.now);
        self.drain();
    }
}

/// Terms of one of the two.
fn terms(index: usize, policy: SrtpPolicy) -> Terms {
    let keys = LocalKeys::new(&[index as u8 + 1; 32]);
    let protection = Protection::Srtp { policy, keys, identity: DtlsIdentity::new().unwrap(), active: None };
    Terms { protection, ..Terms::from(&[Codec::Pcma]) }
}

/// What offer and answer come to.
fn agree(offering: &Terms, answering: &Terms) -> [Negotiated; 2] {
    let local = [0, 1].map(|index| {
        let rtp = Pair::address(index, Channel::Rtp);
        LocalAudio { address: rtp.ip(), port: rtp.port(), session_id: 1 }
    });
    let offer = Offer::new(&local[0], offering);
    let (answer, theirs) = sdp::answer(&local[1], answering, offer.sdp(), 1).unwrap();
    [offer.accept_answer(&answer).unwrap(), theirs]
}

/// What both agreed on, with keys of one suite.
fn keyed(suite: Suite, keys: [&LocalKeys; 2]) -> [Negotiated; 2] {
    let keys = keys.map(|keys| keys.master_key(suite));
    secured([0, 1].map(|index: usize| Security::Sdes { local: keys[index].clone(), remote: keys[1 - index].clone() }))
}

fn secured([a, b]: [Security; 2]) -> [Negotiated; 2] {
    let [first, second] = agree(&Terms::from(&[Codec::Pcma]), &Terms::from(&[Codec::Pcma]));
    [Negotiated { security: a, ..first }, Negotiated { security: b, ..second }]
}

fn two_keys() -> [LocalKeys; 2] {
    [LocalKeys::new(&[1; 32]), LocalKeys::new(&[2; 32])]
}

#[test]
fn every_suite_carries_audio_and_reports_and_hides_both() {
    let [a, b] = two_keys();
    for suite in Suite::ALL {
        let mut pair = Pair::new(keyed(suite, [&a, &b]));
        pair.converse();
        for datagram in pair.wire.iter().filter(|datagram| datagram.channel == Channel::Rtp) {
            let payload = &datagram.bytes[12..172];
            assert!(pair.heard.iter().flatten().all(|said| said != payload), "{suite:?}");
        }
        // Reports come every few seconds, and both sides understand them.
        for _ in 0..15 {
            pair.converse();
        }
        let reports: Vec<_> = pair.wire.iter().filter(|datagram| datagram.channel == Channel::Rtcp).collect();
        assert!(!reports.is_empty());
        for index in [0, 1] {
            assert!(pair.sessions[index].stats(Side::A).round_trip.is_some(), "{suite:?} {index}");
            assert_eq!(pair.refusals(index), Refusals::default(), "{suite:?}");
        }
    }
}

#[test]
fn what_is_offered_and_answered_is_spoken() {
    use SrtpPolicy::{Dtls, Optional, Required};
    for (offering, answering) in [
        (Optional, Optional),
        (Optional, Required),
        (Required, Optional),
        (Required, Required),
        (Dtls, Dtls),
        (Dtls, Required),
    ] {
        let agreed = agree(&terms(0, offering), &terms(1, answering));
        assert!(agreed.iter().all(|agreed| agreed.security.is_encrypted()), "{offering:?} {answering:?}");
        let mut pair = Pair::new(agreed);
        pair.run(Duration::from_secs(1));
        pair.converse();
    }
    let agreed = agree(&Terms::from(&[Codec::Pcma]), &terms(1, Optional));
    assert!(agreed.iter().all(|agreed| agreed.security == Security::Plain));
    Pair::new(agreed).converse();
}

#[test]
fn wrong_keys_are_silence() {
    let [a, b] = two_keys();
    let other = LocalKeys::new(&[3; 32]);
    for suite in Suite::ALL {
        let [agreed, _] = keyed(suite, [&a, &b]);
        let [_, wrong] = keyed(suite, [&other, &b]);
        let mut pair = Pair::new([agreed, wrong]);
        for _ in 0..50 {
            pair.speak(0);
        }
        assert!(pair.heard[1].is_empty(), "{suite:?}");
        assert_eq!(pair.refusals(1), Refusals { unauthentic: 50, ..Refusals::default() }, "{suite:?}");
    }
    // Plain packets to an encrypted leg are no better.
    let [plain, _] = agree(&Terms::from(&[Codec::Pcma]), &Terms::from(&[Codec::Pcma]));
    let [_, encrypted] = keyed(Suite::AeadAes128Gcm, [&a, &b]);
    let mut pair = Pair::new([plain, encrypted]);
    pair.speak(0);
    assert!(pair.heard[1].is_empty());
}

#[test]
fn repeated_and_altered_packets_are_dropped() {
    let [a, b] = two_keys();
    for suite in Suite::ALL {
        let mut pair = Pair::new(keyed(suite, [&a, &b]));
        pair.converse();
        let wire = std::mem::take(&mut pair.wire);
        let before = pair.heard[1].len();
        for datagram in wire.iter().filter(|datagram| datagram.by == 0) {
            pair.deliver(datagram);
            let mut altered = datagram.clone();
            // Another sequence number under the same tag, so that it is not taken for a copy.
            altered.bytes[2] ^= 0x40;
            pair.deliver(&altered);
        }
        pair.drain();
        assert_eq!(pair.heard[1].len(), before, "{suite:?}");
        let refusals = pair.refusals(1);
        assert!(refusals.replayed >= 50 && refusals.unauthentic >= 50, "{suite:?} {refusals:?}");
    }
}

#[test]
fn packets_under_the_old_key_count_until_the_first_under_the_new() {
    let [a, b] = two_keys();
    let next = LocalKeys::new(&[3; 32]);
    let suite = Suite::Aes128CmSha1_80;
    let mut pair = Pair::new(keyed(suite, [&a, &b]));
    pair.converse();
    let [sending, receiving] = keyed(Suite::AeadAes256Gcm, [&next, &b]);
    // The receiver knows of the new key first: what comes meanwhile is under the old.
    pair.update(1, Negotiated { security: halfway(&pair, &receiving), ..receiving.clone() });
    pair.heard[1].clear();
    let said = pair.speak(0);
    assert_eq!(pair.heard[1], [said]);
    let old = pair.wire.last().unwrap().clone();
    pair.update(0, sending);
    pair.update(1, receiving);
    pair.converse();
    // From here on the old key is nobody's.
    let before = pair.refusals(1).unauthentic;
    pair.deliver(&old);
    assert_eq!(pair.refusals(1).unauthentic, before + 1);
}

/// The keys of a leg with the new key of its peer.
fn halfway(pair: &Pair, receiving: &Negotiated) -> Security {
    let Some(Leg::Rtp(leg)) = pair.sessions[1].leg(Side::A) else {
        panic!("no leg");
    };
    match (&leg.negotiated().security, &receiving.security) {
        (Security::Sdes { local, .. }, Security::Sdes { remote, .. }) => {
            Security::Sdes { local: local.clone(), remote: remote.clone() }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_keys_go_on_after_a_hold() {
    let [a, b] = two_keys();
    let agreed = keyed(Suite::AeadAes128Gcm, [&a, &b]);
    let mut pair = Pair::new(agreed.clone());
    pair.converse();
    let old: Vec<_> = pair.wire.iter().filter(|datagram| datagram.by == 0).cloned().collect();
    for direction in [sdp::Direction::Inactive, sdp::Direction::SendRecv] {
        for (index, agreed) in agreed.iter().enumerate() {
            pair.update(index, Negotiated { direction, ..agreed.clone() });
        }
    }
    pair.converse();
    // What was taken before the hold is still known.
    let before = pair.refusals(1).replayed;
    for datagram in &old[old.len() - 10..] {
        pair.deliver(datagram);
    }
    assert_eq!(pair.refusals(1).replayed, before + 10);
}

#[test]
fn a_handshake_gives_keys_whoever_begins_and_whatever_is_lost() {
    for lost in [0, 1, 2, 3, 5, 8] {
        let [offering, answering] = [0, 1].map(|index| terms(index, SrtpPolicy::Dtls));
        let mut pair = Pair::new(agree(&offering, &answering));
        pair.lose = lost;
        eprintln!("lost {lost}");
        // Audio waits for the keys: nothing readable leaves.
        let said = pair.speak(0);
        assert!(pair.wire.iter().all(|datagram| !datagram.bytes.ends_with(&said)));
        pair.run(Duration::from_secs(150));
        pair.converse();
        // The same identities and roles again, as after a hold: no second handshake.
        let handshakes = |pair: &Pair| pair.wire.iter().filter(|datagram| is_dtls(&datagram.bytes)).count();
        let before = handshakes(&pair);
        for (index, agreed) in agree(&offering, &answering).into_iter().enumerate() {
            pair.update(index, agreed);
        }
        pair.converse();
        assert_eq!(handshakes(&pair), before);
    }
}

#[test]
fn another_certificate_than_announced_is_silence() {
    let [offering, answering] = [0, 1].map(|index| terms(index, SrtpPolicy::Dtls));
    let [agreed, mut wrong] = agree(&offering, &answering);
    if let Security::Dtls { fingerprint, .. } = &mut wrong.security {
        *fingerprint = DtlsIdentity::new().unwrap().fingerprint().clone();
    }
    let mut pair = Pair::new([agreed, wrong]);
    pair.run(Duration::from_secs(5));
    for _ in 0..10 {
        pair.speak(0);
        pair.speak(1);
    }
    assert!(pair.heard.iter().all(Vec::is_empty));
    // It does not go on for ever.
    let sent = pair.wire.len();
    pair.run(Duration::from_secs(600));
    assert!(pair.wire.len() < sent + 400, "{} datagrams", pair.wire.len() - sent);
}

#[test]
fn keys_are_in_no_debug_output() {
    let key = MasterKey::new(Suite::Aes128CmSha1_80, &[0x5a; 30]).unwrap();
    let [agreed, _] = secured([Security::Sdes { local: key.clone(), remote: key }, Security::Plain]);
    let leg = RtpLeg::new(agreed);
    let shown = format!("{leg:?} {:?}", terms(0x59, SrtpPolicy::Required));
    assert!(!shown.contains("90, 90") && !shown.contains("5a5a") && !shown.contains("Wlpa"), "{shown}");
}

const STRANGER: &str = "127.0.0.66:6666";

fn packet(source: &mut Whistle, world: &mut World, from: &str) -> bool {
    let (header, payload) = source.next();
    let before = world.heard(Side::B).len();
    world.rtp_from(Side::A, from.parse().unwrap(), header, &payload);
    world.heard(Side::B).len() > before
}

/// Where the phone of side B's audio goes.
fn sent_to(source: &mut Whistle, world: &mut World) -> SocketAddr {
    let (header, payload) = source.next();
    world.rtp(Side::B, header, &payload);
    world.heard(Side::A).last().unwrap().to
}

/// Two phones; the first one, a stranger, and the second one.
fn call() -> (World, Whistle, Whistle, Whistle) {
    let whistle = |ssrc| Whistle::new(Codec::Pcma, 8, ssrc);
    (World::bridged(Codec::Pcma, Codec::Pcma), whistle(1), whistle(66), whistle(2))
}

#[test]
fn a_stranger_who_came_first_loses_the_stream() {
    let (mut world, mut peer, mut stranger, mut other) = call();
    assert!(packet(&mut stranger, &mut world, STRANGER));
    assert_eq!(sent_to(&mut other, &mut world).to_string(), STRANGER);
    // The phone itself, from the address in its SDP; the stranger does not get it back.
    let written = phone(Side::A).to_string();
    assert!(packet(&mut peer, &mut world, &written));
    assert!(!packet(&mut stranger, &mut world, STRANGER));
    assert_eq!(sent_to(&mut other, &mut world).to_string(), written);
}

#[test]
fn another_port_of_the_host_in_the_sdp_is_nearer_than_a_stranger() {
    let (mut world, mut peer, mut stranger, mut other) = call();
    assert!(packet(&mut stranger, &mut world, STRANGER));
    let nearer = SocketAddr::new(phone(Side::A).ip(), 9_999).to_string();
    assert!(packet(&mut peer, &mut world, &nearer));
    assert!(!packet(&mut stranger, &mut world, STRANGER));
    assert_eq!(sent_to(&mut other, &mut world).to_string(), nearer);
}

#[test]
fn a_stranger_gets_nothing_during_a_call_nor_a_hold() {
    let (mut world, mut peer, mut stranger, mut other) = call();
    let written = phone(Side::A).to_string();
    assert!(packet(&mut peer, &mut world, &written));
    for direction in [sdp::Direction::SendRecv, sdp::Direction::Inactive, sdp::Direction::SendRecv] {
        let agreed = Negotiated { direction, ..negotiated(Side::A, Codec::Pcma) };
        world.session.update_rtp(Side::A, agreed, world.now);
        // Also when the phone has said nothing for long.
        for _ in 0..10 {
            assert!(!packet(&mut stranger, &mut world, STRANGER), "{direction:?}");
            world.run(Duration::from_secs(1));
        }
    }
    assert!(packet(&mut peer, &mut world, &written));
    assert_eq!(sent_to(&mut other, &mut world).to_string(), written);
    let Some(Leg::Rtp(leg)) = world.session.leg(Side::A) else {
        panic!("no leg");
    };
    assert_eq!(leg.refusals().strangers, 30);
}

#[test]
fn a_nat_may_change_its_mapping_when_the_old_one_is_silent() {
    let (mut world, mut peer, mut stranger, mut other) = call();
    assert!(packet(&mut peer, &mut world, "127.0.0.99:1000"));
    // Still warm: anybody could have seen the numbers on the way.
    assert!(!packet(&mut peer, &mut world, "127.0.0.99:2000"));
    world.run(Duration::from_millis(2_100));
    assert!(!packet(&mut stranger, &mut world, STRANGER));
    assert!(packet(&mut peer, &mut world, "127.0.0.99:2000"));
    assert_eq!(sent_to(&mut other, &mut world).to_string(), "127.0.0.99:2000");
    // Another source identifier from the place that has the stream is another phone behind the PBX.
    peer.header.ssrc = 77;
    assert!(packet(&mut peer, &mut world, "127.0.0.99:2000"));
}

#[test]
fn another_address_in_the_sdp_starts_over() {
    let (mut world, mut peer, _, mut other) = call();
    assert!(packet(&mut peer, &mut world, "127.0.0.99:1000"));
    let moved: SocketAddr = "127.0.0.12:6000".parse().unwrap();
    let agreed = Negotiated { remote: moved, ..negotiated(Side::A, Codec::Pcma) };
    world.session.update_rtp(Side::A, agreed, world.now);
    assert_eq!(sent_to(&mut other, &mut world), moved);
    assert!(packet(&mut peer, &mut world, "127.0.0.98:1000"));
    assert_eq!(sent_to(&mut other, &mut world).to_string(), "127.0.0.98:1000");
}
