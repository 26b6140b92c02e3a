//! The database.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::super::{Database, Secret};
use super::{Problem, problem};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileDatabase {
    url: Option<Spanned<Secret>>,
    password_file: Option<Spanned<PathBuf>>,
    key_file: Option<PathBuf>,
}

impl FileDatabase {
    /// `folder` is where configured files count from.
    pub(super) fn validate(self, folder: &Path, data_dir: &Path) -> Result<Database, Problem> {
        if let Some(url) = &self.url {
            let text = url.get_ref().expose();
            if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
                let sentence = "database.url must begin with postgres://; for SQLite leave it out.";
                return Err(problem(url, sentence));
            }
        }
        if let (None, Some(file)) = (&self.url, &self.password_file) {
            return Err(problem(file, "database.password_file is for PostgreSQL, which database.url leads to."));
        }
        Ok(Database {
            url: self.url.map(Spanned::into_inner),
            password_file: self.password_file.map(|path| folder.join(path.into_inner())),
            key_file: self.key_file.map_or_else(|| data_dir.join("secrets.key"), |path| folder.join(path)),
        })
    }
}
