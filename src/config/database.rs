//! The database.

use std::path::PathBuf;

use super::Secret;

/// Where the database is.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// Of PostgreSQL; None: `offhook.sqlite` in the data directory.
    pub url: Option<Secret>,
    /// A file with the password, in place of one in the URL.
    pub password_file: Option<PathBuf>,
    /// The key that secrets in the database are sealed with.
    pub key_file: PathBuf,
}
