//! What administrators have set: objects with their secrets, changed all or nothing and never over somebody else's
//! change.

use std::sync::Arc;

use sqlx::any::AnyQueryResult;
use sqlx::{AnyConnection, AnyPool, Row as _};

use super::audit::{self, AuditEntry};
use super::idempotency::{self, Answer};
use super::pictures::{self, Picture, PictureTable};
use super::seal::{Seal, SealError, SecretOf};
use super::{sessions, sign_ins};
use crate::config::Secret;

/// An object as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is: `user`, `group` and so on.
    pub kind: String,
    /// Its id, for ever.
    pub id: String,
    /// From 1, higher with every change.
    pub version: i64,
    /// JSON.
    pub body: String,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// An object comes or changes.
    Put {
        /// The object as it is afterwards.
        row: Row,
        /// The version that it has now; None: there must be none.
        expected: Option<i64>,
        /// Secrets by their field; None takes one away, and those not named stay.
        secrets: Vec<(String, Option<Secret>)>,
        /// Whether its sessions end: it is an account that may not sign in any more.
        ends_sessions: bool,
    },
    /// An object goes with its secrets and pictures, and with its sessions where it is an account.
    Delete {
        /// Its kind.
        kind: String,
        /// Its id.
        id: String,
        /// The version that it has now.
        expected: i64,
    },
    /// Only secrets change, also those of an object that is in the configuration file.
    Secrets {
        /// The object's kind.
        kind: String,
        /// Its id.
        id: String,
        /// As in [`Write::Put`].
        secrets: Vec<(String, Option<Secret>)>,
        /// The session that a new password leaves: SHA-256 of its token.
        keep_session: Option<Vec<u8>>,
    },
    /// Only the pictures change, also those of an object that is in the configuration file.
    Pictures {
        /// The object's kind.
        kind: String,
        /// Its id.
        id: String,
        /// What it has instead of those that it had; none takes them away.
        pictures: Vec<Picture>,
    },
}

/// Why nothing was read, or nothing of a change was kept.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// An object is not as the change expects it.
    #[error("somebody else has changed {kind} {id} meanwhile")]
    Changed {
        /// Its kind.
        kind: String,
        /// Its id.
        id: String,
        /// The version that it has; None: there is none.
        version: Option<i64>,
    },
    /// The same request has been answered already: [`AnswerTable::find`](super::AnswerTable::find) has the answer.
    #[error("this request has been carried out already")]
    Answered,
    /// A secret.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database. Where a connection breaks at the very end the change may have been kept all the same: whoever has
    /// a copy of the objects has to load them anew.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Objects and their secrets.
#[derive(Debug, Clone)]
pub struct SiteTable {
    pub(super) pool: AnyPool,
    pub(super) seal: Arc<Seal>,
}

impl SiteTable {
    /// All objects, by kind and id.
    pub async fn load(&self) -> Result<Vec<Row>, SiteError> {
        let rows: Vec<(String, String, i64, String)> =
            sqlx::query_as("SELECT kind, id, version, body FROM object ORDER BY kind, id")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(kind, id, version, body)| Row { kind, id, version, body }).collect())
    }

    /// The pictures of the objects.
    pub fn pictures(&self) -> PictureTable {
        PictureTable { pool: self.pool.clone() }
    }

    /// Makes all the changes and notes who made them, or does nothing. When it returns, they survive a power failure.
    pub async fn write(&self, writes: &[Write], audit: &[AuditEntry]) -> Result<(), SiteError> {
        self.write_answering(writes, audit, None).await
    }

    /// The same for a request that may be repeated: the answer is kept with the changes or not at all.
    pub async fn write_answering(
        &self,
        writes: &[Write],
        audit: &[AuditEntry],
        answer: Option<&Answer>,
    ) -> Result<(), SiteError> {
        let mut transaction = self.pool.begin().await?;
        for write in writes {
            match write {
                Write::Put { row, expected, secrets, ends_sessions } => {
                    let kept = put(&mut transaction, row, *expected).await?;
                    expect_one(&kept, &mut transaction, &row.kind, &row.id).await?;
                    self.keep_secrets(&mut transaction, &row.kind, &row.id, secrets, None).await?;
                    if *ends_sessions {
                        sessions::end_others(&mut transaction, &row.kind, &row.id, None).await?;
                    }
                }
                Write::Delete { kind, id, expected } => {
                    let deleted = sqlx::query("DELETE FROM object WHERE kind = $1 AND id = $2 AND version = $3")
                        .bind(kind)
                        .bind(id)
                        .bind(*expected)
                        .execute(&mut *transaction)
                        .await?;
                    expect_one(&deleted, &mut transaction, kind, id).await?;
                    sqlx::query("DELETE FROM object_secret WHERE kind = $1 AND id = $2")
                        .bind(kind)
                        .bind(id)
                        .execute(&mut *transaction)
                        .await?;
                    pictures::remove(&mut transaction, kind, id).await?;
                    sessions::end_others(&mut transaction, kind, id, None).await?;
                    sign_ins::forget(&mut transaction, kind, id).await?;
                }
                Write::Secrets { kind, id, secrets, keep_session } => {
                    self.keep_secrets(&mut transaction, kind, id, secrets, keep_session.as_deref()).await?;
                }
                Write::Pictures { kind, id, pictures } => {
                    pictures::replace(&mut transaction, kind, id, pictures).await?;
                }
            }
        }
        audit::note(&mut transaction, audit).await?;
        if let Some(answer) = answer
            && !idempotency::keep(&mut transaction, answer).await?
        {
            return Err(SiteError::Answered);
        }
        transaction.commit().await?;
        Ok(())
    }

    /// A secret of an object.
    pub async fn secret(&self, of: SecretOf<'_>) -> Result<Option<Secret>, SiteError> {
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM object_secret WHERE kind = $1 AND id = $2 AND field = $3")
                .bind(of.kind)
                .bind(of.id)
                .bind(of.field)
                .fetch_optional(&self.pool)
                .await?;
        Ok(sealed.map(|sealed| self.seal.open(of, &sealed)).transpose()?)
    }

    /// A secret of an object, which nobody changes until the transaction is over.
    pub(super) async fn lock_secret(
        &self,
        connection: &mut AnyConnection,
        of: SecretOf<'_>,
    ) -> Result<Option<Secret>, SiteError> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar(
            "UPDATE object_secret SET sealed = sealed WHERE kind = $1 AND id = $2 AND field = $3 RETURNING sealed",
        )
        .bind(of.kind)
        .bind(of.id)
        .bind(of.field)
        .fetch_optional(connection)
        .await?;
        Ok(sealed.map(|sealed| self.seal.open(of, &sealed)).transpose()?)
    }

    /// A secret of all objects of a kind that have it, with their ids: every SIP password, for example.
    pub async fn secrets(&self, kind: &str, field: &str) -> Result<Vec<(String, Secret)>, SiteError> {
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT id, sealed FROM object_secret WHERE kind = $1 AND field = $2 ORDER BY id")
                .bind(kind)
                .bind(field)
                .fetch_all(&self.pool)
                .await?;
        let open = |(id, sealed): (String, Vec<u8>)| {
            let secret = self.seal.open(SecretOf { kind, id: &id, field }, &sealed)?;
            Ok((id, secret))
        };
        rows.into_iter().map(open).collect()
    }

    async fn keep_secrets(
        &self,
        connection: &mut AnyConnection,
        kind: &str,
        id: &str,
        secrets: &[(String, Option<Secret>)],
        keep_session: Option<&[u8]>,
    ) -> Result<(), SiteError> {
        for (field, secret) in secrets {
            let of = SecretOf { kind, id, field };
            let sealed = secret.as_ref().map(|secret| self.seal.seal(of, secret)).transpose()?;
            let query = match &sealed {
                Some(sealed) => sqlx::query(
                    "INSERT INTO object_secret (kind, id, field, sealed) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (kind, id, field) DO UPDATE SET sealed = excluded.sealed",
                )
                .bind(kind)
                .bind(id)
                .bind(field)
                .bind(sealed),
                None => sqlx::query("DELETE FROM object_secret WHERE kind = $1 AND id = $2 AND field = $3")
                    .bind(kind)
                    .bind(id)
                    .bind(field),
            };
            query.execute(&mut *connection).await?;
            if field == "password" {
                // A new password ends the sessions that the old one began.
                sessions::end_others(connection, kind, id, keep_session).await?;
            }
        }
        Ok(())
    }
}

async fn put(connection: &mut AnyConnection, row: &Row, expected: Option<i64>) -> Result<AnyQueryResult, sqlx::Error> {
    let query = match expected {
        None => sqlx::query(
            "INSERT INTO object (kind, id, version, body) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, id) DO NOTHING",
        ),
        Some(_) => {
            sqlx::query("UPDATE object SET version = $3, body = $4 WHERE kind = $1 AND id = $2 AND version = $5")
        }
    };
    let mut query = query.bind(&row.kind).bind(&row.id).bind(row.version).bind(&row.body);
    if let Some(expected) = expected {
        query = query.bind(expected);
    }
    query.execute(connection).await
}

/// Where a change has found no object that is as it expects, tells what there is.
async fn expect_one(
    changed: &AnyQueryResult,
    connection: &mut AnyConnection,
    kind: &str,
    id: &str,
) -> Result<(), SiteError> {
    if changed.rows_affected() == 1 {
        return Ok(());
    }
    let version = sqlx::query_scalar("SELECT version FROM object WHERE kind = $1 AND id = $2")
        .bind(kind)
        .bind(id)
        .fetch_optional(connection)
        .await?;
    Err(SiteError::Changed { kind: kind.to_owned(), id: id.to_owned(), version })
}

/// A sealed value with its place.
pub(super) struct Sealed {
    kind: String,
    id: String,
    field: String,
    sealed: Vec<u8>,
}

impl Sealed {
    pub(super) fn open(&self, seal: &Seal) -> Result<Secret, SealError> {
        seal.open(SecretOf { kind: &self.kind, id: &self.id, field: &self.field }, &self.sealed)
    }
}

/// One of the sealed values, where there are any.
pub(super) async fn any_sealed(connection: &mut AnyConnection) -> Result<Option<Sealed>, sqlx::Error> {
    let row = sqlx::query("SELECT kind, id, field, sealed FROM object_secret LIMIT 1").fetch_optional(connection);
    let Some(row) = row.await? else { return Ok(None) };
    Ok(Some(Sealed {
        kind: row.try_get("kind")?,
        id: row.try_get("id")?,
        field: row.try_get("field")?,
        sealed: row.try_get("sealed")?,
    }))
}
