//! The backup.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use super::Fresh;
use crate::store::{BackupError, Row, Write, backup};

fn put(id: &str) -> Write {
    let row = Row { kind: "user".into(), id: id.into(), version: 1, body: "{}".into() };
    Write::Put { row, expected: None, secrets: Vec::new(), ends_sessions: false }
}

#[tokio::test]
async fn a_backup_is_one_moment_of_a_database_in_use_and_opens_like_it() {
    let fresh = Fresh::sqlite();
    let store = fresh.open().await;
    store.site().write(&[put("a")], &[]).await.unwrap();
    let file = fresh.folder.join("kept 100%.sqlite");
    let octets = backup(&fresh.folder, &fresh.database, &file).await.unwrap();
    store.site().write(&[put("b")], &[]).await.unwrap();
    store.close().await;
    let meta = fs::metadata(&file).unwrap();
    assert_eq!((meta.len(), meta.permissions().mode() & 0o777), (octets, 0o600));
    let again = backup(&fresh.folder, &fresh.database, &file).await.unwrap_err().to_string();
    assert!(again.contains("this file is there already"), "{again}");
    let nowhere = fresh.folder.join("nowhere").join("kept");
    let problem = backup(&fresh.folder, &fresh.database, &nowhere).await.unwrap_err().to_string();
    assert!(problem.starts_with(&format!("{}: the backup cannot be written", nowhere.display())), "{problem}");
    let parts = fs::read_dir(&fresh.folder)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "part"));
    assert_eq!(parts.count(), 0);

    let other = Fresh::sqlite();
    fs::copy(&file, other.folder.join("offhook.sqlite")).unwrap();
    fs::copy(&fresh.database.key_file, &other.database.key_file).unwrap();
    let store = other.open().await;
    let kept = store.site().load().await.unwrap();
    assert_eq!(kept.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a"]);
    store.close().await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_not_made_for_a_backup() {
    let fresh = Fresh::sqlite();
    let problem = backup(&fresh.folder, &fresh.database, &fresh.folder.join("kept")).await.unwrap_err().to_string();
    assert!(problem.contains("offhook.sqlite: the database cannot be opened"), "{problem}");
    assert!(!fresh.folder.join("offhook.sqlite").exists() && !fresh.folder.join("kept").exists());
}

#[tokio::test]
async fn for_postgresql_its_own_tool_is_named() {
    let fresh = Fresh::postgresql();
    let problem = backup(&fresh.folder, &fresh.database, &fresh.folder.join("kept")).await.unwrap_err().to_string();
    let url = fresh.database.url.as_ref().unwrap().expose();
    assert!(problem.contains(&format!("pg_dump --format=custom --file=FILE \"{url}\"")), "{problem}");
}

#[tokio::test]
async fn a_snapshot_leaves_nothing_behind_and_there_is_one_at_a_time() {
    let fresh = Fresh::sqlite();
    let store = fresh.open().await;
    store.site().write(&[put("a")], &[]).await.unwrap();
    let mut snapshot = store.snapshot().await.unwrap();
    assert!(matches!(store.snapshot().await, Err(BackupError::Busy)));
    let mut octets = Vec::new();
    snapshot.file.read_to_end(&mut octets).unwrap();
    assert_eq!(octets.len() as u64, snapshot.octets);
    assert!(octets.starts_with(b"SQLite format 3"));
    let left = fs::read_dir(&fresh.folder)
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains("snapshot"));
    assert_eq!(left.count(), 0);
    drop(snapshot);
    assert!(store.snapshot().await.is_ok());
    store.close().await;
}
