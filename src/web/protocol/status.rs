//! How the program itself stands: the JSON of `/api/v1/admin/status`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::shelf::Sentence;

/// Answer to `GET /api/v1/admin/status`. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
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
    /// How much waits at this moment.
    pub queues: Vec<Queue>,
    /// Captures.
    pub capture: CaptureState,
    /// What the process takes of the machine; None where the system does not tell.
    pub process: Option<Process>,
    /// The disk that the data directory is on; None where the system does not tell.
    pub disk: Option<Disk>,
    /// The database.
    pub database: Database,
    /// The server's own certificates.
    pub certificates: Vec<Certificate>,
}

/// A thread that moves audio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct MediaWorker {
    /// Percent of its last second in which it had something to do.
    pub load: f64,
    /// Percent of what it served in that second that came more than 20 ms late.
    pub late: f64,
    /// Whether that is too much: it takes no further call.
    pub overloaded: bool,
}

/// How much waits somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Queue {
    /// For what: `core`, `media`, `stream`, `connection`, `client`.
    pub name: String,
    /// How much waits; of several of the same kind, in the longest.
    #[ts(type = "number")]
    pub length: usize,
    /// How much can wait.
    #[ts(type = "number")]
    pub limit: usize,
}

/// Whether signalling is captured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct CaptureState {
    /// Names of the line groups of which something is captured.
    pub groups: Vec<String>,
    /// Messages that are missing in the files since the start.
    #[ts(type = "number")]
    pub lost: u64,
    /// Packets of audio that are missing there.
    #[ts(type = "number")]
    pub lost_packets: u64,
    /// Octets that wait to be written.
    #[ts(type = "number")]
    pub queued: usize,
    /// Why capturing has ended by itself.
    pub stopped: Option<Sentence>,
}

/// What the process takes of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Process {
    /// Octets of memory.
    #[ts(type = "number")]
    pub memory: u64,
    /// Seconds of CPU time since its start.
    pub cpu: f64,
    /// Open files, sockets among them.
    #[ts(type = "number")]
    pub files: u64,
    /// How many files it may open; None: any number.
    #[ts(type = "number | null")]
    pub max_files: Option<u64>,
    /// Open sockets.
    #[ts(type = "number")]
    pub sockets: u64,
}

/// A disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Disk {
    /// Octets that it has.
    #[ts(type = "number")]
    pub size: u64,
    /// Octets that the server may still write.
    #[ts(type = "number")]
    pub free: u64,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Database {
    /// What it is: `sqlite` or `postgresql`.
    pub kind: String,
    /// Octets that it takes; None where it cannot be read.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// Why it cannot be read, in English.
    pub problem: Option<String>,
}

/// A certificate of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
pub struct Certificate {
    /// Names of the interfaces, or name of the listener or line group that shows it.
    pub used_by: String,
    /// Its file; of one that the console manages, its name.
    pub file: String,
    /// Host names and addresses that it is for.
    pub names: Vec<String>,
    /// Until when it is valid, the others of its chain among it; None where it cannot be read.
    pub expires_at: Option<f64>,
    /// Why it cannot be read, in English.
    pub problem: Option<String>,
}
