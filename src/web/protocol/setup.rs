//! The first start over HTTP: the JSON of `/api/v1/setup`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Answer to `GET /api/v1/setup`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, TS)]
pub struct SetupState {
    /// What the database is: `sqlite` or `postgresql`.
    pub database: String,
    /// Where it is, without a password; null: in the data directory.
    pub database_url: Option<String>,
    /// The configuration file; it need not be there.
    pub config_file: String,
    /// Where the server keeps its files.
    pub data_dir: String,
    /// What the machine is called; empty where it does not say.
    pub host_name: String,
    /// The machine's addresses but those of loopback.
    pub addresses: Vec<String>,
    /// Whether the server is set up.
    pub over: bool,
}

/// Body of `POST /api/v1/setup/database` and `…/database/test`. Nothing shows the password that is in it.
#[derive(Default, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SetupDatabase {
    /// Of PostgreSQL: `postgres://user@host/name`. Empty: SQLite in the data directory.
    pub url: String,
    /// The password, where it does not stand in the URL.
    pub password: String,
}
