use std::time::Instant;

/// Any point in time to count from.
#[expect(clippy::disallowed_methods, reason = "the clock is only read to have some Instant at all")]
pub(crate) fn start() -> Instant {
    Instant::now()
}
