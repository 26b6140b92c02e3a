//! Who signed in and from where, and who tried to.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row};

use super::sessions::MAX_USER_AGENT;
use crate::user::sign_in::{KNOWN_FOR, Outcome, SignInNote};

/// Addresses that an account is known at, the latest.
const ADDRESSES: i64 = 20;
/// Entries that are kept of those who signed in, and as many of those who did not. So nobody who guesses washes out who has
/// signed in.
pub(super) const ENTRIES: i64 = 10_000;
/// Entries beyond that from which on the oldest go.
const SLACK: i64 = 100;

/// An attempt to sign in, as administrators are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInEntry {
    /// Its number.
    pub id: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The object of the account; empty where there is no such account.
    pub object: String,
    /// What it was called.
    pub name: String,
    /// What became of it.
    pub outcome: String,
    /// Where from.
    pub address: String,
    /// With what.
    pub user_agent: String,
}

/// Those of accounts of one kind.
#[derive(Debug, Clone)]
pub struct SignInTable {
    pub(super) pool: AnyPool,
    /// For what may be lost in a power failure.
    pub(super) records: AnyPool,
    pub(super) kind: &'static str,
}

impl SignInTable {
    /// Whether an account has signed in from a network since then.
    pub async fn is_known(&self, account: &str, network: &str, since: i64) -> Result<bool, sqlx::Error> {
        let seen: Option<i64> = sqlx::query_scalar(
            "SELECT seen_at FROM known_address WHERE kind = $1 AND account = $2 AND address = $3 AND seen_at >= $4",
        )
        .bind(self.kind)
        .bind(account)
        .bind(network)
        .bind(since)
        .fetch_optional(&self.pool)
        .await?;
        Ok(seen.is_some())
    }

    /// Notes that an account has signed in from a network.
    pub async fn know(&self, account: &str, network: &str, now: i64) -> Result<(), sqlx::Error> {
        let mut transaction = self.records.begin().await?;
        sqlx::query(
            "INSERT INTO known_address (kind, account, address, seen_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, account, address) DO UPDATE SET seen_at = excluded.seen_at",
        )
        .bind(self.kind)
        .bind(account)
        .bind(network)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        // Old ones go when new ones come, and the latest are enough.
        sqlx::query(
            "DELETE FROM known_address WHERE kind = $1 AND account = $2 AND (seen_at < $3 OR address NOT IN (
                 SELECT address FROM known_address WHERE kind = $1 AND account = $2
                 ORDER BY seen_at DESC, address LIMIT $4))",
        )
        .bind(self.kind)
        .bind(account)
        .bind(now - KNOWN_FOR)
        .bind(ADDRESSES)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// Notes an attempt; of very many the oldest go.
    pub async fn note(&self, note: &SignInNote<'_>) -> Result<(), sqlx::Error> {
        let success = i64::from(matches!(note.outcome, Outcome::SignedIn | Outcome::RecoveryCode));
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO sign_in (at, kind, object, name, outcome, success, address, user_agent)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        )
        .bind(note.at * 1_000)
        .bind(self.kind)
        .bind(note.account.map_or("", |account| account.id.as_str()))
        .bind(note.account.map_or("", |account| &account.name))
        .bind(note.outcome.as_str())
        .bind(success)
        .bind(note.address.to_canonical().to_string())
        .bind(note.user_agent.chars().take(MAX_USER_AGENT).collect::<String>())
        .fetch_one(&self.records)
        .await?;
        if id % SLACK == 0 {
            sqlx::query(
                "DELETE FROM sign_in WHERE success = $1 AND id <= (
                     SELECT id FROM sign_in WHERE success = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
            )
            .bind(success)
            .bind(ENTRIES)
            .execute(&self.records)
            .await?;
        }
        Ok(())
    }

    /// Attempts, the latest first: those of an object, or all. `before` is a number: only what came before that.
    pub async fn list(
        &self,
        object: Option<&str>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SignInEntry>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT * FROM sign_in WHERE kind = $1 AND id < $2 AND ($3 = '' OR object = $3) ORDER BY id DESC LIMIT $4",
        )
        .bind(self.kind)
        .bind(before.unwrap_or(i64::MAX))
        .bind(object.unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }
}

/// Forgets where an account has signed in.
pub(super) async fn forget(connection: &mut AnyConnection, kind: &str, account: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM known_address WHERE kind = $1 AND account = $2")
        .bind(kind)
        .bind(account)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM token_use WHERE token = $1").bind(account).execute(connection).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<SignInEntry, sqlx::Error> {
    Ok(SignInEntry {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        object: row.try_get("object")?,
        name: row.try_get("name")?,
        outcome: row.try_get("outcome")?,
        address: row.try_get("address")?,
        user_agent: row.try_get("user_agent")?,
    })
}
