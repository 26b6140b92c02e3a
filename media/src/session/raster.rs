//! Where the clocks of audio tick: on a raster, so that who drives many sessions wakes once for many of them.

use std::time::{Duration, Instant};

/// Time between two points of the raster. Every packet length is a multiple of it.
const STEP: Duration = Duration::from_millis(5);

/// Points in time, 5 ms apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raster(Option<Instant>);

impl Raster {
    /// A raster through `epoch`; without one it runs through the first time it is asked about.
    pub(super) fn new(epoch: Option<Instant>) -> Self {
        Self(epoch)
    }

    /// The first point at or after `at`.
    pub(super) fn at_or_after(&mut self, at: Instant) -> Instant {
        let epoch = *self.0.get_or_insert(at);
        let since = at.saturating_duration_since(epoch).as_nanos();
        let steps = since.div_ceil(STEP.as_nanos()) as u64;
        epoch + Duration::from_nanos(steps.saturating_mul(STEP.as_nanos() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::start;

    #[test]
    fn points_are_multiples_from_the_epoch_and_never_before() {
        let epoch = start();
        let mut raster = Raster::new(Some(epoch));
        for micros in [0, 1, 4_999, 5_000, 5_001, 3_600_000_001] {
            let at = epoch + Duration::from_micros(micros);
            let point = raster.at_or_after(at);
            assert!(point >= at && point - at < STEP);
            assert_eq!((point - epoch).as_nanos() % STEP.as_nanos(), 0);
        }
        let mut own = Raster::new(None);
        let at = epoch + Duration::from_micros(7);
        assert_eq!(own.at_or_after(at), at);
    }
}
