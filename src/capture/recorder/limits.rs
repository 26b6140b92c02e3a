//! How much of what happens stays.

use std::time::Duration;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records of one call, line or line group.
    pub records: usize,
    /// Octets of the same.
    pub octets_of_one: usize,
    /// Octets of all together, about. Calls that run are kept whatever they take.
    pub octets: usize,
    /// Octets of what belongs to no call: registrations, OPTIONS, failures.
    pub octets_outside: usize,
    /// Octets of the calls of one line, or of one line group where they are no line's, that are over.
    pub octets_each: usize,
    /// How long a call that is over is kept, and a record of a line or line group.
    pub kept_for: Duration,
    /// How long messages of a call that is over are waited for before it is judged.
    pub judged_after: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            records: 400,
            octets_of_one: 1 << 20,
            octets: 64 << 20,
            octets_outside: 16 << 20,
            octets_each: 16 << 20,
            kept_for: Duration::from_secs(30 * 60),
            judged_after: Duration::from_secs(2),
        }
    }
}
