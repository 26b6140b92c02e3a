//! Pictures of objects.

use std::fmt;

use sqlx::{AnyConnection, AnyPool, Row};

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Which of the object's: `small`, `large`.
    pub size: String,
    /// What the image is: `image/png` and so on.
    pub media_type: String,
    /// The file.
    pub image: Vec<u8>,
    /// Another one with every change.
    pub version: i64,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("size", &self.size).field("version", &self.version).finish_non_exhaustive()
    }
}

/// That an object has a picture, without the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureVersion {
    /// The object's kind.
    pub kind: String,
    /// The object's id.
    pub id: String,
    /// Which of the object's.
    pub size: String,
    /// Its version.
    pub version: i64,
}

/// Pictures of objects.
#[derive(Debug, Clone)]
pub struct PictureTable {
    pub(super) pool: AnyPool,
}

impl PictureTable {
    /// Which pictures there are.
    pub async fn versions(&self) -> Result<Vec<PictureVersion>, sqlx::Error> {
        let rows: Vec<(String, String, String, i64)> =
            sqlx::query_as("SELECT kind, id, size, version FROM picture ORDER BY kind, id, size")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(kind, id, size, version)| PictureVersion { kind, id, size, version }).collect())
    }

    /// A picture of an object.
    pub async fn find(&self, kind: &str, id: &str, size: &str) -> Result<Option<Picture>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM picture WHERE kind = $1 AND id = $2 AND size = $3")
            .bind(kind)
            .bind(id)
            .bind(size)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Picture {
            size: row.try_get("size")?,
            media_type: row.try_get("media_type")?,
            image: row.try_get("image")?,
            version: row.try_get("version")?,
        }))
    }
}

/// Keeps these in place of all pictures that an object had, within a transaction; none takes them away.
pub(super) async fn replace(
    connection: &mut AnyConnection,
    kind: &str,
    id: &str,
    pictures: &[Picture],
) -> Result<(), sqlx::Error> {
    remove(connection, kind, id).await?;
    for picture in pictures {
        sqlx::query("INSERT INTO picture (kind, id, size, media_type, image, version) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(kind)
            .bind(id)
            .bind(&picture.size)
            .bind(&picture.media_type)
            .bind(&picture.image)
            .bind(picture.version)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Removes all pictures of an object within a transaction.
pub(super) async fn remove(connection: &mut AnyConnection, kind: &str, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM picture WHERE kind = $1 AND id = $2").bind(kind).bind(id).execute(connection).await?;
    Ok(())
}
