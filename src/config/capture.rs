//! What the configuration says of capture files.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How captures are kept. What is captured is said by the line groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    /// The folder of the files.
    pub directory: PathBuf,
    /// Octets after which a file is followed by another.
    pub max_file: u64,
    /// Octets that all files together may have.
    pub total: u64,
    /// How long a file is kept; None: until there is no room for it.
    pub keep: Option<Duration>,
    /// What happens when there is no room for another.
    pub when_full: CaptureFull,
    /// How numbers and names stand in the files.
    pub numbers: CaptureNumbers,
}

/// What happens when there is no room for another capture file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureFull {
    /// The oldest goes.
    #[default]
    DeleteOldest,
    /// Capturing ends.
    Stop,
}

/// How numbers and names stand in capture files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptureNumbers {
    /// As they are.
    #[default]
    Plain,
    /// As others, the same for the same one.
    Pseudonyms,
}

/// What of the RTP and RTCP of captured calls is captured, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
pub enum CaptureAudio {
    /// Nothing.
    #[default]
    Off,
    /// RTCP, and of RTP the headers.
    Headers,
    /// Everything: the calls can be listened to.
    Payload,
}

/// What of a line group is captured from the start on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GroupCapture {
    /// Nothing.
    #[default]
    Off,
    /// Everything.
    All,
    /// What belongs to these of its lines, by their places in it.
    Lines(Vec<usize>),
}
