//! Who is signed in, and with what.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A session. Times are seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its token.
    pub token_hash: Vec<u8>,
    /// The account: an object's id; for one of the configuration file, its name.
    pub account: String,
    /// When it began.
    pub created_at: i64,
    /// When it was used last, as far as that was kept.
    pub used_at: i64,
    /// From when on it does not count.
    pub expires_at: i64,
    /// Where it began; empty where that is not known.
    pub address: String,
    /// What it began with; empty where that is not known.
    pub user_agent: String,
}

/// Octets of a token's hash that name its session.
const ID: usize = 12;

impl Session {
    /// Its name for people and programs, which opens nothing.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.token_hash.get(..ID).unwrap_or(&self.token_hash))
    }
}
