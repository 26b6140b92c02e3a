//! The log as a whole: what is where.

use std::fs;
use std::path::Path;

use tracing::{debug, error, info, trace, warn};

use super::*;
use crate::ids::{CallId, LineId, UserId};
use crate::shelf::WhenFull;

/// Writing takes long on a machine that builds.
const SOON: Duration = Duration::from_secs(20);

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("offhook-log-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Folder(folder)
    }

    fn files(&self) -> FileSettings {
        let shelf = ShelfSettings {
            directory: self.0.clone(),
            kind: LOG_FILES,
            total: 1 << 20,
            keep: None,
            when_full: WhenFull::DeleteOldest,
            min_free: 0,
        };
        FileSettings { shelf, max_file: 1 << 19 }
    }

    fn settings(&self) -> LogSettings {
        LogSettings {
            levels: Levels::all(LogLevel::Info),
            format: Format::Text,
            stderr: false,
            files: Some(self.files()),
            system: None,
            names: LogNames {
                groups: vec!["main".into()],
                lines: vec![("100".into(), 0)],
                users: vec!["alice".into(), "bob".into()],
            },
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn texts(folder: &Path) -> String {
    let mut names: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    names.sort();
    names.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn sizes(folder: &Path) -> u64 {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.metadata().unwrap().len()).sum()
}

#[test]
fn lines_say_call_line_group_and_user_by_their_names() {
    let folder = Folder::new("names");
    let (log, subscriber) = Log::start(folder.settings()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        info!(target: "offhook::call", call = 7_u64, line = 0_u32, user = Some(1_u32), from = ?Some(1), "stage");
        info!(target: "offhook_sip", line = 9_u32, group = "other", user = None::<u32>, "unknown line");
        debug!(target: "offhook::call", "not logged");
    });
    log.flush(SOON);
    let text = texts(&folder.0);
    let lines: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(
        lines,
        [
            " INFO calls offhook::call: stage call=7 line=100 group=main user=bob from=Some(1)",
            " INFO sip offhook_sip: \"unknown line\" line=9 group=other"
        ]
        .map(|line| line.replace("\"unknown line\"", "unknown line"))
    );
    let recent = |wanted| log.recent(&wanted).iter().map(|line| line.message.clone()).collect::<Vec<_>>();
    let all = Wanted { limit: 9, ..Wanted::default() };
    assert_eq!(recent(Wanted { call: Some("7".into()), ..all.clone() }), ["stage"]);
    assert_eq!(recent(Wanted { user: Some("bob".into()), ..all.clone() }), ["stage"]);
    assert_eq!(recent(Wanted { area: Some(Area::Sip), ..all.clone() }), ["unknown line"]);
    assert_eq!(recent(Wanted { after: Some(1), ..all.clone() }), ["unknown line"]);
    assert_eq!(recent(Wanted { limit: 1, ..all.clone() }), ["unknown line"]);
    assert!(recent(Wanted { level: Some(LogLevel::Warn), ..all }).is_empty());
}

#[test]
fn lines_of_code_that_knows_no_call_are_about_what_its_thread_is_at_work_on() {
    let folder = Folder::new("subject");
    let (log, subscriber) = Log::start(folder.settings()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let whole = Subject { call: Some(CallId(7)), line: Some(LineId(0)), user: Some(UserId(1)) };
        let outer = whole.at_work();
        info!(target: "offhook_media", "all of it");
        info!(target: "offhook_media", call = 8_u64, "of another call");
        {
            let _inner = Subject::call(CallId(9)).at_work();
            info!(target: "offhook_media", "the call alone");
        }
        info!(target: "offhook_media", call = 7_u64, "of the same");
        drop(outer);
        info!(target: "offhook_media", "nobody's");
    });
    log.flush(SOON);
    let said = |line: &str| line.split_once("offhook_media: ").unwrap().1.to_owned();
    assert_eq!(
        texts(&folder.0).lines().map(said).collect::<Vec<_>>(),
        [
            "all of it call=7 line=100 group=main user=bob",
            "of another call call=8",
            "the call alone call=9",
            "of the same call=7 line=100 group=main user=bob",
            "nobody's"
        ]
    );
}

#[test]
fn levels_change_while_running_and_the_others_stay() {
    let folder = Folder::new("levels");
    let (log, subscriber) = Log::start(LogSettings { files: None, ..folder.settings() }).unwrap();
    let says = || {
        trace!(target: "offhook_sip", "sip");
        debug!(target: "offhook::call", "call");
        info!(target: "offhook::web", "web");
        let lines = log.recent(&Wanted { limit: 100, ..Wanted::default() });
        let after = lines.iter().map(|line| line.message.clone()).collect::<Vec<_>>();
        lock(&log.shared.recent).lines.clear();
        after
    };
    tracing::subscriber::with_default(subscriber, || {
        assert_eq!(says(), ["web"]);
        log.set_levels([(Area::Sip, LogLevel::Trace)]);
        assert_eq!(says(), ["sip", "web"]);
        log.set_levels([(Area::Web, LogLevel::Off), (Area::Calls, LogLevel::Debug)]);
        assert_eq!(says(), ["sip", "call"]);
        log.set_levels([(Area::Sip, LogLevel::Info)]);
        assert_eq!(says(), ["call"]);
    });
}

#[test]
fn files_follow_each_other_and_never_have_more_than_they_may() {
    let folder = Folder::new("total");
    let limit = 200_000;
    let shelf = ShelfSettings { total: limit, ..folder.files().shelf };
    let files = Some(FileSettings { shelf, max_file: 50_000 });
    let (log, subscriber) = Log::start(LogSettings { files, ..folder.settings() }).unwrap();
    let said = "x".repeat(500);
    tracing::subscriber::with_default(subscriber, || {
        for number in 0..2_000 {
            info!(target: "offhook::call", number, said, "much is said");
            if number % 50 == 0 {
                log.flush(SOON);
                assert!(sizes(&folder.0) <= limit, "{} octets", sizes(&folder.0));
            }
        }
    });
    log.flush(SOON);
    let status = log.status();
    assert!(sizes(&folder.0) <= limit && status.files.len() >= 3, "{status:?}");
    assert!(status.files.iter().all(|file| file.size <= 50_000), "{status:?}");
    assert_eq!((status.stopped, status.missing_in_files), (None, 0));
    assert!(texts(&folder.0).contains("number=1999"), "the newest are there");
    let closed = status.files.len() - 1;
    assert_eq!(log.delete_all().unwrap(), closed);
    let left = log.files();
    assert!(left.len() == 1 && left[0].open && !log.delete(&left[0].name).unwrap());
}

#[test]
fn a_full_disk_stops_the_files_and_is_said_once() {
    let folder = Folder::new("full");
    let shelf = ShelfSettings { min_free: u64::MAX - (1 << 30), ..folder.files().shelf };
    let files = Some(FileSettings { shelf, max_file: 1 << 19 });
    let (log, subscriber) = Log::start(LogSettings { files, ..folder.settings() }).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..5 {
            error!(target: "offhook::call", "told elsewhere");
            log.flush(SOON);
        }
    });
    let status = log.status();
    let why = status.stopped.unwrap().english;
    assert!(why.starts_with("The disk with ") && why.contains(" MB left. Delete something there, or set "), "{why}");
    assert!(status.missing_in_files >= 5, "{}", status.missing_in_files);
    let recent = log.recent(&Wanted { limit: 100, ..Wanted::default() });
    let count = |begin: &str| recent.iter().filter(|line| line.message.starts_with(begin)).count();
    assert_eq!((count("told elsewhere"), count("the log is not written to files")), (5, 1));
}

#[test]
fn files_are_written_again_once_that_is_possible() {
    let folder = Folder::new("again");
    // Where the directory should be is a file.
    fs::write(&folder.0, "in the way").unwrap();
    let files = Arc::new(Files::new(Shelf::new(folder.files().shelf)));
    let mut writer = FileWriter {
        files: files.clone(),
        shared: Weak::new(),
        format: Format::Json,
        max_file: 1 << 19,
        waiting: String::new(),
        lines: 0,
        discarded_at: None,
        stopped_at: None,
    };
    let say = |writer: &mut FileWriter, what: &str| {
        writer.write(&LogLine::own(tracing::Level::INFO, what.into()));
        writer.flush();
        files.stopped().clone()
    };
    assert!(say(&mut writer, "first").unwrap().english.contains("the log cannot be written"));
    fs::remove_file(&folder.0).unwrap();
    assert!(say(&mut writer, "second").is_some(), "it is left alone for a while");
    writer.stopped_at = Instant::now().checked_sub(Duration::from_secs(3600));
    assert_eq!(say(&mut writer, "third"), None);
    let text = texts(&folder.0);
    assert!(text.contains("third") && !text.contains("second"), "{text}");
    fs::remove_dir_all(&folder.0).unwrap();
    assert_eq!(say(&mut writer, "fourth"), None);
    assert!(texts(&folder.0).contains("fourth"), "somebody has removed the file");
}

#[test]
fn what_is_kept_in_memory_is_bounded() {
    let folder = Folder::new("recent");
    let (log, subscriber) = Log::start(LogSettings { files: None, ..folder.settings() }).unwrap();
    let huge = "y".repeat(100_000);
    tracing::subscriber::with_default(subscriber, || {
        for number in 0..6_000 {
            warn!(target: "offhook::call", number, huge = if number % 10 == 0 { huge.as_str() } else { "" }, "line");
        }
    });
    let recent = lock(&log.shared.recent);
    assert!(recent.lines.len() <= RECENT && recent.octets <= RECENT_OCTETS);
    assert_eq!(recent.octets, recent.lines.iter().map(|line| line.size()).sum::<usize>());
    assert!(recent.lines.iter().all(|line| line.size() < 20_000), "a line is bounded, too");
    assert_eq!(recent.lines.back().unwrap().seq, 6_000);
}

#[test]
fn the_configuration_knows_the_areas() {
    assert_eq!(Area::ALL.map(Area::name), crate::config::LOG_AREAS);
}
