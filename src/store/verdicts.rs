//! What calls came to that failed or were bad.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

use crate::capture::failures::{
    CallVerdict, CodeCount, EndedCount, FailureCounts, Failures, HourCount, KEPT_AT_MOST, KEPT_FOR, NameCount,
    SHOWN_AT_MOST, VerdictStore,
};

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// The table of verdicts.
#[derive(Debug, Clone)]
pub struct VerdictTable {
    pub(super) pool: AnyPool,
}

impl VerdictStore for VerdictTable {
    type Error = sqlx::Error;

    async fn keep(&self, call: &CallVerdict, now: f64) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // Old ones go when new ones come: that keeps the table small without a task of its own.
        sqlx::query("DELETE FROM call_verdict WHERE ended_at < $1")
            .bind(now - KEPT_FOR.as_millis() as f64)
            .execute(&mut *transaction)
            .await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO call_verdict (call, caller, called, line, line_group, started_at, ended_at, code, severity,
                                       english, german)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        )
        .bind(&call.id)
        .bind(&call.caller)
        .bind(&call.called)
        .bind(&call.line)
        .bind(&call.group)
        .bind(call.started_at)
        .bind(call.ended_at)
        .bind(&call.code)
        .bind(word(&call.severity)?)
        .bind(&call.english)
        .bind(&call.german)
        .fetch_one(&mut *transaction)
        .await?;
        // Numbers rise, so this counts rows without reading them.
        sqlx::query("DELETE FROM call_verdict WHERE id <= $1")
            .bind(id - i64::from(KEPT_AT_MOST))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn between(&self, since: f64, until: f64) -> Result<Failures, sqlx::Error> {
        let period = "ended_at >= $1 AND ended_at < $2";
        let rows = |what: &str| {
            let query = what.replace("$period", period);
            async move { sqlx::query(sqlx::AssertSqlSafe(query)).bind(since).bind(until).fetch_all(&self.pool).await }
        };
        let newest =
            format!("SELECT * FROM call_verdict WHERE $period ORDER BY ended_at DESC, id DESC LIMIT {SHOWN_AT_MOST}");
        let calls = rows(&newest).await?.iter().map(read).collect::<Result<_, _>>()?;
        // The words are those of the latest of each code.
        let codes = "SELECT code, count, english, german, severity
                     FROM (SELECT code, english, german, severity, count(*) OVER (PARTITION BY code) AS count,
                                  row_number() OVER (PARTITION BY code ORDER BY ended_at DESC, id DESC) AS place
                           FROM call_verdict WHERE $period) AS counted
                     WHERE place = 1 ORDER BY count DESC, code";
        let code = |row: &AnyRow| {
            Ok(CodeCount {
                code: row.try_get("code")?,
                count: count(row, "count")?,
                english: row.try_get("english")?,
                german: row.try_get("german")?,
                severity: meant(row.try_get("severity")?)?,
            })
        };
        let named = |column: &str| {
            format!(
                "SELECT {column} AS name, count(*) AS count FROM call_verdict WHERE $period AND {column} IS NOT NULL
                 GROUP BY {column} ORDER BY count DESC, name LIMIT {SHOWN_AT_MOST}"
            )
        };
        let name = |row: &AnyRow| Ok(NameCount { name: row.try_get("name")?, count: count(row, "count")? });
        let hours = format!(
            "SELECT CAST(ended_at AS BIGINT) / {HOUR} AS hour, count(*) AS count FROM call_verdict WHERE $period
             GROUP BY hour ORDER BY hour"
        );
        // One that was answered and has a verdict stands in both tables, with moments that differ by less than one.
        let ended = format!(
            "SELECT hour, count(*) AS count, sum(bad) AS bad
             FROM (SELECT CAST(max(ended_at) AS BIGINT) / {HOUR} AS hour, max(bad) AS bad
                   FROM (SELECT call, started_at, ended_at,
                                CASE WHEN severity IN ('bad', 'failed') THEN 1 ELSE 0 END AS bad
                         FROM call_verdict WHERE $period
                         UNION ALL SELECT call, started_at, ended_at, 0 FROM call_quality WHERE $period) AS kept
                   GROUP BY call, CAST(started_at / 1000 AS BIGINT)) AS calls
             GROUP BY hour ORDER BY hour"
        );
        let hour = |row: &AnyRow| {
            let hour: i64 = row.try_get("hour")?;
            Ok(HourCount { at: (hour * HOUR) as f64, count: count(row, "count")? })
        };
        let ended_in = |row: &AnyRow| {
            let HourCount { at, count: all } = hour(row)?;
            Ok(EndedCount { at, count: all, bad: count(row, "bad")? })
        };
        Ok(Failures {
            since,
            until,
            calls,
            counts: FailureCounts {
                codes: rows(codes).await?.iter().map(code).collect::<Result<_, sqlx::Error>>()?,
                lines: rows(&named("line")).await?.iter().map(name).collect::<Result<_, sqlx::Error>>()?,
                groups: rows(&named("line_group")).await?.iter().map(name).collect::<Result<_, sqlx::Error>>()?,
                hours: rows(&hours).await?.iter().map(hour).collect::<Result<_, sqlx::Error>>()?,
            },
            ended: rows(&ended).await?.iter().map(ended_in).collect::<Result<_, sqlx::Error>>()?,
        })
    }
}

fn read(row: &AnyRow) -> Result<CallVerdict, sqlx::Error> {
    Ok(CallVerdict {
        id: row.try_get("call")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
        caller: row.try_get("caller")?,
        called: row.try_get("called")?,
        line: row.try_get("line")?,
        group: row.try_get("line_group")?,
        code: row.try_get("code")?,
        severity: meant(row.try_get("severity")?)?,
        english: row.try_get("english")?,
        german: row.try_get("german")?,
        traced: false,
    })
}

fn count(row: &AnyRow, column: &str) -> Result<u32, sqlx::Error> {
    let count: i64 = row.try_get(column)?;
    u32::try_from(count).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A choice as the administrator's interface names it.
fn word(choice: &impl Serialize) -> Result<String, sqlx::Error> {
    let value = serde_json::to_value(choice).map_err(|error| sqlx::Error::Encode(error.into()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn meant<T: DeserializeOwned>(word: String) -> Result<T, sqlx::Error> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| sqlx::Error::Decode(error.into()))
}
