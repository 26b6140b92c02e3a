//! What sides hear that is not the other side: conferences, music and announcements; and what is recorded of it.

use offhook_media::record::{Channels, Container, RecordFormat};

use super::*;
use crate::ids::ConferenceId;

/// Frames of A-law in which somebody whistles 1 kHz, loud.
const WHISTLE: [u8; 8] = [0xd5, 0xb7, 0xb9, 0xb7, 0xd5, 0x37, 0x39, 0x37];

fn whistle() -> Vec<u8> {
    WHISTLE.iter().copied().cycle().take(160).collect()
}

/// Whether a frame of A-law has more in it than rest and dither.
pub(super) fn is_loud(payload: &[u8]) -> bool {
    payload.iter().filter(|&&octet| (octet ^ 0x55) & 0x7f > 0x20).count() > payload.len() / 4
}

/// Talks 50 packets a second on behalf of all, until somebody hears what he should.
pub(super) fn talk_until(what: &str, talkers: &[&Peer], mut condition: impl FnMut() -> bool) {
    let mut sequence = 0;
    let mut next = Instant::now();
    eventually(what, || {
        while next <= Instant::now() {
            next += Duration::from_millis(20);
            sequence += 1;
            for talker in talkers {
                talker.say(sequence, &whistle());
            }
        }
        condition()
    });
}

#[test]
fn everybody_in_a_conference_hears_the_others_and_not_himself() {
    let (mut server, _events) = server(3, 62_292, 62_600..=62_619);
    let room = Sound::Conference(ConferenceId(7));
    let peers: Vec<Peer> = (1..=3).map(|number| server.join_peer(CallId(number), Side::A, room)).collect();
    for listener in 1..3 {
        talk_until("a member is heard", &[&peers[0]], || {
            peers[listener].hears().is_some_and(|(_, heard)| is_loud(&heard))
        });
    }
    while peers[0].hears().is_some_and(|(sequence, heard)| {
        assert!(!is_loud(&heard), "the only one who talks hears himself in packet {sequence}");
        sequence < 20
    }) {}
    let rooms = |server: &MediaServer| server.workers.counts().iter().map(|counts| counts.rooms).collect::<Vec<_>>();
    assert_eq!(rooms(&server).iter().sum::<usize>(), 1, "one worker mixes all of it");

    server.play(CallId(1), Side::A, Sound::Silence);
    server.close(CallId(2));
    server.close(CallId(3));
    server.flush();
    eventually("the room closes", || rooms(&server).iter().sum::<usize>() == 0);
    assert!(server.conferences.is_empty());
}

#[test]
fn a_full_conference_takes_nobody_more() {
    let (mut server, _events) = server(2, 62_290, 62_620..=62_919);
    for number in 0..=MAX_MEMBERS as u64 {
        drop(server.join_peer(CallId(number), Side::A, Sound::Conference(ConferenceId(1))));
    }
    assert_eq!(server.conferences[&ConferenceId(1)].members, MAX_MEMBERS);
    // His other side may not be in another conference either, which another worker may have.
    server.play(CallId(0), Side::B, Sound::Conference(ConferenceId(2)));
    assert_eq!(server.conferences[&ConferenceId(2)].worker, server.conferences[&ConferenceId(1)].worker);
}

#[test]
fn music_is_played_to_who_is_on_hold() {
    let (mut server, _events) = server(1, 0, 62_920..=62_929);
    let mut wav = std::io::Cursor::new(Vec::new());
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut wav, format).unwrap();
    (0..8_000).for_each(|n| writer.write_sample(if n / 8 % 2 == 0 { 9_000_i16 } else { -9_000 }).unwrap());
    writer.finalize().unwrap();
    server.settings.music_on_hold = Some(Arc::new(Clip::read_wav(wav.get_ref().as_slice()).unwrap()));
    let peer = server.join_peer(CALL, Side::A, Sound::MusicOnHold);
    eventually("music", || peer.hears().is_some_and(|(_, heard)| is_loud(&heard)));
    server.play(CALL, Side::A, Sound::Announcement(3));
    server.flush();
    eventually("nothing, where there is no such announcement", || !peer.hears_audio());
}

#[test]
fn a_call_is_recorded_until_it_ends() {
    let (mut server, mut events) = server(1, 0, 62_930..=62_939);
    let folder = std::env::temp_dir().join(format!("offhook-recordings-{}-call", std::process::id()));
    let path = folder.join("call.wav");
    let left = server.join_peer(CALL, Side::A, Sound::Peer);
    let right = server.join_peer(CALL, Side::B, Sound::Peer);
    let format = RecordFormat { container: Container::Wav, channels: Channels::PerSide };
    server.record(CALL, Some(Recording { path: path.clone(), format }));
    server.flush();
    let mut packets = 0;
    talk_until("half a second", &[&left], || {
        packets += usize::from(right.hears_audio());
        packets > 25
    });
    assert!(!path.exists(), "the file has its name only when it is complete");
    server.close(CALL);
    server.flush();
    eventually(
        "it is told",
        || matches!(events.try_recv().map(|news| news.event), Ok(MediaInput::Recorded { path: done }) if done == path),
    );
    let mut wav = hound::WavReader::open(&path).unwrap();
    assert_eq!((wav.spec().channels, wav.spec().sample_rate), (2, 8_000));
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    let peak = |side: usize| samples.iter().skip(side).step_by(2).map(|sample| sample.unsigned_abs()).max().unwrap();
    assert!(peak(0) > 1_000 && peak(1) < 100, "left {} right {}", peak(0), peak(1));
    assert!(samples.len() / 2 > 8_000 * 4 / 10);
    assert!(!folder.join("call.wav.part").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_recording_that_cannot_be_written_is_reported_and_the_call_goes_on() {
    let (mut server, mut events) = server(1, 0, 62_940..=62_949);
    let left = server.join_peer(CALL, Side::A, Sound::Peer);
    let right = server.join_peer(CALL, Side::B, Sound::Peer);
    let format = RecordFormat { container: Container::Wav, channels: Channels::Mixed };
    server.record(CALL, Some(Recording { path: "/dev/null/call.wav".into(), format }));
    server.flush();
    eventually("it is told", || {
        matches!(events.try_recv().map(|news| news.event), Ok(MediaInput::RecordingFailed { .. }))
    });
    let mut sequence = 0;
    assert!(reaches(&left, &right, &mut sequence));
}
