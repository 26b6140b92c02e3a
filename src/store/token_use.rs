//! When programs used their tokens last.

use sqlx::AnyPool;

/// The last use of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUse {
    /// When, in seconds since 1970.
    pub used_at: i64,
    /// Where from.
    pub address: String,
}

/// The last uses of tokens.
#[derive(Debug, Clone)]
pub struct TokenUseTable {
    pub(super) pool: AnyPool,
}

impl TokenUseTable {
    /// Notes a use.
    pub async fn note(&self, token: &str, used: &TokenUse) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO token_use (token, used_at, address) VALUES ($1, $2, $3)
             ON CONFLICT (token) DO UPDATE SET used_at = excluded.used_at, address = excluded.address",
        )
        .bind(token)
        .bind(used.used_at)
        .bind(&used.address)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last use of every token that was used, by the tokens' ids.
    pub async fn all(&self) -> Result<Vec<(String, TokenUse)>, sqlx::Error> {
        let rows: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT token, used_at, address FROM token_use ORDER BY token")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(token, used_at, address)| (token, TokenUse { used_at, address })).collect())
    }
}
