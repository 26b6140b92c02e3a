//! Numbers of past calls, as they were before a location's rules: what these and changed rules make of them can be compared.

use std::future::Future;
use std::time::Duration;

use super::kind::NumberKind;
use super::reported::MAX_TEXT;

/// How long a number is kept after it was seen last.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Numbers kept at most; those that were not seen for longest go.
pub const KEPT_AT_MOST: u32 = 50_000;

/// A number that a location's rules were applied to in a call. Never one of a private call, and never with what was entered
/// for a project.
#[derive(Debug, Clone, PartialEq)]
pub struct PastNumber {
    /// The location's id.
    pub location: String,
    /// Where the number came from.
    pub kind: NumberKind,
    /// What was typed or reported.
    pub text: String,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: f64,
}

impl PastNumber {
    /// Whether it is kept: longer texts, and what no keyboard has, are no numbers. No database has to take them.
    pub fn is_kept(&self) -> bool {
        let is_short = self.text.chars().count() <= MAX_TEXT;
        !self.text.is_empty() && is_short && !self.text.contains(char::is_control)
    }
}

/// A number with how often it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenNumber {
    /// As it was seen last.
    pub number: PastNumber,
    /// How often it was seen since it has been kept.
    pub count: u32,
}

/// Where numbers of past calls are kept: one for each location, kind and text.
pub trait PastNumbers: Send + Sync + 'static {
    /// What can go wrong in the store.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Keeps numbers, of which the later are the newer, and drops what was seen last longer ago than [`KEPT_FOR`] or is more
    /// than [`KEPT_AT_MOST`]; `now` in milliseconds since 1970.
    fn keep(&self, numbers: &[PastNumber], now: f64) -> impl Future<Output = Result<(), Self::Error>> + Send;
    /// The numbers of a location that were seen last, the latest first; those that were before a time, where one is given, in
    /// milliseconds since 1970.
    fn latest(
        &self,
        location: &str,
        before: Option<f64>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<SeenNumber>, Self::Error>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_number_is_not_kept() {
        let number =
            |text: &str| PastNumber { location: "a".into(), kind: NumberKind::Typed, text: text.into(), at: 0.0 };
        assert!(number("030123").is_kept());
        assert!(!number("").is_kept());
        assert!(!number(&"1".repeat(MAX_TEXT + 1)).is_kept());
        for text in ["030\u{0}123", "030\n123", "\u{85}1"] {
            assert!(!number(text).is_kept(), "{text:?}");
        }
    }
}
