//! The accounts of the configuration file.

use sqlx::AnyPool;

use super::seal::SecretOf;
use super::sessions::{Session, SessionTable};
use super::site::{SiteError, SiteTable};
use crate::user::accounts::AccountStore;

/// The accounts of one kind, with their sessions.
#[derive(Debug, Clone)]
pub struct AccountTable {
    pub(super) pool: AnyPool,
    pub(super) kind: &'static str,
    pub(super) site: SiteTable,
}

impl AccountStore for AccountTable {
    type Error = sqlx::Error;

    async fn kept_hash(&self, id: &str) -> Result<Option<String>, sqlx::Error> {
        let of = SecretOf { kind: self.kind, id, field: "password" };
        let secret = self.site.secret(of).await.map_err(|failure| match failure {
            SiteError::Database(failure) => failure,
            failure => sqlx::Error::Decode(Box::new(failure)),
        })?;
        Ok(secret.map(|secret| secret.expose().to_owned()))
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT password_hash FROM account WHERE kind = $1 AND name = $2")
            .bind(self.kind)
            .bind(name)
            .fetch_optional(&self.pool)
            .await
    }

    async fn set_password_hash(&self, name: &str, hash: &str) -> Result<(), sqlx::Error> {
        // A new password ends the sessions that the old one began.
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO account (kind, name, password_hash) VALUES ($1, $2, $3)
             ON CONFLICT (kind, name) DO UPDATE SET password_hash = excluded.password_hash",
        )
        .bind(self.kind)
        .bind(name)
        .bind(hash)
        .execute(&mut *transaction)
        .await?;
        self.sessions().end_all(&mut transaction, name).await?;
        transaction.commit().await
    }

    async fn retain(&self, names: &[String]) -> Result<(), sqlx::Error> {
        let stored: Vec<String> = sqlx::query_scalar("SELECT name FROM account WHERE kind = $1")
            .bind(self.kind)
            .fetch_all(&self.pool)
            .await?;
        for name in stored.iter().filter(|name| !names.contains(name)) {
            let mut transaction = self.pool.begin().await?;
            sqlx::query("DELETE FROM account WHERE kind = $1 AND name = $2")
                .bind(self.kind)
                .bind(name)
                .execute(&mut *transaction)
                .await?;
            self.sessions().end_all(&mut transaction, name).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    async fn add_session(&self, token_hash: &[u8], name: &str, now: i64, expires_at: i64) -> Result<(), sqlx::Error> {
        let session = Session {
            token_hash: token_hash.to_vec(),
            account: name.to_owned(),
            created_at: now,
            used_at: now,
            expires_at,
            address: String::new(),
            user_agent: String::new(),
        };
        self.sessions().begin(&session).await
    }

    async fn session_key(&self, token_hash: &[u8], now: i64) -> Result<Option<String>, sqlx::Error> {
        Ok(self.sessions().find(token_hash, now).await?.map(|session| session.account))
    }

    async fn remove_session(&self, token_hash: &[u8]) -> Result<(), sqlx::Error> {
        self.sessions().end(token_hash).await.map(|_| ())
    }
}

impl AccountTable {
    fn sessions(&self) -> SessionTable {
        SessionTable { pool: self.pool.clone(), kind: self.kind }
    }
}
