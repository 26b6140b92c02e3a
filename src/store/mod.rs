//! The database, SQLite or PostgreSQL, behind the traits of the domain. Both get the same SQL.

mod accounts;
mod audit;
mod backup;
mod database;
mod idempotency;
mod line_settings;
mod past_numbers;
mod pictures;
mod quality;
pub mod seal;
mod sessions;
mod sign_ins;
mod site;
mod token_use;
mod trouble;
mod verdicts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::AnyPool;
use sqlx::migrate::MigrateError;
use tokio::sync::Semaphore;

pub use self::accounts::AccountTable;
pub use self::audit::{AuditEntry, AuditFilter, AuditTable};
pub use self::backup::{BackupError, Snapshot, backup};
use self::database::{Durability, Place};
pub use self::idempotency::{Answer, AnswerTable};
pub use self::line_settings::LineSettingsTable;
pub use self::past_numbers::PastNumberTable;
pub use self::pictures::{Picture, PictureTable, PictureVersion};
pub use self::quality::QualityTable;
use self::seal::Seal;
pub use self::sessions::SessionTable;
pub use self::sign_ins::{SignInEntry, SignInTable};
pub use self::site::{Row, SiteError, SiteTable, Write};
pub use self::token_use::{TokenUse, TokenUseTable};
use self::trouble::Trouble;
pub use self::verdicts::VerdictTable;
use crate::config::{Database, Secret};
use crate::key_file;
use crate::user::accounts::AccountKind;

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    /// What is acknowledged here survives a power failure.
    pool: AnyPool,
    /// The last moments of what is kept here may be lost in one: figures and verdicts of calls.
    records: AnyPool,
    seal: Arc<Seal>,
    kind: &'static str,
    /// What a backup is made of, and that there is one at a time.
    data_dir: PathBuf,
    database: Database,
    snapshots: Arc<Semaphore>,
}

/// The database cannot be used. One sentence that says where and why, then what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not opened.
    #[error("{place}: the database cannot be opened: {}", Trouble::of_opening(source).english(database::reason(source)))]
    Open {
        /// The file, or the URL without what is secret in it.
        place: String,
        /// Why.
        source: sqlx::Error,
    },
    /// No address of a database.
    #[error("database.url is no address of a database like postgres://user@host/name: {0}.")]
    Url(sqlx::Error),
    /// The file with the password.
    #[error("{path}: the password of the database cannot be read: {source}.")]
    Password {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its tables are not as this version expects them.
    #[error(
        "{place}: the tables of the database cannot be brought up to date: {}",
        Trouble::of_migration(source).english(source.to_string())
    )]
    Migrate {
        /// The file, or the URL without what is secret in it.
        place: String,
        /// Why.
        source: Box<MigrateError>,
    },
    /// The key file.
    #[error("{path}: the key of the database's secrets cannot be {what}: {source}.")]
    Key {
        /// The file.
        path: PathBuf,
        /// What was to be done with it.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// There are secrets, but no key file.
    #[error(
        "{path}: the key file is missing, and {place} has secrets that were sealed with it. Put the file back from its \
         backup, or say with database.key_file where it is."
    )]
    KeyMissing {
        /// The file.
        path: PathBuf,
        /// The database.
        place: String,
    },
    /// It is the key of another database.
    #[error(
        "{path}: this is not the key that the secrets in {place} were sealed with. Put the right file back from its \
         backup, or say with database.key_file where it is."
    )]
    KeyWrong {
        /// The file.
        path: PathBuf,
        /// The database.
        place: String,
    },
}

impl StoreError {
    /// The same in German. What databases and the system say themselves stays in their own words.
    pub fn german(&self) -> String {
        match self {
            StoreError::Open { place, source } => {
                let why = Trouble::of_opening(source).german(database::reason(source));
                format!("{place}: Die Datenbank lässt sich nicht öffnen: {why}")
            }
            StoreError::Url(source) => {
                format!("database.url ist keine Adresse einer Datenbank wie postgres://user@host/name: {source}.")
            }
            StoreError::Password { path, source } => {
                format!("{}: Das Passwort der Datenbank lässt sich nicht lesen: {source}.", path.display())
            }
            StoreError::Migrate { place, source } => {
                let why = Trouble::of_migration(source).german(source.to_string());
                format!("{place}: Die Tabellen der Datenbank lassen sich nicht auf den neuesten Stand bringen: {why}")
            }
            StoreError::Key { path, source, .. } => {
                format!(
                    "{}: Der Schlüssel zu den Geheimnissen der Datenbank ist nicht zu verwenden: {source}.",
                    path.display()
                )
            }
            StoreError::KeyMissing { path, place } => format!(
                "{}: Die Schlüsseldatei fehlt, und {place} enthält Geheimnisse, die mit ihr versiegelt wurden. Bitte die Datei \
                 aus ihrer Sicherung zurückholen oder mit database.key_file sagen, wo sie ist.",
                path.display()
            ),
            StoreError::KeyWrong { path, place } => format!(
                "{}: Das ist nicht der Schlüssel, mit dem die Geheimnisse in {place} versiegelt wurden. Bitte die richtige \
                 Datei aus ihrer Sicherung zurückholen oder mit database.key_file sagen, wo sie ist.",
                path.display()
            ),
        }
    }
}

impl Store {
    /// Opens the configured database, by default `offhook.sqlite` in `data_dir`, makes a missing file, and brings its
    /// tables up to date. The key file is made with the first start and has to be there ever after.
    pub async fn open(data_dir: &Path, database: &Database) -> Result<Store, StoreError> {
        let place = Place::of(data_dir, database)?;
        // What is wrong is told once and at once here; a pool goes on trying.
        let mut connection = place.connect(Durability::Full).await?;
        let seal = async {
            place.migrate(&mut connection).await?;
            sealed_by(&database.key_file, &place, &mut connection).await
        };
        let seal = seal.await;
        let _ = sqlx::Connection::close(connection).await;
        Ok(Store {
            seal: Arc::new(seal?),
            pool: place.pool(Durability::Full),
            records: place.pool(Durability::Relaxed),
            kind: place.kind(),
            data_dir: data_dir.to_owned(),
            database: database.clone(),
            snapshots: Arc::new(Semaphore::new(1)),
        })
    }

    /// Whether a database can be reached and its tables made or brought up to date there, or why not. Nothing is left open.
    pub async fn test(data_dir: &Path, database: &Database, password: Option<&Secret>) -> Result<(), StoreError> {
        let place = Place::of(data_dir, database)?.with_password(password);
        let mut connection = place.connect(Durability::Full).await?;
        let migrated = place.migrate(&mut connection).await;
        let _ = sqlx::Connection::close(connection).await;
        migrated
    }

    /// The accounts of one kind.
    pub fn accounts(&self, kind: AccountKind) -> AccountTable {
        AccountTable { pool: self.pool.clone(), records: self.records.clone(), kind: word(kind), site: self.site() }
    }

    /// The sessions of accounts of one kind.
    pub fn sessions(&self, kind: AccountKind) -> SessionTable {
        SessionTable { pool: self.pool.clone(), records: self.records.clone(), kind: word(kind) }
    }

    /// Who signed in to accounts of one kind, or tried to.
    pub fn sign_ins(&self, kind: AccountKind) -> SignInTable {
        SignInTable { pool: self.pool.clone(), records: self.records.clone(), kind: word(kind) }
    }

    /// When tokens were used last.
    pub fn token_use(&self) -> TokenUseTable {
        TokenUseTable { pool: self.records.clone() }
    }

    /// What administrators have set, with its secrets.
    pub fn site(&self) -> SiteTable {
        SiteTable { pool: self.pool.clone(), seal: self.seal.clone() }
    }

    /// Who changed what.
    pub fn audit(&self) -> AuditTable {
        AuditTable { pool: self.pool.clone() }
    }

    /// Answers to requests that may be repeated.
    pub fn answers(&self) -> AnswerTable {
        AnswerTable { pool: self.pool.clone() }
    }

    /// The figures of ended calls.
    pub fn quality(&self) -> QualityTable {
        QualityTable { pool: self.records.clone() }
    }

    /// What calls came to that failed or were bad.
    pub fn verdicts(&self) -> VerdictTable {
        VerdictTable { pool: self.records.clone() }
    }

    /// What the users of lines have set for them.
    pub fn line_settings(&self) -> LineSettingsTable {
        LineSettingsTable { pool: self.pool.clone() }
    }

    /// Numbers of past calls.
    pub fn past_numbers(&self) -> PastNumberTable {
        PastNumberTable { pool: self.records.clone() }
    }

    /// What it is: `sqlite` or `postgresql`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Octets that it takes; fails where it cannot be read.
    pub async fn size(&self) -> Result<u64, sqlx::Error> {
        let size: i64 = sqlx::query_scalar(database::size(self.kind)).fetch_one(&self.pool).await?;
        Ok(size.try_into().unwrap_or_default())
    }

    /// Closes the database; everything is on disk afterwards.
    pub async fn close(&self) {
        self.records.close().await;
        self.pool.close().await;
    }
}

fn word(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::User => "user",
        AccountKind::Administrator => "administrator",
    }
}

/// The key file's seal. All values were sealed with one key, so one that opens stands for all.
async fn sealed_by(path: &Path, place: &Place, connection: &mut sqlx::AnyConnection) -> Result<Seal, StoreError> {
    let key = key_file::read(path).map_err(|source| StoreError::Key { path: path.into(), what: "read", source })?;
    let sealed = site::any_sealed(connection).await.map_err(|error| place.unusable(error))?;
    match (key, sealed) {
        (Some(key), None) => Ok(Seal::new(&key)),
        (Some(key), Some(sealed)) => {
            let seal = Seal::new(&key);
            match sealed.open(&seal) {
                Ok(_) => Ok(seal),
                Err(_) => Err(StoreError::KeyWrong { path: path.into(), place: place.to_string() }),
            }
        }
        (None, Some(_)) => Err(StoreError::KeyMissing { path: path.into(), place: place.to_string() }),
        (None, None) => {
            let key =
                key_file::make(path).map_err(|source| StoreError::Key { path: path.into(), what: "made", source })?;
            Ok(Seal::new(&key))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
