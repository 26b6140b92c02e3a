//! How the program itself stands: the JSON of `/api/v1/admin/status`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Answer to `GET /api/v1/admin/status`. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Status {
    /// The server's clock.
    pub now: f64,
    /// Version of the program.
    pub version: String,
    /// When it was started.
    pub started_at: f64,
    /// Clients that are connected.
    #[ts(type = "number")]
    pub clients: usize,
    /// Users who are signed in there.
    #[ts(type = "number")]
    pub users: usize,
    /// The threads that move audio.
    pub workers: Vec<MediaWorker>,
    /// The database.
    pub database: Database,
    /// The server's own certificates.
    pub certificates: Vec<Certificate>,
}

/// A thread that moves audio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MediaWorker {
    /// Percent of its last second in which it had something to do.
    pub load: f64,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Database {
    /// Octets that it takes; None where it cannot be read.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// Why it cannot be read, in English.
    pub problem: Option<String>,
}

/// A certificate of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Certificate {
    /// Name of the listener or line group that shows it; `https` for the web server's.
    pub used_by: String,
    /// Its file.
    pub file: String,
    /// Host names and addresses that it is for.
    pub names: Vec<String>,
    /// Until when it is valid, the others of its chain among it; None where it cannot be read.
    pub expires_at: Option<f64>,
    /// Why it cannot be read, in English.
    pub problem: Option<String>,
}
