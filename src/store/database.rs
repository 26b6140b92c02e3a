//! Where the database is and how it is reached; all that is not the same for SQLite and PostgreSQL.

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Executor, SqlSafeStr};
use tokio::time::timeout;

use super::StoreError;
use crate::config::{Database, Secret};

/// What brings a database of SQLite up to date, from the first version. What has been released never changes: the
/// database knows what each was.
pub(super) const SQLITE: [&str; 9] = [
    include_str!("migrations/sqlite/0001_accounts.sql"),
    include_str!("migrations/sqlite/0002_administrators.sql"),
    include_str!("migrations/sqlite/0003_call_quality.sql"),
    include_str!("migrations/sqlite/0004_line_settings.sql"),
    include_str!("migrations/sqlite/0005_verdicts.sql"),
    include_str!("migrations/sqlite/0006_site.sql"),
    include_str!("migrations/sqlite/0007_sign_in.sql"),
    include_str!("migrations/sqlite/0008_past_numbers.sql"),
    include_str!("migrations/sqlite/0009_past_number_result.sql"),
];
/// The same for PostgreSQL, whose numbers are its own.
pub(super) const POSTGRESQL: [&str; 4] = [
    include_str!("migrations/postgres/0001_first.sql"),
    include_str!("migrations/postgres/0002_sign_in.sql"),
    include_str!("migrations/postgres/0003_past_numbers.sql"),
    include_str!("migrations/postgres/0004_past_number_result.sql"),
];

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Connections at once. SQLite has one writer in any case.
const CONNECTIONS: u32 = 4;

/// What of an acknowledged change survives a power failure. The end of the process alone takes nothing in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// All of it.
    Full,
    /// What is a moment old. It costs no waiting for the disk.
    Relaxed,
}

/// Where the database is.
#[derive(Clone)]
pub(super) struct Place {
    options: AnyConnectOptions,
    shown: String,
    kind: &'static str,
}

impl fmt::Display for Place {
    /// Without what is secret in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Place {
    /// The configured one.
    pub(super) fn of(data_dir: &Path, database: &Database) -> Result<Place, StoreError> {
        sqlx::any::install_default_drivers();
        let Some(url) = &database.url else { return Place::file(&data_dir.join("offhook.sqlite"), true) };
        let mut place = Place::postgresql(url)?;
        if let Some(path) = &database.password_file {
            let password =
                std::fs::read_to_string(path).map_err(|source| StoreError::Password { path: path.clone(), source })?;
            // Fails only for URLs without a host, which then have no use for a password.
            let _ = place.options.database_url.set_password(Some(password.trim_end_matches(['\r', '\n'])));
        }
        Ok(place)
    }

    /// The same with a password.
    pub(super) fn with_password(mut self, password: Option<&Secret>) -> Place {
        if let Some(password) = password {
            // Fails only for URLs without a host, which then have no use for a password.
            let _ = self.options.database_url.set_password(Some(password.expose()));
        }
        self
    }

    /// A file of SQLite.
    pub(super) fn file(path: &Path, create: bool) -> Result<Place, StoreError> {
        sqlx::any::install_default_drivers();
        let shown = path.display().to_string();
        let unusable = |source| StoreError::Open { place: shown.clone(), source };
        let path = std::path::absolute(path).map_err(|error| unusable(sqlx::Error::Io(error)))?;
        let mode = if create { "rwc" } else { "rw" };
        let url = format!("sqlite://{}?mode={mode}", escaped(path.as_os_str().as_encoded_bytes()));
        let options = AnyConnectOptions::from_str(&url).map_err(unusable)?.disable_statement_logging();
        Ok(Place { options, shown, kind: "sqlite" })
    }

    fn postgresql(url: &Secret) -> Result<Place, StoreError> {
        let options = AnyConnectOptions::from_str(url.expose()).map_err(StoreError::Url)?.disable_statement_logging();
        let mut shown = options.database_url.clone();
        let _ = shown.set_password(None);
        shown.set_query(None);
        Ok(Place { options, shown: shown.into(), kind: "postgresql" })
    }

    /// What it is: `sqlite` or `postgresql`.
    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    /// One connection, or why there is none.
    pub(super) async fn connect(&self, durability: Durability) -> Result<AnyConnection, StoreError> {
        let connect = async {
            let mut connection = self.options.connect().await?;
            connection.execute(begin(self.kind, durability)).await?;
            Ok(connection)
        };
        let connected = timeout(CONNECT_WITHIN, connect).await;
        connected.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into())).map_err(|e| self.unusable(e))
    }

    /// Connections as they are needed.
    pub(super) fn pool(&self, durability: Durability) -> AnyPool {
        let begin = begin(self.kind, durability);
        AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT_WITHIN)
            .after_connect(move |connection, _| Box::pin(async move { connection.execute(begin).await.map(|_| ()) }))
            .connect_lazy_with(self.options.clone())
    }

    /// Brings the tables up to date.
    pub(super) async fn migrate(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let texts: &[&'static str] = if self.kind == "sqlite" { &SQLITE } else { &POSTGRESQL };
        let migration = |(version, &text): (i64, &&'static str)| {
            Migration::new(version, "".into(), MigrationType::Simple, text.into_sql_str(), false)
        };
        let migrations = Migrator::with_migrations((1..).zip(texts).map(migration).collect());
        let migrated = migrations.run(connection).await;
        migrated.map_err(|source| StoreError::Migrate { place: self.to_string(), source: Box::new(source) })
    }

    /// It cannot be opened.
    pub(super) fn unusable(&self, source: sqlx::Error) -> StoreError {
        StoreError::Open { place: self.to_string(), source }
    }
}

/// What the database itself says, without the place in its own sources.
pub(super) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        _ => error.to_string(),
    }
}

/// How a connection begins.
fn begin(kind: &str, durability: Durability) -> &'static str {
    match (kind, durability) {
        ("sqlite", Durability::Full) => "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
        ("sqlite", Durability::Relaxed) => "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
        // Whoever looks after PostgreSQL may want more than being on disk here, a replica for example.
        (_, Durability::Full) => "SELECT 1",
        (_, Durability::Relaxed) => "SET synchronous_commit = off",
    }
}

/// Asks how many octets the database takes.
pub(super) fn size(kind: &str) -> &'static str {
    match kind {
        "sqlite" => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        _ => "SELECT pg_database_size(current_database())",
    }
}

/// A path as a part of a URL (RFC 3986 2.1).
fn escaped(path: &[u8]) -> String {
    let mut escaped = String::new();
    for &octet in path {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => escaped.push(octet.into()),
            _ => escaped += &format!("%{octet:02X}"),
        }
    }
    escaped
}
