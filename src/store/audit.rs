//! Who changed what.

use std::borrow::Cow;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Row};

/// A change, as administrators are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who: an object's id; for somebody of the configuration file, the name.
    pub actor: String,
    /// What that is: `administrator`, `token`, `console` and so on.
    pub actor_kind: String,
    /// Where from.
    pub address: Option<String>,
    /// What was done: `create`, `change`, `delete`, `import` and so on.
    pub action: String,
    /// The kind of object that it was done to.
    pub kind: String,
    /// Its id.
    pub object: String,
    /// Its name for people, as it was then.
    pub title: String,
    /// The object before as JSON, without secrets.
    pub before: Option<String>,
    /// The object afterwards.
    pub after: Option<String>,
}

/// Which changes are looked for; what is None does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whose.
    pub actor: Option<String>,
    /// To objects of this kind.
    pub kind: Option<String>,
    /// To this object.
    pub object: Option<String>,
    /// From this time on, in milliseconds since 1970.
    pub since: Option<i64>,
    /// Until before this time.
    pub until: Option<i64>,
    /// With this text in what was changed, its name or who did it; the case of a to z does not matter.
    pub search: Option<String>,
    /// Who the text stands for, too: actors that are called so.
    pub found_actors: Vec<String>,
}

/// All changes. Nothing is ever taken out of it.
#[derive(Debug, Clone)]
pub struct AuditTable {
    pub(super) pool: AnyPool,
}

impl AuditTable {
    /// Changes with their numbers, the latest first. `before` is a number: only what came before that.
    pub async fn list(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, sqlx::Error> {
        let equal = [("actor", &filter.actor), ("kind", &filter.kind), ("object", &filter.object)];
        let equal = equal.into_iter().filter_map(|(column, value)| Some((column, value.as_deref()?)));
        let mut sql = "SELECT * FROM audit WHERE id < $1 AND at >= $2 AND at < $4".to_owned();
        let mut values: Vec<Cow<'_, str>> = Vec::new();
        let mut place = |value| {
            values.push(value);
            values.len() + 4
        };
        for (column, value) in equal {
            sql += &format!(" AND {column} = ${}", place(value.into()));
        }
        if let Some(text) = &filter.search {
            let pattern =
                format!("%{}%", text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let pattern = place(pattern.into());
            let columns = ["title", "actor", "before", "after"];
            let mut any = columns.map(|column| format!("LOWER({column}) LIKE ${pattern} ESCAPE '\\'")).to_vec();
            any.extend(filter.found_actors.iter().map(|actor| format!("actor = ${}", place(actor.into()))));
            sql += &format!(" AND ({})", any.join(" OR "));
        }
        sql += " ORDER BY id DESC LIMIT $3";
        // Nothing of the filter is in the text, only which columns it names.
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .bind(before.unwrap_or(i64::MAX))
            .bind(filter.since.unwrap_or(i64::MIN))
            .bind(i64::from(limit))
            .bind(filter.until.unwrap_or(i64::MAX));
        for value in &values {
            query = query.bind(&**value);
        }
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Notes what happened without a change of an object: a sign-in, for example.
    pub async fn note(&self, entry: &AuditEntry) -> Result<(), sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        note(&mut connection, std::slice::from_ref(entry)).await
    }
}

/// Notes changes within a transaction.
pub(super) async fn note(connection: &mut AnyConnection, entries: &[AuditEntry]) -> Result<(), sqlx::Error> {
    for entry in entries {
        sqlx::query(
            "INSERT INTO audit (at, actor, actor_kind, address, action, kind, object, title, before, after)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(entry.at)
        .bind(&entry.actor)
        .bind(&entry.actor_kind)
        .bind(&entry.address)
        .bind(&entry.action)
        .bind(&entry.kind)
        .bind(&entry.object)
        .bind(&entry.title)
        .bind(&entry.before)
        .bind(&entry.after)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn read(row: &AnyRow) -> Result<(i64, AuditEntry), sqlx::Error> {
    let entry = AuditEntry {
        at: row.try_get("at")?,
        actor: row.try_get("actor")?,
        actor_kind: row.try_get("actor_kind")?,
        address: row.try_get("address")?,
        action: row.try_get("action")?,
        kind: row.try_get("kind")?,
        object: row.try_get("object")?,
        title: row.try_get("title")?,
        before: row.try_get("before")?,
        after: row.try_get("after")?,
    };
    Ok((row.try_get("id")?, entry))
}
