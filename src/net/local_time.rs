//! The time of day where the server stands: rates of least-cost routing go by it. Read from the system's time zone (RFC 8536).

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use time::{Date, Duration, Month, OffsetDateTime, Weekday};

use crate::numbers::{Day, Moment};

/// Where the system says which time zone it is in, and where all of them are.
const LOCAL: &str = "/etc/localtime";
const ZONES: &str = "/usr/share/zoneinfo";
/// Octets of the header of a time zone's file.
const HEADER: usize = 44;
/// When daylight saving begins or ends where a rule does not say it: seconds since midnight.
const USUAL: i64 = 2 * 3600;

/// A time zone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Zone {
    /// From when on local time is how many seconds ahead of UTC.
    transitions: Vec<(i64, i64)>,
    /// Before the first of them.
    first: i64,
    /// After the last of them.
    rule: Option<Rule>,
}

/// How the time goes on from year to year.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    standard: i64,
    /// Seconds ahead of UTC, when it begins in standard time and when it ends in its own.
    daylight: Option<(i64, Change, Change)>,
}

/// The so-manieth such weekday of a month, and the second of that day.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Change {
    month: u8,
    week: u8,
    /// 0 is Sunday.
    day: u8,
    at: i64,
}

impl Zone {
    /// That of the system; UTC where it does not say.
    pub fn system() -> Zone {
        let path = match std::env::var("TZ").ok().filter(|name| !name.is_empty()) {
            Some(name) => PathBuf::from(ZONES).join(name.trim_start_matches(':')),
            None => LOCAL.into(),
        };
        std::fs::read(path).ok().and_then(|file| Zone::read(&file)).unwrap_or_default()
    }

    fn read(file: &[u8]) -> Option<Zone> {
        let counts = |header: &[u8]| -> Option<[usize; 6]> {
            let mut counts = [0; 6];
            for (place, count) in counts.iter_mut().enumerate() {
                *count = u32::from_be_bytes(header.get(20 + place * 4..24 + place * 4)?.try_into().ok()?) as usize;
            }
            (header.get(..4)? == b"TZif").then_some(counts)
        };
        let size = |[utc, standard, leaps, times, types, chars]: [usize; 6], wide: usize| {
            times * (wide + 1) + types * 6 + chars + leaps * (wide + 4) + standard + utc
        };
        // The first part is for those who know no 64 bits.
        let second = file.get(HEADER + size(counts(file)?, 4)..)?;
        let all = counts(second)?;
        let [.., times, types, _] = all;
        let body = second.get(HEADER..)?;
        let offset = |of: usize| -> Option<i64> {
            let at = times * 9 + of * 6;
            Some(i32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?).into())
        };
        let transition = |place: usize| -> Option<(i64, i64)> {
            let at = i64::from_be_bytes(body.get(place * 8..place * 8 + 8)?.try_into().ok()?);
            Some((at, offset(usize::from(*body.get(times * 8 + place)?))?))
        };
        let transitions = (0..times).map(transition).collect::<Option<Vec<_>>>()?;
        let footer = std::str::from_utf8(body.get(size(all, 8)..)?).ok()?.trim();
        let first = if types > 0 { offset(0)? } else { 0 };
        Some(Zone { transitions, first, rule: Rule::read(footer) })
    }

    /// How many seconds local time is ahead of UTC.
    fn offset(&self, unix: i64) -> i64 {
        match (self.transitions.last(), &self.rule) {
            (Some(&(last, _)), Some(rule)) if unix >= last => rule.offset(unix),
            (None, Some(rule)) => rule.offset(unix),
            _ => {
                let at = self.transitions.partition_point(|(from, _)| *from <= unix);
                at.checked_sub(1).and_then(|at| self.transitions.get(at)).map_or(self.first, |(_, offset)| *offset)
            }
        }
    }

    /// The moment of a call that is made now.
    pub fn moment(&self, now: SystemTime) -> Moment {
        let unix = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let local = OffsetDateTime::from_unix_timestamp(unix + self.offset(unix)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let day = match local.weekday() {
            Weekday::Saturday => Day::Saturday,
            Weekday::Sunday => Day::Sunday,
            _ => Day::Weekday,
        };
        Moment { day, minute: u16::from(local.hour()) * 60 + u16::from(local.minute()) }
    }
}

impl Rule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`. Daylight saving by days of the year is left out.
    fn read(text: &str) -> Option<Rule> {
        let (names, changes) = text.split_once(',').map_or((text, None), |(names, changes)| (names, Some(changes)));
        let (standard, rest) = offset_behind_name(names)?;
        let Some(changes) = changes else { return Some(Rule { standard, daylight: None }) };
        let ahead = offset_behind_name(rest).map_or(standard + 3600, |(offset, _)| offset);
        let daylight = changes.split_once(',').and_then(|(begin, end)| Some((ahead, change(begin)?, change(end)?)));
        Some(Rule { standard, daylight })
    }

    fn offset(&self, unix: i64) -> i64 {
        let Some((ahead, begin, end)) = self.daylight else { return self.standard };
        let Ok(local) = OffsetDateTime::from_unix_timestamp(unix + self.standard) else { return self.standard };
        let (Some(begin), Some(end)) = (begin.unix(local.year()), end.unix(local.year())) else { return self.standard };
        let (begin, end) = (begin - self.standard, end - ahead);
        let is_ahead = match begin < end {
            true => (begin..end).contains(&unix),
            // South of the equator summer goes over the turn of the year.
            false => !(end..begin).contains(&unix),
        };
        if is_ahead { ahead } else { self.standard }
    }
}

impl Change {
    /// Seconds since 1970 as if local time were UTC.
    fn unix(self, year: i32) -> Option<i64> {
        let first = Date::from_calendar_date(year, Month::try_from(self.month).ok()?, 1).ok()?;
        let ahead = (7 + i64::from(self.day) - i64::from(first.weekday().number_days_from_sunday())) % 7;
        let mut day = first.checked_add(Duration::days(ahead + 7 * (i64::from(self.week) - 1)))?;
        // The fifth is the last.
        while day.month() != first.month() {
            day = day.checked_sub(Duration::days(7))?;
        }
        Some(day.midnight().assume_utc().unix_timestamp() + self.at)
    }
}

/// The offset behind a name, ahead of UTC, and what follows. POSIX counts westwards.
fn offset_behind_name(text: &str) -> Option<(i64, &str)> {
    let rest = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?.1,
        None => text.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    };
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '-' | '+'))).unwrap_or(rest.len());
    let (offset, rest) = rest.split_at(end);
    Some((-seconds(offset)?, rest))
}

/// `M3.5.0/2`.
fn change(text: &str) -> Option<Change> {
    let (day, at) = text.split_once('/').map_or((text, None), |(day, at)| (day, Some(at)));
    let mut parts = day.strip_prefix('M')?.split('.').map(|part| part.parse().ok());
    let (month, week, day) = (parts.next()??, parts.next()??, parts.next()??);
    let at = at.map_or(Some(USUAL), seconds)?;
    (matches!(week, 1..=5) && day <= 6).then_some(Change { month, week, day, at })
}

/// `-3:30` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = text.split(':').map(|part| part.parse::<i64>().ok());
    let hours = parts.next()??;
    let minutes = parts.next().map_or(Some(0), |part| part)?;
    Some(sign * (hours.checked_mul(3600)? + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_rule(rule: &str) -> Zone {
        Zone { rule: Rule::read(rule), ..Zone::default() }
    }

    fn local(zone: &Zone, unix: u64) -> (Day, u16) {
        let Moment { day, minute } = zone.moment(UNIX_EPOCH + std::time::Duration::from_secs(unix));
        (day, minute)
    }

    #[test]
    fn summer_and_winter_are_told_apart() {
        // 2026-01-15 12:00 UTC, a Thursday; 2026-07-18 12:00 UTC, a Saturday.
        let (winter, summer) = (1_768_478_400, 1_784_376_000);
        let berlin = of_rule("CET-1CEST,M3.5.0,M10.5.0/3");
        assert_eq!((local(&berlin, winter), local(&berlin, summer)), ((Day::Weekday, 780), (Day::Saturday, 840)));
        let sydney = of_rule("AEST-10AEDT,M10.1.0,M4.1.0/3");
        assert_eq!((local(&sydney, winter), local(&sydney, summer)), ((Day::Weekday, 1380), (Day::Saturday, 1320)));
        let fixed = of_rule("<+0530>-5:30");
        assert_eq!(local(&fixed, winter), (Day::Weekday, 1050));
        // 2026-03-29 01:00 UTC: two o'clock becomes three.
        let change = 1_774_746_000;
        assert_eq!((local(&berlin, change - 1).1, local(&berlin, change).1), (119, 180));
    }

    #[test]
    fn what_cannot_be_read_is_utc() {
        for file in [&b""[..], b"TZif2", &[0; 200]] {
            assert_eq!(Zone::read(file), None);
        }
        for rule in ["", "CET", "CET-1CEST,J60,J300", "CET-1CEST,M3.9.0,M10.5.0"] {
            assert!(Rule::read(rule).is_none_or(|rule| rule.daylight.is_none()), "{rule}");
        }
    }

    #[test]
    fn a_file_has_changes_and_a_rule() {
        let header = |times: u32, types: u32| {
            let mut header = b"TZif2".to_vec();
            header.extend([0; 15]);
            for count in [0, 0, 0, times, types, 4] {
                header.extend(u32::to_be_bytes(count));
            }
            header
        };
        let mut file = header(0, 1);
        file.extend([0; 10]);
        file.extend(header(1, 2));
        file.extend(i64::to_be_bytes(1_000));
        file.push(1);
        for offset in [600_i32, 7_200] {
            file.extend(i32::to_be_bytes(offset));
            file.extend([0, 0]);
        }
        file.extend(b"LMT\0\nEET-2\n");
        let zone = Zone::read(&file).unwrap();
        assert_eq!([zone.offset(0), zone.offset(1_000), zone.offset(2_000_000_000)], [600, 7_200, 7_200]);
    }
}
