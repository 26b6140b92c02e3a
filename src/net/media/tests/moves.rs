//! Calls that move between workers, and what is left of calls.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use offhook_media::record::{Channels, Container, RecordFormat};

use super::*;
use crate::ids::ConferenceId;

/// The offer of a browser.
pub(in super::super) const BROWSER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
    a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n\
    a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";

/// A connectivity check for who has this name (RFC 8489), as far as workers look at it.
pub(super) fn check(ufrag: &str) -> Vec<u8> {
    let name = format!("{ufrag}:EsAw");
    let padded = name.len().next_multiple_of(4);
    let mut packet = vec![0, 1];
    packet.extend((padded as u16 + 4).to_be_bytes());
    packet.extend([0x21, 0x12, 0xa4, 0x42]);
    packet.extend([7; 12]);
    packet.extend([0, 6]);
    packet.extend((name.len() as u16).to_be_bytes());
    packet.extend(name.as_bytes());
    packet.resize(24 + padded, 0);
    packet
}

pub(super) fn ufrag(answer: &[u8]) -> String {
    let text = std::str::from_utf8(answer).unwrap();
    text.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap().to_owned()
}

#[test]
fn a_call_that_moves_while_people_talk_loses_nothing() {
    let (mut server, _events) = server(3, 62_298, 62_220..=62_239);
    let talker = server.join_peer(CALL, Side::A, Sound::Peer);
    let listener = server.join_peer(CALL, Side::B, Sound::Peer);
    let mut sequence = 0;
    assert!(reaches(&talker, &listener, &mut sequence));
    while listener.hears_audio() {}

    let mut heard = BTreeSet::new();
    for burst in 0..40_u16 {
        server.workers.place(CALL, usize::from(burst * 7 % 3));
        for _ in 0..5 {
            sequence += 1;
            talker.talk(sequence);
        }
        server.flush();
        if burst % 3 == 0 {
            // While packets and the move are on their way.
            server.workers.place(CALL, usize::from((burst + 1) % 3));
            server.flush();
        }
    }
    eventually("every packet arrives", || {
        heard.extend(listener.hears().map(|(sequence, _)| sequence));
        heard.len() == 200
    });
    let first = *heard.first().unwrap();
    assert!(heard.iter().all(|sequence| sequence.wrapping_sub(first) < 200), "{heard:?}");
    server.close(CALL);
    server.flush();
    eventually("nobody remembers the call", || {
        server.workers.counts().iter().all(|counts| *counts == Default::default())
    });
}

#[test]
fn a_browser_is_found_wherever_its_packets_arrive() {
    let port = 62_296;
    let (mut server, _events) = server(4, port, 62_240..=62_259);
    let answer = server.answer_browser(CALL, Side::A, BROWSER, None).unwrap();
    server.flush();
    let name = ufrag(&answer);
    let networks: Vec<_> = (0..6).map(|_| UdpSocket::bind((HOME, 0)).unwrap()).collect();
    let known = |server: &MediaServer| server.workers.counts().iter().map(|counts| counts.by_remote).sum::<usize>();
    for (place, network) in networks.iter().enumerate() {
        eventually("an address is learnt", || {
            network.send_to(&check(&name), (HOME, port)).unwrap();
            known(&server) == place + 1
        });
    }
    for worker in [2, 0, 3, 1] {
        server.workers.place(CALL, worker);
        server.flush();
        eventually("the call and all it knows go along", || {
            let counts = server.workers.counts();
            counts[worker].entries == 1 && counts[worker].by_remote == networks.len()
        });
        // Each other worker knows whom to pass on to what it gets: none of them has to ask for the name.
        let elsewhere: usize = server.workers.counts().iter().map(|counts| counts.elsewhere).sum();
        assert!(server.workers.counts()[worker].elsewhere == 0 && elsewhere > 0, "{:?}", server.workers.counts());
    }
    server.close(CALL);
    server.flush();
    eventually("nobody remembers it", || server.workers.counts().iter().all(|counts| *counts == Default::default()));
}

#[test]
fn nothing_is_left_of_calls_that_are_over() {
    let port = 62_294;
    let (mut server, mut events) = server(3, port, 62_400..=62_599);
    let folder = std::env::temp_dir().join(format!("offhook-recordings-{}-left", std::process::id()));
    let mut used = Vec::new();
    let browser = UdpSocket::bind((HOME, 0)).unwrap();
    for number in 0..30 {
        let call = CallId(number);
        let phone = server.join_peer(call, Side::A, Sound::Peer);
        used.push(phone.to.port());
        phone.talk(1);
        match number % 5 {
            0 => server.workers.place(call, number as usize % 3),
            1 => {
                let answer = server.answer_browser(call, Side::B, BROWSER, None).unwrap();
                server.flush();
                browser.send_to(&check(&ufrag(&answer)), (HOME, port)).unwrap();
            }
            2 => server.play(call, Side::A, Sound::Conference(ConferenceId(number as u32 % 2))),
            3 => {
                let format = RecordFormat { container: Container::Wav, channels: Channels::PerSide };
                server.record(call, Some(Recording { path: folder.join(format!("{number}.wav")), format }));
            }
            _ => used.extend(server.offer_next(call, Side::B, HOME, &plain()).ok().map(|_| phone.to.port())),
        }
        server.flush();
    }
    for number in 0..30 {
        server.close(CallId(number));
    }
    server.flush();
    eventually_told("no entry is left", || {
        let mut left = server.workers.counts();
        // Where the check is passed on while its call ends, its address may stay in a table that is bounded by itself.
        left.iter_mut().for_each(|counts| counts.elsewhere = counts.elsewhere.saturating_sub(1));
        let is_none = left.iter().all(|counts| *counts == Default::default());
        if is_none { Ok(()) } else { Err(format!("{left:?}")) }
    });
    assert!(server.calls.is_empty() && server.conferences.is_empty());
    assert_eq!(server.ports.free.len(), 100);
    eventually("every socket is closed", || {
        used.iter().flat_map(|&port| [port, port + 1]).all(|port| match UdpSocket::bind((HOME, port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => false,
            bound => bound.is_ok(),
        })
    });
    eventually("no file is open", || {
        let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        !open.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|path| path.starts_with(&folder))
    });
    drop(server);
    while events.blocking_recv().is_some() {}
    let _ = std::fs::remove_dir_all(folder);
}
