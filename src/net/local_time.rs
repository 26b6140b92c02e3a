//! The time of day where the server stands: rates of least-cost routing go by it.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::numbers::{Day, Moment};

/// A time zone.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// That of the system; UTC where it does not say.
    pub fn system() -> Zone {
        Zone(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// The moment of a call that is made now.
    pub fn moment(&self, now: SystemTime) -> Moment {
        let local = self.0.to_datetime(Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH));
        let day = match local.weekday() {
            Weekday::Saturday => Day::Saturday,
            Weekday::Sunday => Day::Sunday,
            _ => Day::Weekday,
        };
        Moment { day, minute: local.hour() as u16 * 60 + local.minute() as u16 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn summer_and_winter_are_told_apart() {
        let local = |rule: &str, unix: u64| {
            let zone = Zone(TimeZone::posix(rule).unwrap());
            let Moment { day, minute } = zone.moment(UNIX_EPOCH + Duration::from_secs(unix));
            (day, minute)
        };
        // 2026-01-15 12:00 UTC, a Thursday; 2026-07-18 12:00 UTC, a Saturday.
        let (winter, summer) = (1_768_478_400, 1_784_376_000);
        let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
        assert_eq!((local(berlin, winter), local(berlin, summer)), ((Day::Weekday, 780), (Day::Saturday, 840)));
        let sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
        assert_eq!((local(sydney, winter), local(sydney, summer)), ((Day::Weekday, 1380), (Day::Saturday, 1320)));
        // 2026-03-29 01:00 UTC: two o'clock becomes three.
        let change = 1_774_746_000;
        assert_eq!((local(berlin, change - 1).1, local(berlin, change).1), (119, 180));
    }
}
