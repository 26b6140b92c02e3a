//! What the users of lines have set for them.

use sqlx::sqlite::SqlitePool;
use tracing::warn;

use crate::call::settings::{LineSettings, LineSettingsStore};

/// The table of line settings.
#[derive(Debug, Clone)]
pub struct LineSettingsTable {
    pub(super) pool: SqlitePool,
}

impl LineSettingsStore for LineSettingsTable {
    type Error = sqlx::Error;

    async fn load(&self) -> Result<Vec<(String, String, LineSettings)>, sqlx::Error> {
        let rows: Vec<(String, String, String)> =
            sqlx::query_as("SELECT line_group, number, settings FROM line_settings").fetch_all(&self.pool).await?;
        let read = |(line_group, number, text): (String, String, String)| match serde_json::from_str(&text) {
            Ok(settings) => Some((line_group, number, settings)),
            Err(error) => {
                warn!(group = line_group, line = number, %error, "the settings of a line cannot be read and are left out");
                None
            }
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    async fn keep(&self, line_group: &str, number: &str, settings: &LineSettings) -> Result<(), sqlx::Error> {
        if *settings == LineSettings::default() {
            return self.forget(line_group, number).await;
        }
        let text = serde_json::to_string(settings).map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query(
            "INSERT INTO line_settings (line_group, number, settings) VALUES (?, ?, ?)
             ON CONFLICT (line_group, number) DO UPDATE SET settings = excluded.settings",
        )
        .bind(line_group)
        .bind(number)
        .bind(text)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

impl LineSettingsTable {
    async fn forget(&self, line_group: &str, number: &str) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM line_settings WHERE line_group = ? AND number = ?")
            .bind(line_group)
            .bind(number)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::settings::{Callers, Forwarding, ForwardingKind};
    use crate::store::Store;

    #[tokio::test]
    async fn settings_are_kept_by_line_group_and_number() {
        let folder = std::env::temp_dir().join(format!("offhook-line-settings-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&folder).await.unwrap();
        let table = store.line_settings();
        let forwarding = Forwarding {
            kind: ForwardingKind::NoAnswer,
            callers: Callers::External,
            to: "+4989200".into(),
            after: Some(15),
        };
        let set =
            LineSettings { do_not_disturb: true, forwardings: vec![forwarding], remote_office: Some("+49170".into()) };
        let silent = LineSettings { do_not_disturb: true, ..LineSettings::default() };
        table.keep("main", "100", &silent).await.unwrap();
        table.keep("other", "100", &silent).await.unwrap();
        table.keep("main", "100", &set).await.unwrap();
        store.close().await;

        let store = Store::open(&folder).await.unwrap();
        let table = store.line_settings();
        let mut kept = table.load().await.unwrap();
        kept.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(kept, [("main".into(), "100".into(), set), ("other".into(), "100".into(), silent)]);
        table.keep("main", "100", &LineSettings::default()).await.unwrap();
        sqlx::query("UPDATE line_settings SET settings = '{'").execute(&table.pool).await.unwrap();
        assert_eq!(table.load().await.unwrap(), [], "what is not set, and what cannot be read");
        store.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
