//! A copy of the database while it is in use.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sqlx::Connection;
use tokio::sync::OwnedSemaphorePermit;

use super::database::{Durability, Place};
use super::{Store, StoreError};
use crate::config::Database;
use crate::key_file;

/// Why there is no backup. One sentence that says where and why, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is there already.
    #[error("{0}: this file is there already. Choose another name; a backup is not written over.")]
    Exists(PathBuf),
    /// The file.
    #[error("{path}: the backup cannot be written: {source}.")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The copying.
    #[error("{path}: the backup cannot be written: {source}.")]
    Copy {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// Another one is under way.
    #[error("another backup is being made or fetched. Wait for it.")]
    Busy,
    /// PostgreSQL has tools for it, which know more than we do.
    #[error("the database is {0}, which its own tools back up: pg_dump --format=custom --file=FILE \"{0}\"")]
    PostgreSql(String),
}

/// Copies the database into a file that is not there yet, whether a server runs on it or not. The copy is one moment's,
/// and whole or not there. The key file is not in it. Gives the number of octets.
pub async fn backup(data_dir: &Path, database: &Database, file: &Path) -> Result<u64, BackupError> {
    let place = match database.url {
        Some(_) => return Err(BackupError::PostgreSql(Place::of(data_dir, database)?.to_string())),
        None => Place::file(&data_dir.join("offhook.sqlite"), false)?,
    };
    let problem = |source| BackupError::File { path: file.to_owned(), source };
    if fs::exists(file).map_err(problem)? {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let mut connection = place.connect(Durability::Full).await?;
    // SQLite copies into an empty file: this one is for nobody else's eyes from the beginning.
    let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part);
    let made = made.map_err(problem)?;
    let copied = copy(&mut connection, &part).await;
    let _ = connection.close().await;
    let kept = match copied {
        Ok(()) => made.sync_all().and_then(|()| key_file::rename(&part, file)).map_err(problem),
        Err(source) => Err(BackupError::Copy { path: file.to_owned(), source }),
    };
    if kept.is_err() {
        let _ = fs::remove_file(&part);
    }
    kept?;
    Ok(fs::metadata(file).map_err(problem)?.len())
}

/// A copy of the database that only its reader has: its file has no name any more.
#[derive(Debug)]
pub struct Snapshot {
    /// The copy.
    pub file: File,
    /// Its octets.
    pub octets: u64,
    /// There is one at a time: each takes as much of the disk as the database.
    _only: OwnedSemaphorePermit,
}

impl Store {
    /// Copies the database as [`backup`] does, for somebody who fetches it. One at a time.
    pub async fn snapshot(&self) -> Result<Snapshot, BackupError> {
        let only = self.snapshots.clone().try_acquire_owned().map_err(|_| BackupError::Busy)?;
        let path = self.data_dir.join("offhook.sqlite.snapshot");
        // One that a server left behind.
        let _ = fs::remove_file(&path);
        let octets = backup(&self.data_dir, &self.database, &path).await?;
        let opened = File::open(&path).and_then(|file| fs::remove_file(&path).map(|()| file));
        let file = opened.map_err(|source| BackupError::File { path, source })?;
        Ok(Snapshot { file, octets, _only: only })
    }
}

async fn copy(connection: &mut sqlx::AnyConnection, part: &Path) -> Result<(), sqlx::Error> {
    let Some(path) = part.to_str() else {
        return Err(sqlx::Error::Io(io::Error::other("the name has to be UTF-8")));
    };
    sqlx::query("VACUUM INTO $1").bind(path).execute(connection).await?;
    Ok(())
}
