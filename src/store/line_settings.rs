//! What the users of lines have set for them.

use sqlx::AnyPool;
use tracing::warn;

use crate::call::settings::{LineSettings, LineSettingsStore};

/// The table of line settings.
#[derive(Debug, Clone)]
pub struct LineSettingsTable {
    pub(super) pool: AnyPool,
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
            "INSERT INTO line_settings (line_group, number, settings) VALUES ($1, $2, $3)
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
        sqlx::query("DELETE FROM line_settings WHERE line_group = $1 AND number = $2")
            .bind(line_group)
            .bind(number)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
