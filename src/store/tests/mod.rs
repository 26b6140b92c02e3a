//! The store on both databases.

mod accounts;
mod backup;
mod killed;
mod migrations;
mod opening;
#[path = "../../../tests/system/support/postgres.rs"]
mod postgres;
mod records;
mod sign_in;
mod site;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Store;
use crate::config::{Database, Secret};

/// A database that nobody has used yet, with a folder for its files. Both go with it.
pub(crate) struct Fresh {
    /// The data directory.
    pub(crate) folder: PathBuf,
    /// As it is configured.
    pub(crate) database: Database,
}

impl Fresh {
    /// In SQLite.
    pub(crate) fn sqlite() -> Fresh {
        let folder = std::env::temp_dir().join(format!("offhook-store-{}-{}", std::process::id(), number()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let database = Database { url: None, password_file: None, key_file: folder.join("secrets.key") };
        Fresh { folder, database }
    }

    /// In PostgreSQL.
    pub(crate) fn postgresql() -> Fresh {
        let (server, name) = (postgres::server(), format!("test_{}", number()));
        server.create(&name);
        let mut fresh = Fresh::sqlite();
        fresh.database.url = Some(Secret::new(server.url("postgres", &name)));
        fresh
    }

    /// Opens it, any number of times.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.folder, &self.database).await.unwrap()
    }

    /// Why it cannot be opened.
    pub(crate) async fn problem(&self) -> String {
        self.problems().await.0
    }

    /// The same, and in German.
    pub(crate) async fn problems(&self) -> (String, String) {
        let problem = Store::open(&self.folder, &self.database).await.unwrap_err();
        (problem.to_string(), problem.german())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs a test on a fresh database of each kind.
pub(crate) async fn on_both(test: impl AsyncFn(&Fresh)) {
    for fresh in [Fresh::sqlite(), Fresh::postgresql()] {
        test(&fresh).await;
    }
}

fn number() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}
