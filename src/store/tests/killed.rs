//! A process that is killed while it writes, again and again: no change that it had acknowledged is lost, and none is
//! there in part.

use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Fresh;
use crate::config::{Database, Secret};
use crate::store::seal::SecretOf;
use crate::store::{AuditEntry, AuditFilter, Row, SiteError, Store, Write};

/// How often it is killed on each database.
const KILLS: u32 = 200;
/// It is killed within so many milliseconds after its start or its first acknowledgement.
const KILL_WITHIN: u64 = 40;
/// Says to the writer where its database is.
const FOLDER: &str = "OFFHOOK_TEST_WRITER_FOLDER";
const URL: &str = "OFFHOOK_TEST_WRITER_URL";
const SECRET: SecretOf<'_> = SecretOf { kind: "user", id: "a", field: "password" };

fn change(version: i64) -> ([Write; 1], [AuditEntry; 1]) {
    let row = Row { kind: "user".into(), id: "a".into(), version, body: format!("{{\"version\":{version}}}") };
    let secrets = vec![(SECRET.field.to_owned(), Some(Secret::new(version.to_string())))];
    let entry = AuditEntry {
        at: 0,
        actor: "root".into(),
        actor_kind: "administrator".into(),
        address: None,
        action: "change".into(),
        kind: "user".into(),
        object: "a".into(),
        title: version.to_string(),
        before: None,
        after: None,
    };
    ([Write::Put { row, expected: (version > 1).then_some(version - 1), secrets, ends_sessions: false }], [entry])
}

/// The version that is there; whatever belongs to it is of the same one.
async fn found(store: &Store) -> i64 {
    // PostgreSQL may still be carrying out what a killed process has asked for last.
    loop {
        let before = version(store).await;
        let secret = store.site().secret(SECRET).await.unwrap();
        let noted = store.audit().list(&AuditFilter::default(), None, 1).await.unwrap();
        if version(store).await == before {
            assert_eq!(secret.map_or("0".into(), |secret| secret.expose().to_owned()), before.to_string());
            assert_eq!(noted.first().map_or("0", |(_, entry)| &entry.title), before.to_string());
            return before;
        }
    }
}

async fn version(store: &Store) -> i64 {
    let rows = store.site().load().await.unwrap();
    let row = rows.first();
    assert!(row.is_none_or(|row| row.body == format!("{{\"version\":{}}}", row.version)), "{row:?}");
    row.map_or(0, |row| row.version)
}

/// Not a test: the process that is killed. It writes versions one after the other and prints each when it is kept.
#[tokio::test]
#[ignore = "the tests below start it"]
async fn writer() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let url = std::env::var(URL).ok().map(Secret::new);
    let database = Database { url, password_file: None, key_file: folder.join("secrets.key") };
    let store = Store::open(&folder, &database).await.unwrap();
    let mut last = version(&store).await;
    loop {
        let (writes, audit) = change(last + 1);
        match store.site().write(&writes, &audit).await {
            Ok(()) => last += 1,
            Err(SiteError::Changed { version, .. }) => {
                last = version.unwrap_or_default();
                continue;
            }
            Err(error) => panic!("{error}"),
        }
        let mut output = std::io::stdout();
        output.write_all(format!("\nkept {last}\n").as_bytes()).unwrap();
        output.flush().unwrap();
    }
}

/// Starts the writer, kills it, and gives the last version that it said was kept.
#[allow(clippy::disallowed_methods, reason = "the moment of the end is random")]
fn write_and_be_killed(fresh: &Fresh, delay: Duration, once_it_writes: bool) -> Option<i64> {
    let mut writer = Command::new(std::env::current_exe().unwrap());
    writer.args(["--exact", "store::tests::killed::writer", "--ignored", "--nocapture"]);
    writer.env(FOLDER, &fresh.folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(url) = &fresh.database.url {
        writer.env(URL, url.expose());
    }
    let mut writer = writer.spawn().unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut kept = || lines.find_map(|line| line.strip_prefix("kept ")?.parse().ok());
    let first = once_it_writes.then(&mut kept).flatten();
    std::thread::sleep(delay);
    writer.kill().unwrap();
    writer.wait().unwrap();
    // What it has printed before stands in the pipe.
    std::iter::from_fn(kept).last().or(first)
}

#[tokio::test]
async fn no_acknowledged_change_is_lost_by_kill_9_in_sqlite() {
    loses_nothing(&Fresh::sqlite()).await;
}

#[tokio::test]
async fn no_acknowledged_change_is_lost_by_kill_9_in_postgresql() {
    loses_nothing(&Fresh::postgresql()).await;
}

async fn loses_nothing(fresh: &Fresh) {
    let (mut acknowledged, mut last) = (0, 0);
    for kill in 0..KILLS {
        let mut random = [0];
        getrandom::fill(&mut random).unwrap();
        let delay = Duration::from_micros(u64::from(random[0]) * KILL_WITHIN * 1_000 / 256);
        // Every fourth time it may still be starting.
        let kept = write_and_be_killed(fresh, delay, kill % 4 > 0).unwrap_or(last);
        let store = fresh.open().await;
        let found = found(&store).await;
        store.close().await;
        // What was under way may have been kept or not, also what the one before had asked PostgreSQL for.
        assert!((kept..=kept + 2).contains(&found), "{kept} was acknowledged, {found} is there");
        assert!(found >= last, "{last} was there, {found} is");
        acknowledged += i64::from(kept > last);
        last = found;
    }
    assert!(acknowledged > i64::from(KILLS) / 2, "it was killed before it wrote, all but {acknowledged} times");
}
