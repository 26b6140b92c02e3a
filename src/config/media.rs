//! What the configuration says of audio.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Secret, file};

/// Media settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// The addresses put into SDP and ICE candidates, at most one of each family; by default those of this machine.
    #[serde(deserialize_with = "file::public_addresses")]
    pub address: Vec<IpAddr>,
    /// UDP ports towards PBXs: RTP on the even ones, RTCP on the odd ones.
    #[serde(deserialize_with = "file::port_range")]
    pub rtp_ports: RangeInclusive<u16>,
    /// Whose tones are played, ISO 3166 two letters.
    pub country: String,
    /// Codecs towards browsers, best first.
    pub webrtc_codecs: Vec<String>,
    /// Threads that move audio; by default one for every core.
    pub workers: Option<usize>,
    /// STUN and TURN servers that browsers are told of.
    pub ice_server: Vec<IceServer>,
    /// A WAV file for whoever is on hold and hears nothing else.
    pub music_on_hold: Option<PathBuf>,
}

impl Default for Media {
    fn default() -> Self {
        Media {
            address: Vec::new(),
            rtp_ports: 1024..=65535,
            country: "de".into(),
            webrtc_codecs: ["opus", "PCMA", "PCMU"].map(String::from).to_vec(),
            workers: None,
            ice_server: Vec::new(),
            music_on_hold: None,
        }
    }
}

/// A STUN or TURN server that browsers are told of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "file::FileIceServer")]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// What a browser needs to use it.
    pub access: IceAccess,
}

/// What a browser needs to use a STUN or TURN server.
#[derive(Debug, Clone, PartialEq)]
pub enum IceAccess {
    /// Nothing: STUN.
    Open,
    /// An account that all share.
    Account {
        /// User name.
        username: String,
        /// Password.
        credential: Secret,
    },
    /// Credentials for a day, made of a secret that the TURN server knows, too.
    Secret(Secret),
}

/// How calls are recorded. Which are is said by their line groups.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// The folder of the files; empty: `recordings` in the data folder.
    pub directory: PathBuf,
    /// What the files are.
    pub format: RecordingFormat,
    /// How the two sides stand in them.
    pub channels: RecordingChannels,
}

/// File format of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingFormat {
    /// WAV, 16 bit: 58 MB an hour and channel at 8 kHz.
    #[default]
    Wav,
    /// Ogg-Opus: 11 MB an hour and channel.
    Opus,
}

/// Channels of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingChannels {
    /// Both sides in one.
    #[default]
    Mixed,
    /// The side that called left, the other right.
    PerSide,
}
