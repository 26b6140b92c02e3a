//! Who is signed in. Times are seconds since 1970-01-01 UTC.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row};

use crate::user::sessions::Session;

/// Longest user agent that is kept, in characters: a client can send anything.
pub(super) const MAX_USER_AGENT: usize = 300;

/// The sessions of accounts of one kind. One of another kind is as if it were not there.
#[derive(Debug, Clone)]
pub struct SessionTable {
    pub(super) pool: AnyPool,
    /// For what may be lost in a power failure.
    pub(super) records: AnyPool,
    pub(super) kind: &'static str,
}

impl SessionTable {
    /// Keeps a session; drops those that have expired when it began. Of a long user agent the begin is kept.
    pub async fn begin(&self, session: &Session) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        begin(&mut transaction, self.kind, session).await?;
        transaction.commit().await
    }

    /// The session of a token, unless it has expired.
    pub async fn find(&self, token_hash: &[u8], now: i64) -> Result<Option<Session>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM session WHERE token_hash = $1 AND kind = $2 AND expires_at > $3")
            .bind(token_hash)
            .bind(self.kind)
            .bind(now)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Notes that a session was used.
    pub async fn used(&self, token_hash: &[u8], now: i64) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE session SET used_at = $1 WHERE token_hash = $2 AND kind = $3")
            .bind(now)
            .bind(token_hash)
            .bind(self.kind)
            .execute(&self.records)
            .await?;
        Ok(())
    }

    /// The sessions of an account that have not expired, the latest first.
    pub async fn of(&self, account: &str, now: i64) -> Result<Vec<Session>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT * FROM session WHERE kind = $1 AND account = $2 AND expires_at > $3
             ORDER BY created_at DESC, token_hash",
        )
        .bind(self.kind)
        .bind(account)
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Ends a session. Says whether it was there.
    pub async fn end(&self, token_hash: &[u8]) -> Result<bool, sqlx::Error> {
        let ended = sqlx::query("DELETE FROM session WHERE token_hash = $1 AND kind = $2")
            .bind(token_hash)
            .bind(self.kind)
            .execute(&self.pool)
            .await?;
        Ok(ended.rows_affected() > 0)
    }

    /// Ends all sessions of an account but this one. Says how many.
    pub async fn end_others(&self, account: &str, but: Option<&[u8]>) -> Result<u64, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        end_others(&mut connection, self.kind, account, but).await
    }
}

/// Keeps a session; drops those that have expired when it began.
pub(super) async fn begin(connection: &mut AnyConnection, kind: &str, session: &Session) -> Result<(), sqlx::Error> {
    // Old ones go when new ones come: that keeps the table small without a task of its own.
    sqlx::query("DELETE FROM session WHERE expires_at <= $1")
        .bind(session.created_at)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO session (token_hash, kind, account, created_at, used_at, expires_at, address, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&session.token_hash)
    .bind(kind)
    .bind(&session.account)
    .bind(session.created_at)
    .bind(session.used_at)
    .bind(session.expires_at)
    .bind(&session.address)
    .bind(session.user_agent.chars().take(MAX_USER_AGENT).collect::<String>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends all sessions of an account but this one.
pub(super) async fn end_others(
    connection: &mut AnyConnection,
    kind: &str,
    account: &str,
    but: Option<&[u8]>,
) -> Result<u64, sqlx::Error> {
    // No token has an empty hash.
    let ended = sqlx::query("DELETE FROM session WHERE kind = $1 AND account = $2 AND token_hash <> $3")
        .bind(kind)
        .bind(account)
        .bind(but.unwrap_or_default())
        .execute(connection)
        .await?;
    Ok(ended.rows_affected())
}

fn read(row: &AnyRow) -> Result<Session, sqlx::Error> {
    Ok(Session {
        token_hash: row.try_get("token_hash")?,
        account: row.try_get("account")?,
        created_at: row.try_get("created_at")?,
        used_at: row.try_get("used_at")?,
        expires_at: row.try_get("expires_at")?,
        address: row.try_get("address")?,
        user_agent: row.try_get("user_agent")?,
    })
}
