//! Captures as administrators have them: what is in the files, and what limits them.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::AtomicU32;
use std::time::SystemTime;

use bytes::Bytes;
use offhook_media::session::{Channel, PacketCopy, Side};
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::{Block, PcapNgReader};

use super::*;
use crate::capture::file::FileNames;
use crate::capture::record::{Place, SipRecord, What};
use crate::capture::trace::TraceTransport;
use crate::ids::CallId;
use crate::shelf::Medium;

const GROUP: LineGroupId = LineGroupId(0);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("offhook-capture-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Folder(std::env::temp_dir().join(name))
    }

    fn settings(&self) -> CaptureSettings {
        CaptureSettings {
            directory: self.0.clone(),
            max_file: 10_000,
            total: 1 << 20,
            keep: None,
            when_full: WhenFull::DeleteOldest,
            min_free: 0,
            pseudonyms: None,
            names: FileNames {
                groups: vec!["main".into(), "other".into()],
                lines: vec!["100".into(), "101".into()],
                users: vec!["alice".into()],
            },
        }
    }

    fn files(&self) -> Vec<(String, u64)> {
        let files = Shelf::new(&self.settings()).files();
        files.into_iter().map(|file| (file.name, file.size)).collect()
    }

    /// The comments of all packets, and the numbers of lost messages.
    fn packets(&self) -> (Vec<String>, u64) {
        let (mut comments, mut lost) = (Vec::new(), 0);
        for (name, _) in self.files() {
            let octets = fs::read(self.0.join(name)).unwrap();
            let mut reader = PcapNgReader::new(octets.as_slice()).unwrap();
            while let Some(block) = reader.next_block() {
                if let Block::EnhancedPacket(packet) = block.unwrap() {
                    for option in &packet.options {
                        match option {
                            EnhancedPacketOption::Comment(comment) => comments.push(comment.to_string()),
                            EnhancedPacketOption::DropCount(count) => lost += count,
                            _ => {}
                        }
                    }
                }
            }
        }
        (comments, lost)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn record(group: u32, line: u32, call: u64, size: usize) -> Record {
    let bytes = format!("OPTIONS sip:1 SIP/2.0\r\nX: {}\r\n\r\n", "x".repeat(size));
    let sip = SipRecord {
        sent: false,
        transport: TraceTransport::Udp,
        local: ([192, 0, 2, 1], 5060).into(),
        remote: Place::Address(([192, 0, 2, 2], 5060).into()),
        bytes: Bytes::from(bytes),
    };
    Record {
        at: Duration::from_secs(1_763_760_000),
        group: Some(LineGroupId(group)),
        line: Some(LineId(line)),
        call: Some(CallId(call)),
        what: What::Sip(sip),
    }
}

/// As whoever notes does.
fn offer(sink: &mut CaptureSink, record: Record) {
    if sink.wants(record.call, Owner { group: record.group, line: record.line }) {
        sink.take(record);
    }
}

#[test]
fn only_what_is_selected_is_written() {
    let folder = Folder::new();
    let (captures, mut sink) = Captures::start(folder.settings(), vec![GroupCapture::default(); 2]).unwrap();
    assert!(!sink.is_open());
    offer(&mut sink, record(0, 0, 1, 10));
    captures.select(GROUP, Selection::Lines([LineId(1)].into_iter().collect()));
    assert!(sink.is_open());
    offer(&mut sink, record(0, 0, 2, 10));
    offer(&mut sink, record(0, 1, 3, 10));
    offer(&mut sink, record(1, 1, 4, 10));
    captures.select(GROUP, Selection::All);
    offer(&mut sink, record(0, 0, 5, 10));
    offer(&mut sink, Record { group: None, ..record(0, 0, 6, 10) });
    captures.select(GROUP, Selection::Off);
    offer(&mut sink, record(0, 0, 7, 10));
    assert!(!sink.is_open());
    drop(sink);
    captures.wait();
    assert_eq!(folder.packets().0, ["call=3 line=101 group=main", "call=5 line=100 group=main"]);
    assert!(captures.status().files.iter().all(|file| !file.open));
}

#[test]
fn nothing_is_there_where_nothing_was_captured() {
    let folder = Folder::new();
    let (captures, mut sink) = Captures::start(folder.settings(), vec![Selection::Off.into()]).unwrap();
    offer(&mut sink, record(0, 0, 1, 10));
    drop(sink);
    captures.wait();
    assert_eq!(folder.files(), []);
}

#[test]
fn files_are_followed_by_others_and_never_have_more_than_they_may() {
    let folder = Folder::new();
    let settings = CaptureSettings { total: 40_000, ..folder.settings() };
    let (captures, mut sink) = Captures::start(settings, vec![Selection::All.into()]).unwrap();
    for call in 0..200 {
        offer(&mut sink, record(0, 0, call, 1000));
    }
    drop(sink);
    captures.wait();
    let files = folder.files();
    assert!(files.len() > 2, "{files:?}");
    assert!(files.iter().map(|(_, size)| size).sum::<u64>() <= 40_000, "{files:?}");
    let (comments, lost) = folder.packets();
    assert_eq!((comments.last().unwrap().as_str(), lost), ("call=199 line=100 group=main", 0));
    assert_eq!(captures.status().stopped, None);
}

#[test]
fn where_old_files_stay_a_full_shelf_ends_the_capture_until_it_is_begun_anew() {
    let folder = Folder::new();
    let settings = CaptureSettings { total: 40_000, when_full: WhenFull::Stop, ..folder.settings() };
    let (captures, mut sink) = Captures::start(settings, vec![Selection::All.into()]).unwrap();
    for call in 0..200 {
        offer(&mut sink, record(0, 0, call, 1000));
    }
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while captures.status().stopped.is_none() {
        assert!(std::time::Instant::now() < deadline, "it goes on");
        std::thread::yield_now();
    }
    assert!(!sink.is_open());
    assert_eq!(captures.status().groups, [GroupCapture::default()]);
    let total: u64 = folder.files().iter().map(|(_, size)| size).sum();
    assert!((1..=40_000).contains(&total), "{total}");
    assert_eq!(folder.packets().0.first().unwrap(), "call=0 line=100 group=main");
    captures.delete_all().unwrap();
    captures.select(GROUP, Selection::All);
    assert_eq!(captures.status().stopped, None);
    offer(&mut sink, record(0, 0, 999, 10));
    drop(sink);
    captures.wait();
    assert_eq!(folder.packets().0, ["call=999 line=100 group=main"]);
}

#[test]
fn a_file_that_somebody_removed_is_followed_by_another() {
    let folder = Folder::new();
    let (captures, mut sink) = Captures::start(folder.settings(), vec![Selection::All.into()]).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let mut call = 0;
    for _ in 0..2 {
        let _ = fs::remove_dir_all(&folder.0);
        while folder.files().iter().all(|(_, size)| *size == 0) {
            assert!(std::time::Instant::now() < deadline, "nothing is written any more");
            call += 1;
            offer(&mut sink, record(0, 0, call, 10));
            std::thread::yield_now();
        }
    }
    drop(sink);
    captures.wait();
    let (comments, _) = folder.packets();
    assert_eq!(comments.last(), Some(&format!("call={call} line=100 group=main")));
}

#[test]
fn a_disk_that_is_nearly_full_is_left_to_others() {
    let folder = Folder::new();
    let settings = CaptureSettings { min_free: u64::MAX - 1_000_000, ..folder.settings() };
    let (captures, mut sink) = Captures::start(settings, vec![Selection::All.into()]).unwrap();
    offer(&mut sink, record(0, 0, 1, 10));
    drop(sink);
    captures.wait();
    assert_eq!(folder.files(), []);
}

#[test]
fn what_does_not_fit_into_the_queue_is_counted_and_said_in_the_file() {
    let folder = Folder::new();
    let settings = CaptureSettings { max_file: 1 << 30, total: 2 << 30, ..folder.settings() };
    let (captures, mut sink) = Captures::start(settings, vec![Selection::All.into()]).unwrap();
    {
        // As if the disk did not answer.
        let _shelf = lock(&captures.shared.shelf);
        for call in 0..BACKLOG as u64 + 500 {
            offer(&mut sink, record(0, 0, call, 10));
        }
    }
    assert!(captures.lost().messages >= 490, "{}", captures.lost().messages);
    drop(sink);
    captures.wait();
    let (comments, lost) = folder.packets();
    let told = comments.iter().filter(|comment| comment.starts_with("call=")).count() as u64;
    assert_eq!(told + captures.lost().messages, BACKLOG as u64 + 500);
    // Those after the last packet are told at the end of the file.
    assert!(lost <= captures.lost().messages);
}

/// Takes so many octets, then is full.
struct Full {
    file: fs::File,
    room: usize,
}

impl Write for Full {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let length = octets.len().min(self.room);
        if length == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room -= length;
        self.file.write(&octets[..length])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Medium for Full {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }
}

#[test]
fn a_full_disk_ends_the_capture_and_the_file_can_be_read() {
    let folder = Folder::new();
    let settings = CaptureSettings { max_file: 1 << 20, total: 2 << 20, ..folder.settings() };
    let (captures, mut sink) = Captures::start(settings.clone(), vec![Selection::All.into()]).unwrap();
    *lock(&captures.shared.shelf) =
        Shelf::with(&settings, |path| Ok(Box::new(Full { file: fs::File::create_new(path)?, room: 100_000 })));
    for call in 0..300 {
        offer(&mut sink, record(0, 0, call, 1000));
    }
    drop(sink);
    captures.wait();
    let stopped = captures.status().stopped.expect("it has ended");
    assert!(stopped.english.contains("cannot be written"), "{stopped:?}");
    let (comments, _) = folder.packets();
    assert!((1..300).contains(&comments.len()), "{}", comments.len());
    assert_eq!(comments[0], "call=0 line=100 group=main");
}

#[test]
fn a_file_of_another_day_or_too_old_a_one_is_over() {
    let folder = Folder::new();
    let settings = CaptureSettings { keep: Some(2 * DAY), ..folder.settings() };
    let mut shelf = Shelf::new(&settings);
    let now = SystemTime::now();
    shelf.begin(now - DAY).unwrap();
    shelf.append(b"one").unwrap();
    assert!(shelf.is_of_yesterday(now));
    assert!(!shelf.is_of_yesterday(now - DAY));
    shelf.begin(now).unwrap();
    shelf.append(b"two").unwrap();
    assert_eq!(shelf.files().len(), 2);
    shelf.discard_old(now + DAY);
    assert_eq!(shelf.files().len(), 2);
    shelf.discard_old(now + 3 * DAY);
    assert_eq!(shelf.files().len(), 1, "the one that is being written stays");
}

#[test]
fn nothing_but_captures_can_be_got_at_or_deleted() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    let foreign = folder.0.join("offhook.sqlite");
    fs::write(&foreign, "x").unwrap();
    let mut shelf = Shelf::new(&folder.settings());
    shelf.begin(SystemTime::now()).unwrap();
    shelf.append(b"octets").unwrap();
    let open = shelf.files()[0].name.clone();
    for name in ["offhook.sqlite", "../offhook.sqlite", "", &open] {
        assert!(!shelf.delete(name).unwrap(), "{name}");
    }
    assert_eq!(shelf.path("offhook.sqlite"), None);
    shelf.close();
    assert!(shelf.delete(&open).unwrap());
    assert!(Path::new(&foreign).exists());
}

const OWNER: Owner = Owner { group: Some(GROUP), line: Some(LineId(0)) };

fn clock() -> Clock {
    Clock { instant: Instant::now(), unix: Duration::from_secs(1_763_760_000) }
}

/// Hands an RTP packet of a browser over.
fn packet(tap: &Tap, bytes: &[u8]) {
    let formats = "0\r\na=rtpmap:0 PCMU/8000\r\n".into();
    let copy = PacketCopy {
        side: Side::A,
        channel: Channel::Mux,
        sent: false,
        remote: ([192, 0, 2, 3], 6000).into(),
        is_rtcp: bytes.get(1) == Some(&202),
        encrypted: true,
        formats: &formats,
        bytes,
        length: bytes.len(),
    };
    tap.take(&copy, ([192, 0, 2, 1], 7226).into(), Instant::now());
}

#[test]
fn audio_is_captured_of_the_calls_that_it_is_wanted_of() {
    let folder = Folder::new();
    let (captures, sink) =
        Captures::start(folder.settings(), vec![Selection::All.into(), Selection::Off.into()]).unwrap();
    let copying = |call, owner| captures.tap(CallId(call), &[owner], clock()).map(|tap| tap.copying());
    assert_eq!(copying(1, OWNER), None, "signalling alone");
    let before = captures.version();
    let line = [LineId(0)].into_iter().collect();
    captures.select(GROUP, GroupCapture { selection: Selection::Lines(line), audio: Audio::Headers });
    assert_ne!(captures.version(), before);
    assert_eq!(copying(1, OWNER), Some(Copying::Headers));
    assert_eq!(copying(1, Owner { line: Some(LineId(1)), ..OWNER }), None);
    assert_eq!(copying(1, Owner { group: Some(LineGroupId(1)), ..OWNER }), None);
    captures.select_call(CallId(7), Some(Audio::Payload));
    assert_eq!(copying(7, Owner::default()), Some(Copying::Whole));
    assert_eq!(copying(7, OWNER), Some(Copying::Whole), "the more of both");
    assert_eq!(captures.status().calls, [(CallId(7), Audio::Payload)]);
    captures.select_call(CallId(7), None);
    captures.select(GROUP, Selection::Off);
    assert_eq!((copying(7, OWNER), sink.is_open()), (None, false));
}

#[test]
fn audio_of_a_gateways_call_is_captured_for_the_group_that_wants_the_most() {
    let folder = Folder::new();
    let (captures, _sink) = Captures::start(folder.settings(), vec![GroupCapture::default(); 2]).unwrap();
    let owners = [0, 1].map(|group| Owner { group: Some(LineGroupId(group)), line: None });
    let audio = |audio| GroupCapture { selection: Selection::All, audio };
    let tap = || captures.tap(CallId(1), &owners, clock()).map(|tap| (tap.copying(), tap.owner()));
    captures.select(LineGroupId(0), audio(Audio::Headers));
    assert_eq!(tap(), Some((Copying::Headers, owners[0])), "that which it came by");
    captures.select(LineGroupId(1), audio(Audio::Payload));
    assert_eq!(tap(), Some((Copying::Whole, owners[1])));
    captures.select(LineGroupId(0), audio(Audio::Payload));
    assert_eq!(tap(), Some((Copying::Whole, owners[0])));
    captures.select(LineGroupId(0), Selection::Off);
    captures.select(LineGroupId(1), Selection::Off);
    assert_eq!(tap(), None);
}

#[test]
fn what_comes_late_begins_no_file_once_nothing_is_captured() {
    let folder = Folder::new();
    let (captures, mut sink) = Captures::start(folder.settings(), vec![Selection::All.into()]).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let wait = |what: &str, is_so: &dyn Fn(&[CaptureFile]) -> bool| {
        while !is_so(&captures.status().files) {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::yield_now();
        }
    };
    for call in [1, 2] {
        captures.select(GROUP, Selection::All);
        sink.take(record(0, 0, call, 10));
        wait("nothing is written", &|files| files.iter().any(|file| file.open));
        captures.select(GROUP, Selection::Off);
        wait("the file does not end", &|files| files.iter().all(|file| !file.open));
    }
    // It was wanted when it was looked at.
    sink.take(record(0, 0, 3, 10));
    drop(sink);
    captures.wait();
    assert_eq!(folder.packets().0, ["call=1 line=100 group=main", "call=2 line=100 group=main"]);
    assert_eq!(folder.files().len(), 2);
}

#[test]
fn a_voice_is_never_captured_where_numbers_are_pseudonyms() {
    let folder = Folder::new();
    let settings = CaptureSettings { pseudonyms: Some(Pseudonyms::new([7; 32])), ..folder.settings() };
    let everything = GroupCapture { selection: Selection::All, audio: Audio::Payload };
    let (captures, sink) = Captures::start(settings, vec![everything]).unwrap();
    captures.select_call(CallId(7), Some(Audio::Payload));
    let tap = captures.tap(CallId(7), &[OWNER], clock()).unwrap();
    assert_eq!(tap.copying(), Copying::Headers);
    packet(&tap, b"\x81\xca\x00\x04\x01\x02\x03\x04\x01\x0aalice@home");
    drop(sink);
    captures.wait();
    let octets = fs::read(folder.0.join(&folder.files()[0].0)).unwrap();
    assert!(!octets.windows(5).any(|part| part == b"alice"), "RTCP names its sender");
}

#[test]
fn a_call_that_was_chosen_has_its_messages_and_audio_captured_whatever_its_line_group() {
    let folder = Folder::new();
    let (captures, mut sink) = Captures::start(folder.settings(), vec![GroupCapture::default(); 2]).unwrap();
    captures.select_call(CallId(7), Some(Audio::Headers));
    let tap = captures.tap(CallId(7), &[OWNER], clock()).unwrap();
    offer(&mut sink, record(0, 0, 6, 10));
    offer(&mut sink, record(0, 0, 7, 10));
    packet(&tap, &[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]);
    drop(sink);
    captures.wait();
    let (comments, _) = folder.packets();
    let belongs = "call=7 line=100 group=main";
    assert_eq!(comments.len(), 3, "{comments:?}");
    assert_eq!((comments[0].as_str(), comments[1].lines().next()), (belongs, Some(belongs)));
    assert_eq!(comments[2], format!("{belongs}\nencrypted on its way (SRTP)"));
}

#[test]
fn audio_that_comes_too_fast_is_counted_and_leaves_room_for_signalling() {
    let folder = Folder::new();
    let settings = CaptureSettings { max_file: 1 << 30, total: 2 << 30, ..folder.settings() };
    let everything = GroupCapture { selection: Selection::All, audio: Audio::Payload };
    let (captures, mut sink) = Captures::start(settings, vec![everything]).unwrap();
    let tap = captures.tap(CallId(7), &[OWNER], clock()).unwrap();
    {
        // As if the disk did not answer.
        let _shelf = lock(&captures.shared.shelf);
        for _ in 0..BACKLOG {
            packet(&tap, &[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]);
        }
        for call in 0..100 {
            offer(&mut sink, record(0, 0, call, 10));
        }
    }
    let lost = captures.lost();
    assert!(lost.messages == 0 && lost.packets >= BACKLOG as u64 / 3, "{lost:?}");
    drop(sink);
    captures.wait();
    let (comments, _) = folder.packets();
    let told = |part: &str| comments.iter().filter(|comment| comment.contains(part)).count() as u64;
    assert_eq!(told("encrypted on its way") + lost.packets, BACKLOG as u64);
    assert_eq!(told("packets of audio before this one were lost"), 1);
}
