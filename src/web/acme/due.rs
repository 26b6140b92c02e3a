//! When a certificate is asked for next. Pure: the time comes in. Times are milliseconds since 1970.

/// How long nothing is asked for after the first failure. Public authorities stop to answer who fails more than a few times
/// an hour.
const FIRST_PAUSE: f64 = 15.0 * 60_000.0;
/// The longest such pause.
const LONGEST_PAUSE: f64 = 12.0 * 3_600_000.0;

/// What it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Case {
    /// From when until when the certificate is valid that is there; None: none is.
    pub(super) life: Option<(f64, f64)>,
    /// Whether it is for the names that it is to be for.
    pub(super) fits: bool,
    /// Somebody wants one at once.
    pub(super) wanted: bool,
    /// How often in a row it has failed.
    pub(super) failures: u32,
    /// When that was last.
    pub(super) failed_at: f64,
    /// When the last one came, where that is known.
    pub(super) issued_at: Option<f64>,
}

/// When the next is asked for: at once where there is none that fits; otherwise when a third of its life is left. After a
/// failure it waits, each time twice as long. A clock that goes wrong does not make it ask again and again.
pub(super) fn next(case: Case) -> f64 {
    if case.wanted {
        return 0.0;
    }
    let wish = match case.life {
        Some((from, until)) if case.fits => {
            let third = (until - from) / 3.0;
            (until - third).max(case.issued_at.map_or(0.0, |at| at + third))
        }
        _ => 0.0,
    };
    match case.failures {
        0 => wish,
        many => wish.max(case.failed_at + pause(many)),
    }
}

fn pause(failures: u32) -> f64 {
    (FIRST_PAUSE * 2f64.powi(failures.clamp(1, 30) as i32 - 1)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: f64 = 24.0 * 3_600_000.0;

    fn there() -> Case {
        Case { life: Some((10.0 * DAY, 100.0 * DAY)), fits: true, ..Case::default() }
    }

    #[test]
    fn one_is_renewed_when_a_third_of_its_life_is_left() {
        assert_eq!(next(there()), 70.0 * DAY);
        let short = Case { life: Some((0.0, 6.0 * DAY)), ..there() };
        assert_eq!(next(short), 4.0 * DAY);
    }

    #[test]
    fn none_or_one_for_other_names_is_asked_for_at_once() {
        assert_eq!(next(Case::default()), 0.0);
        assert_eq!(next(Case { fits: false, ..there() }), 0.0);
        assert_eq!(next(Case { wanted: true, ..there() }), 0.0);
    }

    #[test]
    fn one_that_has_just_come_is_not_asked_for_again_whatever_the_clock_says() {
        assert_eq!(next(Case { issued_at: Some(200.0 * DAY), ..there() }), 230.0 * DAY);
        assert_eq!(next(Case { issued_at: Some(10.0 * DAY), ..there() }), 70.0 * DAY);
    }

    #[test]
    fn after_failures_it_waits_longer_each_time_but_not_for_somebody() {
        let now = 80.0 * DAY;
        let failed = |failures| Case { failures, failed_at: now, ..there() };
        let pauses: Vec<f64> = (1..=8).map(|failures| (next(failed(failures)) - now) / 60_000.0).collect();
        assert_eq!(pauses, [15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 720.0, 720.0]);
        assert_eq!(next(failed(u32::MAX)), now + LONGEST_PAUSE);
        assert_eq!(next(Case { wanted: true, ..failed(3) }), 0.0);
        // A failure of long ago does not hurry the next.
        assert_eq!(next(Case { failures: 1, failed_at: 0.0, ..there() }), 70.0 * DAY);
    }
}
