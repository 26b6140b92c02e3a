//! Numbers of past calls.

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

use crate::numbers::NumberKind;
use crate::numbers::past::{KEPT_AT_MOST, KEPT_FOR, PastNumber, PastNumbers, SeenNumber};

/// The table of numbers.
#[derive(Debug, Clone)]
pub struct PastNumberTable {
    pub(super) pool: AnyPool,
}

impl PastNumbers for PastNumberTable {
    type Error = sqlx::Error;

    async fn keep(&self, numbers: &[PastNumber], now: f64) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        for number in numbers {
            sqlx::query(
                "INSERT INTO past_number (location, kind, number, at, count) VALUES ($1, $2, $3, $4, 1)
                 ON CONFLICT (location, kind, number) DO UPDATE
                 SET at = excluded.at, count = past_number.count + 1",
            )
            .bind(&number.location)
            .bind(number.kind.word())
            .bind(&number.text)
            .bind(number.at)
            .execute(&mut *transaction)
            .await?;
        }
        // Old ones go when new ones come: that keeps the table small without a task of its own.
        sqlx::query(
            "DELETE FROM past_number
             WHERE at < $1 OR at <= (SELECT at FROM past_number ORDER BY at DESC LIMIT 1 OFFSET $2)",
        )
        .bind(now - KEPT_FOR.as_millis() as f64)
        .bind(i64::from(KEPT_AT_MOST))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn latest(&self, location: &str, before: Option<f64>, limit: u32) -> Result<Vec<SeenNumber>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT * FROM past_number WHERE location = $1 AND at < $2 ORDER BY at DESC, kind, number LIMIT $3",
        )
        .bind(location)
        .bind(before.unwrap_or(f64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        // Kinds that another version knows are left out.
        rows.iter().filter_map(|row| read(row).transpose()).collect()
    }
}

fn read(row: &AnyRow) -> Result<Option<SeenNumber>, sqlx::Error> {
    let kind: String = row.try_get("kind")?;
    let Some(kind) = NumberKind::of_word(&kind) else { return Ok(None) };
    let number =
        PastNumber { location: row.try_get("location")?, kind, text: row.try_get("number")?, at: row.try_get("at")? };
    let count: i64 = row.try_get("count")?;
    Ok(Some(SeenNumber { number, count: count.try_into().unwrap_or(u32::MAX) }))
}
