//! Legs on hold, legs that go to another call, legs that are let go.

use super::moves::BROWSER;
use super::sounds::{is_loud, talk_until};
use super::*;
use crate::ids::ConferenceId;

const OTHER: CallId = CallId(2);

/// The answer of a telephone to an offer, with this direction.
fn answering(peer: &Peer, direction: &str) -> String {
    let port = peer.socket.local_addr().unwrap().port();
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n\
         a={direction}\r\n"
    )
}

fn text(sdp: Result<Bytes, CauseCode>) -> String {
    String::from_utf8(sdp.unwrap().to_vec()).unwrap()
}

/// Waits until nothing of any call is left, neither with the workers nor here.
fn all_gone(server: &mut MediaServer, calls: impl IntoIterator<Item = CallId>, ports: usize) {
    for call in calls {
        server.close(call);
    }
    server.flush();
    eventually("nothing is left", || server.workers.counts().iter().all(|counts| *counts == Default::default()));
    assert_eq!(server.ports.free.len(), ports);
}

#[test]
fn a_side_is_offered_on_hold_and_retrieved_with_what_was_agreed() {
    let (mut server, mut events) = server(1, 0, 62_340..=62_349);
    let audio = AudioSettings { srtp: Srtp::On(offhook_media::sdp::SrtpPolicy::Optional), ..plain() };
    let (phone, answer) = Peer::new(&server.offer(CALL, Side::A, HOME, &audio).unwrap());
    assert_eq!(
        server.reoffer(CALL, Side::A, Direction::SendOnly).err(),
        Some(CauseCode::NotPossibleNow),
        "nothing is agreed yet"
    );
    assert_eq!(server.reoffer(CALL, Side::B, Direction::SendOnly).err(), Some(CauseCode::Internal), "nobody is there");
    server.accept_answer(CALL, Side::A, answer.as_bytes()).unwrap();
    server.play(CALL, Side::A, Sound::Peer);
    let other = server.join_peer(CALL, Side::B, Sound::Peer);
    let mut sequence = 0;
    assert!(reaches(&phone, &other, &mut sequence));

    let held = text(server.reoffer(CALL, Side::A, Direction::SendOnly));
    assert!(held.ends_with("a=sendonly\r\n") && held.contains(" RTP/AVP 8 101\r\n"), "{held}");
    assert!(!held.contains("crypto"), "it was agreed without: {held}");
    // It is refused: the agreement goes on.
    server.expect(CALL);
    server.flush();
    assert!(reaches(&phone, &other, &mut sequence));

    let version = |sdp: &str| sdp.split_whitespace().nth(3).unwrap().parse::<u64>().unwrap();
    let again = text(server.reoffer(CALL, Side::A, Direction::SendOnly));
    assert!(version(&again) > version(&held));
    server.accept_answer(CALL, Side::A, answering(&phone, "recvonly").as_bytes()).unwrap();
    // Its PBX asks anew, and it stays on hold.
    let asked = server.answer_offer(CALL, Side::A, HOME, &audio, None, answering(&phone, "sendrecv").as_bytes());
    assert!(text(asked.map(|(sdp, _)| sdp)).contains("a=sendonly"));
    assert!(text(server.describe(CALL, Side::A)).ends_with("a=sendonly\r\n"));
    server.play(CALL, Side::A, Sound::TestTone);
    server.play(CALL, Side::B, Sound::Silence);
    server.flush();
    eventually("music", || phone.hears().is_some_and(|(_, heard)| is_loud(&heard)));

    // Longer than a leg may be silent that is not on hold; the other side talks on.
    let until = Instant::now() + Duration::from_millis(2_500);
    talk_until("the hold is over", &[&other], || Instant::now() > until);
    server.play(CALL, Side::A, Sound::Peer);
    server.play(CALL, Side::B, Sound::Peer);
    assert!(text(server.reoffer(CALL, Side::A, Direction::SendRecv)).ends_with("a=sendrecv\r\n"));
    server.accept_answer(CALL, Side::A, answering(&phone, "sendrecv").as_bytes()).unwrap();
    server.flush();
    assert!(reaches(&phone, &other, &mut sequence));
    let mut back = 1_000;
    assert!(reaches(&other, &phone, &mut back));
    let told = std::iter::from_fn(|| events.try_recv().ok())
        .any(|news| matches!(news, MediaEvent { side: Side::A, event: MediaInput::Silent { .. }, .. }));
    assert!(!told, "who is on hold is not suspected");
}

/// What we answer when a telephone makes an offer with this direction.
fn asks(server: &mut MediaServer, phone: &Peer, direction: &str) -> String {
    let offer = answering(phone, direction);
    text(server.answer_offer(CALL, Side::A, HOME, &plain(), None, offer.as_bytes()).map(|(sdp, _)| sdp))
}

#[test]
fn a_side_that_does_not_take_an_offer_of_hold_stays_as_it_was() {
    let (mut server, _events) = server(1, 0, 63_180..=63_189);
    let phone = server.join_peer(CALL, Side::A, Sound::Peer);
    for wanted in [Direction::SendOnly, Direction::Inactive] {
        server.reoffer(CALL, Side::A, wanted).unwrap();
        assert!(asks(&mut server, &phone, "sendrecv").contains("a=sendrecv"), "{wanted:?} was refused");
        assert!(text(server.describe(CALL, Side::A)).ends_with("a=sendrecv\r\n"));
    }
    server.reoffer(CALL, Side::A, Direction::SendOnly).unwrap();
    server.accept_answer(CALL, Side::A, answering(&phone, "recvonly").as_bytes()).unwrap();
    assert!(asks(&mut server, &phone, "sendrecv").contains("a=sendonly"));
    // It does not take the offer that retrieves it either, and then asks by itself.
    server.reoffer(CALL, Side::A, Direction::SendRecv).unwrap();
    assert!(asks(&mut server, &phone, "sendrecv").contains("a=sendrecv"));
}

#[test]
fn the_other_end_may_hold_while_it_is_on_hold_with_us() {
    use Direction::{Inactive, SendOnly, SendRecv};
    let (mut server, _events) = server(1, 0, 63_190..=63_199);
    let phone = server.join_peer(CALL, Side::A, Sound::Peer);
    let offered = |server: &mut MediaServer, wanted, answered: &str| {
        server.reoffer(CALL, Side::A, wanted).unwrap();
        server.accept_answer(CALL, Side::A, answering(&phone, answered).as_bytes()).unwrap();
        server.is_held(CALL, Side::A)
    };
    let asked = |server: &mut MediaServer, direction: &str| {
        asks(server, &phone, direction);
        server.is_held(CALL, Side::A)
    };
    assert!(!offered(&mut server, SendOnly, "recvonly"));
    assert!(!asked(&mut server, "recvonly"), "it asks anew");
    assert!(asked(&mut server, "inactive"));
    assert!(offered(&mut server, SendRecv, "inactive"), "it is retrieved and holds on");
    assert!(!asked(&mut server, "sendrecv"));
    // Where nothing goes either way because of us, that is no wish of its own.
    assert!(!offered(&mut server, Inactive, "inactive"));
    assert!(!asked(&mut server, "inactive"));
    assert!(offered(&mut server, SendRecv, "inactive"), "it has held meanwhile");
    assert!(offered(&mut server, Inactive, "inactive"), "and holds on");
    assert!(!offered(&mut server, SendRecv, "sendrecv"));
}

#[test]
fn a_leg_goes_to_another_call_wherever_both_are() {
    let (mut server, mut events) = server(3, 0, 62_960..=62_999);
    for round in 0..30 {
        let [first, second] = [CallId(round * 2 + 10), CallId(round * 2 + 11)];
        let [dropped, stays] = [Side::A, Side::B].map(|side| server.join_peer(first, side, Sound::Peer));
        let [user, comes] = [Side::A, Side::B].map(|side| server.join_peer(second, side, Sound::Peer));
        let (mut to_comes, mut from_comes) = (0, 0);
        assert!(reaches(&user, &comes, &mut to_comes));
        user.talk(to_comes + 1);
        let mut before = None;
        eventually("its stream is known", || {
            before = comes.numbers().or(before);
            before.is_some()
        });
        while let Some(numbers) = comes.numbers() {
            before = Some(numbers);
        }
        let before = before.unwrap();
        server.workers.place(first, round as usize % 3);
        server.workers.place(second, round as usize / 3 % 3);
        if round % 2 == 0 {
            server.flush();
        }
        server.take(first, Side::A, second, Side::B);
        // While it may be on its way.
        server.workers.place(first, (round as usize + 1) % 3);
        server.play(first, Side::A, Sound::Peer);
        server.close(second);
        server.flush();
        assert!(reaches(&comes, &stays, &mut from_comes), "round {round}");
        let mut after = None;
        eventually("it hears who stays", || {
            to_comes += 1;
            stays.talk(to_comes);
            after = comes.numbers();
            after.is_some()
        });
        let after = after.unwrap();
        assert_eq!(after.1, before.1, "one stream");
        assert_eq!(after.0, before.0.wrapping_add(1), "its numbers go on");
        dropped.socket.set_nonblocking(true).unwrap();
        assert!(!dropped.hears_audio());
        eventually("the figures of who was dropped are told", || {
            matches!(events.try_recv(), Ok(MediaEvent { call, side: Side::A, event: MediaInput::LegEnded { stats }, .. })
                if call == first && stats.packets_out == 0)
        });
        server.close(first);
        server.flush();
    }
    all_gone(&mut server, [], 20);
}

#[test]
fn legs_that_go_round_in_circles_end_with_their_calls() {
    let (mut server, _events) = server(3, 0, 42_000..=42_099);
    let calls: Vec<CallId> = (20..26).map(CallId).collect();
    for &call in &calls {
        for side in [Side::A, Side::B] {
            drop(server.join_peer(call, side, Sound::Peer));
        }
    }
    for step in 0..400_usize {
        let (call, from) = (calls[step * 7 % 6], calls[step * 5 / 3 % 6]);
        let side = |odd: usize| if odd.is_multiple_of(2) { Side::A } else { Side::B };
        server.take(call, side(step), from, side(step / 2));
        match step % 5 {
            0 => server.workers.place(from, step % 3),
            1 => server.workers.place(call, step / 4 % 3),
            2 => server.flush(),
            3 => server.release(call, side(step / 7)),
            _ => drop(server.offer(calls[step % 6], side(step / 3), HOME, &plain())),
        }
    }
    all_gone(&mut server, calls, 50);
    assert!(server.calls.is_empty() && server.conferences.is_empty());
}

#[test]
fn a_leg_that_is_not_answered_yet_can_go() {
    let (mut server, _events) = server(2, 0, 63_100..=63_119);
    let stays = server.join_peer(CALL, Side::A, Sound::Peer);
    let (called, early) = Peer::new(&server.offer(OTHER, Side::B, HOME, &plain()).unwrap());
    // One rings without audio, and one with.
    let (silent, answer) = Peer::new(&server.offer(CallId(3), Side::B, HOME, &plain()).unwrap());
    server.accept_answer(OTHER, Side::B, early.as_bytes()).unwrap();
    server.take(CALL, Side::B, OTHER, Side::B);
    server.play(CALL, Side::B, Sound::Peer);
    server.flush();
    let mut sequence = 0;
    assert!(reaches(&called, &stays, &mut sequence));
    // The 200 repeats what the 183 said, or says something else.
    server.accept_answer(CALL, Side::B, early.as_bytes()).unwrap();
    assert_eq!(server.accept_answer(OTHER, Side::B, early.as_bytes()), Err(CauseCode::Internal));
    server.flush();
    let mut back = 0;
    assert!(reaches(&stays, &called, &mut back));

    server.take(CALL, Side::B, CallId(3), Side::B);
    server.accept_answer(CALL, Side::B, answer.as_bytes()).unwrap();
    server.flush();
    assert!(reaches(&stays, &silent, &mut back));
    let mut sequence = 0;
    assert!(reaches(&silent, &stays, &mut sequence));
    all_gone(&mut server, [CALL, OTHER, CallId(3)], 10);
}

#[test]
fn a_side_that_was_let_go_hears_nothing_and_is_filled_again() {
    let (mut server, mut events) = server(2, 62_284, 63_120..=63_139);
    let stays = server.join_peer(CALL, Side::A, Sound::Peer);
    let goes = server.join_peer(CALL, Side::B, Sound::Peer);
    let mut sequence = 0;
    assert!(reaches(&stays, &goes, &mut sequence));
    server.release(CALL, Side::B);
    server.flush();
    eventually("its figures are told", || {
        matches!(events.try_recv(), Ok(MediaEvent { side: Side::B, event: MediaInput::LegEnded { .. }, .. }))
    });
    assert_eq!(server.ports.free.len(), 9);
    for sound in [Sound::MusicOnHold, Sound::Ringback, Sound::Conference(ConferenceId(4)), Sound::Peer] {
        server.play(CALL, Side::B, sound);
        server.digits(CALL, Side::B, "12".into());
        server.flush();
    }
    goes.forget();
    server.play(CALL, Side::A, Sound::TestTone);
    server.flush();
    eventually("who stays hears a tone", || stays.hears().is_some_and(|(_, heard)| is_loud(&heard)));
    assert!(!goes.hears_audio());

    // A browser, a telephone, and somebody from elsewhere.
    assert!(server.answer_browser(CALL, Side::B, BROWSER, None).is_ok());
    server.flush();
    eventually("it is known", || server.workers.counts().iter().map(|counts| counts.by_ufrag).sum::<usize>() == 1);
    server.release(CALL, Side::B);
    server.play(CALL, Side::A, Sound::Peer);
    let next = server.join_peer(CALL, Side::B, Sound::Peer);
    server.flush();
    eventually("it is forgotten", || server.workers.counts().iter().map(|counts| counts.by_ufrag).sum::<usize>() == 0);
    let mut back = 0;
    assert!(reaches(&next, &stays, &mut back));
    server.release(CALL, Side::B);
    let taken = server.join_peer(OTHER, Side::A, Sound::Silence);
    server.take(CALL, Side::B, OTHER, Side::A);
    server.flush();
    let mut back = 0;
    assert!(reaches(&taken, &stays, &mut back));
    all_gone(&mut server, [CALL, OTHER], 10);
}

#[test]
fn a_browser_goes_to_another_call_and_is_found_there() {
    let port = 62_282;
    let (mut server, _events) = server(3, port, 63_140..=63_149);
    let answer = server.answer_browser(CALL, Side::A, BROWSER, None).unwrap();
    server.flush();
    let check = super::moves::check(&super::moves::ufrag(&answer));
    let network = UdpSocket::bind((HOME, 0)).unwrap();
    let known =
        |server: &MediaServer| server.workers.counts().iter().map(|counts| counts.by_remote).collect::<Vec<_>>();
    eventually("its address is learnt", || {
        network.send_to(&check, (HOME, port)).unwrap();
        known(&server).iter().sum::<usize>() == 1
    });
    for worker in [0, 2, 1, 0] {
        for (from, to) in [(CALL, OTHER), (OTHER, CALL)] {
            server.workers.place(to, worker);
            server.take(to, Side::A, from, Side::A);
            server.flush();
            eventually("it is where its call is", || {
                known(&server)[worker] == 1 && known(&server).iter().sum::<usize>() == 1
            });
        }
    }
    all_gone(&mut server, [CALL, OTHER], 5);
}

#[test]
fn both_sides_of_a_call_and_others_are_in_one_conference() {
    let (mut server, _events) = server(3, 0, 63_150..=63_169);
    let room = Sound::Conference(ConferenceId(9));
    let user = server.join_peer(CALL, Side::A, Sound::Peer);
    let first = server.join_peer(CALL, Side::B, Sound::Peer);
    let second = server.join_peer(OTHER, Side::B, Sound::MusicOnHold);
    let spare = server.join_peer(OTHER, Side::A, Sound::Silence);
    for (call, side) in [(CALL, Side::A), (CALL, Side::B), (OTHER, Side::B)] {
        server.play(call, side, room);
    }
    server.release(OTHER, Side::A);
    server.flush();
    let peers = [&user, &first, &second];
    for (place, talker) in peers.iter().enumerate() {
        for (other, listener) in peers.iter().enumerate().filter(|(other, _)| *other != place) {
            listener.forget();
            talk_until(&format!("{other} hears {place}"), &[talker], || {
                listener.hears().is_some_and(|(_, heard)| is_loud(&heard))
            });
        }
        // What the others said is over, and of himself he hears nothing.
        let mut quiet = 0;
        talker.forget();
        talk_until(&format!("{place} does not hear himself"), &[talker], || {
            quiet = match talker.hears() {
                Some((_, heard)) if is_loud(&heard) => 0,
                Some(_) => quiet + 1,
                None => quiet,
            };
            quiet > 20
        });
    }
    assert!(!spare.hears_audio());

    // The user leaves: those who stay are joined without him, and one of the calls ends.
    server.take(CALL, Side::A, OTHER, Side::B);
    server.play(CALL, Side::A, Sound::Peer);
    server.play(CALL, Side::B, Sound::Peer);
    server.close(OTHER);
    server.flush();
    for (talker, listener) in [(&first, &second), (&second, &first)] {
        listener.forget();
        talk_until("they hear each other", &[talker], || listener.hears().is_some_and(|(_, heard)| is_loud(&heard)));
    }
    user.forget();
    assert!(!user.hears_audio());
    assert!(server.conferences.is_empty());
    all_gone(&mut server, [CALL], 10);
}

#[test]
fn what_a_leg_said_that_has_gone_counts_no_more() {
    let (mut server, mut events) = server(1, 62_280, 63_170..=63_179);
    let phone = server.join_peer(CALL, Side::A, Sound::Peer);
    server.expect(CALL);
    server.flush();
    // It says nothing for two seconds.
    let news = events.blocking_recv().unwrap();
    assert!(matches!(news.event, MediaInput::Silent { never: true, .. }) && server.is_current(&news));
    server.take(OTHER, Side::B, CALL, Side::A);
    assert!(!server.is_current(&news), "it has gone to another call");
    server.release(OTHER, Side::B);
    assert!(server.answer_browser(CALL, Side::A, BROWSER, None).is_ok());
    assert!(!server.is_current(&news), "somebody else is there");
    let ended = MediaEvent { call: CallId(99), side: Side::A, tenure: None, event: MediaInput::Ended };
    assert!(server.is_current(&ended), "some are of no side's");
    drop(phone);
    all_gone(&mut server, [CALL, OTHER], 5);
}
