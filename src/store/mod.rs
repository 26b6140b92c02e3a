//! The database: SQLite in the data directory, behind the traits of the domain.

use std::path::{Path, PathBuf};

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::user::accounts::AccountStore;

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

    /// Closes the database; everything is on disk afterwards.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl AccountStore for Store {
    type Error = sqlx::Error;

    async fn password_hash(&self, name: &str) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT password_hash FROM user WHERE name = ?").bind(name).fetch_optional(&self.pool).await
    }

    async fn set_password_hash(&self, name: &str, hash: &str) -> Result<(), sqlx::Error> {
        // A new password ends the sessions that the old one began.
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO user (name, password_hash) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash",
        )
        .bind(name)
        .bind(hash)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM session WHERE user = ?").bind(name).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    async fn retain_users(&self, names: &[String]) -> Result<(), sqlx::Error> {
        let stored: Vec<String> = sqlx::query_scalar("SELECT name FROM user").fetch_all(&self.pool).await?;
        for name in stored.iter().filter(|name| !names.contains(name)) {
            sqlx::query("DELETE FROM user WHERE name = ?").bind(name).execute(&self.pool).await?;
        }
        Ok(())
    }

    async fn add_session(&self, token_hash: &[u8], name: &str, now: i64, expires_at: i64) -> Result<(), sqlx::Error> {
        // Old ones go when new ones come: that keeps the table small without a task of its own.
        sqlx::query("DELETE FROM session WHERE expires_at <= ?").bind(now).execute(&self.pool).await?;
        sqlx::query("INSERT INTO session (token_hash, user, expires_at) VALUES (?, ?, ?)")
            .bind(token_hash)
            .bind(name)
            .bind(expires_at)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn session_user(&self, token_hash: &[u8], now: i64) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT user FROM session WHERE token_hash = ? AND expires_at > ?")
            .bind(token_hash)
            .bind(now)
            .fetch_optional(&self.pool)
            .await
    }

    async fn remove_session(&self, token_hash: &[u8]) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM session WHERE token_hash = ?").bind(token_hash).execute(&self.pool).await?;
        Ok(())
    }
}
