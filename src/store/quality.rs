//! The figures of ended calls.

use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use crate::quality::{CallReport, KEPT_AT_MOST, KEPT_FOR, LegReport, QualityStore};

/// The table of ended calls with that of their legs.
#[derive(Debug, Clone)]
pub struct QualityTable {
    pub(super) pool: SqlitePool,
}

impl QualityStore for QualityTable {
    type Error = sqlx::Error;

    async fn keep(&self, call: &CallReport, now: f64) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // Old ones go when new ones come: that keeps the table small without a task of its own.
        sqlx::query("DELETE FROM call_quality WHERE ended_at < ?")
            .bind(now - KEPT_FOR.as_millis() as f64)
            .execute(&mut *transaction)
            .await?;
        let id = sqlx::query(
            "INSERT INTO call_quality (call, caller, called, started_at, connected_at, ended_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&call.id)
        .bind(&call.caller)
        .bind(&call.called)
        .bind(call.started_at)
        .bind(call.connected_at)
        .bind(call.ended_at.unwrap_or(now))
        .execute(&mut *transaction)
        .await?
        .last_insert_rowid();
        for (place, leg) in (0_i64..).zip(&call.legs) {
            let figures = serde_json::to_string(leg).map_err(|error| sqlx::Error::Encode(error.into()))?;
            sqlx::query("INSERT INTO leg_quality (call_quality, place, mos, figures) VALUES (?, ?, ?, ?)")
                .bind(id)
                .bind(place)
                .bind(leg.mos)
                .bind(figures)
                .execute(&mut *transaction)
                .await?;
        }
        // Numbers rise, so this counts rows without reading them.
        sqlx::query("DELETE FROM call_quality WHERE id <= ?")
            .bind(id - i64::from(KEPT_AT_MOST))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn recent(&self, limit: u32) -> Result<Vec<CallReport>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM call_quality ORDER BY ended_at DESC, id DESC LIMIT ?")
            .bind(limit)
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
    async fn read(&self, row: &SqliteRow) -> Result<CallReport, sqlx::Error> {
        let figures: Vec<String> =
            sqlx::query_scalar("SELECT figures FROM leg_quality WHERE call_quality = ? ORDER BY place")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::LegParty;
    use crate::store::Store;

    fn call(id: &str, ended_at: f64) -> CallReport {
        let leg = LegReport {
            party: LegParty::Browser,
            name: "anna".into(),
            codec_in: Some("opus".into()),
            codec_out: None,
            transcoded: true,
            encrypted: true,
            silent: false,
            packets_in: 1_000,
            packets_out: 990,
            loss: 1.5,
            loss_remote: None,
            jitter_ms: 2.25,
            jitter_remote_ms: None,
            round_trip_ms: Some(31.0),
            buffer_ms: Some(40.0),
            concealed_ms: 120.0,
            level: Some(-25.5),
            mos: Some(4.1),
            mos_listening: Some(4.2),
            mos_remote: None,
        };
        CallReport {
            id: id.into(),
            caller: Some("21".into()),
            called: None,
            started_at: ended_at - 60_000.0,
            connected_at: Some(ended_at - 50_000.0),
            ended_at: Some(ended_at),
            legs: vec![leg.clone(), LegReport { party: LegParty::Pbx, mos: None, ..leg }],
        }
    }

    #[tokio::test]
    async fn calls_are_kept_for_thirty_days_the_latest_first() {
        let folder = std::env::temp_dir().join(format!("offhook-quality-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&folder).await.unwrap();
        let table = store.quality();
        let day = 24.0 * 3600.0 * 1_000.0;
        let (first, second) = (call("1", day), call("2", 2.0 * day));
        table.keep(&first, day).await.unwrap();
        table.keep(&second, 2.0 * day).await.unwrap();
        assert_eq!(table.recent(10).await.unwrap(), [second.clone(), first]);
        assert_eq!(table.recent(1).await.unwrap(), [second]);
        let late = call("3", 40.0 * day);
        table.keep(&late, 40.0 * day).await.unwrap();
        assert_eq!(table.recent(10).await.unwrap(), [late]);
        let legs: i64 = sqlx::query_scalar("SELECT count(*) FROM leg_quality").fetch_one(&table.pool).await.unwrap();
        assert_eq!(legs, 2, "legs go with their call");
        store.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
