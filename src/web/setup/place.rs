//! The configuration file that the setup writes the database to.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, value};

use crate::config::{Config, ConfigError, Secret};
use crate::key_file;

/// Name of the file where the server was started without one.
const FILE: &str = "offhook.toml";
/// The file with the database's password, in the data directory.
const PASSWORD: &str = "database-password";

/// Where the configuration file is, or is to be.
#[derive(Debug, Clone)]
pub struct SetupPlace {
    file: Option<PathBuf>,
    data_dir: PathBuf,
}

/// Why the database cannot be written to the file. One sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The file cannot be read or written.
    #[error(
        "{path}: {source}. Let the server's user write this file, or write there yourself: [database] url = \"...\""
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no TOML.
    #[error("{path}: {problem}")]
    Toml {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// The file that would come of it has a mistake.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl PlaceError {
    /// The sentence in German. What is wrong within a configuration file is told as everywhere, in English.
    pub fn german(&self) -> String {
        match self {
            PlaceError::File { path, source } => format!(
                "{}: {source}. Bitte den Benutzer des Servers diese Datei schreiben lassen, oder dort selbst eintragen: \
                 [database] url = \"...\"",
                path.display()
            ),
            PlaceError::Toml { .. } | PlaceError::Config(_) => self.to_string(),
        }
    }
}

impl SetupPlace {
    /// Of a server with this configuration file; None: it has none yet.
    pub fn new(file: Option<PathBuf>, data_dir: PathBuf) -> SetupPlace {
        SetupPlace { file, data_dir }
    }

    /// The file.
    pub fn file(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| self.data_dir.join(FILE))
    }

    /// The configuration as it stands there; one without a file has nothing but its data directory.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let file = self.file();
        // A file that was named must be there.
        match self.file.is_some() || file.exists() {
            true => Config::load(&file),
            false => Config::in_folder(&self.data_dir),
        }
    }

    /// Writes which database counts from the next start on; None: the one in the data directory.
    pub(super) fn set_database(
        &self,
        data_dir: &Path,
        url: Option<&Secret>,
        password: Option<&Secret>,
    ) -> Result<(), PlaceError> {
        let path = self.file();
        let problem = |source| PlaceError::File { path: path.clone(), source };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => "data_dir = \".\"\n".to_owned(),
            Err(source) => return Err(problem(source)),
        };
        let secret = data_dir.join(PASSWORD);
        let secret = std::path::absolute(secret).map_err(problem)?;
        let toml = |problem: String| PlaceError::Toml { path: path.clone(), problem };
        let changed = with_database(&text, url, password.map(|_| secret.as_path())).map_err(toml)?;
        // A mistake would keep the server from starting again.
        Config::parse(&changed, &path.display().to_string(), path.parent().unwrap_or(Path::new(".")))?;
        if let Some(password) = password {
            write(&secret, password.expose()).map_err(|source| PlaceError::File { path: secret.clone(), source })?;
        }
        write(&path, &changed).map_err(problem)
    }
}

/// The text with another database; everything else in it stays as it is written.
fn with_database(text: &str, url: Option<&Secret>, password_file: Option<&Path>) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("this is no TOML: {error}"))?;
    let Some(table) = document.entry("database").or_insert_with(|| Item::Table(Table::new())).as_table_like_mut()
    else {
        return Err("database is no table; write it as [database].".into());
    };
    let mut set = |key: &str, text: Option<String>| match text {
        Some(text) => _ = table.insert(key, value(text)),
        None => _ = table.remove(key),
    };
    set("url", url.map(|url| url.expose().to_owned()));
    set("password_file", password_file.map(|path| path.display().to_string()));
    if table.is_empty() {
        document.remove("database");
    }
    Ok(document.to_string())
}

/// Whole or not at all, for the eyes of the server's user only.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    key_file::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_database_stands_in_the_file_and_all_else_stays() {
        let folder = std::env::temp_dir().join(format!("offhook-setup-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let place = SetupPlace::new(None, folder.clone());
        assert_eq!(place.config().unwrap().data_dir, folder);
        let url = Secret::new("postgres://offhook@db.example/offhook");
        place.set_database(&folder, Some(&url), Some(&Secret::new("geheim"))).unwrap();
        let database = place.config().unwrap().database;
        assert_eq!(database.url, Some(url.clone()));
        assert_eq!(fs::read_to_string(database.password_file.unwrap()).unwrap(), "geheim");
        for file in [FILE, PASSWORD] {
            assert_eq!(fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!fs::read_to_string(folder.join(FILE)).unwrap().contains("geheim"));
        place.set_database(&folder, None, None).unwrap();
        assert_eq!(fs::read_to_string(folder.join(FILE)).unwrap(), "data_dir = \".\"\n");
        assert!(place.set_database(&folder, Some(&Secret::new("mysql://x")), None).is_err(), "it would not start");

        let text =
            "data_dir = \"d\" # here\n\n[database]\nkey_file = \"k\"\n\n[listen]\n# there\nsip = \"127.0.0.1:5060\"\n";
        let changed = with_database(text, Some(&url), None).unwrap();
        assert_eq!(with_database(&changed, None, None).unwrap(), text);
        fs::remove_dir_all(folder).unwrap();
    }
}
