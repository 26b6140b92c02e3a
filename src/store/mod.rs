//! The database: SQLite in the data directory, behind the traits of the domain.

mod line_settings;
mod quality;
mod verdicts;

use std::path::{Path, PathBuf};

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

pub use self::line_settings::LineSettingsTable;
pub use self::quality::QualityTable;
pub use self::verdicts::VerdictTable;
use crate::user::accounts::{AccountKind, AccountStore};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations");

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: the database cannot be opened: {source}.")]
pub struct StoreError {
    /// The file.
    path: PathBuf,
    /// Why.
    source: sqlx::Error,
}

impl Store {
    /// Opens `offhook.sqlite` in `data_dir`, makes it where it is missing, and brings its tables up to date.
    pub async fn open(data_dir: &Path) -> Result<Store, StoreError> {
        let path = data_dir.join("offhook.sqlite");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .disable_statement_logging();
        let open = async {
            let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
            MIGRATIONS.run(&pool).await?;
            Ok(Store { pool })
        };
        open.await.map_err(|source| StoreError { path, source })
    }

    /// The accounts of one kind.
    pub fn accounts(&self, kind: AccountKind) -> AccountTable {
        let kind = match kind {
            AccountKind::User => "user",
            AccountKind::Administrator => "administrator",
        };
        AccountTable { pool: self.pool.clone(), kind }
    }

    /// The figures of ended calls.
    pub fn quality(&self) -> QualityTable {
        QualityTable { pool: self.pool.clone() }
    }

    /// What calls came to that failed or were bad.
    pub fn verdicts(&self) -> VerdictTable {
        VerdictTable { pool: self.pool.clone() }
    }

    /// What the users of lines have set for them.
    pub fn line_settings(&self) -> LineSettingsTable {
        LineSettingsTable { pool: self.pool.clone() }
    }

    /// What it is.
    pub fn kind(&self) -> &'static str {
        "sqlite"
    }

    /// Octets that it takes; fails where it cannot be read.
    pub async fn size(&self) -> Result<u64, sqlx::Error> {
        let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        let size: i64 = sqlx::query_scalar(size).fetch_one(&self.pool).await?;
        Ok(size.try_into().unwrap_or_default())
    }

    /// Closes the database; everything is on disk afterwards.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The accounts of one kind, with their sessions.
#[derive(Debug, Clone)]
pub struct AccountTable {
    pool: SqlitePool,
    kind: &'static str,
}

impl AccountStore for AccountTable {
    type Error = sqlx::Error;

    async fn password_hash(&self, name: &str) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT password_hash FROM account WHERE kind = ? AND name = ?")
            .bind(self.kind)
            .bind(name)
            .fetch_optional(&self.pool)
            .await
    }

    async fn set_password_hash(&self, name: &str, hash: &str) -> Result<(), sqlx::Error> {
        // A new password ends the sessions that the old one began.
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO account (kind, name, password_hash) VALUES (?, ?, ?)
             ON CONFLICT (kind, name) DO UPDATE SET password_hash = excluded.password_hash",
        )
        .bind(self.kind)
        .bind(name)
        .bind(hash)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM account_session WHERE kind = ? AND name = ?")
            .bind(self.kind)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn retain(&self, names: &[String]) -> Result<(), sqlx::Error> {
        let stored: Vec<String> =
            sqlx::query_scalar("SELECT name FROM account WHERE kind = ?").bind(self.kind).fetch_all(&self.pool).await?;
        for name in stored.iter().filter(|name| !names.contains(name)) {
            sqlx::query("DELETE FROM account WHERE kind = ? AND name = ?")
                .bind(self.kind)
                .bind(name)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    async fn add_session(&self, token_hash: &[u8], name: &str, now: i64, expires_at: i64) -> Result<(), sqlx::Error> {
        // Old ones go when new ones come: that keeps the table small without a task of its own.
        sqlx::query("DELETE FROM account_session WHERE expires_at <= ?").bind(now).execute(&self.pool).await?;
        sqlx::query("INSERT INTO account_session (token_hash, kind, name, expires_at) VALUES (?, ?, ?, ?)")
            .bind(token_hash)
            .bind(self.kind)
            .bind(name)
            .bind(expires_at)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn session_name(&self, token_hash: &[u8], now: i64) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT name FROM account_session WHERE token_hash = ? AND kind = ? AND expires_at > ?")
            .bind(token_hash)
            .bind(self.kind)
            .bind(now)
            .fetch_optional(&self.pool)
            .await
    }

    async fn remove_session(&self, token_hash: &[u8]) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM account_session WHERE token_hash = ? AND kind = ?")
            .bind(token_hash)
            .bind(self.kind)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_of_one_kind_is_none_of_the_other() {
        let folder = std::env::temp_dir().join(format!("offhook-store-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&folder).await.unwrap();
        let (users, administrators) = (store.accounts(AccountKind::User), store.accounts(AccountKind::Administrator));
        for table in [&users, &administrators] {
            table.set_password_hash("anna", "hash").await.unwrap();
        }
        users.add_session(b"token", "anna", 0, 100).await.unwrap();
        assert_eq!(users.session_name(b"token", 99).await.unwrap().as_deref(), Some("anna"));
        assert_eq!(users.session_name(b"token", 100).await.unwrap(), None, "it has expired");
        assert_eq!(administrators.session_name(b"token", 1).await.unwrap(), None);
        administrators.remove_session(b"token").await.unwrap();
        administrators.set_password_hash("anna", "another").await.unwrap();
        administrators.retain(&[]).await.unwrap();
        assert_eq!(
            users.session_name(b"token", 1).await.unwrap().as_deref(),
            Some("anna"),
            "only users' doings end it"
        );
        assert_eq!(users.password_hash("anna").await.unwrap().as_deref(), Some("hash"));
        store.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
