//! Answers to requests that a client may repeat when it has heard nothing: the second time it hears what it would have
//! heard the first time, and nothing is done again.

use sqlx::{AnyConnection, AnyPool, Row};

/// Seconds that an answer is kept for.
const KEPT_FOR: i64 = 24 * 3600;

/// An answer, and what it was given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who asked. Everybody has keys of their own.
    pub actor: String,
    /// The key that the client has chosen.
    pub key: String,
    /// Method and path.
    pub route: String,
    /// Of the request's body, to tell a repetition from another request with the same key.
    pub request_hash: Vec<u8>,
    /// HTTP status.
    pub status: u16,
    /// Headers as JSON.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// Answers of the last 24 hours.
#[derive(Debug, Clone)]
pub struct AnswerTable {
    pub(super) pool: AnyPool,
}

impl AnswerTable {
    /// The answer that this key got. `now` in seconds since 1970.
    pub async fn find(&self, actor: &str, key: &str, now: i64) -> Result<Option<Answer>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM idempotency WHERE actor = $1 AND key = $2 AND at > $3")
            .bind(actor)
            .bind(key)
            .bind(now - KEPT_FOR)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let status: i64 = row.try_get("status")?;
        Ok(Some(Answer {
            actor: row.try_get("actor")?,
            key: row.try_get("key")?,
            route: row.try_get("route")?,
            request_hash: row.try_get("request_hash")?,
            status: u16::try_from(status).map_err(|error| sqlx::Error::Decode(error.into()))?,
            headers: row.try_get("headers")?,
            body: row.try_get("body")?,
            at: row.try_get("at")?,
        }))
    }

    /// Keeps an answer to a request that changed nothing of the site. False: its key has got one already.
    pub async fn keep(&self, answer: &Answer) -> Result<bool, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let kept = keep(&mut transaction, answer).await?;
        transaction.commit().await?;
        Ok(kept)
    }
}

/// Keeps an answer within a transaction, and drops those that are too old. False: its key has got one already.
pub(super) async fn keep(connection: &mut AnyConnection, answer: &Answer) -> Result<bool, sqlx::Error> {
    sqlx::query("DELETE FROM idempotency WHERE at <= $1").bind(answer.at - KEPT_FOR).execute(&mut *connection).await?;
    let kept = sqlx::query(
        "INSERT INTO idempotency (actor, key, route, request_hash, status, headers, body, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (actor, key) DO NOTHING",
    )
    .bind(&answer.actor)
    .bind(&answer.key)
    .bind(&answer.route)
    .bind(&answer.request_hash)
    .bind(i64::from(answer.status))
    .bind(&answer.headers)
    .bind(&answer.body)
    .bind(answer.at)
    .execute(connection)
    .await?;
    Ok(kept.rows_affected() == 1)
}
