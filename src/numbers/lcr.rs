//! Least-cost routing: who carries a call, by zone and time.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::location::{CallByCallProvider, HALF_HOURS, LeastCostRouting, TariffZone};

/// A day of the week as far as tariffs tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TariffDay")]
#[ts(rename = "TariffDay")]
pub enum Day {
    /// Monday to Friday.
    #[default]
    Weekday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// When a call is made, at its location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffMoment")]
#[ts(rename = "TariffMoment")]
pub struct Moment {
    /// The day.
    pub day: Day,
    /// Minutes since midnight, 0 to 1439.
    pub minute: u16,
}

/// Zones by how their numbers begin.
#[derive(Debug, Default)]
pub(super) struct Zones {
    by_prefix: HashMap<String, Vec<usize>>,
    /// Characters of the longest prefix.
    longest: usize,
}

/// What least-cost routing says about a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Carrier<'a> {
    /// This provider carries it.
    Provider(&'a TariffZone, &'a CallByCallProvider),
    /// Its zone has no provider at that time.
    Nobody(&'a TariffZone),
    /// It is in no zone.
    NoZone,
}

impl Zones {
    pub(super) fn new(routing: &LeastCostRouting) -> Zones {
        let mut by_prefix: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, zone) in routing.zones.iter().enumerate() {
            for prefix in &zone.prefixes {
                by_prefix.entry(prefix.clone()).or_default().push(at);
            }
        }
        Zones { longest: by_prefix.keys().map(String::len).max().unwrap_or_default(), by_prefix }
    }

    /// Who carries a super-canonical number. The longest prefix decides. Of zones with the same one, one that never has a
    /// provider goes before the others, and then the first that has one.
    pub(super) fn carrier<'a>(&self, routing: &'a LeastCostRouting, number: &str, moment: Moment) -> Carrier<'a> {
        let lengths = (1..=self.longest.min(number.len())).rev();
        let Some(zones) = lengths.filter_map(|len| self.by_prefix.get(number.get(..len)?)).next() else {
            return Carrier::NoZone;
        };
        let zones = || zones.iter().filter_map(|at| routing.zones.get(*at));
        if let Some(zone) = zones().find(|zone| never_has_one(zone)) {
            return Carrier::Nobody(zone);
        }
        let provider = |zone: &'a TariffZone| Some(Carrier::Provider(zone, provider(routing, zone, moment)?));
        let first = zones().next().map_or(Carrier::NoZone, Carrier::Nobody);
        zones().find_map(provider).unwrap_or(first)
    }
}

fn never_has_one(zone: &TariffZone) -> bool {
    [&zone.weekdays, &zone.saturday, &zone.sunday].into_iter().flatten().all(Option::is_none)
}

fn provider<'a>(routing: &'a LeastCostRouting, zone: &TariffZone, moment: Moment) -> Option<&'a CallByCallProvider> {
    let grid = match moment.day {
        Day::Weekday => &zone.weekdays,
        Day::Saturday => &zone.saturday,
        Day::Sunday => &zone.sunday,
    };
    let half_hour = usize::from(moment.minute / 30).min(HALF_HOURS - 1);
    let name = grid.get(half_hour)?.as_ref()?;
    routing.providers.iter().find(|provider| provider.name == *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routing() -> LeastCostRouting {
        let day = |from: usize, to: usize, name: &str| -> Vec<Option<String>> {
            (0..HALF_HOURS).map(|at| (from..to).contains(&at).then(|| name.to_owned())).collect()
        };
        let zone = |name: &str, prefix: &str, weekdays| TariffZone {
            name: name.into(),
            prefixes: vec![prefix.into()],
            weekdays,
            ..TariffZone::default()
        };
        let provider = |name: &str, prefix: &str| CallByCallProvider { name: name.into(), prefix: prefix.into() };
        LeastCostRouting {
            enabled: true,
            providers: vec![provider("A", "01070"), provider("T", "01013")],
            zones: vec![
                zone("country", "+49", day(0, 48, "A")),
                zone("mobile", "+4917", day(16, 36, "T")),
                zone("one", "+49171", day(0, 48, "A")),
                zone("day", "+1", day(16, 36, "A")),
                zone("night", "+1", day(36, 48, "T")),
                zone("paid", "+33", day(0, 48, "A")),
                zone("never", "+33", Vec::new()),
            ],
        }
    }

    fn carrier(number: &str, day: Day, minute: u16) -> (String, Option<String>) {
        let routing = routing();
        match Zones::new(&routing).carrier(&routing, number, Moment { day, minute }) {
            Carrier::Provider(zone, provider) => (zone.name.clone(), Some(provider.prefix.clone())),
            Carrier::Nobody(zone) => (zone.name.clone(), None),
            Carrier::NoZone => (String::new(), None),
        }
    }

    #[test]
    fn the_longest_prefix_decides() {
        let noon = |number| carrier(number, Day::Weekday, 12 * 60);
        assert_eq!(noon("+4989123456"), ("country".into(), Some("01070".into())));
        assert_eq!(noon("+4917923456789"), ("mobile".into(), Some("01013".into())));
        assert_eq!(noon("+4917123456789"), ("one".into(), Some("01070".into())));
        assert_eq!(noon("+4412345"), (String::new(), None));
        assert_eq!(noon("110"), (String::new(), None));
    }

    #[test]
    fn half_hours_and_days_decide() {
        let mobile = |day, minute| carrier("+4917923456789", day, minute).1;
        assert_eq!(mobile(Day::Weekday, 8 * 60 - 1), None);
        assert_eq!(mobile(Day::Weekday, 8 * 60), Some("01013".into()));
        assert_eq!(mobile(Day::Weekday, 18 * 60 - 1), Some("01013".into()));
        assert_eq!(mobile(Day::Weekday, 18 * 60), None);
        assert_eq!(mobile(Day::Saturday, 12 * 60), None);
        assert_eq!(mobile(Day::Weekday, u16::MAX), None);
    }

    #[test]
    fn of_equal_prefixes_a_zone_without_a_provider_goes_first() {
        assert_eq!(carrier("+33142", Day::Weekday, 0), ("never".into(), None));
        assert_eq!(carrier("+1202", Day::Weekday, 12 * 60), ("day".into(), Some("01070".into())));
        assert_eq!(carrier("+1202", Day::Weekday, 20 * 60), ("night".into(), Some("01013".into())));
        assert_eq!(carrier("+1202", Day::Weekday, 0), ("day".into(), None));
    }
}
