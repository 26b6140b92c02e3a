//! The accounts of the configuration file.

use rustc_hash::FxHashSet;
use sqlx::AnyPool;

use super::seal::SecretOf;
use super::sessions::{self, SessionTable};
use super::sign_ins::SignInTable;
use super::site::{SiteError, SiteTable, Write};
use crate::config::Secret;
use crate::user::accounts::{AccountStore, ProvenHash};
use crate::user::second_factor;
use crate::user::sessions::Session;
use crate::user::sign_in::SignInNote;

/// The accounts of one kind, with their sessions.
#[derive(Debug, Clone)]
pub struct AccountTable {
    pub(super) pool: AnyPool,
    pub(super) records: AnyPool,
    pub(super) kind: &'static str,
    pub(super) site: SiteTable,
}

impl AccountStore for AccountTable {
    type Error = sqlx::Error;

    async fn kept_hash(&self, id: &str) -> Result<Option<String>, sqlx::Error> {
        Ok(self.secret(id, "password").await?.map(|secret| secret.expose().to_owned()))
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
        sessions::end_others(&mut transaction, self.kind, name, None).await?;
        transaction.commit().await
    }

    async fn retain(&self, names: &[String]) -> Result<(), sqlx::Error> {
        let stored: Vec<String> = sqlx::query_scalar("SELECT name FROM account WHERE kind = $1")
            .bind(self.kind)
            .fetch_all(&self.pool)
            .await?;
        let kept: FxHashSet<&String> = names.iter().collect();
        for name in stored.iter().filter(|name| !kept.contains(name)) {
            let mut transaction = self.pool.begin().await?;
            sqlx::query("DELETE FROM account WHERE kind = $1 AND name = $2")
                .bind(self.kind)
                .bind(name)
                .execute(&mut *transaction)
                .await?;
            sessions::end_others(&mut transaction, self.kind, name, None).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    async fn begin_session(&self, session: &Session, by: Option<&ProvenHash>) -> Result<bool, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // What is written is locked: who sets another password meanwhile waits, and finds the session to end it.
        let counts = match by {
            None => true,
            Some(ProvenHash::Configured(hash)) => {
                let same = sqlx::query(
                    "UPDATE account SET password_hash = password_hash
                     WHERE kind = $1 AND name = $2 AND password_hash = $3",
                );
                let same = same.bind(self.kind).bind(&session.account).bind(hash.expose());
                same.execute(&mut *transaction).await?.rows_affected() == 1
            }
            Some(ProvenHash::Kept(hash)) => {
                let of = SecretOf { kind: self.kind, id: &session.account, field: "password" };
                self.site.lock_secret(&mut transaction, of).await.map_err(database)?.as_ref() == Some(hash)
            }
        };
        if counts {
            sessions::begin(&mut transaction, self.kind, session).await?;
            transaction.commit().await?;
        }
        Ok(counts)
    }

    async fn session(&self, token_hash: &[u8], now: i64) -> Result<Option<Session>, sqlx::Error> {
        self.sessions().find(token_hash, now).await
    }

    async fn session_used(&self, token_hash: &[u8], now: i64) -> Result<(), sqlx::Error> {
        self.sessions().used(token_hash, now).await
    }

    async fn sessions_of(&self, account: &str, now: i64) -> Result<Vec<Session>, sqlx::Error> {
        self.sessions().of(account, now).await
    }

    async fn end_session(&self, token_hash: &[u8]) -> Result<bool, sqlx::Error> {
        self.sessions().end(token_hash).await
    }

    async fn end_sessions(&self, account: &str, but: Option<&[u8]>) -> Result<u64, sqlx::Error> {
        self.sessions().end_others(account, but).await
    }

    async fn has_signed_in_from(&self, account: &str, network: &str, since: i64) -> Result<bool, sqlx::Error> {
        self.sign_ins().is_known(account, network, since).await
    }

    async fn signed_in_from(&self, account: &str, network: &str, now: i64) -> Result<(), sqlx::Error> {
        self.sign_ins().know(account, network, now).await
    }

    async fn note_sign_in(&self, note: &SignInNote<'_>) -> Result<(), sqlx::Error> {
        self.sign_ins().note(note).await
    }

    async fn second_factor(&self, id: &str) -> Result<Option<Secret>, sqlx::Error> {
        self.secret(id, second_factor::FIELD).await
    }

    async fn keep_second_factor(&self, id: &str, kept: &Secret) -> Result<(), sqlx::Error> {
        let secrets = vec![(second_factor::FIELD.to_owned(), Some(kept.clone()))];
        let write = Write::Secrets { kind: self.kind.to_owned(), id: id.to_owned(), secrets, keep_session: None };
        self.site.write(&[write], &[]).await.map_err(database)
    }
}

impl AccountTable {
    fn sessions(&self) -> SessionTable {
        SessionTable { pool: self.pool.clone(), records: self.records.clone(), kind: self.kind }
    }

    fn sign_ins(&self) -> SignInTable {
        SignInTable { pool: self.pool.clone(), records: self.records.clone(), kind: self.kind }
    }

    async fn secret(&self, id: &str, field: &str) -> Result<Option<Secret>, sqlx::Error> {
        self.site.secret(SecretOf { kind: self.kind, id, field }).await.map_err(database)
    }
}

fn database(failure: SiteError) -> sqlx::Error {
    match failure {
        SiteError::Database(failure) => failure,
        failure => sqlx::Error::Decode(Box::new(failure)),
    }
}
