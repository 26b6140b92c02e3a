//! The figures of ended calls.

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

use crate::quality::{CallReport, KEPT_AT_MOST, KEPT_FOR, LegReport, QualityStore};

/// The table of ended calls with that of their legs.
#[derive(Debug, Clone)]
pub struct QualityTable {
    pub(super) pool: AnyPool,
}

impl QualityStore for QualityTable {
    type Error = sqlx::Error;

    async fn keep(&self, call: &CallReport, now: f64) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // Old ones go when new ones come: that keeps the table small without a task of its own.
        sqlx::query("DELETE FROM call_quality WHERE ended_at < $1")
            .bind(now - KEPT_FOR.as_millis() as f64)
            .execute(&mut *transaction)
            .await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO call_quality (call, caller, called, started_at, connected_at, ended_at)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(&call.id)
        .bind(&call.caller)
        .bind(&call.called)
        .bind(call.started_at)
        .bind(call.connected_at)
        .bind(call.ended_at.unwrap_or(now))
        .fetch_one(&mut *transaction)
        .await?;
        for (place, leg) in (0_i64..).zip(&call.legs) {
            let figures = serde_json::to_string(leg).map_err(|error| sqlx::Error::Encode(error.into()))?;
            sqlx::query("INSERT INTO leg_quality (call_quality, place, mos, figures) VALUES ($1, $2, $3, $4)")
                .bind(id)
                .bind(place)
                .bind(leg.mos)
                .bind(figures)
                .execute(&mut *transaction)
                .await?;
        }
        // Numbers rise, so this counts rows without reading them.
        sqlx::query("DELETE FROM call_quality WHERE id <= $1")
            .bind(id - i64::from(KEPT_AT_MOST))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn recent(&self, limit: u32) -> Result<Vec<CallReport>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM call_quality ORDER BY ended_at DESC, id DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let mut calls = Vec::with_capacity(rows.len());
        for row in rows {
            calls.push(self.read(&row).await?);
        }
        Ok(calls)
    }
}

impl QualityTable {
    async fn read(&self, row: &AnyRow) -> Result<CallReport, sqlx::Error> {
        let figures: Vec<String> =
            sqlx::query_scalar("SELECT figures FROM leg_quality WHERE call_quality = $1 ORDER BY place")
                .bind(row.try_get::<i64, _>("id")?)
                .fetch_all(&self.pool)
                .await?;
        // Figures that an older server wrote otherwise are left out.
        let legs = figures.iter().filter_map(|figures| serde_json::from_str::<LegReport>(figures).ok());
        Ok(CallReport {
            id: row.try_get("call")?,
            caller: row.try_get("caller")?,
            called: row.try_get("called")?,
            started_at: row.try_get("started_at")?,
            connected_at: row.try_get("connected_at")?,
            ended_at: Some(row.try_get("ended_at")?),
            legs: legs.collect(),
        })
    }
}
