//! What calls came to that failed or were bad.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use crate::capture::failures::{
    CallVerdict, CodeCount, FailureCounts, Failures, HourCount, KEPT_AT_MOST, KEPT_FOR, NameCount, SHOWN_AT_MOST,
    VerdictStore,
};

/// Milliseconds of an hour.
const HOUR: f64 = 3_600_000.0;

/// The table of verdicts.
#[derive(Debug, Clone)]
pub struct VerdictTable {
    pub(super) pool: SqlitePool,
}

impl VerdictStore for VerdictTable {
    type Error = sqlx::Error;

    async fn keep(&self, call: &CallVerdict, now: f64) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // Old ones go when new ones come: that keeps the table small without a task of its own.
        sqlx::query("DELETE FROM call_verdict WHERE ended_at < ?")
            .bind(now - KEPT_FOR.as_millis() as f64)
            .execute(&mut *transaction)
            .await?;
        let id = sqlx::query(
            "INSERT INTO call_verdict (call, caller, called, line, line_group, started_at, ended_at, code, severity,
                                       english, german)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        .execute(&mut *transaction)
        .await?
        .last_insert_rowid();
        // Numbers rise, so this counts rows without reading them.
        sqlx::query("DELETE FROM call_verdict WHERE id <= ?")
            .bind(id - i64::from(KEPT_AT_MOST))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn between(&self, since: f64, until: f64) -> Result<Failures, sqlx::Error> {
        let period = "ended_at >= ? AND ended_at < ?";
        let rows = |what: &str| {
            let query = what.replace("$period", period);
            async move { sqlx::query(sqlx::AssertSqlSafe(query)).bind(since).bind(until).fetch_all(&self.pool).await }
        };
        let newest =
            format!("SELECT * FROM call_verdict WHERE $period ORDER BY ended_at DESC, id DESC LIMIT {SHOWN_AT_MOST}");
        let calls = rows(&newest).await?.iter().map(read).collect::<Result<_, _>>()?;
        // With max(), SQLite takes the other columns from the row that has it.
        let codes = "SELECT code, count(*) AS count, max(ended_at), english, german, severity FROM call_verdict
                     WHERE $period GROUP BY code ORDER BY count DESC, code";
        let code = |row: &SqliteRow| {
            Ok(CodeCount {
                code: row.try_get("code")?,
                count: row.try_get("count")?,
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
        let name = |row: &SqliteRow| Ok(NameCount { name: row.try_get("name")?, count: row.try_get("count")? });
        let hours = format!(
            "SELECT CAST(ended_at / {HOUR} AS INTEGER) AS hour, count(*) AS count FROM call_verdict WHERE $period
             GROUP BY hour ORDER BY hour"
        );
        let hour = |row: &SqliteRow| {
            Ok(HourCount { at: row.try_get::<i64, _>("hour")? as f64 * HOUR, count: row.try_get("count")? })
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
        })
    }
}

fn read(row: &SqliteRow) -> Result<CallVerdict, sqlx::Error> {
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

/// A choice as the administrator's interface names it.
fn word(choice: &impl Serialize) -> Result<String, sqlx::Error> {
    let value = serde_json::to_value(choice).map_err(|error| sqlx::Error::Encode(error.into()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn meant<T: DeserializeOwned>(word: String) -> Result<T, sqlx::Error> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| sqlx::Error::Decode(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::verdict::Severity;
    use crate::store::Store;

    const DAY: f64 = 24.0 * HOUR;

    fn call(id: &str, ended_at: f64, code: &str, line: Option<&str>) -> CallVerdict {
        CallVerdict {
            id: id.into(),
            started_at: ended_at - 1_000.0,
            ended_at,
            caller: Some("100".into()),
            called: None,
            line: line.map(str::to_owned),
            group: Some("main".into()),
            code: code.into(),
            severity: Severity::Failed,
            english: format!("It failed ({id})."),
            german: "Es ging schief.".into(),
            traced: false,
        }
    }

    #[tokio::test]
    async fn verdicts_are_counted_by_code_line_group_and_hour() {
        let folder = std::env::temp_dir().join(format!("offhook-verdicts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&folder).await.unwrap();
        let table = store.verdicts();
        let kept = [
            call("1", DAY, "wrong_password", Some("100")),
            call("2", DAY + 1_000.0, "no_common_codec", Some("100")),
            call("3", DAY + HOUR, "no_common_codec", None),
        ];
        for call in &kept {
            table.keep(call, DAY + HOUR).await.unwrap();
        }
        let all = table.between(0.0, 2.0 * DAY).await.unwrap();
        assert_eq!(all.calls, [kept[2].clone(), kept[1].clone(), kept[0].clone()]);
        let codes: Vec<_> = all.counts.codes.iter().map(|entry| (entry.code.as_str(), entry.count)).collect();
        assert_eq!(codes, [("no_common_codec", 2), ("wrong_password", 1)]);
        assert_eq!(all.counts.codes[0].english, "It failed (3).", "the latest");
        assert_eq!(all.counts.lines, [NameCount { name: "100".into(), count: 2 }]);
        assert_eq!(all.counts.groups, [NameCount { name: "main".into(), count: 3 }]);
        assert_eq!(all.counts.hours, [HourCount { at: DAY, count: 2 }, HourCount { at: DAY + HOUR, count: 1 }]);
        assert_eq!(table.between(DAY, DAY + HOUR).await.unwrap().calls.len(), 2, "the end is left out");

        table.keep(&call("4", 60.0 * DAY, "unknown", None), 60.0 * DAY).await.unwrap();
        assert_eq!(table.between(0.0, 90.0 * DAY).await.unwrap().calls.len(), 1, "old ones go");
        store.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
